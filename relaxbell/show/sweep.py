"""Sweeps as short tables."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from relaxbell.exact.texts import floor_text, minus_text, plain_text
from relaxbell.show.numbers import arrows

if TYPE_CHECKING:
    from relaxbell.sweeps.results import Sweep

_HEAD, _TAIL = 5, 3


def sweep_text(sweep: Sweep) -> str:
    """Return the first and last points as aligned text."""
    lines = [_heads(sweep), *_lines(sweep)]
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
    head = "".join(f"<th>{name}</th>" for name in _heads(sweep))
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(arrows(text))}</td>" for text in line) + "</tr>" for line in _lines(sweep)
    )
    return f"<table><caption>{escape(arrows(_title(sweep)))}</caption><tr>{head}</tr>{body}</table>"


def _uppers(sweep: Sweep) -> list[bool]:
    """Return for each measure whether it is the negative of a query, so that minus its least value is an upper end."""
    return [own.startswith("max ") for own in sweep.ends] or [False] * len(sweep.measures)


def _heads(sweep: Sweep) -> list[str]:
    uppers = _uppers(sweep)
    ends = ["minimum", "lower bound"]
    if any(uppers):
        ends = ["maximum", "upper bound"] if all(uppers) else ["end", "bound"]
    return ["point", "measure", *ends, "status"]


def _title(sweep: Sweep) -> str:
    count = f"{len(sweep):,} point{'' if len(sweep) == 1 else 's'}"
    missing, wide = len(sweep.failures), int((sweep.status == "time limit").sum())
    notes = [f"{missing:,} without value"] if missing else []
    _, _, end, bound, _ = _heads(sweep)
    notes += [f"{wide:,} incomplete: between {bound} and {end}"] if wide else []
    notes += ["values and lower_bounds of negatives are minus these"] if any(_uppers(sweep)) else []
    return ", ".join([f"Sweep of {', '.join(sweep.measures)}: {count}", *notes])


def _lines(sweep: Sweep) -> list[list[str]]:
    count = len(sweep)
    whole = count <= _HEAD + _TAIL
    shown = range(count) if whole else [*range(_HEAD), None, *range(count - _TAIL, count)]
    lines = []
    uppers = _uppers(sweep)
    for position in shown:
        if position is None:
            lines.append(["…"] + [""] * 4)
            continue
        found: Any = sweep[sweep.labels[position]]
        for point in [found] if sweep.values.ndim == 1 else found.values():
            k = sweep.measures.index(point.measure)
            unit, name = sweep.units[k], point.measure
            suffix = "" if unit == "probability" else f" {unit}"
            value, bound = (
                ("–", "–")
                if point.reason
                else (f"{point.value:.9g}{suffix}", f"{floor_text(point.lower_bound, 12)}{suffix}")
            )
            if uppers[k]:
                name = sweep.ends[k] if len(set(uppers)) > 1 else sweep.ends[k].removeprefix("max ")
                value, bound = (text if text == "–" else minus_text(text) for text in (value, bound))
            elif len(set(uppers)) > 1:
                name = sweep.ends[k]
            status = (
                f"{point.status}: {point.reason[:60]}{'…' if len(point.reason) > 60 else ''}"
                if point.reason
                else point.status
            )
            lines.append([plain_text(point.label), name, value, bound, status])
    return lines
