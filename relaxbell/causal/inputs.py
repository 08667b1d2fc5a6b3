"""The distribution of the settings, kept exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from relaxbell.errors import ModelError
from relaxbell.exact.arrays import real_array
from relaxbell.exact.numbers import Exact, as_exact, decimal, is_irrational, to_floats
from relaxbell.frozen import Frozen

_BITS = 50
"""Floats whose decimals do not sum to one are read as multiples of 2^−_BITS, …"""

_KEPT_BITS = 40
"""… or of a smaller power of two, so that the least positive one keeps so many bits."""

_OFF = 1e-9
"""How far probabilities may miss their sum 1."""

_CORRELATED = Fraction(1, 10**9)
"""How far floats p(x, y) may miss p(x) p(y), relative to it, where the graph wants independent inputs."""


class InputDistribution(Frozen):
    """p(inputs), exact: an object array of Fractions with one axis for each input.

    Parameters
    ----------
    distribution
        None (uniform), an array over all inputs in their order (or with named axes), or a mapping from each input's
        name to its own distribution (inputs independent); or another InputDistribution, whose axes are taken in order.
        How floats are read is said in `CausalModel`.
    inputs, cardinality
        Names of the inputs and their numbers of values.

    Attributes
    ----------
    table
        The probabilities, read-only.
    is_exact
        Whether its equalities are meant exactly: unless it was a table with a float.
    """

    def __init__(self, distribution: object, inputs: Sequence[str], cardinality: Mapping[str, int]) -> None:
        self.inputs = tuple(inputs)
        shape = tuple(cardinality[name] for name in inputs)
        self.is_exact = True
        if distribution is None:
            size = int(np.prod(shape, dtype=object)) if shape else 1
            self.table: Exact = np.full(shape, Fraction(1, size), dtype=object)
        elif isinstance(distribution, InputDistribution):
            self.table, self.is_exact = distribution.table, distribution.is_exact
        elif isinstance(distribution, Mapping):
            if set(distribution) != set(inputs):
                raise ModelError(
                    f"input_distribution names {', '.join(map(str, distribution))}, expected each input once: "
                    f"{', '.join(inputs)}."
                )
            self.table = np.array(Fraction(1), dtype=object).reshape(())
            for name in inputs:
                own = _read(distribution[name], (cardinality[name],), f"input_distribution[{name!r}]", (name,))
                self.table = np.multiply.outer(self.table, own)
        else:
            given = real_array(distribution, "input_distribution", ModelError, self.inputs)
            self.table = _read(given, shape, "input_distribution", self.inputs)
            self.is_exact = all(isinstance(as_exact(v), Fraction) for v in given.ravel())
        self.table.setflags(write=False)
        self._seal()

    def marginal(self, names: Sequence[str]) -> Exact:
        """Return the distribution of some inputs, axes in the order of `names`."""
        gone = tuple(i for i, name in enumerate(self.inputs) if name not in names)
        kept = [name for name in self.inputs if name in names]
        table = np.asarray(self.table.sum(axis=gone) if gone else self.table, dtype=object)
        return table.transpose([kept.index(name) for name in names])

    def product(self, first: Sequence[str], second: Sequence[str]) -> Exact:
        """Return the distribution in which two sets of inputs, all of them, are independent of each other."""
        table = np.asarray(np.multiply.outer(self.marginal(first), self.marginal(second)), dtype=object)
        return table.transpose([(*first, *second).index(name) for name in self.inputs])

    def check_independent(self, free: Sequence[str], dependent: Sequence[str]) -> None:
        """Raise ModelError if free and dependent inputs, all of them, are not independent of each other.

        Exact numbers are compared exactly. Floats may miss the product of their marginals, which alone is used then, by
        a relative 1e-9, of rounding: what is zero in one is zero in the other.
        """
        product = self.product(free, dependent)
        gap = np.asarray(abs(self.table - product))
        allowed = np.asarray(product * (0 if self.is_exact else _CORRELATED))
        if (gap > allowed).any():
            index = np.unravel_index(int(np.argmax(gap - allowed)), gap.shape)
            place = ", ".join(f"{n}={int(v)}" for n, v in zip(self.inputs, index, strict=True))
            raise ModelError(
                f"input_distribution correlates the free inputs {', '.join(free)} with the dependent ones "
                f"{', '.join(dependent)} (p({place}) misses the product of its marginals by {float(gap[index]):.3g}), "
                "which the graph does not allow. Make them all dependent, or give independent distributions, "
                'one for each input: {"X": …, "Y": …}.'
            )

    def probability(self, setting: Mapping[str, int]) -> Fraction:
        """Return the probability that some inputs have these values."""
        table = self.marginal(tuple(setting))
        return Fraction(table[tuple(setting.values())] if setting else 1)


def _read(values: object, shape: tuple[int, ...], owner: str, axes: Sequence[str]) -> Exact:
    array = real_array(values, owner, ModelError, axes)
    try:
        floats = to_floats(array)
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"{owner} is not a table of numbers. Expected shape {shape}.") from None
    if array.shape != shape:
        raise ModelError(f"{owner} has shape {array.shape}, expected {shape}: one axis for each input, in order.")
    if len(irrational := [v for v in array.ravel() if is_irrational(v)]):
        raise ModelError(
            f"{owner} contains {irrational[0]}, an irrational number, expected fractions or floats. Give floats, which "
            "mean the decimals that print them, or fractions nearby."
        )
    exact = [as_exact(v) for v in array.ravel()]
    if not np.isfinite(floats).all() or floats.min() < 0 or any(isinstance(v, Fraction) and v < 0 for v in exact):
        raise ModelError(f"{owner} contains {floats.min():g}, expected probabilities ≥ 0.")
    numbers = [v if isinstance(v, Fraction) else decimal(own) for v, own in zip(exact, array.ravel(), strict=True)]
    total = sum(numbers, Fraction(0))
    if abs(total - 1) > _OFF:
        raise ModelError(f"{owner} sums to {float(total):.12g}, expected 1. Divide it by its sum if that is meant.")
    if total != 1:
        if all(isinstance(v, Fraction) for v in exact):
            raise ModelError(f"{owner} sums to {total}, expected exactly 1.")
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
