"""`relaxbell report`: a page that is well formed, whole in itself, and says what the table says."""

import dataclasses
import html
import re
from types import SimpleNamespace

import numpy as np
import pytest
from pages import Page, checked, verified
from typer.testing import CliRunner

import relaxbell as rb
from relaxbell.cli import app
from relaxbell.lp.clock import TimeLimitError
from relaxbell.show import evidence_svg

run = CliRunner().invoke


@pytest.fixture(scope="module")
def report():
    return rb.quantify("delft2015", resamples=0)


@pytest.fixture(scope="module")
def delft(report):
    return report.to_html()


@pytest.mark.slow
def test_the_command_writes_the_page_of_the_report(report, delft, tmp_path):
    out = tmp_path / "page.html"
    result = run(app, ["report", "delft2015", "--out", str(out), "--resamples", "0"])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(out)
    assert out.read_text(encoding="utf-8") == delft
    report.save_html(out, title="Ours")
    assert "<title>Ours</title>" in out.read_text(encoding="utf-8")


def test_the_page_says_what_the_table_says(report, delft):
    page = checked(delft)
    for row in report.rows:
        assert row.name.replace("->", "→") in page.text
        assert f"{row.solution.value:.4g}" in page.text  # resamples=0: nothing says how many digits count
    for words in ("245 trials", "reject local models: p-value 0.0391", "CHSH = 2.43385 > 2", "0.00657", "196 of 245"):
        assert words in page.text
    assert len(report.fit.counts.table.ravel()) == delft.count("background: rgba")
    labels = [own["aria-label"] for own in page.all("svg")]
    assert sum("relaxed: X to B" in label for label in labels) == 1
    assert sum("relaxed: L to X, L to Y" in label for label in labels) == 1  # M, Hall and I share their graph
    assert sum(label.startswith("Evidence") for label in labels) == 1


@pytest.mark.slow
def test_all_certificates_of_the_page_are_verified(report, delft, tmp_path):
    proved = verified(checked(delft), tmp_path)
    assert len(proved) == 16  # each of eight rows: its bound and its p-value
    own = {path.name: path.read_bytes() for path in report.save_certificates(tmp_path / "same")}
    assert own == checked(delft).files


@pytest.mark.parametrize("name", ["C_X-B.json", "C_X-B.evidence.json"])
def test_a_certificate_that_is_saved_from_the_page_is_checked(delft, tmp_path, name):
    (tmp_path / name).write_bytes(Page(delft).files[name])
    assert ": verified: " in run(app, ["verify", str(tmp_path / name)]).output
    (tmp_path / name).write_bytes(Page(delft).files[name].replace(b'"claim"', b'"clam"'))
    assert run(app, ["verify", str(tmp_path / name)]).exit_code == 1


def test_the_line_of_the_evidence_is_the_p_value(report, delft):
    """The first point is −log10 of the p-value of local models, and each point lies on the scale of the axis."""
    page = checked(delft)
    height, top = 200.0, 30.0
    ticks = {}
    for y, value in re.findall(r'<text x="40.0" y="([\d.]+)" text-anchor="end" fill="#1a1a1a">([\d.]+)</text>', delft):
        ticks[float(value)] = float(y) - 4
    scale = (ticks[0.0] - ticks[1.0]) / 1.0
    assert ticks[0.0] == top + height
    first = page.all("polyline")[0]["points"].split()[0]
    x, y = map(float, first.split(","))
    p = report.local.p_value
    assert x == 46.0
    assert (ticks[0.0] - y) / scale == pytest.approx(-np.log10(p), abs=0.1 / scale)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in rb.data_sets() if rb.load_counts(name).parties])
def test_shipped_data(name, tmp_path):
    report = rb.quantify(name, resamples=0)
    page = checked(report.to_html())
    assert name in page.text
    assert len(verified(page, tmp_path)) == sum(1 + (row.statement is not None) for row in report.rows)


def table(path, counts):
    names = [n.lower() for n in (*counts.inputs, *counts.outputs)]
    k = len(counts.outputs)
    rows = [",".join([*names, "count"])]
    rows += [",".join(map(str, [*at[k:], *at[:k], counts.table[at]])) for at in np.ndindex(*counts.table.shape)]
    path.write_text("\n".join(rows))
    return str(path)


@pytest.mark.slow
def test_data_that_violate_nothing(tmp_path):
    """Inputs (2, 3), outputs (3, 2), uniform: there is nothing to relax, to draw, or to violate."""
    p = rb.Behavior(np.full((3, 2, 2, 3), 1 / 6), "A B", "X Y")
    data = table(tmp_path / "mine.csv", rb.sample(p, 2400, 5))
    out = tmp_path / "page.html"
    options = ["--resamples", "0", "--seconds", "0.05"]
    result = run(app, ["report", data, "--out", str(out), "--title", "Nothing & all", *options])
    assert result.exit_code == 0, result.output
    page = checked(out.read_text(encoding="utf-8"))
    assert "<title>Nothing &amp; all</title>" in out.read_text(encoding="utf-8")
    assert "2,400 trials" in page.text


@pytest.mark.slow
def test_three_parties_and_hybrids(tmp_path):
    """GHZ: no single edge explains it; graphs of hybrids are panels, each with words for those who cannot see it."""
    p = rb.sample(rb.boxes.ghz(), 800, 1).fit().behavior
    page = checked(rb.quantify(p).to_html())
    assert "fraction(no hybrid)" in page.text
    assert "Mermin_3 = 4 > 2" in page.text
    assert verified(page, tmp_path)


@pytest.mark.slow
def test_biased_settings(tmp_path):
    out = tmp_path / "page.html"
    options = ["--settings-bias", "0.02", "--input-distribution", "observed", "--resamples", "0", "--seconds", "20"]
    assert run(app, ["report", "delft2015", "--out", str(out), *options]).exit_code == 0
    page = checked(out.read_text(encoding="utf-8"))
    assert "Settings for H(M), M and I: observed" in page.text
    assert "do not reject local models with 95 % confidence" in page.text


@pytest.mark.slow
def test_settings_that_are_not_uniform_leave_estimates_and_a_reason():
    page = checked(rb.quantify("nist2015", resamples=0).to_html())
    assert page.text.count("the settings of nist2015 are not uniform") == 3  # in short, at the picture, in the method
    assert "There is no evidence to plot" in page.text


@pytest.mark.slow
def test_text_of_the_data_is_escaped():
    bad = "<img src=x onerror=alert(1)>&\"'"
    counts = rb.Counts(rb.load_counts("delft2015").table, name=bad, notes=(f"dropped {bad}",))
    text = rb.quantify(counts, resamples=0).to_html()
    assert bad not in text
    assert html.escape(bad) in text
    assert checked(text).text.count(bad) >= 3  # title, heading, data
    assert bad in checked(rb.quantify(rb.boxes.pr()).to_html(title=bad)).text


@pytest.mark.slow
def test_a_behavior_has_no_statistics(tmp_path):
    page = checked(rb.quantify(rb.boxes.pr()).to_html())
    assert "probabilities, not counts" in page.text
    assert "CHSH = 4 > 2" in page.text
    assert len(verified(page, tmp_path)) == 8


def test_lines_for_which_there_is_no_time_are_named(report, monkeypatch):
    find = evidence_svg._Line.find

    def slow(line):
        if line.names != ["Hall(X,Y:Λ)"]:
            raise TimeLimitError(f"{line.names} took longer.")
        find(line)

    monkeypatch.setattr(evidence_svg._Line, "find", slow)
    page = checked(report.to_html(seconds=100))
    assert "no time: C(X → B), C(Y → A), C(A → B), C(B → A), M(X,Y:Λ)" in page.text
    assert len(page.all("polyline")) == 1
    monkeypatch.setattr(evidence_svg._Line, "find", lambda line: slow(SimpleNamespace(names="all")))
    page = checked(report.to_html())
    assert "M(X,Y:Λ), Hall(X,Y:Λ)" in page.text
    assert not page.all("polyline")


def test_interrupted_rows_are_named(report):
    page = checked(dataclasses.replace(report, rows=report.rows[:2]).to_html())
    assert "interrupted with 6 of 8 rows missing: C(A → B)" in page.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.csv"], "nothing.csv"),
        (["delft2015", "--confidence", "2"], "confidence"),
        (["delft2015", "--settings-bias", "-1"], "bias"),
        (["delft2015", "--title", " "], "the title is empty, expected some words"),
    ],
)
def test_errors_are_those_of_the_command_line(arguments, message, tmp_path):
    out = tmp_path / "page.html"
    result = run(app, ["report", *arguments, "--out", str(out), "--resamples", "0"])
    assert result.exit_code == 1
    assert result.output.startswith("error: ")
    assert message in result.output
    assert not out.exists()


def test_a_file_that_cannot_be_written_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("relaxbell.quantification.Plan.__init__", lambda *_: pytest.fail("began to compute"))
    for out, message in ((tmp_path, "directory is there"), (tmp_path / "no" / "page.html", "Make its directory first")):
        result = run(app, ["report", "delft2015", "--out", str(out)])
        assert result.exit_code == 1
        assert message in result.output


def test_titles_and_limits_are_checked(report):
    with pytest.raises(rb.errors.RelaxbellError, match="the title is an int"):
        report.to_html(title=3)
    with pytest.raises(rb.errors.RelaxbellError, match="seconds"):
        report.to_html(seconds=-1)
