"""The best guess over a budget: closed forms of docs/theorems.rst, and the values at single budgets."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import CurveError, InfeasibleError, MeasureError

AT = {"X": 0, "Y": 0}


@pytest.mark.parametrize("s", [pytest.param(Fraction(5, 2), marks=pytest.mark.slow), Fraction(4)])
def test_the_closed_form_with_dependence(s):
    """min(1, 3/2 − S/4 + e): one break point, at S/4 − 1/2."""
    curve = rb.Observed([(rb.catalog.CHSH, s)]).guessing("A", AT, dependence=0).curve("M", 1)
    low, high = curve.pieces
    assert (low.intercept, low.slope) == (Fraction(3, 2) - s / 4, 1)
    assert (high.intercept, high.slope) == (1, 0)
    assert curve.breakpoints == (s / 4 - Fraction(1, 2),)
    assert curve.value(1) == 1


def test_a_curve_with_a_root_and_its_entropy():
    curve = rb.boxes.tsirelson().guessing("A", AT, dependence=0).curve("M", 0.5)
    assert float(curve.breakpoints[0]) == pytest.approx((np.sqrt(2) - 1) / 2, abs=1e-15)
    budgets = np.linspace(0, 0.5, 11)
    expected = -np.log2(np.minimum(1, 1.5 - np.sqrt(0.5) + budgets))
    found = curve.min_entropy(budgets)
    np.testing.assert_allclose(found, expected, atol=1e-13)
    assert (found <= expected + 1e-15).all()


@pytest.mark.slow
def test_several_pieces_agree_with_single_budgets():
    """Biased marginals, correlated settings, two budgets: the curve is the value at each point, and concave."""
    p = rb.boxes.pr().visibility(Fraction(4, 5)).mix(rb.boxes.tsirelson().rounded(), Fraction(1, 2))
    settings = np.array([[Fraction(3, 8), Fraction(1, 4)], [Fraction(1, 8), Fraction(1, 4)]])
    options = {"settings": settings, "lower": Fraction(1, 20)}
    begun = p.guessing("A", AT, dependence=0, signaling={"X -> B": Fraction(1, 50)}, **options)
    curve = begun.curve("M", Fraction(3, 5))
    slopes = [piece.slope for piece in curve.pieces]
    assert slopes == sorted(slopes, reverse=True)
    assert len(slopes) >= 2
    for e in (0, Fraction(1, 30), Fraction(1, 7), Fraction(3, 5), *curve.breakpoints):
        single = p.guessing("A", AT, dependence=e, signaling={"X -> B": Fraction(1, 50)}, **options)
        assert curve.value(e) == single.exact


def test_signaling_from_where_it_is_possible():
    told = np.zeros((2, 2, 2, 2), dtype=int)
    told[0, 0, 0] = told[0, 1, 1] = 1
    begun = rb.Behavior(told).guessing("B", AT, signaling={"X -> B": 1})
    with pytest.raises(InfeasibleError, match="Begin with a larger budget"):
        begun.curve("X -> B", 2)
    assert begun.curve("X -> B", 2, start=1).value(1.5) == 1


def test_errors():
    found = rb.boxes.pr().guessing("A", AT, dependence=0, lower=0.2)
    with pytest.raises(MeasureError, match="no budget of this guess, expected one of: M, lower, upper"):
        found.curve("X -> B", 1)
    with pytest.raises(MeasureError, match=r"the bound 1 .* cannot hold"):
        found.curve("lower", 1)
    with pytest.raises(MeasureError, match="expected a start below the end"):
        found.curve("M", 0)
    with pytest.raises(CurveError, match="outside the curve, expected one from 0 to 1"):
        found.curve("M", 1).value(2)
