"""Time limits: what was asked, what was taken, and whether the result is complete, for cases that take far longer.

The model and the measure of a case are built before its time begins, in a process of its own. A limit is kept if no
more than a second or a fifth beyond it was taken, whichever is more; the last column says what there is by then.

python benchmarks/limits.py [--seconds S] [CASE...]
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

import relaxbell as rb

Task = Callable[[float], Any]


def mixed(model: rb.CausalModel, seed: int) -> rb.Behavior:
    """Return an exact behavior without the model's relaxations: a mixture of its strategies."""
    weights = np.random.default_rng(seed).integers(1, 1000, model.unrelaxed.strategies.count)
    flat = [Fraction(int(v), int(weights.sum())) for v in model.unrelaxed.T @ weights]
    return rb.Behavior(np.array(flat, dtype=object).reshape(model.observed_shape), model.outputs, model.inputs)


def generic(model: rb.CausalModel, seed: int) -> rb.Behavior:
    """Return an exact behavior that signals."""
    table = np.random.default_rng(seed).integers(1, 40, model.observed_shape).astype(object)
    totals = table.sum(axis=tuple(range(len(model.outputs))))
    return rb.Behavior(table * Fraction(1) / totals, model.outputs, model.inputs)


def form(measure: rb.classes.Measure) -> Task:
    """Return how its closed form is derived."""
    return lambda seconds: rb.closed_form(measure, seconds=seconds)


def vertices(measure: rb.classes.Measure) -> Task:
    """Return how the vertices of its dual region are listed."""
    return lambda seconds: rb.dual_vertices(measure, seconds=seconds)


def least(measure: rb.classes.Measure, p: rb.Behavior) -> Task:
    """Return how it is minimized."""
    return lambda seconds: rb.minimize(measure, p, seconds=seconds)


def hall(inputs: tuple[int, ...], outputs: tuple[int, ...]) -> Task:
    """Return how Hall's measure is minimized."""
    model = rb.measurement_dependence(inputs, outputs)
    return least(rb.hall_dependence(model), generic(model, 0))


def relaxed(inputs: tuple[int, ...]) -> Task:
    """Return how the influence of a setting is minimized."""
    measure = influence(rb.bell(inputs), "X", "B")
    return least(measure, mixed(measure.model, 0))


def influence(model: rb.CausalModel, source: str, target: str) -> rb.classes.Measure:
    """Return the influence of one variable on another, the edge relaxed."""
    return rb.influence(model.relax(f"{source} -> {target}"), source, target)


def sweep(workers: bool) -> Task:
    """Return how a long sweep is done."""
    measure = influence(rb.bell((3, 3)), "X", "B")
    points = [mixed(measure.model, seed) for seed in range(3000)]
    if not workers:
        return lambda seconds: rb.sweep(measure, points, progress=False, seconds=seconds)

    def with_workers(seconds: float) -> rb.classes.Sweep:
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(2) as pool:
            return rb.sweep(measure, points, executor=pool, progress=False, seconds=seconds)

    return with_workers


def fit() -> Task:
    """Return how counts of three parties with three settings and outcomes are fitted."""
    table = np.random.default_rng(0).integers(0, 300, (3,) * 6)
    counts = rb.Counts(table, ["A", "B", "C"], ["X", "Y", "Z"])
    return lambda seconds: counts.fit(seconds=seconds)


def star(parties: int) -> Task:
    """Return how the non-locality of a star is minimized."""
    return least(rb.nonbilocality(rb.star(parties)), rb.boxes.star(parties, 0.9))


three = (2, 2, 2)
CASES: dict[str, Callable[[], Task]] = {
    "inequalities, 3 parties": lambda: lambda s: rb.bell(three, three).inequalities(seconds=s),
    "inequalities, message((3,3))": lambda: lambda s: rb.message((3, 3)).inequalities(seconds=s),
    "inequalities, bell((4,3))": lambda: lambda s: rb.bell((4, 3)).inequalities(seconds=s),
    "closed form, 3 parties X->B": lambda: form(influence(rb.bell(three, three), "X", "B")),
    "closed form, message((3,3))": lambda: form(rb.message_weight(rb.message((3, 3)))),
    "closed form, 3322 A->B": lambda: form(influence(rb.bell((3, 3)), "A", "B")),
    "dual vertices, 3322 X->B": lambda: vertices(influence(rb.bell((3, 3)), "X", "B")),
    "minimize Hall, (3,3) of 4": lambda: hall((3, 3), (4, 4)),
    "minimize Hall, (4,4) of 2": lambda: hall((4, 4), (2, 2)),
    "minimize Hall, 3 parties": lambda: hall(three, three),
    "minimize X->B, (4,4)": lambda: relaxed((4, 4)),
    "minimize, star of 4": lambda: star(4),
    "minimize, star of 5": lambda: star(5),
    "sweep, 3000 points": lambda: sweep(workers=False),
    "sweep, 2 workers": lambda: sweep(workers=True),
    "fit, 3 parties of 3": fit,
}


def outcome(task: Task, seconds: float) -> Any:
    """Return what a task gives, or its error."""
    try:
        return task(seconds)
    except rb.errors.RelaxbellError as error:
        return error


def told(found: Any) -> str:
    """Say what a task gave."""
    if isinstance(found, rb.errors.RelaxbellError):
        partial = getattr(found, "partial", None)
        return f"error; {'nothing' if partial is None else repr(partial).splitlines()[0]}"
    if isinstance(found, rb.classes.Sweep):
        done = int((found.status == "optimal").sum())
        return f"{'complete' if done == len(found) else 'incomplete'}; {done} of {len(found)} points"
    if isinstance(found, rb.classes.NetworkSolution) and found.status != "optimal":
        return f"incomplete; [{found.lower_bound:.4g}, {found.value:.4g}]"
    return "complete"


def line(name: str, asked: float) -> str:
    """Return a row of the table."""
    task = CASES[name]()
    started = time.perf_counter()
    found = outcome(task, asked)
    taken = time.perf_counter() - started
    kept = "yes" if taken <= asked + max(1.0, 0.2 * asked) else "NO"
    return f"{name:<30} {asked:>6.1f} {taken:>6.1f}  {kept:<4} {told(found)}"


def main() -> None:
    """Print the table, each case in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("cases", nargs="*", default=[])
    given = parser.parse_args()
    if len(given.cases) == 1:
        print(line(given.cases[0], given.seconds))
        return
    print(f"{'case':<30} {'asked':>6} {'taken':>6}  kept what there is", flush=True)
    for name in given.cases or CASES:
        subprocess.run([sys.executable, __file__, "--seconds", str(given.seconds), name], check=True)


if __name__ == "__main__":
    main()
