"""Upper bounds of what quantum theory demands, where there is no closed form: from extreme no-signaling behaviors.

The least value of a measure is convex in the behavior, so that on the polytope of no-signaling behaviors it is largest
at a vertex, and below the convex roof of its values at all vertices (`roofs`) everywhere. Where vertices are too many
to list they are found up to the relabelings that keep the measure: as facets of the polar polytope, by adjacency
decomposition. Of two parties with two settings or two outcomes each they are known (`extreme_boxes`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.scenario import Scenario
from relaxbell.closed_forms.extreme_boxes import two_party_boxes
from relaxbell.closed_forms.quantum_classes import QuantumClass, bounded
from relaxbell.closed_forms.roofs import Vertices, some_of
from relaxbell.engines.linear.solution import ConvexSolution
from relaxbell.engines.strategies import StrategyWeights
from relaxbell.errors import RelaxbellError
from relaxbell.exact.numbers import Exact, ExactNumber, as_exact
from relaxbell.lp.clock import TimeLimitError, left, passed
from relaxbell.measures.dependences import dependence
from relaxbell.measures.measure import Measure
from relaxbell.quantum.sets import NonsignalingSet, QuantumSet
from relaxbell.relabeling import Relabeling
from relaxbell.solve.minimization import minimize
from relaxbell.symmetry.adjacency import SymmetricPolytope, product, spans_all
from relaxbell.symmetry.models import model_generators

_SHARE = 0.3
"""Of the time that is left, in which vertices are listed."""

_FEW, _COARSE = 10**4, 100
"""Denominators below which heights of a roof are exact, and to which others are rounded up."""

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
    classes
        Of the roof's terms, the largest bound first, each with its certificate.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.quantum_maximum(rb.mutual_information(rb.measurement_dependence()), starts=1, seconds=20).ceiling
    at most 0.2..., the convex roof over 24 extreme no-signaling behaviors: 2 classes of terms, NPA 1+AB
    """

    value: ExactNumber
    text: str
    behavior: Behavior | None
    classes: tuple[QuantumClass, ...] = ()

    def __repr__(self) -> str:
        return f"at most {math.ceil(float(self.value) * 1e9) / 1e9:.9f}, {self.text}"


def ceiling(measure: Measure, scenario: Scenario, level: int | str) -> Ceiling | None:
    """Return the smallest of the bounds that there is time for; None where there is none.

    Parameters
    ----------
    measure
        Whose least value is convex in the behavior.
    scenario
        Of the behaviors.
    level
        Of the NPA hierarchy, for the terms of the roof.
    """
    own = NonsignalingSet(scenario)
    kept = list(_kept(measure, scenario))
    limit = left()
    vertices = Vertices.listed(own, kept, left if math.isinf(limit) else lambda: left() - limit * (1 - _SHARE))
    found = _by_extremes(measure, own, kept) if vertices is None else _by_roof(measure, own, vertices, level)
    return Ceiling(*measure.largest, None) if found is None and measure.largest is not None else found


def _by_roof(measure: Measure, where: NonsignalingSet, vertices: Vertices, level: int | str) -> Ceiling | None:
    """Return the largest quantum value of the roof over all vertices, or at least the largest value at one."""
    orbits = vertices.orbits()
    firsts = sorted(set(orbits.tolist()))
    tables = [np.array([Fraction(v, vertices.unit) for v in vertices.tables[i].tolist()], dtype=object) for i in firsts]
    values = _values(measure, where.scenario, [own.reshape(where.scenario.shape) for own in tables])
    if values is None:
        return None
    plain = _largest(values)
    whole = {i: _whole(value) for i, (value, _) in zip(firsts, values, strict=True)}
    heights = [whole[i] for i in orbits.tolist()]
    try:
        terms = None if passed() else vertices.roof(heights, left)
        if terms is None:
            return plain
        quantum = QuantumSet(where.scenario, level)
        classes = [bounded(form, count, None, quantum, 0, 0, None) for form, count in terms]
    except TimeLimitError:
        return plain
    classes.sort(key=lambda own: -float(own.upper_bound))
    best = max(own.upper_bound for own in classes)
    text = (
        f"the convex roof over {len(orbits)} extreme no-signaling behaviors: {len(terms)} classes of terms, NPA {level}"
    )
    return Ceiling(best, text, None, tuple(classes)) if best < plain.value else plain


def _whole(value: ExactNumber) -> Fraction:
    """Return a height with few digits, not below the value."""
    if isinstance(value, Fraction) and value.denominator < _FEW:
        return value
    return Fraction(math.ceil(float(value) * _COARSE + 1e-6), _COARSE)


def _by_extremes(measure: Measure, where: NonsignalingSet, kept: list[Relabeling]) -> Ceiling | None:
    """Return the largest value at one of each class of vertices."""
    listed = two_party_boxes(where.scenario, kept)
    tables = _classes(where, kept) if listed is None else listed
    values = None if tables is None else _values(measure, where.scenario, tables)
    return None if values is None else _largest(values)


def _values(measure: Measure, own: Scenario, tables: list[Exact]) -> list[tuple[ExactNumber, Behavior]] | None:
    """Return upper bounds of the least values at behaviors; None where one is not known."""
    found: list[tuple[ExactNumber, Behavior]] = []
    for table in tables:
        if passed():
            return None
        behavior = Behavior(table, own.outputs, own.inputs, parties=own.parties)
        try:
            value = _information(measure, behavior) if measure.needs_cones else _least(measure, behavior)
        except RelaxbellError:  # no model for it, or no time: quantum theory may demand less
            return None
        if value is None:
            return None
        found.append((value, behavior))
    return found


def _largest(values: list[tuple[ExactNumber, Behavior]]) -> Ceiling:
    best, at = max(values, key=lambda pair: pair[0])
    text = f"the largest of the least values at {len(values)} classes of extreme no-signaling behaviors"
    return Ceiling(best, text, at)


def _information(measure: Measure, behavior: Behavior) -> ExactNumber | None:
    """Return the information of an exact model, rounded up: the one of least M."""
    solution = minimize(dependence(measure.model), behavior)
    primal = solution.proof.primal if isinstance(solution, ConvexSolution) else None
    if primal is None:
        return None
    if solution.exact == 0:  # λ is independent of the settings
        return Fraction(0)
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
    if not measure.for_all_values:
        return
    for own in model_generators(measure.model):
        if all(own.moves.get(name, name) == name for name in (*scenario.outputs, *scenario.inputs)):
            yield own


def _classes(where: NonsignalingSet, kept: list[Relabeling]) -> list[Exact] | None:
    """Return one vertex of each class; None where there is no time for all of them."""
    rows = where.expansion
    count = math.prod(where.scenario.shape[: len(where.scenario.outputs)])
    points = np.hstack([np.ones((len(rows), 1), dtype=np.int64), rows[:, 1:]])  # white noise is the origin
    if not spans_all(points) or len(np.unique(points, axis=0)) < len(points):
        return None
    group = some_of([own.cells().tolist() for own in kept], len(rows))
    found, complete = SymmetricPolytope(points, group).facets(left)
    if not complete:
        return None
    values = [(product(points, np.array(own.row)), own.row[0]) for own in found]
    return [
        np.array([Fraction(int(v), first * count) for v in own], dtype=object).reshape(where.scenario.shape)
        for own, first in values
    ]
