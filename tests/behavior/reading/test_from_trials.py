"""`Counts.from_trials` and `Trials.from_rows`: arrays, frames, rows and mappings; labels; what is missing."""

import math
from collections import namedtuple
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from trial_rows import drawn, tallied

import relaxbell as rb
from relaxbell.behavior.reading import sequences

NAMES = {
    "two": (("A", "B"), ("X", "Y"), (3, 2, 2, 3)),
    "three": (("A", "B", "C"), ("X", "Y", "Z"), (2, 3, 2, 3, 1, 2)),
    "instrument": (("A", "B"), ("Z",), (2, 4, 2)),
}


def draw(kind, seed, n=400):
    outputs, inputs, shape = NAMES[kind]
    return outputs, inputs, shape, drawn(shape, seed, n)


def reordered(outputs, inputs, rows):
    """Columns of another order, with other names."""
    names = inputs[::-1] + outputs
    return {f"col {name.lower()}": rows[:, (outputs + inputs).index(name)] for name in names}


def layouts(outputs, inputs, rows):
    """Yield the same trials as people have them, and the names of columns."""
    names = outputs + inputs
    plain = {"outputs": outputs, "inputs": inputs}
    pointed = {
        "outputs": {name: f"col {name.lower()}" for name in outputs},
        "inputs": {name: f"col {name.lower()}" for name in inputs},
    }
    columns = reordered(outputs, inputs, rows)
    yield rows, plain
    yield rows.astype(np.int8), plain
    yield rows.astype(float), plain
    yield rows.astype(str), plain
    yield rows.astype(object), plain
    yield rows.tolist(), plain
    yield (tuple(row) for row in rows.tolist()), plain
    yield list(rows), plain
    yield columns, pointed
    yield {name: list(column) for name, column in columns.items()}, pointed
    yield [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)], pointed
    record = namedtuple("Row", [name.lower() for name in names[::-1]])
    yield [record(*row[::-1]) for row in rows.tolist()], plain
    structured = np.zeros(len(rows), dtype=[(name.lower(), "i4") for name in names[::-1]])
    for k, name in enumerate(names):
        structured[name.lower()] = rows[:, k]
    yield structured, {}
    yield structured, plain


@pytest.mark.parametrize("kind", NAMES)
def test_round_trips(kind):
    outputs, inputs, shape, rows = draw(kind, 1)
    expected = tallied(rows, shape)
    for given, names in layouts(outputs, inputs, rows):
        found = rb.Counts.from_trials(given, **names)
        assert (found.table == expected).all(), type(given)
        assert found.outputs == outputs
        assert found.notes == ()
    for given, names in layouts(outputs, inputs, rows):
        trials = rb.Trials.from_rows(given, **names)
        assert (trials.rows == rows).all(), type(given)
        assert (trials.counts().table == expected).all()


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_labels(kind, seed):
    outputs, inputs, shape, rows = draw(kind, seed)
    rng = np.random.default_rng(seed)
    labels = {
        n: rng.permutation(list("HVDAuw")[:size]).tolist() for n, size in zip(outputs + inputs, shape, strict=True)
    }
    named = {n: [labels[n][v] for v in rows[:, k].tolist()] for k, n in enumerate(labels)}
    found = rb.Counts.from_trials(named, values=labels)
    assert (found.table == tallied(rows, shape)).all()
    assert (rb.Trials.from_rows(named, values=labels).rows == rows).all()


def test_one_list_of_labels_is_for_outputs():
    rows = np.array([[1, -1, 0, 0], [-1, -1, 1, 0], [1, 1, 1, 1], [1, -1, 0, 1]])
    expected = [[0, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 1, 0, 1]]
    for values in ((1, -1), ("+1", "-1"), (1.0, "−1")):
        for given in (rows, rows.astype(float), rows.tolist(), rows.astype(str)):
            assert rb.Trials.from_rows(given, values=values).rows.tolist() == expected
    signs = np.where(rows[:, :2] == 1, "+", "-")
    assert rb.Trials.from_rows(np.concatenate([signs, rows[:, 2:]], axis=1), values="+-").rows.tolist() == expected
    both = rb.Trials.from_rows([[1, 1, -1, 1], [-1, 1, 1, -1]], values=(1, -1))  # settings ±1 as well
    assert both.rows.tolist() == [[0, 0, 1, 0], [1, 0, 0, 1]]
    assert both.cardinality == dict.fromkeys("ABXY", 2)


def test_whole_numbers_of_any_type():
    given = [[True, 1.0, Fraction(2), np.int8(0)], [False, "0", "0.0", Decimal(1)], [b"1", " 1 ", "+1", 1e0]]
    assert rb.Trials.from_rows(given).rows.tolist() == [[1, 1, 2, 0], [0, 0, 0, 1], [1, 1, 1, 1]]
    assert rb.Trials.from_rows(np.array([[True, False]]), "A", "X").rows.tolist() == [[1, 0]]


MISSING = [None, float("nan"), np.nan, math.nan, "", "NaN", "null", np.ma.masked]


@pytest.mark.parametrize("nothing", MISSING)
def test_missing_values_are_counted_and_placed(nothing):
    rows = [[0, 1, 0, 0], [1, nothing, 0, 1], [1, 0, 1, 0], [0, nothing, 1, 1]]
    for given in (rows, {n: [row[k] for row in rows] for k, n in enumerate("ABXY")}):
        with pytest.raises(rb.errors.CountsError, match=r"2 values of .*B are missing \(row 1, row 3\).*missing=.drop"):
            rb.Counts.from_trials(given)
        dropped = rb.Counts.from_trials(given, missing="drop")
        assert dropped.trials == 2
        assert "2 of 4 trials with missing values dropped, which assumes fair sampling" in repr(dropped)
        assert rb.Trials.from_rows(given, missing="drop").rows.tolist() == [[0, 1, 0, 0], [1, 0, 1, 0]]
        third = rb.Trials.from_rows(given, missing=2)
        assert third.rows[:, 1].tolist() == [1, 2, 0, 2]
        assert third.notes == ("2 missing values of B taken as 2",)
        assert rb.Trials.from_rows(given, missing={"B": 0}).cardinality["B"] == 2


def test_a_label_stands_for_what_is_missing():
    given = {"a": ["H", None, "V"], "x": [0, 1, 0]}
    found = rb.Counts.from_trials(given, values={"A": ("H", "V", "none")}, missing="none")
    assert found.table.tolist() == [[1, 0], [1, 0], [0, 1]]
    assert "1 missing value of A taken as 'none'" in repr(found)


def test_masked_arrays_and_float_columns_with_nan():
    masked = np.ma.array([[0, 1], [1, 0], [1, 1]], mask=[[0, 0], [1, 0], [0, 0]])
    assert rb.Trials.from_rows(masked, "A", "X", missing="drop").rows.tolist() == [[0, 1], [1, 1]]
    floats = np.array([[0, 1], [np.nan, 0], [1, 1]])
    assert rb.Trials.from_rows(floats, "A", "X", missing="drop").rows.tolist() == [[0, 1], [1, 1]]


def test_columns_that_are_not_read_are_named():
    given = {"time": np.linspace(0, 1, 50), "a": [0, 1] * 25, "x": [0, 0, 1, 1, 0] * 10}
    with pytest.raises(rb.errors.CountsError, match=r"unknown column 'time'.*name both outputs and inputs"):
        rb.Counts.from_trials(given)
    assert rb.Counts.from_trials(given, "a", "x").notes == ("not read: column time",)


def test_settings_that_were_never_chosen_are_remarked_on():
    found = rb.Counts.from_trials([[0, 0, 0, 0], [1, 1, 1, 1]])
    assert found.notes == ("never chosen: X=0, Y=1 and X=1, Y=0",)


def test_many_trials_in_parts():
    """More than a part, and columns whose numbers do not start at 0: counted as by NumPy."""
    rng = np.random.default_rng(3)
    rows = rng.integers(0, 3, (2**20 + 17, 2))
    found = rb.Counts.from_trials(rows + 40, "A", "X", values={"A": (40, 41, 42), "X": (42, 41, 40)})
    expected = np.bincount(rows[:, 0] * 3 + rows[:, 1], minlength=9).reshape(3, 3)[:, ::-1]
    assert (found.table == expected).all()


GOOD = [[0, 1, 0, 0], [1, 0, 1, 1]]


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ("run.csv", {}, r"the trials are a str.*Expected an array, a frame, or rows.*load_counts\(path\)"),
        (rb.boxes.pr(), {}, r"the trials are a Behavior\. Expected.*sample\("),
        (7, {}, r"the trials are an int\. Expected an array"),
        ({(0, 0): {(0, 0): 3}}, {}, r"holds a dict, expected a column of values.*Counts\.from_dict"),
        ({"a": 3, "x": 4}, {}, r"'a' holds an int, expected a column of values"),
        ({"a": [0, 1], "x": [0]}, {}, "columns of 1 and of 2 values, expected equally many"),
        ({"a": [0], "x": [0], "count": [3]}, {}, r"column 'count'.*expected one row for each trial.*load_counts"),
        ({"alice": [0], "x": [0]}, {}, r"unknown column 'alice'.*outputs="),
        ({"a": [0], "x": [0]}, {"outputs": "A B"}, r"no column for B in the header \(a, x\)"),
        ({"a": [0], "x": [0]}, {"outputs": {"A": "a", "B": "A"}}, "named for two variables"),
        ([], {}, r"there are no trials\. Expected"),
        (np.empty((0, 4)), {}, "there are no trials, expected at least one row"),
        (np.zeros((2, 2, 2, 2), int), {}, r"4 axes \(shape \(2, 2, 2, 2\)\), expected 2.*go to Counts"),
        (np.zeros((5, 6), int), {}, r"6 columns, expected 4: outputs A, B, then inputs X, Y\..*outputs="),
        (["0100", "1011"], {}, r"row 0: found a str, 0100.*map\(list, rows\)"),
        ([[0, 1, 0, 0], [1, 0, 1]], {}, r"row 1: 3 values, expected 4"),
        ([{"a": 0, "x": 1}, {"a": 1}], {}, r"row 1: no value of x, expected a, x.*None"),
        ([{"a": 0, "x": 1}, (0, 1)], {}, r"row 1: found a tuple, expected a mapping"),
        (
            [[0, 1, 0, 0], [0, 0.5, 0, 0]],
            {},
            r"row 1, B: '0\.5' is fractional, expected a whole.*from_correlators",
        ),
        (np.array([[0, 1, 0, 0], [0, 0.5, 0, 0]]), {}, r"row 1, column 1 \(B\): '0\.5' is fractional"),
        ([[0, 1, 0, 0], [1, -1, 0, 0]], {}, r"row 1, B: '-1' looks like an outcome ±1.*values=\(1, -1\)"),
        (np.array([[0, 1, 0, 0], [1, -3, 0, 0]]), {}, r"row 1, column 1 \(B\): '-3' is negative, expected 0, 1"),
        ([["H", 0, 0, 0]], {}, r"row 0, A: 'H' is no whole number, expected 0, 1.*values="),
        ([["H", "H", 0, 0], ["D", "V", 0, 0]], {"values": "HV"}, r"row 1, A: 'D' is none of the values of A"),
        ([[1, 1, 0, 0], [2, 1, 1, 1]], {}, r"A takes the values 1 … 2, never 0.*subtract 1"),
        ([[0, 1, 0, None]], {"missing": 1}, r"1 value of Y is missing \(row 0\).*missing=.drop"),
        ([[0, None, 0, 0]], {"missing": {"X": 0}}, r"missing= names 'X', expected outputs: A, B"),
        ([[0, None, 0, 0]], {"missing": -1}, r"missing= for B: '-1' looks like"),
        ([[0, None, 0, 0]], {"missing": "drop"}, r"every one of 1 trial has a missing value"),
        (GOOD, {"cardinality": {"A": 1}}, "A takes the value 1, expected 0 … 0"),
        (GOOD, {"outputs": {"A": "alice", "B": "bob"}}, r"columns without names.*Expected names"),
        ([[0, 10**6, 0, 0]], {}, "B takes the value 1,000,000, expected less than 32,768"),
        ([[0, 30000, 30000, 0]], {}, "combinations of values for 1 trials, expected a table"),
        ([[[0], 1, 0, 0]], {}, "holds a value that is no number and no label"),
        (np.array([["2026-11-28", "2026-11-29"]], dtype="M8[D]"), {"outputs": "A", "inputs": "X"}, "datetime64"),
        ({0, 1}, {}, "has no order"),
    ],
)
def test_refusals(given, options, message):
    for read in (rb.Counts.from_trials, rb.Trials.from_rows):
        if read == rb.Trials.from_rows and "combinations" in message:
            continue  # trials need no table
        with pytest.raises(rb.errors.CountsError, match=message):
            read(given, **options)


def test_a_column_of_times_is_no_variable(monkeypatch):
    monkeypatch.setattr(sequences, "MOST_ROWS", 1000)
    times = np.arange(1005) * 1.5
    with pytest.raises(rb.errors.CountsError, match=r"different rows, expected few.*outputs="):
        rb.Counts.from_trials(np.stack([times, times], axis=1), "A", "X")
    with pytest.raises(rb.errors.CountsError, match=r"different rows, expected few.*outputs="):
        rb.Counts.from_trials(np.stack([times, times], axis=1).tolist(), "A", "X")


@pytest.mark.parametrize("package", ["pandas", "polars", "pyarrow"])
def test_frames(package):
    frames = pytest.importorskip(package)
    outputs, inputs, shape, rows = draw("three", 9)
    columns = {name.lower(): rows[:, k] for k, name in enumerate(outputs + inputs)} | {"t": np.arange(len(rows)) / 7}
    make = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "table"}[package]
    frame = getattr(frames, make)(columns)
    assert (rb.Counts.from_trials(frame, outputs, inputs).table == tallied(rows, shape)).all()
    holes = [None, *rows[1:, 0].tolist()]
    frame = getattr(frames, make)(columns | {"a": holes})
    with pytest.raises(rb.errors.CountsError, match=r"1 value of column a is missing \(row 0\)"):
        rb.Counts.from_trials(frame, outputs, inputs)
    assert (rb.Trials.from_rows(frame, outputs, inputs, missing="drop").rows == rows[1:]).all()
    frame = getattr(frames, make)(columns | {"a": ["HV"[v] for v in rows[:, 0]]})
    assert (rb.Trials.from_rows(frame, outputs, inputs, values={"A": "HV"}).rows == rows).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rb.Counts(np.zeros((9, 4), int)), r"2 axes.*Rows of trials are counted by Counts\.from_trials"),
        (lambda: rb.Counts({(0, 0): {(0, 0): 3}}), r"read by Counts\.from_dict, those of columns by load_counts"),
        (lambda: rb.Counts("run.csv"), "Files are read by load_counts"),
        (lambda: rb.Counts([["H", 0]], "A", "X"), r"Trials with labels are counted by Counts\.from_trials"),
        (lambda: rb.Counts([[0.5, 0.5]], "A", "X"), r"fractional.*Behavior\.from_correlators"),
        (lambda: rb.Trials([[1, -1, 0, 0]]), r"Trials\.from_rows, values=\(1, -1\)"),
        (lambda: rb.Trials([["H", "V", "0", "0"]]), r"Labels, frames and missing values are read by Trials\.from_rows"),
    ],
)
def test_constructors_name_the_reader(make, message):
    with pytest.raises(rb.errors.CountsError, match=message):
        make()


def test_keys_that_only_later_rows_have():
    """A column of a frame is refused, or noted where both outputs and inputs are named; so is a key of any row."""
    rows = [{"a": 0, "x": 1}, {"x": 0, "a": 1, "time": 3.5}, {"a": 1, "x": 1, "run": 2, "time": 4.0}]
    for read in (rb.Counts.from_trials, rb.Trials.from_rows):
        with pytest.raises(rb.errors.CountsError, match="the trials, row 1: unknown column 'time'"):
            read(rows)
        assert read(rows, "A", "X").notes == ("not read: columns time, run",)
        with pytest.raises(rb.errors.CountsError, match=r"row 1: a value of b, which row 0 lacks.*in all: a, x"):
            read([{"a": 0, "x": 1}, {"a": 0, "x": 1, "b": 1}])
    frame = {"a": [0, 1, 1], "x": [1, 0, 1], "time": [None, 3.5, 4.0], "run": [None, None, 2]}
    assert rb.Counts.from_trials(frame, "A", "X").notes == ("not read: columns time, run",)
