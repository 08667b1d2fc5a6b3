"""Time limits keep the partial result and say that it is one. The clock is false: nobody waits, on any machine."""

import itertools
import json
import math
import os
import signal
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from clock import Clock

import relaxbell as rb
from relaxbell.exact import conversion, polyhedra
from relaxbell.exact.polyhedra import Polyhedron
from relaxbell.lp.clock import TimeLimitError, deadline, end_of, left, over

CLOCK = "relaxbell.lp.clock.clock"


def readings(monkeypatch, step=1.0):
    clock = Clock(step)
    monkeypatch.setattr(CLOCK, clock)
    return clock


def counts(seed=0, shape=(3, 2, 2, 3)):
    return rb.Counts(np.random.default_rng(seed).integers(1, 90, shape), "A B", "X Y")


def local(model, seed):
    """A behavior of the model without relaxations, exact."""
    weights = np.random.default_rng(seed).integers(1, 90, model.unrelaxed.strategies.count)
    flat = [Fraction(int(v), int(weights.sum())) for v in model.unrelaxed.T @ weights]
    return rb.Behavior(np.array(flat, dtype=object).reshape(model.observed_shape), model.outputs, model.inputs)


# ------------------------------------------------------------------------ the clock


def test_readings_of_the_clock(monkeypatch):
    clock = readings(monkeypatch, step=0.0)
    assert left() == math.inf
    with deadline(10, "outer"):
        assert end_of(3) == 3
        assert end_of(30) == 10
        clock.now = 10
        assert left() == 0
        assert over(10)
        assert not over(11)


# ---------------------------------------------------------------------- polyhedra


@pytest.fixture
def elsewhere(monkeypatch):
    """Let even small polyhedra be computed in another process."""
    monkeypatch.setattr(polyhedra, "_LARGE", 0)


def cross(n):
    return [(1, *signs) for signs in itertools.product((-1, 1), repeat=n)]


@pytest.mark.usefixtures("elsewhere")
def test_another_process_finds_the_same():
    """The dual of the cross-polytope is the cube, with a rational corner cut off; numbers of any size travel."""
    huge = 10**40
    rows = [*cross(3), (huge, 1 - huge, 0, 0)]
    there, here = Polyhedron(3), Polyhedron(3, rows)
    assert there.add_in_steps(rows, lambda: 60.0) == len(rows)
    assert isinstance(there._state, polyhedra._Elsewhere)
    assert set(there.vertices()) == set(here.vertices())
    assert set(there.facets()[0]) == set(here.facets()[0])
    corners = list(itertools.product((0, 1), repeat=4))
    hull, done = Polyhedron.hull_in_steps(corners, lambda: 60.0)
    assert done == 16
    assert len(hull.facets()[0]) == 8


@pytest.mark.usefixtures("elsewhere")
def test_a_step_that_takes_too_long_is_ended_and_leaves_what_was_finished():
    """The last look at the clock comes while the other process computes."""
    polyhedron = Polyhedron(4)
    assert polyhedron.add_in_steps(cross(4)[:9], lambda: 60.0) == 9
    before, process = polyhedron.facets(), polyhedron._state._process
    times = iter([1.0, 1.0, 1.0, 0.0])
    assert polyhedron.add_in_steps(cross(4)[9:], lambda: next(times)) == 0
    assert process.returncode not in (None, 0)
    assert polyhedron.facets() == before
    assert polyhedron.add_in_steps(cross(4)[9:], lambda: 60.0) == 0


@pytest.mark.usefixtures("elsewhere")
def test_ctrl_c_leaves_no_process():
    polyhedron = Polyhedron(4)
    polyhedron.add_in_steps(cross(4)[:9], lambda: 60.0)
    process = polyhedron._state._process
    times = iter([1.0, 1.0, 1.0])

    def interrupted():
        try:
            return next(times)
        except StopIteration:
            raise KeyboardInterrupt from None

    with pytest.raises(KeyboardInterrupt):
        polyhedron.add_in_steps(cross(4)[9:], interrupted)
    assert process.returncode is not None


@pytest.mark.usefixtures("elsewhere")
def test_a_process_that_dies_is_an_error():
    polyhedron = Polyhedron(3)
    polyhedron.add_in_steps(cross(3)[:5], lambda: 60.0)
    polyhedron._state._process.kill()
    polyhedron._state._process.wait()
    with pytest.raises(ChildProcessError, match="dimension 3 ended with status"):
        polyhedron.add_in_steps(cross(3)[5:], lambda: 60.0)


@pytest.mark.usefixtures("elsewhere")
def test_a_polyhedron_that_is_forgotten_leaves_no_process():
    polyhedron = Polyhedron(3)
    polyhedron.add_in_steps(cross(3), lambda: 60.0)
    process = polyhedron._state._process
    del polyhedron
    assert process.returncode is not None


@pytest.mark.skipif(not hasattr(signal, "alarm"), reason="no such signal here")
def test_the_process_ends_itself_when_nobody_does():
    """The 25-cube's inverse problem takes hours: an alarm ends it, though a step of PPL cannot be interrupted."""
    rows = [" ".join(map(str, (1, *(s * (i == j) for j in range(25))))) for i in range(25) for s in (1, -1)]
    request = {"dimension": 25, "hull": False, "seconds": 0.01, "steps": [rows]}
    command = [sys.executable, "-P", conversion.__file__]
    ended = subprocess.run(command, input=json.dumps(request) + "\n", text=True, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGALRM
    assert ended.stdout == ""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the alarm has to do")
def test_the_process_dies_with_its_parent():
    program = f"""
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-P", {conversion.__file__!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
rows = [" ".join(map(str, (1, *(s * (i == j) for j in range(25))))) for i in range(25) for s in (1, -1)]
import json
small = {{"dimension": 25, "hull": False, "seconds": None, "steps": []}}
child.stdin.write((json.dumps(small) + "\\n").encode()); child.stdin.flush()
child.stdout.readline()  # it has started
child.stdin.write((json.dumps(small | {{"steps": [rows]}}) + "\\n").encode()); child.stdin.flush()
print(child.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    parent = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=False)
    assert parent.returncode == -signal.SIGKILL, parent.stderr
    path = f"/proc/{int(parent.stdout)}/stat"
    for _ in range(10**6):  # the kernel needs a moment; a zombie is dead as well
        try:
            with open(path) as file:
                if file.read().rpartition(")")[2].split()[0] in "ZX":
                    break
        except FileNotFoundError:
            break
        os.sched_yield()
    else:
        pytest.fail("the process lives on")


# ------------------------------------------------------------------- closed forms


def test_an_incomplete_closed_form_says_so_and_bounds_from_below(monkeypatch):
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    measure = rb.influence(model, "X", "B")
    readings(monkeypatch)
    with pytest.raises(rb.errors.ClosedFormError, match="is not complete after 60 s") as error:
        rb.closed_form(measure, seconds=60)
    monkeypatch.undo()
    partial = error.value.partial
    assert not partial.complete
    assert "incomplete" in repr(partial)
    assert "incomplete" in partial._repr_html_()
    box = rb.Behavior(np.full(model.observed_shape, Fraction(1, 6)), model.outputs, model.inputs)
    for p in (local(model, 0), box):
        assert partial(p) <= rb.minimize(measure, p).value + 1e-9


def test_a_complete_closed_form_says_that():
    form = rb.closed_form(rb.average_causal_effect(rb.instrumental(), "A", "B"))
    assert form.complete
    assert "incomplete" not in repr(form)


@pytest.mark.parametrize(
    "model",
    [rb.bell((2, 3), (3, 2)), rb.bell((2, 2), (2, 3)), rb.measurement_dependence(dependent="X")],
    ids=lambda m: m.name,
)
def test_inequalities_of_an_incomplete_hull_hold(model, monkeypatch):
    """Each is ≤ 0 for mixtures of the strategies; so it is for all of them."""
    readings(monkeypatch)
    with pytest.raises(rb.errors.ClosedFormError, match="were not turned into") as error:
        model.inequalities(seconds=9)
    monkeypatch.undo()
    found = error.value.partial
    assert not found.complete
    assert "incomplete" in repr(found)
    assert "incomplete" in found._repr_html_()
    if not model.dependent_inputs:
        for functional in found.functionals():
            assert functional(local(model, 1)) <= 0


def test_dual_vertices_in_no_time(monkeypatch):
    readings(monkeypatch)
    with pytest.raises(rb.errors.ClosedFormError, match="were taken in"):
        rb.dual_vertices(rb.influence(rb.input_signaling((3, 2)), "X", "B"), seconds=12)


@pytest.mark.parametrize("seconds", [0, -1, math.nan, -math.inf, "3", True])
def test_what_is_no_time_is_refused(seconds):
    with pytest.raises(rb.errors.ClosedFormError, match="expected a positive number"):
        rb.bell().inequalities(seconds=seconds)
    with pytest.raises(rb.errors.MeasureError, match="expected a positive number"):
        counts().fit(seconds=seconds)
    with pytest.raises(rb.errors.MeasureError, match="expected a positive number"):
        rb.sweep(rb.influence(rb.input_signaling(), "X", "B"), [rb.boxes.pr()], seconds=seconds)


# ------------------------------------------------------------- fits, sweeps, networks


def test_an_incomplete_fit_is_a_behavior_that_fits_less_well(monkeypatch):
    data = counts()
    readings(monkeypatch)
    with pytest.raises(TimeLimitError, match="time limit of 4 s") as error:
        data.fit(seconds=4)
    monkeypatch.undo()
    partial, whole = error.value.partial, data.fit(seconds=1e6)
    assert not partial.complete
    assert whole.complete
    assert repr(partial).startswith("Incomplete fit of counts")
    assert partial.behavior.is_nonsignaling()
    assert partial.behavior.exact.min() > 0
    assert partial.deviance > whole.deviance == data.fit().deviance


def test_quantify_without_time_for_the_fit_says_so_in_every_row(monkeypatch):
    readings(monkeypatch)
    report = rb.quantify(counts(1), seconds_per_row=4)
    assert not report.fit.complete
    assert all("time limit of 4 s" in row.problem for row in report.rows)
    assert "incomplete, not yet of maximum likelihood" in repr(report)
    assert report.to_dict()["fit"]["complete"] is False


def test_a_sweep_that_runs_out_of_time_keeps_what_it_has(monkeypatch, tmp_path):
    """Signaling points are known to be without a value at once; a second call goes on from the checkpoint."""
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    measure = rb.influence(model, "X", "B")
    points = [local(model, seed) for seed in range(40)]
    file = tmp_path / "sweep"
    readings(monkeypatch)
    first = rb.sweep(measure, points, checkpoint=file, progress=False, seconds=50)
    monkeypatch.undo()
    late = first.status == "time limit"
    assert late.any()
    assert not late.all()
    assert all("time limit of 50 s" in reason for reason in first.reasons[late])
    assert np.isnan(first.values[late]).all()
    assert (first.status[~late] == "optimal").all()
    again = rb.sweep(measure, points, checkpoint=file, progress=False)
    whole = rb.sweep(measure, points, progress=False)
    assert (again.status == "optimal").all()
    assert (again.values == whole.values).all()
    assert (first.values[~late] == whole.values[~late]).all()


def test_a_network_without_time_for_a_model_says_so(monkeypatch):
    readings(monkeypatch)
    with pytest.raises(TimeLimitError, match="time limit of"):
        rb.minimize(rb.nonbilocality(rb.star(3)), rb.boxes.star(3), seconds=5)


@pytest.mark.slow
def test_a_network_with_time_for_little_returns_an_interval(monkeypatch):
    p, measure = rb.boxes.star(3), rb.nonbilocality(rb.star(3))
    readings(monkeypatch, step=0.02)
    found = rb.minimize(measure, p, seconds=20)
    monkeypatch.undo()
    assert found.status in ("optimal", "time limit")
    assert found.lower_bound <= 1.02849026 <= found.value + 1e-6
