"""The term of distances: how far the data are from what q makes, which is no function of q alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Exact, Floats, common_denominator, to_floats
from relaxbell.exact.rows import LARGEST_UNIT, Rows
from relaxbell.measures.terms.term import Builder, Leaf, Lowered, Size, Slot, Weights


@dataclass(frozen=True, eq=False)
class Deviation(Leaf):
    """The largest Σ_x weight_kx TV_x over k, where TV_x = Σ_a max(0, p − T q) of the cells of a setting x.

    p are the data, so that these are no rows over q: the program has surplus columns in the equations instead, and they
    are no constraints. A multiplier z of the data is feasible where it varies, among the cells of each setting, by at
    most Σ_k u_k weight_kx, for weights u_k ≥ 0 of sum 1.

    Attributes
    ----------
    rows
        As many as k, without entries.
    weights
        Exact, shape (k, settings), the factor included.
    settings
        The setting of each cell.
    chance
        Σ T q over the cells of a setting, exact: p(dependent inputs|free inputs).
    normalized
        The settings for which that must be demanded.
    data
        Matrix of T and p, where they are known: only then the term has a value.
    generator, factor
        As in `Leaf`.
    """

    weights: Exact = field(kw_only=True)
    settings: NDArray[np.intp] = field(kw_only=True)
    chance: Exact = field(kw_only=True)
    normalized: tuple[int, ...] = field(kw_only=True)
    data: tuple[sp.csr_array, Floats] | None = None

    def scaled(self, factor: Fraction) -> Self:
        return replace(self, weights=self.weights * factor, factor=self.factor * factor)

    def given(self, rows: Rows, values: Floats) -> Self:
        return replace(self, data=(rows.matrix, values))

    def ceiling(self) -> Fraction:
        return Fraction(max((row * self.chance).sum() for row in self.weights))

    def value(self, q: Floats) -> float:
        if self.data is None:
            raise self.without_data("value")
        matrix, p = self.data
        missed = np.maximum(p - matrix @ q, 0.0)
        each = np.bincount(self.settings, missed, len(self.chance))
        return float((to_floats(self.weights) @ each).max())

    def expression(self, q: Any) -> Any:
        raise self.without_data("expression")

    def without_data(self, what: str) -> MeasureError:
        """Return the error that says that a distance from data needs them."""
        return MeasureError(
            f"the distance of data from a model is no function of q alone, so it has no {what} without them. Use "
            "measure.given(observed), a measure whose rows contain the data; or minimize, which has them."
        )

    _name = "largest"

    def latex(self, most: int) -> str:
        return (
            rf"\max\left({', '.join(self._latex_rows(most))}\right)" if len(self.rows) > 1 else self._latex_rows(1)[0]
        )

    @property
    def _groups(self) -> list[int]:
        return [1] * len(self.rows)

    def lower(self, builder: Builder) -> Lowered:
        (t,) = builder.columns(1)
        surplus, unit = builder.surplus, common_denominator(self.weights.ravel())
        whole = unit <= LARGEST_UNIT
        builder.exact = builder.exact and whole
        table: Any = self.weights * unit if whole else self.weights if builder.exactly else to_floats(self.weights)
        places = []
        for row in table:
            entries = [(0, j, row[x]) for j, x in zip(surplus, self.settings.tolist(), strict=True) if row[x]]
            entries.append((0, t, -unit if whole else -1))
            places.append(builder.add(None, 1, entries, Fraction(0), False))
        builder.slots[self] = Slot([(slice(places[0].start, places[-1].stop), float(unit if whole else 1))])
        return Lowered(None, 1, [(t, 1.0)], [])

    def size(self) -> Size:
        k, cells = len(self.rows), len(self.settings)
        return Size(k + len(self.normalized), 1 + 2 * cells, k * (cells + 1) + 2 * cells)

    def gauge(self, raw: Mapping[Leaf, Floats]) -> float:
        return float(np.maximum(raw[self], 0.0).sum())

    def clip(self, raw: Mapping[Leaf, Floats], weight: float, out: dict[Leaf, Floats]) -> None:
        if len(self.rows) == 1:  # z may vary the more, the larger it is
            out[self] = np.array([weight])
            return
        own = np.maximum(raw[self], 0.0)
        size = own.sum()
        if size > weight:
            own = np.floor(own * (weight / size * (1 - 2.0**-50)))
        own[int(np.argmax(own))] += max(0.0, weight - own.sum())
        out[self] = own if own.sum() <= weight else np.zeros_like(own)

    def need(self, weights: Weights) -> tuple[Fraction, bool]:
        return sum((abs(u) for u in weights.get(self, [])), Fraction(0)), False

    def room(self, weights: Any) -> Exact:
        """Return for each setting by how much z may vary there, for row weights."""
        exact = np.array([Fraction(u) for u in weights], dtype=object)
        found: Exact = exact @ self.weights
        return found
