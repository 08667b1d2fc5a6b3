"""Rigor of the relaxations: no bound exceeds what a model attains, whatever the multipliers, boxes and symmetries."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

import relaxbell as rb
from relaxbell.engines.sources.branching import branch
from relaxbell.engines.sources.program import BoxProgram
from relaxbell.engines.sources.relaxation import Relaxation, follow, ranges, some_model
from relaxbell.engines.sources.scenario import read_scenario

MODELS = [
    rb.bilocality(),
    rb.bilocality((2, 3), (3, 2, 2)),
    rb.star(3, (2, 1, 2), (2, 3, 2), center=2),
    rb.CausalModel("A <- L1 -> B <- L2 -> C <- L3 -> D; X -> A", "X", "L1 L2 L3", dict.fromkeys("ABCDX", 2)),
    rb.CausalModel(
        "X -> A <- L1 -> B <- L2 -> C; L1 -> D; A -> D",
        "X",
        "L1 L2",
        dict.fromkeys("XBCD", 2) | {"A": 3},
        name="signal",
    ),
]


def random_behavior(model, rng):
    q = rng.dirichlet(np.full(model.strategies.count, 0.1))
    return q, rb.Behavior((model.T @ q).reshape(model.observed_shape), model.outputs, model.inputs)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
@pytest.mark.parametrize("seed", range(3))
def test_bounds_of_boxes_hold_for_the_models_inside(model, seed):
    """q itself reproduces its behavior, so its value limits the bound of every box with its marginals."""
    rng = np.random.default_rng(seed)
    q, p = random_behavior(model, rng)
    measure = rb.nonbilocality(model)
    scenario = read_scenario(measure, p)
    relaxation, whole, value = Relaxation(scenario), ranges(scenario), measure.value(q)
    for _ in range(6):
        box = []
        for product, own in zip(scenario.products, whole, strict=True):
            sides = []
            for side, (low, high) in zip(product, own, strict=True):
                marginal = side.group.rows @ q
                assert (low <= marginal + 1e-12).all()
                assert (marginal <= high + 1e-12).all()
                sides.append(
                    (low + rng.random() * (marginal - low) - 1e-12, high + rng.random() * (marginal - high) + 1e-12)
                )
            box.append(tuple(sides))
        tight = follow(scenario, tuple(box))
        assert tight is not None
        solved = relaxation.solve(tight)
        assert solved is not None
        assert len(solved[0])
        assert solved[1] <= value + 1e-9
        wild = relaxation.program.bound(rng.normal(size=len(relaxation.program.lower)))
        assert wild <= value + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_bounds_include_all_rounding_errors(seed):
    """The float bound is below the same formula in Fractions, for multipliers of very different sizes."""
    rng = np.random.default_rng(seed)
    m, n = 6, 9
    matrix = rng.normal(size=(m, n)) * 10.0 ** rng.integers(-3, 4, (m, n))
    lower, upper, cost = rng.normal(size=m), None, rng.normal(size=n)
    upper = lower.copy()
    lower[4], upper[5] = -np.inf, np.inf
    program = BoxProgram(sp.csc_array(matrix), cost, lower, upper, [slice(0, 4), slice(4, 7)])
    y = rng.normal(size=m) * 10.0 ** rng.integers(-4, 5, m)
    y[4], y[5] = -abs(y[4]), abs(y[5])
    side = [lower[i] if y[i] > 0 else upper[i] for i in range(m)]
    reduced = [Fraction(cost[j]) - sum(Fraction(matrix[i, j]) * Fraction(y[i]) for i in range(m)) for j in range(n)]
    exact = sum(Fraction(y[i]) * Fraction(side[i]) for i in range(m))
    for block in (range(4), range(4, 7)):
        exact += max(min(reduced[j] for j in block), sum(min(reduced[j], 0) for j in block))
    exact += sum(min(reduced[j], 0) for j in (7, 8))
    found = program.bound(y)
    assert Fraction(found) <= exact
    assert float(exact) - found <= 1e-9 * max(1.0, float(abs(exact)))


def test_symmetries_are_those_of_the_behavior():
    """Every relabeling found leaves the table as it is, and the relaxed bound stays below unsymmetric models."""
    p = rb.boxes.entanglement_swapping(Fraction(9, 10), alice=[(1, 0, 0), (0, 1, 0), (0, 0, 1)])
    measure = rb.nonbilocality(rb.bilocality((3, 3)))
    small, large = read_scenario(measure, p), read_scenario(measure, p, symmetric=False)
    assert (small.parameters, small.reduced, large.parameters) == (2, 6, 8)
    best = branch(small, ranges(small), 1e-6, np.inf)
    rng = np.random.default_rng(0)
    relaxation = Relaxation(large)
    from relaxbell.engines.sources.branching import Search, Upper

    upper, found = Upper(large), Search()
    for _ in range(5):
        relaxation.program.cost[: measure.model.strategies.count] = rng.normal(size=measure.model.strategies.count)
        x, _ = relaxation.solve(ranges(large))
        upper.improve(found, relaxation.point(x), 0.0, np.inf)
    assert found.value >= best.lower - 1e-9


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_without_time_ranges_are_trivial_and_a_model_is_found(model):
    """Then nothing is known but 0 ≤ q^a ≤ 1; any q that reproduces p is still an upper bound."""
    _, p = random_behavior(model, np.random.default_rng(2))
    scenario = read_scenario(rb.nonbilocality(model), p)
    for product in ranges(scenario, end=0.0):
        for low, high in product:
            assert not low.any()
            assert (high == 1).all()
    q = some_model(scenario)
    assert q.min() >= 0
    assert abs(model.T @ q - p.p.ravel()).max() < 1e-9


def test_without_time_infeasible_behaviors_are_refused():
    p = rb.boxes.entanglement_swapping(1, alice=[(1, 0, 0), (0, 0, 1)], charlie=rb.boxes.diagonal_settings())
    scenario = read_scenario(rb.nonbilocality(rb.bilocality()), p)
    assert ranges(scenario, end=0.0) is None
    assert some_model(scenario) is None


def test_a_behavior_without_symmetries_keeps_its_parameters():
    _, p = random_behavior(MODELS[1], np.random.default_rng(1))
    assert read_scenario(rb.nonbilocality(MODELS[1]), p).reduced == 0


def test_boxes_that_meet_at_the_minimum():
    """McCormick inequalities are exact at corners: boxes that meet at ν = μ = 1/4 prove 2v² − 1 = 0.28."""
    p = rb.boxes.entanglement_swapping(Fraction(4, 5))
    scenario = read_scenario(rb.nonbilocality(rb.bilocality()), p)
    whole, relaxation = ranges(scenario), Relaxation(scenario)
    cuts = np.linspace(0.16, 0.34, 5)
    bounds = []
    for (a, b), (c, d) in itertools.product(itertools.pairwise(cuts), repeat=2):
        (((low_a, high_a), (low_c, high_c)),) = whole
        own = [end.copy() for end in (low_a, high_a, low_c, high_c)]
        own[0][0], own[1][0], own[2][0], own[3][0] = a, b, c, d
        tight = follow(scenario, (((own[0], own[1]), (own[2], own[3])),))
        solved = relaxation.solve(tight)
        bounds.append(solved[1])
    assert min(bounds) <= 0.28
    assert min(bounds) == pytest.approx(0.28, abs=1e-11)
