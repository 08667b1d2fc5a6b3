"""Refinement of linear programs in floats against exact optima, with inequalities that are tight and that are not."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

from relaxbell.exact.basis import IntegerProgram, RightHandSide
from relaxbell.lp import vertex
from relaxbell.lp.highs import solve_highs
from relaxbell.lp.refinement import Corrections, refine
from relaxbell.lp.vertex import optimal_vertex


def program(seed, n=12, equations=3, inequalities=4):
    """A bounded feasible program with whole numbers: data and its exact solution."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-3, 4, (equations + inequalities, n))
    matrix[0] = 1  # bounded
    inside = rng.integers(1, 10, n)
    upper = matrix @ inside + np.r_[np.zeros(equations, dtype=int), rng.integers(0, 3, inequalities)]
    equality = np.arange(equations + inequalities) < equations
    cost = rng.integers(-5, 6, n)
    integers = IntegerProgram(sp.csc_array(matrix), cost, equality)
    data = (
        sp.csc_array(matrix, dtype=float),
        cost.astype(float),
        np.where(equality, upper, -np.inf),
        upper.astype(float),
    )
    answer = solve_highs(*data)
    rhs = RightHandSide.read(np.array([Fraction(int(v)) for v in upper], dtype=object))
    primal, dual = optimal_vertex(integers, answer.basis, rhs, thorough=True)
    x, y = np.zeros(n), np.array([v / dual.denominator for v in dual.numerators], dtype=float)
    x[primal.basis.columns] = [float(v) for v in primal.values]
    return data, answer, x, y


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("start", [True, False])
def test_noise_is_removed(seed, start):
    """An answer that is wrong by 1e-6 everywhere becomes as good as floats are; multipliers keep their sign."""
    data, answer, x, y = program(seed)
    rng = np.random.default_rng(100 + seed)
    wrong = replace(
        answer,
        x=answer.x + rng.normal(size=len(x)) * 1e-6,
        duals=answer.duals + rng.normal(size=len(y)) * 1e-6,
        basis=answer.basis if start else None,
    )
    found = refine(data, wrong)
    matrix, cost, lower, upper = data
    assert found.value == pytest.approx(cost @ x, abs=1e-12)
    assert upper @ found.duals == pytest.approx(cost @ x, abs=1e-12)
    assert (matrix @ found.x <= upper + 1e-12).all()
    assert (matrix @ found.x >= lower - 1e-12).all()
    assert found.x.min() >= -1e-12
    assert found.duals[np.isinf(lower)].max() <= 1e-12
    assert (cost - matrix.T @ found.duals).min() >= -1e-12


def test_some_inequalities_are_tight():
    """Else the test above would not see the prices of slacks."""
    assert sum((program(seed)[3][3:] != 0).any() for seed in range(12)) >= 6


def test_bases_with_slack_columns_and_without():
    data, answer, _, _ = program(0)
    form = Corrections.of(data[0], data[2] == data[3])
    again = form._without_slacks(form._with_slacks(answer.basis))
    assert again.columns.tolist() == answer.basis.columns.tolist()
    assert again.loose.tolist() == answer.basis.loose.tolist()


def test_corrections_see_scaled_numbers_rounded_once():
    values = [0, 3, -(10**40), Fraction(1, 3), Fraction(-7, 10**30), 10**9, 2**2000]
    scale = Fraction(-5, 7)
    inside = [-v * Fraction(5, 7) for v in values]
    expected = [float(v) if abs(v) < 10**9 else (math.inf if v > 0 else -math.inf) for v in inside]
    assert vertex._scaled(values, scale, math.inf).tolist() == expected
    assert vertex._scaled(values, scale, 10**9)[[2, 6]].tolist() == [1e9, -1e9]
