"""`StrategyWeights`: a distribution over strategies, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.mixed import MixedStrategies
from relaxbell.causal.model import CausalModel
from relaxbell.causal.responses import Cells
from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.numbers import Floats
from relaxbell.exact.rows import Rows
from relaxbell.frozen import Frozen


class StrategyWeights(Frozen):
    """A distribution over strategies, with readable response functions.

    Attributes
    ----------
    model
        The model.
    weights
        Probability of each strategy, shape (n,), read-only. Made from a mapping, from the numbers of the strategies
        that occur to their probabilities, it is written down when it is asked for, if there are not too many.
    mapping
        The same by the numbers of the strategies that occur.

    Raises
    ------
    ModelTooLargeError
        By ``weights``, if there are too many strategies to list them; `mapping` has those that occur.

    Examples
    --------
    >>> import relaxbell as rb
    >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
    >>> weight, functions = next(iter(solution.q))
    >>> weight, functions.startswith("A: ")
    (0.25, True)
    """

    def __init__(self, model: CausalModel, weights: Floats | Mapping[int, float]) -> None:
        self.model = model
        self._given = weights
        self._seal()

    @cached_property
    def weights(self) -> Floats:
        """Probability of each strategy, shape (n,), read-only."""
        if not isinstance(self._given, Mapping):
            return self._given
        self.model.strategies.check_listed()
        found = np.zeros(self.model.strategies.count)
        found[list(self.mapping)] = list(self.mapping.values())
        found.setflags(write=False)
        return found

    @cached_property
    def mapping(self) -> Mapping[int, float]:
        """Probability of each strategy that occurs, by its number."""
        if isinstance(self._given, Mapping):
            return dict(sorted(self._given.items()))
        used = np.flatnonzero(self.weights)
        return dict(zip(used.tolist(), self.weights[used].tolist(), strict=True))

    @cached_property
    def support(self) -> NDArray[np.intp] | NDArray[np.object_]:
        """Numbers of the strategies with weight above 1e-9, the heaviest first; Python's integers if they are large."""
        found = [strategy for strategy, weight in self.mapping.items() if weight > 1e-9]
        kind = np.intp if self.model.strategies.count < 2**62 else object
        out = np.empty(len(found), dtype=kind)
        out[:] = sorted(found, key=lambda strategy: -self.mapping[strategy])
        return out

    def weight(self, strategy: int) -> float:
        """Return the probability of a strategy.

        Parameters
        ----------
        strategy
            Its number, 0 … n − 1.

        Returns
        -------
        float
            0 where it does not occur.

        Examples
        --------
        >>> import relaxbell as rb
        >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
        >>> sum(solution.q.weight(strategy) for strategy in solution.q.support)
        1.0
        """
        return self.mapping.get(int(strategy), 0.0)

    def __len__(self) -> int:
        return len(self.support)

    def __iter__(self) -> Iterator[tuple[float, str]]:
        """Yield (probability, response functions) of the strategies with weight."""
        for strategy in self.support:
            yield float(self.mapping[strategy]), self.describe(int(strategy))

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
        strategies = self.model.strategies
        if isinstance(strategies, MixedStrategies):
            k, number = strategies.part(strategy)
            part = strategies.parts[k]
            own = part.values(number) if isinstance(part, Cells) else {}
            cell = ",".join(f"{name}={value}" for name, value in own.items())
            first = {"structure": getattr(self.model, "names", ())[k]}
            digits = strategies.digits(strategy)
            return first | (
                {"cell": cell}
                if cell
                else {
                    node.name: _function(node.parents, node.radices, node.values(digits[node.name]))
                    for node in part.nodes
                }
            )
        digits = strategies.digits(strategy)
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


def expected(q: StrategyWeights, rows: Rows) -> Floats:
    """Return Σ q · row for some rows; of tables only the strategies that occur are looked at."""
    if not isinstance(rows, LocalRows):
        return rows.values(q.weights)
    strategies, weights = list(q.mapping), np.array(list(q.mapping.values()), dtype=np.float64)
    return rows.at(q.model.local.assignments(strategies)).values(weights)


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
