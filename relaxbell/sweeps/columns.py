"""Results of a block of points as columns: what workers return, and what checkpoints keep."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Floats
from relaxbell.sweeps.results import Sweep
from relaxbell.sweeps.task import Row

_LITTLE = np.dtype("<f8")


@dataclass(frozen=True, eq=False)
class Columns:
    """One measure at some points.

    Attributes
    ----------
    values, lower_bounds, seconds
        NaN where nothing is known.
    rest
        Number of a point, status and reason, where the status is not ``optimal`` or there is a reason.
    """

    values: Floats
    lower_bounds: Floats
    seconds: Floats
    rest: list[tuple[int, str, str]]

    @classmethod
    def empty(cls, count: int) -> Columns:
        """Return columns without anything."""
        return cls(np.full(count, np.nan), np.full(count, np.nan), np.zeros(count), [])

    def put(self, i: int, row: Row, called: str = "") -> None:
        """Write the result of one point; a reason says what the point is called."""
        value, bound, status, reason, seconds = row
        self.values[i] = np.nan if value is None else value
        self.lower_bounds[i] = np.nan if bound is None else bound
        self.seconds[i] = seconds
        if status != "optimal" or reason:
            self.rest.append((i, status, f"{called}{reason}" if reason else reason))

    def packed(self) -> dict[str, Any]:
        """Return the columns as JSON can hold them."""
        numbers = np.stack([self.values, self.lower_bounds, self.seconds]).astype(_LITTLE)
        return {"floats": base64.b64encode(numbers.tobytes()).decode(), "rest": self.rest}

    @classmethod
    def unpacked(cls, record: Mapping[str, Any], count: int) -> Columns:
        """Return columns that were packed.

        Raises
        ------
        ValueError
            If they are not of so many points.
        """
        content = base64.b64decode(record["floats"], validate=True)
        if len(content) != 3 * count * _LITTLE.itemsize:
            raise ValueError("other numbers of points")
        numbers = np.frombuffer(content, dtype=_LITTLE).reshape(3, count).astype(np.float64)
        rest = [(int(i), str(status), str(reason)) for i, status, reason in record["rest"]]
        if not all(0 <= i < count for i, _, _ in rest):
            raise ValueError("no such point")
        return cls(numbers[0], numbers[1], numbers[2], rest)


def as_sweep(
    labels: Sequence[Any],
    names: Sequence[str],
    units: Sequence[str],
    blocks: Sequence[Sequence[Columns]],
    *,
    single: bool,
    ends: Sequence[str] = (),
) -> Sweep:
    """Return a sweep from the columns of its blocks, for each block one of each measure."""
    count, width = len(labels), len(names)
    values, lower, seconds = (np.empty((count, width)) for _ in range(3))
    reasons: NDArray[np.object_] = np.full((count, width), "", dtype=object)
    longest = max([10, *(len(own[1]) for block in blocks for columns in block for own in columns.rest)])
    status: NDArray[np.str_] = np.full((count, width), "optimal", dtype=f"<U{longest}")
    start = 0
    for block in blocks:
        stop = start + len(block[0].values)
        for k, own in enumerate(block):
            values[start:stop, k], lower[start:stop, k] = own.values, own.lower_bounds
            seconds[start:stop, k] = own.seconds
            for i, text, reason in own.rest:
                status[start + i, k], reasons[start + i, k] = text, reason
        start = stop
    found: list[Any] = [values, lower, status, reasons, seconds]
    found = [np.ascontiguousarray(column[:, 0]) if single else column for column in found]
    for column in found:
        column.setflags(write=False)
    return Sweep(labels, tuple(names), tuple(units), *[*found, tuple(ends)])
