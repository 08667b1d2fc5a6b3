"""Curves along polynomial families beside sweeps of 41 points: seconds, pieces, linear programs, in one run.

A curve says the value at every parameter, exactly, and its certificate proves it; a sweep says it at 41. Loading and a
first linear program are done before.

python benchmarks/polynomial_curves.py
"""

import time
from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

import numpy as np
from sympy import Symbol

import relaxbell as rb

ETA = Symbol("eta", real=True)
POINTS = 41
T = TypeVar("T")


def planar(state: Fraction, alice: list[Fraction], bob: list[Fraction]) -> rb.Behavior:
    """Return a partially entangled state's behavior, given by tan of half its angles: all numbers are rational."""

    def turn(m: Fraction) -> tuple[Fraction, Fraction]:
        return (1 - m * m) / (1 + m * m), 2 * m / (1 + m * m)

    (cos2, sin2), a, b = turn(state), [turn(m) for m in alice], [turn(m) for m in bob]
    table = np.empty((2, 2, len(a), len(b)), dtype=object)
    for i, j, x, y in np.ndindex(table.shape):
        s, t = (-1) ** i, (-1) ** j
        (ca, sa), (cb, sb) = a[x], b[y]
        table[i, j, x, y] = (1 + s * cos2 * ca + t * cos2 * cb + s * t * (ca * cb + sin2 * sa * sb)) / 4
    return rb.Behavior(table)


def timed(task: Callable[[], T]) -> tuple[T, float]:
    """Return a result and its seconds."""
    begin = time.perf_counter()
    return task(), time.perf_counter() - begin


def main() -> None:
    """Print a line for each family."""
    two = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    outcomes = rb.influence(rb.bell((2, 2), (3, 3)).relax("X -> B"), "X", "B")
    three = rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B")
    tilted = planar(Fraction(3, 10), [Fraction(47, 4), Fraction(-23, 12)], [Fraction(-47, 4), Fraction(23, 12)])
    halves = ([8, Fraction(-5, 2), Fraction(6, 5)], [Fraction(-177, 10), Fraction(11, 2), Fraction(-16, 11)])
    wide = planar(Fraction(-3, 8), *([Fraction(m) for m in side] for side in halves))
    tsirelson = rb.boxes.tsirelson()
    cases = {
        "2222 Tsirelson, both": (two, tsirelson, ETA, 0),
        "2222 Tsirelson, eta and eta^2": (two, tsirelson, {"A": ETA, "B": ETA**2}, 0),
        "2222 Tsirelson, third outcome": (outcomes, tsirelson, ETA, None),
        "2222 partially entangled, both": (two, tilted, ETA, 1),
        "3322 partially entangled, both": (three, wide, ETA, 1),
        "3322 partially entangled, eta and 4/5": (three, wide, {"A": ETA, "B": Fraction(4, 5)}, 1),
        "3322 partially entangled, eta and eta^3": (three, wide, {"A": ETA, "B": ETA**3}, 1),
    }
    rb.curve(two, rb.boxes.pr().with_losses(ETA, assign=0))
    rb.sweep(two, [tsirelson])
    print(f"{'':42}{'curve':>8}{f'{POINTS} points':>11}   critical")
    for name, (measure, box, efficiency, assign) in cases.items():
        family = box.with_losses(efficiency, assign=assign)
        line, seconds = timed(lambda own=measure, lossy=family: rb.curve(own, lossy))
        grid = [Fraction(k, POINTS - 1) for k in range(POINTS)]
        tables = [family.table({ETA: t}) for t in grid]
        points = {t: rb.Behavior(table) for t, table in zip(grid, tables, strict=True)}
        found, swept = timed(lambda own=measure, at=points: rb.sweep(own, at))
        missed = max(abs(float(line.value(t)) - float(v)) for t, v in zip(grid, found.values, strict=True))
        shown = f"{name:42}{seconds:7.2f}s{swept:10.2f}s   {float(line.critical):.12f}"
        print(f"{shown}  {line.programs} programs, differ by {missed:.0e}")


if __name__ == "__main__":
    main()
