"""Linear programs on HiGHS: one program that is solved again and again, and single ones, large ones by sifting.

This is the only file that speaks to HiGHS, and it always runs within the time that is left.
"""

from __future__ import annotations

import enum
import math
import time
from dataclasses import dataclass, replace
from typing import Literal, NewType, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.errors import SolverError
from relaxbell.exact.basis import Basis
from relaxbell.exact.conversion import round_to_nearest
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import TimeLimitError, left, remaining, time_is_over
from relaxbell.lp.rows import misses, without_misses

SIFTING_FROM = 30_000
"""Programs with more columns are solved on a growing subset of them."""

TOLERANCE = 1e-10
"""How far a row or a sign may be missed."""

Method: TypeAlias = Literal["simplex", "primal simplex", "interior point"]

State = NewType("State", object)
"""A basis as HiGHS keeps it, with the sides at which columns and rows are."""


class Status(enum.Enum):
    """How a run ended."""

    OPTIMAL = enum.auto()
    INFEASIBLE = enum.auto()
    STOPPED = enum.auto()
    OTHER = enum.auto()


class StoppedError(TimeLimitError):
    """HiGHS was stopped by the time limit.

    Attributes
    ----------
    duals
        ∂value/∂rhs for each row as far as it came, optimal or not: enough for a bound. None where there are none.
    partial
        As of every TimeLimitError.
    """

    def __init__(self, duals: Floats | None) -> None:
        super().__init__(str(time_is_over()))
        self.duals = duals


@dataclass(frozen=True, eq=False)
class Answer:
    """What a solver returned.

    Attributes
    ----------
    feasible
        False: the solver claims that no x satisfies the constraints.
    x, duals
        Primal columns, and ∂value/∂rhs for each row; empty where infeasible.
    value
        Objective.
    solver
        Name of the method.
    iterations
        Simplex or interior-point iterations.
    seconds
        Wall time.
    basis
        The optimal basis of a simplex method; None otherwise.
    """

    feasible: bool
    x: Floats
    duals: Floats
    value: float
    solver: str
    iterations: int
    seconds: float
    basis: Basis | None = None


class LiveModel:
    """min cost · x, lower ≤ matrix x ≤ upper, low ≤ x ≤ high, that keeps its basis while its numbers change.

    Parameters
    ----------
    matrix
        m rows, n columns.
    cost
        Of the columns.
    lower, upper
        Sides of the rows, ± infinity where there is none.
    presolve
        Whether the first run may reduce the program; a basis to start from is lost then.
    method
        ``primal simplex`` where columns are added: the basis stays feasible.
    low, high
        Bounds of the columns; None for zero, and for infinity.
    """

    def __init__(
        self,
        matrix: sp.csc_array,
        cost: Floats,
        lower: Floats,
        upper: Floats,
        *,
        presolve: bool = False,
        method: Method = "simplex",
        low: Floats | None = None,
        high: Floats | None = None,
    ) -> None:
        import highspy

        round_to_nearest()  # rigorous bounds count on it, and who imports PPL before has changed it
        self._began = time.perf_counter()
        self._highs = highspy.Highs()
        options = {
            "output_flag": False,
            "threads": 1,  # the same path every time
            "primal_feasibility_tolerance": TOLERANCE,
            "dual_feasibility_tolerance": TOLERANCE,
            "presolve": "choose" if presolve else "off",
            "solver": "simplex",
        }
        for option, value in options.items():
            self._highs.setOptionValue(option, value)
        self._method: Method = "simplex"
        self.use(method)
        n = matrix.shape[1]
        low, high = np.zeros(n) if low is None else low, np.full(n, math.inf) if high is None else high
        self.load(matrix, cost, lower, upper, low, high)

    # ------------------------------------------------------------- what is solved

    def use(self, method: Method) -> None:
        """Choose the method of the runs that follow."""
        if method == self._method:
            return
        self._method = method
        self._highs.setOptionValue("solver", "ipm" if method == "interior point" else "simplex")
        self._highs.setOptionValue("simplex_strategy", 4 if method == "primal simplex" else 1)

    def load(self, matrix: sp.csc_array, cost: Floats, lower: Floats, upper: Floats, low: Floats, high: Floats) -> None:
        """Take another program with low ≤ x ≤ high; the basis is lost."""
        import highspy

        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = matrix.shape
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, low, high
        lp.row_lower_, lp.row_upper_ = lower, upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
        self._highs.passModel(lp)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return int(self._highs.getNumRow()), int(self._highs.getNumCol())

    def set_rows(self, lower: Floats, upper: Floats, numbers: NDArray[np.int32] | None = None) -> None:
        """Set the sides of the rows with these numbers, or of all."""
        numbers = np.arange(len(upper), dtype=np.int32) if numbers is None else numbers
        self._highs.changeRowsBounds(len(upper), numbers, lower, upper)

    def set_cost(self, cost: Floats) -> None:
        """Set the cost of the first columns."""
        self._highs.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)

    def add_columns(self, matrix: sp.csc_array, cost: Floats) -> None:
        """Add columns, x ≥ 0."""
        starts, indices = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32)
        zero, infinite = np.zeros(len(cost)), np.full(len(cost), math.inf)
        self._highs.addCols(len(cost), cost, zero, infinite, matrix.nnz, starts, indices, matrix.data)

    # ---------------------------------------------------------------------- bases

    def basis(self) -> Basis | None:
        """Return the basis of the last run; None if there is none."""
        import highspy

        status, basic = self._highs.getBasicVariables()
        if status != highspy.HighsStatus.kOk:
            return None
        basic = np.asarray(basic, dtype=np.intp)
        return Basis(np.sort(basic[basic >= 0]), np.sort(-1 - basic[basic < 0]))

    def start_from(self, basis: Basis) -> None:
        """Start the next run from a basis: other columns are at zero, other rows at their upper side."""
        import highspy

        status, (m, n) = highspy.HighsBasisStatus, self.shape
        columns, rows = [status.kLower] * n, [status.kUpper] * m
        for j in basis.columns.tolist():
            columns[j] = status.kBasic
        for i in basis.loose.tolist():
            rows[i] = status.kBasic
        given = highspy.HighsBasis()
        given.col_status, given.row_status, given.valid = columns, rows, True
        self._highs.setBasis(given)

    def state(self) -> State:
        """Return where the last run ended, for `restore`."""
        return State(self._highs.getBasis())

    def restore(self, state: State) -> None:
        """Start the next run from there."""
        self._highs.setBasis(state)

    def forget(self) -> None:
        """Start the next run from nothing."""
        self._highs.clearSolver()

    # ----------------------------------------------------------------------- runs

    def limit(self, iterations: int) -> None:
        """Let no run take more simplex iterations: where numbers are extreme, the method may cycle."""
        self._highs.setOptionValue("simplex_iteration_limit", iterations)

    def run(self, seconds: float | None = None) -> Status:
        """Run for no longer than the clock allows, nor than `seconds`.

        Raises
        ------
        StoppedError
            If the time is over; where `seconds` are given the status says so instead.
        """
        allowed = max(0.0, left() if seconds is None else min(seconds, left()))
        if seconds is None and not allowed:
            raise StoppedError(None)
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + allowed)  # it counts the time of all runs
        self._highs.run()
        status = self.status
        if status is Status.STOPPED and seconds is None:
            raise StoppedError(self._current_duals())
        return status

    @property
    def status(self) -> Status:
        """How the last run ended."""
        import highspy

        known, found = highspy.HighsModelStatus, self._highs.getModelStatus()
        if found in (known.kInfeasible, known.kUnboundedOrInfeasible):
            return Status.INFEASIBLE
        kinds = {known.kOptimal: Status.OPTIMAL, known.kTimeLimit: Status.STOPPED}
        return kinds.get(found, Status.OTHER)

    @property
    def value(self) -> float:
        """Objective."""
        return float(self._highs.getObjectiveValue())

    @property
    def x(self) -> Floats:
        """Values of the columns."""
        return np.array(self._highs.getSolution().col_value)

    @property
    def duals(self) -> Floats:
        """∂value/∂rhs for each row."""
        return np.array(self._highs.getSolution().row_dual)

    def _current_duals(self) -> Floats | None:
        """Return the duals of a run that was stopped; None where it was in presolve, which has none."""
        duals = self.duals
        return duals if len(duals) == self.shape[0] and np.isfinite(duals).all() and duals.any() else None

    @property
    def iterations(self) -> int:
        """Simplex iterations of the last run."""
        return int(self._highs.getInfo().simplex_iteration_count)

    def ray(self) -> Floats | None:
        """Return multipliers of the rows that may prove that nothing is feasible; None if HiGHS has none."""
        _, found, ray = self._highs.getDualRay()
        return np.array(ray) if found else None

    def answer(self) -> Answer:
        """Return the result of the last run; its seconds count from the making of this model.

        Raises
        ------
        SolverError
            If it ended neither optimal nor infeasible.
        """
        status, iterations, seconds = self.status, self.iterations, time.perf_counter() - self._began
        if status is Status.INFEASIBLE:
            return Answer(False, np.empty(0), np.empty(0), np.nan, "HiGHS", iterations, seconds)
        if status is not Status.OPTIMAL:
            (m, n), highs = self.shape, self._highs
            raise SolverError(
                f"HiGHS ended with status {highs.modelStatusToString(highs.getModelStatus())} on a program of {m} rows "
                f"and {n} columns. Try another solver, or report the model and data."
            )
        found = self._highs.getSolution()
        x, duals = np.array(found.col_value), np.array(found.row_dual)
        return Answer(True, x, duals, self.value, "HiGHS", iterations, seconds, self.basis())


def solve_highs(matrix: sp.csc_array, cost: Floats, lower: Floats, upper: Floats, *, presolve: bool = True) -> Answer:
    """Minimize cost · x over lower ≤ matrix x ≤ upper, x ≥ 0.

    Raises
    ------
    SolverError
        If HiGHS ends neither optimal nor infeasible.
    """
    if matrix.shape[1] > SIFTING_FROM:
        return _sift(matrix, cost, lower, upper)
    model = LiveModel(matrix, cost, lower, upper, presolve=presolve)
    model.run()
    return model.answer()


def _sift(matrix: sp.csc_array, cost: Floats, lower: Floats, upper: Floats) -> Answer:
    """Solve on a subset of columns, price the others, add the most promising, until none is.

    Elastic columns keep every subset feasible; they leave when the penalty is high enough, and if
    they do not at the highest, no x is feasible. Seen: 2^20 strategies in seconds, where the whole
    program takes minutes.
    """
    started = time.perf_counter()
    rows, n = matrix.shape
    rng = np.random.default_rng(0)
    size = 20 * rows
    chosen = cost != 0
    chosen[rng.integers(0, n, size)] = chosen[n - 64 :] = True
    first = np.flatnonzero(chosen)
    active = first if len(first) < n // 2 else rng.choice(n, min(size, n), replace=False)
    elastic = misses(np.arange(rows), rows)
    transposed = sp.csr_array(matrix.T)
    scale = max(1.0, float(abs(cost).max()))
    iterations, last = 0, None
    remaining()
    for penalty in (10 * scale, 1e3 * scale, 1e5 * scale):
        while True:
            part = sp.csc_array(sp.hstack([matrix[:, active], elastic], format="csc"))
            prices = np.concatenate([cost[active], np.full(2 * rows, penalty)])
            # presolve gains more than a basis to start from
            model = LiveModel(part, prices, lower, upper, presolve=True)
            try:
                model.run()
            except StoppedError as stopped:
                raise (stopped if last is None else StoppedError(last)) from None
            answer = model.answer()
            last = answer.duals
            iterations += answer.iterations
            reduced = cost - transposed @ answer.duals
            reduced[active] = 0.0
            promising = np.flatnonzero(reduced < -TOLERANCE)
            if not len(promising):
                break
            if len(promising) > size:
                promising = promising[np.argpartition(reduced[promising], size)[:size]]
            active = np.union1d(active, promising)
        slack = answer.x[len(active) :].sum()
        if slack <= 1e-9:
            x = np.zeros(n)
            x[active] = answer.x[: len(active)]
            basis = None if answer.basis is None else _without_elastic(answer.basis, active, rows)
            done = replace(answer, x=x, iterations=iterations, seconds=time.perf_counter() - started, basis=basis)
            return replace(done, solver=f"HiGHS, sifting ({len(active):,} of {n:,} columns)")
    return Answer(False, np.empty(0), np.empty(0), np.nan, "HiGHS", iterations, time.perf_counter() - started)


def _without_elastic(basis: Basis, active: NDArray[np.intp], rows: int) -> Basis:
    """Return the basis over all columns; an elastic column that is basic at zero is its row's slack."""
    own = without_misses(basis, np.arange(rows), len(active))
    return Basis(np.sort(active[own.columns]), own.loose)
