"""Linear programs with one budget on relative entropies, on Clarabel."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.errors import SolverError
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import remaining, time_is_over
from relaxbell.lp.highs import Answer


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
    n, k = matrix.shape[1], len(owner)
    equal, rows = lower == upper, sp.csr_array(matrix)
    same, less = np.flatnonzero(equal), np.flatnonzero(~equal)
    others = np.arange(k, n)
    auxiliary = sp.csr_array((-np.ones(n - k), (np.arange(n - k), others)), shape=(n - k, n))
    linear = sp.vstack([rows[same], rows[less], auxiliary], format="csr")
    linear = sp.hstack([linear, sp.csr_array((linear.shape[0], k))], format="csr")
    whole = sp.csr_array((np.ones(k), (np.zeros(k, dtype=np.intp), n + np.arange(k))), shape=(1, n + k))
    # of each column, −t, x and prior · w, three rows in a row: x exp(−t / x) ≤ prior · w
    member = sp.csr_array((np.ones(k), (owner, np.arange(k))))
    groups = sp.coo_array(sp.csr_array((member.T @ member) * prior[:, None]))
    own = np.arange(k)
    cones = sp.coo_array(
        (
            np.concatenate([np.ones(k), -np.ones(k), -groups.data]),
            (
                np.concatenate([3 * own, 3 * own + 1, 3 * groups.coords[0] + 2]),
                np.concatenate([n + own, own, groups.coords[1]]),
            ),
        ),
        shape=(3 * k, n + k),
    )
    system = sp.csc_matrix(sp.vstack([linear, whole, cones], format="csc"))
    rhs = np.concatenate([upper[same], upper[less], np.zeros(n - k), [nats], np.zeros(3 * k)])
    kinds = [clarabel.ZeroConeT(len(same)), clarabel.NonnegativeConeT(len(less) + n - k + 1)]
    kinds += [clarabel.ExponentialConeT()] * k
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.time_limit = remaining()
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    nothing = sp.csc_matrix((n + k, n + k))
    found = clarabel.DefaultSolver(nothing, np.concatenate([cost, np.zeros(k)]), system, rhs, kinds, settings).solve()
    status, seconds = str(found.status), time.perf_counter() - started
    if "Infeasible" in status:
        return Entropic(Answer(False, np.empty(0), np.empty(0), np.nan, "Clarabel", found.iterations, seconds), 0.0)
    if status == "MaxTime":
        raise time_is_over()
    if status not in ("Solved", "AlmostSolved", "InsufficientProgress"):
        raise SolverError(f"Clarabel ended with status {status} after {found.iterations} iterations.")
    multipliers, duals = np.array(found.z), np.zeros(len(upper))
    duals[same] = -multipliers[: len(same)]
    duals[less] = -multipliers[len(same) : len(same) + len(less)]
    x = np.array(found.x)[:n]
    answer = Answer(True, x, duals, float(cost @ x), f"Clarabel ({status})", found.iterations, seconds)
    return Entropic(answer, max(0.0, float(multipliers[len(same) + len(less) + n - k])))
