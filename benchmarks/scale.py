"""Least values over very many strategies: priced by elimination, beside the listed way where that exists.

    python benchmarks/scale.py [--listed]

One row for each case: processor seconds of one process with one thread, value, gap to the rigorous bound, peak memory
so far, and the time of writing and checking its certificate. ``--listed`` also minimizes over listed strategies, which
takes minutes and gigabytes.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import resource
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy is loaded

import numpy as np  # noqa: E402

import relaxbell as rb  # noqa: E402
from relaxbell.engines.linear import priced  # noqa: E402

SIGNS = np.array([[1, -1], [-1, 1]])[:, :, None, None]


def correlated(table):
    """Return the behavior of uniform outcomes with these correlators."""
    return rb.Behavior((1 + SIGNS * table) / 4)


def planar(n):
    x = np.arange(n)
    return correlated(np.cos(np.pi * (x[:, None] - x[None, :] - 0.5) / n))


def random_angles(n, visibility=1.0, seed=0):
    one, other = np.random.default_rng(seed).uniform(0, 2 * np.pi, (2, n))
    return correlated(-visibility * np.cos(one[:, None] - other[None, :]))


def axes():
    """Return the 15 axes through opposite vertices of the icosidodecahedron."""
    golden = (1 + math.sqrt(5)) / 2
    signs = itertools.product((1, -1), repeat=2)
    points = [np.roll([1 / 2, s * golden / 2, t * golden**2 / 2], k) for s, t in signs for k in range(3)]
    found = np.array([*points, *(golden * np.eye(3))]) / golden
    return correlated(-found @ found.T)


def signaling(n):
    return rb.influence(rb.input_signaling((n, n)), "X", "B")


def outcome(n):
    return rb.influence(rb.outcome_signaling((n, n)), "A", "B")


CASES = {
    "X->B 4x4, planar": (lambda: (signaling(4), planar(4)), None),
    "X->B 5x5, random angles": (lambda: (signaling(5), random_angles(5)), 0.5),
    "X->B 6x6, random angles": (lambda: (signaling(6), random_angles(6)), 3.0),
    "X->B 8x8, random angles": (lambda: (signaling(8), random_angles(8)), 30.0),
    "A->B 8x8, random angles, visibility 0.72": (lambda: (outcome(8), random_angles(8, 0.72)), 3.0),
    "X->B 8x8, planar": (lambda: (signaling(8), planar(8)), None),
    "X->B 12x12, planar": (lambda: (signaling(12), planar(12)), 5.0),
    "X->B singlet, 15 axes": (lambda: (signaling(15), axes()), 10.0),
}
"""Measure and data, and the seconds aimed at."""

LISTED = ("X->B 4x4, planar",)


ROW = "{:<42}{:>11}{:>9}{:>6}{:>14}{:>8}{:>6}{:>9}{:>9}"


def timed(function):
    start = time.process_time()
    found = function()
    return found, time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listed", action="store_true")
    asked = parser.parse_args()
    rb.minimize(signaling(2), rb.boxes.pr())  # what is loaded for the first time is not counted
    rb.minimize(signaling(4), random_angles(4)).certificate.verify()
    print(ROW.format("case", "strategies", "seconds", "aim", "value", "gap", "MB", "write s", "check s"))
    for name, (make, aim) in CASES.items():
        measure, p = make()
        solution, seconds = timed(lambda measure=measure, p=p: rb.minimize(measure, p))
        certificate, writing = timed(lambda solution=solution: solution.certificate)
        _, checking = timed(certificate.verify)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        count = f"10^{math.log10(measure.model.strategies.count):.1f}"
        value, gap = f"{solution.value:.10f}", f"{solution.statistics['gap']:.0e}"
        times = [f"{own:.3f}" for own in (seconds, writing, checking)]
        print(ROW.format(name, count, times[0], aim or "", value, gap, memory, *times[1:]), flush=True)
        if asked.listed and name in LISTED:
            priced.PRICED_FROM = math.inf
            (other, listed) = timed(lambda measure=measure, p=p: rb.minimize(measure, p))
            priced.PRICED_FROM = 20_000
            print(f"  listed: {listed:.1f} s, {listed / seconds:.0f} times as long; values differ by "
                  f"{abs(other.value - solution.value):.0e}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
