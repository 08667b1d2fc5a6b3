"""What curves between two bounds say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from relaxbell.curves.curve import Curve, Value, readable
from relaxbell.exact.numbers import ExactNumber
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
