"""Symmetries of behaviors and functionals: found by a search that lists no group."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact
from relaxbell.functionals.functional import BellFunctional
from relaxbell.relabeling import Relabeling, Symmetries
from relaxbell.results import Variables
from relaxbell.symmetry.groups import from_points, group
from relaxbell.symmetry.labeling import canonical_labeling
from relaxbell.symmetry.points import axes_of, over_points, point_table

ALIKE = 1e-12
"""Probabilities of data that differ by less count as equal when rows of programs are merged."""


def behavior_symmetries(behavior: Behavior, tolerance: float | None) -> Symmetries:
    """Return the relabelings under which a behavior stays as it is; see `Behavior.symmetries`."""
    limit = behavior.tolerance if tolerance is None else tolerance
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit < 1:
        raise BehaviorError(f"the tolerance is {tolerance!r}, expected a number from 0 to below 1, such as 1e-9.")
    values = behavior.table if limit == 0 else behavior.p
    return group(table_symmetries(behavior.scenario, equal_entries(values, limit)))


def table_symmetries(
    scenario: Variables, table: NDArray[np.int64], colors: Sequence[int] | None = None
) -> tuple[Relabeling, ...]:
    """Return generators of the relabelings under which a table over outputs and inputs stays as it is.

    Parameters
    ----------
    scenario
        Its variables, in the order of the axes.
    table
        Whole numbers ≥ 0, such as `equal_entries`.
    colors
        Where given, for each point (see `places_of`): only points of the same color are exchanged.
    """
    axes = axes_of(scenario)
    found = canonical_labeling(over_points(table, scenario), axes.settings, axes.kinds, colors).symmetries
    return tuple(from_points(scenario, images) for images in found)


def equal_entries(values: Exact | NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """Return a table of whole numbers ≥ 0, equal where entries are.

    Parameters
    ----------
    values
        Exact numbers, or floats.
    tolerance
        Numbers that differ by so much, or are linked by numbers in between that do, count as equal.
    """
    if not tolerance:
        known: dict[Hashable, int] = {}
        flat = [known.setdefault(value, len(known)) for value in values.ravel().tolist()]
        return np.array(flat, dtype=np.int64).reshape(values.shape)
    distinct, place = np.unique(values, return_inverse=True)
    classes = np.concatenate([[0], np.cumsum(np.diff(distinct) > tolerance)])
    return np.asarray(classes[place.ravel()], dtype=np.int64).reshape(values.shape)


def functional_symmetries(functional: BellFunctional) -> Symmetries:
    """Return the relabelings that turn a functional into an equal one; see `BellFunctional.symmetries`."""
    found = point_table(functional).labeling.symmetries
    return group(from_points(functional.scenario, images) for images in found)
