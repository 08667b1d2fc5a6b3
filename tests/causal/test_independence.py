"""What independent sources imply, on graphs whose answer is known or argued beside them."""

import pytest

import relaxbell as rb

NETWORKS = {
    # one source: nothing to ask
    "bell": ("X -> A <- L -> B <- Y", "X Y", "L", "exact", set()),
    # A sees one of two sources, B both: the second is B's private noise
    "private noise": ("X -> A <- L -> B <- K", "X", "L K", "exact", set()),
    # L2 reaches no node beyond those of L1
    "absorbed": ("A <- L1 -> B; A <- L2 -> B", "", "L1 L2", "exact", set()),
    # Branciard, Gisin, Pironio (2010): the paper's Eq. (45)
    "bilocality": ("X -> A <- L1 -> B <- L2 -> C <- Z", "X Z", "L1 L2", "exact", {"A|C"}),
    # an edge between responding nodes changes response functions, not who shares a source
    "bilocality with signaling": (
        "X -> A <- L1 -> B <- L2 -> C <- Z; A -> B; X -> C",
        "X Z",
        "L1 L2",
        "exact",
        {"A|C"},
    ),
    "bilocality with a local source": ("A <- L1 -> B <- L2 -> C; L3 -> B", "", "L1 L2 L3", "exact", {"A|C"}),
    # Tavakoli et al. (2014)
    "star": ("A <- L1 -> B; C <- L2 -> B; D <- L3 -> B", "", "L1 L2 L3", "exact", {"A|C|D"}),
    "two parties on a source": ("A <- L1 -> B; D <- L1; C <- L2 -> B", "", "L1 L2", "exact", {"A,D|C"}),
    "two centers": ("A <- L1 -> B; L1 -> E <- L2; C <- L2 -> B", "", "L1 L2", "exact", {"A|C"}),
    "separate Bell scenarios": ("A <- L -> B; C <- K -> D", "", "L K", "exact", {"A,B|C,D"}),
    # settings with a source of their own: p(x,y|λ) factorizes from the rest
    "dependent settings": ("A <- L -> B; X <- K -> Y; X -> A; Y -> B", "X Y", "L K", "exact", {"A,B|X,Y"}),
    # bilocality beside an independent coin
    "bilocality and a coin": ("A <- L1 -> B <- L2 -> C; D <- L3", "", "L1 L2 L3", "exact", {"A,B,C|D", "A|C"}),
    # B sees two of three sources: A ⟂ (C, D) and (A, B) ⟂ D, which are not all constraints
    "line of four": ("A <- L1 -> B <- L2 -> C <- L3 -> D", "", "L1 L2 L3", "necessary", {"A|C,D", "A,B|D"}),
    # L1 | L2, L3 | L4 gives A ⟂ (C, D) ⟂ E, and so (A, E) ⟂ (C, D), A ⟂ (C, D, E) and so on; (A, B, E) ⟂ D is new
    "star with a longer arm": (
        "A <- L1 -> B <- L2 -> C <- L3 -> D; E <- L4 -> B",
        "",
        "L1 L2 L3 L4",
        "necessary",
        {"A|C,D|E", "A,B,E|D"},
    ),
    # every two of A1 … A5 share one of ten sources; a coin shares none
    "complete graph and a coin": (
        "; ".join(f"A{i} <- L{i}{j} -> A{j}" for i in range(1, 6) for j in range(i + 1, 6)) + "; D <- K",
        "",
        " ".join(f"L{i}{j}" for i in range(1, 6) for j in range(i + 1, 6)) + " K",
        "necessary",
        {"A1,A2,A3,A4,A5|D"},
    ),
    "complete graph": (
        "; ".join(f"A{i} <- L{i}{j} -> A{j}" for i in range(1, 6) for j in range(i + 1, 6)),
        "",
        " ".join(f"L{i}{j}" for i in range(1, 6) for j in range(i + 1, 6)),
        "none",
        set(),
    ),
    # a message of its own source, heard by C, and an edge between parties of one source
    "hidden node": ("A <- L1 -> B <- L2 -> C; K -> M -> C", "", "L1 L2 K", "exact", {"A,B,C|M", "A|C"}),
    "parties of one source that signal": (
        "X -> A <- L1 -> B <- L2 -> C; L1 -> D; A -> D",
        "X",
        "L1 L2",
        "exact",
        {"A,D|C"},
    ),
    "square": ("A <- L1 -> B <- L2 -> C <- L3 -> D <- L4 -> A", "", "L1 L2 L3 L4", "necessary", {"A|C", "B|D"}),
    "triangle": ("A <- L1 -> B <- L2 -> C <- L3 -> A", "", "L1 L2 L3", "none", set()),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_classification(name):
    graph, inputs, latents, kind, products = NETWORKS[name]
    names = set(graph.replace("->", " ").replace("<-", " ").replace(";", " ").split())
    model = rb.CausalModel(
        graph,
        inputs,
        latents,
        {n: 2 for n in names - set(latents.split())},
        hidden="M" if "M" in names else (),
    )
    found = model.independence
    assert found.kind == kind
    said = {"|".join(sorted(",".join(sorted(group)) for group in product)) for product in found.products}
    assert said == {"|".join(sorted(product.split("|"))) for product in products}
    assert found.reason


def test_other_measures_refuse_several_sources_and_name_the_relaxation():
    model = rb.bilocality().relax("X -> B")
    with pytest.raises(rb.errors.UnsupportedModelError, match="shared"):
        rb.influence(model, "X", "B")
    assert rb.influence(model.shared(), "X", "B").model.latents == ("L1",)


@pytest.mark.parametrize(
    ("model", "count"),
    [
        # n = oa^mx · ob^my · oc^mz (paper, after Eq. 43)
        (rb.bilocality(), 2**2 * 4 * 2**2),
        (rb.bilocality((2, 3), (3, 4, 2)), 3**2 * 4 * 2**3),
        (rb.bilocality((2, 2, 3), (3, 2, 2)), 3**2 * 2**2 * 2**3),
        (rb.star(3), 4**3 * 8),
        (rb.star(3, (2, 1, 3), (2, 3, 2), center=2, center_inputs=2), 4 * 3 * 8 * 4),
        (rb.star(2, 2, 2, center=3, parties=(2, 1)), 4**3 * 3),
    ],
)
def test_numbers_of_strategies(model, count):
    assert model.strategies.count == count


@pytest.mark.parametrize(
    "attempt",
    [lambda: rb.bilocality((2,)), lambda: rb.star(1), lambda: rb.star(2, (2, 2, 2)), lambda: rb.star(2, parties=(1,))],
)
def test_numbers_that_do_not_fit(attempt):
    with pytest.raises(rb.errors.ModelError, match="expected"):
        attempt()
