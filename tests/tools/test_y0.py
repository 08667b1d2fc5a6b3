"""Graphs of the real package, where it is installed; else `test_recorded_graphs.py` reads recorded ones."""

import json

import pytest

pytest.importorskip("y0")

from tools import record_graphs
from tools.check_graphs import check_y0
from tools.graph_doubles import returned


def test_graphs_are_read():
    mixed = record_graphs.y0_graphs()
    check_y0(mixed, {name: graph.to_latent_variable_dag() for name, graph in mixed.items()})


def test_it_holds_what_was_recorded():
    assert json.loads(json.dumps(record_graphs.y0())) == returned("y0")
