"""Least factorized dependence: columns are added until no source value has a price, and a bisection proves it.

The master program is linear: weights of columns that reproduce the data at least cost. It starts from all strategies
with the settings' own distribution, where that is a product, and with a fixed pair of settings; the latter reproduce
all that any model does, so that multipliers stay finite but where something has probability 0.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp

from relaxbell.causal.equations import Equations
from relaxbell.engines.factorized.form import Column, Form
from relaxbell.engines.factorized.margins import least_information_margin, least_margin
from relaxbell.engines.factorized.pricing import Pricing
from relaxbell.engines.factorized.symmetric import averaged, row_orbits
from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.infeasible import infeasible
from relaxbell.engines.linear.over import read_problem
from relaxbell.engines.linear.program import Problem
from relaxbell.errors import MeasureError, SolverError
from relaxbell.exact.bounds import entry_error
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.lp.clock import TimeLimitError, passed, remaining, with_bound
from relaxbell.lp.highs import Answer, LiveModel
from relaxbell.measures.factorized import Factorized, FactorizedInformation
from relaxbell.measures.terms import ZERO
from relaxbell.verify.factorized import NEVER_I, NEVER_M, Points, Tables, dependence_within, information_within

_ROUNDS = 300
_PENALTIES = (40.0, 160.0, 640.0)
"""Prices of missing a row by one, raised while rows are missed."""

_UNUSED, _MISSED = 1e-12, 1e-8
"""How far a row may be missed while there is a higher price for it, and in the end."""

TOLERANCE = 1e-10
"""The first margin that is tried."""

_NOUGHT = 1e-13
"""What is nothing: to rounding, some model without dependence reproduces the data."""

_LEFT = 0.3
"""Largest price that is left, as a share of it."""

_AT_ONCE = 60
"""Most columns that are added in a round."""

_GRID = 40
"""Multipliers are rounded to multiples of 2^−_GRID."""

_MARGINS = (1, 2, 4, 8, 20, 100, 10**3, 10**4, 10**5, 10**6, 10**7, 10**8, 10**9)
"""Margins that are tried, in units of the tolerance."""

_POOL = 800
"""Columns that are kept for other points."""

_ENOUGH = 4
"""Where a price exceeds this many of the first margin, columns are sought there."""

_SEARCHES, _FEW = 30, 2
"""How often points that a bisection finds become columns; few times where it decides no small margin anyway."""

_SMALL = 3
"""Most inner values with which a small margin of information is proved, at whatever length."""

_LARGE = 40_000
"""Parts of simplices in which a margin of information has to be proved."""

_PARTS = {(2, 2): 6_000, (3, 2): 20_000}
"""The same for M, by the numbers of outer and inner values."""

_WORK = 25_000
"""Parts of M after which no more columns are sought by bisections."""

_MORE = 12_000
"""The same for more values: these margins are not small."""

_STRICT = 2.0**14
"""Factor of rows that forbid cells: their multipliers are large, and solvers miss rows by 1e-10."""


@dataclass(frozen=True, eq=False)
class Source:
    """One value of λ in the model found.

    Attributes
    ----------
    weight
        p(λ).
    settings
        By name of a dependent input: its distribution, over all its values.
    strategies
        The weights of its strategies, which have the same functions of all other nodes: p(x|λ) p(y|λ).

    Examples
    --------
    >>> import relaxbell as rb
    >>> measure = rb.dependence(rb.measurement_dependence(), factorized=True)
    >>> source = rb.minimize(measure, rb.boxes.pr()).sources[0]
    >>> sorted(source.settings), abs(sum(source.settings["X"]) - 1) < 1e-12
    (['X', 'Y'], True)
    """

    weight: float
    settings: dict[str, tuple[float, ...]]
    strategies: dict[int, float]


@dataclass(frozen=True, eq=False)
class FactorizedAnswer(Answer):
    """What column generation returned."""

    sources: tuple[Source, ...] = field(default=(), kw_only=True)


def solve_factorized(
    measure: Factorized, equations: Equations, subject_to: object, pool: list[Column], tolerance: float = TOLERANCE
) -> tuple[Answer, Proof]:
    """Minimize over mixtures of source values that satisfy the equations; errors as `minimize`.

    The `pool` holds columns of other points of the same model, from which the program starts; those used here join it.
    Prices are left, and margins proved, of about the `tolerance`.
    """
    problem = read_problem(measure, ZERO, equations, subject_to)
    if problem.budgets or problem.affine:
        raise MeasureError(
            f"min {measure.name} has no constraints here: found {len(problem.budgets) + len(problem.affine)}, expected "
            "none. Leave them out, or leave out factorized=True: a lower bound."
        )
    program = FactorizedProgram(problem, measure, pool, tolerance)
    return program.solve()


class FactorizedProgram:
    """Column generation for one measure and what was observed.

    Parameters
    ----------
    problem
        What is to be reproduced.
    measure
        The cost.
    pool
        Columns to start from; those that are used join them.
    tolerance
        The first margin.
    """

    def __init__(
        self, problem: Problem, measure: Factorized, pool: list[Column] | None = None, tolerance: float = TOLERANCE
    ) -> None:
        self.problem, self.measure = problem, measure
        self.pool = [] if pool is None else pool
        self.form = Form(measure, problem.equations)
        self.pricing = Pricing(self.form)
        self.columns: list[Column] = []
        self.rhs = np.asarray(problem.equations.floats) / float(problem.equations.rows.scale)
        least = sp.csr_array(problem.equations.rows.matrix).min(axis=1).toarray().ravel()
        self.forbidding = (self.rhs == 0) & (least >= 0)
        self.scale = np.where(self.forbidding, _STRICT, 1.0)
        self.first, self.least = Fraction(str(tolerance)), _LEFT * tolerance
        self.parts = 0
        self.orbits = row_orbits(measure.model, problem.equations)
        self.unit = math.log(2) if isinstance(measure, FactorizedInformation) else 1.0

    # ---------------------------------------------------------------------- columns

    def _first(self) -> list[Column]:
        """Return all strategies with the settings' own distribution, and with each pair of settings."""
        form = self.form
        outer, inner = form.settings.shape
        kinds: dict[bytes, Column] = {}
        pairs = [(np.eye(outer)[x], np.eye(inner)[y]) for x, y in np.argwhere(form.occurs)]
        u, v = form.marginals
        if not (np.outer(u, v)[~form.occurs] > 0).any():
            pairs.append((u, v))
        for u, v in pairs:
            for rest in range(self.measure.layout.count):
                column = Column((rest,) * outer, u, v)
                table = form.table(column)
                if not table[self.forbidding].any():
                    kinds.setdefault(table.tobytes(), column)
        return [*kinds.values(), *self.pool]

    def _cost(self, column: Column) -> float:
        never = np.outer(column.u, column.v)[~self.form.occurs].sum()
        return self.pricing.cost(column.u, column.v) + self.form.never * float(never)

    def _load(self, columns: list[Column]) -> tuple[sp.csc_array, Floats]:
        self.columns += columns
        tables = np.array([self.form.table(c) for c in columns]).T
        return sp.csc_array(tables * self.scale[:, None]), np.array([self._cost(c) for c in columns])

    def _live(self, penalty: float) -> LiveModel:
        rows = len(self.rhs)
        matrix, cost = self._load(self._first())
        eye = sp.identity(rows, format="csc")
        whole = sp.csc_array(sp.hstack([eye, -eye, matrix], format="csc"))
        elastic = self._elastic(penalty)
        return LiveModel(whole, np.concatenate([elastic, cost]), self.rhs, self.rhs, method="primal simplex")

    def _elastic(self, penalty: float) -> Floats:
        # where a cell has probability 0 its multiplier goes to minus infinity: this is as far as it need go
        own = np.where(self.forbidding, self.form.never, penalty) / self.scale
        return np.concatenate([own, own])

    # ------------------------------------------------------------------------- solve

    def solve(self) -> tuple[Answer, Proof]:
        """Return the answer and its proof.

        Raises
        ------
        InfeasibleError
            If nothing reproduces what was observed, whatever the dependence.
        SolverError
            If columns do not suffice after many rounds.
        TimeLimitError
            If the time is over.
        """
        started, rows = time.perf_counter(), len(self.rhs)
        best = (-math.inf, np.zeros(rows))
        penalties = list(_PENALTIES)
        live = self._live(penalties.pop(0))
        small = isinstance(self.measure, FactorizedInformation) or self.form.settings.shape in _PARTS
        searches, seen = _SEARCHES if small else _FEW, {c.key for c in self.pool}
        try:
            for rounds in range(1, _ROUNDS + 1):  # noqa: B007 - reported
                live.run()
                answer = live.answer()
                if answer.value <= _NOUGHT:  # no price can lower it
                    z, bound = np.zeros(rows), self.bound(np.zeros(rows))
                    break
                z = answer.duals * self.scale
                price, new = self.pricing.best(self.form.gains(z), self.least)
                if (own := float(self.rhs @ z) - max(price, 0.0)) > best[0]:
                    best = own, z
                fresh = [c for _, c in new if c.key not in seen][:_AT_ONCE]
                if price > self.least and fresh:
                    seen.update(c.key for c in fresh)
                    live.add_columns(*self._load(fresh))
                    continue
                missed = answer.x[: 2 * rows].reshape(2, rows).max(axis=0) / self.scale
                if missed.max(initial=0.0) <= (_UNUSED if penalties else _MISSED):
                    proven, fresh = self._decided(z, price, seen, searches > 0 and self.parts < _WORK)
                    if proven is not None:
                        bound = proven
                        break
                    searches = searches - 1 if fresh else 0
                    seen.update(c.key for c in fresh)
                    if fresh:
                        live.add_columns(*self._load(fresh))
                    continue
                if not penalties:
                    infeasible(self.problem, self.measure)
                    raise SolverError(
                        f"min {self.measure.name}: rows are missed by {missed.max():.2g}, expected {_MISSED:g}, and no "
                        "proof that nothing reproduces the data. Round the behavior first."
                    )
                live.set_cost(self._elastic(penalties.pop(0)))
            else:
                raise SolverError(f"min {self.measure.name}: prices are {price:.2g} after {_ROUNDS} rounds of columns.")
        except TimeLimitError as late:
            raise with_bound(late, self.measure.name, self.bound(best[1]).value) from None
        sources = self._sources(answer.x[2 * rows :])
        known = {c.key for c in self.pool}
        used = (self.columns[i] for i in np.flatnonzero(answer.x[2 * rows :] > 0).tolist())
        self.pool += [c for c in used if c.key not in known]
        del self.pool[:-_POOL]
        support: dict[int, float] = {}
        for source in sources:
            for number, weight in source.strategies.items():
                support[number] = support.get(number, 0.0) + source.weight * weight
        value = float(answer.x[2 * rows :] @ np.array([self._cost(c) for c in self.columns])) / self.unit
        found = FactorizedAnswer(
            True,
            np.empty(0),
            z,
            value,
            f"column generation ({len(self.columns):,} columns), bisection",
            rounds,
            time.perf_counter() - started,
            sources=sources,
        )
        return found, Proof(self.problem, bound, support=support)

    def _decided(
        self, z: Floats, price: float, seen: set[tuple[object, ...]], search: bool
    ) -> tuple[DualBound | None, list[Column]]:
        """Return a bound; or none, and columns with a price that the search over v missed.

        Multipliers that symmetries of the data exchange have their mean first. Without a search there is a bound.
        """
        own = [z] if self.orbits is None else [averaged(z, self.orbits), z]
        bounds = []
        for multipliers in own:
            proven, points = self._proved(multipliers, price, search)
            if proven is not None and (search or multipliers is z):
                bounds.append(proven)
                break
            bounds += [] if proven is None else [proven]
            near = [c for each in own for c in self._near(each, points) if c.key not in seen]
            if near:
                return None, list({c.key: c for c in near}.values())[:_AT_ONCE]
        return max(bounds, key=lambda found: float(found.bound), default=None), []

    def _near(self, z: Floats, points: Points) -> list[Column]:
        """Return columns with a price near some v: those that the search over v missed."""
        if not points:
            return []
        gains, groups = self.form.gains(z), len(self.form.groups)
        many = np.tile(np.arange(groups), len(points))
        v = np.repeat(np.array(points), groups, axis=0)
        return [c for _, c in self.pricing.near(gains, many, v, self.least)[1]]

    def _sources(self, weights: Floats) -> tuple[Source, ...]:
        used = [i for i in np.argsort(-weights, kind="stable").tolist() if weights[i] > 1e-11]
        total = float(weights[used].sum())
        names, sizes = self.measure.layout.names, self.measure.model.cardinality
        found = []
        for i in used:
            column = self.columns[i]
            own = {}
            sides = (column.v, column.u) if self.form.swapped else (column.u, column.v)
            values = self.form.values[::-1] if self.form.swapped else self.form.values
            for name, distribution, known in zip(names, sides, values, strict=True):
                whole = np.zeros(sizes[name])
                whole[list(known)] = distribution
                own[name] = tuple(whole.tolist())
            found.append(Source(float(weights[i]) / total, own, self.form.strategies(column)))
        return tuple(found)

    # ------------------------------------------------------------------------- bounds

    def _in_time(self, work: int) -> None:
        """Look at the clock, and count the parts of all bisections of M."""
        remaining()
        self.parts += 1

    def bound(self, z: Floats) -> DualBound:
        """Return the rigorous bound of multipliers in nats, of the rows without their scale."""
        found, _ = self._proved(z, 0.0, search=False)
        assert found is not None  # there is one without a search
        return found

    def _proved(self, z: Floats, price: float, search: bool) -> tuple[DualBound | None, Points]:
        """Return the bound of multipliers; or, where a search finds some, none and points with a price."""
        rows = self.problem.equations.rows
        whole = [round(v * 2**_GRID / self.unit) for v in z.tolist()]
        multipliers = np.array([Fraction(v, 2**_GRID) / rows.scale for v in whole], dtype=object)
        total: ExactNumber = (multipliers * self.problem.equations.rhs).sum()
        error = entry_error([(rows, np.array(whole, dtype=np.float64))]) / 2**_GRID
        margin, points = self._margin(
            self._tables(whole), float(total), 2 * max(0.0, price) / self.unit, last=not search
        )
        if points and search:
            return None, points
        if margin is None or not total - margin - error > 0:
            nothing = np.full(len(multipliers), Fraction(0), dtype=object)
            return DualBound(Fraction(0), nothing, Fraction(0)), []
        return DualBound(total - margin - error, multipliers, -(margin + error)), []

    def _margin(self, tables: Tables, total: float, least: float, *, last: bool) -> tuple[Fraction | None, Points]:
        """Return the least margin that few parts of a bisection prove; and points that exceed the first."""
        own = isinstance(self.measure, FactorizedInformation)
        within = information_within if own else dependence_within
        most = (
            (_LARGE if self.pricing.size <= _SMALL else _MORE) if own else _PARTS.get(self.form.settings.shape, _MORE)
        )
        undecided = 0
        for factor in _MARGINS:
            margin = factor * self.first
            if float(margin) < least or factor < undecided:
                continue
            if float(margin) >= total or passed():
                break
            points: Points = []
            if within(tables, margin, most, self._in_time, points) is not None:
                return margin, []
            if points and not last and factor >= _ENOUGH:
                return None, points
            if not points and own and self.pricing.size <= _SMALL:
                undecided = 10 * factor
            elif not points:  # more parts are needed: how many parts reach which margin is computed at once
                if own:
                    reached = least_information_margin(tables, most)
                else:
                    reached, points = least_margin(tables, most, margin)
                if points and not last:
                    return None, points
                known = Fraction(math.ceil(reached * 10**12), 10**12) + self.first
                done = within(tables, known, 4 * most, self._in_time)
                return (known if done is not None and known < total else None), []
        return None, []

    def _tables(self, whole: list[int]) -> Tables:
        """Return r(x, y, Λ) exactly, as the verifier finds it."""
        form, count = self.form, self.measure.layout.count
        ends, rows, data = form.columns.indptr.tolist(), form.columns.indices.tolist(), form.columns.data.tolist()
        never = Fraction(-(NEVER_I if isinstance(self.measure, FactorizedInformation) else NEVER_M))

        def gain(place: int, rest: int) -> Fraction:
            if place < 0:
                return never
            c = place * count + rest
            terms = (Fraction(data[i]) * whole[rows[i]] for i in range(ends[c], ends[c + 1]))
            return sum(terms, Fraction(0)) / 2**_GRID

        own: dict[int, Any] = {
            rest: tuple(tuple(gain(int(p), rest) for p in row) for row in form.places) for rest in range(count)
        }
        settings = [[Fraction(0)] * form.places.shape[1] for _ in range(form.places.shape[0])]
        for (i, j), place in np.ndenumerate(form.places):
            if place >= 0:
                settings[i][j] = self.measure.layout.weights[place]
        groups = [own.tolist() for own in form.groups]
        return Tables(settings, own, (groups, [[rest] for rest in range(count)]))
