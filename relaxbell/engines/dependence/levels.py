"""The best λ with masses between limits: the largest Σ_x gain_x(mass_x, λ) + rest(λ) where all masses sum to one.

For one λ the masses over the settings form a box cut by a simplex, and what is gained is concave and piecewise linear
in each: a fractional knapsack. At a vertex all masses but one are at a level: an end of the box, or a place where the
gain has a corner. So the masses so far, in multiples of a common step, are one more number that is carried along while
settings are added one after the other and variables of λ are maximized over as soon as nothing depends on them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_CHOICES = 2**8
"""Most assignments of the variables that are left to the end."""

_ORDERS = 24
"""Most orders of the settings that are tried."""


class Level(NamedTuple):
    """A mass that a setting may have: in units, in steps above the least one, and whether it is the one between."""

    mass: int
    steps: int
    between: int


@dataclass(frozen=True)
class Levels:
    """Which masses a vertex has.

    Attributes
    ----------
    each
        The masses of each setting.
    target
        How many steps all settings together are above their least masses.
    rest
        Whether one setting must have a mass between levels; None where it may or may not.
    """

    each: tuple[tuple[Level, ...], ...]
    target: int
    rest: bool | None

    @classmethod
    def of(cls, count: int, unit: int, low: int, high: int, corners: Sequence[int] | None) -> Levels:
        """Return the levels of masses low ≤ mass ≤ high that sum to a unit.

        Parameters
        ----------
        count
            Number of settings.
        unit, low, high
            Whole numbers.
        corners
            Where the gain of each setting has a corner; None where it has none.
        """
        own = [{low, high} | ({min(max(corners[x], low), high)} if corners else set()) for x in range(count)]
        step = math.gcd(*(mass - low for masses in own for mass in masses)) or 1
        target, over = divmod(unit - count * low, step)
        every = range(low + (over or step), high, step) if over or corners else range(0)
        each = []
        for masses in own:
            levels = [Level(mass, (mass - low) // step, 0) for mass in sorted(masses)]
            levels += [Level(mass, (mass - low) // step, 1) for mass in every if mass not in masses]
            each.append(tuple(level for level in levels if level.steps <= target))
        return cls(tuple(each), target, True if over else None if len(every) else False)


@dataclass(frozen=True)
class _Enter:
    """A setting is added, with new variables at the end of those before; or tables of the rest."""

    setting: int | None
    tables: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True)
class _Leave:
    """A variable is maximized over."""

    variable: int
    before: tuple[int, ...]
    axis: int


@dataclass(frozen=True, eq=False)
class _Plan:
    steps: tuple[_Enter | _Leave, ...]
    kept: tuple[int, ...]
    work: int
    largest: int


def _plan(
    order: Sequence[int], domains: Sequence[int], scopes: Sequence[tuple[int, ...]], rest: Sequence[tuple[int, ...]],
    levels: Levels,
) -> _Plan:  # fmt: skip
    """Return what is done where the settings come in an order."""
    waiting, known = dict(enumerate(rest)), set[int]()
    events: list[tuple[int | None, tuple[int, ...], set[int]]] = []
    for x in order:
        known |= set(scopes[x])
        ready = tuple(i for i, scope in waiting.items() if known.issuperset(scope))
        events.append((x, ready, {*scopes[x], *(v for i in ready for v in waiting[i])}))
        waiting = {i: scope for i, scope in waiting.items() if i not in ready}
    events += [(None, (i,), set(scope)) for i, scope in waiting.items()]
    last = {v: k for k, (_, _, own) in enumerate(events) for v in own}
    frontier: tuple[int, ...] = ()
    steps: list[_Enter | _Leave] = []
    state, work, largest = (levels.target + 1) * (2 if levels.rest is not False else 1), 0, 0
    for k, (added, ready, own) in enumerate(events):
        after = (*frontier, *sorted(own - set(frontier)))
        steps.append(_Enter(added, ready, frontier, after))
        size = state * math.prod(domains[v] for v in after)
        work, largest = work + size * (1 if added is None else len(levels.each[added])), max(largest, size)
        frontier = after
        for v in after:
            if last[v] == k and (k + 1 < len(events) or math.prod(domains[w] for w in frontier) > _CHOICES):
                steps.append(_Leave(v, frontier, frontier.index(v)))
                frontier = tuple(w for w in frontier if w != v)
    return _Plan(tuple(steps), frontier, work, largest)


class LevelSearch:
    """Finds the best λ with their masses.

    Parameters
    ----------
    settings
        Values of the dependent inputs at each setting: settings that share them come one after the other.
    domains
        Number of values of each variable.
    scopes
        What the gain of each setting depends on, ascending.
    rest
        Scopes of the tables that are added for each λ, ascending.
    levels
        The masses.

    Attributes
    ----------
    work, largest
        Numbers that are computed for one maximum, and those of the largest table.
    """

    def __init__(
        self,
        settings: Sequence[tuple[int, ...]],
        domains: Sequence[int],
        scopes: Sequence[tuple[int, ...]],
        rest: Sequence[tuple[int, ...]],
        levels: Levels,
    ) -> None:
        self._domains, self._scopes, self._rest, self._levels = tuple(domains), tuple(scopes), tuple(rest), levels
        axes = range(len(settings[0]))
        plans = []
        for turned in itertools.islice(itertools.permutations(axes), _ORDERS):
            keys = [tuple(setting[k] for k in turned) for setting in settings]
            order = sorted(range(len(settings)), key=keys.__getitem__)
            plans.append(_plan(order, domains, scopes, rest, levels))
        self._plan = min(plans, key=lambda plan: plan.work)
        self.work, self.largest = self._plan.work, self._plan.largest

    def run(
        self, gains: Callable[[int, int], NDArray[Any]], rest: Sequence[NDArray[Any]], low: Any, *, choices: bool = True
    ) -> tuple[NDArray[Any], Best]:
        """Return the largest sums for each assignment of the variables that are left to the end, and what reaches them.

        Parameters
        ----------
        gains
            The gain of a setting at a mass, a table over its scope.
        rest
            The tables of the rest.
        low
            A number so low that no sum that is possible is below its half: −∞ for floats.
        choices
            Whether to remember what is best.
        """
        levels = self._levels
        flags = 1 if levels.rest is False else 2
        kind = np.asarray(low).dtype if not isinstance(low, int) else (np.int64 if abs(low) < 2**62 else object)
        total = np.full((flags, levels.target + 1), low, dtype=kind)
        total[0, 0] = 0
        found: list[NDArray[Any]] = []
        for step in self._plan.steps:
            if isinstance(step, _Leave):
                moved = np.moveaxis(total, step.axis, -1)
                if choices:
                    found.append(moved.argmax(axis=-1).astype(np.uint16))
                total = np.asarray(moved.max(axis=-1), dtype=kind)
                continue
            new = len(step.after) - len(step.before)
            total = total.reshape(*total.shape[:-2], *[1] * new, *total.shape[-2:])
            shape = (*(self._domains[v] for v in step.after), flags, levels.target + 1)
            if step.tables:
                parts = [self._fitted(rest[i], self._rest[i], step.after) for i in step.tables]
                total = np.asarray(total + np.asarray(sum(parts[1:], parts[0]))[..., None, None], dtype=kind)
            if step.setting is None:
                total = np.broadcast_to(total, shape)
                continue
            best, chosen = self._entered(total, shape, step, gains, low)
            total = best
            if choices:
                found.append(chosen)
        flag = slice(None) if levels.rest is None else int(levels.rest)
        ends = total[..., flag, levels.target]
        top = ends.max(axis=-1) if levels.rest is None else ends
        starts = ends.argmax(axis=-1) if levels.rest is None else np.full(top.shape, int(levels.rest))
        return np.asarray(top, dtype=kind), Best(self, found, np.asarray(starts))

    def _entered(
        self,
        total: NDArray[Any],
        shape: tuple[int, ...],
        step: _Enter,
        gains: Callable[[int, int], NDArray[Any]],
        low: Any,
    ) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Return the largest sums with one more setting, and which of its levels they have."""
        assert step.setting is not None
        best = np.full(shape, low, dtype=total.dtype)
        chosen = np.zeros(shape, dtype=np.uint8)
        for k, level in enumerate(self._levels.each[step.setting]):
            own = self._fitted(gains(step.setting, level.mass), self._scopes[step.setting], step.after)[..., None, None]
            flags, end = slice(0, 1 if level.between else shape[-2]), shape[-1] - level.steps
            sums = np.asarray(total[..., flags, :end] + own, dtype=total.dtype)
            target = (..., slice(1, 2) if level.between else flags, slice(level.steps, None))
            better = sums > best[target]
            best[target] = np.where(better, sums, best[target])
            chosen[target] = np.where(better, k, chosen[target])
        return best, chosen

    def _fitted(self, table: NDArray[Any], scope: Sequence[int], full: Sequence[int]) -> NDArray[Any]:
        """Return a table, its axes those of `full`."""
        own = sorted(range(len(scope)), key=lambda k: full.index(scope[k]))
        return table.transpose(own).reshape([self._domains[v] if v in scope else 1 for v in full])


@dataclass(frozen=True, eq=False)
class Best:
    """What is best for each assignment of the variables that are left to the end."""

    search: LevelSearch
    choices: list[NDArray[Any]]
    starts: NDArray[np.intp] = field(repr=False)

    def found(self, places: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the values of all variables, and the masses, for places in the flat array of largest sums."""
        plan, levels, domains = self.search._plan, self.search._levels, self.search._domains
        values = np.zeros((len(places), len(domains)), dtype=np.int64)
        mass = np.zeros((len(places), len(levels.each)), dtype=np.int64)
        shape = tuple(domains[v] for v in plan.kept)
        for v, own in zip(plan.kept, np.unravel_index(places, shape) if shape else (), strict=True):
            values[:, v] = own
        flag, steps = self.starts.ravel()[places].copy(), np.full(len(places), levels.target)
        left = len(self.choices)
        for step in reversed(plan.steps):
            if isinstance(step, _Enter) and step.setting is None:
                continue
            left -= 1
            choice = self.choices[left]
            if isinstance(step, _Leave):
                rest = [values[:, v] for v in step.before if v != step.variable]
                values[:, step.variable] = choice[(*rest, flag, steps)]
                continue
            assert step.setting is not None
            table = np.array(levels.each[step.setting])
            taken = table[choice[(*(values[:, v] for v in step.after), flag, steps)]]
            mass[:, step.setting], steps, flag = taken[:, 0], steps - taken[:, 1], flag - taken[:, 2]
        return values, mass
