import itertools
from fractions import Fraction

import cvxpy as cp
import networkx as nx
import numpy as np
import pytest
import reference

import relaxbell as rb


@pytest.mark.parametrize("seed", range(12))
def test_truncated_factorization(seed):
    """p(·|do) is Eq. (3): Σ_λ q(λ) ∏_{j≠i} p(x_j|pa_j, λ), summed explicitly."""
    rng = np.random.default_rng(seed)
    model, _ = reference.random_model(rng, 400)
    q = rng.dirichlet(np.ones(model.strategies.count))
    every = reference.strategies(model)
    nodes = [n for n in model.nodes if n not in model.latents]
    for _ in range(6):
        forced = rng.choice(nodes, size=rng.integers(1, 3), replace=False)
        do = {n: int(rng.integers(model.cardinality[n])) for n in forced}
        target = str(rng.choice([n for n in nodes if n not in do]))
        if target in model.inputs:
            continue
        value = int(rng.integers(model.cardinality[target]))
        expected = 0.0
        for free in reference.free_settings(model):
            weight = float(np.prod([1 / model.cardinality[n] for n in free if n not in do]))
            if all(do.get(n, v) == v for n, v in free.items()):
                expected += weight * sum(
                    w for w, s in zip(q, every, strict=True) if reference.run(model, s, free, do)[target] == value
                )
        model.q.value = q
        assert model.probability({target: value}, do=do).value == pytest.approx(expected, abs=1e-12)


def test_average_over_a_biased_input_distribution():
    model = rb.message(input_distribution=[[Fraction(3, 8)] * 2, [Fraction(1, 8)] * 2])
    q = np.random.default_rng(0).dirichlet(np.ones(model.strategies.count))
    model.q.value = q
    by_setting = [model.probability({"M": 0}, given={"X": x}).value for x in (0, 1)]
    assert model.probability({"M": 0}).value == pytest.approx(0.75 * by_setting[0] + 0.25 * by_setting[1])


def test_dependent_inputs_are_given_by_their_known_frequency():
    model = rb.measurement_dependence((2, 3), (3, 2))
    behavior = rb.Behavior(
        np.random.default_rng(1).dirichlet(np.ones(6), size=(2, 3)).transpose(2, 0, 1).reshape(3, 2, 2, 3)
    )
    solution = rb.minimize(rb.measure(model, {"any": np.ones(model.strategies.count)}, norm="linear"), behavior)
    model.q.value = solution.q.weights
    for a, b, x, y in itertools.product(range(3), range(2), range(2), range(3)):
        value = model.probability({"A": a, "B": b}, given={"X": x, "Y": y}).value
        assert value == pytest.approx(behavior.p[a, b, x, y], abs=1e-9)


@pytest.mark.parametrize(
    ("model", "count"),
    [
        # n = oa^mx · ob^(mx my) for Fig. 1c, oa^mx · ob^(oa my) for 1b, mx my oa^mx ob^my for 1e (paper, appendix)
        (rb.bell((2, 3), (3, 2)), 3**2 * 2**3),
        (rb.input_signaling((2, 3), (3, 2)), 3**2 * 2**6),
        (rb.outcome_signaling((2, 3), (3, 2)), 3**2 * 2**9),
        (rb.outcome_signaling((3, 3)), 512),
        (rb.measurement_dependence((2, 3), (3, 2)), 6 * 3**2 * 2**3),
        (rb.message((2, 3), (3, 2), alphabet=3), 3**2 * 3**6 * 2**9),
        (rb.instrumental(3, (2, 3)), 2**3 * 3**2),
        (rb.bell((2, 2, 3), (2, 3, 2)), 2**2 * 3**2 * 2**3),
    ],
)
def test_numbers_of_strategies(model, count):
    assert model.strategies.count == count


def test_three_ways_to_write_a_graph():
    sizes = {"X": 2, "Y": 3, "A": 3, "B": 2}
    arrows = "X -> A <- L -> B <- Y; X -> B"
    pairs = [("X", "A"), ("L", "A"), ("L", "B"), ("Y", "B"), ("X", "B")]
    models = [rb.CausalModel(g, "X Y", "L", sizes) for g in (arrows, pairs, nx.DiGraph(pairs))]
    tables = [m.T.toarray() for m in models]
    assert (tables[0] == tables[1]).all()
    assert (tables[0] == tables[2]).all()


def test_relax_remembers_and_unrelaxed_forgets():
    model = rb.bell((2, 3), (3, 2)).relax("X -> B").relax("L -> Y")
    assert model.relaxed == (("X", "B"), ("L", "Y"))
    assert model.dependent_inputs == ("Y",)
    assert set(model.unrelaxed.edges) == set(rb.bell().edges)
    assert rb.message().unrelaxed.strategies.count == 16  # the idle message is gone


def test_reproduces_is_plain_cvxpy():
    model = rb.bell().relax("X -> B")
    measure = rb.influence(model, "X", "B")
    problem = cp.Problem(cp.Minimize(measure.expression), [*model.reproduces(rb.boxes.pr()), model.valid])
    problem.solve(solver=cp.HIGHS)
    assert problem.value == pytest.approx(0.5, abs=1e-9)


@pytest.mark.slow
def test_a_million_strategies_build_within_limits():
    """2^20 strategies; memory is bounded by the sparse T and T'."""
    model = rb.input_signaling((4, 4))
    assert model.strategies.count == 2**20
    assert model.T.nnz == 16 * 2**20
    assert rb.influence(model, "X", "B").blocks[0].matrix.shape == (6 * 4, 2**20)


def test_svg_marks_relaxed_edges_and_names_every_node():
    svg = rb.message()._repr_svg_()
    assert svg.count("stroke-dasharray") == 1
    for node in ("X", "Y", "A", "B", "M", "Λ"):
        assert f">{node}</text>" in svg
    assert svg.count("<rect x") == 2  # M and L are not observed


def test_text_repr_says_what_matters():
    text = repr(rb.bell((2, 3), (3, 2)).relax("X -> B"))
    for part in ("X -> B (relaxed)", "inputs", "outputs", "A: 3", "strategies    576"):
        assert part in text


BELL = "X -> A <- L -> B <- Y"
SIZES = {"X": 2, "Y": 2, "A": 2, "B": 2}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("X -> A <- L; A -> B -> A; L -> B", "X", "L", SIZES), rb.errors.ModelError, "closes the cycle"),
        (("X -> X", "X", "L", SIZES), rb.errors.ModelError, "closes the cycle X -> X"),
        ((BELL, "X Q", "L", SIZES), rb.errors.ModelError, "'Q' in inputs is not a node"),
        ((BELL, "X X", "L", SIZES), rb.errors.ModelError, "'X' appears twice in inputs"),
        ((BELL, "X L", "L", SIZES), rb.errors.ModelError, "both in inputs and in latent"),
        ((f"{BELL}; X -> A", "X Y", "L", SIZES), rb.errors.ModelError, "appears twice"),
        ((BELL, "X Y", "L", {"X": 2, "Y": 2, "A": 2}), rb.errors.ModelError, "no cardinality for B"),
        ((BELL, "X Y", "L", SIZES | {"B": 0}), rb.errors.ModelError, "cardinality of 'B' is 0"),
        ((BELL, "X Y", "L", SIZES | {"B": 2.5}), rb.errors.ModelError, "cardinality of 'B' is 2.5"),
        ((BELL, "X Y", "L", SIZES | {"L": 2}), rb.errors.ModelError, "needs no cardinality"),
        ((BELL, "X Y", "L", SIZES | {"Q": 2}), rb.errors.ModelError, "'Q', which is not a node"),
        ((f"{BELL}; X -> L", "X Y", "L", SIZES), rb.errors.ModelError, "ends in a latent variable"),
        (("X -> A <- L; A -> B", "X", "L", {"X": 2, "A": 2, "B": 2}), rb.errors.ModelError, "no latent parent"),
        (
            ("X -> A <- L; Y -> X", "X Y", "L", {"X": 2, "A": 2, "Y": 2}),
            rb.errors.ModelError,
            "'X' responds to Y but",
        ),
        (("X -> A", "X", "", {"X": 2, "A": 2}), rb.errors.UnsupportedModelError, "0 latent"),
        (("X => A", "X", "L", SIZES), rb.errors.ModelError, "is not a chain of arrows"),
        (("X -> -> A", "X", "L", SIZES), rb.errors.ModelError, "is not a chain of arrows"),
        ((17, "X", "L", SIZES), rb.errors.ModelError, "is not a graph"),
        ((nx.Graph([("X", "A")]), "X", "L", SIZES), rb.errors.ModelError, "DiGraph"),
        (("X <- L", "X", "L", {"X": 2}), rb.errors.ModelError, "no outputs"),
    ],
)
def test_bad_graphs(arguments, error, message):
    with pytest.raises(error, match=message):
        rb.CausalModel(*arguments)


@pytest.mark.parametrize(
    ("distribution", "message"),
    [
        ([[0.25, 0.25], [0.25, 0.2]], "sums to 0.95"),
        ([0.5, 0.5], "shape"),
        ([[0.5, 0.5], [-0.5, 0.5]], "contains -0.5"),
        ([[np.nan, 0.5], [0.0, 0.5]], "contains nan"),
        ({"X": [0.5, 0.5]}, "expected each input once"),
        ({"X": [0.5, 0.5], "Y": [0.5, 0.6]}, "sums to 1.1"),
        ([[Fraction(1, 3), Fraction(1, 3)], [Fraction(1, 3), Fraction(1, 10**10)]], "expected exactly 1"),
        ("abc", "input_distribution"),
    ],
)
def test_bad_input_distributions(distribution, message):
    with pytest.raises(rb.errors.ModelError, match=message):
        rb.bell(input_distribution=distribution)


def test_a_free_input_cannot_correlate_with_a_dependent_one():
    with pytest.raises(rb.errors.ModelError, match="correlates the free inputs Y with the dependent ones X"):
        rb.measurement_dependence(dependent="X", input_distribution=[[0.5, 0], [0, 0.5]])


def test_relax_errors():
    with pytest.raises(rb.errors.ModelError, match="'Q' is not a node"):
        rb.bell().relax("X -> Q")
    with pytest.raises(rb.errors.ModelError, match="already in"):
        rb.bell().relax("X -> A")
    with pytest.raises(rb.errors.ModelError, match="closes the cycle"):
        rb.bell().relax("A -> B", "B -> A")
    with pytest.raises(rb.errors.ModelError, match="no edge given"):
        rb.bell().relax()
    with pytest.raises(rb.errors.ModelError, match="not input signaling"):
        rb.input_signaling(edge="A -> B")
    with pytest.raises(rb.errors.ModelError, match="not outcome signaling"):
        rb.outcome_signaling(edge="X -> B")


def test_too_large_models_are_refused_with_their_size():
    with pytest.raises(rb.errors.ModelTooLargeError, match=r"about 10\^30.0 strategies = 10\^5 \(A\) · 10\^25 \(B\)"):
        _ = rb.bell((5, 5), (10, 10)).relax("X -> B").T
    with pytest.raises(rb.errors.ModelTooLargeError, match="4,294,967,296 strategies"):
        _ = rb.input_signaling((4, 7)).T
    with pytest.raises(rb.errors.ModelTooLargeError, match="settings of the inputs"):
        rb.bell((10**6, 10**6), (10, 10))


def test_names_of_networks():
    told = '.relax("X -> M", "A -> M", "L -> M", "M -> B", hidden={"M": 3})'
    assert rb.message(alphabet=3).name == f"bell(){told}"
    assert rb.message((2, 3), (3, 2), alphabet=3).name == f"bell(inputs=(2, 3), outputs=(3, 2)){told}"
    with pytest.raises(rb.errors.ModelError, match="one number for each party"):
        rb.bell(inputs=2)


NETWORKS = [
    rb.bell((2, 3, 2), (3, 2, 2)),
    rb.input_signaling((2, 3), (3, 2), edge="Y -> A"),
    rb.outcome_signaling((2, 2, 3), edge="C → A"),
    rb.message((2, 3), (3, 2), alphabet=3),
    rb.measurement_dependence((2, 3), (3, 2), dependent="Y"),
    rb.instrumental(3, (2, 3)),
    rb.bilocality((2, 3, 2), (2, 3, 2)),
    rb.star(2, (2, 3), (3, 2), center=3),
    rb.star(2, np.array([2, 3, 2]), center_inputs=2, parties=[1, 2]),
]


@pytest.mark.slow
@pytest.mark.parametrize("model", NETWORKS, ids=lambda model: model.name)
def test_a_name_is_how_the_model_is_made(model):
    """Printed names are Python: of networks, and of what `relax` makes of them."""
    again = eval(f"rb.{model.name}", {"rb": rb})
    assert (again.name, again.nodes, again.edges) == (model.name, model.nodes, model.edges)
    assert (again.relaxed, again.hidden, again.cardinality) == (model.relaxed, model.hidden, model.cardinality)
    assert (again.T != model.T).nnz == 0


@pytest.mark.parametrize("model", NETWORKS, ids=lambda model: model.name)
def test_another_name_changes_no_order(model):
    same = model.rename({})
    assert (same.nodes, same.edges, same.relaxed) == (model.nodes, model.edges, model.relaxed)
    assert same.strategies.nodes == model.strategies.nodes
    other = model.rename({"A": "Alice"} if "A" in model.nodes else {"A1": "Alice"})
    assert (other.T != model.T).nnz == 0


@pytest.mark.parametrize("model", NETWORKS[:5], ids=lambda model: model.name)
def test_the_named_relaxations_are_lines_on_top_of_bell(model):
    """Fig. 1 b–e: what they relax is the Bell scenario of these settings and outcomes."""
    settings = tuple(model.cardinality[n] for n in model.inputs)
    local = rb.bell(settings, tuple(model.cardinality[n] for n in model.outputs))
    assert model.unrelaxed.name == local.name
    assert set(model.unrelaxed.edges) == set(local.edges)
    assert (model.unrelaxed.hidden, model.unrelaxed.cardinality) == ((), local.cardinality)


def test_a_hidden_node_of_its_own():
    """A referee Y -> R <- L that A and C hear, with three values: 3^(2·1) functions for R."""
    model = rb.bell((2, 3, 2)).relax("Y -> R <- L", "R -> A", ("R", "C"), hidden={"R": 3})
    assert (model.relaxed, model.hidden, model.cardinality["R"]) == ((("R", "A"), ("R", "C")), ("R",), 3)
    assert model.strategies.count == 3**3 * 2 ** (2 * 3) * 2**3 * 2 ** (2 * 3)
    assert model.unrelaxed.name == "bell(inputs=(2, 3, 2), outputs=(2, 2, 2))"
    assert model.relax("X -> B").unrelaxed.strategies.count == 2 ** (2 + 3 + 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: rb.bell().relax("L -> M -> B", hidden="M"), "hidden is 'M', expected the number of values"),
        (lambda: rb.bell().relax("L -> A -> B", hidden={"A": 2}), "'A' is already a node of bell"),
        (lambda: rb.bell().relax("X -> M -> B", hidden={"M": 2}), "'M' responds to X but has no latent parent"),
        (lambda: rb.bell().relax("L -> M -> Q", hidden={"M": 2}), "'Q' is not a node of bell.* L, Y, B, M"),
        (lambda: rb.instrumental((2, 3)), r"inputs=\(2, 3\): expected the number of values of Z, as in \(2,\)"),
        (lambda: rb.bilocality((2,) * 4), "expected the numbers of values of X and Z"),
        (lambda: rb.bilocality(outputs=(2, 2)), "expected the numbers of values of A, B and C"),
        (lambda: rb.star(2, (2, 3, 4)), "expected the numbers of values of X1 and X2"),
        (lambda: rb.star(2, {2, 3}), "which has no order"),
        (lambda: rb.star(1), "n=1: expected an integer ≥ 2"),
        (lambda: rb.star(2.5), "n=2.5: expected an integer ≥ 2"),
        (lambda: rb.star(2, parties=(1, 2, 3)), "expected the numbers of outer parties of L1 and L2"),
        (lambda: rb.star(2, parties=(1, 0)), r"parties=\(1, 0\): expected a whole number ≥ 1"),
        (lambda: rb.star(2, center_inputs=0), "center_inputs=0: expected an integer ≥ 1"),
        (lambda: rb.star(2, center=0), "cardinality of 'B' is 0"),
    ],
)
def test_numbers_that_fit_no_network(wrong, message):
    with pytest.raises(rb.errors.ModelError, match=message):
        wrong()


def test_one_number_for_all_where_the_parties_are_known():
    assert rb.instrumental(3, 2).name == rb.instrumental((3,), (2, 2)).name
    assert rb.bilocality(3, 2).cardinality == rb.bilocality((3, 3), (2, 2, 2)).cardinality
    assert rb.star(2, 3).name == rb.star(2, np.array([3, 3])).name == "star(2, inputs=3)"
    assert rb.star(2, parties=2).outputs == ("A1", "A2", "A3", "A4", "B")
    assert rb.bell(np.array([2, 3])).name == "bell(inputs=(2, 3), outputs=(2, 2))"


def test_bad_events():
    model = rb.bell()
    with pytest.raises(rb.errors.ModelError, match="'Q' is not an output"):
        model.probability({"Q": 0})
    with pytest.raises(rb.errors.ModelError, match="A = 2 is out of range"):
        model.probability({"A": 2})
    with pytest.raises(rb.errors.ModelError, match="non-empty event"):
        model.probability({})
    with pytest.raises(rb.errors.ModelError, match="'L' is not an output"):
        model.probability({"A": 0}, do={"L": 0})


@pytest.mark.parametrize("edges", ["A -> L", "L -> A; A -> L", [("L", "A"), ("A", "L")]])
def test_an_edge_into_a_latent_variable_is_no_cycle(edges):
    with pytest.raises(rb.errors.ModelError, match="'A' -> 'L' ends in a latent variable, which has no parents"):
        rb.CausalModel(edges, "", "L", {"A": 2})
    with pytest.raises(rb.errors.ModelError, match="'B' -> 'L' ends in a latent variable"):
        rb.bell().relax("B -> L")


def test_text_repr_shows_a_distribution_that_is_not_uniform():
    assert "p(X,Y)" not in repr(rb.bell((2, 3), (3, 2)))
    biased = rb.bell((2, 3), (2, 2), input_distribution={"X": [0.75, 0.25], "Y": [Fraction(1, 3)] * 3})
    assert "  p(X,Y)        0,0: 1/4, 0,1: 1/4, 0,2: 1/4, 1,0: 1/12" in repr(biased)
    assert "… 9 in all" in repr(rb.bell((3, 3), input_distribution={"X": [0.5, 0.25, 0.25], "Y": [1, 0, 0]}))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: rb.bell().parents("Q"), "'Q' is not a node of bell"),
        (lambda: rb.bell().ancestors("Q"), "'Q' is not a node of bell"),
        (lambda: rb.bell().rename({"A": "B"}), "two nodes of bell.* would be called 'B'"),
        (lambda: rb.CausalModel("X -> A <- L", "X", "L", 2), "cardinality is 2, expected a number for each node"),
        (lambda: rb.instrumental(outputs=(2,)), r"outputs=\(2,\): expected the numbers of values of A and B"),
    ],
)
def test_names_and_numbers_that_do_not_fit(wrong, message):
    with pytest.raises(rb.errors.ModelError, match=message):
        wrong()
