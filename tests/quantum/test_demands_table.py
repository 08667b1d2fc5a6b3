"""The table of what quantum theory demands: form, stored realizations against printed values, rows computed anew."""

import importlib.util
from pathlib import Path

import pytest
import sympy

import relaxbell as rb

PATH = Path(__file__).parents[2] / "benchmarks" / "quantum_demands.py"
spec = importlib.util.spec_from_file_location("quantum_demands", PATH)
demands = importlib.util.module_from_spec(spec)
spec.loader.exec_module(demands)

CHEAP = ["CHSH: M", "CHSH: I (bit)", "CGLMP 5: M", "CGLMP 6: C(X -> B)"]


def test_form():
    """Every row of the script is printed, lower ends are not above upper ones, and what is no theorem is stored."""
    rows, stored = demands.printed(), demands.stored()
    assert list(rows) == [(scenario, name) for scenario, name, _ in demands.cases()]
    for (scenario, name), own in rows.items():
        low, high = sympy.sympify(own["at least"]), sympy.sympify(own["at most"])
        assert 0 < low <= high
        assert (own["status"] == "exact") == (low == high)
        assert own["status"] == "exact" or str(stored[f"{scenario}: {name}"]["seed"]) == own["seed"]


def test_more_outcomes_demand_no_less():
    """A behavior of fewer outcomes is one of more, so that what is demanded does not fall in truth."""
    rows = demands.printed()
    for name in ("C(X -> B)", "M", "Hall", "I (bit)", "p(m = 1), one bit"):
        lows = [float(sympy.sympify(rows[(f"CGLMP {d}", name)]["at least"])) for d in (3, 4, 5, 6)]
        highs = [float(sympy.sympify(rows[(f"CGLMP {d}", name)]["at most"])) for d in (3, 4, 5, 6)]
        assert max(lows[:-1]) <= min(highs[1:]) + 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted(demands.stored()))
def test_stored_realizations_demand_what_is_printed(key):
    """Least values once more, at exact behaviors made of whole numbers; printed values are rounded down."""
    scenario, name = key.split(": ", 1)
    printed = demands.printed()[(scenario, name)]
    if printed["status"] == "exact":
        return
    made = {own: make for s, own, make in demands.cases() if s == scenario}[name]
    found = demands.realization(demands.stored()[key])
    assert found.check()
    assert found.behavior.is_nonsignaling()
    assert demands.demanded(made(), found) >= float(printed["at least"]) - 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("key", CHEAP)
def test_rows_computed_anew(key):
    scenario, name = key.split(": ", 1)
    made = {own: make for s, own, make in demands.cases() if s == scenario}[name]
    own = demands.row(scenario, name, made(), demands.stored().get(key))
    printed = demands.printed()[(scenario, name)]
    assert own["status"] == printed["status"]
    for end in ("at least", "at most"):
        low, high = (float(sympy.sympify(text)) for text in (own[end], printed[end]))
        assert low == pytest.approx(high, abs=1e-8)


def test_instrumental_graphs_are_refused():
    query = rb.average_causal_effect(rb.instrumental(), "A", "B")
    with pytest.raises(rb.errors.UnsupportedModelError, match=r"found p\(A,B\|Z\).*common_cause='quantum'"):
        rb.quantum_maximum(query)


def test_one_limit_of_time(monkeypatch):
    """Closed form, upper bound and search share it: each step sees what is left of the whole."""
    from clock import replaced

    from relaxbell.closed_forms import quantum_maxima
    from relaxbell.lp.clock import left

    replaced(monkeypatch, 0.0)
    seen = []

    def note(*args, **options):
        seen.append(left())
        raise rb.errors.ClosedFormError("none")

    monkeypatch.setattr(quantum_maxima, "closed_form", note)
    monkeypatch.setattr(quantum_maxima, "ceiling", lambda *args: seen.append(left()))
    monkeypatch.setattr(quantum_maxima, "most_demanding", lambda *args: seen.append(left()) or [])
    found = quantum_maxima.quantum_maximum(rb.dependence(rb.measurement_dependence()), seconds=8)
    assert found.upper_bound is None
    assert len(seen) == 3
    assert max(seen) <= 4
