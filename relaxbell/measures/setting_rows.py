"""Limits of p(settings|λ) as rows: inequalities over p(x|λ), and constraints on q, the same for each λ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.late_rows import LateRows
from relaxbell.exact.numbers import ExactNumber, as_exact, to_sympy
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import decimal_text
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.measure import is_symbol
from relaxbell.measures.settings import Labels, SettingLayout

if TYPE_CHECKING:
    import sympy

_ENTRY = 24
"""Bytes of the rows for each entry, while they are built."""

Limit: TypeAlias = "ExactNumber | sympy.Symbol | None"
Row: TypeAlias = "tuple[list[sympy.Expr], str]"
"""Coefficients of p(x|λ), one for each setting, whose sum is ≤ 0, and what it says."""


def setting_bits(layout: SettingLayout, alone: bool) -> Iterator[tuple[list[int], list[int]]]:
    """Yield, for each value of a bit given what was before, its settings and those of both values."""
    settings = layout.settings
    for k in range(len(layout.names)):
        before = {() if alone else x[:k] for x in settings}
        for head in sorted(before):
            rest = [i for i, x in enumerate(settings) if alone or x[:k] == head]
            for value in range(2):
                yield [i for i in rest if settings[i][k] == value], rest


class HasLimits(Protocol):
    """`SettingLimits`, which says what these are."""

    @property
    def model(self) -> CausalModel:
        """With dependent inputs."""

    @property
    def layout(self) -> SettingLayout:
        """The settings that occur."""

    @property
    def lower(self) -> Limit:
        """No p(x|λ) is less."""

    @property
    def upper(self) -> Limit:
        """No p(x|λ) is more."""

    @property
    def bias(self) -> Limit:
        """No bit is farther from 1/2."""

    @property
    def alone(self) -> bool:
        """Whether given λ alone."""

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """Those among the limits."""


def limit_rows(limits: HasLimits) -> list[Row]:
    """Return the inequalities over p(x|λ), with exact numbers or symbols as sympy expressions."""
    n, found = len(limits.layout.settings), list[Row]()
    for limit, side, relation in ((limits.lower, -1, ">="), (limits.upper, 1, "<=")):
        if limit is None:
            continue
        number = limit_expression(limit)
        for x in range(n):
            row = [-side * number] * n
            row[x] = side * (1 - number)
            found.append((row, f"p({limits.layout.label(x)}|λ) {relation} {limit}"))
    return [*found, *_bit_rows(limits)]


def _bit_rows(limits: HasLimits) -> list[Row]:
    """Return those that limit bits."""
    import sympy

    if limits.bias is None:
        return []
    n, found = len(limits.layout.settings), list[Row]()
    top = sympy.Rational(1, 2) + limit_expression(limits.bias)
    for own, rest in setting_bits(limits.layout, limits.alone):
        row = [sympy.Integer(0)] * n
        for x in rest:
            row[x] = -top
        for x in own:
            row[x] = 1 - top
        found.append((row, f"p({'|'.join(limits.layout.label(x) for x in own)}) <= {top} given what was before"))
    return found


def limit_expression(limit: ExactNumber | sympy.Symbol) -> sympy.Expr:
    """Return a number or a symbol for sympy."""
    return limit if is_symbol(limit) else to_sympy(limit)


@dataclass(frozen=True, eq=False)
class SettingBound(AffineConstraint):
    """A limit of p(x|λ) for all x and λ; see `setting_bounds`. Where strategies are many, its rows are not made.

    Attributes
    ----------
    limit
        The number.
    side
        1: no more than the limit; −1: no less.
    limits
        What it is one of.
    rows, rhs, equality
        As in `AffineConstraint`; no right-hand sides where the rows are not made: all are zero.
    """

    limit: ExactNumber
    side: int
    limits: HasLimits

    @property
    def text(self) -> str:
        who = f"p({','.join(self.limits.layout.names)}|λ)"
        return f"{who} {'<=' if self.side > 0 else '>='} {decimal_text(self.limit, 9)}"

    def __repr__(self) -> str:
        return self.text


def box_of(limits: Sequence[SettingBound]) -> tuple[ExactNumber, ExactNumber]:
    """Return between which numbers p(x|λ) is, where several limits hold."""
    low = max((own.limit for own in limits if own.side < 0), default=Fraction(0))
    return low, min((own.limit for own in limits if own.side > 0), default=Fraction(1))


def limit_constraints(limits: HasLimits) -> list[AffineConstraint]:
    """Return the rows over q, the same for each Λ; of numbers only."""
    found: list[AffineConstraint] = []
    for limit, side in ((limits.lower, -1), (limits.upper, 1)):
        if limit is not None:
            found.append(_bound(limits, limit, side))
    biased = _bit_rows(limits)
    return [*found, _constraint(limits, biased)] if biased else found


def _bound(limits: HasLimits, limit: ExactNumber | sympy.Symbol, side: int) -> SettingBound:
    """Return side · (q(x, Λ) − limit · q(Λ)) ≤ 0 for every x and Λ."""
    layout, model = limits.layout, limits.model
    height = len(layout.weights) * layout.count
    labels = Labels(height, partial(_bound_label, layout, f"{'>=' if side < 0 else '<='} {limit}"))
    try:
        rows = _bound_rows(model, layout, limit, side, labels)
    except ModelTooLargeError:
        late = LateRows(
            partial(_bound_rows, model, layout, limit, side, labels), labels, height, height * len(layout.weights),
            nonnegative=False,
        )  # fmt: skip
        return SettingBound(late, np.zeros(0, dtype=object), False, limit, side, limits)
    return SettingBound(rows, np.full(height, Fraction(0), dtype=object), False, limit, side, limits)


def _bound_rows(model: CausalModel, layout: SettingLayout, bound: ExactNumber, side: int, labels: Labels) -> Rows:
    settings, count = layout.numbers.shape
    place = np.zeros((settings, count, settings), dtype=np.intp)
    for x in range(settings):
        place[x, :, x] = 1
    distinct = np.array([-side * bound, side * (1 - bound)], dtype=object)
    pattern = layout.rows_of_settings(np.ones(place.shape), model.strategies.count)
    return Rows.read(pattern, distinct, place.ravel(), labels)


def bound_memory(settings: int, count: int) -> int:
    """Return the bytes of the rows, while they are built."""
    return 3 * _ENTRY * settings**2 * count


def _bound_label(layout: SettingLayout, relation: str, i: int) -> str:
    x, rest = divmod(i, layout.count)
    return f"p({layout.label(x)},Λ={rest}) {relation} p(Λ={rest})"


def _constraint(limits: HasLimits, rows: Sequence[Row]) -> AffineConstraint:
    """Return rows · q ≤ 0 for every Λ, of limits of one kind."""
    layout = limits.layout
    settings, count = layout.numbers.shape
    coefficients = np.array([[as_exact(c) for c in row] for row, _ in rows], dtype=object)
    distinct = sorted({v for v in coefficients.ravel().tolist()}, key=float)
    number = {value: i for i, value in enumerate(distinct)}
    pattern_columns, place, lengths = list[NDArray[np.intp]](), list[NDArray[np.intp]](), list[int]()
    for row in coefficients.tolist():
        used = [x for x in range(settings) if row[x] != 0]
        pattern_columns.append(layout.numbers[used].T.ravel())
        place.append(np.tile(np.array([number[row[x]] for x in used], dtype=np.intp), count))
        lengths += [len(used)] * count
    columns = np.concatenate(pattern_columns)
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    shape = (len(rows) * count, limits.model.strategies.count)
    pattern = sp.csr_array((np.ones(len(columns)), columns.astype(np.int32), pointers), shape=shape)
    labels = Labels(shape[0], partial(_label, tuple(text for _, text in rows), count))
    return AffineConstraint(
        Rows.read(pattern, np.array(distinct, dtype=object), np.concatenate(place), labels),
        np.full(shape[0], Fraction(0), dtype=object),
        False,
    )


def _label(texts: tuple[str, ...], count: int, i: int) -> str:
    row, rest = divmod(i, count)
    return f"{texts[row]}, Λ={rest}"
