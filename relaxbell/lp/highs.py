"""Linear programs on HiGHS, with sifting."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.errors import SolverError
from relaxbell.exact.basis import Basis, IntegerProgram
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import remaining, time_is_over

SIFTING_FROM = 30_000
"""Programs with more columns are solved on a growing subset of them."""

_TOLERANCE = 1e-10


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


def solve_highs(
    matrix: sp.csc_array,
    cost: Floats,
    lower: Floats,
    upper: Floats,
    *,
    presolve: bool = True,
    column_lower: Floats | None = None,
    start: Basis | None = None,
) -> Answer:
    """Minimize cost · x over lower ≤ matrix x ≤ upper, x ≥ 0 or ≥ `column_lower`, from a basis if one is given.

    Raises
    ------
    SolverError
        If HiGHS ends neither optimal nor infeasible.
    """
    if matrix.shape[1] > SIFTING_FROM and column_lower is None:
        return _sift(matrix, cost, lower, upper)
    started = time.perf_counter()
    solver = _load(matrix, cost, lower, upper, presolve, column_lower)
    if start is not None:
        _set_basis(solver, start, matrix.shape)
    run(solver)
    return _read(solver, matrix, started)


def last_basis(matrix: sp.csc_array, cost: Floats, lower: Floats, upper: Floats) -> Basis | None:
    """Return the basis with which HiGHS ends, whatever it says of the program.

    Raises
    ------
    TimeLimitError
        If it was stopped.
    """
    solver = _load(matrix, cost, lower, upper, False)
    run(solver)
    return read_basis(solver)


def run(solver: Any) -> None:
    """Run HiGHS for no longer than the deadline allows.

    Raises
    ------
    TimeLimitError
        If it was stopped.
    """
    import highspy

    solver.setOptionValue("time_limit", solver.getRunTime() + remaining())  # it counts the time of all runs
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kTimeLimit:
        raise time_is_over()


def _set_basis(solver: Any, basis: Basis, shape: tuple[int, int]) -> None:
    import highspy

    status = highspy.HighsBasisStatus
    columns, rows = [status.kLower] * shape[1], [status.kUpper] * shape[0]
    for j in basis.columns.tolist():
        columns[j] = status.kBasic
    for i in basis.loose.tolist():
        rows[i] = status.kBasic
    given = highspy.HighsBasis()
    given.col_status, given.row_status, given.valid = columns, rows, True
    solver.setBasis(given)


def _load(
    matrix: sp.csc_array,
    cost: Floats,
    lower: Floats,
    upper: Floats,
    presolve: bool,
    column_lower: Floats | None = None,
) -> Any:
    import highspy

    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = cost
    lp.col_lower_ = np.zeros(matrix.shape[1]) if column_lower is None else column_lower
    lp.col_upper_ = np.full(matrix.shape[1], highspy.kHighsInf)
    lp.row_lower_, lp.row_upper_ = lower, upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    solver = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": 1,  # the same path every time
        "primal_feasibility_tolerance": _TOLERANCE,
        "dual_feasibility_tolerance": _TOLERANCE,
        "presolve": "choose" if presolve else "off",
    }
    for option, value in options.items():
        solver.setOptionValue(option, value)
    solver.passModel(lp)
    return solver


def live_model(program: IntegerProgram) -> Any:
    """Return a live HiGHS model of an integer program, right-hand sides 0: for re-solves from the last basis."""
    zero = np.zeros(program.matrix.shape[0])
    matrix = sp.csc_array(program.matrix, dtype=np.float64)
    lower = np.where(program.equality, zero, -np.inf)
    return _load(matrix, program.cost.astype(np.float64), lower, zero, False)


def _read(solver: Any, matrix: sp.csc_array, started: float) -> Answer:
    import highspy

    status = solver.getModelStatus()
    seconds = time.perf_counter() - started
    iterations = int(solver.getInfo().simplex_iteration_count)
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return Answer(False, np.empty(0), np.empty(0), np.nan, "HiGHS", iterations, seconds)
    if status != highspy.HighsModelStatus.kOptimal:
        raise SolverError(
            f"HiGHS ended with status {solver.modelStatusToString(status)} on a program of {matrix.shape[0]} rows and "
            f"{matrix.shape[1]} columns. Try another solver, or report the model and data."
        )
    found = solver.getSolution()
    x, duals = np.array(found.col_value), np.array(found.row_dual)
    value = float(solver.getObjectiveValue())
    return Answer(True, x, duals, value, "HiGHS", iterations, seconds, read_basis(solver))


def read_basis(solver: Any) -> Basis | None:
    """Return the basis of a live HiGHS model."""
    import highspy

    status, basic = solver.getBasicVariables()
    if status != highspy.HighsStatus.kOk:
        return None
    basic = np.asarray(basic, dtype=np.intp)
    return Basis(np.sort(basic[basic >= 0]), np.sort(-1 - basic[basic < 0]))


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
    elastic = sp.csc_array(sp.hstack([sp.eye_array(rows), -sp.eye_array(rows)], format="csc"))
    transposed = sp.csr_array(matrix.T)
    scale = max(1.0, float(abs(cost).max()))
    iterations = 0
    remaining()
    for penalty in (10 * scale, 1e3 * scale, 1e5 * scale):
        while True:
            part = sp.csc_array(sp.hstack([matrix[:, active], elastic], format="csc"))
            prices = np.concatenate([cost[active], np.full(2 * rows, penalty)])
            answer = _solve_part(part, prices, lower, upper)
            iterations += answer.iterations
            reduced = cost - transposed @ answer.duals
            reduced[active] = 0.0
            promising = np.flatnonzero(reduced < -_TOLERANCE)
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
    own = basis.columns[basis.columns < len(active)]
    elastic = (basis.columns[basis.columns >= len(active)] - len(active)) % rows
    return Basis(np.sort(active[own]), np.union1d(basis.loose, elastic))


def _solve_part(matrix: sp.csc_array, cost: Floats, lower: Floats, upper: Floats) -> Answer:
    solver = _load(matrix, cost, lower, upper, True)
    run(solver)
    return _read(solver, matrix, time.perf_counter())
