"""Formulas of one parameter compared with exact curves, piece by piece."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from relaxbell.curves.curve import Curve, symbol_of
from relaxbell.curves.piecewise import PiecewiseCurve
from relaxbell.curves.polynomial import PolynomialCurve
from relaxbell.curves.rational import RationalCurve
from relaxbell.errors import ProofError
from relaxbell.exact.numbers import ExactNumber, as_exact, to_sympy
from relaxbell.proofs.verdict import Counterexample, Verdict

if TYPE_CHECKING:
    from sympy import Basic, Expr, Symbol

ExactCurve: TypeAlias = PiecewiseCurve | PolynomialCurve | RationalCurve
"""Curves of pieces that are formulas."""

_MOST_BRANCHES = 400


def compare_curve(line: ExactCurve, expression: Expr, symbol: Symbol, claim: str) -> Verdict:
    """Return whether an expression equals a curve at every parameter of its domain.

    Between the curve's break points and the kinks and poles of the expression both are smooth; there they are equal if
    their difference vanishes identically.
    """
    import sympy

    exact = isinstance(line, RationalCurve) or line.exact
    method = f"{'exact curve' if exact else 'curve'} of {len(line.pieces)} piece{'s' * (len(line.pieces) > 1)}"
    low, high = (_sympy(v) for v in line.domain)
    cuts = _cuts(expression, symbol, low, high)
    if cuts is None or not exact or expression.has(sympy.Float):
        return compare_sampled(line, expression, symbol, claim, 1e-9, method)
    ends = _distinct(sorted({low, high, *(_sympy(b) for b in line.breakpoints), *cuts}, key=sympy.N))
    if ends is None:
        return compare_sampled(line, expression, symbol, claim, 1e-9, method)
    unsure = False
    for place in [*ends, *itertools.starmap(_between, itertools.pairwise(ends))]:
        difference = _zero(_at(expression, symbol, place) - line.to_sympy(symbol).subs(symbol, place))
        if difference is False:
            return _refuted(line, expression, symbol, place, claim, method)
        unsure |= difference is None
    for left, right in itertools.pairwise(ends):
        middle = _between(left, right)
        difference = active(expression, symbol, middle) - _piece(line, symbol, middle)
        if sympy.cancel(sympy.together(sympy.expand(difference))) != 0 and sympy.simplify(difference) != 0:
            for place in _inside(left, right):
                if _zero(_at(expression, symbol, place) - line.to_sympy(symbol).subs(symbol, place)) is False:
                    return _refuted(line, expression, symbol, place, claim, method)
            unsure = True
    if unsure:
        return compare_sampled(line, expression, symbol, claim, 1e-9, method)
    return Verdict("proved", claim, method)


def compare_sampled(
    line: Curve, expression: Expr, symbol: Symbol, claim: str, tolerance: float, method: str = ""
) -> Verdict:
    """Return whether an expression and a curve agree to a tolerance at 101 parameters."""
    method = method or f"{type(line).__name__} at 101 parameters"
    low, high = (as_exact(v) or Fraction(float(v)) for v in line.domain)
    worst = 0.0
    for k in range(101):
        t = low + (high - low) * Fraction(k, 100)
        value = complex(_at(expression, symbol, to_sympy(t)).evalf(30))
        below, above = float(line.lower_bound(float(t))), float(line.upper_bound(float(t)))
        gap = max(below - value.real, value.real - above, 0.0)
        if not abs(value.imag) < 1e-12 or not gap <= tolerance:
            shown = None if not abs(value.imag) < 1e-12 or value != value else value.real
            return Verdict(
                "refuted", claim, method, counterexample=Counterexample(None, to_sympy(t), shown, above, False)
            )
        worst = max(worst, above - value.real, value.real - below)
    return Verdict("numerical", claim, method, 101, worst)


def _refuted(
    line: ExactCurve,
    expression: Expr,
    symbol: Symbol,
    place: Expr,
    claim: str,
    method: str,
) -> Verdict:
    value = _at(expression, symbol, place)
    least = line.to_sympy(symbol).subs(symbol, place)
    shown = value if value.is_real else None
    return Verdict("refuted", claim, method, counterexample=Counterexample(None, place, shown, least, True))


def _sympy(value: ExactNumber | Expr) -> Expr:
    exact = as_exact(value)
    return value if exact is None else to_sympy(exact)


def _piece(line: ExactCurve, symbol: Symbol, place: Expr) -> Expr:
    if isinstance(line, PolynomialCurve):
        for part in line.pieces:
            if _sympy(part.start) <= place <= _sympy(part.end):
                return sum((to_sympy(c) * symbol**k for k, c in enumerate(part.coefficients)), place * 0)
        raise AssertionError("a place inside the domain")
    if isinstance(line, RationalCurve):
        own = next(piece for piece in line.pieces if piece.start <= place <= piece.end)
        return own.expression.subs(symbol_of(line), symbol)
    inner = place**line.power
    for piece in line.pieces:
        if to_sympy(piece.start) <= inner <= to_sympy(piece.end):
            return to_sympy(piece.intercept) + to_sympy(piece.slope) * symbol**line.power
    raise AssertionError("a place inside the domain")


def _at(expression: Expr, symbol: Symbol, place: Expr) -> Expr:
    """Return the value, nan where it is not a real number."""
    import sympy

    try:
        value = active(expression, symbol, place).subs(symbol, place)
    except (TypeError, ValueError):  # a maximum of numbers that are not real
        return sympy.nan
    return sympy.nan if value.has(sympy.zoo, sympy.oo, -sympy.oo) or value.is_real is False else value


def _zero(value: Expr) -> bool | None:
    """Return whether an exact number is zero; None if that could not be decided."""
    import sympy

    if value is sympy.nan or value.has(sympy.nan):
        return False
    if value.is_Rational:
        return bool(value == 0)
    simple = sympy.simplify(value)
    if simple == 0:
        return True
    decided = simple.equals(0)
    return None if decided is None else bool(decided)


def active(expression: Expr, symbol: Symbol, place: Expr) -> Expr:
    """Return the smooth branch of an expression that is active at a place; where branches meet, one of them."""
    import sympy

    if not expression.has(sympy.Max, sympy.Min, sympy.Abs, sympy.Piecewise):
        return expression
    if isinstance(expression, sympy.Max | sympy.Min):
        branches = [active(argument, symbol, place) for argument in expression.args]
        choose = max if isinstance(expression, sympy.Max) else min
        return choose(branches, key=lambda branch: _decimal(branch, symbol, place))
    if isinstance(expression, sympy.Abs):
        inner = active(expression.args[0], symbol, place)
        return inner if _decimal(inner, symbol, place) >= 0 else -inner
    if isinstance(expression, sympy.Piecewise):
        for value, condition in expression.args:
            if _holds(condition, symbol, place):
                return active(value, symbol, place)
        return sympy.nan
    return expression.func(*(active(argument, symbol, place) for argument in expression.args))


def _decimal(expression: Expr, symbol: Symbol, place: Expr) -> Expr:
    """Return a value with 50 digits; zero where no digit is left of it."""
    import sympy

    value = sympy.N(expression.subs(symbol, place), 50, chop=True)
    if not (value.is_number and value.is_real):
        raise ValueError(f"{value} is not real")
    return value


def _holds(condition: Basic, symbol: Symbol, place: Expr) -> bool:
    """Return whether a condition holds; relations that sympy cannot decide, by 50 digits."""
    import sympy

    if isinstance(condition, sympy.And | sympy.Or):
        join = all if isinstance(condition, sympy.And) else any
        return join(_holds(argument, symbol, place) for argument in condition.args)
    if isinstance(condition, sympy.Not):
        return not _holds(condition.args[0], symbol, place)
    decided = condition.subs(symbol, place)
    if decided in (sympy.true, sympy.false):
        return bool(decided)
    if not isinstance(decided, sympy.core.relational.Relational):
        raise ProofError(f"the condition {decided} cannot be decided at {place}, expected relations such as t <= 1/2.")
    left, right = (_decimal(active(side, symbol, place), symbol, place) for side in (condition.lhs, condition.rhs))
    gap = sympy.N(left - right, 50, chop=True)
    return bool(condition.func(gap if abs(gap) > sympy.Float(10) ** -40 else 0, 0))


def _cuts(expression: Expr, symbol: Symbol, low: Expr, high: Expr) -> set[Expr] | None:
    """Return the kinks and poles strictly inside the domain; None if they could not be found exactly."""
    import sympy

    levels = list(_levels(expression))
    if len(levels) > _MOST_BRANCHES:
        return None
    cuts: set[Expr] = set()
    for level in levels:
        numerator, _ = sympy.fraction(sympy.together(sympy.expand(level)))
        if not numerator.has(symbol):
            continue
        roots = _real_roots(numerator, symbol)
        if roots is None:
            return None
        cuts |= {root for root in roots if low < root < high}
    return cuts


def _levels(expression: Expr) -> Iterator[Expr]:
    """Yield expressions whose zeros are where branches change or denominators vanish."""
    import sympy

    for node in sympy.preorder_traversal(expression):
        if isinstance(node, sympy.Max | sympy.Min):
            branches = [b for argument in node.args for b in _branches(argument)]
            yield from (a - b for a, b in itertools.combinations(branches, 2))
        elif isinstance(node, sympy.Abs):
            yield from _branches(node.args[0])
        elif isinstance(node, sympy.Piecewise):
            for _, condition in node.args:
                for relation in condition.atoms(sympy.core.relational.Relational):
                    yield from (a - b for a in _branches(relation.lhs) for b in _branches(relation.rhs))
        elif node.is_Pow and (node.exp.is_negative or not node.exp.is_integer):
            yield from _branches(node.base)
        elif isinstance(node, sympy.log):
            yield from _branches(node.args[0])


def _branches(expression: Expr) -> list[Expr]:
    """Return every smooth expression that an expression may be somewhere."""
    import sympy

    if isinstance(expression, sympy.Max | sympy.Min):
        return [b for argument in expression.args for b in _branches(argument)]
    if isinstance(expression, sympy.Abs):
        return [sign * b for b in _branches(expression.args[0]) for sign in (1, -1)]
    if isinstance(expression, sympy.Piecewise):
        return [b for value, _ in expression.args for b in _branches(value)]
    if not expression.has(sympy.Max, sympy.Min, sympy.Abs, sympy.Piecewise):
        return [expression]
    choices = itertools.islice(itertools.product(*map(_branches, expression.args)), _MOST_BRANCHES)
    return [expression.func(*choice) for choice in choices]


def _real_roots(numerator: Expr, symbol: Symbol) -> list[Expr] | None:
    """Return the exact real roots of a polynomial, or None."""
    import sympy

    try:
        polynomial = sympy.Poly(numerator, symbol)
    except sympy.PolynomialError:
        return None
    if polynomial.degree() <= 2:
        return [root for root in sympy.roots(polynomial) if root.is_real]
    try:
        found: list[Expr] = sympy.real_roots(polynomial)
    except (NotImplementedError, sympy.PolynomialError):
        return None
    return found


def _distinct(ends: list[Expr]) -> list[Expr] | None:
    """Return ascending numbers, each once; None where two could not be told apart."""
    kept = ends[:1]
    for end in ends[1:]:
        same = _zero(end - kept[-1])
        if same is None:
            return None
        if not same:
            kept.append(end)
    return kept


def _between(left: Expr, right: Expr) -> Expr:
    """Return a simple rational strictly between two exact numbers."""
    return _fraction_between(left, right, Fraction(1, 2))


def _inside(left: Expr, right: Expr) -> Iterator[Expr]:
    for k in range(1, 8):
        yield _fraction_between(left, right, Fraction(k, 8))


def _fraction_between(left: Expr, right: Expr, share: Fraction) -> Expr:
    import sympy

    if left.is_Rational and right.is_Rational:
        return left + (right - left) * to_sympy(share)
    digits = 20
    while True:
        place = sympy.Rational(str(sympy.N(left + (right - left) * to_sympy(share), digits)))
        short = place.limit_denominator(10 ** (digits // 4))
        for candidate in (short, place):
            if left < candidate < right:
                return candidate
        digits *= 2
