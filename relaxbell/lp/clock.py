"""The one clock: the time that a task may take, known to everything that it calls.

A context variable, not an argument of a dozen functions: each thread and each nested call sees its own limit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from relaxbell.errors import MeasureError, SolverError

clock: Callable[[], float] = time.monotonic
"""What says how many seconds have passed: in one place, so that tests of time limits need not wait."""


class TimeLimitError(SolverError):
    """Something took longer than it may.

    Attributes
    ----------
    partial
        What was found so far, labeled incomplete; or None.
    """

    def __init__(self, message: str, partial: object = None) -> None:
        super().__init__(message)
        self.partial = partial


def now() -> float:
    """Return a reading of the clock."""
    return clock()


@dataclass(frozen=True)
class _Deadline:
    end: float
    seconds: float
    name: str


_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float | None, name: str, *, asked: float | None = None) -> Iterator[None]:
    """Limit what is called inside; None for no limit. Inside another deadline the earlier one holds.

    Errors name the seconds that were `asked` for, where a little more is left for what follows a search.
    """
    if seconds is None:
        yield
        return
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
        raise MeasureError(f"seconds is {seconds!r}, expected a positive number, or None for no limit.")
    outer, own = _current.get(), _Deadline(clock() + seconds, seconds if asked is None else asked, name)
    token = _current.set(own if outer is None or own.end < outer.end else outer)
    try:
        yield
    finally:
        _current.reset(token)


def passed() -> bool:
    """Return whether the time is over."""
    current = _current.get()
    return current is not None and clock() >= current.end


def left() -> float:
    """Return the seconds that are left, infinite without limit; not positive where the time is over."""
    current = _current.get()
    return math.inf if current is None else current.end - clock()


def end_of(seconds: float) -> float:
    """Return when so many seconds from now, or what is left if that is less, are over: a reading of `clock`."""
    return clock() + min(seconds, left())


def over(end: float) -> bool:
    """Return whether the clock has come to a reading."""
    return clock() >= end


def remaining() -> float:
    """Return the seconds that are left, infinite without limit; raise TimeLimitError where none are."""
    found = left()
    if found <= 0:
        raise time_is_over()
    return found


def time_is_over() -> TimeLimitError:
    """Return the error that says so."""
    current = _current.get()
    what = (
        "a minimization took longer than its time limit"
        if current is None
        else (f"min {current.name} took longer than its time limit of {current.seconds:g} s")
    )
    return TimeLimitError(f"{what}. Give more seconds, or a smaller scenario.")
