import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
import sympy
from hypothesis import given
from hypothesis import strategies as st

from relaxbell.exact.bounds import column_minimum, snapped
from relaxbell.exact.numbers import Surd, as_exact, ceil_float, exact_array, floor_float, sign, surd, to_sympy
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import floor_text

RATIONALS = st.fractions(min_value=-1000, max_value=1000, max_denominator=997)


def test_square_factors_of_large_radicands():
    """Trial division would not end: floats that are read as exact numbers have such roots."""
    p, q = 1_000_000_007, 998_244_353  # primes
    assert surd(1, 3, p * p * q) == surd(1, 3 * p, q)
    assert surd(0, 1, p * p) == p
    assert (surd(0, 1, p * q).b, surd(0, 1, p * q).n) == (1, p * q)
    assert surd(0, 1, 4 * 9 * p) == surd(0, 6, p)


@given(RATIONALS, RATIONALS, RATIONALS, RATIONALS, st.sampled_from([2, 3, 5, 8, 12]))
def test_arithmetic_is_sympys(a, b, c, d, n):
    left, right = surd(a, b, n), surd(c, d, n)
    exact_left, exact_right = to_sympy(left), to_sympy(right)
    assert sympy.expand(to_sympy(left * right) - exact_left * exact_right) == 0
    assert sympy.expand(to_sympy(left - right) - (exact_left - exact_right)) == 0
    if right != 0:
        assert sympy.radsimp(to_sympy(left / right) - exact_left / exact_right).equals(0)
    assert sign(left - right) == sympy.sign(exact_left - exact_right)
    assert (left < right) == bool(exact_left < exact_right)


@given(RATIONALS, RATIONALS, st.sampled_from([2, 3, 7]))
def test_floats_enclose(a, b, n):
    number = surd(a, b, n)
    low, high = floor_float(number), ceil_float(number)
    assert sign(number - Fraction(low)) >= 0
    assert sign(Fraction(high) - number) >= 0
    assert high <= math.nextafter(math.nextafter(low, math.inf), math.inf)


def test_cancellation():
    tiny = surd(-1393, 985, 2)  # a convergent of √2: the difference is 3.6e-4
    assert float(tiny) == pytest.approx(float((985 * sympy.sqrt(2) - 1393).evalf(30)), rel=1e-15)
    assert tiny.sign() == 1


def test_what_is_exact():
    r2 = sympy.sqrt(2)
    assert as_exact(r2 / 2 + sympy.Rational(1, 3)) == surd(Fraction(1, 3), Fraction(1, 2), 2)
    assert as_exact(1 / (1 + r2)) == surd(-1, 1, 2)
    assert as_exact(np.int64(3)) == 3
    for value in (
        0.5,
        sympy.Float(0.5),
        sympy.sqrt(2) + sympy.sqrt(3),
        sympy.pi,
        sympy.Symbol("x"),
        "1/2",
        None,
    ):
        assert as_exact(value) is None
    assert exact_array([[1, 0.5]]) is None
    assert exact_array([surd(0, 1, 2), surd(0, 1, 3)]) is None  # one square root at a time
    with pytest.raises(ValueError, match="√2 with √3"):
        surd(0, 1, 2) + surd(0, 1, 3)
    assert isinstance(surd(1, 1, 2), Surd)


def test_floor_text_never_rounds_up():
    rng = np.random.default_rng(0)
    for value in rng.normal(size=200) * 10.0 ** rng.integers(-8, 4, size=200):
        assert Fraction(floor_text(value)) <= Fraction(value)


@given(st.integers(0, 10_000))
def test_column_minimum_is_a_bound(seed):
    rng = np.random.default_rng(seed)
    matrix = sp.csr_array(rng.integers(-3, 4, size=(5, 40)).astype(float))
    rows = Rows(matrix, tuple("abcde"))
    weights = rng.integers(-(2**40), 2**40, size=5).astype(float)
    exact = min(sum((Fraction(matrix[i, j]) * Fraction(weights[i]) for i in range(5)), Fraction(0)) for j in range(40))
    assert column_minimum([(rows, weights)]) == exact
    exact_whole = exact
    rough = sp.csr_array(rng.normal(size=(5, 40)))
    exact = min(sum((Fraction(rough[i, j]) * Fraction(weights[i]) for i in range(5)), Fraction(0)) for j in range(40))
    found = column_minimum([(Rows(rough, tuple("abcde")), weights)])
    assert exact - Fraction(1, 2**5) <= found <= exact
    large = column_minimum([(rows, weights * 2.0**15)])  # beyond 2^53: no longer exact, still a bound
    assert large <= exact_whole * 2**15
    assert float(large) == pytest.approx(float(exact_whole * 2**15), rel=1e-9, abs=2.0**10)
    assert column_minimum([(rows, weights * 2.0**180)]) is None


def test_snapping():
    assert snapped(np.array([0.5, 1 / 3, 0.1]), 10, 1e-9) == [Fraction(1, 2), Fraction(1, 3), Fraction(1, 10)]
    assert snapped(np.array([math.pi]), 100, 1e-9) is None


def test_rows_keep_their_scale():
    rows = Rows(sp.csr_array(np.array([[1.0, 2.0]])), ("r",), Fraction(1, 3))
    assert rows.values(np.array([1.0, 1.0])) == pytest.approx([1.0])
    assert rows.scaled(Fraction(-3)).values(np.array([1.0, 1.0])) == pytest.approx([-3.0])
