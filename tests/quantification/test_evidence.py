"""What `quantify` says of finite counts: errors, limits with their confidence, reasons where there are none, plots."""

import json
import math
import pickle

import numpy as np
import pytest
from typer.testing import CliRunner

import relaxbell as rb
from relaxbell.cli import app

run = CliRunner().invoke
DELFT = rb.quantify("delft2015", resamples=0)
NIST = rb.quantify("nist2015", resamples=0)


def write(path, counts):
    names = [n.lower() for n in counts.variables]
    lines = [",".join([*names, "count"])]
    lines += [",".join(map(str, [*index, n])) for index, n in np.ndenumerate(counts.table)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def statements(report):
    return {row.name: row.statement for row in report.rows}


def first_row(counts, **options):
    """The report of the first row alone."""

    def stop(row):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        rb.quantify(counts, resamples=0, each=stop, **options)
    return stopped.value.partial


# ----------------------------------------------------------------------------------- limits


def test_limits_of_delft():
    """Exact binomial tail of the game that Hensen et al. named: 196 of 245, chances 3/4 + ε/2, ε/4 and 3ε/8."""
    found = statements(DELFT)
    assert DELFT.local.p_value == pytest.approx(0.03907767138965722, rel=1e-12)
    for name, limit in {
        "C(X -> B)": 0.0065784011442297,
        "C(Y -> A)": 0.0065784011442297,
        "C(A -> B)": 0.013156802288459,
        "C(B -> A)": 0.013156802288459,
        "M(X,Y:Λ)": 0.0065784011442297,
        "Hall(X,Y:Λ)": 0.0087712015256396,
    }.items():
        assert found[name].at_least == pytest.approx(limit, rel=1e-12)


def test_limits_in_bits_follow_from_others():
    """Of a message's entropy h(p) from p(M≠0); of mutual information by Pinsker's inequality from M."""
    found = statements(DELFT)
    w = found["H(M)"].evidence.at_least
    assert found["H(M)"].at_least == pytest.approx(-w * math.log2(w) - (1 - w) * math.log2(1 - w), rel=1e-12)
    m = found["M(X,Y:Λ)"].at_least
    assert found["I(X,Y:Λ)"].at_least == pytest.approx(m**2 / (2 * math.log(2)), rel=1e-12)
    assert found["I(X,Y:Λ)"].at_least <= m**2 / (2 * math.log(2))  # rounded down
    text = repr(DELFT)
    assert "I(X,Y:Λ): I >= M² / (2 ln 2) by Pinsker's inequality." in text
    assert "H(M): H(M) >= h(p(M≠0)), of either message." in text


@pytest.mark.slow
def test_limits_rise_as_the_confidence_falls():
    half = rb.quantify("delft2015", resamples=0, confidence=0.5)
    for row, other in zip(DELFT.rows, half.rows, strict=True):
        assert 0 < row.statement.at_least < other.statement.at_least
        assert other.statement.at_least < row.solution.value
    assert "at least (50 %)" in repr(half)
    certain = rb.quantify("delft2015", resamples=0, confidence=0.999)
    assert {row.statement.at_least for row in certain.rows} == {0}


def test_assumptions_and_method_are_below_the_table():
    text = repr(DELFT)
    assert "set   against uniform settings χ² = 7.98 at 3 degrees of freedom (p = 0.046)" in text
    assert "against independent ones p = 0.021" in text
    assert "p     0.0391 for local models" in text
    assert "method: exact binomial tail, 196 of 245 trials won" in text
    assert "assumes: the game was named before the data were seen" in text
    assert "assumes: in each trial the settings are uniform whatever was before" in text
    html = DELFT._repr_html_()
    assert "<th>at least (95 %)</th>" in html
    assert "0.00657" in html
    assert "method: exact binomial tail" in html


def test_observed_settings_are_no_design():
    """Estimates may take the frequencies of settings; evidence may not (EVIDENCE: p = 0.412 instead of 0.039)."""
    observed = rb.quantify("delft2015", resamples=0, input_distribution="observed")
    assert observed["M(X,Y:Λ)"].value != DELFT["M(X,Y:Λ)"].value
    for row, other in zip(DELFT.rows, observed.rows, strict=True):
        assert row.statement.at_least == other.statement.at_least


def test_settings_that_were_not_uniform():
    """Shalm et al.'s settings: χ² = 21,333 at 3 degrees of freedom."""
    assert NIST.settings.statistic == pytest.approx(21333, abs=1)
    assert NIST.local is None
    for row in NIST.rows:
        assert row.statement is None
        assert "the settings of nist2015 are not uniform" in row.unproved
        assert row.solution.value > 0
    text = repr(NIST)
    assert "p     none for local models, for the reason below" in text
    assert text.count("no limits: the settings of nist2015 are not uniform") == 1
    assert "assumes" not in text
    data = NIST.to_dict()
    assert "not uniform" in data["local_models"]["unproved"]
    assert data["settings_test"]["p_value"] == 0
    with pytest.raises(rb.errors.RelaxbellError, match="no evidence to plot: the settings of nist2015 are not uniform"):
        NIST.plot()


def test_a_bias_that_the_settings_contradict_is_labeled():
    """NIST's frequencies are off by 0.0042: a bias of 1e-5 would reject the settings, not locality."""
    found = rb.quantify("nist2015", resamples=0, settings_bias=1e-5)
    assert "THE DATA CONTRADICT THIS: a frequency is off by 0.0042" in repr(found)
    allowed = rb.quantify("nist2015", resamples=0, settings_bias=0.0045)
    assert allowed.local is not None
    assert "within 0.0045 of uniform" in repr(allowed)
    assert "CONTRADICT" not in repr(allowed)


def test_all_relaxations_share_the_p_value_of_local_models():
    """At ε = 0 the null sets are the same, also where settings may be biased: Vienna, 10^-29."""
    counts, free = rb.load_counts("vienna2015"), rb.measurement_dependence()
    logs = [
        rb.evidence(counts, measure, settings_bias=1e-4).log_p_at(0)
        for measure in (rb.dependence(free), rb.hall_dependence(free), rb.influence(rb.input_signaling(), "X", "B"))
    ]
    assert logs == pytest.approx([-67.5] * 3, abs=0.1)
    assert max(logs) - min(logs) < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("box", "seed"),
    [(rb.boxes.cglmp(3).coarse_grain("B", [0, 1, 1]), 1), (rb.boxes.ghz().visibility(0.7), 2)],
    ids=["outputs (3, 2)", "three parties"],
)
def test_other_scenarios_have_a_family_or_training(box, seed):
    counts = rb.sample(box, 3000, seed)
    report = first_row(counts)
    assert "no game was named" in str(report)
    assert report.local.p_value < 1e-3
    assert 0 <= report.rows[0].statement.at_least < report.rows[0].solution.value
    trained = first_row(counts, training=box)
    row = trained.rows[0]
    assert row.name == "C(X -> B)"
    assert trained.local.p_value < 1e-5
    assert 0 < row.statement.at_least < row.solution.value


@pytest.mark.slow
def test_training_is_another_file(tmp_path):
    p = rb.boxes.tsirelson().visibility(0.9)
    before, after = (write(tmp_path / f"{name}.csv", rb.sample(p, 4000, k)) for k, name in enumerate(["one", "two"]))
    data = json.loads(run(app, ["quantify", after, "--training", before, "--json", "--resamples", "0"]).output)
    assert "4,000 other trials" in data["local_models"]["method"]
    rows = {row["measure"]: row for row in data["relaxations"]}
    assert 0 < rows["C(X -> B)"]["evidence"]["at_least"] < rows["C(X -> B)"]["minimum"]


def test_training_on_the_same_counts_proves_nothing():
    same = run(app, ["quantify", "delft2015", "--training", "delft2015", "--resamples", "0"])
    assert "no limits: the training counts are the counts that are tested" in same.output


def test_local_counts_prove_nothing():
    found = rb.quantify(rb.Counts(np.full((2, 2, 2, 2), 100)), resamples=2)
    assert {row.statement.at_least for row in found.rows} == {0}
    assert found.local.p_value == 1
    assert "0 ± " in repr(found)


# ---------------------------------------------------------------------------- standard errors


@pytest.mark.slow
def test_standard_errors_are_those_of_the_closed_form():
    """C(X→B) = max(0, (S − 2)/4) of the non-signaling fit to each resample; twice that for A→B."""
    report = rb.quantify("delft2015", resamples=12, seed=4)
    fits = [counts.fit().behavior for counts in rb.load_counts("delft2015").bootstrap(12, 4)]
    values = []
    for p in fits:
        e = p.p[0, 0] + p.p[1, 1] - p.p[0, 1] - p.p[1, 0]
        values.append(max(0.0, (max(e.sum() - 2 * one for one in e.ravel()) - 2) / 4))
    errors = {row.name: row.error for row in report.rows}
    assert errors["C(X -> B)"] == pytest.approx(np.std(values, ddof=1), rel=1e-6)
    assert errors["C(A -> B)"] == pytest.approx(2 * np.std(values, ddof=1), rel=1e-6)
    assert "±: standard error, approximate: 12 nonparametric resamples, each fitted anew, seed 4." in repr(report)
    assert report.to_dict()["relaxations"][0]["standard_error"] == errors["C(X -> B)"]


def test_no_resamples_no_errors():
    assert {row.error for row in DELFT.rows} == {None}
    assert "±" not in repr(DELFT)
    assert "0.108463057 " in repr(DELFT)
    for wrong in (1, -3, 2.5):
        with pytest.raises(rb.errors.CountsError, match=f"resamples is {wrong}, expected 0"):
            rb.quantify("delft2015", resamples=wrong)


@pytest.mark.slow
def test_a_resample_without_minimum_gives_no_error():
    """Signals of outcomes do not explain every behavior of three settings: where one resample has none, no error."""
    counts = rb.sample(rb.boxes.i3322(1).visibility(0.9), 2000, 1)
    report = rb.quantify(counts, resamples=2, seconds_per_row=20)
    errors = {row.name: row.error for row in report.rows}
    assert errors["C(X -> B)"] > 0
    for row in report.rows:
        assert row.solution is not None or row.error is None


def test_options_that_make_no_sense_are_refused_at_once():
    counts = rb.load_counts("delft2015")
    for wrong, message in (
        ({"confidence": 95}, "confidence is 95, expected a number between 0 and 1"),
        ({"settings_bias": "x"}, "settings_bias is 'x', expected a finite real number"),
        ({"seed": -1}, "the seed is -1, expected an integer ≥ 0"),
        ({"training": "before.csv"}, "training is a str, expected Counts of other trials"),
    ):
        with pytest.raises(rb.errors.RelaxbellError, match=message):
            rb.quantify(counts, **wrong)


def test_reports_travel():
    copy = pickle.loads(pickle.dumps(DELFT))
    assert repr(copy) == repr(DELFT)
    assert copy.rows[2].statement.evidence.p_value_at(0.02) == DELFT.rows[2].statement.evidence.p_value_at(0.02)


# ------------------------------------------------------------------------------ the commands


@pytest.mark.slow
def test_options_of_the_command():
    output = run(app, ["quantify", "delft2015", "--confidence", "0.9", "--resamples", "3"]).output
    assert "at least (90 %)" in output
    assert "approximate: 3 nonparametric resamples" in output
    data = json.loads(run(app, ["quantify", "delft2015", "--json", "--resamples", "0"]).output)
    assert data["confidence"] == 0.95
    assert data["S"]["raw"]["value"] == pytest.approx(2.4225, abs=5e-5)
    assert data["local_models"]["p_value"] == DELFT.local.p_value
    row = data["relaxations"][0]["evidence"]
    assert row["at_least"] == DELFT.rows[0].statement.at_least
    assert row["log10_p_value"] == pytest.approx(math.log10(row["p_value"]))
    assert row["assumptions"]
    for wrong in (["--confidence", "1"], ["--confidence", "95"], ["--settings-bias", "2"], ["--resamples", "1"]):
        refused = run(app, ["quantify", "delft2015", *wrong])
        assert refused.exit_code == 1
        assert "expected" in refused.output


def test_json_has_no_infinities():
    """A Popescu–Rohrlich box wins always: nothing explains it with few messages, and numbers stay numbers."""
    counts = rb.sample(rb.boxes.pr(), 4000, 1)
    text = json.dumps(rb.quantify(counts, resamples=0).to_dict(), allow_nan=False)
    assert json.loads(text)["local_models"]["log10_p_value"] < -400


def test_behaviors_have_neither():
    report = rb.quantify(rb.boxes.tsirelson())
    assert report.settings is report.local is None
    assert "at least" not in repr(report)
    assert "minimum        lower bound" in repr(report)
    assert "settings_test" not in report.to_dict()
    with pytest.raises(rb.errors.RelaxbellError, match="of a behavior, not of counts"):
        report.plot()


# -------------------------------------------------------------------------------------- plots


def test_the_plot_marks_the_limits_on_the_level():
    pytest.importorskip("matplotlib")
    axes = DELFT.plot()
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["C(X → B), C(Y → A), M(X,Y:Λ)", "C(A → B), C(B → A)", "Hall(X,Y:Λ)"]
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    assert [mark.get_xdata()[0] for mark in marks] == pytest.approx([0.00657840, 0.0131568, 0.00877120], rel=1e-5)
    assert [mark.get_ydata()[0] for mark in marks] == pytest.approx([-math.log10(0.05)] * 3)
    first = axes.lines[0]
    assert first.get_ydata()[0] == pytest.approx(-math.log10(0.03907767138965722))
    assert (np.diff(first.get_ydata()) <= 0).all()


def test_the_plot_where_nothing_is_rejected():
    """The p-value is 1 from ε = 0 on: the line lies on the axis, which goes up to the largest ε."""
    pytest.importorskip("matplotlib")
    c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    axes = rb.evidence(rb.sample(rb.boxes.pr().white_noise(), 400, 1), c).plot()
    assert axes.get_xlim() == (0, 1)
    assert not axes.lines[0].get_ydata().any()


def test_the_plot_of_one_measure():
    pytest.importorskip("matplotlib")
    evidence = DELFT.rows[2].statement.evidence
    axes = evidence.plot(color="red")
    assert axes.get_xlabel() == "ε, the limit on C(A → B)"
    assert axes.lines[0].get_color() == "red"
    counts, model = rb.load_counts("delft2015"), rb.measurement_dependence()
    assert rb.evidence(counts, rb.mutual_information(model)).plot().get_xlabel() == "ε, the limit on I(X,Y:Λ)"
