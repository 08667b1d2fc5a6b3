"""`LocalRows`: rows over very many columns, each a sum of small tables over few variables.

The columns are all assignments of some variables, numbered in mixed radix, the first variable most significant. A row
is then known by its tables, however many columns there are: its entry in a column is the sum of what its tables say
there. The matrix is made when somebody asks for it; entries of some columns, and the least entry of a combination of
rows over all of them, need none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from relaxbell.exact.elimination import Elimination
from relaxbell.exact.rows import Rows

Piece: TypeAlias = tuple[Sequence[int], ArrayLike, ArrayLike]
"""Scope; which row each entry of the table belongs to (an array, or one for all); the entries, whole numbers."""


Check: TypeAlias = Callable[["LocalRows"], None]
"""What raises an error where the matrix of some rows would be too large."""


class Numbering(Protocol):
    """Which assignments of the variables are columns, where not all are: some mean the same."""

    @property
    def count(self) -> int:
        """Number of columns."""

    def assignments(self, strategies: Sequence[int]) -> NDArray[np.int64]:
        """Return the values of all variables in some columns, one row for each."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Tables of one shape, whose entries belong to rows.

    Attributes
    ----------
    scopes
        The variables of each table, ascending: shape (tables, variables).
    rows
        The row that each entry belongs to, shape (tables, …).
    values
        The entries, int64, of the same shape.
    """

    scopes: NDArray[np.intp]
    rows: NDArray[np.intp]
    values: NDArray[np.int64]


class LocalRows(Rows):
    """Linear functions of q, as sums of small tables; see `Rows` for what else it can do.

    Parameters
    ----------
    domains
        Number of values of each variable.
    parts
        The tables, those of one shape together.
    labels, scale
        As in `Rows`.
    enumerated
        What makes the matrix, where something is faster than the tables.
    check
        What is asked before the matrix is made.
    numbering
        Which assignments are columns; None for all, numbered in mixed radix.

    Examples
    --------
    >>> rows = LocalRows.summed((2, 3), [((0, 1), 0, [[1, 0, 0], [0, 1, 0]])], ("same",))
    >>> rows.matrix.toarray().tolist(), rows.columns
    ([[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]], 6)
    """

    def __init__(
        self,
        domains: Sequence[int],
        parts: Sequence[Tables],
        labels: Sequence[str],
        scale: Fraction = Fraction(1),
        *,
        enumerated: Callable[[], sp.csr_array] | None = None,
        check: Check | None = None,
        numbering: Numbering | None = None,
    ) -> None:
        set_ = object.__setattr__
        for name, value in (
            ("domains", tuple(domains)), ("parts", tuple(parts)), ("labels", labels), ("scale", scale),
            ("error", 0.0), ("numbers", None), ("_enumerated", enumerated), ("check", check),
            ("numbering", numbering),
        ):  # fmt: skip
            set_(self, name, value)

    def __getstate__(self) -> dict[str, object]:
        """Return what the rows are made of: matrices are made anew, from the tables."""
        kept = ("domains", "parts", "labels", "scale", "error", "numbers", "check", "numbering")
        return {name: self.__dict__[name] for name in kept} | {"_enumerated": None}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)

    domains: tuple[int, ...]
    parts: tuple[Tables, ...]
    check: Check | None
    numbering: Numbering | None
    _enumerated: Callable[[], sp.csr_array] | None

    @classmethod
    def summed(
        cls,
        domains: Sequence[int],
        pieces: Iterable[Piece],
        labels: Sequence[str],
        scale: Fraction = Fraction(1),
        *,
        check: Check | None = None,
        numbering: Numbering | None = None,
    ) -> LocalRows:
        """Return the rows that have these tables.

        Parameters
        ----------
        domains
            Number of values of each variable.
        pieces
            Scope, rows and entries of each table; the axes are in the order of the scope, which may be any.
        labels, scale
            As in `Rows`.
        check, numbering
            As for the class.

        Returns
        -------
        LocalRows
            With the axes of all tables in ascending order.
        """
        groups: dict[tuple[int, ...], list[tuple[list[int], NDArray[np.intp], NDArray[np.int64]]]] = {}
        for scope, rows, values in pieces:
            order = np.argsort(np.array(scope, dtype=np.intp)).tolist()
            shape = tuple(domains[v] for v in scope)
            own = np.broadcast_to(np.asarray(rows, dtype=np.intp), shape).transpose(order)
            table = np.broadcast_to(np.asarray(values, dtype=np.int64), shape).transpose(order)
            groups.setdefault(own.shape, []).append(([scope[k] for k in order], own, table))
        parts = []
        for shape, found in groups.items():
            scopes = np.array([scope for scope, _, _ in found], dtype=np.intp).reshape(len(found), len(shape))
            parts.append(Tables(scopes, np.stack([r for _, r, _ in found]), np.stack([t for _, _, t in found])))
        return cls(domains, parts, labels, scale, check=check, numbering=numbering)

    # ------------------------------------------------------------------ what it is

    @property
    def columns(self) -> int:
        """Number of columns, of any size."""
        return math.prod(self.domains) if self.numbering is None else self.numbering.count

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def entries(self) -> int:
        """At most how many entries the matrix has: exactly, where no two tables of a row meet in a column."""
        total, n = 0, self.columns
        for part in self.parts:
            size = math.prod(part.values.shape[1:])
            total += int(np.count_nonzero(part.values)) * n // size
        return total

    @cached_property
    def integral(self) -> bool:
        """Whether every entry of a table is below 2^53; all are whole."""
        return all(float(abs(part.values).max(initial=0)) < 2.0**53 for part in self.parts)

    @cached_property
    def nonnegative(self) -> bool:
        """Whether no entry is negative: then |row · q| = row · q."""
        if all((part.values >= 0).all() for part in self.parts):
            return True
        return all(self._only([i]).least(np.ones(1, dtype=np.int64)) >= 0 for i in range(len(self)))

    @cached_property
    def mass(self) -> float:
        """At least the largest Σ_i |entry| over the columns: the largest entries of all tables together."""
        sizes = (abs(part.values).reshape(len(part.values), -1).max(axis=1, initial=0) for part in self.parts)
        return float(sum(int(own.sum()) for own in sizes))

    @cached_property
    def largest(self) -> int:
        """The largest entry of a row, without sign."""
        met = np.zeros(len(self), dtype=np.int64)
        for part in self.parts:
            tables = np.broadcast_to(
                np.arange(len(part.rows)).reshape(-1, *[1] * (part.rows.ndim - 1)), part.rows.shape
            )
            used = part.values != 0
            pairs = np.unique(tables[used] * len(self) + part.rows[used])
            met += np.bincount(pairs % len(self), minlength=len(self))
        if (met <= 1).all():
            return max((int(abs(part.values).max(initial=0)) for part in self.parts), default=0)
        ends = [own for i in range(len(self)) for own in self._only([i]).ends()]
        return max(map(abs, ends), default=0)

    # ------------------------------------------------------------- combinations of rows

    @cached_property
    def scopes(self) -> list[tuple[int, ...]]:
        """The scopes of all tables, in the order of `combined`."""
        return [tuple(scope) for part in self.parts for scope in part.scopes.tolist()]

    def combined(self, weights: NDArray[Any]) -> Iterator[NDArray[Any]]:
        """Yield the tables of Σ weight · row, for the tables of each shape together, without the scale.

        Parameters
        ----------
        weights
            One for each row: floats, or whole numbers.

        Yields
        ------
        numpy.ndarray
            Shape (tables, …).
        """
        for part in self.parts:
            yield weights[part.rows] * part.values

    @cached_property
    def _elimination(self) -> Elimination:
        return Elimination(self.domains, self.scopes)

    def least(self, weights: NDArray[Any]) -> Any:
        """Return the least entry of Σ weight · row among all columns, without the scale; exact for whole numbers."""
        if weights.dtype.kind == "i":
            weights = weights.astype(object) if float(abs(weights).max(initial=0)) * self._value >= 2.0**62 else weights
        tables = [own[i, ...] for own in self.combined(-weights) for i in range(len(own))]
        return -self._elimination.largest_sum(tables)

    @cached_property
    def _value(self) -> float:
        return max((float(abs(part.values).max(initial=0)) for part in self.parts), default=0.0)

    def ends(self) -> tuple[int, int]:
        """Return the least and the largest entry of the sum of the rows, without the scale."""
        ones = np.ones(len(self), dtype=np.int64)
        return int(self.least(ones)), -int(self.least(-ones))

    # ------------------------------------------------------------------ as a matrix

    @cached_property
    def matrix(self) -> sp.csr_array:
        """All columns, as CSR: for few of them."""
        if self.check is not None:
            self.check(self)
        if self._enumerated is not None:
            return self._enumerated()
        if self.numbering is not None:
            return self.at(self.numbering.assignments(range(self.columns))).matrix
        wide = [v for v, size in enumerate(self.domains) if size > 1]
        place, shape = {v: i for i, v in enumerate(wide)}, tuple(self.domains[v] for v in wide)
        rows, columns, data = [], [], []
        for part in self.parts:
            for scope, own, values in zip(part.scopes.tolist(), part.rows, part.values, strict=True):
                fitted = [1] * len(wide)
                for v in scope:
                    if v in place:
                        fitted[place[v]] = self.domains[v]
                spread = np.broadcast_to(values.reshape(fitted), shape).ravel()
                used = np.flatnonzero(spread).astype(np.int32)
                columns.append(used)
                data.append(spread[used].astype(np.float64))
                if own.size and (own == own.flat[0]).all():
                    rows.append(np.full(len(used), own.flat[0], dtype=np.int32))
                else:
                    rows.append(np.broadcast_to(own.reshape(fitted), shape).ravel()[used].astype(np.int32))
        if not rows:
            return sp.csr_array((len(self), self.columns))
        where = np.concatenate(rows), np.concatenate(columns)
        found = sp.csr_array(sp.coo_array((np.concatenate(data), where), shape=(len(self), self.columns)))
        found.eliminate_zeros()
        found.sort_indices()
        return found

    def at(self, assignments: NDArray[np.int64]) -> Rows:
        """Return the rows in some columns only.

        Parameters
        ----------
        assignments
            The values of all variables in each of these columns, shape (columns, variables).

        Returns
        -------
        Rows
            With as many columns; whether entries may be negative is said of all columns.
        """
        rows, data = [], []
        count = len(assignments)
        for part in self.parts:
            where = tuple(assignments[:, part.scopes[:, k]] for k in range(part.scopes.shape[1]))
            first = np.arange(len(part.values))[None, :]
            rows.append(np.broadcast_to(part.rows[(first, *where)], (count, len(part.values))))
            data.append(np.broadcast_to(part.values[(first, *where)], (count, len(part.values))))
        shape = (len(self), count)
        if rows:
            own, values = np.concatenate(rows, axis=1), np.concatenate(data, axis=1)
            used = values != 0
            places = np.broadcast_to(np.arange(count)[:, None], own.shape)[used]
            matrix = sp.csr_array(sp.coo_array((values[used].astype(np.float64), (own[used], places)), shape=shape))
        else:
            matrix = sp.csr_array(shape)
        found = Rows(matrix, self.labels, self.scale)
        found.__dict__["nonnegative"] = self.nonnegative  # of all columns: programs of some have the rows of all
        return found

    # ------------------------------------------------------------------------ algebra

    def labeled(self, labels: Sequence[str]) -> LocalRows:
        """Return the rows with other labels."""

        def made() -> sp.csr_array:
            return self.matrix

        return LocalRows(self.domains, self.parts, tuple(labels), self.scale, **self._kept(made))

    def minus(self, other: Rows, labels: Sequence[str]) -> Rows:
        """Return the difference of as many rows."""
        if not isinstance(other, LocalRows) or other.domains != self.domains:
            return super().minus(other, labels)
        scale = Fraction(1, math.lcm(self.scale.denominator, other.scale.denominator))
        own, others = self._by(int(self.scale / scale)), other._by(-int(other.scale / scale))
        if own is None or others is None:
            return super().minus(other, labels)
        return LocalRows(self.domains, (*own, *others), labels, scale, **self._kept())

    def followed_by(self, other: Rows) -> Rows:
        """Return the rows of both; scales other than 1 move into the numbers."""
        if not isinstance(other, LocalRows) or other.domains != self.domains or self.scale != other.scale:
            return super().followed_by(other)
        moved = [Tables(part.scopes, part.rows + len(self), part.values) for part in other.parts]
        return LocalRows(self.domains, (*self.parts, *moved), (*self.labels, *other.labels), self.scale, **self._kept())

    def scaled(self, factor: Fraction) -> LocalRows:
        """Return the rows times a number; a negative one moves its sign into the entries."""
        if factor == 1:  # a copy would make its matrix again
            return self
        parts = [Tables(part.scopes, part.rows, part.values if factor > 0 else -part.values) for part in self.parts]

        def made() -> sp.csr_array:
            return self.matrix if factor > 0 else -self.matrix

        return LocalRows(self.domains, parts, self.labels, self.scale * abs(factor), **self._kept(made))

    def mapped(self, matrix: NDArray[np.int64], labels: Sequence[str]) -> LocalRows:
        """Return whole-number combinations of the rows, one for each row of a matrix; of scale 1."""
        parts = []
        for part in self.parts:
            for i, own in enumerate(matrix):
                values = own[part.rows] * part.values
                used = np.flatnonzero(values.reshape(len(values), -1).any(axis=1))
                if len(used):
                    rows = np.full_like(part.rows[used], i)
                    parts.append(Tables(part.scopes[used], rows, values[used]))
        combined = sp.csr_array(matrix.astype(np.float64))

        def made() -> sp.csr_array:
            return sp.csr_array(combined @ self.matrix)

        return LocalRows(self.domains, parts, labels, **self._kept(made))

    def _kept(self, enumerated: Callable[[], sp.csr_array] | None = None) -> Any:
        """Return what other rows over the same columns have in common with these."""
        return {"enumerated": enumerated, "check": self.check, "numbering": self.numbering}

    def _by(self, factor: int) -> list[Tables] | None:
        """Return the tables times a whole number; None where entries would be large."""
        if abs(factor) * self._value >= 2.0**52:
            return None
        return [Tables(part.scopes, part.rows, part.values * factor) for part in self.parts]

    def _only(self, rows: Sequence[int]) -> LocalRows:
        """Return some of the rows."""
        place = np.full(len(self), -1, dtype=np.intp)
        place[list(rows)] = np.arange(len(rows))
        parts = []
        for part in self.parts:
            own = place[part.rows]
            values = np.where(own >= 0, part.values, 0)
            used = np.flatnonzero(values.reshape(len(values), -1).any(axis=1))
            if len(used):
                parts.append(Tables(part.scopes[used], own[used].clip(0), values[used]))
        return LocalRows(self.domains, parts, [self.labels[i] for i in rows], self.scale)


def column_numbers(domains: Sequence[int], assignments: NDArray[np.int64]) -> list[int]:
    """Return the numbers, of any size, of columns in mixed radix.

    Parameters
    ----------
    domains
        Number of values of each variable, the first the most significant.
    assignments
        The values of all variables, one row for each column.
    """
    low = np.zeros(len(assignments), dtype=np.int64)
    high: list[int] | None = None
    size = 1
    for v, own in enumerate(domains):
        if size * own >= 2**62:  # the digits so far become Python's
            done = low.tolist()
            high = done if high is None else [a * size + b for a, b in zip(high, done, strict=True)]
            low, size = np.zeros_like(low), 1
        low, size = low * own + assignments[:, v], size * own
    last: list[int] = low.tolist()
    return last if high is None else [a * size + b for a, b in zip(high, last, strict=True)]
