"""Strategies sorted by the settings that depend on the latent variable, and bounds of p(x|λ)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial
from typing import overload

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.behavior.names import name_latex
from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_memory
from relaxbell.causal.structures import single_graph
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import common_denominator
from relaxbell.measures.measure import check_model

_STRATEGY = 24
"""Bytes of a layout for each strategy."""

_LEAST = Fraction(1, 10**300)
"""The least positive probability of a dependent setting: its inverse still is a float."""


@dataclass(frozen=True, eq=False)
class SettingLayout:
    """Strategies sorted by the setting x of the dependent inputs and the rest Λ of the strategy.

    Attributes
    ----------
    names
        The dependent inputs.
    settings
        Values of the dependent inputs that occur (p(x) > 0), N of them.
    weights
        p(x), exact, positive, N of them.
    count
        How many Λ there are, of any size.
    made
        Makes `numbers`.
    """

    names: tuple[str, ...]
    settings: tuple[tuple[int, ...], ...]
    weights: tuple[Fraction, ...]
    count: int
    made: Callable[[], NDArray[np.intp]] = field(repr=False)

    @cached_property
    def numbers(self) -> NDArray[np.intp]:
        """Number of the strategy (x, Λ), shape (N, number of Λ); where they are not too many."""
        return self.made()

    @cached_property
    def denominator(self) -> int:
        """Least common denominator of the weights."""
        return common_denominator(self.weights)

    @cached_property
    def whole_weights(self) -> NDArray[np.float64]:
        """The weights times `denominator`: whole numbers."""
        return np.array([float(w * self.denominator) for w in self.weights])

    @cached_property
    def floats(self) -> NDArray[np.float64]:
        """The weights as floats."""
        return np.array([float(w) for w in self.weights])

    def best_mass(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mass of the best columns of M, where z_x(λ) are `values`, shape (λ, N).

        Settings with z_x > z_x* − 2 have p(x), the one with the largest z_x* all the rest.
        """
        mass = np.where(values > values.max(axis=1)[:, None] - 2, self.floats, 0.0)
        mass[np.arange(len(mass)), values.argmax(axis=1)] += 1 - mass.sum(axis=1)
        return mass

    def whole_mass(self, mass: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the mass of such columns in units of 1 / `denominator`, exactly."""
        weights = self.whole_weights.astype(np.int64)
        star = (mass - self.floats).argmax(axis=1)
        whole = np.where(mass > 0, weights, 0)
        whole[np.arange(len(star)), star] += self.denominator - whole.sum(axis=1)
        return whole

    def rows_of_settings(self, data: NDArray[np.float64], strategies: int) -> sp.csr_array:
        """Return rows for each (x, Λ) with an entry at each (x', Λ), from entries of axes x, Λ, x'."""
        settings, count = self.numbers.shape
        columns = np.broadcast_to(self.numbers.T[None], (settings, count, settings)).ravel().astype(np.int32)
        pointers = np.arange(0, columns.size + 1, settings)
        return sp.csr_array((data.ravel(), columns, pointers), shape=(settings * count, strategies))

    @property
    def latex(self) -> str:
        """The dependent inputs in LaTeX."""
        return ",".join(map(name_latex, self.names))

    def label(self, setting: int) -> str:
        """Return a setting as text."""
        return ",".join(f"{n}={v}" for n, v in zip(self.names, self.settings[setting], strict=True))


def setting_layout(
    model: CausalModel, kind: str = "the layout", needed: Callable[[int, int], int] | None = None
) -> SettingLayout:
    """Return the layout of a model's strategies, which are listed when `SettingLayout.numbers` is asked for.

    Parameters
    ----------
    model
        With dependent inputs.
    kind
        What the layout is for, in messages.
    needed
        Bytes of what will be built with it, from the numbers of settings and of λ; they must fit as well, when the
        strategies are listed.

    Raises
    ------
    MeasureError
        If no input is dependent, one has another parent than the latent variable, or settings are rarer than 1e-300.
    """
    check_model(model, "a measure of dependence")
    single_graph(model, "a measure of dependence")
    names = tuple(node.name for node in model.strategies.nodes if node.name in model.dependent_inputs)
    if not names:
        raise MeasureError(
            f"no input of {model.name} depends on the latent variable, so measurement dependence is zero by "
            'construction. Relax an edge such as "L -> X", or use measurement_dependence(…).'
        )
    for node in model.strategies.nodes:
        if node.name in names and node.parents:
            raise MeasureError(
                f"the dependent input {node.name} also responds to {', '.join(node.parents)}: p({node.name}|…) then "
                "varies with it, and dependence on the latent variable alone is not defined. Remove that edge."
            )
    sizes = tuple(model.cardinality[n] for n in names)
    weights = model.input_distribution.marginal(names).ravel()
    if any(0 < w < _LEAST for w in weights):
        raise MeasureError(
            f"{kind}({','.join(names)}:Λ) of settings with a positive probability below 1e-300, expected 0 or at least "
            "that: it is divided by, in floats too. Give 0 to leave a setting out."
        )
    occurring = [i for i, w in enumerate(weights) if w > 0]
    count = model.strategies.count // math.prod(sizes)

    numbers = partial(_numbers, model, kind, names, tuple(occurring), needed or nothing_else)
    settings = tuple(tuple(int(v) for v in np.unravel_index(i, sizes)) for i in occurring)
    return SettingLayout(names, settings, tuple(Fraction(weights[i]) for i in occurring), count, numbers)


def joint_weights(
    model: CausalModel, layout: SettingLayout, strategies: Sequence[int], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return q(x, Λ) of the Λ that occur, shape (settings, Λ), from weights of some strategies."""
    assignments = model.local.assignments(strategies)
    own = [model.local.variable(name, {}) for name in layout.names]
    number = {setting: x for x, setting in enumerate(layout.settings)}
    chosen = [number.get(tuple(row), -1) for row in assignments[:, own].tolist()]
    assignments[:, own] = 0
    _, place = np.unique(assignments, axis=0, return_inverse=True)
    used = np.flatnonzero(np.array(chosen) >= 0)
    out = np.zeros((len(layout.settings), int(place.max(initial=-1)) + 1))
    np.add.at(out, (np.array(chosen)[used], place.ravel()[used]), weights[used])
    return out


def _numbers(
    model: CausalModel, kind: str, names: tuple[str, ...], occurring: tuple[int, ...], needed: Callable[[int, int], int]
) -> NDArray[np.intp]:
    """Return all strategies, sorted by setting and Λ."""
    strategies = model.strategies
    strategies.check_listed()
    sizes = math.prod(model.cardinality[n] for n in names)
    count = strategies.count // sizes
    check_memory(
        f"{kind}({','.join(names)}:Λ) of {len(occurring):,} settings and {count:,} values of Λ in {model.name}",
        _STRATEGY * strategies.count + needed(len(occurring), count),
        "Reduce the settings or the outcomes.",
    )
    shape = tuple(node.functions for node in strategies.nodes)
    axes = [i for i, node in enumerate(strategies.nodes) if node.name in names]
    table = np.moveaxis(np.arange(strategies.count).reshape(shape), axes, range(len(axes)))
    return np.asarray(table.reshape(sizes, -1)[list(occurring)])


def nothing_else(settings: int, count: int) -> int:
    """Return how many bytes besides the layout itself are needed: none."""
    return 0


class Labels(Sequence[str]):
    """Labels made when they are read; a dependence can have a million rows."""

    def __init__(self, count: int, make: Callable[[int], str]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(self._make(i) for i in range(*index.indices(self._count)))
        return self._make(range(self._count)[index])
