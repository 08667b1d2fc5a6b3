"""Dual vertices and outer approximation: the same terms, none redundant, as many as published."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy
from clock import replaced
from exact_reference import claimed, least, random_in
from reference import random_model, run, strategies

import relaxbell as rb
from relaxbell.closed_forms import dual_region
from relaxbell.proofs.convex import Region

DUAL, OUTER = "dual vertices", "outer approximation"
C = sympy.Symbol("c")
THIRD = Fraction(1, 3)


def effect(inputs=2, outputs=(2, 2), **names):
    return rb.average_causal_effect(rb.instrumental(inputs, outputs), "A", "B", **names)


def linked():
    """Two free instruments of one treatment."""
    graph = "Z -> A; W -> A; L -> A; A -> B; L -> B"
    return rb.average_causal_effect(rb.CausalModel(graph, "Z W", "L", {"Z": 2, "W": 2, "A": 2, "B": 2}), "A", "B")


def without(model, excluded):
    """No strategy of a kind."""
    return [sum(model.q[i] for i, s in enumerate(strategies(model)) if excluded(s)) == 0]


def decreasing(node):
    return lambda strategy: strategy[node][(0,)] > strategy[node][(1,)]


def no_defiers():
    own = effect()
    return own, without(own.model, decreasing("A"))


def measurement_error():
    """The outcome is seen through a test that never errs downwards."""
    graph = "X -> Y; Y -> W; L -> Y; L -> W"
    model = rb.CausalModel(graph, "X", "L", {"X": 2, "Y": 2, "W": 2}, hidden="Y")
    return rb.average_causal_effect(model, "X", "Y"), without(model, decreasing("W"))


def mediation():
    """What X does to B directly, the mediator A being as it is for X = 0: a counterfactual, strategy by strategy."""
    model = rb.CausalModel("X -> A; X -> B; A -> B; L -> A; L -> B", "X", "L", {"X": 2, "A": 2, "B": 2})
    row = []
    for strategy in strategies(model):
        before = run(model, strategy, {"X": 0})
        row.append(run(model, strategy, {"X": 1}, {"A": before["A"]})["B"] - before["B"])
    return rb.measure(model, np.array([row]), norm="linear", name="NDE"), ()


def forms(terms):
    return {term.form for term in terms}


def same(measure, domain=None, subject_to=()):
    """Both ways give the same terms and constraints; which one is said."""
    found = [rb.closed_form(measure, domain, subject_to, way=way) for way in (DUAL, OUTER)]
    assert [form.way for form in found] == [DUAL, OUTER]
    for form in found:
        assert form.complete
        assert form.open_vertices == 0
    assert len(forms(found[0].terms)) == len(found[0].terms)
    assert forms(found[0].terms) == forms(found[1].terms)
    assert forms(found[0].domain) == forms(found[1].domain)
    assert found[0].labels == found[1].labels
    return found[0]


def irredundant(form, extra=()):
    """By PPL's exact simplex method: each term exceeds all others somewhere, each constraint is needed."""
    region = Region(form.region, [*(t.form for t in form.domain), *extra])
    own = [t.form for t in form.terms]
    for k, term in enumerate(own):
        others = [*own[:k], *own[k + 1 :]]
        largest = region.largest(term, others)
        assert largest is not None
        assert largest[0] > 0 or not others
    for k, constraint in enumerate(form.domain):
        others = [c.form for i, c in enumerate(form.domain) if i != k]
        assert Region(form.region, others).largest(constraint.form)[0] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "domain"),
    [
        (effect(), None),
        (-effect(2, (2, 3), outcome=2), None),
        (effect(2, (3, 2), values=(2, 0)), None),
        (effect(3), None),
        (rb.influence(rb.input_signaling(), "X", "B"), None),
        (rb.influence(rb.input_signaling(), "X", "B"), "model"),
        (rb.influence(rb.outcome_signaling(), "A", "B"), "model"),
        (rb.average_causal_effect(rb.input_signaling((2, 3)), "X", "B"), None),
        (rb.average_causal_effect(rb.input_signaling((3, 2)), "X", "B", values=(2, 1)), None),
        (rb.average_causal_effect(rb.bell((2, 1, 1), (2, 2, 2)).relax("A -> C"), "A", "C"), "model"),
        (rb.influence(rb.instrumental(2, input_distribution=[THIRD, 1 - THIRD]).relax("Z -> B"), "Z", "B"), None),
        (rb.average_causal_effect(rb.bell((1, 2), (3, 2)).relax("A -> B"), "A", "B"), None),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_both_ways_are_the_same(measure, domain):
    irredundant(same(measure, domain))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "domain", "terms"),
    [
        (rb.influence(rb.input_signaling((2, 2), (3, 2)), "X", "B"), None, 73),  # 72 CHSH and 0
        (rb.average_causal_effect(rb.input_signaling((2, 2), (2, 3)), "X", "B", outcome=2), None, None),
        (rb.influence(rb.bell((1, 2), (3, 2)).relax("A -> B"), "A", "B"), "model", None),
    ],
)
def test_both_ways_with_unequal_outputs(measure, domain, terms):
    form = same(measure, domain)
    assert terms in (None, len(form.terms))
    irredundant(form)


@pytest.mark.parametrize(
    ("measure", "budgets"),
    [
        (rb.influence(rb.instrumental().relax("Z -> B"), "Z", "B"), C),
        (rb.average_causal_effect(rb.instrumental().relax("Z -> B"), "A", "B"), C),
        (rb.average_causal_effect(rb.instrumental().relax("Z -> B"), "A", "B"), THIRD),
    ],
    ids=["itself", "symbolic", "number"],
)
def test_both_ways_with_budgets(measure, budgets):
    model = measure.model
    limits = [rb.influence(model, "Z", "B") <= budgets]
    form = same(measure, None, limits)
    rng = np.random.default_rng(0)
    for _ in range(6):
        p = random_in(form, rng)
        value = {C: Fraction(int(rng.integers(0, 30)), 40)} if form.budgets else {}
        numbers = [rb.influence(model, "Z", "B") <= (value[C] if form.budgets else budgets)]
        assert claimed(form, p, value) == least(measure, p, numbers)


def test_both_ways_with_constraints_on_q():
    own, monotone = no_defiers()
    q = own.model.q
    for constraints in (monotone, [q[3] <= 0.125], [q[0] + q[5] >= 0.25]):
        irredundant(same(own, None, constraints))


@pytest.mark.parametrize("seed", [0, 10, 15, 17, 24, 36])
def test_both_ways_on_random_graphs(seed):
    model, (source, target) = random_model(np.random.default_rng(seed), most=60)
    own = rb.average_causal_effect(model, source, target)
    irredundant(same(own if seed % 2 else -own))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_both_ways_on_more_random_graphs(seed):
    model, (source, target) = random_model(np.random.default_rng(seed), most=30)
    irredundant(same(rb.average_causal_effect(model, source, target)))
    irredundant(same(rb.influence(model, source, target)))


# -------------------------------------------------------------- published counts


@pytest.mark.parametrize(
    ("case", "terms"),
    [
        ((effect(3), ()), 39),
        ((effect(4), ()), 112),
        ((linked(), ()), 112),
        ((effect(2, (2, 3)), ()), 20),
        ((effect(2, (3, 3)), ()), 26),
        ((effect(3, (3, 2)), ()), 165),
        (mediation(), 3),
        (no_defiers(), 1),
        (measurement_error(), 2),
    ],
    ids=["Z3", "Z4", "linked", "Z2 X2 Y3", "Z2 X3 Y3", "Z3 X3 Y2", "mediation", "no defiers", "measurement error"],
)
def test_as_many_terms_as_causaloptim(case, terms):
    """Sachs et al., J. Comput. Graph. Stat. 32, 600 (2023): the counts of causaloptim 1.0.1, both ends."""
    measure, constraints = case
    both = rb.closed_bounds(measure, subject_to=constraints, seconds=np.inf)
    for end in (both.least, both.largest):
        assert end.way == DUAL
        assert len(end.terms) == terms


@pytest.mark.slow
@pytest.mark.parametrize(("inputs", "outputs", "terms"), [(5, (2, 2), 245), (3, (2, 3), 915), (3, (3, 2), 165)])
def test_every_term_is_needed(inputs, outputs, terms):
    """At a mixture of the strategies that are tight at a vertex, only its term is as large as the least value.

    That mixture is a behavior of the model, the value of the mixture an upper bound: nothing of the derivation is used.
    """
    own = effect(inputs, outputs)
    model, coordinates = own.model, own.model.coordinates
    columns = [coordinates.project(c.reshape(model.observed_shape)) for c in model.T.toarray().T.astype(int)]
    points = np.array(columns, dtype=object)
    points[:, 0] = 1
    for sign in (1, -1):
        form = rb.closed_form(own if sign > 0 else -own, seconds=np.inf)
        assert form.way == DUAL
        assert len(form.terms) == terms
        table = np.array([term.form for term in form.terms], dtype=object)
        unit = int(np.lcm.reduce([int(v.denominator) for v in table.ravel()]))
        table = (table * unit).astype(int)
        cost = [sign * unit * (run_to(s, 1) - run_to(s, 0)) for s in strategies(model)]
        values = table @ points.astype(int).T
        tight = values == np.array(cost)
        assert (values <= np.array(cost)).all()  # valid
        weights = tight @ points.astype(int)  # a behavior for each term, times a number
        at = table @ weights.T
        assert (at.diagonal() == tight @ np.array(cost)).all()  # attained by the mixture
        best = at.max(axis=0)
        assert (at.diagonal() == best).all()
        assert ((at == best).sum(axis=0) == 1).all()


def run_to(strategy, treatment):
    return int(strategy["B"][(treatment,)] == 1)


# ------------------------------------------------------------------- the choice


def test_the_way_is_said_and_can_be_chosen():
    c = rb.influence(rb.input_signaling(), "X", "B")
    form = rb.closed_form(c)
    assert form.way == DUAL
    assert repr(form).splitlines()[-1].startswith("  complete: 13 dual vertices, ")
    assert "13 dual vertices" in form._repr_html_()
    assert form.vertices == len(rb.dual_vertices(c))
    other = rb.closed_bounds(effect(), way=OUTER)
    assert other.least.way == other.largest.way == OUTER
    assert " linear programs, " in repr(other.least).splitlines()[-1]
    with pytest.raises(rb.errors.ClosedFormError, match="the way is fast, expected 'dual vertices' or"):
        rb.closed_form(c, way="fast")


def test_large_dual_regions_are_left_to_outer_approximation(monkeypatch):
    large = rb.dependence(rb.measurement_dependence())  # 121 dimensions
    assert rb.closed_form(large).way == OUTER
    with pytest.raises(rb.errors.ClosedFormError, match=r"from dual vertices: its dual region has more .*way='outer"):
        rb.closed_form(large, way=DUAL)
    assert rb.closed_form(rb.influence(rb.input_signaling((3, 2)), "X", "B")).way == OUTER  # 10 dimensions too many
    monkeypatch.setattr(dual_region, "_LIMITS", ((60, 400, 20_000),))  # given up on the way
    assert rb.closed_form(effect(3)).way == OUTER


def test_equations_are_left_to_outer_approximation():
    """On a slice that only touches the behaviors of the model, and where nothing is feasible at all."""
    model, noise = rb.bell(), rb.boxes.pr().white_noise()
    nothing = rb.measure(model, np.zeros((1, model.strategies.count)))
    alice = np.zeros((2, 2, 2, 2), dtype=int)
    for x, y in itertools.product(range(2), repeat=2):
        alice[y, 0, x, y] = 1  # A = Y: signaling
    form = rb.closed_form(nothing, [noise, rb.Behavior(alice)])
    assert form.way == OUTER
    assert claimed(form, noise) == 0
    with pytest.raises(rb.errors.ClosedFormError, match="satisfy equations"):
        rb.closed_form(nothing, [noise, rb.Behavior(alice)], way=DUAL)
    own = effect()
    with pytest.raises(rb.errors.InfeasibleError, match="reproduces no behavior"):
        rb.closed_form(own, subject_to=[own.model.q[0] <= -1])


def test_no_time_for_dual_vertices(monkeypatch):
    """Half of the time is theirs; what follows is an outer approximation, incomplete, of valid lower bounds."""
    clock = replaced(monkeypatch, step=1)
    own = effect(4)
    with pytest.raises(rb.errors.ClosedFormError, match="is not complete after 6 s") as error:
        rb.closed_form(own, seconds=6)
    assert clock.now < 20
    partial = error.value.partial
    assert (partial.way, partial.complete) == (OUTER, False)
    with pytest.raises(rb.errors.ClosedFormError, match=r"from dual vertices: the time was over\. Give more seconds"):
        rb.closed_form(own, way=DUAL, seconds=3)


def test_more_seconds_do_not_help_against_limits_of_size():
    with pytest.raises(rb.errors.ClosedFormError, match=r"than the limits allow\. Use way='outer approximation'"):
        rb.closed_form(rb.dependence(rb.measurement_dependence()), way=DUAL)
