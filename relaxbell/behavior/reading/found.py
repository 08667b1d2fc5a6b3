"""What every reader of counts returns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.reading.values import MOST_VALUES
from relaxbell.errors import CountsError


@dataclass(frozen=True)
class Found:
    """A table of counts, its variables, and what was done."""

    table: NDArray[np.int64]
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    notes: tuple[str, ...]
    empty_settings: bool


def check_cells(shape: Sequence[int], trials: int, *, what: str = "", remedy: str = "") -> None:
    """Raise CountsError if a table of counts has more cells than trials could ever fill.

    Examples
    --------
    >>> check_cells((2, 2, 2, 2), 1)
    """
    cells = math.prod(shape)
    if cells > max(MOST_VALUES, 64 * trials):
        raise CountsError(
            f"{what}{cells:,} combinations of values for {trials:,} trials, expected a table of counts. Number values "
            f"0, 1, … without gaps{remedy}."
        )
