"""Float behaviors on the exact grid, many at once."""

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.causal.whole import read_tables
from relaxbell.exact.numbers import to_floats


@pytest.mark.parametrize(
    "model",
    [rb.bell(), rb.bell(inputs=(2, 3), outputs=(3, 2)), rb.bell(inputs=(2, 1, 2), outputs=(2, 2, 2))],
    ids=lambda model: model.name,
)
def test_small_probabilities_of_tables_that_nearly_signal(model):
    """What averages over settings take from a small probability, below zero, white noise gives back."""
    rng = np.random.default_rng(5)
    tables = model.T[:, rng.choice(model.strategies.count, 40)].toarray().reshape(*model.observed_shape, 40)
    tables = tables + rng.uniform(1e-11, 3e-10, tables.shape)
    tables /= tables.sum(axis=tuple(range(len(model.outputs))))
    points, good, _ = read_tables(model.coordinates, tables, 1e-9)
    assert len(good) > 10
    assert points.shift.any()
    for row, number in zip(points.rows(), good.tolist(), strict=True):
        own = rb.Behavior(tables[..., number], model.outputs, model.inputs).rounded(model, denominator=2**50)
        assert (row.numbers() == own.table.ravel()).all()
        assert (row.floats == to_floats(row.numbers())).all()
