"""Facets of the behaviors of a model with dependent inputs, up to symmetry.

What the strategies make are points over the cells of p(outputs, dependent inputs|free inputs). The behaviors of the
model are the part of their hull where the dependent inputs have their frequencies. Facets of the hull are found in
orbits, by adjacency decomposition; each is an inequality for that part, and a linear program in exact arithmetic for
each orbit tells whether the others imply it there. The vertices of the part are never needed: of several settings they
are all combinations of vertices for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from relaxbell.causal.equations import cell_weights
from relaxbell.closed_forms.domains import Domain
from relaxbell.closed_forms.extreme import extreme_of
from relaxbell.closed_forms.facets import Symmetries, elements
from relaxbell.errors import TimeLimitError
from relaxbell.exact.conversion import Row
from relaxbell.exact.numbers import Exact, common_denominator
from relaxbell.lp.clock import left
from relaxbell.symmetry.adjacency import SymmetricPolytope, independent, primitive, product


def slice_facets(
    domain: Domain, columns: NDArray[Any], symmetries: Symmetries, unit: int = 1
) -> tuple[list[Row], bool] | None:
    """Return the facets as rows ≥ 0 over the domain's coordinates, and whether the time sufficed for all.

    The columns are probabilities times `unit`, whole numbers. Else they are valid inequalities, some of many. None
    where there are too many symmetries, where the behaviors are flat in the coordinates, or where a linear program
    stays open: then double description has to do.
    """
    table = np.hstack([np.ones((len(columns), 1), dtype=np.int64), columns.astype(np.int64)])
    group = elements(symmetries, len(table))
    if group is None or over_coordinates(domain, _per_unit(_equations(table), unit)):
        return None
    kept = independent(table)
    polytope = SymmetricPolytope(table[:, kept], group)
    classes, complete = polytope.facets(left)
    found: dict[Row, None] = {}
    for own in classes:
        members = polytope.orbit(own.row)
        wide = np.zeros((len(members), table.shape[1]), dtype=object)
        wide[:, kept] = members
        found.update(dict.fromkeys(over_coordinates(domain, _per_unit(wide.tolist(), unit))))
    if any(row[0] < 0 and not any(row[1:]) for row in found):
        return None
    rows = list(dict.fromkeys([*(row for row in found if any(row[1:])), *domain.positivity]))
    if not complete:
        return rows, False
    assert domain.coordinates is not None  # own coordinates of a model are no slice
    moves = (domain.coordinates.action(own.cells()) for own in symmetries.relabelings)
    actions = [move.astype(object) for move in moves if move is not None]
    try:
        decided = extreme_of([(*(-v for v in row), 0) for row in rows], actions, inside=domain.inside)
    except TimeLimitError:
        return rows, False
    return None if decided is None else ([tuple(-v for v in row[:-1]) for row in decided[0]], True)


def _per_unit(rows: Iterable[Sequence[int]], unit: int) -> list[Row]:
    """Return rows over (1, probabilities times a unit) as rows over (1, probabilities)."""
    return [(row[0], *(v * unit for v in row[1:])) for row in rows]


def over_coordinates(domain: Domain, rows: Iterable[Sequence[int]]) -> list[Row]:
    """Return rows ≥ 0 over p(outputs, settings), a constant first, as rows ≥ 0 over the domain's coordinates."""
    joint = domain.expansion * cell_weights(domain.model)[:, None]
    unit = common_denominator(joint.ravel())
    given = np.array(list(rows), dtype=object).reshape(-1, 1 + len(joint))
    forms = product(given[:, 1:], _whole(unit * joint)).astype(object)
    forms[:, 0] += unit * given[:, 0]
    return [tuple(map(int, form)) for form in primitive(forms[(forms != 0).any(axis=1)])]


def _equations(table: NDArray[np.int64]) -> list[Row]:
    """Return rows that are 0 at all points and span all such rows."""
    free, count = fmpz_mat(table.tolist()).nullspace()
    return [tuple(int(free[i, j]) for i in range(table.shape[1])) for j in range(count)]


def _whole(table: Exact) -> NDArray[np.object_]:
    return np.array([int(v) for v in table.ravel()], dtype=object).reshape(table.shape)
