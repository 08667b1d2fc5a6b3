"""What people try first: names in any case, comments, trials that are dropped, correlators without marginals."""

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import BehaviorError, CountsError

WIDE = "x,y,00,01,10,11\n0,0,4,2,1,3\n0,1,4,1,1,4\n1,0,4,1,1,4\n1,1,1,4,4,1\n"


def written(tmp_path, text, name="data.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("order", ["b a", "b,a", ("B", "a"), "B A"])
def test_order_is_matched_as_columns_are(tmp_path, order):
    """The columns are a and b, so their order may be said with these names: 01 is then b = 0, a = 1."""
    assert rb.load_counts(written(tmp_path, WIDE), order=order).table[:, :, 0, 0].tolist() == [[4, 1], [2, 3]]
    circuits = {(x, y): {"00": 3, "01": 2} for x in (0, 1) for y in (0, 1)}
    assert rb.Counts.from_dict(circuits, order=order, missing=0).table[1, 0, 0, 0] == 2


def test_order_of_names_that_differ_in_case_only():
    one = {(0,): {"01": 5}, (1,): {"10": 5}}
    counts = rb.Counts.from_dict(one, "A a", "X", order="a A", missing=0)
    assert counts.table[1, 0, 0] == 5
    with pytest.raises(CountsError, match="outputs= and inputs="):
        rb.Counts.from_dict({(0, 0, 0): {"000": 1}}, order="C B A")


@pytest.mark.parametrize("comment", ["# Bell test, 2026", "% run 7", "#"])
@pytest.mark.parametrize("rest", ["x,y,a,b\n0,0,0,0\n", "x,y,a,b,count\n0,0,0,0,5\n", WIDE])
def test_a_comment_is_called_one(tmp_path, comment, rest):
    text = f"{comment.replace(',', '')}\n{rest}"
    with pytest.raises(CountsError, match="the first line is a comment"):
        rb.load_counts(written(tmp_path, text))
    with pytest.raises(CountsError, match="the first line is a comment"):
        rb.Trials.read_csv(written(tmp_path, text))


def test_trials_that_are_dropped_keep_their_settings():
    """No trial with Y = 1 is left, but Y had two values; and those settings were chosen."""
    rows = [(0, 0, 0, 0), (1, 1, 1, 0), (2, None, 0, 1), (None, 1, 1, 1)]
    counts = rb.Counts.from_trials(rows, missing="drop")
    assert counts.table.shape == (3, 2, 2, 2)
    assert counts.trials == 2
    assert any(note.startswith("no trials left") for note in counts.notes)
    assert not any("never chosen" in note for note in counts.notes)
    assert rb.Trials.from_rows(rows, missing="drop").cardinality == {"A": 3, "B": 2, "X": 2, "Y": 2}


def test_evidence_says_what_reading_assumed():
    rows = [(a, b, x, y) for a in (0, 1) for b in (0, 1) for x in (0, 1) for y in (0, 1)] * 8
    rows[3] = (None, *rows[3][1:])
    c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    for observed in (rb.Counts.from_trials(rows, missing="drop"), rb.Trials.from_rows(rows, missing="drop")):
        assert any("fair sampling" in words for words in rb.evidence(observed, c).assumptions)
    kept = rb.Counts.from_trials(rows, missing={"A": 0})
    assert any("taken as 0" in words for words in rb.evidence(kept, c).assumptions)


def test_decimals_are_shown_as_decimals():
    with pytest.raises(CountsError, match=r"22\.5 is none of the values of Y, expected one of 0, 45\.5"):
        rb.Counts.from_trials([(0, 0, 0, "22.5")], values={"Y": ("0", "45.5")})


def test_correlators_without_marginals_are_told_what_is_missing():
    half = np.full((2, 2), 0.5) * [[1, 1], [1, -1]]
    with pytest.raises(BehaviorError, match="zeros where they vanish"):
        rb.Behavior.from_correlators(half)
    box = rb.Behavior.from_correlators({"AB": half, "A": np.zeros(2), "B": np.zeros(2)})
    assert box.p[0, 0, 0, 0] == 0.375  # (1 + 1/2)/4
    with pytest.raises(BehaviorError, match="p\\(ab\\|xy\\)"):
        rb.Behavior.from_collins_gisin(half)
