"""Rows of linear programs, collected block by block: floats, or exact numbers of any size.

The first columns are those of the blocks: whole matrices, which stay as they are, because among a million columns each
copy costs seconds. Entries in further columns are given one by one, as arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from relaxbell.exact.basis import Basis
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, to_floats
from relaxbell.exact.sparse import ExactMatrix

Block: TypeAlias = sp.csr_array | ExactMatrix
"""Some rows over the first columns: floats, or exact numbers."""

Entries: TypeAlias = tuple[ArrayLike, ArrayLike, ArrayLike | ExactNumber]
"""Numbers of rows, counted from the first that is added, numbers of columns, values; each array or one for all."""

_Coordinates: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp], "Floats | Exact"]


class RowBuilder:
    """Collects rows lower ≤ row · x ≤ upper.

    Parameters
    ----------
    first
        Number of columns that blocks have.

    Attributes
    ----------
    first
        The same.
    width
        Number of all columns.
    count
        Number of rows so far.
    """

    def __init__(self, first: int) -> None:
        self.first = self.width = first
        self.count = 0
        self._blocks: list[tuple[int, Block]] = []
        self._entries: list[_Coordinates] = []
        self._sides: list[tuple[Floats, Floats]] = []

    def columns(self, count: int) -> range:
        """Return the numbers of new columns."""
        self.width += count
        return range(self.width - count, self.width)

    def add(
        self,
        count: int,
        lower: ArrayLike,
        upper: ArrayLike,
        entries: Sequence[Entries] = (),
        block: Block | None = None,
    ) -> slice:
        """Append rows, and return their numbers.

        Parameters
        ----------
        count
            How many.
        lower, upper
            Their sides, one for each or one for all.
        entries
            What they hold beyond the columns of blocks.
        block
            What they hold there; None: nothing.
        """
        low, high = (np.broadcast_to(np.asarray(side, dtype=np.float64), count) for side in (lower, upper))
        self._sides.append((low, high))
        if block is not None:
            self._blocks.append((self.count, block))
        self.count += count
        self.extend(entries, self.count - count)
        return slice(self.count - count, self.count)

    def extend(self, entries: Sequence[Entries], start: int = 0) -> None:
        """Add entries to rows that are there; their numbers count from `start`."""
        for row, column, value in entries:
            i, j, v = np.asarray(row, dtype=np.intp) + start, np.asarray(column, dtype=np.intp), np.asarray(value)
            if not i.shape == j.shape == v.shape:
                i, j, v = np.broadcast_arrays(i, j, v)
            self._entries.append((i.ravel(), j.ravel(), v.ravel()))

    @property
    def sides(self) -> tuple[Floats, Floats]:
        """Lower and upper sides of all rows."""
        lower, upper = zip(*self._sides, strict=True) if self._sides else ((), ())
        return np.concatenate([np.empty(0), *lower]), np.concatenate([np.empty(0), *upper])

    def entries(self) -> _Coordinates:
        """Return all entries outside of blocks: rows, columns and values; what has one place twice is to be added."""
        if not self._entries:
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0)
        row, column, value = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        return row, column, value

    def matrix(self) -> sp.csc_array:
        """Return the rows in floats. Explicit zeros keep their place, which `places` finds."""
        row, column, value = self.entries()
        right = sp.csc_array((to_floats(value), (row, column - self.first)), (self.count, self.width - self.first))
        if not self._blocks:
            left = sp.csc_array((self.count, self.first))
        else:  # all in one format: others would go through a copy in coordinates
            left = sp.csc_array(self._stacked([(start, _floats(block)) for start, block in self._blocks]))
        if not self.first:
            return right
        data = np.concatenate([left.data, right.data])
        indices = np.concatenate([left.indices, right.indices])
        starts = np.concatenate([left.indptr, right.indptr[1:] + left.indptr[-1]]).astype(np.int64)
        return sp.csc_array((data, indices, starts), shape=(self.count, self.width))

    def _stacked(self, blocks: Sequence[tuple[int, sp.csr_array]]) -> sp.csr_array:
        """Return the blocks as one matrix, with nothing in the rows between them."""
        counts = np.zeros(self.count + 1, dtype=np.int64)
        for start, block in blocks:
            counts[start + 1 : start + 1 + block.shape[0]] = np.diff(block.indptr)
        data = np.concatenate([block.data for _, block in blocks])
        indices = np.concatenate([block.indices for _, block in blocks])
        return sp.csr_array((data, indices, np.cumsum(counts)), shape=(self.count, self.first))

    def exact(self) -> ExactMatrix:
        """Return the rows in exact numbers; floats among the entries are what they say."""
        rows: list[dict[int, ExactNumber]] = [{} for _ in range(self.count)]
        for start, block in self._blocks:
            if not isinstance(block, ExactMatrix):
                raise TypeError("found rows of floats, expected exact numbers. Use `matrix`.")
            for i, entries in enumerate(block.rows, start):
                rows[i].update(entries)
        row, column, value = self.entries()
        for i, j, v in zip(row.tolist(), column.tolist(), value.tolist(), strict=True):
            rows[i][j] = rows[i].get(j, Fraction(0)) + (Fraction(v) if isinstance(v, int | float) else v)
        return ExactMatrix(tuple(rows), self.width)


def _floats(block: Block) -> sp.csr_array:
    if isinstance(block, ExactMatrix):
        raise TypeError("found rows of exact numbers, expected floats. Use `exact`.")
    return block


def places(matrix: sp.csc_array, rows: ArrayLike, columns: ArrayLike) -> NDArray[np.intp]:
    """Return where entries stand in ``matrix.data``; each must be there, be it zero."""
    height = matrix.shape[0]
    order = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr)) * height + matrix.indices
    wanted = np.asarray(columns, dtype=np.intp) * height + np.asarray(rows, dtype=np.intp)
    found = np.searchsorted(order, wanted)
    if (order[np.minimum(found, len(order) - 1)] != wanted).any():
        raise KeyError("found no entry at some of the places, expected one at each, zeros included.")
    return found


MISSED = 1e-9
"""How far all rows together may be missed, of a program whose elastic columns have a price."""


def misses(rows: NDArray[np.intp], count: int) -> sp.csc_array:
    """Return elastic columns: what each of some rows misses below its side, then what it exceeds it by.

    With costs on them every program has a solution, and its duals prove what is wrong with the one without.
    """
    unit = sp.csc_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), (count, len(rows)))
    return sp.csc_array(sp.hstack([unit, -unit], format="csc"))


def without_misses(basis: Basis, rows: NDArray[np.intp], first: int = 0) -> Basis:
    """Return a basis without the elastic columns of some rows, see `misses`: where one is basic, its row is loose.

    Parameters
    ----------
    basis
        Of a program with elastic columns.
    rows, first
        Their rows, and how many columns stand before them.
    """
    place = basis.columns - first
    elastic = (place >= 0) & (place < 2 * len(rows))
    columns = np.where(place < 0, basis.columns, basis.columns - 2 * len(rows))[~elastic]
    missed = rows[place[elastic] % len(rows)] if len(rows) else rows
    return Basis(columns, np.union1d(basis.loose, missed))
