"""A new kind of measure, in a few lines and without touching the package, has every operation."""

import pickle
from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest
import scipy.sparse as sp

import relaxbell as rb
from relaxbell.exact.rows import Rows
from relaxbell.measures.settings import setting_layout
from relaxbell.measures.terms import Largest, Linear, Total


def guessing_probability(model):
    """Σ_λ max_x p(x, λ): how well one who knows λ guesses the settings."""
    layout, n = setting_layout(model), model.strategies.count

    def row(x, k):
        strategy = layout.numbers[x, k]
        return Linear(Rows(sp.csr_array(([1.0], ([0], [strategy])), shape=(1, n)), (f"p({layout.label(x)}, {k})",)))

    settings, count = layout.numbers.shape
    best = (Largest(tuple(row(x, k) for x in range(settings))) for k in range(count))
    return rb.measure(model, Total(tuple(best)), name="p_guess")


@pytest.fixture(scope="module")
def guess():
    return guessing_probability(rb.measurement_dependence((2, 3), (2, 2)))


@pytest.fixture(scope="module")
def box():
    """A PR box on two of Bob's settings; at the third both outcomes are fixed by a coin."""
    table = np.full((2, 2, 2, 3), Fraction(1, 4), dtype=object)
    table[..., :2] = rb.boxes.pr().exact
    return rb.Behavior(table, outputs="A B", inputs="X Y")


def test_the_least_value_is_that_of_plain_cvxpy_and_has_a_certificate(guess, box):
    solution = rb.minimize(guess, box)
    problem = cp.Problem(cp.Minimize(guess.expression), [*guess.model.reproduces(box), guess.model.valid])
    assert problem.solve(solver=cp.HIGHS) == pytest.approx(solution.value, abs=1e-9)
    assert guess.value(solution.q) == pytest.approx(solution.value)
    assert solution.exact > Fraction(1, 6)  # one in six without any λ
    claim = solution.certificate.verify()
    assert claim.endswith(f"minimum = {solution.exact}")
    assert "p_guess" not in claim  # the verifier names what it builds, not what a file says


@pytest.mark.slow
def test_curves_sweeps_budgets_and_formulas(guess, box):
    noise = box.white_noise()
    curve = rb.curve(guess, noise, box)
    assert curve.exact
    assert "corners" in curve.certificate.verify()
    at = {v: box.visibility(v) for v in (Fraction(1, 4), Fraction(3, 4), Fraction(1))}
    values = rb.sweep(guess, at, progress=False)
    for v, found in zip((0.25, 0.75, 1.0), values.values, strict=True):
        assert curve.value(v) == pytest.approx(found, abs=1e-9)
    limit = rb.minimize(guess, box).exact
    other = rb.dependence(guess.model)
    assert rb.minimize(other, box, [guess <= limit]).exact >= rb.minimize(other, box).exact
    with pytest.raises(rb.errors.InfeasibleError):
        rb.minimize(other, box, [guess <= limit - Fraction(1, 10**12)])
    assert "p_guess" in repr(guess)
    assert guess._repr_latex_().startswith("$")
    assert pickle.loads(pickle.dumps(2 * guess)).name == "2 p_guess"


def test_its_closed_form():
    model = rb.measurement_dependence((2, 2), (2, 2))
    guess = guessing_probability(model)
    form = rb.closed_form(guess)
    for p in (rb.boxes.pr(), rb.boxes.tsirelson(), rb.boxes.pr().visibility(Fraction(2, 3))):
        assert form(p) == rb.minimize(guess, p).proof.bound.bound
