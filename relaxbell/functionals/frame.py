"""Where functionals are compared: coordinates of the behaviors of their scenario."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates


@dataclass(frozen=True)
class Frame:
    """A scenario without names.

    Attributes
    ----------
    coordinates
        Of its behaviors.
    own
        For each output the position of the input that its party chooses, or None.
    """

    coordinates: Coordinates
    own: tuple[int | None, ...]

    @cached_property
    def expansion(self) -> NDArray[np.int64]:
        """K with p = K u, shape (cells, dimension + 1); forms of functionals are c K."""
        units = np.eye(self.coordinates.dimension + 1, dtype=np.int64)
        return self.coordinates.expand(units).reshape(-1, len(units))
