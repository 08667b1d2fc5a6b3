"""Certificates of solutions and infeasibility, their files, and the command line."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from certificates import infeasible, is_true, unequal
from typer.testing import CliRunner

import relaxbell as rb
from relaxbell.cli import app

run = CliRunner().invoke


@pytest.fixture
def pr():
    return rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())


def test_a_solution_claims_what_is_known_exactly(pr):
    certificate = pr.certificate
    assert certificate is pr.certificate
    assert certificate.data["claim"] == {"lower_bound": "1/2", "upper_bound": "1/2"}
    assert certificate.claim.endswith("has C(X -> B) >= 1/2, and one attains it: minimum = 1/2")
    assert json.loads(certificate.to_json()) == certificate.data
    with pytest.raises(AttributeError):
        certificate.data = {}


def test_a_changed_certificate_says_so(pr):
    changed = rb.classes.Certificate({**pr.certificate.data, "claim": {"lower_bound": "2/3"}})
    with pytest.raises(rb.errors.CertificateError, match="proves nothing"):
        changed.verify()


def test_a_file_and_the_command_line(pr, tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    pr.certificate.save(good)
    bad.write_text(good.read_text().replace('"lower_bound": "1/2"', '"lower_bound": "2/3"'))
    result = run(app, ["verify", str(good)])
    assert result.exit_code == 0
    assert result.output == f"{good}: verified: {pr.certificate.claim}\n"
    both = run(app, ["verify", str(bad), str(good)])
    assert both.exit_code == 1
    assert "bad.json: refused: the proof gives the lower bound 1/2, less than 2/3" in both.output
    assert "good.json: verified" in both.output
    missing = run(app, ["verify", str(tmp_path / "nowhere.json")])
    assert missing.exit_code == 1
    assert "nowhere.json: refused: the file cannot be read: there is no such file" in missing.output


def test_a_file_is_read_again(pr, tmp_path):
    path = tmp_path / "pr.json"
    pr.certificate.save(path)
    for own in (path, str(path)):
        loaded = rb.classes.Certificate.load(own)
        assert loaded.data == pr.certificate.data
        assert loaded.claim == pr.certificate.claim
    loaded.save(path)
    assert path.read_text() == pr.certificate.to_json()


def test_what_is_read_is_not_believed(pr, tmp_path):
    path = tmp_path / "false.json"
    path.write_text(pr.certificate.to_json().replace('"lower_bound": "1/2"', '"lower_bound": "2/3"'))
    with pytest.raises(rb.errors.CertificateError, match="lower bound 1/2, less than 2/3"):
        rb.classes.Certificate.load(path).verify()


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (b"", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[1, 2]", "holds no certificate"),
        (b'{"schema": "relaxbell-checkpoint-1"}', "holds no certificate"),
        (b'{"schema": ["relaxbell-curve-1"]}', "holds no certificate"),
        (b'{"schema": 1, "schema": 2}', "a field is given twice"),
        (b'{"schema": ' + b"7" * 5000 + b"}", "an integer of 5000 digits"),
        (None, "there is no such file"),
    ],
)
def test_a_file_that_holds_no_certificate(contents, reason, tmp_path):
    path = tmp_path / "c.json"
    if contents is not None:
        path.write_bytes(contents)
    with pytest.raises(rb.errors.CertificateError, match=rf"c\.json.*{reason}.*Certificate.save wrote"):
        rb.classes.Certificate.load(path)
    with pytest.raises(rb.errors.CertificateError, match="is a directory or device"):
        rb.classes.Certificate.load(tmp_path)


def test_numbers_longer_than_the_verifier_reads():
    """Their digits are not even written: Python refuses more than 4300."""
    box = rb.boxes.pr().visibility(1 - Fraction(1, 10**5000))
    solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), box)
    with pytest.raises(rb.errors.CertificateError, match=r"no certificate: a number has about 49\d\d digits"):
        _ = solution.certificate


def test_a_measure_states_itself_by_its_term(pr):
    """Without a definition the certificate is the same: the term says how the verifier builds its rows."""
    undefined = rb.measure(pr.measure.model, pr.measure.term, name="mine")
    assert replace(pr, measure=undefined).certificate.data == pr.certificate.data


def test_what_exceeds_the_limits_is_refused_by_name():
    model = rb.input_signaling((1, 2), (2, 3))
    noise = rb.Behavior(np.full((2, 3, 1, 2), Fraction(1, 6), dtype=object))
    tiny = rb.measure(model, {"tiny": np.full(model.strategies.count, 1e-310)}, norm="sum")
    assert rb.minimize(tiny, noise).certificate.verify()  # 2^-1074 fits
    with pytest.raises(rb.errors.CertificateError, match="no certificate: a number has about"):
        _ = rb.minimize(tiny * Fraction(1, 10**1000), noise).certificate


@pytest.mark.parametrize("factor", [3, Fraction(1, 3), 0])
def test_multiples_share_their_factor(factor):
    """min f C = f min C, for factors above and below one and zero."""
    both = rb.bell().relax("X -> B", "Y -> A")
    there, back = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    s = rb.minimize(factor * rb.maximum(2 * there, factor * (back + there)), rb.boxes.pr())
    assert float(Fraction(s.certificate.data["claim"]["lower_bound"])) == pytest.approx(s.value, abs=1e-9)
    assert is_true(s.certificate.data)


def test_rounded_rows_still_give_a_true_claim():
    """Coefficients that are rounded for the solver are exact in the certificate; the claim follows from these."""
    table = rb.catalog.CHSH.coefficients * Fraction(10**7 + 1, 10**7 + 3) + Fraction(1, 3**20)
    functional = rb.BellFunctional(table, "A B", "X Y")
    seen = rb.Observed([(functional, Fraction(5, 2))], nonsignaling=True)
    s = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), seen)
    assert s.proof.problem.equations.rows.error > 0
    assert s.certificate.verify()
    assert is_true(s.certificate.data)
    claimed = s.certificate.data["claim"]["lower_bound"]
    assert float(Fraction(claimed)) == pytest.approx(s.lower_bound, abs=1e-9)


def test_infeasibility():
    error = infeasible(rb.measure(rb.bell(), np.zeros((1, 16))), rb.boxes.tsirelson())
    assert error.certificate is error.certificate
    assert error.certificate.data["claim"] == {"infeasible": True}
    assert error.certificate.data["measure"] is None


def test_both_ends_of_a_query():
    """The certified ends of Balke and Pearl's bounds enclose what minimize reports (lipid data: 0.392, 0.780)."""
    lipid = rb.Behavior(
        [[[Fraction(919, 1000), Fraction(315, 1000)], [0, Fraction(139, 1000)]],
         [[Fraction(81, 1000), Fraction(73, 1000)], [0, Fraction(473, 1000)]]], "B A", "Z",
    )  # fmt: skip
    both = rb.bounds(rb.average_causal_effect(rb.instrumental(), "A", "B"), lipid)
    claims = [s.certificate.data["claim"]["lower_bound"] for s in (both.minimum, both.maximum)]
    assert claims == ["49/125", "-39/50"]


# ------------------------------------------------------------------------- quantify


@pytest.mark.slow
def test_quantify_writes_a_certificate_for_each_row(tmp_path):
    folder = tmp_path / "new" / "certificates"
    result = run(app, ["quantify", "delft2015", "--certificates", str(folder)])
    assert result.exit_code == 0, result.output
    assert f"16 certificates written to {folder}, each verified" in result.output
    files = sorted(folder.iterdir())
    names = ["C_A-B", "C_B-A", "C_X-B", "C_Y-A", "H_M", "Hall_X-Y_L", "I_X-Y_L", "M_X-Y_L"]
    assert {path.stem for path in files} == {*names, *(f"{name}.evidence" for name in names)}
    assert run(app, ["verify", *map(str, files)]).output.count(": verified: ") == 16
    for path in folder.glob("*.evidence.json"):
        claimed = Fraction(json.loads(path.read_text(encoding="utf-8"))["claim"]["p_value"])
        assert float(claimed) == pytest.approx(0.05, rel=1e-12)  # of the limit with 95 % confidence


def test_files_are_told_apart_without_case(tmp_path):
    report = rb.quantify(rb.boxes.pr().rename({"X": "b", "Y": "a"}))
    stems = [path.stem for path in report.save_certificates(tmp_path)]
    assert stems[:4] == ["C_b-B", "C_a-A", "C_A-B", "C_B-A"]
    assert len({stem.casefold() for stem in stems}) == len(report.rows)


@pytest.mark.slow
def test_json_stays_on_standard_output(tmp_path):
    result = run(app, ["quantify", "delft2015", "--json", "--certificates", str(tmp_path)])
    assert json.loads(result.stdout)["data"]["trials"] == 245


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    result = run(app, ["quantify", "delft2015", "--certificates", str(tmp_path / "file")])
    assert result.exit_code == 1
    assert "error:" in result.output
    assert "Traceback" not in result.output


def test_quantify_unequal_cardinalities(tmp_path):
    """Outputs (3, 2): every row's claim is the row's bound."""
    report = rb.quantify(rb.Behavior(unequal().table[..., :2]))
    paths = report.save_certificates(tmp_path)
    assert len(paths) == len(set(paths)) == sum(row.solution is not None for row in report.rows)
    solved = [row.solution for row in report.rows if row.solution is not None]
    for path, solution in zip(paths, solved, strict=True):
        claimed = json.loads(path.read_text(encoding="utf-8"))["claim"]["lower_bound"]
        assert float(Fraction(claimed)) == pytest.approx(solution.lower_bound, abs=1e-9)
