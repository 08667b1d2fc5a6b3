"""Differential test: random graphs against the plain reference."""

import numpy as np
import pytest
import reference

import relaxbell as rb


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_random_graphs(seed):
    rng = np.random.default_rng(seed)
    model, (source, target) = reference.random_model(rng)
    q, table = reference.random_behavior(model, rng)
    matrix = reference.observed_matrix(model)
    assert (model.T.toarray() == matrix).all()
    behavior = rb.Behavior(table, model.outputs, model.inputs)
    variation = bool(seed % 2)
    measure = rb.influence(model, source, target, variation=variation)
    rows = reference.influence_rows(model, source, target, variation)
    assert measure.value(q) == pytest.approx((rows @ q).max(), abs=1e-12)
    solution = rb.minimize(measure, behavior)
    assert solution.lower_bound <= solution.value <= measure.value(q) + 1e-9
    assert solution.value - solution.lower_bound <= max(1e-7 * solution.value, 1e-12)
    assert solution.value == pytest.approx(reference.least_maximum(rows, matrix, table.ravel()), abs=1e-8)
    assert abs(model.T @ solution.q.weights - table.ravel()).max() < 1e-9
    assert measure.value(solution.q.weights) == pytest.approx(solution.value, abs=1e-10)


@pytest.mark.parametrize("seed", range(12))
def test_budgets(seed):
    """Theorem 7 on random graphs: an influence under a budget on another."""
    rng = np.random.default_rng(100 + seed)
    while True:
        model, first = reference.random_model(rng, 1500)
        others = [e for e in model.edges if e != first and e[0] not in model.latents]
        if others:
            break
    second = others[rng.integers(len(others))]
    q, table = reference.random_behavior(model, rng)
    matrix = reference.observed_matrix(model)
    rows, budget_rows = (reference.influence_rows(model, *e) for e in (first, second))
    least = reference.least_maximum(budget_rows, matrix, table.ravel())
    limit = (least + (budget_rows @ q).max()) / 2 + 1e-6
    expected = reference.least_maximum(rows, matrix, table.ravel(), (budget_rows, limit))
    behavior = rb.Behavior(table, model.outputs, model.inputs)
    solution = rb.minimize(rb.influence(model, *first), behavior, [rb.influence(model, *second) <= limit])
    assert solution.value == pytest.approx(expected, abs=1e-8)
    assert solution.value - solution.lower_bound <= max(1e-7 * solution.value, 1e-10)
    assert (budget_rows @ solution.q.weights).max() <= limit + 1e-9


@pytest.mark.parametrize("seed", range(15))
def test_structural_coordinates_span_the_hull(seed):
    """The dimension counted from the graph is the rank of T (exactly: 0/1 matrices, small)."""
    rng = np.random.default_rng(200 + seed)
    model, _ = reference.random_model(rng, 800)
    assert np.linalg.matrix_rank(reference.observed_matrix(model)) == model.coordinates.dimension + 1


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.slow
def test_plain_cvxpy_agrees(seed):
    """`measure.expression` in anyone's own cp.Problem."""
    import cvxpy as cp

    rng = np.random.default_rng(300 + seed)
    model, edge = reference.random_model(rng, 800)
    _, table = reference.random_behavior(model, rng)
    behavior = rb.Behavior(table, model.outputs, model.inputs)
    one = rb.influence(model, *edge)
    rows = rng.integers(-2, 3, size=(3, model.strategies.count)).astype(float)
    two = rb.measure(model, rows, norm="sum", name="own")
    three = rb.measure(model, {"a": rows[:2], "b": rows[1:]}, norm="max of sums")
    for measure in (one, two, three, one + 2 * two, rb.maximum(0.5 * one, two, three)):
        problem = cp.Problem(cp.Minimize(measure.expression), [*model.reproduces(behavior), model.valid])
        problem.solve(solver=cp.HIGHS)
        model.q.value = None
        solution = rb.minimize(measure, behavior)
        assert solution.value == pytest.approx(problem.value, abs=1e-7)
        assert solution.value - solution.lower_bound <= max(1e-7 * solution.value, 1e-10)
        assert model.q.value is None
