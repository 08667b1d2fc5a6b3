"""Budgets in bits: closed forms, an independent cone program, duality with the least information, certificates."""

import math
from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest
import sympy

import relaxbell as rb
from relaxbell.errors import CertificateError, FunctionalError, InfeasibleError, MeasureError
from relaxbell.verify import Refused, verify

CHSH, BITS = rb.catalog.CHSH, sympy.Symbol("c")


def h(x):
    return 0.0 if x in (0, 1) else -x * math.log2(x) - (1 - x) * math.log2(1 - x)


def solved(function, target, low, high):
    """Return where a rising function reaches a target, by bisection."""
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < target else (low, middle)
    return low


def leaked(s):
    """Bits behind a CHSH value, uniform settings: 2 − h(w) − (1 − w) log2 3, w = (4 − S)/8."""
    w = (4 - s) / 8
    return 2 - h(w) - (1 - w) * math.log2(3)


def bounded(functional, model, bits, **options):
    return float(functional.bound(model, subject_to=[rb.mutual_information(model) <= bits], **options))


@pytest.mark.parametrize("bits", [0.01, 0.1, Fraction(1, 5), 0.4])
def test_chsh_within_bits(bits):
    found = bounded(CHSH, rb.measurement_dependence(), bits)
    assert found == pytest.approx(solved(leaked, float(bits), 2, 4), abs=3e-11)
    assert leaked(min(found, 4)) >= float(bits) - 1e-11  # a bound from above


def test_chsh_without_and_with_enough_bits():
    model = rb.measurement_dependence()
    assert bounded(CHSH, model, 0) == pytest.approx(2, abs=1e-14)
    assert bounded(CHSH, model, 0) >= 2
    assert bounded(CHSH, model, 0.416) == 4  # 2 − log2 3 = 0.41503…
    assert bounded(CHSH, model, 0.415) < 4


@pytest.mark.parametrize("bits", [0.05, 0.3])
def test_chsh_if_one_setting_leaks(bits):
    """4 (1 − h⁻¹(1 − c)) where one party's setting depends on λ."""
    found = bounded(CHSH, rb.measurement_dependence(dependent="X"), bits)
    assert found == pytest.approx(4 - 4 * solved(h, 1 - bits, 0, 0.5), abs=1e-10)


def test_biased_settings_and_other_functionals():
    """Values of another cone program, see the table of the page *Engines*."""
    biased = rb.measurement_dependence(input_distribution=np.outer([0.75, 0.25], [0.5, 0.5]))
    assert bounded(CHSH, biased, 0.01) == pytest.approx(2.479871418731, abs=1e-10)
    chained = rb.measurement_dependence((3, 3))
    assert bounded(rb.catalog.chained(3), chained, 0.1) == pytest.approx(5.690113416501, abs=1e-10)
    three = rb.measurement_dependence((2, 2), (3, 3))
    assert bounded(rb.catalog.cglmp(3), three, 0.2) == pytest.approx(solved(leaked, 0.2, 2, 4), abs=1e-9)
    parties = rb.bell((2, 2, 2)).relax("L -> X", "L -> Y", "L -> Z")
    assert bounded(rb.catalog.mermin(3), parties, 0.1) == pytest.approx(solved(leaked, 0.2, 2, 4), abs=1e-10)


def test_settings_that_never_occur():
    table = np.array([[Fraction(1, 3)] * 2, [Fraction(1, 3), 0]])
    model = rb.measurement_dependence(input_distribution=table)
    with pytest.raises(FunctionalError, match="probability"):
        bounded(CHSH, model, 0.1)
    partial = rb.BellFunctional.from_correlators({"AB": [[1, 1], [1, 0]]})
    assert bounded(partial, model, 0.1) == 3


def independent(functional, model, bits, rows=()):
    """The largest value of a functional by CVXPY's own cone program, from `measure.expression`."""
    information = rb.mutual_information(model)
    table = functional.transposed(model.outputs, model.inputs).coefficients.astype(float).ravel()
    weights = np.broadcast_to(np.asarray(model.input_distribution.table, dtype=float), model.observed_shape).ravel()
    joint = model.T @ model.q
    goal = (table / weights) @ joint + float(functional.constant)
    shape = (math.prod(model.observed_shape[:2]), -1)
    sums = [joint[np.arange(len(table)).reshape(shape)[:, x]] for x in range(len(table) // shape[0])]
    settings = [cp.sum(own) == w for own, w in zip(sums, weights.reshape(shape)[0], strict=True)]
    problem = cp.Problem(cp.Maximize(goal), [information.expression <= bits, model.q >= 0, *settings, *rows])
    return problem.solve(solver=cp.CLARABEL)


def test_unequal_scenario_with_biased_settings_against_cvxpy():
    rng = np.random.default_rng(3)
    settings = np.outer([0.25, 0.75], [0.5, 0.25, 0.25])
    model = rb.measurement_dependence((2, 3), (3, 2), input_distribution=settings)
    table = rng.integers(-3, 4, size=model.observed_shape)
    functional = rb.BellFunctional(table, model.outputs, model.inputs)
    found = bounded(functional, model, 0.05, nonsignaling=False)
    assert found == pytest.approx(independent(functional, model, 0.05), abs=1e-6)


def test_marginals_count_for_non_signaling_behaviors_only():
    """The bound and the least information behind its value are inverse to each other."""
    model = rb.measurement_dependence((3, 3))
    found = bounded(rb.catalog.I3322, model, 0.05)
    least = rb.minimize(rb.mutual_information(model), rb.Observed([(rb.catalog.I3322, found)], nonsignaling=True))
    assert least.value == pytest.approx(0.05, abs=1e-9)
    assert bounded(rb.catalog.I3322, model, 0.05, nonsignaling=False) > found + 0.1  # as it is written
    two = rb.measurement_dependence()
    assert bounded(rb.catalog.CH, two, 0.1) == pytest.approx((bounded(CHSH, two, 0.1) - 2) / 4, abs=1e-10)
    assert CHSH.bound(rb.input_signaling(), nonsignaling=True) == 4


def test_influence_within_bits_and_its_certificate():
    model = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    c, information = rb.influence(model, "X", "B"), rb.mutual_information(model)
    box = rb.boxes.tsirelson()
    values = []
    for bits in (0, 0.01, 0.03, 0.05):
        solution = rb.minimize(c, box, subject_to=[information <= bits])
        assert solution.value - solution.lower_bound < 1e-9
        assert information.value(solution.q) <= bits + 1e-8
        values.append(solution.value)
    assert values[0] == pytest.approx((math.sqrt(2) - 1) / 2, abs=1e-9)
    assert values == sorted(values, reverse=True)
    assert values[-1] == pytest.approx(0, abs=1e-9)  # 0.0463 bits are enough
    certificate = rb.minimize(c, box, subject_to=[information <= 0.01]).certificate
    assert "I(X,Y:Lambda) <= 1/100" in certificate.claim
    assert r"\mu \log_2 \sum_x p(x) 2^{r(x,\Lambda)/\mu}" in certificate.to_latex()
    data = dict(certificate.data)
    data["claim"] = {"lower_bound": "13/100"}
    with pytest.raises(Refused, match="less than"):
        verify(data)


def test_bits_and_dependence_together_and_their_certificate():
    """The verifier finds the weights of M itself, beside the logarithms."""
    model = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    c, m, bits = rb.influence(model, "X", "B"), rb.dependence(model), rb.mutual_information(model)
    box = rb.boxes.tsirelson()
    both = rb.minimize(c, box, subject_to=[bits <= 0.02, m <= 0.1])
    assert both.value >= max(rb.minimize(c, box, subject_to=[own]).value for own in (bits <= 0.02, m <= 0.1)) - 1e-9
    assert "M(X,Y:Lambda) <= 1/10 and I(X,Y:Lambda) <= 1/50" in both.certificate.claim


def test_zeros_of_the_behavior():
    model = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    solution = rb.minimize(
        rb.influence(model, "X", "B"), rb.boxes.pr(), subject_to=[rb.mutual_information(model) <= 0.1]
    )
    assert solution.value - solution.lower_bound < 1e-8
    assert "C(X -> B) >= " in solution.certificate.claim


def test_too_few_bits_are_proved_to_be():
    model = rb.measurement_dependence()
    information = rb.mutual_information(model)
    for measure in (information, rb.dependence(model)):
        with pytest.raises(InfeasibleError, match=r"at least 0\.0462738") as error:
            rb.minimize(measure, rb.boxes.tsirelson(), subject_to=[information <= 0.04])
        assert "I(X,Y:Lambda) <= 1/25" in error.value.certificate.claim
    assert rb.minimize(information, rb.boxes.tsirelson(), subject_to=[information <= 0.05]).value < 0.0463


def test_both_ends_of_a_query_sweeps_and_visibilities():
    model = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    budget = [rb.mutual_information(model) <= 0.01]
    ends = rb.bounds(rb.average_causal_effect(model, "X", "B"), rb.boxes.tsirelson(), subject_to=budget)
    assert ends.lower == pytest.approx(-ends.upper, abs=1e-9)
    c = rb.influence(model, "X", "B")
    points = {v: rb.boxes.tsirelson().visibility(v) for v in (0.7, 1.0)}
    swept = rb.sweep(c, points, subject_to=budget)
    assert swept.values.tolist() == pytest.approx(
        [rb.minimize(c, p, subject_to=budget).value for p in points.values()], abs=1e-9
    )
    free = rb.measurement_dependence()
    found = rb.critical_visibility(free, rb.boxes.pr(), subject_to=[rb.mutual_information(free) <= 0.1])
    assert found.lower_bound <= Fraction(bounded(CHSH, free, 0.1)) / 4 <= found.upper_bound + Fraction(1, 10**11)


def test_what_is_not_covered_is_said():
    model = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    information, c = rb.mutual_information(model), rb.influence(model, "X", "B")
    with pytest.raises(MeasureError, match="relative entropy"):
        rb.closed_form(c, subject_to=[information <= 0.1])
    with pytest.raises(MeasureError, match="symbolic"):
        rb.minimize(c, rb.boxes.pr(), subject_to=[information <= BITS])
    with pytest.raises(MeasureError, match="negative"):
        information <= -1  # noqa: B015 - raises
    with pytest.raises(MeasureError, match="instance"):
        rb.minimize(c, rb.boxes.pr(), subject_to=[rb.mutual_information(rb.measurement_dependence()) <= 1])


@pytest.mark.slow
def test_the_curve_of_leaked_bits():
    model = rb.measurement_dependence()
    line = CHSH.bound(model, subject_to=[rb.mutual_information(model) <= BITS])
    for bits in (0.001, 0.02, 0.1, 0.3):
        truth = solved(leaked, bits, 2, 4)
        assert line.value(bits) <= truth + 1e-9
        assert line.upper_bound(bits) >= truth - 1e-12
        assert line.upper_bound(bits) - line.value(bits) <= line.gap + 1e-12
        assert line.at(bits).value == pytest.approx(truth, abs=1e-9)
    grid = np.linspace(0.001, 0.5, 50)
    assert (np.diff(line.value(grid), 2) <= 1e-12).all()  # concave
    assert line.value(1.0) == 4
    assert line.crossing(4) == pytest.approx(2 - math.log2(3), abs=1e-3)
    assert "I(X,Y:Lambda) <= 1/50" in line.certificate_at(0.02).claim
    with pytest.raises(CertificateError, match="certificate_at"):
        assert line.certificate
    assert "bits" in repr(line)
    root = (sympy.sqrt(2) * CHSH - 1).bound(model, subject_to=[rb.mutual_information(model) <= 0.1])
    assert root == pytest.approx(math.sqrt(2) * solved(leaked, 0.1, 2, 4) - 1, abs=1e-9)


@pytest.mark.slow
def test_a_curve_of_influence_within_bits():
    model = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    box, budget = rb.boxes.tsirelson(), [rb.mutual_information(model) <= 0.01]
    line = rb.curve(rb.influence(model, "X", "B"), box.white_noise(), box, subject_to=budget)
    found = rb.minimize(line.measure, box.visibility(0.9), subject_to=budget)
    assert line.lower_bound(0.9) - 1e-9 <= found.value <= line.value(0.9) + 1e-9


@pytest.mark.parametrize("bits", [0.5, Fraction(149, 256)])
def test_more_bits_than_are_needed(bits):
    """A setting that never occurs, and a budget that hardly matters: Clarabel's long steps end outside."""
    settings = np.array([[4, 0, 4], [3, 4, 4]], dtype=object) * Fraction(1, 19)
    model = rb.measurement_dependence((2, 3), (3, 2), input_distribution=settings)
    cells = [
        [[[2, 0, 0], [1, -1, -1]], [[1, 0, 0], [-2, 1, 2]]],
        [[[-1, 0, -1], [2, -2, 0]], [[2, 0, -2], [1, 2, 2]]],
        [[[2, 0, 1], [2, 0, 2]], [[0, 0, 0], [1, -1, 1]]],
    ]
    functional = rb.BellFunctional(cells, "A B", "X Y")
    most = sum(np.array(cells).max(axis=(0, 1)).ravel())  # the best outcomes at each setting
    assert bounded(functional, model, bits, nonsignaling=False) == pytest.approx(most, abs=1e-9)
