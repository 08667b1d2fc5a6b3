"""The best guess as a function of a budget: concave and piecewise affine, traced by its tangents, exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from relaxbell.curves.curve import Value
from relaxbell.engines.linear.family import Line
from relaxbell.engines.linear.tracing import trace
from relaxbell.exact.numbers import ExactNumber, sign
from relaxbell.lp.clock import time_is_over
from relaxbell.randomness.budgeted import GuessesInPieces, exact_column
from relaxbell.randomness.entropies import entropy
from relaxbell.randomness.limit_curve import LimitPiece, reaches, value_at, value_near


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
class GuessingCurve(GuessesInPieces):
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

    @property
    def domain(self) -> tuple[ExactNumber, ExactNumber]:
        """First and last budget."""
        return self.pieces[0].start, self.pieces[-1].end

    def _value(self, e: ExactNumber) -> ExactNumber:
        piece = next(piece for piece in self.pieces if sign(piece.end - e) >= 0)
        return piece.intercept + piece.slope * e

    @property
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """Both ends and the break points between, with the min-entropies there."""
        places = [self.domain[0], *self.breakpoints, self.domain[1]]
        return [(float(e), float(self.min_entropy(e))) for e in places]

    def _table(self) -> dict[str, list[object]]:
        names = ("start", "end", "intercept", "slope")
        return {name: exact_column(getattr(own, name) for own in self.pieces) for name in names}


@dataclass(frozen=True, eq=False, repr=False)
class GuessingLimitCurve(GuessesInPieces):
    """The largest guessing probability of a no-signaling adversary as a function of a bound of p(settings|λ), exact.

    Attributes
    ----------
    limit
        ``"lower"`` or ``"upper"``.
    pieces
        From left to right, quotients of polynomials. Each was proved on the whole interval between its ends, by the
        signs of polynomials: a basis of the adversary's program stays optimal there.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", {"X": 0, "Y": 0}, lower=0.2)
    >>> curve = found.curve("lower", 0.25, start=0.1)
    >>> curve.breakpoints, curve.value(curve.domain[1])
    ((Fraction(1, 8),), Fraction(3, 4))
    """

    pieces: tuple[LimitPiece, ...]

    @property
    def breakpoints(self) -> tuple[object, ...]:
        """Bounds at which the formula changes, exact.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, lower=0.2)
        >>> found.curve("lower", 0.25, start=0.2).breakpoints
        ()
        """
        return tuple(piece.start for piece in self.pieces[1:])

    @property
    def domain(self) -> tuple[ExactNumber, ExactNumber]:
        """First and last bound."""
        return self.pieces[0].start, self.pieces[-1].end

    def _value(self, e: ExactNumber) -> ExactNumber:
        return value_at(next(own for own in self.pieces if reaches(own, e)), e)

    @property
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """Both ends and the break points between, with the min-entropies there, as floats."""
        found = [(float(own.start), value_near(own, float(own.start))) for own in self.pieces]
        last = self.domain[1]
        return [(e, entropy(min(1.0, v))) for e, v in [*found, (float(last), float(self.value(last)))]]

    def _table(self) -> dict[str, list[object]]:
        ends = {name: exact_column(getattr(own, name) for own in self.pieces) for name in ("start", "end")}
        return {**ends, "formula": [own.expression for own in self.pieces]}


@dataclass(frozen=True, eq=False)
class BestGuess:
    """The guessing probability at one budget, and its tangent.

    Attributes
    ----------
    t, value
        Budget and probability.
    tangent
        A bound at all budgets.
    exact
        Columns attain the value.
    """

    t: ExactNumber
    value: ExactNumber
    tangent: Line
    exact: bool = True


@dataclass(frozen=True, eq=False)
class BestGuesses:
    """The guessing probability along a budget.

    Attributes
    ----------
    low, high
        Ends of the budget.
    find
        What finds it at one.
    """

    low: ExactNumber
    high: ExactNumber
    find: Callable[[ExactNumber], BestGuess]

    def solve(self, t: ExactNumber) -> BestGuess:
        """Return the probability and its tangent at a budget."""
        return self.find(t)

    def feasible_end(self, t: ExactNumber, inward: int) -> BestGuess:
        """Return the same at an end, which is to be feasible."""
        return self.find(t)


def guessing_curve(limit: str, guesses: BestGuesses) -> GuessingCurve:
    """Return the curve between two budgets.

    Raises
    ------
    CurveError
        If it does not end.
    TimeLimitError
        If the time is over before.
    """
    found = trace(guesses)
    if not found.complete:
        raise time_is_over()
    pieces = (GuessingPiece(own.start, own.end, own.line.intercept, own.line.slope) for own in found.segments)
    return GuessingCurve(limit, tuple(pieces), found.programs)
