"""Symmetries of data, model and p(x): which equations, and which answers to a setting, they exchange.

A convex program has a solution that is as symmetric as its data, so equations that are exchanged may have one
multiplier. Then z_x(λ) is the same, in whole numbers, wherever a symmetry takes (x, λ), and a maximum over
all of them is one over representatives. What a symmetry is said to be is checked entry by entry.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.linear.priced.orbits import Move, variable_images
from relaxbell.exact.numbers import Floats
from relaxbell.relabeling import Relabeling
from relaxbell.symmetry.found import equal_entries, table_symmetries

ALIKE = 1e-12
"""Probabilities that differ by less count as equal."""


N = TypeVar("N", np.float64, np.int64)


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

    def summed(self, numbers: Floats) -> Floats:
        """Return sums over the orbits of equations."""
        return np.asarray(np.bincount(self.rows, numbers, self.count), dtype=np.float64)

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
        """Return what the symmetries make of strategies with shares of the settings, each pair once.

        Parameters
        ----------
        assignments
            Values of all variables, one row for each strategy λ.
        shares
            Numbers that belong to the settings, one row for each λ.
        most
            None is returned where there are more images.

        Returns
        -------
        images, origin, shares
            Which strategy each image comes from, and its numbers, moved with the settings.
        """
        kinds, place = np.unique(shares, return_inverse=True)
        found, origin, own = assignments, np.arange(len(assignments)), place.reshape(shares.shape)
        known = _keys(found, own, origin)
        fresh, source, numbers = found, origin, own
        while self.moves and len(fresh):
            made = np.concatenate([move(fresh) for move in self.moves])
            turned = np.concatenate([_turned(numbers, settings) for settings in self.settings])
            sources = np.concatenate([source] * len(self.moves))
            keys, first = np.unique(_keys(made, turned, sources), return_index=True)
            new = first[~np.isin(keys, known)]
            fresh, source, numbers = made[new], sources[new], turned[new]
            known = np.concatenate([known, _keys(fresh, numbers, source)])
            found, origin = np.concatenate([found, fresh]), np.concatenate([origin, source])
            own = np.concatenate([own, numbers])
            if len(found) > most:
                return None
        return found, origin, kinds[own]


def _turned(numbers: NDArray[np.intp], settings: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return numbers of settings where the settings have become others."""
    out = np.empty_like(numbers)
    out[:, settings] = numbers
    return out


def _keys(assignments: NDArray[np.int64], numbers: NDArray[np.intp], origin: NDArray[np.intp]) -> NDArray[np.void]:
    joint = np.ascontiguousarray(np.concatenate([assignments, numbers, origin[:, None]], axis=1).astype(np.int32))
    return joint.view(np.dtype((np.void, joint.dtype.itemsize * joint.shape[1]))).ravel()


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
    for relabeling in table_symmetries(behavior.scenario, table):
        found = _acting(form, relabeling)
        if found is None:
            continue
        move, turned, cells, places = found
        if abs(rhs[cells] - rhs).max(initial=0.0) > ALIKE:
            continue
        same = bool((equations.rhs[cells] == equations.rhs).all())
        if exactly and not same:
            continue
        exact = exact and same
        moves.append(move)
        settings.append(turned)
        rows.append(cells)
        entries.append(places)
    if not moves:
        return alone(form)
    return Orbits(components(rows), components(entries), tuple(moves), tuple(settings), exact)


def components(permutations: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    """Return the orbit of each number under some permutations of them: 0, 1, and so on."""
    label = np.arange(len(permutations[0]))
    while True:
        least = label.copy()
        for images in permutations:
            np.minimum(least, least[images], out=least)
            np.minimum.at(least, images, least)
        least = least[least]  # where a number's least one goes, it goes
        if (least == label).all():
            return np.asarray(np.unique(label, return_inverse=True)[1].ravel(), dtype=np.intp)
        label = least


def _acting(
    form: SettingForm, relabeling: Relabeling
) -> tuple[Move, NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]] | None:
    """Return what a relabeling makes of variables, settings, equations and entries; None where it is no symmetry."""
    model, layout = form.model, form.layout
    move = variable_images(model, relabeling)
    if move is None:
        return None
    own = {v: i for i, v in enumerate(form.dependent)}
    images = [own.get(int(move.variables[v])) for v in form.dependent]
    if None in images:
        return None
    number = {setting: x for x, setting in enumerate(layout.settings)}
    turned = []
    for setting in layout.settings:
        image = [0] * len(setting)
        for i, value in enumerate(setting):
            place = images[i]
            assert place is not None  # checked
            image[place] = int(move.values[form.dependent[i], value])
        turned.append(number.get(tuple(image), -1))
    if min(turned) < 0 or any(layout.weights[x] != layout.weights[y] for x, y in enumerate(turned)):
        return None
    places = _entry_images(form, move, turned)
    cells = relabeling.cells(model.outputs, model.inputs)
    if places is None or len(cells) != len(form.equations.rows):
        return None
    before = form.entries.tocoo()
    after = sp.csc_array(sp.coo_array((before.data, (cells[before.row], places[before.col])), shape=before.shape))
    if abs(after - form.entries).max():
        return None
    return move, np.array(turned, dtype=np.intp), cells, places


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
