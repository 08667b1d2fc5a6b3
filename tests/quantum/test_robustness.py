"""How much noise a behavior stands: closed forms for CHSH boxes, and other scenarios."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import BehaviorError, SignalingError, UnsupportedModelError
from relaxbell.exact.numbers import surd

pytest.importorskip("MoMPy")

# CHSH is the only facet that an isotropic box with value S violates; on noise it is at least 0, −2 (local), −4
LOCAL = {"white": (0, 2), "local": (-2, 2), "general": (-4, 2)}


@pytest.mark.parametrize("noise", LOCAL)
def test_isotropic_boxes_against_the_local_set(noise):
    """v S + (1 − v) c = 2."""
    c, b = LOCAL[noise]
    for box, s in ((rb.boxes.pr(), Fraction(4)), (rb.boxes.tsirelson(), surd(0, 2, 2))):
        found = box.robustness(rb.bell(), noise=noise)
        assert found.upper_bound == (b - c) / (s - c)
        assert found.value == pytest.approx(float(found.upper_bound), abs=1e-7)
        assert "is local for no v > " in found.certificate.verify()


@pytest.mark.parametrize("noise", LOCAL)
def test_a_pr_box_against_the_quantum_set(noise):
    """v 4 + (1 − v) c = 2√2: twirling makes the best local or no-signaling noise isotropic."""
    c, _ = LOCAL[noise]
    found = rb.boxes.pr().robustness(rb.quantum_set(rb.boxes.pr(), "1+AB"), noise=noise)
    value = (2 * np.sqrt(2) - c) / (4 - c)
    assert value <= found.upper_bound <= value + 1e-7
    assert found.value == pytest.approx(value, abs=1e-6)
    assert "is quantum (words 1, A, B, AB" in found.certificate.verify()


def test_white_noise_as_critical_visibility():
    p = rb.boxes.cglmp(3)
    found = p.robustness(rb.bell((2, 2), (3, 3)))
    assert float(found.upper_bound) == pytest.approx(
        float(rb.critical_visibility(rb.bell((2, 2), (3, 3)), p)), abs=1e-9
    )
    given = p.robustness(rb.bell((2, 2), (3, 3)), noise=p.white_noise())
    assert given.upper_bound == pytest.approx(found.upper_bound, abs=1e-9)


def test_other_shapes():
    """Inputs (2, 3), outputs (3, 2): a PR box with an unused outcome and a repeated setting keeps its 2/3."""
    table = np.zeros((3, 2, 2, 3), dtype=object)
    table[:2, :, :, :2] = rb.boxes.pr().table
    table[:2, :, :, 2] = rb.boxes.pr().table[:, :, :, 0]
    p = rb.Behavior(table)
    assert p.robustness(rb.bell((2, 3), (3, 2)), noise="local").upper_bound == Fraction(2, 3)
    ghz = rb.boxes.ghz().robustness(rb.bell((2, 2, 2)), noise="general")
    assert ghz.upper_bound == Fraction(3, 4)  # Mermin: v 4 − (1 − v) 4 = 2


def test_inside_there_is_nothing_to_prove():
    found = rb.boxes.tsirelson().robustness(rb.quantum_set(rb.boxes.pr(), 1))
    assert (found.upper_bound, found.functional, found.certificate) == (1, None, None)
    assert rb.boxes.pr().robustness(rb.nonsignaling_set(rb.boxes.pr())).value == 1


def test_refusals():
    pr = rb.boxes.pr()
    with pytest.raises(BehaviorError, match="noise is 'red', expected 'white'"):
        pr.robustness(rb.bell(), noise="red")
    with pytest.raises(UnsupportedModelError, match="without relaxed edges"):
        pr.robustness(rb.bell().relax("X -> B"))
    with pytest.raises(BehaviorError, match=r"expected bell\(…\)"):
        pr.robustness("local")
    with pytest.raises(BehaviorError, match="Scenario 3322"):
        pr.robustness(rb.nonsignaling_set(rb.catalog.I3322))
    table = np.zeros((2, 2, 2, 2), dtype=int)
    table[0, 0, 0], table[0, 1, 1] = 1, 1
    with pytest.raises(SignalingError):
        rb.Behavior(table).robustness(rb.bell())
