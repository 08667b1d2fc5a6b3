"""Sparse matrices of exact numbers of any size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from relaxbell.exact.numbers import ExactNumber

if TYPE_CHECKING:
    from flint import fmpq

Entries = Mapping[int, ExactNumber]
"""The entries of a row or a column that are not zero, by position."""


@dataclass(frozen=True, eq=False)
class ExactMatrix:
    """Rows of exact numbers over `width` columns.

    Attributes
    ----------
    rows
        The entries of each row.
    width
        Number of columns.
    """

    rows: tuple[Entries, ...]
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.rows), self.width

    def __neg__(self) -> ExactMatrix:
        return ExactMatrix(tuple({j: -v for j, v in row.items()} for row in self.rows), self.width)

    def __add__(self, other: ExactMatrix) -> ExactMatrix:
        pairs = zip(self.rows, other.rows, strict=True)
        return ExactMatrix(tuple(combined([row, added]) for row, added in pairs), self.width)

    def total(self) -> ExactMatrix:
        """Return the sum of the rows, as a matrix of one row."""
        return ExactMatrix((combined(self.rows),), self.width)


def combined(rows: Iterable[Entries]) -> dict[int, ExactNumber]:
    """Return the sum of rows, without the entries that cancel."""
    found: dict[int, ExactNumber] = {}
    for row in rows:
        for j, v in row.items():
            found[j] = found[j] + v if j in found else v
    return {j: v for j, v in found.items() if v != 0}


def product(entries: Mapping[int, Any], vector: Sequence[Any]) -> Any:
    """Return Σ entry · vector[position], for numbers of any kind; 0 where there is nothing to add."""
    total: Any = 0
    for i, v in entries.items():
        other = vector[i]
        if other:
            total = total + v * other
    return total


def as_fmpq(number: Fraction | int) -> fmpq:
    """Return a fraction as flint's."""
    import flint

    return flint.fmpq(number.numerator, number.denominator)


def as_fraction(number: fmpq) -> Fraction:
    """Return flint's fraction as Python's."""
    return Fraction(int(number.p), int(number.q))
