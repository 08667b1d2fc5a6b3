"""Linear equations between the events of one district, reduced: which are fixed, and which the others follow from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from relaxbell.engines.independent.polynomials import Event, Polynomial
from relaxbell.lp.clock import remaining

_ONE: Event = ()

Combo: TypeAlias = dict[tuple[int, Event], Fraction]
"""A sum of multiples of facts, by their numbers, each times an event."""


def add_combo(total: Combo, other: Combo, factor: Fraction) -> None:
    """Add a multiple."""
    for part, number in other.items():
        value = total.get(part, Fraction(0)) + factor * number
        if value:
            total[part] = value
        else:
            total.pop(part, None)


@dataclass(eq=False)
class Solved:
    """Reduced equations: each gives one event by others, as constant (the event of nothing) + Σ coefficient · event.

    Attributes
    ----------
    district
        Its number.
    pivots
        What these events are.
    combos
        For each of them why: event less what it is, as a sum of facts. Where that was asked for.
    """

    district: int
    pivots: dict[Event, dict[Event, Fraction]] = field(default_factory=dict)
    combos: dict[Event, Combo] = field(default_factory=dict)

    @property
    def fixed(self) -> dict[Event, Fraction]:
        """Events that the equations fix."""
        return {e: row.get(_ONE, Fraction(0)) for e, row in self.pivots.items() if set(row) <= {_ONE}}

    def rows(self) -> list[Polynomial]:
        """Return the equations."""
        found: list[Polynomial] = []
        for pivot, row in self.pivots.items():
            own: Polynomial = {((self.district, pivot),): Fraction(1)}
            for event, number in row.items():
                own[((self.district, event),) if event else ()] = -number
            found.append(own)
        return found


def solved(
    district: int, equations: Sequence[Polynomial], tiny: float, why: Sequence[Combo] | None = None
) -> tuple[Solved, float]:
    """Return the equations of a district, reduced, and by how much the worst contradiction among them is missed.

    Coefficients of at most `tiny` count as 0; for exact data it is 0. `why` says of which facts each equation is a sum.
    """
    own, missed = Solved(district), 0.0
    used: dict[Event, set[Event]] = {}
    for place, polynomial in enumerate(equations):
        remaining()
        row: dict[Event, Fraction] = {}
        combo: Combo = {} if why is None else dict(why[place])
        for monomial, number in polynomial.items():
            event = monomial[0][1] if monomial else _ONE
            if why is not None and event in own.pivots:
                add_combo(combo, own.combos[event], -number)
            for other, factor in own.pivots.get(event, {event: Fraction(1)}).items():
                row[other] = row.get(other, Fraction(0)) + factor * number
        constant = row.pop(_ONE, Fraction(0))
        row = {event: number for event, number in row.items() if abs(number) > tiny}
        if not row:
            missed = max(missed, abs(float(constant)))
            continue
        pivot = max(row, key=lambda event: (len(event), abs(row[event]) if tiny else 0, event))
        scale = -row.pop(pivot)
        combo = {part: number / -scale for part, number in combo.items()}
        found = {event: number / scale for event, number in row.items()}
        if constant:
            found[_ONE] = constant / scale
        for other in used.pop(pivot, set()):
            old = own.pivots[other]
            factor = old.pop(pivot)
            if why is not None:
                add_combo(own.combos[other], combo, factor)
            for event, number in found.items():
                total = old.get(event, Fraction(0)) + factor * number
                if total and (not tiny or event == _ONE or abs(total) > tiny):
                    old[event] = total
                    used.setdefault(event, set()).add(other)
                else:
                    old.pop(event, None)
                    used.get(event, set()).discard(other)
        own.pivots[pivot] = found
        if why is not None:
            own.combos[pivot] = combo
        for event in found:
            used.setdefault(event, set()).add(pivot)
    return own, missed
