"""What makes a graph with roles a causal model, and the errors that say what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from relaxbell.causal.protocols import HasGraph
from relaxbell.errors import ModelError, UnsupportedModelError
from relaxbell.exact.texts import plain_repr


def check_roles(model: HasGraph, others: Sequence[str]) -> None:
    """Raise ModelError unless every node has exactly one role and there is an output."""
    roles = {
        "inputs": model.inputs,
        "latent": model.latents,
        "hidden": model.hidden,
        "outputs": model.outputs,
    }
    seen: dict[str, str] = {}
    for role, names in roles.items():
        for n in names:
            if n not in model.nodes:
                raise ModelError(f"{n!r} in {role} is not a node of the graph. Its nodes are {', '.join(model.nodes)}.")
            if n in seen:
                raise ModelError(f"{n!r} is both in {seen[n]} and in {role}. Give each node one role.")
            seen[n] = role
    missing = [n for n in others if n not in seen]
    if missing:
        raise ModelError(f"{missing[0]!r} has no role: name it in outputs, inputs, hidden or latent.")
    if not model.outputs:
        raise ModelError("the model has no outputs, so there is nothing to reproduce. Add an observed node.")


def read_cardinality(model: HasGraph, cardinality: Mapping[str, int]) -> dict[str, int]:
    """Return the cardinalities of all nodes but the latent ones, in the graph's order."""
    if not isinstance(cardinality, Mapping):
        raise ModelError(
            f'cardinality is {cardinality!r}, expected a number for each node, such as {{"A": 2, "X": 3}}.'
        )
    for name, size in cardinality.items():
        if name not in model.nodes:
            raise ModelError(
                f"cardinality names {name!r}, which is not a node, expected some of {', '.join(model.nodes)}. Use "
                "these names."
            )
        if name in model.latents:
            raise ModelError(f"the latent variable {name!r} needs no cardinality: all strategies are allowed.")
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise ModelError(f"cardinality of {name!r} is {plain_repr(size)}, expected an integer ≥ 1.")
    missing = [n for n in model.nodes if n not in model.latents and n not in cardinality]
    if missing:
        sizes = {n: int(cardinality.get(n, 2)) for n in model.nodes if n not in model.latents}
        raise ModelError(
            f"no cardinality for {', '.join(missing)}, expected the number of values of every node that is not latent. "
            f"Give cardinality={sizes}, with your numbers."
        )
    return {n: int(cardinality[n]) for n in model.nodes if n not in model.latents}


def check_structure(model: HasGraph) -> None:
    """Raise ModelError for responding nodes without latent parent."""
    if not model.latents:
        raise UnsupportedModelError(
            "the model has 0 latent variables, expected one or more: what responds to inputs alone has private "
            "noise. Add a latent parent to every responding node."
        )
    for node in model.outputs + model.hidden + model.dependent_inputs:
        if not set(model.latents) & set(model.parents(node)):
            raise ModelError(
                f"{node!r} responds to {', '.join(model.parents(node)) or 'nothing'} but has no latent parent: its "
                f"private noise would be independent of the rest. Add the edge '{model.latents[0]} -> {node}'"
                f"{', or make it an output' if node in model.inputs else ''}."
            )
