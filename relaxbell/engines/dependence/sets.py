"""The best columns of Hall's measure beside other measures: λ at the settings of a set S, in proportion to p(x).

In a column of mass one λ has p(x)/p(S) at the settings x in S. Its price is

    (Σ_{x∈S} p(x) z_x(λ) − Σ_{pairs cut by S} u) / p(S) + rest(λ),

where u ≥ 0 are the weights of the pairs: by the co-area formula such columns are all that is needed. Whether x is in S
is one more variable of z_x; variables of λ are eliminated as long as few of these meet, once for each number that p(S)
may be, and what remains is added up for each S.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.dependence.form import SettingForm
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.elimination import LARGEST_SUM, Best, Elimination
from relaxbell.exact.numbers import Floats

_MOST_SETTINGS = 18
"""All sets of settings are tried."""

_MOST_WORK = 2**29
"""Numbers that are added for one maximum; beyond this a round takes minutes."""

_MOST_OTHERS = 18
"""Most assignments (log2) of the variables of λ that are left to the end."""


@dataclass(frozen=True, eq=False)
class SetWeights:
    """What a price is made of: z_x(λ) of all tables one after the other, u of all pairs, and the tables of the rest."""

    flat: NDArray[Any]
    pairs: NDArray[Any]
    rest: Sequence[NDArray[Any]]


@dataclass(frozen=True, eq=False)
class _Part:
    """A table that is left: where it is, which entry each S reads, and the axes of the other variables."""

    place: int
    entries: NDArray[np.int64]
    shape: tuple[int, ...]


class SetSearch:
    """Finds the best λ and S.

    Parameters
    ----------
    form
        The tables.
    weights
        p(x) as whole numbers, whose sum is the unit.
    pairs
        All pairs of settings, shape (pairs, 2).
    rest
        Scopes of the tables that are added for each λ, ascending.

    Raises
    ------
    ModelTooLargeError
        If that takes too long.
    """

    def __init__(
        self, form: SettingForm, weights: NDArray[np.int64], pairs: NDArray[np.intp], rest: Sequence[tuple[int, ...]]
    ) -> None:
        self._form, self._weights, self._unit = form, weights, int(weights.sum())
        domains, n = form.model.local.domains, len(weights)
        what = f"the best λ of Hall's measure, of {n} settings of {form.model.name},"
        if n > _MOST_SETTINGS:
            raise ModelTooLargeError(
                f"{what} is sought among all sets of settings, expected {_MOST_SETTINGS} settings at most. Reduce "
                "them, or use dependence(model), M, in its place: M <= (1 - 1/N) Hall for N equally likely settings."
            )
        self._sets = (np.arange(1, 2**n)[:, None] >> np.arange(n)[::-1]) & 1
        sums = self._sets @ weights
        self._of_total = {int(total): np.flatnonzero(sums == total) for total in np.unique(sums)}
        self._cut = self._sets[:, pairs[:, 0]] != self._sets[:, pairs[:, 1]]
        marks = tuple(range(len(domains), len(domains) + n))
        scopes = [*((*scope, mark) for scope, mark in zip(form.scopes, marks, strict=True)), *rest, marks]
        self._plan, self._work = min(
            (self._planned((*domains, *(2,) * n), scopes, 2**k) for k in range(n, n + _MOST_OTHERS + 1, 2)),
            key=lambda own: own[1],
        )
        plan = self._plan
        if self._work > _MOST_WORK:
            raise ModelTooLargeError(
                f"{what} takes {self._work:.2g} additions each time, expected at most {_MOST_WORK:.2g}. Reduce the "
                "settings or the outcomes, or take more equal p(x), so that fewer p(S) are different."
            )
        self._others = tuple(v for v in plan.kept if v < len(domains))
        self._shape = tuple(plan.domains[v] for v in self._others)
        self._parts = [
            self._part(place, scope, marks)
            for place, (number, scope) in enumerate(plan.parts)
            if number != len(scopes) - 1  # the one that is there to keep the marks together
        ]

    def _planned(
        self, domains: tuple[int, ...], scopes: list[tuple[int, ...]], choices: int
    ) -> tuple[Elimination, float]:
        """Return a plan in which at most so many assignments are left to the end, and its work."""
        plan = Elimination(domains, scopes, choices=choices)
        marks = scopes[-1]
        if not set(marks) <= set(plan.kept):
            return plan, math.inf
        left = math.prod(plan.domains[v] for v in plan.kept if v not in marks)
        return plan, plan.steps * len(self._of_total) + len(self._sets) * left * len(plan.parts)

    def _part(self, place: int, scope: tuple[int, ...], marks: Sequence[int]) -> _Part:
        entries = np.zeros(len(self._sets), dtype=np.int64)
        for k, mark in enumerate(marks):
            if mark in scope:
                entries = 2 * entries + self._sets[:, k]
        return _Part(place, entries, tuple(self._plan.domains[v] if v in scope else 1 for v in self._others))

    def _cuts(self, given: SetWeights) -> NDArray[Any]:
        """Return what the pairs take from the price of each S, times p(S)."""
        cut = self._floats if given.pairs.dtype == np.float64 else self._cut.astype(given.pairs.dtype)
        return np.asarray(cut @ given.pairs) * -self._unit

    @cached_property
    def _floats(self) -> Floats:
        """Which pairs each S cuts, for fast products."""
        return self._cut.astype(np.float64)

    def _prices(self, given: SetWeights, cuts: NDArray[Any], total: int, *, choices: bool) -> tuple[NDArray[Any], Best]:
        """Return the prices times a total: an axis for each variable left, then one for the sets of that total."""
        kind = given.flat.dtype
        tables = []
        for own, w in zip(self._form.tables(given.flat), self._weights.tolist(), strict=True):
            tables.append(np.stack([np.zeros_like(own), own * (w * self._unit)], axis=-1))
        tables += [np.asarray(own * total, dtype=kind) for own in given.rest]
        tables.append(np.broadcast_to(np.zeros((), dtype=kind), (2,) * len(self._weights)))
        left, best = self._plan.run_parts(tables, choices=choices)
        chosen = self._of_total[total]
        prices = np.empty((*self._shape, len(chosen)), dtype=kind)
        prices[...] = cuts[chosen]
        for part in self._parts:
            own = np.ascontiguousarray(left[part.place].reshape(math.prod(part.shape), -1))
            prices += own.take(part.entries[chosen], axis=1).reshape(*part.shape, len(chosen))
        return prices, best

    def best(self, given: SetWeights, most: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]:
        """Return prices in floats, at most so many for each p(S), with λ and S."""
        prices, strategies, sets = [], [], []
        count = len(self._form.model.local.domains)
        powers = 2 ** np.arange(len(self._weights))[::-1]
        cuts = self._cuts(given)
        for total, chosen in self._of_total.items():
            own, best = self._prices(given, cuts, total, choices=True)
            flat = own.ravel()
            places = np.argpartition(-flat, most - 1)[:most] if len(flat) > most else np.arange(len(flat))
            own_sets = self._sets[chosen[places % len(chosen)]]
            at = (
                places // len(chosen) * 2 ** len(powers) + own_sets @ powers
            )  # the marks are the last of the kept variables
            prices.append(flat[places] / total)
            strategies.append(best.assignments(at)[:, :count])
            sets.append(own_sets == 1)
        return np.concatenate(prices), np.concatenate(strategies), np.concatenate(sets)

    def largest(self, given: SetWeights) -> Fraction:
        """Return the largest price of whole weights, exactly."""
        size = self._unit * self._unit * int(abs(given.flat).max(initial=0))
        size += self._unit * sum(map(abs, given.pairs.tolist()))
        size += self._unit * sum(int(abs(own).max(initial=0)) for own in given.rest)
        kind: Any = np.int64 if 4 * size < LARGEST_SUM else object
        rest = [own.astype(kind) for own in given.rest]
        own = SetWeights(given.flat.astype(kind), given.pairs.astype(kind), rest)
        cuts = self._cuts(own)
        return max(
            Fraction(int(self._prices(own, cuts, total, choices=False)[0].max()), total) for total in self._of_total
        )
