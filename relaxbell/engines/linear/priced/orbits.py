"""Rows of a program that a symmetry of data and model exchanges: merged, they make a smaller program.

A convex program has a solution that is as symmetric as its data, so the sums of exchanged rows say as much as the rows.
Nothing that is claimed depends on it: bounds are evaluated with all rows and all strategies.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.engines.linear.priced.form import PricedForm
from relaxbell.engines.linear.program import all_leaves
from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.numbers import to_floats
from relaxbell.permutations import group_order
from relaxbell.relabeling import Relabeling
from relaxbell.symmetry.found import equal_entries, table_symmetries
from relaxbell.symmetry.groups import places_of

_ALIKE = 1e-12
"""Probabilities that differ by less count as equal."""

_LARGEST_GROUP = 1024
"""Symmetries are used as long as they generate a group of this order at most: strategies have so many images."""

_MOST_VALUES = 2**25
"""Most values of variables in all images of strategies."""


@dataclass(frozen=True, eq=False)
class Move:
    """A symmetry as a map of the variables behind the strategies.

    Attributes
    ----------
    variables
        What each variable becomes.
    values
        What each of its values becomes, shape (variables, largest domain).
    """

    variables: NDArray[np.intp]
    values: NDArray[np.intp]

    def __call__(self, assignments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what strategies become, one row for each."""
        out = np.empty_like(assignments)
        out[:, self.variables] = self.values[np.arange(len(self.variables)), assignments]
        return out


@dataclass(frozen=True, eq=False)
class Orbits:
    """Which rows of a program are exchanged.

    Attributes
    ----------
    merge
        The sums over orbits, as a 0/1 matrix: orbits × rows of the program.
    moves
        The symmetries behind it.
    """

    merge: sp.csr_array
    moves: tuple[Move, ...]

    def images(self, assignments: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]] | None:
        """Return what the symmetries make of strategies, each once for each one that it comes from, and from which.

        None where they are too many.
        """
        most = _MOST_VALUES // max(1, assignments.shape[1])
        if not self.moves:
            return assignments, np.arange(len(assignments))
        found, origin = assignments, np.arange(len(assignments))
        known = _keys(found, origin)
        fresh, source = found, origin
        while len(fresh):
            made = np.concatenate([move(fresh) for move in self.moves])
            origins = np.concatenate([source] * len(self.moves))
            keys = _keys(made, origins)
            keys, first = np.unique(keys, return_index=True)
            new = ~np.isin(keys, known)
            fresh, source = made[first[new]], origins[first[new]]
            known = np.concatenate([known, keys[new]])
            found, origin = np.concatenate([found, fresh]), np.concatenate([origin, source])
            if len(found) > most:
                return None
        return found, origin


def _keys(assignments: NDArray[np.int64], origins: NDArray[np.intp]) -> NDArray[np.void]:
    joint = np.ascontiguousarray(np.concatenate([assignments, origins[:, None]], axis=1).astype(np.int32))
    return joint.view(np.dtype((np.void, joint.dtype.itemsize * joint.shape[1]))).ravel()


def single_rows(form: PricedForm) -> Orbits:
    """Return orbits of one row each."""
    return Orbits(sp.csr_array(sp.identity(form.map.shape[0], format="csr")), ())


def orbits(form: PricedForm, model: CausalModel) -> Orbits:
    """Return the orbits of a program's rows under the symmetries of its data that are some of the model, too."""
    equations = form.problem.equations
    if equations.behavior is None or equations.exponents is not None:
        return single_rows(form)
    scenario = equations.behavior.scenario
    table = equal_entries(to_floats(equations.behavior.table), _ALIKE)
    signatures = _Signatures(form.rows)
    rhs = equations.floats
    kept: list[Move] = []
    permutations: list[NDArray[np.intp]] = []
    images: list[Sequence[int]] = []
    own_colors = {name: i for i, name in enumerate((*scenario.outputs, *scenario.inputs))}
    colors = [own_colors[name] for name, _, _ in places_of(scenario)]
    for relabeling in (*table_symmetries(scenario, table, colors), *table_symmetries(scenario, table)):
        move = variable_images(model, relabeling)
        rows = None if move is None else signatures.images(move, form)
        if move is None or rows is None or abs(rhs[rows[: len(rhs)]] - rhs).max(initial=0.0) > _ALIKE:
            continue
        points = _points(model, move)
        if group_order([*images, points]) > _LARGEST_GROUP:
            continue
        kept.append(move)
        permutations.append(rows)
        images.append(points)
    if not kept:
        return single_rows(form)
    n = len(form.rows)
    links = sp.csr_array(
        (np.ones(n * len(kept)), (np.tile(np.arange(n), len(kept)), np.concatenate(permutations))), shape=(n, n)
    )
    _, label = sp.csgraph.connected_components(links, directed=False)
    return Orbits(_merged(form, np.asarray(label, dtype=np.intp)), tuple(kept))


def _merged(form: PricedForm, label: NDArray[np.intp]) -> sp.csr_array:
    """Return the sums of the program's rows whose own rows are in one orbit."""
    program, height = form.program, form.map.shape[0]
    starts = np.concatenate([[0], np.cumsum([len(rows) for rows in form.blocks])])
    own = -1 - np.arange(height)  # alone, unless it belongs to a row of data or measures
    own[program.equations] = label[: starts[1]]
    leaves = list(all_leaves(form.problem))
    blocks = itertools.count(1)
    for leaf, start in zip(leaves, starts[1:], strict=False):
        slot = program.slots.get(leaf)
        if slot is None or slot.fixed:
            continue
        for rows, _ in slot.blocks:
            if rows.stop - rows.start == len(leaf.rows):
                own[rows] = label[start : start + len(leaf.rows)] + next(blocks) * len(label)
    _, place = np.unique(own, return_inverse=True)
    return sp.csr_array((np.ones(height), (place.ravel(), np.arange(height))), shape=(int(place.max()) + 1, height))


class _Signatures:
    """Numbers that tell rows apart: sums over their entries of what a hash makes of variables, values and entry."""

    def __init__(self, rows: LocalRows) -> None:
        rng = np.random.default_rng(0)
        self._rows = rows
        self._hash = rng.integers(0, 2**64, (len(rows.domains), max(rows.domains, default=1)), dtype=np.uint64)
        self._own = self._of(self._hash)

    def images(self, move: Move, form: PricedForm) -> NDArray[np.intp] | None:
        """Return what each row becomes, within its block; None where some become no rows."""
        other = self._of(self._hash[move.variables[:, None], move.values])
        found, start = np.empty(len(other), dtype=np.intp), 0
        for block in form.blocks:
            place = slice(start, start + len(block))
            order = np.argsort(self._own[place], kind="stable")
            ranked = self._own[place][order]
            where = np.minimum(np.searchsorted(ranked, other[place]), max(len(block) - 1, 0))
            if (ranked[where] != other[place]).any():
                return None
            found[place] = start + order[where]
            start += len(block)
        return found

    def _of(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
        total = np.zeros(len(self._rows), dtype=np.uint64)
        for part in self._rows.parts:
            shape = part.values.shape
            keys = np.zeros(shape, dtype=np.uint64)
            for k in range(len(shape) - 1):
                own = hashes[part.scopes[:, k], : shape[k + 1]]
                keys += own.reshape(shape[0], *(shape[k + 1] if j == k else 1 for j in range(len(shape) - 1)))
            keys = (keys ^ (keys >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
            keys = (keys ^ (keys >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
            keys ^= keys >> np.uint64(31)
            np.add.at(total, part.rows.ravel(), (keys * part.values.astype(np.uint64)).ravel())
        return total


def _points(model: CausalModel, move: Move) -> list[int]:
    """Return a symmetry as a permutation of all values of all variables."""
    domains = model.local.domains
    starts = np.concatenate([[0], np.cumsum(domains)])
    return [int(starts[move.variables[v]] + move.values[v, a]) for v in range(len(domains)) for a in range(domains[v])]


def variable_images(model: CausalModel, relabeling: Relabeling) -> Move | None:
    """Return what a relabeling makes of the variables; None where it leaves the model."""
    local = model.local
    known = {node.name: node for node in local.nodes}
    variables: list[int] = []
    values = np.zeros((len(local.domains), max(local.domains, default=1)), dtype=np.intp)
    for node in local.nodes:
        target = known.get(relabeling.moves.get(node.name, node.name))
        if target is None or target.cardinality != node.cardinality:
            return None
        if {relabeling.moves.get(u, u) for u in node.parents} != set(target.parents):
            return None
        for setting in itertools.product(*map(range, node.radices)):
            seen = dict(zip(node.parents, setting, strict=True))
            images = {}
            for name in node.parents:
                renamed = _renamed(name, seen, relabeling)
                if renamed is None:
                    return None
                images[relabeling.moves.get(name, name)] = renamed[seen[name]] if renamed else seen[name]
            own = _renamed(node.name, seen, relabeling)
            if own is None:
                return None
            place = len(variables)
            variables.append(local.variable(target.name, images))
            values[place, : node.cardinality] = own or range(node.cardinality)
    return Move(np.array(variables, dtype=np.intp), values)


def _renamed(name: str, seen: Mapping[str, int], relabeling: Relabeling) -> tuple[int, ...] | None:
    """Return what the values of a variable become; () for a hidden node, None where that is not seen."""
    if name in relabeling.settings:
        return relabeling.settings[name]
    rows = relabeling.outcomes.get(name)
    if rows is None:
        return ()
    if all(row == rows[0] for row in rows):
        return rows[0]
    own = relabeling.parties[name]
    return None if own is None or own not in seen else rows[seen[own]]
