"""PANDA's reduced systems: inequalities that stand for all their images under the affine maps of a file.

A map lists the new coordinates as expressions of the old ones, ``y x z`` or ``1-x y z``. Of a row a·x + c the image is
the row at the new coordinates; a section of reduced inequalities means the images under all products of the maps
(Lörwald and Reinelt, EURO J. Comput. Optim. 3, 297 (2015), doi:10.1007/s13675-015-0040-0).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact
from relaxbell.functionals.file_rows import Numbers, summands
from relaxbell.permutations import ORBIT_LIMIT, orbit

Map = tuple[Numbers, ...]
"""The new coordinates, each as (constant, coefficients) of the old ones."""


def read_map(line: str, names: Mapping[str, int], where: str) -> Map:
    """Return a map from its line: one expression without blanks for each coordinate."""
    words = line.split()
    if len(words) != len(names):
        raise FunctionalError(
            f"{where}: a map of {len(words)} coordinates, expected {len(names)}, one expression without blanks for "
            "each. Correct the line."
        )
    return tuple(_expression(word, names, where) for word in words)


def _expression(text: str, names: Mapping[str, int], where: str) -> Numbers:
    found = [Fraction(0)] * (len(names) + 1)
    for size, name in summands(text, where):
        if name is not None and name not in names:
            raise FunctionalError(f"{where}: unknown coordinate {name!r}, expected one of the Names. Correct the line.")
        found[0 if name is None else names[name] + 1] += size
    return found


def images(row: Numbers, maps: Sequence[Map], equations: Sequence[Numbers], where: str) -> Iterator[Numbers]:
    """Yield the row and all its images, each once; rows that agree where the equations hold are the same."""
    size = len(row)
    first = [Fraction(1), *([Fraction(0)] * (size - 1))]
    actions = [_whole(np.array([first, *own], dtype=object)) for own in maps]
    reduction = _whole(_reduction(equations, size))

    def moved(rows: list[Exact]) -> Iterator[Exact]:
        block = np.array(rows, dtype=object)
        for action in actions:
            yield from block @ action

    found = orbit([_whole(np.array(row, dtype=object))], moved, lambda own: _key(own @ reduction))
    for count, current in enumerate(found):
        if count == ORBIT_LIMIT:
            raise FunctionalError(
                f"{where}: the maps make more than {ORBIT_LIMIT:,} inequalities of this one, expected a finite "
                "symmetry. Write all inequalities instead."
            )
        yield [Fraction(v) for v in current]


def orbit_of_point(point: Numbers, maps: Sequence[Map], where: str) -> Iterator[Numbers]:
    """Yield the point and all its images, each once."""

    def moved(points: list[Numbers]) -> Iterator[Numbers]:
        for own in points:
            for to in maps:
                ones = [Fraction(1), *own]
                yield [sum((c * x for c, x in zip(e, ones, strict=True) if c), Fraction(0)) for e in to]

    for count, current in enumerate(orbit([point], moved, tuple)):
        if count == ORBIT_LIMIT:
            raise FunctionalError(
                f"{where}: the maps make more than {ORBIT_LIMIT:,} points of this one, expected a finite symmetry. "
                "Write all points instead."
            )
        yield current


def independent(equations: Iterable[Numbers]) -> Iterator[Numbers]:
    """Yield the equations that do not follow from those before."""
    return (equation for equation, _, _ in _pivots(equations))


def _pivots(equations: Iterable[Numbers]) -> Iterator[tuple[Numbers, int, Numbers]]:
    """Yield the same, each with a place and what is left of it: 1 at its place, 0 at the places of those before."""
    found: list[tuple[int, Numbers]] = []
    for equation in equations:
        row = equation
        for place, own in found:  # in order: own rows are zero at the places of those before
            if row[place]:
                row = [a - row[place] * b for a, b in zip(row, own, strict=True)]
        pivot = next((i for i, v in enumerate(row) if i and v), None)
        if pivot is not None:
            found.append((pivot, [v / row[pivot] for v in row]))
            yield equation, *found[-1]


def _reduction(equations: Sequence[Numbers], size: int) -> Exact:
    """Return the matrix R such that rows that agree where the equations hold are the same as row R."""
    found: list[tuple[int, Numbers]] = []  # each has a one at its place, where the others have zeros
    for _, pivot, new in _pivots(equations):
        found = [(i, [a - other[pivot] * b for a, b in zip(other, new, strict=True)]) for i, other in found]
        found.append((pivot, new))
    reduction = np.array([[Fraction(i == j) for j in range(size)] for i in range(size)], dtype=object)
    for place, own in found:
        reduction[place] -= np.array(own, dtype=object)
    return reduction


def _whole(numbers: Exact) -> Exact:
    """Return the same numbers, as integers where all of them are: these are much faster."""
    flat: list[Fraction] = numbers.ravel().tolist()
    if any(v.denominator != 1 for v in flat):
        return numbers
    found: Exact = np.array([int(v) for v in flat], dtype=object).reshape(numbers.shape)
    return found


def _key(reduced: Exact) -> tuple[int, ...]:
    """Return a row in whole numbers without common factor."""
    below = math.lcm(*(v.denominator for v in reduced))
    whole = [int(v * below) for v in reduced]
    common = math.gcd(*whole) or 1
    return tuple(v // common for v in whole)
