"""A checkpoint: a file of JSON lines, a header that identifies the task, then one line for each chunk."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from relaxbell.errors import CheckpointError
from relaxbell.sweeps.task import Row

_FORMAT = 1


class Checkpoint:
    """Finished chunks on disk.

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

    Raises
    ------
    CheckpointError
        If the file belongs to another task, or is no checkpoint.
    """

    def __init__(self, path: str | os.PathLike[str], identity: str, chunks: list[int], measures: int) -> None:
        self._path, self._identity, self._chunks, self._measures = Path(path), identity, chunks, measures
        self.done: dict[int, list[list[Row]]] = {}
        lines, end = self._complete_lines()
        if lines:
            self._read_header(lines[0])
            for number, line in enumerate(lines[1:], start=2):
                self._read_chunk(number, line)
        self._file = self._path.open("r+b" if self._path.exists() else "w+b")
        self._file.truncate(end)  # what a killed process did not finish to write
        self._file.seek(end)
        if not lines:
            self._write({"relaxbell sweep": _FORMAT, "task": identity, "chunks": len(chunks)})

    def add(self, chunk: int, rows: list[list[Row]]) -> None:
        """Append a finished chunk; it is on the disk when this returns."""
        self._write({"chunk": chunk, "rows": rows})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, record: dict[str, Any]) -> None:
        self._file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _complete_lines(self) -> tuple[list[bytes], int]:
        """Return the lines that end with a line break, and where the last of them ends."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return [], 0
        end = content.rfind(b"\n") + 1
        if end == 0 and content and not b'{"relaxbell sweep":'.startswith(content[:19]):
            raise CheckpointError(f"{self._path} is not a checkpoint of a sweep. Give a new file name.")
        return content[:end].splitlines(), end

    def _read_header(self, line: bytes) -> None:
        record = self._record(1, line)
        if "relaxbell sweep" not in record:
            raise CheckpointError(f"{self._path} is not a checkpoint of a sweep. Give a new file name.")
        if record["relaxbell sweep"] != _FORMAT:
            raise CheckpointError(
                f"{self._path} has checkpoint format {record['relaxbell sweep']}, expected {_FORMAT}. "
                "Finish it with the version of relaxbell that began it, or begin a new file."
            )
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
            sizes = [len(column) for column in rows]
            fits = chunk >= 0 and sizes == [self._chunks[chunk]] * self._measures
            self.done[chunk] = [[(r[0], r[1], str(r[2]), str(r[3]), float(r[4])) for r in column] for column in rows]
        except (KeyError, IndexError, TypeError, ValueError):
            fits = False
        if not fits:
            raise CheckpointError(f"line {number} of {self._path} is not a chunk of this sweep. Begin a new file.")

    def _record(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise CheckpointError(f"line {number} of {self._path} is damaged. Begin a new file.")
        return record
