"""A basis at many right-hand sides: inverted once, each is a product of whole numbers.

As costs and rows stay, a basis that is optimal at one right-hand side is optimal wherever it is feasible. That is
decided here exactly: for a + b√n by the signs of both parts, as whole numbers over one denominator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.basis import Basis, IntegerProgram
from relaxbell.exact.numbers import ExactNumber
from relaxbell.exact.vectors import ExactRow

LARGEST_INVERSE = 100
"""Most rows of a program whose bases are inverted: the inverse has as many numbers as their square."""

_LIMB = 30
"""Bits of a digit in products with large integers."""


@dataclass(frozen=True, eq=False)
class BasisInverse:
    """The basic solution as a linear function of the right-hand sides.

    Attributes
    ----------
    basis
        Which columns may be positive, and which rows are loose.
    whole, denominator
        Values of the basic columns, then slacks of the loose rows, for right-hand sides b: whole @ b / denominator.
    equal
        Which of these must be zero: slacks of equations.
    mass
        The largest Σ |entry| of a row of `whole`.
    """

    basis: Basis
    whole: NDArray[Any]
    denominator: int
    equal: NDArray[np.bool_]
    mass: int

    @classmethod
    def of(cls, program: IntegerProgram, basis: Basis) -> BasisInverse | None:
        """Return the inverse of a basis; None if it is singular, or would be large."""
        m = program.matrix.shape[0]
        square = program.core(basis) if m <= LARGEST_INVERSE else None
        if square is None:
            return None
        core, tight = square
        k, loose = len(tight), basis.loose
        inverse: Any = np.zeros((0, 0), dtype=object)
        denominator = 1
        if k:
            try:
                top, bottom = core.inv(integer=False).numer_denom()
            except ZeroDivisionError:
                return None
            sign = -1 if int(bottom) < 0 else 1
            denominator = sign * int(bottom)
            inverse = np.array([sign * int(v) for v in top.entries()], dtype=object).reshape(k, k)
        whole = np.zeros((k + len(loose), m), dtype=object)
        whole[:k, tight] = inverse
        if len(loose):
            part = program.part(loose, basis.columns).astype(object)
            if k:
                whole[k:, tight] = -(part @ inverse)
            whole[k + np.arange(len(loose)), loose] = denominator
        mass = max((int(v) for v in abs(whole).sum(axis=1)), default=0)
        equal = np.concatenate([np.zeros(k, dtype=bool), program.equality[loose]])
        return cls(basis, whole.astype(np.int64) if mass < 2**30 else whole, denominator, equal, mass)

    def solution(self, right: ExactRow) -> tuple[list[int], ...] | None:
        """Return the numerators of the basic columns, one list for each part; None where the basis is not feasible.

        They are in units of 1 / (`denominator` · the denominator of the right-hand sides).
        """
        k = len(self.basis.columns)
        values = self._product(right.whole)
        if right.root is None:
            if (values < 0).any() or values[self.equal].any():
                return None
            return (values[:k].tolist(),)
        roots = self._product(right.root)
        if values[self.equal].any() or roots[self.equal].any():
            return None
        pairs = zip(values.tolist(), roots.tolist(), strict=True)
        if not all(nonnegative(a, b, right.radicand) for a, b in pairs):
            return None
        return values[:k].tolist(), roots[:k].tolist()

    def _product(self, right: NDArray[Any]) -> NDArray[Any]:
        """Return whole @ right, exactly."""
        if self.whole.dtype == object or right.dtype == object:
            if self.whole.dtype == object or max(map(abs, right.tolist()), default=0) * self.mass >= 2**62:
                return np.asarray(self.whole.astype(object) @ right.astype(object))
            right = right.astype(np.int64)
        if int(abs(right).max(initial=0)) * self.mass < 2**62:
            return np.asarray(self.whole @ right)
        high, low = right >> _LIMB, right & ((1 << _LIMB) - 1)  # times `mass`, both stay below 2^63
        return np.asarray((self.whole @ high).astype(object) * (1 << _LIMB) + (self.whole @ low))


def nonnegative(a: int, b: int, radicand: int) -> bool:
    """Return whether a + b√radicand is at least 0."""
    if a >= 0 and b >= 0:
        return True
    if a < 0 and b < 0:
        return False
    return (a * a >= b * b * radicand) == (a >= 0)


def exact_values(right: ExactRow, numerators: Sequence[Sequence[int]], denominator: int) -> list[ExactNumber]:
    """Return numbers from numerators in units of 1 / (denominator · the denominator of the right-hand sides)."""
    return [right.number(pair, denominator) for pair in zip(*numerators, strict=True)]
