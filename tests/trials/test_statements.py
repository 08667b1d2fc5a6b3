"""What evidence says of itself: signs, what is fixed in advance, how settings, games and confidences are read."""

import math
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import CountsError, FunctionalError, MeasureError, ModelError
from relaxbell.trials.chances import log_tail

DELFT = rb.load_counts("delft2015")
INFLUENCE = rb.influence(rb.bell().relax("X -> B"), "X", "B")
GAME = np.array(
    [[[[(a + b) % 2 == x * y for y in (0, 1)] for x in (0, 1)] for b in (0, 1)] for a in (0, 1)], dtype=np.int64
)


def settings_only(seen):
    """Counts with these numbers of trials of each setting, all with outcomes 0."""
    seen = np.asarray(seen)
    table = np.zeros((2, 2, *seen.shape), dtype=np.int64)
    table[0, 0] = seen
    return rb.Counts(table, empty_settings=True)


def test_a_signed_measure_that_is_not_rejected_is_said_to_be_that():
    """−∞ is what nothing was proved of; only +∞ says that no value explains the counts."""
    effect = rb.average_causal_effect(rb.instrumental(), "A", "B")
    for measure in (effect, -1 * effect):
        found = rb.evidence(rb.load_counts("vitamin_a"), measure)
        assert found.p_value == 1
        assert found.at_least == -math.inf
        assert found.signed
        text = repr(found)
        assert "none explains" not in text
        assert "0 is not rejected" in text
        assert f"of {measure.name} <= 0 in every trial" in text
    assert not rb.evidence(DELFT, INFLUENCE).signed
    assert "of C(X -> B) = 0 in every trial" in repr(rb.evidence(DELFT, INFLUENCE))


def test_negative_limits_on_a_signed_measure_are_tested():
    """ACE(X → B) ≤ −1 means that b is a function of x alone: then CHSH is won with 3/4 at most, as in `bell()`."""
    effect = rb.average_causal_effect(rb.bell().relax("X -> B"), "X", "B")
    found = rb.evidence(DELFT, effect)
    terms = [math.comb(245, k) * Fraction(3**k, 4**245) for k in range(196, 246)]
    for limit in (Fraction(-1, 2), Fraction(-9, 10), -1):
        p = found.p_value_at(limit)
        assert p >= float(sum(terms))
        assert str(found.certificate(limit).verify()).startswith("if each trial")
    assert p == pytest.approx(float(sum(terms)), rel=1e-12)
    assert found.p_value_at(Fraction(-9, 10)) > p
    with pytest.raises(rb.errors.InfeasibleError, match="the null hypothesis is empty"):
        found.p_value_at(Fraction(-11, 10))
    with pytest.raises(MeasureError, match="is never negative"):
        rb.evidence(DELFT, INFLUENCE).p_value_at(Fraction(-1, 2))


def test_blocks_need_a_number_of_trials_that_was_fixed():
    """Other numbers of trials have other blocks: the largest product over them is no e-value."""
    cells = np.random.default_rng(1).choice(16, 300)
    trials = rb.Trials.from_cells(cells, "A B", "X Y", cardinality=dict.fromkeys("ABXY", 2))
    for training in (None, rb.boxes.tsirelson().visibility(Fraction(9, 10))):
        words = " ".join(rb.evidence(trials, INFLUENCE, blocks=3, training=training).assumptions)
        assert "fixed in advance" in words
        assert "any time" not in words
    alone = rb.evidence(trials.counts(), INFLUENCE, training=rb.boxes.tsirelson().visibility(Fraction(9, 10)))
    assert "any time" in " ".join(alone.assumptions)
    assert "fixed in advance" in " ".join(rb.evidence(DELFT, INFLUENCE, split=0.5).assumptions)


@pytest.mark.parametrize("scale", [1, 0.1, np.float32(0.7), Fraction(2, 3), True])
def test_scores_of_any_kind_of_number(scale):
    table = GAME.astype(bool) if scale is True else GAME * scale
    assert rb.evidence(DELFT, INFLUENCE, game=table).p_value == rb.evidence(DELFT, INFLUENCE, game=GAME).p_value


@pytest.mark.parametrize("game", ["CHSH", [1, [2]], GAME * np.nan, GAME * 1j])
def test_scores_that_are_none(game):
    with pytest.raises(FunctionalError, match="not a table of rational numbers"):
        rb.evidence(DELFT, INFLUENCE, game=game)


@pytest.mark.parametrize("level", [Fraction(9, 10), np.float32(0.9), np.float64(0.9)])
def test_confidences_of_any_kind_of_number(level):
    assert rb.evidence(DELFT, INFLUENCE, level).at_least == rb.evidence(DELFT, INFLUENCE, 0.9).at_least
    report = rb.quantify(DELFT, confidence=level, resamples=0)
    assert type(report.confidence) is float
    assert report.confidence == 0.9


def test_frequencies_are_refused_in_every_form():
    seen = DELFT.settings
    for table in (seen / DELFT.trials, np.round(seen / DELFT.trials, 6), seen * Fraction(1, DELFT.trials)):
        with pytest.raises(CountsError, match="frequencies of the 245 trials"):
            rb.evidence(DELFT, INFLUENCE, settings=table)


def test_a_simple_design_may_be_met_exactly():
    """Of 1000 trials with probability 0.9 exactly 900 are seen in one of 24 experiments."""
    design = [[Fraction(81, 100), Fraction(9, 100)], [Fraction(9, 100), Fraction(1, 100)]]
    counts = settings_only(np.array([[8100, 900], [900, 100]]))
    assert rb.evidence(counts, INFLUENCE, settings=design).p_value == 1
    with pytest.raises(ModelError, match="settings sums to 2"):
        rb.evidence(counts, INFLUENCE, settings=[[1, 1], [0, 0]])


def test_few_trials_of_a_rare_setting_are_no_contradiction():
    """One trial at a setting of probability 1/100 has χ² = 99, which says p < 1e-20; its probability is 1/100."""
    design = [[Fraction(97, 100), Fraction(1, 100)], [Fraction(1, 100), Fraction(1, 100)]]
    found = rb.evidence(settings_only([[0, 0], [0, 1]]), INFLUENCE, settings=design)
    assert any("rough" in words for words in found.assumptions)
    with pytest.raises(CountsError, match="not distributed as declared"):  # P(Bin(20, 1/100) >= 8) < 1e-11
        rb.evidence(settings_only([[12, 0], [0, 8]]), INFLUENCE, settings=design)
    assert log_tail(8, 20, Fraction(1, 100)) < math.log(1e-10)


def test_no_probability_is_said_to_be_zero():
    with pytest.raises(CountsError, match="p < 1e-300"):
        rb.evidence(rb.load_counts("nist2015"), INFLUENCE)


def test_refusals_name_what_was_given():
    with pytest.raises(CountsError, match="seed is -1"):
        rb.evidence(DELFT, INFLUENCE, split=0.5, seed=-1)
    with pytest.raises(ModelError, match="settings is not a table"):
        rb.evidence(DELFT, INFLUENCE, settings="uniform")
    with pytest.raises(MeasureError, match="Test p\\(M≠0\\) instead"):
        rb.evidence(DELFT, rb.message_entropy(rb.message())).p_value_at(0.1)
    with pytest.raises(MeasureError, match="load_counts"):
        rb.evidence("delft2015", INFLUENCE)
