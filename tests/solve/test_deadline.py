"""Time limits: what takes too long is an error that says so, and nothing else changes."""

import time

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.lp.clock import deadline, passed, remaining


def large(kind):
    """Programs that take many seconds."""
    if kind == "clarabel":
        return rb.hall_dependence(rb.measurement_dependence((2,) * 4, (2,) * 4)), rb.ghz_box(4)
    model = rb.measurement_dependence((3, 3), (4, 4))
    p = rb.Behavior(np.moveaxis(np.random.default_rng(0).dirichlet(np.ones(16), (3, 3)), -1, 0).reshape(4, 4, 3, 3))
    measures = {"columns": rb.dependence, "highs": rb.hall_dependence, "information": rb.mutual_information}
    return measures[kind](model), p


@pytest.mark.parametrize("kind", ["columns", "highs", "information"])
def test_the_error_says_so(kind):
    measure, p = large(kind)
    started = time.monotonic()
    with pytest.raises(rb.SolverError, match=r"took longer than its time limit of 0\.05 s\. Give more seconds"):
        rb.minimize(measure, p, seconds=0.05)
    assert time.monotonic() - started < 30  # far less than without a limit; HiGHS looks at its clock now and then


def test_clarabel_is_limited_too():
    measure, p = large("clarabel")
    with pytest.raises(rb.SolverError, match="time limit of 1 s"):
        rb.minimize(measure, p, solver="clarabel", seconds=1)


def test_enough_time_changes_nothing():
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    p = rb.bell((2, 3), (3, 2)).rename({})
    table = (p.T @ np.full(p.strategies.count, 1 / p.strategies.count)).reshape(p.observed_shape)
    observed = rb.Behavior(table, p.outputs, p.inputs)
    c = rb.influence(model, "X", "B")
    free, limited = rb.minimize(c, observed), rb.minimize(c, observed, seconds=60)
    assert (free.value, free.lower_bound) == (limited.value, limited.lower_bound)
    ends = rb.bounds(rb.average_causal_effect(model, "X", "B"), observed, seconds=60)
    assert tuple(ends) == tuple(rb.bounds(rb.average_causal_effect(model, "X", "B"), observed))


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), "3", True])
def test_what_is_no_time_is_refused(seconds):
    with pytest.raises(rb.MeasureError, match="expected a positive number"):
        rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.pr_box(), seconds=seconds)


def test_the_earlier_of_two_deadlines_holds():
    with deadline(0.001, "outer"), deadline(60, "inner"):
        time.sleep(0.01)
        assert passed()
        with pytest.raises(rb.SolverError, match="min outer"):
            remaining()
    assert remaining() == float("inf")
    assert not passed()


def test_measures_that_do_not_fit_memory_are_refused_at_once():
    """26 million strategies: M has 655 million entries."""
    model = rb.measurement_dependence((5, 5), (4, 4))
    for make in (rb.dependence, rb.hall_dependence):
        with pytest.raises(rb.ModelTooLargeError, match="Reduce the settings"):
            make(model)
