"""The table of `relaxbell quantify` that the page "How to read a result" explains is what the command prints."""

import re
import textwrap
from pathlib import Path

from typer.testing import CliRunner

from relaxbell.cli import app

PAGE = (Path(__file__).parent.parent / "docs" / "reading_results.rst").read_text()


def test_the_delft_table_is_printed_as_shown():
    block = re.search(r"^\.\. code-block:: console\n\n((?:   .*\n|\n)+)", PAGE, re.MULTILINE)[1]
    prompt, _, table = textwrap.dedent(block).strip("\n").partition("\n")
    assert CliRunner().invoke(app, prompt.removeprefix("$ relaxbell ").split()).output.strip("\n") == table


def test_every_column_is_explained():
    head = next(line for line in PAGE.splitlines() if line.strip().startswith("relaxation "))
    named = set(re.findall(r"^\*(.+)\*$", PAGE, re.MULTILINE))
    assert set(re.split(r" {2,}", head.strip())) - {"relaxation", "edges added"} <= named
