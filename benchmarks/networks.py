"""Certified intervals around the least non-bilocality: seconds, medians of five, and the widths reached.

python benchmarks/networks.py
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import statistics
import time
from fractions import Fraction

import relaxbell as rb

DIAGONAL = [*rb.boxes.diagonal_settings()]
THREE = [*DIAGONAL, (0, 1, 0)]
CASES = {
    "binary, v = 0.75": (rb.bilocality(), rb.boxes.entanglement_swapping(0.75)),
    "binary, v = 0.85": (rb.bilocality(), rb.boxes.entanglement_swapping(Fraction(17, 20))),
    "binary, v = 0.70 (bilocal)": (rb.bilocality(), rb.boxes.entanglement_swapping(0.7)),
    "three settings, v = 0.72": (rb.bilocality((3, 3)), rb.boxes.entanglement_swapping(0.72, alice=THREE)),
    "three settings, v = 0.75": (rb.bilocality((3, 3)), rb.boxes.entanglement_swapping(0.75, alice=THREE)),
    "star of three, v = 0.85": (rb.star(3), rb.boxes.star(3, 0.85)),
    "star of three, v = 0.90": (rb.star(3), rb.boxes.star(3, 0.9)),
}

if __name__ == "__main__":
    rb.minimize(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(0.5))  # imports
    print(f"{'':28s} {'seconds':>8s} {'boxes':>6s}  interval")
    for name, (model, p) in CASES.items():
        measure, times = rb.nonbilocality(model), []
        for _ in range(5):
            start = time.perf_counter()
            s = rb.minimize(measure, p)
            times.append(time.perf_counter() - start)
        low, high = s.interval
        boxes = s.statistics["boxes"]
        print(f"{name:28s} {statistics.median(times):8.3f} {boxes:6d}  [{low:.9f}, {high:.9f}] {s.kind}, {s.status}")
