"""Behaviors and counts as block tables in notebooks."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from relaxbell.behavior.behavior import Behavior
    from relaxbell.behavior.counts import Counts

_ROWS, _COLUMNS = 16, 24
_RULE = "2px solid #888"
_DARKEST = 0.5
_LONGEST = 16
"""Exact numbers with more letters are shown as decimals."""


def behavior_html(behavior: Behavior) -> str:
    """Return one block for each setting: rows and columns are the settings and outcomes of half of the parties each.

    Behaviors whose parties are not known have a row for each outcome and a column for each setting. Large ones are
    summarized in a line. Exact numbers that are too long to read, and estimates, are shown as decimals.
    """
    exact = (
        behavior.is_exact
        and not behavior.estimated
        and all(len(str(value)) <= _LONGEST for value in behavior.table.flat)
    )

    def text(place: tuple[int, ...]) -> str:
        return str(behavior.table[place]).strip("()") if exact else f"{behavior.p[place]:.6g}"

    note = ", exact" if exact else ", decimals of exact numbers" if behavior.is_exact else ""
    note = ", estimated" if behavior.estimated else note
    return _blocks(behavior, text, behavior.p, _title(behavior) + note)


def counts_html(counts: Counts) -> str:
    """Return the numbers of trials in the blocks of a behavior."""
    title = "; ".join((f"{counts.name or 'counts'}: {counts.trials:,} trials of {_title(counts)}", *counts.notes))
    weights = counts.table / np.maximum(counts.settings, 1)  # settings without trials are possible
    return _blocks(counts, lambda place: f"{counts.table[place]:,}", weights, title)


def _title(table: Behavior | Counts) -> str:
    return table.scenario.symbol


def _blocks(
    table: Behavior | Counts,
    text: Callable[[tuple[int, ...]], str],
    weights: NDArray[np.float64],
    title: str,
) -> str:
    """Return a table of cells, darker where the weight is large."""
    down, across = _sides(table)
    rows, columns = _values(table, down), _values(table, across)
    if len(rows) > _ROWS or len(columns) > _COLUMNS:
        return f"<pre>{escape(repr(table))}</pre>"
    head = f"{_names(down)} \\ {_names(across)}"
    lines = [
        _line(
            [f"<th>{escape(head)}</th>", *(f"<th>{_label(table, across, column)}</th>" for column in columns)],
            _starts(table, across, columns),
        )
    ]
    below, beside = _starts(table, down, rows), _starts(table, across, columns)
    for k, row in enumerate(rows):
        cells = [f"<th>{_label(table, down, row)}</th>"]
        for column in columns:
            setting = dict(zip(down + across, row + column, strict=True))
            place = tuple(setting[n] for n in table.variables)
            shade = max(0.0, float(weights[place])) / float(weights.max()) * _DARKEST
            cells.append(f'<td style="background: rgba(110, 140, 190, {shade:.2f})">{escape(text(place))}</td>')
        lines.append(_line(cells, beside, below[k]))
    return f"<table><caption>{escape(title)}</caption>{''.join(lines)}</table>"


def _sides(behavior: Behavior | Counts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the variables of rows and columns: each party's input, then its output."""
    parties = behavior.parties
    inputs = [parties[name] for name in behavior.outputs] if parties else [None]
    if None in inputs or len(set(inputs)) < len(behavior.inputs) or len(inputs) != len(behavior.inputs):
        return behavior.outputs, behavior.inputs
    half = (len(inputs) + 1) // 2
    sides = []
    for part in (slice(0, half), slice(half, None)):
        own = tuple(n for n in inputs[part] if n is not None)
        sides.append(own + behavior.outputs[part])
    return sides[0], sides[1]


def _values(table: Behavior | Counts, names: tuple[str, ...]) -> list[tuple[int, ...]]:
    return [tuple(map(int, v)) for v in np.ndindex(*(table.cardinality[n] for n in names))]


def _names(names: tuple[str, ...]) -> str:
    return ",".join(n.lower() for n in names)


def _label(table: Behavior | Counts, names: tuple[str, ...], values: tuple[int, ...]) -> str:
    given = [f"{n.lower()}={v}" for n, v in zip(names, values, strict=True) if n in table.inputs]
    event = [f"{n.lower()}={v}" for n, v in zip(names, values, strict=True) if n in table.outputs]
    return escape(" ".join([*given, *event]))


def _starts(table: Behavior | Counts, names: tuple[str, ...], values: list[tuple[int, ...]]) -> list[bool]:
    """Say of each row or column whether a block begins there."""
    settings = [tuple(v for n, v in zip(names, own, strict=True) if n in table.inputs) for own in values]
    return [k == 0 or settings[k] != settings[k - 1] for k in range(len(settings))]


def _line(cells: list[str], starts: list[bool], new_block: bool = True) -> str:
    top = f' style="border-top: {_RULE}"' if new_block else ""
    ruled = [cells[0]]
    for cell, start in zip(cells[1:], starts, strict=True):
        rule = f"border-left: {_RULE}"
        if not start:
            ruled.append(cell)
        elif ' style="' in cell:
            ruled.append(cell.replace(' style="', f' style="{rule}; ', 1))
        else:
            ruled.append(cell.replace("<th>", f'<th style="{rule}">', 1))
    return f"<tr{top}>{''.join(ruled)}</tr>"
