"""How a null hypothesis is tested: by wins in games, by scores with stakes, by test factors made of predictions."""

from __future__ import annotations

import abc
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Floats
from relaxbell.trials.bets import Bet, Mean, Run, Stakes, Tails, Wins
from relaxbell.trials.chances import log_mean, log_mixture, log_product, log_tail
from relaxbell.trials.null import Null
from relaxbell.trials.projection import Factor, Projector

_STAKES = tuple(2.0 ** (-j / 2) for j in range(1, 25))
"""Stakes that are averaged; spaced evenly in their logarithm, since the best one may be 1e-4 for photons."""

_FEW = 4
"""Games that a binomial tail of 1/4 does not pay for."""

_REPEATED = 100
"""Trials of which two runs do not have the same counts by chance."""

_STEPS = 30
_NO_GAIN = 1e-13
"""Relative to the largest score."""


@dataclass(frozen=True, eq=False)
class Test(abc.ABC):
    """A test of "in every trial the measure is at most ε" on the counts of one run.

    Attributes
    ----------
    null
        The distributions that are tested.
    counts
        Trials in each cell, flat, in the model's order.
    """

    null: Null
    counts: NDArray[np.int64]

    @property
    def trials(self) -> int:
        """Number of trials that are tested."""
        return int(self.counts.sum())

    @property
    @abc.abstractmethod
    def method(self) -> str:
        """What is done, in words."""

    @property
    @abc.abstractmethod
    def assumptions(self) -> tuple[str, ...]:
        """What it assumes beyond the null hypothesis, in words."""

    @abc.abstractmethod
    def log_e_at(self, limit: Fraction) -> float:
        """Return the logarithm of the e-value against a limit."""

    def log_p_at(self, limit: Fraction) -> float:
        """Return the logarithm of the p-value of a limit."""
        return min(0.0, -self.log_e_at(limit))

    def repeats(self, other: Test) -> bool:
        """Return whether another test is of the same trials: it shares their table, or has equal counts of many."""
        if np.shares_memory(self.counts, other.counts):
            return True
        return self.trials >= _REPEATED and np.array_equal(self.counts, other.counts)

    @property
    def run(self) -> Run:
        """The trials, as one run."""
        return Run(self.null, self.counts)

    @abc.abstractmethod
    def e_bet(self, limit: Fraction) -> Bet:
        """Return the rule of the e-value against a limit, for its certificate."""

    def bet(self, limit: Fraction) -> Bet | Tails:
        """Return the rule of the p-value of a limit, for its certificate."""
        return self.e_bet(limit)

    def largest_limit(self, log_level: float, ceiling: Fraction) -> Fraction | None:
        """Return a limit up to which all are rejected at a level; None if they all are, up to `ceiling`."""
        return search(self.log_p_at, log_level, ceiling, 1e-6)


@dataclass(frozen=True, eq=False)
class GameTest(Test):
    """Numbers of wins in games: exact binomial tails.

    Attributes
    ----------
    games
        0 and 1 for each cell, flat. One that was named in advance, or a family among which the data choose.
    name
        Of the game or the family.
    """

    games: tuple[NDArray[np.int64], ...]
    name: str

    @cached_property
    def wins(self) -> tuple[int, ...]:
        """Trials won in each game."""
        return tuple(sum(int(n) for n in self.counts[game > 0]) for game in self.games)

    def chance(self, game: int, limit: Fraction) -> Fraction:
        """Return the largest chance to win a game within the null set, rigorous."""
        return min(Fraction(1), self.null.largest(self.games[game].astype(np.float64), limit).bound)

    @property
    def method(self) -> str:
        best = int(np.argmax(self.wins))
        wins, count = self.wins[best], len(self.games)
        chance = float(self.chance(best, Fraction(0)))
        text = f"exact binomial tail, {wins:,} of {self.trials:,} trials won, at most {chance:.6g} expected at 0, in "
        if count == 1:
            return text + self.name
        return text + f"the best of {count} games ({self.name}), p times {count} for the choice; e-value: their mean"

    @property
    def assumptions(self) -> tuple[str, ...]:
        named = "the game was named before the data were seen" if len(self.games) == 1 else "no game was named"
        return "the number of trials was fixed in advance (the e-value does not need that)", named

    def log_p_at(self, limit: Fraction) -> float:
        hopeful = [i for i in range(len(self.games)) if not self._is_hopeless(i, limit)]
        tails = [log_tail(self.wins[i], self.trials, self.chance(i, limit)) for i in hopeful]
        price = math.nextafter(math.log(len(self.games)), math.inf) if len(self.games) > 1 else 0.0
        return min(0.0, min(tails, default=0.0) + price)

    def _is_hopeless(self, game: int, limit: Fraction) -> bool:
        """Return whether a game has no more wins than expected, and so cannot pay the price of four games or more.

        Then its tail exceeds 1/4: a binomial variable reaches its mean with a larger probability if the mean exceeds 1
        (Greenberg and Mohri, Stat. Probab. Lett. 86, 91 (2014)). Chances of winning do not fall as the limit rises.
        """
        if len(self.games) < _FEW:
            return False
        known, chance = self._chances.get(game, (None, Fraction(0)))
        if known is None or limit < known:
            chance = self.chance(game, limit)
            self._chances[game] = limit, chance
        return self.trials * chance > 1 and self.wins[game] <= self.trials * chance

    def bet(self, limit: Fraction) -> Tails:
        hopeless = (i for i in range(len(self.games)) if self._is_hopeless(i, limit))
        return Tails(self.run, self.games, frozenset(hopeless))

    def e_bet(self, limit: Fraction) -> Bet:
        run = self.run
        bets = tuple(Wins(run, game) for game in self.games)
        return bets[0] if len(bets) == 1 else Mean(bets)

    @cached_property
    def _chances(self) -> dict[int, tuple[Fraction, Fraction]]:
        """For each game the least limit asked for, with the chance to win there."""
        return {}

    def log_e_at(self, limit: Fraction) -> float:
        logs = [log_mixture(won, self.trials, self.chance(i, limit)) for i, won in enumerate(self.wins)]
        return logs[0] if len(logs) == 1 else log_mean(logs)

    def largest_limit(self, log_level: float, ceiling: Fraction) -> Fraction | None:
        return search(self.log_p_at, log_level, ceiling, 1e-15)


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
    """

    scores: Floats
    largest: float
    name: str

    @property
    def method(self) -> str:
        decisive = int(self.counts[self.scores != 0].sum())
        return (
            f"e-value, mean over {len(_STAKES)} stakes on the scores of {self.name} ({decisive:,} of {self.trials:,} "
            "trials have one)"
        )

    @property
    def assumptions(self) -> tuple[str, ...]:
        return ("the functional was named before the data were seen; trials may end at any time",)

    def log_e_at(self, limit: Fraction) -> float:
        bound = self.null.largest(self.scores, limit).bound
        stakes = [s / self.largest for s in _STAKES]
        return log_mean([log_product(self.counts, s * self.scores, Fraction(s) * bound) for s in stakes])

    def e_bet(self, limit: Fraction) -> Bet:
        return Stakes(self.run, self.scores, tuple(s / self.largest for s in _STAKES))


def without_gain(null: Null, scores: Floats) -> Floats:
    """Return the scores with losses enlarged until nothing in the null set of 0 gains on the average, if that helps.

    Where settings are biased, photons that always click win a little more often than they lose. A larger loss costs
    much less than a bound of the gain would, which is paid in every trial and not in the few that have a score.
    """
    gains, losses = np.maximum(scores, 0.0), np.maximum(-scores, 0.0)
    factor = 1.0
    for _ in range(_STEPS):
        own = gains - factor * losses
        found = null.largest(own, Fraction(0))
        if float(found.bound) <= _NO_GAIN * float(gains.max()):
            return own
        lost = float(losses @ found.joint)
        step = found.value / lost if lost > 0 else math.inf
        if not 0 < step < 1:
            if factor > 1 and found.value <= _NO_GAIN * float(gains.max()):
                return own  # nothing gains; what is left of the bound is rounding, and is paid
            break
        factor += step * (1 + 1e-12)
    return scores


@dataclass(frozen=True, eq=False)
class FactorTest(Test):
    """Products of a test factor made from a prediction, another one for each limit.

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

    def log_e_at(self, limit: Fraction) -> float:
        return self._log(self.factor(limit))

    def e_bet(self, limit: Fraction) -> Bet:
        return Stakes(self.run, self.factor(limit).excess)

    def _log(self, factor: Factor) -> float:
        return log_product(self.counts, factor.excess, factor.bound)

    def largest_limit(self, log_level: float, ceiling: Fraction) -> Fraction | None:
        def rough(limit: Fraction) -> float:
            return -self._log(self.projector.rough(limit))

        found = search(rough, log_level, ceiling, 1e-3)
        while found and self.log_p_at(found) > log_level:  # the best factor need not have the smallest p-value
            found = Fraction(float(found) * (1 - 1e-3))
        return found


def search(log_p: Callable[[Fraction], float], level: float, ceiling: Fraction, accuracy: float) -> Fraction | None:
    """Return the largest limit found below which log p ≤ level, from below; None if up to `ceiling` all are.

    A p-value that rises with the limit, as that of a game does, needs no more; one of factors made anew for each limit
    is followed by factors of sixteen, then by halves and chords.
    """
    low, high = Fraction(0), min(Fraction(1, 2**24), ceiling)
    under, over = log_p(low) - level, log_p(high) - level
    while over <= 0:
        if high >= ceiling:
            return None
        low, high = high, min(16 * high, ceiling)
        under, over = over, log_p(high) - level
    turn = 0
    while high - low > accuracy * float(high):
        share = -under / (over - under) if turn % 3 and math.isfinite(under) and math.isfinite(over) else 0.5
        middle = Fraction(float(low + (high - low) * Fraction(min(0.98, max(0.02, share)))))
        turn += 1
        if not low < middle < high:
            break
        found = log_p(middle) - level
        if found <= 0:
            low, under = middle, found
        else:
            high, over = middle, found
    return low
