"""p-values recomputed by the verifier, from counts, factor and multipliers alone."""

import contextlib
import copy
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import CertificateError
from relaxbell.trials.bets import Mean, Product, Run, Stakes
from relaxbell.trials.certificates import _Writer
from relaxbell.trials.chances import log_tail
from relaxbell.verify import Refused, read_case, verify
from relaxbell.verify.chances import mixture, tail

DELFT = rb.load_counts("delft2015")
THEORY = rb.boxes.tsirelson().visibility(Fraction(17, 20))


def influence(source="X", target="B", **sizes):
    return rb.influence(rb.bell(**sizes).relax(f"{source} -> {target}"), source, target)


def dependent(kind=rb.dependence):
    return kind(rb.bell().relax("L -> X", "L -> Y"))


def claimed(certificate):
    return float(Fraction(certificate.data["claim"]["p_value"]))


@pytest.mark.parametrize("make", [influence, dependent, lambda: dependent(rb.hall_dependence)])
@pytest.mark.parametrize("options", [{}, {"training": THEORY}])
@pytest.mark.parametrize("limit", [0, Fraction(1, 100)])
def test_p_values_are_recomputed(make, options, limit):
    found = rb.evidence(DELFT, make(), **options)
    certificate = found.certificate(limit)
    assert claimed(certificate) == pytest.approx(found.p_value_at(limit), rel=1e-10)
    assert certificate.verify().startswith("if each trial, given all before it, comes from a model with")


def test_tail_of_delft_is_a_sum_of_fractions():
    certificate = rb.evidence(DELFT, influence()).certificate()
    exact = sum(Fraction(math.comb(245, k) * 3**k, 4**245) for k in range(196, 246))
    assert exact <= Fraction(certificate.data["claim"]["p_value"]) <= exact * (1 + Fraction(1, 10**12))


def test_biased_settings():
    found = rb.evidence(DELFT, influence(), settings_bias=Fraction(1, 100))
    assert claimed(found.certificate()) == pytest.approx(found.p_value, rel=1e-12)
    photons = rb.evidence(rb.load_counts("vienna2015"), influence(), split=0.5, settings_bias=Fraction(1, 10**4))
    assert claimed(photons.certificate()) == pytest.approx(photons.p_value, rel=1e-5)


def test_unequal_cardinalities_and_the_folder_alone(tmp_path):
    rng = np.random.default_rng(5)
    box = rng.dirichlet(np.ones(6), size=6).T.reshape(3, 2, 2, 3)
    tables = [rng.multinomial(400, (box / 6).ravel()).reshape(box.shape) for _ in range(2)]
    counts, others = (rb.Counts(table, "A B", "X Y") for table in tables)
    found = rb.evidence(counts, influence(inputs=(2, 3), outputs=(3, 2)), training=others)
    certificate = found.certificate(Fraction(1, 50))
    certificate.save(tmp_path / "evidence.json")
    folder = Path(rb.__file__).parent / "verify"
    done = subprocess.run(
        [sys.executable, "-I", str(folder), str(tmp_path / "evidence.json")], capture_output=True, text=True, check=True
    )
    assert certificate.verify() in done.stdout


TABLES = ("measure", "tables")
RUNS = ("measure", "runs")
RULE = ("measure", "rule")
SKEWED = [[Fraction(26, 100), Fraction(24, 100)], [Fraction(1, 4), Fraction(1, 4)]]


def put(*path, value):
    def change(data):
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return change


def attacks():
    yield put("claim", "p_value", value="1/1000000"), "more than"
    yield put("claim", "p_value", value="0"), "the p-value is none"
    yield put("claim", "p_value", value="-1"), "the p-value is none"
    yield put(*TABLES, 0, "scores", 0, value="-2"), "negative|other scores"
    yield put(*TABLES, 0, "scores", 0, value="2"), "more than|other scores"
    yield put(*TABLES, 0, "run", value=1), "not an integer"
    yield put(*RUNS, 0, "counts", 0, value=-1), "not an integer"
    yield put(*RUNS, 0, "counts", 0, value=True), "not an integer"
    yield put(*RUNS, 0, "counts", 3, value=10**6), "more than"
    yield put(*RUNS, 0, "bias", value="2"), "bias"
    yield put(*RUNS, 0, "bias", value="1/10"), "more than"
    yield put(*RUNS, 0, "settings", value=["1/4"] * 3 + ["1/2"]), "distribution of the settings"
    yield put(*RUNS, 0, "settings", value=["0", "1/3", "1/3", "1/3"]), "probability 0"
    yield put(*RULE, "rule", value="guess"), "the rule is none"
    yield put(*RULE, value=[]), "the rule: not an object"
    yield put("constraints", 0, "limit", value="1/2"), "more than"
    yield put("proof", "tables", 0, "constraints", 0, "multiplier", value="-1"), "negative"
    yield put("proof", "tables", 0, "constraints", 0, "multiplier", value="1/1000"), "exceed their share"
    yield (
        put("proof", "tables", 0, "constraints", 0, value={"multiplier": "0", "weights": ["0"] * 8}),
        "more than|entries",
    )
    yield put("proof", "tables", 0, value=None), "no proof|more than"
    yield put("proof", "tables", value=[]), "the proofs: 0 entries"
    yield put("strategies", value=[]), "has strategies"


@pytest.mark.parametrize("options", [{}, {"training": THEORY}])
def test_attacks(options):
    data = rb.evidence(DELFT, influence(), **options).certificate(Fraction(1, 100)).data
    assert verify(data)
    for change, message in attacks():
        changed = copy.deepcopy(data)
        change(changed)
        with pytest.raises(Refused, match=message):
            verify(changed)


# ------------------------------------------------------------------------ several games and runs


def unnamed():
    return rb.Counts(DELFT.table, "A B", "X Y")


def two_runs(limit=0):
    """Of a game, and of a factor in settings of another design."""
    first = rb.evidence(rb.sample(THEORY, 500, seed=1), influence(), game=rb.catalog.CHSH)
    second = rb.evidence(rb.sample(THEORY, 400, seed=2, settings=SKEWED), influence(), training=THEORY, settings=SKEWED)
    return (first * second).certificate(limit), (first * second).p_value_at(limit)


def scored():
    """Photons: scores, with a bias."""
    return rb.evidence(rb.load_counts("vienna2015"), influence(), settings_bias=Fraction(1, 10**4))


def test_a_game_chosen_from_the_data_is_paid_for():
    """The exact tail of 196 of 245 at 3/4, times 8; games without hope are listed and need no proof."""
    found = rb.evidence(unnamed(), influence())
    certificate = found.certificate()
    exact = 8 * sum(Fraction(math.comb(245, k) * 3**k, 4**245) for k in range(196, 246))
    assert exact <= Fraction(certificate.data["claim"]["p_value"]) <= exact * (1 + Fraction(1, 10**12))
    assert "best of 8 games" in certificate.claim
    assert sum(proof is None for proof in certificate.data["proof"]["tables"]) == 7
    fewer = copy.deepcopy(certificate.data)
    fewer["measure"]["rule"]["tables"].pop(3)
    with pytest.raises(Refused, match="a table is not used"):
        verify(fewer)
    twice = copy.deepcopy(certificate.data)
    twice["measure"]["rule"]["tables"].append(0)
    with pytest.raises(Refused, match="repeated"):
        verify(twice)


def test_scores_with_stakes():
    found = scored()
    certificate = found.certificate()
    assert claimed(certificate) == pytest.approx(found.p_value, rel=1e-5)
    assert claimed(certificate) <= found.p_value
    assert "the mean over 24 stakes" in certificate.claim
    for change, message in (
        (put(*RULE, "stakes", 0, value="2"), "the factor is negative"),
        (put(*RULE, "stakes", 0, value="-1/2"), "a stake|negative"),
        (put(*RULE, "stakes", value=[]), "no stakes"),
        (put(*RULE, "stakes", value=["0"] * 24), "more than"),
    ):
        changed = copy.deepcopy(certificate.data)
        change(changed)
        with pytest.raises(Refused, match=message):
            verify(changed)


@pytest.mark.parametrize("limit", [0, Fraction(1, 50)])
def test_products_of_runs(limit):
    certificate, p = two_runs(limit)
    assert claimed(certificate) == pytest.approx(p, rel=1e-10)
    assert "the product of 2 e-values in 900 trials of 2 runs" in certificate.claim
    assert "p(settings) by design [13/50 6/25 1/4 1/4]" in certificate.claim


def test_attacks_on_products():
    data = two_runs()[0].data
    parts = data["measure"]["rule"]["of"]
    for change, message in (
        (put(*TABLES, 1, "run", value=0), "a run is not used"),
        (put(*RULE, "of", value=[*parts, parts[1]]), "factors of the same run"),
        (put(*RULE, "of", value=parts[:1]), "a table is not used"),
        (put(*RULE, "of", value=[]), "no parts"),
        (put(*RULE, "rule", value="mean"), "more than"),
        (put(*RULE, "others", value=3), "unknown field"),
        (put(*RUNS, 1, "settings", value=["1/4"] * 4), "more than"),
        (put(*RUNS, value=[data["measure"]["runs"][0]] * 3), "more than|a run is not used"),
        (put(*RULE, "of", 0, value={"rule": "tails", "tables": [0]}), "the rule is none"),
        (put(*RULE, "of", 0, "stakes", value=["1"]), "a game has stakes"),
    ):
        changed = copy.deepcopy(data)
        change(changed)
        with pytest.raises(Refused, match=message):
            verify(changed)


def test_a_mean_with_others_that_count_as_nothing():
    """Of a family of scores: those that lost need no proof, but share the mean."""
    tested = rb.evidence(DELFT, influence(), training=THEORY).tests[0]
    part = tested.e_bet(Fraction(0))
    alone, shared = (_Writer(Fraction(0)).written(rule) for rule in (part, Mean((part,), others=1)))
    p, double = (read_case(data | {"claim": {}}).p_value() for data in (alone, shared))
    assert float(double) == pytest.approx(2 * float(p), rel=1e-12)
    assert double >= 2 * p
    assert "the mean of 2 e-values" in verify(shared | {"claim": {"p_value": "1"}})
    again = Stakes(Run(tested.null, tested.counts.copy()), part.scores, (1 / 2,))
    assert len(_Writer(Fraction(0)).written(Mean((part, again)))["measure"]["runs"]) == 1  # the same trials
    assert len(_Writer(Fraction(0)).written(Product((part, again)))["measure"]["runs"]) == 2
    for others in (0, -1, True, 1.5):
        changed = copy.deepcopy(shared | {"claim": {"p_value": "1"}})
        put(*RULE, "others", value=others)(changed)
        with pytest.raises(Refused, match="a number of others"):
            verify(changed)


def test_the_same_trials_twice_have_no_certificate():
    found = rb.evidence(DELFT, influence())
    both = found * rb.evidence(DELFT, influence(), training=THEORY)
    assert any("the same counts are in two of them" in words for words in both.assumptions)
    with pytest.raises(CertificateError, match="factors of the same run"):
        (found * found).certificate()
    other = rb.evidence(rb.sample(THEORY, 500, seed=1), influence(), training=THEORY)
    assert "the runs have no trial in common" in (found * other).assumptions


@pytest.mark.parametrize("kind", [rb.dependence, rb.hall_dependence])
@pytest.mark.parametrize("options", [{}, {"training": THEORY}])
def test_biased_settings_that_depend_on_the_latent(kind, options):
    found = rb.evidence(DELFT, dependent(kind), settings_bias=Fraction(1, 100), **options)
    certificate = found.certificate(Fraction(1, 100))
    assert claimed(certificate) == pytest.approx(found.p_value_at(Fraction(1, 100)), rel=1e-10)
    changed = copy.deepcopy(certificate.data)
    put(*RUNS, 0, "bias", value="1/50")(changed)
    with pytest.raises(Refused, match="more than"):
        verify(changed)


@pytest.mark.parametrize("options", [{}, {"training": THEORY}])
def test_settings_of_another_design(options):
    found = rb.evidence(DELFT, influence(), settings=SKEWED, **options)
    assert claimed(found.certificate()) == pytest.approx(found.p_value, rel=1e-10)


def test_three_parties():
    box = rb.boxes.ghz(3)
    counts = rb.sample(box.visibility(Fraction(9, 10)), 300, seed=4)
    found = rb.evidence(counts, influence(inputs=(2, 2, 2), outputs=(2, 2, 2)), training=box)
    assert claimed(found.certificate(Fraction(1, 20))) == pytest.approx(found.p_value_at(Fraction(1, 20)), rel=1e-9)


@pytest.mark.parametrize(
    ("box", "sizes", "words", "bias"),
    [
        (rb.boxes.ghz(3), {"inputs": (2, 2, 2), "outputs": (2, 2, 2)}, "the mean of 56 e-values", Fraction(1, 1000)),
        (rb.boxes.cglmp(3), {"outputs": (3, 3)}, "the wins of the best of 72 games", 0),
    ],
)
def test_families(box, sizes, words, bias):
    """Where no game is named; members too small to matter are counted, and not proved."""
    found = rb.evidence(rb.sample(box, 500, seed=2), influence(**sizes), settings_bias=bias)
    certificate = found.certificate(Fraction(1, 50))
    assert words in certificate.claim
    assert "in 500 trials (" in certificate.claim
    assert claimed(certificate) == pytest.approx(found.p_value_at(Fraction(1, 50)), rel=2e-3)


def test_blocks_of_ordered_trials():
    cells = np.random.default_rng(1).choice(16, 2000, p=THEORY.p.ravel() / 4)
    rows = np.stack(np.unravel_index(cells, (2, 2, 2, 2)), axis=1)
    found = rb.evidence(rb.Trials(rows, "A B", "X Y"), influence(), blocks=4)
    certificate = found.certificate(Fraction(1, 100))
    assert "the product of 3 e-values in 1500 trials of 3 runs" in certificate.claim
    assert claimed(certificate) == pytest.approx(found.p_value_at(Fraction(1, 100)), rel=1e-9)


# ------------------------------------------------------------------------------- what a file may hold


def places(data, path=()):
    """The paths of all lists, objects, numbers and texts."""
    yield path
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from places(data[key], (*path, key))


@pytest.mark.slow
@pytest.mark.parametrize(
    "made",
    [
        lambda: rb.evidence(DELFT, influence(), training=THEORY).certificate(Fraction(1, 100)),
        lambda: rb.evidence(unnamed(), dependent(), settings_bias=Fraction(1, 50)).certificate(),
        lambda: two_runs()[0],
        lambda: scored().certificate(),
    ],
    ids=["factor", "games", "product", "scores"],
)
def test_anything_else_in_a_file_is_refused_or_proves_no_more(made):
    """Each place holds something else in turn: no error but a refusal; and no other proof makes the p-value smaller."""
    data = made().data
    claim = {"p_value": str(Fraction(data["claim"]["p_value"]) * Fraction(99, 100))}
    assert len(list(places(data["proof"]))) > 10
    rng = np.random.default_rng(2)
    inside = list(places(data["proof"]))
    for path in [inside[k] for k in rng.choice(len(inside), 40)]:
        for value in (None, True, -1, "x", "-1/3", "2", [], {}, [["1"]], {"rule": "tails"}, 10**30):
            changed = copy.deepcopy(data | {"claim": claim})
            put("proof", *path, value=value)(changed)
            with pytest.raises(Refused):
                verify(changed)
    outside = [path for path in places(data) if path]
    for path in [outside[k] for k in rng.choice(len(outside), 60)]:
        for value in (None, True, -1, "x", "-1/3", "2", [], {}, [["1"]], {"rule": "tails"}, 10**30):
            changed = copy.deepcopy(data)
            put(*path, value=value)(changed)
            with contextlib.suppress(Refused):
                assert verify(changed)


# ------------------------------------------------------------------------------------ chances


@pytest.mark.parametrize(("wins", "trials", "beta"), [(7, 9, "1/3"), (1, 9, "4/5"), (0, 4, "1/2"), (5, 5, "3/4")])
def test_binomial_sums_are_those_of_fractions(wins, trials, beta):
    c = Fraction(beta)
    exact = sum(math.comb(trials, k) * c**k * (1 - c) ** (trials - k) for k in range(wins, trials + 1))
    assert exact <= tail(wins, trials, c, free) <= exact * (1 + Fraction(1, 2**100))
    # the integral of w^k (1 - w)^(n - k) from b to 1, term by term
    losses = trials - wins
    terms = ((-1) ** i * math.comb(losses, i) * (1 - c ** (wins + i + 1)) / (wins + i + 1) for i in range(losses + 1))
    mean = sum(terms, Fraction(0)) / ((1 - c) * c**wins * (1 - c) ** losses)
    assert mean * (1 - Fraction(1, 2**100)) <= mixture(wins, trials, c, free) <= mean


def test_chances_of_many_trials():
    """Ball arithmetic, an independent computation."""
    for wins, trials in ((141_439, 276_514), (500_060_000, 10**9), (499_980_000, 10**9)):
        half = Fraction(1, 2)
        assert float(tail(wins, trials, half, free)) == pytest.approx(math.exp(log_tail(wins, trials, half)), rel=1e-12)
    assert math.log(mixture(141_439, 276_514, Fraction(1, 2), free)) == pytest.approx(67.894207763, abs=1e-9)
    assert tail(10, 10, Fraction(0), free) == 0
    assert mixture(10, 10, Fraction(1), free) == tail(1, 10, Fraction(1), free) == 1
    assert tail(900, 1000, Fraction(1, 10**40), free) < Fraction(1, 10**600)
    assert mixture(900, 1000, Fraction(1, 10**40), free) > 10**600


def free(work):
    """Nothing is limited."""
