"""Independent parts of points: facets of their hull are those of each part."""

import math

import numpy as np
import pytest

from relaxbell.exact.conversion import Conversion
from relaxbell.symmetry.adjacency import SymmetricPolytope, independent
from relaxbell.symmetry.elements import Elements
from relaxbell.symmetry.summands import summands

SQUARE = [[0, 0], [1, 0], [0, 1], [1, 1]]


def joined(*parts):
    """Points of parts in coordinates of their own, each with a one that says which part it is; 1 in front."""
    width = sum(1 + len(part[0]) for part in parts)
    rows, start = [], 0
    for part in parts:
        for point in part:
            row = [0] * width
            row[start : start + 1 + len(point)] = [1, *point]
            rows.append([1, *row])
        start += 1 + len(part[0])
    return np.array(rows)


def test_parts_are_found_in_any_coordinates():
    rng = np.random.default_rng(0)
    points = joined(SQUARE, [[0], [1]], SQUARE)
    while True:
        mixing = rng.integers(-3, 4, (points.shape[1],) * 2)
        if round(np.linalg.det(mixing)):
            break
    order = rng.permutation(len(points))
    mixed = (points @ mixing)[order]
    parts = {frozenset(order[part].tolist()) for part in summands(mixed)}
    # the ends of an interval are independent of each other
    assert parts == {frozenset(range(4)), frozenset({4}), frozenset({5}), frozenset(range(6, 10))}


@pytest.mark.parametrize("exchange", [False, True])
def test_the_same_facets_as_by_double_description(exchange):
    pytest.importorskip("ppl")
    points = joined(SQUARE, SQUARE, [[0, 0, 0]])
    points = points[:, independent(points)]
    moves = [(4, 5, 6, 7, 0, 1, 2, 3, 8)] if exchange else []
    polytope = SymmetricPolytope(points, Elements.generated(moves, len(points)))
    classes, complete = polytope.facets(lambda: math.inf)
    conversion = Conversion(points.shape[1] - 1, hull=True)
    conversion.add(points[:, 1:].tolist())
    rows, equations = conversion.facets()
    listed = [tuple(row) for own in classes for row in polytope.orbit(own.row).tolist()]
    assert complete
    assert not equations
    assert sum(own.size for own in classes) == len(listed) == len(rows) == 9
    assert len(classes) == (5 if exchange else 9)
    assert set(listed) == set(rows)
