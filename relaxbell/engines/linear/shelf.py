"""Bases that were optimal once, tried all at once: one product of a stack of inverses with right-hand sides."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Floats
from relaxbell.lp.bases import ROUGH, FeasibleBasis

_NUMBERS = 2**17
"""Entries of all inverses together; …"""

_FEWEST, _MOST = 16, 64
"""… but at least, and at most, so many bases."""

_LARGEST = 100
"""Rows up to which inverses are kept."""


class HasInverse(Protocol):
    """A basis."""

    @property
    def rough(self) -> FeasibleBasis | None:
        """The same in floats."""


K = TypeVar("K", bound=HasInverse)


class Shelf(Generic[K]):
    """The bases of a program that served last.

    Parameters
    ----------
    rows
        How many rows the program has.
    """

    def __init__(self, rows: int) -> None:
        self.most = max(_FEWEST, min(_MOST, _NUMBERS // max(1, rows * rows)))
        self._known: list[K] = []
        self._used: NDArray[np.int64] = np.zeros(self.most, dtype=np.int64)
        self._clock = 0
        size = rows if rows <= _LARGEST else 0
        self._inverses: Floats = np.zeros((self.most, size, size))
        self._equal: NDArray[np.bool_] = np.zeros((self.most, size), dtype=bool)

    def add(self, known: K) -> None:
        """Keep a basis, in place of the one that has not served for longest."""
        place = len(self._known) if len(self._known) < self.most else int(self._used.argmin())
        if place == len(self._known):
            self._known.append(known)
        else:
            self._known[place] = known
        dense = None if known.rough is None or not self._inverses.size else known.rough.dense()
        # what has no inverse is tried always
        self._inverses[place], self._equal[place] = (0.0, False) if dense is None else dense
        self.mark(place)

    def serving(self, right: Floats) -> list[tuple[int, K]]:
        """Return the bases that are feasible at right-hand sides, or nearly so, those first that served last."""
        count = len(self._known)
        if not self._inverses.size:
            good = np.arange(count)
        else:
            values = self._inverses[:count] @ right
            missed = (values < ROUGH) | (self._equal[:count] & (values > -ROUGH))
            good = np.flatnonzero(~missed.any(axis=1))
        order = good[np.argsort(-self._used[good], kind="stable")]
        return [(place, self._known[place]) for place in order.tolist()]

    def mark(self, place: int) -> None:
        """Note that a basis has served."""
        self._clock += 1
        self._used[place] = self._clock
