"""Sets of behaviors: values of the literature, bounds that hold, CVXPY objects, scenarios of any shape."""

import sys
from fractions import Fraction
from functools import partial

import cvxpy as cp
import numpy as np
import pytest
from clock import replaced

import relaxbell as rb
from relaxbell.errors import (
    BehaviorError,
    FunctionalError,
    MeasureError,
    RelaxbellError,
    TimeLimitError,
    UnsupportedModelError,
)
from relaxbell.exact.numbers import surd

pytest.importorskip("MoMPy")

THREE = "1+AB+AC+BC"
# Navascués, Pironio, Acín 2008 (CH, I3322); Collins, Gisin, Linden, Massar, Popescu 2002; Mermin 1990; Svetlichny 1987
KNOWN = [
    (rb.catalog.CH, 1, (np.sqrt(2) - 1) / 2),
    (rb.catalog.CH, "1+AB", (np.sqrt(2) - 1) / 2),
    (rb.catalog.I3322, 1, 3 / 8),
    (rb.catalog.I3322, "1+AB", 0.25147090),
    (rb.catalog.I3322, 2, 0.25093972),
    (rb.catalog.cglmp(3), "1+AB", 1 + np.sqrt(11 / 3)),
    (rb.catalog.mermin(3), THREE, 4),
    (rb.catalog.svetlichny(3), THREE, 4 * np.sqrt(2)),
    (rb.catalog.chained(4), 1, 8 * np.cos(np.pi / 8)),
]


@pytest.mark.parametrize(("functional", "level", "value"), KNOWN, ids=[f"{f} {n}" for f, n, _ in KNOWN])
def test_values_of_the_literature_and_rigorous_bounds(functional, level, value):
    found = rb.quantum_set(functional, level).maximum(functional)
    assert found.value == pytest.approx(value, abs=1e-8)
    assert value - 1e-8 <= found.upper_bound <= value + 1e-8
    assert found.certificate.verify().endswith("behavior")
    assert found.exact is None
    assert functional.bound(rb.nonsignaling_set(functional)) + 1e-8 > found.bound


@pytest.mark.slow
def test_levels_close_in_on_i3322():
    """Level 3 of I3322 is 0.2508755 (Pál, Vértesi 2010); CGLMP with d = 4 is 2.972698 (Chen et al. 2006)."""
    f = rb.catalog.I3322
    found = rb.quantum_set(f, 3).maximum(f)
    assert 0.25087538 <= found.upper_bound <= 0.2508757
    assert rb.catalog.cglmp(4).bound(rb.quantum_set(rb.catalog.cglmp(4), "1+AB")) == pytest.approx(
        2.972698267, abs=1e-8
    )


def random_functional(seed, inputs, outputs):
    rng = np.random.default_rng(seed)
    shape = (*outputs, *inputs)
    model = rb.bell(inputs, outputs)
    cells = [Fraction(int(v), 7) for v in rng.integers(-9, 10, np.prod(shape))]
    table = np.array(cells, dtype=object).reshape(shape)
    return rb.BellFunctional(table, model.outputs, model.inputs, constant=Fraction(1, 3)), model


SLOW = pytest.mark.slow
SHAPES = [((2, 3), (3, 2), "1+AB"), ((2, 2, 2), (2, 2, 2), 2)]
SHAPES += [pytest.param((1, 3), (2, 3), 2, marks=SLOW), pytest.param((2, 2, 1), (3, 2, 2), "2+ABC", marks=SLOW)]


@pytest.mark.parametrize(("inputs", "outputs", "level"), SHAPES)
def test_local_quantum_and_no_signaling_are_in_order(inputs, outputs, level):
    """Σ over rational coefficients; the no-signaling maximum also by CVXPY and Clarabel on the table itself."""
    f, model = random_functional(1, inputs, outputs)
    found = f.limits(level)
    assert found.local.exact == f.bound(model)
    assert found.local.exact <= found.quantum.upper_bound <= found.nonsignaling.exact + Fraction(1, 10**6)
    where = rb.nonsignaling_set(f)
    objective = cp.sum(cp.multiply(f.floats, where.p)) + float(f.constant)
    program = cp.Problem(cp.Maximize(objective), where.constraints)
    assert program.solve(solver="CLARABEL", canon_backend="SCIPY") == pytest.approx(
        float(found.nonsignaling.exact), abs=1e-6
    )
    assert f(found.nonsignaling.behavior) == found.nonsignaling.exact
    found.nonsignaling.behavior.check_nonsignaling(tolerance=0)
    for own in (found.local, found.quantum, found.nonsignaling):
        assert own.certificate.verify()
    assert len(repr(found).splitlines()) == 5


def test_no_search_exceeds_the_bound():
    f, _ = random_functional(3, (2, 3), (3, 2))
    best = rb.optimize_quantum(f, dimensions=3, starts=4).value
    assert best <= f.bound(rb.quantum_set(f, "1+AB")) <= best + 1e-5


def test_any_problem_of_ones_own():
    """Tilted CHSH: α⟨A0⟩ + S ≤ √(8 + 2α²) (Acín, Massar, Pironio 2012), with ⟨A0⟩ as an expression."""
    where = rb.quantum_set(rb.catalog.CHSH, "1+AB")
    assert where.p.shape == (2, 2, 2, 2)
    first = cp.sum(where.p[0, :, 0, 0]) - cp.sum(where.p[1, :, 0, 0])
    s = cp.sum(cp.multiply(rb.catalog.CHSH.floats, where.p))
    value = cp.Problem(cp.Maximize(first + s), where.constraints).solve(solver="CLARABEL", canon_backend="SCIPY")
    assert value == pytest.approx(np.sqrt(10), abs=1e-6)
    assert where.p.value.sum(axis=(0, 1)) == pytest.approx(np.ones((2, 2)), abs=1e-7)
    assert where.matrix.shape == (len(where.words),) * 2 == (9, 9)


def test_names_orders_and_parties_do_not_matter():
    f = rb.catalog.cglmp(3)
    turned = f.transposed(("B", "A"), ("Y", "X"))
    where = rb.quantum_set(f, "1+AB")
    assert where.maximum(turned).value == pytest.approx(1 + np.sqrt(11 / 3), abs=1e-7)
    assert where.maximum(turned).certificate.digests == where.maximum(f).certificate.digests
    crossed = rb.BellFunctional(rb.catalog.CHSH.coefficients.swapaxes(2, 3), parties={"A": "Y", "B": "X"})
    assert crossed.bound(rb.quantum_set(crossed, 1)) == pytest.approx(2 * np.sqrt(2), abs=1e-8)
    none = rb.BellFunctional(np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]]), "A B", "X", parties={"A": "X", "B": None})
    assert none.bound(rb.quantum_set(none, 1)) == pytest.approx(2, abs=1e-8)  # B has one setting: local
    assert none.bound(rb.nonsignaling_set(none)) == 2


def test_irrational_and_large_coefficients():
    """√2 CHSH ≤ 4, and scales by a number."""
    f = rb.catalog.CHSH * surd(0, 1, 2) + surd(1, 1, 2)
    assert f.bound(rb.nonsignaling_set(f)) == surd(1, 5, 2)
    found = rb.quantum_set(f, 1).maximum(f)
    assert 5 + np.sqrt(2) <= float(found.upper_bound) <= 5 + np.sqrt(2) + 1e-8
    assert "sqrt" not in found.certificate.verify()
    for scale in (Fraction(10**9), Fraction(1, 10**9)):
        g = rb.catalog.CHSH * scale
        bound = rb.quantum_set(g, "1+AB").maximum(g).upper_bound / scale
        assert 2 * np.sqrt(2) - 1e-15 <= bound <= 2 * np.sqrt(2) + 1e-8


def test_what_is_no_set_is_refused(monkeypatch):
    chsh = rb.catalog.CHSH
    with pytest.raises(UnsupportedModelError, match=r"'1\+AC' is no level .* expected the longest word"):
        rb.quantum_set(chsh, "1+AC")
    for level in (0, True, "A", 9, None, "1+"):
        with pytest.raises(UnsupportedModelError, match="no level"):
            rb.quantum_set(chsh, level)
    with pytest.raises(UnsupportedModelError, match="no moment of 3 parties together"):
        rb.quantum_set(rb.catalog.mermin(3), 1)
    with pytest.raises(UnsupportedModelError, match="too large"):
        rb.quantum_set(rb.catalog.chained(12), 4)
    with pytest.raises(BehaviorError, match="expected a Scenario"):
        rb.quantum_set((2, 2), 1)
    with pytest.raises(FunctionalError, match=r"Scenario 3322.*Scenario 2222"):
        rb.catalog.I3322.bound(rb.nonsignaling_set(chsh))
    with pytest.raises(FunctionalError, match="constraints beside"):
        chsh.bound(rb.nonsignaling_set(chsh), [1])
    with pytest.raises(BehaviorError, match="which party chooses"):
        rb.nonsignaling_set(rb.instrumental().scenario if rb.instrumental().scenario.parties is None else rb.Scenario(
            "A B", "X", {"A": 2, "B": 2, "X": 2}))  # fmt: skip
    monkeypatch.setitem(sys.modules, "MoMPy", None)
    with pytest.raises(RelaxbellError, match=r"MoMPy is not installed.*\[quantum\]"):
        rb.quantum_set(chsh, 1)
    assert chsh.bound(rb.nonsignaling_set(chsh)) == 4  # nothing else needs it


@pytest.mark.parametrize(
    ("functional", "level"),
    [
        (rb.catalog.CHSH, "1+AB"),
        pytest.param(rb.catalog.I3322, 2, marks=SLOW),
        (rb.catalog.cglmp(3), "1+AB"),
        (rb.catalog.mermin(3), THREE),
    ],
    ids=str,
)
def test_symmetries_change_no_value_and_make_blocks(functional, level):
    """The action on words is one of a group: it keeps the functional's moments, and blocks have all dimensions."""
    where = rb.quantum_set(functional, level)
    blocks = where._blocks(functional.coefficients)
    assert sum(m * d for _, m, d in (basis.shape for basis in blocks)) == len(where.words)
    assert max(basis.shape[1] for basis in blocks) < len(where.words) / 2
    form = where.coordinates.pull_back(functional.floats)
    whole = where._by_squares(form, 1.0, [np.eye(len(where.words))[:, :, None]])
    assert where.maximum(functional).value - float(functional.constant) == pytest.approx(whole.value, abs=2e-7)


@pytest.mark.parametrize("kind", ["quantum", "no-signaling", "three"])
def test_time_limits(kind, monkeypatch):
    """A clock that is a second further at each look."""
    f = rb.catalog.I3322
    where = {"quantum": lambda: rb.quantum_set(f, 1), "no-signaling": lambda: rb.nonsignaling_set(f)}.get(kind)
    run = partial(f.limits, 1) if where is None else partial(where().maximum, f)
    replaced(monkeypatch, 1.0)
    with pytest.raises(TimeLimitError, match=r"took longer than its time limit of 1\.5 s"):
        run(seconds=1.5)
    with pytest.raises(MeasureError, match="seconds is 0"):
        run(seconds=0)
    assert run(seconds=float("inf")) is not None


@pytest.mark.slow
def test_many_words():
    """61 words without symmetry: the level is between what is local and what does not signal; the proof is near."""
    f = rb.BellFunctional(np.random.default_rng(0).integers(-5, 6, size=(4, 3, 2, 2)).astype(object), "A B", "X Y")
    found = rb.quantum_set(f, 2).maximum(f)
    assert f.bound(rb.bell((2, 2), (4, 3))) <= found.upper_bound <= f.bound(rb.nonsignaling_set(f)) + Fraction(1, 10**7)
    assert float(found.upper_bound) - found.value < 1e-7
