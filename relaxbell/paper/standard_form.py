"""Linear programs as the appendix writes them, solved in exact arithmetic: Eqs. (13) and (14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from relaxbell.errors import SolverError
from relaxbell.exact.basis import IntegerProgram, RightHandSide
from relaxbell.exact.numbers import Exact, common_denominator
from relaxbell.lp.highs import solve_highs
from relaxbell.lp.vertex import optimal_vertex

Whole: TypeAlias = NDArray[np.int64]
"""Tables of whole numbers."""


@dataclass(frozen=True)
class Optimum:
    """The least value of a linear program and where it is attained, exact."""

    value: Fraction
    point: Exact


@dataclass(frozen=True, eq=False)
class StandardForm:
    """Eq. (13): min ⟨c, ξ⟩ subject to Φ ξ ≥ b, ξ ≥ 0; its dual is Eq. (14).

    Attributes
    ----------
    phi
        Φ: whole numbers, shape (m, n).
    b, c
        Fractions, m and n of them.
    """

    phi: Whole
    b: Exact
    c: Exact

    def primal(self) -> Optimum:
        """Return γ, Eq. (13)."""
        return least(self.c, -self.phi, -self.b)

    def dual(self) -> Optimum:
        """Return β, Eq. (14), solved as a program of its own."""
        return largest(self.b, self.phi.T, self.c)

    def weakly_dual(self, xi: Exact, zeta: Exact) -> bool:
        """Whether ⟨c, ξ⟩ ≥ ⟨ζ, b⟩, Eq. (15), for feasible points."""
        return bool(self.c @ xi >= zeta @ self.b)


def least(cost: Sequence[int | Fraction] | Exact, rows: Whole, rhs: Sequence[int | Fraction] | Exact) -> Optimum:
    """Return the least cost · x over rows · x ≤ rhs, x ≥ 0, with primal and dual solution checked exactly.

    Raises
    ------
    SolverError
        If the program has no optimum, or no exact one was found.
    """
    price = [Fraction(v) for v in cost]
    unit = common_denominator(price)
    whole = np.array([int(v * unit) for v in price], dtype=np.int64)
    matrix = sp.csc_array(np.array(rows, dtype=np.int64).reshape(len(rhs), len(price)))
    right = np.array([Fraction(v) for v in rhs], dtype=object)
    upper = np.array([float(v) for v in right])
    answer = solve_highs(
        sp.csc_array(matrix, dtype=np.float64), whole.astype(np.float64), np.full(len(upper), -np.inf), upper
    )
    program = IntegerProgram(matrix, whole, np.zeros(len(upper), dtype=bool))
    found = None
    if answer.basis is not None:
        found = optimal_vertex(program, answer.basis, RightHandSide.read(right), thorough=True)
    if found is None:
        raise SolverError(f"no exact optimum of a program of {len(upper)} rows and {len(price)} columns.")
    point = np.full(len(price), Fraction(0), dtype=object)
    for j, value in zip(found[0].basis.columns.tolist(), found[0].values, strict=True):
        point[j] = value
    return Optimum(sum((p * x for p, x in zip(price, point, strict=True)), Fraction(0)), point)


def largest(gain: Sequence[int | Fraction] | Exact, rows: Whole, rhs: Sequence[int | Fraction] | Exact) -> Optimum:
    """Return the largest gain · x over rows · x ≤ rhs, x ≥ 0; errors as `least`."""
    found = least([-Fraction(v) for v in gain], rows, rhs)
    return Optimum(-found.value, found.point)


def l1(vector: Exact) -> Fraction:
    """Return ‖x‖₁."""
    return sum((abs(v) for v in vector), Fraction(0))


def fractions(values: ArrayLike, below: int = 1) -> Exact:
    """Return whole numbers over a denominator, as an object array of the same shape."""
    array = np.asarray(values)
    return np.array([Fraction(int(v), below) for v in array.ravel()], dtype=object).reshape(array.shape)
