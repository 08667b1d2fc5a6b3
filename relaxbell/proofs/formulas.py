"""Formulas as they are given, and what they claim."""

from __future__ import annotations

from relaxbell.closed_forms.closed_form import upper_end
from relaxbell.errors import ProofError
from relaxbell.exact.numbers import as_exact, to_sympy
from relaxbell.exact.texts import a_kind
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.maximum import Maximum
from relaxbell.measures.measure import Measure
from relaxbell.proofs.comparing import Formula


def read_formula(formula: object) -> Formula:
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


def symbol_names(formula: Formula) -> list[str]:
    """Return the names of the symbols of a formula."""
    return [] if isinstance(formula, BellFunctional | Maximum) else sorted({str(s) for s in formula.free_symbols})


def end_text(measure: Measure, formula: Formula) -> str:
    """Return the equation that a formula claims; of the negative of a query as that of an upper end."""
    import sympy

    if measure.negated is not None and isinstance(formula, sympy.Expr):
        return f"{measure.end_name} = {_text(upper_end(formula))}"
    return f"min {measure.name} = {_text(formula)}"


def _text(formula: Formula) -> str:
    text = repr(formula)
    return text if len(text) <= 160 else text[:157] + "…"
