"""Check a relaxbell certificate: ``python verify.py FILE``.

This file is complete in itself: it needs only Python's standard library and believes nothing that it can
compute. It builds the strategies of the causal model and the rows of the measure anew from the graph, and checks
every inequality in exact arithmetic (logarithms: in 60 decimal digits, rounded outwards by far more than their error).

**Model.** Nodes have the role input, output, hidden or latent and are listed with parents first; the parents of a
node are in the order of the edges. An input with parents is *dependent*. Outputs, hidden nodes and dependent
inputs respond: each is a function of its parents, chosen by the one latent variable. A response function is numbered
by its values, base the cardinality, the first configuration of the parents being the most significant digit (the
last parent changes fastest); a strategy λ is one function for each responding node, in mixed radix, the first node most
significant. A model is a probability distribution q over the n strategies.

**Data.** T q is the table p(outputs, dependent inputs|free inputs), in C order of outputs, then inputs, as listed.
The data are equations over T q: each cell of a behavior, T q = p(outputs|inputs) p(dependent|free), or the value of
each linear function of p(outputs|inputs). Then, for each setting of all inputs, Σ_outputs T q = p(dependent|free).
Constraints are budgets (measure ≤ limit) and affine ones (rows · q ≤ limits, or = limits).

**Measures** are maxima, over groups of rows, of Σ |row · q|; or linear; or sums, multiples and maxima of such.
influence: a group of one row for each values of the other parents, pair u < u' of the source's values, and value of
the target (the first alone if there are two); with variation, one for all values. dependence: rows p(x, Λ) − p(x) p(Λ),
one group, x the dependent inputs, Λ the functions of the others. hall dependence: a group for each pair x < x' that
occur, with a row p(Λ|x) − p(Λ|x') for each Λ.

**The inequality.** Row weights u prove ``share`` times a measure if Σ_groups max |u| ≤ share (linear: u = share; sum:
each part has the share; maximum: parts have shares ≥ 0 that sum to it). For such u for the objective, with share 1, and
for each budget with share μ ≥ 0, any z (data, then normalization), and y (≥ 0 for inequalities)::

    measure ≥ ⟨z, data⟩ − Σ μ limit − ⟨y, limits⟩ − max_λ r(λ),     r = Tᵀz − Σ uᵀ rows − yᵀ rows .

If w is the total share of dependence, whose weights are not given, max_λ r(λ) is replaced by
max_Λ Σ_x p(x) max(r(x, Λ), max_x' r(x', Λ) − 2w); for the mutual information by max_Λ log2 Σ_x p(x) 2^r(x, Λ).
Strategies that need settings of probability 0 have q = 0. Infeasible: the bound of the measure 0 is positive.

**Format**: JSON without floats. A number is "-3/7" or, in data and claims, ["a", "b"] for a + b√root. What exceeds the
limits below is refused, so that every check ends within about a minute and 1 GiB of memory.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

SCHEMA = "relaxbell-certificate-1"
FILE_BYTES, NUMBER_DIGITS, DENOMINATOR_BITS, ROOT = 2**23, 1000, 2**13, 10**12
STRATEGIES, CELLS, NODES, DEPTH = 2**20, 2**16, 64, 20
WORK = 2**26  # values of nodes computed, rows looked at; a sum of fractions counts for 64

_NUMBER = re.compile(rf"-?[0-9]{{1,{NUMBER_DIGITS}}}(/[1-9][0-9]{{0,{NUMBER_DIGITS - 1}}})?")
_NAME = re.compile(r"[^\W\d]\w{0,99}'{0,9}")
_MARGIN = Fraction(1, 10**40)  # far more than the error of a logarithm here, 10^-50
_ZERO, _ONE = Fraction(0), Fraction(1)


class Refused(ValueError):  # noqa: N818 - says what happened: the program works
    """The certificate proves nothing; the message says why."""


def need(condition: Any, reason: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise Refused(reason)


# ---------------------------------------------------------------------------------------- reading


def fields(data: Any, what: str, *names: str, optional: Sequence[str] = ()) -> list[Any]:
    """Return the values of an object's fields; refuse missing and unknown ones."""
    need(type(data) is dict, f"{what}: not an object")
    for name in (*names, *data):
        need(name in data, f"{what}: lacks the field {name}")
        need(name in (*names, *optional), f"{what}: has the unknown field {ascii(name)[:40]}")
    return [data.get(name) for name in (*names, *optional)]


def array(data: Any, what: str, length: int | None = None) -> Any:
    """Return a list, of the given length."""
    need(type(data) is list, f"{what}: not a list")
    need(length is None or len(data) == length, f"{what}: {len(data)} entries, expected {length}")
    return data


def whole(data: Any, what: str, least: int, limit: int) -> int:
    """Return an integer, least ≤ value < limit."""
    need(type(data) is int and least <= data < limit, f"{what}: not an integer from {least} to below {limit}")
    return int(data)


def rational(data: Any, what: str) -> Fraction:
    """Return a rational number, written in lowest terms."""
    need(type(data) is str and _NUMBER.fullmatch(data), f'{what}: not a rational number such as "-3/7"')
    need(str(Fraction(data)) == data, f"{what}: a number is not in lowest terms")
    return Fraction(data)


def rationals(data: Any, what: str, length: int | None = None) -> list[Fraction]:
    """Return a list of rational numbers."""
    return [rational(v, what) for v in array(data, what, length)]


def sparse(data: Any, what: str, limit: int) -> dict[int, Any]:
    """Return a list of [strategy, value], strategies increasing, as a dict."""
    found: dict[int, Any] = {}
    last = -1
    for pair in array(data, what):
        place, value = array(pair, what, 2)
        last = whole(place, f"{what}: a strategy", last + 1, limit)
        found[last] = value
    return found


def common_denominator(denominators: Iterable[int]) -> int:
    """Return the least common multiple; refuse a huge one, which would make every sum slow."""
    common = 1
    for own in denominators:
        common = math.lcm(common, own)
        need(common.bit_length() <= DENOMINATOR_BITS, "the common denominator of all numbers is too large")
    return common


def denominators(data: Any) -> set[int]:
    """Return the denominators of all numbers in a certificate."""
    found, stack = set(), [data]
    while stack:
        item = stack.pop()
        if type(item) is str and _NUMBER.fullmatch(item):
            found.add(item.partition("/")[2] or "1")
        stack += item.values() if type(item) is dict else item if type(item) is list else ()
    return {int(own) for own in found}


@dataclass(frozen=True)
class Real:
    """a + b√n, exact; all that are combined have the same n."""

    a: Fraction = _ZERO
    b: Fraction = _ZERO
    n: int = 0

    def __add__(self, other: Real) -> Real:
        return Real(self.a + other.a, self.b + other.b, self.n or other.n)

    def __mul__(self, factor: Fraction | int) -> Real:
        return Real(self.a * factor, self.b * factor, self.n)

    def __sub__(self, other: Real) -> Real:
        return self + other * -1

    def __lt__(self, other: Real) -> bool:
        return (self - other).sign() < 0

    def sign(self) -> int:
        """Return −1, 0 or 1: the sign of the part that is larger in size."""
        larger = self.b if self.b * self.b * self.n > self.a * self.a else self.a
        return (larger > 0) - (larger < 0)

    def floor(self, digits: int) -> Fraction:
        """Return a rational number that is at most this one, by less than three units of the last digit."""
        square = self.b * self.b * self.n * 100**digits
        size = math.isqrt(square.numerator // square.denominator)
        return Fraction(math.floor(self.a * 10**digits) + (size if self.b >= 0 else -size - 1), 10**digits)

    def __str__(self) -> str:
        if all(x.denominator.bit_length() + x.numerator.bit_length() <= 100 for x in (self.a, self.b)):
            return str(self.a) + (f" + ({self.b})√{self.n}" if self.b else "")
        down = math.floor(self.floor(15) * 10**12)
        size = f"{abs(down) // 10**12}.{abs(down) % 10**12:012}" if abs(down) < 10**100 else "more than 10^88"
        return f"{'-' * (down < 0)}{size} (rounded down)"


# ---------------------------------------------------------------------------------------- the model


@dataclass(frozen=True)
class Node:
    """A responding node: its number of values, its parents with theirs, their configurations, its functions."""

    name: str
    size: int
    parents: dict[str, int]
    configurations: int
    functions: int

    def place(self, values: dict[str, int]) -> int:
        """Return the number of the parents' configuration."""
        place = 0
        for parent, size in self.parents.items():
            place = place * size + values[parent]
        return place

    def value(self, function: int, place: int) -> int:
        """Return the value that a response function gives to a configuration."""
        return function // int(self.size ** (self.configurations - 1 - place)) % self.size


class Model:
    """The graph, its strategies, and the distribution of its inputs."""

    def __init__(self, data: Any) -> None:
        names = ("nodes", "edges", "outputs", "inputs", "input_distribution")
        nodes, edges, self.outputs, self.inputs, table = fields(data, "the model", *names)
        self.size: dict[str, int] = {}
        role: dict[str, str] = {}
        need(len(array(nodes, "the nodes")) <= NODES, f"there are more than {NODES} nodes")
        for node in nodes:
            name, kind, size = fields(node, "a node", "name", "role", optional=("cardinality",))
            need(type(name) is str and _NAME.fullmatch(name) and name not in role, "a name is repeated, or is none")
            need(kind in ("input", "output", "hidden", "latent"), f"{name} has no role")
            need((kind == "latent") == ("cardinality" not in node), f"{name}: all but the latent have a cardinality")
            role[name], self.size[name] = kind, 1 if kind == "latent" else whole(size, f"{name} (size)", 1, CELLS)
        order, named = list(role), {kind: [n for n in role if role[n] == kind] for kind in role.values()}
        need(len(named.get("latent", ())) == 1, "there is not exactly one latent variable")
        (self.latent,), self.hidden = named["latent"], named.get("hidden", [])
        self.parents: dict[str, list[str]] = {name: [] for name in role}
        for edge in array(edges, "the edges"):
            u, v = array(edge, "an edge", 2)
            need(type(u) is str and type(v) is str and u in role and v in role, "an edge joins what is no node")
            need(order.index(u) < order.index(v) and v != self.latent, f"the edge {u} -> {v} does not lead down")
            need(u not in self.parents[v], f"the edge {u} -> {v} is repeated")
            self.parents[v].append(u)
        for kind, listed in (("output", self.outputs), ("input", self.inputs)):
            fits = all(type(name) is str for name in array(listed, f"the {kind}s")) and sorted(listed)
            need(fits == sorted(named.get(kind, ())), f"the {kind}s are not the nodes with this role")
        need(self.outputs, "there are no outputs")
        self.settings_count = math.prod(self.size[name] for name in self.inputs)
        self.cells = math.prod(self.size[name] for name in self.outputs) * self.settings_count
        need(self.cells <= CELLS, f"the table has more than {CELLS} cells")
        axes = (*self.outputs, *self.inputs)
        self.strides = [(name, math.prod(self.size[n] for n in axes[i + 1 :])) for i, name in enumerate(axes)]
        self.free = [name for name in self.inputs if not self.parents[name]]
        self.responding = [self._node(name) for name in order if name not in (self.latent, *self.free)]
        self.dependent = [node for node in self.responding if node.name in self.inputs]
        self.count = math.prod(node.functions for node in self.responding)
        need(self.count <= STRATEGIES, f"there are more than {STRATEGIES} strategies")
        self.settings = list(self.assignments(self.free))
        self.work = 0
        self.spend(self.count * len(self.settings) * len(self.responding))
        self.distribution = rationals(table, "the input distribution", self.settings_count)
        need(min(self.distribution) >= 0 and sum(self.distribution) == 1, "the input distribution is none")
        self.conditional = self._conditional()

    def _node(self, name: str) -> Node:
        need(self.latent in self.parents[name], f"{name} responds but has no latent parent")
        parents = {u: self.size[u] for u in self.parents[name] if u != self.latent}
        configurations = math.prod(parents.values())
        need(configurations <= (20 if self.size[name] > 1 else CELLS), f"{name} has too many response functions")
        return Node(name, self.size[name], parents, configurations, self.size[name] ** configurations)

    def _conditional(self) -> list[Fraction]:
        """Return p(dependent|free) for each setting of all inputs; refuse what the graph does not allow."""
        names = [node.name for node in self.dependent]
        free, dependent = self.marginal(self.free), self.marginal(names)
        keys = [(tuple(s[n] for n in self.free), tuple(s[n] for n in names)) for s in self.assignments(self.inputs)]
        if all(p == free[x] * dependent[y] for p, (x, y) in zip(self.distribution, keys, strict=True)):
            return [dependent[y] for _, y in keys]
        reached = set(self.free)
        for node in self.responding:  # parents first
            reached |= {node.name} if reached.intersection(node.parents) else set()
        need(reached.intersection(names), "free and dependent inputs are correlated, but not connected")
        need(all(free.values()), "a setting of free inputs with descending dependent ones has probability 0")
        return [p / free[x] for p, (x, _) in zip(self.distribution, keys, strict=True)]

    def spend(self, work: int) -> None:
        """Refuse if all the work together exceeds the limit."""
        self.work += work
        need(self.work <= WORK, "there is too much to compute")

    def assignments(self, names: Iterable[str]) -> Iterable[dict[str, int]]:
        """Return all values of some nodes, the last changing fastest."""
        names = list(names)
        every = itertools.product(*(range(self.size[name]) for name in names))
        return (dict(zip(names, values, strict=True)) for values in every)

    def marginal(self, names: Sequence[str]) -> dict[tuple[int, ...], Fraction]:
        """Return the distribution of some inputs."""
        total: dict[tuple[int, ...], Fraction] = {}
        for setting, p in zip(self.assignments(self.inputs), self.distribution, strict=True):
            key = tuple(setting[name] for name in names)
            total[key] = total.get(key, _ZERO) + p
        return total

    def functions(self, strategy: int) -> list[int]:
        """Return the number of each responding node's function."""
        found = []
        for node in reversed(self.responding):
            strategy, function = divmod(strategy, node.functions)
            found.append(function)
        return found[::-1]

    def worlds(self, strategy: int, settings: list[dict[str, int]]) -> Iterable[dict[str, int]]:
        """Yield the values of all nodes for each setting; nodes that have a value there do not respond."""
        functions = self.functions(strategy)
        for setting in settings:
            values = setting.copy()
            for node, function in zip(self.responding, functions, strict=True):
                if node.name not in setting:
                    values[node.name] = node.value(function, node.place(values))
            yield values

    def visited(self, strategy: int) -> list[int]:
        """Return the cells of the table that have T = 1, one for each setting of the free inputs."""
        worlds = self.worlds(strategy, self.settings)
        return [sum([stride * values[name] for name, stride in self.strides]) for values in worlds]

    @cached_property
    def occurring(self) -> dict[tuple[int, ...], Fraction]:
        """p(x) of the dependent inputs, in the order of the responding nodes, where it is not zero."""
        alone = self.dependent and not any(node.parents for node in self.dependent)
        need(alone, "the measure needs inputs that depend on the latent alone")
        return {x: p for x, p in sorted(self.marginal([node.name for node in self.dependent]).items()) if p}

    def split(self, strategy: int) -> tuple[tuple[int, ...], int]:
        """Return the setting x of the dependent inputs, and the rest Λ, in mixed radix."""
        x, rest = [], 0
        for node, function in zip(self.responding, self.functions(strategy), strict=True):
            if node in self.dependent:
                x.append(function)
            else:
                rest = rest * node.functions + function
        return tuple(x), rest


# ---------------------------------------------------------------------------------------- measures

Column = Callable[[int], list[tuple[int, Any]]]
"""Strategy -> (row, coefficient), where the coefficient is not zero."""


@dataclass(frozen=True)
class Measure:
    """A sum, multiple or maximum of parts; or rows, by their columns, in groups of these sizes (linear: none)."""

    kind: str
    text: str
    parts: tuple[Measure, ...] = ()
    factor: Fraction = _ONE
    column: Column = lambda strategy: []
    groups: tuple[int, ...] = ()


def read_measure(model: Model, data: Any, depth: int = 0) -> Measure:
    """Return a measure and, if it is made of others, its parts."""
    need(depth < DEPTH, "the measure is nested too deeply")
    need(type(data) is dict and type(data.get("kind")) is str, "a measure has no kind")
    kind = data["kind"]
    if kind == "multiple":
        _, number, of = fields(data, "a multiple", "kind", "factor", "of")
        factor, part = rational(number, "a factor"), read_measure(model, of, depth + 1)
        return Measure(kind, f"{factor}*({part.text})"[:200], (part,), factor)
    if kind in ("sum", "maximum"):
        listed = array(fields(data, f"a {kind}", "kind", "of")[1], f"a {kind}")
        parts = tuple(read_measure(model, part, depth + 1) for part in listed)
        need(parts, f"a {kind} has no parts")
        texts = [part.text for part in parts]
        return Measure(kind, (" + ".join(texts) if kind == "sum" else f"max({', '.join(texts)})")[:200], parts)
    readers = {
        "influence": influence,
        "average causal effect": average_causal_effect,
        "message weight": message_weight,
        "dependence": dependence,
        "hall dependence": hall_dependence,
        "rows": own_rows,
    }
    need(kind in readers, f"there is no measure {ascii(kind)[:40]}")
    return readers[kind](model, data)


def influence(model: Model, data: Any) -> Measure:
    """How an intervention on one parent shifts the values of a node."""
    kind, source, target, variation = fields(data, "an influence", "kind", "source", "target", "variation")
    places = [i for i, node in enumerate(model.responding) if node.name == target]
    need(type(source) is str and type(variation) is bool and places, "an influence has odd fields")
    node = model.responding[places[0]]
    values = node.parents.get(source, 0)
    need(values > 1, f"the source of the influence on {node.name} is no parent with two values")
    outcomes = [None] if variation else list(range(node.size if node.size > 2 else 1))
    rows = node.configurations // values * math.comb(values, 2) * len(outcomes)
    model.spend(rows * (model.count + 32))
    questions = [
        (node.place({**fixed, source: u}), node.place({**fixed, source: v}), w)
        for fixed in model.assignments(name for name in node.parents if name != source)
        for u, v in itertools.combinations(range(values), 2)
        for w in outcomes
    ]

    def column(strategy: int) -> list[tuple[int, Any]]:
        function, found = model.functions(strategy)[places[0]], []
        for row, (one, other, w) in enumerate(questions):
            pair = node.value(function, one), node.value(function, other)
            if pair[0] != pair[1] and (w is None or w in pair):
                found.append((row, 1))
        return found

    text = f"{'TV' if variation else 'C'}({source} -> {node.name})"
    return Measure(kind, text, column=column, groups=(1,) * rows)


def mean(model: Model, forced: dict[str, int], name: str, hit: Callable[[int], bool]) -> Callable[[int], Fraction]:
    """Return strategy -> probability that a node's value is a hit, over p(free inputs), under an intervention."""
    kept = [n for n in model.free if n not in forced]
    chances = model.marginal(kept)
    settings = [{**s, **forced} for s in model.settings if all(s.get(n, v) == v for n, v in forced.items())]
    weights = [chances[tuple(s[n] for n in kept)] for s in settings]
    model.spend(model.count * (len(settings) * (len(model.responding) + 2) + 64) + 64 * model.settings_count)

    def of(strategy: int) -> Fraction:
        worlds = zip(weights, model.worlds(strategy, settings), strict=True)
        return sum((p for p, values in worlds if hit(values[name])), _ZERO)

    return of


def average_causal_effect(model: Model, data: Any) -> Measure:
    """p(target = outcome|do(source = u)) − p(target = outcome|do(source = u'))."""
    names = ("kind", "source", "target", "values", "outcome")
    kind, source, target, values, outcome = fields(data, "an effect", *names)
    for name in (source, target):
        need(type(name) is str and name in model.size and name != model.latent, "an effect names no variable")
    wanted = whole(outcome, "the outcome", 0, model.size[target])
    u, v = (whole(w, "a value of the source", 0, model.size[source]) for w in array(values, "the values", 2))
    one, other = (mean(model, {source: w}, target, lambda value: value == wanted) for w in (u, v))
    return Measure(kind, f"ACE({source} -> {target})", column=lambda s: [(0, one(s) - other(s))])


def message_weight(model: Model, data: Any) -> Measure:
    """p(m ≠ 0)."""
    kind, message = fields(data, "a message", "kind", "message")
    need(type(message) is str and message in model.hidden, "the message is no hidden node")
    sent = mean(model, {}, message, lambda value: value != 0)
    return Measure(kind, f"p({message} != 0)", column=lambda strategy: [(0, sent(strategy))])


def dependence(model: Model, data: Any) -> Measure:
    """Σ |p(x, Λ) − p(x) p(Λ)|."""
    (kind,) = fields(data, "a dependence", "kind")
    p, each = model.occurring, model.count // math.prod(node.size for node in model.dependent)
    model.spend(64 * (model.count + len(p) * each))

    def column(strategy: int) -> list[tuple[int, Any]]:
        x, rest = model.split(strategy)
        return [(i * each + rest, (x == y) - p[y]) for i, y in enumerate(p) if x in p]

    return Measure(kind, f"M({inputs(model)}:Λ)", column=column, groups=(each * len(p),))


def hall_dependence(model: Model, data: Any) -> Measure:
    """Largest over pairs of settings of Σ |p(Λ|x) − p(Λ|x')|."""
    (kind,) = fields(data, "a Hall dependence", "kind")
    p, each = model.occurring, model.count // math.prod(node.size for node in model.dependent)
    need(len(p) > 1, "a single setting occurs")
    model.spend(32 * math.comb(len(p), 2) * each + 64 * len(p) * model.count)
    pairs = list(itertools.combinations(p, 2))

    def column(strategy: int) -> list[tuple[int, Any]]:
        x, rest = model.split(strategy)
        return [(k * each + rest, ((x == y) - (x == z)) / p[x]) for k, (y, z) in enumerate(pairs) if x in (y, z)]

    return Measure(kind, f"Hall({inputs(model)}:Λ)", column=column, groups=(each,) * len(pairs))


def inputs(model: Model) -> str:
    """Return the names of the dependent inputs."""
    return ",".join(node.name for node in model.dependent)


def own_rows(model: Model, data: Any) -> Measure:
    """Rows that are written out."""
    kind, norm, rows = fields(data, "rows", "kind", "norm", "rows")
    need(norm in ("max", "sum", "linear", "max of sums"), "rows have no norm")
    listed = array(rows, "rows")
    groups = listed if norm == "max of sums" else [[row] for row in listed] if norm == "max" else [listed]
    sizes = tuple(len(array(group, "a group of rows")) for group in groups)
    need(min(sizes, default=0) > 0, "a group has no rows")
    column = row_column(model, [row for group in groups for row in group])
    text = f"{norm} of {sum(sizes)} rows"
    if norm == "linear":
        return Measure(kind, text, column=lambda strategy: [(0, c) for _, c in column(strategy)])
    return Measure(kind, text, column=column, groups=sizes)


def row_column(model: Model, rows: list[Any]) -> Column:
    """Read rows of [strategy, number] and return their columns."""
    columns: dict[int, list[tuple[int, Any]]] = {}
    for i, row in enumerate(rows):
        for strategy, value in sparse(row, "a row", model.count).items():
            columns.setdefault(strategy, []).append((i, rational(value, "a row")))
    model.spend(64 * sum(map(len, columns.values())))
    return lambda strategy: columns.get(strategy, [])


Charges = list[tuple[Column, list[Fraction]]]


def charge(measure: Measure, weights: Any, share: Fraction, charges: Charges) -> Fraction:
    """Append the row weights of a share of a measure, if they are feasible; return the share of dependence."""
    if measure.kind == "multiple":
        return charge(measure.parts[0], weights, share * measure.factor, charges)
    if measure.parts:
        own = array(weights, "the weights of a measure's parts", len(measure.parts))
        shares = [share] * len(own)
        if measure.kind == "maximum":
            pairs = [array(pair, "the weights of a maximum", 2) for pair in own]
            shares, own = rationals([s for s, _ in pairs], "a share"), [w for _, w in pairs]
            need(min(shares) >= 0 and sum(shares) == share, "the shares of a maximum do not sum to its own")
        return sum((charge(*part, charges) for part in zip(measure.parts, own, shares, strict=True)), _ZERO)
    if measure.kind == "dependence":
        need(weights is None and share >= 0, "dependence has weights, or a negative share")
        return share
    u = [share]
    if measure.groups:
        u = rationals(weights, "the weights of rows", sum(measure.groups))
        rest = iter(u)
        size = sum(max(abs(w) for w in itertools.islice(rest, k)) for k in measure.groups)
        need(size <= share, "the weights of rows exceed their share")
    else:
        need(weights is None, "a linear measure has weights")
    charges.append((measure.column, u))
    return _ZERO


def evaluate(model: Model, measure: Measure, q: dict[int, Real]) -> Real:
    """Return a measure at q."""
    parts = [evaluate(model, part, q) for part in measure.parts]
    if parts:
        return max(parts) if measure.kind == "maximum" else sum(parts, Real()) * measure.factor
    totals = rows_at(model, measure.column, q)
    if not measure.groups:
        return totals.get(0, Real())
    ends = itertools.pairwise(itertools.accumulate((0, *measure.groups)))
    groups = ([totals[i] for i in range(a, b) if i in totals] for a, b in ends)
    return max(sum((value * value.sign() for value in group), Real()) for group in groups)


def rows_at(model: Model, column: Column, q: dict[int, Real]) -> dict[int, Real]:
    """Return the values of rows at q; those that no strategy in q meets are left out."""
    totals: dict[int, Real] = {}
    for strategy, weight in q.items():
        entries = column(strategy)
        model.spend(64 * len(entries))
        for row, coefficient in entries:
            totals[row] = totals.get(row, Real()) + weight * coefficient
    return totals


# ---------------------------------------------------------------------------------------- the claim


class Case:
    """A certificate that has been read: what is given, and what the proof and the strategies show."""

    def __init__(self, data: Any) -> None:
        names = ("schema", "model", "measure", "observed", "constraints", "claim", "proof")
        values = fields(data, "the certificate", *names, optional=("root", "strategies"))
        schema, model, measure, observed, constraints, self.claim, self.proof, root, self.strategies = values
        need(schema == SCHEMA, f"the schema is not {SCHEMA}")
        common_denominator(denominators(data))
        self.root = whole(root, "the root", 2, ROOT) if "root" in data else 0
        need(all(self.root % (k * k) for k in range(2, math.isqrt(self.root) + 1)), "the root is not square-free")
        self.model = Model(model)
        self.kind = measure["kind"] if type(measure) is dict and type(measure.get("kind")) is str else "none"
        self.measure = Measure("linear", "0")
        if self.kind == "mutual information":
            fields(measure, "the measure", "kind")
            self.model.spend(128 * self.model.count * bool(self.model.occurring))
            self.measure = Measure("linear", f"I({inputs(self.model)}:Λ)")
        elif self.kind == "message entropy":
            self.measure = message_weight(self.model, measure)
            need(self.model.size[measure["message"]] == 2, "the message is not binary")
        elif measure is not None:
            self.measure = read_measure(self.model, measure)
        self.equations = self._equations(observed)
        budgets, affine = fields(constraints, "the constraints", "budgets", "affine")
        self.budgets = [self._budget(budget) for budget in array(budgets, "the budgets")]
        self.affine = [self._affine(constraint) for constraint in array(affine, "the affine constraints")]

    def real(self, data: Any, what: str) -> Real:
        """Return a rational number, or a + b√root."""
        if type(data) is str:
            return Real(rational(data, what))
        a, b = array(data, what, 2)
        need(self.root and b != "0", f"{what}: a pair, but there is no root")
        return Real(rational(a, what), rational(b, what), self.root)

    def reals(self, data: Any, what: str, length: int | None = None) -> list[Real]:
        """Return a list of numbers."""
        return [self.real(v, what) for v in array(data, what, length)]

    def _equations(self, data: Any) -> list[tuple[dict[int, Fraction], Real]]:
        """Return coefficients over T q, and values: of the data, then of the normalization."""
        model, found = self.model, []
        cells, settings = range(model.cells), model.settings_count
        chance = [model.conditional[cell % settings] for cell in cells]
        if type(data) is dict and "behavior" in data:
            p = self.reals(fields(data, "the data", "behavior")[0], "the behavior", model.cells)
            need(not min(p) < Real(), "the behavior has a negative probability")
            sums = [sum(p[x::settings], Real(-_ONE)) for x in range(settings)]
            need(not any(total.sign() for total in sums), "the behavior is not normalized")
            found = [({cell: _ONE}, p[cell] * chance[cell]) for cell in cells]
        else:
            rows = array(fields(data, "the data", "values")[0], "the values")
            pairs = [fields(row, "a value", "coefficients", "value") for row in rows]
            for (listed, _), value in zip(pairs, self.reals([v for _, v in pairs], "the values"), strict=True):
                c = rationals(listed, "coefficients", model.cells)
                need(all(chance[i] for i in cells if c[i]), "there are coefficients of a setting of probability 0")
                found.append(({i: c[i] / chance[i] for i in cells if c[i]}, value))
                model.spend(64 * len(found[-1][0]))
        for x, p_x in enumerate(model.conditional):
            found.append((dict.fromkeys(range(x, model.cells, settings), _ONE), Real(p_x)))
        return found

    def _budget(self, data: Any) -> tuple[Measure, Fraction]:
        measure, limit = fields(data, "a budget", "measure", "limit")
        return read_measure(self.model, measure), rational(limit, "a limit")

    def _affine(self, data: Any) -> tuple[Column, list[Fraction], bool]:
        rows, limits, equality = fields(data, "an affine constraint", "rows", "limits", "equality")
        need(type(equality) is bool, "an affine constraint is neither an equality nor an inequality")
        return row_column(self.model, array(rows, "the rows")), rationals(limits, "the limits", len(rows)), equality

    def bound(self, proof: Any, sign: int = 1) -> Real:
        """Return the lower bound of the measure, times sign, that a proof gives."""
        names = ("z", "normalization", "weights", "budgets", "affine")
        z, known, weights, budgets, affine = fields(proof, "the proof", *names)
        settings = self.model.settings_count
        multipliers = rationals(z, "z", len(self.equations) - settings) + rationals(known, "normalization", settings)
        price, constant = [_ZERO] * self.model.cells, Real()
        for multiplier, (row, value) in zip(multipliers, self.equations, strict=True):
            constant += value * multiplier
            for cell, coefficient in row.items() if multiplier else ():
                price[cell] += multiplier * coefficient
        charges: Charges = []
        w = charge(self.measure, weights, Fraction(sign), charges)
        for (measure, limit), entry in zip(self.budgets, array(budgets, "budgets", len(self.budgets)), strict=True):
            number, own = fields(entry, "a budget in the proof", "multiplier", "weights")
            share = rational(number, "a multiplier")
            need(share >= 0, "a multiplier of a budget is negative")
            w += charge(measure, own, share, charges)
            constant -= Real(share * limit)
        for (column, limits, equality), entry in zip(
            self.affine, array(affine, "affine", len(self.affine)), strict=True
        ):
            y = rationals(entry, "affine", len(limits))
            need(equality or min(y, default=0) >= 0, "a multiplier of an inequality is negative")
            charges.append((column, y))
            constant -= Real(sum((h * u for h, u in zip(limits, y, strict=True)), _ZERO))
        return constant - Real(self._largest(price, charges, w))

    def _largest(self, price: list[Fraction], charges: Charges, w: Fraction) -> Fraction:
        """Return max r(λ), or what takes its place, in multiples of 1/scale so that integers do for most of it."""
        model, information = self.model, self.kind == "mutual information"
        multipliers = itertools.chain(price, *(weights for _, weights in charges), [w])
        scale = common_denominator({number.denominator for number in multipliers})
        prices = [int(v * scale) for v in price]
        scaled = [(column, [int(u * scale) for u in weights]) for column, weights in charges if any(weights)]
        groups: dict[int, list[tuple[Fraction, Any]]] = {}
        for strategy in range(model.count):
            cells = model.visited(strategy)
            if not all(model.conditional[cell % model.settings_count] for cell in cells):
                continue  # it cannot occur
            r: Any = sum(prices[cell] for cell in cells)
            for column, weights in scaled:
                r -= sum(weights[row] * coefficient for row, coefficient in column(strategy))
            if w or information:
                x, rest = model.split(strategy)
                groups.setdefault(rest, []).append((model.occurring[x], r))
            elif not groups or r > groups[0][0][1]:
                groups[0] = [(_ONE, r)]
        need(groups, "no strategy can occur")
        if information:
            return max(log2_mean([(p, Fraction(r) / scale) for p, r in group]) for group in groups.values())
        tops = ((group, max(r for _, r in group) - 2 * w * scale) for group in groups.values())
        return Fraction(max(sum(p * max(r, top) for p, r in group) for group, top in tops)) / scale

    def proven(self) -> Real:
        """Return the largest lower bound that the proof gives, rounded down where there are logarithms."""
        if self.kind != "message entropy":
            return self.bound(self.proof)
        least, largest = fields(self.proof, "the proof", "least", "largest")
        return Real(min(entropy(self.bound(least).floor(60)), entropy(-self.bound(largest, -1).floor(60))))

    def reached(self) -> Real:
        """Return the measure at the strategies, which must reproduce the data within the constraints."""
        listed = sparse(self.strategies, "the strategies", self.model.count)
        q = dict(zip(listed, self.reals(list(listed.values()), "a weight"), strict=True))
        need(q and Real() < min(q.values()), "a weight is not positive")
        table = [Real()] * self.model.cells
        self.model.spend(64 * len(q) * len(self.model.settings))
        for strategy, weight in q.items():
            for cell in self.model.visited(strategy):
                table[cell] += weight
        for row, value in self.equations:
            total = sum((table[cell] * c for cell, c in row.items()), Real())
            need(not (total - value).sign(), "the strategies do not reproduce the data")
        for measure, limit in self.budgets:
            need(not Real(limit) < evaluate(self.model, measure, q), "the strategies exceed a budget")
        for column, limits, equality in self.affine:
            values = rows_at(self.model, column, q)
            signs = {(values.get(i, Real()) - Real(limit)).sign() for i, limit in enumerate(limits)}
            need(signs <= ({0} if equality else {0, -1}), "the strategies violate an affine constraint")
        return evaluate(self.model, self.measure, q)

    def verdict(self) -> str:
        """Return the claim as a sentence, if it is proved."""
        model = self.model
        edges = ", ".join(f"{u} -> {v}" for v, parents in model.parents.items() for u in parents)
        sizes = ", ".join(f"{name}: {size}" for name, size in model.size.items() if name != model.latent)
        count = len(self.equations) - model.settings_count
        given = f"the {count} given {'probabilities' if count == model.cells else 'values'}"
        limits = [f"{measure.text} <= {Real(limit)}" for measure, limit in self.budgets]
        limits += [f"{len(self.affine)} affine constraints"] if self.affine else []
        models = f"model with {edges} (values {sizes}) that has {' and '.join([given, *limits])}"
        if self.kind == "none":
            (claimed,) = fields(self.claim, "the claim", "infeasible")
            need(claimed is True and self.strategies is None, "the claim is none")
            need(Real() < self.bound(self.proof), "the proof does not show that there is no model")
            return f"there is no {models}"
        text = f"H{self.measure.text[1:].replace(' != 0', '')}" if self.kind == "message entropy" else self.measure.text
        lower, upper = fields(self.claim, "the claim", "lower_bound", optional=("upper_bound",))
        stated, proven = self.real(lower, "the lower bound"), self.proven()
        need(not proven < stated, f"the proof gives the lower bound {proven}, less than {stated}")
        if self.strategies is None and "upper_bound" not in self.claim:
            return f"every {models} has {text} >= {stated}"
        need(self.kind not in ("message entropy", "mutual information"), "strategies are for linear programs only")
        most, reached = self.real(upper, "the upper bound"), self.reached()
        need(not (reached - most).sign(), f"the strategies reach {reached}, not {most}")
        return f"every {models} has {text} >= {stated}, and one {'attains it' if most == stated else f'has {most}'}"


# ----------------------------------------------------------------------------------------------------


def log2_mean(terms: list[tuple[Fraction, Fraction]]) -> Fraction:
    """Return an upper bound of log2 Σ p 2^r: exponents at least −200 below the largest, errors far below the margin."""
    top = max(r for _, r in terms)
    with localcontext(Context(prec=60)):
        two = Decimal(2).ln()
        total = sum((decimal(p) * (decimal(max(r - top, Fraction(-200))) * two).exp() for p, r in terms), Decimal(0))
        return Fraction(total.ln() / two) + top + _MARGIN


def entropy(p: Fraction) -> Fraction:
    """Return a lower bound of h(p) in bits; 0 outside [0, 1]."""
    if not 0 < p < 1:
        return _ZERO
    with localcontext(Context(prec=60)):
        nats = -sum((decimal(x) * decimal(x).ln() for x in (p, 1 - p)), Decimal(0))
        return max(_ZERO, Fraction(nats / Decimal(2).ln()) - _MARGIN)


def decimal(number: Fraction) -> Decimal:
    """Return a number in the context's precision."""
    return Decimal(number.numerator) / Decimal(number.denominator)


def verify(data: Any) -> str:
    """Return what a certificate, read from JSON, proves, as a sentence; raise `Refused` otherwise."""
    return Case(data).verdict()


def verify_file(path: Path) -> str:
    """Return what the certificate in a file proves; raise `Refused` otherwise."""

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len({name for name, _ in pairs}) == len(pairs), "a field is given twice")
        return dict(pairs)

    def no_float(text: str) -> None:
        raise Refused(f"there is the number {text[:40]}; expected integers and strings")

    def integer(text: str) -> int:
        need(len(text) <= 20, "an integer has too many digits")
        return int(text)

    try:
        need(path.is_file(), f"{str(path)!a} is not a file")
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES + 1)
        need(len(raw) <= FILE_BYTES, f"the file is larger than {FILE_BYTES} bytes")
        data = json.loads(
            raw.decode(), object_pairs_hook=distinct, parse_float=no_float, parse_constant=no_float, parse_int=integer
        )
    except Refused:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(f"the file is not JSON: {type(error).__name__}") from None
    return verify(data)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Check a relaxbell certificate.")
    parser.add_argument("file", type=Path)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a terminal may not know Λ
    try:
        print(f"verified: {verify_file(parser.parse_args().file)}")
    except Refused as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
