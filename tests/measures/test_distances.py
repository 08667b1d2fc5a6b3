"""Distances of data from a model: closed forms that are known, an independent program, signaling, budgets, proofs."""

import copy
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from matrix import data, plain

import relaxbell as rb
from relaxbell.errors import InfeasibleError, MeasureError
from relaxbell.verify import Refused, verify

DISTANCES = {"mean": rb.mean_distance, "largest": rb.largest_distance}


def signaling_table(rng, shape, outputs):
    """Fractions, any of them zero, that no model of few edges makes."""
    table = rng.integers(0, 5, shape).astype(object)
    table[(0,) * outputs] += 1
    sums = table.sum(axis=tuple(range(outputs)), keepdims=True)
    return np.vectorize(Fraction, otypes=[object])(table, np.broadcast_to(sums, shape))


def behavior(model, seed):
    shape, k = model.observed_shape, len(model.outputs)
    return rb.Behavior(signaling_table(np.random.default_rng(seed), shape, k), model.outputs, model.inputs)


def by_hand(model, table, which):
    """The least distance by the program of `matrix.plain`."""
    return {"mean": plain.mean_distance, "largest": plain.largest_distance}[which](model).least(table)


MODELS = {
    "local": lambda r: rb.bell(
        (2, 3), (3, 2), input_distribution={"X": [Fraction(1, 3), Fraction(2, 3)], "Y": [0, 1, 0]}
    ),
    "X to B": lambda r: rb.bell((2, 2), (2, 3)).relax("X -> B"),
    "three parties": lambda r: rb.bell((2, 1, 2), input_distribution=data.joint(r, (2, 1, 2))).relax("X -> B"),
    "dependent": lambda r: rb.measurement_dependence(
        (2, 2), (2, 3), input_distribution=data.joint(r, (2, 2), never=True)
    ),
    "one dependent": lambda r: rb.measurement_dependence(
        dependent="X", input_distribution={"X": data.distribution(r, 2), "Y": data.distribution(r, 2)}
    ),
    "instrument": lambda r: rb.instrumental(3, (2, 2), input_distribution=data.distribution(r, 3, never=True)),
}


@pytest.mark.parametrize("which", DISTANCES)
@pytest.mark.parametrize(
    "name", [n if n in ("X to B", "dependent") else pytest.param(n, marks=pytest.mark.slow) for n in MODELS]
)
def test_the_least_distance_of_signaling_data_is_that_of_a_program_by_hand(name, which):
    model = MODELS[name](np.random.default_rng(5))
    p = behavior(model, 7)
    solution = rb.minimize(DISTANCES[which](model), p)
    expected = by_hand(model, p.table, which)
    assert Fraction(str(solution.exact)) == expected
    assert solution.certificate.verify().endswith(f"minimum = {expected}")
    given = DISTANCES[which](model).given(p)
    assert given.value(solution.q) == pytest.approx(float(expected), abs=1e-12)


def test_closed_form_of_chsh_is_proved():
    """(S − 2)/8, the trace distance of Brito, Amaral, Chaves, PRA 97, 022111 (2018): all settings deviate alike."""
    chsh = [(f - 2) / 8 for f in rb.catalog.CHSH.relabelings()]
    for distance in DISTANCES.values():
        assert rb.prove(distance(rb.bell()), rb.Maximum(0, *chsh)).status == "proved"
    from sympy import Max, Symbol

    line = (rb.boxes.pr().white_noise(), rb.boxes.pr())
    assert rb.prove(rb.mean_distance(rb.bell()), Max(0, (4 * Symbol("t") - 2) / 8), line).status == "proved"
    assert rb.minimize(rb.mean_distance(rb.bell()), rb.boxes.tsirelson()).value == pytest.approx(
        math.sqrt(2) / 4 - 0.25
    )


@pytest.mark.slow
def test_curves_and_sweeps_of_signaling_data():
    model = rb.bell()
    p, box = behavior(model, 3), rb.boxes.pr()
    rough = rb.Behavior(p.p, p.outputs, p.inputs)
    distance = rb.mean_distance(model)
    line = rb.curve(distance, p, box)
    assert line.exact
    assert "least values are affine" in line.certificate.verify()
    t = Fraction(1, 3)
    assert line.value(t) == by_hand(model, (1 - t) * p.table + t * box.exact, "mean")
    assert rb.curve(distance, rough, box).value(float(t)) == pytest.approx(float(line.value(t)), abs=1e-9)
    columns = rb.sweep(distance, [p, rough, box], progress=False)
    assert list(columns.status) == ["optimal"] * 3
    assert columns.values == pytest.approx([float(line.value(Fraction(0)))] * 2 + [0.25], abs=1e-9)
    form = rb.closed_form(distance, [p, box, p.white_noise()])
    assert form(p) == by_hand(model, p.table, "mean")


def test_within_a_distance_of_the_data_as_a_budget():
    model = rb.bell().relax("X -> B")
    c, near = rb.influence(model, "X", "B"), rb.mean_distance(model)
    p, limit = behavior(model, 11), Fraction(1, 5)
    solution = rb.minimize(c, p, subject_to=[near <= limit])
    expected = plain.influence(model, "X", "B").least(p.table, [(plain.mean_distance(model), limit)])
    assert Fraction(str(solution.exact)) == expected
    assert solution.certificate.verify().endswith(f"minimum = {expected}")
    trade = rb.tradeoff(c, near, rb.boxes.pr())
    assert [trade.value(Fraction(0)), trade.value(Fraction(1, 8)), trade.crossing(0)] == [
        Fraction(1, 2),
        Fraction(1, 4),
        Fraction(1, 4),
    ]
    with pytest.raises(InfeasibleError, match="satisfies the constraints") as caught:
        rb.minimize(c, p, subject_to=[near <= Fraction(1, 1000)])
    assert caught.value.certificate.verify().startswith("there is no model")
    both = rb.maximum(2 * rb.largest_distance(model), c)
    mixed = rb.minimize(both, rb.boxes.tsirelson())
    assert mixed.certificate.verify().endswith("minimum = -1/4 + 1/4*sqrt(2)")


def test_multipliers_that_vary_too_much_are_refused():
    found = rb.minimize(rb.mean_distance(rb.bell()), rb.boxes.pr()).certificate.data
    forged = copy.deepcopy(found)
    forged["proof"]["z"] = [str(2 * Fraction(v)) for v in forged["proof"]["z"]]
    with pytest.raises(Refused, match="vary by more"):
        verify(forged)
    forged = copy.deepcopy(found)
    forged["measure"]["of"] = "least"
    with pytest.raises(Refused, match="neither the mean nor the largest"):
        verify(forged)


@pytest.mark.slow
def test_entropies_within_a_distance_and_proofs_in_latex():
    """Within ε of the PR box in the mean, S ≥ 4 − 8 ε: least H(M) = h((S − 2)/4), least I = 2 − h(P) − P log2 3."""
    model = rb.message()
    near = [rb.mean_distance(model) <= Fraction(1, 20)]
    message = rb.minimize(rb.message_entropy(model), rb.boxes.pr(), subject_to=near)
    h = -sum(p * math.log2(p) for p in (0.4, 0.6))
    assert message.value == pytest.approx(h, abs=1e-9)
    assert "TV(mean distance from the data) <= 1/20" in message.certificate.verify()
    free = rb.measurement_dependence()
    information = rb.minimize(
        rb.mutual_information(free), rb.boxes.pr(), subject_to=[rb.mean_distance(free) <= Fraction(1, 20)]
    )
    win = (4 + 3.6) / 8
    h = -sum(p * math.log2(p) for p in (win, 1 - win))
    assert information.lower_bound == pytest.approx(2 - h - win * math.log2(3), abs=1e-8)
    assert information.certificate.verify()
    text = rb.minimize(rb.mean_distance(rb.bell()), rb.boxes.pr()).certificate.to_latex()
    assert "compared with the probabilities" in text
    assert "reproduce the data" not in text
    strength = rb.minimize(rb.strength(rb.bell()), rb.boxes.pr()).certificate.to_latex()
    assert "a test factor" in strength


def test_what_a_distance_cannot_do_it_says():
    distance = rb.mean_distance(rb.bell())
    with pytest.raises(MeasureError, match="given\\(observed\\)"):
        _ = distance.expression
    with pytest.raises(MeasureError, match="expected a Behavior"):
        rb.minimize(distance, rb.Observed([(rb.catalog.CHSH, 3)], nonsignaling=True))
    with pytest.raises(MeasureError, match="finite counts"):
        distance.zero_like("evidence")
    with pytest.raises(MeasureError, match="model"):
        rb.largest_distance(rb.boxes.pr())


def test_strength_is_the_entropy_that_is_known():
    """ln(4/3) for the PR box; 0.0463 bit for CHSH (van Dam, Gill, Grünwald 2005); Delft as its evidence has it."""
    measure = rb.strength(rb.bell())
    pr, tsirelson = (rb.minimize(measure, box) for box in (rb.boxes.pr(), rb.boxes.tsirelson()))
    assert pr.lower_bound <= math.log(4 / 3) <= pr.value + 1e-12
    assert pr.value == pytest.approx(math.log(4 / 3), abs=1e-9)
    win = (2 + math.sqrt(2)) / 4  # the nearest local box wins 3 of 4 games alike
    expected = win * math.log(win / 0.75) + (1 - win) * math.log((1 - win) / 0.25)
    assert tsirelson.lower_bound == pytest.approx(expected, abs=1e-12)
    for solution in (pr, tsirelson):
        stated = Fraction(solution.certificate.data["claim"]["lower_bound"])
        assert float(stated) == solution.lower_bound
        assert "a strength (nat for each trial)" in solution.certificate.verify()
    counts = rb.load_counts("delft2015")
    fit = counts.fit().behavior
    evidence = rb.evidence(counts, rb.influence(rb.bell().relax("X -> B"), "X", "B"))
    assert rb.minimize(measure, fit).value == pytest.approx(evidence.strength, rel=1e-6)
    assert rb.minimize(pickle.loads(pickle.dumps(measure)), rb.boxes.pr()).value == pr.value


@pytest.mark.slow
def test_strength_of_signaling_data_within_budgets_and_along_a_line():
    """Every table is compared; the nearest mixture is feasible, so that value and bound enclose the least entropy."""
    three = {"X": [Fraction(1, 4), Fraction(3, 4)], "Y": [1], "Z": [Fraction(1, 2), Fraction(1, 2)]}
    for model in (rb.bell((2, 3), (3, 2)), rb.bell((2, 1, 2), input_distribution=three)):
        solution = rb.minimize(rb.strength(model), behavior(model, 2))
        assert 0 <= solution.value - solution.lower_bound < 1e-7 * solution.value
        assert solution.certificate.verify()
        # Pinsker: relative entropy is at least 2 TV²
        assert solution.value >= 2 * rb.minimize(rb.mean_distance(model), behavior(model, 2)).value ** 2
    model = rb.bell().relax("X -> B")
    near = rb.minimize(rb.strength(model), rb.boxes.pr(), subject_to=[rb.influence(model, "X", "B") <= 0.1])
    # the best within 1/10 wins 3/4 + 1/20 of the games: ln(1/0.8)
    assert near.value == pytest.approx(math.log(5 / 4), abs=1e-8)
    assert near.certificate.verify()
    columns = rb.sweep(rb.strength(model), [rb.boxes.pr(), behavior(model, 1)], progress=False)
    assert columns.values[0] == pytest.approx(0, abs=1e-12)
    with pytest.raises(MeasureError, match="mean_distance"):
        rb.closed_form(rb.strength(model))


@pytest.mark.slow
def test_strength_along_a_line_lies_between_tangents_and_chords():
    box = rb.boxes.pr()
    line = rb.curve(rb.strength(rb.bell()), box.white_noise(), box)
    for t in (0.5, 0.7, 0.9):
        win = (1 + t) / 2
        exact = win * math.log(win / 0.75) + (1 - win) * math.log((1 - win) / 0.25) if win > 0.75 else 0.0
        assert line.lower_bound(t) - 1e-9 <= exact <= line.upper_bound(t) + 1e-9


def test_a_factor_of_too_large_a_mean_is_refused():
    found = rb.minimize(rb.strength(rb.bell()), rb.boxes.tsirelson()).certificate.data
    forged = copy.deepcopy(found)
    place = max(range(16), key=lambda i: Fraction(forged["proof"]["z"][i]))
    forged["proof"]["z"][place] = str(2 * Fraction(forged["proof"]["z"][place]))
    with pytest.raises(Refused, match="less than"):
        verify(forged)
    forged = copy.deepcopy(found)
    forged["proof"]["z"][0] = "-1"
    with pytest.raises(Refused, match="negative"):
        verify(forged)
