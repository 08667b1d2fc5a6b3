"""Limits of p(settings|λ): known formulas, curves against single programs, inequalities on all vertices."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb
from relaxbell.errors import ClosedFormError, CurveError, MeasureError

CHSH = rb.catalog.CHSH
E, P, LOW, HIGH = sympy.symbols("e P l h")


@pytest.mark.parametrize("bias", [Fraction(0), Fraction(1, 10), 0.25, Fraction(3, 7), Fraction(1, 2)])
def test_sources_of_santha_and_vazirani(bias):
    """S ≤ 4 − 8 (1/2 − ε)²; with the marginals of p(x, y|λ) alone 4 at every ε."""
    model = rb.measurement_dependence()
    exact = Fraction(str(bias))
    assert (
        CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=bias))
        == 4 - 8 * (Fraction(1, 2) - exact) ** 2
    )
    assert CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=bias, alone=True)) == 4


def test_curves_of_a_symbol():
    model = rb.measurement_dependence()
    line = CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=E))
    assert sympy.expand(line.pieces[0].expression - (4 - 8 * (sympy.Rational(1, 2) - E) ** 2)) == 0
    assert (len(line.pieces), line.domain) == (1, (0, sympy.Rational(1, 2)))
    assert rb.prove(line, 4 - 8 * (sympy.Rational(1, 2) - E) ** 2).status == "proved"
    assert rb.prove(line, 2 + 4 * E).status == "refuted"
    line = CHSH.bound(model, subject_to=rb.setting_bounds(model, upper=P))
    assert line.breakpoints == (sympy.Rational(1, 3),)
    assert sympy.expand(line.pieces[0].expression - (24 * P - 4)) == 0
    assert sympy.simplify(line.crossing(2 * sympy.sqrt(2)) - (2 + sympy.sqrt(2)) / 12) == 0
    assert (line.value(Fraction(3, 10)), line.value(0.3)) == (Fraction(16, 5), pytest.approx(3.2))
    assert line.to_sympy().subs(P, sympy.Rational(3, 10)) == sympy.Rational(16, 5)
    with pytest.raises(CurveError, match="outside"):
        line.value(Fraction(1, 5))


def test_three_bits():
    """Of 8 settings each λ loses at one of four, p(xyz|λ) ≥ (1/2 − ε)³: S = 4 − 16 p(lost)."""
    model = rb.measurement_dependence((2, 2, 2))
    mermin = rb.catalog.mermin(3)
    (limits,) = (own for own in rb.setting_bounds(model, santha_vazirani=E))
    vertices = limits.vertices(at={E: Fraction(1, 7)})
    assert len(set(vertices)) == 2**7
    at = {E: sympy.Rational(1, 7)}
    numbers = limits.at({E: Fraction(1, 7)})
    assert {tuple(sympy.sympify(v).subs(at) for v in own) for own in vertices} == set(numbers.vertices())
    low, high = sympy.Rational(1, 2) - at[E], sympy.Rational(1, 2) + at[E]
    for own in vertices:  # by its meaning: each bit, given those before it, is at an end
        p = np.array([sympy.sympify(v).subs(at) for v in own]).reshape(2, 2, 2)
        assert p.sum() == 1
        assert p[0].sum() in (low, high)
        assert all(p[x, 0].sum() / p[x].sum() in (low, high) for x in range(2))
        assert all(p[x, y, 0] / p[x, y].sum() in (low, high) for x in range(2) for y in range(2))
    bound = mermin.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=Fraction(1, 7)))
    assert bound == 4 - 16 * Fraction(5, 14) ** 3


def test_at_the_ends_of_the_range_vertices_coincide():
    model = rb.measurement_dependence()
    for bias, count in ((Fraction(0), 1), (Fraction(1, 2), 4)):
        (limits,) = rb.setting_bounds(model, santha_vazirani=E)
        assert len(limits.at({E: bias}).vertices()) == count


@pytest.mark.slow
def test_the_curve_of_three_bits():
    model = rb.measurement_dependence((2, 2, 2))
    line = rb.catalog.mermin(3).bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=E))
    assert sympy.expand(line.pieces[0].expression - (4 - 16 * (sympy.Rational(1, 2) - E) ** 3)) == 0
    assert rb.prove(line, 4 - 16 * (sympy.Rational(1, 2) - E) ** 3).status == "proved"


@pytest.mark.slow
@pytest.mark.parametrize(("role", "at"), [("santha_vazirani", Fraction(1, 5)), ("upper", Fraction(8, 25))])
def test_rational_pieces_agree_with_single_programs(role, at):
    """Biased settings, where the limit's formula has a denominator."""
    model = rb.measurement_dependence(input_distribution=np.outer([0.6, 0.4], [0.5, 0.5]))
    line = CHSH.bound(model, subject_to=rb.setting_bounds(model, **{role: sympy.Symbol("t")}))
    assert line.pieces[0].expression.as_numer_denom()[1].has(sympy.Symbol("t"))
    assert line.value(at) == CHSH.bound(model, subject_to=rb.setting_bounds(model, **{role: at}))


@pytest.mark.slow
def test_a_curve_of_an_unequal_scenario_agrees_with_single_programs():
    rng = np.random.default_rng(0)
    model = rb.measurement_dependence((2, 3), (2, 2), input_distribution=np.outer([0.5, 0.5], [0.5, 0.25, 0.25]))
    functional = rb.BellFunctional(rng.integers(-2, 3, size=model.observed_shape), model.outputs, model.inputs)
    line = functional.bound(model, subject_to=rb.setting_bounds(model, lower=LOW))
    for at in (Fraction(1, 50), Fraction(1, 11)):
        assert line.value(at) == functional.bound(model, subject_to=rb.setting_bounds(model, lower=at))


def test_limits_that_make_no_sense_are_refused():
    model = rb.measurement_dependence(input_distribution=np.outer([0.75, 0.25], [0.5, 0.5]))
    for options, message in (
        ({"santha_vazirani": 0.1}, "cannot hold"),
        ({"santha_vazirani": 0.6}, "cannot hold"),
        ({"alone": True, "upper": 0.5}, "goes with santha_vazirani"),
    ):
        with pytest.raises(MeasureError, match=message):
            rb.setting_bounds(model, **options)
    with pytest.raises(MeasureError, match="bits"):
        rb.setting_bounds(rb.measurement_dependence((3, 3)), santha_vazirani=0.1)
    two = rb.setting_bounds(model, lower=LOW, upper=HIGH)
    with pytest.raises(MeasureError, match="single one"):
        CHSH.bound(model, subject_to=two)
    with pytest.raises(MeasureError, match="instance"):
        CHSH.bound(rb.measurement_dependence(), subject_to=rb.setting_bounds(model, upper=P))
    with pytest.raises(MeasureError, match="no other constraint"):
        CHSH.bound(model, subject_to=[*rb.setting_bounds(model, upper=P), rb.dependence(model) <= 0.1])
    with pytest.raises(ClosedFormError, match="joint=True"):
        model.inequalities(rb.setting_bounds(model, upper=P))
    with pytest.raises(ClosedFormError, match="limits of its settings"):
        model.inequalities([rb.dependence(model) <= 0.1], joint=True)


@pytest.mark.slow
def test_the_inequality_of_puetz_is_proved_for_a_symbol():
    """ℓ p(0000) ≤ h (p(0101) + p(1010) + p(0011)), here with h = 1 − 3ℓ, which ℓ implies."""
    pytest.importorskip("ppl")
    model = rb.measurement_dependence()
    found = model.inequalities(rb.setting_bounds(model, lower=LOW), joint=True)
    assert found.complete
    (kind,) = [own for own in found.classes if own.name == "Pütz et al. 2014"]
    known = {(0, 0, 0, 0): LOW} | dict.fromkeys([(0, 1, 0, 1), (1, 0, 1, 0), (0, 0, 1, 1)], 3 * LOW - 1)
    for place in np.ndindex(2, 2, 2, 2):
        assert sympy.expand(kind.coefficients[place] - known.get(place, 0)) == 0
    assert (len(kind), kind.rank) == (64, 15)
    assert all(condition.subs(LOW, sympy.Rational(1, 8)) > 0 for condition in kind.region)
    assert len(found) == len(found.facets) + len(found.positivity)
    # valid for all vertices at the numbers, and violated by the PR box
    tables = np.array([table.ravel() for table in found.facets[:200]], dtype=float)
    for vertex in rb.setting_bounds(model, lower=Fraction(1, 8))[0].limits.vertices():
        joint = model.T.indices.reshape(model.strategies.count, -1)[:, 0]
        weights = np.array([float(v) for v in vertex])
        cells = joint[rb.mutual_information(model).layout.numbers]
        values = (tables[:, cells] * weights[:, None]).sum(axis=1)
        assert values.max() <= 1e-9
    box = rb.boxes.pr().p.ravel() / 4  # uniform settings
    assert max(np.array([table.ravel() for table in found.facets], dtype=float) @ box) > 0
    again = model.inequalities(rb.setting_bounds(model, lower=LOW), joint=True, at={LOW: Fraction(1, 10)})
    assert len(again) == len(found)  # the same facets in the region


@pytest.mark.slow
def test_a_curve_of_three_settings_each():
    """As single programs say: 90 P − 6, until 6 is reached."""
    model = rb.measurement_dependence((3, 3))
    chained = rb.catalog.chained(3)
    line = chained.bound(model, subject_to=rb.setting_bounds(model, upper=P))
    for at in (Fraction(1, 9), Fraction(1, 8), Fraction(3, 20), Fraction(2, 5)):
        assert line.value(at) == chained.bound(model, subject_to=rb.setting_bounds(model, upper=at))


def test_numbers_for_symbols_are_read_not_evaluated():
    (limits,) = rb.setting_bounds(rb.measurement_dependence(), upper=P)
    assert limits.vertices(at={P: 0.3})[0] == (P, P, P, 1 - 3 * P)
    for at in ({P: "3/10"}, {P: "__import__('os').getcwd()"}, {P: None}, {P: float("nan")}, {"P": 0.3}, {}):
        with pytest.raises(MeasureError, match=r"finite real number|no number for P"):
            limits.vertices(at=at)
    with pytest.raises(ClosedFormError, match="finite real number"):
        limits.model.inequalities([limits], joint=True, at={P: "3/10"})
    (bits,) = rb.setting_bounds(limits.model, santha_vazirani=E)
    with pytest.raises(MeasureError, match="cannot hold"):
        bits.vertices(at={E: Fraction(-1, 10)})


def test_joint_inequalities_of_biased_settings_that_do_not_all_occur():
    """A symbol's default number leaves the settings their own distribution; p(settings|λ) ≤ h is among the facets."""
    table = [[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 4), 0]]
    model = rb.measurement_dependence(input_distribution=table)
    found = model.inequalities(rb.setting_bounds(model, upper=HIGH), joint=True)
    assert Fraction(1, 2) <= found.at[HIGH] <= 1
    assert found.complete
    assert {kind.name for kind in found.classes} >= {"positivity", "limits of p(settings)"}
    assert all(kind.rank == 11 for kind in found.classes)  # of 12 cells that occur
    assert all(f.bound(model, subject_to=rb.setting_bounds(model, upper=found.at[HIGH])) <= 0
               for f in found.representatives())  # fmt: skip
    with pytest.raises(ClosedFormError, match="irrational"):
        model.inequalities(rb.setting_bounds(model, upper=1 / sympy.sqrt(3)), joint=True)
