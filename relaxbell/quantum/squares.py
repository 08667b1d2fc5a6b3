"""Sums of squares: the dual of a level of the NPA hierarchy, and semidefinite programs by Clarabel."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from relaxbell.errors import SolverError
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import remaining
from relaxbell.verify.sets import Word, classes

if TYPE_CHECKING:
    from cvxpy import Problem

_TOLERANCE = 1e-11
"""Of Clarabel; the proof takes care of what it misses."""


def least_squares_bound(
    words: Sequence[Word], form: Mapping[Word, float], name: str
) -> tuple[float, Floats, dict[Word, float]]:
    """Return the least b for which b − f is a sum of squares, without the constant; its matrix; the moments.

    This program has inner points where the one of moments has none, so that solvers end closer to the optimum.

    Parameters
    ----------
    words
        Of the rows of the moment matrix.
    form
        Coefficients by words.
    name
        Of the set, for errors.

    Raises
    ------
    SolverError
        If the solver finds nothing.
    """
    import cvxpy as cp

    n, one = len(words), ((),) * len(words[0])
    numbers: dict[Word, int] = {}
    rows, columns, entries = [], [], []
    for i, j, word in classes(words):
        rows.append(numbers.setdefault(word, len(numbers)))
        columns.append(i * n + j)
        entries.append(1.0 if i == j else 2.0)
    sums = sp.csr_array((entries, (rows, columns)), shape=(len(numbers), n * n))
    kept = np.array([k for word, k in numbers.items() if word != one], dtype=np.intp)
    right = -np.array([form.get(word, 0.0) for word in numbers])
    matrix = cp.Variable((n, n), PSD=True)
    flat = cp.vec(matrix, order="C")
    equal = sums[kept] @ flat == right[kept]
    problem = cp.Problem(cp.Minimize(sums[[numbers[one]]] @ flat), [equal])
    solve_conic(problem, name)
    found = dict.fromkeys(numbers, 1.0)
    found |= dict(zip((w for w in numbers if w != one), np.asarray(equal.dual_value).tolist(), strict=True))
    return float(problem.value), np.asarray(matrix.value), found


def solve_linear(problem: Problem, name: str) -> None:
    """Solve with HiGHS, whose duals are of a vertex and so rational numbers in disguise; raise SolverError as below."""
    left = remaining()
    problem.solve(solver="HIGHS", **({} if math.isinf(left) else {"time_limit": left}))
    if problem.status != "optimal":
        remaining()
        raise SolverError(
            f"HiGHS ended with status {problem.status} on the {name} set. Round the behavior: p.rounded()."
        )


def solve_conic(problem: Problem, name: str) -> None:
    """Solve with Clarabel as well as it can; raise SolverError where it finds nothing.

    Its warnings of accuracy are left out: what is believed is the exact bound that follows.
    """
    left = remaining()
    options: dict[str, float] = {} if math.isinf(left) else {"time_limit": left}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem.solve(
            solver="CLARABEL", max_threads=1, tol_gap_abs=_TOLERANCE, tol_gap_rel=_TOLERANCE, tol_feas=_TOLERANCE,
            **options,
        )  # fmt: skip
    if problem.status not in ("optimal", "optimal_inaccurate"):
        remaining()
        raise SolverError(f"Clarabel ended with status {problem.status} on the {name} set. Use another level.")
