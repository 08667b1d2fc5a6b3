"""Terms of a lower end, or of an upper one, as they bound a query: texts and classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from relaxbell.closed_forms.classes import TermClass, described
from relaxbell.closed_forms.domains import Domain
from relaxbell.closed_forms.wording import written_form
from relaxbell.functionals.notation import sum_text

Forms = tuple[tuple[Fraction, ...], ...]


def multiplied_forms(forms: Sequence[Sequence[Fraction]], sign: int) -> Forms:
    """Return affine functions times a sign: those of an upper end are minus the terms of the negated query."""
    return tuple(tuple(sign * c for c in form) for form in forms)


def in_cells(region: Domain) -> bool:
    """Return whether terms are written in cells: where there is no Bell scenario whose functionals they might be."""
    return region.coordinates is not None and region.parties is None


def texts_of(region: Domain, forms: Forms, budgets: Sequence[str]) -> list[str]:
    """Return affine functions as text; in cells where there is no Bell scenario."""
    if in_cells(region):
        return [written_form(region, own, budgets, "probabilities", sum_text) for own in forms]
    labels = (*region.labels, *budgets)
    pairs = [[(c, name) for c, name in zip(own[1:], labels, strict=True) if c != 0] for own in forms]
    return [sum_text(terms, own[0]) for terms, own in zip(pairs, forms, strict=True)]


def classes_of(region: Domain, forms: Forms, kinds: Sequence[TermClass], budgets: Sequence[str]) -> list[TermClass]:
    """Return the classes of terms with the text of one member each; in cells where there is no Bell scenario."""
    if in_cells(region):
        texts = texts_of(region, forms, budgets)
        return [replace(kind, text=texts[kind.members[0]]) for kind in kinds]
    return [described(region, forms[kind.members[0]], kind.members, budgets) for kind in kinds]
