"""Linear programs over very many strategies: columns are generated, the best by elimination.

The rest of the folder is loaded when there is such a program.
"""

from __future__ import annotations

import math
from dataclasses import replace

from relaxbell.causal.equations import Equations
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.over import read_problem
from relaxbell.exact.numbers import Exact
from relaxbell.lp.highs import Answer
from relaxbell.measures.measure import LinearMeasure

PRICED_FROM = 20_000
"""Problems over more strategies are priced, where that is possible; times settings where there are limits given λ."""


def many(measure: LinearMeasure) -> bool:
    """Return whether a measure has so many strategies that pricing them pays."""
    return measure.model.strategies.count > PRICED_FROM


def priced(
    measure: LinearMeasure, equations: Equations, subject_to: object, *, thorough: bool, like: Exact | None = None
) -> tuple[Answer, Proof] | None:
    """Minimize a measure without listing strategies; None where they had better be listed, or have to be.

    Where a table is minimized and no behavior is given, symmetries are sought among those of the table, `like`. Errors
    as `minimize`.
    """
    model = measure.model
    if (
        equations.exponents is not None
        or model.strategies.count * math.prod(model.cardinality[name] for name in model.dependent_inputs) <= PRICED_FROM
    ):
        return None
    from relaxbell.engines.linear.priced.solving import PricedProblem, priced_form

    problem = read_problem(measure, measure.term, equations, subject_to)
    form = priced_form(problem, measure.model) if many(measure) else None
    if form is None:
        from relaxbell.engines.dependence.budgets import constrained_dependence

        return constrained_dependence(measure, equations, subject_to, thorough=thorough, like=like)
    return PricedProblem(replace(form, like=like), measure).solved(thorough=thorough)
