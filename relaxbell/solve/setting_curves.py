"""The largest value of a functional as a function of a limit of p(settings|λ): pieces of quotients of polynomials.

For each λ the distributions p(x|λ) are a polytope with vertices v(t), polynomials in the limit t. So the largest value
is the linear program max Σ w s_λ · v(t) over weights w ≥ 0 of pairs (λ, v) with Σ w v(t) = p(x): as many rows as
settings. At a rational t its basis is found in floats. Its weights and reduced costs are quotients of polynomials in t,
whose roots, isolated exactly, are the ends of the interval on which it stays optimal: that is the proof there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import cell_weights, joint_coefficients
from relaxbell.causal.model import CausalModel
from relaxbell.curves.parameters import read_parameter
from relaxbell.curves.rational import RationalCurve, RationalPiece
from relaxbell.errors import CurveError, FunctionalError, MeasureError
from relaxbell.exact.numbers import to_sympy
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import remaining
from relaxbell.lp.highs import solve_highs
from relaxbell.measures.setting_limits import SettingLimits
from relaxbell.measures.setting_rows import limit_expression
from relaxbell.solve.functional_bound import check_scenario, negated, rational_multiple

if TYPE_CHECKING:
    import sympy

_MOST_COLUMNS = 40_000
_MOST_PIECES = 100
_TRIES = 12
_NUDGE = 1e-5
"""How far settings are moved, relatively, so that a basis of the program is the only one."""


def limits_curve(functional: BellFunctional, model: CausalModel, limits: SettingLimits) -> RationalCurve:
    """Return the largest value of a functional as a function of the symbol of limits.

    Raises
    ------
    MeasureError
        If there are several symbols.
    CurveError
        If a stretch was not proved.
    """
    import sympy

    if limits.model is not model:
        raise MeasureError(
            f"{limits} belong to {limits.model.name} (instance {id(limits.model):#x}), the bound is over {model.name} "
            f"(instance {id(model):#x}). Build both from one model instance."
        )
    if len(limits.symbols) != 1:
        raise MeasureError(
            f"{limits} have the symbols {', '.join(map(str, limits.symbols))}, expected a single one for a curve. Put "
            "numbers for the others; inequalities(subject_to=…, joint=True) take several."
        )
    whole, scale = rational_multiple(functional)
    (symbol,) = limits.symbols
    scores = _scores(whole, model, limits)
    pieces = list[RationalPiece]()
    corners = _stretches(limits, symbol)
    for low, high in itertools.pairwise(corners):
        vertices = limits.vertices(at={symbol: _between(low, high)})
        pieces += _Stretch(limits, symbol, vertices, scores).pieces(low, high)
    factor, constant = to_sympy(scale), to_sympy(functional.constant)
    merged = list[RationalPiece]()
    for piece in pieces:
        expression = sympy.cancel(constant + factor * piece.expression)
        if merged and sympy.simplify(merged[-1].expression - expression) == 0:
            merged[-1] = RationalPiece(merged[-1].start, piece.end, merged[-1].expression)
        else:
            merged.append(RationalPiece(piece.start, piece.end, expression))
    parameter = read_parameter(symbol)
    name = f"max {functional}"
    return RationalCurve(name, parameter.name, negated(whole, model), tuple(merged), symbol=symbol)


def _scores(functional: BellFunctional, model: CausalModel, limits: SettingLimits) -> list[tuple[Fraction, ...]]:
    """Return what each λ contributes at each setting, for each p(x|λ); alike ones once."""
    table = check_scenario(functional, model)
    joint = joint_coefficients(model, str(functional), table.ravel(), cell_weights(model), FunctionalError)
    cells = model.T.indices.reshape(model.strategies.count, -1)
    values = np.array(joint, dtype=object)[cells].sum(axis=1)[limits.layout.numbers]
    return sorted(set(map(tuple, values.T.tolist())))


def _stretches(limits: SettingLimits, symbol: sympy.Symbol) -> list[sympy.Expr]:
    """Return the ends of the limit's range, and the values between at which vertices appear and vanish."""
    import sympy

    weights, n = limits.layout.weights, len(limits.layout.weights)
    roles = [name for name in ("lower", "upper", "bias") if getattr(limits, name) is symbol]
    low, high = sympy.Integer(0), sympy.Integer(1)
    if "bias" in roles:
        low, high = to_sympy(limits.least_bias), sympy.Rational(1, 2)
    if "upper" in roles:
        low = sympy.Max(low, to_sympy(max(weights)))
    if "lower" in roles:
        high = sympy.Min(high, to_sympy(min(weights)))
    if not low < high:
        raise MeasureError(f"{limits}: no value of {symbol} leaves the settings their own distribution.")
    corners = {low, high}
    if limits.bias is None:  # k settings at the upper limit, others at the lower one: Σ = 1 where one more is
        lower = sympy.Integer(0) if limits.lower is None else limit_expression(limits.lower)
        upper = sympy.Integer(1) if limits.upper is None else limit_expression(limits.upper)
        for k in range(n + 1):
            for root in sympy.solve(k * upper + (n - k) * lower - 1, symbol):
                if bool(low < root) and bool(root < high):
                    corners.add(root)
    elif limits.lower is not None or limits.upper is not None:
        raise MeasureError(f"{limits}: a symbol for bits goes without lower and upper. Give one kind of limits.")
    elif limits.alone:
        raise MeasureError(f"{limits}: curves are of bits given those before. Give numbers with alone=True.")
    return sorted(corners, key=float)


def _between(low: sympy.Expr, high: sympy.Expr, share: float = 0.618) -> Fraction:
    """Return a rational number between two, not one that is likely to be special."""
    a, b = float(low), float(high)
    if not b > a:
        raise CurveError(f"the ends {low} and {high} of a stretch are too close to be told apart by floats.")
    for denominator in (97, 9973, 10**6, 10**9, 10**15):
        found = Fraction(a + share * (b - a)).limit_denominator(denominator)
        if a < found < b and denominator * (b - a) > 50:
            return found
    return Fraction(a + share * (b - a))


@dataclass(frozen=True)
class _Basis:
    """An optimal basis at a point: its value, and the interval on which it is."""

    value: sympy.Expr
    start: sympy.Expr
    end: sympy.Expr


class _Stretch:
    """The program where the vertices are the same polynomials."""

    def __init__(
        self,
        limits: SettingLimits,
        symbol: sympy.Symbol,
        vertices: Sequence[tuple[sympy.Expr, ...]],
        scores: Sequence[tuple[Fraction, ...]],
    ) -> None:
        import sympy

        self.symbol, self.limits = symbol, limits
        self.vertices = [[sympy.Poly(v, symbol, domain="QQ") for v in own] for own in vertices]
        self.scores = scores
        if len(vertices) * len(scores) > _MOST_COLUMNS:
            raise MeasureError(
                f"{limits}: {len(vertices):,} extreme distributions of the settings and {len(scores):,} kinds of λ are "
                f"too many for a curve, expected {_MOST_COLUMNS:,} pairs at most. Give numbers instead of the symbol."
            )
        coefficients = [[_ascending(v) for v in own] for own in self.vertices]
        self.table, self.unit = _whole(coefficients, max(len(v) for own in coefficients for v in own))
        whole, self.score_unit = _whole([[[v] for v in own] for own in scores], 1)
        self.costs = np.tensordot(self.table, whole[:, :, 0], axes=([1], [1])).transpose(0, 2, 1)
        """Coefficients of each vertex and λ, ascending, times both units."""

    def pieces(self, low: sympy.Expr, high: sympy.Expr) -> list[RationalPiece]:
        """Return the pieces between two parameters, from left to right."""
        found, stack = list[RationalPiece](), [(low, high)]
        while stack:
            remaining()
            left, right = stack.pop()
            basis = self._basis(left, right)
            found.append(RationalPiece(basis.start, basis.end, basis.value))
            if basis.start != left:
                stack.append((left, basis.start))
            if basis.end != right:
                stack.append((basis.end, right))
            if len(found) > _MOST_PIECES:
                raise CurveError(
                    f"the curve of {self.limits} has more than {_MOST_PIECES} pieces. Give numbers instead."
                )
        return sorted(found, key=lambda piece: float(piece.start))

    def _basis(self, low: sympy.Expr, high: sympy.Expr) -> _Basis:
        generator = np.random.default_rng(0)
        for share in (0.618, 0.377, 0.5, 0.731):
            t = _between(low, high, share)
            for _ in range(_TRIES):
                found = self._try(t, low, high, generator)
                if found is not None:
                    return found
        raise CurveError(
            f"no basis was proved for {self.symbol} between {float(low):.9g} and {float(high):.9g}. Give numbers "
            "instead of the symbol."
        )

    def _try(self, t: Fraction, low: sympy.Expr, high: sympy.Expr, generator: np.random.Generator) -> _Basis | None:
        """Return the basis that is optimal at t, if floats find it and exact numbers confirm it."""
        import sympy
        from sympy.polys.matrices import DomainMatrix

        at, x = to_sympy(t), self.symbol
        powers = np.array([t**k for k in range(self.table.shape[2])], dtype=object)
        columns = (self.table @ powers / self.unit).astype(np.float64)
        costs = (self.costs @ powers / (self.unit * self.score_unit)).astype(np.float64)
        best = costs.argmax(axis=1)  # of each vertex the best λ
        moved = self.limits.layout.floats * (1 + _NUDGE * generator.random(columns.shape[1]))
        cost = -costs.max(axis=1)
        answer = solve_highs(sp.csc_array(columns.T), cost, moved, moved)
        if not answer.feasible or answer.basis is None:
            return None
        chosen = [int(j) for j in answer.basis.columns]
        n = columns.shape[1]
        if len(chosen) != n:
            return None
        entries = [[self.vertices[j][i].as_expr() for j in chosen] for i in range(n)]
        ring = sympy.QQ[x]
        matrix = DomainMatrix([[ring.from_sympy(v) for v in row] for row in entries], (n, n), ring)
        field = matrix.to_field()
        determinant = field.det()
        det = sympy.Poly(field.domain.to_sympy(determinant), x)
        sign = int(sympy.sign(det.eval(at)))
        if sign == 0:
            return None
        adjugate = (field.inv() * determinant).to_list()  # of polynomials
        inverse = [[sympy.Poly(field.domain.to_sympy(v), x) for v in row] for row in adjugate]
        p = [to_sympy(w) for w in self.limits.layout.weights]
        scale = self.unit * self.score_unit
        own = [_poly(self.costs[j, best[j]].tolist(), x).mul_ground(sympy.Rational(1, scale)) for j in chosen]
        zero = sympy.Poly(0, x, domain="QQ")
        weights = [sum((inverse[k][i] * p[i] for i in range(n)), zero) * sign for k in range(n)]
        prices = [sum((own[k] * inverse[k][i] for k in range(n)), zero) * sign for i in range(n)]
        positive = set(weights)
        positive.add(det * sign)
        positive.update(_poly(row, x) for row in self._reduced(prices, det * sign))
        start, end = low, high
        for polynomial in positive:
            if polynomial.is_zero:
                continue
            here = polynomial.eval(at)
            if here <= 0:
                return None
            if polynomial.degree() == 0:
                continue
            for root in polynomial.real_roots(multiple=False):
                number = root[0]
                if bool(number < at) and bool(number > start):
                    start = number
                elif bool(number > at) and bool(number < end):
                    end = number
        value = sum((own[k] * weights[k] for k in range(n)), zero).as_expr() / (det * sign).as_expr()
        return _Basis(sympy.cancel(value), start, end)

    def _reduced(self, prices: Sequence[sympy.Poly], det: sympy.Poly) -> set[tuple[int, ...]]:
        """Return the reduced costs of all vertices and λ times positive numbers, ascending; alike ones once."""
        width, degree = self.table.shape[2], max(p.degree() for p in [*prices, det] if not p.is_zero)
        rows, _ = _whole([[_ascending(p) for p in [*prices, det]]], degree + 1)
        paid, own = rows[0, :-1], rows[0, -1]
        size = degree + width
        found = np.zeros((*self.costs.shape[:2], size), dtype=object)
        for k in range(width):
            found[:, :, k : k + degree + 1] += (self.table[:, :, k] @ paid * self.score_unit)[:, None, :]
            found[:, :, k : k + degree + 1] -= self.costs[:, :, k, None] * own
        distinct = set(map(tuple, found.reshape(-1, size).tolist()))
        return {tuple(v // common for v in row) for row in distinct if (common := math.gcd(*row))}


def _ascending(polynomial: sympy.Poly) -> list[Fraction]:
    return [Fraction(int(c.p), int(c.q)) for c in reversed(polynomial.all_coeffs())]


def _poly(ascending: Sequence[int], symbol: sympy.Symbol) -> sympy.Poly:
    import sympy

    return sympy.Poly(list(reversed(ascending)), symbol, domain="QQ")


def _whole(given: Sequence[Sequence[Sequence[Fraction]]], width: int) -> tuple[NDArray[np.object_], int]:
    """Return rows of coefficients, filled up with zeros, times a whole number that makes them whole, and that."""
    unit = math.lcm(*(v.denominator for own in given for row in own for v in row))
    filled = [[[*(int(v * unit) for v in row), *[0] * (width - len(row))] for row in own] for own in given]
    return np.array(filled, dtype=object), unit
