"""Tests of settings: published figures, and scipy as an independent computation."""

import math

import numpy as np
import pytest
from scipy import stats

import relaxbell as rb
from relaxbell.behavior.chi_squared import chi_squared_tail


@pytest.mark.parametrize(("name", "statistic"), [("nist2015", 21333), ("vienna2015", 75.9), ("weihs1998", 377)])
def test_photons_were_not_measured_in_uniform_settings(name, statistic):
    found = rb.load_counts(name).settings_test()
    assert found.statistic == pytest.approx(statistic, rel=1.5e-3)
    assert found.degrees_of_freedom == 3
    assert found.p_value < 1e-15


def test_delft():
    """p = 0.046, independence of the parties' settings 0.021."""
    found = rb.load_counts("delft2015").settings_test()
    assert found.p_value == pytest.approx(0.046, abs=5e-4)
    assert found.independence.p_value == pytest.approx(0.021, abs=5e-4)
    assert "uniform settings" in repr(found)


@pytest.mark.parametrize("shape", [(2, 3), (3, 2, 2)])
def test_against_scipy(shape):
    rng = np.random.default_rng(5)
    settings = rng.integers(20, 60, shape)
    design = rng.dirichlet(np.ones(shape[0]))
    rest = np.full(shape[1:], 1 / math.prod(shape[1:]))
    outputs, inputs = ("A B", "X Y") if len(shape) == 2 else ("A B C", "X Y Z")
    table = np.zeros((2,) * len(shape) + shape, dtype=int)
    table[(0,) * len(shape)] = settings
    counts = rb.Counts(table, outputs, inputs)
    joint = np.multiply.outer(design, rest)
    found = counts.settings_test(design=joint / joint.sum())
    expected = stats.chisquare(settings.ravel(), joint.ravel() * settings.sum())
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    independence = stats.chi2_contingency(settings, correction=False)
    assert counts.settings_test().independence.statistic == pytest.approx(independence.statistic, rel=1e-12)
    assert counts.settings_test().independence.degrees_of_freedom == independence.dof
    assert counts.settings_test().independence.p_value == pytest.approx(independence.pvalue, rel=1e-12)


@pytest.mark.parametrize(("x", "freedom"), [(0.0, 3), (0.1, 1), (75.9, 3), (400.0, 7), (1300.0, 2), (30.0, 31)])
def test_the_tail(x, freedom):
    assert chi_squared_tail(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), rel=1e-11)


def test_settings_of_probability_zero():
    table = np.zeros((2, 2, 2, 2), dtype=int)
    table[0, 0] = [[30, 0], [0, 34]]
    diagonal = [[0.5, 0], [0, 0.5]]
    counts = rb.Counts(table, empty_settings=True)
    found = counts.settings_test(design=diagonal)
    assert (found.statistic, found.degrees_of_freedom) == (0.25, 1)  # (2² + 2²)/32
    assert found.independence is None  # the design itself correlates the settings
    table[0, 0, 0, 1] = 1
    impossible = rb.Counts(table, empty_settings=True).settings_test(design=diagonal)
    assert (impossible.statistic, impossible.p_value) == (math.inf, 0)


def test_few_trials_are_called_rough():
    assert "rough: only 2 trials" in repr(rb.Counts([[1, 3], [0, 0]], "A", "X").settings_test())


@pytest.mark.parametrize(
    ("design", "message"),
    [
        ([[0.5, 0.5], [0.5, 0.5]], "design sums to 2, expected 1"),
        ([0.5, 0.5], r"design has shape \(2,\), expected \(2, 2\)"),
        ([[1.5, -0.5], [0, 0]], "design contains -0.5"),
        ({"X": [1, 0]}, "design names X, expected each input once: X, Y"),
        ("uniform", "design"),
    ],
)
def test_what_is_no_design(design, message):
    with pytest.raises(rb.errors.CountsError, match=message):
        rb.load_counts("delft2015").settings_test(design=design)
