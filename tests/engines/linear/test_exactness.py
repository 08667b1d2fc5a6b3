"""Exact minima: published values, exact q checked with plain loops, and an independent simplex of Fractions."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy
from exact_reference import fraction, generic, least_influence, mixed
from reference import free_settings, influence_rows, random_model, run, strategies

import relaxbell as rb
from relaxbell.engines.linear.exactness import scaled_rhs
from relaxbell.engines.linear.program import Problem, linear_program
from relaxbell.exact.numbers import Surd, as_exact, to_sympy
from relaxbell.lp import vertex
from relaxbell.lp.highs import solve_highs

ROOT = sympy.sqrt(2)
HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


def check(solution, expected=None):
    """The bounds meet, and the exact q reproduces p exactly, by plain loops over strategies."""
    exact = solution.exact
    assert exact is not None
    if expected is not None:
        assert sympy.simplify(exact - to_sympy(as_exact(expected))) == 0
    assert solution.value == solution.lower_bound == solution.upper_bound == float(as_exact(exact))
    model, q = solution.measure.model, solution.proof.primal
    every = strategies(model)
    assert len(every) == model.strategies.count
    assert min(q.values()) > 0
    assert sum(q.values()) == 1
    if isinstance(solution.observed, rb.Behavior):
        table = np.full(model.observed_shape, Fraction(0), dtype=object)
        for k, weight in q.items():
            for free in free_settings(model):
                values = run(model, every[k], free)
                index = tuple(values[n] for n in model.outputs + model.inputs)
                table[index] = table[index] + weight
        expected = model.match(solution.observed).exact * Fraction(1)
        for index in np.ndindex(
            *expected.shape
        ):  # what a model with dependent inputs reproduces is p(a, b|x, y) p(x, y)
            setting = dict(zip(model.outputs + model.inputs, index, strict=True))
            own = {name: setting[name] for name in model.dependent_inputs}
            expected[index] = expected[index] * (model.input_distribution.probability(own) if own else 1)
        assert (table == expected).all()
    return q


def influence_at(model, source, target, q):
    rows = influence_rows(model, source, target)
    return max(sum((q[k] for k in q if row[k]), Fraction(0)) for row in rows)


# ------------------------------------------------------------ published values


def test_chsh_scenario():
    tsirelson, pr = rb.boxes.tsirelson(), rb.boxes.pr()
    for edge, factor in (("X -> B", 1), ("Y -> A", 1)):  # arXiv:1411.4648, Eq. (7)
        model = rb.bell().relax(edge)
        c = rb.influence(model, *edge.split(" -> "))
        for p, value in ((tsirelson, (ROOT - 1) / 2), (pr, HALF), (pr.visibility(Fraction(2, 3)), Fraction(1, 6))):
            q = check(rb.minimize(c, p), factor * value)
            assert sympy.simplify(to_sympy(influence_at(model, *edge.split(" -> "), q)) - factor * value) == 0
    model = rb.outcome_signaling()  # twice CH, not CH: the PR box needs C(A -> B) = 1 by definition (4)
    check(rb.minimize(rb.influence(model, "A", "B"), tsirelson), ROOT - 1)
    q = check(rb.minimize(rb.influence(model, "A", "B"), pr), 1)
    assert influence_at(model, "A", "B", q) == 1
    check(rb.minimize(rb.message_weight(rb.message()), tsirelson), (ROOT - 1) / 2)


@pytest.mark.parametrize("v", [0, Fraction(1, 2), Fraction(4, 7), Fraction(7, 9), 1])
def test_3322_of_eq_36(v):
    model = rb.input_signaling((3, 3))  # max(0, I3322/2) with I3322 = 2v − 1
    solution = rb.minimize(rb.influence(model, "X", "B"), rb.boxes.i3322(v))
    assert fraction(solution.exact) == max(Fraction(0), (2 * Fraction(v) - 1) / 2)
    assert sum(solution.proof.primal.values()) == 1


@pytest.mark.parametrize("value", [0, Fraction(1, 3), Fraction(5, 7), Fraction(6, 7), 1])
def test_value_of_i3322_without_signaling(value):
    c = rb.influence(rb.input_signaling((3, 3)), "X", "B")
    solution = rb.minimize(c, rb.Observed([(rb.catalog.I3322, value)], nonsignaling=True))
    i = Fraction(value)
    assert fraction(solution.exact) == (Fraction(2, 5) * i if i <= Fraction(5, 7) else (3 * i - 1) / 4)


def test_measurement_dependence():
    model = rb.measurement_dependence()
    check(rb.minimize(rb.dependence(model), rb.boxes.tsirelson()), (ROOT - 1) / 2)
    check(rb.minimize(rb.hall_dependence(model), rb.boxes.tsirelson()), (2 * ROOT - 2) / 3)  # (S − 2)/3, S = 2√2
    alice = rb.measurement_dependence(dependent="X")
    check(rb.minimize(rb.dependence(alice), rb.boxes.tsirelson()), ROOT - 1)  # 2 CH
    unfair = rb.measurement_dependence(input_distribution={"X": [Fraction(3, 4), QUARTER], "Y": [HALF, HALF]})
    q = check(rb.minimize(rb.dependence(unfair), rb.boxes.pr()))
    assert dependence_at(unfair, q) == fraction(rb.minimize(rb.dependence(unfair), rb.boxes.pr()).exact)


def dependence_at(model, q):
    """Σ |p(x, λ) − p(x) p(λ)| with λ the response functions of the outputs, by loops."""
    joint, latent = {}, {}
    for k, weight in q.items():
        strategy = strategies(model)[k]
        x = tuple(strategy[n][()] for n in model.dependent_inputs)
        functions = tuple(tuple(strategy[n].items()) for n in model.outputs)
        joint[x, functions] = joint.get((x, functions), Fraction(0)) + weight
        latent[functions] = latent.get(functions, Fraction(0)) + weight
    total = Fraction(0)
    for x in itertools.product(*(range(model.cardinality[n]) for n in model.dependent_inputs)):
        p = model.input_distribution.probability(dict(zip(model.dependent_inputs, x, strict=True)))
        total += sum(abs(joint.get((x, f), Fraction(0)) - p * weight) for f, weight in latent.items())
    return total


def test_ghz_needs_a_quarter_of_dependence():
    model = rb.measurement_dependence((2, 2, 2), (2, 2, 2))
    solution = rb.minimize(rb.dependence(model), rb.boxes.ghz())
    assert fraction(solution.exact) == QUARTER
    assert dependence_at(model, solution.proof.primal) == QUARTER


def test_budgets_trade_one_relaxation_for_another():
    both = rb.bell().relax("X -> B", "Y -> A")
    here, there = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    q = check(rb.minimize(here, rb.boxes.pr(), [there <= Fraction(1, 7)]), HALF - Fraction(1, 7))
    assert influence_at(both, "X", "B", q) == Fraction(5, 14)
    assert influence_at(both, "Y", "A", q) <= Fraction(1, 7)
    # the same measure is objective and budget: it cannot go below its own minimum
    check(rb.minimize(here, rb.boxes.tsirelson(), [here <= HALF, there <= 0]), (ROOT - 1) / 2)
    with pytest.raises(rb.errors.InfeasibleError):
        rb.minimize(here, rb.boxes.pr(), [here <= Fraction(49, 100), there <= 0])


# ------------------------------------------------------------ independent computation


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "source", "target"),
    [
        (rb.bell().relax("X -> B"), "X", "B"),
        (rb.bell().relax("A -> B"), "A", "B"),
        (rb.bell((2, 1), (3, 2)).relax("X -> B"), "X", "B"),
        (rb.instrumental(3, (2, 3)), "A", "B"),
        (rb.instrumental(2, (3, 2)).relax("Z -> B"), "Z", "B"),
        (rb.bell((2, 1, 1), (2, 3, 2)).relax("X -> C"), "X", "C"),
    ],
)
def test_against_a_simplex_of_fractions(model, source, target):
    rng = np.random.default_rng(5)
    c = rb.influence(model, source, target)
    names = (model.outputs, model.inputs)
    behaviors = [mixed(model, rng, 4), mixed(model, rng, 9), generic(model.unrelaxed.coordinates, rng, names)]
    for p in behaviors:
        expected = least_influence(model, source, target, p.exact)
        if expected is None:
            with pytest.raises(rb.errors.InfeasibleError):
                rb.minimize(c, p)
            continue
        q = check(rb.minimize(c, p), expected)
        assert influence_at(model, source, target, q) == expected


@pytest.mark.parametrize("seed", range(12))
def test_random_models_are_exact(seed):
    rng = np.random.default_rng(seed)
    model, (source, target) = random_model(rng, most=300)
    solution = rb.minimize(rb.influence(model, source, target), mixed(model, rng))
    q = check(solution)
    assert influence_at(model, source, target, q) == fraction(solution.exact)


def test_random_dependence_with_unequal_cardinalities():
    rng = np.random.default_rng(1)
    weights = {"X": [Fraction(1, 3), Fraction(2, 3)], "Y": [HALF, QUARTER, QUARTER]}
    model = rb.measurement_dependence((2, 3), (3, 2), input_distribution=weights)
    for sharpness in (0.1, 0.5):
        p = generic(model.unrelaxed.coordinates, rng, (model.outputs, model.inputs), sharpness)
        solution = rb.minimize(rb.dependence(model), p)
        q = check(solution)
        assert dependence_at(model, q) == fraction(solution.exact)


def test_columns_that_exact_duals_ask_for():
    """On the boundary of the local set, pivots among few columns were seen to end in duals that others violate."""
    model, rng = rb.measurement_dependence(), np.random.default_rng(1)
    behaviors = [generic(model.unrelaxed.coordinates, rng, (model.outputs, model.inputs)) for _ in range(374)]
    for k in (178, 342, 373):
        assert check(rb.minimize(rb.dependence(model), behaviors[k]), 0)


# ------------------------------------------------------------ ties and roots


@pytest.fixture
def tried(monkeypatch):
    """How often pivots and refinement were needed."""
    count = {"pivots": 0, "refined": 0}
    pivots, refined = vertex.dual_simplex, vertex._refined

    def counted_pivots(*arguments):
        count["pivots"] += 1
        return pivots(*arguments)

    def counted_refinement(*arguments):
        count["refined"] += 1
        return refined(*arguments)

    monkeypatch.setattr(vertex, "dual_simplex", counted_pivots)
    monkeypatch.setattr(vertex, "_refined", counted_refinement)
    return count


def near_a_tie(p, rng, digits):
    """A local or extremal p moved by a few units of 10^−digits, in coordinates: still in the affine hull."""
    model = rb.bell(p.p.shape[2:], p.p.shape[:2])
    u = model.coordinates.project(np.array(p.exact, dtype=object) * Fraction(1))
    u[0] = Fraction(1)
    steps = rng.integers(-3, 4, len(u) - 1).tolist()
    u[1:] = [Fraction(round(v * 10**digits) + k, 10**digits) for v, k in zip(u[1:], steps, strict=True)]
    table = model.coordinates.expand(u)
    if table.min() < 0:
        noise = Fraction(1, 4)
        share = table.min() / (table.min() - noise)
        table = (1 - share) * table + share * noise
    return rb.Behavior(table)


@pytest.mark.parametrize("digits", [9, 11, 13])
@pytest.mark.slow
def test_behaviors_rounded_near_ties(digits, tried):
    rng = np.random.default_rng(digits)
    small = rb.influence(rb.input_signaling(), "X", "B")
    large = rb.influence(rb.input_signaling((3, 3)), "X", "B")
    boxes = [(small, rb.boxes.pr().visibility(v)) for v in (Fraction(1, 2), Fraction(3, 4), 0, 1)] * 4
    boxes += [(large, rb.boxes.i3322(v)) for v in (Fraction(1, 2), Fraction(1, 2), 0, 1)]
    for c, p in boxes:
        moved = near_a_tie(p, rng, digits)
        solution = rb.minimize(c, moved)
        value = fraction(solution.exact)
        if c is small:
            assert value == max(Fraction(0), *(chsh(moved, k) for k in range(8)))
        assert abs(value - fraction(rb.minimize(c, p).exact)) < 10 ** (2 - digits)
    assert tried["pivots"] > 0 or digits < 10  # below the solver's tolerance of 1e-10 it may return the wrong vertex


def test_a_basis_of_another_objective_is_refined(tried):
    rng = np.random.default_rng(2)
    model = rb.input_signaling((2, 3), (3, 2))
    c = rb.influence(model, "X", "B")
    for _ in range(20):
        p = mixed(model, rng)
        program = linear_program(Problem(c.term, model.equations(p)))
        wrong = solve_highs(program.matrix, rng.random(len(program.cost)), program.lower, program.upper)
        rhs = scaled_rhs(program)
        found = vertex.optimal_vertex(program.integers, wrong.basis, rhs, thorough=True)
        y = np.array([Fraction(v, found[1].denominator) for v in found[1].numerators], dtype=object)
        value = (y * program.units.astype(object) * program.rhs).sum() / program.cost_unit
        assert value == fraction(rb.minimize(c, p).exact)
    assert tried["refined"] >= 5  # others are optimal by chance


def chsh(p, k):
    """(S − 2)/4 of the eight relabeled CHSH functionals, by correlators."""
    overall, place = (-1) ** (k // 4), k % 4
    total = Fraction(0)
    for a, b, x, y in np.ndindex(2, 2, 2, 2):
        total += overall * (-1) ** (a + b) * (-1) ** (2 * x + y == place) * p.exact[a, b, x, y]
    return (total - 2) / 4


def test_data_with_roots():
    model = rb.input_signaling()
    c = rb.influence(model, "X", "B")
    for share in (Fraction(1, 3), Fraction(3, 4), Fraction(99, 100)):
        p = rb.boxes.tsirelson().visibility(share)
        expected = max(sympy.Integer(0), (2 * ROOT * to_sympy(share) - 2) / 4)
        check(rb.minimize(c, p), expected)
    # where v = 1/√2 exactly, CHSH = 2: the tie is between two vertices, decided without floats
    tie = rb.boxes.pr().visibility(ROOT / 2)
    assert rb.minimize(c, rb.boxes.pr().visibility(HALF)).exact == 0
    check(rb.minimize(c, tie), (ROOT - 1) / 2)
    observed = rb.Observed([(rb.catalog.CHSH, 2 * ROOT)], nonsignaling=True)
    assert sympy.simplify(rb.minimize(c, observed).exact - (ROOT - 1) / 2) == 0
    weights = rb.minimize(c, rb.boxes.tsirelson()).proof.primal.values()
    assert any(isinstance(w, Surd) for w in weights)


def test_floats_have_no_exact_value_but_tight_bounds():
    c = rb.influence(rb.input_signaling(), "X", "B")
    solution = rb.minimize(c, rb.Behavior(rb.boxes.tsirelson().p))
    assert solution.exact is None
    assert solution.lower_bound <= solution.value <= solution.upper_bound
    assert solution.upper_bound - solution.lower_bound < 1e-15


def test_rows_of_floats_mean_decimals_and_are_solved_exactly():
    model = rb.input_signaling()
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2, 64))
    solution = rb.minimize(rb.measure(model, rows), rb.boxes.pr())
    claim = solution.certificate.data["claim"]
    assert claim["lower_bound"] == claim["upper_bound"] == str(solution.exact)
    same = rb.minimize(rb.measure(model, [[Fraction(repr(float(v))) for v in row] for row in rows]), rb.boxes.pr())
    assert same.exact == solution.exact
