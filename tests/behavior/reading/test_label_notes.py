"""Results show numbers: which label has which one is said with what was read."""

import relaxbell as rb

ROWS = [("up", "H", "45°", "D1"), ("down", "V", "0°", "D3"), ("up", "V", "0°", "D2")]
VALUES = {"A": ("up", "down"), "B": "HV", "X": ("0°", "45°"), "Y": ("D1", "D2", "D3")}
SAID = "numbered A: up = 0, down = 1; B: H = 0, V = 1; X: 0° = 0, 45° = 1; Y: D1 = 0, D2 = 1, D3 = 2"


def test_trials():
    counts = rb.Counts.from_trials(ROWS, "A B", "X Y", values=VALUES)
    assert SAID in counts.notes
    assert counts.table[0, 0, 1, 0] == counts.table[1, 1, 0, 2] == counts.table[0, 1, 0, 1] == 1


def test_tables():
    cells = {(x, y): {(a, b): 1} for a, b, x, y in ROWS}
    assert SAID in rb.Counts.from_dict(cells, "A B", "X Y", values=VALUES, missing=0, empty_settings=True).notes


def test_one_list_for_several_and_long_ones():
    found = rb.Counts.from_trials([("+", "-", 0)], "A B", "X", values="+-")
    assert "numbered A, B: + = 0, - = 1" in found.notes
    ten = tuple("abcdefghij")
    assert "h = 7, …" in rb.Counts.from_trials([("a", 0), ("j", 0)], "A", "X", values=ten).notes[-1]


def test_values_that_are_their_own_numbers_need_no_note():
    assert not any(
        "numbered" in note for note in rb.Counts.from_trials([(0, 1), (1, 0)], "A", "X", values=(0, 1)).notes
    )


def test_counts_print_it():
    counts = rb.Counts.from_dict({x: {"H": 5, "V": 5} for x in "ZX"}, "A", "X", values={"A": "HV", "X": "ZX"})
    assert "numbered A: H = 0, V = 1; X: Z = 0, X = 1" in repr(counts)
