"""Relabelings of response functions and strategies, as permutations of their numbers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.local import LocalModel
from relaxbell.causal.mixed import MixedLocal
from relaxbell.causal.responses import Node
from relaxbell.permutations import Permutation
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


def variable_images(local: LocalModel, relabeling: Relabeling) -> Move | None:
    """Return what a relabeling makes of the variables; None where it leaves the model, see `strategy_numbers`."""
    if isinstance(local, MixedLocal):
        return _mixed_images(local, relabeling)
    known = {node.name: node for node in local.nodes}
    variables: list[int] = []
    values = np.zeros((len(local.domains), max(local.domains, default=1)), dtype=np.intp)
    for node in local.nodes:
        target = known.get(relabeling.moves.get(node.name, node.name))
        moved = None if target is None else _configurations(node, target, relabeling)
        if moved is None or target is None:
            return None
        for images, own in moved:
            values[len(variables), : node.cardinality] = own
            variables.append(local.variable(target.name, images))
    return Move(np.array(variables, dtype=np.intp), values)


def _mixed_images(local: MixedLocal, relabeling: Relabeling) -> Move | None:
    """Return what a relabeling makes of the variables of several structures, if each stays as it is."""
    variables = [np.zeros(1, dtype=np.intp)]
    values = np.tile(np.arange(max(local.domains), dtype=np.intp), (len(local.domains), 1))
    for own, first in zip(local.parts, local.first, strict=False):
        if isinstance(own, LocalModel):
            move = variable_images(own, relabeling)
            if move is None:
                return None
            variables.append(move.variables + first)
            values[first : first + len(own.domains), : move.values.shape[1]] = move.values
        else:
            variables.append(np.array([first], dtype=np.intp))
            values[first, : own.count] = np.argsort(relabeling.cells())
    return Move(np.concatenate(variables), values)


def strategy_numbers(nodes: Sequence[Node], relabeling: Relabeling) -> NDArray[np.intp] | None:
    """Return the number that each strategy gets; None where the relabeling leaves the model.

    It does where a node becomes one with other parents, or where what an outcome is called depends on a setting that
    a node does not see. Hidden nodes stay as they are.

    Parameters
    ----------
    nodes
        The responding nodes whose functions are numbered together, the first the most significant.
    relabeling
        Of the model's scenario.
    """
    known = {node.name: i for i, node in enumerate(nodes)}
    strides = [1] * (len(nodes) + 1)
    for i in range(len(nodes) - 1, -1, -1):
        strides[i] = strides[i + 1] * nodes[i].functions
    numbers = np.zeros(1, dtype=np.intp)
    for node in nodes:
        place = known.get(relabeling.moves.get(node.name, node.name))
        own = None if place is None else _function_numbers(node, nodes[place], relabeling)
        if own is None or place is None:
            return None
        numbers = (numbers[:, None] + strides[place + 1] * own[None, :]).ravel()
    return numbers


def _function_numbers(node: Node, target: Node, relabeling: Relabeling) -> NDArray[np.intp] | None:
    """Return the number of each response function of a node, as one of the node that it becomes."""
    moved = _configurations(node, target, relabeling)
    if moved is None:
        return None
    new = np.empty_like(node.table)
    for c, (images, own) in enumerate(moved):
        new[:, target.configuration(images)] = np.array(own, dtype=new.dtype)[node.table[:, c]]
    powers = target.cardinality ** np.arange(target.configurations - 1, -1, -1, dtype=np.int64)
    return np.asarray(new.astype(np.int64) @ powers, dtype=np.intp)


def _configurations(
    node: Node, target: Node, relabeling: Relabeling
) -> list[tuple[dict[str, int], Permutation]] | None:
    """Return what the values of a node's parents become in each configuration, and what its own do there.

    None where the node does not become the target.
    """
    moves = [relabeling.moves.get(u, u) for u in node.parents]
    if node.cardinality != target.cardinality or set(moves) != set(target.parents):
        return None
    found = []
    for values in itertools.product(*map(range, node.radices)):
        setting = dict(zip(node.parents, values, strict=True))
        images = {}
        for name, to in zip(node.parents, moves, strict=True):
            renamed = _renamed(name, setting, relabeling)
            if renamed is None:
                return None
            images[to] = renamed[setting[name]] if renamed else setting[name]
        own = _renamed(node.name, setting, relabeling)
        if own is None:
            return None
        found.append((images, own or tuple(range(node.cardinality))))
    return found


def _renamed(name: str, setting: Mapping[str, int], relabeling: Relabeling) -> Permutation | None:
    """Return what the values of a variable become; () for a hidden node, None where that is not seen."""
    if name in relabeling.settings:
        return relabeling.settings[name]
    rows = relabeling.outcomes.get(name)
    if rows is None:
        return ()
    if all(row == rows[0] for row in rows):
        return rows[0]
    own = relabeling.parties[name]
    return None if own is None or own not in setting else rows[setting[own]]
