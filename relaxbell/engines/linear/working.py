"""A live linear program of few columns, for right-hand sides that come one after the other; others join when missed."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.exact.basis import Basis
from relaxbell.exact.numbers import Floats
from relaxbell.lp.highs import TOLERANCE, LiveModel, Status

WORKING_FROM = 1000
"""Columns from which few of them are tried first."""

_ROUNDS = 50
_AT_ONCE = 15
"""Most columns that join in a round: those of least reduced cost."""

_STARTS = 100
"""Bases to start from: of them that whose duals promise most. It takes 40 % fewer steps than the last one."""


class WorkingModel:
    """min cost · x, lower ≤ matrix x ≤ upper, x ≥ 0, at changing sides of some rows.

    It is solved over the columns that were basic before; what is worth its cost at the duals joins, until nothing is.
    Where the few satisfy no equations, all columns are asked, whose basis joins. Of four thousand strategies of the
    3322 scenario some hundreds are ever basic.

    Parameters
    ----------
    matrix, cost, lower, upper
        The program.
    """

    def __init__(self, matrix: sp.csc_array, cost: Floats, lower: Floats, upper: Floats) -> None:
        self._matrix, self._cost, self._sides = matrix, cost, (lower.copy(), upper.copy())
        self._whole = LiveModel(matrix, cost, lower, upper)
        self._transposed = sp.csr_array(matrix.T)
        self._few: LiveModel | None = None
        self._columns: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        self._starts: list[Basis] = []
        self._duals: Floats = np.zeros((_STARTS, matrix.shape[0]))
        self._ends = 0

    def basis(self, values: Floats, numbers: NDArray[np.int32]) -> Basis | None:
        """Return an optimal basis where the rows with these numbers have these sides; None where there is none."""
        for side in self._sides:
            side[numbers] = values
        if self._matrix.shape[1] < WORKING_FROM:
            return self._of_all(values, numbers)
        found = self._of_few(values, numbers)
        if found is not None:
            return found
        found = self._of_all(values, numbers)
        if found is not None:
            self._join(np.setdiff1d(found.columns, self._columns))
        return found

    def _of_all(self, values: Floats, numbers: NDArray[np.int32]) -> Basis | None:
        self._whole.set_rows(values, values, numbers)
        return self._whole.basis() if self._whole.run() is Status.OPTIMAL else None

    def _of_few(self, values: Floats, numbers: NDArray[np.int32]) -> Basis | None:
        live = self._few
        if live is None:
            return None
        live.set_rows(values, values, numbers)
        live.use("simplex")  # bases are as optimal as before, and as a rule not feasible
        if self._starts:
            live.start_from(self._starts[int((self._duals[: len(self._starts)] @ self._sides[1]).argmax())])
        for _ in range(_ROUNDS):
            if live.run() is not Status.OPTIMAL:
                return None
            reduced = self._cost - self._transposed @ live.duals
            reduced[self._columns] = 0.0
            worth = np.flatnonzero(reduced < -TOLERANCE)
            if not len(worth):
                basis = live.basis()
                if basis is None:
                    return None
                self._keep(basis, live.duals)
                return Basis(np.sort(self._columns[basis.columns]), basis.loose)
            if len(worth) > _AT_ONCE:
                worth = worth[np.argpartition(reduced[worth], _AT_ONCE)[:_AT_ONCE]]
            self._join(worth)
            live.use("primal simplex")
        return None

    def _keep(self, basis: Basis, duals: Floats) -> None:
        place = self._ends % _STARTS
        self._ends += 1
        self._starts[place : place + 1] = [basis]
        self._duals[place] = duals

    def _join(self, columns: NDArray[np.intp]) -> None:
        if self._few is None:
            lower, upper = self._sides
            self._few = LiveModel(self._matrix[:, columns], self._cost[columns], lower, upper)
        elif len(columns):
            self._few.add_columns(sp.csc_array(self._matrix[:, columns]), self._cost[columns])
        self._columns = np.concatenate([self._columns, columns])
