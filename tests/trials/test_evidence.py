"""Reference numbers: an independent computation in 50 digits, or closed forms (kl: relative entropy of two coins)."""

import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats

import relaxbell as rb
from relaxbell.errors import CountsError, FunctionalError, MeasureError
from relaxbell.trials.chances import log_mixture, log_tail
from relaxbell.trials.null import Null
from relaxbell.trials.projection import Projector
from relaxbell.trials.testing import _test, fitted, matched


def kl(w, b):
    return w * math.log(w / b) + (1 - w) * math.log((1 - w) / (1 - b))


def influence(source="X", target="B", **sizes):
    return rb.influence(rb.bell(**sizes).relax(f"{source} -> {target}"), source, target)


def dependent(kind=rb.dependence, **options):
    return kind(rb.bell(**options).relax("L -> X", "L -> Y"))


def trials(joint, number, seed, outputs="A B", inputs="X Y"):
    joint = np.asarray(joint, dtype=float)
    table = np.random.default_rng(seed).multinomial(number, joint.ravel()).reshape(joint.shape)
    return rb.Counts(table, outputs, inputs)


DELFT = rb.load_counts("delft2015")


def null_of(measure, bias=0):
    """Return the null sets, whatever settings were seen: those of photons contradict their design."""
    return Null(measure, (), measure.model.input_distribution.table, Fraction(bias))


# ------------------------------------------------------------------------- strength


@pytest.mark.parametrize(
    ("name", "make", "limit", "expected"),
    [
        ("delft2015", influence, 0, 0.00841050567936052882),
        ("delft2015", influence, "1/100", 0.00699350399406100243),
        ("delft2015", lambda: influence("A", "B"), "1/50", 0.006997382515637419),
        ("delft2015", dependent, "1/100", 0.006973367953961383),
        ("delft2015", lambda: dependent(rb.hall_dependence), "1/100", 0.007322287899240901),
        ("nist2015", influence, 0, 1.64655060014844671e-7),
        ("vienna2015", influence, 0, 4.34311027519810678e-8),
        ("nist2015", influence, "1/1000000", 1.27183924225632918e-7),
        ("vienna2015", dependent, "1/1000000", 2.350346031359e-8),
    ],
)
def test_strength_of_published_data(name, make, limit, expected):
    counts, null = rb.load_counts(name), null_of(make())
    prediction = fitted(counts, null.model, null.settings, smooth=False)
    strength = Projector(null, prediction).factor(Fraction(limit)).strength
    assert strength == pytest.approx(expected, rel=3e-7)
    assert strength <= expected * (1 + 1e-9)  # certified from below


@pytest.mark.parametrize(("limit", "chance"), [(0, 3 / 4), (Fraction(1, 20), 31 / 40)])
@pytest.mark.parametrize("v", [1, Fraction(17, 20)])
def test_strength_of_games_is_a_relative_entropy_of_coins(v, limit, chance):
    found = rb.evidence(DELFT, influence(), training=rb.boxes.tsirelson().visibility(v))
    assert found.strength_at(limit) == pytest.approx(kl(1 / 2 + float(v) * math.sqrt(2) / 4, chance), rel=1e-9)


def test_strength_against_local_models_is_the_least_mutual_information():
    """The posterior of λ given the trial turns the one into the other; I in bits, from an interior-point method."""
    fit = DELFT.fit().behavior
    information = rb.mutual_information(rb.bell().relax("L -> X", "L -> Y"))
    least = rb.minimize(information, fit).value * math.log(2)
    found = rb.evidence(DELFT, information)
    assert found.strength == pytest.approx(least, rel=1e-8)
    # at the limit 196 of 245 wins have the probability 0.05, with the largest CHSH value within so many bits
    largest = rb.catalog.CHSH.bound(information.model, subject_to=[information <= found.at_least])
    assert scipy.stats.binom.sf(195, 245, (4 + largest) / 8) == pytest.approx(0.05, rel=1e-3)
    assert found.p_value_at(0.01) > 0.05


def test_evidence_within_bits_and_its_certificate():
    """With bits at hand fewer wins are surprising; the bound of the chance is the CHSH value within as many."""
    model = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    budget = [rb.mutual_information(model) <= 0.001]
    found = rb.evidence(DELFT, rb.influence(model, "X", "B"), subject_to=budget)
    largest = rb.catalog.CHSH.bound(model, subject_to=[*budget, rb.influence(model, "X", "B") <= 0])
    assert found.p_value == pytest.approx(scipy.stats.binom.sf(195, 245, (4 + largest) / 8), rel=1e-6)
    assert "I(X,Y:Λ) <= 0.001" in found.assumptions[0]
    assert "I(X,Y:Lambda) <= 1/1000" in found.certificate(Fraction(1, 1000)).claim


def test_strength_with_biased_settings():
    settings = [[Fraction(3, 8), Fraction(1, 8)], [Fraction(3, 8), Fraction(1, 8)]]
    counts = trials(rb.boxes.tsirelson().p * np.array(settings, dtype=float), 400, 1)
    for c in (influence(), dependent(input_distribution=settings)):
        given = settings if c.name.startswith("C") else None
        found = rb.evidence(counts, c, training=rb.boxes.tsirelson(), settings=given)
        assert found.strength == pytest.approx(0.0228211612436560345, rel=1e-9)


def test_strength_of_ghz():
    """ln(4/3)/2 against local models: the parities of four of eight settings win Mermin's game with 3/4 at most."""
    box = rb.boxes.ghz(3)
    model = rb.bell(inputs=(2, 2, 2), outputs=(2, 2, 2)).relax("X -> B")
    counts = rb.Counts(np.ones((2,) * 6, dtype=int), box.outputs, box.inputs)
    found = rb.evidence(counts, rb.influence(model, "X", "B"), training=box)
    assert found.strength_at(0) == pytest.approx(0.143841036225890, rel=1e-9)
    assert found.strength_at(Fraction(1, 10)) == pytest.approx(0.111571775657, rel=1e-9)
    assert np.isfinite(found.tests[0].factor(Fraction(0)).log).all()  # events that were thought impossible are insured


def test_bias_costs_strength():
    """16 strategies times 6 extreme tables of settings: an independent program."""
    found = rb.evidence(DELFT, influence(), settings_bias=Fraction(1, 1000))
    assert found.strength * 245 / math.log(10) == pytest.approx(0.8613, abs=5e-5)


# --------------------------------------------------------------------- tails, limits


def test_delft():
    """Hensen et al.: p = 0.039."""
    found = rb.evidence(DELFT, influence())
    assert found.p_value == pytest.approx(0.03907767138965722, rel=1e-13)
    assert found.p_value_at(0.01) == pytest.approx(0.05660578132848229, rel=1e-13)
    assert found.log_e_at(0) == pytest.approx(0.31465192052838, abs=1e-13)
    assert "published" in found.method
    assert any("χ² = 7.98 at 3" in words for words in found.assumptions)


@pytest.mark.parametrize(
    ("make", "limit"),
    [
        (influence, 0.0065784011442297),
        (dependent, 0.0065784011442297),
        (lambda: influence("A", "B"), 0.013156802288459),
        (lambda: dependent(rb.hall_dependence), 0.0087712015256396),
    ],
)
def test_limits(make, limit):
    found = rb.evidence(DELFT, make())
    assert found.at_least == pytest.approx(limit, rel=1e-13)
    assert found.p_value_at(Fraction(found.at_least)) <= 0.05


def test_choosing_the_game_is_paid_for():
    unnamed = rb.Counts(DELFT.table, "A B", "X Y")
    found, named = rb.evidence(unnamed, influence()), rb.evidence(unnamed, influence(), game=rb.catalog.CHSH)
    assert found.p_value == pytest.approx(8 * named.p_value, rel=1e-12)
    assert found.log_e_at(0) == pytest.approx(-1.708913260409, abs=1e-12)


@pytest.mark.parametrize(("limit", "expected"), [(0, 1.7153085290), (0.01, 1.4029108147)])
def test_factor_announced_from_theory(limit, expected):
    found = rb.evidence(DELFT, influence(), training=rb.boxes.tsirelson().visibility(Fraction(17, 20)))
    assert found.log_e_at(limit) == pytest.approx(expected, abs=1e-9)
    assert found.p_value_at(limit) == pytest.approx(math.exp(-expected), rel=1e-9)


@pytest.mark.parametrize(
    ("make", "slope"), [(influence, "1/2"), (lambda: influence("A", "B"), "1/4"), (dependent, "1/2")]
)
def test_chances_of_winning_are_exact(make, slope):
    test = rb.evidence(DELFT, make()).tests[0]
    for limit in (Fraction(0), Fraction(1, 20), Fraction(3, 10)):
        assert test.chance(0, limit) == Fraction(3, 4) + Fraction(slope) * limit


@pytest.mark.parametrize("make", [influence, dependent])
def test_chance_with_bias(make):
    test = rb.evidence(DELFT, make(), settings_bias=Fraction(1, 100)).tests[0]
    assert test.chance(0, Fraction(0)) == Fraction(3, 4) + Fraction(1, 100)


def test_evidence_decreases_with_the_limit():
    box = rb.boxes.tsirelson()
    counts = trials(box.p / 4, 300, 2)
    for options in ({"game": rb.catalog.CHSH}, {"training": box}):
        found = rb.evidence(counts, influence(), **options)
        logs = [found.log_p_at(Fraction(k, 40)) for k in range(5)]
        assert logs == sorted(logs)
        assert 0 < found.at_least < 0.2
        assert found.p_value_at(found.at_least) <= 0.05 + 1e-12


def test_no_value_explains_what_the_model_cannot_do():
    """Influences of x on b do not help with a: a box in which a = y signals to Alice."""
    p = np.zeros((2, 2, 2, 2))
    for b, x, y in np.ndindex(2, 2, 2):
        p[y, b, x, y] = 1 / 2
    counts = trials(p / 4, 400, 3)
    game = np.array([[[[a == y for y in (0, 1)] for _ in (0, 1)] for _ in (0, 1)] for a in (0, 1)], dtype=int)
    found = rb.evidence(counts, influence(), game=game)
    assert math.isinf(found.at_least)
    assert "any value" in repr(found)


# -------------------------------------------------------------------- other scenarios


def test_unequal_cardinalities():
    """The factor of a prediction has mean at most 1 at every distribution of the null set, here at its extremes."""
    c = influence(inputs=(2, 3), outputs=(3, 2))
    rng = np.random.default_rng(5)
    box = rng.dirichlet(np.ones(6), size=6).T.reshape(3, 2, 2, 3)
    counts, others = (trials(box / 6, 500, seed) for seed in (1, 2))
    found = rb.evidence(counts, c, training=others)
    factor = found.tests[0].factor(Fraction(0))
    means = (np.exp(factor.log) / 6) @ c.model.unrelaxed.T.toarray()
    assert means.max() <= 1 + 1e-12
    assert found.strength >= 0


@pytest.mark.parametrize(("name", "decades"), [("nist2015", 5.35), ("vienna2015", 30.38)])
def test_decisive_trials_of_photons(name, decades):
    """A grid of stakes on the published scores; with a bias, losses grow so that nothing gains by it."""
    counts = rb.load_counts(name)
    found, biased = (
        _test(counts, matched(counts, null.model), null, None, None, None, 0)
        for null in (null_of(influence()), null_of(influence(), Fraction(1, 10**5)))
    )
    assert found.log_e_at(Fraction(0)) / math.log(10) == pytest.approx(decades, abs=5e-3)
    assert 0 < found.log_e_at(Fraction(0)) - biased.log_e_at(Fraction(0)) < 0.3
    ratio = -biased.scores.min()
    assert ratio == pytest.approx(
        (Fraction(1, 4) + Fraction(1, 10**5)) / (Fraction(1, 4) - Fraction(1, 10**5)), rel=1e-9
    )


def test_mixture_of_stakes_in_closed_form():
    assert log_mixture(141439, 141439 + 135075, Fraction(1, 2)) == pytest.approx(67.894207763, abs=1e-9)
    assert log_mixture(6378, 6378 + 5770, Fraction(1, 2)) == pytest.approx(11.436536205, abs=1e-9)


@pytest.mark.parametrize(("wins", "trials", "chance"), [(7, 9, "1/3"), (0, 4, "1/2"), (5, 5, "3/4"), (3, 8, "9/10")])
def test_tail_is_rounded_up(wins, trials, chance):
    c = Fraction(chance)
    exact = sum(math.comb(trials, k) * c**k * (1 - c) ** (trials - k) for k in range(wins, trials + 1))
    found = Fraction(math.exp(log_tail(wins, trials, c)))
    assert exact * (1 - Fraction(1, 10**14)) < found
    assert found < exact * (1 + Fraction(1, 10**14))


def test_budgets_beside():
    """Theorem 7: with Y -> A forbidden, one influence more costs nothing; with it allowed, the null set is larger."""
    model = rb.bell().relax("X -> B", "Y -> A")
    first, second = rb.influence(model, "X", "B"), rb.influence(model, "Y", "A")
    values = [
        rb.evidence(DELFT, first, subject_to=[second <= limit]).p_value_at(0.01) for limit in (0, Fraction(1, 100))
    ]
    assert values[0] == pytest.approx(0.05660578132848229, rel=1e-12)
    both = rb.evidence(DELFT, first + second).p_value_at(0.02)
    assert values[1] == pytest.approx(rb.evidence(DELFT, influence()).p_value_at(0.02), rel=1e-12)
    assert both == pytest.approx(values[1], rel=1e-12)


def test_instruments():
    """No party has an input of its own on each side: smoothed frequencies are the prediction."""
    model = rb.instrumental()
    table = np.random.default_rng(4).integers(5, 40, size=model.observed_shape)
    counts = rb.Counts(table, model.outputs, model.inputs, parties=model.parties)
    found = rb.evidence(counts, rb.influence(model.relax("Z -> B"), "Z", "B"), split=0.5, seed=3)
    assert 0 < found.p_value <= 1


# -------------------------------------------------------------------- runs, refusals


def test_runs_multiply():
    first, second = (rb.evidence(trials(rb.boxes.pr().p / 4, 60, s), influence()) for s in (1, 2))
    for both in (first * second, rb.evidence([first, second])):
        assert both.log_e_at(0.1) == pytest.approx(first.log_e_at(0.1) + second.log_e_at(0.1))
        assert both.p_value == pytest.approx(1 / (first.e_value * second.e_value))
        assert both.trials == 120
    with pytest.raises(MeasureError, match="no product"):
        first * rb.evidence(DELFT, dependent())


def bounded(model, off):
    quarter = Fraction(1, 4)
    return rb.setting_bounds(model, lower=quarter - off, upper=quarter + off)


@pytest.mark.parametrize("off", [Fraction(1, 100), Fraction(1, 50), Fraction(1, 8)])
def test_bounds_of_settings_given_what_is_hidden(off):
    """Within |p(x,y|λ) − 1/4| ≤ τ the game is won with 3/4 + τ, however large M may be besides."""
    m = dependent()
    test = rb.evidence(DELFT, m, subject_to=bounded(m.model, off)).tests[0]
    assert test.chance(0, Fraction(1, 2)) == Fraction(3, 4) + off
    assert test.chance(0, Fraction(0)) == Fraction(3, 4)


def test_products_want_one_hypothesis():
    m = dependent()
    runs = [
        rb.evidence(DELFT, m, subject_to=given)
        for given in (
            (),
            bounded(m.model, Fraction(1, 100)),
            bounded(m.model, Fraction(1, 50)),
            [rb.hall_dependence(m.model) <= Fraction(1, 10)],
            [rb.hall_dependence(m.model) <= Fraction(10**10 + 1, 10**11)],
        )
    ]
    for run in runs:
        assert (run * run).trials == 490
    for k, first in enumerate(runs):
        for second in runs[k + 1 :]:
            with pytest.raises(MeasureError, match=r"found different (budgets|constraints): .*subject_to="):
                first * second
    other = dependent()  # the same in another instance
    again = rb.evidence(DELFT, other, subject_to=bounded(other.model, Fraction(1, 50)))
    assert (runs[2] * again).trials == 490


def test_settings_come_first():
    with pytest.raises(CountsError, match="χ² = 75"):
        rb.evidence(rb.load_counts("vienna2015"), influence())
    with pytest.raises(CountsError, match="frequencies of the 245 trials"):
        rb.evidence(DELFT, influence(), settings=DELFT.input_distribution)
    with pytest.raises(CountsError, match="frequencies of the 245 trials"):
        rb.evidence(DELFT, dependent(input_distribution=DELFT.input_distribution))
    with pytest.raises(CountsError, match="probability 0 by design"):
        rb.evidence(DELFT, influence(), settings=[[0, Fraction(1, 3)], [Fraction(1, 3)] * 2])
    for bias, contradicted in ((0.001, True), (0.0045, False)):
        found = rb.evidence(rb.load_counts("nist2015"), influence(), split=0.5, settings_bias=bias)
        assert found.p_value <= 1
        assert any("CONTRADICT THIS: a frequency is off by 0.0042" in own for own in found.settings) is contradicted


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"training": DELFT}, CountsError, "the counts that are tested"),
        ({"split": 0.5, "game": rb.catalog.CHSH}, MeasureError, "exclude each other"),
        ({"split": 2}, MeasureError, "between 0 and 1"),
        ({"confidence": 95}, MeasureError, "such as 0.95"),
        ({"settings_bias": -1}, MeasureError, r"expected a number τ"),
        ({"game": rb.catalog.I3322}, FunctionalError, "cardinalities"),
        ({"game": np.ones((2, 2, 2, 2), dtype=int)}, FunctionalError, "same score"),
        ({"training": 3}, MeasureError, "training is a int"),
    ],
)
def test_refusals(options, error, message):
    with pytest.raises(error, match=message):
        rb.evidence(DELFT, influence(), **options)


def test_evidence_travels_and_is_shown():
    found = rb.evidence(DELFT, influence())
    again = pickle.loads(pickle.dumps(found))
    assert again.p_value == found.p_value
    assert "0.0391 of C(X -> B) = 0" in repr(found)
    assert "<table>" in found._repr_html_()
    assert found.trials_for(1e-6) == math.ceil(6 * math.log(10) / found.strength)
