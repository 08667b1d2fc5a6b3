"""Response functions by mixed-radix index arithmetic.

A response function of a node with c values maps each of the K configurations of its observed and
hidden parents to a value; there are F = c^K. Its number f is read in base c, the first configuration
being the most significant digit, so functions come in the order of itertools.product. A strategy is
one function for each responding node; the n = ∏ F strategies are numbered in mixed radix, the first
responding node (parents come first) being the most significant.

Values are kept as arrays that broadcast over one axis for each responding node: Alice's output for
2^20 strategies is an array of 16 entries if only her own function matters. Full arrays of length n
are made at the very end, where there are not too many strategies; `relaxbell.causal.local` needs none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import ModelTooLargeError

LISTED = 2**26
"""Most entries (strategies × settings) of what is written down for all strategies; at 12 bytes each, 0.8 GiB."""

_WRITTEN_BITS = 60
"""Larger numbers of strategies are not written to the last digit."""


@dataclass(frozen=True)
class Node:
    """A responding node: its cardinality and its observed or hidden parents, with theirs."""

    name: str
    cardinality: int
    parents: tuple[str, ...]
    radices: tuple[int, ...]

    @property
    def configurations(self) -> int:
        """Number K of configurations of the parents."""
        return math.prod(self.radices)

    @property
    def log2_functions(self) -> float:
        """log2 of the number of response functions, without computing a huge power."""
        return self.configurations * math.log2(self.cardinality)

    @cached_property
    def functions(self) -> int:
        """Number F = c^K of response functions."""
        return int(self.cardinality**self.configurations)

    def values(self, function: int) -> tuple[int, ...]:
        """Return the value of a function, given by its number, at each configuration."""
        found = []
        for _ in range(self.configurations):
            function, value = divmod(function, self.cardinality)
            found.append(value)
        return tuple(reversed(found))

    @cached_property
    def table(self) -> NDArray[np.uint8 | np.uint16]:
        """Value of function f at configuration k, shape (F, K); raise ModelTooLargeError where it is too large."""
        if self.log2_functions + math.log2(self.configurations) > math.log2(LISTED):
            raise _too_many([self], 1)
        powers = self.cardinality ** np.arange(self.configurations - 1, -1, -1, dtype=np.int64)
        values = np.arange(self.functions, dtype=np.int64)[:, None] // powers % self.cardinality
        return values.astype(np.uint8 if self.cardinality <= 256 else np.uint16)

    def configuration(self, values: Mapping[str, NDArray[np.intp] | int]) -> NDArray[np.intp] | int:
        """Return the number of the configuration in which each parent has the value in `values`."""
        number: NDArray[np.intp] | int = 0
        for parent, radix in zip(self.parents, self.radices, strict=True):
            number = number * radix + values[parent]
        return number


def count_text(nodes: Sequence[Node]) -> str:
    """Return the number of strategies to the last digit, or of very many the power of ten.

    Examples
    --------
    >>> count_text([Node("A", 3, ("X",), (37,))]), count_text([Node("A", 10, ("X",), (40,))])
    ('450,283,905,890,997,363', 'about 10^40.0')
    """
    bits = sum(node.log2_functions for node in nodes)
    if bits < _WRITTEN_BITS:
        return f"{math.prod(node.functions for node in nodes):,}"
    return f"about 10^{bits * math.log10(2):.1f}"


@dataclass(frozen=True)
class Cells:
    """In a mixture of structures, the columns of any behavior: one for each cell of p, and no response functions.

    Attributes
    ----------
    names, sizes
        Outputs and inputs, and their numbers of values.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]

    @property
    def count(self) -> int:
        """Number of cells."""
        return math.prod(self.sizes)

    @property
    def count_text(self) -> str:
        """The number in words."""
        return f"{self.count:,} cells"

    @property
    def nodes(self) -> tuple[Node, ...]:
        """A node that stands for all outputs together, so that mixtures of other scenarios differ."""
        return (Node("any behavior of " + ",".join(self.names), 1, self.names, self.sizes),)

    def values(self, number: int) -> dict[str, int]:
        """Return the values of outputs and inputs in a cell."""
        found = {}
        for name, size in zip(reversed(self.names), reversed(self.sizes), strict=True):
            number, found[name] = divmod(number, size)
        return dict(reversed(found.items()))


def _too_many(nodes: Sequence[Node], settings: int) -> ModelTooLargeError:
    parts = " · ".join(f"{n.cardinality}^{n.configurations} ({n.name})" for n in nodes)
    return ModelTooLargeError(
        f"the model has {count_text(nodes)} strategies = {parts}, and {settings:,} settings of its free inputs: more "
        f"than {LISTED:,} entries of T, which lists them. minimize finds least values of measures made of influences, "
        "effects and messages without a list. Reduce the number of settings, outcomes or edges for everything else."
    )


class Strategies:
    """All strategies of a model, evaluated at a setting of its inputs and under interventions.

    Parameters
    ----------
    nodes
        The responding nodes, parents first.
    settings
        Number of settings of the free inputs, for the size check.

    Attributes
    ----------
    count
        Number n of strategies, of any size.

    Raises
    ------
    ModelTooLargeError
        By what makes an array of one entry for each strategy, if strategies × settings exceed 2^26: from the counts
        alone.
    """

    def __init__(self, nodes: Sequence[Node], settings: int) -> None:
        self.nodes = tuple(nodes)
        self.settings = settings

    @cached_property
    def count(self) -> int:
        """Number n of strategies, of any size."""
        return math.prod(node.functions for node in self.nodes)

    @cached_property
    def count_text(self) -> str:
        """The number of strategies to the last digit, or of very many the power of ten."""
        return count_text(self.nodes)

    @cached_property
    def can_be_listed(self) -> bool:
        """Whether arrays of one entry for each strategy may be made."""
        bits = sum(node.log2_functions for node in self.nodes)
        table_bits = max((n.log2_functions + math.log2(n.configurations) for n in self.nodes), default=0.0)
        return max(bits + math.log2(self.settings), table_bits) <= math.log2(LISTED)

    def check_listed(self) -> None:
        """Raise ModelTooLargeError where arrays of one entry for each strategy may not be made."""
        if not self.can_be_listed:
            raise _too_many(self.nodes, self.settings)

    def evaluate(self, forced: Mapping[str, int]) -> dict[str, NDArray[np.intp] | int]:
        """Return the value of every node for every strategy, broadcastable over the nodes' axes.

        Parameters
        ----------
        forced
            Values of the free inputs, and of the nodes under do(·): these do not respond.
        """
        self.check_listed()
        values: dict[str, NDArray[np.intp] | int] = dict(forced)
        for axis, node in enumerate(self.nodes):
            if node.name not in forced:
                values[node.name] = node.table[self._axis(axis), node.configuration(values)].astype(np.intp)
        return values

    def response(self, name: str, configuration: Mapping[str, int]) -> NDArray[np.intp]:
        """Return the value of one node when all its parents are forced, broadcastable."""
        self.check_listed()
        axis = next(i for i, node in enumerate(self.nodes) if node.name == name)
        node = self.nodes[axis]
        return node.table[self._axis(axis), node.configuration(configuration)].astype(np.intp)

    def spread(self, values: NDArray[np.generic] | int) -> NDArray[np.generic]:
        """Return a broadcastable array as one entry for each strategy, shape (n,)."""
        self.check_listed()
        shape = tuple(node.functions for node in self.nodes)
        return np.broadcast_to(np.asarray(values), shape).reshape(self.count)

    def digits(self, strategy: int) -> dict[str, int]:
        """Return the number of the response function of each node in a strategy."""
        found = {}
        for node in reversed(self.nodes):
            strategy, found[node.name] = divmod(strategy, node.functions)
        return found

    def _axis(self, axis: int) -> NDArray[np.intp]:
        shape = [1] * len(self.nodes)
        shape[axis] = self.nodes[axis].functions
        return np.arange(self.nodes[axis].functions).reshape(shape)
