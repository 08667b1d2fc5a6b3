"""Behaviors in frames: long, a row for each probability, or wide, a row for each point. pandas, polars, and alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import BehaviorError
from relaxbell.exact.texts import plain_repr
from relaxbell.sweeps.labels import Grid, read_labels

VALUES = ("p", "probability", "value")
"""Names of the column of a long frame that has the probabilities."""


def is_frame(observed: object) -> bool:
    """Return whether it is a frame of columns, by what it can do."""
    return all(hasattr(observed, name) for name in ("columns", "to_numpy", "__getitem__"))


def read_frame(frame: Any, names: Sequence[str], shape: tuple[int, ...]) -> tuple[NDArray[Any], Sequence[Any]]:
    """Return the tables of a frame, (points …, *shape), and the labels of the points.

    Parameters
    ----------
    frame
        Long: a column for each variable, one called p, probability or value, the others are parameters. Wide: columns
        whose levels are the variables, the index is the parameters.
    names, shape
        The variables and their numbers of values.

    Raises
    ------
    BehaviorError
        If columns are missing, a value is out of range, or a probability is given twice.
    """
    levels = [str(name) for name in getattr(frame.columns, "names", [])]
    if len(names) > 1 and set(levels) == set(names):
        return _wide(frame, names, shape, levels)
    return _long(frame, names, shape)


def _wide(frame: Any, names: Sequence[str], shape: tuple[int, ...], levels: list[str]) -> tuple[NDArray[Any], Any]:
    cells = np.array([[column[levels.index(n)] for n in names] for column in frame.columns])
    places = _places({n: cells[:, k] for k, n in enumerate(names)}, names, shape)
    _check_once(places, names, shape, lambda k: f"column {plain_repr(frame.columns[k])}")
    values = np.asarray(frame.to_numpy())
    array = _empty(values, len(values), math.prod(shape))
    array[:, places] = values
    index = frame.index
    axes = [str(n) if n is not None else f"axis {k}" for k, n in enumerate(index.names)]
    if len(axes) == 1:
        labels: Sequence[Any] = read_labels({axes[0]: index.to_numpy()}, (len(values),))
    else:
        own = {n: np.asarray(index.get_level_values(k)) for k, n in enumerate(axes)}
        order, labels = _ordered(own)
        array = array[order]
    return array.reshape(-1, *shape), labels


def _long(frame: Any, names: Sequence[str], shape: tuple[int, ...]) -> tuple[NDArray[Any], Sequence[Any]]:
    columns = [str(name) for name in frame.columns]
    missing = [n for n in names if n not in columns]
    called = [n for n in columns if n in VALUES and n not in names]
    if missing or len(called) != 1:
        raise BehaviorError(
            f"the frame has the columns {', '.join(columns)}, expected one for each of {', '.join(names)}, one called "
            f"{', '.join(VALUES[:-1])} or {VALUES[-1]}, and those of the parameters. Rename them, or say outputs= and "
            "inputs=."
        )
    parameters = [n for n in columns if n not in names and n not in called]
    if not parameters:
        raise BehaviorError(
            "the frame has no column of a parameter, such as v, that tells the points apart. Use minimize for a single "
            "behavior."
        )
    places = _places({n: _column(frame, n) for n in names}, names, shape)
    values = _column(frame, called[0])
    codes = {n: np.unique(_column(frame, n), return_inverse=True) for n in parameters}
    sizes = [len(found) for found, _ in codes.values()]
    together = np.ravel_multi_index([own for _, own in codes.values()], sizes)
    points, first, number = np.unique(together, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")  # points in the order in which they first occur
    grid = len(points) == math.prod(sizes)
    if not grid:
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        number = rank[number]
    count = math.prod(shape)
    flat = number * count + places
    times = np.bincount(flat, minlength=len(points) * count)
    if times.max(initial=0) > 1:
        row = int(np.flatnonzero(times[flat] > 1)[1])
        raise BehaviorError(f"row {row} of the frame gives a probability for the second time. Leave one of them out.")
    array = _empty(values, len(points), count)
    array.reshape(-1)[flat] = values
    if grid:
        return array.reshape(-1, *shape), Grid({n: tuple(found.tolist()) for n, (found, _) in codes.items()})
    chosen = first[order]
    columns_of = [_column(frame, n)[chosen].tolist() for n in parameters]
    labels = tuple(zip(*columns_of, strict=True)) if len(parameters) > 1 else tuple(columns_of[0])
    return array.reshape(-1, *shape), labels


def _column(frame: Any, name: str) -> NDArray[Any]:
    column = frame[name]
    found = np.asarray(column.to_numpy() if hasattr(column, "to_numpy") else column)
    if found.dtype == object and all(isinstance(v, int | np.integer) for v in found.tolist()):
        return found.astype(np.int64)  # columns that may have missing values, and have none
    return found


def _empty(values: NDArray[Any], points: int, cells: int) -> NDArray[Any]:
    """Return a table of NaN, for what the frame does not say."""
    kind = values.dtype if values.dtype.kind in "fO" else np.dtype(np.float64)
    return np.full((points, cells), np.nan, dtype=kind)


def _places(values: Mapping[str, NDArray[Any]], names: Sequence[str], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the cell of the table that each row says."""
    for name, size in zip(names, shape, strict=True):
        own = values[name]
        whole = own.dtype.kind in "biu" or (own.dtype.kind == "f" and (own == np.rint(own)).all())
        if not whole or (len(own) and not (own.min() >= 0 and own.max() < size)):
            wrong = next((v for v in own.tolist() if v not in range(size)), None)
            raise BehaviorError(
                f"column {name} has the value {plain_repr(wrong)}, expected whole numbers 0 … {size - 1}. Number its "
                "values."
            )
    places = [np.asarray(values[name]).astype(np.intp) for name in names]
    return np.ravel_multi_index(places, shape) if len(places[0]) else np.empty(0, dtype=np.intp)


def _check_once(places: NDArray[np.intp], names: Sequence[str], shape: tuple[int, ...], called: Any) -> None:
    times = np.bincount(places, minlength=math.prod(shape))
    if times.max(initial=0) > 1:
        k = int(np.flatnonzero(times[places] > 1)[1])
        raise BehaviorError(f"{called(k)} gives a probability for the second time. Leave one of them out.")


def _ordered(labels: Mapping[str, NDArray[Any]]) -> tuple[Any, Sequence[Any]]:
    """Return the order of rows that fills a grid, and the grid; as they are, with tuples, where there is none."""
    codes = {n: np.unique(own, return_inverse=True) for n, own in labels.items()}
    sizes = [len(found) for found, _ in codes.values()]
    together = np.ravel_multi_index([own for _, own in codes.values()], sizes)
    if len(np.unique(together)) == len(together) and len(together) == math.prod(sizes):
        return np.argsort(together), Grid({n: tuple(found.tolist()) for n, (found, _) in codes.items()})
    rows = tuple(zip(*(own.tolist() for own in labels.values()), strict=True))
    return slice(None), read_labels(rows, (len(rows),))
