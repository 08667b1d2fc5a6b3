"""The builder of rows against a dense table that is filled in entry by entry."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from relaxbell.exact.numbers import Surd
from relaxbell.exact.sparse import ExactMatrix
from relaxbell.lp.rows import RowBuilder, misses, places

WHOLE = st.integers(-3, 3)


@st.composite
def parts(draw):
    """Rows in some parts: a block or none over 3 columns, entries in 4 further ones, sides."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        count = draw(st.integers(1, 3))
        block = draw(st.none() | st.lists(st.lists(WHOLE, min_size=3, max_size=3), min_size=count, max_size=count))
        entries = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(3, 6), WHOLE), max_size=5))
        sides = draw(st.lists(WHOLE, min_size=count, max_size=count))
        found.append((count, block, entries, sides))
    return found


def built(given_parts, block_of):
    rows, dense, places_of = RowBuilder(3), [], []
    assert rows.columns(4) == range(3, 7)
    for count, block, entries, sides in given_parts:
        columns = [np.array(c) for c in zip(*entries, strict=True)] if entries else [np.empty(0, int)] * 3
        places_of.append(rows.add(count, -np.inf, sides, [tuple(columns)], None if block is None else block_of(block)))
        table = np.zeros((count, 7), dtype=int)
        table[:, :3] = 0 if block is None else block
        for i, j, v in entries:
            table[i, j] += v
        dense.append(table)
    return rows, np.concatenate(dense), places_of


@given(parts())
def test_rows_are_those_that_were_added(given_parts):
    rows, dense, places_of = built(given_parts, lambda block: sp.csr_array(np.array(block, dtype=float)))
    assert (rows.matrix().toarray() == dense).all()
    assert rows.matrix().shape == dense.shape == (rows.count, rows.width)
    lower, upper = rows.sides
    assert (lower == -np.inf).all()
    assert upper.tolist() == [v for *_, sides in given_parts for v in sides]
    assert [k for own in places_of for k in range(own.start, own.stop)] == list(range(rows.count))


@given(parts(), st.fractions(max_denominator=99).filter(bool) | st.just(Surd(1, 1, 2)))
def test_exact_rows_are_the_same_in_exact_numbers(given_parts, unit):
    def block_of(block):
        return ExactMatrix(tuple({j: unit * v for j, v in enumerate(row) if v} for row in block), 3)

    rows, dense, _ = built(given_parts, block_of)
    exact = rows.exact()
    assert exact.shape == dense.shape
    for i, row in enumerate(exact.rows):
        assert [row.get(j, Fraction(0)) for j in range(7)] == [unit * v for v in dense[i, :3].tolist()] + dense[
            i, 3:
        ].tolist()
        assert not any(isinstance(v, float) for v in row.values())


def test_rows_can_be_extended_and_entries_hold_exact_numbers():
    rows = RowBuilder(0)
    first = rows.columns(2)
    added = rows.add(2, 0.0, 1.0, [(np.arange(2), 1, Fraction(1, 3)), (0, np.array([0, 1]), Surd(0, 1, 2))])
    more = rows.columns(1)
    rows.extend([(1, np.array(more), Fraction(-1))], added.start)
    third, root = Fraction(1, 3), Surd(0, 1, 2)
    assert rows.exact().rows == ({0: root, 1: third + root}, {1: third, 2: Fraction(-1)})
    assert rows.matrix().toarray().tolist() == [[2**0.5, float(third) + 2**0.5, 0], [0, float(third), -1]]
    assert (first, more, rows.width) == (range(2), range(2, 3), 3)


def test_blocks_of_the_other_kind_are_refused():
    exact, floats = RowBuilder(1), RowBuilder(1)
    exact.add(1, 0, 0, block=ExactMatrix(({0: Fraction(1)},), 1))
    floats.add(1, 0, 0, block=sp.csr_array(np.ones((1, 1))))
    with pytest.raises(TypeError, match="exact numbers, expected floats"):
        exact.matrix()
    with pytest.raises(TypeError, match="floats, expected exact numbers"):
        floats.exact()


@given(parts())
def test_places_find_entries_that_are_zero_too(given_parts):
    rows, _, _ = built(given_parts, lambda block: sp.csr_array(np.array(block, dtype=float)))
    row, column, _ = rows.entries()
    matrix = rows.matrix()
    found = places(matrix, row, column)
    matrix.data[found] = 1000.0 + 10 * row + column
    dense = matrix.toarray()
    assert (dense[row, column] == 1000.0 + 10 * row + column).all()


def test_a_place_without_an_entry_is_an_error():
    matrix = sp.csc_array(np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert places(matrix, [0, 1], [0, 1]).tolist() == [0, 1]
    for row, column in ((1, 0), (0, 1)):
        with pytest.raises(KeyError, match="expected one at each"):
            places(matrix, row, column)


def test_elastic_columns_stand_for_both_ways_of_missing():
    assert misses(np.array([2, 0]), 3).toarray().tolist() == [[0, 1, 0, -1], [0, 0, 0, 0], [1, 0, -1, 0]]
