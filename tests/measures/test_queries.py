"""Queries and assumptions in words, against loops over strategies that know nothing of the parser."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import MeasureError

IV = rb.instrumental((3,), (3, 2), input_distribution=[Fraction(1, 2), Fraction(1, 2), 0])
MEDIATION = rb.CausalModel(
    "X -> M -> Y; X -> Y; L -> M; L -> Y",
    "X",
    "L",
    {"X": 2, "M": 3, "Y": 2},
    input_distribution=[Fraction(1, 3), Fraction(2, 3)],
)
THREE = rb.bell((2, 1, 2), (2, 2, 2), input_distribution=np.array([[[1, 0]], [[1, 2]]]) * Fraction(1, 4)).relax(
    "X -> B"
)
SETTINGS = rb.bell((2, 3), (3, 2)).relax("L -> X", "X -> B")
MESSAGE = rb.message()


class Plain:
    """What variables would be in one strategy at one setting: ``v("Y", X=1)``."""

    def __init__(self, model, strategy, setting):
        self.model, self.setting = model, setting
        digits = model.strategies.digits(strategy)
        self.functions = {node.name: (node, node.values(digits[node.name])) for node in model.strategies.nodes}

    def __call__(self, name, **forced):
        if name in forced:
            return forced[name]
        if name in self.setting:
            return self.setting[name]
        node, values = self.functions[name]
        return values[node.configuration({parent: self(parent, **forced) for parent in node.parents})]


def mean(model, value, weights=None):
    """Σ p(setting) value for each strategy, and p(setting) in plain fractions."""
    found = []
    for strategy in range(model.strategies.count):
        total = Fraction(0)
        for setting in model.settings:
            weight = model.input_distribution.probability(setting) if weights is None else weights(setting)
            total += weight * int(value(Plain(model, strategy, setting)))
        found.append(total)
    return found


def entries(measure):
    """The row over q, exactly."""
    (block,) = measure.blocks
    row = [Fraction(0)] * block.columns
    for place, number in block.sparse(0):
        row[place] = number
    return row


LINEAR = [
    (IV, "p{B(A=2) = 1}", lambda v: v("B", A=2) == 1),
    (IV, "p(B(A=2)=1) - P{B(A=0)==1}", lambda v: (v("B", A=2) == 1) - (v("B", A=0) == 1)),
    (IV, "ACE(A=2 vs 0 -> B)", lambda v: (v("B", A=2) == 1) - (v("B", A=0) == 1)),
    (IV, "1/2 p{B=1; A=0} + 0.25", lambda v: Fraction(1, 2) * (v("B") == 1 and v("A") == 0) + Fraction(1, 4)),
    (IV, "p{B(A(Z=1)) = 1, A(Z=2) >= A(Z=0)}", lambda v: v("B", A=v("A", Z=1)) == 1 and v("A", Z=2) >= v("A", Z=0)),
    (IV, "E[A(Z=2) * B - A]", lambda v: v("A", Z=2) * v("B") - v("A")),
    (IV, "p{not (A=0 or B=1), A(Z=0) + A = 2}", lambda v: v("A") and not v("B") and v("A", Z=0) + v("A") == 2),
    (IV, "p{B=1 | do(A=1)}", lambda v: v("B", A=1) == 1),
    (IV, "p{B=1, A=2 | do(A=Z)}", lambda v: v("B", A=v("Z")) == 1 and v("Z") == 2),  # A is what Z is
    (IV, "p{B(A=2)=1, B=1 | do(A=A)}", lambda v: v("B", A=2) == 1 and v("B") == 1),
    (IV, "-(p{0 < A(Z=0) <= 1} - 2 p{B_{A=1} != 1})", lambda v: -(v("A", Z=0) == 1) + 2 * (v("B", A=1) != 1)),
    (IV, "compliers(Z -> A) - defiers(Z -> A)", lambda v: {(0, 1): 1, (1, 0): -1}.get((v("A", Z=0), v("A", Z=1)), 0)),
    (MEDIATION, "p{Y(X=1, M(X=0)) = 1}", lambda v: v("Y", X=1, M=v("M", X=0))),
    (MEDIATION, "NDE(X -> M -> Y)", lambda v: v("Y", X=1, M=v("M", X=0)) - v("Y", X=0)),
    (MEDIATION, "NIE(X -> M -> Y)", lambda v: v("Y", X=0, M=v("M", X=1)) - v("Y", X=0)),
    (MEDIATION, "TNDE(X -> M -> Y)", lambda v: v("Y", X=1) - v("Y", X=0, M=v("M", X=1))),
    (MEDIATION, "TNIE(X -> M -> Y)", lambda v: v("Y", X=1) - v("Y", X=1, M=v("M", X=0))),
    (MEDIATION, "CDE(X -> Y | M=2)", lambda v: v("Y", X=1, M=2) - v("Y", X=0, M=2)),
    (MEDIATION, "PNS(X -> Y)", lambda v: v("Y", X=1) and not v("Y", X=0)),
    (MEDIATION, "p{Y = 1, M = 2}", lambda v: v("Y") and v("M") == 2),
    (THREE, "p{B(X=1)=1, A=0, C=1}", lambda v: v("B", X=1) and not v("A") and v("C")),
    (THREE, "p{A=B, B=C}", lambda v: v("A") == v("B") == v("C")),
    (SETTINGS, "p{X=1, B(X=0)=1, A(X=0) > A}", lambda v: v("X") == 1 and v("B", X=0) and v("A", X=0) > v("A")),
    (MESSAGE, "p{M(X=1) != M(X=0)}", lambda v: v("M", X=1) != v("M", X=0)),
]  # fmt: skip


@pytest.mark.parametrize(("model", "text", "value"), LINEAR, ids=[text for _, text, _ in LINEAR])
def test_rows_are_those_of_loops_over_strategies(model, text, value):
    def scaled(v):
        return 4 * value(v)

    assert entries(rb.query(model, text)) == [number / 4 for number in mean(model, scaled)]


RATIOS = [
    (IV, "p{B=1 | A=2}", lambda v: v("A") == 2, lambda v: v("B") == 1),
    (IV, "LATE(Z -> A -> B)", lambda v: v("A", Z=1) == 1 and v("A", Z=0) == 0, lambda v: v("B", A=1) - v("B", A=0)),
    (IV, "ETT(A=2 vs 1 -> B)", lambda v: v("A") == 2, lambda v: v("B", A=2) - v("B", A=1)),
    (IV, "ATU(A -> B)", lambda v: v("A") == 0, lambda v: v("B", A=1) - v("B", A=0)),
    (MEDIATION, "PN(X -> Y)", lambda v: v("X") == 1 and v("Y"), lambda v: not v("Y", X=0)),
    (MEDIATION, "PS(M -> Y)", lambda v: v("M") == 0 and not v("Y"), lambda v: v("Y", M=1)),
    (MEDIATION, "E[M(X=1) - M(X=0) | Y=1]", lambda v: v("Y"), lambda v: v("M", X=1) - v("M", X=0)),
    (MEDIATION, "p{Y=1 | do(X=1), M=2}", lambda v: v("M", X=1) == 2, lambda v: v("Y", X=1)),
    (IV, "p{B(A=0)=1 | A=1, B=1 or A=2}", lambda v: v("A") == 2 or (v("A") == 1 and v("B")), lambda v: v("B", A=0)),
    (IV, "p{B=1 | Z >= 1}", lambda v: v("Z") >= 1, lambda v: v("B")),
    (SETTINGS, "p{A(X=1)=2 | X=0}", lambda v: v("X") == 0, lambda v: v("A", X=1) == 2),
]


@pytest.mark.parametrize(("model", "text", "condition", "value"), RATIOS, ids=[text for _, text, _, _ in RATIOS])
def test_conditions_make_quotients(model, text, condition, value):
    found = rb.query(model, text)
    above = mean(model, lambda v: value(v) if condition(v) else 0)
    below = mean(model, condition)
    if isinstance(found, rb.classes.Ratio):
        own = entries(found.numerator), entries(found.denominator)
        share = max(below) / max(own[1])  # p(setting) of what is given cancels
        assert [[share * number for number in row] for row in own] == [above, below]
    else:  # what is given depends on settings only
        share = below[0]
        assert set(below) == {share}
        assert entries(found) == [number / share for number in above]


def test_given_settings_are_conditioned_on_whatever_their_probability():
    found = rb.query(IV, "p{B=1, A=2 | Z=2}")  # p(Z=2) = 0 in IV
    assert entries(found) == mean(IV, lambda v: v("B") == 1 and v("A") == 2, lambda s: Fraction(s["Z"] == 2))
    assert not found.averaged
    assert rb.query(IV, "p{B=1}").averaged == "p(Z) = (1/2, 1/2, 0), the input_distribution of the model"
    assert "p(Z) = (1/2, 1/2, 0)" in repr(rb.query(IV, "ETT(A -> B)"))
    assert not rb.query(IV, "LATE(Z -> A -> B)").averaged


def test_equal_parts_cancel():
    iv = rb.instrumental()
    assert rb.query(iv, "p{B=1 | A=1} * p{A=1}").formula == rb.query(iv, "p{B=1, A=1}").formula
    assert rb.query(iv, "(p{A=1} - p{A=1}) + 3").formula == "3"
    joined = rb.query(iv, "(p{B=1 | A=1} - 1/2) * 2 - p{B=0 | A=1}")
    assert joined.numerator.formula.startswith("2 p{B=1, A=1} - p{A=1} - p{B=0, A=1}")


SAME = [
    ("-3/4 p{A=1} + p{B=1} * -1", "-(p{B=1} + 0.75 p{A=1})"),
    ("(1/2) p{A=1} - 1/2(1/3)(p{B=1})", "0.5 p{A=1} - p{B=1} / 6"),
    ("p{((A=1 or B=1), A != 2)}", "p{A=1, B=1} + p{A=1, B=0} + p{A=0, B=1}"),
    ("p{not ((A(Z=1) = 1, B=0))}", "1 - p{A(Z=1)=1, B=0}"),
    ("p{((A(Z=1)) + (B)) = 1, ((A=0))}", "p{A(Z=1)=1, B=0, A=0} + p{A(Z=1)=0, B=1, A=0}"),
]


@pytest.mark.parametrize(("text", "other"), SAME)
def test_numbers_and_brackets_are_read_as_they_are_meant(text, other):
    assert entries(rb.query(IV, text)) == entries(rb.query(IV, other))
    assert entries(rb.query(IV, text)) == entries(rb.query(IV, rb.query(IV, text).statement_text))  # as it is printed


EVENTS = [
    (IV, "A(Z=1) >= A(Z=0)", lambda v: v("A", Z=1) >= v("A", Z=0)),
    (IV, "no defiers", lambda v: v("A", Z=0) <= v("A", Z=1) <= v("A", Z=2)),
    (IV, "decreasing(A -> B)", lambda v: v("B", A=0) >= v("B", A=1) >= v("B", A=2)),
    (IV, "no effect(Z -> B)", lambda v: v("B", Z=0) == v("B", Z=1) == v("B", Z=2)),
    (MEDIATION, "monotone(X -> Y)", lambda v: all(v("Y", X=1, M=m) >= v("Y", X=0, M=m) for m in range(3))),
    (MEDIATION, "no direct effect(X -> Y)", lambda v: all(v("Y", X=1, M=m) == v("Y", X=0, M=m) for m in range(3))),
    (MEDIATION, "M(X=1)>=1; Y(M=2) >= Y(M=0)", lambda v: v("M", X=1) >= 1 and v("Y", M=2) >= v("Y", M=0)),
]  # fmt: skip


@pytest.mark.parametrize(("model", "text", "holds"), EVENTS, ids=[text for _, text, _ in EVENTS])
def test_assumptions_limit_the_probability_that_they_fail(model, text, holds):
    budget = rb.assumption(model, text, at_most=Fraction(1, 7))
    assert budget.limit == Fraction(1, 7)
    assert entries(budget.measure) == mean(model, lambda v: not holds(v))


def test_relations_between_queries():
    iv = rb.instrumental()
    at_least = rb.assumption(iv, "p{B(A=1)=1 | A=1} >= 1/4")
    row = mean(iv, lambda v: 4 * (v("A") == 1) - 16 * (v("A") == 1 and v("B") == 1))
    assert entries(at_least.measure) == [number / 16 for number in row]
    assert at_least.limit == 0
    equal = rb.assumption(iv, "p{B(A=1)=1} = p{B(A=0)=1}", at_most=0.1)
    for q in np.random.default_rng(1).dirichlet(np.ones(16), 5):
        rows = mean(iv, lambda v: v("B", A=1) - v("B", A=0))
        assert equal.measure.value(q) == pytest.approx(abs(np.dot(np.array(rows, dtype=float), q)))


TWO = rb.Behavior(
    np.array([[[5, 2], [1, 2]], [[2, 1], [2, 5]]]) * Fraction(1, 10), outputs="B A", inputs="Z"
)  # the two-sided example


@pytest.mark.slow
def test_queries_are_measures_like_all_others():
    iv = rb.instrumental()
    effect, ace = rb.query(iv, "ACE(A -> B)"), rb.average_causal_effect(iv, "A", "B")
    assert list(rb.bounds(effect, TWO)) == list(rb.bounds(ace, TWO))
    certificate = rb.minimize(effect, TWO).certificate
    assert certificate.claim == rb.minimize(ace, TWO).certificate.claim  # the verifier makes these rows itself
    defiers = rb.assumption(iv, "no defiers")
    assert rb.minimize(effect, TWO, [defiers]).exact == 0
    line = rb.tradeoff(rb.query(iv, "p{B(A=1)=1, A(Z=1)=1, A(Z=0)=0}"), defiers.measure, TWO)
    for t in (Fraction(0), Fraction(1, 20), line.domain[1]):
        limited = rb.assumption(iv, "no defiers", at_most=t)
        assert line.value(t) == Fraction(str(rb.minimize(line.measure, TWO, [limited]).exact))
    formula = rb.closed_form(effect, subject_to=[defiers]).expression
    assert rb.prove(effect, formula, subject_to=[defiers]).status == "proved"
    assert rb.sweep(effect, [TWO], [defiers], progress=False).values.tolist() == [0]
    assert rb.bounds(rb.query(iv, "p{A=1} - p{B=1}", name="gap"), TWO).minimum.measure.name == "gap"
    assert effect.recipe().made(rb.instrumental()).formula == effect.formula
    assert "B}_{A=1} = 1" in effect._repr_latex_()


def test_violated_assumptions_say_how_far():
    with pytest.raises(rb.errors.InfeasibleError, match=r"p\{A\(Z=1\) > A\(Z=0\)\} is at least 0.4"):
        rb.minimize(rb.query(M := rb.instrumental(), "p{B(A=1)=1}"), TWO, [rb.assumption(M, "decreasing(Z -> A)")])


WRONG = {
    "": "the query is ''",
    "p{W=1}": "at character 3: W is no variable of .* expected one of Z, A, B",
    "p{L=1}": "L is latent",
    "p{B=2}": "at character 5: B = 2 does not occur, expected 0 to 1",
    "p{B(A=3)=1}": "A = 3 does not occur, expected 0 to 2",
    "p{A(B=1)=1}": "B is forced on A, but is no ancestor of it",
    "p{B(B=1)=1}": "B is forced on B, but is itself",
    "p{Z(A=1)=1}": "none, it has no ancestors",
    "p{B(A=1, A=0)=1}": "A is forced twice on B",
    "p{B(A=1)}": "at character 9, expected a relation such as = 1",
    "p{B(A)=1}": "a value for A",
    "p{B=1,\n  W=1}": "at character 8: W is no variable",
    "p{B=1": "nothing more at character 6, expected '}'",
    "p{B=1} p{A=1}": "expected the end",
    "p{B=1} * p{A=1}": "at character 8: found a product of two probabilities",
    "p{B=1 | A=1} - p{B=1 | A=0}": "a sum of quotients with different conditions",
    "p{B=1} / p{B=1 | A=1}": "a quotient of a quotient",
    "p{B=1 | A=1, A=0}": "A=1, A=0 never happens",
    "p{B=1 | A(Z=0)=0, A(Z=0)>0}": "never happens",
    "p{B=1, A=0 | Z=0, Z=1}": "never happens",
    "p{B=1} / 0": "division by 0",
    "p{B=$}": "has '\\$' at character 5",
    "p{B=1.5}": "a whole number",
    "foo(A -> B)": "expected a named query: ACE",
    "LATE(A -> B)": r"expected LATE\(Z -> X -> Y\)",
    "CDE(A -> B)": r"expected CDE\(X -> Y \| M=0\)",
    "__import__('os')": 'has "\'" at character 12',
    "1e99999 p{B=1}": None,
    "9" * 100: "more than 60 digits",
    "(" * 200 + "p{B=1}" + ")" * 200: "at most 60 brackets",
}


@pytest.mark.parametrize("text", WRONG)
def test_errors_say_where(text):
    message = WRONG[text] or "digits"
    with pytest.raises(MeasureError, match=message):
        rb.query(IV, text)


def test_assumptions_refuse_what_they_are_not():
    two = rb.bell().relax("X -> B")
    for model, text, message in (
        (IV, "", "the assumption is ''"),
        (IV, "A(Z=1)", "a relation such as"),
        (IV, "p{A=1}", "a relation: = , <= or >="),
        (IV, "p{A=1} < 1/2", "Write <= instead"),
        (IV, "p{B=1} = p{A=1} * p{B=1}", "product of two probabilities"),
        (IV, "p{B=1} >= 2 + p{B=1}", "never holds"),
        (IV, "Z = 1", "settings alone decide"),
        (IV, "no direct effect(Z -> B)", "granted already"),
        (two, "no defiers", "free inputs influence 3 variables"),
        (IV, "monotone", "Say of which"),
        (IV, "A(Z=1) >= W(Z=0)", "W is no variable"),
        (IV, "decreasing(A -> B), B=1", "expected the end"),
    ):
        with pytest.raises(MeasureError, match=message):
            rb.assumption(model, text)
    with pytest.raises(MeasureError, match="causal model"):
        rb.assumption(None, "no defiers")
    late = rb.query(IV, "LATE(Z -> A -> B)")
    for limited in (lambda limit: rb.assumption(IV, "no defiers", at_most=limit), late.__le__):
        for limit, message in ((float("inf"), "Leave it out"), ("1/3", "Write it as a number"), (None, "finite real")):
            with pytest.raises(MeasureError, match=message):
                limited(limit)


def test_names_may_look_like_probabilities():
    model = rb.bell().rename({"A": "P", "B": "E"})
    assert entries(rb.query(model, "p{P(X=1)=1, E(Y=0)=1}")) == mean(model, lambda v: v("P", X=1) and v("E", Y=0))
    assert entries(rb.assumption(model, "P(X=1) >= P(X=0)").measure) == mean(model, lambda v: v("P", X=1) < v("P", X=0))
    own = rb.instrumental().rename({"B": "do"})
    given = entries(rb.query(own, "p{A=1 | do(A=1) = 1}").denominator)
    assert given == mean(own, lambda v: v("do", A=1) == 1)


def test_long_sums_and_models_of_very_many_strategies():
    iv = rb.instrumental()
    assert rb.query(iv, " + ".join(["p{B=1}"] * 1500)).formula.startswith("1500 p{B=1}")
    big = rb.bell((5, 5)).relax("X -> B")  # 2^30 strategies
    effect = rb.query(big, "p{B(X=1, Y=0) = 1} - p{B(X=0, Y=0) = 1}")
    noise = rb.Behavior(np.full((2, 2, 5, 5), Fraction(1, 4)), outputs="A B", inputs="X Y")
    assert rb.minimize(effect, noise).value == 0
    with pytest.raises(rb.errors.ModelTooLargeError, match="combinations"):
        rb.query(
            rb.bell((13, 13)).relax("X -> B"), "p{" + ", ".join(f"B(X={x}, Y=0)=1, A(X={x})=0" for x in range(13)) + "}"
        )
    assert isinstance(rb.query(rb.bilocality(), "p{A=1}"), rb.classes.IndependentQuery)


@pytest.mark.parametrize("model", [IV, MEDIATION], ids=["iv", "mediation"])
def test_probabilities_of_all_answers_sum_to_one(model):
    """The response types of every responding node, by the counterfactuals that define them."""
    node = model.strategies.nodes[-1]
    worlds = list(product(*(range(r) for r in node.radices)))[:3]
    texts = []
    for values in product(range(node.cardinality), repeat=len(worlds)):
        events = []
        for value, world in zip(values, worlds, strict=True):
            forced = ", ".join(f"{n}={v}" for n, v in zip(node.parents, world, strict=True))
            events.append(f"{node.name}({forced})={value}")
        texts.append(f"p{{{', '.join(events)}}}")
    assert set(entries(rb.query(model, " + ".join(texts)))) == {1}


def test_the_mean_of_a_power_is_written_as_a_product():
    with pytest.raises(rb.errors.MeasureError, match=r"E\[Y \* Y\]"):
        rb.query(rb.instrumental(), "E[B^2]")
    model = rb.CausalModel("X -> Y; U -> X; U -> Y", "", "U", {"X": 2, "Y": 3})
    p = rb.Behavior([[0.1, 0.2, 0.2], [0.2, 0.1, 0.2]], outputs="X Y", inputs="")
    assert rb.minimize(rb.query(model, "E[Y * Y]"), p).value == pytest.approx(0.3 + 4 * 0.4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("E[B(A=1) - B(A=0)]", r"\mathbb{E}\left[{B}_{A=1} - {B}_{A=0}\right]"),
        ("E[2*(B(A=1) - (B - A)) | A=1]", r"(2 \cdot ({B}_{A=1} - (B - A))) \cdot \mathbb{1}[A = 1]"),
        ("P(B(A=1) > B(A=0))", r"p\left({B}_{A=1} > {B}_{A=0}\right)"),
    ],
)
def test_brackets_in_latex_are_those_of_the_text(text, expected):
    assert expected in rb.query(rb.instrumental(), text)._repr_latex_()
