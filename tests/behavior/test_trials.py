"""Trials in order."""

import pickle

import numpy as np
import pytest

import relaxbell as rb

RNG = np.random.default_rng(2)
ROWS = np.stack([RNG.integers(0, size, 101) for size in (3, 2, 2, 3)], axis=1)
SIZES = {"A": 3, "B": 2, "X": 2, "Y": 3}


def test_counts_are_those_of_a_loop():
    table = np.zeros((3, 2, 2, 3), dtype=int)
    for row in ROWS:
        table[tuple(row)] += 1
    counts = rb.Trials(ROWS).counts()
    assert (counts.table == table).all()
    assert counts.parties == {"A": "X", "B": "Y"} or dict(counts.parties) == {"A": "X", "B": "Y"}


def test_blocks_are_all_trials_in_order():
    trials = rb.Trials(ROWS, cardinality=SIZES, name="mine")
    blocks = [trials.block(k, of=9) for k in range(9)]
    assert (np.concatenate([block.rows for block in blocks]) == ROWS).all()
    assert [len(block) for block in blocks] == [len(part) for part in np.array_split(ROWS, 9)]
    assert (trials[: trials.start(4, of=9)].rows == np.concatenate([block.rows for block in blocks[:4]])).all()
    assert sum(block.counts().table for block in blocks).tolist() == trials.counts().table.tolist()
    training, test = trials.split(training=40)
    assert (training.rows == ROWS[:40]).all()
    assert (test.rows == ROWS[40:]).all()
    assert len(trials.split()[0]) == 50
    assert len(trials.split(training=0.29)[0]) == 29


def test_parts_keep_the_numbers_of_values():
    part = rb.Trials(ROWS)[:1]
    assert dict(part.cardinality) == SIZES
    assert part.counts().table.shape == (3, 2, 2, 3)


def test_cells_of_a_flattened_table():
    cells = np.ravel_multi_index(tuple(ROWS.T), (3, 2, 2, 3))
    assert (rb.Trials.from_cells(cells, cardinality=SIZES).rows == ROWS).all()
    with pytest.raises(rb.errors.CountsError, match=r"cell 36, expected 0 … 35"):
        rb.Trials.from_cells([0, 36], cardinality=SIZES)
    with pytest.raises(rb.errors.CountsError, match="expected a number for each of A, B, X, Y"):
        rb.Trials.from_cells([0], cardinality={"A": 2})


def test_files(tmp_path):
    path = tmp_path / "run.csv"
    path.write_text("y,X,b,a\n" + "".join(f"{y}, {x},{b},{a}\n" for a, b, x, y in ROWS))
    trials = rb.Trials.read_csv(path, cardinality=SIZES)
    assert (trials.rows == ROWS).all()
    assert repr(trials) == "Trials run: 101 trials in order of p(A,B|X,Y), A: 3, B: 2, X: 2, Y: 3"
    path.write_text("z,a,b\n0,1,1\n1,0,1\n")
    assert rb.Trials.read_csv(path).counts().parties is None
    path.write_text("setting,click\n0,1\n1,0\n")
    assert rb.Trials.read_csv(path, outputs="click", inputs="setting").outputs == ("click",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty. Expected a header such as x,y,a,b and"),
        ("x,a\n", "a header but no rows"),
        ("x,a,count\n0,0,1\n", "one row for each trial.*load_counts"),
        ("0,1\n1,1\n", "expected a header such as x,y,a,b. Add it"),
        ("x,a\n0,0\n0,-1\n", r"line 3, column a: '-1' looks like an outcome ±1"),
        ("x,a\n0,0\n0\n", "line 3: 1 cells, expected 2"),
        ("x,a\n0,\n", r"1 value of column a is missing \(line 2\)"),
        ("x,a\n0,1.5\n", "'1.5' is fractional"),
        ("x,a\n0,1\n1,2\n", "A takes the values 1 … 2, never 0"),
        ("x a\n0 1\n", "separated by spaces"),
        ("x,foo,a\n0,1,0\n", "unknown column 'foo'"),
    ],
)
def test_bad_files(tmp_path, content, message):
    path = tmp_path / "run.csv"
    path.write_text(content)
    with pytest.raises(rb.errors.CountsError, match=message):
        rb.Trials.read_csv(path)


def test_a_list_of_trials_is_no_table_of_counts(tmp_path):
    path = tmp_path / "run.csv"
    path.write_text("x,a\n0,1\n0,0\n")
    with pytest.raises(rb.errors.CountsError, match=r"no column 'count'.*load_counts.*Trials\.read_csv"):
        rb.Counts.read_csv(path)
    assert repr(rb.load_counts(path)).endswith("counted from 2 trials, one row each")


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([], {}, "expected \\(trials, 4\\)"),
        (np.empty((0, 4), dtype=int), {}, "there are no trials"),
        ([[0, 0, 0]], {}, r"shape \(1, 3\), expected \(trials, 4\)"),
        ([[0, 0, 0, -1]], {}, r"trial 0 is \[0, 0, 0, -1\].*±1"),
        ([[0, 0, 0, 0.5]], {}, "entries of type float64"),
        ([[0, 0, 0, np.nan]], {}, "entries of type float64"),
        ([["0", "0", "0", "1"]], {}, "entries of type"),
        (np.ma.array([[0, 0, 0, 1]], mask=[[0, 0, 0, 1]]), {}, "masked"),
        ([[0, 0, 0, 0], [0, 2, 0, 0]], {"cardinality": dict.fromkeys("ABXY", 2)}, "trial 1 has B = 2, expected 0 … 1"),
        ([[0, 0, 0, 0]], {"cardinality": {"A": 2}}, "expected a number for each of A, B, X, Y"),
        ([[0, 0, 0, 0]], {"cardinality": dict.fromkeys("ABXY", 2.0)}, "cardinality of A is 2.0"),
    ],
)
def test_what_are_no_trials(rows, options, message):
    with pytest.raises(rb.errors.CountsError, match=message):
        rb.Trials(rows, **options)


def test_what_has_no_such_part():
    trials = rb.Trials(ROWS)
    for refused in (lambda: trials[5], lambda: trials[::2], lambda: trials[200:]):
        with pytest.raises(rb.errors.CountsError, match="expected"):
            refused()
    for call in (lambda: trials.block(9, of=9), lambda: trials.block(0, of=102), lambda: trials.block(-1, of=3)):
        with pytest.raises(rb.errors.CountsError, match="expected an integer"):
            call()
    for training in (0, 101, 1.0, 0.001, True):
        with pytest.raises(rb.errors.CountsError, match="of 101 trials, expected"):
            trials.split(training=training)
    with pytest.raises(rb.errors.CountsError, match="without gaps"):
        rb.Trials([[30000, 30000]], "A", "X").counts()


def test_frozen_and_travelling():
    trials = pickle.loads(pickle.dumps(rb.Trials(ROWS)))
    with pytest.raises(ValueError, match="read-only"):
        trials.rows[0, 0] = 1
    with pytest.raises(AttributeError, match="is frozen"):
        trials.name = "other"
