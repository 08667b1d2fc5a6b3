"""The rows of "Side by side" in the page of conventions: what stands at the right is what the line returns."""

import re

import pytest
from tables import agrees, names, run, tables

PAGE = "docs/conventions.rst"
ROWS = [row for _, rows in tables(PAGE) for row in rows]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}: {row[2]}"[:80])
def test_the_line_returns_the_value(row):
    _, there, code, value, *_ = row
    found = run(code, names(PAGE))
    assert agrees(found, value.replace("\\|", "|"))
    if said := re.search(r" = ([\d./]+)$", there):
        top, _, bottom = said[1].partition("/")
        assert float(found) == pytest.approx(float(top) / float(bottom or 1), abs=1e-6)  # as their solvers end


def test_each_tool_has_rows():
    assert {row[0] for row in ROWS} == {"Ket", "toqito", "QETLAB", "PORTA", "dagitty"}
