"""Groups of permutations with all their elements in one array: what many objects become is found for all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


class Elements:
    """A group of permutations of points, all of them listed.

    Parameters
    ----------
    images
        Shape (points, elements): column g says what g makes of each point.

    Examples
    --------
    >>> group = Elements.generated([(1, 2, 3, 0)], 4)
    >>> len(group), len(group.orbit(np.array([True, False, True, False])))
    (4, 2)
    """

    def __init__(self, images: NDArray[Any]) -> None:
        self.images = images

    def __len__(self) -> int:
        return int(self.images.shape[1])

    @staticmethod
    def generated(generators: Iterable[Sequence[int]], points: int, most: float = float("inf")) -> Elements | None:
        """Return the group that permutations generate; None where it has more than so many elements.

        By Dimino's algorithm, which adds whole cosets.
        """
        kind = np.min_scalar_type(max(points - 1, 0))
        identity = np.arange(points, dtype=kind)
        found, known, taken = identity[:, None], {identity.tobytes()}, []
        for given in generators:
            generator = np.array(given, dtype=kind)
            if generator.tobytes() in known:
                continue
            taken.append(generator)
            subgroup, parts, first = found, [found], [identity]
            for place in first:  # grows: the first element of each coset
                for own in taken:
                    after = own[place]
                    if after.tobytes() in known:
                        continue
                    if subgroup.shape[1] * (len(parts) + 1) > most:
                        return None
                    parts.append(after[subgroup])
                    known.update(map(bytes, np.ascontiguousarray(parts[-1].T)))
                    first.append(after)
            found = np.concatenate(parts, axis=1)
        return Elements(found)

    # ------------------------------------------------------------------------------------- sets of points

    def orbit(self, mask: Mask) -> NDArray[np.void]:
        """Return the sets that a set of points becomes, each once: its bits, packed."""
        return self._packed(mask)[0]

    def movers(self, mask: Mask) -> NDArray[np.intp]:
        """Return for each set in the orbit of a set of points a number of an element that leads to it."""
        return self._packed(mask)[1]

    def _packed(self, mask: Mask) -> tuple[NDArray[np.void], NDArray[np.intp]]:
        bits = np.ascontiguousarray(np.packbits(mask[self.images], axis=0).T)
        rows, places = np.unique(bits.view(np.dtype((np.void, bits.shape[1]))).ravel(), return_index=True)
        return rows, places

    def fixing(self, mask: Mask) -> NDArray[np.intp]:
        """Return the numbers of the elements that map a set of points onto itself."""
        left = np.arange(len(self))
        smaller = mask if 2 * mask.sum() < len(mask) else ~mask
        for point in np.flatnonzero(smaller):
            left = left[smaller[self.images[point, left]]]
        return left

    def within(self, mask: Mask) -> Elements:
        """Return what the elements that map a set of points onto itself do to its points, which are numbered anew."""
        own = np.flatnonzero(mask)
        number = np.zeros(len(mask), dtype=self.images.dtype)
        number[own] = np.arange(len(own), dtype=self.images.dtype)
        found = number[self.images[np.ix_(own, self.fixing(mask))]]
        return Elements(np.unique(found, axis=1) if found.shape[1] > 1 else found)

    def always(self, mask: Mask) -> Mask:
        """Return the points that lie in everything that a set of points becomes: whose orbits lie in it."""
        orbits = self.images.min(axis=1)
        return ~np.isin(orbits, orbits[~mask])

    # ----------------------------------------------------------------------------------- values of points

    def canonical(self, values: NDArray[Any]) -> tuple[tuple[int, ...], int]:
        """Return the largest of the tables that values of points become, and how many elements lead to it."""
        left = np.arange(len(self))
        found = []
        for images in self.images:
            moved = values[images[left]]
            found.append(int(moved.max()))
            left = left[moved == found[-1]]
        return tuple(found), len(left)
