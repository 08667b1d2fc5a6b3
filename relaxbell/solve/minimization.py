"""`minimize` and `bounds`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING, Any, Literal, cast, overload

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations
from relaxbell.errors import MeasureError, SolverError
from relaxbell.exact.numbers import Exact, Surd, floor_float
from relaxbell.exact.simplex import Contradiction
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import TimeLimitError, deadline, passed, remaining
from relaxbell.measures.dependence import Dependence, SettingLayout
from relaxbell.measures.information import MutualInformation
from relaxbell.measures.locality import BinaryEntropy, binary_entropy
from relaxbell.measures.measure import Budget, Measure
from relaxbell.measures.products import Nonbilocality
from relaxbell.measures.terms import Floats, fresh
from relaxbell.methods import provided
from relaxbell.solve.columns import least_dependence
from relaxbell.solve.conic import solve_clarabel
from relaxbell.solve.dual import DualBound, Proof, dual_bound
from relaxbell.solve.exactness import exact_proof
from relaxbell.solve.highs import Answer, solve_highs
from relaxbell.solve.infeasible import infeasible
from relaxbell.solve.information import least_information
from relaxbell.solve.program import LinearProgram, Problem, all_rows, is_hard, linear_program, read_constraints
from relaxbell.solve.refinement import refine
from relaxbell.solve.settled import settled
from relaxbell.solve.size import check_measure
from relaxbell.solve.solution import Bounds, Solution, StrategyWeights

if TYPE_CHECKING:
    from relaxbell.solve.networks.solution import NetworkSolution

Solver = Literal["highs", "clarabel"]
NetworkSolver = Literal["scip"]

_WANTED = (1e-9, 1e-12)
_NEEDED = (1e-7, 1e-10)
"""Relative and absolute gap between value and bound: what is aimed at, and what is a result."""

_FEASIBLE = 1e-8
"""How far the model found may miss the equations; a hundredth is aimed at."""

_INFORMATION_GAP = 1e-6
"""What is a result for mutual information, in bits; its programs end at 1e-9 relative, as a rule."""


@overload
def minimize(
    measure: Nonbilocality,
    observed: Behavior | Observed,
    subject_to: Any = (),
    *,
    solver: NetworkSolver | None = None,
    tolerance: float | None = None,
    seconds: float | None = None,
) -> NetworkSolution: ...
@overload
def minimize(
    measure: Measure,
    observed: Behavior | Observed,
    subject_to: Any = (),
    *,
    solver: Solver | None = None,
    thorough: bool = True,
    seconds: float | None = None,
) -> Solution: ...
def minimize(
    measure: Measure,
    observed: Behavior | Observed,
    subject_to: Any = (),
    *,
    solver: Solver | NetworkSolver | None = None,
    thorough: bool = True,
    seconds: float | None = None,
    tolerance: float | None = None,
) -> Solution:
    """Return the least value of a measure among the models that reproduce what was observed.

    Parameters
    ----------
    measure
        What to minimize; its model is the one that must reproduce the data.
    observed
        A `Behavior`, or `Observed` values of functionals. Float behaviors are read as exact ones that
        satisfy the model's equalities; the change is in ``statistics["distance"]``.
    subject_to
        Budgets (``other <= 0.1``, Theorem 7) and affine CVXPY constraints on ``measure.model.q``; lists of them may
        contain lists, such as those of `setting_bounds`.
    solver
        ``highs`` (simplex), ``clarabel`` (interior point, refined by simplex), or None: HiGHS, refined where
        the bound is not tight, then Clarabel. Mutual information has an interior-point method of its own, then
        Clarabel. For `nonbilocality`, None: branch and bound with rigorous bounds, or ``scip`` (extra ``global``),
        whose bound is labeled a solver bound.
    seconds
        Time limit; None for none. Kept within a second or a fifth, whichever is more. For `nonbilocality` (60 by
        default) the interval is then returned as it is, with the status ``time limit``.
    thorough
        Whether to go on to an exact solution where exact data allow it but the solver's basis is not quite optimal:
        some pivots in exact arithmetic. The bound is rigorous in any case.
    tolerance
        For `nonbilocality`: how wide the interval around its least value may be; by default 1e-6.

    Returns
    -------
    Solution
        Frozen; ``model.q.value`` is not touched. A `NetworkSolution` for `nonbilocality`.

    Raises
    ------
    InfeasibleError
        If no model satisfies the constraints; it carries a witness, an inequality that the model obeys
        and the data violate.
    SolverError
        If no solver reached a gap of 1e-7 relative or 1e-10 absolute, or none did in time.
    BehaviorError, SignalingError, MeasureError
        If the parts do not fit together.
    ModelTooLargeError
        If the program does not fit in memory; nothing large is built then.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.bell().relax("X -> B")
    >>> s = rb.minimize(rb.influence(model, "X", "B"), rb.boxes.tsirelson())
    >>> round(s.value, 9), str(s.witness)
    (0.207106781, 'CHSH = 2.82843 > 2')
    """
    if not isinstance(measure, Measure):
        raise MeasureError(f"cannot minimize a {type(measure).__name__}, expected a Measure such as influence(…).")
    if isinstance(measure, Nonbilocality):
        if solver not in (None, "scip"):
            raise MeasureError(f"solver {solver!r} is not for {measure.name}, expected 'scip' or None.")
        return provided("minimize, nonbilocality")(  # which solves linear programs with this module
            measure, observed, subject_to, tolerance=tolerance, seconds=seconds, solver=cast(Any, solver)
        )
    if tolerance is not None:
        raise MeasureError(f"tolerance is for nonbilocality(model): {measure.name} is solved to the end. Leave it out.")
    if solver not in (None, "highs", "clarabel"):
        raise MeasureError(f"solver {solver!r} is unknown, expected 'highs', 'clarabel' or None.")
    with deadline(seconds, measure.name):
        if isinstance(measure, BinaryEntropy):
            return _minimize_entropy(measure, observed, subject_to, solver)
        return _minimize(measure, observed, subject_to, solver, thorough)


def _minimize(
    measure: Measure, observed: Behavior | Observed, subject_to: Any, solver: Solver | None, thorough: bool
) -> Solution:
    check_measure(measure)
    equations = measure.model.equations(observed)
    remaining()  # many strategies take seconds to write down
    answer, proof = solve_over(measure, equations, subject_to, solver, thorough=thorough)
    problem, bound = proof.problem, proof.bound
    q = _weights(answer, proof)
    if proof.primal is None:
        found, lower = max(measure.at(q), bound.value), bound.value
    else:
        found = float(bound.bound)
        lower = bound.value if equations.distance else found
    statistics = {
        "solver": answer.solver,
        "iterations": answer.iterations,
        "seconds": answer.seconds,
        "strategies": problem.strategies,
        "rows": len(equations.rows),
        "gap": found - lower,
        "distance": equations.distance,
    }
    functional = dual_functional(measure, equations, bound.z)
    total = (bound.z * equations.rhs).sum() if len(bound.z) else Fraction(0)
    weights = StrategyWeights(measure.model, q)
    return Solution(measure, observed, found, lower, "optimal", weights, statistics, functional, total, (proof,))


def _weights(answer: Answer, proof: Proof) -> Floats:
    """Return q as floats, read-only: the exact weights where they are known."""
    if proof.primal is not None:
        q = np.zeros(proof.problem.strategies)
        q[list(proof.primal)] = [float(v) for v in proof.primal.values()]
    else:
        q = answer.x[: proof.problem.strategies].clip(0.0)
        q = q / q.sum()
    q.setflags(write=False)
    return q


def bounds(
    query: Measure,
    observed: Behavior | Observed,
    subject_to: Any = (),
    *,
    solver: Solver | None = None,
    seconds: float | None = None,
) -> Bounds:
    """Return both ends of a signed (linear) query over the models that reproduce what was observed.

    Parameters
    ----------
    query
        A linear measure, such as `average_causal_effect` or `message_weight`.
    observed, subject_to, solver
        As in `minimize`.
    seconds
        Time limit of both ends together; None for none.

    Returns
    -------
    Bounds
        Unpacks into (lower, upper); the rigorous ends are its `lower_bound` and `upper_bound`.

    Raises
    ------
    MeasureError
        If the query is not linear.
    InfeasibleError, SolverError, BehaviorError, SignalingError
        As in `minimize`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> iv = rb.instrumental()
    >>> noise = rb.Behavior([[[0.25] * 2] * 2] * 2, outputs="A B", inputs="Z")
    >>> rb.bounds(rb.average_causal_effect(iv, "A", "B"), noise)
    [-0.5, 0.5] for ACE(A -> B)
    """
    if not isinstance(query, Measure) or not query.term.is_linear or isinstance(query, BinaryEntropy):
        name = query.name if isinstance(query, Measure) else type(query).__name__
        raise MeasureError(
            f"bounds are for linear queries such as average_causal_effect(…): found {name}. Use minimize for norms."
        )
    with deadline(seconds, query.name):
        return Bounds(
            minimize(query, observed, subject_to, solver=solver),
            minimize(-query, observed, subject_to, solver=solver),
        )


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


def dual_functional(measure: Measure, equations: Equations, z: Exact) -> BellFunctional:
    """Return the multipliers of the equations as a functional of p(outputs|inputs)."""
    model = measure.model
    table = np.array(equations.functional(z) * Fraction(1), dtype=object).reshape(model.observed_shape)
    return BellFunctional(table, model.outputs, model.inputs, parties=equations.parties)


def _minimize_entropy(
    measure: BinaryEntropy, observed: Behavior | Observed, subject_to: Any, solver: Solver | None
) -> Solution:
    """H is concave: its least value is at an end of the interval of reachable probabilities."""
    ends = bounds(measure.weight, observed, subject_to, solver=solver)
    low, high = (binary_entropy(p) for p in ends)
    interval = (ends.minimum.proofs[0].bound.value, -ends.maximum.proofs[0].bound.value)  # rounded outwards
    # the true interval lies within the rigorous one, and h at the ends of the larger one is smaller
    rigorous = min(binary_entropy(min(max(p, 0.0), 1.0)) for p in interval)
    lower_bound = max(0.0, floor_float(Fraction(rigorous) - Fraction(1, 2**50)))
    chosen = ends.minimum if low <= high else ends.maximum
    statistics = {**chosen.statistics, "gap": min(low, high) - lower_bound}
    return replace(
        chosen,
        measure=measure,
        value=min(low, high),
        lower_bound=lower_bound,
        statistics=statistics,
        proofs=(*ends.minimum.proofs, *ends.maximum.proofs),
    )
