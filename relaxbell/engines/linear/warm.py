"""What a measure keeps of its minimizations: bases that were optimal once, and the program they belong to.

What was observed only moves right-hand sides, so a basis that was optimal once is optimal wherever it is feasible; that
is a product of whole numbers, and the value another. Both are exact: a value found so is that of a first call, whatever
was asked before. Model, witness and certificate of a solution are those of a first call too: they are sought when they
are read.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations
from relaxbell.causal.right_sides import Reader, RightSides, ValuesReader, kind_of
from relaxbell.engines.linear.dual import ColumnBasis, DualBound, Proof
from relaxbell.engines.linear.exactness import dual_data
from relaxbell.engines.linear.point_bounds import PointBound, exactly, point_bound
from relaxbell.engines.linear.program import LinearProgram, Problem, accepts_signaling, flat, linear_program
from relaxbell.engines.linear.shelf import Shelf
from relaxbell.engines.linear.working import WorkingModel
from relaxbell.errors import SolverError
from relaxbell.exact.basis import Basis, IntegerProgram, RightHandSide
from relaxbell.exact.inverses import LARGEST_INVERSE, BasisInverse, exact_values
from relaxbell.exact.numbers import ExactNumber
from relaxbell.exact.vectors import ExactRow, exact_row
from relaxbell.lp.bases import FeasibleBasis
from relaxbell.lp.clock import TimeLimitError
from relaxbell.lp.idle import Idle
from relaxbell.lp.vertex import LARGEST_BASIS
from relaxbell.measures.measure import Budget, LinearMeasure

KNOWN = "HiGHS, a basis known from before"
"""The solver of a value that follows from what earlier minimizations found."""

_BASES = 16
"""Bases of a program that are kept."""

_FRUITLESS = 3
"""After as many bases of the solver that were not exactly optimal, only those known are tried."""


class KnownBasis:
    """A basis that was optimal once, with its dual data.

    Parameters
    ----------
    basis, duals, problem
        The basis, its dual data, and the problem that they are of.
    integers
        The linear program in whole numbers.
    """

    def __init__(self, basis: Basis, duals: DualBound, problem: Problem, integers: IntegerProgram) -> None:
        self.basis, self.duals, self.problem, self._integers = basis, duals, problem, integers
        self._uses = 0

    def weights(self, values: Sequence[ExactNumber]) -> dict[int, ExactNumber]:
        """Return the weights of strategies from the values of the basic columns."""
        pairs = zip(self.basis.columns.tolist(), values, strict=True)
        return {j: v for j, v in pairs if j < self.problem.strategies and v != 0}

    @cached_property
    def bound(self) -> PointBound:
        """The dual value as a function of the right-hand sides of the equations."""
        return point_bound(self.duals)

    @cached_property
    def rough(self) -> FeasibleBasis | None:
        """The same basis in floats: most that are not feasible are far from it."""
        return FeasibleBasis.of(self._integers, self.basis)

    @cached_property
    def _inverse(self) -> BasisInverse | None:
        small = len(self.basis.columns) + len(self.basis.loose) <= LARGEST_INVERSE
        return BasisInverse.of(self._integers, self.basis) if small else None

    def solution(self, right: ExactRow) -> list[ExactNumber] | Callable[[], list[ExactNumber]] | None:
        """Return the values of the basic columns, or what makes them; None where one is negative, or a row is missed.

        Decided exactly. A basis that serves a second time is inverted: then it takes a product of whole numbers.
        """
        if self.rough is None or not self.rough.serves(right.floats):
            return None
        if self._uses and self._inverse is not None:
            inverse = self._inverse
            numerators = inverse.solution(right)
            return None if numerators is None else partial(exact_values, right, numerators, inverse.denominator)
        sides = (right.whole,) if right.root is None else (right.whole, right.root)
        rhs = RightHandSide(tuple(list(map(int, side)) for side in sides), right.denominator, max(1, right.radicand))
        primal = self._integers.primal(self.basis, rhs)
        if primal is None or not primal.feasible:
            return None
        self._uses += 1
        return primal.values


@dataclass(frozen=True, eq=False)
class Recalled:
    """The least value at right-hand sides, with the basis that proves it.

    Attributes
    ----------
    value
        Exact.
    known
        The basis.
    columns
        Values of its columns, or what makes them.
    """

    value: ExactNumber
    known: KnownBasis
    columns: list[ExactNumber] | Callable[[], list[ExactNumber]]

    def proof(self, equations: Equations) -> Proof:
        """Return the proof for the equations that have these right-hand sides."""
        known = self.known
        weights = known.weights(self.columns() if callable(self.columns) else self.columns)
        problem = replace(known.problem, equations=equations)
        return Proof(problem, replace(known.duals, bound=self.value), weights)


class KnownColumns(KnownBasis):
    """A basis of columns that are mixtures of strategies.

    Parameters
    ----------
    columns, duals, problem
        As in `KnownBasis`.
    """

    def __init__(self, columns: ColumnBasis, duals: DualBound, problem: Problem) -> None:
        super().__init__(columns.basis, duals, problem, columns.integers)
        self._columns = columns

    def weights(self, values: Sequence[ExactNumber]) -> dict[int, ExactNumber]:
        own, found = self._columns, dict[int, ExactNumber]()
        for value, numbers, shares in zip(values, own.strategies.tolist(), own.shares.tolist(), strict=True):
            for number, share in zip(numbers, shares, strict=True):
                if share and value != 0:
                    found[number] = found.get(number, Fraction(0)) + value * Fraction(share, own.unit)
        return found

    def tried(self, row: ExactRow) -> Recalled | None:
        """Return the least value at right-hand sides, where the basis is feasible."""
        ones = np.full(len(row.whole), self._columns.unit)
        columns = self.solution(row.times(ones, 1))
        return None if columns is None else Recalled(exactly(self.bound, row), self, columns)


class WarmColumns:
    """What is known of a measure that is minimized by columns: bases only."""

    def __init__(self) -> None:
        self._known: tuple[KnownColumns, ...] = ()
        self._lock = threading.Lock()

    def remember(self, proof: Proof) -> None:
        """Keep the basis of an exact solution."""
        if isinstance(proof.basis, ColumnBasis):
            with self._lock:
                self._known = (KnownColumns(proof.basis, proof.bound, proof.problem), *self._known)[:_BASES]

    def solve(self, row: ExactRow) -> Recalled | None:
        """Return the least value at right-hand sides of the equations; None: it has to be sought anew."""
        return next((found for own in self._known if (found := own.tried(row)) is not None), None)


class WarmProgram:
    """The program of a measure with budgets, and what is known of it.

    Parameters
    ----------
    problem
        At any right-hand sides.
    """

    def __init__(self, problem: Problem) -> None:
        equations = replace(problem.equations, behavior=None, distance=0.0)
        self._problem = replace(problem, equations=equations).at_ones()
        self._waiting: tuple[tuple[Basis, DualBound, Problem], ...] = ()
        self._idle = Idle(self._working)
        self._fruitless = 0
        self._lock = threading.RLock()

    def remember(self, proof: Proof) -> None:
        """Keep the basis of an exact solution; what it takes to try it again is made when it is."""
        if isinstance(proof.basis, Basis):
            with self._lock:
                self._waiting = (*self._waiting, (proof.basis, proof.bound, proof.problem))[-_BASES:]

    @cached_property
    def _program(self) -> LinearProgram:
        return linear_program(self._problem)

    def _working(self) -> WorkingModel:
        own = self._program
        return WorkingModel(own.matrix, own.cost, own.lower, own.upper)

    @cached_property
    def _shelf(self) -> Shelf[KnownBasis]:
        return Shelf(len(self._program.upper))

    @cached_property
    def _integers(self) -> IntegerProgram | None:
        return self._program.integers

    @cached_property
    def _constant(self) -> ExactRow:
        """Right-hand sides in whole numbers where those of the equations are zero."""
        numbers = self._program.rhs * self._program.units.astype(object)
        numbers[self._program.equations] = Fraction(0)
        return exact_row(numbers)

    @cached_property
    def _factors(self) -> list[int]:
        """By which each equation is scaled; whole, as the program is one of whole numbers."""
        place = self._program.equations
        return [int(v) for v in (self._program.rhs * self._program.units.astype(object))[place]]

    def _right(self, row: ExactRow) -> ExactRow:
        """Return the right-hand sides of all rows, in whole numbers."""
        constant, place = self._constant, self._program.equations
        common = math.lcm(row.denominator, constant.denominator)
        own, other = common // row.denominator, common // constant.denominator
        plain = all(factor == 1 for factor in self._factors)
        factors = own if plain else np.array([own * factor for factor in self._factors], dtype=object)
        small = plain and own < 2**10 and other < 2**50 and row.whole.dtype != object
        kind = np.int64 if small and not constant.whole.any() else object
        whole = constant.whole.astype(kind) * (other if constant.whole.any() else 1)
        whole[place] = row.whole.astype(kind) * factors
        floats = constant.floats.copy()
        floats[place] = row.floats * (1.0 if plain else np.array(self._factors, dtype=np.float64))
        root = None
        if row.root is not None:
            root = np.zeros(len(whole), dtype=object)
            root[place] = row.root.astype(object) * factors
        return ExactRow(floats, whole, common, root, row.radicand)

    # ------------------------------------------------------------------- solving

    def solve(self, row: ExactRow) -> Recalled | None:
        """Return the least value at right-hand sides of the equations; None: it has to be sought anew."""
        with self._lock:
            integers = self._integers
            if integers is None:
                return None
            waiting, self._waiting = self._waiting, ()
            for own in waiting:
                self._shelf.add(KnownBasis(*own, integers))
            right = self._right(row)
            known = self._shelf.serving(right.floats)
        for place, basis in known:
            found = self._tried(basis, row, right)
            if found is not None:
                self._shelf.mark(place)
                return found
        large = len(right.whole) > LARGEST_INVERSE  # a first call takes as long then, as it reduces the program first
        new = None if large or self._fruitless >= _FRUITLESS else self._sought(right, integers)
        if new is None:
            return None
        found = self._tried(new, row, right)
        self._fruitless = 0 if found is not None else self._fruitless + 1
        if found is not None:
            with self._lock:
                self._shelf.add(new)
        return found

    def _tried(self, known: KnownBasis, row: ExactRow, right: ExactRow) -> Recalled | None:
        columns = known.solution(right)
        return None if columns is None else Recalled(exactly(known.bound, row), known, columns)

    def _sought(self, right: ExactRow, integers: IntegerProgram) -> KnownBasis | None:
        """Return the basis at which the solver ends, if its duals are feasible exactly; it starts where it was."""
        program = self._program
        place = program.equations
        values = right.floats[place] / program.units[place]
        try:
            with self._idle.taken() as live:
                basis = live.basis(values, np.arange(len(program.upper), dtype=np.int32)[place])
        except (TimeLimitError, SolverError):
            return None
        dual = None if basis is None else integers.dual(basis)
        if basis is None or dual is None or not dual.feasible:
            self._fruitless += 1
            return None
        common = dual.denominator * program.cost_unit
        pairs = zip(program.units.tolist(), dual.numerators, strict=True)
        duals = np.array([*(Fraction(int(u) * v, common) for u, v in pairs), None], dtype=object)[:-1]
        return KnownBasis(basis, dual_data(self._problem, program, duals), self._problem, integers)


# ----------------------------------------------------------------- what measures keep


def program_key(measure: LinearMeasure, subject_to: object) -> tuple[object, ...] | None:
    """Return what tells the programs of a measure apart.

    None where constraints are no budgets with rational limits, and where data may signal: they are read otherwise then.
    """
    budgets = list(flat(subject_to))
    if accepts_signaling(measure, budgets):
        return None
    key: list[object] = ["program"]
    for budget in budgets:
        if not isinstance(budget, Budget) or not isinstance(budget.limit, Fraction):
            return None
        if budget.measure.model is not measure.model:
            return None
        plain = budget.measure.plain
        key.append((budget.measure if plain is None else json.dumps(plain, sort_keys=True), budget.limit))
    return tuple(key)


def _key(measure: LinearMeasure, observed: object, subject_to: object) -> tuple[object, ...] | None:
    """Return what tells programs apart by what was observed as well."""
    kind, program = kind_of(observed), program_key(measure, subject_to)
    return None if kind is None or program is None else (*program, *kind)


def _reader(measure: LinearMeasure, observed: Behavior | Observed) -> Reader | ValuesReader:
    return ValuesReader(measure.model, observed) if isinstance(observed, Observed) else Reader(measure.model)


def recalled(
    measure: LinearMeasure, observed: Behavior | Observed, subject_to: object
) -> tuple[Recalled, RightSides] | None:
    """Return the least value from what a measure keeps; None where there is nothing, or not enough."""
    key = _key(measure, observed, subject_to) if len(measure.kept) else None
    warm = None if key is None else measure.kept.get(key)
    if not isinstance(warm, WarmProgram | WarmColumns):
        return None
    reader = measure.kept.made(("reader", *(kind_of(observed) or ())), lambda: _reader(measure, observed))
    sides = reader.read(observed) if isinstance(reader, Reader | ValuesReader) else None
    found = None if sides is None else warm.solve(sides.row)
    return None if found is None or sides is None else (found, sides)


def remember(measure: LinearMeasure, observed: Behavior | Observed, subject_to: object, proof: Proof) -> None:
    """Keep what a minimization found, if it can be of use to others."""
    problem = proof.problem
    if proof.basis is None or problem.equations.exponents is not None:
        return
    basis = proof.basis.basis if isinstance(proof.basis, ColumnBasis) else proof.basis
    key = _key(measure, observed, subject_to)
    if key is None or len(basis.columns) + len(basis.loose) > LARGEST_BASIS:
        return
    by_columns = isinstance(proof.basis, ColumnBasis)
    warm = measure.kept.made(key, lambda: WarmColumns() if by_columns else WarmProgram(problem))
    if isinstance(warm, WarmProgram | WarmColumns):
        warm.remember(proof)
