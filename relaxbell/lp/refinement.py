"""Iterative refinement of linear programs: what is wrong with a solution, magnified, is a program of its own.

Gleixner, Steffy, Wolter, INFORMS J. Comput. 28 (2016): the corrections Δx of a solution satisfy the same rows, with its
residuals at the right and its reduced costs as prices. A solver's tolerance then applies to the residuals instead of to
the problem. Inequalities get slacks as columns, whose reduced cost is the negative multiplier of their row.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.errors import SolverError
from relaxbell.exact.basis import Basis
from relaxbell.exact.numbers import Floats
from relaxbell.lp.highs import Answer, LiveModel

_SCALE = 1e5
"""Most a residual is magnified: redundant equations miss each other by 1e-17, which must stay below 1e-10."""

_ITERATIONS = 4
"""Most simplex iterations of a correction, times rows and columns: more were seen where it cycled for half a minute."""


@dataclass(frozen=True, eq=False)
class Corrections:
    """Programs of corrections to solutions of one program: its columns, then a slack for each inequality.

    Attributes
    ----------
    matrix
        Rows over both.
    columns
        Number of the program's own columns.
    inequalities
        Numbers of the rows with slacks.
    """

    matrix: sp.csc_array
    columns: int
    inequalities: NDArray[np.intp]

    @classmethod
    def of(cls, matrix: sp.csc_array, equality: NDArray[np.bool_]) -> Corrections:
        """Return the form for rows · x = or ≤ rhs, x ≥ 0."""
        (m, n), loose = matrix.shape, np.flatnonzero(~equality)
        slacks = sp.csc_array((np.ones(len(loose)), (loose, np.arange(len(loose)))), (m, len(loose)))
        return cls(sp.csc_array(sp.hstack([matrix, slacks], format="csc")), n, loose)

    def solve(self, prices: Floats, right: Floats, lower: Floats, start: Basis | None) -> Answer | None:
        """Minimize prices · Δ over matrix Δ = right, Δ ≥ lower; None if that fails.

        The bases, of `start` and of the answer, are those of the program without slack columns.
        """
        model = LiveModel(self.matrix, prices, right, right, low=lower)
        model.limit(_ITERATIONS * sum(self.matrix.shape))
        if start is not None:
            model.start_from(self._with_slacks(start))
        try:
            model.run()
            answer = model.answer()
        except SolverError:
            return None
        if not answer.feasible:
            return None
        return replace(answer, basis=None if answer.basis is None else self._without_slacks(answer.basis))

    def _with_slacks(self, basis: Basis) -> Basis:
        slack = np.isin(basis.loose, self.inequalities)
        own = self.columns + np.searchsorted(self.inequalities, basis.loose[slack])
        return Basis(np.concatenate([basis.columns, own]), basis.loose[~slack])

    def _without_slacks(self, basis: Basis) -> Basis:
        own = basis.columns < self.columns
        return Basis(basis.columns[own], np.union1d(basis.loose, self.inequalities[basis.columns[~own] - self.columns]))


def refine(data: tuple[sp.csc_array, Floats, Floats, Floats], answer: Answer, rounds: int = 3) -> Answer:
    """Improve an answer in floats; `data` are matrix, cost, lower and upper, each row being = upper or ≤ upper."""
    started = time.perf_counter()
    matrix, cost, lower, upper = data
    equality = lower == upper
    corrections = Corrections.of(matrix, equality)
    x, y, last, iterations = answer.x.copy(), answer.duals.copy(), answer, answer.iterations
    for _ in range(rounds):
        missing = upper - matrix @ x
        values = np.concatenate([x, missing[~equality]])
        prices = np.concatenate([cost - matrix.T @ y, -y[~equality]])
        right = np.where(equality, missing, 0.0)
        scale = _magnification(max(float(abs(right).max(initial=0.0)), float((-values).max(initial=0.0))))
        dual_scale = _magnification(float((-prices).max(initial=0.0)))
        step = corrections.solve(dual_scale * prices, scale * right, -scale * values, last.basis)
        if step is None:
            break
        x, y = x + step.x[: len(x)] / scale, y + step.duals / dual_scale
        last, iterations = step, iterations + step.iterations
    seconds = answer.seconds + time.perf_counter() - started
    return Answer(True, x, y, float(cost @ x), f"{answer.solver} refined", iterations, seconds, last.basis)


def _magnification(violation: float) -> float:
    return min(_SCALE, 1 / max(violation, 1e-16))
