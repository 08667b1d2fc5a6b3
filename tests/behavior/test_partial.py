"""Tables that were seen in part, and how far frequencies may be from p."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.stats import binom

import relaxbell as rb


def selection(settings=2, outcomes=2):
    """Whether Y is seen may depend on X, on Y and on what nobody knows."""
    return rb.CausalModel(
        "X -> Y <- L -> S <- X; Y -> S",
        inputs="X",
        latent="L",
        outputs="Y S",
        cardinality={"X": settings, "Y": outcomes, "S": 2},
    )


@pytest.mark.parametrize(("settings", "outcomes"), [(2, 2), (3, 2), (2, 3)])
def test_missing_outcomes_give_the_bounds_of_manski(settings, outcomes):
    """Without assumptions those who are missing may have had any outcome (Manski 1990)."""
    rng = np.random.default_rng(outcomes + 5 * settings)
    numbers = rng.integers(1, 9, (outcomes + 1, settings))
    total = numbers.sum(axis=0)
    seen = [[Fraction(int(n), int(total[x])) for x, n in enumerate(row)] for row in numbers[:-1]]
    table = [[[None] * settings, row] for row in seen]  # axes y, s, x: nothing for s = 0
    model = selection(settings, outcomes)
    observed = rb.Observed.partial(table, outputs="Y S", inputs="X")
    effect = rb.average_causal_effect(model, "X", "Y", values=(settings - 1, 0), outcome=outcomes - 1)
    found = rb.bounds(effect, observed)
    missing = [Fraction(int(numbers[-1, x]), int(total[x])) for x in range(settings)]
    last, x = seen[outcomes - 1], settings - 1
    assert found.minimum.exact == last[x] - last[0] - missing[0]
    assert -found.maximum.exact == last[x] + missing[x] - last[0]


def test_a_table_of_those_selected_against_a_program_over_types():
    """p(y|S=1, x) and at least 3/5 selected at each x: types are (y0, y1, s(x, y)), written out here once more."""
    shares = np.array([[0.25, 0.5], [0.75, 0.5]])
    model = selection()
    observed = rb.Observed.partial(shares, outputs="Y", inputs="X", given={"S": 1}, cardinality={"S": 2})
    enough = [model.probability({"S": 1}, given={"X": x}) >= 0.6 for x in range(2)]
    effect = rb.average_causal_effect(model, "X", "Y")
    found = rb.bounds(effect, observed, subject_to=enough)
    types = list(itertools.product(range(2), range(2), *[range(2)] * 4))  # y(0), y(1), s(x, y)
    chosen = np.array([[t[2 + 2 * x + t[x]] for t in types] for x in range(2)])
    ones = np.array([[t[x] for t in types] for x in range(2)])
    equations = [chosen[x] * (ones[x] - shares[1, x]) for x in range(2)] + [np.ones(len(types))]
    ends = [
        sign
        * linprog(
            sign * (ones[1] - ones[0]), A_ub=-chosen, b_ub=[-0.6] * 2, A_eq=np.array(equations), b_eq=[0, 0, 1]
        ).fun
        for sign in (1, -1)
    ]
    np.testing.assert_allclose([found.lower, found.upper], ends, atol=1e-8)
    assert rb.bounds(effect, observed).lower == pytest.approx(-1)  # if nearly nobody is selected


def test_rounded_tables_and_those_with_every_cell():
    third = [[1 / 3, 0.1], [1 / 3, 0.2], [1 / 3, 0.7]]
    observed = rb.Observed.partial(third, outputs="Y", inputs="X")
    assert len(observed.values) == 4  # the last outcome follows
    model = rb.CausalModel("X -> Y <- L", inputs="X", latent="L", cardinality={"X": 2, "Y": 3})
    effect = rb.average_causal_effect(model, "X", "Y", outcome=2)
    assert rb.bounds(effect, observed).lower == pytest.approx(0.7 - 1 / 3)
    assert rb.bounds(effect, rb.Behavior(third, outputs="Y", inputs="X")).upper == pytest.approx(0.7 - 1 / 3)


EDGES = [  # p(y, m|x), where what is rounded would leave less than nothing for a cell, or let M depend on X
    ([[[2 / 3, 5 / 6], [0.0, 0.0]], [[1 / 3, 1 / 6], [0.0, 0.0]]], "M -> Y; X -> Y; L -> Y; L -> M"),
    ([[[3 / 11, 7 / 11], [None, 0.0]], [[3 / 11, None], [5 / 11, 0.0]]], "X -> Y; M -> Y; L -> Y; L -> M; X -> M"),
    ([[[2 / 3, None], [None, None]], [[None, 1 / 3], [None, None]]], "X -> Y; L -> Y; L -> M"),
]


@pytest.mark.parametrize(("table", "graph"), EDGES)
def test_rounded_floats_at_an_edge_are_possible(table, graph):
    """The exact numbers are possible; floats miss an equation of the model by some 1e-17."""
    model = rb.CausalModel(graph, "X", "L", {"X": 2, "Y": 2, "M": 2}, outputs="Y M")
    exact = [[[None if v is None else Fraction(v).limit_denominator(99) for v in x] for x in m] for m in table]
    seen, rounded = (rb.Observed.partial(t, outputs="Y M", inputs="X") for t in (exact, table))
    effect = rb.average_causal_effect(model, "X", "Y")
    assert rounded.is_rounded
    assert not seen.is_rounded
    assert list(rb.bounds(effect, rounded)) == pytest.approx(list(rb.bounds(effect, seen)), abs=1e-12)
    form = rb.closed_bounds(effect, seen)
    assert [float(end) for end in form(rounded)] == pytest.approx([float(end) for end in form(seen)], abs=1e-12)


def test_what_is_left_by_rounding_is_no_condition():
    cells = [[2 / 3, 0.0], [1 / 3, 0.0]]  # sums to 1 - 5e-17
    model = rb.CausalModel("L -> Y; L -> M", "", "L", {"Y": 2, "M": 2})
    seen = rb.Observed.partial(cells, outputs="Y M", inputs="")
    with pytest.raises(rb.errors.InfeasibleError, match=r"p\{M=1\} is 0 in every model"):
        rb.bounds(rb.query(model, "p{Y=1 | M=1}"), seen)


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ([[0.5, 0.6], [0.6, 0.4]], {}, "at X=0 sum to 1.1"),
        ([[0.5, 0.6], [0.4, 0.4]], {}, "at X=0 sum to 0.9, expected 1"),
        ([[0.5, 1.5], [None, None]], {}, r"p\(Y=0\|X=1\) is 1.5"),
        ([[None, None], [None, math.nan]], {}, "no cell"),
        ([0.5, 0.5], {}, "expected one for each of Y, X"),
        ([[0.5, 0.6], [0.5, 0.4]], {"given": {"S": 1}}, "cardinality"),
        ([[0.5, 0.6], [0.5, 0.4]], {"given": {"S": 2}, "cardinality": {"S": 2}}, "out of range"),
        ([[0.5, 0.6], [0.5, 0.4]], {"given": {"Y": 1}, "cardinality": {"Y": 2}}, "twice"),
    ],
)
def test_what_is_no_table_of_probabilities_is_refused(table, options, message):
    with pytest.raises(rb.errors.BehaviorError, match=message):
        rb.Observed.partial(table, outputs="Y", inputs="X", **options)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_the_radius_covers_whatever_p_is(confidence):
    """Exact probabilities for two outcomes, and for three by listing all counts."""
    n = 30
    r = rb.Counts([[n // 2], [n - n // 2]], outputs="A", inputs="X").confidence_radius(confidence)
    heads = np.arange(n + 1)
    for p in np.linspace(0, 1, 41):
        assert binom.pmf(heads, n, p)[abs(heads / n - p) >= r].sum() <= 1 - confidence
    n = 9
    r = rb.Counts([3, 3, 3], outputs="A", inputs="").confidence_radius(confidence)
    for p in ([1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0.0], [0.7, 0.2, 0.1]):
        missed = 0.0
        for a, b in itertools.product(range(n + 1), repeat=2):
            counts = np.array([a, b, n - a - b])
            if a + b <= n and abs(counts / n - p).sum() / 2 >= r:
                ways = math.factorial(n) / math.prod(math.factorial(int(c)) for c in counts)
                missed += ways * float(np.prod(np.array(p) ** counts))
        assert missed <= 1 - confidence


def test_the_radius_is_that_of_the_formula_and_rounds_up():
    counts = rb.Counts(np.full((2, 3, 2, 3), 10), outputs="A B", inputs="X Y")
    r = counts.confidence_radius(0.95)
    missed = 6 * (2**6 - 2) * math.exp(-2 * 60 * r * r)
    assert 0.05 * (1 - 1e-9) <= missed <= 0.05
    assert rb.Counts([[1, 1], [0, 1]], outputs="A", inputs="X").confidence_radius(0.99) == 1.0
    assert rb.Counts([[7, 5]], outputs="A", inputs="X").confidence_radius() == 0.0
    with pytest.raises(rb.errors.CountsError, match="no trials"):
        rb.Counts([[1, 0], [2, 0]], outputs="A", inputs="X").confidence_radius()
    with pytest.raises(rb.errors.CountsError, match="between 0 and 1"):
        counts.confidence_radius(95)


def test_bounds_with_confidence_contain_those_of_the_frequencies():
    model = rb.instrumental()
    effect = rb.average_causal_effect(model, "A", "B")
    cells = [[[919, 315], [81, 73]], [[0, 139], [0, 473]]]
    ends = []
    for scale in (1, 100):
        counts = rb.Counts(np.array(cells) * scale, outputs="A B", inputs="Z")
        near = [rb.largest_distance(model) <= counts.confidence_radius(0.95)]
        ends.append(rb.bounds(effect, counts.frequencies, near))
    assert ends[0].lower < ends[1].lower < 0.392
    assert ends[0].upper > ends[1].upper > 0.78
