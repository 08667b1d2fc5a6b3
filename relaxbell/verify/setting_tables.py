"""r(x, Λ) of very many strategies as one small table for each setting x of the dependent inputs; no Λ is listed.

Section 4 of the page Theorems says how the maxima for M and for I follow from these tables by elimination.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

from .elimination import LISTED, TABLE, Scope, Tables, charged_tables, largest
from .measures import Charges
from .model import Model
from .reading import FRACTION, common_denominator
from .refusals import need
from .rounding import decimal, log2_mean

_BITS = 80  # of p(x) 2^r, with the largest r 0
Table = tuple[Scope, list[int]]


class SettingTables:
    """r(x, Λ) as one table for each setting x of the dependent inputs that occurs, in multiples of 1/scale."""

    def __init__(self, model: Model, prices: list[int]) -> None:
        self.model, self.tables = model, Tables(model)
        self.settings = list(model.occurring.items())
        self.found = [self._at(dict(zip(model.dependent, x, strict=True)), prices) for x, _ in self.settings]

    def _at(self, do: dict[str, int], prices: list[int]) -> Table:
        """Return the table of a setting: the sum over the free settings of the prices of the cells."""
        own = Tables(self.model)
        own.add_cells(prices, do)
        (scope, table), *others = own.factors.items() or [((), [0])]
        for part, other in others:
            new = math.prod(self.tables.sizes[v] for v in part if v not in scope)
            need(len(table) * new <= TABLE, "a table is too large")
            self.model.spend(len(table) * new)
            scope, table = own.added(scope, table, part, other)
        order = tuple(sorted(scope))
        return order, [table[i] for i in own.offsets(order, scope)]

    def most(self, tables: list[Table]) -> int:
        """Return the largest sum of tables."""
        self.tables.factors = {}
        for scope, table in tables:
            self.tables.merge(self.tables.factors, scope, table)
        return self.tables.eliminated()

    def dependence(self, two: int, rest: Sequence[Table] = (), share: int = 1) -> Fraction:
        """Return max over Λ of Σ_x p(x) max(r, max_x' r − two), and of more tables, in multiples of 1/share."""
        chances = [p for _, p in self.settings]
        unit = common_denominator(chances)
        whole = [int(p * unit) for p in chances]
        best: int | None = None
        more = [(scope, [v * unit for v in table]) for scope, table in rest]
        whole = [p * share for p in whole]
        most = sum(max(table) for _, table in more)
        tops = [max(table) for _, table in self.found]
        levels = sorted(((c, x) for x, (_, t) in enumerate(self.found) for c in set(t)), reverse=True)
        self.model.spend(4 * len(levels) * len(self.found))
        for c, x in levels:  # Λ with r(x, Λ) = c, and no larger r anywhere
            least = c - two
            limit = most + sum(p * min(c, max(top, least)) for p, top in zip(whole, tops, strict=True))
            if best is not None and limit <= best:
                continue
            low = -1 - 4 * unit * share * (abs(c) + abs(least) + max(map(abs, tops)))
            low -= 4 * sum(max(map(abs, table)) for _, table in more)
            self.model.spend(4 * sum(len(table) for _, table in (*self.found, *more)))
            cut = [
                (scope, [low if r > c or (y == x and r < c) else p * max(r, least) for r in table])
                for y, ((scope, table), p) in enumerate(zip(self.found, whole, strict=True))
            ]
            value = self.most([*cut, *more])
            if value > low // 2 and (best is None or value > best):
                best = value
        assert best is not None  # the largest r of all is reached
        return Fraction(best, unit * share)

    def log_mean(self, scale: int) -> Fraction:
        """Return an upper bound of max over Λ of log2 Σ_x p(x) 2^(r/scale)."""
        top = max(max(table) for _, table in self.found)
        known: dict[tuple[Fraction, int], int] = {}
        tables = []
        for (_, p), (scope, table) in zip(self.settings, self.found, strict=True):
            self.model.spend(len(table) + FRACTION * len(set(table)))
            for r in set(table):
                if (p, r) not in known:
                    known[p, r] = raised(p, Fraction(r - top, scale))
            tables.append((scope, [known[p, r] for r in table]))
        return log2_mean([(Fraction(self.most(tables), 2**_BITS), Fraction(top, scale))])


def raised(p: Fraction, exponent: Fraction) -> int:
    """Return p · 2^exponent, rounded up, in multiples of 2^−_BITS; the exponent is at most 0."""
    with localcontext() as context:
        context.prec = 60
        power = (decimal(max(exponent, Fraction(-200))) * Decimal(2).ln()).exp()
        return int(decimal(p) * power * 2**_BITS * (1 + Decimal(10) ** -40)) + 1


def without_list(model: Model, prices: list[Fraction], charged: Charges, scale: int, w: Fraction) -> Fraction | None:
    """Return max r(λ); or, where w is the share of dependence, max over Λ of Σ_x p(x) max(r, max_x' r − 2w).

    None where strategies are to be listed.
    """
    if not w:
        return largest(model, prices, charged, scale)
    rest = None if model.count <= LISTED or w < 0 else charged_tables(model, charged, scale)
    first = [] if rest is None else [rest.first[name] for name in model.dependent]
    if rest is None or any(v in scope for scope in rest.factors for v in first):
        model.spend(2 * FRACTION * model.count)
        return None
    found = SettingTables(model, [int(v * scale) for v in prices])  # what is charged depends on Λ only
    return found.dependence(int(2 * w * scale), list(rest.factors.items()), rest.unit) / scale
