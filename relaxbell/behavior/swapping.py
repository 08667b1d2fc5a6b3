"""Entanglement swapping and stars: Werner states measured in a Bell or GHZ basis by the party in the middle.

With ρ = (1 + v Σ_i t_i σ_i⊗σ_i)/4, t = (−1, −1, −1), for the source of each outer party with Bloch vector r, and the
center's projectors Π_b = Σ_P c_b(P) P / 2^n over Pauli strings P, the Born rule is the finite sum

    p(a, b|x) = 4^−n Σ_P c_b(P) ∏_i [1 if P_i = 1, else −v_i (−1)^(a_i) r_(i, x_i)·P_i],

which is exact where the visibilities and components are, unless different square roots meet in it.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.errors import BehaviorError
from relaxbell.exact.arrays import real_array
from relaxbell.exact.numbers import Exact, ExactNumber, as_exact, read_float, surd

Bloch = Sequence[Any]
"""Components along X, Y and Z of an observable r·σ with outcomes ±1: exact numbers or floats."""

_PAULI = (
    np.eye(2, dtype=complex),
    np.array([[0, 1], [1, 0]], dtype=complex),
    np.array([[0, -1j], [1j, 0]]),
    np.diag([1, -1]).astype(complex),
)


def diagonal_settings() -> tuple[Bloch, Bloch]:
    """Return the Bloch vectors of (Z + X)/√2 and (Z − X)/√2, exact: the settings of Eqs. (54)–(55).

    Returns
    -------
    tuple of Bloch vectors
        Each (x, y, z), of length 1.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.boxes.diagonal_settings()[1]
    (-√2/2, Fraction(0, 1), √2/2)
    """
    root_half = surd(0, Fraction(1, 2), 2)
    return (root_half, Fraction(0), root_half), (-root_half, Fraction(0), root_half)


def entanglement_swapping(
    v: object = 1, w: object = None, *, alice: Sequence[Bloch] | None = None, charlie: Sequence[Bloch] | None = None
) -> Behavior:
    """Return p(a,b,c|x,z) of two Werner states, the middle measured in the Bell basis, Eqs. (54)–(55).

    Bob's outcome b = 2 b0 + b1 stands for Φ+, Φ−, Ψ+, Ψ− in this order. With the default settings
    p = [1 + v w (−1)^(a+c) ((−1)^b0 + (−1)^(x+z+b1)) / 2] / 16.

    Parameters
    ----------
    v, w
        Visibilities of the two sources, −1/3 … 1; w = v by default. Exact if they are.
    alice, charlie
        Bloch vectors of the settings of A and C; by default (Z ± X)/√2. Charlie's are Alice's by default.

    Returns
    -------
    Behavior
        Outputs A, B, C and inputs X, Z, exact where all numbers are.

    Raises
    ------
    BehaviorError
        If a visibility is out of range, or a Bloch vector is not one.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import relaxbell as rb
    >>> rb.boxes.entanglement_swapping(Fraction(4, 5)).probability({"A": 0, "B": 0, "C": 0}, {"X": 0, "Z": 0})
    Fraction(41, 400)
    """
    first = diagonal_settings() if alice is None else alice
    second = first if charlie is None else charlie
    order = [0, 2, 1, 3]  # Φ+, Φ−, Ψ+, Ψ−: parity first, then phase
    table = _table([v, v if w is None else w], [first, second])[:, :, order]
    return Behavior(table.swapaxes(1, 2), "A B C", "X Z", parties={"A": "X", "B": None, "C": "Z"})


def star(n: int, v: object = 1, *, settings: Sequence[Bloch] | Sequence[Sequence[Bloch]] | None = None) -> Behavior:
    """Return the behavior of n Werner states whose other halves are measured in the GHZ basis.

    The outcome b of B has n bits: the first is the phase s of (|0 k⟩ + (−1)^s |1 k̄⟩)/√2, the others are k.

    Source of the network: Tavakoli, Skrzypczyk, Cavalcanti, Acín, PRA 90, 062109 (2014),
    doi:10.1103/PhysRevA.90.062109.

    Parameters
    ----------
    n
        Number of sources, 2 … 5.
    v
        Visibility of all sources, or one for each.
    settings
        Bloch vectors of the settings, for all outer parties or a list for each; by default (Z ± X)/√2.

    Returns
    -------
    Behavior
        Outputs A1, A2, …, B and inputs X1, X2, …, exact where all numbers are.

    Raises
    ------
    BehaviorError
        If a number is out of range, or a Bloch vector is not one.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import relaxbell as rb
    >>> p = rb.boxes.star(3, Fraction(1, 2), settings=[(1, 0, 0), (0, 1, 0)])
    >>> p.exact[0, 0, 0, 0, 0, 0, 0]  # (1 − v³)/64
    Fraction(7, 512)
    """
    if not isinstance(n, int) or not 2 <= n <= 5:
        raise BehaviorError(f"a star of {n!r} sources: expected an integer from 2 to 5, for tables of moderate size.")
    visibilities = list(v) if isinstance(v, Sequence) else [v] * n
    common = diagonal_settings() if settings is None else settings
    each = list(common) if np.ndim(common[0][0]) else [common] * n
    if len(visibilities) != n or len(each) != n:
        raise BehaviorError(
            f"{len(visibilities)} visibilities and settings of {len(each)} parties, expected {n} of each: "
            "one for each source."
        )
    outer, inputs = [f"A{i}" for i in range(1, n + 1)], [f"X{i}" for i in range(1, n + 1)]
    parties: dict[str, str | None] = {**dict(zip(outer, inputs, strict=True)), "B": None}
    return Behavior(_table(visibilities, each), [*outer, "B"], inputs, parties=parties)


def _table(visibilities: Sequence[Any], settings: Sequence[Sequence[Bloch]]) -> Any:
    """Return p with axes a_1, …, a_n, b, x_1, …, x_n; an object array of exact numbers where all are."""
    weights = [_visibility(v) for v in visibilities]
    vectors = [[_bloch(r) for r in own] for own in settings]
    numbers = [*weights, *(r for own in vectors for vector in own for r in vector)]
    if all(as_exact(v) is not None for v in numbers):
        try:
            return _filled(weights, vectors) * Fraction(1, 4 ** len(weights))
        except ValueError:  # two different roots
            pass
    weights, vectors = [float(w) for w in weights], [[tuple(map(float, r)) for r in own] for own in vectors]
    return np.maximum(_filled(weights, vectors).astype(np.float64) / 4 ** len(weights), 0.0)


def _filled(weights: Sequence[Any], vectors: Sequence[Sequence[tuple[Any, ...]]]) -> Exact:
    """Return 4^n p, an object array."""
    n = len(weights)
    signs = _basis_signs(n)
    strings = [s for s in itertools.product(range(4), repeat=n) if signs[:, _number(s)].any()]
    # roots in the visibilities and in the settings may each cancel among themselves
    sizes = {s: math.prod([-w for w, k in zip(weights, s, strict=True) if k], start=Fraction(1)) for s in strings}
    table: Exact = np.empty((2,) * n + (2**n,) + tuple(len(own) for own in vectors), dtype=object)
    for choice in np.ndindex(*table.shape[n + 1 :]):
        chosen = [own[x] for own, x in zip(vectors, choice, strict=True)]
        size = {s: sizes[s] * math.prod(r[k - 1] for r, k in zip(chosen, s, strict=True) if k) for s in strings}
        for outcome in np.ndindex(*table.shape[: n + 1]):
            odd = {s: sum(a for a, k in zip(outcome, s, strict=False) if k) % 2 for s in strings}
            terms = (int(signs[outcome[n], _number(s)]) * (-1 if odd[s] else 1) * size[s] for s in strings)
            table[outcome + choice] = sum(terms)
    return table


def _number(string: Sequence[int]) -> int:
    return functools.reduce(lambda total, k: 4 * total + k, string, 0)


@functools.cache
def _basis_signs(n: int) -> NDArray[np.int_]:
    """Return ⟨b|P|b⟩ for the GHZ basis and all Pauli strings, entries −1, 0, 1, axes [b, P]."""
    states = np.zeros((2**n, 2**n))
    half = 2 ** (n - 1)
    for b in range(2**n):
        phase, k = divmod(b, half)
        states[b, k] = 1
        states[b, 2**n - 1 - k] = -1 if phase else 1
    signs = [
        np.einsum("bi,ij,bj->b", states, functools.reduce(np.kron, [_PAULI[k] for k in string]), states).real / 2
        for string in itertools.product(range(4), repeat=n)
    ]
    return np.rint(np.array(signs).T).astype(int)


def _visibility(v: object) -> ExactNumber | float:
    exact = as_exact(v)
    number = read_float(v, "the visibility of a source", BehaviorError) if exact is None else exact
    if not Fraction(-1, 3) <= number <= 1:
        raise BehaviorError(f"the visibility of a Werner state is {v}, expected −1/3 … 1. Choose v in this range.")
    return number


def _bloch(vector: Bloch) -> tuple[Any, ...]:
    components = tuple(real_array(vector, "a Bloch vector", BehaviorError).ravel())
    if len(components) != 3:
        raise BehaviorError(f"the Bloch vector {components} has {len(components)} components, expected X, Y and Z.")
    exact = [as_exact(r) for r in components]
    found = tuple(float(r) if e is None else e for r, e in zip(components, exact, strict=True))
    length = sum(float(r) ** 2 for r in found)
    if length > 1 + 1e-10:
        raise BehaviorError(f"the Bloch vector {components} has length {length**0.5:.6g}, expected at most 1.")
    return found if all(e is not None for e in exact) else tuple(map(float, found))
