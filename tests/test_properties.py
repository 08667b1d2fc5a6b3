"""Symmetries: the minimum does not depend on what parties, inputs and outcomes are called."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import relaxbell as rb

SHAPE = (2, 3, 3, 2)  # Alice 3 inputs and 2 outputs, Bob 2 inputs and 3 outputs


def rational_behavior(seed):
    """A random exact non-signaling behavior, some of them nonlocal: a PR box embedded, plus local points."""
    rng = np.random.default_rng(seed)
    table = np.zeros(SHAPE, dtype=object)
    weights = [int(w) for w in rng.integers(0, 20, size=12)]
    for weight in weights:
        f, g = rng.integers(0, 2, size=3), rng.integers(0, 3, size=2)
        for x, y in np.ndindex(3, 2):
            table[f[x], g[y], x, y] += 2 * weight
    box = int(rng.integers(1, 200))
    for a, b, x, y in np.ndindex(2, 2, 3, 2):
        if (a + b) % 2 == (x * y) % 2:
            table[a, b, x, y] += box
    return rb.Behavior(table * Fraction(1, 2 * (sum(weights) + box)))


@cache
def measure(edge, inputs, outputs):
    return rb.influence(rb.bell(inputs, outputs).relax(edge), *edge)


def least(p, edge, inputs, outputs):
    return rb.minimize(measure(edge, inputs, outputs), p)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([("X", "B"), ("A", "B"), ("B", "A")]),
    st.randoms(use_true_random=False),
)
@pytest.mark.slow
def test_relabeling_agrees_exactly(seed, edge, random):
    p = rational_behavior(seed)
    plain = least(p, edge, (3, 2), (2, 3))
    moved = p
    for name, size in (("X", 3), ("Y", 2)):
        moved = moved.relabel(name, random.sample(range(size), size))
    for output, size, name, settings_ in (("A", 2, "X", 3), ("B", 3, "Y", 2)):
        for value in range(settings_):
            moved = moved.relabel(output, random.sample(range(size), size), {name: value})
    if edge[0] in ("A", "B"):  # outcomes carry the influence: relabel them alike for all settings
        moved = p.relabel("X", [2, 0, 1]).relabel("A", [1, 0]).relabel("B", [1, 2, 0])
    relabeled = least(moved, edge, (3, 2), (2, 3))
    assert relabeled.lower_bound == plain.lower_bound  # the rigorous bound of an exact behavior is exact
    assert abs(relabeled.value - plain.value) <= 1e-12
    swap = {"A": "B", "B": "A", "X": "Y", "Y": "X"}
    swapped = least(p.rename(swap), (swap[edge[0]], swap[edge[1]]), (2, 3), (3, 2))
    assert swapped.lower_bound == plain.lower_bound


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 9))
@pytest.mark.slow
def test_convexity_under_mixing(first, second, tenths):
    p, r = rational_behavior(first), rational_behavior(second)
    weight = Fraction(tenths, 10)
    values = [least(b, ("X", "B"), (3, 2), (2, 3)).value for b in (p, r, p.mix(r, weight))]
    assert values[2] <= float(weight) * values[0] + float(1 - weight) * values[1] + 1e-10


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
@pytest.mark.slow
def test_variation_cannot_grow_when_outcomes_are_merged(seed):
    p = rational_behavior(seed)
    fine = rb.minimize(rb.influence(rb.input_signaling((3, 2), (2, 3)), "X", "B", variation=True), p)
    merged = p.coarse_grain("B", [0, 1, 1])
    coarse = rb.minimize(rb.influence(rb.input_signaling((3, 2), (2, 2)), "X", "B", variation=True), merged)
    assert coarse.value <= fine.value + 1e-10


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_floats_and_fractions_agree(seed):
    p = rational_behavior(seed)
    exact = least(p, ("X", "B"), (3, 2), (2, 3))
    rounded = least(rb.Behavior(p.p), ("X", "B"), (3, 2), (2, 3))
    assert abs(exact.value - rounded.value) < 1e-12
    assert rounded.value - rounded.lower_bound <= max(1e-7 * rounded.value, 1e-12)
