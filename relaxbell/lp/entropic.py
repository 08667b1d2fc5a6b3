"""Linear programs with one budget on relative entropies, on Clarabel."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.errors import SolverError
from relaxbell.exact.numbers import Floats
from relaxbell.lp import panics
from relaxbell.lp.clock import remaining, time_is_over
from relaxbell.lp.highs import Answer

_STEPS = (0.99, 0.9, 0.7)
"""Fractions of the way to the boundary of the cones that are gone: the usual one, then shorter ones."""

_MISSED = 1e-8
"""By so much an answer without further progress may miss the rows."""


@dataclass(frozen=True, eq=False)
class Entropic:
    """What Clarabel returned: its answer, and the multiplier of the budget (value lost for each nat)."""

    answer: Answer
    multiplier: float


def solve_entropic(
    program: tuple[sp.csc_array, Floats, Floats, Floats],
    owner: NDArray[np.intp],
    prior: Floats,
    nats: float,
) -> Entropic:
    """Minimize cost · x over the rows of a linear program, with Σ x_i ln(x_i / (prior_i w)) ≤ nats.

    Parameters
    ----------
    program
        Matrix, cost, lower and upper sides; lower is −∞ or equals upper, and x ≥ 0.
    owner
        Group of each of the first columns; w is the sum of the group of i.
    prior
        Of each of these columns, positive.
    nats
        The budget.

    Raises
    ------
    SolverError
        If Clarabel ends neither solved nor infeasible.
    """
    import clarabel

    started = time.perf_counter()
    matrix, cost, lower, upper = program
    n, k, groups = matrix.shape[1], len(owner), int(owner[-1]) + 1
    equal, rows = lower == upper, sp.csr_array(matrix)
    same, less, own = np.flatnonzero(equal), np.flatnonzero(~equal), np.arange(k)
    width = n + groups + k  # x, the weights w of the groups, t
    auxiliary = sp.csr_array((-np.ones(n - k), (np.arange(n - k), np.arange(k, n))), shape=(n - k, n))
    blocks = [rows[same], rows[less], auxiliary]
    first, *others = (sp.hstack([sp.csr_array(b), sp.csr_array((b.shape[0], width - n))], format="csr") for b in blocks)
    sums = _entries((groups, width), (owner, own, 1.0), (np.arange(groups), n + np.arange(groups), -1.0))
    whole = _entries((1, width), (np.zeros(k, dtype=np.intp), n + groups + own, 1.0))
    # of each column, −t, x and prior · w, three rows in a row: x exp(−t / x) ≤ prior · w
    cones = _entries(
        (3 * k, width), (3 * own, n + groups + own, 1.0), (3 * own + 1, own, -1.0), (3 * own + 2, n + owner, -prior)
    )
    system = sp.csc_matrix(sp.vstack([first, sums, *others, whole, cones], format="csc"))
    rhs = np.concatenate([upper[same], np.zeros(groups), upper[less], np.zeros(n - k), [nats], np.zeros(3 * k)])
    kinds = [clarabel.ZeroConeT(len(same) + groups), clarabel.NonnegativeConeT(len(less) + n - k + 1)]
    kinds += [clarabel.ExponentialConeT()] * k
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.time_limit = remaining()
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    nothing, whole_cost = sp.csc_matrix((width, width)), np.concatenate([cost, np.zeros(width - n)])
    for step in _STEPS:  # where the budget is hardly active, long steps can end outside, without progress
        settings.max_step_fraction = step
        with panics.told("an entropic program"):
            found = clarabel.DefaultSolver(nothing, whole_cost, system, rhs, kinds, settings).solve()
        if str(found.status) != "InsufficientProgress" or found.r_prim <= _MISSED:
            break
    status, seconds = str(found.status), time.perf_counter() - started
    if "Infeasible" in status:
        return Entropic(Answer(False, np.empty(0), np.empty(0), np.nan, "Clarabel", found.iterations, seconds), 0.0)
    if status == "MaxTime":
        raise time_is_over()
    if status not in ("Solved", "AlmostSolved", "InsufficientProgress"):
        raise SolverError(f"Clarabel ended with status {status} after {found.iterations} iterations.")
    multipliers, duals = np.array(found.z), np.zeros(len(upper))
    duals[same], start = -multipliers[: len(same)], len(same) + groups
    duals[less] = -multipliers[start : start + len(less)]
    x = np.array(found.x)[:n]
    answer = Answer(True, x, duals, float(cost @ x), f"Clarabel ({status})", found.iterations, seconds)
    return Entropic(answer, max(0.0, float(multipliers[start + len(less) + n - k])))


def _entries(shape: tuple[int, int], *parts: tuple[NDArray[np.intp], NDArray[np.intp], Floats | float]) -> sp.csr_array:
    """Return a matrix from rows, columns and values."""
    rows, columns = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    values = np.concatenate([np.broadcast_to(np.asarray(part[2], dtype=np.float64), len(part[0])) for part in parts])
    return sp.csr_array((values, (rows, columns)), shape=shape)
