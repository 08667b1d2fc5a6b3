"""Tracing a convex or concave piecewise affine function by its tangents.

At the ends the exact dual gives tangents; where two tangents meet, either the value is on them, and a break
point is found, or a new tangent comes with it. So at most two linear programs for each piece. The duals prove the
lower bound; exact weights at both ends and at every break point prove the upper one there, and convexity does in
between. Of a largest value, which is concave, it is the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from relaxbell.engines.linear.family import Line
from relaxbell.errors import CurveError
from relaxbell.exact.numbers import ExactNumber
from relaxbell.lp.clock import TimeLimitError

_CLOSE = 1e-9
"""Where no exact weights were found: how far value and tangent may be apart."""

_MOST = 2000
"""Linear programs after which a curve is given up: numerical noise, not a curve."""


class Tangential(Protocol):
    """The value at one parameter, and what its dual proves for all."""

    @property
    def t(self) -> ExactNumber:
        """The parameter."""

    @property
    def value(self) -> ExactNumber:
        """The value there."""

    @property
    def tangent(self) -> Line:
        """A bound at every parameter."""

    @property
    def exact(self) -> bool:
        """Whether the value is attained exactly."""


S = TypeVar("S", bound=Tangential)
S_co = TypeVar("S_co", bound=Tangential, covariant=True)


class Traceable(Protocol[S_co]):
    """What is asked of a function: samples."""

    @property
    def low(self) -> ExactNumber:
        """First parameter."""

    @property
    def high(self) -> ExactNumber:
        """Last parameter."""

    def feasible_end(self, t: ExactNumber, inward: int) -> S_co:
        """Return the sample at the first feasible parameter from an end, going inward (+1: upwards)."""

    def solve(self, t: ExactNumber) -> S_co:
        """Return the sample at a parameter."""


@dataclass(frozen=True, eq=False)
class Segment(Generic[S]):
    """One affine piece, with the sample whose dual proves it."""

    start: ExactNumber
    end: ExactNumber
    line: Line
    source: S


@dataclass(frozen=True, eq=False)
class Trace(Generic[S]):
    """All pieces from left to right, and the samples at their ends; without pieces where the time was over before."""

    segments: tuple[Segment[S], ...]
    samples: tuple[S, ...]
    programs: int
    complete: bool = True


def trace(family: Traceable[S]) -> Trace[S]:
    """Return the exact curve of a function over its feasible parameters.

    Raises
    ------
    CurveError
        If it does not end: numerical noise, not a curve.
    TimeLimitError
        If the time is over before its ends are known.
    """
    first = family.feasible_end(family.low, 1)
    last = first if first.t == family.high else family.feasible_end(family.high, -1)
    samples = {first.t: first, last.t: last}
    if first.t == last.t:
        return Trace((Segment(first.t, first.t, first.tangent, first),), (first,), 1)
    found: list[Segment[S]] = []
    stack = [(first, last)]
    programs = 2
    while stack:
        left, right = stack.pop()
        direct = _direct(left, right)
        if direct is not None:
            found.append(direct)
            continue
        a, b = left.tangent, right.tangent
        try:
            middle = family.solve((a.intercept - b.intercept) / (b.slope - a.slope))
        except TimeLimitError:
            return Trace((), tuple(samples[t] for t in sorted(samples)), programs, complete=False)
        programs += 1
        samples[middle.t] = middle
        if programs > _MOST:
            raise CurveError(
                f"the curve is incomplete after {programs:,} linear programs, expected at most {_MOST:,}: "
                f"{len(found):,} pieces were found. Take a part of the parameter's range."
            )
        if _attained(middle, a):
            found += [Segment(left.t, middle.t, a, left), Segment(middle.t, right.t, b, right)]
        else:
            stack += [(middle, right), (left, middle)]
    found.sort(key=lambda segment: segment.start)
    return Trace(_merged(found), tuple(samples[t] for t in sorted(samples)), programs)


def _direct(left: S, right: S) -> Segment[S] | None:
    """Return a single piece between two samples where one tangent reaches both."""
    for own, other in ((left, right), (right, left)):
        if _attained(other, own.tangent):
            return Segment(left.t, right.t, own.tangent, own)
    a, b = left.tangent, right.tangent
    if a.slope == b.slope:  # only rounding can keep parallel tangents apart
        return Segment(left.t, right.t, a, left)
    meeting = (a.intercept - b.intercept) / (b.slope - a.slope)
    return None if left.t < meeting < right.t else Segment(left.t, right.t, a, left)


def _attained(sample: Tangential, line: Line) -> bool:
    gap = sample.value - line.at(sample.t)
    return gap == 0 if sample.exact else float(gap) <= _CLOSE * max(1.0, abs(float(sample.value)))


def _merged(segments: list[Segment[S]]) -> tuple[Segment[S], ...]:
    merged: list[Segment[S]] = []
    for segment in segments:
        if merged and merged[-1].line == segment.line:
            merged[-1] = Segment(merged[-1].start, segment.end, segment.line, merged[-1].source)
        else:
            merged.append(segment)
    return tuple(merged)
