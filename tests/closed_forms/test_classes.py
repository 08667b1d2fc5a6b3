"""Classes of facets and terms: counts sum to the total, and only the graph decides, not how it was made."""

import re
from collections import Counter

import pytest

import relaxbell as rb


def counts(text):
    return [int(n) for n in re.findall(r"(\d+) ×", text)]


@pytest.mark.parametrize(
    "model",
    [
        rb.bell(),
        rb.bell((2, 2), (3, 3)),  # 2 classes of CHSH: merging outcomes tells the signs apart
        rb.bell((2, 2), (3, 2)),
        rb.bell((2, 3)),
        rb.bell((2, 2, 1), (2, 2, 2)),
        rb.instrumental(3),
        rb.outcome_signaling(),
        pytest.param(rb.message((3, 2)), marks=pytest.mark.slow),
    ],
    ids=lambda model: model.name,
)
def test_listed_facets_sum_to_the_total(model):
    found = model.inequalities()
    head, *lines = repr(found).splitlines()
    assert f": {len(found)} facets" in head
    assert sum(n for line in lines for n in counts(line)) == len(found)
    assert sum(counts(found._repr_html_().replace("<td>", " "))) == len(found)
    texts = Counter(kind.text for kind in found.classes)
    assert len(lines) == len(texts) + 1
    for text, number in texts.items():
        assert (f"({number} classes)" in repr(found)) or number == 1
        assert text in repr(found)


def test_2233():
    """Collins and Gisin 2004: 1116 = 36 + 648 CHSH + 432 CGLMP."""
    found = rb.bell((2, 2), (3, 3)).inequalities()
    assert counts(repr(found)) == [648, 432, 36]
    assert sorted((kind.name, len(kind)) for kind in found.classes) == [("CHSH", 324), ("CHSH", 324), ("I_3", 432)]


def test_listed_terms_sum_to_the_total():
    for settings, outcomes in (((2, 2), (2, 2)), ((2, 3), (2, 2)), ((2, 2), (3, 2))):
        model = rb.input_signaling(settings, outcomes)
        form = rb.closed_form(rb.influence(model, "X", "B"))
        assert f"max of {len(form.terms)} terms" in repr(form)
        assert sum(counts(repr(form))) == len(form.terms) == sum(map(len, form.classes))
        assert sum(counts(form._repr_html_().replace("<td>", " "))) == len(form.terms)


MESSAGE = "X -> A <- L -> B <- Y; X -> M; A -> M; L -> M; M -> B"
SIZES = {"X": 3, "Y": 2, "A": 2, "B": 2, "M": 2}
HAND = [
    (rb.message((3, 2)), {"graph": MESSAGE, "hidden": "M"}),
    (rb.message(), {"graph": MESSAGE, "hidden": "M", "inputs": "Y X", "outputs": "B A"}),
    (rb.outcome_signaling((2, 3)), {"graph": "Y -> B; L -> B; A -> B; L -> A; X -> A"}),
    (rb.bell((3, 2)).relax("X -> B"), {"graph": "X -> B <- Y; L -> A; L -> B; X -> A"}),
    (rb.bell((2, 2)).relax("X -> B", "Y -> A"), {"graph": "X -> B <- Y; L -> A; L -> B; X -> A; Y -> A"}),
    (rb.measurement_dependence(dependent="X"), {"graph": "L -> A <- X <- L; L -> B <- Y"}),
    (rb.bell((1, 2, 2), (2, 2, 2)), {"graph": "L -> A; L -> B; L -> C; Z -> C; Y -> B; X -> A"}),
    (rb.instrumental(3), {"graph": "L -> B <- A <- Z; L -> A"}),
]


@pytest.mark.parametrize(("made", "hand"), HAND, ids=lambda value: getattr(value, "name", ""))
@pytest.mark.slow
def test_graphs_written_out_by_hand(made, hand):
    """The same graph has the same facets in the same classes, whatever its edges are called."""
    given = {"inputs": made.inputs, "latent": "L", "cardinality": made.cardinality} | hand
    written = rb.CausalModel(**given)
    assert sorted(written.edges) == sorted(made.edges)
    one, other = made.inequalities(), written.inequalities()
    assert len(one) == len(other)
    assert sorted(map(len, one.classes)) == sorted(map(len, other.classes))
    assert sorted(str(kind.name) for kind in one.classes) == sorted(str(kind.name) for kind in other.classes)


@pytest.mark.slow
def test_message_from_three_settings_to_two():
    """8 classes beyond positivity, for both ways to make the model."""
    written = rb.CausalModel(MESSAGE, "X Y", "L", SIZES, hidden="M")
    assert len(written.inequalities().classes) == 8


def test_closed_forms_of_graphs_written_by_hand():
    made = rb.bell().relax("X -> B")
    written = rb.CausalModel("X -> B <- Y; L -> A; L -> B; X -> A", "X Y", "L", made.cardinality)
    one, other = (rb.closed_form(rb.influence(m, "X", "B"), "model") for m in (made, written))
    assert sorted(map(len, one.classes)) == sorted(map(len, other.classes))


@pytest.mark.parametrize(
    ("model", "parties"),
    [
        (rb.bell(), {"A": "X", "B": "Y"}),
        (rb.bell((2, 1, 2), (2, 2, 2)), {"A": "X", "B": "Y", "C": "Z"}),
        (rb.bell().relax("X -> B", "Y -> A"), {"A": "X", "B": "Y"}),
        (rb.bell((2, 2, 2), (2, 2, 2)).relax("X -> B", "Y -> C", "Z -> A"), {"A": "X", "B": "Y", "C": "Z"}),
        (rb.message(), {"A": "X", "B": "Y"}),
        (rb.measurement_dependence(), {"A": "X", "B": "Y"}),
        (rb.bilocality(), {"A": "X", "B": None, "C": "Z"}),
        (rb.instrumental(), None),  # Z reaches B, which has no setting of its own
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_parties_of_a_graph(model, parties):
    assert model.parties == parties
