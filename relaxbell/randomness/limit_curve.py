"""The best guess as a function of a bound of p(settings|λ): exact, pieces are quotients of polynomials.

The extreme tables are affine in the bound t, so that the adversary's program max Σ w gain(t) with Σ w column(t) = data
has a column for each table and extreme box. At a rational t its basis is found in floats. Its weights and reduced costs
are quotients of polynomials in t, whose roots are the ends of the interval on which it stays optimal: the proof there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.curves.curve import readable
from relaxbell.errors import CurveError, MeasureError
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, Surd, as_exact, to_sympy
from relaxbell.exact.numbers import sign as sign_of
from relaxbell.lp.clock import remaining
from relaxbell.lp.highs import solve_highs
from relaxbell.randomness.polynomials import Poly, evaluate, interpolated, nearest_roots, reduced
from relaxbell.randomness.reading import Rows

if TYPE_CHECKING:
    import sympy

Affine = tuple[Fraction, Fraction]
"""c + d t."""

_MOST_COLUMNS = 15_000
_MOST_PIECES = 60
_SHARES = (0.618, 0.377, 0.5, 0.731, 0.123, 0.877)
_TRIES = 4
_NUDGE = 1e-5
"""How far data are moved towards other columns, so that a basis of the program is the only one."""

_DEPENDENT = 1e-9

_LONG = 30
"""Letters of a number beyond which its decimals are shown."""


@dataclass(frozen=True)
class LimitPiece:
    """The guessing probability between two bounds of p(settings|λ), a quotient of polynomials in the bound e.

    Attributes
    ----------
    start, end
        Exact; sympy numbers where they are roots of polynomials of higher degree.
    numerator, denominator
        Coefficients, ascending.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", {"X": 0, "Y": 0}, lower=0.2)
    >>> found.curve("lower", 0.25, start=0.2).pieces
    ([1/5, 1/4]: 5/4 - 2*e,)
    """

    start: ExactNumber | sympy.Expr
    end: ExactNumber | sympy.Expr
    numerator: tuple[ExactNumber, ...]
    denominator: tuple[Fraction, ...]

    @property
    def expression(self) -> sympy.Expr:
        """The quotient, in the symbol e."""
        import sympy

        e = sympy.Symbol("e")
        above = sum((to_sympy(c) * e**k for k, c in enumerate(self.numerator)), sympy.Integer(0))
        below = sum((to_sympy(c) * e**k for k, c in enumerate(self.denominator)), sympy.Integer(0))
        return above / below

    def __repr__(self) -> str:
        ends = []
        for number in (self.start, self.end):
            text = readable(number)
            ends.append(text if len(text) <= _LONG else f"{float(number):.9g}")
        return f"[{ends[0]}, {ends[1]}]: {self.expression}"


def value_at(piece: LimitPiece, e: ExactNumber) -> ExactNumber:
    """Return the value of a piece at a bound."""
    return evaluate(piece.numerator, e) / evaluate(piece.denominator, e)


def value_near(piece: LimitPiece, e: float) -> float:
    """Return the value of a piece at a bound in floats."""
    above, below = ([float(c) for c in reversed(own)] for own in (piece.numerator, piece.denominator))
    return float(np.polyval(above, e) / np.polyval(below, e))


def reaches(piece: LimitPiece, e: ExactNumber) -> bool:
    """Return whether the end of a piece is at a bound or beyond."""
    if isinstance(piece.end, Fraction | Surd):
        return sign_of(piece.end - e) >= 0
    return bool(piece.end >= to_sympy(e))


@dataclass(frozen=True, eq=False)
class LimitProgram:
    """The adversary's program along a bound.

    Attributes
    ----------
    limit
        ``"lower"`` or ``"upper"``.
    settings
        p(settings), flat.
    lower, upper, dependence
        The other bounds that hold, and the budget of M, if any.
    rows
        What was observed.
    boxes
        Extreme boxes, exact, one a row, over the cells.
    guesses
        For each guess the cells in which it is right.
    """

    limit: str
    settings: tuple[Fraction, ...]
    lower: Fraction | None
    upper: Fraction | None
    dependence: ExactNumber | None
    rows: Rows
    boxes: Exact
    guesses: list[list[int]]

    # -------------------------------------------------------------------------- tables

    @cached_property
    def _bounds(self) -> tuple[Affine, Affine]:
        zero, one = Fraction(0), Fraction(1)
        low = (zero, one) if self.limit == "lower" else (self.lower or zero, zero)
        high = (zero, one) if self.limit == "upper" else (one if self.upper is None else self.upper, zero)
        return low, high

    @cached_property
    def _candidates(self) -> list[tuple[tuple[Affine, ...], int]]:
        """Tables with all entries but one at a bound or p, and the number of that one; what does not occur is 0."""
        low, high = self._bounds
        bounded = self.upper is not None or self.limit == "upper"
        places = [i for i, p in enumerate(self.settings) if p]
        choices = []
        for i in places:
            own = {low, high if bounded else low}
            if self.dependence is not None:
                own.add((self.settings[i], Fraction(0)))
            choices.append(sorted(own))
        found = []
        for free, place in enumerate(places):
            for others in itertools.product(*choices[:free], *choices[free + 1 :]):
                table = [(Fraction(0), Fraction(0))] * len(self.settings)
                for i, v in zip([*places[:free], *places[free + 1 :]], others, strict=True):
                    table[i] = v
                table[place] = (Fraction(1 - sum(v[0] for v in others)), Fraction(-sum(v[1] for v in others)))
                found.append((tuple(table), place))
        return found

    def corners(self, start: Fraction, end: Fraction) -> list[Fraction]:
        """Return both ends, and between them where tables appear, vanish, or change the sign of a deviation."""
        found = {start, end}
        low, high = self._bounds
        for table, place in self._candidates:
            for other in (low, high, (self.settings[place], Fraction(0))):
                slope = table[place][1] - other[1]
                if slope:
                    root = (other[0] - table[place][0]) / slope
                    if start < root < end:
                        found.add(root)
        return sorted(found)

    def tables(self, t: Fraction) -> list[tuple[tuple[Affine, ...], Affine]]:
        """Return the tables that there are around t, with their costs."""
        low, high = self._bounds
        least, most = low[0] + low[1] * t, high[0] + high[1] * t
        found = {}
        for table, place in self._candidates:
            if least <= table[place][0] + table[place][1] * t <= most:
                cost = [Fraction(0), Fraction(0)]
                for (c, d), p in zip(table, self.settings, strict=True):  # signs do not change within the stretch
                    sign = 1 if c + d * t >= p else -1
                    cost[0] += sign * (c - p)
                    cost[1] += sign * d
                found[table] = (cost[0], cost[1])
        if len(found) * len(self.boxes) > _MOST_COLUMNS:
            raise MeasureError(
                f"{len(found):,} extreme tables p(settings|λ) and {len(self.boxes):,} extreme boxes are too many for "
                f"an exact curve, expected {_MOST_COLUMNS:,} pairs at most. Give points=9 for a curve of samples."
            )
        return sorted(found.items())

    # --------------------------------------------------------------------------- pieces

    def pieces(self, start: Fraction, end: Fraction) -> tuple[LimitPiece, ...]:
        """Return the pieces from left to right.

        Raises
        ------
        CurveError
            If an interval was not proved.
        """
        found: list[LimitPiece] = []
        for low, high in itertools.pairwise(self.corners(start, end)):
            found += self._stretch(to_sympy(low), to_sympy(high))
        merged: list[LimitPiece] = []
        for piece in found:
            before = merged[-1] if merged else None
            if before and (before.numerator, before.denominator) == (piece.numerator, piece.denominator):
                merged[-1] = LimitPiece(before.start, piece.end, piece.numerator, piece.denominator)
            else:
                merged.append(piece)
        return tuple(merged)

    def _stretch(self, low: sympy.Expr, high: sympy.Expr) -> list[LimitPiece]:
        found, stack = list[LimitPiece](), [(low, high)]
        program: _Stretch | None = None
        while stack:
            remaining()
            left, right = stack.pop()
            piece = None
            for share, _ in itertools.product(_SHARES, range(_TRIES)):
                t = _between(float(left), float(right), share)
                program = program or _Stretch(self, self.tables(t))
                piece = program.piece(t, left, right)
                if piece is not None:
                    break
            if piece is None:
                raise CurveError(
                    f"no basis was proved for {self.limit} between {float(left):.9g} and {float(right):.9g}. Give "
                    "points=9 for a curve of samples."
                )
            own, start, end = piece
            found.append(own)
            if start != left:
                stack.append((left, start))
            if end != right:
                stack.append((end, right))
            if len(found) > _MOST_PIECES:
                raise CurveError(f"the curve has more than {_MOST_PIECES} pieces. Give points=9 for one of samples.")
        return sorted(found, key=lambda own: float(own.start))


def _between(low: float, high: float, share: float) -> Fraction:
    """Return a simple number between two, not one that is likely to be special."""
    for denominator in (97, 997, 9973, 10**6, 10**9):
        found = Fraction(low + share * (high - low)).limit_denominator(denominator)
        if low < found < high and denominator * (high - low) > 50:
            return found
    raise CurveError(f"the ends {low:.17g} and {high:.17g} of a stretch are too close to be told apart.")


class _Stretch:
    """The program where the tables are the same."""

    def __init__(self, own: LimitProgram, tables: Sequence[tuple[tuple[Affine, ...], Affine]]) -> None:
        self.own, self.tables = own, tables
        n, k = len(own.settings), len(own.boxes)
        self.costly = own.dependence is not None
        by_setting = np.zeros((len(own.rows), k, n), dtype=object)
        for i, (row, _) in enumerate(own.rows):
            for cell, c in row.items():
                by_setting[i, :, cell % n] += Fraction(c) * own.boxes[:, cell]  # type: ignore[arg-type]  # rational, see data_rows
        self.by_setting = by_setting
        chance = own.settings[own.guesses[0][0] % n]
        self.place = own.guesses[0][0] % n
        self.gains = np.array([own.boxes[:, cells].sum(axis=1) for cells in own.guesses]).max(axis=0) / chance
        budget = [] if own.dependence is None else [own.dependence]
        self.values: list[ExactNumber] = [*(value for _, value in own.rows), *budget]
        self.coefficients = np.array([[list(v) for v in table] for table, _ in tables], dtype=object)
        self.costs = np.array([list(cost) for _, cost in tables], dtype=object)
        self.generator = np.random.default_rng(0)

    def _floats(self, t: Fraction) -> tuple[Floats, Floats]:
        """Return columns of the data's rows, axes rows, tables, boxes; and gains, tables, boxes."""
        weights = (self.coefficients[:, :, 0] + self.coefficients[:, :, 1] * t).astype(np.float64)
        columns = np.einsum("ivx,tx->itv", self.by_setting.astype(np.float64), weights)
        gains = weights[:, [self.place]] * self.gains.astype(np.float64)[None]
        return columns, gains

    @cached_property
    def _kept(self) -> NDArray[np.intp]:
        """Rows of which the others follow, for each bound."""
        from scipy.linalg import qr  # loads slowly

        parts = [self._floats(Fraction(k, 101))[0].reshape(len(self.own.rows), -1) for k in (17, 29, 41)]
        matrix = np.hstack(parts).T
        _, triangle, order = qr(matrix, mode="economic", pivoting=True)
        sizes = abs(np.diag(triangle))
        return np.sort(order[: int((sizes > _DEPENDENT * sizes.max()).sum())])

    def piece(self, t: Fraction, low: sympy.Expr, high: sympy.Expr) -> tuple[LimitPiece, sympy.Expr, sympy.Expr] | None:
        """Return the piece around t, if floats find its basis and exact numbers confirm it."""
        chosen = self._basis(t)
        if chosen is None:
            return None
        matrix, gain = self._columns(chosen)
        kept = [*self._kept.tolist(), *([len(self.own.rows)] if self.costly else [])]
        solved = interpolated(matrix, gain, [self.values[i] for i in kept])
        if solved is None:
            return None
        sign = 1 if solved.determinant(t) > 0 else -1
        signed = [(own[0] * sign, own[1] * sign) for own in solved.weights]
        prices = self._reduced(solved.prices, solved.determinant, sign)
        polynomials = [*signed, (solved.determinant * sign, Poly(())), *prices]
        roots = nearest_roots(polynomials, solved.root, t, low, high)
        if roots is None:
            return None
        start, end = roots
        above = [sum((c * w[k] for c, w in zip(gain, solved.weights, strict=True)), Poly(())) for k in (0, 1)]
        numerator, denominator = reduced(above[0], above[1], solved.determinant, solved.root)
        ends = [as_exact(v) for v in (start, end)]
        piece = LimitPiece(
            start if ends[0] is None else ends[0], end if ends[1] is None else ends[1], numerator, denominator
        )
        if any(solved.determinant.at(v) == 0 for v in ends if isinstance(v, Fraction)):
            piece = self._closed(piece)
        return piece, start, end

    def _closed(self, piece: LimitPiece) -> LimitPiece:
        """Return the piece, if its quotient goes on to both ends: there the basis is singular, the value continuous."""
        if any(isinstance(v, Fraction) and not evaluate(piece.denominator, v) for v in (piece.start, piece.end)):
            raise CurveError(
                f"the formula {piece} has a pole at an end. Take a part of the bounds, or points=9 for samples."
            )
        return piece

    def _basis(self, t: Fraction) -> list[int] | None:
        """Return the columns of an optimal basis in floats; the last number of all is the slack of M."""
        columns, gains = self._floats(t)
        kept = self._kept
        matrix = columns[kept].reshape(len(kept), -1)
        cost = -gains.ravel()
        values = np.array([float(self.values[i]) for i in kept])
        if self.costly:
            costs = np.repeat((self.costs[:, 0] + self.costs[:, 1] * t).astype(np.float64), len(self.own.boxes))
            matrix = np.hstack([np.vstack([matrix, costs]), np.eye(len(kept) + 1)[:, -1:]])
            cost, values = np.append(cost, 0.0), np.append(values, float(self.values[-1]))
        moved = values + _NUDGE * (matrix @ self.generator.dirichlet(np.ones(matrix.shape[1])) - values)
        answer = solve_highs(sp.csc_array(matrix), cost, moved, moved)
        if not answer.feasible or answer.basis is None:
            return None
        chosen = [int(j) for j in answer.basis.columns]
        return chosen if len(chosen) == len(values) else None

    def _columns(self, chosen: Sequence[int]) -> tuple[list[list[Affine]], list[Poly]]:
        """Return the entries of the basis, row by row, and the gains of its columns."""
        kept, count = self._kept.tolist(), len(self.own.boxes)
        columns, gains = list[list[Affine]](), list[Poly]()
        zero = Fraction(0)
        for j in chosen:
            if j == len(self.tables) * count:
                columns.append([*[(zero, zero)] * len(kept), (Fraction(1), zero)])
                gains.append(Poly(()))
                continue
            k, v = divmod(j, count)
            own = self.by_setting[kept, v] @ self.coefficients[k]
            column = [(Fraction(a), Fraction(b)) for a, b in own]
            if self.costly:
                column.append((self.costs[k, 0], self.costs[k, 1]))
            columns.append(column)
            gains.append(Poly(tuple(self.coefficients[k, self.place] * self.gains[v])))
        return [list(row) for row in zip(*columns, strict=True)], gains

    def _reduced(self, prices: Sequence[Poly], determinant: Poly, sign: int) -> list[tuple[Poly, Poly]]:
        """Return the reduced costs of all columns times the size of the determinant; alike ones once."""
        degree = max(len(p.c) for p in [*prices, determinant])
        rows = np.zeros((len(prices) + 1, degree), dtype=object)
        for i, p in enumerate([*prices, determinant]):
            rows[i, : len(p.c)] = p.c
        kept = self._kept
        unit = math.lcm(*(Fraction(v).denominator for v in rows.ravel()))
        whole = np.array([[int(v * unit) for v in row] for row in rows], dtype=object)
        box_unit = math.lcm(*(Fraction(v).denominator for v in [*self.by_setting.ravel(), *self.gains]))
        boxes = np.array([int(v * box_unit) for v in self.by_setting[kept].ravel()], dtype=object)
        boxes = boxes.reshape(len(kept), *self.by_setting.shape[1:])
        gains = np.array([int(v * box_unit) for v in self.gains], dtype=object)
        table_unit = math.lcm(*(Fraction(v).denominator for v in [*self.coefficients.ravel(), *self.costs.ravel()]))
        tables = np.array([int(v * table_unit) for v in self.coefficients.ravel()], dtype=object)
        tables = tables.reshape(self.coefficients.shape)
        costs = np.array([int(v * table_unit) for v in self.costs.ravel()], dtype=object).reshape(self.costs.shape)
        paid = np.tensordot(whole[: len(kept)], boxes, axes=([0], [0])).transpose(1, 2, 0)  # boxes, settings, powers
        paid[:, self.place] -= gains[:, None] * whole[-1][None]
        found = np.zeros((len(self.tables), len(self.own.boxes), degree + 1), dtype=object)
        for k in (0, 1):
            found[:, :, k : k + degree] += np.tensordot(tables[:, :, k], paid, axes=([1], [1]))
            if self.costly:
                found[:, :, k : k + degree] += costs[:, k, None, None] * whole[len(kept)][None, None] * box_unit
        flat = set(map(tuple, found.reshape(-1, degree + 1).tolist()))
        distinct = {tuple(v // (math.gcd(*row) or 1) for v in row) for row in flat}
        polynomials = [(Poly(tuple(Fraction(v * sign) for v in row)), Poly(())) for row in distinct]
        if self.costly:
            polynomials.append((prices[-1] * sign, Poly(())))
        return polynomials
