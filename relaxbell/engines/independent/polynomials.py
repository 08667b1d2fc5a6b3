"""Probabilities as polynomials in what districts do, which are independent of each other.

The variables behind strategies are nodes at configurations of their parents (`relaxbell.causal.local`); each belongs to
one district. The probability that some variables have some values is a product with one factor for each district: the
probability of an event of it. Events are written in values from 1 on, [v = 0] = 1 − Σ_k [v = k]; the events that are
left are linearly independent functions, so what is equal is equal term by term.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.rows import Rows

Event: TypeAlias = tuple[tuple[int, int], ...]
"""Variables with their values, ascending, none of which is 0."""

Monomial: TypeAlias = tuple[tuple[int, Event], ...]
"""Districts with an event each, ascending; of nothing: 1."""

Polynomial: TypeAlias = dict[Monomial, Fraction]


def monomial_of(event: Event, home: Sequence[int]) -> Monomial:
    """Return the product of the events of each district that an event consists of."""
    parts: dict[int, list[tuple[int, int]]] = {}
    for variable, value in event:
        parts.setdefault(home[variable], []).append((variable, value))
    return tuple((d, tuple(sorted(own))) for d, own in sorted(parts.items()))


def canonical(event: Event, domains: Sequence[int]) -> Iterator[tuple[int, Event]]:
    """Yield sign and event of the sum that an event is, in values from 1 on."""
    zero = [variable for variable, value in event if value == 0]
    rest = [own for own in event if own[1]]
    choices = ([None, *range(1, domains[variable])] for variable in zero)
    for chosen in itertools.product(*choices):
        added = [(v, k) for v, k in zip(zero, chosen, strict=True) if k is not None]
        yield (-1) ** len(added), tuple(sorted([*rest, *added]))


def add_to(total: Polynomial, monomial: Monomial, number: Fraction) -> None:
    """Add a term."""
    found = total.get(monomial, Fraction(0)) + number
    if found:
        total[monomial] = found
    else:
        total.pop(monomial, None)


def combined(parts: Iterator[tuple[Fraction, Mapping[Monomial, Fraction]]]) -> Polynomial:
    """Return a sum of multiples."""
    total: Polynomial = {}
    for factor, part in parts:
        for monomial, number in part.items():
            add_to(total, monomial, factor * number)
    return total


def polynomials(rows: Rows, domains: Sequence[int], home: Sequence[int]) -> list[Polynomial]:
    """Return rows over strategies as polynomials in the events of districts.

    Parameters
    ----------
    rows
        Sums of small tables, or a matrix over all strategies.
    domains
        Numbers of values of the variables.
    home
        The district of each variable.
    """
    found: list[dict[Event, Fraction]] = [{} for _ in range(len(rows))]
    if isinstance(rows, LocalRows):
        for part in rows.parts:
            for scope, numbers, values in zip(part.scopes.tolist(), part.rows, part.values, strict=True):
                for row in np.unique(numbers[values != 0]).tolist():
                    _add_table(found[row], scope, np.where(numbers == row, values, 0), rows.scale)
    else:
        for i in range(len(rows)):
            table = np.full(int(np.prod(domains)), Fraction(0), dtype=object)
            for column, value in rows.sparse(i):
                table[column] = value
            _add_table(found[i], range(len(domains)), table.reshape(domains), Fraction(1))
    out: list[Polynomial] = []
    for own in found:
        total: Polynomial = {}
        for event, number in own.items():
            add_to(total, monomial_of(event, home), number)
        out.append(total)
    return out


def _add_table(total: dict[Event, Fraction], scope: Sequence[int], table: np.ndarray, scale: Fraction) -> None:
    """Add a table over some variables: differences to value 0 along each axis are the coefficients of events."""
    exact = table.dtype == object
    table = table.copy()
    for axis in range(table.ndim):
        moved = np.moveaxis(table, axis, 0)
        moved[1:] = moved[1:] - moved[:1]
    for index in map(tuple, np.argwhere(table != 0).tolist()):
        event = tuple(sorted((v, int(k)) for v, k in zip(scope, index, strict=True) if k))
        value = table[index] * scale if exact else int(table[index]) * scale
        total[event] = total.get(event, Fraction(0)) + value
