"""Floats round to nearest whatever is loaded: PPL makes them round upward, and pplpy 0.9.0 leaves it at that."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import relaxbell
from relaxbell.exact.conversion import round_to_nearest, rounds_to_nearest

USES = {
    "a polyhedron": "from relaxbell.exact.polyhedra import Polyhedron; Polyhedron(1, [(0, 1), (1, -1)]).vertices()",
    "an extra": "from relaxbell.errors import optional; optional('ppl', 'polytopes')",
    "a linear program after the user": (
        "import ppl, numpy, scipy.sparse; from relaxbell.lp.highs import LiveModel; one = numpy.ones(1); "
        "LiveModel(scipy.sparse.csc_array([[1.0]]), one, one, one)"
    ),
    "after the user": "import ppl; from relaxbell.exact.conversion import library; library()",
}


@pytest.mark.slow
@pytest.mark.parametrize("use", USES)
def test_floats_round_to_nearest_after(use):
    pytest.importorskip("ppl")
    code = f"{USES[use]}\none, little = 1.0, 2.0**-60\nprint(float('0.3'), one + little == one == one - little)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0.3", "True"]


def test_other_directions_are_seen():
    """The sums that are compared differ in each of the others: upward, downward, toward zero."""
    ctypes = pytest.importorskip("ctypes")
    fesetround = getattr(ctypes.CDLL(None), "fesetround", None)
    if fesetround is None:
        pytest.skip("no fenv.h")
    seen = []
    for direction in (0x400, 0x800, 0xC00, 0x400000, 0x800000):  # of x86, then of ARM
        if fesetround(direction) == 0:
            wrong = not rounds_to_nearest()
            round_to_nearest()
            seen.append(wrong)
        assert rounds_to_nearest()
    assert all(seen)
    assert len(seen) >= 2


def test_nothing_else_loads_ppl():
    root = Path(relaxbell.__file__).parent
    files = {str(path.relative_to(root)): path.read_text() for path in root.rglob("*.py")}
    loading = re.compile(r"^ *(import|from) ppl\b", re.MULTILINE)
    assert {name for name, text in files.items() if loading.search(text)} == {"exact/conversion.py"}
