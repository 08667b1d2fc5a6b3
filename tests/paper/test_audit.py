"""The audit: every verdict is the expected one, and the verdicts depend on what is computed."""

import json

import pytest
from typer.testing import CliRunner

from relaxbell.cli import app
from relaxbell.paper.audit import CLAIMS, reproduce
from relaxbell.paper.claim import Claim, Evidence, run


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_claim(claim):
    (outcome,) = reproduce([claim.id])
    assert outcome.as_expected, outcome.evidence or outcome.problem
    assert outcome.evidence.text


def test_ids_are_unique():
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)


def test_every_refuted_claim_says_what_is_correct():
    assert all(claim.erratum for claim in CLAIMS if claim.expected == "refuted")


def test_command_line():
    run = CliRunner().invoke(app, ["reproduce", "--only", "Table I", "--only", "Eq. 7, A → B", "--json"])
    assert run.exit_code == 0
    table, erratum = json.loads(run.output)
    assert table["verdict"] == "proved"
    assert erratum["verdict"] == "refuted"
    assert "PR box needs 1, printed 1/2" in erratum["evidence"]


def test_unknown_claims_are_named():
    run = CliRunner().invoke(app, ["reproduce", "--only", "Eq. 99"])
    assert run.exit_code == 2
    assert "no claim 'Eq. 99'" in run.output


def test_a_wrong_verdict_is_not_as_expected():
    claim = Claim("x", "nowhere", "1 = 2", "proved", lambda: Evidence("refuted", "1 ≠ 2"))
    (outcome,) = run([claim])
    assert not outcome.as_expected
    assert outcome.to_dict()["verdict"] == "refuted"
