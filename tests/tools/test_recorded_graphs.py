"""Recorded graphs of other tools, read without their packages. `test_pgmpy.py` and others read real ones."""

import re
from pathlib import Path

import pytest
from tools.check_graphs import check_ananke, check_pgmpy, check_y0
from tools.graph_doubles import RECORDED_GRAPHS, ananke_graphs, pgmpy_graphs, returned, y0_graphs
from tools.graphs import DAGITTY, MIXED, check_dagitty, check_mixed
from tools.record_graphs import DAGITTY_COMMIT, mixed_text

import relaxbell as rb


def test_pgmpy():
    check_pgmpy(pgmpy_graphs(), returned("dagitty")["texts"])


def test_y0():
    check_y0(*y0_graphs())


def test_ananke():
    check_ananke(*ananke_graphs())


@pytest.mark.parametrize("name", DAGITTY)
def test_text_is_read_as_dagitty_reads_it(name):
    """Also dagitty's own text of the graph, with its order and its way to write roles and places."""
    recorded = returned("dagitty")["texts"][name]
    for text in (DAGITTY[name], recorded[3]):
        check_dagitty(recorded[:3], rb.CausalModel.from_graph(text, cardinality=2))


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("way", ["nodes", "edges"])
def test_dagitty_reads_what_is_written_here(name, way):
    directed, bidirected = MIXED[name]
    model = rb.CausalModel.from_graph(mixed_text(directed, bidirected), cardinality=2)
    key = f"{name}, {way}"
    assert model.to_dagitty(bidirected=way == "edges") == returned("dagitty")["written"][key]
    nodes, edges, latents, _ = returned("dagitty")["written here"][key]
    check_dagitty([nodes, edges, latents], model)


@pytest.mark.parametrize("name", MIXED)
def test_dot_of_graphviz(name):
    """Bidirected edges have two heads, as Ananke draws them; latent nodes are observed=no, as in DoWhy."""
    directed, bidirected = MIXED[name]
    lines = [f"{u} -> {v};" for u, v in directed] + [f'{u} -> {v} [dir="both", color=red];' for u, v in bidirected]
    check_mixed(name, "digraph G {\nrankdir=LR;\nnode [shape=circle];\n" + "\n".join(lines) + "}")
    drawn = [f"{u} -> {v}" for u, v in directed]
    drawn += [f'U{i} [observed="no"]; U{i} -> {{{u} {v}}}' for i, (u, v) in enumerate(bidirected)]
    check_mixed(name, "strict digraph { // with nodes\n" + "; ".join(drawn) + "}")


@pytest.mark.parametrize("name", MIXED)
def test_autobounds_strings_and_objects(name):
    """`DAG.from_structure(edges, unob)` keeps sets V, U, E, in no order."""
    directed, bidirected = MIXED[name]
    edges = directed + [(f"U{i}", v) for i, pair in enumerate(bidirected) for v in pair]
    unob = [f"U{i}" for i in range(len(bidirected))]
    check_mixed(name, ", ".join(f"{u} -> {v}" for u, v in edges), latent=", ".join(unob))

    class DAG:
        V = {n for edge in edges for n in edge} - set(unob)
        U, E = set(unob), set(edges)

    model = check_mixed(name, DAG())
    assert model.origin.source == "autobounds DAG"


def test_pinned_versions_are_those_recorded():
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", (Path(__file__).parent / "tools.txt").read_text(), re.MULTILINE))
    for name, own in RECORDED_GRAPHS.items():
        if name == "dagitty":
            assert own["version"] == DAGITTY_COMMIT
        else:
            assert pinned[{"ananke": "ananke-causal"}.get(name, name)] == own["version"]
