"""From a solver's basis to an exactly optimal vertex.

Tried in turn: the basis as it is; exact dual simplex pivots from it, where it is dual feasible; the basis after a
refinement on the exact residual, with pivots. Each was seen to succeed where the others fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from relaxbell.exact.basis import Basis, Dual, IntegerProgram, Primal, RightHandSide
from relaxbell.exact.numbers import ExactNumber, Floats, Surd
from relaxbell.exact.pivots import dual_simplex
from relaxbell.lp.clock import passed
from relaxbell.lp.refinement import Corrections

LARGEST_BASIS = 600
"""Bases with more columns are not solved exactly: the numbers grow with the cube."""

_SMALLEST = Fraction(1, 2**60)
_FAR = 10**9
"""Residuals are magnified at most by 2^60; what is then larger than this stays out of sight of the correction."""


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
    prices = _scaled(reduced, factor / dual.denominator, _FAR)
    lower = _scaled([*value, *slack[form.inequalities]], -scale, np.inf)
    right = _scaled([s if equal else 0 for s, equal in zip(slack, integers.equality, strict=True)], scale, _FAR)
    step = form.solve(prices, right, lower, primal.basis)
    return None if step is None else step.basis


def _magnification(violation: Fraction) -> Fraction:
    return 1 / max(_SMALLEST, violation) if violation > 0 else Fraction(1)


def _rational(number: ExactNumber) -> Fraction:
    return number.bounds()[0] if isinstance(number, Surd) else Fraction(number)


def _scaled(values: Sequence[Fraction | int], scale: Fraction, far: float) -> Floats:
    """Return scale · values as floats; numbers beyond reach of a correction of size one become ± `far`.

    By whole numbers: fractions for each of 10^5 columns would take seconds, most of them for zeros.
    """
    found = np.zeros(len(values))
    for i, value in enumerate(values):
        if value:
            top, bottom = int(value.numerator) * scale.numerator, int(value.denominator) * scale.denominator
            found[i] = top / bottom if abs(top) < _FAR * bottom else (far if top > 0 else -far)
    return found
