import sys

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.behavior import boxes
from relaxbell.behavior.boxes import cglmp_coefficients
from relaxbell.behavior.quantum import born
from relaxbell.behavior.search import optimize_quantum
from relaxbell.errors import BehaviorError, FunctionalError

CHSH = (-1.0) ** np.fromfunction(lambda a, b, x, y: a + b + x * y, (2, 2, 2, 2))


def i3322_coefficients():
    """Collins and Gisin, J. Phys. A 37, 1775 (2004); marginals read at the other's input 0."""
    table = np.zeros((2, 2, 3, 3))
    table[0, 0] = [[1, 1, 1], [1, 1, -1], [1, -1, 0]]
    table[0, :, 0, 0] -= 1
    table[:, 0, 0, 0] -= 2
    table[:, 0, 0, 1] -= 1
    return table


@pytest.mark.parametrize("d", [2, 3, pytest.param(5, marks=pytest.mark.slow), pytest.param(7, marks=pytest.mark.slow)])
def test_no_projective_measurement_was_found_better_than_the_cglmp_ones(d):
    """The eigenvalue itself is checked in test_boxes; that it is the optimum: Acín et al., PRA 65, 052325."""
    coefficients = cglmp_coefficients(d)
    standard = float((coefficients * boxes.cglmp(d).p).sum())
    assert optimize_quantum(coefficients, starts=3).value == pytest.approx(standard, abs=1e-6)


def test_the_optimum_is_a_quantum_behavior_with_that_value():
    found = optimize_quantum(CHSH, starts=2)
    assert found.value == pytest.approx(2 * np.sqrt(2), abs=1e-9)  # Tsirelson
    assert (CHSH * found.behavior.p).sum() == pytest.approx(found.value, abs=1e-12)
    again = born(found.state, [list(party) for party in found.measurements])
    np.testing.assert_allclose(again.p, found.behavior.p, atol=1e-14)
    assert found.start_values.max() == found.value
    for party in found.measurements:
        np.testing.assert_allclose(party @ party, party, atol=1e-13)


def test_i3322_in_qubits_is_a_quarter():
    """Collins and Gisin (2004): the maximum with two qubits is 1/4; Froissart, Nuovo Cimento 64, 241."""
    assert optimize_quantum(i3322_coefficients(), starts=10).value == pytest.approx(1 / 4, abs=1e-8)


def test_dimensions_above_and_below_the_number_of_outcomes():
    """Tsirelson's bound holds in every dimension, and is reached from 2 levels on; 1 level is classical."""
    ququarts = optimize_quantum(CHSH, dimensions=4, starts=2)
    assert ququarts.measurements[0].shape == (2, 2, 4, 4)
    assert ququarts.value == pytest.approx(2 * np.sqrt(2), abs=1e-8)
    unequal = optimize_quantum(CHSH, dimensions=(2, 3), starts=6)
    assert unequal.state.shape == (6,)
    assert unequal.value == pytest.approx(2 * np.sqrt(2), abs=1e-8)
    assert optimize_quantum(CHSH, dimensions=1, starts=20).value == pytest.approx(2)


def test_outcomes_and_settings_may_differ_between_parties():
    """A product functional: each party's own maximum is 1."""
    alice, bob = np.zeros((3, 2)), np.zeros((2, 3))
    alice[0, 0], bob[1, 2] = 1, 1
    found = optimize_quantum(np.einsum("ax,by->abxy", alice, bob), starts=1)
    assert found.behavior.p.shape == (3, 2, 2, 3)
    assert found.value == pytest.approx(1)


def test_a_seed_fixes_the_result():
    first, second = (optimize_quantum(i3322_coefficients(), starts=2, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.start_values, second.start_values)
    assert not np.array_equal(first.state, optimize_quantum(i3322_coefficients(), starts=2, seed=6).state)


@pytest.mark.parametrize(
    ("coefficients", "options", "error", "message"),
    [
        (np.ones((2, 2, 2)), {}, FunctionalError, r"shape \(2, 2, 2\), expected axes \[a, b, …, x, y, …\]"),
        (CHSH * np.nan, {}, FunctionalError, "NaN or infinite"),
        ("CHSH", {}, FunctionalError, "not a table of real numbers"),
        (CHSH, {"dimensions": 0}, BehaviorError, "local dimension is 0, expected an integer ≥ 1"),
        (CHSH, {"dimensions": (2, 2, 2)}, BehaviorError, "dimensions has 3 entries, expected 2"),
        (CHSH, {"starts": 0}, BehaviorError, "starts is 0, expected an integer ≥ 1"),
        (CHSH, {"iterations": 0.5}, BehaviorError, "iterations is 0.5, expected an integer ≥ 1"),
    ],
)
def test_errors(coefficients, options, error, message):
    with pytest.raises(error, match=message):
        optimize_quantum(coefficients, **options)


def test_a_functional_keeps_its_names_and_its_constant():
    """2 CHSH + 3 reaches 4√2 + 3; parties need not be in the order of the inputs."""
    functional = 2 * rb.catalog.CHSH + 3
    found = optimize_quantum(functional, starts=3)
    assert found.value == pytest.approx(4 * np.sqrt(2) + 3, abs=1e-9)
    assert max(found.start_values) == found.value
    assert functional(found.behavior) == pytest.approx(found.value, abs=1e-9)
    turned = rb.catalog.CHSH.coefficients.transpose(0, 1, 3, 2)
    crossed = rb.BellFunctional(turned, "P Q", "V U", parties={"P": "U", "Q": "V"})
    best = optimize_quantum(crossed, starts=3)
    assert set(best.behavior.inputs) == {"U", "V"}
    assert best.behavior.parties["P"] == "U"
    assert crossed(best.behavior) == pytest.approx(2 * np.sqrt(2), abs=1e-9)


def test_a_functional_of_unequal_cardinalities():
    """CHSH on the first two of Bob's three settings, Alice with an outcome that never helps: still 2√2."""
    table = np.zeros((3, 2, 2, 3), dtype=int)
    table[:2, :, :, :2] = np.array(rb.catalog.CHSH.coefficients, dtype=int)
    table[2] = table[1]
    functional = rb.BellFunctional(table, "P Q", "U V")
    found = optimize_quantum(functional, starts=4)
    assert found.value == pytest.approx(2 * np.sqrt(2), abs=1e-8)
    assert functional(found.behavior) == pytest.approx(found.value, abs=1e-8)


def test_who_chooses_which_input_must_be_known():
    functional = rb.BellFunctional(np.ones((2, 2, 2), dtype=int), "A B", "X")
    with pytest.raises(FunctionalError, match="expected parties that choose one input each, or none"):
        optimize_quantum(functional)


@pytest.mark.parametrize(
    ("functional", "largest"),
    [
        (rb.catalog.CH, (np.sqrt(2) - 1) / 2),  # Tsirelson
        (rb.catalog.cglmp(3), 1 + np.sqrt(11 / 3)),  # Acín, Durt, Gisin, Latorre, PRA 65, 052325 (2002)
        (rb.catalog.cglmp(4), 2.972698267),  # the same
        (rb.catalog.chained(3), 6 * np.cos(np.pi / 6)),  # Wehner, PRA 73, 022110 (2006)
        (rb.catalog.chained(4), 8 * np.cos(np.pi / 8)),
        (rb.catalog.mermin(3), 4),  # algebraic maximum, Mermin, PRL 65, 1838 (1990)
        (rb.catalog.mermin(4), 8),
        (rb.catalog.svetlichny(), 4 * np.sqrt(2)),  # Svetlichny, PRD 35, 3066 (1987)
    ],
)
def test_the_quantum_maxima_of_the_literature(functional, largest):
    found = optimize_quantum(functional, starts=3)
    assert found.value == pytest.approx(largest, abs=1e-6 if functional.name == "I_4" else 1e-8)
    assert functional(found.behavior) == pytest.approx(found.value, abs=1e-10)


@pytest.mark.parametrize("options", [{}, {"povm": True}, {"real": True}, {"povm": True, "real": True}])
def test_three_unequal_parties_against_kronecker_products(options):
    """Inputs (2, 3, 1), outputs (3, 2, 2), dimensions (2, 3, 2): the value is that of the Bell operator written out."""
    table = np.random.default_rng(4).integers(-3, 4, size=(3, 2, 2, 2, 3, 1)).astype(float)
    found = optimize_quantum(table, dimensions=(2, 3, 2), starts=2, **options)
    assert found.dimensions == (2, 3, 2)
    operator = np.zeros((12, 12), dtype=complex)
    for a, b, c, x, y, z in np.ndindex(table.shape):
        one, two, three = found.measurements
        operator += table[a, b, c, x, y, z] * np.kron(np.kron(one[x, a], two[y, b]), three[z, c])
    assert found.value == pytest.approx(np.linalg.eigvalsh(operator)[-1], abs=1e-10)
    assert found.value == pytest.approx((table * found.behavior.p).sum(), abs=1e-10)
    assert not options.get("real") or all(np.isrealobj(part) for part in (found.state, *found.measurements))


def test_a_party_without_input_keeps_its_names():
    """CHSH whose third party must answer 1: it does, and the others reach 2√2 + 1."""
    table = np.zeros((2, 2, 2, 2, 2), dtype=int)
    table[:] = np.array(rb.catalog.CHSH.coefficients, dtype=int).transpose(0, 1, 3, 2)[:, None]  # a, c, b, y, x
    table[:, 1, :, 0, 0] += 1
    functional = rb.BellFunctional(table, "P R Q", "V U", parties={"P": "U", "R": None, "Q": "V"})
    found = optimize_quantum(functional, starts=2)
    assert found.value == pytest.approx(2 * np.sqrt(2) + 1, abs=1e-8)
    assert (found.behavior.outputs, found.behavior.inputs) == (("P", "R", "Q"), ("V", "U"))
    assert dict(found.behavior.parties) == {"P": "U", "R": None, "Q": "V"}
    assert functional(found.behavior) == pytest.approx(found.value, abs=1e-10)


def elegant_with_four_outcomes():
    """Acín, Pironio, Vértesi, Wittek, PRA 93, 040102 (2016): at most 4√3, with two qubits by a POVM only.

    Setting 3 of Alice has four outcomes, of which outcome i must not meet Bob's + at setting i.
    """
    signs = np.array([[1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])
    table = np.zeros((4, 2, 4, 4))
    for a, b, x, y in np.ndindex(4, 2, 3, 4):
        table[a, b, x, y] = (-1) ** (a + b) * signs[x, y]
    table[range(4), 0, 3, range(4)] = -5
    return table


def test_a_povm_beats_projective_measurements():
    table, most = elegant_with_four_outcomes(), 4 * np.sqrt(3)
    found = optimize_quantum(table, dimensions=2, povm=True, starts=6)
    assert found.value == pytest.approx(most, abs=1e-6)
    assert optimize_quantum(table, dimensions=2, starts=6).value < most - 0.01
    own = found.measurements[0][3]
    np.testing.assert_allclose(own.sum(axis=0), np.eye(2), atol=1e-12)
    assert abs(own @ own - own).max() > 0.1


def test_real_qubits_do_not_reach_the_elegant_inequality():
    """Gisin, arXiv:quant-ph/0702021: 4√3 needs three complementary observables; in one plane it is less."""
    table = elegant_with_four_outcomes()[:2, :, :3]
    assert optimize_quantum(table, starts=3).value == pytest.approx(4 * np.sqrt(3), abs=1e-8)
    assert optimize_quantum(table, starts=6, real=True).value < 4 * np.sqrt(3) - 0.1


def test_a_short_text():
    found = optimize_quantum(rb.catalog.mermin(3), dimensions=(2, 2, 3), starts=3)
    assert repr(found).startswith("QuantumOptimum: at least 4, found in dimensions 2 × 2 × 3 by ")


def test_qutip_objects_give_the_same_behavior():
    pytest.importorskip("qutip")
    found = optimize_quantum(rb.catalog.mermin(3), dimensions=(2, 3, 2), starts=2, povm=True)
    state, measurements = found.to_qutip()
    assert state.dims[0] == [2, 3, 2]
    assert state.isket
    np.testing.assert_allclose(born(state, measurements).p, found.behavior.p, atol=1e-12)


def test_without_qutip_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "qutip", None)
    with pytest.raises(rb.errors.RelaxbellError, match="qutip is not installed"):
        optimize_quantum(CHSH, starts=1).to_qutip()


def test_a_bar_only_where_somebody_looks(monkeypatch, capfd):
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    quiet = optimize_quantum(CHSH, starts=2, progress=False)
    assert capfd.readouterr().err == ""
    assert optimize_quantum(CHSH, starts=2).value == quiet.value
    assert "starts" in capfd.readouterr().err
