"""Relabelings under which a problem is the same: proved on its matrices, not assumed.

Exchanging two values of a variable permutes the strategies: response functions of the variable and of its
children are rewritten. The problem is symmetric if the permutation maps T onto itself with its cells
permuted, and the rows of every term onto themselves. Then the least value does not change, and with a term of a
closed form all its images are terms.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import cell_weights
from relaxbell.causal.model import CausalModel
from relaxbell.causal.responses import Node
from relaxbell.closed_forms.domains import Domain
from relaxbell.engines.linear.program import Problem
from relaxbell.functionals.exchanges import Exchange, coordinate_action, exchanges
from relaxbell.measures.terms import Composite, Leaf, Term


def symmetries(problem: Problem, domain: Domain) -> Iterator[NDArray[np.int64]]:
    """Yield the actions on coordinate forms (form' = form @ R) of exchanges that leave the problem as it is."""
    model, coordinates = domain.model, domain.coordinates
    if coordinates is None or problem.affine or problem.equations.tables is not None:
        return
    weights = cell_weights(model)
    terms = [problem.objective, *(b.measure.term for b in problem.budgets)]
    before = [_canonical(term, None) for term in terms]
    for exchange in exchanges(coordinates, domain.own_inputs):
        cells = exchange.cells(coordinates).ravel()
        action = coordinate_action(coordinates, cells)
        strategies = _permutation(model, exchange)
        if action is None or strategies is None or (weights[cells] != weights).any():
            continue
        if _maps_observation(model, cells, strategies) and [_canonical(t, strategies) for t in terms] == before:
            yield action


def _permutation(model: CausalModel, exchange: Exchange) -> NDArray[np.intp] | None:
    """Return the number that each strategy gets; None where a child cannot see when to exchange."""
    names = model.outputs + model.inputs
    variable = names[exchange.axis]
    given = None if exchange.given is None else (names[exchange.given[0]], exchange.given[1])
    numbers: Any = np.zeros(1, dtype=np.intp)
    for node in model.strategies.nodes:
        own = _rewritten(node, variable, exchange.value, given)
        if own is None:
            return None
        numbers = (numbers[:, None] * node.functions + own[None, :]).ravel()
    return np.asarray(numbers)


def _rewritten(node: Node, variable: str, value: int, given: tuple[str, int] | None) -> NDArray[np.intp] | None:
    """Return the number of each response function of a node after the exchange."""
    concerned = node.name == variable or variable in node.parents
    if concerned and given is not None and given[0] not in node.parents:
        return None
    table = node.table.astype(np.int64)
    configurations = list(itertools.product(*(range(r) for r in node.radices)))
    position = {configuration: k for k, configuration in enumerate(configurations)}
    swap = {value: value + 1, value + 1: value}
    here = [
        given is None or c[node.parents.index(given[0])] == given[1] if concerned else False for c in configurations
    ]
    if variable in node.parents:
        axis = node.parents.index(variable)
        source = [
            position[(*c[:axis], swap.get(c[axis], c[axis]), *c[axis + 1 :])] if inside else k
            for k, (c, inside) in enumerate(zip(configurations, here, strict=True))
        ]
        table = table[:, source]
    if node.name == variable:
        exchanged = np.where(table == value, value + 1, np.where(table == value + 1, value, table))
        table = np.where(np.array(here)[None, :], exchanged, table)
    powers = node.cardinality ** np.arange(node.configurations - 1, -1, -1, dtype=np.int64)
    return np.asarray(table @ powers, dtype=np.intp)


def _maps_observation(model: CausalModel, cells: NDArray[np.intp], strategies: NDArray[np.intp]) -> bool:
    own = model.T.indices.reshape(len(strategies), -1)
    moved = np.sort(cells[own], axis=1)
    return bool((moved == np.sort(own, axis=1)[strategies]).all())


def _canonical(term: Term, strategies: NDArray[np.intp] | None) -> tuple[object, ...]:
    """Return the term up to the order of its rows and parts, with the strategies permuted."""
    if isinstance(term, Leaf):
        matrix = sp.csr_array(term.rows.matrix, copy=True)  # sorted in place below
        if strategies is not None:
            matrix = sp.csr_array((matrix.data, strategies[matrix.indices], matrix.indptr), shape=matrix.shape)
        matrix.sort_indices()
        rows = sorted(
            matrix.indices[a:b].astype(np.int64).tobytes() + matrix.data[a:b].tobytes()
            for a, b in itertools.pairwise(matrix.indptr)
        )
        return type(term).__name__, str(term.rows.scale), tuple(rows)
    assert isinstance(term, Composite)
    parts = [_canonical(part, strategies) for part in term.parts]
    return type(term).__name__, tuple(sorted(parts, key=repr))
