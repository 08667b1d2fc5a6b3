"""The distribution of the settings, kept exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.errors import ModelError
from relaxbell.exact.numbers import Exact, as_exact, to_floats
from relaxbell.frozen import Frozen

_GRID = 2**50


class InputDistribution(Frozen):
    """p(inputs), exact: an object array of Fractions with one axis for each input.

    Parameters
    ----------
    distribution
        None (uniform), an array over all inputs in their order, or a mapping from each input's name
        to its own distribution (inputs independent). Fractions are kept; floats are read as
        multiples of 2^−50 that sum to one.
    inputs, cardinality
        Names of the inputs and their numbers of values.
    """

    def __init__(self, distribution: Any, inputs: Sequence[str], cardinality: Mapping[str, int]) -> None:
        self.inputs = tuple(inputs)
        shape = tuple(cardinality[name] for name in inputs)
        if distribution is None:
            size = int(np.prod(shape, dtype=object)) if shape else 1
            self.table: Exact = np.full(shape, Fraction(1, size), dtype=object)
        elif isinstance(distribution, Mapping):
            if set(distribution) != set(inputs):
                raise ModelError(
                    f"input_distribution names {', '.join(map(str, distribution))}, expected each input once: "
                    f"{', '.join(inputs)}."
                )
            self.table = np.array(Fraction(1), dtype=object).reshape(())
            for name in inputs:
                own = _read(distribution[name], (cardinality[name],), f"input_distribution[{name!r}]")
                self.table = np.multiply.outer(self.table, own)
        else:
            self.table = _read(distribution, shape, "input_distribution")
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

    def probability(self, setting: Mapping[str, int]) -> Fraction:
        """Return the probability that some inputs have these values."""
        table = self.marginal(tuple(setting))
        return Fraction(table[tuple(setting.values())] if setting else 1)


def _read(values: Any, shape: tuple[int, ...], owner: str) -> Exact:
    try:
        array = np.asarray(values)
        floats = to_floats(array)
    except (TypeError, ValueError):
        raise ModelError(f"{owner} is not a table of numbers. Expected shape {shape}.") from None
    if array.shape != shape:
        raise ModelError(f"{owner} has shape {array.shape}, expected {shape}: one axis for each input, in order.")
    if not np.isfinite(floats).all() or floats.min() < 0:
        raise ModelError(f"{owner} contains {floats.min():g}, expected probabilities ≥ 0.")
    if abs(floats.sum() - 1) > 1e-9:
        raise ModelError(f"{owner} sums to {floats.sum():.12g}, expected 1. Divide it by its sum if that is meant.")
    exact = [as_exact(v) for v in array.ravel()]
    if all(isinstance(v, Fraction) for v in exact):
        table = np.array(exact, dtype=object).reshape(shape)
        if table.sum() != 1:
            raise ModelError(f"{owner} sums to {table.sum()}, expected exactly 1.")
        return table
    numerators = np.array([round(Fraction(float(v)) * _GRID) for v in floats.ravel()], dtype=object)
    numerators[int(np.argmax(floats))] += _GRID - int(numerators.sum())
    return np.array([Fraction(int(v), _GRID) for v in numerators], dtype=object).reshape(shape)
