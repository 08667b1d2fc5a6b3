"""The extreme boxes without signaling, by double description."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from relaxbell.behavior.derived import nonsignaling_coordinates
from relaxbell.behavior.scenario import Scenario
from relaxbell.errors import ModelTooLargeError, optional
from relaxbell.exact.numbers import Exact
from relaxbell.exact.polyhedra import small_generators
from relaxbell.lp.clock import remaining


def extreme_boxes(scenario: Scenario, most: int) -> tuple[Exact, int]:
    """Return the extreme non-signaling boxes, one a row, and how many there are.

    Parameters
    ----------
    scenario
        Whose boxes.
    most
        Numbers in facets and vertices with which it is given up.

    Raises
    ------
    ModelTooLargeError
        If there are too many.
    RelaxbellError
        If the extra ``polytopes`` is not installed.

    Examples
    --------
    >>> import relaxbell as rb
    >>> extreme_boxes(rb.boxes.pr().scenario, 10**5)[1]
    24
    """
    optional("ppl", "polytopes")
    coordinates = nonsignaling_coordinates(scenario)
    size = coordinates.dimension + 1
    rows: Exact = coordinates.expand(np.eye(size, dtype=int).astype(object)).reshape(-1, size)
    found = small_generators(coordinates.dimension, [[int(v) for v in row] for row in rows], most, remaining)
    if found is None:
        raise ModelTooLargeError(
            f"the non-signaling boxes of {scenario} have too many vertices. Use coarser outcomes, or fewer settings."
        )
    points = np.array([[Fraction(int(v), int(point[0])) for v in point] for point in found.points], dtype=object)
    return points @ rows.T, len(points)
