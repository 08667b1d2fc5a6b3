"""Square systems of exact numbers, B = L U, which follow when a column is replaced.

Basis matrices of linear programs are nearly triangular: unit columns of slacks, rows with one entry left once these are
gone. Pivots are chosen so that few new entries appear (Markowitz, Manage. Sci. 3, 255, 1957), and the numbers stay
short. Seen: of 5190 rows with 460 that are not triangular, factors in 0.03 s and a solution in 5 ms, where flint takes
0.1 s for those 460 alone. Only what becomes dense is left to it, over Q, or over Q(√n) as a system of twice the size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any

from relaxbell.exact.numbers import ExactNumber, Surd, surd
from relaxbell.exact.sparse import as_fmpq, as_fraction

if TYPE_CHECKING:
    from flint import fmpq, fmpq_mat

_DENSE = 30
"""Size from which a rest with more than a third of its entries is left to flint."""


class SquareSystem:
    """A square matrix B, given by its columns, that solves B x = b and Bᵀ y = c exactly.

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
        self._size = len(columns)
        self._lower: list[tuple[int, list[tuple[int, Any]]]] = []
        self._upper: list[tuple[int, int, Any, list[tuple[int, Any]]]] = []
        self._changes: list[tuple[int, Any, list[tuple[int, Any]]]] = []
        self._factor(columns)

    def _factor(self, columns: Sequence[Mapping[int, Any]]) -> None:
        """Eliminate rows and columns, those with the fewest entries first, until nothing or a dense rest is left."""
        rows: list[dict[int, Any]] = [{} for _ in columns]
        for j, column in enumerate(columns):
            for i, v in column.items():
                rows[i][j] = v
        where = [set(column) for column in columns]
        waiting = [(len(own), False, j) for j, own in enumerate(where)]
        waiting += [(len(own), True, i) for i, own in enumerate(rows)]
        heapify(waiting)
        entries, left = sum(map(len, rows)), self._size
        gone_rows, gone_columns = [False] * left, [False] * left
        while left and (left < _DENSE or 3 * entries < left * left):
            count, is_row, k = heappop(waiting)
            own: Sequence[int] | set[int] | dict[int, Any] = rows[k] if is_row else where[k]
            if (gone_rows if is_row else gone_columns)[k] or len(own) != count:
                continue
            if not count:
                raise ZeroDivisionError("singular")
            if is_row:
                i, j = k, min(own, key=lambda c: (len(where[c]), c))
            else:
                i, j = min(own, key=lambda r: (len(rows[r]), r)), k
            gone_rows[i] = gone_columns[j] = True
            left -= 1
            entries += self._eliminate(rows, where, i, j)
            for r, _ in self._lower[-1][1]:
                heappush(waiting, (len(rows[r]), True, r))
            for c in rows[i]:
                heappush(waiting, (len(where[c]), False, c))
        self._left_rows = [i for i in range(self._size) if not gone_rows[i]]
        self._left_columns = [j for j in range(self._size) if not gone_columns[j]]
        place = {j: k for k, j in enumerate(self._left_columns)}
        self._rest = [{place[j]: v for j, v in rows[i].items()} for i in self._left_rows]

    def _eliminate(self, rows: list[dict[int, Any]], where: list[set[int]], i: int, j: int) -> int:
        """Take row i out of the others that have column j; return how many entries the rest gained."""
        own = rows[i]
        pivot = own.pop(j)
        gained = -len(own) - len(where[j])
        where[j].discard(i)
        for c in own:
            where[c].discard(i)
        factors = []
        for r in sorted(where[j]):
            other = rows[r]
            factor = other.pop(j) / pivot
            factors.append((r, factor))
            for c, v in own.items():
                known = other.get(c)
                value = -factor * v if known is None else known - factor * v
                if value == 0:
                    del other[c]
                    where[c].discard(r)
                    gained -= 1
                    continue
                other[c] = value
                if known is None:
                    where[c].add(r)
                    gained += 1
        self._lower.append((i, factors))
        self._upper.append((i, j, pivot, list(own.items())))
        return gained

    @property
    def nucleus(self) -> int:
        """Size of the rest that is dense."""
        return len(self._left_rows)

    @property
    def changes(self) -> int:
        """How many columns were replaced since the matrix was factored; each makes solving a little slower."""
        return len(self._changes)

    @cached_property
    def _dense(self) -> _Rational | _Quadratic:
        exact = any(isinstance(v, Fraction | Surd) for row in self._rest for v in row.values())
        return _Quadratic(self._rest) if exact else _Rational(self._rest)

    def replace(self, position: int, solved: Sequence[Any]) -> None:
        """Replace a column by a, given as the solution of B x = a; singular where x is zero at the position."""
        if solved[position] == 0:
            raise ZeroDivisionError("singular")
        others = [(k, v) for k, v in enumerate(solved) if v != 0 and k != position]
        self._changes.append((position, solved[position], others))

    def solve(self, right: Sequence[Any]) -> list[Any]:
        """Return x with B x = right, in numbers of the matrix's kind."""
        rest, x = list(right), [0 * right[0]] * self._size
        for i, factors in self._lower:
            if v := rest[i]:
                for r, factor in factors:
                    rest[r] = rest[r] - factor * v
        if self._left_rows:
            for j, v in zip(self._left_columns, self._dense.solve([rest[i] for i in self._left_rows]), strict=True):
                x[j] = v
        for i, j, pivot, entries in reversed(self._upper):
            v = rest[i] - _dot(entries, x) if entries else rest[i]
            if v:
                x[j] = v / pivot
        for position, pivot, others in self._changes:
            if v := x[position]:
                v = x[position] = v / pivot
                for k, w in others:
                    x[k] = x[k] - w * v
        return x

    def solve_transposed(self, right: Sequence[Any]) -> list[Any]:
        """Return y with Bᵀ y = right, in numbers of the matrix's kind."""
        rest, y = list(right), [0 * right[0]] * self._size
        for position, pivot, others in reversed(self._changes):
            rest[position] = (rest[position] - _dot(others, rest)) / pivot
        for i, j, pivot, entries in self._upper:
            if v := rest[j]:
                v = y[i] = v / pivot
                for c, w in entries:
                    rest[c] = rest[c] - w * v
        if self._left_rows:
            found = self._dense.solve_transposed([rest[j] for j in self._left_columns])
            for i, v in zip(self._left_rows, found, strict=True):
                y[i] = v
        for i, factors in reversed(self._lower):
            if factors:
                y[i] = y[i] - _dot(factors, y)
        return y


def _dot(entries: list[tuple[int, Any]], vector: list[Any]) -> Any:
    """Return Σ entry · vector[position]; 0 where there is nothing to add."""
    total: Any = 0
    for k, v in entries:
        if w := vector[k]:
            total = total + v * w
    return total


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
