"""Polynomials in one parameter as they come from bases that are affine in it: interpolated, reduced, their roots."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from relaxbell.exact.numbers import ExactNumber, Surd, sign, surd

if TYPE_CHECKING:
    import sympy
    from flint import fmpq, fmpq_poly

Affine = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Poly:
    """A polynomial with rational coefficients, ascending.

    Examples
    --------
    >>> (Poly((Fraction(1), Fraction(2))) * Poly((Fraction(0), Fraction(1)))).c
    (Fraction(0, 1), Fraction(1, 1), Fraction(2, 1))
    """

    c: tuple[Fraction, ...]

    def __call__(self, t: Fraction) -> Fraction:
        """Return the value at a rational number."""
        return Fraction(evaluate(self.c, t))  # type: ignore[arg-type]  # rational

    def at(self, t: ExactNumber) -> ExactNumber:
        """Return the value at a number."""
        return evaluate(self.c, t)

    def __add__(self, other: Poly) -> Poly:
        pairs = itertools.zip_longest(self.c, other.c, fillvalue=Fraction(0))
        return Poly(tuple(a + b for a, b in pairs))

    def __mul__(self, other: Poly | Fraction | int) -> Poly:
        if not isinstance(other, Poly):
            return Poly(tuple(v * other for v in self.c))
        if not self.c or not other.c:
            return Poly(())
        found = [Fraction(0)] * (len(self.c) + len(other.c) - 1)
        for i, a in enumerate(self.c):
            for j, b in enumerate(other.c):
                found[i + j] += a * b
        return Poly(tuple(found))

    @property
    def is_zero(self) -> bool:
        """Whether it is 0."""
        return not any(self.c)


def evaluate(coefficients: Sequence[ExactNumber], t: ExactNumber) -> ExactNumber:
    """Return the value of a polynomial at a number."""
    total: ExactNumber = Fraction(0)
    for c in reversed(coefficients):
        total = total * t + c
    return total


@dataclass(frozen=True)
class Basis:
    """A basis along a parameter: weights and prices times the determinant; weights are a + b√root."""

    determinant: Poly
    weights: list[tuple[Poly, Poly]]
    prices: list[Poly]
    root: int


def interpolated(
    matrix: Sequence[Sequence[Affine]], gains: Sequence[Poly], values: Sequence[ExactNumber]
) -> Basis | None:
    """Return what a basis whose entries are affine in a parameter says; None if it is singular throughout.

    By Cramer's rule all are polynomials of a degree of at most the number of rows.
    """
    from flint import fmpq, fmpq_mat, fmpq_poly

    m = len(matrix)
    roots = {v.n for v in values if isinstance(v, Surd)}
    root = roots.pop() if roots else 0
    parts = [(v.a, v.b) if isinstance(v, Surd) else (Fraction(v), Fraction(0)) for v in values]
    right = fmpq_mat(m, 2, [fmpq(v.numerator, v.denominator) for pair in parts for v in pair])
    points, dets = list[fmpq](), list[fmpq]()
    lefts, tops = list[list[fmpq]](), list[list[fmpq]]()
    failures, k = 0, 2
    while len(points) <= m:
        t = Fraction(1, k)
        k += 1
        entries = [a + b * t for row in matrix for a, b in row]
        own = fmpq_mat(m, m, [fmpq(v.numerator, v.denominator) for v in entries])
        det = own.det()
        if det == 0:
            failures += 1
            if failures > m + 1:
                return None
            continue
        costs = [p(t) for p in gains]
        down = fmpq_mat(m, 1, [fmpq(v.numerator, v.denominator) for v in costs])
        x, y = own.solve(right), own.transpose().solve(down)
        points.append(fmpq(t.numerator, t.denominator))
        dets.append(det)
        lefts.append([x[i, j] * det for i in range(m) for j in (0, 1)])
        tops.append([y[i, 0] * det for i in range(m)])
    bases = _lagrange(points)

    def through(given: Sequence[fmpq]) -> Poly:
        total = fmpq_poly([0])
        for v, base in zip(given, bases, strict=True):
            if v:
                total += base * v
        return _poly(total)

    weights = [through([own[i] for own in lefts]) for i in range(2 * m)]
    prices = [through([own[i] for own in tops]) for i in range(m)]
    return Basis(through(dets), [(weights[2 * i], weights[2 * i + 1]) for i in range(m)], prices, root)


def _lagrange(points: Sequence[fmpq]) -> list[fmpq_poly]:
    from flint import fmpq_poly

    whole = fmpq_poly([1])
    for t in points:
        whole *= fmpq_poly([-t, 1])
    found = []
    for t in points:
        own = whole // fmpq_poly([-t, 1])
        found.append(own * (1 / own(t)))
    return found


def _poly(own: fmpq_poly) -> Poly:
    return Poly(tuple(Fraction(int(v.p), int(v.q)) for v in own.coeffs()))


def _flint(own: Poly) -> fmpq_poly:
    from flint import fmpq, fmpq_poly

    return fmpq_poly([fmpq(v.numerator, v.denominator) for v in own.c])


def reduced(above: Poly, beside: Poly, below: Poly, root: int) -> tuple[tuple[ExactNumber, ...], tuple[Fraction, ...]]:
    """Return (above + beside √root) / below in lowest terms; the first coefficient below that is not 0 is 1."""
    a, b, d = _flint(above), _flint(beside), _flint(below)
    common = d.gcd(a).gcd(b) if b else d.gcd(a)
    parts = [_poly(own // common).c for own in (a, b, d)]
    unit = next(v for v in parts[2] if v)
    width = max(len(parts[0]), len(parts[1]), 1)
    padded = [[*own, *[Fraction(0)] * (width - len(own))] for own in parts[:2]]
    numerator: list[ExactNumber] = [
        surd(x / unit, y / unit, root) if y else x / unit for x, y in zip(*padded, strict=True)
    ]
    return tuple(numerator), tuple(v / unit for v in parts[2])


def nearest_roots(
    polynomials: Sequence[tuple[Poly, Poly]], root: int, t: Fraction, low: sympy.Expr, high: sympy.Expr
) -> tuple[sympy.Expr, sympy.Expr] | None:
    """Return the interval around t within two numbers on which no a + b√root is negative; None if one is so at t.

    A root of a² − root b² ends it as well, which is seldom one of the polynomial itself: then pieces are merged.
    """
    import sympy

    seen = set[tuple[int, ...]]()
    start, end = low, high
    for a, b in polynomials:
        if a.is_zero and b.is_zero:
            continue
        value = a(t) if b.is_zero else surd(a(t), b(t), root) if b(t) else a(t)
        if sign(value) <= 0:
            return None
        own = _flint(a if b.is_zero else a * a + b * b * (-root))
        if own.degree() < 1:
            continue
        _, factors = own.numer().factor()
        for factor, _ in factors:
            key = tuple(int(v) for v in factor.coeffs())
            if key in seen or len(key) < 2:
                continue
            seen.add(key)
            reals = [float(v.real.mid()) for v, _ in factor.complex_roots() if v.imag == 0]
            left, right = float(start) - 1e-9, float(end) + 1e-9
            if not any(left < v < right for v in reals):
                continue
            for number in sympy.Poly([int(v) for v in reversed(key)], sympy.Symbol("e")).real_roots():
                if bool(number < to_number(t)) and bool(number > start):
                    start = number
                elif bool(number > to_number(t)) and bool(number < end):
                    end = number
    return start, end


def to_number(t: Fraction) -> sympy.Expr:
    """Return a fraction as a sympy number."""
    import sympy

    return sympy.Rational(t.numerator, t.denominator)
