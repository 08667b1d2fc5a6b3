"""`Rows`: a sparse matrix of integers times a rational, with a label for each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.exact.numbers import common_denominator


@dataclass(frozen=True, eq=False)
class Rows:
    """Linear functions of q: row i is ``scale * matrix[i]``.

    Attributes
    ----------
    matrix
        CSR, float64, shape (k, n). The entries are integers wherever the model's numbers are exact;
        `integral` says so.
    labels
        What each row means, k of them.
    scale
        Common factor, positive.
    error
        Every entry of `matrix` may be off by this much (0: as its numbers say, to rounding).
    """

    matrix: sp.csr_array
    labels: Sequence[str]
    scale: Fraction = Fraction(1)
    error: float = 0.0

    @cached_property
    def integral(self) -> bool:
        """Whether every entry of `matrix` is an integer below 2^53, so that float64 arithmetic can be exact."""
        data = self.matrix.data
        whole = (data == np.rint(data)).all() and abs(data).max(initial=0.0) < 2.0**53
        return bool(whole) and self.error == 0.0

    @cached_property
    def nonnegative(self) -> bool:
        """Whether no entry is negative: then |row · q| = row · q."""
        return bool((self.matrix.data >= 0).all())

    @cached_property
    def mass(self) -> float:
        """Largest Σ_i |matrix_iλ| over the columns λ: the size of a column's combination."""
        matrix = self.matrix if self.nonnegative else abs(self.matrix)
        return float(matrix.sum(axis=0).max(initial=0.0))

    @cached_property
    def array(self) -> sp.csr_array:
        """The rows with their scale, as float64."""
        return self.matrix if self.scale == 1 else self.matrix * float(self.scale)

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    def scaled(self, factor: Fraction) -> Rows:
        """Return the rows times a number; a negative one moves its sign into the matrix."""
        if factor == 1:
            return self
        if factor < 0:
            return replace(self, matrix=-self.matrix, scale=self.scale * -factor)
        return replace(self, scale=self.scale * factor)

    def values(self, q: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value of each row at q."""
        return np.asarray(self.matrix @ q, dtype=np.float64) * float(self.scale)


def whole_row(coefficients: Sequence[Fraction]) -> tuple[NDArray[np.float64], int, float]:
    """Return coefficients times their common denominator, that, and the error of an entry.

    Whole numbers are exact in float64, but a solver wants rows of moderate size: beyond 2^20 the
    coefficients are rounded, and the error is an absolute one, for sums in which they may cancel.
    """
    factor = common_denominator(coefficients)
    largest = max((abs(c) for c in coefficients), default=Fraction(0))
    if largest * factor < 2**20:
        return np.array([float(c * factor) for c in coefficients]), factor, 0.0
    if largest >= 2**60:
        raise OverflowError(f"{float(min(largest, Fraction(10) ** 300)):.3g}")
    return np.array([float(c) for c in coefficients]), 1, float(largest) * 2.0**-52
