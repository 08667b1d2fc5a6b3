"""Certificates of how well an adversary with quantum devices guesses outcomes: a level of the NPA hierarchy.

For each extreme table p(settings|λ) and each guess, a sum of squares shows how much a behavior of the level gains
beyond its price. As p(λ) sum to one, the largest of these numbers, added to what the data and budgets cost, bounds a
guess.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

from .guessing import GuessingCase
from .measures import Measure
from .reading import FRACTION, ZERO, Json, Real, array, common_denominator, fields
from .refusals import need
from .sets import SetCase, lengths, parties_of, rounded_up
from .words import PLACE, Word, classes, monomials, sum_of_squares


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
        cost, most = shares[0] if shares else ZERO, None
        tables, gains = self.tables(), self.gains()
        proofs = array(squares, "the sums of squares", len(tables) * len(gains))
        forms, scale = self.forms(price, gains)
        self.model.spend(PLACE * len(self.rows) ** 2)
        places = list(classes(self.rows))
        self.model.spend(FRACTION * sum(map(len, forms[0])) * len(proofs))
        for ((table, own), of_settings), proof in zip(itertools.product(tables, forms), proofs, strict=True):
            above, bits, rows = fields(proof, "a sum of squares", "above", "bits", "rows")
            need(above is None, "a guess has no other functional above it")
            unit = common_denominator(table)
            total_form: dict[Word, int] = {}
            for weight, form in zip([int(v * unit) for v in table], of_settings, strict=True):
                for word, v in form.items() if weight else ():
                    total_form[word] = total_form.get(word, 0) + weight * v
            f = {word: Fraction(v, scale * unit) for word, v in total_form.items()}
            value = sum_of_squares(self.rows, f, bits, rows, self.model.spend, places) - cost * own
            most = value if most is None or most < value else most
        need(most is not None, "there are no tables")
        return total + Real(most or ZERO)

    def forms(self, price: list[Fraction], gains: list[dict[int, Fraction]]) -> tuple[list[list[dict[Word, int]]], int]:
        """Return for each guess what it gains beyond its price at each setting, over words; and the numbers' unit."""
        n, cells = self.model.settings, self.model.cells
        scale = common_denominator([*price, *(v for gain in gains for v in gain.values())])
        found = []
        for gain in gains:
            tables = [[Real()] * cells for _ in range(n)]
            for c in range(cells):
                tables[c % n][c] = Real((gain.get(c, ZERO) - price[c]) * scale)
            found.append([{word: int(v.a) for word, v in self.form(table).items()} for table in tables])
        return found, scale

    def sentence(self, stated: Real) -> str:
        """Return what is proved in words."""
        return f"every {self.adversary()} guesses {', '.join(self.guessed)} with probability <= {rounded_up(stated)}"

    def kind_of_adversary(self) -> str:
        """Return what devices are."""
        return self.set_text(self.kind)
