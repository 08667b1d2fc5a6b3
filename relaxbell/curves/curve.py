"""What all curves offer, and `Curve`: the least value of a measure along a parameter, whichever engine drew it."""

from __future__ import annotations

import abc
import contextlib
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, SupportsFloat, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.curves.paths import Reading
from relaxbell.errors import CurveError
from relaxbell.exact.numbers import ExactNumber, Floats, as_exact
from relaxbell.exact.texts import short_text
from relaxbell.measures.measure import Measure
from relaxbell.methods import provided

if TYPE_CHECKING:
    import sympy
    from matplotlib.axes import Axes

    from relaxbell.certificate.claims import Certificate

Value: TypeAlias = "ExactNumber | sympy.Expr"
"""Of a parameter: exact, or a sympy number where roots are needed."""


class AnyCurve(abc.ABC):
    """A number along a parameter: what curves of measures, of guesses and of certified bits have in common.

    Attributes
    ----------
    name
        What is plotted.
    variable
        Name of the parameter.

    Examples
    --------
    >>> import relaxbell as rb
    >>> curve = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}).curve("M", 1)
    >>> isinstance(curve, rb.classes.AnyCurve), curve.domain, curve.value([0.25, 2])
    (True, (Fraction(0, 1), Fraction(1, 1)), array([0.75,  nan]))
    """

    if TYPE_CHECKING:  # a dataclass would take a property for the default of its field

        @property
        def name(self) -> str:
            """What is plotted."""

        @property
        def variable(self) -> str:
            """Name of the parameter."""

    @property
    @abc.abstractmethod
    def domain(self) -> tuple[Value, Value]:
        """First and last parameter, exact: between them something reproduces the data within the constraints."""

    @overload
    def value(self, t: float) -> float: ...
    @overload
    def value(self, t: ExactNumber) -> ExactNumber | float: ...
    @overload
    def value(self, t: ArrayLike) -> Floats: ...
    @abc.abstractmethod
    def value(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return the value at parameters: models reach it, or it is proved; NaN for floats outside the domain.

        Parameters
        ----------
        t
            The parameter, a number or an array of them.

        Returns
        -------
        ExactNumber, float or ndarray
            In the unit of what is drawn.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box).value([0.5, 0.75])
        array([0.  , 0.25])
        """

    @property
    @abc.abstractmethod
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """Parameters that a picture marks, from end to end, with the values there."""

    @property
    @abc.abstractmethod
    def notes(self) -> list[str]:
        """What a picture says beside the line."""

    def grid(self, count: int) -> Floats:
        """Return parameters between which a picture may draw straight lines.

        Parameters
        ----------
        count
            How many of them, where the curve bends.

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
        low, high = self.domain
        return np.linspace(float(low), float(high), count)


@dataclass(frozen=True, eq=False)
class Curve(AnyCurve):
    """The least value of a measure (or the largest of a functional) along a parameter.

    Made by `curve`, `tradeoff`, and `BellFunctional.bound` with a symbolic budget.

    Attributes
    ----------
    name
        What is plotted, for example ``min C(X -> B)``. That of the negative of a query, ``max ACE(A -> B)``, is printed
        and plotted as the upper end that it is; its values are of the negative.
    variable
        Name of the parameter.
    measure
        What was minimized.
    symbol
        The parameter as a sympy symbol, where it was given; None where it has a name of ours.
    reading
        Where a function that takes numbers only, or a mapping, was read: between these values the family is assumed
        to be the polynomial through them. None where it is known.
    estimated
        Whether the data are estimates; then the curve is one as well, and not called exact. See `Behavior`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> box = rb.boxes.pr()
    >>> line = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box)
    >>> isinstance(line, rb.classes.Curve), line.lower_bound(0.75), line.critical
    (True, 0.25, Fraction(1, 2))
    """

    name: str
    variable: str
    measure: Measure
    symbol: sympy.Symbol | None = field(default=None, kw_only=True)
    reading: Reading | None = field(default=None, kw_only=True)
    estimated: bool = field(default=False, kw_only=True)

    @abc.abstractmethod
    def lower_bound(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return what no model falls below at parameters, a float or an array; NaN outside the domain.

        Parameters
        ----------
        t
            The parameter, a number or an array of them.

        Returns
        -------
        float or ndarray
            In the measure's unit (in float64, to rounding).

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box).lower_bound(0.75)
        0.25
        """

    def upper_bound(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return the value: models that attain it exist, to the solver's accuracy where the curve is not exact.

        Parameters
        ----------
        t
            The parameter, a number or an array of them.

        Returns
        -------
        float or ndarray
            In the measure's unit; NaN outside the domain.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box).upper_bound(0.75)
        0.25
        """
        return self.value(t)

    @abc.abstractmethod
    def crossing(self, level: object) -> Value | float | None:
        """Return the parameter at which the curve passes a level; None if it does not.

        On a rising curve the last parameter with a value ≤ level, on a falling one the first. A level given as a
        float is read as the shortest decimal that prints it: 0.25 is 1/4.

        Parameters
        ----------
        level
            A number, in the unit of the value.

        Returns
        -------
        exact number, sympy number, float or None
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

    @property
    def critical(self) -> Value | float | None:
        """The parameter beyond which the value is positive; None if it does not pass 0."""
        return self.crossing(0)

    @property
    @abc.abstractmethod
    def certificate(self) -> Certificate:
        """The exact data that prove the whole curve, for `relaxbell verify`.

        Raises
        ------
        CertificateError
            For curves of floats, for bounds of functionals, and for curves that are not piecewise affine.
        """

    # ------------------------------------------------------------- what a picture shows

    @property
    def shown_sign(self) -> int:
        """What values are multiplied with in pictures and text: -1 where the negative of a query was minimized."""
        return 1 if self.measure.negated is None else -1

    @property
    def _remarks(self) -> list[str]:
        """Return what text adds: whose values the curve has, where that is not what is printed."""
        own = self.measure
        return [] if own.negated is None else [f"  value and bounds are of {own.name}: minus this"]

    def plot(self, *, ax: Axes | None = None, **style: object) -> Axes:
        """Draw the curve on matplotlib axes and return them, break points marked (extra ``plot``).

        Parameters
        ----------
        ax
            matplotlib axes; by default new ones.
        **style
            For matplotlib's line.

        Returns
        -------
        matplotlib.axes.Axes
            With labels and unit.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> ax = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box).plot(color="black")
        >>> len(ax.lines) > 0
        True
        """
        return provided("Curve.plot")(self, ax, **style)

    def _repr_svg_(self) -> str:
        return provided("Curve._repr_svg_")(self)


def symbol_of(curve: Curve, given: object = None) -> sympy.Expr:
    """Return a given symbol, by default the one that a curve was made with; else a real one with its variable's name.

    Raises
    ------
    CurveError
        If what is given is no sympy expression.
    """
    import sympy

    if given is None:
        return sympy.Symbol(curve.variable, real=True) if curve.symbol is None else curve.symbol
    if not isinstance(given, sympy.Expr):
        raise CurveError(f"the symbol is {given!r}, expected a sympy symbol: sympy.Symbol('v', real=True).")
    return given


def read_level(level: object) -> ExactNumber:
    """Read a level, a float as the shortest decimal that prints it; raise CurveError for what is no number."""
    exact = as_exact(level)
    if exact is not None:
        return exact
    with contextlib.suppress(TypeError, ValueError):
        if isinstance(level, SupportsFloat | str):
            return Fraction(str(float(level)))
    raise CurveError(f"the level {level!r} is not a number, expected one such as 0.1 or Fraction(1, 10).")


def readable(number: object) -> str:
    """Return an exact number; fractions that nobody would read, as decimals."""
    return short_text(number, 10_000)
