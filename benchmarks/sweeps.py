"""Sweeps over arrays, beside the same points as behaviors one by one; memory, process pools and Dask.

    python benchmarks/sweeps.py [--quick] [--workers]

The first table: microseconds a point, of the array with everything, of behaviors with making them; how far values and
bounds are apart; peak memory before and after, the array included. ``--workers`` adds 10^5 points on executors of two
workers, and a sweep that is worth sending on none, one and two workers (extra `distributed`). ``--quick`` takes a tenth
of the points. One thread each; every row in one process, one after the other, for ratios more than for themselves.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy is loaded

import numpy as np  # noqa: E402

import relaxbell as rb  # noqa: E402


def planar(m: int, count: int) -> np.ndarray:
    """Return about `count` behaviors of m planar settings a side: visibility × angle of the entangled state."""
    side = int(np.sqrt(count))
    v, t = np.meshgrid(np.linspace(0.3, 1, side), np.linspace(0, np.pi / 4, count // side), indexing="ij")
    v, t = v.ravel(), t.ravel()
    a, b = np.arange(m) * np.pi / m, np.arange(m) * np.pi / m + np.pi / (2 * m)
    both = np.cos(a)[:, None] * np.cos(b) + np.sin(2 * t)[:, None, None] * (np.sin(a)[:, None] * np.sin(b))
    one = (v * np.cos(2 * t))[:, None]
    sign = np.array([1.0, -1.0])
    found = np.empty((len(v), 2, 2, m, m))
    for i, j in np.ndindex(2, 2):
        alone = sign[i] * (one * np.cos(a))[:, :, None] + sign[j] * (one * np.cos(b))[:, None, :]
        found[:, i, j] = (1 + alone + sign[i] * sign[j] * v[:, None, None] * both) / 4
    return found


def scattered(m: int, count: int) -> np.ndarray:
    """Return behaviors of m planar settings a side at random angles and visibilities: few bases serve two of them."""
    rng = np.random.default_rng(0)
    v = rng.uniform(0.5, 1, count)[:, None, None]
    one, other = np.arange(m) * np.pi / m + rng.normal(0, 0.3, (2, count, m))
    both = v * np.cos(one[:, :, None] - other[:, None, :] - np.pi / (2 * m))
    sign = np.array([1.0, -1.0])
    return (1 + sign[:, None, None, None] * sign[:, None, None] * both[:, None, None]) / 4


def signaling(m: int) -> rb.classes.Measure:
    return rb.influence(rb.input_signaling((m, m)), "X", "B")


def budgeted() -> tuple[rb.classes.Measure, list[object]]:
    both = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    return rb.influence(both, "X", "B"), [rb.dependence(both) <= 0.05]


def peak() -> float:
    """Return the peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 2**20)


def timed(work: Callable[[], rb.classes.Sweep]) -> tuple[float, rb.classes.Sweep]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def row(name: str, measure: rb.classes.Measure, points: np.ndarray, alone: int, subject_to: object = ()) -> None:
    """Print one line: the array, and `alone` of its points as behaviors."""
    chosen = np.linspace(0, len(points) - 1, alone).astype(int)
    rb.sweep(measure, [rb.Behavior(points[0])], subject_to, progress=False)  # what is loaded once
    before = peak()
    seconds, columns = timed(lambda: rb.sweep(measure, points, subject_to, progress=False))
    after = peak()
    own, listed = timed(lambda: rb.sweep(measure, [rb.Behavior(p) for p in points[chosen]], subject_to, progress=False))
    each, other = seconds / len(points) * 1e6, own / alone * 1e6
    apart = abs(columns.values[chosen] - listed.values).max()
    bounds = abs(columns.lower_bounds[chosen] - listed.lower_bounds).max()
    print(
        f"{name:<28}{len(points):>10,}{each:>10.2f}{other:>12.1f}{other / each:>9.0f}{apart:>10.0e}{bounds:>10.0e}"
        f"{before:>8.0f}{after:>8.0f}",
        flush=True,
    )


def executors(count: int, kinds: slice = slice(None)) -> None:
    """Print what executors take, beside one core, for some of the kinds of work."""
    import warnings

    warnings.simplefilter("ignore")  # distributed's own: ports, sockets
    from distributed import Client, LocalCluster

    def line(name: str, executor: Executor | None, measure: rb.classes.Measure, points: np.ndarray) -> bytes:
        own = time.process_time()
        seconds, columns = timed(lambda: rb.sweep(measure, points, executor=executor, progress=False))
        print(f"{name:<64}{len(points):>9,}{seconds:>9.2f}{time.process_time() - own:>9.2f}", flush=True)
        return columns.values.tobytes() + columns.lower_bounds.tobytes()

    print(f"{'seconds; processor seconds of this process':<64}{'points':>9}{'wall':>9}{'CPU':>9}")
    work = [
        ("CHSH, X -> B", signaling(2), planar(2, count)),
        ("3322, X -> B", signaling(3), planar(3, count)),
        ("3322 at random angles, X -> B", signaling(3), scattered(3, count // 50)),
    ]
    for name, measure, points in work[kinds]:
        found = {line(f"{name}, one core", None, measure, points)}
        for workers in (1, 2):
            with ProcessPoolExecutor(workers) as pool:
                found.add(line(f"{name}, this process and a pool of {workers}", pool, measure, points))
            with (
                LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
                Client(cluster) as client,
            ):
                found.add(line(f"{name}, this process and Dask, {workers}", client.get_executor(), measure, points))
        print("the same bits everywhere" if len(found) == 1 else "RESULTS DIFFER", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the points")
    parser.add_argument("--workers", action="store_true", help="executors as well")
    options = parser.parse_args()
    part = 10 if options.quick else 1
    heads = f"{'us a point':<28}{'points':>10}{'array':>10}{'behaviors':>12}{'ratio':>9}"
    print(f"{heads}{'values':>10}{'bounds':>10}{'MB':>8}")
    row("CHSH, X -> B", signaling(2), planar(2, 10**6 // part), 20_000 // part)
    row("3322, X -> B", signaling(3), planar(3, 2 * 10**5 // part), 1500 // part)
    measure, limits = budgeted()
    row("CHSH, X -> B, M <= 0.05", measure, planar(2, 10**5 // part), 1500 // part, limits)
    row("CHSH, M", rb.dependence(rb.measurement_dependence()), planar(2, 10**5 // part), 1500 // part)
    row("3322, A -> B", rb.influence(rb.outcome_signaling((3, 3)), "A", "B"), planar(3, 10**5 // part), 300 // part)
    if options.workers:
        executors(10**5 // part)


if __name__ == "__main__":
    main()
