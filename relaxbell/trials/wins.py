"""Tests by wins in games: exact binomial tails."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Floats
from relaxbell.trials.bets import Bet, Mean, Tails, Wins
from relaxbell.trials.betting import Test
from relaxbell.trials.chances import log_mean, log_mixture, log_tail
from relaxbell.trials.limits import Means, rejected
from relaxbell.trials.sharing import shared_means

_EXACT = 2.0**-51
"""How close limits of games come, relative to them."""

_FEW = 4
"""Games that a binomial tail of 1/4 does not pay for."""

_NEARLY = 1 - 2.0**-30
"""Of chances that are floats and are to be no larger than the exact ones."""


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
        return shared_means(self.null, self.games)

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
        for least, i in self._order(min(limit, Fraction(0))):
            if least >= min(found.values(), default=0.0):  # chances of winning do not fall as the limit rises
                break
            found[i] = log_tail(self.wins[i], self.trials, self.chance(i, limit, solve=solve))
        return found

    def _order(self, start: Fraction) -> list[tuple[float, int]]:
        """Return the logarithms of the tails at a limit with the numbers of their games, the least first.

        What wins one game most wins others as well: few linear programs show that most games are hopeless.
        """
        if start in self._orders:
            return self._orders[start]
        known: list[Floats] = []
        found = []
        for i in sorted(range(len(self.games)), key=lambda own: -self.wins[own]):
            chance = max((float(self.games[i] @ joint) for joint in known), default=0.0) * _NEARLY
            if self._is_hopeless(i, chance):
                found.append((0.0, i))
                continue
            found.append((self._tail(i, start), i))
            known.append(self._means[i].joints[start])
        return self._orders.setdefault(start, sorted(found))

    @cached_property
    def _orders(self) -> dict[Fraction, list[tuple[float, int]]]:
        return {}

    def _tail(self, game: int, limit: Fraction) -> float:
        """Return the logarithm of a tail, or 0 where the game cannot pay the price of four games or more.

        With no more wins than expected the tail exceeds 1/4: a binomial variable reaches its mean with a larger
        probability if the mean exceeds 1 (Greenberg and Mohri, Stat. Probab. Lett. 86, 91 (2014)).
        """
        chance = self.chance(game, limit)
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
