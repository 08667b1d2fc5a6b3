"""The convex roof of a measure over extreme no-signaling behaviors: the least convex function above its values there.

The least value f of a measure is convex, so that f(p) ≤ Σ w_v f(v) where p = Σ w_v v. The least such sum is a maximum
of linear terms, the lower facets of the hull of the points (v, f(v)), which adjacency decomposition finds up to
symmetry; and of each class the largest quantum value is bounded by the NPA hierarchy. Where f is the roof, and often
where it is not, that bound is what quantum theory attains.

Facets are found of a bounded polytope: of the points (1, v) / h and the direction upward (0, 1) / h, h = 1 + height.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Exact, common_denominator
from relaxbell.exact.polyhedra import small_generators
from relaxbell.permutations import Permutation
from relaxbell.quantum.sets import NonsignalingSet
from relaxbell.relabeling import Relabeling
from relaxbell.symmetry.adjacency import SymmetricPolytope, spans_all
from relaxbell.symmetry.elements import Elements

_NUMBERS = 300_000
"""In facets and vertices, with which the list of vertices is given up: some thousands of them."""

_ENTRIES = 3 * 10**7
"""Numbers in a list of symmetries; what does not fit is done without some of them."""

_LARGEST = 2**20
"""Numerators and denominators of heights; above, the hull is not sought."""


@dataclass(frozen=True, eq=False)
class Vertices:
    """All extreme no-signaling behaviors of a scenario, and what relabelings make of them.

    Attributes
    ----------
    points
        Collins–Gisin coordinates times `unit`, whole numbers, one row each.
    unit
        Common denominator.
    tables
        Probabilities times `unit`, one row each.
    permutations
        Of the rows, for each relabeling.
    """

    points: NDArray[np.int64]
    unit: int
    tables: NDArray[np.int64]
    permutations: tuple[Permutation, ...]

    @classmethod
    def listed(
        cls, where: NonsignalingSet, relabelings: Sequence[Relabeling], left: Callable[[], float]
    ) -> Vertices | None:
        """Return them; None where there are too many, or no time.

        Parameters
        ----------
        where
            The set.
        relabelings
            Under which the behaviors are permuted.
        left
            Returns the seconds that are left.
        """
        rows = where.expansion
        found = small_generators(rows.shape[1] - 1, rows.tolist(), _NUMBERS, left)
        if found is None:
            return None
        unit = math.lcm(*(divisor for divisor, *_ in found.points))
        points = np.array([[v * (unit // divisor) for v in own] for divisor, *own in found.points], dtype=np.int64)
        tables = rows[:, 0] * unit + points @ rows[:, 1:].T
        place = {table.tobytes(): i for i, table in enumerate(tables)}
        moved = [[place[np.ascontiguousarray(t[own.cells()]).tobytes()] for t in tables] for own in relabelings]
        return cls(points, unit, tables, tuple(map(tuple, moved)))

    def orbits(self) -> NDArray[np.intp]:
        """Return for each vertex the first one of its orbit."""
        found = np.arange(len(self.points))
        while True:
            before = found
            for own in self.permutations:
                images = np.array(own)
                lower = np.minimum(found, found[images])
                np.minimum.at(lower, images, found)
                found = lower
            if (found == before).all():
                return np.asarray(found, dtype=np.intp)

    def roof(self, heights: Sequence[Fraction], left: Callable[[], float]) -> list[tuple[Exact, int]] | None:
        """Return the terms of the roof, one of each class with the number of terms, as forms of the coordinates.

        None where there is no time for all of them, or numbers are large.

        Parameters
        ----------
        heights
            For each vertex, the same for all of an orbit.
        left
            Returns the seconds that are left.
        """
        if max(max(own.numerator, own.denominator) for own in heights) > _LARGEST:
            return None
        scales = [1 / (1 + own) for own in heights]
        up = [own * scale for own, scale in zip(heights, scales, strict=True)]
        across, upward = common_denominator(scales), common_denominator(up)
        if across * upward * self.unit > _LARGEST**2:
            return None
        first = [[int(v) for v in own] for own in self.points]
        rows = [
            [1, *(int(v * scale * across) for v in own), int(height * upward)]
            for own, scale, height in zip(first, scales, up, strict=True)
        ]
        points = np.array([*rows, [1, *[0] * self.points.shape[1], upward]], dtype=np.int64)
        if not spans_all(points):
            return None
        last = len(self.points)
        group = some_of([[*own, last] for own in self.permutations], len(points))
        facets, complete = SymmetricPolytope(points, group).facets(left)
        if not complete:
            return None
        terms = []
        for own in facets:
            steep = own.row[0] + upward * own.row[-1]
            if steep > 0:  # t · steep ≥ −r0 − Σ r_i v_i
                slopes = [Fraction(-v * across * self.unit, steep) for v in own.row[1:-1]]
                terms.append((np.array([Fraction(-own.row[0], steep), *slopes], dtype=object), own.size))
        return terms


def some_of(generators: Sequence[Sequence[int]], points: int) -> Elements:
    """Return the group that permutations generate, or one that some of them do, where it is too large to list.

    Parameters
    ----------
    generators
        Permutations of so many points.
    points
        Their number.
    """
    most = _ENTRIES // points
    for some in range(len(generators), -1, -1):
        group = Elements.generated(generators[:some], points, most)
        if group is not None:
            return group
    raise AssertionError("the group without generators has one element")
