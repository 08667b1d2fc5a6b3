"""Deriving closed forms: from a measure to an outer approximation and back."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from relaxbell.behavior.observed import Observed
from relaxbell.closed_forms.closed_form import ClosedForm, LinearTerm, linear_terms
from relaxbell.closed_forms.domains import Domain, read_domain
from relaxbell.closed_forms.dual_region import TIME_OVER, from_dual_vertices
from relaxbell.closed_forms.epigraph import DUAL_VERTICES, OUTER_APPROXIMATION, WAYS, Epigraph, Task
from relaxbell.closed_forms.outer import OuterApproximation
from relaxbell.closed_forms.shares import cells_of, form_of_shares, shares_of
from relaxbell.engines.linear.parametric import ParametricProgram, parameter_sides
from relaxbell.engines.linear.program import Problem, linear_program, read_constraints
from relaxbell.errors import ClosedFormError, InfeasibleError, MeasureError, installation
from relaxbell.exact.conversion import library
from relaxbell.exact.numbers import Exact, common_denominator
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import counted, one_line
from relaxbell.lp.clock import TimeLimitError, deadline, read_seconds, seconds_text
from relaxbell.measures.measure import Budget, LinearMeasure, Measure, read_measure

if TYPE_CHECKING:
    from sympy import Expr, Symbol

__all__ = ["closed_form"]


def closed_form(
    measure: Measure,
    domain: object = None,
    subject_to: object = (),
    *,
    way: str | None = None,
    seconds: float = 60.0,
) -> ClosedForm:
    """Derive the least value of a measure as a maximum of linear terms, valid for every behavior of a domain.

    The paper's Proposition 9, without its redundant terms. Where the dual region is small its vertices are listed, and
    those that are never the maximum are removed; else by outer approximation in the space of behaviors. Both in exact
    arithmetic.

    Parameters
    ----------
    measure
        Any measure with an exact linear program: influence, message_weight, average_causal_effect (signed: the
        lower end; negate it for the upper one), dependence, hall_dependence, one's own, sums and maxima.
    domain
        ``"nonsignaling"``, the default where the model without relaxations is a Bell scenario; ``"model"``: all
        behaviors, also those that the model does not reproduce (they get constraints); or a sequence of exact
        behaviors that span an affine slice; or `Observed`: the values of its functionals become the symbols, and
        nothing else is known of p, such as cells that were not seen. Shares of those selected, ``Observed.partial(…,
        given={"S": 1})``, are symbols as well where how many are selected is worst at an end of its range.
    subject_to
        Budgets (Theorem 7) and affine constraints, as in `minimize`. A budget whose limit is a sympy symbol,
        ``dependence(both) <= sympy.Symbol("c")``, becomes a variable: the terms are affine in it.
    way
        ``"dual vertices"`` or ``"outer approximation"``, whatever the size; None chooses. The terms are the same.
    seconds
        After this time the derivation is refused with an estimate of what is left; kept within a second or a fifth.
        Infinity for no limit.

    Returns
    -------
    ClosedForm
        Complete and irredundant.

    Raises
    ------
    ClosedFormError
        If it takes too long; the error's ``partial`` is what was found so far, whose terms are valid lower bounds. If
        the way is unknown, or dual vertices were asked for and cannot be had.
    MeasureError
        For mutual information and entropies, where numbers are not exact, and for an unknown domain.
    InfeasibleError
        If the model reproduces no behavior of the domain.

    Examples
    --------
    >>> import relaxbell as rb
    >>> iv = rb.instrumental()
    >>> form = rb.closed_form(rb.average_causal_effect(iv, "A", "B"))
    >>> len(form.terms), len(form.domain)
    (8, 4)
    """
    own = read_measure(measure, "a closed form is of").linear("closed form")
    if isinstance(domain, Observed) and shares_of(domain):
        cells = closed_form(own, cells_of(domain), subject_to, way=way, seconds=seconds)
        return form_of_shares(cells, domain)
    limit = read_seconds(seconds, ClosedFormError)
    if way is not None and way not in WAYS:
        raise ClosedFormError(f"the way is {one_line(way)}, expected {' or '.join(map(repr, WAYS))}, or None.")
    require_ppl()
    with deadline(limit, f"a closed form of min {own.name}", least=False):
        where = read_domain(own.model, domain)
        try:
            task, symbols = task_of(own, where, subject_to)
        except TimeLimitError as error:
            raise ClosedFormError(f"the linear program of a closed form was not written in time: {error}") from None
        found = _derived(task, way, own.name)
    if not found.terms and found.complete:
        limited = task.problem.budgets or task.problem.affine
        within, remedy = (" within the constraints", "Loosen a constraint") if limited else ("", "Relax another edge")
        raise InfeasibleError(
            f"{own.model.name} reproduces no behavior of the domain{within}, expected some. {remedy}."
        )
    result = ClosedForm(
        own,
        where,
        in_order(linear_terms(found.terms)),
        in_order(linear_terms((*row, 1) for row in found.constraints)),
        symbols,
        found.programs,
        found.vertices,
        found.seconds,
        found.open_vertices,
        found.complete,
        found.way,
    )
    if not found.complete:
        raise ClosedFormError(
            f"the closed form of {own.name} on {where.dimension} coordinates is not complete after "
            f"{seconds_text(limit)}: {_progress(found)}. Use a smaller domain (non-signaling, a slice) or minimize; or "
            "raise seconds.",
            result,
        )
    return result


def _derived(task: Task, way: str | None, name: str) -> Epigraph:
    """Return what was found on the way that was asked for, or on the first that does."""
    if way != OUTER_APPROXIMATION:
        found: Epigraph | str = TIME_OVER
        with suppress(TimeLimitError):  # what is left to do is then seen below
            found = from_dual_vertices(task, forced=way == DUAL_VERTICES)
        if isinstance(found, Epigraph):
            return found
        if way == DUAL_VERTICES:
            more = "Give more seconds, or use" if found == TIME_OVER else "Use"  # no time helps against limits of size
            raise ClosedFormError(
                f"the closed form of {name} was not derived from dual vertices: {found}. {more} "
                f"way={OUTER_APPROXIMATION!r}."
            )
    return OuterApproximation(task).run()


def _progress(found: Epigraph) -> str:
    """Say how far a search came."""
    if not found.vertices:
        known = f"; {counted(len(found.terms), 'term')}{_worth(found)}" if found.terms else ""
        return (
            f"there was no time for the vertices of the domain, at which linear programs would have been solved{known}"
        )
    rate = found.seconds / max(found.programs, 1)
    return (
        f"{counted(found.programs, 'linear program')} gave {counted(len(found.terms), 'term')}{_worth(found)}, and "
        f"{found.open_vertices:,} of {found.vertices:,} vertices are open, at least {found.open_vertices * rate:.0f} s "
        "more, growing with every cut"
    )


def _worth(found: Epigraph) -> str:
    """Say so where the terms bound the least value by the same number everywhere."""
    terms = linear_terms(found.terms)
    if any(any(term.form[1:]) for term in terms):
        return ""
    least = max((term.form[0] for term in terms), default=None)
    return ", which bound nothing so far" if least is None else f", {least} everywhere so far"


def require_ppl() -> None:
    """Raise ClosedFormError if exact polyhedra are not installed."""
    try:
        library()
    except ModuleNotFoundError:
        raise ClosedFormError(
            f"closed forms need exact polyhedra: pplpy is not installed. {installation('polytopes')}"
        ) from None


def task_of(measure: LinearMeasure, domain: Domain, subject_to: object) -> tuple[Task, tuple[Symbol, ...]]:
    """Return what is to be derived, and the symbols of its budgets."""
    constraints = read_constraints(measure, subject_to, symbolic=True)
    problem = Problem.of(measure.term, domain.equations(), *constraints)
    possible = without_excluded(problem)
    program = linear_program(possible)
    symbols = tuple(dict.fromkeys(b.limit for b in problem.budgets if b.is_symbolic))
    _require_different_names([*domain.labels, *map(str, symbols)])
    size = domain.dimension + 1
    limits = [_limit_row(b, symbols, size) for b in possible.budgets]
    cells = _padded(domain.sides, len(symbols))
    parametric = ParametricProgram(possible, program, parameter_sides(program, cells, limits))
    demanded = []
    for k, symbol in enumerate(symbols):
        least = max(b.measure.term.floor() for b in problem.budgets if b.limit == symbol)
        unit = [least.denominator if j == k else 0 for j in range(len(symbols))]
        demanded.append((-least.numerator, *(0,) * (size - 1), *unit))
    ends = tuple(_beyond(symbol, problem.budgets) for symbol in symbols)
    return Task(problem, parametric, domain, ends, tuple(demanded)), symbols


def without_excluded(problem: Problem) -> Problem:
    """Return the problem over the strategies that budgets of 0 allow, where these have no negative entries.

    What an assumption excludes has no column then, and the dual region fewer dimensions.
    """
    excluding = [b for b in problem.budgets if _excludes(b)]
    if not excluding or problem.affine or problem.deviations:
        return problem
    met = sum((abs(leaf.rows.matrix).sum(axis=0) for b in excluding for leaf in b.measure.term.leaves()), 0.0)
    kept = np.flatnonzero(np.asarray(met).ravel() == 0)
    if not len(kept):
        return problem

    def some(rows: Rows) -> Rows:
        return Rows(sp.csr_array(rows.matrix[:, kept]), rows.labels, rows.scale, rows.error)

    left = [b for b in problem.budgets if not any(b is own for own in excluding)]
    terms = [problem.objective, *(b.measure.term for b in left)]
    if any(leaf.rows.numbers is not None for term in terms for leaf in term.leaves()):
        return problem  # entries that are no small whole numbers
    budgets = tuple(
        Budget(replace(b.measure, term=term.with_rows(some)), b.limit) for b, term in zip(left, terms[1:], strict=True)
    )
    equations = replace(problem.equations, rows=some(problem.equations.rows))
    return replace(problem, objective=problem.objective.with_rows(some), equations=equations, budgets=budgets)


def _excludes(budget: Budget) -> bool:
    """Return whether a budget is 0 on a sum of probabilities: then what they consist of has weight 0."""
    term = budget.measure.term
    return (
        budget.limit == 0
        and term.is_linear
        and all(leaf.rows.nonnegative and leaf.rows.numbers is None for leaf in term.leaves())
    )


def _require_different_names(names: Sequence[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise MeasureError(
                f"the symbol {name} of a budget is the name of another variable, too, or of a symbol with other "
                "assumptions. Rename it."
            )


def _padded(sides: Exact, symbols: int) -> Exact:
    zero = np.full((sides.shape[0], symbols), Fraction(0), dtype=object)
    return np.concatenate([sides, zero], axis=1)


def _limit_row(budget: Budget, symbols: Sequence[Symbol], size: int) -> list[Fraction]:
    row = [Fraction(0)] * (size + len(symbols))
    if isinstance(budget.limit, Fraction):
        row[0] = budget.limit
    else:
        row[size + symbols.index(budget.limit)] = Fraction(1)
    return row


def _beyond(symbol: Expr, budgets: Sequence[Budget]) -> int:
    """Return a whole number well beyond what the symbol's measures can reach: there budgets are no constraints.

    Up to it the terms are derived. Because the least value is constant before it, and no term grows with a budget,
    the terms hold for all larger budgets as well.
    """
    return math.floor(max(b.measure.term.ceiling() for b in budgets if b.limit == symbol)) + 2


def in_order(terms: tuple[LinearTerm, ...]) -> tuple[LinearTerm, ...]:
    """Return the terms in a stable order: few coefficients first."""
    unit = common_denominator([c for term in terms for c in term.form])

    def place(term: LinearTerm) -> tuple[int, list[int]]:  # whole numbers are compared far quicker than fractions
        whole = [c.numerator * (unit // c.denominator) for c in term.form]
        return sum(map(bool, whole)), whole

    return tuple(sorted(terms, key=place))
