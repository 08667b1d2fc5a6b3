"""Counts from a dictionary of circuits or settings, each with a dictionary of outcomes."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.names import read_names
from relaxbell.behavior.reading.keys import Order, read_key, read_order
from relaxbell.behavior.reading.values import ABSENT, MISSING, MOST_VALUES, Coding, Values, canonical, codings
from relaxbell.behavior.resampling import whole_number
from relaxbell.errors import CountsError
from relaxbell.exact.texts import a_kind, counted, one_line, plain_repr

MOST_CELLS = 2**22
"""Most cells of a table that is made: a typing error in one key must not fill the memory."""

Names = str | Sequence[str] | None


@dataclass
class Cells:
    """Counts by combination of canonical values, outputs then inputs, and where each was found."""

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    found: dict[tuple[Hashable, ...], int] = field(default_factory=dict)
    places: dict[tuple[Hashable, ...], str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

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
    out = read_names(("A", "B") if outputs is None else outputs, "outputs", CountsError)
    ins = read_names(("X", "Y") if inputs is None else inputs, "inputs", CountsError)
    read_names(out + ins, "outputs and inputs together", CountsError)
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
        own = read_key(setting, ins, second, "the setting")
        where = f"the setting {one_line(plain_repr(setting))}"
        if not isinstance(outcomes, Mapping):
            raise CountsError(f"{where} has {a_kind(outcomes)}, {one_line(outcomes)}. {expected}{_flat(outcomes)}")
        for outcome, count in outcomes.items():
            place = f"{where}, outcome {one_line(plain_repr(outcome))}"
            if canonical(count) is ABSENT and missing is not None:
                absent += 1
                continue
            cells.add(read_key(outcome, out, first, f"{where}, outcome") + own, whole_count(count, place), place)
    if absent:
        cells.notes.append(f"{counted(absent, 'missing count')} taken as 0")
    return cells


def _flat(value: object) -> str:
    if isinstance(value, Real) and not isinstance(value, int):
        return " A table of correlators goes to Behavior.from_correlators."
    return ""


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
    number = canonical(value)
    if isinstance(value, bool | np.bool_):
        raise CountsError(f"{place}: the count is {value}, expected a whole number. Write 0 or 1.")
    if isinstance(number, int) and number >= 0:
        return number
    if number is ABSENT:
        raise CountsError(f"{place}: the count is missing. Write the number, or give missing=0 if nothing was seen.")
    if isinstance(number, int):
        raise CountsError(f"{place}: the count is {number}, which is negative. Expected a whole number ≥ 0.")
    if isinstance(number, float | Fraction):
        raise CountsError(
            f"{place}: the count is {float(number):g}, which is fractional. Expected a whole number ≥ 0; probabilities "
            "go to Behavior, correlators to Behavior.from_correlators."
        )
    raise CountsError(f"{place}: the count is {one_line(plain_repr(value))}, expected a whole number such as 0 or 42.")


def fill_table(
    cells: Cells,
    values: Values,
    missing: int | None,
    cardinality: Mapping[str, int] | None,
    what: str = "the dictionary",
    *,
    empty_settings: bool = False,
) -> NDArray[np.int64]:
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
    return table


def _numbered(cells: Cells, kinds: Mapping[str, Coding]) -> dict[tuple[int, ...], int]:
    names = cells.outputs + cells.inputs
    found: dict[tuple[int, ...], int] = {}
    for own, count in cells.found.items():
        codes = tuple(kinds[n].code(v, f"{cells.places[own]}, {n}") for n, v in zip(names, own, strict=True))
        if MISSING in codes:
            name = names[codes.index(MISSING)]
            raise CountsError(f"{cells.places[own]}: the cell of {name} is empty (missing). Write its value.")
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
            "combination "
            "a count, 0 if nothing was seen; or give missing=0, and what is absent is taken for zero."
        )
    chosen = present.any(axis=tuple(range(n)))
    if not empty_settings and not chosen.all():
        setting = [int(i) for i in np.argwhere(~chosen)[0]]
        raise CountsError(
            f"{what}: nothing for the setting {combination(cells.inputs, setting)}. Expected counts of each setting. "
            "Add "
            "them, or give empty_settings=True if it was never chosen."
        )
    cells.notes.append(f"{absent} of {present.size} cells were absent and taken as 0")


def read_sizes(
    seen: Mapping[str, Iterable[int]],
    kinds: Mapping[str, Coding],
    cardinality: Mapping[str, int] | None,
    what: str,
) -> tuple[int, ...]:
    """Return how many values each variable has: as given, as labels say, or one more than the largest that was seen."""
    if cardinality is not None and (not isinstance(cardinality, Mapping) or set(cardinality) - set(seen)):
        raise CountsError(
            f"cardinality is {plain_repr(cardinality)}, expected numbers of values for some of {', '.join(seen)}: "
            '{"A": 2, …}.'
        )
    sizes = []
    for name, codes in seen.items():
        least, largest = min(codes), max(codes)
        size = kinds[name].size
        if cardinality is not None and name in cardinality:
            size = whole_number(cardinality[name], f"cardinality of {name}", 1, MOST_VALUES)
        elif size is None and least == 1:
            raise CountsError(
                f"{what}: {name} takes the values 1 … {largest}, never 0. Number values from 0: subtract 1, or list "
                "them "
                f'with values={{"{name}": (1, …)}}; or give cardinality= if 0 was never seen.'
            )
        elif size is None:
            size = largest + 1
        if size <= largest:
            raise CountsError(
                f"{what}: {name} takes the value {largest}, expected 0 … {size - 1}. Correct it or the cardinality."
            )
        if size > MOST_VALUES:
            raise CountsError(
                f"{what}: {name} takes the value {largest:,}, expected less than {MOST_VALUES:,}. Number values 0, 1, "
                "… "
                "without gaps."
            )
        sizes.append(size)
    return tuple(sizes)


def note_constants(
    outputs: Sequence[str], shape: Sequence[int], cardinality: Mapping[str, int] | None, notes: list[str]
) -> None:
    """Put a note where an output is taken as a constant only because nothing else was seen."""
    constant = [n for n, size in zip(outputs, shape, strict=False) if size == 1 and n not in (cardinality or {})]
    if constant:
        notes.append(f"{', '.join(constant)} always 0, taken as constant (cardinality= says otherwise)")


def combination(names: Iterable[str], values: Iterable[object]) -> str:
    """Return values of variables in words."""
    return ", ".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
