"""Certificates of evidence: a p-value of counts, by a test factor or by wins in a game, from a bound of its mean."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, Context, Decimal, localcontext
from fractions import Fraction

from .digest import short_digest
from .kernel import Case
from .measures import Measure
from .model import Functions
from .reading import FRACTION, ZERO, Json, array, fields, rationals, whole
from .refusals import need
from .rounding import decimal, floor
from .wording import models

_TRIALS = 2**62
_LEAST = Fraction(1, 10**600)  # p-values are rounded up to this
_ERROR = Fraction(1, 10**50)  # of a logarithm in 60 digits, for each trial


class EvidenceCase(Case):
    """A p-value: every model within the constraints has mean(factor) <= beta, given whatever was before."""

    linear = False

    def read(self, measure: Json, model: Json) -> Measure:
        """Return minus the mean of the factor."""
        names = ("kind", "test", "factor", "counts", "bias")
        _, self.test, factor, counts, bias = fields(measure, "the evidence", *names)
        need(self.test in ("product", "tail"), "the test is neither a product nor a tail")
        cells, own = self.model.cells, self.model
        self.factor = rationals(factor, "the factor", cells)
        self.counts = [whole(n, "a number of trials", 0, _TRIALS) for n in array(counts, "the counts", cells)]
        (self.bias,) = rationals([bias], "the bias")
        need(min(self.factor) >= 0, "the factor is negative")
        need(self.test == "product" or {*self.factor} <= {ZERO, Fraction(1)}, "a game has other scores than 0 and 1")
        need(0 <= self.bias < 1 and not (self.bias and own.dependent), "the bias is none, or of dependent settings")
        need(sum(self.counts) < _TRIALS, "there are too many trials")
        for cell, n in enumerate(self.counts):
            need(not n or own.distribution[cell % own.settings], "there are trials of a setting of probability 0")
        low = [max(-self.bias, -p) for p in own.chances]
        room = [min(self.bias, 1 - p) - least for p, least in zip(own.chances, low, strict=True)]

        def column(_: int, functions: Functions) -> list[tuple[int, Fraction]]:
            values = [self.factor[cell] for cell in own.visited(functions)]
            mean = sum((p * v for p, v in zip(own.chances, values, strict=True)), ZERO)
            if self.bias:
                mean += sum((least * v for least, v in zip(low, values, strict=True)), ZERO)
                left = -sum(low, ZERO)
                for v, most in sorted(zip(values, room, strict=True), reverse=True):
                    mean += min(left, most) * v
                    left -= min(left, most)
            return [(0, -mean)]

        effort = own.effort + FRACTION * len(own.chances) * (1 + 3 * bool(self.bias))
        return Measure("mean(factor)", column, effort)

    def verdict(self) -> str:
        """Return the claim as a sentence, if it is proved."""
        (claimed,) = fields(self.claim, "the claim", "p_value")
        (stated,) = rationals([claimed], "the p-value")
        need(self.strategies is None and not self.values, "the evidence has strategies, or values")
        need(0 < stated <= 1, "the p-value is none")
        p = self.p_value()
        need(p <= stated, f"the proof gives the p-value {_text(p)}, more than {_text(stated)}")
        lines = [" ".join(map(str, self.counts)), " ".join(map(str, self.factor))]
        what = "the wins of the game" if self.test == "tail" else "the product of the factor"
        fixed = "if their number was fixed in advance, " if self.test == "tail" else ""
        settings = f" with p(settings) shifted by at most {self.bias}" if self.bias else ""
        return (
            f"if each trial, given all before it, comes from a {models(self)}{settings}, then {fixed}{what} in "
            f"{sum(self.counts)} trials (digest {short_digest(lines)}), chosen before them, would be as large "
            f"with probability at most {_text(stated)}"
        )

    def p_value(self) -> Fraction:
        """Return the p-value, rounded up."""
        need(self.behavior is None, "the evidence has a behavior")
        beta = max(ZERO, -floor(self.proven()))
        trials = sum(self.counts)
        if self.test == "tail":
            return max(_LEAST, self._tail(sum(n for n, f in zip(self.counts, self.factor, strict=True) if f), beta))
        used = [(n, f) for n, f in zip(self.counts, self.factor, strict=True) if n]
        if not beta or any(not f for _, f in used) or not used:
            return Fraction(1)  # no bet, or a lost one
        self.model.spend(FRACTION * 64 * len(used))
        with localcontext(Context(prec=60)):
            log = sum((n * decimal(f).ln() for n, f in used), Decimal(0)) - trials * decimal(beta).ln()
            size = sum((n * (1 + abs(decimal(f).ln())) for n, f in used), Decimal(0))
        gain = Fraction(log) - _ERROR * (Fraction(size) + trials * (1 + abs(beta)))
        if gain <= 0:
            return Fraction(1)
        with localcontext(Context(prec=60, Emin=-(10**9))):
            p = Fraction((-decimal(min(gain, Fraction(2000)))).exp()) * (1 + _ERROR)
        return max(_LEAST, p)

    def _tail(self, wins: int, beta: Fraction) -> Fraction:
        """Return P(Binomial(trials, beta) >= wins), exactly."""
        trials = sum(self.counts)
        if wins == 0 or beta >= 1:
            return Fraction(1)
        if beta <= 0:
            return ZERO
        a, d = beta.numerator, beta.denominator
        words = trials * d.bit_length() // 64 + 1
        self.model.spend(8 * (trials - wins + 1) * words)
        term, total = a**trials, 0
        for won in range(trials, wins - 1, -1):  # C(trials, won) a^won (d - a)^(trials - won)
            total += term
            if won > wins:
                term = term * won * (d - a) // ((trials - won + 1) * a)
        return Fraction(total, d**trials)


def _text(p: Fraction) -> str:
    """Return a p-value as text: itself where it is short, else its first digits, rounded up."""
    if max(p.denominator, p.numerator).bit_length() <= 40:
        return str(p)
    digits = 12 + max(0, math.ceil((p.denominator.bit_length() - p.numerator.bit_length()) * 0.302))
    with localcontext(Context(prec=12, rounding=ROUND_CEILING)):
        return f"{decimal(Fraction(math.ceil(p * 10**digits), 10**digits))} (rounded up)"
