import itertools
from math import pi, prod, sqrt

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from relaxbell.behavior import boxes
from relaxbell.behavior.quantum import born
from relaxbell.behavior.states import (
    ghz,
    maximally_entangled,
    partially_entangled,
    qubit_observable,
    schmidt,
    singlet,
    werner,
)
from relaxbell.errors import BehaviorError

Z, X = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])
CHSH_BOB = [qubit_observable(pi + pi / 4), qubit_observable(pi - pi / 4)]


class Wrapped:
    """What QuTiP's Qobj looks like from outside."""

    def __init__(self, array):
        self.array = np.asarray(array)

    def full(self):
        return self.array


def random_state(rng, dimension):
    root = rng.normal(size=(dimension, dimension)) + 1j * rng.normal(size=(dimension, dimension))
    rho = root @ root.conj().T
    return rho / rho.trace().real


def random_povm(rng, dimension, outcomes):
    """Positive matrices made complete by the inverse root of their sum."""
    positive = np.array([random_state(rng, dimension) for _ in range(outcomes)])
    values, vectors = np.linalg.eigh(positive.sum(axis=0))
    root = (vectors / np.sqrt(values)) @ vectors.conj().T
    return root @ positive @ root


def by_loop(rho, parties):
    """tr(ρ A ⊗ B ⊗ …), one entry at a time."""
    outcomes, inputs = [len(party[0]) for party in parties], [len(party) for party in parties]
    table = np.empty((*outcomes, *inputs))
    for event, setting in itertools.product(np.ndindex(*outcomes), np.ndindex(*inputs)):
        operator = np.eye(1)
        for party, a, x in zip(parties, event, setting, strict=True):
            operator = np.kron(operator, party[x][a])
        table[event + setting] = np.trace(rho @ operator).real
    return table


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=3),
)
def test_born_agrees_with_an_explicit_loop_and_never_signals(seed, scenario):
    rng = np.random.default_rng(seed)
    rho = random_state(rng, prod(dimension for dimension, _, _ in scenario))
    parties = [[random_povm(rng, d, outcomes) for _ in range(inputs)] for d, inputs, outcomes in scenario]
    behavior = born(rho, parties)
    np.testing.assert_allclose(behavior.p, by_loop(rho, parties), atol=1e-12)
    behavior.check_nonsignaling()


def test_unequal_dimensions_settings_and_outcomes_keep_the_order_of_axes():
    rng = np.random.default_rng(3)
    alice = [random_povm(rng, 2, 3) for _ in range(2)]
    bob = [random_povm(rng, 3, 2) for _ in range(3)]
    rho = random_state(rng, 6)
    behavior = born(rho, [alice, bob])
    assert behavior.cardinality == {"A": 3, "B": 2, "X": 2, "Y": 3}
    np.testing.assert_allclose(behavior.p, by_loop(rho, [alice, bob]), atol=1e-13)


def test_the_singlet_reaches_tsirelsons_bound():
    np.testing.assert_allclose(born(singlet(), [[Z, X], CHSH_BOB]).p, boxes.tsirelson().p, atol=1e-14)


def test_chsh_of_partially_entangled_states():
    """Gisin's theorem with the best settings: S = 2√(1 + sin² 2θ) (Phys. Lett. A 154, 201, 1991)."""
    for theta in (0.0, 0.2, pi / 8, pi / 4):
        tilt = np.arctan(np.sin(2 * theta))
        bob = [qubit_observable(tilt), qubit_observable(-tilt)]
        p = born(partially_entangled(theta), [[Z, X], bob]).p
        a, b, x, y = np.indices(p.shape)
        assert ((-1) ** (a + b + x * y) * p).sum() == pytest.approx(2 * sqrt(1 + np.sin(2 * theta) ** 2))


def test_a_werner_state_is_a_singlet_with_white_noise():
    noisy = born(werner(0.7), [[Z, X], CHSH_BOB])
    np.testing.assert_allclose(noisy.p, boxes.tsirelson().visibility(0.7).p, atol=1e-14)


def test_an_observable_is_measured_projectively_largest_eigenvalue_first():
    swap = np.eye(4)[[0, 2, 1, 3]]  # eigenvalue −1 on the singlet, 1 on the triplets
    state = 0.25 * np.outer(singlet(), singlet()) + 0.75 * np.outer(ghz(2), ghz(2))
    np.testing.assert_allclose(born(state, [[swap]]).p, [[0.75], [0.25]], atol=1e-15)
    levels = born([0.6, 0.0, 0.8j], [[np.diag([1.0, 2.0, 3.0])]])
    np.testing.assert_allclose(levels.p.ravel(), [0.64, 0, 0.36], atol=1e-15)


def test_correlators_of_observables_in_the_y_direction():
    y = qubit_observable(pi / 2, pi / 2)
    np.testing.assert_allclose(y, [[0, -1j], [1j, 0]], atol=1e-16)
    p = born(maximally_entangled(2), [[y], [y]]).p[..., 0, 0]
    np.testing.assert_allclose(p, [[0, 0.5], [0.5, 0]], atol=1e-15)  # ⟨Y⊗Y⟩ = −1


def test_kets_density_matrices_columns_and_full_objects_are_one_state():
    reference = born(singlet(), [[Z, X], CHSH_BOB]).p
    halves = [[(np.eye(2) + o) / 2, (np.eye(2) - o) / 2] for o in (Z, X)]
    for state, alice in [
        (singlet()[:, None], [Z, X]),
        (np.outer(singlet(), singlet()), np.array([Z, X])),
        (Wrapped(singlet()[:, None]), [Wrapped(Z), Wrapped(X)]),
        (Wrapped(werner(1)), [[Wrapped(e) for e in povm] for povm in halves]),
        (singlet().tolist(), np.array(halves)),
        (singlet(), [povm for povm in map(tuple, halves)]),
    ]:
        np.testing.assert_allclose(born(state, [alice, CHSH_BOB]).p, reference, atol=1e-14)


def test_a_single_setting_is_an_input_of_cardinality_one():
    behavior = born(singlet(), [[Z, X], [Z]])
    assert behavior.cardinality == {"A": 2, "B": 2, "X": 2, "Y": 1}


def test_names():
    assert born(ghz(3), [[Z]] * 3).variables == ("A", "B", "C", "X", "Y", "Z")
    assert born(singlet(), [[Z], [Z]], outputs="U V", inputs="S T").variables == ("U", "V", "S", "T")


def test_states_are_what_they_are_called():
    assert np.linalg.norm(ghz(4)) == pytest.approx(1)
    np.testing.assert_allclose(schmidt([0.6, 0.8]), [0.6, 0, 0, 0.8])
    np.testing.assert_allclose(maximally_entangled(3).reshape(3, 3), np.eye(3) / sqrt(3))
    np.testing.assert_allclose(np.linalg.eigvalsh(werner(-1 / 3)), [0, 1 / 3, 1 / 3, 1 / 3], atol=1e-15)
    assert np.linalg.eigvalsh(qubit_observable(0.3, 0.4)) == pytest.approx([-1, 1])


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([1, 0, 0, 1], r"ket of norm 1.41421356237, expected 1 within 1e-10. Divide it by its norm"),
        (np.eye(4), r"trace 4, expected 1"),
        (np.triu(np.ones((4, 4))) / 4, r"state is not Hermitian: an entry differs by 0.25"),
        (np.diag([1.5, -0.5, 0, 0]), r"state has the eigenvalue -0.5, expected none below 0"),
        (np.zeros((2, 2, 2, 2)), r"shape \(2, 2, 2, 2\), expected a ket"),
        (singlet()[None], r"shape \(1, 4\), expected a ket"),
        (np.eye(6) / 6, r"dimension 6, expected 2 × 2 = 4 from the measurements"),
        ([1, 0, 0, np.nan], "NaN"),
        ("singlet", "state is not an array of numbers"),
        ([[1, 0], [0]], "state is not an array of numbers"),
    ],
)
def test_errors_of_the_state(state, message):
    with pytest.raises(BehaviorError, match=message):
        born(state, [[Z, X], CHSH_BOB])


@pytest.mark.parametrize(
    ("alice", "message"),
    [
        ([[Z, np.eye(2) - Z]], r"measurements\[0\]\[0\]\[0\] has the eigenvalue -1"),
        ([Z, [np.eye(2) / 2]], r"elements of measurements\[0\]\[1\] sum to a matrix at distance 0.5"),
        ([[np.eye(2), 1e-3 * np.eye(2)]], r"at distance 0.001 from the identity, expected 0"),
        ([Z, [[1, 1], [0, 1]]], r"measurements\[0\]\[1\] is not Hermitian: an entry differs by 1"),
        ([Z, np.eye(2)], r"measurements\[0\]\[1\] has 1 outcomes, expected 2"),
        ([Z, np.diag([1, 2, 3])], r"measurements\[0\]\[1\] has dimension 3, expected 2"),
        ([Z, np.ones((2, 3))], r"measurements\[0\]\[1\] has shape \(2, 3\), expected \(outcomes, d, d\)"),
        (Z, r"measurements\[0\]\[0\] has shape \(2,\), expected \(outcomes, d, d\)"),
        ([], r"measurements\[0\] has no settings"),
        (Wrapped(Z), r"measurements\[0\] has no settings"),
        ([[np.eye(2), np.zeros((3, 3))]], r"measurements\[0\]\[0\] is not an array of numbers"),
    ],
)
def test_errors_of_measurements(alice, message):
    with pytest.raises(BehaviorError, match=message):
        born(singlet(), [alice, CHSH_BOB])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: born([1.0], []), "measurements is empty"),
        (lambda: schmidt([1, 1]), "norm 1.41421356237, expected 1"),
        (lambda: schmidt([[1, 0]]), r"shape \(1, 2\).*expected a real vector"),
        (lambda: schmidt([1j]), "imaginary part 1, expected a real vector"),
        (lambda: werner(1.1), "visibility of a Werner state is 1.1, expected −1/3 … 1"),
        (lambda: ghz(0), "number of qubits n is 0, expected an integer ≥ 1"),
        (lambda: maximally_entangled(1.5), "local dimension d is 1.5, expected an integer ≥ 1"),
    ],
)
def test_errors_of_states(call, message):
    with pytest.raises(BehaviorError, match=message):
        call()


@pytest.mark.parametrize("make", [partially_entangled, werner, qubit_observable])
@pytest.mark.parametrize("value", [sympy.Symbol("theta"), "0.3", None, float("nan")])
def test_states_are_made_of_numbers(make, value):
    """Tables with symbols are evaluated by functionals; the Born rule is numeric."""
    with pytest.raises(BehaviorError, match="expected a finite real number"):
        make(value)
