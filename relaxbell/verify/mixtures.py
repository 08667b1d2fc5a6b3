"""Mixtures of structures, and fractions of the trials: the strategies of several graphs one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property

from .model import Functions, Model
from .reading import NODES, STRATEGIES, Json, array, fields, whole
from .refusals import Refused, need, quoted

ANY = "any"  # any behavior: one column for each cell, which counts once for each setting of the free inputs
Column = Callable[[int, Functions], Sequence[tuple[int, int | Fraction]]]  # (number, strategy) -> (row, coefficient)


class Mixed(Model):
    """Several graphs of one table: a strategy is one of one of them, its functions after the number of its graph."""

    def __init__(self, data: Json) -> None:
        parts = array(fields(data, "the model", "mixture")[0], "the mixture")
        need(0 < len(parts) <= NODES and parts.count(ANY) <= 1, "a mixture has too many structures, or none")
        self.structures = [None if part == ANY else Model(part) for part in parts]
        models = [model for model in self.structures if model is not None]
        need(models, "a mixture has no graph")
        first = models[0]
        for own in models:
            need(len(own.latents) == 1, "a structure of a mixture has several latent variables")
            same = (own.outputs, own.inputs, own.distribution) == (first.outputs, first.inputs, first.distribution)
            same = same and own.free == first.free and own.conditional == first.conditional
            need(same, "the structures of a mixture have different variables")
            need(all(own.size[n] == first.size[n] for n in own.axes), "the structures have different cardinalities")
        self.latents, self.outputs, self.inputs, self.axes = first.latents, first.outputs, first.inputs, first.axes
        self.free, self.dependent, self.distribution = first.free, first.dependent, first.distribution
        self.settings, self.cells, self.conditional = first.settings, first.cells, first.conditional
        self.chances, self.columns = first.chances, first.columns
        self.size = {name: size for own in models for name, size in own.size.items()}
        for own in models:
            need(all(self.size[name] == own.size[name] for name in own.size), "a node has two cardinalities")
        self.edges = [" | ".join("any behavior" if own is None else ", ".join(own.edges) for own in self.structures)]
        self.parents, self.sources, self.configurations, self.responding = {}, {}, {}, []
        counts = [self.cells if own is None else own.count for own in self.structures]
        self.starts = list(itertools.accumulate(counts, initial=0))
        self.count = self.starts[-1]
        self.functions = []
        need(self.count.bit_length() <= 2**12, "there are too many strategies to number them")
        self.effort, self.work = max(own.effort for own in models) + 8, 0

    @cached_property
    def occurring(self) -> dict[tuple[int, ...], Fraction]:
        """Refuse: measures of dependent settings are for one graph."""
        raise Refused("the measure needs a single graph, not a mixture")

    def split(self, number: int) -> tuple[tuple[int, ...], int]:
        """Refuse: as before."""
        raise Refused("the measure needs a single graph, not a mixture")

    def run(self, functions: Functions, do: dict[str, int]) -> dict[str, Sequence[int]]:
        """Refuse: probabilities under interventions are for one graph; rows of mixtures are written out."""
        raise Refused("a probability needs a single graph, not a mixture")

    def strategies(self) -> Iterator[Functions]:
        """Return all strategies, in the order of their numbers."""
        need(self.count <= STRATEGIES, f"there are more than {STRATEGIES} strategies to list")
        for k, own in enumerate(self.structures):
            for functions in own.strategies() if own is not None else (((cell,),) for cell in range(self.cells)):
                yield ((k,), *functions)

    def place(self, number: int) -> tuple[int, int]:
        """Return the structure of a strategy, and its number there."""
        k = next(k for k, start in enumerate(self.starts[1:]) if number < start)
        return k, number - self.starts[k]

    def visited(self, functions: Functions) -> list[int]:
        """Return the cells of the table that a strategy visits, one for each setting of the free inputs."""
        own = self.structures[functions[0][0]]
        return [functions[1][0]] * len(self.chances) if own is None else own.visited(functions[1:])


def read_model(data: Json) -> Model:
    """Return a graph, or a mixture."""
    return Mixed(data) if type(data) is dict and "mixture" in data else Model(data)


def fraction(model: Model, data: Json) -> tuple[str, Column, int]:
    """Return the text of a fraction of the trials, its column, and how much work a column is."""
    _, edges, structures, events = fields(data, "a fraction", "kind", optional=("edges", "structures", "events"))
    need([edges, structures, events].count(None) == 2, "a fraction is not of one kind")
    graphs = model.structures if isinstance(model, Mixed) else [model]
    if structures is not None:
        need(isinstance(model, Mixed), "a fraction of structures without a mixture")
        chosen = {whole(k, "a structure", 0, len(graphs)) for k in array(structures, "the structures")}
        need(chosen, "a fraction of no structures")
        text = f"fraction(structure{'s' * (len(chosen) > 1)} {', '.join(str(k + 1) for k in sorted(chosen))})"
        return text, lambda _, functions: [(0, 1)] * (functions[0][0] in chosen), 8
    tests: list[Callable[[Functions], bool]] = []
    said: list[str] = []
    if edges is not None:
        pairs = [array(pair, "an edge", 2) for pair in array(edges, "the edges")]
        for source, target in pairs:
            known = type(source) is str and type(target) is str
            owners = [own for own in graphs if own is not None and known and source in own.parents.get(target, ())]
            need(owners, f"{quoted(source)} -> {quoted(target)} is no edge of nodes that are not latent")
        said = [f"{u} -> {v}" for u, v in pairs]
        tests = [edges_act(own, pairs) for own in graphs]
    else:
        read = [_response(graphs, event) for event in array(events, "the events")]
        said = [text for text, *_ in read]
        events = [(name, given, value) for _, name, given, value in read]
        tests = [_happens(own, events) for own in graphs]
    need(said, "a fraction of nothing")
    effort = 8 + 2 * sum(sum(own.configurations.values()) for own in graphs if own is not None) * len(said)
    text = f"fraction({(' or ' if edges is not None else ', ').join(said)})"
    if not isinstance(model, Mixed):
        return text, lambda _, functions: [(0, 1)] * tests[0](functions), effort
    return text, lambda _, functions: [(0, 1)] * tests[functions[0][0]](functions[1:]), effort


def edges_act(model: Model | None, edges: list[list[str]]) -> Callable[[Functions], bool]:
    """Return whether the function of a target depends on the source of one of the edges."""
    found: list[tuple[int, int, int]] = []
    for source, target in edges if model is not None else ():
        parents = model.parents.get(target, []) if model is not None else []
        if model is not None and source in parents:
            inner = 1
            for name in parents[parents.index(source) + 1 :]:
                inner *= model.size[name]
            found.append((model.responding.index(target), model.size[source], inner))

    def acts(functions: Functions) -> bool:
        for node, values, inner in found:
            f = functions[node]
            for high in range(0, len(f), values * inner):
                for low in range(high, high + inner):
                    if any(f[low + k * inner] != f[low] for k in range(1, values)):
                        return True
        return False

    return acts


def _response(graphs: list[Model | None] | list[Model], data: Json) -> tuple[str, str, dict[str, int], int]:
    """Return an event in words, its node, values of all parents of that, and its value."""
    name, given, value = array(data, "an event", 3)
    pairs = [array(pair, "a condition", 2) for pair in array(given, "the conditions")]
    need(type(name) is str and all(type(parent) is str for parent, _ in pairs), "an event names no variable")
    known = {parent: number for parent, number in pairs}
    owners = [own for own in graphs if own is not None and name in own.parents]
    need(owners, "an event is of a node that does not respond")
    for own in owners:
        need(len(known) == len(pairs) and set(known) == set(own.parents[name]), "an event does not set all parents")
        for parent, number in known.items():
            whole(number, "the value of a parent", 0, own.size[parent])
        whole(value, "the value of an event", 0, own.size[name])
    inner = ",".join(f"{parent}={number}" for parent, number in known.items())
    return f"{name}{f'({inner})' if inner else ''}={value}", name, known, value


def event_places(
    model: Model | None, events: list[tuple[str, dict[str, int], int]]
) -> list[tuple[str, int, int]] | None:
    """Return of each event the node, the configuration of its parents, and its value; None where a node is lacking."""
    wanted: list[tuple[str, int, int]] = []
    for name, given, value in events:
        if model is None or name not in model.parents:
            return None
        place = 0
        for parent in model.parents[name]:
            place = place * model.size[parent] + given[parent]
        wanted.append((name, place, value))
    return wanted


def _happens(model: Model | None, events: list[tuple[str, dict[str, int], int]]) -> Callable[[Functions], bool]:
    """Return whether all events happen; never in a structure that lacks a node."""
    places = event_places(model, events)
    if model is None or places is None:
        return lambda _: False
    wanted = [(model.responding.index(name), place, value) for name, place, value in places]
    return lambda functions: all(functions[node][place] == value for node, place, value in wanted)
