"""What `load_counts` is given: a path of any kind of file, or a frame; which layout it has is seen from its header."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.reading.dictionary import check_missing, fill_table
from relaxbell.behavior.reading.found import Found
from relaxbell.behavior.reading.frames import Frame
from relaxbell.behavior.reading.keys import Order
from relaxbell.behavior.reading.roles import Columns, check_names, has_output
from relaxbell.behavior.reading.rows import Rows, encode
from relaxbell.behavior.reading.sequences import read_trials
from relaxbell.behavior.reading.tables import grid_of, is_wide, read_tidy, read_wide
from relaxbell.behavior.reading.text import Grid, read_grid
from relaxbell.behavior.reading.trials_file import read_header, read_trials_file
from relaxbell.behavior.reading.values import Values
from relaxbell.errors import CountsError
from relaxbell.exact.texts import counted

_SMALL = 64
"""Rows of an array of two columns that may as well be a table of counts of one party."""


@dataclass(frozen=True)
class Layout:
    """How data are to be read.

    Parameters
    ----------
    outputs, inputs, count
        Names of variables, or of their columns, and of the column of counts.
    values, missing, order, cardinality, empty_settings
        As for `Counts.from_dict` and `Counts.from_trials`.
    """

    outputs: Columns = None
    inputs: Columns = None
    count: str = "count"
    values: Values = None
    missing: object = None
    order: Order = None
    cardinality: Mapping[str, int] | None = None
    empty_settings: bool = False


def read_table(grid: Grid, layout: Layout) -> Found:
    """Return the counts of a tidy or a wide table."""
    missing = layout.missing
    if missing is not None and (isinstance(missing, bool) or not isinstance(missing, int)):
        raise CountsError(
            f"{grid.what}: missing= is {missing!r}, expected 0 for a table of counts: cells that are not there were "
            "not seen. What stands for missing outcomes is said of trials."
        )
    check_missing(missing)
    told = layout.order is not None or layout.values is not None
    if is_wide(grid.header, layout.outputs, layout.count, told=told):
        cells = read_wide(grid, layout.outputs, layout.inputs, layout.order, missing)
        cells.notes.insert(0, "read from a wide table, one row for each setting")
    else:
        cells = read_tidy(grid, layout.outputs, layout.inputs, layout.count, missing)
    return fill_table(
        cells, layout.values, missing, layout.cardinality, grid.what, empty_settings=layout.empty_settings
    )


def read_frame(frame: Frame, source: object, layout: Layout) -> Found:
    """Return the counts of a frame: a tidy or wide table, or trials."""
    if _is_trials(frame.header, layout):
        return count_trials(read_trials(source, layout.outputs, layout.inputs), layout)
    return read_table(grid_of(frame), layout)


def read_path(path: Path, layout: Layout) -> Found:
    """Return the counts of a file: a tidy or wide table, or trials."""
    if path.suffix.lower() == ".npy":
        return _read_npy(path, layout)
    header, _, _ = read_header(path)
    if _is_trials(header, layout):
        return count_trials(read_trials_file(path, layout.outputs, layout.inputs), layout)
    check_names(path.name, header, "x,y,a,b")
    return read_table(read_grid(path), layout)


def _is_trials(header: Sequence[Hashable], layout: Layout) -> bool:
    titles = [str(label).strip().lower() for label in header]
    return layout.count == "count" and layout.count not in titles and has_output(header, layout.outputs)


def count_trials(rows: Rows, layout: Layout) -> Found:
    """Return how often each outcome was seen for each setting."""
    found = encode(rows, layout.values, layout.missing, layout.cardinality).counts()
    total = counted(int(rows.weights.sum()), "trial")
    return replace(found, notes=(f"counted from {total}, one row each", *found.notes))


def _read_npy(path: Path, layout: Layout) -> Found:
    array = _open_npy(path)
    named = [part for part in (layout.outputs, layout.inputs) if part is not None]
    if array.ndim != 2 and array.dtype.names is None:
        raise CountsError(
            f"{path.name} holds an array of shape {array.shape}, expected trials: one row each, with a column for "
            "each variable. A table of counts goes to Counts(numpy.load(path))."
        )
    if array.ndim == 2 and array.shape[1] == 2 and array.shape[0] < _SMALL and named:
        raise CountsError(
            f"{path.name} holds an array of shape {array.shape}, which may be trials or a table of counts. Say which: "
            "Counts.from_trials(numpy.load(path)) or Counts(numpy.load(path))."
        )
    return count_trials(read_trials(array, layout.outputs, layout.inputs, f"the trials of {path.name}"), layout)


def _open_npy(path: Path) -> NDArray[np.generic]:
    """Return a numpy array that stays in its file."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise CountsError(
            f"cannot read {path.name[:80]!r}: {error}. Give a file of numpy.save, with numbers only."
        ) from None
    return found


def npy_rows(path: Path, outputs: Columns, inputs: Columns) -> Rows:
    """Return the trials of a numpy array in a file."""
    return read_trials(_open_npy(path), outputs, inputs, f"the trials of {path.name}")
