"""What least values with a common cause that is not classical report: `CauseBound`, `CauseBounds`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relaxbell.certificate.claims import Certificate
from relaxbell.engines.solution import Bounds, Solution
from relaxbell.exact.numbers import ExactNumber, ceil_float, floor_float
from relaxbell.exact.texts import ceil_text, floor_text
from relaxbell.measures.measure import LinearMeasure


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
