"""`relaxbell report` of counts with a causal graph: bounds with their confidence, the formula, a test of the graph."""

import math
import re

import numpy as np
import pytest
from pages import checked, verified
from typer.testing import CliRunner

import relaxbell as rb
from relaxbell.cli import app

run = CliRunner().invoke
REPORT = rb.classes.EffectReport.of
IV = "Z -> A -> B; A <-> B"
PEARL = [[[700, 100], [100, 700]], [[100, 100], [100, 100]]]
"""Axes a, b, z: Σ over b of the largest p(0,b|z) is 1.4, and at most 1 for an instrument (Pearl 1995)."""


@pytest.fixture(scope="module")
def vitamin():
    return REPORT("vitamin_a")


@pytest.mark.slow
def test_the_command_writes_the_page_of_the_report(vitamin, tmp_path):
    out = tmp_path / "page.html"
    result = run(app, ["report", "vitamin_a", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(out)
    assert out.read_text(encoding="utf-8") == vitamin.to_html()


@pytest.mark.slow
def test_the_shipped_trial_has_its_published_bounds(vitamin, tmp_path):
    """Balke and Pearl, J. Am. Stat. Assoc. 92, 1171 (1997): −0.1946 ≤ ACE ≤ 0.0054, and eight terms at each end."""
    (row,) = vitamin.rows
    assert row.estimate.lower == pytest.approx(-0.1946, abs=5e-5)
    assert row.estimate.upper == pytest.approx(0.0054, abs=5e-5)
    assert row.sure.lower_bound < row.estimate.lower_bound
    assert row.sure.upper_bound > row.estimate.upper_bound
    page = checked(vitamin.to_html())
    for words in (
        "23,682 trials of p(A,B|Z)",
        "ACE(A → B) is between −0.194623 and 0.00539369 at the observed frequencies",
        "[−0.214556, 0.0227442]",
        "with 95 % confidence",
        "from −3409434/17518159 to 188975/35036318. Sharp",
        "p{B(A=1)=1} - p{B(A=0)=1}",
        "p(00|1) + p(11|0) - 1,",
        "4 × Pearl - 1 ≤ 0",
        "A ↔ B is the latent variable U_A_B",
        "satisfy everything that the graph demands",
    ):
        assert words in page.text, words
    assert "<-" not in page.text
    assert len(row.formula.least.terms) == len(row.formula.largest.terms) == 8
    labels = [own["aria-label"] for own in page.all("svg")]
    assert labels == ["Causal graph with arrows from Z to A, A to B, U_A_B to A, U_A_B to B"]
    assert len(verified(page, tmp_path)) == 4
    own = {path.name: path.read_bytes() for path in vitamin.save_certificates(tmp_path / "same")}
    assert own == page.files


@pytest.mark.slow
def test_the_wider_interval_is_that_of_the_radius(vitamin):
    counts = rb.load_counts("vitamin_a")
    model = rb.instrumental()
    near = [rb.largest_distance(model) <= counts.confidence_radius(0.95)]
    found = rb.bounds(rb.average_causal_effect(model, "A", "B"), counts.frequencies, near)
    assert vitamin.rows[0].sure.lower == pytest.approx(found.lower, abs=1e-9)
    assert vitamin.rows[0].sure.upper == pytest.approx(found.upper, abs=1e-9)


def test_a_graph_that_the_counts_refute():
    """Hoeffding: with 1000 trials at each z, Pearl's sum exceeds its bound by 0.4 with probability exp(−0.32/0.002)."""
    report = REPORT(rb.Counts(PEARL, outputs="A B", inputs="Z"), graph=IV)
    assert report.test.compatible is False
    assert report.test.p_value == pytest.approx(4 * math.exp(-2 * 0.4**2 / (2 / 1000)), rel=1e-9)
    assert report.test.distance.value == pytest.approx(0.2, abs=1e-9)  # half of the excess at each z
    assert report.rows[0].estimate is None
    assert report.rows[0].sure is None
    page = checked(report.to_html())
    assert "The counts refute the graph with 95 % confidence: p-value at most 1.31e-69" in page.text
    assert "≤ 0, found 0.4" in page.text
    assert "None: no classical model" in page.text
    assert {"graph.refuted.json", "graph.distance.json"} == set(page.files)


@pytest.mark.slow
def test_chance_may_be_why_the_graph_is_violated():
    """A hundredth of the trials: a p-value of 4 exp(−0.32/0.2), more than 0.05, and an interval with confidence."""
    report = REPORT(rb.Counts(np.array(PEARL) // 100, outputs="A B", inputs="Z"), graph=IV)
    assert report.test.p_value == pytest.approx(4 * math.exp(-1.6), rel=1e-9)
    assert report.rows[0].estimate is None
    assert report.rows[0].sure is not None
    assert "but chance may be why: p-value at most 0.808" in checked(report.to_html()).text


def test_a_latent_cause_of_both_by_the_name_it_has():
    """`L -> {A B}` confounds both: it is the instrument's model, Balke and Pearl's bounds to four digits."""
    report = REPORT("vitamin_a", graph="Z -> A -> B; L -> {A B}", queries=["ACE(A, B)"])
    assert set(report.model.edges) == {("Z", "A"), ("A", "B"), ("L", "A"), ("L", "B")}
    assert report.rows[0].estimate.lower == pytest.approx(-0.1946, abs=5e-5)
    with pytest.raises(rb.errors.ModelError, match=r"in braces, L -> \{A B\}"):
        REPORT("vitamin_a", graph="Z -> A -> B; L -> A B", queries=["ACE(A, B)"])


@pytest.mark.slow
def test_queries_that_depend_on_settings_use_the_observed_ones():
    """ETT is Wald's ratio here whatever p(z) is: nobody was treated without being assigned."""
    report = REPORT("vitamin_a", queries=["ETT(A -> B)", "nonsense("])
    assert np.allclose(np.asarray(report.model.input_distribution.table, dtype=float), [11588 / 23682, 12094 / 23682])
    wald = (2385 + 9663) / 12094 - 11514 / 11588
    assert report.rows[0].estimate.lower == pytest.approx(wald / ((12 + 9663) / 12094), abs=1e-9)
    page = checked(report.to_html())
    assert "ETT(A → B): these depend on p(Z), which is observed" in page.text
    assert "nonsense( is not answered: the query" in page.text


@pytest.mark.slow
def test_assumptions_narrow_the_bounds():
    counts = rb.Counts(np.array([[[60, 30], [20, 10]], [[10, 20], [10, 40]]]), outputs="X Y", inputs="Z")
    graph = "dag { Z -> X -> Y; X <-> Y }"
    free = REPORT(counts, graph=graph).rows[0].estimate
    report = REPORT(counts, graph=graph, assumptions=["no defiers"])
    p = counts.frequencies.p  # axes x, y, z; with monotonicity the bounds of Balke and Pearl have one term each
    assert report.rows[0].estimate.lower == pytest.approx(p[0, 0, 0] + p[1, 1, 1] - 1, abs=1e-9)
    assert report.rows[0].estimate.upper == pytest.approx(1 - p[0, 1, 0] - p[1, 0, 1], abs=1e-9)
    assert free.lower <= report.rows[0].estimate.lower + 1e-9
    assert "no defiers" in checked(report.to_html()).text


def trial(path):
    rng = np.random.default_rng(7)
    rows = [f"{z},{x},{y},{rng.integers(20, 90)}" for z in range(3) for x in range(3) for y in range(2)]
    path.write_text("\n".join(["assigned,took,well,count", *rows]))
    return [str(path), "--outputs", "X=took,Y=well", "--inputs", "Z=assigned"]


@pytest.mark.slow
def test_three_values_and_a_file_of_the_graph(tmp_path):
    graph, out = tmp_path / "graph.dot", tmp_path / "page.html"
    graph.write_text("digraph { Z -> X; X -> Y; U [observed=no]; U -> X; U -> Y }")
    asked = ["--query", "ACE(X=2 vs 0 -> Y)", "--query", "p{Y(X=2) = 1}", "--seconds", "20"]
    result = run(app, ["report", *trial(tmp_path / "trial.csv"), "--graph", str(graph), "--out", str(out), *asked])
    assert result.exit_code == 0, result.output
    page = checked(out.read_text(encoding="utf-8"))
    assert "ACE(X=2 vs 0 → Y)" in page.text
    assert "p{Y(X=2) = 1} ≥ max{" in page.text
    assert len(verified(page, tmp_path)) >= 4


@pytest.mark.slow
def test_a_bell_test_with_a_graph(tmp_path):
    """What signals by chance has no bounds at the frequencies, and some with confidence."""
    out = tmp_path / "page.html"
    graph = "X -> A <- L -> B <- Y; X -> B"
    assert (
        run(app, ["report", "delft2015", "--graph", graph, "--query", "ACE(X -> B)", "--out", str(out)]).exit_code == 0
    )
    page = checked(out.read_text(encoding="utf-8"))
    assert "because Y does not reach A" in page.text
    assert re.search(r"ACE\(X → B\) is between −0\.\d+ and 0\.\d+ with 95 % confidence", page.text)


@pytest.mark.slow
def test_independent_latent_variables_have_estimates_and_a_reason():
    counts = rb.Counts([[40, 10], [10, 40]], outputs="X Y", inputs="")
    report = REPORT(counts, graph="X -> Y", queries=["ACE(X -> Y)"])
    assert report.rows[0].estimate.lower == pytest.approx(0.6, abs=1e-6)
    checked(report.to_html())


@pytest.mark.slow
def test_assignment_that_is_confounded_says_whose_distribution_it_uses(vitamin):
    """Without independence of the instrument less is known, never more."""
    report = REPORT("vitamin_a", graph="Z -> A -> B; L -> {Z A B}")
    own, free = report.rows[0].estimate, vitamin.rows[0].estimate
    assert own.lower_bound <= free.lower_bound + 1e-9
    assert own.upper_bound >= free.upper_bound - 1e-9
    assert "Z: may depend on the latent variables" in checked(report.to_html()).text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--graph", "Z -> A -> Y"], "does not have B of p(A,B|Z)"),
        (["--graph", "nowhere.dot"], "no arrows and is no file"),
        (["--graph", "Z -> A -> B; Z -> B <-"], "ends too early"),
        (["--confidence", "2"], "confidence is 2.0"),
        (["--settings-bias", "0.1"], "no --settings-bias"),
        (["--title", " "], "the title is empty"),
        (["--assume", "bla"], "the assumption 'bla'"),
        (["--input-distribution", "guessed"], "guessed"),
    ],
)
def test_errors_are_those_of_the_command_line(arguments, message, tmp_path):
    out = tmp_path / "page.html"
    result = run(app, ["report", "vitamin_a", *arguments, "--out", str(out)])
    assert result.exit_code == 1
    assert result.output.startswith("error: ")
    assert message in result.output
    assert not out.exists()


def test_counts_of_no_bell_test_without_a_graph_are_told_the_option(tmp_path):
    out = tmp_path / "page.html"
    result = run(app, ["report", *trial(tmp_path / "trial.csv"), "--out", str(out)])
    assert result.exit_code == 1
    assert "p(X,Y|Z) is no Bell test" in result.output
    assert "relaxbell report DATA --graph 'Z -> X -> Y; X <-> Y'" in result.output


@pytest.mark.slow
def test_which_effect_is_asked_has_to_be_known():
    with pytest.raises(rb.errors.ModelError, match="which effect is asked"):
        REPORT("vitamin_a", graph="Z -> A; Z -> B; A <-> B")
    marked = REPORT("vitamin_a", graph="dag { Z [exposure] B [outcome] Z -> A; A -> B; A <-> B }")
    assert marked.rows[0].name == "ACE(Z -> B)"
    with pytest.raises(rb.errors.ModelError, match="there is no graph for p"):
        REPORT("delft2015")
    with pytest.raises(rb.errors.CountsError, match="found a Behavior"):
        REPORT(rb.boxes.pr(), graph=IV)
