"""Symmetries that are found, against all relabelings of small scenarios and against known groups."""

import math
from fractions import Fraction

import numpy as np
import pytest
from relabelings import all_relabelings, count, random_relabeling

import relaxbell as rb
from relaxbell.permutations import orbit
from relaxbell.symmetry.generators import generators
from relaxbell.symmetry.groups import points_of

HALF = Fraction(1, 2)


def in_scenario(table, inputs, outputs):
    scenario = rb.bell(inputs, outputs).scenario
    return rb.Behavior(table, scenario.outputs, scenario.inputs, parties=scenario.parties)


def deterministic(inputs, outputs):
    """All outcomes are zero."""
    table = np.zeros((*outputs, *inputs), dtype=int)
    table[(0,) * len(outputs)] = 1
    return in_scenario(table, inputs, outputs)


def lifted():
    """A box of Popescu and Rohrlich in inputs (2, 3) and outputs (3, 2), the third setting uniform."""
    table = np.full((3, 2, 2, 3), Fraction(0), dtype=object)
    table[:2, :, :, :2] = rb.boxes.pr().exact
    table[:2, :, :, 2] = Fraction(1, 4)
    return in_scenario(table, (2, 3), (3, 2))


def few(seed, inputs, outputs):
    """Two numbers only, so that some tables have symmetries by chance."""
    rng = np.random.default_rng(seed)
    table = rng.integers(1, 3, (*outputs, *inputs)) * Fraction(1)
    return in_scenario(table / table.sum(axis=tuple(range(len(outputs)))), inputs, outputs)


SMALL = {
    "PR": rb.boxes.pr(),
    "Tsirelson": rb.boxes.tsirelson(),
    "GHZ": rb.boxes.ghz(),
    "noise (2,3), (3,2)": deterministic((2, 3), (3, 2)).white_noise(),
    "deterministic (2,3), (3,2)": deterministic((2, 3), (3, 2)),
    "deterministic, three parties": deterministic((1, 2, 2), (2, 2, 2)),
    "PR in (2,3), (3,2)": lifted(),
    "without parties": rb.Behavior([[[HALF, HALF, 0], [HALF, 0, 1]], [[0, HALF, 0], [0, 0, 0]]], "A B", "Z"),
    "without inputs": rb.Behavior([[HALF, 0], [0, HALF]], "A B", ""),
    "a party without input": rb.boxes.pr().condition({}, {"Y": 0}),
    **{f"two numbers, {seed}": few(seed, (2, 2), (2, 2)) for seed in range(6)},
    **{f"two numbers, three parties, {seed}": few(seed, (2, 1, 2), (2, 2, 2)) for seed in range(3)},
}


@pytest.mark.parametrize("name", SMALL)
def test_the_group_is_that_of_all_relabelings_that_fix_the_behavior(name):
    p = SMALL[name]
    found = p.symmetries()
    assert all((g(p).exact == p.exact).all() for g in found.generators)
    fixed = sum(bool((p.exact.ravel()[g.cells()] == p.exact.ravel()).all()) for g in all_relabelings(p.scenario))
    assert found.order == fixed


@pytest.mark.parametrize("name", SMALL)
def test_orbit_and_stabilizer(name):
    """|orbit| · |stabilizer| = |group|: the behaviors that relabelings make, listed."""
    p = SMALL[name]
    exchanges = [g.inverse.cells() for g in generators(p.scenario)]
    images = orbit(
        [tuple(p.exact.ravel())], lambda found: (tuple(np.array(t, dtype=object)[c]) for t in found for c in exchanges)
    )
    assert len(list(images)) * p.symmetries().order == count(p.scenario)


def test_known_groups():
    """PR and Tsirelson boxes: 8 images of 128 (Barrett et al., PRA 71, 022101, 2005).

    GHZ: Mermin's expression decides it, whose 16 relabelings (with its negative) are 3,072 over 192.
    """
    assert [box.symmetries().order for box in (rb.boxes.pr(), rb.boxes.tsirelson())] == [128 // 8, 128 // 8]
    assert rb.boxes.ghz().symmetries().order == 3072 // 16 == 3072 // len(rb.catalog.mermin().relabelings())
    assert rb.boxes.pr().visibility(HALF).symmetries().order == 16


@pytest.mark.parametrize(
    "functional", [rb.catalog.CHSH, rb.catalog.CH, rb.catalog.I3322, rb.catalog.mermin(), rb.catalog.cglmp(3),
                   rb.catalog.pearl(), rb.catalog.bonet()], ids=str
)  # fmt: skip
def test_functionals(functional):
    """Orbit and stabilizer once more; I3322 has 576 relabelings among (3! · 2^3)^2 · 2 = 4,608 (Collins, Gisin)."""
    found = functional.symmetries()
    assert found.order * len(functional.relabelings()) == count(functional.scenario)
    assert all((g(functional).form == functional.form).all() for g in found.generators)
    image = random_relabeling(functional.scenario, np.random.default_rng(0))(functional)
    assert image.symmetries().order == found.order
    assert image.equivalent(functional)


def test_i3322_is_symmetric_under_8_relabelings():
    assert rb.catalog.I3322.symmetries().order == 4608 // 576


@pytest.mark.parametrize("shape", [((2, 3), (3, 2)), ((2, 2, 2), (2, 2, 2)), ((2, 2, 3), (3, 2, 2)), ((4, 4), (3, 3))])
def test_a_random_behavior_has_none(shape):
    rng = np.random.default_rng(1)
    table = rng.random((*shape[1], *shape[0]))
    p = in_scenario(table / table.sum(axis=tuple(range(len(shape[1])))), *shape)
    found = p.symmetries()
    assert (found.order, found.generators) == (1, ())
    assert repr(found) == "1 relabeling"


@pytest.mark.parametrize("name", SMALL)
def test_relabeling_conjugates_the_group(name):
    """h fixes p if and only if g h g⁻¹ fixes g(p)."""
    p, rng = SMALL[name], np.random.default_rng(2)
    found = p.symmetries()
    for _ in range(3):
        g = random_relabeling(p.scenario, rng)
        image = g(p)
        assert image.symmetries().order == found.order
        assert all(((g @ h @ g.inverse)(image).exact == image.exact).all() for h in found.generators)


def chain(m):
    """Equatorial settings at angles πx/m on a singlet: p(a, b|x, y) = (1 + (−1)^{a+b} cos(π(x − y)/m))/4."""
    angle = np.arange(m) * np.pi / m
    sign = np.array([[1, -1], [-1, 1]])[:, :, None, None]
    return in_scenario((1 + sign * np.cos(angle[:, None] - angle)) / 4, (m, m), (2, 2))


@pytest.mark.parametrize("m", [3, 4, 10])
def test_settings_in_a_plane(m):
    """The 2m directions ±x on a circle: a dihedral group of 4m for both parties at once, and their exchange."""
    assert chain(m).symmetries().order == 8 * m


@pytest.mark.parametrize("m", [4, 10])
def test_the_whole_group_is_not_listed(m):
    """2^{2m} (m!)² 2 relabelings leave white noise as it is, for ten settings 2.8 · 10^19."""
    noise = chain(m).white_noise()
    found = noise.symmetries()
    assert found.order == (2**m * math.factorial(m)) ** 2 * 2 == count(noise.scenario)
    assert len(found.generators) < 4 * m


@pytest.mark.parametrize(("k", "linear"), [(1, 1), (2, 6), (3, 168), (4, 20160)])
def test_hadamard_matrices(k, linear):
    """Sylvester's matrix of order 2^k: 2^{2k+1} |GL(k, 2)| pairs of signed permutations (de Launey, Flannery, Algebraic
    Design Theory, AMS 2011, ch. 9), and its transposition."""
    matrix = np.array([[1]])
    for _ in range(k):
        matrix = np.kron(matrix, [[1, 1], [1, -1]])
    sign = np.array([[1, -1], [-1, 1]])[:, :, None, None]
    game = (1 + sign * matrix * Fraction(1, 2)) * Fraction(1, 4)
    assert in_scenario(game, matrix.shape, (2, 2)).symmetries().order == 2 ** (2 * k + 1) * linear * 2


def test_four_parties():
    noise = in_scenario(np.full((2,) * 8, Fraction(1, 16)), (2,) * 4, (2,) * 4)
    assert noise.symmetries().order == 8**4 * 24


def test_floats_are_equal_within_the_tolerance():
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(2, 2, 2, 2)) * 1e-12
    noise -= noise.mean(axis=(0, 1))
    box = rb.Behavior(rb.boxes.tsirelson().p + noise)
    assert box.symmetries().order == 16
    assert box.symmetries(tolerance=1e-15).order == 1
    assert box.symmetries(tolerance=0).order == 1
    assert rb.boxes.tsirelson().visibility(0.3).symmetries().order == 16
    wide = rb.Behavior(rb.boxes.tsirelson().p + noise * 1e6)
    assert (wide.symmetries().order, wide.symmetries(tolerance=1e-3).order) == (1, 16)


def test_exact_behaviors_are_compared_exactly():
    tiny = rb.boxes.pr().mix(deterministic((2, 2), (2, 2)), 1 - Fraction(1, 10**15))
    both = rb.boxes.pr().symmetries()
    assert tiny.symmetries().order < both.order
    assert tiny.symmetries(tolerance=1e-9).order == both.order


@pytest.mark.parametrize("tolerance", [-1e-9, 1, True, "small", float("nan")])
def test_tolerances_that_are_none(tolerance):
    with pytest.raises(rb.errors.BehaviorError, match=r"the tolerance is .*expected a number from 0 to below 1"):
        rb.boxes.pr().symmetries(tolerance=tolerance)


def test_generators_have_the_names_of_the_behavior():
    p = rb.boxes.pr().rename({"A": "Alice", "X": "Setting"}).transposed("B Alice", "Setting Y")
    found = p.symmetries()
    assert found.order == 16
    assert all((g(p).exact == p.exact).all() for g in found.generators)
    assert {name for g in found.generators for name in g.moves} == {"Alice", "B", "Setting", "Y"}
    assert repr(found).startswith("16 relabelings\n  ")


# --------------------------------------------------------------------------- models

UNFAIR = {"X": [Fraction(1, 4), Fraction(3, 4)], "Y": [HALF, HALF]}
MODELS = {
    "bell": rb.bell(),
    "bell (2,3), (3,2)": rb.bell((2, 3), (3, 2)),
    "bell, unfair": rb.bell(input_distribution=UNFAIR),
    "X -> B": rb.input_signaling(),
    "A -> B": rb.outcome_signaling(),
    "A, X -> B": rb.outcome_signaling().relax("X -> B"),
    "both ways": rb.bell().relax("X -> B", "Y -> A"),
    "M": rb.measurement_dependence(),
    "M, correlated": rb.measurement_dependence(
        input_distribution=[[HALF, Fraction(1, 8)], [Fraction(1, 8), Fraction(1, 4)]]
    ),
    "three parties": rb.bell((2, 2, 2), (2, 2, 2)),
    "three parties, one edge": rb.bell((2, 2, 2), (2, 2, 2)).relax("A -> B"),
    "message": rb.message(),
    "instrument": rb.instrumental(3, (2, 2)),
    "bilocality": rb.bilocality((2, 2), (2, 2, 2)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_models(name):
    """All relabelings that keep the set of behaviors of strategies and p(inputs), one by one."""
    model = MODELS[name]
    columns = model.T.toarray().astype(np.int8).T
    known = {row.tobytes() for row in columns}
    weights = np.broadcast_to(model.input_distribution.table, model.observed_shape).ravel()

    def keeps(g):
        cells = g.inverse.cells()
        return (weights[cells] == weights).all() and {row.tobytes() for row in columns[:, cells]} == known

    found = model.symmetries()
    assert all(keeps(g) for g in found.generators)
    assert found.order == sum(keeps(g) for g in all_relabelings(model.scenario))


def test_models_with_parties_in_pairs():
    """A1 → A2 and A3 → A4: the pairs are exchanged, not the parties."""
    model = rb.bell((2,) * 4).relax("A1 -> A2", "A3 -> A4")
    found = model.symmetries()
    names = {tuple(g.moves[a] for a in model.outputs) for g in found.generators}
    assert names == {("A1", "A2", "A3", "A4"), ("A3", "A4", "A1", "A2")}
    # outcomes: for both settings alike where a child does not see the setting
    assert found.order == 2**4 * (2 * 4) ** 2 * 2
    assert rb.star(3).symmetries().order == (2 * 4) ** 3 * 6 * math.factorial(8)


def test_settings_move_together_where_their_probabilities_say_so():
    table = [[HALF, 0], [0, HALF]]
    found = rb.measurement_dependence(input_distribution=table).symmetries()
    assert found.order == 2**4 * 2 * 2
    assert all(g.settings["X"] == g.settings["Y"] for g in found.generators)


def test_relabeled_generators_of_unequal_parties():
    found = rb.bell((2, 3), (3, 2)).symmetries()
    assert found.order == count(rb.bell((2, 3), (3, 2)).scenario) == 2 * 6**2 * 6 * 2**3
    assert all(len(points_of(g)) == 2 * 3 + 3 * 2 for g in found.generators)
