"""The strategies of a causal model, and what is observed of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.scenario import Scenario, same_variables
from relaxbell.causal.independence import Independence, independence
from relaxbell.causal.inputs import InputDistribution
from relaxbell.causal.responses import Node, Strategies
from relaxbell.causal.size import check_equations
from relaxbell.causal.structure import Structure
from relaxbell.errors import BehaviorError
from relaxbell.exact.rows import Rows


class Observing(Structure):
    """The part of `CausalModel` that lists its strategies, and says what is observed of them."""

    input_distribution: InputDistribution

    @property
    def scenario(self) -> Scenario:
        """Variables, their numbers of values, and which party chooses which input as the graph says."""
        chosen = {name for name in (self.parties or {}).values() if name is not None}
        return Scenario.of(
            self.outputs, self.inputs, self.observed_shape, self.parties if chosen == set(self.inputs) else None
        )

    @cached_property
    def strategies(self) -> Strategies:
        """The strategies, numbered; `strategies.count` is n."""
        settings = math.prod(self.cardinality[n] for n in self.free_inputs)
        return Strategies([self._node(name) for name in self.responding], settings)

    def _node(self, name: str) -> Node:
        parents = tuple(n for n in self.parents(name) if n not in self.latents)
        return Node(name, self.cardinality[name], parents, tuple(self.cardinality[n] for n in parents))

    @cached_property
    def settings(self) -> tuple[dict[str, int], ...]:
        """All settings of the free inputs, the last input changing fastest."""
        ranges = [range(self.cardinality[n]) for n in self.free_inputs]
        return tuple(dict(zip(self.free_inputs, values, strict=True)) for values in itertools.product(*ranges))

    @cached_property
    def T(self) -> sp.csc_array:  # noqa: N802 - the paper's name
        """The 0/1 map from q to the observed table, shape (cells, n), cells in C order of the table.

        Cell (a, …, x, …) of T q is p(a, …, x_dependent|x_free): the probability of the outputs and
        of the dependent inputs given the free ones.
        """
        check_equations(self, self.strategies.count)
        columns = np.empty((self.strategies.count, len(self.settings)), dtype=np.int32)
        for k, setting in enumerate(self.settings):
            values = self.strategies.evaluate(setting)
            index: Any = 0
            for name, size in zip(self.outputs + self.inputs, self.observed_shape, strict=True):
                index = index * size + values[name]
            columns[:, k] = self.strategies.spread(index)
        pointers = np.arange(0, columns.size + 1, len(self.settings))
        cells = math.prod(self.observed_shape)
        data = np.ones(columns.size)
        return sp.csc_array((data, columns.ravel(), pointers), shape=(cells, self.strategies.count))

    @cached_property
    def observed_rows(self) -> Rows:
        """T as labeled rows, one for each cell of the table."""
        labels = tuple(cell_label(self, index) for index in np.ndindex(*self.observed_shape))
        return Rows(sp.csr_array(self.T.tocsr()), labels)

    @cached_property
    def q(self) -> Any:
        """The optimization variable: q = cp.Variable(n, nonneg=True), one weight for each strategy.

        It belongs to this instance; expressions of two models do not mix.
        """
        import cvxpy as cp

        return cp.Variable(self.strategies.count, nonneg=True, name="q")

    @cached_property
    def valid(self) -> Any:
        """The CVXPY constraint Σ q = 1."""
        import cvxpy as cp

        return cp.sum(self.q) == 1

    @cached_property
    def independence(self) -> Independence:
        """Which groups of nodes respond independently because they share no source, and whether that is all."""
        return independence(self)

    def match(self, observed: Behavior) -> Behavior:
        """Return the behavior with its axes in the model's order; raise BehaviorError if it does not fit.

        Parameters
        ----------
        observed
            With the model's variables, in any order.

        Returns
        -------
        Behavior
            Axes: the model's outputs, then its inputs.

        Raises
        ------
        BehaviorError
            If variables or cardinalities differ.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.bell().match(rb.boxes.pr().transposed("B A", "Y X")).outputs
        ('A', 'B')
        """
        if not isinstance(observed, Behavior):
            raise BehaviorError(f"found a {type(observed).__name__}, expected a Behavior of {self.name}.")
        if not same_variables(observed, self):
            raise BehaviorError(
                f"variables do not match: the behavior is {observed.scenario.symbol}, {self.name} needs "
                f"{self.scenario.symbol}. Use rename({{old: new}})."
            )
        behavior = observed.transposed(self.outputs, self.inputs)
        for name in self.outputs + self.inputs:
            if behavior.cardinality[name] != self.cardinality[name]:
                raise BehaviorError(
                    f"{name} has {behavior.cardinality[name]} values in the behavior and {self.cardinality[name]} in "
                    f"{self.name}. Build the model with the behavior's cardinalities."
                )
        return behavior

    @cached_property
    def coordinates(self) -> Coordinates:
        """Independent coordinates of the behaviors p(outputs|inputs) of this model."""
        reach = []
        for name in self.outputs:
            ancestors = self.ancestors(name)
            reached = [self.inputs_connected or n in self.dependent_inputs or n in ancestors for n in self.inputs]
            reach.append(frozenset(i for i, yes in enumerate(reached) if yes))
        shape, k = self.observed_shape, len(self.outputs)
        return Coordinates(shape[:k], shape[k:], tuple(reach))

    def coordinates_of(self, observed: Behavior) -> Coordinates:
        """Return `coordinates` for a behavior whose axes may be in another order.

        Parameters
        ----------
        observed
            With the model's variables and cardinalities.

        Returns
        -------
        Coordinates
            In the behavior's order of axes.

        Raises
        ------
        BehaviorError
            If variables or cardinalities differ.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.input_signaling().coordinates_of(rb.boxes.pr()).dimension
        10
        """
        self.match(observed)
        reach = dict(zip(self.outputs, self.coordinates.reach, strict=True))
        own = [frozenset(observed.inputs.index(self.inputs[j]) for j in reach[name]) for name in observed.outputs]
        k = len(observed.outputs)
        return Coordinates(observed.p.shape[:k], observed.p.shape[k:], tuple(own))


def cell_label(model: Observing, index: Sequence[Any]) -> str:
    """Return a cell of the observed table as text: ``p(A=0,B=1|X=0,Y=0)``."""
    k = len(model.outputs)
    outputs = ",".join(f"{n}={v}" for n, v in zip(model.outputs, index[:k], strict=True))
    inputs = ",".join(f"{n}={v}" for n, v in zip(model.inputs, index[k:], strict=True))
    return f"p({outputs}|{inputs})"
