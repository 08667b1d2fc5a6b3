"""`Scenario`: which variables behaviors, functionals and models are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from relaxbell.behavior.names import read_parties, read_variables
from relaxbell.errors import BehaviorError
from relaxbell.exact.texts import plain_repr
from relaxbell.frozen import Frozen, FrozenMapping


class Scenario(Frozen):
    """Outputs and inputs, how many values each has, and which party chooses which input.

    Two scenarios are equal if names, numbers of values and parties are; the order of the names does not matter, as
    behaviors, functionals and models match by name. Printed are the numbers of settings of the parties, then those of
    their outcomes, as in I3322.

    Parameters
    ----------
    outputs, inputs
        Names, a sequence or one string with spaces.
    cardinality
        Number of values of each of them.
    parties
        Which input each output's party chooses, as in `Behavior`. By default outputs and inputs are paired in order
        where there are equally many.

    Attributes
    ----------
    parties
        None where it is not known who chooses what.

    Raises
    ------
    BehaviorError
        If names are not names or appear twice, a number of values is missing, left over or not an integer ≥ 1, or
        `parties` does not fit.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.bell(inputs=(2, 3), outputs=(3, 2)).scenario
    Scenario 2332: p(A,B|X,Y)
    >>> rb.boxes.pr().scenario == rb.Scenario("A B", "X Y", {"A": 2, "B": 2, "X": 2, "Y": 2})
    True
    """

    def __init__(
        self,
        outputs: str | Sequence[str],
        inputs: str | Sequence[str],
        cardinality: Mapping[str, int],
        *,
        parties: Mapping[str, str | None] | None = None,
    ) -> None:
        self.outputs, self.inputs = read_variables(outputs, inputs, BehaviorError)
        self.cardinality = _read_cardinality(cardinality, self.outputs + self.inputs)
        self.parties = read_parties(parties, self.outputs, self.inputs)
        self._seal()

    @classmethod
    def of(
        cls,
        outputs: tuple[str, ...],
        inputs: tuple[str, ...],
        shape: Sequence[int],
        parties: Mapping[str, str | None] | None,
    ) -> Scenario:
        """Return the scenario of an object that has checked its names.

        Parameters
        ----------
        outputs, inputs
            Names.
        shape
            Numbers of values: outputs, then inputs.
        parties
            Which input each output's party chooses; None where that is not known.

        Returns
        -------
        Scenario
            Nothing is paired by default.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.Scenario.of(("A", "B"), ("Z",), (2, 2, 3), None)
        Scenario p(A,B|Z): A 2, B 2, Z 3
        """
        scenario = cls.__new__(cls)  # nothing is read again: every behavior of a sweep is asked for its scenario
        cardinality = FrozenMapping(dict(zip(outputs + inputs, shape, strict=True)))
        known = parties if parties is None or isinstance(parties, FrozenMapping) else FrozenMapping(parties)
        scenario.__dict__.update(outputs=outputs, inputs=inputs, cardinality=cardinality, parties=known)
        scenario._seal()
        return scenario

    @property
    def variables(self) -> tuple[str, ...]:
        """Names: outputs, then inputs."""
        return self.outputs + self.inputs

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a behavior: outputs, then inputs."""
        return tuple(self.cardinality[name] for name in self.variables)

    @property
    def symbol(self) -> str:
        """The probabilities by their variables: p(A,B|X,Y)."""
        return f"p({','.join(self.outputs)}|{','.join(self.inputs)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scenario):
            return NotImplemented
        same = same_variables(self, other) and dict(self.cardinality) == dict(other.cardinality)
        return same and _plain(self.parties) == _plain(other.parties)

    def __hash__(self) -> int:
        return hash((frozenset(self.outputs), frozenset(self.cardinality.items())))

    def __repr__(self) -> str:
        if self.parties is None:
            return f"Scenario {self.symbol}: {', '.join(f'{n} {size}' for n, size in self.cardinality.items())}"
        chosen = list(self.parties.values())
        settings = [1 if name is None else self.cardinality[name] for name in chosen]
        sizes = [*settings, *(self.cardinality[name] for name in self.outputs)]
        numbers = ("" if max(sizes, default=0) < 10 else ",").join(map(str, sizes))
        in_order = [name for name in chosen if name is not None] == list(self.inputs)
        pairs = ", ".join(f"{a} of {x}" if x else f"{a} of none" for a, x in self.parties.items())
        return f"Scenario {numbers}: {self.symbol}{'' if in_order else f', {pairs}'}"


class HasVariables(Protocol):
    """A behavior, functional, model or scenario."""

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]


def same_variables(one: HasVariables, other: HasVariables) -> bool:
    """Return whether both have the same outputs and the same inputs, in any order; how many values does not matter.

    Examples
    --------
    >>> import relaxbell as rb
    >>> same_variables(rb.catalog.CHSH, rb.bell((3, 3))), same_variables(rb.catalog.CHSH, rb.boxes.ghz())
    (True, False)
    """
    if (one.outputs, one.inputs) == (other.outputs, other.inputs):
        return True
    return set(one.outputs) == set(other.outputs) and set(one.inputs) == set(other.inputs)


def _plain(parties: Mapping[str, str | None] | None) -> dict[str, str | None] | None:
    return None if parties is None else dict(parties)


def _read_cardinality(cardinality: Mapping[str, int], names: tuple[str, ...]) -> Mapping[str, int]:
    if not isinstance(cardinality, Mapping):
        raise BehaviorError(
            f'cardinality is {cardinality!r}, expected a number for each variable, such as {{"A": 2, "X": 3}}.'
        )
    for name, size in cardinality.items():
        if name not in names:
            raise BehaviorError(f"cardinality names {name!r}, which is none of {', '.join(names)}. Leave it out.")
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise BehaviorError(f"cardinality of {name!r} is {plain_repr(size)}, expected an integer ≥ 1.")
    missing = [name for name in names if name not in cardinality]
    if missing:
        raise BehaviorError(f"no cardinality for {', '.join(missing)}. Give one for each of {', '.join(names)}.")
    return FrozenMapping({name: int(cardinality[name]) for name in names})
