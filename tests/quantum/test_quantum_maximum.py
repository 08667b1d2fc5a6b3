"""The largest relaxation that quantum theory demands: known values, and the bound of every quantum box."""

import numpy as np
import pytest
import sympy

import relaxbell as rb
from relaxbell.closed_forms.demands import Demand, most_demanding
from relaxbell.closed_forms.quantum_maxima import _by_search

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


def test_exact_where_correlators_decide():
    found = rb.quantum_maximum(rb.hall_dependence(rb.measurement_dependence()), starts=1)
    assert found.status == "exact"
    assert found.exact == 2 * (sympy.sqrt(2) - 1) / 3  # (S − 2)/3
    assert rb.minimize(found.measure, found.behavior).exact == found.exact
    assert found.lower_bound <= found.upper_bound


@pytest.mark.slow
def test_three_settings_demand_no_more_influence_than_two():
    """C(X → B) in 3322: CHSH (√2 − 1)/2, chained √3/2 − 2/3, I3322 below; FACTS of the closed form's 841 terms."""
    c = rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B")
    found = rb.quantum_maximum(rb.closed_form(c, seconds=float("inf")), starts=1)
    assert found.exact == (sympy.sqrt(2) - 1) / 2
    assert [own.count for own in found.classes] == [72, 192, 576, 1]
    assert found.classes[1].correlators.value < found.lower_bound
    assert 0.1 < found.classes[2].upper_bound < 0.101
    assert rb.minimize(found.measure, found.behavior).exact == found.exact


@pytest.mark.slow
def test_merged_outcomes():
    c = rb.dependence(rb.measurement_dependence((2, 2), (3, 2)))
    found = rb.quantum_maximum(c, starts=1)
    assert found.exact == (sympy.sqrt(2) - 1) / 2
    assert rb.minimize(c, found.behavior).exact == found.exact


@pytest.mark.slow
def test_information_has_no_closed_form():
    """At least what the Tsirelson point demands, 2 − h(P) − P log2 3 with P = (2 + √2)/4; at most that of a model."""
    measure = rb.mutual_information(rb.measurement_dependence())
    found = rb.quantum_maximum(measure, starts=3, seconds=30)
    p = (2 + np.sqrt(2)) / 4
    known = 2 + p * np.log2(p) + (1 - p) * np.log2(1 - p) - p * np.log2(3)
    assert found.status == "interval"
    assert found.exact is None
    assert known - 1e-9 <= found.lower_bound <= found.upper_bound
    assert found.demand.realization.check()
    assert found.behavior.is_exact
    assert rb.minimize(measure, found.behavior).lower_bound == pytest.approx(float(found.lower_bound), abs=1e-12)
    assert rb.minimize(measure, rb.boxes.tsirelson()).value <= found.ceiling.value


@pytest.mark.slow
@pytest.mark.parametrize(("measure", "divisor"), [(rb.dependence, 4), (rb.hall_dependence, 3)])
def test_three_outcomes_demand_what_the_cglmp_inequality_says(measure, divisor):
    """(I_3 − 2)/4 of M and (I_3 − 2)/3 of Hall's measure, from both sides; I_3 = 1 + √(11/3).

    Acín, Durt, Gisin, Latorre, arXiv:quant-ph/0111143.
    """
    c = measure(rb.measurement_dependence((2, 2), (3, 3)))
    found = _by_search(c, None, 6, 0, None, None, [rb.catalog.cglmp(3)])  # no limit of time
    known = (np.sqrt(11 / 3) - 1) / divisor
    assert known - 1e-9 <= float(found.lower_bound) <= float(found.upper_bound) <= known + 1e-9
    assert rb.minimize(c, found.behavior).exact == found.lower_bound
    assert all(own.maximum.certificate.verify() for own in found.ceiling.classes if own.maximum)


@pytest.mark.slow
def test_three_parties():
    """The GHZ state demands M = 1/4."""
    c = rb.dependence(rb.measurement_dependence((2, 2, 2), (2, 2, 2)))
    candidates = most_demanding(c, c.model.scenario, None, 2, 0, [rb.catalog.mermin(3)])
    found = max((Demand.at(c, own) for own in candidates), key=lambda own: own.lower_bound)
    assert found.lower_bound > 0.25 - 1e-9
    assert found.realization.dimensions == (2, 2, 2)
    assert rb.minimize(c, found.realization.behavior).exact == found.lower_bound


def test_without_search():
    found = rb.quantum_maximum(rb.mutual_information(rb.measurement_dependence()), starts=0, seconds=20)
    assert found.status == "at most"
    assert found.behavior is None
    assert found.lower is None


def test_errors():
    with pytest.raises(rb.errors.MeasureError, match="a quantum maximum is of a Measure"):
        rb.quantum_maximum(rb.catalog.CHSH)
    with pytest.raises(rb.errors.MeasureError):
        rb.quantum_maximum(rb.mutual_information(rb.measurement_dependence()), seconds=-1)
