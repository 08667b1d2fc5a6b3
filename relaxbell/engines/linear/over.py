"""Minimizing a measure over the q that satisfy equations: floats until a rigorous bound agrees, then exactly."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from typing import Any, Literal, TypeAlias

import numpy as np
import scipy.sparse as sp

from relaxbell.causal.equations import Equations
from relaxbell.engines.linear.dual import NOTHING, QUICK, DualBound, Proof, dual_bound
from relaxbell.engines.linear.exactness import exact_proof
from relaxbell.engines.linear.infeasible import infeasible
from relaxbell.engines.linear.program import LinearProgram, Problem, all_rows, is_hard, linear_program, read_constraints
from relaxbell.engines.linear.settled import settled
from relaxbell.errors import InfeasibleError, MeasureError, ModelTooLargeError, SolverError
from relaxbell.exact.numbers import Surd
from relaxbell.exact.simplex import Contradiction
from relaxbell.lp.clock import TimeLimitError, deadline, passed, remaining, with_bound
from relaxbell.lp.conic import solve_clarabel
from relaxbell.lp.highs import Answer, StoppedError, solve_highs
from relaxbell.lp.refinement import refine
from relaxbell.measures.measure import Measure
from relaxbell.measures.terms import Term

Solver = Literal["highs", "clarabel"]

WANTED = (1e-9, 1e-12)
NEEDED = (1e-7, 1e-10)
"""Relative and absolute gap between value and bound: what is aimed at, and what is a result."""

_SMALLEST = -1000
"""Exponents below this are no floats any more."""

_LISTED_AGAIN = 2**17
"""Strategies times settings up to which a problem is solved once more for its certificate."""

_FEASIBLE = 1e-8
"""How far the model found may miss the equations; a hundredth is aimed at."""


Special: TypeAlias = Callable[[Problem, bool], "tuple[Answer, Proof] | None"]
"""A form of its own for a problem without constraints: (problem, thorough) → answer and proof, None to go on."""


def check_solver(solver: object) -> None:
    """Raise MeasureError for anything but a solver of linear programs, or None."""
    if solver not in (None, "highs", "clarabel"):
        raise MeasureError(f"solver {solver!r} is unknown, expected 'highs', 'clarabel' or None.")


def read_problem(measure: Measure, term: Term, equations: Equations, subject_to: object) -> Problem:
    """Return the problem of minimizing a term over the q that satisfy equations and constraints; errors as `minimize`.

    Its leaves are copies, so that a term used twice is told apart.
    """
    own, values = Problem.of(term, equations, *read_constraints(measure, subject_to)), equations.floats
    budgets = tuple(
        replace(b, measure=replace(b.measure, term=b.measure.term.given(equations.rows, values))) for b in own.budgets
    )
    problem = replace(own, objective=own.objective.given(equations.rows, values), budgets=budgets)
    _check_roots(problem, measure)
    return problem


def solve_over(
    measure: Measure,
    term: Term,
    equations: Equations,
    subject_to: object,
    solver: Solver | None = None,
    *,
    thorough: bool = True,
    special: Special | None = None,
) -> tuple[Answer, Proof]:
    """Minimize a measure over the q that satisfy equations and constraints; errors as `minimize`.

    The proof is exact wherever an exact solution was found; where the equations come from floats (`distance`), only
    the solver's own basis is tried. `special` is tried first, where there are no constraints.
    """
    problem = read_problem(measure, term, equations, subject_to)
    try:
        return _solve_over(measure, problem, solver, thorough=thorough, special=special)
    except InfeasibleError:
        if not equations.rounding or equations.distance:
            raise
        moved = replace(equations, distance=equations.rounding)  # floats may miss a constraint by rounding
    return _solve_over(
        measure, read_problem(measure, term, moved, subject_to), solver, thorough=thorough, special=special
    )


def _solve_over(
    measure: Measure, problem: Problem, solver: Solver | None, *, thorough: bool, special: Special | None
) -> tuple[Answer, Proof]:
    """Minimize a measure in a problem that was read."""
    equations = problem.equations
    thorough = thorough and equations.distance == 0
    rare = equations.exponents is not None  # such float data too are read exactly, and scaled
    own = special if not (problem.budgets or problem.affine or solver) else None
    hard = solver is None and (rare or (thorough and is_hard(problem) and own is None))
    seconds = remaining()
    with deadline(0.5 * seconds if hard and seconds < inf else None, measure.name):  # the rest is for floats
        found = _settled(problem, measure) if hard else None
        stopped = hard and passed()
    if found is None:
        found = _solved(problem, measure, solver, thorough=thorough, again=thorough and not hard, special=own)
    answer, proof = found
    stopped = thorough and proof.primal is None and (stopped or passed())
    return answer, replace(proof, stopped=True) if stopped else proof


def listed_again(measure: Measure, proof: Proof) -> Proof | None:
    """Return the proof by a list of all strategies, for a certificate that needs one; None where they are many."""
    problem = proof.problem
    settings = math.prod(measure.model.cardinality[name] for name in measure.model.dependent_inputs)
    if problem.strategies * settings > _LISTED_AGAIN:
        return None
    try:
        constraints = [*problem.budgets, *problem.affine]
        return solve_over(measure, problem.objective, problem.equations, constraints)[1]
    except ModelTooLargeError:
        return None


def _solved(
    problem: Problem,
    measure: Measure,
    solver: Solver | None,
    *,
    thorough: bool,
    again: bool,
    special: Special | None,
) -> tuple[Answer, Proof]:
    """Minimize in floats, then exactly from the solver's basis; with `again`, by exact pivots where that fails."""
    own = None if special is None else special(problem, thorough)
    if own is not None:
        listed = own[1].support is None  # else exact pivots among all strategies would take too long
        found = _settled(problem, measure) if again and listed and own[1].primal is None and not passed() else None
        return found or own
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


def _solve(
    problem: Problem, program: LinearProgram, measure: Measure, solver: Solver | None
) -> tuple[Answer, DualBound]:
    """Try solvers until value and rigorous bound agree; the bound decides what is believed."""
    data = (program.matrix, program.cost, program.lower, program.upper)
    tried, best = [], None
    for attempt in _attempts(solver):
        try:
            answer = _attempt(attempt, data, best[1] if best else None)
        except TimeLimitError as late:
            if best is None or best[0] > 1:
                raise _bounded(late, problem, program, measure, best and best[2]) from None
            break
        except SolverError as error:
            tried.append(f"{attempt}: {error}")
            continue
        if not answer.feasible:
            infeasible(problem, measure)
            tried.append(f"{attempt}: reported infeasible without a proof")
            continue
        found = dual_bound(problem, program, answer.duals)
        excess = violation(answer, problem)
        gap = problem.objective.value(answer.x[: problem.strategies].clip(0.0)) - found.value
        tried.append(f"{attempt}: gap {gap:.3g}, equations missed by {excess:.3g}")
        score = max(gap / limit(answer.value, NEEDED), excess / _FEASIBLE)
        if best is None or score < best[0]:
            best = (score, answer, found)
        if gap <= limit(answer.value, WANTED) and excess <= _FEASIBLE / 100:
            break
    if best is None or best[0] > 1:
        raise SolverError(
            f"min {measure.name} did not converge: {'; '.join(tried)}. Expected a gap of 1e-7 relative or 1e-10. "
            "Round the behavior with rounded(model), or try the other solver."
        )
    return best[1], best[2]


def _bounded(
    late: TimeLimitError, problem: Problem, program: LinearProgram, measure: Measure, known: DualBound | None
) -> TimeLimitError:
    """Return the error with the rigorous bound of the duals at which a solver was stopped: any duals have one."""
    found = [] if known is None else [known.value]
    if isinstance(late, StoppedError) and late.duals is not None and program.matrix.nnz <= QUICK:
        found.append(dual_bound(problem, program, late.duals).value)
    found = [value for value in found if value > NOTHING]
    return with_bound(late, measure.name, max(found)) if found else late


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


def violation(answer: Answer, problem: Problem) -> float:
    """Return how far an answer misses the equations, or falls below 0; where settings are rare, relative to them."""
    q, equations = answer.x[: problem.strategies], problem.equations
    missed, below = equations.rows.matrix @ q.clip(0.0) - equations.floats, -q
    for distance in problem.deviations[:1]:  # only the sums over all outcomes are to be met
        missed = np.bincount(distance.settings, missed)
    missed = abs(missed)
    if equations.exponents is not None:
        size = np.ldexp(1.0, np.maximum(equations.exponents, _SMALLEST))  # of each strategy's weight
        own = sp.csr_array(equations.rows.matrix)
        rows = np.repeat(np.arange(own.shape[0]), np.diff(own.indptr))
        largest = np.zeros(own.shape[0])
        np.maximum.at(largest, rows, size[own.indices])
        missed, below = missed / np.where(largest > 0, largest, 1.0), below / size
    return float(max(missed.max(initial=0.0), below.max(initial=0.0)))


def limit(size: float, tolerance: tuple[float, float]) -> float:
    """Return an absolute tolerance from a relative and an absolute one."""
    return max(tolerance[0] * abs(size), tolerance[1])
