"""Sensitivity analysis: effects within a budget of hidden dependence, and the least that overturns a sign."""

from fractions import Fraction
from itertools import pairwise

import cvxpy as cp
import numpy as np
import pytest

import relaxbell as rb


def weak(marginal, settings=2, outcomes=2):
    """A, whose value may depend on the potential outcomes of B: Λ are the response functions of B."""
    sizes = {"A": settings, "B": outcomes}
    return rb.CausalModel("A -> B <- L; L -> A", inputs="A", latent="L", cardinality=sizes, input_distribution=marginal)


def exact(rows, **names):
    return rb.Behavior(np.array([[Fraction(v) for v in row] for row in rows]), **names)


SEEN = exact([["4/5", "3/10"], ["1/5", "7/10"]], outputs="B", inputs="A")
MARGINAL = [Fraction(2, 5), Fraction(3, 5)]


def effect_and_information(model=None):
    model = weak(MARGINAL) if model is None else model
    return rb.average_causal_effect(model, "A", "B"), rb.mutual_information(model)


def by_cvxpy(query, information, observed, limit, sign):
    model = query.model
    constraints = [*model.reproduces(observed), model.valid, information.expression <= limit]
    return sign * cp.Problem(cp.Minimize(sign * query.expression), constraints).solve(solver=cp.CLARABEL)


@pytest.mark.parametrize("limit", [0.1, pytest.param(0.003, marks=pytest.mark.slow)])
def test_bounds_within_a_budget_agree_with_an_exponential_cone_program(limit):
    effect, information = effect_and_information()
    found = rb.bounds(effect, SEEN, [information <= limit])
    expected = [by_cvxpy(effect, information, SEEN, limit, sign) for sign in (1, -1)]
    np.testing.assert_allclose([found.lower, found.upper], expected, atol=3e-6)  # Clarabel's accuracy


@pytest.mark.slow
def test_more_settings_and_outcomes():
    table = [["1/2", "1/10", "1/5"], ["1/4", "3/10", "1/5"], ["1/4", "3/5", "3/5"]]
    seen = exact(table, outputs="B", inputs="A")
    model = weak(["0.5", "0.2", "0.3"], 3, 3)
    effect, information = (
        rb.average_causal_effect(model, "A", "B", values=(2, 0), outcome=2),
        rb.mutual_information(model),
    )
    found = rb.bounds(effect, seen, [information <= 0.05])
    expected = [by_cvxpy(effect, information, seen, 0.05, sign) for sign in (1, -1)]
    np.testing.assert_allclose([found.lower, found.upper], expected, atol=1e-5)


def test_no_information_is_ignorability():
    """Then the effect is the difference of p(b|a); with H(A) bits or more the bounds are Manski's."""
    effect, information = effect_and_information()
    independent = rb.bounds(effect, SEEN, [information <= 0])
    assert [independent.lower, independent.upper] == pytest.approx([0.5, 0.5], abs=1e-9)
    wide = rb.bounds(effect, SEEN, [information <= 1])
    difference = 0.6 * 0.7 - 0.4 * 0.2
    assert [wide.lower, wide.upper] == pytest.approx([difference - 0.6, difference + 0.4], abs=1e-9)


@pytest.mark.slow
def test_bounds_grow_with_the_budget_and_never_exceed_those_without_it():
    """causalboundingengine 0.1.5 reports 0.5546 at 0.1 where 0.373 holds for every amount of confounding."""
    effect, information = effect_and_information()
    widths = [rb.bounds(effect, SEEN, [information <= limit]) for limit in (0.01, 0.05, 0.2)]
    free = rb.bounds(effect, SEEN)
    ends = [*widths, free]
    assert all(a.lower > b.lower for a, b in pairwise(ends))
    assert all(a.upper < b.upper + 1e-12 for a, b in pairwise(ends))


@pytest.mark.slow
def test_the_tipping_point_of_the_sign_is_where_the_bound_is_zero():
    effect, information = effect_and_information()
    least = rb.minimize(information, SEEN, subject_to=[effect <= 0])
    inside = rb.bounds(effect, SEEN, [information <= least.lower_bound * (1 - 1e-4)])
    beyond = rb.bounds(effect, SEEN, [information <= least.value * (1 + 1e-4)])
    assert inside.lower_bound > 0 > beyond.lower


def lipid(model):
    """Efron and Feldman 1991 as tabulated by Balke and Pearl 1997: p(x, y|z), here p(a, b|z)."""
    table = [[["919/1000", "315/1000"], ["81/1000", "73/1000"]], [["0", "139/1000"], ["0", "473/1000"]]]
    exact = np.array([[[Fraction(v) for v in row] for row in part] for part in table])
    return model.match(rb.Behavior(exact, outputs="A B", inputs="Z"))


def test_tipping_points_of_the_exclusion_restriction_and_of_independence():
    """The number, the formula and the trade-off agree; the bound of the effect vanishes there."""
    model = rb.instrumental().relax("Z -> B")
    effect, direct = rb.average_causal_effect(model, "A", "B"), rb.influence(model, "Z", "B")
    seen = lipid(model)
    least = rb.minimize(direct, seen, subject_to=[effect <= 0]).exact
    assert least == Fraction(392, 1000)
    assert rb.closed_form(direct, subject_to=[effect <= 0])(seen) == least
    assert rb.bounds(effect, seen, [direct <= Fraction(392, 1000)]).minimum.exact == 0
    assert rb.tradeoff(effect, direct, seen).crossing(0) == least


def test_terms_of_the_effect_within_the_exclusion_budget():
    """13 and 13 terms with the slopes 0, −1/2, −1, −2 in ε."""
    import sympy

    model = rb.instrumental().relax("Z -> B")
    epsilon = sympy.Symbol("epsilon", nonnegative=True)
    found = rb.closed_bounds(
        rb.average_causal_effect(model, "A", "B"), subject_to=[rb.influence(model, "Z", "B") <= epsilon]
    )
    for end, sign in ((found.lower, 1), (found.upper, -1)):
        slopes = [sign * sympy.expand(term).coeff(epsilon) for term in end.args]
        assert len(slopes) == 13
        assert set(slopes) == {0, -sympy.Rational(1, 2), -1, -2}


@pytest.mark.parametrize("chance", [Fraction(1, 2), Fraction(1, 3), Fraction(1, 10)])
def test_dependence_of_the_instrument(chance):
    """Miklin, Gachechiladze, Moreno, Chaves 2022: min M(Z:Λ) = max(0, 4 p(z0) p(z1) (Pearl − 1))."""
    model = rb.instrumental().relax("L -> Z", input_distribution=[chance, 1 - chance])
    rng = np.random.default_rng(7)
    for _ in range(3):
        numbers = rng.integers(0, 5, (2, 2, 2)) + 1
        numbers[0, 0, 0], numbers[0, 1, 1] = numbers[0, 0, 0] + 12, numbers[0, 1, 1] + 12
        total = numbers.sum(axis=(0, 1))
        table = np.array(
            [[[Fraction(int(n), int(total[z])) for z, n in enumerate(r)] for r in part] for part in numbers]
        )
        pearl = max(sum(max(table[a, b]) for b in range(2)) for a in range(2))
        least = rb.minimize(rb.dependence(model), rb.Behavior(table, outputs="A B", inputs="Z")).exact
        assert pearl > 1
        assert least == 4 * chance * (1 - chance) * (pearl - 1)
