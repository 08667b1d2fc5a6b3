"""The bilocality and star inequalities: nonlinear functions of a behavior."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import ExactNumber


class StarValues(NamedTuple):
    """I, J and B = |I|^(1/n) + |J|^(1/n) of n sources: every n-local behavior has B ≤ 1.

    Attributes
    ----------
    I, J
        Correlators, exact where the behavior is.
    B
        A float.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.catalog.star_values(rb.boxes.entanglement_swapping(1)).B > 1
    True
    """

    I: ExactNumber | float  # noqa: E741 - the paper's name
    J: ExactNumber | float
    B: float


def star_values(
    observed: Behavior, *, center: str = "B", bits: tuple[Callable[[int], int], Callable[[int], int]] | None = None
) -> StarValues:
    """Return I, J and B of Eqs. (59)–(60), for n outer parties with two settings and two outcomes each.

    I = 2^−n Σ_x ⟨A_x1 ⋯ A_xn B⁰⟩ and J = 2^−n Σ_x (−1)^Σx ⟨A_x1 ⋯ A_xn B¹⟩, where B⁰ and B¹ are signs made from two
    bits of the center's outcome. B ≤ 1 holds for independent sources: Branciard, Gisin, Pironio, PRL 104, 170401
    (2010) for n = 2; Tavakoli, Skrzypczyk, Cavalcanti, Acín, PRA 90, 062109 (2014).

    Parameters
    ----------
    observed
        Behavior of the center and outer parties.
    center
        Name of the center's output; the others are the outer parties.
    bits
        Two functions of the center's outcome; by default the two bits of b = 2 b0 + b1.

    Returns
    -------
    StarValues
        I, J (exact where the behavior is) and B, all dimensionless.

    Raises
    ------
    FunctionalError
        If the parties do not have two settings and outcomes each, the center has settings, or, without `bits`, not
        four outcomes.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> values = rb.catalog.star_values(rb.boxes.entanglement_swapping(Fraction(4, 5)))
    >>> values.I, values.J, round(values.B, 9)  # v²/2, v²/2, √2 v
    (Fraction(8, 25), Fraction(8, 25), 1.13137085)
    """
    outer = tuple(n for n in observed.outputs if n != center)
    if center not in observed.outputs or not outer:
        raise FunctionalError(f"{center} is not one of several outputs {', '.join(observed.outputs)}. Name the center.")
    sizes = observed.cardinality
    if len(observed.inputs) != len(outer) or any(sizes[n] != 2 for n in (*outer, *observed.inputs)):
        raise FunctionalError(
            f"the behavior has the cardinalities {sizes}, expected two settings and two outcomes for each of "
            f"{', '.join(outer)} and no settings of {center}. Fix or leave out the others."
        )
    if bits is None:
        if sizes[center] != 4:
            raise FunctionalError(
                f"{center} has {sizes[center]} outcomes, expected 4. Give bits=(b0, b1) as functions."
            )
        bits = (lambda b: b >> 1, lambda b: b & 1)
    n = len(outer)
    p = observed.transposed((*outer, center), observed.inputs).table
    parity = np.indices((2,) * n).sum(axis=0) % 2
    signs = (1 - 2 * parity).reshape((2,) * n + (1,) * (n + 1))
    found = []
    for k, bit in enumerate(bits):
        b = np.array([1 - 2 * (bit(value) & 1) for value in range(sizes[center])]).reshape((1,) * n + (-1,) + (1,) * n)
        x = (1 - 2 * parity if k else np.ones_like(parity)).reshape((1,) * (n + 1) + (2,) * n)
        found.append((p * signs * b * x).sum() / 2**n)
    i, j = (value if observed.is_exact else float(value) for value in found)
    return StarValues(i, j, abs(float(i)) ** (1 / n) + abs(float(j)) ** (1 / n))
