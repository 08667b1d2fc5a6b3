"""Functionals as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.exact.numbers import Exact, ExactNumber, sign

_READABLE = 10_000
"""Fractions with larger denominators are printed as decimals."""


def collins_gisin_text(coordinates: Coordinates, form: Exact, outputs: Sequence[str]) -> str:
    """Return a coordinate form as text: p(00|01) for all parties, pA(0|1) for some.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.CH.formula()
    'p(00|00) + p(00|01) + p(00|10) - p(00|11) - pA(0|0) - pB(0|0)'
    """
    names = marginal_names(coordinates, outputs)
    terms = [(coefficient, name) for coefficient, name in zip(form[1:], names, strict=True) if coefficient != 0]
    terms.sort(key=lambda term: not term[1].startswith("p("))  # the joint terms first, then pA, pB, …
    return sum_text(terms, form[0])


def marginal_names(coordinates: Coordinates, outputs: Sequence[str]) -> list[str]:
    """Return the names of the coordinates: p(00|01) for all outputs, pA(0|1) for some."""
    found = []
    for block, values, inputs in coordinates.labels():
        who = "" if len(block.members) == len(outputs) else "".join(outputs[i] for i in block.members)
        found.append(f"p{who}({_digits(values)}|{_digits(inputs)})")
    return found


def full_text(table: Exact, constant: ExactNumber, outputs: Sequence[str], inputs: Sequence[str]) -> str:
    """Return a functional over cells as text."""
    k = len(outputs)
    terms = [(c, f"p({_digits(i[:k])}|{_digits(i[k:])})") for i, c in np.ndenumerate(table) if c != 0]
    return sum_text(terms, constant)


def _digits(values: Iterable[Any]) -> str:
    found = [str(int(v)) for v in values]
    return ("" if all(len(v) == 1 for v in found) else ",").join(found)


def _number_text(size: ExactNumber) -> str:
    """Return a coefficient; fractions that nobody would read, as decimals."""
    if isinstance(size, Fraction) and size.denominator > _READABLE:
        return f"{float(size):.6g}"
    return str(size)


def sum_text(terms: Sequence[tuple[ExactNumber, str]], constant: ExactNumber) -> str:
    """Return Σ coefficient symbol + constant as a person would write it."""
    pieces = list(terms)
    if constant != 0 or not pieces:
        pieces.append((constant, ""))
    text = ""
    for coefficient, symbol in pieces:
        negative = sign(coefficient) < 0
        size = -coefficient if negative else coefficient
        number = _number_text(size)
        if symbol:
            number = "" if size == 1 else f"({number}) " if "/" in number and number[0] != "(" else f"{number} "
        text += (" - " if negative else " + ") if text else ("-" if negative else "")
        text += number + symbol
    return text
