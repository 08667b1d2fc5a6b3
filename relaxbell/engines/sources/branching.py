"""Branch and bound over boxes of marginals: an interval around the least value, certified from below."""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass, field

import numpy as np

from relaxbell.engines.sources.program import Box
from relaxbell.engines.sources.relaxation import FixedProgram, Point, Relaxation, follow
from relaxbell.engines.sources.scenario import Scenario
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import now, over

_SMALLEST = 1e-9
"""Boxes narrower than this in every free entry are not split further."""

_KEEP = 0.2
"""A box is split at the relaxation's solution, but no closer to an end than this part of its width."""

_NEAR = 1e-3
"""The same for the best point known."""

_POLISH = 40
"""Most rounds of fixing each group in turn."""

_STEPS, _RADIUS, _SHRINK = 40, 0.05, 0.25
"""Most steps of a descent, its first step size, and how it shrinks."""

_DESCENT = 0.2
"""Most of the time left that one descent takes; the rest is for the lower bound."""


@dataclass
class Search:
    """What a search knows: a value attained, and a bound of all others.

    Attributes
    ----------
    value, q, point
        The best found: value, distribution over strategies, and marginals.
    lower
        No model has a smaller value.
    boxes
        How many boxes were bounded.
    complete
        Whether the gap is within the tolerance.
    seconds
        Wall time.
    """

    value: float = math.inf
    q: Floats = field(default_factory=lambda: np.empty(0))
    point: Point = ()
    lower: float = 0.0
    boxes: int = 0
    complete: bool = False
    seconds: float = 0.0


class Upper:
    """Finds good models: marginals fixed at a point, then each group freed in turn until nothing improves."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        turns = max(len(product) for product in scenario.products)
        self.programs = [
            FixedProgram(scenario, [(len(product) - 1 - k) % len(product) for product in scenario.products])
            for k in range(turns)
        ]

    def take(self, search: Search, relaxation: Relaxation, x: Floats) -> None:
        """Update the search with the distribution of a relaxation's solution, as it is: it reproduces the behavior."""
        q = x[: self.scenario.matrix.shape[1]].clip(0.0)
        value = self.scenario.measure.value(q / q.sum())
        if value < search.value:
            search.value, search.q, search.point = value, q, relaxation.point(x)

    def improve(self, search: Search, point: Point, goal: float, end: float) -> None:
        """Update the search with what is found from a point."""
        best, stale = math.inf, 0
        for turn in range(_POLISH):
            found = self.programs[turn % len(self.programs)].solve(point)
            if found is None:
                if turn < len(self.programs):
                    continue
                return
            value, q, point = found
            if value < search.value:
                search.value, search.q, search.point = max(value, 0.0), q, point
            stale = stale + 1 if value > best - 1e-10 else 0
            best = min(best, value)
            if stale >= len(self.programs) or value <= goal or over(end):
                return
            if turn >= 2 * len(self.programs) and value > search.value + 1e-3:
                return  # elsewhere it is better

    def descend(
        self, search: Search, relaxation: Relaxation, box: Box, tolerance: float, goal: float, end: float
    ) -> None:
        """Update the search with what is found near its point, all marginals moving at once.

        Fixing groups in turn ends at points from which no single group can improve. Over a small box the relaxation is
        exact up to the square of its width: its solution is the step, as in sequential linear programming.
        """
        radius = _RADIUS
        for _ in range(_STEPS):
            if search.value - goal <= tolerance or over(end):
                return
            tight = follow(self.scenario, _around(search.point, radius, box))
            solved = None if tight is None else relaxation.solve(tight)
            before = search.value
            if solved is not None and len(solved[0]):
                if solved[1] >= before - 0.1 * tolerance:
                    return  # a minimum, to this distance
                self.improve(search, relaxation.point(solved[0]), goal, end)
            promised = before - (goal if solved is None else solved[1])
            if before - search.value < 0.1 * promised:
                radius *= _SHRINK


def branch(
    scenario: Scenario,
    box: Box,
    tolerance: float,
    end: float,
    *,
    start: Search | None = None,
) -> Search:
    """Return the interval around the least value over a box that holds all models.

    Ends when it is as narrow as `tolerance`, or when the clock comes to `end`.

    Raises
    ------
    TimeLimitError
        If there was no time to begin; then `start` is what is known.
    """
    began = now()
    search = start or Search()
    relaxation, upper = Relaxation(scenario), Upper(scenario)
    floor = search.lower
    counter = itertools.count()
    heap: list[tuple[float, int, Box, Floats]] = []
    done = descended = math.inf

    def examine(own: Box, parent: float) -> None:
        nonlocal done, descended
        tight = follow(scenario, own)
        if tight is None:
            return
        solved = relaxation.solve(tight)
        search.boxes += 1
        if solved is not None and not len(solved[0]):
            return
        bound = parent if solved is None else max(parent, solved[1])
        x = np.empty(0) if solved is None else solved[0]
        often = search.boxes <= 20 or search.boxes % 10 == 0 or bound < search.value - 100 * tolerance
        if len(x) and bound < search.value - tolerance and often:
            upper.take(search, relaxation, x)
            if search.boxes > 1 or not over(end):
                upper.improve(search, relaxation.point(x), floor, end)
                if search.value < descended - tolerance:
                    moment = now()
                    upper.descend(search, relaxation, box, tolerance, floor, moment + _DESCENT * (end - moment))
                    descended = search.value
        if bound >= search.value - tolerance:
            done = min(done, bound)
        else:
            heapq.heappush(heap, (bound, next(counter), tight, x))

    examine(box, floor)
    while heap:
        bound, _, own, x = heapq.heappop(heap)
        search.lower = max(floor, min(bound, done))
        if search.value - search.lower <= tolerance or over(end):
            heapq.heappush(heap, (bound, -1, own, x))
            break
        halves = _split(scenario, relaxation, own, x, search.point)
        if halves is None:
            done = min(done, bound)
            continue
        for half in halves:
            examine(half, bound)
    least = min(done, heap[0][0] if heap else math.inf)
    search.lower = max(floor, min(least, search.value))
    search.complete = search.value - search.lower <= tolerance
    search.seconds = now() - began
    return search


def _split(
    scenario: Scenario, relaxation: Relaxation, box: Box, x: Floats, best_known: Point
) -> tuple[Box, Box] | None:
    """Return two boxes that cover one, split in the entry whose products are missed most; None if it is too small.

    The cut is at the best point known, if the box contains it, else at the relaxation's solution.
    """
    best, chosen = -1.0, None
    for f, product in enumerate(scenario.products):
        scores = _scores(relaxation, f, x) if len(x) else [np.ones(side.group.count) for side in product]
        for i, side in enumerate(product):
            low, high = box[f][i]
            for j in side.free:
                width = float(high[j] - low[j])
                score = (float(scores[i][j]) + 1e-9) * width
                if width > _SMALLEST and score > best:
                    best, chosen = score, (f, i, j)
    if chosen is None:
        return None
    f, i, j = chosen
    low, high = box[f][i]
    at = float(relaxation.point(x)[f][i][j]) if len(x) else (low[j] + high[j]) / 2
    width = high[j] - low[j]
    at = min(max(at, low[j] + _KEEP * width), high[j] - _KEEP * width)
    if best_known:  # the relaxation is exact at the corners of boxes
        own = float(best_known[f][i][j])
        at = own if low[j] + _NEAR * width < own < high[j] - _NEAR * width else at
    return _with(box, f, i, j, low[j], at), _with(box, f, i, j, at, high[j])


def _scores(relaxation: Relaxation, f: int, x: Floats) -> list[Floats]:
    """Return for each side and entry how much its products are missed."""
    sides = [x[place] for place in relaxation.singles[f]]
    full = x[relaxation.full[f]].reshape([len(own) for own in sides])
    expected = sides[0]
    for own in sides[1:]:
        expected = np.multiply.outer(expected, own)
    missed = abs(full - expected)
    return [missed.sum(axis=tuple(k for k in range(len(sides)) if k != i)) for i in range(len(sides))]


def _around(point: Point, radius: float, box: Box) -> Box:
    """Return the part of a box that is no farther than `radius` from a point in any entry."""
    return tuple(
        tuple(
            (np.maximum(low, at - radius), np.minimum(high, at + radius))
            for at, (low, high) in zip(own, sides, strict=True)
        )
        for own, sides in zip(point, box, strict=True)
    )


def _with(box: Box, f: int, i: int, j: int, low: float, high: float) -> Box:
    own = [list(product) for product in box]
    lows, highs = (end.copy() for end in own[f][i])
    lows[j], highs[j] = low, high
    own[f][i] = (lows, highs)
    return tuple(tuple(product) for product in own)
