"""What `value` and `at` of every kind of measure take, and what they refuse."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb
from relaxbell.exact.numbers import surd
from relaxbell.measures.terms import Largest, Total

WIDE = rb.bell((2, 3), (3, 2)).relax("X -> B", "L -> X", input_distribution={"X": [0.75, 0.25], "Y": [0.5, 0.5, 0]})
THREE = rb.bell((2, 1, 2), (2, 2, 2)).relax("A -> C")
SWAP = rb.bilocality((2, 2), (2, 3, 2))
KINDS = [
    rb.influence(WIDE, "X", "B"),
    rb.influence(THREE, "A", "C", variation=True),
    rb.average_causal_effect(rb.instrumental(3), "A", "B"),
    rb.message_weight(rb.message((2, 1))),
    rb.message_entropy(rb.message((2, 1))),
    rb.dependence(WIDE),
    rb.hall_dependence(WIDE),
    rb.mutual_information(WIDE),
    rb.nonbilocality(SWAP),
    rb.nonbilocality(SWAP, marginals={"A": [Fraction(1, 4)] * 4}),
    rb.maximum(rb.influence(WIDE, "X", "B"), 2 * rb.dependence(WIDE)),
    rb.measure(THREE, np.ones((1, THREE.strategies.count)), norm="linear"),
]
names = pytest.mark.parametrize("measure", KINDS, ids=lambda measure: measure.name)


@names
def test_all_kinds_take_the_same(measure):
    """Floats, Fractions, sympy numbers, roots and named strategies are the same distribution, so the same value."""
    n = measure.model.strategies.count
    q = [Fraction(0)] * n
    q[0], q[n // 2], q[n - 1] = Fraction(1, 2), Fraction(1, 8), Fraction(3, 8)
    floats = np.array([float(v) for v in q])
    value = measure.value(floats)
    named = rb.StrategyWeights(measure.model, floats)
    for given in (q, np.array(q, dtype=object), [sympy.Rational(v.numerator, v.denominator) for v in q], named):
        assert measure.value(given) == measure.at(given) == value
    root = surd(0, Fraction(1, 2), 2)
    q[0], q[n // 2], q[n - 1] = root, 1 - root, Fraction(0)
    assert measure.value(q) == measure.value([float(v) for v in q])
    again = rb.StrategyWeights(measure.model.rename({}), floats)  # another instance with the same strategies
    assert measure.value(again) == value


@names
def test_all_kinds_refuse_the_same(measure):
    n = measure.model.strategies.count
    negative, infinite = np.zeros(n), np.full(n, 1 / n)
    negative[:2] = 2, -1
    infinite[-1] = np.inf
    for q, message in (
        (negative, "entry -1, expected probabilities"),
        (list(map(Fraction, negative.tolist())), "entry -1, expected probabilities"),
        (infinite, "entry inf, expected probabilities"),
        (np.full(n, 2 / n), "sums to 2, expected 1"),
    ):
        with pytest.raises(rb.errors.MeasureError, match=message):
            measure.value(q)
    for q, message in (
        (np.full(n + 1, 1 / (n + 1)), rf"shape \({n + 1},\), expected \({n},\)"),
        (np.full(n, 1j), "is a ndarray that is no array of real numbers"),
        (["1"] * n, "no array of real numbers"),
        ([sympy.Symbol("v")] * n, "no array of real numbers"),
        ([Fraction(10) ** 400] * n, "no array of real numbers"),
    ):
        for read in (measure.value, measure.at):
            with pytest.raises(rb.errors.MeasureError, match=message):
                read(q)


def test_weights_of_other_strategies_are_refused():
    """X → B and Y → A have 64 strategies each, which are not the same ones."""
    q = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr()).q
    other = rb.influence(rb.input_signaling(edge="Y -> A"), "Y", "A")
    for read in (other.value, other.at):
        with pytest.raises(rb.errors.MeasureError, match=r'strategies of .*"X -> B".*, expected those of .*"Y -> A"'):
            read(q)


def test_bilocality_of_a_solution():
    """2 v² − 1 = 7/25 at v = 4/5 (the closed form of entanglement swapping with noise)."""
    model = rb.bilocality()
    measure = rb.nonbilocality(model)
    solution = rb.minimize(measure, rb.boxes.entanglement_swapping(Fraction(4, 5)))
    for value in (
        measure.at(solution.q.weights),
        measure.at(solution.q),
        measure.value(solution.q),
        measure.value(solution.q.weights),
    ):
        assert value == pytest.approx(7 / 25, abs=1e-9)
    with pytest.raises(rb.errors.MeasureError, match="entry -1"):
        measure.value(np.r_[2, -1, np.zeros(62)])


def test_terms_without_rows_or_that_are_none_are_refused_by_name():
    model = rb.input_signaling()
    own = rb.influence(model, "X", "B").term
    with pytest.raises(rb.errors.MeasureError, match="maximum of no terms"):
        Largest(())
    with pytest.raises(rb.errors.MeasureError, match=r"^1 is no term of a Total"):
        Total((own, 1))
    with pytest.raises(rb.errors.MeasureError, match="without rows"):
        rb.measure(model, Total((Total(()),)))
    with pytest.raises(rb.errors.MeasureError, match="norm is 'sum', but a term has its own"):
        rb.measure(model, own, norm="sum")
