"""Tables of numbers that people give: read whole or refused. No mask, imaginary part or named axis is lost."""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import to_floats
from relaxbell.exact.texts import a_kind

_REAL_KINDS = "biuf"

_COMPLEX = "a complex number"

_EXPECTED = "Expected a rectangular array of floats, Fractions, ints or sympy numbers."


def real_array(
    values: object, what: str, error: type[Exception], axes: Sequence[str] = (), *, any_object: bool = False
) -> NDArray[Any]:
    """Return a table of real numbers or sympy expressions as a plain array, or raise `error`.

    Refused are masked entries, complex numbers and ragged lists; text and other objects, unless `any_object` leaves
    them to the caller, as NaN and infinity are. Where the table names its axes (`axis_names`) they are brought into the
    order of `axes`.

    Examples
    --------
    >>> real_array([[1, 2], [3, 4]], "p", ValueError).shape
    (2, 2)
    >>> real_array(np.ma.array([1, 2], mask=[0, 1]), "p", ValueError)
    Traceback (most recent call last):
    ValueError: p has a masked entry at [1], expected a number in every place. Leave out ... table.filled(value).
    """
    if type(values) is np.ndarray and values.dtype.kind in _REAL_KINDS:
        return values
    complete = complete_table(values, what, error, axes)
    try:
        array = np.asarray(complete)
    except (TypeError, ValueError) as ragged:
        raise error(f"{what} is not a table of numbers: {ragged}. {_EXPECTED}") from None
    if array.dtype.kind == "c":
        raise error(f"{what} is not a table of numbers: complex numbers. {_EXPECTED}")
    if array.dtype.kind not in _REAL_KINDS and array.ndim:
        for index, value in np.ndenumerate(array):
            problem = _unreal(value)
            if problem and (problem == _COMPLEX or not any_object):
                raise error(f"{what} is not a table of numbers: {problem} at {list(index)}. {_EXPECTED}")
    return array


def float_array(values: object, what: str, error: type[Exception]) -> NDArray[np.float64]:
    """Return a table of real numbers, or one number, as float64, or raise `error` as `real_array` does.

    Examples
    --------
    >>> float_array([1, 0.5], "t", ValueError).tolist()
    [1.0, 0.5]
    """
    array = real_array(values, what, error)
    try:
        return to_floats(array)
    except (TypeError, ValueError, OverflowError):
        raise error(f"{what} is {a_kind(values)}, expected numbers. Give finite real ones.") from None


def complete_table(values: object, what: str, error: type[Exception], axes: Sequence[str] = ()) -> Any:
    """Return a table, of whatever entries, with named axes in the order of `axes`; raise `error` if one is masked."""
    check_unmasked(values, what, error)
    return _in_order(values, what, error, axes)


def check_unmasked(values: object, what: str, error: type[Exception]) -> None:
    """Raise `error` if an entry is masked: in a masked array, or in one inside nested lists.

    Masked arrays with nothing masked are complete, and pass.
    """
    for place, array in _masked_parts(values, ()):
        mask = np.asarray(array.mask)
        if mask.any():
            index = [*place, *(int(i) for i in np.argwhere(mask)[0])] if mask.shape == np.shape(array) else [*place]
            raise error(
                f"{what} has a masked entry{f' at {index}' if index else ''}, expected a number in every place. Leave "
                "out what was not measured, or fill it in: table.filled(value)."
            )


def _masked_parts(values: object, place: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Yield (position, array) of everything with a mask."""
    if isinstance(values, list | tuple):
        for i, value in enumerate(values):
            if not isinstance(value, float | int):
                yield from _masked_parts(value, (*place, i))
        return
    if isinstance(values, np.ndarray) and values.dtype.kind == "O" and not hasattr(values, "mask"):
        for index, value in np.ndenumerate(values):
            if isinstance(value, np.ndarray):
                yield from _masked_parts(value, (*place, *index))
        return
    compute = getattr(values, "compute", None)
    if callable(compute):  # Dask's arrays show their mask when computed
        values = compute()
    if hasattr(values, "__array__") and not isinstance(values, np.ndarray | np.generic):
        values = np.asanyarray(values)
    if isinstance(getattr(values, "mask", None), np.ndarray | np.bool_ | bool):  # pandas has a method of this name
        yield place, values


@runtime_checkable
class _Labeled(Protocol):
    """A table whose axes may have names, as those of xarray's DataArray."""

    dims: object
    shape: tuple[int, ...]


def axis_names(values: object) -> tuple[str, ...] | None:
    """Return the names of a table's axes where it has some, as xarray's DataArray does (`dims`); else None."""
    if not isinstance(values, _Labeled) or not isinstance(values.dims, tuple | list):
        return None
    return tuple(values.dims) if len(values.dims) == len(values.shape) else None


def _in_order(values: object, what: str, error: type[Exception], axes: Sequence[str]) -> Any:
    """Return a table with named axes in the order of `axes`; others as they are."""
    names = axis_names(values)
    if names is None or not axes or not isinstance(values, _Labeled):
        return values
    if sorted(map(str, names)) != sorted(axes):
        raise error(
            f"{what} names its axes {', '.join(map(str, names))}, expected {', '.join(axes)}, in any order. Rename "
            "them, or give the bare array (.values) with its axes in this order."
        )
    for name, size in zip(names, values.shape, strict=True):
        check_places(getattr(values, "coords", {}), name, size, what, error)
    return np.asarray(values).transpose([names.index(name) for name in axes])


def check_places(coordinates: Mapping[str, object], name: str, size: int, what: str, error: type[Exception]) -> None:
    """Raise `error` where an axis labels its places 0 … n − 1 in another order.

    Examples
    --------
    >>> check_places({"A": [0, 1]}, "A", 2, "p", ValueError)
    """
    labels = np.asarray(coordinates[name]) if name in coordinates else np.arange(size)
    if labels.dtype.kind in "iuf" and (np.sort(labels) == np.arange(size)).all() and (np.diff(labels) < 0).any():
        raise error(
            f"{what} labels the places of its axis {name} {labels.tolist()}, expected 0 … {size - 1} in order. "
            f"Sort it by this axis: table.sortby({str(name)!r})."
        )


def _unreal(value: object) -> str:
    """Return why an object is no real number or sympy expression; "" if it is one."""
    if isinstance(value, numbers.Real):
        return ""
    if isinstance(value, numbers.Complex) or getattr(value, "is_extended_real", None) is False:
        return _COMPLEX
    if hasattr(value, "free_symbols") or (hasattr(value, "__float__") and not isinstance(value, np.ndarray)):
        return ""
    return f"{a_kind(value)}"
