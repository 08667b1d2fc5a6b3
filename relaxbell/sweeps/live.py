"""A compiled linear program, solved for many right-hand sides.

HiGHS keeps its model and the basis it ended with. Whether a basis is optimal depends on the costs, which
stay; what changes with the right-hand side is whether it is feasible, and that is decided for all points
that are still open by one product of matrices. So along a curve only one point of each piece is solved.

The points of one call start from one and the same basis, whatever was solved before: results depend
neither on the process nor on the order of calls.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from relaxbell.causal.equations import Equations
from relaxbell.engines.linear.dual import dual_bound
from relaxbell.engines.linear.program import Problem, linear_program
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import TimeLimitError
from relaxbell.lp.highs import run
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.measure import Budget
from relaxbell.measures.terms import Term, fresh
from relaxbell.sweeps.bounds import PointBound, evaluated, point_bound
from relaxbell.sweeps.points import ExactRow

WANTED = (1e-9, 1e-12)
"""Relative and absolute gap between value and bound that `minimize` aims at."""

_FEASIBLE = 1e-10
"""How far a row or a sign may be missed."""

_FRUITLESS = 3
"""After as many bases in a row that served a single point, only every eighth is tried on the others."""

Found: TypeAlias = tuple[float, float, float]
"""Value, rigorous lower bound, seconds."""


@dataclass(frozen=True, eq=False)
class _Basis:
    """An optimal basis.

    Attributes
    ----------
    duals
        ∂value/∂rhs for each row.
    rows
        The rows that are tight; as many as basic columns.
    columns
        The basic columns, all rows of them, shape (rows of the program, len(rows)).
    factors
        LU factors of the tight rows of the basic columns.
    cost
        Of the basic columns.
    """

    duals: Floats
    rows: NDArray[np.intp]
    columns: sp.csr_array
    factors: Any
    cost: Floats


@dataclass(frozen=True, eq=False)
class _Start:
    """Where a search may start: a solved reference.

    Attributes
    ----------
    row, right
        Its right-hand sides, exact, and those of all rows of the program.
    state
        The basis as HiGHS keeps it.
    basis
        The same, factorized; None where that failed.
    duals
        ∂value/∂rhs for each row.
    """

    row: ExactRow
    right: Floats
    state: Any
    basis: _Basis | None
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
        copies = tuple(Budget(replace(b.measure, term=fresh(b.measure.term)), b.limit) for b in budgets)
        # right-hand sides of one: the program tells by which factor it scales each equation
        ones = replace(equations, rhs=np.full(len(equations.rows), Fraction(1), dtype=object))
        self._problem = Problem(fresh(objective), ones, copies, tuple(affine))
        self._program = linear_program(self._problem)
        lower, upper = self._program.lower, self._program.upper
        self._scale = upper[self._program.equations]
        self._equal = lower == upper
        self._tolerance = _FEASIBLE * np.where(self._equal, np.maximum(1.0, abs(upper)), 1.0)[:, None]
        self._numbers = np.arange(len(lower), dtype=np.int32)[self._program.equations]
        self._nonnegative = self._problem.objective.is_nonnegative
        self._idle: list[Any] = []
        self._starts: list[_Start] = []
        self._start_bounds: dict[bytes, PointBound] = {}
        solver = self._loaded()
        rights = self._rights(references)
        for k, row in enumerate(references):
            if any(self._serves(start.basis, rights[k]) for start in self._starts):
                continue
            self._run(solver, rights[k])
            if _is_optimal(solver):
                duals = np.array(solver.getSolution().row_dual)
                self._starts.append(_Start(row, rights[k], solver.getBasis(), self._basis(solver), duals))
        self._idle.append(solver)

    def solve(self, rows: Sequence[ExactRow]) -> list[Found | None]:
        """Return value, rigorous bound and seconds for exact right-hand sides; None: `minimize` has to decide."""
        if not rows:
            return []
        rights = self._rights(rows)
        values = np.full(len(rows), np.nan)
        seconds = np.zeros(len(rows))
        served: list[tuple[Floats, NDArray[np.intp]]] = []
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
            self._search(rights, open_points, values, seconds, served)
        began = time.perf_counter()
        lower = self._bounds(rows, values, served)
        seconds += (time.perf_counter() - began) / len(rows)
        return [
            None if math.isnan(bound) else (max(value, bound), bound, taken)
            for value, bound, taken in zip(values.tolist(), lower.tolist(), seconds.tolist(), strict=True)
        ]

    # ------------------------------------------------------------------ solving

    def _search(
        self,
        rights: Floats,
        open_points: NDArray[np.intp],
        values: Floats,
        seconds: Floats,
        served: list[tuple[Floats, NDArray[np.intp]]],
    ) -> None:
        """Solve one point after the other, and whatever its basis serves besides."""
        solver = self._idle.pop() if self._idle else self._loaded()
        solver.clearSolver()
        if self._starts:
            distances = [abs(start.right - rights[open_points[0]]).sum() for start in self._starts]
            solver.setBasis(self._starts[int(np.argmin(distances))].state)
        fruitless = 0
        while len(open_points):
            began = time.perf_counter()
            first, others = int(open_points[0]), open_points[1:]
            try:
                self._run(solver, rights[first])
            except TimeLimitError:
                return  # for the points that are still open as well
            if _is_optimal(solver):
                values[first] = solver.getObjectiveValue()
                done = open_points[:1]
                if len(others) and (fruitless < _FRUITLESS or len(others) % 8 == 0):
                    basis = self._basis(solver)
                    found = others[:0] if basis is None else self._serve(basis, rights, others, values)
                    fruitless = 0 if len(found) else fruitless + 1
                    done = np.concatenate([done, found])
                    others = np.setdiff1d(others, found, assume_unique=True)
                served.append((np.array(solver.getSolution().row_dual), done))
                seconds[done] += (time.perf_counter() - began) / len(done)
            else:
                seconds[first] += time.perf_counter() - began
            open_points = others
        self._idle.append(solver)

    def _serve(self, basis: _Basis, rights: Floats, points: NDArray[np.intp], values: Floats) -> NDArray[np.intp]:
        """Write the values of those points at which a basis is feasible, and return them."""
        wanted = rights[points].T
        x = basis.factors.solve(wanted[basis.rows])
        missed = basis.columns @ x - wanted
        missed[self._equal] = abs(missed[self._equal])
        feasible = (x >= -_FEASIBLE).all(axis=0) & (missed <= self._tolerance).all(axis=0)
        used = np.flatnonzero(basis.duals)
        parts = rights[np.ix_(points, used)] * basis.duals[used]
        # fsum is correctly rounded, hence the same on every machine; products of matrices are not
        totals = np.array([math.fsum(part) for part in parts.tolist()])
        feasible &= abs(basis.cost @ x - totals) <= np.maximum(WANTED[0] * abs(totals), WANTED[1])
        done = points[feasible]
        values[done] = totals[feasible]
        return done

    def _serves(self, basis: _Basis | None, right: Floats) -> bool:
        return basis is not None and len(self._serve(basis, right[None], np.arange(1), np.empty(1))) > 0

    def _basis(self, solver: Any) -> _Basis | None:
        """Return the basis that HiGHS ended with; None where it cannot be factorized."""
        basic = np.asarray(solver.getBasicVariables()[1])
        columns = np.sort(basic[basic >= 0])
        tight = np.ones(len(self._equal), dtype=bool)
        tight[-1 - basic[basic < 0]] = False
        duals = np.array(solver.getSolution().row_dual)
        part = self._program.matrix[:, columns]
        rows = np.flatnonzero(tight)
        try:
            # sparse, hence in one thread: a dense product this small is slower on many
            factors = splu(part[rows])
        except RuntimeError:  # singular to working precision
            return None
        return _Basis(duals, rows, sp.csr_array(part), factors, self._program.cost[columns])

    def _rights(self, rows: Sequence[ExactRow]) -> Floats:
        """Return the right-hand sides of all rows of the program, shape (points, rows)."""
        rights = np.tile(self._program.upper, (len(rows), 1))
        rights[:, self._program.equations] = np.stack([row.floats for row in rows]) * self._scale
        return rights

    def _run(self, solver: Any, right: Floats) -> None:
        values = right[self._program.equations]
        solver.changeRowsBounds(len(values), self._numbers, values, values)
        run(solver)

    def _loaded(self) -> Any:
        import highspy

        program = self._program
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = program.matrix.shape
        lp.col_cost_ = program.cost
        lp.col_lower_ = np.zeros(program.matrix.shape[1])
        lp.col_upper_ = np.full(program.matrix.shape[1], highspy.kHighsInf)
        lp.row_lower_, lp.row_upper_ = program.lower, program.upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        matrix = program.matrix
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
        solver = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),  # the same path every time
            ("presolve", "off"),  # it would throw the basis away
            ("solver", "simplex"),
            ("primal_feasibility_tolerance", _FEASIBLE),
            ("dual_feasibility_tolerance", _FEASIBLE),
        ):
            solver.setOptionValue(option, value)
        solver.passModel(lp)
        return solver

    # ------------------------------------------------------------------- bounds

    def _bounds(
        self, rows: Sequence[ExactRow], values: Floats, served: list[tuple[Floats, NDArray[np.intp]]]
    ) -> Floats:
        """Return a rigorous bound for each point, rounded down; NaN where it does not match the value."""
        lower = np.full(len(rows), np.nan)
        together: dict[bytes, tuple[Floats, list[NDArray[np.intp]]]] = {}
        for duals, points in served:
            together.setdefault(_key(duals), (duals, []))[1].append(points)
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

    def _known(self, key: bytes) -> PointBound | None:
        """Return the bound of duals that a start has too; evaluated there, whatever asks first."""
        if key not in self._start_bounds:
            start = next((start for start in self._starts if _key(start.duals) == key), None)
            if start is None:
                return None
            self._start_bounds[key] = self._bound(start.row, start.duals)
        return self._start_bounds[key]

    def _bound(self, row: ExactRow, duals: Floats) -> PointBound:
        equations = replace(self._problem.equations, rhs=row.numbers())
        return point_bound(dual_bound(replace(self._problem, equations=equations), self._program, duals))


def _key(duals: Floats) -> bytes:
    """Return the same for duals that differ by rounding errors only: any of them gives a rigorous bound."""
    return np.rint(duals * 2.0**36).tobytes()


def _is_optimal(solver: Any) -> bool:
    import highspy

    return bool(solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)
