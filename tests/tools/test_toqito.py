"""Results of the real package, where it is installed; else `test_recorded.py` reads recorded ones."""

import pytest

pytest.importorskip("toqito")

from tools import record
from tools.checks import check_toqito
from tools.doubles import RECORDED


def test_results_are_read():
    check_toqito(record.toqito())


def test_it_returns_what_was_recorded():
    assert record.toqito() == RECORDED["toqito"]["returned"]
