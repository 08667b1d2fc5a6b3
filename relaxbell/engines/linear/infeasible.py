"""Proving that nothing satisfies the constraints, and saying which inequality is violated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.linear.dual import DualBound, Proof, dual_bound
from relaxbell.engines.linear.program import LinearProgram, Problem, linear_program
from relaxbell.engines.linear.settled import contradiction, settled
from relaxbell.engines.witness import Witness
from relaxbell.errors import InfeasibleError, SolverError
from relaxbell.exact.numbers import ExactNumber
from relaxbell.exact.simplex import Contradiction
from relaxbell.exact.texts import decimal_text, different_texts
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import TimeLimitError
from relaxbell.lp.highs import solve_highs
from relaxbell.lp.rows import misses
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.measure import Measure
from relaxbell.measures.terms import ZERO, Total

_PROOF = 1e-11
"""Violations below this are not told from rounding; those of exact data are decided in exact arithmetic."""

_SHOWN = 4
"""Terms of a user's constraint in a message."""


_BY_CHANCE = (
    " They are estimates: whether chance explains it says evidence(counts, influence(model.relax(…), …)), and bounds "
    "that allow for chance have subject_to=[largest_distance(model) <= counts.confidence_radius(0.95)]."
)
"""Remedy where the data are frequencies or a fit."""


@dataclass(frozen=True)
class Ways:
    """How bounds of other problems with the same equations are found.

    Attributes
    ----------
    farkas
        A bound of the zero objective where nothing satisfies the constraints; see `_farkas`.
    least
        A lower bound of the objective; None if none was found.
    """

    farkas: Callable[[Problem], DualBound | None]
    least: Callable[[Problem], DualBound | None]


def infeasible(problem: Problem, measure: Measure, ways: Ways | None = None) -> None:
    """Raise InfeasibleError with a witness if infeasibility can be proved; else return."""
    model, ways = measure.model, ways or Ways(_farkas, _bound)
    nothing = ZERO  # the objective 0; where distances are in it, they still say that the data need not be met
    if problem.deviations:
        nothing = Total(tuple(own.scaled(Fraction(0)) for own in problem.deviations))
    bare = Problem(ZERO, problem.equations)
    proof = None if problem.deviations else _positive(ways.farkas(bare), problem)
    if proof is not None:
        witness = witness_of(measure, problem, proof)
        behavior = problem.equations.behavior
        what = "these values" if behavior is None else "this behavior"
        # frequencies may violate what their probabilities obey
        chance = "" if behavior is None or not behavior.estimated else _BY_CHANCE
        raise InfeasibleError(
            f"no classical model of {model.name} reproduces {what} (violation {decimal_text(witness.excess)} of "
            f"{witness.title}). Relax another edge, or check the data.{chance}",
            witness,
            Proof(bare, proof),
            model,
        )
    if problem.budgets or problem.affine:
        constrained = Problem(nothing, problem.equations, problem.budgets, problem.affine)
        proof = _positive(ways.farkas(constrained), problem)
        if proof is not None:
            limits = [*map(str, problem.budgets), *map(_constraint_text, problem.affine)]
            reproduces, more = "reproduces the data within", "; the data alone can be reproduced"
            if problem.deviations:
                reproduces, more = "satisfies", ""
            raise InfeasibleError(
                f"no model of {model.name} {reproduces} the constraints {', '.join(limits)}, by an exact dual argument"
                f"{more}. {_remedy(problem, ways)}",
                witness_of(measure, problem, proof),
                Proof(constrained, proof),
                model,
            )


def _positive(found: DualBound | None, problem: Problem) -> DualBound | None:
    """Return a bound if it proves something: floats are not told from rounding."""
    least = Fraction(_PROOF if problem.equations.distance else 0)
    return found if found is not None and (float(found.bound) > _PROOF or found.bound > least) else None


def _constraint_text(constraint: AffineConstraint) -> str:
    """Return a user's constraint as its first row: ``q[3] + 2 q[4] >= 1.6``."""
    if constraint.text:
        return constraint.text
    row, right = sp.csr_array(constraint.rows.array[[0]]), constraint.rhs[0]
    pairs = list(zip(row.indices.tolist(), row.data.tolist(), strict=True))
    down = bool(pairs) and all(value < 0 for _, value in pairs)
    terms = [f"{_factor(-value if down else value)}q[{place}]" for place, value in pairs[:_SHOWN]]
    terms += [f"… of {len(pairs)} strategies"] if len(pairs) > _SHOWN else []
    relation = "==" if constraint.equality else ">=" if down else "<="
    left = " + ".join(terms).replace("+ -", "- ") or "0"
    more = f" (and {len(constraint.rows) - 1} more rows)" if len(constraint.rows) > 1 else ""
    return f"{left} {relation} {decimal_text(-right if down else right)}{more}"


def _factor(value: float) -> str:
    return {1.0: "", -1.0: "-"}.get(value, f"{decimal_text(value)} ")


def _remedy(problem: Problem, ways: Ways) -> str:
    """Say the least value of each budgeted measure alone."""
    found = []
    for budget in problem.budgets:
        least = _least(Problem(budget.measure.term, problem.equations), budget.limit, ways)
        if least is not None:
            found.append(f"{budget.measure.name} is at least {different_texts(least, budget.limit)[0]}")
    if not found:
        return "Raise a budget." if problem.budgets else "Loosen a constraint."
    return f"Raise a budget: without the others, {'; '.join(found)}."


def _bound(problem: Problem) -> DualBound | None:
    """Return a lower bound from a solver's duals; None if there are none."""
    program = linear_program(problem)
    duals = _duals(program.matrix, program.cost, program)
    return None if duals is None else dual_bound(problem, program, duals)


def _least(problem: Problem, limit: ExactNumber, ways: Ways) -> ExactNumber | None:
    """Return a lower bound, exact where it is not above the limit otherwise; None if none was found."""
    known = ways.least(problem)
    bound = None if known is None else known.bound
    if (bound is None or bound <= limit) and problem.equations.distance == 0 and ways.least is _bound:
        found = settled(problem)
        return bound if found is None or isinstance(found, Contradiction) else found[1].bound.bound
    return bound


def _duals(matrix: sp.csc_array, cost: NDArray[np.float64], program: LinearProgram) -> NDArray[np.float64] | None:
    """Return a solver's duals; None where numbers of very different sizes leave it without."""
    try:
        duals = solve_highs(matrix, cost, program.lower, program.upper).duals
    except TimeLimitError:
        raise
    except SolverError:
        return None
    return duals if len(duals) else None


def _farkas(problem: Problem) -> DualBound | None:
    """Return a positive bound of the zero objective: ⟨z, E q⟩ ≤ −offset < ⟨z, rhs⟩ for all feasible q; or None.

    Elastic equations and constraints: minimize the sum of violations, which always has a solution. A
    positive minimum means infeasibility, and the rigorous bound of the zero objective at its duals is
    the exact proof.
    """
    program = linear_program(problem)
    rows = program.matrix.shape[0]
    places = [program.equations, *program.budgets, *program.affine]
    elastic = misses(np.concatenate([np.arange(rows)[p] for p in places]), rows)
    matrix = sp.csc_array(sp.hstack([program.matrix, elastic], format="csc"))
    cost = np.concatenate([np.zeros(program.matrix.shape[1]), np.ones(elastic.shape[1])])
    duals = _duals(matrix, cost, program)
    found = None if duals is None else dual_bound(problem, program, duals)
    if found is not None and float(found.bound) > _PROOF:
        return found
    return contradiction(problem, program) if problem.equations.distance == 0 else None


def witness_of(measure: Measure, problem: Problem, proof: DualBound) -> Witness:
    """Return the functional of an infeasibility, its value on the data and its bound."""
    model, z = measure.model, proof.z
    table = np.array(problem.equations.functional(z) * Fraction(1), dtype=object).reshape(model.observed_shape)
    functional = BellFunctional(table, model.outputs, model.inputs, parties=problem.equations.parties)
    return Witness(functional, problem.equations.total(z), -proof.offset, problem.equations.may_signal, model)
