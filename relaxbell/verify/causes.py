"""Bounds of measures where the latent variable is a quantum state, or anything that does not signal.

Each node measures its share of the latent state; which measurement it makes, the values of its observed and hidden
parents say. A function of the strategies that asks each node for one response at a time is then a sum of products of
projectors, one of each node, and instead of its largest value on a strategy counts that on the set.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from .kernel import Case
from .measures import Measure, read_measure
from .reading import Json, Real, fields
from .refusals import need
from .rounding import text
from .sets import lengths, quantum_text, unpacked_slacks
from .wording import models
from .words import monomials, strategy_form, sum_of_squares


class CauseCase(Case):
    """The least value of a measure with a common cause that is no classical variable, or that there is none."""

    linear = False

    def read(self, measure: Json, model: Json) -> Measure:
        """Return the measure of the objective; keep the set."""
        _, self.kind, own = fields(measure, "the measure", "kind", "set", "of")
        need(not self.model.dependent, "a common cause that is quantum leaves inputs free")
        if type(self.kind) is list:
            sizes = [[self.model.size[n]] * self.model.configurations[n] for n in self.model.responding]
            self.rows = monomials(sizes, [lengths(t, len(sizes)) for t in self.kind])
        else:
            need(self.kind == "nonsignaling", "the common cause is unknown")
        self.infeasible = own is None
        return Measure("0", stated=0) if own is None else read_measure(self.model, own)

    def bound(self, proof: Json, sign: int = 1) -> Real:
        """Return the lower bound of the measure, times sign, that a proof gives."""
        z, weights, duals, self.largest_proof = fields(proof, "the proof", "z", "weights", "constraints", "largest")
        return super().bound({"z": z, "weights": weights, "constraints": duals}, sign)

    def largest(self, reduced: Iterator[tuple[int, int | Fraction]], scale: int, w: Fraction) -> Fraction:
        """Return the largest value on the set of r, which is a sum of products of responses."""
        need(not w, "dependence on the inputs is of classical latent variables")
        form = strategy_form(self.model, [Fraction(r) / scale for _, r in reduced])
        if type(self.kind) is list:
            bits, rows = fields(self.largest_proof, "a sum of squares", "bits", "rows")
            return sum_of_squares(self.rows, form, bits, rows, self.model.spend)
        slacks, stated = fields(self.largest_proof, "the proof of a no-signaling bound", "table", "bound")
        total = unpacked_slacks(self.model, slacks, self.root)
        for word, v in form.items():
            total[word] = total.get(word, Real()) + Real(v)
        constant = total.pop(((),) * len(self.model.responding), Real())
        need(not any(v.sign() for v in total.values()), "the slacks do not complete the functional")
        need(not (constant - self.real(stated, "the bound")).sign(), f"functional and slacks sum to {text(constant)}")
        return constant.a

    def verdict(self) -> str:
        """Return the claim as a sentence, if it is proved."""
        need(self.strategies is None, "a common cause that is not classical has no strategies")
        if type(self.kind) is list:
            cause = quantum_text(self.model.responding, self.kind)
        else:
            cause = "anything that does not signal"
        about = f"{models(self)}, where {', '.join(self.model.latents)} is {cause}"
        if self.infeasible:
            (claimed,) = fields(self.claim, "the claim", "infeasible")
            need(claimed is True, "the claim is none")
            need(Real() < self.bound(self.proof), "the proof does not show that there is no model")
            return f"there is no {about}"
        stated = self.real(fields(self.claim, "the claim", "lower_bound")[0], "the lower bound")
        proven = self.proven()
        need(not proven < stated, f"the proof gives the lower bound {text(proven)}, less than {text(stated)}")
        return f"every {about}, has {self.name} >= {text(stated)}"
