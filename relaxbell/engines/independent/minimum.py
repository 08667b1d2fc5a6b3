"""One minimization of a query of a model with independent latent variables."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.engines.base import engine
from relaxbell.engines.independent.answers import Answer, impossible, least_answer
from relaxbell.engines.independent.constraints import read_limits
from relaxbell.engines.independent.data import Question, Scene, question
from relaxbell.engines.independent.polynomials import Polynomial, combined
from relaxbell.engines.independent.solution import NO_MODEL, IndependentSolution
from relaxbell.engines.linear.over import solve_over
from relaxbell.engines.linear.program import flat
from relaxbell.engines.strategies import StrategyWeights
from relaxbell.errors import InfeasibleError, MeasureError, ModelTooLargeError, SolverError
from relaxbell.exact.numbers import floor_float
from relaxbell.lp.clock import TimeLimitError, deadline, known_at_least, left, now, remaining, time_is_over, with_bound
from relaxbell.measures.independent import IndependentQuery
from relaxbell.measures.measure import LinearMeasure
from relaxbell.measures.ratios import no_end
from relaxbell.measures.terms import ZERO

if TYPE_CHECKING:
    from relaxbell.causal.equations import Equations

_LEVELS = 40
"""Levels of a quotient: a handful suffices."""

_JOINED = 0.2
"""Part of the time that is left for the bound of joined latent variables."""

_PART = 0.9
"""Part of the time limit for the search; the rest is for what follows."""

_FINEST = 1e-9
"""Least tolerance of a numerator, where the probability of the condition is small."""


class Minimum:
    """One minimization.

    Parameters
    ----------
    measure, observed, subject_to
        As in `relaxbell.minimize`.
    tolerance
        How wide the interval around the least value may be.
    or_bound
        Whether the bound alone will do, where no model is found in time.
    """

    def __init__(
        self,
        measure: IndependentQuery,
        tolerance: float,
        observed: Behavior | Observed,
        subject_to: object,
        *,
        or_bound: bool = False,
    ) -> None:
        self.or_bound = or_bound
        self.began = time.perf_counter()
        self.measure, self.observed, self.tolerance = measure, observed, tolerance
        self.joined = self.measure.over.model
        self.scene = Scene.of(self.measure.model, self.joined)
        self.equations: Equations = self.joined.equations(observed)
        self.limits = tuple(flat(subject_to))
        self.constraints = read_limits(self.measure, self.scene, self.limits)
        roots = any(not isinstance(v, Fraction) for v in self.equations.rhs.tolist())
        self.rounded = (
            bool(self.equations.distance) or roots or (isinstance(observed, Behavior) and not observed.is_exact)
        )
        self.distance = self.equations.distance
        self.boxes = 0
        self.end = now() + _PART * left()

    def solution(self) -> IndependentSolution:
        over = self.measure.over
        if over.quotient is not None:
            above, below = map(self._polynomial, over.quotient)
            floor = self._of_joined()
            with known_at_least(self.measure.name, floor if math.isfinite(floor) else None):
                return self._quotient(above, below, floor)
        answer = self._least(self._polynomial(over.linear("minimum")), self.tolerance, asked=True)
        if answer.value == math.inf:
            return self.bounded(answer.lower, answer)
        return self._reported(answer, answer.value, answer.lower, answer.exact)

    def bounded(self, lower: float, answer: Answer | None = None) -> IndependentSolution:
        """Return what is known where no model was found in time."""
        return IndependentSolution(
            self.measure,
            self.observed,
            math.nan,
            lower,
            NO_MODEL,
            StrategyWeights(self.joined, {}),
            self._statistics("HiGHS, branch and bound", math.nan, math.nan),
            network=self._network,
            tolerance=self.tolerance,
            subject_to=self.limits,
            searched=None if answer is None else answer.searched,
        )

    @property
    def _network(self) -> Literal["exact", "lower bound"]:
        return "exact" if all(part.is_exact for part in self.scene.parts) else "lower bound"

    def _statistics(self, solver: str, gap: float, residual: float) -> dict[str, Any]:
        return {
            "solver": solver,
            "boxes": self.boxes,
            "seconds": time.perf_counter() - self.began,
            "gap": gap,
            "distance": self.distance,
            "residual": residual,
            "strategies": self.joined.strategies.count,
            "rows": len(self.equations.rows),
        }

    def _polynomial(self, measure: LinearMeasure) -> Polynomial:
        parts = []
        for leaf in measure.term.leaves():
            parts += [(Fraction(1), own) for own in self.scene.polynomials(leaf.rows)]
        return combined(iter(parts))

    def _question(self, objective: Polynomial) -> Question:
        made = [(dict(own), equal) for own, equal in self.constraints]
        found = question(self.scene, dict(objective), self.equations, made, rounded=self.rounded)
        return found

    def _of_joined(self) -> float:
        """Return the bound of the model whose latent variables are joined: a linear program, which can do more."""
        try:
            with deadline(_JOINED * remaining() if math.isfinite(left()) else None, self.measure.name):
                return engine(self.measure.over).minimize(self.observed).lower_bound
        except (TimeLimitError, SolverError, ModelTooLargeError, MeasureError):  # a condition that may not happen
            return -math.inf

    def _least(self, objective: Polynomial, tolerance: float, *, asked: bool = False) -> Answer:
        own = self._question(objective)
        if own.contradiction:
            self._infeasible(own.contradiction)
        floor = -math.inf

        def known() -> float:
            nonlocal floor
            floor = self._of_joined() if asked else -math.inf
            return floor

        try:
            found = least_answer(own, tolerance, self.end, known)
        except TimeLimitError as late:
            raise with_bound(late, self.measure.name, floor) if math.isfinite(floor) else late from None
        self.distance = max(self.distance, own.distance)
        if found is None:
            self._infeasible(impossible(own))
        self.boxes += found.boxes
        if found.value == math.inf and not (asked and self.or_bound and math.isfinite(found.lower)):
            error = time_is_over()
            raise with_bound(error, self.measure.name, found.lower) if asked and math.isfinite(found.lower) else error
        return found

    def _infeasible(self, why: str | None) -> NoReturn:
        """Raise InfeasibleError: with a witness where not even a joined latent variable satisfies the constraints."""
        model = self.measure.model
        nothing = LinearMeasure(self.joined, "0", term=ZERO)
        solve_over(nothing, ZERO, self.equations, ())
        reason = f": {why}" if why else ""
        raise InfeasibleError(
            f"no model of {model.name} with independent latent variables {', '.join(model.latents)} satisfies what "
            f"was observed{' and the constraints' if self.constraints else ''}{reason}. Expected data of such a model. "
            "Drop a constraint, or use model.shared(), where they may depend on each other.",
            model=model,
        )

    # ------------------------------------------------------------------ quotients

    def _quotient(self, above: Polynomial, below: Polynomial, known: float) -> IndependentSolution:
        """Return the least quotient: the level at which numerator − level · denominator is least 0."""
        below_least = self._least(below, self.tolerance)
        most = self._least({m: -v for m, v in below.items()}, self.tolerance)
        if -most.value <= (0 if most.exact is not None else 1e-9):
            raise MeasureError(
                f"{self.measure.name}: its condition has probability 0 in every model of the data, so it has no value. "
                "Expected a condition that may happen."
            )
        answer, level = most, self._at(above, below, most)
        found, floor = most, below_least.lower
        tolerance = max(_FINEST, self.tolerance * min(1.0, floor)) if floor > 0 else self.tolerance  # D divides it
        for _ in range(_LEVELS):
            found = self._least(combined(iter([(Fraction(1), above), (-level, below)])), tolerance)
            chance = found.of(below)
            if found.exact is not None and found.exact >= 0:
                return self._reported(answer, float(level), float(level), level)
            if found.exact is not None and not chance:  # the numerator is negative there
                raise InfeasibleError(no_end(self.measure.over, "is 0"), model=self.measure.model)
            if found.exact is None and (found.value >= -tolerance or chance <= self.tolerance):
                break
            answer, level = found, self._at(above, below, found)
        if floor <= 0:
            raise MeasureError(
                f"{self.measure.name}: the probability of its condition may be 0 in models of the data, expected one "
                "that is positive in all of them. Add a constraint such as assumption(model, 'p{…} >= 1/100')."
            )
        low = max(known, floor_float(level + Fraction(min(0.0, found.lower)) / Fraction(floor)))
        return self._reported(answer, float(level), low, None)

    def _at(self, above: Polynomial, below: Polynomial, answer: Answer) -> Fraction:
        return Fraction(answer.of(above)) / Fraction(answer.of(below))

    # --------------------------------------------------------------------- report

    def _reported(self, answer: Answer, value: float, lower: float, exact: Fraction | None) -> IndependentSolution:
        known = exact is not None and not self.rounded
        low = float(exact) if known and exact is not None else min(lower, value)
        done = known or value - low <= max(self.tolerance, 1e-9) * (1 + 1e-9) or (answer.complete and exact is not None)
        names = self.scene.parts
        used = {shape.district for shape in answer.shapes}
        solver = "exact linear programs of districts" if exact is not None else "HiGHS, branch and bound"
        statistics = self._statistics(solver, value - low, answer.residual)
        weights = answer.weights(self.scene)
        if not weights:
            statistics = {**statistics, "model": "too many strategies to write it out: solution.parts has it"}
        return IndependentSolution(
            self.measure,
            self.observed,
            value,
            low,
            "optimal" if done else "time limit",
            StrategyWeights(self.joined, weights),
            statistics,
            kind="rigorous" if exact is None else "exact",
            network=self._network,
            attained=exact,
            parts={", ".join(names[d].nodes): answer.described(self.scene, d) for d in sorted(used)},
            tolerance=self.tolerance,
            subject_to=self.limits,
            searched=answer.searched,
        )
