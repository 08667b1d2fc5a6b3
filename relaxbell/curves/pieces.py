"""What curves of exact pieces say of themselves."""

from __future__ import annotations

import abc
from functools import cached_property

from relaxbell.curves.curve import Curve, Value, readable
from relaxbell.exact.texts import FITTED, counted

_LISTED = 7
"""Pieces that a picture lists."""

_PRINTED = 20
"""Pieces that are printed."""


class CurveOfPieces(Curve):
    """A curve of exact pieces, found by linear programs; see `Curve`."""

    pieces: tuple[object, ...]
    exact: bool
    programs: int

    @abc.abstractmethod
    def _piece_text(self, number: int) -> str:
        """Return a piece: its ends, and its formula in the curve's variable."""

    def _place_text(self, place: Value) -> str:
        return readable(place)

    @property
    def notes(self) -> list[str]:
        """How it was found, and the pieces."""
        lines = repr(self).splitlines()
        lines = lines[: len(lines) - len(self._remarks)]
        found = [lines[0].partition(": ")[2], *(line.strip() for line in lines[1 : 1 + _LISTED])]
        return [*found, "…"] if len(lines) > 1 + _LISTED else found

    @cached_property
    def _headline(self) -> str:
        low, high = map(self._place_text, self.domain)
        how = [] if self.exact and self.estimated else ["exact" if self.exact else "to 1e-9"]
        how += [FITTED] if self.estimated else []
        of = " ".join(how) + ("" if self.reading is None else " for what was read")
        count = counted(len(self.pieces), "piece")
        return f"{self.name} for {self.variable} in [{low}, {high}]: {of}, {count}, {self.programs} linear programs"

    def __repr__(self) -> str:
        count = len(self.pieces)
        lines = [f"  {self._piece_text(k)}" for k in range(min(count, _PRINTED))]
        lines += [f"  … {count - _PRINTED} more pieces"] if count > _PRINTED else []
        lines += [] if self.reading is None else [f"  {self.reading}"]
        return "\n".join([self._headline, *lines, *self._remarks])
