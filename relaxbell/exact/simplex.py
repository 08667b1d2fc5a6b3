"""A simplex method in exact arithmetic, for what floating point cannot decide.

Numbers may be of any size, and of Q(√n) in the matrix as well. A start is a basis of a floating-point solver, which is
nearly right as a rule: few pivots remain. From any other it ends too. First dual pivots, at costs that are raised where
the start is not dual feasible; then primal pivots at the true costs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from relaxbell.exact.basis import Basis
from relaxbell.exact.numbers import ExactNumber, Surd, sign, surd
from relaxbell.exact.sparse import ExactMatrix, SquareSystem, as_fmpq, as_fraction, product

if TYPE_CHECKING:
    from flint import fmpq

_PIVOTS = 2000
_ROWS = 2_000_000
"""Most pivots of a kind, and most pivots times rows: each takes as long as there are rows."""

_LARGEST_NUCLEUS = 1000
"""Largest part of a basis that is solved densely: the effort grows with the cube."""

_GREEDY = 200
"""Pivots after which the first candidate is taken instead of the best: this cannot cycle."""


@dataclass(frozen=True, eq=False)
class Optimum:
    """An optimal solution.

    Attributes
    ----------
    basis
        Its basis.
    values
        Exact value of each column that is not zero.
    duals
        Exact multiplier of each row, ∂value/∂rhs: ≤ 0 where the row is ≤.
    """

    basis: Basis
    values: dict[int, ExactNumber]
    duals: list[ExactNumber]


@dataclass(frozen=True, eq=False)
class Contradiction:
    """Multipliers y of the rows with Aᵀ y ≤ 0, y ≤ 0 where the row is ≤, and y · rhs > 0: nothing is feasible."""

    multipliers: list[ExactNumber]


@dataclass(frozen=True, eq=False)
class State:
    """A basic solution, feasible or not; slack i of n columns has the number n + i.

    Attributes
    ----------
    values
        Of the basic columns that are not zero.
    reduced
        Reduced costs, where not zero, of the columns that may enter the basis.
    """

    values: dict[int, ExactNumber]
    reduced: dict[int, ExactNumber]


@dataclass(frozen=True, eq=False)
class ExactProgram:
    """min cost · x subject to matrix x = rhs (rows in `equality`) or ≤ rhs, x ≥ 0, in exact numbers.

    Attributes
    ----------
    matrix
        m rows over n columns.
    cost
        Of each column.
    rhs
        Of each row.
    equality
        Which rows are equations.
    """

    matrix: ExactMatrix
    cost: list[ExactNumber]
    rhs: list[ExactNumber]
    equality: list[bool]

    @cached_property
    def is_rational(self) -> bool:
        """Whether matrix and cost are rational; right-hand sides may have a root all the same."""
        entries = (v for row in self.matrix.rows for v in row.values())
        return not any(isinstance(v, Surd) for v in itertools.chain(entries, self.cost))

    def number(self, value: ExactNumber) -> ExactNumber | fmpq:
        """Return a number of the matrix in the form that is fastest to compute with."""
        return as_fmpq(value) if self.is_rational and not isinstance(value, Surd) else value

    @cached_property
    def columns(self) -> list[Mapping[int, Any]]:
        """The columns: those of the matrix, then one unit column for each row, its slack."""
        found: list[dict[int, Any]] = [{} for _ in range(self.matrix.width)]
        for i, row in enumerate(self.matrix.rows):
            for j, v in row.items():
                found[j][i] = self.number(v)
        one = self.number(Fraction(1))
        return [*found, *({i: one} for i in range(len(self.matrix.rows)))]

    @cached_property
    def sides(self) -> tuple[list[Any], ...]:
        """The right-hand sides: as they are, or for a rational matrix their rational parts, then those of the root."""
        if not self.is_rational:
            return (self.rhs,)
        if not any(isinstance(v, Surd) for v in self.rhs):
            return ([self.number(v) for v in self.rhs],)
        parts = [(v.a, v.b) if isinstance(v, Surd) else (Fraction(v), Fraction(0)) for v in self.rhs]
        return [as_fmpq(a) for a, _ in parts], [as_fmpq(b) for _, b in parts]

    def optimum(
        self,
        start: Basis,
        stop: Callable[[], bool] = lambda: False,
        exponents: Sequence[int] | None = None,
    ) -> Optimum | Contradiction | None:
        """Return an optimal solution, or a proof that there is none; None if the basis is singular or time is over.

        Parameters
        ----------
        start
            Any basis with as many tight rows as columns.
        stop
            Asked before each pivot whether to give up.
        exponents
            Of the powers of two that scale the columns, then the slacks, to size one: by these the farthest from
            feasible is chosen. None: all have size one.
        """
        n = self.matrix.width
        basic = [*start.columns.tolist(), *(n + i for i in start.loose.tolist())]
        if len(basic) != len(self.rhs):
            return None
        try:
            return _Pivots(self, basic, stop, exponents).run()
        except (ZeroDivisionError, _StoppedError):
            return None

    def state(self, basis: Basis) -> State | None:
        """Return the basic solution with its reduced costs; None if the basis is singular or too large."""
        n = self.matrix.width
        basic = [*basis.columns.tolist(), *(n + i for i in basis.loose.tolist())]
        if len(basic) != len(self.rhs):
            return None
        try:
            return _Pivots(self, basic, lambda: False).state()
        except (ZeroDivisionError, _StoppedError):
            return None


def size(number: ExactNumber) -> int:
    """Return about log2 |number|; 0 for 0."""
    if isinstance(number, Surd):
        low, high = number.bounds()
        number = (low + high) / 2
    fraction = Fraction(number)
    return fraction.numerator.bit_length() - fraction.denominator.bit_length() if fraction else 0


class _StoppedError(Exception):
    """The time is over, or the basis too large."""


class _Pivots:
    """The state of the method: which columns are basic, their matrix, and the reduced costs of the others."""

    def __init__(
        self,
        program: ExactProgram,
        basic: list[int],
        stop: Callable[[], bool],
        exponents: Sequence[int] | None = None,
    ) -> None:
        self.program, self.basic, self.stop = program, basic, stop
        self.exponents = exponents or [0] * len(program.columns)
        self.n = program.matrix.width
        self.cost: list[Any] = [*map(program.number, program.cost), *[program.number(Fraction(0))] * len(program.rhs)]
        self.fixed = [False] * self.n + list(program.equality)  # the slack of an equation is zero
        self.system = self._factored()
        self.reduced: dict[int, Any] = {}

    def _factored(self) -> SquareSystem:
        if self.stop():
            raise _StoppedError
        system = SquareSystem([self.program.columns[j] for j in self.basic])
        if system.nucleus > _LARGEST_NUCLEUS:
            raise _StoppedError
        return system

    def run(self) -> Optimum | Contradiction | None:
        """Return the outcome; None after too many pivots."""
        # where the start is not dual feasible costs are raised for now
        self.reduced = {j: max(d, 0 * d) for j, d in self._priced(self._duals()).items()}
        most = min(_PIVOTS, _ROWS // max(1, len(self.basic)))
        for count in range(most):
            values = self._values()
            position = self._leaving(values, count)
            if position is None:
                break
            found = self._dual_pivot(position, sign(values[position]))
            if found is not None:
                return found
        else:
            return None
        for count in range(most):
            duals = self._duals()
            entering = self._entering(self._priced(duals), count)
            if entering is None:
                return self._optimum(self._values(), duals)
            if not self._primal_pivot(entering, self._values()):
                return None
        return None

    def state(self) -> State:
        """Return where the basis stands."""
        values: dict[int, ExactNumber] = {j: v for j, v in zip(self.basic, self._values(), strict=True) if v != 0}
        priced = self._priced(self._duals())
        reduced = dict(zip(priced, self._exact(priced.values()), strict=True))
        return State(values, {j: d for j, d in reduced.items() if d != 0})

    def _duals(self) -> list[Any]:
        return self.system.solve_transposed([self.cost[j] for j in self.basic])

    def _priced(self, duals: Sequence[Any]) -> dict[int, Any]:
        """Return the reduced costs of the columns that may enter."""
        used, columns = set(self.basic), self.program.columns
        free = (j for j in range(len(columns)) if j not in used and not self.fixed[j])
        return {j: self.cost[j] - product(columns[j], duals) for j in free}

    def _values(self) -> list[ExactNumber]:
        """Return the basic solution."""
        parts = [self.system.solve(side) for side in self.program.sides]
        if not self.program.is_rational:
            return parts[0]
        if len(parts) == 1:
            return [as_fraction(v) for v in parts[0]]
        n = next(v.n for v in self.program.rhs if isinstance(v, Surd))
        return [surd(as_fraction(a), as_fraction(b), n) for a, b in zip(*parts, strict=True)]

    def _exact(self, numbers: Iterable[Any]) -> list[ExactNumber]:
        return list(map(as_fraction, numbers)) if self.program.is_rational else list(numbers)

    def _optimum(self, values: list[ExactNumber], duals: list[Any]) -> Optimum:
        own = sorted(j for j in self.basic if j < self.n)
        loose = sorted(j - self.n for j in self.basic if j >= self.n)
        used = {j: v for j, v in zip(self.basic, values, strict=True) if j < self.n and v != 0}
        basis = Basis(np.array(own, dtype=np.intp), np.array(loose, dtype=np.intp))
        return Optimum(basis, used, self._exact(duals))

    # ------------------------------------------------------------- dual pivots

    def _leaving(self, values: list[ExactNumber], count: int) -> int | None:
        """Return the position of a basic column outside its bounds: the farthest, later the first by number."""
        wrong = [
            k
            for k, (j, v) in enumerate(zip(self.basic, values, strict=True))
            if sign(v) < 0 or (self.fixed[j] and sign(v) != 0)
        ]
        if not wrong:
            return None
        if count < _GREEDY:
            return max((size(values[k]) + self.exponents[self.basic[k]], k) for k in wrong)[1]
        return min(wrong, key=lambda k: self.basic[k])

    def _dual_pivot(self, position: int, side: int) -> Contradiction | None:
        """Let a basic column leave towards zero; or return the contradiction that nothing can push it there."""
        zero, one = self.program.number(Fraction(0)), self.program.number(Fraction(1))
        unit = [zero] * len(self.basic)
        unit[position] = one
        row = self.system.solve_transposed(unit)
        columns = self.program.columns
        alphas = {j: alpha for j in self.reduced if (alpha := product(columns[j], row))}
        ratios = ((self.reduced[j] / alpha * side, j) for j, alpha in alphas.items() if side * alpha > 0)
        best = min(ratios, default=None)
        if best is None:
            return Contradiction(self._exact(v * side for v in row))
        entering, leaving = best[1], self.basic[position]
        step = self.reduced.pop(entering) / alphas.pop(entering)
        for j, alpha in alphas.items():
            self.reduced[j] = self.reduced[j] - step * alpha
        if not self.fixed[leaving]:
            self.reduced[leaving] = -step
        self._exchange(position, entering)
        return None

    def _exchange(self, position: int, entering: int) -> None:
        self.basic[position] = entering
        self.system = self._factored()

    # ----------------------------------------------------------- primal pivots

    def _entering(self, reduced: dict[int, Any], count: int) -> int | None:
        negative = {j: d for j, d in reduced.items() if d < 0}
        if not negative:
            return None
        if count >= _GREEDY:
            return min(negative)
        return max(
            (size(d) - self.exponents[j], j) for j, d in zip(negative, self._exact(negative.values()), strict=True)
        )[1]

    def _primal_pivot(self, entering: int, values: list[ExactNumber]) -> bool:
        """Let a column enter; False if nothing bounds it."""
        column = [self.program.number(Fraction(0))] * len(self.basic)
        for i, v in self.program.columns[entering].items():
            column[i] = v
        change = self._exact(self.system.solve(column))
        best: tuple[ExactNumber, int, int] | None = None
        for k, (j, v, w) in enumerate(zip(self.basic, values, change, strict=True)):
            if sign(w) > 0 or (self.fixed[j] and sign(w) != 0):
                ratio = (v / w, j, k)
                best = ratio if best is None or ratio < best else best
        if best is None:
            return False
        self._exchange(best[2], entering)
        return True
