"""The largest CHSH value of a behavior."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.exact.numbers import ExactNumber

_LONGEST = 32
"""Exact numbers with more letters are shown as decimals."""


@dataclass(frozen=True)
class CHSHValue:
    """S = Σ ± E over two settings of each party, with an odd number of minus signs.

    Attributes
    ----------
    value
        Exact if the behavior is.
    formula
        Which correlators enter with which sign.
    signs
        The same as data: +1 or -1 by settings (x, y).
    """

    value: float | ExactNumber
    formula: str
    signs: Mapping[tuple[int, int], int] = field(default_factory=dict, repr=False, compare=False)

    def of(self, behavior: Behavior) -> CHSHValue:
        """Return the value of the same correlators in another behavior of the scenario, as raw frequencies.

        Examples
        --------
        >>> import relaxbell as rb
        >>> largest_chsh(rb.boxes.pr()).of(rb.boxes.tsirelson())
        CHSHValue(value=2√2, formula='E00 + E01 + E10 - E11')
        """
        correlators = _correlators(behavior)
        return replace(self, value=sum(sign * correlators[place] for place, sign in self.signs.items()))

    def __repr__(self) -> str:
        text = repr(self.value)
        text = text if len(text) <= _LONGEST else f"{float(self.value):.9g}"
        return f"CHSHValue(value={text}, formula={self.formula!r})"


def largest_chsh(behavior: Behavior) -> CHSHValue | None:
    """Return the largest CHSH value over all pairs of settings and signs.

    None unless two parties have two outcomes and at least two settings each; both correlators are
    computed from the settings themselves, so signaling behaviors have a value too.

    Examples
    --------
    >>> import relaxbell as rb
    >>> largest_chsh(rb.boxes.tsirelson())
    CHSHValue(value=2√2, formula='E00 + E01 + E10 - E11')
    """
    shape = behavior.p.shape
    if len(behavior.outputs) != 2 or len(behavior.inputs) != 2 or shape[:2] != (2, 2) or min(shape[2:]) < 2:
        return None
    correlators = _correlators(behavior)
    best: CHSHValue | None = None
    for xs in itertools.combinations(range(shape[2]), 2):
        for ys in itertools.combinations(range(shape[3]), 2):
            for signs in itertools.product((1, -1), repeat=4):
                if np.prod(signs) == -1:
                    cells = list(itertools.product(xs, ys))
                    value = sum(s * correlators[c] for s, c in zip(signs, cells, strict=True))
                    if best is None or value > best.value:
                        text = " ".join(
                            f"{'+' if s > 0 else '-'} E{x}{y}" for s, (x, y) in zip(signs, cells, strict=True)
                        )
                        best = CHSHValue(value, text.removeprefix("+ "), dict(zip(cells, signs, strict=True)))
    return best


def _correlators(behavior: Behavior) -> NDArray[Any]:
    """Return E(x, y) = p(a = b|x, y) − p(a ≠ b|x, y)."""
    table = behavior.table
    return np.asarray(table[0, 0] + table[1, 1] - table[0, 1] - table[1, 0])
