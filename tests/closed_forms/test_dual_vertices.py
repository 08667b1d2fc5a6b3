"""The full list of dual vertices: its maximum is the minimum wherever the model reproduces p."""

from fractions import Fraction

import numpy as np
import pytest
from clock import replaced
from exact_reference import fraction, least, mixed

import relaxbell as rb

CASES = {
    "X->B": (lambda: rb.influence(rb.input_signaling(), "X", "B"), 13),
    "A->B": (lambda: rb.influence(rb.outcome_signaling(), "A", "B"), 21),
    "instrument": (lambda: rb.average_causal_effect(rb.instrumental(), "A", "B"), 8),
    "outputs (3,2)": (lambda: rb.influence(rb.input_signaling((2, 2), (3, 2)), "X", "B"), None),
    "message": (lambda: rb.message_weight(rb.message()), None),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_maximum_is_the_minimum(name):
    make, count = CASES[name]
    measure = make()
    table, rng = rb.dual_vertices(measure), np.random.default_rng(0)
    assert count in (None, len(table))
    assert table.vertices.shape == (len(table), *measure.model.observed_shape)
    for k in range(20):
        p = mixed(measure.model, rng, 1 + k % 8)
        assert table(p) == least(measure, p) == max(f(p) for f in table.functionals())
    rows = len(measure.model.observed_rows) - int(np.linalg.matrix_rank(measure.model.T.toarray()))
    assert len(table.zero_cells) == rows  # as many as there are dependencies between the rows of T
    assert all(z[cell] == 0 for z in table.vertices for cell in table.zero_cells)


def test_layout():
    table = rb.dual_vertices(rb.influence(rb.input_signaling(), "X", "B"))
    lines = repr(table).splitlines()
    assert len(lines) == 15
    assert lines[1].split()[:3] == ["#", "p(00|00)", "p(01|00)"]
    assert lines[2].split() == ["1", *["0"] * 16]
    assert table._repr_html_().count("<tr>") == 14
    assert fraction(rb.minimize(table.measure, rb.boxes.pr()).exact) == table(rb.boxes.pr())
    assert table(rb.boxes.tsirelson()) > Fraction(207106, 10**6)


def test_refusals(monkeypatch):
    table = rb.dual_vertices(rb.influence(rb.input_signaling(), "X", "B"))
    with pytest.raises(rb.errors.BehaviorError, match="floats"):
        table(rb.Behavior(rb.boxes.pr().p))
    dependent = rb.measurement_dependence(dependent="X")
    with pytest.raises(
        rb.errors.ClosedFormError, match="dimension 76 and 128 inequalities, expected at most dimension 40"
    ):
        rb.dual_vertices(rb.dependence(dependent))
    with pytest.raises(rb.errors.MeasureError, match="not piecewise linear"):
        rb.dual_vertices(rb.mutual_information(dependent))
    replaced(monkeypatch, step=1)
    with pytest.raises(rb.errors.ClosedFormError, match="were taken in"):
        rb.dual_vertices(rb.influence(rb.input_signaling((3, 2)), "X", "B"), seconds=10)
