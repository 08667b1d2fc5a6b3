"""`RationalRealization`: a state and measurements in rational numbers, and the exact behavior that they have.

Floats of a search are no proof that a behavior is quantum. Near them lie rational ones: each measurement is made of
N vectors in d dimensions with Σ v v† = 1, the first d rows of a unitary U (Naimark). With signs s of its columns,
U s = (1 + K)(1 − K)⁻¹ with K† = −K (Cayley), and K may be rounded: whatever it is then, the vectors are rational and
Σ v v† = 1 exactly. A ket needs no norm 1: probabilities are ‖⟨v| ⊗ ⟨w| ψ‖² / ‖ψ‖².
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.quantum import Complex
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact
from relaxbell.frozen import Frozen

DENOMINATOR = 2**20
"""Of K and of the ket: a value that is stationary moves by the square of the rounding, 1e-12."""

_NEGLIGIBLE = 1e-9
"""Eigenvalues of a POVM element below are rounding."""

_SIGNS = 256
"""So many choices of the signs of columns are tried, for a K with small entries."""


@dataclass(frozen=True, eq=False)
class RationalMeasurement:
    """Vectors v with Σ v v† = 1 in rational numbers; each reports an outcome.

    Attributes
    ----------
    real, imaginary
        Whole numbers, axes [level, vector].
    denominator
        Of all entries.
    outcomes
        Which outcome each vector reports.

    Examples
    --------
    >>> RationalMeasurement.near([np.eye(2)[:, :1] @ np.eye(2)[:1], np.eye(2)[:, 1:] @ np.eye(2)[1:]], 16).outcomes
    (0, 1)
    """

    real: Exact
    imaginary: Exact
    denominator: int
    outcomes: tuple[int, ...]

    @classmethod
    def near(cls, elements: Sequence[Complex], denominator: int) -> RationalMeasurement:
        """Return a rational measurement near POVM elements in floats, one for each outcome.

        Parameters
        ----------
        elements
            Matrices whose sum is nearly the identity.
        denominator
            Of K.
        """
        vectors, outcomes = [], []
        for k, element in enumerate(elements):
            values, kets = np.linalg.eigh(np.asarray(element))
            for value, ket in zip(values, kets.T, strict=True):
                if value > _NEGLIGIBLE:
                    vectors.append(math.sqrt(value) * ket)
                    outcomes.append(k)
        real, imaginary, common = _cayley(_antihermitian(_completed(np.array(vectors).T)), denominator)
        d = len(vectors[0])
        return cls(real[:d], imaginary[:d], common, tuple(outcomes))

    def is_complete(self) -> bool:
        """Return whether Σ v v† = 1, exactly."""
        real = self.real @ self.real.T + self.imaginary @ self.imaginary.T
        imaginary = self.imaginary @ self.real.T - self.real @ self.imaginary.T
        one = np.array(np.eye(len(real), dtype=int), dtype=object) * self.denominator**2
        return bool((real == one).all() and (imaginary == 0).all())


class RationalRealization(Frozen):
    """A state and measurements in rational numbers: an exact quantum behavior, with what proves that it is one.

    Parameters
    ----------
    state
        A ket in floats, or a density matrix.
    measurements
        For each party POVM elements in floats, axes [setting, outcome, row, column].
    like
        A behavior that has the variables' names; an input of one value may be left out there.
    denominator
        Of the ket and of what makes the measurements; larger is nearer, with longer numbers.

    Attributes
    ----------
    kets
        Pairs of real and imaginary parts, whole numbers: the state is Σ ψψ† over its trace.
    measurements
        For each party, for each setting its vectors.
    like
        As given.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import relaxbell as rb
    >>> found = rb.optimize_quantum(rb.catalog.CHSH, starts=1).realization()
    >>> found
    Realization: exact behavior of a state and measurements in rational numbers, dimensions 2 × 2
    >>> value = rb.catalog.CHSH(found.behavior)
    >>> type(value).__name__, value**2 < 8 < (value + Fraction(1, 10**9)) ** 2
    ('Fraction', True)
    """

    def __init__(
        self,
        state: Complex,
        measurements: Sequence[Complex],
        like: Behavior,
        *,
        denominator: int = DENOMINATOR,
    ) -> None:
        if not isinstance(denominator, int) or isinstance(denominator, bool) or denominator < 1:
            raise BehaviorError(
                f"the denominator is {denominator!r}, expected an integer ≥ 1. Give a power of two, such as 2**20."
            )
        self.kets = tuple(_rounded_ket(own, denominator) for own in _kets(np.asarray(state)))
        self.measurements = tuple(
            tuple(RationalMeasurement.near(list(own), denominator) for own in party) for party in measurements
        )
        self.like = like
        self._outcomes = tuple(party.shape[1] for party in measurements)
        self._seal()

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Local dimension of each party.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.optimize_quantum(rb.catalog.CHSH, starts=1).realization().dimensions
        (2, 2)
        """
        return tuple(len(party[0].real) for party in self.measurements)

    @cached_property
    def behavior(self) -> Behavior:
        """The behavior in rational numbers, exact.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.optimize_quantum(rb.catalog.CHSH, starts=1).realization().behavior.is_exact
        True
        """
        table = self._table()
        names = self.like
        if table.shape != names.p.shape:
            table = table.reshape(names.p.shape)
        return Behavior(table, names.outputs, names.inputs, parties=names.parties)

    def elements(self, party: int, setting: int, outcome: int) -> tuple[Exact, Exact]:
        """Return real and imaginary part of a POVM element, in Fractions.

        Parameters
        ----------
        party, setting, outcome
            Their numbers.

        Returns
        -------
        tuple
            Two matrices.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.optimize_quantum(rb.catalog.CHSH, starts=1).realization()
        >>> sum(found.elements(0, 1, a)[0] for a in range(2)).tolist()
        [[Fraction(1, 1), Fraction(0, 1)], [Fraction(0, 1), Fraction(1, 1)]]
        """
        own = self.measurements[party][setting]
        chosen = [v for v, k in enumerate(own.outcomes) if k == outcome]
        re, im, scale = own.real[:, chosen], own.imaginary[:, chosen], Fraction(1, own.denominator**2)
        return (re @ re.T + im @ im.T) * scale, (im @ re.T - re @ im.T) * scale

    def check(self) -> bool:
        """Return whether the vectors of each measurement satisfy Σ v v† = 1, in exact arithmetic.

        Returns
        -------
        bool
            Then the elements are positive and complete, and the behavior is quantum.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.optimize_quantum(rb.catalog.CHSH, starts=1).realization().check()
        True
        """
        return all(own.is_complete() for party in self.measurements for own in party)

    def _table(self) -> Exact:
        norm = sum(int((re**2).sum() + (im**2).sum()) for re, im in self.kets)
        sizes = [len(party) for party in self.measurements]
        found: Any = np.full((*self._outcomes, *sizes), Fraction(0), dtype=object)
        for setting in itertools.product(*map(range, sizes)):
            chosen = [party[x] for party, x in zip(self.measurements, setting, strict=True)]
            scale = norm * math.prod(own.denominator for own in chosen) ** 2
            whole: Any = np.zeros(self._outcomes, dtype=object)
            for ket in self.kets:
                weights = _squares(ket, chosen, self.dimensions)
                np.add.at(whole, np.ix_(*(own.outcomes for own in chosen)), weights)
            found[(..., *setting)] = whole * Fraction(1, scale)
        return found

    def __repr__(self) -> str:
        levels = " × ".join(map(str, self.dimensions))
        return f"Realization: exact behavior of a state and measurements in rational numbers, dimensions {levels}"


def _squares(ket: tuple[Exact, Exact], chosen: Sequence[RationalMeasurement], sizes: Sequence[int]) -> Exact:
    """Return ‖⟨v| ⊗ ⟨w| … ψ‖² for all vectors, in whole numbers."""
    re, im = (part.reshape(sizes) for part in ket)
    for own in chosen:  # each step trades a level for a vector, last
        left = np.tensordot(re, own.real, axes=(0, 0)) + np.tensordot(im, own.imaginary, axes=(0, 0))
        im = np.tensordot(im, own.real, axes=(0, 0)) - np.tensordot(re, own.imaginary, axes=(0, 0))
        re = left
    return re**2 + im**2


# --------------------------------------------------------------- from floats to rational numbers


def _kets(state: Complex) -> list[Complex]:
    if state.ndim == 1 or 1 in state.shape:
        return [state.ravel()]
    values, kets = np.linalg.eigh(state)
    return [math.sqrt(v) * ket for v, ket in zip(values, kets.T, strict=True) if v > _NEGLIGIBLE]


def _rounded_ket(ket: Complex, denominator: int) -> tuple[Exact, Exact]:
    """Return parts of a ket in whole numbers, which need no norm; its phase is such that a real one is real."""
    turned = ket * (abs(lead) / lead if (lead := ket[int(abs(ket).argmax())]) else 1.0)
    return _whole(turned.real, denominator), _whole(turned.imag, denominator)


def _whole(values: NDArray[np.float64], denominator: int) -> Exact:
    found: Exact = np.empty(values.shape, dtype=object)
    found.ravel()[:] = [round(v * denominator) for v in values.ravel().tolist()]
    return found


def _completed(rows: Complex) -> Complex:
    """Return a unitary whose first rows are these, which are orthonormal within rounding."""
    d, n = rows.shape
    left, _, right = np.linalg.svd(rows)
    return np.vstack([left @ right[:d], right[d:]]) if n > d else left @ right


def _antihermitian(unitary: Complex) -> Complex:
    """Return K with U s = (1 + K)(1 − K)⁻¹, for phases s of the columns that make its largest entry small."""
    n, least = len(unitary), math.inf
    best: Any = unitary
    diagonal: Any = np.diag(unitary)
    size = abs(diagonal)
    phases = np.where(size > _NEGLIGIBLE, np.conj(diagonal) / np.where(size > _NEGLIGIBLE, size, 1.0), 1.0)
    turned = unitary * phases
    for signs in itertools.islice(itertools.product((1.0, -1.0), repeat=n), _SIGNS):
        own = turned * np.array(signs)
        if abs(np.linalg.eigvals(own) + 1).min() < 1e-6:
            continue
        k = np.linalg.solve((own + np.eye(n)).T, (own - np.eye(n)).T).T
        if abs(k).max() < least:
            best, least = (k - k.conj().T) / 2, float(abs(k).max())
        if least <= 1.0:
            break
    if math.isinf(least):
        raise BehaviorError(
            "no signs of its vectors bring a measurement away from −1, expected one choice at least. Perturb it a bit."
        )
    return best


def _cayley(k: Complex, denominator: int) -> tuple[Exact, Exact, int]:
    """Return (1 + K)(1 − K)⁻¹ of K rounded: real and imaginary parts over one denominator."""
    from sympy import QQ
    from sympy.polys.matrices import DomainMatrix

    n = len(k)
    re, im = _whole(k.real, denominator), _whole(k.imag, denominator)
    for i, j in itertools.combinations_with_replacement(range(n), 2):  # exactly anti-Hermitian
        re[j, i], im[j, i] = -re[i, j], im[i, j]
    for i in range(n):
        re[i, i] = 0
    block = np.block([[re, -im], [im, re]]) if im.any() else re
    size = len(block)
    one = np.array(np.eye(size, dtype=int), dtype=object) * denominator
    above, below = (
        DomainMatrix([[QQ(v) for v in row] for row in m.tolist()], m.shape, QQ) for m in (one + block, one - block)
    )
    table = (above * below.inv()).to_list()
    exact = [[Fraction(int(v.numerator), int(v.denominator)) for v in row[:n]] for row in table]
    common = math.lcm(*(v.denominator for row in exact for v in row))
    whole: Exact = np.array([[v.numerator * (common // v.denominator) for v in row] for row in exact], dtype=object)
    imaginary = whole[n:] if size > n else np.zeros((n, n), dtype=int).astype(object)
    return whole[:n], imaginary, common
