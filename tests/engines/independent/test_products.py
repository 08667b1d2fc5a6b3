"""Queries for which districts meet: branch and bound, against closed forms, autobounds and random models."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from independent_reference import ERROR, SELECTION, error_bounds, selected, selection_bounds

import relaxbell as rb


def hundredths(rows):
    return np.array([[Fraction(n, 100) for n in row] for row in rows], dtype=object)


def test_closed_form_is_that_of_autobounds():
    # autobounds (commit cd35938, SCIP 10 of PySCIPOpt 6.3.0): −0.680938 and 0.430002; −0.275000 and 0.750001
    assert selection_bounds(hundredths([[4, 45], [2, 19]]), 1) == (Fraction(-6809375, 10**7), Fraction(43, 100))
    assert selection_bounds(hundredths([[20, 15], [5, 35]]), 1) == (Fraction(-275, 1000), Fraction(3, 4))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "outcome"),
    [([[4, 45], [2, 19]], 1), ([[20, 15], [5, 35]], 1), ([[20, 15], [5, 35]], 0), ([[10, 15, 20], [5, 12, 18]], 2)],
)
def test_outcome_selection_with_noise_of_its_own(rows, outcome):
    cells = hundredths(rows)
    model = rb.CausalModel(SELECTION, "", "U V", {"X": 2, "Y": cells.shape[1], "S": 2})
    query = rb.average_causal_effect(model, "X", "Y", outcome=outcome)
    found = rb.bounds(query, selected(cells.tolist()), tolerance=1e-3 if cells.shape[1] > 2 else 1e-6)
    low, high = map(float, selection_bounds(cells, outcome))
    tolerance = found.minimum.tolerance
    assert low - tolerance <= found.lower_bound <= low <= found.lower + 1e-9
    assert found.upper - 1e-9 <= high <= found.upper_bound <= high + tolerance
    assert found.minimum.status == found.maximum.status == "optimal"
    assert found.minimum.statistics["residual"] < 1e-9


def test_selection_by_treatment_and_outcome():
    # every p(S = 1|x, y) is free: what is not seen is all in the worst cell. autobounds finds −0.450002 and 0.800002,
    # with bounds −0.450129 and 0.800052 after 100 s
    model = rb.CausalModel(SELECTION + "; X -> S", "", "U V", {"X": 2, "Y": 2, "S": 2})
    cells = [[Fraction(20, 100), Fraction(15, 100)], [Fraction(5, 100), Fraction(35, 100)]]
    found = rb.bounds(rb.query(model, "ACE(X -> Y)"), selected(cells))
    assert found.lower_bound <= -0.45 <= found.lower + 1e-9
    assert found.upper - 1e-9 <= 0.8 <= found.upper_bound
    assert found.upper_bound - found.lower_bound < 1.25 + 2.1e-6


@pytest.mark.slow
def test_shares_among_the_selected():
    # autobounds with p(S = 1) ≥ 0.6: −0.2800006 and 0.7600007
    model = rb.CausalModel(SELECTION, "", "U V", {"X": 2, "Y": 2, "S": 2})
    cells = [[Fraction(20, 75), Fraction(15, 75)], [Fraction(5, 75), Fraction(35, 75)]]
    seen = rb.Observed.partial(cells, outputs="X Y", inputs="", given={"S": 1}, cardinality={"S": 2})
    for limit in (rb.assumption(model, "p{S=1} >= 3/5"), model.probability({"S": 1}) >= 0.6):
        found = rb.bounds(rb.query(model, "ACE(X -> Y)"), seen, [limit], tolerance=1e-3)
        assert abs(found.lower + 0.28) < 1e-3
        assert abs(found.upper - 0.76) < 1e-3
        assert found.lower_bound <= -0.28
        assert found.upper_bound >= 0.76


def test_assumptions_beside_selection():
    # autobounds without harm: 0 and 0.750001
    model = rb.CausalModel(SELECTION, "", "U V", {"X": 2, "Y": 2, "S": 2})
    cells = [[Fraction(20, 100), Fraction(15, 100)], [Fraction(5, 100), Fraction(35, 100)]]
    harmless = rb.assumption(model, "monotone(X -> Y)")
    found = rb.minimize(rb.query(model, "ACE(X -> Y)"), selected(cells), [harmless])
    assert abs(found.value) < 1e-6
    assert -1e-6 <= found.lower_bound <= 0


@pytest.mark.slow
@pytest.mark.parametrize("most", [Fraction(1, 10), Fraction(1, 20)])
def test_measurement_error_with_noise_of_its_own(most):
    table = np.array([[Fraction(3, 10), Fraction(1, 5)], [Fraction(1, 10), Fraction(2, 5)]], dtype=object)
    low, high = error_bounds(table, most)
    if most == Fraction(1, 10):  # autobounds: −0.30000004 and 0.7500024
        assert (low, high) == (Fraction(-3, 10), Fraction(3, 4))
    model = rb.CausalModel(ERROR, "", "U V", {"X": 2, "Y": 2, "W": 2}, hidden="Y")
    limits = [rb.query(model, f"p{{W(Y={y}) != {y}}}") <= most for y in range(2)]
    found = rb.bounds(rb.query(model, "ACE(X -> Y)"), rb.Behavior(table, outputs="X W", inputs=""), limits)
    assert float(low) - 1e-6 <= found.lower_bound <= float(low) <= found.lower + 1e-9
    assert found.upper - 1e-9 <= float(high) <= found.upper_bound <= float(high) + 1e-6


def test_measurement_error_without_a_limit_says_nothing():
    # autobounds: −1 and 1
    model = rb.CausalModel(ERROR, "", "U V", {"X": 2, "Y": 2, "W": 2}, hidden="Y")
    table = [[Fraction(3, 10), Fraction(1, 5)], [Fraction(1, 10), Fraction(2, 5)]]
    found = rb.minimize(rb.query(model, "ACE(X -> Y)"), rb.Behavior(table, outputs="X W", inputs=""))
    assert abs(found.value + 1) < 1e-9
    assert abs(found.lower_bound + 1) < 1e-6


def mechanisms(model, seed, values=3):
    """Weights over strategies of a model whose latent variables and response functions are drawn at random."""
    source, nodes = np.random.default_rng(seed), model.joined.strategies.nodes
    chance = {u: source.dirichlet(np.ones(values)) for u in model.latents}
    parents = {n.name: [u for u in model.parents(n.name) if u in model.latents] for n in nodes}
    own = {n.name: source.dirichlet(np.full(n.functions, 0.3), size=(values,) * len(parents[n.name])) for n in nodes}
    q = np.zeros([n.functions for n in nodes])
    for point in itertools.product(range(values), repeat=len(model.latents)):
        at = dict(zip(model.latents, point, strict=True))
        part = np.array(np.prod([chance[u][v] for u, v in at.items()]))
        for n in nodes:
            part = np.multiply.outer(part, own[n.name][tuple(at[u] for u in parents[n.name])])
        q += part
    return q.ravel()


MODELS = {
    "selection": (SELECTION, "", "U V", "", ["ACE(X -> Y)"], {"X": 2, "Y": 2, "S": 2}),
    "error": (ERROR, "", "U V", "Y", ["ACE(X -> Y)"], {"X": 3, "Y": 2, "W": 2}),
    "chain": ("X -> Y -> Z; U -> X; U -> Y; V -> Y; V -> Z", "", "U V", "", ["ACE(X -> Z)", "ACE(Y -> Z)"], None),
    "mediation": (
        "X -> M -> Y; X -> Y; U -> M; V -> Y",
        "X",
        "U V",
        "",
        ["NDE(X -> M -> Y)", "NIE(X -> M -> Y)"],
        None,
    ),
    "triangle": ("U -> A; U -> B; V -> B; V -> C; W -> C; W -> A; A -> B", "", "U V W", "", ["ACE(A -> B)"], None),
    "both": ("X -> M -> Y; U -> X; U -> Y; V -> M", "", "U V", "", ["PNS(X -> Y)"], None),
    "instrument": ("Z -> A -> B; L -> A; L -> B; V -> Z", "", "L V", "", ["ACE(A -> B)"], {"Z": 3, "A": 2, "B": 2}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("seed", [0, 1])
def test_the_truth_is_inside_and_bounds_are_no_wider_than_shared_ones(name, seed):
    graph, inputs, latent, hidden, queries, sizes = MODELS[name]
    names = set(graph.replace("->", " ").replace(";", " ").split()) - set(latent.split())
    model = rb.CausalModel(graph, inputs, latent, sizes or dict.fromkeys(names, 2), hidden=hidden)
    q, joined = mechanisms(model, seed), model.joined
    p = rb.Behavior((joined.T @ q).reshape(joined.observed_shape), outputs=model.outputs, inputs=model.inputs)
    for text in queries:
        query = rb.query(model, text)
        found, wide = rb.bounds(query, p, tolerance=1e-4, seconds=20), rb.bounds(rb.query(joined, text), p)
        truth = query.over.value(q)
        assert found.lower_bound - 1e-9 <= truth <= found.upper_bound + 1e-9
        assert wide.lower_bound - 1e-4 <= found.lower_bound
        assert found.upper_bound <= wide.upper_bound + 1e-4
        for solution, sign in ((found.minimum, 1), (found.maximum, -1)):
            assert solution.network == ("lower bound" if name == "triangle" else "exact")
            if solution.network == "exact":  # the model found reproduces the data, and has the value
                made = joined.T @ solution.q.weights
                assert abs(made - p.p.ravel()).max() < 1e-8
                assert (
                    abs(sign * query.over.value(solution.q.weights / solution.q.weights.sum()) - solution.value) < 1e-7
                )


def test_when_the_time_is_over_a_rigorous_bound_is_known():
    model = rb.CausalModel(ERROR, "", "U V", {"X": 2, "Y": 3, "W": 3}, hidden="Y")
    table = [[Fraction(n, 60) for n in row] for row in ([3, 10, 17], [9, 1, 20])]
    p = rb.Behavior(table, outputs="X W", inputs="")
    right = [-rb.query(model, f"p{{W(Y={y})={y}}}") <= Fraction(-9, 10) for y in range(3)]
    effect = rb.query(model, "p{Y(X=1)=2} - p{Y(X=0)=2}")
    attained = -Fraction(17 + 9 + 1, 60)  # without errors: −p(0, 2) − p(1, 0) − p(1, 1)

    def known():
        try:
            return rb.minimize(effect, p, right, seconds=0.3).lower_bound
        except rb.errors.TimeLimitError as late:  # no model was found by then
            return late.partial.lower_bound

    assert -1 <= known() <= attained


@pytest.mark.slow
def test_conditions_that_may_not_happen_are_told():
    model = rb.CausalModel(ERROR, "", "U V", {"X": 2, "Y": 2, "W": 2}, hidden="Y")
    apart = rb.Behavior(np.full((2, 2), Fraction(1, 4)), outputs="X W", inputs="")
    with pytest.raises(rb.errors.MeasureError, match="positive in all"):  # Y may be constant
        rb.minimize(rb.query(model, "p{Y(X=1)=1 | Y=1}"), apart)
    table = [[Fraction(3, 10), Fraction(1, 5)], [Fraction(1, 10), Fraction(2, 5)]]
    p = rb.Behavior(table, outputs="X W", inputs="")
    found = rb.bounds(rb.query(model, "p{Y(X=1)=1 | Y=1}"), p)  # Y must vary: X and W depend on each other
    assert found.lower_bound <= 0 <= found.lower + 1e-9
    assert found.upper - 1e-9 <= 1 <= found.upper_bound


def test_events_of_independent_groups_are_multiplied():
    # V1 and V2 have latent variables of their own, a third node both: p{V2=1} is a product over two groups
    graph = "V1 -> V2 -> V3; A -> V0; A -> V2; A -> V3; B -> V1; B -> V3"
    model = rb.CausalModel(graph, "", "A B", dict.fromkeys(["V0", "V1", "V2", "V3"], 2), hidden="V1 V2 V3")
    p = rb.Behavior([Fraction(1, 2)] * 2, outputs="V0", inputs="")
    half = [rb.assumption(model, "p{V2=1} >= 1/2")]
    found = rb.minimize(rb.query(model, "p{V2(V1=1)=1 | V2=1}"), p, half, seconds=20)
    assert found.lower_bound <= found.value
    assert abs(found.value) <= 1e-6
    for district in found.parts.values():
        assert sum(map(float, district.values())) == pytest.approx(1)


def test_sparse_newton_steps_find_the_same_models(monkeypatch):
    # those of many unknowns are sparse; here all are
    from relaxbell.engines.independent import nearby

    monkeypatch.setattr(nearby, "_DENSE", 0)
    monkeypatch.setattr(nearby.np.linalg, "lstsq", None)
    cells = hundredths([[20, 15], [5, 35]])
    model = rb.CausalModel(SELECTION, "", "U V", {"X": 2, "Y": 2, "S": 2})
    found = rb.minimize(rb.query(model, "ACE(X -> Y)"), selected(cells))
    least = float(selection_bounds(cells, 1)[0])
    assert found.lower_bound <= least <= found.value + 1e-9
    assert found.value <= least + 2e-6
