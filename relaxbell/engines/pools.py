"""A pool of bases that serve many points: plain arrays, which travel to workers.

In coordinates u of the behaviors (the first is the constant 1) a dual vector gives the bound form · u, and the basis it
belongs to is optimal wherever limits · u ≤ 0. So a point costs two products of small matrices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.equations import FLOAT_GRID
from relaxbell.causal.whole import WholePoints
from relaxbell.exact.basis import Basis
from relaxbell.exact.numbers import Floats, common_denominator

if TYPE_CHECKING:
    from relaxbell.behavior.coordinates import Coordinates
    from relaxbell.causal.equations import Equations
    from relaxbell.measures.affine import AffineConstraint
    from relaxbell.measures.measure import Budget

NEAR = 2e-12
"""By how much the bounds of two optimal bases may differ."""

FEASIBLE = 1e-12
"""How far a sign may be missed where a basis is taken for optimal."""

_SMALL = 2**12
"""Sums of coefficients below this leave sums over the grid within int64."""


@dataclass(frozen=True, eq=False)
class Form:
    """A rigorous lower bound, affine in what was observed: whole · u / denominator.

    Attributes
    ----------
    whole
        Python's whole numbers, one for each coordinate.
    denominator
        A whole number.
    floats
        The coefficients as floats.
    """

    whole: tuple[int, ...]
    denominator: int
    floats: Floats

    @classmethod
    def of(cls, coefficients: Sequence[Fraction]) -> Form:
        """Return the form with these coefficients."""
        denominator = common_denominator(coefficients)
        whole = tuple(v.numerator * (denominator // v.denominator) for v in coefficients)
        return cls(whole, denominator, np.array([float(v) for v in coefficients]))

    def at(self, points: WholePoints) -> tuple[Floats, Floats]:
        """Return the bound at each point: the nearest float, and the largest one that is not larger."""
        used = [k for k, v in enumerate(self.whole) if v]
        small = sum(map(abs, self.whole)) < _SMALL
        total: NDArray[Any] = np.zeros(len(points), dtype=np.int64 if small else object)
        for k in used:
            part = points.whole[k] if small else points.whole[k].astype(object)
            total += part * self.whole[k]
        odd = self.denominator
        while odd % 2 == 0:
            odd //= 2
        power = self.denominator // odd * FLOAT_GRID
        if small and odd < _SMALL:
            near, low, sure = _quotients(total, odd, float(power))
            unsure = np.flatnonzero(~sure | (points.shift != 0))
        else:
            near, low = np.empty(len(points)), np.empty(len(points))
            unsure = np.arange(len(points))
        for i, numerator in zip(unsure.tolist(), total[unsure].tolist(), strict=True):
            bottom = self.denominator * points.denominator(i)
            near[i] = nearest = numerator / bottom  # correctly rounded
            a, b = nearest.as_integer_ratio()
            low[i] = nearest if a * bottom <= numerator * b else math.nextafter(nearest, -math.inf)
        return near, low


def _quotients(total: NDArray[np.int64], odd: int, power: float) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return total / (odd · power), rounded to nearest and down, and where both are certain; `power` is one of two."""
    if odd == 1:
        sure = abs(total) < 2**53
        exact = total / power
        return exact, exact.copy(), sure
    whole, rest = np.divmod(total, odd)
    # whole + rest/odd, 0 ≤ rest < odd: one rounding, of a sum with an error far below half a unit but for near ties
    start = whole.astype(np.float64)
    near = start + rest / odd
    step = near - start  # exact, for both are within a factor of two, or `start` is small
    unit = np.spacing(start)
    sure = (whole >= 2**20) & (whole < 2**53)
    off = step * odd - rest  # multiples of the unit times whole numbers below 2^12: exact
    sure &= abs(abs(off) - unit * odd / 2) > odd * 2.0**-45  # no tie
    low = np.where(off > 0, np.nextafter(near, -np.inf), near)
    return near / power, low / power, sure


@dataclass(frozen=True, eq=False)
class PoolBasis:
    """A basis with the bound it proves.

    Attributes
    ----------
    form
        Number of the form.
    limits
        Shape (rows, coordinates): the basis is optimal at u where limits · u ≤ 0.
    basis
        Where a solver may start from.
    """

    form: int
    limits: Floats
    basis: Basis

    def serves(self, floats: Floats) -> NDArray[np.bool_]:
        """Return at which points, columns of coordinates, the basis is optimal."""
        if not len(self.limits):
            return np.ones(floats.shape[1], dtype=bool)
        return np.asarray((self.limits @ floats).max(axis=0) <= FEASIBLE)


@dataclass(eq=False)
class Pool:
    """Forms, and for each of them bases, in the order in which they were found.

    Attributes
    ----------
    forms
        Each once.
    bases
        Of all forms.
    keys
        Numbers of the forms by what tells duals apart, up to rounding errors: which of them came first decides, so it
        belongs to what was learned.
    """

    forms: list[Form] = field(default_factory=list)
    bases: list[PoolBasis] = field(default_factory=list)
    keys: dict[bytes, int] = field(default_factory=dict)

    def copy(self) -> Pool:
        """Return a pool that may grow apart."""
        return Pool(list(self.forms), list(self.bases), dict(self.keys))

    def of_forms(self) -> list[list[PoolBasis]]:
        """Return the bases of each form."""
        found: list[list[PoolBasis]] = [[] for _ in self.forms]
        for basis in self.bases:
            found[basis.form].append(basis)
        return found


@dataclass(frozen=True, eq=False)
class Served:
    """What came of some points.

    Attributes
    ----------
    values, lower_bounds
        NaN where nothing is known.
    seconds
        Of each point.
    open
        Points that `minimize` has to decide.
    late
        Points for which there was no time; their bounds are known.
    """

    values: Floats
    lower_bounds: Floats
    seconds: Floats
    open: NDArray[np.intp]
    late: NDArray[np.intp]


class Bulk(Protocol):
    """A program for very many behaviors."""

    def learn(self, points: WholePoints) -> Pool:
        """Return bases that serve points of a sample; the same for the same sample."""

    def solve(self, pool: Pool, points: WholePoints) -> Served:
        """Return values and bounds; the same for the same pool, which stays as it is, and the same points."""


@runtime_checkable
class HasBulk(Protocol):
    """An engine that has such programs."""

    def has_bulk(self) -> bool:
        """Return whether `bulk` gives one: decided from sizes, before anything is built."""

    def bulk(
        self,
        equations: Equations,
        budgets: Sequence[Budget],
        affine: Sequence[AffineConstraint],
        coordinates: Coordinates,
    ) -> Bulk | None:
        """Return the program for full behaviors in coordinates; any right-hand sides of the equations will do."""


def has_bulk(engine: object) -> bool:
    """Return whether an engine has a program for very many behaviors."""
    return isinstance(engine, HasBulk) and engine.has_bulk()
