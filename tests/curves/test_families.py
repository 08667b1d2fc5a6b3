"""Families given as functions of a parameter or by points: exact where they are known, labeled where they are read."""

import copy
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy
from sympy import Rational, Symbol

import relaxbell as rb
from relaxbell.exact.numbers import surd
from relaxbell.verify import Refused, verify

XB = rb.influence(rb.input_signaling(), "X", "B")
PR, NOISE = rb.boxes.pr(), rb.boxes.pr().white_noise()
ETA = Symbol("eta", positive=True)


def nonlocal_box(model):
    """A PR box of the first two outcomes of each party: their sum is odd where all settings of more than one are 1."""
    k = len(model.outputs)
    table = np.full(model.observed_shape, Fraction(0), dtype=object)
    several = [i for i, size in enumerate(model.observed_shape[k:]) if size > 1]
    for setting in np.ndindex(*model.observed_shape[k:]):
        odd = all(setting[i] == 1 for i in several)
        for outcome in np.ndindex(*(2,) * k):
            if sum(outcome) % 2 == odd:
                table[outcome + setting] = Fraction(1, 2 ** (k - 1))
    return rb.Behavior(table, model.outputs, model.inputs)


CASES = {
    "unequal": lambda: (m := rb.bell((2, 3), (3, 2)).relax("X -> B"), rb.influence(m, "X", "B")),
    "three parties": lambda: (m := rb.bell((2, 2, 1), (2, 2, 2)).relax("X -> B"), rb.influence(m, "X", "B")),
    "biased": lambda: (
        m := rb.measurement_dependence(
            input_distribution=[[Fraction(2, 7), Fraction(0)], [Fraction(1, 7), Fraction(4, 7)]]
        ),
        rb.hall_dependence(m),
    ),
}


@pytest.mark.parametrize("power", [1, 2, 3])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_function_at_a_symbol_is_the_family(case, power):
    """Break points are roots of those between the ends, and values are those of minimize at the parameter."""
    model, measure = case()
    full = nonlocal_box(model)
    noise = full.white_noise()
    straight = rb.curve(measure, noise, full)
    line = rb.curve(measure, lambda v: noise.exact + (full.exact - noise.exact) * v**power, parameter=ETA)
    assert (line.exact, line.power, line.reading) == (True, power, None)
    assert "read" not in repr(line)
    assert [(p.start, p.end, p.intercept, p.slope) for p in line.pieces] == [
        (p.start, p.end, p.intercept, p.slope) for p in straight.pieces
    ]
    for v in (Fraction(1, 3), Fraction(9, 10), Fraction(1)):
        assert line.value(v) == straight.value(v**power)
        assert sympy.sympify(rb.minimize(measure, full.visibility(v**power)).exact) == sympy.sympify(line.value(v))


@pytest.mark.parametrize("power", [1, 2, 5])
def test_a_function_of_numbers_is_read_and_says_so(power):
    line = rb.curve(XB, lambda v: seen(v**power), parameter=ETA)
    assert line.reading.power == line.power == power
    assert len(line.reading.values) == 7
    assert "exact for what was read" in repr(line)
    assert "read at eta = 0, 1/7, 1/3, 1/2, 5/7, 12/13, 1 and assumed between" in repr(line)
    assert line.value(Fraction(1)) == Fraction(1, 2)
    assert sympy.sympify(line.critical) == sympy.root(Rational(1, 2), power)
    sentence = line.certificate.verify()
    assert f"t = eta{f'^{power}' if power > 1 else ''}; the data were read at eta = 0, 1/7, 1/3" in sentence
    assert "is assumed" in sentence
    assert "assumed" not in rb.curve(XB, NOISE, PR, parameter=ETA).certificate.verify()


def test_over_an_interval():
    noise = NOISE.exact
    for family in (lambda v: noise + (PR.exact - noise) * v**2, lambda v: PR.visibility(v**2)):
        line = rb.curve(XB, family, parameter="v", over=(0.5, Rational(9, 10)))
        assert line.domain == (Fraction(1, 2), Fraction(9, 10))
        assert line.breakpoints == (surd(0, Fraction(1, 2), 2),)
        assert line.value(Fraction(9, 10)) == Fraction(81, 100) - Fraction(1, 2)
    rising = rb.curve(XB, lambda s: noise + (PR.exact - noise) * (s + 1) / 2, parameter="s", over=(-1, 1))
    assert (rising.domain, rising.critical) == ((-1, 1), 0)


def test_values_of_functionals_as_a_function():
    """C = (S − 2)/4 with S = 4 v, and 2/5 I up to 5/7 (Fig. 2 of arXiv:1411.4648)."""
    line = rb.curve(XB, lambda v: rb.Observed([(rb.catalog.CHSH, 4 * v)], nonsignaling=True), parameter="v")
    assert (line.critical, line.value(Fraction(1))) == (Fraction(1, 2), Fraction(1, 2))
    measure = rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B")
    squares = {k: rb.Observed([(rb.catalog.I3322, Fraction(k * k, 4))], nonsignaling=True) for k in (0, 1, 2)}
    line = rb.curve(measure, squares, parameter=Symbol("w") ** 2)
    assert line.breakpoints == (sympy.sqrt(Rational(20, 7)),)
    assert line.value(Fraction(1)) == Fraction(1, 10)


def test_a_third_point_is_checked():
    points = {Fraction(k, 3): PR.visibility(Fraction(k * k, 9)) for k in range(4)}
    line = rb.curve(XB, points, parameter=ETA**2)
    assert line.critical == surd(0, Fraction(1, 2), 2)
    assert line.reading.values == tuple(points)
    with pytest.raises(
        rb.errors.BehaviorError, match=r"not affine in a power of eta.*by 0\.0556.*They are affine in eta\^2"
    ):
        rb.curve(XB, points, parameter=ETA)
    with pytest.raises(rb.errors.BehaviorError, match=r"not affine in eta\^3"):
        rb.curve(XB, points, parameter=ETA**3)
    points[Fraction(1, 3)] = PR.visibility(Fraction(1, 9) + Fraction(1, 10**12))
    with pytest.raises(rb.errors.BehaviorError, match=r"not affine in eta\^2"):
        rb.curve(XB, points, parameter=ETA**2)


def seen(v):
    """The PR box with a visibility, of numbers only."""
    return PR.visibility({k: k for k in [v] if isinstance(k, Fraction)}[v])


def lossy(eta):
    """Detectors of efficiency η whose silence counts as outcome 0: of degree two in η, with a linear part."""
    table = np.zeros((2, 2, 2, 2), dtype=object)
    for x, y in np.ndindex(2, 2):
        for a, b in np.ndindex(2, 2):
            p = PR.exact[a, b, x, y]
            table[a, b, x, y] += eta * eta * p
            table[0, b, x, y] += (1 - eta) * eta * p
            table[a, 0, x, y] += eta * (1 - eta) * p
        table[0, 0, x, y] += (1 - eta) * (1 - eta)
    return table


@pytest.mark.parametrize("family", [lossy, lambda eta: rb.Behavior(lossy(eta))], ids=["table", "behavior"])
def test_families_that_are_not_affine_in_a_power(family):
    """They are polynomials, but not of η²; three points do not say so."""
    with pytest.raises(rb.errors.BehaviorError, match=r"the family is not affine in eta\^2"):
        rb.curve(XB, family, parameter=ETA**2)
    for parameter in (ETA, ETA**2, "eta", None):
        with pytest.raises(rb.errors.BehaviorError, match=r"not affine.*degree=2"):
            rb.curve(
                XB, {v: rb.Behavior(lossy(v)) for v in (Fraction(0), Fraction(1, 2), Fraction(1))}, parameter=parameter
            )


@pytest.mark.parametrize(
    "family",
    [
        lambda v: seen(max(Fraction(0), 2 * v - 1)),  # a kink
        lambda v: seen(v if v != Fraction(5, 7) else Fraction(5, 7) - Fraction(1, 10**15)),
        lambda v: NOISE.exact + (PR.exact - NOISE.exact) * sympy.sin(v) / 2,
        lambda v: NOISE.exact + (PR.exact - NOISE.exact) * sympy.Max(0, v - Fraction(1, 2)),
        lambda v: NOISE.exact + (PR.exact - NOISE.exact) / (1 + v),
        lambda v: rb.boxes.tsirelson().visibility(float(v) ** 2 * (1 - 1e-6 * 2 ** (9 * float(v)) / 512)),
    ],
)
def test_other_functions_are_refused(family):
    with pytest.raises(rb.errors.BehaviorError, match="not affine"):
        rb.curve(XB, family, parameter="v")


def test_floats_are_right_to_1e_9_and_read():
    line = rb.curve(XB, lambda v: rb.boxes.tsirelson().visibility(float(v) ** 2), parameter="v")
    assert not line.exact
    assert (line.power, len(line.pieces)) == (2, 2)
    assert "to 1e-9 for what was read" in repr(line)
    assert float(line.critical) == pytest.approx(0.5**0.25, abs=1e-9)
    with pytest.raises(rb.errors.CertificateError, match="curve of floats"):
        line.certificate  # noqa: B018


def test_functions_that_tell_cases_apart():
    noise = NOISE.exact
    with pytest.raises(rb.errors.BehaviorError, match="at v = 0 it does not return their values"):
        rb.curve(XB, lambda v: noise if v == 0 else noise + (PR.exact - noise) * (1 + v) / 2, parameter="v")


def test_a_probability_that_touches_zero_and_is_negative_beside_is_refused():
    """−t (1 − t) (t − 1/2)² is 0 at both ends and in the middle, where it does not change its sign."""

    def family(t):
        below = t * (1 - t) * (t - Fraction(1, 2)) ** 2
        table = np.full((2, 2, 2, 2), 0 * t, dtype=object)
        table[0, 0], table[1, 0] = 1 + below, -below
        return table

    with pytest.raises(rb.errors.BehaviorError, match=r"A=1, B=0, X=0, Y=0\) is negative around t"):
        rb.curve(XB, family)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((NOISE, PR), {"parameter": ETA**2}, rb.errors.MeasureError, "two ends do not say how"),
        ((NOISE,), {}, rb.errors.BehaviorError, "from Behavior to NoneType"),
        ((NOISE, PR), {"over": (0, 1)}, rb.errors.MeasureError, "beside two ends"),
        ((PR.visibility, PR), {}, rb.errors.MeasureError, "has no end"),
        ((PR.visibility, [XB <= 0.1]), {}, rb.errors.MeasureError, "constraints as subject_to"),
        ((PR.visibility,), {"over": 1}, rb.errors.MeasureError, "two ends of the parameter"),
        ((PR.visibility,), {"over": (1, 0)}, rb.errors.MeasureError, "ascending rational numbers"),
        ((PR.visibility,), {"over": (0, "1")}, rb.errors.MeasureError, "expected a number"),
        ((PR.visibility,), {"parameter": ETA**2, "over": (-1, 1)}, rb.errors.MeasureError, "does not name its values"),
        ((lambda v: NOISE.exact * (1 - v**2) + PR.exact * v**2,), {"over": (-1, 2)},
         rb.errors.BehaviorError, "leaves the probabilities"),
        (({0: NOISE, 1: PR},), {}, rb.errors.MeasureError, "three or more"),
        (({0: NOISE, 1: PR, 2: "p"},), {}, rb.errors.BehaviorError, "at 2 the mapping has a str"),
        (({0: NOISE, "v": PR, 2: PR},), {}, rb.errors.MeasureError, "a value of t is 'v'"),
        (({0: NOISE, 1: PR, 2: PR},), {"over": (0, 1)}, rb.errors.MeasureError, "beside a mapping"),
        (({0: PR, 1: PR, 2: PR},), {}, rb.errors.BehaviorError, "the same for every t"),
        ((lambda v: NOISE,), {}, rb.errors.BehaviorError, "the same for every v"),
        ((lambda v: [[v, 1 - v]],), {},
         rb.errors.BehaviorError, r"shape \(1, 2\), expected \(2, 2, 2, 2\): axes A, B, X, Y"),
        ((lambda v: NOISE.exact * Symbol("w") * v,), {"parameter": ETA}, rb.errors.BehaviorError, r"symbols \['w'\]"),
        ((lambda v: NOISE.exact * Symbol("eta") * v,), {"parameter": ETA},
         rb.errors.BehaviorError, "other assumptions"),
        ((lambda v: NOISE.exact + (PR.exact - NOISE.exact) * (v * sympy.pi / 4),), {},
         rb.errors.BehaviorError, "coefficient"),
        (({0: NOISE, 1: PR, 2: rb.boxes.ghz()},), {}, rb.errors.BehaviorError, "variables do not match"),
        (({0: NOISE, 1: PR, 2: rb.Observed([(rb.catalog.CHSH, 1)])},), {},
         rb.errors.BehaviorError, "Behavior to Observed"),
        ((rb.boxes.cglmp(3).white_noise(), rb.boxes.pr()), {},
         rb.errors.BehaviorError, "different cardinalities|cardinalities"),
        ((7, PR), {}, rb.errors.BehaviorError, "from int to Behavior"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit(arguments, options, error, message):
    with pytest.raises(error, match=message):
        rb.curve(XB, *arguments, **options)


@pytest.mark.parametrize(
    "parameter",
    ["v**2", "", "2v", "v w", 3, 2 * ETA, 1 - ETA, sympy.sqrt(ETA), ETA ** Symbol("k"), ETA**2.0, ETA**-1,
     sympy.Function("f")(ETA), sympy.MatrixSymbol("M", 2, 2), sympy.Integer(2), [ETA]],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("arguments", [(NOISE, PR), (PR.visibility,)], ids=["ends", "function"])
def test_parameters_that_are_none(parameter, arguments):
    with pytest.raises(rb.errors.MeasureError, match=r"the parameter is .*expected a name"):
        rb.curve(XB, *arguments, parameter=parameter)


def test_different_roots_at_the_ends():
    noise = NOISE.exact
    first, last = (rb.Behavior(noise + (PR.exact - noise) * surd(0, Fraction(1, 2), n)) for n in (2, 3))
    with pytest.raises(rb.errors.BehaviorError, match="different square roots"):
        rb.curve(XB, first, last)
    with pytest.raises(rb.errors.BehaviorError, match="several square roots"):
        rb.curve(XB, {0: NOISE, 1: first, 2: last})


@pytest.mark.parametrize(
    "end",
    [
        rb.Observed([(rb.catalog.CHSH, 3)]),
        rb.Observed([(rb.catalog.I3322, 3)], nonsignaling=True),
        rb.Observed([(rb.catalog.CHSH, 3), (rb.catalog.CH, 1)], nonsignaling=True),
        rb.Observed([(rb.BellFunctional(rb.catalog.CHSH.coefficients, "Alice B", "X Y"), 3)], nonsignaling=True),
    ],
    ids=["signaling", "other scenario", "another one", "other names"],
)
def test_observed_ends_that_do_not_fit(end):
    with pytest.raises(rb.errors.BehaviorError, match="expected the same functionals"):
        rb.curve(XB, rb.Observed([(rb.catalog.CHSH, 2)], nonsignaling=True), end)


def test_axes_in_another_order_are_matched_by_name():
    turned = PR.mix(rb.boxes.pr().relabel("A", [1, 0], {"X": 1}), Fraction(2, 3)).transposed("B A", "Y X")
    plain = turned.transposed("A B", "X Y")
    assert repr(rb.curve(XB, NOISE, turned)) == repr(rb.curve(XB, NOISE, plain))
    both = [
        rb.Observed([(f, v)], nonsignaling=True)
        for f, v in ((rb.catalog.CHSH, 2), (rb.catalog.CHSH.transposed("B A", "Y X"), 4))
    ]
    assert rb.curve(XB, *both).value(Fraction(3)) == Fraction(1, 4)
    points = {0: NOISE, 1: turned.mix(NOISE, Fraction(1, 2)), 2: plain}
    assert rb.curve(XB, points).value(Fraction(2)) == rb.minimize(XB, turned).proof.bound.bound


def test_the_symbol_of_a_curve_is_the_one_that_was_given():
    for symbol in (Symbol("v"), Symbol("v", real=True), Symbol("v", positive=True)):
        for line in (rb.curve(XB, NOISE, PR, parameter=symbol), rb.curve(XB, PR.visibility, parameter=symbol)):
            assert line.to_sympy().free_symbols == {symbol}
            assert line.to_sympy().subs(symbol, Rational(3, 4)) == Rational(1, 4)
            assert rb.fit(line).formula == sympy.Max(0, symbol - Rational(1, 2))
    assert rb.curve(XB, NOISE, PR, parameter="v").to_sympy().free_symbols == {Symbol("v", real=True)}
    for wrong in ("v", 1.5, [Symbol("v")]):
        with pytest.raises(rb.errors.CurveError, match="expected a sympy symbol"):
            rb.curve(XB, NOISE, PR).to_sympy(wrong)


def test_budgets_with_one_name_and_two_symbols():
    model = rb.bell().relax("X -> B", "Y -> A")
    there, back = rb.influence(model, "X", "B"), rb.influence(model, "Y", "A")
    with pytest.raises(rb.errors.MeasureError, match=r"e, e \(.*real\), expected a single one"):
        rb.catalog.CHSH.bound(model, subject_to=[there <= Symbol("e"), back <= Symbol("e", real=True)])
    e = Symbol("e")
    twice = rb.catalog.CHSH.bound(model, subject_to=[there <= e, back <= e])
    for limit in (Fraction(0), Fraction(1, 5), Fraction(1, 2)):
        assert twice.value(limit) == rb.catalog.CHSH.bound(model, subject_to=[there <= limit, back <= limit])


def test_the_name_of_a_budget_is_one_factor():
    model = rb.bell().relax("X -> B", "Y -> A")
    there, back = rb.influence(model, "X", "B"), rb.influence(model, "Y", "A")
    line = rb.tradeoff(there, back + 0 * there, PR)
    assert "1/2 - (C(Y -> A) + 0 C(X -> B))" in repr(line)


def test_powers_begin_at_zero():
    """v² is 1/4 at v = −1/2, too, but the family was given from 0 on."""
    noise = NOISE.exact
    line = rb.curve(XB, lambda v: noise + (PR.exact - noise) * v**2, parameter="v")
    assert np.isnan(line.value(np.array([-0.9, 0.9]))).tolist() == [True, False]
    with pytest.raises(rb.errors.CurveError, match=r"v = -1/2 is outside the curve's domain \[0, 1\]"):
        line.value(Fraction(-1, 2))
    assert line.to_sympy().subs(Symbol("v", real=True), Rational(-1, 2)) is sympy.nan


def test_functions_may_raise_anything_for_a_symbol():
    def looked_up(v):
        return {k: PR.visibility(v) for k in [float(v)]}[float(v)] if isinstance(v, Fraction) else {}[v]

    assert rb.curve(XB, looked_up).critical == Fraction(1, 2)

    def broken(v):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        rb.curve(XB, broken)


@pytest.mark.slow
def test_entropy_and_information_along_functions():
    entropy = rb.curve(rb.message_entropy(rb.message()), seen, parameter="v")
    assert entropy.critical == Fraction(1, 2)
    assert "assumed between" in repr(entropy)
    measure = rb.mutual_information(rb.measurement_dependence())
    information = rb.curve(measure, seen, parameter="v")
    assert "assumed between" in repr(information)
    with pytest.raises(rb.errors.MeasureError, match=r"not along v\^2"):
        rb.curve(measure, lambda v: PR.visibility(v**2), parameter="v")


def information(v):
    """I = 2 − h(P) − P log2 3 with P = (4 + S)/8 and S = 4 v along the PR box, above S = 2 (arXiv:1411.4648)."""
    p = (1 + v) / 2
    h = -p * np.log2(p) - (1 - p) * np.log2(1 - p) if p < 1 else 0.0
    return 2 - h - p * np.log2(3)


@pytest.mark.slow
def test_where_sampled_curves_pass_a_level():
    """Rising, falling, and falling before rising: the chord is at the level, and the least value not above it."""
    measure = rb.mutual_information(rb.measurement_dependence())
    level = 0.1
    rising = rb.curve(measure, NOISE, PR)
    mirrored = [replace(sample, t=1 - sample.t) for sample in reversed(rising.samples)]
    falling = replace(rising, samples=tuple(mirrored))
    halves = [replace(s, t=s.t / 2) for s in mirrored], [replace(s, t=(1 + s.t) / 2) for s in rising.samples[1:]]
    both = replace(rising, samples=tuple(halves[0] + halves[1]))
    for line, visibility in ((rising, lambda t: t), (falling, lambda t: 1 - t), (both, lambda t: 2 * t - 1)):
        t = line.crossing(level)
        assert line.value(t) == pytest.approx(level, abs=1e-12)
        assert level - line.gap - 1e-9 <= information(visibility(t)) <= level + 1e-9
        assert line.crossing(Fraction(1, 10)) == t
        assert line.crossing(3) is None
        assert line.crossing(-1) is None
        with pytest.raises(rb.errors.CurveError, match="not a number"):
            line.crossing("high")


def test_readings_in_certificates_are_checked():
    data = rb.curve(XB, lambda v: seen(v**2), parameter="v").certificate.data
    for change in (
        {"parameter": "v: verified\n"},
        {"parameter": "v" * 41},
        {"parameter": 7},
        {"power": 0},
        {"power": 1.0},
        {"power": 100},
        {"at": []},
        {"at": ["0", "1"]},
        {"at": ["0", "1", "1/2"]},
        {"at": ["0", "1/2", "3/4"]},  # t = 1 was not read
        {"at": ["-1", "0", "1"]},
        {"at": ["0", 0.5, "1"]},
        {"more": 1},
    ):
        changed = copy.deepcopy(data)
        changed["reading"] |= change
        with pytest.raises(Refused):
            verify(changed)
    unnamed = rb.curve(XB, lambda t: seen(t**2)).certificate.verify()
    assert "(t = the parameter^2; the data were read at the parameter = 0, 1/7" in unnamed
    root = rb.curve(XB, {0: NOISE, sympy.sqrt(2) / 2: PR.visibility(Fraction(1, 2)), 1: PR}, parameter=ETA**2)
    assert "eta = 0, 0 + 1/2*sqrt(2), 1" in root.certificate.verify()


def test_a_curve_is_named_by_the_argument_of_its_function():
    assert rb.curve(XB, lambda w: PR.visibility(w)).variable == "w"
    assert rb.curve(XB, lambda w: PR.visibility(w), parameter="v").variable == "v"
    assert rb.curve(XB, lambda *of: PR.visibility(of[0])).variable == "t"
    assert rb.curve(XB, lambda w, box=PR: box.visibility(w)).variable == "w"
