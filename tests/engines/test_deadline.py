"""Time limits: what takes too long is an error that says so, and nothing else changes."""

import numpy as np
import pytest
from clock import Clock

import relaxbell as rb
from relaxbell.lp.clock import deadline, passed, remaining

LIMITS = "relaxbell.lp.clock.clock"


def unequal(kind):
    """Programs of every solver, with unequal cardinalities."""
    model = rb.measurement_dependence((3, 2), (2, 3))
    p = rb.Behavior(np.moveaxis(np.random.default_rng(0).dirichlet(np.ones(6), (3, 2)), -1, 0).reshape(2, 3, 3, 2))
    measures = {"columns": rb.dependence, "highs": rb.hall_dependence, "information": rb.mutual_information}
    return measures.get(kind, rb.hall_dependence)(model), p


SOLVERS = [("columns", None), ("highs", None), ("information", None), ("clarabel", "clarabel")]


@pytest.mark.parametrize(("kind", "solver"), SOLVERS)
def test_the_error_says_so(kind, solver, monkeypatch):
    """Every solver looks at the clock before it begins."""
    measure, p = unequal(kind)
    monkeypatch.setattr(LIMITS, Clock(step=1))
    with pytest.raises(rb.errors.SolverError, match=r"took longer than its time limit of 0\.05 s\. Give more seconds"):
        rb.minimize(measure, p, solver=solver, seconds=0.05)


class Late(Clock):
    """After the first reading, a nanosecond before the limit for ever."""

    def __call__(self):
        self.now, before = 50 - 1e-9, self.now
        return before


@pytest.mark.parametrize(("kind", "solver"), [case for case in SOLVERS if case[0] != "information"])
def test_solvers_stop_when_the_time_is_over(kind, solver, monkeypatch):
    """They are told what is left: here a nanosecond, in which none is ready. Information has steps of its own."""
    measure, p = unequal(kind)
    monkeypatch.setattr(LIMITS, Late())
    with pytest.raises(rb.errors.SolverError, match="time limit of 50 s"):
        rb.minimize(measure, p, solver=solver, seconds=50)


def test_enough_time_changes_nothing():
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    p = rb.bell((2, 3), (3, 2)).rename({})
    table = (p.T @ np.full(p.strategies.count, 1 / p.strategies.count)).reshape(p.observed_shape)
    observed = rb.Behavior(table, p.outputs, p.inputs)
    c = rb.influence(model, "X", "B")
    free, limited = rb.minimize(c, observed), rb.minimize(c, observed, seconds=1e6)
    assert (free.value, free.lower_bound) == (limited.value, limited.lower_bound)
    ends = rb.bounds(rb.average_causal_effect(model, "X", "B"), observed, seconds=1e6)
    assert tuple(ends) == tuple(rb.bounds(rb.average_causal_effect(model, "X", "B"), observed))


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), -float("inf"), "3", True])
def test_what_is_no_time_is_refused(seconds):
    with pytest.raises(rb.errors.MeasureError, match="expected a positive number"):
        rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr(), seconds=seconds)


def test_the_earlier_of_two_deadlines_holds(monkeypatch):
    monkeypatch.setattr(LIMITS, clock := Clock())
    with deadline(1, "outer"), deadline(60, "inner"):
        assert remaining() == 1
        clock.now = 1
        assert passed()
        with pytest.raises(rb.errors.SolverError, match="min outer"):
            remaining()
    assert remaining() == float("inf")
    assert not passed()


def test_measures_that_do_not_fit_memory_are_refused_at_once():
    """26 million strategies: M has 655 million entries."""
    model = rb.measurement_dependence((5, 5), (4, 4))
    for make in (rb.dependence, rb.hall_dependence):
        measure = make(model)
        with pytest.raises(rb.errors.ModelTooLargeError, match="Reduce the settings"):
            _ = measure.expression
