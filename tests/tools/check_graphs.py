"""What must come out of every tool's graphs, from recorded ones and from real ones."""

from tools.graphs import DAGITTY, MIXED, check_dagitty, check_mixed, sizes

import relaxbell as rb

LOSES_THE_LATENT = {"unobserved", "short roles"}
"""pgmpy's reader of dagitty knows [latent] only: see findings/pgmpy_dagitty_unobserved.sh."""


def check_pgmpy(found, dagitty):
    """Nodes and roles are pgmpy's; where its reader of dagitty loses the latent node, reading the text does not."""
    for name, graph in found["from dagitty"].items():
        text = rb.CausalModel.from_graph(DAGITTY[name], cardinality=2)
        check_dagitty(dagitty[name], text)
        model = rb.CausalModel.from_graph(graph, cardinality=2)
        assert model.origin.source == "pgmpy DAG"
        if name in LOSES_THE_LATENT:
            assert "U" in model.inputs
            assert "U" in text.latents
        else:
            check_dagitty(dagitty[name], model)
            assert model.origin.exposures == text.origin.exposures
            assert model.origin.outcomes == text.origin.outcomes
    for name in MIXED:
        check_mixed(name, found["mixed"][name])
        check_mixed(name, found["latent"][name])
    net = rb.CausalModel.from_graph(found["tables"]["net"])
    assert (net.cardinality, net.inputs, net.outputs) == ({"X": 2, "Y": 3}, ("X",), ("Y",))


def check_y0(mixed, latent):
    for name in MIXED:
        model = check_mixed(name, mixed[name])
        assert model.origin.source == "y0 NxMixedGraph"
        check_mixed(name, latent[name])


def check_ananke(found, fixed):
    for name, graph in found.items():
        model = check_mixed(name, graph, cardinality=None)
        assert model.origin.source == "Ananke ADMG"
    after = rb.CausalModel.from_graph(fixed, cardinality=sizes("XYZ"))
    assert set(after.inputs) == {"X", "Z"}  # do(X): a fixed vertex is a setting
    assert after.outputs == ("Y",)
