"""I at many points: few λ, kept from the references, and what does not depend on the data made once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import numpy as np

from relaxbell.engines.base import Found
from relaxbell.engines.dependence.families import Families
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.dependence.information import GRID, InformationProgram, Pool
from relaxbell.engines.dependence.orbits import Orbits
from relaxbell.engines.linear.point_bounds import PointBound, evaluated
from relaxbell.errors import SolverError
from relaxbell.exact.vectors import ExactRow
from relaxbell.lp.clock import TimeLimitError, share

_WANTED = (1e-8, 1e-12)
"""Relative and absolute gap, in bits; where it is larger, `minimize` decides."""

_USED = 1e-12
"""Weight from which a λ stays in the pool."""


class InformationFamily:
    """Points with the same symmetries, solved one after the other from the same λ.

    Parameters
    ----------
    name
        Of the measure.
    form, symmetries
        The tables, and what is exchanged.
    references
        Right-hand sides whose λ are kept.
    """

    def __init__(self, name: str, form: SettingForm, symmetries: Orbits, references: Sequence[ExactRow]) -> None:
        self._name = name
        self._program = InformationProgram(form, symmetries)
        self._pool: Pool | None = None
        for row in references:
            try:
                with share(1, 2):
                    run = self._program.at(row).run(name, self._pool)
            except (SolverError, TimeLimitError):
                continue
            if run is not None:
                used = np.flatnonzero(run.joint.sum(axis=1) > _USED)
                self._join(run.strategies[used], run.prior[used])

    def _join(self, *new: np.ndarray) -> None:
        if self._pool is None:
            self._pool = new[0], new[1]
            return
        fresh = self._program.fresh(new[1], self._pool[1])
        old = self._pool
        self._pool = np.concatenate([old[0], new[0][fresh]]), np.concatenate([old[1], new[1][fresh]])

    def solve(self, rows: Sequence[ExactRow]) -> list[Found | None]:
        """Return value, bound and seconds of points; None where `minimize` has to decide."""
        found: list[Found | None] = []
        for left, row in zip(range(len(rows), 0, -1), rows, strict=True):
            try:
                with share(1, left):
                    found.append(self._solved(row))
            except (SolverError, TimeLimitError):
                found.append(None)
        return found

    def _solved(self, row: ExactRow) -> Found | None:
        began = time.perf_counter()
        program = self._program.at(row)
        run = program.run(self._name, self._pool)
        if run is None:
            return None
        whole, offset = program.dual(run.duals)
        wide = np.array([*whole, None], dtype=object)[:-1][program.orbits.rows]
        used = np.flatnonzero(wide)
        (bound,) = evaluated(PointBound(used, wide[used], 2**GRID, offset), [row]).tolist()
        value, lower = run.value, max(bound, 0.0)
        if value - lower > max(_WANTED[0] * value, _WANTED[1]):
            return None
        return max(value, lower), lower, time.perf_counter() - began


def information_live(name: str, form: SettingForm | None, references: Sequence[ExactRow]) -> Families | None:
    """Return a program for the points of a sweep; None where there are no small tables."""
    return Families.of(form, references, partial(InformationFamily, name))
