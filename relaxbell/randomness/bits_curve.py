"""Certified bits along a bound of p(settings)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

import numpy as np

from relaxbell.exact.numbers import ExactNumber, Floats, sign
from relaxbell.methods import provided
from relaxbell.randomness.entropies import read_place

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
class CertifiedBitsCurve:
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

    limit: str
    samples: tuple[Bits, ...]

    @property
    def budgets(self) -> tuple[Fraction, ...]:
        """The bounds of the samples."""
        found = [own.lower if self.limit == "lower" else own.upper for own in self.samples]
        return tuple(e for e in found if e is not None)

    def bits(self, e: object) -> Floats:
        """Return the bits that are certified with bounds, rounded down.

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
            If one is outside the curve.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> found = rb.sample(box, 1000, seed=2).randomness(box, error=2**-20)
        >>> found.curve("lower", 0.25, start=0.2, points=2).bits([0.2, 0.25]).shape
        (2,)
        """
        given, budgets = np.asarray(e, dtype=object), self.budgets
        found = []
        for v in given.ravel().tolist():
            place = read_place(v, (budgets[0], budgets[-1]))
            near = [s.bits for b, s in zip(budgets, self.samples, strict=True) if self._weaker(b, place)]
            found.append(max(near))
        return np.array(found).reshape(given.shape)

    def _weaker(self, budget: Fraction, place: ExactNumber) -> bool:
        """Return whether a bound allows all that another does."""
        return sign(place - budget if self.limit == "lower" else budget - place) >= 0

    def plot(self, *, ax: Axes | None = None, **style: object) -> Axes:
        """Draw the certified bits against the bound with matplotlib.

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
        >>> box = rb.boxes.pr()
        >>> found = rb.sample(box, 1000, seed=2).randomness(box, error=2**-20)
        >>> ax = found.curve("lower", 0.25, start=0.2, points=2).plot()
        """
        return provided("CertifiedBitsCurve.plot")(self, ax, **style)

    def _repr_svg_(self) -> str:
        return provided("CertifiedBitsCurve._repr_svg_")(self)

    @property
    def marks(self) -> list[tuple[float, float]]:
        """Bounds and bits of the samples."""
        return [(float(e), float(self.bits(e))) for e in self.budgets]

    @property
    def notes(self) -> list[str]:
        """What a picture says beside the line."""
        return [f"{self.samples[0].trials:,} trials", f"error {self.samples[0].error:.3g} at each bound"]

    def __repr__(self) -> str:
        low, high = self.budgets[0], self.budgets[-1]
        symbol = ">=" if self.limit == "lower" else "<="
        return (
            f"certified bits for p(settings) {symbol} e, e in [{low}, {high}]: {len(self.samples)} samples, error "
            f"{self.samples[0].error:.3g} at each e"
        )
