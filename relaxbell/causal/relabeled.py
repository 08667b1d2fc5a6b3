"""Relabelings of response functions and strategies, as permutations of their numbers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.responses import Node
from relaxbell.relabeling import Relabeling


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
    moves = [relabeling.moves.get(u, u) for u in node.parents]
    if set(moves) != set(target.parents):
        return None
    new = np.empty_like(node.table)
    for c, values in enumerate(itertools.product(*map(range, node.radices))):
        setting = dict(zip(node.parents, values, strict=True))
        images = {}
        for name, to in zip(node.parents, moves, strict=True):
            renamed = _renamed(name, setting, relabeling)
            if renamed is None:
                return None
            images[to] = setting[name] if not renamed else renamed[setting[name]]
        own = _renamed(node.name, setting, relabeling)
        if own is None:
            return None
        column = node.table[:, c]
        new[:, target.configuration(images)] = np.array(own, dtype=new.dtype)[column] if own else column
    powers = target.cardinality ** np.arange(target.configurations - 1, -1, -1, dtype=np.int64)
    return np.asarray(new.astype(np.int64) @ powers, dtype=np.intp)


def _renamed(name: str, setting: Mapping[str, int], relabeling: Relabeling) -> tuple[int, ...] | None:
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
