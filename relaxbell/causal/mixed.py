"""Strategies of several structures, one after the other, and rows over them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.responses import LISTED, Cells, Node, Strategies
from relaxbell.errors import ModelTooLargeError, UnsupportedModelError
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

    def nodes_of(self, strategy: int) -> tuple[Node, ...]:
        """Return the responding nodes of the strategy's structure."""
        return tuple(self.parts[self.part(strategy)[0]].nodes)


def _each() -> UnsupportedModelError:
    return UnsupportedModelError(
        "a mixture of structures has no single table of response functions. Ask its structures: mixture.models."
    )


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


def constant_row(value: int, strategies: int) -> Rows:
    """Return a row that is the same for all strategies of a structure."""
    return Rows(sp.csr_array(np.full((1, strategies), float(value))), (str(value),))
