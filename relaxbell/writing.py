"""Files are written whole or not at all, and what the system refuses is said by name, with the remedy."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from relaxbell.errors import FileError, RelaxbellError

_SPACE = "Free space on its disk, or give a name on another one."
_PERMISSION = "Change its permissions, or give another name."
_DIRECTORY = "Make its directory first, or give another name."
_REMEDIES = {
    "ENOSPC": _SPACE,
    "EDQUOT": _SPACE,
    "EFBIG": _SPACE,
    "ENOENT": _DIRECTORY,
    "ENOTDIR": _DIRECTORY,
    "EISDIR": "A directory is there, expected a file: give another name.",
    "EEXIST": "A file is there, expected a directory: give another name.",
    "EACCES": _PERMISSION,
    "EPERM": _PERMISSION,
    "EROFS": "Its disk is read-only: give a name on another one.",
}
"""What the user can do, by the name of the system's error: not every system has all of them."""


@contextlib.contextmanager
def refusals_named(path: str | os.PathLike[str], error: type[RelaxbellError] = FileError) -> Iterator[None]:
    """Raise `error` with the path, what the system found, and the remedy, in place of an OSError."""
    try:
        yield
    except RelaxbellError:
        raise
    except OSError as refusal:
        reason = refusal.strerror or str(refusal)
        remedy = _REMEDIES.get(errno.errorcode.get(refusal.errno or 0, ""), "Give another name.")
        raise error(f"{os.fspath(path)} cannot be written: {reason}. {remedy}") from refusal


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file so that a crash, a full disk or a second writer leaves the old one or the new one, never a part.

    The content goes to a temporary file beside it, to the disk, and then takes the name. What is there and is no file
    (a pipe, a terminal) is written to as it is.

    Parameters
    ----------
    path
        The file; it is replaced, and keeps its permissions. A symbolic link stays one.
    content
        Text, written as UTF-8 with line breaks as they are, or bytes.

    Raises
    ------
    FileError
        If the system refuses.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "note.txt"
    >>> write_whole(path, "exact")
    >>> path.read_text()
    'exact'
    """
    data = content.encode() if isinstance(content, str) else content
    with refusals_named(path):
        target = Path(os.path.realpath(path))
        mode = _mode(target)
        if mode is not None and not stat.S_ISREG(mode):
            target.write_bytes(data)
            return
        if mode is not None and not os.access(target, os.W_OK):  # replacing would go around its permissions
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
        _replace(target, data, mode)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse a name that cannot become a file, before the work that is to be written there is done.

    Parameters
    ----------
    path
        Of the file.

    Raises
    ------
    FileError
        If a directory is there, or there is none to put it into, or the system does not allow it.

    Examples
    --------
    >>> check_writable("nowhere/report.html")
    Traceback (most recent call last):
    relaxbell.errors.FileError: nowhere/report.html cannot be written: No such file or directory. Make its directory...
    """
    with refusals_named(path):
        target = Path(os.path.realpath(path))
        mode = _mode(target)
        if mode is not None and stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
        if not target.parent.is_dir():
            code = errno.ENOTDIR if target.parent.exists() else errno.ENOENT
            raise OSError(code, os.strerror(code), str(target))
        if not os.access(target if mode is not None else target.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))


def make_directory(path: str | os.PathLike[str]) -> Path:
    """Return a directory, made with its parents if it is not there.

    Raises
    ------
    FileError
        If the system refuses.
    """
    folder = Path(path)
    with refusals_named(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _mode(target: Path) -> int | None:
    """Return type and permissions of what is there; None if nothing is."""
    try:
        return target.stat().st_mode
    except FileNotFoundError:
        return None


def _replace(target: Path, data: bytes, mode: int | None) -> None:
    temporary = target.with_name(f".{target.name[:100]}.{os.urandom(8).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(stat.S_IMODE(mode))
        temporary.replace(target)
    except BaseException:  # also when the user interrupts
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(target.parent)


def _sync_directory(folder: Path) -> None:
    """Bring the new name itself to the disk, where the system can; the content is there already."""
    with contextlib.suppress(OSError):  # Windows opens no directories, some file systems sync none
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
