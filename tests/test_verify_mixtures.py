"""Certificates of mixtures and fractions: what was changed is refused, and the verifier's strategies are ours."""

import copy
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.verify import Refused, elimination, verify
from relaxbell.verify.elimination import strategy
from relaxbell.verify.measures import read_measure
from relaxbell.verify.mixtures import Mixed, read_model
from relaxbell.verify.reading import with_numbers

LOCAL = rb.bell((2, 2), (3, 2))


def mixed():
    return rb.mixture({"to Bob": LOCAL.relax("X -> B"), "to Alice": LOCAL.relax("Y -> A"), "rest": "any"})


def certificate(measure=None, p=None):
    model = rb.mixture({"local": rb.bell(), "rest": "any"})
    own = rb.fraction(model, "rest") if measure is None else measure
    return copy.deepcopy(rb.minimize(own, rb.boxes.pr() if p is None else p).certificate.data)


def test_the_verifier_makes_the_same_strategies():
    """T and the rows of fractions, from the graphs of the certificate alone."""
    model = mixed()
    p = rb.Behavior(np.full((3, 2, 2, 2), Fraction(1, 6), dtype=object))
    for what in ("X -> B", ["X -> B", "Y -> A"], "rest", ["to Bob", "rest"], {"A(X=1)": 2}):
        measure = rb.fraction(rb.mixture(model.models[:1]) if isinstance(what, dict) else model, what)
        data = rb.minimize(measure, p).certificate.data
        own = read_model(with_numbers(data["model"]))
        assert isinstance(own, Mixed)
        listed = list(own.strategies())
        cells = measure.model.T.indices.reshape(own.count, -1)
        assert [sorted(own.visited(f)) for f in listed] == np.sort(cells, axis=1).tolist()
        assert all(strategy(own, k) == functions for k, functions in enumerate(listed))
        read = read_measure(own, with_numbers(data["measure"]))
        row = [sum(v for _, v in read.column(k, f)) for k, f in enumerate(listed)]
        assert row == measure.blocks[0].array.toarray()[0].tolist()


def test_the_sentence_names_the_structures():
    text = verify(certificate())
    assert "X -> A, L -> A, L -> B, Y -> B | any behavior" in text
    assert "fraction(structure 2) >= 1, and one attains it: minimum = 1" in text


def changed(change):
    data = certificate()
    change(data)
    return data


ATTACKS = {
    "a larger claim": lambda d: d["claim"].update(lower_bound="2", upper_bound="2"),
    "no remainder": lambda d: d["model"]["mixture"].pop(),
    "no graph": lambda d: d["model"]["mixture"].pop(0),
    "two remainders": lambda d: d["model"]["mixture"].append("any"),
    "a structure that is none": lambda d: d["model"]["mixture"].append("some"),
    "another field": lambda d: d["model"].update(latents=["L"]),
    "the other structure": lambda d: d["measure"].update(structures=[0]),
    "a structure beyond": lambda d: d["measure"].update(structures=[2]),
    "no structures": lambda d: d["measure"].update(structures=[]),
    "two kinds": lambda d: d["measure"].update(edges=[["X", "B"]]),
    "no edge": lambda d: (d["measure"].pop("structures"), d["measure"].update(edges=[["X", "B"]])),
    "an edge of a latent": lambda d: (d["measure"].pop("structures"), d["measure"].update(edges=[["L", "B"]])),
    "no text": lambda d: (d["measure"].pop("structures"), d["measure"].update(edges=[[1, "B"]])),
    "no response": lambda d: (d["measure"].pop("structures"), d["measure"].update(events=[["X", [], 0]])),
    "a response without parents": lambda d: (d["measure"].pop("structures"),
                                             d["measure"].update(events=[["A", [], 0]])),
    "a value beyond": lambda d: (d["measure"].pop("structures"), d["measure"].update(events=[["A", [["X", 0]], 2]])),
    "another probability": lambda d: d.update(measure={"kind": "probability", "target": "A", "values": [0], "do": []}),
    "an influence": lambda d: d.update(measure={"kind": "influence", "source": "X", "target": "A",
                                                "variation": False}),
    "dependence": lambda d: d.update(measure={"kind": "dependence", "hall": False}),
    "information": lambda d: d.update(measure={"kind": "mutual information"}),
    "a network": lambda d: d.update(measure={"kind": "nonbilocality", "products": [[["A"], ["B"]]]}),
    "another distribution": lambda d: d["model"]["mixture"].insert(
        0, {**d["model"]["mixture"][0], "input_distribution": ["1/2", "1/2", "0", "0"]}),
    "other cardinalities": lambda d: d["model"]["mixture"].insert(
        0, {**d["model"]["mixture"][0], "nodes": [{**n, "cardinality": 3} for n in d["model"]["mixture"][0]["nodes"]]}),
    "two latent variables": lambda d: d["model"]["mixture"][0].update(latents=["L", "K"]),
    "a heavier strategy": lambda d: d["strategies"][0].__setitem__(1, "1"),
    "a strategy beyond": lambda d: d["strategies"][0].__setitem__(0, 32),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_changed_is_refused(attack):
    with pytest.raises(Refused):
        verify(changed(ATTACKS[attack]))


def test_multipliers_of_one_structure_do_not_do_for_more():
    """X -> B explains the PR box: a proof that it needs a remainder is none once the edge is there."""
    data = certificate()
    graph = copy.deepcopy(rb.minimize(rb.fraction(rb.bell().relax("X -> B"), "X -> B"), rb.boxes.pr()).certificate.data)
    data["model"]["mixture"].insert(1, graph["model"])
    data["measure"]["structures"] = [2]
    data.pop("strategies")
    data["claim"].pop("upper_bound")
    with pytest.raises(Refused, match="the proof gives the lower bound"):
        verify(data)


def test_infeasible_mixtures_have_certificates():
    """Signals both ways within a trial: one direction at a time does not explain them."""
    table = np.zeros((2, 2, 2, 2), dtype=int)
    for x, y in np.ndindex(2, 2):
        table[y, x, x, y] = 1
    either = rb.mixture([rb.bell().relax("X -> B"), rb.bell().relax("Y -> A")])
    with pytest.raises(rb.errors.InfeasibleError) as caught:
        rb.minimize(rb.fraction(either, 0), rb.Behavior(table))
    assert caught.value.certificate.verify().startswith("there is no model with X -> A")
    assert r"one of the structures (1)" in caught.value.certificate.to_latex()


def test_evidence_of_fractions_is_certified():
    """S of Delft, as in the test of the same game against local models."""
    counts = rb.load_counts("delft2015")
    found = [
        rb.evidence(counts, measure)
        for measure in (
            rb.fraction(rb.bell().relax("X -> B"), "X -> B"),
            rb.fraction(rb.mixture([rb.bell(), "any"]), "any"),
            rb.influence(rb.bell().relax("X -> B"), "X", "B"),
        )
    ]
    assert len({own.p_value for own in found}) == 1
    assert found[0].at_least == found[1].at_least == pytest.approx(2 * found[2].at_least, rel=1e-6)
    text = found[1].certificate().verify()
    assert "any behavior" in text
    assert "fraction(structure 2) <= 0" in text


@pytest.mark.parametrize("what", ["X -> B", ["X -> B", "Y -> A"], "rest", ["to Bob", "rest"]])
def test_elimination_finds_what_a_list_does(what, monkeypatch):
    """The largest r of random prices, by tables of each structure and by all strategies."""
    measure = rb.fraction(mixed(), what)
    p = rb.Behavior(np.full((3, 2, 2, 2), Fraction(1, 6), dtype=object))
    data = with_numbers(rb.minimize(measure, p).certificate.data)
    model = read_model(data["model"])
    read, rng = read_measure(model, data["measure"]), np.random.default_rng(1)
    monkeypatch.setattr(elimination, "LISTED", 0)
    for _ in range(5):
        prices = [Fraction(int(v)) for v in rng.integers(-9, 10, model.cells)]
        weight = Fraction(int(rng.integers(-9, 10)))
        listed = [
            sum(prices[cell] for cell in model.visited(f)) - sum(weight * v for _, v in read.column(k, f))
            for k, f in enumerate(model.strategies())
        ]
        assert elimination.largest(model, prices, [(read, [weight])], 1) == max(listed)


@pytest.mark.parametrize("what", ["X -> B", {"B(X=0,Y=1)": 1, "A(X=1)": 2}, {"A(X=0)": 0}])
def test_elimination_of_single_graphs(what, monkeypatch):
    graph = rb.bell((2, 2), (3, 2)).relax("X -> B")
    p = rb.Behavior(np.full((3, 2, 2, 2), Fraction(1, 6), dtype=object))
    data = with_numbers(rb.minimize(rb.fraction(graph, what), p).certificate.data)
    model = read_model(data["model"])
    read, rng = read_measure(model, data["measure"]), np.random.default_rng(2)
    monkeypatch.setattr(elimination, "LISTED", 0)
    for _ in range(5):
        prices = [Fraction(int(v)) for v in rng.integers(-9, 10, model.cells)]
        weight = Fraction(int(rng.integers(-9, 10)))
        listed = [
            sum(prices[cell] for cell in model.visited(f)) - sum(weight * v for _, v in read.column(k, f))
            for k, f in enumerate(model.strategies())
        ]
        assert elimination.largest(model, prices, [(read, [weight])], 1) == max(listed)


@pytest.mark.slow
def test_very_many_strategies_of_mixtures():
    """Local content of the chained box with n settings, n(1 − cos(π/2n)): Barrett, Kent and Pironio (2006)."""
    n = 12
    angles = np.pi * (np.arange(n)[:, None] - np.arange(n) - 0.5) / n
    signs = np.array([[1, -1], [-1, 1]])[:, :, None, None]
    p = rb.Behavior((1 + signs * np.cos(angles)) / 4)
    solution = rb.minimize(rb.fraction(rb.mixture([rb.bell((n, n)), "any"]), "any"), p)
    assert 1 - solution.value == pytest.approx(n * (1 - np.cos(np.pi / (2 * n))), abs=1e-10)
    assert solution.value - solution.lower_bound < 1e-9
    assert "fraction(structure 2) >= 0.897338" in solution.certificate.verify()
    three = rb.bell((3, 3, 3))
    pairs = [("X -> B", "Y -> A"), ("X -> C", "Z -> A"), ("Y -> C", "Z -> B")]
    table = np.zeros((2,) * 3 + (3,) * 3)
    for a, b, c, x, y, z in np.ndindex(table.shape):
        table[a, b, c, x, y, z] = (1 + (-1) ** (a + b + c) * np.cos(np.pi * (x + y + z - 0.5) / 3)) / 8
    hybrid = rb.mixture([*(three.relax(*edges) for edges in pairs), "any"])
    found = rb.minimize(rb.fraction(hybrid, "any"), rb.Behavior(table, "A B C", "X Y Z"))
    # as many as of the chained box: two parties together make it with the third
    assert 1 - found.value == pytest.approx(3 - 3 * 3**0.5 / 2, abs=1e-9)
    assert found.value - found.lower_bound < 1e-9
