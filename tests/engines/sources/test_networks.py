"""Non-bilocality: published values, independent linear programs on grids, random models, and what must be refused."""

import builtins
import itertools
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest
import sympy
from clock import replaced
from scipy.optimize import linprog

import relaxbell as rb
from relaxbell.engines.sources.settings import best_of_settings

AXES = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
DIAGONAL = list(rb.boxes.diagonal_settings())
BILOCALITY = rb.nonbilocality(rb.bilocality())


def box(v, w=None, **settings):
    return rb.boxes.entanglement_swapping(v, w, **settings)


def value_at(p, marginal):
    """Least Σ |q^ac − q^a q^c| with q^a fixed, for A and C with any numbers, by scipy from the definition."""
    oa, ob, oc, mx, mz = p.p.shape
    alphas, gammas = (list(itertools.product(range(o), repeat=m)) for o, m in ((oa, mx), (oc, mz)))
    strategies = list(itertools.product(range(len(alphas)), range(ob), range(len(gammas))))
    n, pairs = len(strategies), list(itertools.product(range(len(alphas)), range(len(gammas))))
    rows, rhs = [], []
    for a, b, c, x, z in np.ndindex(*p.p.shape):
        rows.append([float(alphas[i][x] == a and j == b and gammas[k][z] == c) for i, j, k in strategies])
        rhs.append(p.p[a, b, c, x, z])
    for i, weight in enumerate(marginal):
        rows.append([float(s[0] == i) for s in strategies])
        rhs.append(weight)
    difference = np.array(
        [[float(s[0] == i and s[2] == k) - marginal[i] * float(s[2] == k) for s in strategies] for i, k in pairs]
    )
    eye = np.eye(len(pairs))
    found = linprog(
        np.concatenate([np.zeros(n), np.ones(len(pairs))]),
        A_ub=np.block([[difference, -eye], [-difference, -eye]]),
        b_ub=np.zeros(2 * len(pairs)),
        A_eq=np.hstack([np.array(rows), np.zeros((len(rows), len(pairs)))]),
        b_eq=rhs,
    )
    return found.fun if found.status == 0 else math.inf


def random_product(model, rng, concentration=1.0):
    """A behavior of independent sources: a random product q, multiplied out strategy by strategy."""
    groups = BILOCALITY.model.independence.products[0] if model is BILOCALITY.model else model.independence.products[0]
    nodes = [node.name for node in model.strategies.nodes]
    digits = np.array([list(model.strategies.digits(s).values())[::-1] for s in range(model.strategies.count)])
    weights, keys = np.ones(len(digits)), []
    for group in groups:
        key = [tuple(row) for row in digits[:, [nodes.index(n) for n in group]].tolist()]
        values = sorted(set(key))
        own = dict(zip(values, rng.dirichlet(np.full(len(values), concentration)), strict=True))
        weights *= [own[k] for k in key]
        keys.append(key)
    rest = [i for i, n in enumerate(nodes) if not any(n in g for g in groups)]
    center = [tuple(row) for row in digits[:, rest].tolist()]
    responses = {}
    for i, key in enumerate(zip(*keys, strict=True)):
        if key not in responses:
            options = sorted(set(center))
            responses[key] = dict(zip(options, rng.dirichlet(np.full(len(options), concentration)), strict=True))
        weights[i] *= responses[key][center[i]]
    return rb.Behavior((model.T @ weights).reshape(model.observed_shape), model.outputs, model.inputs)


# --------------------------------------------------------------------- the measure


def test_fixed_marginals_are_a_convex_program_of_cvxpy():
    """M_BL(ν) = max(0, 2v² − 1 + (4ν − 1)²) with the constraint q^a = f(ν) (FACTS: distribution (54))."""
    v, nu, p = Fraction(4, 5), Fraction(1, 5), box(Fraction(4, 5))
    measure = rb.nonbilocality(rb.bilocality(), {"A": [nu, Fraction(1, 2) - nu, Fraction(1, 2) - nu, nu]})
    model, expected = measure.model, 2 * v**2 - 1 + (4 * nu - 1) ** 2
    problem = cp.Problem(cp.Minimize(measure.expression), [*model.reproduces(p), model.valid, *measure.constraints])
    problem.solve(solver=cp.HIGHS)
    assert problem.value == pytest.approx(float(expected), abs=1e-9)
    solution = rb.minimize(measure, p)
    assert solution.exact == sympy.Rational(expected.numerator, expected.denominator)
    assert value_at(p, [0.2, 0.3, 0.3, 0.2]) == pytest.approx(float(expected), abs=1e-9)


def test_erratum_e3():
    """Without q^a = f(ν) the program (52)–(53) gives 0.26275 near ν = 0.218 for v = 0.8, below the minimum 0.28."""
    p = box(Fraction(4, 5))
    measure = rb.nonbilocality(rb.bilocality(), {"A": [0.218, 0.282, 0.282, 0.218]})
    model = measure.model
    problem = cp.Problem(cp.Minimize(measure.expression), [*model.reproduces(p), model.valid])
    assert problem.solve(solver=cp.HIGHS) == pytest.approx(0.26275, abs=1e-4)


def test_value_of_any_distribution():
    q = np.random.default_rng(0).dirichlet(np.ones(64))
    table = q.reshape(4, 4, 4)
    order = [n.name for n in BILOCALITY.model.strategies.nodes]
    table = table.transpose([order.index(n) for n in "ABC"])
    joint = table.sum(axis=1)
    assert BILOCALITY.value(q) == pytest.approx(abs(joint - np.outer(joint.sum(1), joint.sum(0))).sum(), abs=1e-12)


@pytest.mark.parametrize(
    ("model", "settings", "counts"),
    [
        (rb.bilocality(), {}, (1, 1)),  # Eq. (56)
        (rb.bilocality((3, 3)), {"alice": AXES}, (4, 4)),  # Eq. (62)
        (rb.bilocality((2, 3)), {"charlie": AXES, "alice": DIAGONAL}, (1, 4)),
    ],
)
def test_numbers_of_free_parameters(model, settings, counts):
    """o^m functions less 1 + m (o − 1) equations."""
    found = rb.marginal_parameters(model, box(1, **settings))
    assert tuple(f.count for f in found) == counts
    for f in found:
        values = [Fraction(1, 7)] * f.count
        q = f.at(values)
        assert q.sum() == 1
        for x, a in itertools.product(range(len(f.labels).bit_length() - 1), range(2)):
            assert sum(v for v, label in zip(q, f.labels, strict=True) if int(label[4 + x]) == a) == Fraction(1, 2)


def test_equation_62():
    """q111 = −1/2 + 2 q000 + q001 + q010 + q100, and the three others."""
    f = rb.marginal_parameters(rb.bilocality((3, 3)), box(1, alice=AXES))[0]
    assert f.free_labels == ("q(A=000)", "q(A=001)", "q(A=010)", "q(A=100)")
    n1, n2, n3, n4 = sympy.symbols("ν1:5")
    half, found = sympy.Rational(1, 2), f.to_sympy()
    assert sympy.expand(found["q(A=111)"] - (-half + 2 * n1 + n2 + n3 + n4)) == 0
    assert sympy.expand(found["q(A=011)"] - (half - n1 - n2 - n3)) == 0
    assert sympy.expand(found["q(A=101)"] - (half - n1 - n2 - n4)) == 0
    assert sympy.expand(found["q(A=110)"] - (half - n1 - n3 - n4)) == 0


def test_symbolic_behaviors_give_symbolic_parameters():
    """Eq. (56) for p(a=0|x) = s_x: q01 = s_0 − ν, q10 = s_1 − ν, q11 = 1 − s_0 − s_1 + ν."""
    s = sympy.symbols("s0 s1")
    table = np.empty((2, 4, 2, 2, 2), dtype=object)
    for a, b, c, x, z in np.ndindex(*table.shape):
        table[a, b, c, x, z] = (s[x] if a == 0 else 1 - s[x]) / 8
    nu = sympy.Symbol("ν1")
    found = rb.marginal_parameters(rb.bilocality(), table)[0].to_sympy()
    assert sympy.expand(found["q(A=01)"] - (s[0] - nu)) == 0
    assert sympy.expand(found["q(A=10)"] - (s[1] - nu)) == 0
    assert sympy.expand(found["q(A=11)"] - (1 - s[0] - s[1] + nu)) == 0
    with pytest.raises(rb.errors.MeasureError, match="of shape"):
        rb.marginal_parameters(rb.bilocality(), [1, 2])


def test_measures_are_made_again_from_their_definition():
    fixed = rb.nonbilocality(rb.bilocality(), {"A": [Fraction(1, 3), Fraction(1, 6), Fraction(1, 6), Fraction(1, 3)]})
    for measure in (BILOCALITY, fixed):
        again = pickle.loads(pickle.dumps(measure.recipe().made(measure.model)))
        assert type(again) is type(measure)
        assert repr(again) == repr(measure)
    rows, own = (next(m.term.leaves()).rows.array for m in (again, fixed))
    assert (rows != own).nnz == 0
    assert {k: v.tolist() for k, v in again.fixed.items()} == {k: v.tolist() for k, v in fixed.fixed.items()}


def test_irrational_marginals_are_kept_exactly():
    p = rb.Behavior(
        [[[[[sympy.sqrt(2) / 2 if a == b == c == 0 else 0 if (a, b, c) != (1, 1, 1) else 1 - sympy.sqrt(2) / 2]]
           for c in range(2)] for b in range(2)] for a in range(2)],
        "A B C", "X Z",
    )  # fmt: skip
    f = rb.marginal_parameters(rb.bilocality((1, 1), (2, 2, 2)), p)[0]
    assert f.count == 0
    assert f.to_sympy()["q(A=0)"] == sympy.sqrt(2) / 2


@pytest.mark.parametrize("v", [Fraction(4, 5), Fraction(1), Fraction(3, 4)])
def test_ranges(v):
    """ν ∈ [v²/4, 1/2 − v²/4] (paper, after Eq. 58: 0.16 and 0.34 for v = 0.8, one point for v = 1)."""
    for ends in rb.marginal_ranges(rb.bilocality(), box(v)).values():
        low, high = v**2 / 4, Fraction(1, 2) - v**2 / 4
        assert ends.minimum.exact == sympy.Rational(low.numerator, low.denominator)
        assert -ends.maximum.exact == sympy.Rational(high.numerator, high.denominator)


# ----------------------------------------------------------------- global minimum


@pytest.mark.parametrize("v", [0.75, 0.8, 0.85, 0.9, 1, Fraction(3, 4), Fraction(17, 20), Fraction(71, 100)])
def test_entanglement_swapping(v):
    """min M_BL = max(0, 2v² − 1) (Figs. 4 and 5): within a certified interval of width 1e-6."""
    solution = rb.minimize(BILOCALITY, box(v))
    expected = max(0.0, 2 * float(v) ** 2 - 1)
    assert solution.kind == "rigorous"
    assert solution.network == "exact"
    assert solution.value - solution.lower_bound <= 1e-6
    assert solution.lower_bound - 1e-12 <= expected <= solution.value + 1e-9
    assert solution.value == pytest.approx(rb.catalog.star_values(box(v)).B ** 2 - 1, abs=1e-6)


@pytest.mark.slow
def test_the_curve_of_figure_5_as_a_sweep():
    """max(0, 2v² − 1) on a grid, in this process and elsewhere; symmetries of floats are found as in `minimize`."""
    columns = rb.sweep(BILOCALITY, {v: box(v) for v in (0.6, 0.75, Fraction(9, 10))}, progress=False)
    expected = np.array([0, 0.125, 0.62])
    assert (columns.status == "optimal").all()
    assert (columns.lower_bounds <= expected + 1e-12).all()
    assert columns.lower_bounds == pytest.approx(expected, abs=1e-6)
    assert columns.values == pytest.approx(expected, abs=1e-6)
    three = rb.nonbilocality(rb.bilocality((3, 3)))
    floats = [tuple(map(float, r)) for r in [*DIAGONAL, (0, 1, 0)]]
    with ThreadPoolExecutor(1) as executor:
        columns = rb.sweep(three, [box(0.75, alice=floats)], executor=executor, progress=False)
    assert columns.status[0] == "optimal"
    assert columns.lower_bounds[0] == pytest.approx(0.125, abs=1e-6)


@pytest.mark.parametrize(("v", "w"), [(1, Fraction(1, 2)), (Fraction(4, 5), Fraction(5, 8)), (0.9, 0.5)])
def test_unequal_visibilities_at_and_below_the_threshold(v, w):
    """Bilocal if and only if v w ≤ 1/2."""
    solution = rb.minimize(BILOCALITY, box(v, w))
    assert solution.value <= 1e-9
    assert solution.decomposition is not None


def test_unequal_visibilities_above_the_threshold():
    assert rb.minimize(BILOCALITY, box(1, Fraction(51, 100))).lower_bound == pytest.approx(0.02, abs=1e-6)


def test_an_explicit_bilocal_model():
    """v² = 0.49: multiplied out here, in Fractions, from the marginals and Bob's response alone."""
    p = box(Fraction(7, 10))
    solution = rb.minimize(BILOCALITY, p)
    found = solution.decomposition
    assert solution.exact == 0
    assert found.is_exact
    (alpha, gamma), response = found.weights, found.response
    for a, b, c, x, z in np.ndindex(*p.p.shape):
        total = sum(
            alpha[i] * gamma[k] * response[i, k, b]
            for i, k in itertools.product(range(4), range(4))
            if (i >> (1 - x)) & 1 == a and (k >> (1 - z)) & 1 == c
        )
        assert total == p.exact[a, b, c, x, z]
    assert (found.behavior().exact == p.exact).all()


def test_the_ternary_example():
    """Bilocal with q000 = 0, q001 = q010 = q100 = 1/4 (paper, end of the appendix), hence q111 = 1/4."""
    model, p, quarter = rb.bilocality((3, 3)), box(1, alice=AXES), Fraction(1, 4)
    printed = rb.marginal_parameters(model, p)[0].at([0, quarter, quarter, quarter])
    assert printed.tolist() == [0, quarter, quarter, 0, quarter, 0, 0, quarter]
    fixed = rb.minimize(rb.nonbilocality(model, {"A": printed}), p)
    assert fixed.exact == 0
    assert fixed.decomposition.error == 0
    assert rb.minimize(rb.nonbilocality(model), p).exact == 0


@pytest.mark.slow
@pytest.mark.parametrize("v", [0.70, Fraction(72, 100), Fraction(3, 4)])
def test_three_settings_that_contain_the_diagonal_ones(v):
    """At least 2v² − 1, that of the binary scenario within it; bilocal at v = 0.70."""
    p = box(v, alice=[*DIAGONAL, (0, 1, 0)])
    solution = rb.minimize(rb.nonbilocality(rb.bilocality((3, 3))), p)
    expected = max(0.0, 2 * float(v) ** 2 - 1)
    assert solution.value >= expected - 1e-9
    assert solution.value - solution.lower_bound <= 1e-6
    assert (solution.decomposition is not None) == (expected == 0)
    if expected:
        assert solution.lower_bound > 0.99 * expected


@pytest.mark.slow
def test_symmetries_remove_parameters_and_change_nothing():
    """Three settings: 4 + 4 parameters become 1 + 1. The best model found satisfies the full problem."""
    p = box(Fraction(3, 4), alice=[*DIAGONAL, (0, 1, 0)])
    solution = rb.minimize(rb.nonbilocality(rb.bilocality((3, 3))), p)
    assert solution.statistics["parameters"] == 2
    assert solution.statistics["parameters removed by symmetry"] == 6
    marginal = [float(v) for v in solution.marginals["A"].values()]
    assert value_at(p, marginal) == pytest.approx(solution.value, abs=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize(("v", "expected"), [(0.85, 0.372443), (0.9, 0.523939)])
def test_star_of_three(v, expected):
    """FACTS has 0.372443 for v = 0.85 from another solver; 0.9 is this package's own certified interval."""
    solution = rb.minimize(rb.nonbilocality(rb.star(3)), rb.boxes.star(3, v), tolerance=1e-4)
    assert solution.kind == "rigorous"
    assert solution.value - solution.lower_bound <= 1e-4
    assert solution.lower_bound - 1e-6 <= expected <= solution.value + 1e-6


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        rb.bilocality((2, 3), (3, 2, 2)),
        rb.bilocality((2, 2), (2, 3, 3)),
        rb.bilocality((2, 2), (3, 2, 3)),
        rb.bilocality((2, 2, 2), (2, 2, 2)),
        rb.star(3, center=2),
        rb.star(2, (2, 2, 3), center=2, parties=(2, 1)),
    ],
    ids=lambda m: m.name,
)
@pytest.mark.parametrize("concentration", [1.0, 0.2])
def test_random_products_are_recognized(model, concentration):
    p = random_product(model, np.random.default_rng(7), concentration)
    solution = rb.minimize(rb.nonbilocality(model), p, seconds=600)
    assert solution.value <= 1e-8
    assert solution.decomposition is not None
    assert abs(solution.decomposition.behavior().p - p.p).max() <= 1e-8
    assert solution.decomposition.response.min() >= 0
    assert solution.decomposition.response.sum(axis=-1) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_random_behaviors_against_a_grid(seed):
    """Shared randomness: the certified bound lies below an independent grid over ν, the value is attained."""
    rng = np.random.default_rng(seed)
    model = rb.bilocality((2, 2), (2, 2, 2))
    q = rng.dirichlet(np.full(model.strategies.count, 0.2))
    p = rb.Behavior((model.T @ q).reshape(model.observed_shape), model.outputs, model.inputs)
    solution = rb.minimize(rb.nonbilocality(model), p)
    assert 0 < solution.lower_bound <= solution.value <= solution.lower_bound + 1e-6
    f = rb.marginal_parameters(model, p)[0]
    low, high = rb.marginal_ranges(model, p)[f.free_labels[0]]
    constant, slope = f.constant.astype(float), f.matrix.astype(float)[:, 0]
    grid = [value_at(p, constant + slope * nu) for nu in np.linspace(low, high, 15)[1:-1]]
    assert min(grid) >= solution.lower_bound - 1e-9
    marginal = [float(v) for v in solution.marginals["A"].values()]
    assert value_at(p, marginal) == pytest.approx(solution.value, abs=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "v", "seed"), [((2, 3), 0.8, 1), ((3, 3), 0.75, 1)])
def test_five_and_eight_parameters_without_symmetry(sizes, v, seed):
    """Settings near the symmetric ones: the value is attained at the marginal found, and parts of p need no more."""
    rng = np.random.default_rng(seed)
    ideal = np.array([tuple(map(float, r)) for r in [*DIAGONAL, (0, 1, 0)]])
    alice, charlie = (ideal[:m] + 0.05 * rng.normal(size=(m, 3)) for m in sizes)
    alice, charlie = ([(r / np.linalg.norm(r)).tolist() for r in own] for own in (alice, charlie))
    p = box(v, alice=alice, charlie=charlie)
    solution = rb.minimize(rb.nonbilocality(rb.bilocality(sizes)), p)
    assert solution.status == "optimal"
    assert solution.statistics["parameters"] == sum(2**m - 1 - m for m in sizes)  # 2^m functions, 1 + m equations
    marginal = [float(weight) for weight in solution.marginals["A"].values()]
    assert value_at(p, marginal) == pytest.approx(solution.value, abs=1e-7)
    part = rb.minimize(BILOCALITY, rb.Behavior(p.p[..., :2, :2], "A B C", "X Z"))
    assert part.lower_bound <= solution.value


@pytest.mark.slow
def test_a_star_of_four_returns_an_interval():
    """4096 strategies: the model found reproduces p, and its value is what is reported."""
    p, measure = rb.boxes.star(4, 0.9), rb.nonbilocality(rb.star(4))
    solution = rb.minimize(measure, p, seconds=15)
    assert solution.status == "time limit"
    assert solution.kind == "rigorous"
    assert 0 < solution.lower_bound <= solution.value < 0.5
    assert abs(measure.model.T @ solution.q.weights - p.p.ravel()).max() < 1e-8
    assert measure.value(solution.q.weights) == pytest.approx(solution.value, abs=1e-7)


@pytest.mark.slow
def test_sub_scenarios_and_a_time_limit_return_an_interval(monkeypatch):
    """Nine free parameters without symmetry: the bound of two settings each holds for all; honest ends in any time."""
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(2, 3, 3))
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    alice = [*[tuple(map(float, r)) for r in DIAGONAL], vectors[0, 0].tolist()]
    p = box(0.95, alice=alice, charlie=[*alice[:2], vectors[1, 0].tolist()])
    model = rb.bilocality((3, 3))
    least = 2 * 0.95**2 - 1
    assert best_of_settings(model, p, 1e-6, np.inf) >= least - 1e-5
    replaced(monkeypatch, step=0.003)
    solution = rb.minimize(rb.nonbilocality(model), p, seconds=6)
    assert solution.status == "time limit"
    assert 0 < solution.lower_bound < least <= solution.value
    assert abs(model.T @ solution.q.weights - p.p.ravel()).max() < 1e-8
    assert f"{solution.value:.9g}]" in repr(solution)


def test_networks_where_products_are_only_necessary_say_so():
    """A line of four parties: independent coins are compatible; two copies of a coin at the ends are not."""
    sizes = dict.fromkeys("ABCD", 2)
    line = rb.CausalModel("A <- L1 -> B <- L2 -> C <- L3 -> D", "", "L1 L2 L3", sizes)
    coins = rb.Behavior(np.full((2, 2, 2, 2), Fraction(1, 16)), "A B C D", "")
    free = rb.minimize(rb.nonbilocality(line), coins)
    assert free.network == "lower bound"
    assert "only a lower bound" in repr(free)
    assert free.value == 0
    assert free.decomposition is None
    table = np.full((2, 2, 2, 2), Fraction(0))
    for a, b, c in np.ndindex(2, 2, 2):
        table[a, b, c, a] = Fraction(1, 8)
    copied = rb.minimize(rb.nonbilocality(line), rb.Behavior(table, "A B C D", ""))
    # |p(a,cd) − p(a) p(cd)| sums to 1 for each of the two families: half the mass is misplaced
    assert copied.value == pytest.approx(2.0, abs=1e-6)
    assert copied.lower_bound == pytest.approx(2.0, abs=1e-6)


@pytest.mark.parametrize(("p", "least"), [(rb.boxes.pr(), Fraction(1, 2)), (rb.boxes.tsirelson(), None)])
def test_settings_with_a_source_of_their_own(p, least):
    """Then the measure is the measurement dependence M(X,Y:Λ), with marginals that p(x,y) fixes."""
    sizes = dict.fromkeys("XYAB", 2)
    model = rb.CausalModel("L -> A; L -> B; K -> X; X -> A; Y -> B; K -> Y", "X Y", "L K", sizes, outputs="A B")
    solution = rb.minimize(rb.nonbilocality(model), p)
    shared = rb.minimize(rb.dependence(rb.measurement_dependence()), p)
    assert solution.exact == shared.exact
    assert least is None or solution.attained == least
    assert solution.upper_bound >= solution.lower_bound == solution.value


def test_scan_is_figure_4():
    found = rb.scan(BILOCALITY, box(0.8))
    nu = found.points[:, 0]
    assert (nu[0], nu[-1]) == pytest.approx((0.16, 0.34), abs=1e-9)
    assert np.allclose(found.values, 0.28 + (4 * nu - 1) ** 2, atol=1e-9)
    assert (found.lower_bounds <= found.values).all()
    assert np.allclose(found.lower_bounds, found.values, atol=1e-9)
    assert found.least[0] == pytest.approx(0.28, abs=1e-9)


def test_scan_of_four_parameters():
    found = rb.scan(rb.nonbilocality(rb.bilocality((3, 3))), box(1, alice=AXES), points=3)
    assert found.points.shape[1] == 4
    assert found.least[0] == pytest.approx(0, abs=1e-9)


def test_what_no_shared_randomness_reproduces_has_a_witness():
    """Given b, A and C share a singlet rotated: with settings (Z ± X)/√2 against X, Z they violate CHSH."""
    p = box(1, alice=DIAGONAL, charlie=[(1, 0, 0), (0, 0, 1)])
    with pytest.raises(rb.errors.InfeasibleError) as error:
        rb.minimize(BILOCALITY, p)
    witness = error.value.witness
    assert witness.violation > 0.1
    assert float(witness.functional(p)) > float(witness.functional.bound(rb.bilocality().shared())) + 0.1


def test_scip_agrees_and_is_labeled():
    pytest.importorskip("pyscipopt")
    solution = rb.minimize(BILOCALITY, box(Fraction(4, 5)), solver="scip", tolerance=1e-5)
    assert solution.kind == "solver bound"
    assert "solver bound, not rigorous" in repr(solution)
    assert solution.value == pytest.approx(0.28, abs=1e-5)
    assert solution.lower_bound == pytest.approx(0.28, abs=2e-5)
    assert solution.exact is None


def test_scip_without_time_returns_an_interval():
    pytest.importorskip("pyscipopt")
    rng = np.random.default_rng(0)
    model = rb.bilocality((3, 3), (3, 2, 2))
    q = rng.dirichlet(np.full(model.strategies.count, 0.2))
    p = rb.Behavior((model.T @ q).reshape(model.observed_shape), model.outputs, model.inputs)
    measure = rb.nonbilocality(model)
    solution = rb.minimize(measure, p, solver="scip", seconds=0.1)
    assert 0 <= solution.lower_bound <= min(solution.value, measure.value(q) + 1e-9)
    assert solution.kind == "solver bound"


def test_without_scip_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("pyscipopt"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(rb.errors.SolverError, match=r'pip install -e "\.\[global\]"'):
        rb.minimize(BILOCALITY, box(Fraction(4, 5)), solver="scip")
    assert rb.minimize(BILOCALITY, box(Fraction(4, 5))).value == pytest.approx(0.28, abs=1e-6)


TRIANGLE = rb.CausalModel("A <- L1 -> B <- L2 -> C <- L3 -> A", "", "L1 L2 L3", dict.fromkeys("ABC", 2))
P = box(Fraction(4, 5))


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: rb.nonbilocality(TRIANGLE), rb.errors.UnsupportedModelError, "inflation"),
        (lambda: rb.nonbilocality(rb.bell()), rb.errors.UnsupportedModelError, "nothing to be independent"),
        (lambda: rb.nonbilocality(rb.bilocality(), {"B": [1]}), rb.errors.MeasureError, "no group 'B'"),
        (lambda: rb.nonbilocality(rb.bilocality(), {"A": [1]}), rb.errors.MeasureError, "expected 4"),
        (lambda: rb.nonbilocality(rb.bilocality(), {"A": [1, 1, 0, 0]}), rb.errors.MeasureError, "sums to 2"),
        (lambda: rb.nonbilocality(rb.star(3), {"A1": [0.25] * 4}), rb.errors.MeasureError, "all but one"),
        (lambda: BILOCALITY.expression, rb.errors.MeasureError, "Fix marginals"),
        (lambda: BILOCALITY + BILOCALITY, rb.errors.MeasureError, "no sum"),
        (lambda: BILOCALITY <= 1, rb.errors.MeasureError, "no budget"),
        (lambda: rb.minimize(BILOCALITY, P, solver="highs"), rb.errors.MeasureError, "expected 'scip'"),
        (lambda: rb.minimize(BILOCALITY, P, [BILOCALITY.model.q[0] <= 1]),
         rb.errors.MeasureError, "further constraints"),
        (lambda: rb.minimize(BILOCALITY, P, tolerance=0),
         rb.errors.MeasureError, "tolerance is 0, expected a positive"),
        (lambda: rb.minimize(BILOCALITY, P, seconds="1"),
         rb.errors.MeasureError, "seconds is '1', expected a positive"),
        (lambda: rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr(), tolerance=1),
         rb.errors.MeasureError, "no option for C.*expected solver or thorough"),
        (lambda: rb.minimize(BILOCALITY, rb.Observed([(rb.catalog.CHSH, 2)])),
         rb.errors.MeasureError, "whole behavior"),
        (lambda: rb.minimize(rb.nonbilocality(rb.bilocality(), {"A": [0.5, 0.5, 0, 0]}), P),
         rb.errors.InfeasibleError, "requires"),
        (lambda: rb.minimize(rb.nonbilocality(rb.bilocality(), {"A": [0.1, 0.4, 0.4, 0.1]}), P),
         rb.errors.InfeasibleError, "marginal_ranges"),
        (lambda: rb.scan(rb.influence(rb.input_signaling(), "X", "B"), P), rb.errors.MeasureError, "scan is for"),
        (lambda: rb.closed_form(BILOCALITY), rb.errors.MeasureError, "not convex"),
        (lambda: rb.curve(BILOCALITY, rb.Observed([(rb.catalog.CHSH, 1)]), rb.Observed([(rb.catalog.CHSH, 2)])),
         rb.errors.BehaviorError, "expected two behaviors"),
        (lambda: rb.nonbilocality(rb.bilocality(), [0.25] * 4) <= 1, rb.errors.MeasureError, "constraints"),
        (lambda: rb.critical_visibility(rb.bilocality(), P), rb.errors.UnsupportedModelError, "not convex.*crossing"),
        (lambda: rb.bilocality().inequalities(), rb.errors.UnsupportedModelError, "no polytope"),
    ],
)  # fmt: skip
def test_errors(attempt, error, message):
    with pytest.raises(error, match=message):
        attempt()
