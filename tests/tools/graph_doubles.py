"""Stand-ins for graphs of other tools, made of what was recorded: what is read of them, and nothing else."""

import json
from pathlib import Path

import networkx as nx

RECORDED_GRAPHS = json.loads((Path(__file__).parent / "recorded_graphs.json").read_text())


def returned(tool):
    return RECORDED_GRAPHS[tool]["returned"]


def networkx(plain, make=nx.DiGraph):
    """Return a graph of networkx with the recorded nodes, edges and attributes, in the recorded order."""
    graph = make()
    graph.add_nodes_from(
        (n, {k: set(v) if isinstance(v, list) else v for k, v in d.items()}) for n, d in plain["nodes"]
    )
    graph.add_edges_from((u, v, d) for u, v, d in plain["edges"])
    for role, names in plain["roles"].items():
        setattr(graph, role, set(names))
    return graph


def pgmpy(plain, cardinality=None):
    base = nx.MultiDiGraph if plain["class"] == "ADMG" else nx.DiGraph
    own = {"__module__": "pgmpy.base"}
    if cardinality is not None:
        own |= {"cpds": [object()], "get_cardinality": lambda self: cardinality}
    graph = networkx(plain, type(plain["class"], (base,), own))
    return graph


def pgmpy_graphs():
    recorded = returned("pgmpy")
    found = {kind: {n: pgmpy(g) for n, g in recorded[kind].items()} for kind in ("from dagitty", "mixed", "latent")}
    return found | {"tables": {"net": pgmpy(recorded["tables"]["net"], recorded["cardinality"])}}


class Variable:
    """y0's nodes are no strings."""

    def __init__(self, name):
        self.name = name

    def __str__(self):
        return self.name

    def __hash__(self):
        return hash(self.name)

    def __eq__(self, other):
        return self.name == other.name


class NxMixedGraph:
    def __init__(self, directed, undirected):
        named = {n: Variable(n) for n, _ in directed["nodes"]}
        self.directed = nx.relabel_nodes(networkx(directed), named)
        self.undirected = nx.Graph()
        self.undirected.add_nodes_from(named.values())
        self.undirected.add_edges_from((named[u], named[v]) for u, v in undirected)


def y0_graphs():
    recorded = returned("y0")
    mixed = {n: NxMixedGraph(**own) for n, own in recorded["mixed"].items()}
    return mixed, {n: networkx(own) for n, own in recorded["latent"].items()}


class Vertex:
    def __init__(self, fixed, cardinality=2):
        self.fixed, self.cardinality = fixed, cardinality


class ADMG:
    def __init__(self, vertices, di_edges, bi_edges):
        self.vertices = vertices
        self.di_edges, self.bi_edges, self.ud_edges = set(map(tuple, di_edges)), set(map(tuple, bi_edges)), set()


def ananke_graphs():
    recorded = dict(returned("ananke"))
    vertices, edges = recorded.pop("fixed")
    fixed = ADMG({n: Vertex(own) for n, own in vertices.items()}, edges, [])
    return {n: ADMG({v: Vertex(*own) for v, own in vs.items()}, d, b) for n, (vs, d, b) in recorded.items()}, fixed
