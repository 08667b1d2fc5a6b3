"""Graphs of the real package, where it is installed; else `test_recorded_graphs.py` reads recorded ones."""

import json

import pytest

pytest.importorskip("ananke")

from tools import record_graphs
from tools.check_graphs import check_ananke
from tools.graph_doubles import returned


def test_graphs_are_read():
    fixed = record_graphs.ananke_graphs()["instrument"]
    fixed.fix(["X"])
    check_ananke(record_graphs.ananke_graphs(), fixed)


def test_it_holds_what_was_recorded():
    assert json.loads(json.dumps(record_graphs.ananke())) == returned("ananke")
