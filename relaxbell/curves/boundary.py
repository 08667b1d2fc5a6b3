"""`Boundary`: where a measure passes a level, as a curve in the plane of two parameters."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.behavior.families import BehaviorFamily
from relaxbell.curves.curve import Value
from relaxbell.curves.parameters import from_text
from relaxbell.errors import CurveError, optional
from relaxbell.exact.numbers import ExactNumber, Floats, as_exact, to_sympy
from relaxbell.measures.measure import Measure
from relaxbell.methods import provided

if TYPE_CHECKING:
    import pandas
    import sympy
    from matplotlib.axes import Axes

Bound = Mapping[tuple[int, int], ExactNumber]
"""Coefficients of a polynomial in both parameters, by exponents."""


@dataclass(frozen=True, eq=False)
class Boundary:
    """Where the least value of a measure passes a level, as a curve in the plane of two parameters.

    Made by `Boundary.of`. At each of its points the second parameter is exact: the crossing of an exact curve. Between
    them the boundary is drawn by the polynomials that are active at the points, each of which is a lower bound of the
    measure everywhere; where a point between was solved as well, they gave the same.

    Attributes
    ----------
    measure, level
        Of which it is a boundary, and at which value.
    symbols
        Both parameters.
    points
        (first parameter, second parameter), exact, ascending; the second is None where the level is not passed.
    bounds
        Polynomials in both parameters, by exponents: no model has a value below any of them.
    over
        Ranges of both parameters.
    slice
        A function that returns the exact second parameter at a first one.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from sympy import symbols
    >>> v, eta = symbols("v eta")
    >>> family = rb.boxes.tsirelson().visibility(v).with_losses(eta, assign=0)
    >>> c = rb.influence(rb.input_signaling(), "X", "B")
    >>> edge = rb.classes.Boundary.of(c, family, parameters=(v, eta), over=(("4/5", 1), (0, 1)))
    >>> edge
    boundary C(X -> B) = 0 in the plane of v and eta, exact at ... points for v in [4/5, 1]
      C(X -> B) >= -eta + (1/2) eta^2 + (√2/2) v eta^2
    >>> edge.at(1)
    (-2 + 2√2)
    """

    measure: Measure
    level: ExactNumber
    symbols: tuple[sympy.Symbol, sympy.Symbol]
    points: tuple[tuple[Fraction, Value | None], ...]
    bounds: tuple[Bound, ...]
    over: tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]
    slice: Callable[[Fraction], Value | float | None]

    @staticmethod
    def of(
        measure: Measure,
        family: BehaviorFamily,
        subject_to: object = (),
        *,
        parameters: Sequence[object] | None = None,
        level: object = 0,
        over: tuple[tuple[object, object], tuple[object, object]] = ((0, 1), (0, 1)),
        points: int = 33,
    ) -> Boundary:
        """Return where the least value of a measure passes a level.

        Parameters
        ----------
        measure
            A measure of linear programs.
        family
            A family in two symbols.
        subject_to
            Budgets and affine constraints, as in `minimize`.
        parameters
            Both symbols, the one to the right and the one upwards; by default in the family's order.
        level
            Of the measure.
        over
            Ranges of both parameters, rational numbers.
        points
            Most points; fewer are used where the polynomials of some give what is found at others.

        Returns
        -------
        Boundary
            Exact at its points.

        Raises
        ------
        MeasureError, BehaviorError, CurveError
            If the parts do not fit together.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import symbols
        >>> v, eta = symbols("v eta")
        >>> family = rb.boxes.pr().visibility(v).with_losses(eta, assign=0)
        >>> c = rb.influence(rb.input_signaling(), "X", "B")
        >>> rb.classes.Boundary.of(c, family, parameters=(v, eta), over=(("3/4", 1), (0, 1))).points[-1]
        (Fraction(1, 1), Fraction(2, 3))
        """
        found: Boundary = provided("Boundary.of")(measure, family, subject_to, parameters, level, over, points)
        return found

    def at(self, first: object) -> Value | float | None:
        """Return the second parameter on the boundary, solved anew, exact; None where the level is not passed.

        Parameters
        ----------
        first
            A rational number within the range of the first parameter.

        Returns
        -------
        exact number, sympy number or None
            The second parameter.

        Raises
        ------
        CurveError
            If it is no rational number within the range.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import symbols
        >>> v, eta = symbols("v eta")
        >>> family = rb.boxes.pr().visibility(v).with_losses(eta, assign=0)
        >>> c = rb.influence(rb.input_signaling(), "X", "B")
        >>> rb.classes.Boundary.of(c, family, parameters=(v, eta), over=(("3/4", 1), (0, 1))).at("9/10")
        Fraction(5, 7)
        """
        number = as_exact(from_text(first))
        (low, high), _ = self.over
        if not isinstance(number, Fraction) or not low <= number <= high:
            raise CurveError(
                f"{self.symbols[0]} = {first!r}, expected a rational number from {low} to {high}, such as "
                "Fraction(9, 10)."
            )
        return self.slice(number)

    def value(self, first: Floats) -> Floats:
        """Return the second parameter that the polynomials give, in floats; NaN where they stay below the level.

        Parameters
        ----------
        first
            First parameters.

        Returns
        -------
        ndarray
            Beyond it the level is exceeded, rigorously but for rounding.

        Examples
        --------
        >>> import numpy as np
        >>> import relaxbell as rb
        >>> from sympy import symbols
        >>> v, eta = symbols("v eta")
        >>> family = rb.boxes.pr().visibility(v).with_losses(eta, assign=0)
        >>> c = rb.influence(rb.input_signaling(), "X", "B")
        >>> edge = rb.classes.Boundary.of(c, family, parameters=(v, eta), over=(("3/4", 1), (0, 1)))
        >>> edge.value(np.array([1.0])).round(6)
        array([0.666667])
        """
        return np.array([crossed(self.bounds, float(self.level), float(x), self.over[1]) for x in np.ravel(first)])

    @property
    def polynomials(self) -> tuple[sympy.Expr, ...]:
        """The bounds as sympy expressions in both symbols."""
        import sympy

        s, t = self.symbols
        return tuple(
            sum((to_sympy(c) * s**i * t**j for (i, j), c in own.items()), sympy.Integer(0)) for own in self.bounds
        )

    def to_frame(self) -> pandas.DataFrame:
        """Return the points as a pandas DataFrame (extra ``plot``).

        Returns
        -------
        pandas.DataFrame
            A row for each point, exact.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import symbols
        >>> v, eta = symbols("v eta")
        >>> family = rb.boxes.pr().visibility(v).with_losses(eta, assign=0)
        >>> c = rb.influence(rb.input_signaling(), "X", "B")
        >>> edge = rb.classes.Boundary.of(c, family, parameters=(v, eta), over=(("3/4", 1), (0, 1)))
        >>> edge.to_frame().columns.tolist()
        ['v', 'eta']
        """
        frames = optional("pandas", "plot")
        return frames.DataFrame({str(s): [point[k] for point in self.points] for k, s in enumerate(self.symbols)})

    def plot(self, *, ax: Axes | None = None, **style: object) -> Axes:
        """Draw the boundary on matplotlib axes and return them, its exact points marked (extra ``plot``).

        Parameters
        ----------
        ax
            matplotlib axes; by default new ones.
        **style
            For matplotlib's line.

        Returns
        -------
        matplotlib.axes.Axes
            With labels.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import symbols
        >>> v, eta = symbols("v eta")
        >>> family = rb.boxes.pr().visibility(v).with_losses(eta, assign=0)
        >>> c = rb.influence(rb.input_signaling(), "X", "B")
        >>> ax = rb.classes.Boundary.of(c, family, parameters=(v, eta), over=(("3/4", 1), (0, 1))).plot()
        >>> ax.get_xlabel(), ax.get_ylabel()
        ('v', 'eta')
        """
        return provided("Boundary.plot")(self, ax, **style)

    def _repr_svg_(self) -> str:
        return provided("Boundary._repr_svg_")(self)

    def __repr__(self) -> str:
        (low, high), _ = self.over
        s, t = self.symbols
        exact = sum(y is not None for _, y in self.points)
        lines = [
            f"boundary {self.measure.name} = {self.level} in the plane of {s} and {t}, exact at {exact} points for "
            f"{s} in [{low}, {high}]"
        ]
        lines += [f"  {self.measure.name} >= {bound_text(own, (str(s), str(t)))}" for own in self.bounds[:7]]
        return "\n".join(lines + ["  …"] * (len(self.bounds) > 7))


def bound_text(own: Bound, names: tuple[str, str]) -> str:
    """Return a polynomial in two parameters as text."""
    from relaxbell.functionals.notation import sum_text

    pairs = []
    for exponents, number in sorted(own.items(), key=lambda item: (sum(item[0]), item[0])):
        factors = [f"{n}^{k}" if k > 1 else n for n, k in zip(names, exponents, strict=True) if k]
        pairs.append((number, " ".join(factors)))
    return sum_text(pairs, Fraction(0))


def crossed(bounds: Sequence[Bound], level: float, x: float, over: tuple[Fraction, Fraction]) -> float:
    """Return the last y up to which the largest of some polynomials at x stays at a level; NaN if all along."""
    low, high = map(float, over)
    own = []
    for bound in bounds:
        degree = max(j for _, j in bound)
        row = [0.0] * (degree + 1)
        for (i, j), number in bound.items():
            row[j] += float(number) * x**i
        row[0] -= level
        own.append(np.polynomial.Polynomial(row))
    places = [low, high]
    for p in own:
        roots = p.roots() if p.degree() > 0 else np.empty(0)
        places += [float(r.real) for r in np.atleast_1d(roots) if abs(r.imag) < 1e-9 and low < r.real < high]
    places.sort()
    last = float("nan")
    for a, b in itertools.pairwise(places):
        if max((float(p((a + b) / 2)) for p in own), default=-1.0) <= 1e-12:
            last = b
    above = max((float(p(high)) for p in own), default=-1.0) > 1e-12
    return last if above else float("nan")
