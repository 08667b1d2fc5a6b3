"""Trials from arrays, frames, and iterables of rows or of mappings."""

from __future__ import annotations

import itertools
import math
from array import array as compact
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.names import check_ordered, read_variables
from relaxbell.behavior.reading.frames import as_column, as_frame
from relaxbell.behavior.reading.roles import Columns, Roles, find_roles, names_only, unread
from relaxbell.behavior.reading.rows import MOST_ROWS, Rows
from relaxbell.behavior.reading.values import ABSENT, canonical
from relaxbell.errors import CountsError
from relaxbell.exact.texts import a_kind, one_line, plain_repr

_EXPECTED = "Expected an array, a frame, or rows: one for each trial, with a value for each variable."

CHUNK = 2**20
"""Trials that are numbered at once."""

_RANGE = 2**16
"""Widest range of whole numbers that are numbered without a look at each."""

_OURS = {
    "Counts": " Counts are counted already.",
    "Trials": " Trials are counted by trials.counts(), and are in trials.rows.",
    "Behavior": " Behaviors hold none: sample(behavior, …) draws counts.",
}
"""What to do with other objects of this package."""

Factor: TypeAlias = tuple[list[Hashable], Callable[[slice], NDArray[np.integer]]]
"""Canonical values of a column, and which of them the trials of a slice have."""


def _row(k: int) -> str:
    return f"row {k}"


def read_trials(rows: object, outputs: Columns, inputs: Columns, what: str = "the trials") -> Rows:
    """Return trials as different rows; see `Counts.from_trials`. `what` is what an array is called.

    Examples
    --------
    >>> rows = read_trials([{"x": 0, "a": 1}, {"a": 0, "x": 0}, {"x": 0, "a": 1}], None, None)
    >>> rows.names, rows.distinct, rows.weights.tolist()
    (('A', 'X'), [(1, 0), (0, 0)], [2, 1])
    """
    if isinstance(rows, str | bytes) or hasattr(rows, "__fspath__"):
        raise CountsError(
            f"the trials are {a_kind(rows)}, {one_line(rows, 40)}. {_EXPECTED} Files are read by load_counts(path) and "
            "Trials.read_csv(path)."
        )
    check_ordered(rows, "the trials", CountsError)
    frame = as_frame(rows)
    if frame is not None:
        roles = find_roles(frame.what, frame.header, outputs, inputs, None)
        columns = [frame.column(i) for i in roles.places]
        notes = unread(roles.rest, frame.header)
        return _from_columns(frame.what, roles.outputs, roles.inputs, columns, roles.called(frame.header), notes)
    if not isinstance(rows, Iterable):
        raise CountsError(f"the trials are {a_kind(rows)}. {_EXPECTED}{_OURS.get(type(rows).__name__, '')}")
    if isinstance(rows, np.ndarray) or hasattr(rows, "__array__"):
        return _from_array(rows, outputs, inputs, what)
    return _from_rows(iter(rows), outputs, inputs)


def _positional(outputs: Columns, inputs: Columns, width: int, what: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names of variables whose columns have none: outputs, then inputs."""
    out, ins = read_variables(names_only(what, outputs), names_only(what, inputs), CountsError)
    if width != len(out + ins):
        raise CountsError(
            f"{what} have {width} columns, expected {len(out + ins)}: outputs {', '.join(out)}, then inputs "
            f"{', '.join(ins) or '(none)'}. Name the variables with outputs= and inputs=, in the order of the "
            "columns; a table of counts goes to Counts."
        )
    return out, ins


def _from_array(source: object, outputs: Columns, inputs: Columns, what: str) -> Rows:
    """Return the trials of an array, which may stay in its file."""
    array = source if isinstance(source, np.ndarray) else np.asarray(source)
    if array.ndim != 2:
        raise CountsError(
            f"{what} have {array.ndim} axes (shape {array.shape}), expected 2. {_EXPECTED} Tables of counts go to "
            "Counts."
        )
    out, ins = _positional(outputs, inputs, array.shape[1], what)
    called = {name: f"column {k} ({name})" for k, name in enumerate(out + ins)}
    columns = [as_column(array[:, k], f"{what}, {column}") for k, column in enumerate(called.values())]
    return _from_columns(what, out, ins, columns, called, [])


def _from_columns(
    what: str,
    outputs: tuple[str, ...],
    inputs: tuple[str, ...],
    columns: Sequence[NDArray[np.generic]],
    called: Mapping[str, str],
    notes: Sequence[str],
) -> Rows:
    """Return trials that are given as one array for each variable, in parts: there may be 10^8 of them."""
    factors = [_factor(column) for column in columns]
    length, sizes = len(columns[0]), [len(values) for values, _ in factors]
    if math.prod(sizes) > 2**62:
        raise CountsError(
            f"{what}: {' · '.join(map(str, sizes))} combinations of values, expected few. Is a column a time, or the "
            "number of the trial? Name the columns to be read with outputs= and inputs=."
        )

    def joint() -> Iterator[NDArray[np.int64]]:
        for start in range(0, length, CHUNK):
            part = slice(start, min(start + CHUNK, length))
            flat = np.zeros(part.stop - start, dtype=np.int64)
            for (_, ids), size in zip(factors, sizes, strict=True):
                flat *= size
                flat += ids(part)
            yield flat

    present, weights = _different(joint(), math.prod(sizes), what)
    places = np.unravel_index(present, sizes) if len(present) else []
    distinct = [
        tuple(factors[k][0][i] for k, i in enumerate(row)) for row in zip(*map(np.ndarray.tolist, places), strict=True)
    ]

    def chunks() -> Iterator[NDArray[np.integer]]:
        for flat in joint():
            yield np.searchsorted(present, flat)

    return Rows(what, outputs, inputs, distinct, weights, chunks, _row, called, tuple(notes))


def _different(parts: Iterable[NDArray[np.int64]], most: int, what: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the different numbers, ascending, and how often each comes."""
    if most <= MOST_ROWS:
        totals = np.zeros(most, dtype=np.int64)
        for flat in parts:
            totals += np.bincount(flat, minlength=most)
        present = np.flatnonzero(totals)
        return present, totals[present]
    found: dict[int, int] = {}
    for flat in parts:
        numbers, times = np.unique(flat, return_counts=True)
        for number, time in zip(numbers.tolist(), times.tolist(), strict=True):
            found[number] = found.get(number, 0) + time
        if len(found) > MOST_ROWS:
            raise too_many(what)
    order = sorted(found)
    return np.array(order, dtype=np.int64), np.array([found[n] for n in order], dtype=np.int64)


def too_many(what: str) -> CountsError:
    """Return the error for columns that hold no settings and outcomes."""
    return CountsError(
        f"{what}: more than {MOST_ROWS:,} different rows, expected few combinations of settings and outcomes. Is a "
        "column a time, or the number of the trial? Name the columns to be read with outputs= and inputs=."
    )


def _factor(column: NDArray[np.generic]) -> Factor:
    if column.dtype.kind == "b":
        return [0, 1], lambda part: column[part].view(np.uint8)
    if column.dtype.kind in "iuf" and len(column):
        whole = _whole_range(column)
        if whole is not None:
            least, most = whole
            if column.dtype.kind == "f":
                return [*range(least, most + 1), ABSENT], lambda part: _whole(column[part], least, most + 1 - least)
            return list(range(least, most + 1)), lambda part: column[part].astype(np.int64) - least
    lookup = _Lookup()
    parts = (column[start : start + CHUNK].tolist() for start in range(0, len(column), CHUNK))
    ids = np.fromiter(map(lookup.__getitem__, itertools.chain.from_iterable(parts)), dtype=np.int32, count=len(column))
    return lookup.values_in_order, lambda part: ids[part]


def _whole_range(column: NDArray[np.generic]) -> tuple[int, int] | None:
    """Return the least and largest of whole numbers in a narrow range, NaN apart; None if there are others."""
    least, most = math.inf, -math.inf
    for start in range(0, len(column), CHUNK):
        part = np.asarray(column[start : start + CHUNK])
        if part.dtype.kind == "f":
            part = part[~np.isnan(part.astype(np.float64))]
            if not len(part):
                continue
            floats = part.astype(np.float64)
            if not (np.abs(floats) < 2**53).all() or not (floats % 1 == 0).all():
                return None
        least, most = min(least, int(part.min())), max(most, int(part.max()))
    return (int(least), int(most)) if 0 <= most - least < _RANGE else None


def _whole(part: NDArray[np.generic], least: int, absent: int) -> NDArray[np.int64]:
    floats = part.astype(np.float64)
    gone = np.isnan(floats)
    return np.where(gone, absent, np.where(gone, 0, floats).astype(np.int64) - least)


class _Lookup(dict[object, int]):
    """Number of each canonical value, in the order in which they come."""

    def __init__(self) -> None:
        super().__init__()
        self.values_in_order: list[Hashable] = []
        self._numbers: dict[Hashable, int] = {}

    def __missing__(self, value: object) -> int:
        own = canonical(value)
        number = self._numbers.setdefault(own, len(self._numbers))
        if number == len(self.values_in_order):
            self.values_in_order.append(own)
        if number > MOST_ROWS:
            raise too_many("the trials")
        if own is not ABSENT:  # each NaN is another object
            self[value] = number
        return number


def _from_rows(rows: Iterator[object], outputs: Columns, inputs: Columns) -> Rows:
    first = next(rows, None)
    if first is None:
        raise CountsError(f"there are no trials. {_EXPECTED}")
    rows = itertools.chain([first], rows)
    fields: list[Hashable] = list(first if isinstance(first, Mapping) else getattr(first, "_fields", ()))
    if isinstance(first, Mapping) or hasattr(first, "_fields"):
        roles = find_roles("the rows", fields, outputs, inputs, None)
        out, ins, called = roles.outputs, roles.inputs, roles.called(fields)
        if isinstance(first, Mapping):
            cells = _named_rows(rows, fields, roles, (outputs, inputs))
        else:
            cells = _tuples(rows, len(fields), roles.places)
    else:
        width = _width(first, 0, _EXPECTED)
        out, ins = _positional(outputs, inputs, width, "the trials")
        cells, called = _tuples(rows, width, range(width)), {}
    numbers: dict[tuple[int, ...], int] = {}
    ids = compact("I")
    lookups = [_Lookup() for _ in out + ins]
    for k, row in enumerate(cells):
        try:
            own = tuple(lookup[value] for lookup, value in zip(lookups, row, strict=True))
        except TypeError:
            own = _unhashable(lookups, row, k)
        ids.append(numbers.setdefault(own, len(numbers)))
        if len(numbers) > MOST_ROWS:
            raise too_many("the trials")
    order = np.frombuffer(ids, dtype=np.uint32)
    notes = unread([i for i in range(len(fields)) if i not in roles.places], fields) if fields else []
    distinct = [tuple(lookups[k].values_in_order[i] for k, i in enumerate(row)) for row in numbers]
    weights = np.bincount(order, minlength=len(distinct)).astype(np.int64)

    def chunks() -> Iterator[NDArray[np.integer]]:
        for start in range(0, len(order), CHUNK):
            yield order[start : start + CHUNK]

    return Rows("the trials", out, ins, distinct, weights, chunks, _row, called, tuple(notes))


def _unhashable(lookups: Sequence[_Lookup], row: Sequence[object], k: int) -> tuple[int, ...]:
    """Return the same for a row that holds numpy's mask; raise CountsError if it holds a list or the like."""
    plain = [None if value is np.ma.masked else value for value in row]
    try:
        return tuple(lookup[value] for lookup, value in zip(lookups, plain, strict=True))
    except TypeError:
        raise CountsError(
            f"the trials, row {k}: {one_line(plain_repr(row))} holds a value that is no number and no label. "
            f"{_EXPECTED}"
        ) from None


def _width(row: object, k: int, expected: str) -> int:
    if isinstance(row, str | bytes) or not isinstance(row, Sequence | np.ndarray):
        hint = " Split strings into their values: map(list, rows)." if isinstance(row, str) else ""
        raise CountsError(f"the trials, row {k}: found {a_kind(row)}, {one_line(row, 40)}. {expected}{hint}")
    return len(row)


def _tuples(rows: Iterable[object], width: int, places: Sequence[int]) -> Iterator[list[object]]:
    for k, row in enumerate(rows):
        found = _width(row, k, "Expected a row like the first.")
        if found != width or not isinstance(row, Sequence | np.ndarray):
            raise CountsError(f"the trials, row {k}: {found} values, expected {width} as in the first. Correct it.")
        yield [row[i] for i in places]


def _named_rows(
    rows: Iterable[object], fields: list[Hashable], roles: Roles, given: tuple[Columns, Columns]
) -> Iterator[list[object]]:
    """Yield the values of each row; keys that the first row lacks are put to the fields, or refused as in a header."""
    labels, known = [fields[i] for i in roles.places], set(fields)
    for k, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise CountsError(f"the trials, row {k}: found {a_kind(row)}, expected a mapping as the first. Correct it.")
        if not row.keys() <= known:
            new = [key for key in row if key not in known]
            fields += new
            known.update(new)
            header = [*labels, *new]
            read = [header[i] for i in find_roles(f"the trials, row {k}", header, *given, None).places]
            if read != labels:
                other = next(label for label in read if label not in labels)
                raise CountsError(
                    f"the trials, row {k}: a value of {other}, which row 0 lacks, expected the same variables in all: "
                    f"{', '.join(map(str, labels))}. Add it to each row, or name the columns to be read with outputs= "
                    "and inputs=."
                )
        absent = [label for label in labels if label not in row]
        if absent:
            raise CountsError(
                f"the trials, row {k}: no value of {absent[0]}, expected {', '.join(map(str, labels))}. Add it, or "
                "write None and say with missing= what it means."
            )
        yield [row[label] for label in labels]
