"""The largest means over null sets against programs that CVXPY makes of the model alone; the search of limits."""

import math
from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest

import relaxbell as rb
from relaxbell.trials.chances import log_tail
from relaxbell.trials.limits import _crossing
from relaxbell.trials.null import Null

SKEW = [[Fraction(1, 2), Fraction(1, 6)], [Fraction(1, 6), Fraction(1, 6)]]
NEVER = [[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 4), 0]]
ALONE = {"X": [Fraction(1, 3), Fraction(2, 3)], "Y": [Fraction(1, 4), Fraction(3, 4)]}


def nonlocal_counts(model, seed):
    """Counts of a noisy PR box on the first two settings and outcomes, with some signaling."""
    shape, out = model.observed_shape, len(model.outputs)
    noise = np.random.default_rng(seed).dirichlet(np.ones(math.prod(shape[:out])), size=math.prod(shape[out:]))
    p = 0.1 * noise.T.reshape(shape)
    for a, b, x, y in np.ndindex(*shape):
        if max(a, b) < 2 and (a + b) % 2 == min(x, 1) * min(y, 1):
            p[a, b, x, y] += 0.45
    return rb.Counts(np.rint(3000 * p).astype(int), model.outputs, model.inputs, parties=model.parties)


def largest_mean(measure, limit, table, settings, bias, budgets):
    """The largest mean of a table: q, and where settings are biased p(settings|strategy) q, are all there is."""
    model, q = measure.model, measure.model.q
    shape, out = model.observed_shape, len(model.outputs)
    t = model.T.toarray().reshape(math.prod(shape[:out]), math.prod(shape[out:]), -1)
    table = np.reshape(table, t.shape[:2])
    rows = [q >= 0, cp.sum(q) == 1, measure.expression <= float(limit)]
    rows += [b.measure.expression <= float(b.limit) for b in budgets]
    if model.dependent_inputs:  # T q is p(outputs, dependent inputs|free inputs)
        gone = tuple(k for k, name in enumerate(model.inputs) if name in model.dependent_inputs)
        free = np.broadcast_to(settings.sum(axis=gone, keepdims=True), settings.shape).ravel()
        rows.append(cp.multiply(free, t.sum(axis=0) @ q) == settings.ravel())
        mean = np.einsum("os,osq->q", table * free, t) @ q
    else:
        joint = [cp.Variable(q.shape, nonneg=True) for _ in range(settings.size)]
        rows.append(sum(joint) == q)
        for own, p in zip(joint, settings.ravel().tolist(), strict=True):
            rows += [own <= (p + bias) * q, own >= (p - bias) * q]
        mean = sum((table[:, s] @ t[:, s]) @ own for s, own in enumerate(joint))
    problem = cp.Problem(cp.Maximize(mean), rows)
    problem.solve(solver=cp.HIGHS)
    return float(problem.value)


def influence(u, w, *more, **sizes):
    return rb.influence(rb.bell(**sizes).relax(f"{u} -> {w}", *more), u, w)


def dependence(kind, edges, settings):
    return kind(rb.bell(input_distribution=settings).relax(*edges))


CASES = {
    "skew": (influence("X", "B"), SKEW, 0),
    "one setting never": (influence("A", "B"), NEVER, 0),
    "bias": (influence("Y", "A"), SKEW, Fraction(1, 50)),
    "unequal": (influence("A", "B", inputs=(2, 3), outputs=(3, 2)), None, 0),
    "one input depends": (dependence(rb.dependence, ["L -> X"], ALONE), None, 0),
    "both depend, one setting never": (dependence(rb.hall_dependence, ["L -> X", "L -> Y"], NEVER), None, 0),
    "a budget besides": (influence("X", "B", "L -> X", "L -> Y"), None, 0),
}


@pytest.mark.parametrize("limit", [pytest.param(0, marks=pytest.mark.slow), Fraction(1, 20)])
@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n == "unequal" else []) for n in CASES])
def test_bounds_are_the_largest_means(name, limit):
    """Both the factor for a limit and those for ranges: their bounds are the means that the program finds."""
    measure, settings, bias = CASES[name]
    budgets = [rb.dependence(measure.model) <= Fraction(1, 10)] if "budget" in name else []
    options = {"training": nonlocal_counts(measure.model, 3), "settings_bias": bias, "subject_to": budgets}
    counts = nonlocal_counts(measure.model, 4)
    planned = np.array(measure.model.input_distribution.table if settings is None else settings, dtype=float)
    table = np.rint(counts.table * planned).astype(int)
    counts = rb.Counts(table, counts.outputs, counts.inputs, parties=counts.parties, empty_settings=True)
    test = rb.evidence(counts, measure, settings=settings, **options).tests[0]
    design = np.array(test.null.settings, dtype=float)
    factor = test.factor(Fraction(limit))
    tables = [(factor.excess, factor.bound)]
    for end in test.ends[1:2]:
        own, means = test._in(end)
        tables.append((own.excess, means.at(Fraction(limit))))
    for excess, bound in tables:
        largest = largest_mean(measure, limit, excess, design, float(bias), budgets)
        assert float(bound) == pytest.approx(largest, abs=1e-7 * max(1.0, abs(excess).max()))


@pytest.mark.parametrize("root", [3e-9, 0.0131568, 0.7])
@pytest.mark.parametrize("power", [0.5, 1, 5])
def test_crossings_are_found_in_few_steps(root, power):
    """Of x^k − root^k, the largest float at which it is not positive; halving alone takes 55 steps and more."""
    asked = []

    def excess(limit):
        asked.append(limit)
        return min(3.0, power * math.log(limit / Fraction(root)))

    found = _crossing(excess, Fraction(0), Fraction(1), 2.0**-51)
    assert excess(found) <= 0
    assert float(found) == pytest.approx(root, rel=1e-15)
    assert len(asked) <= 40


@pytest.mark.parametrize("outputs", [(2, 2), pytest.param((3, 2), marks=pytest.mark.slow)])
def test_most_games_are_hopeless_without_a_program_of_their_own(monkeypatch, outputs):
    """The least tail is that of all games, each with the largest chance of its own linear program."""
    measure = influence("X", "B", outputs=outputs)
    counts = nonlocal_counts(measure.model, 5)
    own, asked = Null.largest, []
    monkeypatch.setattr(Null, "largest", lambda null, *args, **options: asked.append(1) or own(null, *args, **options))
    test = rb.evidence(counts, measure).tests[0]
    found = test.log_p_at(Fraction(1, 20))
    few = len(asked)
    tails = [log_tail(test.wins[i], test.trials, test.chance(i, Fraction(1, 20))) for i in range(len(test.games))]
    assert found == pytest.approx(min(tails) + math.log(len(tails)), rel=1e-12)
    assert few <= len(test.games) / 2
