"""`Rows`: a sparse matrix of integers times a rational, with a label for each row."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.exact.numbers import Exact, ExactNumber, common_denominator, to_floats
from relaxbell.exact.sparse import ExactMatrix

LARGEST_UNIT = 2**20
"""Largest common denominator of rows that are kept as whole numbers: a solver wants rows of moderate size."""


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
    numbers
        What the entries of `matrix` mean exactly, in the order of ``matrix.data``, where they are no small whole
        numbers; None where they are, or where nobody knows.
    """

    matrix: sp.csr_array
    labels: Sequence[str]
    scale: Fraction = Fraction(1)
    error: float = 0.0
    numbers: Exact | None = None

    @classmethod
    def read(cls, pattern: sp.csr_array, distinct: Exact, place: NDArray[np.intp], labels: Sequence[str]) -> Rows:
        """Return exact rows: whole numbers over a common denominator where these are small, else floats and numbers.

        Parameters
        ----------
        pattern
            Where the entries are; its data are not used.
        distinct
            The numbers that occur.
        place
            Which of them each entry is, in the order of ``pattern.data``.
        labels
            What each row means.
        """
        rational = all(isinstance(v, Fraction) for v in distinct)
        unit = common_denominator(distinct) if rational else 0
        small = 0 < unit <= LARGEST_UNIT and all(abs(v) * unit < 2**53 for v in distinct)
        floats = to_floats(distinct * unit if small else distinct)
        matrix = sp.csr_array((floats[place], pattern.indices, pattern.indptr), shape=pattern.shape)
        if small:
            return cls(matrix, labels, Fraction(1, unit))
        return cls(matrix, labels, error=float(abs(floats).max(initial=0.0)) * 2.0**-52, numbers=distinct[place])

    @classmethod
    def of(cls, matrix: ExactMatrix, labels: Sequence[str]) -> Rows:
        """Return the rows of a matrix of exact numbers."""
        entries = [sorted(row.items()) for row in matrix.rows]
        indices = np.array([j for row in entries for j, _ in row], dtype=np.int32)
        pointers = np.concatenate([[0], np.cumsum([len(row) for row in entries])]).astype(np.int32)
        pattern = sp.csr_array((np.ones(len(indices)), indices, pointers), shape=matrix.shape)
        numbers = np.empty(len(indices), dtype=object)
        numbers[:] = [v for row in entries for _, v in row]
        return cls.read(pattern, numbers, np.arange(len(numbers)), labels)

    @cached_property
    def exact(self) -> ExactMatrix | None:
        """The rows with their scale, as exact numbers; None where they are not known."""
        if self.numbers is None and not self.integral:
            return None
        matrix = self.matrix
        data = [int(v) for v in matrix.data.tolist()] if self.numbers is None else self.numbers.tolist()
        rows = []
        for a, b in itertools.pairwise(matrix.indptr.tolist()):
            pairs = zip(matrix.indices[a:b].tolist(), data[a:b], strict=True)
            rows.append({j: self.scale * v for j, v in pairs if v != 0})
        return ExactMatrix(tuple(rows), matrix.shape[1])

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

    @property
    def unit(self) -> int:
        """A whole number that makes the rows whole; 1 where they are not simple anyway."""
        return self.scale.denominator if self.scale.denominator <= LARGEST_UNIT else 1

    @property
    def is_simple(self) -> bool:
        """Whether they are whole numbers over a small denominator."""
        return self.integral and self.scale.denominator <= LARGEST_UNIT

    def sparse(self, i: int) -> list[tuple[int, ExactNumber]]:
        """Return the entries of a row with their scale, exactly; floats that mean nothing else as binary fractions."""
        place = slice(self.matrix.indptr[i], self.matrix.indptr[i + 1])
        data = map(Fraction, self.matrix.data[place].tolist()) if self.numbers is None else self.numbers[place].tolist()
        entries: dict[int, ExactNumber] = {}
        for number, value in zip(self.matrix.indices[place].tolist(), data, strict=True):
            entries[number] = entries.get(number, Fraction(0)) + value * self.scale
        return [(number, value) for number, value in sorted(entries.items()) if value]

    @property
    def height(self) -> int:
        """Number of rows, of any size."""
        return len(self)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return int(self.matrix.shape[1])

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    def labeled(self, labels: Sequence[str]) -> Rows:
        """Return the rows with other labels."""
        return replace(self, labels=tuple(labels))

    def mapped(self, matrix: NDArray[np.int64], labels: Sequence[str]) -> Rows:
        """Return whole-number combinations of the rows, which have the scale 1, one for each row of a matrix."""
        combined = sp.csr_array(sp.csr_array(matrix.astype(np.float64)) @ self.matrix)
        combined.eliminate_zeros()
        return Rows(combined, labels)

    def minus(self, other: Rows, labels: Sequence[str]) -> Rows:
        """Return the difference of as many rows."""
        scale = Fraction(1, math.lcm(self.scale.denominator, other.scale.denominator))
        own, others = self.scale / scale, other.scale / scale
        if self.integral and other.integral and max(own * int(self.mass), others * int(other.mass)) < 2**52:
            matrix = sp.csr_array(self.matrix * float(own) - other.matrix * float(others))
            matrix.eliminate_zeros()
            return Rows(matrix, labels, scale)
        if self.exact is not None and other.exact is not None:
            return Rows.of(self.exact + (-other.exact), labels)
        error = float(self.scale) * self.error + float(other.scale) * other.error
        return Rows(sp.csr_array(self.array - other.array), labels, error=error)

    def __sub__(self, other: Rows) -> Rows:
        """Return the difference of as many rows, labeled as one: p(B=0|do(X=0)) - p(B=0|do(X=1))."""
        if not isinstance(other, Rows) or (len(self), self.columns) != (len(other), other.columns):
            return NotImplemented
        return self.minus(other, tuple(f"{a} - {b}" for a, b in zip(self.labels, other.labels, strict=True)))

    def followed_by(self, other: Rows) -> Rows:
        """Return the rows of both; scales other than 1 move into the numbers."""
        labels = (*self.labels, *other.labels)
        if self.numbers is None and other.numbers is None and self.scale == other.scale:
            matrix = sp.csr_array(sp.vstack([self.matrix, other.matrix], format="csr"))
            return Rows(matrix, labels, self.scale, max(self.error, other.error))
        if self.exact is not None and other.exact is not None:
            return Rows.of(ExactMatrix((*self.exact.rows, *other.exact.rows), self.exact.width), labels)
        matrix = sp.csr_array(sp.vstack([self.array, other.array], format="csr"))
        return Rows(matrix, labels, error=max(float(r.scale) * r.error for r in (self, other)))

    def scaled(self, factor: Fraction) -> Rows:
        """Return the rows times a number; a negative one moves its sign into the matrix."""
        if factor == 1:
            return self
        if factor < 0:
            numbers = None if self.numbers is None else -self.numbers
            return replace(self, matrix=-self.matrix, scale=self.scale * -factor, numbers=numbers)
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
