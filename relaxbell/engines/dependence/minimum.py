"""Least values of measures of dependence over strategies that are not listed: problems in, answers with proofs out."""

from __future__ import annotations

from dataclasses import replace

import scipy.sparse as sp

from relaxbell.engines.dependence.columns import DependenceProgram
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.infeasible import infeasible
from relaxbell.engines.linear.over import WANTED, limit
from relaxbell.engines.linear.program import Problem
from relaxbell.errors import SolverError
from relaxbell.exact.rows import Rows
from relaxbell.lp.clock import TimeLimitError
from relaxbell.lp.highs import Answer
from relaxbell.measures.dependences import Dependence
from relaxbell.measures.measure import Measure
from relaxbell.measures.terms import ZERO

PRICED_FROM = 2**12
"""Models with more strategies are priced; measured: lists are faster below."""


def priced_dependence(problem: Problem, measure: Dependence, *, thorough: bool) -> tuple[Answer, Proof] | None:
    """Minimize M by priced columns; None where a list of all strategies may serve.

    Raises
    ------
    InfeasibleError
        If nothing satisfies the equations.
    """
    form = SettingForm.of(measure.model, problem.equations, measure.layout)
    if form is None:
        return None
    listed = measure.model.strategies.can_be_listed
    try:
        found = DependenceProgram(form).solve(measure.name, thorough=thorough)
    except TimeLimitError:
        raise
    except SolverError:
        if not listed:
            raise
        return None
    if found is None:
        contradicted(form, problem, measure)
        if not listed:
            raise SolverError(f"min {measure.name}: reported infeasible without a proof. Round the behavior first.")
        return None
    answer, bound, primal = found
    if primal is None and answer.value - bound.value > limit(answer.value, WANTED):
        if not listed:
            raise SolverError(
                f"min {measure.name} did not converge: value {answer.value:.9g}, rigorous bound {bound.value:.9g}. "
                "Round the behavior with rounded(model)."
            )
        return None
    return answer, Proof(problem, bound, primal)


def contradicted(form: SettingForm, problem: Problem, measure: Measure) -> None:
    """Raise InfeasibleError if nothing satisfies the equations and that can be proved.

    As p(x, λ) may be anything, q is any weights of the entries of the form's tables: there are few of them.
    """
    rows = Rows(sp.csr_array(form.entries), problem.equations.rows.labels)
    infeasible(Problem(ZERO, replace(problem.equations, rows=rows, exponents=None)), measure)
