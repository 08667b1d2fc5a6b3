"""The engine of factorized measurement dependence: columns, and bounds that a bisection proves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations
from relaxbell.engines.base import Engine, engine
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.solution import ConvexSolution, convex_solution
from relaxbell.errors import MeasureError
from relaxbell.lp.clock import deadline, remaining
from relaxbell.lp.highs import Answer
from relaxbell.measures.factorized import Factorized, FactorizedDependence, FactorizedInformation

if TYPE_CHECKING:
    from relaxbell.certificate.claims import Certificate
    from relaxbell.curves.curve import Curve
    from relaxbell.curves.paths import Path
    from relaxbell.engines.factorized.form import Column
    from relaxbell.engines.factorized.minimum import Source

_ALONG = 1e-5
"""Tolerance at the samples of a curve, whose tangents and chords are 1e-4 apart."""

_WANTED = (1e-7, 1e-9)
"""Gap, relative and absolute, of what is called optimal."""


@dataclass(frozen=True, eq=False, repr=False)
class FactorizedSolution(ConvexSolution):
    """The least factorized dependence; see `Solution` and `ConvexSolution`.

    Attributes
    ----------
    sources
        The model found, a mixture of source values, the heaviest first: what the value is the mean cost of.
    status
        ``optimal``: value and bound agree to 1e-7. ``interval``: the least value lies between them, which few parts of
        the bisection do not decide; so with three settings each, for M.
    measure, observed, value, lower_bound, q, statistics, functional, functional_value, proof
        As in `ConvexSolution`. q has the weights of strategies, summed over the sources.

    Examples
    --------
    >>> import relaxbell as rb
    >>> measure = rb.mutual_information(rb.measurement_dependence(), factorized=True)
    >>> s = rb.minimize(measure, rb.boxes.tsirelson())
    >>> round(s.value, 9), s.value - s.lower_bound < 1e-9
    (0.080169561, True)
    >>> cost = sum(source.weight * measure.of(*source.settings.values()) for source in s.sources)
    >>> abs(cost - s.value) < 1e-9
    True
    """

    sources: tuple[Source, ...] = field(default=(), kw_only=True)

    @property
    def interval(self) -> tuple[float, float]:
        """Lower bound and value; the least value lies between them."""
        return self.lower_bound, self.value

    @cached_property
    def certificate(self) -> Certificate:
        """The exact data from which anyone can check the lower bound, without this package."""
        from relaxbell.engines.factorized.certificates import factorized_certificate

        return factorized_certificate(self.measure, self.proof, self.lower_bound)

    def __repr__(self) -> str:
        text = super().__repr__()
        if self.status == "interval":
            text += f"\n  status       interval: the least value is in [{self.lower_bound:.9g}, {self.value:.9g}]"
        return f"{text}\n  question     settings with a common cause each: p(x,y|λ) = p(x|λ) p(y|λ)"


@dataclass(frozen=True, eq=False)
class FactorizedEngine(Engine[Factorized]):
    """Column generation; curves between rigorous tangents and chords, for least values are convex in the behavior.

    Attributes
    ----------
    measure
        What is minimized.
    tolerance
        How far value and bound may be apart, about, where the bisection decides it; by default 1e-10.
    """

    tolerance: float | None = None

    def __post_init__(self) -> None:
        """Raise MeasureError for a tolerance that is none."""
        own = self.tolerance
        if own is not None and (isinstance(own, bool) or not isinstance(own, int | float) or not 1e-12 <= own <= 1):
            raise MeasureError(f"tolerance is {own!r}, expected a number from 1e-12 to 1, or None for 1e-10.")

    @property
    def floor(self) -> float | None:
        return 0.0

    @property
    def solver(self) -> str | None:
        """None: there is no other one to ask for."""
        return None

    def equations(self, observed: Behavior | Observed, subject_to: object = ()) -> Equations:
        """Return what was observed as equations over q; constraints are refused with the problem."""
        return self.measure.model.equations(observed)

    def solved(self, equations: Equations, subject_to: object) -> tuple[Answer, Proof]:
        """Minimize over mixtures that satisfy the equations: the answer of column generation, and the proof."""
        from relaxbell.engines.factorized.minimum import TOLERANCE, solve_factorized

        tolerance = TOLERANCE if self.tolerance is None else float(self.tolerance)
        return solve_factorized(self.measure, equations, subject_to, self._pool, tolerance)

    @cached_property
    def _pool(self) -> list[Column]:
        """Columns that other points of a curve or sweep used: the next one starts from them."""
        return []

    def minimize(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> FactorizedSolution:
        from relaxbell.engines.factorized.minimum import FactorizedAnswer

        with deadline(seconds, self.measure.name):
            equations = self.equations(observed)
            remaining()
            answer, proof = self.solved(equations, subject_to)
            found = convex_solution(FactorizedSolution, self.measure, observed, equations, answer, proof)
        assert isinstance(answer, FactorizedAnswer)
        gap = found.value - found.lower_bound
        close = gap <= max(_WANTED[0] * found.value, _WANTED[1])
        return replace(found, sources=answer.sources, status="optimal" if close else "interval")

    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        if path.parameter.power != 1:
            raise MeasureError(
                f"{self.measure.name} is sampled along the line itself, not along {path.parameter.text}: choose the "
                "parameter so that the behaviors are affine in it."
            )
        from relaxbell.engines.linear.family import family_along
        from relaxbell.engines.linear.sampled import sampled

        own = self if self.tolerance is not None else replace(self, tolerance=_ALONG)
        return sampled(family_along(own, path, subject_to), path)


engine.register(FactorizedInformation, FactorizedEngine.of)
engine.register(FactorizedDependence, FactorizedEngine.of)
