"""Mixtures of structures: one model, with the strategies of all structures side by side."""

import pickle
from fractions import Fraction

import numpy as np
import pytest
from reference import observed_matrix

import relaxbell as rb
from relaxbell.errors import ModelError, UnsupportedModelError

TO_BOB = rb.bell().relax("X -> B")


def either(inputs=(2, 2), outputs=(2, 2)):
    local = rb.bell(inputs, outputs)
    return rb.mixture({"to Bob": local.relax("X -> B"), "to Alice": local.relax("Y -> A")})


def hybrid(inputs=(2, 2, 2), outputs=(2, 2, 2)):
    """Svetlichny's: two of three parties know each other's settings."""
    local = rb.bell(inputs, outputs)
    pairs = [("X -> B", "Y -> A"), ("X -> C", "Z -> A"), ("Y -> C", "Z -> B")]
    return rb.mixture([local.relax(*edges) for edges in pairs])


def test_one_bit_in_either_direction_has_48_facets_in_two_nontrivial_families():
    """The causal polytope of Branciard et al., arXiv:1508.01704, whose Eqs. (9) and (10) are the two families."""
    found = either().inequalities()
    assert len(np.unique(found.model.T.toarray(), axis=1).T) == 112
    assert found.domain.dimension == 12
    assert len(found) == 48
    assert [len(own.members) for own in found.classes] == [16, 16]
    assert len(found.positivity) == 16
    for facet in found.functionals():  # valid, and on as many vertices as dimensions
        values = found.model.T.T @ np.array([float(c) for c in facet.coefficients.ravel()]) + float(facet.constant)
        assert values.max() == pytest.approx(0, abs=1e-12)
        assert facet.bound(found.model) == 0


def test_one_bit_of_three_settings_in_either_direction_has_2752_strategies():
    local = rb.bell((3, 3))
    there, back = local.relax("X -> M <- L", "M -> B", hidden={"M": 2}), local.relax("Y -> N <- L", "N -> A",
                                                                                    hidden={"N": 2})  # fmt: skip
    one, other = (np.unique(m.T.toarray(), axis=1) for m in (there, back))
    assert (one.shape[1], other.shape[1]) == (1408, 1408)
    assert np.unique(rb.mixture([there, back]).T.toarray(), axis=1).shape[1] == 2752


@pytest.mark.parametrize("sizes", [((2, 2), (2, 2)), ((2, 3), (3, 2)), ((1, 2), (2, 2))])
def test_the_strategies_are_those_of_the_structures(sizes):
    model = either(*sizes)
    parts = [observed_matrix(own) for own in model.models]
    assert (model.T.toarray() == np.hstack(parts)).all()
    assert (model.observed_rows.matrix.toarray() == np.hstack(parts)).all()
    assert model.strategies.count == sum(part.shape[1] for part in parts)
    assert model.q.shape == (model.strategies.count,)


def test_structures_are_matched_by_name():
    turned = rb.CausalModel(
        "Y -> B <- K -> A <- X; Y -> A", inputs="Y X", outputs="B A", latent="K",
        cardinality={"X": 2, "Y": 3, "A": 3, "B": 2}, input_distribution={"X": [0.25, 0.75], "Y": [0.5, 0.25, 0.25]},
    )  # fmt: skip
    straight = rb.bell((2, 3), (3, 2), input_distribution={"X": [0.25, 0.75], "Y": [0.5, 0.25, 0.25]}).relax("X -> B")
    model = rb.mixture([straight, turned])
    assert (model.outputs, model.inputs, model.latents) == (("A", "B"), ("X", "Y"), ("L",))
    own = observed_matrix(turned).reshape(2, 3, 3, 2, -1).transpose(1, 0, 3, 2, 4).reshape(36, -1)
    assert {c.tobytes() for c in own.T} == {c.tobytes() for c in model.models[1].T.toarray().T}


def test_any_behavior_is_a_cell_for_each_setting():
    model = rb.mixture([rb.bell((2, 3), (3, 2)), "any"])
    cells = model.T.toarray()[:, rb.bell((2, 3), (3, 2)).strategies.count :]
    assert (cells == 6 * np.eye(36)).all()
    p = rb.boxes.pr()
    solution = rb.minimize(rb.fraction(rb.mixture([rb.bell(), "any"]), "any"), p)
    assert solution.q.functions(int(solution.q.support[0]))["structure"] == "any"


def test_functionals_of_mixtures():
    svetlichny, mermin = rb.catalog.svetlichny(), rb.catalog.mermin()
    assert svetlichny.bound(hybrid()) == 4  # Svetlichny 1987; 4√2 in quantum theory
    assert mermin.bound(hybrid()) == 4
    assert svetlichny.bound(rb.bell((2, 2, 2))) == 4
    assert rb.catalog.CHSH.bound(rb.mixture([rb.bell(), "any"])) == 4
    model = rb.mixture([rb.bell(), "any"])
    for limit in (Fraction(0), Fraction(1, 3), Fraction(1)):
        assert rb.catalog.CHSH.bound(model, [rb.fraction(model, "any") <= limit]) == 2 + 2 * limit
        assert (2 * rb.catalog.CHSH + 1).bound(model, [rb.fraction(model, 1) <= limit]) == 5 + 4 * limit


@pytest.mark.parametrize("make", [either, lambda: rb.mixture([rb.bell(), "any"]), lambda: rb.mixture([TO_BOB])])
def test_symmetries_permute_the_behaviors(make):
    model = make()
    columns = {c.tobytes() for c in model.T.toarray().T}
    found = model.symmetries()
    for g in found.generators:
        assert {c[g.cells()].tobytes() for c in model.T.toarray().T} == columns
    assert found.order == (64 if len(model.structures) == 1 else 128)  # both directions, and exchange of the parties


def test_critical_visibilities():
    p = rb.boxes.pr()
    assert rb.critical_visibility(either(), p) == 1
    local = rb.mixture([rb.bell(), "any"])
    for limit in (0, Fraction(1, 4)):
        assert rb.critical_visibility(local, p, [rb.fraction(local, 1) <= limit]) == (1 + limit) / Fraction(2)
    assert rb.critical_visibility(rb.mixture([rb.bell()]), p) == Fraction(1, 2)


def test_influences_and_probabilities_average_over_the_structures():
    """In one structure the edge may act, in the other not: C(X -> B) = 1/2 · its weight for the PR box at least."""
    model, p = either(), rb.boxes.pr()
    there, back = rb.influence(model, "X", "B"), rb.influence(model, "Y", "A")
    for limit in (0, Fraction(1, 8), Fraction(1, 2)):
        assert rb.minimize(there, p, [back <= limit]).exact == Fraction(1, 2) - limit
    assert rb.minimize(there + back, p).exact == Fraction(1, 2)
    row = model.rows({"B": 0}, do={"X": 1, "Y": 0})
    parts = [own.rows({"B": 0}, do={"X": 1, "Y": 0}).array.toarray() for own in model.models]
    assert (row.array.toarray() == np.hstack(parts)).all()
    bit = rb.mixture([rb.message((2, 2)), rb.bell()])
    assert rb.minimize(rb.message_weight(bit), p).exact == rb.minimize(rb.message_weight(rb.message()), p).exact


def test_cyclic_unions_and_their_pictures():
    """Causal order: A before B, or B before A. The remainder has none: the PR box needs none of it, GYNI does."""
    order = {"A first": rb.bell().relax("X -> B", "A -> B"), "B first": rb.bell().relax("Y -> A", "B -> A")}
    model = rb.mixture({**order, "none": "any"})
    assert rb.minimize(rb.fraction(model, "none"), rb.boxes.pr()).exact == 0
    table = np.zeros((2, 2, 2, 2), dtype=int)
    for x, y in np.ndindex(2, 2):
        table[y, x, x, y] = 1  # guess your neighbor's input: causal orders succeed with probability 1/2
    swap = rb.Behavior(table)
    assert rb.minimize(rb.fraction(model, "none"), swap).exact == 1
    picture = model._repr_svg_()
    assert picture.count("<svg") == 3
    assert all(words in text for words in ("any behavior", "B first") for text in (picture, repr(model)))


def test_it_travels_and_is_renamed():
    model = rb.mixture({"local": rb.bell(), "rest": "any"})
    again = pickle.loads(pickle.dumps(model))
    assert (again.T != model.T).nnz == 0
    named = model.rename({"X": "angle", "A": "click"})
    p = rb.boxes.tsirelson().rename({"X": "angle", "A": "click"})
    assert (
        rb.minimize(rb.fraction(named, "rest"), p).exact
        == rb.minimize(rb.fraction(model, 1), rb.boxes.tsirelson()).exact
    )


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: rb.mixture([]), ModelError, "nothing known"),
        (lambda: rb.mixture(["any"]), ModelError, "nothing known"),
        (lambda: rb.mixture([rb.bell(), "any", "any"]), ModelError, "twice"),
        (lambda: rb.mixture(rb.bell()), ModelError, "expected a list of models"),
        (lambda: rb.mixture([rb.bell(), "local"]), ModelError, '"any" for any behavior'),
        (lambda: rb.mixture([rb.bell((2, 3)), rb.bell()]), ModelError, "Y has 2 values"),
        (lambda: rb.mixture([rb.bell((2, 2, 2)), rb.bell()]), ModelError, r"rename\({old: new}\)"),
        (
            lambda: rb.mixture([rb.bell(), rb.measurement_dependence()]),
            ModelError,
            'Mix free ones|mix free ones with "any"',
        ),
        (lambda: rb.mixture([rb.bell(), rb.bell(input_distribution=[[1, 0], [0, 0]])]), ModelError, "different p"),
        (lambda: rb.mixture([rb.bilocality(), "any"]), UnsupportedModelError, "shared"),
        (lambda: rb.mixture([either(), rb.bell()]), ModelError, r"\*other.models"),
        (lambda: either().relax("A -> B"), ModelError, "Relax the structures"),
        (lambda: either().place(2), ModelError, "0 .to Bob., 1 .to Alice."),
        (lambda: rb.dependence(rb.mixture([rb.measurement_dependence()])), UnsupportedModelError, "single graph"),
        (
            lambda: rb.mutual_information(rb.mixture([rb.measurement_dependence()])),
            UnsupportedModelError,
            "single graph",
        ),
        (lambda: rb.influence(rb.mixture([TO_BOB, "any"]), "X", "B"), UnsupportedModelError, "fraction"),
        (lambda: rb.mixture([rb.bell(), "any"]).inequalities(), UnsupportedModelError, "fraction"),
        (lambda: rb.catalog.CHSH.is_facet(rb.mixture([rb.bell(), "any"])), UnsupportedModelError, "fraction"),
        (lambda: either().strategies.evaluate({"X": 0}), UnsupportedModelError, "mixture.models"),
    ],
)
def test_refusals_name_the_remedy(make, error, words):
    with pytest.raises(error, match=words):
        make()
