"""Files with one row for each trial, of any length: read in blocks, of which only the different rows are kept.

Ten million trials hold a few dozen different rows. Where each cell is one digit, a block is an array of bytes;
otherwise its lines are counted as they are, and each different line is split once. All rows are split only where other
columns make most lines different.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Hashable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.reading.progress import Bar
from relaxbell.behavior.reading.roles import Columns, Roles, find_roles, unread
from relaxbell.behavior.reading.rows import MOST_ROWS, Rows
from relaxbell.behavior.reading.sequences import too_many
from relaxbell.behavior.reading.text import (
    check_comment,
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

_MOST_CODES = 2**20
"""Most combinations of cells of which each has a number."""

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
    cells = next(csv.reader([line], delimiter=separator))
    check_comment(path.name, cells)
    titles = titles_of(cells)
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
    return Rows(
        path.name,
        roles.outputs,
        roles.inputs,
        reader.distinct,
        np.array(weights, dtype=np.int64),
        reader.chunks,
        reader.place,
        roles.called(titles),
        tuple(unread(roles.rest, titles)),
    )


class _Reader:
    """Reads a file more than once, and numbers its different rows."""

    def __init__(self, path: Path, titles: list[str], separator: str, before: int, roles: Roles) -> None:
        self.path, self.titles, self.separator, self.before, self.roles = path, titles, separator, before, roles
        self.distinct: list[tuple[Hashable, ...]] = []
        self._numbers: dict[tuple[Hashable, ...], int] = {}
        self._lines: dict[bytes, int] = {}
        with opened(path) as (file, _):
            start = file.read(2**16)
        self._macintosh = b"\r" in start and b"\n" not in start
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise CountsError(f"{path.name} is UTF-16, expected UTF-8 for trials. Save it as UTF-8.")
        self._blank = 0
        self._varied = False
        """Whether columns that are not read make most lines different."""

    def count(self) -> list[int]:
        """Return how often each different row comes."""
        totals: Counter[int] = Counter()
        for line, block in self._blocks():
            ids = self._marked(block) if self._varied else self._digits(block)
            if ids is not None:
                times = np.bincount(ids)
                seen = np.flatnonzero(times)
                totals.update(dict(zip(seen.tolist(), times[seen].tolist(), strict=True)))
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
            ids = self._marked(block) if self._varied else self._digits(block)
            if ids is not None:
                yield ids
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
                if self._macintosh:
                    part = part.replace(b"\r", b"\n")
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

    def _digits(self, block: bytes) -> NDArray[np.int64] | None:
        """Return the different row that each is, where all cells are one digit; else None."""
        n, places = len(self.titles), self.roles.places
        width = block.find(b"\n") + 1
        if len(places) > _DIGIT_COLUMNS or width not in (2 * n, 2 * n + 1) or len(block) % width:
            return None
        cells = np.ascontiguousarray(np.frombuffer(block, dtype=np.uint8).reshape(-1, width).T)
        ends = [*([ord(self.separator)] * (n - 1)), *([13] * (width - 2 * n)), 10]
        marks = [*range(1, 2 * n - 1, 2), *range(2 * n - 1, width)]
        if not all((cells[k] == end).all() for k, end in zip(marks, ends, strict=True)):
            return None
        if any((cells[2 * k] - 48 > 9).any() for k in range(n)):
            return None
        codes = np.zeros(cells.shape[1], dtype=np.int32)
        for k in places:
            codes = codes * np.int32(10) + (cells[2 * k] - 48)
        seen = np.flatnonzero(np.bincount(codes))
        digits = [seen // 10 ** (len(places) - 1 - k) % 10 for k in range(len(places))]
        return self._ids(codes, seen, [tuple(map(int, row)) for row in zip(*digits, strict=True)])

    def _marked(self, block: bytes) -> NDArray[np.int64] | None:
        """Return the same where only cells of variables are short, at most two bytes, and others of any width."""
        n = len(self.titles)
        if b'"' in block or not block.endswith(b"\n"):
            return None
        data = np.frombuffer(block, dtype=np.uint8)
        ends = np.flatnonzero((data == ord(self.separator)) | (data == 10)).astype(np.int32)
        if len(ends) % n:
            return None
        marks, starts = data[ends].reshape(-1, n), np.concatenate(([0], ends[:-1] + 1)).astype(np.int32).reshape(-1, n)
        if not (marks[:, -1] == 10).all() or (marks[:, :-1] == 10).any():
            return None
        stops = ends.reshape(-1, n)
        codes = np.zeros(len(stops), dtype=np.int64)
        known: list[tuple[Hashable, ...]] = [()]
        for k in self.roles.places:
            first, last = starts[:, k], stops[:, k]
            last = last - (data[last - 1] == 13) if k == n - 1 else last
            if ((last - first > 2) | (last <= first)).any():
                return None
            second = np.where(last - first == 2, data[last - 1], 0)
            letters = data[first].astype(np.int32) + second.astype(np.int32) * 256
            seen = np.flatnonzero(np.bincount(letters))
            place = np.zeros(2**16, dtype=np.int64)
            place[seen] = np.arange(len(seen))
            codes = codes * len(seen) + place[letters]
            try:
                cells = [int(cell).to_bytes(2, "little").rstrip(b"\0") for cell in seen]
                values = [canonical(cell.decode()) for cell in cells]
            except UnicodeDecodeError:
                return None
            known = [(*row, value) for row in known for value in values]
            if len(known) > _MOST_CODES:
                return None
        seen = np.flatnonzero(np.bincount(codes))
        return self._ids(codes, seen, [known[code] for code in seen.tolist()])

    def _ids(
        self, codes: NDArray[np.integer], seen: NDArray[np.int64], rows: list[tuple[Hashable, ...]]
    ) -> NDArray[np.int64]:
        """Return the different rows that such codes are."""
        numbers = np.zeros(int(seen[-1]) + 1, dtype=np.int64)
        numbers[seen] = [self._number(row) for row in rows]
        return numbers[codes]

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


def _split(block: bytes) -> list[bytes]:
    lines = block.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines
