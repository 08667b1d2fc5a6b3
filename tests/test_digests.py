"""Digests tie a claim to its data: equal for equal numbers in any order, different for any other number or setting."""

import hashlib
import itertools
import json
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from certificates import certificates, unequal

import relaxbell as rb
from relaxbell.exact.numbers import Surd
from relaxbell.verify import verify

OLD = Path(__file__).parent / "data" / "certificates"


def written(number):
    return f"{number.a}+{number.b}*sqrt({number.n})" if isinstance(number, Surd) else str(Fraction(number))


def by_hand(table, outputs, inputs, settings):
    """The documented text, from arrays; a behavior is given with its axes, the settings with the inputs'."""
    out, names = sorted(outputs), sorted(inputs)
    axes = [[*outputs, *inputs].index(name) for name in (*out, *names)]
    table = np.asarray(table, dtype=object).transpose(axes)
    settings = np.asarray(settings, dtype=object).transpose([list(inputs).index(name) for name in names])
    sizes = dict(zip((*out, *names), table.shape, strict=True))
    lines = ["relaxbell-data-1"]
    lines += [
        " ".join([role, *(f"{n}:{sizes[n]}" for n in own)]) for role, own in (("outputs", out), ("inputs", names))
    ]
    lines.append("settings " + " ".join(written(v) for v in settings.ravel()))
    lines.append("behavior " + " ".join(written(v) for v in table.ravel()))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def uniform(shape):
    return np.full(shape, Fraction(1, int(np.prod(shape))), dtype=object)


def test_unequal_cardinalities_in_any_order():
    """Outputs (3, 2), inputs (2, 3), in all orders of the axes: one digest, that of the documented text."""
    p = unequal()
    model = rb.input_signaling((2, 3), (3, 2))
    wanted = by_hand(p.table, "AB", "XY", uniform((2, 3)))
    assert rb.data_digest(model, p) == wanted
    for outputs, inputs in itertools.product(itertools.permutations("AB"), itertools.permutations("XY")):
        axes = ["ABXY".index(name) for name in (*outputs, *inputs)]
        moved = rb.Behavior(p.table.transpose(axes), outputs, inputs)
        assert rb.data_digest(model, moved) == wanted
    assert rb.data_digest(rb.outcome_signaling((2, 3), (3, 2)), p) == wanted  # it does not name the graph
    assert wanted in rb.minimize(rb.influence(model, "X", "B"), p).certificate.claim


def test_three_parties_roots_and_biased_settings():
    three = unequal(three=True)
    model = rb.bell((2, 3, 1), (3, 2, 2)).relax("X -> B")
    assert rb.data_digest(model, three) == by_hand(three.table, "ABC", "XYZ", uniform((2, 3, 1)))
    box = rb.boxes.tsirelson()
    assert rb.data_digest(rb.bell(), box) == by_hand(box.table, "AB", "XY", uniform((2, 2)))
    settings = np.array([[Fraction(1, 2), Fraction(1, 6)], [Fraction(1, 3), 0]], dtype=object)
    model = rb.measurement_dependence(input_distribution=settings)
    assert rb.data_digest(model, box) == by_hand(box.table, "AB", "XY", settings)
    assert rb.data_digest(model, box) != rb.data_digest(rb.measurement_dependence(), box)


def test_values_in_any_order_and_unit():
    """2 CHSH = 5 and CHSH = 5/2 are the same data."""
    model = rb.input_signaling()
    one = rb.Observed([(rb.catalog.CHSH, Fraction(5, 2)), (rb.catalog.CH, Fraction(1, 8))], nonsignaling=True)
    other = rb.Observed([(rb.catalog.CH, Fraction(1, 8)), (2 * rb.catalog.CHSH, 5)], nonsignaling=True)
    third = rb.Observed([(rb.catalog.CHSH, Fraction(9, 4)), (rb.catalog.CH, Fraction(1, 16))], nonsignaling=True)
    assert rb.data_digest(model, one) == rb.data_digest(model, other) != rb.data_digest(model, third)
    solution = rb.minimize(rb.influence(model, "X", "B"), one)
    assert solution.certificate.digests == (rb.data_digest(model, other),)


@pytest.mark.parametrize("name", ["influence, surd", "effect", "information", "network", "message entropy"])
def test_the_claim_names_the_data_of_the_solution(name):
    """Floats as well: they are read as in `minimize`."""
    certificate, solution = certificates()[name]
    digest = rb.data_digest(solution.measure.model, solution.observed)
    assert certificate.digests == (digest,)
    assert f"that has (digest {digest}) the " in certificate.claim


def shuffled(data, rng):
    if isinstance(data, dict):
        names = list(data)
        rng.shuffle(names)
        return {name: shuffled(data[name], rng) for name in names}
    return [shuffled(part, rng) for part in data] if isinstance(data, list) else data


@pytest.mark.parametrize("path", sorted(OLD.glob("*.json")), ids=lambda path: path.stem)
def test_the_order_of_fields_does_not_matter(path):
    data = json.loads(path.read_text())
    assert verify(shuffled(data, random.Random(1))) == verify(data)


def test_numbers_in_other_words_are_the_same():
    data = json.loads((OLD / "influence.json").read_text())
    sentence = verify(data)
    words = {"1/2": "2/4", "0": ["0", "0"]}
    data["observed"]["behavior"] = [words[v] for v in data["observed"]["behavior"]]
    assert verify(data | {"root": 2}) == sentence


def test_other_data_with_the_same_claim_are_told_apart():
    """The PR box and the one with exchanged outcomes need the same influence; nothing else in the sentences differs."""
    model = rb.input_signaling()
    c = rb.influence(model, "X", "B")
    box = rb.boxes.pr()
    one, other = (rb.minimize(c, p).certificate for p in (box, rb.Behavior(box.table[::-1])))
    assert one.claim != other.claim
    assert one.claim.replace(*one.digests, "") == other.claim.replace(*other.digests, "")


def test_a_curve_names_both_ends():
    line = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr().white_noise(), rb.boxes.pr())
    model = rb.input_signaling()
    ends = tuple(rb.data_digest(model, p) for p in (rb.boxes.pr().white_noise(), rb.boxes.pr()))
    assert line.certificate.digests == ends
    assert f"at the first one models have (digest {ends[0]}) the 16 given probabilities; " in line.certificate.claim
    assert f"that has (digest {ends[1]}) the 16 given probabilities has " in line.certificate.claim


def test_rows_that_are_written_out_have_one_too():
    """Half of a row and the whole are told apart, in measures and in constraints."""
    model = rb.input_signaling()
    row = np.zeros(model.strategies.count)
    row[3] = 1
    claims = [rb.minimize(rb.measure(model, [row / k], norm="max"), rb.boxes.pr()).certificate.claim for k in (1, 2, 1)]
    assert claims[0] == claims[2] != claims[1]
    assert all("the largest of 1 norms of 1 given row (digest " in claim for claim in claims)


def test_what_has_no_digest():
    with pytest.raises(rb.errors.BehaviorError, match="variables"):
        rb.data_digest(rb.bell(), unequal(three=True))
    tiny = rb.boxes.pr().visibility(1 - Fraction(1, 10**1000))
    with pytest.raises(rb.errors.CertificateError, match=r"not a rational number|denominator"):
        rb.data_digest(rb.bell().relax("X -> B"), tiny)
    with pytest.raises(rb.errors.CertificateError, match=r"a number has about 49.. digits"):
        rb.data_digest(rb.bell().relax("X -> B"), rb.boxes.pr().visibility(1 - Fraction(1, 10**5000)))
    with pytest.raises(rb.errors.CertificateError, match="proves nothing"):
        rb.classes.Certificate({"schema": "relaxbell-certificate-1"}).digests  # noqa: B018


def test_constraints_and_parts_that_are_not_listed_have_a_digest():
    """Whoever changes the last of many constraints, or parts of a measure, changes the claim."""
    model, p = rb.bell().relax("X -> B", "L -> X"), rb.boxes.tsirelson()
    c, m = rb.influence(model, "X", "B"), rb.dependence(model)
    limits = [m <= Fraction(1, 10) + Fraction(i, 10**13) for i in range(12)]
    data = rb.minimize(c, p, limits).certificate.data
    claim = verify(data)
    assert "and 3 more constraints (digest " in claim
    assert json.loads(json.dumps(data))["proof"]["constraints"][11]["multiplier"] == "0"  # so the proof still holds
    data["constraints"][11]["limit"] = str(Fraction(1, 10) + Fraction(11, 10**13) + Fraction(1, 10**20))
    assert verify(data).partition("more constraints")[0] == claim.partition("more constraints")[0]
    assert verify(data) != claim
    claims = {verify(rb.minimize(sum([c * Fraction(1, 2)] * 10) + last, p).certificate.data) for last in (c, m, 2 * c)}
    assert len(claims) == 3
    assert all(" + 2 more parts (digest " in claim for claim in claims)
