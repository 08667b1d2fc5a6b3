"""What a closed form is derived from, and what is found: the points above a convex piecewise affine function."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.linear.parametric import ParametricProgram
from relaxbell.exact.conversion import Row

DUAL_VERTICES = "dual vertices"
OUTER_APPROXIMATION = "outer approximation"
WAYS = (DUAL_VERTICES, OUTER_APPROXIMATION)


@dataclass(frozen=True, eq=False)
class Task:
    """A least value as a function of u, where it is wanted, and what is known of it.

    Attributes
    ----------
    program
        Its parameters are u.
    start
        Rows ≥ 0 over u, whole numbers, that are taken for granted.
    beyond
        Those of `start` that end a budget where it is no constraint any more.
    implied
        Whether the others hold wherever something is feasible.
    demanded
        Further rows ≥ 0 that hold wherever something is feasible, and count as constraints where they are facets;
        with `start` they bound a set.
    floor
        A lower bound of the least value, anywhere.
    actions
        Symmetries of the program: form' = form @ R, over u.
    inside
        A generic feasible point, whole numbers (divisor, coordinates …), or None.
    """

    program: ParametricProgram
    start: tuple[Row, ...]
    beyond: frozenset[Row]
    implied: bool
    demanded: tuple[Row, ...]
    floor: Fraction
    actions: tuple[NDArray[np.object_], ...]
    inside: tuple[int, ...] | None


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
