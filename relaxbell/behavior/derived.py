"""Tables made from a table of probabilities: marginals, conditionals, other names and labels.

Each function takes a table, axes outputs then inputs, with its scenario, and leaves both as they are. `Behavior` says
what they return.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.names import Setting, check_ordered, check_values, read_names
from relaxbell.behavior.scenario import Scenario
from relaxbell.behavior.table import known_parties
from relaxbell.errors import BehaviorError
from relaxbell.exact.arrays import check_unmasked

Table: TypeAlias = NDArray[Any]
"""Floats or exact numbers."""


def nonsignaling_coordinates(scenario: Scenario) -> Coordinates:
    """Return the Collins–Gisin coordinates of the non-signaling behaviors of a scenario."""
    own = [known_parties(scenario)[name] for name in scenario.outputs]
    reach = tuple(frozenset() if name is None else frozenset({scenario.inputs.index(name)}) for name in own)
    k = len(scenario.outputs)
    return Coordinates(scenario.shape[:k], scenario.shape[k:], reach)


def marginal(
    table: Table, scenario: Scenario, wanted: tuple[str, ...], keep_inputs: bool, tolerance: float
) -> tuple[Table, Scenario]:
    """Return the table of some outputs, in the order wanted, over their own inputs or over all."""
    check_values(dict.fromkeys(wanted, 0), scenario.outputs, scenario.cardinality, "output", BehaviorError)
    read_names(wanted, "outputs", BehaviorError)
    gone = tuple(i for i, name in enumerate(scenario.outputs) if name not in wanted)
    kept = tuple(name for name in scenario.outputs if name in wanted)
    table = table.sum(axis=gone) if gone else table
    inputs = scenario.inputs
    if not keep_inputs:
        parties = known_parties(scenario)
        inputs = tuple(n for n in scenario.inputs if n in {parties[name] for name in kept})
        owners = tuple(frozenset(scenario.inputs.index(n) for n in inputs) for _ in kept)
        sizes = scenario.shape[len(scenario.outputs) :]
        coordinates = Coordinates(tuple(scenario.cardinality[n] for n in kept), sizes, owners)
        coordinates.check(table, (kept, scenario.inputs), tolerance, "dropping the other inputs")
        table = table[tuple([slice(None)] * len(kept) + [slice(None) if n in inputs else 0 for n in scenario.inputs])]
    order = [kept.index(name) for name in wanted] + [len(kept) + k for k in range(len(inputs))]
    return table.transpose(order), _part(scenario, wanted, inputs)


def condition(table: Table, scenario: Scenario, event: Setting, given: Setting) -> tuple[Table, Scenario]:
    """Return the table of the other outputs and inputs, post-selected on an event at fixed inputs."""
    check_values(event, scenario.outputs, scenario.cardinality, "output", BehaviorError)
    check_values(given, scenario.inputs, scenario.cardinality, "input", BehaviorError)
    fixed = {**event, **given}
    outputs = tuple(n for n in scenario.outputs if n not in fixed)
    inputs = tuple(n for n in scenario.inputs if n not in fixed)
    part = table[tuple(fixed.get(n, slice(None)) for n in scenario.variables)]
    weight = np.asarray(part.sum(axis=tuple(range(len(outputs)))))
    if (weight <= 0).any():
        where = np.argwhere(weight <= 0)[0]
        setting = ", ".join(f"{n}={v}" for n, v in zip(inputs, where, strict=True))
        raise BehaviorError(
            f"cannot condition on {dict(event)}: it has probability 0 for {setting or dict(given)}. "
            "Condition on an event that happens, or fix the input in `given`."
        )
    return part / weight, _part(scenario, outputs, inputs)


def _part(scenario: Scenario, outputs: Sequence[str], inputs: Sequence[str]) -> Scenario:
    """Return the scenario of some variables; parties are known where all inputs left are chosen by an output left."""
    parties: dict[str, str | None] | None = None
    if scenario.parties is not None:
        chosen = {o: i if i in inputs else None for o, i in scenario.parties.items() if o in outputs}
        parties = chosen if set(inputs) <= set(chosen.values()) else None
    shape = [scenario.cardinality[name] for name in (*outputs, *inputs)]
    return Scenario.of(tuple(outputs), tuple(inputs), shape, parties)


def renamed(scenario: Scenario, names: Mapping[str, str]) -> Scenario:
    """Return the scenario with variables called otherwise."""
    unknown = [n for n in names if n not in scenario.variables]
    if unknown:
        raise BehaviorError(f"cannot rename {unknown[0]!r}: the variables are {', '.join(scenario.variables)}.")
    new = {n: names.get(n, n) for n in scenario.variables}
    parties = {new[o]: i if i is None else new[i] for o, i in (scenario.parties or {}).items()}
    outputs, inputs = (tuple(new[n] for n in part) for part in (scenario.outputs, scenario.inputs))
    return Scenario.of(outputs, inputs, scenario.shape, parties or None)


def transposed(
    table: Table, scenario: Scenario, outputs: tuple[str, ...], inputs: tuple[str, ...]
) -> tuple[Table, Scenario]:
    """Return the table with its axes in another order."""
    if set(outputs) != set(scenario.outputs) or set(inputs) != set(scenario.inputs):
        raise BehaviorError(
            f"variables do not match: this behavior is {scenario.symbol}, "
            f"asked for p({','.join(outputs)}|{','.join(inputs)}). Use rename({{old: new}})."
        )
    order = [scenario.variables.index(n) for n in outputs + inputs]
    shape = [scenario.cardinality[n] for n in outputs + inputs]
    return table.transpose(order), Scenario.of(outputs, inputs, shape, scenario.parties)


def relabeled(table: Table, scenario: Scenario, variable: str, permutation: Sequence[int], given: Setting) -> Table:
    """Return the table in which value v of a variable is called ``permutation[v]``, where inputs have values given."""
    check_values({variable: 0}, scenario.variables, scenario.cardinality, "variable", BehaviorError)
    check_values(given, scenario.inputs, scenario.cardinality, "input", BehaviorError)
    size = scenario.cardinality[variable]
    check_ordered(permutation, "the permutation", BehaviorError)
    if sorted(permutation) != list(range(size)):
        raise BehaviorError(f"{list(permutation)} is not a permutation of the {size} values of {variable}.")
    if variable in given:
        raise BehaviorError(f"{variable} cannot be relabeled given its own value. Leave it out of `given`.")
    table = table.copy()
    where = tuple(given.get(n, slice(None)) for n in scenario.variables)
    axis = sum(n not in given for n in scenario.variables[: scenario.variables.index(variable)])
    table[where] = np.take(table[where], np.argsort(permutation), axis=axis)
    return table


def coarse_grained(table: Table, scenario: Scenario, output: str, mapping: Sequence[int]) -> Table:
    """Return the table in which value v of an output is reported as ``mapping[v]``."""
    check_values({output: 0}, scenario.outputs, scenario.cardinality, "output", BehaviorError)
    check_ordered(mapping, "the mapping", BehaviorError)
    check_unmasked(mapping, "the mapping", BehaviorError)
    if len(mapping) != scenario.cardinality[output] or sorted(set(mapping)) != list(range(max(mapping) + 1)):
        raise BehaviorError(
            f"{list(mapping)} does not map the {scenario.cardinality[output]} values of {output} onto 0 … k."
        )
    axis = scenario.outputs.index(output)
    groups = [np.flatnonzero(np.asarray(mapping) == new) for new in range(max(mapping) + 1)]
    return np.stack([table.take(group, axis=axis).sum(axis=axis) for group in groups], axis=axis)
