"""From a solver's basis to an exact solution: the minimum itself, with weights and duals that prove it.

Tried in turn: the basis as it is; exact dual simplex pivots from it, where it is dual feasible; the basis after a
refinement on the exact residual, with pivots. Each was seen to succeed where the others fail. Where none does, the
rigorous bound stays what it was.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.program import LinearProgram, Problem
from relaxbell.exact.basis import Basis, Dual, IntegerProgram, Primal, RightHandSide
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, Surd
from relaxbell.exact.pivots import dual_simplex
from relaxbell.lp.clock import passed
from relaxbell.lp.highs import Answer
from relaxbell.lp.refinement import Corrections

LARGEST_FOR_FLOATS = 100_000
"""Columns up to which float data are solved exactly too: beyond, copies of the matrix would cost a gigabyte."""

LARGEST_BASIS = 600
"""Bases with more columns are not solved exactly: the numbers grow with the cube."""

_SMALLEST = Fraction(1, 2**60)
_FAR = 1e9
"""Residuals are magnified at most by 2^60; what is then larger than this stays out of sight of the correction."""


def exact_proof(problem: Problem, program: LinearProgram, answer: Answer, *, thorough: bool) -> Proof | None:
    """Return the exact solution of a linear program, or None if it was not found.

    Parameters
    ----------
    problem, program, answer
        What was solved, and the solver's answer with its basis.
    thorough
        Whether to refine and pivot where the basis itself is not optimal in exact arithmetic.
    """
    if not thorough and program.matrix.shape[1] > LARGEST_FOR_FLOATS:
        return None
    integers = program.integers
    if integers is None or answer.basis is None or len(answer.basis.columns) > LARGEST_BASIS:
        return None
    rhs = scaled_rhs(program)
    found = optimal_vertex(integers, answer.basis, rhs, thorough=thorough)
    if found is None:
        return None
    primal, dual = found
    pairs = zip(primal.basis.columns.tolist(), primal.values, strict=True)
    weights = {j: v for j, v in pairs if j < problem.strategies and v != 0}
    common = dual.denominator * program.cost_unit
    duals = [Fraction(int(u) * v, common) for u, v in zip(program.units, dual.numerators, strict=True)]
    return Proof(problem, dual_data(problem, program, np.array(duals, dtype=object)), weights)


def scaled_rhs(program: LinearProgram) -> RightHandSide:
    """Return the right-hand sides of the program in whole numbers."""
    return RightHandSide.read(program.rhs * program.units.astype(object))


def optimal_vertex(
    integers: IntegerProgram, basis: Basis, rhs: RightHandSide, *, thorough: bool
) -> tuple[Primal, Dual] | None:
    """Return an exactly optimal primal and dual solution, starting from a basis; None if that fails, or not in time."""
    primal, dual = integers.primal(basis, rhs), integers.dual(basis)
    if primal is None or dual is None:
        return None
    if primal.feasible and dual.feasible:
        return primal, dual
    if not thorough:
        return None
    pivoted = dual_simplex(integers, basis, rhs, passed)
    if pivoted is None and not passed():
        refined = _refined(integers, primal, dual)
        pivoted = None if refined is None else dual_simplex(integers, refined, rhs, passed)
    return None if pivoted is None else pivoted[1:]


def _refined(integers: IntegerProgram, primal: Primal, dual: Dual) -> Basis | None:
    """Return the basis of the residual problem, scaled up; None if it was not solved.

    The basic solution satisfies its tight rows exactly; what is wrong are entries and slacks that are slightly
    negative, and reduced costs. With x = primal + Δ / scale a solver sees them at size one.
    """
    m, n = integers.matrix.shape
    form = Corrections.of(sp.csc_array(integers.matrix, dtype=np.float64), integers.equality)
    value, slack = np.zeros(n, dtype=object), np.zeros(m, dtype=object)
    value[primal.basis.columns] = [_rational(v) for v in primal.values]
    slack[primal.basis.loose] = [_rational(v) for v in primal.slack]
    reduced = [*dual.reduced.tolist(), *(-dual.numerators[i] for i in form.inequalities.tolist())]
    missed = max((abs(v) for v in slack[integers.equality]), default=Fraction(0))
    scale = _magnification(max(-min(value), -min(slack), missed))
    factor = _magnification(Fraction(-int(min(reduced)), dual.denominator))
    prices = _moderate([Fraction(int(d), dual.denominator) * factor for d in reduced], _FAR)
    lower = _moderate([-v * scale for v in (*value, *slack[form.inequalities])], np.inf)
    right = _moderate(
        [s * scale if equal else Fraction(0) for s, equal in zip(slack, integers.equality, strict=True)], _FAR
    )
    step = form.solve(prices, right, lower, primal.basis)
    return None if step is None else step.basis


def _magnification(violation: Fraction) -> Fraction:
    return 1 / max(_SMALLEST, violation) if violation > 0 else Fraction(1)


def _rational(number: ExactNumber) -> Fraction:
    return number.bounds()[0] if isinstance(number, Surd) else Fraction(number)


def _moderate(values: list[Fraction], far: float) -> Floats:
    """Return floats; numbers beyond reach of a correction of size one become ± `far`."""
    return np.array([float(v) if abs(v) < _FAR else math.copysign(far, v) for v in values])


def dual_data(problem: Problem, program: LinearProgram, y: Exact) -> DualBound:
    """Return exact multipliers of a linear program's rows, ∂value/∂rhs, as a bound."""
    z, budgets = y[program.equations], tuple(-y[place][0] for place in program.budgets)
    affine = tuple(-y[place] for place in program.affine)
    offset = -sum((mu * b.limit for mu, b in zip(budgets, problem.budgets, strict=True)), Fraction(0))
    for own, place in zip(affine, program.affine, strict=True):
        offset -= (own * program.rhs[place]).sum()
    total: ExactNumber = (z * problem.equations.rhs).sum() + offset
    return DualBound(total, z, offset, program.raw_weights(y), budgets, affine)
