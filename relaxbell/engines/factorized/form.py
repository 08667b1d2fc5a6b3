"""Two dependent settings and the strategies Λ of all other nodes as arrays: an outer and an inner input.

For a given distribution v of the inner input, the distribution u of the outer one and the functions that read it are
chosen for each outer value on its own. Only the functions that do not read it, a *group*, are listed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import Equations
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.numbers import Floats
from relaxbell.measures.factorized import Factorized, FactorizedInformation

_NEVER = {True: 400.0, False: 60.0}
"""Multiplier, but for its sign, of what has probability 0: of information in nats, and of M.

A source value with p(x|λ) = u gives y about e^(−400 u) then.
"""

MOST = 2**14
"""Λ that are listed."""


@dataclass(frozen=True, eq=False)
class Column:
    """One source value: a strategy for each outer value, and a product of distributions.

    Attributes
    ----------
    choice
        Number of a Λ for each outer value: its functions that read the outer input count there.
    u, v
        Distributions of the outer and the inner input.
    """

    choice: tuple[int, ...]
    u: Floats
    v: Floats

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it new: to 1e-9."""
        return self.choice, tuple(np.round(self.u, 9).tolist()), tuple(np.round(self.v, 9).tolist())


class Form:
    """Arrays of one measure and what was observed.

    Parameters
    ----------
    measure
        Of two dependent inputs.
    equations
        What was observed.
    """

    def __init__(self, measure: Factorized, equations: Equations) -> None:
        self.measure, self.equations = measure, equations
        self.never = _NEVER[isinstance(measure, FactorizedInformation)]
        layout = measure.layout
        if layout.count > MOST:
            raise ModelTooLargeError(
                f"min {measure.name}: found {layout.count:,} strategies for given settings, expected {MOST:,} at most. "
                "Reduce the settings or the outcomes, or leave out factorized=True: a lower bound."
            )
        values = [sorted({x[i] for x in layout.settings}) for i in (0, 1)]
        # few inner values: the search over v and the bisection of its simplex grow with them
        self.swapped = self._order(values) == 1
        self.values = values[::-1] if self.swapped else values
        place = {x: n for n, x in enumerate(layout.settings)}
        shape = len(self.values[0]), len(self.values[1])
        self.places = np.full(shape, -1)
        for i, x in enumerate(self.values[0]):
            for j, y in enumerate(self.values[1]):
                self.places[i, j] = place.get((y, x) if self.swapped else (x, y), -1)
        self.occurs = self.places >= 0
        self.settings = np.where(self.occurs, layout.floats[self.places], 0.0)
        self.marginals = self.settings.sum(axis=1), self.settings.sum(axis=0)
        self.columns = sp.csc_array(equations.rows.matrix)[:, layout.numbers.ravel()]
        self.groups = self._groups(self.swapped)
        self.choices = self._choices(self.groups)

    def _order(self, values: Sequence[Sequence[int]]) -> int:
        """Return which input is the outer one."""
        sizes = len(values[1]), len(values[0])
        return min((0, 1), key=lambda outer: (sizes[outer], len(self._groups(outer == 1))))

    def _groups(self, swapped: bool) -> list[NDArray[np.intp]]:
        """Return the numbers of Λ with the same functions that do not read the outer input."""
        model, layout = self.measure.model, self.measure.layout
        name = layout.names[1 if swapped else 0]
        nodes = model.strategies.nodes
        digits = np.unravel_index(layout.numbers[0], tuple(node.functions for node in nodes))
        keys = [
            own
            for node, own in zip(nodes, digits, strict=True)
            if node.name not in layout.names and name not in node.parents
        ]
        stacked = np.stack([*keys, np.zeros(layout.count, dtype=np.intp)], axis=1)
        _, number = np.unique(stacked, axis=0, return_inverse=True)
        order = np.argsort(number.ravel(), kind="stable")
        return np.split(order, np.cumsum(np.bincount(number.ravel()))[:-1])

    def _choices(self, groups: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
        """Return a Λ for each group, outer value and kind of its answers there; repeated where they are fewer."""
        ends, rows, data = self.columns.indptr, self.columns.indices, self.columns.data
        count = self.measure.layout.count
        found = []
        for group in groups:
            own = []
            for places in self.places:
                kinds: dict[tuple[object, ...], int] = {}
                for rest in group.tolist():
                    cells = [p * count + rest for p in places if p >= 0]
                    parts = (slice(ends[c], ends[c + 1]) for c in cells)
                    key = tuple(tuple(sorted(zip(rows[s].tolist(), data[s].tolist(), strict=True))) for s in parts)
                    kinds.setdefault(key, rest)
                own.append(list(kinds.values()))
            found.append(own)
        most = max(len(own) for group in found for own in group)
        return np.array([[own + own[:1] * (most - len(own)) for own in group] for group in found], dtype=np.intp)

    # -------------------------------------------------------------------------- prices

    def gains(self, z: Floats) -> Floats:
        """Return the gain of each group, outer value, choice and inner value, for multipliers of the equations."""
        flat = (self.columns.T @ z).reshape(-1, self.measure.layout.count)
        own = flat[np.maximum(self.places, 0)]  # outer, inner, Λ
        own = np.where(self.occurs[:, :, None], own, -self.never)
        outer = np.arange(len(self.places))[None, :, None]
        return np.asarray(own.transpose(0, 2, 1)[outer, self.choices])

    def table(self, column: Column) -> Floats:
        """Return what a source value adds to the equations."""
        joint = np.outer(column.u, column.v)
        count = self.measure.layout.count
        weights = np.zeros(self.columns.shape[1])
        for x, rest in enumerate(column.choice):
            for y in np.flatnonzero(self.occurs[x]):
                weights[self.places[x, y] * count + rest] += joint[x, y]
        return np.asarray(self.columns @ weights)

    # -------------------------------------------------------------------------- in words

    @cached_property
    def _radices(self) -> tuple[int, ...]:
        return tuple(node.functions for node in self.measure.model.strategies.nodes)

    def strategies(self, column: Column) -> dict[int, float]:
        """Return the strategies of a source value with p(x|λ) p(y|λ): one Λ, with each pair of settings."""
        model, names = self.measure.model, self.measure.layout.names
        outer = names[1 if self.swapped else 0]
        nodes = model.strategies.nodes
        numbers = self.measure.layout.numbers[0]
        digits = [np.unravel_index(numbers[rest], self._radices) for rest in column.choice]
        own: list[int] = []
        for axis, node in enumerate(nodes):
            if outer not in node.parents:
                own.append(int(digits[0][axis]))
                continue
            own.append(self._joined(node_values=[node.values(int(d[axis])) for d in digits], axis=axis))
        found = {}
        for i, x in enumerate(self.values[0]):
            for j, y in enumerate(self.values[1]):
                weight = float(column.u[i] * column.v[j])
                if weight > 0:
                    pair = dict(zip(names, (y, x) if self.swapped else (x, y), strict=True))
                    chosen = [pair.get(node.name, d) for node, d in zip(nodes, own, strict=True)]
                    found[int(np.ravel_multi_index(chosen, self._radices))] = weight
        return found

    def _joined(self, node_values: Sequence[Sequence[int]], axis: int) -> int:
        """Return the function that is, at each value of the outer input, that of the choice there."""
        node = self.measure.model.strategies.nodes[axis]
        outer = self.measure.layout.names[1 if self.swapped else 0]
        place = node.parents.index(outer)
        inner = math.prod(node.radices[place + 1 :])
        known = {value: i for i, value in enumerate(self.values[0])}
        function = 0
        for configuration in range(node.configurations):
            value = configuration // inner % node.radices[place]
            function = function * node.cardinality + node_values[known.get(value, 0)][configuration]
        return function
