"""Sums of squares: the dual of a level of the NPA hierarchy, and semidefinite programs by Clarabel."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.errors import SolverError
from relaxbell.exact.numbers import Floats
from relaxbell.lp import panics
from relaxbell.lp.clock import remaining
from relaxbell.verify.words import Word, classes

if TYPE_CHECKING:
    from cvxpy import Problem

_MANY = 1000
"""Variables above which Clarabel factorizes by blocks of columns (faer): 61 words took 1.7 s instead of 12."""

_TOLERANCES = (1e-11, 1e-8)
"""Of Clarabel, the second where it fails with the first; the proof takes care of what it misses."""


class MomentSums:
    """Which entries of a moment matrix are equal, up to adjoints.

    Parameters
    ----------
    words
        Of its rows.

    Attributes
    ----------
    words
        As given.
    size
        Number of rows.
    numbers
        The number of each moment.
    sums
        Of a flat matrix over each moment.
    one
        The number of the moment 1.
    """

    def __init__(self, words: Sequence[Word]) -> None:
        self.words, self.size = words, len(words)
        self.numbers: dict[Word, int] = {}
        rows, columns, entries = [], [], []
        for i, j, word in classes(words):
            rows.append(self.numbers.setdefault(word, len(self.numbers)))
            columns.append(i * self.size + j)
            entries.append(1.0 if i == j else 2.0)
        self.sums = sp.csr_array((entries, (rows, columns)), shape=(len(self.numbers), self.size**2))
        self.one = self.numbers[((),) * len(words[0])]


def least_squares_bound(
    words: Sequence[Word], form: Mapping[Word, float], name: str, blocks: Sequence[NDArray[np.float64]]
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
    blocks
        Bases of what symmetries of the form leave as it is, as in `relaxbell.quantum.reduction`; the matrix is
        invariant, which costs nothing.

    Raises
    ------
    SolverError
        If the solver finds nothing.
    """
    import cvxpy as cp

    moments = MomentSums(words)
    n, numbers, one, sums = moments.size, moments.numbers, moments.one, moments.sums
    whole = len(blocks) == 1 and blocks[0].shape[1] == n
    dense = [] if whole else [_of_block(sums, basis) for basis in blocks]
    reduced: Sequence[Any] = dense or [sums]
    kept = np.array([k for k in numbers.values() if k != one], dtype=np.intp)
    right = -np.array([form.get(word, 0.0) for word in numbers])
    change = sp.eye_array(len(kept)) if whole else _independent(np.hstack([part[kept] for part in dense]))
    matrices = [cp.Variable((basis.shape[1],) * 2, symmetric=True) for basis in blocks]
    flat = [cp.vec(matrix, order="C") for matrix in matrices]
    positive = [matrix >> 0 for matrix in matrices]
    total = sum((change @ part[kept]) @ own for part, own in zip(reduced, flat, strict=True))
    most = sum(part[[one]] @ own for part, own in zip(reduced, flat, strict=True))
    problem = cp.Problem(cp.Minimize(cp.sum(most)), [*positive, total == change @ right[kept]])
    solve_conic(problem, name)
    found = np.zeros((n, n))
    for basis, matrix in zip(blocks, matrices, strict=True):
        found += np.einsum("iac,ab,jbc->ij", basis, np.asarray(matrix.value), basis, optimize=True)
    gram = _moment_matrix(blocks, [np.asarray(own.dual_value) for own in positive])
    known = sums @ gram.ravel() / (sums @ np.ones(n * n))
    known /= known[one]
    return float(problem.value), found, dict(zip(numbers, known.tolist(), strict=True))


def _of_block(sums: sp.csr_array, basis: NDArray[np.float64]) -> Floats:
    """Return the sums over each moment as functions of a block's entries."""
    n, m, _ = basis.shape
    entries = np.einsum("iac,jbc->ijab", basis, basis, optimize=True)
    found: Floats = np.asarray(sums @ ((entries + entries.transpose(1, 0, 2, 3)) / 2).reshape(n * n, m * m))
    return found


def _independent(rows: Floats) -> Floats:
    """Return the matrix that replaces rows by orthogonal ones that span the same, all of one length."""
    from scipy.linalg import qr  # loads slowly

    base, triangle, _ = qr(rows, mode="economic", pivoting=True)
    sizes = abs(np.diag(triangle))
    rank = int((sizes > 1e-9 * sizes.max(initial=1.0)).sum())
    lengths = np.linalg.norm(triangle[:rank], axis=1)
    found: Floats = base[:, :rank].T * (np.linalg.norm(rows) / math.sqrt(max(1, rank)) / lengths)[:, None]
    return found


def _moment_matrix(blocks: Sequence[NDArray[np.float64]], duals: Sequence[Floats]) -> Floats:
    """Return the invariant moment matrix of which the blocks are the duals."""
    from scipy.linalg import block_diag

    basis = np.hstack([own.reshape(len(own), -1) for own in blocks])
    inner = block_diag(*(np.kron(dual / b.shape[2], np.eye(b.shape[2])) for dual, b in zip(duals, blocks, strict=True)))
    back = np.linalg.inv(basis)
    found: Floats = back.T @ inner @ back
    return found


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
    from cvxpy.error import SolverError as Failed

    status = None
    for tolerance in _TOLERANCES:
        left = remaining()
        options: dict[str, float | str] = {} if math.isinf(left) else {"time_limit": left}
        if sum(variable.size for variable in problem.variables()) > _MANY:
            options["direct_solve_method"] = "faer"
        with warnings.catch_warnings(), contextlib.suppress(Failed, SolverError), panics.told(f"the {name} set"):
            warnings.simplefilter("ignore")
            problem.solve(
                solver="CLARABEL", max_threads=1, tol_gap_abs=tolerance, tol_gap_rel=tolerance, tol_feas=tolerance,
                **options,
            )  # fmt: skip
            status = problem.status
            break
    if status not in ("optimal", "optimal_inaccurate"):
        remaining()
        found = "failed" if status is None else f"ended with status {status}"
        raise SolverError(f"Clarabel {found} on the {name} set. Use another level.")
