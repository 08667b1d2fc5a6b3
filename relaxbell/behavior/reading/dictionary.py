"""Counts from a dictionary of circuits or settings, each with a dictionary of outcomes."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.names import Names, read_variables
from relaxbell.behavior.reading.found import Found
from relaxbell.behavior.reading.keys import Order, read_key, read_order
from relaxbell.behavior.reading.sizes import combination, note_constants, read_sizes
from relaxbell.behavior.reading.values import ABSENT, MISSING, Coding, Values, canonical, codings, label_notes
from relaxbell.errors import CountsError
from relaxbell.exact.texts import a_kind, counted, one_line, plain_repr

MOST_CELLS = 2**22
"""Most cells of a table that is made: a typing error in one key must not fill the memory."""

_GROUPED = re.compile(r"[1-9][0-9]{0,2}([,.'’ \u00a0\u202f][0-9]{3})+")
"""1,234 and 1.234 and 1 234: which of them is a fraction is a matter of country."""


@dataclass
class Cells:
    """Counts by combination of canonical values, outputs then inputs, and where each was found."""

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    found: dict[tuple[Hashable, ...], int] = field(default_factory=dict)
    places: dict[tuple[Hashable, ...], str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    called: Mapping[str, str] = field(default_factory=dict)

    def add(self, values: tuple[Hashable, ...], count: int, place: str) -> None:
        """Put a count into its cell; raise CountsError if there is one already."""
        if values in self.found:
            raise CountsError(
                f"{place}: the combination {combination(self.outputs + self.inputs, values)} appears a second time "
                f"(first: {self.places[values]}). Give each combination once, with the total count."
            )
        self.found[values], self.places[values] = count, place


def read_dictionary(table: object, outputs: Names, inputs: Names, order: Order, missing: int | None) -> Cells:
    """Return the cells of {(x, y): {(a, b): count}}; see `Counts.from_dict`."""
    out, ins = read_variables(outputs, inputs, CountsError)
    expected = f"Expected {{({', '.join(map(str.lower, ins))}): {{({', '.join(map(str.lower, out))}): count}}}}."
    if not isinstance(table, Mapping):
        raise CountsError(
            f"the table is {a_kind(table)}. {expected} Arrays of counts go to Counts, rows of trials to "
            "Counts.from_trials, frames and files to load_counts."
        )
    if not table:
        raise CountsError(f"the dictionary is empty. {expected}")
    check_missing(missing)
    first, second = read_order(order, out, ins)
    cells, absent = Cells(out, ins), 0
    for setting, outcomes in table.items():
        where = f"the setting {one_line(plain_repr(setting))}"
        if not isinstance(outcomes, Mapping):
            raise CountsError(f"{where} has {a_kind(outcomes)}, {one_line(outcomes)}. {expected}{_flat(outcomes, ins)}")
        own = read_key(setting, ins, second, "the setting")
        for outcome, count in outcomes.items():
            place = f"{where}, outcome {one_line(plain_repr(outcome))}"
            if canonical(count) is ABSENT and missing is not None:
                absent += 1
                continue
            cells.add(read_key(outcome, out, first, f"{where}, outcome") + own, whole_count(count, place), place)
    if absent:
        cells.notes.append(f"{counted(absent, 'missing count')} taken as 0")
    return cells


def _flat(value: object, inputs: Sequence[str]) -> str:
    """Return which reader takes a dictionary of numbers."""
    if isinstance(value, Real) and not isinstance(value, int | np.integer):
        return " Correlators go to Behavior.from_correlators."
    if isinstance(value, int | np.integer):
        return (
            f" The outcomes of a single circuit are those of one setting: {{({', '.join('0' * len(inputs))}): {{…}}}}."
        )
    return " Results of quantum programs go to Counts.from_results."


def check_missing(missing: int | None) -> None:
    """Raise CountsError if absent cells are to be something else than zero or an error."""
    if missing is not None and (isinstance(missing, bool) or missing != 0):
        raise CountsError(
            f"missing= is {plain_repr(missing)}, expected 0: cells that are not there were not seen. Or leave it out, "
            "and they are refused."
        )


def whole_count(value: object, place: str) -> int:
    """Return a number of trials; raise CountsError if it is none.

    Examples
    --------
    >>> whole_count(427.0, "there"), whole_count("12", "there")
    (427, 12)
    """
    number, text = canonical(value), one_line(value, 30).strip()
    if isinstance(value, bool | np.bool_):
        raise CountsError(f"{place}: {value} is no number of trials. Write 0 or 1.")
    grouped = isinstance(value, str) and _GROUPED.fullmatch(text)
    if grouped:
        plain = re.sub("[^0-9]", "", text)
        raise CountsError(
            f"{place}: {text!r} may have a thousands separator, expected plain digits such as {plain}. Write them; a "
            "spreadsheet has a format of cells without separators."
        )
    if isinstance(number, int) and number >= 0:
        return number
    if number is ABSENT:
        raise CountsError(
            f"{place}: the cell is empty (missing). Write the number, 0 if nothing was counted; or give missing=0."
        )
    if isinstance(number, int):
        raise CountsError(f"{place}: '{number}' is negative, expected a whole number of trials, such as 0 or 42.")
    if isinstance(number, float | Fraction):
        raise CountsError(
            f"{place}: {text!r} is fractional, expected a whole number of trials, such as 0 or 42. Probabilities go "
            "to Behavior, printed ones to Behavior.from_published, correlators to Behavior.from_correlators."
        )
    comma = " It has a decimal comma." if isinstance(value, str) and re.fullmatch(r"-?[0-9]+,[0-9]*", text) else ""
    raise CountsError(f"{place}: {text!r} is not a whole number, expected one such as 0 or 42.{comma} Write digits.")


def fill_table(
    cells: Cells,
    values: Values,
    missing: int | None,
    cardinality: Mapping[str, int] | None,
    what: str = "the dictionary",
    *,
    empty_settings: bool = False,
) -> Found:
    """Return the table of counts whose cells were found, absent ones 0 if that is asked for."""
    names = cells.outputs + cells.inputs
    if not cells.found:
        raise CountsError(f"{what} holds no counts, expected one for each combination of {', '.join(names)}. Add them.")
    seen = {name: set(column) for name, column in zip(names, zip(*cells.found, strict=True), strict=True)}
    kinds = codings(values, cells.outputs, cells.inputs, seen)
    numbered = _numbered(cells, kinds)
    columns = dict(zip(names, map(set, zip(*numbered, strict=True)), strict=True))
    shape = read_sizes(columns, kinds, cardinality, what)
    note_constants(cells.outputs, shape, cardinality, cells.notes)
    needed = math.prod(shape)
    if needed > (4 * len(numbered) if missing is None else max(MOST_CELLS, 4 * len(numbered))):
        raise CountsError(
            f"{what}: {counted(len(numbered), 'count')}, but the largest values "
            f"{combination(names, [s - 1 for s in shape])} need {needed:,}. Number values 0, 1, … and give every "
            "combination a count; missing=0 takes those that are absent for zero."
        )
    table = np.zeros(shape, dtype=np.int64)
    present = np.zeros(shape, dtype=bool)
    for place, count in numbered.items():
        if count > 2**62:
            raise CountsError(f"{what}: {count:.3g} trials are too many. Expected at most 2^62.")
        table[place], present[place] = count, True
    _check_absent(cells, present, missing, what, empty_settings)
    cells.notes.extend(label_notes(kinds.values()))
    return Found(table, cells.outputs, cells.inputs, tuple(cells.notes), empty_settings)


def _numbered(cells: Cells, kinds: Mapping[str, Coding]) -> dict[tuple[int, ...], int]:
    names = cells.outputs + cells.inputs
    found: dict[tuple[int, ...], int] = {}
    for own, count in cells.found.items():
        codes = tuple(
            kinds[n].code(v, f"{cells.places[own]}, {cells.called.get(n, n)}") for n, v in zip(names, own, strict=True)
        )
        if MISSING in codes:
            name = names[codes.index(MISSING)]
            raise CountsError(
                f"{cells.places[own]}, {cells.called.get(name, name)}: the cell is empty (missing). Write its value."
            )
        found[codes] = found.get(codes, 0) + count  # two labels may have one number, if values= says so
    return found


def _check_absent(
    cells: Cells, present: NDArray[np.bool_], missing: int | None, what: str, empty_settings: bool
) -> None:
    names, n = cells.outputs + cells.inputs, len(cells.outputs)
    if present.all():
        return
    absent = int(present.size - present.sum())
    first = [int(i) for i in np.argwhere(~present)[0]]
    if missing is None:
        raise CountsError(
            f"{what}: no row for {combination(names, first)} ({absent} of {present.size} absent). Give every "
            "combination a count, 0 if nothing was seen; or give missing=0, and what is absent is taken for zero."
        )
    chosen = present.any(axis=tuple(range(n)))
    if not empty_settings and not chosen.all():
        setting = [int(i) for i in np.argwhere(~chosen)[0]]
        raise CountsError(
            f"{what}: nothing for the setting {combination(cells.inputs, setting)}. Expected counts of each setting. "
            "Add them, or give empty_settings=True if it was never chosen."
        )
    cells.notes.append(f"{absent} of {present.size} cells were absent and taken as 0")
