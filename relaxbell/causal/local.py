"""Strategies as assignments of few variables each: what a model does at a setting depends on few of them.

A variable is a responding node together with a configuration of its observed and hidden parents; its values are those
of the node. A strategy gives each variable a value; its number, in mixed radix with the first variable most
significant, is that of `Strategies`. At a setting of the free inputs, and once the values of the nodes that others
respond to are known, each node asks one of its variables only. So every probability is a sum of tables over as many
variables as there are nodes, and nothing needs a list of all strategies.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.causal.responses import Node
from relaxbell.exact.local_rows import Check, LocalRows, Piece, column_numbers

Values = Mapping[str, NDArray[np.intp] | int]
"""Values of nodes, broadcastable over the axes of a table."""

Entries = Callable[[Values], tuple[ArrayLike, ArrayLike]]
"""From the values of all nodes that matter: the rows that they belong to, and the entries, whole numbers."""


@dataclass(frozen=True)
class LocalModel:
    """The variables behind the strategies.

    Attributes
    ----------
    nodes
        The responding nodes, parents first.
    check
        What is asked before rows are written as a matrix over all strategies.
    """

    nodes: tuple[Node, ...]
    check: Check

    @cached_property
    def variables(self) -> tuple[tuple[str, int], ...]:
        """Node and number of the configuration of each variable."""
        return tuple((node.name, k) for node in self.nodes for k in range(node.configurations))

    @cached_property
    def domains(self) -> tuple[int, ...]:
        """Number of values of each variable."""
        return tuple(node.cardinality for node in self.nodes for _ in range(node.configurations))

    @cached_property
    def _first(self) -> dict[str, int]:
        starts = itertools.accumulate((node.configurations for node in self.nodes), initial=0)
        return {node.name: start for node, start in zip(self.nodes, starts, strict=False)}

    def variable(self, name: str, values: Mapping[str, int]) -> int:
        """Return the variable that a node asks when its parents have these values."""
        node = next(own for own in self.nodes if own.name == name)
        return self._first[name] + int(node.configuration(values))

    def rows(self, pieces: Iterable[Piece], labels: Sequence[str], scale: Fraction = Fraction(1)) -> LocalRows:
        """Return the rows over q that are sums of some tables."""
        return LocalRows.summed(self.domains, pieces, labels, scale, check=self.check)

    def one(self) -> LocalRows:
        """Return the row Σ q."""
        return self.rows([((), 0, 1)], ("1",))

    def pieces(self, forced: Mapping[str, int], wanted: Collection[str], entries: Entries) -> Iterator[Piece]:
        """Yield the tables of a sum over what can happen at a setting of the free inputs, under do(·).

        Parameters
        ----------
        forced
            Values of the free inputs, and of the nodes under do(·): these do not respond.
        wanted
            The nodes whose values matter.
        entries
            From the values of these nodes: rows and entries.

        Yields
        ------
        tuple
            Scope, rows and entries of a table. In each strategy one entry of one table counts for each setting; where
            the values of nodes that others respond to are not those of the table, its entries are zero.
        """
        asked = self._asked(forced, wanted)
        inner = [node for node in asked if any(node.name in other.parents for other in asked)]
        shape = tuple(node.cardinality for node in asked)
        found: dict[tuple[int, ...], tuple[NDArray[np.intp], NDArray[np.int64]]] = {}
        for chosen in itertools.product(*(range(node.cardinality) for node in inner)):
            known = {**forced, **{node.name: v for node, v in zip(inner, chosen, strict=True)}}
            scope = tuple(self._first[node.name] + int(node.configuration(known)) for node in asked)
            values: dict[str, NDArray[np.intp] | int] = dict(known)
            outer = [node for node in asked if node.name not in known]
            for axis, node in enumerate(outer):
                values[node.name] = np.arange(node.cardinality).reshape([-1, *[1] * (len(outer) - axis - 1)])
            rows, data = entries(values)
            if scope not in found:
                found[scope] = np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=np.int64)
            place = tuple(known[node.name] if node.name in known else slice(None) for node in asked)
            found[scope][0][place], found[scope][1][place] = rows, data
        for scope, (rows, data) in found.items():
            yield scope, rows, data

    def _asked(self, forced: Collection[str], wanted: Collection[str]) -> list[Node]:
        """Return the nodes that respond and whose values matter, parents first."""
        needed, found = set(wanted), []
        for node in reversed(self.nodes):
            if node.name in needed and node.name not in forced:
                needed.update(node.parents)
                found.append(node)
        return found[::-1]

    # ------------------------------------------------------------------- strategies

    def digits(self, strategy: int) -> list[int]:
        """Return the value of each variable in a strategy of this number."""
        found = []
        for size in reversed(self.domains):
            strategy, value = divmod(strategy, size)
            found.append(value)
        return found[::-1]

    def numbers(self, assignments: NDArray[np.int64]) -> list[int]:
        """Return the numbers of strategies, of any size, from the values of all variables, one row for each."""
        return column_numbers(self.domains, assignments)

    def assignments(self, strategies: Sequence[int]) -> NDArray[np.int64]:
        """Return the values of all variables in some strategies, one row for each."""
        rows = [self.digits(int(strategy)) for strategy in strategies]
        return np.array(rows, dtype=np.int64).reshape(len(rows), len(self.domains))
