"""Boxes of the literature: exact ones, and the optimal quantum behaviors of the CGLMP inequality."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.names import party_names
from relaxbell.behavior.states import schmidt
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact, ExactNumber, surd, to_floats


def pr() -> Behavior:
    """Return the Popescu–Rohrlich box: uniform marginals and a ⊕ b = x·y. Exact.

    Source: Popescu and Rohrlich, Found. Phys. 24, 379 (1994), doi:10.1007/BF02058098.

    Returns
    -------
    Behavior
        p(A, B|X, Y), shape (2, 2, 2, 2).

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.boxes.pr().probability({"A": 0, "B": 1}, {"X": 1, "Y": 1})
    Fraction(1, 2)
    """
    return Behavior(_xor_table(2, lambda x, y: Fraction((-1) ** (x * y))))


def tsirelson() -> Behavior:
    """Return the quantum behavior of largest CHSH value 2√2: p = (1 + (−1)^(a+b+xy)/√2)/4. Exact.

    Source: Cirel'son, Lett. Math. Phys. 4, 93 (1980), doi:10.1007/BF00417500.

    Returns
    -------
    Behavior
        p(A, B|X, Y), shape (2, 2, 2, 2), over Q(√2).

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.boxes.tsirelson().probability({"A": 0, "B": 0}, {"X": 0, "Y": 0})
    (1/4 + √2/8)
    """
    root_half = surd(0, Fraction(1, 2), 2)
    return Behavior(_xor_table(2, lambda x, y: (-1) ** (x * y) * root_half))


def i3322(v: float | ExactNumber | Any = 1) -> Behavior:
    """Return v · PR3322 + (1 − v) · white noise: three inputs, two outputs; I3322 is 2v − 1.

    PR3322 has uniform marginals, a ≠ b where x + y = 3 (inputs count from 0) and a = b elsewhere.
    Source: arXiv:1411.4648, Eq. (36).

    Parameters
    ----------
    v
        Visibility, 0 … 1. The box is exact if v is (an int, a Fraction, a + b√n).

    Returns
    -------
    Behavior
        p(A, B|X, Y), shape (2, 2, 3, 3).

    Raises
    ------
    BehaviorError
        If v is not in 0 … 1.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import relaxbell as rb
    >>> rb.boxes.i3322(Fraction(1, 2)).probability({"A": 0, "B": 0}, {"X": 1, "Y": 2})
    Fraction(1, 8)
    """
    return Behavior(_xor_table(3, lambda x, y: Fraction(-1 if x + y == 3 else 1))).visibility(v)


def ghz(n: int = 3) -> Behavior:
    """Return the behavior of n parties who measure Pauli X (input 0) or Y (input 1) on a GHZ state. Exact.

    Outcome 0 is the eigenvalue +1. With k settings Y, p = (1 + (−1)^(Σa) cos(πk/2)) / 2^n: the
    product of all outcomes is certain where k is even and every outcome is uniform where it is odd.
    Variables are A, B, C and X, Y, Z; from n = 4 on A1 … and X1 ….

    Source: Greenberger, Horne, Zeilinger, arXiv:0712.0921; Mermin, Phys. Rev. Lett. 65, 1838 (1990).

    Parameters
    ----------
    n
        Number of parties.

    Returns
    -------
    Behavior
        Shape (2, …, 2): n outputs, then n inputs.

    Raises
    ------
    BehaviorError
        If n is less than 1 or not an integer.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.boxes.ghz().probability({"A": 0, "B": 0, "C": 0}, {"X": 0, "Y": 1, "Z": 1})
    Fraction(0, 1)
    """
    outputs, inputs = party_names(n)
    table = np.empty((2,) * (2 * n), dtype=object)
    for index in np.ndindex(*table.shape):
        sign = (-1) ** sum(index[:n])
        table[index] = Fraction(1 + sign * (1, 0, -1, 0)[sum(index[n:]) % 4], 2**n)
    return Behavior(table, outputs, inputs)


def cglmp(d: int, *, state: str | ArrayLike = "optimal") -> Behavior:
    """Return the behavior of two d-level systems that violates the CGLMP inequality I_d ≤ 2 most.

    Two settings for each party, d outcomes each, floats: both parties measure Fourier bases of
    Σ_j c_j |jj⟩, with phases α = (0, 1/2) and β = (1/4, −1/4):
    p(a, b|x, y) = |Σ_j c_j exp(2πi j (a − b + α_x + β_y) / d)|² / d².

    Sources: Collins, Gisin, Linden, Massar, Popescu, Phys. Rev. Lett. 88, 040404 (2002); the optimal
    states: Acín, Durt, Gisin, Latorre, Phys. Rev. A 65, 052325 (2002).

    doi:10.1103/PhysRevLett.88.040404, doi:10.1103/PhysRevA.65.052325.

    Parameters
    ----------
    d
        Number of outcomes, at least 2.
    state
        ``"optimal"``: largest I_d for these measurements; ``"maximally entangled"``: c_j = 1/√d; or
        d real Schmidt coefficients c_j with Σ c_j² = 1.

    Returns
    -------
    Behavior
        p(A, B|X, Y), shape (d, d, 2, 2), floats.

    Raises
    ------
    BehaviorError
        If d is less than 2, or the state is another string or not a normalized vector of length d.

    Examples
    --------
    >>> import relaxbell as rb
    >>> p = rb.boxes.cglmp(3)
    >>> float(round((rb.catalog.cglmp_coefficients(3) * p.p).sum(), 6))  # 1 + √(11/3)
    2.914854
    """
    coefficients = _cglmp_state(_check_outcomes(d), state)
    phases = np.exp(2j * np.pi / d * np.multiply.outer(_cglmp_shifts(d), np.arange(d)))
    return Behavior(_by_difference(abs(phases @ coefficients) ** 2 / d**2))


def cglmp_coefficients(d: int) -> Exact:
    """Return the exact coefficients of I_d, axes [a, b, x, y]: classical models obey I_d ≤ 2.

    The shape is (d, d, 2, 2), the entries are Fractions, and

    I_d = Σ_{k < ⌊d/2⌋} (1 − 2k/(d−1)) [P(A1=B1+k) + P(B1=A2+k+1) + P(A2=B2+k) + P(B2=A1+k)
    − P(A1=B1−k−1) − P(B1=A2−k) − P(A2=B2−k−1) − P(B2=A1−k−1)], outcomes modulo d, where A1 and A2
    are Alice's outcomes for x = 0 and 1. Source: Phys. Rev. Lett. 88, 040404 (2002).

    doi:10.1103/PhysRevLett.88.040404.

    Parameters
    ----------
    d
        Number of outcomes.

    Returns
    -------
    ndarray of Fraction
        Axes [a, b, x, y], shape (d, d, 2, 2), read as ⟨coefficients, p⟩ ≤ 2.

    Raises
    ------
    BehaviorError
        If d is not an integer of at least 2.

    Examples
    --------
    For two outcomes it is CHSH up to the names of the settings, with its algebraic maximum 4:

    >>> import relaxbell as rb
    >>> (rb.catalog.cglmp_coefficients(2) * rb.boxes.pr().relabel("Y", [1, 0]).table).sum()
    Fraction(4, 1)
    """
    table = np.full((_check_outcomes(d), 2, 2), Fraction(0), dtype=object)  # by a − b, x, y
    for k in range(d // 2):
        weight = 1 - Fraction(2 * k, d - 1)
        for x, y, gain, loss in ((0, 0, k, -k - 1), (1, 0, -k - 1, k), (1, 1, k, -k - 1), (0, 1, -k, k + 1)):
            table[gain % d, x, y] += weight
            table[loss % d, x, y] -= weight
    return _by_difference(table)


def _check_outcomes(d: int) -> int:
    if not isinstance(d, int | np.integer) or d < 2:
        raise BehaviorError(f"the number of outcomes d is {d!r}, expected an integer ≥ 2. Choose a larger one.")
    return int(d)


def _by_difference(values: NDArray[Any]) -> NDArray[Any]:
    """Return the table [a, b, x, y] of values that depend on a − b modulo d: values[a − b, x, y]."""
    outcomes = np.arange(len(values))
    return np.asarray(values[np.subtract.outer(outcomes, outcomes) % len(values)])


def _cglmp_shifts(d: int) -> NDArray[np.float64]:
    """Return r + α_x + β_y, axes [r, x, y]."""
    return np.add.outer(np.arange(d), np.array([[0.25, -0.25], [0.75, 0.25]]))


def _cglmp_state(d: int, state: str | ArrayLike) -> NDArray[np.float64]:
    """Return the d Schmidt coefficients of a named or given state."""
    if isinstance(state, str):
        if state == "optimal":
            return _cglmp_optimum(d)
        if state == "maximally entangled":
            return np.full(d, d**-0.5)
        raise BehaviorError(
            f"{state!r} is not a state of the CGLMP box. Expected 'optimal', 'maximally entangled' or "
            f"{d} Schmidt coefficients."
        )
    ket = schmidt(state)
    if len(ket) != d * d:
        raise BehaviorError(
            f"the state has {math.isqrt(len(ket))} Schmidt coefficients, expected {d}: one for each level. "
            "Pad them with zeros, or change d."
        )
    return ket.real.reshape(d, d).diagonal()


def _cglmp_optimum(d: int) -> NDArray[np.float64]:
    """Return the top eigenvector of the CGLMP operator within the span of the |jj⟩.

    There the operator is B[i, j] = Σ_{r,x,y} C(r, x, y) exp(2πi (j − i)(r + α_x + β_y)/d) / d, C being the
    coefficient for a − b = r; it is real and nowhere negative, hence so is the eigenvector (Perron–Frobenius).
    """
    by_difference = to_floats(cglmp_coefficients(d)[:, 0])
    levels = np.arange(d)
    steps = np.multiply.outer(np.subtract.outer(levels, levels), _cglmp_shifts(d))
    operator = np.tensordot(np.cos(2 * np.pi / d * steps), by_difference, axes=3) / d
    return np.asarray(np.abs(np.linalg.eigh(operator)[1][:, -1]), dtype=np.float64)


def _xor_table(inputs: int, correlator: Callable[[int, int], ExactNumber]) -> Exact:
    """Return (1 + (−1)^(a+b) E(x, y)) / 4, axes [a, b, x, y]: uniform marginals, correlators E."""
    table = np.empty((2, 2, inputs, inputs), dtype=object)
    for a, b, x, y in np.ndindex(*table.shape):
        table[a, b, x, y] = (1 + (-1) ** (a + b) * correlator(x, y)) / 4
    return table
