"""Exact linear programs without the package: HiGHS guesses a basis, and exact arithmetic accepts it or goes on.

min cost · x over rows x = rhs, x ≥ 0, all rational. A basis is believed if its x is not negative and no reduced cost
is, both exactly; otherwise the simplex of Fractions in `exact_reference` decides.
"""

from fractions import Fraction
from math import lcm

import flint
import highspy
import numpy as np
from exact_reference import simplex

_BASIC = highspy.HighsBasisStatus.kBasic


class Counts:
    """How often a basis of HiGHS was exactly optimal, and how often the simplex of Fractions had to decide."""

    accepted = decided = 0


def least(cost, rows, rhs):
    """Return the least cost · x, exact, or None if there is no x ≥ 0; rows are dictionaries {column: number}."""
    n = len(cost)
    rows, rhs = _whole(rows, rhs)
    found = _believed(cost, rows, rhs, n)
    if found is None and _infeasible(rows, rhs, n):
        return None
    Counts.accepted += found is not None
    if found is None:
        Counts.decided += 1
        found = simplex(cost, [[row.get(j, 0) for j in range(n)] for row in rows], rhs)
    return found


def _whole(rows, rhs):
    """Return the rows in whole numbers with the first entry positive, each once."""
    every = {}
    for row, value in zip(rows, rhs, strict=True):
        entries = {j: Fraction(v) for j, v in sorted(row.items()) if v}
        unit = lcm(*(v.denominator for v in entries.values()), Fraction(value).denominator)
        whole = {j: int(v * unit) for j, v in entries.items()}
        every[tuple(whole.items()), int(value * unit)] = None
    return [dict(items) for items, _ in every], [value for _, value in every]


def _infeasible(rows, rhs, n):
    """Whether the least sum of artificial variables is positive."""
    signed = [{**row, n + i: 1 if value >= 0 else -1} for i, (row, value) in enumerate(zip(rows, rhs, strict=True))]
    least_sum = _believed([0] * n + [1] * len(rows), signed, rhs, n + len(rows))
    return least_sum is not None and least_sum > 0


def _believed(cost, rows, rhs, n):
    """Return the optimal value by the basis of HiGHS if exact arithmetic confirms it, else None."""
    basis = _guess(cost, rows, rhs, n)
    if basis is None:
        return None
    columns, idle = basis
    m = len(rows)
    unit = lcm(*(Fraction(c).denominator for c in cost))
    prices = [int(c * unit) for c in cost]
    square = [[row.get(j, 0) for j in columns] + [int(i == k) for k in idle] for i, row in enumerate(rows)]
    try:
        x = _solve(square, rhs)
        y = _solve([list(column) for column in zip(*square, strict=True)], [*(prices[j] for j in columns), *[0] * len(idle)])
    except ZeroDivisionError:
        return None
    if min(x[: len(columns)], default=0) < 0 or any(x[len(columns) :]):
        return None  # rows without a column are redundant only if nothing is left of them
    reduced = [Fraction(price) for price in prices]
    for i, row in enumerate(rows):
        if y[i]:
            for j, v in row.items():
                reduced[j] -= y[i] * v
    if min(reduced) < 0:
        return None
    assert len(columns) + len(idle) == m
    return sum((x[k] * prices[j] for k, j in enumerate(columns)), Fraction(0)) / unit


def _solve(square, right):
    """Solve a square system of whole numbers; ZeroDivisionError if it is singular."""
    size = len(square)
    if not size:
        return []
    found = flint.fmpz_mat(square).solve(flint.fmpz_mat([[v] for v in right]))
    return [Fraction(int(found[i, 0].p), int(found[i, 0].q)) for i in range(size)]


def _guess(cost, rows, rhs, n):
    """Return the basic columns, and the rows whose own variable is basic; None if HiGHS finds no optimum."""
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = n, len(rows)
    program.col_cost_ = np.array([float(c) for c in cost])
    program.col_lower_, program.col_upper_ = np.zeros(n), np.full(n, highspy.kHighsInf)
    program.row_lower_ = program.row_upper_ = np.array([float(v) for v in rhs])
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.cumsum([0, *(len(row) for row in rows)])
    program.a_matrix_.index_ = np.array([j for row in rows for j in row], dtype=np.int32)
    program.a_matrix_.value_ = np.array([float(v) for row in rows for v in row.values()])
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(program)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    basis = solver.getBasis()
    return (
        [j for j, status in enumerate(basis.col_status) if status == _BASIC],
        [i for i, status in enumerate(basis.row_status) if status == _BASIC],
    )
