"""What curves between two bounds say of themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.curves.curve import Curve, Value, readable
from relaxbell.errors import CurveError
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.exact.texts import FITTED


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
