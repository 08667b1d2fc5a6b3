"""Sweeps as short tables."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from relaxbell.exact.texts import floor_text, plain_text
from relaxbell.show.numbers import arrows

if TYPE_CHECKING:
    from relaxbell.sweeps.results import Sweep

_HEAD, _TAIL = 5, 3


def sweep_text(sweep: Sweep) -> str:
    """Return the first and last points as aligned text."""
    lines = [["point", "measure", "minimum", "lower bound", "status"], *_lines(sweep)]
    widths = [max(len(line[k]) for line in lines) for k in range(5)]
    table = [
        "  ".join(
            text.rjust(w) if k in (2, 3) else text.ljust(w)
            for k, (text, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    return "\n".join([_title(sweep), *(line.rstrip() for line in table)])


def sweep_html(sweep: Sweep) -> str:
    """Return the first and last points as a table."""
    head = "".join(f"<th>{name}</th>" for name in ("point", "measure", "minimum", "lower bound", "status"))
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(arrows(text))}</td>" for text in line) + "</tr>" for line in _lines(sweep)
    )
    return f"<table><caption>{escape(arrows(_title(sweep)))}</caption><tr>{head}</tr>{body}</table>"


def _title(sweep: Sweep) -> str:
    count = f"{len(sweep):,} point{'' if len(sweep) == 1 else 's'}"
    missing, wide = len(sweep.failures), int((sweep.status == "time limit").sum())
    notes = [f"{missing:,} without value"] if missing else []
    notes += [f"{wide:,} incomplete: between lower bound and minimum"] if wide else []
    return ", ".join([f"Sweep of {', '.join(sweep.measures)}: {count}", *notes])


def _lines(sweep: Sweep) -> list[list[str]]:
    count = len(sweep)
    whole = count <= _HEAD + _TAIL
    shown = range(count) if whole else [*range(_HEAD), None, *range(count - _TAIL, count)]
    lines = []
    for position in shown:
        if position is None:
            lines.append(["…"] + [""] * 4)
            continue
        found: Any = sweep[sweep.labels[position]]
        for point in [found] if sweep.values.ndim == 1 else found.values():
            unit = sweep.units[sweep.measures.index(point.measure)]
            suffix = "" if unit == "probability" else f" {unit}"
            value, bound = (
                ("–", "–")
                if point.reason
                else (f"{point.value:.9g}{suffix}", f"{floor_text(point.lower_bound, 12)}{suffix}")
            )
            status = (
                f"{point.status}: {point.reason[:60]}{'…' if len(point.reason) > 60 else ''}"
                if point.reason
                else point.status
            )
            lines.append([plain_text(point.label), point.measure, value, bound, status])
    return lines
