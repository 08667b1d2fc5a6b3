"""A compiled linear program, solved for many right-hand sides.

The solver keeps its model and the basis it ended with, and each basis is tried on all points that are still open
(see `lp/bases.py`). So along a curve only one point of each piece is solved.

The points of one call start from one and the same basis, whatever was solved before: results depend
neither on the process nor on the order of calls.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.equations import Equations
from relaxbell.engines.base import Found
from relaxbell.engines.linear.dual import NOTHING, QUICK, alike, dual_bound
from relaxbell.engines.linear.over import WANTED
from relaxbell.engines.linear.point_bounds import PointBound, evaluated, point_bound
from relaxbell.engines.linear.program import Problem, linear_program
from relaxbell.exact.numbers import Floats
from relaxbell.exact.vectors import ExactRow
from relaxbell.lp.bases import OptimalBasis
from relaxbell.lp.clock import TimeLimitError, share
from relaxbell.lp.highs import TOLERANCE, LiveModel, State, Status, StoppedError
from relaxbell.lp.idle import Idle
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.measure import Budget
from relaxbell.measures.terms import Term

_FRUITLESS = 3
"""After as many bases in a row that served a single point, only every eighth is tried on the others."""


@dataclass(frozen=True, eq=False)
class _Start:
    """Where a search may start: a solved reference.

    Attributes
    ----------
    row, right
        Its right-hand sides, exact, and those of all rows of the program.
    state
        The basis as the solver keeps it.
    basis
        The same, factorized; None where that failed.
    duals
        ∂value/∂rhs for each row.
    """

    row: ExactRow
    right: Floats
    state: State
    basis: OptimalBasis | None
    duals: Floats


class LiveProgram:
    """The linear program of a measure with constraints; only the right-hand sides of the equations vary.

    Parameters
    ----------
    objective
        Term of the measure.
    equations
        Any right-hand sides will do.
    budgets, affine
        Constraints, as in `Problem`.
    references
        Right-hand sides whose optimal bases every call of `solve` starts from.
    """

    def __init__(
        self,
        objective: Term,
        equations: Equations,
        budgets: Sequence[Budget],
        affine: Sequence[AffineConstraint],
        references: Sequence[ExactRow],
    ) -> None:
        self._problem = Problem.of(objective, equations, budgets, affine).at_ones()
        self._program = linear_program(self._problem)
        lower, upper = self._program.lower, self._program.upper
        self._scale = upper[self._program.equations]
        self._equal = lower == upper
        self._tolerance = TOLERANCE * np.where(self._equal, np.maximum(1.0, abs(upper)), 1.0)
        self._numbers = np.arange(len(lower), dtype=np.int32)[self._program.equations]
        self._nonnegative = self._problem.objective.is_nonnegative
        self._idle = Idle(self._loaded)
        self._starts: list[_Start] = []
        self._start_bounds: dict[bytes, PointBound] = {}
        rights = self._rights(references)
        with self._idle.taken() as live:
            for k, row in enumerate(references):
                if any(self._serves(start.basis, rights[k]) for start in self._starts):
                    continue
                if self._tried(live, rights[k]):
                    duals = live.duals
                    self._starts.append(_Start(row, rights[k], live.state(), self._basis(live, duals), duals))

    def _tried(self, live: LiveModel, right: Floats) -> bool:
        """Return whether a reference was solved, in its share of the time."""
        try:
            with share(1, 2):
                return self._run(live, right)
        except TimeLimitError:
            return False

    def solve(self, rows: Sequence[ExactRow]) -> list[Found | None]:
        """Return value, rigorous bound and seconds for exact right-hand sides; None: `minimize` has to decide."""
        if not rows:
            return []
        rights = self._rights(rows)
        values = np.full(len(rows), np.nan)
        seconds = np.zeros(len(rows))
        served: list[tuple[Floats, NDArray[np.intp]]] = []
        late: list[tuple[int, Floats | None]] = []
        open_points = np.arange(len(rows))
        for start in self._starts:
            if start.basis is not None and len(open_points):
                began = time.perf_counter()
                done = self._serve(start.basis, rights, open_points, values)
                if len(done):
                    seconds[done] += (time.perf_counter() - began) / len(done)
                    served.append((start.basis.duals, done))
                    open_points = np.setdiff1d(open_points, done, assume_unique=True)
        if len(open_points):
            with self._idle.taken() as live:
                self._search(live, rights, open_points, values, seconds, served, late)
        began = time.perf_counter()
        lower = self._bounds(rows, values, served)
        seconds += (time.perf_counter() - began) / len(rows)
        found: list[Found | None] = [
            None if math.isnan(bound) else (max(value, bound), bound, taken)
            for value, bound, taken in zip(values.tolist(), lower.tolist(), seconds.tolist(), strict=True)
        ]
        for i, duals in late:
            if (known := self._known_of(rows[i], duals)) is not None:
                found[i] = (None, known, float(seconds[i]))
        return found

    # ------------------------------------------------------------------ solving

    def _search(
        self,
        live: LiveModel,
        rights: Floats,
        open_points: NDArray[np.intp],
        values: Floats,
        seconds: Floats,
        served: list[tuple[Floats, NDArray[np.intp]]],
        late: list[tuple[int, Floats | None]],
    ) -> None:
        """Solve one point after the other, and whatever its basis serves besides; `late` are those without time."""
        live.forget()
        if self._starts:
            distances = [abs(start.right - rights[open_points[0]]).sum() for start in self._starts]
            live.restore(self._starts[int(np.argmin(distances))].state)
        fruitless = 0
        while len(open_points):
            began = time.perf_counter()
            first, others = int(open_points[0]), open_points[1:]
            try:
                with share(1, len(open_points)):
                    optimal = self._run(live, rights[first])
            except StoppedError as stopped:
                late.append((first, stopped.duals))
                seconds[first] += time.perf_counter() - began
                open_points = others
                continue
            if optimal:
                values[first], duals = live.value, live.duals
                done = open_points[:1]
                if len(others) and (fruitless < _FRUITLESS or len(others) % 8 == 0):
                    basis = self._basis(live, duals)
                    found = others[:0] if basis is None else self._serve(basis, rights, others, values)
                    fruitless = 0 if len(found) else fruitless + 1
                    done = np.concatenate([done, found])
                    others = np.setdiff1d(others, found, assume_unique=True)
                served.append((duals, done))
                seconds[done] += (time.perf_counter() - began) / len(done)
            else:
                seconds[first] += time.perf_counter() - began
            open_points = others

    def _serve(self, basis: OptimalBasis, rights: Floats, points: NDArray[np.intp], values: Floats) -> NDArray[np.intp]:
        """Write the values of those points at which a basis is feasible, and return them."""
        found = basis.values(rights[points], self._equal, self._tolerance, WANTED)
        feasible = ~np.isnan(found)
        done = points[feasible]
        values[done] = found[feasible]
        return done

    def _serves(self, basis: OptimalBasis | None, right: Floats) -> bool:
        return basis is not None and len(self._serve(basis, right[None], np.arange(1), np.empty(1))) > 0

    def _basis(self, live: LiveModel, duals: Floats) -> OptimalBasis | None:
        """Return the basis that the solver ended with; None where it cannot be factorized."""
        basis = live.basis()
        return None if basis is None else OptimalBasis.of(self._program.matrix, self._program.cost, basis, duals)

    def _rights(self, rows: Sequence[ExactRow]) -> Floats:
        """Return the right-hand sides of all rows of the program, shape (points, rows)."""
        rights = np.tile(self._program.upper, (len(rows), 1))
        if rows:
            rights[:, self._program.equations] = np.stack([row.floats for row in rows]) * self._scale
        return rights

    def _run(self, live: LiveModel, right: Floats) -> bool:
        """Solve at right-hand sides of all rows; return whether an optimum was found."""
        values = right[self._program.equations]
        live.set_rows(values, values, self._numbers)
        return live.run() is Status.OPTIMAL

    def _loaded(self) -> LiveModel:
        own = self._program
        return LiveModel(own.matrix, own.cost, own.lower, own.upper)

    # ------------------------------------------------------------------- bounds

    def _bounds(
        self, rows: Sequence[ExactRow], values: Floats, served: list[tuple[Floats, NDArray[np.intp]]]
    ) -> Floats:
        """Return a rigorous bound for each point, rounded down; NaN where it does not match the value."""
        lower = np.full(len(rows), np.nan)
        together: dict[bytes, tuple[Floats, list[NDArray[np.intp]]]] = {}
        for duals, points in served:
            together.setdefault(alike(duals), (duals, []))[1].append(points)
        for key, (duals, parts) in together.items():
            open_points = np.concatenate(parts)
            known = self._known(key)
            for _ in range(3):  # the best rounding of the duals depends a little on the point
                if not len(open_points):
                    break
                bound = known or self._bound(rows[int(open_points[0])], duals)
                known = None
                found = evaluated(bound, [rows[i] for i in open_points])
                if self._nonnegative:
                    found = np.maximum(found, 0.0)
                size = abs(values[open_points])
                good = values[open_points] - found <= np.maximum(WANTED[0] * size, WANTED[1])
                lower[open_points[good]] = found[good]
                open_points = open_points[~good]
        return lower

    def _known_of(self, row: ExactRow, duals: Floats | None) -> float | None:
        """Return the best bound at a point for which there was no time: of where the solver stopped, and of starts."""
        every = [start.duals for start in self._starts[:_FRUITLESS]]
        bounds = [self._known(alike(own)) for own in every]
        if duals is not None and self._program.matrix.nnz <= QUICK:
            bounds.append(self._bound(row, duals))
        found = [float(evaluated(bound, [row])[0]) for bound in bounds if bound is not None]
        if self._nonnegative:
            found.append(0.0)
        found = [value for value in found if value > NOTHING]
        return max(found, default=None)

    def _known(self, key: bytes) -> PointBound | None:
        """Return the bound of duals that a start has too; evaluated there, whatever asks first."""
        if key not in self._start_bounds:
            start = next((start for start in self._starts if alike(start.duals) == key), None)
            if start is None:
                return None
            self._start_bounds[key] = self._bound(start.row, start.duals)
        return self._start_bounds[key]

    def _bound(self, row: ExactRow, duals: Floats) -> PointBound:
        return point_bound(dual_bound(self._problem.at(row.numbers()), self._program, duals))
