"""A linear program whose right-hand sides are affine in parameters, on a live solver, with exact answers.

The parameters are u = (1, u_1, …, u_D): coordinates of the behavior, budgets, or a visibility. The least value is
a convex function of u, piecewise affine; every dual solution y gives an affine function below it, (yᵀ R) u, and
the exact primal solution proves where it is attained. Where nothing is feasible, a dual ray gives an affine function
that is positive there and nowhere where something is feasible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from relaxbell.engines.linear.program import LinearProgram, Problem
from relaxbell.errors import MeasureError, SolverError
from relaxbell.exact.basis import Dual, IntegerProgram, RightHandSide
from relaxbell.exact.bounds import EXACT
from relaxbell.exact.numbers import Exact, common_denominator
from relaxbell.lp.clock import remaining
from relaxbell.lp.highs import LiveModel, Status
from relaxbell.lp.rows import misses
from relaxbell.lp.vertex import optimal_vertex


@dataclass(frozen=True)
class Cut:
    """An affine function of the parameters, coefficients / denominator · u, from an exact dual solution.

    Attributes
    ----------
    feasible
        True: no more than the least value, anywhere. False: ≤ 0 wherever something is feasible.
    coefficients, denominator
        Whole numbers; the denominator is positive.
    dual
        The multipliers behind it.
    """

    feasible: bool
    coefficients: tuple[int, ...]
    denominator: int
    dual: Dual

    def at(self, point: Sequence[int]) -> Fraction:
        """Return the value at u = point / point[0]."""
        total = sum(c * v for c, v in zip(self.coefficients, point, strict=True))
        return Fraction(total, self.denominator * point[0])


class ParametricProgram:
    """A problem with right-hand sides R u.

    Parameters
    ----------
    problem, program
        Its equations' and budgets' own right-hand sides are not used.
    sides
        R: exact rationals, shape (rows of the program, D + 1), for the rows as they stand in `program.matrix`.

    Raises
    ------
    MeasureError
        If the program has numbers that are not exact.
    """

    def __init__(self, problem: Problem, program: LinearProgram, sides: Exact) -> None:
        if program.integers is None:
            raise MeasureError(
                "this needs coefficients that are small whole numbers over a denominator up to 2^20: found others, in "
                "the rows of a measure or from an input distribution. Simplify them; minimize at single points, and "
                "curve along a family, take exact numbers of any size."
            )
        self.problem, self.program = problem, program
        self.integers: IntegerProgram = program.integers
        scaled = sides * program.units.astype(object)[:, None]
        self.unit = common_denominator(scaled.ravel())
        self.sides: Exact = np.array([[int(v * self.unit) for v in row] for row in scaled], dtype=object)
        self.programs = 0

    @cached_property
    def _live(self) -> LiveModel:
        return live_model(self.integers)

    @cached_property
    def _elastic(self) -> tuple[IntegerProgram, LiveModel]:
        """Minimize the sum of violations: its duals prove infeasibility."""
        rows, equal = np.arange(self.integers.matrix.shape[0]), self.integers.equality
        needed = np.concatenate([equal, np.full(len(rows), True)])  # an inequality misses its side one way
        elastic = sp.csc_array(misses(rows, len(rows))[:, needed], dtype=np.int64)
        matrix = sp.csc_array(sp.hstack([self.integers.matrix, elastic], format="csc"))
        cost = np.concatenate([np.zeros_like(self.integers.cost), np.ones(elastic.shape[1], dtype=np.int64)])
        program = IntegerProgram(matrix, cost, equal)
        return program, live_model(program)

    def right(self, point: Sequence[int]) -> RightHandSide:
        """Return R u for u = point / point[0], in whole numbers."""
        numerators = self.sides @ np.array([int(v) for v in point], dtype=object)
        return RightHandSide(([int(v) for v in numerators],), self.unit * int(point[0]))

    def solve(self, point: Sequence[int], above: Fraction | None = None) -> tuple[Cut, bool]:
        """Return a cut that is tight at u = point / point[0], and whether it was proved to be attained there.

        Parameters
        ----------
        point
            Whole numbers, point[0] > 0.
        above
            Where the cut exceeds this, no proof is tried: only a cut is wanted.

        Raises
        ------
        SolverError
            If no exact solution was found; TimeLimitError where the time was over.
        """
        self.programs += 1
        right = self.right(point)
        status = self._run(self._live, self.integers, right)
        if status is Status.OPTIMAL:
            return self._value_cut(point, right, above)
        if status is not Status.INFEASIBLE:
            self._live.answer()  # which says how it ended
        return self._infeasible_cut(point, right), True

    def boundary_cut(self, inside: Sequence[int], outside: Sequence[int]) -> Cut | None:
        """Return the constraint that is met first on the way from a feasible point to an infeasible one.

        For a generic feasible point it is a facet of the feasible set. None if no exact solution was found.
        """
        self.programs += 1
        start = self.sides @ np.array([int(v) for v in inside], dtype=object)
        end = self.sides @ np.array([int(v) for v in outside], dtype=object)
        # A x − s · step = start with s as large as possible, all times both divisors
        step = [int(b) * int(inside[0]) - int(a) * int(outside[0]) for a, b in zip(start, end, strict=True)]
        divisor = math.gcd(*step) or 1
        if max(abs(v) for v in step) // divisor >= EXACT:
            return None
        column = sp.csc_array(np.array([[-(v // divisor)] for v in step], dtype=np.int64))
        matrix = sp.csc_array(sp.hstack([self.integers.matrix, column], format="csc"))
        cost = np.concatenate([np.zeros_like(self.integers.cost), np.array([-1], dtype=np.int64)])
        program = IntegerProgram(matrix, cost, self.integers.equality)
        live, right = live_model(program), self.right(inside)
        self._run(live, program, right)
        basis = live.basis()
        found = None if basis is None else optimal_vertex(program, basis, right, thorough=True)
        cut = None if found is None else self._cut(found[1], False)
        return cut if cut is not None and cut.at(outside) > 0 else None

    def _run(self, live: LiveModel, program: IntegerProgram, right: RightHandSide) -> Status:
        upper = np.array([v / right.denominator for v in right.parts[0]])
        live.set_rows(np.where(program.equality, upper, -np.inf), upper)
        return live.run()

    def _value_cut(self, point: Sequence[int], right: RightHandSide, above: Fraction | None) -> tuple[Cut, bool]:
        basis = self._live.basis()
        dual = None if basis is None else self.integers.dual(basis)
        if basis is None or dual is None:
            remaining()  # which says so where the time is over
            raise SolverError("HiGHS returned no basis of a parametric program. Please report the model.")
        if dual.feasible:
            cut = self._cut(dual, True)
            if above is not None and cut.at(point) > above:
                return cut, False
            primal = self.integers.primal(basis, right)
            if primal is not None and primal.feasible:
                return cut, True
        found = optimal_vertex(self.integers, basis, right, thorough=True)
        if found is None:
            remaining()
            raise SolverError(
                f"no exact solution at {[str(Fraction(int(v), int(point[0]))) for v in point[1:]]}: neither refinement "
                "nor pivots ended. Please report the model."
            )
        return self._cut(found[1], True), True

    def _infeasible_cut(self, point: Sequence[int], right: RightHandSide) -> Cut:
        program, live = self._elastic
        self._run(live, program, right)
        basis = live.basis()
        found = None if basis is None else optimal_vertex(program, basis, right, thorough=True)
        cut = None if found is None else self._cut(found[1], False)
        if cut is None or cut.at(point) <= 0:
            remaining()
            raise SolverError("a program was reported infeasible without an exact proof. Please report the model.")
        return cut

    def _cut(self, dual: Dual, feasible: bool) -> Cut:
        used = [i for i, v in enumerate(dual.numerators) if v]
        y = np.array([dual.numerators[i] for i in used], dtype=object)
        total = y @ self.sides[used] if used else np.zeros(self.sides.shape[1], dtype=object)
        below = dual.denominator * self.unit * (self.program.cost_unit if feasible else 1)
        return Cut(feasible, tuple(int(v) for v in total), below, dual)


def live_model(program: IntegerProgram) -> LiveModel:
    """Return an integer program for the solver, right-hand sides 0."""
    zero, matrix = np.zeros(program.matrix.shape[0]), sp.csc_array(program.matrix, dtype=np.float64)
    return LiveModel(matrix, program.cost.astype(np.float64), np.where(program.equality, zero, -np.inf), zero)


def parameter_sides(program: LinearProgram, cells: Exact, limits: Sequence[Any]) -> Exact:
    """Return R for equations that are affine in u, and budgets that are numbers or parameters.

    Parameters
    ----------
    program
        The program, with the behavior's own equations first.
    cells
        Right-hand sides of the equations, shape (equations, D + 1).
    limits
        For each budget its coefficients over u.
    """
    sides = np.full((program.matrix.shape[0], cells.shape[1]), Fraction(0), dtype=object)
    sides[:, 0] = program.rhs  # of normalizations; all others follow
    sides[program.equations] = cells
    for place, limit in zip(program.budgets, limits, strict=True):
        sides[place] = np.array(limit, dtype=object)
    for place in program.affine:
        sides[place, 0] = program.rhs[place]
    return sides
