"""Confidence limits: one factor for a range of limits, whose p-value rises with the limit."""

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.trials.limits import Means, rejected

LEVEL = math.log(0.05) - 1e-15


def influence(**sizes):
    return rb.influence(rb.bell(**sizes).relax("X -> B"), "X", "B")


def sampled(box, measure, number, seed):
    joint = np.asarray(box.p, dtype=float)
    cells = joint.ravel() / joint.sum()
    table = np.random.default_rng(seed).multinomial(number, cells).reshape(joint.shape)
    return rb.Counts(table, measure.model.outputs, measure.model.inputs)


def cases():
    box = rb.boxes.tsirelson()
    rng = np.random.default_rng(5)
    unequal = rb.Behavior(rng.dirichlet(np.ones(6), size=6).T.reshape(3, 2, 2, 3))
    dependent = rb.bell().relax("L -> X", "L -> Y")
    return [
        (influence(), box, box.visibility(Fraction(17, 20))),
        (influence(), box.visibility(Fraction(9, 10)), box.visibility(Fraction(19, 20))),  # not quite the truth
        (rb.hall_dependence(dependent), box, box),
        (rb.dependence(dependent), box.visibility(Fraction(19, 20)), box),
        (influence(inputs=(2, 3), outputs=(3, 2)), unequal, unequal),
    ]


@pytest.mark.parametrize("number", [0, 4, *(pytest.param(k, marks=pytest.mark.slow) for k in (1, 2, 3))])
def test_limits_agree_with_p_values(number):
    measure, truth, prediction = cases()[number]
    found = rb.evidence(sampled(truth, measure, 1500, 4), measure, training=prediction)
    limit = found.at_least
    assert (limit > 0) == (found.p_value <= 0.05)
    if math.isinf(limit):
        return
    assert found.p_value_at(limit) <= 0.05
    for share in (0, 0.3, 0.6, 0.9):
        assert found.p_value_at(share * limit) <= 0.05
    test = found.tests[0]
    ends = [Fraction(0), *test.ends, measure.term.ceiling()]
    for low, end in pairwise(ends):
        inside = [low + (end - low) * Fraction(k, 5) for k in range(1, 6)]
        logs = [test.log_p_in(own, end, solve=True) for own in inside]
        assert logs == sorted(logs)  # one factor, so that they rise
        assert all(log <= LEVEL for log, own in zip(logs, inside, strict=True) if own <= limit)


@pytest.mark.slow
def test_limits_lose_little():
    """Against the largest ε at which the factor made for ε itself still rejects: an eighth of the distance at most."""
    box = rb.boxes.tsirelson()
    found = rb.evidence(sampled(box, influence(), 3000, 8), influence(), training=box)
    reach = math.sqrt(2) - 1  # 2 C = S/2 − 1 for Tsirelson's box
    best = next(k / 400 for k in range(400) if found.p_value_at(Fraction(k, 400)) > 0.05)
    assert found.at_least <= best
    assert reach / 2 - found.at_least < (reach / 2 - best) * 1.15


@pytest.mark.parametrize("number", range(5))
def test_lines_bound_all_limits(number):
    """Multipliers of one limit bound the mean at all: compared with the program there."""
    measure, _, box = cases()[number]
    null = rb.evidence(sampled(box, measure, 100, 1), measure, training=box).tests[0].null
    table = np.random.default_rng(number).normal(size=null.shape).ravel()
    limits = [Fraction(k, 16) for k in range(9)]
    exact = [null.largest(table, own) for own in limits]
    for at in limits:
        means = Means(null, table)
        means.at(at)
        for limit, found in zip(limits, exact, strict=True):
            assert float(means.at(limit, solve=False)) >= found.value - 1e-9
            assert means.near(limit, solve=False) >= means.at(limit, solve=False)


def test_what_is_rejected_is_an_interval_from_below():
    """A range that starts rejected and one that does not: nothing beyond the first failure counts."""

    def log_p(limit, end, *, solve):
        return -5.0 if limit <= Fraction(1, 4) or end > Fraction(1, 2) else 0.0

    assert rejected(log_p, (Fraction(1, 2),), -3.0, Fraction(1)) == pytest.approx(1 / 4, rel=1e-8)
    assert rejected(log_p, (Fraction(1, 4), Fraction(1, 2)), -3.0, Fraction(1)) == Fraction(1, 4)
    assert rejected(lambda limit, end, *, solve: -5.0, (), -3.0, Fraction(1)) is None
    assert rejected(lambda limit, end, *, solve: 0.0, (), -3.0, Fraction(1)) == 0


def test_limits_of_several_runs():
    """Two runs of one game reject less than all their trials in one factor, more than either alone."""
    box = rb.boxes.tsirelson()
    runs = [rb.evidence(sampled(box, influence(), 800, seed), influence(), training=box) for seed in (1, 2)]
    both = runs[0] * runs[1]
    assert both.at_least > max(run.at_least for run in runs)
    assert both.p_value_at(both.at_least) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("limit", [Fraction(1, 20), Fraction(1, 10)])
def test_limits_are_too_large_in_one_of_twenty(limit):
    """Devices on the boundary, at which the limit may not be exceeded but with probability 0.05."""
    box = rb.boxes.tsirelson().visibility(Fraction(9, 10))
    measure = influence()
    found = rb.evidence(sampled(box, measure, 100, 1), measure, training=box).tests[0]
    joint = np.maximum(found.null.largest(np.expm1(found.factor(limit).log), limit).joint, 0)
    rng, runs = np.random.default_rng(2), 400
    above = 0
    for _ in range(runs):
        table = rng.multinomial(1000, joint / joint.sum())
        test = replace(found, counts=table.ravel())
        test.__dict__.update(projector=found.projector, _reach=found._reach, _ranges=found._ranges)  # not of the counts
        reached = test.largest_limit(LEVEL, Fraction(1))
        above += reached is None or reached > limit
    assert above / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
