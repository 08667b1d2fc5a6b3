"""Boxes: the behaviors of the literature.

Examples
--------
>>> import relaxbell as rb
>>> rb.catalog.CHSH(rb.boxes.pr())
Fraction(4, 1)
"""

from relaxbell.behavior.boxes import cglmp, ghz, i3322, pr, tsirelson
from relaxbell.behavior.swapping import diagonal_settings, entanglement_swapping, star

__all__ = ["cglmp", "diagonal_settings", "entanglement_swapping", "ghz", "i3322", "pr", "star", "tsirelson"]
