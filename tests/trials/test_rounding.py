"""Rounding to the safe side, ends of ranges, and what is the largest mean where settings have a bias."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

import relaxbell as rb
from relaxbell.errors import CountsError
from relaxbell.trials.chances import log_mixture, log_product
from relaxbell.trials.null import Null
from relaxbell.trials.projection import Projector

DELFT = rb.load_counts("delft2015")


def influence():
    return rb.influence(rb.bell().relax("X -> B"), "X", "B")


def dependent(**options):
    return rb.dependence(rb.bell(**options).relax("L -> X", "L -> Y"))


def trials(joint, number, seed):
    joint = np.asarray(joint, dtype=float)
    return rb.Counts(np.random.default_rng(seed).multinomial(number, joint.ravel()).reshape(joint.shape), "A B", "X Y")


# ------------------------------------------------------------------------------- rounding


@pytest.mark.parametrize(
    ("wins", "trials"), [(19_600_123_456, 24_500_000_000), (7, 9), (18_375_000_000, 24_500_000_000)]
)
def test_mixtures_are_rounded_down_for_any_number_of_trials(wins, trials):
    """The integral over all stakes, around its peak, in 60 digits: terms of 1e10 cancel to some units."""
    mp = pytest.importorskip("mpmath")
    with mp.workdps(60):
        b, k, lost = mp.mpf(3) / 4, wins, trials - wins
        peak, width = mp.mpf(k) / trials, mp.sqrt(mp.mpf(k + 1) * (lost + 1) / mp.mpf(trials) ** 3)
        ends = sorted(
            {min(max(peak + j * width, b), mp.mpf(1)) for j in (-40, -20, -10, -5, 0, 5, 10, 20, 40)} | {b, 1}
        )
        top = k * mp.log(peak / b) + (lost * mp.log((1 - peak) / (1 - b)) if lost else 0)
        area = mp.quad(
            lambda w: mp.exp(k * mp.log(w / b) + lost * mp.log((1 - w) / (1 - b)) - top), ends, method="gauss-legendre"
        )
        exact = top + mp.log(area / (1 - b))
        found = log_mixture(wins, trials, Fraction(3, 4))
        assert -1e-20 <= exact - found <= 1e-12 * max(1, abs(exact))


def test_products_are_rounded_down():
    mp = pytest.importorskip("mpmath")
    rng = np.random.default_rng(8)
    for _ in range(50):
        counts = rng.integers(0, 10**9, 16)
        excess = rng.normal(size=16) * 10.0 ** rng.integers(-9, 0, 16)
        excess = np.maximum(excess, -0.9)
        bound = Fraction(int(rng.integers(1, 10**6)), 7 * 10**8)
        with mp.workdps(60):
            terms = [int(n) * mp.log(1 + mp.mpf(x)) for n, x in zip(counts, excess, strict=True)]
            terms.append(-int(counts.sum()) * mp.log(1 + mp.mpf(bound.numerator) / bound.denominator))
            assert 0 <= sum(terms) - log_product(counts, excess, bound) <= 1e-14 * sum(map(abs, terms))


def test_tiny_p_values_are_rounded_up():
    """A thousand decades: the least float is not 0, and the logarithm is there."""
    counts = trials(rb.boxes.pr().p / 4, 20_000, 3)
    found = rb.evidence(counts, influence(), game=rb.catalog.CHSH)
    assert found.log_p_at(0) == pytest.approx(20_000 * math.log(3 / 4), rel=1e-12)
    assert found.p_value == 5e-324
    assert found.e_value == math.inf


def test_a_prediction_made_of_the_same_counts_is_refused():
    for behavior in (DELFT.fit().behavior, DELFT.frequencies):
        with pytest.raises(CountsError, match="of the counts that are tested"):
            rb.evidence(DELFT, influence(), training=behavior)
    counts = rb.sample(rb.boxes.pr(), 1000, seed=1)  # whose fit is the box
    assert rb.evidence(counts, influence(), training=rb.boxes.pr()).p_value < 1e-100


@pytest.mark.parametrize(
    ("confidence", "options"),
    [(c, {"game": rb.catalog.CHSH}) for c in (1e-12, 0.5, 1 - 1e-12)]
    + [(1 - 1e-12, {"training": rb.boxes.tsirelson().visibility(Fraction(9, 10))})],
)
def test_limits_are_rejected_at_their_level(confidence, options):
    counts = trials(rb.boxes.tsirelson().p / 4, 2000, 3)
    found = rb.evidence(counts, influence(), confidence, **options)
    assert found.at_least > 0
    assert found.p_value_at(Fraction(found.at_least)) <= float(1 - Fraction(str(confidence)))


def test_strength_of_a_fit_with_its_own_frequencies_of_settings():
    """A reference in 50 digits. As a test it would be none, and `evidence` refuses; a projection may be of anything."""
    settings = DELFT.input_distribution
    null = Null(influence(), (), settings, Fraction(0))
    prediction = np.asarray(DELFT.fit().behavior.p, dtype=float) * settings.astype(float)
    found = Projector(null, prediction).factor(Fraction(0)).strength
    assert found == pytest.approx(0.00820137873210406789, rel=3e-7)
    assert found <= 0.00820137873210406789 * (1 + 1e-9)


def test_settings_that_were_never_chosen():
    """By design with probability 0, or by chance: 0 of 194 trials at (1, 1) are possible with a bias only."""
    table = np.array(DELFT.table)
    table[:, :, 1, 1] = 0
    counts = rb.Counts(table, "A B", "X Y", empty_settings=True)
    theory = rb.boxes.tsirelson().visibility(Fraction(17, 20))
    third = Fraction(1, 3)
    never = [[third, third], [third, 0]]
    for options in ({"game": DELFT.published.game.scores}, {"training": theory}, {"split": 0.5}):
        assert rb.evidence(counts, influence(), settings=never, **options).p_value == 1  # three settings are local
        assert rb.evidence(counts, influence(), settings_bias=third, **options).p_value == 1
    with pytest.raises(CountsError, match="are not uniform"):
        rb.evidence(counts, influence(), training=theory)
    for c in (influence(), dependent(input_distribution=never)):
        found = rb.evidence(counts, c, training=theory, settings=never, settings_bias=Fraction(1, 100))
        assert found.certificate(Fraction(1, 10)).data["claim"]["p_value"] == "1"


def test_a_single_trial():
    """A game that is won once: its tail is the chance; eight times that is no evidence."""
    table = np.zeros((2, 2, 2, 2), dtype=int)
    table[0, 0, 0, 0] = 1
    counts = rb.Counts(table, "A B", "X Y", empty_settings=True)
    game = np.array(DELFT.published.game.scores)
    assert rb.evidence(counts, influence(), game=game).p_value == pytest.approx(3 / 4, rel=1e-15)
    assert rb.evidence(counts, influence()).p_value == 1
    assert rb.evidence(counts, influence(), split=0.5).certificate().data["claim"]["p_value"] == "1"  # of no trial


# ----------------------------------------------------------------------------------- bias


@pytest.mark.parametrize("free", [True, False])
@pytest.mark.parametrize("bias", [Fraction(1, 50), Fraction(1, 7)])
def test_largest_means_with_biased_settings(free, bias):
    """At 0, by a small linear program for each of the 16 answers of a local model; and the rigorous bound is above."""
    design = [[Fraction(1, 20), Fraction(7, 20)], [Fraction(1, 5), Fraction(2, 5)]]
    c = influence() if free else dependent(input_distribution=design)
    settings = np.array(design, dtype=object)
    p = np.array(design, dtype=float).ravel()
    null = Null(c, (), settings, bias)
    rng = np.random.default_rng(4)
    for scores in (rng.normal(size=(2, 2, 2, 2)), rng.integers(-3, 4, (2, 2, 2, 2)).astype(float)):
        best = -math.inf
        for a0, a1, b0, b1 in np.ndindex(2, 2, 2, 2):
            own = np.array([scores[(a0, a1)[x], (b0, b1)[y], x, y] for x, y in np.ndindex(2, 2)])
            low = np.maximum(-float(bias), -p) if free else np.full(4, -float(bias))
            limits = [(least, float(bias)) for least in low]
            found = linprog(-own, A_eq=np.ones((1, 4)), b_eq=[0.0], bounds=limits)
            best = max(best, float(p @ own) - found.fun)
        largest = null.largest(scores, Fraction(0))
        assert largest.value == pytest.approx(best, abs=1e-9)
        assert -1e-12 <= float(largest.bound) - best <= 1e-9
