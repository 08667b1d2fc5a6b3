"""Symmetries of data, model and p(x): which equations, and which answers to a setting, they exchange.

A convex program has a solution that is as symmetric as its data, so equations that are exchanged may have one
multiplier. Then z_x(λ) is the same, in whole numbers, wherever a symmetry takes (x, λ), and a maximum over
all of them is one over representatives. What a symmetry is said to be is checked entry by entry.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias, TypeVar, cast

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.relabeled import Move, variable_images
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.exact.numbers import Exact, Floats, common_denominator
from relaxbell.permutations import orbit_numbers
from relaxbell.relabeling import Relabeling
from relaxbell.symmetry.found import ALIKE, equal_entries, table_symmetries
from relaxbell.symmetry.images import strategy_images

N = TypeVar("N", np.float64, np.int64)

_Acting: TypeAlias = tuple[Move, NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]
"""A symmetry: what becomes of strategies, settings, equations and entries of tables."""


@dataclass(frozen=True, eq=False)
class Orbits:
    """What symmetries exchange.

    Attributes
    ----------
    rows
        The orbit of each equation, 0, 1, …
    entries
        The orbit of each entry of the form's tables, that is of a setting together with an answer to it.
    moves
        The symmetries, as maps of strategies with their dependent inputs.
    settings
        What each of them makes of the dependent settings.
    exact
        Whether the right-hand sides are the same in exact numbers.
    """

    rows: NDArray[np.intp]
    entries: NDArray[np.intp]
    moves: tuple[Move, ...]
    settings: tuple[NDArray[np.intp], ...]
    exact: bool

    @property
    def count(self) -> int:
        """Number of orbits of equations."""
        return int(self.rows.max(initial=-1)) + 1

    @cached_property
    def merge(self) -> sp.csr_array:
        """The sums over orbits, as a 0/1 matrix: orbits × equations."""
        size = len(self.rows)
        return sp.csr_array((np.ones(size), (self.rows, np.arange(size))), shape=(self.count, size))

    def summed(self, numbers: Floats) -> Floats:
        """Return sums over the orbits of equations."""
        return np.asarray(np.bincount(self.rows, numbers, self.count), dtype=np.float64)

    def summed_exactly(self, numbers: Exact) -> Exact:
        """Return the same of exact numbers."""
        values = numbers.tolist()
        if not all(isinstance(v, Fraction) for v in values):
            out = np.full(self.count, Fraction(0), dtype=object)
            np.add.at(out, self.rows, numbers)
            return out
        common, sums = common_denominator(values), [0] * self.count
        for orbit, v in zip(self.rows.tolist(), values, strict=True):
            sums[orbit] += v.numerator * (common // v.denominator)
        return np.array([*(Fraction(v, common) for v in sums), None], dtype=object)[:-1]

    def means(self, numbers: Floats) -> Floats:
        """Return means over the orbits of equations: what symmetries make of multipliers, on average."""
        return self.summed(numbers) / np.bincount(self.rows, minlength=self.count)

    @property
    def text(self) -> str:
        """What is merged, to be appended to the name of a solver; empty where nothing is."""
        return f", {len(self.rows):,} rows in {self.count:,} orbits" if self.moves else ""

    def representatives(self, starts: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return one entry of each orbit, of few settings, whose tables begin at `starts`."""
        count = int(self.entries.max(initial=-1)) + 1
        place, missing = np.full(count, -1, dtype=np.intp), np.full(count, True)
        known = [np.unique(self.entries[a:b], return_index=True) for a, b in itertools.pairwise(starts.tolist())]
        gains = [len(own) for own, _ in known]
        while missing.any():
            x = int(np.argmax(gains))
            own, first = known[x]
            new = missing[own]
            if new.sum() < gains[x]:  # others were found meanwhile
                gains[x] = int(new.sum())
                continue
            place[own[new]] = starts[x] + first[new]
            missing[own] = False
        return np.sort(place)

    def images(
        self, assignments: NDArray[np.int64], shares: NDArray[N], most: int
    ) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[N]] | None:
        """Return what the symmetries make of λ with shares of the settings; see `strategy_images`."""
        return strategy_images(self.moves, self.settings, assignments, shares, most)


def alone(form: SettingForm) -> Orbits:
    """Return orbits of one equation each."""
    size = int(form.starts[-1])
    return Orbits(np.arange(len(form.equations.rows)), np.arange(size), (), (), True)


def orbits(form: SettingForm, *, exactly: bool = False) -> Orbits:
    """Return the orbits under the symmetries of the data that the model and p(x) have too.

    With `exactly`, only symmetries under which the right-hand sides stay the same in exact numbers are used.
    """
    equations = form.equations
    behavior = equations.behavior
    if behavior is None or equations.tables is not None:
        return alone(form)
    values = behavior.table if exactly else behavior.p
    table = equal_entries(values, 0.0 if exactly else ALIKE)
    rhs, exact = equations.floats, True
    moves, settings, rows, entries = [], [], [], []
    for move, turned, cells, places in _all_acting(form, behavior, table):
        if abs(rhs[cells] - rhs).max(initial=0.0) > ALIKE:
            continue
        same = exact and equations.same_under(cells)  # once is enough, where it is not needed
        if exactly and not same:
            continue
        exact = same
        moves.append(move)
        settings.append(turned)
        rows.append(cells)
        entries.append(places)
    if not moves:
        return alone(form)
    numbers = orbit_numbers(len(rhs), rows), orbit_numbers(int(form.starts[-1]), entries)
    return Orbits(*numbers, tuple(moves), tuple(settings), exact)


def _all_acting(form: SettingForm, behavior: Behavior, table: NDArray[np.int64]) -> list[_Acting]:
    """Return symmetries of a table that the form has too, as found once for all data with entries alike as there."""
    key = "symmetries", behavior.scenario, table.tobytes()
    known = form.kept.get(key)
    if known is None:
        found = (_acting(form, relabeling) for relabeling in table_symmetries(behavior.scenario, table))
        known = form.kept.put(key, [own for own in found if own is not None])
    return cast("list[_Acting]", known)


def _acting(form: SettingForm, relabeling: Relabeling) -> _Acting | None:
    """Return what a relabeling makes of variables, settings, equations and entries; None where it is no symmetry."""
    model = form.model
    move = variable_images(model.local, relabeling)
    if move is None:
        return None
    settings = form.turned(move)
    if settings is None:
        return None
    turned = settings.tolist()
    places = _entry_images(form, move, turned)
    cells = relabeling.cells(model.outputs, model.inputs)
    if places is None or len(cells) != len(form.equations.rows):
        return None
    keys, data = form.keys
    columns, rows = np.divmod(keys, len(cells))
    after = places[columns] * len(cells) + cells[rows]
    order = np.argsort(after)
    if not (np.array_equal(after[order], keys) and np.array_equal(data[order], data)):
        return None
    return move, settings, cells, places


def _entry_images(form: SettingForm, move: Move, turned: list[int]) -> NDArray[np.intp] | None:
    """Return what each entry of the tables becomes."""
    out = np.empty(int(form.starts[-1]), dtype=np.intp)
    for x, y in enumerate(turned):
        scope, target, shape = form.scopes[x], form.scopes[y], form.shapes[x]
        images = [int(move.variables[v]) for v in scope]
        if sorted(images) != list(target):
            return None
        strides = dict(zip(target, _strides(form.shapes[y]), strict=True))
        number: NDArray[np.intp] = np.zeros(shape, dtype=np.intp)
        for axis, (v, image) in enumerate(zip(scope, images, strict=True)):
            step = move.values[v, : shape[axis]] * strides[image]
            number = number + step.reshape([-1, *[1] * (len(shape) - axis - 1)])
        out[form.starts[x] : form.starts[x + 1]] = form.starts[y] + number.ravel()
    return out


def _strides(shape: tuple[int, ...]) -> list[int]:
    found, step = [], 1
    for size in reversed(shape):
        found.append(step)
        step *= size
    return found[::-1]
