"""Both ends of a signed query in closed form, such as Balke and Pearl's bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.closed_forms.classes import TermClass, listing
from relaxbell.closed_forms.closed_form import ClosedForm, upper_end
from relaxbell.closed_forms.derive import closed_form
from relaxbell.closed_forms.ends import Forms, classes_of, multiplied_forms, texts_of
from relaxbell.closed_forms.wording import End, written
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import ExactNumber
from relaxbell.exact.texts import counted
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
        return upper_end(self.largest.expression)

    def __call__(
        self, behavior: Behavior | Observed, budgets: Mapping[Any, Any] | None = None
    ) -> tuple[ExactNumber, ExactNumber]:
        """Return both ends at an exact behavior, and a number for each symbolic budget; errors as `ClosedForm`."""
        return self.least(behavior, budgets), -self.largest(behavior, budgets)

    def evaluate(
        self,
        observed: Iterable[Behavior | ArrayLike] | Behavior,
        budgets: Mapping[Any, Any] | None = None,
        *,
        tolerance: float = 1e-9,
    ) -> Interval:
        """Return both ends at many behaviors, in float64.

        Parameters
        ----------
        observed, budgets, tolerance
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
        low = self.least.evaluate(observed, budgets, tolerance=tolerance)
        high = self.largest.evaluate(observed, budgets, tolerance=tolerance)
        return Interval(low.value, -high.value, low.feasible & high.feasible)

    def written(self, notation: str = "probabilities", *, language: str = "text") -> str:
        """Return both ends as people or programs read them; the upper one as the least of its terms.

        Parameters
        ----------
        notation, language
            As in `ClosedForm.written`.

        Returns
        -------
        str
            Text, with what its symbols mean; or a function of p that returns both ends.

        Raises
        ------
        MeasureError, FunctionalError
            As `ClosedForm.written`.

        Examples
        --------
        >>> import relaxbell as rb
        >>> iv = rb.instrumental()
        >>> both = rb.closed_bounds(rb.query(iv, "ACE(A -> B)"), subject_to=[rb.assumption(iv, "no defiers")])
        >>> print(both.written())
        ACE(A -> B) >= p(00|0) + p(11|1) - 1
        ACE(A -> B) <= -p(01|0) - p(10|1) + 1
        with p(ab|z) = p(A=a, B=b|Z=z)
        >>> print(both.written(language="r"))
        bounds_ACE_A_B <- function(p) {
          # p has the axes A, B, Z: p(outputs | inputs), values counted from 1
          lower <- p[1, 1, 1] + p[2, 2, 2] - 1
          upper <- -p[1, 2, 1] - p[2, 1, 2] + 1
          c(lower = lower, upper = upper)
        }
        """
        ends = [End(forms, largest) for forms, largest in ((end_forms(self, 1), True), (end_forms(self, -1), False))]
        measure, budgets = self.least.measure, self.least.budget_names
        where = self.least.region
        return written(where, measure.name, measure.symbol, ends, budgets, notation, language, measure.averaged)

    def __repr__(self) -> str:
        name, region = self.least.measure.name, self.least.region
        lines = [f"{name} for {region.text}; {self.least.measure.model.name}"]
        for sign, form, words in ((1, self.least, ">= max of"), (-1, self.largest, "<= min of")):
            lines.append(f"  {words} {counted(len(form.terms), 'term')}")
            lines += listing(end_classes(self, sign), 5)
        if self.least.domain:
            lines.append(f"  where {counted(len(self.least.domain), 'constraint')} of the model hold")
        lines.append(f"  lower end {self.least.effort}; upper end {self.largest.effort}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return provided("ClosedBounds._repr_html_")(self)


def end_forms(bounds: ClosedBounds, sign: int) -> Forms:
    """Return the terms of the lower end (sign 1) or of the upper one (−1), as they bound the query."""
    form = bounds.least if sign > 0 else bounds.largest
    return multiplied_forms([term.form for term in form.terms], sign)


def end_texts(bounds: ClosedBounds, sign: int) -> list[str]:
    """Return the terms of an end as text; in cells where there is no Bell scenario."""
    form = bounds.least if sign > 0 else bounds.largest
    return texts_of(form.region, end_forms(bounds, sign), form.budget_names)


def end_classes(bounds: ClosedBounds, sign: int) -> list[TermClass]:
    """Return the classes of terms of an end, each as it bounds the query; in cells where there is no Bell scenario."""
    form = bounds.least if sign > 0 else bounds.largest
    return classes_of(form.region, end_forms(bounds, sign), form.classes, form.budget_names)


def linear_bounds(query: Measure, domain: object, subject_to: object, way: str | None, seconds: float) -> ClosedBounds:
    """Return both ends of a linear query; see `closed_bounds`."""
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
