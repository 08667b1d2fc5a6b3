"""Live programs that wait for the next who asks: threads have one each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from relaxbell.lp.clock import TimeLimitError

L = TypeVar("L")


class Idle(Generic[L]):
    """Live programs of one kind, made when none waits.

    Parameters
    ----------
    make
        Makes one.
    """

    def __init__(self, make: Callable[[], L]) -> None:
        self._make = make
        self._waiting: list[L] = []

    @contextmanager
    def taken(self) -> Iterator[L]:
        """Lend a program; it does not come back from an error, other than that of time."""
        try:
            live = self._waiting.pop()
        except IndexError:
            live = self._make()
        try:
            yield live
        except TimeLimitError:
            self._waiting.append(live)
            raise
        self._waiting.append(live)
