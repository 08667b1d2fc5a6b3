"""Certificates over independent latent variables: what they claim is true, and a changed one is refused."""

import copy
import random
import subprocess
import sys
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from independent_reference import (
    ERROR,
    SELECTION,
    error_bounds,
    product_model,
    selected,
    selection_bounds,
    value_of,
)

import relaxbell as rb
from relaxbell.verify import Refused, verify

FOLDER = Path(rb.__file__).parent / "verify"


@cache
def selection(tolerance=1e-2):
    """Both ends of an effect on an outcome that selects itself, with their closed forms."""
    model = rb.CausalModel(SELECTION, "", "U V", {"X": 2, "Y": 2, "S": 2})
    cells = np.array([[Fraction(4, 20), Fraction(3, 20)], [Fraction(1, 20), Fraction(7, 20)]], dtype=object)
    found = rb.bounds(rb.query(model, "ACE(X -> Y)"), selected(cells.tolist()), tolerance=tolerance)
    return found, selection_bounds(cells, 1)


@pytest.mark.slow
def test_both_ends_of_selection_are_proved():
    found, (low, high) = selection()
    for own, end in ((found.minimum, low), (found.maximum, -high)):
        claimed = Fraction(own.certificate.data["claim"]["lower_bound"])
        assert end - Fraction(1, 100) <= claimed <= end
        assert abs(claimed - Fraction(own.lower_bound)) <= Fraction(1, 10**8)
        assert "with U, V independent" in own.certificate.verify()
        assert r"\begin{proof}" in own.certificate.to_latex()


@pytest.mark.slow
def test_a_copy_of_the_folder_checks_it_without_the_package(tmp_path):
    selection()[0].minimum.certificate.save(tmp_path / "own.json")
    run = [sys.executable, "-I", str(FOLDER), str(tmp_path / "own.json")]
    assert "with U, V independent" in subprocess.run(run, check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_limits_go_into_the_proof():
    table = np.array([[Fraction(3, 10), Fraction(1, 5)], [Fraction(1, 10), Fraction(2, 5)]], dtype=object)
    model = rb.CausalModel(ERROR, "", "U V", {"X": 2, "Y": 2, "W": 2}, hidden="Y")
    limits = [rb.query(model, f"p{{W(Y={y}) != {y}}}") <= Fraction(1, 10) for y in range(2)]
    p = rb.Behavior(table, outputs="X W", inputs="")
    found = rb.bounds(rb.query(model, "ACE(X -> Y)"), p, limits, tolerance=1e-2)
    low, high = error_bounds(table, Fraction(1, 10))
    for own, end in ((found.minimum, low), (found.maximum, -high)):
        assert end - Fraction(1, 50) <= Fraction(own.certificate.data["claim"]["lower_bound"]) <= end
    changed = copy.deepcopy(found.minimum.certificate.data)
    changed["constraints"] = []
    with pytest.raises(Refused):
        verify(changed)


def test_data_that_fix_other_districts_give_the_exact_value():
    graph = "C -> X -> Y; C -> Y; UC -> C; UX -> X; UY -> Y"
    model = rb.CausalModel(graph, "", "UC UX UY", {"C": 2, "X": 2, "Y": 2})
    p = rb.Behavior(np.array([[[3, 1], [1, 3]], [[1, 1], [4, 2]]]) * Fraction(1, 16), outputs="C X Y", inputs="")
    found = rb.bounds(rb.query(model, "PNS(X -> Y)"), p)
    assert found.minimum.certificate.data["claim"]["lower_bound"] == "1/4"
    assert found.maximum.certificate.data["claim"]["lower_bound"] == "-13/24"


@pytest.mark.slow
def test_an_equation_among_the_constraints():
    model = rb.CausalModel(SELECTION, "", "U V", {"X": 2, "Y": 2, "S": 2})
    seen = selected([[Fraction(4, 20), Fraction(3, 20)], [Fraction(1, 20), Fraction(7, 20)]])
    query = rb.query(model, "ACE(X -> Y)")
    limits = [model.probability({"Y": 1}) == Fraction(3, 5)]
    data = rb.minimize(query, seen, limits, tolerance=1e-2).certificate.data
    assert {"equal": [0, 1]} in data["proof"]["facts"]
    for change in ("1/2", "-4/5"):
        changed = copy.deepcopy(data)
        changed["constraints"][1]["limit"] = change
        with pytest.raises(Refused):
            verify(changed)


@pytest.mark.slow
def test_of_a_quotient_that_numerator_less_bound_times_denominator_is_positive():
    model = rb.CausalModel(SELECTION, "", "U V", {"X": 2, "Y": 2, "S": 2})
    seen = selected([[Fraction(4, 20), Fraction(3, 20)], [Fraction(1, 20), Fraction(7, 20)]])
    found = rb.minimize(rb.query(model, "p{Y(X=1)=1|X=0}"), seen, tolerance=1e-2)
    assert found.certificate.data["claim"]["lower_bound"] == "0"
    (_, above), (level, below) = found.certificate.data["measure"]["of"]["of"]
    assert abs(-Fraction(level) - Fraction(found.lower_bound)) <= Fraction(1, 10**6)
    assert above != below


GRAPHS = [
    ("X -> A; Y -> B; A -> C; U -> A; U -> B; V -> B; V -> C", "X Y", "U V", {"X": 2, "Y": 3}, "", "p{C(A=1)=1}"),
    ("U -> A; U -> B; V -> B; V -> C; A -> C", "", "U V", {"A": 3, "B": 2}, "", "p{C(A=0)=1, A=1}"),
    ("X -> M -> Y; U -> M; V -> Y; X -> Y; W -> X", "", "U V W", {"Y": 3}, "M", "p{Y(X=1)=2}"),
    ("X -> M -> Y; U -> X; U -> M; V -> Y; W -> M; W -> Y", "", "U V W", {}, "", "ACE(X -> Y)"),
    ("Z -> X -> Y -> W; U -> X; U -> Y; V -> W", "Z", "U V", {"Z": 3}, "", "p{W(Y(X=0))=1}"),
    ("Z -> X -> Y -> W; U -> X; U -> Y; T -> Z; V -> W", "", "U T V", {"Y": 3}, "Y", "p{Y(X=0)=2, X(Z=1)=1}"),
]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("graph", GRAPHS, ids=[own[0] for own in GRAPHS])
def test_no_model_drawn_at_random_is_below_what_is_claimed(graph, seed):
    edges, inputs, latents, sizes, hidden, text = graph
    names = {n for own in edges.split(";") for n in own.split() if n != "->"} - {*latents.split()}
    sizes = dict.fromkeys(names, 2) | sizes
    model = rb.CausalModel(edges, inputs, latents, sizes, hidden=hidden)
    q, p = product_model(model, seed)
    query = rb.query(model, text)
    found = rb.bounds(query, p, tolerance=1e-2, seconds=10)
    true = value_of(query, q)
    for own, value in ((found.minimum, true), (found.maximum, -true)):
        data = own.certificate.data
        assert Fraction(data["claim"]["lower_bound"]) <= value
        assert Fraction(data["claim"]["lower_bound"]) >= Fraction(own.lower_bound) - Fraction(1, 10**8)
        with pytest.raises(Refused):  # whatever the proof: more than a model has
            verify(data | {"claim": {"lower_bound": str(value + Fraction(1, 10**6))}})


# ------------------------------------------------------------------ attackers


def every_number(part, path=()):
    """The places of all numbers in a proof."""
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, own in items:
        yield from every_number(own, (*path, key))
    if isinstance(part, str | int) and not isinstance(part, bool):
        yield path


def changed_at(data, path, change):
    found = copy.deepcopy(data)
    own = found
    for key in path[:-1]:
        own = own[key]
    own[path[-1]] = change(own[path[-1]])
    return found


def attack(data, end, source, count):
    """Change a number of the proof, or an entry of the cover, and claim a little more than is true."""
    data = data | {"claim": {"lower_bound": str(end + Fraction(1, 10**6))}}
    places = [path for path in every_number(data["proof"], ("proof",)) if len(path) > 2]
    for _ in range(count):
        path = source.choice(places)
        factor = source.choice([Fraction(-1), Fraction(2), Fraction(1, 3), Fraction(10**6), Fraction(0)])

        def change(old, factor=factor):
            if isinstance(old, int):
                return source.randrange(0, old + 3)
            return old if old.isidentifier() else str(Fraction(old) * factor)

        with pytest.raises(Refused):
            verify(changed_at(data, path, change))
    for _ in range(count // 4):
        cover = list(data["proof"]["cover"])
        at = source.randrange(len(cover))
        cover[at : at + source.randrange(1, 4)] = [] if source.random() < 0.5 else [cover[source.randrange(len(cover))]]
        with pytest.raises(Refused):
            verify(data | {"proof": data["proof"] | {"cover": cover}})


@pytest.mark.slow
def test_whatever_is_changed_no_more_than_the_truth_is_granted():
    found, (low, high) = selection()
    attack(found.minimum.certificate.data, low, random.Random(1), 60)
    attack(found.maximum.certificate.data, -high, random.Random(2), 60)
    model = rb.CausalModel("X -> M -> Y; U -> X; U -> M; V -> Y; W -> M; W -> Y", "", "U V W", dict.fromkeys("XMY", 2))
    q, p = product_model(model, 0)
    query = rb.query(model, "ACE(X -> Y)")
    attack(rb.minimize(query, p).certificate.data, value_of(query, q), random.Random(3), 60)


def changes():
    """Names of what is changed, each with how."""

    def event_of_the_same_latent(data):
        data["proof"]["events"] = [[["X", 0, 1], ["Y", 0, 1]] for _ in data["proof"]["events"]]

    def negative(data):
        for leaf in data["proof"]["cover"]:
            for part in leaf.get("low", []) if "at" not in leaf else []:
                part[2] = str(-Fraction(part[2]))

    def box_left_out(data):
        data["proof"]["cover"].pop()

    def box_too_many(data):
        data["proof"]["cover"].append(data["proof"]["cover"][-1])

    def cut_outside(data):
        for entry in data["proof"]["cover"]:
            if "split" in entry:
                entry["at"] = "3/2"

    def box_called_empty(data):
        for leaf in data["proof"]["cover"]:
            if "at" not in leaf:
                leaf["empty"] = True

    def cut_without_a_proof(data):
        leaf = {"facts": [], "limits": [], "low": [], "high": []}
        data["proof"]["cover"] = [{"low": 0, "at": "9/10", "proof": leaf}, *data["proof"]["cover"]]

    def latents_that_are_one(data):
        data["model"]["latents"] = ["U"]
        for node in data["model"]["nodes"]:
            node["parents"] = ["U" if n == "V" else n for n in node["parents"]]

    def no_data(data):
        data["observed"]["values"] = []

    def facts_of_themselves(data):
        data["proof"]["facts"][0] = {"sum": [[0, 0, "1"]]}

    return [own for own in locals().values() if callable(own)]


@pytest.mark.parametrize("change", changes(), ids=lambda own: own.__name__)
def test_a_changed_proof_is_refused(change):
    data = copy.deepcopy(selection()[0].minimum.certificate.data)
    change(data)
    with pytest.raises(Refused):
        verify(data)


def test_what_is_seen_of_nodes_that_share_a_latent_variable_with_others_is_no_fact():
    """X and Y have a common cause: p(x, y) / p(x) is not what Y responds."""
    model = rb.CausalModel("X -> Y -> S; U -> X; U -> Y; V -> S", "", "U V", {"X": 2, "Y": 2, "S": 2})
    _, p = product_model(model, 1)
    data = rb.minimize(rb.query(model, "p{S(Y(X=0))=1}"), p).certificate.data
    seen = [fact["seen"] for fact in data["proof"]["facts"] if "seen" in fact]
    assert seen
    joined = next(own for own in seen if set(own["nodes"]) == {"X", "Y"})
    for wrong in (
        {"nodes": ["Y"]},
        {"nodes": ["X"]},
        {"values": joined["values"][1:]},
        {"values": joined["values"][::-1]},
        {"setting": 1},
        {"nodes": ["X", "Y", "S"]},
    ):
        changed = copy.deepcopy(data)
        for fact in changed["proof"]["facts"]:
            if fact.get("seen") == joined:
                fact["seen"] |= wrong
        with pytest.raises(Refused):
            verify(changed)


def test_floats_that_contradict_the_graph_by_rounding():
    model = rb.CausalModel("X -> Y; X -> Z; U -> X; V -> Y; W -> Z", "", "U V W", dict.fromkeys("XYZ", 2))
    _, p = product_model(model, 0, values=3)
    floats = rb.Behavior(p.table.astype(float) * (1 - 1e-16), outputs="X Y Z", inputs="")
    found = rb.minimize(rb.query(model, "p{Y(X=0)=1, Z(X=0)=1}"), floats)
    exact = rb.minimize(rb.query(model, "p{Y(X=0)=1, Z(X=0)=1}"), p)
    assert abs(found.value - exact.value) < 1e-9
    with pytest.raises(rb.errors.CertificateError, match="expected exact numbers"):
        _ = found.certificate
    assert exact.certificate.verify()
