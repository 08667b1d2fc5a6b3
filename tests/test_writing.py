"""Files are written whole or not at all; what the system refuses is named with a remedy."""

import errno
import os
import pickle
import stat
from pathlib import Path

import pytest

import relaxbell as rb
from relaxbell.writing import make_directory, write_whole


def certificate():
    return rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr()).certificate


WRITERS = {
    "certificate": lambda path: certificate().save(path),
    "inequalities": lambda path: rb.write_inequalities(path, [rb.catalog.CHSH - 2]),
    "text": lambda path: write_whole(path, "exact"),
}


def full(monkeypatch, after):
    """Let the disk be full after some bytes; the file that is written first is a temporary one."""
    real = os.fsync

    def fsync(descriptor):
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.truncate(descriptor, after)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, writer):
    path = tmp_path / "file"
    path.write_text("old")
    full(monkeypatch, 3)
    with pytest.raises(rb.errors.FileError, match=r"file cannot be written: No space left on device\. Free space"):
        WRITERS[writer](path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]  # no temporary file is left


@pytest.mark.parametrize("writer", WRITERS)
def test_an_interruption_leaves_the_old_file(tmp_path, monkeypatch, writer):
    path = tmp_path / "file"
    path.write_text("old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        WRITERS[writer](path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_place_that_is_none(tmp_path, writer):
    with pytest.raises(
        rb.errors.FileError, match=r"missing.file cannot be written: No such file or directory\. Make its"
    ):
        WRITERS[writer](tmp_path / "missing" / "file")
    with pytest.raises(rb.errors.FileError, match="cannot be written: Is a directory"):
        WRITERS[writer](tmp_path)
    (tmp_path / "plain").write_text("")
    with pytest.raises(rb.errors.FileError, match=r"Not a directory\. Make its directory first"):
        WRITERS[writer](tmp_path / "plain" / "file")


def test_permissions_are_respected(tmp_path, monkeypatch):
    """A new file beside it and its name: that would go around the permissions of a file that is read-only."""
    path = tmp_path / "file"
    write_whole(path, "first")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda target, wanted: bool(target.stat().st_mode & 0o222))  # also for root
    with pytest.raises(rb.errors.FileError, match=r"Permission denied\. Change its permissions"):
        write_whole(path, "second")
    assert path.read_text() == "first"


def test_permissions_and_links_stay(tmp_path):
    path, link = tmp_path / "file", tmp_path / "link"
    write_whole(path, "first")
    usual = tmp_path / "usual"
    usual.write_text("")
    assert path.stat().st_mode == usual.stat().st_mode
    path.chmod(0o640)
    link.symlink_to(path)
    write_whole(link, b"second")
    assert link.is_symlink()
    assert path.read_text() == "second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")
@pytest.mark.parametrize("writer", WRITERS)
def test_devices_are_written_to_and_not_replaced(writer):
    with pytest.raises(rb.errors.FileError, match=r"/dev/full cannot be written: No space left on device\. Free space"):
        WRITERS[writer]("/dev/full")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_directories(tmp_path):
    assert make_directory(tmp_path / "a" / "b").is_dir()
    (tmp_path / "plain").write_text("")
    with pytest.raises(
        rb.errors.FileError, match=r"plain cannot be written: File exists\. A file is there, expected a dir"
    ):
        make_directory(tmp_path / "plain")
    with pytest.raises(rb.errors.FileError, match="plain cannot be written"):
        rb.quantify(rb.boxes.pr()).save_certificates(tmp_path / "plain")


def test_the_error_is_one_of_the_systems_and_ours():
    error = rb.errors.FileError("x cannot be written: it is full. Free space.")
    assert isinstance(error, OSError)
    assert isinstance(error, rb.errors.RelaxbellError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
