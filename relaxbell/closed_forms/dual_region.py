"""Closed forms from the dual: its vertices are the terms, its extreme rays the constraints.

The least value at u is the largest (yᵀ R) u over the dual region {y : yᵀ A ≤ cost}, so it is the maximum over the
vertices y, finite where no extreme ray is positive. Where y has as many free coordinates as u, every vertex is a term:
at the sum of the columns that are tight at y it exceeds all others. Else yᵀ R is a projection, and what is no vertex
or extreme ray of the projected region is removed, each by a linear program in exact arithmetic (`extreme`). The list of
all vertices is the proof of completeness; it needs no search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.equations import cell_weights
from relaxbell.closed_forms.epigraph import DUAL_VERTICES, Epigraph, Task, lowest
from relaxbell.closed_forms.extreme import extreme
from relaxbell.engines.linear.parametric import ParametricProgram
from relaxbell.exact.basis import IntegerProgram
from relaxbell.exact.conversion import Row
from relaxbell.exact.numbers import Exact
from relaxbell.exact.polyhedra import small_generators
from relaxbell.lp.clock import left, now, share

_LARGEST = (200, 5000)
"""Rows and columns of programs whose dual region is looked at."""

_DIMENSION = 60
"""Dimension up to which PPL takes a fraction of a second for a step."""

_LIMITS = ((0, 250_000, 20_000), (3, 100_000, 20_000), (_DIMENSION, 10_000, 3_000))
"""Dimensions lost when y is projected to u, at most; then numbers in facets and vertices of a dual region, at most on
the way to them, and in its inequalities. It takes from parts of a second to a few to get there and give up.

Where nothing is lost, an outer approximation holds the same polyhedron, turned over, and is larger on its way. Where
more is, the region has more vertices than there are terms, and an outer approximation, which sees the projection only,
may be far quicker.
"""

TIME_OVER = "the time was over"
_TOO_LARGE = "its dual region has more vertices, or facets on the way to them, than the limits allow"
_EQUATIONS = "the behaviors of the domain that the model reproduces satisfy equations, so that terms are not unique"


@dataclass(frozen=True, eq=False)
class _Region:
    """The dual region in the coordinates y of the rows that are kept.

    Attributes
    ----------
    rows
        Inequalities b + a · y ≥ 0, each once.
    sides
        What y is multiplied with for a form over u: R of the kept rows, whole numbers.
    unit
        Divisor of these forms.
    """

    rows: list[Row]
    sides: Exact
    unit: int

    @property
    def dimension(self) -> int:
        return len(self.sides)

    @cached_property
    def lost(self) -> int:
        """How many dimensions are lost between y and its form."""
        import flint

        return self.dimension - int(flint.fmpz_mat([[int(v) for v in row] for row in self.sides]).rank())

    @property
    def one_to_one(self) -> bool:
        """Whether each form has its y."""
        return not self.lost and self.dimension == self.sides.shape[1]


def from_dual_vertices(task: Task, *, forced: bool = False) -> Epigraph | str:
    """Return terms and constraints from the dual region, or why it gave none.

    Parameters
    ----------
    task
        What is wanted.
    forced
        Whether it is tried where an outer approximation is expected to be quicker, and all of the time may be taken.
    """
    started = now()
    if any(size > most for size, most in zip(task.program.integers.matrix.shape, _LARGEST, strict=True)):
        return _TOO_LARGE
    region = _region(task.program)
    if region is None:
        return _EQUATIONS
    if region.dimension > _DIMENSION:
        return _TOO_LARGE
    most, first = _LIMITS[0][1:] if forced else next(own[1:] for own in _LIMITS if region.lost <= own[0])
    if len(region.rows) * region.dimension > first and not forced:
        return _TOO_LARGE
    with share(1, 1 if forced else 2):
        found = small_generators(region.dimension, region.rows, most, left)
        if found is None:
            return TIME_OVER if left() <= 0 else _TOO_LARGE
    if not found.points:
        return "its dual region is empty"
    forms = [_form(region, y, divisor) for divisor, *y in found.points]
    forms += [_form(region, y, 0) for y in found.rays]
    programs = 0
    # cells without weight: nothing is known of them, and that they are no less than 0 is no part of the program
    unseen = bool((cell_weights(task.domain.model) == 0).any())
    if unseen or not region.one_to_one:
        forms += [(*(-v for v in row), 0) for row in task.positivity if unseen]
        decided = extreme([form for form in dict.fromkeys(forms) if any(form)], task)
        if decided is None:
            return _EQUATIONS
        forms, programs = decided
    taken = {tuple(-v for v in lowest(row)) for row in task.start}
    return Epigraph(
        tuple(form for form in forms if form[-1]),
        tuple(form[:-1] for form in forms if not form[-1] and form[:-1] not in taken),
        True,
        programs,
        len(found.points),
        0,
        now() - started,
        DUAL_VERTICES,
    )


def _region(program: ParametricProgram) -> _Region | None:
    """Return the dual region without its lines; None if these stand for equations."""
    integers = program.integers
    table = np.unique(np.vstack([integers.matrix.toarray(), integers.cost]), axis=1)
    matrix, cost = table[:-1], table[-1]
    gone = _determined(integers, matrix, program.sides)
    if gone is None:
        return None
    kept = np.setdiff1d(np.arange(len(matrix)), gone)
    rows = {(int(c), *(-int(v) for v in column)) for c, column in zip(cost, matrix[kept].T, strict=True)}
    for k in np.flatnonzero(~integers.equality[kept]).tolist():
        rows.add((0, *(-1 if j == k else 0 for j in range(len(kept)))))
    # by their costs: seen to make smaller polyhedra on the way than any other order
    return _Region(sorted(rows), program.sides[kept], program.unit * program.program.cost_unit)


def _determined(integers: IntegerProgram, matrix: NDArray[np.int64], sides: Exact) -> list[int] | None:
    """Return equations that follow from the others, for all u; None if some follow for some u only."""
    import flint

    equal = np.flatnonzero(integers.equality)
    if not len(equal):
        return []
    kernel, count = flint.fmpz_mat(matrix[equal].T.tolist()).nullspace()
    reduced, _, rank = flint.fmpz_mat([row[: int(count)] for row in kernel.tolist()]).transpose().rref()
    vectors = [[int(v) for v in row] for row in reduced.tolist()[: int(rank)]]
    if any((np.array(vector, dtype=object) @ sides[equal]).any() for vector in vectors):
        return None
    return [int(equal[next(j for j, v in enumerate(vector) if v)]) for vector in vectors]


def _form(region: _Region, y: Sequence[int], divisor: int) -> Row:
    """Return (c_0, …, c_D, w) of a vertex y / divisor, or of a ray, whose divisor is 0."""
    total = np.array(y, dtype=object) @ region.sides
    return lowest((*(int(v) for v in total), divisor * region.unit))
