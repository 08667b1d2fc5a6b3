"""The exact simplex method against a plain one of Fractions, theorems of duality, and scaling."""

from fractions import Fraction

import numpy as np
import pytest
from exact_reference import simplex

from relaxbell.exact.basis import Basis
from relaxbell.exact.factors import SquareSystem
from relaxbell.exact.numbers import sign, surd
from relaxbell.exact.simplex import Contradiction, ExactProgram, Optimum
from relaxbell.exact.sparse import ExactMatrix, as_fmpq, as_fraction, product


def program(rng, m, n, feasible=True):
    """A bounded random program: equations first, then inequalities; redundant rows and zeros included."""
    table = rng.integers(-3, 4, (m, n)) * (rng.random((m, n)) < 0.6)
    equality = rng.random(m) < 0.5
    table[-1], equality[-1] = 1, True  # Σ x is given, so that nothing is unbounded
    x = rng.integers(0, 5, n) * (rng.random(n) < 0.5)
    rhs = table @ x + np.where(equality, 0, rng.integers(0, 3, m))
    if not feasible:
        rhs[rng.integers(m)] -= rng.integers(1, 30)
    cost = rng.integers(-4, 5, n)
    rows = tuple({j: Fraction(int(v)) for j, v in enumerate(row) if v} for row in table)
    return ExactProgram(
        ExactMatrix(rows, n), [Fraction(int(c)) for c in cost], [Fraction(int(b)) for b in rhs], equality.tolist()
    )


def standard(given):
    """min cost · x with slacks, for the reference."""
    n = given.matrix.width
    slacks = [i for i, equal in enumerate(given.equality) if not equal]
    matrix = [
        [row.get(j, 0) for j in range(n)] + [int(i == k) for k in slacks] for i, row in enumerate(given.matrix.rows)
    ]
    return simplex([*given.cost, *[0] * len(slacks)], matrix, given.rhs)


def slack_basis(given):
    return Basis(np.array([], dtype=np.intp), np.arange(len(given.rhs)))


def check(given, outcome):
    """Primal and dual feasible with the same value; or multipliers that contradict."""
    columns = [dict(enumerate_column(given, j)) for j in range(given.matrix.width)]
    if isinstance(outcome, Contradiction):
        y = outcome.multipliers
        assert all(sign(product(c, y)) <= 0 for c in columns)
        assert all(sign(v) <= 0 for v, equal in zip(y, given.equality, strict=True) if not equal)
        assert sign(sum((v * b for v, b in zip(y, given.rhs, strict=True)), Fraction(0))) > 0
        return None
    assert isinstance(outcome, Optimum)
    x = [outcome.values.get(j, Fraction(0)) for j in range(given.matrix.width)]
    assert all(sign(v) >= 0 for v in x)
    for row, b, equal in zip(given.matrix.rows, given.rhs, given.equality, strict=True):
        slack = b - product(row, x)
        assert sign(slack) == 0 if equal else sign(slack) >= 0
    y = outcome.duals
    assert all(sign(c - product(column, y)) >= 0 for c, column in zip(given.cost, columns, strict=True))
    assert all(sign(v) <= 0 for v, equal in zip(y, given.equality, strict=True) if not equal)
    value = sum((c * v for c, v in zip(given.cost, x, strict=True)), Fraction(0))
    assert value == sum((v * b for v, b in zip(y, given.rhs, strict=True)), Fraction(0))
    return value


def enumerate_column(given, j):
    return [(i, row[j]) for i, row in enumerate(given.matrix.rows) if j in row]


@pytest.mark.parametrize("changes", [0, 2, 30])
@pytest.mark.parametrize("seed", range(24))
def test_random_programs_from_the_slack_basis(seed, changes, monkeypatch):
    """However often the basis is factored anew."""
    monkeypatch.setattr("relaxbell.exact.simplex._CHANGES", changes)
    rng = np.random.default_rng(seed)
    given = program(rng, int(rng.integers(2, 7)), int(rng.integers(3, 9)), feasible=seed % 3 != 0)
    assert check(given, given.optimum(slack_basis(given))) == standard(given)


@pytest.mark.parametrize("seed", range(9))
def test_programs_over_a_root_scale_like_their_numbers(seed):
    """Multiplying columns by positive numbers a + b√2 changes the solution, not the value."""
    rng = np.random.default_rng(seed)
    given = program(rng, 4, 6, feasible=seed % 3 != 0)
    factors = [surd(int(rng.integers(3, 9)), int(rng.integers(-2, 3)), 2) for _ in range(given.matrix.width)]
    rows = tuple({j: v * factors[j] for j, v in row.items()} for row in given.matrix.rows)
    cost = [c * f for c, f in zip(given.cost, factors, strict=True)]
    scaled = ExactProgram(ExactMatrix(rows, given.matrix.width), cost, given.rhs, given.equality)
    assert check(scaled, scaled.optimum(slack_basis(scaled))) == standard(given)


@pytest.mark.parametrize("seed", range(12))
def test_the_outcome_is_the_same_from_any_basis(seed):
    """Also where the pivots take the first candidate instead of the best."""
    rng = np.random.default_rng(seed)
    given = program(rng, 5, 9, feasible=seed % 3 != 0)
    expected = standard(given)
    for _ in range(5):
        chosen = np.sort(rng.choice(14, 5, replace=False))
        found = given.optimum(Basis(chosen[chosen < 9], chosen[chosen >= 9] - 9))
        assert found is None or check(given, found) == expected  # None: singular
    state = given.state(slack_basis(given))
    assert state.values == {9 + i: b for i, b in enumerate(given.rhs) if b}
    assert state.reduced == {j: c for j, c in enumerate(given.cost) if c}


def test_a_root_at_the_right_only():
    """min −x with x ≤ √3, x + y = 2."""
    rows = ({0: Fraction(1)}, {0: Fraction(1), 1: Fraction(1)})
    rhs = [surd(0, 1, 3), Fraction(2)]
    given = ExactProgram(ExactMatrix(rows, 2), [Fraction(-1), Fraction(0)], rhs, [False, True])
    assert check(given, given.optimum(slack_basis(given))) == surd(0, -1, 3)


def test_differences_far_below_floating_point_decide():
    """x ≤ 1 and x ≥ 1 + 10^-200 contradict; x ≥ 1 − 10^-200 leaves x = 1 as the largest."""
    tiny = Fraction(1, 10**200)
    for b, possible in ((1 + tiny, False), (1 - tiny, True)):
        rows = ({0: Fraction(1)}, {0: Fraction(-1)})
        given = ExactProgram(ExactMatrix(rows, 1), [Fraction(-1)], [Fraction(1), -b], [False, False])
        assert check(given, given.optimum(slack_basis(given))) == (-1 if possible else None)


def test_no_optimum_where_the_time_is_over_or_the_basis_is_none():
    given = program(np.random.default_rng(0), 4, 6)
    assert given.optimum(slack_basis(given), stop=lambda: True) is None
    assert given.optimum(Basis(np.array([0, 1], dtype=np.intp), np.array([], dtype=np.intp))) is None


@pytest.mark.parametrize("seed", range(20))
def test_square_systems(seed):
    """B x = b and Bᵀ y = c hold for the solutions, in rationals and over Q(√5); parts are triangular."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 9))
    table = np.tril(rng.integers(1, 5, (size, size)) * (rng.random((size, size)) < 0.4)) + np.diag(np.full(size, 7))
    k = int(rng.integers(0, size + 1))
    table[:k, :k] = rng.integers(-4, 5, (k, k)) + 20 * np.eye(k, dtype=int)  # dominated by its diagonal
    order, other = rng.permutation(size), rng.permutation(size)
    table = table[order][:, other]
    right = [Fraction(int(v), 3) for v in rng.integers(-9, 9, size)]
    for root in (False, True):
        entries = [[surd(int(v), int(v) if root and v else 0, 5) for v in row] for row in table]
        columns = [{i: entries[i][j] for i in range(size) if table[i, j]} for j in range(size)]
        rows = [{j: entries[i][j] for j in range(size) if table[i, j]} for i in range(size)]
        if root:
            system = SquareSystem(columns)
            x, y = system.solve(right), system.solve_transposed(right)
        else:
            system = SquareSystem([{i: as_fmpq(v) for i, v in column.items()} for column in columns])
            both = (system.solve, system.solve_transposed)
            x, y = ([as_fraction(v) for v in solve([as_fmpq(v) for v in right])] for solve in both)
        assert [product(row, x) for row in rows] == right
        assert [product(column, y) for column in columns] == right


def test_singular_systems_are_refused():
    one, two = as_fmpq(Fraction(1)), as_fmpq(Fraction(2))
    for columns in ([{0: one}, {0: one}], [{0: one, 1: two}, {0: one, 1: two}]):
        with pytest.raises(ZeroDivisionError):
            SquareSystem(columns).solve([one, one])
