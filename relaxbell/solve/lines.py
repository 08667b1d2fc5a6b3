"""`curve`, `tradeoff`, and bounds of functionals as functions of a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.families import BehaviorFamily
from relaxbell.behavior.observed import Observed
from relaxbell.causal.model import CausalModel
from relaxbell.curves.curve import Curve
from relaxbell.curves.families import PolynomialPath, read_family
from relaxbell.curves.parameters import Parameter, called_as, read_parameter
from relaxbell.curves.paths import Path
from relaxbell.curves.piecewise import PiecewiseCurve
from relaxbell.curves.polynomial import PolynomialCurve
from relaxbell.engines import LinearEngine, engine
from relaxbell.engines.base import Engine, M
from relaxbell.engines.entropy.curve import EntropyCurve
from relaxbell.engines.information.bits_curve import BitsCurve, bits_curve
from relaxbell.engines.linear.budgets import sampled_tradeoff
from relaxbell.engines.linear.curves import traced
from relaxbell.engines.linear.family import budget_line
from relaxbell.engines.linear.program import without_information
from relaxbell.engines.linear.sampled import SampledCurve
from relaxbell.engines.linear.solution import rational_minimum
from relaxbell.engines.ratios.fixed import with_fixed_denominator
from relaxbell.engines.sources.bands import SampledNetworkCurve
from relaxbell.engines.sources.curves import NetworkCurve
from relaxbell.errors import MeasureError
from relaxbell.lp.clock import TimeLimitError, deadline, known_at_least, time_is_over
from relaxbell.measures.factorized import Factorized
from relaxbell.measures.information import InformationBudget, MutualInformation
from relaxbell.measures.measure import Budget, Limit, LinearMeasure, Measure, read_measure, same_model
from relaxbell.measures.messages import BinaryEntropy
from relaxbell.measures.products import Nonbilocality
from relaxbell.measures.setting_limits import SettingLimits
from relaxbell.solve.functional_bound import behaviors, negated, rational_multiple
from relaxbell.solve.minimization import minimize
from relaxbell.solve.setting_curves import limits_curve

if TYPE_CHECKING:
    import sympy

    from relaxbell.functionals.functional import BellFunctional

Start: TypeAlias = Behavior | BehaviorFamily | Observed | Callable[[Any], object] | Mapping[object, object]
"""Two ends start at a behavior or observation; or a function of the parameter, or a mapping."""


@overload
def curve(
    measure: MutualInformation | Factorized,
    start: Start,
    end: Behavior | Observed | None = None,
    subject_to: object = (),
    *,
    parameter: object = None,
    over: tuple[object, object] | None = None,
    degree: int | None = None,
    seconds: None = None,
) -> SampledCurve: ...
@overload
def curve(
    measure: BinaryEntropy,
    start: Start,
    end: Behavior | Observed | None = None,
    subject_to: object = (),
    *,
    parameter: object = None,
    over: tuple[object, object] | None = None,
    degree: int | None = None,
    seconds: None = None,
) -> EntropyCurve: ...
@overload
def curve(
    measure: Nonbilocality,
    start: Start,
    end: Behavior | Observed | None = None,
    subject_to: object = (),
    *,
    parameter: object = None,
    over: tuple[object, object] | None = None,
    degree: int | None = None,
    seconds: float | None = None,
) -> NetworkCurve | SampledNetworkCurve: ...
@overload
def curve(
    measure: LinearMeasure,
    start: Start,
    end: Behavior | Observed | None = None,
    subject_to: object = (),
    *,
    parameter: object = None,
    over: tuple[object, object] | None = None,
    degree: int | None = None,
    seconds: None = None,
) -> PiecewiseCurve | PolynomialCurve: ...
@overload
def curve(
    measure: Measure,
    start: Start,
    end: Behavior | Observed | None = None,
    subject_to: object = (),
    *,
    parameter: object = None,
    over: tuple[object, object] | None = None,
    degree: int | None = None,
    seconds: float | None = None,
) -> Curve: ...
def curve(
    measure: Measure,
    start: Start,
    end: Behavior | Observed | None = None,
    subject_to: object = (),
    *,
    parameter: object = None,
    over: tuple[object, object] | None = None,
    degree: int | None = None,
    seconds: float | None = None,
) -> Curve:
    """Return the least value of a measure along a family of behaviors or of observed values, exactly.

    Parameters
    ----------
    measure
        What is minimized.
    start, end
        Behaviors: p(t) = start + t (end − start), so that t is the visibility if start is white noise. Floats are
        read as exact behaviors first. Or `Observed` values of the same functionals: with one of them changing, t is
        its value. Or, without `end`, a family that is a polynomial in the parameter:

        - A `relaxbell.classes.BehaviorFamily`, what `Behavior.with_losses` makes for a sympy symbol.
        - A function of the parameter. Where it returns, for a sympy symbol, such a family or a table of polynomials
          (axes as in the model), these are the family. Where it takes numbers only and returns a table, a behavior or
          `Observed`, seven values are read: that they are affine in a power of the parameter, or a polynomial of
          degree 5 at most, is checked, and the curve says that between them this is assumed.
        - A mapping of at least three values of the parameter to behaviors or `Observed`, read in the same way; those of
          a polynomial with its `degree`.
    subject_to
        Budgets and affine constraints, as in `minimize`.
    parameter
        Its name or its sympy symbol; by default that of the function's argument or of the functional, else ``t``. For
        functions and mappings also a power of a symbol, ``v**2``, in which the family must be affine. Break points are
        values of v.
    over
        Ends of a function's parameter, (0, 1) by default.
    degree
        Of a family that is read at some values: one more of them than this, or better several, which are checked.
    seconds
        Time limit; None for none. An exact curve that is not found by then is returned as a `SampledCurve`, between the
        rigorous tangents and the chords of what was.

    Returns
    -------
    Curve
        A `PiecewiseCurve`: all pieces and break points; where nothing reproduces the data, the domain ends. Along a
        family that is affine in no power of its parameter, a `PolynomialCurve`, whose break points are algebraic. For
        `message_entropy` an `EntropyCurve`, h of an exact curve; for `mutual_information` and factorized measures a
        `SampledCurve`, rigorous tangents and chords between samples. For `nonbilocality`, which is not convex, an exact
        curve over all marginals, where there is one of finitely many pieces; else a `SampledNetworkCurve`, between
        rigorous bounds.

    Raises
    ------
    InfeasibleError
        If nothing reproduces the data at any parameter.
    SolverError
        If a solver fails.
    TimeLimitError
        If the time is over before anything can be said between two parameters.
    MeasureError, BehaviorError
        If the parts do not fit together, or a family is no polynomial in its parameter, or leaves the probabilities.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B")
    >>> low, high = (rb.Observed([(rb.catalog.I3322, v)], nonsignaling=True) for v in (-1, 1))
    >>> rb.curve(c, low, high)
    min C(X -> B) for I3322 in [-1, 1]: exact, 3 pieces, 5 linear programs
      [-1, 0]: 0
      [0, 5/7]: (2/5) I3322
      [5/7, 1]: -1/4 + (3/4) I3322

    Fig. 5 of arXiv:1411.4648, the least non-bilocality over all ν, proved for all visibilities of two Werner states:

    >>> noise, full = rb.boxes.entanglement_swapping(0).exact, rb.boxes.entanglement_swapping(1).exact
    >>> rb.curve(rb.nonbilocality(rb.bilocality()), lambda v: noise + v**2 * (full - noise), parameter="v")
    min M(A×C) for v in [0, 1]: exact, 2 pieces, ... linear programs
      [0, √2/2]: 0
      [√2/2, 1]: -1 + 2 v^2

    Points are read, and the curve says so:

    >>> points = {v: rb.boxes.pr().visibility(v) for v in (Fraction(0), Fraction(1, 3), Fraction(1))}
    >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), points, parameter="v")
    min C(X -> B) for v in [0, 1]: exact for what was read, 2 pieces, 3 linear programs
      [0, 1/2]: 0
      [1/2, 1]: -1/2 + v
      p = p(0) + [p(1) - p(0)] v, read at v = 0, 1/3, 1 and assumed between

    Detectors that lose results, which makes p a polynomial in their efficiency:

    >>> from sympy import Symbol
    >>> lossy = rb.boxes.pr().with_losses(Symbol("eta"), assign=0)
    >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy)
    min C(X -> B) for eta in [0, 1]: exact, 2 pieces, ... linear programs
      [0, 2/3]: 0
      [2/3, 1]: -eta + (3/2) eta^2
    """
    read_measure(measure, "a curve is of")
    own = engine(measure)
    with deadline(seconds, measure.name), known_at_least(measure.name, own.floor), along_line():
        named = read_parameter(parameter)
        named = called_as(named, start) if callable(start) else named
        path = read_family(measure.model, start, end, named, over, degree)
        return curve_along(own, path, as_tuple(subject_to))


def curve_along(own: Engine[M], path: Path | PolynomialPath, constraints: tuple[object, ...]) -> Curve:
    """Return the least value along a path, which is affine in a power of its parameter, or a polynomial."""
    return own.family(path, constraints) if isinstance(path, PolynomialPath) else own.curve(path, constraints)


@contextmanager
def along_line() -> Iterator[None]:
    """Drop what is known when the time is over at a single parameter: it is no bound of a curve."""
    try:
        yield
    except TimeLimitError as late:
        raise time_is_over() from late


def tradeoff(
    measure: Measure,
    budgeted: Measure,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    seconds: float | None = None,
) -> Curve:
    """Return the least value of one measure as a function of the budget of another: their Pareto curve.

    Parameters
    ----------
    measure, budgeted
        Two measures of one model instance, with linear programs; the first may be a quotient of two (`Ratio`). One of
        them may be `mutual_information`: then the curve is sampled, between rigorous tangents and chords; so it is with
        a budget in bits in `subject_to`. Quotients need a denominator that the data fix then, such as that of PN.
    observed
        What must be reproduced.
    subject_to
        Further constraints.
    seconds
        Time limit, kept within a second or a fifth, whichever is more; None for none. A curve that is not found by then
        is returned as a `SampledCurve`, between the rigorous tangents and the chords of what was.

    Returns
    -------
    Curve
        From the least possible budget to the least one that leaves `measure` at its own minimum. Decreasing and convex;
        that of a quotient a `RatioCurve`, decreasing, of linear fractional pieces. With bits a `SampledCurve`. Of the
        negative of a query it is the upper end, rising, and printed as such.

    Raises
    ------
    MeasureError
        If one of the measures is not piecewise linear, or they belong to different model instances.
    InfeasibleError, SolverError, BehaviorError, SignalingError
        As in `minimize`.
    TimeLimitError
        If the time is over before anything can be said between two budgets.

    Examples
    --------
    >>> import relaxbell as rb
    >>> both = rb.bell().relax("X -> B", "Y -> A")
    >>> rb.tradeoff(rb.influence(both, "X", "B"), rb.influence(both, "Y", "A"), rb.boxes.pr())
    min C(X -> B) for C(Y -> A) in [0, 1/2]: exact, 1 piece, ... linear programs
      [0, 1/2]: 1/2 - C(Y -> A)

    The largest probability of necessity and sufficiency with at most so many bits of confounding:

    >>> seen = rb.Behavior([[0.8, 0.3], [0.2, 0.7]], outputs="B", inputs="A")
    >>> weak = rb.CausalModel("A -> B <- L; L -> A", inputs="A", latent="L", cardinality={"A": 2, "B": 2})
    >>> line = rb.tradeoff(-rb.query(weak, "PNS(A -> B)"), rb.mutual_information(weak), seen)
    >>> line.shown_sign, round(line.value(0.0), 6)  # minus the largest: without confounding 0.7
    (-1, -0.7)
    """
    first = read_measure(measure, "a trade-off is between measures, expected")
    second = read_measure(budgeted, "a trade-off is between measures, expected")
    constraints = as_tuple(subject_to)
    if first.needs_cones or second.needs_cones or without_information(constraints)[0]:
        same_model(first, second)
        with deadline(seconds, first.name), along_line():
            return _in_bits(first, second, observed, constraints)
    other = second.linear("trade-off")
    if first.quotient is not None:
        same_model(first, other)
        with deadline(seconds, first.name), along_line():
            return engine(first).tradeoff(other, observed, as_tuple(subject_to))
    own = first.linear("trade-off")
    same_model(own, other)
    with deadline(seconds, own.name), known_at_least(own.name, LinearEngine(own).floor), along_line():
        return _tradeoff(own, other, observed, as_tuple(subject_to))


def _in_bits(first: Measure, second: Measure, observed: Behavior | Observed, constraints: tuple[object, ...]) -> Curve:
    """Return a trade-off with a budget in bits; of a quotient where the data fix its denominator."""
    if first.needs_cones and second.needs_cones:
        raise MeasureError(f"a trade-off of {first.name} with itself: found it twice, expected two measures.")
    if first.quotient is not None:
        first = with_fixed_denominator(first, observed, constraints)
    first, second = (own if own.needs_cones else own.linear("trade-off") for own in (first, second))
    return sampled_tradeoff(first, second, observed, constraints)


def _tradeoff(
    own: LinearMeasure, other: LinearMeasure, observed: Behavior | Observed, constraints: tuple[object, ...]
) -> Curve:
    equations = own.model.equations(observed, signaling=own.compares or other.compares)
    least = rational_minimum(minimize(other, observed, constraints))
    best = rational_minimum(minimize(own, observed, constraints))
    most = rational_minimum(minimize(other, observed, [own <= best, *constraints]))
    family = budget_line(LinearEngine(own), equations, (other,), constraints, least, most)
    if least == most:
        family = budget_line(LinearEngine(own), equations, (other,), constraints, least, least + 1)
    return traced(family, own.end_name, Parameter(default=other.name), estimated=observed.estimated)


def bound_curve(
    functional: BellFunctional, model: CausalModel, subject_to: object, nonsignaling: bool | None = None
) -> Curve:
    """Return the largest value of a functional as a function of a symbolic budget; see `BellFunctional.bound`."""
    constraints = as_tuple(subject_to)
    limits = [own for own in constraints if isinstance(own, SettingLimits)]
    if limits:
        if len(constraints) > 1 or nonsignaling:
            raise MeasureError(
                f"{limits[0]} has a symbol, expected no other constraint beside it. Put numbers for symbols, or leave "
                "the others out."
            )
        return limits_curve(functional, model, limits[0])
    symbolic = [b for b in constraints if isinstance(b, Limit) and b.is_symbolic]
    symbols = {b.limit for b in symbolic}
    if len(symbols) != 1:
        raise MeasureError(
            f"the budgets have the symbols {', '.join(sorted(map(_described, symbols)))}, expected a single one: "
            "symbols with other assumptions are others. Use one, or put numbers for the rest."
        )
    symbol, rest = symbols.pop(), tuple(b for b in constraints if not any(b is own for own in symbolic))
    if any(isinstance(b, InformationBudget) for b in symbolic):
        return _bits_curve(functional, model, symbolic, rest, symbol, nonsignaling)
    measure = negated(functional, model)
    moving = tuple(b.measure for b in symbolic if isinstance(b, Budget))
    # signed measures reach below 0; where a measure is the same for every q, the ends would coincide
    low = max(m.term.floor() for m in moving)
    high = max(low + 1, *(m.term.ceiling() for m in moving))
    equations = behaviors(functional, model, constraints, nonsignaling)
    family = budget_line(LinearEngine(measure), equations, moving, rest, low, high)
    return traced(family, f"max {functional}", read_parameter(symbol), largest_of=functional)


def _bits_curve(
    functional: BellFunctional,
    model: CausalModel,
    symbolic: Sequence[Limit],
    rest: tuple[object, ...],
    symbol: sympy.Symbol,
    nonsignaling: bool | None,
) -> BitsCurve:
    """Return the largest value of a functional as a function of a budget in bits."""
    if len(symbolic) > 1:
        raise MeasureError(
            f"{' and '.join(map(str, symbolic))} have the same symbol, expected a single budget with it where one is "
            "in bits. Put numbers for the others."
        )
    budget = symbolic[0]
    assert isinstance(budget, InformationBudget)
    whole, scale = rational_multiple(functional)
    equations = behaviors(functional, model, list(symbolic), nonsignaling)
    return bits_curve(functional, negated(whole, model), scale, equations, budget, rest, read_parameter(symbol))


def _described(symbol: sympy.Symbol) -> str:
    """Return a symbol with what it is assumed to be."""
    assumed = [name for name, holds in symbol.assumptions0.items() if holds and name != "commutative"]
    return f"{symbol} ({', '.join(assumed)})" if assumed else str(symbol)


def as_tuple(subject_to: object) -> tuple[object, ...]:
    """Return constraints, given as one or several, as a tuple."""
    return tuple(subject_to) if isinstance(subject_to, list | tuple) else (subject_to,)
