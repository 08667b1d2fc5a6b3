"""Time and memory against the number of strategies: X -> B with binary outputs. Prints a table.

python benchmarks/strategies.py [--plot FILE]
"""

import argparse
import resource
import subprocess
import sys
import time

SIZES = [(2, 2), (2, 3), (3, 3), (3, 4), (4, 4)]
"""Settings of both parties: 64 to 1,048,576 strategies."""


def one(mx: int, my: int) -> None:
    import numpy as np

    import relaxbell as rb

    rng = np.random.default_rng(0)
    angles = rng.uniform(0, 2 * np.pi, (mx, 1)) - rng.uniform(0, 2 * np.pi, (1, my))
    sign = np.array([[1, -1], [-1, 1]])
    p = rb.Behavior((1 + sign[:, :, None, None] * np.cos(angles)) / 4)
    rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.tsirelson())  # imports are not what is measured
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


def draw(lines: list[str], path: str) -> None:
    """Draw the table on two logarithmic axes."""
    import matplotlib.pyplot as plt

    cells = [line.replace(",", "").split() for line in lines]
    count = [int(c[1]) for c in cells]
    _, (left, right) = plt.subplots(1, 2, figsize=(7.0, 2.8), layout="constrained")
    left.loglog(count, [float(c[2]) + float(c[4]) for c in cells], "o-", color="black", label="whole")
    left.loglog(count, [float(c[2]) for c in cells], "s--", color="0.5", label="model and measure")
    left.set_ylabel("seconds")
    left.legend(frameon=False)
    right.loglog(count, [max(1.0, float(c[5])) for c in cells], "o-", color="black")
    right.set_ylabel("additional memory (MiB)")
    for ax in (left, right):
        ax.set_xlabel("strategies")
        ax.spines[["top", "right"]].set_visible(False)
    plt.savefig(path, dpi=150)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", nargs="*", type=int, help="settings of both parties: measure this one only")
    parser.add_argument("--plot", help="file for a log-log plot")
    arguments = parser.parse_args()
    if arguments.size:
        one(*arguments.size)
    else:
        print("inputs  strategies  build s  build MiB  solve s  total MiB    minimum  gap")
        rows = []
        for size in SIZES:  # a process each, so that peaks of memory do not mix
            command = [sys.executable, __file__, *map(str, size)]
            rows.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip())
            print(rows[-1], flush=True)
        if arguments.plot:
            draw([row.replace("(", "").replace(")", "") for row in rows], arguments.plot)
