"""What a newcomer stumbles over is refused with the line that goes on."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sympy import Symbol

import relaxbell as rb
from relaxbell.errors import BehaviorError, CountsError

PRINTED = [[0.427, 0.073, 0.074, 0.427], [0.431, 0.08, 0.073, 0.416], [0.425, 0.069, 0.076, 0.43]]
PRINTED.append([0.081, 0.422, 0.419, 0.078])
VERIFY = Path(rb.__file__).parent / "verify"


@pytest.mark.parametrize("read", [rb.Behavior, rb.Behavior.from_published])
def test_a_printed_table_with_a_row_for_each_setting(read) -> None:
    with pytest.raises(BehaviorError, match=r"Rows sum to 1: are they settings.*transpose\(2, 3, 0, 1\)"):
        read(PRINTED)
    with pytest.raises(BehaviorError, match="expected 4: one for each") as other:
        read([[0.1, 0.2], [0.3, 0.4]])
    assert "Rows sum" not in str(other.value)


def test_the_transposition_that_is_named_is_right() -> None:
    """Outcome b has three values here, the setting y three as well, x two."""
    table = np.arange(2 * 3 * 2 * 3).reshape(2, 3, 2, 3)  # x, y, a, b
    rows = (table / table.sum(axis=(2, 3), keepdims=True)).reshape(6, 6)
    with pytest.raises(BehaviorError, match=r"\.transpose\(2, 3, 0, 1\)"):
        rb.Behavior(rows)
    p = rb.Behavior(np.reshape(rows, (2, 3, 2, 3)).transpose(2, 3, 0, 1))
    assert p.probability({"A": 1, "B": 2}, {"X": 0, "Y": 2}) == pytest.approx(rows[2, 5])


def test_inputs_first_in_a_printed_table() -> None:
    with pytest.raises(BehaviorError, match="normalized over its last axes"):
        rb.Behavior.from_published(np.reshape(PRINTED, (2, 2, 2, 2)))


def test_the_nearest_behavior_is_in_its_attribute() -> None:
    nearest = rb.Behavior.from_published(np.reshape(PRINTED, (2, 2, 2, 2)).transpose(2, 3, 0, 1))
    with pytest.raises(BehaviorError, match=r"Use nearest\.behavior"):
        rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), nearest)
    with pytest.raises(BehaviorError, match=r"Use nearest\.behavior"):
        rb.quantify(nearest)


def test_probabilities_in_a_table_of_counts() -> None:
    columns = {"x": [0, 0, 1, 1], "a": [0, 1, 0, 1], "count": ["0.427", "0.573", "0.5", "0.5"]}
    with pytest.raises(CountsError, match=r"'0\.427' is fractional.*Behavior\.from_published"):
        rb.load_counts(columns)


def test_a_family_is_no_list_of_points() -> None:
    v = Symbol("v")
    family, c = rb.boxes.pr().visibility(v), rb.influence(rb.input_signaling(), "X", "B")
    with pytest.raises(BehaviorError, match=r"Along a family goes curve.*family\.table\(\{symbol: v\}\)"):
        rb.sweep(c, family)
    assert rb.sweep(c, {w: family.table({v: w}) for w in (0, 1)}, progress=False).values.tolist() == [0, 0.5]


def test_settings_that_never_occur_need_no_fit() -> None:
    table = np.zeros((2, 2, 2, 2, 2, 2), dtype=int)
    design = np.zeros((2, 2, 2))
    for x, y, z in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)):
        design[x, y, z] = 0.25
        for a, b, c in np.ndindex(2, 2, 2):
            table[a, b, c, x, y, z] = 100 * ((a + b + c) % 2 == (x + y + z > 0))
    counts = rb.Counts(table, "A B C", "X Y Z", empty_settings=True)
    with pytest.raises(CountsError, match=r"evidence\(counts, measure, settings=…\)"):
        counts.fit()
    measure = rb.influence(rb.bell((2, 2, 2)).relax("X -> B"), "X", "B")
    assert rb.evidence(counts, measure, settings=design).p_value < 1e-50


def test_one_file_or_several_for_the_folder_alone(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr()).certificate.save(good)
    bad.write_text(good.read_text().replace('"1/2"', '"1/3"'))

    def run(*files: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-S", "-I", str(VERIFY), *map(str, files)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    one = run(good)
    assert (one.returncode, one.stdout[:9]) == (0, "verified:")
    both = run(bad, good)
    assert both.returncode == 1
    assert both.stdout.startswith(f"{good}: verified: every model with")
    assert both.stderr.startswith(f"{bad}: refused: ")
