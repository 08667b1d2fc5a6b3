"""`RationalMeasurement`: vectors that make a complete measurement, in rational numbers.

Each measurement is made of N vectors in d dimensions with Σ v v† = 1, the first d rows of a unitary U (Naimark). With
signs s of its columns, U s = (1 + K)(1 − K)⁻¹ with K† = −K (Cayley), and K may be rounded: whatever it is then, the
vectors are rational and Σ v v† = 1 exactly.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.quantum import Complex
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact

NEGLIGIBLE = 1e-9
"""Eigenvalues of operators below are rounding."""

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
    generator
        Real and imaginary part of K, whole numbers.
    unit
        Denominator of K.

    Examples
    --------
    >>> RationalMeasurement.near([np.eye(2)[:, :1] @ np.eye(2)[:1], np.eye(2)[:, 1:] @ np.eye(2)[1:]], 16).outcomes
    (0, 1)
    """

    real: Exact
    imaginary: Exact
    denominator: int
    outcomes: tuple[int, ...]
    generator: tuple[Exact, Exact]
    unit: int

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
                if value > NEGLIGIBLE:
                    vectors.append(math.sqrt(value) * ket)
                    outcomes.append(k)
        own = _antihermitian(_completed(np.array(vectors).T))
        generator = whole(own.real, denominator), whole(own.imag, denominator)
        return cls.generated(generator, denominator, len(vectors[0]), outcomes)

    @classmethod
    def generated(
        cls, generator: tuple[Exact, Exact], unit: int, dimension: int, outcomes: Sequence[int]
    ) -> RationalMeasurement:
        """Return the measurement that a matrix K makes; of K only what is on and above the diagonal is read.

        Parameters
        ----------
        generator
            Real and imaginary part of K, whole numbers.
        unit
            Denominator of K.
        dimension
            So many rows of the unitary matrix are the vectors.
        outcomes
            Which outcome each vector reports.
        """
        re, im = _antihermitian_whole(*generator)
        real, imaginary, common = _cayley(re, im, unit)
        return cls(real[:dimension], imaginary[:dimension], common, tuple(outcomes), (re, im), unit)

    def is_complete(self) -> bool:
        """Return whether Σ v v† = 1, exactly."""
        real = self.real @ self.real.T + self.imaginary @ self.imaginary.T
        imaginary = self.imaginary @ self.real.T - self.real @ self.imaginary.T
        one = np.array(np.eye(len(real), dtype=int), dtype=object) * self.denominator**2
        return bool((real == one).all() and (imaginary == 0).all())

    def data(self) -> dict[str, object]:
        """Return what makes it, for JSON: of K what is on and above the diagonal."""
        re, im = self.generator
        above = np.triu_indices(len(re))
        parts = written(re[above], im[above])
        return {"dimension": len(self.real), "outcomes": list(self.outcomes), "unit": self.unit, "generator": parts}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> RationalMeasurement:
        """Return a measurement from what `data` gave.

        Parameters
        ----------
        data
            Not trusted; a ValueError, KeyError or TypeError says what is wrong.
        """
        outcomes = [read_number(k) for k in data["outcomes"]]
        n, d, unit = len(outcomes), read_number(data["dimension"]), read_number(data["unit"])
        if not 1 <= d <= n or not unit:
            raise ValueError(f"{n} vectors in {d} dimensions over the denominator {unit}")
        found = []
        for part in read_parts(data["generator"], n * (n + 1) // 2):
            full: Exact = np.zeros((n, n), dtype=int).astype(object)
            full[np.triu_indices(n)] = part
            found.append(full)
        return cls.generated((found[0], found[1]), unit, d, outcomes)


# --------------------------------------------------------------- from floats to rational numbers


def whole(values: NDArray[np.float64], denominator: int) -> Exact:
    """Return values times a number, rounded to whole numbers."""
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
    phases = np.where(size > NEGLIGIBLE, np.conj(diagonal) / np.where(size > NEGLIGIBLE, size, 1.0), 1.0)
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


def _antihermitian_whole(re: Exact, im: Exact) -> tuple[Exact, Exact]:
    """Return the parts of the anti-Hermitian matrix that is the given one on and above the diagonal."""
    re, im, n = re.copy(), im.copy(), len(re)
    for i, j in itertools.combinations_with_replacement(range(n), 2):
        re[j, i], im[j, i] = -re[i, j], im[i, j]
    for i in range(n):
        re[i, i] = 0
    return re, im


def _cayley(re: Exact, im: Exact, denominator: int) -> tuple[Exact, Exact, int]:
    """Return (1 + K)(1 − K)⁻¹ of an anti-Hermitian K: real and imaginary parts over one denominator."""
    from sympy import QQ
    from sympy.polys.matrices import DomainMatrix

    n = len(re)
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


# -------------------------------------------------------------------------------------- as text


def written(real: Exact, imaginary: Exact) -> list[list[int]]:
    """Return real and imaginary parts as lists; only the real ones where the others are 0."""
    return [real.ravel().tolist(), *([imaginary.ravel().tolist()] if imaginary.any() else [])]


def read_parts(parts: list[list[int]], size: int) -> tuple[Exact, Exact]:
    """Return real and imaginary parts of so many numbers, which `written` gave."""
    if len(parts) not in (1, 2) or any(len(own) != size or any(type(v) is not int for v in own) for own in parts):
        raise ValueError(f"parts that are not lists of {size} whole numbers")
    real, imaginary = (np.array(own, dtype=object) for own in (parts[0], parts[1] if len(parts) == 2 else [0] * size))
    return real, imaginary


def read_number(value: object) -> int:
    """Return a whole number that is not negative."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} where a whole number ≥ 0 belongs")
    return value
