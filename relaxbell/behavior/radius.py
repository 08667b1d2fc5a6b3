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
