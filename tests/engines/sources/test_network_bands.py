"""Curves of networks between rigorous bounds, and algebraic least values, against closed forms and single minima."""

import copy
from fractions import Fraction

import numpy as np
import pytest
import sympy
from network_reference import random_network_behavior
from sympy import Rational, Symbol

import relaxbell as rb
from relaxbell.verify import Refused, verify

MODEL = rb.bilocality((2, 2), (2, 3, 2))


def partial_measurement(v, cosine=Fraction(2, 3)):
    """Eqs. (54)–(55) with settings of this cos² on both sides and Ψ⁺, Ψ⁻ of the middle party taken together."""
    table = np.full((2, 3, 2, 2, 2), Fraction(0), dtype=object)
    for a, b0, b1, c, x, z in np.ndindex(2, 2, 2, 2, 2, 2):
        correlation = cosine * (-1) ** b0 + (1 - cosine) * (-1) ** (x + z + b1)
        table[a, b1 if b0 == 0 else 2, c, x, z] += (1 + (-1) ** (a + c) * v * correlation) / Fraction(16)
    return rb.Behavior(table, MODEL.outputs, MODEL.inputs)


@pytest.fixture(scope="module")
def band():
    low, high = (partial_measurement(Fraction(k, 256)) for k in (171, 203))
    return rb.curve(rb.nonbilocality(MODEL), low, high)


def test_an_optimum_at_a_marginal_of_large_denominator_is_exact():
    """At 171/256 the derivative of the least value at fixed ν vanishes at 683/2048."""
    solution = rb.minimize(rb.nonbilocality(MODEL), partial_measurement(Fraction(171, 256)))
    assert solution.exact == Rational(455, 262144)
    assert solution.marginals["A"]["q(A=00)"] in (Fraction(683, 2048), Fraction(341, 2048))


@pytest.mark.slow
def test_the_band_holds_the_least_values(band):
    assert isinstance(band, rb.classes.SampledNetworkCurve)
    assert band.gap <= band.wanted
    assert band.domain == (0, 1)
    for t in (Fraction(1, 7), Fraction(3, 5), Fraction(8, 9)):
        v = Fraction(171, 256) + Fraction(32, 256) * t
        low, high = rb.minimize(rb.nonbilocality(MODEL), partial_measurement(v)).interval
        assert band.lower_bound(t) <= high + 1e-12
        assert low <= band.value(t) + 1e-12
        assert 0 <= band.value(t) - band.lower_bound(t) <= band.gap + 1e-12
    assert np.isnan(band.value(1.5))


@pytest.mark.slow
def test_crossings_enclose_the_level(band):
    level = band.value(0.3)
    low, high = band.crossings(level)
    assert low <= 0.3 + 1e-12
    assert high >= 0.3
    assert band.crossing(level) == low
    assert band.lower_bound(high + 1e-6) > level
    assert band.crossings(1) is None
    assert rb.classes.Certificate(band.certificate.data).verify() == band.certificate.verify()


@pytest.mark.slow
def test_the_certificate_of_a_band_and_attacks(band):
    good = band.certificate.data
    assert verify(good).startswith("least values for t in [0, 1] are known to within ")
    for attack in ("not a band", "higher bound", "other proof", "a gap"):
        data = copy.deepcopy(good)
        first = data["pieces"][0][0]["certificate"]
        if attack == "not a band":
            del data["band"]
        elif attack == "higher bound":
            first["claim"]["lower_bound"] = "1/100"
        elif attack == "other proof":
            leaf = first["proof"]["cover"]
            first["proof"]["cover"] = {"split": 0, "at": "7/24", "below": leaf, "above": leaf}
        else:
            assert len(data["pieces"]) > 2
            del data["pieces"][1]
        with pytest.raises(Refused):
            verify(data)


@pytest.mark.slow
def test_marginals_that_change_along_the_line():
    """White noise mixed to a behavior with other p(a|x): bounds are coarser, and hold the values of single minima."""
    model = rb.bilocality((2, 1), (2, 3, 3))
    p = random_network_behavior(model, 2)
    start = rb.Behavior(p.table * Fraction(7, 8) + Fraction(1, 8 * 18), p.outputs, p.inputs)
    end = rb.Behavior(p.table * Fraction(55, 64) + Fraction(9, 64 * 18), p.outputs, p.inputs)
    line = rb.curve(rb.nonbilocality(model), start, end, seconds=120)
    for t in (Fraction(0), Fraction(1, 3), Fraction(4, 5), Fraction(1)):
        q = rb.Behavior(start.table * (1 - t) + end.table * t, p.outputs, p.inputs)
        low, high = rb.minimize(rb.nonbilocality(model), q).interval
        assert line.lower_bound(t) <= high + 1e-9
        assert low <= line.value(t) + 1e-9
    assert line.certificate.verify().startswith("least values ")


@pytest.mark.slow
@pytest.mark.parametrize(("inputs", "outputs", "seed"), [((2, 2), (2, 2, 2), 1), ((2, 2), (2, 3, 2), 3)])
def test_an_irrational_least_value_is_named(inputs, outputs, seed):
    """The number is a root of its polynomial within the certified interval, and attained at an irrational marginal."""
    model = rb.bilocality(inputs, outputs)
    p = random_network_behavior(model, seed)
    solution = rb.minimize(rb.nonbilocality(model), p)
    found, m = solution.candidate, Symbol("m")
    assert solution.exact is None
    assert solution.upper_bound - solution.lower_bound <= 1e-9
    poly = sympy.Poly(list(found.polynomial), m)
    assert poly.is_irreducible
    assert poly.degree() > 1
    assert poly.count_roots(*(Rational(v.numerator, v.denominator) for v in found.interval)) == 1
    assert poly.eval(found.to_sympy()).expand() == 0
    assert solution.lower_bound <= found.value <= solution.upper_bound + 1e-12
    low, high = found.parameter_interval
    free = sympy.Poly(list(found.parameter_polynomial), m)
    assert free.count_roots(*(Rational(v.numerator, v.denominator) for v in (low, high))) == 1
    held = next(name for name, own in solution.marginals.items() if found.parameter in own)
    shift = low - Fraction(solution.marginals[held][found.parameter])
    assert abs(shift) < Fraction(1, 1000)
    assert f"{found}" in repr(solution)
