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
from relaxbell.exact.factors import SquareSystem
from relaxbell.exact.numbers import ExactNumber, Surd, sign, surd
from relaxbell.exact.sparse import ExactMatrix, as_fmpq, as_fraction, product

if TYPE_CHECKING:
    from flint import fmpq

_PIVOTS = 5000
_ROWS = 6_000_000
"""Most pivots of a kind, and most pivots times rows: each takes as long as there are rows."""

_LARGEST_NUCLEUS = 1000
"""Largest part of a basis that is solved densely: the effort grows with the cube."""

_CHANGES = 30
"""Columns of a basis that are replaced before it is factored anew."""

_GREEDY = 1000
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

    @property
    def radicand(self) -> int:
        """n, where right-hand sides have a root √n; else 1."""
        return next((v.n for v in self.rhs if isinstance(v, Surd)), 1)

    @cached_property
    def numbers(self) -> list[Mapping[int, Any]]:
        """The rows, in the same form."""
        return [{j: self.number(v) for j, v in row.items()} for row in self.matrix.rows]

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
    """The state of the method: which columns are basic, their values, and the reduced costs of the others."""

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
        self.zero, self.one = program.number(Fraction(0)), program.number(Fraction(1))
        self.cost: list[Any] = [*map(program.number, program.cost), *[self.zero] * len(program.rhs)]
        self.fixed = [False] * self.n + list(program.equality)  # the slack of an equation is zero
        self.system = self._factored()
        self.parts = [self.system.solve(side) for side in program.sides]
        self.reduced: dict[int, Any] = {}
        self.wrong: dict[int, int] = {}

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
        for k in range(len(self.basic)):
            self._check(k)
        most = min(_PIVOTS, _ROWS // max(1, len(self.basic)))
        for count in range(most):
            position = self._leaving(count)
            if position is None:
                break
            found = self._dual_pivot(position, sign(self._value(position)))
            if found is not None:
                return found
        else:
            return None
        self.reduced = self._priced(self._duals())
        for count in range(most):
            entering = self._entering(count)
            if entering is None:
                return self._optimum()
            if not self._primal_pivot(entering):
                return None
        return None

    def state(self) -> State:
        """Return where the basis stands."""
        values = {j: self._value(k) for k, j in enumerate(self.basic)}
        priced = self._priced(self._duals())
        reduced = dict(zip(priced, self._exact(priced.values()), strict=True))
        return State({j: v for j, v in values.items() if v != 0}, {j: d for j, d in reduced.items() if d != 0})

    def _duals(self) -> list[Any]:
        return self.system.solve_transposed([self.cost[j] for j in self.basic])

    def _priced(self, duals: Sequence[Any]) -> dict[int, Any]:
        """Return the reduced costs of the columns that may enter."""
        used, columns = set(self.basic), self.program.columns
        free = (j for j in range(len(columns)) if j not in used and not self.fixed[j])
        return {j: self.cost[j] - product(columns[j], duals) for j in free}

    def _value(self, position: int) -> ExactNumber:
        """Return the value of a basic column."""
        own = [part[position] for part in self.parts]
        if not self.program.is_rational:
            exact: ExactNumber = own[0]
            return exact
        if len(own) == 1:
            return as_fraction(own[0])
        return surd(as_fraction(own[0]), as_fraction(own[1]), self.program.radicand)

    def _exact(self, numbers: Iterable[Any]) -> list[ExactNumber]:
        return list(map(as_fraction, numbers)) if self.program.is_rational else list(numbers)

    def _optimum(self) -> Optimum:
        own = sorted(j for j in self.basic if j < self.n)
        loose = sorted(j - self.n for j in self.basic if j >= self.n)
        values = {j: self._value(k) for k, j in enumerate(self.basic) if j < self.n}
        basis = Basis(np.array(own, dtype=np.intp), np.array(loose, dtype=np.intp))
        return Optimum(basis, {j: v for j, v in values.items() if v != 0}, self._exact(self._duals()))

    # ------------------------------------------------------------- any pivot

    def _check(self, position: int) -> None:
        """Note whether a basic column is outside its bounds, and how far."""
        self.wrong.pop(position, None)
        if not any(part[position] for part in self.parts):
            return
        single = len(self.parts) == 1
        negative = sign(self.parts[0][position] if single else self._value(position)) < 0
        if negative or self.fixed[self.basic[position]]:
            self.wrong[position] = size(self._value(position)) + self.exponents[self.basic[position]]

    def _solved(self, number: int) -> list[Any]:
        """Return a column in terms of the basis."""
        column = [self.zero] * len(self.basic)
        for i, v in self.program.columns[number].items():
            column[i] = v
        return self.system.solve(column)

    def _row(self, position: int) -> tuple[list[Any], dict[int, Any]]:
        """Return the weights of the rows that isolate a basic column, and what they give in columns that may enter."""
        unit = [self.zero] * len(self.basic)
        unit[position] = self.one
        weights = self.system.solve_transposed(unit)
        found: dict[int, Any] = {}
        for i, (w, row) in enumerate(zip(weights, self.program.numbers, strict=True)):
            if w:
                found[self.n + i] = w
                for j, v in row.items():
                    found[j] = found[j] + w * v if j in found else w * v
        return weights, {j: v for j, v in found.items() if v and j in self.reduced}

    def _exchange(self, position: int, entering: int, alphas: dict[int, Any], change: Sequence[Any]) -> None:
        """Let a column enter the basis at a position; `alphas` is the row there, `change` the column."""
        leaving = self.basic[position]
        step = self.reduced.pop(entering) / alphas[entering]
        for j, alpha in alphas.items():
            if j != entering:
                self.reduced[j] = self.reduced[j] - step * alpha
        if not self.fixed[leaving]:
            self.reduced[leaving] = -step
        moved = [k for k, v in enumerate(change) if v]
        for part in self.parts:
            if part[position]:
                amount = part[position] / change[position]
                for k in moved:
                    part[k] = part[k] - amount * change[k]
                part[position] = amount
        self.basic[position] = entering
        for k in moved:
            self._check(k)
        if self.system.changes < _CHANGES and not self.stop():
            self.system.replace(position, change)
        else:
            self.system = self._factored()

    # ------------------------------------------------------------- dual pivots

    def _leaving(self, count: int) -> int | None:
        """Return the position of a basic column outside its bounds: the farthest, later the first by number."""
        if not self.wrong:
            return None
        if count < _GREEDY:
            return max((far, k) for k, far in self.wrong.items())[1]
        return min(self.wrong, key=lambda k: self.basic[k])

    def _dual_pivot(self, position: int, side: int) -> Contradiction | None:
        """Let a basic column leave towards zero; or return the contradiction that nothing can push it there."""
        weights, alphas = self._row(position)
        ratios = ((self.reduced[j] / alpha * side, j) for j, alpha in alphas.items() if side * alpha > 0)
        best = min(ratios, default=None)
        if best is None:
            return Contradiction(self._exact(v * side for v in weights))
        self._exchange(position, best[1], alphas, self._solved(best[1]))
        return None

    # ----------------------------------------------------------- primal pivots

    def _entering(self, count: int) -> int | None:
        negative = {j: d for j, d in self.reduced.items() if d < 0}
        if not negative:
            return None
        if count >= _GREEDY:
            return min(negative)
        return max(
            (size(d) - self.exponents[j], j) for j, d in zip(negative, self._exact(negative.values()), strict=True)
        )[1]

    def _primal_pivot(self, entering: int) -> bool:
        """Let a column enter; False if nothing bounds it."""
        change = self._solved(entering)
        best: tuple[ExactNumber, int, int] | None = None
        for k, (j, w) in enumerate(zip(self.basic, change, strict=True)):
            if w and (w > 0 or self.fixed[j]):
                ratio = (self._value(k) / self._exact([w])[0], j, k)
                best = ratio if best is None or ratio < best else best
        if best is None:
            return False
        self._exchange(best[2], entering, self._row(best[2])[1], change)
        return True
