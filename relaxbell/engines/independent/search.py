"""Branch and bound over boxes of what districts do."""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from relaxbell.engines.independent.chain import Chain, Layout
from relaxbell.engines.independent.nearby import Near, Nearby
from relaxbell.exact.numbers import Floats, floor_float
from relaxbell.lp.clock import now, over

_SMALLEST = 1e-9
"""Boxes narrower than this are not split further."""

_KEEP = 0.15
"""A box is split no closer to an end than this part of its width."""

_NEAR = 1e-3
"""The same for the best model known."""

_ROUNDS = 3
"""How often the box of all models is tightened."""

_PART = 0.3
"""Part of the time for that."""

_EARLY = 0.1
"""Part of the time in which models are sought before anything is bounded."""

_SHARE = 0.3
"""Part of the time, after the first second, in which models are sought."""

_OFTEN = 10
"""A model is sought near the solutions of the first boxes, and of each so many."""


@dataclass(eq=False)
class Part:
    """A box in the tree of all boxes: it was cut in two, or bounded.

    Attributes
    ----------
    cut
        The direction and where; None for a box that was bounded.
    parts
        What is below and above; empty for such a box.
    """

    cut: tuple[int, float] | None = None
    parts: tuple[Part, ...] = ()


@dataclass(eq=False)
class Cover:
    """How the box of all models was tightened, then cut.

    Attributes
    ----------
    tightened
        Direction, side (0 or 1) and new end, one after the other.
    root
        The tree of boxes.
    """

    tightened: list[tuple[int, int, float]] = field(default_factory=list)
    root: Part = field(default_factory=Part)


@dataclass
class Search:
    """What a search knows.

    Attributes
    ----------
    best
        The best model found; None if none is.
    lower
        No model has a smaller value; infinite where there is none.
    boxes
        How many were bounded.
    complete
        Whether the gap is within the tolerance, or nothing is feasible.
    seconds
        Wall time.
    cover
        The boxes.
    """

    best: Near | None = None
    lower: float = -math.inf
    boxes: int = 0
    complete: bool = False
    seconds: float = 0.0
    cover: Cover = field(default_factory=Cover)

    @property
    def value(self) -> float:
        """The value of the best model; infinite if there is none."""
        return math.inf if self.best is None else self.best.value


def searched(layout: Layout, tolerance: float, end: float, nearby: Nearby, floor: float) -> Search:
    """Return the interval around the least value; ends when it is narrow, or when the clock comes to `end`.

    No value is less than `floor`, for reasons of its own.
    """
    began = now()
    near, found = nearby, Search(lower=floor)
    for z in near.starts():
        known = near.near(z, began + _EARLY * (end - began))
        if known is not None and known.value < found.value:
            found.best = known
    chain = Chain(layout)
    count = len(layout.directions)
    low, high = np.zeros(count), np.ones(count)
    counter = itertools.count()
    heap: list[tuple[float, int, Floats, Floats, Floats, Part]] = []
    done, spent, last = math.inf, 0.0, np.empty(0)

    def examine(low: Floats, high: Floats, parent: float, part: Part) -> None:
        nonlocal done, spent, last
        solved = chain.solve(low, high)
        found.boxes += 1
        if solved is not None and not len(solved[0]):
            return
        bound = parent if solved is None else max(parent, floor_float(Fraction(solved[1]) + chain.constant))
        x = np.empty(0) if solved is None else solved[0]
        often = found.boxes <= _OFTEN or found.boxes % _OFTEN == 0 or found.best is None
        moment = now()
        if len(x) and bound < found.value - tolerance and often and spent <= _SHARE * (moment - began + 1.0):
            own = near.near(near.start(chain, x), end)
            spent += now() - moment
            if own is not None and own.value < found.value:
                found.best = own
        if bound >= found.value - tolerance:
            if bound < done:
                done, last = bound, x
        else:
            heapq.heappush(heap, (bound, next(counter), low, high, x, part))

    root = found.cover.root
    examine(low, high, floor, root)
    if heap and not over(end):
        tight = _tightened(chain, low, high, now() + _PART * (end - now()), found.cover.tightened)
        heap.clear()
        done = math.inf
        if tight is not None:
            examine(*tight, floor, root)
    while heap:
        bound, _, low, high, x, part = heapq.heappop(heap)
        found.lower = min(bound, done)
        if found.value - found.lower <= tolerance or over(end):
            heapq.heappush(heap, (bound, -1, low, high, x, part))
            break
        at = _cut(chain, low, high, x, None if found.best is None else near.directions(found.best.z))
        if at is None:
            done = min(done, bound)
            continue
        r, where = at
        left, right = high.copy(), low.copy()
        left[r] = right[r] = where
        part.cut, part.parts = at, (Part(), Part())
        examine(low, left, bound, part.parts[0])
        examine(right, high, bound, part.parts[1])
    found.lower = min(done, heap[0][0] if heap else math.inf)
    if heap and heap[0][0] < done:
        last = heap[0][4]
    if len(last) and not over(end):  # within the tolerance there may be a better one
        own = near.near(near.start(chain, last), end)
        found.best = own if own is not None and own.value < found.value else found.best
    if found.best is not None:
        found.lower = min(found.lower, found.best.value)
    found.complete = found.value - found.lower <= tolerance or math.isinf(found.lower)
    found.seconds = now() - began
    return found


def _tightened(
    chain: Chain, low: Floats, high: Floats, end: float, told: list[tuple[int, int, float]]
) -> tuple[Floats, Floats] | None:
    """Return the box of what each direction can be, from its own linear programs; None where nothing is possible."""
    low, high = low.copy(), high.copy()
    for _ in range(_ROUNDS):
        before = float((high - low).sum())
        for r in range(len(low)):
            for side in (0, 1):
                if over(end):
                    return low, high
                with chain.sought(r, side):
                    solved = chain.solve(low, high)
                if solved is None:
                    continue
                if not len(solved[0]):
                    return None
                ends, value = (high, -solved[1]) if side else (low, solved[1])
                better = min(max(value, low[r]), high[r])
                if better != ends[r]:
                    ends[r] = better
                    told.append((r, side, better))
        if float((high - low).sum()) > 0.9 * before:
            break
    return low, high


def _cut(chain: Chain, low: Floats, high: Floats, x: Floats, best: Floats | None) -> tuple[int, float] | None:
    """Return the direction whose products are missed most, and where to cut; None if the box is too small.

    The cut is at the best model known, if the box contains it: the relaxation is exact at the corners of boxes.
    """
    width = high - low
    if width.max(initial=0.0) <= _SMALLEST:
        return None
    if not len(x):
        r = int(width.argmax())
        return r, float(low[r] + high[r]) / 2
    score = (chain.missed(x) + 1e-9) * width
    score[width <= _SMALLEST] = -1.0
    r = int(score.argmax())
    if best is not None and low[r] + _NEAR * width[r] < best[r] < high[r] - _NEAR * width[r]:
        return r, float(best[r])
    where = min(max(chain.at(x)[r], low[r] + _KEEP * width[r]), high[r] - _KEEP * width[r])
    return r, float(where)
