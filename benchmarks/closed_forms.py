"""Closed forms derived from nothing: terms, proof effort and seconds, and behaviors evaluated per second.

A case begins with its model and measure built; seconds are the median of five runs (one of 3322, which takes minutes).

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
    """A measure to derive the closed form of; `limit`: seconds that the issue allows, where it states them."""

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
    print(
        f"{'scenario':22s}{'terms':>7s}{'classes':>9s}{'programs':>10s}{'vertices':>10s}{'seconds':>10s}{'allowed':>9s}"
    )
    for case in [*CASES, LARGE] if "--all" in sys.argv else CASES:
        form, seconds = derived(case)
        allowed = "" if case.limit is None else f"{case.limit:g}"
        counts = f"{len(form.terms):7,d}{len(form.classes):9d}{form.programs:10,d}{form.vertices:10,d}"
        print(f"{case.name:22s}{counts}{seconds:10.3f}{allowed:>9s}", flush=True)
    rate = throughput(rb.closed_form(CASES[0].measure()), BEHAVIORS)
    print(f"\nevaluate, CHSH X->B with its mask: {rate:,.0f} behaviors per second (wanted: 1,000,000)")
