"""`Kept`: what is expensive to make and likely to be asked for again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """A few values under their keys, those that were asked for last.

    Any thread may ask. Copies and pickles are empty: what is kept holds programs of a solver, which do not travel.

    Parameters
    ----------
    most
        How many values are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, V] = OrderedDict()

    def get(self, key: Hashable) -> V | None:
        """Return a value, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def made(self, key: Hashable, make: Callable[[], V]) -> V:
        """Return a value, made if it is not there; of two threads that make it at the same time the first one wins."""
        found = self.get(key)
        return self.put(key, make()) if found is None else found

    def put(self, key: Hashable, value: V) -> V:
        """Keep a value, unless there is one already, and return the one that is kept."""
        with self._lock:
            found = self._values.setdefault(key, value)
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return found

    def replace(self, key: Hashable, value: V) -> None:
        """Keep a value in place of the one that is there."""
        with self._lock:
            self._values.pop(key, None)
        self.put(key, value)

    def __len__(self) -> int:
        return len(self._values)

    def __reduce__(self) -> tuple[type[Kept[V]], tuple[int]]:
        return Kept, (self._most,)
