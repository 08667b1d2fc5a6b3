"""Models with explicit hidden values λ and local randomness, summed term by term: strategies must agree with them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.causal.model import CausalModel
from relaxbell.causal.responses import Node
from relaxbell.exact.numbers import Exact
from relaxbell.exact.rows import Rows

Values = Mapping[str, int]
Kernel = Mapping[tuple[int, ...], list[Fraction]]
"""p(value|values of the parents), by the parents' values."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Σ_λ p(λ) ∏ p(node|parents, λ), the form of Eqs. (1), (2), (28) and (37), with every term written out.

    Attributes
    ----------
    model
        Whose graph it follows.
    weights
        p(λ).
    kernels
        For each λ and responding node: p(value|observed and hidden parents, λ).
    """

    model: CausalModel
    weights: list[Fraction]
    kernels: list[dict[str, Kernel]]

    @property
    def strategies(self) -> Exact:
        """The q with the local randomness absorbed into λ: every function drawn beforehand, shape (n,)."""
        total: Any = Fraction(0)
        for weight, kernels in zip(self.weights, self.kernels, strict=True):
            part: Any = np.array([weight], dtype=object)
            for node in self.model.strategies.nodes:
                part = np.multiply.outer(part, _functions(node, kernels[node.name])).ravel()
            total = total + part
        return np.asarray(total, dtype=object)

    def probability(self, event: Values, setting: Values, do: Values | None = None) -> Fraction:
        """Return p(event|setting, do(·)): Eq. (1), with the forced nodes' factors left out, Eq. (3)."""
        forced = dict(do or {})
        nodes = self.model.strategies.nodes
        ranges = [(forced[n.name],) if n.name in forced else range(n.cardinality) for n in nodes]
        total = Fraction(0)
        for choice in itertools.product(*ranges):
            values = {**setting, **forced, **{n.name: v for n, v in zip(nodes, choice, strict=True)}}
            if all(values[name] == wanted for name, wanted in event.items()):
                for weight, kernels in zip(self.weights, self.kernels, strict=True):
                    factors = (_factor(n, kernels[n.name], values) for n in nodes if n.name not in forced)
                    total += weight * math.prod(factors, start=Fraction(1))
        return total


def random_mixture(model: CausalModel, rng: np.random.Generator, hidden_values: int = 2) -> Mixture:
    """Return a mixture with random rational probabilities."""
    kernels: list[dict[str, Kernel]] = [
        {n.name: {c: random_weights(n.cardinality, rng) for c in configurations(n)} for n in model.strategies.nodes}
        for _ in range(hidden_values)
    ]
    return Mixture(model, random_weights(hidden_values, rng), kernels)


def random_weights(count: int, rng: np.random.Generator) -> list[Fraction]:
    """Return a random distribution of fractions."""
    numbers = rng.integers(0, 10, count)
    numbers[rng.integers(count)] += 1
    return [Fraction(int(v), int(numbers.sum())) for v in numbers]


def configurations(node: Node) -> Iterator[tuple[int, ...]]:
    """Return the values of a node's observed and hidden parents, the last one changing fastest."""
    return itertools.product(*map(range, node.radices))


def responses(node: Node) -> Iterator[dict[tuple[int, ...], int]]:
    """Return the response functions of a node in their order, each as a dictionary."""
    every = list(configurations(node))
    return (
        dict(zip(every, values, strict=True))
        for values in itertools.product(range(node.cardinality), repeat=len(every))
    )


def kernel_of(node: Node, weights: list[Fraction]) -> Kernel:
    """Return p(value|parents) of a node whose response function is drawn with these weights."""
    found: dict[tuple[int, ...], list[Fraction]] = {c: [Fraction(0)] * node.cardinality for c in configurations(node)}
    for weight, function in zip(weights, responses(node), strict=True):
        for c, value in function.items():
            found[c][value] += weight
    return found


def exactly(rows: Rows, q: Exact) -> Exact:
    """Return the rows times q in exact arithmetic; their entries must be whole."""
    product = rows.matrix.toarray().astype(np.int64).astype(object) @ q
    return np.asarray(product * rows.scale, dtype=object)


def _functions(node: Node, kernel: Kernel) -> Exact:
    """Return the probability of each response function when each value is drawn beforehand."""
    found = [math.prod((kernel[c][v] for c, v in f.items()), start=Fraction(1)) for f in responses(node)]
    return np.array(found, dtype=object)


def _factor(node: Node, kernel: Kernel, values: Values) -> Fraction:
    return kernel[tuple(values[parent] for parent in node.parents)][values[node.name]]
