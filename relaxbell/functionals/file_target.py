"""What the numbers of a file stand for: the scenario of a functional, or the behaviors of a model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact
from relaxbell.exact.texts import a_kind
from relaxbell.functionals.file_maps import independent
from relaxbell.functionals.file_rows import Numbers
from relaxbell.functionals.functional import BellFunctional, check_functional
from relaxbell.functionals.notation import marginal_names

KINDS = ("collins_gisin", "probabilities")


@runtime_checkable
class ObservedLike(Protocol):
    """What files ask of `relaxbell.CausalModel`: its variables, and coordinates of its behaviors."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""

    @property
    def observed_shape(self) -> tuple[int, ...]:
        """Numbers of values, outputs first."""

    @property
    def coordinates(self) -> Coordinates:
        """Independent coordinates of its behaviors."""

    @property
    def name(self) -> str:
        """What it is called."""


@dataclass(frozen=True)
class Target:
    """Behaviors in coordinates.

    Attributes
    ----------
    outputs, inputs, parties
        As in `BellFunctional`.
    coordinates
        Independent ones: of the non-signaling behaviors, or of the model's.
    like
        What the coordinates are of.
    """

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    parties: dict[str, str | None] | None
    coordinates: Coordinates
    like: BellFunctional | ObservedLike

    @classmethod
    def of(cls, like: object) -> Target:
        """Return the target that a functional or a model gives."""
        if isinstance(like, BellFunctional):
            parties = None if like.parties is None else dict(like.parties)
            return cls(like.outputs, like.inputs, parties, like.frame.coordinates, like)
        if not isinstance(like, ObservedLike):
            raise FunctionalError(
                f"{like!r:.60} is {a_kind(like)}, expected a BellFunctional such as CHSH, or a model such as "
                "input_signaling()."
            )
        reach = like.coordinates.reach
        own = all(len(places) == 1 for places in reach) and len(set(reach)) == len(reach)
        pairs = zip(like.outputs, reach, strict=True)
        parties = {name: like.inputs[next(iter(places))] for name, places in pairs} if own else None
        return cls(like.outputs, like.inputs, parties, like.coordinates, like)

    @property
    def title(self) -> str:
        """Of what the coordinates are, for messages."""
        return self.like.title if isinstance(self.like, BellFunctional) else self.like.name

    @property
    def shape(self) -> tuple[int, ...]:
        """Of tables."""
        return self.coordinates.shape

    @cached_property
    def sizes(self) -> dict[int, str]:
        """Dimensions that a file may have, and which coordinates these are: different ones by construction."""
        return {self.coordinates.dimension: "collins_gisin", int(np.prod(self.shape)): "probabilities"}

    @property
    def expected(self) -> str:
        """What a file must have, for messages."""
        return f"expected {' or '.join(map(str, self.sizes))} for the scenario of {self.title}"

    def row(self, functional: object, coordinates: str) -> Numbers:
        """Return (constant, coefficients) of a functional."""
        check_functional(functional)
        assert isinstance(functional, BellFunctional)
        if set(functional.outputs) != set(self.outputs) or set(functional.inputs) != set(self.inputs):
            functional.transposed(self.outputs, self.inputs)  # raises, and says why
        own = functional.transposed(self.outputs, self.inputs)
        if own.coefficients.shape != self.shape:
            raise FunctionalError(
                f"{self.title} and {functional.title} are of different scenarios. Write them to separate files."
            )
        if coordinates == "collins_gisin":
            form = self.coordinates.pull_back(own.coefficients)
            row = [form[0] + own.constant, *form[1:]]
        else:
            row = [own.constant, *own.coefficients.ravel()]
        if not all(isinstance(c, Fraction) for c in row):
            raise FunctionalError(
                f"{functional.title} has irrational coefficients, which none of these programs reads. Give rational "
                "numbers near them."
            )
        return row

    def functional(self, row: Sequence[Fraction]) -> BellFunctional:
        """Return the functional row[0] + row[1:] · coordinates."""
        numbers: Exact = np.array(row, dtype=object)
        if self.sizes[len(row) - 1] == "collins_gisin":
            table = self.coordinates.lift(numbers)
        else:
            table = numbers[1:].reshape(self.shape)
        return BellFunctional(table, self.outputs, self.inputs, constant=numbers[0], parties=self.parties)

    def table(self, point: Sequence[Fraction]) -> Exact:
        """Return the table p of a point."""
        numbers: Exact = np.array([Fraction(1), *point], dtype=object)
        if self.sizes[len(point)] == "collins_gisin":
            return self.coordinates.expand(numbers)
        return numbers[1:].reshape(self.shape)

    def names(self, coordinates: str) -> list[str]:
        """Return the names of the coordinates."""
        if coordinates == "collins_gisin":
            return marginal_names(self.coordinates, self.outputs)
        k = len(self.outputs)
        between = "," if max(self.shape) > 10 else ""
        cells = np.ndindex(*self.shape)
        return [f"p({between.join(map(str, i[:k]))}|{between.join(map(str, i[k:]))})" for i in cells]

    def equations(self, coordinates: str) -> list[Numbers]:
        """Return what holds for all behaviors, row · (1, coordinates) = 0: nothing in independent coordinates."""
        return list(independent(self._cell_equations())) if coordinates == "probabilities" else []

    def _cell_equations(self) -> Iterator[Numbers]:
        """Yield normalization for each setting, then which marginals depend on which input not at all."""
        k, settings = len(self.outputs), self.coordinates.inputs
        for setting in np.ndindex(*settings):
            yield self._sum({j: v for j, v in enumerate(setting)}, {}, Fraction(-1))
        for members, j in self.coordinates.equalities():
            others = [i for i in range(len(settings)) if i != j]
            for values in np.ndindex(*(self.shape[i] for i in members)):
                for setting in np.ndindex(*(settings[i] for i in others)):
                    fixed = dict(zip(others, setting, strict=True))
                    kept = dict(zip(members, values, strict=True))
                    first = self._sum({**fixed, j: 0}, kept, Fraction(0))
                    for value in range(1, self.shape[k + j]):
                        other = self._sum({**fixed, j: value}, kept, Fraction(0))
                        yield [a - b for a, b in zip(first, other, strict=True)]

    def _sum(self, setting: dict[int, int], kept: dict[int, int], constant: Fraction) -> Numbers:
        """Return constant + Σ p over the outputs that are not kept."""
        k = len(self.outputs)
        places = [kept.get(i, slice(None)) for i in range(k)] + [setting[j] for j in range(len(self.inputs))]
        table = np.zeros(self.shape, dtype=object)
        table[tuple(places)] = 1
        return [constant, *(Fraction(int(v)) for v in table.ravel())]


def read_coordinates(coordinates: object) -> str:
    """Return which coordinates are written."""
    if not isinstance(coordinates, str) or coordinates not in KINDS:
        raise FunctionalError(f"coordinates {coordinates!r} are unknown, expected 'collins_gisin' or 'probabilities'.")
    return coordinates


def plain_names(names: Sequence[str]) -> list[str]:
    """Return names of letters, digits and _ only, all different."""
    plain = [re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") for name in names]
    if len(set(plain)) < len(plain):  # names that differ in other letters only
        plain = [f"x{k}" for k in range(1, len(names) + 1)]
    return plain
