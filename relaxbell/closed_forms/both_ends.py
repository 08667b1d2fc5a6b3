"""Both ends of a signed query in closed form, such as Balke and Pearl's bounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.closed_forms.closed_form import ClosedForm
from relaxbell.closed_forms.derive import closed_form
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import ExactNumber
from relaxbell.measures.measure import Measure, read_measure
from relaxbell.methods import provided

if TYPE_CHECKING:
    from sympy import Expr


class Interval(NamedTuple):
    """Both ends of a query at many behaviors.

    Attributes
    ----------
    lower, upper
        float64, shape (N,); NaN where infeasible.
    feasible
        Whether p is a behavior of the domain that the model reproduces, shape (N,).

    Examples
    --------
    >>> import relaxbell as rb
    >>> query = rb.average_causal_effect(rb.outcome_signaling(), "A", "B")
    >>> found = rb.closed_bounds(query).evaluate([rb.boxes.pr().white_noise()])
    >>> found.lower.tolist(), found.upper.tolist(), found.feasible.tolist()
    ([-0.5], [0.5], [True])
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    feasible: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ClosedBounds:
    """max of terms ≤ query ≤ min of terms, for every behavior of a domain. Made by `closed_bounds`.

    Attributes
    ----------
    least
        The lower end.
    largest
        Closed form of the least value of the negated query: minus the upper end.

    Examples
    --------
    >>> import relaxbell as rb
    >>> both = rb.closed_bounds(rb.average_causal_effect(rb.instrumental(), "A", "B"))
    >>> len(both.least.terms), len(both.largest.terms)
    (8, 8)
    """

    least: ClosedForm
    largest: ClosedForm

    @cached_property
    def lower(self) -> Expr:
        """The lower end as a sympy ``Max``."""
        return self.least.expression

    @cached_property
    def upper(self) -> Expr:
        """The upper end as a sympy ``Min``, over the same symbols."""
        import sympy

        expression = self.largest.expression
        terms = expression.args if isinstance(expression, sympy.Max) else (expression,)
        return -terms[0] if len(terms) == 1 else sympy.Min(*(-term for term in terms), evaluate=False)

    def __call__(self, behavior: Behavior | Observed) -> tuple[ExactNumber, ExactNumber]:
        """Return both ends at an exact behavior; errors as `ClosedForm`."""
        return self.least(behavior), -self.largest(behavior)

    def evaluate(self, observed: Iterable[Behavior | ArrayLike] | Behavior, *, tolerance: float = 1e-9) -> Interval:
        """Return both ends at many behaviors, in float64.

        Parameters
        ----------
        observed, tolerance
            As in `ClosedForm.evaluate`.

        Returns
        -------
        Interval
            ``lower``, ``upper`` and the mask ``feasible``, shape (N,) each.

        Raises
        ------
        BehaviorError
            If the shape does not fit the model.

        Examples
        --------
        >>> import relaxbell as rb
        >>> both = rb.closed_bounds(rb.average_causal_effect(rb.instrumental(), "A", "B"))
        >>> lipid = rb.Behavior([[[0.919, 0.315], [0, 0.139]], [[0.081, 0.073], [0, 0.473]]], outputs="B A", inputs="Z")
        >>> found = both.evaluate([lipid])
        >>> found.lower.round(3), found.upper.round(3)
        (array([0.392]), array([0.78]))
        """
        low = self.least.evaluate(observed, tolerance=tolerance)
        high = self.largest.evaluate(observed, tolerance=tolerance)
        return Interval(low.value, -high.value, low.feasible & high.feasible)

    def __repr__(self) -> str:
        return f"{self.least!r}\n{self.largest!r}"

    def _repr_html_(self) -> str:
        return provided("ClosedBounds._repr_html_")(self)


def closed_bounds(
    query: Measure,
    domain: object = None,
    subject_to: object = (),
    *,
    way: str | None = None,
    seconds: float = 60.0,
) -> ClosedBounds:
    """Derive both ends of a signed (linear) query in closed form.

    Parameters
    ----------
    query
        A linear measure, such as `average_causal_effect`.
    domain, subject_to, way, seconds
        As in `closed_form`, for each end.

    Returns
    -------
    ClosedBounds
        ``lower`` as a sympy ``Max``, ``upper`` as a ``Min``.

    Raises
    ------
    MeasureError
        If the query is not linear.
    ClosedFormError
        As `closed_form`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> both = rb.closed_bounds(rb.average_causal_effect(rb.instrumental(), "A", "B"))
    >>> noise = rb.Behavior([[[0.25] * 2] * 2] * 2, outputs="A B", inputs="Z")
    >>> both.evaluate([noise]).lower, both.evaluate([noise]).upper
    (array([-0.5]), array([0.5]))
    """
    own = read_measure(query, "closed_bounds are of").linear("closed bounds")
    if not own.term.is_linear:
        raise MeasureError(
            f"closed_bounds is for linear queries such as average_causal_effect(…): found {own.name}. Use closed_form "
            "for norms."
        )
    return ClosedBounds(
        closed_form(own, domain, subject_to, way=way, seconds=seconds),
        closed_form(-own, domain, subject_to, way=way, seconds=seconds),
    )
