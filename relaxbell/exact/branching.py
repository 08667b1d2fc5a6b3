"""The largest of sums of vectors, one taken from each of several lists: enumerated, or by branch and bound.

A score is a sum of absolute values or of maxima over blocks, so the score of a sum is at most the sum of the scores.
The first lists are joined to prefixes; a prefix whose score, plus the largest score of what follows, does not reach the
best known is dropped. The largest scores of what follows are found first, from the end (Russian dolls: Verfaillie,
Lemaître, Schiex, AAAI 1996). All numbers are whole and their sums below 2^53, so that floats are exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Floats

_LEVEL, _LAST = 8, 32
"""Most sums of the lists that are joined in one step, and in the last one: small steps drop more."""

_ENUMERATED = 2**12
"""So many sums are joined in one step."""

_CHUNK, _KEPT = 2**16, 2**20
"""Most numbers that are scored at once, and that wait for the next step."""

_CLOSE = 2**15
"""Most choices that are collected."""


class TooCloseError(Exception):
    """More choices come close to the largest value than may be compared exactly."""


Whole = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Score:
    """What a vector is worth: a first number as it is, then blocks of `width` numbers.

    Attributes
    ----------
    blocks
        1: the absolute values are added. More: for each place the largest of the blocks' numbers.
    width
        Numbers in a block.
    linear
        Whether the first number is there.
    """

    blocks: int
    width: int
    linear: bool

    def __call__(self, vectors: Floats) -> Floats:
        """Return the scores of the columns, shape (numbers, vectors): sums of long rows, which need no BLAS."""
        own = vectors[1:] if self.linear else vectors
        if self.blocks == 1:
            found = np.abs(own).sum(axis=0)
        else:
            blocks = own.reshape(self.blocks, self.width, *own.shape[1:])
            top = np.maximum(blocks[0], blocks[1])
            for block in blocks[2:]:
                np.maximum(top, block, out=top)
            found = top.sum(axis=0)
        if self.linear:
            found += vectors[0]
        return np.asarray(found)


class Branching:
    """The largest score of root + one vector of each list.

    Parameters
    ----------
    root
        The vector that always counts.
    lists
        Of each, the vectors that may be taken, shape (numbers, options).
    score
        Of sums.
    even
        Whether the negative of each sum without the root is one as well, and the score of both is the same: then the
        first list gives one option only where the root is zero.
    tick
        Called now and then; what it raises ends the search, and `upper` still holds.

    Attributes
    ----------
    best
        The largest score that was found, −∞ before.
    choice
        The options that have it.
    upper
        No score is larger.
    found
        (score, choice) of all that come within the slack asked for; some lower ones too.
    """

    def __init__(
        self, root: Floats, lists: list[Floats], score: Score, *, even: bool = False, tick: Callable[[], object]
    ) -> None:
        self.order = _order(lists)
        self.root, self.score, self.tick, self.even = root, score, tick, even
        self.lists = [lists[i] for i in self.order]
        self.groups = self._levels()
        self.joined = [_sums(self.lists[a:b]) for a, b in self.groups]
        self._tops = [float(score(own).max()) for own in self.joined]
        self.rest = [sum(self._tops[level:]) for level in range(len(self.groups) + 1)]
        self.best, self.choice = -math.inf, np.zeros(len(lists), dtype=np.intp)
        self.found: list[tuple[float, Whole]] = []
        self.slack: float | None = None
        self.upper = float(score(root[:, None])[0]) + self.rest[0]

    def _levels(self) -> list[tuple[int, int]]:
        """Return where the lists that are joined begin and end, the last group the largest."""
        if math.prod(own.shape[1] for own in self.lists) <= _ENUMERATED:
            return [(0, len(self.lists))] if self.lists else []
        groups, end, most = [], len(self.lists), _LAST
        while end:
            start, size = end, 1
            while start and (start == end or size * self.lists[start - 1].shape[1] <= most):
                start -= 1
                size *= self.lists[start].shape[1]
            groups.append((start, end))
            end, most = start, _LEVEL
        return groups[::-1]

    # ------------------------------------------------------------------- search

    def run(self, incumbent: float = -math.inf, slack: float | None = None) -> float:
        """Return the largest score, or the incumbent where none is larger.

        Parameters
        ----------
        incumbent
            A score that is attained.
        slack
            Where given, all choices are collected whose score is so much below the largest, or less.
        """
        self.best = incumbent
        if not self.lists:
            own = float(self.score(self.root[:, None])[0])
            self.best = max(incumbent, own)
            self.found = [(own, np.zeros(0, dtype=np.intp))]
            self.upper = self.best
            return self.best
        if len(self.groups) > 1:
            self._dolls()
        self.slack = slack
        self._descend(0, self.root[:, None], np.zeros((1, 0), dtype=np.intp), self.even and slack is None)
        self.upper = self.best
        return self.best

    def _dolls(self) -> None:
        """Find the largest scores of the last lists alone, each with the help of those before."""
        kept, base = self.best, float(self.score(self.root[:, None])[0])
        for level in range(len(self.groups) - 1, 0, -1):
            self.best = self._guess(level)
            self._descend(level, np.zeros((len(self.root), 1)), np.zeros((1, 0), dtype=np.intp), self.even)
            self.rest[level] = self.best
            self.upper = min(self.upper, base + sum(self._tops[:level]) + self.best)
        self.best = kept
        first = self.joined[0] + self.root[:, None]
        self.upper = min(self.upper, float(self.score(first).max()) + self.rest[1])

    def _guess(self, level: int) -> float:
        """Return a score of the last lists that is attained, by exchanging one option after the other."""
        lists = self.lists[self.groups[level][0] :]
        rng = np.random.default_rng(level)
        picked = np.stack([rng.integers(0, own.shape[1], 24) for own in lists])
        total = sum((own[:, picked[i]] for i, own in enumerate(lists)), np.zeros((len(self.root), 24)))
        best = -math.inf
        for _ in range(12):
            for i, own in enumerate(lists):
                without = total - own[:, picked[i]]
                picked[i] = self.score(without[:, :, None] + own[:, None, :]).argmax(axis=1)
                total = without + own[:, picked[i]]
            now = float(self.score(total).max())
            if now <= best:
                break
            best = now
        return best

    def _descend(self, level: int, prefixes: Floats, codes: Whole, halved: bool) -> None:
        own, last = self.joined[level], level == len(self.groups) - 1
        if halved and not prefixes.any():  # the first list: one of two opposite options
            own = own[:, : own.shape[1] // self.lists[self.groups[level][0]].shape[1]]
        size = own.shape[1]
        chunk = max(1, _CHUNK // own.size)
        waiting: list[tuple[Floats, Whole]] = []
        count = 0
        for start in range(0, prefixes.shape[1], chunk):
            self.tick()
            sums = (prefixes[:, start : start + chunk, None] + own[:, None, :]).reshape(len(own), -1)
            value = self.score(sums)
            if last:
                self._leaves(value, codes[start : start + chunk], size)
                continue
            kept = np.flatnonzero(self._alive(value + self.rest[level + 1]))
            if not len(kept):
                continue
            waiting.append((sums[:, kept], np.column_stack([codes[start + kept // size], kept % size])))
            count += len(kept)
            if count * len(own) > _KEPT:
                self._pass_on(level, waiting)
                waiting, count = [], 0
        if waiting:
            self._pass_on(level, waiting)

    def _pass_on(self, level: int, waiting: list[tuple[Floats, Whole]]) -> None:
        sums = np.concatenate([own for own, _ in waiting], axis=1)
        self._descend(level + 1, sums, np.concatenate([codes for _, codes in waiting]), False)

    def _alive(self, limit: Floats) -> NDArray[np.bool_]:
        return np.asarray(limit > self.best if self.slack is None else limit >= self.best - self.slack)

    def _leaves(self, value: Floats, codes: Whole, size: int) -> None:
        top = int(value.argmax())
        better = float(value[top]) > self.best
        if better:
            self.best = float(value[top])
            if len(codes[0]) == len(self.groups) - 1:
                self.choice = self._decoded(np.append(codes[top // size], top % size))
        if self.slack is None:
            return
        for j in np.flatnonzero(value >= self.best - self.slack).tolist():
            self.found.append((float(value[j]), self._decoded(np.append(codes[j // size], j % size))))
        if better:
            self.found = [pair for pair in self.found if pair[0] >= self.best - self.slack]
        if len(self.found) > _CLOSE:
            raise TooCloseError(f"{len(self.found):,} choices")

    def _decoded(self, code: Whole) -> Whole:
        """Return the option of each list, in the order in which they were given."""
        options: list[int] = []
        for (start, end), number in zip(self.groups, code.tolist(), strict=True):
            options += [int(v) for v in np.unravel_index(number, [own.shape[1] for own in self.lists[start:end]])]
        found = np.empty(len(self.lists), dtype=np.intp)
        found[self.order] = options
        return found


def _order(lists: list[Floats]) -> list[int]:
    """Return the lists, the last ones such that their vectors are small and different in direction.

    The largest score of parallel vectors is the sum of their scores, and what follows would be bounded by no less.
    """
    if not lists:
        return []
    far = np.stack([own[:, np.abs(own).sum(axis=0).argmax()] for own in lists])
    overlap = np.abs(np.einsum("iw,jw->ij", far, far))
    left, chosen = list(range(len(lists))), []
    total = np.diag(overlap).copy()
    while left:
        best = min(left, key=total.__getitem__)
        left.remove(best)
        chosen.append(best)
        total += overlap[best]
    return chosen[::-1]


def _sums(lists: list[Floats]) -> Floats:
    """Return all sums of one vector of each list, the last list changing fastest."""
    found = lists[0]
    for own in lists[1:]:
        found = (found[:, :, None] + own[:, None, :]).reshape(len(found), -1)
    return found
