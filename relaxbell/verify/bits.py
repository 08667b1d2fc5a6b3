"""Certificates of linear programs within budgets on the mutual information, in bits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from .evidence import EvidenceCase
from .kernel import Case
from .measures import Measure
from .reading import FRACTION, Json, Real, array, fields, rationals
from .refusals import need
from .rounding import log2_mean

_BITS = "mutual information"
_FAR = Fraction(10**9)


def limits_bits(data: Json) -> bool:
    """Return whether some constraint is on the mutual information."""
    constraints = data.get("constraints") if type(data) is dict else None
    return type(constraints) is list and any(map(_is_bits, constraints))


def _is_bits(constraint: Json) -> bool:
    measure = constraint.get("measure") if type(constraint) is dict else None
    return type(measure) is dict and measure.get("kind") == _BITS


class BitsCase(Case):
    """A linear program whose last constraints are on the mutual information of the dependent inputs."""

    linear = False
    share = Fraction(0)

    def __init__(self, data: Json, work: int = 0) -> None:
        own = data if type(data) is dict else {}  # `limits_bits` has looked at it
        given = array(own.get("constraints"), "the constraints")
        first = next(i for i, constraint in enumerate(given) if _is_bits(constraint))
        need(all(map(_is_bits, given[first:])), "a constraint on the mutual information is not among the last")
        super().__init__({**own, "constraints": given[:first]}, work)
        need(len(self.model.latents) == 1 and self.model.dependent, "no input depends on one latent variable")
        self.others = self.constraints
        self.bits_measure = Measure(f"I({','.join(self.model.dependent)}:Lambda)")
        self.limits = []
        for constraint in given[first:]:
            measure, limit = fields(constraint, "a constraint", "measure", "limit")
            fields(measure, "the measure", "kind")
            self.limits.append(self.real(limit, "a limit"))
        self.constraints = [*self.others, *((self.bits_measure, limit) for limit in self.limits)]

    def bound(self, proof: Json, sign: int = 1) -> Real:
        """Return the lower bound of the measure, times sign, that a proof gives."""
        z, weights, duals = fields(proof, "the proof", "z", "weights", "constraints")
        array(duals, "constraints", len(self.constraints))
        first = len(self.others)
        pairs = [fields(own, "a constraint in the proof", "multiplier", "weights") for own in duals[first:]]
        need(all(own is None for _, own in pairs), "a mutual information has weights")
        shares = rationals([number for number, _ in pairs], "a multiplier")
        need(min(shares) >= 0, "a multiplier is negative")
        self.share = sum(shares, Fraction(0))
        self.model.spend(FRACTION * self.model.count)
        everything, self.constraints = self.constraints, self.others
        try:
            found = super().bound({"z": z, "weights": weights, "constraints": duals[:first]}, sign)
        finally:
            self.constraints = everything
        for share, limit in zip(shares, self.limits, strict=True):
            found -= limit * share
        return found

    def largest(self, reduced: Iterator[tuple[int, int | Fraction]], scale: int, w: Fraction) -> Fraction:
        """Return μ max over Λ of log2 Σ_x p(x) 2^(r/μ), rounded up; without μ the largest r."""
        if not self.share:
            return super().largest(reduced, scale, w)
        unit = scale * self.share
        groups = {tuple(sorted((p, Fraction(r) / unit) for p, r in own)) for own in self.by_rest(reduced)}
        return self.share * max(mean_within(list(group), w / self.share) for group in groups)


def mean_within(terms: list[tuple[Fraction, Fraction]], w: Fraction) -> Fraction:
    """Return an upper bound of max over pi of sum pi r - w sum |pi - p| - D(pi|p), where D is in bits.

    For all |u| <= w it is at most sum u p + log2 sum p 2^(r - u); u is r - m, cut off at w, with a good m.
    """
    if not w:
        return log2_mean(terms)
    own = [(float(p), float(max(-_FAR, min(_FAR, r)))) for p, r in terms]  # any m will do, so floats are good enough
    low, high, size = min(r for _, r in own) - 1, max(r for _, r in own) + 1, float(min(w, _FAR))
    for _ in range(100):
        m = (low + high) / 2
        left = math.fsum(p * 2 ** min(1000.0, r - max(-size, min(size, r - m)) - m) for p, r in own)
        low, high = (m, high) if left > 1 else (low, m)
    middle = Fraction(low)
    shifts = [max(-w, min(w, r - middle)) for _, r in terms]
    gain = sum((p * u for (p, _), u in zip(terms, shifts, strict=True)), Fraction(0))
    never = 1 - sum(p for p, _ in terms)  # settings that cannot occur with this function: there u is -w
    return gain - w * never + log2_mean([(p, r - u) for (p, r), u in zip(terms, shifts, strict=True)])


class BitsEvidenceCase(BitsCase, EvidenceCase):
    """A p-value of counts under a null hypothesis with a budget on the mutual information."""
