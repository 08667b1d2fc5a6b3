"""Measurement dependence M beside other measures: a budget, under budgets, in sums. No strategies are listed.

A column is a λ with its mass over the settings, as in `engines.dependence.columns`: M is linear in how much there is
of each. So M becomes a single row, and the linear program of any problem is that of `engines.linear.priced`; only how
the best column is found differs. What the other measures say of λ is small tables; where x* is the setting with the
largest z_x(λ), and u, μ ≥ 0 are the weights of their rows and of M, the price of the best column of λ is

    Σ_x p(x) max(z_x(λ), z_x*(λ) − 2 μ) − u · g(λ) .

The equations are multiplied by the common denominator of p(x), so that all columns are whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import Equations
from relaxbell.causal.model import CausalModel
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.dependence.pricing import DependencePricer
from relaxbell.engines.dependence.support import Support
from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.over import read_problem
from relaxbell.engines.linear.priced.form import PricedForm, Pricer, local_blocks
from relaxbell.engines.linear.priced.master import Master
from relaxbell.engines.linear.priced.orbits import Orbits, orbits, single_rows
from relaxbell.engines.linear.priced.proving import rigorous
from relaxbell.engines.linear.priced.solving import PricedProblem
from relaxbell.engines.linear.program import Problem, all_leaves
from relaxbell.errors import ModelTooLargeError, SolverError
from relaxbell.exact.elimination import LARGEST_SUM
from relaxbell.exact.local_rows import LocalRows, Tables, column_numbers
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.exact.rows import Rows
from relaxbell.lp.clock import TimeLimitError
from relaxbell.lp.highs import Answer
from relaxbell.lp.vertex import LARGEST_BASIS
from relaxbell.measures.dependences import is_dependence
from relaxbell.measures.measure import LinearMeasure, Measure
from relaxbell.measures.settings import setting_layout

_LARGEST_UNIT = 2**20
"""Largest common denominator of p(x): columns are whole numbers up to that."""

_KEPT = 20
"""Most columns of a batch of answers."""

N = TypeVar("N", float, ExactNumber)


class MassRow(LocalRows):
    """M as a single row: Σ |mass − p(x)| of each column, in units of 1/denominator; it has no tables."""

    @cached_property
    def nonnegative(self) -> bool:
        """Whether no entry is negative: none is."""
        return True

    @cached_property
    def mass(self) -> float:
        """The largest entry is below twice the denominator, which the label says."""
        return 2.0 * int(self.labels[0])


@dataclass(frozen=True, eq=False)
class MassForm(PricedForm):
    """A problem whose columns are the values of all variables of a λ, then its whole mass at each setting.

    Attributes
    ----------
    problem, blocks
        As in `PricedForm`; M is a `MassRow`, and the equations are multiplied by the denominator.
    settings
        z_x(λ), as tables.
    """

    settings: SettingForm

    @cached_property
    def starts(self) -> list[int]:
        """Where the rows of each block begin."""
        return np.concatenate([[0], np.cumsum([len(rows) for rows in self.blocks])]).tolist()

    @cached_property
    def rest(self) -> tuple[LocalRows, NDArray[np.intp]]:
        """The rows of other measures, without scale, and which of all rows they are."""
        parts, places, count = list[Tables](), list[NDArray[np.intp]](), 0
        for start, rows in zip(self.starts[1:-1], self.blocks[1:], strict=True):
            if not isinstance(rows, MassRow):
                parts += [Tables(part.scopes, part.rows + count, part.values) for part in rows.parts]
                places.append(start + np.arange(len(rows)))
                count += len(rows)
        found = np.concatenate([np.zeros(0, dtype=np.intp), *places])
        return LocalRows(self.rows.domains, parts, [""] * count), found

    @cached_property
    def mass_rows(self) -> NDArray[np.intp]:
        """Which of all rows are M."""
        pairs = zip(self.starts[:-1], self.blocks, strict=True)
        return np.array([start for start, rows in pairs if isinstance(rows, MassRow)], dtype=np.intp)

    @cached_property
    def weights(self) -> NDArray[np.int64]:
        """p(x) in units of 1/denominator."""
        return self.settings.layout.whole_weights.astype(np.int64)

    def columns(self, assignments: NDArray[np.int64]) -> tuple[sp.csc_array, Floats]:
        own = self._entries(assignments)
        return sp.csc_array(self.map @ own), np.asarray(own.T @ self.cost)

    def equation_entries(self, assignments: NDArray[np.int64]) -> sp.csr_array:
        return sp.csr_array(sp.csr_array(self._entries(assignments))[: self.starts[1]])

    def _entries(self, assignments: NDArray[np.int64]) -> sp.csc_array:
        count, v = len(assignments), len(self.rows.domains)
        strategies, mass = assignments[:, :v], assignments[:, v:].reshape(count, len(self.weights))
        cells = self.settings.cells(strategies)
        pointers = np.arange(0, cells.size + 1, len(self.weights))
        shape = self.settings.entries.shape[1], count
        mix = sp.csc_array((mass.ravel().astype(np.float64), cells.ravel(), pointers), shape=shape)
        found = [sp.csr_array(self.settings.entries @ mix)]
        for rows in self.blocks[1:]:
            if isinstance(rows, MassRow):
                found.append(sp.csr_array(abs(mass - self.weights).sum(axis=1)[None, :].astype(np.float64)))
            else:
                found.append(rows.at(strategies).matrix)
        return sp.csc_array(sp.vstack(found, format="csc"))

    def spread(self, assignments: NDArray[np.int64], shares: Sequence[N]) -> dict[int, N]:
        v, unit = len(self.rows.domains), self.settings.layout.denominator
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
        self._equations = len(form.blocks[0])

    def best(self, weights: Floats) -> tuple[Floats, _Columns]:
        form = self._form
        flat, two = form.settings.flat(-weights[: self._equations]), self._two(weights)
        rest = [np.asarray(own, dtype=np.float64) for own in self._rest.tables(weights[self._others])]
        _, strategies, values = self._search.best(
            flat, form.weights.astype(np.float64), _KEPT, -math.inf, max(float(two), 0.0), rest
        )
        z = flat[form.settings.cells(strategies)]
        star, each = z.argmax(axis=1), np.arange(len(z))
        mass = np.where(z > z.max(axis=1)[:, None] - two, form.weights, 0)
        mass[each, star] += form.settings.layout.denominator - mass.sum(axis=1)
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
        mass = 2 * form.settings.layout.denominator * max(1, form.settings.mass) + 2 * int(self._rest_mass)
        whole = whole.astype(np.int64 if size * mass < LARGEST_SUM else object)
        weights = form.weights.astype(whole.dtype)
        rest = self._rest.tables(whole[self._others])
        flat = form.settings.flat(-whole[: self._equations])
        return -int(self._search.largest(flat, weights, two, rest))

    @cached_property
    def _rest_mass(self) -> float:
        return self._form.rest[0].mass


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
        return MassPricer(self.form)

    def _of(self, problem: Problem) -> PricedProblem | None:
        form = _form(problem, self.measure.model)
        return None if form is None else ConstrainedProblem(problem, form, self.measure)

    def solved(self, *, thorough: bool) -> tuple[Answer, Proof]:
        answer, proof = super().solved(thorough=thorough)
        return answer, replace(proof, problem=self._given, bound=_of_problem(self._given, self.form, proof.bound))

    def _orbits(self) -> Orbits:
        found = orbits(self.form, self.measure.model)
        turned = [self.form.settings.turned(move) for move in found.moves]
        settings = tuple(own for own in turned if own is not None)
        return replace(found, settings=settings) if len(settings) == len(turned) else single_rows(self.form)

    def _exact(self, master: Master, merged: Orbits) -> tuple[DualBound, dict[int, ExactNumber]] | None:
        """Floats that were read exactly are symmetric to rounding only; a program of all images would take long."""
        rounded = merged.moves and self.form.problem.equations.distance
        return None if rounded or self.form.map.shape[0] > LARGEST_BASIS else super()._exact(master, merged)

    def _support(self, master: Master, merged: Orbits) -> tuple[float, Mapping[int, float]] | None:
        weights = master.weights.clip(0.0)
        used = np.flatnonzero(weights)
        columns, shares, form, name = master.pool[used], weights[used] / weights.sum(), self.form, self.measure.name

        def made() -> dict[int, float]:
            spread = merged.images(columns)
            if spread is None:
                raise ModelTooLargeError(
                    f"the model found for min {name} has too many λ: {len(used)}, and what the symmetries of the data "
                    "make of them, which are not written down. The value and the bound need no list; for one, reduce "
                    "the settings or give data without symmetries."
                )
            images, origin = spread
            return form.spread(images, (shares / np.bincount(origin, minlength=len(used)))[origin].tolist())

        return master.reached, Support(made)


def constrained_dependence(
    measure: LinearMeasure, equations: Equations, subject_to: object, *, thorough: bool
) -> tuple[Answer, Proof] | None:
    """Minimize a measure with M in it or in its budgets; None where the strategies had better be listed, or have to be.

    Errors as `minimize`.
    """
    if equations.exponents is not None or not measure.model.dependent_inputs:
        return None
    problem = read_problem(measure, measure.term, equations, subject_to)
    form = _form(problem, measure.model) if any(map(is_dependence, all_leaves(problem))) else None
    if form is None:
        return None
    try:
        return ConstrainedProblem(problem, form, measure).solved(thorough=thorough)
    except TimeLimitError:
        raise
    except (SolverError, ModelTooLargeError):
        if not measure.model.strategies.can_be_listed:
            raise
        return None


def _form(problem: Problem, model: CausalModel) -> MassForm | None:
    """Return the problem with M as single rows; None where other rows are no tables of λ."""
    factors = {id(leaf.rows): leaf.factor for leaf in all_leaves(problem) if is_dependence(leaf)}
    if min(factors.values(), default=Fraction(0)) < 0:
        return None
    layout = setting_layout(model)
    unit, own = layout.denominator, problem.equations
    if unit > _LARGEST_UNIT or not isinstance(own.rows, LocalRows):
        return None
    domains = own.rows.domains

    def made(rows: Rows) -> Rows:
        factor = factors.get(id(rows))
        return rows if factor is None else MassRow(domains, (), (str(unit),), factor / unit)

    equations = replace(own, rhs=own.rhs * unit)
    budgets = tuple(
        replace(b, measure=replace(b.measure, term=b.measure.term.with_rows(made))) for b in problem.budgets
    )
    changed = Problem(problem.objective.with_rows(made), equations, budgets, problem.affine)
    blocks, settings = local_blocks(changed), SettingForm.of(model, own, layout)
    if blocks is None or settings is None:
        return None
    form = MassForm(changed, tuple(blocks), settings)
    dependent = set(settings.dependent)
    return None if any(dependent.intersection(scope) for scope in form.rest[0].scopes) else form


def _of_problem(problem: Problem, form: MassForm, bound: DualBound) -> DualBound:
    """Return the bound of the problem itself, where the weights of the rows of M follow from its multiplier."""
    leaves = zip(all_leaves(problem), all_leaves(form.problem), strict=True)
    weights = {
        own: bound.weights[other]
        for own, other in leaves
        if other in bound.weights and not isinstance(other.rows, MassRow)
    }
    return replace(bound, z=bound.z * form.settings.layout.denominator, weights=weights)
