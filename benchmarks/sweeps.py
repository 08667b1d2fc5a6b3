"""Sweeps over visibility beside the same by hand, in one run: milliseconds a point, medians of five.

Everything is single-threaded, and a case begins with its model and measure built. By hand, the columns of T and
of the influence are ready-made as well: what is timed is from behaviors to numbers.

python benchmarks/sweeps.py
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cvxpy as cp
import highspy
import numpy as np
import scipy.sparse as sp

import relaxbell as rb


@dataclass(frozen=True)
class Case:
    """A measure, and the points to minimize it at."""

    name: str
    measure: rb.Measure
    points: Sequence[rb.Behavior]

    @property
    def T(self) -> sp.csr_array:  # noqa: N802 - the paper's name
        """The map from q to p."""
        return self.measure.model.observed_rows.matrix

    @property
    def C(self) -> sp.csr_array:  # noqa: N802
        """The rows whose largest value is the influence."""
        (rows,) = self.measure.blocks
        return rows.array


def line(p: rb.Behavior, highest: float, lowest: float, count: int) -> list[rb.Behavior]:
    floats = rb.Behavior(p.p, p.outputs, p.inputs)
    return [floats.visibility(v) for v in np.linspace(highest, lowest, count)]


def cases() -> list[Case]:
    triple = rb.bell((2, 2, 2), (2, 2, 2)).relax("X -> B")
    return [
        Case("CHSH X->B", rb.influence(rb.input_signaling(), "X", "B"), line(rb.tsirelson_box(), 1, 0.3, 1000)),
        Case("3322 X->B", rb.influence(rb.input_signaling((3, 3)), "X", "B"), line(rb.i3322_box(), 1, 0.3, 100)),
        Case("3322 A->B", rb.influence(rb.outcome_signaling((3, 3)), "A", "B"), line(rb.i3322_box(), 0.6, 0.3, 100)),
        Case("GHZ X->B", rb.influence(triple, "X", "B"), line(rb.ghz_box(), 0.6, 0.3, 100)),
    ]


# ---------------------------------------------------------------- the methods


def naive(case: Case, points: Sequence[rb.Behavior]) -> list[float]:
    """Return the values of CVXPY problems that are built anew for each point."""
    found = []
    for p in points:
        q = cp.Variable(case.T.shape[1], nonneg=True)
        problem = cp.Problem(cp.Minimize(cp.norm_inf(case.C @ q)), [case.T @ q == p.p.ravel()])
        found.append(float(problem.solve(solver=cp.HIGHS)))
    return found


def parameters(case: Case, points: Sequence[rb.Behavior]) -> list[float]:
    """Return the values of one CVXPY problem with p as a parameter (DPP)."""
    q, p = cp.Variable(case.T.shape[1], nonneg=True), cp.Parameter(case.T.shape[0])
    problem = cp.Problem(cp.Minimize(cp.norm_inf(case.C @ q)), [case.T @ q == p])
    found = []
    for point in points:
        p.value = point.p.ravel()
        found.append(float(problem.solve(solver=cp.HIGHS, enforce_dpp=True)))
    return found


def by_hand(case: Case, points: Sequence[rb.Behavior]) -> list[float]:
    """Return the values of one HiGHS model that keeps its basis; values only, no bounds, nothing checked."""
    (m, n), k = case.T.shape, case.C.shape[0]
    top = sp.hstack([case.T, sp.csr_array((m, 1))])
    matrix = sp.csc_array(sp.vstack([top, sp.hstack([case.C, -np.ones((k, 1))])]))
    p = points[0].p.ravel()
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = m + k, n + 1
    lp.col_cost_ = np.r_[np.zeros(n), 1]
    lp.col_lower_, lp.col_upper_ = np.zeros(n + 1), np.full(n + 1, highspy.kHighsInf)
    lp.row_lower_, lp.row_upper_ = np.r_[p, np.full(k, -highspy.kHighsInf)], np.r_[p, np.zeros(k)]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("presolve", "off")
    solver.passModel(lp)
    rows = np.arange(m, dtype=np.int32)
    found = []
    for point in points:
        p = point.p.ravel()
        solver.changeRowsBounds(m, rows, p, p)
        solver.run()
        found.append(solver.getObjectiveValue())
    return found


def swept(case: Case, points: Sequence[rb.Behavior]) -> list[float]:
    """Return the values of `sweep`, which come with rigorous bounds and have been compared with them."""
    columns = rb.sweep(case.measure, points, progress=False)
    assert set(columns.status) == {"optimal"}
    return columns.values.tolist()


@dataclass(frozen=True)
class Method:
    """A way to the values; `share`: only every so many points are timed, the others take as long each."""

    name: str
    run: Callable[[Case, Sequence[rb.Behavior]], list[float]]
    share: int = 1


ROUNDS = 5

METHODS = [  # another method is one more line: (case, points) -> values
    Method("CVXPY", naive, 10),
    Method("parameters", parameters, 5),
    Method("by hand", by_hand),
    Method("sweep", swept),
]


def timed(case: Case) -> dict[str, tuple[list[float], float]]:
    """Return values and median milliseconds a point of each method; rounds in turns, so that all see the same load."""
    values: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {method.name: [] for method in METHODS}
    for method in METHODS:
        method.run(case, case.points[:2])  # imports
    for _ in range(ROUNDS):
        for method in METHODS:
            points = case.points[:: method.share]
            start = time.perf_counter()
            values[method.name] = method.run(case, points)
            seconds[method.name].append((time.perf_counter() - start) / len(points))
    return {name: (values[name], 1e3 * statistics.median(found)) for name, found in seconds.items()}


if __name__ == "__main__":
    names = "".join(f"{method.name:>12s}" for method in METHODS)
    print(f"{'case':12s}{'points':>8s}{names}{'CVXPY/sweep':>14s}{'sweep/by hand':>16s}{'values differ by':>18s}")
    for case in cases():
        runs = timed(case)
        exact = runs["sweep"][0]
        gaps = [np.subtract(runs[m.name][0], exact[:: m.share]) for m in METHODS]
        apart = max(float(abs(gap).max()) for gap in gaps)
        times = "".join(f"{runs[method.name][1]:12.4f}" for method in METHODS)
        ratio, hand = runs["CVXPY"][1] / runs["sweep"][1], runs["sweep"][1] / runs["by hand"][1]
        print(f"{case.name:12s}{len(case.points):8d}{times}{ratio:14.0f}{hand:16.2f}{apart:18.0e}", flush=True)
