"""Cells that symmetries exchange: rows of a program that may be merged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relaxbell.permutations import Permutation, orbit_numbers
from relaxbell.symmetry.labeling import canonical_labeling


def party_orbits(table: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return for each cell of a table (settings, outcomes, settings, …) the number of its orbit.

    The orbits are those of the relabelings of parties, settings and outcomes that leave the table as it is.

    Parameters
    ----------
    table
        Whole numbers ≥ 0, equal where entries are; axes (settings, outcomes) for each party.

    Examples
    --------
    >>> correlated = np.array([[0, 1], [1, 0]]).reshape(1, 2, 1, 2)
    >>> party_orbits(correlated).reshape(2, 2).tolist()
    [[0, 1], [1, 0]]
    """
    sizes = list(zip(table.shape[::2], table.shape[1::2], strict=True))
    points = table.reshape([m * d for m, d in sizes])
    settings = [tuple(x for x in range(m) for _ in range(d)) for m, d in sizes]
    found = canonical_labeling(points, settings, sizes).symmetries
    return cell_orbits(points.shape, found).reshape(table.shape)


def cell_orbits(shape: Sequence[int], symmetries: Sequence[Permutation]) -> NDArray[np.intp]:
    """Return the orbit of each cell of a table over points under permutations of the points of all axes together."""
    cells = int(np.prod(shape))
    starts = np.cumsum([0, *shape])
    axis_of = np.repeat(np.arange(len(shape)), shape)
    places = np.unravel_index(np.arange(cells), tuple(shape))
    permutations = []
    for permutation in symmetries:
        images = np.asarray(permutation)
        moved = np.empty((len(shape), cells), dtype=np.intp)
        for axis, place in enumerate(places):
            target = axis_of[images[starts[axis]]]  # axes move as wholes
            moved[target] = images[starts[axis] + place] - starts[target]
        permutations.append(np.asarray(np.ravel_multi_index(tuple(moved), tuple(shape)), dtype=np.intp))
    return orbit_numbers(cells, permutations)
