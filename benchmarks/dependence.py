"""Least measurement dependence beside the same problem written by hand in CVXPY, in one run.

From the box to the result, CGLMP with optimal states, single-threaded. Prints a table with medians of three.

python benchmarks/dependence.py [largest d for the hand-written program, default 8]
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import resource
import statistics
import sys
import time

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

import relaxbell as rb


def by_hand(p: np.ndarray, d: int) -> float:
    """norm1(M q) subject to T q = p/4, as one would write it, on Clarabel (CVXPY's choice for large l1)."""
    f = np.array(np.unravel_index(np.arange(d**4), (d, d, d, d)))
    alice, bob = f[:2], f[2:]
    n = d**4
    rows, columns = [], []
    for x in range(2):
        for y in range(2):
            rows.append(((alice[x] * d + bob[y]) * 2 + x) * 2 + y)
            columns.append((2 * x + y) * n + np.arange(n))
    T = sp.csr_array((np.ones(4 * n), (np.concatenate(rows), np.concatenate(columns))), shape=(4 * d * d, 4 * n))
    M = sp.eye_array(4 * n) - sp.kron(np.full((4, 4), 0.25), sp.eye_array(n))
    q = cp.Variable(4 * n, nonneg=True)
    problem = cp.Problem(cp.Minimize(cp.norm1(M @ q)), [T @ q == p.ravel() / 4])
    return float(problem.solve(solver=cp.CLARABEL))


def ours(d: int) -> rb.classes.Solution:
    return rb.minimize(rb.dependence(rb.measurement_dependence((2, 2), (d, d))), rb.boxes.cglmp(d))


def timed(run, repeat: int = 3):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - start)
    return result, statistics.median(times)


if __name__ == "__main__":
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    ours(2), by_hand(rb.boxes.cglmp(2).p, 2)  # imports
    print(" d   minimum M     gap   ours s   by hand s   by hand / ours")
    for d in (2, 4, 6, 8, 16):
        solution, seconds = timed(lambda d=d: ours(d), 3 if d < 16 else 1)
        line = f"{d:2d}  {solution.value:10.7f}  {solution.statistics['gap']:.0e}  {seconds:7.3f}"
        if d <= largest:
            value, hand = timed(lambda d=d: by_hand(rb.boxes.cglmp(d).p, d))
            line += f"  {hand:10.3f}  {hand / seconds:15.1f}   (differs by {abs(value - solution.value):.0e})"
        print(line, flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")
    for d in (2, 4, 6):
        model = rb.measurement_dependence((2, 2), (d, d))
        solution, seconds = timed(lambda d=d, m=model: rb.minimize(rb.mutual_information(m), rb.boxes.cglmp(d)), 1)
        text = f"{solution.value:.6f} bit, gap {solution.statistics['gap']:.0e}"
        print(f"mutual information d = {d}: {text}, {seconds:.2f} s")
