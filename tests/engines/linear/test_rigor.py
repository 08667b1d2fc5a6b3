"""Places where a bound could silently stop being one, or a number become another."""

from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest
import sympy

import relaxbell as rb

TSIRELSON = rb.boxes.tsirelson()


def shifted_chsh(size):
    """CHSH + size − size: the shifts cancel on every behavior by normalization."""
    table = np.array(rb.catalog.CHSH.coefficients, dtype=object).copy()
    table[:, :, 0, 0] += size
    table[:, :, 1, 1] -= size
    return rb.BellFunctional(table)


@pytest.mark.parametrize("size", [2**18, 2**40 + Fraction(1, 3), 2**54 + Fraction(1, 3), 10**17])
def test_cancelling_coefficients_never_give_a_false_bound(size):
    """Exact value 2 + 4ε at ε = 0; a loose bound or a refusal is fine, a smaller number is not."""
    model = rb.input_signaling()
    functional = shifted_chsh(size)
    assert functional.bound(rb.bell()) == 2
    try:
        assert functional.bound(model, [rb.influence(model, "X", "B") <= 0]) >= 2
    except rb.errors.SolverError:
        assert size > 2**30
    try:
        observed = rb.Observed([(functional, Fraction(5, 2))], nonsignaling=True)
        solution = rb.minimize(rb.influence(model, "X", "B"), observed)
        assert solution.lower_bound <= 0.125 + 1e-12
    except rb.errors.SolverError:
        assert size > 2**30


def test_coefficients_beyond_any_use_are_refused():
    model = rb.input_signaling()
    c = rb.influence(model, "X", "B")
    huge = rb.catalog.CHSH * 10**400
    assert huge.bound(rb.bell()) == 2 * 10**400
    with pytest.raises(rb.errors.FunctionalError, match="less than 2"):
        huge.bound(model, [c <= 0.1])
    with pytest.raises(rb.errors.BehaviorError, match="less than 2"):
        rb.minimize(c, rb.Observed([(huge, 1)]))


def test_a_dependent_input_with_a_free_parent():
    """The bound of a functional is the maximum: p(y|x) is imposed for every x (checked by a plain LP)."""
    model = rb.CausalModel("X -> A <- L -> B <- Y; L -> Y; X -> Y", "X Y", "L", {"X": 2, "Y": 2, "A": 2, "B": 2})
    for seed in range(5):
        f = rb.BellFunctional(np.random.default_rng(seed).integers(-3, 4, (2, 2, 2, 2)))
        total = sp_total(model, f)
        constraints = [model.probability({"Y": y}, given={"X": x}) == 0.5 for x in (0, 1) for y in (0, 1)]
        problem = cp.Problem(cp.Maximize(total), [*constraints, model.valid])
        assert f.bound(model) == pytest.approx(problem.solve(solver=cp.HIGHS), abs=1e-7)


def sp_total(model, functional):
    """Σ c(a,b,x,y) p(a,b|x,y) with p(a,b|x,y) = p(a,b,y|x)/p(y|x), p(y|x) = 1/2."""
    return sum(
        2 * float(c) * model.probability({"A": a, "B": b, "Y": y}, given={"X": x})
        for (a, b, x, y), c in np.ndenumerate(functional.coefficients)
    )


def test_entropies_do_not_hide_in_combinations():
    message, dependent = rb.message(), rb.measurement_dependence()
    h, i = rb.message_entropy(message), rb.mutual_information(dependent)
    for attempt in (
        lambda: rb.maximum(h),
        lambda: rb.message_weight(message) + h,
        lambda: rb.maximum(rb.dependence(dependent), i),
        lambda: rb.dependence(dependent) + i,
        lambda: 0.5 * i,
        lambda: h <= 1,
    ):
        with pytest.raises(rb.errors.MeasureError):
            attempt()


def test_parties_come_from_the_data_not_from_the_order():
    model = rb.CausalModel(
        "X -> A <- L -> B <- Y; X -> B", "X Y", "L", {"X": 2, "Y": 2, "A": 2, "B": 2}, outputs="B A", relaxed=["X -> B"]
    )
    solution = rb.minimize(
        rb.influence(model, "X", "B"), rb.Observed([(rb.catalog.CHSH, Fraction(5, 2))], nonsignaling=True)
    )
    assert dict(solution.functional.parties) == {"A": "X", "B": "Y"}


def test_contradictory_constraints_are_proved():
    model = rb.input_signaling()
    c = rb.influence(model, "X", "B")
    for constraints in ([model.q[0] <= -0.1], [c <= -1], [cp.sum(model.q) <= 0.5, c <= 0.5]):
        with pytest.raises(rb.errors.InfeasibleError):
            rb.minimize(c, TSIRELSON, constraints)


def test_models_without_inputs():
    model = rb.CausalModel("L -> A; L -> B; A -> B", [], "L", {"A": 2, "B": 3}, relaxed=["A -> B"])
    p = np.random.default_rng(0).dirichlet(np.ones(6)).reshape(2, 3)
    solution = rb.minimize(rb.influence(model, "A", "B"), rb.Behavior(p, "A B", []))
    assert solution.value == pytest.approx(0, abs=1e-12)


def test_witness_of_a_partly_relaxed_correlated_model():
    model = rb.CausalModel(
        "X -> A <- L -> B <- Y; L -> X; L -> Y",
        "X Y",
        "L",
        {"X": 2, "Y": 2, "A": 2, "B": 2},
        input_distribution=[[Fraction(3, 8), Fraction(1, 8)], [Fraction(1, 8), Fraction(3, 8)]],
        relaxed=["L -> Y"],
    )
    solution = rb.minimize(rb.dependence(model), TSIRELSON)
    assert "witness" in repr(solution)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "a", None, 1j, 10**400])
def test_numbers_that_are_none(number):
    c = rb.influence(rb.input_signaling(), "X", "B")
    with pytest.raises(rb.errors.MeasureError, match="finite real number"):
        _ = c * number
    with pytest.raises(rb.errors.MeasureError, match="finite real number"):
        _ = c <= number
    with pytest.raises(rb.errors.BehaviorError, match="finite real number"):
        rb.Observed([(rb.catalog.CHSH, number)])


def test_constraints_that_are_none():
    model = rb.input_signaling()
    c = rb.influence(model, "X", "B")
    for constraint in (model.q[0] <= np.inf, model.q[0] <= np.nan, model.q[0] <= cp.Parameter()):
        with pytest.raises(rb.errors.MeasureError, match=r"NaN or infinity|has no value"):
            rb.minimize(c, TSIRELSON, [constraint])
    assert rb.catalog.CHSH.bound(model, model.q[0] == 0) == pytest.approx(4)
    with pytest.raises(rb.errors.FunctionalError, match="probability 0"):
        rb.catalog.CHSH.bound(rb.measurement_dependence(input_distribution=[[0.5, 0.5], [0, 0]]))


def test_one_square_root_at_a_time():
    root2, root3 = sympy.sqrt(2), sympy.sqrt(3)
    with pytest.raises(rb.errors.BehaviorError, match="expected one square root"):
        rb.Observed([(rb.catalog.CHSH, root2), (rb.catalog.CH, root3)])
    shifted = rb.catalog.CHSH + root2
    solution = rb.minimize(
        rb.influence(rb.input_signaling(), "X", "B"), rb.Observed([(shifted, 2.5 + 2**0.5)], nonsignaling=True)
    )
    assert solution.value == pytest.approx(0.125, abs=1e-9)


def test_hall_with_many_awkward_settings():
    p = np.random.default_rng(0).random((5, 5))
    model = rb.measurement_dependence((5, 5), (1, 1), input_distribution=p / p.sum())
    trivial = rb.Behavior(np.ones((1, 1, 5, 5)))
    assert rb.minimize(rb.hall_dependence(model), trivial).value == pytest.approx(0, abs=1e-9)


def test_maximum_of_one_is_itself():
    model = rb.input_signaling()
    c = rb.maximum(rb.influence(model, "X", "B"))
    problem = cp.Problem(cp.Minimize(c.expression), [*model.reproduces(TSIRELSON), model.valid])
    assert problem.solve(solver=cp.HIGHS) == pytest.approx(rb.minimize(c, TSIRELSON).value, abs=1e-8)


@pytest.mark.parametrize("e", [pytest.param(Fraction(1, 10**9), marks=pytest.mark.slow), Fraction(1, 10**12)])
@pytest.mark.slow
def test_floats_that_miss_a_rare_setting_are_no_result(monkeypatch, e):
    """Its equations are of size e, so that missing them by less than 1e-8 means nothing: judged relative to them."""
    model = rb.measurement_dependence((2, 2), (4, 4), input_distribution=[[1 - 3 * e, e], [e, e]])
    measure = rb.hall_dependence(model) + Fraction(1, 7 * 10**8) * rb.dependence(model)
    box = rb.boxes.cglmp(4)
    right = rb.minimize(measure, box)
    assert right.value - right.lower_bound <= 1e-9
    monkeypatch.setattr("relaxbell.engines.linear.over._settled", lambda problem, measure: None)  # pivots gave up
    try:
        found = rb.minimize(measure, box)
    except rb.errors.SolverError:
        return  # refused, which is fine
    assert found.value == pytest.approx(right.value, abs=1e-7)
