"""The best sum of squares of a level for one functional after another."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from relaxbell.exact.numbers import Floats
from relaxbell.quantum.squares import MomentSums, solve_conic


class Pricing:
    """The least bound of a functional that a sum of squares gives, for one form after another.

    Parameters
    ----------
    moments
        Of the level.
    spread
        From coordinates to its moments.
    name
        Of the level, for errors.
    """

    def __init__(self, moments: MomentSums, spread: sp.csr_array, name: str) -> None:
        import cvxpy as cp

        self.spread, self.name = spread, name
        self._form = cp.Parameter(moments.sums.shape[0])
        self._square = cp.Variable((moments.size, moments.size), PSD=True)
        flat = cp.vec(self._square, order="C")
        others = np.array([k for k in range(moments.sums.shape[0]) if k != moments.one])
        rules = [moments.sums[others] @ flat == -self._form[others]]
        self._problem = cp.Problem(cp.Minimize(cp.sum(moments.sums[[moments.one]] @ flat)), rules)

    def bound(self, form: Floats) -> tuple[float, Floats]:
        """Return the bound for a form over the coordinates, and the matrix."""
        size = float(abs(form).max()) or 1.0
        self._form.value = self.spread @ (form / size)
        solve_conic(self._problem, self.name)
        most = float(self._problem.value) * size + float(form[0])
        return most, np.asarray(self._square.value) * size
