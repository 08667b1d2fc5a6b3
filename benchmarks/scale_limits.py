"""Least values and bounds over very many strategies within limits of p(x, y|λ), or budgets of Hall's measure.

    python benchmarks/scale_limits.py

One row for each case: strategies, processor seconds of one process with one thread, value, gap to the rigorous bound.
"""

from __future__ import annotations

import math
import time
from fractions import Fraction

import numpy as np
from scale import planar, random_angles  # sets the number of threads first

import relaxbell as rb

ROW = "{:<50}{:>10}{:>9}{:>16}{:>8}"


def both(n):
    """Return a model in which X acts on B and both settings may depend on λ."""
    return rb.bell((n, n)).relax("X -> B", "L -> X", "L -> Y")


def limits(model, n):
    """Return half and double of p(x, y) as limits."""
    return rb.setting_bounds(model, lower=Fraction(1, 2 * n * n), upper=Fraction(2, n * n))


def influence(n, p, hall=None):
    model = both(n)
    kept = limits(model, n) if hall is None else [rb.hall_dependence(model) <= hall]
    solution = rb.minimize(rb.influence(model, "X", "B"), p, subject_to=kept)
    return model, solution.value, solution.statistics["gap"]


def functional(n):
    model = both(n)
    table = np.random.default_rng(0).integers(-9, 10, (n, n))
    bell = rb.BellFunctional.from_correlators({"AB": table}, name="random")
    value = bell.bound(model, subject_to=[*limits(model, n), rb.influence(model, "X", "B") <= Fraction(1, 10)])
    return model, float(value), 0.0


CASES = {
    "X->B 6x6, planar, limits": lambda: influence(6, planar(6)),
    "X->B 5x5, random angles, limits": lambda: influence(5, random_angles(5)),
    "X->B 6x6, random angles, limits": lambda: influence(6, random_angles(6)),
    "X->B 3x3, planar, Hall <= 0.05": lambda: influence(3, planar(3), 0.05),
    "X->B 4x4, planar, Hall <= 0.05": lambda: influence(4, planar(4), 0.05),
    "random functional 4x4, limits and X->B <= 0.1": lambda: functional(4),
    "random functional 6x6, limits and X->B <= 0.1": lambda: functional(6),
}


def main():
    rb.minimize(rb.influence(both(2), "X", "B"), rb.boxes.pr())  # what is loaded for the first time is not counted
    print(ROW.format("case", "strategies", "seconds", "value", "gap"))
    for name, make in CASES.items():
        start = time.process_time()
        model, value, gap = make()
        seconds = f"{time.process_time() - start:.2f}"
        count = f"10^{math.log10(model.strategies.count):.1f}"
        print(ROW.format(name, count, seconds, f"{value:.10f}", f"{gap:.0e}"), flush=True)


if __name__ == "__main__":
    main()
