from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize

import relaxbell as rb

# S − 2 of the maximum-likelihood non-signaling fit: 40-digit Newton iteration, independent of this package
EXCESS = {"delft2015": 0.433852228, "nist2015": 5.09812945e-5, "vienna2015": 2.79918674e-5}
TRIALS = {"delft2015": 245, "nist2015": 173_149_423, "vienna2015": 3_502_784_150}


@pytest.mark.parametrize("name", rb.data_sets())
def test_shipped_data(name):
    counts = rb.load_counts(name)
    assert counts.trials == TRIALS[name]
    fit = counts.fit()
    excess = float(rb.CHSH(fit.behavior) - 2)
    assert excess == pytest.approx(EXCESS[name], rel=5e-9)  # the reference has nine digits
    assert fit.behavior.is_nonsignaling()
    assert fit.degrees_of_freedom == 16 - 4 - 8


def test_delft_raw_value():
    """S = 2.42 from raw frequencies (Hensen et al.)."""
    assert float(rb.CHSH(rb.load_counts("delft2015").frequencies)) == pytest.approx(2.4225, abs=5e-5)


def kkt_gap(counts, fit):
    """Optimality of a concave maximum: no non-signaling vertex improves, to first order.

    max over p' of Σ n p'/p over the affine hull with p' ≥ 0 equals Σ n at the maximizer; checked
    with an LP over the behaviors, independent of the Newton iteration.
    """
    from scipy.optimize import linprog

    behavior = fit.behavior
    coordinates = behavior.coordinates
    design = np.array([coordinates.expand(u).ravel() for u in np.eye(coordinates.dimension + 1)]).T
    n, p = counts.table.ravel(), behavior.p.ravel()
    gradient = np.where(n > 0, n / np.where(n > 0, p, 1), 0)
    found = linprog(
        -(gradient @ design[:, 1:]),
        A_ub=-design[:, 1:],
        b_ub=design[:, 0],
        bounds=(None, None),
        method="highs",
    )
    return (-found.fun + gradient @ design[:, 0]) / n.sum() - 1


@pytest.mark.parametrize("seed", range(6))
def test_optimality_with_unequal_cardinalities_and_zeros(seed):
    rng = np.random.default_rng(seed)
    low = 0 if seed % 2 else 1
    counts = rb.Counts(rng.integers(low, 6, size=(3, 2, 2, 3)) + np.eye(3, 2, dtype=int)[:, :, None, None])
    assert abs(kkt_gap(counts, counts.fit())) < 1e-9


def test_optimality_for_three_parties():
    rng = np.random.default_rng(9)
    counts = rb.Counts(rng.integers(0, 4, size=(2, 2, 2, 2, 1, 2)) + 1, "A B C", "X Y Z")
    assert abs(kkt_gap(counts, counts.fit())) < 1e-9


def test_agrees_with_a_general_optimizer():
    counts = rb.Counts(np.random.default_rng(1).integers(5, 40, size=(2, 2, 2, 2)))
    fit = counts.fit()
    coordinates = fit.behavior.coordinates
    start = coordinates.project(fit.behavior.white_noise().p)[1:]

    def minus_log(g):
        p = coordinates.expand(np.r_[1.0, g])
        return np.inf if p.min() <= 0 else -(counts.table * np.log(p)).sum()

    found = scipy_minimize(
        minus_log,
        start,
        method="Nelder-Mead",
        options={"maxiter": 40000, "maxfev": 40000, "xatol": 1e-10, "fatol": 1e-12, "adaptive": True},
    )
    assert minus_log(coordinates.project(fit.behavior.p)[1:]) <= found.fun + 1e-7
    assert found.fun == pytest.approx(minus_log(coordinates.project(fit.behavior.p)[1:]), abs=1e-4)


def test_nonsignaling_frequencies_are_their_own_fit():
    table = (rb.i3322_box(Fraction(1, 3)).exact * 600).astype(int)
    fit = rb.Counts(table).fit()
    assert abs(fit.behavior.p - rb.i3322_box(Fraction(1, 3)).p).max() < 1e-15
    assert fit.deviance == pytest.approx(0, abs=1e-12)
    assert fit.p_value == pytest.approx(1)


def test_deterministic_counts_reach_the_boundary():
    table = np.zeros((2, 2, 2, 2), dtype=int)
    table[0, 0] = 10
    fit = rb.Counts(table).fit()
    assert fit.behavior.p[0, 0] == pytest.approx(1)
    assert fit.behavior.exact.min() >= 0


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
    ],
)
def test_bad_tables(table, message):
    with pytest.raises(rb.CountsError, match=message):
        rb.Counts(table, "A", "X")


HEADER = "x,a,count\n"
GOOD = HEADER + "0,0,3\n0,1,4\n1,0,5\n1,1,6\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (HEADER.encode(), "no rows"),
        (b"\xef\xbb\xbf" + GOOD.encode(), "byte order mark"),
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
        (GOOD.replace("x,a,count", "x,foo,count").encode(), "unknown column 'FOO'"),
        (GOOD.replace("x,a,count", "x,x,count").encode(), "column 'x' appears twice"),
        (GOOD.replace("count", "n").encode(), "no column 'count'"),
        ((HEADER + "0,0,0\n0,1,0\n1,0,5\n1,1,6\n").encode(), "no trials with X=0"),
        ((HEADER + "0,999999999,1\n").encode(), "need 1,000,000,000"),
        (b"\xff\xfe" + GOOD.encode(), "not UTF-8"),
        (GOOD.encode() + b"\0", "zero byte"),
        (np.random.default_rng(0).bytes(10_000_000), "larger than 4 MiB"),
        (b"x" * 10_000_000, "larger than 4 MiB"),
        (b"x" * 3_000_000, "expected|larger|no column"),
        (b"x,a\n" * 900_000, "no column 'count'"),
    ],
)
def test_bad_files(tmp_path, content, message):
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    with pytest.raises(rb.CountsError, match=message):
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


def test_unknown_data_sets():
    with pytest.raises(rb.CountsError, match="delft2015, nist2015, vienna2015"):
        rb.load_counts("delft2016")
