"""What a dual vector says of a strategy, setting by setting: z_x(λ) as one small table for each dependent setting x.

At a dependent setting x a strategy visits few cells, which depend on few of its variables; so z_x(λ), the sum of the
multipliers of the equations there, is a table over these. All measures of dependence are maximized over λ from them.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import Equations
from relaxbell.causal.model import CausalModel
from relaxbell.causal.relabeled import Move
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.elimination import Elimination, WidthError
from relaxbell.exact.kept import Kept
from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import left
from relaxbell.measures.settings import SettingLayout

LARGEST_TABLE = 2**22
"""Most entries of all tables of one form."""


_MOST_KEPT = 16
"""How many patterns of data, and searches, a form keeps what it made for."""

LARGEST_SUM = 2**26
"""Most numbers of a table while a variable is eliminated: half a gigabyte."""


MOST_WORK = 2**34
"""Numbers that are added for one maximum; beyond this a step takes minutes."""

_SPEED = 5e8
"""Additions of a second, about."""


def planned(
    model: CausalModel, domains: Sequence[int], scopes: Sequence[Sequence[int]], choices: int = 2**12
) -> Elimination:
    """Return how the largest sum of tables is found.

    Raises
    ------
    ModelTooLargeError
        If that needs a table that does not fit in memory, or without a time limit more than a few minutes.
    """
    try:
        found = Elimination(domains, scopes, most=LARGEST_SUM, choices=choices)
    except WidthError as wide:
        raise ModelTooLargeError(
            f"the best strategy of {model.name} needs a table of {wide.size:,} numbers, "
            f"{8 * wide.size / 2**30:,.3g} GiB, expected at most {LARGEST_SUM:,}: one for all answers of the party "
            "with fewer. Reduce its settings or its outcomes."
        ) from None
    check_work(model, found.additions)
    return found


def largest_of_tables(form: SettingForm, plan: Elimination, tables: Sequence[NDArray[Any]]) -> int:
    """Return the largest sum of one table of whole numbers for each setting, exactly.

    Where most are constant, as of multipliers of few settings, they need no plan of all.
    """
    rest = [x for x, table in enumerate(tables) if (table != table.ravel()[0]).any()]
    if 2 * len(rest) > len(tables):
        return int(plan.largest_sum(tables))
    known = sum(int(table.ravel()[0]) for x, table in enumerate(tables) if x not in set(rest))
    few = planned(form.model, form.model.local.domains, [form.scopes[x] for x in rest])
    return known + int(few.largest_sum([tables[x] for x in rest]))


def check_work(model: CausalModel, additions: int) -> None:
    """Raise ModelTooLargeError if each step takes minutes, and no time limit says that they may be spent.

    Raises
    ------
    ModelTooLargeError
        With the time that a step would take.
    """
    if additions > MOST_WORK and math.isinf(left()):
        raise ModelTooLargeError(
            f"the best strategy of {model.name} takes about {additions:.2g} additions, {additions / _SPEED / 60:.2g} "
            f"minutes, and is sought at each of many steps; expected at most {MOST_WORK:.2g}. Reduce the settings or "
            "the outcomes of the party that has fewer. Give seconds=60 for a lower bound."
        )


@dataclass(frozen=True, eq=False)
class _Group:
    """Settings whose tables have one shape, and are sums of as many pieces."""

    settings: NDArray[np.intp]
    rows: NDArray[np.intp]
    """Row of each entry of each piece, shape (settings, pieces, …)."""
    values: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SettingForm:
    """The tables behind z_x(λ), for all dependent settings x that occur.

    Attributes
    ----------
    model, equations, layout
        What is solved.
    scopes
        For each setting the variables that its table depends on, ascending.
    groups
        Tables of one shape together.
    kept
        What depends on these tables and on which entries of data are alike, not on the data: shared by `at`.
    """

    model: CausalModel
    equations: Equations
    layout: SettingLayout
    scopes: tuple[tuple[int, ...], ...]
    groups: tuple[_Group, ...]
    kept: Kept[object] = field(default_factory=lambda: Kept(_MOST_KEPT))

    @classmethod
    def of(cls, model: CausalModel, equations: Equations, layout: SettingLayout) -> SettingForm | None:
        """Return the form; None where the equations are no small tables, or the tables would be large."""
        if not isinstance(equations.rows, LocalRows):
            return None
        pieces = list(_pieces(model, equations.rows, layout))
        domains = model.local.domains
        scopes = tuple(tuple(sorted({v for scope, _, _ in own for v in scope})) for own in pieces)
        sizes = [math.prod(domains[v] for v in scope) * len(own) for scope, own in zip(scopes, pieces, strict=True)]
        if sum(sizes) > LARGEST_TABLE:
            return None
        kinds: dict[tuple[tuple[int, ...], int], list[int]] = {}
        for x, (scope, own) in enumerate(zip(scopes, pieces, strict=True)):
            kinds.setdefault((tuple(domains[v] for v in scope), len(own)), []).append(x)
        groups = []
        for (shape, count), members in kinds.items():
            rows = np.empty((len(members), count, *shape), dtype=np.intp)
            values = np.empty((len(members), count, *shape), dtype=np.int64)
            for i, x in enumerate(members):
                for k, (scope, places, table) in enumerate(pieces[x]):
                    fitted = tuple(domains[v] if v in scope else 1 for v in scopes[x])
                    rows[i, k], values[i, k] = places.reshape(fitted), table.reshape(fitted)
            groups.append(_Group(np.array(members), rows, values))
        return cls(model, equations, layout, scopes, tuple(groups))

    def at(self, equations: Equations) -> SettingForm:
        """Return the form at other right-hand sides of the same rows."""
        other = copy.copy(self)  # with all that is known of the tables
        other.__dict__["equations"] = equations
        return other

    # -------------------------------------------------------------------- tables

    @cached_property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of each setting's table."""
        domains = self.model.local.domains
        return [tuple(domains[v] for v in scope) for scope in self.scopes]

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """Where each setting's table begins in `flat`."""
        sizes = [math.prod(shape) for shape in self.shapes]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)

    def flat(self, z: NDArray[Any]) -> NDArray[Any]:
        """Return all tables of z_x(λ), one after the other: floats or whole numbers, as z is."""
        out = np.empty(int(self.starts[-1]), dtype=z.dtype)
        for group, places in zip(self.groups, self._places, strict=True):
            out[places] = (z[group.rows] * group.values).sum(axis=1).reshape(len(group.settings), -1)
        return out

    def tables(self, flat: NDArray[Any]) -> list[NDArray[Any]]:
        """Return the table of each setting from what `flat` gives."""
        pairs = itertools.pairwise(self.starts.tolist())
        return [flat[a:b].reshape(shape) for (a, b), shape in zip(pairs, self.shapes, strict=True)]

    @cached_property
    def _places(self) -> list[NDArray[np.intp]]:
        sizes = [group.rows[0, 0].size for group in self.groups]
        return [
            self.starts[group.settings][:, None] + np.arange(size)
            for group, size in zip(self.groups, sizes, strict=True)
        ]

    # ---------------------------------------------------------------- strategies

    def cells(self, assignments: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return where each λ, given by the values of all variables, is in `flat`: shape (λ, settings)."""
        out = np.empty((len(assignments), len(self.scopes)), dtype=np.intp)
        for group in self.groups:
            shape = self.shapes[int(group.settings[0])]
            scopes = np.array([self.scopes[int(x)] for x in group.settings], dtype=np.intp)
            number = np.zeros((len(assignments), len(group.settings)), dtype=np.intp)
            for k, size in enumerate(shape):
                number = number * size + assignments[:, scopes[:, k]]
            out[:, group.settings] = self.starts[group.settings] + number
        return out

    @cached_property
    def entries(self) -> sp.csc_array:
        """The rows of the equations over the entries of `flat`: column j is what visiting entry j adds to them."""
        rows, columns, data = [], [], []
        for group, places in zip(self.groups, self._places, strict=True):
            count = group.rows.shape[1]
            where = np.broadcast_to(places[:, None, :], (len(places), count, places.shape[1]))
            used = group.values.reshape(where.shape) != 0
            rows.append(group.rows.reshape(where.shape)[used])
            columns.append(where[used])
            data.append(group.values.reshape(where.shape)[used])
        pairs = np.concatenate(rows), np.concatenate(columns)
        shape = (len(self.equations.rows), int(self.starts[-1]))
        return sp.csc_array(sp.coo_array((np.concatenate(data).astype(np.float64), pairs), shape=shape))

    @cached_property
    def keys(self) -> tuple[NDArray[np.int64], Floats]:
        """Where `entries` is not zero, column · rows + row, ascending; and what it is there."""
        own = self.entries.tocoo()
        keys = own.col.astype(np.int64) * len(self.equations.rows) + own.row
        order = np.argsort(keys)
        return keys[order], np.asarray(own.data[order], dtype=np.float64)

    @cached_property
    def mass(self) -> int:
        """The largest Σ |coefficient| of an entry of `flat`: how much larger z_x(λ) may be than z."""
        return int(abs(self.entries).sum(axis=0).max(initial=0.0))

    @cached_property
    def dependent(self) -> tuple[int, ...]:
        """The variables that are the dependent inputs themselves, in the order of the layout's names."""
        return tuple(self.model.local.variable(name, {}) for name in self.layout.names)

    def turned(self, move: Move) -> NDArray[np.intp] | None:
        """Return what a symmetry makes of the dependent settings; None where it is none of them and of p(x)."""
        layout, own = self.layout, {v: i for i, v in enumerate(self.dependent)}
        images = [own.get(int(move.variables[v]), -1) for v in self.dependent]
        if min(images, default=0) < 0:
            return None
        number = {setting: x for x, setting in enumerate(layout.settings)}
        turned = []
        for setting in layout.settings:
            image = [0] * len(setting)
            for i, value in enumerate(setting):
                image[images[i]] = int(move.values[self.dependent[i], value])
            turned.append(number.get(tuple(image), -1))
        if min(turned) < 0 or any(layout.weights[x] != layout.weights[y] for x, y in enumerate(turned)):
            return None
        return np.array(turned, dtype=np.intp)

    def full(self, assignments: NDArray[np.int64], settings: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the strategies (x, λ), one for each pair of a λ and a setting."""
        out = assignments.copy()
        chosen = np.array(self.layout.settings, dtype=np.int64)[settings]
        for k, v in enumerate(self.dependent):
            out[:, v] = chosen[:, k]
        return out


def _pieces(
    model: CausalModel, rows: LocalRows, layout: SettingLayout
) -> list[list[tuple[tuple[int, ...], NDArray[np.intp], NDArray[np.int64]]]]:
    """Return for each dependent setting its tables: scope without the dependent inputs, rows, values."""
    own = {model.local.variable(name, {}): i for i, name in enumerate(layout.names)}
    number = {setting: x for x, setting in enumerate(layout.settings)}
    found: list[list[tuple[tuple[int, ...], NDArray[np.intp], NDArray[np.int64]]]] = [[] for _ in layout.settings]
    for part in rows.parts:
        for scope, at, values in zip(part.scopes.tolist(), part.rows, part.values, strict=True):
            axes = [k for k, v in enumerate(scope) if v in own]
            names = [own[scope[k]] for k in axes]
            rest = tuple(v for v in scope if v not in own)
            front, back = np.moveaxis(values, axes, range(len(axes))), np.moveaxis(at, axes, range(len(axes)))
            used = front.reshape(*front.shape[: len(axes)], -1).any(axis=-1)
            for place in np.argwhere(used).tolist():
                known = dict(zip(names, place, strict=True))
                for x in _matching(number, known, len(layout.names)):
                    found[x].append((rest, back[tuple(place)], front[tuple(place)]))
    return [_merged(pieces) for pieces in found]


def _matching(number: dict[tuple[int, ...], int], known: dict[int, int], count: int) -> Iterator[int]:
    """Yield the settings that occur and have the known values."""
    if len(known) == count:
        x = number.get(tuple(known[i] for i in range(count)))
        if x is not None:
            yield x
        return
    for setting, x in number.items():
        if all(setting[i] == v for i, v in known.items()):
            yield x


def _merged(
    pieces: Sequence[tuple[tuple[int, ...], NDArray[np.intp], NDArray[np.int64]]],
) -> list[tuple[tuple[int, ...], NDArray[np.intp], NDArray[np.int64]]]:
    """Return the tables with those of one scope that never meet written into one."""
    found: list[tuple[tuple[int, ...], NDArray[np.intp], NDArray[np.int64]]] = []
    for scope, rows, values in pieces:
        for i, (other, at, table) in enumerate(found):
            if other == scope and not ((table != 0) & (values != 0)).any():
                found[i] = scope, np.where(values != 0, rows, at), table + values
                break
        else:
            found.append((scope, rows, values))
    return found
