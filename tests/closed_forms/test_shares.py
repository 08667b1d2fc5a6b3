"""Closed forms of what was seen in part: cells of those selected, quotients given selection, shares of them."""

import re
from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb


def selection(settings=2, outcomes=2, **options):
    """X acts on the outcome Y; whether it is seen, S, may depend on both and on what they have in common."""
    return rb.CausalModel(
        "X -> Y <- L -> S <- X; Y -> S", inputs="X", latent="L", outputs="Y S",
        cardinality={"X": settings, "Y": outcomes, "S": 2}, **options,
    )  # fmt: skip


def random_shares(rng, settings, outcomes):
    numbers = rng.integers(0, 7, (outcomes, settings)) + np.eye(outcomes, settings, dtype=int)
    numbers[0] += numbers.sum(axis=0) == 0
    return [
        [Fraction(int(n), int(total)) for n, total in zip(row, numbers.sum(axis=0), strict=True)] for row in numbers
    ]


def shares(table):
    rows = [[Fraction(v) for v in row] for row in table]
    return rb.Observed.partial(rows, outputs="Y", inputs="X", given={"S": 1}, cardinality={"S": 2})


def at_least(model, *limits):
    return [model.probability({"S": 1}, given={"X": x}) >= float(limit) for x, limit in enumerate(limits)]


def check(query, data, subject_to=()):
    """Both ends in closed form are those of exact linear programs."""
    form, found = rb.closed_bounds(query, data[0], subject_to=subject_to), []
    for own in data:
        ends = rb.bounds(query, own, subject_to)
        assert form(own) == (Fraction(str(ends.minimum.exact)), -Fraction(str(ends.maximum.exact)))
        found.append(form(own))
    return form, found


def test_manski_for_a_selected_outcome():
    """With at least 9/10 selected: each mean is within 1/10 of 9/10 of its share (Manski 1989), here both ends."""
    model = selection()
    form, _ = check(
        rb.query(model, "ACE(X -> Y)"), [shares([["1/4", "1/2"], ["3/4", "1/2"]])], at_least(model, "0.9", "0.9")
    )
    assert form.written().splitlines()[:2] == [
        "ACE(X -> Y) >= (9/10) p(Y=0|S=1,X=0) - (9/10) p(Y=0|S=1,X=1) - 1/10",
        "ACE(X -> Y) <= (9/10) p(Y=0|S=1,X=0) - (9/10) p(Y=0|S=1,X=1) + 1/10",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["ACE(X -> Y)", "PNS(X -> Y)", "p{Y=1}", "p{S=1, Y=1}", "p{Y(X=1)=1, S=0}", "p{S(X=1)=1, S(X=0)=1}"]
)
def test_queries_at_random_shares(text):
    model = selection(input_distribution=[Fraction(1, 3), Fraction(2, 3)])
    rng = np.random.default_rng(3)
    data = [shares(random_shares(rng, 2, 2)) for _ in range(4)]
    check(rb.query(model, text), data, at_least(model, "0.5", "0.75"))


@pytest.mark.slow
def test_more_outcomes_and_settings():
    model = selection(3, 3)
    rng = np.random.default_rng(5)
    data = [shares(random_shares(rng, 3, 3)) for _ in range(3)]
    form, _ = check(rb.query(model, "p{Y(X=2)=2} - p{Y(X=1)=2}"), data, at_least(model, 0, "0.6", "0.8"))
    assert "p(Y=1|S=1,X=2)" in str(form.lower.free_symbols)


def test_without_a_limit_the_selection_may_be_rare():
    form, found = check(rb.query(selection(), "ACE(X -> Y)"), [shares([["1/4", "1/2"], ["3/4", "1/2"]])])
    assert found == [(-1, 1)]
    assert form.least.terms[0].form == (-1, 0, 0)


def test_a_condition_that_always_holds_selects_all():
    graph = "X -> Y <- L; S -> Y; L -> S"
    model = rb.CausalModel(graph, "X", "L", {"X": 2, "Y": 2, "S": 1}, outputs="Y S")
    rows = [[Fraction(1, 4), Fraction(1, 2)], [Fraction(3, 4), Fraction(1, 2)]]
    seen = rb.Observed.partial(rows, outputs="Y", inputs="X", given={"S": 0}, cardinality={"S": 1})
    form, _ = check(rb.query(model, "ACE(X -> Y)"), [seen])
    assert form(seen) == (Fraction(-1, 4), Fraction(-1, 4))


def test_shares_of_a_behavior():
    rng = np.random.default_rng(1)
    numbers = rng.integers(1, 9, (2, 2, 2))
    total = numbers.sum(axis=(0, 1))
    table = np.array(
        [[[Fraction(int(n), int(total[x])) for x, n in enumerate(row)] for row in part] for part in numbers]
    )
    whole = rb.Behavior(table, outputs="Y S", inputs="X")
    seen = shares([[table[y, 1, x] / table[:, 1, x].sum() for x in range(2)] for y in range(2)])
    model = selection()
    form = rb.closed_form(rb.query(model, "p{Y(X=1)=1}"), seen, at_least(model, "0.1", "0.1"))
    assert form(whole) == form(seen)
    with pytest.raises(rb.errors.BehaviorError, match="found other shares"):
        form(rb.Observed.partial([[0.5], [0.5]], outputs="Y", inputs="X", given={"S": 1}, cardinality={"S": 2}))
    with pytest.raises(rb.errors.MeasureError, match="quotients of cells"):
        form.evaluate([whole])
    nobody = table.copy()
    nobody[:, 0, 1], nobody[:, 1, 1] = nobody[:, 0, 1] + nobody[:, 1, 1], 0
    with pytest.raises(rb.errors.BehaviorError, match="condition has probability 0"):
        form(rb.Behavior(nobody, outputs="Y S", inputs="X"))


def test_terms_that_pull_in_both_directions_are_no_closed_form():
    """The larger of two chances, one of which rises with how many are selected where the other falls."""
    model = selection()
    either = rb.maximum(rb.query(model, "p{S=0 | X=0}"), rb.query(model, "p{S=1 | X=0}"))
    with pytest.raises(rb.errors.ClosedFormError, match=r"some terms rise and some fall .* X=0") as caught:
        rb.closed_form(either, shares([["1/4", "1/2"], ["3/4", "1/2"]]))
    assert len(caught.value.partial.terms) == 2


@pytest.mark.parametrize("text", ["p{Y(X=1)=1 | S=1}", "E[Y(X=1) - Y(X=0) | S=1]", "p{Y(X=1)=1, Y(X=0)=0 | S=1, X=1}"])
def test_quotients_given_selection_from_cells_of_those_selected(text):
    """Only p(y, S=1|x) is seen: it fixes the probability of being selected, so that there are formulas."""
    model = selection(input_distribution=[Fraction(1, 3), Fraction(2, 3)])
    query, rng = rb.query(model, text), np.random.default_rng(4)
    form = None
    for _ in range(2):
        numbers = rng.integers(1, 9, (2, 2))
        cells = [[Fraction(int(n), 20) for n in row] for row in numbers]
        seen = rb.Observed.partial([[[None, None], row] for row in cells], outputs="Y S", inputs="X")
        form = form or rb.closed_bounds(query, seen)
        ends = rb.bounds(query, seen)
        assert form(seen) == (Fraction(str(ends.minimum.exact)), -Fraction(str(ends.maximum.exact)))
        space: dict = {}
        exec(form.written(language="python"), space)
        name = next(own for own in space if own.startswith("bounds_"))
        assert space[name](list(seen.values)) == pytest.approx(tuple(map(float, form(seen))))
    assert "p(Y=1,S=1|X=1)" in form.written()
    assert "over" in repr(form)
    assert re.search(r"\\frac\{", form.written(language="latex"))


def test_the_notation_of_values_is_their_own():
    part = rb.Observed.partial([[[None, None], [0.3, 0.2]], [[None, None], [0.5, 0.6]]], outputs="Y S", inputs="X")
    form = rb.closed_form(rb.query(selection(), "p{Y(X=1)=1}"), part)
    assert form.written().endswith("with the values that were observed, whatever the rest of p")
    with pytest.raises(rb.errors.MeasureError, match="in the values that were observed"):
        form.written("collins_gisin")


def test_symbolic_limits_on_selection_name_their_reason():
    """Terms would be products of the symbol and of shares; of cells they are linear."""
    model, s = selection(), sympy.Symbol("s")
    query, seen = rb.query(model, "ACE(X -> Y)"), shares([["1/4", "1/2"], ["3/4", "1/2"]])
    with pytest.raises(rb.errors.ClosedFormError, match="products of it and of shares"):
        rb.closed_bounds(query, seen, [rb.query(model, "p{S(X=0)=0}") <= s])
    with pytest.raises(rb.errors.MeasureError, match="opposite event"):
        _ = rb.query(model, "p{S=1}") >= s
    with pytest.raises(rb.errors.MeasureError, match="a symbol of its own"):
        _ = rb.query(model, "p{S=0}") <= 1 - s
