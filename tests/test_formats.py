"""The page "Data formats" names everything that reads or writes."""

import inspect
import re
from pathlib import Path

import pytest
from public import PUBLIC

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "formats.rst").read_text()
READS_OR_WRITES = re.compile(r"(from_|to_|read_|write_|load|save)")


def found():
    for name, value in PUBLIC.items():
        if inspect.isclass(value):
            yield from (own for own in dir(value) if READS_OR_WRITES.match(own))
        elif READS_OR_WRITES.match(name):
            yield name


@pytest.mark.parametrize("name", sorted(set(found()) - {"to_qutip", "reading"}))
def test_every_reader_and_writer_is_named(name):
    assert re.search(rf"\b{name}\b", PAGE)


def test_the_overview_links_to_sections():
    sections = set(re.findall(r"^(.+)\n[-=]{4,}$", PAGE, re.MULTILINE))
    linked = set(re.findall(r"<([A-Z][\w ]+)_>`__", PAGE))
    assert linked
    assert linked <= sections
