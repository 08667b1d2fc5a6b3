"""Queries that are not linear say which relaxation or quotient applies, and what they recommend works."""

import numpy as np
import pytest

import relaxbell as rb

IV = rb.instrumental().rename({"A": "X", "B": "Y"})
WIDE = rb.instrumental(2, (3, 2)).rename({"A": "X", "B": "Y"})


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("p{X=1} * p{Y=1}", "Ask for the bounds of each; their products bound the product"),
        ("E[X] * E[Y]", "their products bound the product"),
        ("p{Y(X=1)=1}^2", "A power of a probability is not linear in q"),
        ("p{Y(X=1)=1}**2", "A power of a probability is not linear in q"),
        ("log p{Y=1}", "take it of both ends of bounds"),
        ("sqrt(p{Y=1})", "take it of both ends of bounds"),
        ("abs(ACE(X -> Y))", r"rb\.maximum\(query, -query\)"),
        ("|ACE(X -> Y)|", r"rb\.maximum\(query, -query\)"),
        ("max(p{Y=1}, p{X=1})", r"rb\.maximum\(…\) is the largest"),
        ("min(p{Y=1}, p{X=1})", "the least of several is not convex"),
        ("cov(X, Y)", "E.X Y. of a product of values is linear"),
        ("var(Y)", "product of probabilities is not linear"),
        ("RR(X -> Y)", r"p\{Y\(X=1\)=1\} / p\{Y\(X=0\)=1\}, with exact bounds"),
        ("OR(X -> Y)", "no quotient of two linear queries"),
        ("H(Y)", r"mutual_information\(model\)"),
        ("p{Y=1 | X=1} - p{Y=1 | X=0}", "sums bound the sum"),
        ("(p{Y=1} + p{X=1}) / (p{X=1} - p{X=0})", "can be negative, expected a probability"),
        ("p{Y=1 | X=0, X=1}", "expected a condition of positive probability"),
        ("p{Y=1 | Z=0, Z=1}", "expected a condition of positive probability"),
        ("p{X(Y=1)=1}", "Leave it out: X would be the same"),
        ("ACE(Y -> X)", "no ancestor"),
        ("p{Y(W=1)=1}", "expected one of Z, X, Y"),
        ("LATE(X -> Z -> Y)", "no ancestor"),
    ],
)
@pytest.mark.parametrize("model", [IV, WIDE], ids=["two", "three"])
def test_errors_say_what_applies(model, text, remedy):
    with pytest.raises(rb.errors.MeasureError, match=remedy):
        rb.query(model, text)


def test_algebra_of_measures_says_what_applies():
    effect, other = rb.query(IV, "ACE(X -> Y)"), rb.query(IV, "p{X=1}")
    for made, words in (
        (lambda: effect * other, "product of two measures"),
        (lambda: effect**2, "to the power of 2"),
        (lambda: abs(effect), r"maximum\(query, -query\)"),
        (lambda: effect / effect, "can be negative"),
        (lambda: effect <= other, r"ACE\(X -> Y\) - \(p\{X=1\}\) <= 0"),
    ):
        with pytest.raises(rb.errors.MeasureError, match=words):
            made()


def test_what_is_recommended_works():
    """The size of an effect, and a risk ratio, by an independent look at both ends."""
    rng = np.random.default_rng(8)
    strategies = rng.dirichlet(np.ones(IV.strategies.count))
    p = rb.Behavior((IV.T @ strategies).reshape(2, 2, 2), outputs="X Y", inputs="Z").rounded(IV, denominator=10**4)
    effect = rb.query(IV, "ACE(X -> Y)")
    ends = rb.bounds(effect, p)
    size = rb.minimize(rb.maximum(effect, -effect), p)
    assert size.value == pytest.approx(max(0.0, ends.lower, -ends.upper), abs=1e-9)
    ratio = rb.bounds(rb.query(IV, "p{Y(X=1)=1} / p{Y(X=0)=1}"), p)
    above, below = (rb.bounds(rb.query(IV, f"p{{Y(X={x})=1}}"), p) for x in (1, 0))
    assert ratio.lower >= above.lower / below.upper - 1e-9
    assert ratio.upper <= above.upper / below.lower + 1e-9
    order = rb.query(IV, "p{Y(X=1)=1}") - rb.query(IV, "p{Y(X=0)=1}") <= 0
    capped = rb.bounds(effect, p, [order]) if ends.lower <= 0 else None
    assert capped is None or capped.upper <= 1e-9
