"""`prove`: whether a formula gives the least value of a measure, and how certain that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from relaxbell.behavior.families import BehaviorFamily
from relaxbell.curves.curve import Curve
from relaxbell.curves.families import PolynomialPath, read_family
from relaxbell.curves.parameters import read_parameter
from relaxbell.engines import engine
from relaxbell.errors import ProofError
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.maximum import Maximum
from relaxbell.measures.measure import Measure
from relaxbell.proofs.comparing import Formula
from relaxbell.proofs.everywhere import decided_everywhere, decided_quotient
from relaxbell.proofs.formulas import read_formula
from relaxbell.proofs.lines import Source, decided_along, decided_at, on_family
from relaxbell.proofs.verdict import Verdict

if TYPE_CHECKING:
    from sympy import Expr


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
    found = _decided(measure, read_formula(formula), domain, subject_to, parameter, over, points, seconds)
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
        return decided_along(measure, formula, None, parameter)
    if not isinstance(measure, Measure):
        raise ProofError(f"a formula is proved for a Measure or a Curve, found {type(measure).__name__}.")
    if over is not None and not (callable(domain) or isinstance(domain, BehaviorFamily)):
        raise ProofError(f"over={over!r} belongs to a function of the parameter: found the domain {domain!r:.60}.")
    if isinstance(domain, Mapping):
        return decided_at(measure, formula, domain.items(), subject_to, parameter)
    pair = domain if isinstance(domain, tuple | list) and len(domain) == 2 else None
    if pair is not None or callable(domain) or isinstance(domain, BehaviorFamily):
        start, end = (domain, None) if pair is None else pair
        path = read_family(measure.model, start, end, read_parameter(parameter), over)
        if path.reading is not None:  # of a function that takes numbers only, nothing is known between
            read = {v: path.at(v**path.parameter.power) for v in path.reading.values}
            return decided_at(measure, formula, read.items(), subject_to, parameter)
        constraints = tuple(subject_to) if isinstance(subject_to, list | tuple) else (subject_to,)
        if isinstance(path, PolynomialPath):
            own = on_family(formula, path) if isinstance(formula, BellFunctional | Maximum) else formula
            return decided_along(engine(measure).family(path, constraints), own, None, None)
        return decided_along(
            engine(measure).curve(path, constraints), formula, Source(measure, path, constraints), None
        )
    if parameter is not None:
        raise ProofError(
            f"the parameter {parameter} has no meaning on the domain {domain!r:.60}: its symbols are those of the "
            "closed form. Give a pair of behaviors or a function of the parameter."
        )
    if measure.quotient is not None:
        found = decided_quotient(measure, measure.quotient, formula, domain, subject_to, points, seconds)
        if found is not None:
            return found
    return decided_everywhere(measure, formula, domain, subject_to, points, seconds)
