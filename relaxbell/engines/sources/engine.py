"""The engines of networks with independent sources; what they need is loaded when it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations
from relaxbell.engines.base import Engine, engine
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.over import Solver, check_solver, solve_over
from relaxbell.errors import BehaviorError, MeasureError
from relaxbell.lp.clock import deadline
from relaxbell.lp.highs import Answer
from relaxbell.measures.products import FixedNonbilocality, Nonbilocality

if TYPE_CHECKING:
    from relaxbell.curves.curve import Curve
    from relaxbell.curves.paths import Path
    from relaxbell.engines.sources.solution import FixedSolution, NetworkSolution


@dataclass(frozen=True, eq=False)
class SourcesEngine(Engine[Nonbilocality]):
    """Independent sources, whatever the marginals: branch and bound over them, exact covers by dual polynomials.

    Attributes
    ----------
    measure
        What is minimized.
    solver
        None: boxes with rigorous bounds; or ``scip`` (extra ``global``), whose bound is labeled a solver bound.
    tolerance
        How wide the interval around the least value may be; by default 1e-6.
    """

    solver: Literal["scip"] | None = None
    tolerance: float | None = None
    prefers_floats: ClassVar[bool] = True
    instead_of_bounds: ClassVar[str] = "minimize, or marginal_ranges(model, p)"

    def __post_init__(self) -> None:
        """Raise MeasureError for an unknown solver."""
        if self.solver not in (None, "scip"):
            raise MeasureError(f"solver {self.solver!r} is not for {self.measure.name}, expected 'scip' or None.")

    @property
    def floor(self) -> float | None:
        return 0.0

    def minimize(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> NetworkSolution:
        from relaxbell.engines.sources.minimum import minimize_network

        return minimize_network(
            self.measure, observed, subject_to, tolerance=self.tolerance, seconds=seconds, solver=self.solver
        )

    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        _require_behaviors(self.measure.name, path)
        if subject_to:
            raise MeasureError(
                f"{self.measure.name} has no curve within constraints: found {tuple(subject_to)}. Drop them."
            )
        from relaxbell.engines.sources.curves import network_curve

        return network_curve(self.measure, path)


@dataclass(frozen=True, eq=False)
class FixedEngine(Engine[FixedNonbilocality]):
    """Independent sources at fixed marginals: a linear program with equations for the marginals.

    Attributes
    ----------
    measure
        What is minimized.
    solver, thorough
        As for other linear programs.
    """

    solver: Solver | None = None
    thorough: bool = True

    def __post_init__(self) -> None:
        """Raise MeasureError for an unknown solver."""
        check_solver(self.solver)

    @property
    def floor(self) -> float | None:
        return 0.0

    def equations(self, observed: Behavior | Observed, subject_to: object = ()) -> Equations:
        """Return what was observed, and the marginals, as equations over q."""
        from relaxbell.engines.sources.fixed import with_marginals

        return with_marginals(self.measure, self.measure.model.equations(observed))

    def solved(self, equations: Equations, subject_to: object) -> tuple[Answer, Proof]:
        """Minimize over the q that satisfy equations and constraints."""
        return solve_over(self.measure, self.measure.term, equations, subject_to, self.solver, thorough=self.thorough)

    def minimize(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> FixedSolution:
        from relaxbell.engines.sources.minimum import minimize_at_fixed

        with deadline(seconds, self.measure.name):
            return minimize_at_fixed(self.measure, observed, subject_to, self.solver, thorough=self.thorough)

    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        from relaxbell.engines.linear.curves import traced
        from relaxbell.engines.linear.family import family_along
        from relaxbell.engines.sources.fixed_curve import FixedCurve

        _require_behaviors(self.measure.name, path)
        family = family_along(self, path, subject_to)
        name, own = f"min {self.measure.name}", path.parameter
        return traced(family, name, own, reading=path.reading, estimated=path.estimated, kind=FixedCurve)


def _require_behaviors(name: str, path: Path) -> None:
    if not isinstance(path.start, Behavior):
        raise BehaviorError(
            f"a curve of {name} along values of functionals: expected two behaviors, because its marginals are fixed "
            "by the whole table."
        )


engine.register(Nonbilocality, SourcesEngine.of)
engine.register(FixedNonbilocality, FixedEngine.of)
