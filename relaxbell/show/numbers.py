"""Numbers and names as a person writes them: probabilities are never rounded to 0 or 1 unless they are."""

from __future__ import annotations

import math

CERTAIN = 1e-8
"""Probabilities closer to 0 or 1 count as 0 and 1: solvers are not more accurate."""


def probability_text(p: float, digits: int = 3) -> str:
    """Return a probability with a number of significant digits, more where it is close to 1.

    Examples
    --------
    >>> probability_text(0.10355), probability_text(7e-6), probability_text(0.9999861), probability_text(1.0)
    ('0.104', '7e-06', '0.999986', '1')
    """
    if p > 1 - CERTAIN:
        return "1"
    if p > 1 - 10.0**-digits:
        return f"{p:.{math.ceil(-math.log10(1 - p)) + 1}f}"
    return f"{p:.{digits}g}"


def weight_text(p: float) -> str:
    """Return a probability for a column of a table."""
    return f"{p:.4f}" if p >= 1e-3 else f"{p:.2e}"


def arrows(name: str) -> str:
    """Return the name of a measure with arrows: ``C(X → B)``."""
    return name.replace("<->", "↔").replace("->", "→")
