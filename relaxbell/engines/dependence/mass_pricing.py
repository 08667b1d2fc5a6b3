"""Finding the best columns of problems with masses: for M, for limits of p(x|λ), and for Hall's measure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.dependence.form import MOST_WORK
from relaxbell.engines.dependence.levels import Best, Levels, LevelSearch
from relaxbell.engines.dependence.masses import MassForm
from relaxbell.engines.dependence.pricing import DependencePricer
from relaxbell.engines.dependence.sets import SetSearch, SetWeights
from relaxbell.engines.linear.priced.form import Found, Pricer
from relaxbell.errors import ModelTooLargeError, SolverError
from relaxbell.exact.elimination import LARGEST_SUM
from relaxbell.exact.numbers import Floats

_KEPT = 20
"""Most columns of a batch of answers."""

_MOST_LEVELS, _MOST_STEPS = 250, 4096
"""Masses of one setting, and steps of all together, up to which limits of p(x|λ) are kept by pricing."""


@dataclass(frozen=True, eq=False)
class _Columns:
    """Columns that were found, the best of each λ."""

    found: NDArray[np.int64]

    def assignments(self, places: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return some of them."""
        return self.found[places]


class MassPricer(Pricer):
    """Finds the columns of least reduced cost.

    Parameters
    ----------
    form
        The problem.
    """

    def __init__(self, form: MassForm) -> None:
        self._form, (rest, self._others) = form, form.rest
        self._rest = Pricer(rest)
        entries = np.arange(int(form.settings.starts[-1]))
        self._search = DependencePricer(form.settings, entries, self._rest.elimination.scopes)

    def best(self, weights: Floats) -> tuple[Floats, Found]:
        form = self._form
        flat, two = form.settings.flat(-weights[form.visited]), self._two(weights)
        rest = [np.asarray(own, dtype=np.float64) for own in self._rest.tables(weights[self._others])]
        _, strategies, values = self._search.best(
            flat, form.weights.astype(np.float64), _KEPT, -math.inf, max(float(two), 0.0), rest
        )
        z = flat[form.settings.cells(strategies)]
        star, each = z.argmax(axis=1), np.arange(len(z))
        mass = np.where(z > z.max(axis=1)[:, None] - two, form.weights, 0)
        mass[each, star] += form.unit - mass.sum(axis=1)
        return values, _Columns(np.concatenate([strategies, mass], axis=1))

    def _two(self, weights: NDArray[np.float64] | NDArray[np.int64]) -> float | int:
        """Return twice the weight of M."""
        total: float | int = sum(weights[self._form.mass_rows].tolist())
        return 2 * total

    def least(self, whole: NDArray[np.int64]) -> int | Fraction:
        form = self._form
        two = int(self._two(whole.astype(object)))
        if two < 0:
            raise SolverError(f"the weight of M is {two / 2:.3g}, expected none below 0. Report model and data.")
        size = max(map(abs, [*whole.tolist(), two]), default=0)
        mass = 2 * form.unit * max(1, form.settings.mass) + 2 * int(self._rest_mass)
        whole = whole.astype(np.int64 if size * mass < LARGEST_SUM else object)
        rest = self._rest.tables(whole[self._others])
        flat = form.settings.flat(-whole[form.visited])
        return -self._greatest(flat, two, rest, size * mass)

    def _greatest(self, flat: NDArray[Any], two: int, rest: Sequence[NDArray[Any]], size: int) -> int:
        """Return the largest price of whole weights, where no sum exceeds a size."""
        return int(self._search.largest(flat, self._form.weights.astype(flat.dtype), two, rest))

    @cached_property
    def _rest_mass(self) -> float:
        return self._form.rest[0].mass


@dataclass(frozen=True, eq=False)
class _Leveled:
    """Columns that were found by levels of masses."""

    best: Best

    def assignments(self, places: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return some of them."""
        return np.concatenate(self.best.found(places), axis=1)


class LevelPricer(MassPricer):
    """Finds the columns of least reduced cost where masses have limits.

    Parameters
    ----------
    form
        The problem.

    Raises
    ------
    ModelTooLargeError
        If that takes too long.
    """

    def __init__(self, form: MassForm) -> None:
        self._form, (rest, self._others) = form, form.rest
        self._rest = Pricer(rest)
        assert form.box is not None
        settings = form.settings
        corners = form.weights.tolist() if len(form.mass_rows) else None
        levels = Levels.of(len(form.weights), form.unit, *form.box, corners)
        many = max(map(len, levels.each)) > _MOST_LEVELS or levels.target > _MOST_STEPS
        domains, scopes = form.rows.domains, self._rest.elimination.scopes
        self._levels = None if many else LevelSearch(settings.layout.settings, domains, settings.scopes, scopes, levels)
        if self._levels is None or max(self._levels.work, 8 * self._levels.largest) > MOST_WORK:
            took = (
                f"takes {levels.target:,} steps of mass"
                if self._levels is None
                else f"adds {self._levels.work:.2g} numbers"
            )
            raise ModelTooLargeError(
                f"the best strategy of {settings.model.name} with limits of p(x|λ) {took} each time, expected at most "
                f"{_MOST_STEPS:,} steps and {MOST_WORK:.2g} numbers. Give limits that are simple multiples of p(x), or "
                "reduce the settings."
            )

    def _search_levels(
        self, flat: NDArray[Any], two: float | int, rest: Sequence[NDArray[Any]], low: float | int, *, choices: bool
    ) -> tuple[NDArray[Any], Best]:
        form, tables = self._form, self._form.settings.tables(flat)

        def gains(x: int, mass: int) -> NDArray[Any]:
            away = abs(mass - int(form.weights[x]))
            return tables[x] * mass - (two * away / 2 if isinstance(two, float) else two * away // 2)

        assert self._levels is not None
        return self._levels.run(gains, rest, low, choices=choices)

    def best(self, weights: Floats) -> tuple[Floats, Found]:
        flat = self._form.settings.flat(-weights[self._form.visited])
        rest = [np.asarray(own, dtype=np.float64) for own in self._rest.tables(weights[self._others])]
        two = max(float(self._two(weights)), 0.0)
        top, best = self._search_levels(flat, two, rest, -math.inf, choices=True)
        return np.asarray(top, dtype=np.float64), _Leveled(best)

    def _greatest(self, flat: NDArray[Any], two: int, rest: Sequence[NDArray[Any]], size: int) -> int:
        top, _ = self._search_levels(flat, two, rest, -4 * size - 1, choices=False)
        return int(top.max())


class SetPricer(MassPricer):
    """Finds the columns of least reduced cost where there is Hall's measure.

    Parameters
    ----------
    form
        The problem.

    Raises
    ------
    ModelTooLargeError
        If that takes too long.
    """

    def __init__(self, form: MassForm) -> None:
        self._form, (rest, self._others) = form, form.rest
        self._rest = Pricer(rest)
        n = len(form.weights)
        self._pairs = np.array(list(itertools.combinations(range(n), 2)), dtype=np.intp)
        self._number = {tuple(pair): k for k, pair in enumerate(self._pairs.tolist())}
        self._sets = SetSearch(form.settings, form.weights, self._pairs, self._rest.elimination.scopes)

    def _given(self, weights: NDArray[Any]) -> SetWeights:
        """Return what the price is made of; the pairs times what a set adds to their row, in the unit."""
        form = self._form
        pairs = np.zeros(len(self._pairs), dtype=weights.dtype)
        for row, rows in form.pair_rows.items():
            x, y, left, _, _ = rows.told
            pairs[self._number[x, y]] += weights[row] * (left * int(form.weights[x]))
        rest = [np.asarray(own, dtype=weights.dtype) for own in self._rest.tables(weights[self._others])]
        return SetWeights(form.settings.flat(-weights[form.visited]), pairs, rest)

    def best(self, weights: Floats) -> tuple[Floats, Found]:
        form, given = self._form, self._given(weights)
        prices, strategies, sets = self._sets.best(replace(given, pairs=np.maximum(given.pairs, 0.0)), _KEPT)
        mass = np.where(sets, form.weights, 0)
        mass *= (form.unit // np.gcd(form.unit, mass.sum(axis=1)))[:, None]
        return prices, _Columns(np.concatenate([strategies, mass], axis=1))

    def least(self, whole: NDArray[np.int64]) -> int | Fraction:
        given = self._given(whole.astype(object))
        if min(given.pairs.tolist(), default=0) < 0:
            raise SolverError("the weight of a pair of settings is below 0. Report model and data.")
        return -self._sets.largest(given)


def pricer_of(form: MassForm) -> MassPricer:
    """Return what finds the best columns of a form."""
    return LevelPricer(form) if form.box else SetPricer(form) if form.pair_rows else MassPricer(form)
