"""The rows of two pages, published values and wrong guesses: each line of code returns the value beside it."""

import doctest
import re
from functools import cache
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
PUBLISHED, GUESSES = DOCS / "literature.rst", DOCS / "good_guesses.rst"
TABLE = re.compile(r"^\.\. csv-table::\n((?:   :.*\n)+)\n((?:   .+\n?)+)", re.MULTILINE)
VERDICTS = {"agrees", "new", "another bound"}


def rows(page):
    """Yield the five cells of each row, marked slow in tables of longer computations."""
    for options, body in TABLE.findall(page.read_text()):
        for line in body.splitlines():
            cells = [cell.strip() for cell in line.split(" | ")]
            marks = [pytest.mark.slow] if ":class: longer" in options else []
            yield pytest.param(*cells, id=f"{cells[0]}: {cells[2]}"[:80], marks=marks)


ROWS = list(rows(PUBLISHED))


@cache
def names(page):
    """What the page's first lines define."""
    found = {}
    for example in doctest.DocTestParser().get_examples(page.read_text()):
        exec(compile(example.source, str(page), "exec"), found)
    return found


def run(code, page=PUBLISHED):
    assert re.fullmatch(r"``[^`]+``", code)
    return eval(code.strip("`"), names(page))


def test_there_are_enough_rows_and_each_says_where_it_is_from():
    assert len(ROWS) >= 40
    cited = re.compile(r"arXiv:|doi:|PRL|\d{4}$|the same|computed here|causaloptim|no symmetry")
    for row in ROWS:
        assert len(row.values) == 5
        assert cited.search(row.values[1])
        assert row.values[4] in VERDICTS or row.values[4].startswith("``")


def agrees(found, value):
    if not isinstance(found, float):
        return str(found) == value
    digits = len(value.partition(".")[2])
    assert digits >= 3
    return found == pytest.approx(float(value), abs=0.5 * 10**-digits * (1 + 1e-6))


@pytest.mark.parametrize(("quantity", "source", "code", "value", "verdict"), ROWS)
def test_the_line_returns_the_value(quantity, source, code, value, verdict):
    found = run(code)
    assert agrees(found, value)
    if verdict.startswith("``"):
        sentence = run(verdict).verify()
        assert "minimum = " in sentence or " >= " in sentence
        printed = [float(number) for number in re.findall(r"\d\.\d+", quantity)]
        assert all(abs(float(found) - number) > 1e-3 for number in printed)


@pytest.mark.parametrize(("quantity", "guess", "code", "value", "guessed"), list(rows(GUESSES)))
def test_the_guess_is_another_value(quantity, guess, code, value, guessed):
    assert agrees(run(code, GUESSES), value)
    assert not agrees(run(guessed, GUESSES), value)
