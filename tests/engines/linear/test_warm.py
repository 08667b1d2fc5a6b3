"""A second minimization says what a first one says, whatever was asked before, in which thread, and how often."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.engines.linear.warm import KNOWN

SIGNS = np.array([[1, -1], [-1, 1]])[:, :, None, None]


def angles(inputs, seed):
    """The singlet at random angles in a plane, with noise: floats."""
    rng = np.random.default_rng(seed)
    one, other = (rng.uniform(0, 2 * np.pi, n) for n in inputs)
    return rb.Behavior((1 - rng.uniform(0.6, 1) * SIGNS * np.cos(one[:, None] - other)) / 4)


def reproduced(model, seed):
    """What few random strategies of a model show, with exact weights: signaling where the model allows it."""
    rng = np.random.default_rng(seed)
    weights = np.full(model.strategies.count, Fraction(0), dtype=object)
    for number, share in zip(rng.choice(len(weights), 5, replace=False), rng.integers(1, 9, 5).tolist(), strict=True):
        weights[number] += Fraction(share)
    table = (model.T.toarray().astype(int).astype(object) @ (weights / weights.sum())).reshape(model.observed_shape)
    return rb.Behavior(table, model.outputs, model.inputs)


def biased():
    """Dependent settings that are not equally likely, one of them impossible."""
    return rb.measurement_dependence(input_distribution=[[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 4), 0]])


def both():
    return rb.bell().relax("X -> B", "Y -> A")


def tight(measure):
    return [rb.influence(measure.model, "Y", "A") <= Fraction(1, 20)]


UNEQUAL = ((2, 3), (3, 2))
CASES = {
    "angles": (lambda: rb.influence(rb.input_signaling(), "X", "B"), lambda m, k: angles((2, 2), k), None),
    "roots": (
        lambda: rb.influence(rb.input_signaling(), "X", "B"),
        lambda m, k: rb.boxes.tsirelson().visibility(Fraction(k + 6, 18)),
        None,
    ),
    "unequal": (lambda: rb.influence(rb.bell(*UNEQUAL).relax("X -> B"), "X", "B"), reproduced, None),
    "three parties": (
        lambda: rb.influence(rb.bell((2, 2, 1)).relax("X -> B"), "X", "B"),
        lambda m, k: reproduced(m, k),
        None,
    ),
    "budget": (lambda: rb.influence(both(), "X", "B"), lambda m, k: angles((2, 2), k), tight),
    "sum": (
        lambda: (lambda m: rb.influence(m, "X", "B") + 2 * rb.influence(m, "Y", "A"))(both()),
        lambda m, k: angles((2, 2), k),
        None,
    ),
    "M": (
        lambda: rb.dependence(rb.measurement_dependence()),
        lambda m, k: rb.boxes.tsirelson().visibility(Fraction(k + 6, 18)),
        None,
    ),
    "M, zero setting": (lambda: rb.dependence(biased()), lambda m, k: angles((2, 2), 0).visibility(1 - k / 20), None),
    "values": (
        lambda: rb.influence(rb.input_signaling(), "X", "B"),
        lambda m, k: rb.Observed([(rb.catalog.CHSH, Fraction(20 + 3 * k, 9))], nonsignaling=True),
        None,
    ),
    "message": (lambda: rb.message_weight(rb.message()), lambda m, k: angles((2, 2), k), None),
    "hall, zero setting": (
        lambda: rb.hall_dependence(biased()),
        lambda m, k: angles((2, 2), 0).visibility(1 - k / 50),
        None,
    ),
}


SLOW = ("unequal", "three parties", "sum", "message", "M, zero setting", "hall, zero setting")


@pytest.mark.parametrize("case", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in CASES])
def test_as_a_first_call(case):
    make, point, constraints = CASES[case]
    measure, known = make(), 0
    for k in range(4):
        p = point(measure.model, k)
        limits = () if constraints is None else constraints(measure)
        first, second = rb.minimize(replace(measure), p, limits), rb.minimize(measure, p, limits)
        known += second.statistics["solver"] == KNOWN
        for name in ("value", "lower_bound", "upper_bound", "exact", "status", "functional_value"):
            assert getattr(first, name) == getattr(second, name)
        assert first.statistics["distance"] == second.statistics["distance"]
        assert dict(first.q.mapping) == dict(second.q.mapping)
        assert first.certificate.data == second.certificate.data
    assert str(first.witness) == str(second.witness)
    assert known > 1
    assert measure.model.q.value is None


def test_the_closed_form():
    """Least influence of X on B of non-signaling behaviors with uniform outcomes: (S/2 − 1)/2, or 0."""
    c, box = rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr()
    for k in range(21):
        v = Fraction(k, 20)
        assert rb.minimize(c, box.visibility(v)).exact == max(Fraction(0), v - Fraction(1, 2))


def test_variables_in_another_order():
    c = rb.influence(rb.bell((2, 1), (2, 3)).relax("X -> B"), "X", "B")
    for k in range(3):
        p = reproduced(c.model, k)
        turned = p.transposed("B A", "Y X")
        assert rb.minimize(c, p).exact == rb.minimize(c, turned).exact == rb.minimize(replace(c), turned).exact


def test_bounds():
    query = rb.average_causal_effect(rb.outcome_signaling(), "A", "B")
    for k in range(4):
        p = angles((2, 2), k)
        first, second = rb.bounds(replace(query), p), rb.bounds(query, p)
        assert (*first, first.lower_bound, first.upper_bound) == (*second, second.lower_bound, second.upper_bound)
    assert second.maximum.statistics["solver"] == second.minimum.statistics["solver"] == KNOWN


def test_limits_tell_programs_apart():
    model = both()
    c, p = rb.influence(model, "X", "B"), rb.boxes.pr()
    for k in (0, 1, 2, 3, 2, 1, 0):
        budget = rb.influence(model, "Y", "A") <= Fraction(k, 10)
        assert rb.minimize(c, p, [budget]).exact == Fraction(1, 2) - Fraction(k, 10)
        assert rb.minimize(c, p).exact == 0
    other = rb.influence(both(), "Y", "A") <= Fraction(1, 10)
    with pytest.raises(rb.errors.MeasureError, match="one model instance"):
        rb.minimize(c, p, [other])


def test_errors_are_those_of_a_first_call():
    c = rb.influence(rb.input_signaling(), "X", "B")
    for p in (rb.boxes.pr(), rb.boxes.tsirelson(), rb.boxes.pr()):
        rb.minimize(c, p)
    signaling = np.zeros((2, 2, 2, 2))
    for x, y in np.ndindex(2, 2):
        signaling[y, 0, x, y] = 1  # Alice's outcome is Bob's setting
    with pytest.raises(rb.errors.SignalingError, match="Y"):
        rb.minimize(c, rb.Behavior(signaling))
    with pytest.raises(rb.errors.BehaviorError):
        rb.minimize(c, rb.boxes.cglmp(3))
    with pytest.raises(rb.errors.MeasureError, match="seconds"):
        rb.minimize(c, rb.boxes.pr(), seconds=-1)
    local = rb.influence(rb.input_signaling(), "X", "B")
    rb.minimize(local, rb.boxes.pr().white_noise(), [local <= 0])
    rb.minimize(local, rb.boxes.pr().white_noise(), [local <= 0])
    with pytest.raises(rb.errors.InfeasibleError) as refusal:
        rb.minimize(local, rb.boxes.pr(), [local <= 0])
    assert refusal.value.witness.value > refusal.value.witness.bound


def test_nothing_kept_travels():
    c = rb.influence(rb.input_signaling(), "X", "B")
    for k in range(3):
        solution = rb.minimize(c, angles((2, 2), k))
    assert len(c.kept) > 0
    assert len(pickle.loads(pickle.dumps(c)).kept) == len(copy.deepcopy(c).kept) == len(replace(c).kept) == 0
    assert solution.statistics["solver"] == KNOWN
    copied = pickle.loads(pickle.dumps(solution))
    assert (copied.value, copied.lower_bound, copied.upper_bound) == (
        solution.value,
        solution.lower_bound,
        solution.upper_bound,
    )
    assert dict(copied.q.mapping) == dict(solution.q.mapping)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = solution.nothing


def test_sweeps_neither_use_nor_change_what_is_kept():
    c, points = rb.hall_dependence(rb.measurement_dependence()), [angles((2, 2), k) for k in range(3)]
    first = rb.sweep(c, points, progress=False)
    assert len(c.kept) == 0
    for p in points:
        rb.minimize(c, p)
    again = rb.sweep(c, points, progress=False)
    assert first.values.tobytes() == again.values.tobytes()
    assert first.lower_bounds.tobytes() == again.lower_bounds.tobytes()


def test_what_is_kept_is_bounded():
    model = both()
    c = rb.influence(model, "X", "B")
    for k in range(12):
        rb.minimize(c, rb.boxes.pr(), [rb.influence(model, "Y", "A") <= Fraction(k, 24)])
    assert len(c.kept) <= 8
    warm = rb.influence(rb.input_signaling(), "X", "B")
    for k in range(100):
        rb.minimize(warm, angles((2, 2), k))
    (program,) = (own for own in warm.kept._values.values() if hasattr(own, "_shelf"))
    assert 16 < len(program._shelf._known) <= program._shelf.most == 64


def test_threads():
    c = rb.influence(rb.input_signaling(), "X", "B")
    points = [angles((2, 2), k) for k in range(12)]
    wanted = [rb.minimize(replace(c), p) for p in points]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda k: rb.minimize(c, points[k % 12]), range(96)))
        mappings = list(pool.map(lambda s: dict(s.q.mapping), found[:24]))
    assert [(s.value, s.lower_bound) for s in found] == [(s.value, s.lower_bound) for s in wanted] * 8
    assert mappings == [dict(s.q.mapping) for s in wanted] * 2


def test_where_a_first_call_is_not_exact(monkeypatch):
    """What is read later then comes from the basis that is known, and proves what was said."""
    from relaxbell.engines.linear import over

    c = rb.influence(rb.input_signaling(), "X", "B")
    rb.minimize(c, rb.boxes.tsirelson())
    solution = rb.minimize(c, rb.boxes.tsirelson().visibility(Fraction(9, 10)))
    monkeypatch.setattr(over, "exact_proof", lambda *args, **kwargs: None)
    monkeypatch.setattr(over, "_settled", lambda *args: None)
    assert solution.proof.primal is not None
    assert solution.proof.bound.bound == solution.functional_value + solution.proof.bound.offset
    assert c.value(solution.q) == pytest.approx(solution.value, abs=1e-12)
    assert "one attains it: minimum" in solution.certificate.verify()
