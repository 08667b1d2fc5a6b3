"""Text of files: compressed or not, with byte order mark or not, separated by commas, semicolons, tabs or bars."""

from __future__ import annotations

import codecs
import contextlib
import csv
import gzip
import io
import zlib
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from relaxbell.behavior.reading.roles import looks_like_a_variable
from relaxbell.errors import CountsError

SIZE_LIMIT = 4 * 2**20
"""Largest table of counts that is read, in bytes."""

_GZIP = b"\x1f\x8b"
_OTHERS = {
    b"PK\x03\x04": ("a spreadsheet or an archive", "Save the sheet as CSV, or give load_counts a frame"),
    b"PAR1": ("a Parquet file", "Read it with pandas, polars or pyarrow, and give load_counts the frame"),
    b"\x89HDF": ("an HDF5 file", "Read its columns, and give them to load_counts or Counts.from_trials"),
    b"SQLi": ("a database of SQLite", "Select its columns, and give the rows to Counts.from_trials"),
}
"""First bytes of what people give that is no text."""

_LONGEST = 2**16
"""Letters of a header from which it is seen what separates its cells."""

SEPARATORS = (",", ";", "\t", "|")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Open a file as its text in bytes and the file itself, which says how far one is."""
    try:
        with path.open("rb") as raw:
            start = raw.read(4)
            raw.seek(0)
            for mark, (kind, remedy) in _OTHERS.items():
                if start == mark:
                    raise CountsError(f"{path.name} is {kind}, expected text. {remedy}.")
            if start[:2] != _GZIP:
                yield raw, raw
                return
            with gzip.open(raw) as unpacked:
                yield cast("IO[bytes]", unpacked), raw
    except (OSError, ValueError, EOFError, zlib.error) as error:
        if isinstance(error, CountsError):
            raise
        raise CountsError(
            f"cannot read {path.name[:80]!r}: {getattr(error, 'strerror', None) or error}. Give the path of a CSV file."
        ) from None


def read_text(path: Path) -> str:
    """Return the text of a table that is not large."""
    with opened(path) as (file, _):
        data = file.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise CountsError(
            f"{path.name} is larger than {SIZE_LIMIT // 2**20} MiB, expected a smaller table. Sum the trials first: "
            "one row for each combination of settings and outcomes."
        )
    text = decoded(data, path.name)
    if "\0" in text:
        raise CountsError(f"{path.name} contains a zero byte, expected text. Save it as a plain CSV file.")
    return text if "\n" in text else text.replace("\r", "\n")  # an old Macintosh's


def decoded(data: bytes, name: str) -> str:
    """Return UTF-8 as text, or what a byte order mark says; spreadsheets write one."""
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise CountsError(f"{name} is not UTF-8 text (byte {error.start}). Save it as a plain CSV file.") from None
    if utf16 and not text[:9].isascii():  # the mark alone does not make it UTF-16
        raise CountsError(f"{name} is not UTF-8 text (byte 0). Save it as a plain CSV file.")
    return text


@dataclass(frozen=True)
class Grid:
    """A small table of cells.

    Parameters
    ----------
    what
        Name of the file or frame.
    header
        Names of the columns.
    rows
        What each row is called, and its cells.
    separator
        Between the cells of a file; None for frames.
    """

    what: str
    header: tuple[Hashable, ...]
    rows: Sequence[tuple[str, Sequence[object]]]
    separator: str | None = None


def read_grid(path: Path) -> Grid:
    """Return the cells of a file; empty rows and empty columns without a name are none."""
    text, first = without_hint(read_text(path))
    separator = find_separator(text.partition("\n")[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    lines: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((reader.line_num + first, cells))
    except csv.Error as error:
        raise CountsError(
            f"{path.name}, line {reader.line_num + first}: {error}. Expected comma-separated values."
        ) from None
    if not lines:
        raise CountsError(f"{path.name} is empty. Expected a header such as x,y,a,b,count and rows of numbers.")
    header, *rows = lines
    check_comment(path.name, header[1])
    titles = titles_of(header[1])
    check_spaces(path.name, titles)
    width = max((k + 1 for k, title in enumerate(titles) if title), default=0)
    trimmed = []
    for line, cells in rows:
        where = f"{path.name}, line {line}"
        own = cells[:width] if not any(cell.strip() for cell in cells[width:]) and len(cells) >= width else cells
        check_length(own, titles[:width], where)
        trimmed.append((where, own))
    return Grid(path.name, tuple(titles[:width]), trimmed, separator)


def titles_of(cells: Sequence[str]) -> list[str]:
    """Return names of columns; numpy.savetxt writes "# " before the first.

    Examples
    --------
    >>> titles_of(["# x", " a "])
    ['x', 'a']
    """
    return [cell.strip().removeprefix("#").strip() if k == 0 else cell.strip() for k, cell in enumerate(cells)]


def without_hint(text: str) -> tuple[str, int]:
    """Return text without the line ``sep=;`` with which spreadsheets begin, and how many lines that were."""
    line, _, rest = text.partition("\n")
    return (rest, 1) if line.strip().strip('"').lower() in [f"sep={s}" for s in (*SEPARATORS, "")] else (text, 0)


def find_separator(line: str) -> str:
    """Return what separates the cells of a header: a comma, unless something else does.

    Examples
    --------
    >>> find_separator("x;y;a;b;count"), find_separator("x"), find_separator('"a,b"')
    (';', ',', ',')
    """
    line = line.rstrip("\r")[:_LONGEST]
    cells = {s: next(csv.reader([line], delimiter=s), []) for s in SEPARATORS} if line.strip() else {}
    return max(cells, key=lambda s: (len(cells[s]) > 1) * _known(cells[s]), default=",")


def _known(cells: Sequence[str]) -> float:
    """Return how well cells look like a header: names that are known count most."""
    names = titles_of(cells)
    return 1 + sum(10.0 for name in names if looks_like_a_variable(name) or name.lower() == "count") + len(names) / 100


def check_comment(what: str, first: Sequence[str]) -> None:
    """Raise CountsError if the first line is a comment; with names of columns it is numpy.savetxt's header."""
    text = first[0].strip() if len(first) == 1 else ""
    if text.startswith(("#", "%", "//")):
        raise CountsError(
            f"{what}: the first line is a comment ({text[:60]!r}), expected a header such as x,y,a,b,count. Remove it."
        )


def check_spaces(what: str, header: Sequence[str]) -> None:
    """Raise CountsError if the header is split by spaces."""
    words = " ".join(header).split()
    known = [word for word in words if looks_like_a_variable(word) or word.lower() == "count"]
    if len(header) == 1 and len(words) > 1 and known:
        raise CountsError(
            f"{what}: the header is separated by spaces ({header[0][:60]!r}), expected commas, semicolons or tabs. "
            "Replace them."
        )


def check_length(cells: Sequence[object], header: Sequence[object], where: str) -> None:
    """Raise CountsError if a row has more or fewer cells than the header."""
    if len(cells) != len(header):
        raise CountsError(
            f"{where}: {len(cells)} cells, expected {len(header)} ({', '.join(map(str, header))}). "
            f"{'Fill the missing ones.' if len(cells) < len(header) else 'Remove the others.'}"
        )
