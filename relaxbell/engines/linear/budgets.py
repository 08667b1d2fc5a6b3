"""Trade-offs that have no exact pieces, such as a query within so many bits: convex, between tangents and chords."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.curves.curve import read_level
from relaxbell.curves.enclosed import between_roots, chord, refined
from relaxbell.engines.base import engine
from relaxbell.engines.linear.engine import ConvexEngine
from relaxbell.engines.linear.family import Line, Sample
from relaxbell.engines.linear.sampled import SampledCurve
from relaxbell.engines.linear.solution import ConvexSolution
from relaxbell.engines.solution import Solution
from relaxbell.errors import CurveError, InfeasibleError, MeasureError, SolverError
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.lp.highs import Answer
from relaxbell.measures.measure import Measure

_TOLERANCE = 1e-3
"""Distance of tangents and chords, in units of how far the value falls."""

_MOST = 120
_LEAST = 2.0**-26
"""Budgets this close to the least one are not told from it: the slope there may have no limit."""

_SIZES = (2**12, 2**20, 2**30, 2**44)
"""Denominators of budgets, first the short ones."""

_MARGINS = (Fraction(0), Fraction(1, 2**40), Fraction(1, 2**30), Fraction(1, 2**23), Fraction(1, 2**19))
"""By how much a budget that was found in floats is raised until something is found within it."""


@dataclass(frozen=True, eq=False)
class _Limits:
    """Least values of one measure within limits of another."""

    measure: Measure
    budgeted: Measure
    observed: Behavior | Observed
    constraints: tuple[object, ...]

    def least(self, measure: Measure, further: tuple[object, ...] = ()) -> ConvexSolution:
        """Return the least value of a measure within the constraints and further ones."""
        own = engine(measure)
        if not isinstance(own, ConvexEngine):
            raise MeasureError(
                f"a trade-off with {measure.name}: found {type(measure).__name__}, expected measures with linear "
                "programs, or one of them and mutual_information(model). Solve single budgets by minimize."
            )
        found: ConvexSolution = own.minimize(self.observed, [*further, *self.constraints])
        return found

    def within(self, limit: Fraction) -> ConvexSolution:
        """Return the least value within a limit."""
        return self.least(self.measure, (self.budgeted <= limit,))

    def sample(self, limit: Fraction) -> Sample:
        """Return the least value within a limit, with the tangent that its proof is."""
        found = self.within(limit)
        bound = found.proof.bound
        shares = bound.information if self.budgeted.needs_cones else bound.budgets
        share = shares[0] if shares else Fraction(0)
        value = Fraction(max(found.value, float(bound.bound)))
        line = Line(bound.bound + share * limit, -share)
        answer = Answer(True, np.empty(0), np.empty(0), found.value, found.statistics["solver"], 0, 0.0)
        return Sample(limit, value, line, found.proof, answer, exact=False)

    def near(self, limit: Fraction) -> Sample:
        """Return a sample at the first budget from a limit on that something is found in."""
        for margin in _MARGINS[:-1]:
            try:
                return self.sample(limit + margin)
            except (InfeasibleError, SolverError):
                continue
        return self.sample(limit + _MARGINS[-1])


@dataclass(frozen=True, eq=False, repr=False)
class BudgetCurve(SampledCurve):
    """A trade-off between rigorous tangents and chords, falling and convex: for example of a query and bits.

    Made by `tradeoff` where one of the measures is `mutual_information`. Beyond its last budget, with which nothing is
    limited any more, it is constant.

    Attributes
    ----------
    name, variable, measure, samples, gap, wanted, symbol, reading, estimated
        As in `SampledCurve`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> seen = rb.Behavior([[0.8, 0.3], [0.2, 0.7]], outputs="B", inputs="A")
    >>> weak = rb.CausalModel("A -> B <- L; L -> A", inputs="A", latent="L", cardinality={"A": 2, "B": 2})
    >>> effect, bits = rb.average_causal_effect(weak, "A", "B"), rb.mutual_information(weak)
    >>> line = rb.tradeoff(effect, bits, seen)
    >>> line.gap < 1e-3, round(line.value(0.0), 6), round(line.value(1.0), 6)
    (True, 0.5, -0.25)
    >>> round(line.crossing(0), 6)  # bits of confounding that make the sign undecided
    0.191165
    """

    _limits: _Limits = field(kw_only=True)

    @overload
    def value(self, t: float) -> float: ...
    @overload
    def value(self, t: ExactNumber) -> float: ...
    @overload
    def value(self, t: ArrayLike) -> Floats: ...
    def value(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return the chord at budgets: no less than the least value, at most `gap` more; NaN below the domain.

        Parameters
        ----------
        t
            The budget, a number or an array.

        Returns
        -------
        float or ndarray
            In the measure's unit.

        Examples
        --------
        >>> import relaxbell as rb
        >>> seen = rb.Behavior([[0.8, 0.3], [0.2, 0.7]], outputs="B", inputs="A")
        >>> weak = rb.CausalModel("A -> B <- L; L -> A", inputs="A", latent="L", cardinality={"A": 2, "B": 2})
        >>> line = rb.tradeoff(rb.average_causal_effect(weak, "A", "B"), rb.mutual_information(weak), seen)
        >>> line.value([1.0, -1.0])
        array([-0.25,   nan])
        """
        return chord(self.parameters, self.values, t, "the budget", float(self.values[-1]))

    def lower_bound(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return the largest of the rigorous tangents at budgets (in float64, to rounding); NaN below the domain.

        Parameters
        ----------
        t
            The budget, a number or an array.

        Returns
        -------
        float or ndarray
            In the measure's unit.

        Examples
        --------
        >>> import relaxbell as rb
        >>> seen = rb.Behavior([[0.8, 0.3], [0.2, 0.7]], outputs="B", inputs="A")
        >>> weak = rb.CausalModel("A -> B <- L; L -> A", inputs="A", latent="L", cardinality={"A": 2, "B": 2})
        >>> line = rb.tradeoff(rb.average_causal_effect(weak, "A", "B"), rb.mutual_information(weak), seen)
        >>> line.lower_bound(0.1) <= line.value(0.1)
        True
        """
        array = float_array(t, "the budget", CurveError)
        found = np.where(array >= self.parameters[0], super().lower_bound(array), np.nan)
        return float(found) if found.ndim == 0 else found

    def at(self, limit: object) -> Solution:
        """Return the least value within a budget, solved for it: with its rigorous bound and its certificate.

        Parameters
        ----------
        limit
            The budget, an exact number, or a float that means the decimal that prints it.

        Returns
        -------
        Solution
            As of `minimize`.

        Raises
        ------
        CurveError
            If `limit` is no rational number.
        InfeasibleError
            If nothing is within it.

        Examples
        --------
        >>> import relaxbell as rb
        >>> seen = rb.Behavior([[0.8, 0.3], [0.2, 0.7]], outputs="B", inputs="A")
        >>> weak = rb.CausalModel("A -> B <- L; L -> A", inputs="A", latent="L", cardinality={"A": 2, "B": 2})
        >>> line = rb.tradeoff(rb.average_causal_effect(weak, "A", "B"), rb.mutual_information(weak), seen)
        >>> "I(A:Lambda) <= 1/10" in line.at(0.1).certificate.claim
        True
        """
        level = read_level(limit)
        if not isinstance(level, Fraction):
            raise CurveError(f"the budget {limit} is irrational, expected a rational number.")
        return self._limits.within(level)

    def crossing(self, level: object) -> float | None:
        """Return the least budget with which the value is no more than a level, solved for it: a tipping point.

        Parameters
        ----------
        level
            A number, in the measure's unit.

        Returns
        -------
        float or None
            The budget; None where the curve does not pass the level.

        Raises
        ------
        CurveError
            If the level is not a number.

        Examples
        --------
        >>> import relaxbell as rb
        >>> seen = rb.Behavior([[0.8, 0.3], [0.2, 0.7]], outputs="B", inputs="A")
        >>> weak = rb.CausalModel("A -> B <- L; L -> A", inputs="A", latent="L", cardinality={"A": 2, "B": 2})
        >>> line = rb.tradeoff(rb.average_causal_effect(weak, "A", "B"), rb.mutual_information(weak), seen)
        >>> print(line.crossing(0.6))
        None
        """
        near = super().crossing(level)
        wanted = read_level(level)
        if near is None or not isinstance(wanted, Fraction) or near in (self.parameters[0], self.parameters[-1]):
            return near
        try:
            return self._limits.least(self._limits.budgeted, (self.measure <= wanted,)).value
        except (InfeasibleError, SolverError):
            return near

    @property
    def _domain_unit(self) -> str:
        return " bits" if self._limits.budgeted.unit == "bit" else ""


def sampled_tradeoff(
    measure: Measure, budgeted: Measure, observed: Behavior | Observed, constraints: tuple[object, ...]
) -> BudgetCurve:
    """Return the least value of one measure as a function of the budget of another, at samples; see `tradeoff`."""
    limits = _Limits(measure, budgeted, observed, constraints)
    first = limits.near(_start(limits.least(budgeted)))
    best = limits.least(measure)
    start = _rational(first.t)
    last = _end(limits, start, best)
    samples = {_rational(own.t): own for own in (first, last)}
    wanted = _TOLERANCE * max(1e-6, float(first.value - last.value))
    ordered = refined(
        samples,
        lambda a, b: (_gap(a, b, start), between_roots(a.t, b.t, start, _SIZES)),
        limits.sample,
        wanted,
        _MOST,
    )
    gap = max((_apart(a, b) for a, b in pairwise(ordered)), default=0.0)
    # beside the least budget no further sample makes it smaller
    wanted = max(wanted, _apart(*ordered[:2]) if len(ordered) > 1 else 0.0)
    return BudgetCurve(
        measure.end_name,
        budgeted.name,
        measure,
        tuple(ordered),
        gap,
        wanted,
        estimated=observed.estimated,
        _limits=limits,
    )


def _start(least: ConvexSolution) -> Fraction:
    """Return the least budget, from above: exactly, or up to what floats do not tell apart."""
    exact = least.proof.bound.bound
    if least.proof.primal is not None and isinstance(exact, Fraction):
        return exact
    return Fraction(0) if 0 <= least.value < _LEAST else Fraction(math.ceil(least.value * 2**44), 2**44)


def _end(limits: _Limits, start: Fraction, best: ConvexSolution) -> Sample:
    """Return a sample at the least budget that leaves the measure at its own minimum, as far as floats tell."""
    exact = best.proof.bound.bound
    is_known = best.exact is not None and isinstance(exact, Fraction)
    slack = Fraction(0) if is_known else Fraction(max(abs(best.value), 1.0)) / 10**9
    top = (exact if is_known else Fraction(best.value)) + slack
    reached = limits.least(limits.budgeted, (limits.measure <= top,))
    found = limits.near(max(start, Fraction(math.ceil(reached.value * 2**30), 2**30)))
    flat = Line(exact, Fraction(0))  # holds for every budget
    return found if found.tangent.at(found.t) > exact + slack else replace(found, tangent=flat, proof=best.proof)


def _rational(number: ExactNumber) -> Fraction:
    return number if isinstance(number, Fraction) else Fraction(float(number))


def _gap(left: Sample, right: Sample, start: Fraction) -> float:
    """Return how far tangents and chord are apart between two samples."""
    if float(right.t - start) <= _LEAST:
        return 0.0
    return _apart(left, right)


def _apart(left: Sample, right: Sample) -> float:
    a, b = left.tangent, right.tangent
    meeting = (left.t + right.t) / 2 if a.slope == b.slope else (a.intercept - b.intercept) / (b.slope - a.slope)
    meeting = min(max(meeting, left.t), right.t)
    share = (meeting - left.t) / (right.t - left.t)
    return float(left.value + (right.value - left.value) * share - max(a.at(meeting), b.at(meeting)))
