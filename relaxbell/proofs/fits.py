"""`fit`: formulas found from exact data, with data to spare that confirm them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from relaxbell.closed_forms.closed_form import ClosedForm
from relaxbell.curves.curve import symbol_of
from relaxbell.curves.families import at
from relaxbell.curves.piecewise import PiecewiseCurve
from relaxbell.curves.polynomial import PolynomialCurve
from relaxbell.errors import MeasureError, ProofError
from relaxbell.exact.factors import SquareSystem
from relaxbell.exact.numbers import ExactNumber, as_exact, exact_array, to_sympy
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.maximum import Maximum

if TYPE_CHECKING:
    from sympy import Expr, Symbol

Point: TypeAlias = tuple[ExactNumber, ExactNumber]

_SPARE = 2
"""Points that a formula must reproduce beyond those that determine it."""

_MOST_COEFFICIENTS = 12
"""Of polynomials and rational functions that are tried."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A formula that reproduces exact data.

    Attributes
    ----------
    formula
        A sympy expression, or a `Maximum` of functionals.
    kind
        ``piecewise affine``, ``polynomial``, ``rational`` or ``maximum of functionals``.
    determined_by, confirmed_by
        How many points the formula needs, and how many more it reproduces exactly; both 0 where it is not a guess but
        read off a curve or a closed form.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.fit({0: 1, 1: 2, 2: 5, 3: 10, 4: 17})
    polynomial: t**2 + 1 (determined by 3 points, confirmed by 2)
    """

    formula: Expr | Maximum
    kind: str
    determined_by: int
    confirmed_by: int

    def __repr__(self) -> str:
        if not self.determined_by:
            return f"{self.kind}: {self.formula}"
        return (
            f"{self.kind}: {self.formula} (determined by {self.determined_by} points, confirmed by {self.confirmed_by})"
        )


def fit(
    values: Mapping[object, object] | PiecewiseCurve | PolynomialCurve | ClosedForm,
    *,
    symbol: Symbol | str | None = None,
) -> Fit:
    """Return the simplest formula that exact data obey.

    From points, the first of: convex or concave piecewise affine with at least two pieces, each on three points or
    more; polynomial or rational in the parameter with the fewest coefficients, confirmed by at least two further
    points. From a curve or a closed form the formula is exact and nothing is guessed.

    Parameters
    ----------
    values
        {parameter: value}, exact numbers of both; a `PiecewiseCurve` or `PolynomialCurve`; or a `ClosedForm` on
        non-signaling p.
    symbol
        The parameter, a sympy symbol or its name; by default ``t``, or the curve's own.

    Returns
    -------
    Fit
        What `prove` can then decide.

    Raises
    ------
    ProofError
        If numbers are not exact, or no formula has data to spare.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.input_signaling(), "X", "B")
    >>> rb.fit(rb.curve(c, rb.boxes.pr().white_noise(), rb.boxes.pr()))
    piecewise affine: Max(0, t - 1/2)
    >>> rb.fit(rb.closed_form(c))
    maximum of functionals: max of 9: 0, 8 × (1/4) CHSH - 1/2
    """
    import sympy

    if isinstance(symbol, str) and symbol.isidentifier():
        symbol = sympy.Symbol(symbol)
    if symbol is not None and not isinstance(symbol, sympy.Symbol):
        raise ProofError(f"the parameter is {symbol!r}, expected a sympy symbol or its name.")
    if isinstance(values, ClosedForm) and not values.complete:
        raise ProofError(f"the closed form of {values.measure.name} is {values.effort}. Derive it with more seconds.")
    if isinstance(values, ClosedForm):
        if symbol is not None:
            raise ProofError(f"a closed form has no parameter {symbol}: its terms are functionals of p. Leave it out.")
        return Fit(Maximum(*_functionals(values)), "maximum of functionals", 0, 0)
    if isinstance(values, PiecewiseCurve):
        return _of_curve(values, symbol)
    if isinstance(values, PolynomialCurve):
        known = "" if values.reading is None else f", if {values.reading}"
        _check_exact(values)
        return Fit(values.to_sympy(symbol), f"piecewise polynomial{known}", 0, 0)
    if not isinstance(values, Mapping):
        raise ProofError(f"a formula is fitted to a mapping, Curve or ClosedForm, found {type(values).__name__}.")
    t = sympy.Symbol("t") if symbol is None else symbol
    points = [(_exact(k, "parameter"), _exact(v, "value")) for k, v in values.items()]
    if exact_array(np.array(points, dtype=object)) is None:
        raise ProofError("the data hold several square roots, expected numbers a + b√n with one n. Fit them apart.")
    points.sort()
    found = _piecewise_affine(points, t) or _rational(points, t)
    if found is None:
        raise ProofError(
            f"{len(points)} points obey no polynomial, rational or convex piecewise affine formula that {_SPARE} of "
            "them would be left to confirm. Give more points, or a curve."
        )
    return found


def _exact(value: object, what: str) -> ExactNumber:
    number = as_exact(value)
    if number is None:
        raise ProofError(
            f"the {what} {value!r} is not exact, expected Fraction or sympy numbers a + b√n. Use Solution.exact, or "
            "recognize_number."
        )
    return number


def _functionals(form: ClosedForm) -> Sequence[BellFunctional]:
    try:
        return form.functionals()
    except MeasureError as error:
        raise ProofError(f"the terms of this closed form are not functionals: {error}") from error


def _check_exact(line: PiecewiseCurve | PolynomialCurve) -> None:
    """Raise ProofError for a curve of floats."""
    if not line.exact:
        raise ProofError("the curve is right to 1e-9 only, so its formula is not exact. Use exact behaviors.")


def _of_curve(line: PiecewiseCurve, symbol: Symbol | None) -> Fit:
    import sympy

    _check_exact(line)
    x = symbol_of(line) if symbol is None else symbol
    parts = [to_sympy(p.intercept) + to_sympy(p.slope) * x**line.power for p in line.pieces]
    steps = [a < b for a, b in itertools.pairwise(p.slope for p in line.pieces)]
    if all(steps):
        formula = sympy.Max(*parts)
    elif not any(steps):
        formula = sympy.Min(*parts)
    else:  # of networks, which are not convex
        formula = line.to_sympy(x)
    known = "" if line.reading is None else f", if {line.reading}"
    return Fit(formula, f"piecewise affine{known}", 0, 0)


# ------------------------------------------------------------------ rational functions


def _rational(points: list[Point], t: Symbol) -> Fit | None:
    """Return the polynomial or rational function with the fewest coefficients that all points obey."""
    import sympy

    for unknowns in range(1, min(len(points) - _SPARE, _MOST_COEFFICIENTS) + 1):
        for below in range((unknowns + 1) // 2):
            above = unknowns - 1 - below
            chosen = _spread(points, unknowns)
            solved = _interpolated(chosen, above, below)
            if solved is None:
                continue
            top, bottom = solved
            values = [(at(top, x), at(bottom, x), y) for x, y in points]
            if all(b != 0 and a == b * y for a, b, y in values):
                numerator, denominator = (sum(to_sympy(c) * t**k for k, c in enumerate(part)) for part in (top, bottom))
                formula = sympy.expand(numerator) if below == 0 else sympy.cancel(numerator / denominator)
                kind = "rational" if below else "polynomial"
                return Fit(formula, kind, unknowns, len(points) - unknowns)
    return None


def _spread(points: list[Point], count: int) -> list[Point]:
    """Return points from the whole range: near ones could all lie on one piece."""
    places = np.unique(np.linspace(0, len(points) - 1, count).round().astype(int))
    return [points[i] for i in places]


def _interpolated(points: list[Point], above: int, below: int) -> tuple[list[ExactNumber], list[ExactNumber]] | None:
    """Return numerator and denominator (constant term first, leading denominator coefficient by normalization 1)."""
    if len(points) != above + below + 1:
        return None
    rows = [[*(x**k for k in range(above + 1)), *(-y * x**k for k in range(below + 1))] for x, y in points]
    kernel = _kernel(rows)
    if kernel is None:
        return None
    top, bottom = kernel[: above + 1], kernel[above + 1 :]
    lead = next((v for v in reversed(bottom) if v != 0), None)
    return None if lead is None else ([v / lead for v in top], [v / lead for v in bottom])


def _kernel(rows: list[list[ExactNumber]]) -> list[ExactNumber] | None:
    """Return the vector that rows (one more column than rows) send to zero; None if it is not unique."""
    for free in range(len(rows[0])):
        others = [j for j in range(len(rows[0])) if j != free]
        columns = [{i: row[j] for i, row in enumerate(rows) if row[j] != 0} for j in others]
        with suppress(ZeroDivisionError):
            found = SquareSystem(columns).solve([-row[free] for row in rows])
            return [*found[:free], Fraction(1), *found[free:]]
    return None


# -------------------------------------------------------------------- piecewise affine


def _piecewise_affine(points: list[Point], t: Symbol) -> Fit | None:
    """Return a convex or concave piecewise affine function, each piece on at least three points."""
    import sympy

    pieces: list[tuple[ExactNumber, ExactNumber]] = []
    i, used = 0, 0
    while i < len(points) - 1:
        (x, y), (u, v) = points[i], points[i + 1]
        slope = (v - y) / (u - x)
        j = i + 1
        while j + 1 < len(points) and points[j + 1][1] == y + slope * (points[j + 1][0] - x):
            j += 1
        if j - i >= 2:
            pieces.append((y - slope * x, slope))
            used += j - i + 1
            i = j
        else:
            i += 1  # a kink lies between this point and the next
    slopes = [slope for _, slope in pieces]
    rising = all(a < b for a, b in itertools.pairwise(slopes))
    falling = all(a > b for a, b in itertools.pairwise(slopes))
    if len(pieces) < 2 or not (rising or falling):
        return None
    choose = max if rising else min
    if any(choose(a + b * x for a, b in pieces) != y for x, y in points):
        return None
    formula = (sympy.Max if rising else sympy.Min)(*(to_sympy(a) + to_sympy(b) * t for a, b in pieces))
    return Fit(formula, "piecewise affine", 2 * len(pieces), len(points) - 2 * len(pieces))
