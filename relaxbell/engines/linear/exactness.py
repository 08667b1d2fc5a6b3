"""From a solver's basis to an exact solution: the minimum itself, with weights and duals that prove it.

Where none is found, the rigorous bound stays what it was.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.program import LinearProgram, Problem
from relaxbell.exact.basis import RightHandSide
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.lp.highs import Answer
from relaxbell.lp.vertex import LARGEST_BASIS, optimal_vertex

LARGEST_FOR_FLOATS = 100_000
"""Columns up to which float data are solved exactly too: beyond, copies of the matrix would cost a gigabyte."""


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
    return Proof(problem, dual_data(problem, program, np.array(duals, dtype=object)), weights, basis=primal.basis)


def scaled_rhs(program: LinearProgram) -> RightHandSide:
    """Return the right-hand sides of the program in whole numbers."""
    pairs = zip(program.rhs.tolist(), program.units.tolist(), strict=True)
    numbers = [value if unit == 1 else value * unit for value, unit in pairs]
    return RightHandSide.read(np.array([*numbers, None], dtype=object)[:-1])


def dual_data(problem: Problem, program: LinearProgram, y: Exact) -> DualBound:
    """Return exact multipliers of a linear program's rows, ∂value/∂rhs, as a bound."""
    z, budgets = program.multipliers(y), tuple(-y[place][0] for place in program.budgets)
    affine = tuple(-y[place] for place in program.affine)
    offset = -sum((mu * b.limit for mu, b in zip(budgets, problem.budgets, strict=True)), Fraction(0))
    for own, place in zip(affine, program.affine, strict=True):
        offset -= (own * program.rhs[place]).sum()
    total: ExactNumber = problem.equations.total(z) + offset
    return DualBound(total, z, offset, program.raw_weights(y), budgets, affine)
