"""Where the numbers of a question come from: facts, of which certificates state the sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from relaxbell.engines.independent.elimination import Combo, add_combo
from relaxbell.engines.independent.polynomials import Event, Monomial, Polynomial, add_to

Fixed = dict[tuple[int, Event], Fraction]
"""Values of events of districts."""


@dataclass(eq=False)
class Trace:
    """The facts behind a question.

    Attributes
    ----------
    facts
        Those that are given, as the verifier reads them; empty for sums of earlier ones.
    sums
        These, by their numbers.
    objective, limits
        What was added to each of them to make it what it is.
    equations
        Of which facts each is a sum.
    """

    facts: list[dict[str, Any]] = field(default_factory=list)
    sums: dict[int, Combo] = field(default_factory=dict)
    objective: Combo = field(default_factory=dict)
    limits: list[Combo] = field(default_factory=list)
    equations: list[Combo] = field(default_factory=list)

    def given(self, fact: dict[str, Any], factor: Fraction = Fraction(1)) -> Combo:
        """Return a fact that is given, times a factor."""
        self.facts.append(fact)
        return {(len(self.facts) - 1, ()): factor}

    def lemma(self, combo: Combo) -> int:
        """Return the number of a fact that is a sum of others."""
        self.facts.append({})
        self.sums[len(self.facts) - 1] = dict(combo)
        return len(self.facts) - 1


@dataclass(frozen=True)
class Seen:
    """Nodes that respond with what was seen: at a setting, values of nodes in order, and the last one's district."""

    setting: int
    values: tuple[tuple[str, int], ...]
    nodes: tuple[str, ...]

    def fact(self) -> dict[str, Any]:
        """Return it as the verifier reads it."""
        values = [list(pair) for pair in self.values]
        return {"seen": {"setting": self.setting, "values": values, "nodes": list(self.nodes)}}


def put(polynomial: Polynomial, fixed: Fixed, combo: Combo | None, lemmas: dict[tuple[int, Event], int]) -> bool:
    """Replace events by their values; return whether there were any. A combo is told what was added."""
    hit = [monomial for monomial in polynomial if any(part in fixed for part in monomial)]
    for monomial in hit:
        number, rest = polynomial.pop(monomial), list(monomial)
        for part in monomial:
            if part in fixed:
                rest.remove(part)
                if combo is not None:
                    add_combo(combo, {(lemmas[part], joined(rest)): Fraction(1)}, -number)
                number *= fixed[part]
        if number:
            add_to(polynomial, tuple(rest), number)
    return bool(hit)


def joined(monomial: Sequence[tuple[int, Event]] | Monomial) -> Event:
    """Return the event that a product of events of districts is."""
    return tuple(sorted(part for _, event in monomial for part in event))
