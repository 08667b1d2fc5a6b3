"""Graphs as objects of networkx, pgmpy, y0, Ananke and autobounds, none of which is imported.

Sets have no order of their own, so what comes in one is put in the order of names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeGuard, runtime_checkable

from relaxbell.causal.graph import listed_edges
from relaxbell.causal.reading.diagram import Diagram
from relaxbell.causal.reading.text import node_roles, read_text
from relaxbell.errors import ModelError
from relaxbell.exact.texts import a_kind

_REMEDY = (
    "expected text (dagitty, DOT, arrows), a list of edges, or a graph of networkx, pgmpy, y0, Ananke or autobounds."
)


@runtime_checkable
class _NetworkX(Protocol):
    """A graph of networkx, or a class made from it."""

    @property
    def nodes(self) -> Mapping[object, Mapping[str, object]]:
        """Attributes of each node."""

    @property
    def adj(self) -> Mapping[object, Mapping[object, Mapping[object, object]]]:
        """Attributes of each edge, or of each of several by key."""

    def is_directed(self) -> bool:
        """Return whether edges have a direction."""

    def is_multigraph(self) -> bool:
        """Return whether two edges may have the same ends."""


@runtime_checkable
class _Mixed(Protocol):
    """y0's NxMixedGraph."""

    directed: _NetworkX
    undirected: _NetworkX


@runtime_checkable
class _Ananke(Protocol):
    """A graph of Ananke."""

    vertices: Mapping[str, object]
    di_edges: Iterable[tuple[str, str]]
    bi_edges: Iterable[tuple[str, str]]
    ud_edges: Iterable[tuple[str, str]]


@runtime_checkable
class _Autobounds(Protocol):
    """A DAG of autobounds."""

    V: Iterable[str]
    U: Iterable[str]
    E: Iterable[tuple[str, str]]


def read_diagram(graph: object) -> Diagram:
    """Return what a graph says, given as text, list of edges, or object of another package.

    Raises
    ------
    ModelError
        For anything else, and for graphs with undirected edges.

    Examples
    --------
    >>> read_diagram([("X", "Y"), "Y -> Z"]).edges
    [('X', 'Y'), ('Y', 'Z')]
    """
    if isinstance(graph, str):
        return read_text(graph)
    if isinstance(graph, _Mixed):
        return _mixed(graph)
    if isinstance(graph, _Ananke):
        return _ananke(graph)
    if isinstance(graph, _NetworkX):
        return _networkx(graph)
    if isinstance(graph, _Autobounds):
        return _autobounds(graph)
    if isinstance(graph, Iterable) and not isinstance(graph, Mapping):
        diagram = Diagram("a list of edges")
        for u, v in listed_edges(graph, "the graph"):
            _edge(diagram, u, v)
        return diagram
    raise ModelError(f"the graph is {a_kind(graph)}, {_REMEDY}")


def _edge(diagram: Diagram, u: str, v: str) -> None:
    diagram.nodes |= {u: None, v: None}
    diagram.edges.append((u, v))


def _is_names(names: object) -> TypeGuard[Iterable[object]]:
    return isinstance(names, Iterable) and not isinstance(names, str)


def _networkx(graph: _NetworkX) -> Diagram:
    """Return a graph of networkx or pgmpy: node attributes say what is latent, and so do pgmpy's roles."""
    kind = f"{type(graph).__module__.partition('.')[0]} {type(graph).__name__}"
    if not graph.is_directed() or type(graph).__name__ in ("PDAG", "MAG"):
        raise ModelError(f"the graph is a {kind}, expected one with causal directions only. Choose them.")
    diagram = Diagram(kind)
    for node, attributes in graph.nodes.items():
        name = str(node)
        if name in ("<->", "->", "--"):
            raise ModelError(
                f"the graph has a node called {name!r}: the reader that made it took an arrow for a name, and lost the "
                "edge. Give the text itself instead."
            )
        diagram.nodes[name] = None
        said = {key: str(value) for key, value in attributes.items() if isinstance(value, str | bool | int)}
        for role in node_roles(name, {key: value.strip('"') for key, value in said.items() if len(key) > 1}):
            diagram.give(role, name)
    _pgmpy(graph, diagram)
    several = graph.is_multigraph()
    for u, row in graph.adj.items():
        for v, joined in row.items():
            for own in [*joined.values()] if several else [joined]:
                if isinstance(own, Mapping):
                    _networkx_edge(diagram, str(u), str(v), own)
    return diagram


def _networkx_edge(diagram: Diagram, u: str, v: str, attributes: Mapping[object, object]) -> None:
    said = str(attributes.get("dir", attributes.get("type", "directed"))).strip('"').lower()
    if said in ("directed", "forward"):
        diagram.edges.append((u, v))
    elif said == "back":
        diagram.edges.append((v, u))
    elif said in ("both", "bidirected"):
        diagram.bidirected.append((u, v))  # pgmpy lists both directions; once is kept
    else:
        raise ModelError(f"the edge {u} -> {v} is {said!r}, expected directed or bidirected. Choose its direction.")


def _pgmpy(graph: object, diagram: Diagram) -> None:
    """Add pgmpy's roles, and the numbers of values that its tables of probabilities have."""
    for attribute, role in (("latents", "latent"), ("exposures", "exposure"), ("outcomes", "outcome")):
        names = getattr(graph, attribute, ())
        for name in sorted(map(str, names)) if _is_names(names) else ():
            if name not in diagram.nodes:
                raise ModelError(f"{attribute} names {name!r}, which is no node: {', '.join(diagram.nodes)}.")
            diagram.give(role, name)
    if getattr(graph, "cpds", None) and callable(counted := getattr(graph, "get_cardinality", None)):
        for name, size in dict(counted()).items():
            diagram.cardinality[str(name)] = int(size)


def _mixed(graph: _Mixed) -> Diagram:
    """Return a mixed graph of y0: its undirected edges are the bidirected ones, and names are variables."""
    diagram = Diagram(f"y0 {type(graph).__name__}")
    diagram.nodes = dict.fromkeys(str(n) for n in [*graph.directed.nodes, *graph.undirected.nodes])
    order = list(diagram.nodes)
    diagram.edges = [(str(u), str(v)) for u, row in graph.directed.adj.items() for v in row]
    pairs = ((str(u), str(v)) for u, row in graph.undirected.adj.items() for v in row)
    diagram.bidirected = [(u, v) for u, v in pairs if order.index(u) <= order.index(v)]
    return diagram


def _ananke(graph: _Ananke) -> Diagram:
    """Return a graph of Ananke: fixed vertices are inputs, numbers of values are kept."""
    for u, v in sorted(graph.ud_edges):
        raise ModelError(f"the edge {u} - {v} has no direction, expected -> or <->. Choose one.")
    diagram = Diagram(f"Ananke {type(graph).__name__}")
    for name, vertex in graph.vertices.items():
        diagram.nodes[name] = None
        if getattr(vertex, "fixed", False):
            diagram.fixed[name] = None
        size = getattr(vertex, "cardinality", None)
        if isinstance(size, int):
            diagram.cardinality[name] = size
    order = list(diagram.nodes)
    places = {name: i for i, name in enumerate(order)}
    diagram.edges = sorted(((u, v) for u, v in graph.di_edges), key=lambda e: (places[e[0]], places[e[1]]))
    diagram.bidirected = sorted(((u, v) for u, v in graph.bi_edges), key=lambda e: (places[e[0]], places[e[1]]))
    return diagram


def _autobounds(graph: _Autobounds) -> Diagram:
    """Return a DAG of autobounds, whose order differs from run to run."""
    diagram = Diagram("autobounds DAG")
    diagram.nodes = dict.fromkeys([*sorted(graph.V), *sorted(graph.U)])
    diagram.latents = dict.fromkeys(sorted(graph.U))
    diagram.edges = sorted((u, v) for u, v in graph.E)
    return diagram
