"""The largest value of a sum over settings when each party chooses an outcome for each of its settings.

A table W has axes (settings, outcomes) for each party; the value of a choice is Σ W at all settings, each party at the
outcome that it chose for its own. The largest one is a local bound. No strategy is listed: one party answers best to
all others (greedy), the choices of another are enumerated or found by branch and bound, those of all further ones are
enumerated in the order of what they may give at most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.branching import Branching, Score, TooCloseError
from relaxbell.exact.numbers import ExactNumber, Floats

LARGEST = 2.0**52
"""Whole numbers of which no sum is larger are added exactly as floats."""

_BATCH = 2**19
"""Most numbers of contracted tables at once."""

Choice = tuple[NDArray[np.intp], ...]
"""For each party the outcome at each setting."""


@dataclass(frozen=True, eq=False)
class Largest:
    """The largest value of a table of whole numbers.

    Attributes
    ----------
    value
        The largest.
    choice
        That has it.
    close
        All choices of all parties but the greedy one that come within the slack asked for, and some others; empty where
        no slack was asked for.
    greedy
        The party that answers best.
    """

    value: float
    choice: Choice
    close: tuple[Choice, ...]
    greedy: int


class StoppedSearch(Exception):  # noqa: N818 - caught by whoever gave the `tick` that stopped the search
    """A search was stopped by its `tick`; the largest value lies between `lower`, which is attained, and `upper`."""

    def __init__(self, lower: ExactNumber, upper: ExactNumber) -> None:
        super().__init__()
        self.lower, self.upper = lower, upper


def strategies(table_shape: Sequence[int]) -> list[float]:
    """Return log2 of the number of choices of each party of a table (settings, outcomes, settings, …)."""
    return [m * math.log2(d) for m, d in zip(table_shape[::2], table_shape[1::2], strict=True)]


def work(table_shape: Sequence[int]) -> float:
    """Return log2 of how many choices are looked at, at most: those of all parties but the largest."""
    return float(sum(sorted(strategies(table_shape))[:-1]))


def largest(
    table: Floats,
    *,
    incumbent: Choice | None = None,
    slack: float | None = None,
    tick: Callable[[], object] = lambda: None,
) -> Largest:
    """Return the largest value of a table of whole numbers, with a choice that has it.

    Parameters
    ----------
    table
        Whole numbers as floats, Σ |table| at most `LARGEST` / (4 · outcomes).
    incumbent
        A choice that is known to be good.
    slack
        Where given, all choices that are so close to the largest value are collected.
    tick
        Called now and then; what it raises is caught and raised again as the cause of `StoppedSearch`.
    """
    order = _order(table.shape)
    axes = [axis for i in order for axis in (2 * i, 2 * i + 1)]
    start = _start(table) if incumbent is None else incumbent
    search = _Search(np.ascontiguousarray(table.transpose(axes)), tuple(start[i] for i in order), slack, tick)
    search.run()
    back = sorted(range(len(order)), key=order.__getitem__)
    first = sorted(range(len(order) - 1), key=order.__getitem__)  # all but the greedy one, in the table's order
    close = tuple(tuple(own[k] for k in first) for value, own in search.close if value >= search.value - (slack or 0))
    return Largest(search.value, tuple(search.choice[k] for k in back), close, order[-1] if order else 0)


def _start(table: Floats) -> Choice:
    """Return a good choice where the search is long, any other where it is not."""
    if work(table.shape) > _SHORT:
        return alternating(table, 24)[0]
    return tuple(np.zeros(m, dtype=np.intp) for m in table.shape[::2])


_SHORT = 12
"""Choices (log2) that are enumerated sooner than a good one is found."""


def _order(shape: Sequence[int]) -> list[int]:
    """Return the parties, those with the fewest choices first: the last one answers best."""
    counts = strategies(shape)
    return sorted(range(len(counts)), key=lambda i: (counts[i], shape[2 * i] * shape[2 * i + 1]))


# ---------------------------------------------------------------------------- heuristic


def alternating(table: Floats, starts: int, seed: int = 0, rounds: int = 60) -> list[Choice]:
    """Return good choices: from many random ones, one party after the other answers best; the best choice first."""
    picked, value = ascents(table, starts, np.random.default_rng(seed), rounds)
    best = np.argsort(-value, kind="stable")
    return [tuple(own[k] for own in picked) for k in best.tolist()]


def ascents(
    table: Floats, starts: int, rng: np.random.Generator, rounds: int = 60
) -> tuple[list[NDArray[np.intp]], Floats]:
    """Return for each party the outcomes of `starts` choices that no party alone can improve, and their values."""
    sizes = list(zip(table.shape[::2], table.shape[1::2], strict=True))
    picked = [rng.integers(0, d, (starts, m)) for m, d in sizes]
    value = np.full(starts, -math.inf)
    for _ in range(rounds):
        for i, (m, d) in enumerate(sizes):
            gains = answered(table, picked, i).reshape(starts, m, d)
            picked[i] = gains.argmax(axis=2)
            now = gains.max(axis=2).sum(axis=1)
        if (now <= value).all():
            break
        value = now
    return picked, value


def answered(table: Floats, picked: Sequence[NDArray[np.intp]], party: int) -> Floats:
    """Return what each outcome of a party gives at each setting against many choices of the others."""
    rest = np.moveaxis(table, (2 * party, 2 * party + 1), (0, 1))
    others = [own for j, own in enumerate(picked) if j != party]
    starts = len(picked[0])
    if not others:
        return np.broadcast_to(rest.reshape(1, -1), (starts, rest.size))
    found = _gathered(others[0], np.moveaxis(rest, (2, 3), (0, 1)).reshape(rest.shape[2], rest.shape[3], -1))
    for own, (m, d) in zip(others[1:], zip(rest.shape[4::2], rest.shape[5::2], strict=True), strict=True):
        tables = found.reshape(starts, rest.shape[0] * rest.shape[1], m * d, -1)
        found = np.einsum("kpmr,km->kpr", tables, _one_hot(own, d)).reshape(starts, -1)
    return np.asarray(found)


def _gathered(picked: NDArray[np.intp], table: Floats) -> Floats:
    """Return Σ over settings of the rows (settings, outcomes, numbers) that are picked; BLAS would start threads."""
    found = table[0][picked[:, 0]]
    for x in range(1, len(table)):
        found = found + table[x][picked[:, x]]
    return np.asarray(found)


def _one_hot(picked: NDArray[np.intp], outcomes: int) -> Floats:
    return np.asarray(picked[:, :, None] == np.arange(outcomes), dtype=np.float64).reshape(len(picked), -1)


# -------------------------------------------------------------------------------- search


class _Search:
    """The search in a table whose parties are sorted by their numbers of choices, from a choice that is known."""

    def __init__(self, table: Floats, choice: Choice, slack: float | None, tick: Callable[[], object]) -> None:
        self.table, self.choice, self.slack, self.tick = table, choice, slack, tick
        self.value = _value(table, choice)
        self.close: list[tuple[float, Choice]] = []

    def run(self) -> None:
        """Find the largest value."""
        shape = self.table.shape
        parties = min(len(shape) // 2, 2)
        if len(shape) <= 4:
            self._pair(self.table.reshape((1, 1) * (2 - parties) + shape), (), parties)
            return
        for upper, outer, inner in self._outer():
            if upper < self.value - (self.slack or 0) or (upper == self.value and self.slack is None):
                break
            self._pair(inner, outer, parties)

    def _outer(self) -> Iterator[tuple[float, Choice, Floats]]:
        """Yield (at most so much, choices of the first parties, table of the last two), the most promising first."""
        shape = self.table.shape
        outer, inner = shape[:-4], shape[-4:]
        sizes = list(zip(outer[::2], outer[1::2], strict=True))
        flat = self.table.reshape(*outer, -1)
        options = [d for m, d in sizes for _ in range(m)]
        ends = np.cumsum([m for m, _ in sizes])[:-1]
        total, batch = math.prod(options), max(1, _BATCH // math.prod(inner))
        uppers = np.empty(total)
        for start in range(0, total, batch):
            self._checked(float(np.abs(self.table).max(axis=tuple(range(1, self.table.ndim, 2))).sum()))
            picked = _unravelled(np.arange(start, min(total, start + batch)), options)
            uppers[start : start + batch] = _limits(_contracted(flat, picked, sizes).reshape(-1, *inner))
        best = np.argsort(-uppers, kind="stable")
        for start in range(0, total, batch):
            numbers = best[start : start + batch]
            self._checked(float(uppers[numbers[0]]))
            picked = _unravelled(numbers, options)
            tables = _contracted(flat, picked, sizes).reshape(-1, *inner)
            for number, own, left in zip(numbers.tolist(), picked, tables, strict=True):
                yield float(uppers[number]), tuple(np.split(own, ends)), left

    def _checked(self, upper: float) -> None:
        try:
            self.tick()
        except Exception as reason:
            raise self._stopped(upper) from reason

    def _stopped(self, upper: float) -> StoppedSearch:
        return StoppedSearch(Fraction(self.value), Fraction(max(upper, self.value)))

    def _pair(self, table: Floats, outer: Choice, parties: int) -> None:
        """Search two parties, of which the second answers best; `outer` is what the others chose."""
        root, lists, score, factor, constant = _vectors(table)
        # where no outcome differs, any of them stands for all; rounded ones may differ after all
        kept = [i for i, own in enumerate(lists) if own.any() or self.slack is not None]
        even = table.shape[1] == 2 and not score.linear and score.blocks == 1
        tree = Branching(root, [lists[i] for i in kept], score, even=even, tick=self.tick)
        try:
            slack = None if self.slack is None else self.slack * factor
            top = tree.run(self.value * factor - constant, slack) + constant
        except TooCloseError:
            raise
        except Exception as reason:
            # what the other parties may still choose instead gives no more than the limit of this choice
            limit = float(_limits(table[None])[0])
            raise self._stopped(limit if outer else min(limit, (tree.upper + constant) / factor)) from reason
        first = _spread(tree.choice, kept, len(lists))
        if top > self.value * factor:
            second = table[np.arange(len(first)), first].sum(axis=0).argmax(axis=1)
            self.value, self.choice = top / factor, (*outer, *(first, second)[2 - parties :])
        for value, own in tree.found if self.slack is not None else ():
            enumerated = (_spread(own, kept, len(lists)),)[2 - parties :]
            self.close.append(((value + constant) / factor, (*outer, *enumerated)))


def _spread(options: NDArray[np.intp], kept: Sequence[int], settings: int) -> NDArray[np.intp]:
    """Return the outcomes at all settings; where nothing depends on it, 0."""
    found = np.zeros(settings, dtype=np.intp)
    found[list(kept)] = options
    return found


def _vectors(table: Floats) -> tuple[Floats, list[Floats], Score, int, float]:
    """Return root, one list of vectors for each setting of the first party, their score, a factor and a constant.

    So that factor · value = score + constant. The mean over a setting's outcomes belongs to the root: what is left are
    deviations, of which bounds are closer.
    """
    m, d, n, e = table.shape
    wide = np.moveaxis(table, 3, 2).reshape(m, d, e, n)
    factor = d
    if e == 2:  # max(u, v) = (u + v + |u − v|) / 2
        linear = (wide[:, :, 0] + wide[:, :, 1]).sum(axis=2)
        vectors, factor = np.concatenate([linear[:, :, None], wide[:, :, 0] - wide[:, :, 1]], axis=2), 2 * d
        score = Score(1, n, True)
    else:
        vectors = wide.reshape(m, d, e * n)
        if e == 1:
            vectors = vectors.sum(axis=2, keepdims=True)
            score = Score(1, 0, True)
        else:
            score = Score(e, n, False)
    mean = vectors.sum(axis=1)
    vectors = vectors * d - mean[:, None]
    root = mean.sum(axis=0)
    constant = 0.0
    if score.linear and score.width and not vectors[:, :, 0].any():
        constant = float(root[0])
        vectors, root, score = vectors[:, :, 1:], root[1:], Score(1, n, False)
    return root, [np.ascontiguousarray(own.T) for own in vectors], score, factor, constant


def _value(table: Floats, choice: Choice) -> float:
    found = table
    for own in choice:
        found = found[np.arange(len(own)), own].sum(axis=0)
    return float(found)


def _contracted(flat: Floats, picked: NDArray[np.intp], sizes: Sequence[tuple[int, int]]) -> Floats:
    """Return the tables that are left for the last parties, one for each row of choices of the first."""
    m, d = sizes[0]
    found = _gathered(picked[:, :m], flat.reshape(m, d, -1))
    start = m
    for m, d in sizes[1:]:
        hot = _one_hot(picked[:, start : start + m], d)
        found = np.einsum("km,kmr->kr", hot, found.reshape(len(picked), m * d, -1))
        start += m
    return np.asarray(found)


def _limits(tables: Floats) -> Floats:
    """Return what each table (settings, outcomes, settings, outcomes) gives at most, whoever answers."""
    first = tables.max(axis=4).sum(axis=3).max(axis=2).sum(axis=1)
    second = tables.max(axis=2).sum(axis=1).max(axis=2).sum(axis=1)
    return np.asarray(np.minimum(first, second))


def _unravelled(numbers: NDArray[np.intp], options: Sequence[int]) -> NDArray[np.intp]:
    return np.stack(np.unravel_index(numbers, tuple(options)), axis=1) if options else np.zeros((len(numbers), 0), int)
