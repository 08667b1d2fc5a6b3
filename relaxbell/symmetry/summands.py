"""Points that fall into parts whose spans are independent: then each facet of their hull misses one part only."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray


def summands(points: NDArray[Any]) -> list[NDArray[np.intp]]:
    """Return the finest parts of points whose spans are independent: their numbers.

    The cone of the points is the sum of those of the parts, so that its facets are those of each part, with all points
    of the others. The parts are the connected components of the matroid of linear dependence: in reduced echelon form
    two points of one part are joined by a path of entries that are not zero.

    Parameters
    ----------
    points
        Shape (points, coordinates), whole numbers.

    Examples
    --------
    >>> summands(np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 2, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]]))
    [array([0, 1, 2]), array([3]), array([4])]
    """
    reduced, _, rank = fmpz_mat(points.T.tolist()).rref()
    labels = np.arange(len(points))
    for i in range(rank):
        joined = [j for j in range(len(points)) if reduced[i, j] != 0]
        labels[np.isin(labels, labels[joined])] = labels[joined].min()
    return [np.flatnonzero(labels == label) for label in dict.fromkeys(labels.tolist())]
