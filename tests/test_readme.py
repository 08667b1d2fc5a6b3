"""README: its code runs, and what it prints is what is printed there."""

import contextlib
import io
import re
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relaxbell.cli import app
from relaxbell.paper.audit import CLAIMS

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(kind):
    return [body for language, body in BLOCK.findall(README.read_text()) if language == kind]


@pytest.mark.parametrize(("code", "printed"), list(zip(blocks("python"), blocks("text"), strict=True)))
def test_examples_print_what_they_say(code, printed):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    assert out.getvalue() == printed


def test_the_delft_table_is_printed_as_shown():
    command = next(block for block in blocks("console") if "quantify" in block)
    prompt, _, table = command.partition("\n")
    arguments = prompt.removeprefix("$ .venv/bin/relaxbell ").split()
    assert CliRunner().invoke(app, arguments).output == table


def test_the_certificate_is_verified_as_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = next(block for block in blocks("console") if "certificates" in block)
    make, check, printed = command.split("\n", 2)
    runs = [CliRunner().invoke(app, line.removeprefix("$ .venv/bin/relaxbell ").split()) for line in (make, check)]
    assert [run.exit_code for run in runs] == [0, 0]
    assert runs[1].output == printed


def errata():
    """Rows of the table under "What we found in the paper"."""
    section = README.read_text().partition("## What we found in the paper")[2]
    head, rule, *rows = [line for line in section.splitlines() if line.startswith("|")]
    assert (head, rule) == ("| where | printed | computed | correct |", "|---|---|---|---|")
    return rows


REFUTED = [claim for claim in CLAIMS if claim.expected == "refuted"]


@pytest.mark.parametrize("claim", REFUTED, ids=lambda claim: claim.id)
def test_the_errata_are_what_the_command_prints(claim):
    run = CliRunner().invoke(app, ["reproduce", "--errata", "--only", claim.id])
    assert run.stdout.splitlines()[2:] == [errata()[REFUTED.index(claim)]]


def test_there_are_no_other_errata():
    assert len(errata()) == len(REFUTED)


def test_the_verdicts_are_counted():
    counts = Counter(claim.expected for claim in CLAIMS)
    text = ", ".join(f"{counts[kind]} {kind}" for kind in ("proved", "exact at points", "numerical", "refuted"))
    assert f"{len(CLAIMS)} claims: {text}" in " ".join(README.read_text().split())


def test_set_up_is_two_commands():
    assert len(blocks("console")[0].splitlines()) == 2


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE"])
def test_companions(name):
    assert (README.parent / name).stat().st_size > 0
