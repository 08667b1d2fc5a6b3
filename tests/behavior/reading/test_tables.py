"""Tidy and wide tables, from files as spreadsheets write them and from frames."""

import csv
import gzip
import io
import itertools

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.quantification import Plan

SHAPES = {
    "two": (("A", "B"), ("X", "Y"), (3, 2, 2, 3)),
    "three": (("A", "B", "C"), ("X", "Y", "Z"), (2, 3, 2, 3, 1, 2)),
    "instrument": (("A", "B"), ("Z",), (2, 4, 2)),
    "one": (("A",), ("X",), (4, 3)),
}


def table(kind, seed=0):
    outputs, inputs, shape = SHAPES[kind]
    return outputs, inputs, np.random.default_rng(seed).integers(1, 5000, shape)


def tidy(outputs, inputs, counts, shuffle=None):
    """Header and rows, rows and columns in any order."""
    names = [name.lower() for name in outputs + inputs] + ["count"]
    rows = [[*index, int(n)] for index, n in np.ndenumerate(counts)]
    if shuffle is not None:
        rng = np.random.default_rng(shuffle)
        columns = rng.permutation(len(names))
        rows = [[row[k] for k in columns] for row in (rows[i] for i in rng.permutation(len(rows)))]
        names = [names[k] for k in columns]
    return names, rows


def wide(outputs, inputs, counts, between="", order=None):
    n = len(outputs)
    places = [outputs.index(name) for name in order or outputs]
    outcomes = list(itertools.product(*map(range, counts.shape[:n])))
    header = [*(name.lower() for name in inputs), *(between.join(str(o[k]) for k in places) for o in outcomes)]
    settings = itertools.product(*map(range, counts.shape[n:]))
    return header, [[*s, *(int(counts[o + s]) for o in outcomes)] for s in settings]


def written(header, rows, separator=",", end="\n"):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


ENCODINGS = {
    "plain": lambda text: text.encode(),
    "mark": lambda text: text.encode("utf-8-sig"),
    "utf16": lambda text: text.encode("utf-16"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "old Macintosh": lambda text: text.replace("\n", "\r").encode(),
    "Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "hint": lambda text: ("sep=;\n" + text.replace(",", ";")).encode("utf-8-sig"),
    "floats": lambda text: "\n".join([text.splitlines()[0], text.partition("\n")[2].replace(",", ".0,")]).encode(),
    "true minus": lambda text: text.encode(),
    "empty rows and columns": lambda text: (text.replace("\n", ",,\n") + ",,,,,,,,,,\n\n").encode(),
}


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_files_as_programs_write_them(tmp_path, kind, encoding):
    outputs, inputs, counts = table(kind)
    path = tmp_path / "mine.csv"
    path.write_bytes(ENCODINGS[encoding](written(*tidy(outputs, inputs, counts, 3))))
    for read in (rb.load_counts, rb.Counts.read_csv):
        found = read(path)
        assert (found.table == counts).all()
        assert (found.outputs, found.inputs, found.name, found.notes) == (outputs, inputs, "mine", ())


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("kind", SHAPES)
def test_separators(tmp_path, kind, separator):
    outputs, inputs, counts = table(kind, 1)
    path = tmp_path / "mine.csv"
    path.write_text(written(*tidy(outputs, inputs, counts, 4), separator))
    assert (rb.load_counts(path).table == counts).all()
    path.write_text(written(*wide(outputs, inputs, counts, " "), separator))
    assert (rb.load_counts(path, order=outputs, outputs=outputs).table == counts).all()


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("between", ["", " "])
def test_wide_tables(tmp_path, kind, between):
    outputs, inputs, counts = table(kind, 2)
    path = tmp_path / "mine.csv"
    for order in itertools.permutations(outputs):
        header, rows = wide(outputs, inputs, counts, between, order)
        path.write_text(written(header, rows))
        columns = dict(zip(header, zip(*rows, strict=True), strict=True))
        for source in (path, columns):
            found = rb.load_counts(source, order=order, outputs=outputs)
            assert (found.table == counts).all()
            assert found.notes == ("read from a wide table, one row for each setting",)


def test_wide_tables_of_labels():
    one = rb.load_counts({"x": [0, 1], "V": [7, 2], "H": [3, 8]}, values="HV")
    assert one.table.tolist() == [[3, 8], [7, 2]]
    frame = {"alice": [0, 0, 1, 1], "bob": [0, 1, 0, 1]} | {
        k: [n + 1, 2, 3, 4] for n, k in enumerate(("++", "+-", "-+"))
    }
    found = rb.load_counts(frame, inputs={"X": "alice", "Y": "bob"}, order="B A", values="+-", missing=0, outputs="A B")
    assert found.table[:, :, 0, 0].tolist() == [[1, 3], [2, 0]]
    assert "4 of 16 cells were absent and taken as 0" in found.notes


@pytest.mark.parametrize("kind", SHAPES)
def test_tidy_frames(kind):
    outputs, inputs, counts = table(kind, 3)
    names, rows = tidy(outputs, inputs, counts, 5)
    columns = [list(column) for column in zip(*rows, strict=True)]
    assert (rb.load_counts(dict(zip(names, columns, strict=True))).table == counts).all()
    renamed = {
        f"{name} measured" if name != "count" else "N": np.array(c, float)
        for name, c in zip(names, columns, strict=True)
    }
    found = rb.load_counts(
        renamed,
        outputs={n: f"{n.lower()} measured" for n in outputs},
        inputs={n: f"{n.lower()} measured" for n in inputs},
        count="n",
    )
    assert (found.table == counts).all()


def test_absent_cells_are_zero_on_request(tmp_path):
    outputs, inputs, counts = table("two", 4)
    names, rows = tidy(outputs, inputs, counts)
    path = tmp_path / "mine.csv"
    path.write_text(written(names, [row for k, row in enumerate(rows) if k not in (3, 8)]))
    with pytest.raises(rb.errors.CountsError, match=r"no row for A=0, B=0, X=1, Y=0 \(2 of 36 absent\).*missing=0"):
        rb.load_counts(path)
    found = rb.load_counts(path, missing=0)
    assert found.trials == counts.sum() - rows[3][-1] - rows[8][-1]
    assert "2 of 36 cells were absent and taken as 0" in repr(found)
    path.write_text(written(names, [row if k != 3 else [*row[:-1], ""] for k, row in enumerate(rows)]))
    assert "1 empty cell taken as 0" in repr(rb.load_counts(path, missing=0))


def test_the_note_is_shown_wherever_the_counts_are(tmp_path):
    frame = {"x": [0, 0, 1, 1], "y": [0, 1, 0, 1]} | {k: [20, 20, 20, 5] for k in ("00", "11")} | {"10": [3, 4, 5, 20]}
    counts = rb.load_counts(frame, order="A B", missing=0)
    report = Plan(counts).report([])
    assert "read  4 of 16 cells were absent and taken as 0" in repr(report)
    assert report.to_dict()["data"]["read"] == list(counts.notes)
    assert "4 of 16 cells were absent" in counts._repr_html_()


HEADER = "x,a,count\n"
GOOD = HEADER + "0,0,3\n0,1,4\n1,0,5\n1,1,6\n"


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (GOOD.replace("6", '"1,234"'), {}, r"line 5, column count: '1,234' may have a thousands separator.*1234"),
        (GOOD.replace("6", "1 234"), {}, "'1 234' may have a thousands separator, expected plain digits"),
        (GOOD.replace("6", "1.000"), {}, "'1.000' may have a thousands separator"),
        (GOOD.replace(",", ";").replace("6", "427,5"), {}, "'427,5' is not a whole number.*decimal comma"),
        (GOOD.replace("6", "0.5"), {}, "line 5, column count: '0.5' is fractional.*Behavior.from_correlators"),
        (GOOD.replace("6", "NaN"), {}, r"line 5, column count: the cell is empty \(missing\).*missing=0"),
        (GOOD.replace("1,1,6", "1,,6"), {}, r"line 5, column a: the cell is empty \(missing\)"),
        (GOOD.replace("1,1,6", "1,H,6"), {}, r"line 5, column a: 'H' is no whole number.*values="),
        (GOOD, {"values": "HV"}, r"line 2, column a: 0 is none of the values of A, expected one of 'H', 'V'"),
        (GOOD.replace("count", "n"), {}, r"unknown column 'n'.*no column 'count'.*count="),
        (GOOD.replace("a", "alice"), {}, "unknown column 'alice'"),
        ("alice,bob\n0,1\n", {}, r"no column 'count' in the header \(alice, bob\).*outputs= \(--outputs\)"),
        (GOOD, {"missing": "drop"}, "missing= is 'drop', expected 0 for a table of counts"),
        (GOOD, {"missing": 2}, "missing= is 2, expected 0"),
        (GOOD, {"count": "n"}, "no column 'n' in the header"),
        ("x,00,01\n0,3,4\n", {"outputs": "A B"}, r"the column '00' is a string.*Give order="),
        ("x,0,1\n0,3,4\n0,5,6\n", {}, "A=0, X=0 appears a second time"),
        ("x,0,1\n0,3,4\n1,5\n", {}, "line 3: 2 cells, expected 3"),
        ("x,0,1\n0,3,-4\n", {}, "line 2, column 1: '-4' is negative"),
        ("x,00,1\n0,3,4\n", {"order": "A B", "outputs": "A B"}, "'1' has 1 characters, expected 2"),
        ("angle,0,1\n0,3,4\n", {}, r"no column for an input in the header \(angle, 0, 1\).*inputs="),
        ("x,0,1\n0,3,4\n", {"outputs": {"A": "0"}}, "A takes the values|unknown column"),
        ("x a count\n0 0 3\n", {}, "separated by spaces"),
        (b"PK\x03\x04rest", {}, "a spreadsheet or an archive, expected text. Save the sheet as CSV"),
        (b"PAR1rest", {}, "a Parquet file, expected text.*frame"),
        (b"\x1f\x8bbroken", {}, "cannot read"),
        ("x,a,count\n0,é,3\n".encode("latin-1"), {}, "not UTF-8"),
    ],
)
def test_refusals(tmp_path, content, options, message):
    path = tmp_path / "mine.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(rb.errors.CountsError, match=message):
        rb.load_counts(path, **options)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros((2, 2), int), r"found a ndarray, expected a path, a data set or a frame.*Counts\(array\)"),
        ([(0, 1)], r"found a list, expected a path.*Counts\.from_trials"),
        (None, "found a NoneType, expected a path"),
        ({(0, 0): {(0, 0): 3}}, r"expected a column of values.*Counts\.from_dict"),
        ({"x": [0], "a": [0], "count": [3.5]}, r"row 0, column count: '3\.5' is fractional"),
        ({"x": [0], "a": [0], "count": [True]}, "True is no number of trials"),
        ({"x": [0, 0], "a": [0, 0], "count": [3, 4]}, r"row 1: the combination A=0, X=0 appears a second time"),
        ({"x": [0, 1], "a": [0, 1], "count": [3, 4]}, r"no row for A=0, X=1 \(2 of 4 absent\)"),
        ({"x": [0], "a": [10**9], "count": [3]}, "need 1,000,000,001"),
        ({"x": [0], "n": [3]}, "no column 'count'"),
        ({}, "no column 'count'"),
        ({"E": [0.5], "x": [0]}, "no column 'count'"),
    ],
)
def test_frames_that_are_none(source, message):
    with pytest.raises(rb.errors.CountsError, match=message):
        rb.load_counts(source)


def test_options_of_shipped_data_are_refused():
    with pytest.raises(rb.errors.CountsError, match=r"delft2015 has the outcomes a, b.*\./delft2015"):
        rb.load_counts("delft2015", missing=0)
    assert rb.load_counts("delft2015", parties={"A": "X", "B": "Y"}).trials == 245


@pytest.mark.parametrize("package", ["pandas", "polars", "pyarrow"])
def test_frames(package):
    frames = pytest.importorskip(package)
    make = getattr(frames, {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "table"}[package])
    outputs, inputs, counts = table("three", 3)
    for header, rows in (tidy(outputs, inputs, counts, 5), wide(outputs, inputs, counts)):
        frame = make({name: list(column) for name, column in zip(header, zip(*rows, strict=True), strict=True)})
        order = outputs if "count" not in header else None
        assert (rb.load_counts(frame, order=order).table == counts).all()


def test_what_pandas_makes_of_trials():
    """Pivot tables, their index as columns or not; what `to_csv` writes has a column of numbers without a name."""
    pandas = pytest.importorskip("pandas")
    outputs, inputs, counts = table("two", 3)
    names, rows = tidy(outputs, inputs, counts)
    frame = pandas.DataFrame(rows, columns=names)
    pivot = frame.pivot_table("count", ["x", "y"], ["a", "b"])
    for made in (pivot, pivot.reset_index(), frame.set_index(["x", "y", "a"]), frame.set_index("count")):
        assert (rb.load_counts(made).table == counts).all()
    with pytest.raises(rb.errors.CountsError, match=r"found a Series.*reset_index\(\)"):
        rb.load_counts(frame.set_index(["x", "y", "a", "b"])["count"])
    with pytest.raises(rb.errors.CountsError, match="the first line holds numbers"):
        rb.load_counts(pandas.DataFrame(rows))


def test_columns_without_a_name_are_not_read(tmp_path):
    outputs, inputs, counts = table("three", 6)
    path = tmp_path / "mine.csv"
    for header, rows in (tidy(outputs, inputs, counts), wide(outputs, inputs, counts)):
        path.write_text(written(["", *header], [[k, *row] for k, row in enumerate(rows)]))
        found = rb.load_counts(path, order=None if "count" in header else outputs)
        assert (found.table == counts).all()
        assert "not read: column (without a name)" in found.notes


def test_what_numpy_writes(tmp_path):
    outputs, inputs, counts = table("two", 7)
    names, rows = tidy(outputs, inputs, counts)
    path = tmp_path / "mine.csv"
    np.savetxt(path, np.array(rows, float), delimiter=",", header=",".join(names))
    assert (rb.load_counts(path).table == counts).all()


def test_an_arrow_stream_of_any_package():
    pyarrow = pytest.importorskip("pyarrow")
    outputs, inputs, counts = table("two", 8)
    names, rows = tidy(outputs, inputs, counts)

    class Stream:
        def __arrow_c_stream__(self, requested_schema=None):
            columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
            return pyarrow.table(columns).__arrow_c_stream__(requested_schema)

    assert (rb.load_counts(Stream()).table == counts).all()
