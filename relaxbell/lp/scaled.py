"""Programs whose numbers are too large, too small or too close for a solver in floating point, solved exactly.

The program is scaled by powers of two until a solver can see every row and column: a column of size 1e-100 counts as
much as the others. Its basis is where exact pivots start.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.errors import SolverError
from relaxbell.exact.basis import Basis
from relaxbell.exact.numbers import ExactNumber, sign
from relaxbell.exact.simplex import Contradiction, ExactProgram, Optimum, State, size
from relaxbell.lp.clock import passed
from relaxbell.lp.highs import LiveModel
from relaxbell.lp.refinement import Corrections

_ROUNDS = 8
"""Of magnifying what is wrong with a basis."""

_FEW = 400
"""Rows of a program whose pivots may start from the slacks, where the solver has no basis to start from."""

_FAR = 30
"""Exponent of two beyond which a number is out of sight of a correction of size one."""


def exact_optimum(program: ExactProgram, exponents: NDArray[np.int64] | None) -> Optimum | Contradiction | None:
    """Return the exact solution of a program, or the proof that there is none; None if neither was found, or in time.

    Parameters
    ----------
    program
        Exact numbers of any size.
    exponents
        About log2 of the first columns' values, where these are of different sizes; None: all are about one.
    """
    scaled = _Scaled(program, exponents)
    start = scaled.basis()
    outcome = None if start is None else program.optimum(start, passed, scaled.exponents)
    rows = len(program.rhs)
    if outcome is None and rows <= _FEW:  # no basis, or one that is singular in exact arithmetic
        none = Basis(np.zeros(0, dtype=np.intp), np.arange(rows))
        outcome = program.optimum(none, passed, scaled.exponents)
    return outcome


class _Scaled:
    """A program times powers of two, in floats, as a solver can see it."""

    def __init__(self, program: ExactProgram, exponents: NDArray[np.int64] | None) -> None:
        self.program = program
        self.rows, self.columns = _scales(program, exponents)
        entries = [(i, j, v) for i, row in enumerate(program.matrix.rows) for j, v in row.items()]
        i, j = (np.array([entry[k] for entry in entries], dtype=np.intp) for k in (0, 1))
        data = np.array([_shifted(v, self.rows[a] + self.columns[b]) for a, b, v in entries])
        self.matrix = sp.csc_array((data, (i, j)), shape=program.matrix.shape)
        costs = [size(c) + k for c, k in zip(program.cost, self.columns, strict=True) if c]
        self.price = -max(costs, default=0)
        self.exponents = [*(-k for k in self.columns), *self.rows]  # of the scaled values of columns and slacks

    def basis(self) -> Basis | None:
        """Return the basis that HiGHS ends with, and again on what is wrong with it, magnified; None if it has none."""
        program = self.program
        upper = np.array([_shifted(b, r) for b, r in zip(program.rhs, self.rows, strict=True)])
        lower = np.where(program.equality, upper, -np.inf)
        cost = np.array([_shifted(c, k + self.price) for c, k in zip(program.cost, self.columns, strict=True)])
        model = LiveModel(self.matrix, cost, lower, upper)
        try:
            model.run()
        except SolverError:
            return None
        found = model.basis()  # whatever it says of the program
        corrections = Corrections.of(self.matrix, np.array(program.equality))
        for _ in range(_ROUNDS):
            state = None if found is None or passed() else program.state(found)
            step = None if state is None else self._step(corrections, state, found)
            if step is None:
                break
            found = step
        return found

    def _step(self, corrections: Corrections, state: State, basis: Basis | None) -> Basis | None:
        """Return the basis of the best correction of a basic solution; None if there is nothing to correct."""
        n, equal = self.program.matrix.width, self.program.equality
        exponents = self.exponents
        values = {j: v * Fraction(2) ** exponents[j] for j, v in state.values.items()}
        prices = {j: d * Fraction(2) ** (self.price - exponents[j]) for j, d in state.reduced.items()}
        missed = {j: v for j, v in values.items() if j >= n and equal[j - n]}
        scale = _magnified([*(-v for v in values.values()), *missed.values(), *(-v for v in missed.values())])
        factor = _magnified([-d for d in prices.values()])
        if scale is None and factor is None:
            return None
        order = [*range(n), *(n + i for i in corrections.inequalities.tolist())]
        cost = _floats([prices.get(j, Fraction(0)) * (factor or 1) for j in order], 2.0**_FAR)
        below = _floats([-values.get(j, Fraction(0)) * (scale or 1) for j in order], np.inf)
        right = _floats([missed.get(n + i, Fraction(0)) * (scale or 1) for i in range(len(equal))], 2.0**_FAR)
        step = corrections.solve(cost, right, below, basis) or corrections.solve(cost, right, below, None)
        return None if step is None else step.basis


def _magnified(violations: list[ExactNumber]) -> Fraction | None:
    """Return the power of two that brings the largest violation to about one; None if there is none."""
    found = [size(v) for v in violations if sign(v) > 0]
    return Fraction(2) ** -max(found) if found else None


def _floats(values: list[ExactNumber], far: float) -> NDArray[np.float64]:
    """Return floats; numbers out of sight of a correction of size one become ± `far`."""
    return np.array([_shifted(v, 0) if size(v) < _FAR else math.copysign(far, sign(v)) for v in values])


def _scales(program: ExactProgram, exponents: NDArray[np.int64] | None) -> tuple[list[int], list[int]]:
    """Return exponents of two for rows and columns, so that the largest entries are about one.

    The weights of strategies are of the size of their setting's probability; auxiliary columns follow from their rows.
    """
    sizes = [{j: size(v) for j, v in row.items()} for row in program.matrix.rows]
    known = dict(enumerate(exponents.tolist())) if exponents is not None else {}
    rows: dict[int, int] = {}
    waiting = list(range(len(sizes)))
    while waiting:
        ready = [i for i in waiting if not sizes[i] or any(j in known for j in sizes[i])]
        if not ready:  # rows of auxiliary columns only, which nothing ties to q
            known |= {j: 0 for i in waiting for j in sizes[i]}
            continue
        for i in ready:
            rows[i] = -_largest(e + known[j] for j, e in sizes[i].items() if j in known)
        fresh: dict[int, int] = {}
        for i in ready:
            for j, e in sizes[i].items():
                if j not in known:
                    fresh[j] = max(fresh.get(j, e + rows[i]), e + rows[i])
        known |= {j: -e for j, e in fresh.items()}
        waiting = [i for i in waiting if i not in rows]
    return [rows[i] for i in range(len(sizes))], [known.get(j, 0) for j in range(program.matrix.width)]


def _largest(exponents: Iterable[int]) -> int:
    return max(exponents, default=0)


def _shifted(number: ExactNumber, exponent: int) -> float:
    """Return number · 2^exponent as a float, within the range of floats."""
    total = size(number) + exponent
    if total < -1000:
        return 0.0
    if total > 1000:
        return math.copysign(2.0**1000, sign(number))
    return float(number * Fraction(2) ** exponent)
