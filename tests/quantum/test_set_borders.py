"""Sets where inputs are unusual: levels, sources, limits of functionals that nothing violates, data on the border."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import InfeasibleError, UnsupportedModelError

pytest.importorskip("MoMPy")


def test_independent_sources_are_no_set():
    for model in (rb.bilocality(), rb.star(3)):
        for make in (rb.nonsignaling_set, lambda m: rb.quantum_set(m, 2)):
            with pytest.raises(UnsupportedModelError, match=r"several latent variables.*Use model\.shared\(\)"):
                make(model)
    assert rb.nonsignaling_set(rb.bilocality().scenario).graph is None


@pytest.mark.slow
def test_a_word_may_have_one_projector_twice():
    """AAB has AB, as in other programs: the words are all products of two projectors of A and one of B."""
    scenario = rb.bell((2, 3), (3, 2)).scenario
    words = set(rb.quantum_set(scenario, "1+AAB").words)
    assert set(rb.quantum_set(scenario, "1+AB").words) < words
    assert words == set(rb.quantum_set(scenario, "1+AB+AAB").words)
    assert repr(rb.quantum_set(scenario, " 1+AAB ")).startswith("quantum set (level 1+AAB, ")
    assert rb.quantum_set(scenario, np.int64(1)).level == 1


@pytest.mark.slow
def test_quantum_limits_lie_between_the_others():
    """Level 1 has no p ≥ 0, so that its own bound of this may exceed what the table allows, which is 1."""
    f = rb.BellFunctional(np.array([0, 1, 1, 0, 0, 1]).reshape(2, 3, 1, 1))
    assert rb.quantum_set(f, 1).maximum(f).upper_bound > Fraction(11, 10)
    found = f.limits(1)
    assert (found.local.exact, found.quantum.exact, found.nonsignaling.exact) == (1, 1, 1)
    assert found.quantum.value == 1
    assert "is at most 1" in found.quantum.certificate.verify()


def test_conditions_that_contradict_each_other_by_rounding():
    where = rb.nonsignaling_set(rb.catalog.CHSH)
    thirds = [where.p[0, :, 0, 0].sum() == 1 / 3, where.p[1, :, 0, 0].sum() == 2 / 3]
    with pytest.raises(InfeasibleError, match=r"missed by .*e-17 at least, .* Floats are read as the decimals"):
        where.maximum(rb.catalog.CHSH, thirds)
    with pytest.raises(InfeasibleError, match=r"missed by 0\.2 at least, expected 0\. Loosen them"):
        where.maximum(rb.catalog.CHSH, [where.p[0, :, 0, 0].sum() >= 1.2])
    assert where.maximum(rb.catalog.CHSH, thirds[:1]).bound > 3


@pytest.mark.slow
def test_ends_that_cross_prove_that_nothing_has_the_data():
    iv, f = rb.instrumental(3), rb.catalog.bonet()
    effect = rb.average_causal_effect(iv, "A", "B")
    best = rb.quantum_set(iv, "1+AB").maximum(f).behavior
    loose = rb.nonsignaling_set(iv).maximum(f).behavior
    outside = rb.Behavior((1 - 1e-6) * best.p + 1e-6 * loose.p, outputs="A B", inputs="Z")
    with pytest.raises(InfeasibleError, match="mix them with a little noise") as caught:
        rb.bounds(effect, outside, common_cause="quantum")
    assert caught.value.certificate.verify().startswith("there is no model with")
    inside = rb.bounds(effect, outside.visibility(0.9999), common_cause="quantum")
    assert inside.lower_bound <= inside.lower <= inside.upper <= inside.upper_bound
    assert inside.lower_bound < inside.upper_bound
