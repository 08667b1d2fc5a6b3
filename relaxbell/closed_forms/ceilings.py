"""Upper bounds of what quantum theory demands, where there is no closed form: the largest no-signaling value.

The least value of a measure is convex in the behavior, so that on the polytope of no-signaling behaviors it is largest
at a vertex. Vertices are found up to the relabelings that keep the measure: as facets of the polar polytope, by
adjacency decomposition. Two parties with two settings each have, up to relabelings of outcomes, the boxes with
b − a = xy modulo k, each outcome below k alike, and deterministic ones (Barrett, Linden, Massar, Pironio, Popescu,
Roberts, PRA 71, 022101, 2005).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.scenario import Scenario
from relaxbell.engines.linear.solution import ConvexSolution
from relaxbell.engines.strategies import StrategyWeights
from relaxbell.errors import RelaxbellError
from relaxbell.exact.numbers import Exact, ExactNumber, as_exact
from relaxbell.lp.clock import left, passed
from relaxbell.measures.combined import Combined
from relaxbell.measures.dependences import Dependence, dependence
from relaxbell.measures.hall import HallDependence
from relaxbell.measures.information import MutualInformation
from relaxbell.measures.measure import LinearMeasure, Measure
from relaxbell.quantum.sets import NonsignalingSet
from relaxbell.relabeling import Relabeling
from relaxbell.solve.minimization import minimize
from relaxbell.symmetry.adjacency import SymmetricPolytope, product, spans_all
from relaxbell.symmetry.elements import Elements
from relaxbell.symmetry.generators import value_exchanges
from relaxbell.symmetry.models import model_generators

_ENTRIES = 3 * 10**7
"""Numbers in a list of symmetries; what does not fit is done without some of them."""

_OF_ALL_VALUES = ("influence", "message weight")
"""Kinds of measures that are the same for all values of the inputs and outputs, by definition."""

_BITS = Fraction(1, 10**9)
"""Margin for the rounding of logarithms, which is below 1e-12."""


@dataclass(frozen=True, eq=False)
class Ceiling:
    """An upper bound of a measure's least values on quantum behaviors.

    Attributes
    ----------
    value
        Exact.
    text
        How it is known.
    behavior
        A no-signaling behavior that has it; None where the bound is another one.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.quantum_maximum(rb.mutual_information(rb.measurement_dependence()), starts=1, seconds=20).ceiling
    at most 0.415037500, the largest of the least values at 2 classes of extreme no-signaling behaviors
    """

    value: ExactNumber
    text: str
    behavior: Behavior | None

    def __repr__(self) -> str:
        return f"at most {math.ceil(float(self.value) * 1e9) / 1e9:.9f}, {self.text}"


def ceiling(measure: Measure, scenario: Scenario) -> Ceiling | None:
    """Return the smaller of the bounds that there is time for; None where there is none.

    Parameters
    ----------
    measure
        Whose least value is convex in the behavior.
    scenario
        Of the behaviors.
    """
    own = NonsignalingSet(scenario)
    found = _by_extremes(measure, own)
    return _trivial(measure) if found is None else found


def _by_extremes(measure: Measure, where: NonsignalingSet) -> Ceiling | None:
    kept = list(_kept(measure, where.scenario))
    listed = _of_two_settings(where.scenario, kept)
    tables = _classes(where, kept) if listed is None else listed
    if tables is None:
        return None
    own = where.scenario
    found: list[tuple[ExactNumber, Behavior]] = []
    for table in tables:
        if passed():
            return None
        behavior = Behavior(table, own.outputs, own.inputs, parties=own.parties)
        try:
            value = (
                _information(measure, behavior) if isinstance(measure, MutualInformation) else _least(measure, behavior)
            )
        except RelaxbellError:  # no model for it, or no time: quantum theory may demand less
            return None
        if value is None:
            return None
        found.append((value, behavior))
    text = f"the largest of the least values at {len(tables)} classes of extreme no-signaling behaviors"
    best, at = max(found, key=lambda pair: pair[0])
    return Ceiling(best, text, at)


def _information(measure: MutualInformation, behavior: Behavior) -> ExactNumber | None:
    """Return the information of an exact model, rounded up: the one of least M."""
    solution = minimize(dependence(measure.model), behavior)
    primal = solution.proof.primal if isinstance(solution, ConvexSolution) else None
    if primal is None:
        return None
    q = StrategyWeights(measure.model, {own: float(weight) for own, weight in primal.items()})
    return Fraction(measure.value(q)) + _BITS


def _least(measure: Measure, behavior: Behavior) -> ExactNumber | None:
    """Return an upper bound of a least value; None where the model is not known to be one, exactly."""
    solution = minimize(measure, behavior)
    if not isinstance(solution, ConvexSolution):
        return None
    exact = None if solution.exact is None else as_exact(solution.exact)
    if exact is not None:
        return exact
    return None if solution.upper_bound is None else Fraction(solution.upper_bound)


# ---------------------------------------------------------------------------- symmetries


def _kept(measure: Measure, scenario: Scenario) -> Iterator[Relabeling]:
    """Yield relabelings of values that keep the measure: a sum or maximum over all of them, by its definition."""
    if not _for_all_values(measure):
        return
    for own in model_generators(measure.model):
        if all(own.moves.get(name, name) == name for name in (*scenario.outputs, *scenario.inputs)):
            yield own


def _for_all_values(measure: Measure) -> bool:
    if isinstance(measure, Combined):
        return all(_for_all_values(own) for own in measure.parts)
    if isinstance(measure, Dependence | HallDependence | MutualInformation):
        return True
    kind = measure.definition.kind if isinstance(measure, LinearMeasure) and measure.definition else None
    return kind in _OF_ALL_VALUES and not measure.model.is_mixture


def _of_two_settings(scenario: Scenario, kept: list[Relabeling]) -> list[Exact] | None:
    """Return the extreme behaviors of two parties with two settings each, up to relabelings of outcomes."""
    k = len(scenario.outputs)
    if k != 2 or scenario.shape[k:] != (2, 2):
        return None
    known = {own.cells().tobytes() for own in kept}
    wanted = [own for own in value_exchanges(scenario) if own.outcomes and not own.settings]
    if not all(own.cells().tobytes() in known for own in wanted):
        return None
    parties = scenario.parties or {}
    turned = parties[scenario.outputs[0]] != scenario.inputs[0]
    a, b, x, y = np.indices(scenario.shape)
    x, y = (y, x) if turned else (x, y)
    tables = []
    for outcomes in range(1, min(scenario.shape[:2]) + 1):
        hit = (a < outcomes) & (b < outcomes) & ((b - a - x * y) % outcomes == 0)
        tables.append(hit.astype(int).astype(object) * Fraction(1, outcomes))
    return tables


def _classes(where: NonsignalingSet, kept: list[Relabeling]) -> list[Exact] | None:
    """Return one vertex of each class; None where there is no time for all of them."""
    rows = where.expansion
    count = math.prod(where.scenario.shape[: len(where.scenario.outputs)])
    points = np.hstack([np.ones((len(rows), 1), dtype=np.int64), rows[:, 1:]])  # white noise is the origin
    if not spans_all(points) or len(np.unique(points, axis=0)) < len(points):
        return None
    group = _group([own.cells().tolist() for own in kept], len(rows))
    found, complete = SymmetricPolytope(points, group).facets(left)
    if not complete:
        return None
    values = [(product(points, np.array(own.row)), own.row[0]) for own in found]
    return [
        np.array([Fraction(int(v), first * count) for v in own], dtype=object).reshape(where.scenario.shape)
        for own, first in values
    ]


def _group(generators: list[list[int]], points: int) -> Elements:
    """Return the group that permutations generate, or one that some of them do, where it is too large to list."""
    most = _ENTRIES // points
    group = Elements.generated(generators, points, most)
    for some in range(len(generators) - 1, -1, -1) if group is None else ():
        group = Elements.generated(generators[:some], points, most)
        if group is not None:
            break
    assert group is not None  # the one without generators
    return group


# ------------------------------------------------------------------ without the behavior


def _trivial(measure: Measure) -> Ceiling | None:
    """Return a bound of all values of a measure."""
    if isinstance(measure, Dependence):
        least = min(as_exact(v) or Fraction(0) for v in measure.model.input_distribution.table.ravel())
        return Ceiling(2 * (1 - least), "the largest value of M that there is", None)
    if isinstance(measure, MutualInformation):
        size = measure.model.input_distribution.table.size
        return Ceiling(Fraction(math.log2(size)) + _BITS, "the entropy of uniform settings", None)
    if isinstance(measure, HallDependence):
        return Ceiling(Fraction(2), "the largest distance of two distributions", None)
    if isinstance(measure, LinearMeasure) and measure.definition and measure.definition.kind in _OF_ALL_VALUES:
        return Ceiling(Fraction(1), "a probability", None)
    return None
