"""What the pages for colleagues have in common: the frame, graphs, certificates to save, tables that scroll."""

from __future__ import annotations

import base64
import sys
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import Mixture
from relaxbell.errors import RelaxbellError
from relaxbell.exact.texts import a_kind
from relaxbell.lp.clock import deadline
from relaxbell.show.dags import drawn, panels
from relaxbell.show.numbers import arrows
from relaxbell.show.page_style import STYLE

LARGEST = 1_500_000
"""Bytes of a certificate that is put into a page: browsers are slow with longer links."""


class Link(NamedTuple):
    """A certificate, or why there is none.

    Attributes
    ----------
    row
        Of what.
    what
        It proves.
    name
        Of the file.
    data
        The file.
    problem
        Empty, or why there is none.
    """

    row: str
    what: str
    name: str
    data: bytes
    problem: str = ""


def check_options(title: str | None, seconds: float | None) -> None:
    """Refuse what is no title or no limit of time, before anything is computed.

    Raises
    ------
    RelaxbellError
        If it is none.
    """
    if title is not None and not (isinstance(title, str) and title.strip()):
        found = "empty" if isinstance(title, str) else a_kind(title)
        raise RelaxbellError(f"the title is {found}, expected some words, or None for the name of the data.")
    with deadline(seconds, "the page", least=False):
        pass


def document(
    name: str, about: str, short: str, sections: Sequence[tuple[str, str, str]], results: str, source: str
) -> str:
    """Return a page.

    Parameters
    ----------
    name
        Title and heading.
    about
        The line below it.
    short
        The result in a few sentences, as HTML.
    sections
        Key, heading and HTML of each.
    results
        The key of the section to skip to.
    source
        Whose theory it is.
    """
    body = "".join(
        f'<section aria-labelledby="{key}">\n<h2 id="{key}">{head}</h2>\n{text}\n</section>\n'
        for key, head, text in sections
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light">\n'
        # nothing is loaded or run, whatever a text in the data says
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f'<meta name="generator" content="relaxbell {_version()}">\n'
        f"<title>{escape(name)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#{results}">Skip to the results</a>\n<header>\n<h1>{escape(name)}</h1>\n'
        f'<p class="quiet">{escape(about)}</p>\n<div class="short">{short}</div>\n</header>\n<main>\n{body}</main>\n'
        f"<footer><p>Made by relaxbell {_version()}. {escape(source)}</p></footer>\n</body>\n</html>\n"
    )


def _version() -> str:
    return str(sys.modules[__name__.partition(".")[0]].__dict__["__version__"])  # the package imports us, not we it


def figures(model: CausalModel) -> str:
    """Return the graph of a model, of a mixture those of its structures, each with words for who cannot see it."""
    found = panels(model) if isinstance(model, Mixture) else [("", drawn(model))]
    structures = model.structures if isinstance(model, Mixture) else (model,)
    parts = []
    for (name, own), structure in zip(found, structures, strict=True):
        caption = f"<figcaption>{escape(arrows(name))}</figcaption>" if name else ""
        if own is None or not isinstance(structure, CausalModel):
            parts.append(f"<figure><p>any behavior</p>{caption}</figure>")
            continue
        svg = own.svg().replace("<svg ", f'<svg role="img" aria-label="{escape(_spoken(structure))}" ', 1)
        parts.append(f"<figure>{svg}{caption}</figure>")
    return f'<div class="graphs">{"".join(parts)}</div>'


def _spoken(model: CausalModel) -> str:
    """Return a graph in words."""
    said = f"Causal graph with arrows from {', '.join(f'{u} to {v}' for u, v in model.edges)}"
    relaxed = ", ".join(f"{u} to {v}" for u, v in model.edges if (u, v) in model.relaxed)
    return f"{said}; relaxed: {relaxed}" if relaxed else said


def certificates(links: Sequence[Link], kind: str, note: str) -> str:
    """Return the table of certificates to save, and how they are checked.

    Parameters
    ----------
    links
        At least one.
    kind
        What a row is.
    note
        What else they are.
    """
    rows = []
    for link in links:
        cells = f'<th scope="row">{escape(arrows(link.row))}</th><td>{escape(link.what)}</td>'
        if link.problem:
            cells += f'<td colspan="2">None: {escape(link.problem)}</td>'
        else:
            data = base64.b64encode(link.data).decode()
            cells += (
                f'<td><a download="{escape(link.name)}" href="data:application/json;base64,{data}">'
                f"{escape(link.name)}</a></td>"
                f'<td class="number">{len(link.data) / 1000:,.1f} kB</td>'
            )
        rows.append(f"<tr>{cells}</tr>")
    table = (
        f'<table class="rows"><caption>Save a file by its name</caption><thead><tr><th scope="col">{kind}</th>'
        '<th scope="col">proves</th><th scope="col">file</th><th scope="col" class="number">size</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
    return (
        "<p>Exact data from which anyone can check a bound or a p-value anew: "
        "<code>relaxbell verify FILE</code>, or with Python alone and a copy of the folder <code>verify</code>: "
        f"<code>python verify FILE</code>. {note}</p>\n{wide(table, 'Certificates')}"
    )


def too_long(data: bytes, command: str) -> str:
    """Return why a certificate is not in the page, and what makes it."""
    return f"it has {len(data):,} bytes, too many for a page. Make it by {command}."


def wide(table: str, label: str) -> str:
    """Return a table that scrolls by itself on narrow screens, by keys as well."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(label)}">{table}</div>'
