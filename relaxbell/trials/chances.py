"""Tails and mixtures of the binomial distribution, rigorous: what a number of wins says about the chance of winning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from relaxbell.errors import SolverError

if TYPE_CHECKING:
    import flint

_PRECISIONS = (128, 512, 4096)
_WANTED = 1e-14


def log_tail(wins: int, trials: int, chance: Fraction) -> float:
    """Return the logarithm of P(Binomial(trials, chance) ≥ wins), rounded up.

    Examples
    --------
    >>> round(math.exp(log_tail(196, 245, Fraction(3, 4))), 9)
    0.039077671
    """
    if wins <= 0 or chance >= 1:
        return 0.0
    if chance <= 0:
        return -math.inf
    return min(0.0, _log_beta(wins, trials - wins + 1, chance, regularized=True)[1])


def log_mixture(wins: int, trials: int, chance: Fraction) -> float:
    """Return the logarithm of a mixture of stakes against a chance of winning, rounded down.

    The mean over w, uniform in (chance, 1), of (w/chance)^wins ((1−w)/(1−chance))^losses: where no trial is won with
    more than `chance`, given all before it, its mean is at most 1.

    Examples
    --------
    >>> round(log_mixture(196, 245, Fraction(3, 4)), 12)
    0.314651920528
    """
    losses = trials - wins
    if chance >= 1:
        return 0.0  # nothing to bet on
    if chance <= 0:
        return math.inf if wins else _floor(-math.log(losses + 1))
    low, _ = _log_beta(losses + 1, wins + 1, 1 - chance, regularized=False)
    return _floor(low - wins * math.log(chance) - (losses + 1) * _log_rest(chance))


def log_mean(logs: Sequence[float]) -> float:
    """Return the logarithm of the mean of numbers given by theirs, rounded down."""
    top = max(logs)
    if math.isinf(top):
        return top
    return _floor(top + math.log(sum(math.exp(own - top) for own in logs) / len(logs)))


def _log_rest(chance: Fraction) -> float:
    return math.log1p(-float(chance)) if chance < Fraction(1, 2) else math.log(1 - chance)


def _floor(value: float) -> float:
    """Return less than the exact value of a few operations on floats."""
    return value - 8 * math.ulp(max(1.0, abs(value)))


def _log_beta(a: int, b: int, x: Fraction, *, regularized: bool) -> tuple[float, float]:
    """Return bounds of log ∫_0^x t^(a−1) (1−t)^(b−1) dt, or of its share of the integral to 1."""
    import flint

    for precision in _PRECISIONS:
        with flint.ctx.workprec(precision):
            number = flint.arb(x.numerator) / x.denominator
            found = number.beta_lower(flint.arb(a), flint.arb(b), int(regularized)).log()
            low, high = _ends(found)
            if high - low <= _WANTED * max(1.0, abs(high)):
                return low, high
    raise SolverError(
        f"the tail of {a + b - 1:,} trials needs more than {_PRECISIONS[-1]} bits. Report the counts, or combine runs."
    )


def _ends(number: flint.arb) -> tuple[float, float]:
    if not number.is_finite():
        return -math.inf, math.inf
    low, high = float(number.lower()), float(number.upper())
    return math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
