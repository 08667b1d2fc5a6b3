"""PANDA's reduced systems: inequalities that stand for all their images under the affine maps of a file.

A map lists the new coordinates as expressions of the old ones, ``y x z`` or ``1-x y z``. Of a row a·x + c the image is
the row at the new coordinates; a section of reduced inequalities means the images under all products of the maps
(Lörwald and Reinelt, EURO J. Comput. Optim. 3, 297 (2015), doi:10.1007/s13675-015-0040-0).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from relaxbell.errors import FunctionalError
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
    echelon = _echelon(equations)
    found = orbit([row], lambda rows: (_image(own, to) for own in rows for to in maps), lambda own: _key(own, echelon))
    for count, current in enumerate(found):
        if count == ORBIT_LIMIT:
            raise FunctionalError(
                f"{where}: the maps make more than {ORBIT_LIMIT:,} inequalities of this one, expected a finite "
                "symmetry. Write all inequalities instead."
            )
        yield current


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


def _image(row: Numbers, own: Map) -> Numbers:
    """Return constant + Σ coefficient · (new coordinate) over the old coordinates."""
    found = [row[0], *([Fraction(0)] * (len(row) - 1))]
    for coefficient, expression in zip(row[1:], own, strict=True):
        if coefficient:
            found = [a + coefficient * b for a, b in zip(found, expression, strict=True)]
    return found


def independent(equations: Iterable[Numbers]) -> Iterator[Numbers]:
    """Yield the equations that do not follow from those before."""
    found: list[tuple[int, Numbers]] = []
    for equation in equations:
        row = equation
        for place, own in found:  # in order: each own row is zero at the places of those before it
            if row[place]:
                row = [a - row[place] * b for a, b in zip(row, own, strict=True)]
        pivot = next((i for i, v in enumerate(row) if i and v), None)
        if pivot is not None:
            found.append((pivot, [v / row[pivot] for v in row]))
            yield equation


def _echelon(equations: Sequence[Numbers]) -> list[tuple[int, Numbers]]:
    """Return the equations solved for a coordinate each: (place of the coordinate, row with a one there)."""
    found: list[tuple[int, Numbers]] = []
    for equation in equations:
        row = _reduced(equation, found)
        place = next((i for i, v in enumerate(row) if i and v), None)
        if place is not None:
            own = [v / row[place] for v in row]
            found = [(i, _reduced(other, [(place, own)])) for i, other in found] + [(place, own)]
    return found


def _reduced(row: Numbers, echelon: Sequence[tuple[int, Numbers]]) -> Numbers:
    for place, own in echelon:
        if row[place]:
            row = [a - row[place] * b for a, b in zip(row, own, strict=True)]
    return row


def _key(row: Numbers, echelon: Sequence[tuple[int, Numbers]]) -> tuple[int, ...]:
    """Return the row in whole numbers without common factor, where the equations hold."""
    reduced = _reduced(row, echelon)
    below = math.lcm(*(v.denominator for v in reduced))
    whole = [int(v * below) for v in reduced]
    common = math.gcd(*whole) or 1
    return tuple(v // common for v in whole)
