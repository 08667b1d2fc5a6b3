"""Which margin some number of parts can prove: the part with the largest bound is cut first."""

from __future__ import annotations

import heapq
import math
from decimal import Context, localcontext
from fractions import Fraction

from relaxbell.lp.clock import remaining
from relaxbell.verify.bilinear import Prices
from relaxbell.verify.factorized import DIGITS, Points, Tables, halves, information_prices, kinds

_ASKED = 256
"""Parts between two looks at the clock."""


def least_margin(tables: Tables, most: int, goal: Fraction) -> tuple[float, Points]:
    """Return about the least margin that can be proved when `most` parts are cut, of all strategies together.

    And points with prices above a goal, the last for each strategy.
    """
    own = [Prices(z, tables.settings, goal) for z in kinds(tables)]
    heap = [(-prices.multipliers(prices.whole())[1], i, i, prices.whole()) for i, prices in enumerate(own)]
    heapq.heapify(heap)
    count = len(heap)
    for step in range(most):
        if not step % _ASKED:
            remaining()
        bound, _, i, part = heapq.heappop(heap)
        halves = own[i].halves(part)
        if halves is None or -bound <= float(goal):
            heapq.heappush(heap, (bound, count, i, part))
            break
        own[i].exceeds(part)
        for half in halves:
            count += 1
            heapq.heappush(heap, (-own[i].multipliers(half)[1], count, i, half))
    return max(float(goal), -heap[0][0]) + 1e-12, [prices.point for prices in own if prices.point is not None]


def least_information_margin(tables: Tables, most: int) -> float:
    """Return the same for information, in bits."""
    with localcontext(Context(prec=DIGITS)):
        own = [prices for prices, _ in information_prices(tables, Fraction(0))]
        heap = [(-prices.bound(prices.whole()), i, i, prices.whole()) for i, prices in enumerate(own)]
        heapq.heapify(heap)
        count = len(heap)
        for step in range(most):
            if not step % _ASKED:
                remaining()
            _, _, i, part = heapq.heappop(heap)
            for half in halves(part):
                count += 1
                heapq.heappush(heap, (-own[i].bound(half), count, i, half))
        return max(0.0, -float(heap[0][0])) / math.log(2) + 1e-12
