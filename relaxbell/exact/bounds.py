"""Rigorous bounds from approximate dual weights.

q is a probability vector. So for any multipliers y of equalities E q = b the minimum of c · q is at
least ⟨y, b⟩ + min_λ (c − Eᵀy)_λ: every dual vector gives a true bound, a good one a tight bound. The
minimum over strategies is evaluated in float64 on whole numbers below 2^53, where every sum and
product is exact in any order; where a matrix has other entries, the usual error bound of a sum
is subtracted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from relaxbell.exact.numbers import Floats
from relaxbell.exact.rows import Rows

Block: TypeAlias = tuple[Rows, Floats]
"""Rows (their scale is not used) and a weight for each: contributes matrixᵀ weights."""

EXACT = 2.0**53


def column_minimum(blocks: Sequence[Block]) -> Fraction | None:
    """Return a rigorous lower bound of min_λ Σ_blocks (matrixᵀ weights)_λ.

    Exact where matrices and weights are whole numbers and no sum reaches 2^53. Otherwise the error of
    the sums is subtracted, with room for weights that were themselves rounded once or twice; None if
    that says nothing because the numbers are too large.
    """
    size = sum(float(abs(weights).max(initial=0.0)) * rows.mass for rows, weights in blocks)
    if not size < 2.0**200:
        return None
    total: Floats = np.zeros(blocks[0][0].matrix.shape[1])
    for rows, weights in blocks:
        if weights.any():
            total += rows.matrix.T @ weights
    least = Fraction(float(total.min()))
    if size < EXACT and all(rows.integral and (weights == np.rint(weights)).all() for rows, weights in blocks):
        return least
    terms = sum(len(rows) for rows, _ in blocks) + 4
    return least - Fraction(size) * Fraction(terms, 2**52) - entry_error(blocks)


def entry_error(blocks: Sequence[Block]) -> Fraction:
    """Return how far the errors of entries can move a combination Σ_blocks (matrixᵀ weights)_λ."""
    return Fraction(sum(rows.error * float(abs(weights).sum()) for rows, weights in blocks)) * Fraction(1001, 1000)


def snapped(values: Floats, limit: int, tolerance: float) -> list[Fraction] | None:
    """Return rationals with denominators up to `limit` near all values, or None if one is too far."""
    found = []
    cache: dict[float, Fraction] = {}
    for raw in values.tolist():
        if raw not in cache:
            cache[raw] = Fraction(raw).limit_denominator(limit)
        if abs(float(cache[raw]) - raw) > tolerance:
            return None
        found.append(cache[raw])
    return found


def dyadic_bits(size: float, bits: int = 52) -> int:
    """Return the largest s with size · 2^s ≤ 2^bits."""
    return bits - max(0, math.ceil(math.log2(size))) if size > 0 else bits
