"""Tables of whole numbers as people give them: numbers of trials, and rows of trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.reading.values import MOST_VALUES
from relaxbell.errors import CountsError
from relaxbell.exact.arrays import check_unmasked, complete_table

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


def whole_rows(rows: object, columns: Sequence[str]) -> NDArray[np.integer]:
    """Return rows of whole numbers in the smallest type that holds them: there may be millions.

    Examples
    --------
    >>> whole_rows([[0, 1], [2, 0]], ("A", "X")).dtype
    dtype('uint8')
    """
    expected = f"Expected whole numbers 0, 1, … with the columns {', '.join(columns)}."
    check_unmasked(rows, "the trials", CountsError)
    try:
        array = np.asarray(rows)
    except (TypeError, ValueError):
        raise CountsError(f"the trials are no rectangular table. {expected}") from None
    if array.ndim != 2 or array.shape[1] != len(columns):
        raise CountsError(f"the trials have shape {array.shape}, expected (trials, {len(columns)}). {expected}")
    if not len(array):
        raise CountsError(f"there are no trials. {expected}")
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array % 1 == 0).all() and abs(array).max() < 2**62:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise CountsError(
            f"the trials hold entries of type {array.dtype}. {expected} Labels, frames and missing values are read by "
            "Trials.from_rows."
        )
    if array.min() < 0 or array.max() >= MOST_VALUES * MOST_VALUES:
        row = int(np.argmax(((array < 0) | (array >= MOST_VALUES * MOST_VALUES)).any(axis=1)))
        raise CountsError(
            f"trial {row} is {array[row].tolist()}. {expected} Outcomes ±1 are read by Trials.from_rows, values=(1, "
            "-1)."
        )
    kind = np.min_scalar_type(int(array.max()))
    if array is rows and array.base is None and array.dtype == kind and not array.flags.writeable:
        return array  # made by a reader, for these trials: there may be 10^8 of them
    whole = np.array(array, dtype=kind)
    whole.setflags(write=False)
    return whole


def _reader(table: object) -> str:
    """Return what reads a thing that is no array."""
    if isinstance(table, Mapping):
        return " Dictionaries of settings are read by Counts.from_dict, those of columns by load_counts."
    if isinstance(table, str | PathLike):
        return " Files are read by load_counts."
    return " Trials with labels are counted by Counts.from_trials; frames are read by load_counts."
