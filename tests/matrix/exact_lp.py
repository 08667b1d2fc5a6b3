"""Exact linear programs without the package: HiGHS guesses a basis, exact arithmetic confirms it or pivots on.

min cost · x over rows x = rhs, x ≥ 0, all rational. A basis is believed if its x is not negative and no reduced cost
is, both exactly. Where only one of the two holds, exact primal or dual simplex steps lead from there to the optimum, or
to the proof that there is no x; where none does, dual steps come first, with prices raised to where
the basis is dual feasible.
"""

from fractions import Fraction
from math import floor, lcm

import flint
import highspy
import numpy as np

_BASIC = highspy.HighsBasisStatus.kBasic
_STEPS = 300


class Counts:
    """How often the basis of HiGHS was the answer, and how often steps led to it."""

    confirmed = stepped = 0


def least(cost, rows, rhs):
    """Return the least cost · x, exact, or None if there is no x ≥ 0; rows are dictionaries {column: number}."""
    rows, rhs = _whole(rows, rhs)
    basis = _Basis(rows, rhs, len(cost), _guess(cost, rows, rhs))
    unit = lcm(*(Fraction(c).denominator for c in cost))
    prices = [int(c * unit) for c in cost]
    raised = [price - min(floor(d), 0) for price, d in zip(prices, basis.reduced(prices), strict=True)]
    found = basis.optimum(raised)  # by dual steps
    if found is not None and raised != prices:
        found = basis.optimum(prices)  # by primal steps
    return found if found is None else found / unit


def _whole(rows, rhs):
    """Return the rows in whole numbers, each once."""
    every = {}
    for row, value in zip(rows, rhs, strict=True):
        entries = {j: Fraction(v) for j, v in sorted(row.items()) if v}
        unit = lcm(*(v.denominator for v in entries.values()), Fraction(value).denominator)
        every[tuple((j, int(v * unit)) for j, v in entries.items()), int(value * unit)] = None
    return [dict(items) for items, _ in every], [value for _, value in every]


class _Basis:
    """A basis: columns of the program, and numbers n + i for rows i that no column serves, whose slack must be 0."""

    def __init__(self, rows, rhs, n, basis):
        self.n, self.rows, self.rhs, self.basis = n, rows, rhs, basis
        self.columns = [[] for _ in range(n)]
        for i, row in enumerate(rows):
            for j, v in row.items():
                self.columns[j].append((i, v))

    def reduced(self, prices):
        """Return the reduced costs of all columns."""
        y = self.solve([prices[j] if j < self.n else 0 for j in self.basis], transposed=True)
        found = [Fraction(price) for price in prices]
        for i, row in enumerate(self.rows):
            for j, v in row.items() if y[i] else ():
                found[j] -= y[i] * v
        return found

    def optimum(self, prices):
        """Go from a primal or dual feasible basis to the least cost and return it, or None if nothing is feasible."""
        for step in range(_STEPS):
            x, reduced = self.solve(self.rhs), self.reduced(prices)
            wrong = [k for k, j in enumerate(self.basis) if x[k] < 0 or (j >= self.n and x[k])]
            cheaper = [j for j, d in enumerate(reduced) if d < 0]
            if not wrong and not cheaper:
                Counts.confirmed, Counts.stepped = Counts.confirmed + (step == 0), Counts.stepped + (step > 0)
                return sum((x[k] * prices[j] for k, j in enumerate(self.basis) if j < self.n), Fraction(0))
            assert not (wrong and cheaper)
            bland = step > _STEPS // 2  # it cannot cycle, but is slower
            if cheaper:
                self.enter(cheaper[0] if bland else min(cheaper, key=lambda j: reduced[j]), x)
            elif not self.leave(min(wrong, key=lambda k: self.basis[k] if bland else -abs(x[k])), x, reduced):
                return None
        raise AssertionError(f"no optimum after {_STEPS} steps")

    def enter(self, j, x):
        """A primal step, by Bland's rule; a slack that must be 0 leaves at once."""
        u = self.solve([dict(self.columns[j]).get(i, 0) for i in range(len(self.rows))])
        stop = [k for k, v in enumerate(u) if v > 0 or (v and self.basis[k] >= self.n)]
        k = min(stop, key=lambda k: (x[k] / abs(u[k]), self.basis[k]))
        self.basis[k] = j

    def leave(self, k, x, reduced):
        """A dual step; whether there was one. If there is none, the row proves that nothing is feasible."""
        sign = 1 if x[k] > 0 else -1
        w = self.solve([int(i == k) for i in range(len(self.basis))], transposed=True)
        ratios = []
        for j, column in enumerate(self.columns):
            alpha = sign * sum(w[i] * v for i, v in column)
            if alpha > 0 and j not in self.basis:
                ratios.append((reduced[j] / alpha, j))
        if ratios:
            self.basis[k] = min(ratios)[1]
        return bool(ratios)

    def solve(self, right, transposed=False):
        """Solve with the square matrix of the basis."""
        size = len(self.rows)
        square = np.zeros((size, size), dtype=object)
        for k, j in enumerate(self.basis):
            for i, v in self.columns[j] if j < self.n else [(j - self.n, 1)]:
                square[i, k] = v
        matrix = flint.fmpz_mat((square.T if transposed else square).tolist())
        found = matrix.solve(flint.fmpz_mat([[v] for v in right]))
        return [Fraction(int(found[i, 0].p), int(found[i, 0].q)) for i in range(size)]


def _guess(cost, rows, rhs):
    """Return the basis with which HiGHS ends: at an optimum, or where it finds that there is nothing."""
    sizes = [max(map(abs, row.values()), default=1) for row in rows]
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(cost), len(rows)
    program.col_cost_ = np.array([float(c) for c in cost])
    program.col_lower_, program.col_upper_ = np.zeros(len(cost)), np.full(len(cost), highspy.kHighsInf)
    program.row_lower_ = program.row_upper_ = np.array(
        [float(Fraction(v, size)) for v, size in zip(rhs, sizes, strict=True)]
    )
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.cumsum([0, *(len(row) for row in rows)])
    program.a_matrix_.index_ = np.array([j for row in rows for j in row], dtype=np.int32)
    program.a_matrix_.value_ = np.array(
        [float(Fraction(v, size)) for row, size in zip(rows, sizes, strict=True) for v in row.values()]
    )
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("presolve", "off")  # so that it ends with a basis in any case
    solver.passModel(program)
    solver.run()
    basis = solver.getBasis()
    found = [j for j, status in enumerate(basis.col_status) if status == _BASIC]
    found += [len(cost) + i for i, status in enumerate(basis.row_status) if status == _BASIC]
    return found
