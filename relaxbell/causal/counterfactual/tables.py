"""Values and events about counterfactuals as small tables over the variables behind the strategies.

A strategy says what every responding node does at each configuration of its parents, so it fixes what every variable
would be under any intervention, all at once. First the configurations that can be asked are gathered, from the values
that each node can have; then a table over them is filled, at each setting of the free inputs that matter.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.counterfactual.expressions import (
    All,
    AnyOf,
    Arithmetic,
    Comparison,
    Event,
    Indicator,
    Not,
    Number,
    Value,
    Variable,
)
from relaxbell.causal.protocols import HasStrategies
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.local_rows import Piece

LARGEST = 2**22
"""Entries of a table."""

Table: TypeAlias = NDArray[np.int64]
_NAMES = {"=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}


@dataclass(frozen=True, eq=False)
class Asked:
    """What an event or a value depends on.

    Attributes
    ----------
    model
        Whose nodes respond.
    part
        The event, or the value.
    do
        What is forced on all variables of it.
    given
        Values of free inputs that are known; others range over all theirs.
    """

    model: HasStrategies
    part: Event | Value
    do: tuple[tuple[str, Value], ...] = ()
    given: tuple[tuple[str, int], ...] = ()

    @cached_property
    def _reach(self) -> Reach:
        found = Reach(self.model, self.given)
        found.of(self.part, self.do)
        return found

    @property
    def settings(self) -> tuple[str, ...]:
        """The free inputs that it depends on, but for those that are given."""
        known = dict(self.given)
        return tuple(name for name in self.model.free_inputs if name in self._reach.inputs and name not in known)

    @property
    def constant(self) -> bool:
        """Whether it depends on no response, only on settings."""
        return not self._reach.scope

    def tables(self) -> Iterator[tuple[Fraction, tuple[int, ...], Table]]:
        """Yield probability, scope and table for each setting of the free inputs that it depends on."""
        for weight, setting in self._weighted:
            yield weight, *self._table(setting)

    @cached_property
    def _weighted(self) -> list[tuple[Fraction, dict[str, int]]]:
        """The settings that occur, with their probabilities."""
        names, known = self.settings, dict(self.given)
        distribution, found = self.model.input_distribution, []
        norm = distribution.probability(known)
        for values in itertools.product(*(range(self.model.cardinality[name]) for name in names)):
            setting = known | dict(zip(names, values, strict=True))
            weight = distribution.probability(setting) / norm if norm else Fraction(not names)
            if weight:
                found.append((weight, setting))
        return found

    def _table(self, setting: Mapping[str, int]) -> tuple[tuple[int, ...], Table]:
        reach = Reach(self.model, tuple(setting.items()))
        reach.of(self.part, self.do)
        scope = tuple(sorted(reach.scope))
        domains = self.model.local.domains
        size = math.prod(domains[v] for v in scope)
        if size > LARGEST:
            raise ModelTooLargeError(
                f"{self.part} depends on what {len(scope)} responses are, {size:,} combinations, expected at most "
                f"{LARGEST:,}. Force more variables in it, or leave some out."
            )
        filled = Filled(self.model, setting, scope)
        table = np.asarray(filled.of(self.part, self.do))
        return scope, np.broadcast_to(table, tuple(domains[v] for v in scope)).astype(np.int64)

    def pieces(self, factor: int, unit: int) -> Iterator[Piece]:
        """Yield the tables of factor / unit times its mean, as whole numbers over `unit` times the mean's own unit."""
        own = self.unit
        for weight, scope, table in self.tables():
            yield scope, 0, table * (factor * int(weight * own) * (unit // own))

    @cached_property
    def unit(self) -> int:
        """The common denominator of the probabilities of settings."""
        return math.lcm(*(weight.denominator for weight, _ in self._weighted))


Possible: TypeAlias = frozenset[int]


class Reach:
    """Which values are possible, and which variables behind the strategies are asked for them."""

    def __init__(self, model: HasStrategies, setting: tuple[tuple[str, int], ...]) -> None:
        self.model, self.setting = model, dict(setting)
        self.scope: set[int] = set()
        self.inputs: set[str] = set()

    def of(self, part: Event | Value, do: tuple[tuple[str, Value], ...]) -> Possible:
        """Return the possible values; 0 and 1 of events."""
        if isinstance(part, Number):
            return frozenset([part.value])
        if isinstance(part, Variable):
            done = {name: self.of(value, ()) for name, value in do}  # values are what they are without it
            forced = done | {name: self.of(value, do) for name, value in part.forced}
            return self._node(part.name, forced, {})
        if isinstance(part, Arithmetic):
            pairs = itertools.product(self.of(part.left, do), self.of(part.right, do))
            return frozenset(int(_arithmetic(part.operator, np.asarray(a), np.asarray(b))) for a, b in pairs)
        if isinstance(part, Comparison):
            self.of(part.left, do)
            self.of(part.right, do)
        elif isinstance(part, Not | Indicator):
            self.of(part.event, do)
        else:
            for event in part.events:
                self.of(event, do)
        return frozenset([0, 1])

    def _node(self, name: str, forced: Mapping[str, Possible], known: dict[str, Possible]) -> Possible:
        if name in forced:
            return forced[name]
        if name not in known:
            known[name] = self._responded(name, forced, known)
        return known[name]

    def _responded(self, name: str, forced: Mapping[str, Possible], known: dict[str, Possible]) -> Possible:
        everything = frozenset(range(self.model.cardinality[name]))
        if name in self.model.free_inputs:
            self.inputs.add(name)
            return frozenset([self.setting[name]]) if name in self.setting else everything
        parents = own_parents(self.model, name)
        ranges = [sorted(self._node(parent, forced, known)) for parent in parents]
        for values in itertools.product(*ranges):
            self.scope.add(self.model.local.variable(name, dict(zip(parents, values, strict=True))))
        return everything


class Filled:
    """The values of nodes and events as tables, broadcastable over the variables of a scope."""

    def __init__(self, model: HasStrategies, setting: Mapping[str, int], scope: tuple[int, ...]) -> None:
        self.model, self.setting = model, setting
        self.axis = {variable: k for k, variable in enumerate(scope)}

    def of(self, part: Event | Value, do: tuple[tuple[str, Value], ...]) -> Table:
        """Return the values; 0 and 1 of events."""
        if isinstance(part, Number):
            return np.asarray(part.value, dtype=np.int64)
        if isinstance(part, Variable):
            done = {name: self.of(value, ()) for name, value in do}  # values are what they are without it
            forced = done | {name: self.of(value, do) for name, value in part.forced}
            return self._node(part.name, forced, {})
        if isinstance(part, Arithmetic):
            return _arithmetic(part.operator, self.of(part.left, do), self.of(part.right, do))
        if isinstance(part, Comparison):
            return np.asarray(_NAMES[part.relation](self.of(part.left, do), self.of(part.right, do)), dtype=np.int64)
        if isinstance(part, Not):
            return 1 - self.of(part.event, do)
        if isinstance(part, Indicator):
            return self.of(part.event, do)
        found = np.asarray(int(isinstance(part, All)), dtype=np.int64)
        for event in part.events:
            own = self.of(event, do)
            found = found | own if isinstance(part, AnyOf) else found & own
        return found

    def _node(self, name: str, forced: Mapping[str, Table], known: dict[str, Table]) -> Table:
        if name in forced:
            return forced[name]
        if name not in known:
            known[name] = self._responded(name, forced, known)
        return known[name]

    def _responded(self, name: str, forced: Mapping[str, Table], known: dict[str, Table]) -> Table:
        if name in self.model.free_inputs:
            return np.asarray(self.setting[name], dtype=np.int64)
        parents = own_parents(self.model, name)
        given = [self._node(parent, forced, known) for parent in parents]
        found: Table = np.zeros((), dtype=np.int64)
        for values in itertools.product(*(np.unique(own).tolist() for own in given)):
            here: NDArray[np.bool_] | np.bool_ = np.True_
            for own, value in zip(given, values, strict=True):
                here = here & (own == value)
            variable = self.model.local.variable(name, dict(zip(parents, values, strict=True)))
            found = np.where(here, self._own(variable), found)
        return found

    def _own(self, variable: int) -> Table:
        shape = [1] * len(self.axis)
        shape[self.axis[variable]] = self.model.local.domains[variable]
        return np.arange(self.model.local.domains[variable], dtype=np.int64).reshape(shape)


def own_parents(model: HasStrategies, name: str) -> tuple[str, ...]:
    """Return the observed and hidden parents of a node."""
    return tuple(parent for parent in model.parents(name) if parent not in model.latents)


def _arithmetic(operator: str, left: Table, right: Table) -> Table:
    if operator == "*":
        return np.asarray(left * right)
    return np.asarray(left + right if operator == "+" else left - right)
