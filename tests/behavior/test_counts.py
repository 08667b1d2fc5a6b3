import numpy as np
import pytest

import relaxbell as rb

# S − 2 of the maximum-likelihood non-signaling fit: 40-digit Newton iteration, independent of this package
EXCESS = {"delft2015": 0.433852228, "nist2015": 5.09812945e-5, "vienna2015": 2.79918674e-5}
TRIALS = {
    "delft2015": 245,
    "ibm_hanoi_5_8": 180_000,
    "nist2015": 173_149_423,
    "vienna2015": 3_502_784_150,
    "vitamin_a": 23_682,
    "weihs1998": 14_573,
}


@pytest.mark.parametrize("name", rb.data_sets())
def test_shipped_data(name):
    counts = rb.load_counts(name)
    assert counts.trials == TRIALS[name]
    assert counts.published.source
    assert counts.with_table(counts.table).published is counts.published


@pytest.mark.parametrize("name", EXCESS)
def test_fits_of_shipped_data(name):
    fit = rb.load_counts(name).fit()
    excess = float(rb.catalog.CHSH(fit.behavior) - 2)
    assert excess == pytest.approx(EXCESS[name], rel=5e-9)  # the reference has nine digits
    assert fit.behavior.is_nonsignaling()
    assert fit.degrees_of_freedom == 16 - 4 - 8


def test_an_ibm_pair():
    """S = 2.3803 in the symmetry −E00 + E01 + E10 + E11: the note of the data set."""
    p = rb.load_counts("ibm_hanoi_5_8").frequencies.p
    E = p[0, 0] + p[1, 1] - p[0, 1] - p[1, 0]
    assert E.sum() - 2 * E[0, 0] == pytest.approx(2.3803, abs=5e-5)


def test_weihs_signals():
    """Deviance p 1e-16, settings chi² 377; the note says so."""
    counts = rb.load_counts("weihs1998")
    assert counts.fit().p_value == pytest.approx(1e-16, rel=1)
    assert counts.settings_test().statistic == pytest.approx(377, abs=0.5)
    assert "post-selected" in counts.published.note
    assert "signal" in counts.published.note


def test_published_games():
    """Delft: 196 wins of 245. Decisive trials of Vienna 141439 and 135075, of NIST 6378 and 5770."""
    for name, total in (("delft2015", 196), ("vienna2015", 141439 - 135075), ("nist2015", 6378 - 5770)):
        counts = rb.load_counts(name)
        assert counts.published.game.total(counts.table) == total
        assert not counts.published.game.scores.flags.writeable
        assert counts.published.game.source == counts.published.source
    with pytest.raises(rb.errors.CountsError, match=r"shape \(1, 1, 2, 2\), expected \(2, 2, 2, 2\)"):
        counts.published.game.total(counts.table[:1, :1])
    for name in ("weihs1998", "ibm_hanoi_5_8", "vitamin_a"):
        assert rb.load_counts(name).published.game is None


def test_a_file_of_the_same_name_is_not_the_published_one(tmp_path):
    path = tmp_path / "delft2015.csv"
    path.write_text(GOOD)
    assert rb.load_counts(path).published is None


def test_delft_raw_value():
    """S = 2.42 from raw frequencies (Hensen et al.)."""
    assert float(rb.catalog.CHSH(rb.load_counts("delft2015").frequencies)) == pytest.approx(2.4225, abs=5e-5)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[1, 2], [3, -4]], "is -4, which is negative"),
        ([[1, 2], [3, 4.5]], "is 4.5, which is fractional"),
        ([[1, 2], [3, np.nan]], "not finite"),
        ([[1, 0], [3, 0]], "no trials with X=1"),
        ([1, 2], "1 axes"),
        ("abc", "not a rectangular array"),
        ([[2**62, 2**62], [1, 1]], "too many"),
        ([[2**62, 1], [1, 1]], "too many"),
        ([[10**400, 1], [1, 1]], "too large"),
        ([["1_0", "2"], ["3", "4"]], "not a rectangular array"),
        ([[True, False], [True, True]], "not a rectangular array"),
        ([[1j, 2], [3, 4]], "not a rectangular array"),
        (np.empty((0, 2)), "is empty"),
        (np.zeros((2, 2)), "no trials with X=0"),
    ],
)
def test_bad_tables(table, message):
    with pytest.raises(rb.errors.CountsError, match=message):
        rb.Counts(table, "A", "X")


HEADER = "x,a,count\n"
GOOD = HEADER + "0,0,3\n0,1,4\n1,0,5\n1,1,6\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (HEADER.encode(), "no rows"),
        (GOOD.replace("0,1,4", "0,1,").encode(), r"line 3, column count: the cell is empty \(missing\)"),
        (GOOD.replace("0,1,4", "0,1").encode(), "line 3: 2 cells, expected 3"),
        (GOOD.replace("0,1,4", "0,1,4,5").encode(), "line 3: 4 cells, expected 3"),
        (GOOD.replace("0,1,4\n", "").encode(), "no row for A=1, X=0"),
        (GOOD.replace("1,1,6", "0,1,6").encode(), "appears a second time"),
        (GOOD.replace("6", "-6").encode(), "'-6' is negative"),
        (GOOD.replace("6", "6.5").encode(), "'6.5' is fractional"),
        (GOOD.replace("6", "1_0").encode(), "'1_0' is not a whole number"),
        (GOOD.replace("6", "٣").encode(), "is not a whole number"),
        (GOOD.replace("6", "__import__('os')").encode(), "is not a whole number"),
        (GOOD.replace("x,a,count", "x,foo,count").encode(), "unknown column 'foo'"),
        (GOOD.replace("x,a,count", "x,x,count").encode(), "column 'x' appears twice"),
        (GOOD.replace("count", "n").encode(), "no column 'count'"),
        (GOOD.replace("x,a,count\n", "").encode(), "the first line holds numbers .* expected a header"),
        ((HEADER + "0,0,0\n0,1,0\n1,0,5\n1,1,6\n").encode(), "no trials with X=0"),
        ((HEADER + "0,999999999,1\n").encode(), "need 1,000,000,000"),
        (GOOD.replace(",", " ").encode(), "separated by spaces"),
        ((HEADER + "0,1,3\n0,2,4\n1,1,5\n1,2,6\n").encode(), "A takes the values 1 … 2, never 0. Number values from 0"),
        ((HEADER + "1,0,3\n1,1,4\n2,0,5\n2,1,6\n").encode(), "X takes the values 1 … 2, never 0"),
        ((HEADER + "0,1,3\n0,-1,4\n1,1,5\n1,-1,6\n").encode(), "line 3, column a: '-1' looks like an outcome ±1"),
        ((HEADER + "0,+1,3\n0,-1,4\n").encode(), r"line 3, column a: '-1' looks like an outcome ±1"),
        (b"\xff\xfe" + GOOD.encode(), "not UTF-8"),
        (GOOD.encode() + b"\0", "zero byte"),
        (np.random.default_rng(0).bytes(10_000_000), "not UTF-8"),
        (b"x" * 10_000_000, "larger than 4 MiB"),
        (b"x" * 3_000_000, "expected|larger|no column"),
        (b"x,a\n" * 900_000, "line 2, column a: 'a' is no whole number"),
        (b",".join(b"c%d" % i for i in range(400_000)), "400,000 columns"),
    ],
)
def test_bad_files(tmp_path, content, message):
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    with pytest.raises(rb.errors.CountsError, match=message):
        rb.load_counts(path)


def test_good_files(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(GOOD)
    counts = rb.load_counts(path)
    assert counts.table.tolist() == [[3, 5], [4, 6]]
    path.write_text(GOOD.replace("x,a,count", "count,setting,click").replace("0,1,4", "4,0,1"))
    path.write_text("setting,click,count\n0,0,3\n\n0,1,4\r\n1,0,5\n1,1,6\n")
    named = rb.Counts.read_csv(path, outputs="Click", inputs="Setting")
    assert named.table.tolist() == counts.table.tolist()
    assert named.outputs == ("Click",)


def test_a_missing_option_is_named(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(GOOD.replace("x,a,count", "setting,click,count"))
    with pytest.raises(rb.errors.CountsError, match=r"unknown column 'setting'.*inputs= \(--inputs\) too"):
        rb.Counts.read_csv(path, outputs="click")
    with pytest.raises(rb.errors.CountsError, match=r"unknown column 'click'.*outputs= \(--outputs\) too"):
        rb.Counts.read_csv(path, inputs="setting")


def test_signaling_counts_are_remarked_on():
    """Alice's marginal moves by 0.2 with Bob's setting: 40 standard deviations."""
    fair = np.full((2, 2, 2, 2), 10_000)
    moved = fair.copy()
    moved[0, :, :, 1] += 4000
    moved[1, :, :, 1] -= 4000
    assert "note" not in repr(rb.quantify(rb.Counts(fair), resamples=0))
    report = rb.quantify(rb.Counts(moved), resamples=0)
    assert "note  the raw frequencies signal beyond chance (p < 0.001)" in repr(report)
    assert report.to_dict()["fit"]["p_value"] < 1e-3


def test_many_parties_are_paired_by_number(tmp_path):
    path = tmp_path / "many.csv"
    names = [f"A{i}" for i in range(1, 12)] + [f"X{i}" for i in range(1, 12)]
    path.write_text(",".join([*names, "count"]) + "\n" + ",".join(["0"] * 22 + ["7"]) + "\n")
    assert rb.load_counts(path).parties["A10"] == "X10"
    path.write_text(GOOD)
    with pytest.raises(rb.errors.CountsError, match="differ only by case"):
        rb.Counts.read_csv(path, outputs=("A", "a"), inputs="X")


def test_frozen():
    counts = rb.load_counts("delft2015")
    for thing in (counts.settings, counts.table):
        with pytest.raises(ValueError, match="read-only"):
            thing[0, 0] = 1
    for thing in (counts, rb.boxes.pr(), rb.catalog.CHSH, rb.bell()):
        with pytest.raises(AttributeError, match="is frozen"):
            thing.name = "other"


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_impossible_paths(name):
    with pytest.raises(rb.errors.CountsError, match="neither a file nor"):
        rb.load_counts(name)


def test_unknown_data_sets():
    with pytest.raises(rb.errors.CountsError, match="delft2015, ibm_hanoi_5_8, nist2015, vienna2015"):
        rb.load_counts("delft2016")
