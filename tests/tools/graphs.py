"""Causal graphs that are given to each tool, and what must be read of what it holds."""

import itertools

import relaxbell as rb

MIXED = {
    "instrument": ([("Z", "X"), ("X", "Y")], [("X", "Y")]),
    "bell": ([("X", "A"), ("Y", "B")], [("A", "B")]),
    "three parties": ([("X", "A"), ("Y", "B"), ("Z", "C")], [("A", "B"), ("B", "C")]),
    "triangle": ([("X", "A")], [("A", "B"), ("B", "C"), ("A", "C")]),
    "front door": ([("X", "M"), ("M", "Y")], [("X", "Y")]),
    "two instruments": ([("W", "X"), ("Z", "X"), ("X", "Y")], [("X", "Y")]),
}
"""Directed and bidirected edges by name."""

SIZES = {"X": 2, "Y": 3, "Z": 2, "A": 3, "B": 2, "C": 2, "M": 2, "W": 3}

DAGITTY = {
    "chain": "dag { Z -> X -> Y ; X <-> Y }",
    "roles": 'dag {\nbb="-2,-2,2,2"\nX [exposure,pos="-0.300,0.200"]\nY [outcome,pos="1.1,2"]\nU [latent,pos="0,0"]\n'
    "X -> Y\nX <- U -> Y\nZ -> X\n}",
    "unobserved": "dag { U [unobserved] X <- U -> Y  X -> Y  Z -> X }",
    "short roles": "dag { X [e] Y [o] U [u] U -> {X Y} X -> Y Z -> X }",
    "sets": "dag { {X Z} -> {A B}; A <-> B }",
    "parents of a latent": "dag { U [latent] Z -> U -> {X Y} }",
    "quoted": 'dag { "X" -> "Y" [label="effect; or -> not"] X <-> Y }',
    "bare": "X -> M -> Y\nX <-> Y",
}
"""Texts in dagitty's language."""


def sources(model):
    """Return which nodes see each latent variable, whatever its name."""
    return {frozenset(v for w, v in model.edges if w == u) for u in model.latents}


def observed_edges(model):
    return {edge for edge in model.edges if edge[0] not in model.latents}


def sizes(names):
    return {n: SIZES[n] for n in names}


def check_mixed(name, graph, **options):
    """A mixed graph: each bidirected edge is one source, and nodes without any have their own noise."""
    directed, bidirected = MIXED[name]
    nodes = {n for edge in directed + bidirected for n in edge}
    options.setdefault("cardinality", sizes(nodes))
    model = rb.CausalModel.from_graph(graph, **options)
    assert observed_edges(model) == set(directed)
    confounded = {n for pair in bidirected for n in pair}
    roots = nodes - {v for _, v in directed} - confounded
    assert set(model.inputs) == roots
    assert set(model.outputs) == nodes - roots
    own = {frozenset([n]) for n in nodes - roots - confounded}
    assert sources(model) == {frozenset(pair) for pair in bidirected} | own
    assert len(model.latents) == len(bidirected) + len(own)
    assert dict(model.cardinality) == sizes(nodes)
    return model


def truth(graph):
    """Return edges and sources of a graph as dagitty itself read it: ``[nodes, edges, latents]``.

    Latent variables become roots; each sees what it reached, and what other latent variables see as well adds nothing.
    """
    _, edges, latents = graph[:3]
    directed = {(u, v) for u, kind, v in edges if kind == "->"}
    reach = [{u, v} for u, kind, v in edges if kind == "<->"]
    for u in latents:
        parents, below = {p for p, v in directed if v == u}, {v for p, v in directed if p == u}
        directed = {e for e in directed if u not in e} | {(p, v) for p, v in itertools.product(parents, below)}
        reach.append(below)
    seen = {v for own in reach for v in own}
    own = [{v} for _, v in directed if v not in seen]
    return directed, {frozenset(r) for r in [*reach, *own]}


def check_dagitty(graph, model):
    """What was read is what dagitty reads."""
    assert (observed_edges(model), sources(model)) == truth(graph)
