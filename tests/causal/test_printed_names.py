"""Edges and latent variables may be written as they are printed; settings alone say how many parties there are."""

import pytest

import relaxbell as rb

SIZES = {"X": 2, "Y": 3, "A": 3, "B": 2}
GRAPH = "X -> A <- L -> B <- Y"


@pytest.mark.parametrize(
    "graph",
    ["X → A ← L → B ← Y", "X→A←L→B←Y", "X → A <- L -> B ← Y", "X → A ← Λ → B ← Y", ["X → A ← Λ", ("Λ", "B"), "Y -> B"]],
)
def test_a_graph_may_be_written_as_it_is_printed(graph):
    model = rb.CausalModel(graph, "X Y", "L", SIZES)
    written = rb.CausalModel(GRAPH, "X Y", "L", SIZES)
    assert set(model.edges) == set(written.edges)
    assert model.latents == ("L",)
    assert model.strategies.count == written.strategies.count


@pytest.mark.parametrize("edge", ["X → B", "X→B", "B ← X", "X -> B", ("X", "B")])
def test_relaxed_edges_with_printed_arrows(edge):
    assert rb.bell((2, 3), (3, 2)).relax(edge).relaxed == (("X", "B"),)
    assert rb.input_signaling((2, 3), (3, 2), edge=edge).relaxed == (("X", "B"),)


@pytest.mark.parametrize("edge", ["Λ → X", "X ← Λ", ("Λ", "X"), "L -> X"])
def test_the_latent_variable_by_its_printed_name(edge):
    model = rb.bell((2, 3), (3, 2))
    assert model.relax(edge).relaxed == (("L", "X"),)
    assert model.relax(edge).dependent_inputs == ("X",)


def test_a_single_latent_variable_of_any_name():
    model = rb.CausalModel("X -> A <- source -> B <- Y", "X Y", "source", SIZES)
    assert model.relax("Λ → Y").relaxed == (("source", "Y"),)
    assert model.rename({"Λ": "common"}).latents == ("common",)
    assert model.parents("Λ") == ()
    marked = rb.CausalModel(f"{GRAPH}; L -> X", "X Y", "L", SIZES, relaxed="Λ → X")
    assert marked.relaxed == (("L", "X"),)


def test_several_sources_are_printed_with_numbers():
    model = rb.bilocality((2, 3), (3, 2, 2))
    assert model.relax("Λ2 → Z").relaxed == (("L2", "Z"),)
    with pytest.raises(rb.errors.ModelError, match=r"'Λ' is not a node of bilocality.*L1, B, L2"):
        model.relax("Λ → Z")


def test_a_node_that_is_called_lambda_stays_itself():
    sizes = {"X": 2, "A": 2, "Λ": 3}
    model = rb.CausalModel("X -> Λ -> A; L -> Λ; L -> A", "X", "L", sizes, hidden="Λ")
    assert model.relax("X → A").parents("Λ") == ("X", "L")
    named = rb.CausalModel("X → A ← Λ → B ← Y", "X Y", "Λ", SIZES)
    assert named.latents == ("Λ",)
    assert named.relax("Λ → X").relaxed == (("Λ", "X"),)


def test_an_edge_is_not_given_twice_under_two_names():
    with pytest.raises(rb.errors.ModelError, match="'L' -> 'X' appears twice"):
        rb.bell().relax("L -> X", "Λ → X")
    with pytest.raises(rb.errors.ModelError, match="twice"):
        rb.bell().rename({"L": "source", "Λ": "common"})
    with pytest.raises(rb.errors.ModelError, match="ends in a latent variable"):
        rb.bell().relax("X → Λ")


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (rb.bell((2, 2, 2)), (2, 2, 2, 2, 2, 2)),
        (rb.bell((2, 3, 4)), (2, 2, 2, 2, 3, 4)),
        (rb.bell(outputs=(3, 2, 4)), (3, 2, 4, 2, 2, 2)),
        (rb.bell((3,)), (2, 3)),
        (rb.bell(), (2, 2, 2, 2)),
        (rb.bell((2, 3), (3, 2)), (3, 2, 2, 3)),
        (rb.message((2, 3, 2)), (2, 2, 2, 2, 3, 2)),
        (rb.input_signaling((2, 3, 2), edge="X → C"), (2, 2, 2, 2, 3, 2)),
        (rb.outcome_signaling(outputs=(2, 3, 2)), (2, 3, 2, 2, 2, 2)),
        (rb.measurement_dependence((3, 2, 2)), (2, 2, 2, 3, 2, 2)),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_two_of_what_is_not_given(model, shape):
    assert model.observed_shape == shape


def test_the_bound_of_three_parties_by_their_settings_alone():
    """Mermin, PRL 65, 1838 (1990): 2 for local models of three parties, in the form with values up to 4."""
    assert rb.catalog.mermin(3).bound(rb.bell((2, 2, 2))) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((2, 2, 2), (2, 2)), "3 inputs and 2 outputs"),
        (((),), "0 inputs and 0 outputs"),
        ((3,), r"inputs=3.*as in \(2, 3\)"),
        ((None, 3), r"outputs=3.*as in \(2, 3\)"),
    ],
)
def test_numbers_that_fit_no_parties(arguments, message):
    with pytest.raises(rb.errors.ModelError, match=message):
        rb.bell(*arguments)
