"""Districts of a model, and which latent variables may be anything together."""

from fractions import Fraction

import pytest
from sympy import Rational

import relaxbell as rb
from relaxbell.verify import verify


def model(graph, latent, inputs="", hidden=""):
    names = {n for n in graph.replace("->", " ").replace(";", " ").split()} - set(latent.split())
    return rb.CausalModel(graph, inputs, latent, {n: 2 for n in names}, hidden=hidden)


@pytest.mark.parametrize(
    ("graph", "latent", "wanted"),
    [
        # by hand: nodes, independent groups within, and whether every such q is one of the graph
        ("X -> Y -> S; U -> X; U -> Y; V -> S", "U V", [("X Y", [], True), ("S", [], True)]),
        ("C -> X -> Y; C -> Y; A -> C; B -> X; D -> Y", "A B D", [("C", [], True), ("X", [], True), ("Y", [], True)]),
        ("X -> Y -> Z; U -> X; U -> Y; V -> Y; V -> Z", "U V", [("X Y Z", ["X", "Z"], True)]),
        ("U -> A; U -> B; V -> B; V -> C; W -> C; W -> A", "U V W", [("A B C", [], False)]),
        ("U -> A; U -> B; V -> B; V -> C; W -> C; W -> D", "U V W", [("A B C D", ["A", "D"], False)]),
        ("X -> Y; U -> X; U -> Y; V -> Y", "U V", [("X Y", [], True)]),  # V can be sent along with U
    ],
)
def test_districts(graph, latent, wanted):
    found = model(graph, latent).districts
    read = [(set(d.nodes), d.is_exact) for d in found]
    assert read == [(set(nodes.split()), exact) for nodes, _, exact in wanted]
    for own, (_, groups, exact) in zip(found, wanted, strict=True):
        if exact or not groups:
            assert sorted(",".join(group) for group in own.groups) == groups
        else:  # several families of independent groups are necessary
            assert len(own.groups) > 1


def test_private_latent_variables_that_change_nothing_are_no_obstacle():
    noisy = rb.CausalModel("Z -> A -> B; L -> A; L -> B; V -> A; W -> B", "Z", "L V W", {"Z": 2, "A": 2, "B": 2})
    assert noisy.has_free_strategies
    cells = [[[919, 315], [81, 73]], [[0, 139], [0, 473]]]
    lipid = rb.Behavior([[[Fraction(n, 1000) for n in z] for z in b] for b in cells], outputs="A B", inputs="Z")
    found = rb.bounds(rb.average_causal_effect(noisy, "A", "B"), lipid)  # Balke and Pearl 1997
    assert (found.minimum.exact, -found.maximum.exact) == (Rational(49, 125), Rational(39, 50))
    certificate = found.minimum.certificate
    assert "49/125" in verify(certificate.data)
    assert len(noisy.inequalities().facets) == 4


def test_joined_models_keep_their_name_and_others_are_themselves():
    assert rb.bilocality().joined.name == rb.bilocality().name
    assert rb.bilocality().joined.latents == ("L1",)
    assert (one := rb.bell()).joined is one
    assert not rb.bilocality().has_free_strategies
