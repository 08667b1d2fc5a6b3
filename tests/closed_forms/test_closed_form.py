"""A closed form is the minimum: at random rational behaviors, exactly, feasible or not; and its other faces."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from exact_reference import claimed, fraction, generic, least, mixed, random_in

import relaxbell as rb
from relaxbell.closed_forms.domains import read_domain
from relaxbell.closed_forms.symmetries import symmetries
from relaxbell.engines.linear.program import Problem
from relaxbell.exact.numbers import as_exact

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)
UNFAIR = {"X": [QUARTER, 1 - QUARTER], "Y": [Fraction(1, 3), Fraction(2, 3)]}


def messenger():
    """A hidden message that Alice's input, not her outcome, is read from."""
    graph = "X -> M; L -> M; M -> B; X -> A; L -> A; L -> B; Y -> B"
    sizes = {"X": 2, "M": 2, "A": 2, "B": 2, "Y": 2}
    return rb.CausalModel(graph, "X Y", "L", sizes, hidden="M", relaxed=["M -> B"])


def shared_input():
    """One input for both outputs: not a Bell scenario, with an edge between the outputs and unequal outcomes."""
    graph = "X -> A; L -> A; L -> B; A -> B; X -> B"
    return rb.CausalModel(graph, "X", "L", {"X": 2, "A": 2, "B": 3}, relaxed=["X -> B"])


def case(name):
    unfair = rb.input_signaling(input_distribution=UNFAIR)
    weighted = rb.measurement_dependence(input_distribution=[[HALF, Fraction(1, 8)], [Fraction(1, 8), QUARTER]])
    one = rb.measurement_dependence(dependent="X", input_distribution=UNFAIR)
    iv = rb.instrumental(input_distribution=UNFAIR["X"])
    return {
        "X->B": lambda: (rb.influence(rb.input_signaling(), "X", "B"), None),
        "X->B signaling": lambda: (rb.influence(rb.input_signaling(), "X", "B"), "model"),
        "A->B signaling": lambda: (rb.influence(rb.outcome_signaling(), "A", "B"), "model"),
        "instrument": lambda: (rb.average_causal_effect(rb.instrumental(), "A", "B"), None),
        "instrument negated": lambda: (-rb.average_causal_effect(rb.instrumental(), "A", "B"), None),
        "effect of an unfair instrument": lambda: (rb.average_causal_effect(iv, "Z", "B"), None),
        "inputs (3,2)": lambda: (rb.influence(rb.input_signaling((3, 2)), "X", "B"), None),
        "inputs (2,3)": lambda: (rb.influence(rb.input_signaling((2, 3)), "X", "B"), None),
        "outputs (3,2)": lambda: (rb.influence(rb.input_signaling((2, 2), (3, 2)), "X", "B"), None),
        "outputs (2,3)": lambda: (rb.influence(rb.input_signaling((2, 2), (2, 3)), "X", "B", variation=True), None),
        "message": lambda: (rb.message_weight(rb.message(input_distribution=UNFAIR)), None),
        "hidden": lambda: (rb.influence(messenger(), "M", "B"), None),
        "M": lambda: (rb.dependence(rb.measurement_dependence()), None),
        "M weighted": lambda: (rb.dependence(weighted), None),
        "M of one input": lambda: (rb.dependence(one), None),
        "Hall": lambda: (rb.hall_dependence(rb.measurement_dependence()), None),
        "shared input": lambda: (rb.influence(shared_input(), "X", "B"), None),
        "mixture": lambda: (
            rb.average_causal_effect(unfair, "X", "B") * Fraction(1, 3) + rb.influence(unfair, "X", "B"),
            None,
        ),
        "maximum": lambda: (
            rb.maximum(rb.influence(unfair, "X", "B"), 2 * rb.average_causal_effect(unfair, "Y", "B")),
            None,
        ),
    }[name]()


NAMES = [
    "X->B",
    "X->B signaling",
    "A->B signaling",
    "instrument",
    "instrument negated",
    "effect of an unfair instrument",
    "inputs (3,2)",
    "inputs (2,3)",
    "outputs (3,2)",
    "outputs (2,3)",
    "message",
    "hidden",
    "M",
    "M weighted",
    "M of one input",
    "Hall",
    "shared input",
    "mixture",
    "maximum",
]


def agrees(name, count, seed):
    """Values and mask at random behaviors, exactly and in floats."""
    measure, domain = case(name)
    form = rb.closed_form(measure, domain)
    assert sum(len(kind) for kind in form.classes) == len(form.terms)
    rng = np.random.default_rng(seed)
    model = measure.model
    source = model.unrelaxed if form.region.name == "nonsignaling" else model
    behaviors = [
        random_in(form, rng) if k % 2 or model.dependent_inputs else mixed(source, rng, 1 + k % 7) for k in range(count)
    ]
    expected = [least(measure, p) for p in behaviors]
    assert [claimed(form, p) for p in behaviors] == expected
    values, feasible = form.evaluate(behaviors)
    assert feasible.tolist() == [v is not None for v in expected]
    floats = [np.nan if v is None else float(v) for v in expected]
    np.testing.assert_allclose(values, floats, rtol=0, atol=1e-12)
    return form, expected


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_minimum(name):
    form, expected = agrees(name, 100 if name in ("X->B", "instrument") else 24, 0)
    assert any(v is None for v in expected) == bool(form.domain)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_minimum_at_a_thousand_behaviors(name):
    agrees(name, 1000, 1)


@pytest.mark.parametrize("name", ["X->B signaling", "instrument", "message", "hidden", "M weighted", "shared input"])
def test_symmetries_keep_the_minimum(name):
    measure, domain = case(name)
    model, where = measure.model, read_domain(measure.model, domain)
    rng = np.random.default_rng(3)
    found = list(symmetries(Problem(measure.term, where.equations()), where))
    behaviors = [generic(where.coordinates, rng, (model.outputs, model.inputs)) for _ in range(2)]
    for action in found:
        for p in behaviors:
            table = (where.expansion @ (action.astype(object) @ where.vector(p))).reshape(model.observed_shape)
            assert sorted(table.ravel()) == sorted(p.exact.ravel())  # a relabeling
            assert least(measure, rb.Behavior(table, model.outputs, model.inputs)) == least(measure, p)
    # CHSH: 2 exchanges of inputs, 4 of outcomes. Names of the treatment, and one exchange of
    # unequally frequent settings, are no symmetries.
    assert len(found) == {
        "X->B signaling": 6,
        "instrument": 1,
        "message": 5,  # the message is averaged over X, and X is not fair
        "hidden": 6,
        "M weighted": 4,
        "shared input": 4,
    }.get(name)


# ------------------------------------------------------------ slices


@pytest.mark.parametrize(
    "measure",
    [
        rb.influence(rb.bell((2, 2, 2), (2, 2, 2)).relax("X -> B"), "X", "B"),
        rb.influence(rb.bell((2, 1, 2), (2, 2, 3)).relax("A -> C"), "A", "C"),
        rb.influence(rb.input_signaling((2, 3), (3, 2)), "X", "B"),
        rb.average_causal_effect(rb.instrumental(3, (2, 3)), "A", "B"),
    ],
    ids=lambda measure: measure.model.name,
)
def test_slices(measure):
    model, rng = measure.model, np.random.default_rng(4)
    corners = [generic(model.unrelaxed.coordinates, rng, (model.outputs, model.inputs), 0.1), mixed(model, rng, 3)]
    corners.append(mixed(model, rng, 5))
    form = rb.closed_form(measure, corners)
    assert (form.region.name, form.labels) == ("slice", ("t1", "t2"))
    known = 0
    for weights in rng.integers(-2, 9, (12, 3)):
        if weights.sum() <= 0:
            continue
        table = sum(Fraction(int(w), int(weights.sum())) * p.exact for w, p in zip(weights, corners, strict=True))
        if table.min() < 0:
            continue
        p = rb.Behavior(table, model.outputs, model.inputs)
        assert form.substitution(p)[form.symbols[0]] == sympy.Rational(int(weights[1]), int(weights.sum()))
        expected = least(measure, p)
        assert claimed(form, p) == expected
        value, feasible = form.evaluate([p])
        assert feasible[0] == (expected is not None)
        assert expected is None or value[0] == pytest.approx(float(expected), abs=1e-9)
        known += expected is not None
    assert known >= 3
    outside = generic(model.unrelaxed.coordinates, rng, (model.outputs, model.inputs))
    with pytest.raises(rb.errors.BehaviorError, match="not in the slice"):
        form(outside)
    assert not form.evaluate([outside]).feasible[0]


@pytest.mark.slow
def test_ghz_and_noise():
    model = rb.measurement_dependence((2, 2, 2), (2, 2, 2))
    noise = rb.boxes.ghz().visibility(0)
    form = rb.closed_form(rb.dependence(model), [noise, rb.boxes.ghz()])
    assert str(form.expression) == "Max(0, -t/2 - 1/4, t/2 - 1/4)"  # M = 1/4 at v = ±1, none between ±1/2
    assert form(rb.boxes.ghz().visibility(Fraction(3, 4))) == Fraction(1, 8)


# ------------------------------------------------------------ budgets


def trade(name):
    both, signals = rb.bell().relax("X -> B", "Y -> A"), rb.bell().relax("X -> B", "A -> B")
    free, iv = rb.bell().relax("X -> B", "L -> X", "L -> Y"), rb.instrumental().relax("Z -> B")
    c, d = sympy.symbols("c d")
    here, there = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    effect = rb.average_causal_effect(iv, "A", "B")
    return {
        "two influences": (here, [there <= c]),
        "own": (here, [here <= c, there <= d]),
        "twice one symbol": (here + there, [2 * here <= c, there <= c]),
        "outcome": (rb.influence(signals, "X", "B"), [rb.influence(signals, "A", "B") <= c]),
        "Theorem 7": (rb.influence(free, "X", "B"), [rb.dependence(free) <= c]),
        "effect": (effect, [rb.influence(iv, "Z", "B") <= c]),
        "signed": (rb.influence(iv, "Z", "B"), [effect <= c]),
        "signed, below": (rb.influence(iv, "Z", "B"), [effect <= c, -effect <= d]),
    }[name]


@pytest.mark.parametrize(
    "name", ["two influences", "own", "twice one symbol", "outcome", "Theorem 7", "effect", "signed", "signed, below"]
)
@pytest.mark.slow
def test_symbolic_budgets(name):
    measure, budgets = trade(name)
    form = rb.closed_form(measure, subject_to=budgets)
    assert form.budgets == tuple(dict.fromkeys(b.limit for b in budgets))
    rng = np.random.default_rng(6)
    infeasible = 0
    for _ in range(20):
        p = random_in(form, rng)
        limits = {s: Fraction(int(rng.integers(-48, 50)), 40) for s in form.budgets}
        expected = least(measure, p, [b.measure <= limits[b.limit] for b in budgets])
        assert claimed(form, p, limits) == expected
        assert form.evaluate([p], limits).feasible[0] == (expected is not None)
        infeasible += expected is None
    assert infeasible > 0  # of measures that cannot be negative, or of the data
    far = {s: Fraction(1000) for s in form.budgets}
    assert claimed(form, p, far) == least(measure, p)


def test_budgets_are_symbols_of_the_expression():
    measure, budgets = trade("two influences")
    form = rb.closed_form(measure, subject_to=budgets)
    c = form.budgets[0]
    assert [kind.text for kind in form.classes] == ["0", "(1/4) CHSH - c - 1/2"]
    value = form.expression.subs(form.substitution(rb.boxes.tsirelson()))
    assert sympy.simplify(value.subs(c, sympy.Rational(1, 10)) - ((sympy.sqrt(2) - 1) / 2 - sympy.Rational(1, 10))) == 0
    assert form.conditions == (-c <= 0,)
    with pytest.raises(rb.errors.MeasureError, match="Give it a number"):
        form.functionals()
    for wrong in (None, {}, {"d": 1}, {"c": 1, "d": 1}, {"c": "x"}):
        with pytest.raises(rb.errors.BehaviorError):
            form(rb.boxes.pr(), wrong)
    with pytest.raises(rb.errors.BehaviorError, match="does not reproduce"):
        form(rb.boxes.pr(), {c: -1})


def test_numbers_in_budgets_and_constraints():
    both = rb.bell().relax("X -> B", "Y -> A")
    here, there = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    certain = np.zeros((2, 2, 2, 2), dtype=int)
    certain[0, 0] = 1
    for constraints in ([there <= QUARTER], [here <= Fraction(1, 8), there <= QUARTER], [both.q[0] <= 0.125]):
        form = rb.closed_form(here, subject_to=constraints)
        rng = np.random.default_rng(7)
        behaviors = [rb.boxes.pr(), rb.boxes.pr().visibility(Fraction(7, 8)), rb.Behavior(certain)]
        behaviors += [random_in(form, rng) for _ in range(12)]
        expected = [least(here, p, constraints) for p in behaviors]
        assert [claimed(form, p) for p in behaviors] == expected
        assert any(v is None for v in expected) == bool(form.domain)


# ------------------------------------------------------------ its faces


@pytest.fixture(scope="module")
def chsh():
    return rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"))


def test_expression(chsh):
    assert isinstance(chsh.expression, sympy.Max)
    assert len(chsh.expression.args) == 9
    assert chsh.expression.free_symbols == set(chsh.symbols)
    assert chsh.conditions == ()
    value = chsh.expression.subs(chsh.substitution(rb.boxes.tsirelson()))
    assert sympy.simplify(value - (sympy.sqrt(2) - 1) / 2) == 0
    assert chsh(rb.boxes.tsirelson()) == as_exact((sympy.sqrt(2) - 1) / 2)
    one = rb.closed_form(0 * rb.influence(rb.input_signaling(), "X", "B"))
    assert one.expression == 0


def test_text(chsh):
    assert repr(chsh).splitlines()[1:3] == ["  1 ×  0", "  8 ×  (1/4) CHSH - 1/2"]
    assert "complete" in repr(chsh)
    assert "\\max" in chsh._repr_latex_()
    wide = rb.closed_form(rb.influence(rb.input_signaling((2, 2), (3, 2)), "X", "B"))
    assert wide._repr_latex_() == "$\\max$ of 73 terms"
    signaling = rb.closed_form(rb.average_causal_effect(rb.instrumental(), "A", "B"))
    assert "where 4 constraints of the model hold" in repr(signaling)


def test_functionals(chsh):
    p = rb.boxes.pr().visibility(Fraction(9, 10))
    assert max(f(p) for f in chsh.functionals()) == chsh(p) == HALF * Fraction(9, 10) - HALF * Fraction(1, 10)
    names = [kind.name for kind in chsh.classes]
    assert names == [None, "CHSH"]


def test_evaluate_shapes(chsh):
    table = rb.boxes.pr().p
    for batch in (table[None], [rb.boxes.pr()], [table.tolist()], rb.boxes.pr(), (p for p in [rb.boxes.pr()])):
        value, feasible = chsh.evaluate(batch)
        assert (value.tolist(), feasible.tolist()) == ([0.5], [True])
    value, feasible = chsh.evaluate(np.empty((0, 2, 2, 2, 2)))
    assert value.shape == feasible.shape == (0,)
    for wrong in (table, [], 5, np.zeros((1, 2, 2, 2)), [rb.boxes.i3322()]):
        with pytest.raises(rb.errors.BehaviorError):
            chsh.evaluate(wrong)
    with pytest.raises(rb.errors.BehaviorError, match="expected a Behavior"):
        chsh(5)
    with pytest.raises(rb.errors.BehaviorError, match="floats"):
        chsh(rb.Behavior(table))


def test_what_is_no_behavior_of_the_domain_is_masked(chsh):
    pr = rb.boxes.pr().p
    signaling = np.zeros((2, 2, 2, 2))
    for x, y in np.ndindex(2, 2):
        signaling[0, x, x, y] = 1  # B = X
    bad = [2 * pr, -pr, pr + 1e-6, signaling, np.full_like(pr, np.nan), np.where(pr > 0, np.inf, pr)]
    negative = pr.copy()
    negative[0, 0] -= 0.6
    negative[1, 1] += 0.6
    value, feasible = chsh.evaluate(np.array([*bad, negative, pr, pr + 1e-11]))
    assert feasible.tolist() == [False] * 7 + [True] * 2
    assert np.isnan(value[:7]).all()
    everywhere = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"), "model")
    assert everywhere.evaluate(signaling[None]).value.tolist() == [1.0]
    with pytest.raises(rb.errors.BehaviorError, match="is signaling"):
        chsh(rb.Behavior(signaling.astype(int)))


def test_axes_match_by_name():
    model = rb.CausalModel(
        "X -> A <- L -> B <- Y; X -> B", "Y X", "L", {"X": 2, "Y": 2, "A": 3, "B": 2}, outputs="B A", relaxed=["X -> B"]
    )
    form = rb.closed_form(rb.influence(model, "X", "B"))
    other = rb.closed_form(rb.influence(rb.input_signaling((2, 2), (3, 2)), "X", "B"))
    rng = np.random.default_rng(8)
    for _ in range(5):
        p = random_in(other, rng)
        assert form(p) == other(p) == form(p.transposed(model.outputs, model.inputs))
    assert form.evaluate([p]).value == pytest.approx(other.evaluate([p]).value, abs=1e-12)


def test_zero_frequencies_carry_no_data():
    weights = [[HALF, 0], [QUARTER, QUARTER]]
    model = rb.measurement_dependence(input_distribution=weights)
    form = rb.closed_form(rb.dependence(model))
    assert [t.text(form.labels) for t in form.terms] == ["0"]  # three settings of four: CHSH cannot be violated
    assert fraction(rb.minimize(rb.dependence(model), rb.boxes.pr()).exact) == 0


def test_custom_rows():
    model = rb.input_signaling()
    shift = rb.influence(model, "X", "B").blocks[0].array
    form = rb.closed_form(rb.measure(model, shift, norm="sum"))  # the shifts of both settings of Y together
    rng = np.random.default_rng(9)
    for _ in range(10):
        p = random_in(form, rng)
        assert form(p) == least(form.measure, p)
    assert rb.closed_form(rb.measure(model, np.zeros((1, 64)))).expression == 0


def test_a_form_on_a_slice_takes_irrational_behaviors():
    """On v p_PR + (1 − v) p_noise the least C(X → B) is max(0, v − 1/2); Tsirelson's box has v = 1/√2."""
    box = rb.boxes.pr()
    form = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"), [box.white_noise(), box])
    assert form(rb.boxes.tsirelson()) == as_exact((sympy.sqrt(2) - 1) / 2)
    assert form(box.visibility(Fraction(3, 4))) == Fraction(1, 4)
