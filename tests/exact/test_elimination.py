"""Elimination against enumeration; rows as sums of tables against their matrices."""

import itertools
import math

import numpy as np
import pytest

from relaxbell.exact.elimination import Elimination
from relaxbell.exact.local_rows import LocalRows


def problem(seed):
    rng = np.random.default_rng(seed)
    domains = rng.integers(1, 4, rng.integers(1, 8)).tolist()
    scopes = []
    for _ in range(rng.integers(1, 9)):
        size = rng.integers(0, min(3, len(domains)) + 1)
        scopes.append(tuple(sorted(rng.choice(len(domains), size, replace=False).tolist())))
    tables = [np.asarray(rng.integers(-9, 10, [domains[v] for v in scope])) for scope in scopes]
    return rng, domains, scopes, tables


def total(values, scopes, tables):
    return sum(int(table[tuple(values[v] for v in scope)]) for scope, table in zip(scopes, tables, strict=True))


@pytest.mark.parametrize("seed", range(40))
def test_elimination_finds_the_largest_sum_and_what_reaches_it(seed):
    """By enumeration of all assignments: floats, int64 and numbers of any size."""
    _, domains, scopes, tables = problem(seed)
    most = max(total(values, scopes, tables) for values in itertools.product(*map(range, domains)))
    plan = Elimination(domains, scopes)
    assert plan.largest_sum(tables) == most
    assert plan.largest_sum([table.astype(float) for table in tables]) == most
    huge = 10**30
    assert plan.largest_sum([np.asarray(table.astype(object) * huge, dtype=object) for table in tables]) == most * huge
    top, best = plan.run(tables)
    found = best.assignments(np.arange(top.size))
    assert [total(row, scopes, tables) for row in found.tolist()] == top.ravel().tolist()
    assert plan.largest <= math.prod(domains)


def test_sums_that_would_overflow_are_taken_in_numbers_of_any_size():
    plan = Elimination((2,), [(0,)] * 4)
    assert plan.largest_sum([np.array([0, 2**62])] * 4) == 2**64


@pytest.mark.parametrize("seed", range(40))
def test_rows_are_what_their_tables_say(seed):
    """Entry by entry; least combinations, masses, signs and single columns as those of the matrix."""
    rng, domains, scopes, tables = problem(seed)
    count = int(rng.integers(1, 4))
    pieces = [(scope, rng.integers(0, count, table.shape), table) for scope, table in zip(scopes, tables, strict=True)]
    rows = LocalRows.summed(domains, pieces, [f"row {i}" for i in range(count)])
    assignments = np.array(list(itertools.product(*map(range, domains))))
    full = np.zeros((count, len(assignments)))
    for scope, own, table in pieces:
        for j, values in enumerate(assignments.tolist()):
            place = tuple(values[v] for v in scope)
            full[own[place], j] += table[place]
    assert rows.columns == len(assignments)
    assert (rows.matrix.toarray() == full).all()
    assert (rows.at(assignments).matrix.toarray() == full).all()
    weights = rng.integers(-5, 6, count)
    assert rows.least(weights) == (weights @ full).min()
    assert rows.ends() == (full.sum(axis=0).min(), full.sum(axis=0).max())
    assert rows.largest == abs(full).max() or rows.largest >= abs(full).max()
    assert rows.nonnegative == (full >= 0).all() or (np.concatenate([t.ravel() for t in tables]) >= 0).all()
    assert rows.mass >= abs(full).sum(axis=0).max()
    other = rows.scaled(rows.scale * -2)
    assert (other.array.toarray() == -2 * full).all()
    both = rows.followed_by(rows.minus(other, rows.labels))
    assert (both.array.toarray() == np.concatenate([full, 3 * full])).all()
    mixed = rng.integers(-2, 3, (2, count))
    assert (rows.mapped(mixed, ("a", "b")).matrix.toarray() == mixed @ full).all()
    assert rows.mapped(mixed, ("a", "b")).least(np.ones(2, dtype=int)) == (mixed @ full).sum(axis=0).min()
