"""Exact dual simplex pivots, for bases that are nearly right.

Where two vertices are within a solver's tolerance of each other it may return the wrong one: its basis is
then dual feasible but some basic variable is slightly negative. A few pivots in exact arithmetic mend that.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.basis import Basis, Dual, IntegerProgram, Primal, RightHandSide, exact_product
from relaxbell.exact.numbers import sign

_PIVOTS = 300
"""Most pivots; a few are usual."""

_SMALL = 150
"""Columns of a basis up to which a pivot takes milliseconds; of larger ones a tenth of the pivots are tried."""


def dual_simplex(
    program: IntegerProgram, basis: Basis, rhs: RightHandSide, stop: Callable[[], bool] = lambda: False
) -> tuple[Basis, Primal, Dual] | None:
    """Return an optimal basis with its exact solutions, from a dual feasible one.

    None if the basis is singular or not dual feasible, if the program is infeasible, if too many pivots
    were needed, or if `stop`, asked before each, said so.
    """
    for _ in range(_PIVOTS if len(basis.columns) <= _SMALL else _PIVOTS // 10):
        if stop():
            return None
        primal, dual = program.primal(basis, rhs), program.dual(basis)
        if primal is None or dual is None or not dual.feasible:
            return None
        if primal.feasible:
            return basis, primal, dual
        step = _pivot(program, basis, primal, dual)
        if step is None:
            return None
        basis = step
    return None


def _pivot(program: IntegerProgram, basis: Basis, primal: Primal, dual: Dual) -> Basis | None:
    """Exchange the most violated basic variable for the nonbasic one with the least ratio."""
    n = program.matrix.shape[1]
    equal = program.equality[basis.loose]
    worst, leaving, direction = 0.0, -1, 0
    for k, v in enumerate([*primal.values, *primal.slack]):
        violated = sign(v) < 0 or (k >= len(primal.values) and bool(equal[k - len(primal.values)]) and v != 0)
        if violated and abs(float(v)) >= worst:
            worst, leaving, direction = abs(float(v)), k, (1 if sign(v) < 0 else -1)
    row = _row(program, basis, leaving)
    if row is None:
        return None
    # basic variable + Σ alpha_j · (nonbasic j) = its value; entering columns push it towards zero
    alpha = exact_product(program.transposed, row, program.mass)
    entering = _least_ratio(program, basis, alpha, row, dual, direction)
    if entering is None:
        return None
    columns, loose = set(basis.columns.tolist()), set(basis.loose.tolist())
    if leaving < len(primal.values):
        columns.remove(int(basis.columns[leaving]))
    else:
        loose.remove(int(basis.loose[leaving - len(primal.values)]))
    (columns if entering < n else loose).add(entering if entering < n else entering - n)
    return Basis(np.array(sorted(columns), dtype=np.intp), np.array(sorted(loose), dtype=np.intp))


def _row(program: IntegerProgram, basis: Basis, leaving: int) -> list[int] | None:
    """Return the combination of rows, up to a positive factor, that isolates a basic variable."""
    import flint

    square = program.core(basis)
    if square is None:
        return None
    core, tight = square
    k = len(basis.columns)
    row = [0] * program.matrix.shape[0]
    if leaving < k:
        right = [[1 if j == leaving else 0] for j in range(k)]
    else:
        i = int(basis.loose[leaving - k])
        own = program.rows[[i]][:, basis.columns].toarray().ravel()
        right = [[-int(v)] for v in own]
    denominator = 1
    if k:
        top, bottom = core.transpose().solve(flint.fmpz_mat(right)).numer_denom()
        denominator = int(bottom)
        flip = -1 if denominator < 0 else 1
        denominator *= flip
        for position, v in zip(tight.tolist(), top.entries(), strict=True):
            row[position] = flip * int(v)
    if leaving >= k:
        row[int(basis.loose[leaving - k])] = denominator
    return row


def _least_ratio(
    program: IntegerProgram, basis: Basis, alpha: NDArray[Any], row: list[int], dual: Dual, direction: int
) -> int | None:
    """Return the entering variable: a column, or n + i for the slack of row i; None if there is none."""
    n = program.matrix.shape[1]
    basic = np.zeros(n, dtype=bool)
    basic[basis.columns] = True
    candidates = [
        (Fraction(int(dual.reduced[j]), abs(int(alpha[j]))), j)
        for j in np.flatnonzero((direction * alpha < 0) & ~basic).tolist()
    ]
    loose = set(basis.loose.tolist())
    for i in np.flatnonzero(~program.equality).tolist():
        if i not in loose and direction * row[i] < 0:
            candidates.append((Fraction(-dual.numerators[i], abs(row[i])), n + i))
    return min(candidates)[1] if candidates else None
