"""The local behaviors of a scenario as a set like the quantum and the no-signaling ones."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.table import known_parties
from relaxbell.causal.model import CausalModel
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.numbers import Exact
from relaxbell.functionals.functional import BellFunctional
from relaxbell.quantum.base import BehaviorSet

if TYPE_CHECKING:
    from cvxpy import Constraint, Expression

_LISTED = 2**16
"""Strategies that a linear program lists."""


class LocalSet(BehaviorSet):
    """All local behaviors of a scenario, mixtures of deterministic strategies."""

    @property
    def name(self) -> str:
        """The set in words."""
        return "local"

    @property
    def kind(self) -> str:
        """The set in certificates."""
        return "local"

    @cached_property
    def model(self) -> CausalModel:
        """The Bell scenario as a graph, or the graph of the set."""
        if self.graph is not None:
            return self.graph.model
        own = self.scenario
        latent = next(name for name in ("L", "Lambda", "Common", "L'") if name not in own.variables)
        parties = known_parties(own)
        edges = [(latent, a) for a in own.outputs] + [(x, a) for a in own.outputs if (x := parties[a]) is not None]
        return CausalModel(edges, own.inputs, latent, dict(own.cardinality), outputs=own.outputs, name="the local set")

    @cached_property
    def _of_strategies(self) -> NDArray[np.float64]:
        """Collins–Gisin coordinates of the strategies, in columns, the constant first."""
        count = self.model.strategies.count
        if count > _LISTED:
            raise ModelTooLargeError(
                f"the local set of {self.scenario} has {count:,} deterministic strategies, expected at most "
                f"{_LISTED:,} in a linear program over them. Use critical_visibility(model, p), which lists none."
            )
        if self.graph is not None:
            return self.graph.values.T.toarray()
        tables = self.model.T.toarray().astype(float).reshape(*self.scenario.shape, -1)
        found: NDArray[np.float64] = self.coordinates.project(tables)
        return found

    def _vector(self) -> tuple[Expression, list[Constraint]]:
        return self.scaled(1.0)

    def scaled(self, weight: float | Expression) -> tuple[Expression, list[Constraint]]:
        """Return coordinates of a local behavior times a weight that is a variable, with their constraints."""
        import cvxpy as cp

        weights = cp.Variable(self._of_strategies.shape[1], nonneg=True)
        return self._of_strategies @ weights, [cp.sum(weights) == weight]

    def _solved(self, table: Exact) -> tuple[float, NDArray[Any] | None, dict[str, Any], bool]:
        own = BellFunctional(table, self.scenario.outputs, self.scenario.inputs, parties=self.scenario.parties)
        return float(own.bound(self.model)), None, {}, True
