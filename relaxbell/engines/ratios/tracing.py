"""Tracing the least quotient over a budget: bisected until every piece is proved.

At a budget e the level k and the multiplier μ of the last program prove N − k D + μ (V − e) ≥ 0 for every model. Two
such inequalities, at a and b, weighted with μ_b (b − e) and μ_a (e − a), leave nothing of V ≤ e in between, and prove

    N/D ≥ [k_a μ_b (b − e) + k_b μ_a (e − a)] / [μ_b (b − e) + μ_a (e − a)] .

The models found at a and b, mixed to the budget e, attain the same with D_a, D_b in place of μ_b, μ_a. Where
μ_a D_a = μ_b D_b the two agree, and the piece is exact from a to b. Whether μ is a multiplier at a is one linear
program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import TYPE_CHECKING

from relaxbell.engines.base import Engine
from relaxbell.engines.linear.engine import LinearEngine
from relaxbell.engines.linear.solution import rational_minimum
from relaxbell.engines.ratios.curve import RatioCurve, RatioPiece
from relaxbell.engines.ratios.solution import RatioSolution
from relaxbell.errors import InfeasibleError, MeasureError
from relaxbell.measures.measure import LinearMeasure
from relaxbell.measures.ratios import Ratio

if TYPE_CHECKING:
    from relaxbell.behavior.behavior import Behavior
    from relaxbell.behavior.observed import Observed

_MOST = 64
"""Budgets that are solved; a piece takes a handful."""


@dataclass(frozen=True, eq=False)
class _Node:
    """A budget, the level there, the probability of the condition in the model found, and a multiplier."""

    at: Fraction
    level: Fraction
    condition: Fraction
    multiplier: Fraction


class _Tracer:
    """Solves budgets, and says between which two of them a piece is proved."""

    def __init__(
        self,
        engine: Engine[Ratio],
        budgeted: LinearMeasure,
        observed: Behavior | Observed,
        constraints: tuple[object, ...],
    ) -> None:
        self.engine, self.budgeted, self.observed, self.constraints = engine, budgeted, observed, constraints
        self.measure = engine.measure
        self.count = 0
        self._known: dict[tuple[_Node, Fraction], bool] = {}

    def solved(self, constraints: Sequence[object]) -> RatioSolution:
        """Return the least quotient within constraints."""
        found = self.engine.minimize(self.observed, constraints)
        assert isinstance(found, RatioSolution)
        return found

    def node(self, at: Fraction) -> _Node:
        """Solve one budget."""
        self.count += 1
        found = self.solved([self.budgeted <= at, *self.constraints])
        if found.attained is None or found.condition is None:
            raise MeasureError(
                f"{self.measure.name} at {self.budgeted.name} <= {at} was not found exactly, and pieces are exact. Use "
                "behavior.rounded(model, denominator=10**6) for a rational behavior nearby."
            )
        return _Node(at, found.level, found.condition, Fraction(found.proof.proof.bound.budgets[0]))

    def allows(self, node: _Node, multiplier: Fraction) -> bool:
        """Return whether N − k D + μ (V − e) ≥ 0 for every model."""
        if multiplier == node.multiplier:
            return True
        key = (node, multiplier)
        if key not in self._known:
            body = self.measure.above(node.level) + multiplier * self.budgeted
            least = LinearEngine(body).minimize(self.observed, self.constraints).proof.bound.bound
            self._known[key] = isinstance(least, Fraction) and least >= multiplier * node.at
        return self._known[key]

    def piece(self, a: _Node, b: _Node) -> _Proved:
        """Return the piece that mixtures of both models attain, and whether it is proved."""
        if a.level == b.level:  # it falls nowhere in between
            constant = (a.level, Fraction(0)), (Fraction(1), Fraction(0))
            return _Proved(a, b, RatioPiece(a.at, b.at, *constant, True), None)
        above, below = (a.level * a.condition, b.level * b.condition), (a.condition, b.condition)
        width = b.at - a.at
        numerator, denominator = (((u * b.at - w * a.at) / width, (w - u) / width) for u, w in (above, below))
        for product in dict.fromkeys((a.multiplier * a.condition, b.multiplier * b.condition)):
            if product > 0 and self.allows(a, product / a.condition) and self.allows(b, product / b.condition):
                return _Proved(a, b, RatioPiece(a.at, b.at, numerator, denominator, True), product)
        return _Proved(a, b, RatioPiece(a.at, b.at, numerator, denominator, False), None)

    def extended(self, known: _Proved, a: _Node, b: _Node, to: _Node) -> _Proved | None:
        """Return a proved piece as far as another node; None where it does not reach so far.

        The condition may have another probability in the model found there: any between the least and the largest of
        those that attain the level will do.
        """
        piece, product = known.piece, known.product
        below = piece.denominator[0] + piece.denominator[1] * to.at
        if product is None or below <= 0 or piece.at(to.at) != to.level or not self.allows(to, product / below):
            return None
        here = [self.measure.above(to.level) <= 0, self.budgeted <= to.at, *self.constraints]
        ends = [
            LinearEngine(own).minimize(self.observed, here).proof
            for own in (self.measure.denominator, -self.measure.denominator)
        ]
        low, high = (own.bound.bound if own.primal is not None else None for own in ends)
        if not isinstance(low, Fraction) or not isinstance(high, Fraction) or not low <= below <= -high:
            return None
        return _Proved(a, b, RatioPiece(a.at, b.at, piece.numerator, piece.denominator, True), product)


@dataclass(frozen=True, eq=False)
class _Proved:
    """A piece between two nodes, and multiplier times probability of the condition, the same all along it."""

    start: _Node
    end: _Node
    piece: RatioPiece
    product: Fraction | None


def ratio_tradeoff(
    engine: Engine[Ratio], budgeted: LinearMeasure, observed: Behavior | Observed, constraints: tuple[object, ...]
) -> RatioCurve:
    """Return the least quotient as a function of the budget of another measure; see `relaxbell.tradeoff`."""
    tracer, measure = _Tracer(engine, budgeted, observed, constraints), engine.measure
    least = rational_minimum(LinearEngine(budgeted).minimize(observed, constraints))
    best = tracer.solved(constraints)
    if best.attained is None:
        tracer.node(least)  # says why
    low = measure.above(best.level)
    most = rational_minimum(LinearEngine(budgeted).minimize(observed, [low <= 0, *constraints]))
    try:
        nodes = [tracer.node(least), tracer.node(most if most > least else least + 1)]
    except InfeasibleError:
        raise MeasureError(
            f"{measure.name} has no value at the least {budgeted.name}, {least}: there {measure.denominator.name} is 0 "
            "in every model that reproduces the data, expected a positive probability. Demand it: "
            f"subject_to=[assumption(model, '{measure.denominator.name} >= 0.01')]."
        ) from None
    pieces = _traced(tracer, nodes)
    return RatioCurve(measure.end_name, budgeted.name, measure, pieces, tracer.count, estimated=observed.estimated)


def _traced(tracer: _Tracer, nodes: list[_Node]) -> tuple[RatioPiece, ...]:
    """Bisect until every interval is proved; between two proved pieces they meet where they are equal."""
    found = [tracer.piece(nodes[0], nodes[1])]
    while tracer.count < _MOST:
        worst = max(
            (own for own in found if not own.piece.is_exact), key=lambda own: own.end.at - own.start.at, default=None
        )
        if worst is None:
            break
        found.remove(worst)
        a, b = worst.start, worst.end
        left = next((own for own in found if own.end is a and own.piece.is_exact), None)
        right = next((own for own in found if own.start is b and own.piece.is_exact), None)
        further = (left and tracer.extended(left, a, b, b)) or (right and tracer.extended(right, a, b, a))
        if further:
            found.append(further)
            continue
        middle = tracer.node(_meeting(left, right, a.at, b.at) or (a.at + b.at) / 2)
        found += [tracer.piece(a, middle), tracer.piece(middle, b)]
    merged: list[RatioPiece] = []
    for piece in sorted((own.piece for own in found), key=lambda own: own.start):
        last = merged[-1] if merged else None
        if last is not None and last.is_exact == piece.is_exact and last.same(piece):
            merged[-1] = RatioPiece(last.start, piece.end, last.numerator, last.denominator, last.is_exact)
        else:
            merged.append(piece)
    return tuple(merged)


def _meeting(left: _Proved | None, right: _Proved | None, low: Fraction, high: Fraction) -> Fraction | None:
    """Return a rational budget strictly between two others at which two pieces are equal; None if there is none."""
    if left is None or right is None:
        return None
    (n, m), (d, c) = left.piece.numerator, left.piece.denominator
    (p, q), (s, r) = right.piece.numerator, right.piece.denominator
    square, linear, constant = m * r - q * c, n * r + m * s - p * c - q * d, n * s - p * d
    roots: Sequence[Fraction] = ()
    if square:
        root = _root(linear * linear - 4 * square * constant)
        roots = () if root is None else [(-linear + sign * root) / (2 * square) for sign in (1, -1)]
    elif linear:
        roots = [-constant / linear]
    return next((t for t in roots if low < t < high), None)


def _root(number: Fraction) -> Fraction | None:
    """Return the rational root of a number; None if it has none."""
    if number < 0:
        return None
    found = Fraction(isqrt(number.numerator), isqrt(number.denominator))
    return found if found * found == number else None
