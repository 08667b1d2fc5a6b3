"""The largest r(λ) of very many strategies, by variable elimination in whole numbers: none of them is listed.

A variable is a responding node together with values of its parents; a strategy gives each variable a value of its node.
r is a sum of tables over few variables each, made from the graph here. Theorem 4a of the documentation.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from .measures import Charges
from .mixtures import Mixed, edges_act, event_places
from .model import Functions, Model
from .reading import common_denominator
from .refusals import need

TABLE = 2**20  # most numbers of a sum of tables
LISTED = 2**10  # fewer strategies are visited one by one

Scope = tuple[int, ...]  # variables, ascending
Factors = dict[Scope, list[int]]  # tables, the last variable changing fastest
Happening = tuple[int, dict[str, int], list[int], tuple[int, ...]]


def strategy(model: Model, number: int) -> Functions:
    """Return the strategy of a number."""
    if isinstance(model, Mixed):
        k, number = model.place(number)
        own = model.structures[k]
        return ((k,), *(((number,),) if own is None else strategy(own, number)))
    found = [[0] * model.configurations[name] for name in model.responding]
    for name, values in zip(reversed(model.responding), reversed(found), strict=True):
        for k in reversed(range(len(values))):
            number, values[k] = divmod(number, model.size[name])
    return tuple(map(tuple, found))


def largest(model: Model, prices: list[Fraction], charged: Charges, scale: int) -> Fraction | None:
    """Return max r(λ) over the strategies that can occur; None where these are few, or some rows are no tables."""
    if isinstance(model, Mixed):
        return of_structures(model, prices, charged, scale)
    tables = None if model.count <= LISTED else charged_tables(model, charged, scale)
    return None if tables is None else priced(tables, prices, scale)


def priced(tables: Tables, prices: list[Fraction], scale: int) -> Fraction:
    """Return max r(λ) over the strategies that can occur, from what is charged and the prices of cells."""
    model = tables.model
    tables.add_cells([int(v * scale) * tables.unit for v in prices])
    never = {cell for cell in range(model.cells) if not model.conditional[cell % model.settings]}
    low = -1 - 2 * sum(max(map(abs, table)) for table in tables.factors.values())
    if never:
        tables.add_cells([low if cell in never else 0 for cell in range(model.cells)])
    most = tables.eliminated()
    need(2 * most > low, "no strategy can occur")
    return Fraction(most, scale * tables.unit)


def of_structures(model: Mixed, prices: list[Fraction], charged: Charges, scale: int) -> Fraction | None:
    """Return the largest of the maxima in each structure of a mixture; None where strategies are to be listed.

    A fraction of structures is a number in each of them; one of edges or events is a table, where there are any.
    """
    stated = [measure.stated for measure, _ in charged]
    if model.count <= LISTED or not all(type(own) is dict and own["kind"] == "fraction" for own in stated):
        return None
    found = []
    for k, own in enumerate(model.structures):
        inside: Charges = []
        fixed = Fraction(0)
        for measure, weights in charged:
            assert type(measure.stated) is dict
            if "structures" in measure.stated:
                fixed += weights[0] * (k in measure.stated["structures"])
            else:
                inside.append((measure, weights))
        if own is None:
            model.spend(model.cells)
            occur = [price for cell, price in enumerate(prices) if model.conditional[cell % model.settings]]
            found.append(max(occur) * len(model.chances) - fixed)
            continue
        own.work = model.work
        tables = charged_tables(own, inside, scale)
        assert tables is not None  # fractions are
        found.append(priced(tables, prices, scale) - fixed)
        model.work = own.work
    return max(found)


def charged_tables(model: Model, charged: Charges, scale: int) -> Tables | None:
    """Return what the rows of measures take from r(λ), as tables; None where some rows are none."""
    if any(measure.stated is None for measure, _ in charged):
        return None
    tables = Tables(model)
    for measure, weights in charged:
        whole = [int(u * scale) for u in weights]
        if isinstance(measure.stated, tuple):
            target, rows = measure.stated
            tables.add_influence(target, rows, whole)
        elif isinstance(measure.stated, dict) and measure.stated["kind"] == "fraction":
            tables.add_fraction(measure.stated, whole[0])
        elif isinstance(measure.stated, dict):
            tables.add_probability(measure.stated, whole[0])
    return tables


class Tables:
    """Tables whose sum is unit · scale · r."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.unit = common_denominator(model.chances)
        starts = itertools.accumulate((model.configurations[name] for name in model.responding), initial=0)
        self.first = dict(zip(model.responding, starts, strict=False))
        self.sizes = [model.size[name] for name in model.responding for _ in range(model.configurations[name])]
        self.factors: Factors = {}

    def add(self, variables: Sequence[int], values: Sequence[int], amount: int) -> None:
        """Add a number where some variables have some values."""
        pairs = sorted(zip(variables, values, strict=True))
        scope, place = tuple([v for v, _ in pairs]), 0
        for v, value in pairs:
            place = place * self.sizes[v] + value
        if scope not in self.factors:
            count = math.prod(self.sizes[v] for v in scope)
            need(count <= TABLE, "a table is too large")
            self.model.spend(count)
            self.factors[scope] = [0] * count
        self.factors[scope][place] += amount

    def happenings(self, wanted: list[str], do: dict[str, int]) -> Iterator[Happening]:
        """Yield what can happen at each free setting: its number, the values of nodes, which variables say so, and how.

        Only of nodes that the wanted ones need.
        """
        model, needed = self.model, {*wanted}
        for name in reversed(model.responding):
            if name in needed and name not in do:
                needed.update(model.parents[name])
        asked = [name for name in model.responding if name in needed and name not in do]
        ranges = [range(model.size[name]) for name in asked]
        model.spend(len(model.chances) * math.prod(map(len, ranges)) * 8 * (2 + len(asked) + len(model.axes)))
        for k in range(len(model.chances)):
            fixed = {name: column[k] for name, column in model.columns.items()} | do
            for values in itertools.product(*ranges):
                known = fixed | dict(zip(asked, values, strict=True))
                variables = []
                for name in asked:
                    place = 0
                    for parent in model.parents[name]:
                        place = place * model.size[parent] + known[parent]
                    variables.append(self.first[name] + place)
                yield k, known, variables, values

    def add_cells(self, prices: list[int], do: dict[str, int] | None = None) -> None:
        """Add the price of each cell that a strategy visits, under an intervention."""
        model = self.model
        responding = [name for name in model.axes if name not in model.free]
        for _, known, variables, values in self.happenings(responding, do or {}):
            cell = 0
            for name in model.axes:
                cell = cell * model.size[name] + known[name]
            if prices[cell]:
                self.add(variables, values, prices[cell])

    def add_probability(self, stated: dict[str, Any], weight: int) -> None:
        """Subtract the weight times a probability, which `measures` has read before."""
        target, hits, do = stated["target"], {*stated["values"]}, dict(stated["do"])
        for k, known, variables, values in self.happenings([target], do):
            if known[target] in hits:
                chance = self.model.chances[k] * self.unit
                self.add(variables, values, -weight * int(chance))

    def add_fraction(self, stated: dict[str, Any], weight: int) -> None:
        """Subtract the weight where an edge acts, or events happen; nothing in a structure that lacks them."""
        model, amount = self.model, -weight * self.unit
        if "events" in stated:
            known = [(name, dict(given), value) for name, given, value in stated["events"]]
            places = event_places(model, known)
            asked = {} if places is None else {self.first[name] + place: value for name, place, value in places}
            if places is not None and all(asked[self.first[name] + place] == v for name, place, v in places):
                self.add(list(asked), list(asked.values()), amount)
            return
        acts, nodes = edges_act(model, stated["edges"]), []
        for name in model.responding:
            if any(target == name and source in model.parents[name] for source, target in stated["edges"]):
                nodes.append(name)
        variables = [self.first[name] + k for name in nodes for k in range(model.configurations[name])]
        count = math.prod(self.sizes[v] for v in variables)
        need(count <= TABLE, "a table is too large")
        model.spend(count * (8 + 4 * len(variables)))
        pools = [itertools.product(range(model.size[n]), repeat=model.configurations[n]) for n in nodes]
        for chosen in itertools.product(*pools) if nodes else ():
            functions = dict(zip(nodes, chosen, strict=True))
            if acts(tuple(functions.get(name, ()) for name in model.responding)):
                self.add(variables, [v for f in chosen for v in f], amount)

    def add_influence(self, target: str, rows: list[tuple[int, int, int | None]], weights: list[int]) -> None:
        """Subtract the weights times the rows of an influence: configurations u, v, and a value w or None for any."""
        size, start = self.model.size[target], self.first[target]
        self.model.spend(8 * len(weights) * size * size)
        for weight, (u, v, w) in zip(weights, rows, strict=True):
            for a, b in itertools.permutations(range(size), 2) if weight else ():
                if w is None or w in (a, b):
                    self.add([start + u, start + v], [a, b], -weight * self.unit)

    def order(self) -> list[int]:
        """Return the order in which variables are eliminated, each time one whose table is least; all work is spent."""
        near: dict[int, set[int]] = {}
        for scope in self.factors:
            for v in scope:
                near.setdefault(v, set()).update(scope)
        sizes = {v: math.prod(self.sizes[w] for w in own) for v, own in near.items()}
        found = []
        while sizes:
            v = min(sizes, key=lambda v: (sizes[v], -v))  # children come later: their variables meet fewer others
            size = sizes.pop(v)
            need(size <= TABLE, f"elimination needs a table of {size} numbers, more than {TABLE}")
            others = near.pop(v) - {v}
            self.model.spend(2 * len(sizes) + len(others) * (len(others) + 8) + 8 * size)
            for w in others:
                near[w] = (near[w] | others) - {v}
                sizes[w] = math.prod(self.sizes[u] for u in near[w])
            found.append(v)
        return found

    def eliminated(self) -> int:
        """Return the largest sum of all tables: variables are maximized over one by one."""
        order, factors = self.order(), dict(self.factors)
        total = factors.pop((), [0])[0]  # what no variable changes, such as the probability of a free input
        users: dict[int, set[Scope]] = {}
        for scope in factors:
            for v in scope:
                users.setdefault(v, set()).add(scope)
        for v in order:
            scope, table, size = (v,), [0] * self.sizes[v], self.sizes[v]
            for part in sorted(users.pop(v), key=lambda part: (len(part), part)):  # small tables first
                for w in part:
                    if w != v:
                        users[w].discard(part)
                scope, table = self.added(scope, table, part, factors.pop(part))
            best = [max(table[i : i + size]) for i in range(0, len(table), size)]  # v is the last variable
            if scope == (v,):
                total += best[0]
                continue
            rest = self.merge(factors, scope[:-1], best)
            for w in rest:
                users[w].add(rest)
        return total

    def merge(self, factors: Factors, scope: Scope, table: list[int]) -> Scope:
        """Add a table to those that there are, its variables in ascending order; return these."""
        order = tuple(sorted(scope))
        table = [table[i] for i in self.offsets(order, scope)]
        own = factors.get(order)
        factors[order] = table if own is None else [a + b for a, b in zip(own, table, strict=True)]
        return order

    def added(self, scope: Scope, table: list[int], part: Scope, other: list[int]) -> tuple[Scope, list[int]]:
        """Return the sum of two tables, over the variables of both; the last of the first one stays the last."""
        both = (*scope[:-1], *(w for w in part if w not in scope), scope[-1])
        one, two = self.offsets(both, scope), self.offsets(both, part)
        return both, [table[i] + other[j] for i, j in zip(one, two, strict=True)]

    def offsets(self, scope: Scope, part: Scope) -> list[int]:
        """Return where each entry of a table over `scope` is in one over `part`."""
        strides, step = {}, 1
        for w in reversed(part):
            strides[w], step = step, step * self.sizes[w]
        found = [0]
        for w in scope:
            steps = [strides.get(w, 0) * value for value in range(self.sizes[w])]
            found = [base + add for base in found for add in steps]
        return found
