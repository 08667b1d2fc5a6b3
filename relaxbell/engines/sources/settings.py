"""Scenarios with some of the settings only: what holds for them holds for the whole, by data processing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.model import CausalModel
from relaxbell.engines.sources.branching import branch
from relaxbell.engines.sources.relaxation import ranges
from relaxbell.engines.sources.scenario import read_scenario
from relaxbell.lp.clock import over
from relaxbell.measures.products import nonbilocality

_COARSE = 1e-2
"""To this all sub-scenarios are bounded; those that may be best are then bounded to the tolerance."""


def best_of_settings(model: CausalModel, observed: Behavior | Observed, tolerance: float, end: float) -> float:
    """Return the best rigorous bound of scenarios with two of the settings of each party: data processing.

    A model of all settings contains one of fewer, with marginals of its own marginals, and no larger distance.
    """
    if not isinstance(observed, Behavior):
        return 0.0
    found = []
    for choice in choices_of_settings(model):
        if over(end):
            break
        small, restricted = restricted_to(model, model.match(observed), choice)
        scenario = read_scenario(nonbilocality(small), restricted)
        box = ranges(scenario, end)
        if box is not None:  # else not even a shared source: the whole scenario says so as well
            found.append((branch(scenario, box, _COARSE, end), scenario, box))
    best = max((search.lower for search, _, _ in found), default=0.0)
    for search, scenario, box in sorted(found, key=lambda item: -item[0].value):
        if over(end) or search.value <= best + tolerance:
            break
        best = max(best, branch(scenario, box, tolerance, end).lower)
    return best


def choices_of_settings(model: CausalModel) -> Iterator[dict[str, tuple[int, ...]]]:
    """Return two settings for each input that has more; none if there are too many choices."""
    if model.dependent_inputs:
        return
    names = [x for x in model.inputs if model.cardinality[x] > 2]
    if not names:
        return
    pairs = [list(itertools.combinations(range(model.cardinality[x]), 2)) for x in names]
    if math.prod(len(own) for own in pairs) <= 100:
        for choice in itertools.product(*pairs):
            yield dict(zip(names, choice, strict=True))


def restricted_to(
    model: CausalModel, p: Behavior, choice: Mapping[str, tuple[int, ...]]
) -> tuple[CausalModel, Behavior]:
    """Return the model and the behavior with some settings only."""
    table = p.table
    for name, values in choice.items():
        table = table.take(list(values), axis=p.variables.index(name))
    sizes = {n: len(choice[n]) if n in choice else c for n, c in model.cardinality.items()}
    small = CausalModel(
        model.edges, model.inputs, model.latents, sizes, hidden=model.hidden, outputs=model.outputs, name=model.name
    )
    return small, Behavior(table, p.outputs, p.inputs, parties=p.parties, estimated=p.estimated)
