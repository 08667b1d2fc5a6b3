"""Files of trials: each way of reading them agrees with a loop over their lines."""

import csv
import gzip
import io
import itertools

import numpy as np
import pytest
from trial_rows import drawn, tallied

import relaxbell as rb
from relaxbell.behavior.reading import trials_file

NAMES, SHAPE = ("A", "B", "X", "Y"), (3, 2, 2, 3)


def rows(n=500, seed=0):
    return drawn(SHAPE, seed, n)


def lines(trials, separator=","):
    return [separator.join(map(str, row)) for row in trials.tolist()]


PLAIN = ["a,b,x,y", *lines(rows())]
WAYS = {
    "digits": "\n".join(PLAIN) + "\n",
    "no last line end": "\n".join(PLAIN),
    "Windows": "\r\n".join(PLAIN) + "\r\n",
    "old Macintosh": "\r".join(PLAIN) + "\r",
    "mark": "\ufeff" + "\n".join(PLAIN),
    "semicolons": "\n".join(PLAIN).replace(",", ";"),
    "tabs": "\n".join(PLAIN).replace(",", "\t"),
    "spaces around": "\n".join(PLAIN).replace(",", ", "),
    "quotes": "\n".join([PLAIN[0], *(f'"{line[0]}"{line[1:]}' for line in PLAIN[1:])]),
    "floats": "\n".join([PLAIN[0], *(line + ".0" for line in PLAIN[1:])]),
    "blank lines": "\n\n" + "\n\n".join(PLAIN) + "\n \n",
    "blank in the middle": "\n".join([*PLAIN[:200], "", *PLAIN[200:]]),
    "mixed": "\n".join([PLAIN[0], *(line if k % 3 else line.replace(",", " ,") for k, line in enumerate(PLAIN[1:]))]),
    "empty column": "\n".join(line + "," for line in PLAIN),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("block", [97, 2**23])
def test_ways_to_write_them(tmp_path, monkeypatch, way, block):
    monkeypatch.setattr(trials_file, "BLOCK", block)
    path = tmp_path / "run.csv"
    path.write_bytes(WAYS[way].encode())
    found = rb.load_counts(path)
    assert (found.table == tallied(rows(), SHAPE)).all()
    assert found.notes == ("counted from 500 trials, one row each",)
    assert (rb.Trials.read_csv(path).rows == rows()).all()


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("most", [10, 2**14])
@pytest.mark.parametrize("block", [997, 2**23])
def test_columns_that_make_all_lines_different(tmp_path, monkeypatch, labels, most, block):
    monkeypatch.setattr(trials_file, "BLOCK", block)
    monkeypatch.setattr(trials_file, "_MOST_LINES", most)
    trials = rows(700, 3)
    path = tmp_path / "run.csv"
    words = ("H", "é", "+1") if labels else "012"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["y", "time", "a", "x", "comment", "b"])
        for k, (a, b, x, y) in enumerate(trials.tolist()):
            writer.writerow([y, k * 0.37, words[a], x, "a, b" if labels and k == 5 and most == 10 else "", b])
    values = {"A": words} if labels else None
    found = rb.load_counts(path, outputs="A B", inputs="X Y", values=values)
    assert (found.table == tallied(trials, SHAPE)).all()
    assert found.notes[1] == "not read: columns time, comment"
    assert (rb.Trials.read_csv(path, outputs="A B", inputs="X Y", values=values).rows == trials).all()


def test_compressed_and_in_numpy(tmp_path):
    trials = rows()
    packed = tmp_path / "run.csv.gz"
    packed.write_bytes(gzip.compress("\n".join(PLAIN).encode()))
    assert rb.load_counts(packed).name == "run"
    assert (rb.load_counts(packed).table == tallied(trials, SHAPE)).all()
    path = tmp_path / "run.npy"
    np.save(path, trials.astype(np.uint8))
    assert (rb.load_counts(path).table == tallied(trials, SHAPE)).all()
    assert (rb.Trials.read_csv(path).rows == trials).all()
    np.save(path, np.where(trials == 0, 1.0, -1.0)[:, [0, 2]])
    found = rb.load_counts(path, outputs="A", inputs="X", values=(1, -1))
    assert found.table.ravel().tolist() == np.bincount((trials[:, 0] > 0) * 2 + (trials[:, 2] > 0)).tolist()
    record = np.zeros(3, dtype=[("x", int), ("a", int)])
    np.save(path, record)
    assert rb.load_counts(path).trials == 3
    np.save(path, np.array([[None, 1]]))
    with pytest.raises(rb.errors.CountsError, match=r"cannot read 'run\.npy'.*numbers only"):
        rb.load_counts(path)
    np.save(path, np.ones((2, 2, 2, 2), int))
    with pytest.raises(rb.errors.CountsError, match=r"shape \(2, 2, 2, 2\), expected trials.*Counts\(numpy\.load"):
        rb.load_counts(path)
    np.save(path, np.ones((2, 2), int))
    with pytest.raises(rb.errors.CountsError, match=r"may be trials or a table of counts\. Say which"):
        rb.load_counts(path, outputs="A", inputs="X")


def test_the_line_of_each_mistake(tmp_path, monkeypatch):
    """However it is read: in an early or late block, with and without blank lines."""
    path = tmp_path / "run.csv"
    for block, blank, place in itertools.product((40, 2**23), (False, True), (3, 400)):
        monkeypatch.setattr(trials_file, "BLOCK", block)
        text = list(PLAIN)
        text[place] = text[place][:-1] + "0.5"
        if blank:
            text.insert(2, "")
        path.write_text("\n".join(text))
        with pytest.raises(rb.errors.CountsError, match=f"line {place + 1 + blank}, column y: '0.5' is fractional"):
            rb.load_counts(path)
        text[place + blank] = "0,1"
        path.write_text("\n".join(text))
        with pytest.raises(rb.errors.CountsError, match=f"line {place + 1 + blank}: 2 cells, expected 4"):
            rb.load_counts(path)
        text[place + blank] = "0,,1,1"
        path.write_text("\n".join(text))
        with pytest.raises(
            rb.errors.CountsError, match=rf"1 value of column b is missing \(line {place + 1 + blank}\)"
        ):
            rb.load_counts(path)
        assert rb.load_counts(path, missing="drop").trials == 499


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", {}, "is empty. Expected a header such as x,y,a,b"),
        (b"x,a\n", {}, "a header but no rows"),
        (b"x,a\n0,1,7\n", {}, r"line 2: 3 cells, expected 2 \(x, a\)"),
        (b"x,a\n0,0\n0,2,\n1\n", {}, "line 4: 1 cells, expected 2"),
        (b"x,a\n0,0\n0,\xff\n", {}, "is not UTF-8 text"),
        (b"x,a\n0,0\n0,-1\n", {}, r"line 3, column a: '-1' looks like an outcome ±1.*values="),
        (b"x,a\n0,0\n0,H\n", {}, r"line 3, column a: 'H' is no whole number.*values="),
        (b"x,a\n0,V\n0,D\n", {"values": "HV"}, r"line 3, column a: 'D' is none of the values of A"),
        (b"x,a\n0,0\n,1\n", {"missing": 0}, r"1 value of column x is missing \(line 3\).*missing=.drop"),
        (b"x,a\n0,1\n1,2\n", {}, "A takes the values 1 … 2, never 0"),
        (b"x,a,n\n0,1,3\n", {}, r"unknown column 'n'.*no column 'count'.*count="),
        (b"x,a\n0,0\n0,99999\n", {}, "A takes the value 99,999, expected less than 32,768"),
        (b"x,a\n0,0\n", {"outputs": "b"}, "no column 'count'"),
        ("x,a\n0,0\n".encode("utf-16"), {}, "is UTF-16, expected UTF-8 for trials"),
        (gzip.compress(b"x,a\n" + b"0,1\n" * 9999, mtime=0)[:-50], {}, "cannot read"),
    ],
)
def test_refusals(tmp_path, content, options, message):
    path = tmp_path / "run.csv"
    path.write_bytes(content)
    with pytest.raises(rb.errors.CountsError, match=message):
        rb.load_counts(path, **options)


def test_a_bar_on_a_terminal_only(tmp_path, monkeypatch, capsys):
    from relaxbell.behavior.reading import progress

    monkeypatch.setattr(progress, "_LARGE", 10)
    path = tmp_path / "run.csv"
    path.write_text("\n".join(PLAIN))
    assert rb.load_counts(path).trials == 500
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert rb.load_counts(path).trials == 500
    assert "reading run.csv" in capsys.readouterr().err


@pytest.mark.slow
def test_ten_million_trials_are_counted_within_little_memory(tmp_path):
    """The blocks bound the memory, not the file: what Python and NumPy allocate stays below 200 MB."""
    import tracemalloc

    rng, path = np.random.default_rng(5), tmp_path / "run.csv"
    expected = np.zeros((2, 2, 2, 2), dtype=int)
    with path.open("wb") as file:
        file.write(b"x,y,a,b\n")
        for _ in range(10):
            values = rng.integers(0, 2, (10**6, 4))
            text = np.full((10**6, 8), ord(","), np.uint8)
            text[:, 7], text[:, 0:7:2] = ord("\n"), values + ord("0")
            file.write(text.tobytes())
            expected += np.bincount(values @ [2, 1, 8, 4], minlength=16).reshape(2, 2, 2, 2)
    tracemalloc.start()
    try:
        found = rb.load_counts(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (found.table == expected).all()
    assert peak < 200 * 2**20


POOLS = ("01234", ("+1", "-1", "3", "4"), "HVDAx", ("up", "down", "left", "right"), ("é", "↑", "x y", "a,b"))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_files_of_all_kinds(tmp_path, monkeypatch, part):
    """Random parties, cardinalities, labels, order of columns, separators, quotes, empty cells and lines, blocks."""
    path = tmp_path / "run.csv"
    for seed in range(100 * part, 100 * part + 100):
        rng = np.random.default_rng(seed)
        names = list(["AX", "ABXY", "ABCXYZ", "ABZ"][rng.integers(4)])
        shape = rng.integers(1, 4, len(names)) + [name in "ABC" for name in names]
        trials = np.stack([rng.integers(0, size, rng.integers(20, 400)) for size in shape[:1]], axis=1)
        trials = np.concatenate([trials, *(rng.integers(0, s, (len(trials), 1)) for s in shape[1:])], axis=1)
        words = [list(POOLS[rng.integers(len(POOLS))])[:size] for size in shape]
        others = [f"t{k}" for k in range(rng.integers(3))]
        columns = rng.permutation(len(names) + len(others))
        lost = rng.random(len(trials)) < rng.choice([0, 0.1])
        lost[0] = False
        text = io.StringIO()
        style = {"lineterminator": str(rng.choice(["\n", "\r\n"])), "quoting": int(rng.integers(2))}
        writer = csv.writer(text, delimiter=str(rng.choice([",", ";", "\t", "|"])), **style)
        writer.writerow([[*names, *others][k] for k in columns])
        for gone, row in zip(lost.tolist(), trials.tolist(), strict=True):
            cells = [words[k][v] for k, v in enumerate(row)] + [rng.choice(["", 'q"x', rng.random()]) for _ in others]
            if gone:
                cells[rng.integers(len(names))] = str(rng.choice(["", "NaN", "null"]))
            writer.writerow([cells[k] for k in columns])
            if rng.random() < 0.01:
                text.write(style["lineterminator"])
        data = text.getvalue().encode(str(rng.choice(["utf-8", "utf-8-sig"])))
        path.write_bytes(gzip.compress(data) if rng.random() < 0.1 else data)
        monkeypatch.setattr(trials_file, "BLOCK", int(rng.choice([64, 500, 2**23])))
        monkeypatch.setattr(trials_file, "_MOST_LINES", int(rng.choice([3, 2**14])))
        outputs, inputs = [n for n in names if n in "ABC"], [n for n in names if n not in "ABC"]
        how = {"values": dict(zip(names, words, strict=True)), "missing": "drop"}
        found = rb.Trials.read_csv(path, outputs=outputs, inputs=inputs, **how)
        assert (found.rows == trials[~lost]).all(), seed
        counts = rb.load_counts(path, outputs=outputs, inputs=inputs, **how)
        assert (counts.table == found.counts().table).all(), seed
