"""The best columns of Hall's measure beside other measures: λ at the settings of a set S, in proportion to p(x).

In a column of mass one λ has p(x)/p(S) at the settings x in S. Its price is

    (Σ_{x∈S} p(x) z_x(λ) − Σ_{pairs cut by S} u) / p(S) + rest(λ),

where u ≥ 0 are the weights of the pairs: by the co-area formula such columns are all that is needed. Whether x is in S
is one more variable of z_x, so λ and S are found together by elimination, once for each number that p(S) may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.dependence.form import SettingForm
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.elimination import LARGEST_SUM, Elimination, WidthError
from relaxbell.exact.numbers import Floats

_MOST_SETTINGS = 18
"""A table has a number for each set of settings."""

_MOST_WORK = 2**30
"""Numbers that are added for one maximum; beyond this a round takes minutes."""

_LARGEST = 2**26

_CHOICES = 2**8


@dataclass(frozen=True, eq=False)
class SetWeights:
    """What a price is made of: z_x(λ) of all tables one after the other, u of all pairs, and the tables of the rest."""

    flat: NDArray[Any]
    pairs: NDArray[Any]
    rest: Sequence[NDArray[Any]]


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
        self._form, self._weights, self._pairs = form, weights, pairs
        domains, n = form.model.local.domains, len(weights)
        what = f"the best λ of Hall's measure beside other measures, of {n} settings of {form.model.name},"
        if n > _MOST_SETTINGS:
            raise ModelTooLargeError(
                f"{what} is sought among sets of settings, expected {_MOST_SETTINGS} settings at most. Reduce the "
                "settings, or use dependence(model), M, in its place: M <= (1 - 1/N) Hall for N equally likely settings."
            )
        sets = (np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1
        self._shape = (2,) * n
        self._sizes = (sets @ weights).reshape(self._shape)
        self.totals = np.unique(self._sizes[self._sizes > 0])
        cut = sets[:, pairs[:, 0]] != sets[:, pairs[:, 1]]
        self._cut = cut.astype(np.int64)
        marks = tuple(range(len(domains), len(domains) + n))
        scopes = [*((*scope, mark) for scope, mark in zip(form.scopes, marks, strict=True)), *rest, marks]
        try:
            self._plan = Elimination((*domains, *self._shape), scopes, most=_LARGEST, choices=_CHOICES)
        except WidthError as wide:
            raise ModelTooLargeError(
                f"{what} needs a table of {wide.size:,} numbers, expected at most {_LARGEST:,}. Reduce the settings or "
                "the outcomes."
            ) from None
        work = self._plan.entries * len(self.totals)
        if work > _MOST_WORK:
            raise ModelTooLargeError(
                f"{what} takes {work:.2g} additions each time, expected at most {_MOST_WORK:.2g}. Reduce the settings or "
                "the outcomes, or give p(x) that are equal, so that fewer p(S) are different."
            )

    def _tables(self, given: SetWeights, total: int, cuts: NDArray[Any], low: Any) -> list[NDArray[Any]]:
        """Return the tables whose sum is the price, times the unit's share of a total."""
        unit, kind = int(self._weights.sum()), given.flat.dtype
        found = []
        for own, w in zip(self._form.tables(given.flat), self._weights.tolist(), strict=True):
            found.append(np.stack([np.zeros_like(own), own * (w * unit)], axis=-1))
        found += [own * total for own in given.rest]
        return [*found, np.where(self._sizes == total, cuts * -unit, low).astype(kind)]

    def best(self, given: SetWeights, most: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]:
        """Return prices in floats, at most so many for each p(S), with λ and S."""
        cuts = (self._cut @ given.pairs).reshape(self._shape)
        prices, strategies, sets = [], [], []
        count = len(self._form.model.local.domains)
        for total in self.totals.tolist():
            top, best = self._plan.run(self._tables(given, total, cuts, -np.inf))
            flat = np.asarray(top, dtype=np.float64).ravel()
            places = np.argpartition(-flat, most - 1)[:most] if len(flat) > most else np.arange(len(flat))
            places = places[flat[places] > -np.inf]
            own = best.assignments(places)
            prices.append(flat[places] / total)
            strategies.append(own[:, :count])
            sets.append(own[:, count:] == 1)
        return np.concatenate(prices), np.concatenate(strategies), np.concatenate(sets)

    def largest(self, given: SetWeights) -> Fraction:
        """Return the largest price of whole weights, exactly."""
        unit = int(self._weights.sum())
        cuts = (self._cut.astype(object) @ given.pairs.astype(object)).reshape(self._shape)
        size = unit * (unit * int(abs(given.flat).max(initial=0)) + int(abs(cuts).max(initial=0)))
        size += unit * sum(int(abs(own).max(initial=0)) for own in given.rest)
        small = 8 * size + 8 < LARGEST_SUM
        kind: Any = np.int64 if small else object
        low = -4 * size - 1
        own = SetWeights(given.flat.astype(kind), given.pairs, [table.astype(kind) for table in given.rest])
        found = []
        for total in self.totals.tolist():
            tables = self._tables(own, total, cuts.astype(kind), low)
            found.append(Fraction(int(self._plan.run(tables, choices=False)[0].max()), total))
        return max(found)
