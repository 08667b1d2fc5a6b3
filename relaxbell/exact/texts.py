"""Words for messages: numbers as text that says nothing false, of any size and different where they are; labels."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from relaxbell.exact.numbers import ExactNumber, Surd

_MOST = 17
"""Digits that tell all floats apart; beyond, a difference is written out."""
_NORMAL = 1e-300
"""Smaller and larger (than its inverse) numbers are no floats, or lose digits as such."""

FITTED = "for the fitted p"
"""What is rigorous or certified where p is an estimate: it says nothing of the p that made the data."""

Number: TypeAlias = ExactNumber | int | float


def decimal_text(number: Number, digits: int = 6) -> str:
    """Return a number with this many significant digits at most, as ``%g`` writes them, however small or large it is.

    Examples
    --------
    >>> decimal_text(Fraction(1, 3)), decimal_text(Fraction(1, 10**400)), decimal_text(2.5)
    ('0.333333', '1e-400', '2.5')
    """
    try:
        near = float(number)
    except OverflowError:
        near = math.inf
    if isinstance(number, float) or number == 0 or _NORMAL < abs(near) < 1 / _NORMAL:
        return f"{near:.{digits}g}"
    exact = number.bounds()[0] if isinstance(number, Surd) else Fraction(number)
    context = Context(prec=digits, Emin=MIN_EMIN, Emax=MAX_EMAX)
    quotient = context.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    mantissa, _, exponent = f"{quotient:.{digits - 1}e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{exponent}"


def short_text(number: object, largest: int = 1000) -> str:
    """Return an exact number as it is; fractions with a larger denominator, which nobody would read, as decimals.

    Examples
    --------
    >>> short_text(Fraction(3, 8)), short_text(Fraction(1, 1001))
    ('3/8', '0.000999000999')
    """
    is_long = isinstance(number, Fraction) and number.denominator > largest
    return f"{float(number):.9g}" if isinstance(number, Fraction) and is_long else str(number)


def different_texts(one: Number, other: Number, digits: int = 6) -> tuple[str, str]:
    """Return two numbers with as many digits as they need to differ, at least `digits`; equal ones look equal.

    What 17 digits do not tell apart is written as the second number and the difference.

    Examples
    --------
    >>> different_texts(Fraction(5, 2), 2), different_texts(Fraction(2 * 10**8 + 1, 10**8), 2)
    (('2.5', '2'), ('2.00000001', '2'))
    >>> different_texts(2 - Fraction(1, 10**30), 2)
    ('2 - 1e-30', '2')
    """
    for count in range(digits, _MOST + 1):
        first, second = decimal_text(one, count), decimal_text(other, count)
        if first != second:
            return first, second
    gap = as_number(one) - as_number(other)
    text = decimal_text(other, digits)
    if gap == 0:
        return text, text
    return f"{text} - {decimal_text(-gap, digits)}" if gap < 0 else f"{text} + {decimal_text(gap, digits)}", text


def as_number(number: Number) -> ExactNumber:
    """Return a number as an exact one: a float is the binary fraction that it is."""
    return number if isinstance(number, Surd) else Fraction(number)


def plain_text(value: object) -> str:
    """Return a label or value with numbers of NumPy written as numbers: ``(0.1, 2)``, not ``(np.float64(0.1), …)``.

    Examples
    --------
    >>> plain_text((np.float64(0.1), "v", [np.int64(2)])), plain_text("v")
    ("(0.1, 'v', [2])", 'v')
    """
    return str(_plain(value))


def plain_repr(value: object) -> str:
    """Return the same as Python code."""
    return repr(_plain(value))


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        items = [_plain(item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return value


def one_line(value: object, most: int = 60) -> str:
    """Return what an object is called in a message: one line, not longer than `most` letters.

    Examples
    --------
    >>> one_line(np.eye(2)), one_line("x" * 9, 4)
    ('[[1. 0.] [0. 1.]]', 'xxx…')
    """
    text = re.sub(r"np\.\w+\(([^()]*)\)", r"\1", " ".join(plain_text(value).split()))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def as_written(name: str, names: Collection[str]) -> str:
    """Return which of some names this is, as it is written or as tables print it, with →; itself if it is none.

    Examples
    --------
    >>> as_written("C(X → B)", ["C(A -> B)", "C(X -> B)"]), as_written("M", ["C(A -> B)"])
    ('C(X -> B)', 'M')
    """
    return name if name in names else next((own for own in names if own.replace("->", "→") == name), name)


def text_latex(words: str) -> str:
    """Return words as they are, in LaTeX; a capital with a number as a symbol with an index."""
    if found := re.fullmatch(r"([A-Z])_?(\d+)", words):
        return f"{found[1]}_{{{found[2]}}}"
    plain = "".join(rf"\{c}" if c in "#$%&_{}" else c for c in words.replace("\\", " ").replace("->", "→"))
    return rf"\text{{{plain}}}"


def a_kind(value: object) -> str:
    """Return the name of a value's class with its article, for errors.

    Examples
    --------
    >>> a_kind(3), a_kind("text")
    ('an int', 'a str')
    """
    name = type(value).__name__
    return f"{'an' if name.lstrip('_')[:1].lower() in set('aeio') else 'a'} {name}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where need be.

    Examples
    --------
    >>> counted(1, "term"), counted(2000, "term")
    ('1 term', '2,000 terms')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def floor_text(value: float, digits: int = 9) -> str:
    """Return a float as text with at most `digits` significant digits, never rounded up.

    Examples
    --------
    >>> floor_text(0.4952625979), floor_text(0.25)
    ('0.495262597', '0.25')
    """
    return _rounded_text(value, digits, ROUND_FLOOR)


def minus_name(name: str) -> str:
    """Return the name of the negative of something.

    Examples
    --------
    >>> minus_name("p{B=1}"), minus_name("-p{B=1}")
    ('-p{B=1}', '-(-p{B=1})')
    """
    return f"-({name})" if name.startswith("-") else f"-{name}"


def minus_text(text: str) -> str:
    """Return minus a number that is written already.

    Examples
    --------
    >>> minus_text("-0.78"), minus_text("1/2"), minus_text("0"), minus_text("≤ -3e-12")
    ('0.78', '-1/2', '0', '≥ 3e-12')
    """
    if text.startswith("≤ "):
        return f"≥ {minus_text(text[2:])}"
    return text[1:] if text.startswith("-") else text if text == "0" else f"-{text}"


def ceil_text(value: float, digits: int = 9) -> str:
    """Return a float as text with at most `digits` significant digits, never rounded down.

    Examples
    --------
    >>> ceil_text(0.4952625971), ceil_text(0.25)
    ('0.495262598', '0.25')
    """
    return _rounded_text(value, digits, ROUND_CEILING)


def _rounded_text(value: float, digits: int, rounding: str) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    number = Decimal(value)
    step = Decimal(1).scaleb(number.adjusted() - digits + 1)
    return f"{float(number.quantize(step, rounding=rounding)):.{digits}g}"


def supported_text(value: float, bound: float, digits: int = 9) -> str:
    """Return a least value as text, with the significant digits on which it agrees with its lower bound.

    Where not even the first digit does, "≤" and the value rounded up.

    Examples
    --------
    >>> supported_text(0.0462738468534, 0.0462738468531), supported_text(6.2896e-8, 6.2889e-8), supported_text(3e-12, 0)
    ('0.0462738469', '6.29e-08', '≤ 3e-12')
    """
    for count in range(digits, 0, -1):
        text = f"{value:.{count}g}"
        if text == f"{bound:.{count}g}":
            return text
    short = float(f"{value:.2g}")
    return f"≤ {short if short >= value else -float(floor_text(-value, 2)):.2g}"
