"""Min-entropies of guesses, and budgets at which they are sampled."""

from __future__ import annotations

import math
from fractions import Fraction

from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import ExactNumber


def entropy(chance: float) -> float:
    """Return −log2 of a probability, rounded down.

    Examples
    --------
    >>> entropy(0.25), entropy(1.0)
    (2.0, 0.0)
    """
    mantissa, exponent = math.frexp(chance)
    if mantissa == 0.5:
        return float(1 - exponent)
    return max(0.0, math.nextafter(math.nextafter(-math.log2(chance), -1), -1))


def words(limit: str) -> str:
    """Return what is limited by e."""
    return {"lower": "p(settings|λ) >=", "upper": "p(settings|λ) <="}.get(limit, f"{limit} <=")


def spaced(low: ExactNumber, high: ExactNumber, points: object) -> list[ExactNumber]:
    """Return so many equally spaced budgets; raise MeasureError where `points` is no whole number of at least 2."""
    if isinstance(points, bool) or not isinstance(points, int) or points < 2:
        raise MeasureError(f"points is {points!r}, expected a whole number, at least 2: both ends are samples.")
    return [low + (high - low) * Fraction(k, points - 1) for k in range(points)]
