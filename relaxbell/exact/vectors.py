"""Vectors of exact numbers as whole numbers over one denominator, in plain arrays: for many of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Exact, ExactNumber, Floats, Surd, common_denominator, surd, to_floats

_SMALL = 2**50
"""Whole numbers below this are kept as int64: a sum of some thousand of them does not overflow."""


@dataclass(frozen=True, slots=True)
class ExactRow:
    """Exact numbers (whole + root·√radicand) / denominator, with their floats.

    Attributes
    ----------
    floats
        The numbers as float64.
    whole, root
        Whole numbers, int64 or Python's own; `root` is None where nothing is irrational.
    denominator, radicand
        Whole numbers.
    """

    floats: Floats
    whole: NDArray[Any]
    denominator: int
    root: NDArray[Any] | None = None
    radicand: int = 0

    def numbers(self) -> Exact:
        """Return the numbers as Fractions and surds."""
        rational = [Fraction(int(v), self.denominator) for v in self.whole]
        if self.root is None:
            return np.array([*rational, None], dtype=object)[:-1]
        roots = [Fraction(int(v), self.denominator) for v in self.root]
        return np.array([*(surd(a, b, self.radicand) for a, b in zip(rational, roots, strict=True)), None])[:-1]

    def number(self, numerators: Sequence[int], denominator: int) -> ExactNumber:
        """Return Σ numerators · (1, √radicand) / (denominator · own denominator)."""
        below = denominator * self.denominator
        if len(numerators) == 1:
            return Fraction(numerators[0], below)
        return surd(Fraction(numerators[0], below), Fraction(numerators[1], below), self.radicand)

    def dot(self, multipliers: Sequence[Fraction]) -> ExactNumber:
        """Return Σ multipliers · numbers."""
        used = [(i, v) for i, v in enumerate(multipliers) if v]
        common = common_denominator(v for _, v in used)
        factors = [(i, v.numerator * (common // v.denominator)) for i, v in used]
        sides = (self.whole,) if self.root is None else (self.whole, self.root)
        return self.number([sum(int(side[i]) * factor for i, factor in factors) for side in sides], common)

    def times(self, factors: NDArray[Any], denominator: int) -> ExactRow:
        """Return the numbers times whole `factors` / `denominator`."""
        if denominator == 1 and (factors == 1).all():
            return self
        small = self.whole.dtype != object and int(max(factors)) < 2**12
        own = factors if small else factors.astype(object)
        root = None if self.root is None else self.root * own
        floats = self.floats * (factors.astype(np.float64) / denominator)
        whole = (self.whole if small else self.whole.astype(object)) * own
        return ExactRow(floats, whole, self.denominator * denominator, root, self.radicand)


def exact_row(numbers: Exact, floats: Floats | None = None) -> ExactRow:
    """Return exact numbers as whole ones over a common denominator."""
    values = numbers.ravel().tolist()
    floats = to_floats(numbers).ravel() if floats is None else floats
    if not any(isinstance(v, Surd) for v in values):
        denominator = common_denominator(values)
        return ExactRow(floats, _whole([v.numerator * (denominator // v.denominator) for v in values]), denominator)
    parts = [v.a if isinstance(v, Surd) else v for v in values]
    roots = [v.b if isinstance(v, Surd) else Fraction(0) for v in values]
    radicand = next(v.n for v in values if isinstance(v, Surd))
    denominator = common_denominator([*parts, *roots])
    whole, root = ([v.numerator * (denominator // v.denominator) for v in side] for side in (parts, roots))
    return ExactRow(floats, _whole(whole).astype(object), denominator, _whole(root).astype(object), radicand)


def _whole(values: list[int]) -> NDArray[Any]:
    small = all(-_SMALL < v < _SMALL for v in values)
    return np.array(values, dtype=np.int64 if small else object)


def dot(multipliers: Exact, numbers: Exact) -> ExactNumber:
    """Return Σ multipliers · numbers: in whole numbers, where the multipliers are rational and there is one root."""
    values, others = multipliers.tolist(), numbers.tolist()
    pairs = [(v, b) for v, b in zip(values, others, strict=True) if v]
    roots = {b.n for _, b in pairs if isinstance(b, Surd)}
    if len(roots) > 1 or not all(isinstance(v, Fraction) for v, _ in pairs):
        return sum((v * b for v, b in pairs), Fraction(0))
    row = exact_row(np.array([*(b for _, b in pairs), None], dtype=object)[:-1], np.empty(0))
    return row.dot([v for v, _ in pairs])
