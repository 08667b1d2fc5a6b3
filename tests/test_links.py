"""Links that stay inside: pages, sections, files, names in backticks; addresses that leave are well formed.

`python -m sphinx -b linkcheck docs DIR` asks the addresses themselves, where there is a network.
"""

import importlib.util
import re
from pathlib import Path

import pytest
from public import PUBLIC

import relaxbell as rb

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.rst"))
MARKDOWN = sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("*.md"))
NAME = re.compile(r"(?<![`:\w])`(?:[^`<>]*<)?([A-Za-z_][\w.]*)>?`(?![`_\w])")


def text_of(page):
    """Return the prose of a page: no literal blocks, no code."""
    return re.sub(r"``.+?``", "", re.sub(r"^ *(>>>|\.\.\.).*$", "", (DOCS / page).read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_pages_and_pictures_exist(page):
    text = text_of(page)
    for title, target in re.findall(r":doc:`(?:([^`<]+) <)?/?([\w/.]+)>?`", text):
        start = DOCS if f"`/{target}" in text else (DOCS / page).parent
        assert (start / f"{target}.rst").exists(), (title, target)
    for target in re.findall(r"^\.\. (?:image|figure|literalinclude|include):: (\S+)$", text, re.MULTILINE):
        assert ((DOCS / page).parent / target).exists(), target


def resolve(name, module):
    """Return whether a public object, a member of one, or a module has this name, with or without its namespace."""
    name = name.removeprefix("relaxbell.").removeprefix("rb.")
    for full in (name, f"{module}.{name}".lstrip("."), *(f"{home}.{name}" for home in rb._NAMESPACES)):
        owner, _, member = full.rpartition(".")
        if full in PUBLIC or (
            owner in PUBLIC
            and (hasattr(PUBLIC[owner], member) or member in getattr(PUBLIC[owner], "__dataclass_fields__", ()))
        ):
            return True
    if importlib.util.find_spec(f"relaxbell.{name.partition('.')[0]}"):
        return True
    return name in {key.partition(".")[0] for key in PUBLIC if "." in key}  # a namespace


@pytest.mark.parametrize("page", PAGES)
def test_names_in_backticks_are_public(page):
    text = text_of(page)
    modules = {found.removeprefix("relaxbell").lstrip(".") for found in re.findall(r"currentmodule:: (\S+)", text)}
    unknown = {name for name in NAME.findall(text) if not any(resolve(name, own) for own in modules | {""})}
    assert unknown == set()


@pytest.mark.parametrize("page", MARKDOWN)
def test_files_that_markdown_links_to_exist(page):
    for target in re.findall(r"\]\((?!http|#|mailto:)([^)#]+)(?:#[^)]*)?\)", (ROOT / page).read_text()):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("page", [*(f"docs/{page}" for page in PAGES), *MARKDOWN])
def test_addresses_and_identifiers_are_well_formed(page):
    text = (ROOT / page).read_text()
    assert not re.search(r"http://(?!localhost)", text)
    for found in re.findall(r"arXiv:([^\s,;)|`~]+)", text):
        assert re.match(r"(\d{4}\.\d{4,5}|[a-z-]+/\d{7})(v\d+)?[.:]?$", found.rstrip("*'\"")), found
    for found in re.findall(r"doi:([^\s`]\S*)", text):
        assert re.match(r"10\.\d{4,}/\S", found), found


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.rst"])
def test_a_page_begins_by_saying_what_it_is_for(page):
    """Within its first screen: some words before the first section, directive or example."""
    _, _, body = (DOCS / page).read_text().partition("\n=")
    body = re.sub(r"^\.\. currentmodule::.*$", "", body, flags=re.MULTILINE)
    first = re.split(r"^(?:\.\. |>>> |[-=~]{4,}$)", body.partition("\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    assert len(first.split()) >= 4, page


@pytest.mark.parametrize("page", PAGES)
def test_heads_of_tables_are_cells(page):
    """Docutils reads the header with the delimiter of the rows."""
    for head, mark in re.findall(r"^   :header: (.*)\n(?:   :.*\n)*?   :delim: (\S)$", text_of(page), re.MULTILINE):
        assert head.count(f" {mark} ") >= 2
