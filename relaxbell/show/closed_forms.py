"""Closed forms in notebooks: the maximum of named inequalities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from relaxbell.closed_forms.both_ends import end_classes, end_texts
from relaxbell.closed_forms.classes import by_text
from relaxbell.closed_forms.ends import multiplied_forms, texts_of
from relaxbell.exact.texts import counted
from relaxbell.show.numbers import arrows

if TYPE_CHECKING:
    from relaxbell.closed_forms.both_ends import ClosedBounds
    from relaxbell.closed_forms.classes import TermClass
    from relaxbell.closed_forms.closed_form import ClosedForm, LinearTerm
    from relaxbell.closed_forms.inequalities import Inequalities

_LISTED = 100

_FEW = 10**5
"""Facets up to which they are listed; of more only the classes are shown."""


@dataclass(frozen=True)
class _Written:
    """A term that is written already."""

    written: str

    def text(self, labels: Sequence[str]) -> str:
        """Return it, whatever its coordinates are called."""
        return self.written


def closed_form_html(form: ClosedForm) -> str:
    """Return the classes of terms, each with its members on demand, and what the model demands of p."""
    name, model = escape(arrows(form.measure.end_name)), escape(form.measure.model.name)
    upper = form.shown_sign < 0
    relation = "=" if form.complete else "≤" if upper else "≥"
    least = f"<b>{name}</b> {relation} {'min' if upper else 'max'} of {counted(len(form.terms), 'term')}"
    head = f"{least}, for {form.region.text}; <code>{model}</code>"
    notes = []
    if form.domain:
        count = len(form.domain)
        title = f"where {count} constraint{'s' if count != 1 else ''} of the model hold{'s' if count == 1 else ''}"
        notes.append(_details(form.domain, form.labels, title, " ≤ 0"))
    notes.append(form.effort)
    own = multiplied_forms([term.form for term in form.terms], form.shown_sign)
    terms = [_Written(text) for text in texts_of(form.region, own, form.budget_names)] if upper else form.terms
    return f"<div>{head}{_classes(form.shown_classes, terms, form.labels)}{'<br>'.join(notes)}</div>"


def closed_bounds_html(bounds: ClosedBounds) -> str:
    """Return both ends, one above the other, each with its terms on demand."""
    form = bounds.least
    name, model = escape(arrows(form.measure.name)), escape(form.measure.model.name)
    lines = [f"<b>{name}</b> for {form.region.text}; <code>{model}</code>"]
    for sign, words, own in ((1, "≥ max of", form), (-1, "≤ min of", bounds.largest)):
        terms = [_Written(text) for text in end_texts(bounds, sign)]
        table = _classes(end_classes(bounds, sign), terms, form.labels)
        lines.append(f"{words} {counted(len(terms), 'term')}{table}{own.effort}")
    if form.domain:
        title = f"where {counted(len(form.domain), 'constraint')} of the model hold"
        lines.append(_details(form.domain, form.labels, title, " ≤ 0"))
    return f"<div>{'<br>'.join(lines)}</div>"


def inequalities_html(found: Inequalities) -> str:
    """Return the classes of facets, each with its members on demand."""
    some = "" if found.complete else "incomplete, "
    head = f"<code>{escape(found.model.name)}</code>: {some}{len(found)} facets in dimension {found.domain.dimension}"
    facets = found.facets if len(found) <= _FEW else ()
    table = _classes(found.classes, facets, found.domain.labels, " ≤ 0")
    return f"<div>{head}{table}{len(found) - sum(map(len, found.classes))} × positivity</div>"


def _classes(
    classes: Sequence[TermClass], terms: Sequence[LinearTerm | _Written], labels: Sequence[str], suffix: str = ""
) -> str:
    """Return a table with a row for each kind of term; members are shown of those terms that are given."""
    rows = []
    for text, kinds in by_text(classes).items():
        count = sum(map(len, kinds))
        own = [terms[i] for kind in kinds for i in kind.members] if terms else []
        listed = "" if len(own) < 2 else _details(own, labels, "each", suffix)
        note = f" ({len(kinds)} classes)" if len(kinds) > 1 else ""
        shown = f"{escape(text)}{suffix}{note}{listed}"
        rows.append(f'<tr><td>{count} ×</td><td style="text-align:left">{shown}</td></tr>')
    return f"<table>{''.join(rows)}</table>"


def _details(terms: Sequence[LinearTerm | _Written], labels: Sequence[str], title: str, suffix: str = "") -> str:
    lines = [escape(term.text(labels)) + suffix for term in terms[:_LISTED]]
    lines += [f"… {len(terms) - _LISTED:,} more"] if len(terms) > _LISTED else []
    return f"<details><summary>{title}</summary><code>{'<br>'.join(lines)}</code></details>"
