"""Probabilities that people give, as exact numbers: fractions as they are, floats by the decimals that print them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import prod

import numpy as np

from relaxbell.exact.arrays import real_array
from relaxbell.exact.numbers import Exact, as_exact, decimal, is_irrational, to_floats

_BITS = 50
"""Floats whose decimals do not sum to one are read as multiples of 2^−_BITS, …"""

_KEPT_BITS = 40
"""… or of a smaller power of two, so that the least positive one keeps so many bits."""

_OFF = 1e-9
"""How far probabilities may miss their sum 1."""


def joint_distribution(
    given: object, names: Sequence[str], shape: Sequence[int], owner: str, error: type[Exception]
) -> Exact:
    """Return p(all variables), one axis for each: from None (uniform), a table, or a distribution for each name.

    Examples
    --------
    >>> joint_distribution({"X": [0.25, 0.75], "Y": [1, 0]}, "XY", (2, 2), "settings", ValueError).tolist()
    [[Fraction(1, 4), Fraction(0, 1)], [Fraction(3, 4), Fraction(0, 1)]]
    """
    shape = tuple(shape)
    if given is None:
        return np.full(shape, Fraction(1, prod(shape)), dtype=object)
    if not isinstance(given, Mapping):
        return distribution(given, shape, owner, names, error)
    if set(given) != set(names):
        raise error(
            f"{owner} names {', '.join(map(str, given))}, expected each input once: {', '.join(names) or '(none)'}."
        )
    table: Exact = np.array(Fraction(1), dtype=object).reshape(())
    for name, size in zip(names, shape, strict=True):
        own = distribution(given[name], (size,), f"{owner}[{name!r}]", (name,), error)
        table = np.asarray(np.multiply.outer(table, own), dtype=object)
    return table


def distribution(
    values: object, shape: tuple[int, ...], owner: str, axes: Sequence[str], error: type[Exception]
) -> Exact:
    """Return a table of probabilities that sum to one as Fractions, or raise `error`.

    Examples
    --------
    >>> distribution([0.1, 0.9], (2,), "settings", "X", ValueError).tolist()
    [Fraction(1, 10), Fraction(9, 10)]
    """
    array = real_array(values, owner, error, axes)
    try:
        floats = to_floats(array)
    except (TypeError, ValueError, OverflowError):
        raise error(f"{owner} is not a table of numbers. Expected shape {shape}.") from None
    if array.shape != shape:
        raise error(f"{owner} has shape {array.shape}, expected {shape}: one axis for each input, in order.")
    if len(irrational := [v for v in array.ravel() if is_irrational(v)]):
        raise error(
            f"{owner} contains {irrational[0]}, an irrational number, expected fractions or floats. Give floats, which "
            "mean the decimals that print them, or fractions nearby."
        )
    exact = [as_exact(v) for v in array.ravel()]
    if not np.isfinite(floats).all() or floats.min() < 0 or any(isinstance(v, Fraction) and v < 0 for v in exact):
        raise error(f"{owner} contains {floats.min():g}, expected probabilities ≥ 0.")
    numbers = [v if isinstance(v, Fraction) else decimal(own) for v, own in zip(exact, array.ravel(), strict=True)]
    total = sum(numbers, Fraction(0))
    if abs(total - 1) > _OFF:
        raise error(f"{owner} sums to {float(total):.12g}, expected 1. Divide it by its sum if that is meant.")
    if total != 1:
        if all(isinstance(v, Fraction) for v in exact):
            raise error(f"{owner} sums to {total}, expected exactly 1.")
        numbers = _on_grid(numbers)
    return np.array(numbers, dtype=object).reshape(shape)


def _on_grid(numbers: Sequence[Fraction]) -> list[Fraction]:
    """Return the nearest multiples of a power of two that sum to one; none of them becomes zero."""
    least = min(v for v in numbers if v > 0)
    small = least.denominator.bit_length() - least.numerator.bit_length()  # 2^−small is within a factor 2 of it
    grid = 2 ** max(_BITS, _KEPT_BITS + small)
    wholes = [round(v * grid) for v in numbers]
    wholes[wholes.index(max(wholes))] += grid - sum(wholes)
    return [Fraction(v, grid) for v in wholes]
