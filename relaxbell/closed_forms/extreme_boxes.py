"""Extreme no-signaling behaviors of two parties that are known: of two settings each, or of two outcomes each.

Two settings each: up to relabelings of outcomes, the boxes with b − a = xy modulo k, each outcome below k alike, and
deterministic ones (Barrett, Linden, Massar, Pironio, Popescu, Roberts, PRA 71, 022101, 2005). Two outcomes each: some
settings of each party have a certain outcome, the others a random one, alike or opposite for each pair of random ones,
so that these signs are no products (Jones, Masanes, PRA 72, 052312, 2005).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.scenario import Scenario
from relaxbell.exact.numbers import Exact
from relaxbell.relabeling import Relabeling
from relaxbell.symmetry.generators import value_exchanges

Signs = NDArray[np.int8]

_MOST = 2**14
"""Sign matrices of random settings that are looked at; more would take minutes."""


def two_party_boxes(scenario: Scenario, kept: Sequence[Relabeling]) -> list[Exact] | None:
    """Return one extreme behavior of each class, of two settings or two outcomes each; None for other scenarios.

    Parameters
    ----------
    scenario
        Of the behaviors.
    kept
        Relabelings that make classes; all of outcomes are among them, or the result is None.
    """
    k = len(scenario.outputs)
    parties = scenario.parties or {}
    if k != 2 or len(scenario.inputs) != 2 or set(parties.values()) != set(scenario.inputs):
        return None
    known = {own.cells().tobytes() for own in kept}
    exchanges = [(_permuted(own), own.cells().tobytes() in known) for own in value_exchanges(scenario)]
    if not all(is_kept for name, is_kept in exchanges if name is None):
        return None
    turned = parties[scenario.outputs[0]] != scenario.inputs[0]
    if scenario.shape[k:] == (2, 2):
        return _of_two_settings(scenario, turned)
    if scenario.shape[:k] != (2, 2):
        return None
    sizes = scenario.shape[k:][::-1] if turned else scenario.shape[k:]
    fixed = {name for name, is_kept in exchanges if not is_kept}
    free = [name not in fixed for name in (scenario.inputs[::-1] if turned else scenario.inputs)]
    if 2 ** ((sizes[0] - 1) * (sizes[1] - 1)) > _MOST:
        return None
    tables = [_table(signs) for signs in _signs(sizes[0], sizes[1], free)]
    return [own.swapaxes(2, 3) if turned else own for own in tables]


def _permuted(own: Relabeling) -> str | None:
    """Return the input whose values are exchanged; None where those of an output are."""
    return next((name for name, values in own.settings.items() if list(values) != sorted(values)), None)


def _of_two_settings(scenario: Scenario, turned: bool) -> list[Exact]:
    a, b, x, y = np.indices(scenario.shape)
    x, y = (y, x) if turned else (x, y)
    tables = []
    for outcomes in range(1, min(scenario.shape[:2]) + 1):
        hit = (a < outcomes) & (b < outcomes) & ((b - a - x * y) % outcomes == 0)
        tables.append(hit.astype(int).astype(object) * Fraction(1, outcomes))
    return tables


def _signs(rows: int, columns: int, free: Sequence[bool]) -> list[Signs]:
    """Return correlations of random settings, 0 where one is certain: one matrix of each class.

    Flips of outcomes make the first row and the first column of the random settings +; where settings may be permuted,
    the least matrix of all permutations is the one, and random settings stand first.
    """
    found = {np.zeros((rows, columns), dtype=np.int8).tobytes(): np.zeros((rows, columns), dtype=np.int8)}
    for some in itertools.product(_subsets(rows, free[0]), _subsets(columns, free[1])):
        r, c = (len(own) for own in some)
        for bits in itertools.product((1, -1), repeat=(r - 1) * (c - 1)):
            if all(v == 1 for v in bits):  # a product of signs: a mixture of local behaviors
                continue
            inner = np.ones((r, c), dtype=np.int8)
            inner[1:, 1:] = np.array(bits, dtype=np.int8).reshape(r - 1, c - 1)
            least = _least(inner, free)
            own = np.zeros((rows, columns), dtype=np.int8)
            own[np.ix_(*some)] = least
            found.setdefault(own.tobytes(), own)
    return list(found.values())


def _subsets(size: int, free: bool) -> list[tuple[int, ...]]:
    counts = range(2, size + 1)
    return [own for n in counts for own in ([tuple(range(n))] if free else itertools.combinations(range(size), n))]


def _least(signs: Signs, free: Sequence[bool]) -> Signs:
    """Return the least matrix that permutations and flips make of one."""
    best = signs
    key = best.tobytes()
    for order in itertools.permutations(range(len(signs))) if free[0] else [tuple(range(len(signs)))]:
        own = signs[list(order)]
        for first in range(own.shape[1]) if free[1] else (0,):  # its signs become +, and columns are sorted
            flipped = own * own[:, first : first + 1]
            flipped = flipped * flipped[0]
            if free[1]:
                flipped = flipped[:, np.lexsort(flipped[::-1])[::-1]]
            if flipped.tobytes() < key:
                best, key = flipped, flipped.tobytes()
    return best


def _table(signs: Signs) -> Exact:
    """Return the behavior: certain settings have outcome 0."""
    rows, columns = (np.any(signs != 0, axis=k).tolist() for k in (1, 0))
    found: Exact = np.full((2, 2, *signs.shape), Fraction(0), dtype=object)
    for x, y in np.ndindex(signs.shape):
        for a, b in np.ndindex(2, 2):
            if rows[x] and columns[y]:
                found[a, b, x, y] = Fraction(int((-1) ** (a + b) == signs[x, y]), 2)
            else:
                certain = Fraction(1, 2) if rows[x] else Fraction(int(a == 0))
                found[a, b, x, y] = certain * (Fraction(1, 2) if columns[y] else Fraction(int(b == 0)))
    return found
