"""Facets up to symmetry: the same sets as by double description of all vertices, in orbits of the model."""

import math
from collections import Counter

import numpy as np
import pytest
from clock import replaced
from reference import observed_matrix

import relaxbell as rb
from relaxbell.exact.conversion import Conversion
from relaxbell.symmetry import adjacency
from relaxbell.symmetry.adjacency import SymmetricPolytope
from relaxbell.symmetry.elements import Elements

pytest.importorskip("ppl")

SMALL = [
    rb.bell(),
    pytest.param(rb.bell((3, 3)), marks=pytest.mark.slow),
    rb.bell((2, 2), (3, 2)),
    pytest.param(rb.bell((2, 2, 1), (2, 2, 2)), marks=pytest.mark.slow),
    rb.instrumental(),
    rb.instrumental(3),
    rb.outcome_signaling(),
    rb.input_signaling((2, 3)),
]


def points_of(model):
    """The behaviors of the strategies in the model's coordinates, by the loops of the reference."""
    coordinates = model.coordinates
    columns = np.unique(observed_matrix(model).T.astype(int), axis=0)
    tables = [column.reshape(model.observed_shape).astype(float) for column in columns]
    found = np.array([np.rint(coordinates.project(table)) for table in tables], dtype=np.int64)
    found[:, 0] = 1
    return found


def incidences(points, rows):
    """Each facet as the set of vertices on it."""
    values = points @ np.array(rows, dtype=np.int64).T
    assert (values >= 0).all()
    return {tuple(np.flatnonzero(column == 0)) for column in values.T}


def directly(points):
    conversion = Conversion(points.shape[1] - 1, hull=True)
    conversion.add(points[:, 1:].tolist())
    rows, equations = conversion.facets()
    assert not equations
    return rows


def rows_of(found):
    return [[-int(c) for c in facet.form] for facet in (*found.facets, *found.positivity)]


@pytest.fixture
def by_adjacency(monkeypatch):
    """Let double description of the whole polytope be given up."""
    monkeypatch.setattr(adjacency, "_TRIED", 1)
    monkeypatch.setattr(adjacency, "_FEW", 12)


@pytest.fixture
def recursively(monkeypatch):
    """Let it be given up for the larger faces as well."""
    for name in ("_TRIED", "_TRIED_INSIDE", "_ALONE"):
        monkeypatch.setattr(adjacency, name, 1)
    monkeypatch.setattr(adjacency, "_FEW", 40)


@pytest.mark.usefixtures("by_adjacency")
@pytest.mark.parametrize("model", SMALL, ids=lambda model: model.name)
def test_the_same_facets_as_by_double_description(model):
    found, points = model.inequalities(), points_of(model)
    expected = directly(points)
    assert len(found) == len(expected)
    assert incidences(points, rows_of(found)) == incidences(points, expected)


@pytest.mark.slow
@pytest.mark.usefixtures("by_adjacency")
@pytest.mark.parametrize("model", [rb.bell((2, 3), (3, 2)), rb.bell((3, 2), (2, 3))], ids=lambda model: model.name)
def test_unequal_cardinalities_by_values_on_vertices(model):
    found, points = model.inequalities(seconds=600), points_of(model)
    expected = directly(points)
    assert len(found) == len(expected)
    values = [{tuple(v) for v in (points @ np.array(rows).T).T.tolist()} for rows in (rows_of(found), expected)]
    assert values[0] == values[1]


@pytest.mark.usefixtures("recursively")
@pytest.mark.parametrize("listed", [20_000, 0], ids=["orbits listed", "canonical forms"])
def test_both_ways_to_tell_orbits_apart(listed, monkeypatch):
    monkeypatch.setattr(adjacency, "_LISTED", listed)
    found = rb.bell((3, 3)).inequalities()  # Collins and Gisin 2004: 684 = 36 + 72 + 576
    assert sorted(map(len, found.classes)) == [72, 576]
    assert len(found) == 684


@pytest.mark.parametrize("model", SMALL[:5], ids=lambda model: model.name)
def test_orbits_sum_to_the_facets(model):
    found = model.inequalities()
    assert sum(map(len, found.classes)) + len(found.positivity) == len(found)
    assert len(found.functionals()) == len(found.facets) == sum(map(len, found.classes))
    places = [i for kind in found.classes for i in kind.members]
    assert places == list(range(len(found.facets)))
    listed = found.functionals()
    for kind, one in zip(found.classes, found.representatives(), strict=True):
        members = [listed[i] for i in kind.members]
        assert (one.coefficients == members[0].coefficients).all()


@pytest.mark.parametrize(
    ("made", "hand"),
    [
        (rb.bell((2, 3)), "X -> A; L -> B; L -> A; Y -> B"),
        (rb.outcome_signaling((2, 2)), "Y -> B; L -> B; A -> B; L -> A; X -> A"),
        (rb.bell((2, 2)).relax("X -> B", "Y -> A"), "X -> B <- Y; L -> A; L -> B; X -> A; Y -> A"),
        (rb.measurement_dependence(dependent="X"), "L -> A <- X <- L; L -> B <- Y"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_graph_written_by_hand_has_the_same_classes(made, hand):
    written = rb.CausalModel(hand, "Y X", "L", made.cardinality, outputs="B A")
    one, other = made.inequalities(), written.inequalities()
    assert len(one) == len(other)
    assert Counter(map(len, one.classes)) == Counter(map(len, other.classes))


def test_classes_are_orbits_of_the_symmetries_of_the_model():
    """Relabelings of the model map each class onto itself."""
    model = rb.instrumental(3)
    found = model.inequalities()
    listed = found.functionals()
    forms = [(f.form, i) for i, kind in enumerate(found.classes) for f in found.facets[kind.members[0] :][: len(kind)]]
    place = dict(forms)
    assert len(place) == len(found.facets)
    for form, functional in zip(place, listed, strict=True):
        for relabeling in model.symmetries().generators:
            image = relabeling(functional)
            moved = found.domain.coordinates.pull_back(image.coefficients)
            moved[0] += image.constant
            assert place[tuple(moved)] == place[form]


@pytest.mark.usefixtures("by_adjacency")
def test_when_the_time_ends_the_classes_so_far_are_facets(monkeypatch):
    whole = {facet.form for facet in rb.bell((3, 3)).inequalities().facets}
    counts = set()
    for readings in (3, 8, 12, 16):
        with monkeypatch.context() as patch:
            replaced(patch, 1.0)
            with pytest.raises(rb.errors.ClosedFormError, match="classes of facets were found") as late:
                rb.bell((3, 3)).inequalities(seconds=readings)
        found = late.value.partial
        assert not found.complete
        assert "incomplete" in repr(found)
        assert {facet.form for facet in found.facets} <= whole
        assert sum(map(len, found.classes)) == len(found.facets)
        counts.add(len(found))
    assert len(counts) > 1


def test_orbits_of_points():
    """The cube under its rotations: one orbit of facets; without any: six."""
    points = np.array([[1, *np.unravel_index(i, (2, 2, 2))] for i in range(8)])
    number = {tuple(p[1:]): i for i, p in enumerate(points.tolist())}
    turn = [number[y, 1 - x, z] for _, x, y, z in points.tolist()]
    cycle = [number[y, z, x] for _, x, y, z in points.tolist()]
    rotations = Elements.generated([turn, cycle], 8)
    assert len(rotations) == 24
    assert Elements.generated([turn, cycle], 8, most=23) is None
    cube = SymmetricPolytope(points, rotations)
    [facet], complete = cube.facets(lambda: math.inf)
    assert complete
    assert facet.size == len(cube.orbit(facet.row)) == 6
    alone, _ = SymmetricPolytope(points, Elements.generated([], 8)).facets(lambda: math.inf)
    assert sorted(own.row for own in alone) == sorted(map(tuple, cube.orbit(facet.row).tolist()))


def test_numbers_of_any_size():
    """A triangle with corners at 10^30: products overflow 64 bits."""
    huge = 10**30
    points = np.array([[1, 0, 0], [1, huge, 1], [1, 1, huge]], dtype=object)
    rows, complete = SymmetricPolytope(points, Elements.generated([(0, 2, 1)], 3)).facets(lambda: math.inf)
    assert complete
    assert sorted(own.size for own in rows) == [1, 2]


@pytest.mark.slow
def test_three_parties():
    """Śliwa, Phys. Lett. A 317, 165 (2003): 53,856 facets in 46 classes."""
    found = rb.bell((2, 2, 2), (2, 2, 2)).inequalities(seconds=600)
    assert len(found) == 53_856
    assert len(found.classes) + 1 == 46
    assert len(found.positivity) == 64


@pytest.mark.slow
def test_four_and_three_settings():
    """12,480 facets in 6 classes, as PANDA and others find."""
    found = rb.bell((4, 3)).inequalities(seconds=600)
    assert len(found) == 12_480
    assert sorted(map(len, found.classes)) == [144, 2304, 2304, 3072, 4608]
    assert len(found.positivity) == 48
