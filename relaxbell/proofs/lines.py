"""Formulas in one parameter: on curves and families, and at points."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.families import as_sympy
from relaxbell.behavior.observed import Observed
from relaxbell.closed_forms.closed_form import upper_end
from relaxbell.curves.curve import Curve
from relaxbell.curves.families import PolynomialPath
from relaxbell.curves.parameters import read_parameter
from relaxbell.curves.paths import Path
from relaxbell.curves.piecewise import PiecewiseCurve
from relaxbell.curves.polynomial import PolynomialCurve
from relaxbell.curves.rational import RationalCurve
from relaxbell.errors import ProofError
from relaxbell.exact.numbers import Exact, as_exact, to_sympy
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.maximum import Maximum
from relaxbell.measures.measure import Measure
from relaxbell.proofs.along import compare_curve, compare_sampled
from relaxbell.proofs.comparing import TOLERANCE, Formula, compared_at, least_value
from relaxbell.proofs.formulas import end_text, symbol_names
from relaxbell.proofs.symbols import called, check_assumptions, with_one_symbol
from relaxbell.proofs.verdict import Counterexample, Verdict
from relaxbell.solve.minimization import minimize

if TYPE_CHECKING:
    from sympy import Expr


class Source(NamedTuple):
    """How to solve anew at a parameter of a curve."""

    measure: Measure
    path: Path
    subject_to: tuple[object, ...]


def decided_along(line: Curve, formula: Formula, source: Source | None, parameter: object) -> Verdict:
    """Return the verdict by comparison with a curve; `source` says how to solve anew at a parameter."""
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


def _on_line(formula: BellFunctional | Maximum, source: Source | None) -> Expr:
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


def on_family(formula: BellFunctional | Maximum, path: PolynomialPath) -> Expr:
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


def _confirmed(verdict: Verdict, source: Source, line: PiecewiseCurve) -> Verdict:
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


def decided_at(
    measure: Measure,
    formula: Formula,
    points: Collection[tuple[object, Behavior | Observed]],
    subject_to: object,
    parameter: object,
) -> Verdict:
    """Return the verdict on points, solved one by one."""
    claim = f"{end_text(measure, formula)}, at {len(points)} points"
    names = symbol_names(formula)
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
