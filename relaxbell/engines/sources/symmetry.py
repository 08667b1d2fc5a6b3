"""Symmetries of a behavior that act on one group and the center only.

Such a symmetry g changes q^a and leaves the marginals of all other groups alone. With these fixed, the measure is
convex in q; so the average of q over the symmetries of one group is no worse than q, and it has an invariant q^a.
Group after group, all marginals may be taken invariant. In entanglement swapping, Pauli rotations of one party are
such symmetries: three settings on each side then leave one parameter instead of four.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.scenario import Scenario
from relaxbell.causal.independence import private_settings
from relaxbell.causal.model import CausalModel
from relaxbell.causal.relabeled import strategy_numbers
from relaxbell.exact.numbers import Exact, to_floats
from relaxbell.lp.clock import TimeLimitError, remaining, share
from relaxbell.measures.groups import Group
from relaxbell.permutations import orbit
from relaxbell.symmetry.found import equal_entries, table_symmetries
from relaxbell.symmetry.groups import places_of

_TOLERANCE = 1e-10
"""Entries of a float behavior that differ by so much may be equal; an average then makes them so."""

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


def symmetries(model: CausalModel, product: Sequence[Group], table: Exact, *, exact: bool) -> list[list[Symmetry]]:
    """Return for each group generators of its symmetries; none where they would not be local.

    Unless `exact`, entries within 1e-10 count as equal: see `averaged`.
    """
    scenario = _simple_scenario(model, product)
    if scenario is None:
        return [[] for _ in product]
    entries = equal_entries(table, 0.0) if exact else equal_entries(to_floats(table), _TOLERANCE)
    try:
        with share(1, 4):
            return [_of_group(scenario, group, product, entries) for group in product]
    except TimeLimitError:  # they only make the search shorter
        return [[] for _ in product]


def averaged(model: CausalModel, product: Sequence[Group], table: Exact) -> tuple[Exact, list[list[Symmetry]]]:
    """Return the table averaged over the symmetries of each group in turn, and those that then hold exactly."""
    found, flat = symmetries(model, product, table, exact=False), table.ravel().copy()
    if not any(found):
        return table, found
    for own in found:
        remaining()
        _average(flat, [s.cells for s in own])
    even = flat.reshape(table.shape)
    if all((flat[s.cells] == flat).all() for own in found for s in own):
        return even, found
    return even, symmetries(model, product, even, exact=True)  # a later average undid an earlier one


def _average(flat: Exact, generators: Sequence[Indices]) -> None:
    """Put the mean over its orbit into each cell: what the average over the group is."""
    left = set(range(len(flat))) if generators else set()
    while left:
        cells = list(orbit([left.pop()], lambda found: (int(g[c]) for g in generators for c in found)))
        left.difference_update(cells)
        flat[cells] = sum(flat[cells]) * Fraction(1, len(cells))


def _simple_scenario(model: CausalModel, product: Sequence[Group]) -> Scenario | None:
    """Return the scenario if all are outputs with at most one parent, a free input of its own; one is the center."""
    grouped = {n for group in product for n in group.nodes}
    center = [n for n in model.responding if n not in grouped]
    settings = private_settings(model)
    if model.hidden or model.dependent_inputs or len(center) > 1 or settings is None:
        return None
    if any(len(own) > 1 for own in settings.values()):
        return None
    parties = {n: next(iter(settings[n]), None) for n in model.outputs}
    return Scenario.of(model.outputs, model.inputs, model.observed_shape, parties)


def _of_group(scenario: Scenario, group: Group, product: Sequence[Group], entries: NDArray[np.int64]) -> list[Symmetry]:
    remaining()
    grouped = {n for g in product for n in g.nodes}
    colors: list[tuple[object, ...]] = []
    for name, setting, value in places_of(scenario):
        if name in group.nodes:
            colors.append((name,))
        else:  # of the center the outcomes are renamed, of all others nothing
            colors.append((name, setting, value) if name in grouped or name in scenario.inputs else (name, setting))
    number = {color: i for i, color in enumerate(dict.fromkeys(colors))}
    nodes = [group.model.strategies.nodes[i] for i in group.axes]
    found = []
    for relabeling in table_symmetries(scenario, entries, [number[c] for c in colors]):
        functions = strategy_numbers(nodes, relabeling)
        if functions is not None:  # each node sees its own setting
            found.append(Symmetry(functions, relabeling.cells()))
    return found
