"""Results of the real package, where it is installed; else `test_recorded.py` reads recorded ones."""

import pytest

pytest.importorskip("cirq")

from tools import record
from tools.checks import check_cirq
from tools.doubles import RECORDED


def test_results_are_read():
    check_cirq(record.cirq_results())


def test_it_returns_what_was_recorded():
    assert record.cirq() == RECORDED["cirq"]["returned"]
