"""Graphs of other tools: what is added, what changes nothing, and what is refused."""

import ast
import copy
import itertools
import pickle
import re
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import relaxbell as rb

read = rb.CausalModel.from_graph


def lipid():
    """Efron and Feldman 1991 as tabulated by Balke and Pearl 1997: p(x, y|z)."""
    table = np.array(
        [
            [[Fraction(919, 1000), Fraction(315, 1000)], [Fraction(81, 1000), Fraction(73, 1000)]],
            [[Fraction(0), Fraction(139, 1000)], [Fraction(0), Fraction(473, 1000)]],
        ]
    )
    return rb.Behavior(table, outputs="X Y", inputs="Z")


@pytest.mark.parametrize(
    "graph",
    [
        "dag { Z -> X -> Y; X <-> Y }",
        "dag { U [latent] Z -> X -> Y X <- U -> Y }",
        'digraph { U [label="Unobserved Confounders"]; Z -> X -> Y; U -> {X Y} }',
        "Z -> X, X -> Y, X <-> Y",
        "Z → X → Y ↔ X",
    ],
)
def test_balke_and_pearl_of_any_text(graph):
    """Balke and Pearl 1997: the effect of cholestyramine lies in [0.392, 0.780]."""
    model = read(graph, cardinality=2, outputs="X Y")
    found = rb.bounds(rb.average_causal_effect(model, "X", "Y"), lipid())
    assert [found.minimum.exact, -found.maximum.exact] == [Fraction(392, 1000), Fraction(780, 1000)]


def test_what_was_added_is_said():
    model = read("dag { X [exposure] Y [outcome] Z -> X -> Y; X <-> Y; Y -> W }", cardinality=2)
    assert (model.origin.exposures, model.origin.outcomes) == (("X",), ("Y",))
    assert model.origin.notes == (
        "X <-> Y is the latent variable U_X_Y",
        "Z is an input, which is conditioned on: observed, without parents",
        "W has no latent parent in the graph: U_W is its own noise, independent of the rest",
    )
    assert all(note in repr(model) for note in model.origin.notes)
    renamed = model.rename({"X": "treated"})
    assert renamed.origin.exposures == ("treated",)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), model.relax("Z -> Y"), model.shared()):
        assert other.origin == model.origin


def test_names_of_added_sources_are_new():
    model = read("dag { U_X_Y -> X; X <-> Y; Y <-> W; W -> U_W }", cardinality=2)
    assert model.latents == ("U_X_Y_2", "U_Y_W", "U_U_W")


def test_a_source_of_three_is_told_from_three_sources():
    """In the triangle perfect correlation of three outcomes is impossible (Steudel and Ay 2015); one source does it."""
    three, one = read("A <-> B <-> C <-> A", cardinality=2), read("dag { U [latent] U -> {A B C} }", cardinality=2)
    assert len(three.latents) == 3
    assert "as a node" in three.origin.notes[3]
    assert (one.latents, one.strategies.count) == (("U",), 8)


def test_a_latent_variable_with_parents_is_made_a_root():
    """Everything that Z -> U -> X, Y allows: all p(x, y|z), for U may be anything."""
    model = read("dag { U [latent] Z -> U -> {X Y} }", cardinality={"X": 2, "Y": 3, "Z": 2})
    assert set(model.edges) == {("Z", "X"), ("Z", "Y"), ("U", "X"), ("U", "Y")}
    assert "which adds Z -> X, Z -> Y" in model.origin.notes[0]
    rng = np.random.default_rng(5)
    counts = rng.integers(0, 9, (2, 3, 2)) + 1
    table = [[[Fraction(int(c), int(counts[:, :, z].sum())) for z, c in enumerate(r)] for r in t] for t in counts]
    box = rb.Behavior(np.array(table), outputs="X Y", inputs="Z")
    assert rb.minimize(rb.dependence(model.relax("U -> Z")), box).exact == 0


def test_a_source_that_another_one_contains_is_left_out():
    model = read("dag { U [latent] V [latent] W [latent] U -> {X Y} V -> Y W -> {X Y} X -> Y }", cardinality=2)
    assert model.latents == ("U",)
    assert len(model.origin.notes) == 2
    assert read("dag { U [latent]; X -> Y; X <-> Y; U }", cardinality=2).latents == ("U_X_Y",)


def test_inputs_and_names_are_chosen():
    graph = 'dag { "dose of drug" -> "2" ; "2" <-> "dose of drug" ; "age" -> "2" }'
    names = {"dose of drug": "D", "2": "Y"}
    model = read(graph, cardinality={"D": 3, "Y": 2, "age": 2}, names=names, inputs="")
    assert (model.inputs, model.outputs) == ((), ("D", "Y", "age"))
    assert model.latents == ("U_D_Y", "U_age")
    dependent = read(graph, cardinality=2, names=names, inputs="D age")
    assert (dependent.free_inputs, dependent.dependent_inputs) == (("age",), ("D",))


def test_networkx_says_what_is_latent():
    graph = nx.DiGraph([("Z", "X"), ("X", "Y"), ("U", "X"), ("U", "Y")])
    graph.nodes["U"]["observed"] = '"no"'  # as pydot quotes it
    assert read(graph, cardinality=2).latents == ("U",)
    graph.nodes["U"].clear()
    assert read(graph, cardinality=2, latent="U").latents == ("U",)
    several = nx.MultiDiGraph([("Z", "X"), ("X", "Y")])
    several.add_edge("X", "Y", dir="both")
    assert read(several, cardinality=2).latents == ("U_X_Y",)


REFUSED = [
    ("dag { X -- Y }", "X -- Y in line 1"),
    ("pag { X @-> Y }", "class of causal graphs"),
    ("dag {\nX -> Y\nY ->\n}", r"'}' in line 4"),
    ("dag { X -> Y", "ends too early"),
    ("dag { X, Y -> Z }", "',' in line 1"),
    (" ", "empty"),
    ("X -> Y\nY => Z", "'>' in line 2"),
    ("digraph { A:n -> B }", "without ports"),
    ("dag { X -> Y } Z", "'Z' in line 1"),
    ("dag { X [latent=maybe] X -> Y }", "latent='maybe'"),
    ("digraph { A -> B [dir=none] }", "no causal direction"),
    ("dag { X <-> X }", "loop"),
    ("dag { X -> Y X -> Y }", "twice"),
    ("dag { X -> Y -> X }", "cycle"),
    ("dag { X.1 -> Y }", "names="),
    ("dag { __import__('os') -> Y }", r"'\(' in line 1"),
    (5, "is an int"),
    (nx.Graph([("X", "Y")]), "causal directions"),
    (nx.DiGraph([("X", "<->"), ("<->", "Y")]), "took an arrow for a name"),
    (nx.DiGraph([(1, 2)]), "names="),
]


@pytest.mark.parametrize(("graph", "message"), REFUSED)
def test_what_is_no_causal_graph_is_refused(graph, message):
    with pytest.raises(rb.errors.ModelError, match=message):
        read(graph, cardinality=2)


def test_wrong_arguments_are_named():
    with pytest.raises(rb.errors.ModelError, match="'Uy' in latent"):
        read("X -> Y, U -> X, U -> Y", latent="U, Uy", cardinality=2)  # which autobounds passes over
    with pytest.raises(rb.errors.ModelError, match="names has 'W'"):
        read("X -> Y", names={"W": "V"}, cardinality=2)
    with pytest.raises(rb.errors.ModelError, match="no cardinality for X, Y"):
        read("X -> Y")
    with pytest.raises(rb.errors.ModelError, match="called 'Y'"):
        read("X -> Y", names={"X": "Y"}, cardinality=2)


def test_names_that_are_proposed_can_be_used():
    text = 'dag { "a,b" -> "a b"; "a b" -> "1st"; "a,b" <-> "a b"; "a_b" -> "1st" }'
    with pytest.raises(rb.errors.ModelError) as refused:
        read(text, cardinality=2)
    names = ast.literal_eval(str(refused.value).partition("names=")[2].removesuffix("."))
    model = read(text, cardinality=2, names=names)
    assert set(model.nodes) - set(model.latents) == {"a_b", *names.values()}
    assert len(names) == len(set(names.values())) == 3


@st.composite
def graphs(draw):
    """Return random mixed graphs with latent nodes, as edges in an order of the nodes."""
    n, latent = draw(st.integers(2, 4)), draw(st.integers(0, 2))
    nodes = [f"N{i}" for i in range(n)]
    pairs = list(itertools.combinations(nodes, 2))
    directed = draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True))
    bidirected = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=3))
    hidden = {f"H{i}": draw(st.lists(st.sampled_from(nodes), min_size=1, unique=True)) for i in range(latent)}
    return nodes, directed, bidirected, hidden


@given(graphs())
@settings(max_examples=25, deadline=None)
def test_every_layout_says_the_same_and_is_read_again(graph):
    nodes, directed, bidirected, hidden = graph
    drawn = [*directed, *((u, v) for u, own in hidden.items() for v in own)]
    lines = [*nodes, *(f"{u} -> {v}" for u, v in drawn)]
    marked = [f"{u} [latent]" for u in hidden]
    dagitty = "dag {\n" + "\n".join([*marked, *lines, *(f"{u} <-> {v}" for u, v in bidirected)]) + "\n}"
    heads = [f"{u} -> {v} [dir=both]" for u, v in bidirected]
    dot = "digraph {\n" + ";\n".join([*(f"{u} [observed=no]" for u in hidden), *lines, *heads]) + "\n}"
    network = nx.MultiDiGraph()
    network.add_nodes_from([*((u, {"hidden": True}) for u in hidden), *((n, {"hidden": False}) for n in nodes)])
    network.add_edges_from(drawn)
    network.add_edges_from((u, v, {"type": "bidirected"}) for u, v in bidirected)
    first = read(dagitty, cardinality=2)
    again = [first.to_dagitty(), first.to_dot(), first.to_dagitty(bidirected=True), first.to_dot(bidirected=True)]
    for other in (dot, network, *again):
        model = read(other, cardinality=2)
        assert sources(model) == sources(first)
        assert set(model.inputs) == set(first.inputs)
        assert {e for e in model.edges if e[0] not in model.latents} == {
            e for e in first.edges if e[0] not in first.latents
        }


def sources(model):
    return sorted(sorted(v for w, v in model.edges if w == u) for u in model.latents)


def test_tikz_draws_every_node_and_edge():
    model = rb.bell((2, 3, 2)).relax("X -> B").rename({"X": "dose_1", "L": "Λ"})
    lines = model.to_tikz().splitlines()
    assert sum(line.startswith(r"  \node") for line in lines) == len(model.nodes)
    assert sum(line.startswith(r"  \draw") for line in lines) == len(model.edges)
    assert sum("relaxed]" in line for line in lines) == 1
    assert any(r"{$\mathrm{dose\_1}$}" in line for line in lines)
    assert any(r"{$\Lambda$}" in line for line in lines)
    assert lines[-1] == r"\end{tikzpicture}"


def test_a_mixture_is_no_single_graph():
    mixed = rb.mixture([rb.bell().relax("X -> B"), rb.bell().relax("Y -> A")])
    assert mixed.origin is None
    for write in (mixed.to_dagitty, mixed.to_dot, mixed.to_tikz):
        with pytest.raises(rb.errors.UnsupportedModelError, match="several graphs"):
            write()


@pytest.mark.parametrize("text", ["dag { X -> Y }", "X -> Y; X <-> Y", "digraph { X -> Y [dir=both] }"])
def test_the_constructor_says_who_reads_other_layouts(text):
    with pytest.raises(rb.errors.ModelError, match=r"CausalModel\.from_graph"):
        rb.CausalModel(text, "X", "L", {"X": 2, "Y": 2})


def test_formulas_of_igraph():
    """What causaloptim's graphs are written in: + is an arrow head, : a set, and dashes may be many (r.igraph.org)."""
    text = "igraph::graph_from_literal(Z -+ X, X ---+ Y, X +- Ur, Ur -+ Y:S)"
    sizes = {"Z": 3, "X": 2, "Y": 2, "S": 2}
    own = rb.CausalModel.from_graph(text, latent="Ur", cardinality=sizes)
    same = rb.CausalModel.from_graph("Z -> X -> Y; Ur -> X; Ur -> Y; Ur -> S", latent="Ur", cardinality=sizes)
    assert set(own.edges) == set(same.edges)
    assert own.latents == ("Ur",)
    assert "igraph" in repr(own)
    for wrong, said in (
        ("X +-+ Y", "in both directions"),
        ("X ++ Y", "in both directions"),
        ("X -+ Y, Y -- Z", "makes no edge"),
        ("X -+ Y, Y -> Z", "is none of"),
    ):
        with pytest.raises(rb.errors.ModelError, match=said):
            rb.CausalModel.from_graph(wrong, cardinality=2)
    joined = rb.CausalModel.from_graph('digraph { "a" + "b" -> c }', cardinality=2)
    assert joined.inputs == ("ab",)


@pytest.mark.parametrize("edge", ["@->", "<-@", "@-@", "@--", "--@"])
def test_circles_of_dagitty_are_refused_by_their_meaning(edge):
    """Edges of partial ancestral graphs: a circle may be an arrow head or a tail (dagitty's manual)."""
    with pytest.raises(rb.errors.ModelError, match=r"may be an arrow head or a tail.* Choose one, such as X (->|<-) Y"):
        rb.CausalModel.from_graph(f"dag {{ X {edge} Y }}", cardinality=2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Z -> X -> Y; L -> X Y", "'Y' in line 1 after 'Z -> X -> Y; L -> X'.*L -> {X Y}"),
        ("Z -> X -> Y\nL -> X, Y", "'Y' in line 2.*L -> {X Y}"),
        ("Z -> X -> Y; X Y <- L", "'Y' in line 1.*{X Y} <- L"),
    ],
)
def test_a_node_alone_beside_arrows_is_not_taken_for_a_node_without_them(text, words):
    """Two arrows are meant by some, one by dagitty, whose text has a frame: dagitty's GraphDotParser.pegjs."""
    with pytest.raises(rb.errors.ModelError, match=re.sub(r"([{}])", r"\\\1", words)):
        rb.CausalModel.from_graph(text, cardinality=2)
    if "\n" not in text:
        framed = rb.CausalModel.from_graph(f"dag {{ {text} }}", cardinality=2)
        assert (("L", "X") in framed.edges) != (("L", "Y") in framed.edges)


@pytest.mark.parametrize(
    "text", ["A; B; A -> B", "A, B; A -> B", "A -> B\nA\nB", "A -> B B -> C", "L [latent]; A -> B"]
)
def test_nodes_are_named_alone_in_statements_of_their_own(text):
    """The same grammar: a node is a statement, and a new statement may follow an arrow's end."""
    assert ("A", "B") in rb.CausalModel.from_graph(text, cardinality=2).edges
