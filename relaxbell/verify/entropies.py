"""Certificates of entropies: a binary entropy between two linear bounds, and the mutual information."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from .dependences import cell_prices
from .elimination import LISTED
from .kernel import Case
from .measures import Measure, read_measure
from .mixtures import Mixed
from .reading import FRACTION, ZERO, Json, Real, common_denominator, fields, rationals, sparse
from .refusals import need
from .rounding import floor, log2_mean
from .setting_tables import SettingTables


class EntropyCase(Case):
    """The entropy h(m) of a binary variable, m being a probability: least at an end of an interval that holds m."""

    linear = False

    def read(self, measure: Json, model: Json) -> Measure:
        """Return m; for mixtures its row, as probabilities are of one graph: it has only to be in [0, 1] for each λ."""
        stated = fields(measure, "the entropy", "kind", "of")[1]
        kind = stated.get("kind") if type(stated) is dict else None
        mixed = kind == "rows" and isinstance(self.model, Mixed)
        need(kind == "probability" or mixed, "a binary entropy is of a probability")
        found = read_measure(self.model, stated)
        if mixed:
            need(not found.groups and len(stated["rows"]) == 1, "a binary entropy is of one row")
            values = (rationals([v], "a row")[0] for v in sparse(stated["rows"][0], "a row", self.model.count).values())
            need(all(0 <= v <= 1 for v in values), "a binary entropy is of a row that is no probability")
        return found

    @property
    def name(self) -> str:
        """The measure in the sentence."""
        return f"h({self.measure.text})"

    def proven(self) -> Real:
        """Return the smaller h of two ends, rounded down; 0 where the interval leaves that from 0 to 1."""
        least, largest = fields(self.proof, "the proof", "least", "largest")
        ends = floor(self.bound(least)), -floor(self.bound(largest, -1))
        if not all(0 < m < 1 for m in ends):
            return Real()
        return Real(min(-sum((x * log2_mean([(x, ZERO)]) for x in (m, 1 - m)), ZERO) for m in ends))


class InformationCase(Case):
    """The mutual information of the dependent inputs and the functions of all other nodes."""

    linear = False

    def read(self, measure: Json, model: Json) -> Measure:
        """Return a measure without rows: its dual is in `bound`."""
        fields(measure, "the measure", "kind")
        self.model.spend(FRACTION * min(self.model.count, LISTED) * bool(self.model.occurring))
        return Measure(f"I({','.join(self.model.dependent)}:Lambda)")

    def bound(self, proof: Json, sign: int = 1) -> Real:
        """Return the lower bound of the measure that a proof gives: of many strategies without a list of them."""
        if self.model.count <= LISTED or self.constraints:
            self.model.spend(FRACTION * self.model.count)
            return super().bound(proof, sign)
        prices, constant = cell_prices(self, proof)
        scale = common_denominator(prices)
        found = constant - Real(SettingTables(self.model, [int(v * scale) for v in prices]).log_mean(scale))
        return Real() if found < Real() else found  # no information is negative

    def largest(self, reduced: Iterator[tuple[int, int | Fraction]], scale: int, w: Fraction) -> Fraction:
        """Return max over Λ of log2 Σ_x p(x) 2^r, rounded up; the share w of dependence, which is ≥ 0, is not used."""
        groups = ([(p, Fraction(r) / scale) for p, r in group] for group in self.by_rest(reduced))
        return max(log2_mean(group) for group in groups)
