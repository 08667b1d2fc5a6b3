"""Formulas for every behavior of a domain: by its closed form, or at behaviors of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.closed_forms.closed_form import ClosedForm, LinearTerm
from relaxbell.closed_forms.derive import closed_form
from relaxbell.closed_forms.domains import Domain, ValuesDomain, read_domain
from relaxbell.closed_forms.quotients import fixed_denominator
from relaxbell.engines.solution import Solution
from relaxbell.errors import ClosedFormError, InfeasibleError, MeasureError, ProofError
from relaxbell.exact.numbers import Exact
from relaxbell.functionals.functional import BellFunctional
from relaxbell.measures.measure import LinearMeasure, Measure
from relaxbell.proofs.comparing import Formula, compared_at
from relaxbell.proofs.convex import Affine, Region, affine_terms, functional_form
from relaxbell.proofs.formulas import end_text, symbol_names
from relaxbell.proofs.verdict import Counterexample, Verdict

_TRIALS = 4
"""Behaviors tried for each that is to be compared: some the model does not reproduce."""


def decided_everywhere(
    measure: Measure, formula: Formula, domain: object, subject_to: object, points: int, seconds: float
) -> Verdict:
    """Return the verdict on every behavior of a domain: by the closed form, else at behaviors."""
    where = read_domain(measure.model, domain)
    if isinstance(where, ValuesDomain):
        raise MeasureError(
            "formulas are proved for behaviors, found observed values as the domain. Compare with "
            "closed_form(measure, observed)."
        )
    claim = f"{end_text(measure, formula)}, for every {where.text.removeprefix('every ')}"
    form: ClosedForm | None
    try:
        form = closed_form(measure, domain, subject_to, seconds=seconds)
        method = f"closed form of {len(form.terms)} terms, {form.effort.removeprefix('complete: ')}"
        region = Region(where, [term.form for term in form.domain])
    except (ClosedFormError, MeasureError) as error:
        form, region = None, Region(where, [])
        method = "compared at vertices of the domain and mixtures of them; " + str(error).partition(". ")[0]
    _check_symbols(formula, where.labels)
    if form is not None and form.budgets:
        raise ProofError(
            f"the budgets have the symbols {[str(s) for s in form.budgets]}, expected numbers. Give numbers, or prove "
            "a curve: functional.bound(model, subject_to=…) or tradeoff(…)."
        )
    terms = affine_terms(formula, where)
    own = [] if form is None else [term.form for term in form.terms]
    if form is None or terms is None:
        telling = [direction for direction in (*own, *(terms or ())) if any(direction[1:])]
        return compared_at_samples(measure, formula, subject_to, region, claim, method, points, telling, terms)
    sure = True
    for left, right in ((terms, own), (own, terms)):
        u, certain = region.excess(left, right)
        sure &= certain
        if u is not None:
            found = _compared(measure, formula, subject_to, where, u)
            if found is None:
                raise ProofError(f"the closed form and minimize disagree on {measure.name}. Please report the model.")
            return Verdict("refuted", claim, method, counterexample=found)
    if not sure:
        telling = [direction for direction in (*own, *terms) if any(direction[1:])]
        return compared_at_samples(measure, formula, subject_to, region, claim, method, points, telling, terms)
    return Verdict("proved", claim, method)


def decided_quotient(
    measure: Measure,
    quotient: tuple[LinearMeasure, LinearMeasure],
    formula: Formula,
    domain: object,
    subject_to: object,
    points: int,
    seconds: float,
) -> Verdict | None:
    """Prove a formula of a quotient whose denominator the data fix: times that, it is one of the numerator."""
    import sympy

    if not isinstance(formula, sympy.Expr):
        return None
    numerator, denominator = quotient
    try:
        form, over = fixed_denominator(measure, denominator, domain, subject_to, None, seconds)
        below = form.affine(LinearTerm(over))
        found = decided_everywhere(numerator, formula * below, domain, subject_to, points, seconds)
    except (ClosedFormError, MeasureError, ProofError):
        return None
    if found.status != "proved":
        return None
    claim = f"{end_text(measure, formula)}, for {form.region.text} where {below} > 0"
    return replace(found, claim=claim, method=f"times its denominator, that of the data; {found.method}")


def compared_at_samples(
    measure: Measure,
    formula: Formula,
    subject_to: object,
    region: Region,
    claim: str,
    method: str,
    points: int,
    telling: Sequence[Affine],
    terms: Sequence[Affine] | None,
) -> Verdict:
    """Compare at exact behaviors: vertices of the domain and mixtures of them.

    The dual functional of each point is a lower bound everywhere: where it exceeds the formula most is the next one.
    """
    count, worst, exact, known = 0, 0.0, True, set[Affine]()
    for u in region.samples(_TRIALS * points, np.random.default_rng(0), telling):
        if count >= points:
            break
        place: Exact | None = u
        while place is not None:
            try:
                found = compared_at(measure, formula, _behavior(region.domain, place), subject_to, place, region.domain)
            except InfeasibleError:
                break
            if found.counterexample is not None:
                return Verdict("refuted", claim, method, count + 1, counterexample=found.counterexample)
            count += 1
            worst, exact = max(worst, found.gap), exact and found.exact
            place = _beyond(found.solution, terms, region, known)
    if not count:
        raise InfeasibleError(f"{measure.model.name} reproduced none of {_TRIALS * points} behaviors of the domain.")
    if exact:
        return Verdict("exact at points", claim, method, count)
    return Verdict("numerical", claim, method, count, worst)


def _beyond(solution: Solution, terms: Sequence[Affine] | None, region: Region, known: set[Affine]) -> Exact | None:
    """Return where the dual functional of a solution exceeds the terms of a formula, or None."""
    functional = getattr(solution, "functional", None)
    if terms is None or not isinstance(functional, BellFunctional):
        return None
    form = functional_form(functional, region.domain)
    if form in known:
        return None
    known.add(form)
    return region.excess([form], terms)[0]


def _compared(
    measure: Measure, formula: Formula, subject_to: object, domain: Domain, u: Exact
) -> Counterexample | None:
    return compared_at(measure, formula, _behavior(domain, u), subject_to, u, domain).counterexample


def _behavior(domain: Domain, u: Exact) -> Behavior:
    model = domain.model
    table = (domain.expansion @ u).reshape(model.observed_shape)
    return Behavior(table, model.outputs, model.inputs, parties=domain.parties)


def _check_symbols(formula: Formula, known: Sequence[str]) -> None:
    unknown = [name for name in symbol_names(formula) if name not in known]
    if unknown:
        raise ProofError(
            f"the formula has the symbol {unknown[0]}, expected those of the domain: {', '.join(known[:12])}"
            f"{', …' if len(known) > 12 else ''}. For a formula in a parameter give a pair of behaviors as domain."
        )
