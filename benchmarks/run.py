"""Least values along a visibility, beside the same by hand, in one run: milliseconds a point, medians.

Everything is single-threaded, and a case begins with its model and measure built. By hand, the columns of T and of
the measure are ready-made as well: what is timed is from behaviors to numbers. `curve` is the whole exact curve
with all its points read off; `closed form` is evaluation, with the derivation's seconds in its own column.
Afterwards: time and memory against the number of strategies (`--plot FILE` draws it).

python benchmarks/run.py
"""

import argparse
import os
import subprocess
import sys
from functools import cache, cached_property
from pathlib import Path

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


@dataclass(frozen=True, eq=False)
class Case:
    """A measure, and the points to minimize it at."""

    name: str
    measure: rb.classes.Measure
    box: rb.Behavior
    visibilities: Sequence[float]
    norm: str = "max"
    closed: bool = False

    @cached_property
    def points(self) -> Sequence[rb.Behavior]:
        """Float behaviors, white noise to the box."""
        floats = rb.Behavior(self.box.p, self.box.outputs, self.box.inputs)
        return [floats.visibility(v) for v in self.visibilities]

    @property
    def T(self) -> sp.csr_array:  # noqa: N802 - the paper's name
        """The map from q to p."""
        return self.measure.model.observed_rows.matrix

    @property
    def C(self) -> sp.csr_array:  # noqa: N802
        """The rows whose largest absolute value, or sum of them, is the measure."""
        (rows,) = self.measure.blocks
        return rows.array


def cases() -> list[Case]:
    triple = rb.bell((2, 2, 2), (2, 2, 2)).relax("X -> B")
    grid = np.linspace(1, 0.3, 100)
    found = [
        Case(
            "CHSH X->B",
            rb.influence(rb.input_signaling(), "X", "B"),
            rb.boxes.tsirelson(),
            np.linspace(1, 0.3, 1000),
            closed=True,
        ),
        Case("3322 X->B", rb.influence(rb.input_signaling((3, 3)), "X", "B"), rb.boxes.i3322(), grid, closed=True),
        Case("3322 A->B", rb.influence(rb.outcome_signaling((3, 3)), "A", "B"), rb.boxes.i3322(), grid * 0.6),
        Case("GHZ X->B", rb.influence(triple, "X", "B"), rb.boxes.ghz(), grid * 0.6),
    ]
    for d in (4, 6):
        measure = rb.dependence(rb.measurement_dependence(outputs=(d, d)))
        found.append(Case(f"CGLMP d={d} M", measure, rb.boxes.cglmp(d), grid[::5], norm="sum"))
    return found


# ---------------------------------------------------------------- the methods


SOLVER = {"max": cp.HIGHS, "sum": cp.CLARABEL}
"""The faster one of CVXPY's for each kind of program."""


def norm(case: Case, q: cp.Variable) -> cp.Expression:
    return cp.norm_inf(case.C @ q) if case.norm == "max" else cp.norm1(case.C @ q)


def right(case: Case, p: rb.Behavior) -> np.ndarray:
    """Return p(a,b|x,y) times p(x,y) where inputs are dependent (uniform here)."""
    return p.p.ravel() / (np.prod(p.p.shape[2:]) if case.norm == "sum" else 1)


def naive(case: Case, points: Sequence[rb.Behavior]) -> list[float]:
    """Return the values of CVXPY problems that are built anew for each point."""
    found = []
    for p in points:
        q = cp.Variable(case.T.shape[1], nonneg=True)
        problem = cp.Problem(cp.Minimize(norm(case, q)), [case.T @ q == right(case, p)])
        found.append(float(problem.solve(solver=SOLVER[case.norm])))
    return found


def parameters(case: Case, points: Sequence[rb.Behavior]) -> list[float]:
    """Return the values of one CVXPY problem with p as a parameter (DPP)."""
    q, p = cp.Variable(case.T.shape[1], nonneg=True), cp.Parameter(case.T.shape[0])
    problem = cp.Problem(cp.Minimize(norm(case, q)), [case.T @ q == p])
    found = []
    for point in points:
        p.value = right(case, point)
        found.append(float(problem.solve(solver=SOLVER[case.norm], enforce_dpp=True)))
    return found


def by_hand(case: Case, points: Sequence[rb.Behavior]) -> list[float]:
    """Return the values of one HiGHS model that keeps its basis; values only, no bounds, nothing checked."""
    (m, n), k = case.T.shape, case.C.shape[0]
    if case.norm == "max":
        extra, below = 1, sp.hstack([case.C, -np.ones((k, 1))])
    else:
        extra, below = k, sp.vstack([sp.hstack([s * case.C, -sp.eye_array(k)]) for s in (1, -1)])
        k *= 2
    top = sp.hstack([case.T, sp.csr_array((m, extra))])
    matrix = sp.csc_array(sp.vstack([top, below]))
    p = right(case, points[0])
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = m + k, n + extra
    lp.col_cost_ = np.r_[np.zeros(n), np.ones(extra)]
    lp.col_lower_, lp.col_upper_ = np.zeros(n + extra), np.full(n + extra, highspy.kHighsInf)
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
        p = right(case, point)
        solver.changeRowsBounds(m, rows, p, p)
        solver.run()
        found.append(solver.getObjectiveValue())
    return found


def swept(case: Case, points: Sequence[rb.Behavior]) -> list[float]:
    """Return the values of `sweep`, which come with rigorous bounds and have been compared with them."""
    columns = rb.sweep(case.measure, points, progress=False)
    assert set(columns.status) == {"optimal"}
    return columns.values.tolist()


def traced(case: Case, points: Sequence[rb.Behavior]) -> list[float]:
    """Return the values of the exact curve from white noise to the box."""
    found = rb.curve(case.measure, case.box.white_noise(), case.box)
    return found.value(np.array(case.visibilities[: len(points)])).tolist()


@cache
def derived(case: Case) -> rb.classes.ClosedForm:
    return rb.closed_form(case.measure, seconds=120)


def evaluated(case: Case, points: Sequence[rb.Behavior]) -> list[float]:
    """Return the values of the closed form, derived before."""
    return derived(case).evaluate(points).value.tolist()


@dataclass(frozen=True)
class Method:
    """A way to the values; `share`: only every so many points are timed, the others take as long each."""

    name: str
    run: Callable[[Case, Sequence[rb.Behavior]], list[float]]
    share: int = 1

    def used_in(self, case: Case) -> bool:
        """Whether the case is timed: by hand, the large l1 programs take minutes."""
        if self.run is evaluated:
            return case.closed
        return not (self.run is by_hand and case.name == "CGLMP d=6 M")


ROUNDS = 5

METHODS = [  # another method is one more line: (case, points) -> values
    Method("CVXPY", naive, 10),
    Method("parameters", parameters, 5),
    Method("by hand", by_hand),
    Method("sweep", swept),
    Method("curve", traced),
    Method("closed form", evaluated),
]


def timed(case: Case) -> dict[str, tuple[list[float], float]]:
    """Return values and median milliseconds a point of each method; rounds in turns, so that all see the same load."""
    values: dict[str, list[float]] = {}
    used = [method for method in METHODS if method.used_in(case)]
    seconds: dict[str, list[float]] = {method.name: [] for method in used}
    for method in used:
        method.run(case, case.points[:2])  # imports, and the derivation of the closed form
    for _ in range(ROUNDS if case.norm == "max" else 1):
        for method in used:
            points = case.points[:: method.share]
            start = time.perf_counter()
            values[method.name] = method.run(case, points)
            seconds[method.name].append((time.perf_counter() - start) / len(points))
    return {name: (values[name], 1e3 * statistics.median(found)) for name, found in seconds.items()}


def table() -> None:
    names = "".join(f"{method.name:>13s}" for method in METHODS)
    print(f"{'case':14s}{'points':>7s}{names}{'CVXPY/sweep':>13s}{'sweep/hand':>12s}{'CVXPY/curve':>13s}{'apart':>8s}")
    for case in cases():
        runs = timed(case)
        exact = runs["sweep"][0]
        shares = {method.name: method.share for method in METHODS}
        apart = max(float(abs(np.subtract(own, exact[:: shares[name]])).max()) for name, (own, _) in runs.items())
        times = "".join(f"{runs[m.name][1]:13.4f}" if m.name in runs else f"{'':13s}" for m in METHODS)
        sweep, curve = runs["sweep"][1], runs["curve"][1]
        hand = f"{sweep / runs['by hand'][1]:12.2f}" if "by hand" in runs else f"{'':12s}"
        ratios = f"{runs['CVXPY'][1] / sweep:13.0f}{hand}{runs['CVXPY'][1] / curve:13.0f}"
        print(f"{case.name:14s}{len(case.points):7d}{times}{ratios}{apart:8.0e}", flush=True)
        if case.closed:
            form = derived(case)
            print(f"{'':14s}closed form: {len(form.terms)} terms derived in {form.seconds:.2f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", help="file for the log-log plot of time and memory")
    arguments = parser.parse_args()
    table()
    print()
    command = [sys.executable, str(Path(__file__).with_name("strategies.py"))]
    subprocess.run([*command, *(["--plot", arguments.plot] if arguments.plot else [])], check=True)
