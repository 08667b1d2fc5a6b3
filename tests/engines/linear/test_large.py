import numpy as np
import pytest

import relaxbell as rb


@pytest.mark.slow
def test_a_million_strategies():
    """2^20 strategies, solved on a subset of columns; the bound is taken over all of them.

    Independent check: the CHSH value of the best pair of settings gives C ≥ (S − 2)/4, and C(X→B) of
    the whole cannot be below that of any two of Alice's and Bob's settings.
    """
    angles = np.pi / 4 * (np.arange(4)[:, None] - np.arange(4)[None, :]) - 0.3
    sign = np.array([[1, -1], [-1, 1]])
    p = rb.Behavior((1 + sign[:, :, None, None] * np.cos(angles)) / 4)
    solution = rb.minimize(rb.influence(rb.input_signaling((4, 4)), "X", "B"), p, solver="highs")
    assert "sifting" in solution.statistics["solver"]
    assert solution.value - solution.lower_bound <= 1e-10
    assert abs(solution.measure.model.T @ solution.q.weights - p.p.ravel()).max() < 1e-9
    part = rb.Behavior(p.p[:, :, :3, :3])
    smaller = rb.minimize(rb.influence(rb.input_signaling((3, 3)), "X", "B"), part)
    assert smaller.value <= solution.value + 1e-10


def test_sifting_gives_the_same_values(monkeypatch):
    """Forced on small programs, feasible and infeasible ones."""
    from relaxbell.lp import highs

    whole = rb.minimize(rb.influence(rb.input_signaling((3, 3)), "X", "B"), rb.boxes.i3322(0.8))
    monkeypatch.setattr(highs, "SIFTING_FROM", 10)
    sifted = rb.minimize(rb.influence(rb.input_signaling((3, 3)), "X", "B"), rb.boxes.i3322(0.8))
    assert "sifting" in sifted.statistics["solver"]
    assert sifted.value == pytest.approx(whole.value, abs=1e-12)
    assert sifted.lower_bound == pytest.approx(whole.lower_bound, abs=1e-12)
    model = rb.bell()
    nothing = rb.measure(model, {"0": np.zeros(16)}, norm="linear")
    with pytest.raises(rb.errors.InfeasibleError):
        rb.minimize(nothing, rb.boxes.tsirelson())
