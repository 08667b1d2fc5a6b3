"""Least values along a line of behaviors of a network: what is attained at single parameters, with exact models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import Any

from relaxbell.behavior.behavior import Behavior
from relaxbell.curves.paths import Path
from relaxbell.engines.linear.family import exact_line
from relaxbell.engines.sources.minimum import minimize_at_fixed, minimize_network
from relaxbell.engines.sources.polynomials import Layout
from relaxbell.engines.sources.scenario import Scenario, read_scenario
from relaxbell.engines.sources.solution import NetworkSolution
from relaxbell.errors import InfeasibleError, MeasureError
from relaxbell.exact.numbers import ExactNumber, as_exact
from relaxbell.measures.products import Nonbilocality, nonbilocality

_COARSE = 1e-5
"""Tolerance where no exact model comes as close as was asked for."""


@dataclass(frozen=True, eq=False)
class NetworkSample:
    """What is attained at one parameter, exact, with the marginals at which it is.

    Attributes
    ----------
    t, value
        Exact.
    marginals
        Of all groups by name, at the model found.
    primal
        Exact weights of strategies that attain the value.
    scenario
        The problem.
    lower
        A rigorous lower bound of the least value here.
    exact
        Whether the value is the least one; else it is near.
    """

    t: ExactNumber
    value: ExactNumber
    marginals: Mapping[str, tuple[ExactNumber, ...]]
    primal: Mapping[int, ExactNumber]
    scenario: Scenario
    lower: ExactNumber
    exact: bool

    @cached_property
    def layout(self) -> Layout:
        """Groups and parameters."""
        return Layout.of(self.scenario)

    @property
    def held(self) -> dict[str, tuple[ExactNumber, ...]]:
        """Marginals of the groups that are held in a proof, by name."""
        return {side.group.name: self.marginals[side.group.name] for side in self.layout.held}

    @property
    def point(self) -> list[Fraction]:
        """The parameters ν, rational: where boxes are cut first."""
        values = (self.marginals[side.group.name][j] for side in self.layout.held for j in side.free)
        return [v if isinstance(v, Fraction) else Fraction(float(v)) for v in values]


def bump(left: NetworkSample, right: NetworkSample) -> ExactNumber:
    """Return k: a mixture of both models exceeds the chord of their values by at most s(1 − s) k, see Theorem 14b."""
    total: ExactNumber = Fraction(0)
    for product in left.scenario.products:
        names = [side.group.name for side in product]
        moved: list[ExactNumber] = []
        for n in names:
            far: ExactNumber = Fraction(0)
            for a, b in zip(left.marginals[n], right.marginals[n], strict=True):
                far = far + (a - b if a > b else b - a)
            moved.append(far)
        for a, b in combinations(moved, 2):
            total = total + a * b
    return total


class Sampler:
    """Minimizes at parameters of a path of exact behaviors.

    Raises
    ------
    MeasureError
        If the behaviors are floats.
    """

    def __init__(self, measure: Nonbilocality, path: Path, tolerance: float) -> None:
        self.measure, self.tolerance = measure, tolerance
        self.behavior: Callable[[ExactNumber], Behavior]
        self.behavior, distance = exact_line(measure.model, path)
        if distance:
            raise MeasureError(
                f"a curve of {measure.name} needs exact behaviors, found floats. Give exact ones, such as "
                "p.rounded(model, denominator=10**6), or use sweep(measure, behaviors) for intervals."
            )
        self.programs = 0
        self._known: dict[ExactNumber, NetworkSample] = {}

    def sample(self, t: ExactNumber) -> NetworkSample:
        """Return what is attained at t.

        Raises
        ------
        MeasureError
            If no exact model was found.
        """
        if t not in self._known:
            self._known[t] = self._sample(t)
        return self._known[t]

    def _sample(self, t: ExactNumber) -> NetworkSample:
        p = self.behavior(t)
        for tolerance in sorted({self.tolerance, _COARSE}):
            solution = minimize_network(self.measure, p, tolerance=tolerance)
            self.programs += solution.statistics["boxes"]
            if solution.primal is not None:
                break
        if solution.primal is None:
            low, high = solution.interval
            raise MeasureError(
                f"min {self.measure.name} at t = {t} is in [{low:.9g}, {high:.9g}], and no exact model was found: "
                "expected one for a curve. Use sweep(measure, behaviors) for intervals instead."
            )
        scenario = read_scenario(self.measure, p, symmetric=False)
        exact = as_exact(solution.exact)
        lower = Fraction(solution.lower_bound) if exact is None else exact
        return _of(t, solution, scenario, lower, exact=exact is not None)

    def with_marginals(self, sample: NetworkSample, held: Mapping[str, Any]) -> NetworkSample | None:
        """Return what is attained at the same parameter with these marginals; None if nothing is, exactly."""
        fixed = nonbilocality(self.measure.model, {name: list(values) for name, values in held.items()})
        try:
            solution = minimize_at_fixed(fixed, self.behavior(sample.t))
        except InfeasibleError:
            return None
        self.programs += 1
        if solution.primal is None:
            return None
        return _of(
            sample.t, solution, sample.scenario, sample.lower, exact=sample.exact and solution.attained == sample.value
        )


def _of(
    t: ExactNumber, solution: NetworkSolution, scenario: Scenario, lower: ExactNumber, *, exact: bool
) -> NetworkSample:
    marginals: dict[str, tuple[Any, ...]] = {n: tuple(own.values()) for n, own in solution.marginals.items()}
    value = as_exact(solution.attained)
    assert value is not None  # as both callers made sure
    assert solution.primal is not None
    return NetworkSample(t, value, marginals, solution.primal, scenario, lower, exact)
