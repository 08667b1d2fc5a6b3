"""Evidence in models whose strategies are too many for a list."""

import math
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import ModelTooLargeError
from relaxbell.trials.families import _chains, _most, scores
from relaxbell.trials.null import Null


def planar(m, trials, visibility=0.95, seed=1):
    """Return counts of m directions in a plane on each side, as the chained inequality has them."""
    p = np.empty((2, 2, m, m))
    for a, b, x, y in np.ndindex(*p.shape):
        p[a, b, x, y] = (1 + (-1) ** (a + b) * visibility * math.cos(math.pi * (2 * x - 2 * y - 1) / (2 * m))) / 4
    table = np.random.default_rng(seed).multinomial(trials, p.ravel() / m**2).reshape(p.shape)
    return rb.Counts(table, ("A", "B"), ("X", "Y"))


def influence(m):
    return rb.influence(rb.bell((m, m)).relax("X -> B"), "X", "B")


@pytest.mark.parametrize("m", [2, 3, 5])
def test_chains_are_chained_inequalities(m):
    """Of 2m correlators with signs whose product is −1, of which local models reach 2m − 2."""
    for signs in _chains(m):
        assert abs(signs).sum() == 2 * m
        assert np.prod(signs[signs != 0]) == -1
        assert _most(signs) == 2 * m - 2


@pytest.mark.parametrize("table", [rb.catalog.chained(3), rb.catalog.chained(3) + rb.catalog.chained(3)])
@pytest.mark.parametrize("limit", [Fraction(0), Fraction(1, 20)])
def test_priced_means_are_those_of_a_list(monkeypatch, table, limit):
    """The largest mean of the same table over the same null set, once with and once without a list."""
    c = influence(3)
    null = Null(c, (), c.model.input_distribution.table, Fraction(0))
    scores = np.array([float(v) for v in table.coefficients.ravel()])
    listed = null.largest(scores, limit)
    monkeypatch.setattr("relaxbell.engines.linear.priced.PRICED_FROM", 100)
    priced = Null(c, (), c.model.input_distribution.table, Fraction(0))
    monkeypatch.setattr(Null, "is_priced", True)
    found = priced.largest(scores, limit)
    assert found.bound == listed.bound
    further = priced.largest(scores, limit + Fraction(1, 10)).bound
    assert listed.bound < further <= found.bound + found.slope * Fraction(1, 10)
    assert found.joint.sum() == pytest.approx(1)
    assert found.joint @ scores == pytest.approx(float(listed.bound), abs=1e-9)


@pytest.mark.slow
def test_ten_settings():
    """The chained game has mean (2m − 2)/m² in a local model, and (2m − 2 + 2m ε)/m² within C(X → B) ≤ ε."""
    counts, c = planar(10, 100_000), influence(10)
    found = rb.evidence(counts, c, game=rb.catalog.chained(10))
    assert found.log_p_at(0) < -60
    assert 0 < found.at_least < 1
    assert found.p_value_at(found.at_least) <= 0.05
    assert found.certificate().verify()
    assert "strength" not in str(found)
    assert rb.catalog.chained(10).bound(c.model, [c <= Fraction(1, 100)]) == 18 + Fraction(20, 100)


@pytest.mark.slow
def test_ten_settings_without_a_game():
    """The family depends on the model alone, and a local model is not rejected."""
    c = influence(10)
    found = rb.evidence(planar(10, 100_000), c)
    assert found.log_p_at(0) < -60
    assert found.certificate().verify()
    assert rb.evidence(planar(10, 20_000, visibility=0.5, seed=2), c).p_value == 1


@pytest.mark.slow
def test_ten_settings_that_depend_on_the_latent():
    model = rb.bell((10, 10)).relax("L -> X", "L -> Y")
    found = rb.evidence(planar(10, 100_000), rb.dependence(model), game=rb.catalog.chained(10))
    assert found.log_p_at(0) < -60
    assert "with probability at most" in found.certificate().verify()
    table = model.input_distribution.table
    assert len(scores(model, table)[0]) == 4 * 10


@pytest.mark.slow
def test_what_takes_a_list_is_refused():
    counts, c = planar(10, 10_000), influence(10)
    with pytest.raises(ModelTooLargeError, match="game="):
        _ = rb.evidence(counts, c, game=rb.catalog.chained(10)).strength
    with pytest.raises(ModelTooLargeError, match="game="):
        _ = rb.evidence(counts, c, training=planar(10, 1000, seed=3)).p_value
    with pytest.raises(ModelTooLargeError, match="settings_bias"):
        _ = rb.evidence(counts, c, game=rb.catalog.chained(10), settings_bias=0.001).p_value
