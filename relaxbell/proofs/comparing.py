"""A formula and the least value compared at one behavior."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.closed_forms.domains import Domain
from relaxbell.engines.solution import Solution
from relaxbell.errors import ProofError
from relaxbell.exact.numbers import Exact, as_exact, decimal, to_sympy
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.maximum import Maximum
from relaxbell.measures.measure import Measure
from relaxbell.proofs.verdict import Counterexample
from relaxbell.solve.minimization import minimize

if TYPE_CHECKING:
    from sympy import Expr

Formula: TypeAlias = "Expr | BellFunctional | Maximum"

TOLERANCE = 1e-6
"""Numerical values and formulas that differ by more are refuted."""


class Comparison(NamedTuple):
    """|formula − least value|, whether both are exact, a counterexample if it is one, and what was solved."""

    gap: float
    exact: bool
    counterexample: Counterexample | None
    solution: Solution


def compared_at(
    measure: Measure,
    formula: Formula,
    behavior: Behavior | Observed,
    subject_to: object,
    u: Exact | None = None,
    domain: Domain | None = None,
    parameter: object = None,
) -> Comparison:
    """Compare a formula with the least value at a behavior."""
    import sympy

    value = formula
    if isinstance(value, BellFunctional | Maximum):
        value = value(behavior)
        value = to_sympy(value) if as_exact(value) is not None else sympy.sympify(value, strict=True)
    elif domain is not None and u is not None:
        places = {str(s): v for s, v in zip(domain.labels, u[1:], strict=True)}
        value = value.xreplace({s: to_sympy(places[str(s)]) for s in value.free_symbols})
    elif parameter is not None:
        value = value.subs({s: _number(parameter) for s in value.free_symbols})
    solution = minimize(measure, behavior, subject_to)
    if not value.is_real:
        undefined = Counterexample(behavior, parameter, None, least_value(solution), False)
        return Comparison(float("inf"), False, undefined, solution)
    if solution.exact is not None and not value.has(sympy.Float):
        if sympy.simplify(value - solution.exact) == 0:
            return Comparison(0.0, True, None, solution)
        wrong = Counterexample(behavior, parameter, sympy.nsimplify(value), solution.exact, True)
        return Comparison(float("inf"), True, wrong, solution)
    gap = float(value) - solution.value
    if abs(gap) <= TOLERANCE:
        return Comparison(abs(gap), False, None, solution)
    upper = solution.value if solution.upper_bound is None else solution.upper_bound
    bound = solution.lower_bound if gap < 0 else upper
    if (bound - float(value)) * gap >= 0:  # no bound refutes the formula: the difference is only numerical
        return Comparison(abs(gap), False, None, solution)
    return Comparison(abs(gap), False, Counterexample(behavior, parameter, value, bound, False), solution)


def least_value(solution: Solution) -> Expr | float:
    """Return the least value, exact where it is known (0 as well)."""
    return solution.value if solution.exact is None else solution.exact


def _number(parameter: object) -> Expr:
    """Return a parameter as a sympy number; a float as the shortest decimal that prints it."""
    exact = as_exact(parameter)
    if exact is None and isinstance(parameter, float) and math.isfinite(parameter):
        exact = decimal(parameter)
    if exact is None:
        raise ProofError(
            f"the formula has a symbol, but the point {parameter!r} is no number. Give {{number: behavior}}."
        )
    return to_sympy(exact)
