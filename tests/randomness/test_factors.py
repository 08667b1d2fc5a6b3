"""Probability estimation factors: their defining inequality, what is known of their rate, and what is refused."""

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from extreme_boxes import extreme_boxes

import relaxbell as rb
from relaxbell.errors import CountsError, MeasureError, RelaxbellError
from relaxbell.randomness.vertices import extreme_boxes as extreme_boxes_of

TSIRELSON = rb.boxes.tsirelson()


def counts(box, n):
    return rb.sample(box, n, seed=2)


@pytest.mark.parametrize(
    "options",
    [{}, pytest.param({"lower": Fraction(1, 5)}, marks=pytest.mark.slow), {"lower": 0.1, "upper": 0.4, "power": 0.3}],
)
def test_no_distribution_of_a_trial_exceeds_one(options):
    """Σ μ(cz) F(cz) μ(c|z)^β ≤ 1, for random mixtures of extreme boxes and random settings within the bounds."""
    found = counts(TSIRELSON, 1000).randomness(TSIRELSON, error=1e-3, **options)
    boxes, rng = np.array(list(extreme_boxes())), np.random.default_rng(5)
    low, high = float(options.get("lower", 0.25)), float(options.get("upper", 1))
    largest = 0
    for k in range(200):
        box = boxes[k] if k < len(boxes) else np.tensordot(rng.dirichlet([0.2] * len(boxes)), boxes, 1)
        table = low + (1 - 4 * low) * rng.dirichlet([0.1] * 4).reshape(2, 2)
        if table.max() <= high:
            mean = (box * table * found.factors * box**found.power).sum()
            assert mean <= 1
            largest = max(largest, mean)
    assert largest > 0.98  # the bound is met, up to the share of factor 1


def test_an_adversary_who_knows_everything_gains_more_than_nothing_seldom():
    """The mean of the product for a local device, whose outcomes are certain, is at most 1: Markov's inequality."""
    found = counts(TSIRELSON, 1000).randomness(TSIRELSON, error=1e-3)
    for box in list(extreme_boxes())[:16]:
        assert (box * found.factors).sum() / 4 <= 1


@pytest.mark.parametrize(("v", "n"), [(1, 10**6), (Fraction(9, 10), 10**6)])
def test_the_rate_approaches_the_share_of_a_pr_box(v, n):
    """Of a box with CHSH value S at least (S − 2)/2 is a PR box (Elitzur, Popescu, Rohrlich 1992), of one bit each."""
    box = TSIRELSON.visibility(v)
    share = (2 * np.sqrt(2) * float(v) - 2) / 2
    found = counts(box, n).randomness(box, error=2**-20)
    assert share - 0.008 < found.bits / n < share + 0.002  # a million trials fluctuate by 5e-4 of a bit
    assert found.smooth_min_entropy(1) == found.bits
    assert found.smooth_min_entropy(0.01) == pytest.approx(found.bits + (1 + 1 / found.power) * np.log2(0.01))


def test_pr_boxes_have_one_bit_each_and_local_ones_none():
    pr = rb.boxes.pr()
    assert 990 > counts(pr, 1000).randomness(pr, error=2**-20).bits > 900
    local = TSIRELSON.visibility(Fraction(7, 10))
    assert counts(local, 10**5).randomness(local, error=1e-3).bits == 0
    assert counts(local, 10**4).randomness(pr, error=1e-3).bits == 0  # wrongly trained, still valid


@pytest.mark.slow
def test_less_is_certified_with_weaker_assumptions():
    own = counts(TSIRELSON, 10**5)
    bits = [own.randomness(TSIRELSON, error=1e-6, lower=low).bits for low in (0.25, 0.24, 0.2, 0.1)]
    assert bits == sorted(bits, reverse=True)
    assert bits[0] == pytest.approx(own.randomness(TSIRELSON, error=1e-6).bits)
    assert bits[0] > own.randomness(TSIRELSON, error=1e-12).bits


def test_earlier_counts_train_as_well():
    found = counts(TSIRELSON, 10**5).randomness(rb.sample(TSIRELSON, 10**4, seed=9), error=1e-6)
    assert found.bits > 30_000
    assert repr(found).startswith("at least 3")
    assert "except with probability 1e-06" in repr(found)


@pytest.mark.slow
def test_three_outcomes_and_biased_settings():
    box = rb.boxes.cglmp(3).rounded()
    design = {"X": [0.75, 0.25], "Y": [0.5, 0.5]}
    drawn = rb.Counts(np.rint(box.p * np.array([0.375, 0.125])[:, None] * 10**6).astype(int))
    found = drawn.randomness(box, error=1e-6, settings=design)
    assert found.factors.shape == (3, 3, 2, 2)
    assert 0 < found.bits < np.log2(9) * drawn.trials


@pytest.mark.parametrize(
    ("trained_on", "options", "error", "message"),
    [
        (rb.boxes.cglmp(3), {"error": 0.1}, CountsError, "trained on cardinalities"),
        ("CHSH", {"error": 0.1}, CountsError, "expected a behavior or counts"),
        (TSIRELSON, {"error": 0}, MeasureError, "the error is 0"),
        (TSIRELSON, {"error": 0.1, "power": -1}, MeasureError, "the power is -1"),
        (TSIRELSON, {"error": 0.1, "lower": 0.3}, MeasureError, "the bound 3/10 .* cannot hold"),
        (
            TSIRELSON,
            {"error": 0.1, "settings": {"X": [1, 0], "Y": [0.5, 0.5]}},
            CountsError,
            "settings of probability 0",
        ),
    ],
)
def test_errors(trained_on, options, error, message):
    with pytest.raises(error, match=message):
        counts(TSIRELSON, 100).randomness(trained_on, **options)
    own = counts(TSIRELSON, 100)
    with pytest.raises(CountsError, match="trained on the counts that they test"):
        own.randomness(own, error=0.1)


def test_a_probability_of_success_is_one():
    with pytest.raises(MeasureError, match="probability of success is 0"):
        counts(TSIRELSON, 100).randomness(TSIRELSON, error=0.1).smooth_min_entropy(0)


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ppl", None)
    with pytest.raises(RelaxbellError, match="ppl is not installed"):
        counts(TSIRELSON, 100).randomness(TSIRELSON, error=0.1)


# ------------------------------------------------------------------- larger scenarios, curves, settings


@pytest.mark.slow
def test_extreme_boxes_of_three_parties():
    """53,856 in 46 classes (Pironio, Bancal, Scarani, J. Phys. A 44, 065303, 2011), no-signaling and normalized."""
    found = rare_boxes((2,) * 6)
    assert len(found) == 53_856
    table = found.floats.reshape(-1, *(2,) * 6)
    assert table.min() == 0
    assert abs(table.sum(axis=(1, 2, 3)) - 1).max() < 1e-12
    one = table.sum(axis=1)  # of B and C: the same for each setting of A
    assert abs(one[:, :, :, 0] - one[:, :, :, 1]).max() < 1e-12


def rare_boxes(shape):
    outputs, inputs = ("A B C", "X Y Z") if len(shape) == 6 else ("A B", "X Y")
    scenario = rb.Behavior(np.full(shape, 1 / np.prod(shape[: len(shape) // 2])), outputs, inputs).scenario
    return extreme_boxes_of(scenario, 300_000)


@pytest.mark.parametrize(("shape", "count"), [((2, 2, 2, 2), 24), ((2, 2, 3, 3), 1408), ((2, 2, 2, 3), 128)])
def test_extreme_boxes_with_more_settings(shape, count):
    """Jones and Masanes (PRA 72, 052312, 2005): with two outcomes local ones and those of generalized PR boxes."""
    assert len(rare_boxes(shape)) == count


@pytest.mark.slow
def test_both_ways_to_extreme_boxes_agree(monkeypatch):
    listed = rare_boxes((3, 3, 2, 2)).floats
    monkeypatch.setattr("relaxbell.randomness.vertices._SMALL", 5)
    by_relabelings = rare_boxes_again((3, 3, 2, 2)).floats
    assert sorted(map(tuple, listed.round(9))) == sorted(map(tuple, by_relabelings.round(9)))


def rare_boxes_again(shape):
    scenario = rb.Behavior(np.full(shape, 1 / 9), "C D", "X Y").scenario  # other names: nothing is kept of it
    return extreme_boxes_of(scenario, 300_000)


@pytest.mark.slow
def test_three_parties_and_three_settings():
    """Each outcome of a GHZ state and of a chained PR box is a fair bit to a no-signaling adversary, and no more."""
    for box in (rb.boxes.ghz(), rb.boxes.i3322(1)):
        found = counts(box, 10**4).randomness(box, error=1e-6, power=0.2)
        assert 9500 < found.bits < 10_000
    box = rb.boxes.ghz().visibility(0.95)
    found = counts(box, 10**5).randomness(box, error=1e-6, lower=0.12, power=0.02)
    assert 0.8 < found.bits / 10**5 < 1
    rng, table = np.random.default_rng(3), rare_boxes((2,) * 6).floats
    for k in rng.integers(len(table), size=200):
        own = table[k].reshape((2,) * 6)
        assert (own * found.factors * own**found.power).sum() / 8 <= 1


@pytest.mark.slow
def test_a_curve_of_bits():
    own = counts(TSIRELSON, 10**5).randomness(TSIRELSON, error=1e-6)
    curve = own.curve("lower", Fraction(1, 4), start=Fraction(1, 5), points=3)
    for e in (Fraction(1, 5), Fraction(9, 40), Fraction(1, 4)):
        single = counts(TSIRELSON, 10**5).randomness(TSIRELSON, error=1e-6, lower=e)
        assert float(curve.bits(e)) == single.bits
    assert (curve.bits([0.21, 0.23]) == curve.bits([Fraction(1, 5), Fraction(9, 40)])).all()
    upper = own.curve("upper", 0.3, start=0.25, points=2)
    assert float(upper.bits(0.27)) == float(upper.bits(0.3))
    with pytest.raises(MeasureError, match="'M' is no bound"):
        own.curve("M", 0.1, start=0)
    with pytest.raises(MeasureError, match="expected a start below the end"):
        own.curve("lower", 0.1, start=0.2)


def test_settings_that_differ_from_the_design_are_noted():
    """Those of NIST do, by far more than chance: then bounds are what may be assumed."""
    first, second = rb.load_counts("nist2015").split(0.1, seed=1)
    found = second.randomness(first, error=1e-6)
    assert found.settings_p_value < 1e-300
    assert "the settings differ from the design" in repr(found)
    bounded = second.randomness(first, error=1e-6, lower=0.2499)
    assert bounded.settings_p_value is None
    assert 0 < bounded.bits < found.bits
    assert "differ" not in repr(bounded)


def test_parts_of_counts():
    own = rb.load_counts("delft2015")
    first, second = own.split(0.3, seed=4)
    assert (first.table + second.table == own.table).all()
    assert 0 < first.trials < own.trials
    with pytest.raises(CountsError, match="share of the first part is 1"):
        own.split(1, seed=4)
    with pytest.raises(CountsError):
        own.split(0.5, seed="x")


def test_the_smooth_min_entropy_of_a_distribution():
    """The theorem in docs/theorems.rst, for biased bits of which all is known: T = 1/μ^β is the best product."""
    n, unlikely, beta, epsilon = 10, 0.4, 1.0, 0.5
    ones = np.arange(n + 1)
    mu = unlikely**ones * (1 - unlikely) ** (n - ones)  # of one sequence with so many
    number = np.array([math.comb(n, int(k)) for k in ones])
    for p in (0.002, 0.004, 0.008):
        success = mu**-beta >= 1 / (p**beta * epsilon)
        kappa = (number * mu)[success].sum()
        assert 0 < kappa < 1
        bound = p / kappa ** (1 + 1 / beta)
        given = np.where(success, mu, 0) / kappa
        assert (number * np.maximum(given - bound, 0)).sum() <= epsilon  # so much is taken away, and no more is left
