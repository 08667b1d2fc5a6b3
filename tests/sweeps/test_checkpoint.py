"""Checkpoints: whatever happens to the file, a sweep gives the same numbers or a named error."""

import errno
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading

import pytest

import relaxbell as rb
from relaxbell.sweeps.checkpoint import Checkpoint


def task(points=24):
    """One measure, unequal cardinalities: inputs (2, 3), outputs (3, 2)."""
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    boxes = [rb.boxes.pr(), rb.boxes.tsirelson()]
    return rb.influence(model, "X", "B"), [wide(boxes[k % 2].visibility(0.5 + k / 50)) for k in range(points)]


def wide(p):
    """The behavior with a third outcome of Alice's, never seen, and a third setting of Bob's, like his second."""
    table = rb.Behavior([[[[p.p[a, b, x, min(y, 1)] if a < 2 else 0.0 for y in range(3)] for x in range(2)]
                          for b in range(2)] for a in range(3)])  # fmt: skip
    return table


def numbers(columns):
    return columns.values.tolist(), columns.lower_bounds.tolist(), columns.status.tolist(), columns.reasons.tolist()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished checkpoint: its bytes, the numbers, and the bytes of another run of the same task."""
    folder = tmp_path_factory.mktemp("checkpoints")
    contents = []
    for name in ("one", "two"):
        columns = rb.sweep(*task(), checkpoint=folder / name, progress=False)
        contents.append((folder / name).read_bytes())
    return contents[0], numbers(columns), contents[1]


def corruptions(content, other, rng):
    """Yield (what was done, the bytes) of some 200 ways to damage a file."""
    lines = content.split(b"\n")[:-1]
    others = other.split(b"\n")[:-1]

    def joined(found):
        return b"".join(line + b"\n" for line in found)

    for _ in range(70):
        place, bit = rng.randrange(len(content)), rng.randrange(8)
        yield f"bit {bit} of byte {place}", content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]
    for _ in range(20):
        start = rng.randrange(len(content))
        size = rng.randrange(1, 40)
        yield f"{size} bytes out at {start}", content[:start] + content[start + size :]
    for _ in range(20):
        place = rng.randrange(len(content))
        yield f"byte put in at {place}", content[:place] + bytes([rng.randrange(256)]) + content[place:]
    for _ in range(20):
        i, j = rng.sample(range(len(lines)), 2)
        changed = list(lines)
        changed[i], changed[j] = changed[j], changed[i]
        yield f"lines {i} and {j} swapped", joined(changed)
    for i in range(len(lines)):
        yield f"line {i} out", joined(lines[:i] + lines[i + 1 :])
        yield f"line {i} twice", joined(lines[: i + 1] + lines[i:])
        yield f"line {i} of another run", joined([*lines[:i], others[i], *lines[i + 1 :]])
    for _ in range(20):
        yield "cut", content[: rng.randrange(len(content))]
    for number in rng.sample([line for line in lines if b"0." in line], 10):
        changed = number.replace(b"0.", b"1.", 1)
        yield "a digit of a value", content.replace(number, changed)
    yield "zeros at the end", content + bytes(100)
    yield "zeros in place of the last line", joined(lines[:-1]) + bytes(len(lines[-1])) + b"\n"
    yield "other line breaks", content.replace(b"\n", b"\r\n")
    yield "twice", content + content


@pytest.mark.slow
def test_no_corruption_changes_a_number(finished, tmp_path):
    """Same numbers or a named error. What is cut off at the end is computed again; all else is refused."""
    content, expected, other = finished
    path = tmp_path / "sweep.jsonl"
    refused, ways = 0, list(corruptions(content, other, random.Random(13)))
    assert len(ways) >= 150
    for what, damaged in ways:
        path.write_bytes(damaged)
        try:
            found, message = numbers(rb.sweep(*task(), checkpoint=path, progress=False)), None
        except rb.errors.CheckpointError as error:
            message = str(error)
        if message is not None:
            refused += 1
            assert str(path) in message
            assert any(remedy in message for remedy in ("Remove this line", "new file")), what
            assert path.read_bytes() == damaged, what  # nothing that may be of use is lost
        else:
            assert found == expected, what
            whole = path.read_bytes().split(b"\n")
            assert len(whole) == len(content.split(b"\n")), what
            assert damaged == content or content.startswith(damaged[: damaged.rfind(b"\n") + 1]), what
    assert refused > 150


def test_every_line_has_a_checksum_of_it_and_the_line_before(finished):
    import hashlib

    last = ""
    for line in finished[0].decode().splitlines():
        record = json.loads(line)
        checksum = record.pop("sha256")
        last = hashlib.sha256((last + json.dumps(record, ensure_ascii=False)).encode()).hexdigest()
        assert checksum == last


# ------------------------------------------------------------------------- lock


SCRIPT = """
import sys, time
sys.path.insert(0, {here!r})
import test_checkpoint
import relaxbell as rb
import relaxbell.sweeps.checkpoint as checkpoint
add = checkpoint.Checkpoint.add
def slowly(self, chunk, rows):
    add(self, chunk, rows)
    print(chunk, flush=True)
    if chunk == 3:
        {then}
checkpoint.Checkpoint.add = slowly
rb.sweep(*test_checkpoint.task(), checkpoint=sys.argv[1], progress=False)
"""


def begun(path, then="sys.stdin.readline()"):
    """Start a sweep in another process that waits after its fourth chunk."""
    script = SCRIPT.format(here=os.path.dirname(__file__), then=then)
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    while process.stdout.readline().strip() != "3":
        assert process.poll() is None
    return process


def ended(process):
    process.stdin.close()
    process.stdout.close()
    return process.wait()


@pytest.mark.slow
def test_a_second_process_is_refused_and_loses_nothing(finished, tmp_path):
    path = tmp_path / "sweep.jsonl"
    process = begun(path)
    before = path.read_bytes()
    with pytest.raises(
        rb.errors.CheckpointError, match=r"sweep\.jsonl is in use by another sweep.* Wait until it ends, or give"
    ):
        rb.sweep(*task(), checkpoint=path, progress=False)
    assert path.read_bytes() == before
    process.stdin.write("\n")
    process.stdin.flush()
    while process.stdout.readline():
        pass
    assert ended(process) == 0
    assert numbers(rb.sweep(*task(), checkpoint=path, progress=False)) == finished[1]


@pytest.mark.slow
def test_a_killed_process_blocks_nobody(finished, tmp_path):
    path = tmp_path / "sweep.jsonl"
    process = begun(path)
    process.send_signal(signal.SIGKILL)
    assert ended(process) == -signal.SIGKILL
    assert len(path.read_bytes().splitlines()) == 5
    assert numbers(rb.sweep(*task(), checkpoint=path, progress=False)) == finished[1]


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no forks here")
@pytest.mark.slow
def test_workers_that_outlive_a_killed_process_block_nobody(finished, tmp_path):
    path, alive = tmp_path / "sweep.jsonl", tmp_path / "alive"
    then = f"""
        import os
        child = os.fork()
        if not child:
            os.close(1)
            open({str(alive)!r}, "w").write(str(os.getpid()))
            time.sleep(600)
        while not os.path.exists({str(alive)!r}):
            time.sleep(0.01)
        print("3", flush=True)
        sys.stdin.readline()"""
    process = begun(path, then)
    assert process.stdout.readline().strip() == "3"  # the worker is there
    process.send_signal(signal.SIGKILL)
    ended(process)
    worker = int(alive.read_text())
    try:
        os.kill(worker, 0)
        assert numbers(rb.sweep(*task(), checkpoint=path, progress=False)) == finished[1]
    finally:
        os.kill(worker, signal.SIGKILL)


def test_two_sweeps_of_one_process(finished, tmp_path):
    path = tmp_path / "sweep.jsonl"
    path.write_bytes(finished[0])
    identity = json.loads(finished[0].splitlines()[0])["task"]
    chunks = [2] * (len(finished[0].splitlines()) - 1)
    first = Checkpoint(path, identity, chunks, 1)
    found = []

    def second():
        try:
            rb.sweep(*task(), checkpoint=path, progress=False)
        except rb.errors.CheckpointError as error:
            found.append(str(error))

    thread = threading.Thread(target=second)
    thread.start()
    thread.join()
    assert "is in use by another sweep" in found[0]
    first.close()
    assert numbers(rb.sweep(*task(), checkpoint=path, progress=False)) == finished[1]


def test_a_refused_sweep_leaves_the_file_to_others(finished, tmp_path):
    path = tmp_path / "sweep.jsonl"
    path.write_bytes(b"my thesis\n")
    for _ in range(2):
        with pytest.raises(rb.errors.CheckpointError, match="is not a checkpoint"):
            rb.sweep(*task(), checkpoint=path, progress=False)


# ------------------------------------------------------------- what the system refuses


def test_a_full_disk_is_named_and_loses_nothing(finished, tmp_path, monkeypatch):
    """The write is short, then refused, as by a disk that has room for a part of the line."""
    path = tmp_path / "sweep.jsonl"
    real, count = Checkpoint._write, []

    def write(self, record):
        count.append(record)
        if len(count) == 5:
            self._file.write(b'{"chunk": 3, "ro')
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(self, record)

    monkeypatch.setattr(Checkpoint, "_write", write)
    with pytest.raises(
        rb.errors.CheckpointError, match=r"sweep\.jsonl cannot be written: No space left on device\. Free space"
    ):
        rb.sweep(*task(), checkpoint=path, progress=False)
    monkeypatch.undo()
    assert numbers(rb.sweep(*task(), checkpoint=path, progress=False)) == finished[1]


def test_a_limit_of_the_system_on_the_size_of_files(finished, tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "sweep.jsonl"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(
            rb.errors.CheckpointError, match=r"sweep\.jsonl cannot be written: File too large\. Free space"
        ):
            rb.sweep(*task(), checkpoint=path, progress=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.stat().st_size == 1000
    assert numbers(rb.sweep(*task(), checkpoint=path, progress=False)) == finished[1]


def test_places_that_are_no_files(tmp_path):
    with pytest.raises(rb.errors.CheckpointError, match=r"cannot be written: No such file or directory\. Make its"):
        rb.sweep(*task(), checkpoint=tmp_path / "missing" / "sweep.jsonl", progress=False)
    with pytest.raises(rb.errors.CheckpointError, match="is not a file"):
        rb.sweep(*task(), checkpoint=tmp_path, progress=False)
    if os.path.exists("/dev/zero"):
        with pytest.raises(rb.errors.CheckpointError, match="is not a file"):
            rb.sweep(*task(), checkpoint="/dev/zero", progress=False)


def test_no_permission(tmp_path, monkeypatch):
    def refused(path, *_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(
        rb.errors.CheckpointError, match=r"cannot be written: Permission denied\. Change its permissions"
    ):
        rb.sweep(*task(), checkpoint=tmp_path / "sweep.jsonl", progress=False)


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refused(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refused)
    with pytest.raises(
        rb.errors.CheckpointError, match=r"cannot be locked .*: No locks available\. Give a file on a local"
    ):
        rb.sweep(*task(), checkpoint=tmp_path / "sweep.jsonl", progress=False)
