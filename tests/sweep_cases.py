"""Measures of every kind of linear program, and behaviors that their models reproduce."""

import numpy as np

import relaxbell as rb


def random_points(model, count, seed):
    """Behaviors that the model reproduces, from random q, mixed with a box where inputs are dependent."""
    rng = np.random.default_rng(seed)
    source = model if not model.dependent_inputs else rb.bell(*np.array(model.observed_shape).reshape(2, -1)[::-1])
    found = []
    for _ in range(count):
        q = rng.exponential(size=source.strategies.count) * (rng.random(source.strategies.count) < 0.1)
        q[0] += 0.01
        point = rb.Behavior((source.T @ (q / q.sum())).reshape(source.observed_shape), model.outputs, model.inputs)
        if model.dependent_inputs:
            point = nonlocal_box(source.observed_shape).mix(point, float(rng.uniform(0, 0.6)))
        found.append(point)
    return found


def nonlocal_box(shape):
    """p(a,b|x,y) = 1/2 where a + b = x y modulo 2, on the first two outcomes."""
    table = np.zeros(shape)
    for a, b, x, y in np.ndindex(2, 2, *shape[2:]):
        table[a, b, x, y] = ((a + b) % 2 == x * y % 2) / 2
    return rb.Behavior(table)


CASES = {
    "X -> B, (2,3) inputs, (3,2) outputs": lambda: rb.influence(rb.bell((2, 3), (3, 2)).relax("X -> B"), "X", "B"),
    "variation": lambda: rb.influence(rb.bell((3, 2), (2, 3)).relax("X -> B"), "X", "B", variation=True),
    "A -> B, (2,3) inputs, (3,2) outputs": lambda: rb.influence(rb.bell((2, 3), (3, 2)).relax("A -> B"), "A", "B"),
    "three parties": lambda: rb.influence(rb.bell((2, 2, 1), (2, 2, 3)).relax("X -> C"), "X", "C"),
    "outcome signaling": lambda: rb.influence(rb.outcome_signaling((3, 3)), "A", "B"),
    "dependence": lambda: rb.dependence(rb.measurement_dependence((2, 3))),
    "one dependent input": lambda: rb.dependence(rb.measurement_dependence((3, 2), dependent="X")),
    "hall": lambda: rb.hall_dependence(rb.measurement_dependence((2, 2))),
    "weight": lambda: rb.message_weight(rb.message((3, 2))),
    "effect": lambda: rb.average_causal_effect(rb.outcome_signaling((2, 3)), "A", "B"),
    "sum": lambda: _both((2, 3), lambda a, b: a + 2 * b),
    "maximum": lambda: _both((3, 2), rb.maximum),
}


def _both(inputs, combine):
    both = rb.bell(inputs).relax("X -> B", "Y -> A")
    return combine(rb.influence(both, "X", "B"), rb.influence(both, "Y", "A"))
