"""Bounds of a query within a budget of mutual information: the least information that each value of the query takes.

J(v) = min {I : query <= v} is convex and does not increase, and each value of it comes with a rigorous lower bound.
So the least query with I <= θ is the v at which J falls to θ: where the lower bound of J(v) exceeds θ no model has the
query at v or below, and where J(v) <= θ its model attains v. Between the two v is found by chords, which for a convex J
lie above it inside their ends and below it outside.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.engines.base import engine
from relaxbell.engines.solution import Bounds, Solution
from relaxbell.engines.witness import Witness
from relaxbell.errors import InfeasibleError, MeasureError, SolverError
from relaxbell.lp.clock import deadline
from relaxbell.measures.measure import Budget, ConvexBudget, LinearMeasure, Measure, same_model

if TYPE_CHECKING:
    import sympy

    from relaxbell.certificate.claims import Certificate

_WIDTH = 1e-9
"""How far the ends may be apart when the search stops; J itself is known to about 1e-9 bit."""

_SOLVED = 1e-6
_MOST = 60


@dataclass(frozen=True, eq=False, repr=False)
class WithinSolution(Solution):
    """The least value of a query within a budget of mutual information; see `Solution`.

    Attributes
    ----------
    budget
        The budget.
    behind
        The solution that proves the lower bound: the least information of models whose query is at most `lower_bound`,
        which exceeds the budget; or the least query, where the budget makes no difference.
    measure, observed, value, lower_bound, status, q, statistics
        As in `Solution`; ``gap`` is below 1e-6.

    Examples
    --------
    >>> import relaxbell as rb
    >>> weak = rb.CausalModel("A -> B <- L; L -> A", inputs="A", latent="L", cardinality={"A": 2, "B": 2})
    >>> seen = rb.Behavior([[0.8, 0.3], [0.2, 0.7]], outputs="B", inputs="A")
    >>> found = rb.bounds(rb.average_causal_effect(weak, "A", "B"), seen, [rb.mutual_information(weak) <= 0.1])
    >>> found.minimum.behind.lower_bound > 0.1, found.minimum.value - found.minimum.lower_bound < 1e-6
    (True, True)
    """

    budget: ConvexBudget
    behind: Solution

    @property
    def exact(self) -> sympy.Expr | None:
        """None: the information is a logarithm."""
        return None

    @property
    def upper_bound(self) -> float | None:
        """None: the information of the model found is rounded."""
        return None

    @property
    def witness(self) -> Witness | None:
        """Of the solution behind the bound."""
        return self.behind.witness

    @property
    def certificate(self) -> Certificate:
        """That of `behind`: with the query at most `lower_bound`, the information exceeds the budget."""
        return self.behind.certificate


def bounds_within(
    query: Measure,
    observed: Behavior | Observed,
    subject_to: Sequence[object],
    budgets: Sequence[ConvexBudget],
    seconds: float | None,
    options: Mapping[str, object],
) -> Bounds[Solution]:
    """Return both ends of a linear query within a budget of mutual information; see `relaxbell.bounds`."""
    own = query.linear("bound within a budget of information")
    if not own.term.is_linear:
        raise MeasureError(f"bounds are for linear queries such as average_causal_effect(…): found {query.name}.")
    if len(budgets) > 1:
        raise MeasureError(f"{', '.join(map(str, budgets))} are several convex budgets, expected one. Give the least.")
    (budget,) = budgets
    same_model(own, budget.measure)
    with deadline(seconds, own.name):
        ends = (_Search(part, observed, subject_to, budget, options).solution() for part in (own, -own))
        lower, upper = ends
        return Bounds(lower, upper)


@dataclass
class _Search:
    """The search for one end: left of it the budget is proved to be exceeded, right of it there is a model."""

    query: LinearMeasure
    observed: Behavior | Observed
    subject_to: Sequence[object]
    budget: ConvexBudget
    options: Mapping[str, object]
    left: list[tuple[float, float]] = field(default_factory=list)
    right: list[tuple[float, float]] = field(default_factory=list)
    solved: int = 0

    def solution(self) -> Solution:
        limit = self.budget.limit
        if limit <= 0:  # independence is an equation
            none = self.budget.measure.zero_like("budget") <= limit
            return engine(self.query, **self.options).minimize(self.observed, [*self.subject_to, none])
        free = engine(self.query, **self.options).minimize(self.observed, self.subject_to)
        information = self.budget.measure
        if information.value(free.q) <= limit:
            return free
        best = engine(information).minimize(self.observed, self.subject_to)
        if best.lower_bound > limit:
            raise InfeasibleError(
                f"no model reproduces what was observed with {self.budget}: the least is {best.value:.9g}. Allow more."
            )
        behind, found = free, best
        low, high = free.lower_bound, self.query.value(best.q)
        self.right.append((high, best.value - float(limit)))
        while high - low > _WIDTH * max(1.0, abs(high)) and self.solved < _MOST:
            v = self._next(low, high)
            if not low < v < high:
                break
            answer = self._least(self.query <= Fraction(v))
            if answer is None:
                low = v
                continue
            if answer.lower_bound > limit:
                low, behind = v, answer
                self.left.append((v, answer.value - float(limit)))
            elif answer.value <= limit:
                high, found = min(high, self.query.value(answer.q)), answer
                self.right.append((high, answer.value - float(limit)))
            else:
                break  # the budget lies between value and bound of the information
        if high - low > _SOLVED * max(1.0, abs(high)):
            raise SolverError(
                f"min {self.query.name} with {self.budget} is known to lie in [{low:.9g}, {high:.9g}] only, expected "
                f"within {_SOLVED:g}. Change the budget a little: the information is hard to find there."
            )
        statistics = {
            **found.statistics,
            "solver": f"{found.statistics['solver']}, {self.solved} programs",
            "gap": high - low,
        }
        return WithinSolution(
            self.query, self.observed, high, low, "optimal", found.q, statistics, budget=self.budget, behind=behind
        )

    def _least(self, limit: Budget) -> Solution | None:
        """Return the least information within a limit of the query; None where no model keeps it."""
        self.solved += 1
        try:
            return engine(self.budget.measure).minimize(self.observed, [*self.subject_to, limit])
        except InfeasibleError:
            return None

    def _next(self, low: float, high: float) -> float:
        """Return the next v: by turns from chords across, which end right of the root, and outside, left of it."""
        middle = (low + high) / 2
        tried = [*self._crossings(), middle]
        inside = [v for v in tried if low < v < high]
        wanted = tried[self.solved % len(tried)]
        return wanted if wanted in inside else middle

    def _crossings(self) -> Iterator[float]:
        for one, other in ((self.left[-1:], self.right[-1:]), (self.right[-1:], self.right[-2:-1])):
            for (v, f), (w, g) in zip(one, other, strict=False):
                if f != g and math.isfinite(found := v - f * (w - v) / (g - f)):
                    yield found
