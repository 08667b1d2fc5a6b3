from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb


def nothing(model):
    """A measure with no opinion: only feasibility matters."""
    return rb.measure(model, {"0": np.zeros(model.strategies.count)}, norm="linear")


def test_a_violation_is_proved_by_an_inequality():
    model = rb.bell()
    with pytest.raises(rb.errors.InfeasibleError, match="no classical model of bell") as caught:
        rb.minimize(nothing(model), rb.boxes.tsirelson())
    witness = caught.value.witness
    assert witness.name == "CHSH"
    assert witness.violation > 0.1
    assert witness.functional.bound(model) == witness.bound  # every behavior of the model obeys it
    assert witness.functional(rb.boxes.tsirelson()) == witness.value


def test_unequal_cardinalities_and_three_parties():
    rng = np.random.default_rng(0)
    pr = rb.boxes.pr().p
    wide = np.zeros((3, 2, 2, 3))
    wide[:2, :, :, :2] = pr
    wide[:2, :, :, 2] = pr[:, :, :, 0]
    with pytest.raises(rb.errors.InfeasibleError) as caught:
        rb.minimize(nothing(rb.bell((2, 3), (3, 2))), rb.Behavior(wide))
    witness = caught.value.witness
    assert witness.functional.bound(rb.bell((2, 3), (3, 2))) == witness.bound
    assert witness.value > witness.bound
    three = np.einsum("abxy,cz->abcxyz", pr, rng.dirichlet(np.ones(2), size=3).T)
    model = rb.bell((2, 2, 3), (2, 2, 2))
    with pytest.raises(rb.errors.InfeasibleError) as caught:
        rb.minimize(nothing(model), rb.Behavior(three, "A B C", "X Y Z"))
    assert float(caught.value.witness.value) > float(caught.value.witness.functional.bound(model))


def test_instrumental_inequality():
    """Pearl: max_a Σ_b max_z p(a, b|z) ≤ 1; here it is 2."""
    p = np.zeros((2, 2, 2), dtype=int)
    p[0, 0, 0] = p[0, 1, 1] = 1
    with pytest.raises(rb.errors.InfeasibleError, match="instrumental") as caught:
        rb.bounds(rb.average_causal_effect(rb.instrumental(), "A", "B"), rb.Behavior(p, "A B", "Z"))
    assert float(caught.value.witness.violation) > 0


def test_infeasible_budget_names_the_least_one():
    model = rb.input_signaling()
    c = rb.influence(model, "X", "B")
    with pytest.raises(rb.errors.InfeasibleError, match=r"C\(X -> B\) is at least 0.5"):
        rb.minimize(c, rb.boxes.pr(), [c <= 0.1])
    with pytest.raises(rb.errors.InfeasibleError, match="within the constraints"):
        rb.minimize(c, rb.boxes.pr(), [c <= -1])


def test_impossible_values():
    with pytest.raises(rb.errors.InfeasibleError, match="reproduces these values"):
        rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.Observed([(rb.catalog.CHSH, 4.5)]))


def test_observations_match_by_name_and_shape():
    c = rb.influence(rb.input_signaling((3, 3)), "X", "B")
    with pytest.raises(rb.errors.BehaviorError, match="cardinalities do not match"):
        rb.minimize(c, rb.Observed([(rb.catalog.CHSH, 2.5)]))
    with pytest.raises(rb.errors.BehaviorError, match="X has 2 values in the behavior and 3"):
        rb.minimize(c, rb.boxes.pr())
    with pytest.raises(rb.errors.BehaviorError, match="variables do not match"):
        rb.minimize(c, rb.boxes.i3322().rename({"A": "Q"}))
    with pytest.raises(rb.errors.BehaviorError, match="Expected a Behavior"):
        rb.minimize(c, rb.boxes.i3322().p)
    for values, message in (
        ([], "no functional"),
        ([(rb.catalog.CHSH, float("nan"))], "finite"),
        ([(rb.catalog.CHSH, 2), (rb.catalog.I3322, 0)], "different"),
    ):
        with pytest.raises(rb.errors.BehaviorError, match=message):
            rb.Observed(values)


def test_signaling_is_named_where_the_graph_forbids_it():
    p = rb.boxes.pr().p.copy()
    p[0, 0, 0, 0] += 0.1
    p[1, 0, 0, 0] -= 0.0
    p[0, 1, 0, 0] += 0.0
    p[1, 1, 0, 0] -= 0.1
    with pytest.raises(rb.errors.SignalingError, match=r"p\(A=0\|X=0, Y=0\) = 0.6 but p\(A=0\|X=0, Y=1\) = 0.5"):
        rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.Behavior(p))
    solution = rb.minimize(rb.influence(both := rb.bell().relax("X -> B", "Y -> A"), "X", "B"), rb.Behavior(p))
    assert solution.lower_bound <= solution.value
    assert both.coordinates.dimension == 12  # nothing but normalization is left


def test_models_with_dependent_inputs():
    """Every behavior, signaling ones included, has a model with unrestricted measurement dependence."""
    model = rb.measurement_dependence((2, 3), (3, 2))
    rng = np.random.default_rng(4)
    p = rng.dirichlet(np.ones(6), size=(2, 3)).transpose(2, 0, 1).reshape(3, 2, 2, 3)
    solution = rb.minimize(nothing(model), rb.Behavior(p))
    assert solution.status == "optimal"
    assert abs(model.T @ solution.q.weights - p.ravel() / 6).max() < 1e-9


@pytest.mark.parametrize("digits", [4, 10, 20])
def test_the_remedy_names_a_least_value_above_the_budget(digits):
    """C = v − 1/2 at visibility v, and (√2 − 1)/2 at the Tsirelson point: not "at least 0" within C <= 0."""
    c, tiny = rb.influence(rb.input_signaling(), "X", "B"), Fraction(1, 10**digits)
    with pytest.raises(rb.errors.InfeasibleError, match=f"is at least {float(tiny):g}\\.$"):
        rb.minimize(c, rb.boxes.pr().visibility(Fraction(1, 2) + tiny), c <= 0)
    root, shown = (sympy.sqrt(2) - 1) / 2, {4: "0.207107", 10: "0.2071067812", 20: r"0.207107 \+ 1e-20"}
    with pytest.raises(rb.errors.InfeasibleError, match=f"is at least {shown[digits]}\\.$"):
        rb.minimize(c, rb.boxes.tsirelson(), c <= root - sympy.Rational(1, 10**digits))


def test_what_a_solver_gives_up_on_is_decided_exactly():
    """HiGHS ends without a status here. CHSH is 4 v for this box, and Hall's measure of Y alone (S − 2), so 1.92."""
    tiny, v = Fraction(1, 10**16), Fraction(98, 100)
    model = rb.bell().relax("L -> Y", input_distribution={"X": [Fraction(1, 2)] * 2, "Y": [1 - tiny, tiny]})
    hall = rb.hall_dependence(model)
    with pytest.raises(rb.errors.InfeasibleError, match=r"is at least 1\.92") as caught:
        rb.minimize(
            rb.dependence(model), rb.boxes.pr().visibility(v), [hall <= Fraction(1, 3), hall <= Fraction(1, 10)]
        )
    assert caught.value.certificate.verify()


def test_zero_probability_settings_carry_no_data():
    weights = np.array([[0.5, 0.5], [0.0, 0.0]])
    model = rb.measurement_dependence(input_distribution=weights)
    solution = rb.minimize(nothing(model), rb.boxes.pr())
    assert solution.status == "optimal"
    with pytest.raises(rb.errors.BehaviorError, match="probability 0"):
        rb.minimize(nothing(model), rb.Observed([(rb.catalog.CHSH, 2)]))


def test_functional_bounds():
    assert rb.catalog.CHSH.bound(rb.bell()) == 2
    assert rb.catalog.CH.bound(rb.bell()) == 0
    assert rb.catalog.I3322.bound(rb.bell((3, 3))) == 0
    assert rb.catalog.CHSH.bound(rb.measurement_dependence()) == pytest.approx(4)
    model = rb.input_signaling()
    for budget in (0.0, 0.125, 0.5):  # the relaxed Bell inequality S ≤ 2 + 4ε
        ns = rb.catalog.CHSH.bound(model, [rb.influence(model, "X", "B") <= budget])
        assert ns >= 2 + 4 * budget - 1e-12
    with pytest.raises(rb.errors.FunctionalError, match="cardinalities"):
        rb.catalog.I3322.bound(rb.bell())
    with pytest.raises(rb.errors.FunctionalError, match="lives on"):
        rb.catalog.CHSH.bound(rb.instrumental())
