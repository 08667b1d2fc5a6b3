"""Frames of any kind, by what they have in common: names of columns, and columns that numpy can take.

No package is needed for that, neither the one the frame is of nor one that adapts frames to each other: pandas, polars,
pyarrow, dictionaries of columns and numpy's structured arrays all give ``frame[name]`` to ``numpy.asarray``. The
interchange protocol ``__dataframe__`` leaves pandas and polars, and its buffers need a package to be read. What
offers an Arrow stream and no such columns, as DuckDB's relations do, goes through pyarrow where it is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import CountsError
from relaxbell.exact.texts import a_kind, one_line


@dataclass(frozen=True)
class Frame:
    """Columns by place.

    Parameters
    ----------
    what
        The kind of frame, in words.
    header
        Names of the columns.
    column
        The k-th column, as a numpy array of one axis.
    """

    what: str
    header: tuple[Hashable, ...]
    column: Callable[[int], NDArray[np.generic]]

    def rows(self) -> Iterable[tuple[object, ...]]:
        """Return the rows as Python values."""
        return zip(*(self.column(k).tolist() for k in range(len(self.header))), strict=True)


def as_frame(source: object) -> Frame | None:
    """Return a frame as one; None if it is none.

    Examples
    --------
    >>> frame = as_frame({"x": [0, 1], "a": [1, 1]})
    >>> frame.header, frame.column(0).tolist()
    (('x', 'a'), [0, 1])
    """
    what = f"the {type(source).__name__}"
    if isinstance(source, Mapping):
        parts = dict(source)
        return _checked(what, tuple(parts), list(parts.values()))
    if isinstance(source, np.ndarray):
        names = source.dtype.names
        return None if names is None else _checked(what, names, [source[name] for name in names])
    if isinstance(source, str | bytes | list | tuple):
        return None
    if getattr(source, "ndim", 2) == 1:
        return None  # a single column
    if hasattr(source, "collect") and hasattr(source, "collect_schema"):
        source = source.collect()  # a lazy frame of polars
    index = getattr(source, "index", None)
    if hasattr(source, "reset_index") and any(name is not None for name in getattr(index, "names", ())):
        source = _with_index(source.reset_index, what)
    names = getattr(source, "column_names", None)
    if isinstance(names, Sequence) and hasattr(source, "column"):
        return _checked(what, tuple(names), [source.column(k) for k in range(len(names))])
    if hasattr(source, "columns") and hasattr(source, "__getitem__"):
        labels = list(source.columns)
        if all(hasattr(source[label], "__array__") for label in labels):
            return _checked(what, tuple(map(_plain, labels)), [source[label] for label in labels])
    return _adapted(source, what)


def _adapted(source: object, what: str) -> Frame | None:
    """Return a frame that offers an Arrow stream, if pyarrow is installed."""
    if not hasattr(source, "__arrow_c_stream__"):
        return None
    try:
        import pyarrow
    except ImportError:
        raise CountsError(
            f"{what} offers its columns as an Arrow stream, which needs pyarrow, and it is not installed. Install it, "
            "or give a frame of pandas or polars, or a dictionary of columns."
        ) from None
    try:
        table = pyarrow.table(source)
    except (TypeError, ValueError) as error:
        raise CountsError(f"{what} is no frame: {one_line(error)}. Give one with a name for each column.") from None
    names = tuple(table.column_names)
    return _checked(what, names, [table.column(k) for k in range(len(names))])


def _with_index(reset: Callable[[], object], what: str) -> object:
    """Return a frame of pandas whose index has names, with the levels of the index as columns, which they are."""
    try:
        return reset()
    except ValueError as error:
        raise CountsError(f"{what}: an index is called like a column ({error}). Rename one of them.") from None


def _plain(label: object) -> Hashable:
    """Return a name of a column: of several levels, as in a pivot table, those that are not empty."""
    if isinstance(label, np.generic):
        label = label.item()
    if isinstance(label, tuple):
        parts = tuple(part for part in label if part != "")
        return parts[0] if len(parts) == 1 else parts
    return label if isinstance(label, Hashable) else str(label)


def _checked(what: str, header: tuple[Hashable, ...], columns: Sequence[object]) -> Frame:
    lengths = []
    arrays: dict[int, NDArray[np.generic]] = {}

    def column(k: int) -> NDArray[np.generic]:
        if k not in arrays:
            arrays[k] = as_column(columns[k], f"{what}, column {header[k]}")
        return arrays[k]

    for part, label in zip(columns, header, strict=True):
        if isinstance(part, Mapping):
            raise CountsError(
                f"{what}: {label!r} holds {a_kind(part)}, expected a column of values. Dictionaries of settings are "
                "read by Counts.from_dict."
            )
        if not isinstance(part, Sized) or isinstance(part, str):
            raise CountsError(
                f"{what}: {label!r} holds {a_kind(part)}, expected a column of values. Give each column a list or an "
                "array; counts by outcome are read by Counts.from_dict."
            )
        lengths.append(len(part))
    if len(set(lengths)) > 1:
        raise CountsError(
            f"{what} has columns of {min(lengths):,} and of {max(lengths):,} values, expected equally many. Correct it."
        )
    return Frame(what, header, column)


def as_column(values: object, what: str) -> NDArray[np.generic]:
    """Return values as an array of one axis, masked ones as None.

    Examples
    --------
    >>> as_column([1, None], "mine").tolist()
    [1, None]
    """
    if isinstance(values, np.ma.MaskedArray):
        plain = values.astype(object)
        plain[np.ma.getmaskarray(values)] = None
        values = np.asarray(plain.data)
    if isinstance(values, list | tuple):
        values = [None if value is np.ma.masked else value for value in values]
    try:
        array = np.asarray(values)
        if array.dtype.kind in "US" and isinstance(values, list | tuple):
            array = np.array(values, dtype=object)  # numpy writes [1, None, "a"] as three strings
    except (TypeError, ValueError):
        raise CountsError(f"{what} is no column of values, expected one value in each row. Correct it.") from None
    if array.ndim != 1:
        raise CountsError(f"{what} has {array.ndim} axes, expected a column of values. Correct it.")
    if array.dtype.kind in "mMcV":
        raise CountsError(
            f"{what} holds entries of type {array.dtype}, expected settings or outcomes. Name the columns to be read "
            "with outputs= and inputs=."
        )
    return array
