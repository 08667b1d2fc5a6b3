"""Numbers rounded to the safe side: roots and logarithms, and numbers as text."""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from fractions import Fraction

from .reading import Real

_MARGIN = Fraction(1, 10**40)  # far more than the error of a logarithm here, 10^-50


def floor(number: Real, digits: int = 60) -> Fraction:
    """Return a rational number that is at most this one, by less than three units of the last digit."""
    square = number.b * number.b * number.n * 100**digits
    size = math.isqrt(square.numerator // square.denominator)
    return Fraction(math.floor(number.a * 10**digits) + (size if number.b >= 0 else -size - 1), 10**digits)


def above(number: Real) -> Fraction:
    """Return a rational number that is at least this one; itself, if it is rational."""
    return -floor(number * -1) if number.b else number.a


def text(number: Real) -> str:
    """Return a number as text: itself where it is short, else its first digits, rounded down."""
    if all(max(x.denominator, abs(x.numerator)).bit_length() <= 40 for x in (number.a, number.b)):
        return str(number.a) + (f" + {number.b}*sqrt({number.n})" if number.b else "")
    digits = 30
    while abs(floor(number, digits)) * 10**digits < 10**15:  # it is not 0, which is short: digits of it come
        digits *= 2
    with localcontext(Context(prec=12, rounding=ROUND_FLOOR)):
        return f"{decimal(floor(number, digits))} (rounded down)"


def log2_mean(terms: list[tuple[Fraction, Fraction]]) -> Fraction:
    """Return an upper bound of log2 Σ p 2^r: exponents are at least −200 below the largest."""
    top = max(r for _, r in terms)
    with localcontext(Context(prec=60)):
        two = Decimal(2).ln()
        total = sum((decimal(p) * (decimal(max(r - top, Fraction(-200))) * two).exp() for p, r in terms), Decimal(0))
        return Fraction(total.ln() / two) + top + _MARGIN


def decimal(number: Fraction) -> Decimal:
    """Return a number in the context's precision."""
    return Decimal(number.numerator) / Decimal(number.denominator)
