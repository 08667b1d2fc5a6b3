"""Formulas as people and programs read them: the published numbers of terms, and the same values in every notation."""

import re
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import ClosedFormError, FunctionalError, MeasureError

MEDIATION = rb.CausalModel("X -> M -> Y; X -> Y; L -> M; L -> Y", "X", "L", {"X": 2, "M": 2, "Y": 2})
CONFOUNDED = rb.CausalModel("X -> Y; L -> X; L -> Y", "", "L", {"X": 2, "Y": 2})
ERROR = rb.CausalModel("X -> Y -> Y2; L -> Y; L -> Y2", "X", "L", {"X": 2, "Y": 2, "Y2": 2}, hidden="Y")
MONOTONE = ("monotone(X -> M)", "monotone(X -> Y)", "monotone(M -> Y)")
PUBLISHED = [
    (rb.instrumental(), "ACE(A -> B)", (), 8, 8),
    (rb.instrumental(), "ACE(A -> B)", ("no defiers",), 1, 1),
    (rb.instrumental(), "p{B(A=1)=1; A(Z=1)=1; A(Z=0)=0} - p{B(A=0)=1; A(Z=1)=1; A(Z=0)=0}", (), 4, 4),
    (rb.instrumental((3,)), "ACE(A -> B)", (), 39, 39),
    pytest.param(rb.instrumental((4,)), "ACE(A -> B)", (), 112, 112, marks=pytest.mark.slow),
    (rb.instrumental((2,), (3, 2)), "p{B(A=2)=1} - p{B(A=0)=1}", (), 10, 10),
    pytest.param(rb.instrumental((3,), (3, 2)), "ACE(A=2 vs 0 -> B)", (), 165, 165, marks=pytest.mark.slow),
    (MEDIATION, "p{Y(X=1)=1} - p{Y(X=0)=1}", (), 1, 1),
    (MEDIATION, "CDE(X -> Y | M=0)", (), 1, 1),
    (MEDIATION, "p{Y(X=1, M(X=0))=1} - p{Y(X=0)=1}", (), 3, 3),
    (MEDIATION, "NDE(X -> M -> Y)", MONOTONE[:1], 2, 2),
    (MEDIATION, "NDE(X -> M -> Y)", MONOTONE, 4, 1),
    (MEDIATION, "CDE(X -> Y | M=0)", MONOTONE, 2, 1),
    (CONFOUNDED, "ACE(X -> Y)", (), 1, 1),
    (ERROR, "ACE(X -> Y)", ("monotone(Y -> Y2)",), 2, 2),
]


@pytest.mark.parametrize(("model", "text", "granted", "low", "high"), PUBLISHED)
def test_numbers_of_terms_are_the_published_ones(model, text, granted, low, high):
    """Those of causaloptim's known bounds: Sachs et al., J. Comput. Graph. Stat. 32, 502 (2023)."""
    pytest.importorskip("ppl")
    both = rb.closed_bounds(rb.query(model, text), subject_to=[rb.assumption(model, own) for own in granted])
    assert (len(both.least.terms), len(both.largest.terms)) == (low, high)


def evaluated(text, p, **names):
    """Run a function that was written in Python."""
    space = {}
    exec(text, space)
    (function,) = (value for name, value in space.items() if name.startswith("bound"))
    return function(p, **names)


def random_behavior(model, seed, granted=()):
    """Of strategies for which all that is granted holds."""
    weights = np.random.default_rng(seed).integers(0, 7, model.strategies.count)
    for budget in granted:
        weights = weights * (budget.measure.blocks[0].array.toarray()[0] == 0)
    table = (model.T.toarray().astype(int) @ weights).reshape(model.observed_shape) * Fraction(1, int(weights.sum()))
    return rb.Behavior(table, model.outputs, model.inputs, parties=model.parties)


CASES = [
    (rb.instrumental(), "ACE(A -> B)", ()),
    (rb.instrumental(), "ETU(A -> B)", ()),
    (rb.instrumental(), "LATE(Z -> A -> B)", ("no defiers",)),
    pytest.param(
        rb.instrumental((2,), (3, 2), input_distribution=[Fraction(1, 3), Fraction(2, 3)]),
        "p{B(A=2)=1 | A=0}",
        (),
        marks=pytest.mark.slow,
    ),
    pytest.param(MEDIATION, "NDE(X -> M -> Y)", MONOTONE[:1], marks=pytest.mark.slow),
    (CONFOUNDED, "PNS(X -> Y)", ()),
    (rb.instrumental((4,)), "ACE(A -> B)", ("no defiers",)),
]


@pytest.mark.parametrize(("model", "text", "granted"), CASES)
def test_every_notation_has_the_values_of_the_program(model, text, granted):
    pytest.importorskip("ppl")
    granted = [rb.assumption(model, own) for own in granted]
    query = rb.query(model, text)
    both = rb.closed_bounds(query, subject_to=granted)
    code = both.written(language="python")
    r = both.written(language="r")
    cells = [[[int(i) for i in cell.split(",")] for cell in re.findall(r"p\[([\d, ]+)\]", own)] for own in (code, r)]
    assert [[i + 1 for i in cell] for cell in cells[0]] == cells[1]  # R counts from one
    for seed in range(4):
        p = random_behavior(model, seed, granted)
        found = rb.bounds(query, p, granted)
        exact = tuple(Fraction(str(own)) for own in (found.minimum.exact, -found.maximum.exact))
        assert both(p) == exact
        assert evaluated(code, np.array(p.exact)) == exact
        assert both.evaluate([p]).lower[0] == pytest.approx(found.lower)


def test_balke_and_pearl_in_cells():
    """JASA 92, 1171 (1997), Eq. 14: the first of their terms are p11.1 + p00.0 − 1 and p11.0 + p00.1 − 1."""
    pytest.importorskip("ppl")
    both = rb.closed_bounds(rb.query(rb.instrumental(), "ACE(A -> B)"))
    lines = [line.strip(" ,") for line in both.written("cells").splitlines()]
    assert {"p(00|0) + p(11|1) - 1", "p(00|1) + p(11|0) - 1", "-p(01|0) - p(10|0)", "-p(01|1) - p(10|1)"} <= set(lines)
    assert "ACE(A -> B) >= max{" in lines
    assert "ACE(A -> B) <= min{" in lines
    assert lines[-1] == "with p(ab|z) = p(A=a, B=b|Z=z)"
    assert "min -" not in repr(both)
    assert "min -" not in both._repr_html_()
    assert both.written() == both.written("probabilities")
    assert "pA(0|1)" in both.written("collins_gisin")
    assert "⟨A0 B0⟩" in both.written("correlators")
    latex = both.written(language="latex")
    assert latex.count(r"\max") == latex.count(r"\min") == 1


def test_wald_and_budgets():
    pytest.importorskip("ppl")
    sympy = pytest.importorskip("sympy")
    iv = rb.instrumental()
    wald = rb.closed_bounds(rb.query(iv, "LATE(Z -> A -> B)"), subject_to=[rb.assumption(iv, "no defiers")])
    assert wald.is_identified
    assert wald.written("collins_gisin").startswith("LATE(Z -> A -> B) = (pB(0|0) - pB(0|1)) / (pA(0|0) - pA(0|1))")
    assert sympy.simplify(wald.lower - wald.upper) == 0
    few = [rb.assumption(iv, "no defiers", at_most=sympy.Symbol("e"))]
    both = rb.closed_bounds(rb.query(iv, "p{B(A=1)=1, A(Z=0)=0, A(Z=1)=1}"), subject_to=few)
    p, limit = random_behavior(iv, 3), Fraction(1, 3)
    found = evaluated(both.written(language="python"), np.array(p.exact), e=limit)
    assert found[0] == both.least(p, {"e": limit})
    table = np.array([[[5, 2], [1, 2]], [[2, 1], [2, 5]]], dtype=object) * Fraction(1, 10)
    data, limit = rb.Behavior(table, "B A", "Z"), Fraction(1, 100)
    for text in (
        "ETU(A -> B)",
        "p{B(A=1)=1, A(Z=0)=0, A(Z=1)=1}",
    ):  # both ends at a number for the symbol: those of the programs
        asked = rb.query(iv, text)
        ends, own = rb.closed_bounds(asked, subject_to=few), rb.bounds(asked, data, [few[0].measure <= limit])
        assert ends(data, {"e": limit}) == (own.minimum.exact, -own.maximum.exact)
        assert ends.evaluate([data], {"e": limit}).upper[0] == pytest.approx(-own.maximum.value, abs=1e-9)
    assert ends(data, {"e": limit}) != ends(data, {"e": 1})
    with pytest.raises(rb.errors.BehaviorError, match=r"number for each of \['e'\]"):
        ends(data)
    with pytest.raises(rb.errors.BehaviorError, match="is 0 here"):
        wald(rb.Behavior(np.full((2, 2, 2), Fraction(1, 4)), "A B", "Z"))
    assert not wald.evaluate([np.full((2, 2, 2), 0.25)]).feasible[0]


def test_refusals_and_bell_scenarios():
    pytest.importorskip("ppl")
    form = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"))
    box = rb.boxes.tsirelson()
    assert evaluated(form.written(language="python"), box.p) == pytest.approx(float(form(box)))
    assert "(1/4) ⟨A0 B0⟩" in form.written("correlators")
    for call in (lambda: form.written("morse"), lambda: form.written(language="c")):
        with pytest.raises(MeasureError, match="expected one of"):
            call()
    line = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"), [rb.boxes.pr().white_noise(), rb.boxes.pr()])
    with pytest.raises(MeasureError, match="slice"):
        line.written()
    big = rb.closed_bounds(rb.query(rb.instrumental((2,), (3, 2)), "p{A=1, B=1 | Z=0}"))
    with pytest.raises(FunctionalError, match="two values"):
        big.written("correlators")
    with pytest.raises(ClosedFormError, match="do not fix its denominator"):
        rb.closed_bounds(rb.query(rb.instrumental(), "LATE(Z -> A -> B)"))


def test_symbols_of_budgets_in_latex():
    import sympy

    model = rb.instrumental().relax("Z -> B")
    budget = rb.influence(model, "Z", "B") <= sympy.Symbol("epsilon_1", nonnegative=True)
    text = rb.closed_bounds(rb.average_causal_effect(model, "A", "B"), subject_to=[budget]).written(language="latex")
    assert r"\epsilon_{1}" in text
    assert not re.search(r"(?<!\\)epsilon", text)
