"""Entanglement swapping and stars against Eqs. (54)–(55), the Born rule and published inequalities."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb
from relaxbell.exact.numbers import to_sympy


@pytest.mark.parametrize("v", [Fraction(1), Fraction(4, 5), Fraction(0)])
def test_the_printed_formula(v):
    p = rb.boxes.entanglement_swapping(v)
    for a, b0, b1, c, x, z in itertools.product(range(2), repeat=6):
        printed = Fraction(1, 16) * (1 + Fraction((-1) ** (a + c) * ((-1) ** b0 + (-1) ** (x + z + b1)), 2))
        assert p.exact[a, 2 * b0 + b1, c, x, z] == v**2 * printed + (1 - v**2) * Fraction(1, 16)


def test_the_born_rule_in_exact_arithmetic():
    """Kets, projectors and a partial product in sympy, none of which the formula uses."""
    v, w = sympy.Rational(4, 5), sympy.Rational(2, 3)
    root = sympy.sqrt(2)
    kets = {"Φ+": (1, 0, 0, 1), "Φ-": (1, 0, 0, -1), "Ψ+": (0, 1, 1, 0), "Ψ-": (0, 1, -1, 0)}
    projectors = {name: sympy.Matrix(k) * sympy.Matrix(k).T / 2 for name, k in kets.items()}
    one = sympy.eye(2)
    sigma_x, sigma_z = sympy.Matrix([[0, 1], [1, 0]]), sympy.diag(1, -1)
    source = [u * projectors["Ψ-"] + (1 - u) * sympy.eye(4) / 4 for u in (v, w)]
    state = sympy.kronecker_product(*source)  # A B1 B2 C
    observables = [(sigma_z + sigma_x) / root, (sigma_z - sigma_x) / root]
    p = rb.boxes.entanglement_swapping(Fraction(4, 5), Fraction(2, 3))
    for x, z, a, c in ((0, 0, 0, 0), (0, 1, 1, 0), (1, 1, 0, 1)):
        left, right = ((one + (-1) ** s * o) / 2 for s, o in ((a, observables[x]), (c, observables[z])))
        for b, projector in enumerate(projectors.values()):
            value = (state * sympy.kronecker_product(left, projector, right)).trace()
            found = p.exact[a, b, c, x, z]
            assert sympy.simplify(value - sympy.Rational(found.numerator, found.denominator)) == 0


def test_any_settings_and_visibilities_agree_with_born():
    rng = np.random.default_rng(3)
    r, s = (m / np.linalg.norm(m, axis=1, keepdims=True) for m in (rng.normal(size=(3, 3)), rng.normal(size=(2, 3))))
    p = rb.boxes.entanglement_swapping(0.9, 0.4, alice=r.tolist(), charlie=s.tolist())
    pauli = [
        rb.states.qubit_observable(math.pi / 2),
        rb.states.qubit_observable(math.pi / 2, math.pi / 2),
        rb.states.qubit_observable(0),
    ]
    observables = [[sum(k * m for k, m in zip(vector, pauli, strict=True)) for vector in own] for own in (r, s)]
    bell = [np.array(k) / math.sqrt(2) for k in ((1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, 1, -1, 0))]
    middle = [[np.outer(k, k) for k in bell]]
    q = rb.born(np.kron(rb.states.werner(0.9), rb.states.werner(0.4)), [observables[0], middle, observables[1]])
    assert p.p.shape == (2, 4, 2, 3, 2)
    assert np.allclose(q.p[:, :, :, :, 0, :], p.p, atol=1e-12)


def test_star_box_agrees_with_born():
    rng = np.random.default_rng(4)
    r = rng.normal(size=(3, 2, 3))
    r /= np.linalg.norm(r, axis=2, keepdims=True)
    v = [0.9, 0.5, 0.7]
    p = rb.boxes.star(3, v, settings=[own.tolist() for own in r])
    pauli = [
        rb.states.qubit_observable(math.pi / 2),
        rb.states.qubit_observable(math.pi / 2, math.pi / 2),
        rb.states.qubit_observable(0),
    ]
    observables = [[sum(k * m for k, m in zip(vector, pauli, strict=True)) for vector in own] for own in r]
    basis = []
    for phase, k in itertools.product(range(2), range(4)):
        ket = np.zeros(8)
        ket[k], ket[7 - k] = 1, (-1) ** phase
        basis.append(np.outer(ket, ket) / 2)
    state = np.kron(np.kron(rb.states.werner(v[0]), rb.states.werner(v[1])), rb.states.werner(v[2])).reshape((2,) * 12)
    order = [0, 2, 4, 1, 3, 5]  # A1 B1 A2 B2 A3 B3 → A1 A2 A3 B1 B2 B3
    state = state.transpose([*order, *(6 + k for k in order)]).reshape(64, 64)
    q = rb.born(state, [*observables, [basis]])
    assert np.allclose(q.p[..., 0], p.p, atol=1e-12)


def test_roots_in_visibilities():
    """v = √3/2: v² = 3/4 and v · 1 are exact; √(3/4) √(1/2) with another root is not, nor is v³ beside √2."""
    v, w = sympy.sqrt(3) / 2, sympy.sqrt(2) / 2
    assert (rb.boxes.entanglement_swapping(v).exact == rb.boxes.entanglement_swapping(1, Fraction(3, 4)).exact).all()
    one = rb.boxes.entanglement_swapping(v, 1)  # p(000|00) = (1 + v)/16
    assert sympy.simplify(to_sympy(one.exact[0, 0, 0, 0, 0]) - (1 + v) / 16) == 0
    for rough, floats in (
        (rb.boxes.entanglement_swapping(v, w), rb.boxes.entanglement_swapping(float(v), float(w))),
        (rb.boxes.star(3, v), rb.boxes.star(3, float(v))),
    ):
        assert not rough.is_exact
        assert np.allclose(rough.p, floats.p, atol=1e-15)


def test_the_star_of_two_is_entanglement_swapping():
    """Up to the names of Bob's outcomes: phase first, then parity."""
    star, swapping = rb.boxes.star(2, Fraction(2, 3)), rb.boxes.entanglement_swapping(Fraction(2, 3))
    assert (star.exact[:, :, [0, 2, 1, 3]] == swapping.exact.swapaxes(1, 2)).all()


@pytest.mark.parametrize(("v", "w"), [(Fraction(4, 5), Fraction(4, 5)), (Fraction(1), Fraction(1, 3))])
def test_bilocality_values(v, w):
    """I = J = vw/2 and B = √(2 v w) (paper, after Eq. 60; B ≤ 1 if and only if vw ≤ 1/2)."""
    values = rb.catalog.star_values(rb.boxes.entanglement_swapping(v, w))
    assert values.I == values.J == v * w / 2
    assert pytest.approx(math.sqrt(2 * v * w), abs=1e-12) == values.B


def test_deterministic_stars_reach_one_and_no_more():
    """Every A outputs 0 and b = 0: I = 1, J = 0 (Tavakoli et al., bound 1)."""
    table = np.zeros((2, 2, 2, 8, 2, 2, 2), dtype=int)
    table[0, 0, 0, 0] = 1
    p = rb.Behavior(table, "A C D B", "X Z W", parties={"A": "X", "C": "Z", "D": "W", "B": None})
    assert rb.catalog.star_values(p, bits=(lambda b: b >> 2, lambda b: b & 1)) == (1, 0, 1.0)


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: rb.boxes.entanglement_swapping(1.2), rb.errors.BehaviorError, "expected −1/3"),
        (lambda: rb.boxes.entanglement_swapping(1, alice=[(1, 1, 0)]), rb.errors.BehaviorError, "length 1.41"),
        (lambda: rb.boxes.entanglement_swapping(1, alice=[(1, 0)]), rb.errors.BehaviorError, "2 components"),
        (lambda: rb.boxes.star(9), rb.errors.BehaviorError, "from 2 to 5"),
        (lambda: rb.boxes.star(3, [1, 1]), rb.errors.BehaviorError, "expected 3"),
        (lambda: rb.catalog.star_values(rb.boxes.star(3)), rb.errors.FunctionalError, "expected 4"),
        (lambda: rb.catalog.star_values(rb.boxes.pr(), center="C"), rb.errors.FunctionalError, "Name the center"),
    ],
)
def test_errors(attempt, error, message):
    with pytest.raises(error, match=message):
        attempt()
