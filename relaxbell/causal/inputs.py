"""The distribution of the settings, kept exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from relaxbell.errors import ModelError
from relaxbell.exact.arrays import real_array
from relaxbell.exact.distributions import joint_distribution
from relaxbell.exact.numbers import Exact, as_exact
from relaxbell.frozen import Frozen

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
    owner
        What messages call it.

    Attributes
    ----------
    table
        The probabilities, read-only.
    is_exact
        Whether its equalities are meant exactly: unless it was a table with a float.
    """

    def __init__(
        self,
        distribution: object,
        inputs: Sequence[str],
        cardinality: Mapping[str, int],
        owner: str = "input_distribution",
    ) -> None:
        self.inputs = tuple(inputs)
        shape = tuple(cardinality[name] for name in inputs)
        self.is_exact = True
        if isinstance(distribution, InputDistribution):
            self.table: Exact = distribution.table
            self.is_exact = distribution.is_exact
        else:
            if distribution is not None and not isinstance(distribution, Mapping):
                distribution = real_array(distribution, owner, ModelError, self.inputs)
                self.is_exact = all(isinstance(as_exact(v), Fraction) for v in distribution.ravel())
            self.table = joint_distribution(distribution, self.inputs, shape, owner, ModelError)
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
