"""Tables in pages whose rows are run: a line of code, and the value that it returns, to the digits that are shown."""

import doctest
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
TABLE = re.compile(r"^\.\. csv-table::\n((?:   :.*\n)+)\n((?:   .+\n?)+)", re.MULTILINE)


def tables(page: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield the options and the rows of each table of a page that is written with bars."""
    for options, body in TABLE.findall((ROOT / page).read_text()):
        if ":delim: |" in options:
            yield options, [[cell.strip() for cell in line.split(" | ")] for line in body.splitlines()]


@cache
def names(page: str) -> dict[str, Any]:
    """Return what the examples of a page define."""
    found: dict[str, Any] = {}
    for example in doctest.DocTestParser().get_examples((ROOT / page).read_text()):
        if example.exc_msg is None:
            exec(compile(example.source, page, "exec"), found)
    return found


def run(code: str, scope: dict[str, Any]) -> Any:
    """Return what a line in double backticks gives; the pages are ours."""
    assert re.fullmatch(r"``[^`]+``", code)
    return eval(code.strip("`"), scope)


def agrees(found: object, value: str) -> bool:
    """Return whether a value is what is printed."""
    if not isinstance(found, float):
        return str(found) == value
    digits = len(value.partition(".")[2])
    assert digits >= 3
    return bool(found == pytest.approx(float(value), abs=0.5 * 10**-digits * (1 + 1e-6)))
