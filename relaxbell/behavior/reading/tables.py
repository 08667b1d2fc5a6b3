"""Tables of counts: tidy ones, a row for each combination, and wide ones, a row for each setting."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence

from relaxbell.behavior.names import party_names, read_names
from relaxbell.behavior.reading.dictionary import Cells, whole_count
from relaxbell.behavior.reading.frames import Frame
from relaxbell.behavior.reading.keys import Order, read_key, read_order
from relaxbell.behavior.reading.roles import (
    Columns,
    find_roles,
    has_output,
    shown_header,
    unread,
    usual_inputs,
    variables_of,
)
from relaxbell.behavior.reading.text import Grid
from relaxbell.behavior.reading.values import ABSENT, canonical
from relaxbell.errors import CountsError

_KEY = re.compile(r"[(\[]?\s*[0-9+−-](?:[\s,;|]*[0-9+−-])*\s*[)\]]?")

_MOST_ROWS = 2**18


def grid_of(frame: Frame) -> Grid:
    """Return the cells of a frame with few rows."""
    length = len(frame.column(0)) if frame.header else 0
    if length > _MOST_ROWS:
        raise CountsError(
            f"{frame.what} has {length:,} rows, expected one for each combination of settings and outcomes. Trials, "
            "one row each, have no column of counts."
        )
    return Grid(frame.what, frame.header, [(f"{frame.what}, row {k}", row) for k, row in enumerate(frame.rows())])


def read_tidy(grid: Grid, outputs: Columns, inputs: Columns, count: str, missing: int | None) -> Cells:
    """Return the cells of a table with a row for each combination and a column of counts."""
    roles = find_roles(grid.what, grid.header, outputs, inputs, count)
    place = next(i for i in roles.rest if str(grid.header[i]).strip().lower() == count.lower())
    cells, absent = Cells(roles.outputs, roles.inputs, called=roles.called(grid.header)), 0
    cells.notes += unread([i for i in roles.rest if i != place], grid.header)
    for where, row in grid.rows:
        if missing is not None and canonical(row[place]) is ABSENT:
            absent += 1
            continue
        values = tuple(canonical(row[i]) for i in roles.places)
        cells.add(values, whole_count(row[place], f"{where}, column {grid.header[place]}"), where)
    if absent:
        cells.notes.append(f"{absent} empty {'cell' if absent == 1 else 'cells'} taken as 0")
    if not grid.rows:
        raise CountsError(
            f"{grid.what} has a header but no rows. Expected one for each combination of {', '.join(roles.names)}."
        )
    return cells


def is_wide(header: Sequence[Hashable], outputs: Columns, count: str, *, told: bool) -> bool:
    """Return whether a header is that of a wide table: outcomes, and neither outputs nor counts.

    Examples
    --------
    >>> is_wide(["x", "y", "00", "01"], None, "count", told=False), is_wide(["x", "a"], None, "count", told=False)
    (True, False)
    """
    titles = [str(label).strip().lower() for label in header]
    if count.lower() in titles or has_output(header, outputs):
        return False
    keys = [label for label in header if isinstance(label, tuple | int) or _KEY.fullmatch(str(label).strip())]
    return 0 < len(keys) < sum(bool(title) for title in titles) or told


def read_wide(grid: Grid, outputs: Columns, inputs: Columns, order: Order, missing: int | None) -> Cells:
    """Return the cells of a table with a row for each setting and a column for each outcome."""
    given = variables_of(inputs, "inputs")
    ins, columns = given or (own := usual_inputs(grid.header), own)
    titles = [str(label).strip().lower() for label in grid.header]
    absent = [str(column) for column in columns if str(column).strip().lower() not in titles]
    if absent or not ins:
        raise CountsError(
            f"{grid.what}: no column for {', '.join(absent) or 'an input'} in the header "
            f"({shown_header(grid.header)}), expected one for each input of a table with a row for each setting. Name "
            "them with inputs= (--inputs)."
        )
    if isinstance(outputs, Mapping):
        raise CountsError(
            f"{grid.what} has a column for each outcome, so outputs= names no columns: found {dict(outputs)!r}, "
            "expected "
            'names such as ("A", "B"). Give these.'
        )
    out = party_names(len(ins))[0] if outputs is None else read_names(outputs, "outputs", CountsError)
    read_names(out + ins, "outputs and inputs together", CountsError)
    places = [titles.index(str(column).strip().lower()) for column in columns]
    first, _ = read_order(order, out, ins)
    others = [i for i in range(len(grid.header)) if i not in places]
    rest = [i for i in others if str(grid.header[i]).strip()]  # a column without a name has numbers of rows
    keys = {i: read_key(grid.header[i], out, first, f"{grid.what}: the column") for i in rest}
    cells, empty = Cells(out, ins, called={n: f"column {grid.header[i]}" for n, i in zip(ins, places, strict=True)}), 0
    cells.notes += unread([i for i in others if i not in rest], grid.header)
    for where, row in grid.rows:
        setting = tuple(canonical(row[i]) for i in places)
        for i, key in keys.items():
            at = f"{where}, column {grid.header[i]}"
            if missing is not None and canonical(row[i]) is ABSENT:
                empty += 1
                continue
            cells.add(key + setting, whole_count(row[i], at), at)
    if empty:
        cells.notes.append(f"{empty} empty {'cell' if empty == 1 else 'cells'} taken as 0")
    return cells
