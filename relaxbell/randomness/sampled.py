"""Guessing probabilities along a budget, from samples: rigorous between them, by tangents and as it is monotone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from relaxbell.certificate.claims import Certificate
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import ExactNumber, Floats, sign
from relaxbell.methods import provided
from relaxbell.randomness.entropies import Line, entropies, read_place, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Solved:
    """What is found at one budget: a bound, a line that is one at all budgets if there is one, a certificate."""

    bound: ExactNumber
    line: Line | None
    certificate: Certificate | None


@dataclass(frozen=True, eq=False)
class GuessingSample:
    """The bound of a guessing probability at one budget.

    Attributes
    ----------
    budget, bound
        Exact.
    slope
        Of the line through both that is a bound at all budgets; None where there is none.
    certificate
        Of the bound.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", {"X": 0, "Y": 0})
    >>> sample = found.curve("upper", 0.3, start=0.25, points=2).samples[0]
    >>> sample.budget, round(float(sample.bound), 6)
    (Fraction(1, 4), 0.75)
    """

    budget: ExactNumber
    bound: ExactNumber
    slope: ExactNumber | None
    certificate: Certificate | None


@dataclass(frozen=True, eq=False, repr=False)
class SampledGuessingCurve:
    """Bounds of a guessing probability as a function of a budget, and of the min-entropy, rigorous at each budget.

    Between samples: with a larger budget for M, or a looser bound of p(settings|λ), an adversary can do no less; and
    for M the multipliers of a sample prove a line for all budgets.

    Attributes
    ----------
    limit
        Which budget: ``"M"``, ``"lower"`` or ``"upper"``.
    samples
        From left to right.
    adversary
        Who guesses, in words.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", {"X": 0, "Y": 0})
    >>> curve = found.curve("upper", 0.26, start=0.25, points=3)
    >>> curve.value(0.252) == curve.samples[1].bound  # that at 0.255 holds for less
    True
    """

    limit: str
    samples: tuple[GuessingSample, ...]
    adversary: str

    @property
    def domain(self) -> tuple[ExactNumber, ExactNumber]:
        """First and last budget.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", {"X": 0, "Y": 0})
        >>> found.curve("upper", 0.3, start=0.25, points=2).domain
        (Fraction(1, 4), Fraction(3, 10))
        """
        return self.samples[0].budget, self.samples[-1].budget

    def value(self, e: object) -> ExactNumber:
        """Return the bound of the guessing probability at a budget, exact; floats mean the decimals that print them.

        Parameters
        ----------
        e
            The budget.

        Returns
        -------
        ExactNumber
            The least of what the samples prove there.

        Raises
        ------
        CurveError
            If it is outside the curve.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", {"X": 0, "Y": 0})
        >>> curve = found.curve("lower", 0.25, start=0.2, points=2)
        >>> curve.value(0.22) == curve.value(0.2)  # what holds for less holds for more
        True
        """
        place = read_place(e, self.domain)
        falls = self.limit == "lower"
        found = [
            s.bound for s in self.samples if sign(place - s.budget if falls else s.budget - place) >= 0
        ]  # fmt: skip
        found += [s.bound + s.slope * (place - s.budget) for s in self.samples if s.slope is not None]
        return min([Fraction(1), *found])

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
        >>> found = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", {"X": 0, "Y": 0})
        >>> found.curve("lower", 0.25, start=0.2, points=2).min_entropy([0.2, 0.25]).round(3).tolist()
        [0.234, 0.415]
        """
        return entropies(self.value, e)

    def plot(self, *, ax: Axes | None = None, **style: object) -> Axes:
        """Draw the min-entropy against the budget with matplotlib.

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
        >>> found = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", {"X": 0, "Y": 0})
        >>> ax = found.curve("lower", 0.25, start=0.2, points=2).plot()
        """
        return provided("SampledGuessingCurve.plot")(self, ax, **style)

    def _repr_svg_(self) -> str:
        return provided("SampledGuessingCurve._repr_svg_")(self)

    @property
    def marks(self) -> list[tuple[float, float]]:
        """The samples: budgets and min-entropies."""
        return [(float(s.budget), float(self.min_entropy(s.budget))) for s in self.samples]

    @property
    def notes(self) -> list[str]:
        """What a picture says beside the line."""
        return [f"{len(self.samples)} samples, rigorous", self.adversary]

    def __repr__(self) -> str:
        low, high = self.domain
        first, last = (float(self.value(e)) for e in (low, high))
        return (
            f"guessing probability for {words(self.limit)} e, e in [{low}, {high}]: {len(self.samples)} samples, from "
            f"{first:.6g} to {last:.6g}, rigorous at each e: {self.adversary}"
        )


def sample_curve(
    limit: str,
    low: ExactNumber,
    high: ExactNumber,
    points: int,
    solve: Callable[[str, ExactNumber], Solved],
    adversary: str,
) -> SampledGuessingCurve:
    """Return a curve of so many equally spaced samples.

    Raises
    ------
    MeasureError
        If there are less than two points.
    """
    if isinstance(points, bool) or not isinstance(points, int) or points < 2:
        raise MeasureError(f"points is {points!r}, expected a whole number, at least 2: both ends are samples.")
    found = []
    for k in range(points):
        e = low + (high - low) * Fraction(k, points - 1)
        own = solve(limit, e)
        found.append(GuessingSample(e, own.bound, None if own.line is None else own.line.slope, own.certificate))
    return SampledGuessingCurve(limit, tuple(found), adversary)
