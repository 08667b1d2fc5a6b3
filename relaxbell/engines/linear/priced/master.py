"""The linear program over the strategies that were generated so far, and what generates more.

Elastic columns, at a price, keep it feasible, and a last row, Σ q ≤ 1, bounded. First many cheap steps along averaged
subgradients of the dual function (the volume algorithm of Barahona and Anbil, Math. Program. 87, 385 (2000),
doi:10.1007/s101070050002) fill the pool: each costs one pricing, which takes a millisecond where the program takes a
hundred. Then the program is solved, and the best strategies are sought between its duals and the best ones known
(Wentges, Int. Trans. Oper. Res. 4, 151 (1997)), until its value and the bound agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.linear.priced.form import PricedForm, Pricer
from relaxbell.engines.linear.priced.orbits import Orbits
from relaxbell.errors import SolverError
from relaxbell.exact.basis import Basis
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import remaining
from relaxbell.lp.highs import LiveModel, Status
from relaxbell.lp.rows import MISSED, misses, without_misses

_PRICES = (0.6, 6.0, 600.0)
"""Of missing a row by one, for a measure of size one. Low prices bound the duals; raised while rows are missed."""

_WARM = 60
"""Steps of the volume algorithm without an improvement by a thousandth that end it."""

_MOST_STEPS = 150
"""Of the volume algorithm; half as many as there are rows, where these are few."""

_ROUNDS = 2000

_STEP_COLUMNS, _ROUND_COLUMNS = 6, 100
"""Strategies that are kept of each step, and of each solution of the program."""

_CLOSE = 1e-11
"""Gap between the program's value and the bound, for a measure of size one, at which nothing more is sought."""

_BEYOND = 1.5
"""Bounds of so many times the size of a measure are beyond what it can be, rounding and all."""

_TOLERANCE = 1e-11
"""Reduced costs above −this are none."""


@dataclass(frozen=True, eq=False)
class _Priced:
    """What was found at some duals: the bound, the strategies of least reduced cost, their columns and costs."""

    bound: float
    assignments: NDArray[np.int64]
    columns: Floats
    costs: Floats
    beyond: NDArray[np.intp]  # auxiliary columns whose reduced cost is negative


class Master:
    """A program over a growing pool of strategies.

    Parameters
    ----------
    form
        The problem.
    pricer
        Of its rows.
    orbits
        Rows that are merged.
    size
        About how large the measure may be.
    prices
        Of missing a row by one, in units of the size; the next one where rows are missed.

    Attributes
    ----------
    duals, bound
        The best duals so far, of all rows of the form's program, and the bound that they give in floats.
    pool
        Values of all variables in each strategy of the program, in the order of its columns.
    iterations, rounds
        Of the simplex method, and solutions of the program.
    """

    def __init__(
        self, form: PricedForm, pricer: Pricer, orbits: Orbits, size: float, *, prices: Sequence[float] = _PRICES
    ) -> None:
        program, merge = form.program, orbits.merge
        self._form, self._pricer, self._orbits, self._size = form, pricer, orbits, max(size, 1e-9)
        self._rhs = np.asarray(merge @ program.upper)
        free = np.isinf(program.lower)
        self._less = np.asarray(merge @ free.astype(float)) > 0
        lower = np.where(self._less, -np.inf, self._rhs)
        self.auxiliary = sp.csc_array(merge @ sp.csc_array(program.matrix[:, len(form.rows) :]))
        self.auxiliary_cost = program.cost[len(form.rows) :]
        loose = np.zeros(len(program.upper))
        for place in (program.equations, *program.budgets, *program.affine):
            loose[place] = 1.0
        self.elastic = np.flatnonzero(np.asarray(merge @ loose) > 0)  # rows that may be missed
        count = len(self.elastic)
        self._box = np.full(len(self._rhs), np.inf)
        self._prices = iter(prices)
        self._price = next(self._prices) * self._size
        self._box[self.elastic] = self._price
        matrix = sp.hstack([misses(self.elastic, len(self._rhs)), self.auxiliary], format="csc")
        matrix = sp.csc_array(sp.vstack([matrix, sp.csc_array((1, matrix.shape[1]))], format="csc"))
        cost = np.concatenate([np.full(2 * count, self._price), self.auxiliary_cost])
        sides = np.append(lower, -np.inf), np.append(self._rhs, 1.0)
        self._model = LiveModel(matrix, cost, *sides, method="primal simplex")
        self._seen: set[bytes] = set()
        self._new: list[tuple[NDArray[np.int64], Floats, Floats]] = []
        self._pool: list[NDArray[np.int64]] = []
        self._columns: list[Floats] = []
        self.merged = np.zeros(len(self._rhs))
        self.bound = -np.inf
        self.iterations = self.rounds = 0

    # ------------------------------------------------------------------ what is known

    @property
    def duals(self) -> Floats:
        """The best duals so far, of all rows of the form's program."""
        return np.asarray(self._orbits.merge.T @ self.merged)

    @property
    def pool(self) -> NDArray[np.int64]:
        """Values of all variables in each strategy of the program."""
        none = np.zeros((0, len(self._form.rows.domains)), dtype=np.int64)
        return np.concatenate(self._pool) if self._pool else none

    @property
    def first(self) -> int:
        """Number of the program's columns before the strategies: elastic and auxiliary ones."""
        return 2 * len(self.elastic) + len(self.auxiliary_cost)

    @property
    def weights(self) -> Floats:
        """Weights of the strategies in the last solution."""
        return self._model.x[self.first :]

    @property
    def missed(self) -> float:
        """By how much rows are missed in the last solution."""
        return float(self._model.x[: 2 * len(self.elastic)].sum())

    @property
    def value(self) -> float:
        """Objective of the last solution, with the price of what is missed."""
        return self._model.value

    @property
    def reached(self) -> float:
        """The measure in the last solution, without the price of what is missed."""
        amounts, costs = self._model.x[2 * len(self.elastic) :], self._form.columns(self.pool)[1]
        return float(np.concatenate([self.auxiliary_cost, costs]) @ amounts)

    def basis(self) -> Basis | None:
        """Return the last basis over auxiliary columns and strategies; elastic ones are their row's slack.

        The last row is Σ q ≤ 1.
        """
        basis = self._model.basis()
        return None if basis is None else without_misses(basis, self.elastic)

    # ----------------------------------------------------------------------- search

    def minimize(self, *, warm: bool = True) -> bool:
        """Generate strategies until value and bound agree; return whether all rows are met then.

        Where they are few, the first ones had better not be sought by `warm` steps.
        """
        if warm:
            self._warm()
        while True:
            self._rounds()
            if self.missed <= MISSED:
                return True
            if self._contradicted:
                return False
            price = next(self._prices, None)
            if price is None:
                return False
            self._price = price * self._size
            self._box[self.elastic] = self._price
            self._model.set_cost(np.full(2 * len(self.elastic), self._price))

    def add(self, assignments: NDArray[np.int64]) -> None:
        """Add strategies to the program."""
        self._take(assignments, *self._merged(assignments))

    def solve(self) -> tuple[Floats, float]:
        """Solve the program with the strategies so far; return its duals, and that of Σ q ≤ 1."""
        if self._new:
            columns = np.concatenate([own for _, own, _ in self._new], axis=1)
            sizes = [self._form.sizes(assignments) for assignments, _, _ in self._new]
            columns = np.concatenate([columns, np.concatenate(sizes)[None, :]])
            self._model.add_columns(sp.csc_array(columns), np.concatenate([cost for _, _, cost in self._new]))
            self._pool += [assignments for assignments, _, _ in self._new]
            self._new = []
        if self._model.run() is not Status.OPTIMAL:
            self._model.answer()  # says how it ended
            raise SolverError("HiGHS found no solution of a program that has one. Report the model and data.")
        self.rounds += 1
        self.iterations += self._model.iterations
        duals = self._model.duals
        return duals[:-1], float(duals[-1])

    def _rounds(self) -> None:
        """Solve, and add the best strategies, until there are none or value and bound agree."""
        for _ in range(_ROUNDS):
            duals, total = self.solve()
            for share in (0.5, 1.0):
                at = duals if share == 1.0 else self.merged + share * (duals - self.merged)
                found = self._priced(at, _ROUND_COLUMNS)
                if found.bound > self.bound:
                    self.bound, self.merged = found.bound, at
                gain = found.columns.T @ duals + total * self._form.sizes(found.assignments) - found.costs
                better = np.flatnonzero(gain > _TOLERANCE * self._size)
                if self._take(found.assignments[better], found.columns[:, better], found.costs[better]):
                    break
                if self.value - self.bound <= _CLOSE * self._size:
                    return
            else:
                return
            if self.value - self.bound <= _CLOSE * self._size or self._contradicted:
                return

    @property
    def _contradicted(self) -> bool:
        """Whether the bound is above what the measure can be, so that nothing meets all rows."""
        return self.bound > _BEYOND * self._size

    def _warm(self) -> None:
        """Improve the bound along averaged subgradients, from no duals at all, and keep the strategies on the way."""
        found = self._priced(self.merged, _STEP_COLUMNS)
        self._take(found.assignments, found.columns, found.costs)
        self.bound, step, bad, since = found.bound, 1.0, 0, 0
        direction = self._subgradient(found)
        for _ in range(min(_MOST_STEPS, len(self._rhs) // 2)):
            remaining()
            used = np.where(self._less & (self.merged >= 0) & (direction > 0), 0.0, direction)
            norm = float(used @ used)
            if norm < 1e-18:
                break
            at = self.merged + step * max(0.4 * self._size - self.bound, 1e-3 * self._size) / norm * used
            at = np.clip(at, -self._box, np.where(self._less, 0.0, self._box))
            found = self._priced(at, _STEP_COLUMNS)
            self._take(found.assignments, found.columns, found.costs)
            direction = 0.9 * direction + 0.1 * self._subgradient(found)
            since += 1
            if found.bound > self.bound:
                if found.bound > self.bound + 1e-3 * self._size:
                    since = 0
                self.bound, self.merged, step, bad = found.bound, at, min(2.0, 1.1 * step), 0
            elif (bad := bad + 1) >= 10:
                step, bad = 0.66 * step, 0
            if since >= _WARM:
                break

    def _subgradient(self, found: _Priced) -> Floats:
        slope = self._rhs - found.columns[:, 0] / self._form.sizes(found.assignments[:1])[0]
        if len(found.beyond):
            slope = slope - self._size * np.asarray(self.auxiliary[:, found.beyond].sum(axis=1))
        return np.asarray(slope)

    def _priced(self, duals: Floats, most: int) -> _Priced:
        """Return the bound that duals give, and up to so many of the best strategies there, the best first."""
        top, best = self._pricer.best(self._form.prices(self._orbits.merge.T @ duals))
        flat = top.ravel()
        most = min(most, flat.size)
        chosen = np.argpartition(-flat, most - 1)[:most]
        chosen = chosen[np.argsort(-flat[chosen], kind="stable")]
        reduced = self.auxiliary.T @ duals - self.auxiliary_cost
        bound = float(self._rhs @ duals) - float(flat[chosen[0]]) - self._size * float(np.maximum(reduced, 0).sum())
        assignments = best.assignments(chosen)
        return _Priced(bound, assignments, *self._merged(assignments), np.flatnonzero(reduced > 0))

    def _merged(self, assignments: NDArray[np.int64]) -> tuple[Floats, Floats]:
        columns, costs = self._form.columns(assignments)
        return (self._orbits.merge @ columns).toarray(), costs

    def _take(self, assignments: NDArray[np.int64], columns: Floats, costs: Floats) -> int:
        """Keep strategies whose columns are new; return how many."""
        fresh = []
        for j in range(len(costs)):
            key = columns[:, j].tobytes() + costs[j].tobytes()
            if key not in self._seen:
                self._seen.add(key)
                fresh.append(j)
        if fresh:
            self._new.append((assignments[fresh], columns[:, fresh], costs[fresh]))
        return len(fresh)
