"""The largest relaxation that quantum theory demands: known values, and the bound of every quantum box."""

import numpy as np
import pytest

import relaxbell as rb

pytest.importorskip("MoMPy")
TSIRELSON = (np.sqrt(2) - 1) / 2  # arXiv:1411.4648 for C(X -> B); the same for M


@pytest.mark.parametrize("kind", ["influence", "dependence"])
def test_chsh_scenario(kind):
    c = {
        "influence": lambda: rb.influence(rb.bell().relax("X -> B"), "X", "B"),
        "dependence": lambda: rb.dependence(rb.measurement_dependence()),
    }[kind]()
    found = rb.quantum_maximum(c, starts=2)
    assert TSIRELSON <= found.upper_bound <= TSIRELSON + 1e-9
    assert found.lower == pytest.approx(TSIRELSON, abs=1e-9)
    best = found.classes[0]
    assert best.maximum.certificate.verify()
    assert rb.minimize(c, best.seen.behavior).value == pytest.approx(TSIRELSON, abs=1e-8)
    assert rb.minimize(c, rb.boxes.tsirelson()).exact <= found.upper_bound


@pytest.mark.slow
def test_other_numbers_of_settings():
    """More settings of the party that receives: each class is CHSH, lifted, so that nothing more is demanded."""
    c = rb.influence(rb.bell((2, 3), (2, 2)).relax("X -> B"), "X", "B")
    found = rb.quantum_maximum(rb.closed_form(c), starts=2)
    assert TSIRELSON <= found.upper_bound <= TSIRELSON + 1e-8
    assert sum(own.count for own in found.classes) == len(rb.closed_form(c).terms)


def test_without_a_closed_form_of_no_signaling_behaviors():
    c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    with pytest.raises(rb.errors.ClosedFormError, match="every p of the model, expected a complete closed form"):
        rb.quantum_maximum(rb.closed_form(c, "model"))
