"""Exact polyhedra against known ones."""

import itertools
import math
from fractions import Fraction

from relaxbell.exact.polyhedra import Point, Polyhedron


def later():
    return 60.0


def test_cube_and_octahedron_are_dual():
    corners = list(itertools.product((-1, 1), repeat=3))
    cube = Polyhedron(3, [(1, *(s * (i == j) for j in range(3))) for i in range(3) for s in (1, -1)])
    assert sorted(point.coordinates for point in cube.vertices()) == corners
    hull, done = Polyhedron.hull_in_steps([p for i in range(3) for p in (unit(i), unit(i, -1))], later)
    assert done == 6
    inequalities, equations = hull.facets()
    assert sorted(inequalities) == sorted((1, *corner) for corner in corners)
    assert equations == []


def unit(i, sign=1):
    return tuple(sign * (i == j) for j in range(3))


def test_rational_vertices_in_lowest_terms():
    triangle = Polyhedron(2, [(0, 1, 0), (0, 0, 1), (2, -3, -6)])  # x, y ≥ 0, 3x + 6y ≤ 2
    assert set(triangle.vertices()) == {Point((0, 0), 1), Point((2, 0), 3), Point((0, 1), 3)}


def test_flat_and_empty():
    segment, _ = Polyhedron.hull_in_steps([(0, 0), (1, 1)], later)
    inequalities, equations = segment.facets()
    assert len(inequalities) == 2
    assert [tuple(abs(v) for v in row) for row in equations] == [(0, 1, 1)]
    assert list(Polyhedron(1, [(-1, 1), (0, -1)]).vertices()) == []  # x ≥ 1, x ≤ 0
    point, _ = Polyhedron.hull_in_steps([()], later)
    assert [p.coordinates for p in point.vertices()] == [()]


def test_redundant_rows_go_and_big_numbers_stay():
    huge = 10**40
    line = Polyhedron(1, [(0, 1), (1, 1), (1, -huge), (5, -1)])
    assert sorted(Fraction(p.coordinates[0], p.divisor) for p in line.vertices()) == [0, Fraction(1, huge)]
    assert sorted(line.facets()[0]) == [(0, 1), (1, -huge)]


def test_cross_polytope_in_many_steps_and_no_time():
    rows = [(1, *signs) for signs in itertools.product((-1, 1), repeat=6)]
    polyhedron = Polyhedron(6)
    assert polyhedron.add_in_steps(rows, later) == len(rows)
    assert len(list(polyhedron.vertices())) == 12
    assert Polyhedron(6).add_in_steps(rows, lambda: 0.0) == 0


def test_birkhoff_polytope():
    # doubly stochastic 3 × 3 matrices: the vertices are the 6 permutations (Birkhoff, 1946)
    rows = [tuple([0, *(int(i == j) for j in range(9))]) for i in range(9)]
    for k in range(3):
        for line in ([3 * k + j for j in range(3)], [3 * j + k for j in range(3)]):
            row = [int(j in line) for j in range(9)]
            rows += [(-1, *row), (1, *(-v for v in row))]
    points = list(Polyhedron(9, rows).vertices())
    assert len(points) == math.factorial(3)
    assert all(set(p.coordinates) == {0, 1} and sum(p.coordinates) == 3 for p in points)
