"""Paths: what is observed as a function of a parameter, exact, or read off finitely many of its values.

Curves are affine in t, a power of the parameter. Two ends say what is between them. A function of the parameter is
evaluated at a symbol: where that gives a table of polynomials, they are what is observed. A function that takes numbers
only, and a mapping {parameter: data}, are read off their values: that these lie on a line in t is checked, what is
between them is not known, and a `Reading` says so wherever the curve does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.behavior.table import TOLERANCE
from relaxbell.causal.model import CausalModel
from relaxbell.curves.parameters import Parameter, power_text, read_number, read_over
from relaxbell.errors import BehaviorError, MeasureError, RelaxbellError
from relaxbell.exact.numbers import ExactNumber, to_floats
from relaxbell.exact.texts import a_kind

_SHARES = tuple(Fraction(*share) for share in ((0, 1), (1, 7), (1, 3), (1, 2), (5, 7), (12, 13), (1, 1)))
"""Where a function is evaluated between its ends: not evenly, as what oscillates would vanish there."""

_POWERS = range(1, 9)
"""Of the parameter, that are tried for a function of numbers."""


@dataclass(frozen=True)
class Reading:
    """The values of a parameter at which data were read; between them they are taken for a polynomial.

    Attributes
    ----------
    name, power
        The parameter, and the power of it that the data are affine in.
    values
        Ascending, exact.
    degree
        Of the polynomial in the parameter; 1 where the data are affine in its power.

    Examples
    --------
    >>> import relaxbell as rb
    >>> points = {k / 4: rb.boxes.pr().visibility(k / 4) for k in range(5)}
    >>> line = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), points, parameter="v")
    >>> line.reading.power, len(line.reading.values)
    (1, 5)
    """

    name: str
    power: int
    values: tuple[ExactNumber, ...]
    degree: int = 1

    def __repr__(self) -> str:
        low, high = self.values[0], self.values[-1]
        if self.degree > 1:
            places = ", ".join(map(str, self.values[:8])) + (", …" if len(self.values) > 8 else "")
            return f"p of degree {self.degree} in {self.name}, read at {self.name} = {places} and assumed between"
        inner, first, last = power_text(self.name, self.power), low**self.power, high**self.power
        share = inner if first == 0 and last == 1 else f"({inner} - {first}) / ({last} - {first})"
        places = ", ".join(map(str, self.values[:8])) + (", …" if len(self.values) > 8 else "")
        return f"p = p({low}) + [p({high}) - p({low})] {share}, read at {self.name} = {places} and assumed between"


@dataclass(frozen=True, eq=False)
class Path:
    """What is observed, affine in t between `low` and `high`; t is a power of the parameter.

    Attributes
    ----------
    start, end
        At both ends; `end` has the names of `start` in the same order.
    low, high
        Exact values of t.
    parameter
        Name, symbol and power.
    reading
        Where the data were read; None where they are known in between.
    """

    start: Behavior | Observed
    end: Behavior | Observed
    low: ExactNumber
    high: ExactNumber
    parameter: Parameter
    reading: Reading | None = None

    @property
    def estimated(self) -> bool:
        """Whether one of the ends is an estimate."""
        return self.start.estimated or self.end.estimated

    def at(self, t: ExactNumber) -> Behavior | Observed:
        """Return what is observed at t."""
        share = (t - self.low) / (self.high - self.low)
        if isinstance(self.start, Behavior) and isinstance(self.end, Behavior):
            return self.end.mix(self.start, share)
        assert isinstance(self.start, Observed)  # as read_path made it
        values = _values(self.start, self.start) * (1 - share) + _values(self.end, self.start) * share
        pairs = zip(self.start.functionals, values, strict=True)
        return Observed(list(pairs), nonsignaling=self.start.nonsignaling, estimated=self.estimated)


def read_path(model: CausalModel, start: Any, end: Any, parameter: Parameter, over: Any) -> Path:
    """Return the path between two ends, of a function, or through the data of a mapping.

    Raises
    ------
    BehaviorError
        If the data are not of one kind and scenario, are the same everywhere, or are not affine in a power.
    MeasureError
        If the arguments do not fit together.
    """
    if isinstance(start, Behavior | Observed):
        if over is not None:
            raise MeasureError(
                f"over={over!r} beside two ends: expected a function of {parameter.text}. Ends say where t starts."
            )
        return _between(start, end, parameter)
    if not (isinstance(start, Mapping) or callable(start)):
        raise BehaviorError(
            f"a curve from {type(start).__name__} to {type(end).__name__}: expected two behaviors, two Observed of the "
            "same functionals, a function of the parameter, or a mapping {parameter: behavior}."
        )
    if end is not None:
        raise MeasureError(
            f"a curve along {a_kind(start)} has no end: found {str(end)[:60]!r}. Give constraints as "
            "subject_to=…, and the ends of the parameter of a function as over=(low, high)."
        )
    if isinstance(start, Mapping):
        if over is not None:
            raise MeasureError(f"over={over!r} beside a mapping: its keys say where it starts and ends. Leave it out.")
        return _through(_points(start, parameter), parameter, [parameter.power])
    low, high = read_over(over)
    _require_ascending(parameter, low)
    points = [(v, _data(model, start(v))) for v in (low + (high - low) * share for share in _SHARES)]
    return _through(points, parameter, _POWERS if parameter.power == 1 else [parameter.power])


# ------------------------------------------------------------------------- two ends


def _between(start: Behavior | Observed, end: Any, parameter: Parameter) -> Path:
    if not isinstance(end, Behavior if isinstance(start, Behavior) else Observed):
        raise BehaviorError(
            f"a curve from {type(start).__name__} to {type(end).__name__}: expected two behaviors, or two Observed of "
            "the same functionals."
        )
    if parameter.power > 1:
        raise MeasureError(
            f"two ends do not say how what is between depends on {parameter.name}: p(0) + {parameter.text} "
            "(p(1) - p(0)) would only be assumed. Give a function, curve(measure, p, parameter="
            f"{parameter.name}), evaluated at the symbol where it returns a table, or at least three behaviors "
            f"{{{parameter.name}: p({parameter.name})}} beside parameter={parameter.symbol}**{parameter.power}: they "
            "are checked."
        )
    low, high = Fraction(0), Fraction(1)
    if isinstance(start, Observed):
        first, last = _values(start, start), _values(end, start)
        moving = np.flatnonzero(first != last)
        if not len(moving):
            raise BehaviorError(f"start and end of the curve observe the same values {start!r}. Change one.")
        if len(moving) == 1:  # t is the value
            low, high = first[moving[0]], last[moving[0]]
            parameter = parameter.named(str(start.functionals[moving[0]]))
            if low > high:
                raise BehaviorError(f"the value falls from {low} to {high}: exchange start and end.")
        return Path(start, end, low, high, parameter)
    end = _like(end, start)
    _check_losses(start, end)
    if start.table.shape == end.table.shape and (start.table == end.table).all():
        raise BehaviorError("start and end of the curve are the same behavior, expected two different ones.")
    return Path(start, end, low, high, parameter)


def _check_losses(start: Behavior, end: Behavior) -> None:
    """Raise BehaviorError for two behaviors with different losses of several outputs: between them p is no mixture."""
    first, last = start._losses, end._losses
    if first is not None and last is not None and sum(a != b for a, b in zip(first, last, strict=False)) > 1:
        raise BehaviorError(
            f"the ends are behaviors with the efficiencies {', '.join(map(str, first))} and "
            f"{', '.join(map(str, last))}: what is between is no mixture of them, but a polynomial. Give the family: "
            "curve(measure, p.with_losses(Symbol('eta'))), or curve(measure, lambda eta: p.with_losses(eta))."
        )


def _values(own: Any, first: Observed) -> Any:
    """Return the values of the functionals of `first`, exact, in their order; raise where there are others."""
    same = isinstance(own, Observed) and len(own.functionals) == len(first.functionals)
    if same:
        names = (set(first.outputs), set(first.inputs))
        same = own.nonsignaling == first.nonsignaling and (set(own.outputs), set(own.inputs)) == names
    if same:
        mine = [f.transposed(first.outputs, first.inputs) for f in own.functionals]
        same = own.shape == first.shape or mine[0].coefficients.shape == first.shape
        same = same and all(
            f.constant == g.constant and (f.coefficients == g.coefficients).all()
            for f, g in zip(first.functionals, mine, strict=True)
        )
    if not same:
        raise BehaviorError(
            f"start observes {first!r} and end {own!r}: expected the same functionals with other values."
        )
    return np.array([*own.values, None], dtype=object)[:-1]


def _like(own: Any, first: Behavior) -> Behavior:
    """Return a behavior with the axes of another."""
    if not isinstance(own, Behavior):
        raise BehaviorError(f"a curve from Behavior to {type(own).__name__}: expected behaviors, or Observed, alone.")
    found = own.transposed(first.outputs, first.inputs)
    if found.scenario.shape != first.scenario.shape:
        raise BehaviorError(
            f"behaviors of different cardinalities: found {first.scenario} and {own.scenario}. Use one scenario."
        )
    return found


# ------------------------------------------------------------- functions and mappings


def _require_ascending(parameter: Parameter, low: ExactNumber) -> None:
    """Raise MeasureError where a power of the parameter would not rise with it."""
    if parameter.power > 1 and low < 0:
        raise MeasureError(
            f"{parameter.name} starts at {low}, and {parameter.text} does not name its values one by one there: "
            "expected values ≥ 0. Take the parts below and above 0 for themselves."
        )


def _at_symbol(model: CausalModel, function: Callable[[Any], Any], parameter: Parameter) -> Any:
    """Return the table of sympy expressions that a function gives for a symbol; None where it takes numbers only."""
    import sympy

    try:
        found = function(parameter.symbol)
        if isinstance(found, Behavior | Observed):
            return None
        table = np.asarray(found, dtype=object)
        entries = [sympy.sympify(v, strict=True) for v in table.ravel()]
    except Exception:  # whatever a function of numbers raises for a symbol: numbers are tried next
        return None
    if any(entry.has(sympy.Float) for entry in entries):
        return None
    _check_shape(model, table)
    stray = {s for entry in entries for s in entry.free_symbols} - {parameter.symbol}
    if stray:
        raise BehaviorError(
            f"the function has the symbols {sorted(map(str, stray))} beside the parameter {parameter.name}, expected "
            "none (nor one of the same name with other assumptions). Put numbers for them."
        )
    return np.array([*entries, None], dtype=object)[:-1].reshape(table.shape)


def _not_affine(found: str, parameter: Parameter) -> str:
    power = parameter.text if parameter.power > 1 else f"a power of {parameter.name}"
    return (
        f"the family is not affine in {power}: {found}. Curves are exact along straight lines of behaviors, and along "
        "polynomials in the parameter: choose the parameter so, state the degree of what is read at some values, "
        "degree=2, or use sweep(measure, {v: p(v) for v in …}) for points, each with its bound."
    )


def _check_shape(model: CausalModel, table: Any) -> None:
    if table.shape != model.observed_shape:
        raise BehaviorError(
            f"the function returns a table of shape {table.shape}, expected {model.observed_shape}: axes "
            f"{', '.join(model.outputs + model.inputs)}, or a Behavior."
        )


def _data(model: CausalModel, found: Any) -> Behavior | Observed:
    """Return what a function gave for a number, tables with the names of the model."""
    if isinstance(found, Behavior | Observed):
        return found
    table = np.asarray(found)
    _check_shape(model, table)
    return Behavior(table, model.outputs, model.inputs)


def _points(given: Mapping[Any, Any], parameter: Parameter, least: int = 3) -> list[tuple[ExactNumber, Any]]:
    points = [(read_number(v, f"a value of {parameter.name}"), own) for v, own in given.items()]
    for v, own in points:
        if not isinstance(own, Behavior | Observed):
            raise BehaviorError(f"at {v} the mapping has {a_kind(own)}, expected a Behavior or Observed.")
    if len({v for v, _ in points}) < least:
        raise MeasureError(
            f"{len(points)} points do not say how the behaviors depend on {parameter.name}: expected "
            f"{'three' if least == 3 else least} or more, "
            "which are checked. For a straight line give start and end."
        )
    points.sort(key=lambda point: float(point[0]))
    _require_ascending(parameter, points[0][0])
    return points


def _through(points: Sequence[tuple[ExactNumber, Any]], parameter: Parameter, candidates: Sequence[int]) -> Path:
    """Return the path through points that lie on a line in a power of the parameter."""
    values = tuple(v for v, _ in points)
    first = points[0][1]
    try:
        rows = [_values(own, first) if isinstance(first, Observed) else _like(own, first).table for _, own in points]
        if any(row.dtype != object for row in rows):
            rows = [to_floats(row) for row in rows]
        if all((row == rows[0]).all() for row in rows):
            raise BehaviorError(f"the family is the same for every {parameter.name}, expected one that depends on it.")
        misses = {k: _missed(values, rows, k) for k in candidates if k == 1 or values[0] >= 0}
    except ValueError as error:
        if isinstance(error, RelaxbellError):
            raise
        raise BehaviorError(f"the family has several square roots: {error}") from None  # √2 at one, √3 at another
    limit = TOLERANCE if rows[0].dtype != object else 0
    power = next((k for k, missed in misses.items() if missed <= limit), None)
    if power is None:
        other = next((k for k in _POWERS if values[0] >= 0 and _missed(values, rows, k) <= limit), None)
        missed = f"a straight line misses one of {len(points)} points by {float(min(misses.values())):.3g}"
        hint = "" if other is None else f" They are affine in {power_text(parameter.name, other)}: say so as parameter."
        raise BehaviorError(_not_affine(missed, parameter) + hint)
    last = points[-1][1]
    end = _like(last, first) if isinstance(first, Behavior) else last
    named = parameter.with_power(power)
    low, high = values[0] ** power, values[-1] ** power
    return Path(first, end, low, high, named, Reading(named.name, power, values))


def _missed(values: Sequence[ExactNumber], rows: Sequence[Any], power: int) -> Any:
    """Return how far data are from the line between the first and the last in a power of the parameter."""
    low, high = values[0] ** power, values[-1] ** power
    worst: Any = 0
    for v, row in zip(values, rows, strict=True):
        share: Any = (v**power - low) / (high - low)
        share = share if row.dtype == object else float(share)
        worst = max(worst, abs(row - rows[0] - (rows[-1] - rows[0]) * share).max())
    return worst
