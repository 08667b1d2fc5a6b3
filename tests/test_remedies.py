"""What a newcomer does wrong first: each error names the remedy, and the remedy works."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb

IV = rb.CausalModel.from_graph("Z -> X -> Y; X <-> Y", cardinality=2, outputs="X Y")
read = rb.CausalModel.from_graph
PAIR = [[Fraction(3, 10), Fraction(1, 5)], [Fraction(1, 10), Fraction(2, 5)]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: read('dag { "a b" -> Y; "a b" <-> Y }', cardinality=2), r"names=\{'a b': 'a_b'\}"),
        (lambda: read("graph.txt"), r"read_text\(\)"),
        (lambda: read("X -> Y; X <-> Y", cardinality={"X": 3}), r"cardinality=\{'X': 3, 'Y': 2\}"),
        (lambda: read("X -> Y; X <-> Y", cardinality={"y": 3}), "Use these names"),
        (lambda: read("X -> Y", cardinality=2, hidden="W"), "'W' in hidden is not a node"),
        (lambda: read("X -> Y; L -> Y", cardinality=2, hidden="L", latent="L"), "Leave it out of latent"),
        (lambda: rb.Behavior(PAIR, outputs="X W"), 'Give inputs= as well, "" for none'),
        (lambda: rb.Counts([[3, 1], [2, 4]], outputs="X W"), 'Give inputs= as well, "" for none'),
        (lambda: rb.assumption(IV, "exclusion"), "no direct effect"),
        (lambda: rb.assumption(IV, "monotone"), r"monotone\(Z -> X\)"),
        (lambda: rb.assumption(IV, "defiers(Z -> X) <= 1%"), "0.01"),
        (lambda: rb.bounds(rb.query(IV, "ACE(X -> Y)"), rb.Behavior(np.ones((2, 2)) / 2, "Y", "Z")), "hidden='X'"),
        (
            lambda: rb.bounds(rb.query(IV, "ACE(X -> Y)"), rb.Behavior(np.ones((2, 2, 2)) / 4, "X W", "Z")),
            r"rename\(\{'W': 'Y'\}\)",
        ),
        (lambda: rb.quantify("vitamin_a"), r"no Bell test.*ACE\(A -> B\)"),
        (lambda: rb.critical_visibility(rb.bilocality(), rb.boxes.entanglement_swapping(1)), r"crossing\(0\)"),
        (lambda: rb.evidence(rb.load_counts("delft2015"), rb.bell()), "Relax an edge"),
    ],
)
def test_errors_name_the_remedy(call, message):
    with pytest.raises(rb.errors.RelaxbellError, match=f"(?s){message}"):
        call()


def test_frequencies_against_pearls_inequality_may_be_chance():
    """Pearl 1995: Σ over y of max over z of p(x,y|z) is at most 1 for an instrument; here it is 9/5."""
    table = [[[90, 5], [5, 90]], [[3, 3], [2, 2]]]
    effect = rb.query(IV, "ACE(X -> Y)")
    seen = rb.Counts(table, outputs="X Y", inputs="Z").frequencies
    with pytest.raises(rb.errors.InfeasibleError, match=r"0\.8 of Pearl.*confidence_radius"):
        rb.bounds(effect, seen)
    exact = rb.Behavior([[[Fraction(n, 100) for n in row] for row in own] for own in table], "X Y", "Z")
    with pytest.raises(rb.errors.InfeasibleError, match=r"check the data\.$"):
        rb.bounds(effect, exact)


def test_columns_named_as_outputs_are_no_inputs():
    frame = {"X": [0, 0, 1], "M": [0, 1, 1], "Y": [1, 1, 0]}
    counts = rb.load_counts(frame, outputs="M Y")
    assert (counts.outputs, counts.inputs, counts.trials) == (("M", "Y"), ("X",), 3)


def test_an_outcome_that_is_measured_with_errors():
    """By hand: X and Y are confounded at will and W differs from Y for at most ε of all, so each joint probability that
    bounds the effect, p(X=1,Y=1) + p(X=0,Y=0) - 1 below and 1 - p(X=1,Y=0) - p(X=0,Y=1) above, moves by ε.
    """
    error, table = Fraction(1, 20), PAIR
    model = read("dag { Y [latent] X -> Y -> W; U -> {X Y W}; U [latent] }", hidden="Y", cardinality=2)
    assert (model.hidden, model.latents) == (("Y",), ("U",))
    found = rb.bounds(
        rb.query(model, "TE(X -> Y)"),
        rb.Behavior(table, outputs="X W", inputs=""),
        [rb.assumption(model, "W = Y", at_most=error)],
    )
    low = table[1][1] + table[0][0] - 1
    assert [found.minimum.exact, -found.maximum.exact] == [low - error, low + 1 + error]


def test_a_behavior_is_a_table_that_was_seen_in_part():
    p = rb.Behavior([[Fraction(3, 8), Fraction(1, 4)], [Fraction(5, 8), Fraction(3, 4)]], outputs="Y", inputs="X")
    kind = {"outputs": "Y", "inputs": "X", "given": {"S": 1}, "cardinality": {"S": 2}}
    ours, theirs = rb.Observed.partial(p, **kind), rb.Observed.partial(p.table, **kind)
    assert repr(ours) == repr(theirs)
    with pytest.raises(rb.errors.BehaviorError, match="Name its own"):
        rb.Observed.partial(p, outputs="W", inputs="X")


def test_budgets_in_formulas():
    direct = IV.relax("Z -> Y")
    budget = rb.influence(direct, "Z", "Y") <= sympy.Symbol("epsilon")
    both = rb.closed_bounds(rb.query(direct, "ACE(X -> Y)"), subject_to=[budget])
    assert r"\epsilon" in both.written(language="LaTeX")
    assert both.written(language="R") == both.written(language="r")
    assert "epsilon" in both.written(language="r").splitlines()[0]
    p = rb.Behavior(np.array([[[1, 1], [1, 1]], [[1, 1], [1, 1]]]) * Fraction(1, 4), outputs="X Y", inputs="Z")
    for wrong in (0.05, None, {}):
        with pytest.raises(rb.errors.BehaviorError, match=r"'epsilon': 0\.1"):
            both(p, wrong)
    assert both(p, {"epsilon": 0})[0] == Fraction(-1, 2)


def test_few_linear_programs_for_a_large_family(monkeypatch):
    """Members of a family that cannot add to the mean cost no linear program; the limit is one all the same."""
    from relaxbell.trials.null import Null

    rng = np.random.default_rng(5)
    table = np.zeros((3, 2, 2, 3), dtype=int)
    for x in range(2):
        for y in range(3):
            own = 0.95 * np.cos(np.pi / 4 * (2 * x - y + 1))
            chances = [0.05 if a == 2 else 0.225 * (1 + own * (-1) ** (a + b)) for a in range(3) for b in range(2)]
            table[:, :, x, y] = rng.multinomial(1000, np.array(chances) / sum(chances)).reshape(3, 2)
    solved = []
    largest = Null.largest
    monkeypatch.setattr(Null, "largest", lambda *own, **more: solved.append(1) or largest(*own, **more))
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    found = rb.evidence(rb.Counts(table), rb.influence(model, "X", "B"))
    assert found.p_value < 1e-10
    assert 0 < found.at_least < rb.minimize(rb.influence(model, "X", "B"), rb.Counts(table).fit().behavior).value
    assert len(solved) < 100  # of 216 members
