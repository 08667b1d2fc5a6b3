"""Convex roofs over extreme no-signaling behaviors: above the least value everywhere, equal at the vertices."""

import math
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.closed_forms.ceilings import _classes, _kept, ceiling
from relaxbell.closed_forms.extreme_boxes import two_party_boxes
from relaxbell.closed_forms.roofs import Vertices
from relaxbell.quantum.sets import nonsignaling_set

CASES = {
    "M 2222": lambda: rb.dependence(rb.measurement_dependence()),
    "M, p(x) biased": lambda: rb.dependence(rb.measurement_dependence(input_distribution=[[0.3, 0.3], [0.2, 0.2]])),
    "M, X only": lambda: rb.dependence(rb.measurement_dependence(dependent="X")),
    "C, inputs (2, 3)": lambda: rb.influence(rb.bell((2, 3)).relax("X -> B"), "X", "B"),
    "A -> B, outputs (3, 2)": lambda: rb.influence(rb.bell((2, 2), (3, 2)).relax("A -> B"), "A", "B"),
    "Hall, outputs (2, 3)": lambda: rb.hall_dependence(rb.measurement_dependence((2, 2), (2, 3))),
}


def listed(measure):
    where = nonsignaling_set(measure.model.scenario)
    return where, Vertices.listed(where, list(_kept(measure, where.scenario)), lambda: math.inf)


@pytest.mark.parametrize(("inputs", "outputs", "count"), [
    ((2, 2), (2, 2), 24),  # Barrett et al., PRA 71, 022101 (2005)
    pytest.param((3, 3), (2, 2), 1408, marks=pytest.mark.slow),  # Jones, Masanes, PRA 72, 052312 (2005): with 64 local
    pytest.param((2, 2), (3, 3), 1161, marks=pytest.mark.slow),  # 81 + 648 + 432
])  # fmt: skip
def test_numbers_of_vertices(inputs, outputs, count):
    _, vertices = listed(rb.dependence(rb.measurement_dependence(inputs, outputs)))
    assert len(vertices.points) == count
    assert (vertices.tables >= 0).all()
    assert (vertices.tables.sum(axis=1) == vertices.unit * math.prod(inputs)).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_is_above_the_least_value(name):
    """Each term of the roof is below all heights, and meets as many as make it a facet; f ≤ the mean of heights.

    Vertices of one orbit have the same f.
    """
    measure = CASES[name]()
    where, vertices = listed(measure)
    own, generator = where.scenario, np.random.default_rng(5)

    def behavior(weights):
        total = sum(weights)
        table = (np.array(weights, dtype=object) @ vertices.tables.astype(object)) * Fraction(1, vertices.unit * total)
        return rb.Behavior(table.reshape(own.shape), own.outputs, own.inputs, parties=own.parties)

    def least(p):
        return rb.minimize(measure, p).value

    size = len(vertices.points)
    orbits = vertices.orbits()
    single = {i: least(behavior([int(i == j) for j in range(size)])) for i in sorted(set(orbits.tolist()))}
    for i in generator.integers(size, size=6).tolist():
        assert least(behavior([int(i == j) for j in range(size)])) == pytest.approx(single[orbits[i]], abs=1e-9)
    heights = [Fraction(single[i]).limit_denominator(1000) for i in orbits.tolist()]
    for form, _ in vertices.roof(heights, lambda: math.inf):
        at = [
            form[0] + form[1:] @ np.array([Fraction(v, vertices.unit) for v in own]) for own in vertices.points.tolist()
        ]
        assert all(value <= height for value, height in zip(at, heights, strict=True))
        assert sum(value == height for value, height in zip(at, heights, strict=True)) > where.coordinates.dimension
    for _ in range(6):
        chosen = [0] * size
        for i in generator.integers(size, size=3).tolist():
            chosen[i] += int(generator.integers(1, 9))
        mean = sum(float(h) * w for h, w in zip(heights, chosen, strict=True)) / sum(chosen)
        assert least(behavior(chosen)) <= mean + 1e-9
    assert 0 <= ceiling(measure, own, "1+AB").value <= max(heights)


@pytest.mark.slow
def test_no_quantum_behavior_demands_more():
    """Random planar measurements on entangled qubits, for measures without symmetries too."""
    generator = np.random.default_rng(3)
    for name in ("M 2222", "M, p(x) biased", "M, X only"):
        measure = CASES[name]()
        above = ceiling(measure, measure.model.scenario, "1+AB").value
        seen = []
        for _ in range(20):
            angles = generator.uniform(0, 2 * np.pi, size=(2, 2))
            p = rb.born(rb.states.singlet(), [[rb.states.qubit_observable(t) for t in own] for own in angles])
            seen.append(rb.minimize(measure, p).value)
        assert max(seen) <= above + 1e-9
        assert rb.minimize(measure, rb.boxes.tsirelson()).value <= above + 1e-9


@pytest.mark.slow
def test_the_two_ways_to_vertices_agree():
    """The formulas for two settings, and adjacency decomposition: the same classes."""
    measure = rb.dependence(rb.measurement_dependence((2, 2), (3, 3)))
    where = nonsignaling_set(measure.model.scenario)
    kept = list(_kept(measure, where.scenario))
    formulas, found = two_party_boxes(where.scenario, kept), _classes(where, kept)
    assert len(formulas) == len(found) == 3
    assert {max(t.ravel().tolist()) for t in formulas} == {max(t.ravel().tolist()) for t in found}


@pytest.mark.slow
def test_three_parties_have_46_classes():
    """Pironio, Bancal, Scarani, arXiv:1101.2477: 53,856 vertices in 46 classes under all relabelings."""
    from relaxbell.symmetry.generators import generators

    where = nonsignaling_set(rb.bell((2, 2, 2)).scenario)
    assert len(_classes(where, list(generators(where.scenario)))) == 46


@pytest.mark.parametrize("inputs", [(2, 3), (3, 2)])
def test_boxes_of_two_outcomes_are_all_extreme_ones(inputs):
    """Jones, Masanes, PRA 72, 052312 (2005), against all vertices listed: one of each class."""
    measure = rb.dependence(rb.measurement_dependence(inputs, (2, 2)))
    where, vertices = listed(measure)
    kept = list(_kept(measure, where.scenario))
    place = {own.tobytes(): i for i, own in enumerate(vertices.tables)}
    whole = [(own.ravel() * vertices.unit).astype(np.int64) for own in two_party_boxes(where.scenario, kept)]
    orbits = vertices.orbits()
    found = [orbits[place[own.tobytes()]] for own in whole]
    assert sorted(found) == sorted(set(orbits.tolist()))


def test_known_boxes_want_all_relabelings_of_outcomes():
    """Otherwise one box does not stand for its class."""
    measure = rb.dependence(rb.measurement_dependence((2, 2), (4, 4)))
    own = measure.model.scenario
    kept = list(_kept(measure, own))
    assert len(two_party_boxes(own, kept)) == 4
    assert two_party_boxes(own, []) is None
    assert two_party_boxes(own, [g for g in kept if g.settings["X"] == (0, 1)][:1]) is None
