"""Families that are polynomials in their parameter: with exact coefficients, or through some of their values."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.families import BehaviorFamily
from relaxbell.behavior.observed import Observed
from relaxbell.behavior.table import TOLERANCE
from relaxbell.causal.equations import FLOAT_GRID, AnyTable
from relaxbell.causal.model import CausalModel
from relaxbell.curves import paths
from relaxbell.curves.parameters import Parameter, read_over
from relaxbell.curves.paths import Path, Reading
from relaxbell.errors import BehaviorError, MeasureError, RelaxbellError, SignalingError
from relaxbell.exact.numbers import Exact, ExactNumber, as_exact, exact_parts, to_floats
from relaxbell.verify.polynomials import CrossingError, Root, Whole, sign_between

_TRIED = 5
"""Degree up to which a function of numbers is tried: two of the seven values that are read are left to check it."""


@dataclass(frozen=True, eq=False)
class PolynomialPath:
    """What is observed, a polynomial in the parameter between `low` and `high`.

    Attributes
    ----------
    model
        Its axes are those of the tables.
    coefficients
        Tables, or values of the functionals of `first`, lowest power first.
    low, high
        Rational.
    parameter
        Name and symbol.
    first
        The functionals, where values were observed; else None.
    reading
        Where the data were read; None where they are known in between.
    rounded
        Whether the coefficients are floats that were read as exact numbers.
    estimated
        Whether the data are estimates.
    """

    model: CausalModel
    coefficients: tuple[Exact, ...]
    low: Fraction
    high: Fraction
    parameter: Parameter
    first: Observed | None = None
    reading: Reading | None = None
    rounded: bool = False
    estimated: bool = False

    @property
    def degree(self) -> int:
        """Its degree."""
        return len(self.coefficients) - 1

    def table(self, t: ExactNumber) -> Exact:
        """Return the table, or the values, at t."""
        return at(self.coefficients, t)

    def at(self, t: ExactNumber) -> Behavior | Observed:
        """Return what is observed at t."""
        table, first = self.table(t), self.first
        if first is None:
            return Behavior(table, self.model.outputs, self.model.inputs, estimated=self.estimated)
        pairs = list(zip(first.functionals, table, strict=True))
        return Observed(pairs, nonsignaling=first.nonsignaling, estimated=self.estimated)


def read_family(
    model: CausalModel, start: Any, end: Any, parameter: Parameter, over: Any, degree: object = None
) -> Path | PolynomialPath:
    """Return the path of a family: affine in a power of its parameter where it is, else a polynomial.

    Raises
    ------
    BehaviorError, MeasureError
        As `read_path`, and where the family is no polynomial, or leaves the probabilities.
    """
    wanted = _read_degree(degree)
    if isinstance(start, BehaviorFamily):
        start, parameter = _constant(start, parameter)
    if isinstance(start, Mapping) and end is None and over is None:
        if wanted is None:
            return paths.read_path(model, start, end, parameter, over)
        points = paths._points(start, parameter, least=wanted + 1)
        return _through(model, points, parameter, [wanted])
    if isinstance(start, Behavior | Observed) or not callable(start) or end is not None:
        if degree is not None:
            raise MeasureError(
                f"degree={degree} beside two ends: between them p is a mixture, of degree 1. Give a function of the "
                "parameter, or a mapping {value: behavior}."
            )
        return paths.read_path(model, start, end, parameter, over)
    low, high = read_over(over)
    paths._require_ascending(parameter, low)
    table = _at_symbol(model, start, parameter)
    if table is None:
        return _of_numbers(model, start, parameter, (low, high), wanted)
    if isinstance(table, BehaviorFamily):
        return _of_family(model, table, start, parameter, (low, high), wanted)
    coefficients = _coefficients(table, parameter)
    return _of_coefficients(model, coefficients, start, parameter, (low, high), wanted)


def _read_degree(degree: object) -> int | None:
    if degree is None or (type(degree) is int and 1 <= degree <= 40):
        return degree
    raise MeasureError(f"degree={degree!r}, expected a whole number from 1 to 40, such as 2.")


def _constant(family: BehaviorFamily, parameter: Parameter) -> tuple[Callable[[Any], Any], Parameter]:
    """Return a function that gives a family at its symbol, and the parameter, which is that symbol."""
    if len(family.symbols) != 1:
        raise BehaviorError(
            f"the family has the symbols {', '.join(map(str, family.symbols)) or '-'}, expected one, the parameter of "
            "the curve. Put numbers for the others: family.table({v: Fraction(9, 10)})."
        )
    own = family.symbols[0]
    if parameter.own is None and parameter.given is None:
        parameter = replace(parameter, given=str(own), own=own)
    elif parameter.name != str(own):
        raise MeasureError(f"the parameter is {parameter.name}, but the symbol of the family is {own}. Use one name.")
    return (lambda t: family if t == parameter.symbol or t == own else family.table({own: t})), parameter


def _at_symbol(model: CausalModel, function: Callable[[Any], Any], parameter: Parameter) -> Any:
    try:
        found = function(parameter.symbol)
    except Exception:  # whatever a function of numbers raises for a symbol: numbers are tried next
        return None
    if isinstance(found, BehaviorFamily):
        return found
    return paths._at_symbol(model, lambda _: found, parameter)


def _of_family(
    model: CausalModel, found: BehaviorFamily, function: Any, parameter: Parameter, over: Any, wanted: int | None
) -> Path | PolynomialPath:
    if [str(s) for s in found.symbols] != [parameter.name]:
        raise BehaviorError(
            f"the function has the symbols {', '.join(map(str, found.symbols)) or '-'}, expected the parameter "
            f"{parameter.name} alone. Put numbers for the others."
        )
    own = found.transposed(model.outputs, model.inputs)
    degree = own.degrees[0]
    shape = next(iter(own.terms.values())).shape
    if shape != model.observed_shape:
        raise BehaviorError(
            f"the family has tables of shape {shape}, expected {model.observed_shape}: axes "
            f"{', '.join(model.outputs + model.inputs)}. A lost result is a further outcome: give the model as many, "
            "bell(inputs, outputs), or assign it to one, with_losses(eta, assign=0)."
        )
    zero = np.full(shape, Fraction(0), dtype=object)
    coefficients = [own.terms.get((k,), zero) for k in range(degree + 1)]
    path = _of_coefficients(model, coefficients, None if found.rounded else function, parameter, over, wanted)
    if isinstance(path, Path) and (found.rounded or found.estimated):  # floats are read as two ends are
        if found.rounded:
            return _of_numbers(model, function, parameter, over, wanted)
        return replace(path, start=_estimated(path.start), end=_estimated(path.end))
    return path if isinstance(path, Path) else replace(path, rounded=found.rounded, estimated=found.estimated)


def _estimated(own: Behavior | Observed) -> Behavior | Observed:
    assert isinstance(own, Behavior)
    return Behavior(own.table, own.outputs, own.inputs, estimated=True)


def _coefficients(table: Any, parameter: Parameter) -> list[Exact]:
    """Return the coefficients of a table of sympy polynomials."""
    import sympy

    known: dict[Any, dict[int, ExactNumber]] = {}
    for entry in table.ravel():
        if entry in known:
            continue
        try:
            terms = sympy.Poly(sympy.expand(entry), parameter.symbol).terms()
        except sympy.PolynomialError:
            raise BehaviorError(paths._not_affine(f"found the entry {entry}", parameter)) from None
        known[entry] = own = {}
        for (power,), coefficient in terms:
            number = as_exact(coefficient)
            if number is None:
                raise BehaviorError(
                    f"the function has the coefficient {coefficient}, expected exact numbers a + b√n in a table of "
                    "polynomials. Return a Behavior of floats instead."
                )
            own[int(power)] = number
    degree = max((k for own in known.values() for k in own), default=0)
    zero = Fraction(0)
    rows = [np.array([*(known[v].get(k, zero) for v in table.ravel()), None], dtype=object) for k in range(degree + 1)]
    return [row[:-1].reshape(table.shape) for row in rows]


def _of_coefficients(
    model: CausalModel,
    coefficients: list[Exact],
    function: Any,
    parameter: Parameter,
    over: tuple[Fraction, Fraction],
    wanted: int | None,
) -> Path | PolynomialPath:
    while len(coefficients) > 1 and (coefficients[-1] == 0).all():
        coefficients.pop()
    degree = len(coefficients) - 1
    if wanted is not None and degree > wanted:
        raise BehaviorError(f"the family has degree {degree}, but degree={wanted} was stated. State {degree}, or none.")
    low, high = over
    powers = [k for k in range(1, degree + 1) if (coefficients[k] != 0).any()]
    if not powers:
        raise BehaviorError(f"the family is the same for every {parameter.name}, expected one that depends on it.")
    if len(powers) > 1 and parameter.power > 1:
        raise BehaviorError(paths._not_affine(f"found the powers {', '.join(map(str, powers))}", parameter))
    own = PolynomialPath(model, tuple(coefficients), low, high, parameter)
    _check_roots(own)
    check_probabilities(own)
    for share in paths._SHARES if function is not None else ():
        t = low + (high - low) * share
        there = function(t)
        data = there if isinstance(there, Behavior | Observed) else paths._data(model, there)
        if not isinstance(data, Behavior) or (model.match(data).table != own.table(t)).any():
            raise BehaviorError(
                f"the function is {parameter.name} -> a table of polynomials, but at {parameter.name} = {t} it does "
                "not return their values. Expected one formula for every value: no case by case."
            )
    if len(powers) == 1 and parameter.power in (1, powers[0]) and (powers[0] == 1 or low >= 0):
        first, last = (Behavior(own.table(v), model.outputs, model.inputs) for v in over)
        k = powers[0]
        return Path(first, last, low**k, high**k, parameter.with_power(k))
    if parameter.power > 1:
        raise BehaviorError(paths._not_affine(f"found the power {powers[0]}", parameter))
    return own


def _check_roots(path: PolynomialPath) -> None:
    try:
        exact_parts(v for table in path.coefficients for v in table.ravel())
        sum((v for table in path.coefficients for v in table.ravel()), Fraction(0))
    except ValueError as error:
        raise BehaviorError(f"the family has several square roots, expected one: {error}") from None


def check_probabilities(path: PolynomialPath) -> None:
    """Raise BehaviorError where a probability is negative, or a setting is not normalized, somewhere on the path."""
    if path.first is not None:
        return
    name, model = path.parameter.name, path.model
    outcomes = tuple(range(len(model.outputs)))
    for k, table in enumerate(path.coefficients):
        missed = table.sum(axis=outcomes) - (1 if k == 0 else 0)
        if (missed != 0).any():
            raise BehaviorError(
                f"the family leaves the probabilities: the outcomes of a setting sum to 1 plus a multiple of "
                f"{name}^{k}, expected 1 for every value of the parameter. Normalize the table."
            )
    left, right = Root.at(path.low), Root.at(path.high)
    seen: set[Whole] = set()
    for place in np.ndindex(path.coefficients[0].shape):
        f = whole([table.item(place) for table in path.coefficients])
        if f in seen or f.degree < 0:
            continue
        seen.add(f)
        try:
            negative, words, where = sign_between(f, left, right) < 0, "around", float((path.low + path.high) / 2)
        except CrossingError as both:
            negative, words, where = True, "beyond", float(both.places[0])
        if negative:
            cell = ", ".join(f"{n}={v}" for n, v in zip(model.outputs + model.inputs, place, strict=True))
            raise BehaviorError(
                f"the family leaves the probabilities: p({cell}) is negative {words} "
                f"{name} = {where:.9g}, expected no less than 0 for {name} from {path.low} to {path.high}. "
                "Give the range of the parameter as over=(low, high)."
            )


T = TypeVar("T", ExactNumber, Exact)


def at(coefficients: Sequence[T], t: ExactNumber) -> T:
    """Return a polynomial at an exact number: of numbers, or of tables; without coefficients it is 0."""
    found: Any = Fraction(0)
    for own in reversed(coefficients):
        found = found * t + own
    value: T = found
    return value


def whole(numbers: Sequence[ExactNumber]) -> Whole:
    """Return the signs of the polynomial with these coefficients, lowest power first."""
    parts, _, n = exact_parts(numbers)
    rows = [(int(row[0]), int(row[1]) if len(row) > 1 else 0) for row in parts]
    return Whole.of(rows, n if n > 1 else 0)


# ------------------------------------------------------------- functions of numbers


def _of_numbers(
    model: CausalModel, function: Any, parameter: Parameter, over: tuple[Fraction, Fraction], wanted: int | None
) -> Path | PolynomialPath:
    low, high = over
    paths._require_ascending(parameter, low)
    shares = list(paths._SHARES)
    if wanted is not None and wanted + 3 > len(shares):  # not evenly, as what oscillates would vanish there
        shares = [Fraction(k, wanted + 2) ** 2 for k in range(wanted + 3)]
    points = [(v, paths._data(model, function(v))) for v in (low + (high - low) * s for s in shares)]
    candidates = paths._POWERS if parameter.power == 1 else [parameter.power]
    try:
        if wanted is None or wanted == 1:
            return paths._through(points, parameter, candidates)
    except BehaviorError as error:
        if "not affine" not in str(error) or parameter.power > 1:
            raise
        try:
            return _through(model, points, parameter, range(2, _TRIED + 1))
        except NotPolynomialError:
            raise error from None
    return _through(model, points, parameter, [wanted] if wanted is not None else [])


class NotPolynomialError(BehaviorError):
    """No polynomial of the degrees that were tried goes through the values."""


def _through(
    model: CausalModel, points: Sequence[tuple[ExactNumber, Any]], parameter: Parameter, degrees: Sequence[int]
) -> PolynomialPath:
    """Return the path through points on a polynomial of one of the degrees; those that are left over check it."""
    values = tuple(v for v, _ in points)
    if parameter.power > 1:
        raise MeasureError(f"the parameter {parameter.text} beside a degree: give the parameter itself.")
    if not isinstance(values[0], Fraction) or not isinstance(values[-1], Fraction):
        raise MeasureError(f"{parameter.name} goes from {values[0]} to {values[-1]}, expected rational ends.")
    first = points[0][1]
    try:
        if isinstance(first, Observed):
            given, rows = first, [paths._values(own, first) for _, own in points]
            exact, rounded = rows, False
        else:
            given = None
            own = [model.match(paths._like(p, first)) for _, p in points]
            rows = [p.table for p in own]
            rounded = any(row.dtype != object for row in rows)
            exact = [_rounded(model, p) for p in own] if rounded else rows
            rows = [to_floats(row) for row in rows] if rounded else rows
        misses = {}
        for degree in degrees:
            nodes = _spread(len(values), degree + 1)
            coefficients = interpolated([values[i] for i in nodes], [exact[i] for i in nodes])
            path = PolynomialPath(model, tuple(coefficients), values[0], values[-1], parameter, given)
            misses[degree] = missed = _missed(path, values, rows, rounded=rounded)
            if missed <= (TOLERANCE if rounded else 0):
                break
        else:
            raise NotPolynomialError(
                f"the family is no polynomial of degree {max(degrees)} in {parameter.name}: the one through some of "
                f"the {len(points)} points misses another one by {float(min(misses.values())):.3g}. State the degree, "
                "degree=3, with more points than that; or use sweep(measure, {v: p(v) for v in …}) for points alone."
            )
    except ValueError as error:
        if isinstance(error, RelaxbellError):
            raise
        raise BehaviorError(f"the family has several square roots: {error}") from None
    estimated = any(own.estimated for _, own in points)
    reading = Reading(parameter.name, 1, values, degree)
    path = replace(path, reading=reading, rounded=rounded, estimated=estimated)
    if not rounded:
        check_probabilities(path)
    return _lifted(path) if rounded else path


def _spread(count: int, wanted: int) -> list[int]:
    """Return places from the first to the last, evenly."""
    return sorted({round(k * (count - 1) / max(1, wanted - 1)) for k in range(wanted)})


def _rounded(model: CausalModel, p: Behavior) -> Exact:
    if p.is_exact:
        return p.table
    try:
        return p.rounded(model, denominator=FLOAT_GRID).table
    except SignalingError:
        return p.rounded(AnyTable(), denominator=FLOAT_GRID).table


def interpolated(nodes: Sequence[ExactNumber], tables: Sequence[Exact]) -> list[Exact]:
    """Return the coefficients of the polynomial through tables, lowest power first."""
    found: list[Any] = [tables[0] * 0] * len(nodes)
    for i, table in enumerate(tables):
        basis: list[ExactNumber] = [Fraction(1)]
        for j, node in enumerate(nodes):
            if j != i:
                scale = 1 / (nodes[i] - node)
                pairs = itertools.zip_longest([Fraction(0), *basis], basis, fillvalue=Fraction(0))
                basis = [(a - b * node) * scale for a, b in pairs]
        found = [own + table * c if c else own for own, c in zip(found, basis, strict=True)]
    return found


def _missed(path: PolynomialPath, values: Sequence[ExactNumber], rows: Sequence[Any], *, rounded: bool) -> Any:
    worst: Any = 0
    for t, row in zip(values, rows, strict=True):
        own = path.table(t)
        worst = max(worst, abs((to_floats(own) if rounded else own) - row).max())
    return worst


def _lifted(path: PolynomialPath) -> PolynomialPath:
    """Return a family read from floats with as much white noise as keeps all probabilities from falling below zero.

    Raises
    ------
    BehaviorError
        If they are negative by more than rounding.
    """
    count = int(np.prod([path.model.cardinality[n] for n in path.model.outputs]))
    first, *others = path.coefficients
    for exponent in range(14, 9, -1):
        share = Fraction(1, 10**exponent)
        with contextlib.suppress(BehaviorError):
            check_probabilities(path)
            return path
        mixed = (first * (1 - share * count) + share, *(own * (1 - share * count) for own in others))
        path = replace(path, coefficients=mixed)
    check_probabilities(path)
    return path
