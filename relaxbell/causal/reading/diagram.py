"""What a foreign graph says, and how it becomes the arguments of a causal model; everything added is noted."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from relaxbell.behavior.names import read_names
from relaxbell.causal.graph import Edge, Graph, check_edges, topological_order
from relaxbell.errors import ModelError

Arguments: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class GraphOrigin:
    """Where a model's graph was read, the roles that it gave, and what was added or left out.

    Attributes
    ----------
    source
        The layout or class that was read.
    exposures, outcomes
        Nodes with these roles.
    selected
        Nodes on which the data are conditioned, as the graph says.
    notes
        Each latent variable that was added, each one that changes nothing and was left out, and other readings that
        are not written in the graph.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.CausalModel.from_graph("dag { Z -> X -> Y; X <-> Y; X [exposure]; Y [outcome] }", cardinality=2)
    >>> model.origin.exposures, model.origin.outcomes
    (('X',), ('Y',))
    >>> model.origin.notes[0]
    'X <-> Y is the latent variable U_X_Y'
    """

    source: str
    exposures: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def renamed_origin(origin: GraphOrigin | None, names: Mapping[str, str]) -> GraphOrigin | None:
    """Return the same with new names in the roles; notes speak of the graph that was read."""
    if origin is None:
        return None
    roles = (origin.exposures, origin.outcomes, origin.selected)
    exposures, outcomes, selected = (tuple(names.get(n, n) for n in own) for own in roles)
    return GraphOrigin(origin.source, exposures, outcomes, selected, origin.notes)


@dataclass
class Diagram:
    """Nodes, edges and roles as a reader collects them."""

    source: str
    nodes: dict[str, None] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    bidirected: list[Edge] = field(default_factory=list)
    latents: dict[str, None] = field(default_factory=dict)
    fixed: dict[str, None] = field(default_factory=dict)
    roles: dict[str, dict[str, None]] = field(default_factory=dict)
    cardinality: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def role(self, name: str) -> tuple[str, ...]:
        """Return the nodes with a role."""
        return tuple(self.roles.get(name, ()))

    def give(self, role: str, node: str) -> None:
        """Give a node a role, "latent" among them."""
        own = self.latents if role == "latent" else self.roles.setdefault(role, {})
        own[node] = None

    def renamed(self, names: Mapping[str, str]) -> Diagram:
        """Return the diagram with other names for some nodes."""
        unknown = [old for old in names if old not in self.nodes]
        if unknown:
            raise ModelError(f"names has {unknown[0]!r}, which is no node of the graph: {', '.join(self.nodes)}.")
        new = {n: names.get(n, n) for n in self.nodes}
        return replace(
            self,
            nodes=dict.fromkeys(new.values()) if len(set(new.values())) == len(new) else _same_twice(new),
            edges=[(new[u], new[v]) for u, v in self.edges],
            bidirected=[(new[u], new[v]) for u, v in self.bidirected],
            latents=dict.fromkeys(new[n] for n in self.latents),
            fixed=dict.fromkeys(new[n] for n in self.fixed),
            roles={role: dict.fromkeys(new[n] for n in own) for role, own in self.roles.items()},
            cardinality={new[n]: c for n, c in self.cardinality.items()},
        )


def _same_twice(new: Mapping[str, str]) -> dict[str, None]:
    twice = next(n for n in new.values() if list(new.values()).count(n) > 1)
    raise ModelError(f"two nodes of the graph would be called {twice!r}. Give them different names.")


def model_arguments(
    diagram: Diagram,
    inputs: str | Sequence[str] | None,
    latent: str | Sequence[str],
    hidden: str | Sequence[str],
    cardinality: object,
) -> Arguments:
    """Return graph, inputs, latent, hidden, cardinality and origin of the causal model that a diagram means.

    Hidden nodes are not observed but stay, also where the graph calls them latent. Latent variables with parents are
    made roots, and those whose children all see another one are left out: neither
    changes what can be observed, also under interventions on observed nodes (Evans, Scand. J. Statist. 43, 625, 2016,
    Section 3).
    """
    _check_names(diagram)
    declared, kept = read_names(latent, "latent", ModelError), read_names(hidden, "hidden", ModelError)
    for what, names in (("latent", declared), ("hidden", kept)):
        for name in names:
            if name not in diagram.nodes:
                raise ModelError(
                    f"{name!r} in {what} is not a node of the graph, expected some of {', '.join(diagram.nodes)}. Use "
                    "these names."
                )
    for name in kept:
        if name in declared:
            raise ModelError(
                f"{name!r} is named in latent and in hidden, expected one of both. Leave it out of latent."
            )
    latents = dict.fromkeys(name for name in [*diagram.latents, *declared] if name not in kept)
    _check_loops(diagram)
    check_edges(diagram.edges)
    notes = list(diagram.notes)
    nodes, edges = list(diagram.nodes), list(diagram.edges)
    _name_sources(diagram.bidirected, nodes, edges, latents, notes)
    edges = _roots(nodes, edges, latents, notes)
    _without_idle(nodes, edges, latents, notes)
    chosen = _inputs(diagram, nodes, edges, [*latents, *kept], inputs, notes)
    _own_noise(nodes, edges, latents, chosen, notes)
    if diagram.role("adjusted"):
        notes.append(f"[adjusted] of {', '.join(diagram.role('adjusted'))} says nothing about the model")
    if diagram.role("selected"):
        own = ", ".join(diagram.role("selected"))
        notes.append(f"[selected]: {own} is an output; data that are conditioned on it are partial observations")
    roles = ("exposure", "outcome", "selected")
    exposures, outcomes, selected = (tuple(n for n in diagram.role(role) if n in nodes) for role in roles)
    origin = GraphOrigin(diagram.source, exposures, outcomes, selected, tuple(notes))
    return {
        "graph": Graph(tuple(nodes), tuple(edges)),
        "inputs": chosen,
        "latent": tuple(latents),
        "hidden": kept,
        "cardinality": _sizes(diagram, [n for n in nodes if n not in latents], cardinality),
        "origin": origin,
    }


def _check_names(diagram: Diagram) -> None:
    try:
        read_names(list(diagram.nodes), "the graph", ModelError)
    except ModelError as error:
        if len(diagram.nodes) == 1:
            raise ModelError(
                f"{error} The graph has no edge: expected a text such as 'X -> Y; X <-> Y'. What a file holds is read "
                "by pathlib.Path(…).read_text() first."
            ) from None
        other: dict[str, str] = {}
        for n in diagram.nodes:
            if (new := _valid_name(n, [*diagram.nodes, *other.values()])) != n:
                other[n] = new
        raise ModelError(f"{error} Rename nodes: names={other!r}.") from None


def _valid_name(name: str, taken: Iterable[str]) -> str:
    """Return the name itself where it is one, else one like it."""
    try:
        read_names([name], "the graph", ModelError)
    except ModelError:
        stem = re.sub(r"\W+", "_", name).strip("_")
        return _new_name(stem if stem[:1].isalpha() else f"N{stem}", taken)
    return name


def _check_loops(diagram: Diagram) -> None:
    for u, v in diagram.bidirected:
        if u == v:
            raise ModelError(
                f"{u} <-> {u} is a loop, expected two different nodes. Leave it out: {u} has its own noise."
            )


def _new_name(name: str, taken: Iterable[str]) -> str:
    taken = set(taken)
    candidates = itertools.chain([name], (f"{name}_{k}" for k in itertools.count(2)))
    return next(n for n in candidates if n not in taken)


def _name_sources(
    bidirected: Iterable[Edge], nodes: list[str], edges: list[Edge], latents: dict[str, None], notes: list[str]
) -> None:
    """Write each bidirected edge as a latent variable of its own."""
    pairs = list(dict.fromkeys(tuple(sorted(pair, key=nodes.index)) for pair in bidirected))
    for u, v in pairs:
        name = _new_name(f"U_{u}_{v}".replace("'", ""), nodes)
        nodes.append(name)
        latents[name] = None
        edges += [(name, u), (name, v)]
        notes.append(f"{u} <-> {v} is the latent variable {name}")
    joined = {frozenset(pair) for pair in pairs}
    for three in itertools.combinations(nodes, 3):
        if all(frozenset(pair) in joined for pair in itertools.combinations(three, 2)):
            notes.append(
                f"{', '.join(three)} are joined by three independent sources, one for each pair: a single source of "
                "all three, which <-> does not tell apart, has to be written as a node"
            )
            break


def _roots(nodes: list[str], edges: list[Edge], latents: Mapping[str, None], notes: list[str]) -> list[Edge]:
    """Return the edges with every latent variable a root: its parents reach its children directly."""
    for u in [n for n in topological_order(nodes, edges) if n in latents]:
        above = [p for p, v in edges if v == u]
        if not above:
            continue
        below = [v for p, v in edges if p == u]
        added = [(p, v) for p in above for v in below if (p, v) not in edges]
        edges = [edge for edge in edges if edge[1] != u] + added
        shown = [f"{p} -> {v}" for p, v in added if p not in latents]
        text = f", which adds {', '.join(shown)}" if shown else ""
        notes.append(f"{u} is latent and has parents: they reach its children directly{text}")
    return edges


def _without_idle(nodes: list[str], edges: list[Edge], latents: dict[str, None], notes: list[str]) -> None:
    """Leave out latent variables whose children all see another one, which can do what they do."""
    reach = {u: {v for p, v in edges if p == u} for u in latents}
    order = {u: i for i, u in enumerate(latents)}
    for u, own in reach.items():
        larger = [w for w in reach if own < reach[w] or (own == reach[w] and order[w] < order[u])]
        if own and not larger:
            continue
        why = f"its children see {larger[0]} as well" if own else "it has no children"
        notes.append(f"the latent variable {u} is left out, which changes nothing: {why}")
        nodes.remove(u)
        edges[:] = [edge for edge in edges if edge[0] != u]
        del latents[u]


def _inputs(
    diagram: Diagram,
    nodes: Sequence[str],
    edges: Sequence[Edge],
    unseen: Sequence[str],
    inputs: str | Sequence[str] | None,
    notes: list[str],
) -> tuple[str, ...]:
    if inputs is not None:
        return read_names(inputs, "inputs", ModelError)
    responding = {v for _, v in edges}
    found = tuple(n for n in nodes if n not in unseen and n not in responding)
    if found:
        plural = "are inputs, which are" if len(found) > 1 else "is an input, which is"
        notes.append(f"{', '.join(found)} {plural} conditioned on: observed, without parents")
    for name in diagram.fixed:
        if name not in found:
            raise ModelError(f"the fixed node {name!r} has parents or is latent. Remove the edges into it.")
    return found


def _own_noise(
    nodes: list[str], edges: list[Edge], latents: dict[str, None], inputs: Sequence[str], notes: list[str]
) -> None:
    """Give each responding node without a latent parent one of its own; draw the others' as what they have."""
    seen = {v for u, v in edges if u in latents}
    responding = {v for _, v in edges}
    for name in [n for n in nodes if n not in latents and n not in seen]:
        if name in inputs and name not in responding:
            continue
        own = _new_name(f"U_{name}".replace("'", ""), nodes)
        nodes.append(own)
        latents[own] = None
        edges.append((own, name))
        notes.append(f"{name} has no latent parent in the graph: {own} is its own noise, independent of the rest")


def _sizes(diagram: Diagram, names: Sequence[str], cardinality: object) -> object:
    if cardinality is None:
        return {n: diagram.cardinality[n] for n in names if n in diagram.cardinality}
    if isinstance(cardinality, Mapping):
        return {n: c for n, c in diagram.cardinality.items() if n in names} | dict(cardinality)
    return dict.fromkeys(names, cardinality)
