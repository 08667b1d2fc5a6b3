"""Objects travel: to other processes by pickle, and by deepcopy, without what is made on first use."""

import copy
import pickle

import numpy as np
import pytest

import relaxbell as rb

_MEASURE = rb.influence(rb.bell().relax("X -> B"), "X", "B")


def same(first, second):
    return repr(first) == repr(second)


def ways():
    return [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))]


def things():
    model = rb.bell(inputs=(2, 3), outputs=(3, 2)).relax("X -> B", "L -> Y")
    counts = rb.load_counts("delft2015")
    return {
        "behavior": rb.boxes.tsirelson(),
        "float behavior": rb.Behavior(rb.boxes.ghz().p, "A B C", "X Y Z"),
        "functional": rb.catalog.I3322,
        "counts": counts,
        "fit": counts.fit(),
        "model": model,
        "measure": rb.influence(model, "X", "B"),
        "dependence": rb.dependence(model),
        "hall": rb.hall_dependence(model),
        "information": rb.mutual_information(model),
        "entropy": rb.message_entropy(rb.message()),
        "sum": rb.influence(model, "X", "B") + 2 * rb.dependence(model),
        "budget": rb.influence(model, "X", "B") <= 0.1,
        "observed": rb.Observed([(rb.catalog.CHSH, 2.5)], nonsignaling=True),
        "solution": rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.tsirelson()),
    }


@pytest.mark.parametrize("way", ways())
@pytest.mark.parametrize("name", list(things()))
def test_copies_are_equal(name, way):
    thing = things()[name]
    assert same(way(thing), thing)


@pytest.mark.parametrize("way", ways())
def test_a_copied_behavior_is_the_same_and_frozen(way):
    p = rb.boxes.tsirelson()
    again = way(p)
    assert (again.p == p.p).all()
    assert (again.exact == p.exact).all()
    assert again.parties == p.parties == {"A": "X", "B": "Y"}
    assert not again.p.flags.writeable
    assert not again.exact.flags.writeable
    with pytest.raises(AttributeError, match="frozen"):
        again.p = 0


@pytest.mark.parametrize("way", ways())
def test_the_variable_does_not_travel(way):
    model = rb.bell(inputs=(3, 2)).relax("X -> B")
    measure = rb.influence(model, "X", "B")
    size = len(pickle.dumps(model))
    assert model.q is model.q
    assert model.T.nnz == 6 * model.strategies.count
    assert len(pickle.dumps(model)) == size < 3000  # nothing that was made since
    again = way(measure)
    assert again.model.q is not model.q
    p = rb.Behavior(np.full((2, 2, 3, 2), 0.25))
    assert rb.minimize(again, p, subject_to=[again.model.q[0] <= 0.5]).value == 0


@pytest.mark.parametrize("way", ways())
def test_measures_of_one_model_still_share_it(way):
    both = rb.bell(inputs=(2, 3)).relax("X -> B", "Y -> A")
    there, back = way((rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")))
    assert there.model is back.model
    assert rb.maximum(there, back).model is there.model


@pytest.mark.parametrize("way", ways())
def test_a_copied_solution_keeps_its_proof(way):
    both = rb.bell().relax("X -> B", "Y -> A")
    budget = rb.influence(both, "Y", "A") <= 0.1
    solution = rb.minimize(rb.influence(both, "X", "B"), rb.boxes.pr(), subject_to=[budget])
    again = way(solution)
    assert again.lower_bound == solution.lower_bound
    assert again.witness.bound == solution.witness.bound
    proof = again.proof
    leaf = proof.problem.budgets[0].measure.term
    assert list(proof.bound.weights[leaf]) == list(
        solution.proof.bound.weights[solution.proof.problem.budgets[0].measure.term]
    )


def test_an_error_keeps_its_witness():
    with pytest.raises(rb.errors.InfeasibleError) as caught:
        rb.minimize(_MEASURE, rb.boxes.pr(), subject_to=[_MEASURE <= 0.1])
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.witness.violation == caught.value.witness.violation


def test_a_dependence_prints_like_every_measure():
    measure = rb.dependence(rb.measurement_dependence((2, 3)))
    assert repr(measure).startswith("M(X,Y:Λ) = 1/6 · sum |")
