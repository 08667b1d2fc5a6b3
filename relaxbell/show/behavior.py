"""Behaviors as block tables in notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from relaxbell.behavior.behavior import Behavior

_ROWS, _COLUMNS = 16, 24
_RULE = "2px solid #888"


def behavior_html(behavior: Behavior) -> str:
    """Return one block for each setting: rows and columns are the settings and outcomes of half of the parties each.

    Behaviors whose parties are not known have a row for each outcome and a column for each setting. Large ones are
    summarized in a line.
    """
    down, across = _sides(behavior)
    rows, columns = _values(behavior, down), _values(behavior, across)
    if len(rows) > _ROWS or len(columns) > _COLUMNS:
        return f"<pre>{escape(repr(behavior))}</pre>"
    head = f"{_names(behavior, down)} \\ {_names(behavior, across)}"
    lines = [
        _line(
            [f"<th>{escape(head)}</th>", *(f"<th>{_label(behavior, across, column)}</th>" for column in columns)],
            _starts(behavior, across, columns),
        )
    ]
    below = _starts(behavior, down, rows)
    for k, row in enumerate(rows):
        cells = [f"<th>{_label(behavior, down, row)}</th>"]
        cells += [_cell(behavior, dict(zip(down + across, row + column, strict=True))) for column in columns]
        lines.append(_line(cells, _starts(behavior, across, columns), below[k]))
    caption = escape(f"p({','.join(behavior.outputs)}|{','.join(behavior.inputs)})")
    note = ", exact" if behavior.is_exact else ""
    return f"<table><caption>{caption}{note}</caption>{''.join(lines)}</table>"


def _sides(behavior: Behavior) -> tuple[tuple[str, ...], tuple[str, ...]]:
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


def _values(behavior: Behavior, names: tuple[str, ...]) -> list[tuple[int, ...]]:
    return [tuple(map(int, v)) for v in np.ndindex(*(behavior.cardinality[n] for n in names))]


def _names(behavior: Behavior, names: tuple[str, ...]) -> str:
    return ",".join(n.lower() for n in names)


def _label(behavior: Behavior, names: tuple[str, ...], values: tuple[int, ...]) -> str:
    given = [f"{n.lower()}={v}" for n, v in zip(names, values, strict=True) if n in behavior.inputs]
    event = [f"{n.lower()}={v}" for n, v in zip(names, values, strict=True) if n in behavior.outputs]
    return escape(" ".join([*given, *event]))


def _starts(behavior: Behavior, names: tuple[str, ...], values: list[tuple[int, ...]]) -> list[bool]:
    """Say of each row or column whether a block begins there."""
    settings = [tuple(v for n, v in zip(names, own, strict=True) if n in behavior.inputs) for own in values]
    return [k == 0 or settings[k] != settings[k - 1] for k in range(len(settings))]


def _cell(behavior: Behavior, setting: dict[str, int]) -> str:
    place = tuple(setting[n] for n in behavior.variables)
    text = str(behavior.table[place]).strip("()") if behavior.is_exact else f"{behavior.p[place]:.6g}"
    shade = max(0.0, float(behavior.p[place])) / float(behavior.p.max()) * 0.5
    return f'<td style="background: rgba(110, 140, 190, {shade:.2f})">{escape(text)}</td>'


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
