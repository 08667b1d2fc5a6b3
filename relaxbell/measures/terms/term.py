"""What every term can do, those that carry rows, and what they need of a builder of linear programs."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple, Protocol, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Floats
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import text_latex
from relaxbell.measures.terms.sizes import entries_of

Weights: TypeAlias = "Mapping[Leaf, Any]"
"""Row weights of leaves: exact numbers."""


class Size(NamedTuple):
    """Rows, auxiliary columns and entries of a part of a linear program."""

    rows: int
    auxiliary: int
    entries: int

    @staticmethod
    def sum(sizes: Iterable[Size]) -> Size:
        """Return the size of all together."""
        found = list(sizes)
        return Size(*(sum(column) for column in zip(*found, strict=True))) if found else Size(0, 0, 0)


@dataclass
class Slot:
    """Where the duals of a leaf's rows are: row numbers in the program, and the sign of each block.

    Attributes
    ----------
    blocks
        Rows of the program, and the sign with which the leaf's rows stand in them.
    fixed
        Whether the leaf is part of the cost, so that its weights are one more than what the duals say.
    """

    blocks: list[tuple[slice, float]] = field(default_factory=list)
    fixed: bool = False

    def weights(self, duals: NDArray[Any], count: int) -> NDArray[Any]:
        """Return the row weights of a leaf of `count` rows, from the duals of a program's rows (∂value/∂rhs)."""
        total = np.zeros(count, dtype=duals.dtype)
        for rows, sign in self.blocks:
            total = total - int(sign) * duals[rows]
        return total + 1 if self.fixed else total


@dataclass(frozen=True)
class Lowered:
    """A term as a row over q or None (`unit` makes it whole), plus signed auxiliary columns, and that row's leaves."""

    row: Any
    unit: int
    auxiliary: list[tuple[int, float]]
    leaves: list[Leaf]


class Builder(Protocol):
    """Collects the rows of a linear program over (q, auxiliary columns)."""

    slots: dict[Leaf, Slot]
    exact: bool
    exactly: bool
    surplus: range

    def columns(self, count: int) -> range:
        """Return the numbers of new auxiliary columns."""

    def total(self, rows: Rows) -> Any:
        """Return the sum of some rows as one row over q."""

    def norm(self, rows: Rows, extra: list[tuple[int, int, float]]) -> list[tuple[slice, float]]:
        """Append ± rows + extra ≤ 0 (+ only, where no entry is negative), and return where, with the signs."""

    def add(self, matrix: Any, unit: Any, extra: list[tuple[int, int, Any]], rhs: Any, equality: bool) -> slice:
        """Append rows that `unit` makes whole, one where the matrix is None."""

    def limit(self, term: Lowered, rhs: Any, extra: list[tuple[int, int, float]]) -> slice:
        """Append the row term + extra ≤ rhs, which prices the term's own leaves."""


class Term(abc.ABC):
    """A convex, positively homogeneous function of q."""

    # ------------------------------------------------------------- what it is

    @abc.abstractmethod
    def leaves(self) -> Iterator[Leaf]:
        """Yield the terms that carry rows, from left to right."""

    @property
    @abc.abstractmethod
    def is_linear(self) -> bool:
        """Whether it is linear in q, so that its negative is convex too."""

    @property
    @abc.abstractmethod
    def is_nonnegative(self) -> bool:
        """Whether it cannot be negative for q ≥ 0."""

    @abc.abstractmethod
    def ceiling(self) -> Fraction:
        """Return a number that no probability vector q exceeds; the maximum itself for a single leaf."""

    @abc.abstractmethod
    def floor(self) -> Fraction:
        """Return a number that no probability vector q falls below."""

    @abc.abstractmethod
    def scaled(self, factor: Fraction) -> Term:
        """Return the term times a number; negative only for linear terms."""

    @abc.abstractmethod
    def with_rows(self, change: Callable[[Rows], Rows]) -> Self:
        """Return the term with other rows in each leaf: those over some columns only, for example."""

    def given(self, rows: Rows, values: Floats) -> Self:
        """Return the term where the data are known: rows · q = values; only distances from data need them."""
        return self

    @abc.abstractmethod
    def value(self, q: Floats) -> float:
        """Return the value at q."""

    @abc.abstractmethod
    def expression(self, q: Any) -> Any:
        """Return the term as a CVXPY expression of the variable q."""

    @abc.abstractmethod
    def formula(self) -> str:
        """Return the term as text: labels are those of the rows with their scale."""

    @abc.abstractmethod
    def latex(self, most: int) -> str:
        """Return the term in LaTeX, of `most` rows or parts at most."""

    # ------------------------------------------------- linear programs and duals

    @abc.abstractmethod
    def lower(self, builder: Builder) -> Lowered:
        """Return the term over q and auxiliary columns; the builder's slots say how its weights come back."""

    @abc.abstractmethod
    def size(self) -> Size:
        """Return what it adds at most to a linear program, before its rows are copied."""

    @abc.abstractmethod
    def gauge(self, raw: Mapping[Leaf, Floats]) -> float:
        """Return the least weight for which the raw row weights would be feasible."""

    @abc.abstractmethod
    def clip(self, raw: Mapping[Leaf, Floats], weight: float, out: dict[Leaf, Floats]) -> None:
        """Write feasible row weights, near the raw ones, for `weight` times the term into `out`.

        All weights are whole numbers in float64 (a common denominator is the caller's), so that the
        constraints of the terms' table hold exactly.
        """

    # ------------------------------------------------------------- certificates

    @property
    def stated_factor(self) -> Fraction:
        """The factor outside of the statement."""
        return self.statement()[0]

    @abc.abstractmethod
    def statement(self) -> tuple[Fraction, dict[str, Any]]:
        """Return (factor, measure): what stands in a certificate: a factor times a measure that the verifier builds.

        Numbers are exact ones, which the writer of certificates turns into text.
        """

    @abc.abstractmethod
    def need(self, weights: Weights) -> tuple[Fraction, bool]:
        """Return the least share for which the weights are feasible, and whether it must be exactly that."""

    @abc.abstractmethod
    def stated_weights(self, share: Fraction, weights: Weights) -> Any:
        """Return row weights for `share` times the term, in the form of its statement."""


@dataclass(frozen=True, eq=False)
class Leaf(Term):
    """A term that carries rows.

    Attributes
    ----------
    rows
        Over q.
    generator
        How the verifier builds the rows from the graph: a measure of its language; None for one's own rows, which
        certificates write out.
    factor
        The rows are this times those that the generator makes.
    """

    rows: Rows
    generator: Mapping[str, Any] | None = None
    factor: Fraction = Fraction(1)

    def leaves(self) -> Iterator[Leaf]:
        yield self

    def scaled(self, factor: Fraction) -> Self:
        return replace(self, rows=self.rows.scaled(factor), factor=self.factor * factor)

    def with_rows(self, change: Callable[[Rows], Rows]) -> Self:
        return replace(self, rows=change(self.rows))

    @property
    def is_linear(self) -> bool:
        return False

    @property
    def is_nonnegative(self) -> bool:
        return True

    def floor(self) -> Fraction:
        return Fraction(0)

    def formula(self) -> str:
        labels = list(self.rows.labels[:4])
        rows = listed(labels, self.rows.height, "; " if any(", " in label for label in labels) else ", ", "rows")
        return f"{self._name}({rows})" if self.rows.nonnegative else f"{self._name} |{rows}|"

    @property
    @abc.abstractmethod
    def _name(self) -> str: ...

    @property
    @abc.abstractmethod
    def _groups(self) -> list[int]:
        """Sizes of the groups of rows: the measure is the largest sum of absolute values of a group; [] for a sum."""

    def _latex_rows(self, most: int) -> list[str]:
        labels = [text_latex(label) for label in self.rows.labels[:most]]
        return labels + ([r"\ldots"] if self.rows.height > most else [])

    def _norm_size(self, auxiliary: int) -> Size:
        signs = 1 if self.rows.nonnegative else 2
        height = self.rows.height
        return Size(signs * height, auxiliary, signs * (entries_of(self.rows) + height))

    @property
    def stated_factor(self) -> Fraction:
        return Fraction(1) if self.generator is None else self.factor

    def statement(self) -> tuple[Fraction, dict[str, Any]]:
        if self.generator is not None:
            return self.factor, dict(self.generator)
        rows = [self.rows.sparse(i) for i in range(len(self.rows))]
        return Fraction(1), {"kind": "rows", "rows": rows, "groups": self._groups}

    def stated_weights(self, share: Fraction, weights: Weights) -> Any:
        return [u * self.stated_factor for u in weights.get(self, [Fraction(0)] * len(self.rows))]


def listed(texts: list[str], count: int, separator: str, what: str) -> str:
    """Return up to four texts; of more, three and how many there are."""
    return separator.join(texts if count <= 4 else [*texts[:3], f"… {count} {what}"])


T = TypeVar("T", bound=Term)


def fresh(term: T) -> T:
    """Return a copy whose leaves are new objects, so that a term used twice is told apart."""
    copy = term.scaled(Fraction(1))
    assert isinstance(copy, type(term))
    return copy


def stated(term: Term) -> dict[str, Any]:
    """Return the statement of a term, its factor inside."""
    factor, measure = term.statement()
    return measure if factor == 1 else {"kind": "sum", "of": [[factor, measure]]}


def stated_weights(term: Term, share: Fraction, weights: Weights) -> Any:
    """Return row weights in the form of `stated`."""
    own = term.stated_weights(share, weights)
    return own if term.stated_factor == 1 else [own]
