"""What a minimization reports, whichever engine did it: `Solution`, and `Bounds` of a query."""

from __future__ import annotations

import abc
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.engines.strategies import StrategyWeights
from relaxbell.engines.witness import Witness
from relaxbell.exact.texts import FITTED, floor_text, minus_text, supported_text
from relaxbell.measures.measure import Measure
from relaxbell.methods import provided

if TYPE_CHECKING:
    import sympy

    from relaxbell.certificate.claims import Certificate

_ROUNDING = 1e-13
LONGEST = 32
"""Exact numbers with more letters are called exact, not written out."""


UNSOUGHT = "not sought to the end: time limit"
"""What ``statistics["exact"]`` says where exact data might have an exact value that there was no time for."""


@dataclass(frozen=True, eq=False)
class Solution(abc.ABC):
    """The least value of a measure, with a rigorous lower bound.

    Attributes
    ----------
    measure
        What was minimized.
    observed
        What had to be reproduced.
    value
        The measure at the model found (in its unit); never below `lower_bound`.
    lower_bound
        No model that satisfies the constraints has a smaller value: computed from dual data in exact arithmetic and
        rounded down. Where `exact` is known, the float nearest to it.
    status
        ``optimal``: value and bound agree to 1e-7 relative or 1e-10, or as far as was asked for; those of mutual
        information, where its program is hard, to 1e-6 bit. ``time limit``: they do not yet.
    q
        The model found: strategies with their weights.
    statistics
        Solver, iterations, seconds; strategies, rows; ``gap`` = value − lower bound; ``distance`` =
        how far float probabilities were moved to be read exactly; ``exact``, where there was no time to seek the exact
        value to the end.

    Examples
    --------
    >>> import relaxbell as rb
    >>> solution = rb.minimize(rb.influence(rb.outcome_signaling(), "A", "B"), rb.boxes.pr())
    >>> solution.value, solution.lower_bound, solution.status
    (1.0, 1.0, 'optimal')
    """

    measure: Measure
    observed: Behavior | Observed
    value: float
    lower_bound: float
    status: str
    q: StrategyWeights
    statistics: Mapping[str, Any]

    # ------------------------------------------------------------- what an engine says

    @property
    @abc.abstractmethod
    def exact(self) -> sympy.Expr | None:
        """The least value as a sympy number, where what was observed is exact and so is the solution; or None.

        Then the exact q of `certificate` attains it, and `value`, `lower_bound` and `upper_bound` are the float nearest
        to it.
        """

    @property
    @abc.abstractmethod
    def upper_bound(self) -> float | None:
        """Rigorous upper bound, where exact weights of strategies attain it; else None.

        Equal to `lower_bound` where `exact` is known. For floats, which are read as an exact behavior first, the two
        are rounded down and up.
        """

    @property
    @abc.abstractmethod
    def witness(self) -> Witness | None:
        """The Bell functional of the dual solution, its value on the data and its unrelaxed bound; None in networks.

        What a network reproduces is no convex set, and no linear functional separates it.
        """

    @property
    @abc.abstractmethod
    def certificate(self) -> Certificate:
        """The exact data from which anyone can check the lower bound, without this package.

        Raises
        ------
        CertificateError
            If the measure states no definition, or the proof exceeds the limits of `relaxbell.verify`.
        """

    # --------------------------------------------------------------------- as text

    @property
    def estimated(self) -> bool:
        """Whether what was observed is an estimate from counts: then so is the value; the bound is for the fitted p."""
        return self.observed.estimated

    @property
    def value_text(self) -> str:
        """The value with at most nine digits, and no more than its lower bound supports; 0 below 1e-13."""
        if abs(self.value) < _ROUNDING and self.lower_bound <= 0:
            return "0"
        return supported_text(self.value, self.lower_bound)

    @property
    def witness_text(self) -> str:
        """The witness as text; where there is none, why."""
        if self.witness is None:
            return "none: the behaviors of a network are not a convex set"
        compared = self.measure.compares
        if self.value > _ROUNDING and not compared and not self.measure.model.relaxed:
            return "none: no edge of the model is marked as relaxed; see CausalModel.relax"
        return self.witness.short

    @property
    def end_texts(self) -> tuple[str, str, str]:
        """Exact value (empty where it is not known), value and rigorous bound of the end that this is, as text.

        Of the negative of a query the end is an upper one: minus `exact`, `value` and `lower_bound`.
        """
        exact = "" if self.exact is None or self.estimated else str(self.exact)
        bound = floor_text(self.lower_bound, 12)
        if self.measure.negated is None:
            return exact, self.value_text, bound
        if exact:
            assert self.exact is not None
            exact = str(-self.exact)
        return exact, minus_text(self.value_text), minus_text(bound)

    def __repr__(self) -> str:
        unit = "" if self.measure.unit == "probability" else f" {self.measure.unit}"
        upper = self.measure.negated is not None
        note = [f"  fields       value, exact and lower_bound are of {self.measure.name}"] if upper else []
        late = [f"  exact        {self.statistics['exact']}"] if "exact" in self.statistics else []
        return "\n".join(
            [
                f"{self.measure.end_name} = {self._headline()}{unit}   ({self.measure.model.name})",
                f"  {'upper' if upper else 'lower'} bound  {self._bound_text(unit)}",
                *late,
                f"  witness      {self.witness_text}",
                f"  model        {len(self.q)} strategies of {self.q.model.strategies.count_text}",
                f"  solver       {self.statistics['solver']}",
                *note,
            ]
        )

    def _headline(self) -> str:
        exact, value, _ = self.end_texts
        if exact in ("", value):
            return value
        number = f"{self.value if self.measure.negated is None else 0.0 - self.value:.9g}"
        return f"{exact} = {number}" if len(exact) <= LONGEST else f"{number} (an exact number)"

    def _bound_text(self, unit: str) -> str:
        if self.exact is not None and not self.estimated:
            return "the same: exact"
        return f"{self.end_texts[2]}{unit} (rigorous{f' {FITTED}' * self.estimated})"

    def _repr_html_(self) -> str:
        return provided("Solution._repr_html_")(self)

    def _repr_latex_(self) -> str | None:
        return provided("Solution._repr_latex_")(self)


S_co = TypeVar("S_co", bound=Solution, covariant=True)


@dataclass(frozen=True)
class Bounds(Generic[S_co]):
    """Both ends of a query: ``lower, upper = bounds(query, p)``.

    Attributes
    ----------
    lower, upper
        Extreme values.
    lower_bound, upper_bound
        Rigorous: every model that satisfies the constraints lies between them.
    minimum, maximum
        The solutions behind them. `maximum` is printed as the upper end that it is; its fields, such as ``value``,
        ``exact`` and ``certificate``, are of the negated query: minus the upper end.

    Examples
    --------
    >>> import relaxbell as rb
    >>> lower, upper = rb.bounds(rb.message_weight(rb.message()), rb.boxes.pr())
    >>> lower, upper
    (0.5, 0.5)
    """

    minimum: S_co
    maximum: S_co

    @property
    def lower(self) -> float:
        """Least value."""
        return self.minimum.value

    @property
    def upper(self) -> float:
        """Largest value."""
        return 0.0 - self.maximum.value  # 0, not −0

    @property
    def lower_bound(self) -> float:
        """Rigorous lower end."""
        return self.minimum.lower_bound

    @property
    def upper_bound(self) -> float:
        """Rigorous upper end."""
        return 0.0 - self.maximum.lower_bound

    def __iter__(self) -> Iterator[float]:
        yield self.lower
        yield self.upper

    def _repr_html_(self) -> str:
        return provided("Bounds._repr_html_")(self)

    def __repr__(self) -> str:
        name = self.minimum.measure.name
        if math.isnan(self.lower) or math.isnan(self.upper):
            outer = f"[{floor_text(self.lower_bound, 9)}, {minus_text(floor_text(-self.upper_bound, 9))}]"
            return f"within {outer} for {name}: no model was found in time for {self._open}"
        return f"[{self.lower:.9g}, {self.upper:.9g}] for {name}"

    @property
    def _open(self) -> str:
        """Ends whose models were not found."""
        if math.isnan(self.lower) and math.isnan(self.upper):
            return "either end"
        return "the lower end" if math.isnan(self.lower) else "the upper end"
