"""M factorized >= (S − 2)/(6 − S): the proof on the page, in polynomials, and its dual family at rational S."""

import itertools
from fractions import Fraction

import pytest
import sympy
from sympy import Rational, cancel, factor, symbols

import relaxbell as rb

u, v, t, s = symbols("u v t s", positive=True)


def c(x):
    return 2 / (1 + 4 * x) - 1


def test_the_identities_of_the_first_step():
    """Twice a sum of deviations, less c(uv): products whose signs the page reads off."""
    a, b = Rational(1, 4) - u + u * v, Rational(1, 4) - v + u * v
    one = 2 * ((1 - u) * (1 - v) - Rational(1, 4))
    two = 2 * ((1 - u) * (1 - v) + u * (1 - v) - Rational(1, 2))
    assert cancel(one - c(u * v) - 8 * a * b / (1 + 4 * u * v)) == 0
    assert cancel(two - c(u * v) + 8 * a * v / (1 + 4 * u * v)) == 0


def test_the_dual_family_is_the_tangents():
    """z = g where won, g − d where lost: c(T) less it is a square over positive numbers, for all S."""
    d = 32 / (6 - s) ** 2
    g = (s - 2) / (6 - s) + d * (4 - s) / 8
    difference = cancel(c(t) - (g - d * t))
    assert cancel(difference - 2 * (8 * t - 4 + s) ** 2 / ((1 + 4 * t) * (6 - s) ** 2)) == 0
    assert cancel(g * (4 + s) / 8 + (g - d) * (4 - s) / 8 - (s - 2) / (6 - s)) == 0  # its value
    assert factor(sympy.diff(c(t), t, 2)) == 64 / (4 * t + 1) ** 3


def test_the_cost_of_the_source_attains_it():
    first, second = (6 - s) / 8, (4 - s) / (6 - s)
    cells = [x * y - Rational(1, 4) for x in (first, 1 - first) for y in (second, 1 - second)]
    signs = [-1, 0, -1, 1]
    for sign, cell in zip(signs, cells, strict=True):  # for 2 <= S <= 4
        values = [cell.subs(s, Rational(k, 10)) for k in range(20, 41)]
        assert all(value * sign >= 0 for value in values)
        assert sign or not any(values)
    assert cancel(sum(sign * cell for sign, cell in zip(signs, cells, strict=True)) - (s - 2) / (6 - s)) == 0


@pytest.mark.parametrize("value", [Fraction(21, 10), Fraction(3), Fraction(39, 10), Fraction(4)])
def test_no_price_is_positive(value):
    """The family at rational S, on all rational sources of a grid: won or lost at any number of settings, exactly."""
    d = 32 / (6 - value) ** 2
    g = (value - 2) / (6 - value) + d * (4 - value) / 8
    grid = [Fraction(k, 24) for k in range(25)] + [(6 - value) / 8, (4 - value) / (6 - value)]
    largest = Fraction(-1)
    for x, y in itertools.product(grid, repeat=2):
        cells = [x * y, x * (1 - y), (1 - x) * y, (1 - x) * (1 - y)]
        cost = sum(abs(cell - Fraction(1, 4)) for cell in cells)
        for lost in (*cells, *(1 - cell for cell in cells)):
            largest = max(largest, g - d * lost - cost)
    assert largest == 0  # and it touches, at the source of the page


@pytest.mark.slow
def test_the_engine_agrees_where_behaviors_are_not_isotropic():
    """The theorem holds for every behavior: with other marginals M is no less."""
    model = rb.measurement_dependence()
    measure = rb.dependence(model, factorized=True)
    table = 0.7 * rb.boxes.pr().p
    table[0, 0] += 0.3
    p = rb.Behavior(table, outputs="A B", inputs="X Y")
    value = float(rb.catalog.CHSH(p))
    assert value > 2
    assert rb.minimize(measure, p).value >= (value - 2) / (6 - value) - 1e-9
