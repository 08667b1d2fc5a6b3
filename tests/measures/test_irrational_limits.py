"""Irrational numbers are kept exactly or refused: decimals in their place would end in exact values that are false."""

from fractions import Fraction

import pytest
import sympy

import relaxbell as rb

OTHER = [sympy.pi / 11, sympy.sqrt(2) / 5 + sympy.sqrt(3) / 100, sympy.root(2, 3) / 4]


@pytest.mark.parametrize("number", OTHER)
def test_other_irrational_numbers_are_refused_wherever_results_are_exact(number):
    c, dependent = rb.influence(rb.input_signaling(), "X", "B"), rb.measurement_dependence()
    for refused in (
        lambda: c <= number,
        lambda: number * c,
        lambda: rb.setting_bounds(dependent, upper=number),
        lambda: rb.nonbilocality(rb.bilocality(), marginals=[number, Fraction(1, 4), Fraction(1, 4), 0]),
        lambda: rb.Observed([(rb.catalog.CHSH, number)]),
        lambda: rb.bell(input_distribution={"X": [number, 1 - number], "Y": [1, 0]}),
    ):
        with pytest.raises(rb.errors.RelaxbellError, match=r"irrational number, expected .*float"):
            refused()


def test_an_irrational_input_distribution_is_refused():
    """M of the PR box is no fraction for it; read as decimals, it had an "exact" one."""
    root = sympy.sqrt(2) / 4
    half, quarter = sympy.Rational(1, 2), sympy.Rational(1, 4)
    with pytest.raises(rb.errors.ModelError, match=r"contains sqrt\(2\)/4, an irrational number"):
        rb.measurement_dependence(input_distribution=[[root, half - root], [quarter, quarter]])


def test_budgets_of_closed_forms_keep_roots():
    """C ≥ CH − M(X:Λ)/2 for the PR box, where CH = 1/2: by `minimize`, which solves it anew."""
    model, t = rb.bell().relax("X -> B", "L -> X"), sympy.Symbol("t")
    c, m = rb.influence(model, "X", "B"), rb.dependence(model)
    form = rb.closed_form(c, subject_to=[m <= t])
    limit = sympy.sqrt(2) / 10
    assert str(form(rb.boxes.pr(), {t: limit})) == "(1/2 - √2/20)"
    assert rb.minimize(c, rb.boxes.pr(), m <= limit).exact == sympy.Rational(1, 2) - limit / 2
    with pytest.raises(rb.errors.BehaviorError, match="√2 and √3"):
        form(rb.boxes.tsirelson(), {t: sympy.sqrt(3) / 10})
    with pytest.raises(rb.errors.BehaviorError, match="irrational"):
        form(rb.boxes.pr(), {t: sympy.pi / 30})


def test_floats_of_sympy_are_floats():
    model = rb.measurement_dependence()
    assert rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, upper=sympy.Float(0.3))) == Fraction(16, 5)


def test_exact_marginals_are_kept_and_must_sum_to_one():
    tiny, quarter = Fraction(1, 10**13), Fraction(1, 4)
    kept = [quarter + tiny, quarter - tiny, quarter, quarter]
    assert [*rb.nonbilocality(rb.bilocality(), marginals=kept).fixed["A"]] == kept
    with pytest.raises(rb.errors.MeasureError, match=r"sums to 1\.0000000000001"):
        rb.nonbilocality(rb.bilocality(), marginals=[quarter + tiny, quarter, quarter, quarter])


@pytest.mark.parametrize("tiny", [5e-324, 1e-305, Fraction(1, 10**400)])
@pytest.mark.parametrize("measure", [rb.dependence, rb.hall_dependence, rb.mutual_information, rb.setting_bounds])
def test_probabilities_whose_inverse_is_no_float_are_refused(tiny, measure):
    rare = rb.measurement_dependence(input_distribution=[[1 - 3 * tiny, tiny], [tiny, tiny]])
    with pytest.raises(rb.errors.MeasureError, match="below 1e-300"):
        measure(rare)
    small = Fraction(1, 10**200)
    product = rb.measurement_dependence(input_distribution={name: [small, 1 - small] for name in "XY"})
    with pytest.raises(rb.errors.MeasureError, match="below 1e-300"):
        measure(product)
