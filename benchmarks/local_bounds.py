"""Local bounds and visibilities without a list of strategies, beside an earlier commit and toqito, in one run.

CPU seconds in one thread with a model made anew, the best of a few runs after a first small one; "refused" where the
scenario is too large, "–" where there is nothing to compare with. Each number comes from a process of its own:

python benchmarks/local_bounds.py [--before COMMIT] [--toqito PYTHON] [--plot FILE]

`--before` takes the package of another commit of this repository, `--toqito` an interpreter that has toqito.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import time

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PHI = (1 + 5**0.5) / 2
TOO_LONG = 300
"""Seconds for one case."""

MOST = 14
"""Settings up to which toqito is asked."""

BOUNDS = [4, 6, 8, 10, 12, 16, 20, 24, 28, 32]
GENERAL = [((4, 4), (3, 3)), ((8, 8), (3, 3)), ((12, 12), (3, 3)), ((5, 5, 5), (2, 2, 2)), ((7, 7, 7), (2, 2, 2))]
PLANAR, RANDOM, AXES = (4, 6, 8, 16), (8, 12), ("e", "de", "ide")
VISIBILITIES = [
    f"{kind} {what}" for kind, own in (("planar", PLANAR), ("random", RANDOM), ("axes", AXES)) for what in own
]


def matrix(n):
    return np.random.default_rng(n).integers(-10, 11, (n, n))


def axes(kind):
    """Return the 5-, 3- and 2-fold axes of the icosahedron: i, d, e."""
    found = []
    for s in (1, -1):
        found += [np.roll((0, s * PHI, 1), k) for k in range(3)] if "i" in kind else []
        found += [np.roll((0, 1 / PHI, s * PHI), k) for k in range(3)] if "d" in kind else []
        for t in (1, -1):
            found += [(1, s, t)] if "d" in kind else []
            found += [np.roll((1, s * PHI, t / PHI), k) for k in range(3)] if "e" in kind else []
    found += [*np.eye(3)] if "e" in kind else []
    return np.array(found) / np.linalg.norm(found, axis=1)[:, None]


def singlet(name):
    """Return the behavior of a singlet, −a · b between two sets of directions."""
    kind, what = name.split()
    if kind == "axes":
        own = other = axes(what)
    elif kind == "planar":
        n = int(what)
        angles = [np.pi * np.arange(n) / n, np.pi * (np.arange(n) + 0.5) / n]
        own, other = (np.stack([np.cos(a), np.sin(a)], axis=1) for a in angles)
    else:
        rng = np.random.default_rng(int(what))
        own, other = (v / np.linalg.norm(v, axis=1)[:, None] for v in rng.normal(size=(2, int(what), 3)))
    return (1 - np.array([[1, -1], [-1, 1]])[:, :, None, None] * (own @ other.T)) / 4


def timed(function, most=3):
    """Return the value of a function and the CPU seconds of the best of a few runs."""
    best, value = float("inf"), None
    for _ in range(most):
        start = time.process_time()
        value = function()
        best = min(best, time.process_time() - start)
        if best > 2:
            break
    return value, best


def work(kind, case):
    """Return (value, seconds) of one case with the package that is found."""
    if kind == "toqito":
        from toqito.state_opt import bell_inequality_max

        n = int(case)
        table = np.zeros((n + 1, n + 1))
        table[1:, 1:] = matrix(n)
        return timed(lambda: float(bell_inequality_max(table, [2, 2, n, n], "fc", "classical")))
    import relaxbell as rb

    small = rb.BellFunctional.from_correlators({"AB": [[1, 2], [3, -4]]})
    small.bound(rb.bell())
    if kind == "bound":
        own = rb.BellFunctional.from_correlators({"AB": matrix(int(case))})
        return timed(lambda: float(own.bound(rb.bell((int(case),) * 2))), 5)
    if kind == "general":
        inputs, outputs = case
        model = rb.bell(inputs, outputs)
        table = np.random.default_rng(0).integers(-10, 11, model.observed_shape)
        own = rb.BellFunctional(table, model.outputs, model.inputs, parties=model.parties)
        return timed(lambda: float(own.bound(rb.bell(inputs, outputs))))
    rb.critical_visibility(rb.bell((3, 3)), rb.Behavior(singlet("planar 3")))
    p = rb.Behavior(singlet(case))
    return timed(lambda: float(rb.critical_visibility(rb.bell(p.p.shape[2:]), p)))


def run(python, package, kind, case):
    """Return (value, seconds) as text, in a process of its own."""
    environment = os.environ | ({"PYTHONPATH": str(package)} if package else {})
    command = [python, __file__, "--one", kind, json.dumps(case)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TOO_LONG, check=False)
    except subprocess.TimeoutExpired:
        return None, f"> {TOO_LONG} s"
    if done.returncode:
        return None, "refused" if "TooLarge" in done.stderr else "failed"
    value, seconds = json.loads(done.stdout.splitlines()[-1])
    return value, seconds


def shown(found, own):
    """Return a time, with the ratio to one's own."""
    value, seconds = found
    if not isinstance(seconds, float):
        return seconds
    ratio = f" ({seconds / own[1]:,.3g}×)" if isinstance(own[1], float) else ""
    same = value is None or own[0] is None or abs(value - own[0]) < 1e-6
    return f"{seconds:.3g} s{ratio}{'' if same else ' DIFFERENT VALUE ' + str(value)}"


def label(kind, case):
    if kind == "bound":
        return f"bound, {case}×{case} correlators ±10"
    if kind == "general":
        return f"bound, inputs {tuple(case[0])}, outputs {tuple(case[1])}"
    return f"visibility of the singlet, {case}"


def archive(commit, folder):
    """Write the package of a commit of this repository into a folder."""
    data = subprocess.run(["git", "archive", commit, "relaxbell"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        packed.extractall(folder, filter="data")
    return folder


def plot(rows, file):
    """Draw CPU seconds against the number of strategies, both axes logarithmic."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6, 4))
    for kind, marker, text in (
        ("bound", "o", "bound, random correlators"),
        ("visibility", "s", "local visibility, singlet"),
    ):
        points = sorted((size, own[1]) for k, size, own in rows if k == kind and isinstance(own[1], float))
        if points:
            axis.loglog(*zip(*points, strict=True), marker=marker, ls="-" if kind == "bound" else "none", label=text)
    axis.set_xlabel("strategies")
    axis.set_ylabel("CPU seconds")
    axis.legend()
    axis.grid(alpha=0.3)
    figure.savefig(file, dpi=150, bbox_inches="tight")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before")
    parser.add_argument("--toqito")
    parser.add_argument("--plot")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(work(given.one[0], json.loads(given.one[1]))))
        return
    cases = (
        [("bound", n) for n in BOUNDS] + [("general", c) for c in GENERAL] + [("visibility", c) for c in VISIBILITIES]
    )
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        before = archive(given.before, folder) if given.before else None
        print("| work | value | CPU | before | toqito |\n|---|---|---|---|---|")
        for kind, case in cases:
            own = run(sys.executable, ROOT, kind, case)
            earlier = shown(run(sys.executable, before, kind, case), own) if before else "–"
            peer = (
                shown(run(given.toqito, None, "toqito", case), own)
                if given.toqito and kind == "bound" and case <= 16
                else "–"
            )
            value = "–" if own[0] is None else f"{own[0]:.10g}"
            print(f"| {label(kind, case)} | {value} | {shown(own, (None, None))} | {earlier} | {peer} |", flush=True)
            settings = 2 * case if kind == "bound" else 0 if kind == "general" else 2 * len(singlet(case)[0, 0])
            rows.append((kind, 2.0**settings, own))
    if given.plot:
        plot(rows, given.plot)


if __name__ == "__main__":
    main()
