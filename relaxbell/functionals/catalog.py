"""Named Bell functionals, with their sources."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from relaxbell.functionals.functional import BellFunctional


def _correlators(signs: list[list[int]], name: str) -> BellFunctional:
    """Return Σ signs[x][y] E_xy with E_xy = Σ (−1)^(a+b) p(a, b|x, y)."""
    parity = np.array([[1, -1], [-1, 1]], dtype=object)
    return BellFunctional(np.multiply.outer(parity, np.array(signs, dtype=object)), name=name)


def _collins_gisin(joint: list[list[int]], alice: list[int], bob: list[int], name: str) -> BellFunctional:
    """Return Σ joint[x][y] p(00|xy) + Σ alice[x] pA(0|x) + Σ bob[y] pB(0|y)."""
    table = np.zeros((2, 2, len(alice), len(bob)), dtype=object)
    table[0, 0] += np.array(joint, dtype=object)
    table[0, :, :, 0] += np.array(alice, dtype=object)
    table[:, 0, 0, :] += np.array(bob, dtype=object)
    return BellFunctional(table * Fraction(1), name=name)


CHSH = _correlators([[1, 1], [1, -1]], "CHSH")
"""S = E00 + E01 + E10 − E11 ≤ 2 in `bell()` (Clauser, Horne, Shimony, Holt, PRL 23, 880, 1969)."""

CH = _collins_gisin([[1, 1], [1, -1]], [-1, 0], [-1, 0], "CH")
"""The paper's Eq. (8), ≤ 0 in `bell()` (Clauser, Horne, PRD 10, 526, 1974); (S − 2)/4 without signaling."""

I3322 = _collins_gisin([[1, 1, 1], [1, 1, -1], [1, -1, 0]], [-1, 0, 0], [-2, -1, 0], "I3322")
"""I3322 ≤ 0 in `bell((3, 3), (2, 2))` (Collins, Gisin, J. Phys. A 37, 1775, 2004)."""
