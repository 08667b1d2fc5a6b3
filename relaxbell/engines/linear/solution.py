"""The solution of a linear program, or of another convex one with a dual functional."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.warm import KNOWN
from relaxbell.engines.solution import UNSOUGHT, Solution
from relaxbell.engines.strategies import StrategyWeights
from relaxbell.engines.witness import Witness
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, ceil_float, floor_float, to_sympy
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import time_is_over
from relaxbell.measures.measure import Measure

if TYPE_CHECKING:
    import sympy

    from relaxbell.certificate.claims import Certificate
    from relaxbell.lp.highs import Answer

_LATER = ("q", "functional", "functional_value", "proof")
"""Fields that may be sought when they are read."""


@dataclass(frozen=True, eq=False, repr=False)
class ConvexSolution(Solution):
    """The least value of a convex measure, with the problem and the dual data behind the bound.

    Attributes
    ----------
    functional, functional_value
        The dual functional and its value on the data; `witness` adds the bound that they violate.
    proof
        The problem, the exact dual data, and exact weights that attain the bound, where they are known.
    measure, observed, value, lower_bound, status, q, statistics
        As in `Solution`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
    >>> solution.proof.bound.bound, solution.functional.equivalent(rb.catalog.CH)
    (Fraction(1, 2), True)
    """

    functional: BellFunctional
    functional_value: ExactNumber
    proof: Proof

    if not TYPE_CHECKING:  # type checkers know the fields

        def __getattr__(self, name: str) -> object:
            """Seek the fields that were left for later."""
            sought = self.__dict__.get("_sought") if name in _LATER else None
            if sought is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            whole = sought()
            self.__dict__.update({own: getattr(whole, own) for own in _LATER if own not in self.__dict__})
            return self.__dict__[name]

    def __getstate__(self) -> dict[str, object]:
        """How the rest is sought does not travel, so it is sought before."""
        if "_sought" in self.__dict__:
            assert self.functional is not None
        return {name: value for name, value in self.__dict__.items() if name != "_sought"}

    @property
    def exact(self) -> sympy.Expr | None:
        if "_least" in self.__dict__:
            return None if self.statistics["distance"] else to_sympy(self.__dict__["_least"])
        if self.proof.primal is None or self.statistics["distance"]:
            return None
        return to_sympy(self.proof.bound.bound)

    @property
    def upper_bound(self) -> float | None:
        if "_least" in self.__dict__:
            return ceil_float(self.__dict__["_least"]) if self.statistics["distance"] else self.lower_bound
        if self.proof.primal is None:
            return None
        return ceil_float(self.proof.bound.bound) if self.statistics["distance"] else self.lower_bound

    @cached_property
    def witness(self) -> Witness:
        """The Bell functional of the dual solution, its value on the data and its unrelaxed bound."""
        model = self.measure.model  # distances are from the model itself
        own = model if self.measure.compares else model.unrelaxed
        signaling = self.proof.problem.equations.may_signal
        return Witness(self.functional, self.functional_value, self.functional.bound(own), signaling, own)


@dataclass(frozen=True, eq=False, repr=False)
class LinearSolution(ConvexSolution):
    """The least value of a measure that is written by a term; see `Solution` and `ConvexSolution`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.input_signaling(), "X", "B")
    >>> rb.minimize(c, rb.boxes.tsirelson()).exact
    -1/2 + sqrt(2)/2
    """

    @cached_property
    def certificate(self) -> Certificate:
        """The exact data from which anyone can check the lower bound, without this package."""
        from relaxbell.engines.linear.certificates import linear_certificate  # with the verifier, when one is made
        from relaxbell.engines.linear.over import listed_again

        proof = self.proof
        if proof.bound.unstated:
            proof = listed_again(self.measure, proof) or proof
        return linear_certificate(self.measure, proof)


def rational_minimum(solution: LinearSolution) -> Fraction:
    """Return a least value that is to be the budget of another measure.

    Raises
    ------
    MeasureError
        If it is irrational, or was not found exactly.
    TimeLimitError
        If the time was over before.
    """
    exact = solution.proof.bound.bound
    if solution.proof.stopped:
        raise time_is_over()
    if solution.proof.primal is None or not isinstance(exact, Fraction):
        raise MeasureError(
            f"min {solution.measure.name} = {solution.value:.9g} is not rational or was not found exactly, and budgets "
            "are rational. Use behavior.rounded(model, denominator=10**6) for a rational behavior nearby."
        )
    return exact


S = TypeVar("S", bound=ConvexSolution)


def later_solution(
    kind: type[S],
    measure: Measure,
    observed: Behavior | Observed,
    least: ExactNumber,
    distance: float,
    rows: int,
    seconds: float,
    sought: Callable[[], S],
) -> S:
    """Return a solution whose exact value is known; `sought` gives model, functional and proof when they are read.

    Parameters
    ----------
    measure, observed, rows, seconds
        As in `Solution` and its statistics.
    least
        The least value.
    distance
        How far float data were moved to be exact.
    sought
        Makes a solution that has all of it, exact.
    """
    value = float(least)
    lower = floor_float(least) if distance else value
    statistics = {
        "solver": KNOWN,
        "iterations": 0,
        "seconds": seconds,
        "strategies": measure.model.strategies.count,
        "rows": rows,
        "gap": value - lower,
        "distance": distance,
    }
    found = kind.__new__(kind)
    known = {"measure": measure, "observed": observed, "value": value, "lower_bound": lower, "status": "optimal"}
    found.__dict__.update(known, statistics=statistics, _least=least, _sought=sought)
    return found


def convex_solution(
    kind: type[S],
    measure: Measure,
    observed: Behavior | Observed,
    equations: Equations,
    answer: Answer,
    proof: Proof,
) -> S:
    """Return the solution that a solver's answer and its proof make."""
    bound = proof.bound
    q = StrategyWeights(measure.model, weights_of(answer, proof) if proof.support is None else proof.support)
    if proof.primal is None:
        reached = answer.value
        if proof.support is None:  # what is compared with data is known by the engine
            if proof.problem.deviations:
                reached = proof.problem.objective.value(q.weights)
            elif not measure.compares:
                reached = measure.at(q)
        found, lower = max(reached, bound.value), bound.value
    else:
        found = float(bound.bound)
        lower = bound.value if equations.distance else found
    statistics: dict[str, object] = {
        "solver": answer.solver,
        "iterations": answer.iterations,
        "seconds": answer.seconds,
        "strategies": proof.problem.strategies,
        "rows": len(equations.rows),
        "gap": found - lower,
        "distance": equations.distance,
    }
    if proof.stopped and not equations.distance:
        statistics["exact"] = UNSOUGHT

    def whole() -> S:
        functional = dual_functional(measure, equations, bound.z)
        total = equations.total(bound.z)
        return kind(measure, observed, found, lower, "optimal", q, statistics, functional, total, proof)

    solution = kind.__new__(kind)
    known = {"measure": measure, "observed": observed, "value": found, "lower_bound": lower, "status": "optimal"}
    solution.__dict__.update(known, statistics=statistics, q=q, proof=proof, _sought=whole)
    return solution


def weights_of(answer: Answer, proof: Proof) -> Floats:
    """Return q as floats, read-only: the exact weights where they are known."""
    if proof.primal is not None:
        q = np.zeros(proof.problem.strategies)
        q[list(proof.primal)] = [float(v) for v in proof.primal.values()]
    else:
        q = answer.x[: proof.problem.strategies].clip(0.0)
        q = q / q.sum()
    q.setflags(write=False)
    return q


def dual_functional(measure: Measure, equations: Equations, z: Exact) -> BellFunctional:
    """Return the multipliers of the equations as a functional of p(outputs|inputs)."""
    model = measure.model
    table = np.array(equations.functional(z) * Fraction(1), dtype=object).reshape(model.observed_shape)
    return BellFunctional(table, model.outputs, model.inputs, parties=equations.parties)
