"""Functionals modulo normalization and no-signaling, as tables over points: what relabelings permute."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import ExactNumber, exact_parts, from_parts
from relaxbell.functionals.functional import BellFunctional
from relaxbell.permutations import group_order
from relaxbell.results import Variables
from relaxbell.symmetry.labeling import Labeling, canonical_labeling, ranked


@dataclass(frozen=True)
class Axes:
    """The axes of a table over points.

    A point of a party's axis is an outcome for a setting. Inputs that belong to no party have axes of their own, after
    those of the outputs.

    Attributes
    ----------
    settings
        For each axis the setting of each of its points.
    kinds
        For each axis; only axes of the same kind are exchanged.
    joint
        None, or without parties the number of outputs: normalized together, for each value of the inputs.
    """

    settings: tuple[tuple[int, ...], ...]
    kinds: tuple[Hashable, ...]
    joint: int | None

    @property
    def relabelings(self) -> int:
        """How many permutations of points, settings and axes there are."""
        group = math.prod(math.factorial(count) for count in Counter(self.kinds).values())
        for own in self.settings:
            outcomes = Counter(own).values()
            group *= math.prod(map(math.factorial, outcomes))
            group *= math.prod(math.factorial(same) for same in Counter(outcomes).values())
        return group


def axes_of(scenario: Variables) -> Axes:
    """Return the axes of a scenario. Where it is not known who chooses what, none are exchanged."""
    grouped = _grouped(scenario)
    sizes = [tuple(scenario.cardinality[name] for name in names) for names in grouped]
    settings = tuple(tuple(s for s in range(math.prod(own[:-1])) for _ in range(own[-1])) for own in sizes)
    if scenario.parties is None and scenario.inputs:
        return Axes(settings, tuple(range(len(sizes))), len(scenario.outputs))
    kinds = tuple(
        ("input", names[0]) if names[-1] in scenario.inputs else (len(own) == 1, own[-1], math.prod(own[:-1]))
        for names, own in zip(grouped, sizes, strict=True)
    )
    return Axes(settings, kinds, None)


def _grouped(scenario: Variables) -> list[tuple[str, ...]]:
    """Return the variables of each axis: (input, output) or (output,) of each party, then inputs of no party."""
    parties = scenario.parties or {}
    found = [tuple(n for n in (parties.get(a), a) if n is not None) for a in scenario.outputs]
    chosen = set(parties.values())
    return found + [(x,) for x in scenario.inputs if x not in chosen]


def over_points(table: NDArray[Any], scenario: Variables) -> NDArray[Any]:
    """Return a table over outputs and inputs as a table over points; further axes stay where they are."""
    grouped, variables = _grouped(scenario), scenario.outputs + scenario.inputs
    order = [variables.index(name) for names in grouped for name in names]
    extra = list(range(len(order), table.ndim))
    sizes = [math.prod(scenario.cardinality[name] for name in names) for names in grouped]
    return table.transpose(order + extra).reshape(*sizes, *(table.shape[axis] for axis in extra))


def over_variables(table: NDArray[Any], scenario: Variables) -> NDArray[Any]:
    """Return a table over points as one over outputs and inputs; further axes stay where they are."""
    grouped = _grouped(scenario)
    order = [name for names in grouped for name in names]
    extra = table.shape[len(grouped) :]
    back = [order.index(name) for name in scenario.outputs + scenario.inputs]
    wide = table.reshape(*(scenario.cardinality[name] for name in order), *extra)
    return wide.transpose(back + [len(order) + i for i in range(len(extra))])


@dataclass(frozen=True, eq=False)
class PointTable:
    """A functional as whole numbers on choices of one point of each axis, in a form that relabelings permute.

    For a party the numbers are, for each setting, deviations from the mean over its outcomes, plus the sum of all
    those means: no other functional has the same numbers, unless they agree on all non-signaling behaviors.

    Attributes
    ----------
    numbers
        Over points; last axis: the rational part, then that of √n. Without the constant.
    constant
        Of the same parts: the value for uniform outcomes.
    denominator, radicand
        Of all numbers.
    axes
        Their settings and kinds.
    """

    numbers: NDArray[np.object_]
    constant: NDArray[np.object_]
    denominator: int
    radicand: int
    axes: Axes

    def exact(self, parts: Iterable[int]) -> ExactNumber:
        """Return the number that has these parts."""
        return from_parts(tuple(parts), self.denominator, self.radicand)

    @cached_property
    def distinct(self) -> dict[tuple[int, ...], ExactNumber]:
        """The numbers that occur, in ascending order."""
        flat = {tuple(parts) for parts in self.numbers.reshape(-1, self.numbers.shape[-1]).tolist()}
        return dict(sorted(((parts, self.exact(parts)) for parts in flat), key=lambda pair: pair[1]))

    @cached_property
    def size(self) -> ExactNumber:
        """The largest number, without sign; 1 if all are zero."""
        values = list(self.distinct.values())
        return max(values[-1], -values[0]) or from_parts((1,), 1, 1)

    @cached_property
    def signature(self) -> Hashable:
        """What relabelings and positive factors leave as it is, and costs no search."""
        ranks, count = np.unique(self.ranks, return_counts=True)
        ratios = tuple(value / self.size for value in self.distinct.values())
        parties = sorted(tuple(sorted(Counter(own).values())) for own in self.axes.settings)
        return tuple(parties), self.axes.joint, ratios, tuple(zip(ranks.tolist(), count.tolist(), strict=True))

    @cached_property
    def labeling(self) -> Labeling:
        """The canonical labeling, the same for all positive multiples."""
        return canonical_labeling(self.ranks, self.axes.settings, self.axes.kinds)

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """Which of the numbers that occur, in ascending order, each one is."""
        rank = {parts: i for i, parts in enumerate(self.distinct)}
        shape, parts = self.numbers.shape[:-1], self.numbers.shape[-1]
        flat = [rank[tuple(own)] for own in self.numbers.reshape(-1, parts).tolist()]
        return np.array(flat, dtype=np.int64).reshape(shape)

    @cached_property
    def relabelings(self) -> int:
        """How many functionals relabelings make of this one: all relabelings over those that leave it as it is."""
        return self.axes.relabelings // group_order(self.labeling.symmetries)

    def is_relabeled(self, other: PointTable) -> bool:
        """Return whether relabelings turn one into a positive multiple of the other, constants aside."""
        return self.signature == other.signature and self.labeling.key == other.labeling.key

    def is_multiple(self, other: PointTable) -> bool:
        """Return whether one is a positive multiple of the other as it stands, constants aside."""
        return self.axes == other.axes and self.signature == other.signature and bool((self.ranks == other.ranks).all())

    # ---------------------------------------------------------------- reduction

    def reduced(self) -> PointTable:
        """Return the functional of the smallest scenario: without what it does not depend on.

        Outcomes that it does not tell apart are merged, settings and parties left out that do not matter. All axes are
        of one kind then; without parties they keep theirs.
        """
        found = self
        for axis in reversed(range(len(self.axes.settings))):
            found = found.reduced_along(axis)
        if found.axes.joint is not None:
            return found
        kinds = ("party",) * len(found.axes.settings)
        return PointTable(found.numbers, found.constant, found.denominator, found.radicand,
                          Axes(found.axes.settings, kinds, None))  # fmt: skip

    def reduced_along(self, axis: int) -> PointTable:
        """Merge outcomes and leave out settings of an axis; leave out the axis where nothing is left."""
        moved = np.moveaxis(self.numbers, axis, 0)
        rows = [tuple(row.ravel()) for row in moved]
        own, joint = self.axes.settings[axis], self.axes.joint
        if joint is not None and axis >= joint:  # values of an input: idle if all is zero there
            kept = [i for i, row in enumerate(moved) if row.any()] or [0]
        else:
            first = {(setting, row): i for i, (setting, row) in reversed(list(enumerate(zip(own, rows, strict=True))))}
            kept = sorted(first.values())
            outcomes = Counter(own[i] for i in kept)
            kept = [i for i in kept if outcomes[own[i]] > 1] or [0]
        settings = list(self.axes.settings)
        settings[axis] = tuple(ranked([own[i] for i in kept]))
        if joint is not None:
            table = np.moveaxis(moved[kept], 0, axis)
            axes = Axes(tuple(settings), self.axes.kinds, joint)
            return _centered(table, self.constant, self.denominator, self.radicand, axes)
        if len(kept) == 1:
            kinds = self.axes.kinds[:axis] + self.axes.kinds[axis + 1 :]
            axes = Axes(tuple(settings[:axis] + settings[axis + 1 :]), kinds, None)
            return PointTable(moved[0], self.constant, self.denominator, self.radicand, axes)
        total = _means(moved, own)[own[0]]
        fresh, factor = _party_form(moved[kept] - total, settings[axis])
        axes = Axes(tuple(settings), self.axes.kinds, None)
        table = np.moveaxis(fresh + total * factor, 0, axis)
        return _without_constant(table, self.constant * factor, self.denominator * factor, self.radicand, axes)


def point_table(functional: BellFunctional) -> PointTable:
    """Return a functional as a table over points."""
    scenario = functional.scenario
    parts, denominator, radicand = exact_parts([*functional.coefficients.ravel(), functional.constant])
    table = over_points(parts[:-1].reshape(*functional.coefficients.shape, -1), scenario)
    return _centered(table, parts[-1], denominator, radicand, axes_of(scenario))


def _centered(table: NDArray[Any], constant: NDArray[Any], denominator: int, radicand: int, axes: Axes) -> PointTable:
    """Return a table of coefficients over points in the form that is unique."""
    if axes.joint is not None:
        outputs = tuple(range(axes.joint))
        count = math.prod(table.shape[i] for i in outputs)
        total = table.sum(axis=outputs)
        constant = constant * count + total.reshape(-1, total.shape[-1]).sum(axis=0)
        return PointTable(table * count - total, constant, denominator * count, radicand, axes)
    for axis, settings in enumerate(axes.settings):
        moved, factor = _party_form(np.moveaxis(table, axis, 0), settings)
        table, constant, denominator = np.moveaxis(moved, 0, axis), constant * factor, denominator * factor
    return _without_constant(table, constant, denominator, radicand, axes)


def _party_form(table: NDArray[Any], settings: Sequence[int]) -> tuple[NDArray[Any], int]:
    """Return deviations from the means over outcomes, plus the sum of the means, all times a factor; return both."""
    factor = math.lcm(*Counter(settings).values())
    table = table * factor
    means = _means(table, settings)
    return table - np.stack([means[s] for s in settings]) + sum(means.values()), factor


def _means(table: NDArray[Any], settings: Sequence[int]) -> dict[int, NDArray[Any]]:
    """Return the mean over the points of each setting; the sums must be divisible."""
    return {s: table[[i for i, own in enumerate(settings) if own == s]].sum(axis=0) // settings.count(s)
            for s in sorted(set(settings))}  # fmt: skip


def _without_constant(
    table: NDArray[Any], constant: NDArray[Any], denominator: int, radicand: int, axes: Axes
) -> PointTable:
    """Move the value for uniform outcomes into the constant."""
    mean = table
    for settings in axes.settings:
        mean = _means(mean, settings)[settings[0]]
    return PointTable(table - mean, constant + mean, denominator, radicand, axes)
