"""The page of theorems: each has a proof, and each kind of certificate points to one."""

import re
from pathlib import Path

import pytest

from relaxbell import verify
from relaxbell.verify.measures import MORE

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "theorems.rst").read_text()
STATED = re.compile(r"^\*\*((?:Theorem|Lemma)[^*]*)\*\*", re.MULTILINE)
TABLE = PAGE.partition("Which certificate is proved by what")[2].partition("\nConventions\n")[0]
NO_STATEMENT = {"__init__", "__main__", "digest", "files", "model", "reading", "refusals", "rounding", "wording"}


@pytest.mark.parametrize("number", range(len(STATED.findall(PAGE))))
def test_every_theorem_has_a_proof(number):
    begins = [found.start() for found in STATED.finditer(PAGE)]
    text = PAGE[begins[number] : [*begins, len(PAGE)][number + 1]]
    assert re.search(r"^\*Proof\.\*", text, re.MULTILINE)
    assert "∎" in text


def test_every_kind_of_certificate_is_in_the_table():
    kinds = {*verify._KINDS, *MORE, "probability", "influence", "dependence", "rows", "sum", "maximum", "fraction"}
    assert {kind for kind in kinds if f"``{kind}``" not in TABLE} == set()


def test_every_file_that_proves_is_in_the_table():
    files = {path.stem for path in (ROOT / "relaxbell" / "verify").glob("*.py")} - NO_STATEMENT
    assert {name for name in files if f"``{name}``" not in TABLE} == set()


def test_the_theorems_named_in_the_table_are_there():
    named = re.findall(r"\b(\d+[a-e]?)\b", " ".join(re.findall(r"^     - (\d.*)$", TABLE, re.MULTILINE)))
    stated = {name for text in STATED.findall(PAGE) for name in re.findall(r"\d+[a-e]?", text)}
    assert named
    assert set(named) <= stated
