"""`RationalCurve`: a function of a parameter whose pieces are quotients of polynomials, exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.curves.curve import Curve, Value, read_level, symbol_of
from relaxbell.errors import CertificateError, CurveError
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import ExactNumber, Floats, as_exact, to_sympy
from relaxbell.exact.texts import counted

if TYPE_CHECKING:
    import sympy

    from relaxbell.certificate.claims import Certificate


@dataclass(frozen=True)
class RationalPiece:
    """A quotient of polynomials between start and end.

    Attributes
    ----------
    start, end
        Exact: sympy numbers, roots of polynomials in general.
    expression
        In the curve's symbol.

    Examples
    --------
    >>> import relaxbell as rb, sympy
    >>> model, e = rb.measurement_dependence(), sympy.Symbol("e")
    >>> rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=e)).pieces
    ([0, 1/2]: -8*e**2 + 8*e + 2,)
    """

    start: sympy.Expr
    end: sympy.Expr
    expression: sympy.Expr

    def __repr__(self) -> str:
        return f"[{self.start}, {self.end}]: {self.expression}"


@dataclass(frozen=True, eq=False)
class RationalCurve(Curve):
    """The largest value of a functional as a function of a limit of p(settings|λ), exact; see `Curve`.

    Made by `BellFunctional.bound` with `setting_bounds` of a symbol. The limit multiplies q, so that pieces are
    quotients of polynomials; each was proved on the whole interval between its ends by the signs of polynomials.

    Attributes
    ----------
    pieces
        From left to right.
    name, variable, measure, symbol, reading, estimated
        As in `Curve`.

    Examples
    --------
    >>> import relaxbell as rb, sympy
    >>> model, P = rb.measurement_dependence(), sympy.Symbol("P")
    >>> line = rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, upper=P))
    >>> line.crossing(2 * sympy.sqrt(2)), line.value(sympy.Rational(3, 10))
    (sqrt(2)/12 + 1/6, Fraction(16, 5))
    """

    pieces: tuple[RationalPiece, ...]

    @property
    def domain(self) -> tuple[Value, Value]:
        """First and last parameter at which the distribution of the settings is within the limits."""
        return self.pieces[0].start, self.pieces[-1].end

    @property
    def breakpoints(self) -> tuple[Value, ...]:
        """Parameters between the ends at which the formula changes, exact."""
        return tuple(piece.start for piece in self.pieces[1:])

    @overload
    def value(self, t: float) -> float: ...
    @overload
    def value(self, t: ExactNumber) -> ExactNumber | float: ...
    @overload
    def value(self, t: ArrayLike) -> Floats: ...
    def value(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return the value at parameters: exact for an exact number, else floats, NaN outside the domain.

        Parameters
        ----------
        t
            The parameter, a number or an array of them.

        Returns
        -------
        ExactNumber, float or ndarray
            Of the functional.

        Raises
        ------
        CurveError
            For an exact number outside the domain.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> model, e = rb.measurement_dependence(), sympy.Symbol("e")
        >>> line = rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=e))
        >>> line.value(sympy.Rational(1, 10)), line.value([0.0, 0.25])
        (Fraction(68, 25), array([2. , 3.5]))
        """
        import sympy

        x = symbol_of(self)
        exact = None if isinstance(t, np.ndarray | list | tuple) else as_exact(t)
        if exact is not None:
            at = to_sympy(exact)
            for piece in self.pieces:
                if bool(piece.start <= at) and bool(at <= piece.end):
                    found = sympy.cancel(piece.expression.subs(x, at))
                    known = as_exact(found)
                    return float(found) if known is None else known
            low, high = self.domain
            raise CurveError(f"{self.variable} = {at} is outside the curve's domain [{low}, {high}].")
        array = float_array(t, "the parameter", CurveError)
        found = np.full(array.shape, np.nan)
        for piece in self.pieces:
            inside = (array >= float(piece.start)) & (array <= float(piece.end))
            values = np.broadcast_to(sympy.lambdify(x, piece.expression, "numpy")(array), array.shape)
            found = np.where(inside, values, found)
        return float(found) if found.ndim == 0 else found

    def lower_bound(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return the value, which is attained; see `value`.

        Parameters
        ----------
        t
            The parameter, a number or an array of them.

        Returns
        -------
        sympy number, float or ndarray
            Of the functional.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> model, e = rb.measurement_dependence(), sympy.Symbol("e")
        >>> rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=e)).lower_bound(0.25)
        3.5
        """
        return self.value(t)

    def crossing(self, level: object) -> Value | None:
        """Return the first parameter at which the curve reaches a level, exact; None if it does not.

        Parameters
        ----------
        level
            A value of the functional.

        Returns
        -------
        sympy number or None
            The parameter.

        Raises
        ------
        CurveError
            If the level is not a number.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> model, e = rb.measurement_dependence(), sympy.Symbol("e")
        >>> rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=e)).crossing(3.5)
        1/4
        """
        import sympy

        wanted, x = to_sympy(read_level(level)), symbol_of(self)
        for piece in self.pieces:
            numerator = sympy.numer(sympy.together(piece.expression - wanted))
            if not numerator.has(x):
                if numerator == 0:
                    return piece.start
                continue
            roots = [root for root in sympy.roots(sympy.Poly(numerator, x)) if root.is_real]
            roots += [] if roots else sympy.Poly(numerator, x).real_roots()
            inside = [root for root in roots if bool(piece.start <= root) and bool(root <= piece.end)]
            if inside:
                return min(inside, key=float)
        return None

    def to_sympy(self, symbol: sympy.Expr | None = None) -> sympy.Piecewise:
        """Return the curve as a sympy Piecewise.

        Parameters
        ----------
        symbol
            The parameter; by default the symbol that the curve was made with.

        Returns
        -------
        sympy.Piecewise
            NaN outside the domain.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> model, e = rb.measurement_dependence(), sympy.Symbol("e")
        >>> line = rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=e))
        >>> line.to_sympy().subs(e, sympy.Rational(1, 4))
        7/2
        """
        import sympy

        own = symbol_of(self)
        x = symbol_of(self, symbol)
        first = self.pieces[0].start
        parts = [(p.expression.subs(own, x), sympy.And(x >= first, x <= p.end)) for p in self.pieces]
        return sympy.Piecewise(*parts, (sympy.nan, True))

    @property
    def certificate(self) -> Certificate:
        """Raise CertificateError: the verifier knows curves of affine pieces.

        Raises
        ------
        CertificateError
            It says what to use instead.
        """
        raise CertificateError(
            f"{self.name} has pieces that are quotients of polynomials: expected an affine curve. Single limits have "
            "certificates: give setting_bounds a number and minimize a measure."
        )

    def __repr__(self) -> str:
        low, high = self.domain
        lines = [f"{self.name} for {self.variable} in [{low}, {high}]: exact, {counted(len(self.pieces), 'piece')}"]
        return "\n".join([*lines, *(f"  {piece}" for piece in self.pieces)])

    def _repr_latex_(self) -> str:
        import sympy

        return rf"$\displaystyle {sympy.latex(self.to_sympy())}$"

    @property
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """Both ends and the break points, with the values there."""
        places = [self.domain[0], *self.breakpoints, self.domain[1]]
        return [(place, float(np.nanmax(self.value(np.array([float(place)]))))) for place in places]

    @property
    def notes(self) -> list[str]:
        """The pieces."""
        return repr(self).splitlines()[1:]
