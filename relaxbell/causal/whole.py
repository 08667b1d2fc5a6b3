"""Many float behaviors on the exact grid, as `Behavior.rounded` puts one there: whole coordinates in plain arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.causal.equations import FLOAT_GRID
from relaxbell.exact.numbers import Floats
from relaxbell.exact.vectors import ExactRow

_SURELY = 1e-12
"""No probability above this is rounded below zero, of a table that satisfies all equalities."""

_CLEARLY = 64
"""By how many times better than asked for all equalities hold where one look at the coordinates is enough."""


@dataclass(frozen=True, eq=False)
class WholePoints:
    """Behaviors in independent coordinates: whole numbers / (FLOAT_GRID + outcomes · shift).

    Attributes
    ----------
    coordinates
        Of the model.
    whole
        Shape (dimension + 1, points), int64.
    shift
        Of each point: by how much white noise had to lift it, 0 for nearly all.
    """

    coordinates: Coordinates
    whole: NDArray[np.int64]
    shift: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.whole.shape[1])

    @classmethod
    def nearest(cls, coordinates: Coordinates, numbers: Floats, sure: NDArray[np.bool_] | None = None) -> WholePoints:
        """Return the points of the grid next to float coordinates, lifted by white noise where an entry is below zero.

        Parameters
        ----------
        coordinates
            Of the model.
        numbers
            Shape (dimension + 1, points); they are overwritten.
        sure
            Which points have no such entry, where that is known.
        """
        numbers *= float(FLOAT_GRID)
        whole = np.rint(numbers, out=numbers).astype(np.int64)
        found = cls(coordinates, whole, np.zeros(whole.shape[1], dtype=np.int64))
        low = np.arange(len(found)) if sure is None else np.flatnonzero(~sure)
        unsure = found if sure is None else found.taken(low)
        depth = np.maximum(-unsure._tables.min(axis=0), 0)
        if not depth.any():
            return found
        found.shift[low] = depth
        return cls(coordinates, whole + found.shift * _ones(coordinates)[:, None], found.shift)

    @cached_property
    def floats(self) -> Floats:
        """The coordinates as floats."""
        found: Floats = self.whole.astype(np.float64)
        found /= self._denominators.astype(np.float64)
        return found

    @cached_property
    def _tables(self) -> NDArray[np.int64]:
        """The numerators of all probabilities, shape (cells, points)."""
        return self.coordinates.expand(self.whole).reshape(math.prod(self.coordinates.shape), len(self))

    @cached_property
    def _denominators(self) -> NDArray[np.int64]:
        return FLOAT_GRID + math.prod(self.coordinates.outputs) * self.shift

    def denominator(self, point: int) -> int:
        """Return the denominator of a point."""
        return int(self._denominators[point])

    def taken(self, points: NDArray[np.intp]) -> WholePoints:
        """Return some of the points."""
        return WholePoints(self.coordinates, self.whole[:, points], self.shift[points])

    def row(self, point: int) -> ExactRow:
        """Return the probabilities of a point."""
        (found,) = self.taken(np.array([point])).rows()
        return found

    def rows(self) -> list[ExactRow]:
        """Return the probabilities of all points."""
        tables = np.ascontiguousarray(self._tables.T)
        floats = tables / self._denominators[:, None]  # of whole numbers below 2^53: correctly rounded
        return [ExactRow(*own) for own in zip(floats, tables, self._denominators.tolist(), strict=True)]


def read_tables(
    coordinates: Coordinates, tables: Floats, tolerance: float
) -> tuple[WholePoints, NDArray[np.intp], NDArray[np.intp]]:
    """Return float tables on the exact grid, which of them they are, and which are none and want a closer look.

    Parameters
    ----------
    coordinates
        Of the model.
    tables
        Shape (outputs …, inputs …, tables).
    tolerance
        How far probabilities may miss 0, normalization and the model's equalities.
    """
    lowest = tables.reshape(-1, tables.shape[-1]).min(axis=0)
    found, missed = coordinates.read(tables)
    sure = (lowest >= _SURELY) & (missed <= _SURELY / _CLEARLY)
    sound = (lowest >= -tolerance) & (missed <= tolerance / _CLEARLY)  # what is NaN is not
    doubtful = np.flatnonzero((lowest >= -tolerance) & ~sound & np.isfinite(missed))
    if len(doubtful):
        own = tables[..., doubtful]
        total = own.sum(axis=tuple(range(len(coordinates.outputs)))).reshape(-1, len(doubtful))
        gap = abs(total - 1).max(axis=0)
        sound[doubtful] = (gap <= tolerance * (1 - 1e-6)) & (coordinates.signaling(own) <= tolerance)
    good, bad = np.flatnonzero(sound), np.flatnonzero(~sound)
    if len(bad):
        found, sure = found[:, good], sure[good]
    return WholePoints.nearest(coordinates, found, sure), good, bad


def fits(coordinates: Coordinates, row: ExactRow) -> bool:
    """Return whether exact probabilities satisfy the model's equalities."""
    sides = [row.whole] if row.root is None else [row.whole, row.root]
    return not any(coordinates.signaling(side.reshape(*coordinates.shape, 1)).any() for side in sides)


def _ones(coordinates: Coordinates) -> NDArray[Any]:
    """Return the coordinates of the table whose entries are all 1: white noise times the number of outcomes."""
    found = np.rint(coordinates.project(np.ones(coordinates.shape))).astype(np.int64)
    found[0] = math.prod(coordinates.outputs)
    return found
