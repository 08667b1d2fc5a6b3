"""Terms that carry rows: a signed sum, a largest absolute value, a sum of absolute values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.exact.numbers import Floats
from relaxbell.measures.terms.sizes import column_sums, entries_of, largest_entry
from relaxbell.measures.terms.term import Builder, Leaf, Lowered, Size, Slot, Weights, listed


@dataclass(frozen=True, eq=False)
class Linear(Leaf):
    """The sum of the rows, signed."""

    @property
    def is_linear(self) -> bool:
        return True

    @property
    def is_nonnegative(self) -> bool:
        return self.rows.nonnegative

    def ceiling(self) -> Fraction:
        return column_sums(self.rows)[1] * self.rows.scale

    def floor(self) -> Fraction:
        return column_sums(self.rows)[0] * self.rows.scale

    def value(self, q: Floats) -> float:
        return float(self.rows.values(q).sum())

    def expression(self, q: Any) -> Any:
        import cvxpy as cp

        return cp.sum(self.rows.array @ q)

    _name = ""

    def formula(self) -> str:
        return listed(list(self.rows.labels[:4]), len(self.rows), " + ", "rows")

    def latex(self, most: int) -> str:
        return " + ".join(self._latex_rows(most))

    def lower(self, builder: Builder) -> Lowered:
        builder.slots[self] = Slot(fixed=True)
        return Lowered(builder.total(self.rows), self.rows.unit, [], [self])

    def size(self) -> Size:
        return Size(0, 0, entries_of(self.rows))

    def gauge(self, raw: Mapping[Leaf, Floats]) -> float:
        return float(max(0.0, raw[self].mean()))

    def clip(self, raw: Mapping[Leaf, Floats], weight: float, out: dict[Leaf, Floats]) -> None:
        out[self] = np.full(len(self.rows), weight)

    @property
    def _groups(self) -> list[int]:
        return []

    def need(self, weights: Weights) -> tuple[Fraction, bool]:
        return abs(weights.get(self, [Fraction(0)])[0]), True

    def stated_weights(self, share: Fraction, weights: Weights) -> Any:
        return _nothing(self.generator)


def _nothing(generator: Mapping[str, Any] | None) -> Any:
    """Return the weights of a linear measure: none, in the form of its parts."""
    if generator is None or generator["kind"] != "sum":
        return None
    return [_nothing(part) for _, part in generator["of"]]


@dataclass(frozen=True, eq=False)
class LargestRow(Leaf):
    """The largest absolute value of a row: norm_inf."""

    def ceiling(self) -> Fraction:
        return largest_entry(self.rows) * self.rows.scale

    def value(self, q: Floats) -> float:
        return float(abs(self.rows.values(q)).max(initial=0.0))

    def expression(self, q: Any) -> Any:
        import cvxpy as cp

        return cp.norm_inf(self.rows.array @ q)

    _name = "max"

    def latex(self, most: int) -> str:
        return rf"\max\left|{', '.join(self._latex_rows(most))}\right|"

    def lower(self, builder: Builder) -> Lowered:
        (t,) = builder.columns(1)
        builder.slots[self] = Slot(builder.norm(self.rows, [(i, t, -1.0) for i in range(len(self.rows))]))
        return Lowered(None, 1, [(t, 1.0)], [])

    def size(self) -> Size:
        return self._norm_size(1)

    def gauge(self, raw: Mapping[Leaf, Floats]) -> float:
        return float(abs(raw[self]).sum())

    def clip(self, raw: Mapping[Leaf, Floats], weight: float, out: dict[Leaf, Floats]) -> None:
        size = abs(raw[self]).sum()
        shrink = weight / size if size > weight else 1.0
        # one part in 2^50 less, then towards zero: the sum cannot exceed the weight by rounding
        rows = raw[self] if shrink == 1.0 else np.trunc(raw[self] * (shrink * (1 - 2.0**-50)))
        out[self] = rows if abs(rows).sum() <= weight else np.zeros_like(rows)

    @property
    def _groups(self) -> list[int]:
        return [1] * len(self.rows)

    def need(self, weights: Weights) -> tuple[Fraction, bool]:
        return sum((abs(u) for u in weights.get(self, [])), Fraction(0)), False


@dataclass(frozen=True, eq=False)
class SumOfRows(Leaf):
    """The sum of the absolute values of the rows: norm1.

    Attributes
    ----------
    implied
        Whether the best row weights follow from the other multipliers by a formula, so that none are stated.
    """

    implied: bool = False

    def ceiling(self) -> Fraction:
        return Fraction(self.rows.mass) * self.rows.scale

    def value(self, q: Floats) -> float:
        return float(abs(self.rows.values(q)).sum())

    def expression(self, q: Any) -> Any:
        import cvxpy as cp

        return cp.norm1(self.rows.array @ q)

    _name = "sum"

    def latex(self, most: int) -> str:
        rows = self._latex_rows(most)
        return " + ".join(rf"\left|{label}\right|" if label != r"\ldots" else label for label in rows)

    def lower(self, builder: Builder) -> Lowered:
        if self.rows.nonnegative:
            builder.slots[self] = Slot(fixed=True)
            return Lowered(builder.total(self.rows), self.rows.unit, [], [self])
        ts = builder.columns(len(self.rows))
        builder.slots[self] = Slot(builder.norm(self.rows, [(i, t, -1.0) for i, t in enumerate(ts)]))
        return Lowered(None, 1, [(t, 1.0) for t in ts], [])

    def size(self) -> Size:
        return Size(0, 0, entries_of(self.rows)) if self.rows.nonnegative else self._norm_size(len(self.rows))

    def gauge(self, raw: Mapping[Leaf, Floats]) -> float:
        return float(abs(raw[self]).max(initial=0.0))

    def clip(self, raw: Mapping[Leaf, Floats], weight: float, out: dict[Leaf, Floats]) -> None:
        # rows that cannot be negative take the full weight: nothing is gained by less
        full = self.rows.nonnegative
        out[self] = np.full(len(self.rows), weight) if full else np.clip(raw[self], -weight, weight)

    @property
    def _groups(self) -> list[int]:
        return [len(self.rows)]

    def need(self, weights: Weights) -> tuple[Fraction, bool]:
        return max((abs(u) for u in weights.get(self, [])), default=Fraction(0)), False

    def stated_weights(self, share: Fraction, weights: Weights) -> Any:
        return None if self.implied else super().stated_weights(share, weights)
