"""Sparse matrices of exact numbers of any size, and square systems of them.

Basis matrices of linear programs are nearly triangular: unit columns of slacks, rows with one entry left once these
are gone. What can be solved entry by entry is split off; flint solves the small dense rest, over Q, or over Q(√n) as a
system of twice the size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from relaxbell.exact.numbers import ExactNumber, Surd, surd

if TYPE_CHECKING:
    from flint import fmpq, fmpq_mat

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


class SquareSystem:
    """A square matrix, given by its columns, that solves B x = b and Bᵀ y = c exactly.

    Parameters
    ----------
    columns
        The entries of each column, as many as there are rows: all of them flint's fractions (fmpq), which are fast, or
        numbers of Q(√n).

    Raises
    ------
    ZeroDivisionError
        If the matrix is singular; also when solving.
    """

    def __init__(self, columns: Sequence[Mapping[int, Any]]) -> None:
        self._columns = columns
        self._rows: list[dict[int, Any]] = [{} for _ in columns]
        for j, column in enumerate(columns):
            for i, v in column.items():
                self._rows[i][j] = v
        self._split()

    def _split(self) -> None:
        """Find the rows, then columns, with one entry left, and what remains."""
        rows, columns = [set(row) for row in self._rows], [set(column) for column in self._columns]
        self._by_row: list[tuple[int, int]] = []
        self._by_column: list[tuple[int, int]] = []
        size = len(rows)
        waiting = deque([(False, j) for j in range(size) if len(columns[j]) == 1])
        waiting.extend((True, i) for i in range(size) if len(rows[i]) == 1)
        gone_rows, gone_columns = [False] * size, [False] * size
        while waiting:
            is_row, k = waiting.popleft()
            own = rows[k] if is_row else columns[k]
            if len(own) != 1 or (gone_rows if is_row else gone_columns)[k]:
                continue
            (other,) = own
            i, j = (k, other) if is_row else (other, k)
            (self._by_row if is_row else self._by_column).append((i, j))
            gone_rows[i] = gone_columns[j] = True
            for other in rows[i]:
                columns[other].discard(i)
                if len(columns[other]) == 1 and not gone_columns[other]:
                    waiting.append((False, other))
            for other in columns[j]:
                rows[other].discard(j)
                if len(rows[other]) == 1 and not gone_rows[other]:
                    waiting.append((True, other))
        self._left_rows = [i for i in range(size) if not gone_rows[i]]
        self._left_columns = [j for j in range(size) if not gone_columns[j]]
        if any(not rows[i] for i in self._left_rows) or any(not columns[j] for j in self._left_columns):
            raise ZeroDivisionError("singular")

    @property
    def nucleus(self) -> int:
        """Size of the part that is not triangular."""
        return len(self._left_rows)

    @cached_property
    def _dense(self) -> _Rational | _Quadratic:
        place = {j: k for k, j in enumerate(self._left_columns)}
        rows = [{place[j]: v for j, v in self._rows[i].items() if j in place} for i in self._left_rows]
        exact = any(isinstance(v, Fraction | Surd) for row in rows for v in row.values())
        return _Quadratic(rows) if exact else _Rational(rows)

    def solve(self, right: Sequence[Any]) -> list[Any]:
        """Return x with B x = right, in numbers of the matrix's kind."""
        order = (self._by_row, self._by_column, self._left_rows, self._left_columns)
        return _solved(self._rows, right, *order, lambda rest: self._dense.solve(rest))

    def solve_transposed(self, right: Sequence[Any]) -> list[Any]:
        """Return y with Bᵀ y = right, in numbers of the matrix's kind."""
        first, last = ([(j, i) for i, j in pairs] for pairs in (self._by_column, self._by_row))
        order = (first, last, self._left_columns, self._left_rows)
        return _solved(self._columns, right, *order, lambda rest: self._dense.solve_transposed(rest))


def _solved(
    rows: Sequence[Mapping[int, Any]],
    right: Sequence[Any],
    first: list[tuple[int, int]],
    last: list[tuple[int, int]],
    left_rows: list[int],
    left_columns: list[int],
    dense: Callable[[Sequence[Any]], Sequence[Any]],
) -> list[Any]:
    """Solve rows · x = right: the rows of `first` one by one, the dense part, the rows of `last` from behind."""
    x: list[Any] = [0 * right[0]] * len(rows)
    for i, j in first:
        x[j] = (right[i] - product(rows[i], x)) / rows[i][j]  # x[j] is still 0
    if left_rows:
        rest = [right[i] - product(rows[i], x) for i in left_rows]
        for j, v in zip(left_columns, dense(rest), strict=True):
            x[j] = v
    for i, j in reversed(last):
        x[j] = (right[i] - product(rows[i], x)) / rows[i][j]
    return x


class _Rational:
    """The part of a rational system that is not triangular, for flint."""

    def __init__(self, rows: list[dict[int, Any]]) -> None:
        table = [[0] * len(rows) for _ in rows]
        for own, row in zip(table, rows, strict=True):
            for j, v in row.items():
                own[j] = v
        self._table = table

    @cached_property
    def _matrix(self) -> fmpq_mat:
        import flint

        return flint.fmpq_mat(self._table)

    def solve(self, right: Sequence[fmpq]) -> list[fmpq]:
        return _column(self._matrix, right)

    def solve_transposed(self, right: Sequence[fmpq]) -> list[fmpq]:
        return _column(self._matrix.transpose(), right)


def _column(matrix: fmpq_mat, right: Sequence[fmpq]) -> list[fmpq]:
    import flint

    return list(matrix.solve(flint.fmpq_mat([[v] for v in right])).entries())


class _Quadratic:
    """The same over Q(√n): (A + B√n)(x + y√n) = (A x + n B y) + (B x + A y)√n, a rational system of twice the size."""

    def __init__(self, rows: list[dict[int, ExactNumber]]) -> None:
        self._rows = rows

    def solve(self, right: Sequence[ExactNumber]) -> list[ExactNumber]:
        return self._solve(self._rows, right)

    def solve_transposed(self, right: Sequence[ExactNumber]) -> list[ExactNumber]:
        flipped: list[dict[int, ExactNumber]] = [{} for _ in self._rows]
        for i, row in enumerate(self._rows):
            for j, v in row.items():
                flipped[j][i] = v
        return self._solve(flipped, right)

    def _solve(self, rows: list[dict[int, ExactNumber]], right: Sequence[ExactNumber]) -> list[ExactNumber]:
        size = len(rows)
        roots = {v.n for row in rows for v in row.values() if isinstance(v, Surd)}
        roots |= {v.n for v in right if isinstance(v, Surd)}
        n = roots.pop() if roots else 1
        table: list[list[fmpq | int]] = [[0] * (2 * size) for _ in range(2 * size)]
        for i, row in enumerate(rows):
            for j, v in row.items():
                a, b = _parts(v)
                table[i][j] = table[size + i][size + j] = as_fmpq(a)
                table[i][size + j], table[size + i][j] = as_fmpq(n * b), as_fmpq(b)
        both = [_parts(v) for v in right]
        sides = [as_fmpq(a) for a, _ in both] + [as_fmpq(b) for _, b in both]
        import flint

        answer = [as_fraction(v) for v in _column(flint.fmpq_mat(table), sides)]
        return [surd(a, b, n) for a, b in zip(answer[:size], answer[size:], strict=True)]


def _parts(number: ExactNumber) -> tuple[Fraction, Fraction]:
    return (number.a, number.b) if isinstance(number, Surd) else (Fraction(number), Fraction(0))


def as_fmpq(number: Fraction | int) -> fmpq:
    """Return a fraction as flint's."""
    import flint

    return flint.fmpq(number.numerator, number.denominator)


def as_fraction(number: fmpq) -> Fraction:
    """Return flint's fraction as Python's."""
    return Fraction(int(number.p), int(number.q))
