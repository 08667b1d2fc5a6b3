"""Matplotlib axes of one look: sizes, line styles that survive gray, frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from relaxbell.errors import optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (4.4, 3.2)
"""Width and height of an Axes in inches."""

STYLES: tuple[dict[str, Any], ...] = (  # Okabe and Ito's colors, from dark to light
    {"color": "#0072b2", "linestyle": "-"},
    {"color": "#d55e00", "linestyle": (0, (6, 2))},
    {"color": "#e69f00", "linestyle": (0, (6, 2, 1, 2))},
)
"""Dashes and lightness differ, not hue alone: lines can be told apart in gray and by color-blind readers."""


LINES: tuple[dict[str, Any], ...] = (
    {"color": "#222222", "linestyle": "-"},
    {"color": "#0072b2", "linestyle": (0, (6, 2))},
    {"color": "#d55e00", "linestyle": (0, (6, 2, 1, 2))},
    {"color": "#009e73", "linestyle": (0, (1, 1.2))},
    {"color": "#e69f00", "linestyle": (0, (3, 1, 1, 1, 1, 1))},
)
"""Of lines over each other, from dark to light, and dashes: to be told apart in gray."""

_WIDTH = 1.4


def another_line(ax: Axes, label: str, style: Mapping[str, object]) -> dict[str, Any]:
    """Return the look and the label of one more line on axes: told apart from those that have a label there.

    What is wanted goes before what is ours; matplotlib refuses what it does not know.
    """
    there = line_labels(ax)
    count = sum(own == label or own.startswith(f"{label} (") for own in there)
    ours = {"linewidth": _WIDTH, "label": f"{label} ({count + 1})" if count else label}
    return {**ours, **LINES[len(there) % len(LINES)], **named_in_full(style)}


def named_in_full(style: Mapping[str, object]) -> dict[str, Any]:
    """Return the look that is wanted without short names: matplotlib refuses ``c`` beside our ``color``."""
    cbook, lines = optional("matplotlib.cbook", "plot"), optional("matplotlib.lines", "plot")
    return dict(cbook.normalize_kwargs(dict(style), lines.Line2D))


def labeled_axes(ax: Axes, across: str, up: str, style: Mapping[str, object]) -> Axes:
    """Name the axes, unless they have names: of lines over each other the first one's stay.

    A legend tells them apart. A single line has a legend where a label was asked for.
    """
    if not ax.get_xlabel():
        ax.set_xlabel(across)
    if not ax.get_ylabel():
        ax.set_ylabel(up)
    if len(line_labels(ax)) > 1 or "label" in style:
        return finished(ax)
    return open_frame(ax)


def line_labels(ax: Axes) -> list[str]:
    """Return the labels of lines; matplotlib's own begin with an underscore."""
    return [str(line.get_label()) for line in ax.lines if not str(line.get_label()).startswith("_")]


def new_axes(ax: Axes | None = None, size: tuple[float, float] = SIZE) -> Axes:
    """Return the given axes, or new ones of a size in inches."""
    if ax is not None:
        return ax
    return optional("matplotlib.pyplot", "plot").figure(figsize=size, layout="constrained").subplots()


def open_frame(ax: Axes) -> Axes:
    """Leave the axes at the left and the bottom only."""
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def finished(ax: Axes, **legend: object) -> Axes:
    """Open the frame and add a legend; return the axes."""
    ax.legend(**{"frameon": False, "fontsize": 9, **legend})
    return open_frame(ax)
