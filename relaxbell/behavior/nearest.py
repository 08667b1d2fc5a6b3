"""The non-signaling behavior nearest to a table: exact least squares, with probabilities at least 0.

The projector on tables that neither signal nor change their normalization is known: the part of a table that is seen by
exactly the outputs in S may vary with the inputs that reach S, and over the others it is averaged. Where that leaves a
probability below 0, the dual method of Goldfarb and Idnani (Math. Program. 27, 1, 1983) adds the constraints one by
one, in exact numbers: it ends, and the result is the only one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.table import order_hint, read_floats
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact, ExactNumber, as_exact, decimal
from relaxbell.exact.texts import decimal_text

B = TypeVar("B")

_MOST_DIGITS = 15
"""Decimals of a printed table; floats have no more."""


@dataclass(frozen=True, eq=False)
class Nearest(Generic[B]):
    """The non-signaling behavior that is nearest to a table in least squares, and how near it is.

    Attributes
    ----------
    behavior
        Of exact numbers and exactly non-signaling. An estimate (``estimated``), unless the table was this behavior,
        exactly.
    squared_distance
        Σ (p − table)² over all cells, an exact number.
    largest_change
        The largest |p − table| of a cell, an exact number.
    rounding
        Half a unit of the last decimal of a published table; None where no decimals were said.

    Examples
    --------
    >>> import relaxbell as rb
    >>> near = rb.Behavior.from_published([[0.667, 0.333], [0.334, 0.667]], "A", "X")
    >>> near.behavior.table[:, 0].tolist(), near.within_rounding  # 1.001 in the paper
    ([Fraction(1333, 2000), Fraction(667, 2000)], True)
    """

    behavior: B
    squared_distance: ExactNumber = field(default=Fraction(0))
    largest_change: ExactNumber = field(default=Fraction(0))
    rounding: Fraction | None = None

    @property
    def distance(self) -> float:
        """The Euclidean distance, √Σ (p − table)²."""
        return math.sqrt(float(self.squared_distance))

    @property
    def within_rounding(self) -> bool | None:
        """Whether the behavior rounds to the published table; None where no decimals were said.

        True is a proof that rounding explains all signaling. False is none of the contrary: another non-signaling
        behavior, farther away in least squares, may round to it.
        """
        return None if self.rounding is None else bool(self.largest_change <= self.rounding)

    def __repr__(self) -> str:
        text = (
            f"Nearest non-signaling behavior: distance {decimal_text(self.distance, 3)}, largest change "
            f"{decimal_text(self.largest_change, 3)}"
        )
        if self.rounding is None:
            return text
        verdict = "within" if self.within_rounding else "more than"
        return f"{text}, {verdict} the rounding of {decimal_text(self.rounding, 3)}"


def project(table: Exact, coordinates: Coordinates) -> Exact:
    """Return the nearest table that is normalized, does not signal and has no entry below 0.

    Parameters
    ----------
    table
        Exact numbers, axes outputs, then inputs; not necessarily normalized.
    coordinates
        Of the non-signaling behaviors.

    Examples
    --------
    >>> one_party = Coordinates((2,), (1,), (frozenset({0}),))
    >>> project(np.array([[Fraction(3, 4)], [Fraction(-1, 2)]], dtype=object), one_party).ravel().tolist()
    [Fraction(1, 1), Fraction(0, 1)]
    """
    search = _Search(table, coordinates)
    while search.found.min() < 0:
        search.add(int(np.argmin(search.found)))
    return np.asarray(search.found.reshape(coordinates.shape))


class _Search:
    """The dual method: the nearest point on which some cells are 0, more and more of them, and their multipliers."""

    def __init__(self, table: Exact, coordinates: Coordinates) -> None:
        self.coordinates = coordinates
        self.columns: dict[int, Exact] = {}
        self.active: list[int] = []
        self.multipliers: list[ExactNumber] = []
        self.found: Exact = np.asarray(_parts(table, coordinates) + Fraction(1, math.prod(coordinates.outputs))).ravel()

    def add(self, cell: int) -> None:
        """Bring a cell that is negative to 0, and let go of cells whose multipliers would become negative."""
        own: ExactNumber = Fraction(0)
        while True:
            weights = self._weights(cell)
            direction = self._column(cell)
            for weight, other in zip(weights, self.active, strict=True):
                direction = direction - weight * self._column(other)
            steps = [(u / r, k) for k, (u, r) in enumerate(zip(self.multipliers, weights, strict=True)) if r > 0]
            full = -self.found[cell] / direction[cell] if direction[cell] else None
            step, leaves = min(steps, default=(None, None))
            if full is not None and (step is None or full <= step):
                step, leaves = full, None
            assert step is not None  # white noise is inside
            self.found = self.found + step * direction
            self.multipliers = [u - step * r for u, r in zip(self.multipliers, weights, strict=True)]
            own = own + step
            if leaves is None:
                self.active.append(cell)
                self.multipliers.append(own)
                return
            del self.active[leaves], self.multipliers[leaves]

    def _column(self, cell: int) -> Exact:
        if cell not in self.columns:
            unit = np.full(self.coordinates.shape, Fraction(0), dtype=object)
            unit[np.unravel_index(cell, unit.shape)] = Fraction(1)
            self.columns[cell] = _parts(unit, self.coordinates).ravel()
        return self.columns[cell]

    def _weights(self, cell: int) -> list[Fraction]:
        """Return how the active cells follow, so that they stay 0 while another moves."""
        import flint

        if not self.active:
            return []
        rows = [[self._column(i)[j] for j in [*self.active, cell]] for i in self.active]
        entries = [[flint.fmpq(v.numerator, v.denominator) for v in row] for row in rows]
        left, right = flint.fmpq_mat([row[:-1] for row in entries]), flint.fmpq_mat([row[-1:] for row in entries])
        return [Fraction(int(v.p), int(v.q)) for v in left.solve(right).entries()]


def _parts(table: Exact, coordinates: Coordinates) -> Exact:
    """Return the orthogonal projection on tables that sum to 0 and do not signal."""
    k = len(coordinates.outputs)
    total = np.full(coordinates.shape, Fraction(0), dtype=object)
    for size in range(1, k + 1):
        for members in itertools.combinations(range(k), size):
            reach = frozenset().union(*(coordinates.reach[i] for i in members))
            part = table
            for axis, length in enumerate(coordinates.shape):
                if axis in members:
                    part = part - _mean(part, axis, length)
                elif axis < k or axis - k not in reach:
                    part = _mean(part, axis, length)
            total = total + part
    return np.asarray(total)


def _mean(table: Exact, axis: int, length: int) -> Exact:
    return np.asarray(table.sum(axis=axis, keepdims=True) * Fraction(1, length if table.shape[axis] > 1 else 1))


# ------------------------------------------------------------------- published tables


def read_published(table: Exact, outputs: Sequence[str], digits: int | None) -> tuple[Exact, Fraction]:
    """Return a table of decimals as exact numbers and half a unit of their last place.

    Raises
    ------
    BehaviorError
        If an entry is no decimal of so many digits or below 0, or a block misses 1 by more than rounding explains.
    """
    check_digits(digits)
    most = 0
    for index, value in np.ndenumerate(table):
        places = _places(value)
        most = max(most, places)
        if places > (_MOST_DIGITS if digits is None else digits):
            shown = "more" if places > _MOST_DIGITS else f"{places}"
            raise BehaviorError(
                f"p{list(index)} is {decimal_text(value, 17)}, which has {shown} decimals, expected at most "
                f"{_MOST_DIGITS if digits is None else digits}. Round the table to what was printed, and say digits="
            )
        if value < 0:
            raise BehaviorError(f"p{list(index)} is {decimal_text(value)}, expected a probability ≥ 0. Correct it.")
    half = Fraction(1, 2 * 10 ** (most if digits is None else digits))
    check_sums(table, outputs, half)
    return table, half


def check_digits(digits: int | None) -> None:
    """Raise BehaviorError unless digits are a number of decimals, or None."""
    if digits is not None and (
        isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= _MOST_DIGITS
    ):
        raise BehaviorError(f"digits is {digits!r}, expected how many decimals are printed, 1 to {_MOST_DIGITS}.")


def check_sums(table: Exact, outputs: Sequence[str], half: Fraction) -> None:
    """Raise BehaviorError where a block misses 1 by more than the rounding of its entries by `half` explains."""
    k = len(outputs)
    total = np.asarray(table.sum(axis=tuple(range(k))))
    allowed = half * math.prod(table.shape[:k])
    gap = np.asarray(abs(total - 1))
    if gap.max() > allowed:
        index = np.unravel_index(np.argmax(gap), gap.shape)
        place = ", ".join([":"] * k + [str(int(i)) for i in index])
        expected = "expected 1, as all entries are exact. Correct them; decimals are rounded, fractions are not."
        if half:
            expected = (
                f"expected 1 within {decimal_text(allowed)}, half a unit of decimal {_places(2 * half)} for each "
                "outcome. Say how many decimals are printed: digits=3; axes are outputs first."
            )
        raise BehaviorError(
            f"p[{place}] sums to {decimal_text(total[index], 12)}, {expected}"
            f"{order_hint(table, table.ndim - k, float(allowed))}"
        )


def _places(value: ExactNumber) -> int:
    """Return how many decimals a number has; more than `_MOST_DIGITS` if they do not end."""
    for places in range(_MOST_DIGITS + 1):
        if isinstance(value, Fraction) and (value * 10**places).denominator == 1:
            return places
    return _MOST_DIGITS + 1


def decimals(table: NDArray[Any], *, single: bool) -> Exact:
    """Return a table with floats as the shortest decimals that print them: 0.427 is 427/1000, in float32 as well.

    Examples
    --------
    >>> decimals(np.array([0.427], dtype=np.float32), single=True).tolist()
    [Fraction(427, 1000)]
    """
    found = np.empty(table.shape, dtype=object)
    bad = np.argwhere(~np.isfinite(read_floats(table)))
    if len(bad):
        raise BehaviorError(f"p{list(map(int, bad[0]))} is {table[tuple(bad[0])]}, expected a finite probability.")
    for index, value in np.ndenumerate(table):
        exact = as_exact(value)
        found[index] = decimal(np.float32(value) if single else value) if exact is None else exact
    return found
