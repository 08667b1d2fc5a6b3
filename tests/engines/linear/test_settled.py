"""Exact data are solved exactly whatever their size: rare settings, tiny violations, roots, signed maxima."""

from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest
import sympy
from exact_reference import fraction

import relaxbell as rb
from relaxbell.measures.settings import setting_layout

ROOT2 = sympy.sqrt(2)
TSIRELSON = rb.boxes.tsirelson()


def biased(e):
    return rb.measurement_dependence(input_distribution=[[1 - 3 * e, e], [e, e]])


def checked(solution):
    """The certificate proves the exact value from below and above."""
    data = solution.certificate.data["claim"]
    assert data["lower_bound"] == data["upper_bound"]
    return solution


# ------------------------------------------------------------- rare settings


@pytest.mark.parametrize("power", [7, 100, *(pytest.param(k, marks=pytest.mark.slow) for k in (3, 9, 30))])
def test_rare_settings_count(power):
    """FACTS: Tsirelson at p(x,y) = (1−3e, e, e, e): Hall (S−2)/3, M = 2(√2−1)e for e ≤ 1/4."""
    e = Fraction(1, 10**power)
    model = biased(e)
    assert checked(rb.minimize(rb.hall_dependence(model), TSIRELSON)).exact == 2 * (ROOT2 - 1) / 3
    least = rb.minimize(rb.dependence(model), TSIRELSON)
    assert sympy.expand(least.exact * 10**power - 2 * (ROOT2 - 1)) == 0
    assert 0 < least.lower_bound <= least.value
    assert "minimum = 8.28427124746E-" in least.certificate.verify() or power < 13


@pytest.mark.parametrize("power", [12, *(pytest.param(k, marks=pytest.mark.slow) for k in (2, 60))])
def test_both_settings_biased(power):
    """FACTS: a product distribution with bias d on both sides: M = 4(√2−1) d² (1−d)."""
    d = Fraction(1, 10**power)
    model = rb.measurement_dependence(input_distribution={"X": [1 - d, d], "Y": [1 - d, d]})
    found = rb.minimize(rb.dependence(model), TSIRELSON).exact
    assert sympy.simplify(found / sympy.Rational(4 * d * d * (1 - d)) - (ROOT2 - 1)) == 0


@pytest.mark.parametrize("power", [20, *(pytest.param(k, marks=pytest.mark.slow) for k in (2, 200))])
def test_messages_and_effects_with_rare_free_settings(power):
    """A PR box needs the message in proportion to the rarer of Alice's settings; E6: the minimum depends on p(x)."""
    d = Fraction(1, 10**power)
    model = rb.message(input_distribution={"X": [1 - d, d], "Y": [Fraction(1, 2)] * 2})
    assert fraction(rb.minimize(rb.message_weight(model), rb.boxes.pr()).exact) == d
    model = rb.bell(input_distribution={"X": [1 - d, d], "Y": [d, 1 - d]}).relax("X -> B")
    effect = rb.average_causal_effect(model, "X", "B")
    assert checked(rb.minimize(rb.maximum(effect, -effect), TSIRELSON)).exact == 0


@pytest.mark.slow
def test_hall_in_unequal_scenarios_does_not_depend_on_the_settings_frequency():
    """Hall's measure is of p(λ|x) alone: the same for every positive p(x,y)."""
    rng = np.random.default_rng(3)
    shape = (3, 2, 2, 3)
    p = rb.Behavior(random_signaling(rng, shape), outputs="A B", inputs="X Y")
    values = []
    for tiny in (Fraction(1, 6), Fraction(1, 10**9), Fraction(1, 10**40)):
        table = np.full((2, 3), (1 - tiny) / 5, dtype=object)
        table[1, 2] = tiny
        model = rb.measurement_dependence(inputs=(2, 3), outputs=(3, 2), input_distribution=table)
        values.append(checked(rb.minimize(rb.hall_dependence(model), p)).exact)
    assert len(set(values)) == 1
    assert values[0] > 0


def random_signaling(rng, shape):
    table = np.empty(shape, dtype=object)
    for x in np.ndindex(*shape[2:]):
        weights = rng.integers(1, 9, shape[:2])
        table[(..., *x)] = [[Fraction(int(w), int(weights.sum())) for w in row] for row in weights]
    return table


@pytest.mark.slow
def test_budgets_see_rare_settings():
    """With X → B beside dependent settings of weight 1e-12: Hall's measure must shrink as C grows, both ends exact."""
    e = Fraction(1, 10**12)
    free = rb.bell(input_distribution=[[1 - 3 * e, e], [e, e]])
    model = free.relax("X -> B", "L -> X", "L -> Y")
    c, hall = rb.influence(model, "X", "B"), rb.hall_dependence(model)
    alone = rb.minimize(hall, TSIRELSON, subject_to=[c <= 0])
    assert alone.exact == 2 * (ROOT2 - 1) / 3
    free = rb.minimize(hall, TSIRELSON, subject_to=[c <= 1])
    assert free.exact == 0
    back = rb.minimize(c, TSIRELSON, subject_to=[hall <= 2 * (ROOT2 - 1) / 3])
    assert back.exact == 0
    assert rb.minimize(c, TSIRELSON, subject_to=[hall <= 0]).exact == (ROOT2 - 1) / 2


def test_float_data_with_rare_settings():
    """Floats are read as an exact behavior nearby; the rare settings count there too."""
    model = biased(Fraction(1, 10**11))
    p = rb.Behavior(TSIRELSON.p, outputs="A B", inputs="X Y")
    solution = rb.minimize(rb.hall_dependence(model), p)
    assert solution.exact is None
    assert solution.value == pytest.approx(2 * (2**0.5 - 1) / 3, rel=1e-9)
    assert solution.lower_bound <= solution.value


# --------------------------------------------------- exact where the input is


def chained_box(n):
    """E(x, y) = cos(π(x − y − 1/2)/n), the optimal quantum box of the chained inequality."""
    table = np.empty((2, 2, n, n), dtype=object)
    for a, b, x, y in np.ndindex(2, 2, n, n):
        angle = sympy.pi * (sympy.Rational(x - y) - sympy.Rational(1, 2)) / n
        table[a, b, x, y] = (1 + (-1) ** (a + b) * sympy.cos(angle)) / 4
    return rb.Behavior(table, outputs="A B", inputs="X Y")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("box", "model", "value"),
    [
        pytest.param(rb.boxes.i3322(), {"inputs": (3, 3)}, sympy.Rational(2, 3), marks=pytest.mark.slow),
        pytest.param(
            rb.boxes.i3322().visibility(Fraction(9, 10)),
            {"inputs": (3, 3)},
            sympy.Rational(8, 15),
            marks=pytest.mark.slow,
        ),
        (rb.boxes.ghz(), {"inputs": (2, 2, 2), "outputs": (2, 2, 2)}, sympy.Rational(2, 3)),
        (chained_box(3), {"inputs": (3, 3)}, (3 * sympy.sqrt(3) - 4) / 5),
    ],
    ids=["I3322", "I3322 at 9/10", "GHZ", "chained"],
)
def test_halls_measure_of_three_settings_or_parties_is_exact(box, model, value):
    """Values found by two independent solvers, as fractions of the violations; the certificate proves them."""
    solution = checked(rb.minimize(rb.hall_dependence(rb.measurement_dependence(**model)), box))
    assert sympy.simplify(solution.exact - value) == 0


# ----------------------------------------------------------------- decisions


@pytest.mark.parametrize("power", [10, 40])
def test_exact_data_barely_outside_are_refused_with_a_proof(power):
    """White noise and a PR box: local up to v = 1/2 exactly."""
    model = rb.bell()
    anything = rb.measure(model, np.ones((1, 16)), norm="linear", name="1")
    inside = rb.boxes.pr().visibility(Fraction(1, 2) - Fraction(1, 10**power))
    assert rb.minimize(anything, inside).exact == 1
    outside = rb.boxes.pr().visibility(Fraction(1, 2) + Fraction(1, 10**power))
    with pytest.raises(rb.errors.InfeasibleError) as error:
        rb.minimize(anything, outside)
    assert error.value.certificate.verify().startswith("there is no model")


@pytest.mark.parametrize("power", [10, 25])
def test_pearls_inequality_is_decided_exactly(power):
    """Instrumental: max_a Σ_b max_z p(b,a|z) ≤ 1; here it is 1 ± 10^-power."""
    for sign in (-1, 1):
        excess = sign * Fraction(1, 10**power)
        # p(b, a | z): Σ_b max_z p(b, 0|z) = 1/2 + excess + 1/2
        table = np.full((2, 2, 2), Fraction(0), dtype=object)
        table[0, 0, 0], table[0, 1, 0] = Fraction(1, 2) + excess, Fraction(1, 2) - excess
        table[1, 0, 1], table[0, 1, 1] = Fraction(1, 2), Fraction(1, 2)
        p = rb.Behavior(table.transpose(1, 0, 2), outputs="A B", inputs="Z")
        query = rb.average_causal_effect(rb.instrumental(), "A", "B")
        if sign > 0:
            with pytest.raises(rb.errors.InfeasibleError):
                rb.minimize(query, p)
        else:
            assert rb.minimize(query, p).exact is not None


@pytest.mark.parametrize("power", [11, 30])
def test_contradictory_budgets_are_decided_exactly(power):
    """C(X → B) + C(Y → A) ≥ 1/2 for the PR box: the sum of both relaxations is what CH demands."""
    both = rb.bell().relax("X -> B", "Y -> A")
    there, back = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    quarter, tiny = Fraction(1, 4), Fraction(1, 10**power)
    assert rb.minimize(there, rb.boxes.pr(), subject_to=[back <= quarter, there <= quarter]).exact == quarter
    with pytest.raises(rb.errors.InfeasibleError, match="within the constraints"):
        rb.minimize(there, rb.boxes.pr(), subject_to=[back <= quarter, there <= quarter - tiny])


def test_information_of_exact_data_barely_outside_is_refused():
    """Only X dependent and M ≤ a budget just below what the box needs: decided before the interior-point method."""
    model = rb.measurement_dependence(dependent="X")
    needed = rb.minimize(rb.dependence(model), rb.boxes.pr()).exact
    limit = fraction(needed) - Fraction(1, 10**12)
    with pytest.raises(rb.errors.InfeasibleError):
        rb.minimize(rb.mutual_information(model), rb.boxes.pr(), subject_to=[rb.dependence(model) <= limit])


# ---------------------------------------------------------- irrational limits


@pytest.mark.parametrize(
    ("upper", "largest"),
    [
        (Fraction(2, 7), Fraction(20, 7)),
        (Fraction(3, 11), Fraction(28, 11)),
        ((2 + ROOT2) / 12, 2 * ROOT2),
        (0.3, Fraction(16, 5)),  # a float means its decimal
        (Fraction(1, 3), 4),
    ],
)
def test_chsh_under_limited_dependence(upper, largest):
    """24 P − 4 for p(xy|λ) ≤ P, 1/4 ≤ P ≤ 1/3 (Pütz et al.)."""
    model = rb.measurement_dependence()
    found = rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, upper=upper))
    assert found == rb.exact.numbers.as_exact(largest)


def test_limits_hold_in_plain_cvxpy_too():
    model = rb.measurement_dependence()
    limits = rb.setting_bounds(model, lower=Fraction(1, 8), upper=Fraction(2, 7))
    m = rb.dependence(model)
    ours = rb.minimize(m, TSIRELSON.visibility(Fraction(4, 5)), subject_to=limits)
    problem = cp.Problem(
        cp.Minimize(m.expression), [*model.reproduces(TSIRELSON.visibility(Fraction(4, 5))), model.valid, *limits]
    )
    assert problem.solve(solver=cp.HIGHS) == pytest.approx(ours.value, abs=1e-8)


def test_symbols_as_limits_of_settings_are_refused_with_the_remedy():
    """Where numbers are needed; a symbol as limit is for curves and inequalities."""
    model = rb.measurement_dependence()
    limits = rb.setting_bounds(model, upper=sympy.Symbol("P"))
    with pytest.raises(rb.errors.MeasureError, match=r"symbol.*expected numbers"):
        rb.minimize(rb.dependence(model), TSIRELSON, subject_to=limits)
    with pytest.raises(rb.errors.MeasureError, match=r"expression of symbols"):
        rb.setting_bounds(model, upper=2 * sympy.Symbol("P"))


def test_irrational_budgets_are_exact():
    both = rb.bell().relax("X -> B", "Y -> A")
    there, back = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    solution = checked(rb.minimize(there, rb.boxes.pr(), subject_to=[back <= ROOT2 / 8]))
    assert solution.exact == sympy.Rational(1, 2) - ROOT2 / 8
    with pytest.raises(rb.errors.MeasureError, match="√2 and √3"):
        rb.minimize(there, TSIRELSON, subject_to=[back <= sympy.sqrt(3) / 100])
    with pytest.raises(rb.errors.MeasureError, match="irrational factor"):
        ROOT2 * there


# -------------------------------------------------------- floats are decimals


def test_floats_mean_their_shortest_decimal():
    model = rb.bell().relax("X -> B")
    c, total = rb.influence(model, "X", "B"), cp.sum(model.q[:40])
    at = rb.minimize(rb.measure(model, [total], norm="linear"), rb.boxes.pr().visibility(0), subject_to=[total == 0.7])
    assert at.exact == sympy.Rational(7, 10)
    tenth = rb.measure(model, 0.1 * c.term.rows.array.toarray(), norm="max", name="a tenth")
    assert rb.minimize(tenth, rb.boxes.pr()).exact == sympy.Rational(1, 20)
    assert rb.minimize(c, rb.boxes.pr(), subject_to=[tenth <= 0.05]).exact == sympy.Rational(1, 2)
    assert (0.1 * c).term.rows.scale == c.term.rows.scale / 10


def test_rows_of_fractions_and_roots_stay_exact():
    model = rb.bell().relax("X -> B")
    c = rb.influence(model, "X", "B")
    dense = c.term.rows.array.toarray()
    for factor in (Fraction(1, 3), ROOT2 / 3):
        rows = [[factor * int(v) for v in row] for row in dense]
        assert rb.minimize(rb.measure(model, rows), rb.boxes.pr()).exact == sympy.sympify(factor) / 2


# ------------------------------------------------------------- signed maxima


def pearl_example():
    """p(b, a|z) with p = (9/10, 0; 0, 1/10) at z = 0 and (1/10, 0; 0, 9/10) at z = 1."""
    table = np.empty((2, 2, 2), dtype=object)
    table[:, :, 0] = [[Fraction(9, 10), 0], [0, Fraction(1, 10)]]
    table[:, :, 1] = [[Fraction(1, 10), 0], [0, Fraction(9, 10)]]
    return rb.Behavior(table, outputs="B A", inputs="Z")


def test_a_maximum_of_a_signed_measure_with_itself_is_the_measure():
    a = rb.average_causal_effect(rb.instrumental(), "A", "B", outcome=0)
    p = pearl_example()
    for measure in (rb.maximum(a, a), rb.maximum(a), rb.maximum(rb.maximum(a, a), a), a + rb.maximum(a, a) + (-a)):
        solution = checked(rb.minimize(measure, p))
        assert solution.exact == -1
    assert rb.minimize(a, p, subject_to=[rb.maximum(a, a) <= Fraction(-1, 2)]).exact == -1
    with pytest.raises(rb.errors.InfeasibleError):
        rb.minimize(a, p, subject_to=[rb.maximum(-a, -a) <= Fraction(-11, 10)])
    form = rb.closed_form(rb.maximum(a, a))
    assert form(p) == rb.closed_form(a)(p) == -1
    noise = p.white_noise()
    curve = rb.curve(rb.maximum(a, a), noise, p)
    for t in (Fraction(0), Fraction(1, 3), Fraction(1)):
        assert curve.value(float(t)) == pytest.approx(rb.minimize(a, p.visibility(t)).value)


def test_the_least_absolute_effect():
    """|ACE| as max(ACE, −ACE): at Tsirelson's correlations nothing forces an average effect of X on B."""
    model = rb.bell().relax("X -> B")
    ace = rb.average_causal_effect(model, "X", "B")
    assert checked(rb.minimize(rb.maximum(ace, -ace), TSIRELSON)).exact == 0
    value = rb.mutual_information(rb.measurement_dependence())
    assert rb.minimize(value, TSIRELSON).value > 0


def test_free_choice_fraction_in_both_forms():
    """Blasiak et al., PNAS 118 (2021): 1 − Σ_λ min_xy p(λ|xy), least √2 − 1 at Tsirelson's correlations."""
    model = rb.measurement_dependence()
    layout = setting_layout(model)
    settings, count = layout.numbers.shape
    for constant, shift in ((1, 1 - count), (0, 1)):
        measure = sum(
            rb.maximum(*(free_choice_row(model, layout.numbers[x, k], constant) for x in range(settings)))
            for k in range(count)
        )
        solution = checked(rb.minimize(measure, TSIRELSON))
        assert sympy.expand(solution.exact + shift - (ROOT2 - 1)) == 0


def free_choice_row(model, strategy, constant):
    """constant − p(λ|xy), with uniform settings p(λ|xy) = 4 q(λ, xy)."""
    row = np.full(model.strategies.count, constant)
    row[strategy] -= 4
    return rb.measure(model, row[None, :], norm="linear")


def test_information_within_a_budget_of_a_signed_maximum():
    """A slack budget of a maximum that may be negative changes nothing: 0.0462738 bit (FACTS)."""
    model = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    ace = rb.average_causal_effect(model, "X", "B")
    none = rb.influence(model, "X", "B") <= 0
    found = rb.minimize(rb.mutual_information(model), TSIRELSON, subject_to=[none, rb.maximum(ace, -ace) <= 1])
    assert found.value == pytest.approx(0.0462738468, abs=1e-8)


@pytest.mark.parametrize("gives_up", [True, False])
def test_pivots_start_from_the_slacks_where_the_solver_has_no_basis(monkeypatch, gives_up):
    """Hall's measure of X alone is S − 2, however rare X = 1 is."""

    def fails(*_):
        raise rb.errors.SolverError("no basis")

    method, does = ("run", fails) if gives_up else ("basis", lambda _: None)
    monkeypatch.setattr(f"relaxbell.lp.highs.LiveModel.{method}", does)
    tiny = Fraction(1, 10**20)
    rare = {"X": [1 - tiny, tiny], "Y": [Fraction(1, 3), Fraction(2, 3)]}
    model = rb.bell().relax("L -> X", input_distribution=rare)
    solution = rb.minimize(rb.hall_dependence(model), rb.boxes.tsirelson())
    assert solution.exact == 2 * sympy.sqrt(2) - 2
    assert solution.certificate.verify().endswith("minimum = -2 + 2*sqrt(2)")


@pytest.mark.parametrize("outcomes", [(2, 3), (3, 3)])
def test_large_and_tiny_prices_together_are_settled(outcomes):
    """Hall's measure plus M / (7·10^8) where settings are rare: value and bound meet exactly.

    The minimum grows with the price of M, and by no more than M of the best model without it: it lies between the least
    Hall and what Hall's best model has. The weights of strategies attain it, and the certificate is checked apart.
    """
    rare, small = Fraction(1, 10**9), Fraction(1, 7 * 10**8)
    distribution = np.array([[1 - 3 * rare, rare], [rare, rare]], dtype=object)
    model = rb.bell((2, 2), outcomes).relax("L -> X", "L -> Y", input_distribution=distribution)
    box = np.full((*outcomes, 2, 2), Fraction(0), dtype=object)
    for a, b, x, y in np.ndindex(2, 2, 2, 2):  # PR correlations of two of the outcomes, with noise of all
        box[a, b, x, y] = Fraction(int((a + b) % 2 == x * y), 2)
    noise = np.full(box.shape, Fraction(1, box[..., 0, 0].size), dtype=object)
    p = rb.Behavior((4 * box + noise) / 5, ["A", "B"], ["X", "Y"])
    hall, dependence = rb.hall_dependence(model), rb.dependence(model)
    alone, both = rb.minimize(hall, p), rb.minimize(hall + small * dependence, p)
    assert both.exact is not None
    assert alone.exact <= both.exact <= alone.exact + small * Fraction(2)
    assert both.exact > alone.exact
    assert "and one attains it: minimum = " in both.certificate.verify()
