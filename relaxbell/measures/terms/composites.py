"""Sums and maxima of terms."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Self

import numpy as np

from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Floats
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import a_kind
from relaxbell.measures.terms.term import (
    Builder,
    Leaf,
    Lowered,
    Size,
    Term,
    Weights,
    listed,
    stated,
    stated_weights,
)


@dataclass(frozen=True, eq=False)
class Composite(Term):
    """A term made of terms.

    Attributes
    ----------
    parts
        At least one; of a `Total` also none, which is 0.

    Raises
    ------
    MeasureError
        If a part is no term, or a maximum has none.
    """

    parts: tuple[Term, ...]

    def __post_init__(self) -> None:
        for part in self.parts:
            if not isinstance(part, Term):
                raise MeasureError(f"{part!r} is no term of {a_kind(self)}. Give terms, such as Linear(rows).")

    def leaves(self) -> Iterator[Leaf]:
        for part in self.parts:
            yield from part.leaves()

    def scaled(self, factor: Fraction) -> Self:
        return replace(self, parts=tuple(part.scaled(factor) for part in self.parts))

    def with_rows(self, change: Callable[[Rows], Rows]) -> Self:
        return replace(self, parts=tuple(part.with_rows(change) for part in self.parts))

    def given(self, rows: Rows, values: Floats) -> Self:
        return replace(self, parts=tuple(part.given(rows, values) for part in self.parts))


@dataclass(frozen=True, eq=False)
class Total(Composite):
    """The sum of several terms."""

    @property
    def is_linear(self) -> bool:
        return all(part.is_linear for part in self.parts)

    @property
    def is_nonnegative(self) -> bool:
        return all(part.is_nonnegative for part in self.parts)

    def ceiling(self) -> Fraction:
        return sum((part.ceiling() for part in self.parts), Fraction(0))

    def floor(self) -> Fraction:
        return sum((part.floor() for part in self.parts), Fraction(0))

    def value(self, q: Floats) -> float:
        return float(sum(part.value(q) for part in self.parts))

    def expression(self, q: Any) -> Any:
        import cvxpy as cp

        return cp.sum([part.expression(q) for part in self.parts]) if self.parts else cp.Constant(0)

    def formula(self) -> str:
        return listed([part.formula() for part in self.parts[:4]], len(self.parts), " + ", "parts")

    def latex(self, most: int) -> str:
        parts = [part.latex(most) for part in self.parts[:most]]
        return " + ".join(parts + ([r"\cdots"] if len(self.parts) > most else []))

    def lower(self, builder: Builder) -> Lowered:
        parts = [part.lower(builder) for part in self.parts]
        rows = [part.row for part in parts if part.row is not None]
        return Lowered(
            sum(rows[1:], rows[0]) if rows else None,
            math.lcm(*(part.unit for part in parts)),
            [entry for part in parts for entry in part.auxiliary],
            [leaf for part in parts for leaf in part.leaves],
        )

    def size(self) -> Size:
        return Size.sum(part.size() for part in self.parts)

    def gauge(self, raw: Mapping[Leaf, Floats]) -> float:
        return max((part.gauge(raw) for part in self.parts), default=0.0)

    def clip(self, raw: Mapping[Leaf, Floats], weight: float, out: dict[Leaf, Floats]) -> None:
        for part in self.parts:
            part.clip(raw, weight, out)

    def statement(self) -> tuple[Fraction, dict[str, Any]]:
        parts = [part.statement() for part in self.parts]
        return Fraction(1), {"kind": "sum", "of": [[factor, measure] for factor, measure in parts]}

    def need(self, weights: Weights) -> tuple[Fraction, bool]:
        needs = [part.need(weights) for part in self.parts]
        return max((size for size, _ in needs), default=Fraction(0)), any(fixed for _, fixed in needs)

    def stated_weights(self, share: Fraction, weights: Weights) -> Any:
        return [part.stated_weights(share, weights) for part in self.parts]


@dataclass(frozen=True, eq=False)
class Largest(Composite):
    """The maximum of several terms.

    Attributes
    ----------
    generator
        How the verifier builds all parts together from the graph; None where each part states itself.
    factor
        The term is this times what the generator makes.
    """

    generator: Mapping[str, Any] | None = None
    factor: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.parts:
            raise MeasureError("maximum of no terms. Give at least one.")

    def scaled(self, factor: Fraction) -> Self:
        parts = tuple(part.scaled(factor) for part in self.parts)
        return replace(self, parts=parts, factor=self.factor * factor)

    @property
    def is_linear(self) -> bool:
        return False

    @property
    def is_nonnegative(self) -> bool:
        return any(part.is_nonnegative for part in self.parts)

    def ceiling(self) -> Fraction:
        return max(part.ceiling() for part in self.parts)

    def floor(self) -> Fraction:
        return max(part.floor() for part in self.parts)

    def value(self, q: Floats) -> float:
        return max(part.value(q) for part in self.parts)

    def expression(self, q: Any) -> Any:
        import cvxpy as cp

        parts = [part.expression(q) for part in self.parts]
        return cp.maximum(*parts) if len(parts) > 1 else parts[0]  # cp.maximum wants two

    def formula(self) -> str:
        parts = [part.formula() for part in self.parts[:4]]
        return f"max({listed(parts, len(self.parts), ', ', 'parts')})"

    def latex(self, most: int) -> str:
        return rf"\max\left({', '.join(part.latex(most) for part in self.parts[:most])}\right)"

    def lower(self, builder: Builder) -> Lowered:
        signs = (1.0,) if self.is_nonnegative else (1.0, -1.0)  # t ≥ every part may be negative
        level = list(zip(builder.columns(len(signs)), signs, strict=True))
        for part in self.parts:
            builder.limit(part.lower(builder), Fraction(0), [(0, j, -sign) for j, sign in level])
        return Lowered(None, 1, level, [])

    def size(self) -> Size:
        inner = Size.sum(part.size() for part in self.parts)
        own = len(self.parts)  # a row for each, with its auxiliary columns and those of the maximum
        level = 1 if self.is_nonnegative else 2
        return Size(inner.rows + own, inner.auxiliary + level, inner.entries + inner.auxiliary + own * level)

    def gauge(self, raw: Mapping[Leaf, Floats]) -> float:
        return sum(part.gauge(raw) for part in self.parts)

    def clip(self, raw: Mapping[Leaf, Floats], weight: float, out: dict[Leaf, Floats]) -> None:
        shares = _whole_shares([part.gauge(raw) for part in self.parts], weight)
        for part, own in zip(self.parts, shares, strict=True):
            part.clip(raw, own, out)

    def statement(self) -> tuple[Fraction, dict[str, Any]]:
        if self.generator is not None:
            return self.factor, dict(self.generator)
        return Fraction(1), {"kind": "maximum", "of": [[Fraction(1), stated(part)] for part in self.parts]}

    def need(self, weights: Weights) -> tuple[Fraction, bool]:
        needs = [part.need(weights) for part in self.parts]
        return sum((size for size, _ in needs), Fraction(0)), all(fixed for _, fixed in needs)

    def stated_weights(self, share: Fraction, weights: Weights) -> Any:
        if self.generator is not None:
            blank = {leaf: [Fraction(0)] * len(leaf.rows) for leaf in self.leaves()}
            return [u * self.factor for leaf in self.leaves() for u in weights.get(leaf, blank[leaf])]
        pairs = zip(self.parts, self._shares(share, weights), strict=True)
        return [[own, stated_weights(part, own, weights)] for part, own in pairs]

    def _shares(self, share: Fraction, weights: Weights) -> list[Fraction]:
        """Split the share so that the weights of each part are feasible for its own."""
        needs = [part.need(weights) for part in self.parts]
        shares = [least for least, _ in needs]
        # what is left goes where it can do no harm: to a norm, whose rows need not use it, or to what is never negative
        order = sorted(range(len(needs)), key=lambda i: (needs[i][1], not self.parts[i].is_nonnegative))
        shares[order[0]] += share - sum(shares)
        return shares


def _whole_shares(sizes: Sequence[float], weight: float) -> list[float]:
    """Split a whole weight into whole parts in proportion to `sizes`."""
    total = sum(sizes)
    shares = [float(np.floor(weight * size / total)) if total > 0 else 0.0 for size in sizes]
    while sum(shares) > weight:
        shares[int(np.argmax(shares))] -= 1.0
    shares[int(np.argmax(sizes))] += weight - sum(shares)
    return shares
