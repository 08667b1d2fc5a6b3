"""Rows of a program that a symmetry of data and model exchanges: merged, they make a smaller program.

A convex program has a solution that is as symmetric as its data, so the sums of exchanged rows say as much as the rows.
Nothing that is claimed depends on it: bounds are evaluated with all rows and all strategies.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.causal.relabeled import Move, variable_images
from relaxbell.engines.linear.priced.form import PricedForm
from relaxbell.engines.linear.program import all_leaves
from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.numbers import to_floats
from relaxbell.permutations import group_order, orbit_numbers
from relaxbell.results import Variables
from relaxbell.symmetry.found import ALIKE, equal_entries, table_symmetries
from relaxbell.symmetry.groups import places_of
from relaxbell.symmetry.images import strategy_images

_LARGEST_GROUP = 1024
"""Symmetries are used as long as they generate a group of this order at most: strategies have so many images."""

_MOST_VALUES = 2**25
"""Most values of variables in all images of strategies."""


@dataclass(frozen=True, eq=False)
class Orbits:
    """Which rows of a program are exchanged.

    Attributes
    ----------
    merge
        The sums over orbits, as a 0/1 matrix: orbits × rows of the program.
    moves
        The symmetries behind it.
    settings
        What each makes of the settings, where columns have a mass at each of them after the values of variables.
    """

    merge: sp.csr_array
    moves: tuple[Move, ...]
    settings: tuple[NDArray[np.intp], ...] = ()

    def images(self, assignments: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]] | None:
        """Return what the symmetries make of strategies, each once for each one that it comes from, and from which.

        None where they are too many.
        """
        most = _MOST_VALUES // max(1, assignments.shape[1])
        settings = self.settings or (np.zeros(0, dtype=np.intp),) * len(self.moves)
        split = assignments.shape[1] - (len(settings[0]) if settings else 0)
        found = strategy_images(self.moves, settings, assignments[:, :split], assignments[:, split:], most)
        return None if found is None else (np.concatenate([found[0], found[2]], axis=1), found[1])


def single_rows(form: PricedForm) -> Orbits:
    """Return orbits of one row each."""
    return Orbits(sp.csr_array(sp.identity(form.map.shape[0], format="csr")), ())


def orbits(form: PricedForm, model: CausalModel) -> Orbits:
    """Return the orbits of a program's rows under the symmetries of its data that are some of the model, too.

    Where no behavior is given, symmetries are sought among those of the form's table.
    """
    equations = form.problem.equations
    if equations.exponents is not None:
        return single_rows(form)
    if equations.behavior is not None:
        scenario: Variables = equations.behavior.scenario
        table = equal_entries(to_floats(equations.behavior.table), ALIKE)
    elif form.like is not None:
        scenario, table = model.scenario, equal_entries(to_floats(form.like), ALIKE)
    else:
        return single_rows(form)
    signatures = _Signatures(form.rows)
    rhs = equations.floats
    kept: list[Move] = []
    permutations: list[NDArray[np.intp]] = []
    images: list[Sequence[int]] = []
    own_colors = {name: i for i, name in enumerate((*scenario.outputs, *scenario.inputs))}
    colors = [own_colors[name] for name, _, _ in places_of(scenario)]
    for relabeling in (*table_symmetries(scenario, table, colors), *table_symmetries(scenario, table)):
        move = variable_images(model.local, relabeling)
        rows = None if move is None else signatures.images(move, form)
        if move is None or rows is None or abs(rhs[rows[: len(rhs)]] - rhs).max(initial=0.0) > ALIKE:
            continue
        points = _points(model, move)
        if group_order([*images, points]) > _LARGEST_GROUP:
            continue
        kept.append(move)
        permutations.append(rows)
        images.append(points)
    if not kept:
        return single_rows(form)
    return Orbits(_merged(form, orbit_numbers(len(form.rows), permutations)), tuple(kept))


def _merged(form: PricedForm, label: NDArray[np.intp]) -> sp.csr_array:
    """Return the sums of the program's rows whose own rows are in one orbit."""
    program, height = form.program, form.map.shape[0]
    starts = np.concatenate([[0], np.cumsum([len(rows) for rows in form.blocks])])
    own = -1 - np.arange(height)  # alone, unless it belongs to a row of data or measures
    own[program.equations] = label[: starts[1]]
    leaves = list(all_leaves(form.problem))
    for number, (leaf, start) in enumerate(zip(leaves, starts[1:], strict=False), 1):
        slot = program.slots.get(leaf)
        if slot is None or slot.fixed:
            continue
        first = form.alike[number]
        for sign, (rows, _) in enumerate(slot.blocks):
            if rows.stop - rows.start == len(leaf.rows):
                own[rows] = label[start : start + len(leaf.rows)] + (2 * first + sign) * len(label)
    _, place = np.unique(own, return_inverse=True)
    return sp.csr_array((np.ones(height), (place.ravel(), np.arange(height))), shape=(int(place.max()) + 1, height))


class _Signatures:
    """Numbers that tell rows apart: their values where variables are independent with random weights of sum one.

    A row is a polynomial in these weights, linear in those of each variable, modulo 2^64. So rows that are the same for
    all strategies have the same number however they are written, such as Σ p = 1 at one setting and at another.
    """

    def __init__(self, rows: LocalRows) -> None:
        rng = np.random.default_rng(0)
        self._rows = rows
        self._hash = rng.integers(0, 2**64, (len(rows.domains), max(rows.domains, default=1)), dtype=np.uint64)
        for own, size in zip(self._hash, rows.domains, strict=True):
            own[:1] = 1 - own[1:size].sum(dtype=np.uint64, keepdims=True)
        self._own = self._of(self._hash)

    def images(self, move: Move, form: PricedForm) -> NDArray[np.intp] | None:
        """Return what each row becomes, within its block; None where some become no rows."""
        other = self._of(self._hash[move.variables[:, None], move.values])
        found, start = np.empty(len(other), dtype=np.intp), 0
        for _, blocks in itertools.groupby(range(len(form.blocks)), form.alike.__getitem__):
            count = sum(len(form.blocks[k]) for k in blocks)
            place = slice(start, start + count)
            order = np.argsort(self._own[place], kind="stable")
            ranked = self._own[place][order]
            where = np.minimum(np.searchsorted(ranked, other[place]), max(count - 1, 0))
            if (ranked[where] != other[place]).any():
                return None
            found[place] = start + order[where]
            start += count
        return found

    def _of(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
        total = np.zeros(len(self._rows), dtype=np.uint64)
        for part in self._rows.parts:
            shape = part.values.shape
            weights = np.ones(shape, dtype=np.uint64)
            for k in range(len(shape) - 1):
                own = hashes[part.scopes[:, k], : shape[k + 1]]
                weights *= own.reshape(shape[0], *(shape[k + 1] if j == k else 1 for j in range(len(shape) - 1)))
            np.add.at(total, part.rows.ravel(), (weights * part.values.astype(np.uint64)).ravel())
        return total


def _points(model: CausalModel, move: Move) -> list[int]:
    """Return a symmetry as a permutation of all values of all variables."""
    domains = model.local.domains
    starts = np.concatenate([[0], np.cumsum(domains)])
    return [int(starts[move.variables[v]] + move.values[v, a]) for v in range(len(domains)) for a in range(domains[v])]
