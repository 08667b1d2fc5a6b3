"""The rows of the page "From the literature": each line of code returns the value beside it, to the digits shown."""

import doctest
import re
from functools import cache
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "literature.rst"
TABLE = re.compile(r"^\.\. csv-table::\n((?:   :.*\n)+)\n((?:   .+\n?)+)", re.MULTILINE)
VERDICTS = {"agrees", "new", "another bound"}


def rows():
    """Yield (quantity, source, code, value, last cell), marked slow in tables of longer computations."""
    for options, body in TABLE.findall(PAGE.read_text()):
        for line in body.splitlines():
            cells = [cell.strip() for cell in line.split(" | ")]
            marks = [pytest.mark.slow] if ":class: longer" in options else []
            yield pytest.param(*cells, id=f"{cells[0]}: {cells[2]}"[:80], marks=marks)


ROWS = list(rows())


@cache
def names():
    """What the page's first lines define."""
    found = {}
    for example in doctest.DocTestParser().get_examples(PAGE.read_text()):
        exec(compile(example.source, str(PAGE), "exec"), found)
    return found


def run(code):
    assert re.fullmatch(r"``[^`]+``", code)
    return eval(code.strip("`"), names())


def test_there_are_enough_rows_and_each_says_where_it_is_from():
    assert len(ROWS) >= 40
    cited = re.compile(r"arXiv:|doi:|PRL|\d{4}$|the same|computed here|causaloptim|no symmetry")
    for row in ROWS:
        assert len(row.values) == 5
        assert cited.search(row.values[1])
        assert row.values[4] in VERDICTS or row.values[4].startswith("``")


@pytest.mark.parametrize(("quantity", "source", "code", "value", "verdict"), ROWS)
def test_the_line_returns_the_value(quantity, source, code, value, verdict):
    found = run(code)
    if isinstance(found, float):
        digits = len(value.partition(".")[2])
        assert digits >= 3
        assert found == pytest.approx(float(value), abs=0.5 * 10**-digits * (1 + 1e-6))
    else:
        assert str(found) == value
    if verdict.startswith("``"):
        sentence = run(verdict).verify()
        assert "minimum = " in sentence or " >= " in sentence
        printed = [float(number) for number in re.findall(r"\d\.\d+", quantity)]
        assert all(abs(float(found) - number) > 1e-3 for number in printed)
