"""States and measurements in rational numbers: complete, normalized, no-signaling, all exactly; near the floats."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb


def by_hand(found):
    """p from the elements in Fractions by loops: tr(ρ E ⊗ F …), with ρ from the kets."""
    n = len(found.measurements)
    size = int(np.prod(found.dimensions))
    rho = [[[Fraction(0)] * size for _ in range(size)] for _ in range(2)]
    for (re, im), i, j in itertools.product(found.kets, range(size), range(size)):
        re, im = re.ravel(), im.ravel()
        rho[0][i][j] += re[i] * re[j] + im[i] * im[j]
        rho[1][i][j] += im[i] * re[j] - re[i] * im[j]
    trace = sum(rho[0][i][i] for i in range(size))
    p = found.behavior
    table = {}
    for cell in np.ndindex(p.p.shape):
        operator = np.array([[[Fraction(1), Fraction(0)]]], dtype=object)
        for party in range(n):
            re, im = found.elements(party, cell[n + party], cell[party])
            own = np.stack([re, im], axis=-1)
            a, b = operator[:, None, :, None], own[None, :, None, :]
            both = np.stack(
                [a[..., 0] * b[..., 0] - a[..., 1] * b[..., 1], a[..., 0] * b[..., 1] + a[..., 1] * b[..., 0]], -1
            )
            operator = both.reshape(len(operator) * len(own), -1, 2)
        total = sum(
            rho[0][i][j] * operator[j, i, 0] - rho[1][i][j] * operator[j, i, 1]
            for i, j in itertools.product(range(size), repeat=2)
        )
        table[cell] = total / trace
    return table


@pytest.mark.parametrize("povm", [False, True])
def test_is_the_born_rule_of_its_elements(povm):
    f = rb.catalog.CHSH
    found = rb.optimize_quantum(f, starts=2, povm=povm, dimensions=(2, 3) if povm else None, progress=False)
    exact = found.realization(denominator=2**8)
    p = exact.behavior
    assert p.is_exact
    assert exact.check()
    assert p.is_nonsignaling()
    assert all(p.exact[cell] == value for cell, value in by_hand(exact).items())


@pytest.mark.slow
@pytest.mark.parametrize(("f", "options"), [
    (rb.catalog.mermin(3), {"real": True}),
    (rb.catalog.mermin(3), {}),
    (rb.catalog.cglmp(3), {}),
    (rb.catalog.I3322, {"dimensions": (2, 3)}),
])  # fmt: skip
def test_is_near_what_it_was_made_of(f, options):
    found = rb.optimize_quantum(f, starts=3, progress=False, **options)
    exact = found.realization()
    assert exact.check()
    assert exact.dimensions == found.dimensions
    assert abs(exact.behavior.p - found.behavior.p).max() < 1e-5
    assert abs(f(exact.behavior) - Fraction(found.value)) < Fraction(1, 10**9)
    coarse = found.realization(denominator=2**6)
    assert coarse.check()
    assert coarse.behavior.is_nonsignaling()
    assert f(coarse.behavior) <= found.value + 1e-6


def test_of_a_mixed_state():
    """Singlet with white noise, measured as usual: S = 2√2 v."""
    v = 0.9
    settings = [
        [rb.states.qubit_observable(t) for t in own] for own in ((0, np.pi / 2), (5 * np.pi / 4, 3 * np.pi / 4))
    ]
    rho = v * np.outer(rb.states.singlet(), rb.states.singlet()) + (1 - v) * np.eye(4) / 4
    povms = [np.stack([[(np.eye(2) + s * o) / 2 for s in (1, -1)] for o in own]) for own in settings]
    exact = rb.classes.RationalRealization(rho, povms, rb.born(rho, settings))
    assert exact.check()
    assert float(rb.catalog.CHSH(exact.behavior)) == pytest.approx(
        2 * np.sqrt(2) * v, abs=2**-17
    )  # entries are rounded by 2^−21


def test_refuses_a_denominator():
    found = rb.optimize_quantum(rb.catalog.CHSH, starts=1, progress=False)
    for wrong in (0, 1.5, True):
        with pytest.raises(rb.errors.BehaviorError, match="expected an integer ≥ 1"):
            found.realization(denominator=wrong)
