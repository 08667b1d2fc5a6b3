"""`Counts.from_results`: random shots in every layout and order, unequal cardinalities, three parties, wrong inputs."""

import numpy as np
import pytest
from tools.doubles import (
    BackendResult,
    BitArray,
    CirqResult,
    DataBin,
    PrimitiveResult,
    QiskitCounts,
    Qobj,
    SamplerPubResult,
)

import relaxbell as rb

SETTINGS = [(x, y, z) for x in range(2) for y in range(3) for z in range(2)]
SIZES = {"A": 4, "B": 2, "C": 2}


def shots(seed):
    """Return {setting: table of 40 shots, a of 4 values, b and c of 2}, and the counts by a loop."""
    rng = np.random.default_rng(seed)
    found = {s: np.stack([rng.integers(0, k, 40) for k in SIZES.values()], axis=1) for s in SETTINGS}
    table = np.zeros((4, 2, 2, 2, 3, 2), dtype=int)
    for setting, rows in found.items():
        for row in rows.tolist():
            table[(*row, *setting)] += 1
    return found, table


def packed(bits):
    """Return Qiskit's BitArray of bits [shot, i]: bytes, the last one with c[0] at its right."""
    return BitArray(bits.shape[1], np.packbits(_padded(bits)[:, ::-1], axis=1))


def _padded(bits):
    wide = np.zeros((len(bits), -(-bits.shape[1] // 8) * 8), dtype=np.uint8)
    wide[:, : bits.shape[1]] = bits
    return wide


def strings(bits):
    found = {}
    for row in bits.tolist():
        key = "".join(map(str, row[::-1]))
        found[key] = found.get(key, 0) + 1
    return found


def layouts(rows):
    """Yield (result, read) of the same shots."""
    a, b, c = rows.T
    bits = np.stack([a & 1, a >> 1, b, c], axis=1)
    yield SamplerPubResult(c=packed(bits[:, 3:]), a=packed(bits[:, :2]), b=packed(bits[:, 2:3])), None
    eleven = np.zeros((len(rows), 11), dtype=int)
    eleven[:, 9:], eleven[:, 3], eleven[:, 0] = bits[:, :2], b, c
    yield PrimitiveResult(SamplerPubResult(meas=packed(eleven))), {"A": [10, 9], "B": 3, "C": ("meas", 0)}
    yield packed(eleven), {"A": [10, 9], "B": 3, "C": 0}
    yield QiskitCounts(strings(bits)), {"A": [1, 0], "B": 2, "C": [3]}
    yield BackendResult(QiskitCounts(strings(bits))), {"A": (1, 0), "B": 2, "C": 3}
    keys = {"c": c[:, None, None], "A": np.stack([a >> 1, a & 1], axis=1)[:, None, :], "b": b[:, None, None]}
    yield CirqResult(keys), None
    yield CirqResult({"m": np.stack([b, a >> 1, a & 1, c], axis=1)[:, None, :]}), {"A": [1, 2], "B": 0, "C": ("m", 3)}
    yield CirqResult({"m": rows[:, None, :]}), None
    yield rows, None
    yield rows[:, [2, 0, 1]], {"A": 1, "B": 2, "C": 0}


@pytest.mark.parametrize("layout", range(10))
def test_every_layout_gives_the_same_counts(layout):
    found, table = shots(layout)
    results, read = {}, None
    for setting, rows in found.items():
        results[setting], read = list(layouts(rows))[layout]
    counts = rb.Counts.from_results(results, read=read, cardinality=SIZES)
    np.testing.assert_array_equal(counts.table, table)
    assert counts.trials == 40 * len(SETTINGS)
    assert counts.cardinality == SIZES | {"X": 2, "Y": 3, "Z": 2}


def test_dictionaries_of_tuples_and_strings():
    found, table = shots(1)
    tuples = {s: {tuple(r): int((rows == r).all(axis=1).sum()) for r in rows.tolist()} for s, rows in found.items()}
    words = {s: {f"{c}{a}{b}": n for (a, b, c), n in own.items()} for s, own in tuples.items()}
    for counts in (
        rb.Counts.from_results(tuples, cardinality={"A": 4, "B": 2, "C": 2}),
        rb.Counts.from_results(words, order="C A B", cardinality=SIZES),
        rb.Counts.from_results(
            {s: {np.str_(k): np.int64(n) for k, n in own.items()} for s, own in words.items()},
            order=("C", "A", "B"), cardinality=SIZES,
        ),
    ):  # fmt: skip
        np.testing.assert_array_equal(counts.table, table)
    labels = {(0,): {("+", "-"): 3, ("-", "-"): 1}, (1,): {("+", "+"): 2}}
    counts = rb.Counts.from_results(labels, "A B", "X", values="+-", parties={"A": "X", "B": None})
    assert counts.table[0, 1].tolist() == [3, 0]
    assert counts.table[0, 0].tolist() == [0, 2]


def test_one_setting_without_inputs_and_one_input():
    alone = rb.Counts.from_results({(): {(0, 1): 3, (1, 1): 4}}, "A B", ())
    assert alone.table.tolist() == [[0, 3], [0, 4]]
    wire = rb.Counts.from_results({0: np.array([0, 1, 1]), 1: np.array([1, 1, 1])})
    assert wire.table.tolist() == [[1, 0], [2, 3]]
    one = rb.Counts.from_results({0: np.array([[0], [1]]), 1: np.array([[1], [1]])})
    assert (one.outputs, one.inputs, one.table.tolist()) == (("A",), ("X",), [[1, 0], [1, 2]])


def test_notes_say_what_was_recognized_and_what_was_not_seen():
    counts = rb.Counts.from_results({(0, 0): np.array([[0, 1]]), (0, 1): {(1, 1): 2}})
    assert counts.notes == (
        "1 × array of samples (A = place[0], B = place[1])",
        "1 × dictionary of counts (from left to right)",
        "6 of 8 cells were absent and taken as 0",
    )
    assert "array of samples" in repr(counts)
    wide = packed(np.array([[0, 1, 1, 0]]))
    counts = rb.Counts.from_results({(0, 0): wide}, read={"A": 3, "B": 1})
    assert counts.notes[0] == "1 × Qiskit BitArray (A = place[3], B = place[1]; 2 of 4 places not read)"
    assert counts.table[0, 1].tolist() == [[1]]
    named = rb.Counts.from_results({"01": {"10": 7}, "00": {"00": 1}}, "A B", "X Y", order="B A Y X")
    assert named.table[0, 1, 1, 0] == 7


BITS = packed(np.array([[0, 1], [1, 1]]))
PUB = SamplerPubResult(a=packed(np.array([[0]])), b=packed(np.array([[1]])))
THREE = SamplerPubResult(a=PUB.data.a, b=PUB.data.b, anc=PUB.data.b)


class Estimated:
    """An estimator's PubResult, which has nothing to join."""

    def __init__(self):
        self.data, self.metadata = DataBin({"evs": np.array(0.7), "stds": np.array(0.1)}), {}


@pytest.mark.parametrize(
    ("results", "options", "message"),
    [
        ([BITS], {}, "the results are a list, expected a dictionary|expected a dictionary"),
        ({}, {}, "dictionary of results is empty"),
        ({(0, 0): PrimitiveResult(PUB, PUB)}, {}, "PrimitiveResult of 2 circuits, expected one circuit for each"),
        (
            {(0, 0): THREE},
            {},
            r"registers 'a' .1 place., 'b' .1 place., 'anc' .1 place.; expected.*read=\{'A': 'a', 'B': 'b'\}",
        ),
        ({(0, 0): PUB}, {"read": {"A": "a"}}, "read= names A, expected each output once: A, B"),
        ({(0, 0): PUB}, {"read": {"A": "a", "B": "bob"}}, "no register 'bob', expected one of 'a', 'b'"),
        ({(0, 0): PUB}, {"read": {"A": "a", "B": 1}}, "read= says 1 for B, but there are the registers"),
        ({(0, 0): BITS}, {"read": {"A": 0, "B": 2}}, r"place 2 for B, expected 0 … 1"),
        ({(0, 0): BITS}, {"read": {"A": 0, "B": 0}}, "uses place 0 of the register twice"),
        ({(0, 0): BITS}, {"read": {"A": 0, "B": []}}, "gives B no place"),
        ({(0, 0): BITS}, {"order": "B A"}, "Qiskit BitArray, whose order is known"),
        (
            {(0, 0): BitArray(2, np.zeros((3, 5, 1)))},
            {},
            r"the shape \(3,\), expected \(\): .*several sets of parameters",
        ),
        ({(0, 0): np.eye(4)[0] * 1j}, {}, "of complex numbers.*relaxbell.born"),
        ({(0, 0): PrimitiveResult(Estimated())}, {}, "without bits"),
        ({(0, 0): Estimated()}, {}, "without bits .it holds evs, stds.*Behavior.from_correlators"),
        ({(0, 0): BackendResult([{"00": 1}])}, {}, "counts of several circuits"),
        ({(0, 0): QiskitCounts({"0x1": 3})}, {}, "no string of 0 and 1"),
        ({(0, 0): QiskitCounts({"01": 3, "1": 2})}, {}, "of different lengths"),
        ({(0, 0): QiskitCounts({"01": 1.5})}, {}, "fractional"),
        ({(0, 0): CirqResult({"a": np.zeros((5, 2, 1)), "b": np.zeros((5, 1, 1))})}, {}, "'a' is measured 2 times"),
        ({(0, 0): CirqResult({})}, {}, "without measurements"),
        ({(0, 0): CirqResult({"m": np.full((5, 1, 2), 2)})}, {}, "how many outcomes A, B can have.*cardinality="),
        ({(0, 0): CirqResult({"m": np.full((5, 1, 3), 2)})}, {"read": {"A": [0, 1], "B": 2}}, "one takes the value 2"),
        ({(0, 0): np.array([[1, -1]])}, {}, "B takes the value -1.*Counts.from_trials"),
        ({(0, 0): np.array([[0.1, 0.9]])}, {}, "array of shape .1, 2. of float64"),
        ({(0, 0): np.zeros((2, 2, 2), dtype=int)}, {}, "Tables of counts go to Counts"),
        ({(0, 0): {"01": 5}}, {}, "does not say which of A, B comes first"),
        ({(0, 0): {"01": 5}}, {"read": {"A": 0, "B": 1}}, "is a dictionary, expected read= with results that have"),
        ({(0, 0): {1.0: 5, -1.0: 3}}, {}, r"counts of 1\.0: one number for A, B together"),
        ({(0, 0): {2: 5}}, {}, "integer of a histogram"),
        ({(0, 0): ({"0": 5}, {"1": 5})}, {}, "which outcomes came together is lost"),
        ({(0, 0): Qobj(np.eye(4) / 4)}, {}, "state of QuTiP holds no counts: give it to relaxbell.born"),
        ({(0, 0): ([1.0], [Qobj(np.eye(2))], [1.0])}, {}, "measurement_statistics of QuTiP"),
        ({(0, 0): [[0, 1], [1, 1]]}, {}, "Rows of trials go to Counts.from_trials"),
        ({(0, 0): np.array([[427, 73], [75, 425]])}, {}, "a table of counts is no table of samples"),
        ({(0, 0): np.array([0, 1])}, {}, "one without a name .1 place."),
        ({(0, 0): [CirqResult({"a": np.zeros((1, 1, 1))})] * 2}, {}, "These are 2 results"),
        ({"00": {(0, 1): 5}}, {}, "setting '00' is a string, expected a tuple"),
        ({(0, 0): {"01": 5, "0 1": 3}}, {"order": "A B"}, "'0 1' appears a second time, written otherwise"),
        ({(0, 0): object()}, {}, "Run the program first"),
        ({(0, 0): {(0, 1): -5}}, {}, "negative"),
        ({(0, 0): {(0, 1, 1): 5}}, {}, "has 3 values, expected 2: A, B"),
        ({(0, 0): {(0, 1): 5}, (1, 1): {(0, 1): 5}}, {}, "nothing for the setting X=0, Y=1"),
        ({(0, 0): {(0, 2): 5}}, {}, "how many outcomes A, B can have"),
        ({(0, 0): {(0, 2): 5}}, {"cardinality": {"A": 2, "B": 2}}, "B takes the value 2, expected 0 … 1"),
        ({(0, 0): BITS}, {"cardinality": 3}, "cardinality is 3"),
        ({(0, 0): BITS}, {"outputs": "A B C"}, "or one of 3 places.*read="),
    ],
)
def test_wrong_results(results, options, message):
    with pytest.raises(rb.errors.CountsError, match=message):
        rb.Counts.from_results(results, **options)


def test_states_of_qutip_in_arrays():
    z, x = np.diag([1.0, -1]), np.array([[0, 1.0], [1, 0]])
    plain = rb.born(np.eye(4)[0], [[z, x], [z, x]])
    packed_up = np.array([Qobj(z), Qobj(x)], dtype=object)
    ket = Qobj(np.eye(4)[:, :1], [[2, 2], [1]])
    np.testing.assert_allclose(rb.born(np.array(ket, dtype=object), [packed_up, [Qobj(z), x]]).p, plain.p)
    elements = np.array([Qobj(np.diag([1.0, 0])), Qobj(np.diag([0.0, 1]))], dtype=object)
    np.testing.assert_allclose(rb.born(ket, [[elements, x], packed_up]).p, plain.p)
    with pytest.raises(rb.errors.BehaviorError, match="factors of dimensions 2 × 3, expected 3 × 2"):
        rb.born(Qobj(np.eye(6)[0][:, None], [[2, 3], [1]]), [[np.diag([1.0, 0, -1])], [z]])
    with pytest.raises(rb.errors.BehaviorError, match="no settings"):
        rb.born(ket, [np.array(Qobj(z), dtype=object), [z]])
    three = Qobj(np.eye(8)[0][:, None], [[2, 2, 2], [1]])  # Alice holds two qubits
    assert rb.born(three, [[np.diag([3.0, 2, 1, 0])], [z]]).p.shape == (4, 2, 1, 1)
