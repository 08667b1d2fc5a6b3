"""Facets: satisfied by every strategy, tight on an affinely spanning set, and complete."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from exact_reference import generic, mixed
from reference import observed_matrix, random_model

import relaxbell as rb


def check(model, found, rng, count=20):
    """Valid, tight on a facet's worth of strategies (exact rank), and complete: minimize agrees at random p."""
    domain = found.domain
    columns = np.unique(observed_matrix(model).T.astype(int), axis=0)
    tables = [column.reshape(model.observed_shape) * Fraction(1) for column in columns]
    points = np.array([domain.coordinates.project(np.array(t, dtype=object)) for t in tables], dtype=object)
    points[:, 0] = Fraction(1)
    dimension = rank(points) - 1
    assert dimension == domain.dimension
    for facet in (*found.facets, *found.positivity):
        values = points @ np.array(facet.form, dtype=object)
        assert max(values) == 0
        assert rank(points[values == 0]) == dimension
    anything = rb.measure(model, np.zeros((1, model.strategies.count)))
    names, inside = (model.outputs, model.inputs), 0
    for k in range(count):
        p = mixed(model, rng) if k % 3 == 2 else generic(model.coordinates, rng, names, sharpness=0.4 + k / 4)
        u = domain.vector(p)
        satisfied = all((np.array(f.form, dtype=object) * u).sum() <= 0 for f in found.facets)
        inside += satisfied
        if satisfied:
            assert rb.minimize(anything, p).value == 0
        else:
            with pytest.raises(rb.errors.InfeasibleError):
                rb.minimize(anything, p)
    assert inside > 0
    assert sum(len(kind) for kind in found.classes) == len(found.facets)


def rank(points):
    import flint

    return int(flint.fmpz_mat([[int(v) for v in row] for row in points]).rank())


@pytest.mark.parametrize(
    ("model", "facets", "classes"),
    [
        (rb.bell(), 24, ["CHSH"]),  # Fine, PRL 48, 291 (1982): 8 CHSH + 16
        (rb.bell((2, 3)), 48, ["CHSH"]),  # 2 × m settings need CHSH only: 24 + 24
        (rb.bell((2, 2), (3, 2)), 96, ["CHSH"]),  # 72 + 24
        (rb.bell((2, 2, 1), (2, 2, 2)), 48, [None]),  # CHSH given either outcome of a party with one setting
        (rb.instrumental(), 12, ["Pearl"]),  # Pearl: 4 + 8
        (rb.instrumental(3), 48, ["Pearl", "Bonet"]),  # Pearl 12, Bonet 24, positivity 12
        (rb.outcome_signaling(), 24, [None]),
        (rb.input_signaling(), 16, []),  # reproduces all that Alice's input may signal
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_published_polytopes(model, facets, classes):
    found = model.inequalities()
    assert len(found) == facets
    assert [kind.name for kind in found.classes] == classes
    check(model, found, np.random.default_rng(0))


def test_3322():
    found = rb.bell((3, 3)).inequalities()  # Collins and Gisin 2004: 684 = 36 + 72 + 576
    assert len(found) == 684
    assert len(found.positivity) == 36
    assert {kind.name: len(kind) for kind in found.classes} == {"CHSH": 72, "I3322": 576}


@pytest.mark.slow
def test_inputs_2_3_and_outputs_3_2():
    model = rb.bell((2, 3), (3, 2))
    found = model.inequalities(seconds=600)
    assert len(found) == 1260
    assert len(found.classes) + 1 == 5
    check(model, found, np.random.default_rng(1), 6)


@pytest.mark.parametrize("seed", range(10))
def test_random_models(seed):
    rng = np.random.default_rng(seed)
    while True:
        model, _ = random_model(rng, most=100)
        if model.coordinates.dimension <= 12 and not model.hidden:
            break
    check(model, model.inequalities(), rng, 9)


@pytest.mark.parametrize(
    "model",
    [
        rb.measurement_dependence(dependent="X", input_distribution=[[0.125, 0.125], [0.375, 0.375]]),
        rb.CausalModel(
            "X -> A; L -> A; L -> B; A -> B; L -> X",
            "X",
            "L",
            {"X": 2, "A": 2, "B": 2},
            input_distribution=[0.25, 0.75],
        ),
        rb.CausalModel(
            "X -> A <- L -> B <- Y; L -> Y; X -> Y",
            "X Y",
            "L",
            {"X": 2, "Y": 2, "A": 2, "B": 2},
            input_distribution=[[Fraction(3, 8), Fraction(1, 8)], [Fraction(1, 4), Fraction(1, 4)]],
        ),
    ],
    ids=["free and dependent", "dependent instrument", "connected settings"],
)
def test_dependent_inputs(model):
    found = model.inequalities()
    anything = rb.measure(model, np.zeros((1, model.strategies.count)))
    rng = np.random.default_rng(2)
    outcomes = []
    for _ in range(25):
        p = generic(model.coordinates, rng, (model.outputs, model.inputs))
        u = found.domain.vector(p)
        outcomes.append(all((np.array(f.form, dtype=object) * u).sum() <= 0 for f in found.facets))
        if outcomes[-1]:
            rb.minimize(anything, p)
        else:
            with pytest.raises(rb.errors.InfeasibleError):
                rb.minimize(anything, p)
    assert any(outcomes)
    assert all(outcomes) == (not found.facets)


def test_small_and_trivial_models():
    assert len(rb.bell((1,), (1,)).inequalities()) == 0
    assert len(rb.bell((2,), (3,)).inequalities()) == 6
    assert len(rb.bell((2, 2), (1, 2)).inequalities()) == 4
    assert len(rb.CausalModel("L -> A; L -> B; A -> B", [], "L", {"A": 2, "B": 3}).inequalities()) == 6


def test_faces():
    found = rb.bell().inequalities()
    assert repr(found).splitlines()[1:] == ["   8 ×  (1/4) CHSH - 1/2 <= 0", "  16 ×  positivity"]
    p = rb.boxes.tsirelson()
    worst = max(float(f(p)) for f in found.functionals())
    assert worst == pytest.approx(float((sympy.sqrt(2) - 1) / 2), abs=1e-15)


def test_no_time():
    with pytest.raises(rb.errors.ClosedFormError, match="Raise seconds"):
        rb.bell((3, 3)).inequalities(seconds=1e-9)
    for wrong in (0, -1, float("nan"), "x", None):
        with pytest.raises(rb.errors.ClosedFormError, match="positive number of seconds"):
            rb.bell().inequalities(seconds=wrong)
