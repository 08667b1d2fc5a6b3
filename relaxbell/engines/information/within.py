"""Least values of linear measures within a budget on the mutual information: cone programs with a rigorous bound.

For any μ > 0, multipliers z of the equations and feasible row weights, with r_x(λ) what the linear program's dual
leaves of the cost of the strategy (x, λ)::

    Σ q r ≥ −μ c − μ max_λ log2 Σ_x p(x) 2^{−r_x(λ)/μ}     if   I = Σ_λ q(λ) D(q(x|λ) ‖ p(x)) ≤ c,

for Σ_x q(x|λ) r_x + μ D ≥ −μ log2 Σ_x p(x) 2^{−r_x/μ} by the Gibbs variational principle. μ = 0 is the bound of the
linear program without the budget.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import Equations
from relaxbell.causal.size import check_memory
from relaxbell.engines.information.interior import forbidden, independent_rows
from relaxbell.engines.information.log_sums import least_of_sums
from relaxbell.engines.information.minimum import least_information
from relaxbell.engines.linear.dual import DualBound, Proof, dual_bound, evaluated, raw_duals
from relaxbell.engines.linear.infeasible import infeasible, witness_of
from relaxbell.engines.linear.over import read_problem, violation
from relaxbell.engines.linear.program import LinearProgram, Problem, linear_program, without_information
from relaxbell.errors import InfeasibleError, MeasureError, SolverError
from relaxbell.exact.bounds import dyadic_bits
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.lp.entropic import solve_entropic
from relaxbell.lp.highs import Answer, solve_highs
from relaxbell.measures.information import InformationBudget
from relaxbell.measures.measure import Measure, same_model
from relaxbell.measures.settings import SettingLayout
from relaxbell.measures.terms import ZERO, Term

_NEVER = 100.0
"""Columns that the data forbid have 2^−_NEVER of their weight."""

_LARGEST = 2.0**60
"""The multiplier where there are no bits at all: the bound loses 1/_LARGEST of the squared size of the cost."""

_NEEDED = (1e-7, 1e-9)
"""Relative and absolute gap between value and bound that is a result; 3e-11 is the rule."""

_STEPS = 60
"""Of the search for the best multiplier of the bits, given all others."""

_CONE = 9000
"""Bytes of the cone program for each strategy."""


@dataclass(frozen=True, eq=False)
class _Reduced:
    """The program without strategies that the data forbid, and with one for all λ that are alike."""

    program: LinearProgram
    forbidding: NDArray[np.bool_]
    allowed: NDArray[np.bool_]
    chosen: NDArray[np.intp]
    """Columns of the strategies that are kept, sorted by λ."""
    owner: NDArray[np.intp]
    setting: NDArray[np.intp]
    rows: NDArray[np.intp]

    @property
    def columns(self) -> NDArray[np.intp]:
        """Strategies that are kept, then the auxiliary columns."""
        total = self.program.matrix.shape[1]
        return np.concatenate([self.chosen, np.arange(total - self.program.auxiliary, total)])


def solve_within(
    measure: Measure, term: Term, equations: Equations, subject_to: object, *, thorough: bool = True
) -> tuple[Answer, Proof]:
    """Minimize a term over the q that satisfy equations and constraints, some of them in bits; errors as `minimize`.

    Raises
    ------
    InfeasibleError
        With a proof, if nothing satisfies them.
    SolverError
        If value and bound stay apart.
    """
    bits, others = without_information(subject_to)
    problem = replace(read_problem(measure, term, equations, others), information=bits)
    tightest = _tightest(measure, bits)
    answer, bound = solve_problem(problem, measure)
    value = term.value(answer.x[: problem.strategies].clip(0.0))
    if value - bound.value > max(_NEEDED[0] * abs(value), _NEEDED[1]) or violation(answer, problem) > 1e-7:
        raise SolverError(
            f"min {measure.name} within {tightest} did not converge: value {value:.9g}, rigorous bound "
            f"{bound.value:.9g}. Round the behavior with rounded(model)."
        )
    return answer, Proof(problem, bound)


def solve_problem(problem: Problem, measure: Measure) -> tuple[Answer, DualBound]:
    """Minimize the objective of a problem with budgets in bits; the bound is rigorous, how close it is was not checked.

    Raises
    ------
    InfeasibleError
        With a proof, if nothing satisfies the constraints.
    """
    bits = problem.information
    tightest = _tightest(measure, bits)
    if problem.deviations:
        raise MeasureError(
            f"min {measure.name} within {tightest}: found a distance from the data beside a budget in bits, expected "
            "one of them. Limit dependence(model) instead of the information, or leave the distance out."
        )
    layout = tightest.measure.layout
    cones = layout.count * len(layout.weights)
    check_memory(
        f"min {measure.name} with {tightest.measure.name} in a budget, a program of {cones:,} exponential cones,",
        cones * _CONE,
        "Reduce the settings or the outcomes, or use a budget of dependence(model): see pinsker_bound.",
    )
    program = linear_program(problem)
    linear = solve_highs(program.matrix, program.cost, program.lower, program.upper)
    if not linear.feasible:
        infeasible(problem, measure)
        raise SolverError(f"min {measure.name}: reported infeasible without a proof. Round the behavior first.")
    bounds = [dual_bound(problem, program, linear.duals)]
    if _information(layout, linear.x) <= float(tightest.limit):
        answer = linear
    else:
        answer, duals, mu = _solved(problem, measure, layout, _reduced(problem, program, layout), tightest)
        bounds.append(bound_within(problem, layout, program, duals, mu))
    bound = max(bounds, key=lambda own: own.bound)
    return answer, replace(bound, information=_multipliers(bits, tightest, bound.information))


def check_within(measure: Measure, proof: Proof, bits: Sequence[InformationBudget]) -> None:
    """Raise InfeasibleError where the least information itself exceeds a budget in bits."""
    tightest = _tightest(measure, bits)
    if proof.bound.bound > tightest.limit:
        problem = replace(proof.problem, information=tuple(bits))
        raise _exceeded(problem, measure, tightest, proof.bound)


def checked_bits(measure: Measure, bits: Sequence[InformationBudget]) -> tuple[InformationBudget, ...]:
    """Return budgets in bits; raise MeasureError for those of other models, and for symbols."""
    if bits:
        _tightest(measure, bits)
    return tuple(bits)


def _tightest(measure: Measure, bits: Sequence[InformationBudget]) -> InformationBudget:
    """Return the smallest budget; raise MeasureError for those of other models, and for symbols."""
    for budget in bits:
        same_model(measure, budget.measure)
        if budget.is_symbolic:
            raise MeasureError(
                f"the budget {budget} is symbolic, expected a number here: BellFunctional.bound makes curves."
            )
    return min(bits, key=lambda budget: float(budget.limit))


def _multipliers(
    bits: Sequence[InformationBudget], tightest: InformationBudget, own: tuple[Fraction, ...]
) -> tuple[Fraction, ...]:
    """Return the multiplier of each budget: the one of the tightest is the only one that is not 0."""
    return tuple(own[0] if own and budget is tightest else Fraction(0) for budget in bits)


def _information(layout: SettingLayout, x: Floats) -> float:
    """Return I in bits, of weights of all strategies and whatever comes after them."""
    joint = x[layout.numbers].clip(0.0)
    product = np.outer(layout.floats, joint.sum(axis=0))
    used = joint > 0
    return float((joint[used] * np.log2(joint[used] / product[used])).sum())


def _reduced(problem: Problem, program: LinearProgram, layout: SettingLayout) -> _Reduced:
    matrix, n = sp.csc_array(program.matrix), problem.strategies
    forbidding, allowed = forbidden(sp.csc_array(matrix[:, :n]), program)
    marks = np.random.default_rng(0).normal(size=matrix.shape[0])
    own = (matrix[:, :n].T @ marks + np.pi * program.cost[:n])[layout.numbers]
    # strategies of λ that are alike in all rows: what one has may be given to the other
    _, first = np.unique(np.where(allowed[layout.numbers], own, np.inf), axis=1, return_index=True)
    kept = layout.numbers[:, np.sort(first)].T
    usable = allowed[kept]
    chosen = kept[usable]
    group, setting = np.nonzero(usable)
    _, owner = np.unique(group, return_inverse=True)
    equal = program.lower == program.upper
    columns = np.concatenate([chosen, np.arange(n, matrix.shape[1])])
    free = independent_rows(sp.csc_array(matrix[:, columns]), np.flatnonzero(equal & ~forbidding))
    rows = np.concatenate([free, np.flatnonzero(~equal)]).astype(np.intp)
    return _Reduced(program, forbidding, allowed, chosen, owner.ravel(), setting, rows)


def _solved(
    problem: Problem, measure: Measure, layout: SettingLayout, own: _Reduced, budget: InformationBudget
) -> tuple[Answer, Floats, float]:
    """Return q, the duals of the program's rows, and the multiplier of the bits."""
    program = own.program
    matrix = sp.csc_array(sp.csr_array(program.matrix)[own.rows])
    cost, lower, upper = program.cost, program.lower[own.rows], program.upper[own.rows]
    x, duals = np.zeros(program.matrix.shape[1]), np.zeros(program.matrix.shape[0])
    if budget.limit == 0:
        # q(x, λ) = p(x) w(λ): one column for each λ that nothing forbids at any setting
        counts = np.bincount(own.owner)
        whole = np.flatnonzero(counts == len(layout.weights))
        keep = np.isin(own.owner, whole)
        _, place = np.unique(own.owner[keep], return_inverse=True)
        strategies, share = own.chosen[keep], layout.floats[own.setting[keep]]
        spread = sp.csc_array((share, (strategies, place.ravel())), shape=(matrix.shape[1], len(whole)))
        k = program.auxiliary
        extra = sp.csc_array((np.ones(k), (np.arange(len(x) - k, len(x)), np.arange(k))), shape=(len(x), k))
        spread = sp.csc_array(sp.hstack([spread, extra], format="csc"))
        found = (
            solve_highs(sp.csc_array(matrix @ spread), np.asarray(spread.T @ cost), lower, upper)
            if len(whole)
            else None
        )
        if found is None or not found.feasible:
            raise _excluded(problem, measure, budget)
        x, duals[own.rows], mu = np.asarray(spread @ found.x), found.duals, _LARGEST
        answer = replace(found, x=x, duals=duals)
    else:
        columns, nats = own.columns, float(budget.limit) * math.log(2)
        part = (sp.csc_array(matrix[:, columns]), cost[columns], lower, upper)
        solved = solve_entropic(part, own.owner, layout.floats[own.setting], nats)
        if not solved.answer.feasible:
            raise _excluded(problem, measure, budget)
        x[columns], duals[own.rows] = solved.answer.x, solved.answer.duals
        answer, mu = replace(solved.answer, x=x, duals=duals), solved.multiplier * math.log(2)
        reduced = (program.cost - program.matrix.T @ duals)[own.chosen]
        mu = _best_multiplier(-reduced, own, layout, float(budget.limit), mu)
    if own.forbidding.any():
        never = ~own.allowed
        most = (program.matrix.T @ duals - program.cost)[: problem.strategies][never]
        duals[own.forbidding] = -float(most.max(initial=0.0)) - _NEVER * max(mu, 1e-9)
    return answer, duals, mu


def _best_multiplier(h: Floats, own: _Reduced, layout: SettingLayout, bits: float, mu: float) -> float:
    """Return the multiplier with the best bound, near a given one: the bound is concave in it."""
    prior, count = layout.floats[own.setting], int(own.owner[-1]) + 1
    top = np.full(count, -np.inf)
    np.maximum.at(top, own.owner, h)

    def lost(size: float) -> float:
        parts = np.bincount(own.owner, prior * np.exp2((h - top[own.owner]) / size), count)
        return size * bits + float((top + size * np.log2(parts)).max())

    size = max(mu, 1e-12)
    low, high = math.log(size / 4), math.log(size * 4)
    ratio = (math.sqrt(5) - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    fa, fb = lost(math.exp(a)), lost(math.exp(b))
    for _ in range(_STEPS):
        if fa <= fb:
            high, b, fb = b, a, fa
            a = high - ratio * (high - low)
            fa = lost(math.exp(a))
        else:
            low, a, fa = a, b, fb
            b = low + ratio * (high - low)
            fb = lost(math.exp(b))
    return min((size, math.exp(a), math.exp(b)), key=lost)


def _excluded(problem: Problem, measure: Measure, budget: InformationBudget) -> Exception:
    """Return the error of a budget that is too small, with its proof."""
    rest = replace(problem, objective=ZERO, information=())
    found = least_information(budget.measure, rest)
    if found is None or not found[1].bound > budget.limit:
        least = "" if found is None else f" The least {budget.measure.name} is {found[0].value:.9g} bit."
        return SolverError(f"min {measure.name} within {budget}: reported infeasible without a proof.{least}")
    return _exceeded(problem, measure, budget, found[1])


def _exceeded(problem: Problem, measure: Measure, budget: InformationBudget, least: DualBound) -> InfeasibleError:
    """Return the error of a budget below a lower bound of its measure."""
    limit: ExactNumber = budget.limit
    proof = replace(
        least,
        bound=least.bound - limit,
        offset=least.offset - limit,
        information=_multipliers(problem.information, budget, (Fraction(1),)),
    )
    constrained = replace(problem, objective=ZERO)
    return InfeasibleError(
        f"no model of {measure.model.name} reproduces the data within the constraints "
        f"{', '.join(map(str, [*problem.budgets, *problem.information]))}, by an exact dual argument. Raise a budget: "
        f"without the others, {budget.measure.name} is at least {least.value:.9g} bit.",
        witness_of(measure, problem, proof),
        Proof(constrained, proof),
        measure.model,
    )


def bound_within(
    problem: Problem, layout: SettingLayout, program: LinearProgram, duals: Floats, mu: float
) -> DualBound:
    """Return the rigorous bound of the duals of the program's rows and a multiplier of the bits."""
    raw = raw_duals(problem, program, duals)
    sizes = [abs(own).sum() for own in (*raw.leaves.values(), raw.budgets, *raw.affine)]
    grid = 2 ** max(1, dyadic_bits(max(1.0, *map(float, sizes)) if sizes else 1.0))
    digits, exponent = math.frexp(mu)
    share = Fraction(max(1, round(digits * 2.0**40))) * Fraction(2) ** (exponent - 40)  # any is good
    bits = min((budget.limit for budget in problem.information), key=float)
    found = evaluated(problem, raw, grid, least_of_sums(layout, grid, share, bits))
    assert found is not None  # sums of logarithms always have a bound
    return replace(found, information=(share,))
