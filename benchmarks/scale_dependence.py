"""M, Hall's measure and I by pricing beside the lists of all strategies, in one run, single-threaded.

From the box to the result. "Listed" is the same package with pricing switched off, where that ends in a few minutes.

python benchmarks/scale_dependence.py [quick]
python benchmarks/scale_dependence.py beside DIR    two rows beside another working tree, such as one of an old commit
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import math
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

import relaxbell as rb
from relaxbell.engines.dependence import minimum

SIGNS = np.array([[1, -1], [-1, 1]])


def correlated(e):
    """Return the behavior without marginals that has these correlators."""
    return rb.Behavior((1 + SIGNS[:, :, None, None] * np.asarray(e)) / 4)


def planar(m):
    """E = cos(π (x − y − 1/2) / m)."""
    x, y = np.arange(m)[:, None], np.arange(m)[None]
    return correlated(np.cos(np.pi * (x - y - 0.5) / m))


def angles(m, seed=0):
    """E = cos(α_x − β_y) at random angles: no symmetry but that of all outcomes."""
    a, b = np.random.default_rng(seed).uniform(0, 2 * np.pi, (2, m))
    return correlated(np.cos(a[:, None] - b[None]))


def icosahedron():
    """Return the correlations of the singlet along the 15 two-fold axes of the icosahedron."""
    phi = (1 + 5**0.5) / 2
    found = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    for s in (1, -1):
        for t in (1, -1):
            found += [(1, s * phi, t / phi), (s * phi, t / phi, 1), (t / phi, 1, s * phi)]
    axes = np.array(found, dtype=float)
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    return correlated(-axes @ axes.T)


KINDS = {"M": rb.dependence, "Hall": rb.hall_dependence, "I": rb.mutual_information}
ROWS = [  # kind, name, box, whether lists are tried
    ("M", "planar 5×5", planar(5), True),
    ("M", "planar 7×7", planar(7), True),
    ("M", "CGLMP 16", rb.boxes.cglmp(16), True),
    ("M", "angles 6×6", angles(6), True),
    ("M", "CGLMP 32", rb.boxes.cglmp(32), False),
    ("M", "CGLMP 64", rb.boxes.cglmp(64), False),
    ("M", "CGLMP 128", rb.boxes.cglmp(128), False),
    ("M", "planar 12×12", planar(12), False),
    ("Hall", "planar 3×3", planar(3), True),
    ("Hall", "planar 4×4", planar(4), True),
    ("Hall", "planar 5×5", planar(5), False),
    ("Hall", "planar 6×6", planar(6), False),
    ("Hall", "angles 4×4", angles(4), False),
    ("I", "CGLMP 8", rb.boxes.cglmp(8), True),
    ("I", "CGLMP 16", rb.boxes.cglmp(16), True),
    ("I", "CGLMP 32", rb.boxes.cglmp(32), False),
    ("I", "CGLMP 64", rb.boxes.cglmp(64), False),
    ("I", "planar 16×16", planar(16), False),
    ("I", "singlet, 15 axes", icosahedron(), False),
]


LIMIT = 150
"""Seconds for lists."""


def solved(kind, p, seconds=None):
    shape = p.p.shape
    k = len(p.outputs)
    return rb.minimize(KINDS[kind](rb.measurement_dependence(shape[k:], shape[:k])), p, seconds=seconds)


def timed(kind, p, repeat=3):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        found = solved(kind, p)
        times.append(time.perf_counter() - start)
        if times[0] > 5:
            break
    return found, statistics.median(times)


CHILD = """
import sys, time
import numpy as np
import relaxbell as rb
if sys.argv[1] == "M":
    x = np.arange(7)
    e = np.cos(np.pi * (x[:, None] - x - 0.5) / 7)
    p = rb.Behavior((1 + np.array([[1, -1], [-1, 1]])[:, :, None, None] * e) / 4)
    kind, measure = rb.dependence, rb.dependence(rb.measurement_dependence((7, 7)))
else:
    p, kind = rb.boxes.cglmp(16), rb.mutual_information
    measure = kind(rb.measurement_dependence((2, 2), (16, 16)))
rb.minimize(kind(rb.measurement_dependence()), rb.boxes.tsirelson())
times = []
for _ in range(int(sys.argv[2])):
    start = time.process_time()
    value = rb.minimize(measure, p).value
    times.append(time.process_time() - start)
print(min(times), value)
"""
"""What is run in each working tree: the least processor seconds of several runs."""


def beside(other):
    """Print the two rows of this package and of another working tree, in turn."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for kind, name in (("M", "planar 7×7"), ("I", "CGLMP 16")):
        found = {own: [], other: []}
        for _ in range(2):
            for tree, often in ((own, "10"), (other, "1")):
                command = [sys.executable, "-c", CHILD, kind, often]
                told = subprocess.run(command, cwd=tree, capture_output=True, check=True)
                found[tree].append(tuple(map(float, told.stdout.split())))
        (new, value), (old, before) = (min(found[tree]) for tree in (own, other))
        ratio, apart = old / new, abs(value - before)
        print(f"{kind:2} {name:12} {new:8.4f} s, there {old:8.3f} s: {ratio:5.0f} times (differs by {apart:.0e})")


if __name__ == "__main__":
    if sys.argv[1:2] == ["beside"]:
        beside(os.path.abspath(sys.argv[2]))
        sys.exit()
    quick = "quick" in sys.argv
    priced_from = minimum.PRICED_FROM
    for kind in KINDS:  # what is loaded for the first time
        solved(kind, rb.boxes.cglmp(9))
    print("measure  behavior          log10 n         value      gap    priced s    listed s    ratio")
    for kind, name, p, listed in ROWS:
        found, seconds = timed(kind, p)
        n = math.log10(float(found.measure.model.strategies.count))
        gap = found.value - found.lower_bound
        line = f"{kind:7}  {name:16}  {n:7.1f}  {found.value:12.10f}  {gap:7.0e}  {seconds:10.3f}"
        if listed and not quick:
            minimum.PRICED_FROM = 10**99
            start = time.perf_counter()
            try:
                apart = f"differs by {abs(found.value - solved(kind, p, LIMIT).value):.0e}"
            except rb.errors.TimeLimitError:
                apart = "not found in time"
            own = time.perf_counter() - start
            minimum.PRICED_FROM = priced_from
            line += f"  {own:10.3f}  {own / seconds:7.1f}   ({apart})"
        print(line, flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10:.0f} MiB")
