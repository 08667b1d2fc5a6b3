"""The group of relabelings of a scenario: generators as permutations of cells, and their action on forms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates


@dataclass(frozen=True)
class Frame:
    """A scenario as relabelings see it.

    Attributes
    ----------
    coordinates
        Of its behaviors.
    own
        For each output the position of the input that its party chooses, or None.
    """

    coordinates: Coordinates
    own: tuple[int | None, ...]

    @property
    def is_joint(self) -> bool:
        """Whether every output may depend on every input: no parties, coordinates modulo normalization alone."""
        return bool(self.own) and all(x is None for x in self.own) and any(self.coordinates.reach)

    @cached_property
    def expansion(self) -> NDArray[np.int64]:
        """K with p = K u, shape (cells, dimension + 1); forms of functionals are c K."""
        units = np.eye(self.coordinates.dimension + 1, dtype=np.int64)
        return self.coordinates.expand(units).reshape(-1, len(units))

    def tables(self, table: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return one relabeled table for each functional in an orbit.

        The table is flat, of whole numbers; it may consist of several parts, which are moved together.
        """
        order = np.array([p.ravel() for p in cell_permutations(self.coordinates, self.own)], dtype=np.intp)
        cells = len(self.expansion)
        found: dict[tuple[int, ...], tuple[int, ...]] = {}
        frontier: Any = np.array([table], dtype=_smallest_type([table]))
        while len(frontier):
            parts = frontier.reshape(len(frontier), -1, cells)
            forms = (parts @ self.expansion).reshape(len(frontier), -1).tolist()
            fresh = {tuple(f): k for k, f in reversed(list(enumerate(forms))) if tuple(f) not in found}
            kept = sorted(fresh.values())
            found |= {tuple(forms[k]): tuple(frontier[k].tolist()) for k in kept}
            images = [parts[kept][:, :, p].reshape(len(kept), -1) for p in order] if kept else []
            frontier = np.concatenate(images) if images else images
        return list(found.values())


def _smallest_type(rows: Sequence[Sequence[int]]) -> type:
    """Return int64 where products with small whole numbers cannot overflow, else object."""
    return np.int64 if max(max(map(abs, row)) for row in rows) < 2**40 else object


def coordinate_actions(coordinates: Coordinates, own: Sequence[int | None]) -> Iterator[NDArray[np.int64]]:
    """Yield the actions of those relabelings that keep the coordinates' affine hull.

    Parameters
    ----------
    coordinates
        Of the behaviors.
    own
        For each output the position of the input that its party chooses, or None.
    """
    for permuted in cell_permutations(coordinates, own):
        action = coordinate_action(coordinates, permuted)
        if action is not None:
            yield action


def cell_permutations(coordinates: Coordinates, own: Sequence[int | None]) -> Iterator[NDArray[np.intp]]:
    """Yield generators of the relabelings, as the number of the cell that each cell is exchanged with.

    Neighboring values of inputs are exchanged, neighboring outcomes for one setting, and parties with equal
    cardinalities.
    """
    for exchange in exchanges(coordinates, own):
        yield exchange.cells(coordinates)
    k = len(coordinates.outputs)
    cells = np.arange(math.prod(coordinates.shape)).reshape(coordinates.shape)
    for i, j in itertools.combinations(range(k), 2):
        x, y = own[i], own[j]
        if (x is None) != (y is None) or coordinates.outputs[i] != coordinates.outputs[j]:
            continue
        if x is None or y is None:
            if not coordinates.reach[i] | coordinates.reach[j]:
                yield cells.swapaxes(i, j)
        elif coordinates.inputs[x] == coordinates.inputs[y]:
            yield cells.swapaxes(i, j).swapaxes(k + x, k + y)


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
