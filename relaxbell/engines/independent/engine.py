"""The engine of queries of models with independent latent variables; what it needs is loaded when it is used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.engines.base import Engine, engine
from relaxbell.engines.solution import Bounds
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import floor_float
from relaxbell.lp.clock import LowerBound, TimeLimitError, deadline, known_at_least, read_seconds, remaining, share
from relaxbell.measures.independent import IndependentQuery

if TYPE_CHECKING:
    from relaxbell.curves.curve import Curve
    from relaxbell.curves.paths import Path
    from relaxbell.engines.independent.solution import IndependentSolution

TOLERANCE = 1e-6
TIME_LIMIT = 60.0


@dataclass(frozen=True, eq=False)
class IndependentEngine(Engine[IndependentQuery]):
    """Queries over independent latent variables: exact linear programs of districts, or branch and bound.

    Attributes
    ----------
    measure
        What is minimized.
    tolerance
        How wide the interval around the least value may be; by default 1e-6.
    """

    tolerance: float | None = None
    instead_of_bounds: ClassVar[str] = "minimize"

    def __post_init__(self) -> None:
        """Raise MeasureError for a tolerance that is no positive number."""
        given = self.tolerance
        if given is not None and not (isinstance(given, int | float | np.floating) and 0 < given < math.inf):
            raise MeasureError(f"the tolerance is {given!r}, expected a positive number such as 1e-6.")

    @property
    def floor(self) -> float | None:
        over = self.measure.over
        return floor_float(over.linear("bound").term.floor()) if over.quotient is None else None

    def minimize(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> IndependentSolution:
        return self._minimized(observed, subject_to, seconds, or_bound=False)

    def _minimized(
        self, observed: Behavior | Observed, subject_to: object, seconds: float | None, *, or_bound: bool
    ) -> IndependentSolution:
        """Return a minimum; where no model is found in time, its bound alone, if that will do."""
        limit = min(TIME_LIMIT if seconds is None else read_seconds(seconds) or math.inf, remaining())
        name = self.measure.name
        with deadline(limit if math.isfinite(limit) else None, name), known_at_least(name, self.floor):
            from relaxbell.engines.independent.minimum import Minimum

            tolerance = TOLERANCE if self.tolerance is None else float(self.tolerance)
            own = Minimum(self.measure, tolerance, observed, subject_to, or_bound=or_bound)
            try:
                return own.solution()
            except TimeLimitError as late:
                known = late.partial
                if not or_bound or not isinstance(known, LowerBound) or known.measure != name:
                    raise
                return own.bounded(known.lower_bound)

    def bounds(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> Bounds[IndependentSolution]:
        limit = 2 * TIME_LIMIT if seconds is None else read_seconds(seconds)
        other = replace(self, measure=-self.measure)
        with deadline(limit, self.measure.name):
            with share(1, 8):
                lower = self._minimized(observed, subject_to, math.inf, or_bound=True)
            return Bounds(lower, other._minimized(observed, subject_to, math.inf, or_bound=True))

    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        raise MeasureError(
            f"{self.measure.name} has no curve: what independent latent variables reproduce is not convex. Expected a "
            "model with one latent variable; use sweep(query, {t: behavior at t, …}) for rigorous intervals at many "
            "points, of the visibility for instance."
        )


engine.register(IndependentQuery, IndependentEngine.of)
