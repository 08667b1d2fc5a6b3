"""What a sweep is made of: batches of coordinates, rounding down, definitions, and the way back to `minimize`."""

import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import relaxbell as rb
from relaxbell.engines.linear.live import LiveProgram
from relaxbell.engines.linear.point_bounds import PointBound, evaluated
from relaxbell.exact.numbers import surd
from relaxbell.exact.vectors import exact_row
from relaxbell.sweeps.task import Job

FRACTIONS = st.fractions(min_value=-10, max_value=10, max_denominator=10**12)


def objects(values):
    return np.array([*values, None], dtype=object)[:-1]


@given(st.lists(st.tuples(FRACTIONS, FRACTIONS), min_size=1, max_size=6), FRACTIONS)
def test_bounds_are_the_exact_numbers_rounded_down(pairs, offset):
    z, rhs = zip(*pairs, strict=True)
    scale = int(np.lcm.reduce(objects(v.denominator for v in z)))
    bound = PointBound(np.arange(len(z)), objects(int(v * scale) for v in z), scale, offset)
    exact = sum((a * b for a, b in pairs), offset)
    (found,) = evaluated(bound, [exact_row(objects(rhs))])
    assert Fraction(found) <= exact < Fraction(float(np.nextafter(found, np.inf)))


@given(st.lists(st.tuples(st.integers(-9, 9), FRACTIONS, FRACTIONS), min_size=1, max_size=5), FRACTIONS)
def test_the_same_with_roots(parts, offset):
    rhs = [surd(a, b, 2) for _, a, b in parts]
    bound = PointBound(np.arange(len(parts)), objects(z for z, _, _ in parts), 1, offset)
    exact = sum((z * r for (z, _, _), r in zip(parts, rhs, strict=True)), offset)
    (found,) = evaluated(bound, [exact_row(objects(rhs))])
    assert not exact < Fraction(found)
    assert abs(float(exact - Fraction(found))) <= 1e-15 * max(1.0, abs(found))


def test_coordinates_in_batches_are_those_of_each():
    model = rb.bell((2, 3, 1), (3, 2, 2)).relax("X -> B")
    rng = np.random.default_rng(0)
    tables = rng.uniform(size=(*model.observed_shape, 7))
    vectors = model.coordinates.project(tables)
    for k in range(7):
        assert abs(vectors[:, k] - model.coordinates.project(tables[..., k])).max() < 1e-14
    whole = rng.integers(-(2**40), 2**40, size=vectors.shape)
    expanded = model.coordinates.expand(whole)
    for k in range(7):
        assert (expanded[..., k] == model.coordinates.expand(whole[:, k])).all()
    assert not model.coordinates.signaling(expanded).any()
    expanded[0, 0, 0, 1, 2, 0, 3] += 5
    assert (model.coordinates.signaling(expanded) > 0).tolist() == [k == 3 for k in range(7)]


def test_rows_that_do_not_match_their_bound_are_minimized(monkeypatch):
    both = rb.bell((2, 3)).relax("X -> B", "L -> Y")
    measure = rb.influence(both, "X", "B")
    points = [rb.boxes.tsirelson().white_noise(), rb.boxes.pr()]
    wide = [rb.Behavior(np.concatenate([p.p, p.p[..., :1]], axis=3)) for p in points]
    limits = [rb.dependence(both) <= 0.2, both.q[0] <= 0.5]
    expected = [rb.minimize(measure, p, limits).value for p in wide]
    monkeypatch.setattr(LiveProgram, "solve", lambda self, rows: [None] * len(rows))
    columns = rb.sweep(measure, wide, progress=False, subject_to=limits)
    assert abs(columns.values - expected).max() < 1e-12
    assert list(columns.status) == ["optimal"] * 2


def test_few_points_of_a_curve_are_solved(monkeypatch):
    runs = []
    run = LiveProgram._run
    monkeypatch.setattr(LiveProgram, "_run", lambda self, *given: (runs.append(1), run(self, *given))[1])
    points = [rb.boxes.pr().visibility(v) for v in np.linspace(0, 1, 500)]
    rb.sweep(rb.influence(rb.bell().relax("X -> B"), "X", "B"), points, progress=False)
    assert len(runs) < 50


def measures():
    both = rb.bell((2, 3), (3, 2)).relax("X -> B", "L -> Y")
    talk = rb.message((3, 2))
    a, b = rb.influence(both, "X", "B"), rb.dependence(both)
    return {
        "influence": a,
        "variation": rb.influence(both, "X", "B", variation=True),
        "effect": rb.average_causal_effect(both, "X", "B", values=(0, 1), outcome=0),
        "negative": -rb.average_causal_effect(both, "X", "B"),
        "weight": rb.message_weight(talk),
        "entropy": rb.message_entropy(talk),
        "dependence": b,
        "hall": rb.hall_dependence(both),
        "information": rb.mutual_information(both),
        "sum": a + Fraction(2, 3) * b,
        "maximum": 2 * rb.maximum(a, b + a),
    }


@pytest.mark.parametrize("name", measures())
def test_measures_are_made_again_from_their_definitions(name):
    measure = measures()[name]
    again = measure.recipe().made(measure.model)
    assert type(again) is type(measure)
    assert again.plain == measure.plain
    for old, new in zip(getattr(measure, "blocks", ()), getattr(again, "blocks", ()), strict=True):
        assert old.scale == new.scale
        assert (old.matrix != new.matrix).nnz == 0
    copy = pickle.loads(pickle.dumps(Job(0, measure))).measure
    assert repr(copy) == repr(measure)


def test_own_rows_are_not_in_a_definition():
    model = rb.bell().relax("X -> B")
    own = rb.measure(model, np.eye(model.strategies.count)[:2])
    both = own + rb.influence(model, "X", "B")
    assert both.recipe() is None
    assert own.recipe() is None
    assert own.plain is None
    assert repr(pickle.loads(pickle.dumps(Job(0, both))).measure) == repr(both)
    assert (pickle.loads(pickle.dumps(Job(0, own))).measure.blocks[0].matrix != own.blocks[0].matrix).nnz == 0
