"""Strategies of several structures, one after the other, and rows over them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.local import Entries, LocalModel
from relaxbell.causal.responses import LISTED, Cells, Strategies
from relaxbell.errors import ModelTooLargeError, UnsupportedModelError
from relaxbell.exact.local_rows import LocalRows, Piece, Tables
from relaxbell.exact.numbers import ExactNumber
from relaxbell.exact.rows import Rows
from relaxbell.exact.sparse import ExactMatrix


class MixedStrategies(Strategies):
    """The strategies of several structures, numbered through, one structure after the other.

    Parameters
    ----------
    parts
        Those of the structures.
    settings
        Number of settings of the free inputs, for the size check.
    """

    def __init__(self, parts: Sequence[Strategies | Cells], settings: int) -> None:
        super().__init__([node for part in parts for node in part.nodes], settings)
        self.parts = tuple(parts)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The first number of each structure, and the number of all."""
        return tuple(itertools.accumulate((part.count for part in self.parts), initial=0))

    @cached_property
    def count(self) -> int:
        """Number n of strategies, of any size."""
        return self.starts[-1]

    @cached_property
    def count_text(self) -> str:
        """The numbers of strategies as a sum."""
        parts = " + ".join(part.count_text for part in self.parts)
        return f"{self.count:,} = {parts}" if self.count < 2**60 else parts

    @cached_property
    def can_be_listed(self) -> bool:
        """Whether arrays of one entry for each strategy may be made."""
        fits = all(part.can_be_listed for part in self.parts if isinstance(part, Strategies))
        return fits and self.count * self.settings <= LISTED

    def check_listed(self) -> None:
        """Raise ModelTooLargeError where arrays of one entry for each strategy may not be made."""
        if not self.can_be_listed:
            raise ModelTooLargeError(
                f"the mixture has {self.count_text} strategies, and {self.settings:,} settings of its free inputs: "
                f"more than {LISTED:,} entries of T, which lists them. Reduce the number of settings, outcomes or "
                "edges, or mix fewer structures."
            )

    def part(self, strategy: int) -> tuple[int, int]:
        """Return the structure of a strategy, and its number there."""
        k = next(k for k in range(len(self.parts)) if strategy < self.starts[k + 1])
        return k, int(strategy) - self.starts[k]

    def evaluate(self, forced: Mapping[str, int]) -> dict[str, NDArray[np.intp] | int]:
        """Raise UnsupportedModelError: each structure has nodes of its own."""
        raise _each()

    def response(self, name: str, configuration: Mapping[str, int]) -> NDArray[np.intp]:
        """Raise UnsupportedModelError: each structure has nodes of its own."""
        raise _each()

    def digits(self, strategy: int) -> dict[str, int]:
        """Return the number of the response function of each node of the strategy's structure."""
        k, number = self.part(strategy)
        own = self.parts[k]
        return own.digits(number) if isinstance(own, Strategies) else {}


def _each() -> UnsupportedModelError:
    return UnsupportedModelError(
        "a mixture of structures has no single table of response functions. Ask its structures: mixture.models."
    )


@dataclass(frozen=True)
class MixedLocal(LocalModel):
    """The variables behind the strategies of several structures: which structure holds, then those of each.

    Those of the structures that do not hold mean nothing, and are 0 in the numbered strategies. A remainder of any
    behavior has one variable, the cell.

    Attributes
    ----------
    parts
        Of the structures.
    starts
        The first number of the strategies of each, and the number of all.
    """

    parts: tuple[LocalModel | Cells, ...] = ()
    starts: tuple[int, ...] = (0,)

    @property
    def count(self) -> int:
        """Number of strategies."""
        return self.starts[-1]

    @cached_property
    def domains(self) -> tuple[int, ...]:
        """Number of values of each variable."""
        return (len(self.parts), *(size for own in self.parts for size in _domains(own)))

    @cached_property
    def first(self) -> tuple[int, ...]:
        """The first variable of each structure, and the number of all."""
        return tuple(itertools.accumulate((len(_domains(own)) for own in self.parts), initial=1))

    def variable(self, name: str, values: Mapping[str, int]) -> int:
        """Raise UnsupportedModelError: each structure has variables of its own."""
        raise _each()

    def pieces(self, forced: Mapping[str, int], wanted: Collection[str], entries: Entries) -> Iterator[Piece]:
        """Raise UnsupportedModelError: each structure has variables of its own."""
        raise _each()

    def rows(self, pieces: Iterable[Piece], labels: Sequence[str], scale: Fraction = Fraction(1)) -> LocalRows:
        """Return the rows over q that are sums of some tables."""
        return LocalRows.summed(self.domains, pieces, labels, scale, check=self.check, numbering=self)

    def lifted(self, k: int, tables: Tables, factor: int = 1) -> Tables:
        """Return tables of one structure, times a whole number, as ones that say nothing where another holds."""
        count, shape = len(tables.scopes), tables.rows.shape[1:]
        scopes = np.zeros((count, len(shape) + 1), dtype=np.intp)
        scopes[:, 1:] = tables.scopes + self.first[k]
        rows = np.zeros((count, len(self.parts), *shape), dtype=np.intp)
        values = np.zeros((count, len(self.parts), *shape), dtype=np.int64)
        rows[:, k], values[:, k] = tables.rows, tables.values * factor
        return Tables(scopes, rows, values)

    # ------------------------------------------------------------------- strategies

    def digits(self, strategy: int) -> list[int]:
        """Return the value of each variable in a strategy of this number."""
        k = next(k for k in range(len(self.parts)) if strategy < self.starts[k + 1])
        own, number = self.parts[k], int(strategy) - self.starts[k]
        found = [k, *[0] * (len(self.domains) - 1)]
        found[self.first[k] : self.first[k + 1]] = own.digits(number) if isinstance(own, LocalModel) else [number]
        return found

    def numbers(self, assignments: NDArray[np.int64]) -> list[int]:
        """Return the numbers of strategies, of any size, from the values of all variables, one row for each."""
        found = [0] * len(assignments)
        for k, own in enumerate(self.parts):
            where = np.flatnonzero(assignments[:, 0] == k)
            values = assignments[where, self.first[k] : self.first[k + 1]]
            numbers = own.numbers(values) if isinstance(own, LocalModel) else values[:, 0].tolist()
            for i, number in zip(where.tolist(), numbers, strict=True):
                found[i] = self.starts[k] + number
        return found


def _domains(own: LocalModel | Cells) -> tuple[int, ...]:
    return own.domains if isinstance(own, LocalModel) else (own.count,)


def mixed_rows(local: MixedLocal, rows: Sequence[Rows], labels: Sequence[str] = ()) -> Rows:
    """Return rows over the strategies of all structures from those over each: as many rows, in the same order."""
    labels = tuple(labels) or tuple(rows[0].labels)
    known = [own for own in rows if isinstance(own, LocalRows)]
    if len(known) < len(rows):
        return side_by_side(rows, labels)
    unit = Fraction(1, math.lcm(*(own.scale.denominator for own in known)))
    parts = [local.lifted(k, tables, int(own.scale / unit)) for k, own in enumerate(known) for tables in own.parts]
    return LocalRows(local.domains, parts, labels, unit, check=local.check, numbering=local)


def side_by_side(rows: Sequence[Rows], labels: Sequence[str] = ()) -> Rows:
    """Return rows over the strategies of all structures from those over each: as many rows, in the same order."""
    labels = tuple(labels) or tuple(rows[0].labels)
    if all(own.integral for own in rows):
        unit = Fraction(1, math.lcm(*(own.scale.denominator for own in rows)))
        blocks = [own.matrix * float(own.scale / unit) for own in rows]
        matrix = sp.csr_array(sp.hstack(blocks, format="csr"))
        matrix.eliminate_zeros()
        found = Rows(matrix, labels, unit)
        if found.integral:
            return found
    exact = [own.exact for own in rows]
    if any(own is None for own in exact):
        raise UnsupportedModelError("these rows are not known exactly, so they are not mixed.")
    merged: list[dict[int, ExactNumber]] = [{} for _ in labels]
    start = 0
    for own in exact:
        assert own is not None
        for target, source in zip(merged, own.rows, strict=True):
            target.update({start + j: v for j, v in source.items()})
        start += own.width
    return Rows.of(ExactMatrix(tuple(merged), start), labels)


def constant_row(value: int, own: LocalModel | Cells) -> LocalRows:
    """Return a row that is the same for all strategies of a structure."""
    return LocalRows.summed(_domains(own), [((), 0, value)] if value else [], (str(value),))
