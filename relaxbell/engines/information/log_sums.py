"""Rigorous upper bounds of max_λ log2 Σ_x p(x) 2^{z_x(λ)}, where z is a combination of rows over the strategies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.linear.dual import Least, Part
from relaxbell.exact.bounds import entry_error
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.exact.rows import Rows
from relaxbell.measures.settings import SettingLayout

_LIBM = 1e-9
"""Assumed relative accuracy of exp and log in float64 (it is 1e-16 in practice); only preselects candidates."""

_MOST = 2000
"""With more candidates than this the assumption above is part of the bound."""


@dataclass(frozen=True, eq=False)
class Block:
    """Rows with whole-number multipliers: contributes scale · matrixᵀ multipliers / grid to z_x(λ)."""

    rows: Rows
    multipliers: Floats
    scale: Fraction


def largest_log_sum(blocks: list[Block], layout: SettingLayout, grid: int) -> Fraction:
    """Return an upper bound of max_λ log2 Σ_x p(x) 2^{z_x(λ)}."""
    scaled = [(b, b.multipliers * (float(b.scale) / grid)) for b in blocks]
    values = np.asarray(sum(b.rows.matrix.T @ y for b, y in scaled))[layout.numbers]
    size = sum(b.rows.mass * float(abs(y).max(initial=0.0)) for b, y in scaled)
    rounding = size * 2.0**-50 * (sum(len(b.rows) for b in blocks) + 4)
    weights = layout.floats
    top = values.max(axis=0)
    top = np.where(abs(top) < 1, 0.0, top)
    parts = np.expm1((values - top) * np.log(2))
    with np.errstate(divide="ignore"):  # −∞ where all weight is on settings that λ excludes
        sums = top + np.log1p(weights @ parts) / np.log(2)
    margin = rounding + _LIBM * float((weights @ abs(parts)).max() + abs(top).max(initial=0.0))
    near = np.flatnonzero(sums >= sums.max() - 2 * margin)
    if len(near) > _MOST:
        largest = Fraction(float(sums.max())) + Fraction(margin)
    else:
        found = {tuple(column) for column in _exact_columns(blocks, layout.numbers[:, near], grid)}
        largest = max(_upper_log_sum(column, layout) for column in found)
    # log2 Σ p 2^z moves at most as far as z does
    moved: Fraction = sum((entry_error([(b.rows, b.multipliers)]) * b.scale for b in blocks), Fraction(0))
    return largest + moved / grid


def least_of_sums(
    layout: SettingLayout, grid: int, share: Fraction = Fraction(1), bits: ExactNumber = Fraction(0)
) -> Least:
    """Return what bounds Σ q r + share · (I − bits) for combinations r of rows over strategies, times `grid`.

    It is at least −share · (max_λ log2 Σ_x p(x) 2^{−r_x(λ)/share} + bits), see `relaxbell.engines.information.within`.
    """

    def least(parts: Sequence[Part]) -> ExactNumber:
        blocks = [Block(rows, -y, (rows.scale if k else Fraction(1)) / share) for k, (rows, y) in enumerate(parts)]
        return -share * (largest_log_sum(blocks, layout, grid) + bits) * grid

    return least


def _exact_columns(blocks: list[Block], numbers: NDArray[np.intp], grid: int) -> list[list[Fraction]]:
    """Return z_x(λ) of the strategies `numbers`, shape (settings, λ), as a list over λ."""
    flat = numbers.T.ravel()
    totals = [Fraction(0)] * len(flat)
    for block in blocks:
        used = np.flatnonzero(block.multipliers)
        whole = [int(v) for v in block.multipliers[used].tolist()]
        part = sp.csc_array(sp.csr_array(block.rows.matrix)[used][:, flat])
        ends, rows, data = part.indptr.tolist(), part.indices.tolist(), part.data.tolist()
        for j in range(len(flat)):
            terms = (Fraction(data[i]) * whole[rows[i]] for i in range(ends[j], ends[j + 1]))
            totals[j] += sum(terms, Fraction(0)) * block.scale / grid
    n = numbers.shape[0]
    return [totals[i : i + n] for i in range(0, len(totals), n)]


def _upper_log_sum(values: tuple[Fraction, ...], layout: SettingLayout) -> Fraction:
    """Return an upper bound of log2 Σ_x p(x) 2^{z_x}, by ball arithmetic."""
    import flint

    def ball(number: Fraction) -> Any:
        return flint.arb(flint.fmpq(number.numerator, number.denominator))

    before = flint.ctx.prec
    flint.ctx.prec = 160
    try:
        two = flint.arb(2)
        terms = (ball(w) * two ** ball(v) for w, v in zip(layout.weights, values, strict=True))
        upper = (sum(terms, flint.arb(0)).log() / two.log()).upper()
        mantissa, exponent = upper.man_exp()
        return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    finally:
        flint.ctx.prec = before
