"""Problems whose columns are λ with masses over the settings: M, Hall's measure and limits of p(x|λ) are single rows.

A column has the values of all variables of a λ, then its mass at each setting in whole numbers. What the equations and
functionals say depends on the settings, so it is a sum over them; what other measures say is small tables of λ.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.linear.priced.form import PricedForm, local_blocks
from relaxbell.engines.linear.program import Problem, all_leaves
from relaxbell.exact.local_rows import LocalRows, Piece, Tables, column_numbers
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.exact.rows import Rows
from relaxbell.measures.dependences import is_dependence
from relaxbell.measures.hall import hall_terms
from relaxbell.measures.setting_rows import SettingBound, box_of
from relaxbell.measures.settings import SettingLayout, setting_layout
from relaxbell.measures.terms import Leaf

_LARGEST_UNIT = 2**20
"""Largest common denominator of p(x) and its limits: columns are whole numbers up to that."""

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
    def visiting(cls, rows: LocalRows, unit: int) -> VisitedRows:
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
    problem, blocks, local
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

    def equation_entries(self, assignments: NDArray[np.int64]) -> sp.csr_array:
        return sp.csr_array(sp.csr_array(self._entries(assignments))[: self.starts[1]])

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


def hall_pairs(problem: Problem) -> dict[Leaf, int]:
    """Return the leaves that are pairs of Hall's measure, with their places among all pairs."""
    terms = [problem.objective, *(budget.measure.term for budget in problem.budgets)]
    return {leaf: k for term in terms for own in hall_terms(term) for k, leaf in enumerate(own.leaves())}


def limits_of(problem: Problem) -> list[SettingBound]:
    """Return the limits of p(x|λ)."""
    return [constraint for constraint in problem.affine if isinstance(constraint, SettingBound)]


def mass_form(problem: Problem, model: CausalModel) -> MassForm | None:
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
            return VisitedRows.visiting(rows, unit)
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
    return MassForm(
        changed, tuple(blocks), model.local, settings, unit, (int(low * unit), int(high * unit)) if limits else None
    )


def _marks(model: CausalModel, layout: SettingLayout, *settings: int) -> list[Piece]:
    """Return tables that tell a pair of settings from others: symmetries move them as they move the pair."""
    own = tuple(model.local.variable(name, {}) for name in layout.names)
    table = np.zeros([model.local.domains[v] for v in own], dtype=np.int64)
    for x in settings:
        table[layout.settings[x]] = 1
    return [(own, 0, table)]
