"""Certificates of queries over independent latent variables: facts, boxes of probabilities, multipliers in each box.

A *variable* is a responding node at values of its parents, by the number of its configuration; an *event* says which
values some variables have; functions of strategies are sums of numbers times events (Theorem 13a of the page Theorems).
A *fact* is a function of mean 0. A *direction* is an event, whose probability a box keeps between two ends.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import add

from .elimination import TABLE, Factors, Tables, charged_tables
from .kernel import Case
from .measures import Measure, read_measure
from .mixtures import Mixed
from .model import Model
from .reading import FRACTION, ONE, ZERO, Json, Real, array, common_denominator, fields, rationals, record, whole
from .refusals import need

MOST = 2**16  # facts, directions, events, and entries of a cover each
VALUES = 2**18  # of what is left of a function in a box

Event = tuple[tuple[int, int], ...]  # variables with their values, ascending
Function = dict[Event, Fraction]  # of strategies; the events have values from 1 on, which makes it unique
Box = list[tuple[Fraction, Fraction]]
Terms = list[tuple[Event, int]]


class IndependentCase(Case):
    """The mean of a linear measure over all q in which nodes without a common latent variable are independent."""

    one_latent = False
    linear = False  # strategies would have to be a product
    independent = True  # for the sentence

    def read(self, measure: Json, model: Json) -> Measure:
        """Return the measure that is averaged."""
        need(not isinstance(self.model, Mixed), "the measure needs a single graph, not a mixture")
        _, of = fields(measure, "the measure", "kind", "of")
        return read_measure(self.model, of)

    def bound(self, proof: Json, sign: int = 1) -> Real:
        """Return the least bound of all boxes of a cover."""
        need(not self.root, "the numbers have a root")
        events, facts, directions, cover = fields(proof, "the proof", "events", "facts", "directions", "cover")
        own = Proof(self)
        own.events = [own.event(e) for e in own.limited(events, "the events")]
        for fact in own.limited(facts, "the facts"):
            own.facts.append(own.fact(fact))
        for r in own.limited(directions, "the directions"):
            own.directions.append(own.which(r, "a direction"))
        return Real(own.least_of(own.limited(cover, "the cover")))


@dataclass(frozen=True)
class Leaf:
    """Multipliers: of facts, limits, and of lower and upper ends of directions, most with an event."""

    facts: list[tuple[int, int, Fraction]]
    limits: list[tuple[int, Fraction]]
    ends: list[tuple[int, int, int, Fraction]]  # side (0 or 1), direction, event, not negative


class Proof:
    """What a certificate says, as functions of strategies."""

    def __init__(self, case: IndependentCase) -> None:
        self.case, self.model = case, case.model
        tables = Tables(self.model)
        self.first, self.sizes = tables.first, tables.sizes
        self.nodes = [name for name in self.model.responding for _ in range(self.model.configurations[name])]
        self.goal = self.function(case.measure)
        limits = [(self.function(measure), rational(limit)) for measure, limit in case.constraints]
        self.limits = [difference(m, {(): limit}) for m, limit in limits]
        self.events: list[Event] = []
        self.facts: list[Function] = []
        self.directions: list[int] = []
        self.products: dict[tuple[int, int, int], Terms] = {}
        self.scale = 1

    # ------------------------------------------------------------- what is stated

    def limited(self, data: Json, what: str) -> list[Json]:
        """Return a list that is not too long."""
        own = array(data, what)
        need(len(own) <= MOST, f"{what}: more than {MOST}")
        return own

    def which(self, data: Json, what: str) -> int:
        """Return the number of an event."""
        return whole(data, what, 0, len(self.events))

    def event(self, data: Json) -> Event:
        """Return an event, given as [node, configuration, value] for each variable."""
        found = {}
        for part in array(data, "an event"):
            name, place, value = array(part, "a part of an event", 3)
            need(type(name) is str and name in self.first, "an event names no node that responds")
            place = whole(place, "a configuration", 0, self.model.configurations[name])
            found[self.first[name] + place] = whole(value, "a value", 0, self.model.size[name])
        need(len(found) == len(array(data, "an event")), "an event names a variable twice")
        return tuple(sorted(found.items()))

    def fact(self, data: Json) -> Function:
        """Return a function of mean 0: of data, of nodes that respond with what was seen, of two limits, or a sum."""
        own = record(data, "a fact")
        need(len(own) == 1, "a fact is not of one kind")
        ((kind, given),) = own.items()
        readers = {"data": self.of_data, "seen": self.of_seen, "equal": self.of_limits, "sum": self.of_sum}
        need(kind in readers, "a fact is of no known kind")
        return readers[kind](given)

    def of_data(self, data: Json) -> Function:
        """Return what an equation of the data says."""
        row, value = self.case.equations[whole(data, "an equation", 0, len(self.case.equations))]
        scale = common_denominator(row.values())
        tables = Tables(self.model)
        tables.add_cells([int(row.get(cell, ZERO) * scale) for cell in range(self.model.cells)])
        return difference(self.summed(tables.factors, Fraction(1, scale)), {(): rational(value)})

    def of_seen(self, data: Json) -> Function:
        """Return p(v<|x) [nodes respond as in v] - p(v|x) [the same but for the last], of nodes that are seen."""
        setting, values, group = fields(data, "what is seen", "setting", "values", "nodes")
        model, p = self.model, self.case.behavior
        need(p is not None, "what is seen needs a behavior")
        k = whole(setting, "a setting", 0, len(model.chances))
        world = {name: column[k] for name, column in model.columns.items()}
        known: list[str] = []
        for pair in array(values, "the values"):
            name, value = array(pair, "a value", 2)
            need(
                type(name) is str and name in model.parents and name in model.axes, "a value is of no node that is seen"
            )
            need(
                name not in world and all(u in world for u in model.parents[name]), "a node is seen before its parents"
            )
            world[name] = whole(value, "a value", 0, model.size[name])
            known.append(name)
        names = array(group, "the nodes")
        need(known and all(type(n) is str and n in known for n in names), "a node of the group is not seen")
        need(len(set(names)) == len(names) and known[-1] in names, "the group lacks the last node, or has one twice")
        inner, outer = (set().union(*(model.sources[n] for n in known if (n in names) is own)) for own in (True, False))
        need(not inner & outer, "nodes of the group share a latent variable with others that are seen")
        chances = []
        for upto in (known, known[:-1]):
            places = [(i, world[name]) for i, name in enumerate(model.axes) if name in model.free or name in upto]
            chances.append(self.probability(places))
        event = [(self.variable(name, world), world[name]) for name in known if name in names]
        seen, before = chances
        return difference(scaled(self.indicator(event), before), scaled(self.indicator(event[:-1]), seen))

    def variable(self, name: str, world: dict[str, int]) -> int:
        """Return a node at the values that its parents have."""
        place = 0
        for parent in self.model.parents[name]:
            place = place * self.model.size[parent] + world[parent]
        return self.first[name] + place

    def probability(self, places: list[tuple[int, int]]) -> Fraction:
        """Return the probability of some outputs and dependent inputs, given the free ones."""
        model, p = self.model, self.case.behavior
        assert p is not None  # `of_seen` needs one
        model.spend(FRACTION * model.cells // 8)
        total = ZERO
        cells = itertools.product(*(range(model.size[name]) for name in model.axes))
        for number, cell in enumerate(cells):
            if all(cell[i] == value for i, value in places):
                total += rational(p[number]) * model.conditional[number % model.settings]
        return total

    def of_limits(self, data: Json) -> Function:
        """Return what two limits say together, one of a function and one of minus it: that it is 0 in the mean."""
        i, j = (whole(k, "a limit", 0, len(self.limits)) for k in array(data, "two limits", 2))
        need(self.limits[i] == scaled(self.limits[j], -ONE), "two limits do not make an equation")
        return self.limits[i]

    def of_sum(self, data: Json) -> Function:
        """Return a sum of multiples of earlier facts, each with an event that is independent of it."""
        total: Function = {}
        for k, e, number in self.multipliers(data, "a sum", len(self.facts)):
            for event, value in self.times(self.facts[k], e).items():
                total[event] = total.get(event, ZERO) + number * value
        return {event: value for event, value in total.items() if value}

    def multipliers(self, data: Json, what: str, most: int) -> list[tuple[int, int, Fraction]]:
        """Return triples of number, event, and multiplier."""
        found = []
        for part in array(data, what):
            k, e, number = array(part, what, 3)
            (value,) = rationals([number], what)
            found.append((whole(k, what, 0, most), self.which(e, what), value))
        self.model.spend(FRACTION * len(found))
        return found

    def sources(self, events: Iterable[Event]) -> set[str]:
        """Return the latent variables that act on some variables."""
        return set().union(*(self.model.sources[self.nodes[v]] for event in events for v, _ in event))

    def times(self, own: Function, e: int) -> Function:
        """Return a function times an event; refuse unless they have no latent variable in common."""
        event = self.events[e]
        need(not self.sources(own) & self.sources([event]), "an event is not independent of what it goes with")
        return product(own, self.indicator(event), self.model)

    def indicator(self, event: Iterable[tuple[int, int]]) -> Function:
        """Return an event as a function; [v = 0] is 1 less the others."""
        parts = sorted(event)
        count = math.prod(self.sizes[v] for v, value in parts if not value)
        need(count <= VALUES, "an event has too many parts")
        self.model.spend(FRACTION // 4 * count)
        total: Function = {(): ONE}
        for v, value in parts:
            own = (
                [(((v, value),), ONE)] if value else [((), ONE), *((((v, k),), -ONE) for k in range(1, self.sizes[v]))]
            )
            total = {known + part: a * b for known, a in total.items() for part, b in own}
        return total

    def function(self, measure: Measure) -> Function:
        """Return a linear measure as a function of strategies."""
        model = self.model
        if measure.parts:
            need(measure.kind == "sum", "the measure is not linear")
            total: Function = {}
            for factor, part in zip(measure.factors, measure.parts, strict=True):
                total = difference(total, scaled(self.function(part), -factor))
            return total
        need(measure.kind == "rows" and not measure.groups, "the measure is not linear")
        tables = charged_tables(model, [(measure, [-ONE])], 1)
        if tables is not None:
            return self.summed(tables.factors, Fraction(1, tables.unit))
        need(model.count <= TABLE, f"there are more than {TABLE} strategies to list")
        model.spend(model.count * (FRACTION // 4 + measure.effort))
        rows = enumerate(model.strategies())
        values = [sum((Fraction(v) for _, v in measure.column(i, functions)), ZERO) for i, functions in rows]
        scale = common_denominator(values)
        return self.summed({tuple(range(len(self.sizes))): [int(v * scale) for v in values]}, Fraction(1, scale))

    def summed(self, factors: Factors, unit: Fraction) -> Function:
        """Return a sum of tables: differences to value 0 along each axis are the numbers of events."""
        total: dict[Event, int] = {}
        for scope, values in factors.items():
            table, sizes = list(values), [self.sizes[v] for v in scope]
            self.model.spend(len(table) * (len(scope) + 1))
            along(table, sizes, -1)
            for place, value in enumerate(table):
                if value:
                    event = []
                    for v, size in zip(reversed(scope), reversed(sizes), strict=True):
                        place, digit = divmod(place, size)
                        if digit:
                            event.append((v, digit))
                    key = tuple(reversed(event))
                    total[key] = total.get(key, 0) + value
        return {event: value * unit for event, value in total.items() if value}

    # ------------------------------------------------------------------ the cover

    def least_of(self, cover: list[Json]) -> Fraction:
        """Return the least bound of the boxes that a tree ends in; splits are written before their parts."""
        numbers = [v for own in (self.goal, *self.facts, *self.limits) for v in own.values()]
        self.scale = common_denominator(numbers)
        boxes: list[Box] = [[(ZERO, ONE)] * len(self.directions)]
        found: list[Fraction] = []
        for entry in cover:
            need(boxes, "the cover goes on after its last box")
            box = boxes.pop()
            self.model.spend(64 + len(box))
            own = record(entry, "an entry of the cover")
            if "at" not in own:
                bound = self.bounded(entry, box)
                if bound is not None:
                    found.append(bound)
                continue
            optional = ("split", "low", "high", "proof")
            at, split, low, high, proof = fields(own, "an entry of the cover", "at", optional=optional)
            (cut,) = rationals([at], "where a box is cut")
            numbers = [r for r in (split, low, high) if r is not None]
            need(len(numbers) == 1, "a box is cut in no way, or in several")
            r = whole(numbers[0], "a direction of a box", 0, len(box))
            least, most = box[r]
            need(least < cut < most, "a box is cut outside of it")
            below, above = ([*box[:r], ends, *box[r + 1 :]] for ends in ((least, cut), (cut, most)))
            if split is not None:
                need(proof is None, "a split has a proof")
                boxes += [above, below]
                continue
            event = self.indicator(self.events[self.directions[r]])
            wanted = self.bounded(proof, box, event if low is not None else scaled(event, -ONE))
            least_here = cut if low is not None else -cut
            need(wanted is None or wanted >= least_here, "what a box is cut by is not proved")
            boxes.append(above if low is not None else below)
        need(not boxes, "the cover ends too early")
        need(found, "the cover shows that there is no model: that is another certificate")
        return min(found)

    def bounded(self, data: Json, box: Box, goal: Function | None = None) -> Fraction | None:
        """Return the bound of a mean in a box, of the measure by default; None where it is shown to be empty."""
        facts, limits, low, high, empty = fields(data, "a box", "facts", "limits", "low", "high", optional=("empty",))
        need(empty is None or empty is True, "a box is empty, or not")
        pairs = [array(pair, "a limit of a box", 2) for pair in array(limits, "the limits of a box")]
        shares = rationals([number for _, number in pairs], "the multipliers of limits")
        leaf = Leaf(
            self.multipliers(facts, "the facts of a box", len(self.facts)),
            [(whole(j, "a limit", 0, len(self.limits)), v) for (j, _), v in zip(pairs, shares, strict=True)],
            [
                (side, r, e, value)
                for side, part in enumerate((low, high))
                for r, e, value in self.multipliers(part, "the ends of a box", len(box))
            ],
        )
        signed = itertools.chain((v for _, v in leaf.limits), (v for *_, v in leaf.ends))
        need(all(v >= 0 for v in signed), "a multiplier is negative")
        rest = self.rest(leaf, box, {} if empty else self.goal if goal is None else goal)
        if not empty:
            return rest
        need(rest > 0, "a box is not shown to be empty")
        return None

    def rest(self, leaf: Leaf, box: Box, goal: Function) -> Fraction:
        """Return the least value of what is left of a function, less facts and more limits, less what a box says."""
        used = [box[r][side] for side, r, *_ in leaf.ends]
        numbers = [v for _, _, v in leaf.facts] + [v for _, v in leaf.limits] + [v for _, _, _, v in leaf.ends]
        y = common_denominator(numbers)
        b = common_denominator(used)
        unit = self.scale * y * b
        total = {event: int(v * unit) for event, v in goal.items()}

        def more(terms: Terms, number: int) -> None:
            for event, v in terms:
                total[event] = total.get(event, 0) + number * v

        for k, e, value in leaf.facts:
            more(self.kept(0, k, e), -int(value * y) * b)
        for j, value in leaf.limits:
            more(self.kept(1, j, 0), int(value * y) * b)
        for (side, r, e, value), end in zip(leaf.ends, used, strict=True):
            number = int(value * y) * (1 if side else -1)
            more(self.kept(2, r, e), number * b)  # the direction times the event
            more(self.kept(3, 0, e), -number * int(end * b))
        return self.smallest(total) / unit

    def kept(self, kind: int, k: int, e: int) -> Terms:
        """Return a fact, limit or direction times an event, or an event, in whole numbers of 1/scale."""
        key = (kind, k, e)
        if key not in self.products:
            if kind == 0:
                own = self.times(self.facts[k], e)
            elif kind == 1:
                own = self.limits[k]
            elif kind == 2:
                own = self.times(self.indicator(self.events[self.directions[k]]), e)
            else:
                own = self.indicator(self.events[e])
            self.products[key] = [(event, int(v * self.scale)) for event, v in own.items()]
        self.model.spend(8 + 2 * len(self.products[key]))
        return self.products[key]

    def smallest(self, own: dict[Event, int]) -> Fraction:
        """Return the least value of a function in whole numbers, from a table of all values of its variables."""
        variables = sorted({v for event, number in own.items() if number for v, _ in event})
        sizes = [self.sizes[v] for v in variables]
        count = math.prod(sizes)
        need(count <= VALUES, f"what is left has more than {VALUES} values")
        words = 1 + max(map(int.bit_length, own.values()), default=0) // 256
        self.model.spend((count * (len(sizes) + 1) + 4 * len(own) * (len(sizes) + 1)) * words)
        strides, step = dict[int, int](), 1
        for v, size in zip(reversed(variables), reversed(sizes), strict=True):
            strides[v] = step
            step *= size
        table = [0] * count
        for event, number in own.items():
            if number:
                table[sum(strides[v] * value for v, value in event)] += number
        along(table, sizes, 1)
        return Fraction(min(table))


def rational(number: Real) -> Fraction:
    """Return a number without a root."""
    need(not number.b, "the numbers have a root")
    return number.a


def along(table: list[int], sizes: Sequence[int], sign: int) -> None:
    """Add the entry of value 0 to the others along each axis, or subtract it."""
    step = len(table)
    for size in sizes:
        block, step = step, step // size
        if step >= len(table) // block:
            for start in range(0, len(table), block):
                base = [sign * v for v in table[start : start + step]]
                for a in range(start + step, start + block, step):
                    table[a : a + step] = map(add, base, table[a : a + step])
        else:
            for offset in range(step):
                base = [sign * v for v in table[offset::block]]
                for a in range(offset + step, block, step):
                    table[a::block] = map(add, base, table[a::block])


def product(first: Function, second: Function, model: Model) -> Function:
    """Return the product of two functions."""
    model.spend(FRACTION // 4 * len(first) * len(second))
    total: Function = {}
    for (one, a), (two, b) in itertools.product(first.items(), second.items()):
        both = dict(one)
        if all(both.setdefault(v, value) == value for v, value in two):
            event = tuple(sorted(both.items()))
            total[event] = total.get(event, ZERO) + a * b
    return {event: v for event, v in total.items() if v}


def difference(first: Function, second: Function) -> Function:
    """Return one function less another."""
    total = dict(first)
    for event, v in second.items():
        total[event] = total.get(event, ZERO) - v
    return {event: v for event, v in total.items() if v}


def scaled(own: Function, factor: Fraction) -> Function:
    """Return a multiple."""
    return {event: v * factor for event, v in own.items()} if factor else {}
