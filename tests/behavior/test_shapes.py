"""Counts of other shapes than a Bell test's: instruments, outputs without an input, settings without trials."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb

INSTRUMENT = rb.load_counts("vitamin_a")


def test_an_instrument_needs_no_fit():
    """Balke and Pearl, J. Am. Stat. Assoc. 92, 1171 (1997): −0.1946 ≤ ACE ≤ 0.0054 for the vitamin A trial."""
    effect = rb.average_causal_effect(rb.instrumental(), "A", "B")
    found = rb.bounds(effect, INSTRUMENT.frequencies)
    assert float(found.lower) == pytest.approx(-0.1946, abs=5e-5)
    assert float(found.upper) == pytest.approx(0.0054, abs=5e-5)


def test_an_instrument_is_refused_with_what_to_do():
    effect = rb.average_causal_effect(rb.instrumental(), "A", "B")
    with pytest.raises(rb.errors.CountsError, match=r"p\(A,B\|Z\) is no Bell test.*(?s:.*)counts\.frequencies"):
        rb.quantify(INSTRUMENT)
    for refused in (INSTRUMENT.fit, lambda: INSTRUMENT.bootstrap(2, 1, parametric=True)):
        with pytest.raises(rb.errors.CountsError, match=r"p\(A,B\|Z\) has 2 outputs and 1 inputs.*counts\.frequencies"):
            refused()
    with pytest.raises(rb.errors.BehaviorError, match=r"Use counts\.frequencies"):
        rb.minimize(effect, INSTRUMENT)
    with pytest.raises(rb.errors.BehaviorError, match=r"Use counts\.fit\(\)\.behavior\.$"):
        rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.load_counts("delft2015"))


def test_an_output_without_input_is_fitted(tmp_path):
    """One party has no choice: the fit of its marginal is the pooled frequency where nothing correlates."""
    path = tmp_path / "one.csv"
    path.write_text("x,a,b,count\n0,0,0,30\n0,0,1,10\n0,1,0,30\n0,1,1,10\n1,0,0,8\n1,0,1,8\n1,1,0,2\n1,1,1,2\n")
    counts = rb.Counts.read_csv(path, parties={"A": "X", "B": None})
    fit = counts.fit().behavior
    assert float(fit.probability({"B": 0}, {"X": 0})) == pytest.approx(70 / 100, rel=1e-12)
    assert float(fit.probability({"A": 0}, {"X": 1})) == pytest.approx(16 / 20, rel=1e-12)
    assert "p(A,B|X)" in repr(counts)
    with pytest.raises(rb.errors.CountsError, match="parties="):
        rb.Counts.read_csv(path).fit()


def test_no_settings_at_all(tmp_path):
    path = tmp_path / "none.csv"
    path.write_text("a,b,count\n0,0,5\n0,1,3\n1,0,2\n1,1,1\n")
    counts = rb.load_counts(path)
    assert counts.frequencies.probability({"A": 0, "B": 1}) == Fraction(3, 11)
    assert counts.settings_test().p_value == 1
    assert counts.settings_test().independence is None
    assert counts.bootstrap(3, 1)[0].trials == 11


def test_settings_without_trials():
    table = np.zeros((3, 2, 2, 3), dtype=int)
    table[..., 0, :] = 7
    with pytest.raises(rb.errors.CountsError, match="no trials with X=1, Y=0"):
        rb.Counts(table)
    counts = rb.Counts(table, empty_settings=True)
    assert counts.trials == 7 * 18
    assert counts.input_distribution[0, 2] == Fraction(1, 3)
    assert counts.settings_test(design={"X": [1, 0], "Y": [Fraction(1, 3)] * 3}).statistic == 0
    assert "126 trials" in counts._repr_html_()
    for refused in (lambda: counts.frequencies, counts.fit):
        with pytest.raises(rb.errors.CountsError, match=r"counts: no trials with X=1, Y=0.*expected"):
            refused()
    with pytest.raises(rb.errors.CountsError, match="no trials with X=0"):
        rb.Counts(table * 0, empty_settings=True)
    with pytest.raises(rb.errors.CountsError, match=r"shape \(2, 2\), expected"):
        rb.Counts([[1, 2], [3, 4], [5, 6]], "A", "X").with_table([[1, 2], [3, 4]])
