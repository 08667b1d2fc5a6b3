"""The causal model of a certificate: its graph, its strategies, and the distribution of its inputs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property

from .reading import CELLS, NODES, STRATEGIES, WORK, ZERO, Json, array, common_denominator, fields, rationals, whole
from .refusals import is_name, need

Functions = tuple[tuple[int, ...], ...]  # a strategy: of each responding node the values, by configuration


class Model:
    """The graph, its strategies, and the distribution of its inputs."""

    def __init__(self, data: Json) -> None:
        names = ("latents", "nodes", "outputs", "inputs", "input_distribution")
        self.latents, nodes, self.outputs, self.inputs, table = fields(data, "the model", *names)
        own = array(self.latents, "the latent variables")
        need(own and all(map(is_name, own)), "the name of a latent variable is none")
        need(len(set(own)) == len(own) <= NODES, "the latent variables are not distinct, or too many")
        axes = [*array(self.outputs, "the outputs"), *array(self.inputs, "the inputs")]
        self.size: dict[str, int] = {}
        self.parents: dict[str, list[str]] = {}  # but those that are latent
        self.sources: dict[str, set[str]] = {}  # those that are
        self.configurations: dict[str, int] = {}
        self.edges: list[str] = []
        need(len(array(nodes, "the nodes")) <= NODES, f"there are more than {NODES} nodes")
        for node in nodes:
            name, size, above = fields(node, "a node", "name", "cardinality", "parents")
            known = all(type(u) is str and (u in own or u in self.size) for u in array(above, "the parents"))
            need(known, "a parent is not listed before its child")
            need(is_name(name), "a name is none")
            need(name not in (*own, *self.size) and len(set(above)) == len(above), "a name is repeated")
            self.size[name] = whole(size, f"{name} (size)", 1, CELLS)
            if above or name not in self.inputs:
                self.sources[name] = {u for u in above if u in own}
                need(self.sources[name], f"{name} responds but has no latent parent")
                self.parents[name] = [u for u in above if u not in own]
                self.configurations[name] = count = math.prod(self.size[u] for u in self.parents[name])
                need(count * max(1, (self.size[name] - 1).bit_length()) <= 2**12, f"{name} has too many functions")
            self.edges += [f"{u} -> {name}" for u in above]
        known = all(type(name) is str and name in self.size for name in axes)
        need(self.outputs and known and len(set(axes)) == len(axes), "outputs and inputs are not distinct nodes")
        self.axes, self.responding = axes, list(self.parents)
        self.free = [name for name in self.inputs if name not in self.parents]
        self.dependent = [name for name in self.responding if name in self.inputs]
        self.settings = math.prod(self.size[name] for name in self.inputs)
        self.cells = math.prod(self.size[name] for name in axes)
        need(self.cells <= CELLS, f"the table has more than {CELLS} cells")
        self.functions = [self.size[name] ** self.configurations[name] for name in self.responding]
        self.count = math.prod(self.functions)
        need(self.count.bit_length() <= 2**12, "there are too many strategies to number them")
        self.distribution = rationals(table, "the input distribution", self.settings)
        need(min(self.distribution) >= 0 and sum(self.distribution) == 1, "the input distribution is none")
        (x, free), (y, dependent) = self.marginal(self.free), self.marginal(self.dependent)
        parts = list(zip([free[k] for k in x], [dependent[k] for k in y], self.distribution, strict=True))
        independent = all(p == p_x * p_y for p_x, p_y, p in parts)
        need(independent or all(free.values()), "dependent inputs vary with a setting of probability 0")
        self.conditional = [p_y if independent else p / p_x for p_x, p_y, p in parts]  # p(dependent|free)
        common_denominator(self.conditional)
        self.chances, self.columns = list(free.values()), dict(zip(self.free, zip(*free, strict=True), strict=False))
        passes = len(axes) + 2 + sum(len(self.parents[name]) + 2 for name in self.responding)
        self.effort, self.work = passes * (len(free) + 8) // 4, 0  # of visiting the cells of one strategy

    def marginal(self, names: Sequence[str]) -> tuple[list[tuple[int, ...]], dict[tuple[int, ...], Fraction]]:
        """Return the values of some inputs in each setting of all inputs, and their distribution, in order."""
        places = [self.inputs.index(name) for name in names]
        keys = [tuple([s[i] for i in places]) for s in itertools.product(*(range(self.size[n]) for n in self.inputs))]
        total = dict.fromkeys(sorted(set(keys)), ZERO)
        for key, p in zip(keys, self.distribution, strict=True):
            total[key] += p
        return keys, total

    @cached_property
    def occurring(self) -> dict[tuple[int, ...], Fraction]:
        """p(x) of the dependent inputs, in the order of the responding nodes, where it is not zero."""
        alone = self.dependent and not any(self.parents[name] for name in self.dependent)
        need(alone, "the measure needs inputs that depend on the latent alone")
        return {x: p for x, p in self.marginal(self.dependent)[1].items() if p}

    def spend(self, work: int) -> None:
        """Refuse if all the work together exceeds the limit."""
        self.work += work
        need(self.work <= WORK, "there is too much to compute")

    def strategies(self) -> Iterator[Functions]:
        """Return all strategies, in the order of their numbers."""
        need(self.count <= STRATEGIES, f"there are more than {STRATEGIES} strategies to list")
        pools = ((range(self.size[name]), self.configurations[name]) for name in self.responding)
        return itertools.product(*(itertools.product(values, repeat=count) for values, count in pools))

    def split(self, number: int) -> tuple[tuple[int, ...], int]:
        """Return the setting x of the dependent inputs in a strategy, and the number of the rest Λ."""
        x, rest, radix = [], 0, self.count
        for name, count in zip(self.responding, self.functions, strict=True):
            function = number // (radix := radix // count) % count
            if name in self.dependent:
                x.append(function)
            else:
                rest = rest * count + function
        return tuple(x), rest

    def run(self, functions: Functions, do: dict[str, int]) -> dict[str, Sequence[int]]:
        """Return the values of every node under an intervention, one for each setting of the free inputs."""
        columns = self.columns | {name: [value] * len(self.chances) for name, value in do.items()}
        for name, function in zip(self.responding, functions, strict=True):
            if name not in do:
                columns[name] = [function[place] for place in self.places(self.parents[name], columns)]
        return columns

    def places(self, names: Iterable[str], columns: dict[str, Sequence[int]]) -> list[int]:
        """Return the values of some nodes as one number, the last changing fastest, for each setting."""
        found = [0] * len(self.chances)
        for name in names:
            size = self.size[name]
            found = [place * size + value for place, value in zip(found, columns[name], strict=True)]
        return found

    def visited(self, functions: Functions) -> list[int]:
        """Return the cells of the table that have T = 1, one for each setting of the free inputs."""
        return self.places(self.axes, self.run(functions, {}))
