"""Counts drawn at random, and approximate standard errors."""

import numpy as np
import pytest
from scipy import stats

import relaxbell as rb

RNG = np.random.default_rng(11)


def random_behavior(outputs, inputs):
    table = RNG.random((*outputs, *inputs))
    table /= table.sum(axis=tuple(range(len(outputs))))
    return rb.Behavior(
        table,
        "ABC"[: len(outputs)] if len(outputs) == 1 else " ".join("ABC"[: len(outputs)]),
        " ".join("XYZ"[: len(inputs)]),
    )


SHAPES = [((3, 2), (2, 3)), ((2, 3, 2), (2, 1, 3)), ((2,), (3,)), ((2, 2), (3,)), ((3, 2), ())]


@pytest.mark.parametrize(("outputs", "inputs"), SHAPES)
def test_samples_follow_the_behavior_and_the_design(outputs, inputs):
    """Pearson's statistic of all cells, against independent numbers; one seed, so nothing depends on luck."""
    p = random_behavior(outputs, inputs)
    design = RNG.dirichlet(np.ones(int(np.prod(inputs)))).reshape(inputs)
    counts = rb.sample(p, 20_000, 3, settings=design)
    assert (counts.trials, counts.variables, counts.parties) == (20_000, p.variables, p.parties)
    joint = (p.p * design).ravel() * 20_000
    kept = joint > 5
    seen, expected = counts.table.ravel()[kept], joint[kept]
    assert stats.chi2.sf(((seen - expected) ** 2 / expected).sum(), kept.sum() - 1) > 1e-4
    assert counts.settings_test(design=design).p_value > 1e-4


def test_samples_are_drawn_again():
    box = rb.boxes.tsirelson()
    one, again = rb.sample(box, 500, 7), rb.sample(box, 500, np.random.default_rng(7))
    assert (one.table == again.table).all()
    rng = np.random.default_rng(7)
    assert (rb.sample(box, 500, rng).table == one.table).all()
    assert (rb.sample(box, 500, rng).table != one.table).any()


def test_what_cannot_happen_never_does():
    counts = rb.sample(rb.boxes.pr(), 10**12, 1, settings=[[0.5, 0], [0.25, 0.25]])
    assert counts.trials == 10**12
    assert counts.settings[0, 1] == 0
    assert (counts.table[rb.boxes.pr().p == 0] == 0).all()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((rb.load_counts("delft2015"), 5, 1), {}, r"cannot sample a Counts.*counts\.fit\(\)\.behavior"),
        ((np.ones((2, 2)), 5, 1), {}, "cannot sample a ndarray"),
        ((rb.boxes.pr(), 0, 1), {}, "number of trials is 0, expected an integer from 1"),
        ((rb.boxes.pr(), 2.5, 1), {}, "number of trials is 2.5"),
        ((rb.boxes.pr(), 5, None), {}, "the seed is None, expected an integer"),
        ((rb.boxes.pr(), 5, -1), {}, "the seed is -1"),
        ((rb.boxes.pr(), 5, 1), {"settings": [0.5, 0.5]}, r"settings has shape \(2,\), expected \(2, 2\)"),
    ],
)
def test_what_cannot_be_sampled(arguments, options, message):
    with pytest.raises(rb.errors.CountsError, match=message):
        rb.sample(*arguments, **options)


@pytest.mark.parametrize("parametric", [False, True])
def test_the_error_of_chsh_is_that_of_its_correlators(parametric):
    """Var S = Σ (1 − E²)/n; the spread of 400 resamples has a relative error of 1/√800, and four of it are allowed."""
    counts = rb.load_counts("delft2015")
    p = counts.fit().behavior.p if parametric else counts.frequencies.p
    E = p[0, 0] + p[1, 1] - p[0, 1] - p[1, 0]
    expected = np.sqrt(((1 - E**2) / counts.settings).sum())
    drawn = counts.bootstrap(400, 5, parametric=parametric)
    found = drawn.errors(lambda own: float(rb.catalog.CHSH(own.frequencies)))
    assert float(found.error) == pytest.approx(expected, rel=4 / 800**0.5)
    assert float(found.value) == pytest.approx(2.4225, abs=5e-5)
    low, high = found.interval(confidence=0.68)
    assert (high - low) / 2 == pytest.approx(expected, rel=0.2)
    assert "approximate: 400 " + ("para" if parametric else "nonpara") in repr(found)


def test_errors_of_several_fitted_minima_at_once():
    """min C(A→B) = 2 min C(X→B) (arXiv:1411.4648), so the errors are in this ratio exactly."""
    one, two = rb.influence(rb.input_signaling(), "X", "B"), rb.influence(rb.outcome_signaling(), "A", "B")

    def minima(counts):
        p = counts.fit().behavior
        return [rb.minimize(one, p).value, rb.minimize(two, p).value]

    found = rb.load_counts("delft2015").bootstrap(10, 2).errors(minima)
    assert found.values.shape == (10, 2)
    assert found.error[1] == pytest.approx(2 * found.error[0], rel=1e-9)


def test_resamples_keep_settings_and_are_drawn_again():
    counts = rb.sample(random_behavior((3, 2), (2, 3)), 900, 4, settings=[[0.4, 0.1, 0], [0.2, 0.2, 0.1]])
    drawn, again = counts.bootstrap(5, 6), counts.bootstrap(5, 6)
    assert (drawn.tables == again.tables).all()
    assert len({table.tobytes() for table in drawn.tables}) == 5
    for own in drawn:
        assert (own.settings == counts.settings).all()
        assert (own.table[counts.table == 0] == 0).all()


def test_what_a_bootstrap_refuses():
    counts = rb.load_counts("delft2015")
    for n in (0, 1.5, True):
        with pytest.raises(rb.errors.CountsError, match="number of resamples is"):
            counts.bootstrap(n, 1)
    with pytest.raises(rb.errors.CountsError, match="needs 2 or more"):
        counts.bootstrap(1, 1).errors(lambda own: 1.0)
    with pytest.raises(rb.errors.CountsError, match="is a str, expected a number"):
        counts.bootstrap(2, 1).errors(lambda own: "much")
    with pytest.raises(rb.errors.CountsError, match="not finite"):
        counts.bootstrap(2, 1).errors(lambda own: np.nan)
    with pytest.raises(rb.errors.CountsError, match="confidence is 95"):
        counts.bootstrap(2, 1).errors(lambda own: 1.0).interval(confidence=95)
    sizes = iter([1, 1, 2])
    with pytest.raises(rb.errors.CountsError, match=r"resample 1 has shape \(2,\), expected \(1,\)") as refused:
        counts.bootstrap(2, 1).errors(lambda own: np.ones(next(sizes)))
    assert refused.value.__notes__ == ["in resample 1 of 2 of delft2015"]
