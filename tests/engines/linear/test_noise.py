"""Critical visibilities as the least noise: those found by infeasibility proofs, and known ones."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.exact.numbers import surd
from relaxbell.solve import visibility

SIGNS = np.array([[1, -1], [-1, 1]])[:, :, None, None]


def angles(seed):
    one, other = np.random.default_rng(seed).uniform(0, 2 * np.pi, (2, 2))
    return rb.Behavior((1 - SIGNS * np.cos(one[:, None] - other)) / 4)


def deterministic():
    table = np.full((2, 2, 2, 2), Fraction(0), dtype=object)
    for x, y in np.ndindex(2, 2):
        table[x, 0, x, y] = Fraction(1)
    return rb.Behavior(table)


CASES = {
    "floats": (rb.input_signaling, lambda: angles(3), Fraction(1, 50), None),
    "roots": (rb.input_signaling, rb.boxes.tsirelson, Fraction(1, 10), None),
    "other noise": (rb.input_signaling, rb.boxes.pr, Fraction(1, 10), deterministic),
    "dependent settings": (rb.measurement_dependence, rb.boxes.pr, Fraction(1, 10), None),
}


@pytest.mark.parametrize("case", CASES)
def test_as_by_proofs_of_infeasibility(case, monkeypatch):
    make, box, limit, noise = CASES[case]
    model, p = make(), box()
    measure = rb.dependence(model) if model.dependent_inputs else rb.influence(model, "X", "B")
    background = None if noise is None else noise()
    found = rb.critical_visibility(model, p, [measure <= limit], noise=background)
    again = rb.critical_visibility(model, p, [measure <= limit], noise=background)
    monkeypatch.setattr(visibility, "_from_noise", lambda *args: None)
    assert found == again == rb.critical_visibility(model, p, [measure <= limit], noise=background)


def test_known_numbers():
    """min C(X → B) of v · box is (v S / 2 − 1) / 2 at most, so that v = 2 (1 + 2 c) / S."""
    model = rb.input_signaling()
    c = rb.influence(model, "X", "B")
    for k in (0, 1, 2, 1, 0):
        limit = Fraction(k, 10)
        assert rb.critical_visibility(model, rb.boxes.pr(), [c <= limit]) == Fraction(1, 2) + limit
        assert rb.critical_visibility(model, rb.boxes.tsirelson(), [c <= limit]) == surd(0, (1 + 2 * limit) / 2, 2)
    assert rb.critical_visibility(model, rb.boxes.pr(), [c <= 1]) == 1
    assert len(model.kept) <= 4


def test_noise_that_is_not_reproduced_either():
    with pytest.raises(rb.errors.InfeasibleError):
        rb.critical_visibility(rb.bell(), rb.boxes.pr(), noise=rb.boxes.tsirelson())
