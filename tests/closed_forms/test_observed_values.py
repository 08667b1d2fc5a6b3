"""Closed forms of what was observed: values of functionals, and tables of which cells were not seen."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb


def selection(settings, outcomes):
    return rb.CausalModel(
        "X -> Y <- L -> S <- X; Y -> S",
        inputs="X",
        latent="L",
        outputs="Y S",
        cardinality={"X": settings, "Y": outcomes, "S": 2},
    )


def seen(rng, settings, outcomes):
    """Random p(y, S=1|x), exact, and nothing for S = 0."""
    numbers = rng.integers(1, 9, (outcomes + 1, settings))
    total = numbers.sum(axis=0)
    rows = [[Fraction(int(n), int(total[x])) for x, n in enumerate(row)] for row in numbers[:-1]]
    table = [[[None] * settings, row] for row in rows]
    return rows, rb.Observed.partial(table, outputs="Y S", inputs="X")


def test_chsh_alone_gives_the_formula_of_the_paper():
    """min C = max(0, (|CHSH| − 2)/4), whether or not p is known to be non-signaling."""
    c, half = rb.influence(rb.bell().relax("X -> B"), "X", "B"), sympy.Rational(1, 2)
    for nonsignaling in (True, False):
        form = rb.closed_form(c, rb.Observed([(rb.catalog.CHSH, 2)], nonsignaling=nonsignaling))
        chsh = form.symbols[0]
        assert sympy.simplify(form.expression - sympy.Max(0, chsh / 4 - half, -chsh / 4 - half)) == 0
        assert form(rb.boxes.pr()) == Fraction(1, 2)
        values = form.evaluate([rb.boxes.pr().p, rb.boxes.tsirelson().p]).value
        np.testing.assert_allclose(values, [0.5, (2 * 2**0.5 - 2) / 4])
        assert sorted(f(rb.boxes.pr()) for f in form.functionals()) == [Fraction(-3, 2), 0, half]


@pytest.mark.parametrize(("settings", "outcomes"), [(2, 2), (3, 2), (2, 3)])
def test_missing_outcomes_as_a_formula(settings, outcomes):
    """Manski's bounds: one term each, and the linear programs agree at random tables."""
    rng = np.random.default_rng(3)
    model = selection(settings, outcomes)
    effect = rb.average_causal_effect(model, "X", "Y", values=(settings - 1, 0), outcome=outcomes - 1)
    _, observed = seen(rng, settings, outcomes)
    both = rb.closed_bounds(effect, observed)
    for _ in range(3):
        rows, observed = seen(rng, settings, outcomes)
        lost = [1 - sum(row[x] for row in rows) for x in range(settings)]
        x, last = settings - 1, rows[outcomes - 1]
        expected = (last[x] - last[0] - lost[0], last[x] + lost[x] - last[0])
        assert both(observed) == expected
        found = rb.bounds(effect, observed)
        assert (found.minimum.exact, -found.maximum.exact) == expected


def test_a_budget_is_a_symbol_beside_cells():
    """A trial of which some cells are missing, exclusion within ε."""
    model = rb.instrumental().relax("Z -> B")
    epsilon = sympy.Symbol("epsilon", nonnegative=True)
    effect, direct = rb.average_causal_effect(model, "A", "B"), rb.influence(model, "Z", "B")
    table = [
        [[Fraction(1, 2), Fraction(1, 5)], [None, None]],
        [[None, Fraction(1, 10)], [Fraction(1, 4), Fraction(1, 2)]],
    ]
    observed = rb.Observed.partial(table, outputs="A B", inputs="Z")
    form = rb.closed_form(effect, observed, subject_to=[direct <= epsilon])
    for limit in (0, Fraction(1, 20), Fraction(1, 3)):
        expected = rb.minimize(effect, observed, [direct <= limit]).exact
        assert form(observed, {epsilon: limit}) == expected


def test_errors():
    model = selection(2, 2)
    effect = rb.average_causal_effect(model, "X", "Y")
    shares = rb.Observed.partial([[0.5, 0.5]] * 2, outputs="Y", inputs="X", given={"S": 1}, cardinality={"S": 2})
    with pytest.raises(rb.errors.MeasureError, match="share of those selected"):
        rb.prove(effect, sympy.Integer(0), domain=shares)
    _, observed = seen(np.random.default_rng(1), 2, 2)
    form = rb.closed_form(effect, observed)
    with pytest.raises(rb.errors.BehaviorError, match="other functionals"):
        form(rb.Observed(list(zip(observed.functionals, observed.values, strict=True))[:2]))
    with pytest.raises(rb.errors.MeasureError, match="proved for behaviors"):
        rb.prove(effect, form.expression, domain=observed)
