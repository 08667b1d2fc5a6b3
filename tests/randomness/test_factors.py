"""Probability estimation factors: their defining inequality, what is known of their rate, and what is refused."""

import sys
from fractions import Fraction

import numpy as np
import pytest
from extreme_boxes import extreme_boxes

import relaxbell as rb
from relaxbell.errors import CountsError, MeasureError, RelaxbellError

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
