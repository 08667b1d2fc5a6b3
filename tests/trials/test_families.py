"""What is tested where no game is named: families that the model fixes."""

import math
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import MeasureError
from relaxbell.trials.families import scores
from relaxbell.trials.scores import _STAKES, FamilyTest
from relaxbell.trials.wins import GameTest

LEVEL = math.log(20)


def influence(**sizes):
    return rb.influence(rb.bell(**sizes).relax("X -> B"), "X", "B")


def drawn(p, model, number, seed=5, settings=None):
    """Return counts of a behavior at settings by design."""
    joint = np.asarray(p, dtype=float)
    shape = joint.shape[len(model.outputs) :]
    weights = np.full(shape, 1 / np.prod(shape)) if settings is None else np.asarray(settings, dtype=float)
    cells = (joint * weights).ravel()
    table = np.random.default_rng(seed).multinomial(number, cells / cells.sum()).reshape(joint.shape)
    return rb.Counts(table, model.outputs, model.inputs, parties=model.parties, empty_settings=True)


def correlated(shape, signs, visibility):
    """Return p(a, b|x, y) with outcome 0 against the others, each as likely, correlated as signs say."""
    p = np.zeros(shape)
    for a, b, x, y in np.ndindex(*shape):
        sign = (-1) ** ((a > 0) + (b > 0)) * signs[x][y]
        p[a, b, x, y] = (1 + visibility * sign) / 4 / (max(1, shape[0] - 1) if a else 1) / (shape[1] - 1 if b else 1)
    return p


def pearl():
    """Return p(a, b|z) with p(a=0, b=0|0) + p(a=0, b=1|1) = 2 · 0.765, at most 1 for instruments."""
    p = np.zeros((2, 2, 2))
    for a, b, z in np.ndindex(2, 2, 2):
        p[a, b, z] = (0.85 if b == z else 0.15) * (0.9 if a == 0 else 0.1)
    return p


UNEQUAL = [[Fraction(1, 4), Fraction(1, 4), Fraction(0)], [Fraction(1, 8), Fraction(1, 4), Fraction(1, 8)]]


@pytest.mark.parametrize(
    ("model", "size"),
    [
        (rb.bell(), 8),
        (rb.bell(inputs=(3, 3)), 72),  # 9 choices of settings
        (rb.bell(inputs=(2, 3), outputs=(3, 2)), 216),  # 3 pairs of settings, 9 groupings
        (rb.bell(inputs=(2, 3), outputs=(3, 2), input_distribution=UNEQUAL), 72),  # one pair of settings is left
        (rb.bell(inputs=(2, 2), outputs=(3, 3)), 72),  # 3 groupings for each party, the same for both settings
        (rb.bell(inputs=(2, 2, 2), outputs=(2, 2, 2)), 3 * 8 + 16 + 16),
        (rb.instrumental(), 4),
        (rb.instrumental(3), 36),
        (rb.instrumental(2, (3, 2)), 6),
    ],
)
def test_scores_have_mean_zero_at_most(model, size):
    """At all deterministic strategies; and some reach it, so that no score is weaker than it must be."""
    found, _ = scores(model, model.input_distribution.table)
    weights = np.broadcast_to(np.asarray(model.input_distribution.table, dtype=float), model.observed_shape).ravel()
    means = np.array(found) @ (model.T.toarray() * weights[:, None]) / abs(np.array(found)).max(axis=1, keepdims=True)
    assert len(found) == size
    assert abs(means.max(axis=1)).max() < 1e-12
    if model.observed_shape[1] > 2:
        return  # two groups of outcomes have no equal share of noise
    # nothing is bet on settings: where outcomes are noise, all that a member uses have the same mean
    noise = np.array(found).reshape(-1, *model.observed_shape).mean(axis=tuple(range(1, 1 + len(model.outputs))))
    for own in (noise * np.asarray(model.input_distribution.table, dtype=float)).reshape(len(found), -1):
        used = own[own != 0]
        assert np.ptp(used) < 1e-9 * abs(used).max()


def test_ghz():
    """Mermin's game: 4 of 8 settings, won with 1 − (1 − v)/2 against 3/4."""
    model = rb.bell(inputs=(2, 2, 2), outputs=(2, 2, 2)).relax("X -> B")
    counts = drawn(rb.boxes.ghz(3).visibility(Fraction(9, 10)).p, model, 600)
    found = rb.evidence(counts, rb.influence(model, "X", "B"))
    assert isinstance(found.tests[0], FamilyTest)
    assert found.p_value < 1e-10
    assert "56 scores" in found.method
    assert "Mermin" in found.method
    assert any("no game was named" in words for words in found.assumptions)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "p", "number", "most"),
    [
        (influence(inputs=(2, 2), outputs=(3, 3)), rb.boxes.cglmp(3).p, 2000, 1e-4),
        (influence(inputs=(3, 3)), correlated((2, 2, 3, 3), [[1, 1, 1], [1, 1, -1], [1, -1, 1]], 0.7), 2000, 1e-4),
        (
            influence(inputs=(2, 3), outputs=(3, 2)),
            correlated((3, 2, 2, 3), [[1, 1, 1], [1, -1, 1]], 0.75),
            2000,
            1e-8,
        ),
        (rb.influence(rb.instrumental().relax("Z -> B"), "Z", "B"), pearl(), 200, 1e-8),
        (rb.dependence(rb.instrumental().relax("L -> Z")), pearl(), 200, 1e-8),
    ],
)
def test_violations_are_found(measure, p, number, most):
    assert rb.evidence(drawn(p, measure.model, number), measure).p_value < most


def test_games_of_a_family_pay_for_their_number():
    counts = drawn(rb.boxes.cglmp(3).p, rb.bell((2, 2), (3, 3)), 2000)
    found = rb.evidence(counts, influence(inputs=(2, 2), outputs=(3, 3)))
    test = found.tests[0]
    assert isinstance(test, GameTest)
    best = int(np.argmax(test.wins))
    table = test.games[best].reshape(3, 3, 2, 2)
    named = rb.evidence(counts, influence(inputs=(2, 2), outputs=(3, 3)), game=table)
    assert found.p_value == pytest.approx(72 * named.p_value, rel=1e-12)


def test_settings_that_never_occur_and_that_are_biased():
    c = influence(inputs=(2, 3), outputs=(3, 2))
    counts = drawn(correlated((3, 2, 2, 3), [[1, 1, 1], [1, -1, 1]], 0.75), c.model, 1500, settings=UNEQUAL)
    found = rb.evidence(counts, c, settings=UNEQUAL)
    assert "72 scores" in found.method
    assert found.p_value < 1e-6
    assert 0 < found.at_least < 0.25
    assert found.p_value_at(found.at_least) <= 0.05


def test_no_family_for_what_has_no_inequality():
    counts = rb.Counts(np.full((2, 2, 1, 2), 5), "A B", "X Y")
    with pytest.raises(MeasureError, match="named before the data were seen, training= counts"):
        rb.evidence(counts, rb.influence(rb.bell(inputs=(1, 2)).relax("Y -> A"), "Y", "A"))


# ------------------------------------------------------------------ devices with memory


def bold(test, table, limit):
    joint = np.maximum(test.null.largest(np.asarray(table, dtype=float), limit).joint, 0)
    return joint / joint.sum()


def played(joints, choice, rng):
    """Return a cell for each run, from the distribution that each has chosen."""
    steps = np.cumsum(joints, axis=1)[choice]
    return (steps < rng.random(len(choice))[:, None]).sum(axis=1).clip(max=joints.shape[1] - 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "measure",
    [
        influence(inputs=(2, 3), outputs=(3, 2)),
        rb.influence(rb.bell(inputs=(2, 2, 2), outputs=(2, 2, 2)).relax("X -> B"), "X", "B"),
        rb.influence(rb.instrumental(3).relax("Z -> B"), "Z", "B"),
        rb.dependence(rb.instrumental(3).relax("L -> Z")),
    ],
)
@pytest.mark.parametrize("limit", [Fraction(0), Fraction(1, 20)])
def test_scores_against_devices_that_adapt(measure, limit):
    """Each plays where the member pays that has gained most so far, and may stop when it likes."""
    model = measure.model
    test = rb.evidence(rb.Counts(np.full(model.observed_shape, 8), model.outputs, model.inputs), measure).tests[0]
    assert isinstance(test, FamilyTest)
    joints = np.array([bold(test, own.scores, limit) for own in test.members])
    stakes = np.array(_STAKES)
    bounds = np.array([float(own._means.at(limit)) / own.largest for own in test.members])
    logs = np.array([np.log1p(stakes[:, None] * own.scores / own.largest) for own in test.members])
    logs -= np.log1p(stakes[None, :] * bounds[:, None])[:, :, None]
    rng, runs, trials = np.random.default_rng(11), 300, 250
    total, ever = np.zeros((runs, len(joints), len(stakes))), np.zeros(runs, dtype=bool)
    for _ in range(trials):
        cells = played(joints, total.max(axis=2).argmax(axis=1), rng)
        total += logs[:, :, cells].transpose(2, 0, 1)
        ever |= np.exp(total).mean(axis=(1, 2)) >= 20
    assert ever.mean() <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    "measure",
    [
        influence(inputs=(2, 2), outputs=(3, 3)),
        rb.influence(rb.instrumental().relax("Z -> B"), "Z", "B"),
        rb.dependence(rb.instrumental().relax("L -> Z")),
    ],
)
@pytest.mark.parametrize("limit", [Fraction(0), Fraction(1, 20)])
def test_games_against_devices_that_adapt(measure, limit):
    from relaxbell.trials.chances import log_tail

    model = measure.model
    test = rb.evidence(rb.Counts(np.full(model.observed_shape, 8), model.outputs, model.inputs), measure).tests[0]
    assert isinstance(test, GameTest)
    games = np.array(test.games)
    joints = np.array([bold(test, own, limit) for own in games])
    chances = [test.chance(k, limit) for k in range(len(games))]
    rng, runs, trials = np.random.default_rng(13), 2000, 300
    wins = np.zeros((runs, len(games)), dtype=int)
    for _ in range(trials):
        wins += games[:, played(joints, wins.argmax(axis=1), rng)].T
    alarms = 0
    for own in wins:
        best = int(np.argmax([won - trials * float(chance) for won, chance in zip(own, chances, strict=True)]))
        alarms += log_tail(int(own[best]), trials, chances[best]) + math.log(len(games)) <= -LEVEL
    assert alarms / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
