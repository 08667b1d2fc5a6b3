"""Finitely many tables p(settings|λ) of which all within bounds and a budget are mixtures."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from relaxbell.errors import MeasureError, ModelTooLargeError

_MOST = 200_000
"""Tables that are listed."""


@dataclass(frozen=True)
class SettingTable:
    """A table p(settings|λ), one entry for each setting, and what it costs: Σ |p(settings|λ) − p(settings)|."""

    weights: tuple[Fraction, ...]
    cost: Fraction


def extreme_tables(
    settings: Sequence[Fraction], lower: Fraction | None, upper: Fraction | None, *, costly: bool
) -> tuple[SettingTable, ...]:
    """Return the tables of which those with lower ≤ p(x|λ) ≤ upper are mixtures, at no larger mean cost.

    Where the cost counts, it is linear between the tables with |p(x|λ) − p(x)| of one sign for each x; a vertex of such
    a part has all entries but one at p(x), at a bound, or at 0. Settings that do not occur keep probability 0.

    Parameters
    ----------
    settings
        p(x), exact.
    lower, upper
        Bounds, or None.
    costly
        Whether there is a budget of the cost.

    Raises
    ------
    MeasureError
        If a bound excludes p(x) itself.
    ModelTooLargeError
        If there are too many.

    Examples
    --------
    >>> quarter = Fraction(1, 4)
    >>> [str(w) for w in extreme_tables([quarter] * 4, Fraction(1, 5), None, costly=False)[0].weights]
    ['1/5', '1/5', '1/5', '2/5']
    >>> len(extreme_tables([quarter] * 4, None, None, costly=True))  # p itself, and 28 with settings left out
    29
    """
    occurring = [i for i, p in enumerate(settings) if p]
    p = [settings[i] for i in occurring]
    for bound, wrong, extreme in ((lower, 1, min(p)), (upper, -1, max(p))):
        if bound is not None and (bound - extreme) * wrong > 0:
            raise MeasureError(
                f"the bound {bound} on p(settings|λ) cannot hold: the settings themselves have probability {extreme}. "
                f"Expected {'at most' if wrong > 0 else 'at least'} that."
            )
    if lower is None and upper is None and not costly:
        return (SettingTable(tuple(settings), Fraction(0)),)
    low, high = Fraction(0) if lower is None else lower, Fraction(1) if upper is None else upper
    choices = [sorted({low, high if upper is not None else low, *([own] if costly else [])}) for own in p]
    count = sum(math.prod(len(c) for c in choices[:k] + choices[k + 1 :]) for k in range(len(p)))
    if count > _MOST:
        raise ModelTooLargeError(
            f"{len(p)} settings have up to {count:,} extreme tables p(settings|λ), expected at most {_MOST:,}. Use "
            "fewer settings, or one kind of budget."
        )
    found: set[tuple[Fraction, ...]] = set()
    for free in range(len(p)):
        for others in itertools.product(*choices[:free], *choices[free + 1 :]):
            rest = 1 - sum(others, Fraction(0))
            if low <= rest <= high:
                found.add((*others[:free], rest, *others[free:]))
    return tuple(_whole(table, p, occurring, len(settings)) for table in sorted(found))


def _whole(table: Sequence[Fraction], p: Sequence[Fraction], places: Sequence[int], count: int) -> SettingTable:
    weights = [Fraction(0)] * count
    for i, w in zip(places, table, strict=True):
        weights[i] = w
    return SettingTable(tuple(weights), sum((abs(a - b) for a, b in zip(table, p, strict=True)), Fraction(0)))
