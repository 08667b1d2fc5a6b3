"""Facets of the hull of points, up to permutations of the points: one of each orbit, by adjacency decomposition.

After Christof and Reinelt, Int. J. Comput. Geom. Appl. 11, 423 (2001), and Bremner, Dutour Sikirić and Schürmann, in
Polyhedral Computation (CRM Proceedings 48, 2009). Around each facet F of a list lie its neighbors: a ridge, which is a
facet of F, is turned about until it meets further points. Neighbors of an orbit that is not listed yet are added. The
ridges are found in the same way, up to the symmetries of F, or by double description where F has few points.

The list is complete when all neighbors of its facets are in it, for the graph of facets is connected. It stays so
without fewer facets than the dimension (Balinski, Pacific J. Math. 11, 431, 1961), and without any that share a point
(they are a face of the dual polytope; what remains of its graph lies on one side of it). So the facets that are left
last, which are those with most points, often need no look at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from relaxbell.exact.polyhedra import Polyhedron
from relaxbell.symmetry.elements import Elements, Mask
from relaxbell.symmetry.summands import summands

Whole = NDArray[Any]
"""Whole numbers, int64 where no product can overflow, else Python's own."""

_FEW = 54
"""Points of a face from which on its facets are found by double description: of less than 0.3 s as a rule."""

_FLAT = 40
"""…and at most so many more than its dimension: else there are too many facets."""

_NUMBERS = 400_000
"""Numbers in facets and vertices with which double description is given up all the same…"""

_TRIED = 60_000
_TRIED_INSIDE = 10_000
"""…and with more points: there may be few facets after all. Of the polytope, and of its faces."""

_ALONE = 40
"""Symmetries of a face up to which its facets are hardly fewer up to symmetry: then all of them are sought as well."""

_DRAWN = 8
"""Facets of which the one with fewest points is taken, where one with few points is sought."""

_STARTS = 3
"""Facets with few points to begin with."""

_LISTED = 20_000
"""Elements of groups with which orbits are listed; with larger ones each facet is brought into a canonical form."""

_KEPT = 3 * 10**6
"""Sets of points in all listed orbits together."""


class FacetClass(NamedTuple):
    """An orbit of facets.

    Attributes
    ----------
    row
        The facet row · (1, coordinates) ≥ 0, in lowest terms.
    size
        Number of facets in the orbit.
    """

    row: tuple[int, ...]
    size: int


class SymmetricPolytope:
    """The hull of points with permutations of them by affine maps.

    Parameters
    ----------
    points
        Shape (points, 1 + coordinates): the vertices, 1 in front. They span all coordinates.
    group
        The permutations.

    Examples
    --------
    >>> points = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 0, 1]])
    >>> square = SymmetricPolytope(points, Elements.generated([(1, 2, 3, 0)], 4))
    >>> [found], complete = square.facets(lambda: np.inf)
    >>> found.size, complete, square.orbit(found.row).tolist()
    (4, True, [[1, 0, -1], [1, -1, 0], [0, 1, 0], [0, 0, 1]])
    """

    def __init__(self, points: Whole, group: Elements) -> None:
        self.points, self.group = points, group

    def facets(self, left: Callable[[], float]) -> tuple[list[FacetClass], bool]:
        """Return one facet of each orbit, and whether these are all.

        After the seconds that are `left` those that were found.
        """
        parts = summands(self.points)
        if len(parts) > 1:
            return self._of_summands(parts, left)
        search = _Search(self.points, self.group, left)
        complete = search.run(outermost=True)
        return [FacetClass(tuple(map(int, facet.row)), facet.size) for facet in search.found], complete

    def _of_summands(self, parts: list[NDArray[np.intp]], left: Callable[[], float]) -> tuple[list[FacetClass], bool]:
        """Return the same where points fall into independent parts: the facets of one part of each orbit of parts."""
        found, known, complete = [], set[bytes](), True
        basis, inverse = self._basis
        for part in parts:
            mask = np.isin(np.arange(len(self.points)), part)
            if np.packbits(mask).tobytes() in known:
                continue
            known.update(map(bytes, self.group.orbit(mask)))
            search = _Search(self.points[part], self.group.within(mask), left)
            complete &= search.run(outermost=True)
            single = [np.ones(1, dtype=np.int64)] if len(part) == 1 else []  # opposite to it lie all the others
            for own in (*single, *(facet.values for facet in search.found)):
                values = np.zeros(len(self.points), dtype=own.dtype)
                values[part] = own
                row = primitive(product(inverse, values[basis])[None])[0]
                found.append(FacetClass(tuple(map(int, row)), len(self.group.orbit(np.asarray(values == 0)))))
        return found, complete

    def orbit(self, row: Sequence[int]) -> Whole:
        """Return all facets of the orbit of one, in lowest terms."""
        values = product(self.points, np.array(row))
        basis, inverse = self._basis
        images = self.group.images[basis][:, self.group.movers(np.asarray(values == 0))]
        return _small(primitive(product(inverse, values[images]).T))

    @cached_property
    def _basis(self) -> tuple[list[int], Whole]:
        """Points that span all, and a multiple > 0 of their inverse."""
        basis = independent(self.points.T)
        inverse, _ = fmpz_mat(self.points[basis].tolist()).inv().numer_denom()
        size = range(len(basis))
        return basis, _small(np.array([[int(inverse[i, j]) for j in size] for i in size], dtype=object))


@dataclass(eq=False)
class _Facet:
    row: Whole
    values: Whole  # of the row, for each point
    size: int

    @cached_property
    def count(self) -> int:
        """How many points it has."""
        return int(self.mask.sum())

    @property
    def mask(self) -> Mask:
        """The points of the facet."""
        return np.asarray(self.values == 0)


class _Search:
    """The facets of one face, up to the symmetries of it."""

    def __init__(self, points: Whole, group: Elements, left: Callable[[], float]) -> None:
        self.points, self.group, self.left = points, group, left
        self.columns = independent(points)
        self.dimension = len(self.columns) - 1
        self.found: list[_Facet] = []
        self.waiting: list[_Facet] = []
        self.listed: set[bytes] = set()
        self.canonical: set[tuple[int, ...]] = set()

    def run(self, outermost: bool = False) -> bool:
        """Find the facets; return whether there was time for all."""
        if self.dimension == 0:
            return True
        rows = self._double_description(outermost)
        if rows is not None:
            if outermost:
                self._add(rows)
            else:  # no need to know which are alike: the face outside will tell
                self.found = [_Facet(row, row, 1) for row in rows]
            return True
        if self.left() <= 0:
            return False
        self._start(outermost)
        whole = True
        while self.waiting and not self._connected():
            if self.left() <= 0:
                return False
            # those with few points take least time and have neighbors of many kinds
            facet = min(self.waiting, key=lambda own: own.count)
            self.waiting.remove(facet)
            whole &= self._look_around(facet)
        return whole

    def _double_description(self, outermost: bool) -> Whole | None:
        """Return all facets; None where there are too many of them, or too little time."""
        small = len(self.points) <= min(_FEW, self.dimension + _FLAT)
        inner = self.points[:, self.columns[1:]].tolist()
        alone = len(self.group) <= _ALONE and not outermost
        most = _NUMBERS if small or alone else _TRIED if outermost else _TRIED_INSIDE
        polyhedron, done = Polyhedron.hull_in_steps(inner, self.left, most)
        if done < len(inner):
            return None
        facets, _ = polyhedron.facets()
        return self._widened(np.array(facets, dtype=object))

    def _widened(self, rows: Whole) -> Whole:
        """Return rows over the independent columns as rows over all, 0 elsewhere."""
        found = np.zeros((len(rows), self.points.shape[1]), dtype=object)
        found[:, self.columns] = rows
        return _small(found)

    # ------------------------------------------------------------------------------- where to begin

    def _start(self, outermost: bool) -> None:
        """Begin with few points: if the time ends early, their neighbors are known, and others may need no look."""
        rng = np.random.default_rng(0)
        for _ in range(_STARTS if outermost else 1):
            self._add(self._slim_facet(rng)[None])

    def _slim_facet(self, rng: np.random.Generator) -> Whole:
        """Return a facet with few points, as a rule: beyond a ridge with few points, found in the same way."""
        if len(self.points) <= _FEW and (rows := self._double_description(False)) is not None:
            return rows[(product(rows, self.points.T) == 0).sum(axis=1).argmin()]
        first = min((self._first_facet(rng) for _ in range(_DRAWN)), key=self._count)
        values = product(self.points, first)
        inside = _Search(self.points[np.asarray(values == 0)], self.group, self.left)  # asks of the group its size
        if inside.dimension == 0 or self.left() <= 0:
            return first
        ridge = inside._slim_facet(rng)[None]
        other = rotated(first, values, ridge, product(ridge, self.points.T))[0]
        return min(first, other, key=self._count)

    def _count(self, row: Whole) -> int:
        return int((product(self.points, row) == 0).sum())

    def _first_facet(self, rng: np.random.Generator | None = None) -> Whole:
        """Return a facet: a face that turns until it has the dimension of one."""
        own = self.points[:, self.columns]
        row = np.eye(self.dimension + 1, dtype=np.int64)[1] if rng is None else rng.integers(-9, 10, self.dimension + 1)
        row[0] -= product(own, row).min()
        while True:
            values = product(own, row)
            free, count = fmpz_mat(own[np.asarray(values == 0)].tolist()).nullspace()
            if count == 1:
                return self._widened(row[None])[0]
            axes = np.array([[int(free[i, j]) for i in range(len(row))] for j in range(count)], dtype=object)
            if rng is not None:
                axes = axes[rng.permutation(count)]
            axis = next(axis for axis in axes if (np.outer(axis, row) != np.outer(row, axis)).any())
            axis = _small(primitive(axis[None]))
            row = rotated(row, values, axis, product(axis, own.T))[0]

    # ---------------------------------------------------------------------------------- neighbors

    def _look_around(self, facet: _Facet) -> bool:
        """Add the neighbors of a facet; return whether there was time for all."""
        symmetries = self.group.within(facet.mask)
        inside = _Search(self.points[facet.mask], symmetries, self.left)
        whole = inside.run()
        if inside.found:
            ridges = np.array([ridge.row for ridge in inside.found])
            if len(self.group) > _LISTED:
                ridges = _one_each(ridges, self.points[facet.mask], symmetries)
            whole &= self._add(rotated(facet.row, facet.values, ridges, product(ridges, self.points.T)))
        return whole

    def _add(self, rows: Whole) -> bool:
        """Add the facets of orbits that are not listed yet; return whether there was time for all."""
        values = product(rows, self.points.T)
        for row, own, bits in zip(rows, values, np.packbits(values == 0, axis=1), strict=True):
            if bits.tobytes() in self.listed:
                continue
            size = self._fresh(own)
            if size:
                self.found.append(_Facet(row, own, size))
                self.waiting.append(self.found[-1])
            if len(self.group) > _LISTED and self.left() <= 0:
                return False
        return True

    def _fresh(self, values: Whole) -> int:
        """Return how many facets the orbit of a facet has if it is not known yet, else 0; from now on it is."""
        mask = np.asarray(values == 0)
        if len(self.group) <= _LISTED and len(self.listed) < _KEPT:
            orbit = self.group.orbit(mask)
            self.listed.update(map(bytes, orbit))
            return len(orbit)
        form, fixing = self.group.canonical(values)
        if form in self.canonical:
            return 0
        self.canonical.add(form)
        return len(self.group) // fixing

    def _connected(self) -> bool:
        """Return whether all facets must be listed already, although some were not looked at."""
        if len(self.waiting) == len(self.found):
            return False
        if sum(facet.size for facet in self.waiting) < self.dimension:
            return True
        common = np.ones(len(self.points), dtype=bool)
        for facet in self.waiting:
            common &= self.group.always(facet.mask)
            if not common.any():
                return False
        return True


def _one_each(rows: Whole, points: Whole, group: Elements) -> Whole:
    """Return one row of each orbit."""
    if len(group) == 1:
        return rows
    seen: set[bytes] = set()
    kept = []
    masks = product(rows, points.T) == 0
    for i, bits in enumerate(np.packbits(masks, axis=1)):
        if bits.tobytes() not in seen:
            seen.update(map(bytes, group.orbit(masks[i])))
            kept.append(i)
    return rows[kept]


# ---------------------------------------------------------------------------------- whole numbers


def rotated(row: Whole, values: Whole, ridges: Whole, beyond: Whole) -> Whole:
    """Return for each ridge of a facet the facet on its other side.

    Parameters
    ----------
    row, values
        The facet ≥ 0, and its values at all points.
    ridges, beyond
        Rows that are ≥ 0 on the facet, and their values at all points.

    Examples
    --------
    >>> square = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]])
    >>> bottom, left = np.array([0, 0, 1]), np.array([[0, 1, 5]])
    >>> rotated(bottom, square @ bottom, left, left @ square.T)
    array([[0, 1, 0]])
    """
    most = _largest(ridges, beyond) * _largest(row, values)
    if most >= 2**60:
        row, values, ridges, beyond = (own.astype(object) for own in (row, values, ridges, beyond))
    # the least t with ridge + t · facet ≥ 0 everywhere, as numerator / denominator
    numerator, denominator = None, None
    for height in sorted(set(values.tolist()) - {0}):
        lowest = -beyond[:, np.asarray(values == height)].min(axis=1)
        if numerator is None or denominator is None:
            numerator, denominator = lowest, np.full_like(lowest, height)
            continue
        steeper = np.asarray(lowest * denominator > numerator * height)
        numerator = np.where(steeper, lowest, numerator)
        denominator = np.where(steeper, height, denominator)
    if numerator is None or denominator is None:
        raise AssertionError("a facet does not hold all points")
    return _small(primitive(denominator[:, None] * ridges + numerator[:, None] * row))


def product(one: Whole, other: Whole) -> Whole:
    """Return the product of matrices of whole numbers, exactly."""
    if _largest(one) * _largest(other) * other.shape[0] >= 2**62:
        one, other = one.astype(object), other.astype(object)
    found: Whole = one @ other
    return _small(found) if found.dtype == object else found


def primitive(rows: Whole) -> Whole:
    """Return rows in lowest terms."""
    found: Whole = rows // np.gcd.reduce(rows, axis=1)[:, None]
    return found


def _largest(*arrays: Whole) -> int:
    return max(max(int(own.max(initial=0)), -int(own.min(initial=0))) for own in arrays)


def _small(rows: Whole) -> Whole:
    """Return whole numbers as int64 where all of them fit."""
    return rows.astype(np.int64) if rows.dtype == object and _largest(rows) < 2**62 else rows


def spans_all(points: Whole) -> bool:
    """Return whether points, with 1 in front, span all coordinates."""
    return len(independent(points)) == points.shape[1]


def independent(points: Whole) -> list[int]:
    """Return the numbers of columns that span all, the first ones."""
    return list(_pivots(points))


def _pivots(rows: Whole) -> Iterator[int]:
    reduced, _, rank = fmpz_mat(rows.tolist()).rref()
    column = 0
    for i in range(rank):
        while reduced[i, column] == 0:
            column += 1
        yield column
