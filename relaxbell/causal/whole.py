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
"""No probability above this is rounded below zero."""

_CLEARLY = 64
"""By how many times the tolerance all equalities hold where one look at the coordinates is enough."""


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

    @cached_property
    def floats(self) -> Floats:
        """The coordinates as floats."""
        found: Floats = self.whole.astype(np.float64)
        found /= (FLOAT_GRID + math.prod(self.coordinates.outputs) * self.shift).astype(np.float64)
        return found

    def denominator(self, point: int) -> int:
        """Return the denominator of a point."""
        return int(FLOAT_GRID) + math.prod(self.coordinates.outputs) * int(self.shift[point])

    def taken(self, points: NDArray[np.intp]) -> WholePoints:
        """Return some of the points."""
        return WholePoints(self.coordinates, self.whole[:, points], self.shift[points])

    def row(self, point: int) -> ExactRow:
        """Return the probabilities of a point."""
        table = self.coordinates.expand(self.whole[:, point]).ravel()
        denominator = self.denominator(point)
        return ExactRow(table / denominator, table, denominator)


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
    sound = (lowest >= -tolerance) & (missed <= tolerance / _CLEARLY)  # what is NaN is not
    doubtful = np.flatnonzero((lowest >= -tolerance) & ~sound & np.isfinite(missed))
    if len(doubtful):
        own = tables[..., doubtful]
        total = own.sum(axis=tuple(range(len(coordinates.outputs)))).reshape(-1, len(doubtful))
        gap = abs(total - 1).max(axis=0)
        sound[doubtful] = (gap <= tolerance * (1 - 1e-6)) & (coordinates.signaling(own) <= tolerance)
    good, bad = np.flatnonzero(sound), np.flatnonzero(~sound)
    if len(bad):
        found, lowest = found[:, good], lowest[good]
    found *= float(FLOAT_GRID)
    whole = np.rint(found, out=found).astype(np.int64)
    shift = np.zeros(len(good), dtype=np.int64)
    low = np.flatnonzero(lowest < _SURELY)
    if len(low):
        deepest = coordinates.expand(whole[:, low]).reshape(-1, len(low)).min(axis=0)
        shift[low] = np.maximum(-deepest, 0)
        whole[:, low] += shift[low] * _ones(coordinates)[:, None]
    return WholePoints(coordinates, whole, shift), good, bad


def _ones(coordinates: Coordinates) -> NDArray[Any]:
    """Return the coordinates of the table whose entries are all 1: white noise times the number of outcomes."""
    found = np.rint(coordinates.project(np.ones(coordinates.shape))).astype(np.int64)
    found[0] = math.prod(coordinates.outputs)
    return found
