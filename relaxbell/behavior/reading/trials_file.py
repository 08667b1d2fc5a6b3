"""Files with one row for each trial, of any length: read in blocks, of which only the different rows are kept.

Ten million trials hold a few dozen different rows. Where each cell is one digit, a block is an array of bytes;
otherwise its lines are counted as they are, and each different line is split once. All rows are split only where other
columns make most lines different.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.reading.progress import Bar
from relaxbell.behavior.reading.roles import Columns, Roles, find_roles, unread
from relaxbell.behavior.reading.rows import MOST_ROWS, Rows
from relaxbell.behavior.reading.sequences import too_many
from relaxbell.behavior.reading.text import (
    check_length,
    check_spaces,
    decoded,
    find_separator,
    opened,
    titles_of,
    without_hint,
)
from relaxbell.behavior.reading.values import canonical
from relaxbell.errors import CountsError

BLOCK = 2**23
"""Bytes that are read at once."""

_MOST_LINES = 2**14
"""Most different lines of a block that are split one by one and remembered."""

_DIGIT_COLUMNS = 6
"""Most columns whose digits are one number that indexes an array."""

_BLANK = -1


def read_header(path: Path) -> tuple[list[str], str, int]:
    """Return names of columns, what separates them, and how many lines come before the first row."""
    with opened(path) as (file, _):
        start = file.read(2**16)
    last = max(start.rfind(b"\n"), start.rfind(b"\r"))
    text, before = without_hint(
        decoded(start[: last + 1] if last >= 0 and start[:1] not in b"\xff\xfe" else start, path.name)
    )
    lines = text.splitlines()
    blank = next((k for k, line in enumerate(lines) if line.strip()), len(lines))
    if blank == len(lines):
        raise CountsError(f"{path.name} is empty. Expected a header such as x,y,a,b and a row for each trial.")
    line = lines[blank]
    separator = find_separator(line)
    titles = titles_of(next(csv.reader([line], delimiter=separator)))
    while titles and not titles[-1]:
        titles.pop()  # empty columns at the right of a spreadsheet
    return titles, separator, before + blank + 1


def read_trials_file(path: Path, outputs: Columns, inputs: Columns) -> Rows:
    """Return the trials of a file as different rows; see `Trials.read_csv`."""
    titles, separator, before = read_header(path)
    check_spaces(path.name, titles)
    roles = find_roles(path.name, titles, outputs, inputs, None)
    reader = _Reader(path, titles, separator, before, roles)
    weights = reader.count()
    if not weights:
        raise CountsError(f"{path.name} has a header but no rows. Expected one for each trial.")
    called = {n: f"column {titles[i]}" for n, i in zip(roles.names, roles.places, strict=True)}
    return Rows(
        path.name,
        roles.outputs,
        roles.inputs,
        reader.distinct,
        np.array(weights, dtype=np.int64),
        reader.chunks,
        reader.place,
        called,
        tuple(unread(roles.rest, titles)),
    )


class _Reader:
    """Reads a file more than once, and numbers its different rows."""

    def __init__(self, path: Path, titles: list[str], separator: str, before: int, roles: Roles) -> None:
        self.path, self.titles, self.separator, self.before, self.roles = path, titles, separator, before, roles
        self.distinct: list[tuple[Hashable, ...]] = []
        self._numbers: dict[tuple[Hashable, ...], int] = {}
        self._lines: dict[bytes, int] = {}
        self._codes = np.full(
            10 ** len(roles.places) if len(roles.places) <= _DIGIT_COLUMNS else 0, _BLANK, dtype=np.int64
        )
        self._blank = 0
        self._varied = False
        """Whether columns that are not read make most lines different."""

    def count(self) -> list[int]:
        """Return how often each different row comes."""
        totals: Counter[int] = Counter()
        for line, block in self._blocks():
            codes = self._digits(block) if not self._varied else self._marked(block)
            if codes is not None:
                times = np.bincount(codes, minlength=len(self._codes))
                seen = np.flatnonzero(times)
                for number, own in zip(self._numbered(seen).tolist(), times[seen].tolist(), strict=True):
                    totals[number] += own
                continue
            lines = _split(block)
            found = Counter(() if self._varied else lines)
            if len(found) > _MOST_LINES:
                self._varied = True
            if not self._varied:
                for text, own in found.items():
                    totals[self._line(text, lines, line)] += own
            else:
                totals.update(self._rows(lines, line))
        self._blank = totals.pop(_BLANK, 0)
        return [totals[k] for k in range(len(self.distinct))]

    def chunks(self) -> Iterator[NDArray[np.integer]]:
        """Yield the number of the different row that each trial is."""
        for line, block in self._blocks():
            codes = self._digits(block) if not self._varied else self._marked(block)
            if codes is not None:
                self._numbered(np.flatnonzero(np.bincount(codes)))
                yield self._codes[codes]
                continue
            lines = _split(block)
            try:
                ids = np.fromiter(map(self._lines.__getitem__, lines), dtype=np.int64, count=len(lines))
            except KeyError:
                ids = np.fromiter(self._rows(lines, line), dtype=np.int64, count=len(lines))
            yield ids[ids != _BLANK] if self._blank else ids

    def place(self, k: int) -> str:
        """Return the line of the k-th trial in words."""
        if self._blank:
            for line, block in self._blocks():
                own = [j for j, text in enumerate(_split(block)) if text.strip()]
                if k < len(own):
                    return f"line {line + own[k]}"
                k -= len(own)
        return f"line {self.before + 1 + k}"

    def _blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yield blocks of whole lines, and the number of the first of them."""
        with opened(self.path) as (file, raw), Bar(self.path) as bar:
            rest, line, skip = b"", 1, self.before
            while True:
                part = file.read(BLOCK)
                bar.show(raw.tell())
                if b"\r" in part and b"\n" not in part:
                    part = part.replace(b"\r", b"\n")  # an old Macintosh's
                end = part.rfind(b"\n") + 1 if part else 0
                if part and not end:
                    rest += part
                    if len(rest) > 8 * BLOCK:
                        raise CountsError(
                            f"{self.path.name}: a line of {len(rest):,} bytes, expected text. Is it a CSV file?"
                        )
                    continue
                block, rest = rest + part[:end], part[end:]
                while skip and block:
                    block, skip, line = block.partition(b"\n")[2], skip - 1, line + 1
                if block:
                    yield line, block
                    line += block.count(b"\n")
                if not part:
                    return

    def _digits(self, block: bytes) -> NDArray[np.int32] | None:
        """Return the digits of the variables as one number for each row; None where a cell is something else."""
        n = len(self.titles)
        width = block.find(b"\n") + 1
        if not len(self._codes) or width not in (2 * n, 2 * n + 1) or len(block) % width:
            return None
        cells = np.ascontiguousarray(np.frombuffer(block, dtype=np.uint8).reshape(-1, width).T)
        ends = [*([ord(self.separator)] * (n - 1)), *([13] * (width - 2 * n)), 10]
        places = [*range(1, 2 * n - 1, 2), *range(2 * n - 1, width)]
        if not all((cells[k] == end).all() for k, end in zip(places, ends, strict=True)):
            return None
        if any((cells[2 * k] - 48 > 9).any() for k in range(n)):
            return None
        return _joined(cells[2 * k] - 48 for k in self.roles.places)

    def _marked(self, block: bytes) -> NDArray[np.int32] | None:
        """Return the same where only the variables are one digit each, and other columns are of any width."""
        n = len(self.titles)
        if not len(self._codes) or b'"' in block or not block.endswith(b"\n"):
            return None
        data = np.frombuffer(block, dtype=np.uint8)
        ends = np.flatnonzero((data == ord(self.separator)) | (data == 10)).astype(np.int32)
        if len(ends) % n:
            return None
        marks, starts = data[ends].reshape(-1, n), np.concatenate(([0], ends[:-1] + 1)).astype(np.int32).reshape(-1, n)
        if not (marks[:, -1] == 10).all() or (marks[:, :-1] == 10).any():
            return None
        stops = ends.reshape(-1, n)
        parts = []
        for k in self.roles.places:
            first, last = starts[:, k], stops[:, k]
            digit = data[first] - 48
            width = last - first - (data[last - 1] == 13)
            if (width != 1).any() or (digit > 9).any():
                return None
            parts.append(digit)
        return _joined(parts)

    def _numbered(self, codes: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the different rows that such numbers are."""
        for code in codes[self._codes[codes] == _BLANK].tolist():
            self._codes[code] = self._number(tuple(map(int, f"{code:0{len(self.roles.places)}d}")))
        return self._codes[codes]

    def _number(self, row: tuple[Hashable, ...]) -> int:
        number = self._numbers.setdefault(row, len(self.distinct))
        if number == len(self.distinct):
            self.distinct.append(row)
            if number >= MOST_ROWS:
                raise too_many(self.path.name)
        return number

    def _line(self, text: bytes, lines: list[bytes], first: int) -> int:
        """Return the different row that one of some lines is."""
        if text in self._lines:
            return self._lines[text]
        try:
            number = next(self._rows([text], first))
        except CountsError:  # once more, to name its place
            number = next(self._rows([text], first + lines.index(text)))
        if len(self._lines) < 4 * _MOST_LINES:
            self._lines[text] = number
        return number

    def _rows(self, lines: list[bytes], first: int) -> Iterator[int]:
        """Yield the different row of each line, which is split."""
        known: dict[tuple[str, ...], int] = {}
        places, n = self.roles.places, len(self.titles)
        quoted = any(b'"' in text for text in lines)
        for k, raw in enumerate(lines):
            if not raw.strip():
                yield _BLANK
                continue
            try:
                text = raw.decode("utf-8").rstrip("\r")
                cells = next(csv.reader([text], delimiter=self.separator)) if quoted else text.split(self.separator)
            except (UnicodeDecodeError, csv.Error) as error:
                raise CountsError(
                    f"{self.path.name}, line {first + k}: {error}, expected UTF-8 text. Save it as a plain CSV file."
                ) from None
            if (len(cells) != n and any(cell.strip() for cell in cells[n:])) or len(cells) < n:
                check_length(cells, self.titles, f"{self.path.name}, line {first + k}")
            key = tuple([cells[i] for i in places])
            if key not in known:
                known[key] = self._number(tuple(map(canonical, key)))
            yield known[key]


def _joined(digits: Iterable[NDArray[np.uint8]]) -> NDArray[np.int32]:
    """Return decimal digits, one array for each, as one number for each row."""
    codes = np.zeros(1, dtype=np.int32)
    for digit in digits:
        codes = codes * np.int32(10) + digit
    return codes


def _split(block: bytes) -> list[bytes]:
    lines = block.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines
