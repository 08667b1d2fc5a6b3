"""Least values of measures of dependence over strategies that are not listed: problems in, answers with proofs out."""

from __future__ import annotations

import math
from dataclasses import replace

import scipy.sparse as sp

from relaxbell.causal.equations import Equations
from relaxbell.engines.dependence.columns import DependenceProgram
from relaxbell.engines.dependence.early import early_bound
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.dependence.hall import HallProgram
from relaxbell.engines.dependence.information import InformationProgram
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.infeasible import infeasible
from relaxbell.engines.linear.over import NEEDED, WANTED, limit
from relaxbell.engines.linear.program import Problem
from relaxbell.errors import SolverError
from relaxbell.exact.kept import Kept
from relaxbell.exact.rows import Rows
from relaxbell.lp.clock import TimeLimitError, with_bound
from relaxbell.lp.highs import Answer
from relaxbell.measures.dependences import Dependence
from relaxbell.measures.hall import HallDependence
from relaxbell.measures.information import MutualInformation
from relaxbell.measures.measure import Measure
from relaxbell.measures.terms import ZERO

PRICED_FROM = 2**12
"""Models with more strategies are priced. Below, lists take half the time where data have no symmetries, and their
bounds are closer where p(x) have large denominators."""

_LISTED_FOR_HALL = 2**16
"""Rows for which the program of all strategies is a second chance."""

_LISTED_FOR_INFORMATION = 2**18
"""Models for which the program of all strategies is a second chance."""

_TABLES = "tables of settings"
"""The key of what a measure keeps."""

_LARGEST_KEPT = 2**16
"""Entries of tables that are kept."""

NEEDED_BITS = 1e-6
"""What is a result, in bits."""


def priced_dependence(
    problem: Problem, measure: Dependence, *, thorough: bool, near: Kept[DependenceProgram] | None = None
) -> tuple[Answer, Proof] | None:
    """Minimize M by priced columns; None where a list of all strategies may serve.

    Parameters
    ----------
    problem, measure, thorough
        What is solved.
    near
        Programs of other right-hand sides under their equations' rows, whose columns are used here too.

    Raises
    ------
    InfeasibleError
        If nothing satisfies the equations.
    """
    form = form_of(measure, problem.equations)
    if form is None:
        return None
    program = None if near is None else near.get("program")
    try:
        if program is not None and program.form.equations.rows is problem.equations.rows:
            program = program.at(problem.equations)
        else:
            program = DependenceProgram(form)
    except TimeLimitError as late:
        raise with_bound(late, measure.name, early_bound(form)) from None
    if near is not None:
        near.replace("program", program)
    listed = measure.model.strategies.can_be_listed
    try:
        found = program.solve(measure.name, thorough=thorough)
    except TimeLimitError as late:
        raise (with_bound(late, measure.name, early_bound(form)) if late.partial is None else late) from None
    except SolverError:
        if not listed:
            raise
        return None
    if found is None:
        contradicted(form, problem, measure)
        if not listed:
            raise SolverError(f"min {measure.name}: reported infeasible without a proof. Round the behavior first.")
        return None
    value, bound = found.answer.value, found.bound.value
    if found.primal is None and value - bound > limit(value, WANTED):
        if not listed and value - bound > limit(value, NEEDED):
            raise SolverError(
                f"min {measure.name} did not converge: value {value:.9g}, rigorous bound {bound:.9g}. Round the "
                "behavior with rounded(model)."
            )
        if listed:
            return None
    return found.solved(problem)


def dependence_program(measure: Dependence, equations: Equations) -> DependenceProgram | None:
    """Return a program without columns; None where a list of all strategies may serve."""
    form = form_of(measure, equations)
    return None if form is None else DependenceProgram(form)


def priced_hall(problem: Problem, measure: HallDependence, *, thorough: bool) -> tuple[Answer, Proof] | None:
    """Minimize Hall's measure by minimum cuts; None where a program of all strategies serves.

    Raises
    ------
    InfeasibleError
        If nothing satisfies the equations.
    """
    layout = measure.layout
    rows = math.comb(len(layout.weights), 2) * layout.count
    if rows <= PRICED_FROM or problem.equations.exponents is not None:
        return None
    form = form_of(measure, problem.equations)
    if form is None:
        return None
    last = rows > _LISTED_FOR_HALL
    try:
        found = HallProgram(form).solve(measure.name, thorough=thorough)
    except TimeLimitError:
        raise
    except (SolverError, ArithmeticError):
        if last:
            raise
        return None
    if found is None:
        contradicted(form, problem, measure)
    if found is None or found.answer.value - found.bound.value > limit(found.answer.value, NEEDED):
        if not last:
            return None
        said = "reported infeasible without a proof" if found is None else f"rigorous bound {found.bound.value:.9g}"
        raise SolverError(f"min {measure.name} did not converge: {said}. Round the behavior with rounded(model).")
    return found.solved(problem)


def priced_information(problem: Problem, measure: MutualInformation) -> tuple[Answer, Proof] | None:
    """Minimize I over few λ at a time; None where all strategies together may serve.

    Raises
    ------
    InfeasibleError
        If nothing satisfies the equations.
    """
    model = measure.model
    rare = problem.equations.exponents is not None
    if rare or model.strategies.count <= PRICED_FROM:
        return None
    form = form_of(measure, problem.equations)
    if form is None:
        return None
    if model.free_inputs:
        contradicted(form, problem, measure)
    try:
        found = InformationProgram(form).solve(measure.name)
    except TimeLimitError:
        raise
    except SolverError:
        if model.strategies.count > _LISTED_FOR_INFORMATION:
            raise
        return None
    if found is None:
        contradicted(form, problem, measure)
    if found is None or found.answer.value - found.bound.value > NEEDED_BITS:
        if model.strategies.count <= _LISTED_FOR_INFORMATION:
            return None
        said = "reported infeasible without a proof" if found is None else f"rigorous bound {found.bound.value:.9g}"
        raise SolverError(f"min {measure.name} did not converge: {said}. Round the behavior with rounded(model).")
    return found.solved(problem)


def form_of(measure: Dependence | HallDependence | MutualInformation, equations: Equations) -> SettingForm | None:
    """Return the tables of a measure, which keeps them, at right-hand sides.

    What is kept does not depend on data: results are those of a first call, whatever was asked before.
    """
    known = measure.kept.get(_TABLES)
    if isinstance(known, SettingForm) and known.equations.rows is equations.rows:
        return known.at(equations)
    form = SettingForm.of(measure.model, equations, measure.layout)
    if form is not None and form.starts[-1] <= _LARGEST_KEPT:
        measure.kept.replace(_TABLES, form.at(replace(equations, behavior=None)))
    return form


def contradicted(form: SettingForm, problem: Problem, measure: Measure) -> None:
    """Raise InfeasibleError if nothing satisfies the equations and that can be proved.

    As p(x, λ) may be anything, q is any weights of the entries of the form's tables: there are few of them.
    """
    rows = Rows(sp.csr_array(form.entries), problem.equations.rows.labels)
    infeasible(Problem(ZERO, replace(problem.equations, rows=rows, exponents=None)), measure)
