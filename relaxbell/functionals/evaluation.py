"""Values of exact coefficients on tables of probabilities, exact or symbolic."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact, ExactNumber, exact_array, to_sympy


def evaluate(coefficients: Exact, constant: ExactNumber, table: NDArray[Any]) -> Any:
    """Return Σ coefficients · table + constant: exact where the table is, a sympy expression else.

    Examples
    --------
    >>> from fractions import Fraction
    >>> evaluate(np.array([Fraction(2)], dtype=object), Fraction(-1), np.array([Fraction(1, 4)]))
    Fraction(-1, 2)
    """
    exact = exact_array(table)
    if exact is not None:
        with contextlib.suppress(ValueError):  # √2 in the functional, √3 in the behavior
            return (coefficients * exact).sum() + constant
    return _symbolic(coefficients, constant, table)


def _symbolic(coefficients: Exact, constant: ExactNumber, table: NDArray[Any]) -> Any:
    import sympy

    total = to_sympy(constant)
    for index, coefficient in np.ndenumerate(coefficients):
        try:
            entry = sympy.sympify(table[index], strict=True)  # at coefficient 0 too: no missing value passes
        except sympy.SympifyError:
            raise FunctionalError(
                f"p{list(index)} is {table[index]!r}, expected a number or a sympy expression."
            ) from None
        if coefficient != 0:
            total += to_sympy(coefficient) * entry
    return sympy.expand(total)
