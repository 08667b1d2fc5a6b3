"""Largest values over choices of outcomes: against all choices, one by one."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from relaxbell.exact import branching
from relaxbell.exact.assignments import StoppedSearch, alternating, largest, work
from relaxbell.exact.choices import best_exact, largest_exact, without_idle
from relaxbell.exact.numbers import surd

SHAPES = [
    (2, 3),
    (2, 2, 2, 2),
    (3, 2, 2, 3),
    (2, 3, 3, 2),
    (1, 4, 3, 2),
    (3, 1, 2, 2),
    (2, 2, 1, 2, 2, 2),
    (2, 2, 2, 3, 1, 2),
    (1, 2, 2, 2, 1, 2, 2, 2),
]


def choices(shape):
    own = [list(itertools.product(range(d), repeat=m)) for m, d in zip(shape[::2], shape[1::2], strict=True)]
    return itertools.product(*own)


def value(table, choice):
    found = table
    for own in choice:
        found = found[np.arange(len(own)), list(own)].sum(axis=0)
    return found


def kinds(rng, shape):
    """Whole numbers with zeros, fractions too fine for floats, numbers a + b√2."""
    small = rng.integers(-4, 5, shape) * rng.integers(0, 2, shape)
    yield small, [Fraction(int(v)) for v in small.ravel()]
    pairs = [(int(v), int(w)) for v, w in zip(small.ravel(), rng.integers(-9, 9, small.size), strict=True)]
    yield small, [Fraction(v, 3) + Fraction(w, 10**18 + 9) for v, w in pairs]
    yield small, [v + surd(0, Fraction(1, 3), 2) * w for v, w in pairs]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_largest_of_all_choices(shape):
    rng = np.random.default_rng(sum(shape))
    for _ in range(5):
        for _, numbers in kinds(rng, shape):
            table = np.array([*numbers, None], dtype=object)[:-1].reshape(shape)
            wanted = max(value(table, c) for c in choices(shape))
            found, choice = best_exact(table)
            assert found == largest_exact(table) == wanted == value(table, choice)


@pytest.mark.parametrize("levels", [(4, 8, 4), (2, 2, 2), (8, 32, 64)])
def test_branch_and_bound_is_enumeration(monkeypatch, levels):
    for name, size in zip(("_LEVEL", "_LAST", "_ENUMERATED"), levels, strict=True):
        monkeypatch.setattr(branching, name, size)
    rng = np.random.default_rng(levels[0])
    for m, d, n, e in [(6, 2, 7, 2), (5, 2, 8, 3), (4, 3, 6, 2), (3, 3, 9, 3), (7, 2, 7, 1)] * 3:
        table = rng.integers(-4, 5, (m, d, n, e)).astype(float)
        table[rng.integers(0, m)] = 0  # a setting that does not matter
        gains = {c: value(table, (c,)).max(axis=1).sum() for c in itertools.product(range(d), repeat=m)}
        top = max(gains.values())
        found = largest(table)
        assert found.value == top == value(table, found.choice)
        assert largest(table.transpose(2, 3, 0, 1)).value == top
        close = largest(table, slack=3.0)
        if close.greedy == 1:
            wanted = {c for c, own in gains.items() if own >= top - 3}
            assert {tuple(own.tolist()) for (own,) in close.close} == wanted


def correlators(matrix):
    signs = np.array([[1.0, -1.0], [-1.0, 1.0]])
    return np.asarray(matrix, dtype=float)[:, None, :, None] * signs[None, :, None, :]


@pytest.mark.parametrize(("power", "wanted"), [(2, 8), (4, 64)])
def test_hadamard_matrices(power, wanted):
    """The largest excess of Sylvester's matrix of order n = 4^k is n^(3/2): bent functions attain it."""
    matrix = np.ones((1, 1))
    for _ in range(power):
        matrix = np.kron(matrix, [[1, 1], [1, -1]])
    assert largest(correlators(matrix)).value == wanted


@pytest.mark.parametrize("n", [5, 11, 24])
def test_chained_correlators(n):
    """2 n terms, one of which must fail (Braunstein, Caves, Ann. Phys. 202, 22, 1990), which counts twice."""
    cycle = np.eye(n) + np.roll(np.eye(n), 1, axis=1)
    cycle[-1, 0] = -1
    assert largest(correlators(cycle)).value == 2 * n - 2


def test_relabelings_and_factors_change_nothing():
    rng = np.random.default_rng(3)
    table = rng.integers(-9, 10, (13, 2, 13, 3)).astype(float)
    top = largest(table).value
    moved = table[rng.permutation(13)][:, ::-1][:, :, rng.permutation(13)][..., [2, 0, 1]]
    assert largest(moved).value == top
    assert largest(7 * table).value == 7 * top
    marginal = rng.integers(-3, 4, (13, 2))
    assert largest(table + marginal[:, :, None, None]).value <= top + 13 * marginal.max(axis=1).sum()


def test_alternating_choices_are_attained():
    table = np.random.default_rng(0).normal(size=(3, 2, 2, 3, 2, 2))
    for choice in alternating(table, 7):
        best = value(table, choice)
        for party, (m, d) in enumerate(zip(table.shape[::2], table.shape[1::2], strict=True)):
            for x, a in itertools.product(range(m), range(d)):
                other = [own.copy() for own in choice]
                other[party][x] = a
                assert value(table, other) <= best + 1e-12


class StopError(Exception):
    """What a search is stopped with."""


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("shape", [(20, 2, 20, 2), (16, 2, 15, 3), (5, 2, 5, 2, 5, 2)])
def test_a_stopped_search_encloses_the_value(after, shape):
    table = np.random.default_rng(len(shape)).integers(-5, 6, shape).astype(float)
    wanted, left = largest(table, tick=lambda: None).value, [after]

    def tick():
        left[0] -= 1
        if left[0] < 0:
            raise StopError

    with pytest.raises(StoppedSearch) as stopped:
        largest(table, tick=tick)
    assert isinstance(stopped.value.__cause__, StopError)
    assert stopped.value.lower <= wanted <= stopped.value.upper


def test_work_counts_all_but_the_largest_party():
    assert work((3, 2, 4, 2, 2, 3)) == pytest.approx(3 + 2 * np.log2(3))


def test_settings_that_do_not_matter_cost_nothing():
    """A game of few settings among many: those at which no outcome differs are merged."""
    rng = np.random.default_rng(6)
    small = np.array([Fraction(int(v)) for v in rng.integers(-4, 5, 4 * 2 * 3 * 3)] + [None], dtype=object)[:-1]
    small = small.reshape(4, 2, 3, 3)
    table = np.full((90, 2, 70, 3), Fraction(0), dtype=object)
    table[5:85:20][:, :, 1:61:20] = small
    idle = [Fraction(int(v), 3) for v in rng.integers(-4, 5, 70)]
    table[40] = np.array(idle, dtype=object)[None, :, None]  # the same whatever A answers
    reduced, left = without_idle(table)
    assert [own.tolist() for own in left] == [[5, 25, 45, 65], [1, 21, 41]]
    found, choice = best_exact(table)
    assert found == best_exact(small)[0] + sum(idle, Fraction(0)) == value(table, choice)
    assert best_exact(reduced)[0] == found


def test_multiples_are_reduced():
    """Common factors and roots leave whole numbers, however many choices are equally good."""
    blocks = np.kron(np.eye(9, dtype=int), [[1, 1], [1, -1]])
    factor = surd(Fraction(1, 3**40), Fraction(1, 10**17 + 3), 2)
    table = np.array([factor * int(v) for v in correlators(blocks).ravel()] + [None], dtype=object)[:-1]
    assert largest_exact(table.reshape(18, 2, 18, 2)) == factor * 18


def test_too_many_ties_are_refused():
    rng, blocks = np.random.default_rng(0), np.kron(np.eye(10, dtype=int), [[1, 1], [1, -1]])
    noise = [Fraction(int(v), 10**40 + 7) for v in rng.integers(0, 9, correlators(blocks).size)]
    table = [int(v) + w for v, w in zip(correlators(blocks).ravel(), noise, strict=True)]
    with pytest.raises(branching.TooCloseError, match="choices"):
        largest_exact(np.array([*table, None], dtype=object)[:-1].reshape(20, 2, 20, 2))
