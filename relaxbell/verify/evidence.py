"""Certificates of evidence: a p-value of counts, from bounds of the means of scores and the rule by which they bet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, localcontext
from fractions import Fraction

from .bets import Table, p_value, statement, used, words
from .digest import short_digest
from .kernel import Case
from .measures import Measure
from .mixtures import Mixed
from .model import Functions
from .reading import FRACTION, ZERO, Json, array, fields, rationals, whole
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
        return self.means[0]

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

    def _mean(self, run: Run, scores: list[Fraction]) -> Measure:
        """Return minus the largest mean of the scores in one trial, by strategies."""
        own, bias, chances = self.model, run.bias, run.chances
        names, known = own.dependent, dict[int, Fraction]()
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

        anything = isinstance(own, Mixed) and None in own.structures
        need(not (bias and anything), 'a bias of the settings of "any" behavior')
        places = own.marginal(own.free)[0]
        free = {x: p * len(chances) for x, p in zip(sorted(set(places)), chances, strict=True)} if anything else {}

        def column(number: int, functions: Functions) -> list[tuple[int, Fraction]]:
            if isinstance(own, Mixed) and own.structures[functions[0][0]] is None:  # a cell: of one setting alone
                (cell,) = functions[1]
                return [(0, -free[places[cell % own.settings]] * scores[cell])]
            values = [scores[cell] for cell in own.visited(functions)]
            mean = sum((p * v for p, v in zip(chances, values, strict=True)), ZERO)
            if bias:
                mean += shifted(functions, number) if names else _shift(values, low, room)
            return [(0, -mean)]

        effort = own.effort + FRACTION * len(chances)
        if bias:
            effort += 3 * FRACTION * len(low) + (own.effort * len(low) if names else 0)
        return Measure("mean(scores)", column, effort)

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
        """Return the p-value, rounded up."""
        need(self.behavior is None, "the evidence has a behavior")
        (proofs,) = fields(self.proof, "the proof", "tables")
        array(proofs, "the proofs", len(self.scores))
        own = used(self.rule, len(self.scores))
        need(own == {*range(len(self.scores))}, "a table is not used")
        need({*self.places} == {*range(len(self.runs))}, "a run is not used")
        tables = []
        for mean, scores, place, proof in zip(self.means, self.scores, self.places, proofs, strict=True):
            self.measure = mean
            bound = None if proof is None else min(max(scores), above(self.bound(proof) * -1))
            tables.append(Table(scores, self.runs[place].counts, place, bound))
        return max(_LEAST, p_value(self.rule, tables, self.model.spend))


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
