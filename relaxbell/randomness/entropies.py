"""What curves of guesses share: lines, places, min-entropies."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from relaxbell.errors import CurveError
from relaxbell.exact.numbers import ExactNumber, Floats, as_exact, ceil_float, decimal, sign


@dataclass(frozen=True)
class Line:
    """The bound intercept + slope · e, which the multipliers of one budget prove for all."""

    intercept: ExactNumber
    slope: ExactNumber

    def at(self, e: ExactNumber) -> ExactNumber:
        """Return the value at a budget."""
        return self.intercept + self.slope * e


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


def read_place(e: object, domain: tuple[ExactNumber, ExactNumber]) -> ExactNumber:
    """Return a budget as an exact number; raise CurveError where it is outside the curve."""
    own = as_exact(e)
    place: ExactNumber = decimal(e) if own is None else own  # type: ignore[arg-type]
    first, last = domain
    if sign(place - first) < 0 or sign(last - place) < 0:
        raise CurveError(f"the budget {e} is outside the curve, expected one from {first} to {last}.")
    return place


def entropies(value: Callable[[object], ExactNumber], e: object) -> Floats:
    """Return min-entropies at budgets, rounded down, for a guessing probability."""
    given = np.asarray(e, dtype=object)
    found = [entropy(min(1.0, ceil_float(value(v)))) for v in given.ravel().tolist()]
    return np.array(found).reshape(given.shape)
