"""One live model, changed again and again, against programs that are solved from nothing, and against theorems."""

import numpy as np
import pytest
import scipy.sparse as sp
from clock import replaced
from scipy.optimize import linprog

from relaxbell.errors import SolverError
from relaxbell.lp.bases import OptimalBasis
from relaxbell.lp.clock import TimeLimitError, deadline
from relaxbell.lp.highs import SIFTING_FROM, LiveModel, Status, solve_highs

EQUATIONS, INEQUALITIES, COLUMNS = 3, 4, 12


def program(seed):
    """A bounded feasible program: matrix, cost, lower, upper."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-3, 4, (EQUATIONS + INEQUALITIES, COLUMNS)).astype(float)
    matrix[0] = 1  # bounded
    equality = np.arange(len(matrix)) < EQUATIONS
    upper = matrix @ rng.integers(1, 10, COLUMNS) + np.where(equality, 0.0, rng.integers(0, 3, len(matrix)))
    return sp.csc_array(matrix), rng.integers(-5, 6, COLUMNS).astype(float), np.where(equality, upper, -np.inf), upper


def reference(matrix, cost, lower, upper, low=0.0, high=None):
    """The least value by SciPy, which has a copy of HiGHS of its own and another way to ask; None if infeasible."""
    equal = lower == upper
    dense = matrix.toarray()
    found = linprog(cost, dense[~equal], upper[~equal], dense[equal], upper[equal], bounds=(low, high))
    return found.fun if found.status == 0 else None


@pytest.mark.parametrize("seed", range(5))
def test_a_changed_model_has_the_value_of_a_new_one(seed):
    matrix, cost, lower, upper = program(seed)
    live = LiveModel(matrix, cost, lower, upper)
    rng = np.random.default_rng(seed + 50)
    for _ in range(6):
        shift = matrix @ rng.integers(0, 3, COLUMNS)  # which keeps it feasible
        lower, upper = lower + shift, upper + shift
        cost = rng.integers(-5, 6, COLUMNS).astype(float)
        live.set_rows(lower, upper)
        live.set_cost(cost)
        assert live.run() is Status.OPTIMAL
        answer = live.answer()
        assert answer.value == live.value == pytest.approx(reference(matrix, cost, lower, upper), abs=1e-8)
        assert upper @ answer.duals == pytest.approx(answer.value, abs=1e-8)  # duality, with ∂value/∂rhs
        assert answer.duals[EQUATIONS:].max() <= 1e-10
        assert (cost - matrix.T @ answer.duals).min() >= -1e-9
        assert len(answer.basis.columns) + len(answer.basis.loose) == len(upper)


@pytest.mark.parametrize("seed", range(5))
def test_added_columns_are_priced(seed):
    matrix, cost, _, upper = program(seed)
    half = COLUMNS // 2
    live = LiveModel(matrix[:, :half], cost[:half], -np.inf * np.ones(len(upper)), upper + 30, method="primal simplex")
    assert live.run() is Status.OPTIMAL
    live.add_columns(sp.csc_array(matrix[:, half:]), cost[half:])
    assert live.run() is Status.OPTIMAL
    assert live.shape == matrix.shape
    expected = reference(matrix, cost, -np.inf * np.ones(len(upper)), upper + 30)
    assert live.value == pytest.approx(expected, abs=1e-8)


def test_some_rows_are_changed_and_bounds_of_columns_are_kept():
    matrix, cost, lower, upper = program(3)
    low, high = np.full(COLUMNS, 0.5), np.full(COLUMNS, 20.0)
    live = LiveModel(matrix, cost, lower, upper, low=low, high=high)
    upper = upper.copy()
    upper[5] += 7
    live.set_rows(lower[5:6], upper[5:6], np.array([5], dtype=np.int32))
    live.run()
    assert live.value == pytest.approx(reference(matrix, cost, lower, upper, 0.5, 20.0), abs=1e-8)
    live.load(matrix, -cost, lower, upper, low, high)
    live.run()
    assert live.value == pytest.approx(reference(matrix, -cost, lower, upper, 0.5, 20.0), abs=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_left_to_do_from_an_optimal_basis(seed):
    matrix, cost, lower, upper = program(seed)
    first = LiveModel(matrix, cost, lower, upper)
    first.run()
    assert first.iterations
    for start in (
        lambda live: live.start_from(first.basis()),
        lambda live: live.restore(first.state()),
    ):
        live = LiveModel(matrix, cost, lower, upper)
        start(live)
        live.run()
        assert live.iterations == 0
        assert live.value == pytest.approx(first.value, abs=1e-9)
    first.forget()
    first.run()
    assert first.iterations


def test_the_interior_point_method_agrees_with_the_simplex_method():
    matrix, cost, lower, upper = program(1)
    live = LiveModel(matrix, cost, lower, upper, method="interior point")
    live.run()
    assert live.value == pytest.approx(reference(matrix, cost, lower, upper), abs=1e-7)


def test_an_infeasible_program_comes_with_a_ray():
    """x_0 + x_1 = 1, x_0 + x_1 = 2: multipliers y with yᵀ A ≤ 0 (here 0) and y · rhs ≠ 0."""
    matrix, rhs = sp.csc_array(np.ones((2, 2))), np.array([1.0, 2.0])
    live = LiveModel(matrix, np.zeros(2), rhs, rhs)
    assert live.run() is Status.INFEASIBLE
    assert not live.answer().feasible
    ray = live.ray()
    assert abs(matrix.T @ ray).max() < 1e-12
    assert ray @ rhs != 0


def test_another_end_is_an_error_that_names_it():
    live = LiveModel(sp.csc_array(np.array([[1.0, -1.0]])), -np.ones(2), np.zeros(1), np.zeros(1))
    assert live.run() is Status.OTHER
    with pytest.raises(SolverError, match="Unbounded on a program of 1 rows and 2 columns"):
        live.answer()


def test_no_run_begins_when_the_time_is_over(monkeypatch):
    clock = replaced(monkeypatch, step=0)
    matrix, cost, lower, upper = program(0)
    live = LiveModel(matrix, cost, lower, upper)
    with deadline(10, "M"):
        live.run()
        clock.now += 11
        with pytest.raises(TimeLimitError, match="min M took longer"):
            live.run()
        live.forget()
        assert live.run(20.0) is not Status.OPTIMAL  # seconds of one's own: the status says so


def test_large_programs_are_sifted():
    """min Σ c x over Σ x = 1: the least c."""
    cost = np.random.default_rng(0).uniform(1, 2, SIFTING_FROM + 1)
    answer = solve_highs(sp.csc_array(np.ones((1, len(cost)))), cost, np.ones(1), np.ones(1))
    assert answer.value == cost.min()
    assert answer.basis.columns.tolist() == [cost.argmin()]
    assert "sifting" in answer.solver
    none = solve_highs(sp.csc_array(np.ones((1, len(cost)))), cost, -np.ones(1), -np.ones(1))
    assert not none.feasible


@pytest.mark.parametrize("seed", range(5))
def test_a_basis_serves_exactly_the_points_where_it_is_feasible(seed):
    matrix, cost, lower, upper = program(seed)
    live = LiveModel(matrix, cost, lower, upper)
    live.run()
    basis = OptimalBasis.of(matrix, cost, live.basis(), live.duals)
    rng = np.random.default_rng(seed)
    rights = upper + np.concatenate([np.zeros((1, len(upper))), rng.normal(size=(40, len(upper))) * 0.3])
    equality = lower == upper
    values = basis.values(rights, equality, np.full(len(upper), 1e-9), (1e-9, 1e-9))
    dense = matrix.toarray()
    for right, value in zip(rights, values, strict=True):
        x = np.zeros(COLUMNS)
        x[live.basis().columns] = np.linalg.solve(dense[np.ix_(basis.rows, live.basis().columns)], right[basis.rows])
        feasible = x.min() >= -1e-10 and (dense @ x <= right + 1e-9).all()
        assert feasible == (not np.isnan(value))
        if feasible:  # then it is optimal
            assert value == pytest.approx(reference(matrix, cost, np.where(equality, right, -np.inf), right), abs=1e-7)
    assert values[0] == pytest.approx(live.value, abs=1e-9)


def test_a_singular_basis_serves_nothing():
    matrix = sp.csc_array(np.ones((2, 2)))
    live = LiveModel(sp.csc_array(np.eye(2)), np.ones(2), np.ones(2), np.ones(2))
    live.run()
    assert OptimalBasis.of(matrix, np.ones(2), live.basis(), live.duals) is None
