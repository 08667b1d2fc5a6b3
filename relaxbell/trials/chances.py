"""Tails and mixtures of the binomial distribution, rigorous: what a number of wins says about the chance of winning."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import SolverError
from relaxbell.exact.numbers import Floats

if TYPE_CHECKING:
    import flint

_PRECISIONS = (128, 512, 4096)
_WANTED = 1e-14
_ULPS = 8 * 2.0**-53
_KEPT = 2**12
"""Results that are remembered: simulations ask for the same numbers of wins again and again."""


@lru_cache(_KEPT)
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
    own = _arb(chance)
    return min(0.0, _enclosed(trials, lambda: own().beta_lower(wins, trials - wins + 1, 1).log())[1])


@lru_cache(_KEPT)
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
        return math.inf if wins else -math.nextafter(math.log(losses + 1), math.inf)
    own, rest = _arb(chance), _arb(1 - chance)
    return _enclosed(
        trials,
        lambda: rest().beta_lower(losses + 1, wins + 1, 0).log() - wins * own().log() - (losses + 1) * rest().log(),
    )[0]


def log_product(counts: NDArray[np.int64], excess: Floats, bound: Fraction) -> float:
    """Return the logarithm of Π (1 + excess) / (1 + bound) over all trials, rounded down.

    Examples
    --------
    >>> log_product(np.array([2, 0, 1]), np.array([0.5, -1.0, 0.0]), Fraction(1, 4)) < math.log(2.25 / 1.25**3)
    True
    >>> log_product(np.array([2, 1, 1]), np.array([0.5, -1.0, 0.0]), Fraction(1, 4))
    -inf
    """
    gain = log_gain(counts, excess)
    if math.isinf(gain):
        return gain
    return math.nextafter(gain - log_price(int(counts.sum()), bound), -math.inf)


def log_gain(counts: NDArray[np.int64], excess: Floats) -> float:
    """Return the logarithm of Π (1 + excess) over all trials, rounded down; minus infinity where a factor is 0."""
    used = counts > 0
    own = excess[used]
    if (own <= -1).any():
        return -math.inf
    terms = (counts[used].astype(np.float64) * np.log1p(own)).tolist()
    # each logarithm, and each product with a number, is off by an ulp or two; their exact sum is rounded once
    return math.fsum(terms) - _ULPS * math.fsum(map(abs, terms))


def log_price(trials: int, bound: Fraction | float) -> float:
    """Return the logarithm of (1 + bound)^trials, rounded up."""
    most = float(bound)
    if most < bound:
        most = math.nextafter(most, math.inf)
    price = trials * math.log1p(most)
    return price + _ULPS * abs(price)


def log_mean(logs: Sequence[float]) -> float:
    """Return the logarithm of the mean of numbers given by theirs, rounded down."""
    top = max(logs)
    if math.isinf(top):
        return top
    return _floor(top + math.log(math.fsum(math.exp(own - top) for own in logs) / len(logs)))


def _floor(value: float) -> float:
    """Return less than the exact value of a few operations on floats."""
    return value - 8 * math.ulp(max(1.0, abs(value)))


def _arb(number: Fraction) -> Callable[[], flint.arb]:
    """Return what makes a number in the precision that is set."""
    import flint

    return lambda: flint.arb(number.numerator) / number.denominator


def _enclosed(trials: int, made: Callable[[], flint.arb]) -> tuple[float, float]:
    """Return bounds of a number, computed with as many bits as it takes."""
    import flint

    for precision in _PRECISIONS:
        with flint.ctx.workprec(precision):
            low, high = _ends(made())
            if high - low <= _WANTED * max(1.0, abs(high)):
                return low, high
    raise SolverError(
        f"the chances of {trials:,} trials need more than {_PRECISIONS[-1]} bits. Report the counts, or combine runs."
    )


def _ends(number: flint.arb) -> tuple[float, float]:
    if not number.is_finite():
        return -math.inf, math.inf
    low, high = float(number.lower()), float(number.upper())
    return math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
