"""The adversary's linear program, by columns: a guess, an extreme table of settings, and an extreme box for each λ.

Merging values of λ with equal guess and table loses nothing, so that the boxes of each pair form a polytope. Its best
vertex for given multipliers of the equations is found by a linear program; columns are added until none is better.
Then multipliers of the boxes' equations for every pair prove the bound in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from relaxbell.errors import SolverError
from relaxbell.exact.basis import Basis
from relaxbell.exact.numbers import ExactNumber, Floats, to_floats
from relaxbell.exact.simplex import Contradiction, ExactProgram, Optimum
from relaxbell.exact.sparse import ExactMatrix
from relaxbell.lp.clock import passed, remaining
from relaxbell.lp.highs import Answer, solve_highs
from relaxbell.randomness.guesses import GuessingRows
from relaxbell.randomness.polytope import Boxes

_PENALTY = 1e3
"""Cost of missing an equation in floats; exact programs need none."""

_POSITIVE = 1e-9
"""Reduced gains above this count in floats."""

_CLEAR = 1e-6
"""Where a pair's best box is worse by this, rounded multipliers prove it."""

_GRID = 2**24
_ROUNDS = 2000

_ENOUGH = 100
"""Better boxes with which a round ends."""


@dataclass(frozen=True, eq=False)
class Column:
    """A value of λ: which table and which guess, the exact box with its costs, its entries in the rows, its gain."""

    table: int
    guess: int
    box: list[Fraction]
    entries: dict[int, Fraction]
    gain: Fraction


@dataclass(frozen=True, eq=False)
class Proof:
    """Multipliers that prove a bound: of the rows, and of the boxes' equations for each table and guess."""

    bound: ExactNumber
    multipliers: list[ExactNumber]
    boxes: dict[tuple[int, int], list[Fraction]]


@dataclass(eq=False)
class Adversary(GuessingRows):
    """The program where boxes of a polytope are prepared.

    Attributes
    ----------
    tables, settings, observed, guesses
        As in `GuessingRows`.
    budgets
        Of the table's cost if `dependence`, then of each edge.
    boxes
        That may be prepared.
    dependence
        Whether the first budget is that of the tables.
    """

    boxes: Boxes
    dependence: bool
    columns: list[Column] = field(default_factory=list)
    _known: set[tuple[int, int, tuple[Fraction, ...]]] = field(default_factory=set)
    _next: int = 0

    @property
    def cells(self) -> int:
        """Number of entries of p(outputs|inputs)."""
        return self.boxes.cells

    def with_budget(self, place: int, e: ExactNumber) -> Adversary:
        """Return the same adversary with another budget; columns and boxes are shared."""
        budgets = [*self.budgets[:place], e, *self.budgets[place + 1 :]]
        return replace(self, budgets=budgets)

    # --------------------------------------------------------------------- columns

    @cached_property
    def _float_gains(self) -> Floats:
        return to_floats(self.gains)

    def _prices(self, y: Sequence[ExactNumber]) -> list[ExactNumber]:
        """Return what multipliers of the data make of each cell."""
        price: list[ExactNumber] = [Fraction(0)] * self.boxes.cells
        for (row, _), u in zip(self.observed, y, strict=False):
            if u:
                for j, v in row.items():
                    price[j] += u * v
        return price

    def _weights(
        self, pair: tuple[int, int], price: Sequence[ExactNumber], y: Sequence[ExactNumber], gain: int
    ) -> list[ExactNumber]:
        """Return what a box gains at a pair beyond its price, as exact weights of its cells and costs.

        The table's price is a constant, which the cells of the first setting share.
        """
        table, own = self.tables[pair[0]], self.gains[pair[1]]
        n, cells = self.boxes.settings, self.boxes.cells
        budgets = list(y[len(self.observed) :])
        constant = budgets.pop(0) * table.cost if self.dependence else Fraction(0)
        found = [table.weights[j % n] * (gain * own[j] - price[j]) for j in range(cells)]
        for j in range(0, cells, n):
            found[j] -= constant
        return [*found, *(-b for b in budgets)]

    def _add(self, pair: tuple[int, int], box: list[Fraction]) -> bool:
        """Add a column, if it is new."""
        key = (*pair, tuple(box))
        if key in self._known:
            return False
        self._known.add(key)
        table, n, cells = self.tables[pair[0]], self.boxes.settings, self.boxes.cells
        joint = [table.weights[j % n] * box[j] for j in range(cells)]
        entries: dict[int, Fraction] = {}
        for i, (row, _) in enumerate(self.observed):
            value = sum((v * joint[j] for j, v in row.items() if joint[j]), Fraction(0))
            if value:
                entries[i] = value  # type: ignore[assignment]  # rational functionals only, see `read`
        costs = [*([table.cost] if self.dependence else []), *box[cells:]]
        entries |= {len(self.observed) + k: cost for k, cost in enumerate(costs) if cost}
        gain = sum((own * joint[j] for j, own in enumerate(self.gains[pair[1]]) if own and joint[j]), Fraction(0))
        self.columns.append(Column(*pair, box, entries, gain))
        return True

    # ---------------------------------------------------------------------- solving

    def _float_answer(self) -> tuple[Answer, Floats]:
        """Return the answer for the columns so far and the multipliers of the rows; equations may be missed."""
        m, n, equations = len(self.sides), len(self.columns), len(self.observed)
        places = [(i, j, float(v)) for j, column in enumerate(self.columns) for i, v in column.entries.items()]
        places += [(i, n + 2 * i + s, 1.0 - 2 * s) for i in range(equations) for s in (0, 1)]
        rows, numbers, values = zip(*places, strict=True)
        matrix = sp.csc_array((values, (rows, numbers)), shape=(m, n + 2 * equations))
        cost = np.concatenate([[-float(c.gain) for c in self.columns], np.full(2 * equations, _PENALTY)])
        upper = np.array([float(v) for v in self.sides])
        lower = np.where(np.arange(m) < equations, upper, -np.inf)
        answer = solve_highs(matrix, cost, lower, upper, presolve=False)
        return answer, -answer.duals

    def _price(self, y: Floats) -> bool:
        """Add the best boxes for multipliers in floats; return whether there was a new one."""
        rows, tables, costs, right = self.float_rows, self.float_tables, self.float_costs, self._float_gains
        equations, budgets = len(self.observed), list(y[len(self.observed) :])
        price = y[:equations] @ rows
        constant = budgets.pop(0) * costs if self.dependence else 0 * costs
        found: list[tuple[float, tuple[int, int], list[Fraction] | None]] = []
        pairs = self.pairs
        for count in range(len(pairs)):
            if len(found) >= _ENOUGH:
                break
            pair = pairs[(self._next + count) % len(pairs)]
            weights = tables[pair[0]] * (right[pair[1]] - price)
            gain, _, basis = self.boxes.best(np.concatenate([weights, np.negative(budgets)]))
            gain -= float(constant[pair[0]])
            if gain > _POSITIVE:
                found.append((gain, pair, self.boxes.vertex(basis)))
        self._next += count + 1  # where a round ends early the next one begins
        return sum([self._add(pair, box) for _, pair, box in found if box is not None]) > 0

    def solve(self) -> tuple[Optimum, Proof] | None:
        """Return the exact optimum over the columns, and the proof of its bound; None if nothing is feasible.

        Raises
        ------
        SolverError
            If no end is reached. TimeLimitError where the time is over.
        """
        answer: Answer | None = None
        for _ in range(_ROUNDS):
            remaining()
            answer, y = self._float_answer()
            if not self._price(y):
                break
        for _ in range(_ROUNDS):
            remaining()
            found = self._exact(answer)
            feasible = isinstance(found, Optimum)
            y_exact = [-v for v in (found.duals if isinstance(found, Optimum) else found.multipliers)]
            boxes, better = self._proved(y_exact, 1 if feasible else 0)
            if not better:
                if not isinstance(found, Optimum):
                    return None
                bound = sum((u * v for u, v in zip(y_exact, self.sides, strict=True)), Fraction(0))
                return found, Proof(bound, y_exact, boxes)
            if not sum([self._add(pair, box) for pair, box in better]):
                break
            answer, _ = self._float_answer()
        raise SolverError("the best strategy of an adversary was not found. Please report the data and the budgets.")

    def _exact(self, answer: Answer | None) -> Optimum | Contradiction:
        """Return the exact optimum over the columns so far, or a proof that there is none."""
        m, n = len(self.sides), len(self.columns)
        rows: list[dict[int, ExactNumber]] = [{} for _ in range(m)]
        for j, column in enumerate(self.columns):
            for i, v in column.entries.items():
                rows[i][j] = v
        equal = [i < len(self.observed) for i in range(m)]
        cost: list[ExactNumber] = [-column.gain for column in self.columns]
        program = ExactProgram(ExactMatrix(tuple(rows), n), cost, self.sides, equal)
        starts = [Basis(np.empty(0, dtype=np.intp), np.arange(m))]
        if answer is not None and answer.basis is not None:
            own = answer.basis
            kept = own.columns[own.columns < n]
            missed = {(int(j) - n) // 2 for j in own.columns[own.columns >= n]}
            starts.insert(0, Basis(kept, np.array(sorted({*own.loose.tolist(), *missed}), dtype=np.intp)))
        for start in starts:
            found = program.optimum(start, passed)
            if found is not None:
                return found
        remaining()
        raise SolverError("no exact strategy of an adversary was found. Please report the data and the budgets.")

    def _proved(
        self, y: list[ExactNumber], gain: int
    ) -> tuple[dict[tuple[int, int], list[Fraction]], list[tuple[tuple[int, int], list[Fraction]]]]:
        """Return multipliers that prove for each pair that no box gains, and boxes that do."""
        proofs, better = {}, []
        price = self._prices(y)
        for pair in self.pairs:
            weights = [Fraction(w) for w in self._weights(pair, price, y, gain)]  # type: ignore[arg-type]
            size = max((abs(w) for w in weights), default=Fraction(0)) or Fraction(1)
            most, duals, basis = self.boxes.best(np.array([float(w / size) for w in weights]))
            if most < -_CLEAR:
                rounded = [Fraction(round(float(u) * _GRID), _GRID) * size for u in duals[1:]]
                equations = len(self.boxes.equations)
                rounded[equations:] = [max(u, Fraction(0)) for u in rounded[equations:]]
                bound = self.boxes.proved(weights, rounded)
                if bound is not None and bound <= 0:
                    proofs[pair] = rounded
                    continue
            value, box, exact = self.boxes.exact_best(weights, basis)
            if value > 0:
                better.append((pair, box))
            else:
                proofs[pair] = exact
        return proofs, better
