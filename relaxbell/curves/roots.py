"""Algebraic numbers between the two ways in which they are written: as isolated roots, and as numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from relaxbell.curves.families import whole
from relaxbell.exact.numbers import ExactNumber, Surd, surd
from relaxbell.verify.polynomials import Root, Whole, divisor

if TYPE_CHECKING:
    import sympy

Value: TypeAlias = "ExactNumber | sympy.Expr"


def as_root(number: ExactNumber) -> Root:
    """Return an exact number as a root."""
    if isinstance(number, Surd):
        low, high = number.bounds()
        return Root(whole([-number, Fraction(1)]), low, high)
    return Root.at(number)


def as_number(root: Root) -> Value:
    """Return a root as an exact number a + b√n where it is one, else as an algebraic number of sympy."""
    if root.rational:
        return root.low
    f = root.polynomial
    if f.degree == 1:
        (a, b), (c, d) = f.pairs
        return -surd(a, b, f.n) / surd(c, d, f.n)
    own = _over_rationals(root)
    c, b, a = (own.pairs[k][0] if k <= own.degree else 0 for k in range(3))
    if own.degree == 1:
        return Fraction(-c, b)
    if own.degree == 2:
        half = Fraction(1, 2 * a)
        ends = [-b * half + surd(0, side * half, b * b - 4 * a * c) for side in (-1, 1)]
        return next(end for end in ends if root.same(as_root(end)))
    return _crootof(own, root)


def _over_rationals(root: Root) -> Whole:
    """Return the irreducible polynomial over the rational numbers of which it is a root."""
    import sympy

    f, x = root.polynomial, sympy.Symbol("x")
    pairs = [[a for a, _ in f.pairs], [b for _, b in f.pairs]]
    rational, irrational = (sympy.Poly(part[::-1], x) for part in pairs)
    norm = rational**2 - f.n * irrational**2 if any(pairs[1]) else rational
    for factor, _ in norm.factor_list()[1]:
        own = Whole.of([(int(c), 0) for c in factor.all_coeffs()[::-1]], f.n)
        if is_zero(own, root):
            return own
    raise AssertionError("a root of a polynomial is one of its norm")  # which is a multiple of it


def _crootof(own: Whole, root: Root) -> sympy.Expr:
    import sympy

    x = sympy.Symbol("x")
    polynomial = sympy.Poly([a for a, _ in own.pairs][::-1], x)
    bound = 1 + max(abs(Fraction(a, own.pairs[-1][0])) for a, _ in own.pairs)
    while own.changes(root.low) - own.changes(root.high) > 1:
        root.refine()
    return sympy.CRootOf(polynomial, own.changes(-bound) - own.changes(root.low))  # so many are before it


def is_zero(f: Whole, root: Root) -> bool:
    """Return whether a polynomial vanishes at an algebraic number."""
    if f.degree < 0:
        return True
    if root.rational:
        return f.sign(root.low) == 0
    n = f.n or root.polynomial.n
    common = divisor(Whole(f.pairs, n), Whole(root.polynomial.pairs, n))
    return common.degree > 0 and common.squarefree.changes(root.low) > common.squarefree.changes(root.high)
