"""Labels of very many points, without an object for each: numbers 0 … n − 1, or the places of a grid."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

from relaxbell.errors import BehaviorError, RelaxbellError
from relaxbell.exact.texts import a_kind, plain_repr


class Grid(Sequence[Any]):
    """All combinations of the values of some parameters, the last one fastest.

    Parameters
    ----------
    axes
        Name → values; a single parameter has its values as labels, several have tuples.
    """

    def __init__(self, axes: Mapping[str, Sequence[Any]]) -> None:
        self.axes = {name: tuple(values) for name, values in axes.items()}
        self.shape = tuple(len(values) for values in self.axes.values())

    def __len__(self) -> int:
        return math.prod(self.shape)

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return tuple(self[k] for k in range(*place.indices(len(self))))
        k = range(len(self))[place]
        found = []
        for values in reversed(self.axes.values()):
            k, own = divmod(k, len(values))
            found.append(values[own])
        return tuple(reversed(found)) if len(found) > 1 else found[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grid) and list(self.axes.items()) == list(other.axes.items())

    def __hash__(self) -> int:
        return hash(tuple(self.axes.items()))


def read_labels(given: Any, shape: tuple[int, ...]) -> Sequence[Any]:
    """Return the labels of an array of points, of a shape without the axes of the tables.

    Raises
    ------
    BehaviorError
        If they do not fit.
    """
    if given is None:
        if len(shape) == 1:
            return range(shape[0])
        return Grid({f"axis {k}": range(size) for k, size in enumerate(shape)})
    if isinstance(given, Mapping):
        axes = {str(name): _values(values, str(name)) for name, values in given.items()}
        sizes = tuple(map(len, axes.values()))
        if sizes != shape:
            found = ", ".join(f"{name}: {len(values)}" for name, values in axes.items())
            raise BehaviorError(
                f"labels have the axes {found or '(none)'}, expected {len(shape)} with the sizes "
                f"{', '.join(map(str, shape))}: one for each axis of the array before the outputs, in their order."
            )
        for name, values in axes.items():
            _check_different(values, f"places of axis {name}", "values of each axis")
        return Grid(axes)
    if isinstance(given, str) or not hasattr(given, "__len__"):
        raise BehaviorError(
            f"labels is {a_kind(given)}, expected one label for each point, or a mapping from names of axes to values."
        )
    if len(shape) != 1:
        raise BehaviorError(
            f"labels is {a_kind(given)}, but the points form a grid of shape {shape}. Give a mapping from names of its "
            'axes to values, such as {"v": …, "θ": …}.'
        )
    labels = tuple(given.tolist() if isinstance(given, np.ndarray) else given)
    if len(labels) != shape[0]:
        raise BehaviorError(f"there are {len(labels)} labels for {shape[0]} points. Give one for each.")
    _check_different(labels, "points", "labels")
    return labels


def _check_different(labels: Sequence[Any], whose: str, what: str) -> None:
    try:
        counted = Counter(labels)
    except TypeError as error:
        raise BehaviorError(f"{what} cannot be told apart: {error}. Give numbers, texts or tuples.") from None
    if len(counted) < len(labels):
        twice = counted.most_common(1)[0][0]
        raise BehaviorError(f"two {whose} have the label {plain_repr(twice)}. Give different ones, or none.")


def _values(values: Any, name: str) -> tuple[Any, ...]:
    if isinstance(values, str) or not hasattr(values, "__len__"):
        raise BehaviorError(f"the labels of axis {name} are {a_kind(values)}, expected a list of values.")
    array = np.asarray(values)
    if array.ndim == 1 and array.dtype.kind in "biufU":
        return tuple(array.tolist())
    return tuple(values)


def laid_out(labels: Sequence[Any], names: Sequence[str] | None) -> tuple[Grid, slice | list[int]]:
    """Return the grid that points fill, and which point is at each of its places.

    Labels are tuples, or values of one parameter; those of each parameter are in the order in which they first occur.
    Where they do not fill a grid there is a single axis ``point``.

    Raises
    ------
    RelaxbellError
        If there are not as many names as parameters.
    """
    if isinstance(labels, Grid):
        if names is None:
            return labels, slice(None)
        return Grid(dict(zip(_checked(names, len(labels.axes)), labels.axes.values(), strict=True))), slice(None)
    numbers = Grid({"point": range(len(labels))}), slice(None)
    rows = [label if isinstance(label, tuple) else (label,) for label in labels]
    if not rows or len({len(row) for row in rows}) != 1:
        return numbers
    width = len(rows[0])
    own = ["point"] if width == 1 else [f"axis {k}" for k in range(width)]
    own = own if names is None else _checked(names, width)
    grid = Grid({name: tuple(dict.fromkeys(row[k] for row in rows)) for k, name in enumerate(own)})
    places = {row: i for i, row in enumerate(rows)}
    if len(grid) != len(rows) or len(places) != len(rows):
        return numbers
    return grid, [places[label if width > 1 else (label,)] for label in grid]


def _checked(names: Sequence[str], count: int) -> list[str]:
    if len(names) != count or len(set(names)) != count:
        raise RelaxbellError(
            f"there {'is' if count == 1 else 'are'} {count} parameter{'' if count == 1 else 's'}, found the names "
            f"{', '.join(names)}. Give one for each."
        )
    return list(names)
