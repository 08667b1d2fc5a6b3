"""`AnyBehavior`: a structure that allows any behavior, by slack cells in place of strategies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.responses import Cells

ANY = "any"
"""How it is asked for."""


@dataclass(frozen=True)
class AnyBehavior:
    """Trials of which nothing is known: p(outputs|inputs) may be anything then.

    It has no strategies (there are very many functions from all inputs to all outputs) but one column for each cell of
    p, that counts N times, N being the number of settings of the free inputs: with weight w and the behavior r the
    column of a cell has the weight w·r(cell)/N, so that all together weigh w, and T q is w·r. That the probabilities of
    each setting sum to the same follows from what is observed, which is normalized.

    Attributes
    ----------
    outputs, inputs
        Names.
    shape
        Their numbers of values.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.mixture([rb.bell(), "any"]).structures[1].columns.count
    16
    """

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    shape: tuple[int, ...]

    @property
    def name(self) -> str:
        """What it is called."""
        return "any behavior"

    @cached_property
    def columns(self) -> Cells:
        """Its columns, as part of the strategies of a mixture."""
        return Cells(self.outputs + self.inputs, self.shape)

    def cells(self, settings: int) -> NDArray[np.int32]:
        """Return the cells that its columns fill, each as often as there are settings of the free inputs.

        Parameters
        ----------
        settings
            Number of settings of the free inputs.

        Returns
        -------
        numpy.ndarray
            Flat, column by column.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.mixture([rb.bell(), "any"]).structures[1].cells(4)[:5]
        array([0, 0, 0, 0, 1], dtype=int32)
        """
        return np.repeat(np.arange(math.prod(self.shape), dtype=np.int32), settings)


__all__: Sequence[str] = ["ANY", "AnyBehavior"]
