"""The kernel: what one certificate of a linear program proves, and what its strategies reach."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

from .elimination import strategy
from .measures import Charges, Measure, Weights, charge, evaluate, read_measure
from .mixtures import read_model
from .reading import FRACTION, Json, Real, array, common_denominator, fields, rationals, read_real, read_root, sparse
from .refusals import need
from .rounding import text
from .setting_tables import without_list
from .wording import models

SCHEMA = "relaxbell-certificate-1"
Equation = tuple[dict[int, Fraction], Real]  # coefficients over the cells of T q, value


class Case:
    """A certificate, its numbers read by `with_numbers`: what is given, what is proved, what its strategies reach."""

    one_latent = True  # what its measure needs of the model
    linear = True  # whether strategies can attain the bound
    held: object = None  # marginals that must stay the same along a piece of a curve: those of networks

    def __init__(self, data: Json, work: int = 0) -> None:
        names = ("schema", "model", "measure", "observed", "constraints", "claim", "proof")
        values = fields(data, "the certificate", *names, optional=("root", "strategies"))
        schema, model, measure, self.observed, constraints, self.claim, self.proof, root, self.strategies = values
        need(schema == SCHEMA, f"the schema is not {SCHEMA}")
        self.root = read_root(root)
        self.model = read_model(model)
        self.model.spend(work)
        self.infeasible = measure is None
        single = self.infeasible or not self.one_latent or len(self.model.latents) == 1
        need(single, "the measure needs a model with one latent variable")
        self.measure = Measure("0", stated=0) if self.infeasible else self.read(measure, model)
        self.behavior, self.values = self._read_data()
        self.equations = self._equations()
        pairs = [fields(c, "a constraint", "measure", "limit") for c in array(constraints, "the constraints")]
        self.constraints = [(read_measure(self.model, m), self.real(limit, "a limit")) for m, limit in pairs]

    def read(self, measure: Json, model: Json) -> Measure:
        """Return the measure of the objective."""
        return read_measure(self.model, measure)

    @property
    def name(self) -> str:
        """The measure in the sentence."""
        return self.measure.text

    def _read_data(self) -> tuple[list[Real] | None, list[tuple[list[Fraction], Real]]]:
        """Return p(outputs|inputs), or None; and coefficients over it with their values."""
        table, rows, self.bits = fields(self.observed, "the data", optional=("behavior", "values", "rounded"))
        need((table is None) != (rows is None), "the data are neither a behavior nor values")
        cells, settings = self.model.cells, self.model.settings
        if rows is not None:
            pairs = [fields(row, "a value", "coefficients", "value") for row in array(rows, "the values")]
            return None, [(rationals(c, "coefficients", cells), self.real(v, "a value")) for c, v in pairs]
        p = [self.real(v, "the behavior") for v in array(table, "the behavior", cells)]
        need(not any(value < Real() for value in p), "the behavior has a negative probability")
        sums = [sum(p[x::settings], Real(Fraction(-1))) for x in range(settings)]
        need(not any(total.sign() for total in sums), "the behavior is not normalized")
        return p, []

    def _equations(self) -> list[Equation]:
        """Return what the data say of T q = p(outputs|inputs) p(dependent|free), then its normalization."""
        model, found = self.model, list[Equation]()
        cells, settings = range(model.cells), model.settings
        chance = [model.conditional[cell % settings] for cell in cells]
        if self.behavior is not None:
            found = [({cell: Fraction(1)}, self.behavior[cell] * chance[cell]) for cell in cells]
        else:
            common_denominator(1 / p for p in model.conditional if p)  # of sums of coefficients, too
        for c, value in self.values:
            need(all(chance[i] for i in cells if c[i]), "there are coefficients of a setting of probability 0")
            found.append(({i: c[i] / chance[i] for i in cells if c[i]}, value))
            model.spend(FRACTION * (len(found[-1][0]) + 1))
        return found + [
            (dict.fromkeys(cells[x::settings], Fraction(1)), Real(p)) for x, p in enumerate(model.conditional)
        ]

    def verdict(self) -> str:
        """Return the claim as a sentence, if it is proved."""
        if self.infeasible:
            (claimed,) = fields(self.claim, "the claim", "infeasible")
            need(claimed is True and self.strategies is None, "the claim is none")
            need(Real() < self.bound(self.proof), "the proof does not show that there is no model")
            return f"there is no {models(self)}"
        lower, upper = fields(self.claim, "the claim", "lower_bound", optional=("upper_bound",))
        stated, proven = self.real(lower, "the lower bound"), self.proven()
        need(not proven < stated, f"the proof gives the lower bound {text(proven)}, less than {text(stated)}")
        sentence = f"every {models(self)} has {self.name} >= {text(stated)}"
        if self.strategies is None and upper is None:
            return sentence
        need(self.linear, "strategies are for linear programs only")
        most, reached = self.real(upper, "the upper bound"), self.reached()
        need(not (reached - most).sign(), f"the strategies reach {text(reached)}, not {text(most)}")
        equal = not (most - stated).sign()
        return f"{sentence}, and one {f'attains it: minimum = {text(most)}' if equal else f'has {text(most)}'}"

    def proven(self) -> Real:
        """Return the largest lower bound that the proof gives, rounded down where there are logarithms or roots."""
        return self.bound(self.proof)

    def bound(self, proof: Json, sign: int = 1) -> Real:
        """Return the lower bound of the measure, times sign, that a proof gives."""
        z, weights, duals = fields(proof, "the proof", "z", "weights", "constraints")
        prices, constant = [Fraction(0)] * self.model.cells, Real()
        for multiplier, (row, value) in zip(rationals(z, "z", len(self.equations)), self.equations, strict=True):
            constant += value * multiplier
            for cell, coefficient in row.items() if multiplier else ():
                prices[cell] += multiplier * coefficient
        charges: Charges = []
        w = charge(self.measure, weights, Fraction(sign), charges)
        array(duals, "constraints", len(self.constraints))
        for (measure, limit), dual in zip(self.constraints, duals, strict=True):
            number, own = fields(dual, "a constraint in the proof", "multiplier", "weights")
            (share,) = rationals([number], "a multiplier")
            need(share >= 0, "a multiplier is negative")
            w += charge(measure, own, share, charges)
            constant -= limit * share
        scale = common_denominator(itertools.chain(prices, *(weights for _, weights in charges), [w]))
        most = without_list(self.model, prices, charges, scale, w) if type(self).largest == Case.largest else None
        return constant - Real(self.largest(self.reduced(prices, charges, scale), scale, w) if most is None else most)

    def reduced(self, prices: list[Fraction], charges: Charges, scale: int) -> Iterator[tuple[int, int | Fraction]]:
        """Yield each strategy that can occur with r(λ), in multiples of 1/scale so that integers do for most of it."""
        model = self.model
        model.spend(model.count * (model.effort + sum(measure.effort for measure, _ in charges)))
        whole_prices = [int(v * scale) for v in prices]
        columns = [(measure.column, [int(u * scale) for u in weights]) for measure, weights in charges]
        never = {cell for cell in range(model.cells) if not model.conditional[cell % model.settings]}
        for number, functions in enumerate(model.strategies()):
            cells = model.visited(functions)
            if never and not never.isdisjoint(cells):
                continue  # it needs a setting of probability 0
            r: int | Fraction = sum([whole_prices[cell] for cell in cells])
            for column, weights in columns:
                for row, coefficient in column(number, functions):
                    r -= weights[row] * coefficient
            yield number, r

    def largest(self, reduced: Iterator[tuple[int, int | Fraction]], scale: int, w: Fraction) -> Fraction:
        """Return max r(λ); or, where w is the share of dependence, max over Λ of Σ_x p(x) max(r, max_x' r − 2w)."""
        if not w:
            found = [r for _, r in reduced]
            need(found, "no strategy can occur")
            return Fraction(max(found)) / scale
        means = []
        for group in self.by_rest(reduced):
            top = max(r for _, r in group) - 2 * w * scale
            never = 1 - sum(p for p, _ in group)  # where r is −∞: such strategies cannot occur
            means.append(sum((p * max(r, top) for p, r in group), never * top))
        return max(means) / scale

    def by_rest(self, reduced: Iterator[tuple[int, int | Fraction]]) -> list[list[tuple[Fraction, int | Fraction]]]:
        """Return for each Λ the pairs p(x), r(x, Λ) of the settings x that occur."""
        groups: dict[int, list[tuple[Fraction, int | Fraction]]] = {}
        for number, r in reduced:
            x, rest = self.model.split(number)
            groups.setdefault(rest, []).append((self.model.occurring[x], r))
        need(groups, "no strategy can occur")
        return list(groups.values())

    def reached(self) -> Real:
        """Return the measure at the strategies, which must reproduce the data within the constraints."""
        listed, model = sparse(self.strategies, "the strategies", self.model.count), self.model
        weights = {number: self.real(weight, "a weight") for number, weight in listed.items()}
        need(weights and all(Real() < w for w in weights.values()), "a weight is not positive")
        model.spend(len(weights) * (model.effort + FRACTION * len(model.chances) + 2**10))
        q = [(number, strategy(model, number), weight) for number, weight in weights.items()]
        table = [Real()] * model.cells
        for _, functions, weight in q:
            for cell in model.visited(functions):
                table[cell] += weight
        for row, value in self.equations:
            total = sum((table[cell] * c for cell, c in row.items()), Real())
            need(not (total - value).sign(), "the strategies do not reproduce the data")
        for measure, limit in self.constraints:
            need(not limit < evaluate(model, measure, q), "the strategies violate a constraint")
        return self.value(q)

    def value(self, q: Weights) -> Real:
        """Return the measure at q."""
        return evaluate(self.model, self.measure, q)

    def real(self, data: Json, what: str) -> Real:
        """Return a rational number, or a + b√root."""
        return read_real(data, what, self.root)
