"""Limits: how far up all values of a measure are rejected, from few linear programs.

Multipliers that bound the largest mean of a table at one limit bound it at all limits, by a straight line. So for one
fixed table the p-value that the lines found so far prove rises with the limit, and what it rejects is an interval from
below. A tangent lies above the concave curve of the largest means: where it still rejects, so does the curve, and the
next tangent is found there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Protocol

from relaxbell.exact.numbers import Floats
from relaxbell.trials.null import Null

_TANGENTS = 40
_STEPS = 100
CLOSE = 1e-9
"""How far below the largest one a limit may be, relative to it."""

_AGREED, _BEFORE = 1e-2, 0.998
_TRIED = 8


class Means:
    """The largest mean of one table for every limit on the measure: rigorous bounds, by straight lines.

    Parameters
    ----------
    null
        Over which the mean is taken.
    table
        A number for each cell, flat.

    Attributes
    ----------
    joints
        Distributions with the largest means, by the limits for which there was a linear program.
    """

    def __init__(self, null: Null, table: Floats) -> None:
        self.null, self.table = null, table
        self._lines: dict[Fraction, tuple[Fraction, Fraction]] = {}
        self._near: list[tuple[float, float, float]] = []
        self.joints: dict[Fraction, Floats] = {}

    def take_largest(self) -> None:
        """Know the largest entry of the table as a bound for all limits; no linear program is solved for it."""
        if not self._lines:
            self._lines[Fraction(-1)] = Fraction(float(self.table.max())), Fraction(0)

    def at(self, limit: Fraction, *, solve: bool = True) -> Fraction:
        """Return a bound for a limit: after a linear program there, or by the lines that are known, if any are."""
        if limit not in self._lines and (solve or not self._lines):
            found = self.null.largest(self.table, limit)
            self._lines[limit] = found.bound, found.slope
            self.joints[limit] = found.joint
        return min(bound + slope * (limit - at) for at, (bound, slope) in self._lines.items())

    def near(self, limit: Fraction, *, solve: bool = True) -> float:
        """Return the same as a float, rounded up."""
        if limit not in self._lines and (solve or not self._lines):
            self.at(limit)
        here = float(limit)
        # a bound, a slope and a distance are rounded, then their product and sum
        return min(
            (own := bound + slope * (here - at)) + 4 * math.ulp(abs(own) + abs(bound) + slope * (abs(here) + abs(at)))
            for at, bound, slope in self._floats()
        )

    def _floats(self) -> list[tuple[float, float, float]]:
        if len(self._near) < len(self._lines):
            self._near = [(float(at), float(bound), float(slope)) for at, (bound, slope) in self._lines.items()]
        return self._near


class LogP(Protocol):
    """The logarithm of a p-value by which several limits are judged."""

    def __call__(self, limit: Fraction, end: Fraction, *, solve: bool) -> float:
        """Return it for a limit in the range that ends at `end`; within a range it does not fall as the limit rises."""


def rejected(
    log_p: LogP, ends: Iterable[Fraction], level: float, ceiling: Fraction, close: float = CLOSE
) -> Fraction | None:
    """Return a limit such that all up to it have log p ≤ level; None if all up to `ceiling` have.

    Parameters
    ----------
    log_p
        Of a limit; 0 is a range of its own.
    ends
        Of the ranges, rising.
    level
        Logarithm.
    ceiling
        The end of the last range.
    close
        How far below the largest one the limit may be, relative to it.
    """
    low = Fraction(0)
    if log_p(low, low, solve=True) > level:
        return low
    for end in [*(own for own in ends if 0 < own < ceiling), ceiling]:
        reached = climb(log_p, low, end, level, close)
        if reached < end:
            return reached
        low = end
    return None


def largest_agreed(
    log_p: LogP, alone: Callable[[Fraction], float], ends: Iterable[Fraction], level: float, ceiling: Fraction
) -> Fraction | None:
    """Return the same, where the p-value of a limit `alone` is another, which need not be smaller, and must agree."""
    found = rejected(log_p, ends, level, ceiling)
    last = ceiling if found is None else found
    near = agreed(alone, level, last)
    return found if near == last else near


def climb(log_p: LogP, low: Fraction, end: Fraction, level: float, close: float = CLOSE) -> Fraction:
    """Return the largest limit found in a range, from below, that is rejected with all before it in the range."""
    log_p(low, end, solve=True)
    for _ in range(_TANGENTS):
        if log_p(end, end, solve=False) <= level:
            return end
        best = _crossing(lambda limit: log_p(limit, end, solve=False) - level, low, end, close)
        if best - low <= close * best:
            return best
        low = best
        log_p(low, end, solve=True)
    return low


def _crossing(excess: Callable[[Fraction], float], low: Fraction, high: Fraction, close: float) -> Fraction:
    """Return nearly the largest float up to which a rising function is not positive; `low` where there is none.

    Where the chord meets the axis, a little nearer to the middle so that both ends move, and never so far from it that
    halving had been faster by more than a step: Oliveira and Takahashi, ACM TOMS 47, 5 (2021).
    """
    under = over = math.inf  # not known
    first, left = 0.0, 0.0
    for _ in range(_STEPS):
        if high - low <= close / 4 * high:
            break
        near = float((low + high) / 2 if low else high / 16)
        if low and math.isfinite(under) and math.isfinite(over):
            width = float(high - low)
            if not first:
                first, left = width, 1 + math.ceil(math.log2(8 * width / close / float(low)))
            chord = float(low) + width * (under / (under - over))
            gap = near - chord
            gap -= math.copysign(min(abs(gap), 0.2 * width / first * width), gap)
            most = max(0.0, close / 8 * float(low) * 2.0**left - width / 2)
            near -= math.copysign(min(abs(gap), most), gap)
            left -= 1
        near = min(max(near, math.nextafter(float(low), math.inf)), math.nextafter(float(high), -math.inf))
        middle = Fraction(near)
        if not low < middle < high:
            break
        own = excess(middle)
        if own <= 0:
            low, under = middle, own
        else:
            high, over = middle, own
    return low


def agreed(log_p: Callable[[Fraction], float], level: float, found: Fraction) -> Fraction:
    """Return a limit of at most `found` at which another p-value is at most the level as well, as it is at 0."""
    low, high = Fraction(0), found
    over = log_p(high) - level if found else 0.0
    if over <= 0:
        return found
    under = log_p(low) - level
    if under > 0:
        return low
    for _ in range(_TRIED):
        # the chord nearly meets the level: a little before it the next p-value is nearly always small enough
        share = _BEFORE * (-under / (over - under)) if under > -float("inf") else 0.5
        middle = Fraction(float(low + (high - low) * Fraction(max(0.05, share))))
        own = log_p(middle) - level
        if own <= 0:
            low, under = middle, own
        else:
            high, over = middle, own
        if high - low <= _AGREED * float(high):
            break
    return low
