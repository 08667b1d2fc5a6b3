"""Directed acyclic graphs: reading them, and naming what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from typing import Protocol, runtime_checkable

from relaxbell.behavior.names import check_ordered, read_names
from relaxbell.errors import ModelError
from relaxbell.exact.texts import a_kind

Edge = tuple[str, str]


@dataclass(frozen=True)
class Graph:
    """Nodes in their order, isolated ones too, and edges, grouped by the node they leave.

    Attributes
    ----------
    nodes
        Names.
    edges
        Pairs (parent, child).
    """

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]

    @classmethod
    def of(cls, nodes: Iterable[str], edges: Iterable[Edge]) -> Graph:
        """Return the graph with some nodes first, then those that only edges name."""
        edges = tuple(edges)
        ordered = tuple(dict.fromkeys([*nodes, *(name for edge in edges for name in edge)]))
        return cls(ordered, tuple(sorted(edges, key=lambda edge: ordered.index(edge[0]))))


@runtime_checkable
class DirectedGraph(Protocol):
    """What is asked of a networkx DiGraph, without importing it."""

    @property
    def nodes(self) -> Iterable[str]:
        """Names."""

    @property
    def edges(self) -> Iterable[Edge]:
        """Pairs (parent, child)."""

    def is_directed(self) -> bool:
        """Return whether edges have a direction."""

    def is_multigraph(self) -> bool:
        """Return whether two edges may have the same ends."""


_TOKEN = re.compile(r"\s*(->|<-|→|←|[^\s<>;→←-]+)")
_ARROWS = {"->": "->", "→": "->", "<-": "<-", "←": "<-"}
_PRINTED_LATENT = re.compile(r"Λ(\d*)")


def printed_latent(name: str, latent: Sequence[str]) -> str:
    """Return the latent variable that pictures and tables write as `name`: Λ for L, Λ2 for L2, else the name.

    Λ alone is also a single latent variable of any other name: there is only one that it can mean.

    Examples
    --------
    >>> printed_latent("Λ", ("L",)), printed_latent("Λ2", ("L1", "L2")), printed_latent("Λ", ("L1", "L2"))
    ('L', 'L2', 'Λ')
    """
    found = _PRINTED_LATENT.fullmatch(name)
    if found is None or name in latent:
        return name
    written = f"L{found.group(1)}"
    if written in latent:
        return written
    return latent[0] if name == "Λ" and len(latent) == 1 else name


def read_graph(
    graph: object, latent: Sequence[str] = (), named: Iterable[str] = ()
) -> tuple[tuple[str, ...], tuple[Edge, ...]]:
    """Return the nodes, in order of appearance, and the edges of a graph.

    Parameters
    ----------
    graph
        An arrow string such as ``"X -> A <- L -> B <- Y; X -> B"`` (also with → and ←; statements end at ``;`` or a
        new line), a list of edges, each a pair or an arrow string, or a networkx DiGraph.
    latent
        Names of nodes that have no parents; they may be written as they are printed, see `printed_latent`.
    named
        Names of other nodes, which stay as they are written.

    Raises
    ------
    ModelError
        For text that is not an arrow string, an edge into a latent variable, a repeated edge, a loop, or a
        cycle (which is named).
    """
    if isinstance(graph, str):
        nodes, edges = _read_arrows(graph)
    elif isinstance(graph, Graph):
        nodes, edges = list(graph.nodes), list(graph.edges)
    elif isinstance(graph, DirectedGraph):
        if not graph.is_directed() or graph.is_multigraph():
            raise ModelError(f"the graph is {a_kind(graph)}, expected a networkx.DiGraph.")
        nodes, edges = list(graph.nodes), [(u, v) for u, v in graph.edges]
    else:
        nodes, edges = [], list(listed_edges(graph, "the graph"))
    ordered = list(dict.fromkeys([*nodes, *(name for edge in edges for name in edge)]))
    read_names(ordered, "the graph", ModelError)
    taken = set(named)
    own = {name: name if name in taken else printed_latent(name, latent) for name in ordered}
    ordered, edges = list(dict.fromkeys(own.values())), [(own[u], own[v]) for u, v in edges]
    check_latent_ends(edges, latent)
    check_edges(edges)
    return tuple(ordered), tuple(edges)


def read_edges(edges: Iterable[object]) -> tuple[Edge, ...]:
    """Return one or more edges given as arrow strings or pairs."""
    found = listed_edges(edges, "the list of edges")
    if not found:
        raise ModelError('no edge given. Name one, for example "X -> B".')
    return tuple(found)


def listed_edges(edges: object, what: str) -> tuple[Edge, ...]:
    """Return the edges of an arrow string, or of a list of arrow strings and pairs.

    Examples
    --------
    >>> listed_edges(["X -> B <- L", ("Y", "A")], "the graph")
    (('X', 'B'), ('L', 'B'), ('Y', 'A'))
    """
    if isinstance(edges, str):
        edges = [edges]
    check_ordered(edges, what, ModelError)
    if not isinstance(edges, Iterable) or (isinstance(edges, Mapping) and not isinstance(edges, Set)):
        raise ModelError(
            f"{str(edges)[:60]} is not a graph: found {a_kind(edges)}, expected an arrow string, a list of "
            "edges (parent, child), or a networkx DiGraph."
        )
    return tuple(own for edge in edges for own in _read_edge(edge))


def check_latent_ends(edges: Iterable[Edge], latent: Sequence[str]) -> None:
    """Raise ModelError for an edge into a latent variable."""
    for u, v in edges:
        if v in latent:
            raise ModelError(f"the edge {u!r} -> {v!r} ends in a latent variable, which has no parents. Turn it.")


def check_edges(edges: Sequence[Edge]) -> None:
    """Raise ModelError for a repeated edge or a cycle."""
    seen = set()
    for edge in edges:
        if edge in seen:
            raise ModelError(f"the edge {edge[0]!r} -> {edge[1]!r} appears twice, expected it once. Leave one out.")
        seen.add(edge)
    topological_order(dict.fromkeys(name for edge in edges for name in edge), edges)


def topological_order(nodes: Iterable[str], edges: Sequence[Edge]) -> tuple[str, ...]:
    """Return the nodes so that parents come first; raise ModelError naming a cycle, if there is one."""
    names = list(nodes)
    position = {name: i for i, name in enumerate(names)}
    sorter = TopologicalSorter[str]({name: [u for u, v in edges if v == name] for name in names})
    try:
        sorter.prepare()
    except CycleError as error:
        cycle = error.args[1][:-1]
        start = cycle.index(min(cycle, key=position.__getitem__))
        cycle = [*cycle[start:], *cycle[:start]]
        raise ModelError(
            f"edge {cycle[-1]!r} -> {cycle[0]!r} closes the cycle {' -> '.join([*cycle, cycle[0]])}, "
            "expected a graph without cycles. Remove one of its edges."
        ) from None
    order: list[str] = []
    ready: list[int] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heappush(ready, position[name])
        order.append(names[heappop(ready)])
        sorter.done(order[-1])
    return tuple(order)


def _read_arrows(text: str) -> tuple[list[str], list[Edge]]:
    nodes: list[str] = []
    edges: list[Edge] = []
    for statement in re.split(r"[;\n]", text):
        if not statement.strip():
            continue
        tokens, end = [], 0
        while match := _TOKEN.match(statement, end):
            tokens.append(match.group(1))
            end = match.end()
        names, arrows = tokens[::2], tokens[1::2]
        well_formed = len(tokens) % 2 == 1 and not statement[end:].strip()
        if not well_formed or any(a not in _ARROWS for a in arrows) or any(n in _ARROWS for n in names):
            hint = (
                " dagitty, DOT and <-> are read by CausalModel.from_graph." if re.search(r"[{}[\]]|<->", text) else ""
            )
            raise ModelError(
                f"{statement.strip()!r} is not a chain of arrows. Expected names joined by -> or <-, for example "
                f'"X -> A <- L; Y -> B <- L".{hint}'
            )
        nodes += names
        for left, arrow, right in zip(names, arrows, names[1:], strict=False):
            edges.append((left, right) if _ARROWS[arrow] == "->" else (right, left))
    return nodes, edges


def _read_edge(edge: object) -> list[Edge]:
    """Return the edges of an arrow string without single nodes, or the one of a pair of names."""
    if isinstance(edge, str):
        nodes, edges = _read_arrows(edge)
        alone = [node for node in nodes if not any(node in pair for pair in edges)]
        if not edges or alone:
            raise ModelError(
                f"{edge!r} names {alone[0] if alone else 'nothing'!r} without an arrow, expected an edge such as "
                '"X -> B" or ("X", "B"). Write one.'
            )
        return edges
    pair = () if isinstance(edge, Set | Mapping) or not isinstance(edge, Iterable) else tuple(edge)
    if len(pair) != 2 or not all(isinstance(name, str) for name in pair):
        raise ModelError(
            f"{edge!r} is not an edge, expected a pair (parent, child) of names, or an arrow string such as "
            '"X -> B". A graph is an arrow string, a list of edges, or a networkx DiGraph.'
        )
    return [(str(pair[0]), str(pair[1]))]
