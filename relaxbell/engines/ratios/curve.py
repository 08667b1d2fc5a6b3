"""The least value of a quotient N/D as a function of the budget of a measure V: linear fractional pieces, exact.

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
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.certificate.claims import Certificate
from relaxbell.curves.curve import Curve, Value, read_level, readable
from relaxbell.engines.base import Engine
from relaxbell.engines.linear.engine import LinearEngine
from relaxbell.engines.linear.solution import LinearSolution
from relaxbell.engines.ratios.solution import RatioSolution
from relaxbell.errors import CertificateError, CurveError, InfeasibleError, MeasureError
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import ExactNumber, Floats, as_exact
from relaxbell.exact.texts import FITTED, counted
from relaxbell.functionals.notation import sum_text
from relaxbell.measures.measure import LinearMeasure
from relaxbell.measures.ratios import Ratio

if TYPE_CHECKING:
    from relaxbell.behavior.behavior import Behavior
    from relaxbell.behavior.observed import Observed

_MOST = 64
"""Budgets that are solved; a piece takes a handful."""


@dataclass(frozen=True)
class RatioPiece:
    """(n_0 + n_1 e) / (d_0 + d_1 e) between two budgets.

    Attributes
    ----------
    start, end
        The budgets.
    numerator, denominator
        Their two coefficients each.
    is_exact
        Whether it is proved to be the least value; else models attain it, and the least value is no less than at `end`.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from relaxbell.classes import RatioPiece
    >>> piece = RatioPiece(Fraction(0), Fraction(1), (Fraction(1), Fraction(-1)), (Fraction(2), Fraction(0)), True)
    >>> piece.at(Fraction(1, 2))
    Fraction(1, 4)
    """

    start: Fraction
    end: Fraction
    numerator: tuple[Fraction, Fraction]
    denominator: tuple[Fraction, Fraction]
    is_exact: bool

    def at(self, t: ExactNumber) -> ExactNumber:
        """Return the value at a budget.

        Parameters
        ----------
        t
            Between both ends.

        Returns
        -------
        Fraction
            Exact.

        Examples
        --------
        >>> from fractions import Fraction
        >>> from relaxbell.classes import RatioPiece
        >>> half = Fraction(1, 2)
        >>> RatioPiece(Fraction(0), Fraction(1), (half, half), (half, half), True).at(Fraction(1, 3))
        Fraction(1, 1)
        """
        return (self.numerator[0] + self.numerator[1] * t) / (self.denominator[0] + self.denominator[1] * t)

    def _at(self, t: Fraction) -> Fraction:
        return (self.numerator[0] + self.numerator[1] * t) / (self.denominator[0] + self.denominator[1] * t)

    def same(self, other: RatioPiece) -> bool:
        """Return whether two pieces are one function.

        Parameters
        ----------
        other
            The other one.

        Returns
        -------
        bool
            By products of coefficients.

        Examples
        --------
        >>> from fractions import Fraction
        >>> from relaxbell.classes import RatioPiece
        >>> half = RatioPiece(Fraction(0), Fraction(1), (Fraction(1), Fraction(0)), (Fraction(2), Fraction(0)), True)
        >>> half.same(half)
        True
        """
        (n, m), (d, c) = self.numerator, self.denominator
        (p, q), (s, r) = other.numerator, other.denominator
        return n * s == p * d and m * r == q * c and n * r + m * s == p * c + q * d

    def text(self, variable: str) -> str:
        """Return it as a formula.

        Parameters
        ----------
        variable
            What the budget is called.

        Returns
        -------
        str
            Numbers, where it is constant.

        Examples
        --------
        >>> from fractions import Fraction
        >>> from relaxbell.classes import RatioPiece
        >>> one, two = Fraction(1), Fraction(2)
        >>> RatioPiece(one, two, (one, -one), (two, one), True).text("e")
        '(-e + 1) / (e + 2)'
        """
        if self._at(self.start) == self._at(self.end):
            return str(self._at(self.start))
        unit = next(v for v in (*self.denominator[::-1],) if v)
        if not self.denominator[1]:
            a, b = (v / self.denominator[0] for v in self.numerator)
            return sum_text([(b, variable)], a)
        above, below = (
            sum_text([(b / unit, variable)] if b else [], a / unit) for a, b in (self.numerator, self.denominator)
        )
        return f"({above}) / ({below})"


@dataclass(frozen=True, eq=False)
class RatioCurve(Curve):
    """The least value of a quotient as a function of a budget: pieces (n + m e) / (d + c e); see `Curve`.

    Made by `tradeoff` of a `Ratio`. Falling, not convex in general.

    Attributes
    ----------
    pieces
        From left to right.
    programs
        How many budgets were solved.
    name, variable, measure, symbol, reading, estimated
        As in `Curve`.

    Examples
    --------
    >>> import numpy as np
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> iv = rb.instrumental()
    >>> table = np.array([[[5, 2], [1, 2]], [[2, 1], [2, 5]]]) * Fraction(1, 10)
    >>> p = rb.Behavior(table, outputs="B A", inputs="Z")
    >>> late, defiers = rb.query(iv, "LATE(Z -> A -> B)"), rb.query(iv, "defiers(Z -> A)")
    >>> rb.tradeoff(late, defiers, p).value(Fraction(1, 100))
    Fraction(19, 41)
    """

    measure: Ratio
    pieces: tuple[RatioPiece, ...]
    programs: int

    @property
    def domain(self) -> tuple[Fraction, Fraction]:
        """First and last budget."""
        return self.pieces[0].start, self.pieces[-1].end

    @property
    def breakpoints(self) -> tuple[Fraction, ...]:
        """Budgets between which the curve is one function, both ends included."""
        return (self.pieces[0].start, *(piece.end for piece in self.pieces))

    @property
    def is_exact(self) -> bool:
        """Whether all pieces are proved to be the least value."""
        return all(piece.is_exact for piece in self.pieces)

    @overload
    def value(self, t: float) -> float: ...
    @overload
    def value(self, t: ExactNumber) -> ExactNumber | float: ...
    @overload
    def value(self, t: ArrayLike) -> Floats: ...
    def value(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return the value at budgets, exact at exact ones; NaN outside the domain.

        Parameters
        ----------
        t
            A number or an array of them.

        Returns
        -------
        ExactNumber, float or ndarray
            What models attain.

        Examples
        --------
        >>> import numpy as np
        >>> import relaxbell as rb
        >>> iv = rb.instrumental()
        >>> p = rb.Behavior(np.full((2, 2, 2), 0.25), outputs="A B", inputs="Z").rounded(iv)
        >>> line = rb.tradeoff(rb.query(iv, "ETT(A -> B)"), rb.query(iv, "defiers(Z -> A)"), p)
        >>> line.value([0.0, 2.0])
        array([-0.5,  nan])
        """
        return self._read(t, bound=False)

    def lower_bound(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return what no model falls below at budgets: the value itself on exact pieces.

        Parameters
        ----------
        t
            A number or an array of them.

        Returns
        -------
        ExactNumber, float or ndarray
            NaN outside the domain.

        Examples
        --------
        >>> import numpy as np
        >>> import relaxbell as rb
        >>> iv = rb.instrumental()
        >>> p = rb.Behavior(np.full((2, 2, 2), 0.25), outputs="A B", inputs="Z").rounded(iv)
        >>> line = rb.tradeoff(rb.query(iv, "ETT(A -> B)"), rb.query(iv, "defiers(Z -> A)"), p)
        >>> line.lower_bound(0.0)
        -0.5
        """
        return self._read(t, bound=True)

    def _read(self, t: ArrayLike | ExactNumber, *, bound: bool) -> ExactNumber | float | Floats:
        exact = as_exact(t)
        if isinstance(exact, Fraction):
            low, high = self.domain
            return self._at(exact, bound) if low <= exact <= high else float("nan")
        array = float_array(t, "the budget", CurveError)
        first, last = map(float, self.domain)

        def one(v: float) -> float:
            return float(self._at(Fraction(v), bound)) if first <= v <= last else float("nan")

        found = np.vectorize(one, otypes=[np.float64])(array)
        return float(found) if found.ndim == 0 else np.asarray(found)

    def _at(self, t: Fraction, bound: bool) -> Fraction:
        piece = next((own for own in self.pieces if t <= own.end), self.pieces[-1])
        return piece._at(piece.end if bound and not piece.is_exact else t)

    def crossing(self, level: object) -> ExactNumber | None:
        """Return the least budget at which the value is no more than a level; None if the curve does not pass it.

        Parameters
        ----------
        level
            A number.

        Returns
        -------
        Fraction or None
            The budget, exact on exact pieces.

        Raises
        ------
        CurveError
            If the level is not a rational number.

        Examples
        --------
        >>> import numpy as np
        >>> import relaxbell as rb
        >>> from fractions import Fraction
        >>> iv = rb.instrumental()
        >>> table = np.array([[[5, 2], [1, 2]], [[2, 1], [2, 5]]]) * Fraction(1, 10)
        >>> p = rb.Behavior(table, outputs="B A", inputs="Z")
        >>> late, defiers = rb.query(iv, "LATE(Z -> A -> B)"), rb.query(iv, "defiers(Z -> A)")
        >>> rb.tradeoff(late, defiers, p).crossing(Fraction(1, 3))
        Fraction(1, 20)
        """
        wanted = read_level(level)
        if not isinstance(wanted, Fraction):
            raise CurveError(f"the level is {level}, expected a rational number. Round it.")
        first = self.pieces[0]
        if first._at(first.start) <= wanted:
            return first.start if first._at(first.start) == wanted else None
        for piece in self.pieces:
            if piece._at(piece.end) <= wanted:
                (n, m), (d, c) = piece.numerator, piece.denominator
                return (wanted * d - n) / (m - wanted * c)
        return None

    @property
    def certificate(self) -> Certificate:
        """Raise CertificateError: the verifier knows curves of affine pieces.

        Raises
        ------
        CertificateError
            It says what to use instead.
        """
        raise CertificateError(
            f"{self.name} has pieces that are quotients, expected affine ones. Certificates of single budgets, "
            "minimize(ratio, p, [budget]).certificate, are possible."
        )

    def __repr__(self) -> str:
        low, high = map(readable, self.domain)
        fitted = f", {FITTED}" if self.estimated else ""
        sure = "exact" if self.is_exact else "exact but for what is marked"
        head = (
            f"{self.name} for {self.variable} in [{low}, {high}]: {sure}{fitted}, {counted(len(self.pieces), 'piece')}"
        )
        lines = [
            f"  [{readable(own.start)}, {readable(own.end)}]: {own.text('e')}{'' if own.is_exact else '  (at most)'}"
            for own in self.pieces
        ]
        return "\n".join([f"{head}, {counted(self.programs, 'budget')}, e = {self.variable}", *lines])

    @property
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """Ends of pieces, with the values there."""
        return [(t, self._at(t, False)) for t in self.breakpoints]

    @property
    def notes(self) -> list[str]:
        """What a picture says beside the line."""
        return [f"{'exact, ' if self.is_exact else ''}{counted(len(self.pieces), 'piece')}"]


# ------------------------------------------------------------------------------------ tracing


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
        if product is None or below <= 0 or piece._at(to.at) != to.level or not self.allows(to, product / below):
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
    least = _exact(LinearEngine(budgeted).minimize(observed, constraints))
    best = tracer.solved(constraints)
    if best.attained is None:
        tracer.node(least)  # says why
    low = measure.above(best.level)
    most = _exact(LinearEngine(budgeted).minimize(observed, [low <= 0, *constraints]))
    try:
        nodes = [tracer.node(least), tracer.node(most if most > least else least + 1)]
    except InfeasibleError:
        raise MeasureError(
            f"{measure.name} has no value at the least {budgeted.name}, {least}: there {measure.denominator.name} is 0 "
            "in every model that reproduces the data, expected a positive probability. Demand it: "
            f"subject_to=[assumption(model, '{measure.denominator.name} >= 0.01')]."
        ) from None
    pieces = _traced(tracer, nodes)
    return RatioCurve(f"min {measure.name}", budgeted.name, measure, pieces, tracer.count, estimated=observed.estimated)


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
        inner = linear * linear - 4 * square * constant
        root = _root(inner)
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


def _exact(solution: LinearSolution) -> Fraction:
    bound = solution.proof.bound.bound
    if solution.proof.primal is None or not isinstance(bound, Fraction):
        raise MeasureError(
            f"min {solution.measure.name} = {solution.value:.9g} was not found exactly, and budgets are exact. Use "
            "behavior.rounded(model, denominator=10**6) for a rational behavior nearby."
        )
    return bound
