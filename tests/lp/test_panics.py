"""Panics of solvers written in Rust arrive as exceptions that are no `Exception` (pyo3's documentation of them)."""

import math
import warnings

import clarabel
import numpy as np
import pytest
import scipy.sparse as sp

import relaxbell as rb
from relaxbell.lp import panics
from relaxbell.lp.conic import solve_clarabel

_ONE_ROW = sp.csc_array(np.ones((1, 2))), np.ones(2), np.ones(1), np.ones(1)  # min x + y with x + y = 1


class PanicException(BaseException):
    """Named as pyo3 names its own, which cannot be imported."""


def _panic(*_):
    raise PanicException("index out of bounds")


def test_a_panic_is_an_error_that_names_the_problem():
    with (
        pytest.raises(rb.errors.SolverError, match="the level 2 set: index out of bounds"),
        panics.told("the level 2 set"),
    ):
        _panic()


@pytest.mark.parametrize("other", [KeyboardInterrupt, SystemExit, ValueError])
def test_other_exceptions_pass(other):
    with pytest.raises(other), panics.told("anything"):
        raise other


@pytest.fixture
def panicking(monkeypatch):
    monkeypatch.setattr(clarabel, "DefaultSolver", _panic)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_linear_programs_are_solved_by_what_is_left(panicking):
    """What is needed of X -> B is the violation of CH (arXiv:1411.4648), for Tsirelson's box (√2 − 1)/2."""
    measure = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    with pytest.raises(rb.errors.SolverError, match="Clarabel gave up within its own arithmetic on a linear program"):
        solve_clarabel(*_ONE_ROW)
    solution = rb.minimize(measure, rb.boxes.tsirelson(), solver="clarabel")
    assert solution.value == pytest.approx((math.sqrt(2) - 1) / 2, abs=1e-12)
    assert solution.lower_bound == pytest.approx((math.sqrt(2) - 1) / 2, abs=1e-9)


@pytest.mark.slow
def test_quantum_sets(panicking):
    pytest.importorskip("MoMPy")
    chsh = rb.catalog.CHSH
    with pytest.raises(rb.errors.SolverError, match="Use another level"):
        chsh.bound(rb.quantum_set(rb.boxes.tsirelson(), "1"))
