"""README: its code runs, and what it prints is what is printed there."""

import contextlib
import io
import math
import re
import runpy
from collections import Counter
from pathlib import Path

import pytest
from tables import agrees, run
from typer.testing import CliRunner

from relaxbell import __version__
from relaxbell.cli import app

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(kind):
    return [body for language, body in BLOCK.findall(README.read_text()) if language == kind]


def without_columns(text):
    """Return it without the number of columns that were generated: it depends on the last bit of a cosine."""
    return re.sub(r"\(\d+ of about", "(… of about", text)


@pytest.mark.parametrize(("code", "printed"), list(zip(blocks("python"), blocks("text"), strict=True)))
def test_examples_print_what_they_say(code, printed, monkeypatch):
    monkeypatch.chdir(README.parent)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    assert without_columns(out.getvalue()) == without_columns(printed)


def test_the_certificate_is_verified_as_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = next(block for block in blocks("console") if "certificates" in block)
    make, check, printed = command.split("\n", 2)
    runs = [CliRunner().invoke(app, line.removeprefix("$ .venv/bin/relaxbell ").split()) for line in (make, check)]
    assert [run.exit_code for run in runs] == [0, 0]
    assert runs[1].output == printed


def test_set_up_is_two_commands():
    assert len(blocks("console")[0].splitlines()) == 2


def test_there_are_no_other_blocks():
    languages = Counter(language for language, _ in BLOCK.findall(README.read_text()))
    assert languages == {"python": 4, "text": 4, "console": 3, "py": 1, "bibtex": 1}


def test_each_door_is_ten_lines():
    for code in blocks("python"):
        assert len([line for line in code.splitlines() if line]) <= 11  # ten, and the import


def results():
    """Yield (result, line, value) of the table of what is new."""
    section = README.read_text().partition("## What is new")[2].partition("\n## ")[0]
    head, rule, *rows = [line for line in section.splitlines() if line.startswith("|")]
    assert (head, rule) == ("| result | line | value |", "|---|---|---|")
    for row in rows:
        yield pytest.param(*row.strip("| ").split(" | "), id=row[2:50])


@pytest.mark.parametrize(("result", "line", "value"), list(results()))
def test_what_is_new_is_computed(result, line, value):
    names = {}
    exec(compile(blocks("py")[0], "README.md", "exec"), names)
    assert agrees(run(f"`{line}`", names), value)


def test_the_table_of_tools_is_whole():
    section = README.read_text().partition("## Beside other tools")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert "?" not in {cell.strip() for row in rows for cell in row}
    assert (
        len(re.findall(r"^\d\. ", section, re.MULTILINE))
        == len([row for row in rows if row[0].strip()[-1:] in "¹²³⁴⁵⁶⁷"]) - 1
    )


def test_what_to_cite_is_what_the_citation_file_says():
    """Chaves, Kueng, Brask, Gross: Phys. Rev. Lett. 114, 140403 (2015)."""
    software, paper = re.findall(r"@\w+\{(.*?)\n\}", blocks("bibtex")[0], re.DOTALL)
    cited = (README.parent / "CITATION.cff").read_text()
    for entry, fields in ((software, ("version", "license")), (paper, ("volume", "number", "pages", "year", "doi"))):
        for field in fields:
            value = re.search(rf"^  {field} += \{{(.*)\}}", entry, re.MULTILINE)[1]
            assert re.search(rf'^ *\w+: "?{re.escape(value)}"?$', cited, re.MULTILINE), (field, value)
    for name in re.findall(r"family-names: (\w+)", cited):
        assert f"{name}, " in paper
    assert "doi: 10.1103/PhysRevLett.114.140403" in cited
    assert f"version: {__version__}" in cited


def test_linked_files_exist():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target


def test_the_picture_shows_what_is_computed():
    """C(A→B) = 2 CH, C(X→B) = M = CH = (√2 − 1)/2 and I = 2 − h(P) − P log2 3 bit, P = (2 + √2)/4, at v = 1."""
    pytest.importorskip("matplotlib")
    script = README.parent / "docs" / "pictures" / "visibility.py"
    drawn = runpy.run_path(str(script))["draw"]()
    texts = {text.get_text() for ax in drawn.axes for text in ax.texts}
    ch, P = (math.sqrt(2) - 1) / 2, (2 + math.sqrt(2)) / 4
    information = 2 + P * math.log2(P) + (1 - P) * math.log2(1 - P) - P * math.log2(3)
    assert {f"C(A → B) = {2 * ch:.4f}", f"C(X → B) = {ch:.4f}\n= M(X,Y:Λ)"} <= texts
    assert {f"I(X,Y:Λ) = {information:.4f} bit", "v = √2/2"} <= texts
    assert script.with_suffix(".svg").read_text().startswith("<?xml")


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE"])
def test_companions(name):
    assert (README.parent / name).stat().st_size > 0
