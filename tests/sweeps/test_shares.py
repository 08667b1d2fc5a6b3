"""Sweeps within a time limit: a hard point leaves the others their time, and what is known is rigorous."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.lp import clock as the_clock
from relaxbell.lp.clock import time_is_over
from relaxbell.lp.highs import LiveModel, StoppedError
from tests.clock import replaced


def hard_first(monkeypatch, clock, hard=1):
    """Let the first runs of HiGHS take all the time that they may, on a clock that stands still otherwise."""
    run, runs = LiveModel.run, [0]

    def slow(self, seconds=None):
        runs[0] += 1
        if runs[0] > hard:
            return run(self, seconds)
        clock.now += the_clock.left()
        self.limit(0)
        run(self, 1e3)
        self.limit(2**31 - 1)
        raise StoppedError(self.duals)

    monkeypatch.setattr(LiveModel, "run", slow)


@pytest.mark.parametrize("pool", [False, True])
def test_a_hard_point_takes_its_share_only(monkeypatch, pool):
    model = rb.bell((2, 3), (2, 2)).relax("X -> B")
    c = rb.influence(model, "X", "B")
    boxes = {v: _box(v) for v in np.linspace(0.3, 1, 20)}
    least = np.maximum(0, np.array(list(boxes)) - 0.5)  # as for the PR box, of which this is one
    clock = replaced(monkeypatch, 0.0)
    monkeypatch.setattr("relaxbell.sweeps.points.Points.references", lambda self, group: ())
    hard_first(monkeypatch, clock, hard=2)
    with ThreadPoolExecutor(1) as executor:
        found = rb.sweep(c, boxes, progress=False, seconds=10, executor=executor if pool else None)
    late = found.status == "time limit"
    assert 1 <= late.sum() <= 2
    assert clock.now < 10
    assert found.values[~late] == pytest.approx(least[~late], abs=1e-9)
    assert np.isnan(found.values[late]).all()
    assert (found.lower_bounds[late] >= 0).all()
    assert (found.lower_bounds[late] <= least[late] + 1e-12).all()
    assert all("share of the time limit of 10 s" in reason for reason in found.reasons[late])


def _box(v):
    table = np.full((2, 2, 2, 3), (1 - v) / 4)
    for i, j, k in np.ndindex(2, 3, 2):
        table[k, (i * j - k) % 2, i, j] += v / 2
    return rb.Behavior(table)


def test_points_that_are_minimized_one_by_one_share_as_well(monkeypatch):
    from relaxbell.engines.information import minimum

    solve, calls = minimum.least_information, [0]
    clock = replaced(monkeypatch, 0.0)

    def slow(measure, problem):
        calls[0] += 1
        if calls[0] == 1:
            clock.now += the_clock.left()
            raise time_is_over()
        return solve(measure, problem)

    monkeypatch.setattr(minimum, "least_information", slow)
    model = rb.measurement_dependence()
    information, always = rb.mutual_information(model), rb.dependence(model) <= 2  # with budgets: no live program
    points = [rb.boxes.pr().visibility(v) for v in (0.7, 0.8, 1.0)]
    found = rb.sweep(information, points, [always], progress=False, seconds=8)
    assert found.status.tolist() == ["time limit", "optimal", "optimal"]
    assert clock.now == 4  # half of what is left, at most
    assert found.lower_bounds[0] == 0
    assert found.values[2] == pytest.approx(2 - np.log2(3), abs=1e-8)


def test_what_was_given_up_is_not_taken_for_done(monkeypatch, tmp_path):
    c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    boxes = [rb.boxes.pr().visibility(v) for v in (0.6, 0.9)]
    with monkeypatch.context() as patch:
        clock = replaced(patch, 0.0)
        patch.setattr("relaxbell.sweeps.points.Points.references", lambda self, group: ())
        hard_first(patch, clock)
        first = rb.sweep(c, boxes, progress=False, seconds=9, checkpoint=tmp_path / "file")
    assert first.status.tolist() == ["time limit", "optimal"]
    again = rb.sweep(c, boxes, progress=False, checkpoint=tmp_path / "file")
    assert again.status.tolist() == ["optimal", "optimal"]
    assert again.values == pytest.approx([0.1, 0.4])


def test_without_any_time_rows_have_what_holds_of_every_model(monkeypatch):
    replaced(monkeypatch, 3.0)
    model = rb.bell((3, 2), (2, 2)).relax("X -> B")
    both = [rb.influence(model, "X", "B"), rb.average_causal_effect(model, "X", "B")]
    found = rb.sweep(both, [_noise((2, 2, 3, 2))], progress=False, seconds=1)
    assert found.status.tolist() == [["time limit"] * 2]
    assert found.lower_bounds.tolist() == [[0, -1]]


def _noise(shape):
    return rb.Behavior(np.full(shape, 1 / 4))
