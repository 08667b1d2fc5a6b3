"""Equations that relabelings of the data exchange: they may have the mean of their multipliers.

A price is a maximum of functions that are linear in the multipliers, so that means over a group have no larger ones.
That is proved anew in any case; what they are for is a witness without the noise of the solver.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.equations import Equations
from relaxbell.causal.model import CausalModel
from relaxbell.exact.numbers import Floats
from relaxbell.symmetry.cells import party_orbits
from relaxbell.symmetry.found import ALIKE, equal_entries


def row_orbits(model: CausalModel, equations: Equations) -> NDArray[np.intp] | None:
    """Return the orbit of each equation, where they are cells of a Bell experiment whose settings all depend on λ."""
    parties = _parties(model)
    if parties is None or equations.behavior is None:
        return None
    names = (*model.outputs, *model.inputs)
    order = [names.index(name) for pair in parties for name in pair]
    shape = tuple(model.observed_shape)
    table = equal_entries(equations.floats, ALIKE).reshape(shape).transpose(order)
    return np.asarray(party_orbits(table).transpose(np.argsort(order)).ravel(), dtype=np.intp)


def averaged(numbers: Floats, orbits: NDArray[np.intp]) -> Floats:
    """Return the mean over the orbit of each number."""
    return np.asarray((np.bincount(orbits, numbers) / np.bincount(orbits))[orbits])


def _parties(model: CausalModel) -> list[tuple[str, str]] | None:
    """Return (setting, outcome) of each party; None where outcomes read anything else."""
    if model.hidden or model.free_inputs:
        return None
    own = []
    for output in model.outputs:
        parents = [name for name in model.parents(output) if name not in model.latents]
        if len(parents) != 1 or parents[0] not in model.inputs:
            return None
        own.append((parents[0], output))
    return own if sorted(x for x, _ in own) == sorted(model.inputs) else None
