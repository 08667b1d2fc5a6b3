"""Relabelings of a scenario, and recognition of catalog functionals in disguise."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.exact.numbers import Exact, common_denominator
from relaxbell.functionals import catalog
from relaxbell.functionals.functional import BellFunctional

ORBIT_LIMIT = 20_000
"""Orbits are followed up to this many members; scenarios with larger ones go unrecognized."""


_LONGEST_CHAIN = 4
_MOST_OUTCOMES = 4


@dataclass(frozen=True)
class Recognition:
    """functional = scale · (a relabeling of `known`) + offset, on non-signaling behaviors.

    Attributes
    ----------
    known
        The catalog functional.
    scale, offset
        Exact; the scale is positive.
    """

    known: BellFunctional
    scale: Fraction
    offset: Fraction


def recognize(functional: BellFunctional) -> Recognition | None:
    """Return the catalog functional that `functional` is up to relabeling, scale and offset, or None.

    Compared modulo normalization and no-signaling. Catalog functionals of a smaller scenario are
    found in a larger one, for example CHSH among three settings.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = recognize(rb.CH)
    >>> found.known.name, found.scale, found.offset
    ('CHSH', Fraction(1, 4), Fraction(-1, 2))
    """
    coordinates = functional.coordinates
    if coordinates is None or len(functional.outputs) != len(functional.inputs):
        return None
    form = functional.collins_gisin
    if not all(isinstance(c, Fraction) for c in form) or not any(form[1:]):
        return None
    primitive, size = _primitive(form)
    for known in _catalog(coordinates):
        offset = _orbit(known, coordinates).get(primitive)
        if offset is not None:
            # form = size · primitive + form[0];  the relabeled known one = unit · primitive + offset
            unit = _unit(known, coordinates)
            return Recognition(known, size / unit, form[0] - size / unit * offset)
    return None


@lru_cache(maxsize=64)
def _catalog(coordinates: Coordinates) -> tuple[BellFunctional, ...]:
    """Return the catalog functionals that could occur in a scenario, the simplest first."""
    if len(coordinates.outputs) != 2:
        return (catalog.mermin(len(coordinates.outputs)),) if len(coordinates.outputs) > 2 else ()
    settings, outcomes = min(coordinates.inputs), min(coordinates.outputs)
    found = [catalog.CHSH, catalog.I3322]
    found += [catalog.chained(m) for m in range(3, min(settings, _LONGEST_CHAIN) + 1)]
    found += [catalog.cglmp(d) for d in range(3, min(outcomes, _MOST_OUTCOMES) + 1)]
    return tuple(found)


def _primitive(form: Exact) -> tuple[tuple[int, ...], Fraction]:
    """Return (integers without common factor, scale) of a form without its constant."""
    denominator = common_denominator(form[1:])
    integers = [int(c * denominator) for c in form[1:]]
    factor = math.gcd(*integers)
    return tuple(c // factor for c in integers), Fraction(factor, denominator)


def _embed(known: BellFunctional, coordinates: Coordinates) -> Exact | None:
    """Return the coordinate form of a catalog functional in a larger scenario, or None if it does not fit."""
    shape, target = known.coefficients.shape, coordinates.shape
    k = len(coordinates.outputs)
    if len(known.outputs) != k or any(small > large for small, large in zip(shape, target, strict=True)):
        return None
    table = np.zeros(target, dtype=object)
    for index in np.ndindex(*target):
        if all(i < s for i, s in zip(index[k:], shape[k:], strict=True)):
            outcome = tuple(min(i, s - 1) for i, s in zip(index[:k], shape[:k], strict=True))
            table[index] = known.coefficients[outcome + index[k:]]
    form = coordinates.pull_back(table * Fraction(1))
    form[0] = form[0] + known.constant
    return form


def _unit(known: BellFunctional, coordinates: Coordinates) -> Fraction:
    form = _embed(known, coordinates)
    return Fraction(1) if form is None else _primitive(form)[1]


@lru_cache(maxsize=64)
def _orbit(known: BellFunctional, coordinates: Coordinates) -> dict[tuple[int, ...], Fraction]:
    """Return all relabelings of a catalog functional: primitive form → constant."""
    start = _embed(known, coordinates)
    if start is None:
        return {}
    generators = list(relabelings(coordinates))
    denominator = common_denominator(start)
    frontier = np.array([[int(c * denominator) for c in start]], dtype=np.int64)
    seen = {tuple(frontier[0].tolist())}
    while len(frontier) and len(seen) <= ORBIT_LIMIT:
        images = {tuple(row) for matrix in generators for row in (frontier @ matrix).tolist()}
        new = sorted(images - seen)
        seen.update(new)
        frontier = np.array(new, dtype=np.int64).reshape(len(new), frontier.shape[1])
    members = {}
    for image in seen:
        form = np.array([Fraction(c, denominator) for c in image], dtype=object)
        members[_primitive(form)[0]] = form[0]
    return members


def relabelings(coordinates: Coordinates) -> Iterator[NDArray[np.int64]]:
    """Yield generators of the scenario's relabelings, as matrices that act on coordinate forms.

    Neighboring values of inputs are exchanged, neighboring outcomes for one setting, and parties with
    equal cardinalities. Only for scenarios in which party i chooses input i.
    """
    yield from coordinate_actions(coordinates, range(len(coordinates.outputs)))


def coordinate_actions(coordinates: Coordinates, own: Sequence[int | None]) -> Iterator[NDArray[np.int64]]:
    """Yield the actions of those relabelings that keep the coordinates' affine hull.

    Parameters
    ----------
    coordinates
        Of the behaviors.
    own
        For each output the position of the input that its party chooses, or None.
    """
    for exchange in exchanges(coordinates, own):
        action = coordinate_action(coordinates, exchange.cells(coordinates))
        if action is not None:
            yield action
    k = len(coordinates.outputs)
    cells = np.arange(math.prod(coordinates.shape)).reshape(coordinates.shape)
    for i, j in itertools.combinations(range(k), 2):
        x, y = own[i], own[j]
        if x is None or y is None or coordinates.outputs[i] != coordinates.outputs[j]:
            continue
        if coordinates.inputs[x] == coordinates.inputs[y]:
            action = coordinate_action(coordinates, cells.swapaxes(i, j).swapaxes(k + x, k + y))
            if action is not None:
                yield action


@dataclass(frozen=True)
class Exchange:
    """Two neighboring values of a variable exchanged.

    Attributes
    ----------
    axis
        Of the variable in the table: outputs first, then inputs.
    value
        It is exchanged with value + 1.
    given
        None, or (axis of an input, its value): only there.
    """

    axis: int
    value: int
    given: tuple[int, int] | None = None

    def cells(self, coordinates: Coordinates) -> NDArray[np.intp]:
        """Return the number of the cell that each cell is exchanged with."""
        cells = np.arange(math.prod(coordinates.shape)).reshape(coordinates.shape)
        where: list[slice] = [slice(None)] * len(coordinates.shape)
        if self.given is not None:
            where[self.given[0]] = slice(self.given[1], self.given[1] + 1)
        part = cells[tuple(where)]
        order = list(range(part.shape[self.axis]))
        order[self.value], order[self.value + 1] = order[self.value + 1], order[self.value]
        permuted = cells.copy()
        permuted[tuple(where)] = part.take(order, axis=self.axis)
        return permuted


def exchanges(coordinates: Coordinates, own: Sequence[int | None]) -> Iterator[Exchange]:
    """Yield exchanges of neighboring values that generate all relabelings of values; `own` as above."""
    k = len(coordinates.outputs)
    for j, size in enumerate(coordinates.inputs):
        yield from (Exchange(k + j, v) for v in range(size - 1))
    for i, size in enumerate(coordinates.outputs):
        x = own[i]
        for v in range(size - 1):
            if x is None:
                yield Exchange(i, v)
            else:
                yield from (Exchange(i, v, (k + x, setting)) for setting in range(coordinates.inputs[x]))


def coordinate_action(coordinates: Coordinates, permuted: NDArray[np.intp]) -> NDArray[np.int64] | None:
    """Return R with form' = form @ R, where form'(p) = form(permuted p); None if p may leave the affine hull."""
    size = coordinates.dimension + 1
    matrix = np.zeros((size, size), dtype=np.int64)
    for k in range(size):
        unit = np.zeros(size)
        unit[k] = 1.0
        moved = coordinates.expand(unit).ravel()[permuted.ravel()].reshape(coordinates.shape)
        projected = coordinates.project(moved)
        projected[0] = unit[0]  # expand and project are linear; only the constant is not read off a table
        matrix[:, k] = np.rint(projected)
        if abs(coordinates.expand(matrix[:, k].astype(float)) - moved).max() > 0.5:  # whole numbers
            return None
    return matrix
