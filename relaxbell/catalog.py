"""The Bell functionals of the literature.

Examples
--------
>>> import relaxbell as rb
>>> print(rb.catalog.CHSH(rb.boxes.tsirelson()))
2√2
"""

from relaxbell.behavior.boxes import cglmp_coefficients
from relaxbell.functionals.catalog import (
    CH,
    CHSH,
    I3322,
    bilocality_i,
    bilocality_j,
    bonet,
    cglmp,
    chained,
    mermin,
    pearl,
    svetlichny,
)
from relaxbell.functionals.stars import star_values

__all__ = [
    "CH",
    "CHSH",
    "I3322",
    "bilocality_i",
    "bilocality_j",
    "bonet",
    "cglmp",
    "cglmp_coefficients",
    "chained",
    "mermin",
    "pearl",
    "star_values",
    "svetlichny",
]
