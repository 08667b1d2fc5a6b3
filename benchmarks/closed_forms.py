"""Closed forms derived from nothing: terms, proof effort and seconds, and behaviors evaluated per second.

A case begins with its model and measure built; seconds are the median of five runs (one of 3322, which takes minutes).
Of instruments both ends are derived, from graph and query in words on, in seconds of the processor, and once more by
outer approximation alone, in the same run: it has a minute for each end. Beside them stand those of causaloptim 1.0.1
(R 4.2.2, rcdd 1.6) on another machine, and how many times as many they are.

python benchmarks/closed_forms.py [--all]
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import relaxbell as rb

ROUNDS = 5
BEHAVIORS = 10**6


@dataclass(frozen=True)
class Case:
    """A measure to derive the closed form of; `limit`: seconds aimed at, if any."""

    name: str
    measure: Callable[[], rb.classes.Measure]
    domain: str | None = None
    limit: float | None = None
    rounds: int = ROUNDS


CASES = [
    Case("CHSH X->B", lambda: rb.influence(rb.input_signaling(), "X", "B"), limit=0.2),
    Case("CHSH X->B, signaling", lambda: rb.influence(rb.input_signaling(), "X", "B"), "model"),
    Case("CHSH A->B", lambda: rb.influence(rb.outcome_signaling(), "A", "B"), limit=0.2),
    Case("CHSH A->B, signaling", lambda: rb.influence(rb.outcome_signaling(), "A", "B"), "model"),
    Case("instrumental", lambda: rb.average_causal_effect(rb.instrumental(), "A", "B"), limit=1.0),
    Case("message", lambda: rb.message_weight(rb.message())),
    Case("M", lambda: rb.dependence(rb.measurement_dependence())),
    Case("Hall", lambda: rb.hall_dependence(rb.measurement_dependence())),
    Case("inputs (3,2) X->B", lambda: rb.influence(rb.input_signaling((3, 2)), "X", "B")),
    Case("outputs (3,2) X->B", lambda: rb.influence(rb.input_signaling((2, 2), (3, 2)), "X", "B")),
]
LARGE = Case("3322 X->B", lambda: rb.influence(rb.input_signaling((3, 3)), "X", "B"), rounds=1)


@dataclass(frozen=True)
class Query:
    """A signed query of which both ends are derived; `terms` and `seconds` of causaloptim."""

    name: str
    make: Callable[[], tuple[rb.classes.LinearMeasure, list[object]]]
    terms: int
    seconds: float


def effect(inputs: int = 2, outputs: tuple[int, int] = (2, 2)) -> tuple[rb.classes.LinearMeasure, list[object]]:
    return rb.query(rb.instrumental(inputs, outputs), "ACE(A -> B)").linear("closed bounds"), []


def linked() -> tuple[rb.classes.LinearMeasure, list[object]]:
    graph = "Z -> A; W -> A; L -> A; A -> B; L -> B"
    model = rb.CausalModel(graph, "Z W", "L", {"Z": 2, "W": 2, "A": 2, "B": 2})
    return rb.query(model, "ACE(A -> B)").linear("closed bounds"), []


def no_defiers() -> tuple[rb.classes.LinearMeasure, list[object]]:
    model = rb.instrumental()
    return rb.query(model, "ACE(A -> B)").linear("closed bounds"), [rb.assumption(model, "no defiers")]


QUERIES = [
    Query("instrument", effect, 8, 0.072),
    Query("no defiers", no_defiers, 1, 0.064),
    Query("Z3", lambda: effect(3), 39, 0.214),
    Query("Z4", lambda: effect(4), 112, 0.680),
    Query("two instruments", linked, 112, 1.71),
    Query("Z2 X2 Y3", lambda: effect(2, (2, 3)), 20, 0.26),
    Query("Z2 X3 Y3", lambda: effect(2, (3, 3)), 26, 1.17),
    Query("Z3 X3 Y2", lambda: effect(3, (3, 2)), 165, 1.74),
    Query("Z5", lambda: effect(5), 245, 6.5),
    Query("Z3 X2 Y3", lambda: effect(3, (2, 3)), 915, 3.3),
]


def both_ends(query: Query, way: str | None, rounds: int) -> tuple[str, float]:
    """Return the numbers of terms, or that it was refused, and the median of the seconds."""
    seconds, found = [], ""
    for _ in range(rounds):
        start = time.process_time()  # from the graph and the words of the query on
        measure, constraints = query.make()
        try:
            ends = rb.closed_bounds(measure, subject_to=constraints, way=way)
            found = f"{len(ends.least.terms)} + {len(ends.largest.terms)}"
        except rb.errors.ClosedFormError:
            found = "refused"
        seconds.append(time.process_time() - start)
    return found, statistics.median(seconds)


def derived(case: Case) -> tuple[rb.classes.ClosedForm, float]:
    """Return the closed form and the median of the seconds that it took; model and measure are new each time."""
    seconds = []
    for _ in range(case.rounds):
        measure = case.measure()
        start = time.perf_counter()
        form = rb.closed_form(measure, case.domain, seconds=3600)
        seconds.append(time.perf_counter() - start)
    return form, statistics.median(seconds)


def throughput(form: rb.classes.ClosedForm, count: int) -> float:
    """Return behaviors per second of `evaluate`, with its mask: half of them noisy PR boxes, half signaling."""
    share = np.random.default_rng(0).random((count, 1, 1, 1, 1))
    tables = share * rb.boxes.pr().p + (1 - share) / 4
    tables[::2, 0, 0, 0, 0] += 0.01
    form.evaluate(tables[:1000])
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = form.evaluate(tables)
        seconds.append(time.perf_counter() - start)
    assert found.feasible.sum() == count // 2
    return count / statistics.median(seconds)


if __name__ == "__main__":
    rb.closed_form(rb.average_causal_effect(rb.instrumental(), "Z", "A"))  # imports
    head = (
        f"{'scenario':22s}{'terms':>7s}{'classes':>9s}{'programs':>10s}{'vertices':>10s}{'seconds':>10s}{'allowed':>9s}"
    )
    print(f"{head}  way")
    for case in [*CASES, LARGE] if "--all" in sys.argv else CASES:
        form, seconds = derived(case)
        allowed = "" if case.limit is None else f"{case.limit:g}"
        counts = f"{len(form.terms):7,d}{len(form.classes):9d}{form.programs:10,d}{form.vertices:10,d}"
        print(f"{case.name:22s}{counts}{seconds:10.3f}{allowed:>9s}  {form.way}", flush=True)
    print(
        f"\n{'both ends':18s}{'terms':>12s}{'seconds':>10s}{'outer':>16s}{'ratio':>8s}{'causaloptim':>20s}{'times':>7s}"
    )
    for query in QUERIES:
        terms, seconds = both_ends(query, None, ROUNDS)
        before, slow = both_ends(query, "outer approximation", 1)
        outer = f"{before if before == 'refused' else ''} {slow:.2f}"
        peer = f"{query.terms} + {query.terms} {query.seconds:7.3f}"
        line = f"{query.name:18s}{terms:>12s}{seconds:10.3f}{outer:>16s}{slow / seconds:7.0f}x{peer:>20s}"
        print(f"{line}{query.seconds / seconds:6.1f}x", flush=True)
    rate = throughput(rb.closed_form(CASES[0].measure()), BEHAVIORS)
    print(f"\nevaluate, CHSH X->B with its mask: {rate:,.0f} behaviors per second (wanted: 1,000,000)")
