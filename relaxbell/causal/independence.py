"""Independent sources: what several latent variables say about the distribution q over strategies.

A responding node depends on its own sources only. So the response functions of sets of nodes that share no
source are independent: q factorizes over them. How much of the network this captures depends on the graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from relaxbell.causal.protocols import HasGraph

Groups = tuple[tuple[str, ...], ...]

_MOST_SOURCES = 8
"""Partitions of more sources are not enumerated, of which there are 4140 of 8: then the sources of each node
against the others, which is enough to find two nodes with disjoint ones."""


@dataclass(frozen=True)
class Independence:
    """Which groups of responding nodes have independent response functions, and what that is worth.

    Attributes
    ----------
    kind
        ``exact``: a q reproduces a behavior of the network if and only if it factorizes as stated (one source,
        with nothing stated, included). ``necessary``: every model of the network factorizes so, but other q
        do too; distances from a product are then lower bounds. ``none``: no two nodes have disjoint
        sources, so nothing follows.
    products
        Each a family of two or more groups of nodes whose joint distribution is the product of its marginals.
    reason
        Why, in words.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.bilocality().independence.kind, rb.bilocality().independence.products
    ('exact', ((('A',), ('C',)),))
    """

    kind: Literal["exact", "necessary", "none"]
    products: tuple[Groups, ...]
    reason: str


def independence(model: HasGraph) -> Independence:
    """Return what the sources of a model imply; see `Independence`."""
    sources = effective_sources(model)
    parts = components(sources)
    mixed = [n for c in parts for n in c.nodes if 1 < len(sources[n]) < len(c.latents)]
    if not mixed:
        products = [p for c in parts for p in [by_source(c.nodes, c.latents, sources)] if len(p) > 1]
        if len(parts) > 1:
            products.insert(0, tuple(c.nodes for c in parts))
        text = "; ".join(_said(p) for p in products) or "all responding nodes share one source"
        return Independence("exact", tuple(products), text)
    products = families(model.responding, sources)
    if products:
        text = f"{mixed[0]} sees {_listed(sources[mixed[0]])}, neither one source nor all of its part of the network"
        return Independence("necessary", tuple(products), text)
    return Independence("none", (), "every two responding nodes share a source, so no product of marginals follows")


@dataclass(frozen=True)
class _Component:
    nodes: tuple[str, ...]
    latents: frozenset[str]


def private_settings(model: HasGraph) -> dict[str, tuple[str, ...]] | None:
    """Return the free inputs of each responding node; None if two share one, or a node responds to another."""
    settings = {n: tuple(u for u in model.parents(n) if u not in model.latents) for n in model.responding}
    used = [u for own in settings.values() for u in own]
    apart = len(set(used)) == len(used) and set(used) <= set(model.free_inputs)
    return settings if apart else None


def effective_sources(model: HasGraph) -> Mapping[str, frozenset[str]]:
    """Return the sources of each responding node, without those whose children all see one other source.

    A source can send what another one knows as well, so a source that reaches no node beyond those of
    another adds nothing.
    """
    reach = {u: frozenset(v for w, v in model.edges if w == u) for u in model.latents}
    kept: list[str] = []
    for u in model.latents:
        larger = [w for w in model.latents if w != u and reach[u] <= reach[w]]
        if not any(reach[u] < reach[w] or w in kept for w in larger):
            kept.append(u)
    return {n: frozenset(u for u in kept if n in reach[u]) for n in model.responding}


def components(sources: Mapping[str, frozenset[str]]) -> list[_Component]:
    """Return the connected parts of the graph of sources and nodes, in the nodes' order."""
    parts: list[frozenset[str]] = []
    for own in sources.values():
        touching = [p for p in parts if p & own]
        parts = [p for p in parts if not p & own] + [own.union(*touching)]
    found = [_Component(tuple(n for n, own in sources.items() if own <= part), part) for part in parts]
    order = list(sources)
    return sorted(found, key=lambda c: order.index(c.nodes[0]))


def by_source(nodes: Sequence[str], latents: frozenset[str], sources: Mapping[str, frozenset[str]]) -> Groups:
    """Return the nodes that see a single source, grouped by it; none where there is one source only."""
    if len(latents) < 2:
        return ()
    single = dict.fromkeys(sources[n] for n in nodes if len(sources[n]) == 1)
    return tuple(tuple(n for n in nodes if sources[n] == own) for own in single)


def families(nodes: Sequence[str], sources: Mapping[str, frozenset[str]]) -> list[Groups]:
    """Return the families of independent groups, without those that follow from a larger one."""
    latents = frozenset().union(*sources.values())
    few = len(latents) <= _MOST_SOURCES
    found: list[Groups] = []
    for partition in _partitions(sorted(latents)) if few else ((own, latents - own) for own in sources.values()):
        groups = tuple(tuple(n for n in nodes if sources[n] <= block) for block in partition)
        groups = tuple(sorted((g for g in groups if g), key=lambda g: nodes.index(g[0])))
        if len(groups) > 1 and groups not in found:
            found.append(groups)
    return [f for f in found if not any(f is not g and _implied(f, g) for g in found)]


def _implied(family: Groups, by: Groups) -> bool:
    """Return whether independence of the groups `by` contains that of `family`.

    It does if they contain all its nodes, and the nodes of each of them are of one group of `family` at most.
    """
    nodes = {n for group in family for n in group}
    covered = {n for group in by for n in group}
    return nodes <= covered and all(sum(bool(set(own) & set(group)) for group in family) <= 1 for own in by)


def _partitions(items: Sequence[str]) -> Iterator[tuple[frozenset[str], ...]]:
    if not items:
        yield ()
        return
    first, rest = items[0], items[1:]
    for partition in _partitions(rest):
        yield (frozenset({first}), *partition)
        for i, block in enumerate(partition):
            yield (*partition[:i], block | {first}, *partition[i + 1 :])


def _said(groups: Groups) -> str:
    return f"{' and '.join(','.join(g) for g in groups)} are independent"


def _listed(names: frozenset[str]) -> str:
    return " and ".join(sorted(names))
