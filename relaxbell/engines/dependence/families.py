"""Points of a sweep of a measure of dependence, sorted by the symmetries that all references have in common.

Points that have them are solved with merged equations, the others with all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.engines.base import Found
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.dependence.orbits import Orbits, alone, orbits
from relaxbell.errors import ModelTooLargeError, RelaxbellError
from relaxbell.exact.numbers import Floats
from relaxbell.exact.vectors import ExactRow
from relaxbell.lp.clock import TimeLimitError
from relaxbell.symmetry.found import ALIKE


class Family(Protocol):
    """Points with the same symmetries; made from references, it solves others."""

    def solve(self, rows: Sequence[ExactRow]) -> list[Found | None]:
        """Return value, bound and seconds of points; None where `minimize` has to decide."""


Make = Callable[[SettingForm, Orbits, Sequence[ExactRow]], Family]


class Families:
    """A program for the points of a sweep.

    Parameters
    ----------
    form
        The tables, at any right-hand sides.
    references
        Right-hand sides of some points.
    make
        Makes what solves points with the same symmetries.
    """

    def __init__(self, form: SettingForm, references: Sequence[ExactRow], make: Make) -> None:
        self._form, self._references, self._make = form, tuple(references), make
        self._symmetries = _common(form, self._references)
        self._symmetric: Family | None = None
        if self._symmetries.moves:
            own = [row for row in self._references if self._alike([row])[0]]
            self._symmetric = make(form, self._symmetries, own)

    @classmethod
    def of(cls, form: SettingForm | None, references: Sequence[ExactRow], make: Make) -> Families | None:
        """Return the program; None where there are no tables or references, or strategies cannot be priced."""
        try:
            return cls(form, references, make) if form is not None and references else None
        except (ModelTooLargeError, TimeLimitError):
            return None

    def solve(self, rows: Sequence[ExactRow]) -> list[Found | None]:
        """Return value, rigorous bound and seconds for exact right-hand sides; None: `minimize` has to decide."""
        found: list[Found | None] = [None] * len(rows)
        alike = self._alike(rows) if rows else np.zeros(0, dtype=bool)
        for own, points in ((True, np.flatnonzero(alike)), (False, np.flatnonzero(~alike))):
            family = None if not len(points) else self._symmetric if own else self._plain
            if family is not None:
                for i, point in zip(points.tolist(), family.solve([rows[i] for i in points.tolist()]), strict=True):
                    found[i] = point
        return found

    @cached_property
    def _plain(self) -> Family | None:
        """What solves points without symmetries, made when there is one."""
        alike = self._alike(self._references)
        own = [row for row, other in zip(self._references, alike.tolist(), strict=True) if not other]
        try:
            return self._make(self._form, alone(self._form), own)
        except (ModelTooLargeError, TimeLimitError):
            return None

    def _alike(self, rows: Sequence[ExactRow]) -> NDArray[np.bool_]:
        """Return which right-hand sides have the symmetries; none, where there are none."""
        if not self._symmetries.moves:
            return np.zeros(len(rows), dtype=bool)
        rights: Floats = np.stack([row.floats for row in rows])
        means = (rights @ self._symmetries.merge.T) / np.bincount(self._symmetries.rows)
        return np.asarray(abs(rights - means[:, self._symmetries.rows]).max(axis=1) <= ALIKE)


def _common(form: SettingForm, references: Sequence[ExactRow]) -> Orbits:
    """Return the symmetries of a mixture of all references: those that they have in common."""
    equations, model = form.equations, form.model
    weights = np.array([float(w) for w in equations.cell_weights])
    if equations.tables is not None or not weights.all():
        return alone(form)
    shares = np.sqrt(np.arange(2.0, 2.0 + len(references)))  # no accident makes such a mixture more symmetric
    table = (shares / shares.sum()) @ np.stack([row.floats for row in references]) / weights
    try:
        mixture = Behavior(table.reshape(model.observed_shape), model.outputs, model.inputs)
        rhs = np.array((table * weights).tolist(), dtype=object)
        return orbits(replace(form, equations=replace(equations, rhs=rhs, behavior=mixture)))
    except RelaxbellError:
        return alone(form)
