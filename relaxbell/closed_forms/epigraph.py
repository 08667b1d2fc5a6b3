"""What a closed form is derived from, and what is found: the points above a convex piecewise affine function."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.closed_forms.domains import Domain
from relaxbell.closed_forms.symmetries import symmetries
from relaxbell.engines.linear.parametric import ParametricProgram
from relaxbell.engines.linear.program import Problem
from relaxbell.exact.conversion import Row

DUAL_VERTICES = "dual vertices"
OUTER_APPROXIMATION = "outer approximation"
WAYS = (DUAL_VERTICES, OUTER_APPROXIMATION)


@dataclass(frozen=True, eq=False)
class Task:
    """A least value as a function of u = (1, coordinates, symbolic budgets), and where it is wanted.

    Attributes
    ----------
    problem, program
        What is minimized, in rows whose parameters are u.
    domain
        The behaviors.
    ends
        For each symbolic budget a whole number beyond which it is no constraint.
    demanded
        Rows ≥ 0 that hold wherever something is feasible, and count as constraints where they are facets; with `start`
        they bound a set.
    """

    problem: Problem
    program: ParametricProgram
    domain: Domain
    ends: tuple[int, ...]
    demanded: tuple[Row, ...]

    @property
    def floor(self) -> Fraction:
        """A lower bound of the least value, anywhere."""
        return self.problem.objective.floor()

    @cached_property
    def positivity(self) -> tuple[Row, ...]:
        """Rows ≥ 0 of whole numbers that are taken for granted: the domain's."""
        return tuple((*row, *(0,) * len(self.ends)) for row in self.domain.positivity)

    @cached_property
    def start(self) -> tuple[Row, ...]:
        """The same, and rows ≥ 0 that end the budgets."""
        size = self.domain.dimension + 1
        units = np.eye(len(self.ends), dtype=np.int64).tolist()
        last = [(end, *(0,) * (size - 1), *(-v for v in unit)) for end, unit in zip(self.ends, units, strict=True)]
        return (*self.positivity, *last)

    @cached_property
    def actions(self) -> tuple[NDArray[np.object_], ...]:
        """Symmetries: form' = form @ R, over u."""
        found = []
        for action in symmetries(self.problem, self.domain):
            wide = np.eye(len(action) + len(self.ends), dtype=object)
            wide[: len(action), : len(action)] = action
            found.append(wide)
        return tuple(found)

    @cached_property
    def inside(self) -> tuple[int, ...] | None:
        """A generic point, feasible as far as affine constraints allow: divisor, then numerators; or None."""
        inside = self.domain.inside
        return None if inside is None else (*inside, *(inside[0] * end for end in self.ends))

    @cached_property
    def corners(self) -> list[Row]:
        """Some points of the domain, whole numbers, feasible or not: budgets at both ends."""
        least = [Fraction(-row[0], max(row)) for row in self.demanded]
        found = [(*u, *self.ends) for u in self.domain.corners]
        if self.ends:
            unit = math.lcm(*(v.denominator for v in least))
            low = [int(v * unit) for v in least]
            found += [(*(unit * v for v in u), *low) for u in self.domain.corners]
        return found


@dataclass(frozen=True)
class Epigraph:
    """What was found of a least value.

    Attributes
    ----------
    terms
        Rows (c_0, …, c_D, w), w > 0: t ≥ Σ c_j u_j / w.
    constraints
        Rows (c_0, …, c_D): Σ c_j u_j ≤ 0, beyond those given at the start.
    complete
        Whether these are all; else time was over, and the terms are some lower bounds.
    programs, vertices, open_vertices
        Linear programs solved; vertices of the dual region or, of an outer approximation, of the epigraph, and how many
        were not yet attained.
    seconds
        Wall time.
    way
        Which of `WAYS` was taken.
    """

    terms: tuple[Row, ...]
    constraints: tuple[Row, ...]
    complete: bool
    programs: int
    vertices: int
    open_vertices: int
    seconds: float
    way: str


def lowest(row: Sequence[int]) -> Row:
    """Return the smallest whole multiple of a row, same direction."""
    divisor = math.gcd(*row) or 1
    return tuple(v // divisor for v in row)


def moved_rows(rows: Sequence[Row], actions: Sequence[NDArray[np.object_]]) -> Iterator[Row]:
    """Yield the images of rows (form, coefficient of t)."""
    block = np.array(rows, dtype=object)
    for action in actions:
        yield from map(tuple, np.hstack([block[:, :-1] @ action, block[:, -1:]]).tolist())
