"""Sphinx: the reference is built from the docstrings, `python -m sphinx -W --keep-going -b html docs DIR`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.domains.python import PyObject
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

import relaxbell

project = "relaxbell"
author = "The relaxbell developers"
release = version = relaxbell.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb"]
nb_execution_mode = "off"  # shown as committed: notebooks/execute.py has run them
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath"]
source_suffix = {".rst": "restructuredtext", ".ipynb": "myst-nb"}
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_title = f"relaxbell {release}"
html_show_copyright = False
html_copy_source = False
root_doc = "index"

default_role = "py:obj"  # docstrings name functions and parameters in single backticks
add_module_names = False
toc_object_entries_show_parents = "hide"
maximum_signature_line_length = 88

autodoc_default_options = {"members": True, "inherited-members": "Exception,tuple", "special-members": "__call__"}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_type_aliases = {"ArrayLike": "ArrayLike"}

linkcheck_anchors = (
    False  # python -m sphinx -b linkcheck docs DIR, where there is a network; tests/test_links.py: the rest
)
linkcheck_timeout = 20
linkcheck_ignore = [r"https://doi\.org/10\.\d{4,}/.*"]  # publishers refuse programs; that it is a doi is tested

suppress_warnings = ["ref.python"]  # a field called `name` is no link to one of the properties of that name

napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

_CODE = re.compile(r"(``.+?``)")


_COLON = "\ue000"
_SEVERAL = re.compile(r"\w+(?:, \w+)+")


def one_by_one(_app: Sphinx, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Give each of several attributes that share a description its own entry; napoleon takes them for types."""
    if "Attributes" not in lines:
        return
    first = lines.index("Attributes") + 2
    end = next((i for i in range(first + 1, len(lines)) if lines[i].startswith("---")), len(lines) + 1) - 1
    starts = [i for i in range(first, end) if lines[i][:1].strip()]
    found: list[str] = []
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        names = lines[start].split(", ") if _SEVERAL.fullmatch(lines[start]) else [lines[start]]
        for name in names:
            found += [name, *lines[start + 1 : stop]]
    lines[first:end] = found


def keep_colon(_app: Sphinx, what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Hide a colon in a property's summary from napoleon, which would take the words before it for a type."""
    if what in ("property", "attribute") and lines:
        lines[0] = lines[0].replace(":", _COLON)


def escape_marks(_app: Sphinx, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Keep |x| a modulus and numpy.object_ a type: reStructuredText would look for a substitution and a link."""
    quoted = False  # within a doctest, up to the next empty line, or in an indented block after ::
    literal: int | None = None
    lines[:] = [line.replace(_COLON, ":") for line in lines]
    for i, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if not line.strip():
            quoted = False
            continue
        if literal is not None and indent <= literal:
            literal = None
        quoted = quoted or line.lstrip().startswith(">>>")
        if not quoted and literal is None:
            parts = _CODE.split(line)
            lines[i] = "".join(p if p.startswith("``") else re.sub(r"(\|)|(_)(?=\])", r"\\\1\2", p) for p in parts)
        if line.rstrip().endswith("::"):
            literal = indent


def hide_signature(_app: Sphinx, what: str, _name: str, obj: Any, _options: Any, signature: str, returned: str) -> Any:
    """Show how a class is built only where users build it: its docstring then has parameters."""
    made_by_us = signature and what in ("class", "exception") and "\n    Parameters\n" not in (obj.__doc__ or "")
    return ("", None) if made_by_us else (signature, returned)


def in_a_namespace(app: Sphinx, env: Any, node: Any, content: Any) -> Any:
    """Link a name that a docstring writes without its namespace, `Solution` or `minimize`, wherever it is listed."""
    target, objects = node.get("reftarget", ""), env.get_domain("py").objects
    for home in ("relaxbell", *(f"relaxbell.{name}" for name in relaxbell._NAMESPACES)):
        if node.get("refdomain") == "py" and f"{home}.{target}" in objects:
            page = objects[f"{home}.{target}"].docname
            return make_refnode(app.builder, node["refdoc"], page, f"{home}.{target}", content)
    return None


_AT = {"arXiv:": "https://arxiv.org/abs/", "doi:": "https://doi.org/"}


class Sources(SphinxPostTransform):
    """Make links of ``arXiv:1411.4648`` and ``doi:10.1103/…`` in prose."""

    default_priority = 400
    _found = re.compile(r"(arXiv:|doi:)((?:[a-z-]+/)?\d(?:[^\s,;()\]]|\([^\s()]*\))*(?<![.:]))")

    def run(self, **_options: Any) -> None:
        """Replace text by text and references, outside of code and of links."""
        for text in list(self.document.findall(nodes.Text)):
            words = text.astext()
            if not self._found.search(words) or isinstance(
                text.parent, nodes.FixedTextElement | nodes.literal | nodes.reference
            ):
                continue
            parts: list[nodes.Node] = []
            end = 0
            for found in self._found.finditer(words):
                parts.append(nodes.Text(words[end : found.start()]))
                link = nodes.reference("", found[0], refuri=_AT[found[1]] + found[2], internal=False)
                parts.append(link)
                end = found.end()
            text.parent.replace(text, [*parts, nodes.Text(words[end:])])


class HelpText(Directive):
    """``.. help-text:: quantify``: what ``relaxbell quantify --help`` prints."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Run the command."""
        from typer.testing import CliRunner

        from relaxbell.cli import app

        result = CliRunner().invoke(
            app, [*self.arguments, "--help"], prog_name="relaxbell", terminal_width=96, color=False
        )
        if result.exit_code != 0:
            raise self.error(result.output)
        text = re.sub(r"\x1b\[[0-9;]*m", "", result.output)
        return [nodes.literal_block(text, "\n".join(line.rstrip() for line in text.splitlines()).strip("\n"))]


def bring_notebooks(app: Sphinx) -> None:
    """Copy the executed notebooks to where Sphinx reads pages."""
    shown = Path(app.srcdir) / "notebooks"
    shown.mkdir(exist_ok=True)
    for notebook in sorted((Path(app.srcdir).parent / "notebooks").glob("*.ipynb")):
        shutil.copy(notebook, shown)


def setup(app: Sphinx) -> None:
    """Connect the above."""
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"  # what numpy's style calls them; Sphinx says "Variables"
    app.connect("autodoc-process-signature", hide_signature)
    app.connect("autodoc-process-docstring", keep_colon, priority=100)  # before napoleon
    app.connect("autodoc-process-docstring", one_by_one, priority=100)
    app.connect("autodoc-process-docstring", escape_marks, priority=900)  # after napoleon
    app.connect("missing-reference", in_a_namespace)
    app.connect("builder-inited", bring_notebooks)
    app.add_directive("help-text", HelpText)
    app.add_post_transform(Sources)
