"""Signed measures: below zero, curves, budgets, trade-offs, closed forms and sweeps are what exact programs say."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from exact_reference import mixed, simplex
from reference import free_settings, observed_matrix, run, strategies

import relaxbell as rb

BIASED = np.array([[Fraction(2, 7), Fraction(0)], [Fraction(1, 7), Fraction(4, 7)]], dtype=object)
"""p(x, y): one setting never occurs."""

MODELS = {
    "unequal": lambda: rb.bell((2, 1), (3, 2)).relax("X -> B"),
    "three parties": lambda: rb.bell((2, 1, 1), (2, 2, 2)).relax("X -> C"),
    "instrumental": lambda: rb.instrumental(3),
    "biased": lambda: rb.measurement_dependence(input_distribution=BIASED),
}
KINDS = ("linear", "linear plus norm", "maximum")
POINTS = (Fraction(0), Fraction(5, 7), Fraction(1))


def random_row(model, seed):
    """Whole numbers of both signs, mostly negative: its values reach far below zero."""
    return np.random.default_rng(seed).integers(-7, 4, model.strategies.count)


def signed(model, seed=0):
    return rb.measure(model, [random_row(model, seed)], norm="linear", name=f"s{seed}")


def behaviors(model):
    """Three exact behaviors of the model."""
    if model.dependent_inputs:  # anything is reproduced
        box = rb.boxes.pr()
        return box.visibility(Fraction(1, 5)), box.relabel("A", [1, 0]), box.relabel("B", [1, 0], {"Y": 1})
    rng = np.random.default_rng(5)
    return tuple(mixed(model, rng, support=k) for k in (3, 8, 5))


def least(model, behavior, rows, budgets=()):
    """min over q of the largest of the rows, within budgets (row, limit), by the tests' own exact simplex."""
    matrix, rhs = np.ones((1, model.strategies.count)), [1]
    if behavior is not None:
        matrix, table = observed_matrix(model), model.match(behavior).exact
        rhs = list((table * BIASED if model.dependent_inputs else table).ravel())
    n, k = matrix.shape[1], len(rows) + len(budgets)
    equal = [[*map(int, own), 0, 0, *[0] * k] for own in matrix]
    below = [[*map(int, own), -1, 1, *(int(i == j) for j in range(k))] for i, own in enumerate(rows)]
    limited = [
        [*map(int, own), 0, 0, *(int(len(rows) + i == j) for j in range(k))] for i, (own, _) in enumerate(budgets)
    ]
    cost = [0] * n + [1, -1] + [0] * k
    return simplex(cost, equal + below + limited, [*rhs, *[0] * len(rows), *(limit for _, limit in budgets)])


def kind_of(kind, model):
    """A measure, and the rows of which it is the largest: |r| is the larger one of r and −r."""
    one, two = random_row(model, 0), random_row(model, 1)
    if kind == "linear":
        return signed(model), [one]
    if kind == "linear plus norm":
        return signed(model) + rb.measure(model, [two], norm="max", name="n"), [one + two, one - two]
    return rb.maximum(signed(model), signed(model, 1)), [one, two]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_curves_and_sweeps(make, kind):
    model = make()
    (measure, rows), (start, end) = kind_of(kind, model), behaviors(model)[:2]
    line = rb.curve(measure, start, end)
    assert line.exact
    assert min(line.value(t) for t in POINTS) < 0
    for t in (*POINTS, *line.breakpoints):
        p = end.mix(start, t)
        assert line.value(t) == least(model, p, rows)
        assert rb.minimize(measure, p).exact == sympy.sympify(line.value(t))
    assert line.certificate.verify().startswith("least values are affine in t")
    found = rb.sweep(measure, {t: end.mix(start, t) for t in POINTS}, progress=False)
    assert found.values == pytest.approx([float(line.value(t)) for t in POINTS], abs=1e-10)
    assert all(Fraction(low) <= line.value(t) for low, t in zip(found.lower_bounds.tolist(), POINTS, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_closed_forms_of_slices(make, kind):
    pytest.importorskip("ppl")
    model = make()
    (measure, rows), corners = kind_of(kind, model), behaviors(model)
    form = rb.closed_form(measure, corners)
    first, second, third = corners
    for t, u in ((0, 0), (1, 0), (Fraction(1, 3), Fraction(2, 5)), (Fraction(1, 7), Fraction(6, 7))):
        p = third.mix(second.mix(first, t), u)
        assert form(p) == least(model, p, rows)
        assert form.evaluate([p]).value[0] == pytest.approx(float(form(p)), abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["unequal", "instrumental"])
@pytest.mark.slow
def test_closed_forms_within_signed_budgets(name, kind):
    """A symbolic budget of a signed measure may be negative."""
    pytest.importorskip("ppl")
    model, c = MODELS[name](), sympy.Symbol("c")
    (measure, rows), corners, limited = kind_of(kind, model), behaviors(model), random_row(model, 3)
    form = rb.closed_form(measure, corners, subject_to=[signed(model, 3) <= c])
    p = corners[1].mix(corners[0], Fraction(1, 3))
    lowest = least(model, p, [limited])
    assert lowest < 0
    for limit in (lowest, lowest / 2, Fraction(0), Fraction(10)):
        assert form(p, {c: limit}) == least(model, p, rows, [(limited, limit)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
@pytest.mark.slow
def test_tradeoffs_with_signed_budgets(make, kind):
    model = make()
    (budgeted, limits), p = kind_of(kind, model), behaviors(model)[1]
    row = random_row(model, 4)
    for measure, rows in ((signed(model, 4), [row]), (rb.measure(model, [row], norm="max"), [row, -row])):
        line = rb.tradeoff(measure, budgeted, p)
        low, high = line.domain
        assert low == least(model, p, limits)
        for limit in (low, (2 * low + high) / 3, high):
            assert line.value(limit) == least(model, p, rows, [(own, limit) for own in limits])
        assert line.value(high) == least(model, p, rows)
        assert line.certificate.verify()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["unequal", "three parties", "instrumental"])
def test_bounds_of_functionals_within_signed_budgets(name, kind):
    """The curve starts at the least value of the measure, not at 0."""
    model, e = MODELS[name](), sympy.Symbol("e", real=True)
    budgeted, limits = kind_of(kind, model)
    coefficients = np.random.default_rng(2).integers(-3, 4, model.observed_shape)
    functional = rb.BellFunctional(coefficients, model.outputs, model.inputs)
    row = -np.rint(coefficients.ravel() @ observed_matrix(model)).astype(int)
    line = functional.bound(model, [budgeted <= e])
    low, high = line.domain
    assert low == least(model, None, limits) < 0
    assert line.to_sympy().free_symbols == {e}
    for limit in (low, low * 2 / 3, low / 5, Fraction(0), high):
        exact = -least(model, None, [row], [(own, limit) for own in limits])
        assert line.value(limit) == exact == functional.bound(model, [budgeted <= limit])
    assert line.value(high) == functional.bound(model)


def test_a_budget_that_is_the_same_for_every_model():
    model, e = MODELS["unequal"](), sympy.Symbol("e")
    for value in (0, -2):
        constant = rb.measure(model, [np.full(model.strategies.count, value)], norm="linear")
        coefficients = np.random.default_rng(2).integers(-3, 4, model.observed_shape)
        functional = rb.BellFunctional(coefficients, model.outputs, model.inputs)
        line = functional.bound(model, [constant <= e])
        assert line.domain == (value, value + 1)
        assert {line.value(v) for v in line.domain} == {functional.bound(model)}


def effect_row(model, source, target, outcome):
    """p(target = outcome|do(source = 1)) − p(… do(source = 0)) of each strategy, settings uniform."""
    rows = []
    for strategy in strategies(model):
        settings = free_settings(model)
        totals = [
            sum(run(model, strategy, free, {source: value})[target] == outcome for free in settings) for value in (1, 0)
        ]
        rows.append(Fraction(totals[0] - totals[1], len(settings)))
    return rows


def test_average_causal_effects_are_negative_where_they_are():
    """The instrument nearly decides the treatment, and that the outcome: the least effect is −1."""
    model = rb.instrumental()
    table = np.full((2, 2, 2), Fraction(0), dtype=object)
    for z in (0, 1):
        table[0, 0, z], table[1, 1, z] = (Fraction(9, 10), Fraction(1, 10))[:: 1 - 2 * z]
    p = rb.Behavior(table, "B A", "Z")
    effect = rb.average_causal_effect(model, "A", "B", outcome=0)
    line = rb.curve(effect, p.white_noise(), p)
    assert line.value(Fraction(1)) == -1
    row = effect_row(model, "A", "B", 0)
    scaled = [int(2 * v) for v in row]
    for t in POINTS:
        assert line.value(t) == least(model, p.visibility(t), [scaled]) / 2
    both = rb.closed_bounds(effect)
    assert both(p) == (-1, Fraction(-4, 5))
    assert line.crossing(Fraction(-3, 4)) == Fraction(1, 2)
    assert rb.critical_visibility(model, p, [effect <= Fraction(-1, 2)]) == 1


def test_the_formula_of_a_signed_curve_is_proved():
    model = rb.instrumental()
    effect = rb.average_causal_effect(model, "A", "B", outcome=0)
    t = sympy.Symbol("t", real=True)
    noise = rb.Behavior(np.full((2, 2, 2), Fraction(1, 4), dtype=object), "A B", "Z")
    table = np.full((2, 2, 2), Fraction(0), dtype=object)
    table[0, 0, 0] = table[1, 1, 1] = Fraction(1)  # a = b = z
    told = rb.Behavior(table, "A B", "Z")
    line = rb.curve(-effect, noise, told)
    formula = rb.fit(line).formula
    assert rb.prove(-effect, formula, (noise, told)).status == "proved"
    assert rb.prove(-effect, sympy.Max(0, formula), (noise, told)).status == "refuted"
    assert rb.prove(-effect, formula + (t - 1) ** 2, (noise, told)).status == "refuted"
