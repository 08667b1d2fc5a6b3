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
from decimal import Decimal
from numbers import Real

from relaxbell.errors import MeasureError, RelaxbellError
from relaxbell.errors import TimeLimitError as TimeLimitError  # raised here, so imported from here
from relaxbell.exact.numbers import ExactNumber, ceil_float, floor_float
from relaxbell.exact.texts import ceil_text, floor_text

clock: Callable[[], float] = time.monotonic
"""What says how many seconds have passed: in one place, so that tests of time limits need not wait."""


def now() -> float:
    """Return a reading of the clock."""
    return clock()


@dataclass(frozen=True)
class LowerBound:
    """What is known of a least value when the time is over.

    Attributes
    ----------
    measure
        Name of what was minimized.
    lower_bound
        Rigorous: no model that satisfies the constraints has a smaller value.

    Examples
    --------
    >>> import relaxbell as rb
    >>> known = rb.classes.LowerBound("C(X -> B)", 0.25)
    >>> known.lower_bound
    0.25
    """

    measure: str
    lower_bound: float

    @property
    def text(self) -> str:
        """The bound as it stands in errors and reasons."""
        return f"It is at least {floor_text(self.lower_bound, 9)} by then (rigorous)."


@dataclass(frozen=True)
class UpperBound:
    """What is known of a largest value when the time is over.

    Attributes
    ----------
    name
        Of what.
    upper_bound
        Rigorous, exact: the value is not larger.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> rb.classes.UpperBound("critical visibility", Fraction(1, 2)).upper_bound
    Fraction(1, 2)
    """

    name: str
    upper_bound: ExactNumber

    @property
    def text(self) -> str:
        """The bound as it stands in errors."""
        return f"It is at most {ceil_text(ceil_float(self.upper_bound), 12)} (rigorous)."


@dataclass(frozen=True)
class Enclosure:
    """What is known of a largest value when the time is over, from both sides.

    Attributes
    ----------
    name
        Of what.
    lower_bound
        Rigorous, exact: the value is not smaller; it is attained.
    upper_bound
        Rigorous, exact: the value is not larger.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> known = rb.classes.Enclosure("CHSH", Fraction(1), Fraction(4))
    >>> known.lower_bound, known.upper_bound
    (Fraction(1, 1), Fraction(4, 1))
    """

    name: str
    lower_bound: ExactNumber
    upper_bound: ExactNumber

    @property
    def text(self) -> str:
        """The bounds as they stand in errors."""
        low, high = floor_text(floor_float(self.lower_bound), 9), ceil_text(ceil_float(self.upper_bound), 9)
        return f"It is at least {low} and at most {high} (rigorous)."


@dataclass(frozen=True)
class _Deadline:
    end: float
    seconds: float
    what: str
    shared: bool = False


_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


def read_seconds(given: object, error: type[RelaxbellError] = MeasureError) -> float | None:
    """Return a time limit, any positive real number, as a float; None for infinity: no limit."""
    if isinstance(given, Real | Decimal) and not isinstance(given, bool):
        try:
            seconds = float(given)
        except OverflowError:  # more than floats hold
            seconds = math.inf if str(given)[0] != "-" else 0.0
        if seconds > 0:
            return None if math.isinf(seconds) else seconds
    raise error(f"seconds is {given!r}, expected a positive number of seconds; infinity is no limit.")


def seconds_text(limit: float | None) -> str:
    """Return a time limit as it stands in errors."""
    return "the time that was left" if limit is None else f"{limit:g} s"


@contextmanager
def deadline(seconds: object, name: str, *, asked: float | None = None, least: bool = True) -> Iterator[None]:
    """Limit what is called inside; None for no limit. Inside another deadline the earlier one holds.

    Errors name the seconds that were `asked` for, where a little more is left for what follows a search, and say that
    it is the `least` value of what has this name, or whatever else the name says.
    """
    limit = None if seconds is None else read_seconds(seconds)
    if limit is None:
        yield
        return
    outer, own = (
        _current.get(),
        _Deadline(clock() + limit, limit if asked is None else asked, f"min {name}" if least else name),
    )
    token = _current.set(own if outer is None or own.end < outer.end else outer)
    try:
        yield
    finally:
        _current.reset(token)


_FAIR = 4
"""How many times its even share a part of the work may take of the time that is left."""


@contextmanager
def share(part: int, whole: int) -> Iterator[None]:
    """Limit one of several pieces of work to its fair share of what is left, so that a hard one leaves the others some.

    Four times the even share, but no more than half, for `part` of `whole`; all of it where nothing else waits.
    """
    outer = _current.get()
    if outer is None or part >= whole:
        yield
        return
    own = max(0.0, outer.end - clock()) * min(0.5, _FAIR * part / whole)
    token = _current.set(_Deadline(clock() + own, outer.seconds, outer.what, True))
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def a_moment(seconds: float) -> Iterator[None]:
    """Allow so many seconds more, where the time is over, for what is known by then."""
    outer = _current.get()
    if outer is None:
        yield
        return
    token = _current.set(_Deadline(clock() + seconds, outer.seconds, outer.what, outer.shared))
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
        else (
            f"{current.what} took longer than its {'share of the ' if current.shared else ''}time limit of "
            f"{current.seconds:g} s"
        )
    )
    return TimeLimitError(f"{what}. Give more seconds, or a smaller scenario.")


def with_bound(late: TimeLimitError, measure: str, bound: float) -> TimeLimitError:
    """Return the error with a rigorous lower bound of what was minimized; as it is, if it says as much or more.

    A bound of something else, which was minimized on the way, gives way.
    """
    known, own = late.partial, LowerBound(measure, bound)
    if known is not None and not isinstance(known, LowerBound):
        return late
    said = str(late)
    if known is not None:
        if known.measure == measure and known.lower_bound >= bound:
            return late
        said = said.removesuffix(f" {known.text}")
    return TimeLimitError(f"{said} {own.text}", own)


@contextmanager
def known_at_least(measure: str, bound: float | None) -> Iterator[None]:
    """Let a TimeLimitError carry at least this bound of a measure; None where there is none."""
    try:
        yield
    except TimeLimitError as late:
        if bound is None:
            raise
        raise with_bound(late, measure, bound) from late
