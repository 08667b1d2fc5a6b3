"""Polyhedra in exact arithmetic, by the double description method of PPL (extra ``polytopes``)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_PATIENCE = 0.2
_SHARE = 0.05
"""How long a step of a conversion should take at most, roughly: seconds, and share of the time that is left."""

Row = tuple[int, ...]
"""b + a · x: the constant first, then one coefficient for each coordinate."""


@dataclass(frozen=True)
class Point:
    """The point coordinates / divisor, in lowest terms, with divisor > 0."""

    coordinates: tuple[int, ...]
    divisor: int


class Polyhedron:
    """A polyhedron that grows smaller: inequalities are added, vertices read.

    Parameters
    ----------
    dimension
        Number of coordinates.
    inequalities
        Rows b + a · x ≥ 0 of whole numbers.

    Raises
    ------
    ModuleNotFoundError
        Where PPL is not installed.
    """

    def __init__(self, dimension: int, inequalities: Iterable[Sequence[int]] = ()) -> None:
        import ppl

        self.dimension = dimension
        self._ppl = ppl
        self._polyhedron = ppl.C_Polyhedron(dimension, "universe")
        self.add(inequalities)

    @staticmethod
    def hull_in_steps(points: Sequence[Sequence[int]], deadline: float) -> tuple[Polyhedron, int]:
        """Return the convex hull of as many whole points as the time allows, and how many were taken in."""
        import ppl

        found = Polyhedron(len(points[0]))
        found._polyhedron = ppl.C_Polyhedron(len(points[0]), "empty")

        def take(part: Sequence[Sequence[int]]) -> None:
            system = ppl.Generator_System()
            for point in part:
                system.insert(ppl.point(ppl.Linear_Expression([int(v) for v in point], 0)))
            found._polyhedron.add_generators(system)
            found._polyhedron.minimized_constraints()

        return found, _in_steps(points, take, deadline)

    def add(self, inequalities: Iterable[Sequence[int]]) -> None:
        """Intersect with half-spaces b + a · x ≥ 0."""
        system = self._ppl.Constraint_System()
        for row in inequalities:
            system.insert(self._ppl.Linear_Expression([int(v) for v in row[1:]], int(row[0])) >= 0)
        self._polyhedron.add_constraints(system)

    def add_in_steps(self, inequalities: Sequence[Sequence[int]], deadline: float) -> int:
        """Add as many inequalities as the time allows, bringing the vertices up to date in between.

        Returns how many were added.
        """

        def take(part: Sequence[Sequence[int]]) -> None:
            self.add(part)
            self._polyhedron.minimized_generators()

        return _in_steps(inequalities, take, deadline)

    def _vector(self, coefficients: Sequence[Any]) -> tuple[int, ...]:
        found = tuple(int(v) for v in coefficients)
        return found + (0,) * (self.dimension - len(found))

    def vertices(self) -> Iterator[Point]:
        """Yield the vertices."""
        for generator in self._polyhedron.minimized_generators():
            if generator.is_point():
                yield Point(self._vector(generator.coefficients()), int(generator.divisor()))

    def facets(self) -> tuple[list[Row], list[Row]]:
        """Return the irredundant inequalities (row ≥ 0) and the equations (row = 0)."""
        inequalities: list[Row] = []
        equations: list[Row] = []
        for constraint in self._polyhedron.minimized_constraints():
            row = (int(constraint.inhomogeneous_term()), *self._vector(constraint.coefficients()))
            (equations if constraint.is_equality() else inequalities).append(row)
        return inequalities, equations


def _in_steps(items: Sequence[Any], take: Callable[[Sequence[Any]], None], deadline: float) -> int:
    """Take items in growing steps until the deadline: a conversion cannot be interrupted, so steps are small."""
    step, done = 1, 0
    while done < len(items) and (started := time.perf_counter()) < deadline:
        take(items[done : done + step])
        done += step
        # many small steps take longer than one large one, so they are as long as the deadline allows
        patience = max(_PATIENCE, _SHARE * (deadline - started))
        step = max(1, step * 2 if time.perf_counter() - started < patience else step // 2)
    return min(done, len(items))
