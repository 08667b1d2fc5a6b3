"""Where no model is found in time: the rigorous bound is reported, and nothing is called infeasible."""

import math
from fractions import Fraction

import numpy as np
import pytest
from independent_reference import SELECTION, selected, selection_bounds

import relaxbell as rb
from relaxbell.engines.independent.nearby import Nearby


@pytest.fixture
def nothing_found(monkeypatch):
    monkeypatch.setattr(Nearby, "near", lambda *_: None)


def case():
    model = rb.CausalModel(SELECTION, "", "U V", {"X": 2, "Y": 2, "S": 2})
    cells = np.array([[Fraction(4, 20), Fraction(3, 20)], [Fraction(1, 20), Fraction(7, 20)]], dtype=object)
    return model, selected(cells.tolist()), selection_bounds(cells, 1)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_found")
def test_bounds_are_reported_with_their_state():
    model, seen, (low, high) = case()
    found = rb.bounds(rb.query(model, "ACE(X -> Y)"), seen, seconds=2)
    assert found.minimum.status == found.maximum.status == "no model found"
    assert math.isnan(found.lower)
    assert math.isnan(found.upper)
    assert -1 <= found.lower_bound <= low
    assert high <= found.upper_bound <= 1
    assert "no model was found in time for either end" in repr(found)
    assert "min ACE(X -> Y) >= " in repr(found.minimum)
    assert "max ACE(X -> Y) <= " in repr(found.maximum)
    assert found.minimum.end_texts[1] == found.maximum.end_texts[1] == "unknown"
    assert found.minimum.exact is None
    claimed = Fraction(found.minimum.certificate.data["claim"]["lower_bound"])
    assert found.lower_bound - 1e-6 <= claimed <= low  # the tolerance of a search that is not told another one


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_found")
def test_the_smallest_boxes_are_proved_by_those_that_they_are_parts_of():
    """Linear programs of tiny boxes have poor multipliers; a bound holds in each part of a box."""
    model, seen, (low, _) = case()
    found = rb.bounds(rb.query(model, "ACE(X -> Y)"), seen, seconds=2)
    claimed = Fraction(found.minimum.certificate.data["claim"]["lower_bound"])
    assert low - Fraction(1, 10**6) <= claimed <= low
    assert found.minimum.certificate.verify()


@pytest.mark.usefixtures("nothing_found")
def test_the_error_of_a_quotient_bounds_the_quotient():
    """Not its numerator or denominator, which are minimized on the way."""
    model, seen, _ = case()
    query = rb.query(model, "p{Y(X=1)=1|X=0} - p{Y(X=0)=1|X=0}")
    with pytest.raises(rb.errors.TimeLimitError) as caught:
        rb.minimize(query, seen, seconds=0.1)
    assert caught.value.partial is None or caught.value.partial.lower_bound <= -Fraction(9, 17)
