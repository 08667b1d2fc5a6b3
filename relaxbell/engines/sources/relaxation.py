"""McCormick relaxations over boxes of marginals, and the linear programs at fixed ones.

For every subset S of the groups of a family there is an array V_S that stands for the product of their marginals,
tied to the others by everything that products satisfy linearly: V_S sums to V_{S∖i}, the equations of q^{a_i} hold for
each value of the rest, and V_S = V_i ⊗ V_{S∖i} is relaxed to its four McCormick inequalities over the box.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.sources.program import Box, BoxProgram
from relaxbell.engines.sources.scenario import Scenario, Side
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import over, passed, remaining
from relaxbell.lp.rows import RowBuilder, places
from relaxbell.measures.groups import joint_numbers

Numbers: TypeAlias = NDArray[np.intp]
"""Of rows, columns or entries."""

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


@dataclass(frozen=True, eq=False)
class _Coupling:
    """The McCormick inequalities of V_S = V_i ⊗ V_{S∖i}, four for each entry of V_S.

    Attributes
    ----------
    product, side, rest
        The family, i, and S∖i.
    alphas, places
        For each entry of V_S, the entries of V_i and V_{S∖i}.
    whole, left, right
        The columns of all three.
    rows
        The first of the four rows.
    """

    product: int
    side: int
    rest: tuple[int, ...]
    alphas: Numbers
    places: Numbers
    whole: Numbers
    left: Numbers
    right: Numbers
    rows: Numbers


class Relaxation:
    """The lower bound of a scenario over any box."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        rows, blocks = _reproducing(scenario)
        self.singles: list[list[slice]] = []
        self.full: list[slice] = []
        self._couplings: list[_Coupling] = []
        costs: list[range] = []
        for f, product in enumerate(scenario.products):
            arrays: dict[tuple[int, ...], Numbers] = {}
            for size in range(1, len(product) + 1):
                for subset in itertools.combinations(range(len(product)), size):
                    shape = tuple(product[i].group.count for i in subset)
                    arrays[subset] = np.array(rows.columns(math.prod(shape))).reshape(shape)
                    blocks.append(blocks_of(arrays[subset]))
            self.singles.append([blocks_of(arrays[(i,)]) for i in range(len(product))])
            for i, side in enumerate(product):
                _link(rows, side, arrays[(i,)])
            for subset in arrays:
                for i in subset if len(subset) > 1 else ():
                    self._couple(rows, f, product, arrays, subset, i)
            full = arrays[tuple(range(len(product)))].ravel()
            self.full.append(blocks_of(full))
            costs.append(rows.columns(len(full)))
            _distances(rows, product, full, 1.0, costs[-1])
        cost = np.zeros(rows.width)
        for own in costs:
            cost[own] = 2.0
        self.program = BoxProgram.of(rows, cost, blocks)
        matrix = self.program.matrix
        four = np.arange(4)[:, None]
        self._entries = [
            (places(matrix, c.rows + four, c.left), places(matrix, c.rows + four, c.right)) for c in self._couplings
        ]

    def _couple(
        self,
        rows: RowBuilder,
        f: int,
        product: Sequence[Side],
        arrays: Mapping[tuple[int, ...], Numbers],
        subset: tuple[int, ...],
        i: int,
    ) -> None:
        """V_S sums to V_{S∖i}, satisfies the equations of side i, and is V_i ⊗ V_{S∖i} to McCormick."""
        remaining()
        rest, single = tuple(k for k in subset if k != i), arrays[(i,)]
        other = arrays[rest].ravel()
        own = np.moveaxis(arrays[subset], subset.index(i), 0).reshape(len(single), len(other))
        matrix, rhs = product[i].homogeneous
        held, entries = np.nonzero(matrix)
        start = np.arange(len(other))[:, None] * (1 + len(rhs))
        each = 1 + np.arange(len(rhs))
        rows.add(
            len(other) * (1 + len(rhs)),
            0.0,
            0.0,
            [
                (start, own.T, 1.0),
                (start, other[:, None], -1.0),
                (start + 1 + held, own[entries].T, matrix[held, entries]),
                (start + each, other[:, None], -rhs),
            ],
        )
        if len(subset) == 2 and i != subset[0]:
            return  # the same inequalities
        alphas, at = (index.ravel() for index in np.indices(own.shape))
        numbers = np.arange(own.size)[:, None] * 4 + np.arange(4)
        added = rows.add(
            4 * own.size,
            np.tile([0.0, 0.0, -math.inf, -math.inf], own.size),
            np.tile([math.inf, math.inf, 0.0, 0.0], own.size),
            [
                (numbers, own.ravel()[:, None], 1.0),
                (numbers, single[alphas][:, None], 0.0),
                (numbers, other[at][:, None], 0.0),
            ],
        )
        columns = (own.ravel(), single[alphas], other[at])
        self._couplings.append(_Coupling(f, i, rest, alphas, at, *columns, added.start + 4 * np.arange(own.size)))

    def solve(self, box: Box) -> tuple[Floats, float] | None:
        """Return (x, rigorous lower bound) of the relaxation over a box; see `BoxProgram.solve`."""
        self.write(box)
        return self.program.solve()

    def products(self) -> Iterator[tuple[int, int, int]]:
        """Yield (w, x, y) of the products of free entries: columns of V_S, V_i and V_{S∖i}."""
        for c in self._couplings:
            product = self.scenario.products[c.product]
            shape = [product[k].group.count for k in c.rest]
            numbers = zip(c.alphas.tolist(), c.places.tolist(), c.whole.tolist(), strict=True)
            for (alpha, flat, whole), left, right in zip(numbers, c.left.tolist(), c.right.tolist(), strict=True):
                place = np.unravel_index(flat, shape)
                free = all(int(j) in product[k].free for k, j in zip(c.rest, place, strict=True))
                if alpha in product[c.side].free and free:
                    yield whole, left, right

    def write(self, box: Box) -> None:
        """Write a box into the program."""
        program = self.program
        data, lower, upper = program.matrix.data, program.lower, program.upper
        for f, product in enumerate(box):
            for place, (low, high) in zip(self.singles[f], product, strict=True):
                program.low[place], program.high[place] = low, high
        for c, (left, right) in zip(self._couplings, self._entries, strict=True):
            a, u = (side[c.alphas] for side in box[c.product][c.side])
            m, h = (_outer([box[c.product][k][end] for k in c.rest])[c.places] for end in (0, 1))
            # for x in [a, u], y in [m, h]: w ≥ a y + m x − a m, w ≥ u y + h x − u h, and so on
            for k, (s, t, sides) in enumerate(((a, m, lower), (u, h, lower), (u, m, upper), (a, h, upper))):
                data[left[k]], data[right[k]] = -t, -s
                sides[c.rows + k] = -s * t

    def point(self, x: Floats) -> Point:
        """Return the marginals at a solution."""
        return tuple(tuple(x[place].clip(0.0) for place in own) for own in self.singles)


def _reproducing(scenario: Scenario) -> tuple[RowBuilder, list[slice]]:
    """Return rows T q = p, and the columns that sum to one."""
    n = scenario.matrix.shape[1]
    rows = RowBuilder(n)
    rows.add(len(scenario.rhs), scenario.rhs, scenario.rhs, block=scenario.matrix)
    return rows, [slice(0, n)]


def _marginals(scenario: Scenario) -> tuple[RowBuilder, list[list[slice]], list[slice]]:
    """Return rows T q = p, with columns for the marginals of q: those of each side, and what sums to one."""
    rows, blocks = _reproducing(scenario)
    found = []
    for product in scenario.products:
        own = []
        for side in product:
            columns = np.array(rows.columns(side.group.count))
            _link(rows, side, columns)
            own.append(blocks_of(columns))
        found.append(own)
        blocks += own
    return rows, found, blocks


def _link(rows: RowBuilder, side: Side, own: Numbers) -> None:
    """Tie columns to the marginal of q, and state its equations."""
    remaining()  # among many strategies this takes seconds
    rows.add(len(own), 0.0, 0.0, [(np.arange(len(own)), own, 1.0)], -side.group.rows)
    matrix, rhs = side.homogeneous
    held, entries = np.nonzero(matrix)
    rows.add(len(rhs), rhs, rhs, [(held, own[entries], matrix[held, entries])])


def _distances(rows: RowBuilder, sides: Sequence[Side], products: Numbers, factor: float, distances: range) -> slice:
    """Append factor · product − q^{ac…} ≤ distance for each (α, γ, …), the first side being the most significant."""
    remaining()
    groups, count = [side.group for side in sides], len(products)
    joint = joint_numbers(groups)
    block = sp.csr_array((np.full(len(joint), -1.0), (joint, np.arange(len(joint)))), (count, rows.first))
    every = np.arange(count)
    entries = [(every, products, factor), (every, np.array(distances), -1.0)]
    return rows.add(count, -math.inf, 0.0, entries, block)


def _outer(vectors: Sequence[Floats]) -> Floats:
    total: Floats = np.ones(())
    for vector in vectors:
        total = np.asarray(np.multiply.outer(total, vector))
    return total.ravel()


def blocks_of(columns: Numbers) -> slice:
    """Return consecutive columns as a slice."""
    return slice(int(columns.min()), int(columns.max()) + 1)


class FixedProgram:
    """The least value when all marginals but one of each family are fixed: an upper bound."""

    def __init__(self, scenario: Scenario, free: Sequence[int]) -> None:
        self.scenario, self.free = scenario, tuple(free)
        rows, self._own, blocks = _marginals(scenario)
        added: list[tuple[list[int], int, Numbers, slice]] = []
        costs: list[range] = []
        for product, own, chosen in zip(scenario.products, self._own, self.free, strict=True):
            held = [i for i in range(len(product)) if i != chosen]
            sides = [product[i] for i in (*held, chosen)]
            last = product[chosen].group.count
            costs.append(rows.columns(math.prod(side.group.count for side in sides)))
            columns = own[chosen].start + np.arange(len(costs[-1])) % last
            added.append((held, last, columns, _distances(rows, sides, columns, 0.0, costs[-1])))
        cost = np.zeros(rows.width)
        for block in costs:
            cost[block] = 2.0
        self.bound = 0.0
        self.program = BoxProgram.of(rows, cost, blocks)
        matrix = self.program.matrix
        self._product_rows = [
            (held, last, places(matrix, np.arange(own.start, own.stop), columns)) for held, last, columns, own in added
        ]

    def solve(self, point: Point) -> tuple[float, Floats, Point] | None:
        """Return (value, q, marginals) at the fixed marginals of a point; None if nothing reproduces p with them."""
        program = self.program
        self._release()
        for f, product in enumerate(self.scenario.products):
            held, last, where = self._product_rows[f]
            program.matrix.data[where] = np.repeat(_outer([point[f][i] for i in held]), last)
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
    rows, own, blocks = _marginals(scenario)
    program = BoxProgram.of(rows, np.zeros(rows.width), blocks)
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
    rows, _, blocks = _marginals(scenario)
    found = BoxProgram.of(rows, np.zeros(rows.width), blocks).solve()
    return None if found is None or not len(found[0]) else found[0][: scenario.matrix.shape[1]].clip(0.0)


def central_marginals(scenario: Scenario) -> Point | None:
    """Return the mean of the marginals at which some free entry is least or largest; None where nothing is feasible."""
    rows, own, blocks = _marginals(scenario)
    program = BoxProgram.of(rows, np.zeros(rows.width), blocks)
    found = []
    for product, columns in zip(scenario.products, own, strict=True):
        for side, block in zip(product, columns, strict=True):
            for j, sign in itertools.product(side.free, (1.0, -1.0)):
                program.cost[:] = 0.0
                program.cost[block.start + j] = sign
                solved = program.solve()
                if solved is not None and len(solved[0]):
                    found.append(solved[0])
    if not found:
        return None
    mean = np.mean(found, axis=0)
    return tuple(tuple(mean[block].clip(0.0) for block in columns) for columns in own)
