"""Measurement dependence M by columns (S, x*, λ) that are priced, not listed; see `engines.linear.columns`.

Equations that symmetries exchange are merged; the bound is evaluated for all strategies, in whole numbers.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import Equations
from relaxbell.engines.dependence.early import SHARES, early_multipliers, mixed
from relaxbell.engines.dependence.form import SettingForm, largest_of_tables, planned
from relaxbell.engines.dependence.orbits import Orbits, orbits
from relaxbell.engines.dependence.pricing import dependence_pricer
from relaxbell.engines.dependence.support import Found, Support, spread_exact, spread_floats
from relaxbell.engines.linear.columns import PRICES
from relaxbell.engines.linear.dual import DualBound
from relaxbell.errors import SolverError
from relaxbell.exact.basis import Basis, Dual, IntegerProgram, RightHandSide
from relaxbell.exact.bounds import snapped
from relaxbell.exact.elimination import LARGEST_SUM
from relaxbell.exact.numbers import ExactNumber, Floats, common_denominator
from relaxbell.lp.clock import TimeLimitError, remaining, with_bound
from relaxbell.lp.highs import Answer, LiveModel
from relaxbell.lp.rows import MISSED, misses, without_misses
from relaxbell.lp.vertex import LARGEST_BASIS, optimal_vertex
from relaxbell.symmetry.found import ALIKE

_TOLERANCE = 1e-11
_ROUNDS = 5000
_SOON = 0.5
"""Seconds of a step within which the best multipliers are evaluated when the time is over; else those of the start."""

_EXACT_ROUNDS = 20
_FROM_BATCH, _AT_ONCE = 20, 300
"""Most columns of a batch of answers, and of a round."""

_LARGEST_UNIT = 2**20


@dataclass(eq=False)
class Columns:
    """Columns: λ, its mass over the settings, and what tells known ones apart."""

    strategies: NDArray[np.int64]
    mass: Floats
    known: set[bytes] = field(default_factory=set)

    def joined(self, other: Columns) -> None:
        self.strategies = np.concatenate([self.strategies, other.strategies])
        self.mass = np.concatenate([self.mass, other.mass])


class DependenceProgram:
    """min M of one model and behavior.

    Parameters
    ----------
    form
        The tables.
    symmetries
        What is exchanged; by default those of the data.
    """

    def __init__(self, form: SettingForm, symmetries: Orbits | None = None) -> None:
        self.form = form
        self.orbits = orbits(form) if symmetries is None else symmetries
        self.pricer = dependence_pricer(form, self.orbits.representatives(form.starts))
        self.weights = form.layout.floats
        self.entries = sp.csc_array(self.orbits.merge @ form.entries)
        nothing = np.zeros((0, len(form.model.local.domains)), dtype=np.int64)
        self.columns = Columns(nothing, np.zeros((0, len(self.weights))))
        self._written = sp.csc_array((self.orbits.count, 0)), np.zeros(0)

    # ----------------------------------------------------------------------- floats

    def solve(self, name: str, *, thorough: bool) -> Found | None:
        """Minimize; None if the equations seem infeasible.

        Raises
        ------
        SolverError
            If the columns do not stop improving, or the time is over.
        """
        started = time.perf_counter()
        rhs = self.orbits.summed(self.form.equations.floats)
        m = len(rhs)
        master = self.master(rhs, PRICES[0])
        prices = iter(PRICES[1:])
        start, slowest, iterations = self._start(), 0.0, 0
        best = -math.inf, start
        for _ in range(_ROUNDS):
            try:
                master.run()
                iterations += master.iterations
                y = master.duals
                for share in SHARES:
                    at = y if share == 1 else mixed(best[1], y, share)
                    began = time.perf_counter()
                    excess, found = self.priced(at)
                    slowest = max(slowest, time.perf_counter() - began)
                    if (own := float(rhs @ at) - excess) > best[0]:
                        best = own, at
                    if grown := found is not None and self.add(master, found, y):
                        break
            except TimeLimitError as late:
                # the start is no good center to look around, but its bound may be the best so far
                better = best[0] > float(rhs @ start) and slowest < _SOON
                raise with_bound(late, name, self.bound(best[1] if better else start).value) from None
            if grown:
                continue
            amounts = master.x
            if amounts[: 2 * m].sum() <= MISSED:
                break
            price = next(prices, None)
            if price is None:
                return None
            master.set_cost(np.full(2 * m, price))
        else:
            raise SolverError(f"column generation did not end in {_ROUNDS} rounds (excess {excess:.3g}).")
        exact = self._exact(master.basis(), thorough)
        bound, primal = (self.bound(best[1]), None) if exact is None else exact
        answer, support = self._answer(amounts[2 * m :], best[1], iterations, started)
        return Found(answer, bound, support, primal)

    def master(self, rhs: Floats, price: float) -> LiveModel:
        """Return a live program of the columns that are known, and of elastic ones."""
        m = len(rhs)
        block, cost = self._blocks()
        matrix = sp.csc_array(sp.hstack([misses(np.arange(m), m), block], format="csc"))
        return LiveModel(matrix, np.append(np.full(2 * m, price), cost), rhs, rhs, method="primal simplex")

    def _blocks(self) -> tuple[sp.csc_array, Floats]:
        """Return all columns that are known, and their costs."""
        if len(self._written[1]) < len(self.columns.mass):
            own = self.columns
            self._written = self.mixed(own.strategies, own.mass), abs(own.mass - self.weights).sum(axis=1)
        return self._written

    def copy(self) -> DependenceProgram:
        """Return a program with the same columns, to which others may be added."""
        self._blocks()
        other = copy.copy(self)
        other.columns = Columns(self.columns.strategies, self.columns.mass, set(self.columns.known))
        return other

    def at(self, equations: Equations) -> DependenceProgram:
        """Return the program at other right-hand sides, with the λ that are known; with symmetries that hold there."""
        form, rows = replace(self.form, equations=equations), self.orbits.rows
        floats, first = equations.floats, np.unique(rows, return_index=True)[1]
        if self.orbits.moves and abs(floats - floats[first][rows]).max() <= ALIKE:
            other = self.copy()
            same = bool((equations.rhs == equations.rhs[first][rows]).all())
            other.form, other.orbits = form, replace(self.orbits, exact=same)
            return other
        other = DependenceProgram(form)
        other.columns = Columns(self.columns.strategies, self.columns.mass)
        for key in other.keys(*other._blocks()):
            other.columns.known.add(key)
        return other

    @staticmethod
    def keys(block: sp.csc_array, cost: Floats) -> list[bytes]:
        """Return what tells columns apart."""
        dense = np.round(np.vstack([block.toarray(), cost]), 13).T
        return [row.tobytes() for row in np.ascontiguousarray(dense)]

    def _start(self) -> Floats:
        """Return multipliers to start from: of inequalities that the data violate, none of which leaves M without cost.

        Between 1/2 and −3/2, they are no further apart than two: then M is no less than the violation.
        """
        z = early_multipliers(self.form)
        return self.orbits.means(z)

    def priced(self, y: Floats) -> tuple[float, Columns | None]:
        """Return the largest excess over all λ, and the best columns; None where none has any."""
        remaining()
        flat = self.form.flat(y[self.orbits.rows])
        excess, strategies, values = self.pricer.best(flat, self.weights, _FROM_BATCH, _TOLERANCE)
        if excess <= _TOLERANCE or not len(strategies):
            return excess, None
        order = np.argsort(-values, kind="stable")[:_AT_ONCE]
        strategies = strategies[order]
        return excess, Columns(strategies, self.form.layout.best_mass(flat[self.form.cells(strategies)]))

    def mixed(self, strategies: NDArray[np.int64], mass: NDArray[Any]) -> sp.csc_array:
        """Return the columns' entries in the merged rows."""
        cells, k = self.form.cells(strategies), len(strategies)
        pointers = np.arange(0, cells.size + 1, cells.shape[1])
        mix = sp.csc_array((mass.ravel().astype(np.float64), cells.ravel(), pointers), shape=(self.entries.shape[1], k))
        return sp.csc_array(self.entries @ mix)

    def add(self, master: LiveModel, found: Columns, y: Floats) -> bool:
        """Add what is new and worth its cost at the program's own duals, and return whether something was."""
        block, cost = self.mixed(found.strategies, found.mass), abs(found.mass - self.weights).sum(axis=1)
        worth, keys, new = block.T @ y - cost > _TOLERANCE, self.keys(block, cost), []
        for i in np.flatnonzero(worth).tolist():
            key = keys[i]
            if key not in self.columns.known:
                self.columns.known.add(key)
                new.append(i)
        if new:
            master.add_columns(sp.csc_array(block[:, new]), cost[new])
            self.columns.joined(Columns(found.strategies[new], found.mass[new]))
        return bool(new)

    def _answer(self, amounts: Floats, y: Floats, iterations: int, started: float) -> tuple[Answer, Support[float]]:
        used = np.flatnonzero(amounts > 0)
        joint = self.columns.mass[used] * amounts[used][:, None]
        strategies, form, symmetries = self.columns.strategies[used], self.form, self.orbits
        solver = f"HiGHS, priced columns ({len(self.columns.strategies):,}{symmetries.text})"
        value = float(abs(self.columns.mass[used] - self.weights).sum(axis=1) @ amounts[used])
        support = Support(lambda: spread_floats(form, symmetries, strategies, joint))
        seconds = time.perf_counter() - started
        return Answer(True, np.empty(0), y[symmetries.rows], value, solver, iterations, seconds), support

    # ------------------------------------------------------------------------ bounds

    def bound(self, y: Floats) -> DualBound:
        """Return the better rigorous bound of the multipliers as simple fractions and as multiples of 2^−s."""
        scales = []
        simple = snapped(y, 1000, 1e-8)
        if simple is not None:
            scales.append(common_denominator(simple))
        size = (float(abs(y).max(initial=0.0)) * max(1, self.form.mass) + 2) * self.form.layout.denominator
        scales.append(1 << max(30, LARGEST_SUM.bit_length() - 3 - math.ceil(math.log2(size))))
        found = [self._evaluated([round(Fraction(v) * scale) for v in y.tolist()], scale) for scale in scales]
        nothing = DualBound(Fraction(0), np.full(len(self.orbits.rows), Fraction(0), dtype=object), Fraction(0))
        return max([nothing, *found], key=lambda own: own.bound)

    def exact_bound(self, dual: Dual | None) -> DualBound | None:
        """Return exact multipliers as a bound with nothing to be subtracted; None where some λ violates them."""
        if dual is None or self.excess_of([int(v) for v in dual.numerators], dual.denominator) > 0:
            return None
        multipliers = np.array([Fraction(v, dual.denominator) for v in dual.numerators], dtype=object)
        return DualBound(Fraction(0), multipliers[self.orbits.rows], Fraction(0))

    def _evaluated(self, whole: list[int], scale: int) -> DualBound:
        unit = self.form.layout.denominator
        offset = Fraction(-self.excess_of(whole, scale), unit * scale)
        multipliers = np.array([Fraction(v, scale) for v in whole], dtype=object)
        total: ExactNumber = (multipliers * self._sums()).sum()
        return DualBound(total + offset, multipliers[self.orbits.rows], offset)

    def excess_of(self, whole: list[int], scale: int) -> int:
        """Return max_λ Σ_x p(x) max(z_x, max z − 2) at z = whole / scale, in units of 1 / (denominator · scale)."""
        layout = self.form.layout
        small = max(map(abs, [*whole, 2 * scale]), default=0) * max(1, self.form.mass) < 2**60
        z = np.array(whole, dtype=np.int64 if small else object)[self.orbits.rows]
        weights = np.array([int(w * layout.denominator) for w in layout.weights], dtype=object)
        size = max(map(abs, [*whole, 2 * scale]), default=0) * max(1, self.form.mass) * layout.denominator * 2
        if size < LARGEST_SUM:
            weights = weights.astype(np.int64)
        flat = self.form.flat(z)
        if weights.dtype == object:
            flat = flat.astype(object)
        if flat.max() - flat.min() <= 2 * scale:  # nothing is raised: one sum of tables for all x*
            form = self.form
            plan = planned(form.model, form.model.local.domains, form.scopes)
            return int(largest_of_tables(form, plan, [w * t for w, t in zip(weights, form.tables(flat), strict=True)]))
        return int(self.pricer.largest(flat, weights, 2 * scale))

    def _sums(self) -> NDArray[Any]:
        """Return exact right-hand sides of the merged rows."""
        return self.orbits.summed_exactly(self.form.equations.rhs)

    # ------------------------------------------------------------------ exact numbers

    def _exact(self, basis: Basis | None, thorough: bool) -> tuple[DualBound, Mapping[int, ExactNumber]] | None:
        """Return the exact bound and weights of strategies, or None; all λ are checked, not the columns only."""
        m, unit = self.orbits.count, self.form.layout.denominator
        small = m <= LARGEST_BASIS and unit <= _LARGEST_UNIT and self.form.equations.rows.integral
        if basis is None or not small or not self.orbits.exact:
            return None
        basis = without_misses(basis, np.arange(m))
        rhs = RightHandSide.read(self._sums() * unit)
        whole_weights = self.form.layout.whole_weights.astype(np.int64)
        for _ in range(_EXACT_ROUNDS):
            mass = self.form.layout.whole_mass(self.columns.mass)
            matrix = sp.csc_array(self.mixed(self.columns.strategies, mass), dtype=np.int64)
            cost = abs(mass - whole_weights).sum(axis=1)
            found = optimal_vertex(IntegerProgram(matrix, cost, np.ones(m, dtype=bool)), basis, rhs, thorough=thorough)
            if found is None:
                return None
            vertex, dual = found
            if self.excess_of([int(v) for v in dual.numerators], dual.denominator) <= 0:
                break
            y = np.array([v / dual.denominator for v in dual.numerators])
            _, violated = self.priced(y)
            if violated is None:
                return None
            self.columns.joined(violated)
            basis = vertex.basis
        else:
            return None
        multipliers = np.array([Fraction(v, dual.denominator) for v in dual.numerators], dtype=object)
        used = vertex.basis.columns
        form, symmetries, strategies = self.form, self.orbits, self.columns.strategies[used]
        own, amounts = mass[used], list(vertex.values)
        primal = Support(lambda: spread_exact(form, symmetries, strategies, own, amounts))
        bound = DualBound((multipliers * self._sums()).sum(), multipliers[self.orbits.rows], Fraction(0))
        return bound, primal
