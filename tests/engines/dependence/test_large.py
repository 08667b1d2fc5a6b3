"""Measures of dependence over strategies that nobody lists: reference values, closed forms, certificates, refusals."""

import copy
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.engines.dependence.cuts import BITS, CutFinder
from relaxbell.errors import CertificateError, InfeasibleError, ModelTooLargeError

SIGNS = np.array([[1, -1], [-1, 1]])


def correlated(e):
    """The behavior without marginals that has these correlators."""
    return rb.Behavior((1 + SIGNS[:, :, None, None] * np.asarray(e)) / 4)


def planar(m, n=None):
    """E = cos(π (x − y − 1/2) / m): settings in a plane, as issue 17 numbers them."""
    x, y = np.arange(m)[:, None], np.arange(n or m)[None]
    return correlated(np.cos(np.pi * (x - y - 0.5) / m))


def axes():
    """The 15 two-fold axes of the icosahedron."""
    phi = (1 + 5**0.5) / 2
    found = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    for s in (1, -1):
        for t in (1, -1):
            found += [(1, s * phi, t / phi), (s * phi, t / phi, 1), (t / phi, 1, s * phi)]
    own = np.array(found, dtype=float)
    return own / np.linalg.norm(own, axis=1)[:, None]


def least(kind, p, **options):
    k = len(p.outputs)
    return rb.minimize(kind(rb.measurement_dependence(p.p.shape[k:], p.p.shape[:k])), p, **options)


def test_cglmp_with_32_outcomes():
    """Reference of issue 17; 4 million strategies, 32 merged rows."""
    found = least(rb.dependence, rb.boxes.cglmp(32))
    assert found.value == pytest.approx(0.3334247543, abs=1e-10)
    assert found.value - found.lower_bound < 1e-12
    assert "32 orbits" in found.statistics["solver"]


def test_singlet_with_15_axes():
    """Reference of issue 17; 2 · 10^11 strategies."""
    found = least(rb.mutual_information, correlated(-axes() @ axes().T))
    assert found.value == pytest.approx(0.0243052762, abs=5e-10)
    assert found.value - found.lower_bound < 1e-12


@pytest.mark.slow
def test_hall_with_5_planar_settings():
    """Reference of issue 17; its bound is within 1e-9 and its certificate has a weight for each pair of settings."""
    found = least(rb.hall_dependence, planar(5))
    assert found.value == pytest.approx(0.238137, abs=1e-6)
    assert found.value - found.lower_bound < 1e-9
    data = found.certificate.data
    assert len(data["proof"]["weights"]) == 25 * 24 // 2
    assert f"{found.lower_bound:.9f}"[:11] in found.certificate.verify()


def test_hall_is_exact_where_the_data_are():
    """Correlators of three digits, 4 × 4 settings: the verifier finds the bound, and the model's value."""
    e = [[Fraction(round(1000 * np.cos(np.pi * (x - y - 0.5) / 4)), 1000) for y in range(4)] for x in range(4)]
    table = np.array([[[[(1 + s * v) / 4 for v in row] for row in e] for s in signs] for signs in SIGNS.tolist()])
    found = least(rb.hall_dependence, rb.Behavior(table))
    assert found.exact == Fraction(14633, 71000)
    assert "minimum = 14633/71000" in found.certificate.verify()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "p", "value"),
    [
        (rb.dependence, rb.boxes.cglmp(64), 0.3568651218),
        (rb.dependence, rb.boxes.cglmp(128), 0.3757534561),
        (rb.dependence, planar(12), 0.1384414646),
        (rb.dependence, planar(16), 0.1376435773),
        (rb.mutual_information, rb.boxes.cglmp(32), 0.180640524),
    ],
    ids=["M 64", "M 128", "M 12x12", "M 16x16", "I 32"],
)
def test_references(kind, p, value):
    found = least(kind, p)
    assert found.value == pytest.approx(value, abs=1e-9)
    assert found.value - found.lower_bound < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "p"),
    [
        (rb.dependence, rb.boxes.cglmp(91)),
        (rb.mutual_information, correlated(-axes() @ axes().T)),
    ],
    ids=["M", "I"],
)
def test_the_model_that_is_found_reaches_the_value(kind, p):
    """More strategies than lists may have: the measure is evaluated at those that occur."""
    found = least(kind, p)
    assert not found.measure.model.strategies.can_be_listed
    assert sum(found.q.mapping.values()) == pytest.approx(1)
    assert found.measure.value(found.q) == pytest.approx(found.value, abs=1e-8)


def test_ghz_with_idle_settings_is_exact():
    """The GHZ box needs M = 1/4 and I = 1 − log2(3)/2; settings and outcomes that never occur change nothing.

    Mermin's inequality is violated maximally by p(λ|x) that leave out one of four settings each.
    """
    box = rb.boxes.ghz()
    shape = [3] * 3 + [2] * 3
    table = np.full(shape, Fraction(0), dtype=object)
    table[:2, :2, :2] = box.table
    p = rb.Behavior(table, box.outputs, box.inputs)
    model = rb.measurement_dependence((2, 2, 2), (3, 3, 3))
    assert model.strategies.count == 8 * 9**3
    found = rb.minimize(rb.dependence(model), p)
    assert found.exact == Fraction(1, 4)
    information = rb.minimize(rb.mutual_information(model), p)
    assert information.value == pytest.approx(1 - np.log2(3) / 2, abs=1e-9)
    assert information.value - information.lower_bound < 1e-9


def test_a_curve_over_priced_programs():
    """Its lines are the least values of single points: 6^4 · 4 strategies are not listed."""
    box = rb.boxes.cglmp(6)
    found = rb.curve(rb.dependence(rb.measurement_dependence((2, 2), (6, 6))), box.white_noise(), box)
    assert found.value(0.5) == 0
    assert found.value(0.9) == pytest.approx(least(rb.dependence, box.visibility(0.9)).value, abs=1e-8)


def test_certificates_that_were_changed_prove_nothing():
    p = rb.boxes.cglmp(9)
    for kind in (rb.dependence, rb.mutual_information):
        certificate = least(kind, p).certificate
        certificate.verify()
        data = copy.deepcopy(certificate.data)
        data["claim"]["lower_bound"] = str(Fraction(data["claim"]["lower_bound"]) + Fraction(1, 10**6))
        with pytest.raises(CertificateError):
            rb.classes.Certificate(data).verify()
        data = copy.deepcopy(certificate.data)
        data["proof"]["z"][5] = str(Fraction(data["proof"]["z"][5]) + 1)
        with pytest.raises(CertificateError):
            rb.classes.Certificate(data).verify()


def test_halls_weights_are_shares():
    certificate = least(rb.hall_dependence, planar(4)).certificate
    for change in (lambda u: [str(2 * Fraction(v)) for v in u], lambda u: ["-1", *u[1:]], lambda u: u[1:]):
        data = copy.deepcopy(certificate.data)
        data["proof"]["weights"] = change(data["proof"]["weights"])
        with pytest.raises(CertificateError):
            rb.classes.Certificate(data).verify()


def test_what_cannot_be_reproduced_is_refused_with_a_witness():
    """A sum of twelve probabilities is at most 12; 2 · 3^2 · 3^6 strategies, Bob's settings being free."""
    model = rb.measurement_dependence((2, 6), (3, 3), dependent="X")
    p = rb.Behavior(np.full((3, 3, 2, 6), Fraction(1, 9), dtype=object), ("A", "B"), ("X", "Y"))
    assert rb.minimize(rb.dependence(model), p).exact == 0
    table = np.zeros((3, 3, 2, 6), dtype=object)
    table[0, 0] = Fraction(1)
    both = rb.BellFunctional(table, ("A", "B"), ("X", "Y"))  # the sum of twelve probabilities
    with pytest.raises(InfeasibleError) as caught:
        rb.minimize(rb.dependence(model), rb.Observed([(both, 13)]))
    assert caught.value.certificate.verify().startswith("there is no model")


@pytest.mark.slow
def test_what_needs_a_list_says_so():
    model = rb.measurement_dependence((2, 2), (65, 65))
    for make in (rb.dependence, rb.hall_dependence, rb.mutual_information):
        measure = make(model)
        assert "X,Y:Λ" in repr(measure)
        with pytest.raises(ModelTooLargeError, match=r"strategies|exponential cones"):
            _ = measure.expression
    with pytest.raises(ModelTooLargeError, match="needs a table of"):
        rb.minimize(rb.mutual_information(rb.measurement_dependence((28, 28))), planar(28))
    with pytest.raises(ModelTooLargeError, match="among all sets of settings, expected 18 settings at most"):
        rb.minimize(rb.hall_dependence(rb.measurement_dependence((11, 11))), planar(11))


@pytest.mark.slow
def test_hall_of_more_lambda_than_are_listed():
    """A million λ, of which outcomes that are merged leave fewer: the value cannot grow."""
    fine = rb.minimize(rb.hall_dependence(rb.measurement_dependence((2, 2), (33, 33))), rb.boxes.cglmp(33))
    assert "column generation" in fine.statistics["solver"]
    assert fine.value - fine.lower_bound < 1e-9
    half = [k // 2 for k in range(33)]
    merged = rb.boxes.cglmp(33).coarse_grain("A", half).coarse_grain("B", half)
    coarse = rb.minimize(rb.hall_dependence(rb.measurement_dependence((2, 2), (17, 17))), merged)
    assert "minimum cuts" in coarse.statistics["solver"]
    assert coarse.value <= fine.value + 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_cuts_are_those_of_all_sets(seed):
    """By enumeration of all S, with capacities of 44 bits."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 7))
    finder = CutFinder(n)
    z = rng.integers(-(2**BITS), 2**BITS, (5, n)) // n
    u = rng.integers(0, 2**BITS, len(finder.pairs)) // len(finder.pairs) * rng.integers(0, 2, len(finder.pairs))
    found = finder.find(z, u)
    for own, excess, chosen in zip(z.tolist(), found.excess.tolist(), found.sets, strict=True):
        reached = []
        for bits in range(2**n):
            inside = [(bits >> x) & 1 for x in range(n)]
            cut = sum(int(w) for (x, y), w in zip(finder.pairs.tolist(), u, strict=True) if inside[x] != inside[y])
            reached.append(sum(v for v, i in zip(own, inside, strict=True) if i) - cut)
        assert excess == max(reached)
        assert reached[sum(1 << x for x in range(n) if chosen[x])] == excess


def test_again_is_as_the_first_time():
    """What is kept of tables and symmetries changes no bit, whatever was asked before."""
    model = rb.measurement_dependence((5, 5))
    angles = np.random.default_rng(5).uniform(0, 2 * np.pi, (2, 5))
    other = correlated(0.9 * np.cos(angles[0][:, None] - angles[1]))
    kept = rb.dependence(model)
    for p in (other, planar(5), planar(5).visibility(0.9), other, planar(5)):
        found, anew = rb.minimize(kept, p), rb.minimize(rb.dependence(model), p)
        assert (found.value, found.lower_bound) == (anew.value, anew.lower_bound)
        assert found.statistics["solver"] == anew.statistics["solver"]
        assert dict(found.q.mapping) == dict(anew.q.mapping)


@pytest.mark.slow
def test_information_of_three_parties_at_random_angles():
    """GHZ correlations, 5 settings each: rows are missed by 1e-8 at any price, and reproduced within that."""
    turns = np.random.default_rng(0).uniform(0, 2 * np.pi, (3, 5))
    e = np.cos(turns[0][:, None, None] + turns[1][:, None] + turns[2])
    s = np.array([1, -1])
    signs = s[:, None, None] * s[:, None] * s
    names = {"outputs": ("A", "B", "C"), "inputs": ("X", "Y", "Z")}
    p = rb.Behavior((1 + signs[:, :, :, None, None, None] * e) / 8, **names)
    model = rb.measurement_dependence((5, 5, 5), (2, 2, 2))
    found = rb.minimize(rb.mutual_information(model), p)
    assert 0 <= found.value - found.lower_bound < 1e-8
    assert found.certificate.verify().startswith("every model")
    numbers = list(found.q.mapping)
    rows = model.observed_rows.at(model.local.assignments(numbers))
    reached = rows.values(np.array([found.q.mapping[k] for k in numbers]))
    assert abs(reached - model.equations(p).floats).max() < 1e-7
