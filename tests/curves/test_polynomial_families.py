"""Curves along polynomial families: against closed forms, against `minimize`, and what their certificates prove."""

import copy
import random
from fractions import Fraction

import numpy as np
import pytest
import sympy
from sympy import Symbol

import relaxbell as rb
from relaxbell.exact.numbers import surd, to_sympy
from relaxbell.verify import Refused, verify
from relaxbell.verify.polynomials import Whole

F = Fraction
ETA, V = Symbol("eta", real=True), Symbol("v", real=True)
XB = rb.influence(rb.input_signaling(), "X", "B")
TSIRELSON, PR = rb.boxes.tsirelson(), rb.boxes.pr()
ROOT = surd(0, 1, 2)
CRITICAL = 2 * ROOT - 2


def planar(half_state, half_alice, half_bob):
    """A partially entangled state and directions in a plane, tan of half the angles rational: all of it is."""

    def turn(m):
        return (1 - m * m) / (1 + m * m), 2 * m / (1 + m * m)

    (cos2, sin2), a, b = turn(half_state), list(map(turn, half_alice)), list(map(turn, half_bob))
    table = np.empty((2, 2, len(a), len(b)), dtype=object)
    for i, j, x, y in np.ndindex(table.shape):
        s, t = (-1) ** i, (-1) ** j
        (ca, sa), (cb, sb) = a[x], b[y]
        table[i, j, x, y] = (1 + s * cos2 * ca + t * cos2 * cb + s * t * (ca * cb + sin2 * sa * sb)) / 4
    return rb.Behavior(table)


TILTED2 = planar(F(3, 10), [F(47, 4), F(-23, 12)], [F(-47, 4), F(23, 12)])
TILTED3 = planar(F(-3, 8), [F(8), F(-5, 2), F(6, 5)], [F(-177, 10), F(11, 2), F(-16, 11)])


# --------------------------------------------------------------------- lost results


@pytest.mark.parametrize("assign", [None, 0, 1, {"A": 1}, {"A": 0, "B": None}])
def test_losses_are_what_a_channel_at_each_output_does(assign):
    """Independent computation: each outcome is kept, or replaced by the lost one, by loops over outcomes."""
    efficiency = {"A": F(2, 3), "B": F(4, 5)}
    box = rb.boxes.cglmp(3).rounded()
    found = box.with_losses(efficiency, assign=assign)
    place = assign if isinstance(assign, dict) else {"A": assign, "B": assign}
    lost = {n: 3 if place.get(n) is None else place[n] for n in "AB"}
    expected = np.full(found.table.shape, F(0), dtype=object)
    for a, b, x, y in np.ndindex(box.table.shape):
        for i, p in ((a, efficiency["A"]), (lost["A"], 1 - efficiency["A"])):
            for j, q in ((b, efficiency["B"]), (lost["B"], 1 - efficiency["B"])):
                expected[i, j, x, y] += box.table[a, b, x, y] * p * q
    assert (found.table == expected).all()
    own = box.with_losses({"A": ETA, "B": F(4, 5)}, assign=assign)
    assert (own.table({ETA: F(2, 3)}) == expected).all()


def test_losses_of_three_parties_and_of_floats():
    box = rb.boxes.ghz()
    lossy = box.with_losses(ETA, assign=0)
    assert lossy.degrees == (3,)
    assert (lossy.table({ETA: F(1, 2)}) == box.with_losses(F(1, 2), assign=0).table).all()
    floats = rb.Behavior(TSIRELSON.p).with_losses(0.5)
    assert not floats.is_exact
    assert np.allclose(floats.p, TSIRELSON.with_losses(F(1, 2)).p, atol=1e-15)


@pytest.mark.parametrize(
    ("efficiency", "assign", "message"),
    [
        (F(3, 2), None, "probability from 0 to 1"),
        (-0.1, None, "probability from 0 to 1"),
        ({"C": F(1, 2)}, None, "outputs A, B"),
        (F(1, 2), 2, "outcomes 0 … 1"),
        (F(1, 2), {"Z": 0}, "outputs A, B"),
        (sympy.sin(ETA), None, "expected a polynomial"),
        ("half", None, "finite real number"),
    ],
)
def test_losses_that_do_not_fit(efficiency, assign, message):
    with pytest.raises(rb.errors.BehaviorError, match=message):
        PR.with_losses(efficiency, assign=assign)


# ------------------------------------------------------------------- reference values


@pytest.mark.parametrize("assign", [0, 1])
def test_tsirelson_with_symmetric_losses(assign):
    """max(0, (1 + √2)/2 η² − η): S = η² 2√2 + 2 (1 − η)², and C = S/4 − 1/2."""
    line = rb.curve(XB, TSIRELSON.with_losses(ETA, assign=assign))
    assert line.exact
    assert line.critical == CRITICAL
    assert [p.coefficients for p in line.pieces] == [(), (F(0), F(-1), F(1, 2) + ROOT / 2)]
    assert rb.prove(line, sympy.Max(0, (1 + sympy.sqrt(2)) * ETA**2 / 2 - ETA))
    assert not rb.prove(line, sympy.Max(0, (1 + sympy.sqrt(2)) * ETA**2 / 2 - ETA + ETA**3 / 1000))


@pytest.mark.parametrize(
    ("efficiencies", "coefficients", "critical"),
    [
        ({"A": ETA}, None, 0.5**0.5),
        ({"A": ETA, "B": F(9, 10)}, None, 0.767399369890),
        ({"A": ETA, "B": ETA**2}, (F(0), F(-1, 2), F(-1, 2), F(1, 2) + ROOT / 2), 0.883203505914),
        ({"A": ETA, "B": (1 + ETA) / 2}, (F(-1, 4), ROOT / 4 - F(1, 2), F(1, 4) + ROOT / 4), 0.776249490975),
    ],
)
def test_tsirelson_with_other_losses(efficiencies, coefficients, critical):
    """Formula for zero marginals: C = [η_A η_B 2√2 + 2 (1 − η_A)(1 − η_B)]/4 − 1/2, where it is positive."""
    line = rb.curve(XB, TSIRELSON.with_losses(efficiencies, assign=1))
    assert float(line.critical) == pytest.approx(critical, abs=1e-12)
    if coefficients is not None:
        assert line.pieces[-1].coefficients == coefficients
        assert sympy.Poly(sympy.minimal_polynomial(line.critical)).degree() == 4


@pytest.mark.slow
def test_a_third_outcome_gives_the_same_curve():
    three = rb.influence(rb.bell((2, 2), (3, 3)).relax("X -> B"), "X", "B")
    line = rb.curve(three, lambda eta: TSIRELSON.with_losses(eta), parameter=ETA)
    assert line.reading is None
    assert line.critical == CRITICAL
    assert line.pieces[-1].coefficients == (F(0), F(-1), F(1, 2) + ROOT / 2)


def test_a_curve_that_falls_and_rises():
    """(1 − t)² p₁ + 2t(1 − t) noise + t² p₂: roots of 5/7 (1 − t)² = 1/2, and 5/7 t² = 1/2."""
    one = PR.visibility(F(5, 7))
    two, noise = one.relabel("X", [1, 0]), PR.white_noise()
    line = rb.curve(XB, lambda t: (1 - t) ** 2 * one.table + 2 * t * (1 - t) * noise.table + t**2 * two.table)
    assert [p.coefficients for p in line.pieces] == [(F(3, 14), F(-10, 7), F(5, 7)), (), (F(-1, 2), F(0), F(5, 7))]
    assert line.breakpoints == (1 - surd(0, F(1, 10), 70), surd(0, F(1, 10), 70))
    assert line.critical == surd(0, F(1, 10), 70)  # it rises at its end: the last parameter
    assert line.crossing(F(3, 14)) == F(1)
    assert line.certificate.verify().count("up to") == 3


def test_a_partially_entangled_state():
    line = rb.curve(XB, TILTED2.with_losses(ETA, assign=1))
    assert float(line.critical) == pytest.approx(0.717454315747, abs=1e-12)
    assert line.pieces[-1].coefficients == (F(0), F(-42962, 242525), F(60346263138706, 244408697738125))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("efficiencies", "critical", "coefficients"),
    [
        (ETA, 0.763406399850, (F(0), F(-6697, 23725), F(2397749777, 6484635625))),
        ({"A": ETA, "B": F(4, 5)}, 0.732736163441, None),
        ({"A": ETA, "B": ETA**3}, 0.875034621090, (F(0), F(-128, 949), F(0), F(-269, 1825), F(2397749777, 6484635625))),
    ],
)
def test_three_settings(efficiencies, critical, coefficients):
    measure = rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B")
    line = rb.curve(measure, TILTED3.with_losses(efficiencies, assign=1))
    assert float(line.critical) == pytest.approx(critical, abs=1e-12)
    if coefficients is not None:
        assert line.pieces[-1].coefficients == coefficients
        assert len(line.pieces) == 2


@pytest.mark.slow
def test_i3322_with_one_perfect_side():
    """Brunner et al., Phys. Rev. Lett. 98, 220403: 43 % near product states, rounded from a search."""
    halves = (-0.00581, 0.01499, -0.14296), (-0.00172, 0.20701, -0.85796)
    box = planar(F(3, 100), *([F(round(v * 2000), 2000) for v in side] for side in halves))
    found = rb.critical_visibility(rb.bell((3, 3)), box.with_losses({"A": ETA}, assign=0))
    assert 0.43 < float(found) < 0.44


# --------------------------------------------------------- against other computations


def _random_box(rng, outcomes, settings):
    """A random quantum-free exact box: a mixture of deterministic ones and of the PR box where it has room."""
    shape = (*outcomes, *settings)
    table = np.full(shape, F(0), dtype=object)
    for weight in (F(1, 6), F(1, 3)):
        answers = [[rng.randrange(k) for _ in range(m)] for k, m in zip(outcomes, settings, strict=True)]
        for setting in np.ndindex(settings):
            table[tuple(own[x] for own, x in zip(answers, setting, strict=True)) + setting] += weight
    for setting in np.ndindex(settings):
        product = setting[0] * setting[1] == 1
        for a in (0, 1):
            rest = [0] * (len(outcomes) - 2)
            table[(a, (a + product) % 2, *rest, *setting)] += F(1, 4)
    return table


CASES = [
    ((2, 2), (2, 3), lambda: rb.influence(rb.bell((2, 3)).relax("X -> B"), "X", "B"), ()),
    ((3, 2), (2, 2), lambda: rb.influence(rb.bell((2, 2), (3, 2)).relax("X -> B"), "X", "B"), ()),
    ((2, 2), (2, 2), lambda: rb.dependence(rb.measurement_dependence()), ()),
    ((2, 2), (2, 2), lambda: rb.influence(rb.bell().relax("X -> B", "Y -> A"), "X", "B"), "budget"),
]


@pytest.mark.parametrize("case", [pytest.param(k, marks=pytest.mark.slow) if k in (0, 2) else k for k in range(4)])
def test_equal_to_minimize_at_random_parameters(case):
    outcomes, settings, make, budget = CASES[case]
    measure, rng = make(), random.Random(case)
    table = _random_box(rng, outcomes, settings)
    names = (measure.model.outputs, measure.model.inputs)
    box = rb.Behavior(table, *names)
    lossy = box.with_losses({"A": ETA, "B": (1 + ETA**2) / 2}, assign=0)
    subject_to = [rb.influence(measure.model, "Y", "A") <= F(1, 50)] if budget else ()
    line = rb.curve(measure, lossy, subject_to=subject_to)
    for _ in range(3):
        t = F(rng.randrange(1, 1000), 1000)
        solved = rb.minimize(measure, rb.Behavior(lossy.table({ETA: t}), *names), subject_to)
        assert line.value(t) == solved.exact
    assert "attains" in line.certificate.verify()


@pytest.mark.slow
def test_three_parties():
    """Just below the critical efficiency the local model reproduces lossy GHZ correlations, just above it does not."""
    model = rb.bell((2, 2, 2))
    family = rb.boxes.ghz().with_losses(ETA, assign=0).transposed(model.outputs, model.inputs)
    found = float(rb.critical_visibility(model, family))
    below, above = (F(found).limit_denominator(10**6) + F(k, 10**4) for k in (-1, 1))
    at = [rb.Behavior(family.table({ETA: t}), model.outputs, model.inputs) for t in (below, above)]
    assert rb.critical_visibility(model, at[0]) == 1
    assert rb.critical_visibility(model, at[1]) < 1


@pytest.mark.slow
def test_biased_settings_and_settings_that_do_not_occur():
    """Input distributions (3/4, 1/4) and (1, 0): equal to `minimize` at a random parameter."""
    for p in (F(3, 4), F(1)):
        model = rb.measurement_dependence(input_distribution=[[p / 2, p / 2], [(1 - p) / 2, (1 - p) / 2]])
        measure = rb.dependence(model)
        family = TSIRELSON.with_losses({"A": ETA, "B": ETA}, assign=1)
        line = rb.curve(measure, family)
        t = F(941, 1000)
        assert line.value(t) == rb.minimize(measure, rb.Behavior(family.table({ETA: t}))).exact
        assert "attains" in line.certificate.verify()


def test_values_of_functionals():
    """C ≥ CHSH/4 − 1/2 is attained for given values of CHSH."""
    chsh = rb.catalog.CHSH
    line = rb.curve(
        XB, lambda t: rb.Observed([(chsh, 1 + 2 * F(t) - F(t) ** 2 / 3)], nonsignaling=True), parameter="t", degree=2
    )
    assert line.reading.degree == 2
    assert line.pieces[-1].coefficients == (F(-1, 4), F(1, 2), F(-1, 12))
    assert "assumed" in line.certificate.verify()


@pytest.mark.slow
def test_where_nothing_reproduces_the_data():
    """C ≤ 1/10 ends where (1 + √2)/2 η² − η = 1/10; the curve that falls and rises has a domain between two ends."""
    line = rb.curve(XB, TSIRELSON.with_losses(ETA, assign=0), subject_to=[F(1, 10) >= XB])
    end = line.domain[1]
    assert sympy.simplify((1 + sympy.sqrt(2)) / 2 * end**2 - end - sympy.Rational(1, 10)).equals(0)
    with pytest.raises(rb.errors.CurveError, match="outside the curve's domain"):
        line.value(F(99, 100))
    assert np.isnan(line.value(0.99))
    one = PR.visibility(F(5, 7))
    noise = PR.white_noise()
    own = rb.curve(
        XB,
        lambda t: t**2 * noise.table + 2 * t * (1 - t) * one.table + (1 - t) ** 2 * noise.table,
        subject_to=[F(0) >= XB],
        over=(0, 1),
    )
    assert own.gaps == ()  # 2t(1 − t) 5/7 ≤ 5/14 < 1/2: local everywhere
    strong = rb.curve(
        XB, lambda t: (1 - 4 * t * (1 - t)) * noise.table + 4 * t * (1 - t) * PR.table, subject_to=[F(1, 10) >= XB]
    )
    ((low, high),) = strong.gaps
    assert (low, high) == (F(1, 2) - surd(0, F(1, 10), 10), F(1, 2) + surd(0, F(1, 10), 10))  # 4t(1 − t) = 3/5
    assert "none up to" in strong.certificate.verify()


# ----------------------------------------------------------------------------- readings


def test_points_of_a_stated_degree():
    points = {F(k, 4): TSIRELSON.with_losses(F(k, 4), assign=0) for k in range(5)}
    line = rb.curve(XB, points, parameter=ETA, degree=2)
    assert line.critical == CRITICAL
    assert "degree 2 in eta, read at" in repr(line)
    assert "assumed" in repr(line)
    assert "are assumed to be of degree 2" in line.certificate.verify()
    with pytest.raises(rb.errors.BehaviorError, match=r"not affine.*degree=2"):
        rb.curve(XB, points, parameter=ETA)
    points[F(1, 4)] = TSIRELSON.with_losses(F(1, 4) + F(1, 10**9), assign=0)
    with pytest.raises(rb.errors.BehaviorError, match="no polynomial of degree 2"):
        rb.curve(XB, points, parameter=ETA, degree=2)
    with pytest.raises(rb.errors.MeasureError, match="three or more"):
        rb.curve(XB, dict(list(points.items())[:2]), degree=2)


@pytest.mark.slow
def test_functions_of_numbers_and_floats():
    line = rb.curve(XB, lambda eta: TSIRELSON.with_losses(F(eta), assign=0))
    assert line.critical == CRITICAL
    assert line.reading.degree == 2
    floats = rb.curve(XB, lambda eta: rb.Behavior(TSIRELSON.p).with_losses(float(eta), assign=0))
    assert not floats.exact
    assert float(floats.critical) == pytest.approx(float(CRITICAL), abs=1e-9)
    with pytest.raises(rb.errors.CertificateError, match="floats"):
        _ = floats.certificate


def test_two_ends_with_losses_are_no_mixture():
    """Between them p is quadratic: the straight line would be another family."""
    low, high = (TSIRELSON.with_losses(v, assign=0) for v in (F(1, 2), F(1)))
    with pytest.raises(rb.errors.BehaviorError, match="no mixture"):
        rb.curve(XB, low, high)
    one = (TSIRELSON.with_losses({"A": v}, assign=0) for v in (F(1, 2), F(1)))
    assert rb.curve(XB, *one).value(F(1)) == ROOT / 2 - F(1, 2)  # of a single party it is one


@pytest.mark.parametrize(
    ("family", "options", "error", "message"),
    [
        (lambda t: TSIRELSON.with_losses(t, assign=0), {"over": (0, 2)}, rb.errors.BehaviorError, "leaves the prob"),
        (lambda t: TSIRELSON.table * (1 + t * t - t), {}, rb.errors.BehaviorError, "sum to 1 plus a multiple"),
        (lambda t: TSIRELSON.with_losses(t), {}, rb.errors.BehaviorError, "shape|cardinal"),
        (lambda t: TSIRELSON.with_losses({"A": t, "B": t * sympy.sqrt(3) / 2}, assign=0), {},
         rb.errors.BehaviorError, "√2 and √3|several square roots|cannot combine"),
        (TSIRELSON.visibility(V).with_losses(ETA, assign=0), {}, rb.errors.BehaviorError, "symbols eta, v"),
        (TSIRELSON.with_losses(ETA, assign=0), {"parameter": "t"}, rb.errors.MeasureError, "Use one name"),
        (lambda t: TSIRELSON.with_losses(t, assign=0), {"degree": 1}, rb.errors.BehaviorError, "has degree 2"),
        (lambda t: TSIRELSON.with_losses(t, assign=0), {"degree": "2"}, rb.errors.MeasureError, "whole number"),
    ],
)  # fmt: skip
def test_families_that_do_not_fit(family, options, error, message):
    with pytest.raises(error, match=message):
        rb.curve(XB, family, **options)


def test_functionals_along_a_family_are_proved():
    """C ≥ CHSH/4 − 1/2 is attained where it is not negative."""
    lossy = TSIRELSON.with_losses(ETA, assign=0)
    formula = rb.catalog.CHSH / 4 - F(1, 2)
    assert rb.prove(XB, formula, lossy, over=(F(9, 10), 1))
    assert not rb.prove(XB, formula, lossy)


def test_parameters_and_levels_out_of_range():
    line = rb.curve(XB, TSIRELSON.with_losses(ETA, assign=0))
    with pytest.raises(rb.errors.CurveError, match=r"domain \[0, 1\]"):
        line.value(F(3, 2))
    with pytest.raises(rb.errors.CurveError, match="square root"):
        line.value(surd(0, F(1, 2), 3))
    assert line.crossing(F(1)) is None
    assert line.value(CRITICAL) == 0
    with pytest.raises(rb.errors.MeasureError, match=r"along a family of degree 2.*sweep"):
        rb.curve(rb.mutual_information(rb.measurement_dependence()), TSIRELSON.with_losses(ETA, assign=0))


# ------------------------------------------------------------------------- certificates


def test_certificates_that_were_tampered_with_are_refused():
    data = rb.curve(XB, TSIRELSON.with_losses(ETA, assign=0)).certificate.data
    assert verify(data)

    def changed(change):
        own = copy.deepcopy(data)
        change(own)
        return own

    last = len(data["stretches"]) - 1

    def value(own):
        own["stretches"][last]["value"]["polynomial"][1] = "-99/100"

    def weight(own):
        own["stretches"][0]["strategies"][0][1]["polynomial"][0] = "0"

    def wider(own):  # beyond where the weights are positive
        own["stretches"] = [own["stretches"][last] | {"from": "0"}]

    def hole(own):
        del own["stretches"][1]

    def order(own):
        own["stretches"].reverse()

    def dual(own):
        own["stretches"][last]["proof"]["z"][0] = "5"

    def end(own):
        own["stretches"][0]["to"] = "1/2"

    def several(own):
        own["stretches"][0]["to"] = {"root": {"polynomial": ["1/100", "-1/2", "1"]}, "above": "0", "to": "1"}

    def table(own):
        own["observed"]["behavior"][0]["polynomial"][1] = "1/7"

    def negative(own):
        own["over"] = ["0", "3"]

    def strange(own):
        own["stretches"][0]["more"] = 1

    for change in (value, weight, wider, hole, order, dual, end, several, table, negative, strange):
        with pytest.raises(Refused):
            verify(changed(change))


def test_distances_and_dependence_say_no_more_than_they_prove():
    """A bound of M, or of a distance, that is positive excludes no model; limits are numbers."""
    for measure, value in (
        (rb.dependence(rb.measurement_dependence()), (F(0), F(-1), F(1, 2) + ROOT / 2)),
        (rb.mean_distance(rb.bell()), (F(0), F(-1, 2), F(1, 4) + ROOT / 4)),
    ):
        line = rb.curve(measure, TSIRELSON.with_losses(ETA, assign=0))
        assert line.pieces[-1].coefficients == value
        data = line.certificate.data
        assert "attains" in verify(data)
        own = copy.deepcopy(data)
        own["stretches"][-1] |= {"value": None, "strategies": []}
        with pytest.raises(Refused):
            verify(own)
    own = copy.deepcopy(
        rb.curve(XB, TSIRELSON.with_losses(ETA, assign=0), subject_to=[F(1, 10) >= XB]).certificate.data
    )
    own["constraints"][0]["limit"] = {"polynomial": ["1/10"]}
    with pytest.raises(Refused, match="limit of a constraint"):
        verify(own)


def test_a_certificate_on_disk_and_in_latex(tmp_path):
    line = rb.curve(XB, TSIRELSON.with_losses(ETA, assign=0))
    certificate = line.certificate
    certificate.save(tmp_path / "curve.json")
    again = rb.classes.Certificate.load(tmp_path / "curve.json")
    assert again.verify() == certificate.claim
    assert again.claim.startswith("for eta from 0 to 1, where what is given is a polynomial in eta: every model")
    assert "Sturm" in again.to_latex()
    assert len(again.digests) == 1


# ------------------------------------------------------------------------ two parameters


def test_the_boundary_in_two_parameters():
    """S = 2√2 v η² + 2 (1 − η)² = 2: η = 2 / (1 + √2 v)."""
    family = TSIRELSON.visibility(V).with_losses(ETA, assign=0)
    edge = rb.classes.Boundary.of(XB, family, parameters=(V, ETA), over=((F(3, 4), 1), (0, 1)))
    for x in (F(3, 4), F(9, 10), F(1)):
        assert edge.at(x) == 2 / (1 + ROOT * x)
    assert edge.polynomials == (sympy.expand(-ETA + ETA**2 / 2 + sympy.sqrt(2) / 2 * V * ETA**2),)
    assert edge.value(np.array([0.8]))[0] == pytest.approx(2 / (1 + 2**0.5 * 0.8), abs=1e-12)
    assert edge._repr_svg_().count("<circle") >= 1
    for outside in (F(1, 2), "1/2", "nine tenths", "1/0"):
        with pytest.raises(rb.errors.CurveError, match="rational number from"):
            edge.at(outside)
    with pytest.raises(rb.errors.MeasureError, match="an end of the parameter is 'half'"):
        rb.classes.Boundary.of(XB, family, parameters=(V, ETA), over=(("half", 1), (0, 1)))
    with pytest.raises(rb.errors.BehaviorError, match="two symbols"):
        rb.classes.Boundary.of(XB, TSIRELSON.with_losses(ETA, assign=0))


def test_the_boundary_of_two_efficiencies():
    """S = 2√2 a b + 2 (1 − a)(1 − b) = 2 where (1 + √2) a b = a + b."""
    family = TSIRELSON.with_losses({"A": V, "B": ETA}, assign=1)
    edge = rb.classes.Boundary.of(XB, family, parameters=("v", "eta"), over=((F(1, 2), 1), (F(1, 2), 1)))
    assert edge.at(F(3, 4)) == F(3, 4) / ((1 + ROOT) * F(3, 4) - 1)
    assert edge.at(F(1, 2)) is None


@pytest.mark.slow
def test_the_boundary_is_plotted():
    pytest.importorskip("matplotlib").use("Agg")
    family = PR.visibility(V).with_losses(ETA, assign=0)
    edge = rb.classes.Boundary.of(XB, family, parameters=(V, ETA), over=((F(3, 4), 1), (0, 1)))
    ax = edge.plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("v", "eta")
    xs, ys = ax.lines[0].get_data()
    assert np.allclose(ys, 2 / (1 + 2 * xs))  # S = 4vη² + 2(1 − η)²


def test_pictures_and_frames():
    line = rb.curve(XB, TSIRELSON.with_losses(ETA, assign=0))
    assert "polyline" in line._repr_svg_()
    assert rb.fit(line).formula == line.to_sympy()
    assert line.to_sympy(ETA).subs(ETA, sympy.Rational(9, 10)) == to_sympy(line.value(F(9, 10)))


def test_polynomials_with_a_root_or_close_roots_do_not_take_long():
    """Numbers in a Sturm chain over Q(√2) stay short; what would take minutes is refused."""
    rng = np.random.default_rng(1)
    pairs = [(int(a), int(b)) for a, b in rng.integers(-9, 10, size=(31, 2))]
    chain = Whole.of(pairs, 2).chain
    assert max(f.bits for f in chain) < 2000
    assert len(chain) == 31
    data = rb.curve(XB, TSIRELSON.with_losses(ETA, assign=0)).certificate.data
    close = [-2, 4 * 10**300, -2 * 10**600, *[0] * 37, 1]  # x^40 − 2 (10^300 x − 1)^2
    for place in (data["stretches"][0]["strategies"][0], data["observed"]["behavior"]):
        place[1], before = {"polynomial": list(map(str, close))}, place[1]
        with pytest.raises(Refused, match="too much to compute"):
            verify(data)
        place[1] = before
    data["over"] = ["0", str(10**400)]
    with pytest.raises(Refused, match="range of the parameter is too large"):
        verify(data)
