"""Guessing probabilities along a budget, from samples: rigorous between them, by tangents and as it is monotone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from relaxbell.certificate.claims import Certificate
from relaxbell.curves.curve import Value
from relaxbell.engines.linear.family import Line
from relaxbell.exact.numbers import ExactNumber, sign
from relaxbell.randomness.budgeted import GuessesCurve, exact_column
from relaxbell.randomness.entropies import spaced


@dataclass(frozen=True, eq=False)
class Solved:
    """What is found at one budget: a bound, a line that is one at all budgets if there is one, a certificate.

    And what an adversary reaches there: the bound, or what guessing blindly has.
    """

    bound: ExactNumber
    line: Line | None
    certificate: Certificate | None
    reached: ExactNumber


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
    reached
        What an adversary reaches: for quantum ones no more than guessing blindly is known.

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
    reached: ExactNumber


@dataclass(frozen=True, eq=False, repr=False)
class SampledGuessingCurve(GuessesCurve):
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
    >>> curve.value(0.252) == curve.value(0.255)  # which holds for less
    True
    >>> curve.lower_bound(0.252) == curve.lower_bound(0.25) < curve.value(0.252)
    True
    """

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

    def _value(self, e: ExactNumber) -> ExactNumber:
        found = [own.bound for own in self.samples if self._is_stricter(e, own.budget)]
        found += [own.bound + own.slope * (e - own.budget) for own in self.samples if own.slope is not None]
        return min([Fraction(1), *found])

    def _least(self, e: ExactNumber) -> ExactNumber:
        return max(own.reached for own in self.samples if self._is_stricter(own.budget, e))

    def _is_stricter(self, one: ExactNumber, other: ExactNumber) -> bool:
        """Return whether a budget allows no more than another."""
        return sign(one - other if self.limit == "lower" else other - one) >= 0

    @property
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """The samples: budgets and min-entropies."""
        return [(float(s.budget), float(self.min_entropy(s.budget))) for s in self.samples]

    @property
    def _how(self) -> str:
        return f"{len(self.samples)} samples, rigorous"

    def _table(self) -> dict[str, list[object]]:
        exact = {
            name: exact_column(getattr(own, name) for own in self.samples) for name in ("budget", "bound", "reached")
        }
        return {**exact, "certificate": [own.certificate for own in self.samples]}

    def __repr__(self) -> str:
        low, high = self.domain
        first, last = (float(self.value(e)) for e in (low, high))
        return (
            f"{self.name}, e in [{low}, {high}]: {len(self.samples)} samples, from "
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
    found = []
    for e in spaced(low, high, points):
        own = solve(limit, e)
        slope = None if own.line is None else own.line.slope
        found.append(GuessingSample(e, own.bound, slope, own.certificate, own.reached))
    return SampledGuessingCurve(limit, tuple(found), adversary)
