"""Measurement dependence M beside other measures: a budget, under budgets, in sums. No strategies are listed.

A column is a λ with its mass over the settings, as in `engines.dependence.columns`: M is linear in how much there is
of each. So M becomes a single row, and the linear program of any problem is that of `engines.linear.priced`; only how
the best column is found differs. What the other measures say of λ is small tables; where x* is the setting with the
largest z_x(λ), and u, μ ≥ 0 are the weights of their rows and of M, the price of the best column of λ is

    Σ_x p(x) max(z_x(λ), z_x*(λ) − 2 μ) − u · g(λ) .

The equations are multiplied by the common denominator of p(x), so that all columns are whole numbers. Limits of p(x|λ)
are limits of the mass, see `engines.dependence.levels`; Hall's measure has other columns, see `engines.dependence.sets`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import Equations
from relaxbell.causal.model import CausalModel
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.dependence.levels import Best, Levels, LevelSearch
from relaxbell.engines.dependence.pricing import MOST_WORK, DependencePricer
from relaxbell.engines.dependence.sets import SetSearch, SetWeights
from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.over import read_problem
from relaxbell.engines.linear.priced.form import PricedForm, Pricer, local_blocks
from relaxbell.engines.linear.priced.master import Master
from relaxbell.engines.linear.priced.orbits import Orbits, orbits, single_rows
from relaxbell.engines.linear.priced.proving import exact_solution, rigorous
from relaxbell.engines.linear.priced.solving import PricedProblem
from relaxbell.engines.linear.program import Problem, all_leaves, check_size
from relaxbell.errors import ModelTooLargeError, SolverError
from relaxbell.exact.elimination import LARGEST_SUM
from relaxbell.exact.local_rows import LocalRows, Piece, Tables, column_numbers
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.exact.rows import Rows
from relaxbell.lp.clock import TimeLimitError
from relaxbell.lp.highs import Answer
from relaxbell.lp.vertex import LARGEST_BASIS
from relaxbell.measures.dependences import is_dependence
from relaxbell.measures.hall import hall_terms
from relaxbell.measures.measure import LinearMeasure, Measure
from relaxbell.measures.settings import SettingBound, SettingLayout, box_of, setting_layout
from relaxbell.measures.terms import Leaf

_LARGEST_UNIT = 2**20
"""Largest common denominator of p(x): columns are whole numbers up to that."""

_KEPT = 20
"""Most columns of a batch of answers."""

_MOST_LEVELS, _MOST_STEPS = 250, 4096
"""Masses of one setting, and steps of all together, up to which limits of p(x|λ) are kept by pricing."""

N = TypeVar("N", float, ExactNumber)


class MassRow(LocalRows):
    """M as a single row: Σ |mass − p(x)| of each column, in units of 1/unit; it has no tables."""

    @cached_property
    def nonnegative(self) -> bool:
        """Whether no entry is negative: none is."""
        return True

    @cached_property
    def mass(self) -> float:
        """The largest entry is below twice the unit, which the label says."""
        return 2.0 * int(self.labels[0])


class PairRow(MassRow):
    """Σ_λ |p(λ|x) − p(λ|x')| as a single row; the settings, the common factor and p(x), p(x') are in the label."""

    @cached_property
    def mass(self) -> float:
        """The largest entry is at a set that has the rarer setting alone."""
        _, _, left, right, unit = self.told
        return float(max(left, right) * unit)

    @cached_property
    def told(self) -> tuple[int, int, int, int, int]:
        """Number of the first and second setting, by what their masses are multiplied, and the unit."""
        x, y, left, right, unit = map(int, self.labels[0].split())
        return x, y, left, right, unit


class VisitedRows(LocalRows):
    """Rows that depend on the settings, such as a functional of the data: what each mass adds, in units of 1/unit."""

    whole: int

    @classmethod
    def of(cls, rows: LocalRows, unit: int) -> VisitedRows:
        """Return rows over strategies as rows over columns."""
        found = cls(rows.domains, rows.parts, rows.labels, rows.scale / unit)
        object.__setattr__(found, "whole", unit)
        return found

    @cached_property
    def mass(self) -> float:
        """As large as that of the rows, at mass one."""
        return self.whole * LocalRows(self.domains, self.parts, self.labels).mass

    @cached_property
    def largest(self) -> int:
        """The largest entry of a row, without sign, at mass one."""
        return self.whole * LocalRows(self.domains, self.parts, self.labels).largest

    def ends(self) -> tuple[int, int]:
        """Return the least and the largest entry of the sum of the rows, at mass one."""
        low, high = super().ends()
        return self.whole * low, self.whole * high


@dataclass(frozen=True, eq=False)
class MassForm(PricedForm):
    """A problem whose columns are the values of all variables of a λ, then its whole mass at each setting.

    Attributes
    ----------
    problem, blocks
        As in `PricedForm`; M is a `MassRow`, pairs of Hall's measure are, and the equations are multiplied by the unit.
    settings
        z_x(λ), as tables.
    unit
        What mass one is, as a whole number.
    box
        Least and largest mass; None where there are no limits.
    """

    settings: SettingForm
    unit: int
    box: tuple[int, int] | None = None

    @cached_property
    def starts(self) -> list[int]:
        """Where the rows of each block begin."""
        return np.concatenate([[0], np.cumsum([len(rows) for rows in self.blocks])]).tolist()

    @cached_property
    def rest(self) -> tuple[LocalRows, NDArray[np.intp]]:
        """The rows of other measures, without scale, and which of all rows they are."""
        parts, places, count = list[Tables](), list[NDArray[np.intp]](), 0
        for start, rows in zip(self.starts[1:-1], self.blocks[1:], strict=True):
            if not isinstance(rows, MassRow | VisitedRows):
                parts += [Tables(part.scopes, part.rows + count, part.values) for part in rows.parts]
                places.append(start + np.arange(len(rows)))
                count += len(rows)
        found = np.concatenate([np.zeros(0, dtype=np.intp), *places])
        return LocalRows(self.rows.domains, parts, [""] * count), found

    @cached_property
    def alike(self) -> list[int]:
        found = list(range(len(self.blocks)))
        for k in range(1, len(found)):
            own, other = self.blocks[k], self.blocks[k - 1]
            if isinstance(own, PairRow) and isinstance(other, PairRow) and own.scale == other.scale:
                found[k] = found[k - 1]
        return found

    @cached_property
    def visited(self) -> NDArray[np.intp]:
        """Which of all rows depend on the settings: the equations first."""
        pairs = zip(self.starts[:-1], self.blocks, strict=True)
        own = [start + np.arange(len(rows)) for start, rows in pairs if not start or isinstance(rows, VisitedRows)]
        return np.concatenate(own)

    @cached_property
    def mass_rows(self) -> NDArray[np.intp]:
        """Which of all rows are M."""
        pairs = zip(self.starts[:-1], self.blocks, strict=True)
        own = [start for start, rows in pairs if isinstance(rows, MassRow) and not isinstance(rows, PairRow)]
        return np.array(own, dtype=np.intp)

    @cached_property
    def pair_rows(self) -> dict[int, PairRow]:
        """Which of all rows are pairs of Hall's measure."""
        pairs = zip(self.starts[:-1], self.blocks, strict=True)
        return {start: rows for start, rows in pairs if isinstance(rows, PairRow)}

    @cached_property
    def weights(self) -> NDArray[np.int64]:
        """p(x) in units of 1/unit."""
        return np.array([int(w * self.unit) for w in self.settings.layout.weights], dtype=np.int64)

    def sizes(self, assignments: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.asarray(assignments[:, len(self.rows.domains) :].sum(axis=1) // self.unit)

    def columns(self, assignments: NDArray[np.int64]) -> tuple[sp.csc_array, Floats]:
        own = self._entries(assignments)
        return sp.csc_array(self.map @ own), np.asarray(own.T @ self.cost)

    def _entries(self, assignments: NDArray[np.int64]) -> sp.csc_array:
        count, v = len(assignments), len(self.rows.domains)
        strategies, mass = assignments[:, :v], assignments[:, v:].reshape(count, len(self.weights))
        cells = self.settings.cells(strategies)
        pointers = np.arange(0, cells.size + 1, len(self.weights))
        shape = self.settings.entries.shape[1], count
        mix = sp.csc_array((mass.ravel().astype(np.float64), cells.ravel(), pointers), shape=shape)
        visited, sizes = sp.csr_array(self.settings.entries @ mix), self.sizes(assignments)
        end = len(self.blocks[0])
        found = [visited[:end]]
        pairs = self._pair_entries(mass)
        for start, rows in zip(self.starts[1:-1], self.blocks[1:], strict=True):
            if isinstance(rows, VisitedRows):
                found.append(visited[end : end + len(rows)])
                end += len(rows)
            elif isinstance(rows, PairRow):
                if start - 1 not in self.pair_rows:  # they come one after the other
                    found.append(pairs[start])
            elif isinstance(rows, MassRow):
                away = abs(mass - self.weights * sizes[:, None]).sum(axis=1)
                found.append(sp.csr_array(away[None, :].astype(np.float64)))
            else:
                found.append(sp.csr_array(rows.at(strategies).matrix.multiply(sizes[None, :])))
        return sp.csc_array(sp.vstack(found, format="csc"))

    def _pair_entries(self, mass: NDArray[np.int64]) -> dict[int, sp.csr_array]:
        """Return the entries of pairs of Hall's measure: of all rows without others between them, by the first."""
        if not self.pair_rows:
            return {}
        places = list(self.pair_rows)
        x, y, left, right, _ = np.array([rows.told for rows in self.pair_rows.values()], dtype=np.int64).T
        apart = abs(mass[:, x] * left - mass[:, y] * right).T.astype(np.float64)
        firsts = [k for k, place in enumerate(places) if place - 1 not in self.pair_rows]
        ends = [*firsts[1:], len(places)]
        return {places[a]: sp.csr_array(apart[a:b]) for a, b in zip(firsts, ends, strict=True)}

    def spread(self, assignments: NDArray[np.int64], shares: Sequence[N]) -> dict[int, N]:
        v, unit = len(self.rows.domains), self.unit
        mass = assignments[:, v:]
        place, setting = np.nonzero(mass)
        numbers = column_numbers(self.rows.domains, self.settings.full(assignments[place, :v], setting))
        found: dict[int, N] = {}
        for number, i, m in zip(numbers, place.tolist(), mass[place, setting].tolist(), strict=True):
            own = shares[i] * Fraction(m, unit) if not isinstance(shares[i], float) else shares[i] * (m / unit)
            found[number] = found[number] + own if number in found else own
        return found


@dataclass(frozen=True, eq=False)
class _Columns:
    """Columns that were found, the best of each λ."""

    found: NDArray[np.int64]

    def assignments(self, places: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return some of them."""
        return self.found[places]


class MassPricer(Pricer):
    """Finds the columns of least reduced cost.

    Parameters
    ----------
    form
        The problem.
    """

    def __init__(self, form: MassForm) -> None:
        self._form, (rest, self._others) = form, form.rest
        self._rest = Pricer(rest)
        entries = np.arange(int(form.settings.starts[-1]))
        self._search = DependencePricer(form.settings, entries, self._rest.elimination.scopes)

    def best(self, weights: Floats) -> tuple[Floats, _Columns]:
        form = self._form
        flat, two = form.settings.flat(-weights[form.visited]), self._two(weights)
        rest = [np.asarray(own, dtype=np.float64) for own in self._rest.tables(weights[self._others])]
        _, strategies, values = self._search.best(
            flat, form.weights.astype(np.float64), _KEPT, -math.inf, max(float(two), 0.0), rest
        )
        z = flat[form.settings.cells(strategies)]
        star, each = z.argmax(axis=1), np.arange(len(z))
        mass = np.where(z > z.max(axis=1)[:, None] - two, form.weights, 0)
        mass[each, star] += form.unit - mass.sum(axis=1)
        return values, _Columns(np.concatenate([strategies, mass], axis=1))

    def _two(self, weights: NDArray[np.float64] | NDArray[np.int64]) -> float | int:
        """Return twice the weight of M."""
        total: float | int = sum(weights[self._form.mass_rows].tolist())
        return 2 * total

    def least(self, whole: NDArray[np.int64]) -> int:
        form = self._form
        two = int(self._two(whole.astype(object)))
        if two < 0:
            raise SolverError(f"the weight of M is {two / 2:.3g}, expected none below 0. Report model and data.")
        size = max(map(abs, [*whole.tolist(), two]), default=0)
        mass = 2 * form.unit * max(1, form.settings.mass) + 2 * int(self._rest_mass)
        whole = whole.astype(np.int64 if size * mass < LARGEST_SUM else object)
        rest = self._rest.tables(whole[self._others])
        flat = form.settings.flat(-whole[form.visited])
        return -self._greatest(flat, two, rest, size * mass)

    def _greatest(self, flat: NDArray[Any], two: int, rest: Sequence[NDArray[Any]], size: int) -> int:
        """Return the largest price of whole weights, where no sum exceeds a size."""
        return int(self._search.largest(flat, self._form.weights.astype(flat.dtype), two, rest))

    @cached_property
    def _rest_mass(self) -> float:
        return self._form.rest[0].mass


@dataclass(frozen=True, eq=False)
class _Leveled:
    """Columns that were found by levels of masses."""

    best: Best

    def assignments(self, places: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return some of them."""
        return np.concatenate(self.best.found(places), axis=1)


class LevelPricer(MassPricer):
    """Finds the columns of least reduced cost where masses have limits.

    Parameters
    ----------
    form
        The problem.

    Raises
    ------
    ModelTooLargeError
        If that takes too long.
    """

    def __init__(self, form: MassForm) -> None:
        self._form, (rest, self._others) = form, form.rest
        self._rest = Pricer(rest)
        assert form.box is not None
        settings = form.settings
        corners = form.weights.tolist() if len(form.mass_rows) else None
        levels = Levels.of(len(form.weights), form.unit, *form.box, corners)
        many = max(map(len, levels.each)) > _MOST_LEVELS or levels.target > _MOST_STEPS
        domains, scopes = form.rows.domains, self._rest.elimination.scopes
        self._levels = None if many else LevelSearch(settings.layout.settings, domains, settings.scopes, scopes, levels)
        if self._levels is None or max(self._levels.work, 8 * self._levels.largest) > MOST_WORK:
            took = f"takes {levels.target:,} steps of mass" if self._levels is None else f"adds {self._levels.work:.2g} numbers"
            raise ModelTooLargeError(
                f"the best strategy of {settings.model.name} with limits of p(x|λ) {took} each time, expected at most "
                f"{_MOST_STEPS:,} steps and {MOST_WORK:.2g} numbers. Give limits that are simple multiples of p(x), or "
                "reduce the settings."
            )

    def _search_levels(
        self, flat: NDArray[Any], two: float | int, rest: Sequence[NDArray[Any]], low: float | int, *, choices: bool
    ) -> tuple[NDArray[Any], Best]:
        form, tables = self._form, self._form.settings.tables(flat)

        def gains(x: int, mass: int) -> NDArray[Any]:
            away = abs(mass - int(form.weights[x]))
            return tables[x] * mass - (two * away / 2 if isinstance(two, float) else two * away // 2)

        assert self._levels is not None
        return self._levels.run(gains, rest, low, choices=choices)

    def best(self, weights: Floats) -> tuple[Floats, _Leveled]:  # type: ignore[override]
        flat = self._form.settings.flat(-weights[self._form.visited])
        rest = [np.asarray(own, dtype=np.float64) for own in self._rest.tables(weights[self._others])]
        two = max(float(self._two(weights)), 0.0)
        top, best = self._search_levels(flat, two, rest, -math.inf, choices=True)
        return np.asarray(top, dtype=np.float64), _Leveled(best)

    def _greatest(self, flat: NDArray[Any], two: int, rest: Sequence[NDArray[Any]], size: int) -> int:
        top, _ = self._search_levels(flat, two, rest, -4 * size - 1, choices=False)
        return int(top.max())


class SetPricer(MassPricer):
    """Finds the columns of least reduced cost where there is Hall's measure.

    Parameters
    ----------
    form
        The problem.

    Raises
    ------
    ModelTooLargeError
        If that takes too long.
    """

    def __init__(self, form: MassForm) -> None:
        self._form, (rest, self._others) = form, form.rest
        self._rest = Pricer(rest)
        n = len(form.weights)
        self._pairs = np.array(list(itertools.combinations(range(n), 2)), dtype=np.intp)
        self._number = {tuple(pair): k for k, pair in enumerate(self._pairs.tolist())}
        self._sets = SetSearch(form.settings, form.weights, self._pairs, self._rest.elimination.scopes)

    def _given(self, weights: NDArray[Any]) -> SetWeights:
        """Return what the price is made of; the pairs times what a set adds to their row, in the unit."""
        form = self._form
        pairs = np.zeros(len(self._pairs), dtype=weights.dtype)
        for row, rows in form.pair_rows.items():
            x, y, left, _, _ = rows.told
            pairs[self._number[x, y]] += weights[row] * (left * int(form.weights[x]))
        rest = [np.asarray(own, dtype=weights.dtype) for own in self._rest.tables(weights[self._others])]
        return SetWeights(form.settings.flat(-weights[form.visited]), pairs, rest)

    def best(self, weights: Floats) -> tuple[Floats, _Columns]:
        form, given = self._form, self._given(weights)
        prices, strategies, sets = self._sets.best(replace(given, pairs=np.maximum(given.pairs, 0.0)), _KEPT)
        mass = np.where(sets, form.weights, 0)
        mass *= (form.unit // np.gcd(form.unit, mass.sum(axis=1)))[:, None]
        return prices, _Columns(np.concatenate([strategies, mass], axis=1))

    def least(self, whole: NDArray[np.int64]) -> Fraction:  # type: ignore[override]
        given = self._given(whole.astype(object))
        if min(given.pairs.tolist(), default=0) < 0:
            raise SolverError("the weight of a pair of settings is below 0. Report model and data.")
        return -self._sets.largest(given)


def _pricer_of(form: MassForm) -> MassPricer:
    """Return what finds the best columns of a form."""
    return LevelPricer(form) if form.box else SetPricer(form) if form.pair_rows else MassPricer(form)


class ConstrainedProblem(PricedProblem):
    """A problem with M in it, see `PricedProblem`.

    Parameters
    ----------
    problem
        As it is given.
    form
        The same, with M as single rows.
    measure
        What is minimized, for errors.
    """

    form: MassForm

    def __init__(self, problem: Problem, form: MassForm, measure: Measure) -> None:
        self._given = problem
        super().__init__(form, measure)

    @property
    def _problem(self) -> Problem:
        return self._given

    def _bound(self, master: Master) -> DualBound:
        return _of_problem(self._given, self.form, rigorous(self.form, self.pricer, master.duals))

    def _pricer(self) -> Pricer:
        return _pricer_of(self.form)

    def _of(self, problem: Problem) -> PricedProblem | None:
        form = _form(problem, self.measure.model)
        return None if form is None else ConstrainedProblem(problem, form, self.measure)

    def solved(self, *, thorough: bool) -> tuple[Answer, Proof]:
        answer, proof = super().solved(thorough=thorough)
        return answer, replace(proof, problem=self._given, bound=_of_problem(self._given, self.form, proof.bound))

    def _orbits(self) -> Orbits:
        exact = self.form.problem.equations.distance == 0
        return single_rows(self.form) if exact else orbits(self.form, self.measure.model)

    def _exact(self, master: Master, merged: Orbits) -> tuple[DualBound, dict[int, ExactNumber]] | None:
        if merged.moves or self.form.map.shape[0] > LARGEST_BASIS:
            return None
        exact_data = self.form.problem.equations.distance == 0
        return exact_solution(self.form, self.pricer, merged, master, thorough=exact_data)

    def _support(self, master: Master, merged: Orbits) -> tuple[float, dict[int, float]] | None:
        weights = master.weights.clip(0.0)
        used = np.flatnonzero(weights)
        sizes = self.form.sizes(master.pool)
        shares = weights[used] / float(weights @ sizes)
        alone = self.form.spread(master.pool[used], shares.tolist())
        if not merged.moves:
            return master.reached, alone
        spread = merged.images(self.measure.model.local.assignments(list(alone)))
        if spread is None:
            return None
        images, origin = spread
        own = (np.array(list(alone.values())) / np.bincount(origin, minlength=len(alone)))[origin]
        found: dict[int, float] = {}
        for number, share in zip(self.form.numbers(images), own.tolist(), strict=True):
            found[number] = found.get(number, 0.0) + share
        return master.reached, found


def constrained_dependence(
    measure: LinearMeasure, equations: Equations, subject_to: object, *, thorough: bool
) -> tuple[Answer, Proof] | None:
    """Minimize a measure with M in it or in its budgets; None where the strategies had better be listed, or have to be.

    Errors as `minimize`.
    """
    if equations.exponents is not None or not measure.model.dependent_inputs:
        return None
    problem = read_problem(measure, measure.term, equations, subject_to)
    asked = any(map(is_dependence, all_leaves(problem))) or hall_pairs(problem) or limits_of(problem)
    form = _form(problem, measure.model) if asked else None
    if form is None:
        return None
    try:
        return ConstrainedProblem(problem, form, measure).solved(thorough=thorough)
    except TimeLimitError:
        raise
    except (SolverError, ModelTooLargeError):
        if not measure.model.strategies.can_be_listed or not _fits(problem):
            raise
        return None


def _fits(problem: Problem) -> bool:
    """Return whether a program of all strategies would fit in memory."""
    try:
        check_size(problem)
    except ModelTooLargeError:
        return False
    return True


def hall_pairs(problem: Problem) -> dict[Leaf, int]:
    """Return the leaves that are pairs of Hall's measure, with their places among all pairs."""
    terms = [problem.objective, *(budget.measure.term for budget in problem.budgets)]
    return {leaf: k for term in terms for own in hall_terms(term) for k, leaf in enumerate(own.leaves())}


def limits_of(problem: Problem) -> list[SettingBound]:
    """Return the limits of p(x|λ)."""
    return [constraint for constraint in problem.affine if isinstance(constraint, SettingBound)]


def _form(problem: Problem, model: CausalModel) -> MassForm | None:
    """Return the problem with M and the pairs of Hall's measure as single rows; None where that is not possible."""
    factors = {id(leaf.rows): leaf.factor for leaf in all_leaves(problem) if is_dependence(leaf)}
    pairs, limits = hall_pairs(problem), limits_of(problem)
    if min([*factors.values(), *(leaf.factor for leaf in pairs)], default=0) < 0 or (pairs and (factors or limits)):
        return None
    layout, own = setting_layout(model), problem.equations
    low, high = box_of(limits)
    if not isinstance(low, Fraction) or not isinstance(high, Fraction):
        return None
    unit = math.lcm(layout.denominator, low.denominator, high.denominator)
    if unit > _LARGEST_UNIT or not isinstance(own.rows, LocalRows):
        return None
    domains = own.rows.domains
    dependent = {model.local.variable(name, {}) for name in layout.names}
    places = list(itertools.combinations([int(w * unit) for w in layout.weights], 2))
    numbers = list(itertools.combinations(range(len(layout.weights)), 2))
    known = {id(leaf.rows): (leaf.factor, k) for leaf, k in pairs.items()}

    def made(rows: Rows) -> Rows:
        if id(rows) in known:
            factor, k = known[id(rows)]
            (x, y), (left, right) = numbers[k], places[k]
            both = math.lcm(left, right)
            label = f"{x} {y} {both // left} {both // right} {unit}"
            marks = LocalRows.summed(domains, _marks(model, layout, x, y), (label,)).parts
            return PairRow(domains, marks, (label,), factor / both)
        if id(rows) in factors:
            return MassRow(domains, (), (str(unit),), factors[id(rows)] / unit)
        if isinstance(rows, LocalRows) and any(dependent.intersection(scope) for scope in rows.scopes):
            return VisitedRows.of(rows, unit)
        return rows

    equations = replace(own, rhs=own.rhs * unit)
    budgets = tuple(
        replace(b, measure=replace(b.measure, term=b.measure.term.with_rows(made))) for b in problem.budgets
    )
    others = tuple(
        replace(constraint, rows=made(constraint.rows))
        for constraint in problem.affine
        if not isinstance(constraint, SettingBound)
    )
    changed = Problem(problem.objective.with_rows(made), equations, budgets, others)
    blocks = local_blocks(changed)
    if blocks is None:
        return None
    visited: Rows = LocalRows(domains, own.rows.parts, own.rows.labels)
    for rows in blocks[1:]:
        if isinstance(rows, VisitedRows):
            visited = visited.followed_by(LocalRows(domains, rows.parts, rows.labels))
    settings = SettingForm.of(model, replace(own, rows=visited), layout)
    if settings is None:
        return None
    return MassForm(changed, tuple(blocks), settings, unit, (int(low * unit), int(high * unit)) if limits else None)


def _marks(model: CausalModel, layout: SettingLayout, *settings: int) -> list[Piece]:
    """Return tables that tell a pair of settings from others: symmetries move them as they move the pair."""
    own = tuple(model.local.variable(name, {}) for name in layout.names)
    table = np.zeros([model.local.domains[v] for v in own], dtype=np.int64)
    for x in settings:
        table[layout.settings[x]] = 1
    return [(own, 0, table)]


def _of_problem(problem: Problem, form: MassForm, bound: DualBound) -> DualBound:
    """Return the bound of the problem itself, where the weights of the rows of M follow from its multiplier."""
    leaves = zip(all_leaves(problem), all_leaves(form.problem), strict=True)
    weights = {
        own: bound.weights[other]
        for own, other in leaves
        if other in bound.weights and not isinstance(other.rows, MassRow)
    }
    rest, none = iter(bound.affine), np.zeros(0, dtype=object)
    affine = tuple(none if isinstance(own, SettingBound) else next(rest) for own in problem.affine)
    unstated = "limits of p(x|λ)" if form.box else "Hall's measure beside other measures" if form.pair_rows else ""
    return replace(bound, z=bound.z * form.unit, weights=weights, affine=affine, unstated=unstated)
