"""Relabelings under which a problem is the same: proved on its matrices, not assumed.

Exchanging two values of a variable permutes the strategies. The problem is symmetric if the permutation maps T onto
itself with its cells permuted, and the rows of every term onto themselves. Then the least value does not change, and
with a term of a closed form all its images are terms.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import cell_weights
from relaxbell.causal.model import CausalModel
from relaxbell.causal.relabeled import strategy_numbers
from relaxbell.causal.structures import Mixture
from relaxbell.closed_forms.domains import Domain
from relaxbell.engines.linear.program import Problem
from relaxbell.measures.terms import Composite, Leaf, Term
from relaxbell.relabeling import Relabeling
from relaxbell.symmetry.generators import value_exchanges


def symmetries(problem: Problem, domain: Domain) -> Iterator[NDArray[np.int64]]:
    """Yield the actions on coordinate forms (form' = form @ R) of exchanges that leave the problem as it is."""
    model, coordinates = domain.model, domain.coordinates
    if coordinates is None or problem.affine or problem.equations.tables is not None:
        return
    if any(
        (len(set(own.weights.ravel())) > 1 and len(own.rows) == 1) or len(set(own.chance)) > 1
        for own in problem.deviations
    ):
        return  # settings count differently
    for cells in kept_cells(problem, model, value_exchanges(domain.scenario)):
        action = coordinates.action(cells)
        if action is not None:
            yield action


def kept_cells(problem: Problem, model: CausalModel, relabelings: Iterable[Relabeling]) -> Iterator[NDArray[np.intp]]:
    """Yield where each cell goes by the relabelings of values that leave the strategies and all terms as they are.

    The budgets' limits do not matter. What is observed, and affine constraints, are not looked at.
    """
    weights = cell_weights(model)
    terms = [problem.objective, *(b.measure.term for b in problem.budgets)]
    before = [_canonical(term, None) for term in terms]
    for exchange in relabelings:
        cells = exchange.cells()
        strategies = model_images(model, exchange)
        if strategies is None or (weights[cells] != weights).any():
            continue
        if _maps_observation(model, cells, strategies) and [_canonical(t, strategies) for t in terms] == before:
            yield cells


def model_images(model: CausalModel, exchange: Relabeling) -> NDArray[np.intp] | None:
    """Return the number that each strategy gets; in a mixture within its structure. None where one leaves the model."""
    if not isinstance(model, Mixture):
        return strategy_numbers(model.strategies.nodes, exchange)
    parts, starts = [], model.strategies.starts
    for own, start in zip(model.structures, starts, strict=False):
        if isinstance(own, CausalModel):
            images = strategy_numbers(own.strategies.nodes, exchange)
            if images is None:
                return None
        else:  # where each cell goes
            images = np.argsort(exchange.cells()).astype(np.intp)
        parts.append(images + start)
    return np.concatenate(parts)


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
