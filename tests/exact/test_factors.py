"""Factored square systems: solutions are put back into the equations, columns are replaced, a dense rest is left."""

from fractions import Fraction

import numpy as np
import pytest

from relaxbell.exact.factors import SquareSystem
from relaxbell.exact.numbers import surd
from relaxbell.exact.sparse import as_fmpq, as_fraction, product


def numbers(values, root):
    return [surd(Fraction(v), Fraction(v % 3 - 1), 2) if root else as_fmpq(Fraction(v)) for v in values]


def columns_of(table, root):
    found = []
    for column in table.T.tolist():
        entries = zip(range(len(column)), numbers(column, root), column, strict=True)
        found.append({i: v for i, v, plain in entries if plain})
    return found


def check(system, columns, root, rng):
    size = len(columns)
    right = numbers(rng.integers(-9, 9, size).tolist(), root)
    x, y = system.solve(right), system.solve_transposed(right)
    rows = [{j: c[i] for j, c in enumerate(columns) if i in c} for i in range(size)]
    assert [product(row, x) - b for row, b in zip(rows, right, strict=True)] == [0] * size
    assert [product(column, y) - b for column, b in zip(columns, right, strict=True)] == [0] * size


def sparse_table(rng, size, share):
    table = rng.integers(1, 9, (size, size)) * (rng.random((size, size)) < share)
    np.fill_diagonal(table, 5 * size + rng.integers(1, 9, size))  # not singular
    return table[rng.permutation(size)]


@pytest.mark.parametrize("root", [False, True])
@pytest.mark.parametrize(("size", "share"), [(1, 0), (7, 0.5), (25, 0.1), (40, 0.05), (33, 0.9)])
def test_replaced_columns_are_seen_both_ways(root, size, share):
    rng = np.random.default_rng(size)
    columns = columns_of(sparse_table(rng, size, share), root)
    system = SquareSystem(columns)
    assert (system.nucleus > 0) == (share == 0.9)  # only what is dense is left
    check(system, columns, root, rng)
    for change in range(1, 4):
        position = int(rng.integers(size))
        new = columns_of(sparse_table(rng, size, share), root)[int(rng.integers(size))]
        right = numbers([0] * size, False) if not root else [Fraction(0)] * size
        for i, v in new.items():
            right[i] = v
        solved = system.solve(right)
        if solved[position] == 0:
            with pytest.raises(ZeroDivisionError):
                system.replace(position, solved)
            return
        system.replace(position, solved)
        columns[position] = new
        assert system.changes == change
        check(system, columns, root, rng)


@pytest.mark.parametrize("size", [3, 40])
def test_singular_systems_are_refused_sparse_and_dense(size):
    """A column is the sum of two others."""
    rng = np.random.default_rng(0)
    table = rng.integers(1, 9, (size, size))
    table[:, 0] = table[:, 1] + table[:, 2]
    right = [as_fmpq(Fraction(1))] * size
    with pytest.raises(ZeroDivisionError):
        SquareSystem(columns_of(table, False)).solve(right)


def test_entries_that_cancel_are_gone():
    """The third row is the sum of the others but for its last entry: one entry is left of it."""
    table = np.array([[1, 1, 0, 1], [1, 2, 1, 0], [2, 3, 1, 6], [0, 1, 4, 1]])
    system = SquareSystem(columns_of(table, False))
    x = [as_fraction(v) for v in system.solve(numbers([1, 2, 3, 4], False))]
    assert (table @ np.array(x) == [1, 2, 3, 4]).all()
