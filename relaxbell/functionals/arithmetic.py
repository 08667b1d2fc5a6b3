"""Exact numbers and coefficients of functionals, as people give them."""

from __future__ import annotations

from numbers import Number

import numpy as np

from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact, ExactNumber, as_exact, exact_array
from relaxbell.exact.texts import a_kind


def read_number(value: object, what: str) -> ExactNumber | None:
    """Return an exact number, None for objects with an algebra of their own; other numbers are refused."""
    number = as_exact(value)
    if number is None and (isinstance(value, Number | str | np.ndarray) or hasattr(value, "free_symbols")):
        raise FunctionalError(
            f"{what} {str(value)[:40]}: found {a_kind(value)}, expected an exact number such as 2, "
            "Fraction(1, 2) or sympy's a + b√n. Functionals have no free symbols; their values may."
        )
    return number


def read_coefficients(coefficients: object, constant: object) -> tuple[Exact, ExactNumber]:
    """Return coefficients and constant as exact numbers with one square root at most."""
    table, offset = exact_array(coefficients), as_exact(constant)
    if table is None or offset is None or exact_array(np.array([*table.ravel(), offset], dtype=object)) is None:
        listed = [*np.asarray(coefficients, dtype=object).ravel(), constant] if table is None else [constant]
        wrong = next((repr(c) for c in listed if as_exact(c) is None), "several square roots")
        raise FunctionalError(
            f"coefficients of a Bell functional are exact numbers a + b√n with one n: found {wrong[:60]}. Use "
            "integers, fractions.Fraction or sympy numbers such as sqrt(2)/2."
        )
    return table, offset
