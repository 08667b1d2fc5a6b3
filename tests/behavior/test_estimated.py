"""Estimates: what is computed from a fit to counts is an estimate, however exact its numbers are."""

import pickle
import re
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.functionals.chsh import largest_chsh

LONG = re.compile(r"\d{20,}")
BOX = rb.boxes.tsirelson()


def fitted(shape=(2, 2, 2, 2), names=("A B", "X Y"), seed=5):
    """A fit to random counts: any cardinalities."""
    rng = np.random.default_rng(seed)
    return rb.Counts(rng.integers(20, 60, shape), *names).fit().behavior


def shown(thing):
    """Everything that a terminal or a notebook shows of an object."""
    made = [getattr(thing, name)() for name in ("_repr_html_", "_repr_latex_", "_repr_svg_") if hasattr(thing, name)]
    return "\n".join(filter(None, [str(thing), repr(thing), *made]))


def assert_no_exact_numbers(thing):
    text = shown(thing)
    assert "exact" not in text
    assert not LONG.search(text)


DERIVED = {
    "transposed": lambda p: p.transposed("B A", "Y X"),
    "renamed": lambda p: p.rename({"A": "Alice"}),
    "mixed": lambda p: p.mix(BOX, 0.5),
    "mixed into": lambda p: BOX.mix(p, Fraction(1, 3)),
    "visibility": lambda p: p.visibility(Fraction(9, 10)),
    "rounded": lambda p: p.rounded(denominator=10**15),
    "marginal": lambda p: p.marginal("B"),
    "condition": lambda p: p.condition({"A": 0}),
    "relabel": lambda p: p.relabel("A", [1, 0]),
    "relabeled": lambda p: next(iter(p.symmetries().generators))(p) if p.symmetries().generators else p,
    "coarse-grained": lambda p: p.coarse_grain("A", [0, 0]),
    "pickled": lambda p: pickle.loads(pickle.dumps(p)),
}


@pytest.mark.parametrize("make", DERIVED.values(), ids=DERIVED)
def test_what_is_made_of_an_estimate_is_one(make):
    p = make(fitted())
    assert p.estimated
    assert_no_exact_numbers(p)


def test_a_fit_and_frequencies_are_estimates_and_their_numbers_stay():
    counts = rb.load_counts("delft2015")
    fit = counts.fit().behavior
    assert fit.estimated
    assert fit.is_exact
    assert counts.frequencies.estimated
    assert counts.frequencies.exact[0, 0, 0, 0] == Fraction(23, 53)
    assert not BOX.estimated
    assert not fit.white_noise().estimated
    assert not rb.Behavior(fit.exact).estimated  # the same table as a behavior of one's own
    assert rb.Behavior(fit.p, estimated=True).estimated


@pytest.mark.parametrize(
    ("shape", "names"),
    [((2, 2, 2, 2), ("A B", "X Y")), ((3, 2, 2, 3), ("A B", "X Y")), ((2, 2, 2, 2, 2, 2), ("A B C", "X Y Z"))],
    ids=["CHSH", "outputs (3, 2), inputs (2, 3)", "three parties"],
)
def test_behaviors_are_shown_in_decimals(shape, names):
    p = fitted(shape, names)
    assert p.is_exact
    assert_no_exact_numbers(p)
    assert "estimated" in p._repr_html_()


def test_solutions_of_an_estimate_are_not_called_exact():
    p = rb.load_counts("delft2015").fit().behavior
    signaling = rb.influence(rb.input_signaling(), "X", "B")
    least = rb.minimize(signaling, p)
    assert least.estimated
    assert least.exact is not None
    assert_no_exact_numbers(least)
    assert "(rigorous for the fitted p)" in repr(least)
    assert "rigorous lower bound, for the fitted p" in least._repr_html_()
    for measure in (rb.message_entropy(rb.message()), rb.mutual_information(rb.measurement_dependence())):
        assert_no_exact_numbers(rb.minimize(measure, p))
    assert_no_exact_numbers(rb.bounds(rb.message_weight(rb.message()), p).minimum)
    assert_no_exact_numbers(rb.explain(least))
    assert_no_exact_numbers(
        rb.minimize(signaling, rb.Observed([(rb.catalog.CHSH, rb.catalog.CHSH(p))], estimated=True))
    )
    assert "the same: exact" in repr(rb.minimize(signaling, BOX))


def test_frequencies_of_an_instrument_are_estimates():
    """A model without one input for each output takes them as they are."""
    counts = rb.Counts([[[28, 2], [3, 11]], [[9, 30], [4, 13]]], outputs="B A", inputs="Z")
    model = rb.CausalModel("Z -> A -> B; L -> A; L -> B", inputs="Z", latent="L", cardinality={"Z": 2, "A": 2, "B": 2})
    found = rb.bounds(rb.average_causal_effect(model.relax("Z -> B"), "A", "B"), counts.frequencies)
    assert found.minimum.estimated
    assert_no_exact_numbers(found.minimum)


def test_curves_through_an_estimate_are_not_called_exact():
    p = rb.load_counts("delft2015").fit().behavior
    signaling = rb.influence(rb.input_signaling(), "X", "B")
    line = rb.curve(signaling, p.white_noise(), p)
    assert line.exact
    assert line.breakpoints[0] == rb.critical_visibility(rb.bell(), p)
    assert_no_exact_numbers(line)
    assert "for the fitted p" in repr(line)
    for measure in (rb.message_entropy(rb.message()), rb.mutual_information(rb.measurement_dependence())):
        assert_no_exact_numbers(rb.curve(measure, BOX.white_noise(), p, seconds=None))
    read = rb.curve(signaling, p.visibility, parameter="v")
    assert_no_exact_numbers(read.pieces)
    assert "for the fitted p" in repr(read)
    both = rb.bell().relax("X -> B", "Y -> A")
    assert_no_exact_numbers(rb.tradeoff(rb.influence(both, "X", "B"), rb.influence(both, "Y", "A"), p))
    assert "exact" in repr(rb.curve(signaling, BOX.white_noise(), BOX))


def test_networks():
    noisy = rb.boxes.entanglement_swapping(Fraction(7, 10))
    for v in (Fraction(1, 2), Fraction(9, 10)):  # decomposed, and not bilocal
        p = rb.boxes.entanglement_swapping(v)
        p = rb.Behavior(p.exact, p.outputs, p.inputs, parties=p.parties, estimated=True)
        found = rb.minimize(rb.nonbilocality(rb.bilocality()), p)
        assert_no_exact_numbers(found)
        if found.decomposition is not None:
            assert_no_exact_numbers(found.decomposition)
            assert found.decomposition.behavior().estimated
    assert "exact" in repr(rb.minimize(rb.nonbilocality(rb.bilocality()), noisy))


def test_chsh_of_the_fit_and_of_raw_frequencies():
    """S = 2.42 as published by Hensen et al., from raw frequencies; 2.4339 from the fit."""
    report = rb.quantify("delft2015", resamples=0)
    assert "S     2.43385 fitted, 2.4225 from raw frequencies: E00 + E01 + E10 - E11" in repr(report)
    assert "2.43385 fitted, 2.4225 from raw frequencies" in report._repr_html_()
    data = report.to_dict()["S"]
    assert data["raw"]["value"] == pytest.approx(float(rb.catalog.CHSH(rb.load_counts("delft2015").frequencies)))
    assert data["value"] == pytest.approx(2.43385, abs=5e-6)
    assert not LONG.search(repr(report.chsh))
    assert "Lower bounds are rigorous for the fitted p." in repr(report)
    assert "exact" not in repr(report).replace("exact binomial tail", "")
    assert not LONG.search(shown(report))


def test_the_raw_value_is_of_the_same_correlators():
    """Settings and parties in another order, three settings: each correlator has its own sign."""
    counts = rb.Counts(
        np.random.default_rng(3).integers(5, 90, (2, 2, 3, 2)), "B A", "X Y", parties={"B": "X", "A": "Y"}
    )
    report = rb.quantify(counts, resamples=0)
    raw = report.raw_chsh
    p = counts.frequencies.p
    correlators = p[0, 0] + p[1, 1] - p[0, 1] - p[1, 0]
    terms = re.findall(r"([+-]?) ?E(\d)(\d)", raw.formula)
    assert float(raw.value) == pytest.approx(sum((-1) ** (s == "-") * correlators[int(x), int(y)] for s, x, y in terms))
    assert raw.formula == report.chsh.formula
    behavior = rb.quantify(BOX)
    assert behavior.raw_chsh is None
    assert "S     2.82843 = E00" in repr(behavior)
    assert "raw" not in behavior.to_dict()["S"]
    assert largest_chsh(BOX).of(rb.boxes.pr()).value == 4
