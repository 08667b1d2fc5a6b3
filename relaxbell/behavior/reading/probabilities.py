"""Tables of probabilities in files: a row for each combination, p as decimals or fractions, exact as printed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from relaxbell.behavior.reading.dictionary import Cells, check_missing, fill_table
from relaxbell.behavior.reading.roles import PROBABILITY, Columns, find_roles
from relaxbell.behavior.reading.text import read_grid
from relaxbell.behavior.reading.trials_file import read_header
from relaxbell.behavior.reading.values import ABSENT, Values, canonical
from relaxbell.errors import CountsError
from relaxbell.exact.numbers import Exact
from relaxbell.exact.texts import one_line

_DECIMAL = re.compile(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)")
_FRACTION = re.compile(r"\+?[0-9]{1,18} ?/ ?[1-9][0-9]{0,17}")
_LARGEST = 2**62
"""Of a common denominator."""


@dataclass(frozen=True)
class Printed:
    """A table of probabilities as it is printed.

    Parameters
    ----------
    table
        Exact, axes outputs, then inputs.
    outputs, inputs
        Their names.
    digits
        The most decimals of an entry; None where all of them are whole numbers and fractions, which are exact.
    """

    table: Exact
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    digits: int | None


def has_probabilities(path: Path) -> bool:
    """Return whether the header of a file has a column of probabilities and none of counts."""
    if path.suffix.lower() == ".npy":
        return False
    titles = [title.strip().lower() for title in read_header(path)[0]]
    return "count" not in titles and any(name in titles for name in PROBABILITY)


def read_probabilities(
    path: Path, outputs: Columns, inputs: Columns, probability: str | None, values: Values, missing: object
) -> Printed:
    """Return the table of a file; see `Behavior.read_csv`."""
    if missing is not None:
        check_missing(missing if isinstance(missing, int) else 1)
    grid = read_grid(path)
    titles = [str(title).strip().lower() for title in grid.header]
    name = probability or next((own for own in PROBABILITY if own in titles), PROBABILITY[0])
    if name.lower() not in titles:
        raise CountsError(
            f"{grid.what}: no column {name} of probabilities in the header ({', '.join(map(str, grid.header))}). Add "
            'it, or give its name, probability="…". Counts are read by load_counts.'
        )
    roles = find_roles(grid.what, grid.header, outputs, inputs, name)
    place = titles.index(name.lower())
    digits: int | None = None
    cells = Cells(roles.outputs, roles.inputs, called=roles.called(grid.header))
    numbers = []
    for where, row in grid.rows:
        at = f"{where}, column {grid.header[place]}"
        if missing is not None and canonical(row[place]) is ABSENT:
            continue
        number, decimals = _read(row[place], at, comma=grid.separator != ",")
        digits = decimals if digits is None else max(digits, decimals or 0)
        numbers.append((tuple(canonical(row[i]) for i in roles.places), number, where))
    unit = math.lcm(*(number.denominator for _, number, _ in numbers))
    if unit * max((number for _, number, _ in numbers), default=Fraction(0)) > _LARGEST:
        raise CountsError(
            f"{grid.what}: the common denominator of its probabilities is {unit:.3g}, expected at most 2^62. Round "
            "them to decimals, and Behavior.from_published reads them from Python."
        )
    for own, number, where in numbers:
        cells.add(own, int(number * unit), where)
    filled = fill_table(cells, values, None if missing is None else 0, None, grid.what)
    table = np.array([Fraction(int(v), unit) for v in filled.table.ravel()], dtype=object)
    return Printed(table.reshape(filled.table.shape), filled.outputs, filled.inputs, digits)


def _read(cell: object, where: str, *, comma: bool) -> tuple[Fraction, int | None]:
    """Return a probability and how many decimals are printed; None for whole numbers and fractions."""
    text = str(cell).strip()
    if comma and text.count(",") == 1:
        text = text.replace(",", ".")  # cells are separated by something else
    if _FRACTION.fullmatch(text):
        return Fraction(text.replace(" ", "")), None
    if len(text) < 40 and _DECIMAL.fullmatch(text):
        printed = len(text.partition(".")[2])
        return Fraction(text.rstrip(".")), printed or None
    remedy = " Divide by 100." if text.endswith("%") else ""
    if text in ("", "-"):
        remedy = " Write 0 if it is 0; or give missing=0."
    raise CountsError(
        f"{where}: {one_line(text, 30)!r} is no probability, expected a decimal such as 0.427 or a fraction such as "
        f"1/3.{remedy}"
    )
