"""Tables of probabilities in files are read as they are printed."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import relaxbell as rb
from relaxbell.cli import app

Table = np.ndarray[Any, Any]


def written(path: Path, table: Table, show: Callable[[Any], str] = str, separator: str = ",", p: str = "p") -> Path:
    """Write a table p(ab|xy)."""
    lines = [separator.join(["x", "y", "a", "b", p])]
    for a, b, x, y in np.ndindex(table.shape):
        lines.append(separator.join([str(x), str(y), str(a), str(b), show(table[a, b, x, y])]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_fractions_are_exact(tmp_path: Path) -> None:
    p = rb.boxes.pr()
    near = rb.Behavior.read_csv(written(tmp_path / "pr.csv", p.table, show=str))
    assert near.rounding is None
    assert near.squared_distance == 0
    assert near.behavior.is_exact
    assert not near.behavior.estimated
    assert (near.behavior.table == p.table).all()


def test_decimals_are_what_from_published_reads(tmp_path: Path) -> None:
    table = rb.boxes.cglmp(3).p.round(3)
    path = written(tmp_path / "t.csv", table, show=lambda v: f"{v:.3f}".replace(".", ","), separator=";")
    near, other = rb.Behavior.read_csv(path), rb.Behavior.from_published(table, digits=3)
    assert near.rounding == other.rounding == Fraction(1, 2000)
    assert (near.behavior.table == other.behavior.table).all()
    assert near.squared_distance == other.squared_distance


def test_zeros_at_the_end_are_printed_decimals(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,a,probability\n0,0,0.250\n0,1,0.750\n1,0,.5\n1,1,1/2\n", encoding="utf-8")
    assert rb.Behavior.read_csv(tmp_path / "t.csv").rounding == Fraction(1, 2000)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x,a,p\n0,0,42%\n0,1,58%\n", "line 2, column p: '42%' is no probability"),
        ("x,a,p\n0,0,1/3\n0,1,1/3\n", "expected 1, as all entries are exact"),
        ("x,a,p\n0,0,0.3\n0,1,0.4\n", "expected 1 within 0.1"),
        ("x,a,p\n0,0,0.3\n0,0,0.7\n", "appears a second time"),
        ("x,a,q\n0,0,0.3\n0,1,0.7\n", "no column p of probabilities"),
        ("x,a,p\n0,0,-0.1\n0,1,1.1\n", "is no probability"),
    ],
)
def test_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(rb.errors.RelaxbellError, match=words.replace("(", "\\(")):
        rb.Behavior.read_csv(tmp_path / "t.csv")


def test_too_many_decimals_for_the_digits(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,a,p\n0,0,0.333\n0,1,0.667\n", encoding="utf-8")
    with pytest.raises(rb.errors.BehaviorError, match="3 decimals, expected at most 2"):
        rb.Behavior.read_csv(tmp_path / "t.csv", digits=2)


@pytest.mark.slow
def test_quantify_gives_values_without_statistics(tmp_path: Path) -> None:
    p = rb.boxes.cglmp(3).nearest_nonsignaling().behavior
    path = written(tmp_path / "t.csv", p.p.round(3), show=lambda v: f"{v:.3f}")
    near = rb.Behavior.read_csv(path).behavior
    report = rb.quantify(path)
    assert report.fit is None
    assert report["M(X,Y:Λ)"].value == pytest.approx(rb.quantify(near)["M(X,Y:Λ)"].value)
    found = CliRunner().invoke(app, ["quantify", str(path)])
    assert found.exit_code == 0
    assert "values and no statistics" in found.output
    assert "at least" not in found.output.partition("relaxation ")[2].partition("\n")[0]


@pytest.mark.parametrize("title", ["p", "Prob", "probability"])
def test_who_expects_counts_is_told_who_reads_probabilities(tmp_path, title):
    path = tmp_path / "table.csv"
    path.write_text(f"x,a,{title}\n0,0,0.25\n0,1,0.75\n1,0,1\n1,1,0\n")
    with pytest.raises(rb.errors.CountsError, match=rf"If '{title}' are probabilities.*Behavior\.read_csv"):
        rb.load_counts(path)
    assert rb.Behavior.read_csv(path).behavior.p.shape == (2, 2)
