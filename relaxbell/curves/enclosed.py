"""What curves between two bounds say of themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.curves.curve import Curve, Value, readable
from relaxbell.errors import CurveError
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.exact.texts import FITTED
from relaxbell.lp.clock import TimeLimitError

Place = TypeVar("Place", bound=ExactNumber)
Known = TypeVar("Known")
"""What is known at a place."""


class EnclosedCurve(Curve):
    """A curve between bounds that are found from samples; see `Curve`."""

    _bounds: ClassVar[str]
    if TYPE_CHECKING:  # a dataclass would take a property for the default of its field

        @property
        def samples(self) -> tuple[object, ...]:
            """What is known at single parameters."""

        @property
        def gap(self) -> float:
            """Largest distance between the two bounds."""

    @property
    def _unit(self) -> str:
        """Return the unit of the gap, after a space."""
        return ""

    @property
    def _short_of(self) -> str:
        """Return what is missing of the gap that was wanted."""
        return ""

    @property
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """Both ends, with the values there."""
        return [(t, self.value(float(t))) for t in self.domain]

    @property
    def notes(self) -> list[str]:
        """What a picture says beside the line."""
        found = [f"{len(self.samples)} samples, rigorous to {self.gap:.2g}{self._unit}{self._short_of}"]
        return found if self.reading is None else [*found, str(self.reading)]

    def __repr__(self) -> str:
        low, high = map(readable, self.domain)
        fitted = f", {FITTED}" if self.estimated else ""
        text = (
            f"{self.name} for {self.variable} in [{low}, {high}]{self._domain_unit}: {len(self.samples)} samples, "
            f"between {self._bounds} {self.gap:.2g}{self._unit} apart{self._short_of}{fitted}"
        )
        return "\n".join([text, *([] if self.reading is None else [f"  {self.reading}"]), *self._remarks])

    @property
    def _domain_unit(self) -> str:
        """Return the unit of the parameter, after a space."""
        return ""


def chord(parameters: Floats, values: Floats, t: ArrayLike | ExactNumber, what: str, right: float) -> float | Floats:
    """Return the chords between samples at parameters: NaN to the left of them, to the right what is given."""
    found = np.interp(float_array(t, what, CurveError), parameters, values, left=np.nan, right=right)
    return float(found) if np.ndim(found) == 0 else found


def extreme_tangent(
    lines: Iterable[tuple[float, float]],
    t: ArrayLike | ExactNumber,
    what: str,
    choose: Callable[..., Floats],
    start: float = -np.inf,
) -> float | Floats:
    """Return the largest or the least of lines (intercept, slope) at parameters; NaN to the left of the first one."""
    array = float_array(t, what, CurveError)
    found = np.where(array >= start, choose([a + b * array for a, b in lines], axis=0), np.nan)
    return float(found) if found.ndim == 0 else found


def refined(
    samples: dict[Place, Known],
    apart: Callable[[Known, Known], tuple[float, Place]],
    solve: Callable[[Place], Known],
    wanted: float,
    most: int,
) -> list[Known]:
    """Return samples from left to right, with further ones where the bounds between two are farthest apart.

    Until they are as near as wanted, there are as many as allowed, or the next one is there already; or the time is
    over: what is known by then is a curve too, and says how good it is.

    Parameters
    ----------
    samples
        The first ones, by their places.
    apart
        Of two neighbors how far the bounds between them are apart, and the place to look at.
    solve
        What gives the sample at a place.
    wanted, most
        Largest distance, and number of samples.

    Returns
    -------
    list
        Samples.
    """
    found = dict(samples)
    while True:
        ordered = [found[t] for t in sorted(found)]
        if not 1 < len(ordered) < most:
            return ordered
        gap, place = max(apart(a, b) for a, b in pairwise(ordered))
        if gap <= wanted or place in found:
            return ordered
        try:
            found[place] = solve(place)
        except TimeLimitError:
            return ordered


def between_roots(left: ExactNumber, right: ExactNumber, start: Fraction, sizes: Sequence[int]) -> Fraction:
    """Return a place between two, halfway between the roots of how far they are from the start of a curve like a root.

    It has the first of the denominators with which it is between them; else it is the middle.
    """
    a, b = (float(t - start) for t in (left, right))
    root = (math.sqrt(a) + math.sqrt(b)) / 2
    for size in sizes:
        found = Fraction(float(start) + root * root).limit_denominator(size)
        if left < found < right:
            return found
    middle = (left + right) / 2
    return middle if isinstance(middle, Fraction) else Fraction(float(middle))
