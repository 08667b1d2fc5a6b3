"""The best guess as a function of a budget: concave and piecewise affine, traced by its tangents, exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaxbell.errors import CurveError
from relaxbell.exact.numbers import ExactNumber, Floats, sign
from relaxbell.methods import provided
from relaxbell.randomness.entropies import Line, entropies, entropy, read_place, words
from relaxbell.randomness.limit_curve import LimitPiece, reaches, value_at, value_near

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 500
"""Linear programs after which a curve is given up."""


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

    @property
    def domain(self) -> tuple[ExactNumber, ExactNumber]:
        """First and last budget."""
        return self.pieces[0].start, self.pieces[-1].end

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
        place = read_place(e, self.domain)
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
        return entropies(self.value, e)

    @property
    def marks(self) -> list[tuple[float, float]]:
        """Both ends and the break points between, with the min-entropies there."""
        places = [self.domain[0], *self.breakpoints, self.domain[1]]
        return [(float(e), float(self.min_entropy(e))) for e in places]

    @property
    def notes(self) -> list[str]:
        """What a picture says beside the line."""
        return [f"exact, {len(self.pieces)} pieces", "no-signaling adversary"]

    def plot(self, *, ax: Axes | None = None, **style: object) -> Axes:
        """Draw the min-entropy against the budget with matplotlib, exactly on a grid, break points marked.

        Parameters
        ----------
        ax
            Axes to draw on; by default a new figure.
        **style
            Passed to ``ax.plot``.

        Returns
        -------
        matplotlib.axes.Axes
            The axes, to add to.

        Raises
        ------
        RelaxbellError
            If matplotlib is not installed.

        Examples
        --------
        >>> import pytest
        >>> _ = pytest.importorskip("matplotlib")
        >>> import relaxbell as rb
        >>> found = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, dependence=0)
        >>> ax = found.curve("M", 1).plot()
        """
        return provided("GuessingCurve.plot")(self, ax, **style)

    def _repr_svg_(self) -> str:
        return provided("GuessingCurve._repr_svg_")(self)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {piece}" for piece in self.pieces)
        return f"guessing probability for {self.limit} <= e: exact, {len(self.pieces)} pieces{lines}"


@dataclass(frozen=True, eq=False, repr=False)
class GuessingLimitCurve:
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
    >>> curve.breakpoints, curve.value(0.2)
    ((Fraction(1, 8),), Fraction(17, 20))
    """

    limit: str
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

    def value(self, e: object) -> ExactNumber:
        """Return the guessing probability at a bound, exact; floats mean the decimals that print them.

        Parameters
        ----------
        e
            The bound.

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
        >>> found = rb.Observed([(rb.catalog.CHSH, 3.5)]).guessing("A", {"X": 0, "Y": 0}, lower=0.2)
        >>> found.curve("lower", 0.25, start=0.1).value(0.25)
        Fraction(5, 8)
        """
        place = read_place(e, self.domain)
        return value_at(next(own for own in self.pieces if reaches(own, place)), place)

    def min_entropy(self, e: object) -> Floats:
        """Return the min-entropy in bits at bounds, rounded down.

        Parameters
        ----------
        e
            One bound or several.

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
        >>> found = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, lower=0.2)
        >>> found.curve("lower", 0.25, start=0.2).min_entropy(0.25).tolist()
        1.0
        """
        return entropies(self.value, e)

    @property
    def marks(self) -> list[tuple[float, float]]:
        """Both ends and the break points between, with the min-entropies there, as floats."""
        found = [(float(own.start), value_near(own, float(own.start))) for own in self.pieces]
        last = self.domain[1]
        return [(e, entropy(min(1.0, v))) for e, v in [*found, (float(last), float(self.value(last)))]]

    @property
    def notes(self) -> list[str]:
        """What a picture says beside the line."""
        return [f"exact, {len(self.pieces)} pieces", "no-signaling adversary"]

    def plot(self, *, ax: Axes | None = None, **style: object) -> Axes:
        """Draw the min-entropy against the budget with matplotlib, exactly on a grid, break points marked.

        Parameters
        ----------
        ax
            Axes to draw on; by default a new figure.
        **style
            Passed to ``ax.plot``.

        Returns
        -------
        matplotlib.axes.Axes
            The axes, to add to.

        Raises
        ------
        RelaxbellError
            If matplotlib is not installed.

        Examples
        --------
        >>> import pytest
        >>> _ = pytest.importorskip("matplotlib")
        >>> import relaxbell as rb
        >>> found = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, lower=0.2)
        >>> ax = found.curve("lower", 0.25, start=0.2).plot()
        """
        return provided("GuessingLimitCurve.plot")(self, ax, **style)

    def _repr_svg_(self) -> str:
        return provided("GuessingLimitCurve._repr_svg_")(self)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {piece}" for piece in self.pieces)
        return f"guessing probability for {words(self.limit)} e: exact, {len(self.pieces)} pieces{lines}"


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
