"""What curves over a budget share: guessing probabilities with the min-entropies that follow, and certified bits."""

from __future__ import annotations

import abc
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.curves.curve import AnyCurve
from relaxbell.errors import CurveError, optional
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import (
    ExactNumber,
    Floats,
    Surd,
    as_exact,
    ceil_float,
    decimal,
    floor_float,
    sign,
    to_sympy,
)
from relaxbell.methods import provided
from relaxbell.randomness.entropies import entropy, words

if TYPE_CHECKING:
    import pandas
    import sympy
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class RandomnessCurve(AnyCurve):
    """Something as a function of a budget e of the adversary; see `AnyCurve`."""

    limit: str

    @property
    def variable(self) -> str:
        """Name of the budget."""
        return "e"

    @property
    @abc.abstractmethod
    def domain(self) -> tuple[ExactNumber, ExactNumber]:
        """First and last budget, exact."""

    @property
    @abc.abstractmethod
    def budget(self) -> str:
        """How the budget limits the adversary, such as ``M <= e``."""

    @property
    @abc.abstractmethod
    def shown_name(self) -> str:
        """What a picture shows, with its unit."""

    def shown(self, e: object) -> Floats:
        """Return what a picture shows, in bits.

        Parameters
        ----------
        e
            One budget or several.

        Returns
        -------
        ndarray
            Of the shape of `e`.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}).curve("M", 1).shown([0, 0.5]).tolist()
        [1.0, 0.0]
        """
        return self._bits(e)

    @abc.abstractmethod
    def _bits(self, e: object) -> Floats:
        """Return what a picture shows at budgets."""

    @abc.abstractmethod
    def _table(self) -> dict[str, list[object]]:
        """Return the columns of `to_frame`."""

    def to_frame(self) -> pandas.DataFrame:
        """Return the pieces or samples as a pandas DataFrame, exact (extra ``plot``).

        Returns
        -------
        pandas.DataFrame
            A row for each, from left to right.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}).curve("M", 1).to_frame()
           start  end intercept slope
        0      0  1/2       1/2     1
        1    1/2    1         1     0
        """
        return optional("pandas", "plot").DataFrame(self._table())

    def plot(self, *, ax: Axes | None = None, **style: object) -> Axes:
        """Draw the bits against the budget with matplotlib, break points or samples marked (extra ``plot``).

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

        Examples
        --------
        >>> import pytest
        >>> _ = pytest.importorskip("matplotlib")
        >>> import relaxbell as rb
        >>> rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}).curve("M", 1).plot().get_ylabel()
        'min-entropy (bits)'
        """
        return provided("RandomnessCurve.plot")(self, ax, **style)

    def _repr_svg_(self) -> str:
        return provided("RandomnessCurve._repr_svg_")(self)


class GuessesCurve(RandomnessCurve):
    """The largest guessing probability as a function of a budget; see `RandomnessCurve`."""

    if TYPE_CHECKING:  # a dataclass would take a property for the default of its field

        @property
        def adversary(self) -> str:
            """Who guesses, in words."""

    @property
    def budget(self) -> str:
        """How the budget limits the adversary, such as ``M <= e``."""
        return f"{words(self.limit)} e"

    @property
    def name(self) -> str:
        """What is bounded, and by which budget."""
        return f"guessing probability for {self.budget}"

    @property
    @abc.abstractmethod
    def _how(self) -> str:
        """Return how it is known."""

    @abc.abstractmethod
    def _value(self, e: ExactNumber) -> ExactNumber:
        """Return the value at a budget within the domain."""

    def _least(self, e: ExactNumber) -> ExactNumber:
        """Return what an adversary reaches at a budget within the domain."""
        return self._value(e)

    @overload
    def value(self, t: float) -> float: ...
    @overload
    def value(self, t: ExactNumber) -> ExactNumber: ...
    @overload
    def value(self, t: ArrayLike) -> Floats: ...
    def value(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return the guessing probability at budgets, which no adversary exceeds.

        Parameters
        ----------
        t
            The budget. An exact number gives an exact one; a float, which means the decimal that prints it, a float
            that is rounded up; an array an array.

        Returns
        -------
        ExactNumber, float or ndarray
            NaN for floats outside the domain.

        Raises
        ------
        CurveError
            For an exact number outside the domain, and for what is no number.

        Examples
        --------
        >>> from fractions import Fraction
        >>> import relaxbell as rb
        >>> curve = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}).curve("M", 1)
        >>> curve.value(Fraction(1, 8)), curve.value(0.25), curve.value([0, 2.5])
        (Fraction(5, 8), 0.75, array([0.5, nan]))
        """
        number = exact_place(t, self.domain)
        return along(lambda e: ceil_float(self._value(e)), t, self.domain) if number is None else self._value(number)

    def upper_bound(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return what no adversary exceeds at budgets; see `value`.

        Parameters
        ----------
        t
            The budget, a number or an array of them.

        Returns
        -------
        ExactNumber, float or ndarray
            NaN for floats outside the domain.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}).curve("M", 1).upper_bound(0.25)
        0.75
        """
        return self.value(t)

    def lower_bound(self, t: ArrayLike | ExactNumber) -> ExactNumber | float | Floats:
        """Return what an adversary is known to reach at budgets: the value, where the curve is exact.

        Parameters
        ----------
        t
            The budget, a number or an array of them.

        Returns
        -------
        ExactNumber, float or ndarray
            Of floats rounded down; NaN for those outside the domain.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}).curve("M", 1).lower_bound(0.25)
        0.75
        """
        number = exact_place(t, self.domain)
        return along(lambda e: floor_float(self._least(e)), t, self.domain) if number is None else self._least(number)

    def min_entropy(self, e: object) -> Floats:
        """Return the min-entropy in bits at budgets, rounded down.

        Parameters
        ----------
        e
            One budget or several.

        Returns
        -------
        ndarray
            Of the shape of `e`; NaN for floats outside the domain.

        Raises
        ------
        CurveError
            For an exact number outside the domain, and for what is no number.

        Examples
        --------
        >>> import relaxbell as rb
        >>> curve = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, dependence=0).curve("M", 1)
        >>> curve.min_entropy([0, 0.5]).tolist()
        [1.0, 0.0]
        """
        exact_place(e, self.domain)
        return np.asarray(along(lambda t: entropy(min(1.0, ceil_float(self._value(t)))), e, self.domain))

    @property
    def shown_name(self) -> str:
        """What a picture shows, with its unit."""
        return "min-entropy (bits)"

    def _bits(self, e: object) -> Floats:
        return self.min_entropy(e)

    @property
    def notes(self) -> list[str]:
        """What a picture says beside the line."""
        return [self._how, self.adversary]


class GuessesInPieces(GuessesCurve):
    """An exact curve of guesses, in pieces; see `GuessesCurve`."""

    if TYPE_CHECKING:

        @property
        def pieces(self) -> tuple[object, ...]:
            """From left to right."""

    @property
    def adversary(self) -> str:
        """Who guesses, in words."""
        return "no-signaling adversary"

    @property
    def _how(self) -> str:
        return f"exact, {len(self.pieces)} pieces"

    def __repr__(self) -> str:
        return "\n  ".join([f"{self.name}: {self._how}", *map(repr, self.pieces)])


def exact_place(t: object, domain: tuple[ExactNumber, ExactNumber]) -> ExactNumber | None:
    """Return a budget that is an exact number, else None.

    Raises
    ------
    CurveError
        If it is outside the curve.
    """
    number = None if isinstance(t, np.ndarray | list | tuple) else as_exact(t)
    if number is not None and not _is_within(number, domain):
        raise CurveError(f"the budget {number} is outside the curve, expected one from {domain[0]} to {domain[1]}.")
    return number


def along(height: Callable[[ExactNumber], float], t: object, domain: tuple[ExactNumber, ExactNumber]) -> float | Floats:
    """Return heights at budgets, of which floats mean the decimals that print them; NaN outside the domain.

    Raises
    ------
    CurveError
        If one is no number.
    """
    shape = float_array(t, "the budget", CurveError).shape
    found = []
    for own in np.asarray(t).flat:
        place = _place(own, domain)
        found.append(math.nan if place is None else height(place))
    return found[0] if shape == () else np.array(found).reshape(shape)


def _place(own: object, domain: tuple[ExactNumber, ExactNumber]) -> ExactNumber | None:
    """Return a budget as an exact number; None if it is outside. A float that is nearest to an end is that end."""
    place = as_exact(own)
    if place is None:
        near = float(own)  # type: ignore[arg-type]  # a number, see along
        if not math.isfinite(near):
            return None
        ends = [end for end in domain if float(end) == near]
        place = ends[0] if ends else decimal(own)  # type: ignore[arg-type]
    return place if _is_within(place, domain) else None


def _is_within(place: ExactNumber, domain: tuple[ExactNumber, ExactNumber]) -> bool:
    return sign(place - domain[0]) >= 0 and sign(domain[1] - place) >= 0


def exact_column(numbers: Iterable[ExactNumber | sympy.Expr]) -> list[object]:
    """Return exact numbers as sympy ones, as tables have them."""
    return [to_sympy(v) if isinstance(v, Fraction | Surd) else v for v in numbers]
