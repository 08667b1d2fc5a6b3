"""Canonical labelings of weighted hypergraphs whose points form a tree: individualization and refinement.

After McKay and Piperno, Practical graph isomorphism II, J. Symb. Comput. 60, 94 (2014), for tables of numbers: a cell
takes one point of each axis. Points of an axis belong to settings. What may be exchanged: points of a setting, settings
of an axis, axes of the same kind. Colors of points are refined until nothing distinguishes points of one color; then
each of them in turn is given a color of its own. Symmetries that turn up on the way spare all branches that they map
onto earlier ones, so that the work does not grow with the number of relabelings.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relaxbell.lp.clock import remaining
from relaxbell.permutations import Permutation, orbit


class Labeling(NamedTuple):
    """A canonical order.

    Attributes
    ----------
    colors
        A number of its own for each point, axis by axis: relabelings carry the colors along.
    key
        What the table is in this order: equal for two tables if and only if relabelings turn one into the other.
    symmetries
        Permutations of points that generate all relabelings under which the table stays as it is.
    """

    colors: Permutation
    key: Hashable
    symmetries: tuple[Permutation, ...]


def canonical_labeling(
    ranks: NDArray[np.int64],
    settings: Sequence[Sequence[int]],
    kinds: Sequence[Hashable],
    colors: Sequence[int] | None = None,
) -> Labeling:
    """Return the canonical labeling of a table.

    Parameters
    ----------
    ranks
        What is compared: whole numbers ≥ 0, one for each cell.
    settings
        For each axis the setting of each of its points.
    kinds
        For each axis; only axes of the same kind are exchanged.
    colors
        For each point, axis by axis; only points of the same color are exchanged. By default all are alike.

    Examples
    --------
    >>> one = canonical_labeling(np.array([[0, 1], [1, 2]]), [(0, 0), (0, 0)], "aa")
    >>> other = canonical_labeling(np.array([[2, 1], [1, 0]]), [(0, 0), (0, 0)], "aa")
    >>> one.key == other.key
    True
    """
    search = _Search(ranks, settings, kinds, colors)
    search.explore(search.refined(search.start), ())
    if search.leaf is None:
        raise AssertionError("a search ends at a leaf")
    _, cells, groups = search.best[-1]
    key = (tuple(search.start), tuple(cells), tuple(map(tuple, groups)))
    return Labeling(search.leaf[0], key, tuple(search.symmetries))


class _Search:
    def __init__(
        self,
        ranks: NDArray[np.int64],
        settings: Sequence[Sequence[int]],
        kinds: Sequence[Hashable],
        colors: Sequence[int] | None,
    ) -> None:
        self.axes = [axis for axis, size in enumerate(ranks.shape) for _ in range(size)]
        self.points = len(self.axes)
        self.places = [(axis, setting) for axis, own in enumerate(settings) for setting in own]
        self.starts = np.cumsum([0, *ranks.shape])
        base = max(self.points, 1)
        fits = (int(ranks.max(initial=0)) + 1) * base**ranks.ndim < 2**62
        self.base, self.ranks = base, ranks if fits else ranks.astype(object)
        given = [0] * self.points if colors is None else colors
        self.start = ranked([(str(kinds[axis]), color) for axis, color in zip(self.axes, given, strict=True)])
        self.best: list[Any] = []  # traces along the best path
        self.leaf: tuple[Permutation, Permutation] | None = None  # colors at its end, and the points individualized
        self.symmetries: list[Permutation] = []

    # ---------------------------------------------------------------- refinement

    def cells(self, colors: Sequence[int]) -> NDArray[Any]:
        """Return one number for each cell: its rank and the colors of its points, whatever their order."""
        k, shape = self.ranks.ndim, self.ranks.shape
        array = np.array(colors, dtype=self.ranks.dtype)
        columns = np.empty((k, *shape), dtype=self.ranks.dtype)
        for axis in range(k):
            own = array[self.starts[axis] : self.starts[axis + 1]]
            columns[axis] = own.reshape([-1 if i == axis else 1 for i in range(k)])
        columns.sort(axis=0)
        found = self.ranks
        for column in columns:
            found = found * self.base + column
        return found

    def refined(self, colors: Sequence[int]) -> list[int]:
        """Return the coarsest finer coloring in which points of one color lie in the same kinds of cells."""
        colors = list(colors)
        count = len(set(colors))
        while True:
            cells = self.cells(colors)
            rows: list[Any] = []
            for axis, size in enumerate(self.ranks.shape):
                own = np.moveaxis(cells, axis, 0).reshape(size, -1).copy()
                own.sort(axis=1)
                rows += own.tolist()
            alone = ranked(list(zip(colors, map(tuple, rows), strict=True)))
            within = self._grouped(alone, self.places)
            whole = self._grouped(within, self.axes)
            colors = ranked(list(zip(alone, within, whole, strict=True)))
            if len(set(colors)) == count:
                return colors
            count = len(set(colors))

    @staticmethod
    def _grouped(colors: Sequence[int], groups: Sequence[Any]) -> list[int]:
        """Return for each point the rank of the colors of its group."""
        members: dict[Any, list[int]] = {}
        for color, group in zip(colors, groups, strict=True):
            members.setdefault(group, []).append(color)
        sorted_ones = {group: tuple(sorted(own)) for group, own in members.items()}
        return ranked([sorted_ones[group] for group in groups])

    # -------------------------------------------------------------------- search

    def explore(self, colors: list[int], path: Permutation) -> int:
        """Search below a node; return the depth of the node at which to go on."""
        remaining()
        depth = len(path)
        trace = self._trace(colors)
        if depth < len(self.best) and trace < self.best[depth]:
            return depth
        if depth == len(self.best) or trace > self.best[depth]:
            self.best[depth:] = [trace]
            self.leaf = None
        if len(set(colors)) == self.points:
            return self._at_leaf(tuple(colors), path)
        explored: list[int] = []
        for point in self._target(colors):
            if explored and self._reached(explored, path, point):
                continue
            split = [2 * c for c in colors]
            split[point] -= 1
            after = self.explore(self.refined(ranked(split)), (*path, point))
            if after < depth:
                return after
            explored.append(point)
        return depth

    def _trace(self, colors: Sequence[int]) -> Any:
        """Return what relabelings leave as it is at a node; at a leaf, the whole table."""
        groups = [self._firsts(colors, g) for g in (self.places, self.axes)] if len(set(colors)) == self.points else []
        cells = self.cells(colors).ravel().copy()
        cells.sort()
        return sorted(colors), cells.tolist(), groups

    @staticmethod
    def _firsts(colors: Sequence[int], groups: Sequence[Any]) -> list[int]:
        """Return, in the order of the colors, the first color in the group of each point."""
        pairs = sorted(zip(colors, groups, strict=True))
        first: dict[Any, int] = {}
        return [first.setdefault(group, color) for color, group in pairs]

    @staticmethod
    def _target(colors: Sequence[int]) -> list[int]:
        """Return the points of the first of the largest colors: one of them alone tells the most others apart."""
        members: dict[int, list[int]] = {color: [] for color in sorted(set(colors))}
        for point, color in enumerate(colors):
            members[color].append(point)
        return max(members.values(), key=len)

    def _at_leaf(self, colors: Permutation, path: Permutation) -> int:
        """Keep the first of the best leaves; others differ by a symmetry: return to where the paths part."""
        if self.leaf is None:
            self.leaf = (colors, path)
            return len(path)
        place = {color: point for point, color in enumerate(colors)}
        self.symmetries.append(tuple(place[color] for color in self.leaf[0]))
        return next(i for i, (a, b) in enumerate(zip(self.leaf[1], path, strict=True)) if a != b)

    def _reached(self, explored: Iterable[int], path: Permutation, point: int) -> bool:
        """Return whether known symmetries that fix a path carry an explored point to this one."""
        fixing = [g for g in self.symmetries if all(g[v] == v for v in path)]
        known = set(explored)
        return any(v in known for v in orbit([point], lambda found: (g[v] for g in fixing for v in found)))


def ranked(keys: Sequence[Any]) -> list[int]:
    """Return the rank of each key among the different ones.

    Examples
    --------
    >>> ranked("cacb")
    [2, 0, 2, 1]
    """
    rank = {key: i for i, key in enumerate(sorted(set(keys)))}
    return [rank[key] for key in keys]
