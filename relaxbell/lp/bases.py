"""A basis at many right-hand sides at once.

Whether a basis is optimal depends on the costs, which stay; what changes with the right-hand side is whether it is
feasible, and that is decided for all points by one product of matrices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.exact.basis import Basis, IntegerProgram
from relaxbell.exact.numbers import Floats
from relaxbell.lp.highs import TOLERANCE

_DENSE = 100
"""Programs with so many rows have dense inverses: a product with one takes a few microseconds."""

ROUGH = -1e-7
"""What is below this is negative, whatever was rounded."""


class _Factors(Protocol):
    def solve(self, right: Floats) -> Floats: ...


@dataclass(frozen=True, eq=False)
class OptimalBasis:
    """An optimal basis of min cost · x over rows · x = or ≤ rhs, x ≥ 0.

    Attributes
    ----------
    duals
        ∂value/∂rhs for each row.
    rows
        The rows that are tight; as many as basic columns.
    columns
        The basic columns, all rows of them, shape (rows of the program, len(rows)).
    factors
        LU factors of the tight rows of the basic columns.
    cost
        Of the basic columns.
    """

    duals: Floats
    rows: NDArray[np.intp]
    columns: sp.csr_array
    factors: _Factors
    cost: Floats

    @classmethod
    def of(cls, matrix: sp.csc_array, cost: Floats, basis: Basis, duals: Floats) -> OptimalBasis | None:
        """Return a solver's basis with its duals; None where it cannot be factorized."""
        tight = np.ones(matrix.shape[0], dtype=bool)
        tight[basis.loose] = False
        part, rows = matrix[:, basis.columns], np.flatnonzero(tight)
        from scipy.sparse.linalg import splu  # takes longer to load than a first minimum, and needs no basis of floats

        try:
            # sparse, hence in one thread: a dense product this small is slower on many
            factors = splu(part[rows])
        except RuntimeError:  # singular to working precision
            return None
        return cls(duals, rows, sp.csr_array(part), factors, cost[basis.columns])

    def values(
        self, rights: Floats, equality: NDArray[np.bool_], tolerance: Floats, gap: tuple[float, float]
    ) -> Floats:
        """Return the least value at each right-hand side, NaN where the basis is not feasible.

        Parameters
        ----------
        rights
            Shape (points, rows of the program).
        equality
            Which rows are equations.
        tolerance
            How far each row may be missed.
        gap
            How far the values of both sides may differ, relative and absolute.
        """
        wanted = rights.T
        x = self.factors.solve(wanted[self.rows])
        missed = self.columns @ x - wanted
        missed[equality] = abs(missed[equality])
        feasible = (x >= -TOLERANCE).all(axis=0) & (missed <= tolerance[:, None]).all(axis=0)
        used = np.flatnonzero(self.duals)
        parts = rights[:, used] * self.duals[used]
        # fsum is correctly rounded, hence the same on every machine; products of matrices are not
        totals = np.array([math.fsum(part) for part in parts.tolist()])
        feasible &= abs(self.cost @ x - totals) <= np.maximum(gap[0] * abs(totals), gap[1])
        return np.where(feasible, totals, np.nan)


@dataclass(frozen=True, eq=False)
class _Inverse:
    """An inverse in place of factors, where it is small."""

    matrix: Floats

    def solve(self, right: Floats) -> Floats:
        return np.asarray(self.matrix @ right)


@dataclass(frozen=True, eq=False)
class FeasibleBasis:
    """A basis of rows · x = or ≤ rhs, x ≥ 0, to be tried roughly: exact arithmetic has the last word.

    Attributes
    ----------
    rows, columns, factors
        As in `OptimalBasis`.
    loose
        The other rows.
    equality
        Which of these are equations.
    """

    rows: NDArray[np.intp]
    columns: sp.csr_array | Floats
    factors: _Factors
    loose: NDArray[np.intp]
    equality: NDArray[np.bool_]

    @classmethod
    def of(cls, program: IntegerProgram, basis: Basis) -> FeasibleBasis | None:
        """Return a basis; None where it cannot be factorized."""
        m = program.matrix.shape[0]
        free = np.ones(m, dtype=bool)
        free[basis.loose] = False
        rows, loose = np.flatnonzero(free), basis.loose
        if len(rows) != len(basis.columns):
            return None
        if m > _DENSE:
            matrix = sp.csc_array(program.matrix[:, basis.columns], dtype=np.float64)
            whole = OptimalBasis.of(
                matrix, np.zeros(len(rows)), replace(basis, columns=np.arange(len(rows))), np.empty(0)
            )
            return (
                None
                if whole is None
                else cls(rows, whole.columns[loose], whole.factors, loose, program.equality[loose])
            )
        try:
            factors = _Inverse(np.linalg.inv(program.part(rows, basis.columns).astype(np.float64)))
        except np.linalg.LinAlgError:
            return None
        part = program.part(loose, basis.columns).astype(np.float64)
        return cls(rows, part, factors, loose, program.equality[loose])

    def dense(self) -> tuple[Floats, NDArray[np.bool_]] | None:
        """Return what makes values of columns, then slacks, of right-hand sides, and which slacks are of equations."""
        if not isinstance(self.factors, _Inverse):
            return None
        k, m = len(self.rows), len(self.rows) + len(self.loose)
        found = np.zeros((m, m))
        found[:k, self.rows] = self.factors.matrix
        found[k:, self.rows] = -(self.columns @ self.factors.matrix)
        found[np.arange(k, m), self.loose] += 1
        return found, np.concatenate([np.zeros(k, dtype=bool), self.equality])

    def serves(self, right: Floats) -> bool:
        """Return whether the basis is feasible, or nearly so."""
        x = self.factors.solve(right[self.rows])
        if x.min(initial=0.0) < ROUGH:
            return False
        if not len(self.loose):
            return True
        slack = right[self.loose] - self.columns @ x
        return not (slack.min(initial=0.0) < ROUGH or abs(slack[self.equality]).max(initial=0.0) > -ROUGH)
