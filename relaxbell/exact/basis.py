"""Exact vertices of linear programs over the integers: a solver's basis, solved and checked in exact arithmetic.

The programs are min cost · x, subject to rows · x = rhs or ≤ rhs, x ≥ 0, with whole numbers in rows and
cost. A basis says which columns are not zero and which rows are not tight; the rest is linear algebra
(flint, fraction-free). Right-hand sides are rational or a + b√n: the basis matrix is rational, so the solution
is found for both parts, and signs are decided exactly.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.exact.numbers import Exact, ExactNumber, Surd, common_denominator, sign, surd

_SMALL = 2**18
"""Matrices with fewer entries are kept with their zeros as well: taking parts of them is ten times faster."""

_LIMB = 30
"""Bits of a digit in products with large integers: sums of 2^32 of them fit in int64."""


@dataclass(frozen=True, eq=False)
class Basis:
    """A choice of columns and rows.

    Attributes
    ----------
    columns
        Columns that may be positive, ascending.
    loose
        Rows that need not be tight (their slack is basic), ascending. There are as many tight rows as
        basic columns.
    """

    columns: NDArray[np.intp]
    loose: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class RightHandSide:
    """Exact numbers as whole numerators over one denominator: rational parts, then the parts of √n.

    Attributes
    ----------
    parts
        One list of numerators, or two where a root occurs.
    denominator
        Common to all.
    radicand
        n, or 1.
    """

    parts: tuple[list[int], ...]
    denominator: int
    radicand: int = 1

    @staticmethod
    def read(values: Exact) -> RightHandSide:
        """Return exact numbers (at most one radicand) as a right-hand side."""
        roots = {v.n for v in values if isinstance(v, Surd)}
        rational = [v.a if isinstance(v, Surd) else Fraction(v) for v in values]
        if not roots:
            denominator = common_denominator(rational)
            return RightHandSide(([int(v * denominator) for v in rational],), denominator)
        (radicand,) = roots
        irrational = [v.b if isinstance(v, Surd) else Fraction(0) for v in values]
        denominator = common_denominator([*rational, *irrational])
        parts = tuple([int(v * denominator) for v in part] for part in (rational, irrational))
        return RightHandSide(parts, denominator, radicand)

    def number(self, numerators: Sequence[int], denominator: int) -> ExactNumber:
        """Return Σ numerators · (1, √n) / (denominator · own denominator)."""
        below = denominator * self.denominator
        if len(numerators) == 1:
            return Fraction(numerators[0], below)
        return surd(Fraction(numerators[0], below), Fraction(numerators[1], below), self.radicand)


@dataclass(frozen=True, eq=False)
class Primal:
    """Solution of the tight rows over the basic columns.

    Attributes
    ----------
    basis
        Which columns and rows.
    values
        Exact value of each basic column.
    slack
        Exact rhs − rows · x of each loose row.
    feasible
        Whether all constraints hold, exactly.
    """

    basis: Basis
    values: list[ExactNumber]
    slack: list[ExactNumber]
    feasible: bool


@dataclass(frozen=True, eq=False)
class Dual:
    """Multipliers of the rows that price the basic columns at their cost.

    Attributes
    ----------
    numerators, denominator
        y = numerators / denominator, with denominator > 0.
    reduced
        denominator · (cost − rowsᵀ y): whole numbers, one for each column.
    feasible
        Whether no column has negative reduced cost and no inequality a positive multiplier.
    """

    numerators: list[int]
    denominator: int
    reduced: NDArray[Any]
    feasible: bool


@dataclass(frozen=True, eq=False)
class IntegerProgram:
    """min cost · x subject to matrix x = rhs (rows in `equality`) or ≤ rhs, x ≥ 0; whole numbers.

    Attributes
    ----------
    matrix
        int64, shape (m, n).
    cost
        int64, n of them.
    equality
        Which rows are equations, m booleans.
    """

    matrix: sp.csc_array
    cost: NDArray[np.int64]
    equality: NDArray[np.bool_]

    @cached_property
    def rows(self) -> sp.csr_array:
        """The matrix, row by row."""
        return sp.csr_array(self.matrix)

    @cached_property
    def transposed(self) -> sp.csr_array:
        """The matrix, column by column, ready for products."""
        return sp.csr_array(self.matrix.T)

    @cached_property
    def mass(self) -> int:
        """Largest Σ |entry| of a column."""
        return int(abs(self.matrix).sum(axis=0).max(initial=0))

    @cached_property
    def _dense(self) -> NDArray[np.int64] | None:
        """The matrix with its zeros, where that is small."""
        return self.matrix.toarray() if self.matrix.shape[0] * self.matrix.shape[1] <= _SMALL else None

    def part(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return some rows of some columns, with their zeros."""
        if self._dense is not None:
            return self._dense[rows[:, None], columns]
        return np.asarray(self.matrix[:, columns].toarray()[rows])

    def core(self, basis: Basis) -> tuple[Any, NDArray[np.intp]] | None:
        """Return the square matrix of a basis (for flint) and its tight rows; None if it is not square."""
        import flint

        last = self._last  # primal and dual ask one after the other
        if last is not None and last[0] is basis:
            return last[1]
        free = np.ones(self.matrix.shape[0], dtype=bool)
        free[basis.loose] = False
        tight = np.flatnonzero(free)
        if len(tight) != len(basis.columns):
            return None
        found = flint.fmpz_mat(self.part(tight, basis.columns).tolist()), tight
        self.__dict__["_last"] = basis, found
        return found

    @cached_property
    def _last(self) -> tuple[Basis, tuple[Any, NDArray[np.intp]]] | None:
        """The basis of the last `core`, and that."""
        return None

    def __getstate__(self) -> dict[str, Any]:
        """Matrices of flint do not travel."""
        return {name: value for name, value in self.__dict__.items() if name != "_last"}

    def primal(self, basis: Basis, rhs: RightHandSide) -> Primal | None:
        """Return the exact basic solution; None if the basis is singular."""
        import flint

        square = self.core(basis)
        if square is None:
            return None
        core, tight = square
        if not len(tight):
            numerators: list[list[int]] = [[] for _ in rhs.parts]
            denominator = 1
        else:
            right = flint.fmpz_mat([[part[i] for part in rhs.parts] for i in tight.tolist()])
            try:
                top, bottom = core.solve(right).numer_denom()
            except ZeroDivisionError:
                return None
            denominator = int(bottom)
            flat = [int(v) for v in top.entries()]
            numerators = [flat[k :: len(rhs.parts)] for k in range(len(rhs.parts))]
        if denominator < 0:
            denominator, numerators = -denominator, [[-v for v in part] for part in numerators]
        values = [rhs.number(pair, denominator) for pair in zip(*numerators, strict=True)]
        slack = self._slack(basis, rhs, numerators, denominator)
        feasible = all(sign(v) >= 0 for v in values) and all(
            s == 0 if equal else sign(s) >= 0 for s, equal in zip(slack, self.equality[basis.loose], strict=True)
        )
        return Primal(basis, values, slack, feasible)

    def _slack(
        self, basis: Basis, rhs: RightHandSide, numerators: list[list[int]], denominator: int
    ) -> list[ExactNumber]:
        found: list[ExactNumber] = []
        if not len(basis.loose):
            return found
        if self._dense is not None:
            lines = self.part(basis.loose, basis.columns).tolist()
            entries = [[(j, a) for j, a in enumerate(line) if a] for line in lines]
        else:
            part = self.rows[basis.loose][:, basis.columns]
            places = itertools.pairwise(part.indptr.tolist())
            entries = [list(zip(part.indices[a:b].tolist(), part.data[a:b].tolist(), strict=True)) for a, b in places]
        for i, pairs in zip(basis.loose.tolist(), entries, strict=True):
            used = [
                right[i] * denominator - sum(a * own[j] for j, a in pairs)
                for right, own in zip(rhs.parts, numerators, strict=True)
            ]
            found.append(rhs.number(used, denominator))
        return found

    def dual(self, basis: Basis) -> Dual | None:
        """Return the exact multipliers; None if the basis is singular."""
        import flint

        square = self.core(basis)
        if square is None:
            return None
        core, tight = square
        y = [0] * self.matrix.shape[0]
        denominator = 1
        if len(tight):
            try:
                solved = core.transpose().solve(flint.fmpz_mat([[int(c)] for c in self.cost[basis.columns]]))
            except ZeroDivisionError:
                return None
            top, bottom = solved.numer_denom()
            denominator = int(bottom)
            flip = -1 if denominator < 0 else 1
            denominator *= flip
            for i, v in zip(tight.tolist(), top.entries(), strict=True):
                y[i] = flip * int(v)
        reduced = self.reduced_costs(y, denominator)
        signs = all(y[i] <= 0 for i in np.flatnonzero(~self.equality).tolist())
        return Dual(y, denominator, reduced, bool((reduced >= 0).all()) and signs)

    def reduced_costs(self, y: list[int], denominator: int) -> NDArray[Any]:
        """Return denominator · cost − matrixᵀ y."""
        product = exact_product(self.transposed, y, self.mass)
        largest = int(abs(self.cost).max(initial=0)) * denominator
        if product.dtype != object and largest < 2**62:
            return self.cost * denominator - product
        return self.cost.astype(object) * denominator - product


def exact_product(matrix: sp.csr_array, vector: Sequence[int], mass: int) -> NDArray[Any]:
    """Return matrix @ vector for whole numbers of any size; int64 where that suffices, else Python integers.

    Parameters
    ----------
    matrix
        int64.
    vector
        Python integers.
    mass
        Largest Σ |entry| of a row of the matrix.
    """
    largest = max((abs(v) for v in vector), default=0)
    if largest * mass < 2**62:
        return np.asarray(matrix @ np.array(vector, dtype=np.int64))
    if mass >= 2**32:
        wide = [int(v) for v in vector]
        starts = zip(matrix.indptr, matrix.indptr[1:], strict=False)
        cells = [zip(matrix.indices[a:b].tolist(), matrix.data[a:b].tolist(), strict=True) for a, b in starts]
        return np.array([sum(c * wide[j] for j, c in row) for row in cells], dtype=object)
    total = np.zeros(matrix.shape[0], dtype=object)
    signs = np.array([-1 if v < 0 else 1 for v in vector], dtype=np.int64)
    rest, shift = [abs(v) for v in vector], 0
    while any(rest):
        digit = np.array([v & ((1 << _LIMB) - 1) for v in rest], dtype=np.int64) * signs
        total = total + (matrix @ digit).astype(object) * (1 << shift)
        rest, shift = [v >> _LIMB for v in rest], shift + _LIMB
    return total
