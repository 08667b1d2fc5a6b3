"""Outer approximation: find a convex piecewise affine function by asking for its value at vertices.

Kept is a polyhedron of points (u, t) that contains all (u, t) with t ≥ least value at u. At each of its
vertices the linear program is solved exactly. Where the value is above t, the dual gives a cut; where nothing is
feasible, the ray does. When every vertex is attained, the polyhedron is the epigraph: its facets are the
irredundant terms, and the solved vertices are the proof (Benson, J. Global Optim. 13, 1, 1998).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.linear.parametric import Cut, ParametricProgram
from relaxbell.exact.conversion import Row
from relaxbell.exact.polyhedra import Point, Polyhedron
from relaxbell.lp.clock import TimeLimitError, left, now, passed
from relaxbell.permutations import orbit

_BATCH = 12
"""Cuts of different orbits that are added at once: fewer make better vertices, more make fewer conversions."""

_STEP = 1000
"""How much nearer to the vertex than to the inner point a cut is asked for."""


@dataclass(frozen=True)
class Epigraph:
    """Result of an outer approximation.

    Attributes
    ----------
    terms
        Rows (c_0, …, c_D, w), w > 0: t ≥ Σ c_j u_j / w.
    constraints
        Rows (c_0, …, c_D): Σ c_j u_j ≤ 0, beyond those given at the start.
    complete
        Whether every vertex was attained; else time was over, and the terms are some lower bounds.
    programs, vertices, open_vertices
        Linear programs solved, vertices of the polyhedron, and how many were not yet attained.
    seconds
        Wall time.
    """

    terms: tuple[Row, ...]
    constraints: tuple[Row, ...]
    complete: bool
    programs: int
    vertices: int
    open_vertices: int
    seconds: float


class OuterApproximation:
    """The state of the search.

    Parameters
    ----------
    program
        Its parameters are u.
    start
        Rows ≥ 0 over u, whole numbers, that are taken for granted.
    demanded
        Further rows ≥ 0 that hold wherever something is feasible, and count as constraints where they are facets;
        with `start` they bound a set.
    floor
        A lower bound of the least value, anywhere.
    actions
        Symmetries of the program: form' = form @ R, over u.
    inside
        A generic feasible point, whole numbers (divisor, coordinates …), or None. Cuts that are asked for a little
        towards it are facets of the epigraph, where those at a symmetric vertex seldom are.
    """

    def __init__(
        self,
        program: ParametricProgram,
        start: Iterable[Sequence[int]],
        demanded: Iterable[Sequence[int]],
        floor: Fraction,
        actions: Sequence[NDArray[np.int64]],
        inside: Sequence[int] | None,
    ) -> None:
        self.program, self.floor, self.inside = program, floor, inside
        self.actions = [np.array(a, dtype=object) for a in actions]
        size = program.sides.shape[1]
        self.start = {tuple(row) for row in start}
        # coordinates of the polyhedron: u_1, …, u_D, t
        self.polyhedron = Polyhedron(size, [(-floor.numerator, *(0,) * (size - 1), floor.denominator)])
        self.first: list[Row] = [(*row, 0) for row in dict.fromkeys((*self.start, *map(tuple, demanded)))]
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
            cuts = [row for row in orbit(new, lambda found: _moved_rows(found, self.actions)) if row not in self.rows]
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
        own = {_lowest(row) for row in self.start}
        constraints = tuple(tuple(-v for v in row) for row in flat if _lowest(row) not in own)
        return Epigraph(terms, constraints, complete, self.program.programs, len(self.points), waiting, seconds)


def _whole(point: Point) -> tuple[int, ...]:
    return (point.divisor, *point.coordinates)


def _lowest(row: Sequence[int]) -> Row:
    divisor = math.gcd(*row) or 1
    return tuple(v // divisor for v in row)


def _row(cut: Cut) -> Row:
    """Return the cut as a row ≥ 0 over (1, u, t)."""
    return _lowest((*(-c for c in cut.coefficients), cut.denominator if cut.feasible else 0))


def _moved_rows(rows: list[Row], actions: Sequence[NDArray[np.object_]]) -> Iterator[Row]:
    """Yield the images of rows (form, coefficient of t)."""
    block = np.array(rows, dtype=object)
    for action in actions:
        yield from map(tuple, np.hstack([block[:, :-1] @ action, block[:, -1:]]).tolist())


def _moved_points(points: list[tuple[int, ...]], actions: Sequence[NDArray[np.object_]]) -> Iterator[tuple[int, ...]]:
    """Yield the images of vertices (divisor, u …, t)."""
    block = np.array(points, dtype=object)
    for action in actions:
        yield from map(tuple, np.hstack([block[:, :-1] @ action.T, block[:, -1:]]).tolist())
