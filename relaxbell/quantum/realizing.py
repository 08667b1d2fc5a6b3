"""A search for a quantum model of two nodes that has the data and the least value of a query: from above.

Alternating semidefinite programs: the states that one node's results leave the other, for fixed measurements of the
other, then these measurements. Any such states come from some shared state (Gisin 1989; Hughston, Jozsa, Wootters
1993). The first start are the measurements that are best for the functional of the bound's proof: where the bound is
attained, they attain it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.behavior.search import optimize_quantum
from relaxbell.errors import SolverError, UnsupportedModelError
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import remaining
from relaxbell.quantum.ends import CauseBound, Realization
from relaxbell.quantum.squares import solve_conic

_ROUNDS, _STILL = 30, 1e-9
"""Alternations; by how much one must gain."""

_PRICE, _MISSED = 30.0, 1e-6
"""Of each unit by which a datum is missed; what counts as reproduced."""


@dataclass(frozen=True, eq=False)
class _Search:
    """min cost · U within rows · U = right, U[x a, y b] = tr(states[x a] effects[y b])."""

    cost: Floats
    rows: Floats
    right: Floats
    sizes: tuple[int, int, int, int]
    dimension: int

    def value(self, states: NDArray[np.float64], effects: NDArray[np.float64]) -> tuple[float, float]:
        """Return the cost, and the largest miss."""
        d = self.dimension
        table = (states.reshape(-1, d * d) @ effects.reshape(-1, d * d).T).ravel()
        return float(self.cost @ table), float(abs(self.rows @ table - self.right).max())

    def step(self, fixed: NDArray[np.float64], first: bool) -> NDArray[np.float64]:
        """Return the best states for fixed effects, or (not first) the best effects for fixed states."""
        import cvxpy as cp

        x, a, y, b = self.sizes
        d = self.dimension
        settings, outcomes = (x, a) if first else (y, b)
        own = [cp.Variable((d, d), PSD=True) for _ in range(settings * outcomes)]
        flat = cp.vstack([cp.vec(v, order="C") for v in own])
        known = fixed.reshape(-1, d * d)
        table = cp.vec(flat @ known.T if first else known @ flat.T, order="C")
        sums = [sum(own[i * outcomes : (i + 1) * outcomes]) for i in range(settings)]
        whole = [cp.trace(sums[0]) == 1, *(s == sums[0] for s in sums[1:])] if first else [s == np.eye(d) for s in sums]
        missed = cp.norm1(self.rows @ table - self.right)
        problem = cp.Problem(cp.Minimize(self.cost @ table + _PRICE * missed), whole)
        solve_conic(problem, "search")
        return np.array([v.value for v in own])


def realization(bound: CauseBound, *, dimension: int, starts: int, seed: int) -> Realization:
    """Return the best quantum model that a search found; see `CauseBound.realization`."""
    where, proof = bound.where, bound.proof
    graph = where.graph
    assert graph is not None  # made by cause_minimum
    problem = proof.problem
    if len(graph.nodes) != 2 or problem.budgets or problem.affine or not problem.objective.is_linear:
        raise UnsupportedModelError(
            f"a quantum model of {bound.measure.name} is sought for a linear query, two nodes that respond and no "
            f"constraints: found {len(graph.nodes)} nodes and {len(problem.budgets) + len(problem.affine)} "
            "constraints. Use optimize_quantum(found.functional), whose value bounds what the proof can give."
        )
    one, two = graph.nodes
    sizes = one.configurations, one.cardinality, two.configurations, two.cardinality
    signed = sp.csr_array(graph.signed)
    equations = (sp.csr_array(problem.equations.rows.matrix) @ signed).toarray()
    leaves = [leaf.rows for leaf in problem.objective.leaves()]
    cost = np.zeros(signed.shape[1])
    for own in leaves:
        cost = cost + np.asarray((sp.csr_array(own.matrix) @ signed).sum(axis=0)).ravel() * float(own.scale)
    rows = np.array([_lifted(bound, own) for own in equations])
    rng, best = np.random.default_rng(seed), None
    search = _Search(_lifted(bound, cost), rows, problem.equations.floats, sizes, dimension)
    for k in range(starts):
        remaining()
        found = _climb(search, _random(search, rng) if k else _of_functional(bound, dimension, seed))
        if found is not None and (best is None or _rank(found) < _rank(best)):
            best = found
    if best is None:
        raise SolverError("no start of the search ended. Give more starts=…, or another dimension=….")
    x, a, y, b = sizes
    d = dimension
    states, effects = best[2].reshape(x, a, d, d), best[3].reshape(y, b, d, d)
    return Realization(best[0], best[1], states, effects, (one.name, two.name))


def _rank(found: tuple[float, float, Floats, Floats]) -> tuple[float, float]:
    """Return what is least for the best: data that are reproduced, then the value."""
    return max(found[1], _MISSED), found[0]


def _lifted(bound: CauseBound, form: Floats) -> Floats:
    """Return coefficients over the table U of the two nodes, with the constant."""
    table = bound.where.coordinates.lift(form)
    table = table + form[0] / (table.shape[2] * table.shape[3])
    found: Floats = table.transpose(2, 0, 3, 1).reshape(-1)
    return found


def _of_functional(bound: CauseBound, dimension: int, seed: int) -> NDArray[np.float64]:
    best = optimize_quantum(bound.functional, dimensions=dimension, real=True, starts=3, seed=seed, progress=False)
    found = np.asarray(best.measurements[1]).real
    return found.reshape(-1, dimension, dimension)


def _random(search: _Search, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return random measurements of the second node."""
    _, _, y, b = search.sizes
    d, found = search.dimension, list[Floats]()
    for _ in range(y):
        base, _ = np.linalg.qr(rng.normal(size=(d, d)))
        owner = rng.permutation(np.arange(d) % b) if d >= b else rng.permutation(b)[:d]
        found += [base[:, owner == k] @ base[:, owner == k].T for k in range(b)]
    return np.array(found)


def _climb(
    search: _Search, effects: NDArray[np.float64]
) -> tuple[float, float, NDArray[np.float64], NDArray[np.float64]] | None:
    """Return cost, largest miss, states and effects at the end of a climb; None where a solver fails."""
    value, missed, states, last = np.inf, np.inf, effects, np.inf
    for _ in range(_ROUNDS):
        try:
            states = search.step(effects, True)
            effects = search.step(states, False)
        except SolverError:
            return None
        value, missed = search.value(states, effects)
        if last - (value + _PRICE * missed) < _STILL:
            break
        last = value + _PRICE * missed
    return value, missed, states, effects
