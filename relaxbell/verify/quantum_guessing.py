"""Certificates of how well an adversary with quantum devices guesses outcomes: a level of the NPA hierarchy.

For each extreme table p(settings|λ) and each guess, a sum of squares shows how much a behavior of the level gains
beyond its price. As p(λ) sum to one, the largest of these numbers, added to what the data and budgets cost, bounds a
guess.
"""

from __future__ import annotations

import itertools

from .guessing import GuessingCase
from .measures import Measure
from .reading import FRACTION, ZERO, Json, Real, array, fields
from .refusals import need
from .sets import SetCase, lengths, parties_of, rounded_up
from .words import monomials


class QuantumGuessingCase(GuessingCase, SetCase):
    """Adversaries with quantum devices, and settings within budgets."""

    linear = False

    def read(self, measure: Json, model: Json) -> Measure:
        """Read what is guessed, and the words of the level."""
        names = ("kind", "set", "outputs", "at", "limits")
        _, words, outputs, at, limits = fields(measure, "the measure", *names)
        self.read_question(outputs, at, [], limits)
        self.parties, self.own, self.is_bell = parties_of(self.model)
        need(self.is_bell, "a quantum adversary needs a Bell scenario: each party has one input or none")
        self.kind = array(words, "the words")
        self.rows = monomials(self.sizes, [lengths(t, len(self.parties)) for t in self.kind])
        return Measure("a guess", stated=0)

    def proven(self) -> Real:
        """Return the upper bound that the proof gives."""
        z, budgets, squares = fields(self.proof, "the proof", "z", "budgets", "squares")
        total, price, shares = self.priced(z, budgets)
        n, cells, most = self.model.settings, self.model.cells, None
        cost = shares[0] if shares else ZERO
        tables, gains = self.tables(), self.gains()
        proofs = array(squares, "the sums of squares", len(tables) * len(gains))
        self.model.spend(FRACTION * cells * len(proofs))
        for ((table, own), gain), proof in zip(itertools.product(tables, gains), proofs, strict=True):
            left = [Real(table[c % n] * (gain.get(c, ZERO) - price[c])) for c in range(cells)]
            value = self.upper(self.kind, left, proof) - Real(cost * own)
            most = value if most is None or most < value else most
        need(most is not None, "there are no tables")
        return total + (most or Real())

    def sentence(self, stated: Real) -> str:
        """Return what is proved in words."""
        return f"every {self.adversary()} guesses {', '.join(self.guessed)} with probability <= {rounded_up(stated)}"

    def kind_of_adversary(self) -> str:
        """Return what devices are."""
        return self.set_text(self.kind)
