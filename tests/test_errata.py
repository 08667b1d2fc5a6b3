"""The page of errata: what the command prints, and nothing else."""

import re
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relaxbell.cli import app
from relaxbell.paper.audit import CLAIMS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "errata.rst").read_text()
REFUTED = [claim for claim in CLAIMS if claim.expected == "refuted"]


def plain(text):
    """Return what stands there without the backslashes of reStructuredText or Markdown."""
    return re.sub(r"\\(.)", r"\1", text)


def rows():
    """Return the cells of the table, line by line."""
    table = PAGE.partition(".. list-table::")[2]
    return [
        [plain(cell) for cell in re.findall(r"^ +(?:\* )?- (.*)$", row, re.MULTILINE)]
        for row in re.split(r"^(?=   \* - )", table, flags=re.MULTILINE)[1:]
    ]


@pytest.mark.parametrize("claim", REFUTED, ids=lambda claim: claim.id)
def test_the_errata_are_what_the_command_prints(claim):
    run = CliRunner().invoke(app, ["reproduce", "--errata", "--only", claim.id])
    head, _, printed = run.stdout.splitlines()
    cells = [[plain(cell) for cell in re.split(r"(?<!\\) \| ", line.strip("| "))] for line in (head, printed)]
    assert cells == [rows()[0], rows()[1 + REFUTED.index(claim)]]


def test_there_are_no_other_errata():
    assert len(rows()) == 1 + len(REFUTED)


@pytest.mark.parametrize("page", ["docs/errata.rst", "README.md"])
def test_the_verdicts_are_counted(page):
    counts = Counter(claim.expected for claim in CLAIMS)
    text = ", ".join(f"{counts[kind]} {kind}" for kind in ("proved", "exact at points", "numerical", "refuted"))
    assert f"{len(CLAIMS)} claims: {text}" in " ".join((ROOT / page).read_text().split())
