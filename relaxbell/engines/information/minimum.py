"""Least mutual information: a smooth convex program with a rigorous dual bound.

For any real z, with z_x(λ) = (Tᵀ z)_(x, λ) and q(x) = p(x) fixed by the data,

    I ≥ ⟨p̃, z⟩ − max_λ log2 Σ_x p(x) 2^{z_x(λ)} .

Proof: by the Gibbs variational principle Σ_x q(x|λ) [z_x − log2(q(x|λ)/p(x))] ≤ log2 Σ_x p(x) 2^{z_x} for
every λ; average over λ. Affine constraints on q and budgets enter z_x(λ) with their multipliers.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp

from relaxbell.causal.equations import Equations
from relaxbell.engines.dependence.minimum import priced_information
from relaxbell.engines.information.interior import independent_rows, solve_inside
from relaxbell.engines.information.log_sums import least_of_sums
from relaxbell.engines.linear.dual import DualBound, Proof, RawDuals, evaluated, nothing, raw_duals
from relaxbell.engines.linear.infeasible import infeasible
from relaxbell.engines.linear.over import Solver, read_problem, violation
from relaxbell.engines.linear.program import LinearProgram, Problem, linear_program
from relaxbell.errors import MeasureError, SolverError
from relaxbell.exact.bounds import dyadic_bits
from relaxbell.exact.numbers import Floats
from relaxbell.lp import panics
from relaxbell.lp.clock import remaining
from relaxbell.lp.highs import Answer
from relaxbell.measures.information import MutualInformation
from relaxbell.measures.settings import SettingLayout
from relaxbell.measures.terms import ZERO

_WANTED = (1e-8, 1e-12)
"""Relative and absolute gap, in bits, with which the second method is not tried."""

_NEEDED = 1e-6
"""What is a result, in bits; programs end at 1e-9 relative, as a rule."""

_FINE = 2.0**80
"""Multipliers are rounded to multiples of 1/_FINE; coarser where budgets need sums that are exact in float64."""


def solve_information(
    measure: MutualInformation,
    equations: Equations,
    subject_to: object,
    solver: Solver | None = None,
    *,
    thorough: bool = True,
) -> tuple[Answer, Proof]:
    """Minimize the information over the q that satisfy equations and constraints; errors as `minimize`."""
    problem = read_problem(measure, ZERO, equations, subject_to)
    if solver is None and not (problem.budgets or problem.affine):
        own = priced_information(problem, measure)
        if own is not None:
            return own
    measure.check_size()
    if thorough and equations.distance == 0 and (problem.budgets or problem.affine or measure.model.free_inputs):
        infeasible(problem, measure)  # decided exactly; the interior-point method has a tolerance
    if solver == "highs":
        raise MeasureError(f"{measure.name} is not linear, so HiGHS cannot minimize it. Leave out solver.")
    found = least_information(measure, problem)
    if found is None:
        infeasible(problem, measure)
        raise SolverError(f"min {measure.name}: reported infeasible without a proof. Round the behavior first.")
    answer, bound = found
    budgets = [b.measure.term.value(answer.x) - float(b.limit) for b in problem.budgets]
    if max(answer.value - bound.value, violation(answer, problem), *budgets) > _NEEDED:
        raise SolverError(
            f"min {measure.name} did not converge: value {answer.value:.9g}, rigorous bound {bound.value:.9g}. "
            "Expected a gap of 1e-6 bit. Round the behavior with rounded(model)."
        )
    return answer, Proof(problem, bound)


def least_information(measure: MutualInformation, problem: Problem) -> tuple[Answer, DualBound] | None:
    """Minimize the information; None if the constraints seem infeasible.

    By the interior-point method of this package, then, where value and bound do not agree, by Clarabel.

    Raises
    ------
    SolverError
        If neither solves the program.
    """
    started, program, layout = time.perf_counter(), linear_program(problem), measure.layout
    found = solve_inside(layout, program)
    best = None
    if found is not None:
        answer = Answer(True, found.q, found.duals, measure.at(found.q), "interior point", found.iterations, 0.0)
        best = answer, information_bound(problem, layout, program, found.duals)
    if best is None or not _agree(*best, problem):
        try:
            second = _clarabel(measure, program)
        except SolverError:
            if best is None or not _feasible(best[0], problem):
                raise
            second = None
        else:
            if second is None and (best is None or not _feasible(best[0], problem)):
                return None
        if second is not None:
            bound = information_bound(problem, layout, program, second.duals)
            if best is None or not _feasible(best[0], problem) or _gap(second, bound) < _gap(*best):
                best = second, bound
    assert best is not None  # there is a second, or the first is feasible
    answer, bound = best
    return replace(answer, seconds=time.perf_counter() - started), bound


def _gap(answer: Answer, bound: DualBound) -> float:
    return answer.value - bound.value


def _agree(answer: Answer, bound: DualBound, problem: Problem) -> bool:
    close = _gap(answer, bound) <= max(_WANTED[0] * answer.value, _WANTED[1])
    return close and _feasible(answer, problem)


def _feasible(answer: Answer, problem: Problem) -> bool:
    missed = abs(problem.equations.rows.matrix @ answer.x - problem.equations.floats).max(initial=0.0)
    return float(missed) <= 1e-8


def _clarabel(measure: MutualInformation, program: LinearProgram) -> Answer | None:
    """Minimize the information as a cone program; None if it is reported infeasible."""
    import cvxpy as cp

    n = measure.model.strategies.count
    x = cp.Variable(n + program.auxiliary, nonneg=True)  # not model.q, whose value is the user's
    equal = program.lower == program.upper
    rows = sp.csr_array(program.matrix)
    same, less = independent_rows(program.matrix, np.flatnonzero(equal)), np.flatnonzero(~equal)
    scale = max(1.0, 1 / float(measure.layout.weights[0]))  # data of order one
    match = (rows[same] * scale) @ x == program.upper[same] * scale
    limit = [rows[less] @ x <= program.upper[less]] if len(less) else []
    task = cp.Problem(cp.Minimize(measure.expression_of(x[:n])), [match, *limit])
    options: dict[str, Any] = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10, "max_threads": 1}
    options["time_limit"] = remaining()
    try:
        with warnings.catch_warnings(), panics.told(measure.name):
            warnings.simplefilter("ignore", UserWarning)  # "may be inaccurate": the rigorous bound decides
            task.solve(solver=cp.CLARABEL, accept_unknown=True, **options)
    except cp.SolverError as error:
        remaining()
        raise SolverError(f"Clarabel failed on {measure.name}: {error}") from None
    if task.status in ("infeasible", "infeasible_inaccurate"):
        return None
    if x.value is None:
        raise SolverError(f"Clarabel ended with status {task.status} on {measure.name}.")
    duals = np.zeros(len(rows.indptr) - 1)
    duals[same] = -np.asarray(match.dual_value).ravel() * scale
    if limit:
        duals[less] = -np.maximum(np.ravel(limit[0].dual_value), 0.0)
    weights = np.asarray(x.value).ravel()[:n].clip(0.0)
    iterations = int(task.solver_stats.num_iters or 0)
    return Answer(True, weights, duals, measure.at(weights), "Clarabel", iterations, 0.0)


def information_bound(problem: Problem, layout: SettingLayout, program: LinearProgram, duals: Floats) -> DualBound:
    """Return the rigorous bound of the duals of the program's rows.

    All λ are evaluated in float64; those within reach of the maximum again in ball arithmetic.
    """
    raw = raw_duals(problem, program, duals)
    grid = int(_grid(problem, raw))
    found = evaluated(problem, raw, grid, least_of_sums(layout, grid))
    return found if found is not None and found.bound > 0 else nothing(problem, raw, Fraction(0))


def _grid(problem: Problem, raw: RawDuals) -> float:
    if not problem.budgets:
        return _FINE
    size = max((float(abs(a).sum()) for a in raw.arrays()), default=1.0)
    return 2.0 ** max(1, dyadic_bits(max(1.0, size)))
