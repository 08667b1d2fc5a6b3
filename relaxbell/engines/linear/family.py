"""Families of problems along a parameter t: a line of behaviors, a functional's value, a budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Protocol

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import FLOAT_GRID, AnyTable, Equations
from relaxbell.causal.model import CausalModel
from relaxbell.curves.paths import Path
from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.program import accepts_signaling
from relaxbell.engines.linear.warm import KNOWN, WarmProgram
from relaxbell.errors import BehaviorError, InfeasibleError, MeasureError
from relaxbell.exact.basis import Basis
from relaxbell.exact.kept import Kept
from relaxbell.exact.numbers import Exact, ExactNumber, Surd
from relaxbell.exact.vectors import dot
from relaxbell.lp.clock import TimeLimitError
from relaxbell.lp.highs import Answer
from relaxbell.measures.measure import Budget, LinearMeasure, Measure


class Solving(Protocol):
    """What is asked of an engine: dual data at single parameters."""

    @property
    def measure(self) -> Measure:
        """What is minimized."""

    def equations(self, observed: Behavior | Observed, subject_to: object = ()) -> Equations:
        """Return what was observed as equations over q; constraints say whether it may signal."""

    @property
    def solver(self) -> str | None:
        """A solver that was asked for."""

    def solved(self, equations: Equations, subject_to: object) -> tuple[Answer, Proof]:
        """Minimize over the q that satisfy equations and constraints; errors as `minimize`."""


@dataclass(frozen=True)
class Line:
    """intercept + slope · t, exact."""

    intercept: ExactNumber
    slope: ExactNumber

    def at(self, t: ExactNumber) -> ExactNumber:
        """Return the value at t."""
        return self.intercept + self.slope * t


@dataclass(frozen=True, eq=False)
class Sample:
    """The least value at one parameter.

    Attributes
    ----------
    t
        The parameter.
    value
        Exact where `proof.primal` attains it; else the float found, as it stands.
    tangent
        From the dual: no more than the least value at any parameter.
    proof
        Problem, dual data and exact weights.
    answer
        Of the solver.
    exact
        Whether the data are exact and exact weights attain the value. Floats that are read as exact numbers have ties
        broken by rounding: taken literally, their curves would have pieces of length 1e-12.
    """

    t: ExactNumber
    value: ExactNumber
    tangent: Line
    proof: Proof
    answer: Answer
    exact: bool


@dataclass(frozen=True)
class EndBeyond:
    """What is known of an end of the feasible parameters when the time is over.

    Attributes
    ----------
    t
        Nothing outside of it is feasible; exact.
    """

    t: ExactNumber


@dataclass(frozen=True, eq=False)
class Family:
    """Equations and budgets that are affine in t between `low` and `high`.

    Attributes
    ----------
    engine
        What minimizes.
    equations
        Its equations at a parameter.
    low, high
        Ends of the parameter.
    subject_to
        Constraints; the budgets in `moving` have the limit t.
    moving
        Budgets whose limit is the parameter.
    distance
        How far float data were moved to be exact.
    """

    engine: Solving
    equations: Callable[[ExactNumber], Equations]
    low: ExactNumber
    high: ExactNumber
    subject_to: tuple[object, ...] = ()
    moving: tuple[LinearMeasure, ...] = ()
    distance: float = 0.0

    @property
    def measure(self) -> Measure:
        """What is minimized."""
        return self.engine.measure

    @cached_property
    def _sides(self) -> tuple[Exact, Exact]:
        """Right-hand sides a + b t of the equations."""
        first, last = self.equations(self.low).rhs, self.equations(self.high).rhs
        slope = last - first if self.high - self.low == 1 else (last - first) * (1 / (self.high - self.low))
        return first - slope * self.low, slope

    def solve(self, t: ExactNumber) -> Sample:
        """Return the least value at t with its tangent; errors as `minimize`."""
        budgets = [Budget(m, t) for m in self.moving]
        if any(isinstance(b.limit, Surd) for b in budgets):
            raise MeasureError(f"the budget {t} is irrational, expected a rational one.")
        equations = replace(self.equations(t), distance=self.distance)
        answer, proof = self._recalled(equations) or self.engine.solved(equations, [*budgets, *self.subject_to])
        if isinstance(proof.basis, Basis) and not self.moving and self.subject_to_budgets:
            self._kept.made("program", lambda: WarmProgram(proof.problem)).remember(proof)
        bound = proof.bound
        value: ExactNumber = (
            bound.bound if proof.primal is not None else Fraction(max(answer.value, float(bound.bound)))
        )
        return Sample(t, value, self.line(bound, t), proof, answer, proof.primal is not None and not self.distance)

    @cached_property
    def _kept(self) -> Kept[WarmProgram]:
        """The program of the first parameter: another is often served by a basis of one before."""
        return Kept(1)

    @property
    def subject_to_budgets(self) -> bool:
        """Whether all constraints are budgets, and the engine chooses how to minimize."""
        return self.engine.solver is None and all(isinstance(own, Budget) for own in self.subject_to)

    def _recalled(self, equations: Equations) -> tuple[Answer, Proof] | None:
        began, program = time.perf_counter(), self._kept.get("program")
        found = None if program is None or equations.row is None else program.solve(equations.row)
        if found is None:
            return None
        seconds = time.perf_counter() - began
        answer = Answer(True, np.empty(0), np.empty(0), float(found.value), KNOWN, 0, seconds)
        return answer, found.proof(equations)

    def line(self, bound: DualBound, t: ExactNumber) -> Line:
        """Return the bound of the dual data, found at t, as a function of the parameter."""
        constant, slope = self._sides
        moved = sum(bound.budgets[: len(self.moving)], Fraction(0))
        offset = bound.offset + moved * t
        return Line(dot(bound.z, constant) + offset, dot(bound.z, slope) - moved)

    def feasible_end(self, t: ExactNumber, inward: int) -> Sample:
        """Return the sample at the first feasible parameter from an end, going inward (+1: upwards).

        An infeasible parameter comes with a dual ray: an affine function of t that is positive there and nowhere
        where something is feasible. Its zero is the next parameter to try.
        """
        for _ in range(_STEPS):
            try:
                return self.solve(t)
            except TimeLimitError as late:
                raise TimeLimitError(str(late), EndBeyond(t)) from late
            except InfeasibleError as error:
                if not isinstance(error.proof, Proof):  # there is none
                    raise
                ray = self.line(error.proof.bound, t)
                if ray.slope == 0:
                    raise
                zero = -ray.intercept / ray.slope
                if (zero - t) * inward <= 0 or not self.low <= zero <= self.high:
                    raise
                t = zero
        raise MeasureError(f"no end of the feasible parameters was found in {_STEPS} steps. Please report the model.")


_STEPS = 60


def exact_line(
    model: CausalModel, path: Path, *, signaling: bool = False
) -> tuple[Callable[[ExactNumber], Behavior], float]:
    """Return the behaviors of a path, exact, and how far floats were moved to be."""
    ends = [p for p in (path.start, path.end) if isinstance(p, Behavior)]
    first, last = (_exact(model, p, signaling) for p in ends)
    try:
        step = (last.table - first.table) / (path.high - path.low)
    except ValueError as error:  # √2 at one end, √3 at the other
        raise BehaviorError(f"the ends of the curve have different square roots: {error}") from None
    moved = [np.abs(model.match(p).p - q.p).max() for p, q in zip(ends, (first, last), strict=True) if not p.is_exact]

    def behavior(t: ExactNumber) -> Behavior:
        table = first.table + step * (t - path.low)
        return Behavior(table, model.outputs, model.inputs, parties=first.parties, estimated=path.estimated)

    return behavior, max((float(v) for v in moved), default=0.0)


def family_along(engine: Solving, path: Path, subject_to: Sequence[object]) -> Family:
    """Return the family of problems along a path."""
    constraints = tuple(subject_to)
    if isinstance(path.start, Observed):
        return Family(engine, lambda t: engine.equations(path.at(t), constraints), path.low, path.high, constraints)
    behavior, distance = exact_line(
        engine.measure.model, path, signaling=accepts_signaling(engine.measure, constraints)
    )
    return Family(
        engine,
        lambda t: engine.equations(behavior(t), constraints),
        path.low,
        path.high,
        constraints,
        distance=distance,
    )


def _exact(model: CausalModel, p: Behavior, signaling: bool) -> Behavior:
    matched = model.match(p)
    hull = AnyTable() if signaling else model
    return matched if matched.is_exact else matched.rounded(hull, denominator=FLOAT_GRID)


def budget_line(
    engine: Solving,
    equations: Equations,
    moving: tuple[LinearMeasure, ...],
    subject_to: tuple[object, ...],
    low: ExactNumber,
    high: ExactNumber,
) -> Family:
    """Return the family in which the limit of budgets is the parameter."""
    return Family(engine, lambda _: replace(equations), low, high, subject_to, moving)
