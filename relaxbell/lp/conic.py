"""Linear programs on Clarabel, the interior-point fallback."""

from __future__ import annotations

import time

import numpy as np
import scipy.sparse as sp

from relaxbell.errors import SolverError
from relaxbell.exact.numbers import Floats
from relaxbell.lp import panics
from relaxbell.lp.clock import remaining, time_is_over
from relaxbell.lp.highs import Answer


def solve_clarabel(matrix: sp.csc_array, cost: Floats, lower: Floats, upper: Floats) -> Answer:
    """Minimize cost · x over lower ≤ matrix x ≤ upper, x ≥ 0, where lower is −∞ or equals upper.

    Raises
    ------
    SolverError
        If Clarabel ends neither solved nor infeasible.
    """
    import clarabel

    started = time.perf_counter()
    n = matrix.shape[1]
    equal = lower == upper
    rows = sp.csr_array(matrix)
    blocks = [rows[np.flatnonzero(equal)], rows[np.flatnonzero(~equal)], -sp.eye_array(n, format="csr")]
    system = sp.csc_matrix(sp.vstack(blocks, format="csc"))
    rhs = np.concatenate([upper[equal], upper[~equal], np.zeros(n)])
    cones = [clarabel.ZeroConeT(int(equal.sum())), clarabel.NonnegativeConeT(int((~equal).sum()) + n)]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.time_limit = remaining()
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    with panics.told("a linear program"):
        found = clarabel.DefaultSolver(sp.csc_matrix((n, n)), cost, system, rhs, cones, settings).solve()
    status, seconds = str(found.status), time.perf_counter() - started
    if "Infeasible" in status:
        return Answer(False, np.empty(0), np.empty(0), np.nan, "Clarabel", found.iterations, seconds)
    if status == "MaxTime":
        raise time_is_over()
    if status not in ("Solved", "AlmostSolved", "InsufficientProgress"):
        raise SolverError(f"Clarabel ended with status {status} after {found.iterations} iterations.")
    duals = np.zeros(len(upper))
    multipliers = -np.array(found.z)
    duals[equal] = multipliers[: equal.sum()]
    duals[~equal] = multipliers[equal.sum() : len(upper)]
    x = np.array(found.x)
    # whether the accuracy suffices is decided by the rigorous bound, not by the status
    return Answer(True, x, duals, float(cost @ x), f"Clarabel ({status})", found.iterations, seconds)
