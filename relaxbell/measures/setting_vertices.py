"""The extreme p(settings|λ) within limits, as expressions of their symbols."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from relaxbell.errors import MeasureError, installation
from relaxbell.exact.numbers import as_exact, to_sympy
from relaxbell.exact.polyhedra import Polyhedron
from relaxbell.measures.setting_rows import HasLimits, limit_expression, limit_rows

if TYPE_CHECKING:
    import sympy


def limit_vertices(limits: HasLimits, fixed: HasLimits) -> list[tuple[sympy.Expr, ...]]:
    """Return the vertices of the limits, near those with numbers for all symbols; see `SettingLimits.vertices`."""
    import sympy

    if limits.bias is None:
        return _permutations(limits, fixed)
    settings = limits.layout.settings
    if not limits.alone and limits.lower is None and limits.upper is None and len(settings) == 2 ** len(settings[0]):
        return _products(limits, fixed)
    n = len(settings)
    unit = [[-sympy.Integer(int(x == y)) for y in range(n)] for x in range(n)]
    exact = [[_fraction(c, limits) for c in row] for row in [*(row for row, _ in limit_rows(fixed)), *unit]]
    points = _extreme(exact, n)
    if not points:
        raise _empty(fixed)
    if not limits.symbols:
        return [tuple(map(to_sympy, point)) for point in points]
    everything = [*(row for row, _ in limit_rows(limits)), *unit]
    found = []
    for point in points:
        tight = [k for k, row in enumerate(exact) if sum(c * v for c, v in zip(row, point, strict=True)) == 0]
        found.append(_solved([everything[k] for k in tight], n))
    return found


def _fraction(coefficient: sympy.Expr, limits: HasLimits) -> Fraction:
    exact = as_exact(coefficient)
    if not isinstance(exact, Fraction):
        raise MeasureError(
            f"vertices within {limits} are found in fractions: found {coefficient} in a row, an irrational number, "
            "expected a fraction. Give one near it."
        )
    return exact


def _empty(limits: HasLimits) -> MeasureError:
    who = f"p({','.join(limits.layout.names)}|λ)"
    return MeasureError(f"the limits {limits} leave no {who}. Expected wider ones.")


def _products(limits: HasLimits, fixed: HasLimits) -> list[tuple[sympy.Expr, ...]]:
    """Return the vertices where every bit, after those before it, is at one end of its range."""
    import sympy

    settings, n = limits.layout.settings, len(limits.layout.names)
    value, number = (_products_of_bits(own.bias, n) for own in (limits, fixed))
    heads = sorted({x[:k] for x in settings for k in range(n)})
    found = dict[tuple[sympy.Expr, ...], list[sympy.Expr]]()
    for likely in itertools.product((0, 1), repeat=len(heads)):
        bit = dict(zip(heads, likely, strict=True))
        high = [sum(x[k] == bit[x[:k]] for k in range(n)) for x in settings]
        found[tuple(value[k] for k in high)] = [number[k] for k in high]
    return sorted(found, key=found.__getitem__, reverse=True)


def _products_of_bits(bias: Any, n: int) -> list[sympy.Expr]:
    """Return the probabilities of n bits by how many are at the upper end."""
    import sympy

    high = sympy.Rational(1, 2) + limit_expression(bias)
    return [sympy.factor(high**k * (1 - high) ** (n - k)) for k in range(n + 1)]


def _permutations(limits: HasLimits, fixed: HasLimits) -> list[tuple[sympy.Expr, ...]]:
    """Return the vertices of lower ≤ p ≤ upper: k settings at the upper limit, all others but one at the lower."""
    import sympy

    n = len(limits.layout.settings)
    (low, high), (least, most) = (
        (
            sympy.Integer(0) if own.lower is None else limit_expression(own.lower),
            sympy.Integer(1) if own.upper is None else limit_expression(own.upper),
        )
        for own in (limits, fixed)
    )
    room, left = most - least, 1 - n * least
    if bool(least < 0) or bool(left < 0) or bool(n * most < 1):
        raise _empty(fixed)
    k = n if left == n * room else int(sympy.floor(left / room))
    if k == n:
        return [(sympy.Rational(1, n),) * n]
    rest = sympy.expand(1 - k * high - (n - 1 - k) * low)
    alike = sympy.expand(1 - k * most - (n - 1 - k) * least) == least
    found = dict[tuple[sympy.Expr, ...], None]()
    for top in itertools.combinations(range(n), k):
        free = [x for x in range(n) if x not in top]
        for x in free[:1] if alike else free:
            found[tuple(high if y in top else rest if y == x else low for y in range(n))] = None
    return list(found)


def _extreme(rows: list[list[Fraction]], n: int) -> list[tuple[Fraction, ...]]:
    """Return the vertices of Σ p = 1, rows · p ≤ 0."""
    try:
        hull = Polyhedron(n)
    except ModuleNotFoundError:
        raise MeasureError(
            f"vertices of limits of settings need exact polyhedra: pplpy is not installed. {installation('polytopes')}"
        ) from None
    scale = [math.lcm(*(c.denominator for c in row)) for row in rows]
    hull.add([(0, *(int(-c * k) for c in row)) for row, k in zip(rows, scale, strict=True)])
    hull.add([(-1, *([1] * n)), (1, *([-1] * n))])
    points = (tuple(Fraction(v, own.divisor) for v in own.coordinates) for own in hull.vertices())
    return sorted(points, reverse=True)


def _solved(rows: list[list[Any]], n: int) -> tuple[sympy.Expr, ...]:
    """Return the p of sum 1 at which rows of symbols are 0; where more than enough meet, by some of them."""
    import sympy

    names = sympy.symbols(f"p0:{n}")
    for chosen in itertools.combinations(rows, n - 1):
        matrix = sympy.Matrix([*chosen, [1] * n])
        if sympy.cancel(matrix.det()) != 0:
            found = matrix.LUsolve(sympy.Matrix([0] * (n - 1) + [1]))
            return tuple(sympy.factor(sympy.cancel(v)) if v.is_rational_function(*names) else v for v in found)
    raise AssertionError("a vertex lies on as many independent rows")
