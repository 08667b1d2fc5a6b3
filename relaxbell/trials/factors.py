"""Tests by products of a factor that is made of a prediction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from relaxbell.exact.numbers import Floats
from relaxbell.trials.bets import Bet, Stakes
from relaxbell.trials.betting import Test
from relaxbell.trials.chances import log_gain, log_price, log_product
from relaxbell.trials.limits import Means, climb, largest_agreed
from relaxbell.trials.projection import Factor, Projector

_NARROWER, _RANGES = 2, 8
"""A limit's distance to that at which a prediction is in the null set, from range to range of one factor, and how many
ranges there are. A stake that is right in the middle loses a quarter of its gain at the ends, which is an eighth of the
distance."""


@dataclass(frozen=True, eq=False)
class FactorTest(Test):
    """Products of a test factor made from a prediction, another one for each limit, or for each range of limits.

    Attributes
    ----------
    prediction
        The joint distribution predicted, flat.
    source
        What the prediction is from, in words.
    conditions
        What it assumes.
    """

    prediction: Floats
    source: str
    conditions: tuple[str, ...]

    @cached_property
    def projector(self) -> Projector:
        """Of the prediction on the null sets."""
        return Projector(self.null, self.prediction)

    def factor(self, limit: Fraction) -> Factor:
        """Return the certified test factor for a limit."""
        return self.projector.factor(limit)

    @property
    def method(self) -> str:
        return f"e-value, product of the prediction ({self.source}) over its projection on the null set, certified"

    @property
    def assumptions(self) -> tuple[str, ...]:
        return self.conditions

    def log_e_at(self, limit: Fraction, *, solve: bool = True) -> float:
        return self._log(self.factor(limit))

    def e_bet(self, limit: Fraction) -> Bet:
        return Stakes(self.run, self.factor(limit).excess)

    def _log(self, factor: Factor) -> float:
        return log_product(self.counts, factor.excess, factor.bound)

    # A factor made anew for each limit may have p-values that rise and fall. One that is fixed for a range of limits,
    # by the prediction alone, has not; so limits are found with these.

    @cached_property
    def ends(self) -> tuple[Fraction, ...]:
        reach = self._reach
        return tuple(reach * (1 - Fraction(1, _NARROWER**j)) for j in range(1, _RANGES + 1)) if reach else ()

    @cached_property
    def _reach(self) -> Fraction:
        """A limit below which the prediction is not in the null set, by the factor for 0."""
        first = self.factor(Fraction(0))
        if not first.excess.any():
            return Fraction(0)
        target = float(np.ravel(self.prediction) @ first.excess)
        means = Means(self.null, first.excess)

        def missing(limit: Fraction, end: Fraction, *, solve: bool) -> float:
            del end
            return float(means.at(limit, solve=solve)) - target

        return climb(missing, Fraction(0), self.null.ceiling, 0.0, 1e-2)

    @cached_property
    def _ranges(self) -> dict[Fraction, tuple[Factor, Means]]:
        return {}

    def _in(self, end: Fraction) -> tuple[Factor, Means]:
        """Return the factor of the range to which an end belongs, and its means."""
        if not end:
            number, limit = -1, Fraction(0)
        else:
            number = sum(own < end for own in self.ends)
            limit = self._reach * (1 - Fraction(7, 10 * _NARROWER**number))
        key = Fraction(number)
        if key not in self._ranges:
            factor = self.projector.rough(limit) if limit else self.factor(limit)
            self._ranges[key] = factor, Means(self.null, factor.excess)
        return self._ranges[key]

    def log_e_in(self, limit: Fraction, end: Fraction, *, solve: bool) -> float:
        factor, means = self._in(end)
        if not factor.excess.any():
            return 0.0
        gain = log_gain(self.counts, factor.excess)
        if math.isinf(gain):
            return gain
        return math.nextafter(gain - log_price(self.trials, means.near(limit, solve=solve)), -math.inf)

    def largest_limit(self, log_level: float, ceiling: Fraction) -> Fraction | None:
        return largest_agreed(self.log_p_in, self.log_p_at, self.ends, log_level, ceiling)
