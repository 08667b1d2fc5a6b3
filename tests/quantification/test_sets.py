"""Three parties: least sets of edges and hybrids where no single edge explains the data."""

import math

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.quantification.sets import explaining, hybrids

P = rb.boxes.ghz()


def svetlichny():
    """GHZ with one party turned by 45 degrees: 4√2 against 4."""
    table = np.zeros((2,) * 6)
    for a, b, c, x, y, z in np.ndindex(*(2,) * 6):
        phase = math.pi / 4 * (2 * (x + y + z) - 1)
        table[a, b, c, x, y, z] = (1 + (-1) ** (a + b + c) * math.cos(phase)) / 8
    return rb.Behavior(table, "A B C", "X Y Z")


@pytest.mark.slow
def test_least_sets_of_edges_in_place_of_rows_that_cannot():
    report = rb.quantify(svetlichny())
    assert all(row.solution is not None for row in report.rows)
    sets = [row for row in report.rows if row.name.startswith("fraction(") and "->" in row.name]
    assert {row.relaxed for row in sets} >= {"X -> B, Z -> B", "X -> C, Y -> C", "Y -> A, Z -> A"}
    assert {row.relaxed for row in sets} >= {"A -> B, C -> B", "A -> C, B -> C", "B -> A, C -> A"}
    for row in sets:
        assert len(row.relaxed.split(", ")) == 2
        assert row.solution.value == pytest.approx(2**0.5 - 1, abs=1e-9)
    genuine = report["fraction(no hybrid)"]
    assert genuine.value == pytest.approx(2**0.5 - 1, abs=1e-9)
    assert genuine.witness.name.startswith("Svetlichny")
    text = str(report)
    assert "cannot explain" not in text
    assert "No single one explains the data" in text
    assert report.to_dict()["relaxations"][0]["relaxed"] == sets[0].relaxed
    for own in (sets[0].solution, genuine):
        assert "fraction(" in own.certificate.verify()


@pytest.mark.slow
def test_where_an_edge_explains_the_data_hybrids_do():
    """GHZ at Mermin's settings: an edge makes a hybrid, so nothing genuine is left, and the table stays as it was."""
    report = rb.quantify(P)
    assert not [row for row in report.rows if row.name.startswith("fraction(")]
    assert len(report.rows) == 16
    local = rb.bell((2, 2, 2))
    names = ["AC|B", "AB|C", "A|BC"]
    a, b, c = zip("ABC", "XYZ", strict=True)
    model = hybrids(local, [((a, c), (b,)), ((a, b), (c,)), ((a,), (b, c))], names)
    assert rb.minimize(rb.fraction(model, "no hybrid"), P).value == pytest.approx(0, abs=1e-12)
    assert model.names == (*names, "no hybrid")


def test_two_parties_are_as_before():
    assert explaining(rb.bell(), rb.boxes.pr(), None) is None


@pytest.mark.slow
def test_names_and_unequal_sizes():
    """Three settings for one party, three outcomes for another; what a lone pair does needs one edge between them."""
    table = np.zeros((2, 2, 3, 2, 2, 3))
    table[:, :, 0] = rb.boxes.pr().p[..., None]
    p = rb.Behavior(table, ["left", "right", "other"], ["u", "v", "w"], parties=dict(left="u", right="v", other="w"))
    report = rb.quantify(p)
    singles = {row.relaxed for row in report.rows if row.name.startswith("C(")}
    assert singles == {"u -> right", "v -> left", "left -> right", "right -> left"}
    assert not [row for row in report.rows if row.name.startswith("fraction(")]


@pytest.mark.slow
def test_counts_have_limits_in_each_row():
    p = svetlichny()
    counts = np.random.default_rng(0).multinomial(32_000, p.p.ravel() / 8).reshape(p.p.shape)
    report = rb.quantify(rb.Counts(counts, "A B C", "X Y Z", parties={"A": "X", "B": "Y", "C": "Z"}), resamples=0)
    for row in report.rows:
        assert row.statement is not None
        assert 0 < row.statement.at_least < row.solution.value
        if row.name == "fraction(no hybrid)":
            assert row.statement.certificate().verify()
