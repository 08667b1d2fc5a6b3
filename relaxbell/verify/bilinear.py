"""Prices of factorized dependence: the maximum of u Z v − Σ |u v − p| over two simplices, by bisection.

For any numbers s from −1 to 1, −|t| <= −s t, so that the price is at most u Z v − Σ s (u v − p), which is linear in u
and in v and so largest at corners. The best s is sought in floats, for any will do; what is compared is whole numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction

from .reading import common_denominator

HALVINGS, GRID = 40, 20
"""Corners are multiples of 2^−HALVINGS, multipliers s of 2^−GRID."""

_PASSES, _STEPS = 2, 12

Corner = tuple[int, ...]
Part = tuple[tuple[Corner, ...], tuple[Corner, ...]]


class Prices:
    """The prices of one strategy.

    Parameters
    ----------
    z
        Gains of pairs of settings.
    settings
        Their probabilities.
    goal
        What no price may exceed.
    """

    def __init__(self, z: Sequence[Sequence[Fraction]], settings: Sequence[Sequence[Fraction]], goal: Fraction) -> None:
        self.rows, self.columns = len(z), len(z[0])
        flat, chances = [v for row in z for v in row], [v for row in settings for v in row]
        self.scale = common_denominator([*flat, *chances, goal])
        self.z, self.p = [int(v * self.scale) for v in flat], [int(v * self.scale) for v in chances]
        self.goal = int(goal * self.scale)
        self.point: tuple[float, ...] | None = None  # a v with a price that is too high
        self.floats = list(map(float, flat)), list(map(float, chances))

    def whole(self) -> Part:
        """Return all u and v."""
        one = 1 << HALVINGS
        return (
            tuple(tuple(one * (i == j) for j in range(self.rows)) for i in range(self.rows)),
            tuple(tuple(one * (i == j) for j in range(self.columns)) for i in range(self.columns)),
        )

    def parts(self, most: int, spend: Callable[[int], None]) -> int | None:
        """Return how many parts show that no price exceeds the goal; None if `most` do not, or one exceeds it."""
        stack, count = [self.whole()], 0
        while stack:
            part = stack.pop()
            count += 1
            spend(1)
            if count > most:
                return None
            if self.fits(part):
                continue
            found = self.halves(part)
            if found is None or self.exceeds(part):
                return None
            stack += found
        return count

    def exceeds(self, part: Part) -> bool:
        """Return whether the price in the middle of a part seems to exceed the goal; then remember where."""
        u, v = ([sum(c) / len(side) * 2.0**-HALVINGS for c in zip(*side, strict=True)] for side in part)
        products = [a * b for a in u for b in v]
        z, p = self.floats
        price = sum(map(float.__mul__, products, z)) - sum(abs(w - q) for w, q in zip(products, p, strict=True))
        if price <= self.goal / self.scale + 1e-14:
            return False
        self.point = tuple(v)
        return True

    def fits(self, part: Part) -> bool:
        """Return whether multipliers show that no price in a part exceeds the goal."""
        s, least = self.multipliers(part)
        if least > self.goal / self.scale + 1e-12:
            return False
        gains = [(z << GRID) - m * self.scale for z, m in zip(self.z, s, strict=True)]
        limit = ((self.goal << GRID) - sum(map(int.__mul__, s, self.p))) << 2 * HALVINGS
        us, vs = part
        n = self.columns
        for v in vs:
            sums = [sum(map(int.__mul__, gains[i : i + n], v)) for i in range(0, len(gains), n)]
            if any(sum(map(int.__mul__, u, sums)) > limit for u in us):
                return False
        return True

    def multipliers(self, part: Part) -> tuple[list[int], float]:
        """Return s for a part, and about the bound of prices that they give."""
        unit = 2.0**-HALVINGS
        z, p = self.floats
        us, vs = ([[c * unit for c in corner] for corner in side] for side in part)
        corners = [[a * b for a in u for b in v] for u in us for v in vs]
        apart = [[w - q for w, q in zip(own, p, strict=True)] for own in corners]
        cells = list(zip(*apart, strict=True))
        s = []
        for own in cells:
            low, high = min(own), max(own)
            s.append(1.0 if low >= 0 else -1.0 if high <= 0 else (high + low) / (high - low))
        open_cells = [j for j, own in enumerate(cells) if min(own) < 0 < max(own)]
        totals = [
            sum(map(float.__mul__, w, z)) - sum(map(float.__mul__, d, s)) for w, d in zip(corners, apart, strict=True)
        ]
        goal = self.goal / self.scale
        for _ in range(_PASSES):
            if max(totals) <= goal:
                break
            for j in open_cells:
                rest = [t + s[j] * d for t, d in zip(totals, cells[j], strict=True)]
                s[j] = lowest(rest, cells[j])
                totals = [t - s[j] * d for t, d in zip(rest, cells[j], strict=True)]
        return [max(-(1 << GRID), min(1 << GRID, round(m * (1 << GRID)))) for m in s], max(totals)

    def halves(self, part: Part) -> list[Part] | None:
        """Return the parts that a cut in the middle of the longest edge leaves; None where they are too small."""
        ends = [longest(side) for side in part]
        by = 0 if ends[0][0] >= ends[1][0] else 1
        size, i, j = ends[by]
        if size <= 0 or any((a + b) % 2 for a, b in zip(part[by][i], part[by][j], strict=True)):
            return None
        middle = tuple((a + b) // 2 for a, b in zip(part[by][i], part[by][j], strict=True))
        found = []
        for k in (i, j):
            side = tuple(middle if n == k else c for n, c in enumerate(part[by]))
            found.append((side, part[1]) if by == 0 else (part[0], side))
        return found


def longest(corners: Sequence[Corner]) -> tuple[int, int, int]:
    """Return the length of the longest edge of a simplex, and its ends."""
    if len(corners) == 1:
        return 0, 0, 0
    return max(
        (sum(abs(a - b) for a, b in zip(corners[i], corners[j], strict=True)), i, j)
        for i, j in itertools.combinations(range(len(corners)), 2)
    )


def lowest(heights: Sequence[float], slopes: Sequence[float]) -> float:
    """Return about where max (height − s slope) is least for s from −1 to 1: from tangents at both ends."""
    low, high = -1.0, 1.0
    a, down = max((h + d, d) for h, d in zip(heights, slopes, strict=True))
    b, up = max((h - d, -d) for h, d in zip(heights, slopes, strict=True))
    if down <= 0:
        return -1.0
    if up <= 0:
        return 1.0
    # lines a − down (s + 1) and b + up (s − 1)
    s = 0.0
    for _ in range(_STEPS):
        s = (a - b + up * high + down * low) / (up + down)
        value, slope = max((h - s * d, -d) for h, d in zip(heights, slopes, strict=True))
        if value <= a - down * (s - low) + 1e-15:
            break
        if slope < 0:
            a, low, down = value, s, -slope
        else:
            b, high, up = value, s, slope
    return min(1.0, max(-1.0, s))
