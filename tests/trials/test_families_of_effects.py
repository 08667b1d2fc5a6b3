"""Effects where no game is named: a model's own facets never say anything about them, the terms of their bounds do."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.trials.design import read_bias
from relaxbell.trials.families import term_scores
from relaxbell.trials.null import Null

pytest.importorskip("ppl")

TRIAL = rb.CausalModel.from_graph("dag { Z -> X -> Y; X <-> Y }", cardinality=2, outputs="X Y")
DIRECT = TRIAL.relax("Z -> Y")
EFFECT = "E[Y(X=1) - Y(X=0)]"
THREE = rb.CausalModel.from_graph(
    "dag { Z -> X -> Y; X <-> Y }", cardinality={"Z": 2, "X": 3, "Y": 2}, outputs="X Y", inputs="Z"
)


def trials(each):
    """Return counts in exact proportion: p(x, y|z) of 100 trials at each z, of which nothing is left to chance."""
    table = np.zeros((2, 2, 2), dtype=int)
    own = {0: [[60, 30], [4, 6]], 1: [[18, 12], [20, 50]]}
    for z, rows in own.items():
        table[:, :, z] = np.array(rows) * each
    return rb.Counts(table, outputs="X Y", inputs="Z")


@pytest.mark.slow
def test_a_positive_effect_is_found():
    """Its least value is p(X=0, Y=0|0) + p(X=1, Y=1|1) - 1 = 1/10, by Balke and Pearl."""
    effect, counts = rb.query(TRIAL, EFFECT), trials(20)
    least = rb.minimize(effect, counts.frequencies).exact
    found = rb.evidence(counts, effect)
    assert least == Fraction(1, 10)
    assert found.p_value < 0.05 / 100
    assert 0 < found.at_least < least
    assert "the terms of the least" in found.method
    assert str(found.certificate(0).verify()).startswith("if each trial")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "text", "budget"),
    [
        (TRIAL, "P(Y(X=1)=1, Y(X=0)=0)", None),
        (DIRECT, EFFECT, Fraction(1, 50)),
        (DIRECT, "-E[Y(X=1) - Y(X=0)]", Fraction(1, 50)),
        (THREE, "E[Y(X=2) - Y(X=0)]", None),
    ],
)
def test_scores_gain_nothing_under_the_null_hypothesis(model, text, budget):
    """At no p within it has a score a positive mean; at some p beyond it has one."""
    measure = -1 * rb.query(model, text[1:]) if text[0] == "-" else rb.query(model, text)
    beside = [] if budget is None else [rb.influence(model, "Z", "Y") <= budget]
    settings = model.input_distribution.table
    null = Null(measure, beside, settings, read_bias(0))
    scores, _ = term_scores(measure, null.beside, settings)
    free = Null(measure, [], settings, read_bias(0))
    beyond = [free.largest(own, Fraction(1)).bound for own in scores]
    assert all(null.largest(own, Fraction(0)).bound <= Fraction(1, 10**9) * abs(own).max() for own in scores)
    assert max(beyond) > 0


def test_an_effect_is_found_beside_a_budget_of_a_violation():
    counts = trials(100)
    effect, violation = rb.query(DIRECT, EFFECT), rb.influence(DIRECT, "Z", "Y")
    found = rb.evidence(counts, effect, subject_to=[violation <= Fraction(1, 50)])
    assert found.p_value < 1e-3
    assert rb.evidence(counts, violation, subject_to=[effect <= 0]).p_value < 1e-3
    assert rb.evidence(counts, violation).p_value == 1
