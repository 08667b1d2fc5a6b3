"""Queries as functions of a budget in bits, and bits as functions of a query: sensitivity to weak confounding."""

from fractions import Fraction
from itertools import pairwise

import cvxpy as cp
import numpy as np
import pytest

import relaxbell as rb

MARGINAL = [Fraction(2, 5), Fraction(3, 5)]


def weak(marginal=MARGINAL, outcomes=2):
    sizes = {"A": len(marginal), "B": outcomes}
    return rb.CausalModel("A -> B <- L; L -> A", inputs="A", latent="L", cardinality=sizes, input_distribution=marginal)


def exact(rows):
    return rb.Behavior(np.array([[Fraction(v) for v in row] for row in rows]), outputs="B", inputs="A")


SEEN = exact([["4/5", "3/10"], ["1/5", "7/10"]])


@pytest.mark.parametrize(
    ("text", "sign", "first", "last"),
    [
        # without confounding p(b|a) are the effects: Fréchet's bounds of PNS; with any confounding those of Tian and
        # Pearl 2000, and Manski's of the effect: p(b, a) = (8, 2; 9, 21)/50 for (a, b) = (0, 0), (0, 1), (1, 0), (1, 1)
        pytest.param("PNS(A -> B)", 1, 0.5, 0.0, marks=pytest.mark.slow),
        pytest.param("PNS(A -> B)", -1, 0.7, 0.32 + 0.42, marks=pytest.mark.slow),
        pytest.param("ACE(A -> B)", 1, 0.5, 0.42 - 0.08 - 0.6, marks=pytest.mark.slow),
        pytest.param("ACE(A -> B)", -1, 0.5, 0.42 - 0.08 + 0.4, marks=pytest.mark.slow),
        pytest.param("PN(A -> B)", 1, 0.5 / 0.7, 0.0, marks=pytest.mark.slow),
        pytest.param("ETT(A -> B)", -1, 0.5, 0.7, marks=pytest.mark.slow),
    ],
)
def test_both_ends_are_the_known_bounds(text, sign, first, last):
    query = rb.query(weak(), text)
    own = query if sign > 0 else -query
    line = rb.tradeoff(own, rb.mutual_information(query.model), SEEN)
    low, high = map(float, line.domain)
    assert low == 0
    assert [line.value(low), line.value(high), line.value(1.0)] == pytest.approx(
        [sign * first, sign * last, sign * last], abs=2e-8
    )
    assert repr(line).startswith(f"{'min' if sign > 0 else 'max'} {text} for I(A:Λ) in [0, ")
    assert " bits: " in repr(line)
    assert line.gap < 2e-3
    assert np.isnan(line.value(-0.1))
    assert np.isnan(line.lower_bound(-0.1))


@pytest.mark.slow
def test_it_encloses_an_exponential_cone_program_and_single_budgets():
    effect = rb.average_causal_effect(weak(), "A", "B")
    bits, model = rb.mutual_information(effect.model), effect.model
    line = rb.tradeoff(effect, bits, SEEN)
    for limit in (0.004, 0.07, 0.5):
        limits = [*model.reproduces(SEEN), model.valid, bits.expression <= limit]
        other = cp.Problem(cp.Minimize(effect.expression), limits).solve(solver=cp.CLARABEL)
        assert line.lower_bound(limit) - 5e-6 <= other <= line.value(limit) + 5e-6  # Clarabel's accuracy
        found = line.at(limit)
        assert found.value == pytest.approx(other, abs=5e-6)
        assert line.lower_bound(limit) <= found.value + 1e-12
        assert "I(A:Lambda) <= " in found.certificate.verify()


@pytest.mark.slow
def test_it_falls_and_is_convex():
    model = weak(["0.5", "0.2", "0.3"], 3)
    seen = exact([["1/2", "1/10", "1/5"], ["1/4", "3/10", "1/5"], ["1/4", "3/5", "3/5"]])
    query = rb.average_causal_effect(model, "A", "B", values=(2, 0), outcome=2)
    line = rb.tradeoff(query, rb.mutual_information(model), seen)
    values, places = line.values, line.parameters
    slopes = np.diff(values) / np.diff(places)
    assert all(a >= b - 1e-9 for a, b in pairwise(values))
    assert all(a <= b + 1e-6 * abs(a) for a, b in pairwise(slopes))
    assert line.value(0.0) == pytest.approx(0.6 - 0.25, abs=1e-7)


@pytest.mark.slow
def test_the_tipping_point_is_solved_for():
    effect = rb.average_causal_effect(weak(), "A", "B")
    bits = rb.mutual_information(effect.model)
    line = rb.tradeoff(effect, bits, SEEN)
    assert line.crossing(0) == pytest.approx(rb.minimize(bits, SEEN, [effect <= 0]).value, abs=1e-9)
    assert line.crossing(0.51) is None
    assert line.crossing(-0.27) is None
    other = rb.tradeoff(bits, effect, SEEN)  # bits over the effect
    assert float(other.lower_bound(0.0)) <= line.crossing(0) <= float(other.value(0.0)) + 1e-9
    assert repr(other).startswith("min I(A:Λ) for ACE(A -> B) in [-13/50, ")


@pytest.mark.slow
def test_instruments_that_need_some_bits():
    """p beyond Pearl's inequality: below so many bits there is no model."""
    cells = [[["8/10", "1/10"], ["1/10", "8/10"]], [["1/20", "1/20"], ["1/20", "1/20"]]]
    seen = rb.Behavior(
        np.array([[[Fraction(v) for v in row] for row in part] for part in cells]), outputs="A B", inputs="Z"
    )
    model = rb.instrumental().relax("L -> Z", input_distribution=[Fraction(1, 3), Fraction(2, 3)])
    bits = rb.mutual_information(model)
    line = rb.tradeoff(rb.average_causal_effect(model, "A", "B"), bits, seen)
    least = rb.minimize(bits, seen)
    assert 0.2 < least.lower_bound <= float(line.domain[0]) < least.value + 2e-6
    with pytest.raises(rb.errors.InfeasibleError, match=r"is at least 0\.249"):
        line.at(0.2)


@pytest.mark.slow
def test_weak_confounding_never_exceeds_what_holds_without_it():
    """causalboundingengine 0.1.5 reports PNS <= 0.5546 at 0.1 bit where Tian and Pearl's 0.373 holds without any limit.

    It forgets that p(x) was seen. All tables here have p(1, 1) + p(0, 0) = 0.373.
    """
    for chance, hit in ((Fraction(1, 2), Fraction(1, 4)), (Fraction(3, 10), Fraction(9, 100))):
        right, left = hit, Fraction(373, 1000) - hit
        seen = exact([[left / (1 - chance), 1 - right / chance], [1 - left / (1 - chance), right / chance]])
        query = rb.query(weak([1 - chance, chance]), "PNS(A -> B)")
        bits = rb.mutual_information(query.model)
        free = rb.bounds(query, seen)
        assert free.maximum.exact == -Fraction(373, 1000)
        tops = [rb.bounds(query, seen, [bits <= limit]).upper_bound for limit in (0.1, 0.02, 0.001)]
        assert max(tops) <= 0.373 + 1e-9
        assert all(a >= b - 1e-9 for a, b in pairwise(tops))
        line = rb.tradeoff(-query, bits, seen)
        assert -float(line.value(0.1)) <= -float(line.lower_bound(0.1)) <= 0.373 + 1e-9


def test_what_is_no_trade_off_in_bits_says_so():
    model = rb.instrumental().relax("L -> Z")
    bits, late = rb.mutual_information(model), rb.query(model, "LATE(Z -> A -> B)")
    noise = rb.Behavior(np.full((2, 2, 2), Fraction(1, 4)), outputs="A B", inputs="Z")
    with pytest.raises(rb.errors.MeasureError, match=r"denominator .* is between 0 and 0\.5"):
        rb.tradeoff(late, bits, noise)
    with pytest.raises(rb.errors.MeasureError, match="with itself"):
        rb.tradeoff(bits, bits, noise)
    with pytest.raises(rb.errors.MeasureError, match="instance"):
        rb.tradeoff(rb.query(rb.instrumental(), "ACE(A -> B)"), bits, noise)


@pytest.mark.slow
def test_other_budgets_beside_bits():
    """With the bits fixed at 0.01 the effect falls with the influence of the instrument, as its bounds do."""
    model = rb.instrumental().relax("Z -> B", "L -> Z")
    cells = np.array([[[919, 315], [81, 73]], [[0, 139], [0, 473]]]) * Fraction(1, 1000)
    seen = rb.Behavior(cells, outputs="A B", inputs="Z")
    effect, direct, bits = (
        rb.average_causal_effect(model, "A", "B"), rb.influence(model, "Z", "B"), rb.mutual_information(model),
    )  # fmt: skip
    line = rb.tradeoff(effect, direct, seen, [bits <= 0.01])
    for limit in (0.1, 0.3):
        found = rb.minimize(effect, seen, [direct <= limit, bits <= 0.01])
        assert float(line.lower_bound(limit)) - 1e-9 <= found.value <= float(line.value(limit)) + 1e-9


@pytest.mark.slow
def test_bell_settings_that_depend_and_outcomes_that_are_told():
    """Tsirelson's box: C = (√2 − 1)/2 without bits, none from 0.0462738468534 bits on, the least behind it."""
    both = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    line = rb.tradeoff(rb.influence(both, "X", "B"), rb.mutual_information(both), rb.boxes.tsirelson())
    assert line.value(0.0) == pytest.approx((2**0.5 - 1) / 2, abs=1e-8)
    assert float(line.domain[1]) == pytest.approx(0.0462738468534, abs=1e-8)
    assert line.value(0.2) == pytest.approx(0, abs=2e-9)


def test_limits_barely_below_an_irrational_least_value_are_infeasible():
    """The proof's bound is a + b√2, smaller than rounding."""
    model = rb.measurement_dependence()
    barely = Fraction((2**0.5 - 1) / 2) - Fraction(1, 10**14)
    with pytest.raises(rb.errors.InfeasibleError):
        rb.minimize(rb.mutual_information(model), rb.boxes.tsirelson(), [rb.dependence(model) <= barely])
