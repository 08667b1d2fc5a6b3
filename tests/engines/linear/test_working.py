"""Programs of few columns at right-hand sides one after the other, beside all columns at once."""

import numpy as np
import pytest
import scipy.sparse as sp

from relaxbell.engines.linear import working
from relaxbell.engines.linear.shelf import Shelf
from relaxbell.engines.linear.working import WorkingModel
from relaxbell.exact.basis import Basis, IntegerProgram
from relaxbell.lp.bases import FeasibleBasis
from relaxbell.lp.highs import solve_highs


def program(rng, rows=6, columns=60):
    """Whole numbers; the last row is an inequality."""
    matrix = rng.integers(0, 3, (rows, columns))
    cost = rng.integers(1, 9, columns).astype(float)
    return sp.csc_array(matrix.astype(float)), cost


@pytest.mark.parametrize("seed", range(5))
def test_few_columns_find_what_all_do(monkeypatch, seed):
    """Values of the bases are those of HiGHS on the whole program; infeasible sides have none."""
    monkeypatch.setattr(working, "WORKING_FROM", 10)
    monkeypatch.setattr(working, "_STARTS", 3)
    rng = np.random.default_rng(seed)
    matrix, cost = program(rng)
    m, n = matrix.shape
    upper = np.ones(m)
    lower = np.append(np.ones(m - 1), -np.inf)
    live = WorkingModel(matrix, cost, lower, upper)
    numbers = np.arange(m - 1, dtype=np.int32)
    feasible = 0
    for _ in range(25):
        weights = np.where(rng.random(n) < 0.1, rng.random(n), 0.0)
        rhs = matrix @ weights
        if rng.random() < 0.3:
            rhs[0] *= -1
        values, upper[-1] = rhs[:-1], 1.0
        lower[:-1] = upper[:-1] = values
        whole = solve_highs(matrix, cost, lower, upper)
        basis = live.basis(values, numbers)
        assert (basis is None) == (not whole.feasible)
        if basis is None:
            continue
        feasible += 1
        tight = np.setdiff1d(np.arange(m), basis.loose)
        x = np.linalg.solve(matrix.toarray()[np.ix_(tight, basis.columns)], upper[tight])
        assert cost[basis.columns] @ x == pytest.approx(whole.value, abs=1e-9)
    assert 0 < len(live._starts) <= 3
    assert feasible > 3


class Known:
    def __init__(self, rough):
        self.rough = rough


def test_a_shelf_names_the_bases_that_serve():
    """x0 + x1 = b0, x0 + s = b1: basis {x0, x1} serves 0 ≤ b1 ≤ b0, basis {x0} with the slack 0 ≤ b0 ≤ b1."""
    integers = IntegerProgram(sp.csc_array([[1, 1], [1, 0]]), np.array([1, 2]), np.array([True, False]))
    both = Known(FeasibleBasis.of(integers, Basis(np.array([0, 1]), np.array([], dtype=np.intp))))
    first = Known(FeasibleBasis.of(integers, Basis(np.array([0]), np.array([1]))))
    shelf = Shelf(2)
    shelf.add(both)
    shelf.add(first)
    assert [own for _, own in shelf.serving(np.array([2.0, 1.0]))] == [both]
    assert [own for _, own in shelf.serving(np.array([1.0, 2.0]))] == [first]
    assert [own for _, own in shelf.serving(np.array([1.0, 1.0]))] == [first, both]
    assert shelf.serving(np.array([-1.0, 1.0])) == []
    for _ in range(shelf.most - 2):
        shelf.add(both)
    shelf.mark(0)
    shelf.add(first)
    assert shelf._known[1] is first
    assert len(shelf._known) == shelf.most
