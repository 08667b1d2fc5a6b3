"""Tests by scores on which stakes are bet: of a functional that was named, or of a family."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from relaxbell.exact.numbers import Floats
from relaxbell.trials.bets import Bet, Mean, Stakes
from relaxbell.trials.betting import ANY_TIME, Test
from relaxbell.trials.chances import log_gain, log_mean, log_price
from relaxbell.trials.limits import Means
from relaxbell.trials.null import Null

_STAKES = tuple(2.0 ** (-j / 2) for j in range(1, 25))
"""Stakes that are averaged; spaced evenly in their logarithm, since the best one may be 1e-4 for photons."""

_NEGLECTED = 1e-3
"""Of the mean of a family: members that are too small to add as much in all are counted as 0 in certificates, and no
linear programs are solved for them."""

_FEW = 8
"""Members of a family for which linear programs are solved where strategies are priced; the others count as little."""

_LITTLE = 3.0
"""Logarithm of an e-value by which a member of a family may be behind the best."""

_STEPS = 30
_NO_GAIN = 1e-13
"""Relative to the largest score."""

_SIMPLE, _NEARLY, _LARGE = 1000, 1e-9, 2.0**19
"""Largest denominator of a factor of losses that is taken for the fraction it is near to, how near, and up to which
scores: nothing is rounded then, and no gain remains."""


@dataclass(frozen=True, eq=False)
class ScoreTest(Test):
    """Scores of more than two values, betted on with stakes: mean of Π (1 + s B) / (1 + s max E[B]).

    Attributes
    ----------
    scores
        A number for each cell, flat; floats are meant as they are.
    largest
        The largest of their absolute values.
    name
        Of the functional.
    shared
        The largest means of the scores, or of scores that a symmetry maps to them; by default they are found anew.
    """

    scores: Floats
    largest: float
    name: str
    shared: Means | None = None

    @property
    def method(self) -> str:
        decisive = int(self.counts[self.scores != 0].sum())
        return (
            f"e-value, mean over {len(_STAKES)} stakes on the scores of {self.name} ({decisive:,} of {self.trials:,} "
            "trials have one)"
        )

    @property
    def assumptions(self) -> tuple[str, ...]:
        return (f"the functional was named before the data were seen; {ANY_TIME}",)

    def e_bet(self, limit: Fraction) -> Bet:
        return Stakes(self.run, self.scores, tuple(s / self.largest for s in _STAKES))

    @cached_property
    def _means(self) -> Means:
        return self.shared or Means(self.null, self.scores)

    @cached_property
    def _gains(self) -> Floats:
        """For each stake the logarithm of the product, before it is divided by what it may be on the average."""
        return np.array([log_gain(self.counts, s / self.largest * self.scores) for s in _STAKES])

    def log_e_at(self, limit: Fraction, *, solve: bool = True) -> float:
        return self._log(self._means.near(limit, solve=solve))

    def log_e_hoped(self) -> float:
        """Return what it is at 0 where the scores have mean 0 there, without a linear program."""
        return self._log(0.0)

    def neglect(self) -> None:
        """Take the largest score as the bound of the mean until there is a linear program."""
        self._means.take_largest()

    def _log(self, mean: float) -> float:
        prices = [log_price(self.trials, s * (mean / self.largest)) for s in _STAKES]
        return log_mean(np.nextafter(self._gains - prices, -np.inf).tolist())


@dataclass(frozen=True, eq=False)
class FamilyTest(Test):
    """Mean of the e-values of scores that the model fixes: what is tested where no game is named.

    Attributes
    ----------
    members
        Tests of the same counts.
    name
        Of the family.
    """

    members: tuple[ScoreTest, ...]
    name: str

    @property
    def method(self) -> str:
        size = len(self.members)
        return (
            f"e-value, mean over a family of {size} scores ({self.name}) and {len(_STAKES)} stakes for each; choosing "
            f"none of them costs at most a factor {size}"
        )

    @property
    def assumptions(self) -> tuple[str, ...]:
        return (f"no game was named: the model fixes the family, whatever the data are; {ANY_TIME}",)

    def log_e_at(self, limit: Fraction, *, solve: bool = True) -> float:
        """Return it; for members that say little about 0 the line by which the bound at 0 continues has to do."""
        return log_mean(self._logs(limit, solve=solve))

    def _logs(self, limit: Fraction, *, solve: bool) -> list[float]:
        logs = zip(self.members, self._at_zero, self._pays, strict=True)
        least = max(self._at_zero) - _LITTLE
        priced = self.null.is_priced
        return [own.log_e_at(limit, solve=solve and log >= least and (pays or not priced)) for own, log, pays in logs]

    @cached_property
    def _pays(self) -> tuple[bool, ...]:
        """Whether a linear program at 0 is worth while, for each member; the others are neglected."""
        hoped = [own.log_e_hoped() for own in self.members]  # of a family the means at 0 are at most 0
        least = max(hoped) - math.log(len(hoped) / _NEGLECTED)
        if self.null.is_priced:  # each linear program takes a while: the best few, and none where nothing is to be had
            least = max(least, sorted(hoped)[-_FEW:][0]) if log_mean(hoped) > 0 else math.inf
        return tuple(log >= least for log in hoped)

    @cached_property
    def _at_zero(self) -> tuple[float, ...]:
        for own, pays in zip(self.members, self._pays, strict=True):
            if not pays:
                own.neglect()
        return tuple(own.log_e_at(Fraction(0), solve=pays) for own, pays in zip(self.members, self._pays, strict=True))

    def e_bet(self, limit: Fraction) -> Bet:
        logs = self._logs(limit, solve=True)
        shares = np.exp(np.array(logs) - max(logs))
        order = np.argsort(shares, kind="stable")
        kept = np.ones(len(logs), dtype=bool)
        kept[order] = np.cumsum(shares[order]) > _NEGLECTED * shares.sum()  # the least ones, as many as may be
        parts = tuple(own.e_bet(limit) for own, keep in zip(self.members, kept, strict=True) if keep)
        return Mean(parts, len(logs) - len(parts))


def without_gain(null: Null, scores: Floats) -> Floats:
    """Return the scores with losses enlarged until nothing in the null set of 0 gains on the average, if that helps.

    Where settings are biased, photons that always click win a little more often than they lose. A larger loss costs
    much less than a bound of the gain would, which is paid in every trial and not in the few that have a score.
    """
    gains, losses = np.maximum(scores, 0.0), np.maximum(-scores, 0.0)
    factor = 1.0
    # of many settings few have a score: then it pays to lose many times what is won
    most = math.inf if null.is_priced else 1.0
    for _ in range(_STEPS):
        own = _weighed(gains, losses, factor)
        found = null.largest(own, Fraction(0))
        if float(found.bound) <= _NO_GAIN * float(own.max()):
            return own
        lost = float(np.maximum(-own, 0.0) @ found.joint) / factor
        step = found.value / lost if lost > 0 else math.inf
        if not 0 < step < most:
            if factor > 1 and found.value <= _NO_GAIN * float(own.max()):
                return own  # nothing gains; what is left of the bound is rounding, and is paid
            break
        factor += step * (1 + 1e-12)
    return scores


def _weighed(gains: Floats, losses: Floats, factor: float) -> Floats:
    """Return gains minus losses times a factor, in whole numbers where it is nearly a simple fraction and these are."""
    near = Fraction(factor).limit_denominator(_SIMPLE)
    whole = bool((gains == np.rint(gains)).all() and (losses == np.rint(losses)).all())
    largest = max(float(gains.max()) * near.denominator, float(losses.max()) * near.numerator)
    if factor == 1 or not whole or largest > _LARGE or abs(float(near) - factor) > _NEARLY * factor:
        return gains - factor * losses
    return gains * near.denominator - losses * near.numerator
