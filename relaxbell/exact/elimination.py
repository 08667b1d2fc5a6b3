"""Max-sum variable elimination: the largest value of a sum of small tables, without listing assignments.

Each table depends on a few variables, its scope. Variables are eliminated one after the other: the tables that depend
on one are added and replaced by their maximum over it, a table over the other variables that occur in them. The plan
depends on domains and scopes only, so it is made once, and its cost is known before anything is computed. See Dechter,
Artificial Intelligence 113, 41 (1999), doi:10.1016/S0004-3702(99)00059-4, for bucket elimination.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_SUM = 2**62
"""Whole numbers whose sums stay below this are added in int64."""

_CAREFUL = 2**14
"""Entries of all scopes up to which an order is sought with care."""

_CHOICES = 2**12
"""Most assignments of the variables that are eliminated last: their best values are known for each, at no cost."""


class WidthError(ValueError):
    """Elimination would need a table that is too large.

    Attributes
    ----------
    size
        How many numbers it would have, whichever variable came next.
    """

    def __init__(self, size: int) -> None:
        super().__init__(f"elimination needs a table of {size:,} numbers")
        self.size = size


@dataclass(frozen=True)
class _Step:
    """One variable: the tables that are added, how their axes become those of the sum, and the sum's scope."""

    variable: int
    tables: tuple[int, ...]  # small ones first: large sums are touched rarely
    turns: tuple[tuple[int, ...] | None, ...]  # permutations that bring the variable's axis to the end
    shapes: tuple[tuple[int, ...], ...]
    scope: tuple[int, ...]  # without the variable, whose axis is the last


class Elimination:
    """The order in which variables are eliminated, for tables of given scopes.

    Parameters
    ----------
    domains
        Number of values of each variable.
    scopes
        The variables of each table, ascending: the order of its axes.
    most
        Most numbers of a table.
    choices
        Most assignments of the variables that are left to the end.

    Attributes
    ----------
    kept
        The variables that are left to the end; by default they take at most 4096 assignments together.
    entries
        How many numbers all sums together have: the work of a run.
    steps
        How many of them are added before the kept variables are reached.
    largest
        How many numbers the largest sum has: its memory.
    width
        Most variables of a sum.

    Raises
    ------
    WidthError
        If some table would be larger, before anything is computed.

    Examples
    --------
    >>> chain = Elimination((2, 2, 2), [(0, 1), (1, 2)])
    >>> differ = np.array([[0, 1], [1, 0]])
    >>> top, best = chain.run([differ, 2 * differ])
    >>> int(top.max()), best.assignments(np.array([top.argmax()])).tolist()
    (3, [[0, 1, 0]])
    """

    def __init__(
        self,
        domains: Sequence[int],
        scopes: Iterable[Sequence[int]],
        *,
        most: int = 2**40,
        choices: int = _CHOICES,
    ) -> None:
        self.domains = tuple(domains)
        self.scopes = [tuple(scope) for scope in scopes]
        # variables by rank: problems that differ by their names only have one order
        used = sorted({v for scope in self.scopes for v in scope})
        rank = {v: i for i, v in enumerate(used)}
        ranked = tuple(tuple(rank[v] for v in scope) for scope in self.scopes)
        ranks, self.entries, self.largest, self.width = _best_order(tuple(self.domains[v] for v in used), ranked, most)
        order = [used[i] for i in ranks]
        count = 0
        size = 1
        for v in reversed(order):
            size *= self.domains[v]
            if size > choices:
                break
            count += 1
        gone = order[: len(order) - count]
        self.kept = tuple(sorted(order[len(order) - count :]))
        self.entries += math.prod(self.domains[v] for v in self.kept)
        self._plan(gone)
        self.steps = sum(math.prod(self.domains[v] for v in (*step.scope, step.variable)) for step in self._steps)

    def _plan(self, order: Sequence[int]) -> None:
        scopes = list(self.scopes)
        users: dict[int, set[int]] = {}
        for i, scope in enumerate(scopes):
            for v in scope:
                users.setdefault(v, set()).add(i)
        self._steps: list[_Step] = []
        used: set[int] = set()
        for v in order:
            parts = sorted(users.pop(v), key=lambda i: (math.prod(self.domains[w] for w in scopes[i]), scopes[i], i))
            rest = tuple(sorted({w for i in parts for w in scopes[i]} - {v}))
            full = (*rest, v)
            turns = tuple(_to_the_end(scopes[i].index(v), len(scopes[i])) for i in parts)
            shapes = tuple(self._fitted(scopes[i], full) for i in parts)
            self._steps.append(_Step(v, tuple(parts), turns, shapes, rest))
            for i in parts:
                used.add(i)
                for w in scopes[i]:
                    if w != v:
                        users[w].discard(i)
            for w in rest:
                users[w].add(len(scopes))
            scopes.append(rest)
        self._rest = [(i, self._fitted(scope, self.kept)) for i, scope in enumerate(scopes) if i not in used]

    def _fitted(self, scope: Sequence[int], full: Sequence[int]) -> tuple[int, ...]:
        """Return the shape in which a table, its axes in the order of `full`, is added to others."""
        return tuple(self.domains[w] if w in scope else 1 for w in full)

    # ------------------------------------------------------------------------ runs

    @property
    def additions(self) -> int:
        """How many numbers are added in a run, but for those that are left to the end: its time."""
        return sum(
            len(step.tables) * math.prod(self.domains[v] for v in (*step.scope, step.variable)) for step in self._steps
        )

    def run(
        self, tables: Sequence[NDArray[Any]], *, choices: bool = True, tick: Callable[[], object] | None = None
    ) -> tuple[NDArray[Any], Best]:
        """Return the largest sums, one for each assignment of the kept variables, and what reaches them.

        Parameters
        ----------
        tables
            In the order of the scopes: floats, int64 or whole numbers of any size (object), all of one kind.
        choices
            Whether to remember the best values, for `Best.assignments`.
        tick
            Called before each variable is eliminated; it may raise.

        Returns
        -------
        largest, best
            An array with an axis for each kept variable, and the assignments behind it.
        """
        parts, best = self.run_parts(tables, choices=choices, tick=tick)
        shape = tuple(self.domains[v] for v in self.kept)
        rest = [own.reshape(fitted) for own, (_, fitted) in zip(parts, self._rest, strict=True)]
        top = np.broadcast_to(_sum(rest), shape) if rest else np.zeros(shape)
        return top, best

    @property
    def parts(self) -> list[tuple[int, tuple[int, ...]]]:
        """Numbers and scopes of the tables that are left once all variables but the kept ones are eliminated.

        Those that were given keep their numbers.
        """
        return [
            (i, tuple(v for v, size in zip(self.kept, fitted, strict=True) if size > 1)) for i, fitted in self._rest
        ]

    def run_parts(
        self, tables: Sequence[NDArray[Any]], *, choices: bool = True, tick: Callable[[], object] | None = None
    ) -> tuple[list[NDArray[Any]], Best]:
        """Return the tables whose sum `run` returns, each over the kept variables in `parts`, and what is behind them.

        Parameters
        ----------
        tables, choices, tick
            As in `run`.
        """
        found: list[NDArray[Any] | None] = list(tables)
        best: list[NDArray[Any]] = []
        for step in self._steps:
            if tick is not None:
                tick()
            parts = []
            for i, turn, shape in zip(step.tables, step.turns, step.shapes, strict=True):
                own = found[i]
                assert own is not None  # each table is used once
                parts.append((own if turn is None else own.transpose(turn)).reshape(shape))
                found[i] = None
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            last = total.shape[-1]
            if choices:
                if last == 2:
                    best.append(np.asarray(total[..., 1] > total[..., 0]))
                else:
                    best.append(np.asarray(np.argmax(total, axis=-1), dtype=np.uint16))
            largest = np.maximum(total[..., 0], total[..., 1]) if last == 2 else total.max(axis=-1)
            found.append(largest if step.scope else np.asarray(largest, dtype=total.dtype))  # without axes a number
        rest = []
        for i, fitted in self._rest:
            own = found[i]
            assert own is not None
            rest.append(own.reshape([size for size in fitted if size > 1]))
        return rest, Best(self, best)

    def largest_sum(self, tables: Sequence[NDArray[Any]]) -> Any:
        """Return the largest sum; whole numbers in int64 where no sum can overflow, else as Python's.

        Parameters
        ----------
        tables
            In the order of the scopes: floats, or whole numbers.

        Returns
        -------
        float or int
            Exact for whole numbers.
        """
        if not tables:
            return 0
        if all(table.dtype.kind in "iO" for table in tables):
            size = sum(int(np.max(np.asarray(abs(table)), initial=0)) for table in tables)
            kind: Any = np.int64 if size < LARGEST_SUM else object
            tables = [table.astype(kind, copy=False) for table in tables]
            return int(self.run(tables, choices=False)[0].max())
        return float(self.run(tables, choices=False)[0].max())


@dataclass(frozen=True, eq=False)
class Best:
    """The best values of the eliminated variables, for each assignment of the kept ones."""

    elimination: Elimination
    choices: list[NDArray[Any]]

    def assignments(self, places: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the best assignments of all variables, one row for each place in the flat array of largest sums."""
        own = self.elimination
        out = np.zeros((len(places), len(own.domains)), dtype=np.int64)
        if own.kept:
            roots = np.unravel_index(places, tuple(own.domains[v] for v in own.kept))
            for v, values in zip(own.kept, roots, strict=True):
                out[:, v] = values
        for step, choice in zip(reversed(own._steps), reversed(self.choices), strict=True):
            out[:, step.variable] = choice[tuple(out[:, w] for w in step.scope)]
        return out


@cache
def _to_the_end(axis: int, axes: int) -> tuple[int, ...] | None:
    """Return the permutation that moves an axis to the end; `numpy.moveaxis` takes as long as a small sum."""
    return None if axis == axes - 1 else (*range(axis), *range(axis + 1, axes), axis)


def _sum(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Return the sum of arrays that broadcast, the small ones first: large ones are touched rarely."""
    parts = sorted(parts, key=lambda part: part.size)
    total = parts[0]
    for part in parts[1:]:
        total = np.asarray(total + part, dtype=part.dtype)
    return total


@lru_cache(maxsize=16)
def _best_order(
    domains: tuple[int, ...], scopes: tuple[tuple[int, ...], ...], most: int
) -> tuple[list[int], int, int, int]:
    """Return the better of two greedy orders; where there are very many tables, the one that is found quickly."""
    found = []
    for fill in (False, True):
        try:
            found.append(_order(domains, scopes, fill, most))
        except WidthError as error:
            last = error
        if sum(map(len, scopes)) > _CAREFUL:
            break
    if not found:
        raise last
    return min(found, key=lambda own: own[1])


def _order(
    domains: Sequence[int], scopes: Sequence[tuple[int, ...]], fill: bool, most: int
) -> tuple[list[int], int, int, int]:
    """Return a greedy order of the variables that occur, the numbers of all entries and of the most, and the width.

    By the fewest new neighbors among neighbors (`fill`), then by size; or by size alone.
    """
    near: dict[int, set[int]] = {}
    for scope in scopes:
        for v in scope:
            near.setdefault(v, set()).update(scope)
    for v in near:
        near[v].discard(v)
    logs = [math.log2(d) for d in domains]

    def cost(v: int) -> tuple[float, ...]:
        size = logs[v] + sum(logs[w] for w in near[v])
        missing = 0
        if fill:
            own = near[v]
            missing = sum(len(own) - 1 - len(own & near[w]) for w in own)
        return (missing, size, v)

    costs = {v: cost(v) for v in near}
    order: list[int] = []
    entries = largest = width = 0
    while costs:
        v = min(costs, key=costs.__getitem__)
        own = near.pop(v)
        del costs[v]
        order.append(v)
        size = domains[v] * math.prod(domains[w] for w in own)
        if size > most:
            raise WidthError(size)
        entries, largest, width = entries + size, max(largest, size), max(width, len(own) + 1)
        touched = set(own)
        for w in own:
            near[w] |= own
            near[w] -= {w, v}
            if fill:
                touched |= near[w]
        for w in touched:
            if w in costs:
                costs[w] = cost(w)
    return order, entries, largest, width
