"""A checkpoint: a file of JSON lines, a header that identifies the task, then one line for each chunk.

Every line ends with a checksum: SHA-256 of the checksum before it and of the line's own content. So a line that was
changed, moved, repeated or taken out, or that comes from another file, does not fit; what is missing at the end was not
finished, and is computed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from relaxbell.errors import CheckpointError
from relaxbell.sweeps.columns import Columns
from relaxbell.sweeps.locking import open_alone
from relaxbell.sweeps.task import Row
from relaxbell.writing import refusals_named

_FORMAT = 2
_BEGINNING = b'{"relaxbell sweep":'
_SUM = b', "sha256": "'
_END = b'"}'
_LENGTH = len(_SUM) + 64 + len(_END)


class Checkpoint:
    """Finished chunks on disk; no other process can use the file until it is closed.

    Parameters
    ----------
    path
        Made if it is not there.
    identity
        Says of which task the chunks are.
    chunks
        How many points each chunk has.
    measures
        How many measures there are.
    packed
        Whether chunks are columns of floats, as of arrays, instead of rows.

    Attributes
    ----------
    done, columns
        The finished chunks: their rows, or their columns.

    Raises
    ------
    CheckpointError
        If the file belongs to another task, is damaged, is no checkpoint, is in use, or cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        identity: str,
        chunks: list[int],
        measures: int,
        *,
        packed: bool = False,
    ) -> None:
        self._path, self._identity, self._chunks, self._measures = Path(path), identity, chunks, measures
        self._packed = packed
        self.done: dict[int, list[list[Row]]] = {}
        self.columns: dict[int, list[Columns]] = {}
        self._last = ""
        with refusals_named(self._path, CheckpointError):
            self._check_kind()
            self._file = open_alone(self._path)
            try:
                self._begin()
            except BaseException:
                self._file.close()
                raise

    def add(self, chunk: int, rows: list[list[Row]]) -> None:
        """Append a finished chunk; it is on the disk when this returns.

        Raises
        ------
        CheckpointError
            If the system refuses, for example because the disk is full.
        """
        with refusals_named(self._path, CheckpointError):
            self._write({"chunk": chunk, "rows": rows})

    def add_columns(self, chunk: int, columns: list[Columns]) -> None:
        """Append the columns of a finished chunk; they are on the disk when this returns.

        Raises
        ------
        CheckpointError
            If the system refuses, for example because the disk is full.
        """
        with refusals_named(self._path, CheckpointError):
            self._write({"chunk": chunk, "rows": [own.packed() for own in columns]})

    def close(self) -> None:
        """Close the file, for others to use."""
        self._file.close()

    def _check_kind(self) -> None:
        """Raise CheckpointError for what is there and is no file: reading a device may have no end."""
        if self._path.exists() and not stat.S_ISREG(self._path.stat().st_mode):
            raise CheckpointError(f"{self._path} is not a file. Give the name of one, or a new name.")

    def _begin(self) -> None:
        """Read what is there, drop a last line that was not finished, and write the header of a new file."""
        content = self._file.read()
        lines = content.split(b"\n")[:-1]
        end = content.rfind(b"\n") + 1
        if not lines and content and not _BEGINNING.startswith(content[: len(_BEGINNING)]):
            raise CheckpointError(f"{self._path} is not a checkpoint of a sweep. Give a new file name.")
        if lines:
            self._read_header(lines[0])
            for number, line in enumerate(lines[1:], start=2):
                self._read_chunk(number, line)
        self._file.truncate(end)
        self._file.seek(end)
        if not lines:
            self._write({"relaxbell sweep": _FORMAT, "task": self._identity, "chunks": len(self._chunks)})

    def _write(self, record: dict[str, Any]) -> None:
        body = json.dumps(record, ensure_ascii=False).encode()
        checksum = self._checksum(body)
        line = memoryview(body[:-1] + _SUM + checksum.encode() + _END + b"\n")
        while line:  # a write may be short
            line = line[self._file.write(line) :]
        os.fsync(self._file.fileno())
        self._last = checksum

    def _checksum(self, body: bytes) -> str:
        return hashlib.sha256(self._last.encode() + body).hexdigest()

    def _read_header(self, line: bytes) -> None:
        version = re.match(rb"\s*([^\s,}]+)", line.removeprefix(_BEGINNING))
        if not line.startswith(_BEGINNING) or version is None:
            raise CheckpointError(f"{self._path} is not a checkpoint of a sweep. Give a new file name.")
        found = version[1].decode(errors="replace")
        if found != str(_FORMAT):
            raise CheckpointError(
                f"{self._path} has checkpoint format {found[:20]!r}, expected {_FORMAT}, with checksums. Finish it "
                "with the version of relaxbell that began it, or begin a new file."
            )
        record = self._record(1, line)
        if record.get("task") != self._identity or record.get("chunks") != len(self._chunks):
            raise CheckpointError(
                f"{self._path} belongs to another sweep: found task {str(record.get('task'))[:12]}…, expected "
                f"{self._identity[:12]}…. Measures, constraints and points must be those it was begun with; for "
                "others give a new file name."
            )

    def _read_chunk(self, number: int, line: bytes) -> None:
        record = self._record(number, line)
        try:
            chunk, rows = int(record["chunk"]), record["rows"]
            if self._packed:
                fits = chunk >= 0 and chunk not in self.columns and len(rows) == self._measures
                self.columns[chunk] = [Columns.unpacked(own, self._chunks[chunk]) for own in rows]
                return self._check_fits(number, fits=fits)
            sizes = [len(column) for column in rows]
            fits = chunk >= 0 and chunk not in self.done and sizes == [self._chunks[chunk]] * self._measures
            self.done[chunk] = [[(r[0], r[1], str(r[2]), str(r[3]), float(r[4])) for r in column] for column in rows]
        except (KeyError, IndexError, TypeError, ValueError):
            fits = False
        self._check_fits(number, fits=fits)

    def _check_fits(self, number: int, *, fits: bool) -> None:
        if not fits:
            raise CheckpointError(f"line {number} of {self._path} is not a chunk of this sweep. Begin a new file.")

    def _record(self, number: int, line: bytes) -> dict[str, Any]:
        """Return the record of a line whose checksum fits."""
        body, tail = line[:-_LENGTH] + b"}", line[-_LENGTH:]
        checksum = self._checksum(body)
        if tail != _SUM + checksum.encode() + _END:
            raise CheckpointError(
                f"line {number} of {self._path} is damaged: its checksum does not fit what it says and the line before "
                "it. Remove this line and all below it, and they are computed again; or begin a new file."
            )
        self._last = checksum
        record: dict[str, Any] = json.loads(body)
        return record
