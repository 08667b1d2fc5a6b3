"""Linear programs over boxes of marginals, re-solved from the last basis, with rigorous bounds in floats.

Columns are probabilities: the distribution q, and arrays that stand for marginals and their products, each a
distribution of its own. So for any multipliers y of rows A x = b (≤ 0 for upper sides, ≥ 0 for lower ones) the minimum
of c · x is at least ⟨y, b⟩ plus, for each such distribution, the least entry of c − Aᵀy, or for marginals in a box the
sum over entries of the smaller product. The rounding errors of these sums are bounded and subtracted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import left, remaining

_UNIT = 2.0**-52

_SECONDS = 20.0
"""Longest time of one linear program: where the simplex method cycles, the box is split without its bound."""

_LARGE = 15_000
"""Matrices with more entries go to the interior-point method: a star of four takes it 1 s, the simplex method 20 s."""


class BoxProgram:
    """min cost · x, lower ≤ A x ≤ upper, low ≤ x ≤ high, with a few numbers that change from solve to solve.

    Parameters
    ----------
    matrix
        CSR; explicit zeros keep their place.
    cost, lower, upper
        Of columns and rows.
    blocks
        Columns that sum to one, as slices; columns outside are within their bounds only.
    """

    def __init__(
        self, matrix: sp.csr_array, cost: Floats, lower: Floats, upper: Floats, blocks: Sequence[slice]
    ) -> None:
        import highspy

        self.matrix, self.cost, self.lower, self.upper = matrix, cost, lower, upper
        self.blocks = tuple(blocks)
        self.low, self.high = np.zeros(len(cost)), np.ones(len(cost))
        self._solver = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("presolve", "off"),
            ("primal_feasibility_tolerance", 1e-10),
            ("dual_feasibility_tolerance", 1e-10),
        ):
            self._solver.setOptionValue(option, value)
        self._basis: Any = None
        self.interior = matrix.nnz > _LARGE
        self._longest = int(np.bincount(matrix.indices, minlength=matrix.shape[1]).max(initial=0)) + 4

    def solve(self) -> tuple[Floats, float] | None:
        """Return (x, rigorous lower bound of the minimum); x is empty where nothing is feasible, the bound then +∞.

        None if the solver found neither an optimum nor a proof of infeasibility that holds, or not in time.
        """
        if self.interior:
            in_time = self._run("ipm")
            found = self._optimum()
            if found is not None or not in_time:
                return found
        self._run("simplex")
        return self._optimum() or self._refutation()

    def _run(self, method: str) -> bool:
        """Run a method from the last basis; return whether it ended in time."""
        import highspy

        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = self.matrix.shape
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = self.cost, self.low, self.high
        lp.row_lower_, lp.row_upper_ = self.lower, self.upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = self.matrix.indptr, self.matrix.indices
        lp.a_matrix_.value_ = self.matrix.data
        solver = self._solver
        solver.passModel(lp)
        if self._basis is not None and method == "simplex":
            solver.setBasis(self._basis)
        solver.setOptionValue("solver", method)
        seconds = min(_SECONDS, max(0.0, left()))
        solver.setOptionValue("time_limit", solver.getRunTime() + seconds)  # HiGHS counts all runs of an instance
        solver.run()
        return bool(solver.getModelStatus() != highspy.HighsModelStatus.kTimeLimit)

    def _optimum(self) -> tuple[Floats, float] | None:
        import highspy

        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        self._basis = self._solver.getBasis()
        found = self._solver.getSolution()
        return np.array(found.col_value), self.bound(np.array(found.row_dual))

    def _refutation(self) -> tuple[Floats, float] | None:
        """Return (nothing, +∞) if the solver's ray proves that nothing is feasible."""
        import highspy

        status = self._solver.getModelStatus()
        if status not in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return None
        self._basis = None
        ray = self._solver.getDualRay()
        return (np.empty(0), math.inf) if ray[1] and self._refutes(np.array(ray[2])) else None

    def _refutes(self, ray: Floats) -> bool:
        """Return whether multipliers prove, to all rounding, that nothing is feasible: 0 ≥ something positive."""
        size = float(abs(ray).max(initial=0.0))
        if not size > 0:
            return False
        return any(self.bound(sign * ray / size, cost=False) > 0 for sign in (1.0, -1.0))

    def bound(self, duals: Floats, *, cost: bool = True) -> float:
        """Return a lower bound of the minimum from any multipliers, all rounding errors subtracted."""
        y = np.where(np.isinf(self.lower), np.minimum(duals, 0.0), duals)
        y = np.where(np.isinf(self.upper), np.maximum(y, 0.0), y)
        side = np.where(y > 0, self.lower, self.upper)
        products = np.where(y == 0, 0.0, y * np.where(y == 0, 0.0, side))
        prices = self.cost if cost else np.zeros_like(self.cost)
        reduced = prices - self.matrix.T @ y
        # abs(matrix) would sort the entries of the matrix in place, and their places are known to others
        sizes = sp.csr_array((abs(self.matrix.data), self.matrix.indices, self.matrix.indptr), self.matrix.shape)
        size = abs(prices) + sizes.T @ abs(y)
        error = size * (self._longest * _UNIT)
        total = math.fsum(products) - 4 * _UNIT * math.fsum(abs(products))
        least = reduced - error
        inside = np.zeros(len(reduced), dtype=bool)
        for block in self.blocks:
            inside[block] = True
            own = least[block]
            box = np.minimum(own * self.low[block], own * self.high[block])
            total += max(float(own.min()), math.fsum(box) - len(own) * _UNIT * math.fsum(abs(box)))
        outside = np.minimum(least * self.low, least * self.high)[~inside]
        total += math.fsum(outside) - 4 * _UNIT * math.fsum(abs(outside))
        return total - 16 * _UNIT * abs(total)


class Rows:
    """Collects rows of a sparse matrix and remembers where their entries are."""

    def __init__(self) -> None:
        self.indices: list[int] = []
        self.values: list[float] = []
        self.starts: list[int] = [0]
        self.lower: list[float] = []
        self.upper: list[float] = []

    def add(self, entries: Sequence[tuple[int, float]], lower: float, upper: float) -> int:
        """Append a row; return its number."""
        for column, value in entries:
            self.indices.append(column)
            self.values.append(value)
        self.starts.append(len(self.indices))
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.lower) - 1

    def add_matrix(self, matrix: sp.csr_array, rhs: Floats, offset: int = 0) -> None:
        """Append rows matrix · x = rhs over columns from `offset` on."""
        for i in range(matrix.shape[0]):
            remaining()  # in large networks this takes seconds
            entries = slice(matrix.indptr[i], matrix.indptr[i + 1])
            own = zip((matrix.indices[entries] + offset).tolist(), matrix.data[entries].tolist(), strict=True)
            self.add(list(own), float(rhs[i]), float(rhs[i]))

    def program(self, columns: int, cost: Floats, blocks: Sequence[slice]) -> BoxProgram:
        """Return the program."""
        matrix = sp.csr_array(
            (np.array(self.values), np.array(self.indices, dtype=np.int32), np.array(self.starts, dtype=np.int32)),
            shape=(len(self.lower), columns),
        )
        return BoxProgram(matrix, cost, np.array(self.lower), np.array(self.upper), blocks)

    def place(self, row: int, position: int) -> int:
        """Return where the entry of a row is in the matrix's data."""
        return self.starts[row] + position


Box = tuple[tuple[tuple[Floats, Floats], ...], ...]
"""For each product and each of its sides: lower and upper bounds of the marginal's entries."""

Places = NDArray[np.intp]
