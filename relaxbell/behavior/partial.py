"""Tables of which some cells were not seen, and tables that hold under a condition only, as equations on p."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.names import check_values, read_names
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact, ExactNumber, is_rounded, read_fraction

_ROUNDING = Fraction(1, 10**9)
"""How far the cells of a setting may miss one: floats are rounded."""


@dataclass(frozen=True, eq=False)
class Share:
    """A share of those who meet a condition, p(event|condition) = number: names with their values."""

    label: str
    event: Mapping[str, int]
    condition: Mapping[str, int]
    number: Fraction


@dataclass(frozen=True, eq=False)
class CellSum:
    """A linear function of the cells of a table, with its name."""

    text: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    coefficients: Exact
    parties: Mapping[str, str | None] | None = None
    share: Share | None = None
    constant: ExactNumber = Fraction(0)
    is_rounded: bool = False  # whether the number seen was a float of many digits

    def transposed(self, outputs: Sequence[str], inputs: Sequence[str]) -> CellSum:
        """Return the same with the axes in another order."""
        own = (*self.outputs, *self.inputs)
        order = [own.index(name) for name in (*outputs, *inputs)]
        return replace(
            self, outputs=tuple(outputs), inputs=tuple(inputs), coefficients=self.coefficients.transpose(order)
        )

    def __str__(self) -> str:
        return self.text


def partial_values(
    table: object,
    outputs: str | Sequence[str],
    inputs: str | Sequence[str],
    given: Mapping[str, int],
    cardinality: Mapping[str, int],
) -> list[tuple[CellSum, Fraction]]:
    """Return what a table says of p: pairs (function of the cells, value); see `Observed.partial`."""
    seen_of = read_names(outputs, "outputs", BehaviorError)
    asked = read_names(inputs, "inputs", BehaviorError)
    read_names((*seen_of, *asked, *given), "outputs, inputs and given together", BehaviorError)
    names = (*seen_of, *asked)
    cells = np.array(_in_order(table, seen_of, asked), dtype=object)
    if cells.ndim != len(names) or not cells.size:
        raise BehaviorError(
            f"the table has {cells.ndim} axes, expected one for each of {', '.join(names)}. Nest it so."
        )
    for name in given:
        if name not in cardinality:
            raise BehaviorError(
                f"given names {name!r}, whose number of values is not known. Give cardinality={{{name!r}: …}}."
            )
    check_values(given, tuple(given), cardinality, "variable with a cardinality", BehaviorError)
    shape = (*cells.shape[: len(seen_of)], *(cardinality[n] for n in given), *cells.shape[len(seen_of) :])
    numbers: dict[tuple[int, ...], Fraction] = {}
    rounded: set[tuple[int, ...]] = set()
    for place, value in np.ndenumerate(cells):
        if value is not None and not (isinstance(value, float) and math.isnan(value)):
            label = _label(dict(zip(names, place, strict=True)), seen_of, given)
            numbers[place] = read_fraction(value, label, BehaviorError)
            rounded |= {place} if is_rounded(value) else set()
            if not 0 <= numbers[place] <= 1:
                raise BehaviorError(f"{label} is {value}, expected a probability, or None where it was not seen.")
    found: list[tuple[CellSum, Fraction]] = []
    events = list(itertools.product(*map(range, cells.shape[: len(seen_of)])))
    for setting in itertools.product(*map(range, cells.shape[len(seen_of) :])):
        for place in _stated(numbers, events, dict(zip(asked, setting, strict=True))):
            number = numbers[place]
            row = _row(shape, place, len(seen_of), given, number)
            values = dict(zip(names, place, strict=True))
            label = _label(values, seen_of, given)
            # under a condition: p(event, condition) − number · p(condition) = 0
            text = f"{label} - {float(number):.9g}" if given else label
            condition = {**given, **{n: values[n] for n in asked}}
            share = Share(label, {n: values[n] for n in seen_of}, condition, number) if given else None
            own = CellSum(text, (*seen_of, *given), asked, row, share=share, is_rounded=place in rounded)
            found.append((own, Fraction(0) if given else number))
    if not found:
        raise BehaviorError("no cell of the table was seen. Give at least one probability.")
    return found


def _in_order(table: object, outputs: tuple[str, ...], inputs: tuple[str, ...]) -> object:
    """Return a table; of a behavior its own, with the axes in the order that is named."""
    if not isinstance(table, Behavior):
        return table
    if (set(table.outputs), set(table.inputs)) != (set(outputs), set(inputs)):
        raise BehaviorError(
            f"the table is the behavior {table.scenario.symbol}, expected p({','.join(outputs)}|{','.join(inputs)}). "
            "Name its own outputs and inputs."
        )
    return table.transposed(outputs, inputs).table


def cell_of(outputs: Sequence[str], inputs: Sequence[str], shape: Sequence[int], values: Mapping[str, int]) -> CellSum:
    """Return the probability of some values, given those of inputs, as a function of the cells."""
    row = np.full(tuple(shape), Fraction(0), dtype=object)
    row[tuple(values.get(n, slice(None)) for n in (*outputs, *inputs))] = Fraction(1)
    seen = [n for n in outputs if n in values]
    return CellSum(_label(values, seen, {}), tuple(outputs), tuple(inputs), row)


def _stated(
    numbers: Mapping[tuple[int, ...], Fraction], events: Sequence[tuple[int, ...]], setting: Mapping[str, int]
) -> list[tuple[int, ...]]:
    """Return the seen cells of a setting; where all were seen, the last one follows from the others.

    Raises
    ------
    BehaviorError
        If they sum to more than one, or all of them to less.
    """
    known = [place for event in events if (place := (*event, *setting.values())) in numbers]
    total = sum((numbers[place] for place in known), Fraction(0))
    whole = len(known) == len(events)
    if total > 1 + _ROUNDING or (whole and total < 1 - _ROUNDING):
        at = f" at {', '.join(f'{n}={v}' for n, v in setting.items())}" if setting else ""
        expected = "1" if whole else "at most 1"
        raise BehaviorError(f"the probabilities{at} sum to {float(total):.9g}, expected {expected}. Check the table.")
    return known[:-1] if whole else known


def _row(shape: tuple[int, ...], place: tuple[int, ...], k: int, given: Mapping[str, int], number: Fraction) -> Exact:
    """Return the cell; under a condition, the cell minus its share of all cells that meet the condition."""
    row = np.full(shape, Fraction(0), dtype=object)
    condition = (*given.values(), *place[k:])
    if given:
        everything: list[int | slice] = [slice(None)] * k
        row[(*everything, *condition)] = -number
    row[(*place[:k], *condition)] += 1
    return row


def _label(values: Mapping[str, int], outputs: Sequence[str], given: Mapping[str, int]) -> str:
    event = ",".join(f"{n}={values[n]}" for n in outputs)
    setting = {n: v for n, v in values.items() if n not in outputs}
    under = ",".join(f"{n}={v}" for n, v in {**given, **setting}.items())
    return f"p({event}{'|' if under else ''}{under})"
