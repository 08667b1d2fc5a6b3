"""`PiecewiseCurve`: a piecewise affine function of a parameter, exact, with the Bell functional behind each piece."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.curves.curve import Value, read_level, readable, symbol_of
from relaxbell.curves.parameters import power_text, root_of
from relaxbell.curves.pieces import CurveOfPieces
from relaxbell.errors import CertificateError, CurveError, optional
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import ExactNumber, Floats, as_exact, to_sympy
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.notation import sum_text

if TYPE_CHECKING:
    import pandas
    import sympy

    from relaxbell.certificate.claims import Certificate


@dataclass(frozen=True, eq=False)
class Piece:
    """intercept + slope · t between start and end.

    Attributes
    ----------
    start, end
        Exact parameters.
    intercept, slope
        Exact.
    functional
        The dual functional, the Bell inequality that is active on the piece: together with a constant it bounds the
        measure from below for every behavior.

    Examples
    --------
    >>> import relaxbell as rb
    >>> box = rb.boxes.pr()
    >>> piece = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box).pieces[-1]
    >>> piece.start, piece.end, piece.slope, piece.functional.equivalent(rb.catalog.CH)
    (Fraction(1, 2), Fraction(1, 1), Fraction(1, 1), True)
    """

    start: ExactNumber
    end: ExactNumber
    intercept: ExactNumber
    slope: ExactNumber
    functional: BellFunctional

    def __repr__(self) -> str:
        return f"[{readable(self.start)}, {readable(self.end)}]: {_affine_text(self.intercept, self.slope)}"


@dataclass(frozen=True, eq=False, repr=False)
class PiecewiseCurve(CurveOfPieces):
    """A curve of affine pieces, exact, with the Bell functional behind each; see `Curve`.

    Attributes
    ----------
    pieces
        From left to right.
    exact
        Whether every value at a break point is attained by exact weights; else the curve is right to 1e-9, and the
        pieces are still rigorous lower bounds.
    programs
        Linear programs solved.
    power
        Pieces are affine in this power of the parameter, and in terms of it.
    name, variable, measure, symbol, reading, estimated
        As in `Curve`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> box = rb.boxes.pr()
    >>> line = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box)
    >>> line
    min C(X -> B) for t in [0, 1]: exact, 2 pieces, 3 linear programs
      [0, 1/2]: 0
      [1/2, 1]: -1/2 + t
    >>> line.critical, line.crossing(0.25), line.value(0.75)
    (Fraction(1, 2), Fraction(3, 4), 0.25)
    """

    pieces: tuple[Piece, ...]
    exact: bool
    programs: int
    power: int = 1

    @property
    def domain(self) -> tuple[Value, Value]:
        """First and last parameter at which something reproduces the data within the constraints, exact."""
        return self._root(self.pieces[0].start), self._root(self.pieces[-1].end)

    @property
    def breakpoints(self) -> tuple[Value, ...]:
        """Parameters between the ends at which the slope changes, exact."""
        return tuple(self._root(piece.start) for piece in self.pieces[1:])

    def _root(self, t: ExactNumber) -> Value:
        """Return the parameter whose power is t: exact number where that suffices, else a sympy number."""
        if self.power != 1 and not self.exact:
            return Fraction(float(t) ** (1 / self.power))
        return root_of(t, self.power)

    @overload
    def value(self, t: float) -> float: ...
    @overload
    def value(self, t: ExactNumber) -> ExactNumber: ...
    @overload
    def value(self, t: ArrayLike) -> Floats: ...
    def value(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return the value at parameters.

        Parameters
        ----------
        t
            The parameter. An exact number gives an exact one; a float a float; an array an array.

        Returns
        -------
        ExactNumber, float or ndarray
            NaN for floats outside the domain.

        Raises
        ------
        CurveError
            For an exact number outside the domain.

        Examples
        --------
        >>> from fractions import Fraction
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> line = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box)
        >>> line.value(Fraction(2, 3)), line.value([0.5, 0.75])
        (Fraction(1, 6), array([0.  , 0.25]))
        """
        number = None if isinstance(t, np.ndarray | list | tuple) else as_exact(t)
        if number is not None:
            return self._exact_value(number)
        given = float_array(t, "the parameter", CurveError)
        array = np.where((given < 0) & (self.power > 1), np.nan, given**self.power)  # powers begin at 0
        starts = np.array([float(piece.start) for piece in self.pieces])
        low, high = float(self.pieces[0].start), float(self.pieces[-1].end)
        which = np.clip(np.searchsorted(starts, array, side="right") - 1, 0, len(starts) - 1)
        intercepts = np.array([float(piece.intercept) for piece in self.pieces])
        slopes = np.array([float(piece.slope) for piece in self.pieces])
        found = np.where((array >= low) & (array <= high), intercepts[which] + slopes[which] * array, np.nan)
        return float(found) if found.ndim == 0 else found

    def _exact_value(self, given: ExactNumber) -> ExactNumber:
        t = given**self.power
        for piece in self.pieces:
            if piece.start <= t <= piece.end and not (self.power > 1 and given < 0):
                return piece.intercept + piece.slope * t
        low, high = self.domain
        raise CurveError(
            f"{self.variable} = {given} is outside the curve's domain [{low}, {high}]: nothing reproduces the data "
            "there, or the family ends before."
        )

    def crossing(self, level: object) -> Value | None:
        """Return the parameter at which the curve passes a level, exact; None if it does not.

        On a rising curve the last parameter with a value ≤ level, on a falling one the first. A level given as a
        float is read as the shortest decimal that prints it: 0.25 is 1/4.

        Parameters
        ----------
        level
            A number, in the unit of the value.

        Returns
        -------
        exact number, sympy number or None
            The parameter.

        Raises
        ------
        CurveError
            If the level is not a number.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box).crossing(0.1)
        Fraction(3, 5)
        """
        wanted = read_level(level)
        rising = self.pieces[-1].slope > 0
        pieces = reversed(self.pieces) if rising else self.pieces
        for piece in pieces:
            ends = [piece.intercept + piece.slope * t for t in (piece.start, piece.end)]
            if piece.slope != 0 and min(ends) <= wanted <= max(ends):
                return self._root((wanted - piece.intercept) / piece.slope)
        return None

    def lower_bound(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return the value, exact for an exact number: the pieces are rigorous lower bounds.

        Parameters
        ----------
        t
            The parameter, a number or an array of them.

        Returns
        -------
        ExactNumber, float or ndarray
            In the measure's unit (of floats to rounding).

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box).lower_bound(0.75)
        0.25
        """
        return self.value(t)

    @property
    def certificate(self) -> Certificate:
        """The exact data that prove the whole curve, for `relaxbell verify`.

        Raises
        ------
        CertificateError
            For curves of floats and for bounds of functionals.
        """
        raise CertificateError(f"{self.name} carries no proofs of its pieces: expected a curve made by curve(…).")

    def to_sympy(self, symbol: sympy.Expr | None = None) -> sympy.Piecewise:
        """Return the curve as a sympy Piecewise of `symbol` (by default a symbol with the variable's name).

        Parameters
        ----------
        symbol
            The parameter; by default the symbol that the curve was made with, or a real one with the name `variable`.

        Returns
        -------
        sympy.Piecewise
            NaN outside the domain.

        Raises
        ------
        CurveError
            If `symbol` is no sympy expression.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import Symbol, Rational
        >>> box, v = rb.boxes.pr(), Symbol("v", real=True)
        >>> line = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box)
        >>> line.to_sympy(v).subs(v, Rational(3, 4))
        1/4
        """
        import sympy

        x = symbol_of(self, symbol)
        t = x**self.power
        corners = (self.pieces[0].start, *(p.end for p in self.pieces))
        first, *ends = (sympy.root(to_sympy(v), self.power) for v in corners)
        parts = [
            (to_sympy(p.intercept) + to_sympy(p.slope) * t, x <= end) for p, end in zip(self.pieces, ends, strict=True)
        ]
        inside = [(expression, sympy.And(x >= first, condition)) for expression, condition in parts]
        return sympy.Piecewise(*inside, (sympy.nan, True))

    def to_frame(self) -> pandas.DataFrame:
        """Return the pieces as a pandas DataFrame, affine in the parameter's power (extra ``plot``).

        Returns
        -------
        pandas.DataFrame
            Columns start, end, intercept, slope (exact) and functional (text); a row for each piece.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box).to_frame()["slope"].tolist()
        [0, 1]
        """
        frames = optional("pandas", "plot")
        columns = {
            "start": [self._root(p.start) for p in self.pieces],
            "end": [self._root(p.end) for p in self.pieces],
            "intercept": [to_sympy(p.intercept) for p in self.pieces],
            "slope": [to_sympy(p.slope) for p in self.pieces],
            "functional": [p.functional.formula() for p in self.pieces],
        }
        return frames.DataFrame(columns)

    @property
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """Both ends and the break points, with the exact values there."""
        places = [self.domain[0], *self.breakpoints, self.domain[1]]
        values = [self.pieces[0].intercept + self.pieces[0].slope * self.pieces[0].start]
        values += [piece.intercept + piece.slope * piece.end for piece in self.pieces]
        return list(zip(places, values, strict=True))

    def grid(self, count: int) -> Floats:
        """Return parameters between which a picture may draw straight lines: corners, where the curve is affine.

        Parameters
        ----------
        count
            How many of them, where the curve is affine in a power of the parameter.

        Returns
        -------
        ndarray
            Ascending, from end to end.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box).grid(400)
        array([0. , 0.5, 1. ])
        """
        return np.array([float(t) for t, _ in self.marks]) if self.power == 1 else super().grid(count)

    def _piece_text(self, number: int) -> str:
        piece = self.pieces[number]
        low, high = (readable(self._root(t)) for t in (piece.start, piece.end))
        a, b = piece.intercept * self.shown_sign, piece.slope * self.shown_sign
        return f"[{low}, {high}]: {_affine_text(a, b, power_text(self.variable, self.power))}"


def _affine_text(intercept: ExactNumber, slope: ExactNumber, variable: str = "t") -> str:
    pairs = [] if slope == 0 else [(slope, variable)]
    if intercept == 0 or not pairs:
        return sum_text(pairs, intercept)
    return sum_text([(intercept, ""), *pairs], intercept * 0)
