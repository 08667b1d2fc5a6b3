"""Minimum cuts of many small graphs at once, in whole numbers up to 2^44.

For each λ: the set S of settings with the largest Σ_{x∈S} z_x − Σ_{pairs cut by S} u. That is a minimum cut (Picard and
Ratliff, Networks 5, 357 (1975)): z_x > 0 flows in at x, z_x < 0 flows out, and u limits what passes between a pair.
SciPy's maximum flow has numbers of 32 bits, so it is used twice: for the leading bits, then for what is left.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

BITS = 44
"""Bits of a capacity of one."""

_LOW, _MOST = 20, 2**30
"""Bits that are left to the second flow, and the largest capacity of either."""

_AT_ONCE = 2**21
"""Most arcs of one graph, of many λ."""

Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Cuts:
    """Excess and best sets, one for each λ.

    Attributes
    ----------
    excess
        An upper bound of the largest Σ_{x∈S} z_x − cut; that itself, where the flow is largest.
    sets
        The smallest best S, shape (λ, settings).
    flows
        What passes between each pair, from the first setting to the second, shape (λ, pairs).
    """

    excess: Whole
    sets: NDArray[np.bool_]
    flows: Whole


class CutFinder:
    """Finds cuts of graphs over the same settings.

    Parameters
    ----------
    settings
        Number N of settings.
    """

    def __init__(self, settings: int) -> None:
        self.settings = settings

    @cached_property
    def pairs(self) -> NDArray[np.intp]:
        """All pairs of settings, shape (pairs, 2)."""
        found = list(itertools.combinations(range(self.settings), 2))
        return np.array(found, dtype=np.intp).reshape(len(found), 2)

    def find(self, z: Whole, u: Whole) -> Cuts:
        """Return the best cuts for z of many λ, shape (λ, settings), and u ≥ 0 of all pairs.

        Raises
        ------
        ArithmeticError
            If a flow is none: the bound would not be rigorous.
        """
        used = np.flatnonzero(u)
        step = max(1, _AT_ONCE // (2 * len(used) + 2 * self.settings))
        parts = [self._found(z[i : i + step], used, u[used]) for i in range(0, len(z), step)]
        excess, sets, inner = (np.concatenate([part[i] for part in parts]) for i in range(3))
        flows = np.zeros((len(z), len(u)), dtype=np.int64)
        flows[:, used] = inner
        return Cuts(excess, sets, flows)

    def _found(self, z: Whole, used: NDArray[np.intp], u: Whole) -> tuple[Whole, NDArray[np.bool_], Whole]:
        """Return excess, sets and flows between the pairs that may be passed."""
        k, n = z.shape
        network = _Network(k, n, *self.pairs[used].T)
        limits = np.broadcast_to(u, (k, len(u))), np.maximum(z, 0), np.maximum(-z, 0)
        between, entering, leaving = np.zeros_like(limits[0]), np.zeros_like(z), np.zeros_like(z)
        for shift in (_LOW, 0):
            capacities = limits[0] - between, limits[0] + between, limits[1] - entering, limits[2] - leaving
            # what is left to flow passes a cut that was filled but for rounding: more capacity is of no use
            found = network.flow([np.minimum(own >> shift, _MOST) for own in capacities])
            between, entering, leaving = (
                old + (new << shift) for old, new in zip((between, entering, leaving), found, strict=True)
            )
        _check(network, between, entering, leaving, limits)
        rest = limits[0] - between, limits[0] + between, limits[1] - entering
        return limits[1].sum(axis=1) - entering.sum(axis=1), network.reached(*rest), between


@dataclass(frozen=True, eq=False)
class _Network:
    """Disjoint graphs over settings, with a common source and sink."""

    count: int
    settings: int
    left: NDArray[np.intp]
    right: NDArray[np.intp]

    @cached_property
    def ends(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """The first and second setting of each pair in each graph, and all settings."""
        base = np.arange(self.count)[:, None] * self.settings
        return (base + self.left).ravel(), (base + self.right).ravel(), np.arange(self.count * self.settings)

    @property
    def nodes(self) -> int:
        """Number of nodes; the last two are source and sink."""
        return self.count * self.settings + 2

    @cached_property
    def _arcs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """All arcs: pairs both ways, from the source, to the sink, and those two backwards."""
        a, b, every = self.ends
        source, sink = np.full(len(every), self.nodes - 2), np.full(len(every), self.nodes - 1)
        return np.concatenate([a, b, source, every, every, sink]), np.concatenate([b, a, every, sink, source, every])

    @cached_property
    def _order(self) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.int32]]:
        """The order of the arcs in a CSR matrix, its indices and its pointers."""
        tails, heads = self._arcs
        order = np.lexsort((heads, tails))
        pointers = np.searchsorted(tails[order], np.arange(self.nodes + 1))
        return order, heads[order].astype(np.int32), pointers.astype(np.int32)

    def flow(self, capacities: list[Whole]) -> tuple[Whole, Whole, Whole]:
        """Return a largest flow: between pairs, from the source, to the sink."""
        from scipy.sparse.csgraph import maximum_flow

        order, indices, pointers = self._order
        data = np.zeros(len(order), dtype=np.int32)
        forward = np.concatenate([own.ravel() for own in capacities])
        data[: len(forward)] = forward
        graph = sp.csr_array((data[order], indices, pointers), shape=(self.nodes, self.nodes))
        found = sp.csr_array(maximum_flow(graph, self.nodes - 2, self.nodes - 1).flow)
        flows = np.empty(len(order), dtype=np.int64)
        if np.array_equal(found.indices, indices) and np.array_equal(found.indptr, pointers):
            flows[order] = found.data
        else:
            tails, heads = self._arcs
            flows[:] = found[tails, heads]
        pairs, every = self.count * len(self.left), self.count * self.settings
        between, entering, leaving = flows[:pairs], flows[2 * pairs :][:every], flows[2 * pairs + every :][:every]
        shape = (self.count, self.settings)
        return between.reshape(self.count, len(self.left)), entering.reshape(shape), leaving.reshape(shape)

    def reached(self, ahead: Whole, behind: Whole, entering: Whole) -> NDArray[np.bool_]:
        """Return the settings that the source reaches along arcs with capacity left."""
        from scipy.sparse.csgraph import breadth_first_order

        a, b, every = self.ends
        source = np.full(len(every), self.nodes - 2)
        used = np.concatenate([ahead.ravel(), behind.ravel(), entering.ravel()]) > 0
        where = np.concatenate([a, b, source])[used], np.concatenate([b, a, every])[used]
        graph = sp.csr_array((np.ones(len(where[0]), dtype=np.int8), where), shape=(self.nodes, self.nodes))
        out = np.zeros(self.nodes, dtype=bool)
        out[breadth_first_order(graph, self.nodes - 2, return_predecessors=False)] = True
        return out[:-2].reshape(self.count, self.settings)


def _check(
    network: _Network, between: Whole, entering: Whole, leaving: Whole, limits: tuple[Whole, Whole, Whole]
) -> None:
    """Raise ArithmeticError unless the flow is one: within capacities, and what enters a setting leaves it."""
    balance = entering - leaving
    for i, (x, y) in enumerate(zip(network.left.tolist(), network.right.tolist(), strict=True)):
        balance[:, x] -= between[:, i]
        balance[:, y] += between[:, i]
    within = (abs(between) <= limits[0]).all() and min(entering.min(initial=0), leaving.min(initial=0)) >= 0
    if balance.any() or not within or (entering > limits[1]).any() or (leaving > limits[2]).any():
        raise ArithmeticError("the maximum flow is no flow: what enters does not leave, or exceeds the capacities")
