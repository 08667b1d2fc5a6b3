"""`StrategyWeights`: a distribution over strategies, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.exact.numbers import Floats


@dataclass(frozen=True, eq=False)
class StrategyWeights:
    """A distribution over strategies, with readable response functions.

    Attributes
    ----------
    model
        The model.
    weights
        Probability of each strategy, shape (n,), read-only; where strategies are very many, a mapping from the numbers
        of those that occur.

    Examples
    --------
    >>> import relaxbell as rb
    >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
    >>> weight, functions = next(iter(solution.q))
    >>> weight, functions.startswith("A: ")
    (0.25, True)
    """

    model: CausalModel
    weights: Floats | Mapping[int, float]

    @cached_property
    def support(self) -> NDArray[np.intp] | NDArray[np.object_]:
        """Numbers of the strategies with weight above 1e-9, the heaviest first; of very many, of all with weight."""
        if isinstance(self.weights, Mapping):
            ordered = sorted(self.weights.items(), key=lambda pair: (-pair[1], pair[0]))
            numbers: NDArray[np.object_] = np.array([number for number, _ in ordered], dtype=object)
            return numbers
        found = np.flatnonzero(self.weights > 1e-9)
        return found[np.argsort(-self.weights[found], kind="stable")]

    def __len__(self) -> int:
        return len(self.support)

    def __iter__(self) -> Iterator[tuple[float, str]]:
        """Yield (probability, response functions) of the strategies with weight."""
        for strategy in self.support:
            yield float(self.weights[strategy]), self.describe(int(strategy))

    def describe(self, strategy: int) -> str:
        """Return the response functions of a strategy: ``A: x↦01, B: (x,y)↦00 11``.

        Parameters
        ----------
        strategy
            Its number, 0 … n − 1.

        Returns
        -------
        str
            One function for each responding node.

        Examples
        --------
        >>> import relaxbell as rb
        >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
        >>> solution.q.describe(0)
        'A: 0, B: 0'
        """
        return ", ".join(f"{name}: {text}" for name, text in self.functions(strategy).items())

    def functions(self, strategy: int) -> dict[str, str]:
        """Return the response function of each node in a strategy, as text.

        Parameters
        ----------
        strategy
            Its number, 0 … n − 1.

        Returns
        -------
        dict
            Node → its constant, the parent that it copies, or its table of values.

        Examples
        --------
        >>> import relaxbell as rb
        >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
        >>> solution.q.functions(63)
        {'A': '1', 'B': '1'}
        """
        digits = self.model.strategies.digits(strategy)
        return {
            node.name: _function(node.parents, node.radices, node.values(digits[node.name]))
            for node in self.model.strategies.nodes
        }

    def __str__(self) -> str:
        lines = [f"{weight:10.6f}  {text}" for weight, text in list(self)[:20]]
        if len(self) > 20:
            lines.append(f"{'…':>10}  {len(self) - 20} more strategies")
        return "\n".join(lines)

    __repr__ = __str__


def _function(parents: tuple[str, ...], radices: tuple[int, ...], row: Sequence[int]) -> str:
    """Return a response function as text: its constant, the parent it copies, or its table."""
    values = list(row)
    if len(set(values)) == 1:
        return str(values[0])
    names = [p.lower() for p in parents]
    grid = np.array(values).reshape(radices)
    for axis, name in enumerate(names):
        shape = [1] * len(radices)
        shape[axis] = radices[axis]
        if (grid == np.arange(radices[axis]).reshape(shape)).all():
            return name if len(names) == 1 else f"({','.join(names)})↦{name}"
    last = radices[-1]
    table = " ".join("".join(map(str, values[i : i + last])) for i in range(0, len(values), last))
    left = names[0] if len(names) == 1 else f"({','.join(names)})"
    return f"{left}↦{table}"
