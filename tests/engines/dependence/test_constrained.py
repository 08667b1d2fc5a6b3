"""M in budgets, under budgets and in sums: priced against lists, against models without an edge, and verified."""

from fractions import Fraction

import numpy as np
import pytest
from dependent_cases import behavior_of

import relaxbell as rb
from relaxbell.engines.dependence.budgets import constrained_dependence
from relaxbell.engines.linear.priced.orbits import single_rows
from relaxbell.verify import read_case, setting_tables, verify

BIASED = [[Fraction(1, 3), Fraction(1, 6)], [Fraction(1, 2), 0]]

MODELS = {
    "both": lambda: rb.bell((2, 2)).relax("X -> B", "L -> X", "L -> Y"),
    "one side": lambda: rb.bell((2, 3)).relax("X -> B", "L -> X"),
    "three outcomes": lambda: rb.bell((2, 2), (3, 2)).relax("X -> B", "L -> X", "L -> Y"),
    "two settings, three settings": lambda: rb.bell((2, 3), (2, 2)).relax("X -> B", "L -> X", "L -> Y"),
    "biased": lambda: rb.bell((2, 2), input_distribution=BIASED).relax("X -> B", "L -> X", "L -> Y"),
    "three parties": lambda: rb.bell((2, 2, 1)).relax("X -> B", "L -> X", "L -> Z"),
    "outcome": lambda: rb.bell((2, 2)).relax("A -> B", "L -> X", "L -> Y"),
}

LARGE, SLOW = ("two settings, three settings", "one side"), pytest.mark.slow


def case(name):
    """A model, a behavior of it that needs something, and another measure."""
    model = MODELS[name]()
    rng = np.random.default_rng(sorted(MODELS).index(name))
    q = np.array([Fraction(0)] * model.strategies.count)
    chosen = rng.choice(model.strategies.count, 6, replace=False)
    q[chosen] = [Fraction(int(v)) for v in rng.integers(1, 9, 6)]
    return model, behavior_of(model, q / q.sum(), rng), rb.influence(model, "A" if name == "outcome" else "X", "B")


def same(measure, p, subject_to):
    """Pricing gives what the list of strategies gives: exact numbers, at weights that reproduce the data."""
    listed = rb.minimize(measure, p, subject_to=subject_to)
    answer, proof = constrained_dependence(measure, measure.model.equations(p), subject_to, thorough=True)
    assert answer.value == pytest.approx(listed.value, abs=1e-9)
    assert proof.primal is not None
    assert proof.bound.bound == listed.proof.bound.bound
    q = np.array([proof.primal.get(i, Fraction(0)) for i in range(measure.model.strategies.count)])
    equations = measure.model.equations(p)
    assert (equations.rows.matrix.astype(int).toarray().astype(object) @ q == equations.rhs).all()
    assert measure.at(q.astype(float)) == pytest.approx(listed.value, abs=1e-12)
    assert all(own.measure.at(q.astype(float)) <= float(own.limit) + 1e-12 for own in subject_to)
    return listed


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW if name in LARGE else ()) for name in MODELS])
def test_priced_is_what_lists_give(name):
    model, p, c = case(name)
    m = rb.dependence(model)
    alone, free = rb.minimize(c, p).proof.bound.bound, rb.minimize(m, p).proof.bound.bound
    same(m, p, [c <= alone + Fraction(1, 50)])
    same(c, p, [m <= free + Fraction(1, 50)])
    same(m + 2 * c, p, [])


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_priced_is_what_lists_give_in_other_terms(name):
    model, p, c = case(name)
    m = rb.dependence(model)
    same(rb.maximum(m, 3 * c), p, [])
    same(c, p, [m + c <= 2, 3 * m <= 2])
    same(m, p, [c <= 1])


def test_constraints_that_nothing_satisfies_are_refused_with_a_proof():
    model = rb.bell((2, 2)).relax("X -> B", "L -> X", "L -> Y")
    m, c = rb.dependence(model), rb.influence(model, "X", "B")
    p = rb.boxes.pr()
    budgets = [m <= Fraction(1, 5), c <= Fraction(1, 5)]  # M + C >= 1/2 for the PR box
    with pytest.raises(rb.errors.InfeasibleError, match="within the constraints") as error:
        constrained_dependence(c, model.equations(p), budgets, thorough=True)
    assert error.value.witness.value == error.value.witness.functional(p)
    assert verify(error.value.certificate.data).startswith("there is no model")


def test_constraints_on_many_strategies_that_nothing_satisfies_are_refused_with_a_proof():
    model = rb.bell((3, 3)).relax("X -> B", "L -> X", "L -> Y")
    m, c = rb.dependence(model), rb.influence(model, "X", "B")
    with pytest.raises(rb.errors.InfeasibleError, match="within the constraints") as error:
        rb.minimize(m, planar(3), subject_to=[m <= Fraction(1, 20), c <= Fraction(1, 20)])
    assert verify(error.value.certificate.data).startswith("there is no model")


def planar(n):
    x = np.arange(n)
    table = np.cos(np.pi * (x[:, None] - x[None, :] - 0.5) / n)
    return rb.Behavior((1 + np.array([[1, -1], [-1, 1]])[:, :, None, None] * table) / 4)


@pytest.mark.slow
def test_without_one_relaxation_the_other_remains():
    """16 million strategies: no dependence is X -> B alone, no influence is dependent settings alone."""
    model, p = rb.bell((4, 4)).relax("X -> B", "L -> X", "L -> Y"), planar(4)
    m, c = rb.dependence(model), rb.influence(model, "X", "B")
    alone = rb.minimize(rb.influence(rb.input_signaling((4, 4)), "X", "B"), p)
    found = rb.minimize(c, p, subject_to=[m <= 0])
    assert found.value == pytest.approx(alone.value, abs=1e-9)
    assert found.value - found.lower_bound < 1e-9
    assert_reached(found, c, m, 0)
    alone = rb.minimize(rb.dependence(rb.measurement_dependence((4, 4))), p)
    found = rb.minimize(m, p, subject_to=[c <= 0])
    assert found.value == pytest.approx(alone.value, abs=1e-9)
    assert m.value(found.q) == pytest.approx(found.value, abs=1e-8)
    assert verify(found.certificate.data).startswith("every model")


def assert_reached(found, measure, limited, limit):
    """The model found, spread over what symmetries make of it, has the data, the value and the budget."""
    equations, numbers = measure.model.equations(found.observed), list(found.q.mapping)
    weights = np.array(list(found.q.mapping.values()))
    rows = equations.rows.at(measure.model.local.assignments(numbers)).array
    assert abs(rows @ weights - equations.floats).max() < 1e-9
    assert measure._at_few(numbers, weights) == pytest.approx(found.value, abs=1e-8)
    assert limited._at_few(numbers, weights) <= limit + 1e-8


def test_many_strategies_need_no_list():
    """36,864 strategies, whose M has 36,864 rows; a budget is met by the model found, and the proof by the verifier."""
    model, p = rb.bell((3, 3)).relax("X -> B", "L -> X", "L -> Y"), planar(3)
    m, c = rb.dependence(model), rb.influence(model, "X", "B")
    found = rb.minimize(c, p, subject_to=[m <= Fraction(1, 20)])
    assert "column generation" in found.statistics["solver"]
    assert found.value - found.lower_bound < 1e-9
    assert_reached(found, c, m, 0.05)
    again = rb.minimize(m, p, subject_to=[c <= found.value + 1e-9])
    assert again.value == pytest.approx(0.05, abs=1e-7)
    assert_reached(again, m, c, found.value + 1e-9)
    assert verify(found.certificate.data).startswith("every model")
    false = found.certificate.data | {"claim": {"lower_bound": str(Fraction(found.value) + Fraction(1, 10**6))}}
    false.pop("strategies", None)
    with pytest.raises(Exception, match="the proof gives the lower bound"):
        verify(false)


@pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW if name in LARGE else ()) for name in MODELS])
def test_the_verifier_finds_without_a_list_what_its_list_says(name, monkeypatch):
    """For good proofs, and for multipliers that are anything."""
    model, p, c = case(name)
    m = rb.dependence(model)
    free = rb.minimize(m, p).proof.bound.bound
    data = rb.minimize(c, p, subject_to=[m <= free + Fraction(1, 50)]).certificate.data
    rng = np.random.default_rng(0)
    proof = data["proof"]
    z = [str(Fraction(v) + Fraction(int(k), 7)) for v, k in zip(proof["z"], rng.integers(-9, 10, 99), strict=False)]
    for own in (data, data | {"proof": proof | {"z": z}}):
        listed = read_case(own).proven()
        monkeypatch.setattr(setting_tables, "LISTED", 0)
        found = read_case(own).proven()
        monkeypatch.undo()
        assert not (listed - found).sign()


@pytest.mark.parametrize(
    ("inputs", "distribution"),
    [
        pytest.param((3, 3), None, marks=SLOW),
        ((2, 3), None),
        ((2, 2), [[Fraction(1, 3), Fraction(1, 6)], [Fraction(1, 6), Fraction(1, 3)]]),
    ],
)
def test_exact_data_with_symmetries_are_merged(monkeypatch, inputs, distribution):
    """Symmetries change neither the exact value nor that the weights reproduce the data; p(x) may break some."""
    signs = np.array([[1, -1], [-1, 1]])[:, :, None, None]
    x, y = np.arange(inputs[0])[:, None], np.arange(inputs[1])
    e = np.where(abs(2 * (x - y) - 1) < max(inputs), 1, -1) * Fraction(4, 5)
    p = rb.Behavior((1 + signs * e) * Fraction(1, 4))
    model = rb.bell(inputs, input_distribution=distribution).relax("X -> B", "L -> X", "L -> Y")
    c, budget = rb.influence(model, "X", "B"), [rb.dependence(model) <= Fraction(1, 20)]
    equations, found = model.equations(p), []
    for merged in (True, False):
        if not merged:
            monkeypatch.setattr("relaxbell.engines.dependence.budgets.orbits", lambda form, _: single_rows(form))
        answer, proof = constrained_dependence(c, equations, budget, thorough=True)
        total = Fraction(0) * equations.rhs
        columns = equations.rows.at(model.local.assignments(list(proof.primal))).matrix
        for i, j, v in zip(*columns.tocoo().coords, columns.tocoo().data, strict=True):
            total[i] += Fraction(v) * list(proof.primal.values())[j]
        assert (total * equations.rows.scale == equations.rhs).all()
        found.append((proof.bound.bound, answer.iterations))
    (value, few), (same_value, many) = found
    assert value == same_value
    assert few < many
