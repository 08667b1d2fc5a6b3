"""Largest values on a set of behaviors under linear conditions: marginals, values of other functionals, budgets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from relaxbell.behavior.observed import Observed
from relaxbell.behavior.scenario import same_variables
from relaxbell.causal.plain import is_constraint
from relaxbell.certificate.claims import Certificate, as_text, as_texts
from relaxbell.engines.linear.program import flat
from relaxbell.errors import FunctionalError, InfeasibleError, SolverError
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, Surd, decimal, to_floats
from relaxbell.exact.texts import one_line
from relaxbell.functionals.functional import BellFunctional
from relaxbell.measures.affine import rows_over
from relaxbell.measures.measure import Budget
from relaxbell.quantum.base import BehaviorSet, proved
from relaxbell.quantum.causes import largest_value
from relaxbell.quantum.maxima import SetMaximum
from relaxbell.quantum.proofs import claimed
from relaxbell.quantum.sets import NonsignalingSet, QuantumSet
from relaxbell.quantum.squares import solve_conic

if TYPE_CHECKING:
    from cvxpy import Constraint

_PRICES, _BITS, _ENOUGH = (8.0, 512.0, 2.0**16), 36, 1e-8
"""Prices of missing a condition, relative to the functional; bits of multipliers; distance of value and bound."""

_MISSED = 1e-6


@dataclass(frozen=True, eq=False)
class Condition:
    """form · coordinates ≤ limit, or equal.

    Attributes
    ----------
    form
        Rational, over the coordinates of the set, the constant first.
    limit
        The constant of the form not subtracted.
    equality
        Whether it is attained.
    """

    form: Exact
    limit: ExactNumber
    equality: bool


def conditions(where: BehaviorSet, subject_to: object) -> list[Condition]:
    """Return what is to hold beside a set: observed values, CVXPY constraints on its table, budgets.

    Raises
    ------
    FunctionalError
        If something is none of them.
    """
    found: list[Condition] = []
    for item in flat(subject_to):
        if isinstance(item, Observed):
            found += _observed(where, item)
        elif isinstance(item, Budget):
            found.append(_budget(where, item))
        elif is_constraint(item):
            found += _affine(where, item)
        else:
            raise FunctionalError(
                f"found constraints beside the {where.name} set that it does not take, {one_line(item)}: expected "
                "Observed([(functional, value), …]), affine CVXPY constraints on the p of this very set, or budgets of "
                "linear queries on the graph that the set was made of. Use one of them."
            )
    return found


def _observed(where: BehaviorSet, item: Observed) -> Iterator[Condition]:
    own = where.scenario
    if not same_variables(item, own) or dict(item.scenario.cardinality) != dict(own.cardinality):
        raise FunctionalError(f"{item} is of {item.scenario}, the {where.name} set of {own}. Use the same scenario.")
    for functional, value in zip(item.functionals, item.values, strict=True):
        turned = functional.transposed(own.outputs, own.inputs)
        yield Condition(_rational(where.form(turned.coefficients), functional), value - turned.constant, True)


def _rational(form: Exact, what: object) -> Exact:
    if any(isinstance(v, Surd) for v in form.tolist()):
        raise FunctionalError(
            f"{what} has irrational coefficients, expected rational ones beside conditions. Multiply it by a "
            "number, or round it."
        )
    return form


def _budget(where: BehaviorSet, item: Budget) -> Condition:
    where.expression(item.measure)  # raises what is wrong with it
    leaves = list(item.measure.term.leaves())
    if not item.measure.term.is_linear or len(leaves) != 1 or not isinstance(item.limit, Fraction | Surd):
        raise FunctionalError(
            f"the budget {item} beside the {where.name} set: expected one of a linear query. Use a CVXPY constraint on "
            "where.expression(measure), in a problem of your own."
        )
    rows = leaves[0].rows.exact
    assert rows is not None  # `expression` has checked them
    assert where.graph is not None
    total: list[ExactNumber] = [Fraction(0)] * where.graph.model.strategies.count
    for row in rows.rows:
        for j, v in row.items():
            total[j] += v
    return Condition(_rational(where.graph.form(total), item), item.limit, False)


def _affine(where: BehaviorSet, item: Constraint) -> Iterator[Condition]:
    from cvxpy.constraints.nonpos import Inequality, NonNeg, NonPos
    from cvxpy.constraints.zero import Equality, Zero

    variable, places = where.variable
    if not isinstance(item, Equality | Zero | Inequality | NonPos | NonNeg):
        raise FunctionalError(f"{one_line(item)} is no equality or inequality. Use those of linear functions of p.")
    body = -item.args[0] if isinstance(item, NonNeg) else item.expr
    if any(v is not variable for v in body.variables()):
        raise FunctionalError(
            f"{one_line(item)} contains a variable that is not of this {where.name} set. Build it from the p of "
            "the set that is given."
        )
    matrix, constant = rows_over(variable, body, "SCIPY")
    dense = matrix.toarray()
    kept = [int(place) for place in places]
    if np.delete(dense, [k for k in kept if k >= 0], axis=1).any():
        raise FunctionalError(f"{one_line(item)} has moments that are no probabilities. Use the p of the set.")
    for row, h in zip(dense, constant.tolist(), strict=True):
        form = np.array([decimal(float(row[k])) if k >= 0 else Fraction(0) for k in kept], dtype=object)
        yield Condition(form, decimal(-h), isinstance(item, Equality | Zero))


def limited(where: BehaviorSet, functional: BellFunctional, subject_to: object) -> SetMaximum:
    """Return the largest value of a functional under conditions; see `BehaviorSet.maximum`."""
    found = conditions(where, subject_to)
    return limited_maximum(where, functional, found) if found else where.maximum(functional)


def limited_maximum(where: BehaviorSet, functional: BellFunctional, limits: Sequence[Condition]) -> SetMaximum:
    """Return the largest value of a functional on a set under conditions, with its proof.

    Raises
    ------
    InfeasibleError
        If no behavior of the set satisfies them.
    """
    own = where.aligned(functional)
    value, proof, point = _largest(where, _rational(where.form(own.coefficients), own), limits)
    data = where.common([own.constant, *(c.limit for c in limits)]) | {
        "measure": {
            "kind": "functional", "set": where.kind, "coefficients": as_texts(own.coefficients.ravel().tolist()),
            "constant": as_text(own.constant), "limits": stated(where, limits),
        },
        "proof": proof,
    }  # fmt: skip
    bound = proved(data)
    exact = isinstance(where, NonsignalingSet)
    behavior = where.behavior(point, own) if exact else None
    value = float(bound) if exact else min(value + float(own.constant), float(bound))
    return SetMaximum(
        f"limited {where.name}", value, bound, bound if exact else None, behavior, Certificate(claimed(data, bound))
    )


def limited_proof(where: BehaviorSet, table: Exact, limits: Sequence[Condition]) -> dict[str, Any]:
    """Return the proof of the largest value of rational coefficients under conditions, as it stands in a certificate.

    Raises
    ------
    InfeasibleError
        If no behavior of the set satisfies them.
    """
    return _largest(where, where.form(table), limits)[1]


def _largest(where: BehaviorSet, form: Exact, limits: Sequence[Condition]) -> tuple[float, dict[str, Any], Any]:
    found = _exact(where, form, limits) if isinstance(where, NonsignalingSet) else _moments(where, form, limits)
    value, multipliers, proof, point = found
    return value, {"multipliers": as_texts(multipliers), "of": proof}, point


def stated(where: BehaviorSet, limits: Sequence[Condition]) -> list[Any]:
    """Return conditions as they stand in a certificate."""
    return [_stated(where, own) for own in limits]


def _stated(where: BehaviorSet, own: Condition) -> list[Any]:
    terms = [[word, as_text(v)] for word, v in zip(where.coordinate_words, own.form.tolist(), strict=True) if v]
    return [_lists(terms), as_text(own.limit), own.equality]


def _lists(data: Any) -> Any:
    return [_lists(part) for part in data] if isinstance(data, list | tuple) else data


Found = tuple[float, list[ExactNumber], dict[str, Any], Any]


def _exact(where: NonsignalingSet, form: Exact, limits: Sequence[Condition]) -> Found:
    sides = [(sign * c.form, sign * c.limit) for c in limits for sign in ((1, -1) if c.equality else (1,))]
    value, point, proof, more = where.largest_within(form, sides)
    left = iter(more)
    multipliers = [next(left) - next(left) if c.equality else next(left) for c in limits]
    return float(value), multipliers, proof, point


def _moments(where: BehaviorSet, form: Exact, limits: Sequence[Condition]) -> Found:
    assert isinstance(where, QuantumSet)
    size = float(abs(to_floats(form[1:])).max(initial=0.0)) or 1.0
    best: Found | None = None
    top, missed = np.inf, 0.0
    for price in _PRICES:
        try:
            value, duals, missed, gram = _priced(where, to_floats(form), limits, price * size)
        except SolverError:
            if best is None and price == _PRICES[-1]:
                raise
            continue
        y, rest, allowed = _multiplied(form, limits, duals)
        for own in (gram, None):
            bound, proof = largest_value(where, rest, own)
            most = float(bound + allowed)
            if most < top:
                top, best = most, (value, y, proof, None)
            if top - value <= _ENOUGH * max(1.0, size):
                break
        if missed < _MISSED and top - value <= _ENOUGH * max(1.0, size):
            break
    if missed > _MISSED:
        _check_feasible(where, limits)
    assert best is not None  # the last price raises, or one was found
    return best


def _multiplied(
    form: Exact, limits: Sequence[Condition], duals: Floats
) -> tuple[list[ExactNumber], Exact, ExactNumber]:
    """Return exact multipliers of the conditions, what is left of a form, and what the conditions allow at most."""
    rounded = [Fraction(round(v * 2.0**_BITS), 2**_BITS) for v in duals.tolist()]
    y = [v if c.equality else max(v, Fraction(0)) for v, c in zip(rounded, limits, strict=True)]
    rest, allowed = form, sum((v * c.limit for v, c in zip(y, limits, strict=True)), Fraction(0))
    for v, c in zip(y, limits, strict=True):
        rest = rest - v * c.form
    return list(y), rest, allowed


def _check_feasible(where: QuantumSet, limits: Sequence[Condition]) -> None:
    """Raise InfeasibleError where it is proved that nothing satisfies the conditions."""
    nothing = np.full(where.coordinates.dimension + 1, Fraction(0), dtype=object)
    _, duals, _, gram = _priced(where, to_floats(nothing), limits, 1.0)
    _, rest, allowed = _multiplied(nothing, limits, duals)
    bound, _ = largest_value(where, rest, gram)
    excess = bound + allowed
    if excess < 0:
        raise InfeasibleError(
            f"no behavior of the {where.name} set satisfies the conditions (they are missed by {-float(excess):.6g}, "
            "by an exact dual argument). Loosen them."
        )


def _priced(
    where: QuantumSet, form: Floats, limits: Sequence[Condition], price: float
) -> tuple[float, Floats, float, Floats]:
    """Return the value, multipliers of the conditions, by how much they are missed, and the dual matrix."""
    import cvxpy as cp

    _, constraints, vector = where.objects
    matrix = np.array([to_floats(c.form) for c in limits])
    right = np.array([float(c.limit) for c in limits])
    equal = np.array([c.equality for c in limits])
    more, less = (cp.Variable(int(k), nonneg=True) for k in (len(limits), max(1, equal.sum())))
    own, missed = [], price * (cp.sum(more) + cp.sum(less))
    if equal.any():
        own.append(matrix[equal] @ vector - more[np.flatnonzero(equal)] + less == right[equal])
    if not equal.all():
        own.append(matrix[~equal] @ vector - more[np.flatnonzero(~equal)] <= right[~equal])
    problem = cp.Problem(cp.Maximize(form @ vector - missed), [*constraints, *own])
    solve_conic(problem, where.name)
    duals = np.zeros(len(limits))
    for known, place in zip(own, [mask for mask in (equal, ~equal) if mask.any()], strict=True):
        duals[place] = np.asarray(known.dual_value)
    lost = float(missed.value) / price
    return float(problem.value) + price * lost, duals, lost, np.asarray(constraints[0].dual_value)
