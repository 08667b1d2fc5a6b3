"""Models made from a model: which arguments of `CausalModel` say so.

Each function returns keyword arguments of `CausalModel`, which makes the new model, with a q of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from relaxbell.causal.graph import Edge, Graph, check_latent_ends, printed_latent, read_edges
from relaxbell.causal.inputs import InputDistribution
from relaxbell.causal.protocols import HasGraph, HasRelaxed
from relaxbell.causal.reading.diagram import renamed_origin
from relaxbell.errors import ModelError
from relaxbell.exact.numbers import Exact

Arguments: TypeAlias = dict[str, Any]


def own_name(model: HasGraph, name: str) -> str:
    """Return the node that is written so, or printed so; other names as they are, for the error to quote."""
    return name if name in model.nodes else printed_latent(name, model.latents)


def shared(model: HasRelaxed) -> Arguments:
    """Return the model with its first latent variable in place of all."""
    first, *others = model.latents
    edges, relaxed = (
        tuple(dict.fromkeys((first if u in others else u, v) for u, v in own)) for own in (model.edges, model.relaxed)
    )
    return _copied(model, edges, latent=(first,), relaxed=relaxed, name=f"{model.name} with a shared source")


def reordered(model: HasRelaxed, outputs: Sequence[str], inputs: Sequence[str]) -> Arguments:
    """Return the model with outputs and inputs in another order."""
    table = model.input_distribution
    own = table if tuple(inputs) == model.inputs else table.marginal(inputs)
    return _copied(
        model, model.edges, inputs=inputs, outputs=outputs, relaxed=model.relaxed, input_distribution=own,
        name=model.name,
    )  # fmt: skip


def relaxed_by(
    model: HasRelaxed, edges: Iterable[object], hidden: Mapping[str, int], input_distribution: object
) -> Arguments:
    """Return the model with more edges and hidden nodes; edges into old nodes are remembered as relaxed."""
    check_hidden(model, hidden)
    nodes = (*model.nodes, *hidden)
    new = tuple((u if u in nodes else own_name(model, u), own_name(model, v)) for u, v in read_edges(edges))
    for edge in new:
        for node in edge:
            if node not in nodes:
                raise ModelError(
                    f"cannot relax {edge[0]!r} -> {edge[1]!r}: {node!r} is not a node of {model.name}. "
                    f"Its nodes are {', '.join(nodes)}."
                )
        if edge in model.edges:
            raise ModelError(f"the edge {edge[0]!r} -> {edge[1]!r} is already in {model.name}. Relax another.")
    check_latent_ends(new, model.latents)  # the other errors would be about a cycle, through the latent variable
    texts = [f'"{u} -> {v}"' for u, v in new]
    sizes = ", ".join(f'"{name}": {size}' for name, size in hidden.items())
    texts += [f"hidden={{{sizes}}}"] if hidden else []
    return _copied(
        model,
        (*model.edges, *new),
        relaxed=(*model.relaxed, *(edge for edge in new if edge[1] not in hidden)),
        hidden=(*model.hidden, *hidden),
        sizes=model.cardinality | dict(hidden),
        input_distribution=model.input_distribution if input_distribution is None else input_distribution,
        name=f"{model.name}.relax({', '.join(texts)})",
    )


def check_hidden(model: HasGraph, hidden: Mapping[str, int]) -> None:
    """Raise ModelError unless hidden nodes are new, and come with their numbers of values."""
    if not isinstance(hidden, Mapping):
        raise ModelError(f'hidden is {hidden!r}, expected the number of values of each new node, such as {{"M": 2}}.')
    for name in hidden:
        if name in model.nodes:
            raise ModelError(f"{name!r} is already a node of {model.name}. Give the new hidden node another name.")


def unrelaxed(model: HasRelaxed) -> Arguments:
    """Return the model without its relaxed edges, and without hidden nodes that then have no children."""
    edges = [edge for edge in model.edges if edge not in model.relaxed]
    hidden = list(model.hidden)
    while idle := [n for n in hidden if all(u != n for u, _ in edges)]:
        edges = [(u, v) for u, v in edges if v not in idle]
        hidden = [n for n in hidden if n not in idle]
    return _copied(
        model,
        edges,
        relaxed=(),
        hidden=hidden,
        name=model.name.partition(".relax(")[0],
        input_distribution=_distribution_without(model, edges),
    )


def _distribution_without(model: HasRelaxed, edges: Sequence[Edge]) -> InputDistribution | Exact:
    """Return p(inputs), with free and dependent ones made independent where the edges left require it."""
    responding = {v for u, v in edges if u in model.latents}
    dependent = [n for n in model.inputs if n in responding]
    free = [n for n in model.inputs if n not in responding]
    connected = any(u in free and v in dependent for u, v in edges)
    return model.input_distribution if connected else model.input_distribution.product(free, dependent)


def renamed(model: HasRelaxed, names: Mapping[str, str]) -> Arguments:
    """Return the model with nodes renamed."""
    own = [own_name(model, old) for old in names]
    if len(set(own)) < len(own):
        raise ModelError(f"{', '.join(names)} name a node of {model.name} twice. Give each its new name once.")
    names = dict(zip(own, names.values(), strict=True))
    unknown = [n for n in names if n not in model.nodes]
    if unknown:
        raise ModelError(f"cannot rename {unknown[0]!r}: the nodes of {model.name} are {', '.join(model.nodes)}.")
    new = {n: names.get(n, n) for n in model.nodes}
    twice = [n for n in new.values() if list(new.values()).count(n) > 1]
    if twice:
        raise ModelError(f"two nodes of {model.name} would be called {twice[0]!r}. Rename the other one as well.")
    pairs = ", ".join(f"{u} -> {v}" for u, v in names.items() if u != v)
    roles = {"inputs": model.inputs, "latent": model.latents, "hidden": model.hidden, "outputs": model.outputs}
    return {
        "graph": Graph(tuple(new.values()), tuple((new[u], new[v]) for u, v in model.edges)),
        "cardinality": {new[n]: c for n, c in model.cardinality.items()},
        **{role: [new[n] for n in own] for role, own in roles.items()},
        "input_distribution": model.input_distribution,
        "relaxed": [(new[u], new[v]) for u, v in model.relaxed],
        "name": f"{model.name} with {pairs}" if pairs else model.name,
        "origin": renamed_origin(model.origin, new),
    }


def _copied(
    model: HasRelaxed, edges: Iterable[Edge], *, sizes: Mapping[str, int] | None = None, **changes: object
) -> Arguments:
    settings: Arguments = {
        "inputs": model.inputs,
        "latent": model.latents,
        "hidden": model.hidden,
        "outputs": model.outputs,
        "input_distribution": model.input_distribution,
        "origin": model.origin,
    } | changes
    known = model.cardinality if sizes is None else sizes
    kept = (*model.inputs, *model.outputs, *settings["latent"], *settings["hidden"])
    graph = Graph.of((n for n in (*model.nodes, *settings["hidden"]) if n in kept), edges)
    return settings | {"graph": graph, "cardinality": {n: known[n] for n in graph.nodes if n not in model.latents}}
