"""Symmetries of a causal model, read off its graph and its input distribution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.scenario import Scenario
from relaxbell.causal.equations import cell_weights
from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import Mixture
from relaxbell.permutations import Permutation
from relaxbell.relabeling import Relabeling, Symmetries
from relaxbell.symmetry.generators import generators, value_exchanges
from relaxbell.symmetry.groups import group
from relaxbell.symmetry.labeling import Labeling, canonical_labeling


def model_symmetries(model: CausalModel) -> Symmetries:
    """Return the relabelings that the graph of a model allows; see `CausalModel.symmetries`."""
    return group(model_generators(model))


def model_generators(model: CausalModel, *, weighted: bool = True) -> Iterator[Relabeling]:
    """Yield generators of the relabelings that the graph of a model allows, and, if `weighted`, its p(inputs)."""
    if isinstance(model, Mixture):
        yield from _mixture_generators(model, weighted=weighted)
        return
    scenario = Scenario.of(model.outputs, model.inputs, model.observed_shape, model.parties)
    yield from _outcome_generators(model, scenario)
    yield from _Settings(model, scenario, weighted=weighted).generators()


def _mixture_generators(model: Mixture, *, weighted: bool) -> Iterator[Relabeling]:
    """Yield relabelings that permute the behaviors of all strategies: those of the structures, and of the scenario."""
    cells = model.T.indices.reshape(model.strategies.count, -1)
    known = {row.tobytes() for row in np.sort(cells, axis=1)}
    weights = cell_weights(model)
    scenario = Scenario.of(model.outputs, model.inputs, model.observed_shape, model.parties)
    own = (
        r
        for part in (model.unrelaxed, *model.models)
        if part is not model
        for r in model_generators(part, weighted=weighted)
    )
    for relabeling in (*generators(scenario), *own):
        images = relabeling.cells()
        place = np.argsort(images).astype(cells.dtype)
        moved = np.sort(place[cells], axis=1)
        alike = not weighted or (weights[images] == weights).all()
        if alike and all(row.tobytes() in known for row in moved):
            yield relabeling


def _outcome_generators(model: CausalModel, scenario: Scenario) -> Iterator[Relabeling]:
    """Yield exchanges of outcomes: for one setting where all children see the setting, else for all of them."""
    parties = scenario.parties or {}
    for exchange in value_exchanges(scenario):
        changed = [a for a, rows in exchange.outcomes.items() if any(row != tuple(sorted(row)) for row in rows)]
        for a in changed:
            children = [v for u, v in model.edges if u == a]
            if all(parties.get(a) in model.parents(n) for n in (a, *children)):
                yield exchange
            elif exchange.outcomes[a][0] != tuple(range(scenario.cardinality[a])):
                yield Relabeling(scenario, outcomes={a: exchange.outcomes[a][0]})


class _Settings:
    """Permutations of parties and settings that keep graph and p(inputs)."""

    def __init__(self, model: CausalModel, scenario: Scenario, *, weighted: bool) -> None:
        self.model, self.scenario = model, scenario
        self.edges = frozenset(edge for edge in model.edges if edge[0] not in model.latents)
        self.sources = self._reached({n: n for n in model.nodes})
        known: dict[object, int] = {}
        table = model.input_distribution.table
        flat = [known.setdefault(value, len(known)) if weighted else 0 for value in table.ravel().tolist()]
        self.ranks: NDArray[np.int64] = np.array(flat, dtype=np.int64).reshape(table.shape)
        self.labeling = self._labeled(self.ranks)

    def generators(self) -> Iterator[Relabeling]:
        """Yield generators: of settings, then for each party and each later one a permutation between them."""
        for images in self.labeling.symmetries:
            yield Relabeling(self.scenario, settings=self._by_input(images))
        outputs = self.scenario.outputs
        for i, a in enumerate(outputs):
            fixed = {b: b for b in outputs[:i]}
            for b in outputs[i + 1 :]:
                found = self._completed({**fixed, a: b})
                if found is not None:
                    yield found

    def _by_input(self, images: Sequence[int]) -> dict[str, Permutation]:
        found, start = {}, 0
        for x, size in zip(self.scenario.inputs, self.ranks.shape, strict=True):
            found[x] = tuple(v - start for v in images[start : start + size])
            start += size
        return found

    def _completed(self, moves: Mapping[str, str]) -> Relabeling | None:
        """Return a symmetry that moves these parties so, the first that is found."""
        if not self._fits(moves):
            return None
        outputs = self.scenario.outputs
        if len(moves) == len(outputs):
            return self._lifted(moves)
        a = outputs[len(moves)]
        for b in outputs:
            if b not in moves.values():
                found = self._completed({**moves, a: b})
                if found is not None:
                    return found
        return None

    def _fits(self, moves: Mapping[str, str]) -> bool:
        """Return whether cardinalities agree, and edges between the nodes that are known to move or to stay."""
        sizes, parties = self.scenario.cardinality, self.scenario.parties or {}
        for a, b in moves.items():
            own, other = parties.get(a), parties.get(b)
            if sizes[a] != sizes[b] or (own is None) != (other is None):
                return False
            if own is not None and other is not None and sizes[own] != sizes[other]:
                return False
        nodes = self._nodes(moves)
        before = {(nodes[u], nodes[v]) for u, v in self.edges if u in nodes and v in nodes}
        targets = set(nodes.values())
        return before == {(u, v) for u, v in self.edges if u in targets and v in targets}

    def _nodes(self, moves: Mapping[str, str]) -> dict[str, str]:
        """Return what becomes of outputs, their inputs, and of the nodes that stay: other inputs and hidden ones."""
        parties = self.scenario.parties or {}
        chosen = set(parties.values())
        nodes = {n: n for n in (*self.model.hidden, *(x for x in self.model.inputs if x not in chosen))} | dict(moves)
        for a, b in moves.items():
            own, other = parties.get(a), parties.get(b)
            if own is not None and other is not None:
                nodes[own] = other
        return nodes

    def _reached(self, nodes: Mapping[str, str]) -> Counter[frozenset[str]]:
        """Return the sets of nodes that a latent variable reaches, after nodes have become others."""
        return Counter(frozenset(nodes[v] for w, v in self.model.edges if w == u) for u in self.model.latents)

    def _lifted(self, moves: Mapping[str, str]) -> Relabeling | None:
        """Return the symmetry of all parties, with settings permuted so that p(inputs) stays; None without one."""
        nodes, inputs = self._nodes(moves), self.scenario.inputs
        if self._reached(nodes) != self.sources:
            return None
        other = self._labeled(self.ranks.transpose([inputs.index(nodes[x]) for x in inputs]))
        if other.key != self.labeling.key:
            return None
        place = {color: point for point, color in enumerate(other.colors)}
        settings = self._by_input([place[color] for color in self.labeling.colors])
        return Relabeling(self.scenario, parties=moves, settings=settings)

    @staticmethod
    def _labeled(ranks: NDArray[np.int64]) -> Labeling:
        return canonical_labeling(ranks, [(0,) * size for size in ranks.shape], range(ranks.ndim))
