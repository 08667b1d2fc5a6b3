"""Tables of whole numbers of trials, as people give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import CountsError
from relaxbell.exact.arrays import complete_table

_PROBABILITIES = " Probabilities go to Behavior, correlators to Behavior.from_correlators."


def whole_table(table: object, axes: Sequence[str]) -> NDArray[np.int64]:
    """Return a table of counts, read-only, its named axes in the order given; raise CountsError if these are none.

    Examples
    --------
    >>> whole_table([[7, 2], [3, 8]], ("A", "X")).tolist()
    [[7, 2], [3, 8]]
    """
    remedy = "Expected whole numbers of trials."
    complete = complete_table(table, "the table", CountsError, axes)
    try:
        array = np.asarray(complete)
        if array.dtype.kind not in "iuf" and not all(
            isinstance(v, Real) and not isinstance(v, bool | np.bool_) for v in array.ravel().tolist()
        ):
            raise TypeError("an entry is not a real number")
        floats = array.astype(np.float64)
    except (TypeError, ValueError):
        raise CountsError(f"the table is not a rectangular array of numbers. {remedy}{_reader(table)}") from None
    except OverflowError:
        raise CountsError("a count is too large. Expected at most 2^62 trials in all.") from None
    if not array.size:
        raise CountsError(f"the table is empty. {remedy}")
    for what, bad in (
        ("not finite", ~np.isfinite(floats)),
        ("negative", floats < 0),
        ("fractional", np.where(np.isfinite(floats), floats, 0) % 1 != 0),
    ):
        if bad.any():
            index = tuple(int(i) for i in np.argwhere(bad)[0])
            raise CountsError(
                f"count {list(index)} is {floats[index]:g}, which is {what}. Expected a whole number ≥ 0."
                f"{_PROBABILITIES if what == 'fractional' else ''}"
            )
    total = sum(int(v) for v in array.ravel().tolist())
    if total > 2**62:
        raise CountsError(f"{total:.3g} trials are too many. Expected at most 2^62.")
    whole = np.array(array, dtype=np.int64)
    whole.setflags(write=False)
    return whole


def _reader(table: object) -> str:
    """Return what reads a thing that is no array."""
    if isinstance(table, Mapping):
        return " Dictionaries of settings are read by Counts.from_dict, those of columns by load_counts."
    if isinstance(table, str | PathLike):
        return " Files are read by load_counts."
    return " Trials with labels are counted by Counts.from_trials; frames are read by load_counts."
