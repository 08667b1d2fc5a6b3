"""The engine of a message's entropy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations
from relaxbell.engines.base import Engine, Found, Live, engine
from relaxbell.engines.linear.engine import LinearEngine
from relaxbell.engines.linear.over import Solver
from relaxbell.engines.linear.solution import LinearSolution
from relaxbell.engines.solution import Bounds, Solution
from relaxbell.engines.witness import Witness
from relaxbell.exact.numbers import floor_float
from relaxbell.exact.vectors import ExactRow
from relaxbell.lp.clock import deadline, time_is_over
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.measure import Budget, LinearMeasure
from relaxbell.measures.messages import BinaryEntropy, binary_entropy

if TYPE_CHECKING:
    import sympy

    from relaxbell.certificate.claims import Certificate
    from relaxbell.curves.curve import Curve
    from relaxbell.curves.paths import Path

_LOG = Fraction(1, 2**50)
"""More than the rounding of the binary entropy in float64."""


@dataclass(frozen=True, eq=False, repr=False)
class EntropySolution(Solution):
    """The least entropy of a message: at one end of the interval of possible probabilities; see `Solution`.

    Attributes
    ----------
    ends
        Both ends of the probability, with the solutions behind them.
    chosen
        The one at which the entropy is least.
    measure, observed, value, lower_bound, status, q, statistics
        As in `Solution`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.minimize(rb.message_entropy(rb.message()), rb.boxes.pr()).ends
    [0.5, 0.5] for p(M≠0)
    """

    ends: Bounds[LinearSolution]
    chosen: LinearSolution

    @property
    def exact(self) -> sympy.Expr | None:
        """None: the entropy is a logarithm."""
        return None

    @property
    def upper_bound(self) -> float | None:
        """None: the entropy is rounded."""
        return None

    @property
    def witness(self) -> Witness:
        """Of the probability's end at which the entropy is least."""
        return self.chosen.witness

    @cached_property
    def certificate(self) -> Certificate:
        """The exact data from which anyone can check the lower bound: the proofs of both ends."""
        from relaxbell.engines.linear.certificates import bound_certificate

        proofs = {"least": self.ends.minimum.proof, "largest": self.ends.maximum.proof}
        return bound_certificate(self.measure, proofs, self.lower_bound)


@dataclass(frozen=True, eq=False)
class EntropyEngine(Engine[BinaryEntropy]):
    """h is concave: its least value is at an end of the interval of reachable probabilities.

    Attributes
    ----------
    measure
        The entropy.
    solver, thorough
        Of the two linear programs.
    """

    solver: Solver | None = None
    thorough: bool = True
    instead_of_bounds: ClassVar[str] = "bounds(message_weight(model), …), whose entropy this is"

    @property
    def _linear(self) -> tuple[LinearEngine[LinearMeasure], LinearEngine[LinearMeasure]]:
        """The engines of both ends."""
        weight = self.measure.weight
        measures = weight, -weight
        low, high = (LinearEngine(m, solver=self.solver, thorough=self.thorough) for m in measures)
        return low, high

    @property
    def floor(self) -> float | None:
        return 0.0

    def quick(self) -> Self:
        return replace(self, thorough=False)

    def minimize(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> EntropySolution:
        with deadline(seconds, self.measure.name):
            ends = self._linear[0].bounds(observed, subject_to)
        low, high = (binary_entropy(p) for p in ends)
        outwards = (ends.minimum.proof.bound.value, ends.maximum.proof.bound.value)  # rounded
        chosen = ends.minimum if low <= high else ends.maximum
        value, lower = min(low, high), least_entropy(*outwards)
        statistics = {**chosen.statistics, "gap": value - lower}
        statistics.pop("exact", None)  # an entropy has none
        return EntropySolution(
            self.measure, observed, value, lower, "optimal", chosen.q, statistics, ends=ends, chosen=chosen
        )

    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        from relaxbell.curves.piecewise import PiecewiseCurve
        from relaxbell.engines.entropy.curve import EntropyCurve

        least, largest = (end.curve(path, subject_to) for end in self._linear)
        if not isinstance(least, PiecewiseCurve) or not isinstance(largest, PiecewiseCurve):
            raise time_is_over()
        return EntropyCurve(
            f"min {self.measure.name}",
            least.variable,
            self.measure,
            least,
            largest,
            symbol=least.symbol,
            reading=least.reading,
            estimated=path.estimated,
        )

    def live(
        self,
        equations: Equations,
        budgets: Sequence[Budget],
        affine: Sequence[AffineConstraint],
        references: Sequence[ExactRow],
    ) -> Live | None:
        low, high = (end.live(equations, budgets, affine, references) for end in self._linear)
        return None if low is None or high is None else _LiveEntropy(low, high)

    def has_live(self) -> bool:
        return self._linear[0].has_live()


@dataclass(frozen=True, eq=False)
class _LiveEntropy:
    """The live programs of both ends."""

    low: Live
    high: Live

    def solve(self, rows: Sequence[ExactRow]) -> list[Found | None]:
        """Return value, rigorous bound and seconds for exact right-hand sides."""
        return [_entropy(*ends) for ends in zip(self.low.solve(rows), self.high.solve(rows), strict=True)]


def _entropy(low: Found | None, high: Found | None) -> Found | None:
    if low is None or high is None:
        return None
    value = None
    if low[0] is not None and high[0] is not None:
        value = min(binary_entropy(low[0]), binary_entropy(-high[0]))
    return value, least_entropy(low[1], high[1]), low[2] + high[2]


def least_entropy(low: float, negated_high: float) -> float:
    """Return what h does not fall below on the interval [low, −negated_high]: it is concave, so least at an end."""
    # the true interval lies within this one, and h at the ends of the larger one is smaller
    least = min(binary_entropy(min(max(p, 0.0), 1.0)) for p in (low, -negated_high))
    return max(0.0, floor_float(Fraction(least) - _LOG))


engine.register(BinaryEntropy, EntropyEngine.of)
