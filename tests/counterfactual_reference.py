"""Random models, counterfactual queries and data, and linear programs over response functions built from scratch.

Nothing here asks the package what a model, a query or a behavior means: strategies are dictionaries of functions,
events are nested tuples that are evaluated and written as text, and programs are solved by HiGHS through scipy.

    value = ("number", k) | ("node", name, ((parent, value), ...)) | ("+" or "-" or "*", value, value)
    event = ("=" or "!=" or "<" ..., value, value) | ("and", events) | ("or", events) | ("not", event)
"""

import itertools
import math
import operator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

import relaxbell as rb

NAMES = (("Z", "X", "Y", "W"), ("Z1", "Z2", "X", "Y"), ("A1", "B_1", "C'", "E"), ("p", "P", "Y", "do"))
RELATIONS = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
SIGNS = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@dataclass
class Plain:
    """A graph whose responding nodes share a source, with p(free inputs)."""

    parents: dict
    sizes: dict
    free: list
    outputs: list
    chances: dict

    @property
    def responding(self):
        return [n for n in self.parents if n not in self.free]

    def functions(self, node):
        inputs = list(itertools.product(*(range(self.sizes[u]) for u in self.parents[node])))
        values = itertools.product(range(self.sizes[node]), repeat=len(inputs))
        return [dict(zip(inputs, own, strict=True)) for own in values]

    def strategies(self):
        return [
            dict(zip(self.responding, own, strict=True))
            for own in itertools.product(*map(self.functions, self.responding))
        ]

    def settings(self):
        for values in itertools.product(*(range(self.sizes[z]) for z in self.free)):
            yield values, dict(zip(self.free, values, strict=True))

    def node(self, strategy, setting, name, forced):
        if name in forced or name in setting:
            return forced[name] if name in forced else setting[name]
        return strategy[name][tuple(self.node(strategy, setting, u, forced) for u in self.parents[name])]

    def at(self, strategy, setting, part):
        """The value of a value or an event."""
        kind, *rest = part
        if kind == "number":
            return rest[0]
        if kind == "node":
            forced = {name: self.at(strategy, setting, value) for name, value in rest[1]}
            return self.node(strategy, setting, rest[0], forced)
        if kind == "not":
            return not self.at(strategy, setting, rest[0])
        if kind in ("and", "or"):
            return (all if kind == "and" else any)(self.at(strategy, setting, own) for own in rest[0])
        return (RELATIONS | SIGNS)[kind](*(self.at(strategy, setting, own) for own in rest))

    def row(self, strategies, part, given=None):
        """Its mean in each strategy, over p(free inputs)."""
        found = np.zeros(len(strategies))
        for values, setting in self.settings():
            for i, own in enumerate(strategies):
                if given is None or self.at(own, setting, given):
                    found[i] += float(self.chances[values]) * self.at(own, setting, part)
        return found

    def ancestors(self, name):
        return sorted({w for u in self.parents[name] for w in (u, *self.ancestors(u))})

    def model(self, rng, sources=None):
        """The model in the package; `sources` are groups of nodes with a latent variable each."""
        groups = {"L": self.responding} if sources is None else {f"L{i}": own for i, own in enumerate(sources)}
        edges = [(u, v) for v, own in self.parents.items() for u in own]
        edges += [(u, v) for u, own in groups.items() for v in own]
        distribution = np.empty([self.sizes[z] for z in self.free], dtype=object)
        for values, chance in self.chances.items():
            distribution[values] = chance
        options = {"input_distribution": distribution} if self.free else {}
        edges = [edges[i] for i in rng.permutation(len(edges))]
        return rb.CausalModel(edges, self.free, list(groups), self.sizes, outputs=self.outputs, **options)

    def table(self, weighted):
        """p(outputs|free inputs) of weighted strategies."""
        shape = [self.sizes[n] for n in (*self.outputs, *self.free)]
        found = np.full(shape, Fraction(0), dtype=object)
        for values, setting in self.settings():
            for own, weight in weighted:
                found[(*(self.node(own, setting, n, {}) for n in self.outputs), *values)] += weight
        return found

    def equations(self, strategies, table):
        """Rows and right-hand sides of the cells that were seen."""
        rows, right = [np.ones(len(strategies))], [1.0]
        for values, setting in self.settings():
            seen = [tuple(self.node(own, setting, n, {}) for n in self.outputs) for own in strategies]
            for cell in itertools.product(*(range(self.sizes[n]) for n in self.outputs)):
                if table[(*cell, *values)] is not None:
                    rows.append(np.array([float(own == cell) for own in seen]))
                    right.append(float(table[(*cell, *values)]))
        return np.array(rows), np.array(right)


def shares(rng, n):
    """n fractions that sum to one, some of them 0."""
    weights = [0] * n
    while not sum(weights):
        weights = (rng.integers(0, 5, n) * (rng.random(n) > 0.2)).tolist()
    return [Fraction(w, sum(weights)) for w in weights]


def random_plain(rng, most=120):
    """A graph of two to four nodes with unequal cardinalities."""
    while True:
        names = list(NAMES[rng.integers(len(NAMES))][: rng.integers(2, 5)])
        free = names[: rng.integers(0, min(3, len(names)))]
        sizes = {n: int(rng.choice([1, 2, 3], p=[0.04, 0.66, 0.3])) for n in names}
        parents = {n: [u for u in names[:k] if n not in free and rng.random() < 0.6] for k, n in enumerate(names)}
        used = {u for own in parents.values() for u in own}
        count = math.prod(sizes[n] ** math.prod(sizes[u] for u in parents[n]) for n in names if n not in free)
        if count <= most and set(free) <= used:
            outputs = [str(n) for n in rng.permutation([n for n in names if n not in free])]
            settings = list(itertools.product(*(range(sizes[z]) for z in free)))
            return Plain(parents, sizes, free, outputs, dict(zip(settings, shares(rng, len(settings)), strict=True)))


def random_node(rng, plain, deep=2):
    """A variable, perhaps with values forced on some of its ancestors."""
    name = plain.responding[rng.integers(len(plain.responding))]
    forced = []
    for u in rng.permutation(plain.ancestors(name))[: rng.integers(0, 3)].tolist() if deep else []:
        nested = u in plain.responding and plain.ancestors(u) and rng.random() < 0.3
        inner = [(w, ("number", int(rng.integers(plain.sizes[w])))) for w in plain.ancestors(u)[:1]] if nested else []
        forced.append((u, ("node", u, inner) if nested else ("number", int(rng.integers(plain.sizes[u])))))
    return ("node", name, forced)


def random_event(rng, plain, deep=2):
    """An event, joined of others in brackets."""
    kind = rng.choice(["and", "or", "not", "compare"], p=[0.25, 0.15, 0.1, 0.5]) if deep else "compare"
    if kind == "not":
        return ("not", random_event(rng, plain, deep - 1))
    if kind != "compare":
        return (str(kind), [random_event(rng, plain, deep - 1) for _ in range(2)])
    left = random_node(rng, plain)
    if rng.random() < 0.25:
        return (str(rng.choice(list(RELATIONS))), left, random_node(rng, plain))
    return (str(rng.choice(list(RELATIONS))), left, ("number", int(rng.integers(plain.sizes[left[1]]))))


def text_of(part):
    """An event or a value in the grammar of queries."""
    kind, *rest = part
    if kind == "number":
        return str(rest[0])
    if kind == "node":
        own = [text_of(v) if v[:2] == ("node", name) and v[2] else f"{name}={text_of(v)}" for name, v in rest[1]]
        return f"{rest[0]}({', '.join(own)})" if own else rest[0]
    if kind == "not":
        return f"not ({text_of(rest[0])})"
    if kind in ("and", "or"):
        return f"({(' or ' if kind == 'or' else ', ').join(map(text_of, rest[0]))})"
    return f"({text_of(rest[0])} {kind} {text_of(rest[1])})" if kind in SIGNS else f" {kind} ".join(map(text_of, rest))


def random_sum(rng, plain, strategies):
    """A sum of multiples of probabilities and means: its text, and its row over the strategies."""
    text, row = "0", np.zeros(len(strategies))
    for _ in range(rng.integers(1, 4)):
        factor = Fraction(int(rng.integers(-3, 4)) or 1, int(rng.integers(1, 5)))
        if rng.random() < 0.8:
            part = random_event(rng, plain)
            atom = f"p{{{text_of(part)}}}"
        else:
            part = (str(rng.choice(list(SIGNS))), random_node(rng, plain), random_node(rng, plain))
            atom = f"E[{text_of(part)}]"
        text += f" + {factor} {atom}"
        row += float(factor) * plain.row(strategies, part)
    return text.removeprefix("0 + "), row


def least(cost, rows, right, limits=()):
    """The least value of a linear program; None where nothing satisfies it, or there is none."""
    more = {"A_ub": np.array([row for row, _ in limits]), "b_ub": [limit for _, limit in limits]} if limits else {}
    found = linprog(cost, A_eq=rows, b_eq=right, bounds=(0, None), method="highs", **more)
    return found.fun if found.status == 0 else None


def ends(above, below, rows, right, limits=()):
    """Both ends of ⟨above, q⟩, or with `below` of the quotient of both (Charnes and Cooper); None without them."""
    if below is not None:
        rows = np.vstack([np.column_stack([rows, -right]), np.append(below, 0)])
        right = np.append(np.zeros(len(right)), 1)
        limits = [(np.append(row, -limit), 0) for row, limit in limits]
        above = np.append(above, 0)
    found = [least(sign * above, rows, right, limits) for sign in (1, -1)]
    return None if None in found else (found[0], -found[1])
