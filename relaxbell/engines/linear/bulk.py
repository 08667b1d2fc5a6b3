"""A linear program at very many behaviors: bases are found once, and serve all points where they are optimal.

For a measure of a linear program only the right-hand sides depend on the behavior, and these are affine in its
coordinates. So for each basis the values of its columns are affine forms, "optimal" is a list of inequalities, and the
dual bound is one form more, rigorous wherever it is evaluated. A point is tested on the bases whose bound is best.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.causal.equations import Equations
from relaxbell.causal.whole import WholePoints
from relaxbell.engines.linear.dual import alike, dual_bound
from relaxbell.engines.linear.over import WANTED, limit
from relaxbell.engines.linear.program import Problem, linear_program
from relaxbell.engines.pools import NEAR, Form, Pool, PoolBasis, Served
from relaxbell.exact.basis import Basis
from relaxbell.exact.numbers import Floats, Surd, floor_float, to_floats
from relaxbell.lp.bases import OptimalBasis
from relaxbell.lp.clock import TimeLimitError, share
from relaxbell.lp.highs import LiveModel, Status
from relaxbell.lp.idle import Idle
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.measure import Budget
from relaxbell.measures.terms import Term

_FRUITLESS = 200
"""After as many bases, …"""

_WORTH = 0.5
"""… if they served fewer other points of the sample than this on average, looking for more is given up."""

_QUIET = 8
"""After as many bases in a row that served no other point of a block, only every eighth is tested on others."""

_NOTHING = 1e-11
"""Coefficients of a row below this are rounding errors of a row that is always tight."""


class BulkProgram:
    """The linear program of a measure with constraints, for full behaviors.

    Parameters
    ----------
    objective
        Term of the measure.
    equations
        Of full behaviors; any right-hand sides will do.
    budgets, affine
        Constraints, as in `Problem`.
    coordinates
        Of the model, or of all behaviors.
    """

    def __init__(
        self,
        objective: Term,
        equations: Equations,
        budgets: Sequence[Budget],
        affine: Sequence[AffineConstraint],
        coordinates: Coordinates,
    ) -> None:
        self._problem = Problem.of(objective, equations, budgets, affine).at_ones()
        self._program = own = linear_program(self._problem)
        units = np.eye(coordinates.dimension + 1, dtype=np.int64)
        self._expand = coordinates.expand(units).reshape(-1, len(units))
        self._weights = equations.cell_weights
        self._sides = np.zeros((len(own.upper), len(units)))
        """The right-hand sides of all rows are this matrix times coordinates."""
        self._sides[:, 0] = own.upper
        scale = own.upper[own.equations] * to_floats(self._weights)
        self._sides[own.equations] = scale[:, None] * self._expand
        self._equal = own.lower == own.upper
        self._numbers = np.arange(len(own.lower), dtype=np.int32)[own.equations]
        self._nonnegative = self._problem.objective.is_nonnegative
        self._idle = Idle(lambda: LiveModel(own.matrix, own.cost, own.lower, own.upper))

    def learn(self, points: WholePoints) -> Pool:
        """Return bases that serve points of a sample; the same for the same sample."""
        pool = Pool()
        search = _Search(self, pool, points)
        search.run(until_fruitless=True)
        most = np.argsort(-np.array(search.hits), kind="stable")
        return Pool(pool.forms, [pool.bases[k] for k in most.tolist()], pool.keys)

    def solve(self, pool: Pool, points: WholePoints) -> Served:
        """Return values and bounds; what the pool does not serve is solved one by one, and serves the others then."""
        search = _Search(self, pool.copy(), points)
        search.serve()
        search.run()
        return search.result(nonnegative=self._nonnegative)

    # ------------------------------------------------------------- single points

    def solved(self, points: WholePoints, i: int, start: Basis | None) -> tuple[Floats, float, Basis | None] | None:
        """Return the duals at a point, the value, and the basis; None where there is no optimum."""
        values = self._sides[self._program.equations] @ points.floats[:, i]
        with self._idle.taken() as live:
            live.forget()
            if start is not None:
                live.start_from(start)
            live.set_rows(values, values, self._numbers)
            if live.run() is not Status.OPTIMAL:
                return None
            return live.duals, live.value, live.basis()

    def form(self, points: WholePoints, i: int, duals: Floats) -> Form | None:
        """Return the bound that duals prove, evaluated best at a point; None where it is irrational."""
        bound = dual_bound(self._problem.at(points.row(i).numbers() * self._weights), self._program, duals)
        if any(isinstance(v, Surd) for v in bound.z.tolist()):
            return None
        # multipliers of rational rows are rational, and so is the rest; were it not, less is still a bound
        rest = Fraction(floor_float(bound.offset)) if isinstance(bound.offset, Surd) else bound.offset
        used = [(k, Fraction(v)) for k, v in enumerate((bound.z * self._weights).tolist()) if v]
        total = [rest, *[Fraction(0)] * (self._expand.shape[1] - 1)]
        for k, v in used:
            for j in np.flatnonzero(self._expand[k]).tolist():
                total[j] += v * int(self._expand[k, j])
        return Form.of(total)

    def tested(self, number: int, form: Form, basis: Basis) -> PoolBasis | None:
        """Return a basis with the inequalities of where it is optimal; None if it does not prove the form there."""
        own = self._program
        factors = OptimalBasis.of(own.matrix, own.cost, basis, np.empty(0))
        if factors is None:
            return None
        x = factors.factors.solve(self._sides[factors.rows])
        if not abs(factors.cost @ x - form.floats).sum() <= NEAR / 2:
            return None
        missed = factors.columns @ x - self._sides
        rows = np.concatenate([-x, missed[basis.loose], -missed[basis.loose][self._equal[basis.loose]]])
        size = abs(rows).max(axis=1)
        rows = rows[size > _NOTHING]
        rows = np.unique(np.round(rows, 13), axis=0)
        return PoolBasis(number, np.ascontiguousarray(rows), basis)


class _Search:
    """Points on their way to values: which form is best where, and which point is served by which."""

    def __init__(self, program: BulkProgram, pool: Pool, points: WholePoints) -> None:
        self._program, self._pool, self._points = program, pool, points
        n = len(points)
        self._open = np.ones(n, dtype=bool)
        self._by = np.full(n, -1)
        self._best = np.full(n, -np.inf)
        self._first = np.full(n, -1)
        """The form that is best, where one is."""
        self._rows: list[Floats] = []
        self._seconds = np.zeros(n)
        self._undecided: list[int] = []
        self._late: list[int] = []
        self.hits = [0] * len(pool.bases)

    def serve(self) -> None:
        """Test all points on the bases of the pool."""
        began = time.perf_counter()
        pool, n = self._pool, len(self._points)
        if pool.forms and n:
            floats = self._points.floats
            bounds = np.stack([form.floats for form in pool.forms]) @ floats
            self._rows = list(bounds)
            self._best, self._first = bounds.max(axis=0), bounds.argmax(axis=0)
            limit = self._best - NEAR
            for row, bases in zip(bounds, pool.of_forms(), strict=True):
                left = np.flatnonzero(self._open & (row >= limit))
                for basis in bases:
                    if not len(left):
                        break
                    good = basis.serves(floats[:, left])
                    done = left[good]
                    self._open[done], self._by[done] = False, basis.form
                    left = left[~good]
            self._seconds += (time.perf_counter() - began) / n

    def run(self, *, until_fruitless: bool = False) -> None:
        """Solve open points one by one; each new basis is tested on those that remain."""
        starts = {basis.form: basis.basis for basis in reversed(self._pool.bases)}
        served, solved, fruitless = 0, 0, 0
        remaining = np.flatnonzero(self._open)
        while len(remaining):
            began = time.perf_counter()
            i, others = int(remaining[0]), remaining[1:]
            if until_fruitless and solved >= _FRUITLESS and served < _WORTH * solved:
                break
            self._open[i] = False
            try:
                with share(1, len(remaining)):
                    # where the best bound is attained the basis is dual feasible, and often nearly optimal
                    found = self._program.solved(self._points, i, starts.get(int(self._first[i])))
            except TimeLimitError:
                if until_fruitless:
                    break
                self._late.append(i)
                self._seconds[i] += time.perf_counter() - began
                remaining = others
                continue
            number = None if found is None else self._number(i, found[0])
            if found is None or number is None or not self._attained(i, number, found[1]):
                self._undecided.append(i)
            else:
                self._by[i] = number
                solved += 1
                if found[2] is not None:
                    starts.setdefault(number, found[2])
                    candidates = others[self._rows[number][others] >= self._best[others] - NEAR]
                    worth = len(candidates) > 0 and (fruitless < _QUIET or solved % _QUIET == 0)
                    if until_fruitless or worth:
                        good = candidates[self._tested(number, found[2], candidates)]
                        self._open[good], self._by[good] = False, number
                        others = others[self._open[others]]
                        served += len(good)
                        fruitless = 0 if len(good) else fruitless + 1
            self._seconds[i] += time.perf_counter() - began
            remaining = others

    def _tested(self, number: int, basis: Basis, points: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return at which points a new basis is optimal, and keep it in the pool."""
        tested = self._program.tested(number, self._pool.forms[number], basis)
        if tested is None:
            return np.zeros(len(points), dtype=bool)
        good = tested.serves(self._points.floats[:, points])
        self._pool.bases.append(tested)
        self.hits.append(1 + int(good.sum()))
        return good

    def _number(self, i: int, duals: Floats) -> int | None:
        """Return the number of the form of duals at a point, new or not; None where they prove none."""
        key, pool = alike(duals), self._pool
        if key not in pool.keys:
            form = self._program.form(self._points, i, duals)
            if form is None:
                return None
            known = (k for k, own in enumerate(pool.forms) if own.whole == form.whole)
            number = next((k for k in known if pool.forms[k].denominator == form.denominator), len(pool.forms))
            if number == len(pool.forms):
                pool.forms.append(form)
                row = form.floats @ self._points.floats
                self._rows.append(row)
                better = row > self._best
                self._best[better], self._first[better] = row[better], number
            pool.keys[key] = number
        return pool.keys[key]

    def _attained(self, i: int, number: int, value: float) -> bool:
        """Return whether a value is as close to its bound as `minimize` wants it."""
        return bool(abs(value - self._rows[number][i]) <= limit(value, WANTED))

    def result(self, *, nonnegative: bool) -> Served:
        """Return the columns."""
        n = len(self._points)
        values, lower = np.full(n, np.nan), np.full(n, np.nan)
        by = self._by.copy()
        late = np.array(sorted(self._late), dtype=np.intp)
        by[late] = self._first[late]
        for number in np.unique(by[by >= 0]).tolist():
            own = np.flatnonzero(by == number)
            values[own], lower[own] = self._pool.forms[number].at(self._points.taken(own))
        if nonnegative:
            lower = np.maximum(lower, 0.0)  # NaN stays
            values = np.maximum(values, lower)
            lower[late] = np.fmax(lower[late], 0.0)
        values[late] = np.nan
        return Served(values, lower, self._seconds, np.array(sorted(self._undecided), dtype=np.intp), late)
