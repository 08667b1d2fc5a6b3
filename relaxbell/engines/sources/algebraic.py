"""The algebraic number that an irrational least value seems to be: attained by a model, with its minimal polynomial.

With the marginals fixed the measure is a linear program; on a basis its value is a rational function of them. Where one
parameter ν is free, the least value is at a root of its derivative, or where two such functions meet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.program import Problem, exact_program, linear_program
from relaxbell.engines.linear.settled import settled
from relaxbell.engines.sources.fixed import with_marginals
from relaxbell.engines.sources.scenario import Scenario, Side
from relaxbell.errors import RelaxbellError
from relaxbell.exact.basis import Basis
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, to_sympy
from relaxbell.exact.simplex import Contradiction, ExactProgram, Optimum
from relaxbell.lp.highs import solve_highs
from relaxbell.measures.products import nonbilocality
from relaxbell.measures.terms import fresh

if TYPE_CHECKING:
    import sympy
    from flint import fmpq_poly, fmpz_poly

_BESIDE = Fraction(1, 10**5)
"""How far beside the best parameter bases are looked for."""

_DEGREE = 12
"""Largest degree of numerators and denominators."""

_NARROW = Fraction(1, 10**30)
"""Width of the interval around the parameter."""

_LARGEST = 400
"""Most strategies: exact linear systems of as many unknowns are solved some thirty times."""


@dataclass(frozen=True, eq=False)
class AlgebraicCandidate:
    """An algebraic number that a model attains, and that the least value seems to be: an upper bound, exact.

    Attributes
    ----------
    polynomial
        Its minimal polynomial, coefficients of whole numbers from the highest power on.
    interval
        Two rational numbers between which it is the only root.
    parameter
        Label of the free marginal.
    parameter_polynomial, parameter_interval
        The same for the value of this marginal at which the number is attained.

    Examples
    --------
    >>> import relaxbell as rb
    >>> number = rb.classes.AlgebraicCandidate((1, 0, -2), (1, 2), "q(A=00)", (2, 0, -1), (0, 1))
    >>> number.to_sympy(), round(number.value, 6)
    (sqrt(2), 1.414214)
    """

    polynomial: tuple[int, ...]
    interval: tuple[Fraction, Fraction]
    parameter: str
    parameter_polynomial: tuple[int, ...]
    parameter_interval: tuple[Fraction, Fraction]

    @property
    def value(self) -> float:
        """The number in floats."""
        return float(self.to_sympy())

    def to_sympy(self) -> sympy.Expr:
        """Return the number: by radicals where it is quadratic, else as a root of the polynomial.

        Returns
        -------
        sympy expression
            Exact.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.classes.AlgebraicCandidate((1, 0, -2), (1, 2), "q(A=00)", (2, 0, -1), (0, 1)).to_sympy()
        sqrt(2)
        """
        import sympy

        low = to_sympy(Fraction(self.interval[0]))
        poly = sympy.Poly(list(self.polynomial), sympy.Symbol("m"))
        before = int(poly.count_roots(None, low)) - int(poly.eval(low) == 0)
        return poly.root(before, radicals=poly.degree() <= 2)

    def __str__(self) -> str:
        import sympy

        m = sympy.Symbol("m")
        text = str(sympy.Poly(list(self.polynomial), m).as_expr())
        said = text if len(text) <= 80 else f"a polynomial of degree {len(self.polynomial) - 1}"
        return f"{self.value:.12g}, root of {said}"


def algebraic_candidate(scenario: Scenario, point: Sequence[float]) -> AlgebraicCandidate | None:
    """Return the number attained next to a point, where the held groups have one free parameter; else None."""
    product = scenario.products[0]
    free = [side for side in product[:-1] if side.free]
    if len(scenario.products) > 1 or len(free) != 1 or len(free[0].free) != 1 or scenario.distance:
        return None
    if scenario.measure.model.strategies.count > _LARGEST or _irrational(scenario):
        return None
    line = _Line(scenario, free[0])
    best = Fraction(point[0]).limit_denominator(10**9)
    sides = [line.optimal(best + shift) for shift in (-_BESIDE, _BESIDE)]
    if any(side is None for side in sides):
        return None
    left, right = (line.function(basis) for basis in sides if basis is not None)
    if left is None or right is None:
        return None
    (p, d), (r, e) = left, right
    where = p * e - r * d
    if where == 0:
        where = p.derivative() * d - p * d.derivative()
    root = _root_near(where, best)
    basis = sides[0]
    if root is None or basis is None or not line.feasible(basis, *root):
        return None
    return _named(line, p, d, *root)


def at_parameter(scenario: Scenario, nu: Fraction) -> Proof | None:
    """Return the exact solution at a value of the free parameter; None if there is none."""
    side = next(side for side in scenario.products[0][:-1] if side.free)
    problem = _Line(scenario, side).problem(nu)
    found = None if problem is None else settled(problem)
    return found[1] if found is not None and not isinstance(found, Contradiction) else None


def _irrational(scenario: Scenario) -> bool:
    return any(isinstance(v, Surd) for v in scenario.equations.rhs)


class _Line:
    """Linear programs at fixed marginals that depend on one parameter."""

    def __init__(self, scenario: Scenario, side: Side) -> None:
        self.scenario, self.side = scenario, side
        self._programs: dict[Fraction, ExactProgram | None] = {}
        self._known: dict[tuple[int, Fraction], dict[int, Fraction] | None] = {}

    @property
    def label(self) -> str:
        """Name of the parameter."""
        return self.side.group.labels[self.side.free[0]]

    def problem(self, nu: Fraction) -> Problem | None:
        """Return the problem at a value; None where marginals would be negative, or contradict the data."""
        fixed: dict[str, Exact] = {}
        for side in self.scenario.products[0][:-1]:
            own = np.array([nu] * len(side.free), dtype=object)
            fixed[side.group.name] = np.asarray(side.constant + (side.matrix @ own if len(own) else 0), dtype=object)
        if any(v < 0 for own in fixed.values() for v in own):
            return None
        try:
            measure = nonbilocality(self.scenario.measure.model, fixed)
            return Problem(fresh(measure.term), with_marginals(measure, self.scenario.equations))
        except RelaxbellError:
            return None

    def program(self, nu: Fraction) -> ExactProgram | None:
        """Return the exact program at a value."""
        if nu not in self._programs:
            problem = self.problem(nu)
            self._programs[nu] = None if problem is None else exact_program(problem)
        return self._programs[nu]

    def optimal(self, nu: Fraction) -> Basis | None:
        """Return an optimal basis at a value."""
        problem, exact = self.problem(nu), self.program(nu)
        if problem is None or exact is None:
            return None
        program = linear_program(problem)
        answer = solve_highs(program.matrix, program.cost, program.lower, program.upper)
        if not answer.feasible or answer.basis is None:
            return None
        found = exact.optimum(answer.basis)
        self.near = nu
        return found.basis if isinstance(found, Optimum) else None

    def solution(self, basis: Basis, nu: Fraction) -> dict[int, Fraction] | None:
        """Return the basic solution at a value."""
        key = (id(basis), nu)
        if key not in self._known:
            exact = self.program(nu)
            state = None if exact is None else exact.state(basis)
            rational = state is not None and all(isinstance(v, Fraction) for v in state.values.values())
            self._known[key] = {j: _fraction(v) for j, v in state.values.items()} if state and rational else None
        return self._known[key]

    def points(self, basis: Basis) -> list[Fraction]:
        """Return values at which there are basic solutions."""
        start, found = self.near.limit_denominator(1000), list[Fraction]()
        for k in range(1, 20 * _DEGREE):
            nu = start + Fraction((-1) ** k * (k // 2), 997)
            if self.solution(basis, nu) is not None:
                found.append(nu)
            if len(found) == 2 * _DEGREE + 2:
                break
        return found

    def function(self, basis: Basis) -> tuple[fmpq_poly, fmpq_poly] | None:
        """Return the value on a basis as numerator and denominator."""
        points = self.points(basis)
        exact = self.program(points[0]) if points else None
        if exact is None:
            return None
        values = []
        for nu in points:
            own = self.solution(basis, nu) or {}
            values.append(
                sum((_fraction(exact.cost[j]) * v for j, v in own.items() if j < len(exact.cost)), Fraction(0))
            )
        return _reconstructed(points, values)

    def feasible(self, basis: Basis, factor: fmpz_poly, low: Fraction, high: Fraction) -> bool:
        """Return whether the basic solution is not negative at the root of a polynomial in an interval."""
        import flint

        points = self.points(basis)
        found = [self.solution(basis, nu) or {} for nu in points]
        for j in sorted(set().union(*found)):
            function = _reconstructed(points, [own.get(j, Fraction(0)) for own in found])
            if function is None:
                return False
            p, d = function
            if p % flint.fmpq_poly(factor) == 0:
                continue  # it is zero there
            if _count(p, low, high) or _count(d, low, high) or _at(p, low) * _at(d, low) < 0:
                return False
        return True


def _fraction(number: ExactNumber) -> Fraction:
    assert isinstance(number, Fraction)  # all data of the line are
    return number


def _reconstructed(points: Sequence[Fraction], values: Sequence[Fraction]) -> tuple[fmpq_poly, fmpq_poly] | None:
    """Return the rational function of least degree through points, if it is of less than they determine; else None."""
    import flint

    x, modulus, through = flint.fmpq_poly([0, 1]), flint.fmpq_poly([1]), flint.fmpq_poly([0])
    for nu, value in zip(points, values, strict=True):  # Newton's form
        at = flint.fmpq(nu.numerator, nu.denominator)
        gap = flint.fmpq(value.numerator, value.denominator) - through(at)
        through = through + modulus * (gap / modulus(at))
        modulus = modulus * (x - at)
    r, s, u, v = modulus, through, flint.fmpq_poly([0]), flint.fmpq_poly([1])
    while s.degree() >= len(points) // 2:
        quotient, rest = divmod(r, s)
        r, s, u, v = s, rest, v, u - quotient * v
    if s.degree() + v.degree() + 1 >= len(points):
        return None
    common = s.gcd(v)
    return s // common, v // common


def _at(poly: fmpq_poly, nu: Fraction) -> Fraction:
    import flint

    value = poly(flint.fmpq(nu.numerator, nu.denominator))
    return Fraction(int(value.p), int(value.q))


def _count(poly: fmpq_poly, low: Fraction, high: Fraction) -> int:
    """Return how many roots a polynomial has in an interval."""
    if poly.degree() < 1:
        return 0
    import sympy

    coefficients = [sympy.Rational(int(c.p), int(c.q)) for c in reversed(poly.coeffs())]
    ends = map(to_sympy, (low, high))
    return int(sympy.Poly(coefficients, sympy.Symbol("x")).count_roots(*ends))


def _root_near(poly: fmpq_poly, near: Fraction) -> tuple[fmpz_poly, Fraction, Fraction] | None:
    """Return the irreducible factor with a root next to a number, and a narrow interval around it."""
    import flint

    _, factors = poly.numer().factor()
    for factor, _ in factors:
        own = flint.fmpq_poly(factor)
        low, high = near - _BESIDE, near + _BESIDE
        if _count(own, low, high) != 1:
            continue
        if own.degree() == 1:
            exact = -Fraction(int(factor[0]), int(factor[1]))
            return factor, exact, exact
        sign = _at(own, low)
        while high - low > _NARROW:
            middle = (low + high) / 2
            value = _at(own, middle)
            if value == 0:
                return factor, middle, middle
            low, high = (middle, high) if (value > 0) == (sign > 0) else (low, middle)
        return factor, low, high
    return None


def _named(
    line: _Line, p: fmpq_poly, d: fmpq_poly, factor: fmpz_poly, low: Fraction, high: Fraction
) -> AlgebraicCandidate | None:
    """Return the value p/d at the root of the factor by its minimal polynomial."""
    import sympy

    x, m = sympy.symbols("x m")

    def expression(poly: fmpq_poly) -> sympy.Expr:
        return sum((sympy.Rational(int(c.p), int(c.q)) * x**i for i, c in enumerate(poly.coeffs())), sympy.Integer(0))

    own = sum((int(c) * x**i for i, c in enumerate(factor.coeffs())), sympy.Integer(0))
    whole = sympy.resultant(expression(d) * m - expression(p), own, x)
    middle = (low + high) / 2
    near = _at(p, middle) / _at(d, middle)
    for part, _ in sympy.Poly(whole, m).factor_list()[1]:
        reach = Fraction(1, 10**20)
        ends = map(to_sympy, (near - reach, near + reach))
        if part.count_roots(*ends) == 1:
            coefficients = tuple(int(c) for c in sympy.Poly(part, m).all_coeffs())
            sign = math.copysign(1, coefficients[0])
            return AlgebraicCandidate(
                tuple(int(sign) * c for c in coefficients),
                (near - reach, near + reach),
                line.label,
                tuple(int(c) for c in reversed(factor.coeffs())),
                (low, high),
            )
    return None
