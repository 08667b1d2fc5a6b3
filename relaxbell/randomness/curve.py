"""The best guess as a function of a budget: concave and piecewise affine, traced by its tangents, exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from relaxbell.errors import CurveError
from relaxbell.exact.numbers import ExactNumber, Floats, as_exact, ceil_float, decimal, sign

_MOST = 500
"""Linear programs after which a curve is given up."""


@dataclass(frozen=True)
class Line:
    """The bound intercept + slope · e, which the multipliers of one budget prove for all."""

    intercept: ExactNumber
    slope: ExactNumber

    def at(self, e: ExactNumber) -> ExactNumber:
        """Return the value at a budget."""
        return self.intercept + self.slope * e


@dataclass(frozen=True)
class GuessingPiece:
    """The guessing probability intercept + slope · e for budgets from start to end, exact.

    Attributes
    ----------
    start, end, intercept, slope
        Exact.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, dependence=0)
    >>> print(*found.curve("M", 1).pieces, sep="; ")
    [0, 1/2]: 1/2 + 1 e; [1/2, 1]: 1 + 0 e
    """

    start: ExactNumber
    end: ExactNumber
    intercept: ExactNumber
    slope: ExactNumber

    def __repr__(self) -> str:
        return f"[{self.start}, {self.end}]: {self.intercept} + {self.slope} e"


@dataclass(frozen=True, eq=False, repr=False)
class GuessingCurve:
    """The largest guessing probability as a function of a budget, exact, and the min-entropy that follows.

    Attributes
    ----------
    limit
        Which budget: ``"M"`` or an edge.
    pieces
        From left to right. Each is a bound that multipliers prove for all budgets, and both ends are attained, so that
        all between are: the function is concave.
    programs
        Linear programs solved.

    Examples
    --------
    >>> import relaxbell as rb
    >>> curve = rb.boxes.tsirelson().guessing("A", {"X": 0, "Y": 0}, dependence=0).curve("M", 0.5)
    >>> print(curve.breakpoints[0], curve.value(0))
    (-1/2 + √2/2) (3/2 - √2/2)
    >>> curve.min_entropy([0, 0.1, 0.3]).round(6).tolist()
    [0.334802, 0.16344, 0.0]
    """

    limit: str
    pieces: tuple[GuessingPiece, ...]
    programs: int

    @property
    def breakpoints(self) -> tuple[ExactNumber, ...]:
        """Budgets at which the slope changes, exact.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, dependence=0).curve("M", 1).breakpoints
        (Fraction(1, 2),)
        """
        return tuple(piece.start for piece in self.pieces[1:])

    def value(self, e: object) -> ExactNumber:
        """Return the guessing probability at a budget, exact; floats mean the decimals that print them.

        Parameters
        ----------
        e
            The budget.

        Returns
        -------
        ExactNumber
            A fraction, or a + b√n.

        Raises
        ------
        CurveError
            If it is outside the curve.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, dependence=0).curve("M", 1).value(0.25)
        Fraction(3, 4)
        """
        own = as_exact(e)
        place: ExactNumber = decimal(e) if own is None else own  # type: ignore[arg-type]
        first, last = self.pieces[0].start, self.pieces[-1].end
        if sign(place - first) < 0 or sign(last - place) < 0:
            raise CurveError(f"the budget {e} is outside the curve, expected one from {first} to {last}.")
        piece = next(piece for piece in self.pieces if sign(piece.end - place) >= 0)
        return piece.intercept + piece.slope * place

    def min_entropy(self, e: object) -> Floats:
        """Return the min-entropy in bits at budgets, rounded down.

        Parameters
        ----------
        e
            One budget or several.

        Returns
        -------
        ndarray
            Of the shape of `e`.

        Raises
        ------
        CurveError
            If one is outside the curve.

        Examples
        --------
        >>> import relaxbell as rb
        >>> curve = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, dependence=0).curve("M", 1)
        >>> curve.min_entropy([0, 0.5]).tolist()
        [1.0, 0.0]
        """
        given = np.asarray(e, dtype=object)
        found = [entropy(min(1.0, ceil_float(self.value(v)))) for v in given.ravel().tolist()]
        return np.array(found).reshape(given.shape)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {piece}" for piece in self.pieces)
        return f"guessing probability for {self.limit} <= e: exact, {len(self.pieces)} pieces{lines}"


def entropy(chance: float) -> float:
    """Return −log2 of a probability, rounded down.

    Examples
    --------
    >>> entropy(0.25), entropy(1.0)
    (2.0, 0.0)
    """
    mantissa, exponent = math.frexp(chance)
    if mantissa == 0.5:
        return float(1 - exponent)
    return max(0.0, math.nextafter(math.nextafter(-math.log2(chance), -1), -1))


def trace(
    limit: str, solve: Callable[[ExactNumber], tuple[ExactNumber, Line]], start: ExactNumber, end: ExactNumber
) -> GuessingCurve:
    """Return the curve between two budgets; `solve` returns value and tangent at one.

    Where two tangents meet the value is on them, or a new tangent comes with it.

    Raises
    ------
    CurveError
        If it does not end.
    """
    left, right = solve(start), solve(end)
    programs = 2
    stack = [((start, *left), (end, *right))]
    found: list[GuessingPiece] = []
    while stack:
        (e, value, line), (f, other, tangent) = stack.pop()
        own = next((own for own in (line, tangent) if own.at(e) == value and own.at(f) == other), None)
        if own is not None:
            found.append(GuessingPiece(e, f, own.intercept, own.slope))
            continue
        if programs > _MOST or line.slope == tangent.slope:
            raise CurveError(f"the curve is incomplete after {programs} linear programs. Take a part of the budgets.")
        meeting = (tangent.intercept - line.intercept) / (line.slope - tangent.slope)
        middle = solve(meeting)
        programs += 1
        if middle[0] == line.at(meeting):
            found.append(GuessingPiece(e, meeting, line.intercept, line.slope))
            found.append(GuessingPiece(meeting, f, tangent.intercept, tangent.slope))
        else:
            stack += [((meeting, *middle), (f, other, tangent)), ((e, value, line), (meeting, *middle))]
    found.sort(key=lambda piece: piece.start)
    merged: list[GuessingPiece] = []
    for piece in found:
        before = merged[-1] if merged else None
        if before is not None and (before.intercept, before.slope) == (piece.intercept, piece.slope):
            merged[-1] = GuessingPiece(before.start, piece.end, piece.intercept, piece.slope)
        else:
            merged.append(piece)
    return GuessingCurve(limit, tuple(merged), programs)
