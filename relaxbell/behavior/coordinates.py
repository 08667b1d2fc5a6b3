"""Independent coordinates of behaviors: Collins–Gisin, for any reach of the inputs.

In a classical model an output can depend only on the inputs that *reach* it (its ancestors among
the inputs). The marginal of a set S of outputs then depends only on the inputs that reach S, and the
numbers P(S = s | inputs that reach S), s without the last value of each output, are independent
coordinates of the affine hull of the model's behaviors. For a Bell scenario, where each output is
reached by its own input, these are the coordinates of Collins and Gisin (J. Phys. A 37, 1775, 2004).

Everything is integer: expanding integer coordinates gives integer tables, so a behavior that is
rounded here satisfies the model's equalities exactly.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import SignalingError
from relaxbell.exact.numbers import Exact
from relaxbell.exact.texts import different_texts
from relaxbell.relabeling import moved

__all__ = ["Coordinates", "axis_product"]


def axis_product(table: NDArray[Any], maps: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Apply a matrix along each of the leading axes: out[i', …] = Σ_i maps[k][i', i] table[i, …]."""
    for axis, matrix in enumerate(maps):
        table = np.moveaxis(np.tensordot(matrix, table, axes=(1, axis)), 0, axis)
    return table


@dataclass(frozen=True)
class Block:
    """The coordinates that belong to one set of outputs.

    Attributes
    ----------
    members
        Positions of the outputs in the set.
    inputs
        Positions of the inputs that reach the set, ascending.
    shape
        Non-last values of each member, then values of each input.
    start
        Where the block starts in the coordinate vector (0 is the constant 1).
    """

    members: tuple[int, ...]
    inputs: tuple[int, ...]
    shape: tuple[int, ...]
    start: int

    @property
    def size(self) -> int:
        """Number of coordinates in the block."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Coordinates:
    """Coordinates of p(outputs|inputs) where output i is reached by the inputs `reach[i]` only.

    Parameters
    ----------
    outputs, inputs
        Cardinalities, in the order of the table's axes (outputs first).
    reach
        For each output the positions of the inputs that reach it.

    Examples
    --------
    >>> chsh = Coordinates((2, 2), (2, 2), (frozenset({0}), frozenset({1})))
    >>> chsh.dimension
    8
    """

    outputs: tuple[int, ...]
    inputs: tuple[int, ...]
    reach: tuple[frozenset[int], ...]

    @classmethod
    def of_all(cls, outputs: tuple[int, ...], inputs: tuple[int, ...]) -> Coordinates:
        """Return the coordinates of all behaviors, also of those that signal: every input reaches every output."""
        return cls(outputs, inputs, (frozenset(range(len(inputs))),) * len(outputs))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Blocks by size of the set of outputs: single outputs first, then pairs, and so on."""
        found, start = [], 1
        parties = range(len(self.outputs))
        for size in range(1, len(self.outputs) + 1):
            for members in itertools.combinations(parties, size):
                inputs = tuple(sorted(frozenset().union(*(self.reach[i] for i in members))))
                shape = tuple(self.outputs[i] - 1 for i in members) + tuple(self.inputs[j] for j in inputs)
                found.append(Block(members, inputs, shape, start))
                start += found[-1].size
        return tuple(found)

    @property
    def dimension(self) -> int:
        """Dimension of the affine hull; a coordinate vector has one entry more, the leading constant."""
        return sum(block.size for block in self.blocks)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a full table: outputs, then inputs."""
        return self.outputs + self.inputs

    def members(self, block: Block) -> tuple[Any, ...]:
        """Index of a block's outputs in a table over (0: marginalized, k > 0: value k − 1)."""
        return tuple(slice(1, None) if i in block.members else 0 for i in range(len(self.outputs)))

    def _sum_unreached(self, part: NDArray[Any], block: Block) -> tuple[NDArray[Any], int]:
        """Sum over the inputs that do not reach the block; return also how many settings were summed."""
        axes = tuple(len(block.members) + j for j in range(len(self.inputs)) if j not in block.inputs)
        return part.sum(axis=axes) if axes else part, math.prod(part.shape[axis] for axis in axes)

    def marginals(self, table: NDArray[Any]) -> NDArray[Any]:
        """Return G[j, x]: j_i = 0 sums output i, j_i = k > 0 picks its value k − 1 (all but the last)."""
        for axis, count in enumerate(self.outputs):
            found = np.empty_like(table)
            given, own = np.moveaxis(table, axis, 0), np.moveaxis(found, axis, 0)
            own[1:], own[0] = given[:-1], given[0]
            for k in range(1, count):  # in this order, for one table as for many: they are rounded alike
                own[0] += given[k]
            table = found
        return table

    def read(self, tables: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return coordinates of tables along the last axis, as `project`, and by how much each misses its equalities.

        That is: at the values that are coordinates, the largest spread over settings that should not matter, and the
        largest error of a normalization. NaN where an entry is none.
        """
        marginals, batch = self.marginals(tables), tables.shape[len(self.shape) :]
        out = np.empty((self.dimension + 1, *batch))
        out[0] = 1.0
        total = marginals[(0,) * len(self.outputs)].reshape(-1, *batch)
        missed: NDArray[np.float64] = abs(total - 1).max(axis=0)
        for block in self.blocks:
            part = marginals[self.members(block)]
            mean, count = self._sum_unreached(part, block)
            if count > 1:
                axes = tuple(len(block.members) + j for j in range(len(self.inputs)) if j not in block.inputs)
                spread = part.max(axis=axes) - part.min(axis=axes)
                missed = np.maximum(missed, spread.reshape(block.size, *batch).max(axis=0))
                mean = mean / count
            out[block.start : block.start + block.size] = mean.reshape(block.size, *batch)
        return out, missed

    def project(self, table: NDArray[Any]) -> NDArray[Any]:
        """Return the coordinate vector of a table; inputs that do not reach a set are averaged over.

        Works for floats and, exactly, for object arrays of numbers. Further axes of the table run over
        several behaviors, and become further axes of the result.
        """
        marginals, batch = self.marginals(table), table.shape[len(self.shape) :]
        out = np.empty((self.dimension + 1, *batch), dtype=table.dtype)
        out[0] = 1 if table.dtype == object else 1.0
        for block in self.blocks:
            total, count = self._sum_unreached(marginals[self.members(block)], block)
            out[block.start : block.start + block.size] = (total / count).reshape(block.size, *batch)
        return out

    def expand(self, vector: NDArray[Any]) -> NDArray[Any]:
        """Return the full table of a coordinate vector (leading entry: the constant); exact on integers.

        Further axes of the vector run over several behaviors, as in `project`.
        """
        batch = vector.shape[1:]
        marginals = np.zeros((*self.shape, *batch), dtype=vector.dtype)
        marginals[(0,) * len(self.outputs)] = vector[0]
        for block in self.blocks:
            part = vector[block.start : block.start + block.size].reshape(*block.shape, *batch)
            wide = part[
                (slice(None),) * len(block.members)
                + tuple(slice(None) if j in block.inputs else None for j in range(len(self.inputs)))
            ]
            marginals[self.members(block)] = wide
        return axis_product(marginals, [_complete(c).astype(vector.dtype) for c in self.outputs])

    def pull_back(self, coefficients: NDArray[Any]) -> NDArray[Any]:
        """Return the coordinate form of a functional on tables: ⟨coefficients, p⟩ = result · vector."""
        gathered = axis_product(coefficients, [_complete(c).T.astype(coefficients.dtype) for c in self.outputs])
        out = np.zeros(self.dimension + 1, dtype=coefficients.dtype)
        out[0] = np.asarray(gathered[(0,) * len(self.outputs)]).sum()  # a number where there are no inputs
        for block in self.blocks:
            total, _ = self._sum_unreached(gathered[self.members(block)], block)
            out[block.start : block.start + block.size] = total.ravel()
        return out

    def lift(self, form: NDArray[Any]) -> NDArray[Any]:
        """Return coefficients over the table with ⟨coefficients, p⟩ + form[0] = form · coordinates of p.

        Unreached inputs are set to 0: of all such tables the one that is easiest to read.
        """
        table = np.zeros(self.shape, dtype=form.dtype)
        for coefficient, (block, values, inputs) in zip(form[1:], self.labels(), strict=True):
            if coefficient == 0:
                continue
            index: list[Any] = [slice(None)] * len(self.outputs) + [0] * len(self.inputs)
            for member, value in zip(block.members, values, strict=True):
                index[member] = value
            for j, value in zip(block.inputs, inputs, strict=True):
                index[len(self.outputs) + j] = value
            table[tuple(index)] += coefficient
        return table

    def labels(self) -> Iterator[tuple[Block, tuple[int, ...], tuple[int, ...]]]:
        """Yield (block, values of its members, values of its inputs) for each coordinate after the constant."""
        for block in self.blocks:
            count = len(block.members)
            for index in np.ndindex(*block.shape):
                yield block, index[:count], index[count:]

    def equalities(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """Yield (outputs, input) for each input: their marginal may not depend on it. Complete and short."""
        for j in range(len(self.inputs)):
            members = tuple(i for i in range(len(self.outputs)) if j not in self.reach[i])
            if members and self.inputs[j] > 1:
                yield members, j

    def exact_table(self, integers: Exact, denominator: int) -> Exact:
        """Return the table of coordinates integers/denominator, as Fractions ≥ 0.

        Where rounded coordinates leave an entry below zero, the least admixture of white noise, which
        lies in every affine hull, restores it.
        """
        numerators = self.expand(integers)
        table: Exact = numerators * Fraction(1, denominator)
        lowest = int(numerators.min())
        if lowest < 0:
            noise, deficit = Fraction(1, math.prod(self.outputs)), Fraction(-lowest, denominator)
            weight = deficit / (deficit + noise)
            table = (1 - weight) * table + weight * noise
        return table

    def action(self, cells: NDArray[np.intp]) -> NDArray[np.int64] | None:
        """Return R with u(g p) = R u(p) for a relabeling g by its `cells`: forms become form @ R.

        None where g p may leave the affine hull.
        """
        units = np.eye(self.dimension + 1)
        tables = self.expand(units)
        images = moved(tables, cells, len(self.shape))
        projected = self.project(images)
        projected[0] = units[0]  # expand and project are linear; only the constant is not read off a table
        matrix = np.rint(projected).astype(np.int64)
        stays = abs(self.expand(matrix.astype(float)) - images).max() < 0.5  # whole numbers
        return matrix if stays else None

    def signaling(self, tables: NDArray[Any]) -> NDArray[Any]:
        """Return by how much each of several tables, along the last axis, misses its worst equality."""
        worst: NDArray[Any] = np.zeros(tables.shape[-1], dtype=tables.dtype)
        for members, j in self.equalities():
            others = tuple(i for i in range(len(self.outputs)) if i not in members)
            marginal = np.moveaxis(tables.sum(axis=others), len(members) + j, 0)
            gap = abs(marginal - marginal[:1])
            worst = np.maximum(worst, gap.reshape(-1, gap.shape[-1]).max(axis=0))
        return worst

    def check(
        self, table: NDArray[Any], names: tuple[Sequence[str], Sequence[str]], tolerance: float, owner: str
    ) -> None:
        """Raise SignalingError naming the most violated equality, if one exceeds `tolerance` (0: exactly)."""
        worst, message = -1.0, ""
        for members, j in self.equalities():
            others = tuple(i for i in range(len(self.outputs)) if i not in members)
            marginal = np.moveaxis(table.sum(axis=others), len(members) + j, -1)
            gap = abs(marginal - marginal[..., :1])
            index = np.unravel_index(np.argmax(gap), gap.shape)
            if gap[index] > tolerance and float(gap[index]) > worst:
                worst = float(gap[index])
                message = _violation(names, members, j, index, marginal, owner)
        if message:
            raise SignalingError(message)


def _violation(
    names: tuple[Sequence[str], Sequence[str]],
    members: tuple[int, ...],
    j: int,
    index: tuple[Any, ...],
    marginal: NDArray[Any] | Exact,
    owner: str,
) -> str:
    outputs, inputs = names
    event = ", ".join(f"{outputs[i]}={v}" for i, v in zip(members, index, strict=False))
    kept = [k for k in range(len(inputs)) if k != j]
    fixed = [f"{inputs[k]}={v}" for k, v in zip(kept, index[len(members) : -1], strict=True)]
    low_text, high_text = different_texts(marginal[(*index[:-1], 0)], marginal[index], 9)
    given = [", ".join([*fixed, f"{inputs[j]}={value}"]) for value in (0, int(index[-1]))]
    return (
        f"p({event}|{given[0]}) = {low_text} but p({event}|{given[1]}) = {high_text}: "
        f"{owner} requires them equal, because {inputs[j]} does not reach "
        f"{' or '.join(outputs[i] for i in members)}. Fit finite statistics with Counts(...).fit(), "
        "or relax an edge."
    )


def _complete(cardinality: int) -> NDArray[np.int64]:
    """Return E with p = E g, g = (marginal, p(0), …, p(c−2))."""
    matrix = np.zeros((cardinality, cardinality), dtype=np.int64)
    matrix[:-1, 1:] = np.eye(cardinality - 1, dtype=np.int64)
    matrix[-1, 0] = 1
    matrix[-1, 1:] = -1
    return matrix
