"""Quotients whose denominator the data fix: then they are linear."""

from __future__ import annotations

from fractions import Fraction

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.engines.linear.engine import LinearEngine
from relaxbell.engines.linear.program import without_information
from relaxbell.errors import MeasureError
from relaxbell.measures.measure import LinearMeasure, Measure


def with_fixed_denominator(
    measure: Measure, observed: Behavior | Observed, constraints: tuple[object, ...]
) -> LinearMeasure:
    """Return a quotient as a linear measure; raise MeasureError where its denominator differs between models."""
    assert measure.quotient is not None
    own = measure if measure.negated is None else measure.negated
    assert own.quotient is not None
    above, below = own.quotient
    _, others = without_information(constraints)
    ends = [LinearEngine(end).minimize(observed, others).proof for end in (below, -below)]
    low, high = (end.bound.bound for end in ends)
    if not isinstance(low, Fraction) or low != -high or low <= 0 or any(end.primal is None for end in ends):
        raise MeasureError(
            f"{own.name} within bits: its denominator {below.name} is between {float(low):.6g} and {-float(high):.6g} "
            "in models that reproduce the data, expected a single positive number: then the quotient is linear. Use "
            "bounds(ratio, p, [mutual_information(model) <= …]) at single budgets."
        )
    found = (above * (1 / low)).named(own.name, own.unit)
    return found if measure.negated is None else -found
