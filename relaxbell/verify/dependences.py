"""Certificates of M and Hall's measure: maxima over very many Λ without a list of them, from `setting_tables`.

For Hall's measure a flow bounds the cut of each Λ; see Section 4 of the page Theorems.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from fractions import Fraction

from .elimination import LISTED
from .kernel import Case
from .measures import Measure, Weights
from .reading import FRACTION, Json, Real, common_denominator, fields, rationals
from .refusals import need
from .setting_tables import SettingTables


class DependenceCase(Case):
    """M, or Hall's measure: of few strategies as any other measure, or of many, without constraints."""

    def read(self, measure: Json, model: Json) -> Measure:
        """Return the measure: one without rows, where there may be many strategies."""
        self.stated = measure
        _, hall = fields(measure, "a dependence", "kind", "hall")
        need(type(hall) is bool, "a dependence has odd fields")
        self.hall = hall
        name = f"{'Hall' if hall else 'M'}({','.join(self.model.dependent)}:Lambda)"
        return Measure(name if self.model.occurring else "", kind="dependence")

    @property
    def pairs(self) -> int:
        """Number of pairs of settings that occur."""
        n = len(self.model.occurring)
        return n * (n - 1) // 2

    def has_flows(self, proof: Json) -> bool:
        """Return whether a proof of Hall's measure has one weight for each pair of settings, instead of rows."""
        weights = fields(proof, "the proof", "z", "weights", "constraints")[1]
        return self.hall and type(weights) is list and len(weights) == self.pairs

    def bound(self, proof: Json, sign: int = 1) -> Real:
        """Return the lower bound of the measure that a proof gives."""
        weights = fields(proof, "the proof", "z", "weights", "constraints")[1]
        pairs = self.pairs
        own = self.has_flows(proof) if self.hall else self.model.count > LISTED
        if not own or self.constraints or sign < 0:
            self.measure = super().read(self.stated, None)
            return super().bound(proof, sign)
        prices, constant = cell_prices(self, proof)
        scale = common_denominator(prices)
        found = SettingTables(self.model, [int(v * scale) for v in prices])
        if self.hall:
            return constant - Real(hall_loss(found, rationals(weights, "the weights of pairs", pairs), scale))
        need(weights is None, "dependence has weights")
        return constant - Real(found.dependence(2 * scale) / scale)

    def value(self, q: Weights) -> Real:
        """Return M at strategies with weights, or Hall's measure."""
        joint: dict[int, dict[tuple[int, ...], Real]] = {}
        for number, _, weight in q:
            x, rest = self.model.split(number)
            joint.setdefault(rest, {})[x] = weight
        chances = self.model.occurring
        pairs = list(itertools.combinations(chances, 2))
        self.model.spend(FRACTION * len(joint) * (len(pairs) if self.hall else len(chances)))
        if self.hall:
            given = [{x: weight * (1 / chances[x]) for x, weight in own.items()} for own in joint.values()]
            need(pairs, "a single setting occurs")
            return max(sum((size(own.get(x, Real()) - own.get(y, Real())) for own in given), Real()) for x, y in pairs)
        total = Real()
        for own in joint.values():
            mean = sum(own.values(), Real())
            total = sum((size(own.get(x, Real()) - mean * p) for x, p in chances.items()), total)
        return total


def size(number: Real) -> Real:
    """Return a number without its sign."""
    return number * number.sign()


def cell_prices(case: Case, proof: Json) -> tuple[list[Fraction], Real]:
    """Return the price of each cell and the constant, from the multipliers of a proof."""
    return cell_sums(case, fields(proof, "the proof", "z", "weights", "constraints")[0])


def cell_sums(case: Case, multipliers: Json) -> tuple[list[Fraction], Real]:
    """Return the price of each cell and the constant, from multipliers of the equations."""
    z = rationals(multipliers, "z", len(case.equations))
    prices, constant = [Fraction(0)] * case.model.cells, Real()
    for multiplier, (row, value) in zip(z, case.equations, strict=True):
        constant += value * multiplier
        for cell, coefficient in row.items() if multiplier else ():
            prices[cell] += multiplier * coefficient
    return prices, constant


def hall_loss(found: SettingTables, weights: list[Fraction], scale: int) -> Fraction:
    """Return N max over Λ, S of (Σ_{x in S} p(x) r(x, Λ) − Σ_{pairs cut by S} u)⁺, or an upper bound of it.

    N is the number of settings; a flow from settings with r > 0 to those with r < 0 bounds what every cut leaves.
    """
    chances = [p for _, p in found.settings]
    n = len(chances)
    pairs = list(itertools.combinations(range(n), 2))
    need(len(weights) == len(pairs), "there is not one weight for each pair of settings")
    need(min(weights, default=Fraction(0)) >= 0 and sum(weights) <= 1, "the weights of pairs are no shares of one")
    unit = common_denominator([*weights, *(p / scale for p in chances)])
    capacity = [[0] * n for _ in range(n)]
    for (x, y), u in zip(pairs, weights, strict=True):
        capacity[x][y] = capacity[y][x] = int(u * unit)
    factors = [int(p * unit / scale) for p in chances]
    worst = 0
    for r in values(found):
        worst = max(worst, excess([v * f for v, f in zip(r, factors, strict=True)], capacity))
    return Fraction(n * worst, unit)


def values(found: SettingTables) -> Iterator[list[int]]:
    """Yield r(x, Λ) of all x, for each Λ."""
    variables = sorted({v for scope, _ in found.found for v in scope})
    sizes = [found.tables.sizes[v] for v in variables]
    count, n = 1, len(found.found)
    for size in sizes:
        count *= size
    found.model.spend(count * n**3)
    place = {v: i for i, v in enumerate(variables)}
    scopes = [[place[v] for v in scope] for scope, _ in found.found]
    for chosen in itertools.product(*map(range, sizes)):
        out = []
        for axes, (_, table) in zip(scopes, found.found, strict=True):
            i = 0
            for axis in axes:
                i = i * sizes[axis] + chosen[axis]
            out.append(table[i])
        yield out


def excess(supply: list[int], capacity: list[list[int]]) -> int:
    """Return what cannot flow from nodes with supply > 0 to those with supply < 0: by shortest paths."""
    n, left = len(supply), list(supply)
    rest = [row[:] for row in capacity]
    while True:
        before = [n if left[x] > 0 else -1 for x in range(n)]
        queue, end = deque(x for x in range(n) if left[x] > 0), -1
        while queue and end < 0:
            x = queue.popleft()
            for y in range(n):
                if before[y] < 0 and rest[x][y] > 0:
                    before[y] = x
                    if left[y] < 0:
                        end = y
                        break
                    queue.append(y)
        if end < 0:
            return sum(v for v in left if v > 0)
        path = [end]
        while before[path[-1]] < n:
            path.append(before[path[-1]])
        amount = min(left[path[-1]], -left[end], *(rest[b][a] for a, b in itertools.pairwise(path)))
        left[path[-1]] -= amount
        left[end] += amount
        for a, b in itertools.pairwise(path):
            rest[b][a] -= amount
            rest[a][b] += amount
