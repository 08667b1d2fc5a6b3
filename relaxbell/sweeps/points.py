"""The points of a sweep, read once and for all: exact numbers in plain arrays, or why a point is not one.

Reading a float behavior means rounding it in coordinates of the model's affine hull, as `minimize` does; for
a whole batch that is one product of small matrices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import AnyTable
from relaxbell.causal.model import CausalModel
from relaxbell.causal.whole import WholePoints, fits
from relaxbell.errors import InfeasibleError, RelaxbellError, SignalingError, SolverError
from relaxbell.exact.vectors import ExactRow, exact_row
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import TimeLimitError

_BLOCK = 2**22
"""Most probabilities that are read at once."""

REFERENCES = 5
"""Points whose bases are tried first on all others."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a point has no value.

    Attributes
    ----------
    status
        ``signaling``, ``invalid`` (it does not fit the model), ``infeasible`` or ``failed``.
    reason
        The message of the error.
    """

    status: str
    reason: str


@dataclass(frozen=True)
class Group:
    """Points whose equations differ in their right-hand sides only.

    Attributes
    ----------
    parties
        Which party chooses which input, where the data say so.
    functionals
        Those whose values were observed; empty for full behaviors.
    nonsignaling
        See `Observed`.
    """

    parties: Mapping[str, str | None] | None
    functionals: tuple[BellFunctional, ...] = ()
    nonsignaling: bool = False


Point: TypeAlias = tuple[int, ExactRow] | Failure
"""Number of the group, and probabilities in the model's order or values of functionals."""


@dataclass(frozen=True)
class Points:
    """Points as one model reads them."""

    groups: tuple[Group, ...]
    entries: tuple[Point, ...]

    def references(self, group: int) -> tuple[ExactRow, ...]:
        """Return some points of a group, evenly spread, the first and the last among them."""
        rows = [e[1] for e in self.entries if not isinstance(e, Failure) and e[0] == group]
        return tuple(rows[k] for k in spread(len(rows)))


def spread(count: int) -> list[int]:
    """Return the numbers of some of so many points, evenly spread, the first and the last among them."""
    return sorted({round(k * (count - 1) / (REFERENCES - 1)) for k in range(REFERENCES)}) if count else []


def read_points(model: CausalModel, observed: Sequence[Any], *, signaling: bool = False) -> Points:
    """Read behaviors and observations as a model does; what does not fit is a `Failure`. They may be `signaling`."""
    buckets: dict[Any, list[int]] = {}
    entries: list[Any] = [point if isinstance(point, Failure) else None for point in observed]
    for i, point in enumerate(observed):
        if entries[i] is None:
            buckets.setdefault(_key(point), []).append(i)
    groups: list[Group] = []
    for members in buckets.values():
        points = [observed[i] for i in members]
        read, group = _read(model, points, len(groups), signaling)
        if any(not isinstance(entry, Failure) for entry in read):
            groups.append(group)
        for i, entry in zip(members, read, strict=True):
            entries[i] = entry
    return Points(tuple(groups), tuple(entries))


def failure(error: Exception) -> Failure:
    """Return what is recorded of an error."""
    kinds = (
        (SignalingError, "signaling"),
        (InfeasibleError, "infeasible"),
        (TimeLimitError, "time limit"),
        (SolverError, "failed"),
    )
    for kind, status in kinds:
        if isinstance(error, kind):
            return Failure(status, str(error))
    if isinstance(error, RelaxbellError):
        return Failure("invalid", str(error))
    return Failure("failed", f"unexpected {type(error).__name__}: {error}")


def _key(point: Any) -> Any:
    if isinstance(point, Behavior):
        return point.variables, len(point.outputs), point.p.shape, point.parties and tuple(point.parties.items())
    if isinstance(point, Observed):
        texts = tuple((f.outputs, f.inputs, str(f.coefficients.tolist()), str(f.constant)) for f in point.functionals)
        return texts, point.shape, point.nonsignaling, point.parties and tuple(point.parties.items())
    return type(point)


def _read(model: CausalModel, points: list[Any], group: int, signaling: bool) -> tuple[list[Point], Group]:
    """Read points of one key; `group` is the number of their group."""
    first = points[0]
    try:
        if isinstance(first, Behavior):
            matched = model.match(first)
            return _read_behaviors(model, points, group, signaling), Group(matched.parties)
        model.equations(first)  # fits, or raises for all of them
    except RelaxbellError as error:
        return [failure(error)] * len(points), Group(None)
    rows = [exact_row(np.array([*point.values, None], dtype=object)[:-1]) for point in points]
    return [(group, row) for row in rows], Group(first.parties, first.functionals, first.nonsignaling)


def _read_behaviors(model: CausalModel, points: list[Behavior], group: int, signaling: bool) -> list[Point]:
    coordinates = AnyTable().coordinates_of(model.match(points[0])) if signaling else model.coordinates
    order = [points[0].variables.index(name) for name in model.outputs + model.inputs]
    found: list[Any] = [None] * len(points)
    rough = [i for i, p in enumerate(points) if p.exact is None]
    size = max(1, _BLOCK // points[0].p.size)
    for start in range(0, len(rough), size):
        block = rough[start : start + size]
        tables = np.stack([points[i].p for i in block], axis=-1).transpose(*order, len(order))
        tolerances = np.array([points[i].tolerance for i in block])
        signals = coordinates.signaling(tables) > tolerances
        rows = WholePoints.nearest(coordinates, coordinates.project(tables)).rows()
        for i, row, own in zip(block, rows, signals.tolist(), strict=True):
            found[i] = None if own else row
    for i, p in enumerate(points):
        if p.exact is not None:
            floats = np.ascontiguousarray(p.p.transpose(order)).ravel()
            row = exact_row(p.exact.transpose(order), floats)
            found[i] = row if fits(coordinates, row) else None
    return [(group, row) if row is not None else _signaling(model, p) for row, p in zip(found, points, strict=True)]


def _signaling(model: CausalModel, point: Behavior) -> Failure:
    """Return the violated equality that `minimize` would name."""
    try:
        model.equations(point)
    except RelaxbellError as error:
        return failure(error)
    return Failure(
        "signaling", f"the behavior signals by more than {point.tolerance:g} where {model.name} does not allow it"
    )
