"""What a causal model's graph says: what reaches what, who chooses which input, which numbers are independent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.observed import Observed
from relaxbell.behavior.scenario import same_variables
from relaxbell.causal.protocols import HasGraph
from relaxbell.errors import BehaviorError
from relaxbell.exact.texts import a_kind


def ancestors(model: HasGraph, node: str) -> set[str]:
    """Return the nodes that can influence a node; one with a single value passes nothing on."""
    found: set[str] = set()
    queue = [node]
    while queue:
        for parent in model.parents(queue.pop()):
            if parent not in found and model.cardinality.get(parent, 2) > 1:
                found.add(parent)
                queue.append(parent)
    return found


def parties(model: HasGraph) -> dict[str, str | None] | None:
    """Return which input each output's party chooses; see `CausalModel.parties`."""
    choices: dict[str, list[str | None]] = {}
    for output in model.outputs:
        own = sorted((n for n in model.inputs if n in model.parents(output)), key=lambda n: model.cardinality[n] == 1)
        reached = any(model.cardinality[n] > 1 for n in model.ancestors(output).intersection(model.inputs))
        choices[output] = [*own] if reached else [*own, None]
    return _different(choices)


def _different(choices: Mapping[str, Sequence[str | None]]) -> dict[str, str | None] | None:
    """Return a choice for each key, the first in their order; names differ, None may be chosen by several."""
    if not choices:
        return {}
    (key, own), *others = choices.items()
    for value in own:
        left = {k: [v for v in more if v is None or v != value] for k, more in others}
        found = _different(left)
        if found is not None:
            return {key: value, **found}
    return None


def coordinates(model: HasGraph) -> Coordinates:
    """Return independent coordinates of the behaviors of a model."""
    reach = []
    for name in model.outputs:
        above = model.ancestors(name)
        reached = [model.inputs_connected or n in model.dependent_inputs or n in above for n in model.inputs]
        reach.append(frozenset(i for i, yes in enumerate(reached) if yes))
    shape, k = model.observed_shape, len(model.outputs)
    return Coordinates(shape[:k], shape[k:], tuple(reach))


def mismatch_remedy(observed: Behavior | Observed, model: HasGraph) -> str:
    """Return what to do where variables of data and of a model differ: other names, hidden nodes, partial data."""
    seen, own = (*observed.outputs, *observed.inputs), (*model.outputs, *model.inputs)
    lost, more = [n for n in own if n not in seen], [n for n in seen if n not in own]
    if not lost and not more:
        return f"Say the same of which are inputs: {', '.join(model.inputs) or 'none'}, in both."
    if more and len(lost) == len(more):
        return f"Use rename({{{', '.join(f'{old!r}: {new!r}' for old, new in zip(more, lost, strict=True))}}})."
    if more:
        return f"Sum over {', '.join(more)}, or add nodes of these names to the graph."
    one = lost[0]
    return (
        f"What nobody sees of {', '.join(lost)} is said in the graph, hidden={one!r}; a table of those with {one} = 1 "
        f"alone is Observed.partial(…, given={{{one!r}: 1}}), and cells that are missing are None there."
    )


def matched(model: HasGraph, observed: object) -> Behavior:
    """Return a behavior with its axes in a model's order; raise BehaviorError if it does not fit."""
    if not isinstance(observed, Behavior):
        raise BehaviorError(f"found {a_kind(observed)}, expected a Behavior of {model.name}.")
    if not same_variables(observed, model):
        raise BehaviorError(
            f"variables do not match: the behavior is {observed.scenario.symbol}, {model.name} needs "
            f"{model.scenario.symbol}. {mismatch_remedy(observed, model)}"
        )
    behavior = observed.transposed(model.outputs, model.inputs)
    for name in model.outputs + model.inputs:
        if behavior.cardinality[name] != model.cardinality[name]:
            raise BehaviorError(
                f"{name} has {behavior.cardinality[name]} values in the behavior and {model.cardinality[name]} in "
                f"{model.name}. Build the model with the behavior's cardinalities."
            )
    return behavior
