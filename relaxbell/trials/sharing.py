"""Tables whose largest means are the same, because a relabeling keeps the null hypothesis and maps one to the other.

A family of games has each of them in all relabelings, so that few linear programs are left. That a relabeling keeps
the null set is proved on its matrices: strategies, measure and budgets are the same after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.closed_forms.symmetries import kept_cells
from relaxbell.relabeling import Relabeling
from relaxbell.results import Variables
from relaxbell.symmetry.generators import value_exchanges
from relaxbell.trials.limits import Means
from relaxbell.trials.null import Null

_FEW = 4
"""Tables for which it is not worth while to search for symmetries."""


def shared_means(null: Null, tables: Sequence[NDArray[Any]]) -> tuple[Means, ...]:
    """Return the largest means of tables over the null sets, for every limit; relabeled tables share theirs.

    Parameters
    ----------
    null
        Over which the means are taken.
    tables
        A number for each cell, flat.
    """
    floats = [np.ascontiguousarray(table, dtype=np.float64) for table in tables]
    moves = list(_moves(null)) if len(tables) > _FEW else []
    waiting = {own.tobytes(): own for own in floats}
    found: dict[bytes, Means] = {}
    for key, table in waiting.items():
        if key in found:
            continue
        means = found[key] = Means(null, table)
        fresh = [table]
        while fresh:
            own = fresh.pop()
            for move in moves:
                image = np.empty_like(own)
                image[move] = own
                if (other := image.tobytes()) in waiting and other not in found:
                    found[other] = means
                    fresh.append(image)
    return tuple(found[own.tobytes()] for own in floats)


def _moves(null: Null) -> Iterator[NDArray[np.intp]]:
    """Yield where each cell goes by relabelings of values that keep the null sets of all limits."""
    problem, model = null.problem, null.model
    if problem.affine or problem.information:
        return
    settings = np.broadcast_to(null.settings, model.observed_shape).ravel()
    for cells in kept_cells(problem, model, _exchanges(model.scenario)):
        if (settings[cells] == settings).all():
            yield cells


def _exchanges(scenario: Variables) -> Iterator[Relabeling]:
    """Yield exchanges of two neighboring values; of outcomes at one setting, and at all of them."""
    yield from value_exchanges(scenario)
    for a in scenario.outputs:
        for v in range(scenario.cardinality[a] - 1):
            swap = [*range(v), v + 1, v, *range(v + 2, scenario.cardinality[a])]
            yield Relabeling(scenario, outcomes={a: swap})
