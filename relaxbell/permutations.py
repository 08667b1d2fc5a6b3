"""Permutations of 0, 1, …: reading them, their orbits and groups."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import BehaviorError

T = TypeVar("T")

Permutation = tuple[int, ...]
"""What each of 0, 1, … becomes."""

ORBIT_LIMIT = 20_000
"""Images of one object under relabelings are listed up to this many."""


def orbit(
    start: Iterable[T], images: Callable[[list[T]], Iterable[T]], key: Callable[[T], Hashable] | None = None
) -> Iterator[T]:
    """Yield what generators make of some objects, these first and each once.

    Parameters
    ----------
    start
        The objects.
    images
        Returns the images of several objects under each generator.
    key
        What tells objects apart; by default they do it themselves.

    Examples
    --------
    >>> list(orbit([1], lambda found: [2 * v % 7 for v in found]))
    [1, 2, 4]
    """
    seen: set[Hashable] = set()
    waiting = start
    while True:
        fresh = []
        for value in waiting:
            own = value if key is None else key(value)
            if own not in seen:
                seen.add(own)
                fresh.append(value)
                yield value
        if not fresh:
            return
        waiting = images(fresh)


def orbit_numbers(size: int, permutations: Iterable[NDArray[np.intp]]) -> NDArray[np.intp]:
    """Return the orbit of each of 0, 1, …, size − 1 under maps of them, such as permutations: by its least member.

    Examples
    --------
    >>> orbit_numbers(4, [np.array([0, 3, 2, 1])]).tolist()
    [0, 1, 2, 1]
    """
    label, generators = np.arange(size), list(permutations)
    while True:
        least = label.copy()
        for images in generators:
            np.minimum(least, least[images], out=least)
            np.minimum.at(least, images, least)
        least = least[least]  # where a number's least one goes, it goes
        if (least == label).all():
            return np.asarray(np.unique(label, return_inverse=True)[1].ravel(), dtype=np.intp)
        label = least


def group_order(permutations: Iterable[Sequence[int]]) -> int:
    """Return the order of the group that permutations generate (Schreier and Sims).

    Examples
    --------
    >>> group_order([(1, 2, 0), (1, 0, 2)])
    6
    """
    from sympy.combinatorics import Permutation, PermutationGroup

    generators = [Permutation(list(g)) for g in permutations]
    return int(PermutationGroup(generators).order()) if generators else 1


def read_permutation(given: object, size: int, what: str) -> Permutation:
    """Return a permutation of the values of a variable; None is the identity.

    Raises
    ------
    BehaviorError
        If it is none.
    """
    if given is None:
        return tuple(range(size))
    values = list(given) if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str) else []
    whole = all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in values)
    if not whole or sorted(values) != list(range(size)):
        raise BehaviorError(
            f"{given!r:.60} is no permutation of the {size} values of {what}. Give the new name of each value, 0 … "
            f"{size - 1}."
        )
    return tuple(int(v) for v in values)


def read_permutations(given: object, count: int, size: int, what: str) -> tuple[Permutation, ...]:
    """Return a permutation for each setting: of one for all, of a list of them, or of a mapping from settings.

    Raises
    ------
    BehaviorError
        If one is no permutation, or the settings do not fit.
    """
    if isinstance(given, Mapping):
        wrong = [x for x in given if isinstance(x, bool) or x not in range(count)]
        if wrong:
            raise BehaviorError(
                f"{what} is relabeled at setting {wrong[0]!r}, expected 0 … {count - 1}. Correct the setting."
            )
        return tuple(read_permutation(given.get(x), size, f"{what} at setting {x}") for x in range(count))
    rows = list(given) if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str) else []
    if not rows or not all(isinstance(row, Sequence | np.ndarray) and np.ndim(row) for row in rows):
        return (read_permutation(given, size, what),) * count
    if len(rows) != count:
        raise BehaviorError(
            f"{what} has {len(rows)} permutations, expected one, or one for each of the {count} settings of its party."
        )
    return tuple(read_permutation(row, size, f"{what} at setting {x}") for x, row in enumerate(rows))


def inverted(values: Permutation) -> Permutation:
    """Return the inverse."""
    found = [0] * len(values)
    for v, to in enumerate(values):
        found[to] = v
    return tuple(found)


def cycles_text(images: Sequence[int], names: Sequence[str] | None = None) -> str:
    """Return a permutation in cycles: (0 1)(2 3)."""
    words = [str(i) for i in range(len(images))] if names is None else names
    left, found = set(range(len(images))), ""
    while left:
        cycle = list(orbit([min(left)], lambda own: [images[i] for i in own]))
        left -= set(cycle)
        found += f"({' '.join(words[i] for i in cycle)})" if len(cycle) > 1 else ""
    return found
