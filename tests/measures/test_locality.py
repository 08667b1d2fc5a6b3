"""The locality facts: closed forms of the paper, with its errata."""

from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest

import relaxbell as rb
from relaxbell.exact.numbers import surd

TSIRELSON_CH = (np.sqrt(2) - 1) / 2  # (S − 2)/4 at S = 2√2


def least(measure, observed, **options):
    solution = rb.minimize(measure, observed, **options)
    assert solution.lower_bound <= solution.value
    assert solution.value - solution.lower_bound <= max(1e-7 * abs(solution.value), 1e-12)
    return solution.value


def symmetries_of_ch(p):
    """max(0, CH) over the eight symmetries, from the correlators: CH = (S − 2)/4 without signaling."""
    e = p.p[0, 0] + p.p[1, 1] - p.p[0, 1] - p.p[1, 0]
    values = [s * (e.sum() - 2 * e[x, y]) for s in (1, -1) for x in (0, 1) for y in (0, 1)]
    return max(0.0, (max(values) - 2) / 4)


def random_nonsignaling(rng):
    """A random mixture of the sixteen local points and the eight PR boxes."""
    total = np.zeros((2, 2, 2, 2))
    weights = rng.dirichlet(np.full(24, 0.3))
    for k in range(16):
        f, g = (k >> 3 & 1, k >> 2 & 1), (k >> 1 & 1, k & 1)
        for x, y in np.ndindex(2, 2):
            total[f[x], g[y], x, y] += weights[k]
    for k in range(8):
        for a, b, x, y in np.ndindex(2, 2, 2, 2):
            if (a + b) % 2 == (x * y + (k >> 2) * x + (k >> 1 & 1) * y + (k & 1)) % 2:
                total[a, b, x, y] += weights[16 + k] / 2
    return rb.Behavior(total)


@pytest.mark.parametrize("seed", range(15))
def test_equation_7_on_nonsignaling_behaviors(seed):
    """min C(X→B) = max(0, CH); erratum E1: min C(A→B) is twice that; min p(m = 0) = CH."""
    p = random_nonsignaling(np.random.default_rng(seed))
    expected = symmetries_of_ch(p)
    assert least(rb.influence(rb.input_signaling(), "X", "B"), p) == pytest.approx(expected, abs=1e-11)
    assert least(rb.influence(rb.outcome_signaling(), "A", "B"), p) == pytest.approx(2 * expected, abs=1e-11)
    assert least(rb.message_weight(rb.message()), p) == pytest.approx(expected, abs=1e-11)


def test_the_boxes():
    tsirelson, pr = rb.boxes.tsirelson(), rb.boxes.pr()
    x_to_b = rb.influence(rb.input_signaling(), "X", "B")
    a_to_b = rb.influence(rb.outcome_signaling(), "A", "B")
    assert least(x_to_b, tsirelson) == pytest.approx(TSIRELSON_CH, abs=1e-15)
    assert least(x_to_b, pr) == 0.5
    assert least(a_to_b, tsirelson) == pytest.approx(2 * TSIRELSON_CH, abs=1e-15)
    assert least(a_to_b, pr) == 1.0  # E1: Eq. (7) says 1/2
    entropy = rb.minimize(rb.message_entropy(rb.message()), tsirelson)
    h = -TSIRELSON_CH * np.log2(TSIRELSON_CH) - (1 - TSIRELSON_CH) * np.log2(1 - TSIRELSON_CH)
    assert entropy.value == pytest.approx(h, abs=1e-14)
    assert round(entropy.value, 6) == 0.735916
    assert 0 <= entropy.value - entropy.lower_bound < 1e-12


def test_message_weight_depends_on_the_input_distribution():
    """Erratum E6: p(x) = (3/4, 1/4) halves the Tsirelson value, so uniform is not without loss."""
    biased = rb.message(input_distribution={"X": [Fraction(3, 4), Fraction(1, 4)], "Y": [0.5, 0.5]})
    assert least(rb.message_weight(biased), rb.boxes.tsirelson()) == pytest.approx(TSIRELSON_CH / 2, abs=1e-15)


@pytest.mark.parametrize("v", [Fraction(1), Fraction(9, 10), Fraction(1, 2), Fraction(1, 4)])
def test_figure_2_black(v):
    """Full behavior of Eq. (36): max(0, (2v − 1)/2)."""
    assert least(rb.influence(rb.input_signaling((3, 3)), "X", "B"), rb.boxes.i3322(v)) == pytest.approx(
        max(0, float(2 * v - 1) / 2), abs=1e-12
    )


@pytest.mark.parametrize(
    "value", [Fraction(-1, 2), Fraction(0), Fraction(1, 3), Fraction(5, 7), Fraction(6, 7), Fraction(1)]
)
def test_figure_2_red(value):
    """Only I3322 and no-signaling: 2/5 I up to 5/7, then (3I − 1)/4."""
    expected = max(0, min(Fraction(2, 5) * value, Fraction(1)) if value <= Fraction(5, 7) else (3 * value - 1) / 4)
    observed = rb.Observed([(rb.catalog.I3322, value)], nonsignaling=True)
    measure = rb.influence(rb.input_signaling((3, 3)), "X", "B")
    assert least(measure, observed) == pytest.approx(float(expected), abs=1e-12)


def test_plain_influence_is_not_monotone_and_variation_is():
    """Erratum E9: a private coin appended to Bob's output of the PR box."""
    pr = rb.boxes.pr()
    coin = np.empty((2, 4, 2, 2), dtype=object)
    for b in range(4):
        coin[:, b] = pr.exact[:, b % 2] * Fraction(1, 2)
    appended = rb.Behavior(coin)
    model = rb.input_signaling(outputs=(2, 4))
    assert least(rb.influence(model, "X", "B"), appended) == pytest.approx(0.25, abs=1e-12)
    assert least(rb.influence(model, "X", "B", variation=True), appended) == pytest.approx(0.5, abs=1e-12)
    assert least(rb.influence(rb.input_signaling(), "X", "B", variation=True), pr) == 0.5


def test_balke_pearl_lipid_interval():
    """Balke and Pearl, JASA 92, 1171 (1997): [0.392, 0.780]; named axes, so (B, A) may come first."""
    lipid = rb.Behavior([[[0.919, 0.315], [0, 0.139]], [[0.081, 0.073], [0, 0.473]]], outputs="B A", inputs="Z")
    found = rb.bounds(rb.average_causal_effect(rb.instrumental(), "A", "B"), lipid)
    lower, upper = found
    assert lower == pytest.approx(0.392, abs=1e-9)
    assert upper == pytest.approx(0.780, abs=1e-9)
    assert found.lower_bound <= lower
    assert found.upper_bound >= upper
    assert found.upper_bound - found.lower_bound == pytest.approx(upper - lower, abs=1e-12)


def test_outcome_signaling_simulates_the_chsh_scenario_but_signals_nothing_more():
    """Without no-signaling Eq. (7) fails (erratum E10): copying x costs influence at CH ≤ 0."""
    copy = np.zeros((2, 2, 2, 2), dtype=int)
    for x, y in np.ndindex(2, 2):
        copy[0, x, x, y] = 1
    assert least(rb.influence(rb.input_signaling(), "X", "B"), rb.Behavior(copy)) == 1.0


def test_direction_and_named_parties():
    p = rb.boxes.tsirelson().rename({"A": "Alice", "B": "Bob", "X": "s", "Y": "t"})
    model = rb.bell().rename({"A": "Alice", "B": "Bob", "X": "s", "Y": "t"}).relax("t -> Alice")
    assert least(rb.influence(model, "t", "Alice"), p) == pytest.approx(TSIRELSON_CH, abs=1e-15)


def test_budgets_theorem_7():
    """Two relaxations: with d of influence allowed from X, Y must still supply the rest."""
    both = rb.bell().relax("X -> B", "Y -> A")
    c, d = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    pr = rb.boxes.pr()
    for limit in (Fraction(0), Fraction(1, 8), Fraction(1, 2)):
        remaining = least(c, pr, subject_to=[d <= limit])
        assert remaining == pytest.approx(0.5 - float(limit), abs=1e-12)
    assert least(rb.maximum(c, d), pr) == pytest.approx(0.25, abs=1e-12)
    assert least(c + d, pr) == pytest.approx(0.5, abs=1e-12)
    assert least(2 * c + 0.5 * d, pr) == pytest.approx(0.25, abs=1e-12)


def test_affine_constraints_on_q():
    """q may be constrained by any affine CVXPY expression; forbidding a strategy cannot help."""
    model = rb.input_signaling()
    c = rb.influence(model, "X", "B")
    free = rb.minimize(c, rb.boxes.tsirelson())
    forbidden = int(free.q.support[0])
    constrained = rb.minimize(c, rb.boxes.tsirelson(), [model.q[forbidden] == 0, cp.sum(model.q[:8]) <= 0.4])
    assert constrained.value >= free.value - 1e-12
    assert constrained.q.weights[forbidden] == pytest.approx(0, abs=1e-12)
    assert constrained.q.weights[:8].sum() <= 0.4 + 1e-9
    assert constrained.value - constrained.lower_bound <= 1e-10


@pytest.mark.parametrize("solver", ["highs", "clarabel"])
def test_solvers_agree(solver):
    c = rb.influence(rb.outcome_signaling((2, 3), (2, 2)), "A", "B")
    p = rb.Behavior(
        np.random.default_rng(5).dirichlet(np.ones(4), size=1)[0].reshape(2, 2, 1, 1) * np.ones((2, 2, 2, 3))
    )
    assert rb.minimize(c, p, solver=solver).value == pytest.approx(rb.minimize(c, p).value, abs=1e-9)


def test_entropy_is_no_expression():
    entropy = rb.message_entropy(rb.message())
    for attempt in (
        lambda: entropy.expression,
        lambda: entropy <= 0.5,
        lambda: entropy + entropy,
        lambda: 2 * entropy,
    ):
        with pytest.raises(rb.errors.MeasureError, match="message_weight"):
            attempt()


def test_entropy_with_constraints_takes_the_better_end():
    """h at the extremes of p(m=0): with p(m≠0) in [0.6, 0.7] the least is h(0.7)."""
    model = rb.message()
    weight = rb.message_weight(model)
    narrow = [weight.expression >= 0.6, weight.expression <= 0.7]
    solution = rb.minimize(rb.message_entropy(model), rb.boxes.tsirelson(), narrow)
    assert solution.value == pytest.approx(-0.7 * np.log2(0.7) - 0.3 * np.log2(0.3), abs=1e-9)
    assert 0 <= solution.value - solution.lower_bound < 1e-9
    ends = rb.bounds(weight, rb.boxes.tsirelson())
    assert tuple(ends) == pytest.approx((TSIRELSON_CH, 1 - TSIRELSON_CH), abs=1e-12)


def test_measure_errors():
    model = rb.input_signaling()
    for attempt, message in (
        (lambda: rb.influence(model, "A", "B"), "no edge A -> B"),
        (lambda: rb.influence(model, "L", "B"), "no edge L -> B"),
        (lambda: rb.influence(rb.input_signaling((1, 2)), "X", "B"), "single value"),
        (lambda: rb.message_weight(model), "'M' is not a hidden node"),
        (lambda: rb.message_entropy(rb.message(alphabet=1)), "a single value"),
        (lambda: rb.influence(model, "X", "B") * -1, "concave"),
        (lambda: rb.maximum(), "at least one"),
        (lambda: rb.measure(model, np.ones((2, 5))), "5 entries"),
        (lambda: rb.measure(model, {"a": np.full(64, np.nan)}), "NaN"),
        (lambda: rb.measure(model, {}), "at least one row"),
        (lambda: rb.measure(model, np.ones((2, 64)), norm="l7"), "norm 'l7' is unknown"),
        (
            lambda: rb.measure(model, {"a": rb.bell().relax("X -> B").probability({"A": 0})}),
            "is not the q of",
        ),
        (lambda: rb.influence(model, "X", "B") <= float("nan"), "finite"),
        (lambda: rb.influence(model, "X", "B") + rb.influence(rb.input_signaling(), "X", "B"), "instance"),
        (lambda: rb.bounds(rb.influence(model, "X", "B"), rb.boxes.pr()), "linear queries"),
        (lambda: rb.minimize(model, rb.boxes.pr()), "expected a Measure"),
        (
            lambda: rb.minimize(rb.influence(model, "X", "B"), rb.boxes.pr(), solver="mosek"),
            "'mosek' is unknown",
        ),
        (lambda: rb.minimize(rb.influence(model, "X", "B"), rb.boxes.pr(), ["C <= 1"]), "is not a constraint"),
        (
            lambda: rb.minimize(rb.influence(model, "X", "B"), rb.boxes.pr(), [cp.norm1(model.q) <= 1]),
            "expected an affine expression",
        ),
        (
            lambda: rb.minimize(
                rb.influence(model, "X", "B"),
                rb.boxes.pr(),
                [rb.influence(rb.input_signaling(), "X", "B") <= 1],
            ),
            "Build both measures from one model instance",
        ),
    ):
        with pytest.raises(rb.errors.MeasureError, match=message):
            attempt()


def test_surd_limit_is_a_number_like_any_other():
    model = rb.input_signaling()
    c = rb.influence(model, "X", "B")
    limit = surd(Fraction(-1, 2), Fraction(1, 2), 2)
    assert float((c <= float(limit)).limit) == pytest.approx(TSIRELSON_CH)


# ------------------------------------------------------------- reading and telling


def test_values_of_solutions():
    model = rb.bell((2, 3), (3, 2)).relax("X -> B", "L -> X")
    table = np.full((3, 2, 2, 3), Fraction(1, 6))
    for measure in (rb.influence(model, "X", "B"), rb.dependence(model), rb.mutual_information(model)):
        solution = rb.minimize(measure, rb.Behavior(table))
        assert measure.value(solution.q) == measure.value(solution.q.weights)
    sent = rb.message_entropy(rb.message())
    q = rb.minimize(sent, rb.boxes.tsirelson()).q
    assert sent.value(q) == pytest.approx(0.735916, abs=1e-6)


@pytest.mark.parametrize("make", [lambda m: rb.influence(m, "X", "B"), rb.dependence, rb.mutual_information])
def test_values_want_distributions(make):
    model = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    measure, n = make(model), model.strategies.count
    negative = np.full(n, 1 / n)
    negative[:2] += [1, -1]
    for q, message in (
        (np.full(n - 1, 1 / (n - 1)), rf"shape \({n - 1},\), expected \({n},\)"),
        (np.full(n, 2 / n), "sums to 2, expected 1"),
        (negative, "entry -0.99.*expected probabilities"),
        (np.full(n, np.nan), "expected probabilities"),
        (rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr()).q, r"shape \(64,\)"),
        ("q", "is a str"),
    ):
        with pytest.raises(rb.errors.MeasureError, match=message):
            measure.value(q)


def test_rows_say_that_absolute_values_are_averaged():
    """Eq. (4) takes |·| for each λ, before the mean."""
    model = rb.bell((2, 3), (3, 2)).relax("X -> B", "Y -> A")
    assert rb.influence(model, "X", "B").rows[0] == "mean over λ of |shift of p(B=0)|, do(X=0) vs do(X=1), Y=0"
    assert rb.influence(model, "Y", "A", variation=True).rows[0] == "p(A changes), do(Y=0) vs do(Y=1), X=0"
    assert "max(mean over λ of |shift of p(B=0)|" in repr(rb.influence(model, "X", "B"))


def test_measures_of_ones_own_from_a_list():
    """C(X → B) is at least the shift that Bob sees; a list of expressions is rows with numbers."""
    model = rb.input_signaling()
    shifts = [
        model.probability({"B": b}, given={"Y": 0}, do={"X": 0})
        - model.probability({"B": b}, given={"Y": 0}, do={"X": 1})
        for b in (0, 1)
    ]
    measure = rb.measure(model, shifts)
    assert measure.rows == ("row 0", "row 1")
    assert rb.minimize(measure, rb.boxes.pr()).value == 0
    assert rb.measure(model, shifts[0]).rows == ("row 0",)
    assert len(rb.measure(model, {"several": shifts}, norm="max of sums").blocks[0]) == 2


def test_raw_errors_are_our_own():
    model = rb.input_signaling()
    for call, error, message in (
        (lambda: rb.influence(rb.boxes.pr(), "X", "B"), rb.errors.MeasureError, "causal model: found a Behavior"),
        (lambda: rb.message_weight(rb.boxes.pr()), rb.errors.MeasureError, "found a Behavior"),
        (lambda: rb.average_causal_effect(rb.boxes.pr(), "A", "B"), rb.errors.MeasureError, "found a Behavior"),
        (lambda: rb.mutual_information("bell"), rb.errors.MeasureError, "found a str"),
        (lambda: rb.measure(rb.boxes.pr(), [1.0]), rb.errors.MeasureError, "found a Behavior"),
        (lambda: rb.measure(model, [[1, "x"]]), rb.errors.MeasureError, "no array of numbers"),
        (lambda: rb.measure(model, {"x": object()}), rb.errors.MeasureError, "no array of numbers"),
        (lambda: rb.pinsker_bound(-1), rb.errors.MeasureError, "M is -1, expected a number from 0 to 2"),
        (lambda: rb.pinsker_bound(float("nan")), rb.errors.MeasureError, "finite real number"),
        (lambda: model.probability("A=0"), rb.errors.ModelError, r'a str, expected a mapping such as \{"A": 0\}'),
        (lambda: rb.boxes.pr().probability("A=0"), rb.errors.BehaviorError, "expected a mapping"),
    ):
        with pytest.raises(error, match=message):
            call()


def test_constraints_in_nested_lists():
    """The paper's Theorem 7 next to p(x, y|λ) ≥ 1/8: the same as in one flat list."""
    both = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    c, limits = rb.influence(both, "X", "B"), rb.setting_bounds(both, lower=0.125, upper=0.5)
    budget = rb.dependence(both) <= 0.05
    nested = rb.minimize(c, rb.boxes.tsirelson(), [budget, limits])
    flat = rb.minimize(c, rb.boxes.tsirelson(), [budget, *limits])
    assert nested.value == flat.value
    assert rb.minimize(c, rb.boxes.tsirelson(), limits).value <= flat.value + 1e-9
    with pytest.raises(rb.errors.MeasureError, match="found str"):
        rb.minimize(c, rb.boxes.tsirelson(), ["budget"])


def test_a_witness_is_readable():
    solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
    assert repr(solution.witness) == "Witness: CHSH = 4 > 2"


def test_what_is_not_a_budget_or_a_row_is_refused_with_a_remedy():
    model = rb.input_signaling()
    c = rb.influence(model, "X", "B")
    with pytest.raises(rb.errors.MeasureError, match=r"C\(X -> B\) >= 0.1 is a lower limit, expected an upper one"):
        c >= 0.1  # noqa: B015 - the comparison is the test
    with pytest.raises(rb.errors.MeasureError, match=r"has the constant -0\.5, expected a linear function of q"):
        rb.measure(model, [model.probability({"B": 0}) - 0.5])
    counts = rb.load_counts("delft2015")
    for data, remedy in ((counts, "Use counts.fit"), (counts.fit(), "Use fit.")):
        with pytest.raises(rb.errors.BehaviorError, match=remedy):
            rb.minimize(c, data)
    with pytest.raises(rb.errors.FunctionalError, match="found a Counts, expected a Behavior"):
        rb.catalog.CHSH(counts)
