"""Reading tables of counts from tidy CSV, and saying precisely what is wrong with them."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.names import read_names
from relaxbell.errors import CountsError

SIZE_LIMIT = 4 * 2**20
"""Largest table of counts that is read, in bytes, …"""

TRIALS_LIMIT = 256 * 2**20
"""… and largest list of trials."""

_COLUMNS = 33
"""Most columns of a table: numpy arrays have at most 64 axes, and nobody has so many settings."""

_NUMBER = re.compile(r"[0-9]{1,18}")
_DIGITS = {str(k): k for k in range(100)}
"""What nearly all cells of a list of trials are: read without a pattern."""

_OUTPUT, _INPUT = re.compile(r"[ABC]|A[0-9]+"), re.compile(r"[XYZ]|X[0-9]+")

Names = str | Sequence[str] | None


def read_csv_table(
    path: Path, outputs: Names, inputs: Names
) -> tuple[NDArray[np.int64], tuple[str, ...], tuple[str, ...]]:
    """Return (table, outputs, inputs) of a CSV file; see `Counts.read_csv`."""
    rows = _rows(path, SIZE_LIMIT, "Sum the trials first: one row for each combination of settings and outcomes")
    first = next(rows, None)
    if first is None:
        raise CountsError(f"{path.name} is empty. Expected a header such as x,y,a,b,count and rows of numbers.")
    header = [cell.strip() for cell in first[1]]
    out, ins = _roles(path, header, outputs, inputs)
    lowered = [cell.lower() for cell in header]
    order = [lowered.index(name.lower()) for name in out + ins]
    found: dict[tuple[int, ...], int] = {}
    for line, cells in rows:
        where = f"{path.name}, line {line}"
        _check_length(cells, header, where)
        values = tuple(_value(cells[i], f"{where}, column {header[i]}") for i in order)
        if values in found:
            raise CountsError(
                f"{where}: the combination {_combination(out + ins, values)} appears a second time. Give each "
                "combination one row, with the total count."
            )
        found[values] = _number(cells[lowered.index("count")], f"{where}, column count")
    return _table(path, found, out, ins), out, ins


def read_csv_trials(
    path: Path, outputs: Names, inputs: Names
) -> tuple[NDArray[np.int64], tuple[str, ...], tuple[str, ...]]:
    """Return (rows in order, outputs, inputs) of a CSV file with one row for each trial; see `Trials.read_csv`."""
    rows = _rows(path, TRIALS_LIMIT, "Read it in parts")
    first = next(rows, None)
    if first is None:
        raise CountsError(f"{path.name} is empty. Expected a header such as x,y,a,b and a row for each trial.")
    header = [cell.strip() for cell in first[1]]
    out, ins = _roles(path, header, outputs, inputs, ordered=True)
    lowered = [cell.lower() for cell in header]
    order = [lowered.index(name.lower()) for name in out + ins]
    found = []
    for line, cells in rows:
        _check_length(cells, header, f"{path.name}, line {line}")
        try:
            values = tuple(_DIGITS[cells[i]] for i in order)
        except KeyError:
            values = tuple(_value(cells[i], f"{path.name}, line {line}, column {header[i]}") for i in order)
        found.append(values)
    if not found:
        raise CountsError(f"{path.name} has a header but no rows. Expected one for each trial.")
    table = np.array(found, dtype=np.int64)
    for name, least, most in zip(out + ins, table.min(axis=0).tolist(), table.max(axis=0).tolist(), strict=True):
        if least == 1 and most > 1:
            raise CountsError(
                f"{path.name}: {name} takes the values 1 … {most}, never 0. Number values from 0: subtract 1."
            )
    return table, out, ins


def _check_length(cells: Sequence[str], header: Sequence[str], where: str) -> None:
    if len(cells) != len(header):
        raise CountsError(
            f"{where}: {len(cells)} cells, expected {len(header)} ({', '.join(header)}). "
            f"{'Fill the missing ones.' if len(cells) < len(header) else 'Remove the others.'}"
        )


def _rows(path: Path, limit: int, remedy: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of all lines with content."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise CountsError(
            f"cannot read {path.name[:80]!r}: {getattr(error, 'strerror', error)}. Give the path of a CSV file."
        ) from None
    if len(data) > limit:
        raise CountsError(f"{path.name} is larger than {limit // 2**20} MiB, expected a smaller table. {remedy}.")
    if data.startswith(b"\xef\xbb\xbf"):
        raise CountsError(
            f"{path.name} starts with a byte order mark (BOM), expected plain UTF-8. Save it without BOM."
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CountsError(f"{path.name} is not UTF-8 text (byte {error.start}). Save it as a plain CSV file.") from None
    if "\0" in text:
        raise CountsError(f"{path.name} contains a zero byte, expected text. Save it as a plain CSV file.")
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        yield from ((reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells))
    except csv.Error as error:
        raise CountsError(f"{path.name}, line {reader.line_num}: {error}. Expected comma-separated values.") from None


def _roles(
    path: Path, header: list[str], outputs: Names, inputs: Names, *, ordered: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    lowered = [cell.lower() for cell in header]
    shown = ", ".join(cell[:30] for cell in header[:8])
    example = "x,y,a,b" if ordered else "x,y,a,b,count"
    if len(header) > _COLUMNS:
        raise CountsError(
            f"{path.name}: {len(header):,} columns, expected at most {_COLUMNS}. Is this a table of counts?"
        )
    if all(_NUMBER.fullmatch(cell) for cell in header):
        raise CountsError(
            f"{path.name}: the first line holds numbers ({shown}), expected a header such as {example}. Add it."
        )
    repeated = [cell for i, cell in enumerate(lowered) if cell in lowered[:i]]
    if repeated:
        raise CountsError(f"{path.name}: the column {repeated[0][:30]!r} appears twice. Give each variable one column.")
    if ordered and "count" in lowered:
        raise CountsError(
            f"{path.name}: a column 'count' in the header ({shown}), expected one row for each trial, in order. Read "
            "tables of counts with load_counts."
        )
    if not any(_OUTPUT.fullmatch(cell.upper()) for cell in header) if ordered else "count" not in lowered:
        _check_separator(path, header)
    if not ordered and "count" not in lowered:
        raise CountsError(
            f"{path.name}: no column 'count' in the header ({shown}). Expected, for example, {example}; read a "
            "list of trials with Trials.read_csv."
        )
    variables = [cell.upper() for cell in header if cell.lower() != "count"]
    given = outputs is not None, inputs is not None
    if outputs is None:
        outputs = sorted((v for v in variables if _OUTPUT.fullmatch(v)), key=_by_number)
    if inputs is None:
        inputs = sorted((v for v in variables if _INPUT.fullmatch(v)), key=_by_number)
    out = read_names(outputs, "outputs", CountsError)
    ins = read_names(inputs, "inputs", CountsError)
    known = {name.lower() for name in out + ins}
    if len(known) < len(out + ins):
        raise CountsError(f"{path.name}: the names {', '.join(out + ins)} differ only by case. Columns ignore case.")
    missing = [name for name in out + ins if name.lower() not in lowered]
    if missing:
        raise CountsError(
            f"{path.name}: no column for {', '.join(missing)} in the header ({shown}). Add it, or correct the name."
        )
    unknown = [cell for cell in header if cell.lower() not in known | {"count"}]
    if unknown:
        raise CountsError(f"{path.name}: unknown column {unknown[0][:30]!r} in the header ({shown}). {_remedy(given)}")
    if not out:
        raise CountsError(f"{path.name}: no column for an output in the header ({shown}). Add it.")
    return out, ins


def _remedy(given: tuple[bool, bool]) -> str:
    """Return what to do about an unknown column: outputs and inputs may have been named."""
    if given == (True, False):
        return "Is it a setting? Name those with inputs= (--inputs) too, if they are not x, y, z."
    if given == (False, True):
        return "Is it an outcome? Name those with outputs= (--outputs) too, if they are not a, b, c."
    return (
        "Expected variables such as a, b, x, y; name others with outputs= and inputs= (--outputs, --inputs), or remove "
        "the column."
    )


def _check_separator(path: Path, header: list[str]) -> None:
    """Raise CountsError if the header is split by something else than commas."""
    text = ",".join(header)
    for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (" ", "spaces")):
        cells = [cell.strip().lower() for cell in text.split(separator)]
        if len(cells) > 1 and any(cell == "count" or _OUTPUT.fullmatch(cell.upper()) for cell in cells):
            raise CountsError(
                f"{path.name}: the header is separated by {name} ({text[:60].strip()!r}), expected commas. "
                "Replace them."
            )


def _by_number(name: str) -> tuple[str, int]:
    """Sort A2 before A10."""
    return name[0], int(name[1:] or 0)


def _value(cell: str, where: str) -> int:
    text = cell.strip()
    if text in ("-1", "+1", "-1.0", "+1.0"):
        raise CountsError(f"{where}: {text!r} looks like an outcome ±1, expected 0, 1, …. Write 0 for +1 and 1 for -1.")
    return _number(cell, where)


def _number(cell: str, where: str) -> int:
    text = cell.strip()
    if not text:
        raise CountsError(f"{where}: the cell is empty (missing). Write the number, 0 if nothing was counted.")
    if _NUMBER.fullmatch(text):
        return int(text)
    kind = "negative" if re.fullmatch(r"-[0-9]+", text) else "not a whole number"
    kind = "fractional" if re.fullmatch(r"-?[0-9]*\.[0-9]+", text) else kind
    raise CountsError(f"{where}: {text[:30]!r} is {kind}, expected a whole number such as 0 or 42.")


def _table(
    path: Path, found: dict[tuple[int, ...], int], outputs: tuple[str, ...], inputs: tuple[str, ...]
) -> NDArray[np.int64]:
    names = outputs + inputs
    if not found:
        raise CountsError(
            f"{path.name} has a header but no rows. Expected one for each combination of {', '.join(names)}."
        )
    for i, name in enumerate(names):
        if min(values[i] for values in found) == 1:
            raise CountsError(
                f"{path.name}: {name} takes the values 1 … {max(values[i] for values in found)}, never 0. Number "
                "values from 0: subtract 1."
            )
    shape = tuple(max(values[i] for values in found) + 1 for i in range(len(names)))
    needed = math.prod(shape)
    if needed > 4 * len(found):
        raise CountsError(
            f"{path.name}: {len(found)} rows, but the largest values {_combination(names, [s - 1 for s in shape])} "
            f"need {needed:,}. Number values 0, 1, … and give every combination a row."
        )
    table = np.zeros(shape, dtype=np.int64)
    for values in itertools.product(*map(range, shape)):
        if values not in found:
            raise CountsError(
                f"{path.name}: no row for {_combination(names, values)}. Give every combination a row; write count 0 "
                "if nothing was seen."
            )
        table[values] = found[values]
    return table


def _combination(names: Sequence[str], values: Sequence[int]) -> str:
    return ", ".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
