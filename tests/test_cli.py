import itertools
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from clock import Clock
from typer.testing import CliRunner

import relaxbell as rb
from relaxbell import quantification
from relaxbell.cli import app

run = CliRunner().invoke


def test_shipped_data_of_no_bell_test_are_refused_with_a_remedy():
    result = run(app, ["quantify", "vitamin_a"])
    assert result.exit_code == 1
    assert "p(A,B|Z) is no Bell test" in result.output
    assert "rb.bounds(rb.query(model, 'ACE(A -> B)'), counts.frequencies)" in result.output


@pytest.mark.parametrize("name", [name for name in rb.data_sets() if rb.load_counts(name).parties])
def test_shipped_data(name):
    result = run(app, ["quantify", "--resamples", "0", name])
    assert result.exit_code == 0
    for row in ("C(X -> B)", "C(Y -> A)", "C(A -> B)", "C(B -> A)", "H(M)"):
        assert row in result.output


def test_json_numbers_obey_the_closed_forms():
    """C(X→B) = CH, C(A→B) = 2 CH, CH = (S − 2)/4 on the non-signaling fit."""
    data = json.loads(run(app, ["quantify", "--resamples", "0", "nist2015", "--json"]).output)
    ch = data["S"]["excess"] / 4
    rows = {row["measure"]: row for row in data["relaxations"]}
    assert rows["C(X -> B)"]["minimum"] == pytest.approx(ch, rel=1e-9)
    assert rows["C(B -> A)"]["minimum"] == pytest.approx(2 * ch, rel=1e-9)
    for row in rows.values():
        assert row["lower_bound"] <= row["minimum"]
        assert row["minimum"] - row["lower_bound"] <= max(1e-7 * row["minimum"], 1e-15)
        if row["measure"].startswith("I("):
            continue
        assert row["witness"]["name"] == "CHSH"
    assert rows["M(X,Y:Λ)"]["minimum"] == pytest.approx(ch, rel=1e-9)
    assert rows["Hall(X,Y:Λ)"]["minimum"] == pytest.approx(4 * ch / 3, rel=1e-9)


def test_nothing_but_json_on_standard_output():
    """In a process of its own: solvers print past Python's sys.stdout."""
    code = (
        "import sys; sys.argv = ['relaxbell', 'quantify', 'delft2015', '--json']; import relaxbell.cli as c; c.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["data"]["trials"] == 245
    assert done.stderr == ""


def test_observed_settings_change_the_message_only():
    uniform, observed = (
        json.loads(
            run(app, ["quantify", "--resamples", "0", "delft2015", "--json", "--input-distribution", kind]).output
        )
        for kind in ("uniform", "observed")
    )
    left, right = ({r["measure"]: r["minimum"] for r in d["relaxations"]} for d in (uniform, observed))
    assert left["C(X -> B)"] == pytest.approx(right["C(X -> B)"], rel=1e-12)
    assert left["H(M)"] != pytest.approx(right["H(M)"], rel=1e-3)


def test_own_csv(tmp_path):
    path = tmp_path / "mine.csv"
    lines = ["setting1,setting2,click1,click2,count"]
    lines += [
        f"{x},{y},{a},{b},{10 + 5 * ((a + b) % 2 == x * y)}"
        for x in (0, 1)
        for y in (0, 1, 2)
        for a in (0, 1)
        for b in (0, 1)
    ]
    path.write_text("\n".join(lines))
    result = run(
        app, ["quantify", "--resamples", "0", str(path), "--outputs", "click1,click2", "--inputs", "setting1,setting2"]
    )
    assert result.exit_code == 0, result.output
    assert "C(setting1 -> click2)" in result.output
    refused = run(app, ["quantify", "--resamples", "0", str(path)])
    assert refused.exit_code == 1
    assert "unknown column" in refused.output
    assert "Traceback" not in refused.output


@pytest.mark.slow
def test_trials_and_wide_tables(tmp_path):
    """What was read is said below the data."""
    path = tmp_path / "run.csv"
    clicks = [(a, b, x, y) for a, b in ("HH", "VV", "HV") for x in "01" for y in "012"]
    path.write_text("\n".join(["alice;bob;x;y", *(";".join(row) for row in clicks), "H;;0;1"]))
    options = ["--outputs", "A=alice,B=bob", "--inputs", "X,Y", "--values", "H,V", "--resamples", "0"]
    refused = run(app, ["quantify", str(path), *options])
    assert refused.exit_code == 1
    assert "1 value of column bob is missing (line 20)" in " ".join(refused.output.split())
    printed = run(app, ["quantify", str(path), *options, "--missing", "drop"]).output
    assert "data  run: 18 trials, 6 settings\nread  counted from 19 trials, one row each\n" in printed
    assert "read  1 of 19 trials with missing values dropped, which assumes fair sampling\n" in printed
    path.write_text("x\ty\t00\t10\n" + "".join(f"{x}\t{y}\t{7 + x}\t{3 + y}\n" for x in (0, 1) for y in (0, 1)))
    wide = run(app, ["quantify", str(path), "--order", "b,a", "--missing", "0", "--resamples", "0", "--json"])
    assert json.loads(wide.output)["data"]["read"][0] == "read from a wide table, one row for each setting"


def test_a_party_with_one_setting_and_a_column_that_is_not_there(tmp_path):
    path = tmp_path / "one.csv"
    lines = [f"0,{y},{a},{b},{10 + a + 2 * b + y}" for y in (0, 1) for a in (0, 1) for b in (0, 1)]
    path.write_text("\n".join(["x,y,a,b,count", *lines]))
    printed = run(app, ["quantify", "--resamples", "0", str(path)]).output
    assert "none: X has a single value, so it cannot influence B" in printed
    assert "A local model reproduces these data: nothing has to be relaxed." in printed
    assert "nothing has to be relaxed" not in run(app, ["quantify", "--resamples", "0", "delft2015"]).output
    refused = run(app, ["quantify", "--resamples", "0", str(path), "--inputs", "x,z", "--outputs", "a,b"])
    assert "no column for z in the header (x, y, a, b, count)" in refused.output
    path.write_text("\n".join(["x,y,a,b,count", *(f"0,0,{a},{b},5" for a in (0, 1) for b in (0, 1))]))
    assert "each of X, Y has a single value" in run(app, ["quantify", "--resamples", "0", str(path)]).output


def test_what_cannot_be_done_is_said_before_the_work(tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("a file")
    refused = run(app, ["quantify", "--resamples", "0", "delft2015", "--certificates", str(taken)])
    assert refused.exit_code == 1
    assert f"cannot use {taken}: a file is there, expected a directory. Give another name." in refused.output
    assert "minimum" not in refused.output
    named = run(app, ["quantify", "--resamples", "0", "delft2015", "--inputs", "p,q"])
    assert "delft2015 has the outcomes a, b and the settings x, y: found --inputs. Leave" in named.output
    assert named.exit_code == 1


def test_errors_and_help():
    missing = run(app, ["quantify", "nowhere.csv"])
    assert missing.exit_code == 1
    assert "neither a file nor a shipped data set" in missing.output
    help_text = re.sub(r"\x1b\[[0-9;]*m", "", run(app, ["quantify", "--help"], terminal_width=100).output)
    for word in ("--json", "--input-distribution", "delft2015", "rigorous for the", "--confidence", "--training"):
        assert word in help_text
    assert run(app, ["--version"]).output.strip() == f"relaxbell {rb.__version__}"


def test_a_row_that_takes_too_long_leaves_the_others(monkeypatch):
    """While Hall's measure is made three seconds pass; each row that was not solved says so."""
    clock, make = Clock(), rb.hall_dependence
    monkeypatch.setattr("relaxbell.lp.clock.clock", clock)

    def slowly(model):
        clock.now += 3
        return make(model)

    monkeypatch.setattr("relaxbell.quantification.hall_dependence", slowly)
    report = rb.quantify(rb.boxes.ghz(), seconds_per_row=2)
    rows = {row.name: row for row in report.rows}
    hall = rows["Hall(X,Y,Z:Λ)"]
    assert hall.solution is None
    assert "took longer than its time limit of 2 s" in hall.problem
    assert "none: took" in repr(report)
    assert [row.name for row in report.rows if row.solution is None] == [hall.name]
    assert rows["M(X,Y,Z:Λ)"].solution.value == pytest.approx(0.25)  # one of eight settings must be avoided
    assert [row["problem"] for row in report.to_dict()["relaxations"] if row["measure"] == hall.name] == [hall.problem]


def test_the_time_limit_of_the_command_line(tmp_path, monkeypatch):
    path = tmp_path / "counts.csv"
    rows = itertools.product(range(2), range(3), range(2), range(2))
    lines = [f"{x},{y},{a},{b},{20 + (a * b + x * y) % 5}" for x, y, a, b in rows]
    path.write_text("\n".join(["x,y,a,b,count", *lines]))
    monkeypatch.setattr("relaxbell.lp.clock.clock", Clock(step=1))
    result = run(app, ["quantify", "--resamples", "0", str(path), "--seconds", "0.001", "--json"])
    assert result.exit_code == 0, result.output
    problems = [row.get("problem", "") for row in json.loads(result.output)["relaxations"]]
    assert all("time limit of 0.001 s" in problem for problem in problems)
    assert run(app, ["quantify", "--resamples", "0", str(path), "--seconds", "0"]).exit_code == 2


def slow_rows(then):
    """A program that quantifies with a third row in which something happens."""
    return f"""
import sys, time
import relaxbell.quantification as q
minimize, calls = q.minimize, []
def slow(*given):
    calls.append(given)
    if len(calls) == 3:
        {then}
    return minimize(*given)
q.minimize = slow
sys.argv = ["relaxbell", "quantify", "delft2015", *sys.argv[1:]]
import relaxbell.cli
relaxbell.cli.main()
"""


@pytest.mark.slow
def test_rows_are_printed_when_they_are_ready(tmp_path):
    """The process waits in its third row: two are there; after Ctrl-C they stay, and the missing ones are named."""
    folder = tmp_path / "proofs"
    process = subprocess.Popen(
        [sys.executable, "-c", slow_rows("time.sleep(600)"), "--certificates", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = []
    while not lines or not lines[-1].startswith("C(Y -> A)"):
        lines.append(process.stdout.readline())
        assert lines[-1], process.stderr.read()
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate()
    assert process.returncode == 130
    assert "0.108463057   CHSH = 2.43385 > 2" in lines[-2]
    missing = "C(A -> B), C(B -> A), H(M), M(X,Y:Λ), Hall(X,Y:Λ), I(X,Y:Λ)"
    assert f"incomplete: interrupted with 6 of 8 rows missing: {missing}." in rest
    assert f"interrupted: missing are {missing}" in said
    assert "Traceback" not in said
    assert sorted(path.stem for path in folder.iterdir()) == ["C_X-B", "C_X-B.evidence", "C_Y-A", "C_Y-A.evidence"]
    assert run(app, ["verify", *map(str, folder.iterdir())]).exit_code == 0


@pytest.mark.slow
def test_json_of_an_interrupted_run_is_one_document():
    code = slow_rows("print('here', file=sys.stderr, flush=True); time.sleep(600)")
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr.readline() == "here\n"
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate()
    data = json.loads(printed)
    assert process.returncode == 130
    assert [row["measure"] for row in data["relaxations"]] == ["C(X -> B)", "C(Y -> A)"]
    assert data["relaxations"][0]["minimum"] == pytest.approx(0.108463057)
    assert data["missing"] == ["C(A -> B)", "C(B -> A)", "H(M)", "M(X,Y:Λ)", "Hall(X,Y:Λ)", "I(X,Y:Λ)"]


@pytest.mark.parametrize(
    "error",
    [MemoryError("no room"), ZeroDivisionError("0"), rb.errors.CertificateError("x"), rb.errors.BehaviorError("y")],
)
def test_an_error_in_one_row_leaves_the_others(monkeypatch, error):
    real, calls = quantification.minimize, []

    def failing(*given):
        calls.append(given)
        if len(calls) == 3:
            raise error
        return real(*given)

    monkeypatch.setattr(quantification, "minimize", failing)
    result = run(app, ["quantify", "--resamples", "0", "delft2015", "--json"])
    assert result.exit_code == 0
    rows = json.loads(result.stdout)["relaxations"]
    problem = str(error) if isinstance(error, rb.errors.RelaxbellError) else f"{type(error).__name__}: {error}"
    assert [row.get("problem") for row in rows] == [None, None, problem, *[None] * 5]
    assert json.loads(result.stdout)["missing"] == []


def test_an_interruption_in_python_carries_what_was_done(monkeypatch):
    real, seen = quantification.minimize, []

    def interrupted(*given):
        if len(seen) == 3:
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(quantification, "minimize", interrupted)
    with pytest.raises(KeyboardInterrupt, match="incomplete: 3 of 8 rows") as caught:
        rb.quantify("delft2015", each=seen.append)
    report = caught.value.partial
    assert report.rows == tuple(seen)
    assert report.missing == ("C(B -> A)", "H(M)", "M(X,Y:Λ)", "Hall(X,Y:Λ)", "I(X,Y:Λ)")
    assert report["C(A -> B)"].value == pytest.approx(0.216926114)
    with pytest.raises(rb.errors.RelaxbellError, match=r"H\(M\) is missing: the computation was interrupted"):
        report["H(M)"]
    for text in (repr(report), report._repr_html_()):
        assert "incomplete: interrupted with 5 of 8 rows missing" in text
    assert "nothing has to be relaxed" not in repr(report)


def test_a_certificate_that_cannot_be_written_leaves_the_rows(tmp_path, monkeypatch):
    def refused(self, path):
        if "H_M" in str(path):
            raise rb.errors.FileError(f"{path} cannot be written: No space left on device. Free space.")
        Path(path).write_text(self.to_json())

    monkeypatch.setattr(rb.classes.Certificate, "save", refused)
    result = run(app, ["quantify", "--resamples", "0", "delft2015", "--certificates", str(tmp_path / "proofs")])
    assert result.exit_code == 1
    assert "I(X,Y:Λ)" in result.output
    assert "14 certificates written" in result.output
    assert "error: no certificate of H(M): " in result.output


@pytest.mark.slow
def test_quantify_other_scenarios():
    three = rb.quantify(rb.boxes.ghz())
    assert len(three.rows) == 2 * 6 + 1 + 3  # two kinds of influence between ordered pairs, H(M), M, Hall, I
    assert three.chsh is None
    assert three["C(X -> B)"].value > 0
    with pytest.raises(KeyError, match="no row"):
        three["C(X -> Q)"]
    with pytest.raises(rb.errors.BehaviorError, match="not a Bell scenario"):
        rb.quantify(rb.Behavior([[[0.25] * 2] * 2] * 2, "A B", "Z"))
    with pytest.raises(rb.errors.BehaviorError, match="'observed' where there are counts"):
        rb.quantify(rb.boxes.pr(), input_distribution="observed")
    with pytest.raises(rb.errors.BehaviorError, match="cannot quantify an int"):
        rb.quantify(3)


def test_json_witness_in_the_units_of_the_catalog():
    data = rb.quantify(rb.boxes.pr()).to_dict()
    witness = data["relaxations"][0]["witness"]
    assert witness["catalog"] == {"name": "CHSH", "value": 4.0, "bound": 2.0, "excess": 2.0}
    assert {"name", "functional", "value", "bound"} < set(witness)
    assert [row["witness"]["catalog"] for row in data["relaxations"] if row["measure"] == "I(X,Y:Λ)"] == [None]


@pytest.mark.parametrize("module", ["relaxbell", "relaxbell.cli"])
def test_python_runs_the_command_line_as_a_module(module):
    done = subprocess.run([sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"relaxbell {rb.__version__}\n"
    done = subprocess.run([sys.executable, "-m", module, "quantify", "nothing.csv"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "nothing.csv" in done.stderr
