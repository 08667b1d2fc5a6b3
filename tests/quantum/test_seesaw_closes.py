"""The see-saw meets the rigorous bound of the NPA hierarchy where quantum theory attains it, and never exceeds it."""

import pytest

import relaxbell as rb

pytest.importorskip("MoMPy")

PAIRS = "1+AB"
TRIPLES = "1+AB+AC+BC"
CASES = {
    "CHSH": (lambda: rb.catalog.CHSH, PAIRS),
    "CGLMP 3": (lambda: rb.catalog.cglmp(3), PAIRS),
    "CGLMP 4": (lambda: rb.catalog.cglmp(4), PAIRS),
    "Mermin": (lambda: rb.catalog.mermin(3), TRIPLES),
    "Svetlichny": (lambda: rb.catalog.svetlichny(3), TRIPLES),
    "chained 3": (lambda: rb.catalog.chained(3), PAIRS),
    "chained 4": (lambda: rb.catalog.chained(4), PAIRS),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_closes(name):
    made, level = CASES[name]
    f = made()
    above = rb.quantum_set(f, level).maximum(f).upper_bound
    seen = rb.optimize_quantum(f, starts=6, progress=False)
    proved = f(seen.realization().behavior)  # exact: a rational number
    assert proved <= above
    assert above - proved <= 1e-6


@pytest.mark.slow
def test_i3322_does_not_close_at_level_2():
    """Pál and Vértesi, arXiv:1006.3032: 0.250875 at most, and infinite dimensions needed; qubits reach 1/4."""
    f = rb.catalog.I3322
    above = rb.quantum_set(f, 2).maximum(f).upper_bound
    proved = f(rb.optimize_quantum(f, starts=6, progress=False).realization().behavior)
    assert proved <= above
    assert 0.25 - 1e-9 <= proved <= 0.250875 < 0.25093 < above < 0.25095
