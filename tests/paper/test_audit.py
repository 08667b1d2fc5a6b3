"""The audit: every verdict is the expected one, and everything the paper numbers is in it."""

import json
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import relaxbell.paper.audit as audit
from relaxbell.cli import app
from relaxbell.errors import RelaxbellError
from relaxbell.paper.audit import CLAIMS, reproduce
from relaxbell.paper.claim import Claim, Evidence, run

SLOW = {
    *("M of quantum behaviors", "classes without signaling", "Fig. 3, curves", "0.0463, vertex"),
    *("Eq. 1", "Eq. 3", "Eq. 11", "Eq. 36", "M_BL"),
}
"""Dimension 16, 480 facets in 15 dimensions, curves of information, closed forms: each takes a second or more."""

WHERE = " ".join(claim.where for claim in CLAIMS)


@pytest.mark.parametrize(
    "claim", [pytest.param(c, marks=[pytest.mark.slow] if c.id in SLOW else []) for c in CLAIMS], ids=lambda c: c.id
)
def test_claim(claim):
    (outcome,) = reproduce([claim.id])
    assert outcome.as_expected, outcome.evidence or outcome.problem
    assert outcome.evidence.text


def equations(text):
    """Numbers of the equations in a text such as 'Eqs. (4), (29)–(31)'."""
    found = set()
    for first, last in re.findall(r"\((\d+)\)(?:–\((\d+)\))?", text):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def test_every_equation_is_audited():
    """The paper numbers its equations from (1) to (62)."""
    assert equations(WHERE) == set(range(1, 63))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Table I",
            "Fig. 1",
            "Fig. 2",
            "Fig. 3",
            "Fig. 4",
            "Fig. 5",
            "Theorem 1",
            "Theorem 2",
            "Example 3",
            "Example 4",
        ),
        *("Lemma 5", "Theorem 6", "Theorem 7", "Corollary 8", "Proposition 9"),
    ],
)
def test_every_table_figure_and_statement_is_audited(name):
    assert re.search(rf"{re.escape(name)}(?!\d)", WHERE)


@pytest.mark.parametrize(
    "number",
    ["0.736", "0.0663", "0.0463", "3.214", "d ≥ 16", "d ≥ 5", "0.090", "0.207", "0.714", "0.16", "0.34", "64", "1/15"],
)
def test_quoted_numbers_are_audited(number):
    assert any(number in claim.printed for claim in CLAIMS)


def test_ids_are_unique():
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)


def test_every_refuted_claim_says_what_is_correct():
    assert all(bool(claim.erratum) == (claim.expected == "refuted") for claim in CLAIMS)


def test_command_line():
    run = CliRunner().invoke(app, ["reproduce", "--only", "Table I", "--only", "Eq. 7, A → B", "--json"])
    assert run.exit_code == 0
    table, erratum = json.loads(run.stdout)
    assert table["verdict"] == "proved"
    assert erratum["verdict"] == "refuted"
    assert "PR box needs 1, printed 1/2" in erratum["evidence"]
    assert set(table) == {"id", "where", "printed", "verdict", "expected", "evidence", "erratum", "seconds"}


@pytest.mark.slow
def test_nothing_but_json_on_standard_output():
    """In a process of its own: solvers print past Python's sys.stdout, and the bar goes to standard error."""
    code = (
        "import sys, relaxbell.cli as c; sys.argv = ['relaxbell', 'reproduce', '--only', 'Pinsker', '--json']; c.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (outcome,) = json.loads(done.stdout)
    assert outcome["verdict"] == "refuted"
    assert done.stderr == ""
    assert outcome["seconds"] > 0


def test_unknown_claims_are_named():
    run = CliRunner().invoke(app, ["reproduce", "--only", "Eq. 99"])
    assert run.exit_code == 2
    assert "no claim 'Eq. 99'" in run.output


def test_a_wrong_verdict_is_not_as_expected():
    claim = Claim("x", "nowhere", "1 = 2", "proved", lambda: Evidence("refuted", "1 ≠ 2"))
    (outcome,) = run([claim])
    assert not outcome.as_expected
    assert outcome.to_dict()["verdict"] == "refuted"


def fails():
    raise RelaxbellError("the program did not converge")


@pytest.mark.parametrize(
    ("check", "shown"),
    [
        (lambda: Evidence("numerical", "1 = 1.0000001"), "numerical"),
        (fails, "the program did not converge"),
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
)
def test_exit_status_tells_of_one_unexpected_verdict(monkeypatch, check, shown):
    """A weaker verdict than the expected one, and a check that fails, both count."""
    good = Claim("good", "Eq. (1)", "1 = 1", "proved", lambda: Evidence("proved", "1 = 1"))
    monkeypatch.setattr(audit, "CLAIMS", (good, Claim("bad", "Eq. (2)", "1 = 1", "proved", check)))
    result = CliRunner().invoke(app, ["reproduce"])
    assert result.exit_code == 1
    assert shown.lower() in result.stdout.lower()
    assert "2 claims: 1 with the expected verdict" in result.stdout
    assert CliRunner().invoke(app, ["reproduce", "--only", "good"]).exit_code == 0
