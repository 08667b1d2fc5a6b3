"""Certificates of factorized measurement dependence: prices of all strategies and products u v, by bisection.

For multipliers z, r being Tᵀz and Λ the functions of the nodes other than the two dependent inputs, every mixture of
pairs of Λ and a product u v of distributions of the settings has::

    mean cost >= <z, data> - max over Λ, u, v of (Σ_xy u_x v_y r(x, y, Λ) - cost(u, v)) .

The file gives z and a *margin*; that the maximum is at most the margin is found here, on smaller and smaller parts of
the simplices of u and v (Theorems 6b and 6c of the page Theorems). Parts are at most `MOST`; else the file is refused.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction

from .bilinear import Prices
from .dependences import cell_sums
from .kernel import Case
from .measures import Measure
from .reading import FRACTION, Json, Real, array, common_denominator, fields, rationals
from .refusals import need

MOST = 2**17
"""Parts of simplices, for all strategies together."""

NEVER_I, NEVER_M = 1000, 100
"""Pairs of settings of probability 0 have minus this price: it multiplies their probability, which is 0."""

DIGITS = 32
_ERROR = Decimal(1).scaleb(-20)
"""Far more than what sums of logarithms and powers lose in 32 digits, where no number exceeds 10^4."""

_LARGEST, _FLOAT = 10**4, 2**500

Matrix = tuple[tuple[Fraction, ...], ...]
Corners = tuple[tuple[Decimal, ...], ...]


class FactorizedCase(Case):
    """What both measures share: two dependent inputs, multipliers, and a margin."""

    linear = False
    symbol, never = "", NEVER_M

    def read(self, measure: Json, model: Json) -> Measure:
        """Return a measure without rows: its dual is in `bound`."""
        fields(measure, "the measure", "kind")
        need(len(self.model.dependent) == 2, "a factorized measure is of two dependent inputs")
        need(self.model.occurring, "no setting occurs")
        return Measure(f"factorized {self.symbol}({','.join(self.model.dependent)}:Lambda)")

    def bound(self, proof: Json, sign: int = 1) -> Real:
        """Return <z, data> less the margin, if no price exceeds it; these measures are not negative."""
        z, weights, duals, given = fields(proof, "the proof", "z", "weights", "constraints", "margin")
        (margin,) = rationals([given], "the margin")
        need(weights is None and not array(duals, "constraints", len(self.constraints)), "there are constraints")
        need(sign > 0 and margin >= 0, "the margin is negative")
        prices, constant = cell_sums(self, z)
        if any(prices):
            need(
                self.within(self.tables(prices), margin),
                f"prices exceed the margin, or are not decided in {MOST} parts",
            )
        found = constant - Real(margin)
        return Real() if found < Real() else found

    def tables(self, prices: list[Fraction]) -> Tables:
        """Return r(x, y, Λ) for each Λ."""
        scale = common_denominator(prices)
        found: dict[int, dict[tuple[int, ...], Fraction]] = {}
        for number, r in self.reduced(prices, [], scale):
            x, rest = self.model.split(number)
            found.setdefault(rest, {})[x] = Fraction(r) / scale
        self.model.spend(FRACTION * sum(map(len, found.values())))
        chances = self.model.occurring
        values = [sorted({x[i] for x in chances}) for i in (0, 1)]
        pairs = [[(x, y) for y in values[1]] for x in values[0]]
        need(found, "no strategy can occur")
        settings = [[chances.get(pair, Fraction(0)) for pair in row] for row in pairs]
        own = {
            rest: tuple(tuple(r.get(pair, Fraction(-self.never)) for pair in row) for row in pairs)
            for rest, r in found.items()
            if len(r) == len(chances)
        }
        need(len(own) == len(found), "a strategy lacks settings")
        return Tables(settings, own, (self._groups(own, 0), self._groups(own, 1)))

    def _groups(self, rests: Iterable[int], outer: int) -> list[list[int]]:
        """Return Λ by the functions of nodes that do not read one of the inputs: others choose for each value of it."""
        model, name = self.model, self.model.dependent[outer]
        groups: dict[tuple[int, ...], list[int]] = {}
        radices = [
            (count, name in model.parents[node])
            for node, count in zip(model.responding, model.functions, strict=True)
            if node not in model.dependent
        ]
        for rest in rests:
            key, left = [], rest
            for count, reads in reversed(radices):
                left, digit = divmod(left, count)
                if not reads:
                    key.append(digit)
            groups.setdefault(tuple(key), []).append(rest)
        return list(groups.values())

    def within(self, tables: Tables, margin: Fraction) -> bool:
        """Return whether no price exceeds the margin."""
        raise NotImplementedError


@dataclass(frozen=True)
class Tables:
    """p(x, y), r(x, y, Λ), and Λ grouped for either input as the outer one."""

    settings: list[list[Fraction]]
    own: dict[int, Matrix]
    groups: tuple[list[list[int]], list[list[int]]]

    def outer(self) -> tuple[list[list[Fraction]], list[list[list[tuple[Fraction, ...]]]]]:
        """Return p and for each group and outer value the vectors r over inner values: fewest inner values, groups."""
        sizes = len(self.settings[0]), len(self.settings)  # inner values, where the first or second input is outer
        by = min((0, 1), key=lambda i: (sizes[i], len(self.groups[i])))
        own = self.own if by == 0 else {rest: tuple(zip(*r, strict=True)) for rest, r in self.own.items()}
        settings = self.settings if by == 0 else [list(column) for column in zip(*self.settings, strict=True)]
        return settings, [
            [largest({own[rest][x] for rest in group}) for x in range(len(settings))] for group in self.groups[by]
        ]


def largest(vectors: Iterable[tuple[Fraction, ...]]) -> list[tuple[Fraction, ...]]:
    """Return the vectors that no other one exceeds everywhere."""
    found: list[tuple[Fraction, ...]] = []
    for own in sorted(vectors, reverse=True):
        if not any(all(a <= b for a, b in zip(own, other, strict=True)) for other in found):
            found.append(own)
    return found


class FactorizedInformationCase(FactorizedCase):
    """Σ p(λ) D(u v || p): u and, for each of its values, the best functions follow from v in closed form."""

    symbol, never = "I", NEVER_I

    def within(self, tables: Tables, margin: Fraction) -> bool:
        """Return whether no price exceeds the margin."""
        return information_within(tables, margin, MOST, self.model.spend) is not None


Points = list[tuple[float, ...]]
"""Where a price exceeds a margin: distributions of the inner input."""


def information_within(
    tables: Tables, margin: Fraction, most: int, spend: Callable[[int], None], points: Points | None = None
) -> int | None:
    """Return how many parts show that no price exceeds the margin; None if `most` do not.

    Prices are log2 Σ_x exp2(max Σ_y v_y (r + log2 p)) + H(v). The first term is convex in v, so that the corners of a
    part bound it; H(v) <= -Σ v log2 c for any distribution c, here the middle of the part.
    """
    used = 0
    with localcontext(Context(prec=DIGITS)):
        for own, effort in information_prices(tables, margin):
            done = own.parts(most - used, spend, effort)
            if own.point is not None and points is not None:
                points.append(own.point)
            if done is None:
                return None
            used += done
    return used


def information_prices(tables: Tables, margin: Fraction) -> Iterator[tuple[InformationPrices, int]]:
    """Yield the prices of each group, with the work of a part, in the decimal context of the caller."""
    settings, groups = tables.outer()
    size = len(settings[0])
    two = Decimal(2).ln()
    goal = as_decimal(margin) * two - _ERROR
    logs = [[as_decimal(p).ln() if p else Decimal(0) for p in row] for row in settings]
    need(all(abs(v) < _LARGEST for r in tables.own.values() for row in r for v in row), "z is too large")
    for group in classes(settings, groups):
        rows = [
            [tuple(as_decimal(v) * two + log for v, log in zip(r, logs[x], strict=True)) for r in own]
            for x, own in enumerate(group)
        ]
        yield InformationPrices(rows, size, goal), 64 * (len(rows) + size) + 2 * size * sum(map(len, rows))


Group = list[list[tuple[Fraction, ...]]]


def classes(settings: list[list[Fraction]], groups: list[Group]) -> list[Group]:
    """Return the groups; where all p(x, y) are equal, those that exchanges of settings make of each other once."""
    size = len(settings[0])
    if len({p for row in settings for p in row}) > 1 or math.factorial(size) > 24:
        return groups
    found: dict[tuple[object, ...], Group] = {}
    for group in groups:
        images = (
            tuple(sorted(tuple(sorted(tuple(r[j] for j in order) for r in own)) for own in group))
            for order in itertools.permutations(range(size))
        )
        found.setdefault(min(images), group)
    return list(found.values())


class InformationPrices:
    """The prices of a group, in nats.

    Parameters
    ----------
    rows
        For each outer value vectors over the inner ones, logarithms of p included.
    size
        Number of inner values.
    goal
        What no price may exceed.
    """

    def __init__(self, rows: Sequence[Sequence[Sequence[Decimal]]], size: int, goal: Decimal) -> None:
        self.rows, self.size, self.goal = rows, size, goal
        self.known: dict[tuple[Decimal, ...], Decimal] = {}
        self.logs: dict[Decimal, Decimal] = {}
        self.point: tuple[float, ...] | None = None  # a v with a price that is too high

    def convex(self, v: tuple[Decimal, ...]) -> Decimal:
        """Return log Σ exp of the best gains at v."""
        if v not in self.known:
            h = [max(sum(map(Decimal.__mul__, r, v), Decimal(0)) for r in own) for own in self.rows]
            top = max(h)
            self.known[v] = top + sum(((a - top).exp() for a in h), Decimal(0)).ln()
        return self.known[v]

    def whole(self) -> Corners:
        """Return the simplex of all v."""
        return tuple(tuple(Decimal(int(i == j)) for j in range(self.size)) for i in range(self.size))

    def bound(self, corners: Corners) -> Decimal:
        """Return what no price in a part exceeds."""
        slope = [self.log(sum(column, Decimal(0)) / self.size) for column in zip(*corners, strict=True)]
        return max(self.convex(v) - sum(map(Decimal.__mul__, v, slope), Decimal(0)) for v in corners)

    def log(self, number: Decimal) -> Decimal:
        """Return a logarithm; the same numbers come often."""
        if number not in self.logs:
            self.logs[number] = number.ln()
        return self.logs[number]

    def parts(self, most: int, spend: Callable[[int], None], effort: int) -> int | None:
        """Return how many parts show that no price exceeds the goal; None if `most` do not, or one exceeds it."""
        stack, count = [self.whole()], 0
        while stack:
            corners = stack.pop()
            count += 1
            if count > most:
                return None
            if not count % 256:
                spend(256 * effort)
            middle = tuple(sum(column, Decimal(0)) / self.size for column in zip(*corners, strict=True))
            slope = [self.log(c) for c in middle]
            if all(self.convex(v) - sum(map(Decimal.__mul__, v, slope), Decimal(0)) <= self.goal for v in corners):
                continue
            # at the middle the bound of the entropy is the entropy: near a maximum that is too high it shows early
            price = self.convex(middle) - sum(map(Decimal.__mul__, middle, slope), Decimal(0))
            if self.size == 1 or price > self.goal:
                self.point = tuple(map(float, middle))
                return None
            stack += halves(corners)
        spend(count % 256 * effort)
        return count


def kinds(tables: Tables) -> list[Matrix]:
    """Return the matrices r(x, y) of all Λ, each once; where all p(x, y) are equal, up to exchanges of settings.

    Exchanging rows or columns, or both inputs, of r and p permutes u and v, or exchanges them: prices are the same.
    """
    distinct = sorted(set(tables.own.values()))
    rows, columns = len(tables.settings), len(tables.settings[0])
    uniform = len({p for row in tables.settings for p in row}) == 1
    if not uniform or math.factorial(rows) * math.factorial(columns) > 48:
        return distinct
    found: dict[Matrix, Matrix] = {}
    for z in distinct:
        both = [z, tuple(zip(*z, strict=True))] if rows == columns else [z]
        images = (
            tuple(tuple(row[j] for j in order) for row in lines)
            for own in both
            for lines in itertools.permutations(own)
            for order in itertools.permutations(range(columns))
        )
        found.setdefault(min(images), z)
    return list(found.values())


def halves(corners: Corners) -> list[Corners]:
    """Return the two parts of a simplex that is cut in the middle of a longest edge."""
    i, j = longest(corners)
    middle = tuple((a + b) / 2 for a, b in zip(corners[i], corners[j], strict=True))
    return [tuple(middle if n == k else c for n, c in enumerate(corners)) for k in (i, j)]


def longest(corners: Corners) -> tuple[int, int]:
    """Return the ends of a longest edge, as entropy measures it: Σ (a - b)^2 / (a + b)."""
    floats = [tuple(map(float, corner)) for corner in corners]
    return max(
        itertools.combinations(range(len(corners)), 2),
        key=lambda pair: sum((a - b) ** 2 / (a + b) for a, b in zip(*(floats[i] for i in pair), strict=True) if a != b),
    )


def as_decimal(number: Fraction) -> Decimal:
    """Return a number in the context's precision."""
    return Decimal(number.numerator) / Decimal(number.denominator)


class FactorizedDependenceCase(FactorizedCase):
    """Σ p(λ) Σ_xy |u v - p|: see `bilinear`."""

    symbol = "M"

    def within(self, tables: Tables, margin: Fraction) -> bool:
        """Return whether no price exceeds the margin."""
        need(all(abs(v) < _FLOAT for r in tables.own.values() for row in r for v in row), "z is too large")
        need(margin < _FLOAT, "the margin is too large")
        return dependence_within(tables, margin, MOST, self.model.spend) is not None


def dependence_within(
    tables: Tables, margin: Fraction, most: int, spend: Callable[[int], None], points: Points | None = None
) -> int | None:
    """Return how many parts show that no price of a strategy exceeds the margin; None if `most` do not."""
    pairs, used = len(tables.settings) * len(tables.settings[0]), 0
    for z in kinds(tables):
        own = Prices(z, tables.settings, margin)
        done = own.parts(most - used, lambda parts: spend(parts * 16 * pairs * pairs))
        if own.point is not None and points is not None:
            points.append(own.point)
        if done is None:
            return None
        used += done
    return used
