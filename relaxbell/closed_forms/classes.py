"""Sorting terms into classes of the scenario's relabelings, and naming them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.closed_forms.domains import Domain
from relaxbell.exact.numbers import common_denominator
from relaxbell.functionals.notation import sum_text
from relaxbell.permutations import orbit
from relaxbell.relabeling import Relabeling
from relaxbell.symmetry.generators import generators
from relaxbell.symmetry.models import model_generators
from relaxbell.symmetry.named import bound_parties
from relaxbell.symmetry.recognition import recognized_without_signaling

Form = tuple[Fraction, ...]


@dataclass(frozen=True)
class TermClass:
    """Terms that relabelings of the scenario turn into each other.

    Attributes
    ----------
    members
        Numbers of the terms; a range where they follow each other.
    name
        The catalog functional that they are in disguise, or None.
    text
        The class as a formula: scale · name + offset, or its first member.
    """

    members: Sequence[int]
    name: str | None
    text: str

    def __len__(self) -> int:
        return len(self.members)


def by_text(kinds: Sequence[TermClass]) -> dict[str, list[TermClass]]:
    """Return the classes by their formula: several classes may be the same catalog functional, lifted differently."""
    found: dict[str, list[TermClass]] = {}
    for kind in kinds:
        found.setdefault(kind.text, []).append(kind)
    return found


def listing(kinds: Sequence[TermClass], width: int, suffix: str = "") -> list[str]:
    """Return a line for each formula: how many members it has, and in how many classes if in several."""
    lines = []
    for text, own in by_text(kinds).items():
        note = f"  ({len(own)} classes)" if len(own) > 1 else ""
        lines.append(f"{sum(map(len, own)):>{width}} ×  {text}{suffix}{note}")
    return lines


def classes(domain: Domain, forms: Sequence[Form], budgets: Sequence[str] = ()) -> tuple[TermClass, ...]:
    """Return the classes of forms over (1, coordinates, budgets), the smallest and simplest first."""
    # where a model has fewer symmetries, a name holds for their orbits only
    known = (
        model_generators(domain.model, weighted=False) if bound_parties(domain.model) else generators(domain.scenario)
    )
    groups = orbits_of(domain, forms, known)
    found = [described(domain, forms[members[0]], members, budgets) for members in groups]
    return tuple(sorted(found, key=lambda kind: (len(kind.members), kind.members[0])))


def orbits_of(domain: Domain, forms: Sequence[Form], relabelings: Iterable[Relabeling]) -> list[tuple[int, ...]]:
    """Return the numbers of the forms in each orbit of the group that relabelings generate."""
    if domain.coordinates is None:
        return [(i,) for i in range(len(forms))]
    denominator = common_denominator([c for form in forms for c in form])
    size = domain.dimension + 1
    found = (domain.coordinates.action(g.cells()) for g in relabelings)
    actions = [action for action in found if action is not None]
    number = {tuple(int(c * denominator) for c in form): i for i, form in enumerate(forms)}
    left = dict.fromkeys(number)
    groups = []
    while left:
        seen = list(orbit([next(iter(left))], lambda found: _moved(found, actions, size)))
        members = tuple(sorted(number[form] for form in seen if form in number))
        for form in seen:
            left.pop(form, None)
        groups.append(members)
    return groups


def _moved(forms: list[tuple[int, ...]], actions: Sequence[NDArray[np.int64]], size: int) -> Iterator[tuple[int, ...]]:
    block = np.array(forms, dtype=np.int64)
    for action in actions:
        yield from map(tuple, np.hstack([block[:, :size] @ action, block[:, size:]]).tolist())


def described(domain: Domain, form: Form, members: Sequence[int], budgets: Sequence[str] = ()) -> TermClass:
    """Return a class of terms, as one of them reads."""
    size = domain.dimension + 1
    own, extra = form[:size], form[size:]
    pairs = [(c, name) for c, name in zip(extra, budgets, strict=True) if c != 0]
    if not any(own[1:]):
        return TermClass(members, None, sum_text(pairs, own[0]))
    if domain.coordinates is not None:
        functional = domain.functional(own)
        # on other domains functionals of p would be compared modulo no-signaling, which does not hold there
        found = (
            recognized_without_signaling(functional, domain.model)
            if functional.frame.coordinates == domain.coordinates
            else None
        )
        if found is not None:
            return TermClass(
                members, str(found.known), sum_text([(found.scale, str(found.known)), *pairs], found.offset)
            )
    terms = [(c, name) for c, name in zip(own[1:], domain.labels, strict=True) if c != 0]
    return TermClass(members, None, sum_text([*terms, *pairs], own[0]))
