"""Priced strategies against listed ones, reference values, and what holds for models that cannot be listed."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from clock import Clock

import relaxbell as rb
from relaxbell.engines.linear import priced

SIGNS = np.array([[1, -1], [-1, 1]])[:, :, None, None]


def correlated(table):
    """Uniform outcomes with these correlators."""
    return rb.Behavior((1 + SIGNS * table) / 4)


def planar(n):
    x = np.arange(n)
    return correlated(np.cos(np.pi * (x[:, None] - x[None, :] - 0.5) / n))


def random_angles(n, seed, visibility=1.0):
    """The singlet at random angles in a plane."""
    one, other = np.random.default_rng(seed).uniform(0, 2 * np.pi, (2, n))
    return correlated(-visibility * np.cos(one[:, None] - other[None, :]))


def signaling(n):
    return rb.influence(rb.input_signaling((n, n)), "X", "B")


# ------------------------------------------------------- as the listed ones, at random


def _input(rng):
    model = rb.bell((2, 3), (3, 2)) if rng.random() < 0.5 else rb.bell((3, 2), (2, 3))
    model = model.relax("X -> B")
    return rb.influence(model, "X", "B", variation=bool(rng.integers(2))), model, []


def _output(rng):
    model = rb.bell((2, 2), (2, 3)).relax("A -> B")
    measures = rb.influence(model, "A", "B"), rb.average_causal_effect(model, "A", "B")
    return measures[rng.integers(2)], model, []


def _message(rng):
    model = rb.message((2, 2), (2, 2))
    return rb.message_weight(model), model, []


def _three(rng):
    model = rb.bell((2, 2, 1), (2, 2, 2)).relax("X -> B", "A -> C")
    return rb.influence(model, *[("X", "B"), ("A", "C")][rng.integers(2)]), model, []


def _budget(rng):
    model = rb.bell((2, 2), (3, 2)).relax("X -> B", "Y -> A")
    one, other = rb.influence(model, "X", "B"), rb.influence(model, "Y", "A")
    own = one, one + 2 * other, rb.maximum(one, Fraction(1, 2) * other), rb.average_causal_effect(model, "X", "B")
    return own[rng.integers(4)], model, [other <= Fraction(int(rng.integers(0, 8)), 8)] if rng.random() < 0.7 else []


def _dependent(rng):
    base = rb.bell((2, 2), (2, 3)).relax("X -> B")
    settings = {"X": [Fraction(1, 3), Fraction(2, 3)], "Y": [Fraction(1), Fraction(0)]}
    model = base.relax("L -> X", *(["L -> Y"] if rng.random() < 0.5 else []), input_distribution=settings)
    measures = rb.influence(model, "X", "B"), rb.average_causal_effect(model, "X", "B", outcome=2)
    return measures[rng.integers(2)], base, []


KINDS = [_input, _output, _message, _three, _budget, _dependent]


def data(model, rng, exact):
    """What a mixture of a few strategies does."""
    chosen = rng.integers(0, model.strategies.count, int(rng.integers(1, 10))).tolist()
    weights = rng.integers(1, 30, len(chosen))
    table = model.observed_rows.at(model.local.assignments(chosen)).matrix.toarray() @ weights
    total = int(weights.sum())
    numbers = np.array([Fraction(int(v), total) for v in table], dtype=object).reshape(model.observed_shape)
    return rb.Behavior(numbers if exact else numbers.astype(float), outputs=model.outputs, inputs=model.inputs)


def case(seed):
    rng = np.random.default_rng(seed)
    measure, source, constraints = KINDS[seed % len(KINDS)](rng)
    exact = bool(rng.integers(2))
    p = data(source, rng, exact)
    if source.observed_shape == (2, 2, 2, 2) and rng.random() < 0.5:  # not what the model was made for
        p = rb.boxes.pr().visibility(Fraction(int(rng.integers(1, 9)), 8))
    if rng.random() < 0.2:
        functional = rb.BellFunctional(rng.integers(-3, 4, source.observed_shape), source.outputs, source.inputs)
        if measure.model is source:
            p = rb.Observed([(functional, functional(p))])
    return measure, p, constraints


def outcome(measure, p, constraints, monkeypatch, least):
    monkeypatch.setattr(priced, "PRICED_FROM", least)
    anew = replace(measure)  # one that remembers nothing
    try:
        return rb.minimize(anew, p, subject_to=constraints)
    except rb.errors.InfeasibleError as error:
        return error


def compare(seed, monkeypatch):
    """Values agree, exactly where they are exact; bounds hold; strategies reproduce the data; certificates verify."""
    measure, p, constraints = case(seed)
    listed = outcome(measure, p, constraints, monkeypatch, math.inf)
    found = outcome(measure, p, constraints, monkeypatch, 0)
    if isinstance(listed, Exception) or isinstance(found, Exception):
        assert isinstance(listed, Exception)
        assert isinstance(found, Exception)
        assert found.witness.value > found.witness.bound
        assert "there is no" in found.certificate.verify()
        return
    assert "column generation" in found.statistics["solver"]
    assert found.value == pytest.approx(listed.value, abs=1e-9)
    assert found.lower_bound <= listed.value + 1e-12
    assert listed.exact is None or found.exact == listed.exact
    model = measure.model
    equations = model.equations(p)
    assert abs(equations.rows.matrix @ found.q.weights - equations.floats).max() < 1e-9
    assert measure.value(found.q) == pytest.approx(found.value, abs=1e-9)
    certificate = found.certificate
    lower = certificate.data["claim"]["lower_bound"]
    if found.exact is not None:
        assert certificate.data["claim"]["upper_bound"] == lower
    assert certificate.verify().startswith("every model")


@pytest.mark.parametrize("seed", range(18))
def test_priced_is_listed(seed, monkeypatch):
    compare(seed, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(18, 330))
def test_priced_is_listed_again(seed, monkeypatch):
    compare(seed, monkeypatch)


# -------------------------------------------------------------- beyond what can be listed


def test_eight_planar_settings():
    """10^21.7 strategies; the reference value comes from another program, and is checked by the verifier."""
    measure = signaling(8)
    solution = rb.minimize(measure, planar(8))
    assert solution.value == pytest.approx(0.1935199227, abs=1e-10)
    assert solution.statistics["gap"] < 1e-12
    model = measure.model
    rows = model.observed_rows.at(model.local.assignments(list(solution.q.mapping)))
    reproduced = rows.values(np.array(list(solution.q.mapping.values())))
    assert abs(reproduced - planar(8).p.ravel()).max() < 1e-12
    assert measure.value(solution.q) == pytest.approx(solution.value, abs=1e-12)
    assert solution.certificate.verify().endswith("one attains it: minimum = 0.193519922661 (rounded down)")
    assert "of about 10^21.7 columns" in solution.statistics["solver"]
    assert len(str(solution.q).splitlines()) > 10
    with pytest.raises(rb.errors.ModelTooLargeError, match=r"about 10\^21.7 strategies"):
        _ = solution.q.weights
    other = rb.input_signaling((8, 7))
    with pytest.raises(rb.errors.MeasureError, match="expected those of"):
        rb.influence(other, "X", "B").value(solution.q)


def test_an_exact_value_of_many_strategies():
    """Rational correlators of 7/8: the certificate lists strategies that attain the value."""
    signs = np.array([[1, 1, 1, 1], [-1, 1, 1, 1], [1, -1, 1, 1], [1, 1, -1, 1]])
    table = np.array([[Fraction(7, 8) * int(v) for v in row] for row in signs], dtype=object)
    p = rb.Behavior((1 + SIGNS.astype(object) * table) * Fraction(1, 4))
    solution = rb.minimize(signaling(4), p)
    assert solution.exact is not None
    assert solution.lower_bound == solution.value == float(solution.exact)
    assert solution.certificate.verify().endswith(f"minimum = {solution.exact}")


def test_square_roots_stay(monkeypatch):
    """C of the Tsirelson box, (√2 − 1)/2 by Eq. (7) of arXiv:1411.4648, as listed."""
    monkeypatch.setattr(priced, "PRICED_FROM", 0)
    solution = rb.minimize(signaling(2), rb.boxes.tsirelson())
    assert "column generation" in solution.statistics["solver"]
    assert str(solution.exact) == "-1/2 + sqrt(2)/2"
    assert solution.certificate.verify().endswith("minimum = -1/2 + 1/2*sqrt(2)")


@pytest.mark.slow
@pytest.mark.parametrize(("n", "value"), [(12, 0.2010573846)])
def test_planar_settings(n, value):
    solution = rb.minimize(signaling(n), planar(n))
    assert solution.value == pytest.approx(value, abs=1e-10)
    assert solution.statistics["gap"] < 1e-9


@pytest.mark.slow
def test_singlet_with_15_axes():
    """The axes through opposite vertices of the icosidodecahedron: 10^72 strategies."""
    golden = (1 + math.sqrt(5)) / 2
    points = [
        np.roll([1 / 2, s * golden / 2, t * golden**2 / 2], k) for s in (1, -1) for t in (1, -1) for k in range(3)
    ]
    axes = np.array([*points, *(golden * np.eye(3))]) / golden
    solution = rb.minimize(signaling(15), correlated(-axes @ axes.T))
    assert solution.value == pytest.approx(0.1840169944, abs=1e-10)
    assert solution.statistics["gap"] < 1e-9
    assert "C(X -> B) >= 0.184016994" in solution.certificate.verify()


@pytest.mark.parametrize("n", [5, pytest.param(6, marks=pytest.mark.slow), pytest.param(8, marks=pytest.mark.slow)])
def test_random_angles(n):
    """No symmetry but one. Fewer settings cannot need more: a part of the settings gives a lower bound."""
    p = random_angles(n, seed=1)
    solution = rb.minimize(signaling(n), p)
    assert solution.statistics["gap"] < 1e-9
    part = rb.minimize(signaling(4), rb.Behavior(p.p[:, :, :4, :4]))
    assert part.lower_bound <= solution.value + 1e-12


def test_merged_rows_change_nothing(monkeypatch):
    """The same value without symmetry."""
    from relaxbell.engines.linear.priced import solving

    measure, p = signaling(4), planar(4)
    merged = rb.minimize(measure, p)
    monkeypatch.setattr(solving, "orbits", lambda form, model: solving.single_rows(form))
    assert rb.minimize(measure, p).value == pytest.approx(merged.value, abs=1e-11)


def test_what_no_model_reproduces():
    """A → B alone does not make the singlet at four settings; nor does a budget below the least value."""
    model = rb.outcome_signaling((4, 4))
    with pytest.raises(rb.errors.InfeasibleError, match="no classical model") as caught:
        rb.minimize(rb.influence(model, "A", "B"), random_angles(4, seed=0))
    assert caught.value.witness.violation > 0.1
    assert "there is no model" in caught.value.certificate.verify()
    one = signaling(4)
    with pytest.raises(rb.errors.InfeasibleError, match=r"C\(X -> B\) is at least 0\.17"):
        rb.minimize(one, planar(4), subject_to=[one <= Fraction(1, 10)])


def test_a_time_limit_keeps_the_bound(monkeypatch):
    """The clock passes a limit while strategies are priced; any duals give a bound, the best ones theirs."""
    monkeypatch.setattr("relaxbell.lp.clock.clock", Clock(step=1))
    with pytest.raises(rb.errors.TimeLimitError, match=r"It is at least 0\.\d+ by then \(rigorous\)") as caught:
        rb.minimize(signaling(5), random_angles(5, seed=1), seconds=40)
    assert 0 < caught.value.partial.lower_bound < 0.2


@pytest.mark.slow
def test_what_cannot_be_eliminated_is_refused_before_work():
    """Forty settings on each side: elimination would need tables of 2^41 numbers."""
    with pytest.raises(rb.errors.ModelTooLargeError, match=r"10\^493.7 strategies .* by elimination needs"):
        rb.minimize(signaling(40), correlated(np.zeros((40, 40))))


def test_measures_without_tables_say_what_does_not_fit():
    model = rb.input_signaling((6, 6))
    with pytest.raises(rb.errors.ModelTooLargeError, match=r"4,398,046,511,104 strategies"):
        _ = rb.influence(model, "X", "B").expression


@pytest.mark.slow
def test_rows_of_ones_own_that_are_tables():
    """The largest average effect of x on B is no more than the influence; its rows are not written out."""
    model = rb.input_signaling((4, 4))
    rows = {}
    for y in range(4):
        for x in range(1, 4):
            one, other = (model.rows({"B": 1}, do={"X": v, "Y": y}) for v in (x, 0))
            rows[f"x={x}, y={y}"] = one.minus(other, ("",))
    measure = rb.measure(model, rows, name="effect")
    assert measure.rows == tuple(rows)
    p = planar(4)
    within = [measure <= Fraction(1, 100)]
    least = rb.minimize(rb.influence(model, "X", "B"), p)
    constrained = rb.minimize(rb.influence(model, "X", "B"), p, subject_to=within)
    assert rb.minimize(measure, p).value == pytest.approx(0, abs=1e-9)
    assert constrained.value >= least.lower_bound - 1e-9
    assert measure.value(constrained.q) <= 0.01 + 1e-9
    big = rb.input_signaling((5, 5))
    row = big.rows({"B": 1}, do={"X": 1, "Y": 0}).minus(big.rows({"B": 1}, do={"X": 0, "Y": 0}), ("",))
    with pytest.raises(rb.errors.CertificateError, match="rows of one's own are written out"):
        _ = rb.minimize(rb.measure(big, [row]), planar(5)).certificate
    with pytest.raises(rb.errors.MeasureError, match="expected one for each of the 1048576 strategies"):
        rb.measure(model, [row])
