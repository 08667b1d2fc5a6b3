"""Facets of models up to symmetry: seconds, classes and facets, beside double description of all vertices at once.

Times are of one run each, with the model built and modules imported.

python benchmarks/facets.py [SECONDS]
"""

import sys
import time
from collections.abc import Callable

import numpy as np

import relaxbell as rb
from relaxbell.exact.polyhedra import Polyhedron

CASES: dict[str, tuple[Callable[[], rb.CausalModel], float | None]] = {
    "2222": (rb.bell, None),
    "3322": (lambda: rb.bell((3, 3)), 0.3),
    "inputs (2,3), outputs (3,2)": (lambda: rb.bell((2, 3), (3, 2)), None),
    "instrument with 3 values": (lambda: rb.instrumental(3), None),
    "message (3,2)": (lambda: rb.message((3, 2)), None),
    "three parties": (lambda: rb.bell((2, 2, 2), (2, 2, 2)), 6.0),
    "4322": (lambda: rb.bell((4, 3)), 5.0),
    "4422": (lambda: rb.bell((4, 4)), None),
    "outcome signaling 3322": (lambda: rb.outcome_signaling((3, 3)), None),
}
"""The model, and the seconds aimed at."""


def vertices(model: rb.CausalModel) -> list[list[int]]:
    """Return the behaviors of the strategies in the model's coordinates."""
    tables = {tuple(column) for column in model.T.toarray().T.astype(int).tolist()}
    arrays = (rb.Behavior(table_of(model, table), model.outputs, model.inputs).exact for table in sorted(tables))
    return [[int(v) for v in model.coordinates.project(array)[1:]] for array in arrays]


def table_of(model: rb.CausalModel, flat: tuple[int, ...]) -> np.ndarray:
    """Return a table of whole numbers as exact numbers."""
    return np.array(flat, dtype=object).reshape(model.observed_shape)


def main(seconds: float) -> None:
    """Print a line for each case."""
    rb.bell().inequalities()  # imports
    print(f"{'':28s} {'classes':>7s} {'facets':>11s} {'seconds':>8s} {'allowed':>8s}  all vertices at once")
    for name, (make, limit) in CASES.items():
        model = make()
        start = time.perf_counter()
        try:
            found = model.inequalities(seconds=seconds)
        except rb.errors.ClosedFormError as late:
            found = late.partial
        taken = time.perf_counter() - start
        classes = len(found.classes) + (len(found) > sum(map(len, found.classes)))
        end = (start := time.perf_counter()) + seconds
        points = vertices(model)
        _, done = Polyhedron.hull_in_steps(points, lambda end=end: end - time.perf_counter())
        direct = f"{time.perf_counter() - start:.2f} s" if done == len(points) else f"{done} of {len(points)}"
        some = "" if found.complete else " incomplete"
        print(f"{name:28s} {classes:7d} {len(found):11,d} {taken:8.2f} {limit or '':>8}  {direct}{some}", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
