"""The cells of a behavior: which of them each strategy fills."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.local import Values
from relaxbell.causal.protocols import HasGraph, HasStrategies
from relaxbell.exact.local_rows import LocalRows


def observation_matrix(model: HasStrategies) -> sp.csc_array:
    """Return the 0/1 map from q to the observed table; see `CausalModel.T`."""
    strategies, settings = model.strategies, model.settings
    columns = np.empty((strategies.count, len(settings)), dtype=np.int32)
    for k, setting in enumerate(settings):
        columns[:, k] = strategies.spread(cell(model, strategies.evaluate(setting)))
    pointers = np.arange(0, columns.size + 1, len(settings))
    cells = math.prod(model.observed_shape)
    return sp.csc_array((np.ones(columns.size), columns.ravel(), pointers), shape=(cells, strategies.count))


def observed_rows(model: HasStrategies) -> LocalRows:
    """Return the same map as rows that are sums of small tables; see `CausalModel.observed_rows`."""
    labels = tuple(cell_label(model, index) for index in np.ndindex(*model.observed_shape))
    local, wanted = model.local, (*model.outputs, *model.dependent_inputs)
    pieces = (
        piece
        for setting in model.settings
        for piece in local.pieces(setting, wanted, lambda values: (cell(model, values), 1))
    )
    found = local.rows(pieces, labels)
    return LocalRows(found.domains, found.parts, labels, enumerated=lambda: sp.csr_array(model.T.tocsr()))


def cell(model: HasGraph, values: Values) -> NDArray[np.intp] | int:
    """Return the number of the cell in which outputs and inputs have these values."""
    index: NDArray[np.intp] | int = 0
    for name, size in zip(model.outputs + model.inputs, model.observed_shape, strict=True):
        index = index * size + values[name]
    return index


def cell_label(model: HasGraph, index: Sequence[int | np.integer]) -> str:
    """Return a cell of the observed table as text: ``p(A=0,B=1|X=0,Y=0)``."""
    k = len(model.outputs)
    outputs = ",".join(f"{n}={v}" for n, v in zip(model.outputs, index[:k], strict=True))
    inputs = ",".join(f"{n}={v}" for n, v in zip(model.inputs, index[k:], strict=True))
    return f"p({outputs}|{inputs})"
