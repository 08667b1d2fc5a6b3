"""Inequalities for p(outputs, settings) where p(settings|λ) is limited and p(settings) is free.

With deterministic answers and extreme p(settings|λ) the joint distributions are the vertices of a polytope. Facets are
found at rational limits. For limits that are symbols each is proved: the vertices that saturate it are expressions of
the symbols, of rank one less than the number of cells, so that one linear form vanishes on them; it is valid where its
values at all other vertices, as expressions, are not negative. That region is stated, together with the one on which
the vertices are vertices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.closed_forms.domains import Domain, read_domain
from relaxbell.closed_forms.facets import Symmetries, elements
from relaxbell.closed_forms.joint_classes import JointClass, JointInequalities
from relaxbell.closed_forms.joint_proofs import proved
from relaxbell.errors import ClosedFormError, MeasureError
from relaxbell.exact.numbers import Exact, as_exact, read_fraction
from relaxbell.lp.clock import deadline, left, seconds_text
from relaxbell.measures.setting_limits import SettingLimits
from relaxbell.symmetry.adjacency import SymmetricPolytope, independent

if TYPE_CHECKING:
    import sympy

_SIMPLE = 8
"""Cells in a facet up to which the simplest of its class is sought."""

_HALF, _MORE, _BIAS = Fraction(1, 2), Fraction(5, 4), Fraction(1, 5)
"""Where symbols have no numbers: lower and upper limits, in units of the least and largest probability; a bias."""


def read_limits(model: CausalModel, subject_to: object) -> SettingLimits | None:
    """Return the limits of the settings in constraints; None if there are none.

    Raises
    ------
    ClosedFormError
        For other constraints.
    """
    given = list(subject_to) if isinstance(subject_to, Sequence) else [subject_to]
    found = {
        id(own): own
        for c in given
        if isinstance(own := c if isinstance(c, SettingLimits) else _limits(c), SettingLimits)
    }
    others = [c for c in given if not isinstance(c, SettingLimits) and not isinstance(_limits(c), SettingLimits)]
    if others or len(found) > 1:
        raise ClosedFormError(
            f"inequalities of {model.name} are subject to limits of its settings only: found "
            f"{'several of them' if not others else type(others[0]).__name__}, expected setting_bounds(model, …), once."
        )
    own = next(iter(found.values()), None)
    if own is not None and own.model is not model:
        raise MeasureError(f"{own} belong to another instance of {own.model.name}. Build them from the model itself.")
    if own is not None and model.free_inputs:
        raise ClosedFormError(
            f"{model.name} has the free inputs {', '.join(model.free_inputs)}: expected all of them to depend on the "
            "latent variable. Relax the other edges too."
        )
    return own


def _limits(constraint: object) -> object:
    return getattr(constraint, "limits", None)


def joint_points(
    limits: SettingLimits, at: Mapping[Any, Fraction] | None = None
) -> tuple[NDArray[np.int64], int, list[tuple[tuple[int, ...], int]]]:
    """Return the vertices p(outputs, settings) times a whole unit, that unit, and for each its cells and extreme p.

    The p are numbered as `SettingLimits.vertices` lists them.
    """
    model, layout = limits.model, limits.layout
    cells = model.T.indices.reshape(model.strategies.count, -1)[:, 0][layout.numbers].T
    fixed = limits.at(at) if at else limits
    exact = [[_fraction(v, fixed) for v in own] for own in fixed.vertices()]
    unit = math.lcm(*(v.denominator for own in exact for v in own))
    found = dict[tuple[int, ...], tuple[tuple[int, ...], int]]()
    size = math.prod(model.observed_shape)
    for row in np.unique(cells, axis=0).tolist():
        for k, own in enumerate(exact):
            point = [0] * size
            for cell, v in zip(row, own, strict=True):
                point[cell] = int(v * unit)
            found.setdefault(tuple(point), (tuple(row), k))
    order = sorted(found)
    return np.array(order, dtype=np.int64), unit, [found[point] for point in order]


def _fraction(number: object, limits: SettingLimits) -> Fraction:
    found = as_exact(number)
    if not isinstance(found, Fraction):
        raise ClosedFormError(
            f"inequalities within {limits} are found in fractions: found the probability {number}, an irrational "
            "number, expected a fraction. Give a symbol, or a fraction near it."
        )
    return found


def joint_inequalities(
    model: CausalModel,
    limits: SettingLimits,
    at: Mapping[Any, Any] | None,
    seconds: float,
    limit: float | None,
) -> JointInequalities:
    """Return the facets of p(outputs, settings); see `CausalModel.inequalities`."""
    numbers = _numbers(limits, at)
    points, unit, made = joint_points(limits, numbers)
    table = np.hstack([np.ones((len(points), 1), dtype=np.int64), points])
    kept = independent(table)
    domain = read_domain(model, "model")
    group = elements(Symmetries(domain, points, fixed=False), len(points))
    if group is None:
        raise ClosedFormError(f"{model.name} has too many symmetries to list. Take a smaller scenario.")
    polytope = SymmetricPolytope(table[:, kept], group)
    with deadline(limit, model.name):
        found, complete = polytope.facets(left)

    def tables(row: tuple[int, ...]) -> list[Exact]:
        return [_table(own, kept, unit, domain) for own in polytope.orbit(row).tolist()]

    symbolic = limits.vertices(at=numbers) if limits.symbols else None
    entries = [_fraction(v, limits) for vertex in limits.at(numbers).vertices() for v in vertex]
    extremes = None if limits.bias is not None else (min(entries), max(entries))  # of p(settings|λ), given or implied
    firsts = [_table(own.row, kept, unit, domain) for own in found]
    classes = [
        _class(own.row, own.size, first, tables, limits.model, extremes, numbers, points, made, symbolic)
        for own, first in zip(found, firsts, strict=True)
    ]
    classes.sort(key=lambda kind: (int((kind.table != 0).sum()), kind.size, kind.table.ravel().tolist()))
    result = JointInequalities(model, limits, numbers, tuple(classes), complete, tables)
    if not complete:
        raise ClosedFormError(
            f"the {len(points):,} vertices of {model.name} within {limits} were not turned into all inequalities in "
            f"{seconds_text(seconds)}: {len(classes):,} classes were found. Raise seconds, or take a smaller scenario.",
            result,
        )
    return result


def _numbers(limits: SettingLimits, at: Mapping[Any, Any] | None) -> dict[Any, Fraction]:
    """Return numbers for the symbols of limits."""
    symbols = limits.symbols
    given = dict(at or {})
    if given and set(given) != set(symbols):
        raise ClosedFormError(
            f"at has {', '.join(map(str, given))}, expected numbers for {', '.join(map(str, symbols))}."
        )
    if not given:
        weights, least = limits.layout.weights, limits.least_bias if limits.bias is not None else Fraction(0)
        high = min(_MORE * max(weights), (1 + max(weights)) / 2)
        bias = _BIAS if least < _BIAS else (least + _HALF) / 2
        for own, value in ((limits.lower, _HALF * min(weights)), (limits.upper, high), (limits.bias, bias)):
            if own in symbols:
                given[own] = value
    return {symbol: read_fraction(value, f"at[{symbol}]", ClosedFormError) for symbol, value in given.items()}


def _table(row: Sequence[int], kept: Sequence[int], unit: int, domain: Domain) -> Exact:
    """Return a row ≥ 0 over (1, kept cells times a unit) as coefficients ≤ 0 over all cells, for Σ p = 1."""
    whole = [0] * (1 + math.prod(domain.model.observed_shape))
    for place, value in zip(kept, row, strict=True):
        whole[place] = int(value)
    coefficients = [-(whole[0] + v * unit) for v in whole[1:]]
    divisor = math.gcd(*coefficients) or 1
    return np.array([Fraction(c // divisor) for c in coefficients], dtype=object).reshape(domain.model.observed_shape)


def _class(
    row: tuple[int, ...],
    size: int,
    first: Exact,
    tables: Callable[[tuple[int, ...]], list[Exact]],
    model: CausalModel,
    extremes: tuple[Fraction, Fraction] | None,
    numbers: Mapping[Any, Fraction],
    points: NDArray[np.int64],
    made: Sequence[tuple[tuple[int, ...], int]],
    symbolic: Sequence[tuple[sympy.Expr, ...]] | None,
) -> JointClass:
    from flint import fmpz_mat

    own = first
    members = tables(row) if int((first != 0).sum()) <= _SIMPLE else [first]  # orbits have the same numbers
    if len(members) > 1:
        own = min(members, key=lambda t: ([abs(v) for v in t.ravel()], [-v for v in t.ravel()]))
    name, known = _name(own, model, extremes, members)
    own = own if known is None else known
    flat = np.array([int(v) for v in own.ravel()], dtype=object)
    on = np.flatnonzero(points.astype(object) @ flat == 0).tolist()
    rank = int(fmpz_mat(points[on].tolist()).rank())

    def prove() -> tuple[NDArray[Any], tuple[sympy.Expr, ...]]:
        if symbolic is None:
            return own, ()
        enough = [on[i] for i in independent(points[on].T)]
        return proved(own, on, enough, numbers, made, symbolic)

    return JointClass(own, size, name, len(on), rank, prove, row, dict(numbers))


def _name(
    own: Exact, model: CausalModel, extremes: tuple[Fraction, Fraction] | None, members: Sequence[Exact]
) -> tuple[str | None, Exact | None]:
    """Return what a facet is known as, and the member of its class that the literature writes."""
    used = [v for v in own.ravel() if v != 0]
    if len(used) == 1:
        return "positivity", None
    outputs = len(model.outputs)
    table = own.reshape(math.prod(own.shape[:outputs]), -1)
    if all((column == column[0]).all() for column in table.T):
        return "limits of p(settings)", None
    shape = own.shape
    if shape == (2, 2, 2, 2) and len(used) == 4 and extremes is not None:
        lowest, highest = extremes
        known = np.full(shape, Fraction(0), dtype=object)
        known[0, 0, 0, 0] = lowest
        for place in ((0, 1, 0, 1), (1, 0, 1, 0), (0, 0, 1, 1)):
            known[place] = -highest
        for member in members:
            if lowest > 0 and (member * lowest == known * member[0, 0, 0, 0]).all() and member[0, 0, 0, 0] > 0:
                return "Pütz et al. 2014", member
    return None, None
