"""Lower bounds by dual polynomials: true for any numbers, exact at the least value."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from network_reference import products_of, random_network_behavior

import relaxbell as rb
from relaxbell.engines.sources.cover import Prover, cover, pieces
from relaxbell.engines.sources.polynomials import Layout, lower_bound
from relaxbell.engines.sources.scenario import read_scenario
from relaxbell.exact.numbers import to_floats


def scenario_of(model, p):
    return read_scenario(rb.nonbilocality(model), p, symmetric=False)


@pytest.mark.parametrize(("v", "w"), [("3/4", "3/4"), ("4/5", "4/5"), ("9/10", "4/5"), ("1", "3/4"), ("1", "1")])
def test_the_least_value_is_exact(v, w):
    """2 v₁ v₂ − 1 (paper, after Eq. 60, for v₁ = v₂): over all ν, by two boxes."""
    v, w = Fraction(v), Fraction(w)
    solution = rb.minimize(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(v, w))
    assert Fraction(str(solution.exact)) == 2 * v * w - 1
    assert solution.lower_bound == solution.value == float(2 * v * w - 1)
    assert len(list(pieces(solution.everywhere.cover))) <= 2


def graph(text, **more):
    """Of binary nodes and two sources."""
    size = {name: 2 for name in "ABCDXYZW" if name in text} | more
    return rb.CausalModel(text, inputs=[n for n in size if n in "XYZW"], latent="L M", cardinality=size)


MODELS = {
    "binary": lambda: rb.bilocality(),
    "one setting": lambda: rb.bilocality((2, 1), (2, 3, 3)),
    "three outcomes": lambda: rb.bilocality((1, 2), (3, 2, 2)),
    "a star": lambda: rb.star(3, (1, 2, 1), (2, 2, 2)),
    "a setting in the middle": lambda: graph("X -> A; L -> A; L -> B; Y -> B; M -> B; M -> C; Z -> C"),
    "two parties on a source": lambda: graph("X -> A; L -> A; L -> B; M -> B; M -> C; M -> D; Z -> C; W -> D", Z=1),
    "an answer within a group": lambda: graph("X -> A; L -> A; A -> D; L -> D; L -> B; M -> B; M -> C; Z -> C"),
    "an answer of the middle": lambda: graph("X -> A; L -> A; L -> B; M -> B; M -> C; Z -> C; B -> C"),
    "no middle": lambda: graph("X -> A; L -> A; M -> B; Y -> B"),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.slow
def test_values_of_random_behaviors_agree_with_a_grid(name, seed):
    model = MODELS[name]()
    p = random_network_behavior(model, seed, denominator=300)
    solution = rb.minimize(rb.nonbilocality(model), p, seconds=2)
    layout = Layout.of(scenario_of(model, p))
    names = [*(s.group.nodes for s in layout.families[0].held), layout.families[0].last.nodes]
    products = products_of(model, names)
    observed = to_floats(model.match(p).table.ravel())
    best = products.grid(model.T.toarray(), observed)
    assert solution.lower_bound <= best + 1e-9
    assert products.distance(to_floats(solution.q.weights)) == pytest.approx(solution.value, abs=1e-9)
    if solution.exact is not None:
        assert solution.value <= best + 1e-9


@pytest.mark.parametrize(("model", "seed"), [(rb.bilocality(), 0), (rb.star(3, (2, 2, 1), (2, 2, 3)), 1)])
def test_any_polynomials_bound_the_value_at_any_marginals(model, seed):
    """Random y, s, z: never above an independent linear program at random ν in the box."""
    p, rng = random_network_behavior(model, seed), np.random.default_rng(seed)
    layout = Layout.of(scenario_of(model, p))
    (family,) = layout.families
    products = products_of(model, [*(s.group.nodes for s in family.held), family.last.nodes])
    observed = to_floats(model.match(p).table.ravel())

    def numbers(*shape):
        drawn = [Fraction(int(v), 10) for v in rng.integers(-10, 11, int(np.prod(shape)))]
        return np.array(drawn, dtype=object).reshape(shape)

    corners, points = len(layout.corners), len(layout.points)
    region = layout.root()
    ends = [products.segment(model.T.toarray(), observed, g) for g in range(len(family.held))]
    for _ in range(3):
        y = [numbers(corners, family.weights * family.last.count)]
        s = [numbers(corners, side.group.count) for side in family.held]
        bound = float(lower_bound(layout, region, y, s, numbers(points, len(observed))))
        for t in product((0, 0.3, 1), repeat=len(ends)):
            fixed = [low + x * (high - low) for x, (low, high) in zip(t, ends, strict=True)]
            assert bound <= products.least(model.T.toarray(), observed, fixed) + 1e-9


def test_the_program_promises_what_its_duals_prove():
    """Over a box cut elsewhere than at the best marginals, the solver's value and the exact bound agree."""
    scenario = scenario_of(rb.bilocality(), rb.boxes.entanglement_swapping(Fraction(4, 5)))
    region = ((Fraction(1, 5), Fraction(3, 10)),)
    found = Prover([scenario], [Fraction(1, 4)]).over(region)
    assert found.bounds[0] >= Fraction(1, 4)
    assert Prover([scenario], [Fraction(7, 25)]).over(region) is None


def test_more_than_the_least_value_is_not_proved():
    scenario = scenario_of(rb.bilocality(), rb.boxes.entanglement_swapping(Fraction(4, 5)))
    point = [Fraction(1, 4)]
    assert cover([scenario], [Fraction(7, 25)], point, most=10, seconds=60) is not None
    assert cover([scenario], [Fraction(7, 25) + Fraction(1, 10**6)], point, most=30, seconds=60) is None
    assert cover([scenario], [Fraction(7, 25)], point, most=1, seconds=60) is None
    assert cover([scenario], [Fraction(7, 25)], point, most=10, seconds=1e-9) is None


def test_a_region_that_no_marginals_of_the_behavior_reach():
    """At v = 4/5 only 0.16 ≤ ν ≤ 0.34 reproduce p (after Eq. 58): elsewhere anything up to 2 is proved."""
    scenario = scenario_of(rb.bilocality(), rb.boxes.entanglement_swapping(Fraction(4, 5)))
    found = Prover([scenario], [Fraction(2)]).over(((Fraction(0), Fraction(1, 10)),))
    assert found is not None
    assert found.bounds[0] >= 2
