"""Linear programs over boxes of marginals, re-solved from the last basis, with rigorous bounds in floats.

Columns are probabilities: the distribution q, and arrays that stand for marginals and their products, each a
distribution of its own. So for any multipliers y of rows A x = b (≤ 0 for upper sides, ≥ 0 for lower ones) the minimum
of c · x is at least ⟨y, b⟩ plus, for each such distribution, the least entry of c − Aᵀy, or for marginals in a box the
sum over entries of the smaller product. The rounding errors of these sums are bounded and subtracted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from relaxbell.exact.numbers import Floats
from relaxbell.lp.highs import LiveModel, Method, State, Status
from relaxbell.lp.rows import RowBuilder

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
        Explicit zeros keep their place.
    cost, lower, upper
        Of columns and rows.
    blocks
        Columns that sum to one, as slices; columns outside are within their bounds only.

    Attributes
    ----------
    multipliers
        Of the rows, after `solve`: those of its bound, or those that refute the program; None where it found neither.
    """

    def __init__(
        self, matrix: sp.csc_array, cost: Floats, lower: Floats, upper: Floats, blocks: Sequence[slice]
    ) -> None:
        self.matrix, self.cost, self.lower, self.upper = matrix, cost, lower, upper
        self.blocks = tuple(blocks)
        self.low, self.high = np.zeros(len(cost)), np.ones(len(cost))
        self.multipliers: Floats | None = None
        self._live: LiveModel | None = None
        self._state: State | None = None
        self.interior = matrix.nnz > _LARGE
        self._transposed = matrix.T  # of the same numbers, which may change
        self._sizes = abs(self._transposed)
        self._longest = int(np.diff(matrix.indptr).max(initial=0)) + 4

    @classmethod
    def of(cls, rows: RowBuilder, cost: Floats, blocks: Sequence[slice]) -> BoxProgram:
        """Return the program with these rows."""
        return cls(rows.matrix(), cost, *rows.sides, blocks)

    def solve(self) -> tuple[Floats, float] | None:
        """Return (x, rigorous lower bound of the minimum); x is empty where nothing is feasible, the bound then +∞.

        None if the solver found neither an optimum nor a proof of infeasibility that holds, or not in time.
        """
        self.multipliers = None
        if self.interior:
            live, status = self._run("interior point")
            found = self._optimum(live, status)
            if found is not None or status is Status.STOPPED:
                return found
        live, status = self._run("simplex")
        return self._optimum(live, status) or self._refutation(live, status)

    def _run(self, method: Method) -> tuple[LiveModel, Status]:
        """Run a method from the last basis."""
        data = (self.matrix, self.cost, self.lower, self.upper)
        if self._live is None:
            self._live = LiveModel(*data, low=self.low, high=self.high)
        else:
            self._live.load(*data, self.low, self.high)
        self._live.use(method)
        if self._state is not None and method == "simplex":
            self._live.restore(self._state)
        return self._live, self._live.run(_SECONDS)

    def _optimum(self, live: LiveModel, status: Status) -> tuple[Floats, float] | None:
        if status is not Status.OPTIMAL:
            return None
        self._state = live.state()
        self.multipliers = live.duals
        return live.x, self.bound(self.multipliers)

    def _refutation(self, live: LiveModel, status: Status) -> tuple[Floats, float] | None:
        """Return (nothing, +∞) if the solver's ray proves that nothing is feasible."""
        if status is not Status.INFEASIBLE:
            return None
        self._state = None
        ray = live.ray()
        return (np.empty(0), math.inf) if ray is not None and self._refutes(ray) else None

    def _refutes(self, ray: Floats) -> bool:
        """Return whether multipliers prove, to all rounding, that nothing is feasible: 0 ≥ something positive."""
        size = float(abs(ray).max(initial=0.0))
        if not size > 0:
            return False
        for scale in (size, -size):
            if self.bound(ray / scale, cost=False) > 0:
                self.multipliers = ray / scale
                return True
        return False

    def bound(self, duals: Floats, *, cost: bool = True) -> float:
        """Return a lower bound of the minimum from any multipliers, all rounding errors subtracted."""
        y = np.where(np.isinf(self.lower), np.minimum(duals, 0.0), duals)
        y = np.where(np.isinf(self.upper), np.maximum(y, 0.0), y)
        side = np.where(y > 0, self.lower, self.upper)
        products = np.where(y == 0, 0.0, y * np.where(y == 0, 0.0, side))
        prices = self.cost if cost else np.zeros_like(self.cost)
        reduced = prices - self._transposed @ y
        np.abs(self.matrix.data, out=self._sizes.data)
        size = abs(prices) + self._sizes @ abs(y)
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


Box = tuple[tuple[tuple[Floats, Floats], ...], ...]
"""For each product and each of its sides: lower and upper bounds of the marginal's entries."""
