"""`Scenario`: equal by names, numbers of values and parties, never by the order of axes."""

import copy
import pickle

import numpy as np
import pytest

import relaxbell as rb

SIZES = {"A": 3, "B": 2, "X": 2, "Y": 3}


def uniform(outputs, inputs, sizes, **options):
    shape = [sizes[n] for n in (*outputs.split(), *inputs.split())]
    k = len(outputs.split())
    return rb.Behavior(np.full(shape, 1 / np.prod(shape[:k])), outputs, inputs, **options)


def test_one_scenario_whoever_speaks_of_it():
    scenario = rb.Scenario("A B", "X Y", SIZES)
    behavior = uniform("A B", "X Y", SIZES)
    functional = rb.BellFunctional(np.ones((3, 2, 2, 3), dtype=int))
    counts = rb.Counts(np.ones((3, 2, 2, 3), dtype=int), "A B", "X Y")
    model = rb.bell((2, 3), (3, 2))
    for own in (behavior, functional, counts, model, model.relax("X → B"), rb.Observed([(functional, 6)])):
        assert own.scenario == scenario
        assert hash(own.scenario) == hash(scenario)
        assert own.scenario.shape == (3, 2, 2, 3)
        assert str(own.scenario) == "Scenario 2332: p(A,B|X,Y)"


def test_the_order_of_names_does_not_matter_and_who_chooses_what_does():
    behavior = uniform("A B", "X Y", SIZES)
    turned = behavior.transposed("B A", "Y X")
    assert turned.scenario == behavior.scenario
    assert turned.scenario.shape == (2, 3, 3, 2)
    crossed = uniform("A B", "X Y", SIZES, parties={"A": "Y", "B": "X"})
    assert crossed.scenario != behavior.scenario
    assert str(crossed.scenario) == "Scenario 3232: p(A,B|X,Y), A of Y, B of X"
    assert behavior.scenario != "Scenario 2332: p(A,B|X,Y)"


@pytest.mark.parametrize(
    ("scenario", "text"),
    [
        (rb.catalog.I3322.scenario, "Scenario 3322: p(A,B|X,Y)"),
        (rb.bell((2, 2, 2)).scenario, "Scenario 222222: p(A,B,C|X,Y,Z)"),
        (rb.bell((12, 2)).scenario, "Scenario 12,2,2,2: p(A,B|X,Y)"),
        (rb.bilocality().scenario, "Scenario 212242: p(A,B,C|X,Z)"),  # B has no input: one setting
        (rb.instrumental(3, (2, 3)).scenario, "Scenario p(A,B|Z): A 2, B 3, Z 3"),  # no parties
    ],
)
def test_printed_as_in_the_field(scenario, text):
    assert str(scenario) == text


def test_models_know_parties_where_the_graph_says_so():
    assert rb.boxes.entanglement_swapping().scenario == rb.bilocality().scenario
    both = rb.CausalModel("X -> A; Y -> A; L -> A; L -> B", "X Y", "L", {"X": 2, "Y": 2, "A": 2, "B": 2})
    assert both.scenario.parties is None
    assert rb.bell().relax("L -> X", "X -> B").scenario == rb.bell().scenario


def test_scenarios_stay_as_they_are():
    scenario = rb.bell((2, 3), (3, 2)).scenario
    for other in (copy.deepcopy(scenario), pickle.loads(pickle.dumps(scenario))):
        assert other == scenario
        assert hash(other) == hash(scenario)
    with pytest.raises(AttributeError, match="Scenario is frozen"):
        scenario.inputs = ("X",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("A", "X", {"A": 2}), "no cardinality for X"),
        (("A", "X", {"A": 2, "X": 0}), "cardinality of 'X' is 0, expected an integer ≥ 1"),
        (("A", "X", {"A": 2, "X": True}), "cardinality of 'X' is True"),
        (("A", "X", 3), "cardinality is 3, expected a number for each variable"),
        (("A", "X", {"A": 2, "X": 1, "Q": 1}), "names 'Q', which is none of A, X"),
        (("A A", "X", {"A": 2, "X": 1}), "'A' appears twice"),
        (({"A", "B"}, "X", {"A": 2, "X": 1}), "has no order"),
    ],
)
def test_what_is_no_scenario(arguments, message):
    with pytest.raises(rb.errors.BehaviorError, match=message):
        rb.Scenario(*arguments)


def test_errors_speak_of_scenarios():
    with pytest.raises(rb.errors.FunctionalError, match=r"found Scenario 2222: p\(A,B\|X,Y\) and Scenario 3322"):
        rb.catalog.CHSH + rb.catalog.I3322
    with pytest.raises(rb.errors.BehaviorError, match=r"found Scenario 2332: .* and Scenario 2222"):
        uniform("A B", "X Y", SIZES).mix(rb.boxes.pr(), 0.5)
