"""Certificates with distances of the data from a model: the data are no equations, and multipliers z vary little.

TV_x = Σ max(0, p − T q) over the cells of a setting x; the mean is Σ p(free inputs) TV_x, the largest that of
TV_x / p(dependent|free) over the settings that occur. As Σ (p − T q) = 0 at each setting, ⟨z, p − T q⟩ is at most the
sum of TV_x times what z varies by there, so that this must not exceed Σ u weight_x for weights u of distances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from .elimination import strategy
from .entropies import EntropyCase, InformationCase
from .kernel import Case
from .measures import MORE, Charges, Measure, Weights, evaluate
from .model import Model
from .reading import FRACTION, ZERO, Json, Real, fields, sparse
from .refusals import need


@dataclass(frozen=True)
class Deviation(Measure):
    """The largest Σ_x weights_kx TV_x over k."""

    weights: list[list[Fraction]] = field(default_factory=list)


def distance(model: Model, data: Json) -> Deviation:
    """Return the mean distance, or the largest."""
    _, which = fields(data, "a distance", "kind", "of")
    need(which in ("mean", "largest"), "a distance is neither the mean nor the largest")
    keys, free = model.marginal(model.free)
    occurring = [x for x, p in enumerate(model.conditional) if p]
    model.spend(FRACTION * model.settings * (1 if which == "mean" else len(occurring)))
    if which == "mean":
        weights = [[free[key] for key in keys]]
    else:
        weights = [[1 / model.conditional[x] if x == y else ZERO for y in range(model.settings)] for x in occurring]
    return Deviation(f"TV({which} distance from the data)", groups=(1,) * len(weights), weights=weights)


MORE["distance"] = distance


class DistanceCase(Case):
    """A certificate in which a measure, the objective or a constraint, is a distance of the data."""

    loose = True  # models need not have the data

    def reduced(self, prices: list[Fraction], charges: Charges, scale: int) -> Iterator[tuple[int, int | Fraction]]:
        """Yield r(λ), if z varies no more than the weights of the distances allow."""
        need(self.behavior is not None, "a distance is from probabilities, which are not given")
        model, room = self.model, [ZERO] * self.model.settings
        others: Charges = []
        for measure, own in charges:
            if not isinstance(measure, Deviation):
                others.append((measure, own))
                continue
            for u, row in zip(own, measure.weights, strict=True):
                room = [a + u * b for a, b in zip(room, row, strict=True)] if u else room
        for x, most in enumerate(room):
            cells = prices[x :: model.settings]
            need(max(cells) - min(cells) <= most, "the multipliers of the data vary by more than the distances allow")
        return super().reduced(prices, others, scale)

    def largest(self, reduced: Iterator[tuple[int, int | Fraction]], scale: int, w: Fraction) -> Fraction:
        """Return max r(λ), always from a list."""
        return super().largest(reduced, scale, w)

    def reached(self) -> Real:
        """Return the measure at the strategies, which must be normalized and within the constraints."""
        model = self.model
        listed = sparse(self.strategies, "the strategies", model.count)
        weights = {number: self.real(weight, "a weight") for number, weight in listed.items()}
        need(weights and all(Real() < w for w in weights.values()), "a weight is not positive")
        model.spend(len(weights) * (model.effort + FRACTION * len(model.chances) + 2**10))
        q = [(number, strategy(model, number), weight) for number, weight in weights.items()]
        table, missed = [Real()] * model.cells, [Real()] * model.settings
        for _, functions, weight in q:
            for cell in model.visited(functions):
                table[cell] += weight
        for x, chance in enumerate(model.conditional):
            total = sum(table[x :: model.settings], Real(-chance))
            need(not total.sign(), "the strategies do not have the settings' distribution")
        need(self.behavior is not None, "a distance is from probabilities, which are not given")
        for cell, p in enumerate(self.behavior or []):
            x = cell % model.settings
            missed[x] += max(Real(), p * model.conditional[x] - table[cell])
        for measure, limit in self.constraints:
            need(not limit < self._at(measure, q, missed), "the strategies violate a constraint")
        return self._at(self.measure, q, missed)

    def _at(self, measure: Measure, q: Weights, missed: list[Real]) -> Real:
        """Return a measure at q, whose distances at the settings are known."""
        if isinstance(measure, Deviation):
            sums = ((t * v for t, v in zip(missed, row, strict=True)) for row in measure.weights)
            return max(sum(own, Real()) for own in sums)
        if not measure.parts:
            return evaluate(self.model, measure, q)
        parts = [self._at(part, q, missed) for part in measure.parts]
        return max(parts) if measure.kind == "maximum" else sum(map(lambda p, f: p * f, parts, measure.factors), Real())


class EntropyDistanceCase(DistanceCase, EntropyCase):
    """A binary entropy within a distance of the data."""


class InformationDistanceCase(DistanceCase, InformationCase):
    """A mutual information within a distance of the data."""


BESIDE: dict[str, type[DistanceCase]] = {
    "binary entropy": EntropyDistanceCase,
    "mutual information": InformationDistanceCase,
}


def has_distance(data: Json) -> bool:
    """Return whether a certificate's measure or one of its constraints has a distance among its parts."""
    if type(data) is not dict:
        return False
    constraints = data.get("constraints")
    todo: list[Json] = [data.get("measure")]
    todo += [c.get("measure") for c in constraints if type(c) is dict] if type(constraints) is list else []
    while todo:
        own = todo.pop()
        if type(own) is not dict:
            continue
        if own.get("kind") == "distance":
            return True
        parts = own.get("of")
        todo += [part for pair in parts if type(pair) is list for part in pair] if type(parts) is list else []
    return False
