"""Fits recover formulas that the data were made from, and refuse data that do not confirm one."""

import math
import random
from decimal import Decimal
from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import relaxbell as rb

t = sympy.Symbol("t")
small = st.fractions(-5, 5, max_denominator=7)


@settings(max_examples=30, deadline=None)
@given(st.lists(small, min_size=1, max_size=4))
def test_polynomials(coefficients):
    data = {Fraction(k, 3): sum(c * Fraction(k, 3) ** i for i, c in enumerate(coefficients)) for k in range(7)}
    expected = sum(sympy.Rational(c.numerator, c.denominator) * t**i for i, c in enumerate(coefficients))
    found = rb.fit(data)
    assert sympy.expand(found.formula - expected) == 0
    assert found.kind == "polynomial"
    assert found.determined_by + found.confirmed_by == 7


@settings(max_examples=30, deadline=None)
@given(small, small, small, st.sampled_from([max, min]))
def test_piecewise_affine(a, slope, kink, choose):
    rise = 1 if choose is max else -1
    grid = [Fraction(k, 2) for k in range(-22, 23)]
    data = {x: choose(a + slope * x, a + slope * kink + (slope + rise) * (x - kink)) for x in grid}
    found = rb.fit(data)
    assert found.kind == "piecewise affine"
    for k, v in data.items():
        assert found.formula.subs(t, sympy.Rational(k.numerator, k.denominator)) == sympy.Rational(
            v.numerator, v.denominator
        )


def test_rational_functions_and_roots():
    assert sympy.cancel(rb.fit({k: Fraction(k * k + 1, k + 2) for k in range(8)}).formula - (t**2 + 1) / (t + 2)) == 0
    assert rb.fit({k: sympy.sqrt(2) * k - 1 for k in range(5)}).formula == sympy.sqrt(2) * t - 1
    measure = rb.influence(rb.input_signaling(), "X", "B")
    box = rb.boxes.tsirelson()
    data = {v: rb.minimize(measure, box.visibility(v)).exact for v in (Fraction(k, 20) for k in range(21))}
    found = rb.fit(data)
    assert sympy.simplify(found.formula - sympy.Max(0, (sympy.sqrt(2) * t - 1) / 2)) == 0
    assert rb.prove(measure, found.formula, (box.white_noise(), box)).status == "proved"


def test_fits_of_curves_are_proved():
    measure = rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B")
    ends = tuple(rb.Observed([(rb.catalog.I3322, v)], nonsignaling=True) for v in (0, 1))
    found = rb.fit(rb.curve(measure, *ends))
    assert rb.prove(measure, found.formula, ends).status == "proved"
    model = rb.input_signaling()
    bound = rb.catalog.CHSH.bound(model, subject_to=[rb.influence(model, "X", "B") <= sympy.Symbol("e")])
    e = sympy.Symbol("e")
    assert rb.fit(bound, symbol=e).formula == sympy.Min(4, 4 * e + 2)


def test_fits_of_closed_forms_are_proved():
    measure = rb.influence(rb.outcome_signaling(), "A", "B")
    found = rb.fit(rb.closed_form(measure))
    assert repr(found.formula) == "max of 9: 0, 8 × (1/2) CHSH - 1"
    assert rb.prove(measure, found.formula).status == "proved"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (dict(enumerate([3, 1, 4, 1, 5, 9])), "obey no"),
        ({0: 1, 1: 2}, "obey no"),
        ({0: 0.5, 1: 1}, "not exact"),
        ([1, 2, 3], "a mapping"),
    ],
)
def test_errors(data, message):
    with pytest.raises(rb.errors.ProofError, match=message):
        rb.fit(data)


def test_constants():
    log = sympy.log(3) / sympy.log(2)
    cases = {
        1 - math.log2(3) / 2: 1 - log / 2,  # FACTS: GHZ
        math.sqrt(2) / 2 - 0.5: sympy.sqrt(2) / 2 - sympy.Rational(1, 2),
        0.1 + math.sqrt(3) / 7: sympy.Rational(1, 10) + sympy.sqrt(3) / 7,
        1 / 3: sympy.Rational(1, 3),
    }
    for value, expected in cases.items():
        assert sympy.simplify(rb.recognize_number(value) - expected) == 0
    root33 = rb.recognize_number((15 + math.sqrt(33)) / 24, basis=(1, sympy.sqrt(33)))
    assert root33 == sympy.Rational(5, 8) + sympy.sqrt(33) / 24
    assert rb.recognize_number(math.pi) is None
    assert rb.recognize_number(Decimal("0.2071")) is None  # too few digits to mean anything
    assert rb.recognize_number(Decimal("0.20710678118654752440084436210")) == sympy.sqrt(2) / 2 - sympy.Rational(1, 2)
    assert rb.recognize_number(sympy.sqrt(2).evalf(30)) == sympy.sqrt(2)
    with pytest.raises(rb.errors.ProofError, match="digits"):
        rb.recognize_number("0.5")


@pytest.mark.parametrize("digits", [6, 9, 12, 15])
@pytest.mark.slow
def test_random_numbers_are_not_recognized(digits):
    generator = random.Random(digits)
    found = [rb.recognize_number(generator.random(), digits=digits) for _ in range(100)]
    assert found == [None] * 100


@pytest.mark.parametrize("size", [1e-3, 1e3])
@pytest.mark.parametrize("basis", [None, (1, sympy.sqrt(2), sympy.sqrt(3), sympy.sqrt(5), sympy.log(3, 2), sympy.pi)])
@pytest.mark.slow
def test_random_numbers_of_other_sizes_are_no_constants(size, basis):
    """Large coefficients and large bases offer more relations, so that more digits are asked for."""
    generator = random.Random(4)
    found = [rb.recognize_number(size * generator.random(), basis=basis) for _ in range(60)]
    assert found == [None] * 60


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"value": math.nan}, "not a finite number"),
        ({"value": 0.5, "basis": []}, "basis is empty"),
        ({"value": 0.5, "basis": ["sqrt(2)"]}, "basis holds 'sqrt"),
        ({"value": 0.5, "basis": [1, sympy.I]}, "basis holds I"),
        ({"value": 0.5, "basis": [0, 1]}, "basis holds 0"),
        ({"value": 0.3 + math.sqrt(2), "basis": [1, sympy.sqrt(2), sympy.sqrt(8)]}, "linearly dependent"),
        ({"value": 1j}, "a complex, does not say"),
        ({"value": sympy.Symbol("x")}, "a Symbol, does not say"),
    ],
)
def test_what_is_no_constant_or_basis(arguments, message):
    with pytest.raises(rb.errors.ProofError, match=message):
        rb.recognize_number(**arguments)
    with pytest.raises(rb.errors.ProofError, match="digits=0"):
        rb.recognize_number(0.5, digits=0)


def test_fit_parameters_and_roots():
    line = {0: 0, 1: 2, 2: 4, 3: 6}
    assert rb.fit(line, symbol="v").formula == 2 * sympy.Symbol("v")
    with pytest.raises(rb.errors.ProofError, match="expected a sympy symbol or its name"):
        rb.fit(line, symbol=2)
    with pytest.raises(rb.errors.ProofError, match="several square roots"):
        rb.fit({0: sympy.sqrt(2), 1: sympy.sqrt(3), 2: 2})
