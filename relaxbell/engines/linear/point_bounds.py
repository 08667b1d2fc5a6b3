"""One dual vector, its rigorous bound at many points: exact whole-number arithmetic, rounded down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.linear.dual import DualBound
from relaxbell.exact.numbers import ExactNumber, Floats, Surd, common_denominator, floor_float, surd
from relaxbell.exact.vectors import ExactRow

_LIMB = 30
"""Bits of a digit in products that stay below 2^62."""


@dataclass(frozen=True, eq=False)
class PointBound:
    """The bound ⟨z, rhs⟩ + offset for any right-hand sides.

    Attributes
    ----------
    used
        Where z is not zero.
    whole
        z there, times `denominator`.
    denominator
        A whole number.
    offset
        Of the bound.
    """

    used: NDArray[np.intp]
    whole: NDArray[Any]
    denominator: int
    offset: Fraction


def point_bound(bound: DualBound) -> PointBound:
    """Return the bound of a dual vector as a function of the right-hand sides."""
    used = np.flatnonzero(bound.z)
    z = [Fraction(v) for v in bound.z[used].tolist()]
    denominator = common_denominator(z)
    whole = np.array([*(v.numerator * (denominator // v.denominator) for v in z), None], dtype=object)[:-1]
    # multipliers of rational rows are rational, and so is the rest; were it not, less is still a bound
    offset = Fraction(floor_float(bound.offset)) if isinstance(bound.offset, Surd) else bound.offset
    return PointBound(used, whole, denominator, offset)


def exactly(bound: PointBound, row: ExactRow) -> ExactNumber:
    """Return the bound at right-hand sides, as it is."""
    (rational,) = _products(bound, [row.whole])
    if row.root is None:
        return row.number((rational,), bound.denominator) + bound.offset
    (root,) = _products(bound, [row.root])
    return row.number((rational, root), bound.denominator) + bound.offset


def evaluated(bound: PointBound, rows: Sequence[ExactRow]) -> Floats:
    """Return the bound at each right-hand side, as a float that is not larger."""
    plain = [i for i, row in enumerate(rows) if row.root is None]
    found = np.empty(len(rows))
    shift, scale = bound.offset.numerator, bound.offset.denominator * bound.denominator
    if plain:
        totals = _products(bound, [rows[i].whole for i in plain])
        for i, total in zip(plain, totals, strict=True):
            denominator = rows[i].denominator
            numerator = total * bound.offset.denominator + shift * denominator * bound.denominator
            found[i] = _floor_quotient(numerator, denominator * scale)
    for i, row in enumerate(rows):
        if row.root is not None:
            (rational,), (root,) = _products(bound, [row.whole]), _products(bound, [row.root])
            denominator = row.denominator * bound.denominator
            number = surd(Fraction(rational, denominator) + bound.offset, Fraction(root, denominator), row.radicand)
            found[i] = floor_float(number)
    return found


def _products(bound: PointBound, rows: Sequence[NDArray[Any]]) -> list[int]:
    """Return ⟨whole z, row⟩ for each row, in Python's whole numbers."""
    if not len(bound.used):
        return [0] * len(rows)
    matrix = np.stack(rows)[:, bound.used]
    size = max(map(abs, bound.whole.tolist())) * len(bound.used)
    if matrix.dtype != object and size < 2 ** (61 - _LIMB) and int(abs(matrix).max()) < 2 ** (2 * _LIMB):
        whole = bound.whole.astype(np.int64)
        high, low = (matrix >> _LIMB) @ whole, (matrix & ((1 << _LIMB) - 1)) @ whole  # exact: below 2^62
        return [(a << _LIMB) + b for a, b in zip(high.tolist(), low.tolist(), strict=True)]
    return [int(v) for v in matrix.astype(object) @ bound.whole]


def _floor_quotient(numerator: int, denominator: int) -> float:
    """Return the largest float64 that is at most numerator / denominator > 0, or its neighbor."""
    nearest = numerator / denominator  # correctly rounded
    top, bottom = nearest.as_integer_ratio()
    return nearest if top * denominator <= numerator * bottom else math.nextafter(nearest, -math.inf)
