"""How far frequencies may be from the probabilities behind them, with a confidence that finite counts allow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from relaxbell.errors import CountsError

_STEPS = 200
_SAFE = 1e-12
"""Relative; what rounding of the exponentials may add, many times over."""


def radius(trials: Sequence[int], outcomes: int, confidence: float) -> float:
    """Return r with P(every setting's total variation distance is below r) at least `confidence`.

    The distance of frequencies from p is the largest of p̂(A) − p(A) over the 2^k − 2 events A that are not trivial, and
    each exceeds r with probability at most exp(−2 n r²) (Hoeffding 1963); the union over events is that of Weissman et
    al., HPL-2003-97, and that over settings is added.

    Examples
    --------
    >>> round(radius([1000], 2, 0.95), 6)  # sqrt(ln(2/0.05)/2000)
    0.042947
    """
    allowed = Fraction(1) - Fraction(str(confidence))
    if outcomes < 2:
        return 0.0
    events = outcomes * math.log(2) + (math.log1p(-(2.0 ** (1 - outcomes))) if outcomes < 60 else 0.0)
    low, high = 0.0, 1.0
    if _exceeds(high, trials, events, allowed):
        return 1.0  # nothing is known; no distance is larger
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if _exceeds(middle, trials, events, allowed) else (low, middle)
    return high


def chance(trials: Sequence[int], outcomes: int, distance: float) -> float:
    """Return how likely frequencies are at least so far from p at some setting, at most: the converse of `radius`.

    Examples
    --------
    >>> round(chance([1000], 2, radius([1000], 2, 0.95)), 6)
    0.05
    """
    if outcomes < 2 or distance <= 0:
        return 1.0
    events = outcomes * math.log(2) + math.log1p(-(2.0 ** (1 - outcomes)))
    return min(1.0, math.fsum(math.exp(min(0.0, events - 2 * n * distance**2)) for n in trials) * (1 + _SAFE))


def chance_of_sums(ranges: Sequence[Fraction], trials: Sequence[int], excess: Fraction, several: int) -> float:
    """Return how likely one of several sums of means over settings exceeds its mean by so much, at most.

    A sum of means of n_x independent numbers from an interval of length w_x exceeds its mean by t with probability
    exp(−2 t² / Σ w_x² / n_x) at most (Hoeffding 1963); that of several sums is at most as many times larger.

    Examples
    --------
    >>> round(chance_of_sums([Fraction(1), Fraction(1)], [100, 100], Fraction(1, 5), 4), 6)  # 4 exp(-4)
    0.073263
    """
    spread = sum((width**2 / n for width, n in zip(ranges, trials, strict=True)), Fraction(0))
    if excess <= 0 or not spread:
        return 1.0
    return min(1.0, several * math.exp(-float(2 * excess**2 / spread)) * (1 + _SAFE))


def _exceeds(r: float, trials: Sequence[int], events: float, allowed: Fraction) -> bool:
    return math.fsum(math.exp(min(0.0, events - 2 * n * r * r)) for n in trials) * (1 + _SAFE) > float(allowed)


def read_confidence(confidence: float) -> float:
    """Return a confidence between 0 and 1.

    Raises
    ------
    CountsError
        If it is not.

    Examples
    --------
    >>> read_confidence(0.95)
    0.95
    """
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 < confidence < 1:
        raise CountsError(f"confidence is {confidence!r}, expected a number between 0 and 1, such as 0.95.")
    return float(confidence)
