"""The least value of a quotient as a function of a budget: linear fractional pieces; `tracing` proves them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.certificate.claims import Certificate
from relaxbell.curves.curve import Curve, Value, read_level, readable
from relaxbell.errors import CertificateError, CurveError
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import ExactNumber, Floats, as_exact
from relaxbell.exact.texts import FITTED, counted
from relaxbell.functionals.notation import sum_text
from relaxbell.measures.ratios import Ratio


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

    @overload
    def at(self, t: Fraction) -> Fraction: ...
    @overload
    def at(self, t: ExactNumber) -> ExactNumber: ...
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

    def negated(self) -> RatioPiece:
        """Return minus it.

        Returns
        -------
        RatioPiece
            Between the same budgets.

        Examples
        --------
        >>> from fractions import Fraction
        >>> from relaxbell.classes import RatioPiece
        >>> half = RatioPiece(Fraction(0), Fraction(1), (Fraction(1), Fraction(0)), (Fraction(2), Fraction(0)), True)
        >>> half.negated().at(Fraction(0))
        Fraction(-1, 2)
        """
        return RatioPiece(
            self.start, self.end, (-self.numerator[0], -self.numerator[1]), self.denominator, self.is_exact
        )

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
        if self.at(self.start) == self.at(self.end):
            return str(self.at(self.start))
        if not self.denominator[1]:
            a, b = (v / self.denominator[0] for v in self.numerator)
            return sum_text([(b, variable)], a)
        unit = self.denominator[1]
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
        return piece.at(piece.end if bound and not piece.is_exact else t)

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
        if first.at(first.start) <= wanted:
            return first.start if first.at(first.start) == wanted else None
        for piece in self.pieces:
            if piece.at(piece.end) <= wanted:
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
        upper = self.measure.negated is not None
        lines = [
            f"  [{readable(own.start)}, {readable(own.end)}]: {(own.negated() if upper else own).text('e')}"
            f"{'' if own.is_exact else '  (at least)' if upper else '  (at most)'}"
            for own in self.pieces
        ]
        first = f"{head}, {counted(self.programs, 'budget')}, e = {self.variable}"
        return "\n".join([first, *lines, *self._remarks])

    @property
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """Ends of pieces, with the values there."""
        return [(t, self._at(t, False)) for t in self.breakpoints]

    @property
    def notes(self) -> list[str]:
        """What a picture says beside the line."""
        return [f"{'exact, ' if self.is_exact else ''}{counted(len(self.pieces), 'piece')}"]
