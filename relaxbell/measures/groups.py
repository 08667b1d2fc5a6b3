"""Groups of independent nodes: their response functions together, and how far a distribution is from a product."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel


@dataclass(frozen=True, eq=False)
class Group:
    """Response functions of some nodes together: the α of the marginal q^a_α.

    Attributes
    ----------
    model
        The model.
    nodes
        Names, parents first.
    """

    model: CausalModel
    nodes: tuple[str, ...]

    @cached_property
    def axes(self) -> tuple[int, ...]:
        """Where the nodes are among the model's responding nodes."""
        return tuple(i for i, node in enumerate(self.model.strategies.nodes) if node.name in self.nodes)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Number of response functions of each node."""
        return tuple(self.model.strategies.nodes[i].functions for i in self.axes)

    @property
    def count(self) -> int:
        """Number of combinations α."""
        return math.prod(self.shape)

    @cached_property
    def numbers(self) -> NDArray[np.intp]:
        """The number of α in each strategy of the model, shape (n,)."""
        total: Any = 0
        for axis, size in zip(self.axes, self.shape, strict=True):
            digits = np.arange(size).reshape([-1 if i == axis else 1 for i in range(len(self.model.strategies.nodes))])
            total = total * size + digits
        return np.asarray(self.model.strategies.spread(total), dtype=np.intp)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """q(A=01): A's value for each configuration of its parents, in order."""
        found = []
        for digits in np.ndindex(*self.shape):
            nodes = [self.model.strategies.nodes[i] for i in self.axes]
            wide = any(node.cardinality > 10 for node in nodes)
            words = [(" " if wide else "").join(map(str, node.table[d])) for node, d in zip(nodes, digits, strict=True)]
            found.append(f"q({','.join(f'{n.name}={w}' for n, w in zip(nodes, words, strict=True))})")
        return tuple(found)

    @property
    def name(self) -> str:
        """Names of the nodes."""
        return ",".join(self.nodes)

    @cached_property
    def rows(self) -> sp.csr_array:
        """The 0/1 map from q to the marginal, shape (count, n)."""
        n = len(self.numbers)
        return sp.csr_array((np.ones(n), (self.numbers, np.arange(n))), shape=(self.count, n))


def joint_numbers(groups: Sequence[Group]) -> NDArray[np.intp]:
    """Return the number of (α, γ, …) in each strategy, the first group being the most significant."""
    total: Any = 0
    for group in groups:
        total = total * group.count + group.numbers
    return np.asarray(total, dtype=np.intp)


def product_distance(product: Sequence[Group], q: NDArray[np.float64]) -> float:
    """Return Σ |q^{ac…} − q^a q^c …| of a distribution over strategies."""
    shape = tuple(group.count for group in product)
    joint = np.bincount(joint_numbers(product), weights=q, minlength=math.prod(shape)).reshape(shape)
    expected: Any = np.ones(())
    for group in product:
        expected = np.multiply.outer(expected, np.bincount(group.numbers, weights=q, minlength=group.count))
    return float(abs(joint - expected).sum())
