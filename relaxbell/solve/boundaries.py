"""`Boundary.of`: where a measure passes a level in the plane of two parameters."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from relaxbell.behavior.families import BehaviorFamily
from relaxbell.curves.boundary import Bound, Boundary, crossed
from relaxbell.curves.curve import Curve, Value, read_level
from relaxbell.curves.families import read_family
from relaxbell.curves.parameters import Parameter, from_text, read_over
from relaxbell.curves.piecewise import PiecewiseCurve
from relaxbell.curves.polynomial import PolynomialCurve, PolynomialPiece
from relaxbell.engines import engine
from relaxbell.errors import BehaviorError, CurveError, MeasureError
from relaxbell.exact.numbers import ExactNumber
from relaxbell.measures.measure import Measure, read_measure
from relaxbell.solve.lines import as_tuple, curve_along

_CLOSE = 1e-9
"""How far a point may be from what the polynomials of others give, in floats, to be the same."""


def boundary(
    measure: Measure,
    family: BehaviorFamily,
    subject_to: object,
    parameters: Any,
    level: object,
    over: Any,
    points: int,
) -> Boundary:
    """Return a boundary; see `Boundary.of`."""
    read_measure(measure, "a boundary is of")
    measure.linear("boundary in two parameters")
    if not isinstance(family, BehaviorFamily) or len(family.symbols) != 2:
        raise BehaviorError(
            f"a boundary of {str(family)[:60]}: expected a family in two symbols, such as "
            "p.visibility(v).with_losses(eta)."
        )
    first, second = _symbols(family, parameters)
    if not isinstance(over, tuple | list) or len(over) != 2:
        raise MeasureError(f"over={over!r}, expected the ranges of {first} and {second}, such as ((0, 1), (0, 1)).")
    ranges = (_range(over[0]), _range(over[1]))
    if type(points) is not int or points < 2:
        raise MeasureError(f"points={points!r}, expected a whole number from 2 on.")
    wanted = read_level(level)
    constraints = as_tuple(subject_to)
    own = family.transposed(measure.model.outputs, measure.model.inputs)
    curves: dict[Fraction, Curve] = {}
    bounds: dict[tuple[Any, ...], Bound] = {}

    def curve_at(x: Fraction) -> Curve:
        if x not in curves:
            part = own.table({first: x})
            path = read_family(measure.model, part, None, Parameter(), ranges[1])
            curves[x] = curve_along(engine(measure), path, constraints)
            for bound in _bounds(curves[x], x, own, (first, second)):
                bounds.setdefault(tuple(sorted(bound.items())), bound) if bound else None
        return curves[x]

    def crossing(x: Fraction) -> Value | float | None:
        return curve_at(x).crossing(wanted)

    low, high = ranges[0]
    found = {x: crossing(x) for x in (low, (low + high) / 2, high)}
    fresh = list(itertools.pairwise(sorted(found)))
    while fresh and len(found) < points:
        a, b = fresh.pop(0)
        middle = (a + b) / 2
        guess = crossed(list(bounds.values()), float(wanted), float(middle), ranges[1])
        found[middle] = y = crossing(middle)
        missed = (y is None) != (guess != guess) or (y is not None and abs(float(y) - guess) > _CLOSE)
        if missed:
            fresh += [(a, middle), (middle, b)]
    listed = tuple((x, _exact(found[x])) for x in sorted(found))
    active = tuple(_active(list(bounds.values()), listed, float(wanted)))
    return Boundary(measure, wanted, (first, second), listed, active, ranges, crossing)


def _exact(value: Value | float | None) -> Value | None:
    if isinstance(value, float):
        raise CurveError(f"the level is passed at {value:.9g}, a float, expected an exact curve. Give exact behaviors.")
    return value


def _symbols(family: BehaviorFamily, parameters: Any) -> tuple[Any, Any]:
    if parameters is None:
        return family.symbols[0], family.symbols[1]
    named = {str(s): s for s in family.symbols}
    listed = [str(p) for p in parameters] if isinstance(parameters, tuple | list) else []
    if sorted(listed) != sorted(named):
        raise MeasureError(f"parameters={parameters!r}, expected both symbols of the family, {', '.join(named)}.")
    return named[listed[0]], named[listed[1]]


def _range(over: Any) -> tuple[Fraction, Fraction]:
    pair = over if not isinstance(over, tuple | list) else tuple(map(from_text, over))
    return read_over(pair)


def _bounds(line: Curve, x: Fraction, family: BehaviorFamily, symbols: tuple[Any, Any]) -> list[Bound]:
    """Return what the functional of each piece says for all values of both parameters."""
    places = [family.symbols.index(s) for s in symbols]
    found: list[Bound] = []
    if not isinstance(line, PolynomialCurve | PiecewiseCurve):
        raise MeasureError(f"{line.name} is no exact curve, expected a measure of linear programs.")
    for piece in line.pieces:
        functional = piece.functional.transposed(family.outputs, family.inputs)
        own: dict[tuple[int, int], ExactNumber] = {}
        for e, table in family.terms.items():
            key = (e[places[0]], e[places[1]])
            own[key] = own.get(key, Fraction(0)) + (functional.coefficients * table).sum()
        start = (piece.coefficients or (Fraction(0),))[0] if isinstance(piece, PolynomialPiece) else piece.intercept
        known = sum((c * x**i for (i, j), c in own.items() if j == 0), Fraction(0))  # at x, for the second one 0
        own[(0, 0)] = own.get((0, 0), Fraction(0)) + start - known
        found.append({e: c for e, c in own.items() if c != 0})
    return found


def _active(bounds: list[Bound], points: Any, level: float) -> list[Bound]:
    """Return the bounds that pass the level at one of the points."""
    found = []
    for own in bounds:
        at = [
            abs(sum(float(c) * float(x) ** i * float(y) ** j for (i, j), c in own.items()) - level)
            for x, y in points
            if y is not None
        ]
        if any(v < _CLOSE for v in at) and any(sum(e) for e in own):
            found.append(own)
    return found
