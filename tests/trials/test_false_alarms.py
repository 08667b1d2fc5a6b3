"""Devices on the boundary of the null set, with memory: false alarms at 5 % within three standard errors."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb

LIMIT = Fraction(1, 20)
LEVEL = np.log(20)
CHSH = np.array([[[[(a + b) % 2 == x * y for y in (0, 1)] for x in (0, 1)] for b in (0, 1)] for a in (0, 1)])


def made(options):
    c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    counts = rb.Counts(np.full((2, 2, 2, 2), 10), "A B", "X Y")
    return rb.evidence(counts, c, **options).tests[0]


def boundary(null, table):
    """Return the distribution of the null set at which a table has its largest mean."""
    joint = np.maximum(null.largest(np.asarray(table, dtype=float), LIMIT).joint, 0)
    return joint / joint.sum()


@pytest.mark.slow
@pytest.mark.parametrize("v", [Fraction(43, 50), 1])
def test_factor_against_devices_that_adapt(v):
    """The device plays where the factor pays most, until it has crossed, or is ahead; then where it varies least."""
    tested = made({"training": rb.boxes.tsirelson().visibility(v)})
    logs = tested.factor(LIMIT).log
    bold = boundary(tested.null, np.exp(logs))
    calm = boundary(tested.null, np.exp(logs) - 4 * (np.exp(logs) - 1) ** 2)
    rng, runs, trials = np.random.default_rng(3), 4000, 1000
    total, ever = np.zeros(runs), np.zeros(runs, dtype=bool)
    for _ in range(trials):
        ahead = total > LEVEL / 2
        cells = np.where(ahead, rng.choice(16, runs, p=calm), rng.choice(16, runs, p=bold))
        total += logs[cells]
        ever |= total >= LEVEL
    allowed = 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
    assert ever.mean() <= allowed  # the trials may end at any time
    assert (total >= LEVEL).mean() <= allowed


@pytest.mark.slow
def test_tail_of_a_game_on_the_boundary():
    """0.041 in 2000 runs of an independent simulation: nearly all of the 5 %."""
    tested = made({"game": CHSH.astype(int)})
    joint = boundary(tested.null, CHSH)
    rng, runs, trials = np.random.default_rng(7), 10_000, 1000
    wins = rng.binomial(trials, joint @ CHSH.ravel().astype(float), runs)
    from relaxbell.trials.chances import log_tail

    chance = tested.chance(0, LIMIT)
    tails = {int(k): log_tail(int(k), trials, chance) for k in np.unique(wins)}
    alarms = np.mean([tails[int(k)] <= -LEVEL for k in wins])
    assert alarms <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
    assert alarms >= 0.03


@pytest.mark.slow
def test_power_is_strength_times_trials():
    """Within 20 % at large n, with a factor announced from the truth."""
    box = rb.boxes.tsirelson().visibility(Fraction(17, 20))
    tested = made({"training": box})
    factor = tested.factor(Fraction(0))
    rng = np.random.default_rng(1)
    counts = rng.multinomial(20_000, box.p.ravel() / 4, size=200)
    assert np.median(counts @ factor.log) == pytest.approx(20_000 * factor.strength, rel=0.2)
