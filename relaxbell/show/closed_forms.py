"""Closed forms in notebooks: the maximum of named inequalities."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relaxbell.closed_forms.both_ends import ClosedBounds
    from relaxbell.closed_forms.closed_form import ClosedForm, LinearTerm

_LISTED = 100


def closed_form_html(form: ClosedForm) -> str:
    """Return the classes of terms, each with its members on demand, and what the model demands of p."""
    where = {"nonsignaling": "non-signaling p", "model": "every p of the model", "slice": "every p in the slice"}
    name, model = escape(form.measure.name.replace("->", "→")), escape(form.measure.model.name)
    head = f"<b>min {name}</b> = max of {len(form.terms)} terms, for {where[form.region.name]}; <code>{model}</code>"
    kinds: dict[str, list[int]] = {}
    for kind in form.classes:
        kinds.setdefault(kind.text, []).extend(kind.members)
    rows = []
    for text, members in kinds.items():
        terms = [form.terms[i] for i in members]
        listed = "" if len(terms) == 1 else _details(form, terms, "each")
        rows.append(f'<tr><td>{len(terms)} ×</td><td style="text-align:left">{escape(text)}{listed}</td></tr>')
    notes = []
    if form.domain:
        count = len(form.domain)
        notes.append(_details(form, list(form.domain), f"where {count} constraints of the model hold", " ≤ 0"))
    notes.append(f"complete: {form.programs:,} exact linear programs, {form.vertices:,} vertices")
    return f"<div>{head}<table>{''.join(rows)}</table>{'<br>'.join(notes)}</div>"


def closed_bounds_html(bounds: ClosedBounds) -> str:
    """Return both ends, one above the other."""
    return closed_form_html(bounds.least) + closed_form_html(bounds.largest)


def _details(form: ClosedForm, terms: list[LinearTerm], title: str, suffix: str = "") -> str:
    lines = [escape(term.text(form.labels)) + suffix for term in terms[:_LISTED]]
    lines += [f"… {len(terms) - _LISTED:,} more"] if len(terms) > _LISTED else []
    return f"<details><summary>{title}</summary><code>{'<br>'.join(lines)}</code></details>"
