"""Results of the real package, where it is installed; else `test_recorded.py` reads recorded ones."""

import pytest

pytest.importorskip("pennylane")

from tools import record
from tools.checks import check_pennylane
from tools.doubles import RECORDED


def test_results_are_read():
    check_pennylane(record.pennylane_results())


def test_it_returns_what_was_recorded():
    assert record.pennylane() == RECORDED["pennylane"]["returned"]
