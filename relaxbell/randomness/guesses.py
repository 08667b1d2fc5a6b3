"""What the programs of all adversaries are made of: tables of settings, what was observed, what is guessed, budgets."""

from __future__ import annotations

import abc
import itertools
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from relaxbell.exact.numbers import Exact, ExactNumber, Floats
from relaxbell.randomness.reading import Rows
from relaxbell.randomness.tables import SettingTable


@dataclass(eq=False)
class GuessingRows(abc.ABC):
    """max Σ_λ p(settings*, λ) P(guess_λ|settings*, λ) / p(settings*), subject to what was observed and to budgets.

    Attributes
    ----------
    tables
        Extreme tables p(settings|λ).
    settings
        p(settings), flat.
    observed
        Rows of exact coefficients over p(outputs, inputs), flat, with their values.
    guesses
        For each guess the cells in which it is right, all at one setting.
    budgets
        Most of Σ p(λ) cost.
    """

    tables: tuple[SettingTable, ...]
    settings: tuple[Fraction, ...]
    observed: Rows
    guesses: list[list[int]]
    budgets: list[ExactNumber]

    @property
    @abc.abstractmethod
    def cells(self) -> int:
        """Number of entries of p(outputs|inputs)."""

    @cached_property
    def sides(self) -> list[ExactNumber]:
        """Right-hand sides: the observed values, then the budgets."""
        return [*(value for _, value in self.observed), *self.budgets]

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """All tables with all guesses."""
        return list(itertools.product(range(len(self.tables)), range(len(self.guesses))))

    @cached_property
    def gains(self) -> Exact:
        """For each guess, 1 / p(settings*) in the cells where it is right."""
        chance = self.settings[self.guesses[0][0] % len(self.settings)]
        found = np.zeros((len(self.guesses), self.cells), dtype=object)
        for g, cells in enumerate(self.guesses):
            found[g, cells] = 1 / chance
        return found

    @cached_property
    def float_rows(self) -> Floats:
        """The coefficients of what was observed, a row each."""
        found = np.zeros((len(self.observed), self.cells))
        for i, (row, _) in enumerate(self.observed):
            for j, v in row.items():
                found[i, j] = float(v)
        return found

    @cached_property
    def float_tables(self) -> Floats:
        """The tables over cells, a row each."""
        tables = np.array([[float(w) for w in table.weights] for table in self.tables])
        return np.tile(tables, (1, self.cells // len(self.settings)))

    @cached_property
    def float_costs(self) -> Floats:
        """What each table costs."""
        return np.array([float(table.cost) for table in self.tables])
