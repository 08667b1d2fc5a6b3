"""`prove`: whether a formula gives the least value of a measure, and how certain that is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.families import BehaviorFamily, as_sympy
from relaxbell.behavior.observed import Observed
from relaxbell.closed_forms.closed_form import ClosedForm, LinearTerm, upper_end
from relaxbell.closed_forms.derive import closed_form
from relaxbell.closed_forms.domains import Domain, ValuesDomain, read_domain
from relaxbell.closed_forms.quotients import fixed_denominator
from relaxbell.curves.curve import Curve
from relaxbell.curves.families import PolynomialPath, read_family
from relaxbell.curves.parameters import read_parameter
from relaxbell.curves.paths import Path
from relaxbell.curves.piecewise import PiecewiseCurve
from relaxbell.curves.polynomial import PolynomialCurve
from relaxbell.curves.rational import RationalCurve
from relaxbell.engines import engine
from relaxbell.engines.solution import Solution
from relaxbell.errors import ClosedFormError, InfeasibleError, MeasureError, ProofError
from relaxbell.exact.numbers import Exact, as_exact, to_sympy
from relaxbell.exact.texts import a_kind
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.maximum import Maximum
from relaxbell.measures.measure import LinearMeasure, Measure
from relaxbell.proofs.along import compare_curve, compare_sampled
from relaxbell.proofs.comparing import TOLERANCE, Formula, compared_at, least_value
from relaxbell.proofs.convex import Affine, Region, affine_terms, functional_form
from relaxbell.proofs.symbols import called, check_assumptions, with_one_symbol
from relaxbell.proofs.verdict import Counterexample, Verdict
from relaxbell.solve.minimization import minimize

if TYPE_CHECKING:
    from sympy import Expr

_TRIALS = 4
"""Behaviors tried for each that is to be compared: some the model does not reproduce."""


class _Source(NamedTuple):
    """How to solve anew at a parameter of a curve."""

    measure: Measure
    path: Path
    subject_to: tuple[object, ...]


def prove(
    measure: Measure | Curve,
    formula: object,
    domain: object = None,
    subject_to: object = (),
    *,
    parameter: Expr | str | None = None,
    over: tuple[object, object] | None = None,
    points: int = 40,
    seconds: float = 60.0,
) -> Verdict:
    """Decide whether a formula is the least value of a measure.

    Parameters
    ----------
    measure
        What is minimized; or a `Curve`, such as a trade-off or a bound as a function of a budget.
    formula
        A sympy expression; or, as a function of behaviors, a `BellFunctional` or a `Maximum` of functionals:
        ``rb.Maximum(0, *rb.catalog.CH.relabelings())``. Text is not evaluated.
    domain
        Where it is claimed to hold:

        - None, ``"nonsignaling"``, ``"model"``, or at least three behaviors that span a slice, as in `closed_form`.
          Symbols of the formula are those of the closed form: ``p(00|01)``, ``pA(0|0)``, … The formula is **proved**
          if it is a maximum of affine terms, by comparison with the closed form in exact linear programs.
        - A pair of behaviors or of `Observed`, or a function of the parameter, as in `curve`: the formula's only symbol
          is the parameter; t, or the functional's name, where none is given. It is **proved** for every t if it agrees
          with the exact curve between all of its own kinks and the curve's. A function that takes numbers only is
          compared where it was read.
        - A mapping {parameter or name: behavior}: **exact at points** at best.
    subject_to
        Budgets and affine constraints, as in `minimize`.
    parameter
        Of a pair, function or mapping: a name or a symbol, as in `curve`. The formula's symbol must have its name;
        what it is assumed to be may differ, as long as the parameter's values obey it. For a `Curve` whose parameter
        was not given one, such as a trade-off, the symbol that stands for it.
    over
        Ends of a function's parameter, as in `curve`.
    points
        How many behaviors are tried where nothing can be proved.
    seconds
        Limit of the closed form.

    Returns
    -------
    Verdict
        ``proved``, ``exact at points``, ``numerical`` or ``refuted``; a counterexample is solved anew.

    Raises
    ------
    ProofError
        If the formula is text or has other symbols than the domain offers.
    MeasureError, BehaviorError
        If a family has no exact curve; see `curve`.
    InfeasibleError
        If nothing in the domain is reproduced.
    ClosedFormError
        If exact polyhedra are needed and not installed (extra ``polytopes``).

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.input_signaling(), "X", "B")
    >>> rb.prove(c, rb.Maximum(0, *rb.catalog.CH.relabelings()))
    proved: min C(X -> B) = max of 9: 0, 8 × (1/4) CHSH - 1/2, for every non-signaling p
      closed form of 9 terms, 13 dual vertices, ... linear program...
    >>> from sympy import Max, Symbol
    >>> t = Symbol("t")
    >>> rb.prove(c, Max(0, t - 1), (rb.boxes.pr().white_noise(), rb.boxes.pr()))
    refuted: min C(X -> B) = Max(0, t - 1), for t in [0, 1]
      exact curve of 2 pieces
      formula 0, least value 1/2 at 1
    """
    found = _decided(measure, _read_formula(formula), domain, subject_to, parameter, over, points, seconds)
    own = measure.measure if isinstance(measure, Curve) else measure
    if found.counterexample is not None and own.negated is not None:
        return replace(found, method=f"{found.method}; values of {own.name}:")
    return found


def _decided(
    measure: Measure | Curve,
    formula: Formula,
    domain: object,
    subject_to: object,
    parameter: Expr | str | None,
    over: tuple[object, object] | None,
    points: int,
    seconds: float,
) -> Verdict:
    """Return the verdict; see `prove`."""
    if isinstance(measure, Curve):
        return _along(measure, formula, None, parameter)
    if not isinstance(measure, Measure):
        raise ProofError(f"a formula is proved for a Measure or a Curve, found {type(measure).__name__}.")
    if over is not None and not (callable(domain) or isinstance(domain, BehaviorFamily)):
        raise ProofError(f"over={over!r} belongs to a function of the parameter: found the domain {domain!r:.60}.")
    if isinstance(domain, Mapping):
        return _at_points(measure, formula, domain.items(), subject_to, parameter)
    pair = domain if isinstance(domain, tuple | list) and len(domain) == 2 else None
    if pair is not None or callable(domain) or isinstance(domain, BehaviorFamily):
        start, end = (domain, None) if pair is None else pair
        path = read_family(measure.model, start, end, read_parameter(parameter), over)
        if path.reading is not None:  # of a function that takes numbers only, nothing is known between
            read = {v: path.at(v**path.parameter.power) for v in path.reading.values}
            return _at_points(measure, formula, read.items(), subject_to, parameter)
        constraints = tuple(subject_to) if isinstance(subject_to, list | tuple) else (subject_to,)
        if isinstance(path, PolynomialPath):
            own = _on_family(formula, path) if isinstance(formula, BellFunctional | Maximum) else formula
            return _along(engine(measure).family(path, constraints), own, None, None)
        return _along(engine(measure).curve(path, constraints), formula, _Source(measure, path, constraints), None)
    if parameter is not None:
        raise ProofError(
            f"the parameter {parameter} has no meaning on the domain {domain!r:.60}: its symbols are those of the "
            "closed form. Give a pair of behaviors or a function of the parameter."
        )
    if measure.quotient is not None:
        found = _quotient(measure, measure.quotient, formula, domain, subject_to, points, seconds)
        if found is not None:
            return found
    return _everywhere(measure, formula, domain, subject_to, points, seconds)


def _quotient(
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
        found = _everywhere(numerator, formula * below, domain, subject_to, points, seconds)
    except (ClosedFormError, MeasureError, ProofError):
        return None
    if found.status != "proved":
        return None
    claim = f"{end_text(measure, formula)}, for {form.region.text} where {below} > 0"
    return replace(found, claim=claim, method=f"times its denominator, that of the data; {found.method}")


def _read_formula(formula: object) -> Formula:
    """Return a formula, exact numbers as those of sympy; raise ProofError for what is none."""
    import sympy
    from sympy.core.function import AppliedUndef

    if isinstance(formula, str):
        raise ProofError(
            f"the formula is the text {formula[:40]!r}, which is not evaluated. Give a sympy expression, such as "
            "sympy.Max(0, sympy.Symbol('t')), or rb.Maximum(0, *rb.catalog.CH.relabelings())."
        )
    exact = as_exact(formula)
    if exact is not None:
        return to_sympy(exact)
    if not isinstance(formula, sympy.Expr | BellFunctional | Maximum):
        raise ProofError(
            f"the formula is {a_kind(formula)}, expected a sympy expression, an exact number, a "
            "BellFunctional or a Maximum."
        )
    unknown = sorted(map(str, formula.atoms(AppliedUndef))) if isinstance(formula, sympy.Expr) else []
    if unknown:
        raise ProofError(f"the formula has the function {unknown[0]}, which is not defined. Write it out.")
    return formula


# ------------------------------------------------------------------ every behavior


def _everywhere(
    measure: Measure, formula: Formula, domain: object, subject_to: object, points: int, seconds: float
) -> Verdict:
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
        return _sampled(measure, formula, subject_to, region, claim, method, points, telling, terms)
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
        return _sampled(measure, formula, subject_to, region, claim, method, points, telling, terms)
    return Verdict("proved", claim, method)


def _sampled(
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


# ------------------------------------------------------------- parameters and points


def _along(line: Curve, formula: Formula, source: _Source | None, parameter: object) -> Verdict:
    """Compare with a curve; `source` says how to solve anew at a parameter."""
    import sympy

    if isinstance(formula, BellFunctional | Maximum):
        formula = _on_line(formula, source)
    low, high = line.domain
    expression = sympy.sympify(formula, strict=True).doit()
    expression, symbol = with_one_symbol(expression, called(line, parameter, expression))
    check_assumptions(symbol, low, high)
    shown = upper_end(expression) if line.shown_sign < 0 else expression
    claim = f"{line.name} = {shown}, for {symbol} in [{low}, {high}]"
    claim += "" if line.reading is None else f", if {line.reading}"
    if isinstance(line, PolynomialCurve):
        return compare_curve(line, expression, symbol, claim)
    if isinstance(line, PiecewiseCurve):
        verdict = compare_curve(line, expression, symbol, claim)
        return verdict if source is None else _confirmed(verdict, source, line)
    if isinstance(line, RationalCurve):
        return compare_curve(line, expression, symbol, claim)
    return compare_sampled(line, expression, symbol, claim, TOLERANCE)


def _on_line(formula: BellFunctional | Maximum, source: _Source | None) -> Expr:
    """Return a functional formula as a function of the parameter."""
    import sympy

    path = None if source is None else source.path
    if path is None or not isinstance(path.start, Behavior) or not isinstance(path.end, Behavior):
        raise ProofError("functionals are evaluated on behaviors: give the pair of behaviors of the curve as domain.")
    start, end = path.start, path.end
    t = sympy.Symbol(path.parameter.name, real=True)
    first, last = _formula_table(start), _formula_table(end.transposed(start.outputs, start.inputs))
    share = (t**path.parameter.power - to_sympy(path.low)) / to_sympy(path.high - path.low)
    terms = formula.terms if isinstance(formula, Maximum) else (formula,)
    parts = []
    for term in terms:
        own = term.transposed(start.outputs, start.inputs)
        parts.append(sympy.expand(sympy.sympify(own(first + (last - first) * share), strict=True)))
    return sympy.Max(*parts)


def _on_family(formula: BellFunctional | Maximum, path: PolynomialPath) -> Expr:
    """Return a functional formula as a function of the parameter of a polynomial family."""
    import sympy

    if path.first is not None or path.rounded:
        raise ProofError("functionals are evaluated on exact behaviors: found values, or floats. Give exact behaviors.")
    t, names = path.parameter.symbol, (path.model.outputs, path.model.inputs)
    table = sum(as_sympy(own) * t**k for k, own in enumerate(path.coefficients))
    terms = formula.terms if isinstance(formula, Maximum) else (formula,)
    parts = [sympy.expand(sympy.sympify(own.transposed(*names)(table), strict=True)) for own in terms]
    return sympy.Max(*parts)


def _formula_table(behavior: Behavior) -> Exact:
    """Return an exact behavior as an array of sympy numbers."""
    if behavior.exact is None:
        raise ProofError("a formula is compared with an exact curve: found floats. Use rounded(model) first.")
    found = np.empty(behavior.exact.shape, dtype=object)
    for index, value in np.ndenumerate(behavior.exact):
        found[index] = to_sympy(value)
    return found


def _confirmed(verdict: Verdict, source: _Source, line: PiecewiseCurve) -> Verdict:
    """Solve at the counterexample anew, independently of the curve."""
    import sympy

    found = verdict.counterexample
    if found is None:
        return verdict
    inner = as_exact(sympy.sympify(found.parameter, strict=True) ** line.power)
    if inner is None:
        return verdict
    behavior = source.path.at(inner)
    again = minimize(source.measure, behavior, source.subject_to)
    exact = again.exact is not None and found.exact
    confirmed = Counterexample(behavior, found.parameter, found.formula, least_value(again), exact)
    return Verdict("refuted", verdict.claim, verdict.method, counterexample=confirmed)


def _at_points(
    measure: Measure,
    formula: Formula,
    points: Collection[tuple[object, Behavior | Observed]],
    subject_to: object,
    parameter: object,
) -> Verdict:
    claim = f"{end_text(measure, formula)}, at {len(points)} points"
    names = _names(formula)
    if parameter is not None and names:
        with_one_symbol(formula, read_parameter(parameter).name)
    if len(names) > 1:
        raise ProofError(f"the formula has the symbols {', '.join(names)}, expected one: the points' parameter.")
    if not points:
        raise ProofError("the domain is an empty mapping, expected {parameter or name: behavior}.")
    worst, exact, count = 0.0, True, 0
    for key, observed in points:
        found = compared_at(measure, formula, observed, subject_to, parameter=key)
        count += 1
        if found.counterexample is not None:
            return Verdict("refuted", claim, "solved one by one", count, counterexample=found.counterexample)
        worst, exact = max(worst, found.gap), exact and found.exact
    if exact:
        return Verdict("exact at points", claim, "solved one by one, exactly", count)
    return Verdict("numerical", claim, "solved one by one", count, worst)


def _names(formula: Formula) -> list[str]:
    """Return the names of the symbols of a formula."""
    return [] if isinstance(formula, BellFunctional | Maximum) else sorted({str(s) for s in formula.free_symbols})


def _check_symbols(formula: Formula, known: Sequence[str]) -> None:
    unknown = [name for name in _names(formula) if name not in known]
    if unknown:
        raise ProofError(
            f"the formula has the symbol {unknown[0]}, expected those of the domain: {', '.join(known[:12])}"
            f"{', …' if len(known) > 12 else ''}. For a formula in a parameter give a pair of behaviors as domain."
        )


def end_text(measure: Measure, formula: Formula) -> str:
    """Return the equation that a formula claims; of the negative of a query as that of an upper end."""
    import sympy

    if measure.negated is not None and isinstance(formula, sympy.Expr):
        return f"{measure.end_name} = {_text(upper_end(formula))}"
    return f"min {measure.name} = {_text(formula)}"


def _text(formula: Formula) -> str:
    text = repr(formula)
    return text if len(text) <= 160 else text[:157] + "…"
