"""Symmetries of a behavior that act on one group and the center only.

Such a symmetry g changes q^a and leaves the marginals of all other groups alone. With these fixed, the measure is
convex in q; so the average of q over the symmetries of one group is no worse than q, and it has an invariant q^a.
Group after group, all marginals may be taken invariant. In entanglement swapping, Pauli rotations of one party are
such symmetries: three settings on each side then leave one parameter instead of four.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.independence import private_settings
from relaxbell.causal.model import CausalModel
from relaxbell.exact.numbers import Exact, to_floats
from relaxbell.lp.clock import remaining
from relaxbell.measures.groups import Group

_MOST = 20_000
"""Groups with more relabelings than this are not searched."""

_DIGITS = 10
"""Entries of a float behavior that agree to so many digits may be equal; an average then makes them so."""

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Symmetry:
    """A relabeling of one group, with one of the center, under which the behavior does not change.

    Attributes
    ----------
    functions
        Number of the response functions that α becomes, shape (L,).
    cells
        Cell of the flat table that each cell goes to.
    """

    functions: Indices
    cells: Indices


def symmetries(model: CausalModel, product: Sequence[Group], table: Exact) -> list[list[Symmetry]]:
    """Return for each group the symmetries found, the identity excluded; none where they would not be local.

    Float entries are compared to ten digits: see `averaged`.
    """
    if not _is_simple(model, product):
        return [[] for _ in product]
    floats = np.round(to_floats(table), _DIGITS) + 0.0
    return [_of_group(model, group, product, floats) for group in product]


def averaged(table: Exact, found: Sequence[Sequence[Symmetry]]) -> tuple[Exact, list[list[Symmetry]]]:
    """Return the table averaged over the symmetries of each group in turn, and those that then hold exactly."""
    flat = table.ravel()
    for own in found:
        total = flat.copy()
        for symmetry in own:
            remaining()
            moved = np.empty_like(flat)
            moved[symmetry.cells] = flat
            total = total + moved
        flat = total * Fraction(1, len(own) + 1)
    kept = [[s for s in own if (flat[s.cells] == flat).all()] for own in found]
    return flat.reshape(table.shape), kept


def _is_simple(model: CausalModel, product: Sequence[Group]) -> bool:
    """Return whether all are outputs with at most one parent, a free input of its own, and one is the center."""
    grouped = {n for group in product for n in group.nodes}
    center = [n for n in model.responding if n not in grouped]
    if model.hidden or model.dependent_inputs or len(center) > 1:
        return False
    settings = private_settings(model)
    return settings is not None and all(len(own) <= 1 for own in settings.values())


def _of_group(model: CausalModel, group: Group, product: Sequence[Group], table: NDArray[np.float64]) -> list[Symmetry]:
    sizes = [(node.cardinality, node.configurations) for node in (model.strategies.nodes[i] for i in group.axes)]
    if math.prod(math.factorial(c) ** k * math.factorial(k) for c, k in sizes) > _MOST:
        return []
    grouped = {n for g in product for n in g.nodes}
    center = next((n for n in model.responding if n not in grouped), None)
    found = []
    for relabeling in itertools.product(*(_relabelings(c, k) for c, k in sizes)):
        remaining()
        moved: Indices = np.arange(table.size).reshape(table.shape)
        for name, own in zip(group.nodes, relabeling, strict=True):
            moved = _moved(model, moved, name, own)
        cells = _matched(model, moved, center, table)
        identity = all(list(p) == sorted(p) and all(list(s) == sorted(s) for s in o) for p, o in relabeling)
        if cells is not None and not identity:
            found.append(Symmetry(_on_functions(model, group, relabeling), np.argsort(cells.ravel())))
    return found


def _relabelings(outcomes: int, settings: int) -> Iterator[tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]]:
    """Yield (x → x', for each x: a → a')."""
    every = list(itertools.permutations(range(outcomes)))
    for inputs in itertools.permutations(range(settings)):
        for outputs in itertools.product(every, repeat=settings):
            yield inputs, outputs


def _moved(model: CausalModel, cells: Indices, name: str, relabeling: Any) -> Indices:
    """Return the table of which cell's content is now here: party `name` relabeled."""
    inputs, outputs = relabeling
    names = model.outputs + model.inputs
    parent = next((u for u in model.parents(name) if u not in model.latents), None)
    a = names.index(name)
    moved = np.empty_like(cells)
    for x, (to, permutation) in enumerate(zip(inputs, outputs, strict=True)):
        source: list[Any] = [slice(None)] * cells.ndim
        target: list[Any] = [slice(None)] * cells.ndim
        if parent is not None:
            source[names.index(parent)], target[names.index(parent)] = x, to
        for value, new in enumerate(permutation):
            source[a], target[a] = value, new
            moved[tuple(target)] = cells[tuple(source)]
    return moved


def _matched(model: CausalModel, cells: Indices, center: str | None, floats: NDArray[np.float64]) -> Indices | None:
    """Return the cells with the center's outcomes renamed so that their content is the table, or None."""
    content = floats.ravel()
    if center is None:
        return cells if (content[cells] == floats).all() else None
    names = model.outputs + model.inputs
    parent = next((u for u in model.parents(center) if u not in model.latents), None)
    out = np.empty_like(cells)
    for y in range(model.cardinality[parent] if parent else 1):
        waiting: dict[bytes, list[int]] = {}
        place: list[Any] = [slice(None)] * cells.ndim
        if parent is not None:
            place[names.index(parent)] = y
        for b in range(model.cardinality[center]):
            place[names.index(center)] = b
            waiting.setdefault(content[cells[tuple(place)]].tobytes(), []).append(b)
        for b in range(model.cardinality[center]):
            place[names.index(center)] = b
            fitting = waiting.get(np.ascontiguousarray(floats[tuple(place)]).tobytes())
            if not fitting:
                return None
            target, source = list(place), list(place)
            source[names.index(center)] = fitting.pop(0)
            out[tuple(target)] = cells[tuple(source)]
    return out


def _on_functions(model: CausalModel, group: Group, relabeling: Any) -> Indices:
    """Return the number of the group's response functions that each becomes: α'(x') = σ_x(α(x))."""
    total: Any = 0
    count = len(group.axes)
    for i, (axis, (inputs, outputs)) in enumerate(zip(group.axes, relabeling, strict=True)):
        node = model.strategies.nodes[axis]
        table = node.table.astype(np.intp)
        new = np.empty_like(table)
        for x, (to, permutation) in enumerate(zip(inputs, outputs, strict=True)):
            new[:, to] = np.asarray(permutation)[table[:, x]]
        powers = node.cardinality ** np.arange(node.configurations - 1, -1, -1)
        number = (new @ powers).reshape([-1 if j == i else 1 for j in range(count)])
        total = total * node.functions + number
    return np.asarray(total, dtype=np.intp).ravel()
