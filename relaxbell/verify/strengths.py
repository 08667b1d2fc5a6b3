"""Certificates of the strength of data against a model: their relative entropy from all that it reproduces.

A factor R >= 0, given as z = R p(free inputs) for each cell, with a mean of at most b over the models proves, by
Jensen's inequality, that Σ p ln(p / p_model) >= Σ p ln(R / b).
"""

from __future__ import annotations

from decimal import localcontext
from fractions import Fraction

from .kernel import Case
from .measures import Measure
from .reading import FRACTION, ZERO, Json, Real, fields, rationals
from .refusals import need
from .rounding import above, decimal, floor

_MARGIN = Fraction(1, 10**40)  # far more than the error of all logarithms here together


class StrengthCase(Case):
    """Relative entropy of the data, with the settings' distribution, from what models within the constraints make."""

    linear = False
    loose = True

    def read(self, measure: Json, model: Json) -> Measure:
        """Return a measure without rows: the factor is the proof."""
        fields(measure, "the measure", "kind")
        return Measure("strength", stated=0)

    @property
    def name(self) -> str:
        """The measure in the sentence."""
        return "a strength (nat for each trial)"

    def proven(self) -> Real:
        """Return Σ p ln(R / b), rounded down; 0 where that is negative."""
        model, p = self.model, self.behavior
        need(p is not None, "the strength is of probabilities, which are not given")
        z = rationals(fields(self.proof, "the proof", "z", "weights", "constraints")[0], "z", len(self.equations))
        keys, chances = model.marginal(model.free)
        free = [chances[key] for key in keys]
        data = [v * model.conditional[i % model.settings] for i, v in enumerate(p or [])]
        every = list(zip(data, z[: model.cells], strict=True))
        model.spend(2 * FRACTION * len(every))
        most = sum((v * r for v, r in every), Real()) - self.bound(self.proof)  # the mean of R is no larger
        b = above(most)
        need(b > 0, "the factor has no positive mean")
        total = ZERO
        with localcontext() as context:
            context.prec = 60
            last = decimal(b).ln()
            for i, (v, r) in enumerate(every):
                chance = free[i % model.settings]
                need(r >= 0, "a factor is negative")
                if not chance or not v.sign():
                    continue
                need(r > 0, "the factor is 0 where the data are not")
                log = Fraction(decimal(r / chance).ln() - last)
                weight = floor(v * chance) if log > 0 else above(v * chance)
                total += weight * (log - _MARGIN)
        return Real(max(ZERO, total - _MARGIN))
