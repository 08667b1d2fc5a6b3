"""Factors that are made anew for each block of ordered trials."""

import math
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import CountsError, MeasureError

THEORY = rb.boxes.tsirelson().visibility(Fraction(17, 20))


def influence(**sizes):
    return rb.influence(rb.bell(**sizes).relax("X -> B"), "X", "B")


def ordered(p, number, seed):
    joint = np.asarray(p, dtype=float)
    cells = np.random.default_rng(seed).choice(joint.size, number, p=joint.ravel() / joint.sum())
    return rb.Trials.from_cells(cells, "A B", "X Y", cardinality=dict(zip("ABXY", joint.shape, strict=True)))


@pytest.mark.parametrize(("shape", "number"), [((2, 2, 2, 2), 4), ((3, 2, 2, 3), 3)])
def test_a_block_is_tested_with_what_was_before(shape, number):
    """The product of evidence of each block, trained on the counts before it."""
    p = np.random.default_rng(2).dirichlet(np.ones(shape[0] * shape[1]), size=shape[2] * shape[3]).T.reshape(shape)
    trials, c = ordered(p, 602, 3), influence(inputs=shape[2:], outputs=shape[:2])
    found = rb.evidence(trials, c, blocks=number)
    for limit in (0, 0.05):
        alone = [
            rb.evidence(
                trials.block(k, of=number).counts(), c, training=trials[: trials.start(k, of=number)].counts()
            ).log_e_at(limit)
            for k in range(1, number)
        ]
        assert found.log_e_at(limit) == pytest.approx(sum(alone), abs=1e-9)
    assert found.trials == 602 - len(trials.block(0, of=number))
    pairs = found.tests[0].factors(Fraction(0))
    assert sum(float(counts @ factor.log) for factor, counts in pairs if counts.any()) == pytest.approx(
        found.log_e_at(0)
    )
    assert "the first" in found.method
    assert any("order" in words for words in found.assumptions)


def test_a_prediction_for_the_first_block():
    trials = ordered(THEORY.p, 1000, 4)
    found = rb.evidence(trials, influence(), blocks=2, training=THEORY)
    first, second = trials.block(0, of=2).counts(), trials.block(1, of=2).counts()
    expected = rb.evidence(first, influence(), training=THEORY).log_e_at(0)
    expected += rb.evidence(second, influence(), training=first).log_e_at(0)
    assert found.log_e_at(0) == pytest.approx(expected, abs=1e-9)
    assert found.trials == 1000
    assert "a behavior from theory" in found.method


def test_limits_and_refusals():
    trials = ordered(rb.boxes.pr().visibility(Fraction(9, 10)).p, 600, 5)
    found = rb.evidence(trials, influence(), blocks=3)
    assert 0 < found.at_least < 0.4
    assert found.p_value_at(found.at_least) <= 0.05
    assert rb.evidence(trials, influence()).trials == 600  # without blocks their order is not used
    with pytest.raises(MeasureError, match="no order, expected Trials"):
        rb.evidence(trials.counts(), influence(), blocks=3)
    with pytest.raises(MeasureError, match="exclude each other"):
        rb.evidence(trials, influence(), blocks=3, split=0.5)
    for wrong in (1, 601, 2.5):
        with pytest.raises(CountsError, match="blocks"):
            rb.evidence(trials, influence(), blocks=wrong)


@pytest.mark.slow
def test_power_of_retraining():
    """Median log10 p of 200 runs of an independent simulation: −1.86 and −4.51; here of 60, within their spread."""
    for number, expected in ((1000, -1.86), (2000, -4.51)):
        logs = []
        for seed in range(60):
            trials = ordered(THEORY.p, number, seed)
            if trials.counts().settings_test().p_value > 2e-3:  # otherwise evidence refuses them, as it should
                logs.append(rb.evidence(trials, influence(), blocks=10).log_p_at(0) / math.log(10))
        spread = 1.2533 * np.std(logs) / 60**0.5  # of a median
        assert abs(np.median(logs) - expected) < 3 * spread


@pytest.mark.slow
def test_devices_that_adapt_to_the_blocks():
    """After each block the device plays where the next factor pays most, until it has crossed."""
    c, limit, level = influence(), Fraction(1, 20), math.log(20)
    local = np.asarray(rb.boxes.tsirelson().visibility(Fraction(3, 4)).p, dtype=float)
    rng, runs, size, number = np.random.default_rng(6), 200, 100, 4
    null = rb.evidence(rb.Counts(np.full((2,) * 4, 5), "A B", "X Y"), c).tests[0].null
    start = np.maximum(null.largest(local.ravel(), limit).joint, 0)
    alarms = 0
    for _ in range(runs):
        cells, joint, total, ever, logs = [], start, 0.0, False, np.zeros(16)
        for k in range(number):
            new = rng.choice(16, size, p=joint / joint.sum())
            if k:
                total += logs[new].sum()
                ever |= total >= level
            cells += new.tolist()
            if k == number - 1 or ever:
                break
            so_far = rb.Counts(np.bincount(cells, minlength=16).reshape((2,) * 4), "A B", "X Y", empty_settings=True)
            test = rb.evidence(rb.Counts(np.full((2,) * 4, 5), "A B", "X Y"), c, training=so_far).tests[0]
            logs = test.factor(limit).log
            joint = np.maximum(null.largest(np.exp(logs), limit).joint, 0)
        alarms += ever
    assert alarms / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
