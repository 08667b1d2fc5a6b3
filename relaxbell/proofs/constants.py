"""`recognize_number`: constants recognized in a basis, where their digits suffice."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.errors import ProofError
from relaxbell.exact.numbers import as_exact, to_sympy
from relaxbell.exact.texts import a_kind

if TYPE_CHECKING:
    from mpmath import mpf
    from sympy import Expr

_MARGIN = 3
"""Random numbers are taken for a relation less often than once in 10 to this power."""


def recognize_number(
    value: object, *, basis: Sequence[Expr | int] | None = None, digits: int | None = None
) -> Expr | None:
    """Return a rational combination of basis numbers that a decimal is, or None if its digits do not suffice.

    By an integer relation (PSLQ), Σ c_i b_i = c_0 · value. Any number satisfies some relation: one is believed only
    where so few have coefficients as small as these, ∏ (|c_i| + 1) at most, that less than one in a thousand random
    numbers would obey one of them to as many decimals. Numbers below 10^−digits count as zero.

    Parameters
    ----------
    value
        float (15 digits), `decimal.Decimal`, or a sympy or mpmath number with its own precision.
    basis
        sympy numbers; (1, √2, √3, log2 3) by default.
    digits
        How many decimal digits of the value are right; for a solver's value, say, 9.

    Returns
    -------
    sympy expression or None
        None where nothing simple enough was found.

    Raises
    ------
    ProofError
        If the basis holds something else than numbers.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.recognize_number(0.20710678118654752)
    -1/2 + sqrt(2)/2
    >>> rb.recognize_number(0.2071, digits=4) is None
    True
    """
    import mpmath
    import sympy

    numbers = _basis([1, sympy.sqrt(2), sympy.sqrt(3), sympy.log(3, 2)] if basis is None else basis)
    if digits is not None and (not isinstance(digits, int) or digits < 1):
        raise ProofError(f"digits={digits!r}, expected how many digits of the value are right: a positive integer.")
    exact = as_exact(value)
    if exact is not None:
        return to_sympy(exact)
    known = _digits_of(value) if digits is None else digits
    with mpmath.workdps(max(known, 16) + 10):
        x = _decimal(value)
        if abs(x) < mpmath.mpf(10) ** -known:
            return sympy.Integer(0)
        places = known - max(0, int(mpmath.floor(mpmath.log10(abs(x)))) + 1)  # after the decimal point
        others = [mpmath.mpf(str(sympy.N(b, known + 10))) for b in numbers]
        relation = mpmath.pslq([x, *others], tol=mpmath.mpf(10) ** -places, maxcoeff=10**known, maxsteps=10**5)
    if relation is not None and relation[0] == 0:
        _check_independent(relation[1:], numbers)
        return None
    if relation is None or _decimals_needed(relation) > places:
        return None
    return sympy.Add(*(sympy.Rational(-c, relation[0]) * b for c, b in zip(relation[1:], numbers, strict=True)))


def _decimals_needed(relation: Sequence[int]) -> float:
    """Return how many decimals a value must have for a relation to mean something.

    About 2^n P (ln P)^n / n! relations of n basis numbers have ∏ (|c| + 1) ≤ P.
    """
    n = len(relation) - 1
    size = math.prod(abs(c) + 1 for c in relation)
    count = n * math.log10(2) + math.log10(size) + n * math.log10(math.log(size)) - math.log10(math.factorial(n))
    return count + _MARGIN


def _basis(basis: Sequence[Expr | int]) -> list[Expr]:
    import sympy

    found = []
    for b in basis:
        number = None if isinstance(b, str | float) else b
        with contextlib.suppress(sympy.SympifyError):
            number = None if number is None else sympy.sympify(number, strict=True)
        if not isinstance(number, sympy.Expr) or not number.is_real or not number.is_number or number.is_zero:
            raise ProofError(f"the basis holds {b!r}, expected real numbers other than zero, such as 1 or sqrt(2).")
        found.append(number)
    if not found:
        raise ProofError("the basis is empty, expected at least one number, such as 1.")
    return found


def _check_independent(relation: Sequence[int], numbers: Sequence[Expr]) -> None:
    import sympy

    total = sympy.Add(*(c * b for c, b in zip(relation, numbers, strict=True)))
    if sympy.simplify(total) == 0:
        raise ProofError(f"the basis {numbers} is linearly dependent: {relation} times these is 0. Leave one out.")


def _decimal(value: object) -> mpf:
    import mpmath

    x = value if isinstance(value, mpmath.mpf) else mpmath.mpf(str(value))
    if not mpmath.isfinite(x):
        raise ProofError(f"{value!r} is not a finite number. Recognize the value of a solution.")
    return x


def _digits_of(value: object) -> int:
    from decimal import Decimal

    if isinstance(value, Decimal):
        return len(value.as_tuple().digits)
    if isinstance(value, float | np.floating):
        return 15
    precision = getattr(value, "_prec", None) or getattr(getattr(value, "context", None), "prec", None)
    if precision is None:
        raise ProofError(
            f"{str(value)[:40]!r}, {a_kind(value)}, does not say how many of its digits are right. Give a "
            "float, Decimal, sympy or mpmath number, or digits=…."
        )
    return int(precision * math.log10(2))
