"""The pages in `docs`: complete, and their code prints what it says. Sphinx itself is run by `.ci/run`."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest
from public import PUBLIC
from typer.testing import CliRunner

from relaxbell.cli import app

DOCS = Path(__file__).parent.parent / "docs"
REFERENCE = "\n".join(page.read_text() for page in sorted((DOCS / "reference").glob("*.rst")))
ENTRY = re.compile(r"^\.\. (currentmodule|auto(?:function|class|exception)|py:data):: (\S+)$", re.MULTILINE)
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.mark.parametrize("page", sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.rst")))
def test_the_code_prints_what_the_page_says(page):
    found = doctest.testfile(str(DOCS / page), module_relative=False, optionflags=FLAGS, encoding="utf-8")
    assert found.failed == 0


def listed():
    """Yield (kind, name) of the entries of the reference, as one writes the name after ``rb.``."""
    module = ""
    for kind, name in ENTRY.findall(REFERENCE):
        if kind == "currentmodule":
            module = name.removeprefix("relaxbell").lstrip(".")
        else:
            yield kind, name if name.startswith("relaxbell.") else f"{module}.{name}".lstrip(".")


def test_every_public_name_is_in_the_reference_once():
    names = [name for _, name in listed() if not name.startswith("relaxbell.")]
    assert sorted(names) == sorted(PUBLIC)


def test_classes_functions_and_errors_are_listed_as_what_they_are():
    """Members come with the class: `autodoc_default_options` in conf.py."""
    for kind, name in listed():
        home, _, last = name.rpartition(".")
        found = PUBLIC[name] if name in PUBLIC else getattr(importlib.import_module(home), last)
        if kind == "autoexception":
            assert issubclass(found, Exception)
        elif kind == "autoclass":
            assert inspect.isclass(found)
        else:
            assert inspect.isfunction(found) == (kind == "autofunction")
    assert '"members": True, "inherited-members": "Exception,tuple"' in (DOCS / "conf.py").read_text()


def test_every_page_is_in_the_table_of_contents():
    index = (DOCS / "index.rst").read_text()
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.rst")} - {"index"}
    assert pages == set(re.findall(r"^   ([\w/]+)$", index, re.MULTILINE))


def in_the_paper():
    """Return the first cells of the tables of `paper.rst`."""
    return re.findall(r"^   \* - (.+)$", (DOCS / "paper.rst").read_text(), re.MULTILINE)


def equations(cell):
    for first, last in re.findall(r"\((\d+)\)(?:–\((\d+)\))?", cell):
        yield from range(int(first), int(last or first) + 1)


def test_every_numbered_equation_of_the_paper_is_there():
    """arXiv:1411.4648 numbers its equations (1) to (62)."""
    cells = [cell for cell in in_the_paper() if re.search(r"\bEqs?\. \(", cell) and "fter Eq" not in cell]
    found = [number for cell in cells for number in equations(cell) if "Before" not in cell]
    assert sorted(set(found)) == list(range(1, 63))
    assert all(found.count(number) == 1 for number in found if number not in (15, 16))


@pytest.mark.parametrize(
    "label",
    [*(f"Theorem {k}" for k in (1, 2, 6, 7)), "Example 3", "Example 4", "Lemma 5", "Corollary 8", "Proposition 9",
     "Table I", "Fig. 1a", "networks b–f", "Fig. 2", "Fig. 3", "Fig. 4", "Fig. 5"],
)  # fmt: skip
def test_every_theorem_table_and_figure_is_there(label):
    assert any(label in cell for cell in in_the_paper())


def test_names_in_the_page_exist():
    for name in re.findall(r"(?<![`:])`([A-Za-z_.]+)`(?!`)", (DOCS / "paper.rst").read_text()):
        owner = name if name in PUBLIC else name.rpartition(".")[0]
        member = name.removeprefix(owner).lstrip(".")
        found = PUBLIC[owner]
        assert not member or hasattr(found, member) or member in found.__dataclass_fields__


def test_every_command_is_on_the_page():
    listed = re.findall(r"^\.\. help-text:: (\w+)$", (DOCS / "command_line.rst").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(command.name for command in app.registered_commands)
    assert all(CliRunner().invoke(app, [name, "--help"]).exit_code == 0 for name in listed)
