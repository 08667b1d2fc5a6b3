"""The page "Where a good guess is wrong": its rows, and its theorem against the minimum."""

from fractions import Fraction

import numpy as np
import pytest
from tables import check, names, run, tables

import relaxbell as rb

PAGE = "docs/wrong_guesses.rst"
ROWS = [row for _, rows in tables(PAGE) for row in rows]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2][:80])
def test_the_line_returns_the_value(row):
    _, _, code, value = row
    check(run(code, names(PAGE)), value)


@pytest.mark.parametrize("seed", range(6))
def test_biased_settings(seed):
    """M = 2 (S − 2) p1 p2/(p1 + p2), of the two least likely settings, for correlators that are not alike."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 30, 4)
    settings = np.array([Fraction(int(w), int(weights.sum())) for w in weights], dtype=object)
    correlators = [Fraction(int(n), 20) for n in rng.integers(14, 21, 4)]
    table = np.array([[correlators[0], correlators[1]], [correlators[2], -correlators[3]]], dtype=object)
    p = rb.Behavior.from_correlators({"AB": table, "A": [0, 0], "B": [0, 0]})
    first, second = sorted(settings)[:2]
    expected = 2 * (sum(correlators) - 2) * first * second / (first + second)
    assert sum(correlators) > 2
    model = rb.measurement_dependence(input_distribution=settings.reshape(2, 2).tolist())
    assert rb.minimize(rb.dependence(model), p).exact == expected
