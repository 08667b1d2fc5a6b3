"""Measurement dependence: closed forms, and the same numbers from plain CVXPY."""

from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest

import relaxbell as rb
from relaxbell.exact.numbers import surd

S = 2 * np.sqrt(2)
TSIRELSON = rb.boxes.tsirelson()


def least(measure, observed, **options):
    solution = rb.minimize(measure, observed, **options)
    assert 0 <= solution.value - solution.lower_bound <= max(1e-7 * solution.value, 1e-10)
    return solution.value


def plain(measure, observed):
    """The expression itself, solved by CVXPY."""
    problem = cp.Problem(cp.Minimize(measure.expression), [*measure.model.reproduces(observed), measure.model.valid])
    return problem.solve(solver=cp.HIGHS)


def random_behavior(seed, shape=(3, 2, 2, 3)):
    rng = np.random.default_rng(seed)
    outcomes = int(np.prod(shape[:2]))
    return rb.Behavior(np.moveaxis(rng.dirichlet(np.ones(outcomes), size=shape[2:]), -1, 0).reshape(shape))


@pytest.mark.parametrize("d", [2, 3, 4])
@pytest.mark.parametrize("value", [Fraction(2), Fraction(5, 2), Fraction(4)])
def test_equation_11(d, value):
    """Value of I_d and no-signaling: max(0, (I_d − 2)/4)."""
    model = rb.measurement_dependence((2, 2), (d, d))
    observed = rb.Observed([(rb.catalog.cglmp(d), value)], nonsignaling=True)
    assert least(rb.dependence(model), observed) == pytest.approx(float(value - 2) / 4, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("d", [5, 6, 7, 8])
def test_equation_11_up_to_the_papers_last_case(d):
    model = rb.measurement_dependence((2, 2), (d, d))
    observed = rb.Observed([(rb.catalog.cglmp(d), Fraction(3))], nonsignaling=True)
    assert least(rb.dependence(model), observed) == pytest.approx(0.25, abs=1e-8)


@pytest.mark.slow
def test_equation_11_is_not_to_be_extrapolated():
    """d = 16: the full optimal behavior needs 0.304334, more than (I_16 − 2)/4 = 0.303865."""
    p = rb.boxes.cglmp(16)
    value = least(rb.dependence(rb.measurement_dependence((2, 2), (16, 16))), p)
    assert value == pytest.approx(0.304334, abs=1e-6)
    assert (rb.catalog.cglmp(16)(p) - 2) / 4 == pytest.approx(0.303865, abs=1e-6)


def test_observed_frequencies_with_large_denominators():
    """p(x, y) of the NIST data: coefficients of CHSH/p(x, y) exceed 2^53, bounds stay rigorous and tight."""
    counts = rb.load_counts("nist2015")
    model = rb.measurement_dependence(input_distribution=counts.input_distribution)
    observed = rb.Observed([(rb.catalog.CHSH, Fraction(5, 2))], nonsignaling=True)
    for make in (rb.dependence, rb.hall_dependence):
        solution = rb.minimize(make(model), observed)
        assert 0 <= solution.value - solution.lower_bound <= 1e-9
    uniform = rb.minimize(rb.dependence(rb.measurement_dependence()), observed).value
    assert solution.value != pytest.approx(uniform, abs=1e-4)
    rb.minimize(rb.mutual_information(model), observed)


def test_hall():
    """(S − 2)/3 in the CHSH scenario."""
    measure = rb.hall_dependence(rb.measurement_dependence())
    assert least(measure, TSIRELSON) == pytest.approx((S - 2) / 3, abs=1e-10)
    assert least(measure, rb.boxes.pr().visibility(Fraction(3, 4))) == pytest.approx(1 / 3, abs=1e-10)


def test_one_sided_dependence_costs_twice():
    model = rb.measurement_dependence(dependent="X")
    assert least(rb.dependence(model), TSIRELSON) == pytest.approx(np.sqrt(2) - 1, abs=1e-12)
    assert least(rb.dependence(rb.measurement_dependence()), TSIRELSON) == pytest.approx((S - 2) / 4, abs=1e-12)


def test_ghz():
    """Eight uniform settings: M = 1/4. The four Mermin settings alone: one of four must be avoided, M = 1/2."""
    ghz = rb.boxes.ghz()
    assert least(rb.dependence(rb.measurement_dependence((2,) * 3, (2,) * 3)), ghz) == pytest.approx(0.25, abs=1e-12)
    four = np.zeros((2, 2, 2), dtype=object)
    for setting in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)):
        four[setting] = Fraction(1, 4)
    model = rb.measurement_dependence((2,) * 3, (2,) * 3, input_distribution=four)
    assert least(rb.dependence(model), ghz) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_columns_agree_with_the_expression(seed):
    """Small form, general program and CVXPY; unequal cardinalities, signaling data, any p(x, y), zeros too."""
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(6)).reshape(2, 3)
    if seed % 2:
        weights[0, 1] = 0
        weights /= weights.sum()
    model = rb.measurement_dependence((2, 3), (3, 2), input_distribution=weights)
    p = random_behavior(seed)
    measure = rb.dependence(model)
    small, general = rb.minimize(measure, p, thorough=False), rb.minimize(measure, p, solver="highs")
    assert "column generation" in small.statistics["solver"]
    assert small.value == pytest.approx(general.value, abs=1e-10)
    assert small.value == pytest.approx(plain(measure, p), abs=1e-7)
    assert small.value - small.lower_bound <= 1e-10
    assert measure.value(small.q.weights) == pytest.approx(small.value, abs=1e-10)
    assert abs(model.T @ small.q.weights - (p.p * model.input_distribution.table.astype(float)).ravel()).max() < 1e-9


def test_the_definition():
    """M of a given q, by explicit loops over settings and response functions."""
    model = rb.measurement_dependence(
        (2, 3), (2, 2), dependent="Y", input_distribution={"X": [0.5] * 2, "Y": [0.5, 0.3, 0.2]}
    )
    q = np.random.default_rng(0).dirichlet(np.ones(model.strategies.count))
    joint = {}
    for k, weight in enumerate(q):
        digits = model.strategies.digits(k)
        rest = tuple(v for n, v in digits.items() if n != "Y")
        joint[digits["Y"], rest] = joint.get((digits["Y"], rest), 0) + weight
    hidden = {r: sum(v for (_, s), v in joint.items() if s == r) for _, r in joint}
    p = (0.5, 0.3, 0.2)
    expected = sum(abs(joint.get((y, r), 0) - p[y] * hidden[r]) for y in range(3) for r in hidden)
    assert rb.dependence(model).value(q) == pytest.approx(expected, abs=1e-12)
    conditional = [{r: joint.get((y, r), 0) / p[y] for r in hidden} for y in range(3)]
    hall = max(sum(abs(u[r] - v[r]) for r in hidden) for u in conditional for v in conditional)
    assert rb.hall_dependence(model).value(q) == pytest.approx(hall, abs=1e-12)
    information = sum(v * np.log2(v / (p[y] * hidden[r])) for (y, r), v in joint.items())
    assert rb.mutual_information(model).value(q) == pytest.approx(information, abs=1e-12)


# ------------------------------------------------------------ mutual information


def assert_information(p, value):
    solution = rb.minimize(rb.mutual_information(rb.measurement_dependence(*_scenario(p))), p)
    assert 0 <= solution.value - solution.lower_bound < 1e-10
    assert solution.lower_bound <= value + 1e-12
    assert solution.value == pytest.approx(value, abs=1e-10)


def _scenario(p):
    k = len(p.outputs)
    return p.p.shape[k:], p.p.shape[:k]


def test_information_closed_forms():
    """Tsirelson: 2 − h(P) − P log2 3 with P = (4 + S)/8; GHZ: 1 − log2(3)/2; PR box: 2 − log2 3 (P = 1)."""
    wins = (4 + S) / 8
    h = -wins * np.log2(wins) - (1 - wins) * np.log2(1 - wins)
    assert_information(TSIRELSON, 2 - h - wins * np.log2(3))
    assert_information(rb.boxes.pr(), 2 - np.log2(3))
    assert_information(rb.boxes.ghz(), 1 - np.log2(3) / 2)


def test_information_of_optimal_cglmp_exceeds_the_singlet_bound():
    """0.07188 bit for d = 3: above the 0.0663 bit that suffice for all projective singlet correlations."""
    p = rb.boxes.cglmp(3)
    solution = rb.minimize(rb.mutual_information(rb.measurement_dependence((2, 2), (3, 3))), p)
    assert round(solution.value, 5) == 0.07188
    assert solution.lower_bound > 0.0663


@pytest.mark.parametrize("seed", range(4))
def test_information_agrees_with_plain_cvxpy_and_pinsker(seed):
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(6)).reshape(2, 3)
    model = rb.measurement_dependence((2, 3), (3, 2), input_distribution=weights)
    p = random_behavior(seed)
    measure = rb.mutual_information(model)
    problem = cp.Problem(cp.Minimize(measure.expression), [*model.reproduces(p), model.valid])
    reference = problem.solve(solver=cp.CLARABEL)
    model.q.value = None
    solution = rb.minimize(measure, p)
    assert model.q.value is None
    assert 0 <= solution.value - solution.lower_bound < 1e-9
    assert solution.value == pytest.approx(reference, abs=1e-6)  # Clarabel's accuracy
    assert solution.value >= rb.pinsker_bound(rb.minimize(rb.dependence(model), p).lower_bound) - 1e-9


def test_pinsker_needs_the_half():
    """Erratum E2: the printed constant contradicts the exact value at the Tsirelson point."""
    model = rb.measurement_dependence()
    m = least(rb.dependence(model), TSIRELSON)
    exact = rb.minimize(rb.mutual_information(model), TSIRELSON)
    assert rb.pinsker_bound(m) <= exact.lower_bound
    assert m**2 * np.log2(np.e) > exact.value  # as printed


def test_information_under_affine_constraints():
    """Restricting p(x, y|λ) ≥ 1/8 can only raise the least information."""
    model = rb.measurement_dependence()
    free = rb.minimize(rb.mutual_information(model), rb.boxes.pr().visibility(0.8))
    x = model.q[:4]
    tight = rb.minimize(
        rb.mutual_information(model), rb.boxes.pr().visibility(0.8), [cp.sum(x) <= free.q.weights[:4].sum() / 2]
    )
    assert tight.value >= free.lower_bound
    assert tight.value - tight.lower_bound < 1e-9


@pytest.mark.parametrize("excess", [Fraction(1, 10**k) for k in (1, 3, 5, 6)])
def test_information_is_accurate_relative_to_its_value(excess):
    """2 − h(P) − P log2 3 with P = (4 + S)/8: 9.6e-13 bit at S = 2 + 4e-6; the series needs 60 digits."""
    from mpmath import log, mp, mpf

    p = rb.boxes.pr().visibility(Fraction(1, 2) + excess)
    solution = rb.minimize(rb.mutual_information(rb.measurement_dependence()), p)
    with mp.workdps(60):
        wins = mpf(3) / 4 + mpf(excess.numerator) / excess.denominator / 2
        expected = 2 + (wins * log(wins) + (1 - wins) * log(1 - wins) - wins * log(3)) / log(2)
        assert solution.lower_bound <= expected
        assert abs(solution.value - expected) <= max(1e-7 * expected, 1e-14)
    assert solution.value - solution.lower_bound <= max(1e-7 * solution.value, 1e-14)


@pytest.mark.parametrize(("inputs", "outputs"), [((2, 2), (2, 2)), ((2, 3), (3, 2)), ((2, 2, 2), (2, 2, 2))])
def test_information_of_local_behaviors_is_zero(inputs, outputs):
    """A bound of 0 is exact; the value is below 1e-13, and printed as 0."""
    model = rb.measurement_dependence(inputs, outputs)
    rng = np.random.default_rng(3)
    local = rb.bell(inputs, outputs)
    table = (local.T @ rng.dirichlet(np.full(local.strategies.count, 0.05))).reshape(local.observed_shape)
    solution = rb.minimize(rb.mutual_information(model), rb.Behavior(table, local.outputs, local.inputs))
    assert 0 <= solution.lower_bound <= solution.value < 1e-13
    assert "= 0 bit" in repr(solution)


@pytest.mark.parametrize(("inputs", "outputs"), [((2, 3), (3, 2)), ((3, 3), (2, 2)), ((2, 2, 2), (2, 2, 2))])
@pytest.mark.parametrize("seed", [0, 2])
def test_information_of_nearly_deterministic_behaviors(inputs, outputs, seed):
    """Probabilities down to 1e-100, where the duals grow without limit: Clarabel is the second method."""
    model = rb.measurement_dependence(inputs, outputs)
    rng = np.random.default_rng(seed)
    given_setting = rng.dirichlet(np.full(model.strategies.count // np.prod(inputs), 0.01), np.prod(inputs))
    layout = rb.mutual_information(model).layout
    q = np.zeros(model.strategies.count)
    q[layout.numbers] = given_setting / np.prod(inputs)
    table = (model.T @ q).reshape(model.observed_shape)
    table /= table.sum(axis=tuple(range(len(outputs))))
    solution = rb.minimize(rb.mutual_information(model), rb.Behavior(table, model.outputs, model.inputs))
    assert 0 <= solution.value - solution.lower_bound < 1e-6
    assert solution.lower_bound <= rb.mutual_information(model).value(q) + 1e-9


@pytest.mark.parametrize("limit", [Fraction(9, 4), Fraction(4), Fraction(5)])
def test_information_of_a_value_of_chsh(limit):
    """2 − h(P) − P log2 3 with P = (4 + S)/8 again: twirling makes any behavior with S isotropic (convexity)."""
    observed = rb.Observed([(rb.catalog.CHSH, limit)], nonsignaling=True)
    information = rb.mutual_information(rb.measurement_dependence())
    if limit > 4:
        with pytest.raises(rb.errors.InfeasibleError):
            rb.minimize(information, observed)
        return
    wins = float(4 + limit) / 8
    h = -sum(w * np.log2(w) for w in (wins, 1 - wins) if w)
    solution = rb.minimize(information, observed)
    assert solution.value == pytest.approx(2 - h - wins * np.log2(3), abs=1e-8)
    assert solution.value - solution.lower_bound < 1e-8


def test_information_of_a_photon_experiment():
    """The violation is 1e-7 bit; a bound accurate to 1e-10 bit would leave one digit."""
    p = rb.load_counts("vienna2015").fit().behavior
    solution = rb.minimize(rb.mutual_information(rb.measurement_dependence()), p)
    assert solution.value - solution.lower_bound <= 1e-8 * solution.value
    assert "= 6.265783" in repr(solution)


# ----------------------------------------------------------- information and budgets


@pytest.mark.parametrize("limit", [0.05, 0.15])
@pytest.mark.parametrize("budget", ["sum", "maximum", "own rows"])
def test_information_within_a_budget(limit, budget):
    """Against the same program in CVXPY; and the certificate, which an independent program checks."""
    both = rb.bell().relax("X -> B", "Y -> A", "L -> X", "L -> Y")
    first, second = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    shift = both.probability({"B": 0}, do={"X": 0}) - both.probability({"B": 0}, do={"X": 1})
    measures = {
        "sum": first + second,
        "maximum": rb.maximum(first, second),
        "own rows": rb.measure(both, {"shift": shift}) + first + second,
    }
    compared(both, TSIRELSON, measures[budget], limit, certified=budget != "own rows")


def test_information_without_any_influence():
    """A budget of 0 takes the other relaxation away."""
    both = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    none = rb.minimize(rb.mutual_information(both), TSIRELSON, rb.influence(both, "X", "B") <= 0)
    alone = rb.minimize(rb.mutual_information(rb.measurement_dependence()), TSIRELSON)
    assert none.value == pytest.approx(alone.value, rel=1e-9)


def test_information_where_the_budget_cannot_hold():
    """M alone is at least (√2 − 1)/2 at the Tsirelson point."""
    model = rb.measurement_dependence()
    information, m = rb.mutual_information(model), rb.dependence(model)
    with pytest.raises(rb.errors.InfeasibleError, match=r"M\(X,Y:Λ\) is at least 0.207107") as raised:
        rb.minimize(information, TSIRELSON, m <= 0.2)
    assert raised.value.certificate.verify()
    compared(model, TSIRELSON, m, 0.25)


@pytest.mark.parametrize("limit", [0.02, 0.1])
def test_information_within_a_budget_on_unequal_cardinalities(limit):
    both = rb.bell((2, 3), (3, 2)).relax("X -> B", "L -> X")
    rng = np.random.default_rng(5)
    weights = rng.dirichlet(np.full(both.strategies.count, 0.01))
    table = (both.T @ weights).reshape(both.observed_shape)
    table = table / table.sum(axis=(0, 1))
    p = rb.Behavior(table, both.outputs, both.inputs)
    compared(both, p, rb.influence(both, "X", "B"), limit)


def compared(model, p, budget, limit, certified=True):
    information = rb.mutual_information(model)
    problem = cp.Problem(
        cp.Minimize(information.expression),
        [*model.reproduces(p), model.valid, budget.expression <= limit],
    )
    problem.solve(solver=cp.CLARABEL)
    assert problem.status == "optimal"
    solution = rb.minimize(information, p, budget <= limit)
    assert solution.value == pytest.approx(problem.value, abs=1e-6)  # Clarabel's accuracy
    assert 0 <= solution.value - solution.lower_bound <= max(1e-8 * solution.value, 1e-12)
    assert budget.value(solution.q.weights) <= limit + 1e-9
    if certified:
        assert solution.certificate.verify()


# ------------------------------------------------------------------- both at once


def test_two_relaxations_trade_off():
    """Signaling ε removes ε of dependence and the other way round: both are CH when alone (Theorem 7)."""
    both = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    c, m = rb.influence(both, "X", "B"), rb.dependence(both)
    for budget in (Fraction(0), Fraction(1, 10), Fraction(1, 5)):
        expected = (S - 2) / 4 - float(budget)
        assert least(c, TSIRELSON, subject_to=[m <= budget]) == pytest.approx(expected, abs=1e-10)
        assert least(m, TSIRELSON, subject_to=[c <= budget]) == pytest.approx(expected, abs=1e-10)


def test_bounded_setting_probabilities():
    """A strategy wins all settings but one: with p(x, y|λ) ≥ l, S ≤ 8(1 − l) − 4; with ≤ h, 1 − l becomes 3h."""
    model = rb.measurement_dependence()
    wins = (4 + S) / 8
    for limits, feasible in (
        ({"lower": 1 - wins - 1e-4}, True),
        ({"lower": 1 - wins + 1e-4}, False),
        ({"upper": wins / 3 + 1e-4}, True),
        ({"upper": wins / 3 - 1e-4}, False),
    ):
        constraints = rb.setting_bounds(model, **limits)
        if feasible:
            assert rb.minimize(rb.dependence(model), TSIRELSON, constraints).value >= (S - 2) / 4 - 1e-9
        else:
            with pytest.raises(rb.errors.InfeasibleError, match="within the constraints"):
                rb.minimize(rb.dependence(model), TSIRELSON, constraints)


@pytest.mark.parametrize("seed", range(5))
def test_monotone_under_local_processing(seed):
    """Merging outcomes and discarding a party cannot raise any of the measures."""
    rng = np.random.default_rng(seed)
    noise = rng.dirichlet(np.ones(3))
    box = rb.boxes.cglmp(3).visibility(0.9 + 0.1 * rng.random())
    merged = box.coarse_grain("B", [0, int(rng.integers(2)), 1]).coarse_grain("A", [0, 1, 1])
    third = rb.Behavior(
        np.einsum("abxy,cz->abcxyz", merged.p, np.stack([noise[:2] / noise[:2].sum()], axis=1)), "A B C", "X Y Z"
    )
    fine, coarse = rb.measurement_dependence((2, 2), (3, 3)), rb.measurement_dependence()
    wide = rb.measurement_dependence((2, 2, 1), (2, 2, 2))
    for make in (rb.dependence, rb.hall_dependence, rb.mutual_information):
        values = [rb.minimize(make(m), p).value for m, p in ((fine, box), (coarse, merged), (wide, third))]
        assert values[1] <= values[0] + 1e-6
        assert values[1] == pytest.approx(values[2], abs=2e-6)  # an independent party costs nothing
    sent = [
        rb.minimize(rb.message_weight(rb.message((2, 2), k)), p).value for k, p in (((3, 3), box), ((2, 2), merged))
    ]
    assert sent[1] <= sent[0] + 1e-8


def test_errors():
    bell, model = rb.bell(), rb.measurement_dependence()
    for attempt, error, message in (
        (lambda: rb.dependence(bell), rb.errors.MeasureError, "no input of bell"),
        (lambda: rb.hall_dependence(bell), rb.errors.MeasureError, "no input"),
        (lambda: rb.mutual_information(bell), rb.errors.MeasureError, "no input"),
        (lambda: rb.dependence(rb.bell().relax("L -> X", "Y -> X")), rb.errors.MeasureError, "also responds to Y"),
        (lambda: rb.mutual_information(model) <= -0.1, rb.errors.MeasureError, "negative"),
        (lambda: rb.mutual_information(model) * 2, rb.errors.MeasureError, "no multiple"),
        (
            lambda: rb.minimize(rb.mutual_information(model), TSIRELSON, solver="highs"),
            rb.errors.MeasureError,
            "HiGHS cannot",
        ),
        (lambda: rb.measurement_dependence(dependent="Q"), rb.errors.ModelError, "'Q' is not an input"),
        (lambda: rb.setting_bounds(model, lower=0.3), rb.errors.MeasureError, "cannot hold"),
        (
            lambda: rb.measurement_dependence(input_distribution=np.full((2, 2), 0.3)),
            rb.errors.ModelError,
            "sums to 1.2",
        ),
        (
            lambda: rb.dependence(
                rb.CausalModel(
                    "L -> A; L -> B; K -> X; X -> A; Y -> B; K -> Y", "X Y", "L K", {"X": 2, "Y": 2, "A": 2, "B": 2}
                )
            ),
            rb.errors.UnsupportedModelError,
            "q factorizes and the problem is not convex",
        ),
    ):
        with pytest.raises(error, match=message):
            attempt()


def test_exact_bound_of_an_irrational_behavior():
    """The witness's value on the Tsirelson box is exact: (√2 − 1)/2."""
    solution = rb.minimize(rb.dependence(rb.measurement_dependence()), TSIRELSON)
    assert solution.functional_value == surd(Fraction(-1, 2), Fraction(1, 2), 2)


def test_nonmaximally_entangled_qubits_need_no_more_than_the_tsirelson_point():
    """The paper's remark, on a grid of states cos θ|00⟩ + sin θ|11⟩ with the settings of largest S (Horodecki)."""
    model = rb.measurement_dependence()
    most = rb.minimize(rb.mutual_information(model), TSIRELSON).value
    z, x = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])
    for theta in np.linspace(0.1, np.pi / 4, 6):
        mu = np.arctan(np.sin(2 * theta))
        bob = [np.cos(mu) * z + np.sin(mu) * x, np.cos(mu) * z - np.sin(mu) * x]
        p = rb.born(rb.states.partially_entangled(theta), [[z, x], bob])
        assert rb.catalog.CHSH(p) == pytest.approx(2 * np.sqrt(1 + np.sin(2 * theta) ** 2), abs=1e-9)
        assert rb.minimize(rb.mutual_information(model), p).value <= most + 1e-6
    rng = np.random.default_rng(0)
    for _ in range(12):
        angles = rng.uniform(0, 2 * np.pi, 4)
        settings_ = [[rb.states.qubit_observable(a) for a in pair] for pair in (angles[:2], angles[2:])]
        p = rb.born(rb.states.partially_entangled(rng.uniform(0, np.pi / 4)), settings_)
        assert rb.minimize(rb.mutual_information(model), p).value <= most + 1e-6
