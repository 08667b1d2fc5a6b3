"""Minimizing a measure over the q that satisfy equations: floats until a rigorous bound agrees, then exactly."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Any, Literal

from relaxbell.causal.equations import Equations
from relaxbell.engines.information.minimum import least_information
from relaxbell.engines.linear.columns import least_dependence
from relaxbell.engines.linear.dual import DualBound, Proof, dual_bound
from relaxbell.engines.linear.exactness import exact_proof
from relaxbell.engines.linear.infeasible import infeasible
from relaxbell.engines.linear.program import LinearProgram, Problem, all_rows, is_hard, linear_program, read_constraints
from relaxbell.engines.linear.settled import settled
from relaxbell.errors import MeasureError, SolverError
from relaxbell.exact.numbers import Surd
from relaxbell.exact.simplex import Contradiction
from relaxbell.lp.clock import TimeLimitError, deadline, passed, remaining
from relaxbell.lp.conic import solve_clarabel
from relaxbell.lp.highs import Answer, solve_highs
from relaxbell.lp.refinement import refine
from relaxbell.measures.dependence import Dependence, SettingLayout
from relaxbell.measures.information import MutualInformation
from relaxbell.measures.measure import Budget, Measure
from relaxbell.measures.terms import fresh

Solver = Literal["highs", "clarabel"]

_WANTED = (1e-9, 1e-12)
_NEEDED = (1e-7, 1e-10)
"""Relative and absolute gap between value and bound: what is aimed at, and what is a result."""

_FEASIBLE = 1e-8
"""How far the model found may miss the equations; a hundredth is aimed at."""

_INFORMATION_GAP = 1e-6
"""What is a result for mutual information, in bits; its programs end at 1e-9 relative, as a rule."""


def solve_over(
    measure: Measure, equations: Equations, subject_to: Any, solver: Solver | None = None, *, thorough: bool = True
) -> tuple[Answer, Proof]:
    """Minimize a measure over the q that satisfy equations and constraints; errors as `minimize`.

    The proof is exact wherever an exact solution was found; where the equations come from floats (`distance`), only
    the solver's own basis is tried.
    """
    budgets, affine = read_constraints(measure, subject_to)
    copies = tuple(Budget(replace(b.measure, term=fresh(b.measure.term)), b.limit) for b in budgets)
    problem = Problem(fresh(measure.term), equations, copies, affine)
    _check_roots(problem, measure)
    thorough = thorough and equations.distance == 0
    if isinstance(measure, MutualInformation) and measure.layout is not None:
        if thorough and (budgets or affine or measure.model.free_inputs):
            infeasible(problem, measure)  # decided exactly; the interior-point method has a tolerance
        answer, bound = _information(problem, measure, measure.layout, solver)
        return answer, Proof(problem, bound)
    rare = equations.exponents is not None  # such float data too are read exactly, and scaled
    columns = isinstance(measure, Dependence) and not (budgets or affine)
    hard = solver is None and (rare or (thorough and is_hard(problem) and not columns))
    seconds = remaining()
    with deadline(0.5 * seconds if hard and seconds < inf else None, measure.name):  # the rest is for floats
        found = _settled(problem, measure) if hard else None
    return found or _solved(problem, measure, solver, thorough=thorough, again=thorough and not hard)


def _solved(
    problem: Problem, measure: Measure, solver: Solver | None, *, thorough: bool, again: bool
) -> tuple[Answer, Proof]:
    """Minimize in floats, then exactly from the solver's basis; with `again`, by exact pivots where that fails."""
    special = _special_form(problem, measure, solver, thorough)
    if special is not None:
        found = _settled(problem, measure) if again and special[1].primal is None and not passed() else None
        return found or special
    remaining()
    program = linear_program(problem)
    try:
        answer, bound = _solve(problem, program, measure, solver)
    except TimeLimitError:
        raise
    except SolverError:
        found = _settled(problem, measure) if again else None
        if found is None:
            raise
        return found
    if passed():
        return answer, Proof(problem, bound)
    proof = exact_proof(problem, program, answer, thorough=thorough)
    found = _settled(problem, measure) if again and proof is None and not passed() else None
    return found or (answer, proof or Proof(problem, bound))


def _check_roots(problem: Problem, measure: Measure) -> None:
    """Raise MeasureError where exact numbers have different roots: they are of Q(√n) for one n."""
    limits = itertools.chain((b.limit for b in problem.budgets), *(c.rhs for c in problem.affine))
    rows = (rows.numbers for rows in all_rows(problem) if rows.numbers is not None)
    numbers = itertools.chain(problem.equations.rhs, limits, *rows)
    roots = sorted({number.n for number in numbers if isinstance(number, Surd)})
    if len(roots) > 1:
        raise MeasureError(
            f"min {measure.name}: found {' and '.join(f'√{n}' for n in roots)} in data, limits and rows, expected one "
            "square root. Give rational limits, or floats."
        )


def _settled(problem: Problem, measure: Measure) -> tuple[Answer, Proof] | None:
    """Return the exact solution of exact data, whatever their size; raise InfeasibleError where they exclude it."""
    found = settled(problem)
    if not isinstance(found, Contradiction):
        return found
    if problem.equations.distance == 0:  # rounded floats may miss a constraint by rounding
        infeasible(problem, measure)
    return None


def _special_form(
    problem: Problem, measure: Measure, solver: Solver | None, thorough: bool
) -> tuple[Answer, Proof] | None:
    """Solve dependence by columns; None where the general program serves."""
    constrained = problem.budgets or problem.affine or solver
    if not isinstance(measure, Dependence) or measure.layout is None or constrained:
        return None
    try:
        found = least_dependence(problem.equations, measure.layout, thorough=thorough)
    except TimeLimitError:
        raise
    except SolverError:
        return None  # the general program has more ways to converge
    if found is None:
        infeasible(problem, measure)
        return None
    answer, bound, primal = found
    if primal is None and answer.value - bound.value > _limit(answer.value, _WANTED):
        return None
    return answer, Proof(problem, bound, primal)


def _information(
    problem: Problem, measure: MutualInformation, layout: SettingLayout, solver: Solver | None
) -> tuple[Answer, DualBound]:
    if solver == "highs":
        raise MeasureError(f"{measure.name} is not linear, so HiGHS cannot minimize it. Leave out solver.")
    found = least_information(measure, layout, problem)
    if found is None:
        infeasible(problem, measure)
        raise SolverError(f"min {measure.name}: reported infeasible without a proof. Round the behavior first.")
    answer, bound = found
    budgets = [b.measure.term.value(answer.x) - float(b.limit) for b in problem.budgets]
    if max(answer.value - bound.value, _violation(answer, problem), *budgets) > _INFORMATION_GAP:
        raise SolverError(
            f"min {measure.name} did not converge: value {answer.value:.9g}, rigorous bound {bound.value:.9g}. "
            "Expected a gap of 1e-6 bit. Round the behavior with rounded(model)."
        )
    return found


def _solve(
    problem: Problem, program: LinearProgram, measure: Measure, solver: Solver | None
) -> tuple[Answer, DualBound]:
    """Try solvers until value and rigorous bound agree; the bound decides what is believed."""
    data = (program.matrix, program.cost, program.lower, program.upper)
    tried, best = [], None
    for attempt in _attempts(solver):
        try:
            answer = _attempt(attempt, data, best[1] if best else None)
        except TimeLimitError:
            if best is None or best[0] > 1:
                raise
            break
        except SolverError as error:
            tried.append(f"{attempt}: {error}")
            continue
        if not answer.feasible:
            infeasible(problem, measure)
            tried.append(f"{attempt}: reported infeasible without a proof")
            continue
        found = dual_bound(problem, program, answer.duals)
        excess = _violation(answer, problem)
        gap = problem.objective.value(answer.x[: problem.strategies].clip(0.0)) - found.value
        tried.append(f"{attempt}: gap {gap:.3g}, equations missed by {excess:.3g}")
        score = max(gap / _limit(answer.value, _NEEDED), excess / _FEASIBLE)
        if best is None or score < best[0]:
            best = (score, answer, found)
        if gap <= _limit(answer.value, _WANTED) and excess <= _FEASIBLE / 100:
            break
    if best is None or best[0] > 1:
        raise SolverError(
            f"min {measure.name} did not converge: {'; '.join(tried)}. Expected a gap of 1e-7 relative or 1e-10. "
            "Round the behavior with rounded(model), or try the other solver."
        )
    return best[1], best[2]


def _attempts(solver: Solver | None) -> Sequence[str]:
    if solver == "clarabel":
        return ("clarabel", "refined")
    steps = ("highs", "refined", "highs without presolve", "refined")
    return steps if solver == "highs" else (*steps, "clarabel", "refined")


def _attempt(name: str, data: tuple[Any, ...], best: Answer | None) -> Answer:
    if name == "refined" and best is None:
        raise SolverError("nothing to refine")
    if name == "refined" and best is not None:
        return refine(data, best)
    if name == "clarabel":
        return solve_clarabel(*data)
    return solve_highs(*data, presolve=name == "highs")


def _violation(answer: Answer, problem: Problem) -> float:
    q = answer.x[: problem.strategies]
    missed = abs(problem.equations.rows.matrix @ q.clip(0.0) - problem.equations.floats).max(initial=0.0)
    return float(max(missed, -q.min(initial=0.0)))


def _limit(size: float, tolerance: tuple[float, float]) -> float:
    return max(tolerance[0] * abs(size), tolerance[1])
