"""Verdicts: right formulas are proved, wrong ones refuted with a counterexample that is checked independently."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from reference import influence_rows, least_maximum, observed_matrix
from sympy import Abs, Max, Min, Piecewise, Rational, Symbol, sqrt

import relaxbell as rb
from relaxbell.closed_forms.domains import read_domain
from relaxbell.proofs.convex import Region, functional_form
from relaxbell.proofs.everywhere import compared_at_samples

t = Symbol("t")
HALF = Rational(1, 2)
XB = rb.influence(rb.input_signaling(), "X", "B")
AB = rb.influence(rb.outcome_signaling(), "A", "B")
CH = rb.Maximum(0, *rb.catalog.CH.relabelings())
PR_LINE = (rb.boxes.pr().white_noise(), rb.boxes.pr())
TSIRELSON_LINE = (rb.boxes.pr().white_noise(), rb.boxes.tsirelson())


def chsh_values(p):
    """CH = p(00|00) + p(00|01) + p(00|10) − p(00|11) − pA(0|0) − pB(0|0) in all relabelings, by CHSH with signs."""
    correlators = p[0, 0] + p[1, 1] - p[0, 1] - p[1, 0]
    signs = np.array([[1, 1], [1, -1]])
    values = [
        s * (signs[np.ix_([x, 1 - x], [y, 1 - y])] * correlators).sum() for s in (1, -1) for x in (0, 1) for y in (0, 1)
    ]
    return (np.array(values) - 2) / 4


def check(verdict, measure, edge):
    """The least value of the counterexample by an independent program, and that the formula is off."""
    found = verdict.counterexample
    assert verdict.status == "refuted"
    assert not verdict
    p = found.observed.transposed(measure.model.outputs, measure.model.inputs).p
    value = least_maximum(influence_rows(measure.model, *edge), observed_matrix(measure.model), p.ravel())
    assert float(found.least) == pytest.approx(value, abs=1e-9)
    assert found.formula is None or abs(float(found.formula) - value) > 1e-7
    return p, found


def test_ch_for_input_signaling_is_proved():
    assert rb.prove(XB, CH).status == "proved"
    assert rb.prove(XB, rb.closed_form(XB).expression).status == "proved"


def test_ch_for_outcome_signaling_is_refuted_and_twice_it_is_proved():
    p, found = check(rb.prove(AB, CH), AB, ("A", "B"))
    assert chsh_values(p).max() == pytest.approx(0.5)  # a PR box
    assert (found.formula, found.least, found.exact) == (HALF, 1, True)
    assert found.observed.is_nonsignaling(tolerance=0)
    assert rb.prove(AB, 2 * CH).status == "proved"


def test_equation_7_needs_no_signaling():
    """Erratum E10."""
    _, found = check(rb.prove(XB, CH, "model"), XB, ("X", "B"))
    assert not found.observed.is_nonsignaling()
    assert rb.prove(AB, 2 * CH, "model").status == "refuted"
    assert rb.prove(XB, rb.closed_form(XB, "model").expression, "model").status == "proved"


@pytest.mark.parametrize(
    "formula",
    [
        rb.Maximum(0, *(f * Fraction(1001, 1000) for f in rb.catalog.CH.relabelings())),
        rb.Maximum(0, *(f * Fraction(999, 1000) for f in rb.catalog.CH.relabelings())),
        rb.Maximum(0, *rb.catalog.CH.relabelings()[1:]),  # a symmetry left out: right on 7/8 of the nonlocal boxes
        rb.Maximum(*rb.catalog.CH.relabelings()),  # right on nonlocal p only
        rb.Maximum(0, *(-f for f in rb.catalog.CH.relabelings())),
        rb.Maximum(Fraction(1, 10**5), *rb.catalog.CH.relabelings()),
        rb.Maximum(0, *rb.catalog.CHSH.relabelings()),
        rb.catalog.CH,
        sympy.Integer(0),
        Symbol("p(00|00)") ** 2,
        Min(Symbol("p(00|00)"), HALF),
    ],
    ids=range(11),
)
def test_wrong_formulas_on_all_behaviors(formula):
    verdict = rb.prove(XB, formula)
    _, found = check(verdict, XB, ("X", "B"))
    assert found.exact
    if isinstance(formula, rb.Maximum):
        assert float(found.formula) == pytest.approx(max(float(f(found.observed)) for f in formula))


def test_nonlinear_formula_that_happens_to_be_right():
    """(x + |x|)/2 is max(0, x), but not a maximum of affine terms: only points are claimed."""
    terms = [sympy.nsimplify(term) for term in rb.closed_form(XB).expression.args if term != 0]
    inside = Max(*terms)
    verdict = rb.prove(XB, (inside + Abs(inside)) / 2, points=30)
    assert (verdict.status, verdict.points) == ("exact at points", 30)


def test_unequal_cardinalities():
    measure = rb.influence(rb.bell((3, 2)).relax("X -> B"), "X", "B")
    form = rb.closed_form(measure)
    right = rb.Maximum(*form.functionals())
    assert rb.prove(measure, right).status == "proved"
    assert rb.fit(form).kind == "maximum of functionals"
    check(rb.prove(measure, rb.Maximum(*form.functionals()[:-1])), measure, ("X", "B"))


def test_three_parties_on_a_slice():
    model = rb.bell((2, 2, 2), (2, 2, 2)).relax("X -> B")
    measure = rb.influence(model, "X", "B")
    box = rb.boxes.ghz()
    other = box.relabel("A", [1, 0])
    behaviors = [
        box.white_noise(),
        box,
        other.mix(box.white_noise(), Fraction(1, 2)),
        box.relabel("C", [1, 0], {"Z": 1}),
    ]
    form = rb.closed_form(measure, behaviors)
    assert rb.prove(measure, form.expression, behaviors).status == "proved"
    wrong = sympy.Max(*form.expression.args, Rational(1, 3)) if form.terms else 0
    assert rb.prove(measure, wrong, behaviors).status == "refuted"


@pytest.mark.parametrize(
    ("formula", "line"),
    [
        (Max(0, t - HALF), PR_LINE),
        (Piecewise((0, t < HALF), (t - HALF, True)), PR_LINE),
        ((Abs(t - HALF) + t - HALF) / 2, PR_LINE),
        (Max(0, (t**2 - Rational(1, 4)) / (t + HALF)), PR_LINE),
        (Max(Min(0, t), t - HALF), PR_LINE),
        (Max(0, (sqrt(2) * t - 1) / 2), TSIRELSON_LINE),
        (CH, TSIRELSON_LINE),
        (CH, PR_LINE),
    ],
    ids=range(8),
)
def test_right_formulas_along_a_line(formula, line):
    verdict = rb.prove(XB, formula, line)
    assert verdict.status == "proved", verdict
    assert verdict


@pytest.mark.parametrize(
    ("formula", "line"),
    [
        (Max(0, t - Rational(51, 100)), PR_LINE),  # kink
        (Max(0, Rational(101, 100) * t - HALF), PR_LINE),  # constant
        (Max(0, HALF - t), PR_LINE),  # sign
        (t - HALF, PR_LINE),  # right on [1/2, 1]
        (sympy.Integer(0), PR_LINE),  # right on [0, 1/2]
        (Piecewise((0, t <= HALF), (t - HALF, t < 1), (0, True)), PR_LINE),  # wrong at t = 1 alone
        (Piecewise((Rational(1, 5), sympy.Eq(t, Rational(1, 3))), (Max(0, t - HALF), True)), PR_LINE),  # and at 1/3
        (Max(0, t - HALF) + Max(0, t - Rational(3, 4)) * (1 - t), PR_LINE),
        (Max(0, t - HALF) + t * (t - HALF) * (t - 1) / 10**6, PR_LINE),  # right at both ends and the break point
        (1 / t - 1, PR_LINE),  # pole
        (1 / (t - Rational(1, 3)) ** 2, PR_LINE),
        (sqrt(t - HALF), PR_LINE),  # not real below 1/2
        (sympy.log(1 + t), PR_LINE),
        (Max(0, (sqrt(2) * t - Rational(101, 100)) / 2), TSIRELSON_LINE),
        (Max(0, (Rational(141421356, 10**8) * t - 1) / 2), TSIRELSON_LINE),  # √2 to nine digits
        (2 * CH, TSIRELSON_LINE),
    ],
    ids=range(16),
)
def test_wrong_formulas_along_a_line(formula, line):
    verdict = rb.prove(XB, formula, line)
    found = verdict.counterexample
    assert verdict.status == "refuted"
    if isinstance(formula, sympy.Expr) and formula.has(t) and found.formula is not None:
        assert sympy.simplify(formula.subs(t, found.parameter) - found.formula) == 0
    p = found.observed.p
    value = least_maximum(influence_rows(XB.model, "X", "B"), observed_matrix(XB.model), p.ravel())
    assert float(found.least) == pytest.approx(value, abs=1e-9)
    assert found.exact
    if found.formula is not None:
        assert sympy.simplify(found.formula - found.least) != 0


def test_figure_2():
    """FACTS: 2/5 I up to 5/7, then (3 I − 1)/4."""
    measure = rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B")
    ends = tuple(rb.Observed([(rb.catalog.I3322, v)], nonsignaling=True) for v in (0, 1))
    value = Symbol("I")
    right = Max(Rational(2, 5) * value, (3 * value - 1) / 4)
    assert rb.prove(measure, right, ends, parameter=value).status == "proved"
    wrong = rb.prove(measure, Rational(2, 5) * Symbol("I3322"), ends)
    assert wrong.status == "refuted"
    assert rb.minimize(measure, wrong.counterexample.observed).exact == wrong.counterexample.least


def test_curves_of_budgets_and_tradeoffs():
    model = rb.input_signaling()
    e = Symbol("e")
    line = rb.catalog.CHSH.bound(model, subject_to=[rb.influence(model, "X", "B") <= e])
    assert rb.prove(line, Min(4, 2 + 4 * e)).status == "proved"
    assert rb.prove(line, 2 + 4 * e).status == "refuted"


def test_powers_of_the_parameter():
    v = Symbol("v")
    noise, box = (p.exact for p in PR_LINE)
    line = rb.prove(XB, Max(0, v**2 - HALF), lambda v: noise + (box - noise) * v**2, parameter=v)
    assert line.status == "proved"
    assert rb.prove(XB, Max(0, v - HALF), lambda v: noise + (box - noise) * v**2, parameter=v).status == "refuted"


def test_points():
    points = {Fraction(k, 10): rb.boxes.pr().visibility(Fraction(k, 10)) for k in range(11)}
    verdict = rb.prove(XB, Max(0, t - HALF), points)
    assert (verdict.status, verdict.points) == ("exact at points", 11)
    floats = {k / 10: rb.boxes.tsirelson().visibility(k / 10) for k in range(11)}
    verdict = rb.prove(XB, Max(0, (sqrt(2) * t - 1) / 2), floats)
    assert verdict.status == "numerical"
    assert verdict.tolerance < 1e-9
    wrong = rb.prove(XB, Max(0, t - Rational(49, 100)), points)
    assert wrong.status == "refuted"
    assert wrong.counterexample.exact


def test_entropies_are_numerical():
    """FACTS: H(m) = h(CH)."""
    measure, box = rb.message_entropy(rb.message()), rb.boxes.pr()
    p = t / 10 + Rational(2, 5)  # CH along the line from visibility 9/10 to 1
    h = -p * sympy.log(p, 2) - (1 - p) * sympy.log(1 - p, 2)
    line = (box.visibility(Fraction(9, 10)), box)
    verdict = rb.prove(measure, h, line)
    assert verdict.status == "numerical"
    assert verdict.tolerance < 1e-9
    assert rb.prove(measure, h * Rational(1001, 1000), line).status == "refuted"


def test_balke_and_pearl():
    effect = rb.average_causal_effect(rb.instrumental(), "A", "B")
    form = rb.closed_form(effect)
    assert rb.prove(effect, form.expression).status == "proved"
    for left_out in range(8):
        arguments = [a for k, a in enumerate(form.expression.args) if k != left_out]
        assert rb.prove(effect, Max(*arguments)).status == "refuted"


def test_symbolic_budgets_are_refused():
    both = rb.bell().relax("X -> B", "Y -> A")
    there, back = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    with pytest.raises(rb.errors.ProofError, match="Give numbers"):
        rb.prove(there, sympy.Integer(0), subject_to=[back <= Symbol("c")])


def test_budgets():
    """Theorem 7 for the PR box: influences there and back add up to 1/2."""
    both = rb.bell().relax("X -> B", "Y -> A")
    there, back = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    budget = [back <= Fraction(1, 10)]
    assert rb.prove(there, Max(0, t - Rational(6, 10)), PR_LINE, budget).status == "proved"
    verdict = rb.prove(there, Max(0, t - HALF), PR_LINE, budget)
    assert verdict.status == "refuted"
    assert rb.minimize(there, verdict.counterexample.observed, budget).exact == verdict.counterexample.least


def test_mutual_information_is_numerical_at_points():
    """FACTS: 2 − h(P) − P log2 3 with P = (4 + S)/8, a solver's number."""
    measure = rb.mutual_information(rb.measurement_dependence())
    P = (2 + sqrt(2)) / 4
    log2 = lambda x: sympy.log(x, 2)  # noqa: E731
    value = 2 + P * log2(P) + (1 - P) * log2(1 - P) - P * log2(3)
    verdict = rb.prove(measure, value, {"Tsirelson": rb.boxes.tsirelson()})
    assert verdict.status == "numerical"
    assert verdict.tolerance < 1e-6
    wrong = rb.prove(measure, value * Rational(101, 100), {"Tsirelson": rb.boxes.tsirelson()})
    assert wrong.status == "refuted"
    assert not wrong.counterexample.exact
    everywhere = rb.prove(measure, CH)  # sampled, at the PR boxes too, where 2 − log2 3 is not 1/2
    assert everywhere.status == "refuted"
    assert float(everywhere.counterexample.least) == pytest.approx(2 - np.log2(3), abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((XB, "max(0, t)"), "is not evaluated"),
        ((XB, lambda p: 0), "expected a sympy expression"),
        ((XB, Symbol("q")), "has the symbol q"),
        ((XB, t + Symbol("s"), PR_LINE), "expected one"),
        ((3, t), "a Measure or a Curve"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(rb.errors.ProofError, match=message):
        rb.prove(*arguments)


V = Symbol("v")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (2 * V**2 - 1, "proved"),  # paper, after Eq. (60)
        (2 * V**2 - Rational(9, 10), "refuted"),
        (2 * V - 1, "refuted"),
        (V**2 - Rational(1, 2), "refuted"),
    ],
)
def test_a_measure_that_is_not_convex_along_visibilities(formula, verdict):
    """min M_BL = max(0, 2v² − 1), over all marginals, for every v; other formulas are refuted exactly."""
    noise, full = (rb.boxes.entanglement_swapping(v).exact for v in (0, 1))
    family = lambda v: noise + (full - noise) * v**2  # noqa: E731
    found = rb.prove(rb.nonbilocality(rb.bilocality()), Max(0, formula), family, parameter=V)
    assert found.status == verdict


OUTCOME_23 = rb.influence(rb.outcome_signaling((2, 3)), "A", "B")


@pytest.mark.parametrize("factor", [sqrt(2), sqrt(2) / 2, 1 + sqrt(2) / 10**6, 1 - sqrt(3) / 10**6])
def test_irrational_constants_are_refuted_exactly(factor):
    """Only one of 25 terms is off, in one direction: random points do not find it."""
    terms = rb.closed_form(OUTCOME_23).functionals()
    verdict = rb.prove(OUTCOME_23, rb.Maximum(*terms[:-1], terms[-1] * factor))
    check(verdict, OUTCOME_23, ("A", "B"))
    assert verdict.counterexample.exact


@pytest.mark.slow
def test_irrational_terms_that_never_matter():
    terms = rb.closed_form(OUTCOME_23).functionals()
    assert rb.prove(OUTCOME_23, rb.Maximum(*terms, terms[-1] * 0 - sqrt(2) / 10**6)).status == "proved"
    symbol = Symbol("p(00|00)")
    formula = Max(rb.closed_form(OUTCOME_23).expression, sqrt(3) * symbol - 2)
    assert rb.prove(OUTCOME_23, formula).status == "proved"
    assert rb.prove(OUTCOME_23, Max(formula, sqrt(3) * symbol - Rational(8, 5))).status == "refuted"  # √3 > 8/5


@pytest.mark.parametrize(
    ("formula", "status"),
    [
        # right, but sympy does not compare zeros such as sin(1/2)²/2 + cos(1/2)²/2 − 1/2
        (Max(0, t * (sympy.sin(t) ** 2 + sympy.cos(t) ** 2) - HALF), "numerical"),
        (Max(0, t - HALF + sqrt(3 + 2 * sqrt(2)) - 1 - sqrt(2)), "proved"),  # the roots cancel
        (Max(0, t - HALF + sqrt(3 + 2 * sqrt(2)) - 1 - sqrt(2) + Rational(1, 10**12)), "refuted"),
        (Max(0, sympy.Integral(1, (t, HALF, t))), "proved"),
        (Piecewise((0, (t >= 0) & (t <= HALF)), (t - HALF, True)), "proved"),
        (Piecewise((0, t**2 <= Rational(1, 4)), (t - HALF, True)), "proved"),
        (Piecewise((7, sympy.Eq(t, Rational(1, 3))), (Max(0, t - HALF), True)), "refuted"),
        (Piecewise((0, t < HALF), (t - HALF, t > HALF)), "refuted"),  # undefined at t = 1/2
        (Max(0, t - Rational(5, 10)) + sympy.floor(t), "refuted"),
        (Max(0, t - 0.5), "numerical"),
        (sympy.nan, "refuted"),
        (sympy.I * t, "refuted"),
    ],
    ids=range(12),
)
def test_formulas_that_are_hard_to_evaluate(formula, status):
    verdict = rb.prove(XB, formula, PR_LINE)
    assert verdict.status == status, verdict
    assert "None" not in repr(verdict)


def test_undefined_functions_and_matrices():
    with pytest.raises(rb.errors.ProofError, match=r"the function f\(t\), which is not defined"):
        rb.prove(XB, sympy.Function("f")(t), PR_LINE)
    with pytest.raises(rb.errors.ProofError, match="Matrix, expected a sympy expression"):
        rb.prove(XB, sympy.Matrix([t]), PR_LINE)


def test_float_budgets_are_the_decimals_that_print_them():
    both = rb.bell().relax("X -> B", "Y -> A")
    there, back = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    for budget in (0.1, np.float64(0.1), Rational(1, 10)):
        assert rb.prove(there, Max(0, t - Rational(6, 10)), PR_LINE, back <= budget).status == "proved"


def test_equal_floats_are_not_exact():
    """The value of a network is an interval here: 0.28 = 2 v² − 1 to all digits, but nothing exact was solved."""
    v = 0.8
    box = rb.boxes.entanglement_swapping(v)
    verdict = rb.prove(rb.nonbilocality(rb.bilocality()), Max(0, 2 * Symbol("v") ** 2 - 1), {v: box})
    assert verdict.status == "numerical"


def test_domains_that_are_none():
    with pytest.raises(rb.errors.ProofError, match="empty mapping"):
        rb.prove(XB, CH, {})
    with pytest.raises(rb.errors.ProofError, match="'pr' is no number"):
        rb.prove(XB, t, {"pr": rb.boxes.pr()})
    with pytest.raises(rb.errors.ProofError, match="I3322 has cardinalities"):
        rb.prove(XB, rb.catalog.I3322)


@pytest.mark.parametrize(
    "model",
    [
        rb.bell((2, 3), (3, 2)).relax("X -> B"),
        rb.bell((2, 2, 2), (2, 2, 2)).relax("X -> B", "Y -> A"),
        rb.measurement_dependence((3, 2), (2, 2)),
    ],
    ids=["unequal", "three parties", "measurement dependence"],
)
def test_samples_are_often_nonlocal(model):
    """Where nothing can be proved, a formula is tried where it matters: random vertices are nearly all local."""
    region = Region(read_domain(model, None), [])
    local = model.unrelaxed
    nonlocal_ones = 0
    for u in region.samples(16, np.random.default_rng(0)):
        table = (region.domain.expansion @ u).reshape(model.observed_shape)
        p = rb.Behavior(table, model.outputs, model.inputs)
        try:
            rb.minimize(rb.influence(local, local.inputs[0], local.outputs[0]), p)
        except rb.errors.InfeasibleError:
            nonlocal_ones += 1
    assert nonlocal_ones >= 4


def test_dual_functionals_refute():
    """Right at every local behavior and at those that win Mermin's game, wrong for a PR box of two parties.

    A closed form for all of them takes too long, so only points are compared.
    """
    model = rb.bell((2, 2, 2), (2, 2, 2)).relax("X -> B")
    measure = rb.influence(model, "X", "B")
    region = Region(read_domain(model, None), [])
    formula = rb.Maximum(0, (rb.catalog.mermin() - 2) / 4)
    terms = [functional_form(term, region.domain) for term in formula]
    verdict = compared_at_samples(measure, formula, (), region, "", "", 20, terms[1:], terms)
    check(verdict, measure, ("X", "B"))
