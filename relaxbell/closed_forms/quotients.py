"""Both ends of a quotient in closed form, where the data fix its denominator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.behavior.behavior import Behavior
from relaxbell.closed_forms.both_ends import ClosedBounds, Interval, end_forms, linear_bounds
from relaxbell.closed_forms.closed_form import ClosedForm, LinearTerm
from relaxbell.closed_forms.wording import End, written, written_form
from relaxbell.errors import BehaviorError, ClosedFormError
from relaxbell.exact.numbers import ExactNumber
from relaxbell.exact.texts import counted
from relaxbell.functionals.notation import sum_text
from relaxbell.measures.measure import LinearMeasure, Measure, read_measure
from relaxbell.measures.ratios import Ratio

if TYPE_CHECKING:
    from sympy import Expr


@dataclass(frozen=True, eq=False)
class ClosedRatio:
    """max of terms / denominator ≤ quotient ≤ min of terms / denominator, with all of them linear in p.

    Made by `closed_bounds` of a `Ratio` whose denominator is the same for all models that reproduce p. Where it is 0
    the quotient has no value.

    Attributes
    ----------
    measure
        The quotient.
    numerator
        Both ends of its numerator.
    denominator
        What its denominator is.

    Examples
    --------
    >>> import relaxbell as rb
    >>> iv = rb.instrumental()
    >>> wald = rb.closed_bounds(rb.query(iv, "LATE(Z -> A -> B)"), subject_to=[rb.assumption(iv, "no defiers")])
    >>> print(wald.written())
    LATE(Z -> A -> B) = (p(00|0) - p(00|1) + p(10|0) - p(10|1)) / (p(00|0) - p(00|1) + p(01|0) - p(01|1))
    with p(ab|z) = p(A=a, B=b|Z=z)
    """

    measure: Measure
    numerator: ClosedBounds
    denominator: tuple[Fraction, ...]

    @cached_property
    def lower(self) -> Expr:
        """The lower end as a sympy expression."""
        return self.numerator.lower / self._below

    @cached_property
    def upper(self) -> Expr:
        """The upper end as a sympy expression, over the same symbols."""
        return self.numerator.upper / self._below

    @cached_property
    def _below(self) -> Expr:
        return self.numerator.least.affine(LinearTerm(self.denominator))

    @property
    def is_identified(self) -> bool:
        """Whether both ends are the same, so that the data fix the quotient."""
        low, high = self._ends
        return low.forms == high.forms and len(low.forms) == 1

    @property
    def _ends(self) -> tuple[End, End]:
        below = self.denominator
        return (
            End(end_forms(self.numerator, 1), largest=True, over=below),
            End(end_forms(self.numerator, -1), largest=False, over=below),
        )

    def __call__(self, behavior: Behavior, budgets: Mapping[Any, Any] | None = None) -> tuple[ExactNumber, ExactNumber]:
        """Return both ends at an exact behavior.

        Parameters
        ----------
        behavior
            Exact, in the domain.
        budgets
            A number for each symbolic budget.

        Raises
        ------
        BehaviorError
            As `ClosedForm`, and where the denominator is 0.
        """
        low, high = self.numerator(behavior, budgets)
        u = self.numerator.least.region.vector(behavior)
        below = (np.array(self.denominator[: len(u)], dtype=object) * u).sum()
        if below == 0:
            raise BehaviorError(
                f"{self.measure.name} has no value: its denominator is 0 here, expected a positive "
                "probability. Give another behavior."
            )
        return low / below, high / below

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
            As in `ClosedForm.evaluate`; denominators up to the tolerance count as 0.

        Returns
        -------
        Interval
            ``lower``, ``upper``, and the mask ``feasible``: False also where the quotient has no value.

        Raises
        ------
        BehaviorError
            If the shape does not fit the model.

        Examples
        --------
        >>> import relaxbell as rb
        >>> iv = rb.instrumental()
        >>> form = rb.closed_bounds(rb.query(iv, "ETU(A -> B)"))
        >>> lipid = rb.Behavior([[[0.919, 0.315], [0, 0.139]], [[0.081, 0.073], [0, 0.473]]], outputs="B A", inputs="Z")
        >>> found = form.evaluate([lipid])
        >>> found.lower.round(6), found.upper.round(6)
        (array([0.229827]), array([0.788905]))
        """
        form = self.numerator.least
        flat = form.tables(observed)
        tables = flat.reshape(-1, *form.measure.model.observed_shape)
        ends = self.numerator.evaluate(tables, budgets, tolerance=tolerance)
        below = (
            flat @ form.region.reading.T @ np.array([float(c) for c in self.denominator[: form.region.dimension + 1]])
        )
        feasible = ends.feasible & (below > tolerance)
        safe = np.where(feasible, below, np.nan)
        return Interval(ends.lower / safe, ends.upper / safe, feasible)

    def written(self, notation: str = "probabilities", *, language: str = "text") -> str:
        """Return both ends as people or programs read them.

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
        >>> form = rb.closed_bounds(rb.query(rb.instrumental(), "p{B=1 | A=1, Z=0}"))
        >>> form.is_identified
        True
        >>> print(form.written())
        p{B=1 | A=1, Z=0} = p(11|0) / (p(10|0) + p(11|0))
        with p(ab|z) = p(A=a, B=b|Z=z)
        """
        region, budgets = self.numerator.least.region, self.numerator.least.budget_names
        own = self.measure
        return written(region, own.name, own.symbol, self._ends, budgets, notation, language, own.averaged)

    def __repr__(self) -> str:
        form = self.numerator.least
        below = written_form(form.region, self.denominator, form.budget_names, "probabilities", sum_text)
        counts = [counted(len(end.forms), "term") for end in self._ends]
        text = f"{self.measure.name} for {form.region.text}; {form.measure.model.name}"
        return "\n".join(
            [text, f"  >= max of {counts[0]}, <= min of {counts[1]}, over {below}", *self.written().split("\n")]
        )

    def _repr_latex_(self) -> str:
        return self.written(language="latex")


@overload
def closed_bounds(
    query: Ratio,
    domain: object = None,
    subject_to: object = (),
    *,
    way: str | None = None,
    seconds: float = 60.0,
) -> ClosedRatio: ...
@overload
def closed_bounds(
    query: LinearMeasure,
    domain: object = None,
    subject_to: object = (),
    *,
    way: str | None = None,
    seconds: float = 60.0,
) -> ClosedBounds: ...
@overload
def closed_bounds(
    query: Measure,
    domain: object = None,
    subject_to: object = (),
    *,
    way: str | None = None,
    seconds: float = 60.0,
) -> ClosedBounds | ClosedRatio: ...
def closed_bounds(
    query: Measure,
    domain: object = None,
    subject_to: object = (),
    *,
    way: str | None = None,
    seconds: float = 60.0,
) -> ClosedBounds | ClosedRatio:
    """Derive both ends of a signed (linear) query in closed form, or of a quotient of two.

    Parameters
    ----------
    query
        A linear measure, such as `query` or `average_causal_effect`; or a quotient whose denominator the data fix, such
        as effects of treatment on the treated, and LATE without defiers.
    domain, subject_to, way, seconds
        As in `closed_form`, for each end.

    Returns
    -------
    ClosedBounds or ClosedRatio
        ``lower`` as a sympy ``Max``, ``upper`` as a ``Min``; of a `Ratio` both over the denominator.

    Raises
    ------
    MeasureError
        If the query is not linear.
    ClosedFormError
        As `closed_form`; and for a quotient whose denominator differs between models that reproduce the same data.

    Examples
    --------
    >>> import relaxbell as rb
    >>> both = rb.closed_bounds(rb.average_causal_effect(rb.instrumental(), "A", "B"))
    >>> noise = rb.Behavior([[[0.25] * 2] * 2] * 2, outputs="A B", inputs="Z")
    >>> both.evaluate([noise]).lower, both.evaluate([noise]).upper
    (array([-0.5]), array([0.5]))
    """
    own = read_measure(query, "closed_bounds are of")
    if own.quotient is not None:
        return _closed_ratio(own, own.quotient, domain, subject_to, way, seconds)
    return linear_bounds(own, domain, subject_to, way, seconds)


def _closed_ratio(
    measure: Measure,
    quotient: tuple[LinearMeasure, LinearMeasure],
    domain: object,
    subject_to: object,
    way: str | None,
    seconds: float,
) -> ClosedRatio:
    """Return both ends of a quotient whose denominator the data fix; raise ClosedFormError for others."""
    _, below = fixed_denominator(measure, quotient[1], domain, subject_to, way, seconds)
    return ClosedRatio(measure, linear_bounds(quotient[0], domain, subject_to, way, seconds), below)


def fixed_denominator(
    measure: Measure,
    denominator: LinearMeasure,
    domain: object,
    subject_to: object,
    way: str | None,
    seconds: float,
) -> tuple[ClosedForm, tuple[Fraction, ...]]:
    """Return the closed form of a quotient's denominator, and its only term; raise ClosedFormError for several."""
    below = linear_bounds(denominator, domain, subject_to, way, seconds)
    low, high = end_forms(below, 1), end_forms(below, -1)
    if len(low) != 1 or low != high:
        raise ClosedFormError(
            f"{measure.name}: the data do not fix its denominator {denominator.name}, which is between the "
            f"largest of {counted(len(low), 'term')} and the least of {counted(len(high), 'term')}, so its ends are no "
            "quotients of maxima of linear terms. Use bounds for numbers, or an assumption that fixes it, such as "
            "'no defiers'.",
            below.least,
        )
    return below.least, low[0]
