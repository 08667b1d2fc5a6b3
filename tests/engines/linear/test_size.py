"""What does not fit in memory is refused before memory is touched, with the estimate, the limit and a remedy."""

import json
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.causal import size
from relaxbell.causal.equations import Equations
from relaxbell.engines.linear.program import Problem, linear_program

REFUSED = {
    "Hall, 34 million entries": "rb.hall_dependence(dependent((2, 2), (41, 41))).expression",
    "Hall, unequal": "rb.hall_dependence(dependent((2, 3), (21, 7))).expression",
    "Hall, three parties": "rb.hall_dependence(dependent((2, 2, 2), (8, 8, 5))).expression",
    "M, 67 million strategies": "rb.dependence(dependent((2, 2), (64, 64))).expression",
    "M, unequal": "rb.dependence(dependent((3, 2), (12, 70))).expression",
    "bounds of p": "rb.setting_bounds(dependent((2, 2), (60, 60)), upper=0.3)[0].rows.matrix",
    "I, 4 million cones": "rb.mutual_information(dependent((2, 2), (33, 32))).expression",
    "I, unequal": "rb.mutual_information(dependent((2, 3), (23, 13))).expression",
    "I as an expression": "rb.mutual_information(dependent((2, 2), (32, 32))).expression",
    "C, three outcomes": "rb.influence(rb.bell((7, 1), (4, 3)).relax('X -> B'), 'X', 'B').expression",
    "TV": "rb.influence(rb.bell((8, 1), (3, 3)).relax('X -> B'), 'X', 'B', variation=True).expression",
    "T, 36 million cells": "rb.bell((1, 1), (6000, 6000)).T",
    "T, three parties": "rb.bell((1, 1, 1), (40, 500, 1000)).T",
    "equations": "rb.bell((1, 1), (5000, 6000)).equations(None)",
    "strategies": "rb.bell((5, 5), (10, 10)).relax('X -> B').T",
    "H(M)": "rb.message_weight(rb.message((5, 5), (3, 2))).expression",
    "networks at fixed marginals": "rb.nonbilocality(rb.bilocality((9, 1, 9), (2, 2, 2)), {'A': [1] + [0] * 511})",
}
"""Code of what cannot be made."""

SCRIPT = """
import json, resource
before, hard = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, hard))
import relaxbell as rb

def dependent(inputs, outputs):
    return rb.bell(inputs, outputs).relax(*(f"L -> {x}" for x in "XYZ"[: len(inputs)]))

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10

small = dependent((2, 2), (2, 2))
for make in (rb.hall_dependence, rb.mutual_information):  # what is loaded for the first time is not counted
    rb.minimize(make(small), rb.boxes.pr())
found = {}
"""


@pytest.mark.slow
def test_refusals_touch_no_memory():
    """All in one process, which may take 8 GiB of addresses: none crashes, and all together take little."""
    pytest.importorskip("resource")
    lines = [SCRIPT, "start = peak()"]
    for name, code in REFUSED.items():
        lines += ["try:", f"    {code}", f"    found[{name!r}] = 'accepted'", "except Exception as error:"]
        lines += [f"    found[{name!r}] = f'{{type(error).__name__}}: {{error}}'"]
    lines.append("print(json.dumps([found, peak() - start]))")
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found, mebibytes = json.loads(done.stdout)
    for name, message in found.items():
        assert message.startswith("ModelTooLargeError: "), (name, message)
        assert "Reduce the " in message, (name, message)
        assert "expected at most 4 GiB" in message or "more than 67,108,864 entries of T" in message, (name, message)
    assert len(found) == len(REFUSED)
    assert mebibytes < 400  # the strategies of I, sorted by settings; the smallest of the programs takes 4 GiB


def relaxed():
    return rb.bell((2, 3), (3, 2)).relax("X -> B", "L -> X", "L -> Y")


MEASURES = {
    "C": lambda m: rb.influence(m, "X", "B"),
    "Hall": rb.hall_dependence,
    "M": rb.dependence,
    "ACE": lambda m: rb.average_causal_effect(m, "X", "B"),
    "sum": lambda m: rb.influence(m, "X", "B") + 2 * rb.dependence(m),
    "maximum": lambda m: rb.maximum(rb.hall_dependence(m), rb.influence(m, "X", "B"), rb.dependence(m)),
    "maximum of effects": lambda m: rb.maximum(
        rb.average_causal_effect(m, "X", "B"), -rb.average_causal_effect(m, "X", "B")
    ),
    "own": lambda m: rb.measure(m, np.eye(4, m.strategies.count) - 0.5, norm="sum"),
}


@pytest.mark.parametrize("kind", MEASURES)
def test_the_program_has_the_size_that_was_estimated(kind):
    """Rows as many as said, auxiliary columns and entries no more, and building it takes no more memory."""
    model = relaxed()
    measure = MEASURES[kind](model)
    equations = Equations(model.observed_rows, np.zeros(len(model.observed_rows), dtype=object), None)
    estimate = measure.term.size()
    problem = Problem(measure.term, equations)
    tracemalloc.start()
    program = linear_program(problem)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert program.matrix.shape[0] == estimate.rows + len(equations.rows)
    assert program.auxiliary <= estimate.auxiliary
    entries = model.T.nnz + estimate.entries
    assert program.matrix.nnz <= entries
    lines = sum(program.matrix.shape) - model.strategies.count
    assert peak <= size.program_memory(lines, entries, model.strategies.count)


def test_the_limit_is_no_more_than_the_machine_or_the_process_has(monkeypatch):
    resource = pytest.importorskip("resource")
    assert size.memory_limit() <= size.MEMORY_LIMIT
    monkeypatch.setattr(resource, "getrlimit", lambda which: (2**26, 2**26))
    assert size.memory_limit() == 2**25
    with pytest.raises(
        rb.errors.ModelTooLargeError, match=r"T of bell.* needs about 0\.\d+ GiB .*, expected at most 0\.0312"
    ):
        _ = rb.bell((2, 3), (8, 27)).T
    assert rb.bell().T.shape == (16, 16)


def test_budgets_count(monkeypatch):
    """What fits alone need not fit within a budget: M has a program of its own only where nothing else is asked."""
    model = relaxed()
    measure, budget = rb.influence(model, "X", "B"), rb.dependence(model)
    p = rb.Behavior(np.full((3, 2, 2, 3), 1 / 6))
    assert rb.minimize(measure, p).value == 0
    assert rb.minimize(budget, p).value == pytest.approx(0, abs=1e-9)
    rows = budget.term.size()
    monkeypatch.setattr(size, "MEMORY_LIMIT", 1000 * (rows.rows + rows.auxiliary))
    assert rb.minimize(measure, p).value == 0
    assert rb.minimize(budget, p).value == pytest.approx(0, abs=1e-9)
    assert rb.minimize(measure, p, subject_to=[budget <= 0.1]).value == 0  # priced: nothing is listed
    with pytest.raises(
        rb.errors.ModelTooLargeError, match=r"the linear program over .* auxiliary columns and .* entries needs"
    ):
        rb.minimize(measure, p, subject_to=[budget <= 0.1], solver="highs")
    with pytest.raises(rb.errors.ModelTooLargeError, match="the linear program over"):
        rb.minimize(budget, p, subject_to=[measure <= 0.1], solver="highs")


def test_networks(monkeypatch):
    model, p = rb.bilocality(), rb.boxes.entanglement_swapping(0.5)
    monkeypatch.setattr(size, "MEMORY_LIMIT", 400 * 4 * model.strategies.count)
    with pytest.raises(
        rb.errors.ModelTooLargeError, match=r"M\(A×C\) over 64 strategies of bilocality\(\) needs about"
    ):
        rb.minimize(rb.nonbilocality(model), p)
