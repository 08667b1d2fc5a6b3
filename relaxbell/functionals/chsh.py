"""The largest CHSH value of a behavior."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.exact.numbers import ExactNumber


@dataclass(frozen=True)
class CHSHValue:
    """S = Σ ± E over two settings of each party, with an odd number of minus signs.

    Attributes
    ----------
    value
        Exact if the behavior is.
    formula
        Which correlators enter with which sign.
    """

    value: float | ExactNumber
    formula: str


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
    table = behavior.table
    correlators = table[0, 0] + table[1, 1] - table[0, 1] - table[1, 0]
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
                        best = CHSHValue(value, text.removeprefix("+ "))
    return best
