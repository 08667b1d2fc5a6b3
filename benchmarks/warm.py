"""Warm calls and sweeps of dependence: milliseconds a call or a point, single-threaded, medians of three processes.

python benchmarks/warm.py [COMMIT]

With a commit its tree, exported from git, takes turns with this one, and the ratios are printed. Each process makes the
measure once; points are random, so that bases are met again along lines, and as a rule not at random angles.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

SINGLE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def measured() -> dict[str, float]:
    """Return milliseconds of each case, in this process."""
    import numpy as np

    import relaxbell as rb

    rng = np.random.default_rng(0)
    signs = np.array([[1, -1], [-1, 1]])[:, :, None, None]

    def floats(box):
        return rb.Behavior(box.p, box.outputs, box.inputs)

    def along(box, count=40):
        return [box.visibility(v) for v in rng.uniform(0.3, 1, count)]

    def exactly(box, count=40):
        return [box.visibility(Fraction(int(v), 1000)) for v in rng.integers(300, 1000, count)]

    def angles(m, count=40):
        turns = rng.uniform(0, 2 * np.pi, (count, 2, m))
        return [rb.Behavior((1 - 0.9 * signs * np.cos(a[:, None] - b)) / 4) for a, b in turns]

    def each(call, points):
        call(points[0])
        times = []
        for p in points:
            began = time.perf_counter()
            call(p)
            times.append(time.perf_counter() - began)
        return 1e3 * statistics.median(times)

    def swept(measure, points):
        rb.minimize(measure, points[0])
        rb.sweep(measure, points[:2], progress=False)
        began = time.perf_counter()
        rb.sweep(measure, points, progress=False)
        return 1e3 * (time.perf_counter() - began) / len(points)

    def once(call):
        call()
        return min(each(lambda _: call(), [None] * 3) for _ in range(2))

    chsh, three = rb.boxes.tsirelson(), rb.boxes.i3322()
    found = {}
    for name, m, box in (("CHSH", 2, chsh), ("3322", 3, three)):
        c = rb.influence(rb.input_signaling((m, m)), "X", "B")
        found[f"minimize, {name}, floats along a line"] = each(
            lambda p, c=c: rb.minimize(c, p).value, along(floats(box))
        )
        c = rb.influence(rb.input_signaling((m, m)), "X", "B")
        found[f"minimize, {name}, exact along a line"] = each(lambda p, c=c: rb.minimize(c, p).exact, exactly(box))
        c = rb.influence(rb.input_signaling((m, m)), "X", "B")
        found[f"minimize, {name}, random angles"] = each(lambda p, c=c: rb.minimize(c, p).value, angles(m))
    both = rb.bell().relax("X -> B", "Y -> A")
    c, limit = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A") <= Fraction(1, 20)
    found["minimize under a budget, CHSH"] = each(lambda p: rb.minimize(c, p, [limit]).value, along(floats(chsh)))
    query = rb.average_causal_effect(rb.outcome_signaling(), "A", "B")
    found["bounds, CHSH"] = each(lambda p: rb.bounds(query, p).lower, along(floats(chsh)))
    for name, m, box in (("CHSH", 2, chsh), ("3322", 3, three)):
        own = rb.influence(rb.input_signaling((m, m)), "X", "B")
        found[f"curve, {name}, exact"] = once(lambda own=own, box=box: rb.curve(own, box.white_noise(), box))
    turns = np.pi * (np.arange(7)[:, None] - np.arange(7) - 0.5) / 7
    planar, wide = rb.Behavior((1 + signs * np.cos(turns)) / 4), rb.measurement_dependence((7, 7))
    found["minimize M, 7 x 7 planar, first"] = once(lambda: rb.minimize(rb.dependence(wide), planar).value)
    own = rb.dependence(wide)
    found["minimize M, 7 x 7 planar, again"] = once(lambda: rb.minimize(own, planar).value)
    for d in (4, 6, 8):
        box = floats(rb.boxes.cglmp(d))
        line = [box.visibility(v) for v in np.linspace(1, 0.3, 100)]
        model = rb.measurement_dependence(outputs=(d, d))
        found[f"sweep of M, CGLMP {d}, a point of 100"] = swept(rb.dependence(model), line)
        found[f"curve of M, CGLMP {d}"] = once(
            lambda model=model, box=box: rb.curve(rb.dependence(model), box.white_noise(), box)
        )
        if d < 8:
            found[f"sweep of I, CGLMP {d}, a point of 20"] = swept(rb.mutual_information(model), line[::5])
    return found


def child(tree: Path) -> dict[str, float]:
    """Return what a process finds that imports the package from a tree."""
    environment = os.environ | SINGLE | {"PYTHONPATH": str(tree)}
    run = [sys.executable, __file__, "--measure"]
    out = subprocess.run(run, check=True, env=environment, cwd=tree, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(out)
    return found


def report(trees: list[Path]) -> None:
    """Print a row for each case; for two trees, how many times more the second takes."""
    runs = [[child(tree) for tree in trees] for _ in range(3)]
    for case in runs[0][0]:
        own, *before = (statistics.median(run[k][case] for run in runs) for k in range(len(trees)))
        ratio = f"   before {before[0]:9.3f} ms, {before[0] / own:6.1f} times as much" if before else ""
        print(f"{case:42s} {own:9.3f} ms{ratio}", flush=True)


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[1]
    if sys.argv[1:] == ["--measure"]:
        print(json.dumps(measured()))
    elif len(sys.argv) == 1:
        report([here])
    else:
        with tempfile.TemporaryDirectory() as folder:
            archive = subprocess.run(["git", "archive", sys.argv[1]], cwd=here, check=True, capture_output=True)
            subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
            report([here, Path(folder)])
