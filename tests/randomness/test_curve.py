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


def kinds():
    """Yield a curve of each kind, with an adversary who can do something between two budgets."""
    data, box = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", AT), rb.boxes.pr()
    yield data.curve("M", Fraction(1, 3))
    yield data.curve("upper", Fraction(1, 3), start=0.25, points=2)
    yield rb.sample(box, 1000, seed=2).randomness(box, error=0.01).curve("lower", 0.25, start=Fraction(1, 6), points=2)


@pytest.mark.slow
def test_all_are_read_like_other_curves():
    """Exact budgets are refused outside, floats are NaN there; the float that is nearest to an end is that end."""
    for curve in kinds():
        assert isinstance(curve, rb.classes.AnyCurve)
        low, high = curve.domain
        assert curve.value(float(low)) == pytest.approx(float(curve.value(low)), abs=1e-15)
        assert curve.value(float(high)) == pytest.approx(float(curve.value(high)), abs=1e-15)
        found = curve.value([[float(low), 7.0], [np.nan, -np.inf]])
        assert np.isnan(found).tolist() == [[False, True], [True, True]]
        assert np.isnan(curve.value(-1.5))
        for ask in (curve.value, curve.shown, curve.lower_bound):
            with pytest.raises(CurveError, match="the budget 7 is outside the curve"):
                ask(7)
            with pytest.raises(CurveError, match="the budget"):
                ask("much")
        assert curve.grid(3).tolist() == [float(low), (float(low) + float(high)) / 2, float(high)]
        assert len(curve.notes) == 2


def test_floats_are_rounded_to_the_safe_side():
    """3/2 − S/4 + e at S = 3, e = 0.0333, is no float."""
    curve = next(kinds())
    e = np.float64(0.0333)
    exact = curve.value(Fraction(333, 10_000))
    assert exact == Fraction(3, 4) + Fraction(333, 10_000)
    assert Fraction(curve.lower_bound(e)) <= exact <= Fraction(curve.value(e)) == Fraction(curve.upper_bound(e))
    assert curve.value(e) - curve.lower_bound(e) <= 2**-52


def test_samples_lie_between_what_adversaries_reach_and_cannot_exceed():
    """With p(settings|λ) ≤ e: the bound at 1/4 is attained for all larger e; the exact curve lies between."""
    data = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", AT)
    drawn = data.curve("upper", Fraction(3, 10), start=Fraction(1, 4), points=2)
    for e in (Fraction(1, 4), Fraction(27, 100), Fraction(3, 10)):
        single = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", AT, upper=e).bound
        assert drawn.lower_bound(e) <= single <= drawn.upper_bound(e)
    assert drawn.lower_bound(Fraction(1, 4)) == drawn.upper_bound(Fraction(1, 4)) == Fraction(3, 4)


@pytest.mark.slow
def test_tables():
    pytest.importorskip("pandas")
    for curve, columns in zip(
        kinds(), ("start end intercept slope", "budget bound reached certificate", "bound bits"), strict=True
    ):
        frame = curve.to_frame()
        assert frame.columns.tolist() == columns.split()
        assert len(frame) == 2


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
