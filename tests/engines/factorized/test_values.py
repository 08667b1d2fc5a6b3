"""Least factorized dependence: reference values, closed forms, other measures, and models that attain them."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from dependent_cases import random_case

import relaxbell as rb

MODEL = rb.measurement_dependence()
I = rb.mutual_information(MODEL, factorized=True)  # noqa: E741 - its name
M = rb.dependence(MODEL, factorized=True)
BOTH = {"I": rb.mutual_information, "M": rb.dependence}
STAR = 3.620464486811


def isotropic(s):
    """p(won) = 1/2 + S/8."""
    return rb.boxes.pr().visibility(Fraction(s) / 4)


def h(p):
    return -sum(q * math.log2(q) for q in (p, 1 - p) if q > 0)


def check(measure, solution, p):
    """Value and bound agree, the sources have that cost, and their strategies reproduce the data."""
    layout = measure.layout
    sources = solution.sources
    cost = sum(s.weight * measure.of(*(s.settings[name] for name in layout.names)) for s in sources)
    assert cost == pytest.approx(solution.value, abs=1e-8)
    assert solution.lower_bound <= solution.value + 1e-15
    equations = measure.model.equations(p)
    assert abs(equations.rows.array @ solution.q.weights - equations.floats).max() < 1e-8
    for source in sources:  # p(x|λ) p(y|λ), and one function of each other node
        others = set()
        for number, weight in source.strategies.items():
            functions = solution.q.functions(number)
            x, y = (int(functions.pop(name)) for name in layout.names)
            others.add(tuple(functions.items()))
            first, second = (source.settings[name] for name in layout.names)
            assert weight == pytest.approx(first[x] * second[y], abs=1e-12)
        assert len(others) == 1


def close(solution, expected, digits=1e-9):
    assert solution.status == "optimal"
    assert solution.lower_bound <= expected + 1e-12
    assert solution.value == pytest.approx(expected, abs=digits)
    assert solution.value - solution.lower_bound <= 1e-9


@pytest.mark.parametrize("s", ["23/10", pytest.param("18/5", marks=pytest.mark.slow)])
def test_information_of_isotropic_behaviors(s):
    p = isotropic(s)
    found = rb.minimize(I, p)
    check(I, found, p)
    close(found, 2 - 2 * h(math.sqrt((4 - float(Fraction(s))) / 8)))


@pytest.mark.slow
def test_beyond_the_star_unequal_settings_cost_less():
    bad = 0.2 / 8
    grid = np.linspace(math.sqrt(bad), 0.5, 200_001)
    best = min(2 - h(u) - h(bad / u) for u in grid)
    found = rb.minimize(I, isotropic("19/5"))
    close(found, best)
    assert found.value < 2 - 2 * h(math.sqrt(bad)) - 0.04
    assert float(Fraction(19, 5)) > STAR


@pytest.mark.slow
@pytest.mark.parametrize(("measure", "expected"), [(I, 1.0), (M, 1.0)])
def test_the_pr_box(measure, expected):
    """Where p(a,b|x,y) has zeros, multipliers diverge."""
    found = rb.minimize(measure, rb.boxes.pr())
    check(measure, found, rb.boxes.pr())
    close(found, expected)


@pytest.mark.parametrize("s", ["21/10", pytest.param("7/2", marks=pytest.mark.slow)])
def test_dependence_of_isotropic_behaviors(s):
    p = isotropic(s)
    found, own = rb.minimize(M, p), Fraction(s)
    check(M, found, p)
    close(found, float((own - 2) / (6 - own)))


def test_tsirelson():
    close(rb.minimize(I, rb.boxes.tsirelson()), 0.080169560660)
    close(rb.minimize(M, rb.boxes.tsirelson()), (2 * math.sqrt(2) - 1) / 7)


def biased(*rows):
    return rb.measurement_dependence(
        input_distribution=[[Fraction(v, sum(map(sum, rows))) for v in row] for row in rows]
    )


@pytest.mark.parametrize(
    ("rows", "values"),
    [
        (((9, 3), (3, 1)), (0.0592675592, 0.193602799)),
        (((3, 2), (2, 3)), (0.269971344, 0.431074107)),
        (((3, 3), (1, 1)), (None, 0.224885168)),
    ],
)
@pytest.mark.slow
def test_biased_and_correlated_settings(rows, values):
    model = biased(*rows)
    for make, expected in zip(BOTH.values(), values, strict=True):
        measure = make(model, factorized=True)
        found = rb.minimize(measure, rb.boxes.tsirelson())
        check(measure, found, rb.boxes.tsirelson())
        assert found.value - found.lower_bound < 1e-9
        if expected is not None:
            assert found.value == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow
def test_correlated_settings_cost_something_even_for_local_behaviors():
    noise = rb.boxes.pr().white_noise()
    model = biased((3, 2), (2, 3))
    own = model.input_distribution.marginal(("X", "Y")).astype(float)
    shared = float((own * np.log2(own * 4)).sum())  # I(X:Y), the settings alone being uniform
    measure = rb.mutual_information(model, factorized=True)
    assert measure.is_correlated
    assert not I.is_correlated
    assert rb.minimize(measure, noise).lower_bound >= shared - 1e-9
    assert rb.minimize(rb.dependence(model, factorized=True), noise).lower_bound > 0.1
    assert rb.minimize(rb.mutual_information(model), noise).value < 1e-9
    tied = biased((1, 0), (0, 1))
    close(rb.minimize(rb.mutual_information(tied, factorized=True), noise), 1.0)
    close(rb.minimize(rb.dependence(tied, factorized=True), noise), 1.0)


def test_a_setting_that_never_occurs_leaves_one_side():
    """With one value of y the question is the one-sided one."""
    model = rb.measurement_dependence((3, 2), (2, 2), input_distribution=[[Fraction(1, 3), 0]] * 3)
    q = np.array([Fraction(0)] * model.strategies.count)
    q[[0, 77, 150]] = Fraction(1, 3)
    table = np.full((2, 2, 3, 2), Fraction(1, 4), dtype=object)
    table[:, :, 0, 0] = [[Fraction(1, 2), 0], [Fraction(1, 2), 0]]
    p = rb.Behavior(table, outputs="A B", inputs="X Y")
    for make in BOTH.values():
        found, other = rb.minimize(make(model, factorized=True), p), rb.minimize(make(model), p)
        assert found.value == pytest.approx(other.value, abs=1e-8)


def test_one_dependent_input_has_one_factor():
    model = rb.measurement_dependence(dependent="X")
    for make in BOTH.values():
        assert type(make(model, factorized=True)) is type(make(model))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 5, 6, 7, 9, 12, 15])
def test_not_below_the_other_question(seed):
    """Random models, with zeros, third parties and edges between parties."""
    model, p = random_case(seed, 3000)[:2]
    assert len(model.dependent_inputs) == 2
    for make in BOTH.values():
        measure = make(model, factorized=True)
        found, other = rb.minimize(measure, p), rb.minimize(make(model), p)
        check(measure, found, p)
        assert found.status == "optimal"
        assert found.value >= other.lower_bound - 1e-9 >= -1e-9
        if min(model.cardinality[name] for name in measure.layout.names) == 1:  # one side alone
            assert found.value == pytest.approx(other.value, abs=1e-8)


@pytest.mark.slow
def test_coarse_graining_lowers_nothing():
    """Outcomes that are merged need no more dependence: a model of three is one of two."""
    fine, coarse = rb.boxes.cglmp(3), np.zeros((2, 2, 2, 2))
    for a in range(3):
        for b in range(3):
            coarse[min(a, 1), min(b, 1)] += fine.transposed(("A", "B"), ("X", "Y")).p[a, b]
    merged = rb.Behavior(coarse, outputs="A B", inputs="X Y")
    for make in BOTH.values():
        high = rb.minimize(make(rb.measurement_dependence((2, 2), (3, 3)), factorized=True), fine)
        low = rb.minimize(make(MODEL, factorized=True), merged)
        assert low.lower_bound <= high.value + 1e-9
        assert high.status == "optimal"
        assert high.value == pytest.approx(0.119137142 if make is rb.mutual_information else 0.324304761, abs=1e-9)


def chained(n):
    """The singlet at neighbouring angles π/2n: Braunstein and Caves."""
    x, y = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    e = np.cos(np.pi * (2 * x - 2 * y - 1) / (2 * n))
    return rb.Behavior([[(1 + (-1) ** (a + b) * e) / 4 for b in (0, 1)] for a in (0, 1)], outputs="A B", inputs="X Y")


@pytest.mark.slow
def test_three_settings():
    """I as with two; M is an interval."""
    model = rb.measurement_dependence((3, 3), (2, 2))
    found = rb.minimize(rb.mutual_information(model, factorized=True), chained(3))
    assert found.value == pytest.approx(0.11042987, abs=1e-8)
    assert found.value - found.lower_bound < 1e-9
    found = rb.minimize(rb.dependence(model, factorized=True), chained(3))
    low, high = found.interval
    assert found.status == "interval"
    assert "interval" in repr(found)
    assert 0.331 < low <= 0.331998439 + 1e-9
    assert high == pytest.approx(0.331998439, abs=1e-6)


@pytest.mark.slow
def test_values_of_functionals():
    """CHSH alone: the least over all behaviors with it is that of the isotropic one."""
    for nonsignaling in (True, False):
        seen = rb.Observed([(rb.catalog.CHSH, Fraction(7, 2))], nonsignaling=nonsignaling)
        close(rb.minimize(I, seen), 2 - 2 * h(0.25))
        close(rb.minimize(M, seen), 0.6)


def test_local_behaviors_need_none():
    for measure in (I, M):
        found = rb.minimize(measure, isotropic("19/10"))
        assert (found.value, found.lower_bound) == (pytest.approx(0, abs=1e-12), 0)


@pytest.mark.slow
def test_curves_are_between_tangents_and_chords(monkeypatch):
    monkeypatch.setattr("relaxbell.engines.linear.sampled._TOLERANCE", 2e-2)  # few samples
    pr = rb.boxes.pr()
    line = rb.curve(M, isotropic(2), pr)
    assert isinstance(line, rb.classes.SampledCurve)
    for t in (0.1, 0.5, 0.83):
        s = 2 + 2 * t
        assert line.lower_bound(t) - 1e-9 <= (s - 2) / (6 - s) <= line.value(t) + 1e-4
    squares = {v: pr.visibility(v * v) for v in (Fraction(k, 4) for k in range(5))}
    with pytest.raises(rb.errors.MeasureError, match="along"):
        rb.curve(M, squares, parameter=sympy.Symbol("v") ** 2)


@pytest.mark.slow
def test_sweep():
    found = rb.sweep(M, {s: isotropic(s) for s in ("1", "5/2", "3")})
    assert [round(v, 9) for v in found.values] == [0, round(1 / 7, 9), round(1 / 3, 9)]
    assert (np.array(found.lower_bounds) <= np.array(found.values)).all()


def test_refusals():
    errors = rb.errors
    with pytest.raises(errors.UnsupportedModelError, match=r"3 dependent inputs X, Y, Z"):
        rb.dependence(rb.measurement_dependence((2, 2, 2), (2, 2, 2)), factorized=True)
    for wrong in (1, None, "yes"):
        with pytest.raises(errors.MeasureError, match="expected True or False"):
            rb.mutual_information(MODEL, factorized=wrong)
    with pytest.raises(errors.MeasureError, match="no constraints"):
        rb.minimize(I, rb.boxes.pr(), [rb.dependence(MODEL) <= 1])
    for ask in (lambda: I.expression, lambda: M <= 0.1, lambda: M + M, lambda: I.value(np.full(64, 1 / 64))):
        with pytest.raises(errors.MeasureError, match="factorized"):
            ask()
    with pytest.raises(errors.MeasureError, match="tolerance"):
        rb.minimize(I, rb.boxes.pr(), tolerance=0)
    with pytest.raises(errors.MeasureError, match="expected a distribution"):
        I.of([1, 0], [0.5, 0.6])
    with pytest.raises(errors.ModelTooLargeError, match="lower bound"):
        rb.minimize(rb.dependence(rb.measurement_dependence((8, 8), (2, 2)), factorized=True), chained(8))


def test_what_is_not_reproduced_is_infeasible():
    """A third party with a free setting cannot be signaled to."""
    model = rb.bell((2, 2, 2)).relax("L -> X", "L -> Y")
    table = np.zeros((2,) * 6)
    for x in np.ndindex(2, 2, 2):
        table[(x[2], 0, 0, *x)] = 1.0  # a = z
    p = rb.Behavior(table, outputs=model.outputs, inputs=model.inputs)
    measure = rb.mutual_information(model, factorized=True)
    with pytest.raises((rb.errors.InfeasibleError, rb.errors.SignalingError)):
        rb.minimize(measure, p)


def test_it_says_which_question():
    assert I.name == "I(X,Y:Λ) factorized"
    assert "common cause each" in repr(I)
    assert "factorized" not in rb.mutual_information(MODEL).name
    assert r"p(x|\lambda)\,p(y|\lambda)" in M._repr_latex_()
    assert I.recipe().made(MODEL).name == I.name
    found = rb.minimize(I, rb.boxes.pr())
    assert "p(x,y|λ) = p(x|λ) p(y|λ)" in repr(found)
    guessed = sum(s.weight * max(s.settings["X"]) * max(s.settings["Y"]) for s in found.sources)
    assert f"with probability {guessed:.2g}" in str(rb.explain(found))
