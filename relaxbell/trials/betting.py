"""How a null hypothesis is tested: by wins in games, by scores with stakes, by test factors made of predictions."""

from __future__ import annotations

import abc
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Floats
from relaxbell.trials.bets import Bet, Mean, Run, Stakes, Tails, Wins
from relaxbell.trials.chances import log_gain, log_mean, log_mixture, log_price, log_product, log_tail
from relaxbell.trials.limits import Means, climb, largest_agreed, rejected
from relaxbell.trials.null import Null
from relaxbell.trials.projection import Factor, Projector

ANY_TIME = "trials may end at any time"

_STAKES = tuple(2.0 ** (-j / 2) for j in range(1, 25))
"""Stakes that are averaged; spaced evenly in their logarithm, since the best one may be 1e-4 for photons."""

_NARROWER, _RANGES = 2, 8
"""A limit's distance to that at which a prediction is in the null set, from range to range of one factor, and how many
ranges there are. A stake that is right in the middle loses a quarter of its gain at the ends, which is an eighth of the
distance."""

_EXACT = 2.0**-51
"""How close limits of games come, relative to them."""

_FEW = 4
"""Games that a binomial tail of 1/4 does not pay for."""

_NEARLY = 1 - 2.0**-30
"""Of chances that are floats and are to be no larger than the exact ones."""

_REPEATED = 100
"""Trials of which two runs do not have the same counts by chance."""

_NEGLECTED = 1e-3
"""Of the mean of a family: members that are too small to add as much in all are counted as 0 in certificates."""

_LITTLE = 3.0
"""Logarithm of an e-value by which a member of a family may be behind the best."""

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

    @cached_property
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
    def log_e_at(self, limit: Fraction, *, solve: bool = True) -> float:
        """Return the logarithm of the e-value against a limit, by linear programs there or by what is known already."""

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

    @property
    def ends(self) -> tuple[Fraction, ...]:
        """Where ranges of limits end that are tested with the same tables; the last one has no end."""
        return ()

    def log_e_in(self, limit: Fraction, end: Fraction, *, solve: bool) -> float:
        """Return the logarithm of an e-value against a limit that does not rise within the range that ends at `end`."""
        del end
        return self.log_e_at(limit, solve=solve)

    def log_p_in(self, limit: Fraction, end: Fraction, *, solve: bool) -> float:
        """Return the logarithm of a p-value of a limit that does not fall within the range that ends at `end`."""
        return min(0.0, -self.log_e_in(limit, end, solve=solve))

    def largest_limit(self, log_level: float, ceiling: Fraction) -> Fraction | None:
        """Return a limit up to which all are rejected at a level; None if they all are, up to `ceiling`."""
        return rejected(self.log_p_in, self.ends, log_level, ceiling)


def largest_limit_together(tests: Sequence[Test], log_level: float, ceiling: Fraction) -> Fraction | None:
    """Return a limit up to which all are rejected by the product of the e-values of several runs, or by one test."""
    if len(tests) == 1:
        return tests[0].largest_limit(log_level, ceiling)

    def log_p(limit: Fraction, end: Fraction, *, solve: bool) -> float:
        return min(0.0, -sum(test.log_e_in(limit, end, solve=solve) for test in tests))

    def alone(limit: Fraction) -> float:
        return min(0.0, -sum(test.log_e_at(limit) for test in tests))

    ends = sorted({end for test in tests for end in test.ends})
    return largest_agreed(log_p, alone, ends, log_level, ceiling)


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

    @cached_property
    def _means(self) -> tuple[Means, ...]:
        return tuple(Means(self.null, game.astype(np.float64)) for game in self.games)

    def chance(self, game: int, limit: Fraction, *, solve: bool = True) -> Fraction:
        """Return the largest chance to win a game within the null set, rigorous."""
        return min(Fraction(1), self._means[game].at(limit, solve=solve))

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
        return self.log_p_in(limit, limit, solve=True)

    def log_p_in(self, limit: Fraction, end: Fraction, *, solve: bool) -> float:
        best = min(self._tails(limit, solve=solve).values(), default=0.0)
        price = math.nextafter(math.log(len(self.games)), math.inf) if len(self.games) > 1 else 0.0
        return min(0.0, best + price)

    def _tails(self, limit: Fraction, *, solve: bool) -> dict[int, float]:
        """Return the logarithms of the tails of the games among which the least must be."""
        found: dict[int, float] = {}
        for at_zero, i in self._order:
            if at_zero >= min(found.values(), default=0.0):  # chances of winning do not fall as the limit rises
                break
            found[i] = log_tail(self.wins[i], self.trials, self.chance(i, limit, solve=solve))
        return found

    @cached_property
    def _order(self) -> list[tuple[float, int]]:
        """The logarithms of the tails at 0 with the numbers of their games, the least first.

        What wins one game most wins others as well: few linear programs show that most games are hopeless.
        """
        known: list[Floats] = []
        found = []
        for i in sorted(range(len(self.games)), key=lambda own: -self.wins[own]):
            chance = max((float(self.games[i] @ joint) for joint in known), default=0.0) * _NEARLY
            if self._is_hopeless(i, chance):
                found.append((0.0, i))
                continue
            found.append((self._tail_at_zero(i), i))
            known += self._means[i].joints[:1]
        return sorted(found)

    def _tail_at_zero(self, game: int) -> float:
        """Return the logarithm of a tail at 0, or 0 where the game cannot pay the price of four games or more.

        With no more wins than expected the tail exceeds 1/4: a binomial variable reaches its mean with a larger
        probability if the mean exceeds 1 (Greenberg and Mohri, Stat. Probab. Lett. 86, 91 (2014)).
        """
        chance = self.chance(game, Fraction(0))
        return 0.0 if self._is_hopeless(game, chance) else log_tail(self.wins[game], self.trials, chance)

    def _is_hopeless(self, game: int, chance: Fraction | float) -> bool:
        return len(self.games) >= _FEW and self.trials * chance > 1 and self.wins[game] <= self.trials * chance

    def bet(self, limit: Fraction) -> Tails:
        hopeless = {*range(len(self.games))} - {*self._tails(limit, solve=True)}
        return Tails(self.run, self.games, frozenset(hopeless))

    def e_bet(self, limit: Fraction) -> Bet:
        run = self.run
        bets = tuple(Wins(run, game) for game in self.games)
        return bets[0] if len(bets) == 1 else Mean(bets)

    def largest_limit(self, log_level: float, ceiling: Fraction) -> Fraction | None:
        return rejected(self.log_p_in, self.ends, log_level, ceiling, _EXACT)

    def log_e_at(self, limit: Fraction, *, solve: bool = True) -> float:
        logs = [log_mixture(won, self.trials, self.chance(i, limit, solve=solve)) for i, won in enumerate(self.wins)]
        return logs[0] if len(logs) == 1 else log_mean(logs)


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
        return (f"the functional was named before the data were seen; {ANY_TIME}",)

    def e_bet(self, limit: Fraction) -> Bet:
        return Stakes(self.run, self.scores, tuple(s / self.largest for s in _STAKES))

    @cached_property
    def _means(self) -> Means:
        return Means(self.null, self.scores)

    @cached_property
    def _gains(self) -> Floats:
        """For each stake the logarithm of the product, before it is divided by what it may be on the average."""
        return np.array([log_gain(self.counts, s / self.largest * self.scores) for s in _STAKES])

    def log_e_at(self, limit: Fraction, *, solve: bool = True) -> float:
        return self._log(self._means.near(limit, solve=solve))

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
        logs = zip(self.members, self._at_zero, strict=True)
        least = max(self._at_zero) - _LITTLE
        return [own.log_e_at(limit, solve=solve and log >= least) for own, log in logs]

    @cached_property
    def _at_zero(self) -> tuple[float, ...]:
        return tuple(own.log_e_at(Fraction(0)) for own in self.members)

    def e_bet(self, limit: Fraction) -> Bet:
        logs = self._logs(limit, solve=True)
        least = max(logs) - math.log(len(logs) / _NEGLECTED)
        parts = tuple(own.e_bet(limit) for own, log in zip(self.members, logs, strict=True) if log >= least)
        return Mean(parts, len(logs) - len(parts))


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

        return climb(missing, Fraction(0), self.null.measure.term.ceiling(), 0.0, 1e-2)

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
