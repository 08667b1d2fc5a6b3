"""The largest value of a table of exact numbers when each party chooses an outcome for each of its settings.

Tables are as in `assignments`, which adds whole numbers as floats. Others are rounded: all choices that come close
enough to the largest rounded value are then compared exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.assignments import LARGEST, Choice, StoppedSearch, largest
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, exact_parts, from_parts, to_floats


def without_idle(table: Exact) -> tuple[Exact, tuple[NDArray[np.intp], ...]]:
    """Return a table without the settings at which no outcome differs, and for each party the settings that are left.

    What they give whoever chooses what is added to another setting of the party, of which one is left at least.

    Examples
    --------
    >>> found, left = without_idle(np.array([[Fraction(1), Fraction(1)], [Fraction(0), Fraction(2)]], dtype=object))
    >>> [[str(v) for v in row] for row in found], left
    ([['1', '3']], (array([1]),))
    """
    kept = []
    for party in range(table.ndim // 2):
        rows = np.moveaxis(table, (2 * party, 2 * party + 1), (0, 1))
        differs = np.array([bool((own != own[:1]).any()) for own in rows])
        left = np.flatnonzero(differs) if differs.any() else np.array([0])
        if len(left) < len(rows):
            idle = np.setdiff1d(np.arange(len(rows)), left)
            rows = np.concatenate([rows[left[:1]] + rows[idle, 0].sum(axis=0), rows[left[1:]]])
            table = np.moveaxis(rows, (0, 1), (2 * party, 2 * party + 1))
        kept.append(left)
    return table, tuple(kept)


def largest_exact(table: Exact, *, tick: Callable[[], object] = lambda: None) -> ExactNumber:
    """Return the largest value of a table of exact numbers; see `best_exact`.

    Examples
    --------
    >>> game = np.array([[Fraction(2), Fraction(-1)], [Fraction(0), Fraction(1, 2)]], dtype=object)
    >>> largest_exact(game)  # one party, two settings
    Fraction(5, 2)
    """
    return best_exact(table, tick=tick)[0]


def best_exact(table: Exact, *, tick: Callable[[], object] = lambda: None) -> tuple[ExactNumber, Choice]:
    """Return the largest value of a table of exact numbers, and a choice that has it.

    Raises
    ------
    StoppedSearch
        If `tick` raises something, as its cause.
    TooCloseError
        If more choices come close to the largest than may be compared exactly.
    """
    small, left = without_idle(table)
    value, chosen = _best(small, tick)
    choice = tuple(np.zeros(m, dtype=np.intp) for m in table.shape[::2])
    for own, places, found in zip(choice, left, chosen, strict=True):
        own[places] = found
    return value, choice


def _best(table: Exact, tick: Callable[[], object]) -> tuple[ExactNumber, Choice]:
    unit = _unit(table)
    if unit != 1:
        table = np.array([v / unit for v in table.ravel()] + [None], dtype=object)[:-1].reshape(table.shape)
    parts, denominator, n = exact_parts(table.ravel())
    common = math.gcd(*(int(v) for v in parts.ravel())) or 1
    parts, unit = parts // common, unit * Fraction(common, denominator)  # value = unit · (parts, √n)
    most = LARGEST / (4 * max(table.shape[1::2], default=1))
    if n == 1 and sum(map(abs, parts[:, 0].tolist())) <= most:
        whole = parts[:, 0].astype(np.float64).reshape(table.shape)
        try:
            found = largest(whole, tick=tick)
        except StoppedSearch as stopped:
            raise StoppedSearch(stopped.lower * unit, stopped.upper * unit) from stopped.__cause__
        return Fraction(found.value) * unit, found.choice
    size = max(abs(v) for v in parts.ravel().tolist())
    floats = to_floats(np.array([from_parts(row, size, n) for row in parts.tolist()], dtype=object))
    scale = Fraction(2) ** math.floor(math.log2(most / 2 / max(float(abs(floats).sum()), 1e-300)))
    whole = np.rint(floats * float(scale)).reshape(table.shape)
    error = math.prod(table.shape[::2])  # of one cell of each setting, below 1
    try:
        found = largest(whole, slack=2 * error, tick=tick)
    except StoppedSearch as stopped:
        ends = ((stopped.lower - error) / scale * size * unit, (stopped.upper + error) / scale * size * unit)
        raise StoppedSearch(*ends) from stopped.__cause__
    wide = parts.reshape(*table.shape, -1)
    distinct = {_key(own): own for own in found.close}.values()
    value, choice = max((_exactly(wide, own, found.greedy, n) for own in distinct), key=lambda pair: pair[0])
    return value * unit, choice


def _unit(table: Exact) -> ExactNumber:
    """Return a positive number of which all entries are rational multiples; 1 where there is none."""
    cells = table.ravel().tolist()
    if not any(isinstance(v, Surd) for v in cells):
        return Fraction(1)
    first: ExactNumber = abs(next(v for v in cells if v != 0))
    return Fraction(1) if any(isinstance(v / first, Surd) for v in cells) else first


def _key(choice: Choice) -> tuple[bytes, ...]:
    return tuple(own.tobytes() for own in choice)


def _exactly(parts: NDArray[np.object_], choice: Choice, greedy: int, n: int) -> tuple[ExactNumber, Choice]:
    """Return the exact value of a choice of all parties but one, which answers best, and with its answers."""
    found = np.moveaxis(parts, (2 * greedy, 2 * greedy + 1), (-3, -2))
    for own in choice:
        found = found[np.arange(len(own)), own].sum(axis=0)
    gains = [[from_parts(own, 1, n) for own in setting] for setting in found.tolist()]
    answers = np.array([max(range(len(own)), key=own.__getitem__) for own in gains], dtype=np.intp)
    value = sum((max(own) for own in gains), Fraction(0))
    return value, (*choice[:greedy], answers, *choice[greedy:])
