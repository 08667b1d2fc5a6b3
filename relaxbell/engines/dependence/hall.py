"""Hall's measure by columns (λ, S): each adds 1 to p(λ|x) for the settings x in S.

By the co-area formula Σ |p(λ|x) − p(λ|x')| is the number of columns that S separates, weighted; so the measure is the
largest such sum over pairs. Multipliers z of the data and u ≥ 0 of the pairs, Σ u = 1, give the bound::

    M_Hall ≥ ⟨z, rhs⟩ − N max_{λ, S} (Σ_{x∈S} z_x(λ) − Σ_{pairs cut by S} u)⁺,      z_x(λ) = p(x) (Tᵀz)_(x, λ)

and the same maximum, a minimum cut for each λ up to symmetries, prices all columns.
"""

from __future__ import annotations

import itertools
import math
import time
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.dependence.cuts import BITS, CutFinder, Cuts, Whole
from relaxbell.engines.dependence.early import SHARES, hall_multipliers, mixed
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.dependence.orbits import Orbits, orbits
from relaxbell.engines.dependence.support import Found, Support, spread_exact, spread_floats
from relaxbell.engines.linear.dual import DualBound
from relaxbell.errors import ModelTooLargeError, SolverError
from relaxbell.exact.basis import Basis, IntegerProgram, RightHandSide
from relaxbell.exact.numbers import ExactNumber, Floats, common_denominator
from relaxbell.exact.rows import LARGEST_UNIT
from relaxbell.lp.clock import TimeLimitError, remaining, with_bound
from relaxbell.lp.highs import Answer, LiveModel
from relaxbell.lp.rows import MISSED, misses, without_misses
from relaxbell.lp.vertex import LARGEST_BASIS, optimal_vertex
from relaxbell.permutations import orbit_numbers
from relaxbell.verify.dependences import excess

MOST_LISTED = 2**20
"""Most λ whose cuts are sought, up to symmetries."""

_EXACT_ROUNDS = 20
"""Of adding columns that exact multipliers violate; one or two are usual."""

_EXACT_WORK, _FLOATS_WORK = 2**24, 2**18
"""Largest number of λ times N³ for which exact multipliers are checked, in Python's own numbers; for float data."""

_TOLERANCE = 1e-12
_ROUNDS = 2000
_PRICES = (3.0, 30.0, 3000.0)
_AT_ONCE = 200


class HallProgram:
    """min M_Hall of one model and behavior.

    Parameters
    ----------
    form
        The tables.

    Raises
    ------
    ModelTooLargeError
        If the λ are too many.
    """

    def __init__(self, form: SettingForm) -> None:
        self.form = form
        self.orbits: Orbits = orbits(form)
        self.weights = form.layout.floats
        self.entries = sp.csc_array(self.orbits.merge @ form.entries)
        self.finder = CutFinder(len(self.weights))
        self.strategies = self._representatives()
        self.cells = form.cells(self.strategies)

    @cached_property
    def pair_orbits(self) -> NDArray[np.intp]:
        """The orbit of each pair of settings."""
        pairs = self.finder.pairs
        number = np.zeros((len(self.weights), len(self.weights)), dtype=np.intp)
        number[pairs[:, 0], pairs[:, 1]] = number[pairs[:, 1], pairs[:, 0]] = np.arange(len(pairs))
        return orbit_numbers(len(pairs), [number[own[pairs[:, 0]], own[pairs[:, 1]]] for own in self.orbits.settings])

    def _representatives(self) -> NDArray[np.int64]:
        """Return one λ of each orbit."""
        form, domains = self.form, self.form.model.local.domains
        involved = sorted({v for scope in form.scopes for v in scope})
        count = math.prod(domains[v] for v in involved)
        if count > MOST_LISTED:
            raise ModelTooLargeError(
                f"Hall's measure of {form.model.name} needs a minimum cut for each of {count:.3g} λ, expected at most "
                f"{MOST_LISTED:,}. Reduce the settings or the outcomes, or bound it from below by dependence(model): "
                "M <= (1 - 1/N) Hall for N settings that are equally likely."
            )
        every = np.zeros((count, len(domains)), dtype=np.int64)
        shape = tuple(domains[v] for v in involved)
        for v, values in zip(involved, np.unravel_index(np.arange(count), shape), strict=True):
            every[:, v] = values
        if not self.orbits.moves:
            return every
        images = []
        for move in self.orbits.moves:
            moved = move(every)
            images.append(np.ravel_multi_index(tuple(moved[:, v] for v in involved), shape))
        return every[np.unique(orbit_numbers(count, images), return_index=True)[1]]

    # ----------------------------------------------------------------------- floats

    def solve(self, name: str, *, thorough: bool = True) -> Found | None:
        """Minimize; None if the equations seem infeasible.

        Raises
        ------
        SolverError
            If the columns do not stop improving, or the time is over.
        """
        started = time.perf_counter()
        rhs, m, k = self.orbits.summed(self.form.equations.floats), self.orbits.count, int(self.pair_orbits.max()) + 1
        master = self._master(rhs, k)
        prices, best, iterations = iter(_PRICES[1:]), self._start(), 0
        chosen, sets, known = np.zeros(0, dtype=np.intp), np.zeros((0, len(self.weights)), dtype=bool), set[bytes]()
        for _ in range(_ROUNDS):
            try:
                master.run()
                iterations += master.iterations
                y, u = master.duals[:m], np.maximum(-master.duals[m:], 0.0)
                for share in SHARES:
                    at, cut = (y, u) if share == 1 else (mixed(best[1], y, share), mixed(best[2], u, share))
                    low, found = self._cuts(at, cut)
                    if float(low) > best[0]:
                        best = float(low), at, cut
                    worst = np.flatnonzero(found.excess > _TOLERANCE * 2**BITS)
                    worst = worst[np.argsort(-found.excess[worst], kind="stable")][:_AT_ONCE]
                    new = self._add(master, worst, found.sets[worst], known, (y, u))
                    if len(new):
                        break
            except TimeLimitError as late:
                raise with_bound(late, name, max(0.0, best[0])) from None
            if len(new):
                chosen, sets = np.concatenate([chosen, worst[new]]), np.concatenate([sets, found.sets[worst[new]]])
                continue
            amounts = master.x[1:]
            if amounts[: 2 * m].sum() <= MISSED:
                break
            price = next(prices, None)
            if price is None:
                return None
            master.set_cost(np.concatenate([[1.0], np.full(2 * m, price)]))
        else:
            raise SolverError(f"column generation did not end in {_ROUNDS} rounds.")
        answer, support = self._answer(chosen, sets, amounts[2 * m :], best[1], iterations, started)
        exact = self._exact(chosen, sets, master.basis(), thorough)
        bound, primal = (self._bound(best[1], best[2]), None) if exact is None else exact
        return Found(answer, bound, support, primal)

    def _master(self, rhs: Floats, k: int) -> LiveModel:
        """Return the program with the measure t and what misses the rows, but no columns."""
        m, sizes = len(rhs), np.bincount(self.pair_orbits)
        first = sp.csc_array(np.concatenate([np.zeros(m), -sizes.astype(np.float64)])[:, None])
        matrix = sp.csc_array(sp.hstack([first, misses(np.arange(m), m + k)], format="csc"))
        cost = np.concatenate([[1.0], np.full(2 * m, _PRICES[0])])
        lower, upper = np.concatenate([rhs, np.full(k, -np.inf)]), np.concatenate([rhs, np.zeros(k)])
        return LiveModel(matrix, cost, lower, upper, method="primal simplex")

    def _start(self) -> tuple[float, Floats, Floats]:
        """Return a rigorous bound and its multipliers: of the inequality that the data violate most."""
        m, sizes = self.orbits.count, np.bincount(self.pair_orbits)
        found = hall_multipliers(self.form)
        if found is None:
            return -math.inf, np.zeros(m), np.zeros(len(sizes))
        pairs = self.finder.pairs
        own = np.isin(pairs, found[1]).all(axis=1).astype(np.float64)
        y, u = self.orbits.means(found[0]), np.bincount(self.pair_orbits, own / own.sum()) / sizes
        whole, capacities = self._whole(y, u)
        few = np.unique(self._prices(whole)[self.cells], axis=0)  # most λ answer alike where it matters
        return float(self._below(whole, self.finder.find(few, capacities))), y, u

    def _add(
        self,
        master: LiveModel,
        numbers: NDArray[np.intp],
        sets: NDArray[np.bool_],
        known: set[bytes],
        duals: tuple[Floats, Floats],
    ) -> NDArray[np.intp]:
        """Add the columns that are new and worth their cost at the program's own duals; return their places."""
        entries, cuts = self._entries(numbers, sets, np.where(sets, self.weights, 0.0))
        dense = np.ascontiguousarray(np.round(np.vstack([entries, cuts]).T, 13))
        new = []
        for i in np.flatnonzero(entries.T @ duals[0] - cuts.T @ duals[1] > _TOLERANCE).tolist():
            if (key := dense[i].tobytes()) not in known:
                known.add(key)
                new.append(i)
        if new:
            master.add_columns(sp.csc_array(dense[new].T), np.zeros(len(new)))
        return np.array(new, dtype=np.intp)

    def _entries(self, numbers: NDArray[np.intp], sets: NDArray[np.bool_], mass: Floats) -> tuple[Floats, Floats]:
        """Return the entries of columns in the merged rows of data, and how many pairs of each orbit they cut."""
        cells, k = self.cells[numbers], len(numbers)
        pointers = np.arange(0, cells.size + 1, cells.shape[1])
        mix = sp.csc_array((mass.ravel(), cells.ravel(), pointers), shape=(self.entries.shape[1], k))
        pairs = self.finder.pairs
        cut = (sets[:, pairs[:, 0]] != sets[:, pairs[:, 1]]).astype(np.float64)
        sums = np.zeros((k, int(self.pair_orbits.max()) + 1))
        np.add.at(sums, (np.arange(k)[:, None], np.broadcast_to(self.pair_orbits, cut.shape)), cut)
        return np.asarray((self.entries @ mix).toarray(), dtype=np.float64), sums.T

    def _answer(
        self,
        chosen: NDArray[np.intp],
        sets: NDArray[np.bool_],
        amounts: Floats,
        y: Floats,
        iterations: int,
        began: float,
    ) -> tuple[Answer, Support[float]]:
        used = np.flatnonzero(amounts > 0)
        numbers, place = np.unique(chosen[used], return_inverse=True)
        conditional = np.zeros((len(numbers), len(self.weights)))
        np.add.at(conditional, place.ravel(), sets[used] * amounts[used][:, None])
        pairs = self.finder.pairs
        apart = abs(conditional[:, pairs[:, 0]] - conditional[:, pairs[:, 1]]).sum(axis=0)
        means = np.bincount(self.pair_orbits, apart) / np.bincount(self.pair_orbits)
        form, symmetries, strategies = self.form, self.orbits, self.strategies[numbers]
        joint = conditional * self.weights
        solver = f"HiGHS, minimum cuts of {len(self.strategies):,} λ{symmetries.text}"
        support = Support(lambda: spread_floats(form, symmetries, strategies, joint))
        seconds, z = time.perf_counter() - began, y[symmetries.rows]
        return Answer(True, np.empty(0), z, float(means.max()), solver, iterations, seconds), support

    # ------------------------------------------------------------------ exact numbers

    def _exact(
        self, chosen: NDArray[np.intp], sets: NDArray[np.bool_], basis: Basis | None, thorough: bool
    ) -> tuple[DualBound, Support[ExactNumber]] | None:
        """Return the exact bound and weights of strategies, or None; the cuts of all λ are checked."""
        layout, m = self.form.layout, self.orbits.count
        sizes = np.bincount(self.pair_orbits)
        small = m + len(sizes) <= LARGEST_BASIS and layout.denominator <= LARGEST_UNIT
        if basis is None or not small or not self.orbits.exact or not self.form.equations.rows.integral:
            return None
        work = len(self.strategies) * len(layout.weights) ** 3
        if work > (_FLOATS_WORK if self.form.equations.distance else _EXACT_WORK):
            return None
        basis = without_misses(basis, np.arange(m), 1)
        first = np.concatenate([np.zeros(m), -sizes.astype(np.float64)])[:, None]
        numbers = [v * layout.denominator for v in self._sums] + [Fraction(0)] * len(sizes)
        rhs = RightHandSide.read(np.array(numbers, dtype=object))
        for _ in range(_EXACT_ROUNDS):
            mass = np.where(sets, layout.whole_weights.astype(np.int64), 0)
            cells, cuts = self._entries(chosen, sets, mass.astype(np.float64))
            matrix = sp.csc_array(np.hstack([first, np.vstack([cells, cuts])]), dtype=np.int64)
            cost = np.zeros(matrix.shape[1], dtype=np.int64)
            cost[0] = 1
            program = IntegerProgram(matrix, cost, np.arange(matrix.shape[0]) < m)
            found = optimal_vertex(program, basis, rhs, thorough=thorough)
            if found is None:
                return None
            vertex, dual = found
            duals = [Fraction(v, dual.denominator) for v in dual.numerators]
            z = np.array([v * layout.denominator for v in duals[:m]], dtype=object)
            u = [-duals[m + k] for k in self.pair_orbits.tolist()]
            if self._feasible(z, u):
                break
            floats = np.array([float(v) for v in duals])
            _, violated = self._cuts(floats[:m] * layout.denominator, np.maximum(-floats[m:], 0.0))
            worst = np.flatnonzero(violated.excess > _TOLERANCE * 2**BITS)
            worst = worst[np.argsort(-violated.excess[worst], kind="stable")][:_AT_ONCE]
            if not len(worst):
                return None
            chosen, sets = np.concatenate([chosen, worst]), np.concatenate([sets, violated.sets[worst]])
            basis = vertex.basis
        else:
            return None
        columns = vertex.basis.columns
        amounts = [v for j, v in zip(columns.tolist(), vertex.values, strict=True) if j]
        used = columns[columns > 0] - 1
        form, symmetries, strategies, own_mass = self.form, self.orbits, self.strategies[chosen[used]], mass[used]
        primal = Support(lambda: spread_exact(form, symmetries, strategies, own_mass, amounts))
        value: ExactNumber = sum((v * s for v, s in zip(z, self._sums, strict=True)), Fraction(0))
        return DualBound(value, z[self.orbits.rows], Fraction(0), stated=tuple(u)), primal

    def _feasible(self, z: NDArray[Any], u: list[Fraction]) -> bool:
        """Return whether no column has a negative reduced cost, exactly."""
        weights, n = self.form.layout.weights, len(self.form.layout.weights)
        if min(u, default=Fraction(0)) < 0 or sum(u) > 1:
            return False
        flat = self.form.flat(z[self.orbits.rows])
        prices = np.concatenate([
            flat[a:b] * w for (a, b), w in zip(itertools.pairwise(self.form.starts.tolist()), weights, strict=True)
        ])  # fmt: skip
        unit = common_denominator([*prices.tolist(), *u])
        capacity = [[0] * n for _ in range(n)]
        for (x, y), w in zip(self.finder.pairs.tolist(), u, strict=True):
            capacity[x][y] = capacity[y][x] = int(w * unit)
        whole = np.array([int(v * unit) for v in prices], dtype=object)
        return all(excess(row, capacity) == 0 for row in whole[self.cells].tolist())

    # ------------------------------------------------------------------------ bounds

    def _whole(self, y: Floats, u: Floats) -> tuple[list[int], Whole]:
        """Return y of orbits and u of pairs in units of 2^−BITS, the sum of u at most one."""
        sizes = np.bincount(self.pair_orbits)
        total = float(sizes @ u)
        whole = np.floor(u / max(total, 1.0) * (1 - 2.0**-50) * 2.0**BITS).astype(np.int64)
        return [round(Fraction(v) * 2**BITS) for v in y.tolist()], whole[self.pair_orbits]

    def _prices(self, whole: list[int]) -> Whole:
        """Return p(x) z_x(λ) in the same units, rounded up, for each entry of the tables."""
        z = np.array(whole, dtype=object)[self.orbits.rows]
        flat = self.form.flat(z)
        out = np.empty(len(flat), dtype=np.int64)
        pairs = itertools.pairwise(self.form.starts.tolist())
        for (a, b), weight in zip(pairs, self.form.layout.weights, strict=True):
            out[a:b] = -((-flat[a:b] * weight.numerator) // weight.denominator)
        return out

    def _cuts(self, y: Floats, u: Floats) -> tuple[Fraction | ExactNumber, Cuts]:
        """Return the rigorous bound of multipliers, and the cuts behind it."""
        remaining()
        whole, pairs = self._whole(y, u)
        found = self.finder.find(self._prices(whole)[self.cells], pairs)
        return self._below(whole, found), found

    def _below(self, whole: list[int], found: Cuts) -> Fraction | ExactNumber:
        """Return the bound of multipliers, from the largest cuts of all λ."""
        loss = Fraction(len(self.weights) * max(0, int(found.excess.max(initial=0))), 2**BITS)
        total: ExactNumber = sum((v * s for v, s in zip(whole, self._sums, strict=True)), Fraction(0)) / 2**BITS
        return total - loss

    @cached_property
    def _sums(self) -> list[Any]:
        return self.orbits.summed_exactly(self.form.equations.rhs).tolist()

    def _bound(self, y: Floats, u: Floats) -> DualBound:
        """Return the rigorous bound of multipliers with its data."""
        total, _ = self._cuts(y, u)
        whole, pairs = self._whole(y, u)
        z = np.array([Fraction(v, 2**BITS) for v in whole], dtype=object)[self.orbits.rows]
        if not total > 0:
            nothing = np.full(len(z), Fraction(0), dtype=object)
            return DualBound(Fraction(0), nothing, Fraction(0), stated=(Fraction(0),) * len(pairs))
        stated = tuple(Fraction(int(v), 2**BITS) for v in pairs)
        return DualBound(total, z, total - (z * self.form.equations.rhs).sum(), stated=stated)
