"""Time and memory against the number of strategies: X -> B with binary outputs. Prints a table.

python benchmarks/strategies.py
"""

import resource
import subprocess
import sys
import time

SIZES = [(2, 2), (2, 3), (3, 3), (3, 4), (4, 4)]


def one(mx: int, my: int) -> None:
    import numpy as np

    import relaxbell as rb

    rng = np.random.default_rng(0)
    angles = rng.uniform(0, 2 * np.pi, (mx, 1)) - rng.uniform(0, 2 * np.pi, (1, my))
    sign = np.array([[1, -1], [-1, 1]])
    p = rb.Behavior((1 + sign[:, :, None, None] * np.cos(angles)) / 4)
    rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.tsirelson_box())  # imports are not what is measured
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    model = rb.input_signaling((mx, my))
    measure = rb.influence(model, "X", "B")
    model.T  # noqa: B018 - built on first use
    built = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    solution = rb.minimize(measure, p)
    done = time.perf_counter()
    total = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(
        f"({mx},{my})  {model.strategies.count:>9,}  {built - start:8.3f}  {memory / 1024:8.0f}  {done - built:8.3f}  "
        f"{total / 1024:8.0f}  {solution.value:10.6f}  {solution.statistics['gap']:.1e}",
        flush=True,
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        one(int(sys.argv[1]), int(sys.argv[2]))
    else:
        print("inputs  strategies  build s  build MiB  solve s  total MiB    minimum  gap")
        for size in SIZES:  # a process each, so that peaks of memory do not mix
            subprocess.run([sys.executable, __file__, *map(str, size)], check=True)
