"""The rows of the page "From the literature": each line of code returns the value beside it, to the digits shown."""

import re

import pytest
from tables import check, names, run, tables

PAGE = "docs/literature.rst"
VERDICTS = {"agrees", "new", "another bound"}
ROWS = [
    pytest.param(*cells, id=f"{cells[0]}: {cells[2]}"[:80], marks=[pytest.mark.slow] * (":class: longer" in options))
    for options, rows in tables(PAGE)
    for cells in rows
]


def test_there_are_enough_rows_and_each_says_where_it_is_from():
    assert len(ROWS) >= 40
    cited = re.compile(r"arXiv:|doi:|PRL|\d{4}$|the same|computed here|causaloptim|no symmetry")
    for row in ROWS:
        assert len(row.values) == 5
        assert cited.search(row.values[1])
        assert row.values[4] in VERDICTS or row.values[4].startswith("``")


@pytest.mark.parametrize(("quantity", "source", "code", "value", "verdict"), ROWS)
def test_the_line_returns_the_value(quantity, source, code, value, verdict):
    found = run(code, names(PAGE))
    check(found, value)
    if verdict.startswith("``"):
        sentence = run(verdict, names(PAGE)).verify()
        assert "minimum = " in sentence or " >= " in sentence
        printed = [float(number) for number in re.findall(r"\d\.\d+", quantity)]
        assert all(abs(float(found) - number) > 1e-3 for number in printed)
