"""Certificates of evidence: a p-value of counts, from bounds of the means of scores and the rule by which they bet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, localcontext
from fractions import Fraction

from .bets import Table, p_value, statement, used, words
from .digest import short_digest
from .kernel import Case, Equation
from .measures import Measure
from .mixtures import Mixed
from .model import Functions
from .reading import FRACTION, ZERO, Json, Real, array, fields, rationals, whole
from .refusals import need
from .rounding import above, decimal
from .wording import models

_TRIALS = 2**62
_LISTS = 2**12  # runs, and tables
_SHOWN = 9  # probabilities
_LEAST = Fraction(1, 10**600)  # p-values are rounded up to this


@dataclass(frozen=True)
class Run:
    """Trials of each cell; how far p(settings|latent) may be off; what is given to the settings without that."""

    counts: list[int]
    bias: Fraction
    chances: list[Fraction]


class EvidenceCase(Case):
    """A p-value: in models within the constraints each table has a mean of at most its bound, whatever was before."""

    linear = False
    found: Fraction | None = None

    def read(self, measure: Json, model: Json) -> Measure:
        """Return minus the mean of the first table; read those of the others."""
        _, runs, tables, self.rule = fields(measure, "the evidence", "kind", "runs", "tables", "rule")
        need(0 < len(array(runs, "the runs")) <= _LISTS, "there are no runs, or too many")
        need(0 < len(array(tables, "the tables")) <= _LISTS, "there are no tables, or too many")
        self.designs: list[Json] = []
        self.runs = [self._run(run) for run in runs]
        pairs = [fields(table, "a table", "run", "scores") for table in tables]
        self.places = [whole(run, "a run", 0, len(runs)) for run, _ in pairs]
        self.scores = [rationals(scores, "the scores", self.model.cells) for _, scores in pairs]
        self.means = [self._mean(self.runs[k], s) for k, s in zip(self.places, self.scores, strict=True)]
        return self.means[0][0]

    def _run(self, data: Json) -> Run:
        own = self.model
        numbers, offset, settings = fields(data, "a run", "counts", "bias", optional=("settings",))
        counts = [whole(n, "a number of trials", 0, _TRIALS) for n in array(numbers, "the counts", own.cells)]
        need(sum(counts) < _TRIALS, "there are too many trials")
        (bias,) = rationals([offset], "the bias")
        need(0 <= bias < 1, "the bias is none")
        need(not (bias and own.dependent and own.free), "a bias of settings of which some depend on the latent alone")
        chances, distribution = own.chances, own.distribution
        if settings is not None:
            need(not own.dependent, "settings that depend on the latent have another distribution")
            chances = distribution = rationals(settings, "the settings", own.settings)
            need(min(chances) >= 0 and sum(chances) == 1, "the distribution of the settings is none")
        seen = [x for cell, n in enumerate(counts) if n for x in [cell % own.settings]]
        need(all(distribution[x] for x in seen), "there are trials of a setting of probability 0")
        self.designs.append(settings)
        return Run(counts, bias, chances)

    def _mean(self, run: Run, scores: list[Fraction]) -> tuple[Measure, Equation]:
        """Return minus the largest mean of the scores in one trial: what a bias of the settings adds; prices of cells.

        Prices are what a strategy gains at the cells that it visits, so that elimination does for very many of them.
        """
        own, bias, chances = self.model, run.bias, run.chances
        names, known = own.dependent, dict[int, Fraction]()
        keys = own.marginal(own.free)[0]
        free = dict(zip(sorted(set(keys)), chances, strict=True))
        own.spend(FRACTION * own.cells)
        prices = {cell: free[keys[cell % own.settings]] * score for cell, score in enumerate(scores) if score}
        gain: Equation = (prices, Real())
        if not bias:
            return Measure("mean(scores)", stated=0), gain
        need(not (isinstance(own, Mixed) and None in own.structures), 'a bias of the settings of "any" behavior')
        if names:
            low, room = [-bias] * len(own.occurring), [2 * bias] * len(own.occurring)
        else:
            low = [max(-bias, -p) for p in chances]
            room = [min(bias, 1 - p) - least for p, least in zip(chances, low, strict=True)]

        def shifted(functions: Functions, number: int) -> Fraction:
            """Return the gain by settings that depend on the latent and are off; the same for all settings."""
            rest = own.split(number)[1]
            if rest not in known:
                values = []
                for setting in own.occurring:
                    at = dict(zip(names, setting, strict=True))
                    forced = [(at[n],) if n in at else f for n, f in zip(own.responding, functions, strict=True)]
                    (cell,) = own.visited(tuple(forced))
                    values.append(scores[cell])
                known[rest] = _shift(values, low, room)
            return known[rest]

        def column(number: int, functions: Functions) -> list[tuple[int, Fraction]]:
            if names:
                return [(0, -shifted(functions, number))]
            return [(0, -_shift([scores[cell] for cell in own.visited(functions)], low, room))]

        effort = own.effort + 3 * FRACTION * len(low) + (own.effort * len(low) if names else 0)
        return Measure("mean(scores)", column, effort), gain

    def bound(self, proof: Json, sign: int = 1) -> Real:
        """Return the lower bound of minus the mean; the prices are one more row over the cells, with multiplier 1."""
        z, weights, duals = fields(proof, "the proof", "z", "weights", "constraints")
        own = array(z, "z", len(self.equations))
        self.measure, gain = self.mean
        self.equations.append(gain)
        try:
            return super().bound({"z": [*own, Fraction(1)], "weights": weights, "constraints": duals}, sign)
        finally:
            self.equations.pop()

    def verdict(self) -> str:
        """Return the claim as a sentence, if it is proved."""
        (claimed,) = fields(self.claim, "the claim", "p_value")
        (stated,) = rationals([claimed], "the p-value")
        need(self.strategies is None and not self.values, "the evidence has strategies, or values")
        need(0 < stated <= 1, "the p-value is none")
        p = self.p_value()
        need(p <= stated, f"the proof gives the p-value {_text(p)}, more than {_text(stated)}")
        what, games = statement(self.rule), self.rule.get("rule") == "tails"
        fixed = "if their number was fixed in advance, " if games else ""
        trials = sum(sum(run.counts) for run in self.runs)
        runs = "" if len(self.runs) == 1 else f" of {len(self.runs)} runs"
        return (
            f"if each trial, given all before it, comes from a {models(self)}{self._settings()}, then {fixed}{what} in "
            f"{trials} trials{runs} (digest {self._digest()}), chosen before {'each run' if runs else 'them'}, "
            f"would be as large with probability at most {_text(stated)}"
        )

    def _settings(self) -> str:
        biases = dict.fromkeys(str(run.bias) for run in self.runs)
        found = f" with p(settings) shifted by at most {', '.join(biases)}" if any(r.bias for r in self.runs) else ""
        designs = dict.fromkeys(_few(d) for d in self.designs if d is not None)
        return found + (f" with p(settings) by design {', '.join(designs)}" if designs else "")

    def _digest(self) -> str:
        lines = [" ".join(map(str, [*run.counts, run.bias])) for run in self.runs]
        lines += [words(d) for d in self.designs if d is not None]
        lines += [" ".join(map(str, [k, *s])) for k, s in zip(self.places, self.scores, strict=True)]
        return short_digest([*lines, words(self.rule)])

    def p_value(self) -> Fraction:
        """Return the p-value, rounded up; the tables are bounded once, whatever is claimed then."""
        if self.found is not None:
            return self.found
        need(self.behavior is None, "the evidence has a behavior")
        (proofs,) = fields(self.proof, "the proof", "tables")
        array(proofs, "the proofs", len(self.scores))
        own = used(self.rule, len(self.scores))
        need(own == {*range(len(self.scores))}, "a table is not used")
        need({*self.places} == {*range(len(self.runs))}, "a run is not used")
        tables = []
        for mean, scores, place, proof in zip(self.means, self.scores, self.places, proofs, strict=True):
            self.mean = mean
            bound = None if proof is None else min(max(scores), above(self.bound(proof) * -1))
            tables.append(Table(scores, self.runs[place].counts, place, bound))
        self.found = max(_LEAST, p_value(self.rule, tables, self.model.spend))
        return self.found


def _few(design: Json) -> str:
    """Return a distribution as text, or its digest."""
    own = array(design, "the settings")
    return words(design) if len(own) <= _SHOWN else f"(digest {short_digest([words(design)])})"


def _shift(values: Sequence[Fraction], low: Sequence[Fraction], room: Sequence[Fraction]) -> Fraction:
    """Return the largest sum of values times shifts of p(settings) from low on, within their room, that sum to 0."""
    gain, left = sum((least * v for least, v in zip(low, values, strict=True)), ZERO), -sum(low, ZERO)
    for v, most in sorted(zip(values, room, strict=True), reverse=True):
        gain += min(left, most) * v
        left -= min(left, most)
    return gain


def _text(p: Fraction) -> str:
    """Return a p-value as text: itself where it is short, else its first digits, rounded up."""
    if max(p.denominator, p.numerator).bit_length() <= 40:
        return str(p)
    digits = 12 + max(0, math.ceil((p.denominator.bit_length() - p.numerator.bit_length()) * 0.302))
    with localcontext(Context(prec=12, rounding=ROUND_CEILING)):
        return f"{decimal(Fraction(math.ceil(p * 10**digits), 10**digits))} (rounded up)"
