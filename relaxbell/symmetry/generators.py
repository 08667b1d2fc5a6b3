"""Generators of all relabelings of a scenario."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from relaxbell.relabeling import Relabeling
from relaxbell.results import Variables


def generators(scenario: Variables) -> Iterator[Relabeling]:
    """Yield generators: exchanges of neighboring values, and of parties with equal cardinalities.

    Where it is not known which party chooses which input, no parties are exchanged.
    """
    yield from value_exchanges(scenario)
    if scenario.parties is None and scenario.inputs:
        return
    sizes = {}
    for a in scenario.outputs:
        own = (scenario.parties or {}).get(a)
        sizes[a] = scenario.cardinality[a], None if own is None else scenario.cardinality[own]
    for a, b in itertools.combinations(scenario.outputs, 2):
        if sizes[a] == sizes[b]:
            yield Relabeling(scenario, parties={a: b, b: a})


def value_exchanges(scenario: Variables) -> Iterator[Relabeling]:
    """Yield exchanges of neighboring values: of inputs, and of outputs for one setting of their party."""
    for x in scenario.inputs:
        yield from (Relabeling(scenario, settings={x: own}) for own in _exchanges(scenario.cardinality[x]))
    for a in scenario.outputs:
        own = (scenario.parties or {}).get(a)
        for swap in _exchanges(scenario.cardinality[a]):
            for setting in range(1 if own is None else scenario.cardinality[own]):
                yield Relabeling(scenario, outcomes={a: {setting: swap}})


def _exchanges(size: int) -> Iterator[list[int]]:
    for v in range(size - 1):
        yield [*range(v), v + 1, v, *range(v + 2, size)]
