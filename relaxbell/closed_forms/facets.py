"""The facets of a model's polytope in orbits of the model's own relabelings, listed only when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.equations import cell_weights
from relaxbell.closed_forms.classes import orbits_of
from relaxbell.closed_forms.closed_form import LinearTerm
from relaxbell.closed_forms.derive import in_order
from relaxbell.closed_forms.domains import Domain
from relaxbell.permutations import Permutation
from relaxbell.relabeling import Relabeling
from relaxbell.symmetry.adjacency import SymmetricPolytope, spans_all
from relaxbell.symmetry.elements import Elements
from relaxbell.symmetry.generators import generators
from relaxbell.symmetry.models import model_generators

_ENTRIES = 2**27
"""Elements × points of a group that is listed."""

_FIRST = 20_000
"""Facets in an orbit up to which its simplest one represents it; in larger ones the one that was found first."""


@dataclass(frozen=True, eq=False)
class FacetOrbit:
    """Facets that relabelings of the model turn into each other.

    Attributes
    ----------
    size
        Number of facets.
    positivity
        Whether they are p ≥ 0.
    """

    size: int
    positivity: bool
    _found: LinearTerm
    _rows: Callable[[], NDArray[Any]]

    @cached_property
    def members(self) -> tuple[LinearTerm, ...]:
        """All of them, the simplest first."""
        return as_terms(self._rows().tolist())

    @cached_property
    def first(self) -> LinearTerm:
        """One of them: the simplest, unless there are very many."""
        if self.size > _FIRST:
            return self._found
        rows = self._rows()
        rows = rows[(rows != 0).sum(axis=1) == (rows != 0).sum(axis=1).min()]
        return as_terms(rows.tolist())[0]


class Symmetries:
    """The relabelings that map the strategies' behaviors onto each other.

    Parameters
    ----------
    domain
        Of the model.
    columns
        The behaviors of its strategies, each once, as rows over the cells.
    fixed
        Whether the distribution of the settings is given, so that it must be symmetric as well.

    Attributes
    ----------
    relabelings
        Generators: of those that the graph allows, and those of the scenario that turn out to.
    permutations
        What each makes of the rows.
    """

    def __init__(self, domain: Domain, columns: NDArray[Any], *, fixed: bool = True) -> None:
        number = {column.tobytes(): i for i, column in enumerate(columns)}
        weights = cell_weights(domain.model)
        self.relabelings: list[Relabeling] = []
        self.permutations: list[Permutation] = []
        for relabeling in (*generators(domain.scenario), *model_generators(domain.model)):
            cells = relabeling.cells()
            images = [number.get(column.tobytes(), -1) for column in columns[:, cells]]
            if -1 not in images and (not fixed or (weights[cells] == weights).all()):
                self.relabelings.append(relabeling)
                self.permutations.append(tuple(images))


def symmetric_polytope(points: Sequence[Sequence[int]], symmetries: Symmetries) -> SymmetricPolytope | None:
    """Return the hull of points; None where it is flat in its coordinates, or has too many symmetries to list."""
    table = np.array([(1, *point) for point in points], dtype=np.int64)
    if not spans_all(table):
        return None
    group = elements(symmetries, len(table))
    return None if group is None else SymmetricPolytope(table, group)


def elements(symmetries: Symmetries, points: int) -> Elements | None:
    """Return the group of permutations of so many points; None where it has too many elements to list."""
    return Elements.generated(symmetries.permutations, points, _ENTRIES // points)


def orbits_found(
    domain: Domain, polytope: SymmetricPolytope, left: Callable[[], float]
) -> tuple[list[FacetOrbit], bool]:
    """Return the orbits of facets of a polytope that there is time to find, and whether these are all."""
    positive = set(domain.positivity)
    found, complete = polytope.facets(left)
    return [
        FacetOrbit(size, row in positive, as_terms([row])[0], _Orbit(polytope, row)) for row, size in found
    ], complete


@dataclass(frozen=True)
class _Orbit:
    polytope: SymmetricPolytope
    row: tuple[int, ...]

    def __call__(self) -> NDArray[Any]:
        return self.polytope.orbit(self.row)


@dataclass(frozen=True)
class _Listed:
    rows: tuple[tuple[int, ...], ...]

    def __call__(self) -> NDArray[Any]:
        return np.array(self.rows, dtype=object)


def orbits_listed(
    domain: Domain, rows: Sequence[tuple[int, ...]], relabelings: Iterable[Relabeling]
) -> Iterator[FacetOrbit]:
    """Yield the orbits of given facets, rows ≥ 0."""
    positive = set(domain.positivity)
    for kind in (True, False):
        own = [row for row in rows if (row in positive) == kind]
        for members in orbits_of(domain, [tuple(map(Fraction, row)) for row in own], relabelings):
            listed = tuple(own[i] for i in members)
            yield FacetOrbit(len(listed), kind, as_terms(listed)[0], _Listed(listed))


def as_terms(rows: Iterable[Sequence[int]]) -> tuple[LinearTerm, ...]:
    """Return rows ≥ 0 as terms ≤ 0, the simplest first."""
    return in_order(tuple(LinearTerm(tuple(Fraction(-int(c)) for c in row)) for row in rows))
