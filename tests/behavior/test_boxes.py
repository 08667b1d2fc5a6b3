from fractions import Fraction

import numpy as np
import pytest

from relaxbell.behavior import boxes
from relaxbell.behavior.boxes import cglmp_coefficients
from relaxbell.behavior.quantum import born
from relaxbell.behavior.states import ghz, qubit_observable, schmidt
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import surd


def chsh(behavior):
    """E00 + E01 + E10 − E11."""
    return sum((-1) ** (a + b + x * y) * behavior.table[a, b, x, y] for a, b, x, y in np.ndindex(2, 2, 2, 2))


def i3322(p):
    """Collins and Gisin, J. Phys. A 37, 1775 (2004): I ≤ 0 for local models."""
    both = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 0]])
    alice, bob = p.marginal("A").table[0], p.marginal("B").table[0]
    return (both * p.table[0, 0]).sum() - alice[0] - 2 * bob[0] - bob[1]


def cglmp_measurements(d):
    """The Fourier bases of Phys. Rev. Lett. 88, 040404 (2002)."""
    levels = np.arange(d)

    def basis(sign, shift):
        kets = [np.exp(-2j * np.pi * levels * (sign * k + shift) / d) / np.sqrt(d) for k in range(d)]
        return [np.outer(ket, ket.conj()) for ket in kets]

    return [basis(1, 0), basis(1, 1 / 2)], [basis(-1, 1 / 4), basis(-1, -1 / 4)]


def value(d, behavior):
    return float((cglmp_coefficients(d) * behavior.p).sum())


@pytest.mark.parametrize("box", [boxes.pr(), boxes.tsirelson(), boxes.i3322(), boxes.ghz(), boxes.ghz(4)])
def test_exact_boxes_are_exact_and_nonsignaling(box):
    assert box.is_exact
    box.check_nonsignaling()


def test_chsh_values_of_the_pr_box_and_of_tsirelsons():
    assert chsh(boxes.pr()) == 4
    assert chsh(boxes.tsirelson()) == surd(0, 2, 2)


@pytest.mark.parametrize("v", [0, Fraction(1, 3), 1, surd(0, Fraction(1, 2), 2)])
def test_i3322_of_eq_36_is_2v_minus_1(v):
    assert boxes.i3322(v).is_exact
    assert i3322(boxes.i3322(v)) == 2 * v - 1


def test_i3322_box_takes_floats_and_refuses_what_is_no_visibility():
    assert not boxes.i3322(0.25).is_exact
    with pytest.raises(BehaviorError, match="found 2, expected 0 … 1"):
        boxes.i3322(2)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_ghz_box_is_what_the_born_rule_says(n):
    pauli = [qubit_observable(np.pi / 2), qubit_observable(np.pi / 2, np.pi / 2)]
    quantum = born(ghz(n), [pauli] * n)
    box = boxes.ghz(n)
    assert (quantum.outputs, quantum.inputs) == (box.outputs, box.inputs)
    np.testing.assert_allclose(quantum.p, box.p, atol=1e-14)


def test_ghz_box_reaches_the_algebraic_maximum_of_mermins_inequality():
    """Phys. Rev. Lett. 65, 1838: E_XXX − E_XYY − E_YXY − E_YYX = 4, at most 2 for local models."""
    sign = (-1) ** np.indices((2, 2, 2)).sum(axis=0)
    e = (sign[..., None, None, None] * boxes.ghz().table).sum(axis=(0, 1, 2))
    assert e[0, 0, 0] - e[0, 1, 1] - e[1, 0, 1] - e[1, 1, 0] == 4


def test_names_of_ghz_boxes():
    assert boxes.ghz(2).variables == ("A", "B", "X", "Y")
    assert boxes.ghz(4).outputs == ("A1", "A2", "A3", "A4")
    with pytest.raises(BehaviorError, match="number of parties is 0, expected an integer ≥ 1"):
        boxes.ghz(0)


def test_cglmp_coefficients_are_the_published_sum():
    for d in (2, 3, 5, 6):
        expected = np.full((d, d, 2, 2), Fraction(0), dtype=object)
        for a, b, k in np.ndindex(d, d, d // 2):
            weight = 1 - Fraction(2 * k, d - 1)
            expected[a, b, 0, 0] += weight * (int((a - b - k) % d == 0) - int((a - b + k + 1) % d == 0))
            expected[a, b, 1, 0] += weight * (int((b - a - k - 1) % d == 0) - int((b - a + k) % d == 0))
            expected[a, b, 1, 1] += weight * (int((a - b - k) % d == 0) - int((a - b + k + 1) % d == 0))
            expected[a, b, 0, 1] += weight * (int((b - a - k) % d == 0) - int((b - a + k + 1) % d == 0))
        assert (cglmp_coefficients(d) == expected).all()


@pytest.mark.parametrize("d", [2, 3, 4, 5])
def test_classical_bound_of_cglmp_is_2_and_algebraic_maximum_4(d):
    c = cglmp_coefficients(d)
    outcomes = range(d)
    best = max(
        sum(c[f[x], g, x, 0] for x in (0, 1)) + max(sum(c[f[x], h, x, 1] for x in (0, 1)) for h in outcomes)
        for f in np.ndindex(d, d)
        for g in outcomes
    )
    assert best == 2
    assert c.max(axis=(0, 1)).sum() == 4


@pytest.mark.parametrize(
    ("d", "optimal", "entangled"),
    [
        (2, 2 * np.sqrt(2), 2 * np.sqrt(2)),
        (3, 1 + np.sqrt(11 / 3), 4 * (2 * np.sqrt(3) + 3) / 9),
        (4, 2.972698, 2.896243),
        (5, 3.015710, 2.910545),
    ],
)
def test_quantum_values_of_cglmp(d, optimal, entangled):
    """Acín et al., Phys. Rev. A 65, 052325 (2002), Table I; closed forms for d = 2 and 3."""
    assert value(d, boxes.cglmp(d)) == pytest.approx(optimal, abs=6e-7)
    assert value(d, boxes.cglmp(d, state="maximally entangled")) == pytest.approx(entangled, abs=6e-7)


@pytest.mark.parametrize("d", [2, 3, 6, pytest.param(16, marks=pytest.mark.slow)])
def test_the_optimal_box_reaches_the_largest_eigenvalue_of_the_bell_operator(d):
    alice, bob = (np.array(bases) for bases in cglmp_measurements(d))
    weighted = np.einsum("abxy,ybkl->xyakl", cglmp_coefficients(d).astype(float), bob).sum(axis=1)
    operator = np.einsum("xaij,xakl->ikjl", alice, weighted, optimize=True).reshape(d * d, d * d)
    assert value(d, boxes.cglmp(d)) == pytest.approx(np.linalg.eigvalsh(operator)[-1], abs=1e-12)


def test_cglmp_box_is_what_the_born_rule_says_for_a_given_state():
    ratios = np.array([1, 0.7923, 1])  # Acín et al.: the optimum for d = 3
    state = ratios / np.linalg.norm(ratios)
    box = boxes.cglmp(3, state=state)
    np.testing.assert_allclose(box.p, born(schmidt(state), cglmp_measurements(3)).p, atol=1e-14)
    assert value(3, box) == pytest.approx(value(3, boxes.cglmp(3)), abs=1e-8)
    box.check_nonsignaling()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"d": 1}, "d is 1, expected an integer ≥ 2"),
        ({"d": 2.0}, "d is 2.0, expected an integer ≥ 2"),
        ({"d": 3, "state": "singlet"}, "'singlet' is not a state of the CGLMP box. Expected 'optimal'"),
        ({"d": 3, "state": [0.6, 0.8]}, "has 2 Schmidt coefficients, expected 3"),
        ({"d": 2, "state": [1, 1]}, r"norm 1.41421356237, expected 1"),
    ],
)
def test_errors_of_cglmp_box(arguments, message):
    with pytest.raises(BehaviorError, match=message):
        boxes.cglmp(**arguments)
