"""The engines of measures that are written by terms, and what they share with other convex ones.

Curves, live programs and columns are loaded when they are used: a first minimum needs none of them.
"""

from __future__ import annotations

import abc
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations, cell_weights, weight_exponents
from relaxbell.causal.right_sides import RightSides
from relaxbell.engines.base import Engine, Live, engine
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.over import Solver, check_solver, solve_over
from relaxbell.engines.linear.priced import many, priced
from relaxbell.engines.linear.program import Problem, accepts_signaling, is_constrained, without_information
from relaxbell.engines.linear.size import check_program
from relaxbell.engines.linear.solution import ConvexSolution, LinearSolution, convex_solution, later_solution
from relaxbell.engines.linear.warm import KNOWN, Recalled, recalled, remember
from relaxbell.engines.solution import Bounds
from relaxbell.errors import MeasureError, SolverError
from relaxbell.exact.kept import Kept
from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.numbers import floor_float
from relaxbell.lp.clock import deadline, remaining
from relaxbell.lp.highs import SIFTING_FROM, Answer
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.dependences import Dependence, is_dependence
from relaxbell.measures.hall import HallDependence, hall_terms
from relaxbell.measures.measure import Budget, LinearMeasure, Measure

if TYPE_CHECKING:
    from relaxbell.behavior.coordinates import Coordinates
    from relaxbell.curves.curve import Curve
    from relaxbell.curves.families import PolynomialPath
    from relaxbell.curves.paths import Path
    from relaxbell.engines.dependence.columns import DependenceProgram
    from relaxbell.engines.linear.bulk import BulkProgram
    from relaxbell.exact.vectors import ExactRow

_LIVE_ROWS = 3000
_LIVE_DEPENDENCE = 500
"""Measures with more rows are minimized point by point: by column generation, or with presolve."""

MOST_LIVE = 2**40
"""Models with more strategies have no live program of dependence: a column may take seconds to find."""

_BETWEEN = Fraction(61, 97)
"""Where along a curve symmetries are sought: no end, and no point that is likely to be special."""

M = TypeVar("M", bound=Measure)
L = TypeVar("L", bound=LinearMeasure)
S = TypeVar("S", bound=ConvexSolution)


@dataclass(frozen=True, eq=False)
class ConvexEngine(Engine[M], Generic[M, S]):
    """An engine whose proofs are dual data of a convex program.

    Attributes
    ----------
    measure
        What is minimized.
    solver
        ``highs`` (simplex), ``clarabel`` (interior point, refined by simplex), or None: whatever is best.
    thorough
        Whether to go on to an exact solution where exact data allow it but the solver's basis is not quite optimal.
    """

    solver: Solver | None = None
    thorough: bool = True

    def __post_init__(self) -> None:
        """Raise MeasureError for an unknown solver."""
        check_solver(self.solver)

    def equations(self, observed: Behavior | Observed, subject_to: object = ()) -> Equations:
        """Return what was observed as equations over q; where distances from it are asked for, it may signal."""
        own = self.measure
        return own.model.equations(observed, signaling=accepts_signaling(own, subject_to))

    def quick(self) -> Self:
        return replace(self, thorough=False)

    @abc.abstractmethod
    def check_size(self) -> None:
        """Raise ModelTooLargeError if the measure cannot be minimized, whatever is observed: before that is read."""

    @abc.abstractmethod
    def solved(self, equations: Equations, subject_to: object) -> tuple[Answer, Proof]:
        """Minimize over the q that satisfy equations and constraints: the answer of a solver, and the proof."""

    @abc.abstractmethod
    def solution(self, observed: Behavior | Observed, equations: Equations, answer: Answer, proof: Proof) -> S:
        """Return what `minimize` reports."""

    def minimize(self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None) -> S:
        with deadline(seconds, self.measure.name):
            self.check_size()
            equations = self.equations(observed, subject_to)
            remaining()  # many strategies take seconds to write down
            return self.solution(observed, equations, *self.solved(equations, subject_to))


@dataclass(frozen=True, eq=False)
class LinearEngine(ConvexEngine[L, LinearSolution]):
    """Linear programs: floats until a rigorous bound agrees, then exactly."""

    @property
    def floor(self) -> float | None:
        return floor_float(self.measure.term.floor())

    def check_size(self) -> None:
        model = self.measure.model
        leaves = self.measure.term.leaves()
        hall = {leaf for term in hall_terms(self.measure.term) for leaf in term.leaves()}
        if many(self.measure) and all(
            isinstance(leaf.rows, LocalRows) or is_dependence(leaf) or leaf in hall for leaf in leaves
        ):
            return  # priced: its size is known with the constraints
        model.strategies.check_listed()
        rows, strategies = math.prod(model.observed_shape), model.strategies.count
        check_program(self.measure.term, (), rows, strategies * len(model.settings), strategies)

    def solved(self, equations: Equations, subject_to: object) -> tuple[Answer, Proof]:
        if without_information(subject_to)[0]:
            from relaxbell.engines.information.within import solve_within

            if self.solver == "highs":
                raise MeasureError(f"HiGHS cannot take a budget in bits beside {self.measure.name}. Leave out solver.")
            return solve_within(self.measure, self.measure.term, equations, subject_to)
        return self._solved(equations, subject_to)

    def _solved(self, equations: Equations, subject_to: object) -> tuple[Answer, Proof]:
        """Minimize where constraints are linear."""
        if self.solver is None:
            found = priced(self.measure, equations, subject_to, thorough=self.thorough)
            if found is not None:
                return found
        return solve_over(self.measure, self.measure.term, equations, subject_to, self.solver, thorough=self.thorough)

    def solution(
        self, observed: Behavior | Observed, equations: Equations, answer: Answer, proof: Proof
    ) -> LinearSolution:
        return convex_solution(LinearSolution, self.measure, observed, equations, answer, proof)

    def minimize(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> LinearSolution:
        if self.solver is not None or not self.thorough:  # points of sweeps do not depend on what was asked before
            return super().minimize(observed, subject_to, seconds=seconds)
        began = time.perf_counter()
        with deadline(seconds, self.measure.name):
            found = recalled(self.measure, observed, subject_to)
            if found is not None:
                return self._recalled(*found, observed, subject_to, began)
            solution = super().minimize(observed, subject_to)
            remember(self.measure, observed, subject_to, solution.proof)
            return solution

    def _recalled(
        self, found: Recalled, sides: RightSides, observed: Behavior | Observed, subject_to: object, began: float
    ) -> LinearSolution:
        """Return the solution behind a value that was recalled; the rest of it is sought when it is read."""

        def sought() -> LinearSolution:
            own: ConvexEngine[L, LinearSolution] = self
            try:
                anew = ConvexEngine.minimize(own, observed, subject_to)
            except SolverError:
                anew = None
            if anew is not None and anew.proof.primal is not None:
                return anew
            equations = self.equations(observed)
            answer = Answer(True, np.empty(0), np.empty(0), float(found.value), KNOWN, 0, 0.0)
            return self.solution(observed, equations, answer, found.proof(equations))

        rows, seconds = len(found.known.problem.equations.rows), time.perf_counter() - began
        return later_solution(
            LinearSolution, self.measure, observed, found.value, sides.distance, rows, seconds, sought
        )

    def bounds(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> Bounds[LinearSolution]:
        if not self.measure.term.is_linear:
            raise self._no_query()
        with deadline(seconds, self.measure.name):
            opposite = self.measure.kept.made("negated", lambda: -self.measure)
            assert isinstance(opposite, LinearMeasure)  # it is kept with what it keeps
            negated: LinearEngine[LinearMeasure] = LinearEngine(opposite, self.solver, self.thorough)
            return Bounds(self.minimize(observed, subject_to), negated.minimize(observed, subject_to))

    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        from relaxbell.engines.linear.curves import linear_curve
        from relaxbell.engines.linear.family import family_along

        family = family_along(self, path, subject_to)
        if without_information(subject_to)[0]:
            from relaxbell.engines.linear.sampled import sampled

            return sampled(family, path)
        return linear_curve(family, self.measure.end_name, path)

    def family(self, path: PolynomialPath, subject_to: Sequence[object] = ()) -> Curve:
        from relaxbell.engines.linear.polynomial_curves import polynomial_curve

        return polynomial_curve(self, self.measure, path, subject_to)

    def live(
        self,
        equations: Equations,
        budgets: Sequence[Budget],
        affine: Sequence[AffineConstraint],
        references: Sequence[ExactRow],
    ) -> Live | None:
        from relaxbell.engines.linear.live import LiveProgram

        return (
            LiveProgram(self.measure.term, equations, budgets, affine, references)
            if LinearEngine.has_live(self)
            else None
        )

    def has_live(self) -> bool:
        model = self.measure.model
        if model.strategies.count > SIFTING_FROM or weight_exponents(model, cell_weights(model)) is not None:
            return False  # rare settings need the scaling of `minimize`
        return sum(map(len, self.measure.blocks)) <= self._most_live_rows()

    def bulk(
        self,
        equations: Equations,
        budgets: Sequence[Budget],
        affine: Sequence[AffineConstraint],
        coordinates: Coordinates,
    ) -> BulkProgram | None:
        from relaxbell.engines.linear.bulk import BulkProgram

        if not self.has_bulk():
            return None
        return BulkProgram(self.measure.term, equations, budgets, affine, coordinates)

    def has_bulk(self) -> bool:
        return LinearEngine.has_live(self)

    def _most_live_rows(self) -> int:
        return _LIVE_ROWS


@dataclass(frozen=True, eq=False)
class DependenceEngine(LinearEngine[Dependence]):
    """Measurement dependence M: without constraints by column generation, without rows of its own.

    The columns are found among a list of all strategies, or, where they are more than a few thousand, by elimination.
    """

    def check_size(self) -> None:
        """Accept any size: the columns need no program of the measure's rows."""

    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        from relaxbell.engines.linear.curves import linear_curve
        from relaxbell.engines.linear.family import family_along

        if without_information(subject_to)[0]:
            return super().curve(path, subject_to)
        along = _Along(self)
        family = family_along(along, path, subject_to)
        if not is_constrained(subject_to):
            along.prepared(family.equations(family.low + (family.high - family.low) * _BETWEEN))
        return linear_curve(family, self.measure.end_name, path)

    def _solved(self, equations: Equations, subject_to: object) -> tuple[Answer, Proof]:
        return self.solved_near(equations, subject_to, None)

    def solved_near(
        self, equations: Equations, subject_to: object, near: Kept[DependenceProgram] | None
    ) -> tuple[Answer, Proof]:
        """Minimize with the columns of other points; see `priced_dependence`."""
        from relaxbell.engines.dependence.minimum import PRICED_FROM, priced_dependence
        from relaxbell.engines.linear.columns import dependence_proof

        def columns(problem: Problem, thorough: bool) -> tuple[Answer, Proof] | None:
            if self.measure.model.strategies.count > PRICED_FROM:
                found = priced_dependence(problem, self.measure, thorough=thorough, near=near)
                if found is not None or not self.measure.model.strategies.can_be_listed:
                    return found
            return dependence_proof(problem, self.measure, thorough=thorough)

        if self.solver is None and is_constrained(subject_to):
            found = priced(self.measure, equations, subject_to, thorough=self.thorough)
            if found is not None:
                return found
        return solve_over(
            self.measure,
            self.measure.term,
            equations,
            subject_to,
            self.solver,
            thorough=self.thorough,
            special=columns,
        )

    def live(
        self,
        equations: Equations,
        budgets: Sequence[Budget],
        affine: Sequence[AffineConstraint],
        references: Sequence[ExactRow],
    ) -> Live | None:
        from relaxbell.engines.dependence.families import Families
        from relaxbell.engines.dependence.form import SettingForm
        from relaxbell.engines.dependence.live import DependenceFamily

        if not (budgets or affine):
            form = SettingForm.of(self.measure.model, equations, self.measure.layout)
            found = Families.of(form, references, DependenceFamily)
            if found is not None:
                return found
        return super().live(equations, budgets, affine, references)

    def has_live(self) -> bool:
        model = self.measure.model
        return model.strategies.count <= MOST_LIVE and weight_exponents(model, cell_weights(model)) is None

    def _most_live_rows(self) -> int:
        return _LIVE_DEPENDENCE


@dataclass(frozen=True, eq=False)
class HallEngine(LinearEngine[HallDependence]):
    """Hall's measure: where its rows are more than a few thousand, and without constraints, by minimum cuts."""

    @property
    def floor(self) -> float | None:
        return 0.0

    def check_size(self) -> None:
        """Accept any size: a program of all strategies is refused where it is needed."""

    def _solved(self, equations: Equations, subject_to: object) -> tuple[Answer, Proof]:
        from relaxbell.engines.dependence.minimum import priced_hall

        def cuts(problem: Problem, thorough: bool) -> tuple[Answer, Proof] | None:
            return priced_hall(problem, self.measure, thorough=thorough)

        term, solver = self.measure.term, self.solver
        if solver is None and (is_constrained(subject_to) or not self._has_cuts()):
            found = priced(self.measure, equations, subject_to, thorough=self.thorough)
            if found is not None:
                return found
        return solve_over(self.measure, term, equations, subject_to, solver, thorough=self.thorough, special=cuts)

    def _has_cuts(self) -> bool:
        """Return whether λ are few enough for a minimum cut of each; else they are found together with sets."""
        from relaxbell.engines.dependence.hall import MOST_LISTED

        return self.measure.layout.count <= MOST_LISTED


class _Along:
    """An engine along a curve: symmetries are those of a point in between, and columns stay."""

    def __init__(self, own: DependenceEngine) -> None:
        self._own = own
        self._near: Kept[DependenceProgram] = Kept(1)
        self.measure, self.solver = own.measure, own.solver

    def equations(self, observed: Behavior | Observed, subject_to: object = ()) -> Equations:
        return self._own.equations(observed, subject_to)

    def prepared(self, between: Equations) -> None:
        from relaxbell.engines.dependence.minimum import PRICED_FROM, dependence_program

        if self.measure.model.strategies.count > PRICED_FROM:
            program = dependence_program(self.measure, between)
            if program is not None:
                self._near.put("program", program)

    def solved(self, equations: Equations, subject_to: object) -> tuple[Answer, Proof]:
        return self._own.solved_near(equations, subject_to, self._near)


engine.register(LinearMeasure, LinearEngine.of)
engine.register(HallDependence, HallEngine.of)
engine.register(Dependence, DependenceEngine.of)
