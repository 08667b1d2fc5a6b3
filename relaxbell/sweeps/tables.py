"""Behaviors as they come in arrays and frames: read by blocks, no object for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.names import read_variables
from relaxbell.behavior.observed import Observed
from relaxbell.behavior.table import SINGLE_TOLERANCE, TOLERANCE
from relaxbell.causal.model import CausalModel
from relaxbell.errors import BehaviorError
from relaxbell.exact.arrays import axis_names, check_places
from relaxbell.exact.texts import a_kind
from relaxbell.sweeps.frames import is_frame, read_frame
from relaxbell.sweeps.labels import read_labels

_KINDS = "biuf"

_STRETCH = 2**14
"""Tables that are read at once."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Tables p(outputs|inputs) of many points.

    Attributes
    ----------
    outputs, inputs
        Names of the axes of each.
    shape
        Of each.
    labels
        Of the points.
    block
        From first and last + 1 to these tables, (points, *shape).
    tolerance
        How far they may miss 0, normalization and equalities; 0 for whole numbers.
    exact
        Whether entries are exact numbers, such as Fractions: then they are read as behaviors, one by one.
    misfits
        Points that are no table of this shape, with the reason; their entries are NaN.
    """

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    labels: Sequence[Any]
    block: Callable[[int, int], NDArray[Any]]
    tolerance: float
    exact: bool
    misfits: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, numbers: NDArray[np.intp]) -> NDArray[Any]:
        """Return the tables with these numbers, in their order; each stretch of the array is read once."""
        found = np.empty((len(numbers), *self.shape), dtype=self.block(0, 1).dtype)
        order = np.argsort(numbers, kind="stable")
        for start in range(0, len(self), _STRETCH):
            low, high = np.searchsorted(numbers[order], [start, start + _STRETCH])
            if low < high:
                own = order[low:high]
                found[own] = self.block(start, min(start + _STRETCH, len(self)))[numbers[own] - start]
        return found

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of all axes."""
        return self.outputs + self.inputs


def is_array(observed: object) -> bool:
    """Return whether points come as an array or a frame, or as a sequence or mapping of arrays."""
    if hasattr(observed, "data_vars"):
        raise BehaviorError(
            "the points are a Dataset of several arrays, expected one array. Choose the variable that has the "
            'probabilities, such as dataset["p"].'
        )
    if isinstance(observed, np.ndarray):
        return observed.ndim != 1 or observed.dtype != object or _are_arrays(observed)
    if isinstance(observed, Mapping):
        return not is_frame(observed) and len(observed) > 0 and _are_arrays(observed.values())
    if axis_names(observed) is not None or is_frame(observed) or _is_lazy(observed):
        return True
    return isinstance(observed, list | tuple) and _are_arrays(observed)


def _is_lazy(observed: object) -> bool:
    """Return whether it is an array of another library: it has a shape, a type of entries, and places."""
    if isinstance(observed, Behavior | Observed):
        return False
    if not all(hasattr(observed, name) for name in ("shape", "dtype", "ndim", "__getitem__")):
        return False
    return bool(getattr(observed, "dtype", "O") != "O")  # a column of behaviors is a sequence of them


def _are_arrays(points: Iterable[Any]) -> bool:
    own = list(points)
    return any(isinstance(p, np.ndarray | list) for p in own) and not any(
        isinstance(p, Behavior | Observed) for p in own
    )


def read_tables(observed: Any, outputs: Any, inputs: Any, labels: Any, model: CausalModel) -> Tables:
    """Return the tables of an array (points …, outputs …, inputs …), of one with named axes, or of a frame.

    Parameters
    ----------
    observed
        The array or frame.
    outputs, inputs
        Names of the variables in their order; None for the model's.
    labels
        Of the points; None for their own, or numbers.
    model
        Says names and cardinalities where the array does not.

    Raises
    ------
    BehaviorError
        If axes do not fit.
    """
    outs, ins = read_variables(
        model.outputs if outputs is None else outputs, model.inputs if inputs is None else inputs, BehaviorError
    )
    names = outs + ins
    unknown = [n for n in names if n not in model.cardinality]
    shape = tuple(0 if n in unknown else model.cardinality[n] for n in names)
    if is_frame(observed):
        _check_own_labels(labels, "a frame")
        array, found = read_frame(observed, names, shape)
        return _tables(outs, ins, array, found, {})
    named = axis_names(observed)
    if named is not None:
        _check_own_labels(labels, "an array with named axes")
        array, found = _named(observed, tuple(map(str, named)), names)
        return _tables(outs, ins, array, found, {})
    if isinstance(observed, Mapping):
        _check_own_labels(labels, "a mapping")
        array, misfits = _stacked(list(observed.values()), shape)
        return _tables(outs, ins, array, tuple(observed), misfits)
    listed = isinstance(observed, np.ndarray) and observed.dtype == object and observed.ndim == 1
    if listed or isinstance(observed, list | tuple):
        array, misfits = _stacked(list(observed), shape)
        return _tables(outs, ins, array, read_labels(labels, (len(array),)), misfits)
    points = observed.ndim - len(names)
    if points < 1:
        remedy = "Use minimize for a single one." if points == 0 else "Name the axes with outputs= and inputs=."
        raise BehaviorError(
            f"the array has {observed.ndim} axes (shape {tuple(observed.shape)}), expected the points first, then "
            f"{len(names)}: {', '.join(names)}. {remedy}"
        )
    return _tables(outs, ins, observed, read_labels(labels, tuple(observed.shape[:points])), {})


def _check_own_labels(labels: Any, what: str) -> None:
    if labels is not None:
        raise BehaviorError(f"labels are given for {what}, which has its own. Leave them out.")


def _tables(
    outputs: tuple[str, ...], inputs: tuple[str, ...], array: Any, labels: Sequence[Any], misfits: Mapping[int, str]
) -> Tables:
    if isinstance(array, np.ma.MaskedArray) and array.dtype.kind in "biu":
        array = array.astype(np.float64)  # whole numbers have no NaN, which is what masked entries become
    try:
        kind = np.dtype(array.dtype).kind
    except TypeError:
        raise BehaviorError(
            f"the array has entries of type {array.dtype}, expected NumPy's. Convert it first."
        ) from None
    if kind not in _KINDS and kind != "O":
        raise BehaviorError(f"the array has entries of type {array.dtype}, expected real numbers.")
    tolerance = TOLERANCE if kind == "f" else 0.0
    if array.dtype == np.float32 or array.dtype == np.float16:
        tolerance = SINGLE_TOLERANCE
    shape = tuple(array.shape[array.ndim - len(outputs) - len(inputs) :])
    if 0 in shape:
        raise BehaviorError(f"the tables have the shape {shape}, expected at least one value of each variable.")
    return Tables(outputs, inputs, shape, labels, _blocks(array, shape), tolerance, kind == "O", misfits)


def _blocks(array: Any, shape: tuple[int, ...]) -> Callable[[int, int], NDArray[Any]]:
    """Return what reads tables by their numbers, from an array whose first axes are points."""
    if isinstance(array, np.ndarray) and not isinstance(array, np.ma.MaskedArray) and array.flags.c_contiguous:
        flat = array.reshape(-1, *shape)  # of a file that is mapped as well
        return lambda start, stop: np.asarray(flat[start:stop])
    inner = math.prod(array.shape[1 : array.ndim - len(shape)])

    def block(start: int, stop: int) -> NDArray[Any]:
        first, last = start // inner, -(-stop // inner)
        part = array[first:last]
        part = np.ma.filled(part, np.nan) if isinstance(part, np.ma.MaskedArray) else np.asarray(part)
        return part.reshape(-1, *shape)[start - first * inner : stop - first * inner]

    return block


def _named(observed: Any, dims: tuple[str, ...], names: tuple[str, ...]) -> tuple[Any, Sequence[Any]]:
    """Return an array with named axes, points first, and its labels: values of the other axes."""
    missing = [n for n in names if n not in dims]
    if missing:
        raise BehaviorError(
            f"the array has no axis {', '.join(missing)}: found {', '.join(dims)}, expected {', '.join(names)} and "
            "those of the points. Rename its axes, or say outputs= and inputs=."
        )
    points = [n for n in dims if n not in names]
    if not points:
        raise BehaviorError(
            f"the array has the axes {', '.join(dims)} and none of points. Use minimize for a single behavior."
        )
    order = [dims.index(n) for n in (*points, *names)]
    array = observed.transpose(*[observed.dims[k] for k in order])
    coordinates = getattr(observed, "coords", {})
    for name, size in zip(names, array.shape[len(points) :], strict=True):
        check_places(coordinates, name, size, "the array", BehaviorError)
    own = {n: coordinates[n] if n in coordinates else range(array.shape[k]) for k, n in enumerate(points)}
    labels = read_labels({n: np.asarray(v) for n, v in own.items()}, tuple(array.shape[: len(points)]))
    return array, labels


def _stacked(points: Sequence[Any], shape: tuple[int, ...]) -> tuple[NDArray[Any], dict[int, str]]:
    """Return one array of tables that come one by one; those of another shape are NaN, with the reason."""
    misfits, kept = {}, {}
    for i, point in enumerate(points):
        try:
            own = np.asarray(point)
        except (TypeError, ValueError) as error:
            misfits[i] = f"is not a table of numbers: {error}."
            continue
        if not isinstance(point, np.ndarray | list | tuple) or own.dtype.kind not in "biufO":
            misfits[i] = f"is {a_kind(point)}, expected an array of shape {shape}."
        elif own.shape != shape:
            misfits[i] = f"has shape {own.shape}, expected {shape}: axes are outputs, then inputs."
        else:
            kept[i] = own
    kinds = {own.dtype for own in kept.values()}
    exact = any(kind.kind == "O" for kind in kinds)
    if kinds and all(kind.kind in "biu" for kind in kinds) and not misfits:
        return np.stack(list(kept.values())), {}
    single = np.dtype(np.float32) in kinds
    array = np.full((len(points), *shape), np.nan, dtype=object if exact else np.float32 if single else np.float64)
    for i, own in kept.items():
        array[i] = own
    return array, misfits
