"""States and operators of the real package, where it is installed; else `test_recorded.py` reads recorded ones."""

import numpy as np
import pytest
from tools import record
from tools.doubles import RECORDED

import relaxbell as rb

qt = pytest.importorskip("qutip")


def test_it_returns_what_was_recorded():
    assert record.qutip() == RECORDED["qutip"]["returned"]


def test_states_and_measurements_are_read():
    """The singlet at angles t and s: E = −cos(t − s), also with all of it packed by numpy."""
    angles = (0.3, 1.1), (0.7, 2.0, 2.9)
    observables = [[np.cos(t) * qt.sigmaz() + np.sin(t) * qt.sigmax() for t in own] for own in angles]
    expected = -np.cos(np.subtract.outer(*angles))
    singlet = qt.bell_state("11")
    packed = [np.array(own, dtype=object) for own in observables]
    projectors = [[[v * v.dag() for v in m.eigenstates()[1][::-1]] for m in own] for own in observables]
    for state in (singlet, singlet * singlet.dag(), np.array(singlet, dtype=object)):
        for measurements in (observables, packed, projectors):
            p = rb.born(state, measurements).p
            np.testing.assert_allclose(p[0, 0] + p[1, 1] - p[0, 1] - p[1, 0], expected, atol=1e-9)


def test_outcomes_of_probability_0_stay():
    p = rb.born(qt.basis(2, 0), [[qt.sigmaz(), qt.sigmax()]]).p
    np.testing.assert_allclose(p, [[1, 0.5], [0, 0.5]], atol=1e-12)


def test_factors_in_another_order_are_refused():
    state = qt.tensor(qt.basis(2, 0), qt.basis(3, 0))
    measurements = [[qt.qeye(3) * 0 + qt.Qobj(np.diag([1.0, 0, -1]))], [qt.sigmaz()]]
    with pytest.raises(rb.errors.BehaviorError, match="factors of dimensions 2 × 3, expected 3 × 2"):
        rb.born(state, measurements)
    rb.born(state.permute([1, 0]), measurements)
