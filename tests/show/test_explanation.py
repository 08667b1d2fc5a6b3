"""`explain`: the numbers in its sentences are those of the strategies, computed here once more."""

import re
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb


def numbers(sentence):
    return [float(v) for v in re.findall(r"probability (\d\.?[\d.e-]*\d|\d)", sentence)]


def test_input_signaling_at_the_tsirelson_box():
    """For each y the shares with which Bob uses x sum to C = (√2 − 1)/2: the influence's row of that y."""
    solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.tsirelson())
    (sentence,) = rb.explain(solution).sentences
    assert sentence.startswith("Bob's output ")
    assert sum(numbers(sentence)) == pytest.approx((2**0.5 - 1) / 2, abs=1e-3)  # printed to three digits


def test_the_pr_box_needs_the_outcome_always():
    solution = rb.minimize(rb.influence(rb.outcome_signaling(), "A", "B"), rb.boxes.pr())
    assert "always" in str(rb.explain(solution))
    assert "never uses a" in str(rb.explain(solution))


def test_a_local_behavior_uses_nothing():
    local = rb.boxes.pr().visibility(Fraction(1, 2))
    solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), local)
    assert str(rb.explain(solution)) == "Bob's output never uses x."


def test_a_message_is_sent_as_often_as_its_weight_says():
    solution = rb.minimize(rb.message_weight(rb.message()), rb.boxes.pr())
    listens, sent = rb.explain(solution).sentences
    assert "m with probability" in listens
    assert sent == "A message other than m = 0 is sent with probability 0.5."


def test_guessing_the_settings():
    """Sum over λ of the largest q(x, λ), from the weights as an array."""
    model = rb.measurement_dependence((2, 2, 2), (2, 2, 2))
    solution = rb.minimize(rb.dependence(model), rb.boxes.ghz())
    nodes = model.strategies.nodes
    table = solution.q.weights.reshape([node.functions for node in nodes])
    settings = [k for k, node in enumerate(nodes) if node.name in model.inputs]
    joint = np.moveaxis(table, settings, (0, 1, 2)).reshape(8, -1)
    (sentence,) = rb.explain(solution).sentences
    assert numbers(sentence) == [pytest.approx(joint.max(axis=0).sum(), abs=6e-4)]
    assert sentence.endswith("instead of 0.125.")


def test_free_settings_are_called_free():
    model = rb.measurement_dependence(dependent="X")
    solution = rb.minimize(rb.dependence(model), rb.boxes.pr().white_noise())
    assert str(rb.explain(solution)) == "The settings x are chosen freely: λ does not help to guess them."


def test_unequal_cardinalities_and_three_parties():
    model = rb.bell((2, 3, 2), (2, 2, 3)).relax("Y -> C")
    noise = rb.Behavior(np.full((2, 2, 3, 2, 3, 2), Fraction(1, 12), dtype=object), "A B C", "X Y Z")
    found = rb.explain(rb.minimize(rb.influence(model, "Y", "C"), noise))
    assert found.sentences == ("Charlie's output never uses y.",)
    assert found.columns == ("probability", "A", "B", "C")
    box = rb.boxes.i3322()
    large = rb.explain(rb.minimize(rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B"), box))
    assert "maps x = 0, 1, 2 to" in str(large)


def test_models_without_relaxed_edges_and_their_own_names():
    lipid = rb.Behavior([[[0.919, 0.315], [0, 0.139]], [[0.081, 0.073], [0, 0.473]]], outputs="B A", inputs="Z")
    solution = rb.bounds(rb.average_causal_effect(rb.instrumental(), "A", "B"), lipid).minimum
    found = rb.explain(solution)
    takes, responds = found.sentences
    # p(a=1|z=1) − p(a=1|z=0): who copies z, if nobody defies; the data have p(a=1|z=0) = 0
    assert takes == "A copies z with probability 0.612."
    copies, flips = numbers(responds)
    assert copies - flips == pytest.approx(solution.value, abs=1e-3)


def test_networks_of_several_sources():
    solution = rb.minimize(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping())
    assert rb.explain(solution).sentences[0].startswith("A copies x with probability")


def test_table_and_html():
    solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.tsirelson())
    found = rb.explain(solution)
    assert sum(row[0] for row in found.rows) == pytest.approx(1, abs=1e-8)
    assert len(found.rows) == len(solution.q)
    assert repr(found).startswith(str(found))
    assert "… 2 more strategies" in repr(found)
    assert found._repr_html_().count("<tr>") == 11


def test_bits_are_named():
    """2 − log2 3 bits about the settings (Friedman et al. 2019); a PR box needs a message of one bit."""
    known = rb.minimize(rb.mutual_information(rb.measurement_dependence()), rb.boxes.pr())
    assert rb.explain(known).sentences[-1] == "λ tells 0.415 bit about the settings."
    sent = rb.minimize(rb.message_entropy(rb.message()), rb.boxes.pr())
    assert rb.explain(sent).sentences[-1] == "The message has an entropy of 1 bit."


def test_only_solutions_are_explained():
    with pytest.raises(rb.errors.MeasureError, match="cannot explain a Behavior, expected a Solution"):
        rb.explain(rb.boxes.pr())
    weight = rb.message_weight(rb.message())
    with pytest.raises(rb.errors.MeasureError, match="Explain its minimum or its maximum"):
        rb.explain(rb.bounds(weight, rb.boxes.tsirelson()))


@pytest.mark.parametrize("name", ["C(X -> B)", "C(A -> B)", "M(X,Y:Λ)", "I(X,Y:Λ)"])
def test_small_is_not_never(name):
    """Photon experiments need relaxations of 1e-5 or less; nothing is called free or unused."""
    said = str(rb.explain(rb.quantify("vienna2015", resamples=0)[name]))
    assert "never" not in said
    assert "freely" not in said
    if name == "C(X -> B)":
        assert sum(numbers(said)) == pytest.approx(6.998e-6, rel=1e-2)


def test_dependent_settings_are_not_called_free_where_guessing_does_not_improve():
    """M = (√2 − 1)/4 for p(x) = (3/4, 1/4) (FACTS, E6), and still the likelier setting is the best guess."""
    weights = {"X": [Fraction(3, 4), Fraction(1, 4)], "Y": [Fraction(1, 2), Fraction(1, 2)]}
    solution = rb.minimize(rb.dependence(rb.measurement_dependence(input_distribution=weights)), rb.boxes.tsirelson())
    assert solution.value == pytest.approx((2**0.5 - 1) / 4)
    said = str(rb.explain(solution))
    assert said == "The settings x, y depend on λ, but who knows λ still guesses with probability 0.375."


def test_sources_are_called_independent_only_if_they_are():
    measure, model = rb.nonbilocality(rb.bilocality()), rb.bilocality()
    loud, quiet = (rb.minimize(measure, rb.boxes.entanglement_swapping(Fraction(v, 10))) for v in (8, 7))
    joint = np.zeros((4, 4))
    for strategy in loud.q.support:
        digits = model.strategies.digits(int(strategy))
        joint[digits["A"], digits["C"]] += loud.q.weights[strategy]
    guessed = f"{joint.max(axis=1).sum():.3g} instead of {joint.sum(axis=0).max():.3g}"
    assert rb.explain(loud).sentences[-1] == f"Who knows what A does guesses what C does with probability {guessed}."
    assert rb.explain(quiet).sentences[-1] == "What A and C do is independent."


def test_no_model_crashes_it_and_every_probability_is_one():
    """All measures, hidden nodes, three parties, unequal cardinalities, names of several letters."""
    rng = np.random.default_rng(1)
    graph = rb.CausalModel(
        "Assignment -> Treatment -> Outcome; U -> Treatment; U -> Outcome",
        inputs="Assignment",
        latent="U",
        cardinality={"Assignment": 3, "Treatment": 2, "Outcome": 3},
    )
    three = rb.bell((2, 3, 2), (2, 2, 3)).relax("X -> B", "A -> C")
    star, message = rb.star(2, (2, 3), (3, 2), center=2), rb.message((2, 1), (2, 3), alphabet=3)
    free, signaling = rb.measurement_dependence((2, 3), (3, 2)), rb.input_signaling((2, 3), (3, 2))
    measures = [
        rb.average_causal_effect(graph, "Treatment", "Outcome", outcome=1),
        rb.maximum(rb.influence(three, "X", "B"), rb.influence(three, "A", "C")),
        rb.message_weight(message),
        rb.message_entropy(rb.message((2, 3), (3, 2))),
        rb.dependence(free),
        rb.hall_dependence(free),
        rb.mutual_information(free),
        rb.influence(signaling, "X", "B") + rb.influence(signaling, "X", "B", variation=True),
        rb.nonbilocality(star),
    ]
    for measure in measures:
        model = measure.model
        q = rng.dirichlet(np.full(model.strategies.count, 0.02))
        if model is star:
            q = np.full(model.strategies.count, 1 / model.strategies.count)
        joint = (model.T @ q).reshape(model.observed_shape)
        outputs = tuple(range(len(model.outputs)))
        p = rb.Behavior(joint / joint.sum(axis=outputs, keepdims=True), model.outputs, model.inputs)
        found = rb.explain(rb.minimize(measure, p))
        assert found.sentences
        assert all(sentence.endswith(".") for sentence in found.sentences)
        assert all(0 < value <= 1 for sentence in found.sentences for value in numbers(sentence)), found
        assert sum(row[0] for row in found.rows) == pytest.approx(1, abs=1e-6)
        assert "<table>" in found._repr_html_()
