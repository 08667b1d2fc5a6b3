"""What relabelings make of strategies: a permutation of the variables behind them, and of each one's values."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.relabeling import Relabeling


@dataclass(frozen=True, eq=False)
class Move:
    """A relabeling as a map of the variables behind the strategies.

    Attributes
    ----------
    variables
        What each variable becomes.
    values
        What each of its values becomes, shape (variables, largest domain).
    """

    variables: NDArray[np.intp]
    values: NDArray[np.intp]

    def __call__(self, assignments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what strategies become, one row for each."""
        out = np.empty_like(assignments)
        out[:, self.variables] = self.values[np.arange(len(self.variables)), assignments]
        return out


def variable_images(model: CausalModel, relabeling: Relabeling) -> Move | None:
    """Return what a relabeling makes of the variables; None where it leaves the model."""
    local = model.local
    known = {node.name: node for node in local.nodes}
    variables, values = [], np.zeros((len(local.domains), max(local.domains, default=1)), dtype=np.intp)
    for node in local.nodes:
        target = known.get(relabeling.moves.get(node.name, node.name))
        if target is None or target.cardinality != node.cardinality:
            return None
        if {relabeling.moves.get(u, u) for u in node.parents} != set(target.parents):
            return None
        for setting in itertools.product(*map(range, node.radices)):
            seen = dict(zip(node.parents, setting, strict=True))
            images = {}
            for name in node.parents:
                renamed = _renamed(name, seen, relabeling)
                if renamed is None:
                    return None
                images[relabeling.moves.get(name, name)] = renamed[seen[name]] if renamed else seen[name]
            own = _renamed(node.name, seen, relabeling)
            if own is None:
                return None
            place = len(variables)
            variables.append(local.variable(target.name, images))
            values[place, : node.cardinality] = own or range(node.cardinality)
    return Move(np.array(variables, dtype=np.intp), values)


def _renamed(name: str, seen: Mapping[str, int], relabeling: Relabeling) -> tuple[int, ...] | None:
    """Return what the values of a variable become; () for a hidden node, None where that is not seen."""
    if name in relabeling.settings:
        return relabeling.settings[name]
    rows = relabeling.outcomes.get(name)
    if rows is None:
        return ()
    if all(row == rows[0] for row in rows):
        return rows[0]
    own = relabeling.parties[name]
    return None if own is None or own not in seen else rows[seen[own]]
