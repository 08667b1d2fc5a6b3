"""The engine of mutual information: a smooth convex program with a rigorous dual bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations, cell_weights, weight_exponents
from relaxbell.engines.base import Live, engine
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.engine import MOST_LIVE, ConvexEngine
from relaxbell.engines.linear.program import without_information
from relaxbell.engines.linear.solution import ConvexSolution, convex_solution
from relaxbell.errors import MeasureError
from relaxbell.lp.highs import Answer
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.information import MutualInformation
from relaxbell.measures.measure import Budget

if TYPE_CHECKING:
    from relaxbell.certificate.claims import Certificate
    from relaxbell.curves.curve import Curve
    from relaxbell.curves.paths import Path
    from relaxbell.exact.vectors import ExactRow


@dataclass(frozen=True, eq=False, repr=False)
class InformationSolution(ConvexSolution):
    """The least mutual information; see `Solution` and `ConvexSolution`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> s = rb.minimize(rb.mutual_information(rb.measurement_dependence()), rb.boxes.pr())
    >>> round(s.value, 6), s.value - s.lower_bound < 1e-9  # 2 − log2 3
    (0.415037, True)
    """

    @cached_property
    def certificate(self) -> Certificate:
        """The exact data from which anyone can check the lower bound, without this package."""
        from relaxbell.engines.linear.certificates import bound_certificate

        return bound_certificate(self.measure, {"": self.proof}, self.lower_bound)


@dataclass(frozen=True, eq=False)
class InformationEngine(ConvexEngine[MutualInformation, InformationSolution]):
    """An interior-point method, then Clarabel; curves between rigorous tangents and chords.

    Where strategies are more than a few thousand, and without constraints, over few λ at a time.
    """

    @property
    def floor(self) -> float | None:
        return 0.0

    def check_size(self) -> None:
        """Accept any size: the program of all strategies is refused where it is needed."""

    def solved(self, equations: Equations, subject_to: object) -> tuple[Answer, Proof]:
        from relaxbell.engines.information.minimum import solve_information

        bits, others = without_information(subject_to)
        answer, proof = solve_information(self.measure, equations, others, self.solver, thorough=self.thorough)
        if bits:
            from relaxbell.engines.information.within import check_within

            check_within(self.measure, proof, bits)
        return answer, proof

    def solution(
        self, observed: Behavior | Observed, equations: Equations, answer: Answer, proof: Proof
    ) -> InformationSolution:
        return convex_solution(InformationSolution, self.measure, observed, equations, answer, proof)

    def live(
        self,
        equations: Equations,
        budgets: Sequence[Budget],
        affine: Sequence[AffineConstraint],
        references: Sequence[ExactRow],
    ) -> Live | None:
        from relaxbell.engines.dependence.form import SettingForm
        from relaxbell.engines.dependence.information_live import information_live

        model = self.measure.model
        if budgets or affine or model.free_inputs or not self.has_live():
            return None  # free inputs: whether data are feasible is decided first
        return information_live(self.measure.name, SettingForm.of(model, equations, self.measure.layout), references)

    def has_live(self) -> bool:
        model = self.measure.model
        few = model.strategies.count <= MOST_LIVE
        return few and not model.free_inputs and weight_exponents(model, cell_weights(model)) is None

    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        if path.parameter.power != 1:
            raise MeasureError(
                f"mutual information is sampled along the line itself, not along {path.parameter.text}: choose the "
                "parameter so that the behaviors are affine in it."
            )
        from relaxbell.engines.linear.family import family_along
        from relaxbell.engines.linear.sampled import sampled

        return sampled(family_along(self, path, subject_to), path)


engine.register(MutualInformation, InformationEngine.of)
