"""`PolynomialCurve`: a piecewise polynomial function of a parameter, exact, with algebraic break points."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.curves.curve import Value, read_level, readable, symbol_of
from relaxbell.curves.families import at, whole
from relaxbell.curves.parameters import power_text
from relaxbell.curves.pieces import CurveOfPieces
from relaxbell.curves.roots import as_number, as_root, is_zero
from relaxbell.errors import CertificateError, CurveError, optional
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import ExactNumber, Floats, Surd, as_exact, sign, to_sympy
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.notation import sum_text
from relaxbell.verify.polynomials import Root, crossings, sign_between

if TYPE_CHECKING:
    import pandas
    import sympy

    from relaxbell.certificate.claims import Certificate


@dataclass(frozen=True, eq=False)
class PolynomialPiece:
    """A polynomial between two algebraic numbers.

    Attributes
    ----------
    left, right
        Its ends, isolated roots.
    coefficients
        Exact, lowest power first; none for 0.
    functional
        The Bell inequality that is active on the piece: together with a constant it bounds the measure from below for
        every behavior.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from sympy import Symbol
    >>> lossy = rb.boxes.pr().with_losses(Symbol("eta"), assign=0)
    >>> piece = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy).pieces[-1]
    >>> piece.start, piece.end, piece.coefficients
    (Fraction(2, 3), Fraction(1, 1), (Fraction(0, 1), Fraction(-1, 1), Fraction(3, 2)))
    """

    left: Root
    right: Root
    coefficients: tuple[ExactNumber, ...]
    functional: BellFunctional

    @cached_property
    def start(self) -> Value:
        """The first parameter: an exact number, or an algebraic number of sympy."""
        return as_number(self.left)

    @cached_property
    def end(self) -> Value:
        """The last parameter: an exact number, or an algebraic number of sympy."""
        return as_number(self.right)

    def __repr__(self) -> str:
        return f"[{_text(self.start)}, {_text(self.end)}]: {polynomial_text(self.coefficients, 't')}"


@dataclass(frozen=True, eq=False, repr=False)
class PolynomialCurve(CurveOfPieces):
    """A curve of polynomial pieces, exact, along a family that is a polynomial in its parameter; see `Curve`.

    It is not convex in general, and where constraints exclude some parameters in between, its domain has gaps.

    Attributes
    ----------
    pieces
        From left to right.
    exact
        Whether the data are exact. Floats are read as exact numbers nearby, and the curve is right to 1e-9.
    programs
        Linear programs solved.
    name, variable, measure, symbol, reading, estimated
        As in `Curve`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from sympy import Symbol
    >>> lossy = rb.boxes.tsirelson().with_losses(Symbol("eta"), assign=0)
    >>> line = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy)
    >>> line
    min C(X -> B) for eta in [0, 1]: exact, 2 pieces, ... linear programs
      [0, (-2 + 2√2)]: 0
      [(-2 + 2√2), 1]: -eta + (1/2 + √2/2) eta^2
    >>> line.critical, float(line.crossing(0.1))
    ((-2 + 2√2), 0.9186098...)
    """

    pieces: tuple[PolynomialPiece, ...]
    exact: bool
    programs: int

    @property
    def domain(self) -> tuple[Value, Value]:
        """First and last parameter at which something reproduces the data within the constraints, exact."""
        return self.pieces[0].start, self.pieces[-1].end

    @property
    def breakpoints(self) -> tuple[Value, ...]:
        """Parameters between the ends at which the polynomial changes, exact."""
        return tuple(piece.start for piece in self.pieces[1:])

    @property
    def gaps(self) -> tuple[tuple[Value, Value], ...]:
        """Parameters within the domain at which nothing reproduces the data, each as its ends."""
        pairs = zip(self.pieces, self.pieces[1:], strict=False)
        return tuple((a.end, b.start) for a, b in pairs if not a.right.same(b.left))

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
            For an exact number outside the domain, or with another square root than the data.

        Examples
        --------
        >>> from fractions import Fraction
        >>> import relaxbell as rb
        >>> from sympy import Symbol
        >>> lossy = rb.boxes.tsirelson().with_losses(Symbol("eta"), assign=0)
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy).value(Fraction(9, 10))
        (-99/200 + 81√2/200)
        """
        number = None if isinstance(t, np.ndarray | list | tuple) else as_exact(t)
        if number is not None:
            return self._exact_value(number)
        given = float_array(t, "the parameter", CurveError)
        found = np.full(given.shape, np.nan)
        for piece in self.pieces:
            inside = (given >= float(piece.left)) & (given <= float(piece.right))
            values = np.polyval(_floats(piece), given)
            found = np.where(inside, values, found)
        return float(found) if found.ndim == 0 else found

    def _exact_value(self, t: ExactNumber) -> ExactNumber:
        own = {c.n for piece in self.pieces for c in piece.coefficients if isinstance(c, Surd)}
        if isinstance(t, Surd) and own - {t.n}:
            raise CurveError(
                f"{self.variable} = {t} on a curve with √{own.pop()}, expected a number with the same square root. "
                f"Give a float: {float(t):.12g}."
            )
        place = as_root(t)
        for piece in self.pieces:
            if not place < piece.left and not piece.right < place:
                return at(piece.coefficients, t)
        low, high = (_text(v) for v in self.domain)
        raise CurveError(
            f"{self.variable} = {t} is outside the curve's domain [{low}, {high}], or in one of its gaps: nothing "
            "reproduces the data there, or the family ends before."
        )

    def crossing(self, level: object) -> Value | None:
        """Return the parameter at which the curve passes a level, exact; None if it does not.

        On a curve that rises at its end the last parameter with a value ≤ level, on another one the first. A level
        given as a float is read as the shortest decimal that prints it: 0.25 is 1/4.

        Parameters
        ----------
        level
            A number, in the unit of the value.

        Returns
        -------
        exact number, sympy number or None
            The parameter; an algebraic number where it is no a + b√n.

        Raises
        ------
        CurveError
            If the level is not a number, or has another square root than the data.

        Examples
        --------
        >>> from fractions import Fraction
        >>> import relaxbell as rb
        >>> from sympy import Symbol
        >>> lossy = rb.boxes.pr().with_losses(Symbol("eta"), assign=0)
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy).crossing(Fraction(1, 2))
        Fraction(1, 1)
        """
        wanted = read_level(level)
        try:
            parts = list(self._parts(wanted))
        except ValueError as error:
            raise CurveError(f"the level {wanted}: {error}") from None
        steps = list(itertools.pairwise(parts))
        first, last = self.pieces[0], self.pieces[-1]
        if self._rising:
            if is_zero(whole(_less(last.coefficients, wanted)), last.right):
                return last.end
            up = [a for (a, s), (_, u) in steps if s <= 0 < u]
            if up:
                return as_number(up[-1])
            return first.start if is_zero(whole(_less(first.coefficients, wanted)), first.left) else None
        if parts[0][1] > 0 and is_zero(whole(_less(first.coefficients, wanted)), first.left):
            return first.start
        down = [a for (a, s), (_, u) in steps if u <= 0 < s]
        if down:
            return as_number(down[0])
        ends = parts[-1][1] > 0 and is_zero(whole(_less(last.coefficients, wanted)), last.right)
        return last.end if ends else None

    @cached_property
    def _rising(self) -> bool:
        last = self.pieces[-1]
        slope = whole([k * c for k, c in enumerate(last.coefficients)][1:])
        if slope.degree < 0:
            return False
        start = [last.left, *crossings(slope, last.left, last.right)][-1]
        return sign_between(slope, start, last.right) > 0

    def _parts(self, level: ExactNumber) -> Iterator[tuple[Root, int]]:
        """Yield the right ends of intervals, with the sign of value − level; gaps count as above every level."""
        before: Root | None = None
        for piece in self.pieces:
            if before is not None and not before.same(piece.left):
                yield piece.left, 1
            f = whole(_less(piece.coefficients, level))
            places = [piece.left, *crossings(f, piece.left, piece.right), piece.right]
            for a, b in itertools.pairwise(places):
                if not a.same(b):
                    yield b, sign_between(f, a, b)
            before = piece.right

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
        >>> from sympy import Symbol
        >>> lossy = rb.boxes.pr().with_losses(Symbol("eta"), assign=0)
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy).lower_bound(1.0)
        0.5
        """
        return self.value(t)

    @property
    def certificate(self) -> Certificate:
        """The exact data that prove the whole curve, for `relaxbell verify`.

        Raises
        ------
        CertificateError
            For curves of floats.
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
        >>> from sympy import Rational, Symbol
        >>> lossy = rb.boxes.pr().with_losses(Symbol("eta"), assign=0)
        >>> line = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy)
        >>> line.to_sympy(Symbol("t", real=True)).subs(Symbol("t", real=True), Rational(9, 10))
        63/200
        """
        import sympy

        x = symbol_of(self, symbol)
        parts = []
        for piece in self.pieces:
            expression = sum((to_sympy(c) * x**k for k, c in enumerate(piece.coefficients)), sympy.Integer(0))
            start, end = (v if isinstance(v, sympy.Expr) else to_sympy(v) for v in (piece.start, piece.end))
            parts.append((expression, sympy.And(x >= start, x <= end)))
        return sympy.Piecewise(*parts, (sympy.nan, True))

    def to_frame(self) -> pandas.DataFrame:
        """Return the pieces as a pandas DataFrame (extra ``plot``).

        Returns
        -------
        pandas.DataFrame
            Columns start, end, value (a sympy polynomial, exact) and functional (text); a row for each piece.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import Symbol
        >>> lossy = rb.boxes.pr().with_losses(Symbol("eta"), assign=0)
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy).to_frame()["value"].tolist()
        [0, 3*eta**2/2 - eta]
        """
        frames = optional("pandas", "plot")
        x = symbol_of(self)
        columns = {
            "start": [piece.start for piece in self.pieces],
            "end": [piece.end for piece in self.pieces],
            "value": [sum(to_sympy(c) * x**k for k, c in enumerate(p.coefficients)) for p in self.pieces],
            "functional": [piece.functional.formula() for piece in self.pieces],
        }
        return frames.DataFrame(columns)

    @property
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """Both ends and the break points, with the values there."""
        found: list[tuple[Value, ExactNumber | float]] = []
        for place, piece in [(self.domain[0], self.pieces[0]), *((p.end, p) for p in self.pieces)]:
            number = as_exact(place)
            inexact = float(np.polyval(_floats(piece), float(place)))
            found.append((place, inexact if number is None else at(piece.coefficients, number)))
        return found

    def grid(self, count: int) -> Floats:
        """Return parameters between which a picture may draw straight lines, break points among them.

        Parameters
        ----------
        count
            How many of them, about.

        Returns
        -------
        ndarray
            Ascending, from end to end.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import Symbol
        >>> lossy = rb.boxes.pr().with_losses(Symbol("eta"), assign=0)
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy).grid(3).round(6)
        array([0.      , 0.5     , 0.666667, 1.      ])
        """
        return np.unique([*super().grid(count), *(float(piece.left) for piece in self.pieces)])

    def _piece_text(self, number: int) -> str:
        piece = self.pieces[number]
        own = [c * self.shown_sign for c in piece.coefficients]
        return f"[{_text(piece.start)}, {_text(piece.end)}]: {polynomial_text(own, self.variable)}"

    def _place_text(self, place: Value) -> str:
        return _text(place)


def _floats(piece: PolynomialPiece) -> list[float]:
    return [float(c) for c in reversed(piece.coefficients)] or [0.0]


def _less(coefficients: Sequence[ExactNumber], level: ExactNumber) -> list[ExactNumber]:
    """Return a polynomial minus a level."""
    first, *rest = coefficients or (Fraction(0),)
    return [first - level, *rest]


def _text(value: Value) -> str:
    """Return an exact number; roots of higher polynomials as decimals."""
    return readable(value) if isinstance(value, Fraction | Surd) else f"{float(value):.12g}"


def polynomial_text(coefficients: Sequence[ExactNumber], variable: str) -> str:
    """Return a polynomial as a sum of powers, lowest first."""
    pairs = [(c, power_text(variable, k) if k else "") for k, c in enumerate(coefficients) if sign(c)]
    return sum_text(pairs, Fraction(0)) if pairs else "0"
