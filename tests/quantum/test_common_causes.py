"""Quantum and no-signaling common causes: numbers of the literature, models that lie within, certificates."""

import copy
import math
from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import (
    CertificateError,
    FunctionalError,
    InfeasibleError,
    MeasureError,
    UnsupportedModelError,
)

pytest.importorskip("MoMPy")

SLOW = pytest.mark.slow
IV = rb.instrumental()
ACE = rb.average_causal_effect(IV, "A", "B")
# one of Balke and Pearl's lower bounds: 2 p(00|0) − p(00|1) − p(10|1) + p(11|0) − 1
TERM = np.zeros((2, 2, 2), dtype=int)
TERM[0, 0, 0], TERM[0, 0, 1], TERM[1, 0, 1], TERM[1, 1, 0] = 2, -1, -1, 1
PEARL = rb.BellFunctional(TERM, "A B", "Z", constant=-1)


def unpacked_gap():
    """Return PEARL − ACE as a functional on p(a, b|z, y), b measured at y: where y = a it is what is observed."""
    table = np.zeros((2, 2, 2, 2), dtype=int)
    for a, b, z in np.ndindex(2, 2, 2):
        table[a, b, z, a] += TERM[a, b, z]
    table[:, 1, 0, 1] -= 1
    table[:, 1, 0, 0] += 1
    return rb.BellFunctional(table, constant=-1)


def interrupted(model, joint):
    """Return p(a, b|z) of p(a, b|z, y)."""
    table = np.array([[joint[a, b, :, a] for b in range(joint.shape[1])] for a in range(joint.shape[0])])
    return rb.Behavior(table, model.outputs, model.inputs)


@SLOW
def test_the_signed_gap_of_gachechiladze_miklin_and_chaves():
    """0.1783946: quantum ACE −0.11394, classical bound +0.06446; a search in dimension 2 reaches it."""
    gap = unpacked_gap()
    found = rb.optimize_quantum(gap, dimensions=2, starts=3, progress=False)
    assert found.value == pytest.approx(0.1783946, abs=1e-7)
    assert found.value <= gap.bound(rb.quantum_set(gap, "1+AB")) <= found.value + 1e-8
    p = interrupted(IV, found.behavior.p)
    ends = rb.bounds(ACE, p, common_cause="quantum")
    assert ends.lower_bound == pytest.approx(-0.11394, abs=1e-5)
    assert ends.classical.lower_bound == pytest.approx(0.06446, abs=1e-5)
    do = found.behavior.p[:, 1, 0, :].sum(axis=0)
    assert ends.lower_bound <= do[1] - do[0] <= ends.lower_bound + 1e-6  # the model attains it
    assert ends.upper_bound >= ends.classical.upper_bound - 1e-9
    assert "where L is quantum (words 1, A, B, AB of the NPA hierarchy), has p(B=1|do(A=1))" in (
        ends.minimum.certificate.verify()
    )


@SLOW
def test_a_model_that_reproduces_the_data_from_above():
    found = rb.optimize_quantum(unpacked_gap(), dimensions=2, starts=3, progress=False)
    least = rb.minimize(ACE, interrupted(IV, found.behavior.p), common_cause="quantum")
    model = least.realization(dimension=2, starts=1)
    assert model.missed < 1e-7
    assert model.value == pytest.approx(float(least.lower_bound), abs=1e-5)
    sums = model.states.sum(axis=1)
    assert sums == pytest.approx(np.broadcast_to(sums[:1], sums.shape), abs=1e-8)
    assert model.effects.sum(axis=1) == pytest.approx(np.broadcast_to(np.eye(2), (2, 2, 2)), abs=1e-8)


def test_without_any_quantum_effect_the_gap_is_three_minus_two_root_two():
    where = rb.quantum_set(IV, "1+AB")
    value = 3 - 2 * math.sqrt(2)
    assert value - 1e-9 <= PEARL.bound(where, [where.expression(ACE) == 0]) <= value + 1e-7
    assert PEARL.bound(where, [ACE <= 0, -ACE <= 0]) == pytest.approx(value, abs=1e-7)
    assert PEARL.bound(rb.nonsignaling_set(IV), [ACE <= 0, -ACE <= 0]) == Fraction(1, 2)


@SLOW
def test_the_size_of_an_effect():
    """max(ACE, −ACE) = 0 is possible where a classical common cause needs 3 − 2√2."""
    where = rb.quantum_set(IV, "1+AB")
    objective = cp.sum(cp.multiply(PEARL.floats, where.p)) - 1
    effect = where.expression(ACE)
    problem = cp.Problem(cp.Maximize(objective), [*where.constraints, effect == 0])
    problem.solve(solver="CLARABEL", canon_backend="SCIPY")
    p = rb.Behavior(where.p.value.clip(0), "A B", "Z")
    size = rb.maximum(ACE, -ACE)
    assert rb.minimize(size, p).value == pytest.approx(3 - 2 * math.sqrt(2), abs=1e-6)
    least = rb.minimize(size, p, common_cause="quantum")
    assert -1e-7 < least.lower_bound < 1e-7
    assert "has max(" in least.certificate.verify()


@SLOW
def test_one_intervention_that_is_known():
    """As an equation on the model's q, and as budgets of a query; the interval is within the one without."""
    p = rb.Behavior(np.array([[[9, 2], [1, 3]], [[3, 5], [7, 10]]]) / 20, "A B", "Z")
    known = IV.probability({"B": 1}, do={"A": 0}) == Fraction(1, 2)
    asked = rb.query(IV, "p{B(A=0) = 1}")
    free = rb.bounds(ACE, p, common_cause="quantum")
    one = rb.bounds(ACE, p, [known], common_cause="quantum")
    two = rb.bounds(ACE, p, [asked <= 0.5, -asked <= -0.5], common_cause="quantum")
    assert tuple(one) == pytest.approx(tuple(two), abs=1e-6)
    assert free.lower_bound - 1e-7 <= one.lower_bound <= one.classical.lower_bound + 1e-7
    done = rb.bounds(rb.query(IV, "p{B(A=1) = 1}"), p, [known], common_cause="quantum")
    assert tuple(one) == pytest.approx([v - 0.5 for v in done], abs=1e-6)


SHAPES = [(3, 2, 2), (2, 3, 2), pytest.param((2, 2, 3), marks=SLOW), pytest.param((4, 3, 2), marks=SLOW)]


@pytest.mark.parametrize("shape", SHAPES)
def test_quantum_models_lie_within_for_any_numbers_of_values(shape):
    """A random state and measurements; classical ends lie within the quantum ones, these in the no-signaling ones."""
    z, a, b = shape
    rng = np.random.default_rng(sum(shape))
    state = rng.normal(size=9)
    state /= np.linalg.norm(state)
    bases = [[np.linalg.qr(rng.normal(size=(3, 3)))[0].T for _ in range(count)] for count in (z, a)]
    ops = [
        [[sum(np.outer(v, v) for v in base[k::size]) for k in range(size)] for base in own]
        for own, size in zip(bases, (a, b), strict=True)
    ]
    joint = rb.born(state, ops).p
    model = rb.instrumental(z, (a, b))
    effect = rb.average_causal_effect(model, "A", "B", values=(a - 1, 0), outcome=b - 1)
    ends = rb.bounds(effect, interrupted(model, joint), common_cause="quantum")
    do = joint[:, b - 1, 0, :].sum(axis=0)
    assert ends.lower_bound <= do[a - 1] - do[0] <= ends.upper_bound
    loose = rb.bounds(effect, interrupted(model, joint), common_cause="nonsignaling")
    assert loose.lower_bound <= ends.lower_bound + 1e-7
    assert loose.upper_bound >= ends.upper_bound - 1e-7
    if ends.classical is not None:
        assert ends.lower_bound <= ends.classical.lower_bound + 1e-7
        assert ends.upper_bound >= ends.classical.upper_bound - 1e-7
    for own in (ends.minimum, loose.maximum):
        assert own.certificate.verify().startswith("every model with Z -> A, L -> A, A -> B, L -> B")


def test_no_signaling_common_causes_by_a_program_over_the_joint_table():
    """The same numbers by CVXPY and Clarabel on p(a, b|z, y) itself."""
    model = rb.instrumental(3, (2, 3))
    rng = np.random.default_rng(5)
    p = rb.Behavior((model.T @ rng.dirichlet(np.ones(model.strategies.count))).reshape(2, 3, 3), "A B", "Z")
    p = p.rounded(model)
    ends = rb.bounds(rb.average_causal_effect(model, "A", "B"), p, common_cause="nonsignaling")
    joint = [[cp.Variable((2, 3), nonneg=True) for _ in range(2)] for _ in range(3)]
    rules = [cp.sum(own) == 1 for pair in joint for own in pair]
    rules += [cp.sum(pair[0], axis=1) == cp.sum(pair[1], axis=1) for pair in joint]
    rules += [cp.sum(joint[0][y], axis=0) == cp.sum(joint[z][y], axis=0) for y in range(2) for z in (1, 2)]
    rules += [joint[z][a][a] == p.p[a, :, z] for a in range(2) for z in range(3)]
    effect = cp.sum(joint[0][1][:, 1]) - cp.sum(joint[0][0][:, 1])
    low = cp.Problem(cp.Minimize(effect), rules).solve(solver="CLARABEL")
    high = cp.Problem(cp.Maximize(effect), rules).solve(solver="CLARABEL")
    assert tuple(ends) == pytest.approx((low, high), abs=1e-6)
    assert (ends.lower_bound, ends.upper_bound) == pytest.approx((low, high), abs=1e-6)


@SLOW
def test_the_instrumental_inequality_of_bonet():
    """2 classically, (3 + √2)/2 with a quantum common cause (Chaves et al., Nature Physics 14, 291, 2018)."""
    f, model = rb.catalog.bonet(), rb.instrumental(3)
    where, value = rb.quantum_set(model, "1+AB"), (3 + math.sqrt(2)) / 2
    found = where.maximum(f)
    assert value <= found.upper_bound <= value + 1e-8
    assert f.bound(model) == 2
    assert "of Z -> A, L -> A, A -> B, L -> B is at most 2.207106" in found.certificate.verify()
    loose = rb.nonsignaling_set(model).maximum(f)
    assert loose.exact == f(loose.behavior) == Fraction(5, 2)
    effect = rb.average_causal_effect(model, "A", "B")
    assert rb.bounds(effect, loose.behavior, common_cause="nonsignaling").classical is None
    with pytest.raises(InfeasibleError, match=r"common cause that is quantum .* by an exact dual argument") as error:
        rb.bounds(effect, loose.behavior, common_cause="quantum")
    assert error.value.certificate.verify().startswith("there is no model with")
    seen = rb.critical_visibility(where, loose.behavior)
    noise = f(loose.behavior.white_noise())
    most = (found.upper_bound - noise) / (Fraction(5, 2) - noise)
    assert Fraction(3, 5) < seen.upper_bound <= most + Fraction(1, 10**6)
    assert seen.value == pytest.approx(float(seen.upper_bound), abs=1e-6)
    assert "has a common cause that is quantum" in seen.certificate.verify()


@SLOW
def test_three_nodes_and_messages():
    """GHZ states on Z → A → B → C; a message that is classical; every number by the Born rule."""
    chain = rb.CausalModel(
        "Z -> A -> B -> C; L -> A; L -> B; L -> C", inputs="Z", latent="L", cardinality=dict.fromkeys("ZABC", 2)
    )
    angles = ([0.3, 1.1], [0.2, 2.0], [-0.4, 0.9])
    joint = rb.born(rb.states.ghz(3), [[rb.states.qubit_observable(t) for t in own] for own in angles]).p
    table = np.zeros((2, 2, 2, 2))
    for a, b, c, z in np.ndindex(2, 2, 2, 2):
        table[a, b, c, z] = joint[a, b, c, z, a, b]
    p = rb.Behavior(table, "A B C", "Z")
    effect = rb.bounds(rb.average_causal_effect(chain, "B", "C"), p, common_cause="quantum")
    done = joint[:, :, 1, 0, 0, 1].sum() - joint[:, :, 1, 0, 0, 0].sum()
    assert effect.lower_bound <= done <= effect.upper_bound
    single = rb.bounds(rb.query(chain, "p{B(A=1) = 1, A = 0 | do(Z=0)}"), p, common_cause="quantum")
    assert single.lower_bound <= joint[0, 1, :, 0, 1, 0].sum() <= single.upper_bound
    sent = rb.message()
    moved = rb.query(sent, "p{B(M=1) = 1} - p{B(M=0) = 1}")
    ends = rb.bounds(moved, rb.boxes.tsirelson(), common_cause="quantum")
    assert ends.lower_bound <= ends.classical.lower_bound
    assert ends.minimum.certificate.verify()


def test_what_is_not_defined_is_refused():
    p = rb.Behavior(np.full((2, 2, 2), 0.25), "A B", "Z")
    for text in ("p{B(A=1) = 1, B(A=0) = 0}", "PNS(A -> B)"):
        with pytest.raises(UnsupportedModelError, match="asks what one node does at several values of its parents"):
            rb.bounds(rb.query(IV, text), p, common_cause="quantum")
    with pytest.raises(UnsupportedModelError, match="several values of its parents"):
        rb.minimize(rb.influence(IV, "A", "B"), p, common_cause="quantum")
    with pytest.raises(MeasureError, match="expected a measure of linear programs"):
        rb.bounds(rb.query(IV, "LATE(Z -> A -> B)"), p, common_cause="quantum")
    with pytest.raises(UnsupportedModelError, match="inputs that the latent variable chooses, X, Y"):
        rb.quantum_set(rb.measurement_dependence(), 1)
    with pytest.raises(MeasureError, match="'quantom', expected 'classical', 'quantum' or 'nonsignaling'"):
        rb.bounds(ACE, p, common_cause="quantom")
    for where in ({}, {"common_cause": "nonsignaling"}):
        with pytest.raises(MeasureError, match="level=2 without a quantum common cause"):
            rb.bounds(ACE, p, level=2, **where)
    with pytest.raises(UnsupportedModelError, match="is no level"):
        rb.bounds(ACE, p, common_cause="quantum", level="1+AC")
    with pytest.raises(MeasureError, match="another model"):
        rb.nonsignaling_set(rb.instrumental()).expression(ACE)


def test_certificates_prove_no_more_than_they_say():
    p = rb.Behavior(np.array([[[9, 2], [1, 3]], [[3, 5], [7, 10]]]) / 20, "A B", "Z")
    for kind in ("quantum", "nonsignaling"):
        found = rb.minimize(ACE, p, [rb.query(IV, "p{B(A=0) = 1}") <= 0.6], common_cause=kind)
        assert found.certificate.verify()
        changes = [("claim", "lower_bound", "1"), ("measure", "set", "local"), ("measure", "set", [[0, 0], [1, 0]])]
        changes += [("proof", "z", ["2", *found.certificate.data["proof"]["z"][1:]])]
        joint = {"kind": "influence", "source": "A", "target": "B", "variation": False}
        changes += [("measure", "of", joint), ("constraints", 0, {"measure": joint, "limit": "0"})]
        for place, key, value in changes:
            data = copy.deepcopy(found.certificate.data)
            data[place][key] = value
            with pytest.raises(CertificateError):
                rb.classes.Certificate(data).verify()
        data = copy.deepcopy(found.certificate.data)
        data["measure"]["of"], data["proof"]["weights"] = joint, ["1"]
        with pytest.raises(CertificateError, match="several configurations of its parents at once"):
            rb.classes.Certificate(data).verify()


# 2 √(2 − m²): the envelope of α m + S ≤ √(8 + 2α²) (Acín, Massar, Pironio 2012); no-signaling: 4 − 2 m
@pytest.mark.parametrize("m", [Fraction(3, 5), Fraction(1, 5)])
def test_largest_values_with_a_marginal(m):
    f = rb.catalog.CHSH
    for where, value in ((rb.quantum_set(f, "1+AB"), 2 * math.sqrt(2 - m**2)), (rb.nonsignaling_set(f), 4 - 2 * m)):
        given = where.p[0, :, 0, 0].sum() == float((1 + m) / 2)
        found = where.maximum(f, [given])
        assert value - 1e-12 <= found.upper_bound <= value + 1e-7
        assert "that satisfies 1 linear condition (digest" in found.certificate.verify()
        assert f.bound(where, [given]) == found.bound
        data = copy.deepcopy(found.certificate.data)
        data["measure"]["limits"][0][1] = "1/2"
        with pytest.raises(CertificateError):
            rb.classes.Certificate(data | {"claim": {"upper_bound": "1"}}).verify()


def test_largest_values_with_other_functionals():
    """CH = (CHSH − 2)/4."""
    f = rb.catalog.CHSH
    seen = rb.Observed([(rb.catalog.CH, Fraction(1, 10))])
    assert f.bound(rb.nonsignaling_set(f), seen) == Fraction(12, 5)
    assert f.bound(rb.quantum_set(f, 1), seen) == pytest.approx(2.4, abs=1e-7)
    too_much = rb.Observed([(rb.catalog.CH, Fraction(9, 10))])
    for where in (rb.nonsignaling_set(f), rb.quantum_set(f, 1)):
        with pytest.raises(InfeasibleError, match="conditions"):
            f.bound(where, too_much)
        with pytest.raises(FunctionalError, match="constraints beside"):
            f.bound(where, [1])
        with pytest.raises(FunctionalError, match="not of this"):
            f.bound(where, [rb.quantum_set(f, 1).p[0, 0, 0, 0] <= 0.1])
        with pytest.raises(UnsupportedModelError, match="is of no graph"):
            f.bound(where, [ACE <= 1])


def test_critical_visibilities_of_sets():
    box = rb.boxes.pr()
    found = rb.critical_visibility(rb.quantum_set(box, "1+AB"), box)
    assert math.sqrt(0.5) <= found.upper_bound <= math.sqrt(0.5) + 1e-8
    general = rb.critical_visibility(rb.quantum_set(box, 1), box, noise="general")
    assert general.upper_bound == pytest.approx((2 * math.sqrt(2) + 4) / 8, abs=1e-8)
    assert rb.critical_visibility(rb.nonsignaling_set(box), box).upper_bound == 1
    with pytest.raises(MeasureError, match="found a family"):
        rb.critical_visibility(rb.nonsignaling_set(box), lambda v: box.visibility(v))
    with pytest.raises(FunctionalError, match="constraints beside"):
        rb.critical_visibility(rb.nonsignaling_set(box), box, [1])


@pytest.mark.parametrize("kind", ["quantum", "no-signaling"])
def test_critical_visibilities_within_conditions(kind):
    """The mixture has v times the box's value of CHSH, and of one correlator."""
    box = rb.boxes.pr()
    where = rb.quantum_set(box, "1+AB") if kind == "quantum" else rb.nonsignaling_set(box)
    found = rb.critical_visibility(where, box, [rb.Observed([(rb.catalog.CHSH, Fraction(5, 2))])])
    assert 0 <= found.upper_bound - Fraction(5, 8) < 1e-8
    assert "and satisfies 1 linear condition" in found.certificate.verify()
    one = where.p[0, 0, 0, 0] - where.p[0, 1, 0, 0] - where.p[1, 0, 0, 0] + where.p[1, 1, 0, 0]
    found = rb.critical_visibility(where, box, one <= 0.25)
    assert 0 <= found.upper_bound - Fraction(1, 4) < 1e-8
    changed = copy.deepcopy(found.certificate.data)
    changed["measure"]["limits"][0][1] = "5"
    with pytest.raises(CertificateError, match="the proof gives the upper bound"):
        rb.classes.Certificate(changed).verify()
    del changed["measure"]["limits"]
    with pytest.raises(CertificateError):
        rb.classes.Certificate(changed).verify()
    with pytest.raises(InfeasibleError, match="Loosen them"):
        rb.critical_visibility(where, box, one <= -0.5)
    with pytest.raises(InfeasibleError, match="Give other noise"):
        rb.critical_visibility(rb.quantum_set(box, 1), box.visibility(Fraction(9, 10)), noise=box)


def test_critical_visibility_of_a_graph_within_a_budget():
    """A classical common cause of an instrumental graph is quantum as well; a smaller effect allows less."""
    iv = rb.instrumental()
    table = np.zeros((2, 2, 2), dtype=object)
    for a, b, x, v in ((0, 0, 0, 3), (1, 0, 0, 1), (0, 0, 1, 1), (1, 1, 1, 3)):
        table[a, b, x] = Fraction(v, 4)
    p, effect = rb.Behavior(table, iv.outputs, iv.inputs), rb.average_causal_effect(iv, "A", "B")
    where = rb.quantum_set(iv, "1+AB")
    found = [rb.critical_visibility(where, p, [effect <= e]) for e in (1, Fraction(1, 2))]
    assert found[0].upper_bound == 1
    classical = rb.critical_visibility(iv, p, subject_to=[effect <= Fraction(1, 2)])
    assert classical <= found[1].upper_bound + Fraction(1, 10**8) < 1
    assert "linear condition" in found[1].certificate.verify()
