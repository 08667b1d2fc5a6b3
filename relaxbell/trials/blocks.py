"""Test factors that are made anew for each block of ordered trials, from the trials before it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.trials.bets import Bet, Product
from relaxbell.trials.betting import ANY_TIME, Test
from relaxbell.trials.factors import FactorTest
from relaxbell.trials.limits import largest_agreed
from relaxbell.trials.projection import Factor


@dataclass(frozen=True, eq=False)
class BlocksTest(Test):
    """Product of the e-values of blocks of trials: each block's factor is made from what was before it.

    Given all before a block its factor is fixed, and has mean at most 1 in each of its trials: so the product is an
    e-value whatever memory devices have. Nothing needs to be independent or alike.

    Attributes
    ----------
    parts
        One for each block that is bet on, in order; `counts` is the sum of theirs.
    blocks
        How many there are.
    learned
        Trials of the first block, where nothing was bet on it; 0 where a prediction was given for it.
    """

    parts: tuple[FactorTest, ...]
    blocks: int
    learned: int

    def factors(self, limit: Fraction) -> tuple[tuple[Factor, NDArray[np.int64]], ...]:
        """Return, for each block that is bet on, its certified factor for a limit, and its counts."""
        return tuple((part.factor(limit), part.counts) for part in self.parts)

    @property
    def method(self) -> str:
        """What is done, in words."""
        text = (
            f"e-value, product over {len(self.parts)} of {self.blocks} blocks of trials, each with the fit of all "
            "trials before it over its projection on the null set, certified"
        )
        if self.learned:
            return text + f"; the first {self.learned:,} trials are learned from only"
        return text + f"; the first block with {self.parts[0].source}"

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What it assumes beyond the null hypothesis, in words."""
        own = self.parts[0].conditions if not self.learned else ()
        order = "the trials are in the order in which they were taken"
        # another number of trials has other blocks, each with another factor: who lets the data choose it chooses one
        fixed = "the numbers of trials and of blocks were fixed in advance (they say where blocks begin)"
        return tuple(dict.fromkeys((order, fixed, *(words for words in own if words != ANY_TIME))))

    def log_e_at(self, limit: Fraction, *, solve: bool = True) -> float:
        """Return the logarithm of the product."""
        return sum(part.log_e_at(limit, solve=solve) for part in self.parts)

    def e_bet(self, limit: Fraction) -> Bet:
        """Return the rule of the product, for its certificate."""
        return Product(tuple(part.e_bet(limit) for part in self.parts))

    @cached_property
    def ends(self) -> tuple[Fraction, ...]:
        """Where the ranges of any of the factors end."""
        return tuple(sorted({end for part in self.parts for end in part.ends}))

    def log_e_in(self, limit: Fraction, end: Fraction, *, solve: bool) -> float:
        """Return the same with factors that serve ranges of limits."""
        return sum(part.log_e_in(limit, end, solve=solve) for part in self.parts)

    def largest_limit(self, log_level: float, ceiling: Fraction) -> Fraction | None:
        """Return a limit up to which all are rejected at a level; None if they all are, up to `ceiling`."""
        return largest_agreed(self.log_p_in, self.log_p_at, self.ends, log_level, ceiling)
