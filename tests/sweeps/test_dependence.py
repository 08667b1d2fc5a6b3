"""Sweeps of M and I by one pool of columns: as `minimize`, with and without symmetries, in any order."""

from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.engines import engine
from relaxbell.exact.vectors import exact_row

SIGNS = np.array([[1, -1], [-1, 1]])[:, :, None, None]


def angles(inputs, seed):
    rng = np.random.default_rng(seed)
    one, other = (rng.uniform(0, 2 * np.pi, n) for n in inputs)
    return rb.Behavior((1 - rng.uniform(0.6, 1) * SIGNS * np.cos(one[:, None] - other)) / 4)


def line(box, low, count):
    return [rb.Behavior(box.p, box.outputs, box.inputs).visibility(v) for v in np.linspace(low, 1, count)]


def biased():
    return rb.measurement_dependence(input_distribution=[[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 4), 0]])


CASES = {
    "line": (rb.measurement_dependence, lambda: line(rb.boxes.tsirelson(), 0, 12)),
    "exact line": (
        rb.measurement_dependence,
        lambda: [rb.boxes.pr().visibility(Fraction(k, 9)) for k in range(10)],
    ),
    "roots": (rb.measurement_dependence, lambda: [rb.boxes.tsirelson().visibility(Fraction(k, 5)) for k in range(6)]),
    "three outcomes": (lambda: rb.measurement_dependence(outputs=(3, 3)), lambda: line(rb.boxes.cglmp(3), 0.5, 6)),
    "angles": (lambda: rb.measurement_dependence((2, 3)), lambda: [angles((2, 3), k) for k in range(8)]),
    "both": (
        rb.measurement_dependence,
        lambda: [*line(rb.boxes.tsirelson(), 0.6, 5), *(angles((2, 2), k) for k in range(3))],
    ),
    "one dependent": (
        lambda: rb.measurement_dependence(dependent="X"),
        lambda: [angles((2, 2), k) for k in range(6)],
    ),
    "zero setting": (biased, lambda: [angles((2, 2), k) for k in range(6)]),
    "three parties": (
        lambda: rb.bell((2, 2, 2)).relax("L -> X", "L -> Y", "L -> Z"),
        lambda: line(rb.boxes.ghz(), 0.4, 5),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_m_as_minimize(case):
    make, points = CASES[case]
    measure, observed = rb.dependence(make()), points()
    columns = rb.sweep(measure, observed, progress=False)
    for k, p in enumerate(observed):
        alone = rb.minimize(measure, p)
        assert columns.status[k] == "optimal"
        assert columns.lower_bounds[k] <= columns.values[k]
        assert abs(columns.values[k] - alone.value) <= max(1e-9 * alone.value, 1e-11)
        assert columns.values[k] - columns.lower_bounds[k] <= max(1e-9 * alone.value, 1e-12)
        assert columns.lower_bounds[k] <= (alone.upper_bound or alone.value)


@pytest.mark.parametrize("case", ["line", "both", "zero setting"])
def test_i_as_minimize(case):
    make, points = CASES[case]
    measure, observed = rb.mutual_information(make()), points()
    columns = rb.sweep(measure, observed, progress=False)
    for k, p in enumerate(observed):
        alone = rb.minimize(measure, p)
        assert columns.status[k] == "optimal"
        assert columns.lower_bounds[k] <= columns.values[k]
        assert columns.values[k] - columns.lower_bounds[k] <= max(1e-8 * alone.value, 1e-12)
        assert columns.lower_bounds[k] - 1e-15 <= alone.value
        assert alone.lower_bound - 1e-15 <= columns.values[k]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [rb.dependence, rb.mutual_information])
def test_many_strategies(kind):
    """CGLMP with four outcomes, 16,384 strategies with the settings: symmetric points, and one without."""
    box = rb.boxes.cglmp(4)
    other = rb.Behavior(box.p[[1, 0, 2, 3]])
    observed = [*line(box, 0.5, 5), other.mix(rb.Behavior(box.p), 0.5)]
    measure = kind(rb.measurement_dependence(outputs=(4, 4)))
    columns = rb.sweep(measure, observed, progress=False)
    for k, p in enumerate(observed):
        alone = rb.minimize(measure, p)
        assert columns.values[k] == pytest.approx(alone.value, rel=1e-7, abs=1e-9)
        assert columns.lower_bounds[k] <= alone.value + 1e-12
        assert columns.values[k] >= alone.lower_bound - 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("kind", [rb.dependence, rb.mutual_information])
def test_the_same_in_other_processes(kind):
    measure = kind(rb.measurement_dependence((2, 3)))
    observed = [angles((2, 3), k) for k in range(20)]
    here = rb.sweep(measure, observed, progress=False)
    with ProcessPoolExecutor(2) as pool:
        there = rb.sweep(measure, observed, progress=False, executor=pool)
    assert here.values.tobytes() == there.values.tobytes()
    assert here.lower_bounds.tobytes() == there.lower_bounds.tobytes()


@pytest.mark.parametrize("kind", [rb.dependence, rb.mutual_information])
def test_calls_leave_nothing_behind(kind):
    """A call finds the same whatever was asked before."""
    measure = kind(rb.measurement_dependence())
    own = engine(measure)
    rows = [exact_row(own.equations(angles((2, 2), k)).rhs) for k in range(6)]
    one, other = (own.live(own.equations(angles((2, 2), 0)), (), (), rows[:2]) for _ in range(2))
    one.solve(rows[3:])
    again, first = one.solve(rows[2:4]), other.solve(rows[2:4])
    assert [found[:2] for found in again] == [found[:2] for found in first]


def test_infeasible_and_signaling_points_say_why():
    signaling = np.zeros((2, 2, 2, 2))
    for x, y in np.ndindex(2, 2):
        signaling[y, 0, x, y] = 1
    observed = [rb.Observed([(rb.catalog.CHSH, Fraction(k, 2))], nonsignaling=True) for k in (5, 9)]
    columns = rb.sweep(rb.dependence(rb.measurement_dependence()), observed, progress=False)
    assert columns.status.tolist() == ["optimal", "infeasible"]
    m = rb.dependence(rb.measurement_dependence(dependent="X"))
    columns = rb.sweep(m, [angles((2, 2), 1), rb.Behavior(signaling.transpose(1, 0, 3, 2))], progress=False)
    alone = rb.minimize(m, angles((2, 2), 1))
    assert columns.values[0] == pytest.approx(alone.value, abs=1e-12)
    assert columns.status[1] in ("optimal", "signaling")


@pytest.mark.parametrize("outputs", [2, 3])
def test_curves_of_m_are_those_of_single_points(outputs):
    box = rb.boxes.cglmp(outputs)
    m = rb.dependence(rb.measurement_dependence(outputs=(outputs, outputs)))
    drawn = rb.curve(m, box.white_noise(), box)
    for v in (0.3, 0.75, 1.0):
        assert drawn.value(v) == pytest.approx(rb.minimize(m, box.visibility(v)).value, abs=1e-9)
