"""Facts about the fit that need no other fit: closed forms, exact stationarity, certificates by LP."""

import dataclasses
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from scipy.optimize import linprog
from scipy.stats import chi2

import relaxbell as rb


def nonsignaling_equalities(shape):
    """Rows of Σ_a p(a, …|x, …) − Σ_a p(a, …|0, …) = 0 and of normalization, written without Coordinates."""
    parties = len(shape) // 2
    cells = np.arange(np.prod(shape)).reshape(shape)
    rows, right = [], []
    for setting in np.ndindex(*shape[parties:]):
        row = np.zeros(cells.size, dtype=int)
        row[cells[(..., *setting)].ravel()] = 1
        rows.append(row)
        right.append(1)
    for party in range(parties):
        moved = np.moveaxis(cells, (party, parties + party), (0, 1))
        for x in range(1, moved.shape[1]):
            for first, other in zip(
                moved[:, 0].reshape(len(moved), -1).T, moved[:, x].reshape(len(moved), -1).T, strict=True
            ):
                row = np.zeros(cells.size, dtype=int)
                row[other] += 1
                row[first] -= 1
                rows.append(row)
                right.append(0)
    return np.array(rows), np.array(right)


def shortfall(counts, behavior):
    """Bound on the missing log-likelihood, per trial: max over q of Σ (n/p) q / trials − 1 (concavity)."""
    n, p = counts.table.ravel(), behavior.p.ravel()
    seen = n > 0
    gradient = np.zeros(n.size)
    gradient[seen] = n[seen] / p[seen] / counts.trials
    rows, right = nonsignaling_equalities(counts.table.shape)
    found = linprog(-gradient, A_eq=rows, b_eq=right, bounds=(0, None), method="highs")
    assert found.status == 0
    return -found.fun - 1


@pytest.mark.parametrize("name", [name for name in rb.data_sets() if rb.load_counts(name).parties])
def test_gradient_vanishes_along_nonsignaling_directions(name):
    counts = rb.load_counts(name)
    fitted = counts.fit().behavior.exact.ravel()
    rows, _ = nonsignaling_equalities(counts.table.shape)
    slopes = [Fraction(int(n)) / p / counts.trials for n, p in zip(counts.table.ravel(), fitted, strict=True)]
    for direction in sympy.Matrix(rows).nullspace():
        assert abs(sum(s * Fraction(int(d)) for s, d in zip(slopes, direction, strict=True))) < 1e-25


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "names", "mean"),
    [
        ((3, 2, 2, 3), ("A B", "X Y"), 0.3),
        ((3, 2, 2, 3), ("A B", "X Y"), 1),
        ((2, 2, 2, 2, 2, 2), ("A B C", "X Y Z"), 0.3),
        ((2, 3, 2, 2, 1, 2), ("A B C", "X Y Z"), 1),
    ],
)
def test_sparse_tables_are_fitted(shape, names, mean):
    """Degenerate optima: cells whose probability and multiplier both vanish."""
    rng = np.random.default_rng(11)
    for _ in range(6):
        table = rng.poisson(mean, shape)
        table += table.sum(axis=tuple(range(len(shape) // 2)), keepdims=True) == 0
        counts = rb.Counts(table, *names)
        fit = counts.fit()
        assert fit.behavior.exact.min() >= 0
        assert abs(shortfall(counts, fit.behavior)) < 1e-9


def test_counts_of_very_different_size():
    rng = np.random.default_rng(5)
    for _ in range(10):
        scale = 10.0 ** rng.integers(0, 13, size=(2, 2, 2, 2))
        table = (rng.random((2, 2, 2, 2)) * scale).astype(np.int64) * (rng.random((2, 2, 2, 2)) < 0.7)
        table[1, 1] += table.sum(axis=(0, 1)) == 0
        counts = rb.Counts(table)
        assert abs(shortfall(counts, counts.fit().behavior)) < 1e-8


@pytest.mark.parametrize("zero", [False, True])
def test_closed_form_where_one_party_has_no_input(zero):
    """If only p(b|x) must not depend on x, then p(b) = n(b)/n and p(a|b, x) = n(a, b, x)/n(b, x)."""
    table = np.array([[[5, 0 if zero else 8], [2, 9]], [[7, 1], [6, 4]]])
    counts = rb.Counts(table, "A B", "X", parties={"A": "X", "B": None})
    fit = counts.fit()
    pair = table.sum(axis=0)
    exact = [
        Fraction(int(table[a, b, x] * pair[b].sum()), int(pair[b, x] * table.sum())) for a, b, x in np.ndindex(2, 2, 2)
    ]
    assert max(abs(p - q) for p, q in zip(fit.behavior.exact.ravel(), exact, strict=True)) < 1e-25
    assert (fit.behavior.exact[0, 0, 1] == 0) == zero
    n = table.astype(float).ravel()
    raw = (table / table.sum(axis=(0, 1))).ravel()
    seen = n > 0
    deviance = 2 * (n[seen] * np.log(raw[seen] / np.array(exact, dtype=float)[seen])).sum()
    assert fit.deviance == pytest.approx(deviance, rel=1e-9)
    assert fit.degrees_of_freedom == 1
    assert fit.p_value == pytest.approx(chi2.sf(deviance, 1), rel=1e-9)


def test_probabilities_at_the_boundary_are_exactly_zero():
    rng = np.random.default_rng(3)
    table = np.zeros((2, 2, 2, 2), dtype=int)
    for x, y in np.ndindex(2, 2):
        table[0, 0, x, y], table[1, 1, x, y] = rng.integers(10, 90, 2)  # perfect correlation, unequal marginals
    fitted = rb.Counts(table).fit().behavior.exact
    assert all(fitted[a, b, x, y] == 0 for a, b, x, y in np.ndindex(2, 2, 2, 2) if a != b)
    # then p(0, 0|x, y) is one number, estimated from all trials
    assert abs(fitted[0, 0, 1, 0] - Fraction(int(table[0, 0].sum()), int(table.sum()))) < 1e-25


def test_nonsignaling_frequencies_are_returned_exactly():
    table = np.full((2, 2, 2, 2), 3)
    table[..., 1, 0] = 5
    counts = rb.Counts(table)
    fit = counts.fit()
    assert (fit.behavior.exact == counts.frequencies.exact).all()
    assert (fit.deviance, fit.p_value, fit.iterations) == (0.0, 1.0, 0)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 64, 1001])
@pytest.mark.parametrize("deviance", [0.0, 1e-9, 0.7, 23.0, 900.0, 5e4])
def test_p_values_are_those_of_chi_squared(freedom, deviance):
    """Against mpmath's incomplete gamma function, to the last digits, in the tails too."""
    fit = dataclasses.replace(rb.Counts(np.ones((2, 2, 2, 2), dtype=int)).fit(), deviance=deviance)
    fit = dataclasses.replace(fit, degrees_of_freedom=freedom)
    with mpmath.workdps(60):
        exact = mpmath.gammainc(mpmath.mpf(freedom) / 2, mpmath.mpf(deviance) / 2, regularized=True)
        assert fit.p_value == pytest.approx(float(exact), rel=1e-14, abs=0)
