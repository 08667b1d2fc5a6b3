"""The same columns, bit by bit, on any executor; a killed sweep resumes where it was."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.sweeps import running


def task():
    """Two measures of different models, a budget for neither; unequal cardinalities; points that fail."""
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    own = rb.measure(model, {"p(B=0)": model.probability({"B": 0}, do={"X": 0, "Y": 0})}, name="own")
    other = rb.dependence(rb.bell((2, 3), (3, 2)).relax("L -> X"))
    rng = np.random.default_rng(0)
    q = rng.exponential(size=(30, model.strategies.count)) * (rng.random((30, model.strategies.count)) < 0.05)
    points = {
        (k, "q"): rb.Behavior((model.T @ (row / row.sum())).reshape(model.observed_shape)) for k, row in enumerate(q)
    }
    return [rb.influence(model, "X", "B"), own, other], points | {"none": None}


@pytest.fixture(scope="module")
def alone():
    return rb.sweep(*task(), progress=False)


def assert_equal(columns, expected):
    for name in ("values", "lower_bounds"):
        assert getattr(columns, name).tobytes() == getattr(expected, name).tobytes()
    assert (columns.status == expected.status).all()
    assert (columns.reasons == expected.reasons).all()
    assert columns.labels == expected.labels


class Backwards(ThreadPoolExecutor):
    """Runs the last chunk first, each at once."""

    def submit(self, fn, /, *args, **kwargs):
        self.calls = [*getattr(self, "calls", []), (fn, args, kwargs, Future())]
        for own, given, named, future in reversed(self.calls) if len(self.calls) >= self.wanted else []:
            future.set_result(own(*given, **named))
        return self.calls[-1][-1]


def test_the_order_of_chunks_does_not_matter(alone):
    executor = Backwards()
    executor.wanted = 16  # 31 points make 16 chunks of 2
    assert_equal(rb.sweep(*task(), executor=executor, progress=False), alone)
    assert len(executor.calls) == 16


def test_threads(alone):
    with ThreadPoolExecutor(4) as executor:
        assert_equal(rb.sweep(*task(), executor=executor, progress=False), alone)


@pytest.mark.slow
def test_processes(alone):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        assert_equal(rb.sweep(*task(), executor=executor, progress=False), alone)
        budget = rb.bell((2, 3), (3, 2)).relax("X -> B", "L -> X")
        measure, limits = rb.influence(budget, "X", "B"), [rb.dependence(budget) <= 0.3, budget.q[0] <= 0.5]
        points = list(task()[1].values())[:5]
        here = rb.sweep(measure, points, progress=False, subject_to=limits)
        assert_equal(rb.sweep(measure, points, executor=executor, progress=False, subject_to=limits), here)


@pytest.mark.slow
def test_a_broken_pool_is_reported_and_what_is_done_is_kept(alone, tmp_path):
    path = tmp_path / "sweep.jsonl"
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        executor.submit(os.getpid).result()
        executor.submit(_kill_later, executor.submit(os.getpid).result())
        with pytest.raises(BrokenProcessPool) as caught:
            rb.sweep(*task(), executor=executor, checkpoint=path, progress=False)
    assert "With checkpoint=… it resumes" in caught.value.__notes__[0]
    assert_equal(rb.sweep(*task(), checkpoint=path, progress=False), alone)


def _kill_later(pid):
    os.kill(pid, signal.SIGKILL)


# ---------------------------------------------------------------------- Dask


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # distributed's own: ports, sockets left to the garbage collector
@pytest.mark.parametrize("kill", [False, True])
def test_dask(alone, kill, monkeypatch):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        if kill:
            address = sorted(client.scheduler_info()["workers"])[0]
            pid = client.run(os.getpid, workers=[address])[address]
            advance, killed = running._Bar.advance, []

            def kill_once(bar, count):
                if not killed:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(bar)
                advance(bar, count)

            monkeypatch.setattr(running._Bar, "advance", kill_once)  # called when the first chunk is finished
        columns = rb.sweep(*task(), executor=client.get_executor(), progress=False)
        assert_equal(columns, alone)
        if kill:
            assert killed


# ----------------------------------------------------------------- checkpoints


def test_a_finished_checkpoint_is_read_back(alone, tmp_path):
    path = tmp_path / "sweep.jsonl"
    assert_equal(rb.sweep(*task(), checkpoint=path, progress=False), alone)
    content = path.read_bytes()
    assert len(content.splitlines()) == 17
    again = rb.sweep(*task(), checkpoint=path, progress=False)
    assert_equal(again, alone)
    assert path.read_bytes() == content  # nothing was solved again


@pytest.mark.parametrize("cut", [1, 20, 400])
@pytest.mark.slow
def test_a_partial_last_line_is_redone(alone, tmp_path, cut):
    path = tmp_path / "sweep.jsonl"
    rb.sweep(*task(), checkpoint=path, progress=False)
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    assert_equal(rb.sweep(*task(), checkpoint=path, progress=False), alone)
    assert len(path.read_bytes().splitlines()) == 17


def test_a_header_that_was_cut_is_begun_again(alone, tmp_path):
    path = tmp_path / "sweep.jsonl"
    path.write_bytes(b'{"relaxbell sweep": 1, "ta')
    assert_equal(rb.sweep(*task(), checkpoint=path, progress=False), alone)


def test_another_task_is_refused(tmp_path):
    path = tmp_path / "sweep.jsonl"
    measures, points = task()
    rb.sweep(measures[0], points, checkpoint=path, progress=False)
    content = path.read_bytes()
    labels = list(points)
    changed = points | {labels[0]: points[labels[1]]}
    same = rb.influence(rb.bell((2, 3), (3, 2)).relax("X -> B"), "X", "B")
    rb.sweep(same, list(points.values()), checkpoint=path, progress=False)  # another instance, other labels
    for measure, given, limits in (
        (measures[0], changed, ()),
        (measures[0], dict(list(points.items())[:-1]), ()),
        (measures[1], points, ()),
        (measures[:2], points, ()),
        (2 * measures[0], points, ()),
        (measures[0], points, [measures[0] <= 0.5]),
        (measures[0], points, [measures[0].model.q[0] <= 0.5]),
    ):
        with pytest.raises(rb.errors.CheckpointError, match="belongs to another sweep: found task"):
            rb.sweep(measure, given, checkpoint=path, progress=False, subject_to=limits)
    assert path.read_bytes() == content


def test_files_that_are_no_checkpoints_are_left_alone(tmp_path):
    measures, points = task()
    path = tmp_path / "sweep.jsonl"
    for content, text in (
        ("my thesis", "is not a checkpoint"),
        ("my thesis\n", "is not a checkpoint"),
        ("{}\n", "is not a checkpoint"),
        (
            json.dumps({"relaxbell sweep": 1, "task": "", "chunks": 16}) + "\n",
            "format '1', expected 2, with checksums",
        ),
        (json.dumps({"relaxbell sweep": 3}) + "\n", "format '3', expected 2"),
        (json.dumps({"relaxbell sweep": 2}) + "\n", "line 1 of .* is damaged"),
    ):
        path.write_text(content)
        with pytest.raises(rb.errors.CheckpointError, match=text):
            rb.sweep(measures, points, checkpoint=path, progress=False)
        assert path.read_text() == content


def test_a_damaged_line_in_the_middle_is_reported(tmp_path):
    path = tmp_path / "sweep.jsonl"
    rb.sweep(*task(), checkpoint=path, progress=False)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], "{\n", *lines[4:]]))
    with pytest.raises(rb.errors.CheckpointError, match=r"line 4 of .* is damaged"):
        rb.sweep(*task(), checkpoint=path, progress=False)
    path.write_text("".join([*lines[:3], '{"chunk": 99, "rows": []}\n', *lines[4:]]))
    with pytest.raises(
        rb.errors.CheckpointError, match=r"line 4 of .* is damaged: .* Remove this line and all below it"
    ):
        rb.sweep(*task(), checkpoint=path, progress=False)
    path.write_text("".join(lines[:3]))  # the remedy
    rb.sweep(*task(), checkpoint=path, progress=False)
    assert path.read_text().splitlines(keepends=True)[:3] == lines[:3]


SCRIPT = """
import sys, time
sys.path.insert(0, {here!r})
import test_executors
import relaxbell.sweeps.checkpoint as checkpoint
import relaxbell as rb
add = checkpoint.Checkpoint.add
def slowly(self, chunk, rows):
    add(self, chunk, rows)
    print(chunk, flush=True)
    time.sleep(0.2)
checkpoint.Checkpoint.add = slowly
rb.sweep(*test_executors.task(), checkpoint=sys.argv[1], progress=False)
"""


@pytest.mark.slow
def test_a_killed_process_loses_nothing_that_was_finished(alone, tmp_path):
    path = tmp_path / "sweep.jsonl"
    script = SCRIPT.format(here=os.path.dirname(__file__))
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    finished = [int(process.stdout.readline()) for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    kept = [json.loads(line)["chunk"] for line in path.read_text().splitlines()[1:]]
    assert set(finished) <= set(kept)
    assert len(kept) < 16
    assert_equal(rb.sweep(*task(), checkpoint=path, progress=False), alone)
    again = [json.loads(line)["chunk"] for line in path.read_text().splitlines()[1:]]
    assert again[: len(kept)] == kept
    assert sorted(again) == list(range(16))  # each chunk once


# -------------------------------------------------------------------- progress


def test_progress_appears_when_it_takes_a_while(monkeypatch, capsys):
    pytest.importorskip("tqdm")
    monkeypatch.setattr("relaxbell.sweeps.running._PATIENCE", 0.0)
    rb.sweep(*task(), progress=False)
    assert capsys.readouterr().err == ""
    rb.sweep(*task())
    assert "31/31" in capsys.readouterr().err


def test_progress_is_silent_without_tqdm(monkeypatch, capsys):
    monkeypatch.setattr("relaxbell.sweeps.running._PATIENCE", 0.0)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    rb.sweep(*task())
    assert capsys.readouterr().err == ""
