"""Exact bases against brute force over all bases, and against a simplex of Fractions."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
import sympy
from exact_reference import simplex

from relaxbell.exact.basis import Basis, IntegerProgram, RightHandSide, exact_product
from relaxbell.exact.numbers import Surd, sign, surd
from relaxbell.exact.pivots import dual_simplex


def program(rng, m, n, inequalities):
    matrix = rng.integers(-2, 3, (m, n))
    matrix[0] = 1  # bounded, like Σ q = 1
    equality = np.arange(m) < m - inequalities
    return IntegerProgram(sp.csc_array(matrix), rng.integers(-3, 4, n), equality)


def bases(integers):
    m, n = integers.matrix.shape
    slack = np.flatnonzero(~integers.equality)
    for chosen in itertools.combinations(range(n + len(slack)), m):
        columns = [j for j in chosen if j < n]
        loose = [slack[j - n] for j in chosen if j >= n]
        yield Basis(np.array(columns, dtype=np.intp), np.array(loose, dtype=np.intp))


def solved_by_sympy(integers, basis, rhs):
    tight = [i for i in range(integers.matrix.shape[0]) if i not in basis.loose.tolist()]
    core = sympy.Matrix(integers.matrix.toarray()[np.ix_(tight, basis.columns)].tolist())
    if core.rows and core.det() == 0:
        return None
    return list(core.LUsolve(sympy.Matrix([rhs[i] for i in tight]))) if core.rows else []


@pytest.mark.parametrize("seed", range(8))
def test_every_basis_against_sympy_and_the_optimum_against_an_independent_simplex(seed):
    rng = np.random.default_rng(seed)
    integers = program(rng, 3, 5, seed % 3)
    rhs = np.array([Fraction(1), *(Fraction(int(v), 7) for v in rng.integers(-3, 4, 2))], dtype=object)
    best = []
    for basis in bases(integers):
        primal, dual = integers.primal(basis, RightHandSide.read(rhs)), integers.dual(basis)
        expected = solved_by_sympy(integers, basis, rhs)
        assert (primal is None) == (expected is None) == (dual is None)
        if primal is None:
            continue
        assert primal.values == expected
        x = np.full(5, Fraction(0), dtype=object)
        x[basis.columns] = primal.values
        left = rhs - integers.matrix.toarray() @ x
        assert primal.feasible == (
            min(x) >= 0 and all(v == 0 if e else v >= 0 for v, e in zip(left, integers.equality, strict=True))
        )
        assert [left[i] for i in basis.loose] == primal.slack
        y = [Fraction(v, dual.denominator) for v in dual.numerators]
        reduced = integers.cost - integers.matrix.toarray().T @ np.array(y, dtype=object)
        assert [Fraction(int(v), dual.denominator) for v in dual.reduced] == list(reduced)
        if primal.feasible:
            best.append((integers.cost * x).sum())
            if dual.feasible:
                assert (np.array(y, dtype=object) * rhs).sum() == best[-1]
        if dual.feasible:  # dual simplex pivots from every dual feasible basis reach the same optimum
            found = dual_simplex(integers, basis, RightHandSide.read(rhs))
            optimum = minimum(integers, rhs)
            assert (found is None) == (optimum is None)
            if found is not None:
                assert found[1].feasible
                assert found[2].feasible
                z = [Fraction(v, found[2].denominator) for v in found[2].numerators]
                assert (np.array(z, dtype=object) * rhs).sum() == optimum
    assert (min(best) if best else None) == minimum(integers, rhs)


def minimum(integers, rhs):
    slack = np.eye(len(rhs), dtype=int)[:, ~integers.equality]
    wide = np.hstack([integers.matrix.toarray(), slack])
    return simplex([*integers.cost.tolist(), *[0] * slack.shape[1]], wide.tolist(), list(rhs))


def test_right_hand_sides_with_a_root():
    rhs = RightHandSide.read(np.array([surd(Fraction(1, 4), Fraction(1, 8), 2), Fraction(1, 3)], dtype=object))
    assert (rhs.denominator, rhs.radicand, rhs.parts) == (24, 2, ([6, 8], [3, 0]))
    integers = IntegerProgram(sp.csc_array(np.array([[1, 1], [1, -1]])), np.array([1, 0]), np.array([True, True]))
    primal = integers.primal(Basis(np.array([0, 1]), np.empty(0, dtype=np.intp)), rhs)
    assert primal.values == [surd(Fraction(7, 24), Fraction(1, 16), 2), surd(Fraction(-1, 24), Fraction(1, 16), 2)]
    assert primal.feasible
    assert sign(primal.values[1]) == 1  # √2/16 = 0.0884 > 1/24 = 0.0417, decided without floats


def test_signs_that_floats_cannot_decide():
    # (17/12)² = 2 + 1/144, (665857/470832)² = 2 + 1/470832²: the difference is 1.6e-12, then 1.6e-24
    close = Fraction(886731088897, 627013566048)
    tiny = surd(-close, 1, 2)
    assert isinstance(tiny, Surd)
    assert sign(tiny) == -1
    integers = IntegerProgram(sp.csc_array(np.array([[1]])), np.array([1]), np.array([True]))
    basis = Basis(np.array([0]), np.empty(0, dtype=np.intp))
    for value, feasible in ((tiny, False), (-tiny, True)):
        rhs = RightHandSide.read(np.array([value], dtype=object))
        assert integers.primal(basis, rhs).feasible is feasible


def test_bases_that_are_none():
    integers = IntegerProgram(sp.csc_array(np.array([[1, 1], [1, 1]])), np.array([0, 0]), np.array([True, True]))
    none = np.empty(0, dtype=np.intp)
    for columns in ([0, 1], [0]):  # singular, not square
        basis = Basis(np.array(columns), none)
        rhs = RightHandSide.read(np.array([Fraction(1)] * 2, dtype=object))
        assert integers.primal(basis, rhs) is integers.dual(basis) is dual_simplex(integers, basis, rhs) is None


@pytest.mark.parametrize("size", [1, 2**40, 2**61, 3**80, 10**60])
def test_products_of_any_size(size):
    rng = np.random.default_rng(0)
    for width in (1, 2**33):
        dense = rng.integers(-5, 6, (6, 4)) * width
        vector = [int(v) * size + int(v) for v in rng.integers(-9, 10, 4)]
        expected = [sum(int(a) * v for a, v in zip(row, vector, strict=True)) for row in dense]
        mass = int(abs(dense).sum(axis=1).max())
        assert exact_product(sp.csr_array(dense), vector, mass).tolist() == expected


def test_empty_products():
    assert exact_product(sp.csr_array(np.zeros((2, 0), dtype=np.int64)), [], 0).tolist() == [0, 0]
