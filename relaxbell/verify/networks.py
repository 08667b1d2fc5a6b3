"""Certificates of networks with independent sources: boxes that cover all marginals, a polynomial proof in each."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from .kernel import Case
from .measures import Measure, Weights
from .mixtures import Mixed
from .model import Model
from .reading import (
    FRACTION,
    ONE,
    ZERO,
    Json,
    Real,
    array,
    common_denominator,
    fields,
    rationals,
    read_real,
    record,
    whole,
)
from .refusals import need
from .rounding import above, text

PARAMETERS = 4

T = TypeVar("T")
Point = tuple[Fraction, ...]  # a value of each parameter
Box = list[tuple[Fraction, Fraction]]  # an interval of each
Check = tuple[tuple[int, int], list[int], list[int]]  # a group; what it must be for each function; prices of the cells
Test = tuple[Real, int, list[int], list[list[int]]]  # see `Network.tests`


@dataclass(frozen=True)
class Marginal:
    """q^a as an affine function of parameters, these being numbered among all."""

    constant: list[Real]
    matrix: list[list[Fraction]] = field(default_factory=list)
    places: Sequence[int] = ()

    def at(self, point: Point) -> list[Real]:
        """Return q^a."""
        if not self.places:
            return self.constant
        own = [point[j] for j in self.places]
        shifts = [sum((c * x for c, x in zip(row, own, strict=True)), ZERO) for row in self.matrix]
        return [c + Real(shift) for c, shift in zip(self.constant, shifts, strict=True)]


class NetworkCase(Case):
    """Non-bilocality, bounded over all marginals of the held groups, or at marginals that are fixed."""

    one_latent = False  # it is convex only where the marginals stay the same

    def read(self, measure: Json, model: Json) -> Measure:
        """Return a measure without rows: its value and its dual are those of the network."""
        need(not isinstance(self.model, Mixed), "the measure needs a single graph, not a mixture")
        self.network = Network(self.model, measure, self.root)
        self.part, self.cells = self.network.part(model, measure)
        return Measure(self.network.text)

    def proven(self) -> Real:
        """Return the bound of a cover, rounded down where there are roots."""
        need(not self.constraints, "non-bilocality has constraints")
        need(self.behavior is not None, "non-bilocality needs a behavior")
        found = self.part.bound(self.proof, [self.equations[cell][1] for cell in self.cells])
        self.model.work = self.part.model.work
        return found

    def value(self, q: Weights) -> Real:
        """Return the measure at q, and keep the marginals."""
        found = self.network.distributions(q)
        self.held = [[(v.a, v.b) for v in found[f][g]] for f, g in self.network.held]
        return self.network.value(found)


class Network:
    """Products of independent groups of nodes, all but the last of each with a known marginal."""

    def __init__(self, model: Model, data: Json, root: int) -> None:
        optional = ("fixed", "settings")
        _, products, fixed, self.settings = fields(data, "the measure", "kind", "products", optional=optional)
        self.model, self.root = model, root
        self.products = [array(product, "a product") for product in array(products, "the products")]
        need(self.products and all(len(groups) > 1 for groups in self.products), "a product has less than two groups")
        for groups in self.products:
            own = [name for group in groups for name in array(group, "a group")]
            need(all(type(n) is str and n in model.sources for n in own), "a group names no responding node")
            need(all(groups) and len(set(own)) == len(own), "a group is empty, or shares a node")
            sources = [set().union(*(model.sources[name] for name in group)) for group in groups]
            need(len(set().union(*sources)) == sum(map(len, sources)), "groups of a product share a latent variable")
        self.counts = dict(zip(model.responding, model.functions, strict=True))
        self.sizes = [[math.prod(self.counts[name] for name in group) for group in groups] for groups in self.products]
        self.held = [(f, g) for f, groups in enumerate(self.products) for g in range(len(groups) - 1)]
        self.entries = 2 * sum(math.prod(sizes) + sum(sizes) for sizes in self.sizes)
        self.effort = sum(4 + len(group) for groups in self.products for group in groups)  # of `numbers`
        model.spend(FRACTION * self.entries)
        self.text = "M(" + " + ".join(" x ".join(map(",".join, groups)) for groups in self.products) + ")"
        self.fixed: list[list[Real]] | None = None
        if fixed is not None:
            need(self.settings is None, "marginals are fixed, but some settings left out")
            lists = zip(self.held, array(fixed, "the fixed marginals", len(self.held)), strict=True)
            self.fixed = [self.reals(own, "a fixed marginal", f, g) for (f, g), own in lists]
            names = [",".join(self.products[f][g]) for f, g in self.held]
            pairs = zip(names, self.fixed, strict=True)
            self.text += " at " + ", ".join(f"q({name}) = ({', '.join(map(text, own))})" for name, own in pairs)

    def part(self, model: Json, data: Json) -> tuple[Network, list[int]]:
        """Return the same for some settings only, if such are named, and the cells of the table that are left."""
        own = self.model
        if self.settings is None:
            return self, list(range(own.cells))
        kept = {name: list(range(own.size[name])) for name in own.axes}
        for pair in array(self.settings, "the settings"):
            name, values = array(pair, "the settings of an input", 2)
            need(type(name) is str and name in own.free, "settings are of no free input")
            kept[name] = [whole(v, "a setting", 0, own.size[name]) for v in array(values, "the settings of an input")]
            need(kept[name] and len(set(kept[name])) == len(kept[name]), "settings are none, or repeated")
        count = math.prod(len(kept[name]) for name in own.inputs)
        graph, measure = record(model, "the model"), record(data, "the measure")
        nodes = [n | {"cardinality": len(kept[n["name"]])} if n["name"] in kept else n for n in graph["nodes"]]
        small = Model(graph | {"nodes": nodes, "input_distribution": [Fraction(1, count)] * count})
        small.spend(own.work)
        cells = [0]
        for name in own.axes:
            cells = [cell * own.size[name] + value for cell in cells for value in kept[name]]
        return Network(small, {name: part for name, part in measure.items() if name != "settings"}, self.root), cells

    def reals(self, data: Json, what: str, f: int, g: int) -> list[Real]:
        """Return a number for each function of a group."""
        return [read_real(v, what, self.root) for v in array(data, what, self.sizes[f][g])]

    def nested(self, values: Iterable[T]) -> list[list[T]]:
        """Return a list for each product, from values for all groups with known marginals."""
        rest = iter(values)
        return [list(itertools.islice(rest, len(sizes) - 1)) for sizes in self.sizes]

    def digits(self, number: int) -> dict[str, int]:
        """Return the number of each node's function in a strategy."""
        found = {}
        for name, count in zip(reversed(self.model.responding), reversed(self.model.functions), strict=True):
            number, found[name] = divmod(number, count)
        return found

    def numbers(self, number: int) -> list[list[int]]:
        """Return for each product the number of the functions of each group in a strategy, then of all together."""
        digits = self.digits(number)
        found = []
        for groups, sizes in zip(self.products, self.sizes, strict=True):
            own = [position((self.counts[name], digits[name]) for name in group) for group in groups]
            found.append([*own, position(zip(sizes, own, strict=True))])
        return found

    def distributions(self, q: Weights) -> list[list[list[Real]]]:
        """Return for each product the marginals of its groups, then the joint one, at q."""
        self.model.spend(len(q) * (self.effort + FRACTION * sum(len(sizes) + 1 for sizes in self.sizes)))
        found = [[[Real()] * size for size in (*sizes, math.prod(sizes))] for sizes in self.sizes]
        for number, _, weight in q:
            for lists, places in zip(found, self.numbers(number), strict=True):
                for own, place in zip(lists, places, strict=True):
                    own[place] += weight
        return found

    def value(self, found: list[list[list[Real]]]) -> Real:
        """Return the measure from these distributions; refuse if they have not the fixed marginals."""
        for (f, g), own in zip(self.held, self.fixed or (), strict=self.fixed is not None):
            same = not any((a - b).sign() for a, b in zip(found[f][g], own, strict=True))
            need(same, "the strategies have other marginals than the fixed ones")
        pairs = [pair for *single, joint in found for pair in zip(joint, outer(single), strict=True)]
        return sum(((a - b) * (a - b).sign() for a, b in pairs), Real())

    def bound(self, proof: Json, p: list[Real]) -> Real:
        """Return the lower bound that a cover of the marginals gives, for a table T q."""
        given, region, tree = fields(proof, "the proof", "marginals", "region", "cover")
        marginals, checks = self.marginals(given, p)
        pairs = [rationals(ends, "the ends of a parameter", 2) for ends in array(region, "the region")]
        box = [(low, high) for low, high in pairs]
        holds_all(box, marginals)
        tests = [test for leaf, own in boxes(tree, box) for test in self.tests(leaf, own, marginals, p)]
        model, look = self.model, len(self.model.chances) // 2 + 8
        each = look * len(checks) + (look + 4 * len(self.sizes)) * len(tests)
        model.spend(model.count * (model.effort + self.effort + each))
        least: list[int] = []
        for number, functions in enumerate(model.strategies()):
            cells, numbers = model.visited(functions), self.numbers(number)
            for (f, g), wanted, prices in checks:
                follows = sum([prices[cell] for cell in cells]) == wanted[numbers[f][g]]
                need(follows, "a marginal does not follow from the data")
            joint = [own[-1] for own in numbers]
            values = [
                sum([table[j] for table, j in zip(tables, joint, strict=True)]) - sum([prices[c] for c in cells])
                for _, _, prices, tables in tests
            ]
            least = list(map(min, least, values)) if least else values
        return min(constant + Real(Fraction(r, scale)) for (constant, scale, *_), r in zip(tests, least, strict=True))

    def marginals(self, data: Json, p: list[Real]) -> tuple[list[Marginal], list[Check]]:
        """Return the marginals, and what every strategy must satisfy for them to follow from the data."""
        if self.fixed is not None:
            array(data, "the marginals, which are fixed", 0)
            return [Marginal(own) for own in self.fixed], []
        found, checks, count = [], [], 0
        for (f, g), entry in zip(self.held, array(data, "the marginals", len(self.held)), strict=True):
            size = self.sizes[f][g]
            names = ("free", "constant", "matrix", "multipliers")
            free, constant, matrix, multipliers = fields(entry, "a marginal", *names)
            free = [whole(j, "a free entry", 0, size) for j in array(free, "the free entries")]
            need(len(set(free)) == len(free), "a free entry is repeated")
            constant = self.reals(constant, "the constants", f, g)
            rows = [rationals(row, "a row of the matrix", len(free)) for row in array(matrix, "the matrix", size)]
            self.model.spend(FRACTION * size * (size + len(p)))
            for alpha, m in enumerate(array(multipliers, "the multipliers", size)):
                prices = rationals(m, "the multipliers", len(p))
                need(not (dot(p, prices) - constant[alpha]).sign(), "a constant does not follow from the data")
                wanted = [ONE * (a == alpha) for a in range(size)]
                for j, c in zip(free, rows[alpha], strict=True):
                    wanted[j] -= c
                scale = common_denominator([*prices, *wanted])
                checks.append(((f, g), [int(v * scale) for v in wanted], [int(v * scale) for v in prices]))
            found.append(Marginal(constant, rows, range(count, count + len(free))))
            count += len(free)
        need(count <= PARAMETERS, "there are too many parameters")
        return found, checks

    def tests(self, leaf: Json, box: Box, marginals: list[Marginal], p: list[Real]) -> Iterator[Test]:
        """Return for each coefficient: constant, scale, then in whole numbers of 1/scale z, and a table of the rest.

        The rest is for each product y_αγ − Σ_α' f_α' y_α'γ − s_α.
        """
        y_data, s_data, z_data = fields(leaf, "a box", "y", "s", "z")
        corners = list(itertools.product((0, 1), repeat=len(box)))
        self.model.spend(FRACTION * 4 ** len(box) * (len(p) + self.entries))
        y = [
            [rationals(v, "y", math.prod(sizes)) for v in array(own, "y", len(corners))]
            for sizes, own in zip(self.sizes, array(y_data, "y", len(self.sizes)), strict=True)
        ]
        need(all(abs(v) <= 1 for own in y for corner in own for v in corner), "|y| exceeds 1")
        s = [
            [rationals(v, "s", self.sizes[f][g]) for v in array(own, "s", len(corners))]
            for (f, g), own in zip(self.held, array(s_data, "s", len(self.held)), strict=True)
        ]
        shifts = [self.nested(own[i] for own in s) for i in range(len(corners))]
        points = [tuple(ends[c] for ends, c in zip(box, corner, strict=True)) for corner in corners]
        values = [self.nested(marginal.at(point) for marginal in marginals) for point in points]
        pairs: dict[tuple[int, ...], list[tuple[int, int]]] = {}
        for (i, a), (j, b) in itertools.product(enumerate(corners), repeat=2):
            pairs.setdefault(tuple(map(int.__add__, a, b)), []).append((i, j))
        for k, z in zip(sorted(pairs), array(z_data, "z", len(pairs)), strict=True):
            prices = rationals(z, "z", len(p))
            constant, share = dot(p, prices), Fraction(1, len(pairs[k]))
            tables = []
            for f, own in enumerate(y):
                parts = [table(own[i], shifts[i][f], values[j][f]) for i, j in pairs[k]]
                tables.append([share * sum(entries) for entries in zip(*parts, strict=True)])
                for i, j in pairs[k]:
                    for shift, q in zip(shifts[i][f], values[j][f], strict=True):
                        constant += dot(q, shift) * share
            scale = common_denominator(itertools.chain(prices, *tables))
            yield constant, scale, *([int(v * scale) for v in prices], [[int(v * scale) for v in t] for t in tables])


def holds_all(box: Box, marginals: list[Marginal]) -> None:
    """Refuse unless the box holds all parameters from 0 to 1 at which no marginal is negative."""
    count = sum(len(marginal.places) for marginal in marginals)
    need(len(box) == count, "the region has not an interval for each parameter")
    low, high = [ZERO] * count, [ONE] * count
    for marginal in marginals:
        for constant, row in zip(marginal.constant, marginal.matrix, strict=False):
            start = above(constant)
            terms = list(zip(row, marginal.places, strict=True))
            for c, j in terms:
                rest = sum((max(d * low[m], d * high[m]) for d, m in terms if m != j), start)
                if c > 0:
                    low[j] = max(low[j], -rest / c)
                elif c < 0:
                    high[j] = min(high[j], -rest / c)
    inside = all(a <= x and y <= b for (a, b), x, y in zip(box, low, high, strict=True))
    need(inside, "the region does not hold all marginals")


def boxes(tree: Json, box: Box) -> Iterator[tuple[Json, Box]]:
    """Return the ends of a tree of splits, each with its part of a box."""
    if type(tree) is not dict or "split" not in tree:
        yield tree, box
        return
    split, at, below, above = fields(tree, "a split", "split", "at", "below", "above")
    j, (cut,) = whole(split, "the parameter of a split", 0, len(box)), rationals([at], "where a box is split")
    need(box[j][0] < cut < box[j][1], "a box is split outside of it")
    yield from boxes(below, [*box[:j], (box[j][0], cut), *box[j + 1 :]])
    yield from boxes(above, [*box[:j], (cut, box[j][1]), *box[j + 1 :]])


def table(y: list[Fraction], s: list[list[Fraction]], f: list[list[Real]]) -> list[Fraction]:
    """Return y_αγ − Σ_α' f_α' y_α'γ − s_α for one product, rounded down."""
    chances, shifts = outer(f), [sum(own, ZERO) for own in itertools.product(*s)]
    size = len(y) // len(chances)
    means = [above(dot(chances, y[c::size])) for c in range(size)]
    return [y[a * size + c] - means[c] - shift for a, shift in enumerate(shifts) for c in range(size)]


def outer(vectors: list[list[Real]]) -> list[Real]:
    """Return all products of an entry of each vector, the last changing fastest."""
    total = [Real(ONE)]
    for vector in vectors:
        total = [one.times(other) for one in total for other in vector]
    return total


def dot(values: Iterable[Real], factors: Iterable[Fraction]) -> Real:
    """Return Σ value · factor."""
    return sum((v * c for v, c in zip(values, factors, strict=True) if c), Real())


def position(digits: Iterable[tuple[int, int]]) -> int:
    """Return the number with these pairs of radix and digit, the first most significant."""
    total = 0
    for radix, digit in digits:
        total = total * radix + digit
    return total
