"""Outer approximation: find a convex piecewise affine function by asking for its value at vertices.

Kept is a polyhedron of points (u, t) that contains all (u, t) with t ≥ least value at u. At each of its
vertices the linear program is solved exactly. Where the value is above t, the dual gives a cut; where nothing is
feasible, the ray does. When every vertex is attained, the polyhedron is the epigraph: its facets are the
irredundant terms, and the solved vertices are the proof (Benson, J. Global Optim. 13, 1, 1998).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.closed_forms.epigraph import OUTER_APPROXIMATION, Epigraph, Task, lowest, moved_rows
from relaxbell.engines.linear.parametric import Cut
from relaxbell.exact.conversion import Row
from relaxbell.exact.polyhedra import Point, Polyhedron
from relaxbell.lp.clock import TimeLimitError, left, now, passed
from relaxbell.permutations import orbit

_BATCH = 12
"""Cuts of different orbits that are added at once: fewer make better vertices, more make fewer conversions."""

_STEP = 1000
"""How much nearer to the vertex than to the inner point a cut is asked for."""


class OuterApproximation:
    """The state of the search.

    Cuts that are asked for a little towards the inner point of the task are facets of the epigraph, where those at a
    symmetric vertex seldom are.
    """

    def __init__(self, task: Task) -> None:
        self.program, self.inside, self.actions = task.program, task.inside, task.actions
        size, floor = task.program.sides.shape[1], task.floor
        self.start = set(task.start)
        # coordinates of the polyhedron: u_1, …, u_D, t
        self.polyhedron = Polyhedron(size, [(-floor.numerator, *(0,) * (size - 1), floor.denominator)])
        self.first: list[Row] = [(*row, 0) for row in dict.fromkeys((*task.start, *task.demanded))]
        self.points: list[Row] = []
        self.attained: set[tuple[int, ...]] = set()
        self.rows: set[Row] = set()

    def run(self) -> Epigraph:
        """Cut until every vertex is attained or the time is over."""
        started, complete = now(), False
        with suppress(TimeLimitError):  # what was found so far is the result
            complete = self._attain()
        return self._result(complete, now() - started)

    def _attain(self) -> bool:
        """Cut until every vertex is attained; False where the time is over before."""
        if self.polyhedron.add_in_steps(self.first, left) < len(self.first):
            return False
        while True:
            self.points = [_whole(point) for point in self.polyhedron.vertices()]
            new: list[Row] = []
            for point in self.points:
                if point in self.attained:  # itself or as an image
                    continue
                new += self._visit(point)
                if len(new) >= _BATCH or passed():
                    break
            if not new and all(point in self.attained for point in self.points):
                return True
            cuts = [row for row in orbit(new, lambda found: moved_rows(found, self.actions)) if row not in self.rows]
            self.rows.update(cuts)
            if self.polyhedron.add_in_steps(cuts, left) < len(cuts) or passed():
                return False

    def _visit(self, point: tuple[int, ...]) -> list[Row]:
        """Solve at a vertex; return a cut that removes it, or note that it is attained."""
        u, level = point[:-1], Fraction(point[-1], point[0])
        cut, _ = self.program.solve(u, level)
        if cut.feasible and cut.at(u) <= level:
            self.attained.update(orbit([point], lambda found: _moved_points(found, self.actions)))
            return []
        return [_row(self._better(cut, u, level))]

    def _better(self, cut: Cut, u: Sequence[int], level: Fraction) -> Cut:
        """Return a cut that removes the vertex as well, and is a facet if possible."""
        if self.inside is None:
            return cut
        if not cut.feasible:
            return self.program.boundary_cut(self.inside, u) or cut
        own, towards = u[0], self.inside[0]
        aside = [_STEP * towards * v + own * w for v, w in zip(u, self.inside, strict=True)]
        other, _ = self.program.solve([v // math.gcd(*aside) for v in aside], Fraction(-(10**9)))
        return other if other.feasible and other.at(u) > level else cut

    def _result(self, complete: bool, seconds: float) -> Epigraph:
        waiting = sum(point not in self.attained for point in self.points)
        inequalities, equations = self.polyhedron.facets()
        terms = tuple((*(-v for v in row[:-1]), row[-1]) for row in inequalities if row[-1])
        flat = [row[:-1] for row in inequalities if not row[-1]]
        flat += [tuple(sign * v for v in row[:-1]) for row in equations for sign in (1, -1)]
        own = {lowest(row) for row in self.start}
        constraints = tuple(tuple(-v for v in row) for row in flat if lowest(row) not in own)
        return Epigraph(
            terms, constraints, complete, self.program.programs, len(self.points), waiting, seconds, OUTER_APPROXIMATION
        )


def _whole(point: Point) -> tuple[int, ...]:
    return (point.divisor, *point.coordinates)


def _row(cut: Cut) -> Row:
    """Return the cut as a row ≥ 0 over (1, u, t)."""
    return lowest((*(-c for c in cut.coefficients), cut.denominator if cut.feasible else 0))


def _moved_points(points: list[tuple[int, ...]], actions: Sequence[NDArray[np.object_]]) -> Iterator[tuple[int, ...]]:
    """Yield the images of vertices (divisor, u …, t)."""
    block = np.array(points, dtype=object)
    for action in actions:
        yield from map(tuple, np.hstack([block[:, :-1] @ action.T, block[:, -1:]]).tolist())
