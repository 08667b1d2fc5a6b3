"""Which generators of a cone are extreme rays, decided in exact arithmetic by a linear program for each orbit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.closed_forms.epigraph import Task, moved_rows
from relaxbell.exact.basis import IntegerProgram, RightHandSide
from relaxbell.exact.bounds import EXACT
from relaxbell.exact.conversion import Row
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.lp.clock import remaining
from relaxbell.lp.highs import LiveModel, Status
from relaxbell.lp.vertex import optimal_vertex
from relaxbell.permutations import orbit


def extreme(rows: Sequence[Row], task: Task) -> tuple[list[Row], int] | None:
    """Return the extreme rays of the cone of some vectors (form, weight), and how many linear programs were solved.

    Parameters
    ----------
    rows
        Different directions, in lowest terms.
    task
        Its symmetries are those of the cone: what is known of one vector is known of its images.

    Returns
    -------
    tuple or None
        None where the cone contains a line, where its numbers are too large, or where a solver's answer could not be
        made exact.

    Raises
    ------
    TimeLimitError
        If the time is over.
    """
    return extreme_of(rows, task.actions, inside=task.inside, corners=task.corners) if rows else ([], 0)


def extreme_of(
    rows: Sequence[Row],
    actions: Sequence[NDArray[np.object_]],
    *,
    inside: Sequence[int] | None = None,
    corners: Sequence[Row] = (),
) -> tuple[list[Row], int] | None:
    """Return the same for symmetries form' = form @ R, a point that should be inside, and corners to try.

    With weights 0 the vectors are constraints form · u ≤ 0: extreme are those that the others do not imply.
    """
    if not rows:
        return [], 0
    if max(abs(v) for row in rows for v in row) >= EXACT:
        return None
    cone = _Cone(rows)
    if not _all_negative(rows, inside) and not cone.is_pointed():
        return None
    known: dict[Row, bool] = {}
    for row in _touched(rows, corners):
        if row not in known:
            known.update((image, True) for image in orbit([row], lambda own: moved_rows(own, actions)))
    for k, row in enumerate(rows):
        if row in known:
            continue
        found = cone.is_extreme(k)
        if found is None:
            return None
        known.update((image, found) for image in orbit([row], lambda own: moved_rows(own, actions)))
    return [row for row in rows if known[row]], cone.programs


def _all_negative(rows: Sequence[Row], inside: Sequence[int] | None) -> bool:
    """Return whether no constraint is tight at a point: then these contain no line."""
    if inside is None:
        return False
    flat = np.array([row[:-1] for row in rows if not row[-1]], dtype=object).reshape(-1, len(inside))
    return bool((flat @ np.array(inside, dtype=object) < 0).all())


def _touched(rows: Sequence[Row], corners: Sequence[Row]) -> Iterator[Row]:
    """Yield vectors that are extreme since they are tight at corners of the epigraph that span a facet of it.

    All terms are among the vectors, and all constraints, so that the largest term at a corner is the least value there.
    """
    import flint

    if not corners:
        return
    unit = math.lcm(*(row[-1] for row in rows if row[-1]))
    forms = _whole([[(unit // row[-1] if row[-1] else 1) * v for v in row[:-1]] for row in rows])
    values = forms @ _whole(corners).T
    flat = np.array([not row[-1] for row in rows])
    feasible = (values[flat] <= 0).all(axis=0)
    if flat.all() or not feasible.any():
        return
    values, points = values[:, feasible], [u for u, kept in zip(corners, feasible, strict=True) if kept]
    largest = values[~flat].max(axis=0)
    epigraph = [[*(unit * v for v in u), -int(top)] for u, top in zip(points, largest, strict=True)]
    upwards = [0] * len(points[0]) + [-1]
    for row, own, is_flat in zip(rows, values, flat, strict=True):
        tight = [epigraph[i] for i in np.flatnonzero(own == (0 if is_flat else largest)).tolist()]
        tight += [upwards] if is_flat else []
        if len(tight) >= len(upwards) - 1 and flint.fmpz_mat(tight).rank() == len(upwards) - 1:
            yield row


def _whole(rows: Sequence[Sequence[int]]) -> NDArray[Any]:
    """Return whole numbers in floats where sums of products of them, with numbers as large, are exact."""
    largest = max(abs(v) for row in rows for v in row)
    return np.array(rows, dtype=np.float64 if largest**2 * len(rows[0]) < EXACT else object)


class _Cone:
    """Nonnegative combinations of vectors, on a live solver."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows, self.programs = rows, 0
        self.matrix = sp.csc_array(np.array(rows, dtype=np.int64).T)
        self.equality = np.full(self.matrix.shape[0], True)
        zero = np.zeros(len(self.equality))
        self.live = LiveModel(sp.csc_array(self.matrix, dtype=np.float64), np.zeros(len(rows)), zero, zero)

    def is_extreme(self, k: int) -> bool | None:
        """Return whether a vector is no combination of the others: it needs itself; None if that stays open."""
        cost = np.zeros(len(self.rows), dtype=np.int64)
        cost[k] = 1
        least = self._least(self.live, IntegerProgram(self.matrix, cost, self.equality), list(self.rows[k]))
        return None if least is None else least > 0

    def is_pointed(self) -> bool | None:
        """Return whether only no vectors at all add up to zero; None if that stays open."""
        size = len(self.equality) + 1
        table = [[*row, 1] for row in self.rows] + [[0] * (size - 1) + [1]]
        matrix = sp.csc_array(np.array(table, dtype=np.int64).T)
        cost = np.append(np.full(len(self.rows), -1, dtype=np.int64), 0)
        program = IntegerProgram(matrix, cost, np.append(self.equality, True))
        zero = np.zeros(size)
        live = LiveModel(sp.csc_array(matrix, dtype=np.float64), cost.astype(np.float64), zero, zero)
        least = self._least(live, program, [0] * (size - 1) + [1])
        return None if least is None else least == 0

    def _least(self, live: LiveModel, program: IntegerProgram, right: list[int]) -> ExactNumber | None:
        """Return the exact least value; None if a solver's answer could not be made exact."""
        remaining()
        self.programs += 1
        sides = np.array(right, dtype=np.float64)
        live.set_rows(sides, sides)
        live.set_cost(program.cost.astype(np.float64))
        basis = live.basis() if live.run() is Status.OPTIMAL else None
        found = None if basis is None else optimal_vertex(program, basis, RightHandSide((right,), 1), thorough=True)
        if found is None:
            return None
        cost = program.cost[found[0].basis.columns].tolist()
        values: Exact = np.array([c * v for c, v in zip(cost, found[0].values, strict=True)], dtype=object)
        return values.sum()
