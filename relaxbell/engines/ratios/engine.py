"""The engine of quotients.

The least quotient N/D is the level k at which N − k D is least 0 (Dinkelbach, Management Science 13, 492, 1967,
doi:10.1287/mnsc.13.7.492): the linear program of Charnes and Cooper, solved by a few of those that linear queries have.
From a model with D > 0 the level falls to the quotient of the model that minimizes N − k D, until none is smaller; with
exact solutions that ends after finitely many steps, at a vertex, and the last program's dual solution is the proof:
N − k D ≥ 0 for every model, hence N/D ≥ k wherever D > 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, NoReturn, Self

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.engines.base import Engine, engine
from relaxbell.engines.linear.engine import LinearEngine
from relaxbell.engines.linear.over import Solver, check_solver
from relaxbell.engines.linear.solution import LinearSolution
from relaxbell.engines.ratios.solution import RatioSolution, exact_value
from relaxbell.engines.solution import Bounds
from relaxbell.errors import InfeasibleError, MeasureError, SolverError
from relaxbell.exact.numbers import floor_float
from relaxbell.exact.texts import decimal_text
from relaxbell.lp.clock import TimeLimitError, deadline, time_is_over
from relaxbell.measures.measure import LinearMeasure
from relaxbell.measures.ratios import Ratio, no_end

if TYPE_CHECKING:
    from relaxbell.curves.curve import Curve
    from relaxbell.curves.paths import Path

_STEPS = 60
"""Levels: a handful suffices, for the error is squared in each step."""

_TINY = 1e-9
"""Denominators below this are not told from 0 in floats."""

_MARGINS = (0.0, 1e-12, 1e-10, 1e-8)
"""By how much a level is lowered until it is proved, where solutions are not exact."""


@dataclass(frozen=True, eq=False)
class RatioEngine(Engine[Ratio]):
    """Quotients of two linear queries: linear programs at a few levels.

    Attributes
    ----------
    measure
        The quotient.
    solver, thorough
        Of the linear programs.
    """

    solver: Solver | None = None
    thorough: bool = True
    instead_of_bounds: ClassVar[str] = "minimize"

    def __post_init__(self) -> None:
        """Raise MeasureError for an unknown solver."""
        check_solver(self.solver)

    def quick(self) -> Self:
        return replace(self, thorough=False)

    def _linear(self, measure: LinearMeasure) -> LinearEngine[LinearMeasure]:
        return LinearEngine(measure, self.solver, self.thorough)

    def bounds(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> Bounds[RatioSolution]:
        with deadline(seconds, self.measure.name), _of_levels():
            start = self._start(observed, subject_to)
            other = replace(self, measure=-self.measure)
            return Bounds(self._least(observed, subject_to, start), other._least(observed, subject_to, start))

    def minimize(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> RatioSolution:
        with deadline(seconds, self.measure.name), _of_levels():
            return self._least(observed, subject_to, self._start(observed, subject_to))

    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        raise MeasureError(
            f"{self.measure.name} is a quotient, whose curve is not convex: expected a linear query. Use sweep for its "
            "points, or the curve of numerator - level · denominator, which is 0 where the quotient passes the level."
        )

    def tradeoff(
        self, budgeted: LinearMeasure, observed: Behavior | Observed, subject_to: Sequence[object] = ()
    ) -> Curve:
        from relaxbell.engines.ratios.tracing import ratio_tradeoff

        return ratio_tradeoff(self, budgeted, observed, tuple(subject_to))

    # ------------------------------------------------------------------------- levels

    def _start(self, observed: Behavior | Observed, subject_to: object) -> tuple[LinearSolution, Fraction]:
        """Return a model in which the condition is most likely, and what its probability does not fall below."""
        below = self.measure.denominator
        most = self._linear(-below).minimize(observed, subject_to)
        rounded = isinstance(observed, Observed) and observed.is_rounded
        if -most.lower_bound <= 0 or ((most.exact is None or rounded) and -most.value < _TINY):
            raise InfeasibleError(
                f"{self.measure.name} has no value: {below.name} is 0 in every model that reproduces the data, "
                "expected a condition of positive probability. Give another condition.",
                model=self.measure.model,
            )
        least = self._linear(below).minimize(observed, subject_to).proof.bound.bound
        return most, max(Fraction(0), least) if isinstance(least, Fraction) else Fraction(0)

    def _least(
        self, observed: Behavior | Observed, subject_to: object, start: tuple[LinearSolution, Fraction]
    ) -> RatioSolution:
        found, least = start
        level, best, steps = self._quotient(found), found, 0
        while level is not None and found.proof.primal is not None:
            steps += 1
            found = self._linear(self.measure.above(level)).minimize(observed, subject_to)
            bound = found.proof.bound.bound
            if found.proof.primal is None or not isinstance(bound, Fraction):
                break
            if bound >= 0:
                return self._solution(observed, found, best, level, least, steps)
            lower = self._quotient(found)
            if lower is None:
                self._endless(found)
            if lower is None or lower >= level or steps > _STEPS:
                break
            level, best = lower, found
        return self._rounded(observed, subject_to, start, steps)

    def _quotient(self, found: LinearSolution) -> Fraction | None:
        """Return the quotient at exact weights; None where they are not known."""
        if found.proof.primal is None:
            return None
        weights = found.proof.primal
        above, below = (exact_value(part, weights) for part in (self.measure.numerator, self.measure.denominator))
        return None if above is None or not below else above / below

    def _chance(self, found: LinearSolution) -> Fraction | None:
        """Return the probability of the condition at exact weights."""
        return None if found.proof.primal is None else exact_value(self.measure.denominator, found.proof.primal)

    def _endless(self, found: LinearSolution) -> None:
        """Raise InfeasibleError where a model has a negative numerator over 0: mixed with others it has no least."""
        weights = found.proof.primal
        above = None if weights is None else exact_value(self.measure.numerator, weights)
        if above is not None and above < 0:
            self._refuse_endless("is 0")

    def _refuse_endless(self, why: str) -> NoReturn:
        raise InfeasibleError(no_end(self.measure, why), model=self.measure.model)

    def _rounded(
        self, observed: Behavior | Observed, subject_to: object, start: tuple[LinearSolution, Fraction], steps: int
    ) -> RatioSolution:
        """Return the least value where solutions are not exact: a level that is proved, and the value of a model."""
        found, least = start
        best, value = found, self.measure.at(found.q)
        for _ in range(_STEPS):
            steps += 1
            found = self._linear(self.measure.above(_near(value))).minimize(observed, subject_to)
            below = self.measure.denominator.at(found.q)
            lower = self.measure.numerator.at(found.q) / below if below > _TINY else value
            if lower >= value - 1e-13:
                break
            best, value = found, lower
        if not least and below <= _TINY and self.measure.numerator.at(found.q) < -_TINY:
            self._refuse_endless("is about 0")
        for margin in _MARGINS:
            steps += 1
            level = _near(value - margin)
            found = self._linear(self.measure.above(level)).minimize(observed, subject_to)
            gap = found.proof.bound.bound
            if gap < 0 and least > 0 and isinstance(gap, Fraction):  # N/D ≥ k + gap/D, and D is not small
                level = _near(floor_float(level + gap / least))
                found = self._linear(self.measure.above(level)).minimize(observed, subject_to)
            if found.proof.bound.bound >= 0 and value - level <= 1e-7 * max(1.0, abs(value)):
                return self._solution(observed, found, best, level, least, steps, value)
        raise SolverError(
            f"{self.measure.name}: no level near {decimal_text(value, 9)} was proved. Use exact data: "
            "behavior.rounded(model, denominator=10**6)."
        )

    def _solution(
        self,
        observed: Behavior | Observed,
        found: LinearSolution,
        best: LinearSolution,
        level: Fraction,
        least: Fraction,
        steps: int,
        value: float | None = None,
    ) -> RatioSolution:
        """Return what is reported: `found` proves the level, `best` is a model in which the condition happens."""
        attained, chance = (None, None) if value is not None else (level, self._chance(best))
        lower = float(level) if attained is not None and not found.statistics["distance"] else floor_float(level)
        reached = float(level) if value is None else max(value, lower)
        statistics = {**found.statistics, "gap": reached - lower, "levels": steps}
        statistics.pop("exact", None)
        return RatioSolution(
            self.measure,
            observed,
            reached,
            lower,
            "optimal",
            best.q,
            statistics,
            level=level,
            attained=attained,
            proof=found,
            condition=chance,
            least_denominator=least,
        )


@contextmanager
def _of_levels() -> Iterator[None]:
    """Drop what is known when the time is over: it is of numerator − level · denominator, not of the quotient."""
    try:
        yield
    except TimeLimitError as late:
        raise time_is_over() from late


def _near(value: float) -> Fraction:
    """Return a number of few digits near a float."""
    return (
        Fraction(value).limit_denominator(10**6) if value == round(value, 6) else Fraction(round(value * 2**40), 2**40)
    )


engine.register(Ratio, RatioEngine.of)
