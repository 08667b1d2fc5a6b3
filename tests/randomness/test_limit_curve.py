"""Guesses along bounds of p(settings|λ): closed forms of docs/theorems.rst, and programs at single bounds."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import CurveError, MeasureError, RelaxbellError
from relaxbell.randomness.limit_curve import value_at
from relaxbell.randomness.polynomials import Poly, interpolated, reduced

AT = {"X": 0, "Y": 0}
CHSH = rb.catalog.CHSH


def by_bound(s, low):
    other = Fraction(1, 2) + (4 - s) * (1 - 3 * low) / (4 * low)
    return min(Fraction(1), Fraction(3, 2) - s / 4 + 2 * (Fraction(1, 4) - low), other)


@pytest.mark.parametrize(
    "s", [pytest.param(Fraction(13, 4), marks=pytest.mark.slow), pytest.param(Fraction(2), marks=pytest.mark.slow), 3]
)
def test_the_closed_form_with_a_lower_bound(s):
    """min(1, 3/2 − S/4 + 2(1/4 − ℓ), 1/2 + (4 − S)(1 − 3ℓ)/(4ℓ)) everywhere."""
    curve = rb.Observed([(CHSH, s)]).guessing("A", AT).curve("lower", Fraction(1, 4), start=Fraction(1, 50))
    for k in range(24):
        e = Fraction(1, 50) + (Fraction(1, 4) - Fraction(1, 50)) * Fraction(k, 23)
        assert curve.value(e) == by_bound(Fraction(s), e)
    assert value_at(curve.pieces[-1], Fraction(1, 4)) == by_bound(Fraction(s), Fraction(1, 4))


@pytest.mark.slow
def test_near_a_pr_box_there_is_a_quotient():
    s = Fraction(39, 10)
    curve = rb.Observed([(CHSH, s)]).guessing("A", AT).curve("lower", Fraction(1, 4), start=Fraction(1, 50))
    for e in (Fraction(1, 45), Fraction(1, 30), Fraction(1, 21), Fraction(1, 9), *curve.breakpoints):
        assert curve.value(e) == by_bound(s, e)
    assert any(len(piece.denominator) > 1 for piece in curve.pieces)


ALWAYS = np.zeros((2, 2, 2, 2), dtype=int)
ALWAYS[0, 0] = 1
BIASED = rb.boxes.pr().visibility(Fraction(4, 5)).mix(rb.Behavior(ALWAYS), Fraction(9, 10))
CORRELATED = np.array([[Fraction(3, 8), Fraction(1, 4)], [Fraction(1, 8), Fraction(1, 4)]])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "outputs", "limit", "ends", "options"),
    [
        (rb.Observed([(CHSH, Fraction(7, 2))]), "A B", "upper", (Fraction(1, 4), Fraction(2, 5)), {}),
        (BIASED, "A", "lower", (Fraction(1, 20), Fraction(1, 8)), {"settings": CORRELATED}),
        (BIASED, "B", "upper", (Fraction(3, 8), Fraction(2, 5)), {"settings": CORRELATED, "lower": Fraction(1, 20)}),
        (BIASED, "A", "lower", (Fraction(1, 10), Fraction(1, 4)), {"dependence": Fraction(1, 20)}),
        (BIASED, "A", "lower", (Fraction(1, 5), Fraction(1, 4)), {"settings": {"X": [0.5, 0.5], "Y": [1, 0]}}),
    ],
)
def test_curves_agree_with_single_bounds(data, outputs, limit, ends, options):
    low, high = ends
    curve = data.guessing(outputs, AT, **options).curve(limit, high, start=low)
    for k in range(3):
        e = low + (high - low) * Fraction(k, 2)
        assert curve.value(e) == data.guessing(outputs, AT, **{**options, limit: e}).bound
    entropies = curve.min_entropy([low, (low + high) / 2, high])
    assert (np.diff(entropies) * (1 if limit == "lower" else -1) >= 0).all()
    assert curve.domain == (low, high)


@pytest.mark.slow
def test_samples_are_bounds_between():
    data = rb.Observed([(CHSH, Fraction(7, 2))])
    exact = data.guessing("A", AT).curve("upper", Fraction(2, 5), start=Fraction(1, 4))
    drawn = data.guessing("A", AT).curve("upper", Fraction(2, 5), start=Fraction(1, 4), points=4)
    for e in (Fraction(1, 4), Fraction(27, 100), Fraction(3, 10), Fraction(2, 5)):
        assert drawn.value(e) >= exact.value(e)
    assert [s.bound for s in drawn.samples] == [exact.value(s.budget) for s in drawn.samples]


def test_a_budget_that_was_not_given_has_a_curve():
    assert rb.boxes.pr().guessing("A", AT).curve("M", Fraction(1, 4)).value(Fraction(1, 8)) == Fraction(5, 8)


def test_errors(monkeypatch):
    found = rb.boxes.pr().guessing("A", AT, signaling={"X -> B": 0.1})
    with pytest.raises(MeasureError, match="an exact curve of lower is for boxes that do not signal"):
        found.curve("lower", 0.25)
    plain = rb.boxes.pr().guessing("A", AT)
    with pytest.raises(MeasureError, match="cannot hold: the settings themselves"):
        plain.curve("upper", 0.3, start=0.2)
    with pytest.raises(CurveError, match="outside the curve"):
        plain.curve("lower", 0.25, start=0.24).value(Fraction(1, 10))
    monkeypatch.setitem(__import__("sys").modules, "ppl", None)
    with pytest.raises(RelaxbellError, match="ppl is not installed"):
        plain.curve("lower", 0.25)


# ------------------------------------------------------------------------------ polynomials


def test_a_basis_along_a_parameter_by_cramers_rule():
    """[[1, t], [t, 1]] w = (1, 2): w = (1 − 2t, 2 − t)/(1 − t²)."""
    zero, one = Fraction(0), Fraction(1)
    entries = [[(one, zero), (zero, one)], [(zero, one), (one, zero)]]
    found = interpolated(entries, [Poly((one,)), Poly((zero, one))], [one, Fraction(2)])
    t = Fraction(1, 3)
    assert found.determinant(t) == 1 - t * t
    assert [w[0](t) for w in found.weights] == [1 - 2 * t, 2 - t]
    assert [p(t) for p in found.prices] == [1 - t * t, 0]
    assert interpolated([[(one, zero)] * 2] * 2, [Poly((one,))] * 2, [one, one]) is None


def test_quotients_are_reduced():
    """(t² − 1)/(t − 1) = 1 + t."""
    above, below = Poly((Fraction(-1), Fraction(0), Fraction(1))), Poly((Fraction(-1), Fraction(1)))
    assert reduced(above, Poly(()), below, 0) == ((1, 1), (1,))
