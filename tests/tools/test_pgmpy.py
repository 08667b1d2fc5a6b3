"""Graphs of the real package, where it is installed; else `test_recorded_graphs.py` reads recorded ones."""

import json

import pytest

pytest.importorskip("pgmpy")

from tools import record_graphs
from tools.check_graphs import check_pgmpy
from tools.graph_doubles import returned

pytestmark = pytest.mark.filterwarnings("ignore")  # its own, of pyparsing


def test_graphs_are_read():
    check_pgmpy(record_graphs.pgmpy_graphs(), returned("dagitty")["texts"])


def test_it_holds_what_was_recorded():
    assert json.loads(json.dumps(record_graphs.pgmpy())) == returned("pgmpy")


def test_it_reads_what_is_written_here():
    """pgmpy's reader finds the same latent nodes and edges in `to_dagitty`."""
    from pgmpy.base import DAG

    for name, text in returned("dagitty")["written"].items():
        _, edges, latents, _ = returned("dagitty")["written here"][name]
        read = DAG.from_dagitty(text)
        assert {n for n in read.latents if not n.startswith("u_")} == set(latents)
        assert {e for e in read.edges if not e[0].startswith("u_")} == {(u, v) for u, k, v in edges if k == "->"}
