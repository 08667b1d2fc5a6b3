"""The rows of two pages, published values and wrong guesses: each line of code returns the value beside it."""

import re

import pytest
from tables import agrees, names, run, tables

PUBLISHED, GUESSES = "docs/literature.rst", "docs/good_guesses.rst"
VERDICTS = {"agrees", "new", "another bound"}


def rows(page):
    """Yield the five cells of each row, marked slow in tables of longer computations."""
    for options, cells in tables(page):
        for row in cells:
            marks = [pytest.mark.slow] if ":class: longer" in options else []
            yield pytest.param(*row, id=f"{row[0]}: {row[2]}"[:80], marks=marks)


ROWS = list(rows(PUBLISHED))


def test_there_are_enough_rows_and_each_says_where_it_is_from():
    assert len(ROWS) >= 40
    cited = re.compile(r"arXiv:|doi:|PRL|\d{4}$|the same|computed here|causaloptim|no symmetry")
    for row in ROWS:
        assert len(row.values) == 5
        assert cited.search(row.values[1])
        assert row.values[4] in VERDICTS or row.values[4].startswith("``")


@pytest.mark.parametrize(("quantity", "source", "code", "value", "verdict"), ROWS)
def test_the_line_returns_the_value(quantity, source, code, value, verdict):
    found = run(code, names(PUBLISHED))
    assert agrees(found, value)
    if verdict.startswith("``"):
        sentence = run(verdict, names(PUBLISHED)).verify()
        assert "minimum = " in sentence or " >= " in sentence
        printed = [float(number) for number in re.findall(r"\d\.\d+", quantity)]
        assert all(abs(float(found) - number) > 1e-3 for number in printed)


@pytest.mark.parametrize(("quantity", "guess", "code", "value", "guessed"), list(rows(GUESSES)))
def test_the_guess_is_another_value(quantity, guess, code, value, guessed):
    assert agrees(run(code, names(GUESSES)), value)
    assert not agrees(run(guessed, names(GUESSES)), value)
