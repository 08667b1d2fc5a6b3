"""What a minimization reports: `Solution`, and its strategies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.model import CausalModel
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.witness import Witness
from relaxbell.exact.numbers import ExactNumber, Floats, ceil_float, to_sympy
from relaxbell.exact.texts import floor_text, supported_text
from relaxbell.functionals.functional import BellFunctional
from relaxbell.methods import provided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaxbell.measures.measure import Measure
    from relaxbell.results import CertificateLike

_ROUNDING = 1e-13
LONGEST = 32
"""Exact numbers with more letters are called exact, not written out."""


@dataclass(frozen=True, eq=False)
class StrategyWeights:
    """A distribution over strategies, with readable response functions.

    Attributes
    ----------
    model
        The model.
    weights
        Probability of each strategy, shape (n,), read-only.

    Examples
    --------
    >>> import relaxbell as rb
    >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
    >>> weight, functions = next(iter(solution.q))
    >>> weight, functions.startswith("A: ")
    (0.25, True)
    """

    model: CausalModel
    weights: Floats

    @cached_property
    def support(self) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Numbers of the strategies with weight above 1e-9, the heaviest first."""
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
            node.name: _function(node.parents, node.radices, node.table[digits[node.name]])
            for node in self.model.strategies.nodes
        }

    def __str__(self) -> str:
        lines = [f"{weight:10.6f}  {text}" for weight, text in list(self)[:20]]
        if len(self) > 20:
            lines.append(f"{'…':>10}  {len(self) - 20} more strategies")
        return "\n".join(lines)

    __repr__ = __str__


def _function(parents: tuple[str, ...], radices: tuple[int, ...], row: Any) -> str:
    """Return a response function as text: its constant, the parent it copies, or its table."""
    values = [int(v) for v in row]
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


@dataclass(frozen=True, eq=False)
class Solution:
    """The least value of a measure, with a rigorous lower bound.

    Attributes
    ----------
    measure
        What was minimized.
    observed
        What had to be reproduced.
    value
        The measure at the model found (in its unit); never below `lower_bound`.
    lower_bound
        No model that satisfies the constraints has a smaller value: computed from the dual solution
        in exact arithmetic and rounded down. Where `exact` is known, the float nearest to it.
    status
        ``optimal``: value and bound agree to 1e-7 relative or 1e-10; those of mutual information, where its program is
        hard, to 1e-6 bit.
    q
        The model found: strategies with their weights.
    statistics
        Solver, iterations, seconds; strategies, rows; ``gap`` = value − lower bound; ``distance`` =
        how far float probabilities were moved to be read exactly.
    functional, functional_value
        The dual functional and its value on the data; `witness` adds the bound that they violate.
    proofs
        The problem and the exact dual data behind the bound; two of them, of the least and the negated
        largest p(m≠0), for the entropy of a message.

    Examples
    --------
    >>> import relaxbell as rb
    >>> solution = rb.minimize(rb.influence(rb.outcome_signaling(), "A", "B"), rb.boxes.pr())
    >>> solution.value, solution.lower_bound, solution.status
    (1.0, 1.0, 'optimal')
    """

    measure: Measure
    observed: Behavior | Observed
    value: float
    lower_bound: float
    status: str
    q: StrategyWeights
    statistics: dict[str, Any]
    functional: BellFunctional
    functional_value: ExactNumber | float
    proofs: tuple[Proof, ...] = ()

    @property
    def exact(self) -> Any:
        """The least value as a sympy number, where what was observed is exact and so is the solution; or None.

        Then the exact q of `certificate` attains it, and `value`, `lower_bound` and `upper_bound` are the float nearest
        to it.
        """
        return to_sympy(self.proofs[0].bound.bound) if self._is_exact and not self.statistics["distance"] else None

    @property
    def value_text(self) -> str:
        """The value with at most nine digits, and no more than its lower bound supports; 0 below 1e-13."""
        if abs(self.value) < _ROUNDING and self.lower_bound <= 0:
            return "0"
        return supported_text(self.value, self.lower_bound)

    @property
    def _is_exact(self) -> bool:
        return len(self.proofs) == 1 and self.proofs[0].primal is not None

    @property
    def upper_bound(self) -> float | None:
        """Rigorous upper bound, where exact weights of strategies attain it; else None.

        Equal to `lower_bound` where `exact` is known. For floats, which are read as an exact behavior first, the two
        are rounded down and up.
        """
        if not self._is_exact:
            return None
        return ceil_float(self.proofs[0].bound.bound) if self.statistics["distance"] else self.lower_bound

    @cached_property
    def witness(self) -> Witness:
        """The Bell functional of the dual solution, its value on the data and its unrelaxed bound."""
        bound = self.functional.bound(self.measure.model.unrelaxed)
        signaling = bool(self.proofs) and self.proofs[0].problem.equations.may_signal
        return Witness(self.functional, self.functional_value, bound, signaling)

    @cached_property
    def certificate(self) -> CertificateLike:
        """The exact data from which anyone can check the lower bound, without this package.

        Raises
        ------
        CertificateError
            If the solution has no proof, its measure states no definition, or the proof exceeds the limits of
            `relaxbell.verify`.
        """
        return provided("Solution.certificate")(self)

    def __repr__(self) -> str:
        unit = "" if self.measure.unit == "probability" else f" {self.measure.unit}"
        return "\n".join(
            [
                f"min {self.measure.name} = {self._headline()}{unit}   ({self.measure.model.name})",
                f"  lower bound  {self._bound_text()}{unit}",
                f"  witness      {self.witness_text}",
                f"  model        {len(self.q)} strategies of {self.q.model.strategies.count:,}",
                f"  solver       {self.statistics['solver']}",
            ]
        )

    @property
    def witness_text(self) -> str:
        """The witness as text; where there is none, why."""
        if self.witness is None:
            return "none: the behaviors of a network are not a convex set"
        if self.value > _ROUNDING and not self.measure.model.relaxed:
            return "none: no edge of the model is marked as relaxed; see CausalModel.relax"
        return str(self.witness)

    def _headline(self) -> str:
        exact = "" if self.exact is None else str(self.exact)
        if exact in ("", self.value_text):
            return self.value_text
        return f"{exact} = {self.value:.9g}" if len(exact) <= LONGEST else f"{self.value:.9g} (an exact number)"

    def _bound_text(self) -> str:
        return f"{floor_text(self.lower_bound, 12)} (rigorous)" if self.exact is None else "the same: exact"

    def _repr_html_(self) -> str:
        return provided("Solution._repr_html_")(self)

    def _repr_latex_(self) -> str:
        return provided("Solution._repr_latex_")(self)


@dataclass(frozen=True)
class Bounds:
    """Both ends of a query: ``lower, upper = bounds(query, p)``.

    Attributes
    ----------
    lower, upper
        Extreme values.
    lower_bound, upper_bound
        Rigorous: every model that satisfies the constraints lies between them.
    minimum, maximum
        The solutions behind them; `maximum` is of the negated query.

    Examples
    --------
    >>> import relaxbell as rb
    >>> lower, upper = rb.bounds(rb.message_weight(rb.message()), rb.boxes.pr())
    >>> lower, upper
    (0.5, 0.5)
    """

    minimum: Solution
    maximum: Solution

    @property
    def lower(self) -> float:
        """Least value."""
        return self.minimum.value

    @property
    def upper(self) -> float:
        """Largest value."""
        return -self.maximum.value

    @property
    def lower_bound(self) -> float:
        """Rigorous lower end."""
        return self.minimum.lower_bound

    @property
    def upper_bound(self) -> float:
        """Rigorous upper end."""
        return -self.maximum.lower_bound

    def __iter__(self) -> Iterator[float]:
        yield self.lower
        yield self.upper

    def __repr__(self) -> str:
        return f"[{self.lower:.9g}, {self.upper:.9g}] for {self.minimum.measure.name}"
