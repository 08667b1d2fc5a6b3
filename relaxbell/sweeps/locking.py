"""A file for one process: the system's own locks, which end with the process, however it ends."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import weakref
from pathlib import Path

from relaxbell.errors import CheckpointError

_open: weakref.WeakSet[io.FileIO] = weakref.WeakSet()
"""Files that this process has locked."""


def open_alone(path: Path) -> io.FileIO:
    """Open a file for reading and writing, made if it is not there, that no other process has open in this way.

    Raises
    ------
    CheckpointError
        If another process has it, another sweep of this process, or the file system has no locks.
    OSError
        If it cannot be opened.
    """
    file = io.FileIO(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+")
    try:
        _lock(file)
    except OSError as refusal:
        file.close()
        if refusal.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            raise CheckpointError(
                f"{path} is in use by another sweep, expected one at a time. Wait until it ends, or give another file "
                "name. A process that was killed does not hold it."
            ) from None
        raise CheckpointError(
            f"{path} cannot be locked against other processes: {refusal.strerror}. Give a file on a local disk."
        ) from refusal
    _open.add(file)
    return file


def _lock(file: io.FileIO) -> None:
    """Take the lock of a file, or raise OSError; it ends when the file is closed."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(2**62)  # beyond all content: on Windows what is locked cannot be read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _close_in_child() -> None:
    """Close what a fork has copied: else workers that outlive a killed parent would go on holding its locks."""
    for file in list(_open):
        with contextlib.suppress(OSError):
            file.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
