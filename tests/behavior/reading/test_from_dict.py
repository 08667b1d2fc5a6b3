"""`Counts.from_dict`: keys of any form, in an order that is said; refusals that say what is wrong with which key."""

import itertools
from collections import Counter

import numpy as np
import pytest

import relaxbell as rb

SHAPES = [
    (("A", "B"), ("X", "Y"), (3, 2, 2, 3)),
    (("A", "B"), ("X", "Y"), (2, 2, 2, 2)),
    (("A", "B", "C"), ("X", "Y", "Z"), (2, 3, 2, 3, 1, 2)),
    (("A", "B"), ("Z",), (2, 4, 2)),
    (("A", "B"), (), (3, 2)),
]


def table(shape, seed, outputs, zero=0.3):
    """Random counts: many cells are zero, each setting and each largest value was seen."""
    rng = np.random.default_rng(seed)
    found = rng.integers(1, 1000, shape) * (rng.random(shape) >= zero)
    found[(-1,) * outputs] += 1
    return found


def as_dict(counts, outputs, setting_key, outcome_key, keep=lambda n: True):
    n = len(outputs)
    return {
        setting_key(s): {
            outcome_key(o): int(counts[o + s])
            for o in itertools.product(*map(range, counts.shape[:n]))
            if keep(counts[o + s])
        }
        for s in itertools.product(*map(range, counts.shape[n:]))
    }


@pytest.mark.parametrize(("outputs", "inputs", "shape"), SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_round_trips(outputs, inputs, shape, seed):
    counts = table(shape, seed, len(outputs))
    plain = as_dict(counts, outputs, tuple, tuple)
    assert (rb.Counts.from_dict(plain, outputs, inputs).table == counts).all()
    sizes = dict(zip(outputs + inputs, shape, strict=True))
    present = as_dict(counts, outputs, tuple, tuple, keep=bool)
    found = rb.Counts.from_dict(present, outputs, inputs, missing=0, cardinality=sizes)
    assert (found.table == counts).all()
    zeros = int((counts == 0).sum())
    assert found.notes == ((f"{zeros} of {counts.size} cells were absent and taken as 0",) if zeros else ())


@pytest.mark.parametrize(("outputs", "inputs", "shape"), SHAPES)
@pytest.mark.parametrize("between", ["", " ", ", "])
def test_strings_from_right_to_left(outputs, inputs, shape, between):
    """As Qiskit writes them: the names from left to right are those from the last to the first."""
    counts = table(shape, 5, len(outputs))

    def text(key):
        return between.join(map(str, reversed(key)))

    found = rb.Counts.from_dict(
        as_dict(counts, outputs, text if inputs else tuple, text),
        outputs,
        inputs,
        order=outputs[::-1] + inputs[::-1],
    )
    assert (found.table == counts).all()


@pytest.mark.parametrize("order", list(itertools.permutations(("A", "B", "C"))))
def test_any_order_of_three(order):
    counts = table((2, 3, 2, 1, 2, 2), 1, 3)
    places = ["ABC".index(name) for name in order]
    given = as_dict(counts, "ABC", tuple, lambda o: tuple(o[k] for k in places))
    found = rb.Counts.from_dict(given, "A B C", "X Y Z", order=order)
    assert (found.table == counts).all()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((1, -1), [(1, -1), (1, -1)]),
        ("+-", ["+-", "+-"]),
        ({"A": ("up", "down"), "B": "VH"}, [("up", "down"), "VH"]),
        ({"A": {"H": 0, "V": 1}, "B": (1.0, 2.0)}, ["HV", (1, 2)]),
    ],
)
def test_labels(values, words):
    counts = table((2, 2, 2, 3), 3, 2)
    given = as_dict(counts, "AB", tuple, lambda o: tuple(words[k][v] for k, v in enumerate(o)))
    assert (rb.Counts.from_dict(given, values=values).table == counts).all()


def test_labels_of_settings():
    given = {("a", 30): {"+-": 5, "++": 1}, ("b", 60): {"--": 7, "-+": 2}, ("a", 60): {}, ("b", 30): {"++": 3}}
    labels = {"A": "+-", "B": "+-", "X": "ab", "Y": (30, 60)}
    found = rb.Counts.from_dict(given, order="A B", values=labels, missing=0, empty_settings=True)
    assert (found.table[0, 1, 0, 0], found.table[1, 0, 1, 1], found.settings[0, 1]) == (5, 2, 0)


def test_two_labels_of_one_outcome_are_added():
    """A click that did not come may be counted as the second outcome: that is said in `values`."""
    given = {0: {"H": 5, "V": 3, "none": 90}, 1: {"H": 4, "V": 2, "none": 80}}
    found = rb.Counts.from_dict(given, "A", "X", values={"A": {"H": 0, "V": 1, "none": 1}})
    assert found.table.tolist() == [[5, 4], [93, 82]]


def test_what_is_like_a_dictionary_of_whole_numbers():
    found = rb.Counts.from_dict({np.int64(0): Counter("0010"), 1: {0: 3.0, True: np.int32(4)}}, "A", "X")
    assert found.table.tolist() == [[3, 3], [1, 4]]
    missing = rb.Counts.from_dict({0: {0: 3, 1: None}, 1: {0: float("nan"), 1: 2}}, "A", "X", missing=0)
    assert missing.table.tolist() == [[3, 0], [0, 2]]
    assert missing.notes[0] == "2 missing counts taken as 0"


def test_a_constant_is_remarked_on():
    assert "B always 0, taken as constant" in repr(rb.Counts.from_dict({(0, 0): {(0, 0): 4, (1, 0): 3}}))
    sized = rb.Counts.from_dict({(0, 0): {(0, 0): 4, (1, 0): 3}}, missing=0, cardinality={"B": 2})
    assert "constant" not in repr(sized)
    assert sized.table.shape == (2, 2, 1, 1)


GOOD = {(0, 0): {(0, 0): 3, (1, 1): 4}}


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ([[1, 2]], {}, r"the table is a list\. Expected \{\(x, y\).*Counts\.from_trials"),
        ({}, {}, r"the dictionary is empty\. Expected \{\(x, y\)"),
        ({(0, 0): 0.5}, {}, r"\(0, 0\) has a float, 0\.5\. Expected \{\(x, y\).*Behavior\.from_correlators"),
        ({(0, 0): {"01": 3}}, {}, r"outcome '01' is a string.*Give order=.*Qiskit"),
        ({"01": {(0, 1): 3}}, {}, r"the setting '01' is a string.*Give order="),
        ({(0, 0): {"012": 3}}, {"order": "A B"}, r"'012' has 3 characters, expected 2.*spaces"),
        ({(0, 0): {(0, 1, 0): 3}}, {}, r"outcome \(0, 1, 0\) has 3 values, expected 2: A, B.*outputs="),
        ({(0, 0): {3: 3}}, {}, r"outcome 3 is an int, expected values of A, B.*format\(key, '02b'\)"),
        ({(0, 0): {"0x3": 3}}, {}, r"'0x3' is hexadecimal, expected a digit.*int\(key, 16\)"),
        ({(0, 0): {(0, 0): 0.25}}, {}, r"'?0\.25'? is fractional, expected a whole number.*Behavior"),
        ({(0, 0): {(0, 0): -3}}, {}, "'-3' is negative, expected a whole number"),
        (
            {(0, 0): {(0, 0): "1,234"}},
            {},
            r"'1,234' may have a thousands separator, expected .* such as 1234",
        ),
        ({(0, 0): {(0, 0): True}}, {}, "True is no number of trials. Write 0 or 1"),
        ({(0, 0): {(0, 0): None}}, {}, r"empty \(missing\).*missing=0"),
        ({(0, 0): {"00": 3, (0, 0): 4}}, {"order": "A B"}, r"A=0, B=0, X=0, Y=0 appears a second time.*once"),
        (GOOD, {}, r"no row for A=0, B=1, X=0, Y=0 \(2 of 4 absent\).*missing=0"),
        (GOOD | {(1, 1): {(0, 0): 1}}, {"missing": 0}, "nothing for the setting X=0, Y=1.*empty_settings=True"),
        ({(0, 0): {(1, -1): 3}}, {"missing": 0}, r"B: '-1' looks like an outcome ±1.*values=\(1, -1\)"),
        ({(0, 0): {("H", "V"): 3}}, {"missing": 0}, r"A: 'H' is no whole number, expected 0, 1.*values="),
        ({(0, 0): {("H", "V"): 3}}, {"values": "HD"}, r"B: 'V' is none of the values of B, expected one of 'H', 'D'"),
        (GOOD, {"missing": 1}, r"missing= is 1, expected 0"),
        (GOOD, {"order": "A"}, r"order= names A but not B\. Expected all outputs"),
        (GOOD, {"order": "A C"}, r"order= names 'C', expected the variables A, B, X, Y"),
        (GOOD, {"values": {"A": (1, 1)}}, r"the label 1 twice, expected each once\. Remove"),
        (GOOD, {"values": {"A": "01", "D": "01"}}, r"values= names 'D', which is none of A, B, X, Y"),
        (GOOD, {"values": {"A": {"0": 0, "1": 2}}}, "no label the number 1. Number them 0, 1"),
        (GOOD, {"values": {0, 1}}, "has no order"),
        (GOOD, {"cardinality": {"A": 1}, "missing": 0}, r"A takes the value 1, expected 0 … 0"),
        (GOOD, {"cardinality": {"D": 1}}, "expected numbers of values for some of A, B, X, Y"),
        ({(0, 0): {(0, 10**9): 3}}, {"missing": 0}, r"need 1,000,000,001\. Number values 0, 1"),
        ({(0, 0): {(1, 2): 3, (2, 1): 3}}, {"missing": 0}, r"A takes the values 1 … 2, never 0.*values="),
        ({(0, 0): {(0, None): 3}}, {"missing": 0}, r"the cell is empty \(missing\)\. Write its value"),
        ({(0, 0): {frozenset((0, 1)): 3}}, {}, "is a frozenset, expected a tuple"),
        ({(0, 0): {(0, 1): 2**63, (1, 0): 3}}, {"missing": 0}, "too many"),
    ],
)
def test_refusals(given, options, message):
    with pytest.raises(rb.errors.CountsError, match=message):
        rb.Counts.from_dict(given, **options)
