"""Certified bits along a bound of p(settings)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.curves.curve import Value
from relaxbell.exact.numbers import ExactNumber, Floats, sign
from relaxbell.randomness.budgeted import RandomnessCurve, along, exact_column, exact_place


class Bits(Protocol):
    """What is known with bounds."""

    @property
    def bits(self) -> float:
        """Rounded down."""

    @property
    def error(self) -> float:
        """Probability with which that may fail."""

    @property
    def trials(self) -> int:
        """Their number."""

    @property
    def lower(self) -> Fraction | None:
        """Of p(settings)."""

    @property
    def upper(self) -> Fraction | None:
        """Of p(settings)."""


@dataclass(frozen=True, eq=False, repr=False)
class CertifiedBitsCurve(RandomnessCurve):
    """Certified bits as a function of a bound of p(settings).

    A statement for each bound that was fixed in advance. Between samples that with the weaker bound holds.

    Attributes
    ----------
    limit
        ``"lower"`` or ``"upper"``.
    samples
        From left to right.

    Examples
    --------
    >>> import relaxbell as rb
    >>> box = rb.boxes.tsirelson()
    >>> found = rb.sample(box, 25000, seed=2).randomness(box, error=2**-20)
    >>> found.curve("upper", 0.3, start=0.25, points=2)
    certified bits for p(settings) <= e, e in [1/4, 3/10]: 2 samples, error 9.54e-07 at each e
    """

    samples: tuple[Bits, ...]

    @property
    def budgets(self) -> tuple[Fraction, ...]:
        """The bounds of the samples."""
        found = [own.lower if self.limit == "lower" else own.upper for own in self.samples]
        return tuple(e for e in found if e is not None)

    @property
    def domain(self) -> tuple[Fraction, Fraction]:
        """First and last bound."""
        return self.budgets[0], self.budgets[-1]

    @property
    def budget(self) -> str:
        """How p(settings) is bounded: ``p(settings) >= e`` or ``p(settings) <= e``."""
        return f"p(settings) {'>=' if self.limit == 'lower' else '<='} e"

    @property
    def name(self) -> str:
        """What is certified, and with which bound."""
        return f"certified bits for {self.budget}"

    @overload
    def value(self, t: float) -> float: ...
    @overload
    def value(self, t: ExactNumber) -> float: ...
    @overload
    def value(self, t: ArrayLike) -> Floats: ...
    def value(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return the bits that are certified with bounds, rounded down.

        Parameters
        ----------
        t
            The bound, a number or an array of them.

        Returns
        -------
        float or ndarray
            NaN for floats outside the domain.

        Raises
        ------
        CurveError
            For an exact number outside the domain, and for what is no number.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> found = rb.sample(box, 1000, seed=2).randomness(box, error=2**-20)
        >>> curve = found.curve("lower", 0.25, start=0.2, points=2)
        >>> curve.value(0.25) == found.bits > curve.value(0.24) == curve.value(0.2)
        True
        """
        exact_place(t, self.domain)
        return along(self._value, t, self.domain)

    def _value(self, e: ExactNumber) -> float:
        return max(s.bits for b, s in zip(self.budgets, self.samples, strict=True) if self._weaker(b, e))

    def lower_bound(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return the bits that are certified with bounds: there are at least so many; see `value`.

        Parameters
        ----------
        t
            The bound, a number or an array of them.

        Returns
        -------
        float or ndarray
            NaN for floats outside the domain.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> found = rb.sample(box, 1000, seed=2).randomness(box, error=2**-20)
        >>> found.curve("lower", 0.25, start=0.2, points=2).lower_bound(0.25) == found.bits
        True
        """
        return self.value(t)

    def bits(self, e: object) -> Floats:
        """Return the bits that are certified with bounds, rounded down, as an array; see `value`.

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
            For an exact number outside the domain, and for what is no number.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> found = rb.sample(box, 1000, seed=2).randomness(box, error=2**-20)
        >>> found.curve("lower", 0.25, start=0.2, points=2).bits([0.2, 0.25]).shape
        (2,)
        """
        return np.asarray(self.value(e))  # type: ignore[call-overload]

    def _weaker(self, budget: Fraction, place: ExactNumber) -> bool:
        """Return whether a bound allows all that another does."""
        return sign(place - budget if self.limit == "lower" else budget - place) >= 0

    @property
    def shown_name(self) -> str:
        """What a picture shows, with its unit."""
        return "certified bits"

    def _bits(self, e: object) -> Floats:
        return self.bits(e)

    def _table(self) -> dict[str, list[object]]:
        return {"bound": exact_column(self.budgets), "bits": [own.bits for own in self.samples]}

    @property
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """Bounds and bits of the samples."""
        return [(float(e), float(self.bits(e))) for e in self.budgets]

    @property
    def notes(self) -> list[str]:
        """What a picture says beside the line."""
        return [f"{self.samples[0].trials:,} trials", f"error {self.samples[0].error:.3g} at each bound"]

    def __repr__(self) -> str:
        low, high = self.domain
        error = f"error {self.samples[0].error:.3g} at each e"
        return f"{self.name}, e in [{low}, {high}]: {len(self.samples)} samples, {error}"
