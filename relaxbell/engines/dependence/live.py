"""M at many points: one pool of columns, priced by elimination, and bases that serve wherever they are feasible.

The pool and the first bases come from the references, in their order; what a call adds it does not leave behind. So
results depend neither on the process nor on the order of calls.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.base import Found
from relaxbell.engines.dependence.columns import DependenceProgram
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.dependence.orbits import Orbits
from relaxbell.engines.linear.columns import PRICES
from relaxbell.engines.linear.over import WANTED
from relaxbell.engines.linear.point_bounds import PointBound, evaluated, point_bound
from relaxbell.exact.basis import Basis, IntegerProgram
from relaxbell.exact.numbers import Floats
from relaxbell.exact.vectors import ExactRow
from relaxbell.lp.bases import OptimalBasis
from relaxbell.lp.clock import TimeLimitError, share
from relaxbell.lp.highs import TOLERANCE, Status
from relaxbell.lp.rows import MISSED, without_misses
from relaxbell.lp.vertex import LARGEST_BASIS
from relaxbell.symmetry.found import ALIKE

_ROUNDS = 1000
_HALVES = 3
"""How often the way between two references on a line is halved, where their bases differ."""


@dataclass(frozen=True, eq=False)
class _Known:
    """A basis with its dual bound, and where the master stood."""

    basis: OptimalBasis
    bound: PointBound
    start: Basis
    right: Floats


class _Master:
    """A live program of columns, with the prices of what is missed."""

    def __init__(self, program: DependenceProgram) -> None:
        m = program.orbits.count
        self.program, self._rows = program, m
        zero = np.zeros(m)
        self.live = program.master(zero, PRICES[0])
        self._prices = iter(PRICES[1:])

    def solve(self, right: Floats, start: _Known | None) -> Floats | None:
        """Return duals that no column violates, at right-hand sides; None where there are none."""
        if start is not None:
            self.live.start_from(start.start)
        self.live.set_rows(right, right)
        self.live.use("simplex")  # the basis is as optimal as before, and as a rule not feasible
        for _ in range(_ROUNDS):
            if self.live.run() is not Status.OPTIMAL:
                return None
            duals = self.live.duals
            _, found = self.program.priced(duals)
            if found is not None and self.program.add(self.live, found, duals):
                self.live.use("primal simplex")
                continue
            if self.live.x[: 2 * self._rows].sum() <= MISSED:
                return duals
            price = next(self._prices, None)
            if price is None:
                return None
            self.live.set_cost(np.full(2 * self._rows, price))
        return None

    def known(self, duals: Floats, right: Floats) -> _Known | None:
        """Return the basis at which the program stands, with a rigorous bound; None where it cannot be used again."""
        program = self.program
        basis = self.live.basis()
        if basis is None:
            return None
        own = without_misses(basis, np.arange(self._rows))
        used = program.columns.strategies[own.columns], program.columns.mass[own.columns]
        whole = program.form.layout.whole_mass(used[1])
        matrix, cost = program.mixed(used[0], used[1]), abs(used[1] - program.weights).sum(axis=1)
        local = replace(own, columns=np.arange(len(own.columns)))
        bound = None
        if program.form.equations.rows.integral and self._rows <= LARGEST_BASIS:
            integers = IntegerProgram(
                program.mixed(used[0], whole).astype(np.int64),
                abs(whole - program.form.layout.whole_weights.astype(np.int64)).sum(axis=1),
                np.ones(self._rows, dtype=bool),
            )
            bound = program.exact_bound(integers.dual(local))
        bound = program.bound(duals) if bound is None else bound
        z = np.zeros(self._rows)
        z[program.orbits.rows] = [float(v) for v in bound.z]
        found = OptimalBasis.of(matrix, cost, local, z)
        return None if found is None else _Known(found, point_bound(bound), basis, right)


class DependenceFamily:
    """Points with the same symmetries: a pool of columns and bases, made from references."""

    def __init__(self, form: SettingForm, symmetries: Orbits, references: Sequence[ExactRow]) -> None:
        self.symmetries = symmetries
        self._program = DependenceProgram(form, symmetries)
        self._starts: list[_Known] = []
        master = _Master(self._program)
        rights = [symmetries.summed(row.floats) for row in references]
        for right in rights:
            self._reference(master, right)
        if _on_a_line(rights):
            for first, last in itertools.pairwise(rights):
                self._between(master, first, last, _HALVES)

    def _reference(self, master: _Master, right: Floats) -> None:
        """Keep a basis for right-hand sides, if there is none already."""
        if self._serving(right) is not None:
            return
        try:
            with share(1, 2):
                duals = master.solve(right, None)
            known = None if duals is None else master.known(duals, right)
        except TimeLimitError:
            return
        if known is not None:
            self._starts.append(known)

    def _between(self, master: _Master, first: Floats, last: Floats, halves: int) -> None:
        """Keep bases for points between two, if they are served by different ones."""
        if halves and self._serving(first) is not self._serving(last):
            middle = (first + last) / 2
            self._reference(master, middle)
            self._between(master, first, middle, halves - 1)
            self._between(master, middle, last, halves - 1)

    def _serving(self, right: Floats) -> _Known | None:
        return next((own for own in self._starts if not np.isnan(self._values(own, right[None])[0])), None)

    def _values(self, known: _Known, rights: Floats) -> Floats:
        m = rights.shape[1]
        return known.basis.values(rights, np.ones(m, dtype=bool), np.full(m, TOLERANCE), WANTED)

    def solve(self, rows: Sequence[ExactRow]) -> list[Found | None]:
        """Return value, bound and seconds of points; None where `minimize` has to decide."""
        found: list[Found | None] = [None] * len(rows)
        rights = np.stack([self.symmetries.summed(row.floats) for row in rows])
        open_points = np.arange(len(rows))
        for start in self._starts:
            open_points = self._serve(start, rows, rights, open_points, found)
        if not len(open_points):
            return found
        master = _Master(self._program.copy())
        while len(open_points):
            first = int(open_points[0])
            began = time.perf_counter()
            try:
                with share(1, len(open_points)):
                    duals = master.solve(rights[first], self._nearest(rights[first]))
                known = None if duals is None else master.known(duals, rights[first])
            except TimeLimitError:
                return found  # which `minimize` says, with the bound that is known
            left = open_points if known is None else self._serve(known, rows, rights, open_points, found, began)
            open_points = left[left != first]
        return found

    def _nearest(self, right: Floats) -> _Known | None:
        if not self._starts:
            return None
        return self._starts[int(np.argmin([abs(own.right - right).sum() for own in self._starts]))]

    def _serve(
        self,
        known: _Known,
        rows: Sequence[ExactRow],
        rights: Floats,
        points: NDArray[np.intp],
        found: list[Found | None],
        began: float | None = None,
    ) -> NDArray[np.intp]:
        """Write down the points that a basis serves, and return the others."""
        if not len(points):
            return points
        began = time.perf_counter() if began is None else began
        values = self._values(known, rights[points])
        feasible = np.flatnonzero(~np.isnan(values))
        if not len(feasible):
            return points
        done = points[feasible]
        bounds = np.maximum(evaluated(known.bound, [rows[i] for i in done]), 0.0)
        own = values[feasible]
        good = own - bounds <= np.maximum(WANTED[0] * abs(own), WANTED[1])
        taken = (time.perf_counter() - began) / len(done)
        for i, value, bound in zip(done[good].tolist(), own[good].tolist(), bounds[good].tolist(), strict=True):
            found[i] = (max(value, bound), bound, taken)
        return np.setdiff1d(points, done[good], assume_unique=True)


def _on_a_line(rights: Sequence[Floats]) -> bool:
    """Return whether all right-hand sides lie on one line: then what is between them is worth a look."""
    if len(rights) < 2:
        return False
    steps = np.stack(rights) - rights[0]
    longest = steps[int(np.argmax((steps**2).sum(axis=1)))]
    size = float(longest @ longest)
    return size > 0 and float(abs(steps - np.outer(steps @ longest / size, longest)).max()) <= ALIKE
