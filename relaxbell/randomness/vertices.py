"""The extreme boxes without signaling: by double description, or, of many, up to relabelings."""

from __future__ import annotations

import functools
import math
import time
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.derived import nonsignaling_coordinates
from relaxbell.behavior.scenario import Scenario
from relaxbell.errors import ModelTooLargeError, optional
from relaxbell.exact.numbers import Exact, Floats
from relaxbell.exact.polyhedra import small_generators
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import remaining
from relaxbell.symmetry.adjacency import SymmetricPolytope
from relaxbell.symmetry.elements import Elements

_SMALL = 20
"""Dimension up to which double description is fast."""

_PATIENCE = 120.0
"""Seconds after which boxes up to relabelings are given up."""


@dataclass(frozen=True, eq=False)
class ExtremeBoxes:
    """Extreme boxes, one a row: whole numbers over a denominator for each.

    Attributes
    ----------
    numerators, denominators
        Whole.
    """

    numerators: NDArray[np.int64]
    denominators: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.denominators)

    @property
    def exact(self) -> Exact:
        """As fractions."""
        pairs = zip(self.numerators.tolist(), self.denominators.tolist(), strict=True)
        return np.array([[Fraction(v, d) for v in row] for row, d in pairs], dtype=object)

    @property
    def floats(self) -> Floats:
        """As floats, correctly rounded."""
        found: Floats = self.numerators / self.denominators[:, None]
        return found


def extreme_boxes(scenario: Scenario, most: int) -> ExtremeBoxes:
    """Return the extreme non-signaling boxes.

    Parameters
    ----------
    scenario
        Whose boxes.
    most
        Numbers in facets and vertices with which double description is given up, and in all boxes.

    Raises
    ------
    ModelTooLargeError
        If there are too many.
    RelaxbellError
        If the extra ``polytopes`` is not installed.

    Examples
    --------
    >>> import relaxbell as rb
    >>> len(extreme_boxes(rb.boxes.pr().scenario, 10**5))
    24
    """
    optional("ppl", "polytopes")
    found = _listed(scenario, most)
    if found is None:
        raise ModelTooLargeError(
            f"the non-signaling boxes of {scenario} have too many vertices. Use coarser outcomes, or fewer settings."
        )
    return found


@functools.lru_cache(maxsize=4)
def _listed(scenario: Scenario, most: int) -> ExtremeBoxes | None:
    coordinates = nonsignaling_coordinates(scenario)
    size = coordinates.dimension + 1
    rows: Exact = coordinates.expand(np.eye(size, dtype=int).astype(object)).reshape(-1, size)
    if coordinates.dimension > _SMALL:
        return _by_relabelings(scenario, rows, most)
    found = small_generators(coordinates.dimension, [[int(v) for v in row] for row in rows], most, remaining)
    if found is None:
        return None
    points = np.array(found.points, dtype=np.int64)
    return ExtremeBoxes(points @ rows.T.astype(np.int64), points[:, 0])


def _by_relabelings(scenario: Scenario, rows: Exact, most: int) -> ExtremeBoxes | None:
    """Return the same from one box of each orbit; None if there are too many, or after some time.

    Around the uniform box u, with p = u + x, a box has p ≥ 0 where 1 + (a/u) x ≥ 0 for each cell's a: boxes are the
    facets of the hull of the points a/u.
    """
    k, shape = len(scenario.outputs), scenario.shape
    whole = math.prod(shape[:k])
    outputs, inputs, parties = scenario.outputs, scenario.inputs, scenario.parties
    uniform = Behavior(np.full(shape, Fraction(1, whole), dtype=object), outputs, inputs, parties=parties)
    group = uniform.symmetries()
    cells = np.arange(math.prod(shape)).reshape(shape)
    images = [g(BellFunctional(cells, outputs, inputs, parties=parties)).coefficients.ravel() for g in group.generators]
    elements = Elements.generated([tuple(int(v) for v in own) for own in images], cells.size, most)
    if elements is None:
        return None
    points = np.hstack([np.ones((cells.size, 1), dtype=np.int64), whole * rows[:, 1:].astype(np.int64)])
    polytope = SymmetricPolytope(points, elements)
    end = time.monotonic() + min(_PATIENCE, remaining())
    classes, complete = polytope.facets(lambda: end - time.monotonic())
    if not complete or sum(own.size for own in classes) * cells.size > 20 * most:
        remaining()
        return None
    found = np.concatenate([polytope.orbit(own.row) for own in classes]).astype(np.int64)
    return ExtremeBoxes(found @ points.T, found[:, 0] * whole)
