"""Limits of p(x|λ), and Hall's measure beside others: priced against lists, closed forms, models without an edge."""

import itertools
import pickle
import re
from fractions import Fraction

import numpy as np
import pytest
import sympy
from dependent_cases import behavior_of

import relaxbell as rb
from relaxbell.engines.dependence import hall
from relaxbell.engines.dependence.budgets import constrained_dependence
from relaxbell.engines.dependence.levels import Levels, LevelSearch
from relaxbell.engines.linear import priced
from relaxbell.verify import verify

BIASED = [[Fraction(1, 3), Fraction(1, 6)], [Fraction(1, 2), 0]]

MODELS = {
    "both": lambda: rb.bell((2, 2)).relax("X -> B", "L -> X", "L -> Y"),
    "one side": lambda: rb.bell((2, 3)).relax("X -> B", "L -> X"),
    "three outcomes": lambda: rb.bell((2, 2), (3, 2)).relax("X -> B", "L -> X", "L -> Y"),
    "two settings, three settings": lambda: rb.bell((2, 3), (2, 2)).relax("X -> B", "L -> X", "L -> Y"),
    "biased": lambda: rb.bell((2, 2), input_distribution=BIASED).relax("X -> B", "L -> X", "L -> Y"),
    "three parties": lambda: rb.bell((2, 2, 1)).relax("X -> B", "L -> X", "L -> Z"),
    "outcome": lambda: rb.bell((2, 2)).relax("A -> B", "L -> X", "L -> Y"),
}
QUICK = ("biased",)
SMALL = [name for name in MODELS if name != "two settings, three settings"]  # listing Hall's rows takes half a minute


def case(name, seed=0):
    """A model, a behavior of it that needs something, another measure, and p(x) of the dependent settings."""
    model = MODELS[name]()
    rng = np.random.default_rng([sorted(MODELS).index(name), seed])
    q = np.array([Fraction(0)] * model.strategies.count)
    chosen = rng.choice(model.strategies.count, 6, replace=False)
    q[chosen] = [Fraction(int(v)) for v in rng.integers(1, 9, 6)]
    p = behavior_of(model, q / q.sum(), rng)
    weights = rb.dependence(model).layout.weights
    return model, p, rb.influence(model, "A" if name == "outcome" else "X", "B"), weights


def same(measure, p, subject_to):
    """Pricing gives what the list gives: exact numbers, at weights that have the data and keep the constraints."""
    model = measure.model
    try:
        listed = rb.minimize(measure, p, subject_to=subject_to, solver="highs")
    except rb.errors.InfeasibleError:
        with pytest.raises(rb.errors.InfeasibleError):
            constrained_dependence(measure, model.equations(p), subject_to, thorough=True)
        return
    answer, proof = constrained_dependence(measure, model.equations(p), subject_to, thorough=True)
    assert answer.value == pytest.approx(listed.value, abs=1e-9)
    assert proof.primal is not None
    assert proof.bound.bound == listed.proof.bound.bound
    q = np.array([proof.primal.get(i, Fraction(0)) for i in range(model.strategies.count)])
    equations = model.equations(p)
    assert (equations.rows.matrix.astype(int).toarray().astype(object) @ q == equations.rhs).all()
    assert measure.at(q.astype(float)) == pytest.approx(listed.value, abs=1e-12)
    for own in subject_to:
        if isinstance(own, rb.classes.Budget):
            assert own.measure.at(q.astype(float)) <= float(own.limit) + 1e-12
        else:
            assert (own.exact.rows.array @ q.astype(float)).max() <= 1e-12


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in MODELS])
def test_limits_priced_are_what_lists_give(name):
    model, p, c, weights = case(name)
    m = rb.dependence(model)
    limits = rb.setting_bounds(model, lower=min(weights) / 2, upper=min(1, max(weights) * Fraction(3, 2)))
    same(c, p, limits)
    same(m, p, limits)
    same(m + 2 * c, p, limits[:1])


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in SMALL])
def test_hall_priced_is_what_lists_give(name):
    model, p, c, _ = case(name)
    h = rb.hall_dependence(model)
    least = rb.minimize(h, p).proof.bound.bound
    same(c, p, [h <= least + Fraction(1, 20)])
    same(h + 2 * c, p, [])
    same(rb.maximum(h, 3 * c), p, [])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("name", SMALL)
def test_random_limits_and_budgets(name, seed):
    model, p, c, weights = case(name, seed)
    rng = np.random.default_rng(seed)
    low = min(weights) * Fraction(int(rng.integers(0, 9)), 10)
    high = min(Fraction(1), max(weights) * Fraction(int(rng.integers(11, 25)), 10))
    limits = rb.setting_bounds(model, lower=low, upper=high)
    m, h = rb.dependence(model), rb.hall_dependence(model)
    same(c, p, [*limits[:1], m <= Fraction(1, int(rng.integers(2, 9)))])
    same(m, p, [limits[1], c <= Fraction(1, int(rng.integers(2, 9)))])
    same(c, p, [2 * h <= Fraction(int(rng.integers(1, 9)), 4), h + c <= 2])


@pytest.mark.parametrize("corners", [None, [3, 4, 2, 3]])
@pytest.mark.parametrize(("low", "high"), [(0, 5), (1, 4), (3, 3)])
def test_levels_are_a_knapsack_for_each_strategy(corners, low, high):
    """Among all masses that are whole, of all strategies: vertices of the box are whole."""
    rng = np.random.default_rng(low + 7 * high)
    settings, domains, unit = [(0, 0), (0, 1), (1, 0), (1, 1)], (2, 3, 2, 2), 12
    scopes, rest = [(0, 2), (0, 3), (1, 2), (1, 3)], [(0, 1), (2,), ()]
    z = [rng.integers(-9, 10, [domains[v] for v in scope]) for scope in scopes]
    more = [rng.integers(-30, 31, [domains[v] for v in scope]) for scope in rest]
    price = 0 if corners is None else 4

    def gain(x, mass):
        return mass * z[x] - (price * abs(mass - corners[x]) if corners else 0)

    search = LevelSearch(settings, domains, scopes, rest, Levels.of(4, unit, low, high, corners))
    top, best = search.run(gain, more, -(10**6))
    masses = [m for m in itertools.product(range(low, high + 1), repeat=4) if sum(m) == unit]

    def total(values, m):
        own = sum(int(gain(x, m[x])[tuple(values[v] for v in scopes[x])]) for x in range(4))
        return own + sum(int(t[tuple(values[v] for v in scope)]) for t, scope in zip(more, rest, strict=True))

    every = max(total(values, m) for values in itertools.product(*map(range, domains)) for m in masses)
    assert int(top.max()) == every
    values, found = best.found(np.array([top.argmax()]))
    assert total(values[0], found[0]) == every
    assert sum(found[0]) == unit


def planar(n):
    x = np.arange(n)
    table = np.cos(np.pi * (x[:, None] - x[None, :] - 0.5) / n)
    return rb.Behavior((1 + np.array([[1, -1], [-1, 1]])[:, :, None, None] * table) / 4)


def test_limits_of_many_strategies_between_none_and_independence():
    """16 million strategies: p(x|λ) = p(x) leaves X -> B alone, p(x|λ) <= 1 leaves nothing to explain."""
    model, p = rb.bell((4, 4)).relax("X -> B", "L -> X", "L -> Y"), planar(4)
    c = rb.influence(model, "X", "B")
    alone = rb.minimize(rb.influence(rb.input_signaling((4, 4)), "X", "B"), p).value
    found = rb.minimize(c, p, subject_to=rb.setting_bounds(model, upper=Fraction(1, 16)))
    assert found.value == pytest.approx(alone, abs=1e-9)
    assert found.value - found.lower_bound < 1e-9
    assert rb.minimize(c, p, subject_to=rb.setting_bounds(model, upper=1)).value == pytest.approx(0, abs=1e-9)
    limits = rb.setting_bounds(model, lower=Fraction(1, 32), upper=Fraction(1, 8))
    found = rb.minimize(c, p, subject_to=limits)
    joint = {}
    for number, weight in found.q.mapping.items():
        values = model.local.assignments([number])[0]
        at = [model.local.variable(name, {}) for name in ("X", "Y")]
        key = tuple(np.delete(values, at))
        joint.setdefault(key, np.zeros((4, 4)))[tuple(values[at])] += weight
    for own in joint.values():
        given = own / own.sum()
        assert given.min() > 1 / 32 - 1e-9
        assert given.max() < 1 / 8 + 1e-9
    with pytest.raises(rb.errors.CertificateError, match="with a list only"):
        _ = found.certificate
    assert str(limits[0]) == "p(X,Y|λ) >= 0.03125"
    assert str(pickle.loads(pickle.dumps(limits))[1]) == "p(X,Y|λ) <= 0.125"


def test_what_needs_a_list_of_many_strategies_says_so():
    model, p = rb.bell((4, 4)).relax("X -> B", "L -> X", "L -> Y"), planar(4)
    c, h = rb.influence(model, "X", "B"), rb.hall_dependence(model)
    limits = rb.setting_bounds(model, upper=sympy.sqrt(2) / 10)
    for measure, constraints, message in (
        (c, limits, "irrational limit p(X,Y|λ) <= 0.141421356 needs a list"),
        (c, [h <= 1, *limits], "Hall's measure beside limits of p(x|λ) needs a list"),
        (rb.dependence(model), [h <= 1], "Hall's measure beside M needs a list"),
    ):
        with pytest.raises(rb.errors.ModelTooLargeError, match=re.escape(message)):
            rb.minimize(measure, p, subject_to=constraints)


@pytest.mark.slow
def test_functionals_under_limits_of_many_strategies():
    """A strategy loses one of the 2n settings of the chained inequality, where it has l of its mass: 2n − 2 n² l."""
    n = 4
    table = np.zeros((n, n), dtype=int)
    for i in range(n):
        table[i, i] = 1
        table[(i + 1) % n, i] = -1 if i == n - 1 else 1
    chained = rb.BellFunctional.from_correlators({"AB": table}, name="chained")
    model = rb.measurement_dependence((n, n))
    free = chained.bound(model.unrelaxed)
    assert free == 2 * n - 2
    for low in (Fraction(0), Fraction(1, 40), Fraction(1, 16)):
        found = chained.bound(model, subject_to=rb.setting_bounds(model, lower=low))
        assert found == 2 * n - 2 * n**2 * low
    assert chained.bound(model, subject_to=[rb.dependence(model) <= 0]) == 2 * n - 2


@pytest.mark.slow
def test_hall_in_budgets_of_many_strategies():
    """37,000 strategies: Hall's measure 0 leaves X -> B alone; no influence leaves Hall's measure alone."""
    model, p = rb.bell((3, 3)).relax("X -> B", "L -> X", "L -> Y"), planar(3)
    c, h = rb.influence(model, "X", "B"), rb.hall_dependence(model)
    alone = rb.minimize(rb.influence(rb.input_signaling((3, 3)), "X", "B"), p).value
    functional = rb.catalog.I3322
    assert functional.bound(model, subject_to=[h <= 0, c <= 0]) == functional.bound(model.unrelaxed)
    found = rb.minimize(c, p, subject_to=[h <= 0])
    assert found.value == pytest.approx(alone, abs=1e-9)
    assert found.value - found.lower_bound < 1e-9
    alone = rb.minimize(rb.hall_dependence(rb.measurement_dependence((3, 3))), p).value
    found = rb.minimize(h, p, subject_to=[c <= 0])
    assert found.value == pytest.approx(alone, abs=1e-8)
    assert h.value(found.q) == pytest.approx(found.value, abs=1e-8)
    assert (h + c).value(found.q) == pytest.approx(h.value(found.q) + c.value(found.q), abs=1e-12)
    assert rb.maximum(h, 2 * c).value(found.q) == pytest.approx(max(h.value(found.q), 2 * c.value(found.q)), abs=1e-12)


@pytest.mark.slow
def test_hall_alone_where_lambda_are_many(monkeypatch):
    """λ and sets found together say the same as a minimum cut for each λ."""
    h, p = rb.hall_dependence(rb.measurement_dependence((3, 4))), rb.Behavior(planar(4).p[:, :, :3])
    cuts = rb.minimize(h, p)
    assert "minimum cuts" in cuts.statistics["solver"]
    monkeypatch.setattr(hall, "MOST_LISTED", 10)
    monkeypatch.setattr(priced, "PRICED_FROM", 100)
    found = rb.minimize(h, p)
    assert "column generation" in found.statistics["solver"]
    assert found.value == pytest.approx(cuts.value, abs=1e-9)
    assert found.value - found.lower_bound < 1e-9


@pytest.mark.slow
def test_a_certificate_is_made_by_a_list_where_one_is_short():
    model = rb.measurement_dependence((4, 3))
    angles = np.pi * (np.arange(4)[:, None] - np.arange(3) - 0.5) / 4
    p = rb.Behavior((1 + np.array([[1, -1], [-1, 1]])[:, :, None, None] * np.cos(angles)) / 4)
    limits = rb.setting_bounds(model, upper=Fraction(1, 6))
    solution = rb.minimize(rb.dependence(model), p, subject_to=limits)
    assert verify(solution.certificate.data).startswith("every model")
