"""Bits that counts certify: probability estimation factors, valid for devices with memory.

Knill, Zhang, Bierhorst, PRR 2, 033465 (2020), arXiv:1709.06159; Zhang, Knill, Bierhorst, PRA 98, 040304 (2018),
arXiv:1812.06225. A factor F ≥ 0 of power β has Σ μ(cz) F(cz) μ(c|z)^β ≤ 1 for each distribution μ that one trial may
have. Given all before, so may every trial; the product over the trials is at least 1/(ε μ(c|z)^β) with probability at
most ε. The sum is convex in μ(c|z) and linear in μ(z): vertices decide.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.chi_squared import settings_test
from relaxbell.behavior.counts import Counts
from relaxbell.behavior.scenario import same_variables
from relaxbell.errors import CountsError, MeasureError
from relaxbell.exact.distributions import joint_distribution
from relaxbell.exact.numbers import Floats, read_fraction
from relaxbell.exact.texts import floor_text
from relaxbell.lp.clock import deadline, remaining
from relaxbell.randomness.bits_curve import CertifiedBitsCurve
from relaxbell.randomness.tables import extreme_tables
from relaxbell.randomness.vertices import extreme_boxes
from relaxbell.trials.projection import master

_MOST = 300_000
"""Numbers in facets and vertices of the non-signaling polytope."""

_POWERS = tuple(2.0 ** (-k / 2) for k in range(27))

_INSURANCE = 2.0**-10
"""Share of the factor 1: what was thought impossible then costs 10 bits, not everything."""

_SLACK = 1e-12
"""Relative error of sums and logarithms, by far enough."""


_ODD = 1e-6
"""p-value of settings below which it is said."""

_ROUNDS, _ADDED, _CLOSE = 100, 16, 1e-9
"""Rounds and columns added in each; how far above 1 a mean may be, before it is scaled."""


@dataclass(frozen=True, eq=False, repr=False)
class CertifiedBits:
    """How random the outcomes of an experiment are to a no-signaling adversary, as far as its counts prove it.

    What is proved: whatever the devices did, with memory or not, the probability that an adversary who knows all
    settings and prepared the devices assigns to the outcomes that occurred is at most 2^−bits, except with probability
    `error`. The proof, and that of the smooth min-entropy: :doc:`/theorems`.

    Assumed: the number of trials, the factors and the bounds were fixed in advance; in each trial, given all before and
    what the adversary knows, the devices do not signal, and p(settings) is as designed or within its bounds; settings
    do not depend on outcomes of earlier trials, given earlier settings and what the adversary knows (they would tell
    these outcomes). With counts of a random part of the trials as training also that trials are independent.

    Attributes
    ----------
    bits
        Rounded down; 0 where nothing is proved.
    error
        Probability with which the statement may fail.
    power
        β.
    factors
        F, axes outputs, then inputs.
    log2_product
        Σ counts log2 F, rounded down.
    trials
        Their number.
    lower, upper
        Bounds of p(settings) that were assumed.
    settings_p_value
        Of a test of the design by how often settings occurred; None where bounds were assumed instead. Where it is
        small the assumption is wrong: then give bounds.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.sample(rb.boxes.tsirelson(), 2500, seed=1).randomness(rb.boxes.tsirelson(), error=2**-20)
    >>> found.bits > 100, found.error == 2**-20
    (True, True)
    """

    bits: float
    error: float
    power: float
    factors: Floats
    log2_product: float
    trials: int
    lower: Fraction | None
    upper: Fraction | None
    settings_p_value: float | None = None
    _again: Callable[[Fraction | None, Fraction | None], CertifiedBits] | None = field(default=None, repr=False)

    def curve(
        self, limit: str, end: object, *, start: object, points: int = 9, seconds: float | None = None
    ) -> CertifiedBitsCurve:
        """Return the certified bits as a function of a bound of p(settings), the other bound as it is.

        Parameters
        ----------
        limit
            ``"lower"`` or ``"upper"``.
        end, start
            Largest and least bound.
        points
            Number of bounds for which factors are made.
        seconds
            Time limit.

        Returns
        -------
        CertifiedBitsCurve
            At each bound, also between the samples, the statement holds, with `error`, for a bound that was fixed in
            advance.

        Raises
        ------
        MeasureError
            If the limit is unknown, the ends are in the wrong order, or a bound excludes the design.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.tsirelson()
        >>> found = rb.sample(box, 25000, seed=2).randomness(box, error=2**-20)
        >>> curve = found.curve("lower", 0.25, start=0.2, points=2)
        >>> float(curve.bits(0.25)) == found.bits, float(curve.bits(0.22)) == float(curve.bits(0.2))
        (True, True)
        """
        if limit not in ("lower", "upper"):
            raise MeasureError(
                f"{limit!r} is no bound of p(settings), expected lower or upper: factors are for each trial by itself, "
                "and M is a mean over all."
            )
        low, high = (read_fraction(v, limit, MeasureError) for v in (start, end))
        if not low < high:
            raise MeasureError(f"the bounds go from {low} to {high}, expected a start below the end.")
        if isinstance(points, bool) or not isinstance(points, int) or points < 2:
            raise MeasureError(f"points is {points!r}, expected a whole number, at least 2: both ends are samples.")
        assert self._again is not None
        found = []
        with deadline(seconds, "certified bits"):
            for k in range(points):
                e = low + (high - low) * Fraction(k, points - 1)
                found.append(self._again(*((e, self.upper) if limit == "lower" else (self.lower, e))))
        return CertifiedBitsCurve(limit, tuple(found))

    def smooth_min_entropy(self, success: float) -> float:
        """Return bits of ε-smooth min-entropy given success, where a protocol demanded `bits` beforehand.

        Zhang, Knill and Bierhorst (2018): if a threshold of `bits` was fixed before the trials, and is passed with at
        least probability `success`, outcomes given settings, what the adversary knows, and success have this ε-smooth
        min-entropy (average, distance in total variation), with ε = `error`. (Otherwise the protocol passes with a
        probability below `success`.) The proof: :doc:`/theorems`.

        Parameters
        ----------
        success
            A probability.

        Returns
        -------
        float
            bits + (1 + 1/β) log2 success, at least 0.

        Raises
        ------
        MeasureError
            If `success` is not between 0 and 1.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.sample(rb.boxes.tsirelson(), 2500, seed=1).randomness(rb.boxes.tsirelson(), error=2**-20)
        >>> found.smooth_min_entropy(1) == found.bits, found.smooth_min_entropy(0.5) < found.bits
        (True, True)
        """
        if not 0 < success <= 1:
            raise MeasureError(f"the probability of success is {success}, expected one above 0 and at most 1.")
        return max(0.0, self.bits + (1 + 1 / self.power) * math.log2(success))

    def __repr__(self) -> str:
        bounds = [f"p(settings) {sign} {v}" for sign, v in ((">=", self.lower), ("<=", self.upper)) if v is not None]
        odd = self.settings_p_value is not None and self.settings_p_value < _ODD
        doubt = f"; the settings differ from the design (p = {self.settings_p_value:.2g}): give bounds" if odd else ""
        return (
            f"at least {floor_text(self.bits, 6)} bits in {self.trials:,} trials, except with probability "
            f"{self.error:.3g}: no-signaling adversary{', ' + ', '.join(bounds) if bounds else ''}, factors of power "
            f"{self.power:.3g}{doubt}"
        )


def randomness(
    counts: Counts,
    trained_on: Behavior | Counts,
    *,
    error: float,
    settings: object = None,
    lower: object = None,
    upper: object = None,
    power: float | None = None,
) -> CertifiedBits:
    """Return the bits that counts certify; see `Counts.randomness`."""
    if not 0 < error < 1:
        raise MeasureError(f"the error is {error}, expected a probability above 0 and below 1.")
    if power is not None and not 0 < power < math.inf:
        raise MeasureError(f"the power is {power}, expected a number above 0.")
    prediction = _prediction(counts, trained_on)
    k = len(counts.outputs)
    design = joint_distribution(settings, counts.inputs, counts.table.shape[k:], "settings", CountsError)
    if (counts.settings[design == 0] > 0).any():
        raise CountsError("there are trials at settings of probability 0, expected none. Give p(settings).")
    low = None if lower is None else read_fraction(lower, "lower", MeasureError)
    high = None if upper is None else read_fraction(upper, "upper", MeasureError)
    tables = extreme_tables([Fraction(p) for p in design.ravel()], low, high, costly=False)
    vertices = extreme_boxes(prediction.scenario, _MOST).floats
    weights = np.array([[float(w) for w in table.weights] for table in tables])
    chances = np.tile(weights, (1, counts.table.size // design.size))
    joint = (prediction.p * design.astype(np.float64)).ravel()
    made: dict[float, tuple[float, Floats]] = {}

    def expected(beta: float) -> float:
        """Return the bits that factors of a power are expected to certify."""
        if beta not in made:
            remaining()
            factor, on = _factor(joint, vertices, chances, beta), joint > 0
            bits = (counts.trials * float(joint[on] @ np.log2(factor[on])) + math.log2(error)) / beta
            made[beta] = bits, factor
        return made[beta][0]

    beta = _best_power(expected) if power is None else float(power)
    expected(beta)
    factor = made[beta][1]
    n = counts.table.ravel().astype(np.float64)
    logs = np.log2(factor[n > 0])
    product = float(n[n > 0] @ logs) - _SLACK * float(n[n > 0] @ (1 + abs(logs)))
    bits = (product + math.log2(error)) / beta
    bits = max(0.0, bits - _SLACK * (1 + abs(bits)))

    def again(lower: Fraction | None, upper: Fraction | None) -> CertifiedBits:
        """Return the bits with other bounds."""
        return randomness(
            counts, trained_on, error=error, settings=settings, lower=lower, upper=upper, power=power
        )  # fmt: skip

    chance = None
    if low is None and high is None and counts.trials:
        chance = settings_test(counts.settings, design, uniform=bool((design == design.flat[0]).all())).p_value
    return CertifiedBits(
        bits, error, beta, factor.reshape(counts.table.shape), product, counts.trials, low, high, chance, again
    )


def _best_power(expected: Callable[[float], float]) -> float:
    """Return the best power of a grid, found with coarse steps first: there is one maximum, up to rounding."""
    place, step = 0, 4
    places = range(0, len(_POWERS), step)
    while step:
        place = max(places, key=lambda k: expected(_POWERS[k]))
        step //= 2
        places = range(max(0, place - step), min(len(_POWERS), place + step + 1), max(1, step))
    return _POWERS[place]


def _prediction(counts: Counts, trained_on: Behavior | Counts) -> Behavior:
    """Return the behavior that factors are made for; it must not be that of the data."""
    if trained_on is counts:
        raise CountsError(
            "the factors were trained on the counts that they test, expected other data: what is made from data proves "
            "nothing about them. Give the behavior that is expected, or counts of earlier trials."
        )
    prediction = trained_on.fit().behavior if isinstance(trained_on, Counts) else trained_on
    if not isinstance(prediction, Behavior) or not same_variables(prediction, counts):
        raise CountsError(
            f"the factors are trained on {str(trained_on)[:60]!r}, expected a behavior or counts of "
            f"{counts.scenario.symbol}."
        )
    prediction = prediction.transposed(counts.outputs, counts.inputs)
    if prediction.p.shape != counts.table.shape:
        raise CountsError(
            f"the factors are trained on cardinalities {prediction.p.shape}, the counts have {counts.table.shape}. "
            "Give data of one scenario."
        )
    return prediction


def _factor(joint: Floats, vertices: Floats, chances: Floats, beta: float) -> Floats:
    """Return the best factor of a power for a joint distribution, valid for all vertices with all tables."""
    powers = np.maximum(vertices, 0.0) ** (1 + beta)

    def means(factor: Floats) -> Floats:
        """Return Σ μ(cz) F(cz) μ(c|z)^β for each vertex with each table."""
        found: Floats = powers @ (chances * factor).T
        return found

    active = powers.mean(axis=0, keepdims=True) * chances.mean(
        axis=0
    )  # what follows from all; then the few that decide
    for _ in range(_ROUNDS):
        remaining()
        weights = master(joint, active.T)
        weights /= weights.sum()
        mixed = active.T @ weights
        factor = np.where(joint > 0, joint / np.where(mixed > 0, mixed, 1.0), 0.0)
        own = means(factor).ravel()
        worst = np.argsort(own)[-_ADDED:]
        worst = worst[own[worst] > 1 + _CLOSE]
        if not len(worst):
            break
        columns = [powers[k // len(chances)] * chances[k % len(chances)] for k in worst.tolist()]
        active = np.vstack([active[weights > _SLACK], *columns])
    factor /= float(means(factor).max())
    factor = (1 - _INSURANCE) * factor + _INSURANCE
    return factor / (float(means(factor).max()) * (1 + _SLACK))
