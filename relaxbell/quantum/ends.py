"""What least values with a common cause that is not classical report: `CauseBound`, `CauseBounds`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relaxbell.certificate.claims import Certificate
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.solution import Bounds, Solution
from relaxbell.exact.numbers import ExactNumber, ceil_float, floor_float
from relaxbell.exact.texts import ceil_text, floor_text
from relaxbell.functionals.functional import BellFunctional
from relaxbell.measures.measure import LinearMeasure
from relaxbell.methods import provided
from relaxbell.quantum.base import BehaviorSet


@dataclass(frozen=True, eq=False)
class Realization:
    """A quantum model of two nodes that a search found.

    Attributes
    ----------
    value
        Of the query.
    missed
        The largest difference of a probability from the data.
    states
        What the first node's results leave the second one, axes [configuration of parents, outcome, row, column]; each
        has the probability of the outcome as its trace.
    effects
        The second node's POVM elements, with the same axes.
    nodes
        Which nodes these are.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.classes.Realization.__name__
    'Realization'
    """

    value: float
    missed: float
    states: NDArray[np.float64]
    effects: NDArray[np.float64]
    nodes: tuple[str, str]

    def __repr__(self) -> str:
        d = self.effects.shape[-1]
        return f"{self.value:.9g}, data missed by {self.missed:.2g}, by a quantum model in dimension {d}"


@dataclass(frozen=True, eq=False)
class CauseBound:
    """The least value of a measure over models whose common cause is quantum, or does not signal.

    Attributes
    ----------
    measure
        What is least.
    value
        As the solver found it. Of a quantum common cause it is the least of the level of the NPA hierarchy, which some
        quantum model may not reach.
    lower_bound
        Exact: no such model has less.
    certificate
        Of the lower bound.
    functional
        A functional of the Bell scenario behind the graph, in which each node that responds is a party whose settings
        are the configurations of its parents: what it is at most on the set proves the bound. `optimize_quantum` finds
        how much quantum models reach, and so how much better the bound could be.
    where, proof
        The set, and the problem with its dual data.

    Examples
    --------
    >>> import numpy as np
    >>> import relaxbell as rb
    >>> iv = rb.instrumental()
    >>> noise = rb.Behavior(np.full((2, 2, 2), 0.25), outputs="A B", inputs="Z")
    >>> found = rb.bounds(rb.average_causal_effect(iv, "A", "B"), noise, common_cause="nonsignaling")
    >>> found.minimum.lower_bound, found.minimum.certificate.verify().startswith("every model with")
    (Fraction(-1, 2), True)
    """

    measure: LinearMeasure
    value: float
    lower_bound: ExactNumber
    certificate: Certificate
    functional: BellFunctional
    where: BehaviorSet
    proof: Proof

    def realization(self, *, dimension: int = 3, starts: int = 4, seed: int = 0) -> Realization:
        """Return a quantum model that reproduces the data, with a value near the bound, if a search finds one.

        Parameters
        ----------
        dimension
            Of the second node's share; the first one's is what it needs to be.
        starts, seed
            Random starts of alternating semidefinite programs, with real numbers.

        Returns
        -------
        Realization
            With the value from above, and by how much the data are missed.

        Raises
        ------
        UnsupportedModelError
            If not two nodes respond, there are constraints, or the measure is not linear.

        Examples
        --------
        >>> import numpy as np
        >>> import relaxbell as rb
        >>> iv = rb.instrumental()
        >>> noise = rb.Behavior(np.full((2, 2, 2), 0.25), outputs="A B", inputs="Z")
        >>> effect = rb.average_causal_effect(iv, "A", "B")
        >>> found = rb.minimize(effect, noise, common_cause="nonsignaling").realization(dimension=2)
        >>> found.missed < 1e-6, round(found.value, 3)
        (True, -0.5)
        """
        return provided("CauseBound.realization")(self, dimension=dimension, starts=starts, seed=seed)

    def __repr__(self) -> str:
        bound = floor_text(floor_float(self.lower_bound), 12)
        return f"min {self.measure.name} = {self.value:.9g}, at least {bound}"


@dataclass(frozen=True, eq=False)
class CauseBounds:
    """Both ends of a query where the common cause is quantum or does not signal, beside those of a classical one.

    Attributes
    ----------
    common_cause
        What it is, in words.
    minimum, maximum
        The ends with their proofs; `maximum` is of the negated query.
    classical
        The ends for a classical common cause; None where none reproduces the data.

    Examples
    --------
    >>> import numpy as np
    >>> import relaxbell as rb
    >>> iv = rb.instrumental()
    >>> noise = rb.Behavior(np.full((2, 2, 2), 0.25), outputs="A B", inputs="Z")
    >>> rb.bounds(rb.average_causal_effect(iv, "A", "B"), noise, common_cause="nonsignaling")
    [-0.5, 0.5] for ACE(A -> B), common cause no-signaling: at least -0.5, at most 0.5
      classical: [-0.5, 0.5]
    """

    common_cause: str
    minimum: CauseBound
    maximum: CauseBound
    classical: Bounds[Solution] | None

    @property
    def lower(self) -> float:
        """Least value, as the solver found it."""
        return self.minimum.value

    @property
    def upper(self) -> float:
        """Largest value, as the solver found it."""
        return 0.0 - self.maximum.value

    @property
    def lower_bound(self) -> float:
        """Rigorous lower end, rounded down."""
        return floor_float(self.minimum.lower_bound)

    @property
    def upper_bound(self) -> float:
        """Rigorous upper end, rounded up."""
        return 0.0 + ceil_float(self.maximum.lower_bound * -1)

    def __iter__(self) -> Iterator[float]:
        yield self.lower
        yield self.upper

    def __repr__(self) -> str:
        low, high = floor_text(self.lower_bound, 9), ceil_text(self.upper_bound, 9)
        name = f"{self.minimum.measure.name}, common cause {self.common_cause}: at least {low}, at most {high}"
        beside = "none reproduces the data"
        if self.classical is not None:
            beside = f"[{', '.join(f'{v:.9g}' for v in self.classical)}]"
        return f"[{self.lower:.9g}, {self.upper:.9g}] for {name}\n  classical: {beside}"
