"""Three and more parties: which edges explain the data, the least sets of them, and hybrids."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.graph import Edge
from relaxbell.causal.mixtures import mixture
from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import Mixture
from relaxbell.errors import InfeasibleError, ModelError, ModelTooLargeError
from relaxbell.lp.clock import TimeLimitError, deadline
from relaxbell.measures.fractions import fraction
from relaxbell.measures.measure import LinearMeasure, Measure
from relaxbell.measures.terms import ZERO
from relaxbell.solve.minimization import minimize

_LARGEST = 3
"""Most edges of a set that is tried."""

_STRATEGIES = 2**48
"""Models of more strategies are not tried."""

_SETS = 6
"""Most sets of one kind that get a row."""

_SEARCH = "the search for edges that explain the data"

Party = tuple[str, str]
"""Output and input."""


@dataclass(frozen=True, eq=False)
class Offer:
    """A relaxation that explains the data: its edges, and how often one of them has to act.

    Attributes
    ----------
    name
        Of the measure.
    relaxed
        The edges, or the groups of a hybrid.
    make
        Makes the measure of a model without relaxed edges.
    """

    name: str
    relaxed: str
    make: Callable[[CausalModel], Measure]


@dataclass(frozen=True)
class Explaining:
    """What explains data of three and more parties.

    Attributes
    ----------
    single
        The edges that do so alone.
    offers
        Where none from an input does: least sets of edges, and hybrids.
    """

    single: frozenset[Edge]
    offers: tuple[Offer, ...]


def explaining(local: CausalModel, p: Behavior, seconds: float | None) -> Explaining | None:
    """Return what explains some data; None for two parties, or where it is not known in time.

    Parameters
    ----------
    local
        The Bell scenario, its outputs and inputs in the order of the parties.
    p
        The data.
    seconds
        For all of it.
    """
    if len(local.outputs) < 3:
        return None
    parties = list(zip(local.outputs, local.inputs, strict=True))
    pairs = list(itertools.permutations(parties, 2))
    kinds = [[(x, b) for (_, x), (b, _) in pairs], [(a, b) for (a, _), (b, _) in pairs]]
    try:
        with deadline(seconds, _SEARCH):
            single = frozenset(edge for own in kinds for edge in own if _explains(local, [edge], p))
    except (TimeLimitError, ModelTooLargeError):
        return None
    if any(edge in single for edge in kinds[0]):
        return Explaining(single, ())
    offers: list[Offer] = []
    for edges in kinds:
        if not single.intersection(edges):
            offers += [_set(found) for found in _sets(local, edges, p, seconds)]
    return Explaining(single, (*offers, *_hybrid(local, parties)))


def _sets(local: CausalModel, edges: Sequence[Edge], p: Behavior, seconds: float | None) -> list[tuple[Edge, ...]]:
    """Return least sets of edges; where there is no time to find them, those to one output from all others."""
    try:
        with deadline(None if seconds is None else seconds / 2, _SEARCH):
            return list(itertools.islice(_least_sets(local, edges, p), _SETS))
    except TimeLimitError:
        pass
    found = []
    try:
        with deadline(None if seconds is None else seconds / 2, _SEARCH):
            for output in local.outputs:
                star = tuple(edge for edge in edges if edge[1] == output)
                if _explains(local, star, p):
                    found.append(star)
    except (TimeLimitError, ModelTooLargeError):
        pass
    return found


def _explains(local: CausalModel, edges: Sequence[Edge], p: Behavior) -> bool:
    """Return whether the model with these edges reproduces the data."""
    try:
        model = local.relax(*edges)
    except ModelError:  # a cycle
        return False
    if model.strategies.count > _STRATEGIES:
        raise ModelTooLargeError(f"{model.name} has {model.strategies.count_text} strategies.")
    try:
        minimize(LinearMeasure(model, "0", term=ZERO), p)
    except InfeasibleError:
        return False
    return True


def _least_sets(local: CausalModel, edges: Sequence[Edge], p: Behavior) -> Iterator[tuple[Edge, ...]]:
    """Yield the sets of fewest edges, two or more, that explain the data together."""
    for size in range(2, _LARGEST + 1):
        found = False
        for chosen in itertools.combinations(edges, size):
            try:
                explained = _explains(local, chosen, p)
            except ModelTooLargeError:
                continue
            if explained:
                found = True
                yield chosen
        if found:
            return


def _set(edges: tuple[Edge, ...]) -> Offer:
    texts = [f"{u} -> {v}" for u, v in edges]
    return Offer(f"fraction({' or '.join(texts)})", ", ".join(texts), lambda local: _acting(local, edges))


def _acting(local: CausalModel, edges: Sequence[Edge]) -> LinearMeasure:
    """Return how often some edges act; of too many functions how often the graph has to be the one with the edges."""
    own = local.relax(*edges)
    try:
        return fraction(own, list(edges))
    except ModelTooLargeError:
        text = f"fraction({' or '.join(f'{u} -> {v}' for u, v in edges)})"
        return fraction(mixture({"without": local, "with": own}), "with").named(text, "probability")


def _hybrid(local: CausalModel, parties: Sequence[Party]) -> Iterator[Offer]:
    """Yield the fraction of the trials that no hybrid explains; nothing where their strategies are too many."""
    splits = _splits(parties)
    count = sum(math.prod(_functions(local, group, a) for group in split for a, _ in group) for split in splits)
    if count > _STRATEGIES:
        return
    texts = ["|".join("".join(a for a, _ in group) for group in split) for split in splits]
    yield Offer("fraction(no hybrid)", ", ".join(texts), lambda own: _no_hybrid(own, splits, texts))


def _functions(local: CausalModel, group: Sequence[Party], output: str) -> int:
    """Return the number of response functions of an output that knows the inputs of its group."""
    configurations = math.prod(local.cardinality[x] for _, x in group)
    bits = configurations * math.log2(local.cardinality[output])
    return int(local.cardinality[output] ** configurations) if bits < 60 else 2**60


def _splits(parties: Sequence[Party]) -> list[tuple[tuple[Party, ...], tuple[Party, ...]]]:
    """Return all splits of the parties into two groups."""
    found = []
    for mask in range(1, 2 ** (len(parties) - 1)):
        second = tuple(party for k, party in enumerate(parties[1:]) if mask >> k & 1)
        found.append((tuple(party for party in parties if party not in second), second))
    return found


def hybrids(local: CausalModel, splits: Sequence[Sequence[Sequence[Party]]], names: Sequence[str]) -> Mixture:
    """Return the mixture of all splits, within whose groups inputs are known to all, and of any behavior."""
    structures: dict[str, CausalModel | Literal["any"]] = {}
    for name, split in zip(names, splits, strict=True):
        edges = [(x, b) for group in split for (_, x), (b, _) in itertools.permutations(group, 2)]
        structures[name] = local.relax(*edges) if edges else local
    structures["no hybrid"] = "any"
    return mixture(structures)


def _no_hybrid(local: CausalModel, splits: Sequence[Sequence[Sequence[Party]]], names: Sequence[str]) -> LinearMeasure:
    return fraction(hybrids(local, splits, names), "no hybrid")
