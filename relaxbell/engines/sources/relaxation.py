"""McCormick relaxations over boxes of marginals, and the linear programs at fixed ones.

For every subset S of the groups of a family there is an array V_S that stands for the product of their marginals,
tied to the others by everything that products satisfy linearly: V_S sums to V_{S∖i}, the equations of q^{a_i} hold for
each value of the rest, and V_S = V_i ⊗ V_{S∖i} is relaxed to its four McCormick inequalities over the box.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.sources.program import Box, BoxProgram, Rows
from relaxbell.engines.sources.scenario import Scenario, Side
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import over, passed, remaining
from relaxbell.measures.groups import Group, joint_numbers

_MARGIN = 1e-14
"""Bounds of entries that follow from others are widened by this: sums of numbers below one in floats."""

Point = tuple[tuple[Floats, ...], ...]
"""For each product, the marginal of each side."""


def follow(scenario: Scenario, box: Box) -> Box | None:
    """Return the box with bounds tightened by q^a = f(ν), both ways; None if it is empty."""
    out = []
    for product, own in zip(scenario.products, box, strict=True):
        sides = []
        for side, (low, high) in zip(product, own, strict=True):
            tight = _follow_side(side, low, high)
            if tight is None:
                return None
            sides.append(tight)
        out.append(tuple(sides))
    return tuple(out)


def _follow_side(side: Side, low: Floats, high: Floats) -> tuple[Floats, Floats] | None:
    constant, matrix = side.floats
    free = list(side.free)
    low, high = low.copy(), high.copy()
    for _ in range(2):
        up, down = np.maximum(matrix, 0), np.minimum(matrix, 0)
        low = np.maximum(low, constant + up @ low[free] + down @ high[free] - _MARGIN)
        high = np.minimum(high, constant + up @ high[free] + down @ low[free] + _MARGIN)
        for i in side.bound_entries:
            for k, j in enumerate(free):
                c = matrix[i, k]
                if c == 0:
                    continue
                # c ν_k = q_i − constant − Σ others
                rest_low = (
                    low[i]
                    - constant[i]
                    - sum(max(matrix[i, m] * low[n], matrix[i, m] * high[n]) for m, n in enumerate(free) if m != k)
                )
                rest_high = (
                    high[i]
                    - constant[i]
                    - sum(min(matrix[i, m] * low[n], matrix[i, m] * high[n]) for m, n in enumerate(free) if m != k)
                )
                ends = sorted((rest_low / c, rest_high / c))
                low[j], high[j] = max(low[j], ends[0] - _MARGIN), min(high[j], ends[1] + _MARGIN)
    return None if (low > high).any() else (low, high)


class Relaxation:
    """The lower bound of a scenario over any box."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        rows = Rows()
        n = scenario.matrix.shape[1]
        column, blocks = n, [slice(0, n)]
        rows.add_matrix(scenario.matrix, scenario.rhs)
        self.singles: list[list[slice]] = []
        self.full: list[slice] = []
        self._mccormick: list[tuple[Any, ...]] = []
        cost_columns: list[slice] = []
        for f, product in enumerate(scenario.products):
            arrays: dict[tuple[int, ...], NDArray[np.intp]] = {}
            for size in range(1, len(product) + 1):
                for subset in itertools.combinations(range(len(product)), size):
                    shape = tuple(product[i].group.count for i in subset)
                    count = math.prod(shape)
                    arrays[subset] = np.arange(column, column + count).reshape(shape)
                    blocks.append(slice(column, column + count))
                    column += count
            arrays[()] = np.empty((), dtype=np.intp)
            self.singles.append([blocks_of(arrays[(i,)]) for i in range(len(product))])
            for i, side in enumerate(product):
                _link(rows, side, arrays[(i,)])
            for subset in arrays:
                for i in subset:
                    self._couple(rows, f, product, arrays, subset, i)
            full = arrays[tuple(range(len(product)))]
            self.full.append(blocks_of(full))
            cost_columns.append(slice(column, column + full.size))
            together = _strategies_with([side.group for side in product])
            for k, (w, strategies) in enumerate(zip(full.ravel().tolist(), together, strict=True)):
                remaining()
                entries = [(w, 1.0), *((s, -1.0) for s in strategies), (column + k, -1.0)]
                rows.add(entries, -math.inf, 0.0)
            column += full.size
        cost = np.zeros(column)
        for own in cost_columns:
            cost[own] = 2.0
        self.program = rows.program(column, cost, blocks)
        self._prepare(rows)

    def _couple(
        self, rows: Rows, f: int, product: Sequence[Side], arrays: Any, subset: tuple[int, ...], i: int
    ) -> None:
        """V_S sums to V_{S∖i}, satisfies the equations of side i, and is V_i ⊗ V_{S∖i} to McCormick."""
        remaining()
        if len(subset) < 2:
            return
        rest = tuple(k for k in subset if k != i)
        own, other = np.moveaxis(arrays[subset], subset.index(i), 0), arrays[rest]
        matrix, rhs = product[i].homogeneous
        for place in np.ndindex(*other.shape):
            line, whole = own[(slice(None), *place)], int(other[place])
            rows.add([*((int(c), 1.0) for c in line), (whole, -1.0)], 0.0, 0.0)
            for coefficients, value in zip(matrix, rhs, strict=True):
                entries = [(int(line[j]), float(c)) for j, c in enumerate(coefficients) if c != 0]
                rows.add([*entries, (whole, -float(value))], 0.0, 0.0)
        if len(subset) == 2 and i != subset[0]:
            return  # the same inequalities
        for alpha in range(product[i].group.count):
            for place in np.ndindex(*other.shape):
                columns = (int(own[(alpha, *place)]), int(arrays[(i,)][alpha]), int(other[place]))
                numbers = [
                    rows.add([(columns[0], 1.0), (columns[1], 0.0), (columns[2], 0.0)], *sides)
                    for sides in ((0.0, math.inf), (0.0, math.inf), (-math.inf, 0.0), (-math.inf, 0.0))
                ]
                flat = int(np.ravel_multi_index(place, other.shape))
                self._mccormick.append((f, i, alpha, rest, flat, numbers[0]))

    def _prepare(self, rows: Rows) -> None:
        """Sort the McCormick inequalities so that a box is written with a few array operations."""
        self._tables: list[Any] = []
        for f, product in enumerate(self.scenario.products):
            for i in range(len(product)):
                for rest in {m[3] for m in self._mccormick if m[0] == f and m[1] == i}:
                    own = [m for m in self._mccormick if m[0] == f and m[1] == i and m[3] == rest]
                    first = np.array([m[5] for m in own])
                    start = np.array([rows.starts[m[5]] for m in own])
                    alphas, places = np.array([m[2] for m in own]), np.array([m[4] for m in own])
                    self._tables.append((f, i, rest, alphas, places, first, start))

    def solve(self, box: Box) -> tuple[Floats, float] | None:
        """Return (x, rigorous lower bound) of the relaxation over a box; see `BoxProgram.solve`."""
        self.write(box)
        return self.program.solve()

    def products(self) -> Iterator[tuple[int, int, int]]:
        """Yield (w, x, y) of the products of free entries: columns of V_S, V_i and V_{S∖i}."""
        for f, i, alpha, rest, flat, row in self._mccormick:
            product = self.scenario.products[f]
            place = np.unravel_index(flat, [product[k].group.count for k in rest])
            free = all(int(j) in product[k].free for k, j in zip(rest, place, strict=True))
            if alpha in product[i].free and free:
                start = self.program.matrix.indptr[row]
                w, x, y = self.program.matrix.indices[start : start + 3].tolist()
                yield w, x, y

    def write(self, box: Box) -> None:
        """Write a box into the program."""
        program = self.program
        data, lower, upper = program.matrix.data, program.lower, program.upper
        for f, product in enumerate(box):
            for place, (low, high) in zip(self.singles[f], product, strict=True):
                program.low[place], program.high[place] = low, high
        for f, i, rest, alphas, places, first, start in self._tables:
            a, u = (side[alphas] for side in box[f][i])
            m, h = (_outer([box[f][k][end] for k in rest])[places] for end in (0, 1))
            # for x in [a, u], y in [m, h]: w ≥ a y + m x − a m, w ≥ u y + h x − u h, and so on
            for k, (s, t, sides) in enumerate(((a, m, lower), (u, h, lower), (u, m, upper), (a, h, upper))):
                data[start + 3 * k + 1], data[start + 3 * k + 2] = -t, -s
                sides[first + k] = -s * t

    def point(self, x: Floats) -> Point:
        """Return the marginals at a solution."""
        return tuple(tuple(x[place].clip(0.0) for place in own) for own in self.singles)


def _marginals(scenario: Scenario) -> tuple[Rows, list[list[slice]], int, list[slice]]:
    """Return rows T q = p, with columns for the marginals of q: those of each side, their number, what sums to one."""
    rows, n = Rows(), scenario.matrix.shape[1]
    rows.add_matrix(scenario.matrix, scenario.rhs)
    column, blocks, found = n, [slice(0, n)], []
    for product in scenario.products:
        own = []
        for side in product:
            own.append(slice(column, column + side.group.count))
            _link(rows, side, np.arange(column, own[-1].stop))
            column = own[-1].stop
        found.append(own)
        blocks += own
    return rows, found, column, blocks


def _link(rows: Rows, side: Side, own: NDArray[np.intp]) -> None:
    """Tie columns to the marginal of q, and state its equations."""
    marginal = side.group.rows
    for alpha, column in enumerate(own.tolist()):
        remaining()  # among many strategies this takes seconds
        strategies = marginal.indices[marginal.indptr[alpha] : marginal.indptr[alpha + 1]].tolist()
        rows.add([(column, 1.0), *((s, -1.0) for s in strategies)], 0.0, 0.0)
    matrix, rhs = side.homogeneous
    for coefficients, value in zip(matrix, rhs, strict=True):
        entries = [(int(own[j]), float(c)) for j, c in enumerate(coefficients) if c != 0]
        rows.add(entries, float(value), float(value))


def _strategies_with(groups: Sequence[Group]) -> list[list[int]]:
    """Return the strategies for each (α, γ, …), the first group being the most significant."""
    joint = joint_numbers(groups)
    order = np.argsort(joint, kind="stable")
    starts = np.searchsorted(joint[order], np.arange(math.prod(g.count for g in groups) + 1))
    return [order[low:high].tolist() for low, high in itertools.pairwise(starts.tolist())]


def _outer(vectors: Sequence[Floats]) -> Floats:
    total: Any = np.ones(())
    for vector in vectors:
        total = np.multiply.outer(total, vector)
    return np.asarray(total).ravel()


def blocks_of(columns: NDArray[np.intp]) -> slice:
    """Return consecutive columns as a slice."""
    return slice(int(columns.min()), int(columns.max()) + 1)


class FixedProgram:
    """The least value when all marginals but one of each family are fixed: an upper bound."""

    def __init__(self, scenario: Scenario, free: Sequence[int]) -> None:
        self.scenario, self.free = scenario, tuple(free)
        rows, self._own, column, blocks = _marginals(scenario)
        self._product_rows: list[Any] = []
        costs = []
        for product, own, chosen in zip(scenario.products, self._own, self.free, strict=True):
            held = [i for i in range(len(product)) if i != chosen]
            last = product[chosen].group.count
            places = []
            for k, strategies in enumerate(_strategies_with([product[i].group for i in (*held, chosen)])):
                remaining()
                entries = [(own[chosen].start + k % last, 0.0), (column + k, -1.0), *((s, -1.0) for s in strategies)]
                places.append(rows.starts[rows.add(entries, -math.inf, 0.0)])
            self._product_rows.append((held, last, np.array(places)))
            costs.append(slice(column, column + len(places)))
            column += len(places)
        cost = np.zeros(column)
        for block in costs:
            cost[block] = 2.0
        self.bound = 0.0
        self.program: BoxProgram = rows.program(column, cost, blocks)

    def solve(self, point: Point) -> tuple[float, Floats, Point] | None:
        """Return (value, q, marginals) at the fixed marginals of a point; None if nothing reproduces p with them."""
        program = self.program
        self._release()
        for f, product in enumerate(self.scenario.products):
            held, last, places = self._product_rows[f]
            program.matrix.data[places] = np.repeat(_outer([point[f][i] for i in held]), last)
            for i in held:
                for j in product[i].free:
                    self._hold(f, i, j, float(point[f][i][j]))
        found = program.solve()
        if found is None or not len(found[0]):
            return None
        x, self.bound = found
        marginals = tuple(tuple(x[block].clip(0.0) for block in own) for own in self._own)
        return float(program.cost @ x), x[: self.scenario.matrix.shape[1]].clip(0.0), marginals

    def at(self, fixed: Mapping[tuple[int, int], float]) -> tuple[float, float] | None:
        """Return (value, rigorous lower bound) with free entries (side, entry) of the first family fixed, or None."""
        sides = []
        for i, side in enumerate(self.scenario.products[0]):
            constant, matrix = side.floats
            known = all((i, j) in fixed for j in side.free)
            sides.append(constant + matrix @ [fixed[i, j] for j in side.free] if known else np.zeros(len(constant)))
        if min(float(own.min()) for own in sides) < -1e-9:
            return None
        found = self.solve((tuple(own.clip(0.0) for own in sides),))
        return None if found is None else (found[0], self.bound)

    def range_of(self, name: tuple[int, int], fixed: Mapping[tuple[int, int], float]) -> tuple[float, float] | None:
        """Return both ends of a free entry of the first family with others fixed; None if nothing fits."""
        program, usual = self.program, self.program.cost.copy()
        self._release()
        for (i, j), value in fixed.items():
            self._hold(0, i, j, value)
        column, ends = self._own[0][name[0]].start + name[1], []
        for sign in (1.0, -1.0):
            program.cost[:] = 0.0
            program.cost[column] = sign
            found = program.solve()
            if found is None or not len(found[0]):
                break
            ends.append(float(found[0][column]))
        program.cost[:] = usual
        return (ends[0], ends[1]) if len(ends) == 2 else None

    def _release(self) -> None:
        for own in self._own:
            for block in own:
                self.program.low[block], self.program.high[block] = 0.0, 1.0

    def _hold(self, f: int, i: int, j: int, value: float) -> None:
        column = self._own[f][i].start + j
        self.program.low[column] = self.program.high[column] = value


def ranges(scenario: Scenario, end: float = math.inf, seen: Callable[[Floats], None] = lambda q: None) -> Box | None:
    """Return rigorous bounds of all entries of the marginals; None if nothing reproduces the behavior.

    The linear programs (57)–(58), for every entry until `end`, when the others stay between 0 and 1. The q that the
    first of them finds, if there was time for it, is shown to `seen`.
    """
    rows, own, column, blocks = _marginals(scenario)
    program = rows.program(column, np.zeros(column), blocks)
    anything = program.solve()
    if anything is not None and not len(anything[0]):
        return None
    if anything is not None:
        seen(anything[0][: scenario.matrix.shape[1]].clip(0.0))
    program.interior = False  # what follows changes the cost only: few steps from the last basis
    out = []
    for product_columns in own:
        sides = []
        for block in product_columns:
            low, high = np.zeros(block.stop - block.start), np.ones(block.stop - block.start)
            for k in range(len(low)):
                for sign, ends in ((1.0, low), (-1.0, high)):
                    if over(end) or passed():
                        break
                    program.cost[:] = 0.0
                    program.cost[block.start + k] = sign
                    found = program.solve()
                    if found is not None and not len(found[0]):
                        return None
                    if found is not None:
                        ends[k] = min(max(sign * found[1], 0.0), 1.0)
            sides.append((low, high))
        out.append(tuple(sides))
    return tuple(out)


def some_model(scenario: Scenario) -> Floats | None:
    """Return any q that reproduces the behavior; None if none was found."""
    rows, _, column, blocks = _marginals(scenario)
    found = rows.program(column, np.zeros(column), blocks).solve()
    return None if found is None or not len(found[0]) else found[0][: scenario.matrix.shape[1]].clip(0.0)
