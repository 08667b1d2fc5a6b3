"""How a null hypothesis is tested on the counts of runs: what all tests have, and the product of several."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.trials.bets import Bet, Run, Tails
from relaxbell.trials.limits import largest_agreed, rejected
from relaxbell.trials.null import Null

ANY_TIME = "trials may end at any time"

_REPEATED = 100
"""Trials of which two runs do not have the same counts by chance."""


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
