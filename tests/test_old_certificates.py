"""Certificates that were written by an earlier commit (it is named beside them) still verify, and say the same."""

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import relaxbell as rb
from relaxbell.verify import verify_file

FOLDER = Path(__file__).parent / "data" / "certificates"
FILES = sorted(FOLDER.glob("*.json"))


def number(claim, root):
    """Return a claimed number as the verifier prints it where it is short."""
    if isinstance(claim, str):
        return claim
    return f"{claim[0]} + {claim[1]}*sqrt({root})"


def test_there_is_one_of_every_kind():
    text = "".join(path.read_text(encoding="utf-8") for path in FILES)
    kinds = set(re.findall(r'"kind":"([\w ]+)"', text))
    assert kinds == {
        "probability", "influence", "dependence", "rows", "sum", "maximum", "binary entropy", "mutual information",
        "nonbilocality",
    }  # fmt: skip
    assert {"values", "behavior", "rounded", "root", "fixed", "settings", "split"} <= set(re.findall(r'"(\w+)":', text))
    assert re.search(r"commit [0-9a-f]{40}", (FOLDER / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_they_verify(path):
    sentence = verify_file(path)
    data = json.loads(path.read_text(encoding="utf-8"))
    last = data["pieces"][-1][-1]["certificate"] if "pieces" in data else data
    claim = last["claim"]
    if "infeasible" in claim:
        assert sentence.startswith("there is no model")
        return
    printed = number(claim["lower_bound"], last.get("root"))
    rounded = max(Fraction(part).denominator for part in re.findall(r"-?\d+(?:/\d+)?", printed)) >= 2**40
    assert f">= {printed}" in sentence or (rounded and "(rounded down)" in sentence)
    assert ("upper_bound" in claim) == (", and one " in sentence)
    assert rb.classes.Certificate.load(path).verify() == sentence


def test_the_folder_alone_verifies_one():
    folder = Path(rb.__file__).parent / "verify"
    run = subprocess.run(
        [sys.executable, "-I", "-S", folder, FOLDER / "network_curve.json"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"verified: {verify_file(FOLDER / 'network_curve.json')}\n"
