"""What terms ask of rows without their matrix, where that is never made."""

from __future__ import annotations

from fractions import Fraction

from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.rows import Rows


def entries_of(rows: Rows) -> int:
    """Return how many entries the matrix has, or at most will have."""
    return rows.entries if isinstance(rows, LocalRows) else int(rows.matrix.nnz)


def column_sums(rows: Rows) -> tuple[Fraction, Fraction]:
    """Return the least and the largest sum of a column, without the scale."""
    if isinstance(rows, LocalRows):
        least, most = rows.ends()
        return Fraction(least), Fraction(most)
    sums = rows.matrix.sum(axis=0)
    return Fraction(float(sums.min())), Fraction(float(sums.max()))


def largest_entry(rows: Rows) -> Fraction:
    """Return the largest entry, without sign and scale."""
    if isinstance(rows, LocalRows):
        return Fraction(rows.largest)
    return Fraction(float(abs(rows.matrix.data).max(initial=0.0)))
